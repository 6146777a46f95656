"""The one writer of the gradebook: records what the judge found, as nbgrader itself would.

`Writer.record` leaves exactly the rows that nbgrader's own `SaveAutoGrades` would, in one transaction a
submission and with one connection for the whole batch (nbgrader opens its gradebook eight times for every
notebook). `opening.open_gradebook` gives a writer.

A person's word stands: `manual_score`, `extra_credit` and `manual_comment` are never written here, and a
grade that has a manual score is marked for another look after every regrade, as nbgrader does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, and_, bindparam, insert, select, update

from grading.nbgrader_bridge.errors import GradebookError, explained
from grading.nbgrader_bridge.schema import TABLES, checksum, new_id

__all__ = ["Graded", "Writer"]

_ASSIGNMENT, _NOTEBOOK, _CELL = TABLES["assignment"], TABLES["notebook"], TABLES["base_cell"]
_STUDENT, _SUBMISSION = TABLES["student"], TABLES["submitted_assignment"]
_SUBMITTED, _GRADE, _COMMENT = TABLES["submitted_notebook"], TABLES["grade"], TABLES["comment"]
_GRADED_TYPES, _COMMENTED_TYPES = ("GradeCell", "TaskCell"), ("SolutionCell", "TaskCell")


@dataclass(frozen=True)
class Graded:
    """One notebook as it is recorded.

    Parameters
    ----------
    notebook : str
        Its name, without ".ipynb".
    node : mapping or None
        The autograded notebook; None where nothing was handed in: all its grades become 0.
    scores : mapping of str to float
        Grade id of a check cell to its points. A check cell that is not in it scores 0.
    attempted : mapping of str to bool
        Grade id of a written answer to whether anything was written; one that is not in it goes by nbgrader's
        checksum. (The text in `node` may have been made harmless.)
    """

    notebook: str
    node: Mapping[str, Any] | None
    scores: Mapping[str, float] = field(default_factory=dict)
    attempted: Mapping[str, bool] = field(default_factory=dict)


@dataclass(frozen=True)
class _Cell:
    """A graded or solution cell as the gradebook knows it."""

    id: str
    name: str
    checksum: str | None
    max_score: float


@dataclass(frozen=True)
class _Layout:
    """The cells of one notebook in the gradebook."""

    id: str
    grades: tuple[_Cell, ...]
    comments: tuple[_Cell, ...]


class Writer:
    """Records submissions of one assignment; see `opening.open_gradebook`."""

    def __init__(self, engine: Engine, assignment: str, db_url: str) -> None:
        self._engine, self._db_url = engine, db_url
        with explained(db_url), engine.connect() as connection:
            found = connection.execute(select(_ASSIGNMENT.c.id).where(_ASSIGNMENT.c.name == assignment))
            self._assignment_id: str = found.scalar_one()
            self._layouts = _layouts(connection, self._assignment_id)

    def has_student(self, student: str) -> bool:
        """Whether the gradebook knows the student."""
        with explained(self._db_url), self._engine.connect() as connection:
            return _has_student(connection, student)

    def recorded(self) -> dict[str, frozenset[str]]:
        """For each student, the notebooks of which every check cell has a score."""
        graded = TABLES["grade_cells"]
        unscored = (
            select(_GRADE.c.id)
            .join(graded, graded.c.id == _GRADE.c.cell_id)
            .where(
                _GRADE.c.notebook_id == _SUBMITTED.c.id,
                _GRADE.c.auto_score.is_(None),
                graded.c.cell_type == "code",
            )
            .exists()
        )
        query = (
            select(_SUBMISSION.c.student_id, _NOTEBOOK.c.name)
            .join(_SUBMITTED, _SUBMITTED.c.assignment_id == _SUBMISSION.c.id)
            .join(_NOTEBOOK, _NOTEBOOK.c.id == _SUBMITTED.c.notebook_id)
            .where(_SUBMISSION.c.assignment_id == self._assignment_id, ~unscored)
        )
        found: dict[str, set[str]] = {}
        with explained(self._db_url), self._engine.connect() as connection:
            for student, notebook in connection.execute(query):
                found.setdefault(student, set()).add(notebook)
        return {student: frozenset(names) for student, names in found.items()}

    @property
    def db_url(self) -> str:
        """The address of the gradebook."""
        return self._db_url

    def record(self, student: str, graded: Sequence[Graded], *, collected: datetime | None = None) -> bool:
        """Write the grades of one submission: all of it or nothing.

        Parameters
        ----------
        student : str
            nbgrader's id; made where the gradebook does not know it.
        graded : sequence of Graded
            Those of the submission's notebooks that were graded; the others keep what they have.
        collected : datetime, optional
            When the collector received the submission, UTC without a time zone. Never the student's word.

        Returns
        -------
        bool
            Whether the submission is late, by the due date and the student's extension.

        Raises
        ------
        GradebookError
            Nothing was written.
        """
        with explained(self._db_url), self._engine.begin() as connection:
            submission = self._submission(connection, student)
            connection.execute(
                update(_SUBMISSION).where(_SUBMISSION.c.id == submission).values(timestamp=collected)
            )
            rows = select(_SUBMITTED.c.notebook_id, _SUBMITTED.c.id).where(
                _SUBMITTED.c.assignment_id == submission
            )
            submitted: dict[str, str] = dict(connection.execute(rows).all())
            for notebook in graded:
                layout = self._layouts[notebook.notebook]
                _record_notebook(connection, submitted[layout.id], layout, notebook)
            return collected is not None and self._is_late(connection, submission, collected)

    def _is_late(self, connection: Connection, submission: str, collected: datetime) -> bool:
        query = (
            select(_ASSIGNMENT.c.duedate, _SUBMISSION.c.extension)
            .join(_SUBMISSION, _SUBMISSION.c.assignment_id == _ASSIGNMENT.c.id)
            .where(_SUBMISSION.c.id == submission)
        )
        due, extension = connection.execute(query).one()
        return due is not None and collected > due + (extension or timedelta())

    def _submission(self, connection: Connection, student: str) -> str:
        """The student's submission; a new one gets a row for each notebook, grade and comment."""
        if not _has_student(connection, student):
            connection.execute(insert(_STUDENT).values(id=student))
        found = connection.execute(
            select(_SUBMISSION.c.id).where(
                _SUBMISSION.c.assignment_id == self._assignment_id, _SUBMISSION.c.student_id == student
            )
        ).scalar_one_or_none()
        if found is not None:
            return str(found)
        submission = new_id()
        connection.execute(
            insert(_SUBMISSION).values(id=submission, assignment_id=self._assignment_id, student_id=student)
        )
        notebooks, grades, comments = [], [], []
        for layout in self._layouts.values():
            row = new_id()
            notebooks.append(
                {"id": row, "assignment_id": submission, "notebook_id": layout.id, "flagged": False}
            )
            grades += [
                {"id": new_id(), "notebook_id": row, "cell_id": cell.id, "needs_manual_grade": True}
                for cell in layout.grades
            ]
            comments += [{"id": new_id(), "notebook_id": row, "cell_id": cell.id} for cell in layout.comments]
        for table, rows in ((_SUBMITTED, notebooks), (_GRADE, grades), (_COMMENT, comments)):
            if rows:
                connection.execute(insert(table), rows)
        return submission


