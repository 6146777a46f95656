"""The rows that the writer leaves are nbgrader's own; a file that is not ours is left alone."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from nbgrader.api import Gradebook
from nbgrader.utils import compute_checksum

from grading.nbgrader_bridge.errors import GradebookError
from grading.nbgrader_bridge.gradebook import Graded, Writer
from grading.nbgrader_bridge.opening import open_gradebook
from tests.grading.nbgrader_bridge.rows import rows

NOTEBOOKS = ("01_one", "02_two")
SCORES = {"check_square": 1.5, "check_cube": 0.0}


def meta(grade_id: str, **given: Any) -> dict[str, Any]:
    base = {"grade": False, "solution": False, "locked": False, "task": False, "schema_version": 3}
    return {"nbgrader": {**base, "grade_id": grade_id, **given}}


def release_notebook() -> nbformat.NotebookNode:
    """Two exercises and a written answer, with checksums, as released."""
    cells = [
        new_code_cell("def square(x): ...", metadata=meta("square", solution=True)),
        new_code_cell("1.5", metadata=meta("check_square", grade=True, locked=True, points=2)),
        new_code_cell("def cube(x): ...", metadata=meta("cube", solution=True)),
        new_code_cell("0.0", metadata=meta("check_cube", grade=True, locked=True, points=3)),
        new_markdown_cell("Write here.", metadata=meta("why", grade=True, solution=True, points=4)),
        new_markdown_cell("Prose."),
    ]
    for cell in cells[:-1]:
        cell.metadata.nbgrader.cell_type = cell.cell_type
        cell.metadata.nbgrader.checksum = compute_checksum(cell)
    kernel = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
    return new_notebook(cells=cells, metadata={"kernelspec": kernel})


def submitted(answers: dict[str, str]) -> nbformat.NotebookNode:
    notebook = release_notebook()
    for cell in notebook.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id")
        cell.source = answers.get(name, cell.source)
    return notebook


def autograded(answers: dict[str, str]) -> nbformat.NotebookNode:
    notebook = submitted(answers)
    for cell in notebook.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id")
        if name in SCORES:
            cell.outputs = [
                new_output("execute_result", {"text/plain": repr(SCORES[name])}, execution_count=1)
            ]
    return notebook


# Student to notebook to answers; a notebook that is not there was not handed in.
CLASS: dict[str, dict[str, dict[str, str]]] = {
    "ana": {
        "01_one": {
            "square": "def square(x): return x * x",
            "cube": "def cube(x): return x",
            "why": "Because.",
        },
        "02_two": {"square": "def square(x): return x * x"},
    },
    "ben": {"01_one": {"why": "So."}},
    "eva": {"01_one": {}, "02_two": {}},
}


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("release")
    for name in NOTEBOOKS:
        nbformat.write(release_notebook(), folder / f"{name}.ipynb")
    return folder


@pytest.fixture
def course(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def url(course: Path) -> str:
    return f"sqlite:///{course / 'gradebook.db'}"


@pytest.fixture
def writer(url: str, release: Path) -> Iterator[Writer]:
    with open_gradebook(url, release, "toy") as opened:
        yield opened


def graded(answers: dict[str, dict[str, str]]) -> list[Graded]:
    return [
        Graded(name, autograded(answers[name]), SCORES) if name in answers else Graded(name, None)
        for name in NOTEBOOKS
    ]


def record_class(writer: Writer) -> None:
    for student, answers in CLASS.items():
        writer.record(student, graded(answers))


def stock(folder: Path, *arguments: str) -> None:
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        [sys.executable, "-m", "nbgrader", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def stock_gradebook(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The class graded by nbgrader as delivered, in a course of its own."""
    folder = tmp_path_factory.mktemp("stock")
    (folder / "nbgrader_config.py").write_text("c = get_config()\n")
    (folder / "source" / "toy").mkdir(parents=True)
    for name in NOTEBOOKS:
        nbformat.write(release_notebook(), folder / "source" / "toy" / f"{name}.ipynb")
    for student, answers in CLASS.items():
        (folder / "submitted" / student / "toy").mkdir(parents=True)
        for name, given in answers.items():
            nbformat.write(submitted(given), folder / "submitted" / student / "toy" / f"{name}.ipynb")
    stock(folder, "generate_assignment", "toy", "--ClearSolutions.enabled=False")
    stock(folder, "autograde", "toy")
    return folder / "gradebook.db"


def test_the_rows_are_those_of_nbgrader_as_delivered(
    writer: Writer, course: Path, stock_gradebook: Path
) -> None:
    record_class(writer)
    ours, theirs = rows(course / "gradebook.db"), rows(stock_gradebook)
    assert ours.keys() == theirs.keys()
    for table, found in theirs.items():
        assert ours[table] == found, table


def test_a_written_answer_waits_for_a_person_and_an_empty_one_does_not(writer: Writer, url: str) -> None:
    record_class(writer)
    with Gradebook(url) as book:
        written = book.find_grade("why", "01_one", "toy", "ana")
        assert (written.auto_score, written.needs_manual_grade) == (None, True)
        empty = book.find_grade("why", "01_one", "toy", "eva")
        assert (empty.auto_score, empty.needs_manual_grade) == (0, False)


