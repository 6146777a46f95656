"""Public checks of the notebook 06_vector_calculus.

The functions `…_right` and the like take their inputs as arguments: the hidden checks call them with
others. The truth is always a numerical derivative of the given forward (`_vector_calculus`).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from course_lib.checking import compare
from course_lib.checking.confirm import confirmed
from course_lib.checking.diagnosis import close
from course_lib.checking.model import Check, Exercise, Student
from course_lib.exercises import _small as small
from course_lib.exercises import _vector_calculus as truth
from course_lib.exercises._vector_calculus_properties import prediction_made, shape_right

__all__ = [
    "EXERCISES",
    "downstream_right",
    "factor_jacobian_right",
    "map_jacobian_right",
    "prediction_made",
    "relu_jacobian_right",
    "relu_vjp_right",
    "shape_right",
    "summed_back_both_right",
    "summed_back_right",
]

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


def _between(got: Any, low: Array, high: Array) -> Array:
    """The right value: at a kink, the answer itself where it lies between the two one-sided ones."""
    if isinstance(got, np.ndarray) and got.shape == low.shape and got.dtype.kind in "iuf":
        near = np.clip(got, np.minimum(low, high), np.maximum(low, high))
        return np.asarray(np.where(np.isnan(near), low, near), dtype=float)
    return low


def _right_at_the_kink(name: str, got: Any, x: Array, dout: Any, low: Array, high: Array) -> None:
    """Where x is 0 the slope lies from 0 to 1; told here if all else is right."""
    if not isinstance(got, np.ndarray) or got.shape != low.shape or got.dtype.kind not in "iuf":
        return
    kink = low != high
    slopes = got[kink] / np.broadcast_to(dout, got.shape)[kink]
    if not np.all(close(got, _between(got, low, high))[~kink]) or np.all(
        (slopes > -1e-6) & (slopes < 1 + 1e-6)
    ):
        return
    cause, hint = "", "What does your code do where x is exactly 0?"
    if np.any(np.isnan(slopes)):
        hint = "It gives nan there: is 0 divided by 0?"
    elif np.size(dout) > 1 and len(slopes) > 1 and np.all(got[kink] == got[kink][0]):
        cause = "Your answer equals the same number for every upstream gradient: dout is not used there."
        hint = "Upstream times local, at x = 0 too."
    elif np.allclose(slopes, 2) or np.allclose(slopes, -1):
        hint = "In how many of your cases is the number 0?"
    worst = slopes[int(np.argmax(np.nan_to_num(np.abs(slopes - 0.5), nan=np.inf)))]
    compare.fail(
        f"The slope in {name} at x = 0 is not between the slopes on both sides.",
        f"yours {worst:g}; beside it 0 and 1",
        cause=cause,
        hint=hint,
    )


def _of_relu(rng: np.random.Generator, x: Array, *_: Any) -> tuple[Any, ...]:
    """Small and large numbers of both signs; in more axes where x has more."""
    shape = {1: (12,), 2: (3, 7)}.get(x.ndim, (2, 3, 5))
    return (truth.relu_input(rng, *shape), truth.away_from_zero(rng, *shape))[: 1 + len(_)]


@confirmed(_of_relu)
def relu_jacobian_right(student: Student, x: Array) -> None:
    """`relu_jacobian(x)` is the Jacobian of ReLU at a vector; at a kink any slope between the two."""
    given = x.copy()
    got = student.relu_jacobian(given)
    low, high = (np.diag(slopes) for slopes in truth.relu_slopes(x))
    _right_at_the_kink("relu_jacobian(x)", got, x, 1.0, low, high)
    compare.equal(
        "relu_jacobian(x)",
        got,
        _between(got, low, high),
        counterfactuals=partial(truth.relu_jacobian_mistakes, x),
        why=f"x and y have {x.size} elements each, and J has one for each pair.",
        details=[f"at x = [{', '.join(f'{v:.4g}' for v in x)}]"],
        hint="Row i: move x[i] alone. Which elements of y move, and how fast?",
    )
    compare.unchanged("x", x, given)


@confirmed(_of_relu)
def relu_vjp_right(student: Student, x: Array, dout: Array) -> None:
    """`relu_vjp(x, dout)` is the gradient at x, of x's shape; at a kink any slope between the two."""
    given = {"x": x.copy(), "dout": dout.copy()}
    got = student.relu_vjp(*given.values())
    low, high = (dout * slopes for slopes in truth.relu_slopes(x))
    _right_at_the_kink("relu_vjp(x, dout)", got, x, dout, low, high)
    compare.equal(
        "relu_vjp(x, dout)",
        got,
        _between(got, low, high),
        counterfactuals=partial(truth.relu_vjp_mistakes, x, dout),
        why=f"The gradient of a scalar loss has the shape of its variable: {x.shape}.",
        hint="Each x has one path, by its own y: upstream times local, element by element.",
    )
    compare.unchanged("x", x, given["x"])
    compare.unchanged("dout", dout, given["dout"])


