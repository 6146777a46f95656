"""Small graphs of scalar gates, given by their forward alone, and numerical derivatives through them.

The checks of scalar_chain_rule take their truth from here: no backward formula is written down anywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

__all__ = ["AFFINE_SIGMOID", "PRODUCT", "TWO_PATHS", "WORKED", "Steps", "forward", "local", "slope"]

Gate = Callable[[Mapping[str, Any]], Any]
Steps = tuple[tuple[str, Gate], ...]
Numbers = Mapping[str, float]

_STEP = 1e-30


# f = (2x + y) z, one gate a line.
PRODUCT: Steps = (
    ("d", lambda v: 2 * v["x"]),
    ("q", lambda v: v["d"] + v["y"]),
    ("f", lambda v: v["q"] * v["z"]),
)

# f = (x + y) z, the worked example of the notebook.
WORKED: Steps = (
    ("q", lambda v: v["x"] + v["y"]),
    ("f", lambda v: v["q"] * v["z"]),
)

# f = x x + x: two paths from x.
TWO_PATHS: Steps = (
    ("s", lambda v: v["x"] * v["x"]),
    ("f", lambda v: v["s"] + v["x"]),
)

# p = sigmoid(w0 x0 + w1 x1 + b), one gate a line.
AFFINE_SIGMOID: Steps = (
    ("m0", lambda v: v["w0"] * v["x0"]),
    ("m1", lambda v: v["w1"] * v["x1"]),
    ("a", lambda v: v["m0"] + v["m1"]),
    ("u", lambda v: v["a"] + v["b"]),
    ("n", lambda v: -v["u"]),
    ("e", lambda v: np.exp(v["n"])),
    ("t", lambda v: 1 + v["e"]),
    ("p", lambda v: 1 / v["t"]),
)


def forward(steps: Steps, inputs: Mapping[str, Any], moved: str = "", by: complex = 0) -> dict[str, Any]:
    """The value of every node; the node `moved` is moved by `by` once it is computed."""
    values = dict(inputs)
    if moved in values:
        values[moved] = values[moved] + by
    for name, gate in steps:
        values[name] = gate(values) + (by if name == moved else 0)
    return values


def slope(steps: Steps, inputs: Numbers, wrt: str) -> float:
    """Derivative of the last node with respect to the node `wrt`, by the complex step."""
    return float(forward(steps, inputs, wrt, 1j * _STEP)[steps[-1][0]].imag / _STEP)


def local(steps: Steps, values: Numbers, node: str, wrt: str) -> float:
    """Derivative of one gate's output with respect to one of its inputs, all other values held."""
    gate = dict(steps)[node]
    return float(complex(gate({**values, wrt: values[wrt] + 1j * _STEP})).imag / _STEP)
