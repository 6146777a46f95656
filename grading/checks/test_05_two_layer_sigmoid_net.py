"""Hidden checks of 05_two_layer_sigmoid_net: the public check functions on new inputs, and what they leave.

The loops that the notebook asks for are about as slow as a numerical derivative, so no limit of time tells
the two apart. A slope that is no derivative of the activation does: it asks for the `slope` that is passed.
"""

import numpy as np
import pytest

from course_lib.exercises import _two_layer_net as net
from course_lib.exercises import two_layer_sigmoid_net as public

LECTURE = (64, 1000, 100, 10)
# Milliseconds for right answers; the factor of more than ten is for a busy machine.
SECONDS = 2.0


def sizes(rng, low=3, high=8):
    """Four unlike sizes; at two samples half a sum would be told to be their mean."""
    return tuple(int(v) for v in rng.permutation(np.arange(low, high))[:4])


@pytest.mark.exercise("predict_lowest_loss", worth=1)
def test_a_guess_is_made(student, rng):
    """A guess was committed"""
    public.guess_made(student)


@pytest.mark.exercise("net_forward", worth=1)
def test_forward_on_new_nets(student, rng):
    """Both h and y_pred are right on new sizes and another activation"""
    for name in ("step", "cubic", "softplus"):
        case = net.case(rng, sizes(rng), name, "quartic")
        for which in ("h", "y_pred"):
            public.forward_right(student, which, case)


@pytest.mark.exercise("net_forward", worth=1)
def test_forward_at_the_lectures_size(student, rng):
    """The forward is right, and fast enough, at the lecture's size"""
    case = net.case(rng, LECTURE, "tanh", "quartic")
    with student.limit(wall_seconds=SECONDS, memory_bytes=200_000_000):
        public.forward_right(student, "y_pred", case)


@pytest.mark.exercise("net_losses", worth=1)
def test_sum_loss_on_new_predictions(student, rng):
    """The sum loss is right on new predictions"""
    for shape in ((3, 7), (1, 2), (64, 10)):
        public.loss_right(student, "sum_loss", rng.normal(size=shape), rng.normal(size=shape))


@pytest.mark.exercise("net_losses", worth=1)
def test_mean_loss_on_new_predictions(student, rng):
    """The mean loss is right on new predictions"""
    for shape in ((3, 7), (1, 2), (64, 10)):
        public.loss_right(student, "mean_loss", rng.normal(size=shape), rng.normal(size=shape))


@pytest.mark.exercise("mean_loss_grad", worth=1)
def test_loss_gradient_on_new_predictions(student, rng):
    """dL/dy_pred is right on new predictions, small and large"""
    # No size of 4 or 5 and none twice the other: there two mistakes give one number.
    n, m = (int(v) for v in rng.permutation([3, 7, 11])[:2])
    for shape, scale in (((n, m), 1.0), ((1, m), 1e-4), ((n, m + 1), 1e5)):
        y_pred, y = (scale * net.away_from_zero(rng, shape) for _ in range(2))
        public.loss_gradient_right(student, y_pred, y)


@pytest.mark.exercise("mean_loss_grad", worth=1)
def test_loss_gradient_where_predictions_hit(student, rng):
    """dL/dy_pred is right where some predictions are exact"""
    y = net.away_from_zero(rng, (3, 7))
    y_pred = y + rng.integers(-1, 2, y.shape)
    y_pred[0, 0] += 2.0
    public.loss_gradient_right(student, y_pred, y)


@pytest.mark.exercise("w2_element", worth=1)
def test_one_weight_of_w2_on_new_numbers(student, rng):
    """One weight of w2 is right on new numbers, also for a single sample"""
    n, _, hidden, m = sizes(rng)
    for count in (n, 1):
        h, upstream = net.away_from_zero(rng, (count, hidden)), net.away_from_zero(rng, (count, m))
        for j in range(hidden):
            public.w2_element_right(student, h, upstream, j, int(rng.integers(m)))