def summed_back_right(student: Student, dout: Array, shape: truth.Shape) -> None:
    """`unbroadcast(dout, shape)` is the gradient of a variable of this shape that was broadcast."""
    given = dout.copy()
    got = student.unbroadcast(given, shape)
    places = dout.size // max(1, int(np.prod(shape)))
    compare.equal(
        "unbroadcast(dout, shape)",
        got,
        truth.summed_back(dout, shape),
        counterfactuals=partial(truth.summed_back_mistakes, dout, shape),
        factors={float(places): "the number of places where each element is used"} if places > 1 else {},
        why=f"The gradient of a scalar loss has the shape of its variable, here {shape}.",
        details=[f"dout of shape {dout.shape}, shape {shape}"],
        hint="Write dout.shape and shape below each other, flush right: which axes were stretched?",
    )
    compare.unchanged("dout", dout, given)


def summed_back_both_right(student: Student, dout: Array, shape: truth.Shape) -> None:
    """The same where both kinds of axes occur, of an answer that is right for missing axes alone."""
    tail = dout.shape[dout.ndim - len(shape) :]
    alone = student.unbroadcast(dout.copy(), tail)
    right = truth.summed_back(dout, tail)
    if isinstance(alone, np.ndarray) and alone.shape == right.shape and np.allclose(alone, right):
        summed_back_right(student, dout, shape)


def _of_factors(rng: np.random.Generator, _x: Array, _w: Array, which: str) -> tuple[Any, ...]:
    # Sizes at which most wrong places are still inside the Jacobian.
    n, d, m = (3, 5, 7) if which == "x" else (7, 5, 3)
    return truth.away_from_zero(rng, n, d), truth.away_from_zero(rng, d, m), which


@confirmed(_of_factors)
def factor_jacobian_right(student: Student, x: Array, w: Array, which: str) -> None:
    """`jacobian_x(x, w)` or `jacobian_w(x, w)` is the flattened Jacobian of y = x w."""
    given = {"x": x.copy(), "w": w.copy()}
    name = f"jacobian_{which}"
    got = getattr(student, name)(*given.values())
    (n, d), m = x.shape, w.shape[1]
    inputs = n * d if which == "x" else d * m
    compare.equal(
        f"{name}(x, w)",
        got,
        truth.factor_jacobian(x, w, which),
        counterfactuals=partial(truth.factor_mistakes, x, w, which),
        why=f"{which} has {inputs} elements and y has {n * m}.",
        details=[f"N = {n}, D = {d}, M = {m}"],
        hint="Take one row: which element of the moved matrix is it, which elements of y does that one "
        "touch, and in which columns do they stand?",
    )
    for variable, value in given.items():
        compare.unchanged(variable, x if variable == "x" else w, value)


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


def _relu_jacobians(student: Student) -> None:
    for x in ([4.0, -2.0, 3.0, 0.25], [-1.0], [0.25, 3.0, 5.0, -0.25], [400.0, -3e5], [0.0, 2.0, -1.0]):
        relu_jacobian_right(student, np.array(x))


def _relu_vjps(student: Student) -> None:
    rng = np.random.default_rng(63)
    relu_vjp_right(student, np.array([4.0, -2.0, 3.0, 0.25]), np.array([-1.0, 3.0, 2.0, -2.0]))
    for shape in ((3, 5), (1,), (4, 4), (2, 3, 2)):
        relu_vjp_right(student, truth.relu_input(rng, *shape), truth.away_from_zero(rng, *shape))
    relu_vjp_right(student, np.array([2.0, 0.0, -3.0, 0.0]), np.array([-1.0, 3.0, 2.0, -2.0]))
    _without_jacobian(student, truth.relu_input(rng, 1000), truth.away_from_zero(rng, 1000))


_PEAK = """
import tracemalloc

def peak(function, x, dout):
    tracing = tracemalloc.is_tracing()
    if not tracing:
        tracemalloc.start()
    tracemalloc.reset_peak()
    before = tracemalloc.get_traced_memory()[0]
    function(x, dout)
    after = tracemalloc.get_traced_memory()[1]
    if not tracing:
        tracemalloc.stop()
    return after - before
"""


def _without_jacobian(student: Student, x: Array, dout: Array) -> None:
    """`relu_vjp` takes fewer bytes than its Jacobian has elements."""
    taken = compare.integer("The memory", student.define(_PEAK, "peak")(student.relu_vjp, x, dout))
    compare.require(
        taken < x.size**2,
        "relu_vjp forms the Jacobian.",
        f"for {x.size:,} numbers it took {taken / 2**20:.1f} MiB; x has {x.nbytes / 1000:g} kB",
        cause="Your function makes an array with an element for every pair, and nearly all of them are 0.",
        hint="Of each row of J one number is left. What does it multiply, and where does the product stand?",
    )


