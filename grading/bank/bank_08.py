"""Answers that people give in 08_your_own_network: wrong ones, each with what the panel must say, and right ones."""

# ruff: noqa: E501 (one answer a line)

from grading.bank import Answer, references
from grading.bank.writing import answer, with_body

__all__ = ["ANSWERS"]

_REFERENCES = references("08_your_own_network")


def _body(exercise: str, head: str, name: str, body: str, says: str = "", public: bool = True) -> Answer:
    """The reference with the body of the function or method that begins with `head` replaced."""
    source = with_body(_REFERENCES[exercise], head, body)
    return answer(exercise, f"{head}: {name}", source, says, public)


_NETWORK = (
    _body(
        "network",
        "forward",
        "nothing kept",
        "for layer in self.layers:\n    layer.forward(x)\nreturn x",
        "Is what a layer returns kept?",
    ),
    _body(
        "network",
        "forward",
        "the first layer alone",
        "return self.layers[0].forward(x)",
        "what the first layer gives",
    ),
    _body(
        "network",
        "forward",
        "no return",
        "for layer in self.layers:\n    x = layer.forward(x)",
        "forward(x) is None",
    ),
    _body(
        "network",
        "backward",
        "nothing kept",
        "for layer in reversed(self.layers):\n    layer.backward(dout)\nreturn dout",
        "the upstream gradient itself",
    ),
    _body(
        "network",
        "backward",
        "in forward order",
        "for layer in self.layers:\n    dout = layer.backward(dout)\nreturn dout",
        "what the layer behind it has returned",
    ),
    _body(
        "network",
        "backward",
        "the last layer alone",
        "return self.layers[-1].backward(dout)",
        "what the last layer alone hands back",
    ),
    _body(
        "network",
        "backward",
        "upstream of ones",
        "dout = np.ones_like(dout)\nfor layer in reversed(self.layers):\n    dout = layer.backward(dout)\nreturn dout",
        "dout is not used",
    ),
    _body(
        "network",
        "backward",
        "nothing returned",
        "for layer in reversed(self.layers):\n    dout = layer.backward(dout)",
        "dx is None",
    ),
    _body(
        "network",
        "parameters",
        "the gradients",
        'return [(layer, "d" + name) for layer in self.layers for name in layer.parameters]',
        "names the gradients",
    ),
    _body(
        "network",
        "parameters",
        "weights alone",
        'return [(layer, "w") for layer in self.layers if layer.parameters]',
        "one parameter for each affine layer",
    ),
    _body(
        "network",
        "parameters",
        "of every layer",
        'return [(layer, name) for layer in self.layers for name in ("w", "b")]',
        "an activation has none",
    ),
    _body(
        "network",
        "parameters",
        "the values",
        "return [getattr(layer, name) for layer in self.layers for name in layer.parameters]",
        "something else than pairs",
    ),
    _body(
        "network",
        "parameters",
        "pairs with the value",
        "return [(layer, getattr(layer, name)) for layer in self.layers for name in layer.parameters]",
        'such as "w"',
    ),
    _body(
        "network",
        "backward",
        "turned round in place",
        "self.layers.reverse()\nfor layer in self.layers:\n    dout = layer.backward(dout)\nreturn dout",
        "in another order than it found them",
    ),
    _body(
        "network",
        "parameters",
        "a generator",
        "return ((layer, name) for layer in self.layers for name in layer.parameters)",
        "should return a list of pairs",
    ),
    _body(
        "network",
        "parameters",
        "the first layer's",
        "layer = self.layers[0]\nreturn [(layer, name) for name in layer.parameters]",
        "the parameters of the first layer alone",
    ),
    _body(
        "network",
        "parameters",
        "nothing returned",
        "[(layer, name) for layer in self.layers for name in layer.parameters]",
        "end with a return",
    ),
    _body(
        "network",
        "backward",
        "by index",
        "for i in range(len(self.layers) - 1, -1, -1):\n    dout = self.layers[i].backward(dout)\nreturn dout",
    ),
    _body(
        "network",
        "parameters",
        "two loops",
        "found = []\nfor layer in self.layers:\n    for name in layer.parameters:\n        found.append((layer, name))\nreturn found",
    ),
    _body(
        "network",
        "parameters",
        "names in another order",
        "return [(layer, name) for layer in self.layers for name in reversed(layer.parameters)]",
    ),
    _body(
        "network",
        "forward",
        "by reduce",
        "from functools import reduce\nreturn reduce(lambda h, layer: layer.forward(h), self.layers, x)",
    ),
)

