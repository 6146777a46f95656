"""Our description of nbgrader's tables is nbgrader's own, to the last constraint."""

from __future__ import annotations

import re

import pytest
from alembic.script import ScriptDirectory
from hypothesis import given
from hypothesis import strategies as st
from nbformat.v4 import new_code_cell, new_markdown_cell
from nbgrader.api import Base
from nbgrader.dbutil import ALEMBIC_DIR
from nbgrader.utils import compute_checksum
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import CreateTable, MetaData

from grading.nbgrader_bridge.schema import ALEMBIC_VERSION, METADATA, checksum


def statements(metadata: MetaData, dialect: object) -> dict[str, list[str]]:
    """The statement that makes each table; columns stand in order, constraints in any."""
    found = {}
    for table in metadata.tables.values():
        text = str(CreateTable(table).compile(dialect=dialect))  # type: ignore[arg-type]
        found[table.name] = sorted(re.sub(r",? *$", "", line).strip() for line in text.splitlines())
    return found


@pytest.mark.parametrize("dialect", [sqlite.dialect(), postgresql.dialect()], ids=["sqlite", "postgresql"])
def test_every_table_is_made_as_nbgrader_makes_it(dialect: object) -> None:
    ours, theirs = statements(METADATA, dialect), statements(Base.metadata, dialect)
    assert ours.keys() == theirs.keys()
    for name, lines in theirs.items():
        assert ours[name] == lines, name


def test_the_enumerations_have_nbgraders_names_and_values() -> None:
    for name, table in Base.metadata.tables.items():
        for column in table.columns:
            ours = METADATA.tables[name].columns[column.name]
            assert getattr(ours.type, "enums", None) == getattr(column.type, "enums", None)
            assert getattr(ours.type, "name", None) == getattr(column.type, "name", None)


def test_the_version_is_that_of_nbgraders_migrations() -> None:
    assert ScriptDirectory(ALEMBIC_DIR).get_current_head() == ALEMBIC_VERSION


@given(
    source=st.text(),
    graded=st.booleans(),
    solution=st.booleans(),
    locked=st.booleans(),
    points=st.floats(0, 100),
)
def test_the_checksum_is_nbgraders(
    source: str, graded: bool, solution: bool, locked: bool, points: float
) -> None:
    meta = {"grade": graded, "solution": solution, "locked": locked, "grade_id": "toy", "points": points}
    for make in (new_code_cell, new_markdown_cell):
        cell = make(source.encode("utf-8", "replace").decode(), metadata={"nbgrader": dict(meta)})
        assert checksum(cell) == compute_checksum(cell)
