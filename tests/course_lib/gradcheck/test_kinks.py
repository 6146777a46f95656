"""At a kink any slope that the function has around it is right, and nothing else: also where several meet."""

import numpy as np
import pytest

from course_lib import check_gradient

SEEDS = range(6)


def _one(rule):
    return lambda dout, x: {"x": rule(dout, x)}


def _relu(x):
    return np.maximum(x, 0)


def _pool(x):
    return x.reshape(x.shape[0] // 2, 2, x.shape[1] // 2, 2).max(axis=(1, 3))


def _pool_back(dout, x):
    """To the first of the largest in each window."""
    n, m = dout.shape
    windows = x.reshape(n, 2, m, 2).transpose(0, 2, 1, 3).reshape(n, m, 4)
    made = np.zeros((n, m, 4))
    np.put_along_axis(made, windows.argmax(-1)[..., None], dout[..., None], -1)
    return {"x": made.reshape(n, m, 2, 2).transpose(0, 2, 1, 3).reshape(x.shape)}


def _sort_back(dout, x):
    made = np.zeros_like(x)
    made[np.argsort(x, kind="stable")] = dout
    return {"x": made}


def _hidden(x, w):
    return np.maximum(x @ w, 0)


def _hidden_back(dout, x, w):
    dz = dout * (x @ w > 0)
    return {"x": dz @ w.T, "w": x.T @ dz}


def _net(x, w, a):
    return (np.maximum(x @ w, 0) @ a).sum()


def _net_back(dout, x, w, a):
    h = np.maximum(x @ w, 0)
    dz = dout * np.ones((len(x), a.shape[1])) @ a.T * (h > 0)
    return {"x": dz @ w.T, "w": x.T @ dz, "a": dout * np.outer(h.sum(0), np.ones(a.shape[1]))}


def _padded(rng):
    """Rows of zeros: behind a product every unit of theirs stands at its kink."""
    x = rng.normal(size=(6, 4))
    x[4:] = 0
    return {"x": x, "w": rng.normal(size=(4, 5))}


def _padded_net(rng):
    return {**_padded(rng), "a": rng.normal(size=(5, 2))}


def _whole(rng):
    return {name: rng.integers(-2, 3, size).astype(float) for name, size in (("x", (6, 4)), ("w", (4, 5)))}


def _fixed(x):
    return lambda rng: {"x": np.array(x, dtype=float)}


RIGHT = {
    "largest of 900 ones": (np.max, _one(lambda g, x: g * (np.arange(900) == x.argmax())), _fixed([1] * 900)),
    "the same, shared out": (
        np.max,
        _one(lambda g, x: g * (x == x.max()) / np.sum(x == x.max())),
        _fixed([1] * 900),
    ),
    "pooled zeros": (_pool, _pool_back, _fixed(np.zeros((32, 32)))),
    "sum of 1,000 relus of zero": (
        lambda x: _relu(x).sum(),
        _one(lambda g, x: g * (x > 0)),
        _fixed(np.zeros(1000)),
    ),
    "three equal numbers sorted": (np.sort, _sort_back, _fixed([2, 1, 1, 1, 5, 0])),
    "a median of five equal": (
        np.median,
        _one(lambda g, x: g * (np.argsort(np.argsort(x, kind="stable")) == 3)),
        _fixed([1, 1, 1, 1, 1, 2, 0]),
    ),
    "relu of a product of whole numbers": (_hidden, _hidden_back, _whole),
    "relu of a padded product": (_hidden, _hidden_back, _padded),
    "a net of padded inputs": (_net, _net_back, _padded_net),
    "a hinge at one": (
        lambda x: np.maximum(0, 1 - x).mean(),
        _one(lambda g, x: -g * (x < 1) / x.size),
        _fixed(np.ones((30, 30))),
    ),
}


@pytest.mark.parametrize("method", ["auto", "real"])
@pytest.mark.parametrize(("forward", "backward", "point"), RIGHT.values(), ids=RIGHT)
def test_what_counts_as_right_at_kinks_passes(forward, backward, point, method):
    for seed in SEEDS:
        inputs = point(np.random.default_rng(seed))
        report = check_gradient(forward, backward, inputs, seed=seed, method=method)
        assert report.passed, f"seed {seed}: {report.text(3)}"


def _unmasked(dout, x, w, a):
    made = _net_back(dout, x, w, a)
    there = (x @ w > 0) | (x == 0).all(axis=1, keepdims=True)
    return {**made, "x": (dout * np.ones((len(x), 2)) @ a.T * (there | (x @ w < 0))) @ w.T}


def _off_by_a_thousandth(dout, x, w, a):
    made = _net_back(dout, x, w, a)
    return {**made, "w": 1.001 * made["w"]}


def _nonsense_at_kinks(dout, x, w, a):
    made = _net_back(dout, x, w, a)
    made["x"][(x == 0).all(axis=1)] = 50 * dout
    return made


WRONG = {
    "half as much again at zero": (
        _relu,
        _one(lambda g, x: g * ((x > 0) + 1.5 * (x == 0))),
        _fixed([0, 1, -1, 0]),
    ),
    "to all of the largest": (np.max, _one(lambda g, x: g * (x == x.max())), _fixed([1] * 900)),
    "to all of a window": (
        _pool,
        _one(lambda g, x: np.repeat(np.repeat(g, 2, 0), 2, 1)),
        _fixed(np.zeros((32, 32))),
    ),
    "no mask behind padding": (_net, _unmasked, _padded_net),
    "off beside padding": (_net, _off_by_a_thousandth, _padded_net),
    "nonsense at padding": (_net, _nonsense_at_kinks, _padded_net),
}


@pytest.mark.parametrize(("forward", "backward", "point"), WRONG.values(), ids=WRONG)
def test_a_kink_is_no_excuse(forward, backward, point):
    for seed in SEEDS:
        inputs = point(np.random.default_rng(seed))
        assert check_gradient(forward, backward, inputs, seed=seed).verdict == "wrong", f"seed {seed}"


def test_beside_kinks_the_wrong_element_alone_is_named():
    def spoilt(dout, x, w, a):
        made = _net_back(dout, x, w, a)
        made["x"][0, 1] *= 2
        return made

    for seed in SEEDS:
        point = _padded_net(np.random.default_rng(seed))
        report = check_gradient(_net, spoilt, point, seed=seed)
        assert [item.name for item in report.inputs if not item.passed] == ["x"], f"seed {seed}"
        assert report.inputs[0].indices == ((0, 1),), f"seed {seed}: {report.text(3)}"


LOSSES = {"mean": lambda x: np.abs(x).mean(), "each": np.abs}


@pytest.mark.parametrize("size", [5e-17, 1e-12, 1e-10, 1e-7])
@pytest.mark.parametrize(("loss", "count"), [("mean", 3), ("mean", 300), ("each", 30), ("each", 1000)])
def test_a_number_that_is_round_off_stands_at_the_kink(loss, count, size):
    def back(factor):
        return _one(lambda g, x: g * factor(x) * np.sign(x) / (x.size if loss == "mean" else 1))

    for seed in SEEDS:
        x = np.random.default_rng(seed).normal(size=count)
        x[0] = size
        right, wrong = back(np.ones_like), back(lambda x: np.where(np.arange(x.size) == 2, 1.01, 1))
        assert check_gradient(LOSSES[loss], right, {"x": x}, seed=seed).passed, f"seed {seed}"
        report = check_gradient(LOSSES[loss], wrong, {"x": x}, seed=seed)
        assert report.verdict == "wrong", f"seed {seed}"
        assert report.inputs[0].indices == ((2,),), f"seed {seed}: {report.text(3)}"


def test_beside_a_number_near_a_kink_the_wrong_element_alone_is_named():
    for size in (1e-6, 1e-8, 1e-10):
        x = np.linspace(0.5, 2, 300)
        x[0] = size
        spoilt = _one(lambda g, x: g * np.where(np.arange(300) == 5, 1.5, 1) * np.sign(x))
        for seed in SEEDS:
            assert check_gradient(np.abs, spoilt, {"x": x}, seed=seed).inputs[0].indices == ((5,),)


@pytest.mark.parametrize(
    ("of_x", "of_y", "passes"), [(1, 0, True), (0.5, 0.5, True), (1, 1, False), (0, 0, False)]
)
def test_the_shares_of_a_tie_add_up(of_x, of_y, passes):
    x = np.random.default_rng(0).normal(size=(5, 4))

    def backward(dout, x, y):
        return {"x": dout * ((x > y) + of_x * (x == y)), "y": dout * ((y > x) + of_y * (x == y))}

    for seed in SEEDS:
        report = check_gradient(np.maximum, backward, {"x": x, "y": x.copy()}, seed=seed)
        assert report.passed is passes
        assert passes or "the shares are not right together" in str(report)
