"""Hidden checks of 06_vector_calculus: the public check functions on new inputs, at the edges, in large."""

import numpy as np
import pytest

from course_lib.checking import compare
from course_lib.exercises import _vector_calculus as truth
from course_lib.exercises import vector_calculus as public


def sizes(rng, count=2):
    """Different sizes, none below 3: with two outputs half a sum would be told to be their mean."""
    return [int(k) for k in rng.choice(np.arange(3, 9), count, replace=False)]


@pytest.mark.exercise("shapes", worth=1)
def test_shapes_of_derivatives(student, rng):
    """The shape of a derivative is right for new shapes, single numbers among them"""
    a, b, c, d = sizes(rng, 4)
    for x_shape, y_shape in (((a, b), (c, d)), ((), (a, b)), ((a, b, c), ()), ((1, a), (b, 1)), ((), ())):
        public.shape_right(student, "derivative_shape", x_shape, y_shape)


@pytest.mark.exercise("shapes", worth=1)
def test_shapes_of_jacobians(student, rng):
    """The shape of a Jacobian is right for new shapes, single numbers among them"""
    a, b, c, d = sizes(rng, 4)
    for x_shape, y_shape in (((a, b), (c, d)), ((), (a, b)), ((a, b, c), ()), ((1, a), (b, 1)), ((), ())):
        public.shape_right(student, "jacobian_shape", x_shape, y_shape)


@pytest.mark.exercise("rectangular_map", worth=1)
def test_the_jacobian_at_new_points(student, rng):
    """The Jacobian of the map is right at points you have not seen, small and large"""
    for scale in (1.0, 1e-3, 1e5):
        public.map_jacobian_right(student, scale * truth.away_from_zero(rng, 3))
    public.map_jacobian_right(student, np.zeros(3))


@pytest.mark.exercise("rectangular_map", worth=1)
def test_downstream_for_new_jacobians(student, rng):
    """The downstream gradient is right for Jacobians you have not seen, square ones among them"""
    n, m = sizes(rng)
    for shape in ((n, m), (m, n), (n, n), (1, n), (n, 1)):
        jacobian, dout = truth.away_from_zero(rng, *shape), truth.away_from_zero(rng, shape[1])
        public.downstream_right(student, jacobian, dout)
        public.downstream_right(student, 1e6 * jacobian, 1e-6 * dout)


@pytest.mark.exercise("element_by_element", worth=1)
def test_the_prediction_is_made(student):
    """The prediction is a share in percent"""
    public.prediction_made(student)


@pytest.mark.exercise("element_by_element", worth=1)
def test_the_jacobian_of_relu_at_new_points(student, rng):
    """The Jacobian of ReLU is right at numbers you have not seen, at the kink too"""
    for n in (1, int(rng.integers(5, 8)), 8):
        x = truth.relu_input(rng, n)
        public.relu_jacobian_right(student, x)
        x[-1] = 0.0
        public.relu_jacobian_right(student, 1e6 * x)


@pytest.mark.exercise("element_by_element", worth=2)
def test_the_gradient_through_relu_on_new_inputs(student, rng):
    """The gradient through ReLU is right on inputs you have not seen, at the kink too"""
    for shape in (sizes(rng), sizes(rng, 3), [1, 1], [7]):
        x, dout = truth.relu_input(rng, *shape), truth.away_from_zero(rng, *shape)
        public.relu_vjp_right(student, x, dout)
        x.flat[0] = 0.0
        public.relu_vjp_right(student, 1e-6 * x, 1e6 * dout)


@pytest.mark.exercise("element_by_element", worth=2)
def test_the_gradient_through_relu_of_many_numbers(student, rng):
    """The gradient through ReLU comes for 30,000 numbers, within seconds and little memory"""
    x, dout = truth.relu_input(rng, 150, 200), truth.away_from_zero(rng, 150, 200)
    with student.limit(wall_seconds=3.0, memory_bytes=256 * 2**20):
        got = student.relu_vjp(x.copy(), dout.copy())
    got = compare.array("relu_vjp(x, dout)", got, x.shape, "A gradient has the shape of its variable.")
    compare.require(
        bool(np.allclose(got, dout * truth.relu_slopes(x)[0])),
        "relu_vjp(x, dout) is wrong for 30,000 numbers.",
    )


@pytest.mark.exercise("unbroadcast", worth=1)
def test_axes_in_front_on_new_shapes(student, rng):
    """Axes that the variable does not have are summed away, for shapes you have not seen"""
    a, b, c = sizes(rng, 3)
    for wide, shape in (
        ((a, b), (b,)),
        ((a, a), (a,)),
        ((a, b, c, 3), (c, 3)),
        ((a, 1, b), ()),
        ((b, c), (b, c)),
    ):
        public.summed_back_right(student, truth.away_from_zero(rng, *wide), shape)


@pytest.mark.exercise("unbroadcast", worth=1)
def test_axes_of_size_one_on_new_shapes(student, rng):
    """Axes of size 1 that were stretched are summed and stay, for shapes you have not seen"""
    a, b, c = sizes(rng, 3)
    for wide, shape in (((a, b), (a, 1)), ((a, a), (a, 1)), ((a, b, c), (1, b, 1)), ((a, 1), (1, 1))):
        public.summed_back_right(student, truth.away_from_zero(rng, *wide), shape)
    for wide, shape in (((a, b, c), (b, 1)), ((a, b, c, 3), (1, c, 1)), ((a, b), (1,))):
        public.summed_back_both_right(student, truth.away_from_zero(rng, *wide), shape)


def factors(rng):
    """Both factors of new sizes: different ones, one sample, one column, square."""
    n, d, m = sizes(rng, 3)
    for shape in ((n, d, m), (1, m, d), (m, n, 1), (n, 1, d), (3, 3, 3)):
        yield truth.away_from_zero(rng, *shape[:2]), truth.away_from_zero(rng, *shape[1:])


@pytest.mark.exercise("matmul_jacobians", worth=1)
def test_dy_dx_on_new_inputs(student, rng):
    """dy/dx is right on inputs you have not seen, of other sizes, large and small"""
    for x, w in factors(rng):
        public.factor_jacobian_right(student, 1e6 * x, 1e-6 * w, "x")


@pytest.mark.exercise("matmul_jacobians", worth=1)
def test_dy_dw_on_new_inputs(student, rng):
    """dy/dw is right on inputs you have not seen, of other sizes, large and small"""
    for x, w in factors(rng):
        public.factor_jacobian_right(student, 1e6 * x, 1e-6 * w, "w")
