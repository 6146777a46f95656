"""Public checks of the notebook 08_your_own_network.

The functions `…_right` and the like take their inputs as arguments: the hidden checks call them with
others. What builds on earlier notebooks is run with stand-ins for their layers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from course_lib.checking import compare
from course_lib.checking.diagnosis import Counterfactual
from course_lib.checking.model import Check, Exercise, Student
from course_lib.exercises import _small as small
from course_lib.exercises._net_gradients import nll_right, two_layer_case, two_layer_right
from course_lib.exercises._network_checks import (
    network_right,
    random_net,
    spiral_learnt,
    step_right,
)

__all__ = [
    "EXERCISES",
    "SUSPECTS",
    "catches_right",
    "diagnosis_right",
    "network_right",
    "nll_right",
    "prediction_made",
    "random_net",
    "sly_right",
    "spiral_learnt",
    "step_right",
    "two_layer_case",
    "two_layer_right",
]

NOTEBOOK = "08_your_own_network"
Array = NDArray[np.float64]

# Layers that the students' test is tried on: forward, backward, and whether backward is right.
SUSPECTS: Mapping[str, tuple[str, str, bool]] = {
    "right, a square": ("x**2", "dout * 2 * self.x", True),
    "upstream ignored": ("x**2", "2 * self.x", False),
    "right, a sine": ("np.sin(x)", "dout * np.cos(self.x)", True),
    "half of it": ("x**2", "dout * self.x", False),
    "the other sign": ("np.sin(x)", "-dout * np.cos(self.x)", False),
    "wrong for negative inputs alone": (
        "x**3",
        "dout * 3 * self.x**2 * np.where(self.x < 0, 1.1, 1.0)",
        False,
    ),
    "wrong in one place": (
        "np.exp(x)",
        "dout * np.exp(self.x) * (1 + (np.arange(self.x.size) == 1).reshape(self.x.shape))",
        False,
    ),
    "all in reverse order": (
        "np.sin(x)",
        "(dout * np.cos(self.x)).ravel()[::-1].reshape(self.x.shape)",
        False,
    ),
    "the sum of the upstream gradients": ("x**2", "dout.mean() * 2 * self.x", False),
}

_SUSPECT = """
from course_lib.layers import Elementwise

class Suspect(Elementwise):
    def forward(self, x):
        self.x = x
        return {forward}

    def backward(self, dout):
        return {backward}
"""

# As a suspect, but what backward reads is always the x that is tried, whatever forward was called with since.
_SURE = (
    _SUSPECT.replace("self.x = x", "self.x = self.tried")
    + """
    def __init__(self, tried):
        self.tried = tried
"""
)

# What can have happened to dw = x^T dout of a matrix product.
MISTAKES: Mapping[str, Callable[[Array, Array, Array], Array]] = {
    "right": lambda right, x, dout: right,
    "upstream of ones": lambda right, x, dout: x.sum(axis=0)[:, None] + 0 * right,
    "mean over the samples": lambda right, x, dout: right / len(x),
    "first sample alone": lambda right, x, dout: x[0][:, None] * dout[0],
    "other sign": lambda right, x, dout: -right,
}


def prediction_made(student: Student) -> None:
    """`predict_weakest()` names one of the three activations; which one is not judged."""
    value = student.predict_weakest()
    compare.require(
        isinstance(value, str) and value.strip().lower() in ("sigmoid", "tanh", "relu"),
        'The prediction should be "sigmoid", "tanh" or "relu", in quotes.',
        hint="Does the function end with a return?" if value is None else "",
    )


def sly_right(student: Student, x: Array, dout: Array) -> None:
    """`Sly` is right for an upstream gradient of ones, and wrong for another one."""
    layer = student.Sly()
    out = layer.forward(x.copy())
    compare.equal("forward(x)", out, x**2, hint="Its forward is honest: the square.")
    ones = np.ones(x.shape)
    compare.equal(
        "dx for an upstream gradient of ones",
        layer.backward(ones.copy()),
        2 * x,
        counterfactuals=[
            Counterfactual("x, without the factor that the square brings", x),
            Counterfactual("x squared, which is forward", x**2),
        ],
        hint="A weak test must pass it: with ones for dout it has to be right.",
    )
    layer.forward(x.copy())
    got = compare.array(
        "dx", layer.backward(dout.copy()), x.shape, "A gradient has the shape of its variable."
    )
    compare.require(
        not np.allclose(got, dout * 2 * x, rtol=1e-6),
        "Sly is right for every upstream gradient: no test can catch it.",
        hint="Which part of upstream times local could be left out without being missed when dout is ones?",
    )


def catches_right(student: Student, suspect: str, x: Array) -> None:
    """`catches(layer, x)` is True for a wrong backward and False for a right one."""
    fine = SUSPECTS[suspect][-1]
    given = x.copy()
    got = student.catches(_suspect(student, suspect), given)
    compare.unchanged("x", x, given)
    compare.require(
        isinstance(got, bool | np.bool_),
        "catches(layer, x) should be True or False.",
        hint="Does the function end with a return?"
        if got is None
        else "One verdict for all elements: np.allclose gives one.",
    )
    if bool(got) is not fine:
        return
    other = student.catches(_suspect(student, "upstream ignored" if fine else "right, a square"), x.copy())
    if isinstance(other, bool | np.bool_) and bool(other) is not fine:
        cause = "True and False are exchanged: True should mean that backward is wrong."
    elif fine and student.catches(_suspect(student, suspect, x), x.copy()) is False:
        cause = (
            "Your test asks for backward after a forward at other points: backward reads what that one kept."
        )
    elif fine:
        cause = "Your test takes round-off for an error, or says True of every layer."
    else:
        cause = f"Your test lets through a layer of this kind: {suspect}."
    compare.fail(
        "A right layer is accused." if fine else "A wrong layer is not caught.",
        f"the layer: {suspect}",
        cause=cause,
        hint="After the calls of forward at x + h and x - h, forward at x comes once more, and then backward."
        if cause.startswith("Your test asks")
        else "A difference quotient is never exact: how near is near enough?"
        if fine
        else "Has dout a random number for every element, and is every element of dx looked at?",
    )


def _suspect(student: Student, name: str, tried: Array | None = None) -> Any:
    """A layer of this kind, made on the student's side; with `tried` its backward is that at these points."""
    forward, backward, _ = SUSPECTS[name]
    if tried is not None:
        return student.define(_SURE.format(forward=forward, backward=backward), "Suspect")(tried.copy())
    return student.define(_SUSPECT.format(forward=forward, backward=backward), "Suspect")()


