"""`check_gradient`: a backward against the numerical derivative of its forward."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from course_lib._numeric import centred, complex_step, numeric_gradients
from course_lib.checking.diagnosis import close, explain
from course_lib.errors import DefinitionError

__all__ = ["GradientReport", "InputReport", "check_gradient"]


@dataclass(frozen=True)
class InputReport:
    """The gradient of one input: right or not, the largest relative error, where, what the answer equals."""

    name: str
    passed: bool
    relative_error: float
    worst_index: tuple[int, ...]
    message: str


@dataclass(frozen=True)
class GradientReport:
    """Verdict over all inputs; `str(report)` says it in words."""

    passed: bool
    method: str
    inputs: tuple[InputReport, ...]

    def __str__(self) -> str:
        lines = [f"gradient check ({self.method}): {'passed' if self.passed else 'failed'}"]
        return "\n".join([*lines, *(f"  d{item.name}: {item.message}" for item in self.inputs)])


def check_gradient(
    forward: Callable[..., Any],
    backward: Callable[..., Mapping[str, Any]],
    inputs: Mapping[str, Any],
    *,
    method: str = "auto",
    seed: int = 0,
) -> GradientReport:
    """Compare the gradients that `backward` gives with numerical derivatives of `forward`.

    Parameters
    ----------
    forward : callable
        `forward(**inputs)` returns a number or an array.
    backward : callable
        `backward(dout, **inputs)` returns a mapping from the names of inputs to their gradients; `dout` has
        the shape of forward's output. It is drawn at random: an upstream of ones hides mistakes.
    inputs : mapping of str to array_like
        The point to check at.
    method : {"auto", "complex", "centred"}
        The complex step is exact, but asks for a forward that takes complex numbers; "auto" tries it first.
    seed : int
        Seed of the upstream gradient.

    Returns
    -------
    GradientReport

    Raises
    ------
    DefinitionError
        When `method` is unknown, or `backward` returns no mapping, or one that lacks an input.

    Examples
    --------
    >>> report = check_gradient(lambda x, y: x * y, lambda dout, x, y: {"x": dout * y, "y": dout * y},
    ...                         {"x": np.array([1.0, 2.0]), "y": np.array([3.0, 5.0])})
    >>> print(report)  # doctest: +ELLIPSIS
    gradient check (complex step): failed
      dx: right
      dy: wrong, worst at [0] by a relative error of 0.5; No mistake that this check knows gives ... values.
    """
    inputs = {name: np.array(value, dtype=float) for name, value in inputs.items()}
    output = np.asarray(forward(**inputs))
    dout = np.random.default_rng(seed).uniform(0.5, 1.5, output.shape) * np.where(
        np.random.default_rng(seed + 1).random(output.shape) < 0.5, -1.0, 1.0
    )
    if method == "auto":
        numeric, how = numeric_gradients(forward, inputs, dout)
    elif method in ("complex", "centred"):
        rule = complex_step if method == "complex" else centred
        numeric, how = (
            rule(forward, inputs, dout),
            "complex step" if method == "complex" else "centred difference",
        )
    else:
        raise DefinitionError(
            f'There is no method "{method}".', "Two are known.", 'Say "auto", "complex" or "centred".'
        )
    analytic = backward(dout, **inputs)
    if not isinstance(analytic, Mapping) or any(name not in analytic for name in inputs):
        raise DefinitionError(
            "backward did not return a gradient for every input.",
            f"The inputs are {', '.join(inputs)}.",
            "Return a dict with one gradient for each, under the input's name.",
        )
    rtol = 1e-6 if how == "complex step" else 1e-4
    reports = tuple(_compare(name, analytic[name], numeric[name], rtol) for name in inputs)
    return GradientReport(all(item.passed for item in reports), how, reports)


def _compare(name: str, analytic: Any, numeric: Any, rtol: float) -> InputReport:
    got = np.asarray(analytic, dtype=float)
    if got.shape != numeric.shape:
        message = (
            f"wrong shape {got.shape}, expected {numeric.shape}: a gradient has the shape of its variable"
        )
        return InputReport(name, False, float("inf"), (), message)
    error = np.abs(got - numeric) / np.maximum(np.abs(got) + np.abs(numeric), 1e-300)
    error = np.where(got == numeric, 0.0, np.where(np.isnan(error), np.inf, error))
    right = close(got, numeric, rtol)
    if np.all(right):
        return InputReport(name, True, float(np.max(error, initial=0.0)), (), "right")
    index = tuple(int(i) for i in np.unravel_index(int(np.argmax(np.where(right, 0.0, error))), got.shape))
    cause, _ = explain(got, numeric)
    at = f" at [{', '.join(map(str, index))}]" if index else ""
    worst = float(error[index])
    return InputReport(
        name, False, worst, index, f"wrong, worst{at} by a relative error of {worst:.2g}; {cause}"
    )
