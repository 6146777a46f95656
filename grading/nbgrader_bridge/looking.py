"""Whether an address leads to a gradebook, and to the right one; nothing is changed.

check_address   it is an address, and its driver is installed
check_file      a SQLite file is none yet, or a gradebook
check_course    its assignments are of the course
"""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import sqlalchemy
from sqlalchemy import Connection, select

from grading.nbgrader_bridge.errors import GradebookError, explanation, shown, unwritable
from grading.nbgrader_bridge.schema import TABLES

__all__ = ["NOBODYS_COURSE", "check_address", "check_course", "check_file"]

# nbgrader's preprocessors open every gradebook under this name and leave it behind.
NOBODYS_COURSE = "default_course"
_LOCKED_SECONDS = 5


def check_address(db_url: str) -> None:
    """Refuse what is no address, or one whose driver is missing."""
    try:
        sqlalchemy.make_url(db_url).get_dialect().import_dbapi()
    except (sqlalchemy.exc.ArgumentError, sqlalchemy.exc.NoSuchModuleError) as error:
        raise GradebookError(
            "The address of the gradebook is none.",
            f"{error}.".split("\n")[0],
            "Write it as SQLAlchemy does: sqlite:////full/path/gradebook.db, or postgresql://host/name.",
        ) from error
    except ImportError as error:
        raise GradebookError(
            f"The gradebook {shown(db_url)} cannot be reached.",
            f"Its driver is not installed: {error}.",
            f"Install it beside the grader: .venv/bin/python -m pip install {error.name}",
        ) from error


def check_file(db_url: str, *, writable: bool = True) -> bool:
    """Whether there is a gradebook yet, as far as a file can show.

    nbgrader would make its tables in whatever it is given.
    """
    url = sqlalchemy.make_url(db_url)
    if url.get_backend_name() != "sqlite" or not url.database:
        return True
    path = Path(url.database)
    if not path.parent.is_dir() or (writable and not os.access(path.parent, os.W_OK | os.X_OK)):
        raise unwritable(db_url, f"the folder {path.parent} does not exist or is read-only")
    if not os.path.lexists(path):
        return False
    if not path.is_file():
        raise unwritable(db_url, "what lies there is no file")
    if not os.access(path, os.R_OK | os.W_OK if writable else os.R_OK):
        raise unwritable(db_url, "the file may not be written" if writable else "the file may not be read")
    connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=_LOCKED_SECONDS)
    try:
        names = {
            name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        }
    except sqlite3.DatabaseError as error:
        raise explanation(db_url, str(error)) from error
    finally:
        connection.close()
    if names and not {"assignment", "student", "grade"} <= names:
        raise GradebookError(
            f"{shown(db_url)} is a database, but no gradebook of nbgrader.",
            f"It has the tables {', '.join(sorted(names)[:5])}.",
            "Name another gradebook, or move this file away.",
        )
    return bool(names)


def check_course(connection: Connection, db_url: str, course_id: str) -> None:
    """Refuse a gradebook with assignments of another course."""
    courses = connection.execute(select(TABLES["assignment"].c.course_id)).scalars()
    foreign = sorted(set(courses) - {course_id, NOBODYS_COURSE, ""})
    if foreign:
        raise GradebookError(
            f"The gradebook {shown(db_url)} belongs to another course.",
            f'It holds assignments of the course "{foreign[0]}"; this one is "{course_id}".',
            "Name the course that it belongs to (--course), or move it away to begin a new one.",
        )
