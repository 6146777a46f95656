"""One notebook from bytes to a result, through the real sandbox and the real session of hidden checks."""

import copy
import re
import time
from dataclasses import replace

import nbformat
import pytest

from course_lib.checking.model import Finding
from course_lib.statuses import Status
from grading.judge.autograded import autograded_notebook
from grading.judge.checks import ChecksSession
from grading.judge.grade import grade_notebook, put_right
from grading.judge.results import NotebookResult, from_json, to_json
from grading.judge.verdict import _safe
from tests.grading.judge.toy_course import MARKER, RELEASE, RIGHT, filled, raw, release


def _scores(result):
    return {exercise.name: exercise.score for exercise in result.exercises}


def _statuses(result):
    return {exercise.name: exercise.status for exercise in result.exercises}


FULL = {"double": 4, "total": 3, "counter": 2}


def test_right_answers_get_full_marks(grade):
    result = grade(raw(filled(why="Because.")))
    assert _scores(result) == FULL
    assert result.written[0].score is None
    assert (result.problem, result.notes, result.flags) == ("", (), ())
    assert [cell.status for cell in result.cells] == [Status.PASSED] * 5


def test_the_same_bytes_give_the_same_result_and_it_survives_json(grade):
    one, two = grade(raw(filled())), grade(raw(filled()))
    assert one == two
    assert from_json(NotebookResult, to_json(one)) == one


def test_an_untouched_notebook_scores_nothing_and_is_not_attempted(grade):
    result = grade(raw(RELEASE))
    assert set(_statuses(result).values()) == {Status.NOT_ATTEMPTED}
    assert result.score == 0
    assert result.written[0].score == 0


def test_partial_credit_goes_by_the_worth_of_checks_public_and_hidden(grade):
    # Right for small numbers only: the hidden check of a large one, worth 2 of 5, fails.
    wrong = "def double(x):\n    return 2 * x if abs(x) < 100 else 0"
    assert _scores(grade(raw(filled(double=wrong)))) == FULL | {"double": 2.4}
    assert _scores(grade(raw(filled(double=wrong)), mode="public")) == FULL


def test_a_wrong_exercise_costs_no_other(grade):
    for name in RIGHT:
        result = grade(raw(filled(**{name: "raise RuntimeError('broken')"})))
        assert _scores(result) == FULL | {name: 0}
        assert _statuses(result)[name] is Status.ERRORED


def test_half_finished_work_gets_what_is_finished(grade):
    result = grade(raw(filled({"double": RIGHT["double"]})))
    assert _scores(result) == {"double": 4, "total": 0, "counter": 0}
    assert _statuses(result)["total"] is Status.NOT_ATTEMPTED


def test_a_syntax_error_is_an_error_and_not_unattempted(grade):
    result = grade(raw(filled(total="def total(x) return")))
    assert _statuses(result)["total"] is Status.ERRORED
    finding = result.exercises[1].outcomes[0].finding
    assert finding.headline == "The name total is not defined, because its cell raised an error."
    assert "SyntaxError" in finding.details[0]


PROBLEMS = [None, b"", b"{}", b"PK\3\4", b'{"nbformat": 3}', b"[" * 10**5]


@pytest.mark.parametrize("content", PROBLEMS)
def test_what_is_no_notebook_scores_nothing_and_has_its_reason(grade, content):
    result = grade(content)
    assert result.problem
    assert _scores(result) == {"double": 0, "total": 0, "counter": 0}
    assert set(_statuses(result).values()) == {Status.NOT_ATTEMPTED}
    assert not result.failed_by_us


ENDS = {
    "exit": ("import os; os._exit(0)", Status.CRASHED),
    "signal": ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", Status.CRASHED),
    "loop": ("while True: pass", Status.TIMED_OUT),
    "loop that catches": (
        "while True:\n    try:\n        while True: pass\n    except BaseException: pass",
        Status.TIMED_OUT,
    ),
    "sleep": ("import time; time.sleep(1000)", Status.TIMED_OUT),
}


@pytest.mark.parametrize(("source", "status"), ENDS.values(), ids=ENDS)
def test_a_cell_that_ends_or_hangs_costs_its_exercise_alone(grade, source, status):
    result = grade(raw(filled(total=source)))
    assert _scores(result) == FULL | {"total": 0}
    assert _statuses(result)["total"] is status
    assert [cell.status for cell in result.cells if cell.cell_id == "total"] == [status]


@pytest.mark.parametrize(("source", "status"), ENDS.values(), ids=ENDS)
def test_a_call_that_ends_or_hangs_costs_its_exercise_alone(grade, source, status):
    body = "\n".join(f"    {line}" for line in source.splitlines())
    result = grade(raw(filled(total=f"def total(x):\n{body}")))
    assert _scores(result) == FULL | {"total": 0}
    assert _statuses(result)["total"] is status


