"""Which mistake makes exactly this gradient.

Explainer         the explanations that fit the gradient of one input
explain_elements  what wrong elements have in common whose right values are known
explain_shape     a wrong shape, from the shapes alone
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from course_lib.gradcheck.hypotheses import Before, Explanation, Hypotheses, Hypothesis, Mistake
from course_lib.gradcheck.trial import Residual, Trial

__all__ = ["Explainer", "explain_elements", "explain_shape"]

Array = NDArray[np.float64]
_MOST = 2


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
        self._elsewhere = elsewhere
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
            self._all = known[:_MOST] or self.free() or self._first(self._one.costly())
        return self._all

    def _first(self, hypotheses: Iterator[Hypothesis]) -> tuple[Explanation, ...]:
        return tuple(islice((e for e, predicted in hypotheses if self._one.fits(predicted)), 1))

    def _told_apart(self, mistakes: list[Mistake]) -> list[Mistake]:
        """Those that fit at another point too; all of them where no point tells them apart."""
        there = self._elsewhere()
        if there is None:
            return mistakes
        at = [there.along(way, self._part) for way in self._ways]
        one = Hypotheses(there, self._name, self._ways, at, self._forward, self._words)
        return [m for m in mistakes if one.fits_mistake(m)] or mistakes


def explain_elements(got: Array, truth: Array, integers: bool) -> tuple[Explanation, ...]:
    """What all wrong elements have in common, where the right value of each is known.

    >>> explain_elements(np.array([1.5, 2.5]), np.array([1.0, 2.0]), False)[0].says
    'the right value plus 0.5 in the wrong elements'
    """
    if len(got) < 2:
        return ()
    off = got - truth
    tiny = 1e-9 * float(np.max(np.abs(got)) + np.max(np.abs(truth)))
    if integers and np.all(np.abs(got - np.trunc(truth)) <= tiny):
        return (Explanation("the right value without its fraction", "Which dtype does the result have?"),)
    if np.ptp(off) <= tiny:
        hint = "What is added, or not subtracted, in these alone?"
        return (Explanation(f"the right value plus {off[0]:.6g} in the wrong elements", hint),)
    if np.all(truth != 0) and np.ptp(got / truth) <= 1e-9 * np.max(np.abs(got / truth)):
        says = f"{got[0] / truth[0]:.6g} times the right value in the wrong elements"
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
