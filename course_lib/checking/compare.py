"""What checks say of one value: its type and shape first, then its elements, then an explanation.

Each function raises `CheckFailed` with a finding, or returns the value as plain float64 data. `name` is what
the student calls the value ("dx", "the loss").
"""

from __future__ import annotations

import builtins
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from course_lib.checking.diagnosis import Counterfactual, close, fitting, in_words
from course_lib.checking.model import CheckFailed, Finding, Opaque, Wrong
from course_lib.checking.picture import picture_of

__all__ = ["array", "equal", "fail", "integer", "items", "number", "pairs", "require", "unchanged"]

Array = NDArray[np.float64]
Known = Sequence[Counterfactual] | Callable[[], Sequence[Counterfactual]]


def fail(headline: str, *details: str, cause: str = "", hint: str = "") -> NoReturn:
    """Fail the check; `headline`, `cause` and `hint` must hold no input value."""
    raise CheckFailed(Finding(headline, details, cause, hint))


def require(condition: bool, headline: str, *details: str, cause: str = "", hint: str = "") -> None:
    """Fail the check unless `condition`."""
    if not condition:
        fail(headline, *details, cause=cause, hint=hint)


# A class of the student's own has a name that the student's code chose: it could spell out a hidden input.
_KINDS = {name for name, value in vars(builtins).items() if isinstance(value, type)}
_KINDS |= {"ndarray", "MaskedArray", "matrix", "function", "method", "builtin_function_or_method"}
_KINDS |= {"generator", "module", "ufunc", *(scalar.__name__ for scalar in np.sctypeDict.values())}


def _kind(value: Any) -> str:
    name = value.type_name if isinstance(value, Opaque) else type(value).__name__
    return f"of type {name}" if name in _KINDS else "an object of another class"


def number(name: str, value: Any) -> float:
    """A single finite or infinite real number: int, float, or an array of shape () or a numpy scalar."""
    if value is None:
        fail(f"{name} is None.", hint="Does the function end with a return?")
    if isinstance(value, bool | np.bool_) or not isinstance(
        value, int | float | np.integer | np.floating | np.ndarray
    ):
        fail(f"{name} should be a number, and is {_kind(value)}.")
    if isinstance(value, np.ndarray):
        require(
            value.shape == () and value.dtype.kind in "iuf",
            f"{name} should be a single number, and is an array of shape {value.shape}.",
        )
    try:
        return float(value)
    except OverflowError:
        fail(f"{name} is an integer too large to be a float.")


def integer(name: str, value: Any) -> int:
    """A whole number (a float such as 6.0 counts)."""
    real = number(name, value)
    require(real == int(real) if np.isfinite(real) else False, f"{name} should be a whole number.")
    return int(value) if isinstance(value, int | np.integer) else int(real)


def items(name: str, value: Any, count: int, what: str = "") -> tuple[Any, ...]:
    """A tuple or list of `count` values; `what` says which, such as "dx, dw and db"."""
    said = f": {what}" if what else ""
    if value is None:
        fail(f"{name} is None.", hint="Does the function end with a return?")
    if isinstance(value, np.ndarray) and value.shape == (count,) and value.dtype.kind in "iuf":
        value = tuple(value)  # an array of as many numbers does as well
    if not isinstance(value, tuple | list):
        fail(
            f"{name} should be {count} values{said}; it is {_kind(value)}.",
            hint="Several values are returned with commas between them: return a, b",
        )
    require(len(value) == count, f"{name} should be {count} values{said}; it has {len(value)}.")
    return tuple(value)


def pairs(name: str, value: Any, what: str, hint: str = "") -> list[tuple[int, int]]:
    """A list of pairs of whole numbers; `what` says which, such as "(row, column)"."""
    if value is None:
        fail(f"{name} is None.", hint="Does the function end with a return?")
    if isinstance(value, Opaque) and value.type_name in ("set", "frozenset", "generator", "zip"):
        fail(
            f"{name} should be a list of pairs {what}, and is a {value.type_name}.",
            hint="Put list(…) round it.",
        )
    got = value.tolist() if isinstance(value, np.ndarray) and value.dtype.kind in "iu" else value
    ok = isinstance(got, list | tuple) and all(
        isinstance(pair, list | tuple)
        and len(pair) == 2
        and all(isinstance(k, int | np.integer) and not isinstance(k, bool) for k in pair)
        for pair in got
    )
    require(ok, f"{name} should be a list of pairs {what} of whole numbers.", hint=hint)
    return [(int(i), int(j)) for i, j in got]


