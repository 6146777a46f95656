"""Hidden checks of 07_matmul_backward: the public check functions on new inputs, and the lecture's size.

At the size of the lecture's program (64 x 1000 times 1000 x 100) dy/dx alone would take 3.3 GB in float64,
and a difference for each element 164,000 forwards: neither fits into `ROOM`. The answer itself takes some
milliseconds and about 2 MB. There the whole gradient is compared along a random direction, which needs one
forward each.
"""

import numpy as np
import pytest

from course_lib._numeric import directional
from course_lib.checking import compare
from course_lib.exercises import _matmul as truth
from course_lib.exercises import matmul_backward as public

ROOM = {"wall_seconds": 3.0, "memory_bytes": 512 * 2**20}
N, D, H, M = 64, 1000, 100, 10


def sizes(rng):
    """Three different sizes, none below 3: with two samples half a sum would be told to be their mean."""
    return [int(k) for k in rng.choice(np.arange(3, 7), 3, replace=False)]


def case(rng, *, rows=None, scale=1.0):
    """Factors, bias and upstream gradient of new sizes."""
    n, d, m = sizes(rng)
    return truth.random_case(rng, rows or n, d, m, scale)


def at_full_size(rng, name, got, forward, inputs, variable, upstream):
    """`got` has the shape of the variable and is its gradient along a random direction."""
    got = compare.array(name, got, inputs[variable].shape, "A gradient has the shape of its variable.")
    way = rng.uniform(0.5, 1.5, got.shape) * rng.choice([-1.0, 1.0], got.shape)
    expected = directional(forward, inputs, {variable: way}, upstream)
    noise = 1e-9 * float(np.sum(np.abs(got * way)))
    compare.require(
        # An infinite answer is within any share of itself.
        bool(np.isfinite(noise)) and bool(abs(float(np.sum(got * way)) - expected) <= noise),
        f"{name} is wrong at the size of the lecture's program.",
    )


@pytest.mark.exercise("touched", worth=1)
def test_touched_by_x_at_new_sizes(student, rng):
    """What one element of x touches is right at sizes you have not seen"""
    for _ in range(3):
        n, d, m = sizes(rng)
        public.touched_right(student, "x", (int(rng.integers(n)), int(rng.integers(d))), n, d, m)
    public.touched_right(student, "x", (0, 0), 1, 1, 1)


@pytest.mark.exercise("touched", worth=1)
def test_touched_by_w_at_new_sizes(student, rng):
    """What one element of w touches is right at sizes you have not seen"""
    for _ in range(3):
        n, d, m = sizes(rng)
        public.touched_right(student, "w", (int(rng.integers(d)), int(rng.integers(m))), n, d, m)
    public.touched_right(student, "w", (0, 0), 1, 1, 1)


@pytest.mark.exercise("one_element_one_row", worth=1)
def test_dx_element_on_new_inputs(student, rng):
    """One element of dx is right on inputs you have not seen"""
    for rows in (None, 1):
        data = case(rng, rows=rows)
        n, d = (int(rng.integers(k)) for k in data["x"].shape)
        public.dx_element_right(student, data, n, d)


@pytest.mark.exercise("one_element_one_row", worth=1)
def test_dx_row_on_new_inputs(student, rng):
    """One row of dx is right on inputs you have not seen"""
    for rows in (None, 1):
        data = case(rng, rows=rows)
        public.dx_row_right(student, data, int(rng.integers(len(data["x"]))))


@pytest.mark.exercise("matmul_backward", worth=2)
def test_dx_on_new_inputs(student, rng):
    """dx is right on inputs you have not seen, large and small, and on square matrices"""
    for data in (case(rng), case(rng, rows=1), case(rng, scale=1e-6), truth.random_case(rng, 3, 3, 3)):
        public.gradient_right(student, data, "x")


@pytest.mark.exercise("matmul_backward", worth=2)
def test_dw_on_new_inputs(student, rng):
    """dw is right on inputs you have not seen, large and small, and on square matrices"""
    for data in (case(rng), case(rng, rows=1), case(rng, scale=1e6), truth.random_case(rng, 3, 3, 3)):
        public.gradient_right(student, data, "w")


@pytest.mark.exercise("matmul_backward", worth=1)
def test_upstream_is_followed_on_new_inputs(student, rng):
    """Twice the upstream gradient gives twice the answer on inputs you have not seen"""
    public.follows_upstream(student, case(rng))


def factors_at_full_size(student, rng, which):
    """One gradient of the first product of the lecture's net."""
    inputs = {"x": rng.normal(size=(N, D)), "w": rng.normal(size=(D, H))}
    dout = rng.normal(size=(N, H))
    with student.limit(**ROOM):
        result = student.matmul_backward(dout.copy(), inputs["x"].copy(), inputs["w"].copy())
    got = compare.items("The result", result, 2, "dx and dw")["xw".index(which)]
    at_full_size(rng, f"d{which}", got, truth.matmul, inputs, which, dout)


@pytest.mark.exercise("matmul_backward", worth=4)
def test_dx_at_full_size(student, rng):
    """dx comes at the size of the lecture's program too, within seconds and little memory"""
    factors_at_full_size(student, rng, "x")


@pytest.mark.exercise("matmul_backward", worth=4)
def test_dw_at_full_size(student, rng):
    """dw comes at the size of the lecture's program too, within seconds and little memory"""
    factors_at_full_size(student, rng, "w")


@pytest.mark.exercise("which_is_gradient", worth=1)
def test_the_right_product_among_new_ones(student, rng):
    """The gradient is found among new products of the right shape"""
    for body in ("x @ v", "v @ x"):
        public.candidate_found(student, int(rng.integers(2**31)), int(rng.integers(3, 6)), body, False)


