"""A name that a cell behind its check defines again: which of the two definitions is graded.

The notebook's own check, and stock nbgrader, ask where the check stands; the judge asks after the last cell
has run. So a try-out further down ("loss = 3") would cost an answer that is right. `kept_names` finds such
names in the sources; for these alone `with_keepers` puts a cell before the second definition that keeps the
first one, and `AsOfCheck` asks for it. Where the cell meant for the answer is untouched, the answer stands
further down, and the last definition counts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from course_lib.checking.model import Exercise, NotDefined, Student
from course_lib.errors import UnknownExerciseError
from grading.judge.flags import top_level_names
from grading.judge.sanitise import Cell, Sanitised

__all__ = ["KEEPER", "AsOfCheck", "Kept", "kept_names", "notes_on", "with_keepers"]

KEEPER = "keeper"
# By exercise: each name, and the cell that defines it again.
Kept = Mapping[str, Mapping[str, str]]


def kept_names(sanitised: Sanitised, find: Callable[[str], Exercise]) -> Kept:
    """The names of each exercise that a later cell of the student's defines again."""
    defines: dict[str, tuple[str, ...]] = {}
    touched: set[str] = set()
    kept: dict[str, dict[str, str]] = {}
    for cell in sanitised.cells:
        if cell.role == "grade":
            with suppress(UnknownExerciseError):
                names = tuple(name for name in find(cell.exercise).defines if name in touched)
                defines[cell.exercise] = names
        elif cell.changed and cell.cell_type == "code" and cell.role in ("solution", "scratch"):
            found = top_level_names(cell.source)
            touched |= found
            for exercise, names in defines.items():
                for name in names:
                    if name in found:
                        kept.setdefault(exercise, {}).setdefault(name, cell.cell_id)
    return kept


def with_keepers(sanitised: Sanitised, kept: Kept) -> tuple[Cell, ...]:
    """The cells that run, and behind each check that needs one a cell that keeps its names."""
    if not kept:
        return sanitised.runnable
    runnable = {cell.cell_id for cell in sanitised.runnable}
    cells: list[Cell] = []
    for cell in sanitised.cells:
        if cell.cell_id in runnable:
            cells.append(cell)
        elif cell.exercise in kept and cell.role == "grade":
            lines = [
                f"try:\n    {_kept(cell.exercise, name)} = {name}\nexcept NameError:\n    pass"
                for name in kept[cell.exercise]
            ]
            cells.append(Cell(f"{KEEPER}-{cell.exercise}", "code", KEEPER, "\n".join(lines)))
    return tuple(cells)


def notes_on(kept: Kept) -> tuple[str, ...]:
    """What staff are told."""
    return tuple(
        f"Cell {cell_id} defines {name} again, behind check_{exercise}: what stood at the check was graded."
        for exercise, names in kept.items()
        for name, cell_id in names.items()
    )


def _kept(exercise: str, name: str) -> str:
    return f"_at_check_{exercise}_{name}"


class AsOfCheck:
    """A student whose `names` are those that stood at the check of `exercise`."""

    def __init__(self, student: Student, exercise: str, names: Mapping[str, str]) -> None:
        self._student, self._exercise, self._names = student, exercise, names

    def __getattr__(self, name: str) -> Any:
        if name in self._names:
            with suppress(NotDefined):
                return getattr(self._student, _kept(self._exercise, name))
        return getattr(self._student, name)
