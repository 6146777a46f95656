"""Gradients of all kinds for the gradient check: right ones that must pass, and wrong ones.

Case     a forward, a backward and a point, by a random generator
RIGHT    unusual right gradients: kinks hit exactly, tiny and huge numbers, float32, forwards that take no
         complex numbers, saturated, cancelling, not contiguous, read-only
WRONG    what people write, each with words that the report must hold
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

__all__ = ["RIGHT", "WRONG", "Case", "net"]

Point = Callable[[np.random.Generator], Mapping[str, Any]]


@dataclass(frozen=True)
class Case:
    """One backward; `says` is "" for a right one."""

    name: str
    forward: Callable[..., Any]
    backward: Callable[..., Mapping[str, Any]]
    inputs: Point
    says: str = ""
    constants: Mapping[str, Any] = field(default_factory=dict)


def _sigmoid(z: Any) -> Any:
    return 1 / (1 + np.exp(-z))


def _normal(*shape: int, scale: float = 1.0, plus: float = 0.0) -> Point:
    return lambda rng: {"x": plus + scale * rng.normal(size=shape)}


def _affine_point(dtype: Any = np.float64) -> Point:
    return lambda rng: {
        "x": rng.normal(size=(4, 5)).astype(dtype),
        "w": rng.normal(size=(5, 3)).astype(dtype),
        "b": rng.normal(size=3).astype(dtype),
    }


def _affine(x: Any, w: Any, b: Any) -> Any:
    return x @ w + b


def _affine_back(dout: Any, x: Any, w: Any, b: Any) -> dict[str, Any]:
    return {"x": dout @ w.T, "w": x.T @ dout, "b": dout.sum(0)}


def _one(rule: Callable[[Any, Any], Any]) -> Callable[..., Mapping[str, Any]]:
    return lambda dout, x: {"x": rule(dout, x)}


def _relu(x: Any) -> Any:
    return np.maximum(x, 0)


def _zeros_among(*shape: int) -> Point:
    return lambda rng: {"x": np.round(rng.normal(size=shape))}


def _buffered(x: Any) -> Any:
    out = np.zeros(x.shape)
    out[...] = np.sin(x)
    return out


def _cross_entropy(x: Any, y: Any) -> Any:
    e = np.exp(x - x.max(1, keepdims=True))
    return -np.log((e / e.sum(1, keepdims=True))[np.arange(len(y)), y]).mean()


def _softmax(x: Any) -> Any:
    e = np.exp(x - x.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


def _cross_entropy_back(dout: Any, x: Any, y: Any) -> dict[str, Any]:
    p = _softmax(x)
    p[np.arange(len(y)), y] -= 1
    return {"x": dout * p / len(y)}


_BITS = np.arange(64).reshape(16, 4) % 3 / 2.0
_LABELS = {"y": np.array([0, 2, 1, 3, 3, 0])}


def _batch_norm(x: Any, gamma: Any, beta: Any) -> Any:
    mean = x.mean(0)
    return gamma * (x - mean) / np.sqrt(((x - mean) ** 2).mean(0) + 1e-5) + beta


def _batch_norm_back(dout: Any, x: Any, gamma: Any, beta: Any) -> dict[str, Any]:
    spread = np.sqrt(((x - x.mean(0)) ** 2).mean(0) + 1e-5)
    hat, g = (x - x.mean(0)) / spread, dout * gamma
    dx = (g - g.mean(0) - hat * (g * hat).mean(0)) / spread
    return {"x": dx, "gamma": (dout * hat).sum(0), "beta": dout.sum(0)}


def _naive_norm(x: Any) -> Any:
    """The variance as the mean square less the square of the mean, of which few digits are left."""
    return (x - x.mean(0)) / np.sqrt((x**2).mean(0) - x.mean(0) ** 2 + 1e-5)


def _norm_back(dout: Any, x: Any) -> Any:
    spread = np.sqrt(x.var(0) + 1e-5)
    hat = (x - x.mean(0)) / spread
    return (dout - dout.mean(0) - hat * (dout * hat).mean(0)) / spread


def _binary(x: Any, y: Any) -> Any:
    """By one minus a sigmoid that is nearly one."""
    return -(y * np.log(_sigmoid(x)) + (1 - y) * np.log(1 - _sigmoid(x))).mean()


def _near_zero(rng: np.random.Generator) -> Mapping[str, Any]:
    return {"x": np.append(rng.uniform(0.1, 1.0, 5), [1e-9, 1e-15])}


def _norm_point(n: int, plus: float = 0.0) -> Point:
    return lambda rng: {
        "x": plus + rng.normal(size=(n, 3)),
        "gamma": rng.normal(size=3),
        "beta": rng.normal(size=3),
    }


def _pool(x: Any) -> Any:
    return x.reshape(4, 2, 4, 2).max(axis=(1, 3))


def _pool_back(dout: Any, x: Any) -> Any:
    blocks = x.reshape(4, 2, 4, 2)
    largest = blocks == blocks.max(axis=(1, 3), keepdims=True)
    return (largest * dout[:, None, :, None]).reshape(8, 8)


def _tensors(rng: np.random.Generator) -> Mapping[str, Any]:
    return {"a": rng.normal(size=(2, 3, 4)), "b": rng.normal(size=(4, 5))}


def _tensors_back(dout: Any, a: Any, b: Any) -> dict[str, Any]:
    return {"a": np.einsum("ijl,kl->ijk", dout, b), "b": np.einsum("ijl,ijk->kl", dout, a)}


def _solve_back(dout: Any, a: Any, b: Any) -> dict[str, Any]:
    u = np.linalg.solve(a.T, dout)
    return {"a": -np.outer(u, np.linalg.solve(a, b)), "b": u}


def _read_only(rng: np.random.Generator) -> Mapping[str, Any]:
    x = rng.normal(size=(4, 4))
    x.flags.writeable = False
    return {"x": x}


def _strided(rng: np.random.Generator) -> Mapping[str, Any]:
    return {"x": rng.normal(size=(10, 8))[::2, ::2], "w": rng.normal(size=(3, 4)).T}


def _positive(*shape: int) -> Point:
    return lambda rng: {"x": rng.uniform(0.1, 3.0, shape)}


def net(dtype: Any = np.float64) -> tuple[Callable[..., Any], Callable[..., Mapping[str, Any]], Point]:
    """The lecture's net with its 101,000 weights: forward, backward, and where to check."""
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(64, 1000)), rng.normal(size=(64, 10))

    def forward(w1: Any, w2: Any) -> Any:
        return np.square(_sigmoid(x @ w1) @ w2 - y).sum()

    def backward(dout: Any, w1: Any, w2: Any) -> Mapping[str, Any]:
        h = _sigmoid(x @ w1)
        upstream = 2 * (h @ w2 - y) * dout
        return {"w1": x.T @ (upstream @ w2.T * h * (1 - h)), "w2": h.T @ upstream}

    def point(rng: np.random.Generator) -> Mapping[str, Any]:
        return {
            "w1": rng.normal(size=(1000, 100)).astype(dtype),
            "w2": rng.normal(size=(100, 10)).astype(dtype),
        }

    return forward, backward, point


