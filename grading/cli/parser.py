"""The words of the command line."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from grading.course import CHECKOUT

__all__ = ["parser"]

_EXIT_CODES = """exit codes:
  0    done; of autograde: every notebook was graded
  1    done, and staff must look at something, which is listed: a system error (not scored; run autograde
       again), a notebook that could not be read, a folder that was passed over; of doctor: something is
       wrong; of audit: a wrong answer is not caught or wrongly explained, or a right one loses points
  2    nothing could be done, or not all of it, and why
  130  interrupted (143: by SIGTERM); run the same command again to continue
"""


def parser() -> argparse.ArgumentParser:
    """The parser of `python -m grading`."""
    root = argparse.ArgumentParser(
        prog="python -m grading",
        description="Release, grade and give feedback on the workbook, into an ordinary nbgrader gradebook.",
        epilog=_EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = root.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, text: str) -> argparse.ArgumentParser:
        return commands.add_parser(
            name,
            help=text,
            description=text[:1].upper() + text[1:] + ".",
            epilog=_EXIT_CODES,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )

    _release(
        command("release", "build the notebooks from their text sources, and the bundle that students get")
    )
    _autograde(command("autograde", "grade what students handed in, in the sandbox, and record it"))
    _feedback(command("feedback", "write nbgrader's feedback pages of what is graded"))
    doctor = command("doctor", "try every denied thing in a real sandbox, and say what is in force")
    _allow_missing(doctor)
    _json(doctor)
    _audit(
        command("audit", "try the checks on wrong answers that they must catch and right ones they must pass")
    )
    demo = command("demo", "grade a sample class from beginning to end, in a folder of its own")
    demo.add_argument(
        "folder",
        nargs="?",
        type=Path,
        default=CHECKOUT / "demo",
        metavar="DIR",
        help="where; what an earlier demo left there is replaced (demo/)",
    )
    _jobs(demo)
    return root


def _release(given: argparse.ArgumentParser) -> None:
    given.add_argument("notebooks", nargs="*", metavar="NN", help="numbers or names; all when none is given")
    given.add_argument(
        "--bundle",
        type=Path,
        metavar="PATH",
        help="where: a new folder, or a file *.zip (COURSE/dist/students)",
    )
    given.add_argument("--no-bundle", action="store_true", help="build the notebooks only")
    given.add_argument(
        "--course", type=Path, default=CHECKOUT, metavar="DIR", help="the folder with solutions/"
    )


def _autograde(given: argparse.ArgumentParser) -> None:
    _course(given)
    given.add_argument(
        "--student", action="append", default=[], metavar="ID", help="only this one; may be repeated"
    )
    given.add_argument(
        "--notebook", action="append", default=[], metavar="NN", help="only this one; may be repeated"
    )
    given.add_argument("--force", action="store_true", help="grade again what has not changed")
    given.add_argument(
        "--checks", choices=("all", "public"), default="all", help="public: without the hidden checks (all)"
    )
    given.add_argument(
        "--db", metavar="URL", help="the gradebook, as SQLAlchemy names it (COURSE/gradebook.db)"
    )
    _jobs(given)
    _allow_missing(given)
    _json(given)


def _feedback(given: argparse.ArgumentParser) -> None:
    _course(given)
    given.add_argument(
        "--student", action="append", default=[], metavar="ID", help="only this one; may be repeated"
    )
    given.add_argument("--force", action="store_true", help="write again what has not changed")
    given.add_argument(
        "--db", metavar="URL", help="the gradebook, as SQLAlchemy names it (COURSE/gradebook.db)"
    )
    _jobs(given)
    _json(given)


def _audit(given: argparse.ArgumentParser) -> None:
    given.add_argument(
        "--notebook",
        action="append",
        default=[],
        metavar="NN",
        help="only the exercises of this one; may be repeated (all, and check_gradient)",
    )
    _jobs(given)
    _json(given)


def _course(given: argparse.ArgumentParser) -> None:
    given.add_argument("assignment", metavar="ASSIGNMENT", help="such as backprop")
    given.add_argument(
        "--course",
        type=Path,
        default=CHECKOUT,
        metavar="DIR",
        help="the folder with submitted/, autograded/, feedback/ and gradebook.db (the checkout)",
    )


def _jobs(given: argparse.ArgumentParser) -> None:
    available = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    given.add_argument(
        "--jobs", type=_positive, default=available, metavar="N", help="processes (one a processor)"
    )


def _positive(text: str) -> int:
    number = int(text) if text.isascii() and text.isdigit() else 0
    if not 1 <= number <= 1024:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of processes")
    return number


def _allow_missing(given: argparse.ArgumentParser) -> None:
    given.add_argument(
        "--allow-missing",
        action="append",
        default=[],
        metavar="LAYER",
        help="run although the sandbox lacks this layer on this machine; doctor names them; may be repeated",
    )


def _json(given: argparse.ArgumentParser) -> None:
    given.add_argument("--json", action="store_true", help="one JSON document on stdout instead of a table")
