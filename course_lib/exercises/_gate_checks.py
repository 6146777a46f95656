"""Checks of gates_and_graphs that are about one gate, its dual, its cache, or one step of descent.

Each takes its inputs as arguments: hidden checks call them with others. The truth is a numerical derivative
of the given forward, or what the gate is defined to do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from course_lib._numeric import complex_step
from course_lib.checking import compare
from course_lib.checking.confirm import confirmed
from course_lib.checking.diagnosis import Counterfactual
from course_lib.checking.model import CheckFailed, Student
from course_lib.graph.gates import FORWARDS

__all__ = [
    "adjoint_gap_right",
    "branch_right",
    "cache_lean",
    "descend_right",
    "gate_right",
    "gates_apart",
    "reverse_right",
    "tie_right",
]

Array = NDArray[np.float64]

_SYMBOLS = {"Add": "+", "Multiply": "×", "Maximum": "max"}
_SAME_SHAPE = "The gradient of a scalar loss has the shape of its variable."


def _each_alone(forward: Callable[..., Any], inputs: Mapping[str, Array], dout: Array) -> dict[str, Array]:
    """Gradients of a gate that works element by element: one complex step for all elements of an input."""
    step = 1e-30
    moved = ({**inputs, name: value + 1j * step} for name, value in inputs.items())
    return {
        name: np.asarray(forward(*given.values())).imag / step * dout
        for name, given in zip(inputs, moved, strict=True)
    }


def _pair(rng: np.random.Generator, gate: str, x: Any, y: Any, dout: Any, which: str) -> tuple[Any, ...]:
    x, y, dout = (rng.normal(size=np.shape(x)) for _ in range(3))
    return gate, x, np.where(np.abs(x - y) < 0.1, y + 1.0, y), dout, which


@confirmed(_pair)
def gate_right(student: Student, gate: str, x: Array, y: Array, dout: Array, which: str) -> None:
    """`Add`, `Multiply` or `Maximum` hands the right gradient to one of its inputs."""
    layer = getattr(student, gate)()
    given = {"x": x.copy(), "y": y.copy(), "dout": dout.copy()}
    out = layer.forward(given["x"], given["y"])
    forward = FORWARDS[_SYMBOLS[gate]]
    compare.equal("forward", out, forward(x, y), hint="The forwards were given: what has changed?")
    both = compare.items("The result", layer.backward(given["dout"]), 2, "dx and dy")
    right = _each_alone(forward, {"x": x, "y": y}, dout)
    compare.equal(
        f"d{which}",
        both["xy".index(which)],
        right[which],
        counterfactuals=partial(_gate_mistakes, forward, x, y, dout, which, right),
        why=f"{_SAME_SHAPE} {which} has shape {np.shape(x)}.",
    )
    for name, before in (("x", x), ("y", y), ("dout", dout)):
        compare.unchanged(name, before, given[name])


def _gate_mistakes(
    forward: Callable[..., Any], x: Array, y: Array, dout: Array, which: str, right: Mapping[str, Array]
) -> list[Counterfactual]:
    own, other = (x, y) if which == "x" else (y, x)
    twin = "y" if which == "x" else "x"
    value = np.asarray(forward(x, y))
    local = _each_alone(forward, {"x": x, "y": y}, np.ones(np.shape(dout)))[which]
    exchanged = Counterfactual(
        f"what belongs to {twin}: the two are exchanged, in the result if not in the gate",
        right[twin],
        f"If {which} grows a little, and {twin} is held still, what does the output do?",
    )
    return [
        Counterfactual(
            "the local gradient alone: dout is not used",
            local,
            "The downstream gradient is upstream times local.",
        ),
        # At a multiply gate it is what a gate that is not switched hands on.
        *([] if forward is FORWARDS["×"] else [exchanged]),
        Counterfactual(
            "the upstream gradient as it is, without the gate's local gradient",
            dout,
            "How fast does the output change with this input alone?",
        ),
        Counterfactual(
            f"upstream times {which} itself: the gate is not switched",
            dout * own,
            f"If {which} grows by 1, by how much does the output grow?",
        ),
        Counterfactual("upstream times the gate's output", dout * value),
        Counterfactual(f"upstream times {twin}, as at a multiply gate", dout * other),
        Counterfactual(
            "half of the upstream gradient, as if the gate shared it out",
            dout / 2,
            "Does the output move by half as much as this input, or by as much?",
        ),
        Counterfactual("a sum of upstream and local, where a product is due", dout + local),
        Counterfactual("the larger of the two inputs, and no gradient", np.maximum(x, y)),
        *(
            Counterfactual(
                "the upstream gradient times ~ of a whole number",
                dout * ~mask.astype(int),
                "~ makes False of True; of the whole number 1 it makes -2. Keep the comparison as it is.",
            )
            for mask in (x > y, x < y)
        ),
        Counterfactual("the right places, but with the value of the input in them", own * (local != 0)),
    ]


def gates_apart(student: Student, gate: str, x: Array, y: Array, dout: Array) -> None:
    """A gate answers for its own inputs when another of its class has run since."""
    first, second = getattr(student, gate)(), getattr(student, gate)()
    first.forward(x.copy(), y.copy())
    alone = first.backward(dout.copy())
    first.forward(x.copy(), y.copy())
    second.forward(y + 1.0, x - 2.0)
    late = first.backward(dout.copy())
    both = [compare.items("The result", result, 2, "dx and dy") for result in (alone, late)]
    for name, a, b in zip("xy", *both, strict=True):
        compare.require(
            np.shape(a) == np.shape(b) and bool(np.allclose(a, b, rtol=1e-12)),
            f"d{name} is another one once a second {gate} has run.",
            cause="Your gates share what they remember: each answers for the one that ran last.",
            hint="What a gate keeps belongs into self, not into the class or a global name.",
        )


def tie_right(student: Student, x: Array, y: Array, dout: Array, gate: str = "Maximum") -> None:
    """At a tie `Maximum`, or `LeanMaximum`, hands on the upstream gradient once in all, shared in any way."""
    layer = getattr(student, gate)()
    layer.forward(x.copy(), y.copy())
    both = compare.items("The result", layer.backward(dout.copy()), 2, "dx and dy")
    dx, dy = (compare.array(f"d{v}", a, np.shape(x)) for v, a in zip("xy", both, strict=True))
    tie = x == y
    share = dx[tie] / dout[tie]
    whole = bool(np.allclose((dx + dy)[tie], dout[tie], rtol=1e-9))
    cause = ""
    if not whole and np.allclose(dx[tie], dout[tie]) and np.allclose(dy[tie], dout[tie]):
        cause = "Your answer hands the whole upstream gradient to both inputs: twice what arrived."
    elif not np.any(dx[tie]) and not np.any(dy[tie]):
        cause = "Your answer hands nothing to either input: the gradient is lost at a tie."
    elif np.allclose(dx[tie], dx[tie][0]) and np.allclose(dy[tie], dy[tie][0]):
        cause = "Your answer hands on the same numbers whatever arrives: dout is not used at a tie."
    compare.require(
        whole and bool(np.all((share > -1e-9) & (share < 1 + 1e-9))),
        "At a tie the two gradients do not share the upstream gradient.",
        f"at x = y = {x[tie].flat[0]:g}, dout = {dout[tie].flat[0]:g}: "
        f"yours dx = {dx[tie].flat[0]:g}, dy = {dy[tie].flat[0]:g}",
        cause=cause,
        hint="Give it to one of the two, or share it: together the inputs get what arrived.",
    )


_BRANCHES: Mapping[str, Callable[..., Any]] = {
    "Copy": lambda x, n: np.stack([x] * n),
    "Sum": lambda x, n: np.sum(x, axis=0),
}


def _branch(rng: np.random.Generator, gate: str, x: Array, n: int, *_: Any) -> tuple[Any, ...]:
    dout = rng.normal(size=(n, *x.shape) if gate == "Copy" else x.shape[1:])
    return gate, rng.normal(size=x.shape), n, dout


@confirmed(_branch)
def branch_right(student: Student, gate: str, x: Array, n: int, dout: Array) -> None:
    """The backward of `Copy` (n copies of x) or `Sum` (over the first of n axes) is right."""
    layer = student.Copy(n) if gate == "Copy" else student.Sum()
    given_x, given = x.copy(), dout.copy()
    out = layer.forward(given_x)
    hint = "The forwards were given: what has changed?"
    compare.equal("forward", out, _BRANCHES[gate](x, n), hint=hint)
    got = layer.backward(given)
    right = complex_step(lambda x: _BRANCHES[gate](x, n), {"x": x}, dout)["x"]

    def mistakes() -> list[Counterfactual]:
        alike = np.ones(x.shape)
        if gate == "Copy":
            return [
                Counterfactual(
                    "the mean over the copies", dout.mean(axis=0), "Each copy is a path of its own."
                ),
                Counterfactual(
                    "what comes back from the first copy alone", dout[0], "Each copy is a path of its own."
                ),
                Counterfactual(
                    "what comes back from the last copy alone",
                    dout[-1],
                    "Each copy is a path of its own, and none replaces another.",
                ),
                Counterfactual("the number of copies: dout is not used", n * alike),
                Counterfactual("the product of what comes back", np.prod(dout, axis=0), "Paths add."),
                Counterfactual("the largest of what comes back", np.max(dout, axis=0), "Paths add."),
                Counterfactual(
                    "the whole upstream gradient, one part for each copy",
                    dout,
                    "x has one value, however many copies are made of it.",
                ),
                Counterfactual("x times what comes back", x * dout.sum(axis=0)),
            ]
        return [
            Counterfactual(
                "the upstream gradient divided by the number of terms",
                alike * dout / n,
                "If one term grows by 1, by how much does the sum grow?",
            ),
            Counterfactual(
                "ones: dout is not used", alike, "The downstream gradient is upstream times local."
            ),
            Counterfactual(
                "x times the upstream gradient", x * dout, "Does it matter for the sum how large a term is?"
            ),
            Counterfactual(
                "the upstream gradient, once for all terms", dout, "x has n terms, and each has a gradient."
            ),
            Counterfactual(
                "the upstream gradient at the first term, and zero at the others",
                np.concatenate([dout[None], 0 * x[1:]]),
            ),
            Counterfactual("n times the upstream gradient", alike * dout * n),
        ]

    compare.equal("dx", got, right, counterfactuals=mistakes, why=f"{_SAME_SHAPE} x has shape {x.shape}.")
    compare.unchanged("x", x, given_x)
    compare.unchanged("dout", dout, given)


_LINEAR = """
class Linear:
    # Without a module of its own its objects would pass for Python's.
    __module__ = "course"

    def __init__(self, a, b):
        self.a, self.b = a, b
        self.ready = self.early = False

    def forward(self, v):
        self.ready = True
        return self.a @ v

    def backward(self, g):
        self.early = self.early or not self.ready
        return self.b @ g
