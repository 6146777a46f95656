"""Which mistake makes exactly this gradient: hypotheses, each a derivative of its own, along two directions.

    Mistake      a mistake of one's own: another forward, another upstream gradient, another point, or a value
    Explanation  what the gradient equals, in words, and what to reread
    explain      the explanations that fit the gradient of one input

Theory of operation. A hypothesis says what the gradient would be if something were left out or put in; along
a direction that is a number, as cheap to get as the right one. One that gives the right number as well says
nothing; one that gives the gradient's own number along two random directions is it (a chance agreement has no
probability). No right formula stands anywhere: the forward is differentiated with another upstream gradient,
at another point, or one of its variants is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from course_lib.gradcheck.differentiate import Differentiator, Point
from course_lib.gradcheck.trial import Trial

__all__ = ["Explanation", "Mistake", "explain", "explain_shape"]

Array = NDArray[np.float64]
_REL = 1e-6


@dataclass(frozen=True)
class Explanation:
    """`says` completes "Your gradient equals …"; `hint` says what to reread or try.

    `factor` is the number by which every element is off, where it is one.
    """

    says: str
    hint: str = ""
    factor: float | None = None


@dataclass(frozen=True)
class Mistake:
    """What one mistake would do: the true gradient is taken of something else.

    Parameters
    ----------
    says : str
        Completes "Your gradient equals …".
    forward : callable, optional
        In place of the forward: with one path cut, another loss, the operands swapped.
    upstream : callable, optional
        `upstream(dout)` in place of the upstream gradient.
    at : callable, optional
        `at(inputs)` in place of the inputs: the output, the previous inputs.
    value : callable, optional
        `value(dout, **inputs)` gives the gradients themselves, as a mapping.
    hint : str
    """

    says: str
    forward: Callable[..., Any] | None = None
    upstream: Callable[[Any], Any] | None = None
    at: Callable[[Mapping[str, Any]], Mapping[str, Any]] | None = None
    value: Callable[..., Mapping[str, Any]] | None = None
    hint: str = ""


def explain(
    trial: Trial,
    name: str,
    v: Array,
    w: Array,
    *,
    mistakes: Sequence[Mistake] = (),
    words: Mapping[float, str] | None = None,
    forward: Callable[..., Any],
    most: int = 2,
) -> tuple[Explanation, ...]:
    """The explanations that fit the gradient of input `name`, at most `most`."""
    found: list[Explanation] = []
    one = _One(trial, name, v, w, forward, words or {})
    for explanation, predicted in one.known(mistakes):
        if len(found) < most and one.fits(predicted) and explanation not in found:
            found.append(explanation)
    if not found:
        fitting = (explanation for explanation, predicted in one.general() if one.fits(predicted))
        found = list(islice(fitting, 1))
    return tuple(found)


class _One:
    """The gradient of one input along two directions in that input alone."""

    def __init__(
        self,
        trial: Trial,
        name: str,
        v: Array,
        w: Array,
        forward: Callable[..., Any],
        words: Mapping[float, str],
    ) -> None:
        self._trial, self._name, self._forward, self._words = trial, name, forward, words
        part = trial.d.point.slices[name]
        self._shape, self._part = trial.d.point.shapes[name], part
        self._ways = [self._masked(v), self._masked(w)]
        self._got = trial.gradient[part].reshape(self._shape)
        self._inputs = trial.d.point.split(trial.d.point.flat)
        self._slopes = [trial.d.along(way).value for way in self._ways]
        self._analytic = [float(np.sum(trial.gradient * way)) for way in self._ways]
        self._numeric = [float(np.sum(trial.dout * slope)) for slope in self._slopes]
        self._scale = [
            float(np.sqrt(np.sum(np.square(trial.gradient * way)))) + abs(number)
            for way, number in zip(self._ways, self._numeric, strict=True)
        ]

    def _masked(self, v: Array) -> Array:
        way = np.zeros_like(v)
        way[self._part] = v[self._part]
        return way

    def fits(self, predicted: Callable[[int], float]) -> bool:
        """Whether the hypothesis gives the gradient's own numbers, and not the right ones."""
        differs = False
        for i in (0, 1):
            value = predicted(i)
            if not np.isfinite(value) or abs(value - self._analytic[i]) > _REL * (
                self._scale[i] + abs(value)
            ):
                return False
            differs = differs or abs(value - self._numeric[i]) > _REL * (self._scale[i] + abs(value))
        return differs

    def _value(self, value: Any) -> Callable[[int], float]:
        flat = np.asarray(value, dtype=np.float64).ravel()
        return lambda i: float(np.sum(flat * self._ways[i][self._part]))

    def _through(self, upstream: Any) -> Callable[[int], float]:
        return lambda i: float(np.sum(upstream * self._slopes[i]))

    def known(self, mistakes: Sequence[Mistake]) -> Iterator[tuple[Explanation, Callable[[int], float]]]:
        """The mistakes that the caller knows."""
        for mistake in mistakes:
            predicted = self._of(mistake)
            if predicted is not None:
                yield Explanation(mistake.says, mistake.hint), predicted

    def general(self) -> Iterator[tuple[Explanation, Callable[[int], float]]]:
        """What people do anywhere; what says most comes first."""
        dout, x = self._trial.dout, self._inputs[self._name]
        yield Explanation("zero everywhere"), self._value(np.zeros(self._shape))
        yield Explanation("the right value with the other sign", factor=-1.0), self._through(-dout)
        yield from self._upstreams()
        for explanation in self.factor():
            yield explanation, self._value(self._got)
        for explanation in self._update():
            yield explanation, self._value(self._got)
        for other, value in self._inputs.items():
            if other != self._name and value.shape == self._shape:
                yield (
                    Explanation(f"the right gradient of {other}: the two are in the wrong order"),
                    self._swapped(other),
                )
        if dout.shape == self._shape and dout.shape:
            yield (
                Explanation("the upstream gradient itself: the local derivative is missing"),
                self._value(dout),
            )
            yield Explanation("the upstream gradient times the input"), self._value(dout * x)
            yield (
                Explanation("the upstream gradient times the output: the value in place of the derivative"),
                self._value(dout * self._trial.d.output),
            )
            yield from self._of_local()
        if len(self._shape) == 2 and self._shape[0] == self._shape[1] > 1:
            yield Explanation("the transpose of the right value"), self._turned
        for place, says in self._places():
            yield Explanation(says, "At which value is the local derivative to be taken?"), self._at(place)

    def _upstreams(self) -> Iterator[tuple[Explanation, Callable[[int], float]]]:
        dout = self._trial.dout
        if np.any(dout != 1.0):
            yield (
                Explanation(
                    "the value for an upstream gradient of ones: dout is not used",
                    "The downstream gradient is upstream times local.",
                ),
                self._through(np.ones_like(dout)),
            )
            yield Explanation("the value for dout applied twice"), self._through(dout**2)
        for axis, thing in ((0, "row"), (-1, "column")):
            if dout.ndim < 1 + (axis == -1) or dout.shape[axis] < 2:
                continue
            for at, word in ((0, "first"), (-1, "last")):
                kept = np.zeros_like(dout)
                index = [slice(None)] * dout.ndim
                index[axis] = slice(at, at + 1 or None)
                kept[tuple(index)] = dout[tuple(index)]
                yield (
                    Explanation(
                        f"what the {word} {thing} of dout alone gives", "All shares of a value add up."
                    ),
                    self._through(kept),
                )

    def _of_local(self) -> Iterator[tuple[Explanation, Callable[[int], float]]]:
        """Hypotheses of a function of each element by itself."""
        unit = np.zeros(self._trial.d.point.size)
        unit[self._part] = 1.0
        local = self._trial.d.along(unit).value
        if not np.allclose(
            local * self._ways[1][self._part].reshape(self._shape), self._slopes[1], rtol=1e-9
        ):
            return
        dout = self._trial.dout
        yield Explanation("the value with the local derivative applied twice"), self._value(dout * local**2)
        with np.errstate(all="ignore"):
            mine = np.where(dout != 0, self._got / dout, np.nan)
        off = np.abs(mine - local) > _REL * (np.abs(mine) + np.abs(local)) + 1e-12
        x = self._inputs[self._name]
        for side, word in ((x < 0, "negative"), (x > 0, "positive")):
            slopes = mine[side]
            if (
                np.any(off[side])
                and not np.any(off[~side])
                and np.ptp(slopes) <= _REL * np.max(np.abs(slopes))
            ):
                says = (
                    f"the value with a local derivative of {slopes.flat[0]:.6g} wherever the input is {word}"
                )
                yield Explanation(says), self._value(self._got)

    def _of(self, mistake: Mistake) -> Callable[[int], float] | None:
        trial = self._trial
        try:
            if mistake.value is not None:
                made = mistake.value(trial.dout, **self._inputs)
                value = np.asarray(made[self._name], dtype=np.float64) if self._name in made else None
                if value is None or value.shape != self._shape:
                    return None
                return self._value(value)
            dout = trial.dout if mistake.upstream is None else mistake.upstream(trial.dout)
            if mistake.forward is None and mistake.at is None:
                return self._through(dout)
            inputs = self._inputs if mistake.at is None else mistake.at(self._inputs)
            d = Differentiator(mistake.forward or self._forward, Point(inputs), "auto")
            return lambda i: float(np.sum(dout * d.along(self._ways[i]).value))
        except (TypeError, ValueError, KeyError, FloatingPointError):
            return None

    def _swapped(self, other: str) -> Callable[[int], float]:
        part = self._trial.d.point.slices[other]

        def predicted(i: int) -> float:
            moved = np.zeros(self._trial.d.point.size)
            moved[part] = self._ways[i][self._part]
            return float(np.sum(self._trial.dout * self._trial.d.along(moved).value))

        return predicted

    def _turned(self, i: int) -> float:
        moved = np.zeros(self._trial.d.point.size)
        moved[self._part] = self._ways[i][self._part].reshape(self._shape).T.ravel()
        return float(np.sum(self._trial.dout * self._trial.d.along(moved).value))

    def _places(self) -> Iterator[tuple[Array, str]]:
        x, output = self._inputs[self._name], self._trial.d.output
        if output.shape == self._shape and output.shape:
            yield output, f"the value with the derivative taken at the output, not at {self._name}"
        yield -x, f"the value with the derivative taken at -{self._name}"

    def _at(self, place: Array) -> Callable[[int], float]:
        flat = self._trial.d.point.flat.copy()
        flat[self._part] = place.ravel()
        there: list[Differentiator] = []

        def predicted(i: int) -> float:
            try:
                with np.errstate(all="ignore"):
                    there.append(there[0] if there else self._trial.d.at(flat))
                    return float(np.sum(self._trial.dout * there[0].along(self._ways[i]).value))
            except (ValueError, ArithmeticError):
                return float("nan")

        return predicted

    def factor(self) -> tuple[Explanation, ...]:
        """A constant factor, in the words of the problem where its number has a meaning there."""
        if any(abs(number) <= _REL * scale for number, scale in zip(self._numeric, self._scale, strict=True)):
            return ()
        one, other = (a / n for a, n in zip(self._analytic, self._numeric, strict=True))
        if (self._got.size < 2 and not self._words) or abs(one - other) > _REL * abs(one):
            return ()
        says = _factor_in_words(one, {**self._sizes(), **self._words})
        return (Explanation(says, factor=one),) if says and not np.isclose(one, 1.0, rtol=_REL) else ()

    def _update(self) -> tuple[Explanation, ...]:
        """An update in place of the gradient: the variable minus a multiple of it."""
        if self._got.size < 2 or 0.0 in self._numeric:
            return ()
        x = self._inputs[self._name].ravel()
        rates = [
            (float(np.sum(x * way[self._part])) - got) / right
            for way, got, right in zip(self._ways, self._analytic, self._numeric, strict=True)
        ]
        if abs(rates[0]) < 1e-12 or abs(rates[0] - rates[1]) > 1e-5 * abs(rates[0]):
            return ()
        says = f"{self._name} minus {rates[0]:.6g} times the right gradient: the new value, not the gradient"
        return (Explanation(says),)

    def _sizes(self) -> dict[float, str]:
        """Sizes that occur, in words."""
        sizes: dict[float, str] = {}
        dout = self._trial.dout
        if dout.size > 1:
            sizes[float(dout.size)] = "the number of elements of the output"
        for name, value in self._inputs.items():
            for axis, thing in ((-1, "columns"), (0, "rows")):
                if value.ndim == 2:
                    sizes[float(value.shape[axis])] = f"the number of {thing} of {name}"
                elif value.ndim == 1:
                    sizes[float(value.size)] = f"the length of {name}"
        for axis, thing in ((-1, "columns"), (0, "rows")):
            if dout.ndim == 2:
                sizes[float(dout.shape[axis])] = f"the number of {thing} of the output"
        return {size: words for size, words in sizes.items() if size > 2}


def _factor_in_words(factor: float, words: Mapping[float, str]) -> str:
    for known, word in words.items():
        if np.isclose(factor, known, rtol=_REL):
            return f"{known:g} times the right value, and {known:g} is {word}"
        if np.isclose(factor * known, 1.0, rtol=_REL):
            return f"1/{known:g} of the right value, and {known:g} is {word}"
    if np.isclose(factor, 0.5, rtol=_REL):
        return "half the right value"
    if np.isclose(factor, 2.0, rtol=_REL):
        return "twice the right value"
    return f"{factor:.6g} times the right value"


def explain_shape(got: tuple[int, ...], expected: tuple[int, ...], output: tuple[int, ...]) -> str:
    """A wrong shape, explained from the shapes alone.

    >>> explain_shape((5, 4), (4, 5), (3, 5))
    'It is the shape of the transpose.'
    """
    if len(got) == len(expected) == 2 and got == expected[::-1]:
        return "It is the shape of the transpose."
    if got == output and got != expected:
        return "It is the shape of dout: something is still to be summed or multiplied away."
    if tuple(n for n in got if n != 1) == tuple(n for n in expected if n != 1):
        return "An axis of size 1 was kept, or is missing."
    if not got and expected:
        return "Everything was summed into one number."
    return ""
