"""Stock nbgrader grades through the judge: the same command, the same button, other preprocessors."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from nbgrader.api import Gradebook
from nbgrader.apps.api import NbGraderAPI
from nbgrader.apps.baseapp import NbGrader
from nbgrader.converters import GenerateFeedback
from nbgrader.coursedir import CourseDirectory

from course_lib.checking.model import Finding
from course_lib.statuses import Status
from grading.batch import Loaded, Setup
from grading.course import CHECKOUT, Course
from grading.judge.grade import put_right
from grading.judge.results import CheckOutcome, ExerciseResult, NotebookResult, WrittenAnswer
from grading.nbgrader_bridge import stock
from grading.nbgrader_bridge.config import write_config

# nbgrader adds rows in an order that SQLAlchemy warns about.
pytestmark = pytest.mark.filterwarnings(
    "ignore::sqlalchemy.exc.SAWarning", "ignore::DeprecationWarning", "ignore::ResourceWarning"
)
STEMS = sorted(path.stem for path in (CHECKOUT / "notebooks" / "backprop").glob("*.ipynb"))
# The first that gives points.
FIRST = STEMS[1]


class HalfWorkers:
    """An executor that gives half of all points, and fails by our fault where the submission asks for it."""

    def __init__(self, setup: Setup, count: int) -> None:
        pass

    def __enter__(self) -> HalfWorkers:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def launch(self) -> None:
        pass

    def grade(self, jobs: Iterable[Loaded]) -> Iterator[tuple[Loaded, NotebookResult]]:
        for loaded in jobs:
            yield loaded, _result(loaded)


def _result(loaded: Loaded) -> NotebookResult:
    sanitised, problem = put_right(loaded.raw, loaded.job.release)
    ours = isinstance(loaded.raw, bytes) and b"# judge: broken" in loaded.raw
    status = Status.SYSTEM_ERROR if ours else Status.FAILED
    outcome = CheckOutcome("Works.", 1, status, True, Finding("It is wrong."))
    exercises = tuple(
        ExerciseResult(
            cell.exercise,
            cell.exercise,
            cell.grade_id,
            cell.points,
            None if ours else cell.points * (0.0 if problem else 0.5),
            status,
            (outcome,),
        )
        for cell in sanitised.graded
    )
    written = tuple(WrittenAnswer(cell.grade_id, cell.points, cell.changed) for cell in sanitised.written)
    return NotebookResult(
        loaded.job.release.name, loaded.job.student, "all", exercises, written, problem=problem
    )


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Course]:
    monkeypatch.setattr(stock, "LocalWorkers", HalfWorkers)
    monkeypatch.setenv("PATH", os.environ["PATH"])
    monkeypatch.chdir(tmp_path)
    write_config(Course(tmp_path))
    yield Course(tmp_path)
    NbGrader.clear_instance()


def released(stem: str) -> dict[str, Any]:
    notebook: dict[str, Any] = json.loads((CHECKOUT / "notebooks" / "backprop" / f"{stem}.ipynb").read_text())
    return notebook


def hand_in(course: Course, student: str, content: bytes | dict[str, Any] | None = None) -> Path:
    """The first notebook with `content`, the others as released."""
    folder = course.handed_in(student, "backprop")
    folder.mkdir(parents=True)
    for stem in STEMS:
        given = released(stem) if stem != FIRST or content is None else content
        (folder / f"{stem}.ipynb").write_bytes(
            given if isinstance(given, bytes) else json.dumps(given).encode()
        )
    return folder


def press_autograde(course: Course, student: str) -> dict[str, Any]:
    """What the formgrader's Autograde button does; `*` is what the command does."""
    app = NbGrader()
    app.initialize([])
    directory = CourseDirectory(parent=app, root=str(course.root))
    result: dict[str, Any] = NbGraderAPI(directory, parent=app).autograde("backprop", student)
    return result


def scores(course: Course, student: str) -> dict[str, float]:
    with Gradebook(course.db_url) as book:
        submission = book.find_submission("backprop", student)
        return {notebook.name: notebook.score for notebook in submission.notebooks}


def points(course: Course) -> dict[str, float]:
    with Gradebook(course.db_url) as book:
        return {one.name: one.max_code_score for one in book.find_assignment("backprop").notebooks}