"""


_GAP_EXAMPLE = """class Times:
    def forward(self, v):
        return {:g} * v
    def backward(self, g):
        return {:g} * g
adjoint_gap(Times(), np.array([{:g}]), np.array([{:g}]))  # yours {:g}, expected {:g}"""


def _maps(rng: np.random.Generator, a: Array, b: Array, v: Array, g: Array) -> tuple[Any, ...]:
    return tuple(rng.normal(size=np.shape(given)) for given in (a, b, v, g))


@confirmed(_maps)
def adjoint_gap_right(student: Student, a: Array, b: Array, v: Array, g: Array) -> None:
    """`adjoint_gap(gate, v, g)` is <forward(v), g> - <v, backward(g)>; `b` is what backward multiplies by."""
    gate = student.define(_LINEAR, "Linear")(a.copy(), b.copy())
    given_v, given_g = v.copy(), g.copy()
    got = student.adjoint_gap(gate, given_v, given_g)
    left, right = float(np.sum((a @ v) * g)), float(np.sum(v * (b @ g)))
    scale = abs(left) + abs(right) + 1e-12

    def mistakes() -> list[Counterfactual]:
        return [
            Counterfactual("the difference with the other sign (or its size, without a sign)", right - left),
            Counterfactual("the first inner product alone", left, "The identity has two sides."),
            Counterfactual("the second inner product alone", right, "The identity has two sides."),
            Counterfactual("the sum of the two inner products", left + right),
            Counterfactual(
                "the sum of all elements of forward(v) less that of backward(g)",
                np.sum(a @ v) - np.sum(b @ g),
                "An inner product multiplies before it adds.",
            ),
            Counterfactual("the square of the difference", (left - right) ** 2),
        ]

    value = compare.number("adjoint_gap(gate, v, g)", got)
    # Near zero, where the pair is right, only round-off is left to compare.
    if not abs(value - (left - right)) <= 1e-9 * scale:
        try:
            compare.equal("adjoint_gap(gate, v, g)", got, left - right, counterfactuals=mistakes)
        except CheckFailed as failed:
            if a.size > 1:
                raise
            example = _GAP_EXAMPLE.format(*(n.item() for n in (a, b, v, g)), value, left - right)
            raise CheckFailed(replace(failed.finding, example=example), failed.wrong) from None
    compare.require(
        gate.early is not True,
        "adjoint_gap asks for backward before forward.",
        cause="Your function calls gate.backward first, when a gate that keeps something has nothing yet.",
        hint="Call gate.forward(v) first, in a line of its own.",
    )
    compare.unchanged("v", v, given_v)
    compare.unchanged("g", g, given_g)