_PREDICT = (
    _body("predict_weakest", "predict_weakest", "nothing", "pass", "Does the function end with a return?"),
    _body(
        "predict_weakest",
        "predict_weakest",
        "another one",
        'return "elu"',
        'should be "sigmoid", "tanh" or "relu"',
    ),
    _body(
        "predict_weakest", "predict_weakest", "a number", "return 2", 'should be "sigmoid", "tanh" or "relu"'
    ),
    _body("predict_weakest", "predict_weakest", "relu", 'return "ReLU"'),
    _body("predict_weakest", "predict_weakest", "tanh", 'return "tanh"'),
)

_LOSS = "loss = np.mean(np.logaddexp(0, (1 - 2 * t) * s))\n"
_DS = "ds = (sigmoid(s) - t) / len(s)\nreturn loss, ds"
_NLL = (
    _body(
        "nll",
        "nll",
        "the sum",
        f"loss = np.sum(np.logaddexp(0, (1 - 2 * t) * s))\n{_DS}",
        "the sum, not the mean",
    ),
    _body(
        "nll",
        "nll",
        "labels exchanged",
        f"loss = np.mean(np.logaddexp(0, (2 * t - 1) * s))\n{_DS}",
        "with the labels exchanged",
    ),
    _body(
        "nll",
        "nll",
        "log-likelihood, no minus",
        f"loss = -np.mean(np.logaddexp(0, (1 - 2 * t) * s))\n{_DS}",
        "with the other sign",
    ),
    _body("nll", "nll", "label 1 alone", f"loss = np.mean(t * np.logaddexp(0, -s))\n{_DS}", "label 1 alone"),
    _body(
        "nll",
        "nll",
        "squares",
        f"loss = np.mean((sigmoid(s) - t) ** 2)\n{_DS}",
        "squared differences of p and t",
    ),
    _body(
        "nll",
        "nll",
        "as it is written",
        f"p = sigmoid(s)\nloss = -np.mean(t * np.log(p) + (1 - t) * np.log(1 - p))\n{_DS}",
        "The loss is not finite",
    ),
    _body("nll", "nll", "no mean in ds", f"{_LOSS}return loss, sigmoid(s) - t", "the mean is missing"),
    _body(
        "nll",
        "nll",
        "ds for exchanged labels",
        f"{_LOSS}return loss, (sigmoid(s) - (1 - t)) / len(s)",
        "for exchanged labels",
    ),
    _body(
        "nll",
        "nll",
        "ds without the label",
        f"{_LOSS}return loss, sigmoid(s) / len(s)",
        "the label is not used",
    ),
    _body(
        "nll",
        "nll",
        "slope once too often",
        f"{_LOSS}p = sigmoid(s)\nreturn loss, (p - t) * p * (1 - p) / len(s)",
        "the sigmoid's slope once too often",
    ),
    _body("nll", "nll", "score less label", f"{_LOSS}return loss, (s - t) / len(s)", "score less label"),
    _body(
        "nll",
        "nll",
        "the other sign of ds",
        f"{_LOSS}return loss, (t - sigmoid(s)) / len(s)",
        "with the other sign",
    ),
    _body(
        "nll",
        "nll",
        "one slope for both labels",
        f"{_LOSS}p = sigmoid(s)\nreturn loss, np.where(t == 1, p - 1, 1 - p) / len(s)",
        "(1 - p) over N where the label is 0",
    ),
    _body("nll", "nll", "ds alone", "return (sigmoid(s) - t) / len(s)", "should be 2 values"),
    _body("nll", "nll", "writes into s", f"{_LOSS}s -= s\nreturn loss, s", "ds is wrong"),
    _body(
        "nll",
        "nll",
        "one number for all",
        f"{_LOSS}return loss, np.mean(sigmoid(s) - t)",
        "ds should be an array",
    ),
    _body(
        "nll",
        "nll",
        "by cases",
        "loss = np.where(t == 1, np.logaddexp(0, -s), np.logaddexp(0, s)).mean()\nds = np.where(t == 1, sigmoid(s) - 1, sigmoid(s)) / s.size\nreturn loss, ds",
    ),
    _body(
        "nll",
        "nll",
        "by maximum and log1p",
        "z = (1 - 2 * t) * s\nloss = float(np.mean(np.maximum(z, 0) + np.log1p(np.exp(-abs(z)))))\nreturn loss, (sigmoid(s) - t) / s.shape[0]",
    ),
)