def _has_student(connection: Connection, student: str) -> bool:
    found = connection.execute(select(_STUDENT.c.id).where(_STUDENT.c.id == student))
    return found.scalar_one_or_none() is not None


def _record_notebook(connection: Connection, row_id: str, layout: _Layout, graded: Graded) -> None:
    """The grades and comments of one notebook, by the rules of `SaveAutoGrades` and `Autograde`."""
    cells = _cells_by_grade_id(graded.node)
    by_person = set(
        connection.execute(
            select(_GRADE.c.cell_id).where(_GRADE.c.notebook_id == row_id, _GRADE.c.manual_score.is_not(None))
        ).scalars()
    )
    grades = []
    for cell in layout.grades:
        score, waits = 0.0, False
        if graded.node is not None:
            found = _auto_score(cell, cells.get(cell.name), graded)
            score, waits = found, found is None or cell.id in by_person  # type: ignore[assignment]
        grades.append({"of": cell.id, "score": score, "waits": waits})
    _update(connection, _GRADE, row_id, grades, auto_score="score", needs_manual_grade="waits")
    if graded.node is None:
        return
    # As nbgrader does before its plugin looks at a submission that is late.
    connection.execute(
        update(_SUBMITTED).where(_SUBMITTED.c.id == row_id).values(late_submission_penalty=None)
    )
    comments = [
        {"of": cell.id, "said": "No response." if _is_untouched(cell, cells.get(cell.name), graded) else None}
        for cell in layout.comments
    ]
    _update(connection, _COMMENT, row_id, comments, auto_comment="said")


