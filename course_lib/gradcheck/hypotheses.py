"""What a gradient would be if something were left out or put in: hypotheses about the gradient of one input.

    Mistake      a mistake of one's own: another forward, another upstream gradient, another point, or a value
    Explanation  what the gradient equals, in words, and what to reread
    Hypotheses   those that are tried, and whether one fits

Theory of operation. Along a direction a hypothesis is a number, as cheap to get as the right one. One that
gives the right number as well says nothing; one that gives the gradient's own number along two random
directions is it (a chance agreement has no probability). No right formula stands anywhere: the forward is
differentiated with another upstream gradient, at another point, or one of its variants is.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from course_lib.gradcheck.differentiate import OUT_OF_DOMAIN, Differentiator
from course_lib.gradcheck.point import Point
from course_lib.gradcheck.trial import Residual, Trial

__all__ = ["Before", "Explanation", "Hypotheses", "Hypothesis", "Mistake", "in_digits"]

Array = NDArray[np.float64]
# Of its own size, and of what is wrong, that a hypothesis may leave over.
_REL, _SHARE = 1e-6, 1e-3
# Such a number is in a forward as often as it is a size.
_SMALL_SIZE = 10
_CONSTANT = "Is a constant of the forward left out, or counted twice?"
_AXES = "Which axis of the result belongs to which axis of the variable?"
_RESHAPED = ", with its numbers put in rows of another length by reshape"
_CHAIN = "The downstream gradient is upstream times local."
# Point and gradient, both flat.
Before = tuple[Array, Array]


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
        In place of the forward: with one path cut, another loss, the operands swapped. With a parameter
        `held` it gets there the inputs by name, which do not move: a path through `held["x"]` is cut.
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


# What is claimed, and what it predicts along each of the two directions.
Hypothesis = tuple[Explanation, Callable[[int], float]]


class Hypotheses:
    """The gradient of one input along two directions in that input alone."""

    def __init__(
        self,
        trial: Trial,
        name: str,
        ways: Sequence[Array],
        at: Sequence[Residual],
        forward: Callable[..., Any],
        words: Mapping[float, str],
        before: Sequence[Before] = (),
    ) -> None:
        self._before = before
        self._trial, self._name, self._forward, self._words = trial, name, forward, words
        self._shape, self._part = trial.d.point.shapes[name], trial.d.point.slices[name]
        self._ways = ways
        self._got = trial.gradient[self._part].reshape(self._shape)
        self._inputs = trial.d.point.split(trial.d.point.flat)
        self._slopes = [found.slope for found in at]
        self._analytic = [found.analytic for found in at]
        self._numeric = [found.numeric for found in at]
        self._noise = [found.certain for found in at]
        self._scale = [
            float(np.sqrt(np.sum(np.square(self._got.ravel() * way)))) + abs(number)
            for way, number in zip(self._ways, self._numeric, strict=True)
        ]

    @property
    def of_a_number(self) -> bool:
        """Whether the output is a single number, whose upstream gradient has but one sign."""
        return bool(self._trial.dout.size == 1)

    def fits(self, predicted: Callable[[int], float]) -> bool:
        """Whether the hypothesis gives the gradient's own numbers, and not the right ones."""
        differs = False
        for i in (0, 1):
            value = predicted(i)
            missing = max(_SHARE * abs(self._analytic[i] - self._numeric[i]), self._noise[i])
            allowed = min(_REL * (self._scale[i] + abs(value)), missing)
            if not abs(value - self._analytic[i]) <= allowed:  # nor where it is nan
                return False
            differs = differs or abs(value - self._numeric[i]) > self._noise[i]
        return differs

    def fits_mistake(self, mistake: Mistake) -> bool:
        """The same of a mistake that the caller knows."""
        predicted = self._of(mistake)
        return predicted is not None and self.fits(predicted)

    def _value(self, value: Any) -> Callable[[int], float]:
        flat = np.asarray(value, dtype=np.float64).ravel()
        return lambda i: float(np.sum(flat * self._ways[i]))

    def _through(self, upstream: Any) -> Callable[[int], float]:
        return lambda i: float(np.sum(upstream * self._slopes[i]))

    def _along(self, values: Array, part: slice | None = None) -> float:
        slope = self._trial.d.along(values, part or self._part).value
        return float(np.sum(self._trial.dout * slope))

    def free(self) -> Iterator[Hypothesis]:
        """What people do anywhere, of what is known already; what says most comes first."""
        dout = self._trial.dout
        if not np.any(self._got):
            hint = "Is what was computed also stored and returned?"
            yield Explanation("zero everywhere", hint), self._value(self._got)
        hint = "Which way does the output go when this variable grows?"
        yield Explanation("the right value with the other sign", hint, -1.0), self._through(-dout)
        yield from self._upstreams()
        for explanation in self.factor():
            yield explanation, self._value(self._got)
        for explanation in self._update():
            yield explanation, self._value(self._got)
        yield from self._with_something_added()
        for _, gradient in self._before:
            says = "the gradient of the call before: it was kept"
            yield Explanation(says), self._value(gradient[self._part])

    def costly(self) -> Iterator[Hypothesis]:
        """What takes further evaluations, or says less than what does."""
        dout, x = self._trial.dout, self._inputs[self._name]
        alike = [n for n, value in self._inputs.items() if n != self._name and value.shape == self._shape]
        right = [other for other in alike if self._is_right(other)]
        for other in alike:
            if other not in right:
                yield (
                    Explanation(
                        f"the right gradient of {other}: the two are in the wrong order",
                        "Which of the two stands first where they are returned, and where they are taken?",
                    ),
                    self._swapped(other),
                )
        if dout.shape == self._shape:
            yield (
                Explanation("the upstream gradient itself: the local derivative is missing", _CHAIN),
                self._value(dout),
            )
        for other in right:
            hint = f"What does {self._name} go through that {other} does not?"
            says = f"the right gradient of {other}, in place of that of {self._name}"
            yield Explanation(says, hint), self._swapped(other)
        if dout.shape == self._shape:
            says = "the upstream gradient wherever that is positive: the mask is taken from it"
            hint = "What decides which way the forward goes?"
            yield Explanation(f"{says}, not from {self._name}", hint), self._value(dout * (dout > 0))
            yield Explanation("the upstream gradient times the input", _CHAIN), self._value(dout * x)
            yield (
                Explanation(
                    "the upstream gradient times the output: the value in place of the derivative", _CHAIN
                ),
                self._value(dout * self._trial.d.output),
            )
            yield from self._of_local()
        if len(self._shape) == 2 and min(self._shape) > 1:
            yield self._turned()
        yield from self._with_others_turned()
        slices = self._trial.d.point.slices
        hint = "At which value is the local derivative to be taken?"
        for place, says in self._places():
            yield Explanation(says, hint), self._at(self._moved(place))
        for other, part in slices.items():
            if other != self._name:
                flat = self._trial.d.point.flat.copy()
                flat[part] = 1.0
                says = f"the value for {other} of ones: is {other} left out?"
                yield Explanation(says, _CHAIN), self._at(flat)
        hint = "What is kept for backward must be kept anew in each forward."
        for before, _ in self._before:
            for name in ["all", *slices] if len(slices) > 1 else ["all"]:
                part = slice(None) if name == "all" else slices[name]
                says = "the inputs" if name == "all" else name
                flat = self._trial.d.point.flat.copy()
                flat[part] = before[part]
                yield Explanation(f"the value for {says} of the call before", hint), self._at(flat)

    def _upstreams(self) -> Iterator[Hypothesis]:
        dout = self._trial.dout
        if np.any(dout != 1.0):
            yield (
                Explanation(
                    "the value for an upstream gradient of ones: dout is not used",
                    _CHAIN,
                ),
                self._through(np.ones_like(dout)),
            )
            says = "the value for |dout|, the upstream gradient without its sign"
            yield Explanation(says, _CHAIN), self._through(np.abs(dout))
            for limit in (1.0, 5.0):
                if np.any(np.abs(dout) > limit):
                    says = f"the value for dout cut off at ±{limit:g}"
                    yield Explanation(says, _CHAIN), self._through(np.clip(dout, -limit, limit))
            hint = "Upstream comes in once, as a factor."
            yield Explanation("the value for dout applied twice", hint), self._through(dout**2)
        if dout.ndim == 2 and dout.shape[0] == dout.shape[1] > 1:
            says = "the value for dout transposed: an axis is taken for the other one"
            yield Explanation(says, _AXES), self._through(dout.T)
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

    def _of_local(self) -> Iterator[Hypothesis]:
        """Hypotheses of a function of each element by itself."""
        local = self._trial.d.along(np.ones(self._got.size), self._part).value
        if not np.allclose(local * self._ways[1].reshape(self._shape), self._slopes[1], rtol=1e-9):
            return
        dout = self._trial.dout
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
                hint = "Which constant stands on this side in the forward?"
                yield Explanation(says, hint), self._value(self._got)
        # Behind the slope of one side: 0.01 in place of 0.1 is both.
        says = "the value with the local derivative applied twice"
        yield Explanation(says, "Each step on the way comes in once."), self._value(dout * local**2)

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
            forward = mistake.forward or self._forward
            if mistake.forward is not None and "held" in inspect.signature(forward).parameters:
                forward = partial(forward, held={name: np.copy(value) for name, value in inputs.items()})
            d = Differentiator(forward, Point(inputs), counted=trial.d)
            return lambda i: float(np.sum(dout * d.along(self._ways[i], self._part).value))
        except (TypeError, ValueError, KeyError, FloatingPointError):
            return None

    def _is_right(self, other: str) -> bool:
        """Whether the gradient that was given of another input of this shape is right."""
        part = self._trial.d.point.slices[other]
        return self._trial.along(self._ways[0], part).agrees

    def _swapped(self, other: str) -> Callable[[int], float]:
        part = self._trial.d.point.slices[other]
        return lambda i: self._along(self._ways[i], part)

    def _turned(self) -> Hypothesis:
        rows, columns = self._shape
        says = "the transpose of the right value"
        if rows != columns:
            says += _RESHAPED
        return Explanation(says, _AXES), lambda i: self._along(self._ways[i].reshape(columns, rows).T.ravel())

    def _with_others_turned(self) -> Iterator[Hypothesis]:
        """The value where another input stands the other way round: a transpose too many, or one too few."""
        slices = self._trial.d.point.slices
        for other, value in self._inputs.items():
            if other == self._name or value.ndim != 2 or min(value.shape) < 2:
                continue
            rows, columns = value.shape
            flat = self._trial.d.point.flat.copy()
            flat[slices[other]] = value.reshape(columns, rows).T.ravel()
            says = f"the value for {other} transposed" + ("" if rows == columns else _RESHAPED)
            yield Explanation(says, _AXES), self._at(flat)

    def _places(self) -> Iterator[tuple[Array, str]]:
        x, output = self._inputs[self._name], self._trial.d.output
        if output.shape == self._shape and output.shape:
            yield output, f"the value with the derivative taken at the output, not at {self._name}"
        opposite = f"the value with the derivative taken at -{self._name}"
        yield -x, f"{opposite}: is a comparison the wrong way round, or a sign lost?"
        yield np.abs(x), f"the value with the derivative taken at |{self._name}|: the sign is lost"
        for other, value in self._inputs.items():
            if other != self._name and value.shape == self._shape:
                yield value, f"the value with the derivative taken at {other}, not at {self._name}"

    def _moved(self, place: Array) -> Array:
        flat = self._trial.d.point.flat.copy()
        flat[self._part] = place.ravel()
        return flat

    def _at(self, flat: Array) -> Callable[[int], float]:
        there: list[Differentiator] = []

        def predicted(i: int) -> float:
            try:
                with np.errstate(all="ignore"):
                    there.append(there[0] if there else self._trial.d.at(flat))
                    slope = there[0].along(self._ways[i], self._part).value
                    return float(np.sum(self._trial.dout * slope))
            except OUT_OF_DOMAIN:
                return float("nan")

        return predicted

    def factor(self, alone: bool = False) -> tuple[Explanation, ...]:
        """A constant factor, in the words of the problem where its number has a meaning there.

        Of one number any other is a multiple: it is asked for `alone` where other points tell.
        """
        if any(abs(number) <= _REL * scale for number, scale in zip(self._numeric, self._scale, strict=True)):
            return ()
        one, other = (a / n for a, n in zip(self._analytic, self._numeric, strict=True))
        noise = sum(off / abs(n) for off, n in zip(self._noise, self._numeric, strict=True))
        if (self._got.size < 2 and not self._words and not alone) or abs(one - 1.0) <= noise:
            return ()
        if abs(one - other) > min(_REL * abs(one), max(_REL * abs(one - 1.0), noise)):
            return ()
        says, hint = _factor_in_words(one, {**self._sizes(), **self._words})
        return (Explanation(says, hint, one),)

    def fits_factor(self, factor: float) -> bool:
        """Whether the gradient is the right one times `factor` here."""
        return all(
            abs(got - factor * right)
            <= max(noise, min(1e-6 * abs(factor), 1e-3 * abs(factor - 1.0)) * abs(right))
            for got, right, noise in zip(self._analytic, self._numeric, self._noise, strict=True)
        )

    def _update(self) -> tuple[Explanation, ...]:
        """An update in place of the gradient: the variable minus a multiple of it."""
        if self._got.size < 2 or 0.0 in self._numeric:
            return ()
        x = self._inputs[self._name].ravel()
        rates = [
            (float(np.sum(x * way)) - got) / right
            for way, got, right in zip(self._ways, self._analytic, self._numeric, strict=True)
        ]
        if abs(rates[0]) < 1e-12 or abs(rates[0] - rates[1]) > 1e-5 * abs(rates[0]):
            return ()
        # Where the variable is small beside its gradient, any multiple of that is nearly such a value.
        shares = [abs(float(np.sum(x * way))) for way in self._ways]
        if any(
            share < 1e-3 * abs(got) or abs(rates[0] - rates[1]) * abs(right) > 1e-3 * share
            for share, got, right in zip(shares, self._analytic, self._numeric, strict=True)
        ):
            return ()
        says = f"{self._name} minus {rates[0]:.6g} times the right gradient: the new value, not the gradient"
        return (Explanation(says, "Return the gradient; the update comes later."),)

    def _with_something_added(self) -> Iterator[Hypothesis]:
        """The right gradient and a multiple of the variable, or a number, beside it."""
        if self._got.size < 3:
            return
        x = self._inputs[self._name].ravel()
        for beside, words in ((x, f"times {self._name} itself"), (np.ones_like(x), "in every element")):
            sums = [float(np.sum(beside * way)) for way in self._ways]
            if not all(sums):
                continue
            one, other = (
                (a - n) / total for a, n, total in zip(self._analytic, self._numeric, sums, strict=True)
            )
            noise = sum(off / abs(total) for off, total in zip(self._noise, sums, strict=True))
            if abs(one) > noise and abs(one - other) <= max(_REL * abs(one), noise):
                says = f"the right value plus {one:.6g} {words}"
                yield Explanation(says, "What else does your code add?"), self._value(self._got)

    def _sizes(self) -> dict[float, str]:
        """Sizes that occur, in words."""
        sizes: dict[float, str] = {}
        dout = self._trial.dout
        if dout.size > 1:
            sizes[float(dout.size)] = "the number of elements of the output"
        for name, value in self._inputs.items():
            if value.ndim > 1:
                sizes[float(value.size)] = f"the number of elements of {name}"
            for axis, size in enumerate(value.shape if value.ndim > 2 else ()):
                sizes[float(size)] = f"the size of axis {axis} of {name}"
            for axis, thing in ((-1, "columns"), (0, "rows")):
                if value.ndim == 2:
                    sizes[float(value.shape[axis])] = f"the number of {thing} of {name}"
                elif value.ndim == 1:
                    sizes[float(value.size)] = f"the length of {name}"
        for axis, thing in ((-1, "columns"), (0, "rows")):
            if dout.ndim == 2:
                sizes[float(dout.shape[axis])] = f"the number of {thing} of the output"
        return {size: words for size, words in sizes.items() if size > 2}


def in_digits(factor: float) -> str:
    """With so many that it is seen not to be 1.

    >>> in_digits(1 / 3), in_digits(1.000001)
    ('0.333333', '1.000001')
    """
    return f"{factor:.{6 if abs(factor - 1.0) > 1e-4 else 12}g}"


def _factor_in_words(factor: float, words: Mapping[float, str]) -> tuple[str, str]:
    """What the factor is, and what to look for."""
    mean = "Is there a mean where the forward has a sum, or the other way round?"
    for known, word in words.items():
        asked = f"{mean} {_CONSTANT}" if known < _SMALL_SIZE else mean
        if np.isclose(factor, known, rtol=_REL):
            return f"{known:g} times the right value, and {known:g} is {word}", asked
        if np.isclose(factor * known, 1.0, rtol=_REL):
            return f"1/{known:g} of the right value, and {known:g} is {word}", asked
    hint = _CONSTANT
    if np.isclose(factor, 0.5, rtol=_REL):
        return "half the right value", hint
    if np.isclose(factor, 2.0, rtol=_REL):
        return "twice the right value", hint
    return f"{in_digits(factor)} times the right value", hint