@pytest.mark.exercise("which_is_gradient", worth=1)
def test_the_right_one_among_near_ones(student, rng):
    """The gradient is found among new candidates that are nearly right, for a curved loss too"""
    for body in ("x @ v", "v @ x"):
        public.candidate_found(student, int(rng.integers(2**31)), int(rng.integers(3, 6)), body, True)
    public.candidate_found(student, int(rng.integers(2**31)), int(rng.integers(3, 6)), "curved", False)


@pytest.mark.exercise("bias_backward", worth=1)
def test_db_on_new_inputs(student, rng):
    """db is right on inputs you have not seen"""
    for data in (case(rng), case(rng, rows=1), case(rng, scale=1e6), truth.random_case(rng, 4, 2, 4)):
        public.bias_right(student, data)


@pytest.mark.exercise("predict_jacobian_gib", worth=1)
def test_the_prediction_is_made(student):
    """The prediction is a number of GiB"""
    public.prediction_made(student)


@pytest.mark.exercise("memory_bytes", worth=1)
def test_bytes_of_the_arrays(student, rng):
    """The bytes of x, w and y are right at sizes you have not seen"""
    public.bytes_right(student, ("x", "w", "y"), *(int(k) for k in rng.integers(20, 500, 3)), 16)


@pytest.mark.exercise("memory_bytes", worth=2)
def test_bytes_of_the_jacobians(student, rng):
    """The bytes of both Jacobians are right at sizes you have not seen, and at the lecture's"""
    public.bytes_right(student, ("dy/dx", "dy/dw"), *(int(k) for k in rng.integers(20, 500, 3)), 16)
    public.bytes_right(student, ("dy/dx", "dy/dw"), 64, 4096, 4096, 4)


@pytest.mark.exercise("memory_bytes", worth=1)
def test_bytes_without_overflow(student, rng):
    """Very large sizes come out exactly, as numpy integers too"""
    large = [np.int64(k) for k in rng.integers(2**33, 2**34, 3)]
    public.bytes_right(student, ("x", "w", "y", "dy/dx", "dy/dw"), *large, np.int64(8))


@pytest.mark.exercise("affine_layer", worth=1)
def test_forward_of_the_layer(student, rng):
    """forward is right on inputs you have not seen"""
    for rows in (None, 1):
        public.affine_forward_right(student, case(rng, rows=rows))


@pytest.mark.exercise("affine_layer", worth=1)
def test_dx_of_the_layer(student, rng):
    """backward returns the right dx on inputs you have not seen, square ones among them"""
    for data in (case(rng), case(rng, rows=1), truth.random_case(rng, 3, 3, 3)):
        public.affine_backward_right(student, data, "dx")


@pytest.mark.exercise("affine_layer", worth=1)
def test_dw_of_the_layer(student, rng):
    """backward leaves the right dw on inputs you have not seen, square ones among them"""
    for data in (case(rng), case(rng, rows=1), truth.random_case(rng, 3, 3, 3)):
        public.affine_backward_right(student, data, "dw")


@pytest.mark.exercise("affine_layer", worth=1)
def test_db_of_the_layer(student, rng):
    """backward leaves the right db on inputs you have not seen, square ones among them"""
    for data in (case(rng), case(rng, rows=1), truth.random_case(rng, 3, 3, 3)):
        public.affine_backward_right(student, data, "db")


@pytest.mark.exercise("affine_layer", worth=1)
def test_layers_and_batches_are_kept_apart(student, rng):
    """Each backward belongs to the last forward of its own layer, with batches of one size and of two"""
    _, d, m = sizes(rng)
    for first_rows, second_rows in ((4, 2), (3, 3), (2, 1)):
        first = truth.random_case(rng, first_rows, d, m)
        second = truth.random_case(rng, second_rows, d, m)
        public.affine_keeps_apart(student, first, second)


@pytest.mark.exercise("network_gradients", worth=1)
def test_dw2_on_new_inputs(student, rng):
    """dw2 is right on nets you have not seen, square ones among them"""
    for shape in ((*sizes(rng), 7), (1, *sizes(rng)), (3, 3, 3, 3)):
        public.network_right(student, truth.random_net(rng, *shape), "dw2")


@pytest.mark.exercise("network_gradients", worth=1)
def test_dw1_on_new_inputs(student, rng):
    """dw1 is right on nets you have not seen, square ones among them"""
    for shape in ((*sizes(rng), 7), (1, *sizes(rng)), (3, 3, 3, 3)):
        public.network_right(student, truth.random_net(rng, *shape), "dw1")
    public.network_right(student, truth.random_net(rng, *sizes(rng), 7, straight=True), "dw1")


def net_at_full_size(student, rng, which):
    """One gradient of the lecture's net."""
    net = truth.random_net(rng, N, D, H, M)
    with student.limit(**ROOM):
        result = student.network_gradients(*(net[k].copy() for k in ("x", "h", "local", "w2", "dp")))
    got = compare.items("The result", result, 2, "dw1 and dw2")[("w1", "w2").index(which)]
    at_full_size(rng, f"d{which}", got, truth.net, {k: net[k] for k in ("x", "w1", "w2")}, which, net["dp"])


@pytest.mark.exercise("network_gradients", worth=3)
def test_dw1_at_full_size(student, rng):
    """dw1 comes at the full size of the lecture's net too, within seconds and little memory"""
    net_at_full_size(student, rng, "w1")


@pytest.mark.exercise("network_gradients", worth=3)
def test_dw2_at_full_size(student, rng):
    """dw2 comes at the full size of the lecture's net too, within seconds and little memory"""
    net_at_full_size(student, rng, "w2")
