"""Checks of your_own_network that are about one formula: a loss with its gradient, and a net of two layers.

The truth is a complex step through the given forward.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from course_lib._numeric import complex_step
from course_lib.checking import compare
from course_lib.checking.confirm import confirmed
from course_lib.checking.diagnosis import Counterfactual
from course_lib.checking.model import Student
from course_lib.given import sigmoid

__all__ = ["nll_right", "two_layer_case", "two_layer_right"]

Array = NDArray[np.float64]


def _scores(rng: np.random.Generator, s: Array, t: Array, part: str) -> tuple[Any, ...]:
    return 2 * rng.normal(size=s.shape), (rng.uniform(size=t.shape) < 0.5).astype(float), part


def _log_of_1_plus_exp(z: Any) -> Any:
    """Also complex, and without overflow."""
    small = np.exp(np.where(z.real > 0, -z, z))
    return np.where(z.real > 0, z, 0) + np.log(1 + small)


@confirmed(_scores)
def nll_right(student: Student, s: Array, t: Array, part: str) -> None:
    """`nll(s, t)` is the mean negative log-likelihood of a sigmoid, or its gradient ("loss", "gradient")."""
    given = s.copy(), t.copy()
    both = compare.items("The result", student.nll(*given), 2, "the loss and ds")
    n = s.size
    terms = np.logaddexp(0.0, np.where(t == 1, -s, s))
    if part == "loss":
        with np.errstate(all="ignore"):
            p = sigmoid(s)
            known = [
                Counterfactual("the sum, not the mean", terms.sum()),
                Counterfactual(
                    "the loss with the labels exchanged", np.logaddexp(0.0, np.where(t == 1, s, -s)).mean()
                ),
                Counterfactual("the loss with the other sign", -terms.mean()),
                Counterfactual(
                    "the terms of the samples with label 1 alone",
                    (terms * t).mean(),
                    "A sample with label 0 has a loss too.",
                ),
                Counterfactual("the mean of the squared differences of p and t", ((p - t) ** 2).mean()),
                Counterfactual("the mean of the sizes of p - t", abs(p - t).mean()),
            ]
        value = compare.number("The loss", both[0])
        compare.require(
            bool(np.isfinite(value)),
            "The loss is not finite.",
            hint="Where a score is large, exp overflows or log meets 0: np.logaddexp(0, z) is log(1 + e^z) "
            "and has neither trouble.",
        )
        compare.equal("The loss", both[0], terms.mean(), counterfactuals=known)
    else:
        right = complex_step(lambda s: np.sum(_log_of_1_plus_exp(np.where(t == 1, -s, s))) / n, {"s": s})["s"]
        p = sigmoid(s)
        compare.equal(
            "ds",
            both[1],
            right,
            counterfactuals=[
                Counterfactual(
                    "the gradient of the sum: the mean is missing",
                    n * right,
                    "The loss is a mean over N samples.",
                ),
                Counterfactual("the gradient for exchanged labels", (p - (1 - t)) / n),
                Counterfactual("the probability over N: the label is not used", p / n),
                Counterfactual(
                    "(1 - p) over N where the label is 0, and right elsewhere",
                    np.where(t == 1, right, (1 - p) / n),
                    "For the label 0 differentiate log(1 + e^s): is it 1 - p, or p?",
                ),
                Counterfactual(
                    "the gradient times p(1 - p): the sigmoid's slope once too often",
                    right * p * (1 - p),
                    "Has the slope of the sigmoid cancelled?",
                ),
                Counterfactual("score less label, over N", (s - t) / n),
            ],
            factors={float(n): "N, the number of samples"},
            why="A gradient has the shape of its variable; s has shape " + str(s.shape) + ".",
        )
    compare.unchanged("s", s, given[0])
    compare.unchanged("t", t, given[1])


_NAMES = ("w1", "b1", "w2", "b2")


def two_layer_case(rng: np.random.Generator, n: int, d: int, h: int, m: int) -> dict[str, Array]:
    """x, y and the parameters of a sigmoid net."""
    shapes = {"x": (n, d), "y": (n, m), "w1": (d, h), "b1": (h,), "w2": (h, m), "b2": (m,)}
    return {k: rng.normal(size=s) / (np.sqrt(d) if k == "w1" else 1.0) for k, s in shapes.items()}


def two_layer_loss(x: Any, y: Any, w1: Any, b1: Any, w2: Any, b2: Any) -> Any:
    """The sum of the squared differences."""
    return np.sum((sigmoid(x @ w1 + b1) @ w2 + b2 - y) ** 2)


def _other_case(rng: np.random.Generator, case: dict[str, Array], which: str) -> tuple[Any, ...]:
    return two_layer_case(rng, *case["x"].shape, *case["w2"].shape), which


@confirmed(_other_case)
def two_layer_right(student: Student, case: dict[str, Array], which: str) -> None:
    """`two_layer_gradients(x, y, w1, b1, w2, b2)` is right in one of its four gradients."""
    given = {name: value.copy() for name, value in case.items()}
    four = compare.items("The result", student.two_layer_gradients(**given), 4, "dw1, db1, dw2, db2")
    right = _two_layer_gradient(case, which)

    def mistakes() -> list[Counterfactual]:
        n = float(len(case["x"]))
        known = [
            Counterfactual("half of it: the square brings a factor 2", right / 2),
            Counterfactual("the mean over the samples, and the loss is a sum", right / n),
            *(
                Counterfactual(
                    f"the gradient of {other}: the results are in another order",
                    _two_layer_gradient(case, other),
                )
                for other in _NAMES
                if other != which
            ),
        ]
        without = {**case, "b1": 0 * case["b1"]}
        known.append(
            Counterfactual(
                "the gradient of a net without b1",
                _two_layer_gradient(without, which),
                "b1 is part of the forward pass.",
            )
        )
        without = {**case, "b2": 0 * case["b2"]}
        known.append(
            Counterfactual(
                "the gradient of a net without b2",
                _two_layer_gradient(without, which),
                "b2 is part of the forward pass.",
            )
        )
        if which in ("w1", "b1"):
            known += _slope_mistakes(case, which)
        return known

    compare.equal(
        f"d{which}",
        four[_NAMES.index(which)],
        right,
        counterfactuals=mistakes,
        why=f"A gradient has the shape of its variable; {which} has shape {case[which].shape}.",
    )
    for name, value in given.items():
        compare.unchanged(name, case[name], value)


def _two_layer_gradient(case: dict[str, Array], which: str) -> Array:
    return complex_step(lambda v: two_layer_loss(**{**case, which: v}), {"v": case[which]})["v"]


def _slope_mistakes(case: dict[str, Array], which: str) -> list[Counterfactual]:
    """The derivative of the hidden units left out, taken twice, or taken at their outputs."""
    x, w1, b1, w2 = (case[k] for k in ("x", "w1", "b1", "w2"))
    z = x @ w1 + b1
    h = sigmoid(z)
    at_h = complex_step(lambda h: np.sum((h @ w2 + case["b2"] - case["y"]) ** 2), {"h": h})["h"]
    slope = sigmoid(z + 1e-30j).imag / 1e-30
    late = sigmoid(h + 1e-30j).imag / 1e-30

    def through(dz: Array) -> Array:
        if which == "b1":
            return complex_step(lambda b: np.zeros(z.shape) + b, {"b": b1}, dz)["b"]
        return complex_step(lambda w: x @ w, {"w": w1}, dz)["w"]

    return [
        Counterfactual(
            "the gradient without the sigmoid's slope", through(at_h), "Between h and z stands a sigmoid."
        ),
        Counterfactual("the gradient with the sigmoid's slope taken twice", through(at_h * slope**2)),
        Counterfactual(
            "the gradient with the slope taken at h, not at z",
            through(at_h * late),
            "The slope is h (1 - h), with h the sigmoid's output.",
        ),
        Counterfactual("the gradient with h in place of the slope", through(at_h * h)),
    ]