_ELU = 1.3


def _elu(x: Any) -> Any:
    return np.where(x > 0, x, _ELU * (np.exp(np.where(x > 0, 0, x)) - 1))


def _s(x: Any) -> Any:
    return _sigmoid(x) * (1 - _sigmoid(x))


_SQUARE = (lambda x: x**2, _one(lambda g, x: 2 * g * x))
_SIGMOID = (_sigmoid, _one(lambda g, x: g * _s(x)))
_RIGHT_RELU = _one(lambda g, x: g * (x > 0))


def _to_the_first(dout: Any, x: Any) -> Any:
    return dout * (np.arange(len(x)) == np.argmax(x))


def _hidden(x: Any, w: Any) -> Any:
    return np.maximum(x @ w, 0)


def _hidden_back(dout: Any, x: Any, w: Any) -> dict[str, Any]:
    dz = dout * (x @ w > 0)
    return {"x": dz @ w.T, "w": x.T @ dz}


def _padded(rng: np.random.Generator) -> dict[str, Any]:
    x = rng.normal(size=(6, 4))
    x[4:] = 0
    return {"x": x, "w": rng.normal(size=(4, 5))}


def _normalised(x: Any) -> Any:
    centred = x - x.mean(0)
    return centred / np.sqrt((centred**2).mean(0) + 1e-5)


