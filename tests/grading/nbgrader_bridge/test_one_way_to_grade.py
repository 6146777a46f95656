"""On honest work the judge with public checks alone gives what nbgrader as delivered gives, row by row."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from grading.course import CHECKOUT
from grading.demo.fill import fill_in, right_answers, submission
from grading.demo.people import PEOPLE
from tests.grading.nbgrader_bridge.rows import rows

pytestmark = pytest.mark.slow

# Some of its answers are half right or slow; the other one has a written answer.
STEM = "07_matmul_backward"
WRITTEN = "06_vector_calculus"
STEMS = (WRITTEN, STEM)
# As delivered, but for the folders of this course and the stub that its notebooks are released with.
STOCK = """
from grading.nbgrader_bridge import release
c = get_config()
release.configure(c)
c.CourseDirectory.ignore.append("*.py")
"""


def release_of(stem: str) -> dict[str, object]:
    text = (CHECKOUT / "notebooks" / "backprop" / f"{stem}.ipynb").read_text()
    return dict(json.loads(text))


def honest(stem: str, share: float, written: str | None) -> Mapping[str, object]:
    """The notebook with the first `share` of its answers."""
    released = release_of(stem)
    answers = right_answers(stem)
    done = list(answers)[: round(share * len(answers))]
    return fill_in(released, {name: answers[name] for name in done}, written)


CLASS = {"ana": (1.0, "Because."), "ben": (0.5, None), "eva": (0.0, None)}
# One answer is half right, and one is right for the public checks and too slow for a hidden one.
WRONG = tuple(person for person in PEOPLE if person.name in ("mia", "nils"))


def hand_in(root: Path) -> None:
    for student, (share, written) in CLASS.items():
        folder = root / "submitted" / student / "backprop"
        folder.mkdir(parents=True)
        for stem in STEMS:
            (folder / f"{stem}.ipynb").write_text(json.dumps(honest(stem, share, written)))
    for person in WRONG:
        folder = root / "submitted" / person.name / "backprop"
        folder.mkdir(parents=True)
        for stem in STEMS:
            (folder / f"{stem}.ipynb").write_bytes(submission(person, stem, release_of(stem)) or b"")


def run(*command: str, cwd: Path) -> None:
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(CHECKOUT),
    }
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def delivered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course of its own, where nbgrader runs the notebooks in kernels."""
    root = tmp_path_factory.mktemp("delivered")
    (root / "nbgrader_config.py").write_text(STOCK)
    (root / "solutions" / "backprop").mkdir(parents=True)
    for stem in STEMS:
        shutil.copy(CHECKOUT / "solutions" / "backprop" / f"{stem}.ipynb", root / "solutions" / "backprop")
    hand_in(root)
    run("nbgrader", "generate_assignment", "backprop", cwd=root)
    run("nbgrader", "autograde", "backprop", cwd=root)
    return root


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same class, graded by our command with the public checks alone."""
    root = tmp_path_factory.mktemp("ours")
    (root / "notebooks" / "backprop").mkdir(parents=True)
    for stem in STEMS:
        shutil.copy(CHECKOUT / "notebooks" / "backprop" / f"{stem}.ipynb", root / "notebooks" / "backprop")
    hand_in(root)
    run("grading", "autograde", "backprop", "--checks", "public", "--course", str(root), cwd=CHECKOUT)
    return root


def test_the_gradebooks_are_the_same_row_by_row(ours: Path, delivered: Path) -> None:
    mine, theirs = rows(ours / "gradebook.db"), rows(delivered / "gradebook.db")
    assert mine.keys() == theirs.keys()
    for table, found in theirs.items():
        assert mine[table] == found, table


def test_the_comparison_would_see_a_difference(ours: Path) -> None:
    with Gradebook(f"sqlite:///{ours / 'gradebook.db'}") as book:
        students = (*CLASS, *(person.name for person in WRONG))
        scores = {student: book.find_submission("backprop", student).code_score for student in students}
        half = book.find_grade("check_touched", STEM, "backprop", "mia")
        assert 0 < half.auto_score < half.max_score
        waits = {
            student: book.find_grade("why_that_shape", WRITTEN, "backprop", student).needs_manual_grade
            for student in ("ana", "eva")
        }
    assert scores["ana"] == scores["nils"] > 0
    assert scores["eva"] == 0
    assert waits == {"ana": True, "eva": False}


def test_stock_autograde_of_our_course_gives_the_same_scores(
    ours: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """All checks, by both commands: the right answers have all points."""
    root = tmp_path_factory.mktemp("stock-command")
    shutil.copytree(ours / "submitted", root / "submitted")
    shutil.copytree(ours / "notebooks", root / "notebooks")
    shutil.copy(ours / "nbgrader_config.py", root)
    run("nbgrader", "autograde", "backprop", cwd=root)
    with Gradebook(f"sqlite:///{root / 'gradebook.db'}") as book:
        submission = book.find_submission("backprop", "ana")
        assert submission.code_score == submission.max_code_score
        assert book.find_submission("backprop", "eva").score == 0
    run("nbgrader", "generate_feedback", "backprop", cwd=root)
    assert (root / "feedback" / "ana" / "backprop" / f"{STEM}.html").is_file()
    run("nbgrader", "export", cwd=root)
    assert "ana" in (root / "grades.csv").read_text()
    run("nbgrader", "validate", str(root / "notebooks" / "backprop" / f"{STEM}.ipynb"), cwd=root)
