"""What is only rounded is no alarm, and hides nothing: at any scale, in float32 within, where all cancels."""

import math

import numpy as np
import pytest

from course_lib import check_gradient

SEEDS = range(6)


def _verdicts(forward, backward, point):
    found = set()
    for seed in SEEDS:
        inputs = point(np.random.default_rng(seed))
        found.add(check_gradient(forward, backward, inputs, seed=seed).verdict)
    return found


def _normalised(axis):
    """Batch norm (axis 0) or layer norm (axis 1), written out, with its backward."""

    def parts(x):
        centred = x - x.mean(axis, keepdims=True)
        return centred, np.sqrt((centred**2).mean(axis, keepdims=True) + 1e-5)

    def forward(x):
        centred, spread = parts(x)
        return centred / spread

    def backward(dout, x):
        centred, spread = parts(x)
        h = centred / spread
        return (dout - dout.mean(axis, keepdims=True) - h * (dout * h).mean(axis, keepdims=True)) / spread

    return forward, backward


@pytest.mark.parametrize("axis", [0, 1])
def test_a_sum_of_normalised_numbers_has_a_gradient_of_nothing_but_round_off(axis):
    forward, backward = _normalised(axis)

    def summed(x):
        return forward(x).sum()

    def off_by(what):
        return lambda dout, x: {"x": backward(np.full(x.shape, dout), x) + what}

    def point(rng):
        return {"x": rng.normal(size=(16, 4))}

    assert _verdicts(summed, off_by(0), point) == {"right"}
    assert _verdicts(summed, off_by(1e-6), point) == {"wrong"}


def _scaled(size):
    return lambda rng: {"x": size * rng.normal(size=7)}


# Forwards that are steep beside tiny inputs, with their backward.
STEEP = {
    "log of size": (lambda x: np.log(np.abs(x)), lambda dout, x: dout / x),
    "root of size": (
        lambda x: np.sqrt(np.abs(x)),
        lambda dout, x: dout * np.sign(x) / 2 / np.sqrt(np.abs(x)),
    ),
    "unit vector": (
        lambda x: x / np.linalg.norm(x),
        lambda dout, x: (dout - x * (x @ dout) / (x @ x)) / np.linalg.norm(x),
    ),
    "norm": (np.linalg.norm, lambda dout, x: dout * x / np.linalg.norm(x)),
}


@pytest.mark.parametrize("size", [1.0, 1e-2, 1e-4, 1e-7])
@pytest.mark.parametrize(("forward", "backward"), STEEP.values(), ids=STEEP)
def test_tiny_inputs_ask_for_tiny_steps(forward, backward, size):
    assert _verdicts(forward, lambda dout, x: {"x": backward(dout, x)}, _scaled(size)) == {"right"}
    assert _verdicts(forward, lambda dout, x: {"x": 0.5 * backward(dout, x)}, _scaled(size)) == {"wrong"}


def _point(rng):
    return {"x": rng.normal(size=(5, 4)), "w": rng.normal(size=(4, 3))}


@pytest.mark.parametrize("share", [1e-4, 1e-6])
def test_a_small_share_that_drops_the_imaginary_part_is_seen(share):
    def loss(x, w):
        return np.sum((x @ w) ** 2) + share * np.abs(w).sum()

    def back(share):
        return lambda dout, x, w: {
            "x": dout * 2 * (x @ w) @ w.T,
            "w": dout * (2 * x.T @ (x @ w) + share * np.sign(w)),
        }

    assert _verdicts(loss, back(share), _point) == {"right"}
    assert _verdicts(loss, back(0.0), _point) == {"wrong"}


def test_float32_within_a_forward_is_no_alarm_and_hides_no_missing_factor():
    def sigmoid(x):
        return 1 / (1 + np.exp(-x))

    def inside(x):
        return sigmoid(np.real(x).astype(np.float32))

    def right(dout, x):
        return {"x": dout * sigmoid(x) * (1 - sigmoid(x))}

    assert _verdicts(inside, right, _scaled(1.0)) == {"right"}
    assert _verdicts(inside, lambda dout, x: {"x": dout * sigmoid(x)}, _scaled(1.0)) == {"wrong"}


def test_a_confident_softmax_in_float32_is_no_alarm():
    def forward(x):
        z = x - x.max(1, keepdims=True)
        return -(z - np.log(np.exp(z).sum(1, keepdims=True)))[:, 0].mean()

    def back(factor):
        def backward(dout, x):
            z = np.exp(x - x.max(1, keepdims=True))
            p = z / z.sum(1, keepdims=True)
            p[:, 0] -= 1
            return {"x": (factor * dout * p / len(x)).astype(x.dtype)}

        return backward

    def point(rng):
        x = rng.normal(size=(8, 5))
        x[:, 0] += 20
        return {"x": x.astype(np.float32)}

    assert _verdicts(forward, back(1), point) == {"right"}
    assert _verdicts(forward, back(8), point) == {"wrong"}


@pytest.mark.parametrize("condition", [1e3, 5e5, 1e7])
def test_the_logarithm_of_a_determinant_is_checked_near_its_pole(condition):
    def point(rng):
        left, right = (np.linalg.qr(rng.normal(size=(6, 6)))[0] for _ in range(2))
        return {"x": left * np.geomspace(1, 1 / condition, 6) @ right}

    def forward(x):
        return np.linalg.slogdet(x)[1]

    assert _verdicts(forward, lambda dout, x: {"x": dout * np.linalg.inv(x).T}, point) == {"right"}
    assert _verdicts(forward, lambda dout, x: {"x": dout * np.linalg.inv(x)}, point) == {"wrong"}


def _positive(x):
    assert np.all(np.real(x) > 0), "only for positive numbers"
    return np.log(x)


@pytest.mark.parametrize(
    ("forward", "x"), [(math.log, 1.0), (math.log, 1e-3), (_positive, np.array([1e-3, 0.5, 2.0]))]
)
def test_a_forward_that_refuses_some_numbers_is_checked_where_it_does_not(forward, x):
    assert check_gradient(forward, lambda dout, x: {"x": dout / x}, {"x": x}).passed
    assert not check_gradient(forward, lambda dout, x: {"x": 1.01 * dout / x}, {"x": x}).passed


@pytest.mark.parametrize("size", [1e2, 1e3, 1e4])
def test_a_softmax_that_is_saturated_nearly_everywhere_is_no_alarm(size):
    def forward(x):
        z = np.exp(x - np.real(x).max(1, keepdims=True))
        return z / z.sum(1, keepdims=True)

    def backward(dout, x):
        p = forward(x)
        return {"x": p * (dout - (dout * p).sum(1, keepdims=True))}

    assert _verdicts(forward, backward, lambda rng: {"x": size * rng.normal(size=(5, 4))}) == {"right"}


def test_a_gradient_too_small_for_its_square_is_no_error():
    report = check_gradient(np.sum, lambda dout, x: {"x": dout + 0 * x}, {"x": 1e-200 * np.ones(3)})
    assert report.passed
    report = check_gradient(
        lambda x: 1e-200 * np.sum(x), lambda dout, x: {"x": 1e-200 * dout + 0 * x}, {"x": np.ones(3)}
    )
    assert report.verdict == "right"
