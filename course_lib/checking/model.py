"""The plain data of checking: exercises, checks, findings, outcomes, reports, and how an answer can fail.

A *student* is an object with answers by name (`student.affine(x, w, b)`): in a notebook a `LocalStudent`,
in the judge a proxy to a confined process. Checks cannot tell them apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from course_lib.statuses import Status

__all__ = [
    "Check",
    "CheckFailed",
    "Exercise",
    "Finding",
    "NotDefined",
    "Opaque",
    "Outcome",
    "Picture",
    "Report",
    "Student",
    "StudentError",
    "StudentStopped",
    "Wrong",
]


class Student(Protocol):
    """Answers by name, and a way to put helper code on the student's side."""

    def __getattr__(self, name: str, /) -> Any: ...

    def define(self, source: str, name: str) -> Any:
        """Run `source` on the student's side and hand back what it calls `name`, to be an argument."""

    def limit(
        self, *, wall_seconds: float | None = None, memory_bytes: int | None = None
    ) -> AbstractContextManager[None]:
        """Hold the calls inside the block to a time and a growth of memory (in a notebook: no limit)."""


@dataclass(frozen=True)
class Picture:
    """Which elements of an array, or which nodes of a graph, are wrong.

    `label` says it in words, and alone where the array is too large to draw; `rows` hold one of "·" and "✗"
    for each element, `svg` the drawing of a graph, with its own text alternative. Of a hidden check no
    student sees it: their code knows the hidden inputs by then, and could write them down by which elements
    it spoils.
    """

    label: str
    rows: tuple[str, ...] = ()
    svg: str = ""


@dataclass(frozen=True)
class Finding:
    """What is wrong with one answer, and why; in three levels.

    Parameters
    ----------
    headline : str
        One sentence: which answer is wrong, and in what. Never an input value: it is shown for hidden
        checks too.
    details : tuple of str
        Where: the worst element with its numbers. May hold input values; of a hidden check it goes to staff
        only.
    cause : str
        What the answer equals, in words, or that no explanation fits. Never an input value, never the right
        formula.
    hint : str
        What to reread or to try. Never an input value.
    picture : Picture or None
        Where, as a map; of public checks alone.
    example : str
        Where, as a few lines to paste: the smallest inputs that show it. In a notebook alone.
    """

    headline: str
    details: tuple[str, ...] = ()
    cause: str = ""
    hint: str = ""
    picture: Picture | None = None
    example: str = ""


@dataclass(frozen=True)
class Check:
    """One thing an answer must do; `run` raises `CheckFailed` where it does not.

    `smaller` makes runs of the same on small whole numbers, the smallest first: of these a counterexample is
    taken (`checking.smaller`).
    """

    title: str
    worth: int
    run: Callable[[Student], None]
    smaller: Callable[[], Iterable[Callable[[Student], None]]] | None = None


@dataclass(frozen=True)
class Exercise:
    """One exercise: what it is called, where it stands, what it is worth and how it is checked in public.

    `defines` are the names that the student's cell must define; `reread` names the part of the notebook that
    teaches it; `differences` says that the answer may well be a numerical derivative, which is flagged
    elsewhere.
    """

    name: str
    notebook: str
    title: str
    points: float
    defines: tuple[str, ...]
    checks: tuple[Check, ...]
    reread: str
    differences: bool = False


@dataclass(frozen=True)
class Outcome:
    """What became of one check."""

    title: str
    worth: int
    status: Status
    finding: Finding | None = None
    hidden: bool = False


@dataclass(frozen=True)
class Report:
    """What became of one exercise."""

    exercise: str
    title: str
    points: float
    score: float
    status: Status
    outcomes: tuple[Outcome, ...]
    warnings: tuple[str, ...] = ()
    reread: str = ""


@dataclass(frozen=True)
class Opaque:
    """Stands for a value that is not plain data: only the name of its type is known."""

    type_name: str


@dataclass(frozen=True)
class Wrong:
    """The value that failed a check, as it came, what was expected, and all mistakes that fit (in words)."""

    value: Any
    expected: Any
    causes: tuple[str, ...] = ()


class CheckFailed(Exception):
    """An answer is wrong; carries the finding and, where it is about one value, that value."""

    def __init__(self, finding: Finding, wrong: Wrong | None = None) -> None:
        super().__init__(finding.headline)
        self.finding, self.wrong = finding, wrong


class NotDefined(Exception):
    """The student's side has no such name."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class StudentError(Exception):
    """The student's code raised; all three texts are the student's and may hold anything."""

    def __init__(self, type_name: str, message: str, traceback_text: str = "") -> None:
        super().__init__(type_name, message)
        self.type_name, self.message, self.traceback_text = type_name, message, traceback_text


class StudentStopped(Exception):
    """The student's process had to be ended or ended itself (judge only)."""

    def __init__(self, status: Status, reason: str = "") -> None:
        super().__init__(status, reason)
        self.status, self.reason = status, reason
