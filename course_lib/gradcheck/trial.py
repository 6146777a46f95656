"""One backward at one point, held against derivatives of the forward along directions.

    Trial      gradient and truth at one point; `along(v)` says what is missing between them
    Residual   analytic minus numeric along one direction, and how much of it round-off can explain

Theory of operation. With g the gradient that backward gave and v a direction, g·v must equal the derivative
of sum(dout * f) along v. A direction has entries ±U(0.5, 1.5): no element is left out and nothing cancels but
by chance. How large a difference may be follows from what was added up to get it:

    certain    1000 round-offs of the terms g_i v_i, and what the differentiation itself says of its error.
               Below it the two agree.
    possible   what round-off could do where the output is large against its derivative (a saturated sigmoid
               written as s(1-s) has no correct digit left, and is right all the same). Above it they differ.

Between the two the residuals at points nearby decide: those of a wrong gradient agree with each other, those
of round-off have any sign. Not so where forward is linear, and its round-off the same at any point: there a
slight residual (below 1e-4 of what was added up) is round-off where jitter of the inputs makes as much. Where
all terms of forward cancel, as in a sum of normalised numbers, its last digits say how much is none.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from course_lib.gradcheck.differentiate import Differentiator

__all__ = ["Residual", "Trial", "direction"]

Array = NDArray[np.float64]
Backward = Callable[..., Mapping[str, Any]]

_EPS = float(np.finfo(np.float64).eps)
_CERTAIN, _POSSIBLE, _SEEN = 1e3, 1e4, 1e3
_TINY = (1e-7, 1e-9, 1e-11)
_SLIGHT, _LEAST, _NOTHING, _BENT = 1e-4, 1e-7, 1e-11, 1e-5
_UNSEEN, _LOOKED_AT, _FAINT, _NOISE, _CLEARLY = 8.0, 10_000, 1e-8, 30.0, 1e4
# The far ones for what is rounded the same way at all that are near.
_TINY_BESIDE, _TINY_ONES = 1e-4, 64
_NEARBY, _MANY, _NEAR, _VERY_NEAR, _T = 6, 24, (1e-3, 0.2), (1e-8, 1e-6, 1e-4), 12.0


def direction(size: int, rng: np.random.Generator) -> Array:
    """A random direction, no entry of which is near zero.

    >>> v = direction(1000, np.random.default_rng(0))
    >>> bool(np.all((np.abs(v) >= 0.5) & (np.abs(v) <= 1.5)) and abs(v.mean()) < 0.2)
    True
    """
    v = rng.random(size)
    v *= 2.0
    v -= 1.0
    v += np.copysign(0.5, v)
    return v


@dataclass(frozen=True)
class Residual:
    """What is between gradient and truth along one direction.

    Attributes
    ----------
    value : float
        Analytic minus numeric.
    analytic, numeric : float
    certain : float
        Below it is round-off.
    slope : ndarray, optional
        The derivative of the output that it came from.
    """

    value: float
    analytic: float
    numeric: float
    certain: float
    slope: Any = None

    def without(self, part: Residual) -> Residual:
        """What is left beside `part`."""
        return Residual(
            self.value - part.value,
            self.analytic - part.analytic,
            self.numeric - part.numeric,
            self.certain + part.certain,
        )

    @property
    def agrees(self) -> bool:
        """Whether it is round-off for certain."""
        return abs(self.value) <= self.certain


class Trial:
    """The gradient that backward gave at one point.

    Parameters
    ----------
    differentiator : Differentiator
        The forward at the point.
    gradient : ndarray
        Flat, in the order of the point.
    dout : ndarray
        The upstream gradient, of the output's shape.
    coarse : float
        Relative error that the gradient may have beside: that of float32, where it was computed so.
    """

    def __init__(
        self, differentiator: Differentiator, gradient: Array, dout: Array, coarse: float = 0.0
    ) -> None:
        self.d, self.gradient, self.dout, self.coarse = differentiator, gradient, dout, coarse
        with np.errstate(all="ignore"):
            self._weight = float(np.sum(np.abs(dout * differentiator.output)))
        # Of a single element; real differences give no more than that.
        self.relative = (1e-6 if differentiator.why_real else 1e-9) + coarse

    @cached_property
    def rms(self) -> float:
        """Of the elements of the gradient."""
        return float(np.sqrt(np.mean(np.square(self.gradient)))) if self.gradient.size else 0.0

    @cached_property
    def sizes(self) -> Array:
        """Of the inputs: one near zero is known no better than its neighbours."""
        flat = self.d.point.flat
        sizes = np.ones_like(flat)
        for part in self.d.point.slices.values():
            rms = float(np.sqrt(np.mean(np.square(flat[part])))) if part.stop > part.start else 1.0
            sizes[part] = np.maximum(np.abs(flat[part]), rms or 1.0)
        return sizes

    @cached_property
    def moves(self) -> Array:
        """Of the inputs: a share of it is a small move of each, and takes none over zero."""
        return np.where(self.d.point.flat == 0, self.sizes, np.abs(self.d.point.flat))

    @cached_property
    def moves_beside(self) -> Array:
        """The same, by which numbers that are but round-off are moved over zero as well."""
        moves = self.moves.copy()
        tiny = np.flatnonzero((moves < _TINY_BESIDE * self.sizes) & (self.d.point.flat != 0))[:_TINY_ONES]
        for index in tiny.tolist():
            moves[index] = self.d.own_size(index) or self.sizes[index]
        return moves

    @cached_property
    def scales(self) -> Array:
        """Of the inputs: how far they move until the output does as much as for a move of the others.

        A tiny bias beside a large product is no scale of anything.
        """
        parts = self.d.point.slices.values()
        if len(parts) < 2:
            return self.sizes
        scales = self.sizes.copy()
        moved = []
        for part in parts:
            way = scales[part] * np.random.default_rng(0).choice((-1.0, 1.0), part.stop - part.start)
            with np.errstate(all="ignore"):
                moved.append(float(np.nan_to_num(np.sum(np.abs(self.dout * self.d.along(way, part).value)))))
        most, largest = max(moved), float(np.max(scales, initial=0.0))
        for part, own in zip(parts, moved, strict=True):
            further = np.minimum(scales[part] * (most / own), largest) if own else largest
            scales[part] = np.maximum(scales[part], further)
        return scales

    @cached_property
    def floor(self) -> float:
        """What round-off may do to a single element where outputs are large against their derivatives."""
        return 64 * _EPS * self._weight / max(1.0, float(np.min(self.sizes, initial=np.inf)))

    @property
    def round_off(self) -> float:
        """Of the weighted output: what it is good for beside all that was added up for it."""
        return _EPS * self._weight

    def along(self, v: Array, places: Any = None, step: float = 0.0) -> Residual:
        """The residual along the direction `v`, or that which has the values `v` at `places`.

        With a `step` by quick differences; how far these are off is not told.
        """
        slope = self.d.central(v, places, step) if step else self.d.along(v, places)
        return self.of(v, slope.value, slope.error, places)

    def doubt(self, v: Array, found: Residual) -> float:
        """What share of all that `found` is made of could be round-off."""
        summed = self._summed(v, found)
        return found.certain / summed if summed else math.inf

    def bends(self, v: Array, places: Any, there: Residual) -> bool:
        """Whether the slopes along `v`, which `there` is of, and against it differ: at a kink."""
        if self.d.why_real:
            # Central differences are the same in both directions.
            right, left = (self.dout * side for side in self.d.one_sided(v, places))
            most = float(np.sum(np.abs(right)) + np.sum(np.abs(left)))
            return bool(abs(np.sum(right) - np.sum(left)) > _BENT * most)
        back = self.along(-v, places)
        round_off = _SEEN * _EPS * self._weight * self._stretch(v, places)
        return abs(there.numeric + back.numeric) > there.certain + back.certain + round_off

    def of(self, v: Array, slope: Array, error: Any = 0.0, places: Any = None) -> Residual:
        """The same where the derivative of the output along `v` is known."""
        terms = (self.gradient if places is None else self.gradient[places]) * v
        analytic, shares = float(np.sum(terms)), self.dout * slope
        numeric = float(np.sum(shares))
        # einsum squares and adds without an array between.
        rms = math.sqrt(float(np.einsum("i,i->", terms, terms)))
        certain = _CERTAIN * _EPS * (rms + float(np.sum(np.abs(shares)))) + self.coarse * rms
        certain += 4.0 * float(np.sum(np.abs(self.dout) * error))
        return Residual(analytic - numeric, analytic, numeric, certain, slope)

    def possible(self, v: Array, places: Any = None) -> float:
        """What round-off can do to the residual along `v` at the most."""
        return _POSSIBLE * _EPS * self._weight * self._stretch(v, places)

    def _stretch(self, v: Array, places: Any = None) -> float:
        scales = self.scales if places is None else self.scales[places]
        return float(np.sqrt(np.sum(np.square(v / scales))))

    def _cancelled(self, v: Array, found: Residual, noise: Array | None = None) -> float:
        """The same where large terms cancel within forward: how much its output shows, or `noise` of it."""
        output = self.d.output
        with np.errstate(all="ignore"):
            shares = float(np.sum(np.abs(self.dout * found.slope)))
            terms = self.rms * math.sqrt(v.size)
            if abs(found.value) > 1e-2 * (shares + terms) and terms > 1e-2 * abs(found.value):
                return 0.0
            noise = np.nan_to_num(self.d.jitter(self.sizes) if noise is None else noise, posinf=0.0)
            most = float(np.max(noise, initial=0.0))
            largest = max(float(np.max(np.abs(output), initial=0.0)), most) or 1.0
            of_slope = most / largest * shares
            seen = float(np.sum(np.abs(self.dout) * noise))
            return _SEEN * (seen * self._stretch(v) + of_slope)

    def _summed(self, v: Array, found: Residual) -> float:
        """What the residual along `v` was taken from: two sums, without their signs."""
        terms = self.gradient * v
        return float(
            np.sum(np.abs(self.dout * found.slope)) + math.sqrt(float(np.einsum("i,i->", terms, terms)))
        )

    def element(self, index: int) -> Residual:
        """The residual of one element: its gradient minus its derivative."""
        found = self.along(np.ones(1), np.array([index]))
        # Beside elements of usual size a tiny one is known no better than these.
        certain = max(found.certain, self.relative * abs(found.numeric)) + 0.1 * self.relative * self.rms
        return replace(found, certain=certain)

    def wrong(
        self, v: Array, found: Residual, again: Callable[[Array], Array], rng: np.random.Generator
    ) -> bool:
        """Whether the residual along `v` is more than round-off; `again` is backward at another point."""
        if not np.isfinite(found.value):
            return True
        if found.agrees:
            return False
        summed = self._summed(v, found)
        # Where nearly all is saturated, what is left of the gradient is far below a digit of the output.
        # (Where it is so small that its square is zero, it is nothing.)
        unseen = _UNSEEN * self.round_off * float(np.max(np.abs(v) / self.scales, initial=0.0))
        if summed <= unseen or abs(found.value) <= _NOTHING * summed:
            return False
        if self.d.why_real and self._bends_within(v, found):
            return False
        # An ill-conditioned step, such as a linear system to solve, is off by as much at any point. How ill
        # it is the last digits say: a kink nearby, which bends the output, is none of it.
        slight = abs(found.value) / summed
        if slight < _LEAST and self._lost(v, found):
            return False
        over = abs(found.value) - found.certain - self.possible(v)
        seen = self._cancelled(v, found)
        if over > 0 and over > seen:
            beside = self._beside_noise(v, found)
            clear = beside > _CLEARLY and (slight > _LEAST or v.size > _LOOKED_AT)
            if clear or beside < _NOISE:
                return clear
            return all(self._persists(v, again, rng, near) for near in _VERY_NEAR)
        if _LEAST <= slight < _SLIGHT and self._lost(v, found):
            return False
        return all(self._persists(v, again, rng, near) for near in _NEAR)

    def _beside_noise(self, v: Array, found: Residual) -> float:
        """The residual beside round-off where forward has no digit left, as in a sum that is zero."""
        natural = float(np.sum(np.abs(self.dout))) / float(np.min(self.sizes, initial=np.inf))
        if v.size > _LOOKED_AT and self._summed(v, found) > _FAINT * natural:
            return math.inf
        lost = float(np.sum(np.abs(self.dout) * self.d.noise))
        if lost <= _FAINT * self._weight:
            return math.inf
        return abs(found.value) / (lost * self._stretch(v))

    def _bends_within(self, v: Array, found: Residual) -> bool:
        """Whether real differences went too far: the slope over a tiny step is another one, and agrees."""
        for step in _TINY:
            quick = self.along(v, step=step)
            # Of the smallest step a tenth of a thousandth may be wrong, and the noise of two outputs.
            noise = 8 * _EPS * self._weight / step + 1e-4 * abs(quick.analytic)
            if abs(quick.numeric - found.numeric) > 10 * noise and abs(quick.value) < noise:
                return True
        return False

    def _lost(self, v: Array, found: Residual) -> bool:
        """Whether the last digits of the inputs explain the residual."""
        lost = self._cancelled(v, found, self.d.last_digits())
        return bool(abs(found.value) < found.certain + lost)

    def _persists(
        self, v: Array, again: Callable[[Array], Array], rng: np.random.Generator, near: float
    ) -> bool:
        """Whether the residuals at points within `near` agree with each other."""
        values: list[float] = []
        for _ in range(_MANY):
            flat = self.d.point.flat * (1.0 + near * rng.uniform(-1.0, 1.0, self.d.point.size))
            there = self.d.at(flat)
            if there.output.shape != self.dout.shape:
                return False
            found = Trial(there, again(flat), self.dout, self.coarse).along(v)
            # Farther away all may be of another size.
            values.append(found.value / (found.certain or 1.0) if near in _NEAR else found.value)
            if len(values) == _NEARBY:
                spread = float(np.std(values, ddof=1)) / np.sqrt(_NEARBY)
                if abs(float(np.mean(values))) > _T * spread:
                    return True
            # Of other sizes far away; all of one sign they are by no chance.
            if len(values) >= _NEARBY and not all(value * values[0] > 0 for value in values):
                return False
        return True