_KEPT = """
def kept_bytes(gate):
    left, seen, found = list(vars(gate).values()), set(), 0
    while left:
        value = left.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        if isinstance(value, (np.ndarray, np.generic)):
            base = value
            while isinstance(getattr(base, "base", None), np.ndarray):
                base = base.base
            found += 0 if id(base) in seen and base is not value else int(base.nbytes)
            seen.add(id(base))
        elif isinstance(value, dict):
            left += list(value.values())
        elif isinstance(value, (list, tuple, set)):
            left += list(value)
    return found
"""

# Bytes for each element of the output, of float64, that are enough.
_ENOUGH = {"LeanAdd": (0, "+"), "LeanMaximum": (1, "max"), "LeanExp": (8, "exp")}


def cache_lean(student: Student, gate: str, x: Array, y: Array, dout: Array) -> None:
    """`LeanAdd`, `LeanMaximum` or `LeanExp` is right, and keeps no more than its backward needs."""
    enough, symbol = _ENOUGH[gate]
    inputs = {"x": x, "y": y} if gate != "LeanExp" else {"x": x}
    layer = getattr(student, gate)()
    out = layer.forward(*(value.copy() for value in inputs.values()))
    forward = FORWARDS[symbol]
    compare.equal("forward", out, forward(*inputs.values()))
    kept = compare.integer("The bytes kept", student.define(_KEPT, "kept_bytes")(layer))
    got = layer.backward(dout.copy())
    parts = compare.items("The result", got, 2, "dx and dy") if len(inputs) == 2 else (got,)
    right = _each_alone(forward, inputs, dout)
    for (name, expected), part in zip(right.items(), parts, strict=True):
        mistakes = (
            partial(_gate_mistakes, forward, x, y, dout, name, right)
            if len(inputs) == 2
            else partial(_exp_mistakes, x, dout)
        )
        compare.equal(f"d{name}", part, expected, counterfactuals=mistakes)
    again = layer.backward(dout.copy())
    for expected, part in zip(right.values(), again if len(inputs) == 2 else (again,), strict=True):
        compare.require(
            np.shape(part) == expected.shape and bool(np.allclose(part, expected)),
            f"backward of {gate} gives another gradient when it is called a second time.",
            hint="*= and the like write into what is kept, and perhaps into what forward has returned.",
        )
    size = out.nbytes // out.itemsize if isinstance(out, np.ndarray) else 1
    if kept <= enough * size + 64:
        return
    each = kept / size
    hints = {
        "LeanAdd": "Which of the two inputs does its backward look at?",
        "LeanMaximum": "Backward asks only which input was the larger one: that is yes or no for each place.",
        "LeanExp": "The derivative of exp can be had from one array that forward has made anyway.",
    }
    compare.fail(
        f"{gate} keeps more than its backward needs.",
        f"kept: {kept} bytes for {size} elements, {each:.3g} bytes each",
        cause=f"Your gate keeps {each:.3g} bytes for each element, and needs {enough or 'none'}.",
        hint=hints[gate],
    )


