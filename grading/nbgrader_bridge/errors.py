"""What is told when the gradebook cannot be used: the database's own words become what, why and mend."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy
from sqlalchemy.exc import DatabaseError, IntegrityError

from course_lib.errors import CourseError

__all__ = ["GradebookError", "explained", "explanation", "other_release", "shown", "unwritable"]


class GradebookError(CourseError):
    """The gradebook cannot be read or written, or is not this course's."""


def other_release(db_url: str, why: str) -> GradebookError:
    return GradebookError(
        f"The gradebook {shown(db_url)} belongs to another course or another release.",
        f"Compared with the release notebooks, {why}.",
        "Name the course that it belongs to (--course), give back the release that it was made with, or move "
        "it away to begin a new one.",
    )


def shown(db_url: str) -> str:
    url = sqlalchemy.make_url(db_url)
    return url.database if url.get_backend_name() == "sqlite" and url.database else url.render_as_string()


def unwritable(db_url: str, why: str) -> GradebookError:
    return GradebookError(
        f"The gradebook {shown(db_url)} cannot be written.",
        f"{why[:1].upper()}{why[1:]}.",
        "Give yourself the right to write there, make room on the disk, or name another course (--course).",
    )


def broken(db_url: str, why: str) -> GradebookError:
    return GradebookError(
        f"The gradebook {shown(db_url)} cannot be read.",
        f"The database says: {why}.",
        "Put back a copy of it from your backup, or move it away and grade again; manual scores are in the "
        "backup only. After an update of nbgrader: make a copy, then `nbgrader db upgrade`.",
    )


def explanation(db_url: str, why: str) -> GradebookError:
    """The database's own words as what, why and mend."""
    if "locked" in why:
        return GradebookError(
            f"The gradebook {shown(db_url)} is locked.",
            "Another program, such as a second autograde, the formgrader or a backup, is writing to it.",
            "Wait for it to end and run the same command again; what is recorded stays recorded.",
        )
    if "readonly" in why or "full" in why or "disk I/O" in why or "unable to open" in why:
        return unwritable(db_url, why)
    return broken(db_url, why)


@contextmanager
def explained(db_url: str) -> Iterator[None]:
    """Turn what the database says into what, why and mend."""
    try:
        yield
    except DatabaseError as error:
        why = str(getattr(error, "orig", None) or error).split("\n")[0]
        # Two that made the same row at once: the one that came second has only to look again.
        raise explanation(db_url, "locked" if isinstance(error, IntegrityError) else why) from error
