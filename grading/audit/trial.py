"""One answer on all checks of its exercise, in this process: the answers are the course's own.

    trial       what public and hidden checks make of one solution cell
    Trial       their outcomes, and what is read out of them

Hidden checks are called as plain functions, each with the random numbers of a few fixed draws. A check's
limits of time and memory hold for the processor time and the address space of this process; an answer that
does not end is ended, and those of its checks that are left are not asked.
"""

from __future__ import annotations

import inspect
import itertools
import resource
import signal
import warnings
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, replace
from functools import cache
from importlib import import_module
from io import StringIO
from types import FrameType
from typing import Any

import numpy as np

from course_lib.checking.confirm import claims
from course_lib.checking.model import CheckFailed, Exercise, Finding, Outcome, Report, StudentStopped
from course_lib.checking.run import outcome_of, require_callables, run_exercise
from course_lib.checking.smaller import Budget
from course_lib.checking.student import LocalStudent
from course_lib.exercises import exercises_of, find_exercise
from course_lib.statuses import Status
from grading.authoring.errors import AuthoringError
from grading.bank import workspace

__all__ = ["Trial", "trial"]

_DRAWS = 3
_FACTOR = frozenset({"# times the right value, everywhere"})


@dataclass(frozen=True)
class _Hidden:
    """A hidden check as a function of a student and random numbers."""

    title: str
    worth: int
    run: Callable[..., None]

    def on(self, student: Any, draw: int) -> None:
        """Run it; `draw` chooses its random numbers."""
        name = self.run.__name__
        fixtures = {"student": student, "rng": np.random.default_rng([draw, zlib.crc32(name.encode())])}
        try:
            self.run(*(fixtures[p] for p in inspect.signature(self.run).parameters))
        except AssertionError as failed:
            raise CheckFailed(Finding("A hidden check found a wrong answer.", (str(failed),))) from failed


@dataclass(frozen=True)
class Trial:
    """What became of one answer: its public report, and the outcomes of the hidden checks draw by draw."""

    public: Report
    hidden: tuple[tuple[Outcome, ...], ...]

    @property
    def caught_in_public(self) -> bool:
        # Not by the score: an exercise may be worth no points.
        return any(outcome.status is not Status.PASSED for outcome in self.public.outcomes)

    @property
    def caught(self) -> bool:
        """Whether it loses points by public checks or by the first draw of the hidden ones."""
        return self.caught_in_public or any(o.status is not Status.PASSED for o in self.hidden[0])

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        """All that it did not pass, public ones first."""
        every = (*self.public.outcomes, *(o for draw in self.hidden for o in draw))
        return tuple(o for o in every if o.status is not Status.PASSED)

    @property
    def only_raised(self) -> bool:
        """Whether every check that was not passed ended with an error, none with a comparison."""
        return self.caught and not any(o.status is Status.FAILED for o in self.outcomes)

    def claims(self) -> list[tuple[str, frozenset[str]]]:
        """What findings speak of and which mistakes they name, where that was looked into.

        A mere factor is no mistake: it is left out.
        """
        every = [claims(outcome.finding) for outcome in self.outcomes if outcome.finding]
        return [(of, named) for of, named in every if named is not None and named != _FACTOR]


def trial(notebook: str, exercise: str, source: str, *, cpu_seconds: float) -> Trial:
    """What the checks of `exercise` make of the solution cell `source`; each check may take `cpu_seconds`.

    Draws after the first are made of those hidden checks alone that compared a value and found it wrong.
    """
    asked = find_exercise(exercise)
    with warnings.catch_warnings(), redirect_stdout(StringIO()), redirect_stderr(StringIO()):
        warnings.simplefilter("ignore")
        student = _Limited(_namespace(notebook, asked, source, cpu_seconds))
        ask = _Asking(cpu_seconds)
        public = run_exercise(
            replace(asked, checks=tuple(replace(check, run=ask.held(check.run)) for check in asked.checks)),
            student,
            Budget(calls=0),  # no counterexamples: nobody reads them here
        )
        checks, hidden = _hidden_checks(notebook).get(exercise, ()), []
        for draw in range(_DRAWS):
            hidden.append(tuple(ask.hidden(check, asked, student, draw) for check in checks))
            compared = [o.status is Status.FAILED and bool(o.finding and o.finding.cause) for o in hidden[-1]]
            checks = tuple(itertools.compress(checks, compared))
    return Trial(public, tuple(hidden))


