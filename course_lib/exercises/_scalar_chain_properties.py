"""What is asked of the answers in 01_scalar_chain_rule: functions `…_right`, for inputs of any kind.

Their truth is the complex step through graphs that are given by their forward alone (`_scalar_graph`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from course_lib._numeric import complex_step
from course_lib.checking import compare
from course_lib.checking.confirm import confirmed
from course_lib.checking.diagnosis import Counterfactual, close
from course_lib.checking.model import Student
from course_lib.exercises._scalar_graph import (
    AFFINE_SIGMOID,
    PRODUCT,
    TWO_PATHS,
    WORKED,
    forward,
    local,
    slope,
)
from course_lib.given import sigmoid

__all__ = [
    "affine_part_right",
    "centred_difference_right",
    "cubic",
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

Array = NDArray[np.float64]
Numbers = Mapping[str, float]

LOCALS = (("d", "x"), ("q", "d"), ("q", "y"), ("f", "q"), ("f", "z"))
GATES = ("t", "e", "n", "u")
AFFINE = ("b", "a", "m0", "w0", "x0", "m1", "w1", "x1")


def _at(**inputs: float) -> str:
    return "at " + ", ".join(f"{name} = {value:.6g}" for name, value in inputs.items())


def _given(value: Any) -> float:
    """A number of the student's that another one may follow from; nan, which equals nothing, for all else."""
    return float(value) if isinstance(value, int | float | np.integer | np.floating) else np.nan


def _misplaced(names: Sequence[str], rights: Sequence[float], of: int) -> list[Counterfactual]:
    """The right values of the other places: the results were returned in another order."""
    return [
        Counterfactual(
            f"{name} (are the results in the wrong order?)",
            right,
            "The docstring says in which order they are returned.",
        )
        for i, (name, right) in enumerate(zip(names, rights, strict=True))
        if i != of
    ]


def _gate_slips(arrives: float, step: float) -> list[Counterfactual]:
    """Upstream and local gradient put together in another way than by their product."""
    return [
        Counterfactual("the local gradient alone, without the upstream gradient", step),
        Counterfactual("the upstream gradient alone, without this gate's local gradient", arrives),
        Counterfactual("a sum of upstream and local, where a product is due", arrives + step),
        Counterfactual("a quotient of upstream and local, where a product is due", arrives / step),
    ]


# Where an explanation is confirmed: fractions of unlike size, on which no two mistakes look alike.
def _numbers(rng: np.random.Generator, count: int, low: float = 0.5, high: float = 5.0) -> list[float]:
    return [float(v) for v in rng.uniform(low, high, count) * rng.choice([-1.0, 1.0], count)]


def _three(rng: np.random.Generator, which: str, *_: float) -> tuple[Any, ...]:
    return (which, *_numbers(rng, 3))


def _vectors(rng: np.random.Generator, w: Array, x: Array) -> tuple[Any, ...]:
    return rng.normal(size=w.shape) / np.sqrt(w.size), rng.normal(size=w.shape)


def _neuron(rng: np.random.Generator, inputs: Numbers, upstream: float) -> tuple[Any, ...]:
    return dict(zip(inputs, _numbers(rng, len(inputs), 0.3, 1.6), strict=True)), *_numbers(rng, 1)


def _path(rng: np.random.Generator, part: int, *_: float) -> tuple[Any, ...]:
    return (part, *_numbers(rng, 2, 1.2, 5.0))


def _steep(rng: np.random.Generator, *_: Any) -> tuple[Any, ...]:
    return "x**3", cubic, float(rng.uniform(1.2, 2.0)), float(rng.uniform(0.1, 0.3))


def _place_and_moves(rng: np.random.Generator, *_: Any) -> tuple[Any, ...]:
    return _numbers(rng, 3), _numbers(rng, 3, 0.05, 0.4)


