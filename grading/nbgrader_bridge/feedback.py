"""nbgrader's feedback pages, by its own `GenerateFeedback`, for one student after another; what they rest on.

`write_feedback` makes the pages of some students in one process, with one exporter for all of them: nbgrader
compiles its template anew for every command, which costs more than a page. `state_of` says in one line what a
student's pages rest on; where it is the one noted at the last run the pages are up to date.
"""

from __future__ import annotations

import gc
import hashlib
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbgrader
import sqlalchemy
import traitlets
from nbconvert.preprocessors import CSSHTMLHeaderPreprocessor
from nbgrader import utils
from nbgrader.api import (
    Assignment,
    BaseCell,
    Comment,
    Grade,
    SubmittedAssignment,
    SubmittedNotebook,
)
from nbgrader.converters import GenerateFeedback, NbGraderException
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import GetGrades
from sqlalchemy.orm import Session

from grading.course import Course
from grading.nbgrader_bridge import pages
from grading.nbgrader_bridge.config import course_config
from grading.nbgrader_bridge.errors import explained
from grading.nbgrader_bridge.looking import check_address, check_course, check_file

__all__ = ["Page", "feedback_states", "write_feedback"]


@dataclass(frozen=True)
class Page:
    """What became of one student's feedback: `error` is "" where it was written."""

    student: str
    error: str = ""


def feedback_states(course: Course, db_url: str, assignment: str, course_id: str = "") -> dict[str, str]:
    """For each student with an autograded notebook, a hash of all that their feedback shows."""
    check_address(db_url)
    if not check_file(db_url, writable=False):
        return {}
    folders = sorted(course.root.glob(f"autograded/*/{assignment}"))
    grades = _grades(db_url, assignment, course_id)
    base = f"{nbgrader.__version__} {Path(pages.__file__).stat().st_mtime_ns}"
    states = {}
    for folder in folders:
        student = folder.parent.name
        notebooks = sorted(folder.glob("*.ipynb"))
        if notebooks and student in grades:
            total = hashlib.sha256(f"{base} {grades[student]!r}".encode())
            for path in notebooks:
                total.update(path.name.encode() + b"\0" + path.read_bytes())
            states[student] = total.hexdigest()
    return states


def _grades(db_url: str, assignment: str, course_id: str) -> dict[str, list[tuple[Any, ...]]]:
    """Each student's scores and comments, in a fixed order."""
    notebook = SubmittedNotebook
    tied = (
        sqlalchemy.select(notebook.id, SubmittedAssignment.student_id, notebook.late_submission_penalty)
        .join(SubmittedAssignment, SubmittedAssignment.id == notebook.assignment_id)
        .join(Assignment, Assignment.id == SubmittedAssignment.assignment_id)
        .where(Assignment.name == assignment)
    )
    engine = sqlalchemy.create_engine(db_url)
    found: dict[str, list[tuple[Any, ...]]] = {}
    try:
        with explained(db_url), Session(engine) as session:
            check_course(session.connection(), db_url, course_id)
            owner = {}
            for row_id, student, penalty in session.execute(tied):
                owner[row_id] = student
                found.setdefault(student, []).append((row_id, "penalty", penalty))
            for kind, columns in (
                ("grade", (Grade.auto_score, Grade.manual_score, Grade.extra_credit)),
                ("comment", (Comment.auto_comment, Comment.manual_comment)),
            ):
                table = Grade if kind == "grade" else Comment
                query = sqlalchemy.select(table.notebook_id, BaseCell.name, *columns).join(
                    BaseCell, BaseCell.id == table.cell_id
                )
                for row_id, name, *values in session.execute(query):
                    if row_id in owner:
                        found[owner[row_id]].append((row_id, kind, name, *values))
    finally:
        engine.dispose()
    return {student: sorted(rows, key=repr) for student, rows in found.items()}


class _Grades(GetGrades):  # type: ignore[misc]  # nbgrader ships no types
    """nbgrader's scores and comments; a written answer that nobody has read yet says so beside its 0."""

    def _get_comment(self, cell: Any, resources: Any) -> None:
        super()._get_comment(cell, resources)
        if utils.is_grade(cell) and not cell.metadata.nbgrader.comment:
            grade = self.gradebook.find_grade(
                cell.metadata.nbgrader.grade_id, self.notebook_id, self.assignment_id, self.student_id
            )
            if grade.needs_manual_grade and grade.manual_score is None:
                cell.metadata.nbgrader.comment = (
                    "Not graded yet: a person reads this answer, and its points are still to come."
                )


class _Feedback(GenerateFeedback):  # type: ignore[misc]  # nbgrader ships no types
    """nbgrader's converter for one student after another, with the exporter of the first."""

    preprocessors = traitlets.List([_Grades, CSSHTMLHeaderPreprocessor])

    def start(self) -> None:
        if not self.trait_has_value("exporter"):
            super().start()
            return
        self.init_notebooks()
        self.convert_notebooks()


class _LastWords(logging.Handler):
    """nbgrader logs the traceback of what went wrong, and raises only that something did."""

    words = ""

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage().strip()
        if text.startswith("Traceback"):
            self.words = text.splitlines()[-1]

    def take(self) -> str:
        words, self.words = self.words, ""
        return words


def write_feedback(course: Course, db_url: str, assignment: str, students: Sequence[str]) -> Iterator[Page]:
    """Write the pages of some students; what goes wrong with one does not stop the others.

    It changes the folder of its process, as nbgrader does: call it in a process of its own.
    """
    config = course_config(course)
    directory = CourseDirectory(config=config, assignment_id=assignment, db_url=db_url)
    silent = logging.getLogger("grading.feedback")
    silent.propagate = False
    told = _LastWords()
    silent.addHandler(told)
    converter = _Feedback(coursedir=directory, config=config, log=silent, force=True)
    for student in students:
        directory.student_id = student
        # A page is parsed into a hundred thousand objects, which a collector would walk again and again.
        gc.disable()
        # nbgrader notes failed students and removes what they had; the note is the error.
        try:
            converter.start()
            page = Page(student)
        except (NbGraderException, OSError, ValueError) as error:
            page = Page(student, told.take() or f"{type(error).__name__}: {error}")
        finally:
            gc.enable()
        gc.collect()
        yield page
