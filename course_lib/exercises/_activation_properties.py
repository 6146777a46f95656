"""Checks of 03_activations that are no comparison with a derivative.

Values of the forwards, what must not overflow, kinks and ties where several answers are right, the share of
saturated units, a prediction.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from course_lib.checking import compare
from course_lib.checking.confirm import confirmed
from course_lib.checking.diagnosis import Counterfactual
from course_lib.checking.model import Student, StudentError
from course_lib.exercises import _activations as truth

__all__ = ["kinks_right", "nothing_overflows", "prediction_made", "share_right", "ties_right", "values_right"]

Array = NDArray[np.float64]


def values_right(student: Student, name: str, x: Array, *parameters: float) -> None:
    """`sigmoid(x)` or `elu(x, alpha)` has the right values."""
    forward: Callable[..., Any] = truth.sigmoid if name == "sigmoid" else truth.elu
    given = x.copy()
    got = getattr(student, name)(given, *parameters)
    compare.equal(
        f"{name}(x{', alpha' if parameters else ''})",
        got,
        forward(x, *parameters),
        counterfactuals=partial(_value_mistakes, name, x, *parameters),
        why="One output for each element of x.",
        details=[f"at alpha = {parameters[0]:g}"] if parameters else [],
    )
    compare.unchanged("x", x, given)


def _value_mistakes(name: str, x: Array, alpha: float = 1.0) -> list[Counterfactual]:
    below = "Read the lower line of the formula once more, its brackets too."
    if name == "sigmoid":
        return [
            Counterfactual("the sigmoid of -x", truth.sigmoid(-x), "Which sign has x in the exponent?"),
            Counterfactual("the tanh of x", np.tanh(x), "The sigmoid lies between 0 and 1."),
            Counterfactual(
                "the sigmoid of the size of x: its sign is lost",
                truth.sigmoid(np.abs(x)),
                "Below 0 the sigmoid is below 1/2.",
            ),
            Counterfactual(
                "the sigmoid of minus the size of x: its sign is lost",
                truth.sigmoid(-np.abs(x)),
                "Above 0 the sigmoid is above 1/2. For which x is your form of the fraction right?",
            ),
            Counterfactual("exp(-x) alone", np.exp(-x), "The formula is a fraction."),
        ]
    one = truth.elu(x, 1.0)
    return [
        Counterfactual("the ELU for alpha = 1: alpha is not used", one, below),
        Counterfactual(
            "alpha times the ELU for alpha = 1", alpha * one, "Above 0 it is x, whatever alpha is."
        ),
        Counterfactual(
            "alpha exp(x) - 1 below 0: the bracket is lost", np.where(x > 0, x, alpha * np.exp(x) - 1), below
        ),
        Counterfactual("alpha exp(x) below 0", np.where(x > 0, x, alpha * np.exp(x)), below),
        Counterfactual("alpha x below 0", np.where(x > 0, x, alpha * x), below),
        Counterfactual(
            "the larger of x and the lower line of the formula",
            np.maximum(x, alpha * (np.exp(np.minimum(x, 0)) - 1)),
            "Which line holds is decided by the sign of x: with alpha above 1 the lower line can be below x.",
        ),
        Counterfactual(
            "0 where x is above 0: x itself was cut off there, and not only what the exponential gets",
            np.where(x > 0, 0.0, one * alpha),
            "Above 0 it is x. Give the smaller number a name of its own.",
        ),
        Counterfactual("0 below 0, as ReLU has it", np.where(x > 0, x, 0.0), below),
        Counterfactual("the ELU of -x", truth.elu(-x, alpha), "Which line of the formula is for x above 0?"),
        Counterfactual(
            "the lower line of the formula on both sides", alpha * (np.exp(x) - 1), "Above 0 it is x itself."
        ),
    ]


# Whoever switches the warning off has an overflow all the same.
_QUIET = """
import contextlib

def quiet(function, *arguments):
    errstate = np.errstate
    with np.errstate(over="raise", divide="raise", invalid="raise"):
        np.errstate = lambda *_, **__: contextlib.nullcontext()
        try:
            return function(*arguments)
        finally:
            np.errstate = errstate
