"""Hidden checks of 08_your_own_network: the public ones on new inputs, at full size, and new suspects.

At the size of the lecture's program (64, 1000, 100, 10) loops over all weights, or differences, do not fit
into `ROOM`. There the whole gradient is compared along a random direction.
"""

import numpy as np
import pytest

from course_lib._numeric import directional
from course_lib.checking import compare
from course_lib.exercises import _net_gradients as nets
from course_lib.exercises import your_own_network as public

ROOM = {"wall_seconds": 3.0, "memory_bytes": 512 * 2**20}


@pytest.mark.exercise("network", worth=2)
def test_networks_elsewhere(student, rng):
    """Other depths and widths, in both directions"""
    for widths, activation in (((2, 5), "Sigmoid"), ((4, 1, 3), "Tanh"), ((3, 2, 4, 2, 3, 2), "Tanh")):
        net = public.random_net(rng, widths, activation)
        x, dout = rng.normal(size=(3, widths[0])), rng.normal(size=(3, widths[-1]))
        for part in ("forward", "backward", "gradients"):
            public.network_right(student, net, x, dout, part)


@pytest.mark.exercise("network", worth=1)
def test_parameters_elsewhere(student, rng):
    """The parameters of other networks are listed"""
    for widths in ((5, 1), (2, 3, 4, 5, 2)):
        net = public.random_net(rng, widths, "Sigmoid")
        shapes = (2, widths[0]), (2, widths[-1])
        public.network_right(student, net, *(rng.normal(size=s) for s in shapes), "parameters")


@pytest.mark.exercise("nll", worth=1)
def test_losses_elsewhere(student, rng):
    """Other scores and labels, all of one label among them"""
    for n, label in ((7, None), (4, 0.0), (3, 1.0)):
        s = 3 * rng.normal(size=(n, 1))
        t = (rng.uniform(size=(n, 1)) < 0.5).astype(float) if label is None else np.full((n, 1), label)
        for part in ("loss", "gradient"):
            public.nll_right(student, s, t, part)


@pytest.mark.exercise("nll", worth=1)
def test_huge_scores(student):
    """Huge scores of both signs, with both labels"""
    s, t = np.array([[1e4], [-1e4], [1e4], [-1e4], [0.0]]), np.array([[1.0], [1.0], [0.0], [0.0], [1.0]])
    for part in ("loss", "gradient"):
        public.nll_right(student, s, t, part)


@pytest.mark.exercise("train_step", worth=1)
def test_steps_elsewhere(student, rng):
    """Another number of layers, other sizes, another learning rate"""
    for count in (1, 3):
        pairs, slopes = (
            [(rng.normal(size=(2, 3)), rng.normal(size=3)) for _ in range(count)] for _ in range(2)
        )
        public.step_right(student, pairs, slopes, rng.normal(size=(4, 1)), rng.normal(size=(4, 1)), 0.3)


@pytest.mark.exercise("two_layer_gradients", worth=1)
def test_small_nets_elsewhere(student, rng):
    """All four gradients of other small nets"""
    for sizes in ((4, 2, 3, 5), (1, 3, 1, 2)):
        case = public.two_layer_case(rng, *sizes)
        for which in ("w1", "b1", "w2", "b2"):
            public.two_layer_right(student, case, which)


@pytest.mark.exercise("two_layer_gradients", worth=2)
def test_the_size_of_the_lecture(student, rng):
    """At the lecture's size, 64 x 1000 x 100 x 10, the gradients are right, and quick"""
    case = public.two_layer_case(rng, 64, 1000, 100, 10)
    with student.limit(**ROOM):
        four = compare.items("The result", student.two_layer_gradients(**case), 4, "dw1, db1, dw2, db2")
    for name, value in zip(("w1", "b1", "w2", "b2"), four, strict=True):
        got = compare.array(f"d{name}", value, case[name].shape, "A gradient has the shape of its variable.")
        direction = rng.normal(size=case[name].shape)
        along = directional(nets.two_layer_loss, case, {name: direction})
        compare.require(
            bool(np.isclose(np.sum(got * direction), along, rtol=1e-6)),
            f"d{name} is wrong at the size of the lecture's net.",
        )


@pytest.mark.exercise("predict_weakest", worth=1)
def test_the_prediction_is_made(student):
    """The prediction is one of the three"""
    public.prediction_made(student)


@pytest.mark.exercise("train_spiral", worth=1)
def test_another_spiral(student, rng):
    """Another spiral of the same kind is learnt, in time"""
    with student.limit(wall_seconds=30):
        public.spiral_learnt(student, rng)


@pytest.mark.exercise("adversary", worth=1)
def test_sly_elsewhere(student, rng):
    """Sly on other inputs"""
    public.sly_right(student, rng.normal(size=(2, 3, 2)), rng.normal(size=(2, 3, 2)))


@pytest.mark.exercise("adversary", worth=1)
def test_suspects_elsewhere(student, rng):
    """Right and wrong layers on other inputs"""
    for name in public.SUSPECTS:
        public.catches_right(student, name, rng.normal(size=(4, 5)))


@pytest.mark.exercise("diagnose", worth=1)
def test_diagnoses_elsewhere(student, rng):
    """Other sizes and numbers"""
    for mistake in public.MISTAKES:
        public.diagnosis_right(student, rng.normal(size=(5, 2)), rng.normal(size=(5, 4)), mistake)
