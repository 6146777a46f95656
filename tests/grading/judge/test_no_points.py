"""An exercise without points goes through judge and record like any other, and is worth nothing."""

import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from course_lib.statuses import Status
from grading.judge.checks import CHECKS, ChecksSession
from grading.judge.grade import grade_notebook
from grading.judge.release import read_release
from grading.sandbox.host import Sandbox

ROOT = Path(__file__).parents[3]
SOLUTION = ROOT / "solutions" / "backprop" / "00_start_here.ipynb"
RELEASE = ROOT / "notebooks" / "backprop" / "00_start_here.ipynb"


@pytest.mark.parametrize(
    ("written", "status"),
    [("return x - x.mean(axis=0)", Status.PASSED), ("return x", Status.FAILED), (None, Status.NOT_ATTEMPTED)],
)
def test_it_has_a_status_and_a_score_of_nothing(written, status):
    notebook = nbformat.read(SOLUTION if written else RELEASE, as_version=4)
    for cell in notebook.cells:
        cell.source = cell.source.replace("return x - x.mean(axis=0)", written or "")
    with ChecksSession(CHECKS) as checks, Sandbox() as sandbox:
        result = grade_notebook(
            nbformat.writes(notebook).encode(), "eve", read_release(RELEASE), sandbox, checks, b"s" * 32
        )
    assert [(one.name, one.status, one.score, one.points) for one in result.exercises] == [
        ("centre", status, 0.0, 0.0)
    ]


@pytest.mark.parametrize(("written", "code"), [("return x - x.mean(axis=0)", 0), ("return x", 1)])
def test_none_of_no_points_are_not_full_marks_on_the_command_line(tmp_path, written, code):
    notebook = nbformat.read(SOLUTION, as_version=4)
    for cell in notebook.cells:
        cell.source = cell.source.replace("return x - x.mean(axis=0)", written)
    nbformat.write(notebook, tmp_path / SOLUTION.name)
    command = [sys.executable, "-m", "course_lib", "check", str(tmp_path / SOLUTION.name)]
    assert subprocess.run(command, capture_output=True, check=False).returncode == code
