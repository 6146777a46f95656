"""Public checks of the notebook 07_matmul_backward.

The functions `…_right` and the like take their inputs as arguments: the hidden checks call them with
others. The truth is always a numerical derivative of the given forward (`_matmul`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from course_lib.checking import compare
from course_lib.checking.confirm import confirmed
from course_lib.checking.diagnosis import Counterfactual
from course_lib.checking.model import Check, Exercise, NotDefined, Student, StudentError
from course_lib.exercises import _matmul as truth
from course_lib.exercises import _small as small
from course_lib.exercises._matmul_properties import (
    bytes_right,
    candidate_found,
    prediction_made,
    touched_right,
)

__all__ = [
    "EXERCISES",
    "affine_backward_right",
    "affine_forward_right",
    "affine_keeps_apart",
    "bias_right",
    "bytes_right",
    "candidate_found",
    "dx_element_right",
    "dx_row_right",
    "follows_upstream",
    "gradient_right",
    "network_right",
    "prediction_made",
    "touched_right",
]

NOTEBOOK = "07_matmul_backward"
Array = NDArray[np.float64]

# N, D, M: all different; a batch of one; and large and small numbers by the scale.
SIZES = ((5, 3, 4, 1.0), (1, 4, 3, 1.0), (3, 6, 2, 1e5))
_STALE = "Is the cache of the last forward of this very layer the one that backward reads?"
_SAME_SHAPE = "The gradient of a scalar loss has the shape of its variable."


def _cases() -> list[truth.Case]:
    rng = np.random.default_rng(71)
    cases = [truth.random_case(rng, n, d, m, scale) for n, d, m, scale in SIZES]
    cases[0]["dout"][2] = 0.0
    return cases


def _factors(case: truth.Case) -> dict[float, str]:
    n, m = case["dout"].shape
    return {float(n): "N, the number of samples", float(m): "M, the number of columns of y"} if n != m else {}


def _shares(case: truth.Case, n: int) -> Array:
    """What comes back to row n of x through each column of y: shape (D, M)."""
    columns = np.arange(case["dout"].shape[1])
    return np.stack([truth.gradient(case, "x", case["dout"] * (columns == k))[n] for k in columns], axis=1)


def _of_element(rng: np.random.Generator, *_: Any) -> tuple[Any, ...]:
    return truth.random_case(rng, 5, 4, 7), 2, 1


@confirmed(_of_element)
def dx_element_right(student: Student, case: truth.Case, n: int, d: int) -> None:
    """`dx_element(dout, w, n, d)` is dL/dx[n, d]."""
    got = student.dx_element(case["dout"].copy(), case["w"].copy(), n, d)
    right = truth.gradient(case, "x")
    m = case["dout"].shape[1]
    if isinstance(got, np.ndarray) and got.ndim:
        shares = _shares(case, n)[d]
        compare.require(
            not (got.shape == shares.shape and got.dtype.kind in "iuf" and np.allclose(got, shares)),
            f"dx_element(dout, w, n, d) should be a single number, and is an array of shape {got.shape}.",
            cause="Your answer equals the shares of the paths, not yet added up.",
            hint="Along how many paths does x[n, d] reach the loss, and what becomes of their shares?",
        )
        compare.number("dx_element(dout, w, n, d)", got)

    def mistakes() -> list[Counterfactual]:
        known = [
            Counterfactual(c.says, c.value[n, d], c.hint)
            for c in truth.dx_mistakes(case)
            if c.value.shape == right.shape and "reshape" not in c.says
        ]
        apart = float(np.sum(case["dout"][n])) * float(np.sum(case["w"][d]))
        few = np.arange(m) < len(case["w"])
        return [
            *known,
            Counterfactual("the mean over m, not the sum", right[n, d] / m),
            Counterfactual("a product of two sums: the product of each path comes first", apart),
            Counterfactual(
                "the shares of the first D paths alone",
                truth.gradients(case, case["dout"] * few)["x"][n, d],
                "How many elements of y does x[n, d] touch? So far must your loop run.",
            ),
        ]

    compare.equal(
        "dx_element(dout, w, n, d)",
        got,
        right[n, d],
        counterfactuals=mistakes,
        details=[f"at n = {n}, d = {d}"],
        hint="Which elements of y does x[n, d] touch, and by which number each?",
    )


def dx_row_right(student: Student, case: truth.Case, n: int) -> None:
    """`dx_row(dout, w, n)` is row n of dL/dx."""
    got = student.dx_row(case["dout"].copy(), case["w"].copy(), n)
    whole = truth.gradient(case, "x")
    right = whole[n]

    def mistakes() -> list[Counterfactual]:
        known = [
            Counterfactual(c.says.replace("dx ", "the row "), c.value[n], c.hint)
            for c in truth.dx_mistakes(case)
            if c.value.shape == case["x"].shape and "reshape" not in c.says
        ]
        shares = _shares(case, n)
        paths = "One number of the row for each row of w: which axis of w has to go?"
        return [
            *known,
            Counterfactual("the shares of the paths, not yet added up", shares, paths),
            Counterfactual(
                "the shares of the paths, added up along the wrong axis", shares.sum(axis=0), paths
            ),
            Counterfactual("the right row, as a matrix with one row", right[None]),
            Counterfactual("the right row, as a matrix with one column", right[:, None]),
            Counterfactual("the rows of all samples, not row n alone", whole),
        ]

    compare.equal(
        "dx_row(dout, w, n)",
        got,
        right,
        counterfactuals=mistakes,
        factors=_factors(case),
        why="Row n of x has D numbers, and so has its gradient.",
        details=[f"at n = {n}"],
    )


def _backward(student: Student, case: truth.Case) -> tuple[Any, Any]:
    x, w, dout = (case[name].copy() for name in ("x", "w", "dout"))
    both = compare.items("The result", student.matmul_backward(dout, x, w), 2, "dx and dw")
    return both[0], both[1]


def gradient_right(student: Student, case: truth.Case, which: str) -> None:
    """`matmul_backward(dout, x, w)` is right in dx or in dw."""
    both = dict(zip(("x", "w"), _backward(student, case), strict=True))
    mistakes, beside = (truth.dx_mistakes, "w") if which == "x" else (truth.dw_mistakes, "x")
    compare.equal(
        f"d{which}",
        both[which],
        truth.gradient(case, which),
        counterfactuals=partial(mistakes, case, both[beside]),
        factors=_factors(case),
        why=f"{_SAME_SHAPE} {which} has shape {case[which].shape}.",
    )


def follows_upstream(student: Student, case: truth.Case) -> None:
    """Twice the upstream gives twice the answer, whether right or not, and the inputs are left alone."""
    given = {name: case[name].copy() for name in ("dout", "x", "w")}
    once = compare.items("The result", student.matmul_backward(*given.values()), 2, "dx and dw")
    kept = [compare.array(f"d{v}", a, np.shape(a)).copy() for v, a in zip("xw", once, strict=True)]
    for name, value in given.items():
        compare.unchanged(name, case[name], value)
    twice = _backward(student, {**case, "dout": 2 * case["dout"]})
    for v, one, two in zip("xw", kept, twice, strict=True):
        compare.require(bool(np.any(one)), f"d{v} is zero everywhere, and the upstream gradient is not.")
        compare.require(bool(np.all(np.isfinite(one))), f"d{v} holds nan or inf.")
        compare.require(
            bool(np.shape(two) == one.shape and np.allclose(two, 2 * one, rtol=1e-9)),
            f"Twice the upstream gradient does not give twice d{v}.",
            hint="dout alone says how the loss changes with y: is it used in each share, once?",
        )


# --- the right one among those that fit ---


def bias_right(student: Student, case: truth.Case) -> None:
    """`bias_backward(dout)` is dL/db of y = x w + b."""
    dout = case["dout"].copy()
    got = student.bias_backward(dout)
    compare.unchanged("dout", case["dout"], dout)
    compare.equal(
        "db",
        got,
        truth.gradient(case, "b"),
        counterfactuals=partial(truth.bias_mistakes, case),
        factors=_factors(case),
        why=f"{_SAME_SHAPE} b has shape {case['b'].shape}.",
    )


def affine_forward_right(student: Student, case: truth.Case) -> None:
    """`MyAffine(w, b).forward(x)` is x w + b."""
    layer = student.MyAffine(case["w"].copy(), case["b"].copy())
    compare.equal(
        "forward(x)",
        layer.forward(case["x"].copy()),
        truth.affine(case["x"], case["w"], case["b"]),
        counterfactuals=lambda: [Counterfactual("x w without the bias", truth.matmul(case["x"], case["w"]))],
    )


def affine_backward_right(student: Student, case: truth.Case, which: str) -> None:
    """One of dx, dw, db is right after forward and backward."""
    layer = student.MyAffine(case["w"].copy(), case["b"].copy())
    layer.forward(case["x"].copy())
    try:
        dx = layer.backward(case["dout"].copy())
    except StudentError as error:
        # A wrong shape of one gradient says nothing of the others.
        if error.type_name != "ShapeError" or f" {which} of shape" in error.message:
            raise
        if which == "dx" or getattr(layer, which) is None:
            dx = _returned(layer, error)
    got = dx if which == "dx" else getattr(layer, which)
    right = truth.gradient(case, which[1:])
    mistakes = {"dx": truth.dx_mistakes, "dw": truth.dw_mistakes, "db": truth.bias_mistakes}[which]
    compare.equal(
        which if which == "dx" else f"self.{which}",
        got,
        right,
        counterfactuals=partial(mistakes, case),
        factors=_factors(case),
        why=f"{_SAME_SHAPE} {which[1:]} has shape {right.shape}.",
    )


def _returned(layer: Any, error: StudentError) -> Any:
    """What backward had returned before one of the parameters' gradients was found misshapen."""
    try:
        return layer._returned
    except NotDefined:
        raise error from None


