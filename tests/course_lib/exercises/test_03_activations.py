"""The check functions of 03: no false alarm, one mistake costs one check, and what is free is left free."""

import numpy as np
import pytest

from course_lib.checking.model import CheckFailed
from course_lib.checking.run import run_exercise
from course_lib.checking.smaller import Budget
from course_lib.checking.student import LocalStudent
from course_lib.exercises import _activations as truth
from course_lib.exercises import activations as public
from course_lib.exercises import find_exercise
from grading.bank import answers, workspace

RIGHT = [answer for answer in answers("03") if answer.right]


@pytest.fixture(scope="module")
def solved():
    return workspace("03_activations")


def _shape(rng):
    return tuple(int(k) for k in rng.integers(1, 5, int(rng.integers(1, 4))))


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("answer", RIGHT, ids=lambda a: f"{a.exercise}: {a.name}")
def test_right_answers_pass_at_any_seed_and_shape(solved, answer):
    space = dict(solved)
    exec(answer.source, space)
    student = LocalStudent(space)
    for seed in range(40):
        rng = np.random.default_rng(seed)
        shape, alpha = _shape(rng), float(rng.uniform(0.1, 3.0))
        case, other = truth.random_case(rng, *shape), truth.random_case(rng, 3, 4)
        if answer.exercise == "two_curves":
            public.values_right(student, "sigmoid", rng.uniform(-9, 9, shape))
            public.values_right(student, "elu", rng.uniform(-9, 9, shape), alpha)
            public.nothing_overflows(student, "sigmoid", 10.0 ** rng.uniform(3, 300))
            public.nothing_overflows(student, "elu", 10.0 ** rng.uniform(3, 300), alpha)
        elif answer.exercise == "from_the_output":
            for name in ("Sigmoid", "Tanh"):
                public.layer_right(student, truth.KINDS[name], case)
                public.needs_output_alone(student, truth.KINDS[name], other)
                public.layer_keeps_apart(student, truth.KINDS[name], case, other)
        elif answer.exercise == "kinked":
            for kind in (truth.KINDS["ReLU"], truth.KINDS["LeakyReLU"], truth.elu_kind(alpha)):
                public.layer_right(student, kind, case)
                public.kinks_right(student, kind, 2)
                public.layer_keeps_apart(student, kind, case, other)
        elif answer.exercise == "maximum":
            for which in "ab":
                public.maximum_right(student, truth.pair(rng, *shape), which)
            public.ties_right(student, rng.uniform(-1e3, 1e3, 4))
            public.layer_keeps_apart(
                student, truth.KINDS["Maximum"], truth.pair(rng, *shape), truth.pair(rng, 3, 4)
            )
        else:
            threshold = float(rng.uniform(0.2, 1.5))
            public.share_right(student, ("cubic", "rising")[seed % 2], seed, (8, 9), threshold)
            public.share_is_the_same_upside_down(student, ("cubic", "wave")[seed % 2], seed, (8, 9), 0.4)


# Nothing that is wrong in shape, in kind or in what a layer keeps: that is met by every check.
ONCE = {
    "two_curves": 1,
    "from_the_output": 2,  # the same mistake in both classes
    "kinked": 1,
    "maximum": 2,  # in da and in db
    "saturation": 1,
}
OTHER = {
    "one cache for all layers",
    "a mean",
    "one number at a time",
    "a mean over the rows",
    "zeros",
    "None",
}
OTHER |= {"a matrix product", "a product", "one gradient", "a list", "the mask", "no forward"}
OTHER |= {"an upstream of zeros", "always a half", "the exponential alone"}


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_one_mistake_costs_one_check(solved):
    for answer in answers("03"):
        if answer.right or not answer.public or answer.name in OTHER:
            continue
        space = dict(solved)
        exec(answer.source, space)
        report = run_exercise(find_exercise(answer.exercise), LocalStudent(space), Budget(calls=0))
        failed = [outcome.title for outcome in report.outcomes if outcome.finding]
        assert len(failed) <= ONCE.get(answer.exercise, 1), (answer.exercise, answer.name, failed)


def _relu(at_zero):
    return f"""
class ReLU(Elementwise):
    def forward(self, x):
        self.x = x
        return np.maximum(0, x)

    def backward(self, dout):
        return dout * np.where(self.x == 0, {at_zero}, self.x > 0)
"""


@pytest.mark.parametrize(
    ("at_zero", "right"), [(0, 1), (1, 1), (0.3, 1), (1.01, 0), (-0.01, 0), ("np.nan", 0)]
)
def test_at_the_kink_what_lies_between_the_slopes_is_right(solved, at_zero, right):
    space = dict(solved)
    exec(_relu(at_zero), space)
    if right:
        public.kinks_right(LocalStudent(space), truth.KINDS["ReLU"], 2)
        return
    with pytest.raises(CheckFailed, match="not between the slopes"):
        public.kinks_right(LocalStudent(space), truth.KINDS["ReLU"], 2)


def _maximum(da, db):
    return f"""
class Maximum(Elementwise):
    inputs = ("a", "b")

    def forward(self, a, b):
        self.d = a - b
        return np.maximum(a, b)

    def backward(self, dout):
        tie = self.d == 0
        return dout * np.where(tie, {da}, self.d > 0), dout * np.where(tie, {db}, self.d < 0)
"""


@pytest.mark.parametrize(
    ("da", "db", "right"),
    [(0.5, 0.5, 1), (1, 0, 1), (0.2, 0.8, 1), (1, 1, 0), (0, 0, 0), (1.5, -0.5, 0), (0.2, 0.7, 0)],
)
def test_at_a_tie_all_shares_that_add_up_to_one_are_right(solved, da, db, right):
    space = dict(solved)
    exec(_maximum(da, db), space)
    if right:
        public.ties_right(LocalStudent(space), np.array([0.0, 2.0]))
        return
    with pytest.raises(CheckFailed, match="do not share"):
        public.ties_right(LocalStudent(space), np.array([0.0, 2.0]))


def test_the_truth_is_the_known_derivative():
    x = np.linspace(-4, 4, 40)
    y = 1 / (1 + np.exp(-x))
    assert np.allclose(truth.local(truth.KINDS["Sigmoid"].forward, x), y * (1 - y))
    assert np.allclose(truth.local(np.tanh, x), 1 / np.cosh(x) ** 2)
    assert np.array_equal(truth.local(truth.KINDS["ReLU"].forward, x), x > 0)
    assert np.allclose(truth.local(truth.elu_kind(0.3).forward, x), np.where(x > 0, 1, 0.3 * np.exp(x)))
