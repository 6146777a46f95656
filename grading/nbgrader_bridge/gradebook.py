"""The one writer of the gradebook: records what the judge found, as nbgrader itself would.

`Writer.record` leaves exactly the rows that nbgrader's own `SaveAutoGrades` would, in one transaction a
submission and with one connection for the whole batch: opening nbgrader's `Gradebook` costs some 20 ms, and
nbgrader opens eight of them for every notebook. `opening.open_gradebook` gives a writer.

A person's word stands: `manual_score`, `extra_credit` and `manual_comment` are never written here, and a
grade that has a manual score is marked for another look after every regrade, as nbgrader does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy
from nbformat import NotebookNode
from nbgrader import utils
from nbgrader.api import (
    Assignment,
    Comment,
    Grade,
    Gradebook,
    GradeCell,
    Notebook,
    Student,
    SubmittedAssignment,
    SubmittedNotebook,
)
from sqlalchemy.orm import Session

from grading.nbgrader_bridge.errors import GradebookError, explained

__all__ = ["Graded", "Writer"]


@dataclass(frozen=True)
class Graded:
    """One notebook as it is recorded.

    Parameters
    ----------
    notebook : str
        Its name, without ".ipynb".
    node : NotebookNode or None
        The autograded notebook; None where nothing was handed in: all its grades become 0.
    scores : mapping of str to float
        Grade id of a check cell to its points. A check cell that is not in it scores 0.
    attempted : mapping of str to bool
        Grade id of a written answer to whether anything was written; one that is not in it goes by nbgrader's
        checksum. (The text in `node` may have been made harmless.)
    """

    notebook: str
    node: NotebookNode | None
    scores: Mapping[str, float] = field(default_factory=dict)
    attempted: Mapping[str, bool] = field(default_factory=dict)


@dataclass(frozen=True)
class _Cell:
    """A graded or solution cell as the gradebook knows it."""

    id: str
    name: str
    checksum: str | None
    max_score: float = 0.0


@dataclass(frozen=True)
class _Layout:
    """The cells of one notebook in the gradebook."""

    id: str
    grades: tuple[_Cell, ...]
    comments: tuple[_Cell, ...]


class Writer:
    """Records submissions of one assignment; see `open_gradebook`."""

    def __init__(self, gradebook: Gradebook, assignment: str, db_url: str) -> None:
        self._gradebook, self._db_url = gradebook, db_url
        with Session(gradebook.engine) as session:
            row = session.scalars(sqlalchemy.select(Assignment).where(Assignment.name == assignment)).one()
            self._assignment_id = row.id
            self._layouts = {notebook.name: _layout(notebook) for notebook in row.notebooks}

    @property
    def notebooks(self) -> tuple[str, ...]:
        """The notebooks of the assignment, in order."""
        return tuple(sorted(self._layouts))

    def has_student(self, student: str) -> bool:
        """Whether the gradebook knows the student."""
        with explained(self._db_url), Session(self._gradebook.engine) as session:
            return session.get(Student, student) is not None

    def recorded(self) -> dict[str, frozenset[str]]:
        """For each student, the notebooks of which every check cell has a score."""
        unscored = (
            sqlalchemy.select(Grade.id)
            .join(GradeCell, GradeCell.id == Grade.cell_id)
            .where(
                Grade.notebook_id == SubmittedNotebook.id,
                Grade.auto_score.is_(None),
                GradeCell.cell_type == "code",
            )
            .exists()
        )
        query = (
            sqlalchemy.select(SubmittedAssignment.student_id, Notebook.name)
            .join(SubmittedNotebook, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
            .join(Notebook, Notebook.id == SubmittedNotebook.notebook_id)
            .where(SubmittedAssignment.assignment_id == self._assignment_id, ~unscored)
        )
        found: dict[str, set[str]] = {}
        with explained(self._db_url), Session(self._gradebook.engine) as session:
            for student, notebook in session.execute(query):
                found.setdefault(student, set()).add(notebook)
        return {student: frozenset(names) for student, names in found.items()}

    def record(self, student: str, graded: Sequence[Graded], *, collected: datetime | None = None) -> None:
        """Write the grades of one submission: all of it or nothing.

        Parameters
        ----------
        student : str
            nbgrader's id; made where the gradebook does not know it.
        graded : sequence of Graded
            Those of the submission's notebooks that were graded; the others keep what they have.
        collected : datetime, optional
            When the collector received the submission, UTC without a time zone. Never the student's word.

        Raises
        ------
        GradebookError
            Nothing was written.
        """
        with explained(self._db_url), Session(self._gradebook.engine) as session, session.begin():
            submission = self._submission(session, student)
            submission.timestamp = collected
            rows = {
                row.notebook_id: row
                for row in session.scalars(
                    sqlalchemy.select(SubmittedNotebook).where(
                        SubmittedNotebook.assignment_id == submission.id
                    )
                )
            }
            for notebook in graded:
                layout = self._layouts[notebook.notebook]
                _record_notebook(session, rows[layout.id].id, layout, notebook)

    def _submission(self, session: Session, student: str) -> SubmittedAssignment:
        """The student's submission; a new one gets a row for each notebook, grade and comment."""
        if session.get(Student, student) is None:
            session.add(Student(id=student))
        found = session.scalars(
            sqlalchemy.select(SubmittedAssignment).where(
                SubmittedAssignment.assignment_id == self._assignment_id,
                SubmittedAssignment.student_id == student,
            )
        ).one_or_none()
        if found is not None:
            return found
        submission = SubmittedAssignment(assignment_id=self._assignment_id, student_id=student)
        session.add(submission)
        session.flush()
        notebooks = []
        for layout in self._layouts.values():
            notebook = SubmittedNotebook(notebook_id=layout.id, assignment_id=submission.id)
            session.add(notebook)
            notebooks.append((notebook, layout))
        session.flush()
        for notebook, layout in notebooks:
            session.add_all(Grade(cell_id=cell.id, notebook_id=notebook.id) for cell in layout.grades)
            session.add_all(Comment(cell_id=cell.id, notebook_id=notebook.id) for cell in layout.comments)
        session.flush()
        return submission


