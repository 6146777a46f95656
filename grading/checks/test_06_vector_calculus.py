"""Hidden checks of 06_vector_calculus: the public check functions on new inputs, at the edges, in large."""

import numpy as np
import pytest

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
