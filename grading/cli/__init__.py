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
from collections.abc import Sequence
from types import FrameType

from course_lib.errors import CourseError
from grading.cli.parser import parser
from grading.cli.screen import Screen

__all__ = ["main"]

_IMPOSSIBLE, _INTERRUPTED, _TERMINATED = 2, 130, 143


class _Terminated(KeyboardInterrupt):
    """SIGTERM: everything is left as after a Ctrl-C."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; `--help` says what the codes mean."""
    given = parser().parse_args(arguments)
    screen = Screen(as_json=getattr(given, "json", False))
    before = signal.signal(signal.SIGTERM, _terminate)
    try:
        # Imported here: `--help` and a mistyped word need not wait for nbgrader.
        from grading.cli import commands

        return commands.run(given, screen)
    except CourseError as error:
        return _tell(screen, given.command, error)
    except BrokenPipeError:
        # Whoever read the output has seen enough.
        sys.stderr.close()
        return _IMPOSSIBLE
    except OSError as error:
        why = f"{error.strerror or error}."
        mend = "Get the right to write there, or make room on the disk; then run the command again."
        what = f"A file or folder cannot be used{f': {error.filename}' if error.filename else ''}."
        return _tell(screen, given.command, CourseError(what, why, mend))
    except KeyboardInterrupt as error:
        screen.tell("Interrupted. What is recorded stays recorded: run the same command again to continue.")
        return _TERMINATED if isinstance(error, _Terminated) else _INTERRUPTED
    except Exception as error:
        screen.tell(traceback.format_exc())
        what, why = "The command stopped by a mistake of its own.", f"{type(error).__name__}: {error}"
        mend = "What is recorded stays recorded. Please report it with the lines above."
        return _tell(screen, given.command, CourseError(what, why, mend))
    finally:
        signal.signal(signal.SIGTERM, before)


def _tell(screen: Screen, command: str, error: CourseError) -> int:
    screen.tell(f"{command}: {error}")
    screen.document({"error": {"what": error.what, "why": error.why, "mend": error.mend}})
    return _IMPOSSIBLE


def _terminate(number: int, frame: FrameType | None) -> None:
    # The second one may come while the first is put right.
    signal.signal(number, signal.SIG_IGN)
    raise _Terminated
