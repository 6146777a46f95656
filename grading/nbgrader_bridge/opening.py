"""Opening the gradebook: whether it is the right one, and the rows of an assignment from its release.

Nothing is written to a file that is no gradebook, another course's or another release's. A new gradebook is
made whole or not at all: nbgrader would ask a program `alembic` on the path for the version of its tables,
and where the environment is not activated leave tables without a version behind.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy
from sqlalchemy import Connection, delete, func, insert, select, text, update

from grading.files import partial as partial_of
from grading.nbgrader_bridge.errors import GradebookError, explained, other_release
from grading.nbgrader_bridge.gradebook import Writer
from grading.nbgrader_bridge.looking import NOBODYS_COURSE, check_address, check_course, check_file
from grading.nbgrader_bridge.schema import ALEMBIC_VERSION, METADATA, TABLES, new_id

__all__ = ["open_gradebook"]

_DETAILS = {"GradeCell": "grade_cells", "SolutionCell": "solution_cells", "TaskCell": "task_cells"}

Notebook = Mapping[str, Any]


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
    notebooks = _released(release, assignment)
    check_address(db_url)
    with explained(db_url):
        check_file(db_url)
        _create(db_url)
        engine = sqlalchemy.create_engine(db_url)
    try:
        with explained(db_url), engine.begin() as connection:
            check_course(connection, db_url, course_id)
            _make_courses(connection, course_id)
            _make_assignment(connection, assignment, notebooks, course_id, db_url)
        yield Writer(engine, assignment, db_url)
    finally:
        engine.dispose()


def _released(release: Path, assignment: str) -> dict[str, Notebook]:
    paths = sorted(release.glob("*.ipynb"))
    if not paths:
        raise GradebookError(
            f'There is no release of the assignment "{assignment}".',
            f"{release} holds no notebook.",
            "Name an assignment that was released, or build the release: make notebooks.",
        )
    try:
        return {path.stem: json.loads(path.read_bytes()) for path in paths}
    except (OSError, ValueError) as error:
        raise GradebookError(
            f"The release in {release} cannot be read.", f"{error}.", "Build it again: make notebooks."
        ) from error


@dataclass(frozen=True)
class _Rows:
    """What nbgrader's `SaveCells` makes of a release notebook."""

    cells: dict[tuple[str, str], dict[str, Any]]
    sources: dict[str, dict[str, Any]]


def _rows_of(notebook: Notebook) -> _Rows:
    rows = _Rows({}, {})
    for cell in notebook["cells"]:
        meta = cell["metadata"].get("nbgrader")
        if not meta:
            continue
        name, kind = meta.get("grade_id"), cell["cell_type"]
        graded, task, solution = (bool(meta.get(key)) for key in ("grade", "task", "solution"))
        locked = not solution and (graded or bool(meta.get("locked")))
        points = {"max_score": float(meta["points"]), "cell_type": kind} if graded or task else {}
        if graded:
            rows.cells["GradeCell", name] = points
        if solution:
            rows.cells["SolutionCell", name] = {}
        if task:
            rows.cells["TaskCell", name] = points
        if graded or solution or task or locked:
            source = cell["source"] if isinstance(cell["source"], str) else "".join(cell["source"])
            rows.sources[name] = {
                "cell_type": kind,
                "locked": locked,
                "source": source,
                "checksum": meta.get("checksum"),
            }
    return rows


def _make_courses(connection: Connection, course_id: str) -> None:
    course = TABLES["course"]
    known = set(connection.execute(select(course.c.id)).scalars())
    for name in sorted({course_id, NOBODYS_COURSE} - known - {""}):
        connection.execute(insert(course).values(id=name))


