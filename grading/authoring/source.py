"""Read a text source (jupytext percent) and expand its short form of metadata.

An author writes one line a cell; nbgrader's metadata, the points and the ids follow from it:

    # %% role="setup"                              imports and given functions; locked, runs in the sandbox
    # %% role="solution" name="gradients"          the student writes here, between the solution marks
    # %% role="grade" exercise="gradients"         check("gradients"); points from course_lib.exercises
    # %% role="show"                               a lab, a plot, long training; locked, never in the sandbox
    # %% role="scratch"                            a free cell
    # %% [markdown]                                prose
    # %% [markdown] role="written" name="why" points=2

`setup`, `show` and `scratch` take a `name` where it should outlive a change of order; else they are
counted. Cell ids are made of the grade id, or of the position for prose: jupytext would make new ones at
each build.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jupytext
from nbformat import NotebookNode

from grading.authoring.errors import AuthoringError

__all__ = ["KERNELSPEC", "ROLES", "read_source"]

ROLES = ("setup", "solution", "grade", "show", "scratch", "written")
KERNELSPEC = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}

# What a cell's line may say: our short form, and two keys of the notebook format that are handed on.
_SHORT = {"role", "name", "exercise", "points"}
_HANDED_ON = {"tags", "jupyter"}
# jupytext's own book-keeping.
_IGNORED = {"lines_to_next_cell", "lines_to_end_of_cell_marker", "title"}
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*\Z")


def read_source(path: Path, points: Mapping[str, float]) -> NotebookNode:
    """The notebook of a text source, with full metadata and without outputs.

    Parameters
    ----------
    path : Path
        `solutions/ASSIGNMENT/NN_name.py`.
    points : mapping of str to float
        The points of each exercise of this notebook.

    Raises
    ------
    AuthoringError
        Where a cell's line cannot be understood; rules about the content are in `rules`.
    """
    notebook: NotebookNode = jupytext.reads(path.read_text(encoding="utf-8"), fmt="py:percent")
    notebook.metadata = NotebookNode(
        kernelspec=NotebookNode(KERNELSPEC), language_info=NotebookNode(name="python")
    )
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    counts: dict[str, int] = {}
    seen: dict[str, str] = {}
    for position, cell in enumerate(notebook.cells, start=1):
        # Formatters put two lines before a function, also where a cell begins with it.
        cell.source = cell.source.lstrip("\n")
        where = f"{path.name}, cell {position} ({_first_line(cell.source)})"
        _expand(cell, position, where, points, counts)
        if cell.id in seen:
            raise AuthoringError(
                f'{where}: the name "{cell.id}" is taken.',
                f"It is also the name of {seen[cell.id]}, and nbgrader knows a cell by its name alone.",
                "Give one of the two another name.",
            )
        seen[cell.id] = where
    return notebook


def _expand(
    cell: NotebookNode, position: int, where: str, points: Mapping[str, float], counts: dict[str, int]
) -> None:
    given: dict[str, Any] = {key: value for key, value in cell.metadata.items() if key not in _IGNORED}
    _check_keys(cell, given, where)
    role = given.get("role")
    cell.metadata = NotebookNode({key: given[key] for key in _HANDED_ON & given.keys()})
    if role is None:
        cell.id = f"prose-{position:03d}"
        return
    name = _grade_id(given, where, counts)
    cell.id = name
    cell.metadata["course"] = NotebookNode(role=role)
    if role == "scratch":
        return
    nbgrader = NotebookNode(
        schema_version=3,
        grade_id=name,
        grade=role in ("grade", "written"),
        solution=role in ("solution", "written"),
        locked=role in ("setup", "grade", "show"),
        task=False,
        cell_type=cell.cell_type,
    )
    if nbgrader.grade:
        nbgrader["points"] = _points(given, where, points)
    cell.metadata["nbgrader"] = nbgrader


def _check_keys(cell: NotebookNode, given: dict[str, Any], where: str) -> None:
    if unknown := given.keys() - _SHORT - _HANDED_ON:
        raise AuthoringError(
            f"{where}: the line of the cell is not understood ({', '.join(sorted(unknown))}).",
            'It may hold role="…", name="…", exercise="…", points=N, tags=["…"]; texts in double quotes.',
            'Write it as in: # %% role="solution" name="gradients"',
        )
    role = given.get("role")
    if role is None and (cell.cell_type == "code" or given.keys() & _SHORT):
        raise AuthoringError(
            f"{where}: the cell has no role.",
            "The judge must know of every code cell whether it may run where student code runs.",
            f'Add role="…" to its line, one of {", ".join(ROLES)}.',
        )
    if role is not None and role not in ROLES:
        raise AuthoringError(
            f'{where}: there is no role "{role}".',
            f"The roles are {', '.join(ROLES)}.",
            "Choose one of them; grading/authoring/source.py says what each means.",
        )
    if role is not None and (role == "written") != (cell.cell_type == "markdown"):
        raise AuthoringError(
            f'{where}: a {cell.cell_type} cell cannot have the role "{role}".',
            "Written answers are markdown cells, and every other role is for code.",
            "Add or remove [markdown] on the cell's line.",
        )


def _grade_id(given: dict[str, Any], where: str, counts: dict[str, int]) -> str:
    role = str(given["role"])
    if role == "grade":
        if "exercise" not in given or "name" in given:
            raise AuthoringError(
                f"{where}: a grade cell names its exercise and nothing else.",
                "Its own name follows: check_EXERCISE.",
                'Write: # %% role="grade" exercise="gradients"',
            )
        return f"check_{given['exercise']}"
    name = given.get("name")
    if name is None:
        if role in ("solution", "written"):
            raise AuthoringError(
                f"{where}: the cell has no name.",
                "What a student wrote is found again by the name of the cell.",
                f'Write: # %% role="{role}" name="…"',
            )
        counts[role] = counts.get(role, 0) + 1
        return f"{role}_{counts[role]}"
    if not _NAME.match(str(name)) or len(str(name)) > 64:
        raise AuthoringError(
            f'{where}: "{name}" cannot be a name.',
            "It becomes an id in the notebook, where letters, digits and _ are allowed, 64 at most.",
            "Choose a name such as local_gradients.",
        )
    return str(name)


def _points(given: dict[str, Any], where: str, points: Mapping[str, float]) -> float | int:
    if given["role"] == "grade":
        exercise = given["exercise"]
        if exercise not in points:
            raise AuthoringError(
                f'{where}: this notebook has no exercise called "{exercise}".',
                f"course_lib.exercises knows for it: {', '.join(points) or 'none'}.",
                "Mend the name, or add the exercise to course_lib/exercises/.",
            )
        if "points" in given:
            raise AuthoringError(
                f"{where}: the points of an exercise are not given here.",
                "They stand in course_lib.exercises, for the student's check and the judge alike.",
                "Remove points= from the line.",
            )
        # An exercise that only shows how checking works may be worth nothing.
        worth = points[exercise]
        return int(worth) if worth == int(worth) else float(worth)
    value: Any = given.get("points")
    if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
        raise AuthoringError(
            f"{where}: the points are missing.",
            "A person gives the points of a written answer and must know out of how many.",
            "Write points=2 on the cell's line.",
        )
    return int(value) if value == int(value) else float(value)


def _first_line(source: str) -> str:
    line = next((line.strip() for line in source.splitlines() if line.strip()), "empty")
    return line if len(line) <= 40 else line[:39] + "…"
