"""Nets of two layers to check with: forwards, activations and losses as text, and numerical derivatives.

An activation comes with a `slope`, a function of its output, because the exercises take both as arguments.
They go to the student's side by `define`, so no text here holds an answer: tanh has its slope by a step.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from course_lib._numeric import complex_steps, directional
from course_lib.checking.diagnosis import Counterfactual as Known
from course_lib.checking.diagnosis import close
from course_lib.checking.student import LocalStudent
from course_lib.exercises import _small as small
from course_lib.given import sigmoid

__all__ = ["Activation", "Array", "Case", "Sizes", "away_from_zero", "case", "downhill", "first_row"]
__all__ += ["of_tanh", "quadratic", "sigmoid", "slope_at", "small_cases", "swapped", "w1_truth", "w2_truth"]

Array = NDArray[np.float64]
Sizes = tuple[int, int, int, int]


@dataclass(frozen=True)
class Activation:
    """Source of `act(z)`, and of `slope(h)`, what is to be used as its derivative, from the output h."""

    act: str
    slope: str


ACTIVATIONS = {
    "softplus": Activation(
        "def act(z): return np.log1p(np.exp(z))", "def slope(h): return 1 - np.exp(-np.asarray(h))"
    ),
    "cubic": Activation("def act(z): return np.asarray(z) ** 3", "def slope(h): return 3 * np.cbrt(h) ** 2"),
    # A complex step of tanh: numbers, not the formula that an exercise asks for.
    "tanh": Activation(
        "def act(z): return np.tanh(z)",
        "def slope(h): return np.tanh(np.arctanh(np.clip(h, 1e-15 - 1, 1 - 1e-15)) + 1e-30j).imag / 1e-30",
    ),
    # The derivative of a step is zero; people train through one with a slope that is none of its derivatives.
    "step": Activation("def act(z): return np.floor(z)", "def slope(h): return 1 / (2 + np.cos(h))"),
}

LOSS_GRADIENTS = {
    "quartic": "def loss_grad(y_pred, y): return (y_pred - y) ** 3",
    "weighted": "def loss_grad(y_pred, y): return np.arctan(y_pred - y) + 0.3 * y",
}
# With it the numbers stay small; it is no loss that people take for granted.
_SMALL_LOSS = "def loss_grad(y_pred, y): return y_pred - 3 * y"


@dataclass(frozen=True)
class Case:
    """One net with its data; `h` and `y_pred` are its forward."""

    x: Array
    y: Array
    w1: Array
    w2: Array
    activation: Activation
    loss_gradient: str

    @cached_property
    def act(self) -> Callable[[Any], Any]:
        """The activation as a function."""
        return _function(self.activation.act, "act")

    @cached_property
    def slope(self) -> Callable[[Any], Any]:
        """What is to be used as its derivative, of the output."""
        return _function(self.activation.slope, "slope")

    @cached_property
    def h(self) -> Array:
        """Hidden activations, shape (N, H)."""
        return np.asarray(self.act(self.x @ self.w1))

    @cached_property
    def y_pred(self) -> Array:
        """Predictions, shape (N, M)."""
        return np.asarray(self.h @ self.w2)

    @cached_property
    def upstream(self) -> Array:
        """dL/dy_pred, shape (N, M)."""
        loss_grad: Callable[..., Any] = _function(self.loss_gradient, "loss_grad")
        return np.asarray(loss_grad(self.y_pred, self.y))


@cache
def _function(source: str, name: str) -> Callable[..., Any]:
    function: Callable[..., Any] = LocalStudent({}).define(source, name)
    return function


def case(rng: np.random.Generator, sizes: Sizes, activation: str, loss: str) -> Case:
    """A net of these sizes (N, D, H, M), numbers away from zero."""
    n, d, hidden, m = sizes
    # Sums of D products stay near 1, where no activation is flat.
    x, y = away_from_zero(rng, (n, d)), away_from_zero(rng, (n, m))
    w1, w2 = away_from_zero(rng, (d, hidden)) / np.sqrt(d), away_from_zero(rng, (hidden, m))
    return Case(x, y, w1, w2, ACTIVATIONS[activation], LOSS_GRADIENTS[loss])


def small_cases() -> Iterator[Case]:
    """Nets of small whole numbers for a counterexample, the smallest first; last with a made-up slope."""
    for n, hidden, d, m, made_up in small.NETS:
        y, x, w1, w2 = small.arrays((n, m), (n, d), (d, hidden), (hidden, m))
        activation = ACTIVATIONS["step" if made_up else "cubic"]
        yield Case(x, y, w1, w2, activation, _SMALL_LOSS)


def away_from_zero(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Signed numbers between 0.5 and 1.5 in size."""
    return np.asarray(rng.uniform(0.5, 1.5, shape) * rng.choice([-1.0, 1.0], shape))


def first_row(upstream: Array) -> Array:
    """The upstream gradient with all rows but the first put to zero."""
    out = np.zeros_like(upstream)
    out[0] = upstream[0]
    return out


def quadratic(h: Array) -> Array:
    """The slope of the lecture's own activation: a usual mistake in a net with another one."""
    return h - h**2


def of_tanh(h: Array) -> Array:
    """The slope of tanh from its output, as the derivative of what has this slope."""
    return complex_steps(lambda t: t - t**3 / 3, h, np.ones_like(h))


def downhill(gradient: Array) -> Array:
    """The direction in which sum(gradient * w) falls fastest."""
    return np.negative(gradient)


