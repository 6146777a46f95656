"""A hidden check explains a wrong answer as the public check does, whatever the draw: feedback shows both."""

import re
import warnings
from importlib import import_module

import numpy as np
import pytest

from course_lib.checking.model import CheckFailed, StudentError
from course_lib.checking.run import run_exercise
from course_lib.checking.student import LocalStudent
from course_lib.exercises import find_exercise
from grading.bank import answers, workspace

BOOKS = ("05_two_layer_sigmoid_net", "07_matmul_backward")


def without_numbers(cause):
    return re.sub(r"[\d.]+", "#", cause)


def hidden_causes(checks, answer, student, seed):
    for name, check in checks.items():
        ours = any(answer.exercise in mark.args for mark in check.pytestmark)
        if not ours or "full_size" in name or "lectures" in name:
            continue
        values = {"student": student, "rng": np.random.default_rng(seed)}
        try:
            check(*[values[k] for k in check.__code__.co_varnames[: check.__code__.co_argcount]])
        except CheckFailed as failed:
            yield failed.finding.cause
        except StudentError:
            pass


@pytest.mark.parametrize("book", BOOKS)
def test_a_hidden_check_names_the_same_mistake_as_the_public_one(book):
    checks = {
        name: check
        for name, check in vars(import_module(f"grading.checks.test_{book}")).items()
        if name.startswith("test_")
    }
    solved = workspace(book)
    for answer in (a for a in answers(book[:2]) if a.public and not a.right):
        space = dict(solved)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            exec(answer.source, space)
            student = LocalStudent(space)
            outcomes = run_exercise(find_exercise(answer.exercise), student).outcomes
            public = {without_numbers(o.finding.cause) for o in outcomes if o.finding} | {""}
            for seed in range(4):
                found = {without_numbers(c) for c in hidden_causes(checks, answer, student, seed)}
                assert found <= public, f"{answer.exercise}: {answer.name}, seed {seed}"
