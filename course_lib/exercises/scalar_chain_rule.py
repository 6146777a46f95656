"""Public checks of the notebook 01_scalar_chain_rule.

The functions `…_right` take their inputs as arguments: the hidden checks call them with others. Their truth
is the complex step through graphs that are given by their forward alone (`_scalar_graph`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from course_lib._numeric import complex_step
from course_lib.checking import compare
from course_lib.checking.diagnosis import Counterfactual, close
from course_lib.checking.model import Check, Exercise, Student
from course_lib.exercises._scalar_graph import AFFINE_SIGMOID, PRODUCT, TWO_PATHS, forward, local, slope
from course_lib.given import sigmoid

__all__ = [
    "EXERCISES",
    "GATES",
    "affine_part_right",
    "centred_difference_right",
    "forward_value_right",
    "local_gradients_right",
    "log_loss_right",
    "nudge_right",
    "product_gradient_right",
    "sigmoid_part_right",
    "two_evaluations",
    "two_paths_right",
]

NOTEBOOK = "01_scalar_chain_rule"
Array = NDArray[np.float64]
Numbers = Mapping[str, float]

# x, y, z of unlike size and sign; whole numbers, fractions, zeros, large ones.
POINTS = ((3.0, -1.0, 0.7), (-0.5, 4.0, -3.0), (0.0, 7.0, 2.0), (1e6, -3e5, 0.25))
LOCALS = (("d", "x"), ("q", "d"), ("q", "y"), ("f", "q"), ("f", "z"))
GATES = ("t", "e", "n", "u")
AFFINE = ("b", "a", "m0", "w0", "x0", "m1", "w1", "x1")
NEURONS = (
    {"w0": 2.0, "x0": -1.0, "w1": -3.0, "x1": 0.5, "b": 1.5},
    {"w0": -0.4, "x0": 1.7, "w1": 0.9, "x1": -2.2, "b": -0.3},
)


def _at(**inputs: float) -> str:
    return "at " + ", ".join(f"{name} = {value:.6g}" for name, value in inputs.items())


def forward_value_right(student: Student, node: str, x: float, y: float, z: float) -> None:
    """`forward_values(x, y, z)` gives the right value at one of the nodes d, q, f."""
    got = compare.items("The result", student.forward_values(x, y, z), 3, "d, q and f")["dqf".index(node)]
    right = forward(PRODUCT, {"x": x, "y": y, "z": z})
    known = {
        "d": [Counterfactual("x, without the factor 2", x), Counterfactual("x squared", x * x)],
        "q": [
            Counterfactual("x + y: the worked example's sum, not this graph's", x + y),
            Counterfactual("2(x + y): y does not go through the gate that doubles", 2 * (x + y)),
        ],
        "f": [
            Counterfactual("(x + y)z, the worked example's function", (x + y) * z),
            Counterfactual("2(x + y)z: y does not go through the gate that doubles", 2 * (x + y) * z),
            Counterfactual("the sum of q and z: the last gate is another one", right["q"] + z),
            Counterfactual("q: the last gate is missing", right["q"]),
        ],
    }
    compare.equal(node, got, right[node], counterfactuals=known[node], details=[_at(x=x, y=y, z=z)])


def local_gradients_right(student: Student, gates: str, x: float, y: float, z: float) -> None:
    """`local_gradients(x, y, z)` is right at the gates whose outputs are in `gates`."""
    names = [f"d{out}/d{into}" for out, into in LOCALS]
    answer = student.local_gradients(x, y, z)
    got = compare.items("The result", answer, len(LOCALS), ", ".join(names))
    values = forward(PRODUCT, {"x": x, "y": y, "z": z})
    for (out, into), name, value in zip(LOCALS, names, got, strict=True):
        if out not in gates:
            continue
        other = values["z" if into == "q" else "q"]
        known = [
            Counterfactual("the value of the input itself: the gate is not switched", values[into]),
            Counterfactual("the value of the gate's output", values[out]),
            Counterfactual("the derivative of f, not of this gate alone", slope(PRODUCT, values, into)),
            Counterfactual(
                "the right value times the other input", local(PRODUCT, values, out, into) * other
            ),
        ]
        right = local(PRODUCT, values, out, into)
        compare.equal(name, value, right, counterfactuals=known, details=[_at(x=x, y=y, z=z)])


def product_gradient_right(student: Student, of: str, x: float, y: float, z: float) -> None:
    """`product_gradients(x, y, z)` gives the right df/dx, df/dy or df/dz."""
    inputs = {"x": x, "y": y, "z": z}
    answer = student.product_gradients(x, y, z)
    got = compare.items("The result", answer, 3, "df/dx, df/dy and df/dz")["xyz".index(of)]
    right = {name: slope(PRODUCT, inputs, name) for name in "xyz"}
    values = forward(PRODUCT, inputs)
    known = [
        Counterfactual(
            "the local gradient alone, without the upstream gradient",
            {"x": 2.0, "y": 1.0, "z": 1.0}[of],
            "Reread “Upstream times local”.",
        ),
        Counterfactual("the value of q: the two inputs of the multiply gate are not switched", values["q"]),
        Counterfactual("the value of z: the two inputs of the multiply gate are not switched", z),
        Counterfactual("2q: the two inputs of the multiply gate are not switched", 2 * values["q"]),
    ]
    names = {"x": "df/dx", "y": "df/dy", "z": "df/dz"}
    known += [Counterfactual(f"{names[other]}", right[other]) for other in "xyz" if other != of]
    known.append(
        Counterfactual("a sum of upstream and local, where a product is due", values["z"] + right[of] / z)
    )
    compare.equal(names[of], got, right[of], counterfactuals=known, details=[_at(**inputs)])


def log_loss_right(student: Student, w: Array, x: Array) -> None:
    """`log_loss_gradient(w, x)` is the gradient of -log(sigmoid(w.x)) with respect to w."""
    kept = w.copy(), x.copy()
    answer = student.log_loss_gradient(w, x)
    right = complex_step(lambda w: -np.log(sigmoid(w @ kept[1])), {"w": kept[0]})["w"]
    p = float(sigmoid(kept[0] @ kept[1]))
    ones = np.ones_like(x)

    def known() -> Sequence[Counterfactual]:
        per_u = complex_step(lambda u: -np.log(sigmoid(u)), {"u": kept[0] @ kept[1]})["u"]
        to_p = complex_step(lambda w: sigmoid(w @ kept[1]), {"w": kept[0]})["w"]
        at_p = complex_step(lambda u: sigmoid(u), {"u": p})["u"]
        return [
            Counterfactual("dL/du for each element: the last factor, du/dw, is missing", per_u * ones),
            Counterfactual(
                "dp/dw: the first factor, dL/dp, is missing", to_p, "Reread the chain from L inwards."
            ),
            Counterfactual("dL/dp times du/dw: the sigmoid's local gradient is missing", -kept[1] / p),
            Counterfactual(
                "the chain with the sigmoid's derivative taken at p, not at u", -kept[1] / p * at_p
            ),
            Counterfactual("the gradient with respect to x, not w", per_u * kept[0]),
            Counterfactual("du/dw alone", kept[1]),
        ]

    compare.equal(
        "dL/dw",
        answer,
        right,
        counterfactuals=known,
        why="w has one number for each number of x, and so has its gradient.",
    )
    compare.unchanged("w", kept[0], w)
    compare.unchanged("x", kept[1], x)


def _gate_gradients(student: Student, inputs: Numbers, upstream: float) -> dict[str, Any]:
    order = ("w0", "x0", "w1", "x1", "b")
    answer = student.gate_gradients(*(inputs[name] for name in order), upstream)
    compare.require(
        isinstance(answer, dict), "gate_gradients should return a dict, by the names of the nodes."
    )
    missing = [name for name in (*GATES, *AFFINE) if name not in answer]
    compare.require(not missing, f"The dict lacks {', '.join(missing)}.")
    return dict(answer)


def sigmoid_part_right(student: Student, inputs: Numbers, upstream: float) -> None:
    """The gradients from p back to u are right; the first wrong node is named, and nothing said behind it."""
    got = _gate_gradients(student, inputs, upstream)
    values = forward(AFFINE_SIGMOID, inputs)
    details = [f"{_at(**inputs)}, upstream {upstream:.6g}"]
    arrives, after = upstream, "p"
    for node in GATES:
        right = upstream * slope(AFFINE_SIGMOID, inputs, node)
        step = local(AFFINE_SIGMOID, values, after, node)
        known = [
            Counterfactual("the local gradient alone, without the upstream gradient", step),
            Counterfactual("the upstream gradient alone, without this gate's local gradient", arrives),
            Counterfactual("the gradient for an upstream gradient of 1 at p", right / upstream),
            Counterfactual("the value of the node, not its gradient", values[node]),
        ]
        name = f"First wrong node, going back from p: dL/d{node}"
        compare.equal(name, got[node], right, counterfactuals=known, details=details)
        after, arrives = node, right


def affine_part_right(student: Student, inputs: Numbers, upstream: float) -> None:
    """The gradients from u back to the inputs follow from the student's own dL/du.

    Behind a wrong dL/du nothing is said of where: the first wrong node has been named already.
    """
    got = _gate_gradients(student, inputs, upstream)
    at_u = compare.number("dL/du", got["u"])
    compare.require(
        bool(np.isfinite(at_u)) and at_u != 0,
        "dL/du is not a number that can be handed on, so what follows from it cannot be judged.",
    )
    shares = {
        node: slope(AFFINE_SIGMOID, inputs, node) / slope(AFFINE_SIGMOID, inputs, "u") for node in AFFINE
    }
    if not close(at_u, upstream * slope(AFFINE_SIGMOID, inputs, "u")):
        for node, share in shares.items():
            if not close(compare.number(f"dL/d{node}", got[node]), at_u * share):
                compare.fail(
                    "A gradient behind u does not follow from dL/du; mend what comes before it first."
                )
        return
    values = forward(AFFINE_SIGMOID, inputs)
    for node, share in shares.items():
        known = [
            Counterfactual("the local gradient alone, without the upstream gradient", share),
            Counterfactual("the value of the node, not its gradient", values[node]),
        ]
        if node[0] in "wx":
            switched = at_u * values[node]
            known.append(Counterfactual("upstream times the node itself: the gate is not switched", switched))
            known.append(Counterfactual("the upstream gradient alone", at_u))
        name = f"First wrong node, going back from u: dL/d{node}"
        compare.equal(name, got[node], at_u * share, counterfactuals=known, details=[_at(**inputs)])


def two_paths_right(student: Student, part: int, x: float, upstream: float) -> None:
    """`two_paths(x, upstream)` is right in one of its parts: through the square, straight, together."""
    answer = student.two_paths(x, upstream)
    got = compare.items("The result", answer, 3, "the share through s, the share straight to f, and dL/dx")
    values = forward(TWO_PATHS, {"x": x})
    through = upstream * local(TWO_PATHS, values, "f", "s") * local(TWO_PATHS, values, "s", "x")
    whole = upstream * slope(TWO_PATHS, {"x": x}, "x")
    right = (through, whole - through, whole)
    known = [
        Counterfactual("the same without the upstream gradient", right[part] / upstream),
        Counterfactual("only one of the two inputs of x times x", upstream * x),
        Counterfactual("the last path alone, where the paths add", right[1]),
        Counterfactual("the path through the square alone, where the paths add", right[0]),
        Counterfactual("the product of the two shares, where they add", right[0] * right[1]),
    ]
    names = ("The share through s", "The share straight to f", "dL/dx")
    known = [c for c in known if not np.isclose(c.value, right[part])]
    details = [_at(x=x, upstream=upstream)]
    compare.equal(names[part], got[part], right[part], counterfactuals=known, details=details)


def centred_difference_right(
    student: Student, body: str, f: Callable[[float], float], x: float, h: float
) -> None:
    """`centred_difference(f, x, h)` for the source `body`, at a step where the rules differ."""
    theirs = student.define(f"def f(x):\n    return {body}\n", "f")
    got = compare.number("The difference quotient", student.centred_difference(theirs, x, h))
    up, here, down = f(x + h), f(x), f(x - h)
    known = [
        Counterfactual("the forward difference: one side only", (up - here) / h),
        Counterfactual("the backward difference: one side only", (here - down) / h),
        Counterfactual("twice the right value: the two points are 2h apart", (up - down) / h),
        Counterfactual("the difference of the values, not divided by the step", up - down),
        Counterfactual("the right value with the other sign", (down - up) / (2 * h)),
        Counterfactual("half the difference, not divided by the step", (up - down) / 2),
    ]
    details = [f"f(x) = {body}, at x = {x:.6g}, h = {h:.6g}"]
    right = (up - down) / (2 * h)
    compare.equal("The difference quotient", got, right, counterfactuals=known, details=details)


_RECORDER = """
class Recorder:
    def __init__(self):
        self.asked = []
    def __call__(self, x):
        self.asked.append(float(x))
        return x * x * x
