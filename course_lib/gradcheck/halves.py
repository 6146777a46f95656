"""A few hundred wrong elements among very many, out of halves of halves.

    Halves   the search

Theory of operation. Of a part that starts at `start` there are known the residual, and the residual weighted
with the place in the part, from 1: their ratio is a whole number where one element is wrong. Else one half is
measured, and the other is what is left, as collisions on a shared channel are resolved (Yu and Giannakis
2007): some 2.6 measurements for each wrong element.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from course_lib.gradcheck.trial import Residual

__all__ = ["Halves"]

Array = NDArray[np.float64]
Measure = Callable[[Array, Any], Residual]

_MOST_MEASURED = 1300
# How far from whole a number may be before the element is looked at by itself.
_DOUBT = 0.02


class Halves:
    """The wrong elements of one input.

    Parameters
    ----------
    measure : callable
        `measure(values, places)` is the exact residual of `values` at `places`.
    quick : callable, optional
        The same with less effort, for parts that are not too large for it; it says how far it is off.
    values : ndarray
        The direction; zero where nothing more is to be found.

    Attributes
    ----------
    errors, noise : dict of int to float
        Flat index and error of each wrong element, and how far that can be off.
    """

    def __init__(self, measure: Measure, quick: Measure | None, values: Array) -> None:
        self._measure, self._quick, self._values, self._left = measure, quick, values, _MOST_MEASURED
        self.errors: dict[int, float] = {}
        self.noise: dict[int, float] = {}
        # Weighted with their place from 1 to 2: what is measured stays of one size.
        self._places = np.arange(1.0, len(values) + 1.0)

    def run(self, plain: float, certain: float) -> bool:
        """Look for them all; False where there are too many. `plain` is what is known of the whole."""
        size = len(self._values)
        weighted, noise = self._weighted(slice(0, size), exact=True)
        waiting = [(0, size, plain, weighted, certain, noise)]
        while waiting:
            if self._left < 0:
                return False
            start, stop, plain, weighted, off, weighted_off = waiting.pop()
            if abs(plain) <= off or self._alone(start, stop, plain, weighted, off, weighted_off):
                continue
            middle = (start + stop) // 2
            half = slice(start, middle)
            found, half_off = self._measured(self._values[half], half)
            inner = inner_off = 0.0
            if abs(found) > half_off:
                inner, inner_off = self._weighted(half)
            shift = middle - start
            rest, rest_off = plain - found, math.hypot(off, half_off)
            beyond = weighted - inner - shift * rest
            beyond_off = math.hypot(weighted_off, inner_off, shift * rest_off)
            waiting += [
                (middle, stop, rest, beyond, rest_off, beyond_off),
                (start, middle, found, inner, half_off, inner_off),
            ]
        return True

    def _measured(self, values: Array, places: slice, exact: bool = False) -> tuple[float, float]:
        self._left -= 1
        small = self._quick is not None and not exact and len(values) <= len(self._values) // 4
        found = self._quick(values, places) if self._quick and small else self._measure(values, places)
        return found.value, found.certain

    def _weighted(self, places: slice, exact: bool = False) -> tuple[float, float]:
        length = places.stop - places.start
        weights = self._places[:length] / length
        found, off = self._measured(self._values[places] * weights, places, exact)
        return found * length, off * length

    def _alone(
        self, start: int, stop: int, plain: float, weighted: float, off: float, weighted_off: float
    ) -> bool:
        """Whether one element explains the part; then it is noted."""
        number = weighted / plain
        nearest, doubt = round(number), math.hypot(weighted_off, number * off) / abs(plain)
        length = stop - start
        if length == 1:
            nearest = 1
        elif doubt > 0.5 or not 1 <= nearest <= length or abs(number - nearest) > doubt + 1e-6:
            return False
        index = start + nearest - 1
        if not self._values[index]:
            return False
        # Among many wrong elements some look like one by chance.
        if length > 1 and (doubt > _DOUBT or length > len(self._values) // 64):
            found, found_off = self._measured(self._values[index : index + 1], slice(index, index + 1))
            if abs(found - plain) > math.hypot(off, found_off):
                return False
            plain, off = found, found_off
        self.errors[index] = plain / float(self._values[index])
        self.noise[index] = off / abs(float(self._values[index]))
        return True
