"""Public checks of the notebook 06_vector_calculus.

The functions `…_right` and the like take their inputs as arguments: the hidden checks call them with
others. The truth is always a numerical derivative of the given forward (`_vector_calculus`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from course_lib.checking import compare
from course_lib.checking.model import Check, Exercise, Student
from course_lib.exercises import _small as small
from course_lib.exercises import _vector_calculus as truth
from course_lib.exercises._vector_calculus_properties import shape_right

__all__ = ["EXERCISES", "downstream_right", "map_jacobian_right", "shape_right"]

NOTEBOOK = "06_vector_calculus"
Array = NDArray[np.float64]


def map_jacobian_right(student: Student, x: Array) -> None:
    """`map_jacobian(x)` is the Jacobian of the notebook's map, a row for each input."""
    given = x.copy()
    got = student.map_jacobian(given)
    compare.equal(
        "map_jacobian(x)",
        got,
        truth.map_jacobian(x),
        counterfactuals=partial(truth.map_mistakes, x),
        why="Three inputs and two outputs: J has a row for each input and a column for each output.",
        details=[f"at x = [{', '.join(f'{v:.4g}' for v in x)}]"],
        hint="Row i: move x[i] alone, and ask of each output how fast it changes.",
    )
    compare.unchanged("x", x, given)


def downstream_right(student: Student, jacobian: Array, dout: Array) -> None:
    """`downstream(J, dout)` is the gradient at the inputs."""
    given = {"J": jacobian.copy(), "dout": dout.copy()}
    got = student.downstream(*given.values())
    n, m = jacobian.shape
    compare.equal(
        "downstream(J, dout)",
        got,
        truth.downstream(jacobian, dout),
        counterfactuals=partial(truth.downstream_mistakes, jacobian, dout),
        factors={float(m): "M, the number of outputs"},
        why=f"The loss is one number and x has {n}: so has the gradient, and one axis.",
        hint="Upstream times local along each path; the paths of one input add.",
    )
    compare.unchanged("J", jacobian, given["J"])
    compare.unchanged("dout", dout, given["dout"])


# The first ones tell most mistakes apart.
_PAIRS: tuple[tuple[truth.Shape, truth.Shape], ...] = (
    ((3,), (2,)),
    ((3, 5), (3, 4)),
    ((3, 4), ()),
    ((5,), ()),
    ((), (4,)),
    ((), ()),
    ((1,), (3,)),
    ((3, 4, 5), (6,)),
)


def _shapes(which: str) -> Callable[[Student], None]:
    def run(student: Student) -> None:
        for x_shape, y_shape in _PAIRS:
            shape_right(student, which, x_shape, y_shape)

    return run


def _map(student: Student) -> None:
    rng = np.random.default_rng(61)
    for x in (truth.away_from_zero(rng, 3), 1e4 * truth.away_from_zero(rng, 3), np.array([0.0, 2.0, 0.0])):
        map_jacobian_right(student, x)


def _downstream(*sizes: tuple[int, int]) -> Callable[[Student], None]:
    def run(student: Student) -> None:
        rng = np.random.default_rng(62)
        # A square one first: there the other layout raises no error, and can be named.
        for n, m in sizes:
            downstream_right(student, truth.away_from_zero(rng, n, m), truth.away_from_zero(rng, m))
        sparse = truth.away_from_zero(rng, *sizes[0])
        sparse[0] = 0.0
        downstream_right(student, sparse, truth.away_from_zero(rng, sizes[0][1]))

    return run


def _exercise(
    name: str,
    title: str,
    points: int,
    defines: Sequence[str],
    reread: str,
    *checks: Check,
    **more: Any,
) -> Exercise:
    return Exercise(name, NOTEBOOK, title, points, tuple(defines), checks, reread, **more)


EXERCISES: tuple[Exercise, ...] = (
    _exercise(
        "shapes",
        "Exercise 1: which derivative has which shape",
        1,
        ("derivative_shape", "jacobian_shape"),
        "One number for every pair",
        Check("The shape of a derivative is right", 1, _shapes("derivative_shape")),
        Check("The shape of a Jacobian is right", 1, _shapes("jacobian_shape")),
    ),
    _exercise(
        "rectangular_map",
        "Exercise 2: a Jacobian, and what it is for",
        2,
        ("map_jacobian", "downstream"),
        "Inputs down, outputs across",
        Check(
            "The Jacobian of the map is right", 1, _map, small.runs(map_jacobian_right, truth.small_points)
        ),
        Check(
            "The downstream gradient is right, for wide, tall and square Jacobians",
            1,
            _downstream((4, 4), (3, 4), (5, 3), (1, 3)),
            small.runs(downstream_right, truth.small_downstream),
        ),
    ),
)
