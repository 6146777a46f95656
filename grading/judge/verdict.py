"""One exercise: each of its checks on the student's answers, and what is told to whom.

    OneExercise    runs the checks, in a fresh session after a kill, and sums them up
    Blame          why a name is missing, where a cell is to blame for it

What a check raises becomes a status by the rules of `course_lib.checking.run`; what these let through is a
mistake of ours. The student's part of a hidden check's outcome has no details and no long numbers;
everything is in the staff's part.
"""

from __future__ import annotations

import re
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial

from course_lib.checking.model import (
    Exercise,
    Finding,
    NotDefined,
    Outcome,
    Student,
    StudentError,
    StudentStopped,
)
from course_lib.checking.run import outcome_of, report_on, require_callables
from course_lib.statuses import Status
from grading.judge.again import AsOfCheck
from grading.judge.checks import HiddenCheck, HiddenChecks, Ran
from grading.judge.harmless import clean
from grading.judge.recovery import Attempts, Workspace
from grading.judge.results import CellResult, CheckOutcome, ExerciseResult
from grading.judge.sanitise import Cell

__all__ = ["OUR_FAULT", "Blame", "OneExercise"]

OUR_FAULT = "The grader failed, not you. Staff will run it again."
_TESTED = "A hidden check found a wrong answer."


@dataclass(frozen=True)
class Blame:
    """Why a name is missing: the cell that should define it raised or had to be ended."""

    region: tuple[Cell, ...]
    cells: Mapping[str, CellResult]

    def of(self, missing: NotDefined) -> tuple[Status, Finding] | None:
        """The status and finding in place of "not attempted", or None where no cell is to blame."""
        wanted = re.compile(rf"\b{re.escape(missing.name)}\b")
        # A cell that speaks of the name first; else whichever did not end well.
        for cell in sorted(self.region, key=lambda c: wanted.search(c.source) is None):
            run = self.cells.get(cell.cell_id)
            if run is None or run.status is Status.PASSED:
                continue
            became = "raised an error" if run.status is Status.ERRORED else f"was ended ({run.status})"
            finding = Finding(
                f"The name {missing.name} is not defined, because its cell {became}.",
                (run.error,) if run.error else (),
                hint="Run that cell alone and mend what it says first.",
            )
            return run.status, finding
        return None


class OneExercise:
    """One exercise: each of its checks on the student's answers, with a fresh session after a kill."""

    def __init__(
        self,
        exercise: Exercise,
        workspace: Workspace,
        hidden: HiddenChecks,
        seed: str,
        blame: Blame,
        kept: Mapping[str, str],
    ) -> None:
        self._exercise, self._workspace, self._hidden = exercise, workspace, hidden
        self._seed, self._blame, self._kept = seed, blame, kept
        self._attempts = Attempts()
        self._outcomes: list[CheckOutcome] = []

    def ask_public(self) -> None:
        """Run the public checks: whatever the student's code says to them may be shown to the student."""
        for check in self._exercise.checks:
            self._outcomes.append(
                self._outcome(partial(_ran, check.run), check.title, check.worth, hidden=False)
            )

    def ask_hidden(self, asked: tuple[HiddenCheck, ...]) -> None:
        """Run the hidden checks in `asked`; from here on the student's code knows hidden inputs."""
        for check in asked:
            run = partial(self._hidden.run, check, seed=self._seed)
            self._outcomes.append(self._outcome(run, check.title, check.worth, hidden=True))

    def result(self, graded: Cell) -> ExerciseResult:
        """The result of the exercise by the checks that ran."""
        outcomes = self._outcomes
        report = report_on(
            self._exercise, tuple(Outcome(o.title, o.worth, o.status, o.finding, o.hidden) for o in outcomes)
        )
        ours = report.status is Status.SYSTEM_ERROR
        return ExerciseResult(
            self._exercise.name,
            self._exercise.title,
            graded.grade_id,
            graded.points,
            None if ours else report.score,
            report.status,
            tuple(outcomes),
            self._seed,
        )

    def _outcome(
        self, run: Callable[[Student], Ran], title: str, worth: int, *, hidden: bool
    ) -> CheckOutcome:
        if self._attempts.over:
            ran = Ran(StudentStopped(self._attempts.last))
        else:
            try:
                student = self._workspace.student()
            except StudentStopped as stopped:
                ran = Ran(stopped)
            else:
                if self._kept:
                    student = AsOfCheck(student, self._exercise.name, self._kept)
                ran = _ran(partial(require_callables, self._exercise), student)
                if ran.raised is None:
                    ran = run(student)
                killed = isinstance(ran.raised, StudentStopped) or self._workspace.dead is not None
                self._attempts.told(_status_of(ran.raised), killed)
                if told := self._workspace.take_printed():
                    ran = replace(ran, printed=f"{ran.printed}The student's code printed:\n{told}\n")
        return _capped(_told(ran, title, worth, hidden, self._blame))


