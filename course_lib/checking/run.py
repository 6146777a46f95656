"""From checks to statuses and points: `outcome_of`, `run_exercise`, `score`."""

from __future__ import annotations

import builtins
import warnings
from collections.abc import Callable, Iterable
from dataclasses import replace

from course_lib.checking.model import (
    Check,
    CheckFailed,
    Exercise,
    Finding,
    NotDefined,
    Outcome,
    Report,
    Student,
    StudentError,
    StudentStopped,
)
from course_lib.checking.smaller import Budget, counterexample
from course_lib.checking.student import LocalStudent
from course_lib.statuses import Status, worst

__all__ = ["outcome_of", "report_on", "require_callables", "run_exercise", "score"]

_SAFE_NAMES = {name for name, value in vars(builtins).items() if isinstance(value, type)} | {
    "ShapeError",
    "LinAlgError",
    "AxisError",
}
_STOPPED = {
    Status.TIMED_OUT: "Your code ran too long and was ended.",
    Status.OUT_OF_MEMORY: "Your code needed more memory than the exercise allows.",
    Status.CRASHED: "Your code ended the process it ran in.",
    Status.SYSTEM_ERROR: "The grader failed, not you. Staff will run it again.",
}
_ENDLESS = "Is there a loop that never ends? What it waits for must get nearer with every turn."


# By the exception and a part of its message. The words are constant: they carry nothing of the student's out.
_PRODUCT = (
    "The inner two sizes of a product must be equal: print the shapes of both factors. "
    "If they are of one shape, is the step one element by element? Then it is a * b, and np.dot is not."
)
_BROADCAST = (
    "Element by element, two arrays need equal sizes (or a size of 1) on each axis: print the shapes of both."
    " Or is an index to be summed over, as in a matrix product?"
)
_FIXED_SIZE = (
    "A numpy integer has a fixed size, and a number has run over it. Which of the numbers are still numpy's? "
    "int(…) makes a Python integer of each, before it is multiplied; what has run over stays wrong."
)
_ONE_NUMBER = (
    "A factor of this product is a single number. Where did an array become one? np.max and np.sum give one "
    "number; np.maximum compares element by element."
)
_HINTS = {
    ("ValueError", "mismatch in its core dimension"): _PRODUCT,
    ("ValueError", "not aligned"): _PRODUCT,
    ("ValueError", "does not have enough dimensions"): _ONE_NUMBER,
    ("ValueError", "operands could not be broadcast"): _BROADCAST,
    (
        "ValueError",
        "inhomogeneous shape",
    ): "Parts of several shapes are to become one array, as np.array and np.where make one of what they "
    "get. Two gradients are two arrays: make each of them by itself.",
    (
        "ValueError",
        "truth value of an array",
    ): "An array has no single truth value, and `if` decides once for all elements, as Python's max(a, b) "
    "does. A comparison such as x > y is an array: np.where takes one, and np.maximum compares each element.",
    (
        "TypeError",
        "only integer scalar arrays",
    ): "An array stands where one whole number is due: an index of a list, or an axis. np.max(a, b) takes b "
    "for an axis; the larger of two, element by element, is np.maximum(a, b).",
    (
        "ValueError",
        "cannot reshape array",
    ): "reshape keeps all numbers, in their order. Where there are too many, some have to be added up first.",
    (
        "ValueError",
        "too many values to unpack",
    ): "On the left there are fewer names than values on the right: how "
    "many are there? Of a list of any length, a loop takes them one by one.",
    (
        "ValueError",
        "not enough values to unpack",
    ): "On the left there are more names than values on the right: how "
    "many are there? Of a list of any length, a loop takes them one by one.",
    (
        "AxisError",
        "out of bounds for array",
    ): "The array has fewer axes than this one: print its shape. Axes count "
    "from 0, and of a vector there is only axis 0.",
    (
        "IndexError",
        "out of bounds for axis",
    ): "An index runs past the end: indices count from 0 to the size less 1. "
    "Print the shape, and look which index belongs to which axis.",
    (
        "IndexError",
        "too many indices for array",
    ): "The array has fewer axes than indices in the brackets: print its shape.",
    (
        "NameError",
        "is not defined",
    ): "Python knows no such name on this line. Is it spelt as where it was made, and "
    "was the cell that makes it run? What a method kept is self.name.",
    (
        "UnboundLocalError",
        "local variable",
    ): "The name is read before anything was put under it: on this way through the function "
    "the line that sets it has not been reached.",
    ("AttributeError", "object has no attribute"): "Nothing was put under this name. What backward reads, "
    "forward must have kept; and is it spelt in the same way?",
    ("OverflowError", "out of bounds for"): _FIXED_SIZE,
    (
        "TypeError",
        "+=: 'NoneType'",
    ): "There is nothing to add to: += adds to an old value, and = puts in a new one. "
    "Which is due here, if the function runs twice?",
    (
        "TypeError",
        "positional argument",
    ): "How many arguments does the function have? The first one of a method is self, "
    "as in def forward(self, x).",
    (
        "TypeError",
        "'NoneType' object is not iterable",
    ): "A loop goes through something that is None. list.reverse(), sort() and append() change the list and "
    "return None: reversed(list) can be gone through.",
    ("TypeError", "'NoneType'"): "One of the values is None: was anything put into it before this line?",
}


