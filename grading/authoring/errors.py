"""What an author is told."""

from __future__ import annotations

from course_lib.errors import CourseError

__all__ = ["AuthoringError"]


class AuthoringError(CourseError):
    """A text source cannot become a notebook."""
