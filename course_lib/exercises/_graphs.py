"""Graphs for the checks of gates_and_graphs, and numerical derivatives through them.

No backward pass is written down here: the gradient of a node is how the output answers to a number that is
added to it, by the complex step.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from course_lib._numeric import complex_step
from course_lib.graph.gates import FORWARDS
from course_lib.graph.node import Wiring

__all__ = [
    "CASES",
    "DIAMOND",
    "LADDER",
    "SMALL",
    "TREE",
    "Case",
    "gradients",
    "random_case",
    "shares",
    "values_of",
]

# A wiring, the values of its inputs, and the upstream gradient of its last node.
Case = tuple[Wiring, Mapping[str, Any], Any]

# Every node has one consumer: nothing adds up.
TREE: Wiring = {
    "a": ("×", ("x", "y")),
    "b": ("tanh", ("z",)),
    "c": ("+", ("a", "b")),
    "L": ("exp", ("c",)),
}
# One node that two gates take, and one input that stands twice in a gate.
DIAMOND: Wiring = {
    "q": ("+", ("x", "y")),
    "s": ("square", ("q",)),
    "t": ("×", ("q", "y")),
    "L": ("+", ("s", "t")),
}
# A node that is used again far behind, after others that were made later.
LADDER: Wiring = {
    "p": ("×", ("x", "x")),
    "q": ("+", ("p", "x")),
    "r": ("tanh", ("q",)),
    "s": ("×", ("p", "r")),
    "t": ("max", ("s", "q")),
    "L": ("×", ("r", "t")),
}

CASES: tuple[Case, ...] = (
    (TREE, {"x": 0.5, "y": -1.5, "z": 0.7}, 1.0),
    (DIAMOND, {"x": 2.0, "y": -3.0}, 1.0),
    (LADDER, {"x": 0.8}, 1.0),
)

# Small enough to be shown as lines to paste: single paths, and two kinds of branches.
SMALL: tuple[Case, ...] = (
    ({"y": ("×", ("x", "z"))}, {"x": 3.0, "z": 2.0}, 1.0),
    ({"a": ("square", ("x",)), "y": ("×", ("a", "x"))}, {"x": 3.0}, 1.0),
    ({"p": ("×", ("x", "x")), "y": ("+", ("p", "x"))}, {"x": 3.0}, 1.0),
)


def values_of(
    wiring: Wiring, inputs: Mapping[str, Any], added: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The value of each node; to those in `added` that much is added once they are computed."""
    added = added or {}
    values = {name: value + added[name] if name in added else value for name, value in inputs.items()}
    for name, (symbol, parents) in wiring.items():
        value = FORWARDS[symbol](*(values[parent] for parent in parents))
        values[name] = value + added[name] if name in added else value
    return values


def gradients(case: Case) -> dict[str, Any]:
    """dL/d(node) for every node, L the sum of upstream times the last node."""
    wiring, inputs, upstream = case
    plain = values_of(wiring, inputs)
    output = list(wiring)[-1]

    def moved(name: str) -> Callable[..., Any]:
        return lambda shift: values_of(wiring, inputs, {name: shift})[output]

    found = {
        name: complex_step(moved(name), {"shift": np.zeros(np.shape(value))}, upstream)["shift"]
        for name, value in plain.items()
    }
    # Where the exact derivative is zero, the square of the step is left.
    return {name: np.where(np.abs(value) < 1e-25, 0.0, value) for name, value in found.items()}


def shares(case: Case, everywhere: bool = False) -> dict[str, list[tuple[str, Any]]]:
    """For each node what each gate that takes it hands back, given right gradients, in the wiring's order.

    With `everywhere` each gate is given the upstream gradient of the output.
    """
    wiring, inputs, upstream = case
    values = values_of(wiring, inputs)
    right = dict.fromkeys(values, upstream) if everywhere else gradients(case)
    out: dict[str, list[tuple[str, Any]]] = {name: [] for name in values}
    for name, (symbol, parents) in wiring.items():
        named = {str(place): values[parent] for place, parent in enumerate(parents)}
        found = complex_step(lambda _s=symbol, **given: FORWARDS[_s](*given.values()), named, right[name])
        for place, parent in enumerate(parents):
            out[parent].append((name, found[str(place)]))
    return out


def random_case(rng: np.random.Generator, gates: int = 7, shape: tuple[int, ...] = ()) -> Case:
    """A random graph in which no gradient is zero or nearly so, and no value large: no tanh is flat there."""
    while True:
        case = _drawn(rng, gates, shape)
        values, found = values_of(*case[:2]), gradients(case)
        if all(np.max(np.abs(v)) < 3 for v in values.values()) and all(
            np.min(np.abs(g)) > 1e-4 for g in found.values()
        ):
            return case


def _drawn(rng: np.random.Generator, gates: int, shape: tuple[int, ...]) -> Case:
    """A random graph of three inputs; each node takes earlier ones, and all lead to the last."""
    names = [str(name) for name in rng.permutation(list("abcdefghijkmnopqrstuvw"))]
    inputs = {name: rng.normal(size=shape) if shape else float(rng.normal()) for name in names[:3]}
    free = iter([*names[3:], *(f"w{i}" for i in range(2 * gates))])
    made, ends = list(inputs), list(inputs)
    wiring: dict[str, tuple[str, tuple[str, ...]]] = {}
    while len(wiring) < gates or len(ends) > 1:
        symbol = str(rng.choice(["+", "×", "−", "tanh", "neg"], p=[0.3, 0.3, 0.15, 0.15, 0.1]))
        second = made[int(rng.integers(len(made)))]
        if len(wiring) >= gates:
            symbol, second = "+", ends[1]
        parents = (ends[0],) if symbol in ("tanh", "neg") else (ends[0], second)
        name = next(free)
        wiring[name] = (symbol, parents)
        ends = [*(end for end in ends if end not in parents), name]
        made.append(name)
    return wiring, inputs, rng.normal(size=shape) if shape else float(rng.normal())
