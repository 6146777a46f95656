"""A right gradient passes and a wrong one beside it fails, where a sceptic found one taken for the other.

What these have in common is a derivative that is not what it seems: `abs` or `var` drops the imaginary part
at one point and not at another, a kink leaves everything open, a gradient is all round-off, or that of
one input is small beside another's.
"""

import numpy as np
import pytest

from course_lib import check_gradient

SEEDS = range(5)


def _one(rule):
    return lambda dout, x: {"x": rule(dout, x)}


def _fixed(x):
    return lambda rng: {"x": np.array(x, dtype=float)}


def _penalty(share):
    return _one(lambda g, x: g * (2 * x + share * np.sign(x)))


def _lasso(x, y, w):
    return ((x @ w - y) ** 2).mean() + 0.3 * np.abs(w).sum()


def _lasso_back(share):
    def backward(dout, x, y, w):
        e = 2 * (x @ w - y) / len(y) * dout
        return {"x": np.outer(e, w), "y": -e, "w": x.T @ e + share * dout * np.sign(w)}

    return backward


def _lasso_point(w):
    return lambda rng: {"x": rng.normal(size=(6, 4)), "y": rng.normal(size=6), "w": np.array(w, dtype=float)}


def _relu_of_norm(x, b):
    spread = np.sqrt(x.var(1, keepdims=True) + 1e-5)
    return np.maximum((x - x.mean(1, keepdims=True)) / spread + b, 0).sum()


def _relu_of_norm_back(path):
    def backward(dout, x, b):
        spread = np.sqrt(x.var(1, keepdims=True) + 1e-5)
        h = (x - x.mean(1, keepdims=True)) / spread
        g = dout * (h + b > 0)
        through = path * h * (g * h).mean(1, keepdims=True)
        return {"x": (g - g.mean(1, keepdims=True) - through) / spread, "b": g.sum(0)}

    return backward


def _padded(rng):
    x = rng.normal(size=(5, 4))
    x[4] = 0
    return {"x": x, "b": np.zeros(4)}


def _batch_norm(x, gamma, beta):
    return gamma * (x - x.mean(0)) / np.sqrt(x.var(0) + 1e-5) + beta


def _batch_norm_back(path):
    def backward(dout, x, gamma, beta):
        spread = np.sqrt(x.var(0) + 1e-5)
        h, g = (x - x.mean(0)) / spread, dout * gamma
        return {
            "x": (g - g.mean(0) - path * h * (g * h).mean(0)) / spread,
            "gamma": (dout * h).sum(0),
            "beta": dout.sum(0),
        }

    return backward


def _softmax(x):
    z = np.exp(x - np.real(x).max())
    return z / z.sum()


def _products(x):
    return np.array([np.prod(np.delete(x, i)) for i in range(len(x))])


def _relu(x):
    return np.maximum(x, 0)


def _matmul_back(of_x, of_w):
    return lambda dout, x, w: {"x": of_x * dout @ w.T, "w": of_w * x.T @ dout}


def _affine_back(of_x):
    return lambda dout, x, w, b: {"x": of_x * dout @ w.T, "w": x.T @ dout, "b": dout.sum(0)}


def _one_named(name, rule):
    return lambda dout, **named: {name: rule(dout, **named)}


def _unit_rows_back(factor):
    def rule(g, x):
        n = np.linalg.norm(x, axis=1, keepdims=True)
        return factor * (g / n - x * (g * x).sum(1, keepdims=True) / n**3)

    return _one(rule)


_HIDDEN, _OUT = np.random.default_rng(0).normal(size=(3, 6)), np.random.default_rng(1).normal(size=(6, 2))


def _net(x):
    z = x @ _HIDDEN[: x.shape[1]]
    return np.where(z.real > 0, z, 0) @ _OUT


def _net_back(factor):
    def rule(g, x):
        w = _HIDDEN[: x.shape[1]]
        return factor * ((g @ _OUT.T) * (x @ w > 0)) @ w.T

    return _one(rule)


def _net_point(size):
    return lambda rng: {"x": rng.normal(size=(5, size)) * [[1], [0], [1], [0], [1]]}


def _sizes(x, w):
    return lambda rng: {"x": x * rng.normal(size=(8, 3)), "w": w * rng.normal(size=(3, 2))}


