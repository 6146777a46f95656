"""A counterexample that fits on one line: a wrong gradient at whole numbers, most of them 0 or 1.

    Example          inputs and upstream gradient, and one element there, as it is and as it should be
    counterexample   the smallest found from a point where an element is wrong

Theory of operation. Inputs and upstream gradient are replaced by small whole numbers until the element is
wrong there too; then one number after the other by 0, else by 1, as long as it stays wrong (as in delta
debugging, Zeller and Hildebrandt 2002).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from course_lib.gradcheck.differentiate import OUT_OF_DOMAIN, Differentiator
from course_lib.gradcheck.trial import Trial

__all__ = ["Example", "counterexample"]

Array = NDArray[np.float64]
_MOST, _MOST_SHOWN, _TRIES = 40, 10, 3


def _at(index: tuple[Any, ...]) -> str:
    return f"[{', '.join(str(int(i)) for i in index)}]" if index else ""


@dataclass(frozen=True)
class Example:
    """One wrong element of a gradient, at whole numbers.

    Attributes
    ----------
    inputs : mapping of str to nested lists of int
    dout : nested lists of int
    name : str
        The input whose gradient is wrong.
    index : tuple of int
    yours, expected : float
    """

    inputs: Mapping[str, Any]
    dout: Any
    name: str
    index: tuple[int, ...]
    yours: float
    expected: float

    def __str__(self) -> str:
        given, zeros = [], False
        for name, value in {**self.inputs, "dout": self.dout}.items():
            numbers = np.asarray(value)
            if not numbers.ndim:
                given.append(f"{name} = {value}")
                continue
            given += [f"{name}{_at(i)} = {numbers[i]}" for i in zip(*np.nonzero(numbers), strict=True)]
            zeros = zeros or not np.all(numbers)
        if zeros:
            given.append("zeros elsewhere")
        return (
            f"with {', '.join(given)}: d{self.name}{_at(self.index)} is {self.yours + 0.0:.6g}, "
            f"expected {self.expected + 0.0:.6g}"
        )


def counterexample(
    d: Differentiator,
    gradient_at: Callable[[Array, Array], Array],
    output: tuple[int, ...],
    index: int,
    rng: np.random.Generator,
    zero: Collection[str] = (),
) -> Example | None:
    """The smallest found at which element `index` of the gradient is wrong; None where it is nowhere.

    Parameters
    ----------
    d : Differentiator
        The forward at a point of the same shapes.
    gradient_at : callable
        `gradient_at(flat, dout)` is the gradient that backward gives at another point.
    output : tuple of int
        Shape of the output.
    zero : collection of str
        Inputs that stay zero, and are not told.
    """
    size, width = d.point.size, int(np.prod(output))
    if size > _MOST or width > _MOST:
        return None

    def wrong(numbers: Array) -> tuple[float, float] | None:
        flat, dout = numbers[:size].copy(), numbers[size:].reshape(output)
        try:
            there = d.at(flat)
            if there.output.shape != output or not np.all(np.isfinite(there.output)):
                return None
            trial = Trial(there, gradient_at(flat, dout), dout)
            found = trial.element(index)
            # By so much that it is seen in the numbers, and at no kink or infinity.
            clear = abs(found.value) > 1e-2 * abs(found.numeric) + 1e-6 and np.isfinite(found.value)
            if not clear or found.agrees or trial.bends(np.ones(1), np.array([index]), found):
                return None
        except OUT_OF_DOMAIN:
            return None
        return found.analytic, found.numeric

    choices = np.array([-2.0, -1.0, 1.0, 2.0, 3.0])
    for _ in range(_TRIES):
        numbers = rng.choice(choices, size + width)
        for name in zero:
            numbers[d.point.slices[name]] = 0.0
        seen = wrong(numbers)
        if seen is not None:
            break
    else:
        return None
    for place in range(size + width):
        for smaller in (0.0, 1.0):
            if abs(numbers[place]) <= smaller:
                break
            kept, numbers[place] = numbers[place], smaller
            found = wrong(numbers)
            if found is not None:
                seen = found
                break
            numbers[place] = kept
    if np.count_nonzero(numbers) > _MOST_SHOWN:
        return None
    told = {name: value for name, value in d.point.split(numbers[:size]).items() if name not in zero}
    inputs = {name: value.astype(int).tolist() for name, value in told.items()}
    name, at = d.point.where(index)
    return Example(inputs, numbers[size:].reshape(output).astype(int).tolist(), name, at, *seen)
