"""Checks of 07_matmul_backward whose answers are no gradients: places, bytes, a choice, a prediction.

They are judged by properties on any sizes: what changes when an element moves, how many pairs there are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from course_lib._numeric import complex_steps
from course_lib.checking import compare
from course_lib.checking.confirm import confirmed
from course_lib.checking.model import Student
from course_lib.exercises import _matmul as truth

__all__ = ["bytes_right", "candidate_found", "prediction_made", "touched_right"]

Array = NDArray[np.float64]


def prediction_made(student: Student) -> None:
    """`predict_jacobian_gib()` returns a positive number; no word on whether it is near."""
    value = compare.number("Your prediction", student.predict_jacobian_gib())
    compare.require(
        bool(np.isfinite(value)) and 0 < value < 1e12,
        "A prediction in GiB is a number above 0 (and below a million million).",
    )


def touched_right(student: Student, which: str, at: tuple[int, int], n: int, d: int, m: int) -> None:
    """`touched_by_x` or `touched_by_w` lists the elements of y that change with one element."""
    name = f"touched_by_{which}"
    got = compare.pairs(
        f"{name}(…)",
        getattr(student, name)(*at, n, d, m),
        "(row, column)",
        "Like [(0, 7), (1, 7)]: one list, and in it one pair for each element of y.",
    )
    right = truth.moved(n, d, m, which, at)
    rows, columns = {i for i, _ in got}, {j for _, j in got}
    where = f"{which}[{at[0]}, {at[1]}] with N = {n}, D = {d}, M = {m}: yours {_short(got)}"
    swapped = {(j, i) for i, j in got} == right != set(got)
    cause = "Each of your pairs is the right one with its two numbers swapped." if swapped else ""
    compare.require(
        all(0 <= i < n and 0 <= j < m for i, j in got),
        f"{name} lists elements that y does not have.",
        where,
        cause=cause,
        hint="In each pair the row of y comes first."
        if swapped
        else "y has N rows and M columns; count from 0.",
    )
    if set(got) == right:
        compare.require(len(got) == len(set(got)), f"{name} lists an element of y twice.", where)
        return
    if swapped:
        pass
    elif not got:
        cause = "Your list is empty."
    elif set(got) < right:
        cause = "All that you list is touched, but other elements are too."
    elif set(got) > right:
        cause = "All that is touched is in your list, but so are elements that are not."
    elif len(rows) == 1 and len(columns) == m:
        cause = "Your list is a row of y." if which == "w" else "Your list is another row of y."
    elif len(columns) == 1 and len(rows) == n:
        cause = "Your list is a column of y." if which == "x" else "Your list is another column of y."
    compare.fail(
        f"{name} does not list the elements of y that change.",
        where,
        cause=cause,
        hint="In each pair the row of y comes first."
        if swapped
        else "Try it: compute y, add 1 to this one element, compute y again, and look where they differ.",
    )


def _short(pairs: Sequence[tuple[int, int]]) -> str:
    text = ", ".join(f"({i}, {j})" for i, j in pairs[:8])
    return f"[{text}{', …' if len(pairs) > 8 else ''}]"


# The numbers themselves, not the seed they came from: it would tell the place of the right candidate too.
# Where it is asked is kept for the explanation.
_LOSS = """
class Loss:
    def __init__(self):
        x, dout = np.array({x}), np.array({dout})
        self.value, self.asked = {body}, []
    def __call__(self, v):
        if len(self.asked) < 200:
            self.asked.append(np.array(v, dtype=float))
        return self.value(v)
