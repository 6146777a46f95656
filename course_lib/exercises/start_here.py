"""Public checks of the notebook 00_start_here: one toy exercise, to learn how checking works."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from course_lib.checking import compare
from course_lib.checking.confirm import confirmed
from course_lib.checking.diagnosis import Counterfactual
from course_lib.checking.model import Check, Exercise, Student
from course_lib.exercises import _small as small

__all__ = ["EXERCISES", "centre_right", "single_right"]

Array = NDArray[np.float64]


def _elsewhere(rng: np.random.Generator, x: Array) -> tuple[Any, ...]:
    return (3 * rng.normal(size=x.shape) + 1,)


@confirmed(_elsewhere)
def centre_right(student: Student, x: Array) -> None:
    """`centre(x)` is x with each column's mean taken off, as a new array."""
    given = x.copy()
    got = student.centre(given)
    columns = [column - sum(column) / len(column) for column in x.T]

    def mistakes() -> list[Counterfactual]:
        means = np.array([sum(column) / len(column) for column in x.T])
        rows = np.array([[sum(row) / len(row)] for row in x])
        return [
            Counterfactual("x less the mean of each row", x - rows, "axis=0 runs down a column."),
            Counterfactual("x less one mean for all", x - np.mean(means), "Each column has its own mean."),
            Counterfactual("the means of the columns", means, "They are to be taken off x."),
            Counterfactual("x plus the means of its columns", x + means),
            Counterfactual("x itself", x),
            Counterfactual("x less the largest number of each column", x - np.max(x, axis=0)),
            Counterfactual("x less the sum of each column, not its mean", x - np.sum(x, axis=0)),
        ]

    compare.equal(
        "centre(x)",
        got,
        np.stack(columns, axis=1),
        counterfactuals=mistakes,
        why=f"The result has the shape of x, {x.shape}.",
        hint="Take the first column alone: what has to be taken off it?",
    )
    compare.unchanged("x", x, given)


def _run(student: Student) -> None:
    rng = np.random.default_rng(9)
    for shape in ((4, 3), (2, 5)):
        centre_right(student, 3 * rng.normal(size=shape) + 1)


def single_right(student: Student, x: Array) -> None:
    """`centre(x)` of a single row is a row of zeros."""
    got = compare.array("centre(x)", student.centre(x.copy()), x.shape, "The result has the shape of x.")
    compare.require(
        bool(np.allclose(got, 0.0)),
        "A single row does not become zeros.",
        hint="The mean of a column with one number is that number.",
    )


def _single(student: Student) -> None:
    single_right(student, np.array([[2.0, -1.0, 5.0]]))


def _smaller() -> Iterator[tuple[Any, ...]]:
    for shape in ((2, 1), (2, 2), (3, 2)):
        yield tuple(small.arrays(shape))


EXERCISES: tuple[Exercise, ...] = (
    Exercise(
        "centre",
        "00_start_here",
        "Exercise 1: centre the columns",
        0,
        ("centre",),
        (
            Check("Each column has its own mean taken off", 1, _run, small.runs(centre_right, _smaller)),
            Check("A single row becomes zeros", 1, _single),
        ),
        "Your first answer",
    ),
)