"""


def nothing_overflows(student: Student, name: str, far: float, *parameters: float) -> None:
    """`sigmoid` or `elu` is finite at ±far, and right there if it is right near 0; nothing overflows.

    What is wrong near 0 already does not cost a second time.
    """
    forward: Callable[..., Any] = truth.sigmoid if name == "sigmoid" else truth.elu
    function, quiet = getattr(student, name), student.define(_QUIET, "quiet")
    # Several at once keep an answer honest that looks at the first one alone.
    x, near = np.array([far, 0.5, -far, -40.0, 40.0]), np.array([3.0, 0.5, -3.0, -0.5, 1.0])
    own = compare.array(f"{name} at ±3", function(near, *parameters), near.shape)
    try:
        got = compare.array(f"{name} far from 0", quiet(function, x, *parameters), x.shape)
    except StudentError as error:
        if error.type_name != "FloatingPointError":
            raise
        sides = [side for side in (far, -far) if _raises(quiet, function, np.array([side]), *parameters)]
        compare.fail(
            f"{name} overflows, or divides by something infinite, far from 0.",
            f"at x = {' and '.join(f'{side:g}' for side in sides) or f'±{far:g}'}: {error.message}",
            hint="Take the exponential only of numbers that are not above 0. np.where computes both of its "
            "branches, also where they are not used: make the number harmless before that.",
        )
    compare.require(
        bool(np.allclose(got, forward(x, *parameters), rtol=1e-6, atol=1e-8))
        or not np.allclose(own, forward(near, *parameters), rtol=1e-6, atol=1e-8),
        f"{name} is right near 0, and wrong far from it.",
        f"at x = ±{far:g} and ±40: yours {', '.join(f'{v:g}' for v in got)}",
        hint="Is x cut off too early, or a large one put on the wrong side?",
    )


def _raises(quiet: Callable[..., Any], *arguments: Any) -> bool:
    try:
        quiet(*arguments)
    except StudentError:
        return True
    return False


# --- where several answers are right ---

_NEAR = 1e-7


# Of either sign, so that it is seen where they are forgotten.
_UPSTREAM = (1.0, -2.0, 3.0)


def _is_between(value: Array, one: Array, other: Array) -> NDArray[np.bool_]:
    low, high = np.minimum(one, other), np.maximum(one, other)
    return np.asarray((value >= low - 1e-5) & (value <= high + 1e-5))


def kinks_right(student: Student, kind: truth.Kind, rows: int) -> None:
    """At x = 0 the student's slope lies between the student's own slopes on both sides of it."""
    layer = getattr(student, kind.name)(*kind.arguments)
    x = np.array([[0.0, -_NEAR, _NEAR, -0.0]] * rows)
    layer.forward(x.copy())
    dout = np.resize(_UPSTREAM, (rows, 1)) * np.ones(x.shape)
    slopes = compare.array(f"dx of {kind.name}", layer.backward(dout.copy()), x.shape) / dout
    zero, below, above, negative_zero = slopes.T
    for at in (zero, negative_zero):
        fine = _is_between(at, below, above)
        if np.all(fine) or not np.all(np.isfinite([below, above])):
            continue
        row = int(np.argmin(fine))
        cause, hint = "", "What does your backward do where x is exactly 0?"
        if np.any(np.isnan(at)):
            hint = "It gives nan there: is 0 divided by 0?"
        elif np.allclose(at, below + above):
            cause = "Your answer equals the slopes of both sides added up."
            hint = "With x >= 0 and x <= 0, the number 0 belongs to both of your cases."
        elif not np.any(at):
            cause = "Your answer equals zero at the kink, and the slopes on both sides are not."
            hint = "With x > 0 and x < 0, the number 0 belongs to neither of your cases."
        elif np.allclose(at * dout[:, 0], at[0] * dout[0, 0]):
            cause = "Your answer equals the same number for every upstream gradient: dout is not used there."
            hint = "Upstream times local, at x = 0 too."
        compare.fail(
            f"The slope of {kind.name} at x = 0 is not between the slopes on both sides.",
            f"with dout = {dout[row, 0]:g} yours is {at[row]:g} times dout; "
            f"beside it {below[row]:g} and {above[row]:g}",
            cause=cause,
            hint=hint,
        )


def ties_right(student: Student, values: Array) -> None:
    """At a = b each share lies between the student's own beside it, and so does what they add up to."""
    layer = student.Maximum()
    a = np.array([values, values + _NEAR, values])
    b = np.array([values, values, values + _NEAR])
    layer.forward(a.copy(), b.copy())
    dout = np.resize(_UPSTREAM, a.shape)
    both = compare.items("The result", layer.backward(dout.copy()), 2, "da and db")
    shares = np.array([compare.array(n, v, a.shape) for n, v in zip(("da", "db"), both, strict=True)]) / dout
    at, first, second = shares[:, 0], shares[:, 1], shares[:, 2]
    if not np.all(np.isfinite([first, second])):
        return
    total = at.sum(0)
    cause, hint = "", "What does your backward do where a and b are equal?"
    if np.any(np.isnan(at)):
        hint = "It gives nan there: is 0 divided by 0?"
    elif not np.any(total):
        cause = "Your answer equals zero for both at a tie: the gradient is lost."
        hint = "With a > b and a < b, a tie belongs to neither of your cases."
    elif np.allclose(total, first.sum(0) + second.sum(0)):
        cause = "Your answer equals the whole upstream gradient for both at a tie: it is counted twice."
        hint = "With a >= b and b >= a, a tie belongs to both of your cases."
    elif np.allclose(at * dout[0], (at * dout[0])[:, :1]):
        cause = "Your answer equals the same numbers for every upstream gradient: dout is not used there."
        hint = "Shares of what? Upstream times local, at a tie too."
    fine = _is_between(total, first.sum(0), second.sum(0)) & np.all(_is_between(at, first, second), axis=0)
    place = int(np.argmin(fine))
    da, db = (at * dout[0])[:, place]
    compare.require(
        bool(np.all(fine)),
        "At a tie da and db do not share the upstream gradient.",
        f"with dout = {dout[0, place]:g}: da = {da:g}, db = {db:g}",
        cause=cause,
        hint=hint,
    )