_S = "scores = network.forward(x)\nvalue, ds = loss(scores, t)\nnetwork.backward(ds)\n"
_L = "for layer, name in network.parameters():\n    "
_W, _G = "getattr(layer, name)", 'getattr(layer, "d" + name)'
_STEP = (
    _body(
        "train_step",
        "train_step",
        "no backward",
        f"scores = network.forward(x)\nvalue, ds = loss(scores, t)\n{_L}pass\nreturn value",
        "leaves out the backward pass",
    ),
    _body(
        "train_step",
        "train_step",
        "uphill",
        f"{_S}{_L}setattr(layer, name, {_W} + learning_rate * {_G})\nreturn value",
        "a step uphill",
    ),
    _body(
        "train_step",
        "train_step",
        "the step alone",
        f"{_S}{_L}setattr(layer, name, learning_rate * {_G})\nreturn value",
        "the old value is gone",
    ),
    _body(
        "train_step",
        "train_step",
        "no rate",
        f"{_S}{_L}setattr(layer, name, {_W} - {_G})\nreturn value",
        "the learning rate is not used",
    ),
    _body(
        "train_step",
        "train_step",
        "a name of its own",
        f"{_S}{_L}value_ = {_W}\n    value_ = value_ - learning_rate * {_G}\nreturn value",
        "no step is taken",
    ),
    _body(
        "train_step",
        "train_step",
        "the loss afterwards",
        f"{_S}{_L}setattr(layer, name, {_W} - learning_rate * {_G})\nreturn loss(network.forward(x), t)[0]",
        "The steps are not forward, loss, backward",
    ),
    _body(
        "train_step",
        "train_step",
        "backward of ones",
        f"{_S.replace('backward(ds)', 'backward(np.ones_like(ds))')}{_L}setattr(layer, name, {_W} - learning_rate * {_G})\nreturn value",
        "an upstream gradient of ones",
    ),
    _body(
        "train_step",
        "train_step",
        "backward of the scores",
        f"{_S.replace('backward(ds)', 'backward(scores)')}{_L}setattr(layer, name, {_W} - learning_rate * {_G})\nreturn value",
        "Your answer equals the scores",
    ),
    _body(
        "train_step",
        "train_step",
        "nothing returned",
        f"{_S}{_L}setattr(layer, name, {_W} - learning_rate * {_G})",
        "The loss that is returned is None",
    ),
    _body(
        "train_step",
        "train_step",
        "ds returned",
        f"{_S}{_L}setattr(layer, name, {_W} - learning_rate * {_G})\nreturn float(ds.sum())",
        "the gradient's sum",
    ),
    _body(
        "train_step",
        "train_step",
        "twice",
        f"{_S}{_L}setattr(layer, name, {_W} - 2 * learning_rate * {_G})\nreturn value",
        "two steps",
    ),
    _body(
        "train_step",
        "train_step",
        "in place",
        f"{_S}for layer, name in network.parameters():\n    array = {_W}\n    array -= learning_rate * {_G}\nreturn value",
    ),
    _body(
        "train_step",
        "train_step",
        "new values first",
        f"{_S}new = [{_W} - learning_rate * {_G} for layer, name in network.parameters()]\nfor (layer, name), one in zip(network.parameters(), new):\n    setattr(layer, name, one)\nreturn value",
    ),
)

