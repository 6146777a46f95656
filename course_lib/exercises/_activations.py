"""What is true of the activations, by differentiating the given forwards; and mistakes.

Each mistake differentiates the same forward at another point, or with one thing left out or put in, so that
no formula for a gradient stands anywhere in this package.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from course_lib.checking.diagnosis import Counterfactual
from course_lib.exercises import _small as small
from course_lib.given import sigmoid

__all__ = [
    "KINDS",
    "Case",
    "Kind",
    "cases",
    "elu",
    "elu_kind",
    "larger",
    "local",
    "maximum_gradients",
    "maximum_mistakes",
    "mistakes",
    "pair",
    "random_case",
    "sigmoid",
    "small_cases",
    "small_pairs",
]

Array = NDArray[np.float64]
Case = dict[str, Array]
Forward = Callable[[Any], Any]

_STEP = 1e-30


def relu(x: Any) -> Any:
    """max(0, x); also complex, as all of these."""
    return np.where(np.real(x) > 0, x, 0.0 * x)


def leaky(x: Any, slope: float = 0.1) -> Any:
    """max(slope x, x) for a slope below 1."""
    return np.where(np.real(x) > 0, x, slope * x)


def elu(x: Any, alpha: float) -> Any:
    """x above 0, alpha (exp(x) - 1) elsewhere."""
    return np.where(np.real(x) > 0, x, _bottom(x, alpha))


def _bottom(x: Any, alpha: float) -> Any:
    return alpha * (np.exp(np.where(np.real(x) > 0, 0.0 * x, x)) - 1.0)


@dataclass(frozen=True)
class Kind:
    """One of the student's classes: its name, its forward, what it is made with, and its inputs' names."""

    name: str
    forward: Callable[..., Any]
    arguments: tuple[float, ...] = ()
    inputs: tuple[str, ...] = ("x",)


def elu_kind(alpha: float) -> Kind:
    """ELU with this alpha."""
    return Kind("ELU", lambda x: elu(x, alpha), (alpha,))


def larger(a: Any, b: Any) -> Any:
    """The larger of two, element by element."""
    return np.where(np.real(a) > np.real(b), a, b)


KINDS = {
    "Sigmoid": Kind("Sigmoid", sigmoid),
    "Tanh": Kind("Tanh", np.tanh),
    "ReLU": Kind("ReLU", relu),
    "LeakyReLU": Kind("LeakyReLU", leaky),
    "ELU": elu_kind(1.7),
    "Maximum": Kind("Maximum", larger, inputs=("a", "b")),
}


def local(forward: Forward, x: Any) -> Array:
    """The local gradient of each element, by one complex step: each output depends on its own x alone."""
    return np.asarray(np.imag(forward(np.asarray(x, dtype=float) + 1j * _STEP)) / _STEP)


def random_case(rng: np.random.Generator, *shape: int) -> Case:
    """x and an upstream gradient of both signs; no x at a kink, small and large ones on both sides of it."""
    size = int(np.prod(shape))
    # Spread evenly, so that what is wrong for some x only is seen in each case.
    x = np.linspace(0.2, 3.0, size) + rng.uniform(-0.05, 0.05, size)
    x *= np.where(np.arange(size) % 2, 1.0, -1.0)
    dout = rng.uniform(0.4, 2.0, size) * rng.choice([-1.0, 1.0], size)
    dout[: min(2, size)] = [1.5, -0.7][: min(2, size)]
    return {"x": rng.permutation(x).reshape(shape), "dout": rng.permutation(dout).reshape(shape)}


def cases(rng: np.random.Generator, *shapes: tuple[int, ...]) -> list[Case]:
    """Of these shapes; with rows that have no upstream gradient, and large magnitudes on both sides."""
    made = [random_case(rng, *shape) for shape in shapes]
    made[0]["dout"][1] = 0.0
    wide = random_case(rng, 2, 6)
    wide["x"][0] = [-800.0, -40.0, -3.0, 3.0, 40.0, 800.0]
    return [*made, wide]


def small_cases() -> Iterator[tuple[Case]]:
    """Cases of small whole numbers for a counterexample, the smallest first."""
    for x in ([-1.0], [2.0], [-1.0, 2.0], [2.0, -1.0], [-2.0, 1.0, 3.0], [[2.0, -1.0], [-3.0, 1.0]]):
        point = np.array(x)
        (dout,) = small.arrays(point.shape)
        yield ({"x": point, "dout": dout},)
        yield ({"x": point, "dout": -dout},)


def _in_place_of_the_output(kind: Kind, x: Array) -> Array:
    """What the slope, told from the output, comes to when x is put where the output belongs."""
    points = np.linspace(-1.5, 1.5, 9)
    # For sigmoid and tanh the slope is a parabola of the output: three numbers, found by fitting.
    return np.asarray(np.polyval(np.polyfit(kind.forward(points), local(kind.forward, points), 2), x))


def mistakes(kind: Kind, case: Case) -> list[Counterfactual]:
    """What people return as dL/dx of this activation."""
    x, dout = case["x"], case["dout"]
    forward = kind.forward
    slope, y = local(forward, x), np.real(forward(x))
    with np.errstate(over="ignore", invalid="ignore"):
        found = [
            Counterfactual(
                "the local gradient alone: dout is not used",
                slope,
                "The downstream gradient is upstream times local.",
            ),
            Counterfactual(
                "the upstream gradient itself: the local gradient is not used",
                dout,
                "By how much does the output change when this one x moves a little?",
            ),
            Counterfactual("the sum of upstream and local", dout + slope, "Upstream *times* local."),
            Counterfactual(
                "the local gradient times the mean of dout",
                np.mean(dout) * slope,
                "Each element has an upstream gradient of its own.",
            ),
            *(_smooth if kind.name in ("Sigmoid", "Tanh") else _bent)(kind, x, dout, slope, y),
        ]
    return [c for c in found if np.all(np.isfinite(c.value))]


def _smooth(kind: Kind, x: Array, dout: Array, slope: Array, y: Array) -> list[Counterfactual]:
    other = KINDS["Tanh" if kind.name == "Sigmoid" else "Sigmoid"]
    kept = "self.y is the output already."
    without = dout * y - y if kind.name == "Sigmoid" else dout - y**2
    return [
        Counterfactual(
            "dout times the first part of the local gradient, less the second: the brackets are lost",
            without,
            "dout multiplies the whole slope: put brackets round it.",
        ),
        Counterfactual(
            "dout times the local gradient at y, not at x: the activation is applied twice",
            dout * local(kind.forward, y),
            kept,
        ),
        Counterfactual(
            "dout times the local gradient squared", dout * slope**2, "One layer, one local gradient."
        ),
        Counterfactual(
            "dout times the output, in place of the local gradient",
            dout * y,
            "The output is the height of the curve; the local gradient is its slope.",
        ),
        Counterfactual(
            "dout times one minus the output, in place of the local gradient",
            dout * (1.0 - y),
            "Try it at x = -3: how steep is the curve there, and what does your formula give?",
        ),
        Counterfactual(
            "dout times the square of one minus the output, in place of the local gradient",
            dout * (1.0 - y) ** 2,
            "Try it at x = -3: how steep is the curve there, and what does your formula give?",
        ),
        Counterfactual(
            "what the right formula gives with x put where the output belongs",
            dout * _in_place_of_the_output(kind, x),
            f"The formula for the slope is in terms of the output. {kept}",
        ),
        Counterfactual(
            f"dout times what is right for {other.name}, with this layer's output put in",
            dout * _in_place_of_the_output(other, y),
            f"Derive it afresh for {kind.name}: it has a formula of its own.",
        ),
    ]


def _bent(kind: Kind, x: Array, dout: Array, slope: Array, y: Array) -> list[Counterfactual]:
    name = kind.name
    found = [
        Counterfactual(
            "dout where x is above 0, and below it the slope alone: dout is not used there",
            np.where(x > 0, dout, slope),
            "Upstream times local, on both sides of 0.",
        ),
        Counterfactual(
            "dout where x is above 0, and x below it",
            np.where(x > 0, dout, x),
            "Upstream times local, on both sides of 0.",
        ),
        Counterfactual(
            "the activation applied to the upstream gradient, in place of x",
            np.real(kind.forward(dout)),
            "The sign of x decides, and not that of dout.",
        ),
        Counterfactual(
            "dout times the local gradient at -x: the two sides are taken for each other",
            dout * local(kind.forward, -x),
            "On which side of 0 is the slope 1?",
        ),
        Counterfactual(
            "dout times the output, in place of the local gradient",
            dout * y,
            "The output is the height of the curve; the local gradient is its slope.",
        ),
        Counterfactual(
            "dout times x, in place of the local gradient",
            dout * x,
            "How steep is the curve at x? Its slope is asked for, and not x.",
        ),
    ]
    if name == "ReLU":
        found.append(
            Counterfactual(
                "dout times the sign of x",
                dout * np.sign(x),
                "How steep is the curve below 0?",
            )
        )
    else:
        found.append(
            Counterfactual(
                "the gradient of ReLU: nothing gets through below 0",
                dout * local(relu, x),
                "Below 0 the curve is not flat.",
            )
        )
    if name == "LeakyReLU":
        found += [
            Counterfactual(
                f"the gradient for a slope of {other:g}",
                dout * local(partial(leaky, slope=other), x),
                "Here the slope below 0 is self.slope.",
            )
            for other in (0.01, 0.2)
        ]
        below = "Upstream times local, on both sides of 0."
        found += [
            Counterfactual(
                "dout times the slope of the lower side, on both sides",
                dout * 0.1,
                "Above 0 the curve is y = x.",
            ),
            Counterfactual(
                "dout times the output where x is below 0", dout * np.where(x > 0, 1.0, 0.1 * x), below
            ),
        ]
    if name == "ELU":
        (alpha,) = kind.arguments
        lower = local(lambda x: _bottom(x, 1.0), x)
        below = "Below 0, differentiate alpha (exp(x) - 1): what becomes of each of its parts?"
        found += [
            Counterfactual(
                "dout times the local gradient at dout: the sign of dout decides, not that of x",
                dout * local(kind.forward, dout),
                "The sign of x decides, and not that of dout.",
            ),
            Counterfactual(
                "the gradient for alpha = 1: alpha is not used", dout * np.where(x > 0, 1, lower), below
            ),
            Counterfactual("dout times the output where x is below 0", dout * np.where(x > 0, 1.0, y), below),
            Counterfactual(
                "dout times x times the slope where x is below 0",
                dout * np.where(x > 0, 1.0, x * slope),
                "The derivative of exp(x) is no power rule.",
            ),
            Counterfactual(
                "dout times alpha alone where x is below 0", dout * np.where(x > 0, 1.0, alpha), below
            ),
            Counterfactual(
                "dout times x where x is above 0",
                dout * np.where(x > 0, x, slope),
                "Above 0 the curve is y = x: how steep is it?",
            ),
            Counterfactual(
                "dout times the output plus 1 where x is below 0",
                dout * np.where(x > 0, 1.0, y + 1.0),
                "The output plus 1 is the slope for alpha = 1 alone.",
            ),
            Counterfactual(
                "dout times the slope of the curved side, and 0 where x is above 0",
                dout * np.where(x > 0, 0.0, slope),
                "Above 0 the curve is y = x.",
            ),
            Counterfactual(
                "dout times the slope below 0, plus 1 everywhere",
                dout * np.where(x > 0, 1.0, slope + 1.0),
                "Each x lies on one side: which of the two slopes is its own?",
            ),
        ]
    return found


# --- the larger of two ---


def pair(rng: np.random.Generator, *shape: int) -> Case:
    """a, b and an upstream gradient; no ties, and each of a and b the larger one somewhere."""
    size = int(np.prod(shape))
    case = random_case(rng, *shape)
    a = rng.uniform(-2.0, 2.0, size)
    gap = rng.uniform(0.3, 1.5, size) * np.where(rng.permutation(size) % 2, 1.0, -1.0)
    return {"a": a.reshape(shape), "b": (a + gap).reshape(shape), "dout": case["dout"]}


def small_pairs() -> Iterator[tuple[Case]]:
    """The same in small whole numbers, the smallest first."""
    for a, b in (
        ([1.0], [3.0]),
        ([3.0], [1.0]),
        ([-2.0, 3.0], [2.0, 1.0]),
        ([2.0, 1.0, -1.0], [1.0, 3.0, 2.0]),
    ):
        (dout,) = small.arrays((len(a),))
        yield ({"a": np.array(a), "b": np.array(b), "dout": dout},)
        yield ({"a": np.array(a), "b": np.array(b), "dout": -dout},)


def maximum_gradients(case: Case) -> dict[str, Array]:
    """dL/da and dL/db of the larger of two, where there are no ties."""
    a, b, dout = (case[name] for name in ("a", "b", "dout"))
    return {
        "a": dout * local(lambda a: larger(a, b), a),
        "b": dout * local(lambda b: larger(a, b), b),
    }


def maximum_mistakes(case: Case, which: str) -> list[Counterfactual]:
    """What people return as one of the two."""
    dout, right = case["dout"], maximum_gradients(case)
    ones = maximum_gradients({**case, "dout": np.ones_like(dout)})
    other = "b" if which == "a" else "a"
    follow = "A small move of the smaller one does not change the output."
    return [
        Counterfactual("the local gradient alone: dout is not used", ones[which], "Upstream times local."),
        Counterfactual("the upstream gradient itself, whichever of the two is larger", dout, follow),
        Counterfactual(
            f"the right d{other}: it goes to the smaller one unless the two are returned in the wrong order",
            right[other],
            "Which of the two moves the output when it moves a little? And da is returned first.",
        ),
        Counterfactual("half of the upstream gradient everywhere, as at a tie", dout / 2, follow),
        Counterfactual(
            f"what is right as d{which} of the worked example, |a - b|",
            dout * np.sign(case[which] - case[other]),
            "There both inputs move the output; here one of them does.",
        ),
        Counterfactual(
            f"dout where {which} is above 0",
            dout * (case[which] > 0),
            "Which of the two is the larger one decides, and not the sign of either.",
        ),
        Counterfactual(
            "dout times the output", dout * larger(case["a"], case["b"]), "How does the output move with it?"
        ),
        Counterfactual(
            "dout times the right mask times the input", right[which] * case[which], "The slope is asked for."
        ),
        Counterfactual(
            "what is right where dout is above 0, and 0 elsewhere",
            np.where(dout > 0, right[which], 0.0),
            "a and b decide, and not the sign of dout.",
        ),
    ]
