"""What is asked of the answers in 05_two_layer_sigmoid_net: functions `…_right`, for inputs of any kind.

The truth is a complex step through a forward; no product of a gradient and a weight is written down anywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from course_lib._numeric import complex_steps
from course_lib.checking import compare
from course_lib.checking.confirm import confirmed
from course_lib.checking.diagnosis import Counterfactual as Known
from course_lib.checking.model import Student
from course_lib.exercises import _two_layer_net as net
from course_lib.exercises._two_layer_net import Array, Case, Sizes

Mistakes = Callable[[], list[Known]]

__all__ = [
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

CHOICES = "ABCDEF"

SAME = "A gradient has the shape of its variable."


def _number_right(name: str, got: Any, right: float, known: Mistakes, *details: str) -> None:
    compare.equal(name, compare.number(name, got), right, counterfactuals=known, details=details)


def guess_made(student: Student) -> None:
    """`predict_lowest_loss()` names one of the six runs; which one is not judged."""
    guess = student.predict_lowest_loss()
    if guess is None:
        compare.fail("The prediction is None.", hint="Does the function end with a return?")
    compare.require(
        isinstance(guess, str) and len(guess.strip()) == 1 and guess.strip().upper() in CHOICES,
        "The prediction should be one of the letters A to F, in quotes.",
    )


# Where an explanation is confirmed: other sizes, none of them equal or next to another, and no first index.
ELSEWHERE: Sizes = (7, 3, 5, 9)


def _net(rng: np.random.Generator, activation: str = "softplus", loss: str = "weighted") -> Case:
    return net.case(rng, tuple(int(s) for s in rng.permutation(ELSEWHERE)), activation, loss)  # type: ignore[arg-type]


def _pair(rng: np.random.Generator) -> tuple[Array, Array]:
    shape = tuple(int(s) for s in rng.permutation(ELSEWHERE)[:2])
    return net.away_from_zero(rng, shape), net.away_from_zero(rng, shape)


def _of_net(rng: np.random.Generator, which: str, case: Case) -> tuple[Any, ...]:
    return which, _net(rng)


def _of_loss(rng: np.random.Generator, which: str, *_: Array) -> tuple[Any, ...]:
    return (which, *_pair(rng))


def _of_loss_gradient(rng: np.random.Generator, *_: Array) -> tuple[Any, ...]:
    return _pair(rng)


def _of_w2(rng: np.random.Generator, *_: Any) -> tuple[Any, ...]:
    case = _net(rng)
    return case.h, net.away_from_zero(rng, case.y.shape), 1, 2


def _of_h(rng: np.random.Generator, *_: Any) -> tuple[Any, ...]:
    case = _net(rng)
    return case.w2, net.away_from_zero(rng, case.y.shape), 2, 1


def _of_w1(rng: np.random.Generator, *_: Any) -> tuple[Any, ...]:
    case = _net(rng)
    return case, net.away_from_zero(rng, case.h.shape), 2, 1


@confirmed(_of_net)
def forward_right(student: Student, which: str, case: Case) -> None:
    """`net_forward(x, w1, w2, act)` gives the right h or y_pred (`which`) and leaves its inputs alone."""
    given = [a.copy() for a in (case.x, case.w1, case.w2)]
    result = student.net_forward(*given, student.define(case.activation.act, "act"))
    h, y_pred = compare.items("The result", result, 2, "h and y_pred")
    act, z = case.act, case.x @ case.w1
    if which == "h":
        compare.equal(
            "h",
            h,
            case.h,
            counterfactuals=lambda: [
                Known("x times w1 with no activation", z),
                Known("the activation applied twice", act(act(z))),
                Known("the sigmoid, whatever activation is passed", net.sigmoid(z)),
                Known("the sum of the products with x, by the wrong sign", act(-z)),
                Known("tanh of x times w1, whatever activation is passed", np.tanh(z)),
                Known("the activation of x, times w1: the product comes first", act(case.x) @ case.w1),
                net.swapped("y_pred", case.y_pred, y_pred),
            ],
            why="One row a sample, one column a hidden unit.",
        )
    else:
        compare.equal(
            "y_pred",
            y_pred,
            case.y_pred,
            counterfactuals=lambda: [
                Known("y_pred with the activation applied to the output too", act(case.y_pred)),
                Known("a net without any activation", z @ case.w2),
                Known("the net with the sigmoid, whatever activation is passed", net.sigmoid(z) @ case.w2),
                Known("the net with tanh, whatever activation is passed", np.tanh(z) @ case.w2),
                Known("a net with the activation applied twice", act(act(z)) @ case.w2),
                Known(
                    "a net with the activation of x: the product comes first", act(case.x) @ case.w1 @ case.w2
                ),
                net.swapped("h", case.h, h),
            ],
            why="One row a sample, one column an output.",
        )
    for name, before, after in zip(("x", "w1", "w2"), (case.x, case.w1, case.w2), given, strict=True):
        compare.unchanged(name, before, after)


@confirmed(_of_loss)
def loss_right(student: Student, which: str, y_pred: Array, y: Array) -> None:
    """`sum_loss` or `mean_loss` (`which`) is right on these predictions."""
    given = y_pred.copy(), y.copy()
    got = getattr(student, which)(*given)
    difference = y_pred - y
    total = float(np.sum(difference**2))
    summed = which == "sum_loss"
    right, count = (total, 1) if summed else (total / y.size, y.size)
    called = "sum" if summed else "mean"
    known = [
        Known("the mean over all elements", total / y.size)
        if summed
        else Known("the sum of the squares", total),
        Known("the sum of the squares divided by the number of samples alone", total / len(y)),
        Known("the sum of the squares divided by the number of outputs alone", total / y.shape[1]),
        Known(f"half the {called} of the squares", right / 2),
        Known("half the sum of the squares divided by the number of samples alone", total / (2 * len(y))),
        Known(f"the {called} of the absolute differences", float(np.sum(np.abs(difference))) / count),
        Known(f"the {called} of the differences, not squared", float(np.sum(difference)) / count),
        Known(f"the square of the {called} of the differences", (float(np.sum(difference)) / count) ** 2),
        Known("the root of the right value", float(np.sqrt(right))),
    ]
    _number_right(f"The loss by {which}", got, right, lambda: known)
    compare.unchanged("y_pred", y_pred, given[0])
    compare.unchanged("y", y, given[1])


@confirmed(_of_loss_gradient)
def loss_gradient_right(student: Student, y_pred: Array, y: Array) -> None:
    """`mean_loss_grad(y_pred, y)` is the derivative of the mean loss."""
    given = y_pred.copy(), y.copy()
    got = student.mean_loss_grad(*given)

    def slope_of_sum_over(count: float) -> Array:
        return complex_steps(lambda p: (p - y) ** 2, y_pred, np.full(y.shape, 1.0 / count))

    def cubes(count: float) -> Array:
        return complex_steps(lambda p: (p - y) ** 3, y_pred, np.full(y.shape, 1.0 / count))

    compare.equal(
        "dL/dy_pred",
        got,
        slope_of_sum_over(y.size),
        counterfactuals=lambda: [
            Known("the gradient of the sum loss: the mean is missing", slope_of_sum_over(1)),
            Known("the gradient of the sum divided by the number of samples", slope_of_sum_over(len(y))),
            Known("the gradient of the sum divided by the number of outputs", slope_of_sum_over(y.shape[1])),
            Known("the gradient of the example's cubes, not of the squares", cubes(1)),
            Known("the gradient of the mean of cubes, as in the example, not of squares", cubes(y.size)),
            Known("2 times the squared difference: its power did not fall by one", cubes(1.5)),
            Known("the mean of 2 times the squared difference: its power did not fall", cubes(1.5 * y.size)),
            Known("the right value without the factor that the square brings", slope_of_sum_over(2 * y.size)),
            Known("the difference y_pred - y alone: no derivative of the square, and no mean", y_pred - y),
            Known("the difference divided by the number of samples alone", (y_pred - y) / len(y)),
            Known("the difference divided by the number of outputs alone", (y_pred - y) / y.shape[1]),
            Known("the gradient of the mean of ten elements, whatever the shape", slope_of_sum_over(10)),
            Known("the squared difference: no derivative was taken", (y_pred - y) ** 2),
            Known("the terms of the mean loss: no derivative was taken", (y_pred - y) ** 2 / y.size),
        ],
        factors={float(y.size): "the number of elements", float(len(y)): "the number of samples"},
        why=SAME,
    )
    compare.unchanged("y_pred", y_pred, given[0])
    compare.unchanged("y", y, given[1])


@confirmed(_of_w2)
def w2_element_right(student: Student, h: Array, upstream: Array, j: int, m: int) -> None:
    """`w2_element(h, grad_y_pred, j, m)` is one element of dL/dw2."""
    given = h.copy(), upstream.copy()
    got = student.w2_element(*given, j, m)

    shape = (h.shape[1], upstream.shape[1])

    def through(seen: Array, at: tuple[int, int] = (j, m)) -> float:
        return net.slope_at(lambda w: h @ w, shape, at, seen)

    def mistakes() -> list[Known]:
        every = upstream.sum(1, keepdims=True) + 0 * upstream
        return [
            Known("what the first sample alone gives", through(net.first_row(upstream))),
            Known("what the last sample alone gives", through(net.first_row(upstream[::-1])[::-1])),
            Known(
                "what the first two samples alone give: count the samples",
                through(upstream * (np.arange(len(h)) < 2)[:, None]),
            ),
            Known("the mean over the samples", through(upstream / len(h))),
            Known(
                "the value with an upstream gradient of ones: the one that is given is not used",
                through(np.ones_like(upstream)),
            ),
            Known("the sum over every output, not this one alone", through(every)),
            Known("the upstream gradient summed, without what h hands to this weight", upstream[:, m].sum()),
            Known(
                "a product of two sums: each sample's own product comes first",
                h[:, j].sum() * upstream[:, m].sum(),
            ),
            *_indices_swapped("w2", through, (j, m), shape, upstream),
        ]

    _number_right("This element of dL/dw2", got, through(upstream), mistakes, f"at j = {j}, m = {m}")
    compare.unchanged("h", h, given[0])
    compare.unchanged("grad_y_pred", upstream, given[1])


def _indices_swapped(
    name: str, through: Callable[..., float], at: tuple[int, int], shape: tuple[int, int], upstream: Array
) -> list[Known]:
    i, k = at
    if i == k or k >= shape[0] or i >= shape[1]:
        return []
    words = f"another element of dL/d{name}: the two indices are in the wrong order"
    return [Known(words, through(upstream, (k, i)))]


def tanh_slope_right(student: Student, z: Array) -> None:
    """`tanh_slope(h)` is the derivative of tanh at the z with tanh(z) = h, element by element."""

    def derivative(point: Array) -> Array:
        return complex_steps(np.tanh, point, np.ones_like(point))

    h = np.tanh(z)
    given = h.copy()
    got = student.tanh_slope(given)
    compare.equal(
        "The derivative of tanh",
        got,
        derivative(z),
        counterfactuals=lambda: [
            Known("the sigmoid's derivative, not that of tanh", net.quadratic(h)),
            Known("the derivative taken at h, as if h were the input z", derivative(h)),
            Known("1 - h", 1 - h),
            Known("h itself", h),
            Known("one everywhere", np.ones_like(h)),
        ],
    )
    compare.unchanged("h", h, given)


@confirmed(_of_h)
def h_element_right(student: Student, w2: Array, upstream: Array, n: int, j: int) -> None:
    """`h_element(w2, grad_y_pred, n, j)` is one element of dL/dh."""
    given = w2.copy(), upstream.copy()
    got = student.h_element(*given, n, j)

    shape = (len(upstream), len(w2))

    def through(seen: Array, at: tuple[int, int] = (n, j)) -> float:
        return net.slope_at(lambda h: h @ w2, shape, at, seen)

    def mistakes() -> list[Known]:
        first, last = net.first_row(upstream.T).T, net.first_row(upstream.T[::-1])[::-1].T
        return [
            Known("what the first output alone gives: h reaches every output", through(first)),
            Known("what the last output alone gives: h reaches every output", through(last)),
            Known(
                "what the output with the unit's own number alone gives: h reaches every output",
                through(upstream * (np.arange(w2.shape[1]) == j)),
            ),
            Known(
                "the value with an upstream gradient of ones: the one that is given is not used",
                through(np.ones_like(upstream)),
            ),
            Known("the mean over the outputs", through(upstream / w2.shape[1])),
            Known("the sum over all samples, not this one alone", through(upstream.sum(0) + 0 * upstream)),
            Known("the upstream gradient summed, without the weights on the way", upstream[n].sum()),
            Known(
                "a product of two sums: each output's own product comes first",
                upstream[n].sum() * w2[j].sum(),
            ),
            Known(
                "the sum over as many outputs as there are hidden units: count the outputs",
                through(upstream * (np.arange(w2.shape[1]) < len(w2))),
            ),
            *_indices_swapped("h", through, (n, j), shape, upstream),
        ]

    _number_right("This element of dL/dh", got, through(upstream), mistakes, f"at n = {n}, j = {j}")
    compare.unchanged("w2", w2, given[0])
    compare.unchanged("grad_y_pred", upstream, given[1])


@confirmed(_of_w1)
def w1_element_right(student: Student, case: Case, grad_h: Array, d: int, j: int) -> None:
    """`w1_element(x, h, grad_h, slope, d, j)` is one element of dL/dw1."""
    given = case.x.copy(), case.h.copy(), grad_h.copy()
    got = student.w1_element(*given, student.define(case.activation.slope, "slope"), d, j)
    s, up = case.slope(case.h[:, j]), grad_h[:, j]

    def through(factor: Array) -> float:
        # Only the weights into unit j: at the lecture's size the whole of w1 would take too long.
        column = net.slope_at(lambda w: case.x @ w, (case.x.shape[1], 1), (d, 0), factor[:, None])
        return float(column)

    def elsewhere(upstream: Array, at: tuple[int, int]) -> float:
        i, k = at
        seen = (upstream[:, k] * case.slope(case.h[:, k]))[:, None]
        return net.slope_at(lambda w: case.x @ w, (case.x.shape[1], 1), (i, 0), seen)

    def mistakes() -> list[Known]:
        once = net.first_row(np.ones(len(up)))
        with np.errstate(invalid="ignore"):
            of_slope = case.slope(s)
        of_sigmoid, of_tanh = net.quadratic(case.h[:, j]), net.of_tanh(case.h[:, j])
        return [
            Known("the value with no derivative of the activation", through(up)),
            Known("the value with the activation's derivative applied twice", through(up * s * s)),
            Known(
                "the value with slope(slope(h)): the derivative of the derivative's value",
                through(up * of_slope),
            ),
            Known("the value with grad_h left out", through(s)),
            Known("what the first sample alone gives", through(up * s * once)),
            Known("what the last sample alone gives", through(up * s * once[::-1])),
            Known("the mean over the samples", through(up * s / len(up))),
            Known("the value without x: what reaches unit j, summed", float(np.sum(up * s))),
            Known(
                "the value with the sigmoid's derivative, whatever slope is passed", through(up * of_sigmoid)
            ),
            Known("the value with the derivative of tanh, whatever slope is passed", through(up * of_tanh)),
            Known("the value with h in place of slope(h)", through(up * case.h[:, j])),
            Known("the value with h times slope(h), not slope(h) alone", through(up * case.h[:, j] * s)),
            *_indices_swapped("w1", elsewhere, (d, j), (case.x.shape[1], case.h.shape[1]), grad_h),
        ]

    _number_right("This element of dL/dw1", got, through(up * s), mistakes, f"at d = {d}, j = {j}")
    for name, before, after in zip(("x", "h", "grad_h"), (case.x, case.h, grad_h), given, strict=True):
        compare.unchanged(name, before, after)


@confirmed(_of_net)
def gradient_right(student: Student, which: str, case: Case) -> None:
    """`net_gradients(x, y, w1, w2, act, slope, loss_grad)` gives the right grad_w1 or grad_w2 (`which`)."""
    given = [a.copy() for a in (case.x, case.y, case.w1, case.w2)]
    functions = (
        student.define(case.activation.act, "act"),
        student.define(case.activation.slope, "slope"),
        student.define(case.loss_gradient, "loss_grad"),
    )
    pair = compare.items("The result", student.net_gradients(*given, *functions), 2, "grad_w1 and grad_w2")
    truths = {"grad_w1": net.w1_truth(case), "grad_w2": net.w2_truth(case)}
    right, mistakes = truths.pop(which)
    (other, (others_right, _)) = truths.popitem()
    factors = {float(len(case.x)): "the number of samples"}
    got, elsewhere = pair if which == "grad_w1" else pair[::-1]

    def known() -> list[Known]:
        return [*mistakes(), net.swapped(other, others_right, elsewhere)]

    compare.equal(which, got, right, counterfactuals=known, factors=factors, why=SAME)
    for name, before, after in zip(
        ("x", "y", "w1", "w2"), (case.x, case.y, case.w1, case.w2), given, strict=True
    ):
        compare.unchanged(name, before, after)


def step_right(
    student: Student, which: str, case: Case, lr: float, grads: Sequence[Array] | None = None
) -> None:
    """`descent_step(w1, w2, grad_w1, grad_w2, lr)` gives new weights; "kept": writes into nothing."""
    if grads is None:
        rng = np.random.default_rng(7)
        grads = [rng.normal(size=case.w1.shape), rng.normal(size=case.w2.shape)]
    old = [case.w1, case.w2]
    given = [a.copy() for a in (*old, *grads)]
    pair = compare.items("The result", student.descent_step(*given, lr), 2, "the new w1 and the new w2")
    for i, name in enumerate(("w1", "w2")):
        if which in (name, "kept"):
            right, other = (old[k] + lr * net.downhill(grads[k]) for k in (i, 1 - i))
            swapped = net.swapped(f"the new {('w2', 'w1')[i]}", other, pair[1 - i])
            known = partial(_step_mistakes, old[i], grads[i], lr, swapped)
            compare.equal(f"The new {name}", pair[i], right, counterfactuals=known)
    if which == "kept":
        for name, before, after in zip(
            ("w1", "w2", "grad_w1", "grad_w2"), (*old, *grads), given, strict=True
        ):
            compare.unchanged(name, before, after)


def _step_mistakes(w: Array, g: Array, lr: float, swapped: Known) -> list[Known]:
    fixed = w + 1e-4 * net.downhill(g)
    return [
        swapped,
        Known("a step with the learning rate 1e-4, whatever lr is passed", fixed),
        Known("a step divided by the learning rate", w + net.downhill(g) / (lr or 1.0)),
        Known("a step up the slope: the sign is turned", w + lr * g),
        Known("the step alone, without the weight it starts from", lr * g),
        Known("the step alone, without the weight it starts from", -lr * g),
        Known("a step without the learning rate", w - g),
        Known("the old weight: no step was made", w),
    ]