# --- saturation ---

_LAYER = """
from course_lib.layers import Elementwise

class Given(Elementwise):
    def forward(self, x):
        self.x = np.asarray(x)
        return {forward}

    def backward(self, dout):
        return dout * {slope}
layer = Given()
"""
# Curves of no exercise, with their slopes; the last one falls as well as rises.
_CURVES: dict[str, tuple[str, str, Callable[[Any], Any]]] = {
    "cubic": ("x**3 / 3", "self.x**2", lambda x: x**3 / 3),
    "rising": ("x + np.sin(x)", "(1 + np.cos(self.x))", lambda x: x + np.sin(x)),
    "wave": ("np.sin(x)", "np.cos(self.x)", np.sin),
}


# Where they are flat; at 3 none of them is, for a threshold of 0.4.
_FLAT = {"cubic": 0.1, "wave": np.pi / 2}


def _points(rng: np.random.Generator, shape: Sequence[int], curve: str, threshold: float) -> Array:
    """x of this shape, with no slope near the threshold."""
    pool = rng.uniform(-2.5, 2.5, 6 * int(np.prod(shape)))
    slope = np.abs(truth.local(_CURVES[curve][2], pool))
    return np.asarray(pool[np.abs(slope - threshold) > 0.02][: int(np.prod(shape))].reshape(shape))


def _other_points(
    rng: np.random.Generator, curve: str, seed: int, shape: Any, threshold: float
) -> tuple[Any, ...]:
    return curve, int(rng.integers(2**31)), (7, 9), threshold


_SLOPE = "backward returns upstream times slope: for which upstream gradient is that the slope itself?"