def _make_assignment(
    connection: Connection, name: str, release: Mapping[str, Notebook], course_id: str, db_url: str
) -> None:
    """Make what is missing; refuse a gradebook whose cells are not the release's."""
    table, notebooks, submissions = TABLES["assignment"], TABLES["notebook"], TABLES["submitted_assignment"]
    found = connection.execute(select(table.c.id).where(table.c.name == name)).scalar_one_or_none()
    assignment = str(found) if found is not None else new_id()
    if found is None:
        connection.execute(insert(table).values(id=assignment, name=name, course_id=course_id))
    count = select(func.count()).select_from(submissions).where(submissions.c.assignment_id == assignment)
    has_submissions = bool(connection.execute(count).scalar_one())
    query = select(notebooks.c.name, notebooks.c.id).where(notebooks.c.assignment_id == assignment)
    known = dict(connection.execute(query).all())
    if surplus := sorted(set(known) - set(release)):
        raise other_release(db_url, f"it has the notebook {surplus[0]}, which the release has not")
    for stem, notebook in release.items():
        if stem in known:
            _refresh(connection, known[stem], stem, _rows_of(notebook), has_submissions, db_url)
            continue
        if has_submissions:
            raise other_release(db_url, f"it has submissions, and no notebook {stem}")
        row, kernel = new_id(), json.dumps(notebook["metadata"].get("kernelspec", {}))
        connection.execute(
            insert(notebooks).values(id=row, name=stem, assignment_id=assignment, kernelspec=kernel)
        )
        _add_cells(connection, row, _rows_of(notebook))


def _add_cells(connection: Connection, notebook: str, rows: _Rows) -> None:
    for (kind, name), details in rows.cells.items():
        cell = new_id()
        connection.execute(
            insert(TABLES["base_cell"]).values(id=cell, name=name, notebook_id=notebook, type=kind)
        )
        connection.execute(insert(TABLES[_DETAILS[kind]]).values(id=cell, **details))
    for name, source in rows.sources.items():
        connection.execute(
            insert(TABLES["source_cell"]).values(id=new_id(), name=name, notebook_id=notebook, **source)
        )


def _refresh(
    connection: Connection, notebook: str, stem: str, rows: _Rows, has_submissions: bool, db_url: str
) -> None:
    """Bring the cells up to date with the release; which there are may change until the first submission."""
    base, sources = TABLES["base_cell"], TABLES["source_cell"]
    ids = {
        (row.type, row.name): row.id
        for row in connection.execute(select(base).where(base.c.notebook_id == notebook))
    }
    points: dict[str, float] = {}
    for name in ("grade_cells", "task_cells"):
        table = TABLES[name]
        points |= dict(connection.execute(select(table.c.id, table.c.max_score)).all())
    named = select(sources.c.name).where(sources.c.notebook_id == notebook)
    same = set(connection.execute(named).scalars()) == set(rows.sources)
    same = same and {key: points.get(cell) for key, cell in ids.items()} == {
        key: details.get("max_score") for key, details in rows.cells.items()
    }
    if same:
        for name, values in rows.sources.items():
            where = (sources.c.notebook_id == notebook, sources.c.name == name)
            connection.execute(update(sources).where(*where).values(values))
        return
    if has_submissions:
        raise other_release(db_url, f"the cells or points of {stem} differ, and there are submissions")
    for name in _DETAILS.values():
        connection.execute(delete(TABLES[name]).where(TABLES[name].c.id.in_(ids.values())))
    connection.execute(delete(base).where(base.c.notebook_id == notebook))
    connection.execute(delete(sources).where(sources.c.notebook_id == notebook))
    _add_cells(connection, notebook, rows)


def _create(db_url: str) -> None:
    """Make the tables where there are none: whole or not at all."""
    url = sqlalchemy.make_url(db_url)
    partial = None
    if url.get_backend_name() == "sqlite" and url.database:
        path = Path(url.database)
        if path.exists() and path.stat().st_size:
            return
        partial = partial_of(path)
        partial.unlink(missing_ok=True)
        url = url.set(database=str(partial))
    engine = sqlalchemy.create_engine(url)
    try:
        if sqlalchemy.inspect(engine).get_table_names():
            return
        with engine.begin() as connection:
            METADATA.create_all(connection)
            connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)"))
            connection.execute(
                text("INSERT INTO alembic_version VALUES (:version)"), {"version": ALEMBIC_VERSION}
            )
        if partial is not None:
            os.replace(partial, path)
    finally:
        engine.dispose()
        if partial is not None:
            partial.unlink(missing_ok=True)
