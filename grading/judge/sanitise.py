"""The student's notebook put right: everything but the answers comes from the release.

`sanitise(student, release)` takes from the student only the sources of the cells that students fill in, and
the cells they added. Points, ids, tags, locks and metadata of a submission are never looked at, but to find
which cell is which: by grade id, then by cell id, then by equal text (an old editor writes no ids). The
order follows the release; an added cell stays behind the cell it followed. Which cells run,
`Sanitised.runnable` says: the release decides it by role.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from grading.judge.reading import Notebook

__all__ = ["Cell", "Sanitised", "sanitise"]

_FILLED_IN = ("solution", "written", "scratch")
_RUN = ("setup", "solution", "scratch")
_KIND = {"code": "a code cell", "markdown": "a text cell", "raw": "a raw cell"}


@dataclass(frozen=True)
class Cell:
    """One cell of the result.

    Parameters
    ----------
    role : str
        setup, solution, grade, show, scratch, written, or text for prose.
    grade_id : str
        nbgrader's name of the cell; "" without one.
    points : float
        Of a grade cell or a written answer.
    changed : bool
        The student wrote something else than the release has.
    added : bool
        The cell is the student's own.
    """

    cell_id: str
    cell_type: str
    role: str
    source: str
    grade_id: str = ""
    points: float = 0.0
    changed: bool = False
    added: bool = False

    @property
    def exercise(self) -> str:
        """The exercise that a grade cell checks."""
        return self.grade_id.removeprefix("check_") if self.role == "grade" else ""


@dataclass(frozen=True)
class Sanitised:
    """What is graded: the cells in order, the notebook they make (format 4, plain data), notes for staff."""

    cells: tuple[Cell, ...]
    notebook: Notebook
    notes: tuple[str, ...] = ()

    @property
    def runnable(self) -> tuple[Cell, ...]:
        """The code cells that run in the sandbox, in order."""
        return tuple(cell for cell in self.cells if cell.cell_type == "code" and cell.role in _RUN)

    @property
    def graded(self) -> tuple[Cell, ...]:
        """The grade cells, one an exercise."""
        return tuple(cell for cell in self.cells if cell.role == "grade")

    @property
    def written(self) -> tuple[Cell, ...]:
        """The written answers."""
        return tuple(cell for cell in self.cells if cell.role == "written")


def sanitise(student: Notebook | None, release: Notebook) -> Sanitised:
    """Put a student's notebook right by the released one.

    Parameters
    ----------
    student : dict or None
        As `reading.read_notebook` returns it; None for a notebook that is missing or cannot be read: all
        stubs.
    release : dict
        The released notebook, format 4.
    """
    notes: list[str] = []
    theirs = student["cells"] if student is not None else []
    match = _matched(theirs, release["cells"], notes)
    behind = _added(theirs, match, release["cells"])
    found = {place: cell for cell, place in zip(theirs, match, strict=True) if place is not None}
    result = _Result([], [], {cell.get("id", "") for cell in release["cells"]})
    result.add_own(behind.get(-1, ()))
    for place, cell in enumerate(release["cells"]):
        result.add_release(cell, found.get(place), notes, whole=student is not None)
        result.add_own(behind.get(place, ()))
    notebook = deepcopy({key: value for key, value in release.items() if key != "cells"})
    notebook["cells"] = result.nodes
    notebook["nbformat"], notebook["nbformat_minor"] = 4, 5
    return Sanitised(tuple(result.cells), notebook, tuple(notes))


@dataclass
class _Result:
    """The cells and the notebook while they are put together."""

    cells: list[Cell]
    nodes: list[dict[str, Any]]
    taken: set[str]

    def add_release(
        self, released: dict[str, Any], found: dict[str, Any] | None, notes: list[str], *, whole: bool
    ) -> None:
        """A cell of the release, with the student's text where students write."""
        role, grade_id = _role(released), _grade_id(released)
        text, kind = _source(released), released["cell_type"]
        source = text
        if found is not None and role in _FILLED_IN:
            source = found["source"]
        if whole:
            notes.extend(_notes_on(role, grade_id, kind, text, found))
        name = released.get("id") or grade_id or f"cell-{len(self.cells)}"
        nbgrader = released.get("metadata", {}).get("nbgrader", {})
        points = float(nbgrader.get("points", 0) or 0)
        changed = source.strip() != text.strip()
        self.cells.append(Cell(name, kind, role, source, grade_id, points, changed))
        self.nodes.append(_node(name, kind, source, deepcopy(released.get("metadata", {}))))

    def add_own(self, cells: Iterable[dict[str, Any]]) -> None:
        """Cells that the student added: code is scratch, a raw cell becomes text."""
        for cell in cells:
            kind = "code" if cell["cell_type"] == "code" else "markdown"
            name = next(n for n in _names() if n not in self.taken)
            self.taken.add(name)
            role = "scratch" if kind == "code" else "text"
            self.cells.append(Cell(name, kind, role, cell["source"], changed=True, added=True))
            metadata = {"course": {"role": "scratch", "added": True}} if kind == "code" else {}
            self.nodes.append(_node(name, kind, cell["source"], metadata))


