"""Which elements of a gradient are wrong, from few evaluations of the forward.

    locate   the wrong elements of one input's gradient
    Wrong    what was found: the elements, or how many there must be

Theory of operation. What is asked is always the residual along a direction (`trial`), which is the sum of
the errors r_i v_i; where only a part of the elements moves, of that part. In this order:

1. A small input, or one whose elements act on parts of the output that do not overlap (element by element,
   row by row, column by column; verified along a random direction): the whole derivative, element by element.
2. One wrong element: the residual of v weighted with the row number, over that of v, is the row; so the
   column. A second direction confirms it.
3. One row or column: the same, confirmed by moving nothing else.
4. A few hundred: halves of halves (`halves`), by quick real differences. That nothing else is wrong is then
   seen in one exact direction.
5. More: elements drawn at random are looked at, and the share that is wrong lies in an interval (Clopper and
   Pearson 1934).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from course_lib.gradcheck.explain import Explainer
from course_lib.gradcheck.halves import Halves
from course_lib.gradcheck.trial import Residual, Trial

__all__ = ["Wrong", "locate", "share_interval"]

Array = NDArray[np.float64]

_SMALL = 256
_MOST_PARTS = 300
_MOST_SPARSE = 400
_SAMPLES, _MOST_SAMPLES, _EXPLAINED_SAMPLES = 40, 60, 12
_NEAR_INTEGER = 0.05
_DRAWS, _PASSES = 4, 4
_STEPS = 1e-6, 1e-3


@dataclass(frozen=True)
class Wrong:
    """The wrong elements of one input's gradient.

    Attributes
    ----------
    indices : ndarray of int
        Flat indices within the input; all of them where `complete`.
    complete : bool
    share : (float, float)
        The share of wrong elements, from and to, at a confidence of 95 %.
    known : ndarray of int
        Those of them whose right value is known.
    truth : ndarray
        The right value where it is known, by flat index.
    pattern : str
        "", "row 3", "column 7", "all".
    kinks : tuple of int
        Elements at a kink whose value is between the slopes of both sides, hence right.
    """

    indices: NDArray[np.int64]
    complete: bool
    share: tuple[float, float]
    known: NDArray[np.int64]
    truth: Array
    pattern: str = ""
    kinks: tuple[int, ...] = ()

    def without(self, right: Sequence[int], size: int) -> Wrong:
        """The same where elements have turned out to be right; `size` is that of the input."""
        indices, stays = np.setdiff1d(self.indices, right), ~np.isin(self.known, right)
        exact = len(indices) / max(1, size)
        return replace(
            self,
            indices=indices,
            known=self.known[stays],
            truth=self.truth[stays],
            pattern="",
            share=(exact, exact) if self.complete else self.share,
        )


def share_interval(wrong: int, drawn: int, confidence: float = 0.95) -> tuple[float, float]:
    """Where the share of wrong elements lies when `wrong` of `drawn` are (Clopper and Pearson 1934).

    >>> low, high = share_interval(40, 40)
    >>> round(low, 3), high
    (0.912, 1.0)
    """
    tail = (1.0 - confidence) / 2.0

    def at_least(p: float) -> float:
        return sum(math.comb(drawn, k) * p**k * (1 - p) ** (drawn - k) for k in range(wrong, drawn + 1))

    def at_most(p: float) -> float:
        return sum(math.comb(drawn, k) * p**k * (1 - p) ** (drawn - k) for k in range(wrong + 1))

    def where(rises: Any, level: float) -> float:
        low, high = 0.0, 1.0
        for _ in range(50):
            middle = (low + high) / 2
            low, high = (middle, high) if rises(middle) < level else (low, middle)
        return low

    lower = 0.0 if wrong == 0 else where(at_least, tail)
    upper = 1.0 if wrong == drawn else where(lambda p: 1.0 - at_most(p), 1.0 - tail)
    return lower, upper


def locate(
    trial: Trial,
    name: str,
    ways: Sequence[Array],
    at: Sequence[Residual],
    explainer: Explainer,
    rng: np.random.Generator,
) -> Wrong:
    """The wrong elements of the gradient of input `name`.

    Parameters
    ----------
    ways : two ndarrays
        Directions over all inputs.
    at : two Residuals
        What is along them in this input alone.
    explainer : Explainer
        Asked where no single element is wrong.
    """
    return _Search(trial, name, ways, at, explainer, rng).run()


class _Search:
    """One input."""

    def __init__(
        self,
        trial: Trial,
        name: str,
        ways: Sequence[Array],
        at: Sequence[Residual],
        explainer: Explainer,
        rng: np.random.Generator,
    ) -> None:
        self._trial, self._rng, self._at, self._explainer = trial, rng, at, explainer
        self._part = trial.d.point.slices[name]
        self._shape = trial.d.point.shapes[name]
        self._size = self._part.stop - self._part.start
        self._v, self._w = (way[self._part] for way in ways)
        self._known: dict[int, float] = {}
        self._kinks: list[int] = []

    def run(self) -> Wrong:
        if self._size <= _SMALL:
            return self._by_elements()
        truth = self._by_parts()
        if truth is not None:
            return self._against(truth)
        at_v, at_w = self._at
        return (
            self._by_factor()
            or self._one(at_v, at_w)
            or self._line(at_v, at_w)
            or self._explained_as_a_whole()
            or self._few()
            or self._sampled(np.arange(self._size))
        )

    def measure(self, values: Array, places: Any = slice(None)) -> Residual:
        """The residual of `values` at `places` of this input."""
        return self._trial.along(values, self._there(places))

    def quick(self, values: Array, places: Any) -> Residual:
        """The same by two real evaluations, with the step at which truncation and round-off are least."""
        bend, round_off = self._bend * len(values), self._trial.round_off
        step = min(max((round_off / (2 * bend)) ** (1 / 3), _STEPS[0]), _STEPS[1]) if bend else _STEPS[1]
        found = self._trial.along(values, self._there(places), step)
        return replace(found, certain=found.certain + 3 * (bend * step**2 + round_off / step))

    def _there(self, places: Any) -> Any:
        if not isinstance(places, slice):
            return self._part.start + places
        start, stop, _ = places.indices(self._size)
        return slice(self._part.start + start, self._part.start + stop)

    @cached_property
    def _bend(self) -> float:
        """By how much quick differences are off for each element that moves, in units of the step squared."""
        length = max(1, self._size // 64)
        off = 0.0
        for _ in range(2):
            start = int(self._rng.integers(max(1, self._size - length)))
            part, step = slice(start, start + length), 4e-4
            exact = self.measure(self._v[part], part)
            quick = self._trial.along(self._v[part], self._there(part), step)
            off = max(off, abs(exact.value - quick.value) / step**2)
        return float(off / length)

    def _element(self, index: int) -> Residual:
        found = self._trial.element(self._part.start + index)
        self._known[index] = found.numeric
        return found

    def _is_wrong(self, index: int) -> bool:
        """Whether one element is: for most that are, a quick look is enough."""
        quick = self.quick(np.ones(1), np.array([index]))
        if abs(quick.value) > 1e-3 * (abs(quick.analytic) + abs(quick.numeric)) + quick.certain:
            self._known[index] = quick.numeric
            return True
        return not self._element(index).agrees

    def _found(
        self,
        indices: Any,
        complete: bool,
        share: Any = None,
        pattern: str = "",
        truth: Array | None = None,
    ) -> Wrong:
        wrong = np.zeros(self._size, dtype=bool)
        wrong[list(indices) if isinstance(indices, dict) else indices] = True
        indices = np.flatnonzero(wrong)
        exact = len(indices) / max(self._size, 1)
        if not pattern and complete and len(indices) == self._size:
            pattern = "all"
        if truth is None:
            known = np.array(sorted(i for i in self._known if wrong[i]), dtype=np.int64)
            truth = np.array([self._known[i] for i in known.tolist()])
        else:
            known, truth = indices, truth[indices]
        return Wrong(indices, complete, share or (exact, exact), known, truth, pattern, tuple(self._kinks))

    def _by_elements(self) -> Wrong:
        truth = np.array([self._element(i).numeric for i in range(self._size)])
        return self._against(truth)

    def _against(self, truth: Array) -> Wrong:
        got = self._trial.gradient[self._part]
        floor = 1e-3 * self._trial.relative * float(np.max(np.abs(truth), initial=0.0)) + self._trial.floor
        with np.errstate(invalid="ignore"):
            near = np.abs(got - truth) <= self._trial.relative * np.abs(truth) + floor
        return self._found(np.flatnonzero(~near), True, truth=truth)

    def _by_parts(self) -> Array | None:
        """The whole derivative, where its elements act on parts of the output that do not overlap."""
        out, shape = self._trial.d.output.shape, self._shape
        ways = []
        if out == shape:
            ways.append(self._element_wise)
        if len(shape) > 1 and out and out[0] == shape[0] and self._size // shape[0] <= _MOST_PARTS:
            ways.append(self._row_wise)
        if len(shape) > 1 and out and out[-1] == shape[-1] and self._size // shape[-1] <= _MOST_PARTS:
            ways.append(self._column_wise)
        for way in ways:
            # Two outputs that overlap show in one direction, unless something cancels by chance.
            truth = way()
            if truth is not None:
                return truth
        return None

    def _slope(self, values: Array) -> Array:
        return np.asarray(self._trial.d.along(values.ravel(), self._part).value)

    def _element_wise(self) -> Array | None:
        up = self._slope(np.ones(self._size))
        down = -self._slope(np.full(self._size, -1.0))
        moved = self._w.reshape(self._shape)
        if not _same(self._slope(self._w), np.where(moved > 0, up, down) * moved):
            return None
        sides, share, rest = (up, down), 1e-9, 0.0
        if self._trial.d.why_real:
            # Central differences give the mean of both sides.
            sides, share = self._trial.d.one_sided(np.ones(self._size), self._part), 1e-5
            rest = 1e-7 * self._trial.rms
        up = (self._trial.dout * up).ravel()
        right, left = ((self._trial.dout * side).ravel() for side in sides)
        if not np.array_equal(right, left):
            # At a kink every slope between those of the two sides is right.
            low, high = np.minimum(right, left), np.maximum(right, left)
            got, slack = self._trial.gradient[self._part], share * (np.abs(low) + np.abs(high)) + rest
            kink = (high - low > slack) & (low - slack <= got) & (got <= high + slack)
            self._kinks = np.flatnonzero(kink).tolist()
            up[kink] = got[kink]
        return np.asarray(up)

    def _row_wise(self) -> Array | None:
        return self._lines(np.arange(self._shape[0]), lambda a: a.reshape(a.shape[0], -1).sum(axis=1))

    def _column_wise(self) -> Array | None:
        columns = np.arange(self._shape[-1])
        return self._lines(columns, lambda a: a.reshape(-1, a.shape[-1]).sum(axis=0), last=True)

    def _lines(self, lines: NDArray[np.int64], summed: Any, last: bool = False) -> Array | None:
        """One evaluation for each place within a line moves that place in all lines at once."""
        rows = len(lines)
        places = self._size // rows
        # First one line alone: does the rest of the output stay as it is?
        alone = np.zeros((places, rows) if last else (rows, places))
        alone[(slice(None), rows // 2) if last else (rows // 2, slice(None))] = 1.0
        moved = summed(np.abs(self._slope(alone)))
        if np.any(np.delete(moved, rows // 2) > 1e-12 * np.max(moved, initial=1e-300)):
            return None
        truth = np.zeros((places, rows))
        for place in range(places):
            unit = np.zeros((places, rows) if last else (rows, places))
            unit[(place, slice(None)) if last else (slice(None), place)] = 1.0
            truth[place] = summed(self._trial.dout * self._slope(unit))
        flat = truth.ravel() if last else truth.T.ravel()
        numeric = float(np.sum(self._trial.dout * self._slope(self._w)))
        expected = float(np.sum(flat * self._w))
        scale = float(np.sqrt(np.sum(np.square(flat * self._w)))) + abs(numeric)
        return flat if abs(expected - numeric) <= 1e-9 * scale else None

    def _layout(self) -> tuple[int, int]:
        """How many rows and columns the elements are laid out in; the last row may not be full."""
        columns = self._shape[-1] if len(self._shape) > 1 else math.ceil(math.sqrt(self._size))
        return -(-self._size // columns), columns

    def _one(self, at_v: Residual, at_w: Residual) -> Wrong | None:
        rows, columns = self._layout()
        row_code = np.repeat(np.arange(1.0, rows + 1.0) / rows, columns)[: self._size]
        column_code = np.tile(np.arange(1.0, columns + 1.0) / columns, rows)[: self._size]
        self._row = self._ratio(self.measure(self._v * row_code), at_v, rows)
        self._column = self._ratio(self.measure(self._v * column_code), at_v, columns)
        if self._row is None or self._column is None:
            return None
        index = self._row * columns + self._column
        if index >= self._size:
            return None
        error = at_v.value / self._v[index]
        left = at_w.value - error * self._w[index]
        if abs(left) > at_w.certain + 1e-6 * abs(at_w.value):
            return None
        self._element(index)
        return self._found([index], True)

    def _by_factor(self) -> Wrong | None:
        """Every element off by the same factor: only a right value of zero is not."""
        factor = next((e.factor for e in self._explainer.free() if e.factor is not None), None)
        if factor is None:
            return None
        got = self._trial.gradient[self._part]
        worst = int(np.argmax(np.abs(got)))
        self._known[worst] = float(got[worst]) / factor
        return self._found(np.flatnonzero(got), True)

    def _explained_as_a_whole(self) -> Wrong | None:
        """What made it is known, and with it that no few elements are to be looked for."""
        if not self._explainer.all():
            return None
        return self._sampled(np.arange(self._size), enough=_EXPLAINED_SAMPLES)

    def _ratio(self, coded: Residual, plain: Residual, count: int) -> int | None:
        if plain.agrees or not np.isfinite(coded.value):
            return None
        number = coded.value / plain.value * count - 1.0
        nearest = round(number)
        return nearest if abs(number - nearest) < _NEAR_INTEGER and 0 <= nearest < count else None

    def _line(self, at_v: Residual, at_w: Residual) -> Wrong | None:
        """All wrong elements in one row, or in one column."""
        if len(self._shape) < 2:
            return None
        columns = self._shape[-1]
        index = np.arange(self._size)
        for kind, number, of in (
            ("row", self._row, index // columns),
            ("column", self._column, index % columns),
        ):
            if number is None:
                continue
            places = np.flatnonzero(of == number)
            there = self.measure(self._w[places], places)
            if abs(there.value - at_w.value) > at_w.certain + 1e-6 * abs(at_w.value):
                continue
            also = self.measure(self._v[places], places)
            if _constant_factor(also, there):
                # Nothing right is a multiple of what is right, but by one.
                self._element(int(places[0]))
                return self._found(places, True, pattern=f"{kind} {number}")
            if len(places) <= _SMALL:
                wrong = [int(i) for i in places if self._is_wrong(int(i))]
                whole = len(wrong) == len(places)
                return self._found(wrong, True, pattern=f"{kind} {number}" if whole else "")
            return self._sampled(places, f"{kind} {number}")
        return None

    def _few(self) -> Wrong | None:
        if self._too_many():
            return None
        errors: dict[int, float] = {}
        noise: dict[int, float] = {}
        rest = self._v.copy()
        at, quick = self._at[0], True
        for _ in range(_PASSES):
            halves = Halves(self.measure, self.quick if quick else None, rest)
            if not halves.run(at.value, at.certain):
                return None
            errors |= halves.errors
            noise |= halves.noise
            # Where nothing is left beside them, these are all.
            rest[list(halves.errors)] = 0.0
            beside = self._w * (rest != 0)
            if self.measure(beside).agrees:
                return self._few_found(errors, noise)
            at, quick = self.measure(rest), False
        return None

    def _few_found(self, errors: dict[int, float], noise: dict[int, float]) -> Wrong:
        """A part with several wrong elements may look like one with another: does each have its error?"""
        places = np.array(sorted(errors))
        share = float(np.sum([errors[i] * self._w[i] for i in places.tolist()]))
        off = math.hypot(*(noise[i] * float(self._w[i]) for i in places.tolist()))
        together = self.measure(self._w[places], places)
        if abs(together.value - share) > 2 * off + together.certain:
            errors = {i: error for i, error in errors.items() if self._is_wrong(i)}
        else:
            # What is hardly above the noise, or above the round-off of a gradient, is looked at by itself.
            got = np.abs(self._trial.gradient[self._part])
            small = [i for i, e in errors.items() if abs(e) < max(10 * noise[i], 1e-4 * got[i])]
            for i in small:
                if self._element(i).agrees:
                    del errors[i]
        for index in sorted(errors, key=lambda i: -abs(errors[i]))[:3]:
            self._element(index)
        return self._found(errors, True)

    def _too_many(self) -> bool:
        """Whether parts so small that of a few hundred most would miss them hold something wrong, each."""
        count = max(1, self._size // (2 * _MOST_SPARSE))
        for _ in range(_DRAWS):
            places = np.unique(self._rng.integers(0, self._size, count))
            if self.quick(self._v[places], places).agrees:
                return False
        return True

    def _sampled(self, places: NDArray[np.int64], pattern: str = "", enough: int = _SAMPLES) -> Wrong:
        """Elements drawn at random: which of them are wrong, and hence how many in all."""
        wrong: list[int] = []
        drawn = 0
        for index in self._rng.permutation(places)[:_MOST_SAMPLES]:
            drawn += 1
            if self._is_wrong(int(index)):
                wrong.append(int(index))
            if drawn >= enough and (len(wrong) == drawn or enough < _SAMPLES):
                break
        low, high = share_interval(len(wrong), drawn)
        part = len(places) / self._size
        got = self._trial.gradient[self._part]
        wrong = wrong or self._one_of(places)
        if wrong:
            self._element(max(wrong, key=lambda i: abs(got[i] - self._known[i])))
        return self._found(wrong, False, (low * part, high * part), pattern)

    def _one_of(self, places: NDArray[np.int64]) -> list[int]:
        """One wrong element of so few that chance hits none: of two halves always the more wrong one."""
        while len(places) > 1:
            halves = np.array_split(places, 2)
            there = [self.measure(self._v[half], half) for half in halves]
            off = [abs(found.value) / (found.certain or 1.0) for found in there]
            places = halves[int(off[1] > off[0])]
        return [int(i) for i in places if not self._element(int(i)).agrees]


def _same(one: Array, other: Array) -> bool:
    allowed = np.abs(other)
    scale = float(np.max(allowed, initial=0.0))
    allowed *= 1e-9
    allowed += 1e-12 * scale
    off = one - other
    return bool(np.all(np.abs(off, out=off) <= allowed))


def _constant_factor(one: Residual, other: Residual) -> bool:
    if one.numeric == 0 or other.numeric == 0:
        return False
    a, b = one.analytic / one.numeric, other.analytic / other.numeric
    return abs(a - b) <= 1e-7 * max(abs(a), abs(b), 1.0)