def test_the_button_grades_through_the_judge_and_needs_no_generate_assignment(course: Course) -> None:
    hand_in(course, "ana")
    assert press_autograde(course, "ana")["success"]
    assert scores(course, "ana") == {name: most / 2 for name, most in points(course).items()}
    autograded = (course.autograded("ana", "backprop") / f"{FIRST}.ipynb").read_text()
    assert "It is wrong." in autograded


def test_no_student_code_runs_in_nbgraders_process(course: Course) -> None:
    notebook, mark = released(FIRST), course.root / "was here"
    notebook["cells"].append(
        {
            "cell_type": "code",
            "id": "evil",
            "metadata": {},
            "outputs": [],
            "execution_count": None,
            "source": f"open({str(mark)!r}, 'w').close()",
        }
    )
    hand_in(course, "eve", notebook)
    assert press_autograde(course, "eve")["success"]
    assert not mark.exists()


def mangled(change: str) -> bytes | dict[str, Any]:
    """Notebooks at which nbgrader as delivered stops, for the student or for the whole class."""
    notebook = released(FIRST)
    graded = next(cell for cell in notebook["cells"] if cell["metadata"].get("nbgrader", {}).get("grade"))
    if change == "not JSON":
        return b"\x00\xffno notebook"
    if change == "empty":
        return b""
    if change == "a duplicated cell":
        notebook["cells"].append({**graded, "id": "again"})
    if change == "a deleted cell":
        notebook["cells"].remove(graded)
    if change == "a schema of the future":
        graded["metadata"]["nbgrader"]["schema_version"] = 99
    if change == "points of one's own":
        graded["metadata"]["nbgrader"]["points"] = 1000
    if change == "format 3":
        return json.dumps({"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": []}).encode()
    if change == "a forged output":
        forged = {"output_type": "execute_result", "data": {"text/plain": "99"}, "metadata": {}}
        graded["outputs"] = [{**forged, "execution_count": 1}]
    return notebook


CHANGES = [
    "not JSON",
    "empty",
    "a duplicated cell",
    "a deleted cell",
    "a schema of the future",
    "points of one's own",
    "format 3",
    "a forged output",
]


def test_nothing_that_a_student_hands_in_stops_the_class_or_changes_what_there_is_to_win(
    course: Course,
) -> None:
    for number, change in enumerate(CHANGES):
        hand_in(course, f"student{number}", mangled(change))
    hand_in(course, "zoe")
    assert press_autograde(course, "*")["success"]
    half = {name: most / 2 for name, most in points(course).items()}
    assert scores(course, "zoe") == half
    for number, change in enumerate(CHANGES):
        expected = 0.0 if change in ("not JSON", "empty") else half[FIRST]
        assert scores(course, f"student{number}")[FIRST] == expected, change


def test_a_system_error_is_nbgraders_failure_and_no_score(course: Course) -> None:
    notebook = released(FIRST)
    notebook["cells"][0]["source"] = "# judge: broken"
    hand_in(course, "ana", notebook)
    hand_in(course, "ben")
    result = press_autograde(course, "*")
    assert not result["success"]
    assert "The grader failed" in result["log"]
    assert not course.autograded("ana", "backprop").exists()
    assert scores(course, "ana")[FIRST] == 0
    with Gradebook(course.db_url) as book:
        grades = book.find_submission_notebook(FIRST, "backprop", "ana").grades
        assert {(grade.auto_score, grade.needs_manual_grade) for grade in grades} == {(None, True)}
    assert scores(course, "ben")[FIRST] > 0


def test_links_and_other_files_of_a_submission_go_no_further(course: Course) -> None:
    secret = course.root / "secret.txt"
    secret.write_text("the solutions")
    folder = hand_in(course, "ana")
    (folder / "notes.txt").symlink_to(secret)
    (folder / "own").mkdir()
    (folder / "own" / "data.csv").write_text("1")
    assert press_autograde(course, "ana")["success"]
    left = sorted(path.name for path in course.autograded("ana", "backprop").rglob("*"))
    assert left == [f"{stem}.ipynb" for stem in STEMS]


def test_a_notebook_that_is_a_link_is_not_followed(course: Course) -> None:
    hand_in(course, "ana")
    folder = hand_in(course, "eve")
    (folder / f"{FIRST}.ipynb").unlink()
    (folder / f"{FIRST}.ipynb").symlink_to(course.handed_in("ana", "backprop") / f"{FIRST}.ipynb")
    assert press_autograde(course, "eve")["success"]
    assert scores(course, "eve")[FIRST] == 0


