"""What is true of y = x w and of layers made of it, by differentiating the given forward; and mistakes.

Each `…_mistakes` differentiates the same forward with one thing left out or put in, so that no formula for a
gradient stands anywhere in this package.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from course_lib._numeric import complex_steps
from course_lib.checking.diagnosis import Counterfactual, close
from course_lib.exercises import _small as small
from course_lib.given import sigmoid

__all__ = [
    "affine",
    "bias_mistakes",
    "dw_mistakes",
    "dx_mistakes",
    "gradient",
    "gradients",
    "matmul",
    "moved",
    "net",
    "net_gradient",
    "net_mistakes",
    "other_one",
    "random_case",
    "random_net",
    "small_cases",
    "small_nets",
]

Array = NDArray[np.float64]
Case = dict[str, Array]
# Samples whose shares are held apart.
_FEW = 8


def matmul(x: Any, w: Any) -> Any:
    """The lecture's matrix multiply, rows are samples."""
    return x @ w


def affine(x: Any, w: Any, b: Any) -> Any:
    """The same with a bias."""
    return x @ w + b


def net(x: Any, w1: Any, w2: Any) -> Any:
    """The lecture's net: sigmoid hidden units, linear output."""
    return sigmoid(x @ w1) @ w2


def _normal(rng: np.random.Generator, *shape: int) -> Array:
    # Away from zero: on such numbers no two mistakes look alike.
    return np.asarray(rng.uniform(0.3, 2.0, shape) * rng.choice([-1.0, 1.0], shape))


def random_case(rng: np.random.Generator, n: int, d: int, m: int, scale: float = 1.0) -> Case:
    """x (n, d), w (d, m), b (m,) and an upstream gradient dout (n, m)."""
    case = {
        "x": _normal(rng, n, d),
        "w": _normal(rng, d, m),
        "b": _normal(rng, m),
        "dout": _normal(rng, n, m),
    }
    return {name: scale * value for name, value in case.items()}


def small_cases() -> Iterator[tuple[Case]]:
    """Cases of small whole numbers for a counterexample, the smallest first."""
    for n, d, m in small.SIZES:
        yield (dict(zip(("x", "w", "b", "dout"), small.arrays((n, d), (d, m), (m,), (n, m)), strict=True)),)


def small_nets() -> Iterator[tuple[Case]]:
    """Nets of small whole numbers, with any h and local gradient; the last with an h that a sigmoid has."""
    names = ("dp", "x", "w1", "w2", "local", "h")
    for n, h, d, m, usual in small.NETS:
        shapes = ((n, m), (n, d), (d, h), (h, m), (n, h), (n, h))
        case = dict(zip(names, small.arrays(*shapes), strict=True))
        if usual:
            case["h"] = np.full((n, h), 0.5)
        case["offset"] = case["h"] - case["local"] * (case["x"] @ case["w1"])
        yield (case,)


def random_net(rng: np.random.Generator, n: int, d: int, h: int, m: int, *, straight: bool = False) -> Case:
    """Inputs and weights of the net, what its forward keeps, and an upstream gradient dp at its output.

    In a `straight` net each hidden unit is a line through z in place of the sigmoid, with a slope of its own:
    its local gradient cannot be told from h.
    """
    x, w1, w2, dp = _normal(rng, n, d), _normal(rng, d, h), _normal(rng, h, m), _normal(rng, n, m)
    z = x @ w1
    case = {"x": x, "w1": w1, "w2": w2, "h": sigmoid(z), "local": _local(z), "dp": dp}
    if straight:
        case |= {"h": rng.uniform(0.1, 0.9, z.shape), "local": _normal(rng, n, h)}
        case["offset"] = case["h"] - case["local"] * z
    return case


def _local(z: Array) -> Array:
    """dh/dz of all hidden units in one complex step: each depends on its own z alone."""
    return np.asarray(sigmoid(z + 1e-30j).imag / 1e-30)


def gradients(case: Case, upstream: Any = None) -> dict[str, Array]:
    """dL/dx and dL/dw of y = x w, by the complex step."""
    return {which: gradient(case, which, upstream) for which in ("x", "w")}


