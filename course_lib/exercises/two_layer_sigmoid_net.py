"""Public checks of the notebook 05_two_layer_sigmoid_net.

The functions `…_right` (in `_two_layer_properties`) take their inputs as arguments: the hidden checks call
them with others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import numpy as np

from course_lib.checking.model import Check, Exercise, Student
from course_lib.exercises import _small as small
from course_lib.exercises import _two_layer_net as net
from course_lib.exercises._two_layer_net import Array, Case, Sizes
from course_lib.exercises._two_layer_properties import (
    forward_right,
    gradient_right,
    guess_made,
    h_element_right,
    loss_gradient_right,
    loss_right,
    step_right,
    tanh_slope_right,
    w1_element_right,
    w2_element_right,
)

__all__ = [
    "EXERCISES",
    "forward_right",
    "gradient_right",
    "guess_made",
    "h_element_right",
    "loss_gradient_right",
    "loss_right",
    "step_right",
    "tanh_slope_right",
    "w1_element_right",
    "w2_element_right",
]

NOTEBOOK = "05_two_layer_sigmoid_net"
# Not the two samples of the notebook: with two, half a sum is its mean.
SMALL: Sizes = (3, 2, 4, 5)
OTHER: Sizes = (5, 2, 6, 3)
SINGLE: Sizes = (1, 4, 2, 3)


def _each(title: str, worth: int, *runs: Callable[[Student], None], smaller: Any = None) -> Check:
    def run(student: Student) -> None:
        for one in runs:
            one(student)

    return Check(title, worth, run, smaller)


def _cases(*specs: tuple[Sizes, str, str]) -> tuple[Callable[[], Case], ...]:
    def make(i: int, sizes: Sizes, activation: str, loss: str) -> Callable[[], Case]:
        return cache(lambda: net.case(np.random.default_rng(50 + i), sizes, activation, loss))

    return tuple(make(i, *spec) for i, spec in enumerate(specs))


_NETS = _cases((SMALL, "softplus", "quartic"), (OTHER, "cubic", "weighted"), (SMALL, "tanh", "quartic"))
_ONE = _cases((SINGLE, "softplus", "weighted"))
_MADE_UP = _cases((OTHER, "step", "quartic"))


def _net_check(title: str, worth: int, run: Callable[..., None], which: str, cases: Any = _NETS) -> Check:
    return _each(
        title,
        worth,
        *[lambda student, make=make: run(student, which, make()) for make in cases],
        smaller=small.runs(run, lambda: ((which, case) for case in net.small_cases())),
    )


def _small_pairs() -> Iterator[tuple[Array, ...]]:
    sizes = dict.fromkeys((n, m) for n, m, _ in small.SIZES)
    return (tuple(small.arrays(size, size)) for size in sizes)


def _small_w2() -> Iterator[tuple[Array, Array, int, int]]:
    for n, hidden, m in small.SIZES:
        h, upstream = small.arrays((n, hidden), (n, m))
        yield h, upstream, hidden - 1, 0


def _small_h() -> Iterator[tuple[Array, Array, int, int]]:
    for n, hidden, m in small.SIZES:
        w2, upstream = small.arrays((hidden, m), (n, m))
        yield w2, upstream, 0, hidden - 1


def _small_w1() -> Iterator[tuple[Case, Array, int, int]]:
    for case in net.small_cases():
        (grad_h,) = small.arrays(case.h.shape)
        yield case, grad_h, 0, case.h.shape[1] - 1


def _small_steps(which: str) -> Iterator[tuple[str, Case, float, list[Array]]]:
    for case in net.small_cases():
        yield which, case, 2.0, small.arrays(case.w1.shape, case.w2.shape)


def _matrices(seed: int, *shapes: tuple[int, int]) -> list[Array]:
    rng = np.random.default_rng(seed)
    return [net.away_from_zero(rng, shape) for shape in shapes]


def _losses(title: str, which: str) -> Check:
    pairs = (_matrices(1, (3, 5), (3, 5)), _matrices(2, (4, 3), (4, 3)), _matrices(3, (1, 4), (1, 4)))
    smaller = small.runs(loss_right, lambda: ((which, *pair) for pair in _small_pairs()))
    return _each(
        title, 1, *[lambda s, pair=pair: loss_right(s, which, *pair) for pair in pairs], smaller=smaller
    )


def _loss_gradients(title: str, scales: tuple[float, ...], *sizes: tuple[int, int]) -> Check:
    return _each(
        title,
        1,
        *[
            lambda student, s=s, k=k: loss_gradient_right(student, *[k * a for a in _matrices(4, s, s)])
            for s in sizes
            for k in scales
        ],
        smaller=small.runs(loss_gradient_right, _small_pairs),
    )


def _w2_check(title: str, sizes: Sizes) -> Check:
    def run(student: Student) -> None:
        n, _, hidden, m = sizes
        h, upstream = _matrices(5, (n, hidden), (n, m))
        for i in range(hidden):
            w2_element_right(student, h, upstream, i, (i + 1) % m)

    return Check(title, 1, run, small.runs(w2_element_right, _small_w2))


def _tanh_check(student: Student) -> None:
    tanh_slope_right(student, np.array([0.4, -1.3, 2.0, 0.0, 30.0, -0.02]))


def _h_check(student: Student) -> None:
    for n, _, hidden, m in (SMALL, OTHER, SINGLE):
        w2, upstream = _matrices(6, (hidden, m), (n, m))
        for i in range(hidden):
            # Not (0, 0) first: there a wrong index looks like a sum that was cut short.
            h_element_right(student, w2, upstream, (i + 1) % n, (i + 2) % hidden)


def _w1_check(student: Student) -> None:
    for make in (*_NETS, *_ONE, *_MADE_UP):
        case = make()
        grad_h = net.away_from_zero(np.random.default_rng(8), case.h.shape)
        for d in range(case.x.shape[1]):
            w1_element_right(student, case, grad_h, d, (d + 1) % case.h.shape[1])


def _step_check(title: str, which: str) -> Check:
    return _each(
        title,
        1,
        *[
            lambda student, make=make, lr=lr: step_right(student, which, make(), lr)
            for make, lr in zip(_NETS, (0.1, 1e-4, 3.0), strict=True)
        ],
        smaller=small.runs(step_right, lambda: _small_steps(which)),
    )


# At the inputs 0 and 1: no whole number but 0 is an output of tanh.
_SMALL_TANH = small.runs(tanh_slope_right, lambda: ((np.array([z]),) for z in (0.0, 1.0, -1.0)))

EXERCISES: tuple[Exercise, ...] = (
    Exercise(
        "net_forward",
        NOTEBOOK,
        "Exercise 1: forward",
        1,
        ("net_forward",),
        (
            _net_check("The hidden activations h are right", 1, forward_right, "h"),
            _net_check("The predictions y_pred are right", 1, forward_right, "y_pred"),
        ),
        "The program in one picture",
    ),
    Exercise(
        "net_losses",
        NOTEBOOK,
        "Exercise 2: two losses",
        1,
        ("sum_loss", "mean_loss"),
        (
            _losses("The sum loss is right", "sum_loss"),
            _losses("The mean loss is right", "mean_loss"),
        ),
        "One number to make small",
    ),
    Exercise(
        "mean_loss_grad",
        NOTEBOOK,
        "Exercise 3: from the loss to the predictions",
        2,
        ("mean_loss_grad",),
        (
            _loss_gradients("dL/dy_pred is right on a batch", (1.0,), (3, 7)),
            _loss_gradients(
                "dL/dy_pred is right for other sizes, a single sample and large numbers",
                (1.0, 1e6),
                (7, 3),
                (1, 6),
                (2, 3),
            ),
        ),
        "The first step back",
    ),
    Exercise(
        "w2_element",
        NOTEBOOK,
        "Exercise 4: one weight of w2",
        2,
        ("w2_element",),
        (
            _w2_check("One weight of w2 is right on a batch", SMALL),
            _w2_check("One weight of w2 is right on other sizes", OTHER),
        ),
        "One weight at a time",
    ),
    Exercise(
        "w1_element",
        NOTEBOOK,
        "Exercise 5: one weight of w1, in three steps",
        3,
        ("tanh_slope", "h_element", "w1_element"),
        (
            Check("The derivative of tanh, from its output, is right", 1, _tanh_check, _SMALL_TANH),
            Check("One element of dL/dh is right", 1, _h_check, small.runs(h_element_right, _small_h)),
            Check(
                "One weight of w1 is right, for the slope that is passed",
                1,
                _w1_check,
                small.runs(w1_element_right, _small_w1),
            ),
        ),
        "Through the hidden layer",
    ),
    Exercise(
        "net_gradients",
        NOTEBOOK,
        "Exercise 6: every weight",
        3,
        ("net_gradients",),
        (
            _net_check("All of grad_w2 is right", 1, gradient_right, "grad_w2", (*_NETS, *_ONE, *_MADE_UP)),
            _net_check("All of grad_w1 is right", 2, gradient_right, "grad_w1", (*_NETS, *_ONE, *_MADE_UP)),
        ),
        "All of them, by loops",
    ),
    Exercise(
        "descent_step",
        NOTEBOOK,
        "Exercise 7: one step downhill",
        1,
        ("descent_step",),
        (
            _step_check("The new w1 is right", "w1"),
            _step_check("The new w2 is right", "w2"),
            _step_check("Both are new arrays; nothing that was passed is written to", "kept"),
        ),
        "The step",
    ),
    Exercise(
        "predict_lowest_loss",
        NOTEBOOK,
        "Prediction: which run ends lowest",
        1,
        ("predict_lowest_loss",),
        (Check("A guess is made (which one does not matter)", 1, guess_made),),
        "Six gradients, one right",
    ),
)
