"""Numerical derivatives that the checks rest on. Private: an exercise's answer that calls them is flagged.

`centred` works on any function; `complex_step` (Squire and Trapp 1998) has no cancellation and is exact to
round-off, but asks for a function that takes complex numbers. Both return the vector-Jacobian product: the
gradient of sum(upstream * f(inputs)) with respect to every input, each of its variable's shape.
`directional` differentiates along one direction only, in one evaluation, for sizes at which every element
would take too long.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["centred", "complex_step", "complex_steps", "directional", "numeric_gradients"]

Array = NDArray[np.float64]
Forward = Callable[..., Any]

_COMPLEX_STEP = 1e-30


def _weighted(value: Any, upstream: Any) -> Any:
    return np.sum(np.asarray(value) * upstream)


def complex_step(forward: Forward, inputs: Mapping[str, Any], upstream: Any = 1.0) -> dict[str, Array]:
    """Gradients of sum(upstream * forward(**inputs)) by the complex step, one element at a time.

    Examples
    --------
    >>> complex_step(lambda x: x**3, {"x": 2.0})
    {'x': array(12.)}
    """
    out: dict[str, Array] = {}
    for name, value in inputs.items():
        point = np.array(value, dtype=np.complex128)
        gradient = np.zeros(point.shape)
        for index in np.ndindex(point.shape):
            kept = point[index]
            point[index] = kept + 1j * _COMPLEX_STEP
            gradient[index] = _weighted(forward(**{**inputs, name: point}), upstream).imag / _COMPLEX_STEP
            point[index] = kept
        out[name] = gradient
    return out


def complex_steps(forward: Forward, variable: Any, upstream: Any) -> Array:
    """The same for one variable in a single evaluation, of a forward that broadcasts over leading axes.

    Parameters
    ----------
    forward : callable
        Of the variable alone; `forward` of K variables stacked along new axes in front gives K outputs.
    variable : array_like
        Of no more axes than the output has.
    upstream : ndarray
        Of the output's shape.

    Examples
    --------
    >>> complex_steps(lambda b: np.zeros((3, 2)) + b, np.zeros(2), np.array([[1.0, 2.0]] * 3))
    array([3., 6.])
    """
    value, seen = np.asarray(variable, dtype=np.float64), np.asarray(upstream)
    units = np.eye(value.size).reshape(value.size, *[1] * (seen.ndim - value.ndim), *value.shape)
    moved = forward(value + 1j * _COMPLEX_STEP * units)
    axes = tuple(range(1, seen.ndim + 1))
    return np.asarray(np.sum(moved.imag * seen, axis=axes) / _COMPLEX_STEP).reshape(value.shape)


def centred(
    forward: Forward, inputs: Mapping[str, Any], upstream: Any = 1.0, step: float = 6e-6
) -> dict[str, Array]:
    """The same by centred differences; `step` is relative to max(1, abs(element))."""
    out: dict[str, Array] = {}
    for name, value in inputs.items():
        point = np.array(value, dtype=np.float64)
        gradient = np.zeros(point.shape)
        for index in np.ndindex(point.shape):
            kept = point[index]
            h = step * max(1.0, abs(float(kept)))
            point[index] = kept + h
            above = _weighted(forward(**{**inputs, name: point}), upstream)
            point[index] = kept - h
            below = _weighted(forward(**{**inputs, name: point}), upstream)
            gradient[index] = (above - below) / (2 * h)
            point[index] = kept
        out[name] = gradient
    return out


def numeric_gradients(
    forward: Forward, inputs: Mapping[str, Any], upstream: Any = 1.0
) -> tuple[dict[str, Array], str]:
    """Complex step where `forward` survives it and agrees with real arithmetic, else centred differences.

    Returns
    -------
    gradients : dict of ndarray
    method : str
        "complex step" or "centred difference".
    """
    if _complex_safe(forward, inputs):
        return complex_step(forward, inputs, upstream), "complex step"
    return centred(forward, inputs, upstream), "centred difference"


def directional(
    forward: Forward, inputs: Mapping[str, Any], direction: Mapping[str, Any], upstream: Any = 1.0
) -> float:
    """Derivative of sum(upstream * forward) along `direction`, by one complex step.

    A gradient g is right along the direction v when sum(g * v) equals it.
    """
    moved = {
        name: np.asarray(value) + 1j * _COMPLEX_STEP * np.asarray(direction[name])
        if name in direction
        else value
        for name, value in inputs.items()
    }
    return float(_weighted(forward(**moved), upstream).imag / _COMPLEX_STEP)


def _complex_safe(forward: Forward, inputs: Mapping[str, Any]) -> bool:
    import warnings

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", np.exceptions.ComplexWarning)
            real = np.asarray(forward(**inputs))
            turn = {name: np.asarray(value) + 1j * _COMPLEX_STEP for name, value in inputs.items()}
            value = np.asarray(forward(**turn))
    except (TypeError, ValueError, np.exceptions.ComplexWarning):
        return False
    if not np.iscomplexobj(value) or not np.allclose(value.real, real, rtol=1e-12, atol=0, equal_nan=True):
        return False
    # abs(z) and norms lose the imaginary part without a word: compare one direction with a real difference.
    h = 1e-6
    moved = (
        np.asarray(forward(**{k: np.asarray(v) + h for k, v in inputs.items()})),
        np.asarray(forward(**{k: np.asarray(v) - h for k, v in inputs.items()})),
    )
    slope = (moved[0] - moved[1]) / (2 * h)
    scale = np.max(np.abs(slope), initial=1.0)
    return bool(np.all(np.abs(value.imag / _COMPLEX_STEP - slope) <= 1e-4 * scale))