def gradient(case: Case, which: str, upstream: Any = None) -> Array:
    """The gradient of y = x w + b with respect to one of x, w, b, by the complex step."""
    dout = case["dout"] if upstream is None else upstream
    given = {name: case[name] for name in ("x", "w", "b")}
    return complex_steps(lambda moved: affine(**{**given, which: moved}), case[which], dout)


def net_gradient(case: Case, which: str, upstream: Any = None) -> Array:
    """The gradient of the net with respect to w1 or w2, by the complex step."""
    dp = case["dp"] if upstream is None else upstream
    given = {name: case[name] for name in ("x", "w1", "w2")}

    def forward(x: Any, w1: Any, w2: Any) -> Any:
        if "offset" not in case:
            return net(x, w1, w2)
        return (case["local"] * (x @ w1) + case["offset"]) @ w2

    return complex_steps(lambda moved: forward(**{**given, which: moved}), case[which], dp)


def moved(n_rows: int, n_inner: int, n_columns: int, which: str, at: tuple[int, int]) -> set[tuple[int, int]]:
    """The elements of y = x w that change when one element of x or w does."""
    rng = np.random.default_rng(n_rows + 31 * n_inner + 997 * n_columns)
    inputs = {"x": _normal(rng, n_rows, n_inner), "w": _normal(rng, n_inner, n_columns)}
    before = matmul(**inputs)
    inputs[which][at] += 1.0
    rows, columns = np.nonzero(np.abs(matmul(**inputs) - before) > 0.1)
    return set(zip(rows.tolist(), columns.tolist(), strict=True))


def _forced(right: Array, name: str) -> Counterfactual:
    return Counterfactual(
        f"the transpose of the right {name}, with its numbers put in rows of another length by reshape",
        right.T.reshape(right.shape),
        "A reshape does not turn rows into columns: transpose a factor of the product instead.",
    )


def _turned(factor: Array) -> Array:
    """What stands in the place of `factor` for someone who takes a reshape for its transpose."""
    return factor.reshape(factor.shape[::-1]).T


def _cut(value: Array, what: str) -> Counterfactual:
    return Counterfactual(
        f"{what} put in rows of another length by reshape",
        value,
        "A reshape does not turn rows into columns: transpose the factor instead.",
    )


def other_one(name: str, value: Array, elsewhere: Any, first: str) -> Counterfactual:
    """The right value of the other of two results; `elsewhere` is what was returned in that one's place."""
    array = isinstance(elsewhere, np.ndarray) and elsewhere.dtype.kind in "iuf"
    if array and elsewhere.shape == value.shape and np.all(close(elsewhere, value)):
        return Counterfactual(f"the right {name}, which stands in both places", value)
    says = f"the right {name}: the two gradients are in the wrong order"
    return Counterfactual(says, value, f"Return {first} first.")


def dx_mistakes(case: Case, returned_dw: Any = None) -> list[Counterfactual]:
    """What people return as dL/dx; `returned_dw` is what they return beside it."""
    dout = case["dout"]
    right = gradients(case)
    ones = gradients(case, np.ones_like(dout))
    return [
        Counterfactual(
            "dx for an upstream gradient of ones: dout is not used",
            ones["x"],
            "The downstream gradient is upstream times local; reread “Add up over every path”.",
        ),
        other_one("dw", right["w"], returned_dw, "dx"),
        _forced(right["x"], "dx"),
        _cut(gradients({**case, "w": _turned(case["w"])})["x"], "dx with w"),
        Counterfactual(
            "dx computed from the first row of dout alone",
            gradients(case, np.broadcast_to(dout[:1], dout.shape))["x"],
            "Which row of y does row n of x touch?",
        ),
        Counterfactual(
            "dx computed from the first column of dout alone",
            gradients(case, dout * (np.arange(dout.shape[1]) == 0))["x"],
            "One element of x has several paths to the loss: their shares add.",
        ),
        Counterfactual(
            "dx computed from the last column of dout alone",
            gradients(case, dout * (np.arange(dout.shape[1]) == dout.shape[1] - 1))["x"],
            "One element of x has several paths to the loss: their shares add, none replaces another.",
        ),
        Counterfactual(
            "dx computed from all rows of dout added up",
            gradients(case, np.broadcast_to(dout.sum(0), dout.shape))["x"],
            "Which row of y does row n of x touch?",
        ),
        Counterfactual(
            "dx with y in place of dout",
            gradients(case, case["x"] @ case["w"])["x"],
            "dout says how the loss changes with y. It is not y.",
        ),
        Counterfactual(
            "the sum of the upstream gradients alone: w is not used",
            gradients({**case, "w": np.ones_like(case["w"])})["x"],
            "Each path has a local gradient: the number that x[n, d] is multiplied by.",
        ),
    ]


