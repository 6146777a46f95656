"""The command line with the real judge in the real sandbox."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from nbgrader.api import Gradebook

from grading.cli import main
from grading.course import CHECKOUT
from grading.demo.fill import fill_in, right_answers

pytestmark = pytest.mark.slow

STEM = "01_scalar_chain_rule"


def hand_in(root: Path, student: str, *, extra: str = "", share: float = 1.0) -> None:
    """The first notebook with its right answers; `extra` goes in front of the first."""
    released = json.loads((CHECKOUT / "notebooks" / "backprop" / f"{STEM}.ipynb").read_text())
    answers = dict(right_answers(STEM))
    given = dict(list(answers.items())[: round(share * len(answers))])
    if extra:
        first = next(iter(given))
        given[first] = f"{extra}\n{given[first]}"
    folder = root / "submitted" / student / "backprop"
    folder.mkdir(parents=True)
    (folder / f"{STEM}.ipynb").write_text(json.dumps(fill_in(released, given, None)))


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("course")
    hand_in(root, "ana")
    hand_in(root, "ben", share=0)
    hand_in(root, "eve", extra="import os; os._exit(0)")
    hand_in(root, "fay", extra="import warnings; warnings.warn('look out')")
    hand_in(root, "gil", extra=f"open({str(root / 'gradebook.db')!r}, 'w')")
    return root


@pytest.fixture(scope="module")
def graded(course: Path) -> Path:
    assert main(["autograde", "backprop", "--course", str(course), "--jobs", "2", "--json"]) == 0
    return course


def score(root: Path, student: str) -> tuple[float, float]:
    with Gradebook(f"sqlite:///{root / 'gradebook.db'}") as book:
        notebook = book.find_submission_notebook(STEM, "backprop", student)
        return float(notebook.code_score), float(notebook.max_code_score)


def test_right_answers_have_all_points_and_warnings_cost_none(graded: Path) -> None:
    for student in ("ana", "fay"):
        given, most = score(graded, student)
        assert given == most > 0, student


def test_an_untouched_notebook_has_none(graded: Path) -> None:
    assert score(graded, "ben")[0] == 0


def test_who_ends_the_process_or_reaches_for_the_gradebook_loses_that_and_nobody_else_does(
    graded: Path,
) -> None:
    for student in ("eve", "gil"):
        given, most = score(graded, student)
        assert given < most, student


def test_the_second_run_has_nothing_to_do(graded: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["autograde", "backprop", "--course", str(graded), "--json"]) == 0
    document: dict[str, Any] = json.loads(capsys.readouterr().out)
    fresh = [one["fresh"] for row in document["submissions"] for one in row["notebooks"]]
    assert fresh
    assert not any(fresh)


def test_the_doctor_finds_this_machine_sound(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["sound"]
    assert all(layer["in_force"] for layer in document["layers"])


def test_the_table_of_the_doctor_can_be_read(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor"]) == 0
    out = capsys.readouterr().out
    assert "landlock" in out
    assert "Untrusted code may run here." in out