@confirmed(_other_points)
def share_right(student: Student, curve: str, seed: int, shape: Sequence[int], threshold: float) -> None:
    """`saturated_share(layer, x, threshold)` is the share of elements with a slope below it in size."""
    forward, slope, function = _CURVES[curve]
    x = _points(np.random.default_rng(seed), shape, curve, threshold)
    layer = student.define(_LAYER.format(forward=forward, slope=slope), "layer")
    given = x.copy()
    try:
        got = student.saturated_share(layer, given, threshold)
    except StudentError as error:
        if error.type_name != "AttributeError" or "'Given'" not in error.message:
            raise
        compare.fail(
            "saturated_share asks the layer for something that it does not have yet, or never has.",
            error.message,
            hint="A layer knows its x only after forward(x); call nothing but forward and backward.",
        )
    slopes, y = truth.local(function, x), np.real(function(x))
    small = np.abs(slopes) < threshold

    def mistakes() -> list[Counterfactual]:
        size = "A slope of -3 is as steep as one of 3."
        return [
            Counterfactual(
                "the number of saturated elements, not their share", float(small.sum()), "Out of how many?"
            ),
            Counterfactual(
                "the saturated elements divided by the number of rows",
                small.sum() / len(small),
                "Out of how many?",
            ),
            Counterfactual("the share in percent", 100.0 * small.mean(), "A share lies between 0 and 1."),
            Counterfactual(
                "the share of the elements that are not saturated", 1.0 - small.mean(), "Below, or above?"
            ),
            Counterfactual(
                "the share with every negative slope counted as saturated", np.mean(slopes < threshold), size
            ),
            Counterfactual(
                "the share of the outputs below the threshold, not of the slopes",
                np.mean(np.abs(y) < threshold),
                _SLOPE,
            ),
            Counterfactual(
                "the share of the elements of x below the threshold, not of the slopes",
                np.mean(np.abs(x) < threshold),
                _SLOPE,
            ),
            Counterfactual(
                "the share for an upstream gradient of x in place of ones",
                np.mean(np.abs(slopes * x) < threshold),
                _SLOPE,
            ),
            Counterfactual(
                "the share for an upstream gradient of the output in place of ones",
                np.mean(np.abs(slopes * y) < threshold),
                _SLOPE,
            ),
            Counterfactual(
                "the share for a threshold of 0.05",
                np.mean(np.abs(slopes) < 0.05),
                "The threshold is an argument.",
            ),
        ]

    value = compare.number("saturated_share(layer, x, threshold)", got)
    # Of 0 and 1 nothing can be told: many mistakes lead there.
    compare.require(
        value not in (0.0, 1.0),
        f"saturated_share counts {'all' if value else 'none'} of the elements as saturated, and some are.",
        hint=_SLOPE,
    )
    compare.equal(
        "saturated_share(layer, x, threshold)",
        value,
        small.mean(),
        counterfactuals=mistakes,
        details=[
            f"{x.size} elements, threshold {threshold:g}",
            *([] if 0 <= value <= 1 else ["a share is a number from 0 to 1"]),
        ],
        hint=_SLOPE,
    )
    compare.unchanged("x", x, given)


def share_is_the_same_upside_down(
    student: Student, curve: str, seed: int, shape: Sequence[int], threshold: float
) -> None:
    """The share of -f is that of f, right or not; and it is not the same for all x."""
    forward, slope, _ = _CURVES[curve]
    x = _points(np.random.default_rng(seed), shape, curve, threshold)
    name, shares = "saturated_share(layer, x, threshold)", []
    for sign, points in (("", x), ("-", x), ("", np.full(shape, 3.0)), ("", np.full(shape, _FLAT[curve]))):
        source = _LAYER.format(forward=f"{sign}({forward})", slope=f"({sign}{slope})")
        layer = student.define(source, "layer")
        shares.append(compare.number(name, student.saturated_share(layer, points.copy(), threshold)))
    compare.require(
        len({shares[0], *shares[2:]}) > 1,
        "saturated_share is the same where all elements are saturated, where some are and where none is.",
        hint=_SLOPE,
    )
    compare.require(
        bool(np.isclose(shares[0], shares[1])),
        "saturated_share is another one for the same curve turned upside down.",
        cause="Your answer equals one that takes the sign of a slope for its size.",
        hint="A slope of -3 is as steep as one of 3.",
    )


def prediction_made(student: Student) -> None:
    """`predict_gradient_left()` returns a number; no word on whether it is near."""
    value = compare.number("Your prediction", student.predict_gradient_left())
    compare.require(
        bool(np.isfinite(value)) and value >= 0,
        "A prediction of a size is a finite number, 0 or above.",
    )