def test_a_memory_bomb_costs_its_exercise_alone(grade):
    bomb = "def total(x):\n    a = []\n    while True:\n        a.append(bytearray(2**28))"
    result = grade(raw(filled(total=bomb)))
    assert _scores(result) == FULL | {"total": 0}
    assert _statuses(result)["total"] is Status.OUT_OF_MEMORY


def test_a_call_that_hangs_on_one_input_costs_its_check_alone(grade):
    slow = "def total(x):\n    while len(x) > 100: pass\n    return sum(x)"
    result = grade(raw(filled(total=slow)))
    assert [outcome.status for outcome in result.exercises[1].outcomes] == [Status.PASSED, Status.TIMED_OUT]
    assert _scores(result) == FULL | {"total": 1}


@pytest.mark.parametrize(("source", "status"), [ENDS["exit"], ENDS["signal"], ("raise MemoryError", None)])
def test_what_ends_the_first_call_of_an_exercise_costs_no_right_call_after_it(grade, source, status):
    total = f"def total(x):\n    if len(x) < 100:\n        {source}\n    return sum(x)"
    result = grade(raw(filled(total=total)))
    first, then = (outcome.status for outcome in result.exercises[1].outcomes)
    assert (first, then) == (status or Status.OUT_OF_MEMORY, Status.PASSED)
    assert _scores(result) == FULL | {"total": 2}


def test_many_cells_that_end_the_process_leave_what_stood_before_them(grade):
    notebook = filled()
    exits = {"cell_type": "code", "metadata": {}, "source": "import os; os._exit(0)"}
    place = [cell["id"] for cell in notebook["cells"]].index("counter")
    for number in range(6):
        notebook["cells"].insert(place, exits | {"id": f"x{number}"})
    result = grade(raw(notebook))
    assert _scores(result) == FULL | {"counter": 0}
    assert _statuses(result)["counter"] is Status.CRASHED


def test_hangs_in_every_exercise_end_within_the_notebooks_time(grade):
    hang = "    while True: pass"
    answers = {
        "double": f"def double(x):\n{hang}",
        "total": f"def total(x):\n{hang}",
        "counter": f"class Counter:\n    def __init__(self):\n    {hang}",
    }
    began = time.monotonic()
    result = grade(raw(filled(answers)))
    assert set(_statuses(result).values()) == {Status.TIMED_OUT}
    assert time.monotonic() - began < 40


def test_always_equal_objects_earn_nothing(grade):
    source = (
        "class Yes:\n    def __eq__(self, other): return True\n    def __getattr__(self, name): return self\n"
        "    def __call__(self, *a): return self\n    def __array__(self, *a, **k): return np.float64(2)\n"
        "    def __float__(self): return 2.0\n\n"
        "def double(x):\n    return Yes()\n"
    )
    total = source.replace("def double", "def total")
    counter = source.replace("def double(x):\n    return Yes()", "class Counter(Yes): pass")
    result = grade(raw(filled({"double": source, "total": total, "counter": counter})))
    assert result.score == 0
    assert not result.failed_by_us


@pytest.mark.parametrize(
    "value",
    [
        "None",
        "np.nan",
        "'2'",
        "[]",
        "{}",
        "np.array([])",
        "np.zeros((3, 3))",
        "np.array([object()])",
        "1e400",
        "10**5000",
        "lambda: 1",
        "np",
        "(lambda a: (a.append(a), a)[1])([])",
        "np.broadcast_to(np.float64(2), (10**6, 10**6))",
        "np.zeros(3, dtype=[('a', 'f8')])",
        "np.ma.masked",
        "type('x' * 10**6, (), {})()",
        "True",
        "2 + 0j",
        "np.float32('inf')",
    ],
)
def test_no_value_is_a_system_error_or_a_point(grade, value):
    answer = f"def double(x):\n    return {value}"
    total = f"def total(x):\n    return {value}"
    counter = (
        f"class Counter:\n    def __init__(self):\n        self.value = {value}\n    def add(self, n): pass"
    )
    result = grade(raw(filled({"double": answer, "total": total, "counter": counter})))
    assert not result.failed_by_us, [o.detail for e in result.exercises for o in e.outcomes]
    assert _scores(result)["double"] == 0


def test_deleted_and_duplicated_cells_are_put_right_and_told(grade):
    notebook = filled()
    ids = [cell["id"] for cell in notebook["cells"]]
    notebook["cells"].append(copy.deepcopy(notebook["cells"][ids.index("check_double")]) | {"id": "copy"})
    del notebook["cells"][ids.index("total")]
    result = grade(raw(notebook))
    assert _scores(result) == FULL | {"total": 0}
    assert any("total was missing" in note for note in result.notes)
    assert any("check_double stands in the notebook 2 times" in note for note in result.notes)
    content = raw(notebook)
    on_top = autograded_notebook(put_right(content, release())[0], result).cells[0].source
    assert all(f"- {note}" in on_top for note in result.notes)


