"""What grading one submission gives, as frozen plain data that goes to JSON and back.

The student's part and the staff's part are apart: `CheckOutcome.finding` and everything of `ExerciseResult`
but `seed` may be shown to the student; `CheckOutcome.detail`, `seed` and `flags` are for staff.
"""

from __future__ import annotations

import json
import types
import typing
from dataclasses import asdict, dataclass, field, fields, is_dataclass
from enum import Enum
from functools import cache
from typing import Any, TypeVar

from course_lib.checking.model import Finding
from course_lib.statuses import Status

__all__ = [
    "CellResult",
    "CheckOutcome",
    "ExerciseResult",
    "NotebookResult",
    "Seconds",
    "SubmissionResult",
    "Versions",
    "WrittenAnswer",
    "from_json",
    "to_json",
]


@dataclass(frozen=True)
class CheckOutcome:
    """What became of one check.

    Parameters
    ----------
    finding : Finding or None
        What the student may see; of a hidden check without details.
    detail : str
        For staff: the details of a hidden check, tracebacks, what the check printed.
    """

    title: str
    worth: int
    status: Status
    hidden: bool
    finding: Finding | None = None
    detail: str = ""


@dataclass(frozen=True)
class ExerciseResult:
    """What became of one exercise.

    Parameters
    ----------
    grade_id : str
        The cell that carries the points, `check_NAME`.
    score : float or None
        None where the grader failed: a system error is never a score.
    seed : str
        Of the hidden inputs, for replay.
    """

    name: str
    title: str
    grade_id: str
    points: float
    score: float | None
    status: Status
    outcomes: tuple[CheckOutcome, ...]
    seed: str = ""


@dataclass(frozen=True)
class WrittenAnswer:
    """A written answer: 0 where nothing was written, else it waits for a person (score None)."""

    grade_id: str
    points: float
    attempted: bool

    @property
    def score(self) -> float | None:
        return None if self.attempted else 0.0


@dataclass(frozen=True)
class CellResult:
    """What became of one cell that ran in the sandbox; `outputs` are nbformat's, untrusted."""

    cell_id: str
    status: Status
    outputs: tuple[dict[str, Any], ...] = ()
    error: str = ""


@dataclass(frozen=True)
class Versions:
    """What the result rests on: a skew between two results is told to staff."""

    course_lib: str = ""
    release: str = ""
    checks: str = ""


@dataclass(frozen=True)
class Seconds:
    """Time spent on one notebook: in all, and for the cells; and the processor's, of student and judge."""

    total: float = 0.0
    sandbox: float = 0.0
    child_cpu_seconds: float = 0.0
    judge_cpu_seconds: float = 0.0


@dataclass(frozen=True)
class NotebookResult:
    """What became of one notebook; two results of the same bytes are equal (times are not compared).

    Parameters
    ----------
    problem : str
        Why there was no notebook to grade; "" where there was one.
    notes : tuple of str
        What was put right in the notebook, for staff and student.
    flags : tuple of str
        What staff may want to look at; never scored.
    """

    notebook: str
    student: str
    mode: str
    exercises: tuple[ExerciseResult, ...] = ()
    written: tuple[WrittenAnswer, ...] = ()
    cells: tuple[CellResult, ...] = ()
    problem: str = ""
    notes: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    versions: Versions = Versions()
    seconds: Seconds = field(default=Seconds(), compare=False)

    @property
    def failed_by_us(self) -> bool:
        """Whether some of it is a system error: it is listed and graded again, never final."""
        return any(exercise.status is Status.SYSTEM_ERROR for exercise in self.exercises)

    @property
    def points(self) -> float:
        """All points of the notebook, written answers included."""
        return sum(e.points for e in self.exercises) + sum(w.points for w in self.written)

    @property
    def score(self) -> float:
        """The points given so far, without what waits for a person or failed by our fault."""
        return round(sum(e.score or 0.0 for e in self.exercises), 2)


@dataclass(frozen=True)
class SubmissionResult:
    """All notebooks of one student for one assignment."""

    student: str
    assignment: str
    notebooks: tuple[NotebookResult, ...]


Result = TypeVar("Result")


def to_json(result: Any) -> str:
    """One line of JSON.

    >>> from_json(WrittenAnswer, to_json(WrittenAnswer("why", 2, True)))
    WrittenAnswer(grade_id='why', points=2, attempted=True)
    """
    return json.dumps(asdict(result), ensure_ascii=False, separators=(",", ":"))


def from_json(kind: type[Result], text: str | bytes) -> Result:
    """A result out of its JSON.

    Raises
    ------
    ValueError
        The text is not JSON or not of this kind.
    """
    try:
        loaded = _load(kind, json.loads(text))
    except (TypeError, KeyError, AttributeError) as error:
        raise ValueError(f"not a {kind.__name__}: {error}") from error
    return typing.cast(Result, loaded)


@cache
def _hints(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _load(kind: Any, data: Any) -> Any:
    if isinstance(kind, type) and is_dataclass(kind):
        hints = _hints(kind)
        known = {f.name for f in fields(kind)}
        if data.keys() - known:
            raise KeyError(f"unknown fields {sorted(data.keys() - known)}")
        return kind(**{name: _load(hints[name], value) for name, value in data.items()})
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind(data)
    origin = typing.get_origin(kind)
    if origin is tuple:
        return tuple(_load(typing.get_args(kind)[0], item) for item in data)
    if origin in (types.UnionType, typing.Union):
        return None if data is None else _load(typing.get_args(kind)[0], data)
    return data
