"""Hidden checks of 03_activations: the public check functions on new inputs, and many elements at once.

With 20,000 elements a Jacobian takes 3.2 GB, and a difference for each element 20,000 forwards: neither fits
into `ROOM`. The answer itself takes a millisecond.
"""

import numpy as np
import pytest

from course_lib.exercises import _activations as truth
from course_lib.exercises import activations as public

ROOM = {"wall_seconds": 2.0, "memory_bytes": 512 * 2**20}
MANY = 20_000


def at_full_size(student, rng, kind):
    """dx of many elements, within a time and a memory that a Jacobian does not meet."""
    with student.limit(**ROOM):
        public.layer_right(student, kind, truth.random_case(rng, 1, MANY))


SHAPES = ((4, 5), (1, 8), (3, 2, 4))


def alphas(rng):
    """One below 1 and one above, neither near it."""
    return [float(rng.uniform(0.2, 0.8)), float(rng.uniform(1.3, 2.5))]


@pytest.mark.exercise("two_curves", worth=1)
def test_sigmoid_on_new_inputs(student, rng):
    """sigmoid has the right values on inputs you have not seen"""
    for shape in SHAPES:
        public.values_right(student, "sigmoid", rng.uniform(-4.0, 4.0, shape))


@pytest.mark.exercise("two_curves", worth=1)
def test_elu_on_new_inputs(student, rng):
    """elu has the right values on inputs you have not seen, for new alphas"""
    for alpha in alphas(rng):
        for shape in SHAPES:
            public.values_right(student, "elu", rng.uniform(-3.0, 3.0, shape), alpha)


@pytest.mark.exercise("two_curves", worth=1)
def test_sigmoid_far_from_zero(student):
    """sigmoid: nothing overflows very far from 0"""
    for far in (800.0, 1e5, 1e300):
        public.nothing_overflows(student, "sigmoid", far)


@pytest.mark.exercise("two_curves", worth=1)
def test_elu_far_from_zero(student, rng):
    """elu: nothing overflows very far from 0, for new alphas"""
    for far, alpha in zip((800.0, 1e5), alphas(rng), strict=True):
        public.nothing_overflows(student, "elu", far, alpha)


@pytest.mark.exercise("from_the_output", worth=2)
def test_dx_of_sigmoid_on_new_inputs(student, rng):
    """Sigmoid: dx is right on inputs you have not seen, for many elements too"""
    for case in truth.cases(rng, (4, 5)):
        public.layer_right(student, truth.KINDS["Sigmoid"], case)
    at_full_size(student, rng, truth.KINDS["Sigmoid"])


@pytest.mark.exercise("from_the_output", worth=2)
def test_dx_of_tanh_on_new_inputs(student, rng):
    """Tanh: dx is right on inputs you have not seen, for many elements too"""
    for case in truth.cases(rng, (4, 5)):
        public.layer_right(student, truth.KINDS["Tanh"], case)
    at_full_size(student, rng, truth.KINDS["Tanh"])


@pytest.mark.exercise("from_the_output", worth=2)
def test_backward_from_the_output_alone(student, rng):
    """backward needs the output alone, saturated outputs among them"""
    for name in ("Sigmoid", "Tanh"):
        case = truth.random_case(rng, 5, 3)
        case["x"][0] = [30.0, -30.0, 0.0]
        public.needs_output_alone(student, truth.KINDS[name], case)


@pytest.mark.exercise("from_the_output", worth=1)
def test_sigmoids_are_kept_apart(student, rng):
    """Each backward belongs to the last forward of its own layer, with inputs of one shape and of two"""
    for name, first in (("Sigmoid", (4, 3)), ("Tanh", (2, 5))):
        public.layer_keeps_apart(
            student, truth.KINDS[name], truth.random_case(rng, *first), truth.random_case(rng, 4, 3)
        )


@pytest.mark.exercise("kinked", worth=1)
def test_dx_of_relu_on_new_inputs(student, rng):
    """ReLU: dx is right on inputs you have not seen, for many elements too"""
    for case in truth.cases(rng, (4, 5)):
        public.layer_right(student, truth.KINDS["ReLU"], case)
    at_full_size(student, rng, truth.KINDS["ReLU"])