def _update(
    connection: Connection, table: Any, row_id: str, rows: list[dict[str, Any]], **values: str
) -> None:
    if rows:
        statement = update(table).where(
            and_(table.c.notebook_id == row_id, table.c.cell_id == bindparam("of"))
        )
        connection.execute(
            statement.values({column: bindparam(name) for column, name in values.items()}), rows
        )


def _auto_score(cell: _Cell, node: Mapping[str, Any] | None, graded: Graded) -> float | None:
    """The points of a check cell; of a written answer 0 where it is untouched, else None: a person's turn."""
    if node is not None and node["metadata"]["nbgrader"].get("solution"):
        return 0.0 if _is_untouched(cell, node, graded) else None
    score = float(graded.scores.get(cell.name, 0.0))
    # Checked once more where it counts: NaN compares false, and no score above the maximum gets in.
    if not 0.0 <= score <= cell.max_score:
        raise GradebookError(
            f"A score of {score!r} for the cell {cell.name} was not recorded.",
            f"It has to lie between 0 and {cell.max_score:g}.",
            "This is a fault of the grader, or the release changed since it ran; run autograde again.",
        )
    return score


def _is_untouched(cell: _Cell, node: Mapping[str, Any] | None, graded: Graded) -> bool:
    if cell.name in graded.attempted:
        return not graded.attempted[cell.name]
    return node is None or (cell.checksum is not None and checksum(node) == cell.checksum)


def _cells_by_grade_id(node: Mapping[str, Any] | None) -> dict[str, Mapping[str, Any]]:
    cells = node["cells"] if node is not None else ()
    named = ((cell["metadata"].get("nbgrader", {}).get("grade_id"), cell) for cell in cells)
    return {name: cell for name, cell in named if name}


def _layouts(connection: Connection, assignment_id: str) -> dict[str, _Layout]:
    """The notebooks of the assignment with their cells."""
    names = dict(
        connection.execute(
            select(_NOTEBOOK.c.id, _NOTEBOOK.c.name).where(_NOTEBOOK.c.assignment_id == assignment_id)
        ).all()
    )
    source = TABLES["source_cell"]
    sums = {
        (notebook, name): known
        for notebook, name, known in connection.execute(
            select(source.c.notebook_id, source.c.name, source.c.checksum).where(
                source.c.notebook_id.in_(names)
            )
        )
    }
    most: dict[str, float] = {}
    for table in (TABLES["grade_cells"], TABLES["task_cells"]):
        most |= dict(connection.execute(select(table.c.id, table.c.max_score)).all())
    cells: dict[str, list[tuple[str, _Cell]]] = {notebook: [] for notebook in names}
    for row in connection.execute(select(_CELL).where(_CELL.c.notebook_id.in_(names))):
        cell = _Cell(row.id, row.name, sums.get((row.notebook_id, row.name)), most.get(row.id, 0.0))
        cells[row.notebook_id].append((row.type, cell))
    return {
        names[notebook]: _Layout(
            notebook,
            tuple(cell for kind, cell in found if kind in _GRADED_TYPES),
            tuple(cell for kind, cell in found if kind in _COMMENTED_TYPES),
        )
        for notebook, found in cells.items()
    }
