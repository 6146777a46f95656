"""Right gradients pass whatever their kind and the seed; wrong ones are caught, and told as the bank says."""

import numpy as np
import pytest

from course_lib import check_gradient
from grading.bank.gradients import RIGHT, WRONG

LARGE = {"the lecture's net", "the lecture's net in float32", "a large matrix product"}


def _report(case, seed):
    rng = np.random.default_rng(seed)
    inputs = case.inputs(rng)
    with np.errstate(all="ignore"):
        return check_gradient(case.forward, case.backward, inputs, constants=case.constants, seed=seed)


@pytest.mark.parametrize("case", RIGHT, ids=lambda case: case.name)
def test_a_right_gradient_passes_at_every_seed(case):
    for seed in range(1 if case.name in LARGE else 8):
        report = _report(case, seed)
        assert report.passed, f"seed {seed}: {report.text(3)}"


@pytest.mark.parametrize("case", WRONG, ids=lambda case: case.name)
def test_a_wrong_gradient_is_caught_and_told(case):
    report = _report(case, 0)
    assert not report.passed
    assert case.says in report.text()


def test_every_case_has_a_name_of_its_own():
    for cases in (RIGHT, WRONG):
        assert len({case.name for case in cases}) == len(cases)