def _exp_mistakes(x: Array, dout: Array) -> list[Counterfactual]:
    return [
        Counterfactual("the local gradient alone: dout is not used", np.exp(x)),
        Counterfactual("the upstream gradient as it is, without the gate's local gradient", dout),
        Counterfactual("upstream times x", dout * x),
        Counterfactual("upstream times exp of the output: exp is applied twice", dout * np.exp(np.exp(x))),
    ]


def reverse_right(student: Student, strength: float, x: Array, dout: Array) -> None:
    """`Reverse(strength)` hands x on unchanged, and back what arrives times -strength."""
    layer = student.Reverse(strength)
    given, upstream = x.copy(), dout.copy()
    y = layer.forward(given)
    compare.equal(
        "forward(x)",
        y,
        x,
        counterfactuals=[Counterfactual("x times the strength, with a minus", -strength * x)],
        hint="On the way forward the gate does nothing at all.",
    )
    compare.equal(
        "dx",
        layer.backward(upstream),
        -strength * dout,
        counterfactuals=[
            Counterfactual(
                "the derivative of its forward, as every other gate has it",
                dout,
                "This gate is defined by what it does on the way back.",
            ),
            Counterfactual("the upstream gradient with a minus: the strength is not used", -dout),
            Counterfactual("the upstream gradient times the strength: the minus is missing", strength * dout),
            Counterfactual("minus the strength alone: dout is not used", -strength * np.ones(dout.shape)),
            Counterfactual("minus strength times x", -strength * x),
            Counterfactual("the upstream gradient divided by the strength, with a minus", -dout / strength),
            Counterfactual("the upstream gradient less the strength", dout - strength),
        ],
    )
    compare.unchanged("x", x, given)
    compare.unchanged("dout", dout, upstream)