def test_a_notebook_with_nothing_put_right_says_nothing_on_top(grade):
    content = raw(filled())
    notebook = autograded_notebook(put_right(content, release())[0], grade(content))
    assert [cell.id for cell in notebook.cells] == [cell["id"] for cell in release().notebook["cells"]]


def test_a_name_defined_again_behind_its_check_costs_nothing_and_is_told(grade):
    result = grade(raw(filled(scratch_1="double = 3\nclass Counter: pass")))
    assert any("scratch_1 defines double again" in note for note in result.notes)
    assert _scores(result) == FULL
    assert [cell.cell_id for cell in result.cells] == ["setup_1", "double", "total", "counter", "scratch_1"]


def test_an_answer_further_down_counts_where_its_own_cell_is_untouched(grade):
    answers = {"total": RIGHT["total"], "counter": RIGHT["counter"], "scratch_1": RIGHT["double"]}
    assert _scores(grade(raw(filled(answers)))) == FULL


def test_warnings_and_prints_cost_nothing(grade):
    loud = (
        "def double(x):\n    import warnings, sys\n    warnings.warn('old idiom')\n"
        "    print('noise', file=sys.stderr)\n    return 2 * x"
    )
    assert _scores(grade(raw(filled(double=loud)))) == FULL


def test_what_a_call_of_the_judge_prints_goes_to_staff_alone(grade):
    loud = "def double(x):\n    print('called with', x)\n    return 2 * x"
    content = raw(filled(double=loud))
    result = grade(content)
    told = [outcome.detail for outcome in result.exercises[0].outcomes if outcome.hidden]
    assert any(f"called with {MARKER}" in detail for detail in told)
    shown = nbformat.writes(autograded_notebook(put_right(content, release())[0], result))
    assert "called with" not in shown.replace("print('called with'", "")


def test_a_numerical_answer_is_flagged_and_not_scored(grade):
    step = "def double(x):\n    f = lambda x: x * x\n    return (f(x + 1e-20j)).imag / 1e-20"
    result = grade(raw(filled(double=step)))
    assert result.flags == ("double, line 3: complex numbers (a complex step?)",)
    assert _scores(result) == FULL


# What a student's code may try in order to bring a hidden input into what is shown.
LEAKS = {
    "exception": "def double(x):\n    raise ValueError(f'input {x!r}')",
    "exception name": "def double(x):\n    raise type(f'E{x}', (Exception,), {})()",
    "print": "def double(x):\n    print('input', x)\n    return 0",
    "shape": "def double(x):\n    return np.zeros(int(abs(x)))",
    "type name": "def double(x):\n    return type('T' + str(x).replace('.', '_'), (), {})()",
    "type name in letters": (
        "def double(x):\n    letters = str.maketrans('0123456789.-', 'abcdefghijkl')\n"
        "    return type('T' + str(x).translate(letters), (), {})()"
    ),
    "result": "def double(x):\n    return x",
    "factor": "def double(x):\n    return 2 * x * (x if abs(x) > 100 else 1)",
    "next cell": "def double(x):\n    open('seen', 'a').write(str(x))\n    import os\n"
    "    if x > 100: os._exit(0)\n    return 2 * x",
}


@pytest.mark.parametrize("way", LEAKS)
def test_no_hidden_input_gets_into_the_students_part(grade, way):
    source = LEAKS[way]
    tell = "try:\n    print(open('seen').read())\nexcept OSError:\n    pass"
    content = raw(filled(double=source, scratch_1=tell))
    result = grade(content)
    shown = nbformat.writes(autograded_notebook(put_right(content, release())[0], result))
    assert "dbebfkjcgfdf" not in shown
    for secret in (MARKER, MARKER.replace(".", "_"), MARKER.replace(".", ""), MARKER.split(".")[0]):
        assert secret not in shown
    if way not in ("next cell", "type name in letters"):
        told = [outcome.detail for outcome in result.exercises[0].outcomes if outcome.hidden]
        assert any(MARKER in detail for detail in told), "staff should see it"


def test_texts_of_the_students_own_are_bounded_and_tell_a_terminal_nothing(grade):
    loud = "    raise ValueError('\\x1b[2J\\x1b]0;title\\x07' + 'x' * 10**6)"
    result = grade(raw(filled(double=f"def double(x):\n{loud}", total=loud.strip())))
    text = to_json(replace(result, cells=()))
    assert len(text) < 100_000
    content = raw(filled(total=loud.strip()))
    notebook = autograded_notebook(put_right(content, release())[0], result)
    assert len(nbformat.writes(notebook)) < 500_000
    assert "\\u001b[2J" not in text
    assert "\\u001b]0" not in text