def affine_keeps_apart(student: Student, first: truth.Case, second: truth.Case) -> None:
    """Backward belongs to the last forward of its own layer; nothing is added up, nothing is changed.

    The layer is compared with a new one of its own kind, so that a wrong formula does not cost a second time.
    """
    w, b = second["w"], second["b"]
    fresh = student.MyAffine(w.copy(), b.copy())
    fresh.forward(second["x"].copy())
    expected = _left(fresh, fresh.backward(second["dout"].copy()))
    for name, value in expected.items():
        compare.require(bool(np.any(value)), f"{name} is zero everywhere, and the upstream gradient is not.")
    given_w, given_b = w.copy(), b.copy()
    used = student.MyAffine(given_w, given_b)
    parameters = _parameters(used)
    used.forward(first["x"].copy())
    _kept("forward", used, parameters)
    before = _left(used, used.backward(first["dout"].copy()))
    _kept("backward", used, parameters)
    compare.require(
        not all(
            np.shape(before[k]) == np.shape(v) and np.allclose(before[k], v) for k, v in expected.items()
        ),
        "Two different inputs give the same gradients.",
        hint="Is x kept by forward, and dout used by backward?",
    )
    x, dout = second["x"].copy(), second["dout"].copy()
    used.forward(x)
    other = student.MyAffine(2 * w, b.copy())
    other.forward(first["x"].copy())
    for turn in ("after a second forward", "after a second backward"):
        after = _left(used, _again(used, dout, turn))
        for name, value in expected.items():
            summed = np.shape(before[name]) == np.shape(value) and np.allclose(
                after[name], value + (before[name] if turn.endswith("forward") else value)
            )
            compare.require(
                np.shape(after[name]) == np.shape(value) and np.allclose(after[name], value),
                f"{name} is another one {turn} than from a new layer with the same inputs.",
                cause="Your answer equals the sum of this gradient and an earlier one." if summed else "",
                hint="Set self.dw and self.db anew in each backward, do not add to them."
                if summed
                else _STALE,
            )
    for name, old, new in (
        ("x", second["x"], x),
        ("dout", second["dout"], dout),
        ("w", w, given_w),
        ("b", b, given_b),
    ):
        compare.unchanged(name, old, new)


