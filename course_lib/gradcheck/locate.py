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
4. A few hundred: random tables of cells. In a cell with one wrong element the index-weighted residual over
   the plain one is its index; it is taken out of all other cells, which leaves more cells with one (the
   peeling of an invertible Bloom lookup table, Goodrich and Mitzenmacher 2011): some three measurements each.
5. More: elements drawn at random are looked at, and the share that is wrong lies in an interval (Clopper and
   Pearson 1934).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from course_lib.gradcheck.trial import Residual, Trial

__all__ = ["Wrong", "locate", "share_interval"]

Array = NDArray[np.float64]

_SMALL = 256
_MOST_PARTS = 300
_MOST_SPARSE = 400
_SAMPLES, _MOST_SAMPLES = 40, 60
_MOST_TABLES, _CELLS = 12, 1.3
_NEAR_INTEGER = 0.05
_DRAWS = 5


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
    truth : dict of int to float
        The right value where it is known, by flat index.
    pattern : str
        "", "row 3", "column 7", "all".
    kinks : tuple of int
        Elements at a kink whose value is between the slopes of both sides, hence right.
    """

    indices: NDArray[np.int64]
    complete: bool
    share: tuple[float, float]
    truth: dict[int, float]
    pattern: str = ""
    kinks: tuple[int, ...] = ()


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
    factor: Callable[[], float | None],
    rng: np.random.Generator,
) -> Wrong:
    """The wrong elements of the gradient of input `name`.

    Parameters
    ----------
    ways : two ndarrays
        Directions over all inputs.
    at : two Residuals
        What is along them in this input alone.
    factor : callable
        The number by which all elements are off, where it is one: asked where no single element is wrong.
    """
    return _Search(trial, name, ways, at, factor, rng).run()


class _Search:
    """One input."""

    def __init__(
        self,
        trial: Trial,
        name: str,
        ways: Sequence[Array],
        at: Sequence[Residual],
        factor: Callable[[], float | None],
        rng: np.random.Generator,
    ) -> None:
        self._trial, self._rng, self._at, self._factor = trial, rng, at, factor
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
            self._one(at_v, at_w)
            or self._all()
            or self._line(at_v, at_w)
            or self._few(at_w)
            or self._sampled(np.arange(self._size))
        )

    def _measure(self, values: Array, places: Any = None, *, quick: bool = False) -> Residual:
        there = self._part if places is None else self._part.start + places
        return self._trial.part(values, there, quick=quick)

    def _element(self, index: int) -> Residual:
        found = self._trial.element(self._part.start + index)
        self._known[index] = found.numeric
        return found

    def _found(self, indices: Any, complete: bool, share: Any = None, pattern: str = "") -> Wrong:
        indices = np.asarray(sorted(int(i) for i in indices), dtype=np.int64)
        exact = len(indices) / max(self._size, 1)
        if not pattern and complete and len(indices) == self._size:
            pattern = "all"
        return Wrong(
            indices, complete, share or (exact, exact), dict(self._known), pattern, tuple(self._kinks)
        )

    def _by_elements(self) -> Wrong:
        truth = np.array([self._element(i).numeric for i in range(self._size)])
        return self._against(truth)

    def _against(self, truth: Array) -> Wrong:
        got = self._trial.gradient[self._part]
        self._known = dict(enumerate(truth.tolist()))
        floor = 1e-3 * self._trial.relative * float(np.max(np.abs(truth), initial=0.0)) + self._trial.floor
        with np.errstate(invalid="ignore"):
            near = np.abs(got - truth) <= self._trial.relative * np.abs(truth) + floor
        return self._found(np.flatnonzero(~near), True)

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
        v = np.zeros(self._trial.d.point.size)
        v[self._part] = values.ravel()
        return np.asarray(self._trial.d.along(v).value)

    def _element_wise(self) -> Array | None:
        up, down = self._slope(np.ones(self._shape)), -self._slope(-np.ones(self._shape))
        moved = self._w.reshape(self._shape)
        if not _same(self._slope(moved), np.where(moved > 0, up, down) * moved):
            return None
        low, high = (
            (self._trial.dout * side).ravel() for side in (np.minimum(up, down), np.maximum(up, down))
        )
        low, high = np.minimum(low, high), np.maximum(low, high)
        got, slack = self._trial.gradient[self._part], 1e-9 * (np.abs(low) + np.abs(high))
        # At a kink every slope between those of the two sides is right.
        kink = (high - low > slack) & (low - slack <= got) & (got <= high + slack)
        self._kinks = np.flatnonzero(kink).tolist()
        return np.where(kink, got, (self._trial.dout * up).ravel())

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

    def _codes(self) -> tuple[int, Array, Array]:
        """How many columns the elements are laid out in; the numbers of row and column of each, in (0, 1]."""
        columns = self._shape[-1] if len(self._shape) > 1 else math.ceil(math.sqrt(self._size))
        index = np.arange(self._size)
        rows = -(-self._size // columns)
        return columns, (index // columns + 1) / rows, (index % columns + 1) / columns

    def _one(self, at_v: Residual, at_w: Residual) -> Wrong | None:
        columns, row_code, column_code = self._codes()
        rows = -(-self._size // columns)
        self._row = self._ratio(self._measure(self._v * row_code), at_v, rows)
        self._column = self._ratio(self._measure(self._v * column_code), at_v, columns)
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

    def _all(self) -> Wrong | None:
        """Every element off by the same factor: only a right value of zero is not."""
        factor = self._factor()
        if factor is None:
            return None
        got = self._trial.gradient[self._part]
        worst = int(np.argmax(np.abs(got)))
        self._known[worst] = float(got[worst]) / factor
        return self._found(np.flatnonzero(got), True)

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
            there = self._measure(self._w[places], places)
            if abs(there.value - at_w.value) > at_w.certain + 1e-6 * abs(at_w.value):
                continue
            also = self._measure(self._v[places], places)
            if _constant_factor(also, there):
                # Nothing right is a multiple of what is right, but by one.
                self._element(int(places[0]))
                return self._found(places, True, pattern=f"{kind} {number}")
            if len(places) <= _SMALL:
                wrong = [int(i) for i in places if not self._element(int(i)).agrees]
                whole = len(wrong) == len(places)
                return self._found(wrong, True, pattern=f"{kind} {number}" if whole else "")
            return self._sampled(places, f"{kind} {number}")
        return None

    def _about_how_many(self) -> float:
        """An estimate, from parts so small that some of them hold nothing wrong, and some do."""
        part = self._size // 16
        while True:
            drawn = [self._clean(self._rng.permutation(self._size)[:part]) for _ in range(_DRAWS)]
            clean = sum(drawn) / _DRAWS
            if clean == 0 and part > 8 * 16:
                part //= 8
            elif clean == 1 and part < self._size // 4:
                part *= 3
            else:
                return float(-math.log(min(max(clean, 0.5 / _DRAWS), 0.9)) * self._size / part)

    def _clean(self, places: NDArray[np.int64]) -> bool:
        return self._measure(self._v[places], places).agrees

    def _few(self, at_w: Residual) -> Wrong | None:
        guess = self._about_how_many()
        if guess > 4 * _MOST_SPARSE:
            return None
        peeling = _Peeling(self, guess)
        errors = peeling.run()
        if errors is None:
            return None
        left = at_w.value - sum(error * self._w[i] for i, (error, _) in errors.items())
        noise = sum(noise * abs(self._w[i]) for i, (_, noise) in errors.items())
        if abs(left) > at_w.certain + noise:
            return None
        for index in sorted(errors, key=lambda i: -abs(errors[i][0]))[:3]:
            self._element(index)
        return self._found(errors, True)

    def _sampled(self, places: NDArray[np.int64], pattern: str = "") -> Wrong:
        """Elements drawn at random: which of them are wrong, and hence how many in all."""
        wrong: list[int] = []
        drawn = 0
        for index in self._rng.permutation(places)[:_MOST_SAMPLES]:
            drawn += 1
            if not self._element(int(index)).agrees:
                wrong.append(int(index))
            if drawn >= _SAMPLES and len(wrong) == drawn:
                break
        low, high = share_interval(len(wrong), drawn)
        part = len(places) / self._size
        return self._found(wrong, False, (low * part, high * part), pattern)


class _Peeling:
    """The wrong elements out of tables of cells."""

    def __init__(self, search: _Search, guess: float) -> None:
        self._search, self._guess = search, guess
        self._size, self._v = search._size, search._v
        self._errors: dict[int, tuple[float, float]] = {}
        self._cells: list[dict[str, Any]] = []
        self._of: list[NDArray[np.int64]] = []
        self._first: list[int] = []
        self._quick = False

    def run(self) -> dict[int, tuple[float, float]] | None:
        """Flat index of each, its error and the noise of that; None where they do not come apart."""
        number = self._guess
        for table in range(_MOST_TABLES):
            missing = _CELLS * number - len(self._cells)
            count = max(8, math.ceil(0.6 * number if table == 0 else max(missing / 2, 0.2 * number)))
            empty = self._lay(count)
            if table and self._peel():
                return self._errors
            # Of k wrong elements in c cells, a share of exp(-k/c) stays empty.
            if table == 0 or not empty:
                number = max(-count * math.log(max(empty, 0.5) / count), 1.5 * number if not empty else 0.0)
            if number > 1.5 * _MOST_SPARSE:
                break
        return None

    def _lay(self, count: int) -> int:
        """One table more; how many of its cells hold nothing wrong."""
        empty = 0
        table = self._search._rng.integers(0, count, self._size)
        self._of.append(table)
        self._first.append(len(self._cells))
        if not self._cells:
            self._quick = self._quick_will_do(np.flatnonzero(table == 0))
        for cell in range(count):
            places = np.flatnonzero(table == cell)
            values = self._v[places]
            plain = self._search._measure(values, places, quick=self._quick)
            coded = 0.0
            empty += plain.agrees
            if not plain.agrees:
                codes = (places + 1) / self._size
                coded = self._search._measure(values * codes, places, quick=self._quick).value
            self._cells.append(
                {"places": places, "plain": plain.value, "coded": coded, "noise": plain.certain}
            )
        for index, (error, noise) in self._errors.items():
            self._take(index, error, noise, tables=[len(self._of) - 1])
        return empty

    def _quick_will_do(self, places: NDArray[np.int64]) -> bool:
        """Whether real differences are good enough here to tell an index from its neighbours."""
        if self._search._trial.d.why_real or not len(places):
            return False
        exact = self._search._measure(self._v[places], places)
        quick = self._search._measure(self._v[places], places, quick=True)
        off = abs(exact.value - quick.value)
        self.noise = 8 * off + exact.certain
        return abs(exact.value) > 0 and self.noise * self._size < 0.02 * abs(exact.value)

    def _take(self, index: int, error: float, noise: float, tables: list[int]) -> None:
        share = error * self._v[index]
        for number in tables:
            cell = self._cells[self._first[number] + int(self._of[number][index])]
            cell["plain"] -= share
            cell["coded"] -= share * (index + 1) / self._size
            cell["noise"] += noise * abs(self._v[index])

    def _peel(self) -> bool:
        """Take out what stands alone in a cell, until nothing is left or nothing more comes out.

        Where a large error hides a tiny one, the index of both together is not quite whole: what looks least
        like one element is tried last, and an index that comes again corrects what was taken out before.
        """
        steps = 20 * len(self._cells)
        for window in (1e-4, 1e-2, _NEAR_INTEGER):
            moved = True
            while moved and steps > 0:
                moved = False
                for cell in self._cells:
                    if abs(cell["plain"]) > cell["noise"] and self._alone(cell, window):
                        moved, steps = True, steps - 1
            if all(abs(cell["plain"]) <= cell["noise"] for cell in self._cells):
                self._errors = {i: found for i, found in self._errors.items() if abs(found[0]) > 2 * found[1]}
                return True
        return False

    def _alone(self, cell: dict[str, Any], window: float) -> bool:
        number = cell["coded"] / cell["plain"] * self._size - 1.0
        if not np.isfinite(number):
            return False
        nearest = round(number)
        place = int(np.searchsorted(cell["places"], nearest))
        if place >= len(cell["places"]) or int(cell["places"][place]) != nearest:
            return False
        if abs(number - nearest) > min(
            _NEAR_INTEGER, window + 2 * cell["noise"] / abs(cell["plain"]) * self._size
        ):
            return False
        error, noise = cell["plain"] / self._v[nearest], cell["noise"] / abs(self._v[nearest])
        before, doubt = self._errors.get(nearest, (0.0, 0.0))
        self._errors[nearest] = before + error, max(noise, doubt)
        self._take(nearest, error, noise if not doubt else 0.0, tables=list(range(len(self._of))))
        return True


def _same(one: Array, other: Array) -> bool:
    scale = float(np.max(np.abs(other), initial=0.0))
    return bool(np.all(np.abs(one - other) <= 1e-9 * np.abs(other) + 1e-12 * scale))


def _constant_factor(one: Residual, other: Residual) -> bool:
    if one.numeric == 0 or other.numeric == 0:
        return False
    a, b = one.analytic / one.numeric, other.analytic / other.numeric
    return abs(a - b) <= 1e-7 * max(abs(a), abs(b), 1.0)