def test_the_autograded_notebook_shows_panel_and_score(grade):
    content = raw(filled(double="def double(x):\n    return x"))
    sanitised, _ = put_right(content, release())
    notebook = autograded_notebook(sanitised, grade(content))
    nbformat.validate(notebook)
    cells = {cell.id: cell for cell in notebook.cells}
    panel, value = cells["check_double"].outputs
    assert value.output_type == "execute_result"
    assert value.data["text/plain"] == "0.0"
    assert "double(x) is wrong" in panel.data["text/plain"]
    assert 'role="status"' in panel.data["text/html"]
    assert cells["check_total"].outputs[1].data["text/plain"] == "3.0"
    assert cells["show_1"].outputs == []


def test_student_html_is_harmless_in_the_autograded_notebook(grade):
    evil = (
        "from IPython.display import HTML, Javascript, Markdown, display\n"
        "display(HTML('<script>alert(1)</script><b>bold</b>'), Javascript('alert(1)'))\n"
        "display(Markdown('<img src=x onerror=alert(1)>'))\nHTML('<img src=x onerror=alert(1)>')"
    )
    content = raw(filled(scratch_1=evil, why="<script>alert(1)</script> [x](javascript:alert(1))"))
    sanitised, _ = put_right(content, release())
    notebook = autograded_notebook(sanitised, grade(content))
    cells = {cell.id: cell for cell in notebook.cells}
    pages = [o.data.get("text/html", "") for o in cells["scratch_1"].outputs if "data" in o]
    assert any("<b>bold</b>" in page for page in pages)
    assert not any("<script" in page or "onerror" in page for page in pages)
    assert all(set(o.data) <= {"text/html", "text/plain"} for o in cells["scratch_1"].outputs if "data" in o)
    assert "<script" not in cells["why"].source


BROKEN_CHECK = """
import pytest
from toy_course import check_double

@pytest.mark.exercise("double", worth=1)
def test_ours(student):
    '''A check with a mistake.'''
    student.double(1.0)
    {}
"""


@pytest.mark.parametrize(
    "mistake", ["1 / 0", "pytest.skip('no')", "raise SystemExit", "import nowhere_at_all"]
)
def test_a_mistake_of_ours_is_a_system_error_of_its_exercise_and_no_score(tmp_path, checks, sandbox, mistake):
    from tests.grading.judge import toy_course

    folder = toy_course.write_checks(tmp_path / "broken", BROKEN_CHECK.format(mistake))
    with ChecksSession(folder) as session:
        result = grade_notebook(
            raw(filled()), "ana", release(), sandbox, session, b"s", find=toy_course.find_exercise
        )
    assert _scores(result) == FULL | {"double": None}
    assert _statuses(result)["double"] is Status.SYSTEM_ERROR
    assert result.failed_by_us
    notebook = autograded_notebook(put_right(raw(filled()), release())[0], result)
    cell = next(cell for cell in notebook.cells if cell.id == "check_double")
    assert [output.output_type for output in cell.outputs] == ["error"]


def test_hidden_inputs_differ_between_students_and_secrets(grade):
    seeds = {
        (who, secret): grade(raw(filled()), who, secret=secret).exercises[0].seed
        for who in ("ana", "ben")
        for secret in (b"1", b"2")
    }
    assert len(set(seeds.values())) == 4


def test_a_mode_that_does_not_exist_is_refused(grade):
    with pytest.raises(ValueError, match="mode is 'some'"):
        grade(raw(filled()), mode="some")


@pytest.mark.parametrize("text", ["dx is wrong in 2306 of 20000 elements.", "y: 7 of the 20 rows are wrong."])
def test_feedback_on_a_hidden_check_counts_no_wrong_elements(text):
    """A student may make as many wrong as a hidden number says."""
    told = _safe(Finding(text)).headline
    assert "some of the" in told
    assert not re.search(r"\d", told)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Your dx is 0.4612 times the right value.", "Your dx is … times the right value."),
        ("Your dx is 37 times the right value.", "Your dx is … times the right value."),
        ("Your dx is 0.5 times the right value, and 0.5 is 1/2.", None),
        ("Your dx is -1 times the right value.", None),
        ("dx should have shape (3, 40).", None),
        ("x minus 0.1 times the right gradient.", "x minus … times the right gradient."),
        ("It is 0.46 everywhere, 1e-3 at most.", "It is … everywhere, … at most."),
    ],
)
def test_feedback_on_a_hidden_check_tells_only_factors_that_mistakes_have(text, told):
    """A student may multiply by a hidden number, and read it in the explanation."""
    assert _safe(Finding(text)).headline == (told or text)
