"""Hidden checks of 04_from_linear_to_networks: the public check functions on new inputs, and other depths."""

import numpy as np
import pytest

from course_lib.exercises import _networks as truth
from course_lib.exercises import from_linear_to_networks as public


def sizes(rng, depth):
    """Sizes of a net of this depth, none of them 1, neighbours never the same."""
    found = [int(rng.integers(2, 7))]
    while len(found) <= depth:
        found.append(int(rng.choice([k for k in range(2, 7) if k != found[-1]])))
    return found


def normal(rng, *shape):
    """Numbers away from zero."""
    return rng.uniform(0.3, 2.0, shape) * rng.choice([-1.0, 1.0], shape)


@pytest.mark.exercise("shapes_and_counts", worth=2)
def test_shapes_of_new_nets(student, rng):
    """The shapes are right for nets you have not seen, of one layer and of many"""
    for depth in (1, 2, 6):
        public.shapes_right(student, sizes(rng, depth))


@pytest.mark.exercise("shapes_and_counts", worth=1)
def test_weights_of_new_nets(student, rng):
    """The weights are counted for nets you have not seen"""
    for depth in (1, 3, 6):
        public.count_right(student, [int(k) for k in rng.integers(20, 300, depth + 1)], False)


@pytest.mark.exercise("shapes_and_counts", worth=1)
def test_parameters_of_new_nets(student, rng):
    """Weights and biases are counted for nets you have not seen"""
    for depth in (1, 3, 6):
        public.count_right(student, [int(k) for k in rng.integers(20, 300, depth + 1)], True)


@pytest.mark.exercise("forward_layers", worth=1)
def test_two_layers_on_new_inputs(student, rng):
    """Two layers are right on nets you have not seen"""
    for scale in (1.0, 1e3):
        public.layers_right(student, truth.random_net(rng, sizes(rng, 2), scale))


@pytest.mark.exercise("forward_layers", worth=1)
def test_three_layers_on_new_inputs(student, rng):
    """Three layers are right on nets you have not seen"""
    for scale in (1.0, 1e3):
        public.layers_right(student, truth.random_net(rng, sizes(rng, 3), scale))


@pytest.mark.exercise("forward_layers", worth=2)
def test_feed_forward_on_new_inputs(student, rng):
    """The example with biases and sigmoids is right on nets you have not seen, far from zero too"""
    public.feed_forward_right(student, truth.random_net(rng, (3, 4, 4, 1)))
    public.feed_forward_right(student, truth.random_net(rng, sizes(rng, 3)))
    public.feed_forward_right(student, truth.random_net(rng, sizes(rng, 3), 1e3))


@pytest.mark.exercise("collapse", worth=1)
def test_the_weight_of_new_stacks(student, rng):
    """W is right for stacks you have not seen, of one layer and of many"""
    for depth in (3, 2, 1, 8):
        public.collapse_right(student, truth.random_net(rng, sizes(rng, depth)), "W")
    public.collapse_right(student, truth.random_net(rng, (4, 4, 4, 4)), "W")


@pytest.mark.exercise("collapse", worth=1)
def test_the_bias_of_new_stacks(student, rng):
    """b is right for stacks you have not seen, of one layer and of many"""
    public.collapse_right(student, truth.random_net(rng, (4, 4, 4, 4)), "b")
    for depth in (3, 2, 1, 8):
        public.collapse_right(student, truth.random_net(rng, sizes(rng, depth)), "b")


@pytest.mark.exercise("xor", worth=1)
def test_the_prediction_is_made(student):
    """The prediction is a number of corners"""
    public.prediction_made(student)


@pytest.mark.exercise("xor", worth=2)
def test_a_wrong_corner_of_new_lines(student, rng):
    """A wrong corner is found for lines you have not seen, and where scores are exactly 0"""
    for scale in (1.0, 1.0, 1e6, 1e-6):
        public.corner_right(student, scale * normal(rng, 2), scale * float(normal(rng, 1)[0]))
    # For each corner a line that gets the other three right.
    for line in ((1.0, 1.0, -0.5), (-1.0, -1.0, 1.5), (2.0, -1.0, -0.5), (-1.0, 2.0, -0.5)):
        w1, w2, b = np.array(line) + rng.uniform(-0.1, 0.1, 3)
        public.corner_right(student, np.array([w1, w2]), float(b))
    # Scores of 0 at two corners; small halves, so that every order of adding gives the same.
    a = float(rng.integers(1, 9)) / 2
    public.corner_right(student, np.array([a, -a]), 0.0)
    public.corner_right(student, np.array([-a, a]), 0.0)


@pytest.mark.exercise("xor", worth=2)
def test_the_net_at_the_corners(student):
    """XOR comes out right at every corner"""
    public.net_right(student, 0.0)


@pytest.mark.exercise("xor", worth=1)
def test_the_net_at_new_points(student, rng):
    """The net is right at points near the corners that you have not seen"""
    public.net_right(student, 0.1, rng)


@pytest.mark.exercise("to_rows", worth=1)
def test_rows_on_new_inputs(student, rng):
    """All rows at once are right on inputs you have not seen, square ones among them"""
    for n, d, c in ((4, 4, 4), (1, *sizes(rng, 1)), (6, *sizes(rng, 1))):
        public.rows_right(student, normal(rng, n, d), normal(rng, c, d), normal(rng, c))


@pytest.mark.exercise("to_rows", worth=1)
def test_two_maps_of_rows_on_new_inputs(student, rng):
    """Two maps of rows become one on inputs you have not seen, square ones among them"""
    d, h, c = sizes(rng, 2)
    public.product_right(student, normal(rng, 4, 4), normal(rng, 4, 4))
    public.product_right(student, normal(rng, d, h), normal(rng, h, c))
