"""Which mistake makes exactly this gradient.

Explainer         the explanations that fit the gradient of one input
explain_elements  what wrong elements have in common whose right values are known
explain_shape     a wrong shape, from the shapes alone
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from course_lib.gradcheck.hypotheses import Before, Explanation, Hypotheses, Hypothesis, Mistake, in_digits
from course_lib.gradcheck.trial import Residual, Trial

__all__ = ["Explainer", "explain_elements", "explain_shape"]

Array = NDArray[np.float64]
_MOST = 2
# Elements beyond which nothing fits by chance.
_CHANCE = 10_000
_NUMBER = re.compile(r"-?\b\d+(?:\.\d+)?(?:e[-+]?\d+)?")


class Explainer:
    """The explanations that fit the gradient of one input.

    Parameters
    ----------
    trial : Trial
    name : str
    ways : two ndarrays
        Directions over all inputs.
    at : two Residuals
        What is along them in this input alone.
    mistakes, words, forward
        As given to `check_gradient`.
    elsewhere : callable
        Makes a trial at another point, or None: asked where more than one mistake fits.
    before : sequence of Before
        Of calls before.
    """

    def __init__(
        self,
        trial: Trial,
        name: str,
        ways: Sequence[Array],
        at: Sequence[Residual],
        *,
        mistakes: Sequence[Mistake],
        words: Mapping[float, str],
        forward: Callable[..., Any],
        elsewhere: Callable[[], Trial | None],
        before: Sequence[Before] = (),
    ) -> None:
        self._part = trial.d.point.slices[name]
        self._ways = [way[self._part] for way in ways]
        self._name, self._mistakes, self._words, self._forward = name, mistakes, words, forward
        self._one = Hypotheses(trial, name, self._ways, at, forward, words, before)
        self._elsewhere, self._before = elsewhere, before
        self._other: tuple[Hypotheses, list[Residual]] | None = None
        self._all: tuple[Explanation, ...] | None = None
        self._free: tuple[Explanation, ...] | None = None

    def free(self) -> tuple[Explanation, ...]:
        """What is seen without asking forward again."""
        if self._free is None:
            self._free = self._first(self._one.free())
        return self._free

    def all(self) -> tuple[Explanation, ...]:
        """Those that the caller knows, two at most; else the general one that says most."""
        if self._all is None:
            fitting = [m for m in self._mistakes if self._one.fits_mistake(m)]
            if len(fitting) > 1:
                fitting = self._told_apart(fitting)
            known = tuple(dict.fromkeys(Explanation(m.says, m.hint) for m in fitting))
            self._all = (
                known[:_MOST]
                or self._first_confirmed(self._one.free())
                or self._of_one()
                or self._first_confirmed(self._one.costly())
            )
        return self._all

    def _first_confirmed(self, hypotheses: Iterator[Hypothesis]) -> tuple[Explanation, ...]:
        fitting = (e for e, predicted in hypotheses if self._one.fits(predicted))
        return next((kept for one in fitting if (kept := self._confirmed((one,)))), ())

    def _of_one(self) -> tuple[Explanation, ...]:
        """Of a single number: a factor that is the same at another point."""
        if self._part.stop - self._part.start != 1 or (there := self._there()) is None:
            return ()
        elsewhere, at = there
        if any(residual.agrees for residual in at):
            return ()
        return tuple(e for e in self._one.factor(alone=True) if elsewhere.fits_factor(e.factor or 0.0))

    def _confirmed(self, fitting: tuple[Explanation, ...]) -> tuple[Explanation, ...]:
        """Without what fits by chance: not at another point, where the gradient is wrong too."""
        large = self._part.stop - self._part.start > _CHANCE
        sign = bool(fitting) and fitting[0].factor == -1.0 and self._one.of_a_number
        if not fitting or (large and _plain(fitting[0].factor) and not sign):
            return fitting
        there = self._there()
        if there is None:
            return fitting
        (one,), (elsewhere, at) = fitting, there
        if all(residual.agrees for residual in at):
            # For an upstream gradient of the other sign it is right: that sign is lost.
            return () if sign else fitting
        if one.factor is not None:
            return fitting if elsewhere.fits_factor(one.factor) else (_varying(one.factor),)
        also = (
            e for e, predicted in chain(elsewhere.free(), elsewhere.costly()) if elsewhere.fits(predicted)
        )
        return fitting if any(_alike(e, one) for e in also) else ()

    def _there(self) -> tuple[Hypotheses, list[Residual]] | None:
        if self._other is None:
            there = self._elsewhere()
            if there is None:
                return None
            at = [there.along(way, self._part) for way in self._ways]
            self._other = (
                Hypotheses(there, self._name, self._ways, at, self._forward, self._words, self._before),
                at,
            )
        return self._other

    def _first(self, hypotheses: Iterator[Hypothesis]) -> tuple[Explanation, ...]:
        return tuple(islice((e for e, predicted in hypotheses if self._one.fits(predicted)), 1))

    def _told_apart(self, mistakes: list[Mistake]) -> list[Mistake]:
        """Those that fit at another point too; all of them where no point tells them apart."""
        there = self._there()
        if there is None:
            return mistakes
        return [m for m in mistakes if there[0].fits_mistake(m)] or mistakes


def _plain(factor: float | None) -> bool:
    """Whether nothing is asked at another point: no factor, or a whole number or one divided by it."""
    if factor is None:
        return True
    size = max(abs(factor), 1 / abs(factor)) if factor else 0.5
    return abs(size - round(size)) <= 1e-6


def _varying(factor: float) -> Explanation:
    """The right direction, and not the right length."""
    says = f"{in_digits(factor)} times the right value here, and another multiple of it at other inputs"
    return Explanation(says, "What is it multiplied or divided by that depends on the inputs?", factor)


def _alike(one: Explanation, other: Explanation) -> bool:
    """Whether both say the same, but for the last digits of numbers."""
    if _NUMBER.sub("#", one.says) != _NUMBER.sub("#", other.says):
        return False
    numbers = zip(_NUMBER.findall(one.says), _NUMBER.findall(other.says), strict=True)
    return all(abs(float(a) - float(b)) <= 1e-4 * abs(float(a)) for a, b in numbers)


def explain_elements(got: Array, truth: Array, integers: bool) -> tuple[Explanation, ...]:
    """What all wrong elements have in common, where the right value of each is known.

    >>> explain_elements(np.array([1.5, 2.5]), np.array([1.0, 2.0]), False)[0].says
    'the right value plus 0.5 in the wrong elements'
    """
    if len(got) < 2:
        return ()
    if not np.any(got):
        return (Explanation("zero in the wrong elements", "Is what belongs there computed, and added up?"),)
    off = got - truth
    tiny = 1e-9 * float(np.max(np.abs(got)) + np.max(np.abs(truth)))
    if integers and np.all(np.abs(got - np.trunc(truth)) <= tiny):
        return (Explanation("the right value without its fraction", "Which dtype does the result have?"),)
    if np.ptp(off) <= min(tiny, 1e-3 * float(np.max(np.abs(off)))):
        hint = "What is added, or not subtracted, in these alone?"
        return (Explanation(f"the right value plus {off[0]:.6g} in the wrong elements", hint),)
    if np.all(truth != 0):
        ratio = got / truth
        tiny = min(1e-9 * float(np.max(np.abs(ratio))), 1e-3 * float(np.max(np.abs(ratio - 1.0))))
        if np.ptp(ratio) <= tiny:
            says = f"{in_digits(float(ratio[0]))} times the right value in the wrong elements"
            return (Explanation(says, "What multiplies these alone?"),)
    return ()


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