def _step(rng: np.random.Generator, values: Mapping[str, Any], *_: Any) -> tuple[Any, ...]:
    drawn = [{k: rng.normal(size=np.shape(v)) for k, v in values.items()} for _ in range(2)]
    return (*drawn, float(rng.uniform(0.05, 0.4)))


@confirmed(_step)
def descend_right(
    student: Student, values: Mapping[str, Any], gradients: Mapping[str, Any], learning_rate: float
) -> None:
    """`descend(values, gradients, learning_rate)` is a step of gradient descent, as a new dict."""
    given, slopes = _copies(values), _copies(gradients)
    held = dict(given)
    got = student.descend(given, slopes, learning_rate)
    if got is None:
        compare.fail("The result is None.", hint="Does the function end with a return?")
    compare.require(
        isinstance(got, dict) and set(got) == set(values),
        "The result should be a dict with a new value for each name in values.",
        hint="The same names as in values, no more and no less.",
    )
    for name, value in values.items():
        x, g = np.asarray(value), np.asarray(gradients[name])
        compare.equal(
            f"The new value of {name}",
            got[name],
            x - learning_rate * g,
            counterfactuals=[
                Counterfactual(
                    "a step uphill", x + learning_rate * g, "The gradient points to where the loss grows."
                ),
                Counterfactual(
                    "the step alone: the old value is gone",
                    learning_rate * g,
                    "A step starts from where one is.",
                ),
                Counterfactual(
                    "the step alone, with a minus: the old value is gone",
                    -learning_rate * g,
                    "A step starts from where one is.",
                ),
                Counterfactual("a step by the whole gradient: the learning rate is not used", x - g),
                Counterfactual(
                    "the old value less the learning rate: the gradient is not used", x - learning_rate
                ),
                Counterfactual("the old value: no step is taken", x),
                Counterfactual(
                    "the old value times (1 - learning rate): the gradient is not used",
                    x * (1 - learning_rate),
                ),
                Counterfactual(
                    "a step that is as long, whatever the gradient's size", x - learning_rate * np.sign(g)
                ),
                Counterfactual("a step divided by the learning rate", x - g / learning_rate),
            ],
        )
    for name in values:
        compare.unchanged(f'values["{name}"]', np.asarray(values[name]), np.asarray(held[name]))
        compare.unchanged(f'gradients["{name}"]', np.asarray(gradients[name]), np.asarray(slopes[name]))
    compare.require(
        all(given.get(name) is value for name, value in held.items()),
        "Your code changed the dict values that it was given.",
        hint="new = values gives the same dict a second name: put the new values into a new dict.",
    )


def _copies(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: np.array(value) if np.ndim(value) else value for name, value in values.items()}