_F = "h = sigmoid(x @ w1 + b1)\ng = 2 * (h @ w2 + b2 - y)\n"
_Z = "dz = (g @ w2.T) * h * (1 - h)\n"
_R = "return x.T @ dz, dz.sum(axis=0), h.T @ g, g.sum(axis=0)"
_NAME = "two_layer_gradients"
_TWO = (
    _body(_NAME, _NAME, "no factor two", f"{_F.replace('2 * ', '')}{_Z}{_R}", "half of it"),
    _body(
        _NAME,
        _NAME,
        "the mean",
        f"{_F.replace('2 * (', '2 / len(x) * (')}{_Z}{_R}",
        "the mean over the samples",
    ),
    _body(_NAME, _NAME, "no slope", f"{_F}dz = g @ w2.T\n{_R}", "without the sigmoid's slope"),
    _body(
        _NAME, _NAME, "slope twice", f"{_F}dz = (g @ w2.T) * (h * (1 - h)) ** 2\n{_R}", "slope taken twice"
    ),
    _body(
        _NAME,
        _NAME,
        "slope at h",
        f"{_F}dz = (g @ w2.T) * sigmoid(h) * (1 - sigmoid(h))\n{_R}",
        "taken at h, not at z",
    ),
    _body(_NAME, _NAME, "h for the slope", f"{_F}dz = (g @ w2.T) * h\n{_R}", "h in place of the slope"),
    _body(
        _NAME,
        _NAME,
        "another order",
        f"{_F}{_Z}return x.T @ dz, h.T @ g, dz.sum(axis=0), g.sum(axis=0)",
        "the results are in another order",
    ),
    _body(_NAME, _NAME, "no b1", f"{_F.replace(' + b1', '')}{_Z}{_R}", "a net without b1"),
    _body(_NAME, _NAME, "no b2", f"{_F.replace(' + b2', '')}{_Z}{_R}", "a net without b2"),
    _body(_NAME, _NAME, "biases not summed", f"{_F}{_Z}return x.T @ dz, dz, h.T @ g, g", "db2 has shape"),
    _body(
        _NAME,
        _NAME,
        "biases averaged",
        f"{_F}{_Z}return x.T @ dz, dz.mean(axis=0), h.T @ g, g.mean(axis=0)",
        "the mean over the samples",
    ),
    _body(
        _NAME,
        _NAME,
        "transposed",
        f"{_F}{_Z}return dz.T @ x, dz.sum(axis=0), g.T @ h, g.sum(axis=0)",
        "the transpose of the right value",
    ),
    _body(
        _NAME,
        _NAME,
        "the other sign",
        f"{_F.replace('h @ w2 + b2 - y', 'y - h @ w2 - b2')}{_Z}{_R}",
        "with the other sign",
    ),
    _body(_NAME, _NAME, "weights alone", f"{_F}{_Z}return x.T @ dz, h.T @ g", "should be 4 values"),
    _body(
        _NAME,
        _NAME,
        "sample by sample",
        f"{_F}dw1, db1, dw2, db2 = 0 * w1, 0 * b1, 0 * w2, 0 * b2\nfor n in range(len(x)):\n    dz = (w2 @ g[n]) * h[n] * (1 - h[n])\n    dw1, db1 = dw1 + np.outer(x[n], dz), db1 + dz\n    dw2, db2 = dw2 + np.outer(h[n], g[n]), db2 + g[n]\nreturn dw1, db1, dw2, db2",
    ),
    _body(
        _NAME,
        _NAME,
        "by einsum",
        f"{_F}dz = np.einsum('nm,hm->nh', g, w2) * h * (1 - h)\nreturn np.einsum('nd,nh->dh', x, dz), dz.sum(0), np.einsum('nh,nm->hm', h, g), g.sum(0)",
    ),
)

