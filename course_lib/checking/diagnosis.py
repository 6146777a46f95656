"""Why an answer is wrong: it is compared with what certain mistakes would have given.

A check hands in counterfactual values, each computed numerically with one thing left out or put in ("the
upstream gradient left out"). What fits the answer and differs from the right value is named; a constant
factor, a sign, zeros and a transpose are tried for every answer. Where nothing fits, nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Counterfactual", "close", "explain", "fitting", "in_words"]

Array = NDArray[np.float64]
_ZERO = "Does your code get to where it is computed, and is the result kept?"


@dataclass(frozen=True)
class Counterfactual:
    """What one mistake would have given.

    `says` completes the sentence "Your answer equals …"; `hint` says what to reread or try.
    """

    says: str
    value: Any
    hint: str = field(default="")


def close(got: Any, expected: Any, rtol: float = 1e-6) -> NDArray[np.bool_]:
    """Element by element: equal within round-off of the element or of the largest one.

    nan is equal to nothing.
    """
    got, expected = np.asarray(got, dtype=float), np.asarray(expected, dtype=float)
    finite = expected[np.isfinite(expected)]
    scale = float(np.max(np.abs(finite), initial=0.0))
    with np.errstate(invalid="ignore"):
        near = np.abs(got - expected) <= rtol * np.abs(expected) + 1e-3 * rtol * scale + 1e-300
    return np.asarray(near | (got == expected))


def explain(
    got: Any,
    expected: Any,
    counterfactuals: Sequence[Counterfactual] = (),
    factors: Mapping[float, str] | None = None,
) -> tuple[str, str]:
    """What the wrong answer `got` equals, in words, and what to reread.

    Parameters
    ----------
    got, expected : array_like
        The answer and the right value; `got` may have another shape (then only what fits its shape is tried).
    counterfactuals : sequence of Counterfactual
        The mistakes of this exercise.
    factors : mapping of float to str
        Words for constant factors that mean something here, such as ``{64: "the batch size"}``.

    Returns
    -------
    cause, hint : str
        At most two explanations; "" where `got` is not comparable at all.
    """
    return in_words(got, fitting(got, expected, counterfactuals, factors)[0])


def fitting(
    got: Any,
    expected: Any,
    counterfactuals: Sequence[Counterfactual] = (),
    factors: Mapping[float, str] | None = None,
) -> tuple[list[Counterfactual], list[Counterfactual]]:
    """The mistakes that give exactly `got`: those to name, of the exercise first; and all of them."""
    got, expected = np.asarray(got, dtype=float), np.asarray(expected, dtype=float)
    if not np.all(np.isfinite(got)):
        return [], []
    fits = [c for c in counterfactuals if _fits(got, c.value) and not _fits(expected, c.value)]
    generic = _generic(got, expected, factors or {}) or _partly(got, expected) or _nearly(got, expected)
    return fits or generic, [*fits, *generic]


def in_words(got: Any, fits: Sequence[Counterfactual]) -> tuple[str, str]:
    """The cause and the hint that `explain` returns."""
    if not np.all(np.isfinite(np.asarray(got, dtype=float))):
        return "It holds nan or inf: something was divided by zero, or overflowed.", ""
    if not fits:
        return "No mistake that this check knows gives exactly these values.", ""
    first = fits[:2]
    words = ", or ".join(c.says for c in first)
    return f"Your answer equals {words}.", next((c.hint for c in first if c.hint), "")


def _fits(got: Array, value: Any) -> bool:
    value = np.asarray(value, dtype=float)
    return bool(got.shape == value.shape and np.all(close(got, value)))


def _generic(got: Array, expected: Array, factors: Mapping[float, str]) -> list[Counterfactual]:
    if got.shape != expected.shape:
        return [Counterfactual("the transpose of the right value", got)] if _fits(got.T, expected) else []
    if not np.any(got):
        return [Counterfactual("zero" if got.size == 1 else "zero everywhere", got, _ZERO)]
    if expected.size == 1 and not factors:
        # One number is always some multiple of another: only the sign says something.
        return [Counterfactual("the right value with the other sign", got)] if _fits(got, -expected) else []
    if got.ndim == 2 and _fits(got, expected.T):
        return [Counterfactual("the transpose of the right value", got)]
    nonzero = expected != 0
    if not np.any(nonzero):
        return []
    factor = float(np.median(got[nonzero] / expected[nonzero]))
    if not _fits(got, factor * expected):
        return []
    if np.isclose(factor, -1):
        return [Counterfactual("the right value with the other sign", got)]
    for known, word in factors.items():
        if np.isclose(factor, known):
            return [Counterfactual(f"{known:g} times the right value, and {known:g} is {word}", got)]
        if np.isclose(factor * known, 1):
            return [Counterfactual(f"1/{known:g} of the right value, and {known:g} is {word}", got)]
    # A factor as far from 1 as this says nothing to anybody.
    if expected.size == 1 or not 1e-4 < abs(factor) < 1e4:
        return []
    return [Counterfactual(f"{factor:.6g} times the right value, everywhere", got)]


def _nearly(got: Array, expected: Array) -> list[Counterfactual]:
    """Right but for a little, everywhere."""
    if got.shape == expected.shape and np.array_equal(got, np.trunc(expected)) and np.any(got):
        hint = "An array made with dtype=int, or of whole numbers alone, cuts off what is put into it."
        return [Counterfactual("the right numbers, cut off to whole ones", got, hint)]
    whole = np.array_equal(expected, np.trunc(expected))
    if got.shape != expected.shape or whole or not np.all(close(got, expected, 1e-4)):
        return []
    hint = "Are there differences over small moves in it, or numbers that were rounded?"
    return [Counterfactual("the right value but for less than one part in 10,000", got, hint)]


def _partly(got: Array, expected: Array) -> list[Counterfactual]:
    """Some elements right, and the others zero: most often not reached."""
    if got.shape != expected.shape:
        return []
    wrong = ~close(got, expected)
    if np.count_nonzero(~wrong & (expected != 0)) < 2 or np.any(got[wrong]):
        return []
    hint = "Is every element written, also the first and the last?"
    return [Counterfactual("the right value, but zero in the wrong elements", got, hint)]
