"""Public checks of the notebook 04_from_linear_to_networks.

The functions `…_right` take their inputs as arguments: the hidden checks call them with others. The truth is
the given forward, run by `_networks`, or a property (`_network_properties`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from course_lib.checking import compare
from course_lib.checking.confirm import confirmed
from course_lib.checking.model import Check, Exercise, Student, StudentError
from course_lib.exercises import _networks as truth
from course_lib.exercises import _small as small
from course_lib.exercises._network_properties import (
    corner_right,
    count_right,
    net_right,
    prediction_made,
    shapes_right,
)

__all__ = [
    "EXERCISES",
    "collapse_right",
    "corner_right",
    "count_right",
    "feed_forward_right",
    "layers_right",
    "net_right",
    "prediction_made",
    "product_right",
    "rows_right",
    "shapes_right",
]

NOTEBOOK = "04_from_linear_to_networks"
Array = NDArray[np.float64]
Net = truth.Net


def _copied(net: Net) -> tuple[Array, list[Array], list[Array]]:
    return net["x"].copy(), [w.copy() for w in net["weights"]], [b.copy() for b in net["biases"]]


def _untouched(net: Net, x: Array, weights: Sequence[Array], biases: Sequence[Array] = ()) -> None:
    compare.unchanged("x", net["x"], x)
    for kind, given in (("weights", weights), ("biases", biases)):
        for k, value in enumerate(given):
            compare.unchanged(f"{'W' if kind == 'weights' else 'b'}{k + 1}", net[kind][k], value)


def _another_net(rng: np.random.Generator, net: Net, *_: Any) -> tuple[Any, ...]:
    depth = len(net["weights"])
    return (truth.random_net(rng, (4, 5, 3, 6)[: depth + 1] if depth < 4 else (3,) * (depth + 1)),)


@confirmed(_another_net)
def layers_right(student: Student, net: Net) -> None:
    """`two_layers(x, W1, W2)` or `three_layers(x, W1, W2, W3)` gives the scores."""
    x, weights, _ = _copied(net)
    two = len(weights) == 2
    call = "two_layers(x, W1, W2)" if two else "three_layers(x, W1, W2, W3)"
    got = student.two_layers(x, *weights) if two else student.three_layers(x, *weights)
    compare.equal(
        call,
        got,
        truth.relu_net(net),
        counterfactuals=partial(truth.relu_mistakes, net),
        why="x is one column with D numbers, and there are C scores, as many as the last W has rows.",
        hint="Go from the inside out: a product with x, an activation, the next product.",
    )
    _untouched(net, x, weights)


@confirmed(_another_net)
def feed_forward_right(student: Student, net: Net) -> None:
    """`feed_forward(x, W1, b1, W2, b2, W3, b3)` gives the output of the lecture's example."""
    x, weights, biases = _copied(net)
    pairs = [value for pair in zip(weights, biases, strict=True) for value in pair]
    compare.equal(
        "feed_forward(x, W1, b1, …)",
        student.feed_forward(x, *pairs),
        truth.feed_forward(net),
        counterfactuals=partial(truth.feed_forward_mistakes, net),
        why="The output is an array with as many numbers as the last W has rows.",
        hint="Each layer is a product and a bias; then, in a hidden layer, the sigmoid.",
    )
    _untouched(net, x, weights, biases)


def _elsewhere_collapsed(rng: np.random.Generator, net: Net, which: str) -> tuple[Any, ...]:
    depth = len(net["weights"])
    return truth.random_net(rng, (len(net["x"]),) * (depth + 1)), which


@confirmed(_elsewhere_collapsed)
def collapse_right(student: Student, net: Net, which: str) -> None:
    """`collapse(weights, biases)` is right in W or in b."""
    _, weights, biases = _copied(net)
    try:
        returned = student.collapse(weights, biases)
    except StudentError:
        # Where sizes differ a wrong order of W raises: that costs once, in the check of W.
        if which == "W" or len({n for w in weights for n in w.shape}) == 1:
            raise
        return
    result = compare.items("The result", returned, 2, "W and b")
    mistakes = truth.collapsed_weight_mistakes if which == "W" else truth.collapsed_bias_mistakes
    compare.equal(
        which,
        result["Wb".index(which)],
        truth.collapsed(net)[which],
        counterfactuals=partial(mistakes, net),
        why="One layer takes a column of D numbers to C scores, so W has shape (C, D) and b has shape (C,).",
        hint="Put one layer into the next, on paper, for two layers with biases; then multiply out.",
    )
    compare.require(
        len(weights) == len(net["weights"]) and len(biases) == len(net["biases"]),
        "Your code changed a list that it was given.",
        hint="pop and append change the list of whoever called you: go through it with for, or by index.",
    )
    _untouched(net, net["x"], weights, biases)


