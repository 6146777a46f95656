"""The mutants that are right all the same: `equivalent.txt`, by exercise and reason.

A line `[exercise] reason` begins a group; each further line is a mutant as `mutants` calls it. An entry that
no longer survives is stale, and a test finds it. `NAME: *` stands for all mutants of an exercise that has
many right answers: none is tried.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

__all__ = ["ANY", "equivalents"]

# In place of the mutant of one line.
ANY = "*"

_LIST = Path(__file__).with_name("equivalent.txt")


@cache
def equivalents() -> Mapping[tuple[str, str], str]:
    """The reason of each listed mutant, by exercise and mutant.

    Raises
    ------
    ValueError
        A line stands outside a group, a group has no reason, or a mutant is listed twice.
    """
    found: dict[tuple[str, str], str] = {}
    exercise = reason = ""
    for number, line in enumerate(_LIST.read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith("["):
            exercise, _, reason = (part.strip() for part in line[1:].partition("]"))
        elif line.strip() and not line.startswith("#"):
            key = (exercise, ANY if line.strip() == f"{exercise}: {ANY}" else line.strip())
            if not exercise or not reason or key in found:
                raise ValueError(
                    f"{_LIST.name}, line {number}: outside a group with a reason, or listed twice"
                )
            found[key] = reason
    return found
