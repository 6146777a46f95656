"""The closed list of what can become of a check, an exercise or a cell."""

from enum import StrEnum

__all__ = ["SYMBOLS", "Status", "worst"]


class Status(StrEnum):
    """What became of a check, an exercise or a cell.

    >>> str(Status.NOT_ATTEMPTED)
    'not attempted'
    """

    PASSED = "passed"
    FAILED = "failed"
    ERRORED = "errored"
    TIMED_OUT = "timed out"
    OUT_OF_MEMORY = "out of memory"
    CRASHED = "crashed"
    NOT_ATTEMPTED = "not attempted"
    SYSTEM_ERROR = "system error"


# A symbol beside the word, so that nothing rests on colour alone.
SYMBOLS: dict[Status, str] = {
    Status.PASSED: "✓",
    Status.FAILED: "✗",
    Status.ERRORED: "!",
    Status.TIMED_OUT: "⧖",
    Status.OUT_OF_MEMORY: "▣",
    Status.CRASHED: "↯",
    Status.NOT_ATTEMPTED: "–",
    Status.SYSTEM_ERROR: "?",
}

# Our own fault comes first: it must never look like a student's mistake.
_GRAVITY = (
    Status.SYSTEM_ERROR,
    Status.CRASHED,
    Status.OUT_OF_MEMORY,
    Status.TIMED_OUT,
    Status.ERRORED,
    Status.FAILED,
    Status.NOT_ATTEMPTED,
    Status.PASSED,
)


def worst(statuses: list[Status]) -> Status:
    """The gravest of several statuses; of none, "not attempted".

    >>> worst([Status.PASSED, Status.FAILED])
    <Status.FAILED: 'failed'>
    """
    return min(statuses, key=_GRAVITY.index, default=Status.NOT_ATTEMPTED)
