"""Checks of 06_vector_calculus whose answers are no gradients: shapes, a prediction."""

from __future__ import annotations

from typing import Any

import numpy as np

from course_lib.checking import compare
from course_lib.checking.model import Student
from course_lib.exercises import _vector_calculus as truth

__all__ = ["prediction_made", "shape_right"]

_HINTS = {
    "derivative_shape": "How many numbers are needed to say how fast each output changes with each input?",
    "jacobian_shape": "Number all inputs in one row, and all outputs in one row: how many are there of each?",
}


def prediction_made(student: Student) -> None:
    """`predict_percent()` returns a share in percent; no word on whether it is near."""
    value = compare.number("Your prediction", student.predict_percent())
    compare.require(0 <= value <= 100, "A share in percent is a number from 0 to 100.")


def shape_right(student: Student, which: str, x_shape: truth.Shape, y_shape: truth.Shape) -> None:
    """`derivative_shape` or `jacobian_shape` (`which`) is right for these shapes of x and y."""
    got = _shape(which, getattr(student, which)(x_shape, y_shape))
    right = truth.shapes(x_shape, y_shape)
    if got == right[which]:
        return
    cause, hint = _explained(which, got, x_shape, y_shape)
    compare.fail(
        f"{which} is wrong for {_called(x_shape)} to {_called(y_shape)}.",
        f"x of shape {x_shape}, y of shape {y_shape}: yours {got}",
        cause=cause,
        hint=hint or _HINTS[which],
    )


def _called(shape: truth.Shape) -> str:
    return {0: "a single number", 1: "a vector", 2: "a matrix"}.get(len(shape), "an array of more axes")


def _explained(which: str, got: truth.Shape, x: truth.Shape, y: truth.Shape) -> tuple[str, str]:
    """What the wrong shape `got` is, in words, and what to reread."""
    right = truth.shapes(x, y)
    turned = truth.shapes(y, x)
    other = "jacobian_shape" if which == "derivative_shape" else "derivative_shape"
    known = [
        (
            turned[which],
            "the right shape in the other layout, outputs first",
            "In this course inputs come first.",
        ),
        (right[other], f"what {other} should return", ""),
        (turned[other], f"what {other} should return in the other layout, outputs first", ""),
        (x, "the shape of x: that is the gradient of a single number", "Here y has a shape of its own, too."),
        (y, "the shape of y", "Each output depends on all of x."),
        ((int(np.prod([*x, *y])),), "the number of all pairs, in one row", "A Jacobian is a matrix."),
        ((sum(x), sum(y)), "the sums of the sizes: a matrix of 2 by 3 holds 6 numbers, not 5", ""),
        ((*x[:1], *y[:1]), "the first size of each shape", "How many numbers does the whole array hold?"),
        ((len(x), len(y)), "the numbers of axes", "How many numbers does each array hold?"),
    ]
    for value, says, hint in known:
        if got == value and value != right[which]:
            return f"Your answer equals {says}.", hint
    return "No mistake that this check knows gives exactly these values.", ""


def _shape(name: str, value: Any) -> truth.Shape:
    if value is None:
        compare.fail(f"{name} returned None.", hint="Does the function end with a return?")
    if isinstance(value, int | float | np.number) and not isinstance(value, bool):
        compare.fail(
            f"{name} should return a shape, a tuple, and returns a number.",
            hint="A Jacobian is a matrix: how many rows, how many columns?"
            if name == "jacobian_shape"
            else "A tuple with one number in it is written (3,): with the comma.",
        )
    if isinstance(value, np.ndarray) and value.ndim == 1:
        value = tuple(value)
    compare.require(
        isinstance(value, tuple | list), f"{name} should return a shape, a tuple of whole numbers."
    )
    if any(isinstance(k, tuple | list) for k in value):
        compare.fail(
            f"{name} should return one tuple, and returns a tuple of tuples.",
            hint="Two tuples are joined into one by +.",
        )
    whole = all(isinstance(k, int | np.integer) and not isinstance(k, bool) for k in value)
    if not whole and all(isinstance(k, int | float | np.number) for k in value):
        compare.fail(
            f"{name} returns a shape with a float in it.",
            hint="np.prod of an empty shape is the float 1.0: math.prod gives a whole number.",
        )
    compare.require(whole, f"{name} should return a shape, a tuple of whole numbers.")
    return tuple(int(k) for k in value)
