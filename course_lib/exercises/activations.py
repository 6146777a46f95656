"""Public checks of the notebook 03_activations.

The functions `…_right` and the like take their inputs as arguments: the hidden checks call them with
others. The truth is always a numerical derivative of the given forward (`_activations`). What is free (the
slope at a kink, the shares at a tie) is held to the student's own slopes beside it, so that a mistake that
another check finds costs nothing here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from course_lib.checking import compare
from course_lib.checking.diagnosis import Counterfactual, close
from course_lib.checking.model import Check, Exercise, Student, StudentError
from course_lib.exercises import _activations as truth
from course_lib.exercises import _small as small
from course_lib.exercises._activation_properties import (
    kinks_right,
    nothing_overflows,
    prediction_made,
    share_is_the_same_upside_down,
    share_right,
    ties_right,
    values_right,
)

__all__ = [
    "EXERCISES",
    "kinks_right",
    "layer_keeps_apart",
    "layer_right",
    "maximum_right",
    "needs_output_alone",
    "nothing_overflows",
    "prediction_made",
    "share_is_the_same_upside_down",
    "share_right",
    "slope_is_read",
    "ties_right",
    "values_right",
]

NOTEBOOK = "03_activations"
Array = NDArray[np.float64]

# Of one, two and three axes, and one sample.
SHAPES = ((5, 4), (1, 8), (9,), (2, 3, 4))
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


_WITH_SLOPE = """
def with_slope(layer, slope, x, dout):
    layer.slope = slope
    return {"y": layer.forward(x), "dx": layer.backward(dout)}
