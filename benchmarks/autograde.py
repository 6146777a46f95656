"""One class graded by nbgrader as delivered and by `grading autograde`: whole commands in one run.

Two classes are timed apart: on the notebooks with little computing (01 and 07), and on all three. The stock
course lies in a folder of its own with nbgrader's default preprocessors; student code runs unconfined
there, so only our own sample answers are given to it. Beside the commands stands the pure CPU time of the
same student cells in a warm process: what no grader can go below. A command that fails ends the benchmark,
and so does a point that differs between stock nbgrader and ours with the public checks alone. Prints a table
and, as the last line, one JSON object.

    python benchmarks/autograde.py [--students N] [--rounds N]
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grading.demo.fill import submission
from grading.demo.people import PEOPLE, Person

ROOT = Path(__file__).parents[1]
STOCK_CONFIG = """
c = get_config()
c.CourseDirectory.course_id = "stock"
c.ClearSolutions.code_stub = {"python": 'raise NotImplementedError("write this")'}
c.ClearSolutions.enforce_metadata = False
c.ExecutePreprocessor.timeout = 300
"""


@dataclass(frozen=True)
class Class:
    """Submissions to some notebooks: (student, notebook stem) to the file handed in."""

    stems: tuple[str, ...]
    files: dict[tuple[str, str], bytes]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--students", type=int, default=12, help="class on 01 and 07 (default 12)")
    parser.add_argument("--students-all", type=int, default=4, help="class on all three (default 4)")
    parser.add_argument("--rounds", type=int, default=3, help="runs of our command around the one stock run")
    chosen = parser.parse_args(arguments)
    small = _class(("01_scalar_chain_rule", "07_matmul_backward"), chosen.students)
    whole = _class(
        ("01_scalar_chain_rule", "05_two_layer_sigmoid_net", "07_matmul_backward"), chosen.students_all
    )
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        light = _compare(small, Path(folder) / "light", chosen.rounds)
        full = _compare(whole, Path(folder) / "full", chosen.rounds)
        overhead = _overhead(Path(folder) / "overhead")
    _report(light, full, overhead)


def _class(stems: tuple[str, ...], count: int) -> Class:
    """`count` students, half of them right in turn by each style, half with one wrong answer."""
    right = [p for p in PEOPLE if not p.wrong and not p.edit and p.part == 1]
    wrong = [p for p in PEOPLE if p.wrong and not p.edit]
    files: dict[tuple[str, str], bytes] = {}
    for number in range(count):
        kind = (right, wrong)[number % 2]
        person = kind[number // 2 % len(kind)]
        for stem in stems:
            content = submission(person, stem, _release(stem))
            if content is not None:
                files[f"student{number:03d}", stem] = content
    return Class(stems, files)


def _release(stem: str) -> dict[str, Any]:
    path = ROOT / "notebooks" / "backprop" / f"{stem}.ipynb"
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def _hand_in(group: Class, course: Path) -> None:
    for (student, stem), content in group.files.items():
        folder = course / "submitted" / student / "backprop"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{stem}.ipynb").write_bytes(content)


def _timed(command: Sequence[str], cwd: Path) -> float:
    environment = {
        **os.environ,
        # nbgrader asks a program `alembic` for the version of its tables.
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]),
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "PYTHONWARNINGS": "ignore",
    }
    start = time.perf_counter()
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - start
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}")
    return seconds


def _stock(group: Class, course: Path) -> float:
    source = course / "source" / "backprop"
    source.mkdir(parents=True)
    for stem in group.stems:
        shutil.copy(ROOT / "solutions" / "backprop" / f"{stem}.ipynb", source)
    (course / "nbgrader_config.py").write_text(STOCK_CONFIG)
    _hand_in(group, course)
    nbgrader = [sys.executable, "-m", "nbgrader"]
    _timed([*nbgrader, "generate_assignment", "backprop"], course)
    return _timed([*nbgrader, "autograde", "backprop"], course)


def _command(course: Path, *more: str) -> list[str]:
    return [sys.executable, "-m", "grading", "autograde", "backprop", "--course", str(course), *more]


def _ours(group: Class, course: Path, jobs: int) -> float:
    _hand_in(group, course)
    seconds = _timed(_command(course, "--jobs", str(jobs)), ROOT)
    shutil.rmtree(course)
    return seconds


Scores = dict[tuple[str, str], float]


def _stock_scores(course: Path) -> Scores:
    """What stock nbgrader gave for the check cells of each notebook."""
    query = """
        SELECT submitted_assignment.student_id, notebook.name, SUM(COALESCE(grade.auto_score, 0))
        FROM grade JOIN submitted_notebook ON submitted_notebook.id = grade.notebook_id
        JOIN notebook ON notebook.id = submitted_notebook.notebook_id
        JOIN submitted_assignment ON submitted_assignment.id = submitted_notebook.assignment_id
        GROUP BY 1, 2
    """
    database = sqlite3.connect(course / "gradebook.db")
    try:
        return {(student, stem): score for student, stem, score in database.execute(query)}
    finally:
        database.close()


def _results(course: Path, *more: str) -> dict[tuple[str, str], dict[str, Any]]:
    """Our result of each notebook that was handed in."""
    command = _command(course, "--json", *more)
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stderr}")
    return {
        (row["student"], one["notebook"]): one
        for row in json.loads(done.stdout)["submissions"]
        for one in row["notebooks"]
        if one["handed_in"]
    }


def _require_same_points(group: Class, stock: Path, course: Path) -> None:
    """Stock nbgrader really graded: its points are ours with the public checks alone."""
    _hand_in(group, course)
    ours = {key: one["score"] for key, one in _results(course, "--checks", "public").items()}
    theirs = _stock_scores(stock)
    differ = [key for key in group.files if abs(theirs.get(key, -1.0) - ours[key]) > 0.005]
    if differ or not any(theirs.values()):
        lines = [f"{key}: nbgrader {theirs.get(key)}, ours {ours[key]}" for key in differ]
        raise SystemExit("\n".join(["The points differ.", *lines]))


def _compare(group: Class, folder: Path, rounds: int) -> dict[str, float]:
    two, one = [], []
    for number in range(rounds):
        two.append(_ours(group, folder / f"two{number}", 2))
        one.append(_ours(group, folder / f"one{number}", 1))
        if number == 0:
            stock = _stock(group, folder / "stock")
            _require_same_points(group, folder / "stock", folder / "public")
    return {
        "notebooks": float(len(group.files)),
        "stock": stock,
        "two": statistics.median(two),
        "one": statistics.median(one),
        "cells": sum(_cells_cpu(content) for content in group.files.values()),
    }


def _cells_cpu(content: bytes) -> float:
    """CPU seconds of the student's cells (and the set-up they need) in this warm process."""
    space: dict[str, Any] = {"__name__": "__main__"}
    seconds = 0.0
    for cell in json.loads(content)["cells"]:
        role = cell["metadata"].get("course", {}).get("role", "scratch")
        if cell["cell_type"] == "code" and role in ("setup", "solution", "scratch"):
            source = "".join(cell["source"])
            start = time.process_time()
            exec(compile(source, "cell", "exec"), space)
            seconds += time.process_time() - start
    return seconds