def _again(layer: Any, dout: Array, turn: str) -> Any:
    """Backward, where a new layer has raised nothing: a mismatch of shapes comes of what was kept."""
    try:
        return layer.backward(dout)
    except StudentError as error:
        if error.type_name != "ValueError":
            raise
        compare.fail(
            f"backward raises a ValueError {turn}, and a new layer with the same inputs does not.",
            error.message,
            hint=_STALE,
        )


def _parameters(layer: Any) -> dict[str, Any]:
    return {name: np.array(getattr(layer, name)) for name in ("w", "b")}


def _kept(step: str, layer: Any, before: dict[str, Any]) -> None:
    for name, value in _parameters(layer).items():
        compare.require(
            bool(np.array_equal(value, before[name])),
            f"{step} changed self.{name}.",
            hint="forward and backward only use the parameters; whoever trains the layer takes the step.",
        )


def _left(layer: Any, dx: Any) -> dict[str, Array]:
    values = {"dx": dx, "self.dw": layer.dw, "self.db": layer.db}
    return {name: compare.array(name, value, np.shape(value)).copy() for name, value in values.items()}


def network_right(student: Student, case: truth.Case, which: str) -> None:
    """`network_gradients(x, h, local, w2, dp)` is right in dw1 or in dw2."""
    given = {name: case[name].copy() for name in ("x", "h", "local", "w2", "dp")}
    result = student.network_gradients(**given)
    both = compare.items("The result", result, 2, "dw1 and dw2")
    returned = dict(zip(("dw1", "dw2"), both, strict=True))
    right = truth.net_gradient(case, which[1:])
    compare.equal(
        which,
        returned[which],
        right,
        counterfactuals=lambda: truth.net_mistakes(case, returned)[which],
        factors={float(len(case["x"])): "N, the number of samples"},
        why=f"{_SAME_SHAPE} {which[1:]} has shape {right.shape}.",
    )
    for name, value in given.items():
        compare.unchanged(name, case[name], value)