# dout's shape and the variable's.
_IN_FRONT: tuple[tuple[truth.Shape, truth.Shape], ...] = (
    ((4, 4), (4,)),
    ((3, 5), (5,)),
    ((2, 3, 5), (5,)),
    ((2, 4, 3), (4, 3)),
    ((3, 5), ()),
    ((3, 5), (3, 5)),
    ((1, 4), (4,)),
)
_OF_ONE: tuple[tuple[truth.Shape, truth.Shape], ...] = (
    ((4, 4), (4, 1)),
    ((3, 5), (3, 1)),
    ((3, 5), (1, 5)),
    ((4, 3, 5), (4, 1, 1)),
    ((6,), (1,)),
    ((3, 1), (3, 1)),
)
_BOTH: tuple[tuple[truth.Shape, truth.Shape], ...] = (((4, 3, 5), (3, 1)), ((3, 5), (1,)))


def _upstream(shape: truth.Shape) -> Array:
    return truth.away_from_zero(np.random.default_rng(64), *shape)


def _in_front(student: Student) -> None:
    for wide, shape in _IN_FRONT:
        summed_back_right(student, _upstream(wide), shape)


def _of_one(student: Student) -> None:
    for wide, shape in _OF_ONE:
        summed_back_right(student, _upstream(wide), shape)
    for wide, shape in _BOTH:
        summed_back_both_right(student, _upstream(wide), shape)


_SMALL_IN_FRONT = (
    ((2,), ()),
    ((2, 1), (1,)),
    ((2, 2), (2,)),
    ((2, 2), ()),
    ((2, 1, 2), (1, 2)),
    ((2, 3), (3,)),
)
_SMALL_OF_ONE = (
    ((2,), (1,)),
    ((1, 2), (1, 1)),
    ((2, 2), (2, 1)),
    ((2, 2), (1, 2)),
    ((2, 3), (2, 1)),
    ((2, 2, 2), (2, 1)),
)


def _factors(which: str) -> Callable[[Student], None]:
    def run(student: Student) -> None:
        rng = np.random.default_rng(65)
        for n, d, m in ((2, 3, 4), (3, 4, 2), (3, 3, 3), (1, 3, 2), (4, 2, 1)):
            factor_jacobian_right(
                student, truth.away_from_zero(rng, n, d), 10 * truth.away_from_zero(rng, d, m), which
            )
        factor_jacobian_right(student, np.zeros((2, 3)), np.zeros((3, 4)), which)

    return run


EXERCISES: tuple[Exercise, ...] = (
    Exercise(
        "shapes",
        NOTEBOOK,
        "Exercise 1: which derivative has which shape",
        1,
        ("derivative_shape", "jacobian_shape"),
        (
            Check("The shape of a derivative is right", 1, _shapes("derivative_shape")),
            Check("The shape of a Jacobian is right", 1, _shapes("jacobian_shape")),
        ),
        "One number for every pair",
    ),
    Exercise(
        "rectangular_map",
        NOTEBOOK,
        "Exercise 2: a Jacobian, and what it is for",
        2,
        ("map_jacobian", "downstream"),
        (
            Check(
                "The Jacobian of the map is right",
                1,
                _map,
                small.runs(map_jacobian_right, truth.small_points),
            ),
            Check(
                "The downstream gradient is right, for wide, tall and square Jacobians",
                1,
                _downstream((4, 4), (3, 4), (5, 3), (1, 3)),
                small.runs(downstream_right, truth.small_downstream),
            ),
        ),
        "Inputs down, outputs across",
    ),
    Exercise(
        "element_by_element",
        NOTEBOOK,
        "Exercise 3: element by element",
        2,
        ("predict_percent", "relu_jacobian", "relu_vjp"),
        (
            Check("A prediction is made, in percent", 1, prediction_made),
            Check(
                "The Jacobian of ReLU is right",
                1,
                _relu_jacobians,
                small.runs(relu_jacobian_right, truth.small_relus_alone),
            ),
            Check(
                "The gradient through ReLU is right, for x of any shape",
                2,
                _relu_vjps,
                small.runs(relu_vjp_right, truth.small_relus),
            ),
        ),
        "Element by element",
    ),
    Exercise(
        "unbroadcast",
        NOTEBOOK,
        "Exercise 4: sum back to the shape",
        2,
        ("unbroadcast",),
        (
            Check(
                "Axes that the variable does not have are summed away",
                1,
                _in_front,
                small.runs(summed_back_right, partial(truth.small_used, *_SMALL_IN_FRONT)),
            ),
            Check(
                "Axes of size 1 that were stretched are summed, and stay",
                1,
                _of_one,
                small.runs(summed_back_right, partial(truth.small_used, *_SMALL_OF_ONE)),
            ),
        ),
        "Used in several places",
    ),
    Exercise(
        "matmul_jacobians",
        NOTEBOOK,
        "Exercise 5: the Jacobians of a matrix product",
        2,
        ("jacobian_x", "jacobian_w"),
        (
            Check(
                "dy/dx is right, flattened row by row",
                1,
                _factors("x"),
                small.runs(factor_jacobian_right, truth.small_factors, which="x"),
            ),
            Check(
                "dy/dw is right, flattened row by row",
                1,
                _factors("w"),
                small.runs(factor_jacobian_right, truth.small_factors, which="w"),
            ),
        ),
        "A matrix by a matrix",
    ),
)
