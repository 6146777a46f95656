"""`python -m grading.authoring build [NN ...] [--check] [--course DIR]`, `bundle DESTINATION`, and `map`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from course_lib.errors import CourseError
from grading.authoring import build, bundle, drift, sources
from grading.authoring.map import workbook_map

ROOT = Path(__file__).resolve().parents[2]


def main(arguments: list[str] | None = None) -> int:
    """Exit code 0: done; 1: out of step; 2: what was asked for cannot be done."""
    parser = argparse.ArgumentParser(prog="python -m grading.authoring", description=__doc__)
    parser.add_argument("--course", type=Path, default=ROOT, help="the folder with solutions/ and notebooks/")
    commands = parser.add_subparsers(dest="command", required=True)
    builder = commands.add_parser("build", help="build the notebooks from their text sources")
    builder.add_argument("notebooks", nargs="*", metavar="NN", help="number or name; all when none is given")
    builder.add_argument("--check", action="store_true", help="change nothing, say what is out of step")
    bundler = commands.add_parser("bundle", help="make the folder that students get")
    bundler.add_argument("destination", type=Path)
    commands.add_parser("map", help="write docs/map.md, the table of all exercises")
    given = parser.parse_args(arguments)
    try:
        if given.command == "bundle":
            print(f"bundle   {bundle(given.destination, course=given.course)}")
            return 0
        if given.command == "map":
            (given.course / "docs" / "map.md").write_text(workbook_map(given.course), encoding="utf-8")
            return 0
        return _build(given.course, given.notebooks, check=given.check)
    except CourseError as error:
        print(error, file=sys.stderr)
        return 2


def _build(course: Path, wanted: list[str], *, check: bool) -> int:
    lines: list[str] = []
    for source in sources(course, wanted):
        if check:
            lines += drift(source)
        else:
            build(source)
            print(f"built    {source.name}", flush=True)
    for line in lines:
        print(f"drift    {line}")
    if lines:
        print("Mend: make notebooks, and commit what it wrote.")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