def slope_at(
    forward: Callable[[Any], Any], shape: tuple[int, ...], index: tuple[int, ...], upstream: Array
) -> float:
    """Derivative of sum(upstream * forward(v)) along one element of v; `forward` is linear."""
    unit = np.zeros(shape)
    unit[index] = 1.0
    return directional(lambda v: forward(v), {"v": np.zeros(shape)}, {"v": unit}, upstream)


def swapped(other: str, value: Array, elsewhere: Any) -> Known:
    """The right value of the other of two results; `elsewhere` is what was returned in that one's place."""
    array = isinstance(elsewhere, np.ndarray) and elsewhere.dtype.kind in "iuf"
    both = array and elsewhere.shape == value.shape and bool(np.all(close(elsewhere, value)))
    return Known(
        f"{other}, which stands in both places"
        if both
        else f"{other}: the two results are in the wrong order",
        value,
    )


_STEP = 1e-6

Truth = tuple[Array, Callable[[], list[Known]]]


def w2_truth(case: Case) -> Truth:
    """grad_w2, and a function for what mistakes would have given."""

    def through(upstream: Array, h: Array = case.h) -> Array:
        return complex_steps(lambda w: h @ w, np.zeros(case.w2.shape), upstream)

    up = case.upstream
    return through(up), lambda: [
        Known(
            "the value with an upstream gradient of ones: the one that is given is not used",
            through(np.ones_like(up)),
        ),
        Known("the mean over the samples", through(up / len(up))),
        Known("what the first sample alone gives", through(first_row(up))),
        Known("what the last sample alone gives", through(first_row(up[::-1])[::-1])),
        *(
            Known(f"the value for {words}, whatever loss_grad is passed", through(u))
            for words, u in _others(case)
        ),
        Known("the value with slope(h) in place of h", through(up, case.slope(case.h))),
        Known("the value with h times slope(h) in place of h", through(up, case.h * case.slope(case.h))),
        Known("the value with h taken before the activation", through(up, case.x @ case.w1)),
    ]


def w1_truth(case: Case) -> Truth:
    """grad_w1, and a function for what mistakes would have given."""
    h, s, up = case.h, case.slope(case.h), case.upstream

    def through(upstream: Array, local: Array, w2: Array = case.w2) -> Array:
        # The net made linear at this point: h moves by `local` times what x.w1 moves by.
        def moved(w: Any) -> Any:
            return (local * (case.x @ w)) @ w2

        return complex_steps(moved, np.zeros(case.w1.shape), upstream)

    def only(m: int) -> Array:
        """The upstream gradient at one output alone."""
        seen = np.zeros_like(up)
        seen[:, m] = up[:, m]
        return seen

    def mistakes() -> list[Known]:
        with np.errstate(invalid="ignore"):  # some lead out of the range of an inverse: nan fits nothing
            z = case.x @ case.w1
            of_slope, of_input = case.slope(s), case.slope(z)
            of_act = (case.act(z + _STEP) - case.act(z - _STEP)) / (2 * _STEP)
        ones = np.ones_like(s)
        seen = through(up, quadratic(h))
        return [
            Known("the value with no derivative of the activation", through(up, ones)),
            Known("the value with the activation's derivative applied twice", through(up, s * s)),
            Known("the value with slope(slope(h))", through(up, of_slope)),
            Known("the value with the slope taken of x.w1, not of h", through(up, of_input)),
            Known("the value with the sigmoid's derivative, whatever slope is passed", seen),
            Known("the value with the derivative of tanh, whatever slope is passed", through(up, of_tanh(h))),
            Known(
                "the value with the derivative of act itself, not the slope that is passed",
                through(up, of_act),
            ),
            *(
                Known(f"the value for {words}, whatever loss_grad is passed", through(u, s))
                for words, u in _others(case)
            ),
            *(
                Known(f"the value for {words}, with {local}, whatever is passed", through(u, factor))
                for words, u in _others(case)
                for local, factor in (
                    ("the sigmoid's derivative", quadratic(h)),
                    ("the derivative of tanh", of_tanh(h)),
                )
            ),
            Known("the value with h in place of slope(h)", through(up, h)),
            Known("the value with h times slope(h), not slope(h) alone", through(up, h * s)),
            Known("what the first output alone gives: h reaches every output", through(only(0), s)),
            Known("what the last output alone gives: h reaches every output", through(only(-1), s)),
            Known(
                "the value with a sum that goes on from one hidden unit to the next: start each at zero",
                through(up, s, np.cumsum(case.w2, axis=0)),
            ),
            Known(
                "the value with an upstream gradient of ones: the one that is given is not used",
                through(np.ones_like(up), s),
            ),
            Known("the value without w2 on the way", through(up, s, np.ones_like(case.w2))),
            Known("the mean over the samples", through(up / len(up), s)),
            Known("what the first sample alone gives", through(first_row(up), s)),
            Known("what the last sample alone gives", through(first_row(up[::-1])[::-1], s)),
            Known(
                "what the last path alone gives, of the last sample and the last output: = stands for +=",
                through(first_row(only(-1)[::-1])[::-1], s),
            ),
        ]

    return through(up, s), mistakes


def _others(case: Case) -> list[tuple[str, Array]]:
    """What people take for the loss's gradient, in words and in numbers."""
    doubled = complex_steps(lambda p: (p - case.y) ** 2, case.y_pred, np.ones_like(case.y))
    return [
        ("2 (y_pred - y)", doubled),
        ("y_pred - y", case.y_pred - case.y),
        ("the mean loss of exercise 2", doubled / case.y.size),
    ]
