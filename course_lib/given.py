"""Functions that the lecture gives, for use in the notebooks: forwards only, no backward."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["sigmoid"]


def sigmoid(z: Any) -> Any:
    """1 / (1 + exp(-z)), element by element, without overflow; also complex (lecture, activation functions).

    >>> float(sigmoid(0.0))
    0.5
    """
    z = np.asarray(z)
    small = np.exp(-np.where(z.real >= 0, z, -z))
    return np.where(z.real >= 0, 1 / (1 + small), small / (1 + small))
