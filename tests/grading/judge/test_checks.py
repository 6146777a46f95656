"""The session of the hidden checks: collected once, run for many, its mistakes are ours."""

import os
import subprocess
import sys
import threading
import time

import pytest

from course_lib.checking.model import CheckFailed
from course_lib.checking.student import LocalStudent
from grading.judge.checks import ChecksError, ChecksSession, ChecksStuck

CHECKS = """
import time
import pytest
from course_lib.checking import compare


@pytest.mark.exercise("a", worth=2)
def test_passes(student, rng):
    '''Passes.

    The rest is for staff.
    '''
    compare.equal("f", student.f(1.0), 1.0)


@pytest.mark.exercise("a", worth=1)
def test_draws(student, rng):
    '''Draws.'''
    print("drew", rng.integers(10**9))


@pytest.mark.exercise("b", worth=1)
def test_fails(student):
    '''Fails.'''
    assert student.f(2.0) == 3.0, "a text for staff"


@pytest.mark.exercise("b", worth=1)
def test_hangs(student):
    '''Hangs.'''
    time.sleep(student.f(3))
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "test_07_some.py").write_text(CHECKS)
    return tmp_path


@pytest.fixture
def session(folder):
    with ChecksSession(folder) as session:
        yield session


STUDENT = LocalStudent({"f": lambda x: x})


def _run(session, exercise, number, seed="ab", student=STUDENT, wall_seconds=20.0):
    return session.call(
        lambda hidden: hidden.run(hidden.of(exercise)[number], student, seed), wall_seconds=wall_seconds
    )


def test_titles_worth_and_order_come_from_the_tests(session):
    found = session.call(
        lambda hidden: [(c.title, c.worth) for c in (*hidden.of("a"), *hidden.of("b"), *hidden.of("c"))],
        wall_seconds=20,
    )
    assert found == [("Passes.", 2), ("Draws.", 1), ("Fails.", 1), ("Hangs.", 1)]


def test_a_check_runs_for_one_student_after_the_other(session):
    for _ in range(3):
        assert _run(session, "a", 0).raised is None
        wrong = _run(session, "a", 0, student=LocalStudent({"f": lambda x: x + 1}))
        assert isinstance(wrong.raised, CheckFailed)


def test_inputs_follow_from_the_seed_and_from_nothing_else(session):
    drawn = [_run(session, "a", 1, seed).printed for seed in ("ab", "cd", "ab")]
    assert drawn[0].startswith("drew ")
    assert drawn[0] == drawn[2] != drawn[1]


def test_what_a_check_prints_is_kept_from_the_terminal(session, capfd):
    _run(session, "a", 1)
    out, err = capfd.readouterr()
    assert (out, err) == ("", "")


def test_a_failed_assertion_has_pytests_text(session):
    ran = _run(session, "b", 0)
    assert isinstance(ran.raised, AssertionError)
    assert "a text for staff" in ran.text


def test_the_deadline_of_the_judges_own_work_holds(folder):
    session = ChecksSession(folder)
    began = time.monotonic()
    with pytest.raises(ChecksStuck, match=r"0\.2 s"):
        _run(session, "b", 1, wall_seconds=0.2)
    assert session.stuck
    with pytest.raises(ChecksStuck, match="ended"):
        _run(session, "a", 0)
    session.close()
    assert time.monotonic() - began < 5
    # What is stuck holds this process's stdout; a worker would end with it, and here other tests come after.
    session._thread.join(timeout=60)
    assert not session._thread.is_alive()


def test_what_the_work_raises_comes_back(session):
    def work(hidden):
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        session.call(work, wall_seconds=5)
    assert _run(session, "a", 0).raised is None


BROKEN = {
    "a syntax error": ("def test_x(:", "SyntaxError"),
    "an import that fails": ("import nowhere_at_all", "nowhere_at_all"),
    "no mark": ("def test_x(student):\n    '''T.'''", "needs its mark"),
    "no worth": ("import pytest\n@pytest.mark.exercise('a')\ndef test_x():\n    '''T.'''", "needs its mark"),
    "no title": ("import pytest\n@pytest.mark.exercise('a', worth=1)\ndef test_x():\n    pass", "docstring"),
    "an unknown mark": (
        "import pytest\n@pytest.mark.exercises('a', worth=1)\ndef test_x():\n    '''T.'''",
        "exercises",
    ),
}


@pytest.mark.parametrize(("text", "says"), BROKEN.values(), ids=BROKEN)
def test_checks_that_are_wrong_themselves_stop_the_session(tmp_path, text, says):
    (tmp_path / "test_07_some.py").write_text(text)
    before = threading.active_count()
    with pytest.raises(ChecksError, match=says):
        ChecksSession(tmp_path)
    assert threading.active_count() <= before + 1


def test_a_folder_without_checks_is_a_session_without_checks(tmp_path):
    with ChecksSession(tmp_path) as session:
        assert session.call(lambda hidden: hidden.of("a"), wall_seconds=5) == ()


def test_one_check_costs_little(session):
    def many(hidden):
        check = hidden.of("a")[0]
        best = 1.0
        for _ in range(5):
            began = time.thread_time()
            for _ in range(50):
                hidden.run(check, STUDENT, "ab")
            best = min(best, (time.thread_time() - began) / 50)
        return best

    # 0.2 ms on the machine it was written on; pytest's default report and capturing take 2 ms.
    assert session.call(many, wall_seconds=60) < 0.001


def _pytest(*arguments):
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST", "COV"))}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        env=environment,
    )


def test_without_a_submission_the_hidden_checks_are_deselected_and_say_why():
    done = _pytest("grading/checks")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "--submission path/to/notebook.ipynb" in done.stdout
    assert "failed" not in done.stdout