def _normalised_back(dout: Any, x: Any) -> Any:
    h, spread = _normalised(x), np.sqrt(((x - x.mean(0)) ** 2).mean(0) + 1e-5)
    g = np.full(x.shape, dout)
    return (g - g.mean(0) - h * (g * h).mean(0)) / spread


def _penalised(share: float) -> Callable[..., Any]:
    return lambda x: np.sum(x**2) + share * np.abs(x).sum()


def _penalised_back(share: float) -> Callable[..., Mapping[str, Any]]:
    return _one(lambda g, x: g * (2 * x + share * np.sign(x)))


def _root(x: Any) -> Any:
    return math.sqrt(x)


RIGHT: tuple[Case, ...] = (
    Case("a square", *_SQUARE, _normal(4, 5)),
    Case("a number of no axes", lambda x: x**3, _one(lambda g, x: 3 * g * x**2), lambda rng: {"x": 1.7}),
    Case("whole numbers", *_SQUARE, lambda rng: {"x": np.arange(6)}),
    Case(
        "nothing at all", np.sum, _one(lambda g, x: g * np.ones_like(x)), lambda rng: {"x": np.zeros((0, 3))}
    ),
    Case("affine", _affine, _affine_back, _affine_point()),
    Case("affine in float32", _affine, _affine_back, _affine_point(np.float32)),
    Case("sigmoid", *_SIGMOID, _normal(64, 100)),
    Case("sigmoid, half saturated", *_SIGMOID, _normal(8, 10, scale=30)),
    Case("sigmoid, saturated", *_SIGMOID, _normal(8, 10, plus=30)),
    Case("sigmoid, no digit left", *_SIGMOID, _normal(64, 100, scale=0.1, plus=35)),
    Case("tanh", np.tanh, _one(lambda g, x: g * (1 - np.tanh(x) ** 2)), _normal(30, 20)),
    Case("relu", _relu, _RIGHT_RELU, _normal(30, 20)),
    Case("relu, slope 0 at 0", _relu, _RIGHT_RELU, _zeros_among(6, 7)),
    Case("relu, slope 1 at 0", _relu, _one(lambda g, x: g * (x >= 0)), _zeros_among(6, 7)),
    Case(
        "relu, slope 1/2 at 0", _relu, _one(lambda g, x: g * ((x > 0) + 0.5 * (x == 0))), _zeros_among(60, 70)
    ),
    Case("relu near its kink", _relu, _RIGHT_RELU, _normal(64, 100, scale=1e-7)),
    Case(
        "relu near its kink in float32",
        _relu,
        _RIGHT_RELU,
        lambda rng: {"x": (1e-7 * rng.normal(size=(64, 100))).astype(np.float32)},
    ),
    Case("relu by where", lambda x: np.where(x > 0, x, 0), _RIGHT_RELU, _zeros_among(6, 7)),
    Case(
        "leaky relu",
        lambda x: np.where(x > 0, x, 0.2 * x),
        _one(lambda g, x: g * np.where(x > 0, 1, 0.2)),
        _normal(9, 7),
    ),
    Case("elu", _elu, _one(lambda g, x: g * np.where(x > 0, 1, _ELU * np.exp(x))), _normal(9, 7)),
    Case("abs", np.abs, _one(lambda g, x: g * np.sign(x)), _normal(9, 7)),
    Case("abs at 0", np.abs, _one(lambda g, x: g * np.sign(x)), lambda rng: {"x": np.array([0.0, 1, -2])}),
    Case("a norm", np.linalg.norm, _one(lambda g, x: g * x / np.linalg.norm(x)), _normal(9, 7)),
    Case("a long norm", np.linalg.norm, _one(lambda g, x: g * x / np.linalg.norm(x)), _normal(90, 70)),
    Case(
        "a variance",
        lambda x: np.var(x, axis=0),
        _one(lambda g, x: g * 2 * (x - x.mean(0)) / len(x)),
        _normal(9, 7),
    ),
    Case(
        "floats in a loop",
        lambda x: np.array([float(v) ** 2 for v in x]),
        _one(lambda g, x: 2 * g * x),
        _normal(9),
    ),
    Case(
        "relu by a loop, at its kink",
        lambda x: np.array([[max(0.0, float(v)) for v in row] for row in x]),
        _RIGHT_RELU,
        _zeros_among(6, 7),
    ),
    Case(
        "the largest by a loop, at a tie",
        lambda x: max(float(v) for v in x),
        _one(lambda g, x: g * (np.arange(len(x)) == np.argmax(x))),
        lambda rng: {"x": np.array([2.0, 2.0, *rng.normal(size=3)])},
    ),
    Case("a real buffer", _buffered, _one(lambda g, x: g * np.cos(x)), _normal(9, 3)),
    Case("softmax and cross-entropy", _cross_entropy, _cross_entropy_back, _normal(6, 4), "", _LABELS),
    Case("the same, large", _cross_entropy, _cross_entropy_back, _normal(6, 4, scale=50), "", _LABELS),
    Case("batch norm", _batch_norm, _batch_norm_back, _norm_point(8)),
    Case("batch norm of two", _batch_norm, _batch_norm_back, _norm_point(2)),
    Case("batch norm far from zero", _batch_norm, _batch_norm_back, _norm_point(8, 1e4)),
    Case("batch norm of a naive variance", _naive_norm, _one(_norm_back), _normal(16, 4, plus=100)),
    Case(
        "batch norm of float32, summed",
        lambda x: ((x - x.mean(0)) / np.sqrt(x.var(0) + 1e-5)).sum(),
        _one(lambda g, x: _norm_back(np.full(x.shape, g, x.dtype), x)),
        lambda rng: {"x": (100 + rng.normal(size=(64, 10))).astype(np.float32)},
    ),
    Case(
        "binary cross-entropy of a saturated sigmoid",
        _binary,
        lambda dout, x, y: {"x": dout * (_sigmoid(x) - y) / x.size},
        _normal(16, 4, scale=5),
        "",
        {"y": _BITS},
    ),
    Case(
        "a cumulative sum",
        lambda x: np.cumsum(x, axis=1),
        _one(lambda g, x: np.cumsum(g[:, ::-1], axis=1)[:, ::-1]),
        _normal(20, 30),
    ),
    Case("max pooling", _pool, _one(_pool_back), _normal(8, 8)),
    Case("a product", np.prod, _one(lambda g, x: g * np.prod(x) / x), _normal(5)),
    Case(
        "log of a sum of exp",
        lambda x: np.log(np.exp(x).sum()),
        _one(lambda g, x: g * _softmax(x[None])[0]),
        _normal(50),
    ),
    Case("log", np.log, _one(lambda g, x: g / x), _positive(5, 6)),
    Case("log next to zero", np.log, _one(lambda g, x: g / x), _near_zero),
    Case(
        "log next to zero, floats in a loop",
        lambda x: np.array([math.log(v) if v > 0 else math.nan for v in x]),
        _one(lambda g, x: g / x),
        _near_zero,
    ),
    Case("square root next to zero", np.sqrt, _one(lambda g, x: g / 2 / np.sqrt(x)), _near_zero),
    Case("square root", np.sqrt, _one(lambda g, x: g / 2 / np.sqrt(x)), _positive(5, 6)),
    Case("tiny numbers", *_SQUARE, _normal(5, 6, scale=1e-150)),
    Case("huge numbers", *_SQUARE, _normal(5, 6, scale=1e100)),
    Case(
        "not contiguous",
        lambda x, w: x @ w,
        lambda g, x, w: {"x": g @ w.T, "w": x.T @ g},
        _strided,
    ),
    Case("read-only", np.sin, _one(lambda g, x: g * np.cos(x)), _read_only),
    Case("dout itself", lambda x: x + 0, _one(lambda g, x: g), _normal(4, 4)),
    Case("a view of dout", lambda x: x.T, _one(lambda g, x: g.T), _normal(4, 6)),
    Case("a sum", np.sum, _one(lambda g, x: g * np.ones_like(x)), _normal(40, 40)),
    Case(
        "a mean, by a broadcast view",
        lambda x: x.mean(0),
        _one(lambda g, x: np.broadcast_to(g / len(x), x.shape)),
        _normal(4, 6),
    ),
    Case("three axes", lambda a, b: np.einsum("ijk,kl->ijl", a, b), _tensors_back, _tensors),
    Case("cancelling", lambda x: (x + 1e8) - 1e8, _one(lambda g, x: g * 1.0), _normal(5, 6)),
    Case(
        "a cosine near one",
        lambda x: 1 - np.cos(x),
        _one(lambda g, x: g * np.sin(x)),
        _normal(5, 6, scale=1e-6),
    ),
    Case("a wide exp", np.exp, _one(lambda g, x: g * np.exp(x)), _normal(5, 6, scale=100)),
    Case("sorting", np.sort, _one(lambda g, x: g[np.argsort(np.argsort(x))]), _normal(9)),
    Case(
        "a determinant",
        np.linalg.det,
        _one(lambda g, x: g * np.linalg.det(x) * np.linalg.inv(x).T),
        _normal(4, 4),
    ),
    Case(
        "a linear system",
        np.linalg.solve,
        _solve_back,
        lambda rng: {"a": rng.normal(size=(4, 4)), "b": rng.normal(size=4)},
    ),
    Case("the largest of many equal", np.max, _one(_to_the_first), lambda rng: {"x": np.ones(900)}),
    Case(
        "three equal numbers sorted",
        np.sort,
        _one(lambda g, x: g[np.argsort(np.argsort(x, kind="stable"))]),
        lambda rng: {"x": np.array([2.0, 1.0, 1.0, 1.0, 5.0, 0.0])},
    ),
    Case("relu of a product with rows of zeros", _hidden, _hidden_back, _padded),
    Case(
        "a sum of normalised numbers", lambda x: _normalised(x).sum(), _one(_normalised_back), _normal(16, 4)
    ),
    Case("log of tiny sizes", lambda x: np.log(np.abs(x)), _one(lambda g, x: g / x), _normal(7, scale=1e-7)),
    Case(
        "a tiny unit vector",
        lambda x: x / np.linalg.norm(x),
        _one(lambda g, x: (g - x * (x @ g) / (x @ x)) / np.linalg.norm(x)),
        _normal(7, scale=1e-7),
    ),
    Case("a small penalty that is not complex", _penalised(1e-4), _penalised_back(1e-4), _normal(5, 4)),
    Case("refuses negative numbers", _root, _one(lambda g, x: g / 2 / np.sqrt(x)), lambda rng: {"x": 1e-3}),
    Case(
        "float32 within",
        lambda x: _sigmoid(np.real(x).astype(np.float32)),
        _one(lambda g, x: g * _sigmoid(x) * (1 - _sigmoid(x))),
        _normal(6, 5),
    ),
    Case("the lecture's net", *net()),
    Case("the lecture's net in float32", *net(np.float32)),
    Case(
        "a large matrix product",
        lambda x, w: x @ w,
        lambda g, x, w: {"x": g @ w.T, "w": x.T @ g},
        lambda rng: {"x": rng.normal(size=(64, 1000)), "w": rng.normal(size=(1000, 100))},
    ),
)