def diagnosis_right(student: Student, x: Array, dout: Array, mistake: str) -> None:
    """`diagnose(x, dout, dw)` names what happened to dw."""
    right = np.einsum("nd,nm->dm", x, dout)
    got = student.diagnose(x.copy(), dout.copy(), MISTAKES[mistake](right, x, dout).copy())
    compare.require(
        isinstance(got, str) and got in MISTAKES,
        "diagnose should return one of the five names.",
        f"yours {got!r}" if isinstance(got, str) else f"yours {got if got is None else type(got).__name__}",
        f"for a dw that is: {mistake}",
        hint="Does the function end with a return?" if got is None else "Spelt as in the list, in quotes.",
    )
    compare.require(
        got == mistake,
        "A diagnosis is wrong.",
        f"yours {got}, expected {mistake}",
        cause=f"Your function says “{got}” where it is “{mistake}”.",
        hint="Compute what each of the five would give, and look which one it equals. A name that "
        "is returned where nothing fits hides which of the five is computed wrongly.",
    )


# --- the public cases ---


def _small_losses(part: str) -> Callable[[], Iterator[tuple[Any, ...]]]:
    def cases() -> Iterator[tuple[Any, ...]]:
        for scores, labels in (
            ([1.0], [1.0]),
            ([1.0], [0.0]),
            ([2.0, -1.0], [1.0, 0.0]),
            ([1.0, 3.0], [0.0, 1.0]),
        ):
            yield np.array(scores)[:, None], np.array(labels)[:, None], part

    return cases


def _small_scores() -> Iterator[tuple[Any, ...]]:
    for part in ("loss", "gradient"):
        yield from _small_losses(part)()


def _small_nets(which: str) -> Callable[[], Iterator[tuple[Any, ...]]]:
    def cases() -> Iterator[tuple[Any, ...]]:
        for n, d, h, m in (
            (1, 1, 1, 1),
            (2, 1, 1, 1),
            (1, 2, 1, 2),
            (1, 1, 2, 1),
            (2, 2, 2, 1),
            (2, 2, 3, 2),
        ):
            shapes = (n, d), (n, m), (d, h), (h,), (h, m), (m,)
            values = small.arrays(*shapes)
            yield dict(zip(("x", "y", "w1", "b1", "w2", "b2"), values, strict=True)), which

    return cases


def _networks(part: str) -> Callable[[Student], None]:
    def run(student: Student) -> None:
        rng = np.random.default_rng(81)
        for n, widths, activation in (
            (4, (3, 2), "Tanh"),
            (3, (2, 4, 3), "Sigmoid"),
            (5, (3, 4, 2, 3, 1), "Tanh"),
        ):
            net = random_net(rng, widths, activation)
            network_right(
                student, net, rng.normal(size=(n, widths[0])), rng.normal(size=(n, widths[-1])), part
            )

    return run


def _losses(part: str) -> Callable[[Student], None]:
    def run(student: Student) -> None:
        rng = np.random.default_rng(82)
        for n in (5, 1, 8):
            t = (np.arange(n)[:, None] % 2 == 0).astype(float)
            nll_right(student, 2 * rng.normal(size=(n, 1)), t, part)

    return run


def _extreme(student: Student) -> None:
    s, t = np.array([[1000.0], [-1000.0], [800.0], [-30.0]]), np.array([[1.0], [0.0], [0.0], [1.0]])
    for part in ("loss", "gradient"):
        nll_right(student, s, t, part)