def array(name: str, value: Any, shape: tuple[int, ...], why: str = "") -> Array:
    """A real array of `shape`; `why` is the reason for the shape, in one sentence."""
    if value is None:
        fail(
            f"{name} is None.",
            hint=f"{name} = … sets the attribute; without self. it is a name that backward forgets."
            if name.startswith("self.")
            else "Does the function end with a return?",
        )
    if shape == ():
        return np.asarray(number(name, value))
    if not isinstance(value, np.ndarray):
        hint = f"np.array(…) makes an array of a list. {why}" if isinstance(value, list | tuple) else why
        fail(f"{name} should be an array of shape {shape}, and is {_kind(value)}.", hint=hint.strip())
    if value.shape != shape:
        fail(f"{name} has shape {value.shape}, expected {shape}.", hint=why)
    require(
        value.dtype.kind in "iuf",
        f"{name} should hold real numbers, and its dtype is {value.dtype}.",
        hint="A comparison gives True and False: multiply with it, or make numbers of it, as (x > 0) * 1.0."
        if value.dtype.kind == "b"
        else "",
    )
    return value.astype(np.float64)


def equal(
    name: str,
    value: Any,
    expected: Any,
    *,
    counterfactuals: Known = (),
    factors: Mapping[float, str] | None = None,
    why: str = "",
    hint: str = "",
    details: Sequence[str] = (),
    rtol: float = 1e-6,
) -> Array:
    """`value` has the shape and the elements of `expected`; else say where, and what it equals.

    Parameters
    ----------
    counterfactuals : sequence of Counterfactual, or a function that returns one
        What certain mistakes would have given; a function is called for a wrong answer only.
    why : str
        Reason for the shape.
    details : sequence of str
        The inputs in words ("at x = 3, y = 4"): shown with the worst element.
    rtol : float
        Relative tolerance of each element; three powers of ten less of the largest one.
    """
    expected = np.asarray(expected, dtype=np.float64)
    if isinstance(value, np.ndarray) and value.shape != expected.shape and value.dtype.kind in "iuf":
        _wrong_shape(name, value, expected, _made(counterfactuals), why, tuple(details))
    got = array(name, value, expected.shape, why)
    right = close(got, expected, rtol)
    if np.all(right):
        return got
    fits, every = fitting(got, expected, _made(counterfactuals), factors)
    cause, reread = in_words(got, fits)
    wrong = int(right.size - np.count_nonzero(right))
    share = (
        "" if right.size == 1 else f" in {'all' if wrong == right.size else wrong} of {right.size} elements"
    )
    said = (*details, _worst(name, got, expected, right))
    raise CheckFailed(
        Finding(f"{name} is wrong{share}.", said, cause, reread or hint, picture_of(name, ~right, expected)),
        Wrong(value, expected, tuple(c.says for c in every)),
    )


def _made(known: Known) -> Sequence[Counterfactual]:
    return known() if callable(known) else known


def _wrong_shape(
    name: str,
    value: NDArray[Any],
    expected: Array,
    known: Sequence[Counterfactual],
    why: str,
    details: tuple[str, ...],
) -> NoReturn:
    fits, every = fitting(value, expected, known)
    cause, hint = in_words(value, fits)
    cause = "" if cause.startswith("No mistake") else cause
    raise CheckFailed(
        Finding(f"{name} has shape {value.shape}, expected {expected.shape}.", details, cause, hint or why),
        Wrong(value, expected, tuple(c.says for c in every)),
    )


def _worst(name: str, got: Array, expected: Array, right: NDArray[np.bool_]) -> str:
    with np.errstate(invalid="ignore"):
        error = np.nan_to_num(np.abs(got - expected), nan=np.inf, posinf=np.inf)
    error = np.where(right, -1.0, error)
    index = np.unravel_index(int(np.argmax(error)), got.shape) if got.shape else ()
    at = f"[{', '.join(str(int(i)) for i in index)}]" if got.shape else ""
    label = f"{name}{at}" if " " not in name else f"{name} {at}".rstrip()
    # No sign for a zero; all digits of what looks alike.
    both = got[index] + 0.0, expected[index] + 0.0
    digits = 6 if f"{both[0]:.6g}" != f"{both[1]:.6g}" else 12
    return f"{label}: yours {both[0]:.{digits}g}, expected {both[1]:.{digits}g}"


def unchanged(name: str, before: NDArray[Any], after: NDArray[Any], where: str = "") -> None:
    """The array `name` was not written to; `where` names the method, if there are several."""
    require(
        before.shape == after.shape
        and bool(np.array_equal(before, after, equal_nan=before.dtype.kind in "fc")),
        f"Your code changed its input {name} in place{f', in {where}' if where else ''}.",
        hint=f"Whoever called you still needs {name}: make a new array instead of writing into it.",
    )