@confirmed(_three)
def forward_value_right(student: Student, node: str, x: float, y: float, z: float) -> None:
    """`forward_values(x, y, z)` gives the right value at one of the nodes d, q, f."""
    answer = compare.items("The result", student.forward_values(x, y, z), 3, "d, q and f")
    right = forward(PRODUCT, {"x": x, "y": y, "z": z})
    worked = forward(WORKED, {"x": x, "y": y, "z": z})
    place = "dqf".index(node)
    own = dict(zip("dqf", map(_given, answer), strict=True))
    known = {
        "d": [Counterfactual("x, without the factor 2", x), Counterfactual("x squared", x * x)],
        "q": [
            Counterfactual("x + y: the worked example's sum, not this graph's", worked["q"]),
            Counterfactual("2(x + y): y does not go through the gate that doubles", 2 * (x + y)),
            Counterfactual("what follows from your own d: mend d first", own["d"] + y),
            Counterfactual("the difference of d and y: this gate is another one", right["d"] - y),
            Counterfactual("the product of d and y: this gate is another one", right["d"] * y),
        ],
        "f": [
            Counterfactual("(x + y)z, the worked example's function", worked["f"]),
            Counterfactual("2(x + y)z: y does not go through the gate that doubles", 2 * (x + y) * z),
            Counterfactual("the sum of q and z: the last gate is another one", right["q"] + z),
            Counterfactual("q: the last gate is missing", right["q"]),
            Counterfactual("d + yz: without brackets the product is computed first", right["d"] + y * z),
            Counterfactual("dz: y is left out", right["d"] * z),
            Counterfactual("what follows from your own q: mend q first", own["q"] * z),
        ],
    }
    elsewhere = forward(PRODUCT, {"x": -2.0, "y": 5.0, "z": -4.0})[node]
    known[node].append(
        Counterfactual("the value for the worked example's numbers: use the arguments", elsewhere)
    )
    slips = _misplaced("dqf", [right[name] for name in "dqf"], place) + known[node]
    compare.equal(node, answer[place], right[node], counterfactuals=slips, details=[_at(x=x, y=y, z=z)])


@confirmed(_three)
def local_gradients_right(student: Student, gates: str, x: float, y: float, z: float) -> None:
    """`local_gradients(x, y, z)` is right at the gates whose outputs are in `gates`."""
    names = [f"d{out}/d{into}" for out, into in LOCALS]
    answer = student.local_gradients(x, y, z)
    got = compare.items("The result", answer, len(LOCALS), ", ".join(names))
    values = forward(PRODUCT, {"x": x, "y": y, "z": z})
    for (out, into), name, value in zip(LOCALS, names, got, strict=True):
        if out not in gates:
            continue
        known = [
            Counterfactual(
                "the value of the input itself: the gate is not switched"
                if out == "f"
                else "the value of the input itself, not how fast the output changes with it",
                values[into],
            ),
            Counterfactual("the value of the gate's output", values[out]),
            Counterfactual("the derivative of f, not of this gate alone", slope(PRODUCT, values, into)),
            Counterfactual("1, as at a gate that adds", local(PRODUCT, values, "q", "y")),
            *(
                Counterfactual("the value of the other input, as at a gate that multiplies", values[other])
                for other in "dy"
                if out == "q" and other != into
            ),
            Counterfactual("dd/dx: that is the gate before", local(PRODUCT, values, "d", "x")),
            Counterfactual("x + y: the worked example's sum, not this graph's", forward(WORKED, values)["q"]),
            *(
                Counterfactual(f"the value of {name}, which does not go into this gate", values[name])
                for name in "xyzd"
                if name != out and (out, name) not in LOCALS
            ),
        ]
        if out != "f":
            of_f = [local(PRODUCT, values, "f", name) for name in "qz"]
            known += _misplaced(names[3:], of_f, -1)
        right = local(PRODUCT, values, out, into)
        compare.equal(name, value, right, counterfactuals=known, details=[_at(x=x, y=y, z=z)])


@confirmed(_three)
def product_gradient_right(student: Student, of: str, x: float, y: float, z: float) -> None:
    """`product_gradients(x, y, z)` gives the right df/dx, df/dy or df/dz."""
    inputs = {"x": x, "y": y, "z": z}
    answer = student.product_gradients(x, y, z)
    got = compare.items("The result", answer, 3, "df/dx, df/dy and df/dz")["xyz".index(of)]
    names = {"x": "df/dx", "y": "df/dy", "z": "df/dz"}
    right = {name: slope(PRODUCT, inputs, name) for name in "xyz"}
    values = forward(PRODUCT, inputs)
    gate = {"x": "d", "y": "q", "z": "f"}[of]
    arrives, step = slope(PRODUCT, inputs, gate), local(PRODUCT, values, gate, of)
    alone, *other = _gate_slips(arrives, step)
    switch = "the two inputs of the multiply gate are not switched"
    known = [replace(alone, hint="Reread “Upstream times local”.")]
    if of == "z":
        known.append(Counterfactual(f"the value of z: {switch}", z))
        known.append(Counterfactual("the value of f", values["f"]))
        known.append(Counterfactual("the value of d: y is left out", values["d"]))
    else:
        known.append(Counterfactual(f"the value of q: {switch}", values["q"]))
        known.append(Counterfactual(f"2q: {switch}", 2 * values["q"]))
    worked = slope(WORKED, inputs, of)
    known += [
        *other,
        Counterfactual("the gradient in the worked example, (x + y)z", worked),
        *_misplaced([*names.values()], [*right.values()], "xyz".index(of)),
        Counterfactual("the upstream gradient times the value of the input", arrives * inputs[of]),
        Counterfactual("the upstream gradient times the value of the gate's output", arrives * values[gate]),
    ]
    compare.equal(names[of], got, right[of], counterfactuals=known, details=[_at(**inputs)])


