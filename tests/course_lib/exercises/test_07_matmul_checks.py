"""The check functions of 07 raise no false alarm on right answers, whatever the inputs."""

import numpy as np
import pytest

from course_lib.checking.student import LocalStudent
from course_lib.exercises import _matmul as truth
from course_lib.exercises import matmul_backward as public
from grading.bank import workspace


@pytest.fixture(scope="module")
def solved():
    return LocalStudent(workspace("07_matmul_backward"))


def test_right_answers_pass_at_any_seed_size_and_scale(solved):
    for seed in range(200):
        rng = np.random.default_rng(seed)
        n, d, m = (int(k) for k in rng.integers(1, 5, 3))
        case = truth.random_case(rng, n, d, m, 10.0 ** int(rng.integers(-6, 7)))
        public.gradient_right(solved, case, "x")
        public.gradient_right(solved, case, "w")
        public.follows_upstream(solved, case)
        public.bias_right(solved, case)
        public.touched_right(solved, "x", (n - 1, d - 1), n, d, m)
        public.touched_right(solved, "w", (d - 1, m - 1), n, d, m)


def test_layers_and_nets_pass_at_any_seed_and_size(solved):
    for seed in range(100):
        rng = np.random.default_rng(seed)
        n, k, d, m = (int(size) for size in rng.integers(1, 5, 4))
        first, second = truth.random_case(rng, n, d, m), truth.random_case(rng, k, d, m)
        for which in ("dx", "dw", "db"):
            public.affine_backward_right(solved, first, which)
        public.affine_keeps_apart(solved, first, second)
        for which in ("dw1", "dw2"):
            public.network_right(solved, truth.random_net(rng, n, d, k, m), which)
            public.network_right(solved, truth.random_net(rng, n, d, k, m, straight=True), which)


@pytest.mark.parametrize("hard", [False, True])
def test_the_right_candidate_is_found_at_any_seed(solved, hard):
    for seed in range(100):
        public.candidate_found(solved, seed, 3, ("x @ v", "v @ x")[seed % 2], hard)
