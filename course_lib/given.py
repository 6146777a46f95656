"""What is given for use in the notebooks: functions of the lecture, forwards alone, and points to learn."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["sigmoid", "spiral_points"]


def sigmoid(z: Any) -> Any:
    """1 / (1 + exp(-z)), element by element, without overflow; also complex (lecture, activation functions).

    >>> float(sigmoid(0.0))
    0.5
    """
    z = np.asarray(z)
    small = np.exp(-np.where(z.real >= 0, z, -z))
    return np.where(z.real >= 0, 1 / (1 + small), small / (1 + small))


def spiral_points(
    rng: np.random.Generator, n: int, noise: float = 0.04
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Two arms of a spiral: points (2 n, 2), and labels (2 n, 1) of 0 and 1."""
    radius = np.linspace(0.15, 1.0, n)
    points, labels = [], []
    for label in (0, 1):
        angle = 2 * np.pi * radius + label * np.pi
        arm = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
        points.append(arm + noise * rng.normal(size=arm.shape))
        labels.append(np.full((n, 1), float(label)))
    return np.concatenate(points), np.concatenate(labels)
