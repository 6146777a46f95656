"""Checks of 04 whose answers are no values of a forward: shapes, counts, corners, and weights chosen by hand.

They are judged by properties: what a matrix of that shape can be multiplied with, which class a net gives.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from course_lib.checking import compare
from course_lib.checking.confirm import confirmed
from course_lib.checking.diagnosis import Counterfactual
from course_lib.checking.model import Student

__all__ = ["CORNERS", "corner_right", "count_right", "net_right", "prediction_made", "shapes_right"]

Array = NDArray[np.float64]
# The four corners and their class: 1 where exactly one coordinate is 1.
CORNERS = ((0, 0), (0, 1), (1, 0), (1, 1))
_CLASSES = (0, 1, 1, 0)
_TABLES = {
    (0, 0, 0, 0): "class 0 everywhere",
    (1, 1, 1, 1): "class 1 everywhere",
    (0, 1, 1, 1): "OR: class 1 at (1, 1) too",
    (0, 0, 0, 1): "AND: class 1 at (1, 1) alone",
    (1, 1, 1, 0): "NOT AND: class 1 at (0, 0) too",
    (1, 0, 0, 0): "NOT OR: class 1 at (0, 0) alone",
    (1, 0, 0, 1): "the opposite of XOR: class 1 where both coordinates are equal",
    (0, 0, 1, 1): "the first coordinate alone",
    (0, 1, 0, 1): "the second coordinate alone",
    (1, 1, 0, 0): "the first coordinate alone, turned round",
    (1, 0, 1, 0): "the second coordinate alone, turned round",
    (0, 0, 1, 0): "class 1 at (1, 0) alone",
    (0, 1, 0, 0): "class 1 at (0, 1) alone",
    (1, 0, 1, 1): "class 1 everywhere but at (0, 1)",
    (1, 1, 0, 1): "class 1 everywhere but at (1, 0)",
}


# --- shapes and counts ---


def _matrices(sizes: Sequence[int]) -> list[tuple[int, int]]:
    """The shape of an array with an element for each pair of an output and an input of each layer."""
    views = (np.broadcast_to(0.0, (m, 1)) + np.broadcast_to(0.0, n) for n, m in itertools.pairwise(sizes))
    return [(a.shape[0], a.shape[1]) for a in views]


def shapes_right(student: Student, sizes: Sequence[int]) -> None:
    """`weight_shapes(sizes)` lists the shape of each W, for samples as columns."""
    name = "weight_shapes(sizes)"
    value = student.weight_shapes(list(sizes))
    pairs = compare.pairs(name, value, "(rows, columns)", "Like [(4, 3), (1, 4)]: one pair for each matrix.")
    right = _matrices(sizes)
    if pairs == right:
        return
    where = f"at sizes = {list(sizes)}: yours {pairs}"
    if len(pairs) != len(right):
        compare.fail(
            f"{name} lists {len(pairs)} shapes for a net of another number of layers.",
            where,
            cause="Your list has a matrix for the input too." if len(pairs) == len(right) + 1 else "",
            hint="A layer is counted where there are weights: between two neighbours of the list.",
        )
    swapped = pairs == [(b, a) for a, b in right]
    cause = "Each of your shapes is the right one with rows and columns swapped." if swapped else ""
    if not swapped and pairs == right[::-1]:
        cause = "Your list is the right one in reverse: the first layer comes first."
    elif not swapped and pairs[:-1] == right[:-1]:
        cause = "All but the last shape are right."
    elif not swapped and pairs[:1] == right[:1]:
        cause = "The first shape is right, and others are not."
    compare.fail(
        f"{name} lists shapes that are not those of W x.",
        where,
        cause=cause,
        hint="In W x with x a column, which number is the length of x, which that of the result?",
    )


def _other_sizes(rng: np.random.Generator, sizes: Sequence[int], bias: bool) -> tuple[Any, ...]:
    return [int(k) for k in rng.integers(20, 300, 4)], bias


@confirmed(_other_sizes)
def count_right(student: Student, sizes: Sequence[int], bias: bool) -> None:
    """`count_parameters(sizes, bias)` is the number of all weights, and of all biases where there are any."""
    name = f"count_parameters(sizes, {bias})"
    got = compare.integer(name, student.count_parameters(list(sizes), bias))
    weights = [a * b for a, b in _matrices(sizes)]
    biases = sum(a for a, _ in _matrices(sizes))
    right = sum(weights) + bias * biases

    def mistakes() -> list[Counterfactual]:
        each = "One bias for each unit that a layer computes; the input is given."
        known = [
            Counterfactual(
                "the number of units", sum(sizes), "Each pair of neighbouring units has a weight."
            ),
            Counterfactual("the sizes multiplied with each other", int(np.prod(sizes)), "Layer by layer."),
            Counterfactual("the weights of the first layer alone", weights[0], "Add up over the layers."),
            Counterfactual("the weights of the last layer alone", weights[-1], "Add up over the layers."),
            Counterfactual("the weights, and one bias for each layer", sum(weights) + len(weights), each),
            Counterfactual("the weights, and a bias for each input too", sum(weights) + sum(sizes), each),
            Counterfactual(
                "the weights, and a bias for each number that comes in", sum(weights) + sum(sizes[:-1]), each
            ),
            Counterfactual(
                "the weights, and a bias for each hidden unit alone",
                sum(weights) + sum(sizes[1:-1]),
                each,
            ),
        ]
        if bias:
            return [*known, Counterfactual("the weights without the biases", sum(weights), each)]
        return [*known, Counterfactual("weights and biases together", sum(weights) + biases, "Look at bias.")]

    compare.equal(
        name,
        got,
        right,
        counterfactuals=mistakes,
        details=[f"at sizes = {list(sizes)}"],
        hint="The shapes of the matrices say how many weights each layer has.",
        rtol=1e-9,
    )


# --- corners ---


def prediction_made(student: Student) -> None:
    """`predict_most_corners()` is one of 0 to 4; no word on whether it is right."""
    value = compare.integer("Your prediction", student.predict_most_corners())
    compare.require(0 <= value <= 4, "A prediction is a number of corners: 0, 1, 2, 3 or 4.")


def corner_right(student: Student, w: Array, b: float) -> None:
    """`wrong_corner(w, b)` names a corner that the linear classifier w x + b puts into the wrong class."""
    given = w.copy()
    value = student.wrong_corner(given, b)
    compare.unchanged("w", w, given)
    at = f"at w = [{w[0]:.4g}, {w[1]:.4g}], b = {b:.4g}"
    if value is None:
        scores = [float(w @ np.array(c, dtype=float)) + b for c in CORNERS]
        listed = ", ".join(f"{score:.4g} at {c}" for score, c in zip(scores, CORNERS, strict=True))
        compare.fail(
            "wrong_corner(w, b) is None.",
            f"{at}: the scores are {listed}",
            cause="At a score of exactly 0 the class is 0 by the rule." if 0 in scores else "",
            hint="Is a return missing? Or was no corner found: are all four tried, and by the rule?",
        )
    if isinstance(value, np.ndarray) and value.shape == (2,) and value.dtype.kind in "iuf":
        value = value.tolist()
    ok = isinstance(value, tuple | list) and len(value) == 2
    ok = ok and all(isinstance(k, int | float | np.number) and k in (0, 1) for k in value)
    compare.require(
        ok,
        "wrong_corner(w, b) should be one corner, a pair of two numbers 0 or 1.",
        hint="Like (0, 1): the point itself, not its score, its class or its place in a list.",
    )
    corner = int(value[0]), int(value[1])
    score = float(w @ np.array(corner, dtype=float)) + b
    if int(score > 0) != _CLASSES[CORNERS.index(corner)]:
        return
    cause = "At a score of exactly 0 the class is 0 by the rule." if score == 0 else ""
    if _ignores_bias(student):
        cause = "Your corner is one that the classifier without b gets wrong: b is not used."
    compare.fail(
        "wrong_corner names a corner that this classifier gets right.",
        f"{at}: yours {corner}, with the score {score:.4g}",
        cause=cause,
        hint="Compare two things at each corner: the class that the score gives, and the one of XOR. "
        "Do you return where they differ, or where they agree?",
    )


# Lines whose b decides: without it, other corners are wrong.
_WITH_BIAS = (
    ((1.0, 2.0), -5.0),
    ((-2.0, -1.0), 4.0),
    ((3.0, -1.0), -3.5),
    ((-1.0, 3.0), -4.0),
    ((-1.0, -3.0), 0.5),
)


def _ignores_bias(student: Student) -> bool:
    """Whether each corner is wrong where b is left out, and the same for any b."""
    for w, b in _WITH_BIAS:
        answers = [student.wrong_corner(np.array(w), value) for value in (b, -b, 0.0)]
        corner = answers[0]
        if not all(isinstance(a, tuple | list) and len(a) == 2 and list(a) == list(corner) for a in answers):
            return False
        if not all(k in (0, 1) for k in corner):
            return False
        at = int(corner[0]), int(corner[1])
        if int(float(np.array(w) @ np.array(at, dtype=float)) > 0) == _CLASSES[CORNERS.index(at)]:
            return False
    return True


def net_right(student: Student, reach: float, rng: np.random.Generator | None = None) -> None:
    """The net of `xor_net()` puts every point within `reach` of a corner into the corner's class."""
    if reach:
        net_right(student, 0.0)
    w1, b1, w2, b2 = _weights(student)
    points, classes = [np.array(c, dtype=float) for c in CORNERS], list(_CLASSES)
    if reach:
        ways = [np.array(way) for way in itertools.product((-reach, reach), repeat=2)]
        ways += [] if rng is None else list(rng.uniform(-reach, reach, (12, 2)))
        points = [p + way for p in points for way in ways]
        classes = [c for c in classes for _ in ways]
    scores = [float((w2 @ np.maximum(0, w1 @ p + b1) + b2)[0]) for p in points]
    said = [int(score > 0) for score in scores]
    if said == classes:
        return
    if not reach:
        shown = ", ".join(f"{c}: {score:.4g}" for c, score in zip(CORNERS, scores, strict=True))
        right = sum(a == b for a, b in zip(said, classes, strict=True))
        one = len(b1) == 1
        compare.fail(
            f"The net gets {right} of the 4 corners right.",
            f"scores at {shown}",
            cause=f"Your net computes {_TABLES[said[0], said[1], said[2], said[3]]}.",
            hint="One hidden unit is a bent line with one direction, and cannot do it: take two."
            if one
            else "Make a table of the hidden values at the four corners, then choose the last layer.",
        )
    compare.fail(
        "The net is right at the four corners, but not at every point near them.",
        cause="Between the scores of the two classes there is too little room on one side of 0.",
        hint="Class 1 is a score above 0. Look at the scores of the corners: where between those of the two "
        "classes does 0 lie? The last bias moves all of them.",
    )


def _weights(student: Student) -> tuple[Array, Array, Array, Array]:
    w1, b1, w2, b2 = compare.items("The result", student.xor_net(), 4, "W1, b1, W2 and b2")
    count = len(b1) if isinstance(b1, np.ndarray) and b1.ndim == 1 else 2
    compare.require(1 <= count <= 4, "The net should have at most 4 hidden units.")
    net = (
        compare.array("W1", w1, (count, 2), "A row for each hidden unit, a column for each input."),
        compare.array("b1", b1, (count,), "One bias for each hidden unit."),
        compare.array("W2", w2, (1, count), "A row for the one score, a column for each hidden unit."),
        compare.array("b2", b2, (1,), "One bias for the one score."),
    )
    for name, value in zip(("W1", "b1", "W2", "b2"), net, strict=True):
        compare.require(bool(np.all(np.isfinite(value))), f"{name} holds nan or inf.")
    return net
