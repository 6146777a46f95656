"""Hidden checks of 03_activations: the public check functions on new inputs, and many elements at once.

With 20,000 elements a Jacobian takes 3.2 GB, and a difference for each element 20,000 forwards: neither fits
into `ROOM`. The answer itself takes a millisecond.
"""

import pytest

from course_lib.exercises import _activations as truth
from course_lib.exercises import activations as public

ROOM = {"wall_seconds": 2.0, "memory_bytes": 512 * 2**20}
MANY = 20_000


def at_full_size(student, rng, kind):
    """dx of many elements, within a time and a memory that a Jacobian does not meet."""
    with student.limit(**ROOM):
        public.layer_right(student, kind, truth.random_case(rng, MANY))


@pytest.mark.exercise("from_the_output", worth=2)
def test_dx_of_sigmoid_on_new_inputs(student, rng):
    """Sigmoid: dx is right on inputs you have not seen, for many elements too"""
    for case in (*truth.cases(rng), truth.random_case(rng, 1, 1)):
        public.layer_right(student, truth.KINDS["Sigmoid"], case)
    at_full_size(student, rng, truth.KINDS["Sigmoid"])


@pytest.mark.exercise("from_the_output", worth=2)
def test_dx_of_tanh_on_new_inputs(student, rng):
    """Tanh: dx is right on inputs you have not seen, for many elements too"""
    for case in (*truth.cases(rng), truth.random_case(rng, 1, 1)):
        public.layer_right(student, truth.KINDS["Tanh"], case)
    at_full_size(student, rng, truth.KINDS["Tanh"])


@pytest.mark.exercise("from_the_output", worth=2)
def test_backward_from_the_output_alone(student, rng):
    """backward needs the output alone, saturated outputs among them"""
    for name in ("Sigmoid", "Tanh"):
        for case in (truth.random_case(rng, 5, 3), truth.random_case(rng, 8, scale=20.0)):
            case["x"].flat[0] = 0.5
            public.needs_output_alone(student, truth.KINDS[name], case)


@pytest.mark.exercise("from_the_output", worth=1)
def test_sigmoids_are_kept_apart(student, rng):
    """Each backward belongs to the last forward of its own layer, with inputs of one shape and of two"""
    for name in ("Sigmoid", "Tanh"):
        for first, second in (((4, 3), (4, 3)), ((2, 5), (3,))):
            public.layer_keeps_apart(
                student, truth.KINDS[name], truth.random_case(rng, *first), truth.random_case(rng, *second)
            )
