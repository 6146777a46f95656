"""Which elements of an array are wrong: a small map, and the same in words."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

from course_lib.checking.model import Picture

__all__ = ["grid_of", "picture_of", "table_of"]

Truths = NDArray[np.bool_]

_FEWEST, _MOST = 4, 400
# What fits on a screen; a longer array is told in words.
_MOST_ROWS, _MOST_COLUMNS = 20, 20


_MOST_LINES, _MOST_LETTERS = 12, 40
_BARE = "background:transparent"
_INDEX = "border:0;padding:0 5px;text-align:center"
_CELL = "border:1px solid #808890;padding:0 5px;text-align:center"
_WRONG_CELL = f"{_CELL};color:#d9603b;font-weight:bold"


def picture_of(name: str, wrong: Truths, expected: NDArray[np.float64]) -> Picture | None:
    """The map of the elements that are `wrong`; None where it would say nothing: too few, or all of them.

    An element that should be zero may be right by chance: where all others are wrong, these make no pattern.

    >>> found = picture_of("dw", np.arange(12).reshape(3, 4) > 7, np.ones((3, 4)))
    >>> found.label, found.rows
    ('map of dw, 3 by 4: wrong in the last row (4 elements)', ('····', '····', '✗✗✗✗'))
    """
    if not wrong.ndim or wrong.size < _FEWEST or bool(np.all(wrong[expected != 0])):
        return None
    drawn = wrong.ndim < 3 and wrong.size <= _MOST
    where = _places(wrong) if drawn else _whole_lines(wrong)
    if not where:
        return None
    size = " by ".join(str(n) for n in wrong.shape) if wrong.ndim > 1 else f"{wrong.size} elements"
    count = int(np.count_nonzero(wrong))
    label = f"map of {name}, {size}: wrong in {where} ({count} element{'s' * (count > 1)})"
    if not drawn:
        return Picture(label)
    table = np.atleast_2d(wrong)
    if table.shape[0] > _MOST_ROWS or table.shape[1] > _MOST_COLUMNS:
        return Picture(label)
    return Picture(label, tuple("".join("✗" if w else "·" for w in row) for row in table))


def _places(wrong: Truths) -> str:
    """The pattern in words: rows, columns, a diagonal; else the first few elements."""
    if wrong.ndim == 2:
        lines = _whole_lines(wrong)
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


def _whole_lines(wrong: Truths) -> str:
    """Which rows or columns, or which indices of one axis, are wrong as a whole."""
    for axis in range(wrong.ndim):
        apart: Truths = np.moveaxis(wrong, axis, 0).reshape(wrong.shape[axis], -1)
        if wrong.ndim == 2:
            found = _lines(apart, ("row", "column")[axis])
            if found:
                return found
        elif wrong.ndim > 2 and np.array_equal(apart.any(axis=1), apart.all(axis=1)):
            bad = np.flatnonzero(apart.all(axis=1)).tolist()
            shown = [":"] * wrong.ndim
            shown[axis] = str(bad[0] if len(bad) == 1 else bad[:8])
            return f"all of [{', '.join(shown)}]" + (" and others" if len(bad) > 8 else "")
    return ""


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


def grid_of(picture: Picture) -> list[str]:
    """The map for a terminal; nothing where it has no room there."""
    rows = [" ".join(row) for row in picture.rows]
    return rows if len(rows) <= _MOST_LINES and all(len(row) <= _MOST_LETTERS for row in rows) else []


def table_of(picture: Picture) -> str:
    """The map as a table of symbols, which unlike a drawing survives every cleaner of pages."""
    words = f'<div style="margin-top:4px">{escape(picture.label[:1].upper() + picture.label[1:])}</div>'
    if not picture.rows:
        return words
    head = "".join(f'<td style="{_INDEX}">{i}</td>' for i in range(len(picture.rows[0])))
    body = "".join(
        f'<tr style="{_BARE}"><td style="{_INDEX}">{i if len(picture.rows) > 1 else ""}</td>'
        + "".join(f'<td style="{_WRONG_CELL if c == "✗" else _CELL}">{c}</td>' for c in row)
        + "</tr>"
        for i, row in enumerate(picture.rows)
    )
    return (
        f'{words}<table role="img" aria-label="{escape(picture.label)}" style="border-collapse:collapse;'
        f'margin:4px 0;font-size:12px;line-height:1.3"><tr style="{_BARE}"><td style="{_INDEX}"></td>'
        f"{head}</tr>{body}</table>"
    )