f = Recorder()
"""


def two_evaluations(student: Student, x: float, h: float) -> None:
    """`centred_difference` asks f at two points alone, one step to each side."""
    recorder = student.define(_RECORDER, "f")
    compare.number("The difference quotient", student.centred_difference(recorder, x, h))
    asked = sorted(set(compare.items("f's points", recorder.asked, len(recorder.asked))))
    wanted = [x - h, x + h]
    compare.require(
        len(asked) == 2 and bool(np.allclose(asked, wanted, rtol=1e-12, atol=0)),
        "f is asked at other points than one step to each side of x.",
        f"at x = {x:.6g}, h = {h:.6g}: asked at {', '.join(f'{point:.6g}' for point in asked[:6])}",
        hint="Both points lie at the same distance from x.",
    )


def nudge_right(student: Student, at: Sequence[float], moves: Sequence[float]) -> None:
    """`nudge(x, y, z, dx, dy, dz)` predicts the change of f from the gradients."""
    inputs = dict(zip("xyz", at, strict=True))
    gradients = [slope(PRODUCT, inputs, name) for name in "xyz"]
    right = float(np.dot(gradients, moves))
    moved = forward(PRODUCT, {name: value + move for name, value, move in zip("xyz", at, moves, strict=True)})
    exact = moved["f"] - forward(PRODUCT, inputs)["f"]
    known = [
        Counterfactual("the exact change: f was computed again, not predicted", exact),
        Counterfactual("the new value of f", moved["f"]),
        Counterfactual("the predicted new value, not the change", right + forward(PRODUCT, inputs)["f"]),
        Counterfactual("the sum of the gradients, without the moves", sum(gradients)),
        Counterfactual("the sum of the moves, without the gradients", sum(moves)),
        *(
            Counterfactual(f"the share of {name} alone", gradient * move)
            for name, gradient, move in zip("xyz", gradients, moves, strict=True)
        ),
    ]
    got = compare.number("The predicted change", student.nudge(*at, *moves))
    compare.equal("The predicted change", got, right, counterfactuals=known, details=[_at(**inputs)])


def prediction_made(student: Student) -> None:
    """`predict_best_step()` returns a step size; no word on whether it is near."""
    value = compare.number("Your prediction", student.predict_best_step())
    compare.require(
        bool(np.isfinite(value)) and 0 < value <= 1, "A step size is a number above 0, and at most 1."
    )


def _cubic(x: float) -> float:
    return x**3


def _each(right: Callable[..., None], *fixed: Any) -> Callable[[Student], None]:
    """A check that runs `right` at every point of the text."""

    def run(student: Student) -> None:
        for point in POINTS:
            right(student, *fixed, *point)

    return run


def _neurons(right: Callable[[Student, Numbers, float], None]) -> Callable[[Student], None]:
    def run(student: Student) -> None:
        for inputs, upstream in zip(NEURONS, (0.7, -2.5), strict=True):
            right(student, inputs, upstream)

    return run


def _log_loss(student: Student) -> None:
    for w, x in (([0.5, -1.0, 2.0], [1.0, 3.0, -0.5]), ([2.0], [-1.5]), ([0.0, 0.0], [4.0, -7.0])):
        log_loss_right(student, np.array(w), np.array(x))


def _log_loss_large(student: Student) -> None:
    log_loss_right(student, np.array([-10.0, 4.0]), np.array([2.5, -1.0]))
    log_loss_right(student, np.array([3.0, 1.0]), np.array([4.0, -2.0]))


def _paths(part: int) -> Callable[[Student], None]:
    def run(student: Student) -> None:
        for x, upstream in ((3.0, 2.0), (-1.5, 0.7), (0.0, -4.0)):
            two_paths_right(student, part, x, upstream)

    return run


def _quotients(student: Student) -> None:
    centred_difference_right(student, "x**3", _cubic, 2.0, 0.1)
    centred_difference_right(student, "np.exp(x)", lambda x: float(np.exp(x)), -0.5, 0.3)


def _moves(student: Student) -> None:
    nudge_right(student, (3.0, -1.0, 2.5), (0.1, -0.2, 0.05))
    nudge_right(student, (-0.5, 4.0, -3.0), (0.0, 0.3, -0.1))


EXERCISES: tuple[Exercise, ...] = (
    Exercise(
        "forward_values",
        NOTEBOOK,
        "Exercise 1: forward values",
        1,
        ("forward_values",),
        tuple(
            Check(f"The {which} gate's value, {node}, is right", 1, _each(forward_value_right, node))
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
            Check(
                "The gate that doubles and the gate that adds are right",
                1,
                _each(local_gradients_right, "dq"),
            ),
            Check("The gate that multiplies is right", 1, _each(local_gradients_right, "f")),
        ),
        "One gate at a time",
    ),
    Exercise(
        "product_gradients",
        NOTEBOOK,
        "Exercise 3: upstream times local",
        2,
        ("product_gradients",),
        tuple(Check(f"df/d{name} is right", 1, _each(product_gradient_right, name)) for name in "xyz"),
        "Upstream times local",
    ),
    Exercise(
        "log_loss_gradient",
        NOTEBOOK,
        "Exercise 4: a chain with a loss at its end",
        2,
        ("log_loss_gradient",),
        (
            Check("dL/dw has the shape of w and is right", 2, _log_loss),
            Check("It is right where the sigmoid is nearly 0 or 1", 1, _log_loss_large),
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
            Check("The gradients are right from p back to u", 1, _neurons(sigmoid_part_right)),
            Check("The gradients behind u follow from dL/du", 1, _neurons(affine_part_right)),
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
            Check("The share that comes through the square is right", 1, _paths(0)),
            Check("The share that comes straight is right", 1, _paths(1)),
            Check("The gradient of x is right", 1, _paths(2)),
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
            Check("The difference quotient is right", 1, _quotients),
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
        (Check("The predicted change is right", 1, _moves),),
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