@pytest.mark.exercise("kinked", worth=1)
def test_dx_of_leaky_relu_on_new_inputs(student, rng):
    """LeakyReLU: dx is right on inputs you have not seen, for many elements too"""
    for case in truth.cases(rng, (4, 5)):
        public.layer_right(student, truth.KINDS["LeakyReLU"], case)
        public.slope_is_read(student, case, float(rng.uniform(0.2, 0.7)))
    at_full_size(student, rng, truth.KINDS["LeakyReLU"])


@pytest.mark.exercise("kinked", worth=2)
def test_dx_of_elu_on_new_inputs(student, rng):
    """ELU: dx is right on inputs you have not seen, for new alphas, for many elements too"""
    for alpha, shape in zip(alphas(rng), ((4, 5), (3, 6)), strict=True):
        for case in truth.cases(rng, shape):
            public.layer_right(student, truth.elu_kind(alpha), case)
    at_full_size(student, rng, truth.elu_kind(alpha))


@pytest.mark.exercise("kinked", worth=1)
def test_kinks_with_new_alphas(student, rng):
    """At x = 0 the slope lies between the slopes on both sides, for new alphas"""
    for kind in (truth.KINDS["ReLU"], truth.KINDS["LeakyReLU"], *map(truth.elu_kind, alphas(rng))):
        public.kinks_right(student, kind, 3)


@pytest.mark.exercise("kinked", worth=1)
def test_kinked_layers_are_kept_apart(student, rng):
    """Each backward belongs to the last forward of its own layer, with inputs of one shape and of two"""
    kinds = (truth.KINDS["ReLU"], truth.KINDS["LeakyReLU"], truth.elu_kind(alphas(rng)[0]))
    for kind, first in zip(kinds, ((4, 3), (2, 5), (4, 3)), strict=True):
        public.layer_keeps_apart(student, kind, truth.random_case(rng, *first), truth.random_case(rng, 4, 3))


@pytest.mark.exercise("maximum", worth=1)
def test_da_on_new_inputs(student, rng):
    """da is right on inputs you have not seen, for many elements too"""
    for shape in ((4, 5), (3, 2, 4)):
        public.maximum_right(student, truth.pair(rng, *shape), "a")
    with student.limit(**ROOM):
        public.maximum_right(student, truth.pair(rng, 1, MANY), "a")


@pytest.mark.exercise("maximum", worth=1)
def test_db_on_new_inputs(student, rng):
    """db is right on inputs you have not seen, for many elements too"""
    for shape in ((4, 5), (3, 2, 4)):
        public.maximum_right(student, truth.pair(rng, *shape), "b")
    with student.limit(**ROOM):
        public.maximum_right(student, truth.pair(rng, 1, MANY), "b")


@pytest.mark.exercise("maximum", worth=1)
def test_new_ties(student, rng):
    """At a tie, da and db share the upstream gradient, whatever the two values are"""
    public.ties_right(student, np.array([0.0, *rng.uniform(-50.0, 50.0, 3)]))


@pytest.mark.exercise("maximum", worth=1)
def test_maxima_are_kept_apart(student, rng):
    """Each backward belongs to the last forward of its own layer, and no input is changed, on new inputs"""
    public.layer_keeps_apart(student, truth.KINDS["Maximum"], truth.pair(rng, 4, 3), truth.pair(rng, 4, 3))


@pytest.mark.exercise("saturation", worth=1)
def test_the_prediction_is_made(student):
    """The prediction is a number"""
    public.prediction_made(student)


@pytest.mark.exercise("saturation", worth=2)
def test_share_on_new_inputs(student, rng):
    """The share of saturated elements is right on inputs and for thresholds you have not seen"""
    for curve, shape in (("cubic", (6, 7)), ("rising", (50,)), ("cubic", (3, 4, 5))):
        threshold = float(rng.uniform(0.4, 1.4))
        public.share_right(student, curve, int(rng.integers(2**31)), shape, threshold)


@pytest.mark.exercise("saturation", worth=1)
def test_share_upside_down(student, rng):
    """A curve turned upside down has the same share, on inputs you have not seen"""
    for curve in ("cubic", "wave"):
        public.share_is_the_same_upside_down(student, curve, int(rng.integers(2**31)), (6, 7), 0.4)
