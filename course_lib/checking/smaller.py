"""The smallest inputs on which an answer is wrong in the same way, as lines to paste and run.

Theory of operation. A check that failed is run again, the very same function, on the small cases that it
brings along (`Check.smaller`), the smallest first; so the truth is the same numerical derivative, and nothing
is written twice. The student's functions are called through a recorder, which writes down each call with its
arguments; the lines shown are those that lead to the value that failed. Same way means: the headline says the
same (numbers apart), and so does one of the mistakes that fit.

Only for answers in the notebook's own process: in the judge a call costs more, and inputs must not get out.
The calls are few and have a deadline, which ends a loop in the student's code too; what is raised in a small
case is no counterexample, and what is printed there is not shown.

    Budget          how many calls, how many seconds
    counterexample  the lines, or "" where no small case shows the mistake
"""

from __future__ import annotations

import io
import re
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

import numpy as np

from course_lib.checking.model import Check, CheckFailed, NotDefined, StudentError, Wrong
from course_lib.checking.student import LocalStudent

__all__ = ["Budget", "OverBudget", "counterexample"]

_WIDTH = 78


class OverBudget(BaseException):
    """The budget is used up; no `except Exception` of the student's catches it."""


@dataclass
class Budget:
    """What may be spent on the counterexamples: calls for each check, seconds for all of an exercise."""

    calls: int = 20
    seconds: float = 0.05
    _deadline: float | None = field(default=None, init=False)

    def require(self) -> None:
        """End the search when the time is up; it runs from the first question on."""
        now = time.perf_counter()
        if self._deadline is None:
            self._deadline = now + self.seconds
        if now > self._deadline:
            raise OverBudget

    @contextmanager
    def call(self) -> Iterator[None]:
        """End the student's code inside the block when the time is up."""
        before = sys.gettrace()

        def trace(frame: FrameType, event: str, argument: Any) -> Any:
            self.require()
            return trace

        # Not by a signal, which would need the main thread and Unix.
        sys.settrace(trace)
        try:
            yield
        finally:
            sys.settrace(before)


def counterexample(check: Check, failed: CheckFailed, student: LocalStudent, budget: Budget) -> str:
    """Lines of numpy that show the mistake of `failed` on small whole numbers; "" where there are none."""
    if check.smaller is None or failed.wrong is None:
        return ""
    quiet = io.StringIO()
    recorder = _Recorder(student, budget)
    with warnings.catch_warnings(), redirect_stdout(quiet), redirect_stderr(quiet):
        warnings.simplefilter("ignore")
        try:
            for run in check.smaller():
                budget.require()
                recorder.forget()
                again = _failure(run, recorder)
                if again is None or again.wrong is None or not _same(failed, again):
                    continue
                if lines := recorder.lines(again.wrong):
                    return lines
        except (OverBudget, _CannotBeWritten):
            pass
    return ""


def _failure(run: Callable[[Any], None], student: Any) -> CheckFailed | None:
    try:
        run(student)
    except CheckFailed as failed:
        return failed
    except (StudentError, NotDefined):
        pass
    return None


# "in 3 of 12 elements", and shapes: they differ from case to case.
_OF_THE_CASE = re.compile(r" in (all|\d+) of \d+ elements|\([\d, ]*\)")
_NUMBER = re.compile(r"\d[\d.]*(e[-+]?\d+)?")


def _same(failed: CheckFailed, again: CheckFailed) -> bool:
    first, second = (_OF_THE_CASE.sub("", f.finding.headline) for f in (failed, again))
    if first != second or failed.wrong is None or again.wrong is None:
        return False
    # The two that the panel names; in a small case more may fit.
    named = set(map(_claim, failed.wrong.causes[:2]))
    if named:
        return bool(named & set(map(_claim, again.wrong.causes)))
    return _finite(failed.wrong.value) == _finite(again.wrong.value)


def _claim(cause: str) -> str:
    """A mistake without its numbers; of a single number nothing is said of everywhere."""
    return _NUMBER.sub("#", cause).removesuffix(" everywhere")


def _finite(value: Any) -> bool:
    return bool(np.all(np.isfinite(np.asarray(value, dtype=float))))


class _CannotBeWritten(Exception):
    """An argument that is no array, number, shape or given function."""


