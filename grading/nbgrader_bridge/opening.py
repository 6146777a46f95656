"""Opening the gradebook: whether it is the right one, and the rows of an assignment from its release.

Nothing is written to a file that is no gradebook, another course's or another release's.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat
import sqlalchemy
from alembic.script import ScriptDirectory
from nbformat import NotebookNode
from nbgrader import utils
from nbgrader.api import (
    Assignment,
    Base,
    Course,
    Gradebook,
    GradeCell,
    Notebook,
    SolutionCell,
    SourceCell,
    TaskCell,
)
from nbgrader.dbutil import ALEMBIC_DIR
from sqlalchemy import text
from sqlalchemy.orm import Session

from grading.nbgrader_bridge.errors import (
    GradebookError,
    broken,
    explained,
    other_release,
    shown,
    unwritable,
)
from grading.nbgrader_bridge.gradebook import Writer

__all__ = ["open_gradebook"]

_COURSES_OF_NOBODY = ("", "default_course")
_LOCKED_SECONDS = 5


@contextmanager
def open_gradebook(db_url: str, release: Path, assignment: str, *, course_id: str = "") -> Iterator[Writer]:
    """The writer of one assignment; made on first use.

    Parameters
    ----------
    db_url : str
        SQLAlchemy's address of the gradebook.
    release : Path
        The folder with the release notebooks of the assignment.
    assignment : str
        nbgrader's name of the assignment.
    course_id : str
        nbgrader's name of the course.

    Raises
    ------
    GradebookError
        It is no gradebook, another course's, another release's, locked, corrupted, or cannot be written.
    """
    layout_wanted = _release_cells(release, assignment)
    with explained(db_url):
        _check_file(db_url)
        _create(db_url)
        gradebook = Gradebook(db_url, course_id)
    try:
        with explained(db_url):
            # The preprocessors of stock nbgrader open the gradebook under this name and leave it behind.
            gradebook.check_course("default_course")
            _check_course(gradebook, db_url, course_id)
            _make_assignment(gradebook, assignment, layout_wanted, db_url)
            writer = Writer(gradebook, assignment, db_url)
        yield writer
    finally:
        gradebook.close()


def _release_cells(release: Path, assignment: str) -> dict[str, NotebookNode]:
    paths = sorted(release.glob("*.ipynb"))
    if not paths:
        raise GradebookError(
            f'There is no release of the assignment "{assignment}".',
            f"{release} holds no notebook.",
            "Name an assignment that was released, or build the release: make notebooks.",
        )
    return {path.stem: nbformat.read(path, as_version=4) for path in paths}


def _rows_of(node: NotebookNode) -> list[Any]:
    """The rows that nbgrader's `SaveCells` makes of a release notebook, not yet tied to a notebook."""
    rows: list[Any] = []
    for cell in node.cells:
        meta = cell.metadata.get("nbgrader")
        if not meta:
            continue
        graded, task, solution = utils.is_grade(cell), utils.is_task(cell), utils.is_solution(cell)
        if graded:
            rows.append(GradeCell(name=meta.grade_id, max_score=float(meta.points), cell_type=cell.cell_type))
        if solution:
            rows.append(SolutionCell(name=meta.grade_id))
        if task:
            rows.append(TaskCell(name=meta.grade_id, max_score=float(meta.points), cell_type=cell.cell_type))
        if graded or solution or task or utils.is_locked(cell):
            rows.append(
                SourceCell(
                    name=meta.grade_id,
                    cell_type=cell.cell_type,
                    locked=utils.is_locked(cell),
                    source=cell.source,
                    checksum=meta.get("checksum"),
                )
            )
    return rows


def _make_assignment(
    gradebook: Gradebook, assignment: str, release: Mapping[str, NotebookNode], db_url: str
) -> None:
    """Make what is missing; refuse a gradebook whose cells are not the release's."""
    with Session(gradebook.engine) as session, session.begin():
        row = session.scalars(
            sqlalchemy.select(Assignment).where(Assignment.name == assignment)
        ).one_or_none()
        if row is None:
            row = Assignment(name=assignment, course_id=gradebook.course_id)
            session.add(row)
            session.flush()
        has_submissions = bool(row.submissions)
        known = {notebook.name: notebook for notebook in row.notebooks}
        for name, node in release.items():
            if name in known:
                _refresh(session, known[name], node, has_submissions, db_url)
                continue
            if has_submissions:
                raise other_release(db_url, f"it has submissions, and no notebook {name}")
            notebook = Notebook(
                name=name, assignment_id=row.id, kernelspec=json.dumps(node.metadata.get("kernelspec", {}))
            )
            session.add(notebook)
            session.flush()
            _add_cells(session, notebook, node)
        if surplus := sorted(set(known) - set(release)):
            raise other_release(db_url, f"it has the notebook {surplus[0]}, which the release has not")