@confirmed(_vectors)
def log_loss_right(student: Student, w: Array, x: Array) -> None:
    """`log_loss_gradient(w, x)` is the gradient of -log(sigmoid(w.x)) with respect to w."""
    kept = w.copy(), x.copy()
    answer = student.log_loss_gradient(w, x)
    if isinstance(answer, float | np.floating):
        answer = np.asarray(answer)  # so that the one number, too, is told what it equals
    right = complex_step(lambda w: -np.log(sigmoid(w @ kept[1])), {"w": kept[0]})["w"]
    p = float(sigmoid(kept[0] @ kept[1]))
    ones = np.ones_like(x)

    def known() -> Sequence[Counterfactual]:
        per_u = complex_step(lambda u: -np.log(sigmoid(u)), {"u": kept[0] @ kept[1]})["u"]
        to_p = complex_step(lambda w: sigmoid(w @ kept[1]), {"w": kept[0]})["w"]
        at_p = complex_step(lambda u: sigmoid(u), {"u": p})["u"]
        u, loss = float(kept[0] @ kept[1]), -np.log(p)
        each = complex_step(lambda w: -np.log(sigmoid(w * kept[1])).sum(), {"w": kept[0]})["w"]
        to_inverse = complex_step(lambda w: 1 / sigmoid(w @ kept[1]), {"w": kept[0]})["w"]
        to_other = complex_step(lambda w: np.log(sigmoid(-(w @ kept[1]))), {"w": kept[0]})["w"]
        of_tanh, divided = -kept[1] / p * (1 - p * p), -kept[1] / p / (p * (1 - p))
        of_worked = 2 * np.tanh(u) * (1 - np.tanh(u) ** 2) * kept[1]
        slips = [
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
            Counterfactual("dL/du: the last factor, du/dw, is missing", per_u),
            Counterfactual("the sum of all elements of the gradient", right.sum()),
            Counterfactual("dp/dw with a minus: of the first factor, dL/dp, only the sign is there", -to_p),
            Counterfactual("L times dp/dw: the loss itself stands in place of its derivative", loss * to_p),
            Counterfactual(
                "the gradient of 1/p, in place of that of the loss; or the p of p(1 - p) is missing",
                to_inverse,
            ),
            Counterfactual("the chain with the derivative of tanh for that of the sigmoid", of_tanh),
            Counterfactual("the gradient of the worked example, tanh(u)²", of_worked),
            Counterfactual("the chain divided by p(1 - p), where it is multiplied", divided),
            Counterfactual(
                "the gradient of log(1 - p), in place of that of the loss; or p is 1/(1 + e^u)",
                to_other,
            ),
            Counterfactual("the chain with the sigmoid of each product, not of their sum", each),
            Counterfactual("the chain with u where the sigmoid's output is due", -kept[1] / p * u * (1 - u)),
            Counterfactual(
                "the chain with u in place of p throughout: u has not been through the sigmoid",
                -kept[1] * (1 - u),
            ),
        ]
        # Far out two mistakes look alike: a wrong sign, or a zero, is said as such.
        return [s for s in slips if np.any(s.value) and not np.all(close(s.value, -right))]

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
    compare.require(
        any(name in answer for name in (*GATES, *AFFINE)),
        "The dict has none of the names of the nodes.",
        "it has "
        + ", ".join(str(name)[:12] for name in list(answer)[:12] if isinstance(name, str | int | float)),
        hint="The names are strings, as in the docstring.",
    )
    return dict(answer)