def _overhead(folder: Path) -> dict[str, float]:
    """CPU milliseconds of child and judge above the cells' own: medians of right and of wrong notebooks."""
    stems = ("01_scalar_chain_rule", "07_matmul_backward")
    found: dict[str, list[float]] = {"right": [], "wrong": []}
    people: dict[str, tuple[str, Person]] = {}
    files: dict[tuple[str, str], bytes] = {}
    for number, person in enumerate(p for p in PEOPLE if not p.edit and p.part == 1):
        people[f"student{number:03d}"] = ("wrong" if person.wrong else "right", person)
        for stem in stems:
            content = submission(person, stem, _release(stem))
            if content is not None:
                files[f"student{number:03d}", stem] = content
    _hand_in(Class(stems, files), folder)
    for key, one in _results(folder, "--jobs", "1").items():
        kind, person = people[key[0]]
        names = {exercise["name"] for exercise in one["result"]["exercises"]}
        if kind == "wrong" and not names & person.wrong.keys():
            kind = "right"
        seconds = one["result"]["seconds"]
        spent = seconds["child_cpu_seconds"] + seconds["judge_cpu_seconds"] - _cells_cpu(files[key])
        found[kind].append(1000 * spent)
    return {kind: statistics.median(values) for kind, values in found.items()}


def _report(light: dict[str, float], full: dict[str, float], overhead: dict[str, float]) -> None:
    print(
        f"{'class':<12}{'notebooks':>10}{'nbgrader s':>12}{'--jobs 2 s':>12}{'--jobs 1 s':>12}"
        f"{'cells s':>10}{'ratio':>8}"
    )
    for name, row in (("01, 07", light), ("01, 05, 07", full)):
        print(
            f"{name:<12}{row['notebooks']:>10.0f}{row['stock']:>12.2f}{row['two']:>12.2f}{row['one']:>12.2f}"
            f"{row['cells']:>10.3f}{row['stock'] / row['two']:>8.1f}"
        )
    print(
        f"CPU above the cells' own, median: {overhead['right']:.1f} ms right, "
        f"{overhead['wrong']:.1f} ms wrong"
    )
    figures = {
        "ratio_vs_nbgrader": round(light["stock"] / light["two"], 2),
        "ratio_one_job": round(light["stock"] / light["one"], 2),
        "ratio_all": round(full["stock"] / full["two"], 2),
        "overhead_ms_per_notebook": round(overhead["right"], 1),
        "overhead_ms_wrong": round(overhead["wrong"], 1),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
