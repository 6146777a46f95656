"""Numerical derivatives that the checks rest on. Private: an exercise's answer that calls them is flagged.

`complex_step` (Squire and Trapp 1998) has no cancellation and is exact to round-off, but asks for a function
that takes complex numbers (`gradcheck.differentiate` does without). It returns the vector-Jacobian product:
the gradient of sum(upstream * f(inputs)) with respect to every input, each of its variable's shape.
`complex_steps` is the same for one variable in one evaluation, `directional` along one direction only, for
sizes at which every element would take too long.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["complex_step", "complex_steps", "directional"]

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
