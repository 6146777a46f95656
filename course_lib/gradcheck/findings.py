"""From wrong elements to the report on one input."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from course_lib.checking.model import Picture
from course_lib.checking.picture import picture_of
from course_lib.gradcheck.locate import Wrong
from course_lib.gradcheck.report import InputReport
from course_lib.gradcheck.trial import Trial

__all__ = ["as_report"]

Array = NDArray[np.float64]
_KEPT = 1000


def as_report(trial: Trial, name: str, wrong: Wrong, explained: Any, notes: tuple[str, ...]) -> InputReport:
    shape, part = trial.d.point.shapes[name], trial.d.point.slices[name]
    got = trial.gradient[part]
    index, yours, expected, error = None, None, None, 0.0
    if len(wrong.known):
        worst = int(np.argmax(np.abs(got[wrong.known] - wrong.truth)))
        index = int(wrong.known[worst])
        yours, expected = float(got[index]), float(wrong.truth[worst])
        error = abs(yours - expected) / max(abs(yours) + abs(expected), 1e-300)
    shown = wrong.indices[:_KEPT]
    axes = np.unravel_index(shown, shape) if shape else ()
    places = tuple(zip(*(axis.tolist() for axis in axes), strict=True)) if shape else ((),) * len(shown)
    at = tuple(int(i) for i in np.unravel_index(index, shape)) if shape and index is not None else ()
    return InputReport(
        name,
        shape,
        False,
        error,
        _problem(wrong, shape),
        places,
        wrong.complete,
        wrong.share,
        wrong.pattern,
        at,
        yours,
        expected,
        explained,
        notes,
        picture=_map(name, wrong, shape, got),
    )


def _map(name: str, wrong: Wrong, shape: tuple[int, ...], got: Array) -> Picture | None:
    if not wrong.complete or not len(wrong.indices):
        return None
    places = np.zeros(len(got), dtype=bool)
    places[wrong.indices] = True
    # A zero may be right by chance.
    return picture_of(f"d{name}", places.reshape(shape), got.reshape(shape))


def _problem(wrong: Wrong, shape: tuple[int, ...]) -> str:
    size = math.prod(shape)
    if wrong.complete and not len(wrong.indices):
        return "wrong as a whole, by less than can be seen in any one element"
    if size == 1:
        return "wrong"
    if wrong.complete:
        count = len(wrong.indices)
        if wrong.pattern == "all":
            return f"wrong in all of {size:,} elements"
        return f"wrong in {count:,} of {size:,} elements" + (
            f": all of {wrong.pattern}" if wrong.pattern else ""
        )
    low, high, where = *wrong.share, ""
    if wrong.pattern:
        line = shape[-1] if wrong.pattern.startswith("row") else size // shape[-1]
        low, high, where, size = low * size / line, high * size / line, f" of {wrong.pattern}", line
    share = f"{low:.0%} to {high:.0%}" if low else f"up to {high:.0%}"
    return f"wrong in {share} of {'the ' * bool(where)}{size:,} elements{where}"