def outcome_of(run: Callable[[], None], title: str, worth: int, hidden: bool = False) -> Outcome:
    """Run one check and say what became of it.

    `run` raises `CheckFailed`, or lets pass what the student's side raised. Any other exception is a
    mistake of the check, hence of ours: it is let through.
    """
    status, finding = Status.PASSED, None
    try:
        run()
    except CheckFailed as failed:
        status, finding = Status.FAILED, failed.finding
    except NotDefined as missing:
        status = Status.NOT_ATTEMPTED
        finding = Finding(
            f"The name {missing.name} is not defined.",
            hint="Run the cell above first. If it was deleted or renamed, write it again under this name.",
        )
    except StudentError as error:
        status, finding = _raised(error)
    except StudentStopped as stopped:
        status, finding = (
            stopped.status,
            Finding(
                _STOPPED[stopped.status],
                (stopped.reason,) if stopped.reason else (),
                hint=_ENDLESS if stopped.status is Status.TIMED_OUT else "",
            ),
        )
    return Outcome(title, worth, status, finding, hidden)


def _raised(error: StudentError) -> tuple[Status, Finding]:
    # The name and the message are the student's own and could carry a hidden input out: only known names
    # are shown, the message is a detail.
    if error.type_name == "NotImplementedError":
        return Status.NOT_ATTEMPTED, Finding("Not written yet.")
    if error.type_name == "MemoryError":
        return Status.OUT_OF_MEMORY, Finding(_STOPPED[Status.OUT_OF_MEMORY], (error.message,))
    if error.type_name == "ShapeError":
        return Status.FAILED, Finding("A gradient has another shape than its variable.", (error.message,))
    if error.type_name == "DefinitionError":
        return Status.FAILED, Finding("The layer does not keep to forward and backward.", (error.message,))
    name = error.type_name if error.type_name in _SAFE_NAMES else "an exception of its own"
    text = f"{error.type_name}: {error.message}" if error.message else error.type_name
    hints = (hint for (kind, part), hint in _HINTS.items() if kind == name and part in error.message)
    hint = next(hints, "")
    details = (*_last_frame(error.traceback_text), text)
    return Status.ERRORED, Finding(f"Your code raised {name}.", details, hint=hint)


# Libraries, the course's own code, and helper code of a check.
_NOT_THEIRS = ("site-packages", "<__array_function__", "course_lib", '"<string>"')


def _last_frame(traceback_text: str) -> list[str]:
    """The innermost line outside of libraries, without the carets that mark a part of it."""
    lines = [line.strip() for line in traceback_text.splitlines()]
    starts = [i for i, line in enumerate(lines) if line.startswith("File ")]
    own = [i for i in starts if not any(part in lines[i] for part in _NOT_THEIRS)]
    starts = own or starts
    if not starts:
        return []
    after = lines[starts[-1] + 1 : starts[-1] + 2]
    frame = [line for line in after if line.strip("~^ ") and not line.startswith("File ")]
    place = lines[starts[-1]].rpartition(", line ")[2]
    return [f"line {place}: {source}" for source in frame] or [f"line {place}"]


