"""Which elements of an array are wrong: a small map, and the same in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from course_lib.checking.model import Picture

__all__ = ["picture_of"]

Truths = NDArray[np.bool_]

_FEWEST, _MOST = 4, 400
# What fits on a screen; a longer array is told in words.
_MOST_ROWS, _MOST_COLUMNS = 20, 40


def picture_of(name: str, wrong: Truths, expected: NDArray[np.float64]) -> Picture | None:
    """The map of the elements that are `wrong`; None where it would say nothing: too few, or all of them.

    An element that should be zero may be right by chance: where all others are wrong, these make no pattern.

    >>> picture_of("dw", np.arange(12).reshape(3, 4) > 7, np.ones((3, 4)))
    Picture(label='map of dw, 3 by 4: wrong in the last row (4 elements)', rows=('····', '····', '✗✗✗✗'))
    """
    if wrong.ndim not in (1, 2) or not _FEWEST <= wrong.size <= _MOST or bool(np.all(wrong[expected != 0])):
        return None
    size = " by ".join(str(n) for n in wrong.shape) if wrong.ndim == 2 else f"{wrong.size} elements"
    count = int(np.count_nonzero(wrong))
    label = f"map of {name}, {size}: wrong in {_places(wrong)} ({count} element{'s' * (count > 1)})"
    table = np.atleast_2d(wrong)
    if table.shape[0] > _MOST_ROWS or table.shape[1] > _MOST_COLUMNS:
        return Picture(label)
    return Picture(label, tuple("".join("✗" if w else "·" for w in row) for row in table))


def _places(wrong: Truths) -> str:
    """The pattern in words: rows, columns, a diagonal; else the first few elements."""
    if wrong.ndim == 2:
        for axis, word in enumerate(("row", "column")):
            lines = _lines(wrong if axis == 0 else wrong.T, word)
            if lines:
                return lines
        diagonal: Truths = np.equal.outer(*(np.arange(n) for n in wrong.shape))
        if min(wrong.shape) > 1:
            for mask, says in (
                (diagonal, "the diagonal"),
                (~diagonal, "all but the diagonal"),
                (np.triu(~diagonal), "all above the diagonal"),
                (np.tril(~diagonal), "all below the diagonal"),
            ):
                if np.array_equal(wrong, mask):
                    return says
    else:
        lines = _lines(wrong[:, None], "element")
        if lines:
            return lines
    if wrong.size - np.count_nonzero(wrong) <= 3:
        return f"all but {_elements(~wrong)}"
    return _elements(wrong)


def _elements(chosen: Truths) -> str:
    few = [f"[{', '.join(str(int(i)) for i in index)}]" for index in np.argwhere(chosen)[:5]]
    word = "element " if len(few) == 1 else "elements "
    return word + ", ".join(few[:4]) + (" and others" if len(few) > 4 else "")


def _lines(wrong: Truths, word: str) -> str:
    """Where each line along the first axis is wrong or right as a whole: which ones are wrong."""
    whole: Truths = np.asarray(wrong.all(axis=1))
    if not np.array_equal(wrong.any(axis=1), whole):
        return ""
    return _named([int(i) for i in np.flatnonzero(whole)], len(whole), word)


def _named(bad: Sequence[int], of: int, word: str) -> str:
    right = [i for i in range(of) if i not in set(bad)]
    if len(bad) == 1:
        return f"the last {word}" if bad[0] == of - 1 else f"{word} {bad[0]}"
    if len(right) == 1:
        return f"every {word} but " + ("the last" if right[0] == of - 1 else f"{word} {right[0]}")
    if list(bad) == list(range(bad[0], bad[-1] + 1)):
        return f"{word}s {bad[0]} to {bad[-1]}"
    shown: Any = [str(i) for i in bad[:8]]
    return f"{word}s {', '.join(shown)}" + (" and others" if len(bad) > 8 else "")