TWINS = {
    "a penalty at a kink": (
        lambda x: (x**2).sum() + np.abs(x).sum(),
        _penalty(1),
        _penalty(0),
        _fixed([0, 1, -2]),
    ),
    "a lasso with a pruned weight": (_lasso, _lasso_back(0.3), _lasso_back(0), _lasso_point([1, 0, -2, 0.5])),
    "a lasso that begins at zero": (_lasso, _lasso_back(0.3), _lasso_back(0), _lasso_point([0] * 4)),
    "a norm behind padding": (_relu_of_norm, _relu_of_norm_back(1), _relu_of_norm_back(0), _padded),
    "a batch norm that begins at zero": (
        _batch_norm,
        _batch_norm_back(1),
        _batch_norm_back(0),
        lambda rng: {"x": rng.normal(size=(6, 4)), "gamma": np.zeros(4), "beta": np.ones(4)},
    ),
    "a softsign at zero": (
        lambda x: x / (1 + np.abs(x)),
        _one(lambda g, x: g / (1 + np.abs(x)) ** 2),
        _one(lambda g, x: g / (1 + np.abs(x))),
        _fixed([0] * 5),
    ),
    "relu of a scalar gate": (_relu, _one(lambda g, x: g * (x > 0)), _one(lambda g, x: 1.0 * g), _fixed(2.0)),
    "relu of two": (_relu, _one(lambda g, x: g * (x > 0)), _one(lambda g, x: 1.0 * g), _fixed([2, 2])),
    "relu's mask from dout": (
        _relu,
        _one(lambda g, x: g * (x > 0)),
        _one(lambda g, x: g * (g > 0)),
        _fixed([1]),
    ),
    "the sign of dout, of two": (
        lambda x: x**2,
        _one(lambda g, x: 2 * g * x),
        _one(lambda g, x: 2 * np.abs(g) * x),
        _fixed([1, 2]),
    ),
    "the larger of two scalars": (
        np.maximum,
        lambda dout, x, y: {"x": dout * (x > y), "y": dout * (y >= x)},
        lambda dout, x, y: {"x": dout * 1.0, "y": dout * 0.0},
        lambda rng: {"x": 2.0, "y": 1.0},
    ),
    "relu of a product of scalars": (
        lambda w, x: np.maximum(w * x, 0),
        lambda dout, w, x: {"w": dout * x * (w * x > 0), "x": dout * w * (w * x > 0)},
        lambda dout, w, x: {"w": dout * x, "x": dout * w},
        lambda rng: {"w": 2.0, "x": 1.0},
    ),
    "a saturated softmax": (
        _softmax,
        _one(lambda g, x: _softmax(x) * (g - (g * _softmax(x)).sum())),
        _one(lambda g, x: _softmax(x) * g),
        _fixed([50, 0, 0]),
    ),
    "a cube at zero": (
        lambda x: x**3,
        _one(lambda g, x: 3 * g * x**2),
        _one(lambda g, x: g * x**2),
        _fixed(0.0),
    ),
    "a product of zeros": (
        np.prod,
        _one(lambda g, x: g * _products(x)),
        _one(lambda g, x: g * np.prod(x) * np.ones(len(x))),
        _fixed([0] * 5),
    ),
    "entropy at zero": (
        lambda x: -(_softmax(x) * np.log(_softmax(x))).sum(),
        _one(
            lambda g, x: -g * _softmax(x) * (np.log(_softmax(x)) - (_softmax(x) * np.log(_softmax(x))).sum())
        ),
        _one(lambda g, x: -g * _softmax(x) * np.log(_softmax(x))),
        _fixed([0] * 5),
    ),
    "pixels": (lambda x, w: x @ w, _matmul_back(1, 1), _matmul_back(1 + 1e-6, 1), _sizes(255, 0.01)),
    "large inputs, small weights": (
        lambda x, w: x @ w,
        _matmul_back(1, 1),
        _matmul_back(-1, 1),
        _sizes(1e6, 1e-6),
    ),
    "small inputs, large weights": (
        lambda x, w: x @ w,
        _matmul_back(1, 1),
        _matmul_back(1, 1.001),
        _sizes(1e-4, 1e4),
    ),
    "a tiny bias beside pixels": (
        lambda x, w, b: x @ w + b,
        _affine_back(1),
        _affine_back(1.01),
        lambda rng: {
            "x": rng.uniform(0, 255, (8, 6)),
            "w": rng.normal(size=(6, 4)),
            "b": 1e-8 * rng.normal(size=4),
        },
    ),
    "a probability near zero": (
        lambda p: -np.log(p).sum(),
        _one_named("p", lambda dout, p: -dout / p),
        _one_named("p", lambda dout, p: -1.001 * dout / p),
        lambda rng: {"p": np.array([0.6, 0.4, 3e-5]) * rng.uniform(0.5, 1.0, 3)},
    ),
    "a tiny row by real differences": (
        lambda x: x / np.linalg.norm(x, axis=1, keepdims=True),
        _unit_rows_back(1),
        _unit_rows_back(0),
        lambda rng: {"x": rng.normal(size=(2, 4)) * [[1], [1e-6]]},
    ),
    "a tiny row by a small factor": (
        lambda x: x / np.linalg.norm(x, axis=1, keepdims=True),
        _unit_rows_back(1),
        _unit_rows_back(1.01),
        lambda rng: {"x": rng.normal(size=(2, 4)) * [[1], [1e-9]]},
    ),
    "tiny numbers beside a kink": (
        lambda x: np.tanh(np.abs(x) / 1e-6),
        _one(lambda g, x: g * np.sign(x) / 1e-6 * (1 - np.tanh(np.abs(x) / 1e-6) ** 2)),
        _one(lambda g, x: 0 * g),
        lambda rng: {"x": rng.normal(size=(3, 4)) * [1, 1, 1e-6, 1e-6]},
    ),
    "a net of one input at zero": (_net, _net_back(1), _net_back(0.9), _net_point(1)),
    "a net of three inputs at zero": (_net, _net_back(1), _net_back(0.9), _net_point(3)),
    "a gradient left out beside a large one": (
        lambda x, w: x @ w,
        _matmul_back(1, 1),
        _matmul_back(0, 1),
        _sizes(1e5, 1e-5),
    ),
}


@pytest.mark.parametrize(("forward", "right", "wrong", "point"), TWINS.values(), ids=TWINS)
def test_the_right_one_passes_and_the_wrong_one_fails(forward, right, wrong, point):
    for seed in SEEDS:
        inputs = point(np.random.default_rng(seed))
        report = check_gradient(forward, right, inputs, seed=seed)
        assert report.passed, f"seed {seed}: {report.text(3)}"
        assert check_gradient(forward, wrong, inputs, seed=seed).verdict == "wrong", f"seed {seed}"
