"""Derivatives of a function along directions, exact to round-off where it takes complex numbers.

    Differentiator    f at a point, and its derivative along a direction; counts what it evaluates

Theory of operation. The complex step f(x + ihv) / h (Squire and Trapp 1998) has no cancellation and costs one
evaluation. It is used where the function survives it: complex in, complex out, the same real part, and the
same derivative as real differences along a random direction. A function that drops the imaginary part
somewhere (`abs`, `float`, a real buffer) is differentiated by central differences, extrapolated to step zero
(Ridders 1982), whose own table says how far they can be trusted.
"""

from __future__ import annotations

import itertools
import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from course_lib.errors import DefinitionError
from course_lib.gradcheck.point import Point, same_bits

__all__ = ["OUT_OF_DOMAIN", "Differentiator", "Slope"]

Array = NDArray[np.float64]

# How a forward says that it has no value at a point.
OUT_OF_DOMAIN = (ValueError, ArithmeticError, TypeError, LookupError, AssertionError, np.linalg.LinAlgError)
_COMPLEX_STEP, _TRUNCATED = 1e-30, 100.0
# From where smooth functions are still simple down to where most kinks are left behind.
_LARGEST_STEP, _SHRINK, _ROWS = 2e-2, 4.0, 8
_CENTRAL_STEP, _TINY_STEP = 6e-6, 1e-9
_USUAL_STEPS = 1e-5, 1e-4
# Beside the slope, what real differences may be in doubt by and still confirm a complex step at once.
_CONFIRMING_STEPS, _CLEAR, _FEW_DIGITS, _LOOKED_AT_TWICE = (1e-4, 1e-6, 1e-8, 1e-10), 1e-6, 4.0, 10_000
_CLEAR_ENOUGH, _POINTS_BESIDE, _BESIDE = 1e-3, 4, 1e-3
_SCATTERED, _SCATTERED_WITHIN = 24, (1e-5, 1e-6, 1e-7)
_ANOTHER_SLOPE = "its complex derivative differs from its real one"
_REAL = "extrapolated differences"
_AT_AN_EDGE = 3e-7, 5e-12, 1e-16
# Numbers below it ask for steps of their own.
_SMALL = 1e-2
_JITTER, _TINY_SHARES, _FEW_OUTPUTS, _LOST = 1e-5, (2e-7, 1e-5, 1e-3), 100, 30.0
_BENDS, _CURVED = 1e-9, 1e-3


def _output(value: Any) -> NDArray[Any]:
    """What forward returned, as an array of its own."""
    told = "nothing (None)" if value is None else f"a {type(value).__name__}"
    several = isinstance(value, tuple | list | dict) and any(np.ndim(part) for part in value)
    made = None if several or value is None else np.array(value)
    if made is None or made.dtype.kind not in "biufc":
        raise DefinitionError(
            f"forward returned {told}, which has no derivative.",
            "A gradient is that of one number, or one array of numbers.",
            "Return one array or number: of several outputs one at a time, or np.concatenate of them.",
        )
    return made


def _largest(direction: Array) -> float:
    return float(np.max(np.abs(direction), initial=0.0)) or 1.0


def _rms(values: Array) -> float:
    plain = float(np.dot(values, values))
    if 1e-290 < plain < 1e290:
        return math.sqrt(plain / len(values))
    largest = float(np.max(np.abs(values), initial=0.0))
    return largest * float(np.sqrt(np.mean(np.square(values / largest)))) if largest else 0.0


@dataclass(frozen=True)
class Slope:
    """A derivative of the output along a direction, and how far it can be off, element by element."""

    value: Array
    error: Any = 0.0


def _rather(near: Slope, far: Slope) -> Slope:
    """Of derivatives by small and by large steps the more exact one, and where they differ that by small."""
    near_error, far_error = (np.broadcast_to(one.error, np.shape(one.value)) for one in (near, far))
    with np.errstate(invalid="ignore"):
        kept = (np.abs(near.value - far.value) <= near_error + far_error) & (far_error < near_error)
    kept |= ~np.isfinite(near.value)
    return Slope(np.where(kept, far.value, near.value), np.where(kept, far_error, near_error))


