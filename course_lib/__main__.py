"""`python -m course_lib check NOTEBOOK`: the checks of a notebook without Jupyter, in a terminal."""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from pathlib import Path
from typing import Any

from course_lib.checking.door import check_report
from course_lib.checking.model import Report
from course_lib.checking.panel import text_of
from course_lib.errors import CourseError
from course_lib.statuses import Status

_MAGIC = re.compile(r"^(\s*)([%!].*)$", re.MULTILINE)
_CHECK = re.compile(r"""^\s*check\(\s*["'](\w+)["']""", re.MULTILINE)


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; 0: every check passed, 1: some did not, 2: the notebook cannot be read."""
    parser = argparse.ArgumentParser(
        prog="python -m course_lib", description="Check a notebook of the workbook."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    checker = commands.add_parser("check", help="run a notebook's cells, then its checks")
    checker.add_argument("notebook", type=Path)
    checker.add_argument(
        "--explain", type=int, choices=range(4), default=1, help="levels of explanation (default 1)"
    )
    chosen = parser.parse_args(arguments)
    # Pictures in the student's cells must not open windows.
    os.environ.setdefault("MPLBACKEND", "agg")
    try:
        cells, by_a_person = read_notebook(chosen.notebook)
        trouble, reports = check_cells(cells)
    except CourseError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    for line in trouble:
        sys.stdout.write(f"! {line}\n")
    for report in reports:
        sys.stdout.write(text_of(report, chosen.explain, "--explain {more}") + "\n\n")
    total, points = sum(r.score for r in reports), sum(r.points for r in reports)
    sys.stdout.write(f"{total:g} of {points:g} points by the public checks\n")
    if by_a_person:
        word = "point is" if by_a_person == 1 else "points are"
        sys.stdout.write(f"{by_a_person:g} more {word} marked by a person\n")
    return 0 if all(r.status is Status.PASSED for r in reports) else 1


def read_notebook(path: Path) -> tuple[list[tuple[str, str]], float]:
    """The code cells of a notebook as (role, source), in order, and the points of its written answers.

    Raises
    ------
    CourseError
        When the file is missing, is not JSON or is no notebook of format 4.
    """
    try:
        notebook = json.loads(path.read_text(encoding="utf-8-sig"))
        found = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
        written = [
            cell["metadata"]["nbgrader"]["points"] for cell in notebook["cells"] if _role(cell) == "written"
        ]
        return [(_role(cell), "".join(cell["source"])) for cell in found], float(sum(written))
    except OSError as error:
        raise CourseError(
            f"{path.name} cannot be read.",
            f"{error.strerror}.",
            "Give the path of a notebook, such as 01_….ipynb.",
        ) from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise CourseError(
            f"{path.name} is not a notebook of format 4.",
            f"Reading it raised {type(error).__name__}.",
            "Open it in JupyterLab and save it again, or start from the released notebook.",
        ) from error


def _role(cell: dict[str, Any]) -> str:
    return str(cell.get("metadata", {}).get("course", {}).get("role", "scratch"))


def check_cells(cells: list[tuple[str, str]]) -> tuple[list[str], list[Report]]:
    """Run all cells but the author's shows, then every check; a cell's error is told and stops nothing."""
    space: dict[str, Any] = {"__name__": "__main__"}
    trouble: list[str] = []
    for number, (role, source) in enumerate(cells, start=1):
        if role in ("show", "grade"):
            continue
        try:
            exec(compile(_MAGIC.sub(r"\1pass  # \2", source), f"code cell {number}", "exec"), space)
        except (Exception, SystemExit) as error:
            trouble.append(f"code cell {number} ({role}) raised {type(error).__name__}: {error}")
    names = [name for role, source in cells if role == "grade" for name in _CHECK.findall(source)]
    return trouble, [check_report(name, space) for name in names]


if __name__ == "__main__":
    raise SystemExit(main())