def _gradient_of(answer: dict[str, Any], node: str, before: Sequence[str]) -> Any:
    """The gradient of `node`; those of the nodes `before` are right."""
    if node not in answer or answer[node] is None:
        so_far = f"{', '.join(before)} {'are' if len(before) > 1 else 'is'} right" if before else ""
        compare.fail(
            f"dL/d{node} is missing{f': {so_far}, and it is the next one' if so_far else ''}.",
            hint="The names in the dict are strings, as in the docstring.",
        )
    return answer[node]


@confirmed(_neuron)
def sigmoid_part_right(student: Student, inputs: Numbers, upstream: float) -> None:
    """The gradients from p back to u are right; the first wrong node is named, and nothing said behind it."""
    got = _gate_gradients(student, inputs, upstream)
    values = forward(AFFINE_SIGMOID, inputs)
    details = [f"{_at(**inputs)}, upstream {upstream:.6g}"]
    flipped = {**values, "e": float(np.exp(values["u"]))}
    flipped["t"] = 1 + flipped["e"]
    other_forwards = (
        ("the gradient after a forward pass without b", forward(AFFINE_SIGMOID, {**inputs, "b": 0.0})),
        ("the gradient after a forward pass in which the sign of n is lost", flipped),
    )
    arrives, after = upstream, "p"
    for number, node in enumerate(GATES):
        given = _gradient_of(got, node, GATES[:number])
        right = upstream * slope(AFFINE_SIGMOID, inputs, node)
        step = local(AFFINE_SIGMOID, values, after, node)
        known = [
            *_gate_slips(arrives, step)[:2],
            Counterfactual("the gradient for an upstream gradient of 1 at p", right / upstream),
            Counterfactual("the value of the node, not its gradient", values[node]),
            Counterfactual(
                "upstream times the local gradient, taken at the gate's output and not at its input",
                arrives * local(AFFINE_SIGMOID, {**values, node: values[after]}, after, node),
            ),
            Counterfactual(
                "upstream times the value of the node, where the local gradient is due",
                arrives * values[node],
            ),
            Counterfactual(
                "upstream times the value of the gate's output, with a minus", -arrives * values[after]
            ),
            Counterfactual("upstream times the value of the gate's output", arrives * values[after]),
            _gate_slips(arrives, step)[2],
            Counterfactual(
                "dL/dp times this gate's local gradient: what arrives is that of its output", upstream * step
            ),
            Counterfactual(
                "what arrives, squared: a value was overwritten by its own gradient", arrives * arrives
            ),
            *(
                Counterfactual(says, arrives * local(AFFINE_SIGMOID, other, after, node))
                for says, other in other_forwards
            ),
        ]
        name = f"dL/d{node}, the first wrong one on the way back from p,"
        compare.equal(name, given, right, counterfactuals=known, details=details)
        after, arrives = node, right


@confirmed(_neuron)
def affine_part_right(student: Student, inputs: Numbers, upstream: float) -> None:
    """The gradients from u back to the inputs follow from the student's own dL/du.

    Behind a wrong dL/du nothing is said of where: the first wrong node has been named already.
    """
    got = _gate_gradients(student, inputs, upstream)
    at_u = compare.number("dL/du", _gradient_of(got, "u", ()))
    compare.require(
        bool(1e-100 < abs(at_u) < 1e100),
        "dL/du is not a number that can be handed on, so what follows from it cannot be judged.",
    )
    shares = {
        node: slope(AFFINE_SIGMOID, inputs, node) / slope(AFFINE_SIGMOID, inputs, "u") for node in AFFINE
    }
    if not close(at_u, upstream * slope(AFFINE_SIGMOID, inputs, "u")):
        for node, share in shares.items():
            if not close(compare.number(f"dL/d{node}", _gradient_of(got, node, ())), at_u * share):
                compare.fail(
                    "A gradient between u and the inputs does not follow from dL/du. Mend dL/du first: it is "
                    "wrong itself, as the check above says."
                )
        return
    values = forward(AFFINE_SIGMOID, inputs)
    for number, (node, share) in enumerate(shares.items()):
        given = _gradient_of(got, node, AFFINE[:number])
        known = [
            Counterfactual("the local gradient alone, without the upstream gradient", share),
            Counterfactual("the value of the node, not its gradient", values[node]),
        ]
        if node[0] in "wx":
            switched = at_u * values[node]
            known.append(Counterfactual("upstream times the node itself: the gate is not switched", switched))
            known.append(Counterfactual("the upstream gradient alone", at_u))
            known += [
                Counterfactual(f"the gradient of {twin}, not of {node}", at_u * shares[twin])
                for twin in ("w0", "x0", "w1", "x1")
                if twin != node
            ]
        else:
            known.append(Counterfactual("upstream times the value of the node", at_u * values[node]))
            known += [
                Counterfactual(f"upstream times {twin}, as at a multiply gate", at_u * values[twin])
                for twin in ("a", "b", "m0", "m1")
                if twin != node
            ]
            known.append(Counterfactual("half of what arrives, as if the gate shared it out", at_u / 2))
        name = f"dL/d{node}, the first wrong one on the way back from u,"
        details = [f"{_at(**inputs)}, upstream {upstream:.6g}"]
        compare.equal(name, given, at_u * share, counterfactuals=known, details=details)


