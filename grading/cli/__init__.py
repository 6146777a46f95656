"""The command line `python -m grading`: the one place that prints, reads arguments and gives an exit code.

parser      the words
screen      what is shown, and how
commands    one function a command: runs it, shows what came of it, returns the exit code
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from course_lib.errors import CourseError
from grading.cli.parser import parser
from grading.cli.screen import Screen

__all__ = ["main"]

_IMPOSSIBLE, _INTERRUPTED = 2, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; `--help` says what the codes mean."""
    given = parser().parse_args(arguments)
    screen = Screen(as_json=getattr(given, "json", False))
    # Imported here: `--help` and a mistyped word need not wait for nbgrader.
    from grading.cli import commands

    try:
        return commands.run(given, screen)
    except CourseError as error:
        screen.tell(f"{given.command}: {error}")
        screen.document({"error": {"what": error.what, "why": error.why, "mend": error.mend}})
        return _IMPOSSIBLE
    except KeyboardInterrupt:
        screen.tell("Interrupted. What is recorded stays recorded: run the same command again to continue.")
        return _INTERRUPTED
    except BrokenPipeError:
        # Whoever read the output has seen enough.
        sys.stderr.close()
        return _IMPOSSIBLE
