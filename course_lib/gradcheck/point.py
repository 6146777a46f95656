"""Inputs by name as one flat vector of float64, and back.

Point       the vector, and where in it each input lies
same_bits   whether two of them are the same, nan and signs of zero too
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Point", "same_bits"]

Array = NDArray[np.float64]


class Point:
    """Inputs by name, laid one after the other in a flat vector of float64.

    Parameters
    ----------
    inputs : mapping of str to array_like
        Promoted to float64.

    Examples
    --------
    >>> point = Point({"x": [[1, 2]], "b": 3.0})
    >>> point.size, point.where(2)
    (3, ('b', ()))
    >>> point.split(np.arange(3.0))["x"]
    array([[0., 1.]])
    """

    def __init__(self, inputs: Mapping[str, Any]) -> None:
        arrays = {name: np.array(value, dtype=np.float64) for name, value in inputs.items()}
        self.shapes = {name: a.shape for name, a in arrays.items()}
        self.slices: dict[str, slice] = {}
        start = 0
        for name, array in arrays.items():
            self.slices[name] = slice(start, start + array.size)
            start += array.size
        self.size = start
        self.flat: Array = np.concatenate([a.ravel() for a in arrays.values()] or [np.zeros(0)])

    def split(self, flat: NDArray[Any]) -> dict[str, NDArray[Any]]:
        """The arrays that `flat` stands for (views of it)."""
        return {name: flat[part].reshape(self.shapes[name]) for name, part in self.slices.items()}

    def join(self, arrays: Mapping[str, Any]) -> Array:
        """The flat vector of `arrays`."""
        return np.concatenate(
            [np.asarray(arrays[name], dtype=np.float64).ravel() for name in self.slices] or [np.zeros(0)]
        )

    def at(self, flat: Array) -> Point:
        """The same names and shapes with other numbers."""
        other = object.__new__(Point)
        other.shapes, other.slices, other.size, other.flat = self.shapes, self.slices, self.size, flat
        return other

    def where(self, index: int) -> tuple[str, tuple[int, ...]]:
        """Name and index of one element of the flat vector."""
        for name, part in self.slices.items():
            if part.start <= index < part.stop:
                found = np.unravel_index(index - part.start, self.shapes[name]) if self.shapes[name] else ()
                return name, tuple(int(i) for i in found)
        raise IndexError(index)


def same_bits(one: Array, other: Array) -> bool:
    """Whether two float64 arrays of one shape hold the same bits, nan and signs of zero too.

    >>> same_bits(np.array([np.nan, 0.0]), np.array([np.nan, -0.0]))
    False
    """
    return bool(np.array_equal(one.view(np.int64), other.view(np.int64)))