_TRAIN = "rng = np.random.default_rng(5)\nlayers = [affine(rng, 2, 32), Tanh(), affine(rng, 32, 32), Tanh(), affine(rng, 32, 1)]\nfor _ in range(400):\n    step(layers, x, t, 0.5)\n"
_T = "train_spiral"
_SPIRAL = (
    _body(
        _T,
        _T,
        "one layer",
        "rng = np.random.default_rng(5)\nlayers = [affine(rng, 2, 1)]\nfor _ in range(300):\n    step(layers, x, t, 0.5)\nreturn lambda points: 1.0 * (scores(layers, points) > 0)",
        "There is no activation between your layers",
    ),
    _body(
        _T,
        _T,
        "a sigmoid at the end",
        f"{_TRAIN.replace('affine(rng, 32, 1)]', 'affine(rng, 32, 1), Sigmoid()]')}return lambda points: 1.0 * (scores(layers, points) > 0.5)",
        "Your last layer is an activation",
    ),
    _body(
        _T,
        _T,
        "not trained",
        f"{_TRAIN.replace('400', '2')}return lambda points: 1.0 * (scores(layers, points) > 0)",
        "Too few of the unseen points",
    ),
    _body(
        _T,
        _T,
        "labels exchanged",
        f"{_TRAIN}return lambda points: 1.0 * (scores(layers, points) < 0)",
        "Your labels are exchanged",
    ),
    _body(_T, _T, "scores", f"{_TRAIN}return lambda points: scores(layers, points)", "should be 0 and 1"),
    _body(_T, _T, "the layers", f"{_TRAIN}return layers", "should return a function"),
    _body(_T, _T, "nothing", _TRAIN, "should return a function"),
    _body(
        _T,
        _T,
        "flat labels",
        f"{_TRAIN}return lambda points: 1.0 * (scores(layers, points)[:, 0] > 0)",
        "What predict returns has shape",
    ),
    _body(
        _T,
        _T,
        "threshold one half on scores of yes",
        f"{_TRAIN}return lambda points: 0.0 * scores(layers, points)",
        "Too few of the unseen points",
    ),
    _body(
        _T,
        _T,
        "a border far from 0",
        f"{_TRAIN}return lambda points: 1.0 * (scores(layers, points) > 6)",
        "with label 1 for every score above 0 it would pass",
    ),
    _body(_T, _T, "booleans", f"{_TRAIN}return lambda points: scores(layers, points) > 0"),
    _body(
        _T,
        _T,
        "nearest neighbour",
        "return lambda points: t[np.argmin(((points[:, None] - x[None]) ** 2).sum(-1), axis=1)]",
    ),
)

_C = "dout = np.random.default_rng(11).normal(size=x.shape)\nh = 1e-5\nslope = (layer.forward(x + h) - layer.forward(x - h)) / (2 * h)\n"
_V = "layer.forward(x)\ndx = layer.backward(dout)\n"
_ADVERSARY = (
    _body("adversary", "backward", "honest", "return dout * 2 * self.x", "no test can catch it"),
    _body(
        "adversary",
        "backward",
        "wrong for ones too",
        "return dout * self.x",
        "dx for an upstream gradient of ones is wrong",
    ),
    _body(
        "adversary",
        "catches",
        "ones",
        f"{_C.replace('np.random.default_rng(11).normal(size=x.shape)', 'np.ones(x.shape)')}{_V}return not np.allclose(dx, dout * slope, rtol=1e-4, atol=1e-6)",
        "upstream ignored",
    ),
    _body(
        "adversary",
        "catches",
        "twos",
        f"{_C.replace('np.random.default_rng(11).normal(size=x.shape)', '2 * np.ones(x.shape)')}{_V}return not np.allclose(dx, dout * slope, rtol=1e-4, atol=1e-6)",
        "the sum of the upstream gradients",
    ),
    _body(
        "adversary",
        "catches",
        "exactly",
        f"{_C}{_V}return not np.array_equal(dx, dout * slope)",
        "A right layer is accused",
    ),
    _body(
        "adversary",
        "catches",
        "the cache of x - h",
        f"{_C}dx = layer.backward(dout)\nreturn not np.allclose(dx, dout * slope, rtol=1e-9, atol=1e-12)",
        "A right layer is accused",
    ),
    _body(
        "adversary",
        "catches",
        "the cache of another forward",
        f"{_C}dx = layer.backward(dout)\nreturn not np.allclose(dx, dout * slope)",
        "asks for backward after a forward at other points",
    ),
    _body("adversary", "catches", "always", "return True", "A right layer is accused"),
    _body("adversary", "catches", "never", "return False", "A wrong layer is not caught"),
    _body(
        "adversary",
        "catches",
        "the other way round",
        f"{_C}{_V}return np.allclose(dx, dout * slope, rtol=1e-4, atol=1e-6)",
        "True and False are exchanged",
    ),
    _body(
        "adversary",
        "catches",
        "the first element",
        f"{_C}{_V}return not bool(np.isclose(dx.flat[0], (dout * slope).flat[0], rtol=1e-4))",
        "A wrong layer is not caught",
    ),
    _body(
        "adversary",
        "catches",
        "the sum",
        f"{_C}{_V}return not np.isclose(abs(dx).sum(), abs(dout * slope).sum(), rtol=1e-4)",
        "the other sign",
    ),
    _body(
        "adversary",
        "catches",
        "the sum with its sign",
        f"{_C}{_V}return not np.isclose(dx.sum(), (dout * slope).sum(), rtol=1e-4)",
        "all in reverse order",
    ),
    _body(
        "adversary",
        "catches",
        "an array",
        f"{_C}{_V}return ~np.isclose(dx, dout * slope, rtol=1e-4)",
        "should be True or False",
    ),
    _body(
        "adversary",
        "catches",
        "too generous",
        f"{_C}{_V}return not np.allclose(dx, dout * slope, rtol=0.3, atol=0.3)",
        "A wrong layer is not caught",
    ),
    _body(
        "adversary",
        "catches",
        "moves x in place",
        "x += 1e-5\nup = layer.forward(x)\nreturn False",
        "changed its input x",
    ),
    _body("adversary", "backward", "by the mean", "return 2 * self.x * np.mean(dout)"),
    _body(
        "adversary",
        "catches",
        "several draws",
        "for seed in range(3):\n    dout = np.random.default_rng(seed).uniform(0.5, 2.0, x.shape)\n    h = 1e-6\n    slope = (layer.forward(x + h) - layer.forward(x - h)) / (2 * h)\n    layer.forward(x)\n    if np.max(abs(layer.backward(dout) - dout * slope)) > 1e-4 * (1 + np.max(abs(slope))):\n        return True\nreturn False",
    ),
)

