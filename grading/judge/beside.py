"""A student's other notebooks, where one builds on them: the cells that its set-up may take layers from.

`earlier_cells` reads and sanitises them as every submission; `course_lib.earlier` runs the cells in the
sandbox, beside the notebook that asks, and holds what they define against the public checks.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from course_lib.earlier import definitions
from grading.judge.again import KEEPER
from grading.judge.reading import ReadProblem, read_bytes, read_notebook
from grading.judge.release import Release
from grading.judge.sanitise import Cell, sanitise

__all__ = ["PROVIDER", "EarlierCells", "earlier_cells", "providing"]

PROVIDER = f"{KEEPER}-earlier"
EarlierCells = Mapping[str, Sequence[str]]


def earlier_cells(notebooks: Iterable[tuple[Release, Path]]) -> EarlierCells:
    """The sources of set-up and solution cells and what added cells define, by notebook.

    One that cannot be read is left out.
    """
    found: dict[str, list[str]] = {}
    for release, path in notebooks:
        raw = read_bytes(path)
        student = raw if isinstance(raw, ReadProblem) else read_notebook(raw)
        if not isinstance(student, ReadProblem):
            cells = sanitise(student, release.notebook).cells
            found[release.name] = [
                definitions(c.source) if c.added else c.source
                for c in cells
                if c.cell_type == "code" and (c.added or c.role in ("setup", "solution"))
            ]
    return found


def providing(earlier: EarlierCells) -> Cell:
    """The cell that runs before all others and hands the sources over."""
    text = json.dumps({name: list(sources) for name, sources in earlier.items()})
    source = (
        f"from course_lib.earlier import provide as _p; import json as _j; _p(_j.loads({text!r})); del _p, _j"
    )
    return Cell(f"{KEEPER}-earlier", "code", KEEPER, source)
