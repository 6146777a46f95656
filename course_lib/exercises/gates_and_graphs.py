"""Public checks of the notebook 02_gates_and_graphs.

The functions `…_right` and the like take their inputs as arguments: the hidden checks call them with
others. The truth is a numerical derivative of the given forward, or a property of the answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from course_lib.checking.model import Check, Exercise, Student
from course_lib.exercises import _graphs as truth
from course_lib.exercises import _small as small
from course_lib.exercises._gate_checks import (
    adjoint_gap_right,
    branch_right,
    cache_lean,
    descend_right,
    gate_right,
    gates_apart,
    reverse_right,
    tie_right,
)
from course_lib.exercises._graph_walks import (
    long_chain_right,
    order_right,
    prediction_made,
    two_walks_right,
    walk_right,
)

__all__ = [
    "EXERCISES",
    "adjoint_gap_right",
    "branch_right",
    "cache_lean",
    "descend_right",
    "gate_right",
    "gates_apart",
    "long_chain_right",
    "order_right",
    "prediction_made",
    "reverse_right",
    "tie_right",
    "two_walks_right",
    "walk_right",
]

NOTEBOOK = "02_gates_and_graphs"
Array = NDArray[np.float64]


def _gate_cases() -> Iterator[tuple[Array, Array, Array]]:
    rng = np.random.default_rng(21)
    for shape, scale in (((3, 4), 1.0), ((5,), 1.0), ((2, 3), 1e4)):
        x, y, dout = scale * rng.normal(size=shape), scale * rng.normal(size=shape), rng.normal(size=shape)
        dout.flat[1] = 0.0
        # Whoever divides the output by an input meets a zero.
        x.flat[2] = 0.0
        yield x, y, dout


def _gate(title: str, gate: str) -> Check:
    def run(student: Student) -> None:
        for x, y, dout in _gate_cases():
            for which in "xy":
                gate_right(student, gate, x, y, dout, which)

    def smaller() -> Iterator[tuple[Any, ...]]:
        for shape in ((1,), (2,)):
            x, y, dout = small.arrays(shape, shape, shape)
            for which in "xy":
                yield gate, x, y + (x == y), dout, which

    return Check(title, 1, run, small.runs(gate_right, smaller))


def _apart(student: Student) -> None:
    for x, y, dout in _gate_cases():
        for gate in ("Multiply", "Maximum"):
            gates_apart(student, gate, x, y, dout)


# x, y and upstream gradients; the first two are ties.
_TIES: tuple[Array, Array, Array] = (
    np.array([2.0, -1.0, 0.0, 3.0]),
    np.array([2.0, -1.0, 1.0, 0.0]),
    np.array([3.0, -0.5, 1.5, 2.0]),
)


def _tie(student: Student) -> None:
    tie_right(student, *_TIES)


def _branches(title: str, gate: str) -> Check:
    def run(student: Student) -> None:
        rng = np.random.default_rng(22)
        for n, shape in ((3, (4,)), (2, (3, 5)), (5, (1,))):
            x = rng.normal(size=shape if gate == "Copy" else (n, *shape))
            branch_right(student, gate, x, n, rng.normal(size=(n, *shape) if gate == "Copy" else shape))

    def smaller() -> Iterator[tuple[Any, ...]]:
        for n, width in ((2, 1), (2, 2), (3, 2)):
            one, many = small.arrays((width,), (n, width))
            yield (gate, one, n, many) if gate == "Copy" else (gate, many, n, one)

    return Check(title, 1, run, small.runs(branch_right, smaller))


def _gaps(student: Student) -> None:
    rng = np.random.default_rng(23)
    a, b, v, g = (np.array(value) for value in ([[2.0]], [[5.0]], [3.0], [1.0]))
    adjoint_gap_right(student, a, b, v, g)
    for rows, columns, more in ((3, 4, ()), (5, 2, (3,))):
        a, v, g = (rng.normal(size=s) for s in ((rows, columns), (columns, *more), (rows, *more)))
        adjoint_gap_right(student, a, rng.normal(size=(columns, rows)), v, g)
        adjoint_gap_right(student, a, a.T, v, g)


def _orders(student: Student) -> None:
    for wiring, inputs, _ in truth.CASES:
        order_right(student, wiring, inputs, list(wiring)[-1])


def _parts(student: Student) -> None:
    """Graphs in which not every node leads to the one that is asked for."""
    for wiring, inputs, _ in truth.CASES:
        order_right(student, wiring, inputs, list(wiring)[-2])
    order_right(student, truth.TREE, truth.CASES[0][1], "x")


def names(case: truth.Case) -> list[str]:
    """An order of the nodes: as the graph was made."""
    wiring, inputs, _ = case
    return [*inputs, *wiring]


def _walks(*cases: truth.Case) -> Callable[[Student], None]:
    def run(student: Student) -> None:
        for case in cases:
            walk_right(student, case, names(case))

    return run


def _upstreams(student: Student) -> None:
    rng = np.random.default_rng(25)
    for wiring, inputs, _ in (*truth.SMALL, *truth.CASES):
        walk_right(student, (wiring, inputs, -2.5), names((wiring, inputs, 1.0)))
    for wiring, inputs, _ in truth.CASES:
        case = wiring, {k: v + rng.normal(size=(2, 3)) for k, v in inputs.items()}, rng.normal(size=(2, 3))
        walk_right(student, case, names(case))


def _again(student: Student) -> None:
    for case in (*truth.SMALL, *truth.CASES[1:]):
        two_walks_right(student, case, names(case))


def _lean(title: str, gate: str) -> Check:
    def run(student: Student) -> None:
        rng = np.random.default_rng(24)
        for shape in ((20, 30), (7, 11, 13)):
            cache_lean(student, gate, *(rng.normal(size=shape) for _ in range(3)))
        if gate == "LeanMaximum":
            tie_right(student, *_TIES, gate=gate)

    def smaller() -> Iterator[tuple[Any, ...]]:
        for shape in ((1,), (2,)):
            x, y, dout = small.arrays(shape, shape, shape)
            yield gate, x, y + (x == y), dout

    return Check(title, 1, run, small.runs(cache_lean, smaller))


def _reversals(student: Student) -> None:
    rng = np.random.default_rng(26)
    for strength, shape in ((0.3, (4,)), (2.5, (2, 3))):
        reverse_right(student, strength, rng.normal(size=shape), rng.normal(size=shape))


def _small_reversals() -> Iterator[tuple[Any, ...]]:
    for shape in ((1,), (2,)):
        yield 2.0, *small.arrays(shape, shape)


def _steps(student: Student) -> None:
    rng = np.random.default_rng(27)
    values = {"w": rng.normal(size=(3, 2)), "b": rng.normal(size=2), "scale": 1.5}
    slopes = {"w": rng.normal(size=(3, 2)), "b": rng.normal(size=2), "scale": -0.7}
    for rate in (0.1, 0.03):
        descend_right(student, values, slopes, rate)


def _small_steps() -> Iterator[tuple[Any, ...]]:
    yield {"w": 3.0}, {"w": 2.0}, 0.5


EXERCISES: tuple[Exercise, ...] = (
    Exercise(
        "gates",
        NOTEBOOK,
        "Exercise 1: three gates",
        3,
        ("Add", "Multiply", "Maximum"),
        (
            _gate("Add hands the right gradient to both inputs", "Add"),
            _gate("Multiply hands the right gradient to both inputs", "Multiply"),
            _gate("Maximum hands the right gradient to both inputs", "Maximum"),
            Check("At a tie Maximum hands on what arrived, once", 1, _tie),
            Check("Each gate remembers its own inputs", 1, _apart),
        ),
        "A gate knows its own job",
    ),
    Exercise(
        "duals",
        NOTEBOOK,
        "Exercise 2: copy and sum",
        2,
        ("Copy", "Sum", "adjoint_gap"),
        (
            _branches("The backward of Copy is right", "Copy"),
            _branches("The backward of Sum is right", "Sum"),
            Check("adjoint_gap tells a right backward from a wrong one", 1, _gaps),
        ),
        "Backward is forward, mirrored",
    ),
    Exercise(
        "topological_order",
        NOTEBOOK,
        "Exercise 3: an order to work in",
        2,
        ("topological_order",),
        (
            Check("Parents stand before children, each node once", 2, _orders),
            Check("Only what the output depends on is in the order", 1, _parts),
            Check("A long chain is no trouble", 1, lambda student: long_chain_right(student, 3000)),
        ),
        "An order to work in",
    ),
    Exercise(
        "predict_paths",
        NOTEBOOK,
        "Exercise 4: predict the number of paths",
        1,
        ("predict_paths",),
        (Check("A prediction is made", 1, prediction_made),),
        "Why an order, and not every path",
    ),
    Exercise(
        "backpropagate",
        NOTEBOOK,
        "Exercise 5: the walk back",
        3,
        ("backpropagate",),
        (
            Check("Without branches every gradient is right", 1, _walks(truth.SMALL[0], truth.CASES[0])),
            Check("At branches the shares add", 2, _walks(*truth.SMALL, *truth.CASES[1:])),
            Check("Any upstream gradient is carried back, of arrays too", 1, _upstreams),
            Check("A second walk leaves the same gradients", 1, _again),
        ),
        "The walk back",
    ),
    Exercise(
        "lean_caches",
        NOTEBOOK,
        "Exercise 6: the smallest cache",
        2,
        ("LeanAdd", "LeanMaximum", "LeanExp"),
        (
            _lean("LeanAdd is right and keeps nothing it does not need", "LeanAdd"),
            _lean("LeanMaximum is right and keeps nothing it does not need", "LeanMaximum"),
            _lean("LeanExp is right and keeps nothing it does not need", "LeanExp"),
        ),
        "What a gate must remember",
    ),
    Exercise(
        "reverse_gate",
        NOTEBOOK,
        "Exercise 7: a gate that lies on purpose",
        1,
        ("Reverse",),
        (
            Check(
                "Forward changes nothing, backward turns round",
                1,
                _reversals,
                small.runs(reverse_right, _small_reversals),
            ),
        ),
        "A gate that lies on purpose",
    ),
    Exercise(
        "descend",
        NOTEBOOK,
        "Exercise 8: the third step",
        1,
        ("descend",),
        (
            Check(
                "A step of gradient descent is right, and nothing is changed in place",
                1,
                _steps,
                small.runs(descend_right, _small_steps),
            ),
        ),
        "Forward, backward, update",
    ),
)