def _other_rows(rng: np.random.Generator, *_: Any) -> tuple[Any, ...]:
    return tuple(rng.uniform(0.3, 2.0, s) * rng.choice([-1.0, 1.0], s) for s in ((3, 3), (3, 3), (3,)))


@confirmed(_other_rows)
def rows_right(student: Student, x: Array, w: Array, b: Array) -> None:
    """`linear_rows(x, W, b)` is W x + b for each row of x."""
    given = x.copy(), w.copy(), b.copy()
    compare.equal(
        "linear_rows(x, W, b)",
        student.linear_rows(*given),
        truth.mapped_rows(x, w, b),
        counterfactuals=partial(truth.row_mistakes, x, w, b),
        why="One row for each of the N samples, one column for each of the C scores.",
        hint="Row n is what W x + b gives for sample n as a column. Compare one row by hand.",
    )
    for name, before, after in zip(("x", "W", "b"), (x, w, b), given, strict=True):
        compare.unchanged(name, before, after)


def _other_product(rng: np.random.Generator, *_: Any) -> tuple[Any, ...]:
    return tuple(rng.uniform(0.3, 2.0, (3, 3)) * rng.choice([-1.0, 1.0], (3, 3)) for _ in range(2))


@confirmed(_other_product)
def product_right(student: Student, w1: Array, w2: Array) -> None:
    """`collapse_rows(w1, w2)` is the one w that does what both do."""
    given = w1.copy(), w2.copy()
    compare.equal(
        "collapse_rows(w1, w2)",
        student.collapse_rows(*given),
        truth.two_maps(w1, w2),
        counterfactuals=partial(truth.product_mistakes, w1, w2),
        why="One w takes a row of D numbers to C scores, so it has shape (D, C).",
        hint="In y = x w1 w2, where may the brackets stand?",
    )
    compare.unchanged("w1", w1, given[0])
    compare.unchanged("w2", w2, given[1])


# --- the cases ---

# D, H1, …, C: the first tell most mistakes apart; one layer and one unit are there too.
_SIZES = ((3, 4, 4, 1), (5, 2), (6, 1, 7), (2, 9, 5, 4, 3))
_COUNTED = ((3, 4, 4, 1), (7, 2), (6, 5, 9), (3072, 100, 10))


def _shapes(student: Student) -> None:
    for sizes in _SIZES:
        shapes_right(student, sizes)


def _counts(bias: bool) -> Callable[[Student], None]:
    def run(student: Student) -> None:
        for sizes in _COUNTED:
            count_right(student, sizes, bias)

    return run


def _nets(right: Callable[..., None], *shapes: Sequence[int], **fixed: Any) -> Callable[[Student], None]:
    def run(student: Student) -> None:
        rng = np.random.default_rng(41)
        for sizes in shapes:
            right(student, truth.random_net(rng, sizes), *fixed.values())

    return run


def _collapse(title: str, worth: int, which: str) -> Check:
    # Square first: there every order of a product has a shape that fits, and its explanation.
    shapes = ((3, 3, 3, 3), (3, 3, 3), (4, 5, 3), (3, 2), (2, 4, 3, 5, 2))
    return Check(
        title,
        worth,
        _nets(collapse_right, *shapes, which=which),
        small.runs(collapse_right, lambda: truth.small_nets(2, 3, 1), which=which),
    )


# One for each corner that alone is wrong; two with two wrong ones; scores of exactly 0; nothing but 0.
_LINES = (
    ((1.0, 1.0), -0.5),
    ((1.0, 1.0), -1.5),
    ((-1.0, -1.0), 1.5),
    ((2.0, -1.0), -0.5),
    ((-1.0, 2.0), -0.5),
    ((1.0, -1.0), 0.0),
    ((3.0, 0.5), -1.0),
    ((0.0, 0.0), 0.0),
    ((0.0, 0.0), 1.0),
    ((-2.0, -3.0), 2.5),
)