def _namespace(notebook: str, asked: Exercise, source: str, cpu_seconds: float) -> dict[str, Any]:
    space = dict(_solved(notebook))
    try:
        with _cpu(cpu_seconds):
            exec(compile(source, asked.name, "exec"), space)
    except (Exception, _Ended):
        # As in a notebook whose cell raised: nothing that it should define is there.
        for name in asked.defines:
            space.pop(name, None)
    return space


class _Asking:
    """Asks checks, until one takes too long: what is asked after it is answered as that was."""

    def __init__(self, cpu_seconds: float) -> None:
        self._cpu_seconds, self._over = cpu_seconds, False

    def held(self, run: Callable[[Any], None]) -> Callable[[Any], None]:
        """`run`, ended in time."""

        def one(student: Any) -> None:
            try:
                if self._over:
                    raise _Ended
                with _cpu(self._cpu_seconds):
                    run(student)
            except (_Ended, StudentStopped):
                self._over = True
                raise StudentStopped(Status.TIMED_OUT) from None

        return one

    def hidden(self, check: _Hidden, asked: Exercise, student: Any, draw: int) -> Outcome:
        """The outcome of a hidden check."""

        def run() -> None:
            require_callables(asked, student)
            self.held(lambda student: check.on(student, draw))(student)

        return outcome_of(run, check.title, check.worth, hidden=True)


@cache
def _hidden_checks(notebook: str) -> Mapping[str, tuple[_Hidden, ...]]:
    """The hidden checks of one notebook, by exercise."""
    found: dict[str, tuple[_Hidden, ...]] = {}
    for name, check in vars(import_module(f"grading.checks.test_{notebook}")).items():
        marks = [mark for mark in getattr(check, "pytestmark", ()) if mark.name == "exercise"]
        if name.startswith("test_") and marks:
            place = f"{name} in grading/checks/test_{notebook}.py"
            if not (check.__doc__ or "").strip():
                raise AuthoringError(
                    f"{place} has no docstring.",
                    "Its first line is the title that students see.",
                    "Write one.",
                )
            if marks[0].args[0] not in {exercise.name for exercise in exercises_of(notebook)}:
                raise AuthoringError(
                    f"{place} is marked for {marks[0].args[0]!r}, which is no exercise of this notebook.",
                    "It would never be run.",
                    "Mend the name in @pytest.mark.exercise.",
                )
            one = _Hidden(check.__doc__.strip().splitlines()[0], marks[0].kwargs["worth"], check)
            found[marks[0].args[0]] = (*found.get(marks[0].args[0], ()), one)
    return found


@cache
def _solved(notebook: str) -> Mapping[str, Any]:
    return workspace(notebook)


class _Ended(BaseException):
    """The processor time is used up; no `except Exception` of an answer holds it up."""


class _Limited(LocalStudent):
    """Answers in this process, held to the limits of a check."""

    @contextmanager
    def limit(self, *, wall_seconds: float | None = None, memory_bytes: int | None = None) -> Iterator[None]:
        """As in the judge, but by processor time: other processes must not make a right answer late."""
        before = resource.getrlimit(resource.RLIMIT_AS)
        if memory_bytes is not None:
            resource.setrlimit(resource.RLIMIT_AS, (_address_space() + memory_bytes, before[1]))
        try:
            with _cpu(wall_seconds or 60.0):
                yield
        except _Ended:
            raise StudentStopped(Status.TIMED_OUT) from None
        finally:
            resource.setrlimit(resource.RLIMIT_AS, before)


def _address_space() -> int:
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[0]) * resource.getpagesize()


@contextmanager
def _cpu(seconds: float) -> Iterator[None]:
    """Raise `_Ended` when the block takes more processor time; blocks may stand in one another."""

    def end(number: int, frame: FrameType | None) -> None:
        raise _Ended

    handler = signal.signal(signal.SIGPROF, end)
    left = signal.setitimer(signal.ITIMER_PROF, seconds)[0]
    try:
        yield
    finally:
        used = seconds - signal.setitimer(signal.ITIMER_PROF, 0)[0]
        signal.signal(signal.SIGPROF, handler)
        if left:
            signal.setitimer(signal.ITIMER_PROF, max(left - used, 1e-3))