def dw_mistakes(case: Case, returned_dx: Any = None) -> list[Counterfactual]:
    """What people return as dL/dw; `returned_dx` is what they return beside it."""
    dout = case["dout"]
    n = dout.shape[0]
    right = gradients(case)
    last, first = (gradients(case, dout * (np.arange(n) == k)[:, None]) for k in (n - 1, 0))
    samples = range(n if n <= _FEW else 0)
    each = [gradient(case, "w", dout * (np.arange(n) == k)[:, None]) for k in samples]
    return [
        *(
            [
                Counterfactual(
                    "a share of dw for each sample, not yet added up",
                    np.stack(each),
                    "All samples of the batch use the same w: their shares add.",
                )
            ]
            if each
            else []
        ),
        Counterfactual(
            "dw for an upstream gradient of ones: dout is not used",
            gradients(case, np.ones_like(dout))["w"],
            "The downstream gradient is upstream times local; reread “Add up over every path”.",
        ),
        Counterfactual(
            "dw with y in place of dout",
            gradients(case, case["x"] @ case["w"])["w"],
            "dout says how the loss changes with y. It is not y.",
        ),
        other_one("dx", right["x"], returned_dx, "dx"),
        _forced(right["w"], "dw"),
        _cut(gradients({**case, "x": _turned(case["x"])})["w"], "dw with x"),
        Counterfactual(
            "the last sample's share of dw alone",
            last["w"],
            "All samples of the batch use the same w: their shares add.",
        ),
        Counterfactual(
            "the first sample's share of dw alone",
            first["w"],
            "All samples of the batch use the same w: their shares add.",
        ),
    ]


def bias_mistakes(case: Case) -> list[Counterfactual]:
    """What people return as dL/db."""
    dout = case["dout"]
    right = _bias(case, dout)
    hint = "Every row of y uses the same b: how many paths lead from b[m] to the loss?"
    return [
        Counterfactual("the upstream gradient itself, one row for each sample", dout, hint),
        Counterfactual(
            "the right numbers as a matrix with one row", right[None], "b has one axis, and so has db."
        ),
        Counterfactual("the number of samples: dout is not used", _bias(case, np.ones_like(dout))),
        Counterfactual("the local gradient alone: dout is not used", np.ones(dout.shape[1]), hint),
        Counterfactual("the last sample's share of db alone", dout[-1], hint),
        Counterfactual("the first sample's share of db alone", dout[0], hint),
        Counterfactual(
            "one sum for each sample: the wrong axis was summed away",
            _bias({"b": np.zeros(len(dout))}, dout.T),
            "b has one number for each column of y.",
        ),
        Counterfactual(
            "a sum that runs over samples and columns together",
            _bias(case, np.broadcast_to(np.sum(dout) / dout.shape[0], dout.shape)),
            "b[m] is in column m of y and in no other.",
        ),
    ]


def _bias(case: Case, upstream: Any) -> Array:
    return complex_steps(lambda b: np.zeros(upstream.shape) + b, case["b"], upstream)


