"""What is true of derivatives of arrays by arrays, by differentiating the given forwards; and mistakes.

A Jacobian has the lecture's layout, J[i, j] = dy_j/dx_i with both arrays flattened row by row: shape
(inputs, outputs). Every mistake differentiates too, with one thing left out or put in, or sorts the right
numbers in another way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from course_lib._numeric import complex_steps
from course_lib.checking.diagnosis import Counterfactual
from course_lib.exercises import _small as small

__all__ = [
    "away_from_zero",
    "downstream",
    "downstream_mistakes",
    "jacobian",
    "map_jacobian",
    "map_mistakes",
    "shapes",
    "small_downstream",
    "small_points",
]

Array = NDArray[np.float64]
Shape = tuple[int, ...]
Forward = Callable[[Any], Any]

_STEP = 1e-30
_LAYOUT = "In this course row i of J belongs to input i, and column j to output j."


def away_from_zero(rng: np.random.Generator, *shape: int) -> Array:
    """Numbers of both signs on which no two mistakes look alike."""
    return np.asarray(rng.uniform(0.3, 2.0, shape) * rng.choice([-1.0, 1.0], shape))


def jacobian(forward: Forward, x: Any) -> Array:
    """The Jacobian at x by the complex step, of a forward that broadcasts over axes in front.

    >>> jacobian(lambda x: x * np.array([2.0, 3.0]), np.zeros(2))
    array([[2., 0.],
           [0., 3.]])
    """
    value = np.asarray(x, dtype=np.float64)
    units = np.eye(value.size).reshape(value.size, *value.shape)
    moved = np.asarray(forward(value + 1j * _STEP * units))
    return np.asarray(moved.imag / _STEP).reshape(value.size, -1)


# --- shapes ---


def shapes(x_shape: Shape, y_shape: Shape) -> dict[str, Shape]:
    """The shape with a number for every pair of an input and an output, and that of the Jacobian."""
    x, y = np.zeros(x_shape), np.zeros(y_shape)
    return {"derivative_shape": np.multiply.outer(x, y).shape, "jacobian_shape": np.outer(x, y).shape}


# --- a rectangular map ---


def the_map(x: Any) -> Any:
    """The map of the notebook, from three numbers to two."""
    return np.stack([x[..., 0] * x[..., 1], x[..., 1] ** 2 + 5 * x[..., 2]], axis=-1)


def map_jacobian(x: Array) -> Array:
    """Its Jacobian, shape (3, 2)."""
    return jacobian(the_map, x)


def small_points() -> Iterator[tuple[Array]]:
    """Points of small whole numbers for a counterexample."""
    for point in ([2.0, 3.0, 1.0], [3.0, -1.0, 2.0], [1.0, 2.0, -2.0]):
        yield (np.array(point),)


def map_mistakes(x: Array) -> list[Counterfactual]:
    """What people return as the Jacobian of the map."""

    def other(first: Forward, second: Forward) -> Array:
        return jacobian(lambda x: np.stack([first(x), second(x)], axis=-1), x)

    def product(x: Any) -> Any:
        return x[..., 0] * x[..., 1]

    def bent(x: Any) -> Any:
        return x[..., 1] ** 2 + 5 * x[..., 2]

    right = map_jacobian(x)
    squares = other(lambda x: (x[..., 0] ** 2 + x[..., 1] ** 2) / 2, bent)
    times = "Of a product, the one factor is the local gradient of the other."
    return [
        Counterfactual("the right Jacobian in the other layout, a row for each output", right.T, _LAYOUT),
        Counterfactual(
            "the right Jacobian in the other layout, its numbers put in rows of another length by reshape",
            right.T.reshape(right.shape),
            f"A reshape does not turn rows into columns. {_LAYOUT}",
        ),
        Counterfactual(
            "the sum of its columns: a number for each input, not for each pair",
            right.sum(axis=1),
            "Each output has a column of its own; nothing is added yet.",
        ),
        Counterfactual("the right numbers in one row", right.ravel(), _LAYOUT),
        Counterfactual("the right Jacobian, but with x[0] and x[1] not switched in dy_0", squares, times),
        Counterfactual(
            "the right Jacobian, but with x[1] in place of the derivative of its square",
            other(product, lambda x: x[..., 1] ** 2 / 2 + 5 * x[..., 2]),
            "By how much does the square of 3 change when 3 grows by 0.01?",
        ),
        Counterfactual(
            "the right Jacobian, but with the square itself in place of its derivative",
            other(product, lambda x: x[..., 1] ** 3 / 3 + 5 * x[..., 2]),
            "What is asked for is how fast it changes.",
        ),
        Counterfactual(
            "the right Jacobian, but with 5 x[2] in place of its derivative",
            other(product, lambda x: x[..., 1] ** 2 + 5 * x[..., 2] ** 2 / 2),
            "By how much does 5 x[2] change when x[2] grows by 0.01? Does it depend on where x[2] is?",
        ),
        Counterfactual(
            "the right Jacobian, but without the 5",
            other(product, lambda x: x[..., 1] ** 2 + x[..., 2]),
            "By how much does 5 x[2] change when x[2] grows by 0.01?",
        ),
        Counterfactual(
            "the right Jacobian with its two columns exchanged", right[:, ::-1], "Column j belongs to y_j."
        ),
    ]


def downstream(jacobian: Array, dout: Array) -> Array:
    """The gradient at the inputs of a map with this Jacobian, by the complex step through the linear map."""
    return complex_steps(lambda x: x @ jacobian, np.zeros(len(jacobian)), dout)


def small_downstream() -> Iterator[tuple[Array, Array]]:
    """Jacobians and upstream gradients of small whole numbers, the smallest first."""
    for n, m in ((1, 1), (1, 2), (2, 1), (2, 2), (2, 3), (3, 2)):
        jacobian, dout = small.arrays((n, m), (m,))
        yield jacobian, dout


def downstream_mistakes(jacobian: Array, dout: Array) -> list[Counterfactual]:
    """What people return as the downstream gradient."""
    n, m = jacobian.shape
    paths = "One input reaches the loss by every output: the shares of all of them are added."
    known = [
        Counterfactual(
            "the sum of each row of J: dout is not used",
            downstream(jacobian, np.ones(m)),
            "Upstream times local: which number of dout belongs to column j of J?",
        ),
        Counterfactual("the shares of the paths, not yet added up", jacobian * dout, paths),
        Counterfactual(
            "the first output's share alone", downstream(jacobian, dout * (np.arange(m) == 0)), paths
        ),
        Counterfactual(
            "the last output's share alone", downstream(jacobian, dout * (np.arange(m) == m - 1)), paths
        ),
        Counterfactual(
            "the right numbers as a matrix with one row",
            downstream(jacobian, dout)[None],
            "x has one axis, and so has its gradient.",
        ),
        Counterfactual(
            "the right numbers as a matrix with one column",
            downstream(jacobian, dout)[:, None],
            "x has one axis, and so has its gradient.",
        ),
        Counterfactual(
            "a product of two sums: upstream times local comes first, for each path",
            downstream(np.ones((1, 1)) * jacobian.sum(axis=1, keepdims=True), np.array([np.sum(dout)])),
            paths,
        ),
    ]
    if n == m:
        known.append(
            Counterfactual(
                "what is right in the other layout, where a row of J belongs to an output",
                downstream(jacobian.T, dout),
                _LAYOUT,
            )
        )
    return known
