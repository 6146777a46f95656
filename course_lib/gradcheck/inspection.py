"""The verdict on one forward and one backward, at a point and elsewhere.

Theory of operation. First what needs no derivative (`call`). Then the verdict, along two random directions
at the point given, and along one at a point of other signs and sizes, where a stale cache or an error for
negative inputs shows. Only a wrong gradient is looked into: which input, which elements (`locate`), which
mistake (`explain`). A wrong element at a kink is excused where it lies between the slopes of both sides.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from course_lib.errors import DefinitionError
from course_lib.gradcheck.call import Answer, Call, coarseness
from course_lib.gradcheck.differentiate import OUT_OF_DOMAIN, Differentiator
from course_lib.gradcheck.explain import Explainer, explain_elements
from course_lib.gradcheck.findings import as_report
from course_lib.gradcheck.hypotheses import Before, Mistake
from course_lib.gradcheck.kinks import (
    at_a_kink,
    kinks_in_words,
    not_leapt_over,
    not_together,
    only_kinks,
    points_around,
    without_kinks,
)
from course_lib.gradcheck.locate import locate
from course_lib.gradcheck.point import Point
from course_lib.gradcheck.report import GradientReport, InputReport
from course_lib.gradcheck.shrink import counterexample
from course_lib.gradcheck.trial import Residual, Trial, direction

__all__ = ["Inspection"]

Array = NDArray[np.float64]
# A power of two: what is exact stays so.
_LARGER = 16.0
_LITTLE, _NEARER, _DOUBTFUL, _AS_ZERO = 1e-3, 0.5, 1e-2, 1e-6
_FEW = 16
_SMALL_BESIDE, _MOST_DOUBLED = 1 / 256, 100


class Inspection:
    """One forward and one backward."""

    def __init__(
        self,
        forward: Callable[..., Any],
        backward: Callable[..., Any],
        mistakes: Sequence[Mistake],
        words: Mapping[float, str],
        method: str,
        seed: int,
        before: Mapping[str, Any] | None,
        zero: Collection[str] = (),
    ) -> None:
        self._zero = zero
        self._forward, self._call = forward, Call(backward)
        self._before: list[Before] = []
        if before is not None:
            flat = Point(before).flat
            self._before.append((flat, np.full_like(flat, np.nan)))
        self._mistakes, self._words, self._method, self._seed = mistakes, words, method, seed
        self.evaluations = 0
        self._why_real: str | None = None

    def at(self, inputs: dict[str, NDArray[Any]], again: bool = False) -> GradientReport:
        """The report at one point."""
        rng = np.random.default_rng(self._seed + 7 * again)
        point = Point(inputs)
        ways = [direction(point.size, rng) for _ in range(2)]
        with _quiet():
            d = None
            try:
                d = Differentiator(self._forward, point, self._method, ways[0], self._why_real or None)
                if not np.all(np.isfinite(d.remember(ways[0]).value)):
                    ways = [_within(way, point.flat) for way in ways]
                self._why_real, self._ways = d.why_real, ways
                self._d = d
                return self._judged(d, inputs, ways, rng, again)
            finally:
                self.evaluations += d.evaluations if d is not None else 1

    def elsewhere(self) -> GradientReport | None:
        """The report at a point of other signs and sizes; None where forward is not finite there.

        Of few numbers all may have the signs that they had: then there are several such points.
        """
        before = self._d.evaluations
        rng = np.random.default_rng(self._seed + 7)
        report = None
        with _quiet():
            try:
                for signs in self._signs():
                    d = self._moved(signs)
                    if d is not None:
                        report = self._judged(d, {}, self._ways[::-1], rng, again=True)
                    if report is not None and not report.passed:
                        break
                return report
            finally:
                self.evaluations += self._d.evaluations - before

    def _signs(self) -> list[Any]:
        """Signs that the factors get, besides those drawn."""
        size = self._d.point.size
        turns = np.where(np.arange(size) % 2, 1.0, -1.0)
        return [1.0, -1.0, turns, -turns] if size <= _FEW else [1.0]

    def _moved(self, signs: Any = 1.0) -> Differentiator | None:
        """The forward at a point of other signs and sizes, or of other sizes alone."""
        flat = self._d.point.flat
        other = signs * np.roll(self._ways[0], len(flat) // 2)
        # A zero stays one by any factor: a bias that begins there would never be tried elsewhere.
        filled = flat.copy()
        for part in self._d.point.slices.values():
            largest = float(np.max(np.abs(flat[part]), initial=0.0))
            filled[part] = np.where(np.abs(flat[part]) <= _AS_ZERO * largest, largest, flat[part])
        filled[flat == 0] = 1.0
        for name in self._zero:
            filled[self._d.point.slices[name]] = 0.0
        starts = (flat,) if np.array_equal(filled, flat) else (filled, flat)
        for start in starts:
            first = None
            # Nearer to zero less is saturated; the last is for a forward that has no value but near by.
            for factors in (other, np.abs(other), _NEARER * other, 1.0 + _LITTLE * other):
                try:
                    d = self._d.at(start * factors)
                except OUT_OF_DOMAIN:
                    continue
                if d.output.dtype.kind == "f" and np.all(np.isfinite(d.output)):
                    if d.confirms(self._ways[1]):
                        return d
                    first = first or d
            if first is not None:
                # What drops the imaginary part may do so here alone, as beside weights that began at zero.
                first.turn_real()
                return first
        return None

    def _judged(
        self,
        d: Differentiator,
        inputs: dict[str, NDArray[Any]],
        ways: list[Array],
        rng: np.random.Generator,
        again: bool,
    ) -> GradientReport:
        how = d.method + (f": {d.why_real}" if d.why_real and self._method == "auto" else "")
        unclear = self._unclear(d, again, ways[0])
        if unclear:
            return GradientReport("cannot tell", (unclear,), (), how, 0)
        point = d.point
        dout = direction(d.output.size, rng).reshape(d.output.shape)
        if again:
            # Beyond what people clip at; each of few of the other sign in turn, or a lost one would not show.
            turned = dout.shape == np.shape(self._signs_before) and dout.size <= _FEW
            dout *= _LARGER * (-np.sign(dout) * self._signs_before if turned else 1.0)
        self._signs_before = np.sign(dout)
        try:
            answer = self._call.ask(dout, point, again)
        except DefinitionError:
            raise
        except Exception as error:
            if not again:
                raise
            reason = f"backward raises {type(error).__name__} there, where forward does not: {error}"
            return GradientReport("wrong", (reason,), (), how, 0)
        if d.writes:
            # A layer's backward follows a forward: what that one writes to is no fault of backward.
            answer.reasons = [reason for reason in answer.reasons if "its input" not in reason]
            answer.reasons.append("forward changes its inputs in place.")
        shapes = point.shapes
        misshapen = self._call.misshapen(answer.gradients, shapes, d.output.shape)
        names = [name for name in shapes if name not in misshapen]
        reports = dict(misshapen)
        if names:
            reports |= self._compared(d, answer, names, dout, ways, rng, again)
        if all(item.passed for item in reports.values()) and any(
            a.dtype == np.float32 for a in inputs.values()
        ):
            reports |= self._call.in_float32(inputs, dout, answer, reports)
        ordered = tuple(
            replace(reports[name], notes=(*reports[name].notes, *answer.notes.get(name, ())))
            for name in shapes
        )
        right = all(item.passed for item in ordered) and not answer.reasons
        return GradientReport(
            "right" if right else "wrong", tuple(answer.reasons), ordered, how, 0, tuple(self._basis)
        )

    def _unclear(self, d: Differentiator, again: bool, way: Array) -> str:
        if not again and not np.array_equal(d.at(d.point.flat).output, d.output, equal_nan=True):
            return "forward gives another value when it is called again with the same inputs: is it random?"
        if d.output.dtype.kind not in "fc" or not np.all(np.isfinite(d.output)):
            return "forward gives values that are not finite numbers here: no derivative can be taken."
        if not np.all(np.isfinite(d.remember(way).value)):
            return "forward gives values that are not finite numbers next to this point: is it at an edge?"
        return ""

    _basis: Sequence[str] = ()
    _signs_before: Any = 1.0
    _integers: Collection[str] = ()

    def _compared(
        self,
        d: Differentiator,
        answer: Answer,
        names: list[str],
        dout: Array,
        ways: list[Array],
        rng: np.random.Generator,
        again: bool,
    ) -> dict[str, InputReport]:
        point = d.point
        others = [name for name in point.shapes if name not in names]
        if others:
            ways = [way.copy() for way in ways]
            for name in others:
                ways[0][point.slices[name]] = ways[1][point.slices[name]] = 0.0
        self._integers = {name for name in names if np.asarray(answer.gradients[name]).dtype.kind in "iu"}
        blank = {name: np.zeros(point.shapes[name]) for name in others}
        coarse = max((coarseness(answer.gradients[name]) for name in names), default=0.0)
        trial = Trial(d, point.join(answer.gradients | blank), dout, coarse)

        def gradient_at(flat: Array, dout: Array = dout) -> Array:
            return point.join(self._call.gradients(dout.copy(), point.split(flat.copy())) | blank)

        small = _small_beside(trial, ways[0], names)
        evened = ways[0] if trial.d.why_real else _evened(trial, ways[0], small)
        apart = [name for name in names if len(names) > 1 and not np.any(trial.gradient[point.slices[name]])]
        apart += small if trial.d.why_real else ()
        even = evened is ways[0] and not apart
        ways = [evened, *ways[1:]]
        looked = (ways[:1] if again else ways) + [_only(ways[0], point.slices[name]) for name in apart]
        at = [trial.along(way) for way in looked]
        if trial.d.why_real and max(map(trial.doubt, looked, at)) > _DOUBTFUL:
            # Beside numbers of size 1 a step is a leap for those of a millionth: all move by a share of each.
            shares = [way * trial.moves for way in looked]
            along = [trial.along(way) for way in shares]
            if max(map(trial.doubt, shares, along)) < max(map(trial.doubt, looked, at)):
                ways, looked, at = [way * trial.moves for way in ways], shares, along
        self._basis = [*self._basis, *map(_in_words, at)]
        if not any(
            trial.wrong(way, residual, gradient_at, rng) for way, residual in zip(looked, at, strict=True)
        ):
            self._before.append((point.flat, trial.gradient))
            return {name: InputReport(name, point.shapes[name], True) for name in names}
        at = at[: len(ways)] if not again else [at[0], *(trial.along(way) for way in ways[1:])]

        def another() -> Trial | None:
            there = self._moved()
            if there is None or there.output.shape != dout.shape:
                return None
            # Of other signs as well: what a mask of dout leaves is no other row's share there.
            upstream = -dout.ravel()[::-1].reshape(dout.shape)
            try:
                return Trial(there, gradient_at(there.point.flat, upstream), upstream, coarse)
            except OUT_OF_DOMAIN:
                return None

        reports = {
            name: self._input(trial, name, ways, alone, rng, another, gradient_at)
            for name, alone in _apart(trial, names, ways, at, even).items()
        }
        excused = [name for name, report in reports.items() if report.passed and report.notes]
        if excused and all(report.passed for report in reports.values()):
            answer.reasons += filter(None, [not_together(trial, excused)])
        for name, report in reports.items():
            if report.yours is not None:
                start = point.slices[name].start
                place = np.ravel_multi_index(report.worst_index, report.shape) if report.shape else 0
                example = counterexample(d, gradient_at, dout.shape, start + int(place), rng, self._zero)
                reports[name] = replace(report, example=example)
        return reports

    def _input(
        self,
        trial: Trial,
        name: str,
        ways: list[Array],
        alone: list[Residual],
        rng: np.random.Generator,
        another: Callable[[], Trial | None],
        again: Callable[[Array], Array],
    ) -> InputReport:
        shape = trial.d.point.shapes[name]
        part = trial.d.point.slices[name]
        if all(residual.agrees for residual in alone):
            return InputReport(name, shape, True)
        explainer = Explainer(
            trial,
            name,
            ways,
            alone,
            mistakes=self._mistakes,
            words=self._words,
            forward=self._forward,
            elsewhere=another,
            before=[one for one in self._before if len(one[0]) == trial.d.point.size],
        )
        located = locate(trial, name, ways, alone, explainer, rng)
        wrong = not_leapt_over(trial, part, located)
        if len(located.indices) and wrong.complete and not len(wrong.indices):
            return InputReport(name, shape, True)
        # What one element equals says nothing, unless it is all there is.
        explained = explainer.all() if len(wrong.indices) != 1 or part.stop - part.start == 1 else ()
        got = trial.gradient[part][wrong.indices]
        if not explained and wrong.complete and (len(wrong.known) == len(got) or not np.any(got)):
            explained = explain_elements(got, wrong.truth, name in self._integers)
        kink = at_a_kink(trial, ways[0][part], part, alone[0])
        kinks: list[int] = []
        around = points_around(trial, rng) if kink else []
        if kink:
            wrong, kinks = without_kinks(trial, part, wrong, around)
        notes = (kinks_in_words(kinks, shape),) if kink else ()
        if kink and (
            (wrong.complete and not len(wrong.indices))
            or only_kinks(trial, part, wrong, [_only(way, part) for way in ways], again, around, rng)
        ):
            return InputReport(name, shape, True, notes=notes)
        return as_report(trial, name, wrong, explained, notes)


def _small_beside(trial: Trial, way: Array, names: Sequence[str]) -> dict[str, float]:
    """The inputs whose gradient is small, and how many times larger another one is."""
    slices = trial.d.point.slices
    sizes = {
        n: float(np.sqrt(np.mean(np.square(trial.gradient[slices[n]]))))
        for n in names
        if np.any(way[slices[n]])
    }
    most = max(sizes.values(), default=0.0)
    return {name: most / size for name, size in sizes.items() if 0 < size < _SMALL_BESIDE * most}


def _evened(trial: Trial, way: Array, small: Mapping[str, float]) -> Array:
    """`way`, in which an input whose gradient is small moves more: beside a large one its errors are none.

    The complex step is as exact for any direction; by real differences each of these is looked at alone.
    """
    if not small:
        return way
    evened = way.copy()
    for name, times in small.items():
        evened[trial.d.point.slices[name]] *= 2.0 ** min(round(np.log2(times)), _MOST_DOUBLED)
    return evened


def _apart(
    trial: Trial, names: list[str], ways: list[Array], at: list[Residual], even: bool
) -> dict[str, list[Residual]]:
    """What is along the ways in each input alone.

    The last one needs no evaluation where the rest is all, and gradients are of a size.
    """
    found: dict[str, list[Residual]] = {}
    left = at
    for name in names:
        part = trial.d.point.slices[name]
        if name == names[-1] and len(names) > 1 and even and all(residual.agrees for residual in left):
            found[name] = left
            continue
        found[name] = at if len(names) == 1 else [trial.along(way[part], part) for way in ways]
        left = [whole.without(here) for whole, here in zip(left, found[name], strict=True)]
    return found


def _only(way: Array, part: slice) -> Array:
    """The direction in which one input moves."""
    alone = np.zeros_like(way)
    alone[part] = way[part]
    return alone


def _within(way: Array, flat: Array) -> Array:
    """The direction in which no input moves by more than itself: where a forward has no value beyond zero."""
    return way * np.where(flat != 0, np.minimum(np.abs(flat), 1.0), 1.0)


@contextmanager
def _quiet() -> Iterator[None]:
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        yield


def _in_words(residual: Residual) -> str:
    return (
        f"along a random direction: analytic {residual.analytic:.10g}, numeric {residual.numeric:.10g}, "
        f"round-off explains {residual.certain:.1g}"
    )
