"""The hidden checks of 05 pass right answers whatever the draw, and catch what public ones cannot."""

import numpy as np
import pytest

from course_lib.checking.model import CheckFailed
from course_lib.checking.student import LocalStudent
from grading.bank import answers, workspace
from grading.checks import test_05_two_layer_sigmoid_net as hidden

BOOK = "05_two_layer_sigmoid_net"
CHECKS = [
    (check, mark.args[0])
    for name, check in sorted(vars(hidden).items())
    if name.startswith("test_")
    for mark in check.pytestmark
]
RIGHT = LocalStudent(workspace(BOOK))


@pytest.mark.parametrize(("check", "exercise"), CHECKS, ids=lambda v: getattr(v, "__name__", v))
def test_right_answers_pass_for_many_draws(check, exercise):
    for seed in range(12 if "lectures" in check.__name__ or "any_slope" in check.__name__ else 60):
        check(RIGHT, np.random.default_rng(seed))


@pytest.mark.parametrize(
    "answer", [a for a in answers("05") if a.right], ids=lambda a: f"{a.exercise}: {a.name}"
)
def test_unusual_right_answers_pass_the_hidden_checks(answer):
    space = workspace(BOOK)
    exec(answer.source, space)
    for check, exercise in CHECKS:
        if exercise == answer.exercise:
            check(LocalStudent(space), np.random.default_rng(1))


def test_a_difference_of_the_activation_is_caught_by_a_slope_that_is_none():
    space = workspace(BOOK)

    def net_gradients(x, y, w1, w2, act, slope, loss_grad):
        z = x @ w1
        upstream = loss_grad(act(z) @ w2, y)
        numeric = (act(z + 1e-6) - act(z - 1e-6)) / 2e-6
        return x.T @ (upstream @ w2.T * numeric), act(z).T @ upstream

    space["net_gradients"] = net_gradients
    with pytest.raises(CheckFailed, match="grad_w1 is wrong"):
        hidden.test_grad_w1_on_new_nets(LocalStudent(space), np.random.default_rng(0))
