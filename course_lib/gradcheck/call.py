"""What one call of backward gives, before any derivative is taken.

    Call     a backward: its gradients, and what it did besides
    Answer   what came of it

Whatever can be told bit for bit is told here: another answer the second time, something changed in place, a
wrong shape, dtype or number, memory that is shared, a result in float32 that is far from that in float64.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from course_lib.errors import DefinitionError
from course_lib.gradcheck.explain import explain_shape
from course_lib.gradcheck.point import Point, same_bits
from course_lib.gradcheck.report import InputReport

__all__ = ["Answer", "Call", "coarseness", "same_values"]

Array = NDArray[np.float64]
_EPS = float(np.finfo(np.float64).eps)
_ROUNDED = 64 * float(np.finfo(np.float32).eps)


@dataclass
class Answer:
    """What one call of backward gave, and what else happened."""

    gradients: dict[str, Any]
    reasons: list[str] = field(default_factory=list)
    notes: dict[str, list[str]] = field(default_factory=dict)


class Call:
    """One backward."""

    def __init__(self, backward: Callable[..., Any]) -> None:
        self._backward = backward

    def ask(self, dout: Array, point: Point, again: bool) -> Answer:
        """Call backward, twice at the first point; whatever changes or comes out otherwise is a reason."""
        seen, upstream = point.flat.copy(), dout.copy()
        named = point.split(seen)
        first = self.gradients(upstream, named)
        # What was written into an input, and is one, is taken before that is put right.
        kept = {name: np.array(value, copy=True) for name, value in first.items()}
        answer = Answer(kept)
        if not same_bits(seen, point.flat):
            for name, part in point.slices.items():
                if not same_bits(seen[part], point.flat[part]):
                    answer.reasons.append(f"backward changed its input {name} in place.")
            seen[:] = point.flat
        if not np.array_equal(upstream, dout):
            answer.reasons.append("backward changed dout, the upstream gradient, in place.")
        for name, value in first.items():
            beside = {f"d{other}": made for other, made in first.items() if other != name}
            answer.notes[name] = _notes(name, value, {"dout": upstream} | named | beside)
        if again:
            return answer
        second = self.gradients(dout.copy(), named)
        for name in point.shapes:
            if not same_values(kept[name], np.asarray(second[name])):
                answer.reasons.append(
                    f"backward gave another d{name} when it was called again with the same inputs: "
                    "is something added up from call to call, or kept?"
                )
        return answer

    def gradients(self, dout: Any, named: Mapping[str, Any]) -> dict[str, Any]:
        result = self._backward(dout if np.ndim(dout) else float(dout), **named)
        missing = [name for name in named if not isinstance(result, Mapping) or name not in result]
        if missing:
            told = "nothing (None)" if result is None else f"a {type(result).__name__}"
            raise DefinitionError(
                f"backward did not return a gradient for {' and '.join(missing)}."
                if isinstance(result, Mapping)
                else f"backward returned {told}.",
                f"The inputs are {', '.join(named)}.",
                "Return a dict with one gradient for each, under the input's name.",
            )
        gradients = {name: result[name] for name in named}
        for name, value in gradients.items():
            if isinstance(value, list | tuple):
                try:
                    np.asarray(value)
                except ValueError as error:
                    raise DefinitionError(
                        f"d{name} makes no array.",
                        f"numpy says: {error}",
                        "A gradient has the shape of its variable: all rows are of one length.",
                    ) from error
        return gradients

    def misshapen(
        self, gradients: Mapping[str, Any], shapes: Mapping[str, tuple[int, ...]], output: tuple[int, ...]
    ) -> dict[str, InputReport]:
        found = {}
        for name, shape in shapes.items():
            got = np.asarray(gradients[name])
            if got.dtype.kind not in "fiu":
                problem = f"wrong dtype {got.dtype}: a gradient holds real numbers"
            elif got.shape != shape:
                problem = (
                    f"wrong shape {got.shape}, expected {shape}: a gradient has the shape of its variable"
                )
                why = explain_shape(got.shape, shape, output)
                problem += f". {why}" if why else ""
            elif not np.isfinite(np.sum(got)) and not np.all(np.isfinite(got)):
                places = np.argwhere(~np.isfinite(got)).tolist()
                first = f", the first at {places[0]}" if shape and len(places) < got.size else ""
                problem = (
                    f"{len(places)} of {got.size} elements are nan or inf{first}: "
                    "a division by zero, or an overflow"
                )
            else:
                continue
            found[name] = InputReport(name, shape, False, float("inf"), problem)
        return found

    def in_float32(
        self,
        inputs: dict[str, NDArray[Any]],
        dout: Array,
        answer: Answer,
        reports: dict[str, InputReport],
    ) -> dict[str, InputReport]:
        """The same call with the dtypes that were given, held against the one in float64."""
        single = self.gradients(
            dout.astype(np.float32), {name: value.copy() for name, value in inputs.items()}
        )
        found = {}
        for name, value in single.items():
            got, exact = np.asarray(value), np.asarray(answer.gradients[name])
            if got.shape != exact.shape or got.dtype.kind not in "fiu":
                problem = f"in float32 d{name} has shape {got.shape} and dtype {got.dtype}"
                found[name] = InputReport(name, exact.shape, False, float("inf"), problem)
            elif not np.all(np.isfinite(got)):
                problem = (
                    f"in float32 d{name} holds nan or inf, and in float64 it does not: something overflowed"
                )
                found[name] = InputReport(name, exact.shape, False, float("inf"), problem)
            else:
                scale = float(np.max(np.abs(exact), initial=0.0))
                off = np.abs(got - exact) > 1e-3 * np.abs(exact) + 1e-4 * scale
                # A difference of two numbers near one, such as p - 1, is good for no more than that.
                off &= np.abs(got - exact) > _ROUNDED * np.max(np.abs(dout), initial=0.0)
                if np.any(off):
                    off &= np.abs(got - exact) > self._rounding(name, inputs, dout)
                if np.any(off):
                    count = int(np.count_nonzero(off))
                    problem = f"in float32 {count} of {got.size} elements of d{name} are far off"
                    found[name] = InputReport(name, exact.shape, False, float("inf"), problem)
        return found

    def _rounding(self, name: str, inputs: dict[str, NDArray[Any]], dout: Array) -> Array:
        """What float32 may do to a right gradient: what the last bits of the inputs do to it in float64."""
        rng = np.random.default_rng(0)
        here = {other: np.asarray(value, dtype=np.float64) for other, value in inputs.items()}
        kept = np.array(self.gradients(dout.copy(), {k: v.copy() for k, v in here.items()})[name])
        most = np.zeros(kept.shape)
        for _ in range(3):
            near = {k: v * (1 + _EPS * rng.uniform(-2, 2, v.shape)) for k, v in here.items()}
            most = np.maximum(most, np.abs(np.asarray(self.gradients(dout.copy(), near)[name]) - kept))
        worse = float(np.finfo(np.float32).eps) / _EPS
        return np.asarray(32 * worse * (most + np.max(most, initial=0.0)))


def _notes(name: str, value: Any, others: Mapping[str, Any]) -> list[str]:
    notes = []
    got = np.asarray(value)
    if got.dtype in (np.float32, np.float16):
        notes.append(f"d{name} is {got.dtype}, less precise than its variable")
    if isinstance(value, np.ndarray) and value.size:
        for other, array in others.items():
            if isinstance(array, np.ndarray) and np.shares_memory(value, array):
                notes.append(f"d{name} shares its memory with {other}: who changes one changes both")
    return notes


def coarseness(gradient: Any) -> float:
    dtype = np.asarray(gradient).dtype
    return 16 * float(np.finfo(dtype).eps) if dtype in (np.float32, np.float16) else 0.0


def same_values(one: Any, other: Any) -> bool:
    """Whether two arrays hold the same values; those of float64 bit for bit."""
    if one.shape != other.shape:
        return False
    if one.dtype == other.dtype == np.float64 and one.flags.c_contiguous and other.flags.c_contiguous:
        return same_bits(one.ravel(), other.ravel())
    return bool(np.array_equal(one, other, equal_nan=one.dtype.kind in "fc" and other.dtype.kind in "fc"))
