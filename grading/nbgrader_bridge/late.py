"""Penalties for late submissions, by nbgrader's own plugin, as the course's settings choose it."""

from __future__ import annotations

from collections.abc import Sequence

from nbformat.v4 import new_notebook
from nbgrader.preprocessors import AssignLatePenalties

from grading.course import Course
from grading.nbgrader_bridge.config import course_config

__all__ = ["assign_penalties"]


def assign_penalties(
    course: Course, db_url: str, assignment: str, student: str, notebooks: Sequence[str]
) -> None:
    """Let nbgrader work out and record the penalty of each notebook."""
    config = course_config(course)
    for name in notebooks:
        who = {"student": student, "assignment": assignment, "notebook": name, "db_url": db_url}
        AssignLatePenalties(config=config).preprocess(new_notebook(), {"nbgrader": who})
