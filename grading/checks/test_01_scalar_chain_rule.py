"""Hidden checks of 01_scalar_chain_rule: the public check functions on new inputs, and what they leave."""

import numpy as np
import pytest

from course_lib._numeric import complex_step
from course_lib.checking import compare
from course_lib.checking.diagnosis import close
from course_lib.exercises import scalar_chain_rule as public
from course_lib.given import sigmoid


def numbers(rng, count, low=0.5, high=9.0):
    """Signed numbers away from zero, as plain floats: on them no two mistakes look alike."""
    return [float(v) for v in rng.uniform(low, high, count) * rng.choice([-1.0, 1.0], count)]


def neuron(rng):
    """Inputs of a neuron whose sigmoid is neither 0 nor 1."""
    return dict(zip(("w0", "x0", "w1", "x1", "b"), numbers(rng, 5, 0.3, 1.6), strict=True))


@pytest.mark.exercise("forward_values", worth=1)
def test_forward_values_on_new_numbers(student, rng):
    """All three values are right on numbers you have not seen"""
    for _ in range(3):
        x, y, z = numbers(rng, 3)
        for node in "dqf":
            public.forward_value_right(student, node, x, y, z)


@pytest.mark.exercise("local_gradients", worth=1)
def test_local_gradients_on_new_numbers(student, rng):
    """The local gradients are right on numbers you have not seen"""
    for _ in range(3):
        public.local_gradients_right(student, "dqf", *numbers(rng, 3))


@pytest.mark.exercise("product_gradients", worth=2)
def test_product_gradients_on_new_numbers(student, rng):
    """All three gradients are right on numbers you have not seen"""
    for _ in range(3):
        at = numbers(rng, 3)
        for name in "xyz":
            public.product_gradient_right(student, name, *at)


@pytest.mark.exercise("log_loss_gradient", worth=2)
def test_log_loss_gradient_on_new_vectors(student, rng):
    """dL/dw is right for vectors of other lengths"""
    for length in (2, 5, 11):
        w = rng.normal(size=length)
        public.log_loss_right(student, w / np.sqrt(length), rng.normal(size=length) * 2)


@pytest.mark.exercise("log_loss_gradient", worth=1)
def test_log_loss_gradient_of_a_long_vector_in_time(student, rng):
    """dL/dw comes within two seconds for a vector with many numbers"""
    length = 200_000
    # Not so small a w that w.x is nearly 0: at p = 1/2 too many mistakes look alike.
    w, x = rng.normal(size=length) / np.sqrt(length), rng.normal(size=length)
    with student.limit(wall_seconds=2.0, memory_bytes=64 * 2**20):
        got = compare.array("dL/dw", student.log_loss_gradient(w.copy(), x.copy()), (length,))
    places, expected = [0, 777, length - 1], []
    for i in places:
        base = float(w @ x) - w[i] * x[i]
        one = complex_step(lambda v, base=base, i=i: -np.log(sigmoid(base + v * x[i])), {"v": w[i]})
        expected.append(one["v"])
    # What it equals the check before has said, which asks elsewhere too.
    compare.require(bool(np.all(close(got[places], np.array(expected)))), "dL/dw is wrong for a long vector.")


@pytest.mark.exercise("gate_gradients", worth=1)
def test_the_sigmoid_part_on_new_numbers(student, rng):
    """The gradients are right from p back to u on numbers you have not seen"""
    for _ in range(3):
        public.sigmoid_part_right(student, neuron(rng), *numbers(rng, 1))


@pytest.mark.exercise("gate_gradients", worth=1)
def test_the_affine_part_on_new_numbers(student, rng):
    """The gradients from u back to the inputs follow from dL/du on numbers you have not seen"""
    for _ in range(3):
        public.affine_part_right(student, neuron(rng), *numbers(rng, 1))


@pytest.mark.exercise("two_paths", worth=1)
def test_two_paths_on_new_numbers(student, rng):
    """Both shares and their sum are right on numbers you have not seen"""
    for _ in range(3):
        x, upstream = numbers(rng, 2, 1.2, 5.0)
        for part in range(3):
            public.two_paths_right(student, part, x, upstream)


@pytest.mark.exercise("centred_difference", worth=1)
def test_the_quotient_for_other_functions(student, rng):
    """The quotient is right for functions you have not seen, one with a kink beside the point"""
    x = float(rng.uniform(1.0, 2.0))
    public.centred_difference_right(student, "np.sin(3 * x)", lambda v: float(np.sin(3 * v)), x, 0.2)
    public.centred_difference_right(student, "abs(x - 1) * x", lambda v: abs(v - 1) * v, x, x)
    public.centred_difference_right(student, "7.0", lambda v: 7.0, x, 0.1)


@pytest.mark.exercise("centred_difference", worth=1)
def test_two_evaluations_at_another_step(student, rng):
    """f is asked at two points alone, at another step too"""
    public.two_evaluations(student, float(rng.uniform(-3, 3)), float(rng.uniform(0.01, 0.5)))


@pytest.mark.exercise("nudge", worth=1)
def test_the_nudge_on_new_numbers(student, rng):
    """The predicted change is right on numbers you have not seen"""
    for _ in range(3):
        public.nudge_right(student, numbers(rng, 3), numbers(rng, 3, 0.05, 0.4))


@pytest.mark.exercise("predict_best_step", worth=1)
def test_a_step_was_predicted(student):
    """A guess was made"""
    public.prediction_made(student)