def _wrong_affine(name: str, says: str, **changed: Callable[..., Any]) -> Case:
    def backward(dout: Any, x: Any, w: Any, b: Any) -> dict[str, Any]:
        made = {key: rule(dout, x, w, b) for key, rule in changed.items()}
        return _affine_back(dout, x, w, b) | made

    return Case(name, _affine, backward, _affine_point(), says)


def _wrong_one(name: str, forward: Any, rule: Callable[[Any, Any], Any], point: Point, says: str) -> Case:
    return Case(name, forward, _one(rule), point, says)


def _in_place(dout: Any, x: Any) -> dict[str, Any]:
    dout *= 2 * x
    return {"x": dout}


def _adding_up() -> Callable[..., Mapping[str, Any]]:
    kept: dict[str, Any] = {"sum": 0.0}

    def backward(dout: Any, x: Any) -> Mapping[str, Any]:
        kept["sum"] = kept["sum"] + 2 * dout * x
        return {"x": kept["sum"]}

    return backward


def _stale() -> Callable[..., Mapping[str, Any]]:
    kept: dict[str, Any] = {}
    return lambda dout, x: {"x": 2 * dout * kept.setdefault("x", x.copy())}


def _one_off(g: Any, x: Any) -> Any:
    dx = g * _s(x)
    dx[3, 4] *= 1.001
    return dx


