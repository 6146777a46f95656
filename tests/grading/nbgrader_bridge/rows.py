"""A gradebook as plain rows, to compare two of them."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any


def rows(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Every table, with the random ids replaced by what they stand for."""
    database = sqlite3.connect(path)
    database.row_factory = sqlite3.Row
    tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type='table'")]
    content = {table: [dict(row) for row in database.execute(f"SELECT * FROM {table}")] for table in tables}
    database.close()
    names: dict[str, str] = {}
    for table in ("assignment", "notebook", "base_cell", "source_cell"):
        names |= {row["id"]: f"{table}/{row.get('type', '')}/{row['name']}" for row in content[table]}
    for table in ("base_cell", "source_cell"):
        for row in content[table]:
            names[row["id"]] += f" in {names[row['notebook_id']]}"
    for row in content["submitted_assignment"]:
        names[row["id"]] = f"submission of {row['student_id']}"
    for row in content["submitted_notebook"]:
        names[row["id"]] = f"{names[row['notebook_id']]}, {names[row['assignment_id']]}"
    own = {"grade", "comment"}
    return {
        table: sorted(
            (
                tuple(
                    (key, names.get(value, value) if isinstance(value, str) else value)
                    for key, value in row.items()
                    if not (key == "id" and table in own)
                )
                for row in found
            ),
            key=repr,
        )
        for table, found in content.items()
    }
