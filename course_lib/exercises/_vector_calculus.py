"""What is true of derivatives of arrays by arrays, by differentiating the given forwards; and mistakes.

A Jacobian has the lecture's layout, J[i, j] = dy_j/dx_i with both arrays flattened row by row: shape
(inputs, outputs). Every mistake differentiates too, with one thing left out or put in, or sorts the right
numbers in another way.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from course_lib._numeric import complex_steps
from course_lib.checking.diagnosis import Counterfactual
from course_lib.exercises import _activations as activations
from course_lib.exercises import _small as small

__all__ = [
    "away_from_zero",
    "downstream",
    "downstream_mistakes",
    "factor_jacobian",
    "factor_mistakes",
    "jacobian",
    "map_jacobian",
    "map_mistakes",
    "relu_input",
    "relu_jacobian_mistakes",
    "relu_slopes",
    "relu_vjp_mistakes",
    "shapes",
    "small_downstream",
    "small_factors",
    "small_points",
    "small_relus",
    "small_relus_alone",
    "small_used",
    "summed_back",
    "summed_back_mistakes",
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


def _other_layout(right: Array) -> list[Counterfactual]:
    """The right Jacobian transposed, also where its shape was put right by force."""
    says = "the right Jacobian in the other layout"
    known = [Counterfactual(f"{says}, a row for each output", right.T, _LAYOUT)]
    if right.shape[0] != right.shape[1]:
        forced = right.T.reshape(right.shape)
        hint = f"A reshape does not turn rows into columns. {_LAYOUT}"
        known.append(
            Counterfactual(f"{says}, its numbers put in rows of another length by reshape", forced, hint)
        )
    return known


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
        *_other_layout(right),
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
            "the shares of the paths added up over the inputs",
            (jacobian * dout).sum(axis=0),
            "One input reaches the loss by every output: which axis of J do the outputs lie along?",
        ),
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


# --- element by element ---


def relu_input(rng: np.random.Generator, *shape: int) -> Array:
    """Numbers of both signs, not at the kink; from five on, two large ones and a small one above 0."""
    size = int(np.prod(shape))
    large = np.resize([True, False, False, True, True], size)
    sign = np.resize([1.0, -1.0, 1.0, -1.0], size)
    x = sign * np.where(large, rng.uniform(2.5, 4.0, size), rng.uniform(0.1, 0.4, size))
    return np.asarray(rng.permutation(x).reshape(shape))


def relu_slopes(x: Array) -> tuple[Array, Array]:
    """The smallest and the largest right slope of each element: they differ at the kink alone."""
    below = activations.local(activations.relu, x)
    above = activations.local(lambda x: np.where(np.real(x) >= 0, x, 0.0 * x), x)
    return below, above


def small_relus() -> Iterator[tuple[Array, Array]]:
    """x and upstream gradients of small whole numbers, one x at the kink last."""
    for (case,) in activations.small_cases():
        yield case["x"], case["dout"]
    yield np.array([0.0, 2.0]), np.array([3.0, 1.0])


def small_relus_alone() -> Iterator[tuple[Array]]:
    """The same x alone, where it is a vector."""
    for x, _ in small_relus():
        if x.ndim == 1:
            yield (x,)


def relu_jacobian_mistakes(x: Array) -> list[Counterfactual]:
    """What people return as the Jacobian of ReLU at the vector x."""

    def of(forward: Forward) -> Array:
        return jacobian(forward, x)

    right = of(activations.relu)
    slopes = activations.local(activations.relu, x)
    own = "y[j] depends on x[j] alone: what stands off the diagonal?"
    steep = "What is asked for is not how high the curve is, but how steep."
    return [
        Counterfactual(
            "the diagonal alone, as a vector",
            slopes,
            "A Jacobian has an element for every pair, also for the pairs that do not touch.",
        ),
        Counterfactual(
            "a matrix with the outputs on its diagonal, not the slopes", np.diag(right @ x), steep
        ),
        Counterfactual("a matrix with x on its diagonal, not the slopes", np.diag(x), steep),
        Counterfactual(
            "a matrix with the signs of x on its diagonal", np.diag(np.sign(x)), "How steep is ReLU below 0?"
        ),
        Counterfactual(
            "the identity: a slope of 1 everywhere", of(lambda x: x), "How steep is ReLU below 0?"
        ),
        Counterfactual(
            "a matrix with the slope of x[i] all along row i", np.outer(slopes, np.ones(x.size)), own
        ),
        Counterfactual(
            "a matrix with the slope of x[j] all along column j", np.outer(np.ones(x.size), slopes), own
        ),
        Counterfactual(
            "the Jacobian at -x: the two sides are taken for each other",
            jacobian(activations.relu, -x),
            "On which side of 0 is the slope 1?",
        ),
    ]


def relu_vjp_mistakes(x: Array, dout: Array) -> list[Counterfactual]:
    """What people return as the gradient at x."""
    known = activations.mistakes(activations.KINDS["ReLU"], {"x": x, "dout": dout})
    slopes = activations.local(activations.relu, x)
    known.append(
        Counterfactual(
            "what is right where dout is above 0, and 0 elsewhere",
            np.where(dout > 0, dout * slopes, 0.0),
            "The sign of x decides, and not that of dout.",
        )
    )
    if x.ndim == 2 and x.shape[0] <= x.shape[1]:
        known.append(
            Counterfactual(
                "the diagonal of the slopes, multiplied with dout as a vector",
                np.diag(slopes) @ dout,
                "Of a matrix, np.diag takes the diagonal. You do not need it here.",
            )
        )
    if x.ndim == 1:
        spread = jacobian(activations.relu, x) * dout
        known.append(
            Counterfactual(
                "the Jacobian with dout multiplied into it, as a matrix",
                spread,
                "Only its diagonal is not 0: what is left of the sum in each row?",
            )
        )
        known.append(
            Counterfactual("the sum of all its elements, one number", spread.sum(), "Each x has its own.")
        )
    return known


# --- used in several places ---


def summed_back(dout: Array, shape: Shape) -> Array:
    """The gradient of a variable of this shape that was broadcast to the shape of dout."""
    return complex_steps(lambda x: np.zeros(dout.shape) + x, np.zeros(shape), dout)


def small_used(*pairs: tuple[Shape, Shape]) -> Iterator[tuple[Array, Shape]]:
    """Upstream gradients of small whole numbers and the shape of the variable, for these pairs of shapes."""
    for wide, shape in pairs:
        (dout,) = small.arrays(wide)
        yield dout, shape


def summed_back_mistakes(dout: Array, shape: Shape) -> list[Counterfactual]:
    """What people return as the gradient of a variable of this shape."""
    right = summed_back(dout, shape)
    front = dout.ndim - len(shape)
    ones = tuple(k for k, n in enumerate(shape) if n == 1 and dout.shape[front + k] != 1)
    add = "One element is used in several places: the shares of all of them are added."
    first, last = (
        np.asarray(
            dout[
                (at,) * front
                + tuple(slice(at, at + 1 or None) if k in ones else slice(None) for k in range(len(shape)))
            ]
        )
        for at in (0, -1)
    )
    known = [
        Counterfactual(
            "dout as it came: nothing is summed",
            dout,
            f"{add} Write both shapes below each other, flush right: where do they differ?",
        ),
        Counterfactual("the number of the places: dout is not used", summed_back(np.ones_like(dout), shape)),
        Counterfactual("the share of the first place alone", first, add),
        Counterfactual("the share of the last place alone", last, add),
        Counterfactual(
            "the sum of the whole of dout, in every element",
            np.full(shape, np.sum(dout)),
            "Each element is used in some of the places only: which?",
        ),
        Counterfactual(
            "the first numbers of dout, cut off or put in rows of another length",
            np.resize(dout, shape),
            add,
        ),
    ]
    if front:
        known.append(
            Counterfactual(
                "the right numbers, with an axis in front that the variable does not have",
                right.reshape((1,) * front + shape),
                "An axis that is summed away without keepdims is gone.",
            )
        )
        middle = summed_back(dout, dout.shape[front:])
        if ones:
            known.append(
                Counterfactual(
                    "dout with the axes in front summed away, and the axes of size 1 not",
                    middle,
                    "An axis that has size 1 in the variable and more in dout was stretched, too.",
                )
            )
    if front > 1:
        loop = dout
        for k in range(front):
            loop = loop.sum(axis=k) if k < loop.ndim else loop
        known.append(
            Counterfactual(
                "what comes of summing over axis 0, then over axis 1 of what is left",
                loop,
                "After a sum the axes behind it have other numbers: which one is next in front?",
            )
        )
        left = (*dout.shape[1:front], *shape)
        known.append(
            Counterfactual(
                "the sum over the first axis, but not over all axes that the variable does not have",
                summed_back(dout, left),
                "How many axes has dout, and how many the variable?",
            )
        )
    if ones and front:
        early = dout
        for k, length in enumerate(shape):
            early = early.sum(axis=k, keepdims=True) if length == 1 else early
        known.append(
            Counterfactual(
                "what comes of summing the axes of size 1 before those that the variable lacks are gone",
                early.sum(axis=tuple(range(front))),
                "While dout has more axes than the variable, the same number names another axis in each.",
            )
        )
    if len(ones) > 1:
        some = tuple(n if k in ones[1:] else shape[k] for k, n in enumerate(dout.shape[front:]))
        known.append(
            Counterfactual(
                "the sum over the first axis of size 1, but not over the other ones",
                summed_back(dout, some),
                "Every axis of size 1 that was stretched is summed.",
            )
        )
    if ones:
        known.append(
            Counterfactual(
                "the right numbers, but the axis of size 1 is lost",
                right.reshape([n for k, n in enumerate(shape) if k not in ones]),
                "keepdims=True leaves an axis of size 1 in the place of the one that is summed away.",
            )
        )
    if dout.ndim == 2 and dout.shape[0] == dout.shape[1] and shape != dout.shape:
        known.append(
            Counterfactual(
                "what is right with rows and columns of dout taken for each other",
                summed_back(dout.T, shape),
                "numpy lines shapes up from the right: write them below each other, flush right.",
            )
        )
    return known


# --- a matrix by a matrix ---


def factor_jacobian(x: Array, w: Array, which: str) -> Array:
    """The Jacobian of y = x w with respect to x or w (`which`), all arrays flattened row by row."""
    return jacobian((lambda x: x @ w) if which == "x" else (lambda w: x @ w), x if which == "x" else w)


def small_factors() -> Iterator[tuple[Array, Array]]:
    """Factors of small whole numbers, the smallest first."""
    for n, d, m in small.SIZES:
        x, w = small.arrays((n, d), (d, m))
        yield x, w


def factor_mistakes(x: Array, w: Array, which: str) -> list[Counterfactual]:
    """What people return as the Jacobian of y = x w with respect to x or w."""
    n, m = len(x), w.shape[1]
    right = factor_jacobian(x, w, which)
    variable, factor, block = (x, "w", w) if which == "x" else (w, "x", x.T)
    rows, columns = variable.shape, (n, m)
    by_rows = "Row by row, as ravel does: from one element to the next, the last index moves first."

    def counted(rows_by: str, columns_by: str) -> Array:
        order = [
            np.arange(np.prod(shape)).reshape(shape).ravel("F" if by == "columns" else "C")
            for shape, by in ((rows, rows_by), (columns, columns_by))
        ]
        return np.asarray(right[np.ix_(*order)])

    if which == "x":
        plain = factor_jacobian(x, np.ones_like(w), "x")
        everywhere = jacobian(lambda x: np.ones((n, n)) @ x @ w, x)
        moved = jacobian(lambda x: np.sum(x**2 / 2, axis=-1, keepdims=True) * np.ones(m), x)
        turned = "which rows of y does x[n, d] touch?"
    else:
        plain = factor_jacobian(np.ones_like(x), w, "w")
        everywhere = jacobian(lambda w: x @ w @ np.ones((m, m)), w)
        moved = jacobian(lambda w: np.sum(w**2 / 2, axis=-2, keepdims=True) * np.ones((n, 1)), w)
        turned = "which columns of y does w[d, m] touch?"

    def in_longer_lines(row: int, column: int) -> Array:
        """The right numbers where they come to stand with other lengths of a line of `which` and of y."""
        wrong = np.zeros_like(right)
        for i, j in np.argwhere(right):
            (a, b), (k, l) = divmod(i, rows[1]), divmod(j, m)
            if a * row + b < len(right) and k * column + l < n * m:
                wrong[a * row + b, k * column + l] = right[i, j]
        return wrong

    size = "How many elements are in one row of the array, and so how far is it to the next row?"
    lengths = {"N": n, "D": x.shape[1], "M": m}
    both = [
        Counterfactual(
            f"the right numbers, but with {which} counted as if its rows had {own} elements, and y {out}",
            in_longer_lines(lengths[own], lengths[out]),
            size,
        )
        for own, out in itertools.product(lengths, lengths)
        if lengths[own] != rows[1] and lengths[out] != m
    ]
    counts = [
        Counterfactual(
            f"the right numbers, but with {counted_one} counted as if its rows had {name} elements",
            in_longer_lines(*((length, m) if counted_one == which else (rows[1], length))),
            size,
        )
        for counted_one, true in ((which, rows[1]), ("y", m))
        for name, length in lengths.items()
        if length != true
    ]
    known = [
        *_other_layout(right),
        *counts,
        *both,
        Counterfactual(
            "a Jacobian with the term x[n, d] w[d, m] of the sum, in place of its derivative",
            right * variable.ravel()[:, None],
            "By how much does the term change when the one factor grows by 0.01?",
        ),
        Counterfactual(
            f"a Jacobian with the element of {which} that moves, in place of what it is multiplied by",
            moved,
            "Of a product, the one factor is the local gradient of the other.",
        ),
        Counterfactual(
            "the right numbers with an axis for every index: not flattened",
            right.reshape(*rows, *columns),
            "reshape it to two axes: all inputs, all outputs.",
        ),
        Counterfactual(
            f"1 where {which} and y touch: {factor} is not used",
            plain,
            "How fast does y[n, m] move: by which number is the moved one multiplied in the sum?",
        ),
        Counterfactual(
            f"a matrix with {factor} in the places of 0, too", everywhere, f"Ask the sum: {turned}"
        ),
        Counterfactual(
            f"one block of the Jacobian, {factor} itself or its transpose", block, "And all other pairs?"
        ),
        Counterfactual(
            f"one block of the Jacobian, {factor} itself or its transpose", block.T, "And all other pairs?"
        ),
        Counterfactual(
            "the right Jacobian with inputs and outputs counted column by column",
            counted("columns", "columns"),
            by_rows,
        ),
        Counterfactual(
            f"the right Jacobian with the elements of {which} counted column by column",
            counted("columns", "rows"),
            by_rows,
        ),
        Counterfactual(
            "the right Jacobian with the elements of y counted column by column",
            counted("rows", "columns"),
            by_rows,
        ),
        Counterfactual(
            "the sum over all outputs: the gradient for an upstream gradient of ones",
            right.sum(axis=1).reshape(rows),
            "Nothing is added yet: each pair has a place of its own.",
        ),
    ]
    other = factor_jacobian(x, w, "w" if which == "x" else "x")
    known.append(Counterfactual(f"the other Jacobian, with respect to {factor}", other, "Which one moves?"))
    return known