def _record_notebook(session: Session, row_id: str, layout: _Layout, graded: Graded) -> None:
    """The grades and comments of one notebook, by the rules of `SaveAutoGrades` and `Autograde`."""
    cells = _cells_by_grade_id(graded.node)
    grades = {
        g.cell_id: g for g in session.scalars(sqlalchemy.select(Grade).where(Grade.notebook_id == row_id))
    }
    for cell in layout.grades:
        grade = grades[cell.id]
        if graded.node is None:
            grade.auto_score, grade.needs_manual_grade = 0.0, False
            continue
        grade.auto_score = _auto_score(cell, cells.get(cell.name), graded)
        grade.needs_manual_grade = grade.manual_score is not None or grade.auto_score is None
    if graded.node is None:
        return
    comments = session.scalars(sqlalchemy.select(Comment).where(Comment.notebook_id == row_id))
    by_cell = {comment.cell_id: comment for comment in comments}
    for cell in layout.comments:
        untouched = _is_untouched(cell, cells.get(cell.name), graded)
        by_cell[cell.id].auto_comment = "No response." if untouched else None


def _auto_score(cell: _Cell, node: NotebookNode | None, graded: Graded) -> float | None:
    """The points of a check cell; of a written answer 0 where it is untouched, else None: a person's turn."""
    if node is not None and utils.is_solution(node):
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


def _is_untouched(cell: _Cell, node: NotebookNode | None, graded: Graded) -> bool:
    if cell.name in graded.attempted:
        return not graded.attempted[cell.name]
    return node is None or (cell.checksum is not None and utils.compute_checksum(node) == cell.checksum)


def _cells_by_grade_id(node: NotebookNode | None) -> dict[str, NotebookNode]:
    cells = node.cells if node is not None else ()
    return {
        cell.metadata.nbgrader.grade_id: cell
        for cell in cells
        if cell.metadata.get("nbgrader", {}).get("grade_id")
    }


def _layout(notebook: Notebook) -> _Layout:
    checksums = {cell.name: cell.checksum for cell in notebook.source_cells}

    def plain(cells: Sequence[Any]) -> tuple[_Cell, ...]:
        return tuple(
            _Cell(cell.id, cell.name, checksums.get(cell.name), getattr(cell, "max_score", 0.0))
            for cell in cells
        )

    tasks = notebook.task_cells
    return _Layout(
        notebook.id, plain([*notebook.grade_cells, *tasks]), plain([*notebook.solution_cells, *tasks])
    )
