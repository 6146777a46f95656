"""Public checks of the notebook 03_activations.

The functions `…_right` and the like take their inputs as arguments: the hidden checks call them with
others. The truth is always a numerical derivative of the given forward (`_activations`). What is free (the
slope at a kink, the shares at a tie) is held to the student's own slopes beside it, so that a mistake that
another check finds costs nothing here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from course_lib.checking import compare
from course_lib.checking.model import Check, Exercise, Student, StudentError
from course_lib.exercises import _activations as truth
from course_lib.exercises import _small as small
from course_lib.exercises._activation_properties import (
    kinks_right,
    nothing_overflows,
    prediction_made,
    share_right,
    ties_right,
    values_right,
)

__all__ = [
    "EXERCISES",
    "kinks_right",
    "layer_keeps_apart",
    "layer_right",
    "needs_output_alone",
    "nothing_overflows",
    "prediction_made",
    "share_right",
    "ties_right",
    "values_right",
]

NOTEBOOK = "03_activations"
Array = NDArray[np.float64]
_STALE = "Is the cache of the last forward of this very layer the one that backward reads?"
_SAME_SHAPE = "Each element of x has one slope, so dx has the shape of x."
_NO_NAN = (
    "Is something infinite multiplied by zero (that is nan), or zero divided by zero? "
    "Take the exponential only of numbers that are not above 0."
)


def _made(student: Student, kind: truth.Kind) -> Any:
    return getattr(student, kind.name)(*kind.arguments)


def layer_right(student: Student, kind: truth.Kind, case: truth.Case) -> None:
    """backward of one of the student's activations is upstream times local, off the kinks."""
    layer = _made(student, kind)
    layer.forward(case["x"].copy())
    got = layer.backward(case["dout"].copy())
    compare.equal(
        f"dx of {kind.name}",
        got,
        case["dout"] * truth.local(kind.forward, case["x"]),
        counterfactuals=partial(truth.mistakes, kind, case),
        why=_SAME_SHAPE,
        hint=_NO_NAN if isinstance(got, np.ndarray) and not np.all(np.isfinite(got)) else "",
    )


_FROM_OUTPUT = """
def from_output(layer, elsewhere, y, dout):
    layer.forward(elsewhere)
    layer.y = y
    return layer.backward(dout)
"""


def needs_output_alone(student: Student, kind: truth.Kind, case: truth.Case) -> None:
    """backward gives the same from another layer that holds nothing of this input but the output."""
    layer = _made(student, kind)
    y = np.real(kind.forward(case["x"]))
    layer.forward(case["x"].copy())
    own = layer.backward(case["dout"].copy())
    own = compare.array(f"dx of {kind.name}", own, np.shape(own)).copy()
    compare.require(
        bool(np.any(own)), f"dx of {kind.name} is zero everywhere, and the upstream gradient is not."
    )
    from_output = student.define(_FROM_OUTPUT, "from_output")
    got = from_output(_made(student, kind), case["x"][::-1].copy() + 0.25, y.copy(), case["dout"].copy())
    compare.require(
        bool(np.shape(got) == own.shape and np.allclose(got, own, rtol=1e-6, atol=1e-12)),
        f"{kind.name}.backward reads something else than self.y and dout.",
        "Another output was put into self.y after forward, and dx did not follow it.",
        hint="forward keeps the output alone, in self.y: write the slope in terms of it.",
    )


def layer_keeps_apart(student: Student, kind: truth.Kind, first: truth.Case, second: truth.Case) -> None:
    """Backward belongs to the last forward of its own layer, and nothing is changed.

    The layer is compared with a new one of its own kind, so that a wrong formula does not cost a second time.
    """
    x, dout = second["x"].copy(), second["dout"].copy()
    fresh = _made(student, kind)
    compare.equal(
        f"forward of {kind.name}",
        fresh.forward(x),
        np.real(kind.forward(second["x"])),
        hint="forward was given: write it as it was.",
    )
    compare.unchanged("x", second["x"], x)
    expected = _kept(kind.name, fresh.backward(dout))
    compare.unchanged("dout", second["dout"], dout)
    compare.require(
        bool(np.any(expected)), f"dx of {kind.name} is zero everywhere, and the upstream gradient is not."
    )
    used = _made(student, kind)
    used.forward(first["x"].copy())
    used.backward(first["dout"].copy())
    used.forward(x)
    _made(student, kind).forward(first["x"].copy())
    for turn in ("forward", "backward"):
        after = _again(used, dout, turn)
        compare.require(
            bool(np.shape(after) == expected.shape and np.allclose(after, expected, equal_nan=True)),
            f"dx of {kind.name} is another one after a second {turn} than from a new layer with this x.",
            hint=_STALE,
        )
    compare.unchanged("dout", second["dout"], dout)


def _kept(name: str, value: Any) -> Array:
    return compare.array(f"dx of {name}", value, np.shape(value)).copy()


def _again(layer: Any, dout: Array, turn: str) -> Any:
    """Backward, where a new layer has raised nothing: a mismatch of shapes comes of what was kept."""
    try:
        return layer.backward(dout)
    except StudentError as error:
        if error.type_name not in ("ValueError", "ShapeError", "IndexError"):
            raise
        compare.fail(
            f"backward raises an error after a second {turn}, and a new layer with the same inputs does not.",
            error.message,
            hint=_STALE,
        )


# --- the exercises ---


def _cases() -> list[truth.Case]:
    return truth.cases(np.random.default_rng(31))


def _layer(kind: truth.Kind, title: str, worth: int, *others: truth.Kind) -> Check:
    def run(student: Student) -> None:
        for each in (kind, *others):
            for case in _cases():
                layer_right(student, each, case)

    def examples() -> Any:
        return ((kind, *case) for case in truth.small_cases())

    return Check(title, worth, run, small.runs(layer_right, examples))


def _apart(*names: str) -> Callable[[Student], None]:
    def run(student: Student) -> None:
        rng = np.random.default_rng(33)
        second = truth.random_case(rng, 3, 2)
        for name in names:
            for first in (truth.random_case(rng, 3, 2), truth.random_case(rng, 5, 4)):
                layer_keeps_apart(student, truth.KINDS[name], first, second)

    return run


def _output_alone(student: Student) -> None:
    for name in ("Sigmoid", "Tanh"):
        for shape in ((4, 3), (6,)):
            needs_output_alone(
                student, truth.KINDS[name], truth.random_case(np.random.default_rng(32), *shape)
            )


_APART = "Each backward belongs to the last forward of its own layer, and no input is changed"


def _exercise(
    name: str, title: str, points: int, defines: Sequence[str], reread: str, *checks: Check
) -> Exercise:
    return Exercise(name, NOTEBOOK, title, points, tuple(defines), checks, reread)


EXERCISES: tuple[Exercise, ...] = (
    _exercise(
        "from_the_output",
        "Exercise 2: from the output alone",
        3,
        ("Sigmoid", "Tanh"),
        "The slope, told from the height",
        _layer(truth.KINDS["Sigmoid"], "Sigmoid: dx is upstream times local", 2),
        _layer(truth.KINDS["Tanh"], "Tanh: dx is upstream times local", 2),
        Check("backward needs the output alone", 1, _output_alone),
        Check(_APART, 1, _apart("Sigmoid", "Tanh")),
    ),
)