_K = 'known = {"right": x.T @ dout, "upstream of ones": x.T @ np.ones_like(dout), "mean over the samples": x.T @ dout / len(x), "first sample alone": np.outer(x[0], dout[0]), "other sign": -x.T @ dout}\n'
_DIAGNOSE = (
    _body(
        "diagnose",
        "diagnose",
        "always right",
        'return "right"',
        "Your function says “right” where it is “upstream of ones”",
    ),
    _body(
        "diagnose",
        "diagnose",
        "the sums alone",
        f"{_K}return next((name for name, value in known.items() if np.isclose(dw.sum(), value.sum())), None)",
        "A diagnosis is wrong",
    ),
    _body("diagnose", "diagnose", "nothing", "pass", "Does the function end with a return?"),
    _body("diagnose", "diagnose", "another name", 'return "wrong"', "one of the five names"),
    _body("diagnose", "diagnose", "the arrays", f"{_K}return known", "one of the five names"),
    _body(
        "diagnose",
        "diagnose",
        "by shape",
        f"{_K}for name, value in known.items():\n    if value.shape == dw.shape:\n        return name",
        "Your function says “right”",
    ),
    _body(
        "diagnose",
        "diagnose",
        "sizes alone",
        f"{_K}for name, value in known.items():\n    if np.allclose(abs(dw), abs(value)):\n        return name",
        "where it is “other sign”",
    ),
    _body(
        "diagnose",
        "diagnose",
        "one element",
        f'{_K}for name, value in known.items():\n    if abs(dw - value).flat[0] < 1:\n        return name\nreturn "right"',
        "A diagnosis is wrong",
    ),
    _body(
        "diagnose",
        "diagnose",
        "the nearest",
        f"{_K}return min(known, key=lambda name: abs(known[name] - dw).max())",
    ),
    _body(
        "diagnose",
        "diagnose",
        "one after the other",
        f'{_K}if np.allclose(dw, known["right"]):\n    return "right"\nif np.allclose(dw, known["other sign"]):\n    return "other sign"\nif np.allclose(dw * len(x), known["right"]):\n    return "mean over the samples"\nif np.allclose(dw, known["first sample alone"]):\n    return "first sample alone"\nreturn "upstream of ones"',
    ),
)

ANSWERS = (*_NETWORK, *_PREDICT, *_NLL, *_STEP, *_TWO, *_SPIRAL, *_ADVERSARY, *_DIAGNOSE)
