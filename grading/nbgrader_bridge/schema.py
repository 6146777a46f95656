"""nbgrader's tables, as SQLAlchemy sees them without nbgrader.

Importing nbgrader takes three seconds of processor time (it brings its server extensions, and nbformat a
grammar of addresses), which is more than a class of twenty notebooks takes to be judged. The gradebook
itself is a dozen plain tables that have not changed for years: they are described here, and a test compares
every column, type and constraint with nbgrader's own, for SQLite and PostgreSQL, so that an update of
nbgrader cannot pass unnoticed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from sqlalchemy import (
    Boolean,
    Column,
    DateTime,
    Enum,
    Float,
    ForeignKey,
    Interval,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

__all__ = ["ALEMBIC_VERSION", "METADATA", "TABLES", "checksum", "new_id"]

ALEMBIC_VERSION = "e43177bfe90b"
METADATA = MetaData()


def new_id() -> str:
    """An id as nbgrader makes them."""
    return uuid4().hex


def _id() -> Column[str]:
    return Column("id", String(32), primary_key=True)


def _key(name: str, target: str, *, length: int = 32, nullable: bool = True) -> Column[str]:
    return Column(name, String(length), ForeignKey(target), nullable=nullable)


def _kinds(name: str) -> Column[str]:
    return Column("cell_type", Enum("code", "markdown", name=name, validate_strings=True), nullable=False)


def _graded_cells(name: str) -> Table:
    cell = Column("id", String(32), ForeignKey("base_cell.id"), primary_key=True)
    return Table(
        name, METADATA, cell, Column("max_score", Float(), nullable=False), _kinds("grade_cell_type")
    )


_ALL = (
    Table("course", METADATA, Column("id", String(128), primary_key=True, unique=True, nullable=False)),
    Table(
        "student",
        METADATA,
        Column("id", String(128), primary_key=True, nullable=False),
        Column("first_name", String(128)),
        Column("last_name", String(128)),
        Column("email", String(128)),
        Column("lms_user_id", String(128)),
    ),
    Table(
        "assignment",
        METADATA,
        _id(),
        Column("name", String(128), unique=True, nullable=False),
        Column("duedate", DateTime()),
        _key("course_id", "course.id", length=128, nullable=False),
    ),
    Table(
        "notebook",
        METADATA,
        _id(),
        Column("name", String(128), nullable=False),
        _key("assignment_id", "assignment.id"),
        Column("kernelspec", String(1024)),
        UniqueConstraint("name", "assignment_id"),
    ),
    Table(
        "submitted_assignment",
        METADATA,
        _id(),
        _key("assignment_id", "assignment.id"),
        _key("student_id", "student.id", length=128),
        Column("timestamp", DateTime()),
        Column("extension", Interval()),
        UniqueConstraint("assignment_id", "student_id"),
    ),
    Table(
        "base_cell",
        METADATA,
        _id(),
        Column("name", String(128), nullable=False),
        _key("notebook_id", "notebook.id", nullable=False),
        Column("type", String(50)),
        UniqueConstraint("name", "notebook_id", "type"),
    ),
    Table(
        "source_cell",
        METADATA,
        _id(),
        Column("name", String(128), nullable=False),
        _kinds("source_cell_type"),
        Column("locked", Boolean(), nullable=False),
        Column("source", Text()),
        Column("checksum", String(128)),
        _key("notebook_id", "notebook.id"),
        UniqueConstraint("name", "notebook_id"),
    ),
    Table(
        "submitted_notebook",
        METADATA,
        _id(),
        _key("assignment_id", "submitted_assignment.id"),
        _key("notebook_id", "notebook.id"),
        Column("flagged", Boolean()),
        Column("late_submission_penalty", Float(0)),
        UniqueConstraint("notebook_id", "assignment_id"),
    ),
    Table(
        "comment",
        METADATA,
        _id(),
        _key("notebook_id", "submitted_notebook.id"),
        _key("cell_id", "base_cell.id"),
        Column("auto_comment", Text()),
        Column("manual_comment", Text()),
        UniqueConstraint("cell_id", "notebook_id"),
    ),
    Table(
        "grade",
        METADATA,
        _id(),
        _key("notebook_id", "submitted_notebook.id"),
        _key("cell_id", "base_cell.id"),
        Column("auto_score", Float()),
        Column("manual_score", Float()),
        Column("extra_credit", Float()),
        Column("needs_manual_grade", Boolean(), nullable=False),
        UniqueConstraint("cell_id", "notebook_id"),
    ),
    _graded_cells("grade_cells"),
    Table("solution_cells", METADATA, Column("id", String(32), ForeignKey("base_cell.id"), primary_key=True)),
    _graded_cells("task_cells"),
)
TABLES: dict[str, Table] = {table.name: table for table in _ALL}


def checksum(cell: Mapping[str, Any]) -> str:
    """nbgrader's checksum of a cell with its metadata: whether a student changed it.

    The released cell holds the one that was computed from it.
    """
    meta = cell["metadata"]["nbgrader"]
    graded, solution = bool(meta.get("grade")), bool(meta.get("solution"))
    locked = not solution and (graded or bool(meta.get("locked")))
    parts = [_source(cell), cell["cell_type"], str(graded), str(solution), str(locked), meta["grade_id"]]
    if graded:
        parts.append(str(float(meta["points"])))
    return hashlib.md5("".join(parts).encode(), usedforsecurity=False).hexdigest()


def _source(cell: Mapping[str, Any]) -> str:
    source = cell["source"]
    return source if isinstance(source, str) else "".join(source)