def _names() -> Iterator[str]:
    number = 0
    while True:
        number += 1
        yield f"own-{number}"


def _node(name: str, kind: str, source: str, metadata: dict[str, Any]) -> dict[str, Any]:
    node: dict[str, Any] = {"cell_type": kind, "id": name, "metadata": metadata, "source": source}
    if kind == "code":
        node |= {"execution_count": None, "outputs": []}
    return node


def _matched(theirs: list[dict[str, Any]], ours: list[dict[str, Any]], notes: list[str]) -> list[int | None]:
    """For each cell of the student's its place in the release, or None for one of their own."""
    match: list[int | None] = [None] * len(theirs)
    free = set(range(len(ours)))
    for key_of in (_by_grade_id, _by_id, _by_text):
        places: dict[Any, list[int]] = {}
        for place in sorted(free):
            if (key := key_of(ours[place])) is not None:
                places.setdefault(key, []).append(place)
        for number, cell in enumerate(theirs):
            key = key_of(cell)
            if match[number] is None and key is not None and places.get(key):
                place = places[key].pop(0)
                match[number] = place
                free.discard(place)
    known = {_grade_id(cell) for cell in ours} - {""}
    copies = [_grade_id(cell) for cell, place in zip(theirs, match, strict=True) if place is None]
    notes.extend(
        f"Cell {name} stands in the notebook {copies.count(name) + 1} times: "
        "the first one is graded, the others are free cells."
        for name in dict.fromkeys(copies)
        if name in known
    )
    return match


def _by_grade_id(cell: dict[str, Any]) -> Any:
    return _grade_id(cell) or None


def _by_id(cell: dict[str, Any]) -> Any:
    # A copy made in an editor gets an id of its own, so an id is as good as a grade id.
    return cell.get("id") or None


def _by_text(cell: dict[str, Any]) -> Any:
    return (cell["cell_type"], _source(cell).strip()) if _source(cell).strip() else None


def _added(
    theirs: list[dict[str, Any]], match: list[int | None], ours: list[dict[str, Any]]
) -> dict[int, list[dict[str, Any]]]:
    """The student's own cells by the place in the release behind which they go.

    Release cells that are missing after the one they followed are put back before them: a stub must not undo
    what a student defined in a cell of their own.
    """
    present = {place for place in match if place is not None}
    behind: dict[int, list[dict[str, Any]]] = {}
    last = -1
    for cell, place in zip(theirs, match, strict=True):
        if place is not None:
            last = place
        elif cell["source"].strip():
            anchor = last
            while anchor + 1 < len(ours) and anchor + 1 not in present:
                anchor += 1
            behind.setdefault(anchor, []).append(cell)
    return behind


def _notes_on(role: str, grade_id: str, kind: str, text: str, found: dict[str, Any] | None) -> Iterator[str]:
    """What was put right in one cell of the release, in plain sentences."""
    if found is None:
        if role in ("setup", "solution", "grade", "written"):
            state = " as it was released, without an answer" if role in ("solution", "written") else ""
            yield f"Cell {grade_id} was missing: it was put back{state}."
        return
    if role in _FILLED_IN and found["cell_type"] != kind:
        became = _KIND[found["cell_type"]]
        yield f"Cell {grade_id or found['id']} had become {became}: it is {_KIND[kind]} again."
    if role in ("setup", "grade") and found["source"].strip() != text.strip():
        yield f"The locked cell {grade_id} had been edited: the released text was used."
    if role in ("solution", "grade", "written") and _grade_id(found) != grade_id:
        yield f"Cell {grade_id} had lost its name: it was recognised by its cell id or text."


def _role(cell: dict[str, Any]) -> str:
    metadata = cell.get("metadata", {})
    role = metadata.get("course", {}).get("role")
    if role:
        return str(role)
    nbgrader = metadata.get("nbgrader", {})
    if cell["cell_type"] != "code":
        return "written" if nbgrader.get("solution") and nbgrader.get("grade") else "text"
    # A code cell of the release without a role never runs: the builder refuses one.
    return "grade" if nbgrader.get("grade") else "solution" if nbgrader.get("solution") else "show"


def _grade_id(cell: dict[str, Any]) -> str:
    nbgrader = cell.get("metadata", {}).get("nbgrader")
    name = nbgrader.get("grade_id") if isinstance(nbgrader, dict) else None
    return name if isinstance(name, str) else ""


def _source(cell: dict[str, Any]) -> str:
    source = cell.get("source", "")
    return "".join(source) if isinstance(source, list) else str(source)