@pytest.mark.exercise("w2_element", worth=1)
def test_one_weight_of_w2_at_the_lectures_size(student, rng):
    """One weight of w2 is right at the lecture's size"""
    n, _, hidden, m = LECTURE
    h, upstream = rng.uniform(size=(n, hidden)), rng.normal(size=(n, m))
    with student.limit(wall_seconds=SECONDS, memory_bytes=100_000_000):
        public.w2_element_right(student, h, upstream, int(rng.integers(hidden)), int(rng.integers(m)))


@pytest.mark.exercise("w1_element", worth=1)
def test_tanh_slope_on_new_outputs(student, rng):
    """The derivative of tanh is right on new outputs, also where it is flat"""
    public.tanh_slope_right(student, np.concatenate([rng.uniform(-3, 3, 5), [0.0, 40.0, -40.0]]))


@pytest.mark.exercise("w1_element", worth=1)
def test_one_activation_on_new_numbers(student, rng):
    """One element of dL/dh is right on new numbers and at the lecture's size"""
    for n, _, hidden, m in (sizes(rng), LECTURE):
        w2, upstream = net.away_from_zero(rng, (hidden, m)), net.away_from_zero(rng, (n, m))
        # Not the first or last output's own number: there a wrong index looks like a sum that was cut short.
        units = np.setdiff1d(np.arange(hidden), [0, m - 1])
        for _ in range(3):
            public.h_element_right(student, w2, upstream, int(rng.integers(n)), int(rng.choice(units)))


@pytest.mark.exercise("w1_element", worth=1)
def test_one_weight_of_w1_with_any_slope(student, rng):
    """One weight of w1 is right for any slope, and at the lecture's size"""
    for name, shape in (("softplus", sizes(rng)), ("step", sizes(rng)), ("step", LECTURE)):
        case = net.case(rng, shape, name, "quartic")
        grad_h = net.away_from_zero(rng, case.h.shape)
        with student.limit(wall_seconds=SECONDS, memory_bytes=100_000_000):
            d, j = int(rng.integers(shape[1])), int(rng.integers(shape[2]))
            public.w1_element_right(student, case, grad_h, d, j)


def _gradients(student, rng, which):
    for shape, name, loss in (
        (sizes(rng), "softplus", "weighted"),
        (sizes(rng), "step", "quartic"),
        ((1, 5, 3, 2), "cubic", "quartic"),
    ):
        with student.limit(wall_seconds=SECONDS, memory_bytes=100_000_000):
            public.gradient_right(student, which, net.case(rng, shape, name, loss))


@pytest.mark.exercise("net_gradients", worth=1)
def test_grad_w2_on_new_nets(student, rng):
    """All of grad_w2 is right on new nets"""
    _gradients(student, rng, "grad_w2")


@pytest.mark.exercise("net_gradients", worth=2)
def test_grad_w1_on_new_nets(student, rng):
    """All of grad_w1 is right on new nets, with any slope"""
    _gradients(student, rng, "grad_w1")


def _step(student, rng, which):
    for lr in (float(rng.uniform(0.01, 2.0)), 0.0 if which == "kept" else 1e-3):
        public.step_right(student, which, net.case(rng, sizes(rng), "cubic", "quartic"), lr)


@pytest.mark.exercise("descent_step", worth=1)
def test_step_of_w1_on_new_weights(student, rng):
    """The new w1 is right on new weights"""
    _step(student, rng, "w1")


@pytest.mark.exercise("descent_step", worth=1)
def test_step_of_w2_on_new_weights(student, rng):
    """The new w2 is right on new weights"""
    _step(student, rng, "w2")


@pytest.mark.exercise("descent_step", worth=1)
def test_step_writes_into_nothing(student, rng):
    """The step writes into nothing that was passed, also with a learning rate of zero"""
    _step(student, rng, "kept")
