"""`check_gradient` and `check_layer`: the doors of the gradient check.

Theory of operation. First what needs no derivative, bit for bit: the same answer twice, nothing changed in
place, shapes, dtypes, finite numbers. Then the verdict, along two random directions at the point given, and
again at points of other signs and sizes, where a stale cache or an error for negative inputs shows. Only a
wrong gradient is looked into: which input, which elements (`locate`), which mistake (`explain`). A wrong
element at a kink is excused where its value lies between the slopes of the two sides.
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from course_lib.errors import DefinitionError
from course_lib.gradcheck.differentiate import Differentiator, Point, same_bits
from course_lib.gradcheck.explain import Before, Explainer, Mistake, explain_elements, explain_shape
from course_lib.gradcheck.locate import Wrong, locate
from course_lib.gradcheck.report import GradientReport, InputReport
from course_lib.gradcheck.shrink import counterexample
from course_lib.gradcheck.trial import Residual, Trial, direction

__all__ = ["check_gradient", "check_layer"]

Array = NDArray[np.float64]
_KEPT = 1000
_KINKS = 256
_METHODS = ("auto", "complex", "real")


def check_gradient(
    forward: Callable[..., Any],
    backward: Callable[..., Mapping[str, Any]],
    inputs: Mapping[str, Any],
    *,
    constants: Mapping[str, Any] | None = None,
    mistakes: Sequence[Mistake] = (),
    words: Mapping[float, str] | None = None,
    points: Sequence[Mapping[str, Any]] = (),
    elsewhere: bool = True,
    method: str = "auto",
    seed: int = 0,
) -> GradientReport:
    """Compare the gradients that `backward` gives with numerical derivatives of `forward`.

    Parameters
    ----------
    forward : callable
        `forward(**inputs)` returns a number or an array of any shape.
    backward : callable
        `backward(dout, **inputs)` returns a mapping from the names of inputs to their gradients; `dout` has
        the shape of forward's output. It is drawn at random: an upstream of ones hides mistakes.
    inputs : mapping of str to array_like
        The point to check at: arrays of any shape; float32 is judged in float64, then held against it.
    constants : mapping of str to object, optional
        What both functions get besides, such as labels: no gradient is asked for.
    mistakes : sequence of Mistake, optional
        What people do in this exercise; tried before the general ones.
    words : mapping of float to str, optional
        Words for factors that mean something here, such as ``{64: "the batch size"}``.
    points : sequence of mappings, optional
        Further points to check at, of the same names and shapes of any size.
    elsewhere : bool
        Whether to check at a point of other signs and sizes as well, where forward is finite there.
    method : {"auto", "complex", "real"}
        The complex step is exact, but asks for a forward that takes complex numbers; "auto" tries it first.
    seed : int
        Of the directions and the upstream gradient.

    Returns
    -------
    GradientReport

    Raises
    ------
    DefinitionError
        When `method` is unknown, or `backward` returns no mapping, or one that lacks an input.

    Examples
    --------
    >>> report = check_gradient(lambda x, y: x * y, lambda dout, x, y: {"x": dout * y, "y": dout * y},
    ...                         {"x": np.array([1.0, 2.0]), "y": np.array([3.0, 5.0])})
    >>> print(report)  # doctest: +ELLIPSIS
    gradient check (complex step): failed
      dx: right
      dy: wrong in all of 2 elements; worst at [1]: yours ...; it equals the right gradient of x: ...
    """
    if method not in _METHODS:
        raise DefinitionError(
            f'There is no method "{method}".', "Three are known.", 'Say "auto", "complex" or "real".'
        )
    return _checked(
        forward, backward, inputs, constants, mistakes, words, points, elsewhere, method, seed, before=None
    )


def _checked(
    forward: Callable[..., Any],
    backward: Callable[..., Mapping[str, Any]],
    inputs: Mapping[str, Any],
    constants: Mapping[str, Any] | None = None,
    mistakes: Sequence[Mistake] = (),
    words: Mapping[float, str] | None = None,
    points: Sequence[Mapping[str, Any]] = (),
    elsewhere: bool = True,
    method: str = "auto",
    seed: int = 0,
    *,
    before: Mapping[str, Any] | None,
) -> GradientReport:
    """`check_gradient`; `before` are the inputs that something kept by mistake would come from."""
    given = dict(constants or {})
    check = _Check(
        _by_name(forward, {**inputs, **given}, given),
        lambda dout, **named: backward(dout, **named, **given),
        mistakes,
        words or {},
        method,
        seed,
        before,
    )
    report = check.at(_arrays(inputs))
    for other in [*points, *([None] if elsewhere else [])]:
        if not report.passed:
            break
        found = check.elsewhere() if other is None else check.at(_arrays(other), again=True)
        if found is not None and found.verdict == "wrong":
            report = replace(
                found, reasons=("Right at the point given, and wrong at another one.", *found.reasons)
            )
    return replace(report, evaluations=check.evaluations)


def _arrays(inputs: Mapping[str, Any]) -> dict[str, NDArray[Any]]:
    return {name: np.asarray(value) for name, value in inputs.items()}


def _by_name(
    forward: Callable[..., Any], names: Mapping[str, Any], given: Mapping[str, Any]
) -> Callable[..., Any]:
    """`forward` of named arrays; a numpy function has names of its own, and gets them in order."""
    try:
        inspect.signature(forward).bind(**names)
    except (TypeError, ValueError):
        return lambda **named: forward(*named.values(), *given.values())
    return lambda **named: forward(**named, **given)


@dataclass
class _Answer:
    """What one call of backward gave, and what else happened."""

    gradients: dict[str, Any]
    reasons: list[str] = field(default_factory=list)
    notes: dict[str, list[str]] = field(default_factory=dict)


class _Check:
    """One forward and one backward."""

    def __init__(
        self,
        forward: Callable[..., Any],
        backward: Callable[..., Any],
        mistakes: Sequence[Mistake],
        words: Mapping[float, str],
        method: str,
        seed: int,
        before: Mapping[str, Any] | None,
    ) -> None:
        self._forward, self._backward, self._primed = forward, backward, before is not None
        self._before: Before | None = None
        if before is not None:
            flat = Point(before).flat
            self._before = flat, np.full_like(flat, np.nan)
        self._mistakes, self._words, self._method, self._seed = mistakes, words, method, seed
        self.evaluations = 0
        self._why_real: str | None = None

    def at(self, inputs: dict[str, NDArray[Any]], again: bool = False) -> GradientReport:
        """The report at one point."""
        rng = np.random.default_rng(self._seed + 7 * again)
        point = Point(inputs)
        ways = [direction(point.size, rng)]
        # As good as another one: no element has the same number in both, and it costs nothing.
        shift = point.size // 3 + 1
        ways.append(np.roll(ways[0], shift) if point.size > 3 else direction(point.size, rng))
        with _quiet():
            d = None
            try:
                d = Differentiator(self._forward, point, self._method, ways[0], self._why_real)
                self._why_real, self._ways = d.why_real, ways
                self._d = d
                return self._judged(d, inputs, ways, rng, again)
            finally:
                self.evaluations += d.evaluations if d is not None else 1

    def elsewhere(self) -> GradientReport | None:
        """The report at a point of other signs and sizes; None where forward is not finite there."""
        before = self._d.evaluations
        rng = np.random.default_rng(self._seed + 7)
        with _quiet():
            try:
                d = self._moved()
                return self._judged(d, {}, self._ways[::-1], rng, again=True) if d is not None else None
            finally:
                self.evaluations += self._d.evaluations - before

    def _moved(self) -> Differentiator | None:
        """The forward at a point of other signs and sizes, or of other sizes alone."""
        flat = self._d.point.flat
        other = np.roll(self._ways[0], len(flat) // 2)
        for factors in (other, np.abs(other)):
            try:
                d = self._d.at(flat * factors)
            except (ValueError, ArithmeticError, TypeError, IndexError, np.linalg.LinAlgError):
                continue
            if d.output.dtype.kind == "f" and np.all(np.isfinite(d.output)):
                return d
        return None

    def _judged(
        self,
        d: Differentiator,
        inputs: dict[str, NDArray[Any]],
        ways: list[Array],
        rng: np.random.Generator,
        again: bool,
    ) -> GradientReport:
        how = d.method + (f": {d.why_real}" if d.why_real and self._method == "auto" else "")
        unclear = self._unclear(d, again)
        if unclear:
            return GradientReport("cannot tell", (unclear,), (), how, 0)
        point = d.point
        dout = direction(d.output.size, rng).reshape(d.output.shape)
        answer = self._ask(dout, point, again)
        if d.writes:
            answer.reasons.append("forward changes its inputs in place.")
        shapes = point.shapes
        misshapen = self._misshapen(answer.gradients, shapes, d.output.shape)
        names = [name for name in shapes if name not in misshapen]
        reports = dict(misshapen)
        if names:
            reports |= self._compared(d, answer, names, dout, ways, rng, again)
        if all(item.passed for item in reports.values()) and any(
            a.dtype == np.float32 for a in inputs.values()
        ):
            reports |= self._in_float32(inputs, dout, answer, reports)
        ordered = tuple(
            replace(reports[name], notes=(*reports[name].notes, *answer.notes.get(name, ())))
            for name in shapes
        )
        right = all(item.passed for item in ordered) and not answer.reasons
        return GradientReport(
            "right" if right else "wrong", tuple(answer.reasons), ordered, how, 0, tuple(self._basis)
        )

    def _unclear(self, d: Differentiator, again: bool) -> str:
        if not again and not np.array_equal(d.at(d.point.flat).output, d.output, equal_nan=True):
            return "forward gives another value when it is called again with the same inputs: is it random?"
        if d.output.dtype.kind not in "fc" or not np.all(np.isfinite(d.output)):
            return "forward gives values that are not finite numbers here: no derivative can be taken."
        return ""

    def _ask(self, dout: Array, point: Point, again: bool) -> _Answer:
        """Call backward, twice at the first point; whatever changes or comes out otherwise is a reason."""
        seen, upstream = point.flat.copy(), dout.copy()
        named = point.split(seen)
        first = self._called(upstream, named)
        answer = _Answer(first)
        if not same_bits(seen, point.flat):
            for name, part in point.slices.items():
                if not same_bits(seen[part], point.flat[part]):
                    answer.reasons.append(f"backward changed its input {name} in place.")
            seen[:] = point.flat
        if not np.array_equal(upstream, dout):
            answer.reasons.append("backward changed dout, the upstream gradient, in place.")
        kept = {name: np.array(value, copy=True) for name, value in first.items()}
        for name, value in first.items():
            answer.notes[name] = _notes(name, value, upstream, named)
        answer.gradients = kept
        if again:
            return answer
        second = self._called(dout.copy(), named)
        for name in point.shapes:
            if not _equal(kept[name], np.asarray(second[name])):
                answer.reasons.append(
                    f"backward gave another d{name} when it was called again with the same inputs: "
                    "is something added up from call to call, or kept?"
                )
        return answer

    def _called(self, dout: Any, named: Mapping[str, Any]) -> dict[str, Any]:
        result = self._backward(dout if np.ndim(dout) else float(dout), **named)
        if not isinstance(result, Mapping) or any(name not in result for name in named):
            raise DefinitionError(
                "backward did not return a gradient for every input.",
                f"The inputs are {', '.join(named)}.",
                "Return a dict with one gradient for each, under the input's name.",
            )
        return {name: result[name] for name in named}

    def _misshapen(
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
                number = int(np.count_nonzero(~np.isfinite(got)))
                problem = (
                    f"{number} of {got.size} elements are nan or inf: a division by zero, or an overflow"
                )
            else:
                continue
            found[name] = InputReport(name, shape, False, float("inf"), problem)
        return found

    _basis: Sequence[str] = ()
    _integers: Collection[str] = ()

    def _compared(
        self,
        d: Differentiator,
        answer: _Answer,
        names: list[str],
        dout: Array,
        ways: list[Array],
        rng: np.random.Generator,
        again: bool,
    ) -> dict[str, InputReport]:
        point = d.point
        others = [name for name in point.shapes if name not in names]
        if others:
            ways = [way.copy() for way in ways]
            for name in others:
                ways[0][point.slices[name]] = ways[1][point.slices[name]] = 0.0
        self._integers = {name for name in names if np.asarray(answer.gradients[name]).dtype.kind in "iu"}
        blank = {name: np.zeros(point.shapes[name]) for name in others}
        coarse = max((_coarse(answer.gradients[name]) for name in names), default=0.0)
        trial = Trial(d, point.join(answer.gradients | blank), dout, coarse)

        def gradient_at(flat: Array, dout: Array = dout) -> Array:
            return point.join(self._called(dout.copy(), point.split(flat.copy())) | blank)

        looked = ways[:1] if again else ways
        at = [trial.along(way) for way in looked]
        self._basis = [*self._basis, *map(_in_words, at)]
        if not any(
            trial.wrong(way, residual, gradient_at, rng) for way, residual in zip(looked, at, strict=True)
        ):
            if not self._primed:
                self._before = point.flat, trial.gradient
            return {name: InputReport(name, point.shapes[name], True) for name in names}
        at += [trial.along(way) for way in ways[len(at) :]]

        def another() -> Trial | None:
            there = self._moved()
            if there is None:
                return None
            try:
                return Trial(there, gradient_at(there.point.flat), dout, coarse)
            except (ValueError, ArithmeticError):
                return None

        reports = {
            name: self._input(trial, name, ways, alone, rng, another)
            for name, alone in _apart(trial, names, ways, at).items()
        }
        for name, report in reports.items():
            if report.yours is not None:
                start = point.slices[name].start
                place = np.ravel_multi_index(report.worst_index, report.shape) if report.shape else 0
                example = counterexample(d, gradient_at, dout.shape, start + int(place), rng)
                reports[name] = replace(report, example=example)
        return reports

    def _input(
        self,
        trial: Trial,
        name: str,
        ways: list[Array],
        alone: list[Residual],
        rng: np.random.Generator,
        another: Callable[[], Trial | None],
    ) -> InputReport:
        shape = trial.d.point.shapes[name]
        part = trial.d.point.slices[name]
        if all(residual.agrees for residual in alone):
            return InputReport(name, shape, True)
        explainer = Explainer(
            trial,
            name,
            ways,
            alone,
            mistakes=self._mistakes,
            words=self._words,
            forward=self._forward,
            elsewhere=another,
            before=self._before if self._before and len(self._before[0]) == trial.d.point.size else None,
        )
        wrong = locate(trial, name, ways, alone, explainer, rng)
        # What one element equals says nothing, unless it is all there is.
        explained = explainer.all() if len(wrong.indices) != 1 or part.stop - part.start == 1 else ()
        if not explained and wrong.complete and len(wrong.known) == len(wrong.indices):
            got = trial.gradient[part][wrong.indices]
            explained = explain_elements(got, wrong.truth, name in self._integers)
        back = trial.along(-ways[0][part], part)
        kink = abs(alone[0].numeric + back.numeric) > alone[0].certain + back.certain
        kinks: list[int] = []
        if kink:
            wrong, kinks = _without_kinks(trial, part, wrong)
        notes = (_kinks_in_words(kinks, shape),) if kink else ()
        if wrong.complete and not len(wrong.indices) and kink:
            return InputReport(name, shape, True, notes=notes)
        return _as_report(trial, name, wrong, explained, notes)

    def _in_float32(
        self,
        inputs: dict[str, NDArray[Any]],
        dout: Array,
        answer: _Answer,
        reports: dict[str, InputReport],
    ) -> dict[str, InputReport]:
        """The same call with the dtypes that were given, held against the one in float64."""
        single = self._called(dout.astype(np.float32), {name: value.copy() for name, value in inputs.items()})
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
                if np.any(off):
                    count = int(np.count_nonzero(off))
                    problem = f"in float32 {count} of {got.size} elements of d{name} are far off"
                    found[name] = InputReport(name, exact.shape, False, float("inf"), problem)
        return found


def _apart(
    trial: Trial, names: list[str], ways: list[Array], at: list[Residual]
) -> dict[str, list[Residual]]:
    """What is along the ways in each input alone; the last one needs no evaluation where the rest is all."""
    found: dict[str, list[Residual]] = {}
    left = at
    for name in names:
        part = trial.d.point.slices[name]
        if name == names[-1] and len(names) > 1 and all(residual.agrees for residual in left):
            found[name] = left
            continue
        found[name] = at if len(names) == 1 else [trial.along(way[part], part) for way in ways]
        left = [whole.without(here) for whole, here in zip(left, found[name], strict=True)]
    return found


@contextmanager
def _quiet() -> Iterator[None]:
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        yield


def _notes(name: str, value: Any, dout: Array, inputs: Mapping[str, Array]) -> list[str]:
    notes = []
    got = np.asarray(value)
    if got.dtype in (np.float32, np.float16):
        notes.append(f"d{name} is {got.dtype}, less precise than its variable")
    if isinstance(value, np.ndarray) and value.size:
        if np.shares_memory(value, dout):
            notes.append(f"d{name} shares its memory with dout: who changes one changes both")
        for other, array in inputs.items():
            if np.shares_memory(value, array):
                notes.append(f"d{name} shares its memory with {other}: who changes one changes both")
    return notes


def _coarse(gradient: Any) -> float:
    dtype = np.asarray(gradient).dtype
    return 16 * float(np.finfo(dtype).eps) if dtype in (np.float32, np.float16) else 0.0


def _equal(one: Any, other: Any) -> bool:
    if one.shape != other.shape:
        return False
    if one.dtype == other.dtype == np.float64 and one.flags.c_contiguous and other.flags.c_contiguous:
        return same_bits(one.ravel(), other.ravel())
    return bool(np.array_equal(one, other, equal_nan=one.dtype.kind in "fc" and other.dtype.kind in "fc"))


def _in_words(residual: Residual) -> str:
    return (
        f"along a random direction: analytic {residual.analytic:.10g}, numeric {residual.numeric:.10g}, "
        f"round-off explains {residual.certain:.1g}"
    )


def _without_kinks(trial: Trial, part: slice, wrong: Wrong) -> tuple[Wrong, list[int]]:
    """Wrong elements without those at a kink whose value lies between the slopes of both sides."""
    kinks = list(wrong.kinks)
    for index in wrong.indices[:_KINKS].tolist():
        place = np.array([part.start + index])
        right, left = (float(np.sum(trial.dout * side)) for side in trial.d.one_sided(np.ones(1), place))
        got = float(trial.gradient[place[0]])
        slack = 1e-5 * (abs(right) + abs(left)) + 1e-7 * trial.rms
        if abs(right - left) > 4 * slack and min(right, left) - slack <= got <= max(right, left) + slack:
            kinks.append(index)
    if not kinks:
        return wrong, []
    left_over = np.setdiff1d(wrong.indices, kinks)
    stays = ~np.isin(wrong.known, kinks)
    exact = len(left_over) / max(1, part.stop - part.start)
    share = (exact, exact) if wrong.complete else wrong.share
    known, truth = wrong.known[stays], wrong.truth[stays]
    return replace(wrong, indices=left_over, known=known, truth=truth, pattern="", share=share), kinks


def _kinks_in_words(kinks: list[int], shape: tuple[int, ...]) -> str:
    where = ", ".join(str(list(map(int, np.unravel_index(k, shape)))) for k in kinks[:3]) if shape else ""
    more = f" and {len(kinks) - 3} more" if len(kinks) > 3 else ""
    where = f" ({where}{more})" if where else ""
    return f"at a kink{where} any slope between those of the two sides counts as right"


def _as_report(trial: Trial, name: str, wrong: Wrong, explained: Any, notes: tuple[str, ...]) -> InputReport:
    shape, part = trial.d.point.shapes[name], trial.d.point.slices[name]
    size = part.stop - part.start
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
        _problem(wrong, size),
        places,
        wrong.complete,
        wrong.share,
        wrong.pattern,
        at,
        yours,
        expected,
        explained,
        notes,
    )


def _problem(wrong: Wrong, size: int) -> str:
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
    low, high = wrong.share
    where = f" of {wrong.pattern}" if wrong.pattern else ""
    return f"wrong in {low:.0%} to {high:.0%} of {size:,} elements{where}"


def check_layer(
    layer: Any,
    *inputs: Any,
    mistakes: Sequence[Mistake] = (),
    words: Mapping[float, str] | None = None,
    seed: int = 0,
) -> GradientReport:
    """Check a layer: gradients of its inputs and of its parameters, also when it is called a second time.

    Parameters
    ----------
    layer : Layer
        Has `forward(*inputs)`, `backward(dout)`, and the class attributes `inputs` and `parameters`: the
        gradient of a parameter `w` is left in `dw`.
    *inputs : array_like
        The point.

    Examples
    --------
    >>> from course_lib import Elementwise
    >>> class Square(Elementwise):
    ...     def forward(self, x):
    ...         self.x = x
    ...         return x**2
    ...     def backward(self, dout):
    ...         return dout * self.x
    >>> print(check_layer(Square(), np.array([[1.0, -2.0, 3.0]])))  # doctest: +ELLIPSIS
    gradient check (complex step): failed
      dx: wrong in all of 3 elements; worst at [0, ...]: yours ...; it equals half the right value
    """
    names, parameters = tuple(layer.inputs), tuple(layer.parameters)

    def run(**named: Any) -> Any:
        for name in parameters:
            setattr(layer, name, named[name])
        return layer.forward(*(named[name] for name in names))

    def forward(**named: Any) -> Any:
        # Its cache must not be what backward finds: each backward follows a forward of its own.
        return run(**named)

    def backward(dout: Any, **named: Any) -> Mapping[str, Any]:
        run(**before)
        run(**named)
        result = layer.backward(dout)
        gradients = result if len(names) > 1 else (result,)
        made = dict(zip(names, gradients, strict=True))
        return made | {name: getattr(layer, f"d{name}") for name in parameters}

    kept = {name: getattr(layer, name) for name in parameters}
    point = dict(zip(names, inputs, strict=True)) | kept
    before = {name: np.ones(np.shape(value)) for name, value in point.items()}
    try:
        return _checked(forward, backward, point, None, mistakes, words, seed=seed, before=before)
    finally:
        for name, value in kept.items():
            setattr(layer, name, value)