loss = Loss()
"""
_BODIES = {
    "x @ v": "lambda v: float(np.sum(dout * (x @ v)))",
    "v @ x": "lambda v: float(np.sum(dout * (v @ x)))",
    "curved": "lambda v: float(np.sum(dout * (x @ v) ** 3))",
}
_FORWARDS: dict[str, Callable[[Any, Any], Any]] = {
    "x @ v": lambda x, v: x @ v,
    "v @ x": lambda x, v: v @ x,
    "curved": lambda x, v: (x @ v) ** 3,
}


def _long_steps(loss: Callable[[Array], float], v: Array) -> list[Array]:
    """Difference quotients over steps that are too long, to both sides and to one."""
    found = []
    for back, ahead in ((-0.5, 0.5), (-1.0, 1.0), (-2.0, 2.0), (0.0, 1.0), (-1.0, 0.0)):
        units = [np.eye(v.size)[i].reshape(v.shape) for i in range(v.size)]
        quotients = [(loss(v + ahead * e) - loss(v + back * e)) / (ahead - back) for e in units]
        found.append(np.reshape(quotients, v.shape))
    return found


def _of_its_moves(told: Any, v: Array) -> tuple[str, str]:
    """What is odd about the places at which an answer asked its loss, and what to do; "" where nothing is."""
    # The list lies with the student's code: it may be anything by now.
    arrays = told if isinstance(told, list) else []
    asked = [a for a in arrays if isinstance(a, np.ndarray) and a.shape == v.shape]
    moves = [move for move in (np.abs(a - v) for a in asked) if np.any(move > 0)]
    if not asked:
        return "The loss was never asked.", "Move one element of v a little, and compare the loss there."
    if max((float(np.max(move)) for move in moves), default=0.0) < 4e-16:
        return (
            "The loss was only ever asked at v itself.",
            "a = v gives the same array a second name: what moves there is v. v.copy() is another array.",
        )
    counts = {int(np.count_nonzero(move)) for move in moves}
    if counts != {1}:
        piled = min(counts) == 1
        return (
            "The loss was asked where several elements had moved at once: moves pile up." if piled else "",
            "Take a fresh copy of v for each element." if piled else "",
        )
    step = float(np.median([np.max(move) for move in moves]))
    places = len({int(np.argmax(move)) for move in moves})
    if step < 1e-10:
        return (
            f"Your step was {step:.0e}: too short, what is left of the difference is round-off.",
            "Both values of the loss agree in nearly all of their digits. 1e-5 is a good step here.",
        )
    if step > 1e-2:
        return (
            f"Your steps were of about {step:.1g}: too long where the loss is no straight line.",
            "How long is your step, beside the elements of v? Is it added to them, or put in their place?",
        )
    if places < v.size:
        return (
            f"Only {places} of the {v.size} elements of v were ever moved.",
            "A candidate may be wrong in a single element. Do the loops run over v.shape[0] and v.shape[1]?",
        )
    one_side = any(np.array_equal(a, v) for a in asked) or len({bool(np.sum(a - v) > 0) for a in asked}) == 1
    side, divisor = ("one side", "h") if one_side else ("both sides", "2h")
    hint = (
        f"Is the difference of the losses divided by {divisor}? Is the candidate taken that is nearest "
        "in all elements, whichever way it is off? Places in the list count from 0."
    )
    return f"Every element was moved by {step:.0e}, to {side}: so far that is right.", hint


def candidate_found(student: Student, seed: int, n: int, body: str, hard: bool) -> None:
    """`which_is_gradient(loss, v, candidates)` finds the right one among arrays of the right shape.

    With `hard`, the wrong ones have most elements right, or all of them too low or too high; with the body
    "curved" they are differences over long steps.
    """
    rng = np.random.default_rng(seed)
    # Products that are all of one shape are square; a single matrix need not be.
    m = n + 1 if body == "curved" or (hard and body == "x @ v") else n
    x, dout = rng.uniform(-2, 2, (n, n)), rng.uniform(-2, 2, (n, m))
    v = rng.uniform(-2, 2, (n, m))

    def gradient(x: Array, dout: Array) -> Array:
        return complex_steps(lambda v: _FORWARDS[body](x, v), v, dout)

    right = gradient(x, dout)
    wrong: list[Array] = []
    if m == n:
        wrong = [gradient(x.T, dout), gradient(x, dout.T), gradient(x.T, dout.T), right.T, -right]
    cause, hint = (
        "",
        "All have the right shape. Move one element of v a little: how much does the loss change? ",
    )
    hint += (halved := "If you move to both sides, is the difference divided by 2h; if to one side, by h?")
    if body == "curved":
        wrong = _long_steps(lambda v: float(np.sum(dout * _FORWARDS[body](x, v))), v)
        cause = "The candidate it chose is a difference over a long step, and this loss is no straight line."
        hint = "How long is your step, beside the elements of v?"
    elif hard:
        wrong = [right.copy() for _ in range(3)]
        for k, candidate in enumerate(wrong):
            candidate[tuple(rng.integers(1, n, 2))] += 1.0 + k
        if m > n:
            # Nearer where nobody looks who takes the matrix for a square one.
            last = int(np.argmax(np.abs(right[:, -1])))
            wrong[0] = right.copy()
            wrong[0][last, -1] /= 2
        cause = "The candidate it chose is right in all elements but one."
        hint = "Is every element of a candidate tested, each by a small move of its own element of v?"
        wrong += [right - 1.0, right + 1.0]
    candidates = [right, *wrong]
    order = [int(i) for i in rng.permutation(len(candidates))]
    loss = student.define(_LOSS.format(x=x.tolist(), dout=dout.tolist(), body=_BODIES[body]), "loss")
    kept = v.copy()
    value = student.which_is_gradient(loss, v, [candidates[i].copy() for i in order])
    nearest = f"A numerical gradient never equals a candidate exactly: take the nearest. {halved}"
    if value is None:
        compare.fail(
            "which_is_gradient(loss, v, candidates) is None.",
            hint=f"Does the function end with a return? {nearest}",
        )
    compare.require(
        not isinstance(value, list | tuple) and not (isinstance(value, np.ndarray) and value.shape),
        "which_is_gradient(loss, v, candidates) should be a single number.",
        hint="Return the place of one candidate, the nearest to your numerical gradient: not the candidate "
        "itself, and not one answer for each.",
    )
    got = compare.integer("which_is_gradient(loss, v, candidates)", value)
    compare.require(
        0 <= got < len(candidates),
        "The answer should be the place of a candidate in the list, from 0.",
        hint=nearest,
    )
    compare.unchanged("v", kept, v)
    if hard and order[got] > 3:
        cause = "The candidate it chose is wrong by the same number in every element."
        hint = (
            "A candidate may be too low as well as too high: how far is it off, whichever way? And if you "
            "move to both sides, is the difference divided by 2h?"
        )
    if order[got] != 0:
        of_moves = _of_its_moves(loss.asked, kept)
        cause, hint = of_moves if of_moves[0] else (cause, hint)
    compare.require(
        order[got] == 0,
        "which_is_gradient chose a candidate that is not the gradient of this loss.",
        cause=cause,
        hint=hint,
    )


def _sizes(rng: np.random.Generator, names: Sequence[str], *_: Any) -> tuple[Any, ...]:
    return (names, *(int(k) for k in rng.integers(20, 500, 3)), 16)


def _listed(names: Sequence[str]) -> str:
    *first, last = (f'["{name}"]' for name in names)
    return f"{', '.join(first)} and {last} are" if first else f"{last} is"


@confirmed(_sizes)
def bytes_right(student: Student, names: Sequence[str], n: Any, d: Any, m: Any, itemsize: Any) -> None:
    """`memory_bytes(N, D, M, itemsize)` is right for the named arrays."""
    got = student.memory_bytes(n, d, m, itemsize)
    keys = ("x", "w", "y", "dy/dx", "dy/dw")
    compare.require(
        isinstance(got, dict), 'The result should be a dict with the keys "x", "w", "y", "dy/dx" and "dy/dw".'
    )
    missing = [name for name in names if name not in got]
    compare.require(
        not missing,
        f"The dict lacks {', '.join(missing)}.",
        hint='Its keys are "x", "w", "y", "dy/dx" and "dy/dw".',
    )
    n, d, m, itemsize = int(n), int(d), int(m), int(itemsize)
    counts = {"x": n * d, "w": d * m, "y": n * m}
    for name in keys[3:]:
        counts[name] = counts[name[-1]] * counts["y"]
    values = {name: compare.integer(f'memory_bytes(…)["{name}"]', got[name]) for name in names}
    # All that are wrong are named: who mends only the first one fails again.
    wrong = [name for name, value in values.items() if value != counts[name] * itemsize]
    for name in wrong[:1]:
        bottom, count, value = name.partition("/")[2], counts[name], values[name]
        cause = "No mistake that this check knows gives exactly these values."
        if isinstance(got[name], float | np.floating) and np.isclose(value, count * itemsize, rtol=1e-6):
            cause = "Your answer is a float, exact only up to 2**53; it should be a whole number."
        elif value in (count * itemsize // 2**30, count * itemsize // 10**9):
            cause = "Your answer is in GiB or GB: bytes are asked for."
        elif value == count:
            cause = "Your answer equals the number of elements: each takes itemsize bytes."
        elif bottom and value == count * itemsize**2:
            cause = "Your answer has itemsize counted twice: once for each element is enough."
        elif bottom and value == n * d * m * itemsize:
            cause = "Your answer counts only the elements that are not zero: a whole Jacobian has zeros too."
        elif value in (count * 4, count * 8):
            cause = f"Your answer is right for elements of {value // count} bytes only."
        elif value % 2**64 == count * itemsize % 2**64 or value % 2**32 == count * itemsize % 2**32:
            cause = "The right number does not fit into a fixed-size integer, and yours has run over."
        elif bottom and value == counts["y"] * itemsize:
            cause = "Your answer equals the bytes of y."
        elif bottom and value == counts[bottom[1:]] * itemsize:
            cause = f"Your answer equals the bytes of {bottom[1:]}: that is the gradient of a scalar loss."
        elif bottom and value == (counts["x"] + counts["w"] - counts[bottom[1:]]) * counts["y"] * itemsize:
            cause = "Your answer equals the bytes of the other Jacobian."
        elif bottom and value == counts["x"] * counts["w"] * itemsize:
            cause = "Your answer pairs x with w: a Jacobian pairs an input with an output."
        elif bottom and value in (counts[bottom[1:]] ** 2 * itemsize, counts["y"] ** 2 * itemsize):
            cause = "Your answer pairs an array with itself: a Jacobian pairs an input with an output."
        elif bottom and value == (counts[bottom[1:]] + counts["y"]) * itemsize:
            cause = "Your answer adds the two sizes: a Jacobian has a number for every pair."
        compare.fail(
            f"memory_bytes(…){_listed(wrong)} wrong.",
            f'N = {n}, D = {d}, M = {m}, itemsize = {itemsize}: yours {value} for "{name}"',
            cause=cause,
            hint="int(…) makes a Python integer, which never runs over: of all four, before the product."
            if "run over" in cause
            else "Where does a float come in? A product of whole numbers stays whole."
            if "2**53" in cause
            else "itemsize says how many bytes one number takes."
            if "itemsize" in cause or "bytes only" in cause
            else "Count the elements first: a Jacobian has one for each pair of an input and an output.",
        )