def test_a_persons_word_survives_a_regrade(writer: Writer, url: str) -> None:
    record_class(writer)
    with Gradebook(url) as book:
        grade = book.find_grade("check_cube", "01_one", "toy", "ana")
        grade.manual_score, grade.extra_credit, grade.needs_manual_grade = 2.5, 1.0, False
        book.find_comment("cube", "01_one", "toy", "ana").manual_comment = "Nearly."
        book.db.commit()
    record_class(writer)
    with Gradebook(url) as book:
        grade = book.find_grade("check_cube", "01_one", "toy", "ana")
        assert (grade.manual_score, grade.extra_credit, grade.auto_score, grade.score) == (2.5, 1.0, 0.0, 3.5)
        assert grade.needs_manual_grade
        assert book.find_comment("cube", "01_one", "toy", "ana").comment == "Nearly."


def test_the_time_of_submission_is_the_collectors(writer: Writer, url: str) -> None:
    writer.record("ana", graded(CLASS["ana"]), collected=datetime(2026, 11, 1, 12, 30))
    with Gradebook(url) as book:
        assert book.find_submission("toy", "ana").timestamp == datetime(2026, 11, 1, 12, 30)


def test_a_score_out_of_range_is_refused_and_nothing_of_the_submission_is_written(
    writer: Writer, url: str
) -> None:
    for score in (float("nan"), -1.0, 2.5, float("inf")):
        bad = Graded("02_two", autograded({}), {"check_square": score})
        with pytest.raises(GradebookError, match="was not recorded"):
            writer.record("ana", [graded(CLASS["ana"])[0], bad])
    assert not writer.has_student("ana")


def test_what_is_recorded_is_known_notebook_by_notebook(writer: Writer) -> None:
    assert writer.recorded() == {}
    writer.record("ana", graded(CLASS["ana"])[:1])
    assert writer.recorded() == {"ana": frozenset({"01_one"})}


def test_a_student_id_with_quotes_stays_a_student_id(writer: Writer) -> None:
    name = "o'neil\"; DROP TABLE grade; --"
    writer.record(name, graded(CLASS["eva"]))
    assert writer.has_student(name)


def test_a_file_that_is_no_database_is_refused_and_left_alone(url: str, course: Path, release: Path) -> None:
    path = course / "gradebook.db"
    path.write_bytes(b"not a database at all, but long enough to be looked at " * 40)
    before = path.read_bytes()
    with pytest.raises(GradebookError, match="cannot be read") as caught, open_gradebook(url, release, "toy"):
        pass
    assert "backup" in caught.value.mend
    assert path.read_bytes() == before


def test_a_database_of_another_program_is_refused_and_left_alone(
    url: str, course: Path, release: Path
) -> None:
    database = sqlite3.connect(course / "gradebook.db")
    database.execute("CREATE TABLE recipes (name TEXT)")
    database.commit()
    database.close()
    before = (course / "gradebook.db").read_bytes()
    with pytest.raises(GradebookError, match="no gradebook of nbgrader"), open_gradebook(url, release, "toy"):
        pass
    assert (course / "gradebook.db").read_bytes() == before


def test_a_gradebook_of_another_course_is_refused(url: str, release: Path) -> None:
    with open_gradebook(url, release, "history", course_id="history-101"):
        pass
    with pytest.raises(GradebookError, match="another course"), open_gradebook(url, release, "toy"):
        pass


def test_a_gradebook_of_another_release_is_refused_once_there_are_submissions(
    url: str, release: Path, course: Path
) -> None:
    other = course / "other"
    other.mkdir()
    for name in NOTEBOOKS:
        notebook = release_notebook()
        notebook.cells[1].metadata.nbgrader.points = 5
        nbformat.write(notebook, other / f"{name}.ipynb")
    with open_gradebook(url, release, "toy"):
        pass
    with open_gradebook(url, other, "toy") as changed:
        changed.record("ana", graded(CLASS["ana"]))
    with pytest.raises(GradebookError, match="another release"), open_gradebook(url, release, "toy"):
        pass


def test_a_locked_gradebook_is_told_and_nothing_is_half_written(
    writer: Writer, course: Path, url: str
) -> None:
    other = sqlite3.connect(course / "gradebook.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(GradebookError, match="is locked"):
        writer.record("ana", graded(CLASS["ana"]))
    other.execute("ROLLBACK")
    other.close()
    assert not writer.has_student("ana")


def test_a_full_disk_is_told_and_leaves_nothing_behind(
    url: str, release: Path, course: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sqlalchemy
    from sqlalchemy import event

    real = sqlalchemy.create_engine

    def small(*given: Any, **options: Any) -> Any:
        engine = real(*given, **options)
        event.listen(engine, "connect", lambda db, _: db.execute("PRAGMA max_page_count = 8"))
        return engine

    monkeypatch.setattr(sqlalchemy, "create_engine", small)
    with (
        pytest.raises(GradebookError, match="cannot be written") as caught,
        open_gradebook(url, release, "toy"),
    ):
        pass
    assert "room on the disk" in caught.value.mend
    assert list(course.iterdir()) == []


def test_a_folder_that_may_not_be_written_is_told(release: Path, course: Path) -> None:
    url = f"sqlite:///{course / 'missing' / 'gradebook.db'}"
    with pytest.raises(GradebookError, match="cannot be written"), open_gradebook(url, release, "toy"):
        pass


def test_an_assignment_that_was_never_released_is_told(url: str, course: Path) -> None:
    empty = course / "empty"
    empty.mkdir()
    with pytest.raises(GradebookError, match="no release"), open_gradebook(url, empty, "toy"):
        pass
    assert not (course / "gradebook.db").exists()
