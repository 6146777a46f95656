"""A course of its own for the tests of judge and batch: one released notebook, its exercises, its hidden
checks.

`EXERCISES` is found by workers through `Setup.exercises = "toy_course"`; hidden checks are written into a
folder of the test's own.
"""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

from course_lib.checking import compare
from course_lib.checking.model import Check, Exercise, Student
from course_lib.errors import UnknownExerciseError
from grading.judge.release import Release

MARKER = "31415.926535"

HIDDEN = f'''
"""Hidden checks of the toy course."""
import numpy as np
import pytest
from course_lib.checking import compare
from toy_course import check_double, check_total


@pytest.mark.exercise("double", worth=2)
def test_double_of_a_large_number(student, rng):
    """Doubles a large number.

    Not shown.
    """
    compare.equal("double(x)", student.double({MARKER}), 2 * {MARKER}, details=["at x = {MARKER}"])


@pytest.mark.exercise("double", worth=1)
def test_double_of_a_random_number(student, rng):
    """Doubles any number."""
    x = float(rng.standard_normal())
    print("judging with", {MARKER})
    answer = compare.number("double(x)", student.double(x))
    assert answer == 2 * x, "x was {MARKER}"


@pytest.mark.exercise("total", worth=2)
def test_total_of_a_long_array(student, rng):
    """Adds up many numbers."""
    check_total(student, rng.standard_normal(1000))


@pytest.mark.exercise("counter", worth=1)
def test_counters_are_apart(student, rng):
    """Two counters count apart."""
    one, two = student.Counter(), student.Counter()
    one.add(3)
    compare.equal("the other counter", two.value, 0)
'''


def check_double(student: Student, x: float) -> None:
    """double(x) is 2 x."""
    compare.equal("double(x)", student.double(x), 2 * x)


def check_total(student: Student, x: Any) -> None:
    """total(x) is the sum."""
    compare.equal("total(x)", student.total(x), x.sum())


def _counts(student: Student) -> None:
    counter = student.Counter()
    counter.add(2)
    counter.add(5)
    compare.equal("the counter", counter.value, 7)


def _small(student: Student) -> None:
    import numpy as np

    check_total(student, np.arange(5.0))


EXERCISES = (
    Exercise(
        "double",
        "99_toy",
        "Double a number",
        4,
        ("double",),
        (
            Check("Doubles one.", 1, lambda s: check_double(s, 1.0)),
            Check("Doubles minus three.", 1, lambda s: check_double(s, -3.0)),
        ),
        "the beginning",
    ),
    Exercise("total", "99_toy", "Add up", 3, ("total",), (Check("Adds up.", 1, _small),), "the middle"),
    Exercise("counter", "99_toy", "Count", 2, ("Counter",), (Check("Counts.", 1, _counts),), "the end"),
)


def find_exercise(name: str) -> Exercise:
    """The toy exercise called `name`."""
    for exercise in EXERCISES:
        if exercise.name == name:
            return exercise
    raise UnknownExerciseError(f"no exercise {name}", "toy course", "none")


def cell(role: str, name: str, source: str, points: float | None = None) -> dict[str, Any]:
    """A released cell."""
    kind = "markdown" if role in ("written", "text") else "code"
    metadata: dict[str, Any] = {} if role == "text" else {"course": {"role": role}}
    if role not in ("text", "scratch"):
        metadata["nbgrader"] = {
            "schema_version": 3,
            "grade_id": name,
            "grade": role in ("grade", "written"),
            "solution": role in ("solution", "written"),
            "locked": role in ("setup", "grade", "show"),
            "task": False,
            "cell_type": kind,
        }
        if points is not None:
            metadata["nbgrader"]["points"] = points
    found: dict[str, Any] = {"cell_type": kind, "id": name, "metadata": metadata, "source": source}
    return found | ({"outputs": [], "execution_count": None} if kind == "code" else {})


STUB = '    raise NotImplementedError("write this")'
RELEASE: dict[str, Any] = {
    "nbformat": 4,
    "nbformat_minor": 5,
    "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
    "cells": [
        cell("text", "prose-001", "# A toy"),
        cell("setup", "setup_1", "import numpy as np\n\nGIVEN = 2"),
        cell("solution", "double", f"def double(x):\n{STUB}"),
        cell("grade", "check_double", 'check("double")', 4),
        cell("show", "show_1", "raise RuntimeError('a show cell ran in the sandbox')"),
        cell("solution", "total", f"def total(x):\n{STUB}"),
        cell("grade", "check_total", 'check("total")', 3),
        cell("solution", "counter", f"class Counter:\n    def __init__(self):\n    {STUB}"),
        cell("grade", "check_counter", 'check("counter")', 2),
        cell("scratch", "scratch_1", ""),
        cell("written", "why", "Why?\n\n*Write your answer here.*", 2),
    ],
}
RIGHT = {
    "double": "def double(x):\n    return GIVEN * x",
    "total": "def total(x):\n    return np.sum(x)",
    "counter": (
        "class Counter:\n    def __init__(self):\n        self.value = 0\n\n"
        "    def add(self, n):\n        self.value += n"
    ),
}


def release() -> Release:
    """The released notebook."""
    return Release("99_toy", copy.deepcopy(RELEASE), "d" * 16)


def filled(answers: dict[str, str] | None = None, **changed: str) -> dict[str, Any]:
    """What a student hands in: right answers but for those in `changed`."""
    notebook = copy.deepcopy(RELEASE)
    given = (RIGHT if answers is None else answers) | changed
    for one in notebook["cells"]:
        one["source"] = given.get(one["id"], one["source"])
    return notebook


def raw(notebook: dict[str, Any]) -> bytes:
    """The bytes of a notebook."""
    return json.dumps(notebook).encode()


def write_checks(folder: Path, text: str = HIDDEN) -> Path:
    """A folder of hidden checks."""
    folder.mkdir(exist_ok=True)
    (folder / "test_99_toy.py").write_text(text)
    return folder