def _ran(run: Callable[[Student], None], student: Student) -> Ran:
    try:
        run(student)
    except Exception as error:
        return Ran(error)
    return Ran(None)


def _status_of(raised: BaseException | None) -> Status:
    if raised is None:
        return Status.PASSED
    return raised.status if isinstance(raised, StudentStopped) else Status.FAILED


def _told(ran: Ran, title: str, worth: int, hidden: bool, blame: Blame) -> CheckOutcome:
    """What a check raised as an outcome: the student's part without anything hidden, the rest for staff."""
    raised = ran.raised
    detail = [ran.printed] if ran.printed else []
    if isinstance(raised, NotDefined) and (blamed := blame.of(raised)):
        status, finding = blamed
        if hidden:
            detail = [*finding.details, *detail]
            finding = _safe(finding)
        return CheckOutcome(title, worth, status, hidden, finding, "\n".join(detail))
    if raised is not None and not isinstance(raised, Exception):
        raised = RuntimeError(f"the check ended with {type(raised).__name__}: {raised}")
    try:
        outcome = outcome_of(lambda: _raise(raised), title, worth, hidden)
    except AssertionError as failed:
        if not hidden:
            return _our_fault(failed, title, worth, hidden, detail)
        return CheckOutcome(
            title, worth, Status.FAILED, True, Finding(_TESTED), "\n".join([*detail, ran.text])
        )
    except Exception as error:
        return _our_fault(error, title, worth, hidden, [*detail, ran.text])
    finding_of = outcome.finding
    if isinstance(raised, StudentError):
        detail.append(f"{raised.type_name}: {raised.message}\n{raised.traceback_text}")
    if hidden and finding_of is not None:
        detail = [finding_of.headline, *finding_of.details, *detail]
        finding_of = _safe(finding_of)
    return CheckOutcome(title, worth, outcome.status, hidden, finding_of, "\n".join(detail))


def _capped(outcome: CheckOutcome) -> CheckOutcome:
    """The outcome with texts of bounded length: some of them a student's code made up."""
    finding = outcome.finding
    if finding is not None:
        finding = replace(
            finding,
            headline=clean(finding.headline, 500),
            details=tuple(clean(text, 1000) for text in finding.details[:20]),
            cause=clean(finding.cause, 1000),
            hint=clean(finding.hint, 500),
        )
    return replace(outcome, finding=finding, detail=clean(outcome.detail, 8000))


def _raise(error: Exception | None) -> None:
    if error is not None:
        raise error


def _our_fault(error: Exception, title: str, worth: int, hidden: bool, detail: list[str]) -> CheckOutcome:
    told = "".join(traceback.format_exception(error))
    return CheckOutcome(
        title, worth, Status.SYSTEM_ERROR, hidden, Finding(OUR_FAULT), "\n".join([*detail, told])
    )


# Shapes and axes may be told; any other number may be an input, put there by the student's code (a factor,
# the length of an array that it made up). A factor is told where it is one of those that mistakes have.
_NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)*(?:[eE][-+]?\d+)?")
_A_FACTOR = re.compile(r"([-+]?\d[\d.]*(?:[eE][-+]?\d+)?)(?= times\b)")
_KNOWN_FACTORS = {"0.5", "0.25", "-0.5", "-1", "1", "2", "-2", "3", "4"}


def _safe(finding: Finding) -> Finding:
    """A finding of a hidden check as the student may see it: no details, no picture, no long numbers."""
    return Finding(_masked(finding.headline), (), _masked(finding.cause), _masked(finding.hint))


# The shape and the length of an answer are the student's own words too: of a shape only what it should have
# been is told.
_OWN_SHAPE = re.compile(r"(has|of) shape \([\d, ]*\)(?=,|\.)")
_OWN_LENGTH = re.compile(r"it has \d+\b")
# So is how many elements are wrong: as many as some hidden number, and feedback would tell it.
_OWN_COUNT = re.compile(r"\b\d+ of (?:the |its )?\d+ (?=[a-z])")
_MOST_DIGITS = 12


def _masked(text: str) -> str:
    text = _OWN_SHAPE.sub(lambda m: f"{m[1]} another shape", text)
    text = _OWN_LENGTH.sub("it has another number of them", text)
    text = _OWN_COUNT.sub("some of the ", text)
    text = _A_FACTOR.sub(lambda m: m[0] if m[0] in _KNOWN_FACTORS else "…", text)
    many = sum(c.isdigit() for c in text) > _MOST_DIGITS
    return _NUMBER.sub(lambda m: "…" if many or not _may_be_told(m[0]) else m[0], text)


def _may_be_told(number: str) -> bool:
    return number in _KNOWN_FACTORS or re.fullmatch(r"\d{1,4}", number) is not None
