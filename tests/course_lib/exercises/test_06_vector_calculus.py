"""The check functions of 06 raise no false alarm, leave free what is free, and charge a mistake once."""

import numpy as np
import pytest

from course_lib.checking.model import CheckFailed
from course_lib.checking.run import run_exercise
from course_lib.checking.student import LocalStudent
from course_lib.exercises import _vector_calculus as truth
from course_lib.exercises import find_exercise
from course_lib.exercises import vector_calculus as public
from course_lib.statuses import Status
from grading.bank import workspace

BOOK = "06_vector_calculus"


@pytest.fixture(scope="module")
def solved():
    return LocalStudent(workspace(BOOK))


def other(source):
    """Somebody who has solved all but what `source` defines."""
    space = workspace(BOOK)
    exec(source, space)
    return LocalStudent(space)


def statuses(student, exercise):
    return [outcome.status for outcome in run_exercise(find_exercise(exercise), student).outcomes]


def test_right_answers_pass_at_any_seed_size_and_scale(solved):
    for seed in range(200):
        rng = np.random.default_rng(seed)
        n, d, m = (int(k) for k in rng.integers(1, 5, 3))
        scale = 10.0 ** int(rng.integers(-6, 7))
        x, w = scale * truth.away_from_zero(rng, n, d), truth.away_from_zero(rng, d, m)
        public.map_jacobian_right(solved, scale * truth.away_from_zero(rng, 3))
        public.downstream_right(solved, w, truth.away_from_zero(rng, m))
        public.relu_jacobian_right(solved, x[0])
        public.relu_vjp_right(solved, x, truth.away_from_zero(rng, n, d))
        for which in ("x", "w"):
            public.factor_jacobian_right(solved, x, w, which)
            public.shape_right(solved, "jacobian_shape", (n, d), (d, m))
        for shape in ((n, d, m), (d, m), (m,), (), (1, m), (d, 1), (1, 1), (1,), (n, 1, m)):
            public.summed_back_right(solved, truth.away_from_zero(rng, n, d, m), shape)


@pytest.mark.parametrize("slope", [0.0, 0.3, 1.0])
def test_at_the_kink_any_slope_between_the_two_is_right(slope):
    student = other(
        f"def relu_vjp(x, dout):\n    return dout * np.where(x == 0, {slope}, x > 0)\n"
        f"def relu_jacobian(x):\n    return np.diag(np.where(x == 0, {slope}, x > 0))\n"
    )
    assert set(statuses(student, "element_by_element")) == {Status.PASSED}


@pytest.mark.parametrize("slope", [-0.1, 1.1, np.nan])
def test_at_the_kink_a_slope_outside_is_wrong(slope):
    student = other(
        f"def relu_vjp(x, dout):\n    return dout * np.where(x == 0, np.float64('{slope}'), x > 0)\n"
    )
    with pytest.raises(CheckFailed):
        public.relu_vjp_right(student, np.array([0.0, 1.0, -1.0]), np.array([1.0, -2.0, 3.0]))


FRONT = "    while dout.ndim > len(shape):\n        dout = dout.sum(axis=0)\n"
ONES = """
    for k in range(min(dout.ndim, len(shape))):
        if shape[k] == 1:
            dout = dout.sum(axis=k, keepdims=True)
"""


@pytest.mark.parametrize(
    ("body", "passed"), [(FRONT, [True, False]), (ONES, [False, True]), (FRONT + ONES, [True, True])]
)
def test_one_kind_of_axis_left_out_costs_one_check(body, passed):
    student = other(f"def unbroadcast(dout, shape):\n{body}    return dout\n")
    assert [status is Status.PASSED for status in statuses(student, "unbroadcast")] == passed


def test_the_jacobian_that_is_too_large_has_the_size_that_the_notebook_says():
    # Of the 30,000 numbers of the hidden check, in float64.
    assert 30_000**2 * 8 == 7.2e9
    assert 30_000**2 * 8 > 20 * 256 * 2**20


def test_a_shape_is_written_in_a_counterexample():
    student = other("def unbroadcast(dout, shape):\n    return dout\n")
    first, second = (o.finding for o in run_exercise(find_exercise("unbroadcast"), student).outcomes)
    assert first.example.endswith("unbroadcast(dout, ())  # yours has shape (2,), expected ()")
    assert "unbroadcast(dout, (1,))" in second.example