@pytest.mark.parametrize("text", ["1999-01-01 00:00:00 UTC", "no time at all", ""])
def test_a_students_own_timestamp_is_neither_believed_nor_in_the_way(course: Course, text: str) -> None:
    folder = hand_in(course, "ana")
    (folder / "timestamp.txt").write_text(text)
    assert press_autograde(course, "ana")["success"]
    with Gradebook(course.db_url) as book:
        assert book.find_submission("backprop", "ana").timestamp is None


def test_a_persons_score_survives_the_button(course: Course) -> None:
    hand_in(course, "ana")
    press_autograde(course, "ana")
    with Gradebook(course.db_url) as book:
        grade = book.find_submission_notebook(FIRST, "backprop", "ana").grades[0]
        grade.manual_score = 0.125
        book.db.commit()
    press_autograde(course, "ana")
    with Gradebook(course.db_url) as book:
        assert 0.125 in {g.score for g in book.find_submission_notebook(FIRST, "backprop", "ana").grades}


def test_a_missing_notebook_scores_0(course: Course) -> None:
    folder = hand_in(course, "ana")
    press_autograde(course, "ana")
    if len(STEMS) > 1:
        (folder / f"{FIRST}.ipynb").unlink()
        press_autograde(course, "ana")
        assert scores(course, "ana")[FIRST] == 0


def test_stock_feedback_and_the_fast_command_go_on_from_there(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    import grading.autograding
    from grading.autograding import Options, autograde

    hand_in(course, "ana")
    press_autograde(course, "ana")
    app = NbGrader()
    app.initialize([])
    directory = CourseDirectory(parent=app, root=str(course.root), assignment_id="backprop")
    GenerateFeedback(coursedir=directory, parent=app).start()
    page = (course.feedback("ana", "backprop") / f"{FIRST}.html").read_text()
    assert "It is wrong." in page
    assert "<math" in page
    assert not re.search(r"""(src|href)=["']?http|url\(["']?http|MathJax""", page), (
        "nothing is loaded from a network"
    )
    monkeypatch.setattr(grading.autograding, "LocalWorkers", HalfWorkers)
    summary = autograde(course, "backprop", Options())
    assert not any(one.fresh for row in summary.rows for one in row.notebooks)


def test_a_gradebook_that_cannot_be_used_is_said_in_nbgraders_log(course: Course) -> None:
    hand_in(course, "ana")
    (course.root / "gradebook.db").write_bytes(b"no database " * 500)
    result = press_autograde(course, "ana")
    assert not result["success"]
    assert "Mend:" in result["log"]
    assert not course.autograded("ana", "backprop").exists()


def test_a_layer_that_is_allowed_to_be_missing_is_named_in_the_settings(course: Course) -> None:
    hand_in(course, "ana")
    with (course.root / "nbgrader_config.py").open("a") as config:
        config.write('c.SubmissionReader.allow_missing = ["luck"]\n')
    result = press_autograde(course, "ana")
    assert not result["success"]
    assert 'no layer "luck"' in result["log"]


def test_the_release_and_the_solutions_are_never_copied_with_their_text_sources(course: Course) -> None:
    """Every other file beside the notebooks is left where it is, whatever it is called."""
    beside = shutil.ignore_patterns(".ipynb_checkpoints")  # JupyterLab leaves them where a notebook was open
    shutil.copytree(CHECKOUT / "solutions", course.root / "solutions", ignore=beside)
    (course.root / "solutions" / "backprop" / "answers.txt").write_text("the solutions")
    (course.root / "solutions" / "backprop" / "more").mkdir()
    (course.root / "solutions" / "backprop" / "more" / "answers.csv").write_text("the solutions")
    (course.root / "nbgrader_config.py").unlink()
    write_config(course)
    with (course.root / "nbgrader_config.py").open("a") as config:
        config.write('c.CourseDirectory.release_directory = "notebooks"\n')
    app = NbGrader()
    app.initialize([])
    directory = CourseDirectory(parent=app, root=str(course.root))
    assert NbGraderAPI(directory, parent=app).generate_assignment("backprop")["success"]
    released_now = sorted(path.name for path in (course.root / "notebooks" / "backprop").rglob("*"))
    assert released_now == [path.name for path in sorted((course.root / "solutions").rglob("*.ipynb"))]