def _corners(student: Student) -> None:
    for w, b in _LINES:
        corner_right(student, np.array(w), b)


def _row_cases() -> Iterator[tuple[Array, Array, Array]]:
    rng = np.random.default_rng(43)
    for n, d, c in ((3, 3, 3), (5, 3, 4), (1, 4, 2), (4, 2, 4)):
        yield tuple(rng.uniform(0.3, 2.0, s) * rng.choice([-1.0, 1.0], s) for s in ((n, d), (c, d), (c,)))


def _small_rows() -> Iterator[tuple[Any, ...]]:
    return (tuple(small.arrays((n, d), (c, d), (c,))) for n, d, c in small.SIZES)


def _product_cases() -> Iterator[tuple[Array, Array]]:
    rng = np.random.default_rng(44)
    for d, h, c in ((3, 3, 3), (4, 2, 3), (1, 3, 2)):
        yield rng.normal(size=(d, h)), rng.normal(size=(h, c))


def _small_products() -> Iterator[tuple[Any, ...]]:
    return (tuple(small.arrays((d, h), (h, c))) for d, h, c in small.SIZES)


def _over(
    right: Callable[..., None], cases: Callable[[], Iterator[tuple[Any, ...]]]
) -> Callable[[Student], None]:
    def run(student: Student) -> None:
        for case in cases():
            right(student, *case)

    return run


EXERCISES: tuple[Exercise, ...] = (
    Exercise(
        "shapes_and_counts",
        NOTEBOOK,
        "Exercise 1: shapes and counts",
        2,
        ("weight_shapes", "count_parameters"),
        (
            Check("The shapes of the matrices are right for any depth", 2, _shapes),
            Check("The weights are counted", 1, _counts(False)),
            Check("Weights and biases are counted", 1, _counts(True)),
        ),
        "What is counted as a layer",
    ),
    Exercise(
        "forward_layers",
        NOTEBOOK,
        "Exercise 2: forward through two and three layers",
        2,
        ("two_layers", "three_layers", "feed_forward"),
        (
            Check(
                "Two layers give the right scores",
                1,
                _nets(layers_right, (3, 5, 4), (4, 2, 3), (2, 3, 1)),
                small.runs(layers_right, lambda: truth.small_nets(2)),
            ),
            Check(
                "Three layers give the right scores",
                1,
                _nets(layers_right, (3, 4, 5, 4), (4, 3, 2, 3), (2, 3, 4, 1)),
                small.runs(layers_right, lambda: truth.small_nets(3)),
            ),
            Check(
                "The example with biases and sigmoids gives the right output",
                2,
                _nets(feed_forward_right, (3, 4, 4, 1), (4, 2, 5, 3), (2, 3, 3, 3)),
                small.runs(feed_forward_right, lambda: truth.small_nets(3)),
            ),
        ),
        "A product, an activation, a product",
    ),
    Exercise(
        "collapse",
        NOTEBOOK,
        "Exercise 3: many layers, one layer",
        2,
        ("collapse",),
        (
            _collapse("W of the one layer is right, for any depth", 1, "W"),
            _collapse("b of the one layer is right, for any depth", 1, "b"),
        ),
        "What if there is no activation?",
    ),
    Exercise(
        "xor",
        NOTEBOOK,
        "Exercise 4: what no line can do",
        3,
        ("predict_most_corners", "wrong_corner", "xor_net"),
        (
            Check("A prediction is made, a number of corners", 1, prediction_made),
            Check("A corner that is wrong is found for each linear classifier", 2, _corners),
            Check("Your net gets all four corners right", 2, partial(net_right, reach=0.0)),
            Check("Your net is right near the corners too", 1, partial(net_right, reach=0.1)),
        ),
        "What no line can do",
    ),
    Exercise(
        "to_rows",
        NOTEBOOK,
        "Exercise 5: from columns to rows",
        1,
        ("linear_rows", "collapse_rows"),
        (
            Check(
                "W x + b is right for all rows at once",
                1,
                _over(rows_right, _row_cases),
                small.runs(rows_right, _small_rows),
            ),
            Check(
                "Two maps of rows become one",
                1,
                _over(product_right, _product_cases),
                small.runs(product_right, _small_products),
            ),
        ),
        "From columns to rows",
    ),
)