def score(points: float, outcomes: Iterable[Outcome]) -> float:
    """Points times the share, by worth, of the checks passed; a built-in float in [0, points].

    >>> score(2, [Outcome("a", 1, Status.PASSED), Outcome("b", 3, Status.FAILED)])
    0.5
    """
    outcomes = tuple(outcomes)
    total = sum(outcome.worth for outcome in outcomes)
    passed = sum(outcome.worth for outcome in outcomes if outcome.status is Status.PASSED)
    return round(float(points) * passed / total, 2) if total else 0.0


def report_on(exercise: Exercise, outcomes: tuple[Outcome, ...], warned: tuple[str, ...] = ()) -> Report:
    """Sum up the outcomes of one exercise."""
    status = worst([outcome.status for outcome in outcomes])
    points = score(exercise.points, outcomes)
    return Report(
        exercise.name, exercise.title, exercise.points, points, status, outcomes, warned, exercise.reread
    )


def run_exercise(exercise: Exercise, student: Student, budget: Budget | None = None) -> Report:
    """Run the public checks of `exercise` on the answers of `student`; in a notebook with counterexamples.

    Warnings are kept and told in the report: on stderr they would cost the cell its points in nbgrader.
    """
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        ran = [_one(check, exercise, student) for check in exercise.checks]
    texts = dict.fromkeys(f"{w.category.__name__}: {w.message}" for w in caught)
    if isinstance(student, LocalStudent):
        ran = _with_borrowed(ran, student.borrowed(exercise.defines))
        # After all checks: what the further calls leave behind in the student's code cannot spoil one.
        budget = budget or Budget()
        ran = [
            (_with_example(outcome, check, failed, student, budget) if failed else outcome, failed)
            for check, (outcome, failed) in zip(exercise.checks, ran, strict=True)
        ]
    return report_on(exercise, tuple(outcome for outcome, _ in ran), tuple(texts))


Ran = list[tuple[Outcome, CheckFailed | None]]


def _with_borrowed(ran: Ran, said: str) -> Ran:
    """Where nothing better is known of a wrong answer: what it reads that is none of its arguments."""
    if not said:
        return ran
    found: Ran = []
    for outcome, failed in ran:
        finding = outcome.finding
        wrong = outcome.status in (Status.FAILED, Status.ERRORED) and finding is not None
        if wrong and finding is not None and (not finding.cause or finding.cause.startswith("No mistake")):
            finding = replace(finding, cause=said)
            outcome = replace(outcome, finding=finding)
            if failed is not None:
                failed = CheckFailed(finding, failed.wrong)
        found.append((outcome, failed))
    return found


def _with_example(
    outcome: Outcome, check: Check, failed: CheckFailed, student: LocalStudent, budget: Budget
) -> Outcome:
    example = counterexample(check, failed, student, budget)
    return replace(outcome, finding=replace(failed.finding, example=example)) if example else outcome


def require_callables(exercise: Exercise, student: Student) -> None:
    """Fail unless every name that the exercise asks for is a function or a class; run before each check.

    Raises
    ------
    CheckFailed
        When a name is bound to something else, such as the result of a call.
    NotDefined
        When a name is missing.
    """
    for name in exercise.defines:
        if not callable(getattr(student, name)):
            raise CheckFailed(
                Finding(
                    f"{name} is no function any more.",
                    hint=f"Something else was put under the name {name}: run the cell above again.",
                )
            )


def _one(check: Check, exercise: Exercise, student: Student) -> tuple[Outcome, CheckFailed | None]:
    kept: list[CheckFailed] = []

    def run() -> None:
        require_callables(exercise, student)
        try:
            check.run(student)
        except CheckFailed as failed:
            kept.append(failed)
            raise

    outcome = outcome_of(run, check.title, check.worth)
    return outcome, kept[0] if kept else None
