"""Public checks of the notebook 01_scalar_chain_rule.

The functions `…_right` (in `_scalar_chain_properties`) take their inputs as arguments: the hidden checks call
them with others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from course_lib.checking.model import Check, Exercise, Student
from course_lib.exercises import _small as small
from course_lib.exercises._scalar_chain_properties import (
    affine_part_right,
    centred_difference_right,
    cubic,
    forward_value_right,
    local_gradients_right,
    log_loss_right,
    nudge_right,
    prediction_made,
    product_gradient_right,
    sigmoid_part_right,
    two_evaluations,
    two_paths_right,
)

__all__ = [
    "EXERCISES",
    "affine_part_right",
    "centred_difference_right",
    "forward_value_right",
    "local_gradients_right",
    "log_loss_right",
    "nudge_right",
    "prediction_made",
    "product_gradient_right",
    "sigmoid_part_right",
    "two_evaluations",
    "two_paths_right",
]

NOTEBOOK = "01_scalar_chain_rule"
Array = NDArray[np.float64]
Numbers = Mapping[str, float]

# x, y, z of unlike size and sign; whole numbers, fractions, zeros, large ones.
POINTS = ((4.0, -1.5, 0.7), (-0.5, 4.0, -3.0), (0.0, 7.0, 2.0), (1e6, -3e5, 0.25))
# The same small, for a counterexample; and likewise x with an upstream gradient.
SMALL = ((1.0, 2.0, 3.0), (2.0, 3.0, -1.0), (3.0, 1.0, 2.0), (2.0, -3.0, 1.0), (-1.0, 3.0, 2.0))
SMALL_PATHS = ((1.0, 2.0), (2.0, 3.0), (3.0, 2.0), (2.0, -3.0), (-1.0, 3.0))
NEURONS = (
    {"w0": 2.0, "x0": -1.0, "w1": -3.0, "x1": 0.5, "b": 1.5},
    {"w0": -0.4, "x0": 1.7, "w1": 0.9, "x1": -2.2, "b": -0.3},
)


def _each(title: str, right: Callable[..., None], fixed: str) -> Check:
    """A check that runs `right` at every point of the text."""

    def run(student: Student) -> None:
        for point in POINTS:
            right(student, fixed, *point)

    return Check(title, 1, run, small.runs(right, lambda: ((fixed, *point) for point in SMALL)))


def _neurons(title: str, right: Callable[[Student, Numbers, float], None]) -> Check:
    def run(student: Student) -> None:
        for inputs, upstream in zip(NEURONS, (0.7, -2.5), strict=True):
            right(student, inputs, upstream)

    return Check(title, 1, run, small.runs(right, _small_neurons))


def _small_neurons() -> Iterator[tuple[Numbers, float]]:
    for numbers in ((1, -1, 2, 1, 1, 2), (1, 2, -2, 1, 1, 3), (2, -1, 1, 3, -2, -1), (3, 1, -1, 2, 1, 2)):
        *inputs, upstream = map(float, numbers)
        yield dict(zip(("w0", "x0", "w1", "x1", "b"), inputs, strict=True)), upstream


def _small_log_losses() -> Iterator[tuple[Array, Array]]:
    for w, x in (([1.0], [2.0]), ([2.0], [-1.0]), ([1.0, -1.0], [2.0, 1.0]), ([-2.0, 1.0], [3.0, -1.0])):
        yield np.array(w), np.array(x)


def _log_loss(student: Student) -> None:
    for w, x in (([0.5, -1.0, 2.0], [1.0, 3.0, -0.5]), ([2.0], [-1.5]), ([0.0, 0.0], [4.0, -7.0])):
        log_loss_right(student, np.array(w), np.array(x))


def _log_loss_large(student: Student) -> None:
    log_loss_right(student, np.array([-10.0, 4.0]), np.array([2.5, -1.0]))
    log_loss_right(student, np.array([3.0, 1.0]), np.array([4.0, -2.0]))


def _paths(title: str, part: int) -> Check:
    def run(student: Student) -> None:
        for x, upstream in ((3.0, 0.7), (-1.5, -2.5), (0.0, -4.0)):
            two_paths_right(student, part, x, upstream)

    return Check(title, 1, run, small.runs(two_paths_right, lambda: ((part, *at) for at in SMALL_PATHS)))


def _quotients(student: Student) -> None:
    centred_difference_right(student, "x**3", cubic, 1.7, 0.1)
    centred_difference_right(student, "np.exp(-x)", lambda x: float(np.exp(-x)), -0.5, 0.3)


def _small_quotients() -> Iterator[tuple[str, Callable[[float], float], float, float]]:
    for x, h in ((1.0, 1.0), (2.0, 1.0), (1.0, 2.0), (-1.0, 2.0), (3.0, 2.0)):
        yield "x**3", cubic, x, h
    yield "np.exp(-x)", lambda x: float(np.exp(-x)), 1.0, 1.0


def _small_moves() -> Iterator[tuple[Sequence[float], Sequence[float]]]:
    for at, moves in zip(SMALL, ((1, 2, 3), (2, 1, -1), (1, -1, 2), (3, 1, 2), (-2, 3, 1)), strict=True):
        yield at, tuple(map(float, moves))


def _moves(student: Student) -> None:
    nudge_right(student, (4.0, -1.5, 2.5), (0.1, -0.3, 0.05))
    nudge_right(student, (-0.5, 4.0, -3.0), (0.0, 0.3, -0.1))


_SMALL_LOG_LOSSES = small.runs(log_loss_right, _small_log_losses)

EXERCISES: tuple[Exercise, ...] = (
    Exercise(
        "forward_values",
        NOTEBOOK,
        "Exercise 1: forward values",
        1,
        ("forward_values",),
        tuple(
            _each(f"The {which} gate's value, {node}, is right", forward_value_right, node)
            for which, node in (("first", "d"), ("second", "q"), ("last", "f"))
        ),
        "A graph is a recipe",
    ),
    Exercise(
        "local_gradients",
        NOTEBOOK,
        "Exercise 2: local gradients",
        1,
        ("local_gradients",),
        (
            _each("The gate that doubles and the gate that adds are right", local_gradients_right, "dq"),
            _each("The gate that multiplies is right", local_gradients_right, "f"),
        ),
        "One gate at a time",
    ),
    Exercise(
        "product_gradients",
        NOTEBOOK,
        "Exercise 3: upstream times local",
        2,
        ("product_gradients",),
        tuple(_each(f"df/d{name} is right", product_gradient_right, name) for name in "xyz"),
        "Upstream times local",
    ),
    Exercise(
        "log_loss_gradient",
        NOTEBOOK,
        "Exercise 4: a chain with a loss at its end",
        2,
        ("log_loss_gradient",),
        (
            Check("dL/dw has the shape of w and is right", 2, _log_loss, _SMALL_LOG_LOSSES),
            Check("It is right where the sigmoid is nearly 0 or 1", 1, _log_loss_large, _SMALL_LOG_LOSSES),
        ),
        "The chain in three factors",
    ),
    Exercise(
        "gate_gradients",
        NOTEBOOK,
        "Exercise 5: a neuron, gate by gate",
        2,
        ("gate_gradients",),
        (
            _neurons("The gradients are right from p back to u", sigmoid_part_right),
            _neurons("The gradients from u back to the inputs follow from dL/du", affine_part_right),
        ),
        "Upstream times local",
    ),
    Exercise(
        "two_paths",
        NOTEBOOK,
        "Exercise 6: two paths to one variable",
        1,
        ("two_paths",),
        (
            _paths("The share that comes through the square is right", 0),
            _paths("The share that comes straight is right", 1),
            _paths("The gradient of x is right", 2),
        ),
        "When a variable is used twice",
    ),
    Exercise(
        "centred_difference",
        NOTEBOOK,
        "Exercise 7: a centred difference",
        1,
        ("centred_difference",),
        (
            Check(
                "The difference quotient is right",
                1,
                _quotients,
                small.runs(centred_difference_right, _small_quotients),
            ),
            Check(
                "f is asked one step to each side, and nowhere else",
                1,
                partial(two_evaluations, x=2.0, h=0.1),
            ),
        ),
        "Trust, but nudge",
        differences=True,
    ),
    Exercise(
        "nudge",
        NOTEBOOK,
        "Exercise 8: what a gradient predicts",
        1,
        ("nudge",),
        (Check("The predicted change is right", 1, _moves, small.runs(nudge_right, _small_moves)),),
        "Trust, but nudge",
    ),
    Exercise(
        "predict_best_step",
        NOTEBOOK,
        "Exercise 9: predict the best step",
        1,
        ("predict_best_step",),
        (Check("A step size is predicted (which one does not matter)", 1, prediction_made),),
        "How small is small enough?",
    ),
)