def _each(title: str, worth: int, run: Callable[[Student, truth.Case], None]) -> Check:
    def over_all(student: Student) -> None:
        for case in _cases():
            run(student, case)

    return Check(title, worth, over_all, small.runs(run, truth.small_cases))


def _touched(which: str) -> Callable[[Student], None]:
    def run(student: Student) -> None:
        for n, d, m in ((3, 4, 5), (4, 2, 3), (5, 6, 2), (1, 2, 4)):
            rows, columns = (n, d) if which == "x" else (d, m)
            # First a place whose two indices differ: only there the panel shows which of them is wrong.
            row, column = (1, 2) if which == "x" else (2, 1)
            unlike = min(row, rows - 1), min(column, columns - 1)
            for at in (unlike, (0, 0), (rows // 2, columns - 1)):
                touched_right(student, which, at, n, d, m)

    return run


def _elements(student: Student) -> None:
    for case in _cases():
        last = case["x"].shape[0] - 1, case["x"].shape[1] - 1
        for n, d in ((0, 1), last):
            dx_element_right(student, case, n, d)


def _rows(student: Student) -> None:
    for case in _cases():
        for n in (len(case["x"]) - 1, 0):
            dx_row_right(student, case, n)


def _last_elements() -> Iterator[tuple[truth.Case, int, int]]:
    for (case,) in truth.small_cases():
        n, d = case["x"].shape
        yield case, n - 1, d - 1


def _last_rows() -> Iterator[tuple[truth.Case, int]]:
    return ((case, len(case["x"]) - 1) for (case,) in truth.small_cases())


def _square(hard: bool) -> Callable[[Student], None]:
    def run(student: Student) -> None:
        for seed, body in ((3, "x @ v"), (4, "v @ x"), (6, "x @ v"), (8, "v @ x")):
            candidate_found(student, seed, 4, body, hard)
        if hard:
            candidate_found(student, 9, 4, "curved", False)

    return run


def _bytes(names: Sequence[str], *sizes: tuple[Any, ...]) -> Callable[[Student], None]:
    def run(student: Student) -> None:
        for size in sizes:
            bytes_right(student, names, *size)

    return run


def _net(title: str, which: str) -> Check:
    def run(student: Student) -> None:
        rng = np.random.default_rng(75)
        for sizes in ((3, 5, 4, 2), (1, 2, 3, 4)):
            network_right(student, truth.random_net(rng, *sizes), which)
        network_right(student, truth.random_net(rng, 3, 2, 5, 4, straight=True), which)

    return Check(title, 1, run, small.runs(network_right, truth.small_nets, which=which))


def _apart(student: Student) -> None:
    rng = np.random.default_rng(74)
    first, second = truth.random_case(rng, 4, 3, 5), truth.random_case(rng, 2, 3, 5)
    affine_keeps_apart(student, {**first, "w": second["w"]}, second)


# No size of 2: with it, two mistakes can give one number.
_SMALL = ((5, 3, 4, 4), (3, 7, 5, 8))
# Odd, so that a float cannot hold the counts.
_WIDE = (np.int32(70_001), np.int32(50_003), np.int32(90_007), np.int32(4))


EXERCISES: tuple[Exercise, ...] = (
    Exercise(
        "touched",
        NOTEBOOK,
        "Exercise 1: who touches whom",
        2,
        ("touched_by_x", "touched_by_w"),
        (
            Check("The elements of y that one element of x touches are listed", 1, _touched("x")),
            Check("The elements of y that one element of w touches are listed", 1, _touched("w")),
        ),
        "Who touches whom",
    ),
    Exercise(
        "one_element_one_row",
        NOTEBOOK,
        "Exercise 2: one element, then one row",
        2,
        ("dx_element", "dx_row"),
        (
            Check("One element of dx is right", 1, _elements, small.runs(dx_element_right, _last_elements)),
            Check("One row of dx is right", 1, _rows, small.runs(dx_row_right, _last_rows)),
        ),
        "Add up over every path",
    ),
    Exercise(
        "matmul_backward",
        NOTEBOOK,
        "Exercise 3: both gradients",
        2,
        ("matmul_backward",),
        (
            _each("dx has the shape of x and is right", 2, partial(gradient_right, which="x")),
            _each("dw has the shape of w and is right", 2, partial(gradient_right, which="w")),
            _each(
                "Twice the upstream gradient gives twice the answer, and no input is changed",
                1,
                follows_upstream,
            ),
        ),
        "The whole matrix at once",
    ),
    Exercise(
        "which_is_gradient",
        NOTEBOOK,
        "Exercise 4: when shapes no longer help",
        1,
        ("which_is_gradient",),
        (
            Check("The gradient is found among products of the right shape", 1, _square(False)),
            Check("It is found among candidates that are right in most elements", 1, _square(True)),
        ),
        "When shapes no longer help",
        differences=True,
    ),
    Exercise(
        "bias_backward",
        NOTEBOOK,
        "Exercise 5: the bias",
        1,
        ("bias_backward",),
        (_each("db has the shape of b and is right", 1, bias_right),),
        "The bias",
    ),
    Exercise(
        "predict_jacobian_gib",
        NOTEBOOK,
        "Exercise 6: predict the memory of a Jacobian",
        1,
        ("predict_jacobian_gib",),
        (Check("A prediction is made, in GiB", 1, prediction_made),),
        "What a Jacobian costs",
    ),
    Exercise(
        "memory_bytes",
        NOTEBOOK,
        "Exercise 7: what a Jacobian costs",
        1,
        ("memory_bytes",),
        (
            Check("The bytes of x, w and y are right", 1, _bytes(("x", "w", "y"), *_SMALL)),
            Check("The bytes of both Jacobians are right", 2, _bytes(("dy/dx", "dy/dw"), *_SMALL)),
            Check("Very large sizes come out exactly", 1, _bytes(("x", "w", "y", "dy/dx", "dy/dw"), _WIDE)),
        ),
        "What a Jacobian costs",
    ),
    Exercise(
        "affine_layer",
        NOTEBOOK,
        "Exercise 8: a layer of your own",
        2,
        ("MyAffine",),
        (
            _each("forward is right", 1, affine_forward_right),
            _each("backward returns the right dx", 1, partial(affine_backward_right, which="dx")),
            _each("backward leaves the right dw", 1, partial(affine_backward_right, which="dw")),
            _each("backward leaves the right db", 1, partial(affine_backward_right, which="db")),
            Check(
                "Each backward belongs to the last forward of its own layer, and no input is changed",
                1,
                _apart,
            ),
        ),
        "A layer of your own",
    ),
    Exercise(
        "network_gradients",
        NOTEBOOK,
        "Exercise 9: a whole net in products",
        2,
        ("network_gradients",),
        (
            _net("The second layer's dw2 is right", "dw2"),
            _net("The first layer's dw1 is right", "dw1"),
        ),
        "A whole net in products",
    ),
)