_SIGMOIDS = _normal(64, 100)
_LEAKY = lambda x: np.where(x > 0, x, 0.2 * x)  # noqa: E731

WRONG: tuple[Case, ...] = (
    _wrong_affine("the transpose", "It is the shape of the transpose", x=lambda g, x, w, b: w @ g.T),
    _wrong_affine("no upstream", "upstream gradient of ones", w=lambda g, x, w, b: x.T @ np.ones_like(g)),
    _wrong_affine(
        "over the batch", "1/4 of the right value, and 4 is", w=lambda g, x, w, b: x.T @ g / len(x)
    ),
    _wrong_affine("a mean for a sum", "1/4 of the right value, and 4 is", b=lambda g, x, w, b: g.mean(0)),
    _wrong_affine("an axis kept", "An axis of size 1 was kept", b=lambda g, x, w, b: g.sum(0, keepdims=True)),
    _wrong_affine("dout for db", "It is the shape of dout", b=lambda g, x, w, b: g),
    _wrong_affine("the wrong axis", "wrong shape (4,), expected (3,)", b=lambda g, x, w, b: g.sum(1)),
    _wrong_affine("the first sample", "the first row of dout alone", b=lambda g, x, w, b: g[0]),
    _wrong_affine(
        "the last sample", "the last row of dout alone", w=lambda g, x, w, b: np.outer(x[-1], g[-1])
    ),
    _wrong_affine("everything in one sum", "summed into one number", b=lambda g, x, w, b: g.sum()),
    _wrong_affine(
        "an update", "w minus 0.01 times the right gradient", w=lambda g, x, w, b: w - 0.01 * x.T @ g
    ),
    _wrong_affine("the sign", "with the other sign", w=lambda g, x, w, b: -x.T @ g),
    _wrong_affine("zeros", "zero everywhere", w=lambda g, x, w, b: 0 * w),
    _wrong_affine("twice", "twice the right value", x=lambda g, x, w, b: 2 * g @ w.T),
    _wrong_affine(
        "weight decay", "the right value plus 0.1 times w itself", w=lambda g, x, w, b: x.T @ g + 0.1 * w
    ),
    _wrong_affine(
        "cut to length one",
        "times the right value here, and another multiple of it at other inputs",
        w=lambda g, x, w, b: x.T @ g / np.linalg.norm(x.T @ g),
    ),
    _wrong_affine(
        "one row twice as large",
        "2 times the right value in the wrong elements",
        w=lambda g, x, w, b: x.T @ g * np.array([[1], [2], [1], [1], [1]]),
    ),
    Case(
        "a number of no axes",
        lambda x: x**2,
        _one(lambda g, x: g * x),
        lambda rng: {"x": 1.7},
        "half the right value",
    ),
    _wrong_one(
        "masked twice", _relu, lambda g, x: g * (g > 0) * (x > 0), _normal(3, 4), "zero in the wrong elements"
    ),
    _wrong_one("at the output", _sigmoid, lambda g, x: g * _s(_sigmoid(x)), _SIGMOIDS, "taken at the output"),
    _wrong_one("no local derivative", _sigmoid, lambda g, x: g, _SIGMOIDS, "the local derivative is missing"),
    _wrong_one(
        "the local derivative alone", _sigmoid, lambda g, x: _s(x), _SIGMOIDS, "upstream gradient of ones"
    ),
    _wrong_one("twice applied", _sigmoid, lambda g, x: g * _s(x) ** 2, _SIGMOIDS, "applied twice"),
    _wrong_one(
        "the value", _sigmoid, lambda g, x: g * _sigmoid(x), _SIGMOIDS, "the value in place of the derivative"
    ),
    _wrong_one(
        "one element of thousands",
        _sigmoid,
        _one_off,
        _SIGMOIDS,
        "wrong in 1 of 6,400 elements; worst at [3, 4]",
    ),
    _wrong_one(
        "a millionth", _sigmoid, lambda g, x: g * _s(x) * (1 + 1e-6), _SIGMOIDS, "wrong in all of 6,400"
    ),
    _wrong_one("the mask inverted", _relu, lambda g, x: g * (x < 0), _normal(30, 20), "taken at -x"),
    _wrong_one(
        "the mask of dout", _relu, lambda g, x: g * (g > 0), _normal(30, 20), "the mask is taken from"
    ),
    _wrong_affine("a number added", "plus 0.25 in every element", b=lambda g, x, w, b: g.sum(0) + 0.25),
    _wrong_one(
        "another slope",
        _LEAKY,
        lambda g, x: g * np.where(x > 0, 1, 0.01),
        _normal(9, 7),
        "a local derivative of 0.01 wherever the input is negative",
    ),
    _wrong_one(
        "the slope's side", _LEAKY, lambda g, x: g * np.where(x > 0, 0.2, 1), _normal(9, 7), "taken at -x"
    ),
    _wrong_one(
        "cut to whole numbers", _SQUARE[0], lambda g, x: (2 * g * x).astype(int), _normal(4, 5), "wrong in"
    ),
    _wrong_one(
        "the input's sign lost", _SQUARE[0], lambda g, x: 2 * g * np.abs(x), _positive(4, 5), "at another one"
    ),
    _wrong_one("nan", _SQUARE[0], lambda g, x: 2 * g * x / 0, _normal(4, 5), "are nan or inf"),
    _wrong_one(
        "complex numbers", _SQUARE[0], lambda g, x: 2 * g * x + 0j, _normal(4, 5), "wrong dtype complex128"
    ),
    Case("dout written to", _SQUARE[0], _in_place, _normal(4, 5), "changed dout"),
    Case(
        "added up over calls", _SQUARE[0], _adding_up(), _normal(4, 5), "another dx when it was called again"
    ),
    Case(
        "the inputs of the first call", _SQUARE[0], _stale(), _normal(4, 5), "the inputs of the call before"
    ),
    Case(
        "two gradients swapped",
        lambda x, y: x * y,
        lambda g, x, y: {"x": g * x, "y": g * y},
        lambda rng: {"x": rng.normal(size=(3, 4)), "y": rng.normal(size=(3, 4))},
        "the right gradient of y: the two are in the wrong order",
    ),
    Case(
        "a square matrix, transposed",
        lambda x, w: x @ w,
        lambda g, x, w: {"x": g @ w.T, "w": g.T @ x},
        lambda rng: {"x": rng.normal(size=(3, 4)), "w": rng.normal(size=(4, 4))},
        "the transpose of the right value",
    ),
    Case(
        "the sum for the mean",
        _cross_entropy,
        lambda g, x, y: {"x": 6 * _cross_entropy_back(g, x, y)["x"]},
        _normal(6, 4),
        "6 times the right value, and 6 is the number of rows of x",
        _LABELS,
    ),
    Case(
        "the label left in",
        _cross_entropy,
        lambda g, x, y: {"x": g * _softmax(x) / len(y)},
        _normal(6, 4),
        "wrong in 6 of 24 elements",
        _LABELS,
    ),
    Case(
        "a small penalty left out",
        _penalised(1e-4),
        _penalised_back(0.0),
        _normal(5, 4),
        "wrong in all of 20",
    ),
    Case(
        "a tie to all",
        np.max,
        _one(lambda g, x: g * (x == x.max())),
        lambda rng: {"x": np.ones(900)},
        "wrong",
    ),
    Case(
        "a tie to both",
        np.maximum,
        lambda g, x, y: {"x": g * (x >= y), "y": g * (y >= x)},
        lambda rng: {"x": np.arange(6.0), "y": np.arange(6.0)},
        "the shares are not right together",
    ),
    _wrong_one(
        "the sign of dout lost", lambda x: np.sum(x**3), lambda g, x: 3 * abs(g) * x**2, _normal(5), "|dout|"
    ),
    _wrong_one(
        "dout clipped", np.sin, lambda g, x: np.clip(g, -5, 5) * np.cos(x), _normal(4, 5), "cut off at ±5"
    ),
    _wrong_one(
        "no number at all", np.sin, lambda g, x: g, lambda rng: {"x": 0.7}, "the local derivative is missing"
    ),
)