@confirmed(_path)
def two_paths_right(student: Student, part: int, x: float, upstream: float) -> None:
    """`two_paths(x, upstream)` is right in one of its parts: through the square, straight, together."""
    answer = student.two_paths(x, upstream)
    got = compare.items("The result", answer, 3, "the share through s, the share straight from f, and dL/dx")
    values = forward(TWO_PATHS, {"x": x})
    through = upstream * local(TWO_PATHS, values, "f", "s") * local(TWO_PATHS, values, "s", "x")
    whole = upstream * slope(TWO_PATHS, {"x": x}, "x")
    right = (through, whole - through, whole)
    names = ("The share through s", "The share straight from f", "dL/dx")
    own = [_given(share) for share in got]
    known = [
        Counterfactual("the right value without the upstream gradient", right[part] / upstream),
        Counterfactual(
            "upstream times x: on the straight way nothing multiplies, and the local gradient is 1"
            if part == 1
            else "what one of the two inputs of x times x gives: each hands on a share",
            upstream * x,
        ),
        *(
            [
                Counterfactual("the last path alone, where the paths add", right[1]),
                Counterfactual("the path through the square alone, where the paths add", right[0]),
            ]
            if part == 2
            else []
        ),
        Counterfactual("the product of the two shares, where they add", right[0] * right[1]),
        Counterfactual("the mean of the two shares, where they add", whole / 2),
        Counterfactual("the upstream gradient taken twice", right[part] * upstream),
        Counterfactual(
            "a sum of upstream and local, where a product is due", right[part] / upstream + upstream
        ),
        Counterfactual("upstream times the value of s", upstream * values["s"]),
        Counterfactual("twice the upstream gradient, whatever x is", 2 * upstream),
    ]
    if part == 2:
        known.append(Counterfactual("the sum of your own two shares: mend those first", own[0] + own[1]))
    else:
        known = _misplaced(("the share through s", "the share straight from f", "dL/dx"), right, part) + known
    known = [c for c in known if not np.isclose(c.value, right[part])]
    details = [_at(x=x, upstream=upstream)]
    compare.equal(names[part], got[part], right[part], counterfactuals=known, details=details)


