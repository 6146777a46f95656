"""What a student installs: layer skeletons, a gradient check, and the checks of the workbook.

    errors, statuses   what every other module speaks in
    layers             the contract forward / backward, and skeletons that hold a subclass to it
    graph              computation graphs, on gates that students write
    gradcheck          a backward against the numerical derivative of its forward
    given              functions that the lecture gives, and points that a notebook gives
    checking           how an answer is checked and what the student sees
    earlier, labs      what notebooks use of answers: a layer of an earlier one, a value that may be missing
    exercises          the exercises and their public checks, a module for each notebook
    drawing            pictures and computation graphs with a text alternative

Read in this order. Importing the package imports numpy alone; names come in when they are first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np  # noqa: F401  the one hard dependency: missing, it is said here and not at the first check

if TYPE_CHECKING:
    from course_lib.checking.door import check
    from course_lib.gradcheck import check_gradient, check_layer, check_steps
    from course_lib.labs import attempt
    from course_lib.layers import Affine, Elementwise, Layer

__all__ = [
    "Affine",
    "Elementwise",
    "Layer",
    "__version__",
    "attempt",
    "check",
    "check_gradient",
    "check_layer",
    "check_steps",
]
__version__ = "0.1.0"

_HOMES = {
    "attempt": "course_lib.labs",
    "check": "course_lib.checking.door",
    "check_gradient": "course_lib.gradcheck",
    "check_layer": "course_lib.gradcheck",
    "check_steps": "course_lib.gradcheck",
    "Layer": "course_lib.layers",
    "Elementwise": "course_lib.layers",
    "Affine": "course_lib.layers",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value