def _add_cells(session: Session, notebook: Notebook, node: NotebookNode) -> None:
    for row in _rows_of(node):
        row.notebook_id = notebook.id
        session.add(row)


def _key(row: Any) -> tuple[str, str, float | None]:
    return (type(row).__name__, row.name, getattr(row, "max_score", None))


def _refresh(
    session: Session, notebook: Notebook, node: NotebookNode, has_submissions: bool, db_url: str
) -> None:
    """Bring the cells up to date with the release; which there are may change until the first submission."""
    wanted = _rows_of(node)
    present = [*notebook.grade_cells, *notebook.solution_cells, *notebook.task_cells, *notebook.source_cells]
    if {_key(row) for row in wanted} != {_key(row) for row in present}:
        if has_submissions:
            raise other_release(
                db_url, f"the cells or points of {notebook.name} differ, and there are submissions"
            )
        for row in present:
            session.delete(row)
        session.flush()
        _add_cells(session, notebook, node)
        return
    sources = {row.name: row for row in wanted if isinstance(row, SourceCell)}
    for row in notebook.source_cells:
        new = sources[row.name]
        row.cell_type, row.locked, row.source, row.checksum = (
            new.cell_type,
            new.locked,
            new.source,
            new.checksum,
        )


def _check_course(gradebook: Gradebook, db_url: str, course_id: str) -> None:
    with Session(gradebook.engine) as session:
        others = set(session.scalars(sqlalchemy.select(Assignment.course_id)))
        known = set(session.scalars(sqlalchemy.select(Course.id)))
    foreign = sorted(others - {course_id, *_COURSES_OF_NOBODY})
    if foreign and course_id in known | {""}:
        raise GradebookError(
            f"The gradebook {shown(db_url)} belongs to another course.",
            f'It holds assignments of the course "{foreign[0]}"; this one is "{course_id}".',
            "Name the course that it belongs to (--course), or move it away to begin a new one.",
        )


def _check_file(db_url: str) -> None:
    """Look at a SQLite file without changing it: nbgrader would make its tables in whatever it is given."""
    url = sqlalchemy.make_url(db_url)
    if url.get_backend_name() != "sqlite" or not url.database:
        return
    path = Path(url.database)
    if not path.parent.is_dir() or not os.access(path.parent, os.W_OK | os.X_OK):
        raise unwritable(db_url, f"the folder {path.parent} does not exist or is read-only")
    if not path.exists():
        return
    if not os.access(path, os.R_OK | os.W_OK):
        raise unwritable(db_url, "the file may not be written")
    connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=_LOCKED_SECONDS)
    try:
        names = {
            name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        }
    except sqlite3.DatabaseError as error:
        raise broken(db_url, str(error)) from error
    finally:
        connection.close()
    if names and not {"assignment", "student", "grade"} <= names:
        raise GradebookError(
            f"{shown(db_url)} is a database, but no gradebook of nbgrader.",
            f"It has the tables {', '.join(sorted(names)[:5])}.",
            "Name another gradebook, or move this file away.",
        )


def _create(db_url: str) -> None:
    """Make the tables where there are none: whole or not at all.

    nbgrader makes them when it opens a gradebook, but asks a program `alembic` on the path for their version:
    where the environment is not activated that fails, and leaves tables without a version behind.
    """
    url = sqlalchemy.make_url(db_url)
    partial = None
    if url.get_backend_name() == "sqlite" and url.database:
        path = Path(url.database)
        if path.exists() and path.stat().st_size:
            return
        partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
        partial.unlink(missing_ok=True)
        url = url.set(database=str(partial))
    engine = sqlalchemy.create_engine(url)
    try:
        if sqlalchemy.inspect(engine).get_table_names():
            return
        version = ScriptDirectory(ALEMBIC_DIR).get_current_head()
        with engine.begin() as connection:
            Base.metadata.create_all(connection)
            connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)"))
            connection.execute(text("INSERT INTO alembic_version VALUES (:version)"), {"version": version})
        if partial is not None:
            os.replace(partial, path)
    finally:
        engine.dispose()
        if partial is not None:
            partial.unlink(missing_ok=True)
