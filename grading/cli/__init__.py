"""The command line `python -m grading`: the one place that prints, reads arguments and gives an exit code.

parser      the words
screen      what is shown, and how
commands    one function a command: runs it, shows what came of it, returns the exit code
audit, demo  the two that show more
"""

from __future__ import annotations

import signal
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

from course_lib.errors import CourseError
from grading.cli.parser import parser
from grading.cli.screen import Screen

__all__ = ["main"]

_IMPOSSIBLE, _INTERRUPTED, _TERMINATED = 2, 130, 143


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; `--help` says what the codes mean."""
    given = parser().parse_args(arguments)
    screen = Screen(as_json=getattr(given, "json", False))
    with _told_to_stop() as signals:
        try:
            # Imported here: `--help` and a mistyped word need not wait for nbgrader.
            from grading.cli import commands

            return commands.run(given, screen)
        except BaseException as error:
            # A signal that comes while a file is closed may end as an error of that file.
            if signals or isinstance(error, KeyboardInterrupt):
                screen.tell(
                    "Interrupted. What is recorded stays recorded: run the same command again to continue."
                )
                return _TERMINATED if signal.SIGTERM in signals else _INTERRUPTED
            if not isinstance(error, Exception):
                raise
            return _failed(screen, given.command, error)


@contextmanager
def _told_to_stop() -> Iterator[list[int]]:
    """The signals to stop that have come; a Ctrl-C or SIGTERM ends what runs by KeyboardInterrupt."""
    came: list[int] = []

    def stop(number: int, frame: FrameType | None) -> None:
        came.append(number)
        if number == signal.SIGTERM:
            # The second one may come while the first is put right.
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    for number, handler in before.items():
        # In the background of a shell Ctrl-C is not meant.
        if number == signal.SIGTERM or handler is signal.default_int_handler:
            signal.signal(number, stop)
    try:
        yield came
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _failed(screen: Screen, command: str, error: Exception) -> int:
    if isinstance(error, CourseError):
        return _tell(screen, command, error)
    if isinstance(error, BrokenPipeError):
        # Whoever read the output has seen enough.
        sys.stderr.close()
        return _IMPOSSIBLE
    if isinstance(error, OSError):
        why = f"{error.strerror or error}."
        mend = "Get the right to write there, or make room on the disk; then run the command again."
        what = f"A file or folder cannot be used{f': {error.filename}' if error.filename else ''}."
        return _tell(screen, command, CourseError(what, why, mend))
    screen.tell("".join(traceback.format_exception(error)))
    what, why = "The command stopped by a mistake of its own.", f"{type(error).__name__}: {error}"
    mend = "What is recorded stays recorded. Please report it with the lines above."
    return _tell(screen, command, CourseError(what, why, mend))


def _tell(screen: Screen, command: str, error: CourseError) -> int:
    screen.tell(f"{command}: {error}")
    screen.document({"error": {"what": error.what, "why": error.why, "mend": error.mend}})
    return _IMPOSSIBLE
