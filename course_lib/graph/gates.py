"""What the gates of a graph compute, and a stand-in where a student has not written one yet.

FORWARDS      forward of each gate by its symbol; all take complex numbers too, for numerical derivatives
StandInGate   such a forward with a backward by complex steps, one for each element: right, and slow
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from course_lib._numeric import complex_step
from course_lib.given import sigmoid
from course_lib.layers import Layer

__all__ = ["FORWARDS", "StandInGate"]

Forward = Callable[..., Any]


def _maximum(x: Any, y: Any) -> Any:
    x, y = np.asarray(x), np.asarray(y)
    return np.where(x.real >= y.real, x, y)


def _relu(x: Any) -> Any:
    x = np.asarray(x)
    return np.where(x.real > 0, x, 0)


FORWARDS: Mapping[str, Forward] = {
    "+": lambda x, y: x + y,
    "−": lambda x, y: x - y,
    "×": lambda x, y: x * y,
    "÷": lambda x, y: x / y,
    "@": lambda x, y: x @ y,
    "max": _maximum,
    "neg": lambda x: -x,
    "exp": np.exp,
    "log": np.log,
    "square": lambda x: x * x,
    "sigmoid": sigmoid,
    "tanh": np.tanh,
    "relu": _relu,
    "sum": np.sum,
}


class StandInGate(Layer):
    """A gate with a given forward, and its backward by complex steps: one forward for each input element.

    Examples
    --------
    >>> gate = StandInGate(lambda x, y: x * y)
    >>> float(gate.forward(3.0, -4.0)), gate.backward(np.array(2.0))
    (-12.0, (array(-8.), array(6.)))
    """

    def __init__(self, forward: Forward) -> None:
        self._function = forward
        self._inputs: tuple[Any, ...] = ()

    def forward(self, *inputs: Any) -> Any:
        """The given function of the inputs."""
        self._inputs = inputs
        return self._function(*inputs)

    def backward(self, dout: Any) -> Any:
        """The gradient of each input; a single one without a tuple."""
        named = {str(place): value for place, value in enumerate(self._inputs)}
        gradients = complex_step(lambda **given: self._function(*given.values()), named, dout)
        found = tuple(gradients.values())
        return found if len(found) > 1 else found[0]