@dataclass
class _Step:
    """One call: what has to stand before it, the call itself, and the object it was made on or made."""

    before: tuple[tuple[str, str], ...]
    call: str
    on: str = ""


class _Recorder:
    """A student that writes down what is asked of it."""

    def __init__(self, student: LocalStudent, budget: Budget) -> None:
        self._student, self._budget = student, budget
        self._called = 0
        self.forget()

    def forget(self) -> None:
        """Begin a new case."""
        self._steps: list[_Step] = []
        self._values: list[tuple[Any, str, int]] = []
        self._sources: dict[int, tuple[Any, str, str]] = {}
        self._objects = 0

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _Part(self, getattr(self._student, name), name, "")

    def define(self, source: str, name: str) -> Any:
        value = self._student.define(source, name)
        self._sources[id(value)] = value, name, source.strip()
        return value

    def limit(self, **limits: Any) -> AbstractContextManager[None]:
        return self._student.limit(**limits)

    def called(self, part: _Part, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Make the call and write it down with the arguments as they were before it."""
        self._called += 1
        if self._called > self._budget.calls:
            raise OverBudget
        self._budget.require()
        names = part._target.parameters()
        before: list[tuple[str, str]] = []
        given = [
            *(self._written(v, names[i] if i < len(names) else f"a{i}", before) for i, v in enumerate(args)),
            *(f"{key}={self._written(v, key, before)}" for key, v in kwargs.items()),
        ]
        call = f"{part._text}({', '.join(given)})"
        with self._budget.call():
            value = _apart(part._target(*args, **kwargs))
        self._steps.append(_Step(tuple(before), call, part._on))
        if type(value).__name__ == "_Object":
            self._objects += 1
            name = self._free("layer" if self._objects == 1 else f"layer{self._objects}")
            self._steps[-1] = _Step(tuple(before), f"{name} = {call}", name)
            return _Part(self, value, name, name)
        self.saw(value, call)
        return value

    def saw(self, value: Any, text: str) -> None:
        """Keep a value, and each part of it, with how it is got at."""
        step = len(self._steps) - 1
        self._values.append((value, text, step))
        inner = value.items() if isinstance(value, dict) else enumerate(value) if _many(value) else ()
        self._values += [(item, f"{text}[{_key(key)}]", step) for key, item in inner]

    def lines(self, wrong: Wrong) -> str:
        """The lines that lead to the wrong value, and what it is and should be."""
        found = next((v for v in reversed(self._values) if v[0] is wrong.value), None) or next(
            (v for v in reversed(self._values) if _alike(v[0], wrong.value)), None
        )
        if found is None:
            return ""
        _, text, last = found
        # A step on an object has an object in its call; its other steps come first.
        on = self._steps[last].on
        steps = [s for s in self._steps[: last + 1] if on and s.on == on] or [self._steps[last]]
        alone = text == steps[-1].call or text.startswith(f"{steps[-1].call}[")
        out = _script(steps)
        if alone:
            out.pop()
        return "\n".join([*out, *_told(text, wrong)])

    def _written(self, value: Any, name: str, before: list[tuple[str, str]]) -> str:
        if id(value) in self._sources:
            _, called, source = self._sources[id(value)]
            name = self._free(called)
            before.append((name, source.replace(f"def {called}(", f"def {name}(")))
            return name
        name = self._free(name)
        if isinstance(value, np.ndarray) and value.ndim and value.dtype.kind in "if":
            before.append((name, f"np.array({_shown(value, exact=True)})"))
            return name
        if _many(value) and value and all(isinstance(v, np.ndarray) and v.ndim for v in value):
            each = (f"np.array({_shown(v, exact=True)})" for v in value)
            before.append((name, f"[{', '.join(each)}]"))
            return name
        if isinstance(value, dict) and all(isinstance(v, int | float) or np.ndim(v) for v in value.values()):
            inside = (
                f'"{k}": {f"np.array({_shown(v, exact=True)})" if np.ndim(v) else repr(v)}'
                for k, v in value.items()
            )
            before.append((name, f"{{{', '.join(inside)}}}"))
            return name
        if isinstance(value, int | float | np.integer | np.floating | str):
            return repr(value.item() if isinstance(value, np.generic) else value)
        if type(value) is tuple and all(type(item) is int for item in value):
            return repr(value)
        raise _CannotBeWritten(name)

    def _free(self, name: str) -> str:
        """Not a name that the notebook uses: pasting must not change what later cells read."""
        return f"{name}_" if self._student.holds(name) else name


class _Part:
    """A function, an object or a method of the student's, under the recorder's eyes."""

    def __init__(self, recorder: _Recorder, target: Any, text: str, on: str) -> None:
        # Underscores: the student's attributes are asked for by name.
        self._recorder, self._target, self._text, self._on = recorder, target, text, on

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._recorder.called(self, args, kwargs)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        value, text = getattr(self._target, name), f"{self._text}.{name}"
        if callable(value):
            return _Part(self._recorder, value, text, self._on)
        self._recorder.saw(value, text)
        return value


def _apart(value: Any) -> Any:
    """`value` with no part of it twice the same object: each is known by its place."""
    if isinstance(value, dict):
        return dict(zip(value, _apart(list(value.values())), strict=True))
    if not _many(value):
        return value
    ids = [id(part) for part in value]
    return type(value)(_again(part) if ids.index(id(part)) < i else part for i, part in enumerate(value))


def _again(part: Any) -> Any:
    """The same number or array as another object."""
    if isinstance(part, np.ndarray | np.generic):
        return part.copy()
    if type(part) is float:
        return float.fromhex(part.hex())
    # A small integer is one object wherever it stands.
    return np.int64(part) if type(part) is int and abs(part) < 2**63 else part


def _key(key: Any) -> str:
    return f'"{key}"' if isinstance(key, str) else repr(key)


def _many(value: Any) -> bool:
    return isinstance(value, tuple | list)


def _alike(value: Any, wrong: Any) -> bool:
    """The same numbers, where a check has made something else of the value (a float of a numpy number)."""
    if _many(value) or isinstance(value, dict) or type(value).__name__.startswith("_"):
        return False
    try:
        return bool(np.array_equal(np.asarray(value, dtype=float), np.asarray(wrong, dtype=float), True))
    except (TypeError, ValueError):
        return False


def _script(steps: Sequence[_Step]) -> list[str]:
    """The calls with what has to stand before them: all of it first, where no name changes its value."""
    pairs = list(dict.fromkeys(pair for step in steps for pair in step.before))
    if len(dict(pairs)) == len(pairs):
        return [*_assignments(pairs), *(step.call for step in steps)]
    return [line for step in steps for line in (*_assignments(step.before), step.call)]


def _assignments(pairs: Sequence[tuple[str, str]]) -> list[str]:
    """As few lines as the width allows; a function has lines of its own."""
    lines: list[str] = []
    for name, text in pairs:
        one = text if text.startswith("def ") else f"{name} = {text}"
        short = lines and "def " not in lines[-1] + one and len(lines[-1]) + len(one) + 2 <= _WIDTH
        lines[-1:] = [f"{lines[-1]}; {one}"] if short else [*lines[-1:], one]
    return lines


def _told(call: str, wrong: Wrong) -> list[str]:
    value, expected = wrong.value, np.asarray(wrong.expected)
    if isinstance(value, np.ndarray) and value.shape != expected.shape:
        yours, right = f"has shape {value.shape}", f"{expected.shape}"
    else:
        yours, right = _shown(np.asarray(value)), _shown(expected)
    one = f"{call}  # yours {yours}, expected {right}"
    return [one] if len(one) <= _WIDTH else [call, f"# yours    {yours}", f"# expected {right}"]


def _shown(value: Any, *, exact: bool = False, in_array: bool = False) -> str:
    """A number or an array as it is typed, 1. and not 1.0 in it; with as many digits as are needed, or six.

    >>> _shown(np.array([[1.0, -0.25], [2 / 3, -np.inf]])), _shown(np.array(3.0))
    ('[[1., -0.25], [0.666667, -np.inf]]', '3')
    """
    if value.ndim:
        return f"[{', '.join(_shown(item, exact=exact, in_array=True) for item in value)}]"
    number = value.item()
    if isinstance(number, int):
        return str(number)
    if not np.isfinite(number):
        return "-np.inf" if number < 0 else f"np.{number}"
    text = (repr(number) if exact else f"{number:.6g}").removesuffix(".0")
    return f"{text}." if in_array and text.lstrip("-").isdigit() else text
