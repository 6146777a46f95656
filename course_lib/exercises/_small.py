"""Small whole numbers, of which counterexamples are made."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from course_lib.checking.model import Student

__all__ = ["NETS", "SIZES", "arrays", "runs"]

# Of three axes, the fewest numbers first: at each some mistake shows that did not show before.
SIZES: tuple[tuple[int, int, int], ...] = (
    (1, 1, 1),
    (1, 2, 1),
    (2, 1, 1),
    (1, 1, 2),
    (2, 2, 1),
    (1, 2, 2),
    (2, 1, 2),
    (2, 2, 2),
    (3, 1, 2),
    (2, 3, 1),
    (1, 3, 2),
    (2, 1, 3),
    (3, 2, 2),
    (2, 3, 2),
    (2, 2, 3),
)

# N, H, D, M of a net, and whether it is of the other kind that the notebook has.
NETS: tuple[tuple[int, int, int, int, bool], ...] = (
    (1, 1, 1, 1, False),
    (1, 2, 1, 1, False),
    (2, 1, 1, 1, False),
    (1, 1, 1, 2, False),
    (1, 1, 2, 1, False),
    (1, 2, 1, 2, False),
    (1, 2, 2, 1, False),
    (2, 2, 1, 2, False),
    (2, 2, 2, 2, False),
    (1, 2, 2, 3, False),
    (1, 1, 1, 1, True),
    (1, 2, 1, 1, True),
    (2, 1, 1, 1, True),
)

Run = Callable[[Student], None]


def runs(
    right: Callable[..., None], cases: Callable[[], Iterable[tuple[Any, ...]]], **fixed: Any
) -> Callable[[], Iterator[Run]]:
    """What `Check.smaller` asks for: `right(student, *case, **fixed)` for each of the cases."""
    # Each case is to be shown alone: nothing is confirmed elsewhere.
    right = inspect.unwrap(right)

    def made() -> Iterator[Run]:
        for case in cases():
            yield lambda student, case=case: right(student, *case, **fixed)  # type: ignore[misc]

    return made


# Drawn, and kept because no two mistakes look alike on the smallest sizes.
_NUMBERS = (3.0, 2.0, 1.0, 3.0, -1.0, 3.0, 1.0, 1.0, 1.0, 3.0, -1.0)


def arrays(*shapes: tuple[int, ...]) -> list[NDArray[np.float64]]:
    """An array for each shape, the same ones each time; no zeros, and no neighbours that add up to 1.

    >>> arrays((2,), (1, 3))
    [array([3., 2.]), array([[ 1.,  3., -1.]])]
    """
    out, start = [], 0
    for shape in shapes:
        size = int(np.prod(shape))
        out.append(np.array([_NUMBERS[(start + i) % len(_NUMBERS)] for i in range(size)]).reshape(shape))
        start += size
    return out