class Differentiator:
    """`forward` and its derivatives along directions.

    Parameters
    ----------
    forward : callable
        `forward(**inputs)` returns a number or an array.
    point : Point
    method : {"auto", "complex", "real"}
    probe : ndarray, optional
        The direction along which "auto" tries the complex step.
    why_real : str, optional
        What was found at another point already: nothing is tried again.
    counted : Differentiator, optional
        Evaluations are counted there.

    Attributes
    ----------
    output : ndarray
        forward at the point.
    evaluations : int
        How often forward was called.
    method : str
        "complex step" or "extrapolated differences".
    why_real : str
        Why the complex step was not taken; "" where it was.
    writes : bool
        Whether forward changes its inputs in place.
    smooth : bool
        Whether it was seen that nothing bends along the probe.
    clear : bool
        Whether no kink was seen where real differences were held against the complex step.
    """

    def __init__(
        self,
        forward: Callable[..., Any],
        point: Point,
        method: str = "auto",
        probe: Array | None = None,
        why_real: str | None = None,
        counted: Differentiator | None = None,
    ) -> None:
        self._forward, self.point = forward, point
        self._counted: list[int] = counted._counted if counted is not None else [0]
        # Far below the smallest input, or its square would show in the real part.
        sizes = [_rms(point.flat[part]) for part in point.slices.values()]
        self._smallest = smallest = min([1.0, *(size for size in sizes if size > 0)])
        # A product of the step with a number that small would be lost below the smallest float.
        self._step = smallest * (_COMPLEX_STEP if smallest > 1e-100 else 1e-10)
        self._begin(point)
        self.why_real = why_real or ""
        if method == "auto" and why_real is None:
            self.why_real = self._why_not_complex(probe)
        elif method == "real":
            self.why_real = "real differences were asked for"
        self.method = _REAL if self.why_real else "complex step"

    def _begin(self, point: Point) -> None:
        self.point = point
        # Where f is asked, once real, once complex: a large point is not allocated anew for each question.
        self._real_place: Array | None = None
        self._complex_place: NDArray[np.complex128] | None = None
        self._probed: tuple[Array | None, Slope | None] = (None, None)
        self._known_noise: Array | None = None
        self._own_sizes: dict[int, float] = {}
        self.smooth = self.clear = False
        seen = point.flat.copy()
        self.output = _output(self._call(seen))
        self.writes = not same_bits(seen, point.flat)
        if self.output.dtype.kind in "iub":
            self.output = self.output.astype(np.float64)

    def at(self, flat: Array) -> Differentiator:
        """The same function at another point; evaluations are counted here."""
        self._real_place = self._complex_place = None  # two of each would be a lot of memory
        other = object.__new__(Differentiator)
        other.__dict__.update(self.__dict__)
        other._begin(self.point.at(flat))
        return other

    @property
    def evaluations(self) -> int:
        """How often forward was called, at all points."""
        return self._counted[0]

    def along(self, direction: Array, places: Any = None) -> Slope:
        """Derivative of the output along `direction`, as exact as this function allows.

        Parameters
        ----------
        direction : ndarray
            A flat vector, or its values at `places`; it is zero elsewhere.
        places : slice or ndarray of int, optional
        """
        if places is None and direction is self._probed[0] and self._probed[1] is not None:
            return self._probed[1]
        return self.extrapolated(direction, places) if self.why_real else self.complex_step(direction, places)

    def complex_step(self, direction: Array, places: Any = None) -> Slope:
        """By one complex evaluation."""
        value = np.asarray(self._complex(direction, places))
        return self._of_complex(value)

    def _of_complex(self, value: Any) -> Slope:
        # Of a cube at zero the step leaves its square, where nothing is right.
        left = np.where(self.output == 0, _TRUNCATED * self._step**2, 0.0)
        return Slope(np.asarray(value.imag / self._step), left)

    def central(self, direction: Array, places: Any, step: float) -> Slope:
        """By two real evaluations, whose largest change is `step` to either side: quick, and not exact."""
        h = step / _largest(direction)
        above, below = self._shifted(h, direction, places), self._shifted(-h, direction, places)
        return Slope((above - below) / (2 * h))

    def one_sided(self, direction: Array, places: Any = None) -> tuple[Array, Array]:
        """Slopes to both sides by real differences, second order: they differ at a kink alone.

        Where a curve is steep they come together as the step shrinks.
        """
        size = min([1.0, *(size for size in self._sizes(places) if size < 1e2 * _CENTRAL_STEP)])
        (right, left), (nearer, nearer_left) = (
            self._sides(size * step / _largest(direction), direction, places)
            for step in (_CENTRAL_STEP, _CENTRAL_STEP / 16)
        )
        smooth = np.abs(nearer - nearer_left) < 0.5 * np.abs(right - left)
        middle = (nearer + nearer_left) / 2
        return np.where(smooth, middle, right), np.where(smooth, middle, left)

    def _sides(self, h: float, direction: Array, places: Any) -> tuple[Array, Array]:
        here = np.asarray(self.output, dtype=np.float64)
        found = []
        for sign in (1.0, -1.0):
            near = self._shifted(sign * h, direction, places)
            far = self._shifted(2 * sign * h, direction, places)
            found.append(np.asarray(sign * (4 * near - far - 3 * here) / (2 * h)))
        return found[0], found[1]

    def extrapolated(self, direction: Array, places: Any = None) -> Slope:
        """By central differences at shrinking steps, extrapolated; of each element the best in the table."""
        slope = self._table(direction, places, _LARGEST_STEP)
        for size in self._sizes(places):
            # Beside tiny numbers such a step is a leap: it holds where a small one does not contradict it.
            slope = _rather(self._table(direction, places, _LARGEST_STEP * size), slope)
        for smaller in _AT_AN_EDGE if len(direction) == 1 else ():
            if np.all(np.isfinite(slope.value)):
                break
            # The step leads out of the domain.
            slope = self._table(direction, places, smaller)
        return slope

    def _sizes(self, places: Any) -> list[float]:
        """How large what moves is, where that is small: the whole, and one number by itself."""
        if places is None:
            return [self._smallest] if self._smallest < _SMALL else []
        moved, first = self.point.flat[places], places.start if isinstance(places, slice) else places[0]
        parts = self.point.slices.values()
        around = _rms(self.point.flat[next(p for p in parts if p.start <= first < p.stop)])
        sizes = {around, *([self.own_size(int(first))] if len(moved) == 1 else ())}
        return [size for size in sorted(sizes, reverse=True) if 0 < size < _SMALL]

    def own_size(self, index: int) -> float:
        """The size of one number of the point; 0 where what moves with it is lost in the output's round-off.

        Such a number is round-off itself, and as good as zero.
        """
        own = abs(float(self.point.flat[index]))
        if 0 < own < _SMALL and index not in self._own_sizes:
            place = np.array([index])
            up, down = (self._shifted(sign * own / 2, np.ones(1), place) for sign in (1.0, -1.0))
            shows = np.any(np.abs(up - down) * _CENTRAL_STEP > self.noise)
            self._own_sizes[index] = own if shows else 0.0
        return self._own_sizes.get(index, own)

    def _table(self, direction: Array, places: Any, largest: float) -> Slope:
        """Ridders' table from the step `largest` on."""
        h = largest / _largest(direction)
        previous: list[Array] = []
        best = error = np.zeros(np.shape(self.output))
        for number in range(_ROWS):
            change = self._shifted(h, direction, places) - self._shifted(-h, direction, places)
            row = [change / (2 * h)]
            factor = _SHRINK**2
            for older in previous:
                row.append((row[-1] * factor - older) / (factor - 1))
                factor *= _SHRINK**2
            if number == 0:
                best, error = row[0], np.full(np.shape(row[0]), np.inf)
            for place in range(1, len(row)):
                with np.errstate(invalid="ignore"):
                    off = np.maximum(
                        np.abs(row[place] - row[place - 1]), np.abs(row[place] - previous[place - 1])
                    )
                # The best of many may be so by chance: what the noise of forward does to it is added.
                off = off + 4 * self.noise / h
                closer = off < error
                best, error = np.where(closer, row[place], best), np.where(closer, off, error)
            previous = row
            h /= _SHRINK
        return Slope(np.asarray(best), np.asarray(error))

    @property
    def noise(self) -> Array:
        """How far each output is off by round-off, that of float32 or of large terms that cancel too.

        It moves with the last digits of the inputs; where it does not, what is rounded within forward shows
        in fourth differences, by the smallest share of the inputs at which anything is seen of it.
        """
        if self._known_noise is None:
            eps = float(np.finfo(np.float64).eps)
            found = np.nan_to_num(self.last_digits(), posinf=0.0)
            shares = np.random.default_rng(0).uniform(0.5, 1.0, self.point.size) * self.point.flat
            for share in _TINY_SHARES:
                if np.all(found):
                    break
                fourth = np.nan_to_num(self._fourth(shares, (1.0, 2.0), share), posinf=0.0)
                found = np.where(found == 0, fourth, found)
            # By chance nothing was seen of one of many.
            found = np.where(found == 0, np.max(found, initial=0.0), found)
            self._known_noise = np.asarray(_FEW_DIGITS * (eps * np.abs(self.output) + found))
        return self._known_noise

    def jitter(self, direction: Array) -> Array:
        """How far each output is off by round-off: fourth differences, by a tiny share of `direction`.

        Of many outputs one look will do; of few a second one, as the first may be zero by chance. What is
        nearly saturated moves in these steps, and a smooth function bends by nothing; one that bends by more,
        as a logarithm near zero, does so less within a smaller step.
        """
        found = self._fourth(direction, (1.0, 2.0), _JITTER)
        most = float(np.max(np.abs(self.output), initial=0.0))
        if np.any(found > _BENDS * most):
            nearer = self._fourth(direction, (1.0, 2.0), _JITTER / 64)
            found = np.where((found > _BENDS * most) & (nearer < _CURVED * found), nearer, found)
        few = self.output.size < _FEW_OUTPUTS and self.point.size <= _LOOKED_AT_TWICE
        if few and not np.all(found):
            found = np.maximum(found, self._fourth(direction, (0.35, 0.7), _JITTER))
        return found

    def _fourth(self, direction: Array, sizes: tuple[float, ...], share: float) -> Array:
        def around(h: float) -> Array:
            return np.asarray(self._shifted(h, direction) + self._shifted(-h, direction) - 2 * self.output)

        found = [around(share * size) for size in sizes]
        fourth = [np.abs(far - 4 * near) / 3 for near, far in itertools.pairwise(found)]
        return np.asarray(np.max(fourth, axis=0))

    def last_digits(self) -> Array:
        """How far each output moves when the last digits of the inputs do: what these are not good for."""
        flat = self.point.flat
        last = 2 * np.finfo(np.float64).eps * np.random.default_rng(0).choice((-1.0, 1.0), flat.size) * flat
        ways = (np.abs(self._shifted(sign, last) - self.output) for sign in (1.0, -1.0))
        return np.asarray(np.maximum(*ways))

    def remember(self, direction: Array) -> Slope:
        """The derivative along `direction`, which is asked for again."""
        slope = self.along(direction)
        self._probed = direction, slope
        return slope

    def _call(self, flat: NDArray[Any]) -> Any:
        self._counted[0] += 1
        return self._forward(**self.point.split(flat))

    def _beside(self, flat: NDArray[Any]) -> Any:
        """The same next to the point, where a forward that refuses, or picks other elements, has no value."""
        try:
            value = self._call(flat)
        except OUT_OF_DOMAIN:
            value = None
        same = value is not None and np.shape(value) == np.shape(self.output)
        return value if same else np.full(np.shape(self.output), np.nan)

    def _complex(self, direction: Array, places: Any) -> Any:
        """f at x + ihv."""
        if self._complex_place is None:
            self._complex_place = self.point.flat.astype(np.complex128)
        moved = self._complex_place
        if places is None:
            np.multiply(direction, self._step, out=moved.imag)
        else:
            moved.imag[places] = direction * self._step
        value = np.array(self._beside(moved))  # a copy: what forward gives may be a part of what it got
        if self.writes:
            self._complex_place = None
        elif places is None:
            moved.imag[:] = 0.0
        else:
            moved.imag[places] = 0.0
        return value

    def _shifted(self, h: float, direction: Array, places: Any = None) -> Array:
        """f at x + hv."""
        flat = self.point.flat
        if self._real_place is None:
            self._real_place = flat.copy()
        moved = self._real_place
        if places is None:
            np.multiply(direction, h, out=moved)
            moved += flat
        else:
            moved[places] += h * direction
        value = np.array(self._beside(moved), dtype=np.float64)
        if self.writes:
            self._real_place = None
        elif places is None:
            moved[:] = flat
        else:
            moved[places] = flat[places]
        return value

    def _why_not_complex(self, probe: Array | None) -> str:
        direction = probe if probe is not None else np.ones(self.point.size)
        moved = self.point.flat + 1j * self._step * direction
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error", np.exceptions.ComplexWarning)
                value = np.array(self._call(moved))
        except np.exceptions.ComplexWarning:
            return "forward drops the imaginary part"
        except Exception as error:
            return f"forward does not take complex numbers ({type(error).__name__})"
        if not np.iscomplexobj(value):
            return "forward gives a real result for complex inputs"
        if value.shape != self.output.shape:
            return "forward gives another shape for complex inputs"
        # Beside the largest a zero may be none: the complex logarithm of 1 is not zero.
        atol = 1e-14 * float(np.max(np.abs(self.output), initial=0.0))
        same = np.allclose(value.real, self.output, rtol=1e-10, atol=atol, equal_nan=True)
        if not same and not self._within_last_digits(value.real):
            return "forward gives other values for complex inputs"
        slope = self._of_complex(value)
        agrees = self._agrees(slope.value, direction)
        if agrees and 1 < self.point.size <= _LOOKED_AT_TWICE:
            # What is dropped of a small share may cancel along one direction.
            other = direction[::-1]
            agrees = self._agrees(self.complex_step(other).value, other)
        if not agrees:
            return _ANOTHER_SLOPE
        self._probed = probe, slope
        return ""

    def confirms(self, direction: Array) -> bool:
        """Whether real differences confirm the complex step at this point too, where that is used."""
        return bool(self.why_real) or self._agrees(self.remember(direction).value, direction)

    def turn_real(self) -> None:
        """Take real differences from here on."""
        self._probed = (None, None)
        self.why_real, self.method = _ANOTHER_SLOPE, _REAL

    def _within_last_digits(self, value: Array) -> bool:
        """Whether `value` is as near to the output as that is known where the inputs' last digits are not.

        An ill-conditioned step, such as a linear system to solve, rounds in its own way for complex numbers.
        """
        with np.errstate(all="ignore"):
            off, most = np.abs(value - self.output), float(np.max(self.last_digits(), initial=0.0))
            # Where all digits are lost, as in a sum that is zero, any two values are as near.
            largest = float(np.max(np.abs(self.output), initial=0.0))
            return bool(np.all(off <= _LOST * most) and most < 1e-4 * largest)

    def _agrees(self, slope: Array, direction: Array) -> bool:
        """Whether real differences confirm the complex step."""
        if self._confirmed(slope, direction):
            return self.clear or self._agrees_beside(direction)
        h = _TINY_STEP / _largest(direction)
        if np.all(np.isfinite(self._shifted(h, direction) + self._shifted(-h, direction))):
            return False
        return self._agrees_in_proportion(direction)

    def _agrees_beside(self, direction: Array) -> bool:
        """The same where a kink leaves open what the slope is: at points nearby, where it is none."""
        rng = np.random.default_rng(0)
        for _ in range(_POINTS_BESIDE):
            away = rng.choice((-1.0, 1.0), self.point.size) * rng.uniform(0.3, 1.0, self.point.size)
            try:
                there = self.at(self.point.flat + _BESIDE * self._smallest * away)
            except OUT_OF_DOMAIN:
                continue
            agrees = there._confirmed(there.complex_step(direction).value, direction)
            if there.clear or not agrees:
                return agrees
        return True

    def _agrees_in_proportion(self, direction: Array) -> bool:
        """The same where a step leads out of the domain: each input moves by a share of itself."""
        size = _largest(direction)
        direction = direction * self.point.flat
        with np.errstate(all="ignore"):
            slope = np.asarray(self._complex(direction, None).imag / self._step)
            return self._confirmed(slope, direction, size)

    def _confirmed(self, slope: Array, direction: Array, largest: float | None = None) -> bool:
        """Whether each element of `slope` is as near to real differences as these are to each other.

        A step of usual size will do where nothing bends. Else the smallest ones say where the derivative is,
        and larger ones, in which less is noise, say it better as long as they do not contradict them.
        """
        largest = largest or _largest(direction)
        most = float(np.max(np.abs(self.output), initial=0.0))
        noise = np.full(self.output.shape, _FEW_DIGITS * float(np.finfo(np.float64).eps) * most)
        with np.errstate(all="ignore"):
            size = np.abs(slope) + np.max(np.abs(slope), initial=0.0)
            for step in _USUAL_STEPS:
                found, off = self._fourth_order(direction, step / largest, noise)
                if np.all(np.abs(slope - found) <= off) and np.all(off <= _CLEAR * size):
                    self.smooth = self.clear = True
                    return True
            # Where terms cancel within forward its noise is not that of its output.
            if self._confirmed_by(self.noise, slope, direction, largest):
                return True
            scatter = self._scatter(direction / largest * self.point.flat)
            if not np.any(scatter > self.noise):
                return False
            self._known_noise = np.maximum(self.noise, scatter)
            return self._confirmed_by(self.noise, slope, direction, largest)

    def _confirmed_by(self, noise: Array, slope: Array, direction: Array, largest: float) -> bool:
        """The same by differences at all steps, where outputs are off by `noise`."""
        steps = {*_CONFIRMING_STEPS, *(step * self._smallest for step in _CONFIRMING_STEPS)}
        middle, off, open_ = np.zeros_like(noise), np.full_like(noise, np.inf), np.ones_like(noise, bool)
        round_off = np.zeros_like(noise)
        for step in sorted(steps):
            found, doubt = self._fourth_order(direction, step / largest, noise)
            open_ &= ~(np.abs(found - middle) > off + doubt)
            better = open_ & (doubt < off)
            middle, off = np.where(better, found, middle), np.where(better, doubt, off)
            round_off = np.where(better, 2 * noise * largest / step, round_off)
        # A doubt that is no round-off is a kink.
        self.clear = bool(np.all(off - round_off <= _CLEAR_ENOUGH * (np.abs(slope) + np.abs(middle))))
        return bool(np.all(np.isfinite(off)) and np.all(np.abs(slope - middle) <= off))

    def _scatter(self, shares: Array) -> Array:
        """How far outputs at many points along `shares` lie from any curve, with a kink here or without.

        What is nearly saturated moves in steps, and stands still for a change of the last digits.
        """
        t = np.linspace(-1.0, 1.0, _SCATTERED) + np.random.default_rng(0).uniform(-0.03, 0.03, _SCATTERED)
        curves = np.stack([np.ones_like(t), t, np.abs(t), t * t, t * np.abs(t)], axis=1)
        most = np.zeros(np.shape(self.output))
        for step in _SCATTERED_WITHIN:
            values = np.stack([self._shifted(step * one, shares) for one in t.tolist()])
            flat = values.reshape(len(t), -1) - self.output.ravel()
            flat[:, ~np.all(np.isfinite(flat), axis=0)] = 0.0
            left = flat - curves @ np.linalg.lstsq(curves, flat, rcond=None)[0]
            most = np.maximum(most, np.max(np.abs(left), axis=0).reshape(most.shape))
        return np.asarray(_FEW_DIGITS * most)

    def _fourth_order(self, direction: Array, h: float, noise: Array) -> tuple[Array, Array]:
        """The derivative by five points, and how far it is off: by what bends within them, and by noise."""
        here = np.asarray(self.output, dtype=np.float64)
        above, below, far_above, far_below = (
            (self._shifted(k * h, direction) - here) / (k * h) for k in (1, -1, 2, -2)
        )
        near, far = (above + below) / 2, (far_above + far_below) / 2
        # A kink at the point itself is all that is left of the difference of both sides as h shrinks.
        kink = 2 * (above - below) - (far_above - far_below)
        found = near + (near - far) / 3
        return np.asarray(found), np.asarray(np.abs(near - far) + np.abs(kink) + 2 * noise / h)