@confirmed(_steep)
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
        Counterfactual("the quotient for x squared, the example of the text: f is any function", 2 * x),
        Counterfactual("1: the difference of the two points themselves, f left out", 1.0),
        Counterfactual("half the difference, not divided by the step", (up - down) / 2),
        Counterfactual(
            "half the difference, times h: Python reads a / 2 * h as (a / 2) * h", (up - down) / 2 * h
        ),
        Counterfactual("f(x + h) less a quotient: the difference needs brackets", up - down / (2 * h)),
        Counterfactual("a quotient rounded down to a whole number: // is not /", (up - down) // (2 * h)),
        Counterfactual("a sum of the two values, where a difference is due", (up + down) / (2 * h)),
        Counterfactual("the difference divided by 2x", (up - down) / (2 * x)),
        Counterfactual("the size of the slope: its sign is lost", abs(up - down) / (2 * h)),
        Counterfactual("the second derivative's quotient", (up - 2 * here + down) / h**2),
        Counterfactual("a difference to one side, with a step of 2h", (f(x + 2 * h) - here) / (2 * h)),
        Counterfactual("what half a step to each side gives", (f(x + h / 2) - f(x - h / 2)) / h),
        Counterfactual(
            "the difference for a very small step of your own, not for the h that is passed",
            (f(x + 1e-5) - f(x - 1e-5)) / 2e-5,
        ),
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
    # The list lies with the student's code: it may be anything by now.
    told = recorder.asked
    asked = sorted({compare.number("A point", v) for v in told} if isinstance(told, list) else ())
    wanted = [x - h, x + h]
    compare.require(
        bool(asked),
        "f is not asked at all.",
        hint="The derivative of any function is asked for: call f, at two points.",
    )
    compare.require(
        len(asked) == 2 and bool(np.allclose(asked, wanted, rtol=1e-12, atol=0)),
        "f is asked at other points than one step to each side of x.",
        f"at x = {x:.6g}, h = {h:.6g}: asked at {', '.join(f'{point:.6g}' for point in asked[:6])}",
        hint="Both points lie at the same distance from x.",
    )


@confirmed(_place_and_moves)
def nudge_right(student: Student, at: Sequence[float], moves: Sequence[float]) -> None:
    """`nudge(x, y, z, dx, dy, dz)` predicts the change of f from the gradients."""
    inputs = dict(zip("xyz", at, strict=True))
    gradients = [slope(PRODUCT, inputs, name) for name in "xyz"]
    right = float(np.dot(gradients, moves))
    moved = forward(PRODUCT, {name: value + move for name, value, move in zip("xyz", at, moves, strict=True)})
    start = forward(PRODUCT, inputs)
    exact = moved["f"] - start["f"]
    steps = [
        1 if name == "z" else local(PRODUCT, start, gate, name)
        for gate, name in zip("dqf", "xyz", strict=True)
    ]
    swapped = [step * start["z" if name == "z" else "q"] for step, name in zip(steps, "xyz", strict=True)]
    undoubled = [slope(PRODUCT, inputs, "d"), *gradients[1:]]
    worked = [slope(WORKED, inputs, name) for name in "xyz"]
    shares = np.multiply(gradients, moves)
    known = [
        Counterfactual("the exact change: f was computed again, not predicted", exact),
        Counterfactual("the new value of f", moved["f"]),
        Counterfactual("the predicted new value, not the change", right + start["f"]),
        Counterfactual("the sum of the gradients, without the moves", sum(gradients)),
        Counterfactual("the sum of the moves, without the gradients", sum(moves)),
        *(
            Counterfactual(f"the share of {name} alone", gradient * move)
            for name, gradient, move in zip("xyz", gradients, moves, strict=True)
        ),
        *(
            Counterfactual(f"the prediction without the share of {name}", right - share)
            for name, share in zip("xyz", shares, strict=True)
        ),
        Counterfactual("the prediction for the worked example, (x + y)z", np.dot(worked, moves)),
        Counterfactual("a prediction with the gradient of d in place of that of x", np.dot(undoubled, moves)),
        Counterfactual("a prediction in which the multiply gate is not switched", np.dot(swapped, moves)),
        Counterfactual("the product of the three shares, where they add", np.prod(shares)),
        Counterfactual("the sum of the gradients times the sum of the moves", sum(gradients) * sum(moves)),
        Counterfactual(
            "a prediction with the gradients at the new place",
            np.dot([slope(PRODUCT, {name: moved[name] for name in "xyz"}, name) for name in "xyz"], moves),
        ),
        Counterfactual("the moves times the values of the inputs", np.dot([2 * at[0], at[1], at[2]], moves)),
        Counterfactual(
            "f of the moves alone: what f is at them, not how it changes",
            forward(PRODUCT, dict(zip("xyz", moves, strict=True)))["f"],
        ),
    ]
    got = compare.number("The predicted change", student.nudge(*at, *moves))
    moved_by = dict(zip(("dx", "dy", "dz"), moves, strict=True))
    compare.equal(
        "The predicted change", got, right, counterfactuals=known, details=[_at(**inputs, **moved_by)]
    )


def prediction_made(student: Student) -> None:
    """`predict_best_step()` returns a step size; no word on whether it is near."""
    value = compare.number("Your prediction", student.predict_best_step())
    compare.require(
        bool(np.isfinite(value)) and 0 < value <= 1,
        "A step size is a number above 0, and at most 1.",
        f"your prediction is {value:.6g}",
        hint="Powers of ten are written 1e-3; in Python ^ is not a power.",
    )


def cubic(x: float) -> float:
    return x**3