def _steps(student: Student) -> None:
    rng = np.random.default_rng(83)
    shapes = ((3, 2), (2,)), ((2, 4), (4,))
    pairs, slopes = ([(rng.normal(size=w), rng.normal(size=b)) for w, b in shapes] for _ in range(2))
    for rate in (0.1, 0.02):
        step_right(student, pairs, slopes, rng.normal(size=(5, 1)), rng.normal(size=(5, 1)), rate)


def _two_layers(which: str) -> Callable[[Student], None]:
    def run(student: Student) -> None:
        rng = np.random.default_rng(84)
        for n, d, h, m in ((5, 3, 4, 2), (1, 2, 3, 4)):
            two_layer_right(student, two_layer_case(rng, n, d, h, m), which)

    return run


def _spiral(student: Student) -> None:
    spiral_learnt(student, np.random.default_rng(85))


def _sly(student: Student) -> None:
    rng = np.random.default_rng(86)
    for shape in ((3, 4), (5,)):
        sly_right(student, rng.normal(size=shape), rng.normal(size=shape))


def _suspects(names: Sequence[str]) -> Callable[[Student], None]:
    def run(student: Student) -> None:
        rng = np.random.default_rng(87)
        for name in names:
            for shape in ((3, 4), (6,)):
                catches_right(student, name, rng.normal(size=shape))

    return run


def _diagnoses(student: Student) -> None:
    rng = np.random.default_rng(88)
    for mistake in MISTAKES:
        x = rng.normal(size=(4, 3))
        diagnosis_right(student, x, rng.normal(size=(4, 2)), mistake)
        # Here all candidates have the same sum.
        diagnosis_right(student, x - x.mean(axis=1, keepdims=True), rng.normal(size=(4, 2)), mistake)


_RIGHT = [name for name, (_, _, fine) in SUSPECTS.items() if fine]
_WRONG = [name for name, (_, _, fine) in SUSPECTS.items() if not fine]

EXERCISES: tuple[Exercise, ...] = (
    Exercise(
        "two_layer_gradients",
        NOTEBOOK,
        "Exercise 1: the net of 05, with biases",
        1,
        ("two_layer_gradients",),
        tuple(
            Check(f"d{w} is right", 1, _two_layers(w), small.runs(two_layer_right, _small_nets(w)))
            for w in ("w2", "b2", "w1", "b1")
        ),
        "The net of 05, with biases",
    ),
    Exercise(
        "network",
        NOTEBOOK,
        "Exercise 2: layers in a row",
        3,
        ("Network",),
        (
            Check("forward goes through all layers", 1, _networks("forward")),
            Check("backward hands back the right dx", 1, _networks("backward")),
            Check("backward leaves the right gradients in the layers", 1, _networks("gradients")),
            Check("parameters lists every parameter of every layer", 1, _networks("parameters")),
        ),
        "Layers in a row",
    ),
    Exercise(
        "predict_weakest",
        NOTEBOOK,
        "Exercise 3: predict",
        1,
        ("predict_weakest",),
        (Check("A prediction is made", 1, prediction_made),),
        "How far does a gradient get?",
    ),
    Exercise(
        "nll",
        NOTEBOOK,
        "Exercise 4: a loss for yes and no",
        1,
        ("nll",),
        (
            *(
                Check(title, 1, _losses(part), small.runs(nll_right, _small_losses(part)))
                for title, part in (("The loss is right", "loss"), ("Its gradient is right", "gradient"))
            ),
            Check("Large scores make no nan and no inf", 1, _extreme, small.runs(nll_right, _small_scores)),
        ),
        "A loss for yes and no",
    ),
    Exercise(
        "train_step",
        NOTEBOOK,
        "Exercise 5: one step of training",
        1,
        ("train_step",),
        (Check("Forward, loss, backward, update: once each, and the update is right", 1, _steps),),
        "One step of training",
    ),
    Exercise(
        "train_spiral",
        NOTEBOOK,
        "Exercise 6: learn the spiral",
        1,
        ("train_spiral",),
        (Check("95 % of unseen points get the right label", 1, _spiral),),
        "Learn the spiral",
    ),
    Exercise(
        "adversary",
        NOTEBOOK,
        "Exercise 7: you are the adversary",
        1,
        ("Sly", "catches"),
        (
            Check(
                "Sly passes a test with an upstream gradient of ones, and is wrong",
                1,
                _sly,
                small.runs(sly_right, lambda: [tuple(small.arrays((1,), (1,)))]),
            ),
            Check("catches accuses no right layer", 1, _suspects(_RIGHT)),
            Check("catches finds wrong layers of several kinds", 1, _suspects(_WRONG)),
        ),
        "You are the adversary",
        differences=True,
    ),
    Exercise(
        "diagnose",
        NOTEBOOK,
        "Exercise 8: somebody else's bug",
        1,
        ("diagnose",),
        (Check("Each of the five is told from the others", 1, _diagnoses),),
        "Somebody else's bug",
    ),
)