"""


def slope_is_read(student: Student, case: truth.Case, slope: float) -> None:
    """backward of `LeakyReLU` follows `self.slope`, as forward does."""
    got = student.define(_WITH_SLOPE, "with_slope")(
        student.LeakyReLU(), slope, case["x"].copy(), case["dout"].copy()
    )
    # A forward of one's own may do without the attribute; then so may backward.
    y = compare.array("forward of LeakyReLU", got["y"], case["x"].shape)
    if np.allclose(y, np.real(truth.leaky(case["x"], slope))):
        compare.equal(
            "dx of LeakyReLU",
            got["dx"],
            case["dout"] * truth.local(partial(truth.leaky, slope=slope), case["x"]),
            counterfactuals=[
                Counterfactual(
                    "the gradient for a slope of 0.1, whatever self.slope is",
                    case["dout"] * truth.local(truth.leaky, case["x"]),
                    "Here the slope below 0 is self.slope.",
                )
            ],
            details=[f"with self.slope = {slope:g}"],
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
    # What is wrong already does not cost a second time.
    if not np.all(close(own, case["dout"] * truth.local(kind.forward, case["x"]))):
        return
    from_output = student.define(_FROM_OUTPUT, "from_output")
    got = from_output(_made(student, kind), case["x"][::-1].copy() + 0.25, y.copy(), case["dout"].copy())
    compare.require(
        bool(np.shape(got) == own.shape and np.allclose(got, own, rtol=1e-6, atol=1e-12)),
        f"{kind.name}.backward reads something else than self.y and dout.",
        "Another output was put into self.y after forward, and dx did not follow it.",
        hint="forward keeps the output alone, in self.y: write the slope in terms of it.",
    )


def maximum_right(student: Student, case: truth.Case, which: str) -> None:
    """backward of `Maximum` is right in da or in db, where there are no ties."""
    kind = truth.KINDS["Maximum"]
    layer = _made(student, kind)
    layer.forward(case["a"].copy(), case["b"].copy())
    both = compare.items("The result", layer.backward(case["dout"].copy()), 2, "da and db")
    got = both[kind.inputs.index(which)]
    compare.equal(
        f"d{which}",
        got,
        truth.maximum_gradients(case)[which],
        counterfactuals=partial(truth.maximum_mistakes, case, which),
        why=f"{which} has this shape, and so has its gradient.",
    )


def _gradients(kind: truth.Kind, result: Any) -> list[Array]:
    """What backward returned, one gradient for each input, as copies."""
    both = len(kind.inputs) == 2
    returned = compare.items("The result", result, 2, "da and db") if both else (result,)
    return [
        compare.array(f"d{name} of {kind.name}", value, np.shape(value)).copy()
        for name, value in zip(kind.inputs, returned, strict=True)
    ]


def layer_keeps_apart(student: Student, kind: truth.Kind, first: truth.Case, second: truth.Case) -> None:
    """Backward belongs to the last forward of its own layer, and nothing is changed.

    The layer is compared with a new one of its own kind, so that a wrong formula does not cost a second time.
    """
    given = {name: second[name].copy() for name in (*kind.inputs, "dout")}
    points, others = ([case[name].copy() for name in kind.inputs] for case in (second, first))
    fresh = _made(student, kind)
    right = np.real(kind.forward(*points))
    y = compare.array(
        f"forward of {kind.name}", fresh.forward(*(given[name] for name in kind.inputs)), right.shape
    )
    compare.require(
        bool(np.all(close(y, right))),
        f"forward of {kind.name} was given, and does not give the same values any more.",
        hint="Write it as it was: keep in self what you like, and return the same output.",
    )
    expected = _gradients(kind, fresh.backward(given["dout"]))
    for name, value in given.items():
        compare.unchanged(name, second[name], value, kind.name)
    compare.require(
        any(bool(np.any(value)) for value in expected),
        f"backward of {kind.name} returns zeros alone, and the upstream gradient is not zero.",
    )
    used = _made(student, kind)
    used.forward(*others)
    used.backward(first["dout"].copy())
    used.forward(*points)
    _made(student, kind).forward(*others)
    for turn in ("forward", "backward"):
        after = _gradients(kind, _again(used, given["dout"], turn))
        compare.require(
            all(
                new.shape == old.shape and bool(np.allclose(new, old, equal_nan=True))
                for new, old in zip(after, expected, strict=True)
            ),
            f"The gradient of {kind.name} is another one after a second {turn} than from a new layer.",
            "Both were given the same inputs and the same upstream gradient.",
            hint=_STALE if turn == "forward" else "Does backward write into what forward has kept?",
        )
    for name in kind.inputs:
        compare.unchanged(name, second[name], given[name], kind.name)
    compare.unchanged("dout", second["dout"], given["dout"], kind.name)


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
    return truth.cases(np.random.default_rng(31), *SHAPES)


def _layer(title: str, worth: int, *kinds: truth.Kind) -> Check:
    def run(student: Student) -> None:
        for kind in kinds:
            for case in _cases():
                layer_right(student, kind, case)
            if kind.name == "LeakyReLU":
                slope_is_read(student, _cases()[0], 0.3)

    def examples() -> Iterator[tuple[Any, ...]]:
        return ((kind, *case) for case in truth.small_cases() for kind in kinds)

    return Check(title, worth, run, small.runs(layer_right, examples))


def _values(title: str, name: str, *parameters: float) -> Check:
    """`name` on several shapes; each of the parameters in turn, or none."""
    turns: list[tuple[float, ...]] = [(value,) for value in parameters] or [()]
    xs = [np.array(x) for x in ([0.0], [1.0], [-1.0], [2.0, -1.0], [[1.0, -2.0, 3.0]])]

    def run(student: Student) -> None:
        rng = np.random.default_rng(30)
        for shape in SHAPES:
            x = truth.random_case(rng, *shape)["x"]
            x.flat[:3] = [0.0, 3.0, -3.0]
            for turn in turns:
                values_right(student, name, x, *turn)

    def examples() -> Iterator[tuple[Any, ...]]:
        return ((name, x, *((2.0,) if parameters else ())) for x in xs)

    return Check(title, 1, run, small.runs(values_right, examples))


def _far(name: str, *parameters: float) -> Callable[[Student], None]:
    return lambda student: nothing_overflows(student, name, 1000.0, *parameters)


def _kinks(student: Student) -> None:
    for kind in (truth.KINDS["ReLU"], truth.KINDS["LeakyReLU"], truth.elu_kind(1.7), truth.elu_kind(0.4)):
        kinks_right(student, kind, 2)


def _larger(which: str) -> Check:
    def run(student: Student) -> None:
        rng = np.random.default_rng(34)
        for shape in SHAPES:
            maximum_right(student, truth.pair(rng, *shape), which)

    return Check(
        f"d{which} is right where there is no tie",
        1,
        run,
        small.runs(maximum_right, truth.small_pairs, which=which),
    )


def _ties(student: Student) -> None:
    ties_right(student, np.array([0.0, 1.5, -2.0]))


def _apart(*names: str) -> Check:
    def run(student: Student) -> None:
        rng = np.random.default_rng(33)
        make = truth.pair if "Maximum" in names else truth.random_case
        second = make(rng, 3, 2)
        for name in names:
            for first in (make(rng, 3, 2), make(rng, 5, 4)):
                layer_keeps_apart(student, truth.KINDS[name], first, second)

    return Check(
        "Each backward belongs to the last forward of its own layer, and no input is changed", 1, run
    )


def _output_alone(student: Student) -> None:
    rng = np.random.default_rng(32)
    for name in ("Sigmoid", "Tanh"):
        for shape in ((4, 3), (6,)):
            needs_output_alone(student, truth.KINDS[name], truth.random_case(rng, *shape))


def _share(student: Student) -> None:
    for seed, (curve, threshold) in enumerate((("cubic", 0.3), ("cubic", 0.8), ("rising", 0.7))):
        share_right(student, curve, seed, (5, 8), threshold)


def _upside_down(student: Student) -> None:
    for seed, curve in enumerate(("cubic", "wave")):
        share_is_the_same_upside_down(student, curve, seed, (5, 8), 0.4)


EXERCISES: tuple[Exercise, ...] = (
    Exercise(
        "two_curves",
        NOTEBOOK,
        "Exercise 1: two curves without overflow",
        2,
        ("sigmoid", "elu"),
        (
            _values("sigmoid has the right values", "sigmoid"),
            _values("elu has the right values, for each alpha", "elu", 1.7, 0.6),
            Check("sigmoid: nothing overflows far from 0", 1, _far("sigmoid")),
            Check("elu: nothing overflows far from 0", 1, _far("elu", 0.6)),
        ),
        "A number that is too large",
    ),
    Exercise(
        "from_the_output",
        NOTEBOOK,
        "Exercise 2: from the output alone",
        3,
        ("Sigmoid", "Tanh"),
        (
            _layer("Sigmoid: dx is upstream times local", 2, truth.KINDS["Sigmoid"]),
            _layer("Tanh: dx is upstream times local", 2, truth.KINDS["Tanh"]),
            Check("backward needs the output alone", 1, _output_alone),
            _apart("Sigmoid", "Tanh"),
        ),
        "The slope, told from the height",
    ),
    Exercise(
        "kinked",
        NOTEBOOK,
        "Exercise 3: three curves with a kink",
        3,
        ("ReLU", "LeakyReLU", "ELU"),
        (
            _layer("ReLU: dx is upstream times local", 1, truth.KINDS["ReLU"]),
            _layer("LeakyReLU: dx is upstream times local", 1, truth.KINDS["LeakyReLU"]),
            _layer(
                "ELU: dx is upstream times local, for each alpha", 2, truth.elu_kind(1.7), truth.elu_kind(0.4)
            ),
            Check("At x = 0 the slope lies between the slopes on both sides", 1, _kinks),
            _apart("ReLU", "LeakyReLU", "ELU"),
        ),
        "At a kink",
    ),
    Exercise(
        "maximum",
        NOTEBOOK,
        "Exercise 4: the larger of two",
        2,
        ("Maximum",),
        (
            _larger("a"),
            _larger("b"),
            Check("At a tie, da and db share the upstream gradient", 1, _ties),
            _apart("Maximum"),
        ),
        "The larger of two",
    ),
    Exercise(
        "saturation",
        NOTEBOOK,
        "Exercise 5: saturation",
        2,
        ("predict_gradient_left", "saturated_share"),
        (
            Check("A prediction is made", 1, prediction_made),
            Check("The share of saturated elements is right", 2, _share),
            Check("A curve turned upside down has the same share", 1, _upside_down),
        ),
        "Saturation",
        differences=True,
    ),
)