def net_mistakes(case: Case, returned: dict[str, Any]) -> dict[str, list[Counterfactual]]:
    """What people return as dL/dw1 and dL/dw2 of the net; `returned` is both of theirs, by name."""
    x, w1, w2, dp, local = (case[name] for name in ("x", "w1", "w2", "dp", "local"))

    def through(factor: Any, w2: Array = w2, dp: Array = dp) -> Array:
        """dL/dw1 with another number for each hidden unit's local gradient, or others on the way."""
        return complex_steps(lambda w1: (factor * (x @ w1)) @ w2, w1, dp)

    last = np.zeros_like(dp)
    last[-1] = dp[-1]
    p = case["h"] @ w2
    bent = {which: net_gradient(case, which, dp * p * (1 - p)) for which in ("w1", "w2")}
    linear = "p is a product and has no sigmoid behind it: dp is the upstream gradient at p itself."

    # Of h alone: what a sigmoid with this value would have.
    own = _local(np.log(case["h"] / (1.0 - case["h"]))) if "offset" in case else local
    right = {which: net_gradient(case, which) for which in ("w1", "w2")}
    ones = {which: net_gradient(case, which, np.ones_like(dp)) for which in ("w1", "w2")}
    add = "All samples use the same weights: their shares add, none replaces another."
    twice = "Once on the way down is enough: h and z have one local gradient between them."
    return {
        "dw1": [
            Counterfactual(
                "dw1 without the hidden units' local gradient",
                through(np.ones_like(local)),
                "Between h and z = x w1 stands a sigmoid: multiply by its local gradient, which is given.",
            ),
            Counterfactual(
                "dw1 with the hidden units' local gradient applied twice", through(local**2), twice
            ),
            Counterfactual(
                "dw1 with h in place of the hidden units' local gradient",
                through(case["h"]),
                "h is the value of the sigmoid; its local gradient is given beside it.",
            ),
            Counterfactual(
                "dw1 with the sigmoid's local gradient, not with the one that is given",
                through(own),
                "Use local as it comes: in this case it is not a sigmoid's.",
            ),
            Counterfactual(
                "x and the hidden units' local gradient alone: dp and w2 are not used",
                complex_steps(lambda w1: x @ w1, w1, local),
                "Local is only the last factor: which upstream gradient arrives at h?",
            ),
            Counterfactual(
                "dw1 with h times the hidden units' local gradient, not the local gradient alone",
                through(case["h"] * local),
                "The array local is given whole: h has no part in it.",
            ),
            Counterfactual(
                "dw1 without w2 on the way: dp is summed as it is",
                through(local, np.ones_like(w2)),
                "Exercise 3 gives the gradient at h: by which numbers do the shares from dp come?",
            ),
            _cut(through(local, _turned(w2)), "dw1 with w2"),
            Counterfactual("the last sample's share of dw1 alone", through(local, dp=last), add),
            Counterfactual("dw1 for an upstream gradient of ones: dp is not used", ones["w1"]),
            Counterfactual(
                "dw1 with p (1 - p) on the way, as if p came out of a sigmoid", bent["w1"], linear
            ),
            other_one("dw2", right["w2"], returned["dw2"], "dw1"),
            _forced(right["w1"], "dw1"),
        ],
        "dw2": [
            Counterfactual(
                "dw2 with the local gradient of the hidden units in place of their values",
                complex_steps(lambda w2: local @ w2, w2, dp),
                "What does the second product multiply w2 by?",
            ),
            Counterfactual(
                "dw2 with h times its local gradient in place of h",
                complex_steps(lambda w2: (case["h"] * local) @ w2, w2, dp),
                "The way from p to w2 does not go through the sigmoid.",
            ),
            Counterfactual("dw2 for an upstream gradient of ones: dp is not used", ones["w2"]),
            Counterfactual(
                "dw2 with p (1 - p) on the way, as if p came out of a sigmoid", bent["w2"], linear
            ),
            Counterfactual("the last sample's share of dw2 alone", net_gradient(case, "w2", last), add),
            other_one("dw1", right["w1"], returned["dw1"], "dw1"),
            _forced(right["w2"], "dw2"),
        ],
    }
