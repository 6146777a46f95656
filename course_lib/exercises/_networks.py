"""What is true of the nets of 04, by running the given forward; and what mistakes make of it.

Columns, as in the first half of the lecture: f = W x with W (C, D). A net is a dict of `x`, the lists
`weights` and `biases`. The lecture gives the forwards; what a collapsed net is, is found by asking it: at 0,
and one step along each axis.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from course_lib.checking.diagnosis import Counterfactual
from course_lib.given import sigmoid

__all__ = [
    "Net",
    "collapsed",
    "collapsed_bias_mistakes",
    "collapsed_weight_mistakes",
    "feed_forward",
    "feed_forward_mistakes",
    "mapped_rows",
    "product_mistakes",
    "random_net",
    "relu_mistakes",
    "relu_net",
    "row_mistakes",
    "small_nets",
    "two_maps",
]

Array = NDArray[np.float64]
Net = dict[str, Any]
Activation = Callable[[Any], Any]


def _identity(z: Any) -> Any:
    return z


def _relu(z: Any) -> Any:
    return np.maximum(0, z)


def _run(net: Net, activations: Sequence[Activation], x: Any = None) -> Array:
    h = net["x"] if x is None else x
    for w, b, f in zip(net["weights"], net["biases"], activations, strict=True):
        h = f(w @ h + b)
    return np.asarray(h)


def _linear(net: Net, x: Any = None) -> Array:
    return _run(net, [_identity] * len(net["weights"]), x)


def random_net(rng: np.random.Generator, sizes: Sequence[int], scale: float = 1.0) -> Net:
    """A net of these sizes; up to three layers with both signs in x and in every layer of two units or more.

    So every max(0, ·) that is left out or put in changes something.
    """
    while True:
        net: Net = {
            "x": _normal(rng, sizes[0]),
            "weights": [scale * _normal(rng, m, n) for n, m in itertools.pairwise(sizes)],
            "biases": [scale * _normal(rng, m) for m in sizes[1:]],
        }
        if len(sizes) > 4 or _both_signs(net):
            return net


def _both_signs(net: Net) -> bool:
    bare = {**net, "biases": [0 * b for b in net["biases"]]}
    depth = len(net["weights"])
    for kept, activation in itertools.product((net, bare), (_identity, _relu)):
        h = net["x"]
        for k in range(depth):
            z = kept["weights"][k] @ h + kept["biases"][k]
            if len(z) > 1 and not z.min() < 0 < z.max():
                return False
            h = activation(z)
    return bool(net["x"].min() < 0 < net["x"].max())


def _normal(rng: np.random.Generator, *shape: int) -> Array:
    # Away from zero: on such numbers no two mistakes look alike.
    return np.asarray(rng.uniform(0.3, 2.0, shape) * rng.choice([-1.0, 1.0], shape))


# Nets by their sizes, the fewest numbers first.
_SMALL = {
    1: ((1, 1), (2, 1), (1, 2), (2, 2), (3, 2)),
    2: ((1, 1, 1), (1, 1, 1), (2, 1, 1), (1, 2, 1), (2, 2, 2), (2, 2, 2), (2, 3, 2)),
    3: ((1, 1, 1, 1), (1, 1, 1, 1), (1, 2, 2, 1), (2, 2, 2, 2), (2, 2, 2, 2), (2, 3, 2, 2)),
}


def small_nets(*depths: int) -> Iterator[tuple[Net]]:
    """Nets of small whole numbers for a counterexample, the smallest first."""
    rng = np.random.default_rng(8)
    for sizes in (sizes for depth in depths for sizes in _SMALL[depth]):
        while True:
            drawn: Net = {
                "x": _whole(rng, sizes[0]),
                "weights": [_whole(rng, m, n) for n, m in itertools.pairwise(sizes)],
                "biases": [_whole(rng, m) for m in sizes[1:]],
            }
            if min(sizes) == 1 or _both_signs(drawn):
                break
        yield (drawn,)


def _whole(rng: np.random.Generator, *shape: int) -> Array:
    return np.asarray(rng.choice([-3.0, -2.0, -1.0, 1.0, 2.0, 3.0], shape))


# --- forwards ---


def _without_biases(net: Net) -> Net:
    return {**net, "biases": [0.0] * len(net["weights"])}


def relu_net(net: Net) -> Array:
    """The lecture's 2-, 3-, … layer net: max(0, ·) between the layers, no bias, a linear output."""
    depth = len(net["weights"])
    return _run(_without_biases(net), [_relu] * (depth - 1) + [_identity])


def relu_mistakes(net: Net) -> list[Counterfactual]:
    """What people compute as `relu_net`."""
    bare, depth = _without_biases(net), len(net["weights"])
    last = "The output layer is linear: a score may be negative."
    between = "An activation stands behind every layer but the last: reread the formula from the inside out."

    def hidden(f: Activation) -> Array:
        return _run(bare, [f] * (depth - 1) + [_identity])

    known = [
        Counterfactual("the net without max(0, ·): one linear map of x", _linear(bare), between),
        Counterfactual("the net with max(0, ·) on the scores too", _run(bare, [_relu] * depth), last),
        Counterfactual(
            "the net with max(0, ·) on the scores alone",
            _run(bare, [_identity] * (depth - 1) + [_relu]),
            f"{between} {last}",
        ),
        Counterfactual(
            "the net with max(0, ·) on x too",
            _run(bare, [_relu] * (depth - 1) + [_identity], _relu(net["x"])),
            "The input goes into the first product as it is.",
        ),
        Counterfactual(
            "the net with max(0, ·) on x, and on no hidden layer", _linear(bare, _relu(net["x"])), between
        ),
        Counterfactual("the net with the sigmoid in place of max(0, ·)", hidden(sigmoid)),
        Counterfactual("the net with the absolute value in place of max(0, ·)", hidden(np.abs)),
        Counterfactual("the net with min(0, ·) in place of max(0, ·)", hidden(lambda z: np.minimum(0, z))),
        Counterfactual(
            "the net with the sign, 0 or 1, in place of max(0, ·)", hidden(lambda z: (z > 0) * 1.0)
        ),
    ]
    if depth == 3:
        known += [
            Counterfactual(
                f"the net without max(0, ·) behind the {name} layer",
                _run(bare, activations),
                between,
            )
            for name, activations in (
                ("first", (_identity, _relu, _identity)),
                ("second", (_relu, _identity, _identity)),
            )
        ]
    return known


def feed_forward(net: Net) -> Array:
    """The lecture's example: biases, sigmoid hidden layers, a linear output."""
    return _run(net, [sigmoid] * (len(net["weights"]) - 1) + [_identity])


def feed_forward_mistakes(net: Net) -> list[Counterfactual]:
    """What people compute as `feed_forward`."""
    linear = "Hidden layers have the sigmoid, the output is linear."
    right = (sigmoid, sigmoid, _identity)
    known = [
        Counterfactual("the net with the sigmoid on the output too", _run(net, [sigmoid] * 3), linear),
        Counterfactual("the net without any sigmoid", _linear(net), linear),
        Counterfactual(
            "the net without the sigmoid on the second hidden layer",
            _run(net, (sigmoid, _identity, _identity)),
            linear,
        ),
        Counterfactual(
            "the net without the sigmoid on the first hidden layer",
            _run(net, (_identity, sigmoid, _identity)),
            linear,
        ),
        Counterfactual(
            "the net with max(0, ·) in place of the sigmoid", _run(net, (_relu, _relu, _identity)), linear
        ),
        Counterfactual(
            "the net with tanh in place of the sigmoid", _run(net, (np.tanh, np.tanh, _identity)), linear
        ),
        Counterfactual("the net without its biases", _run(_without_biases(net), right)),
        Counterfactual(
            "the net with each hidden bias added behind the sigmoid",
            _behind(net),
            "The bias belongs to the layer: it is added before the activation.",
        ),
    ]
    for k, name in enumerate(("first", "second", "last")):
        biases = [0 * b if i == k else b for i, b in enumerate(net["biases"])]
        known.append(
            Counterfactual(
                f"the net without the bias of the {name} layer", _run({**net, "biases": biases}, right)
            )
        )
    return known


def _behind(net: Net) -> Array:
    h = net["x"]
    for w, b in list(zip(net["weights"], net["biases"], strict=True))[:-1]:
        h = sigmoid(w @ h) + b
    return np.asarray(net["weights"][-1] @ h + net["biases"][-1])


# --- layers without an activation ---


def collapsed(net: Net) -> dict[str, Array]:
    """The one layer that does what all do without an activation, by asking them."""
    size = len(net["x"])
    b = _linear(net, np.zeros(size))
    columns = [_linear(_without_biases(net), unit) for unit in np.eye(size)]
    return {"W": np.stack(columns, axis=1), "b": b}


def _part(net: Net, start: int, stop: int) -> Array:
    """The weights of some of the layers as one."""
    weights = net["weights"][start:stop]
    size = weights[0].shape[1]
    return collapsed({"x": np.zeros(size), "weights": weights, "biases": [0.0] * len(weights)})["W"]


def collapsed_weight_mistakes(net: Net) -> list[Counterfactual]:
    """What people return as the W of the collapsed layer."""
    weights = net["weights"]
    depth = len(weights)
    order = "Write f for two layers and put the brackets elsewhere: which matrix meets x first?"
    known = [
        Counterfactual("the W of the first layer alone", weights[0], "All layers are to be one."),
        Counterfactual("the W of the last layer alone", weights[-1], "All layers are to be one."),
    ]
    if depth > 2:
        known += [
            Counterfactual(
                "the W of the first two layers alone", _part(net, 0, 2), "Any depth is asked for."
            ),
            Counterfactual("W without the last layer", _part(net, 0, depth - 1)),
            Counterfactual("W without the first layer", _part(net, 1, depth)),
        ]
    if len({w.shape for w in weights}) == 1 and weights[0].shape[0] == weights[0].shape[1]:
        known += [
            Counterfactual(
                "the product in the wrong order", _part({"weights": weights[::-1]}, 0, depth), order
            ),
            Counterfactual(
                "the W of the first and the last layer alone",
                _part({"weights": [weights[0], weights[-1]]}, 0, 2),
                "Any depth is asked for.",
            ),
            Counterfactual("the W of all layers added up", np.sum(weights, axis=0), order),
            Counterfactual(
                "the W of all layers multiplied element by element",
                np.prod(weights, axis=0),
                "A matrix product is `@`; `*` is element by element.",
            ),
        ]
    return known


def collapsed_bias_mistakes(net: Net) -> list[Counterfactual]:
    """What people return as the b of the collapsed layer."""
    weights, biases = net["weights"], net["biases"]
    through = (
        "Which layers does the bias of the first layer still have to go through on its way to the output?"
    )

    def asked(*kept: Any) -> Array:
        return _linear({**net, "biases": list(kept)}, np.zeros(len(net["x"])))

    zeros = [np.zeros(b.shape) for b in biases]
    known = [
        Counterfactual("the bias of the last layer alone", biases[-1], through),
        Counterfactual("the bias of the first layer alone, as it is", biases[0], through),
        Counterfactual("b without the bias of the last layer", asked(*biases[:-1], zeros[-1]), through),
    ]
    if len({b.shape for b in biases}) == 1:
        known.append(Counterfactual("all biases added up, as they are", np.sum(biases, axis=0), through))
    if len(biases) > 2:
        known += [
            Counterfactual(
                "b without the bias of the first layer",
                asked(zeros[0], *biases[1:]),
                "Is every layer's bias used?",
            ),
            Counterfactual(
                "the bias of the first layer alone, taken through the others",
                asked(biases[0], *zeros[1:]),
                "Is every layer's bias used?",
            ),
            Counterfactual(
                "b of the first and the last bias alone",
                asked(biases[0], *zeros[1:-1], biases[-1]),
                "Is every layer's bias used?",
            ),
        ]
        if len({w.shape for w in weights}) == 1 and weights[0].shape[0] == weights[0].shape[1]:
            first_and_last = {**net, "weights": [weights[0], weights[-1]], "biases": [biases[0], biases[-1]]}
            known.append(
                Counterfactual(
                    "b of the first and the last layer, as if there were no other",
                    _linear(first_and_last, np.zeros(len(net["x"]))),
                    "Any depth is asked for.",
                )
            )
            once = sum(w @ b for w, b in zip(weights[1:], biases[:-1], strict=True)) + biases[-1]
            known.append(
                Counterfactual(
                    "each bias taken through the next layer alone, and not through all that follow",
                    once,
                    through,
                )
            )
    if all(w.shape == (len(biases[0]), len(biases[0])) for w in weights):
        own = "A bias is added behind the product of its own layer: which matrices meet it after that?"
        after, so_far, sided = biases[0], weights[0], biases[0]
        for w, b in zip(weights[1:], biases[1:], strict=True):
            so_far = w @ so_far
            after, sided = so_far @ after + b, sided @ w + b
        known += [
            Counterfactual("b with each bias taken through its own layer too, and those before", after, own),
            Counterfactual("b with each bias to the left of the matrix, not to its right", sided, own),
        ]
    if weights[0].shape[0] == weights[0].shape[1]:
        h = np.zeros(len(net["x"]))
        fits = True
        for w, b in zip(weights, biases, strict=True):
            fits = fits and w.shape[1] == b.shape[0]
            h = w @ (h + b) if fits else h
        if fits:
            after_first = biases[0]
            for w, b in zip(weights[1:], biases[1:], strict=True):
                after_first = w @ (after_first + b)
            known.append(
                Counterfactual(
                    "b with each bias but the first taken through its own layer too",
                    after_first,
                    "A layer is W x + b: its own bias is added behind its own W.",
                )
            )
            known.append(
                Counterfactual(
                    "b with each bias taken through its own layer too",
                    h,
                    "A layer is W x + b: its own bias is added behind its own W.",
                )
            )
    return known


# --- rows ---


def mapped_rows(x: Array, w: Array, b: Array) -> Array:
    """Each sample by itself as a column through W x + b, and put back as a row."""
    return np.stack([w @ sample + b for sample in x])


def row_mistakes(x: Array, w: Array, b: Array) -> list[Counterfactual]:
    """What people return for `mapped_rows`."""
    known = [Counterfactual("the rows without the bias", mapped_rows(x, w, 0 * b))]
    right = mapped_rows(x, w, b)
    if len(x) == len(w):
        hint = "Row n of the result belongs to sample n: is that so in yours?"
        turned = mapped_rows(x, w, 0 * b).T + b
        known.append(Counterfactual("the right rows as columns, with b added behind that", turned, hint))
    if w.shape[0] == w.shape[1]:
        turned = mapped_rows(x, w.T, b)
        hint = "Element (n, c) is row c of W times sample n: where does the shared index stand in each?"
        known.append(Counterfactual("the rows with W transposed", turned, hint))
        known.append(Counterfactual("the rows with W transposed and without the bias", turned - b, hint))
    if x.shape == w.shape and right.shape == x.shape:
        product = "A matrix product is `@`; `*` is element by element."
        known.append(Counterfactual("x and W multiplied element by element, and b", x * w + b, product))
    if len(x) == len(b):
        known.append(
            Counterfactual(
                "the rows with one element of b for each sample, not for each score",
                right - b + b[:, None],
                "b has an element for each column of y: numpy adds it to every row as it is.",
            )
        )
    if len(x) == x.shape[1]:
        columns = np.stack([w @ column for column in x.T], axis=1)
        says = "what comes out when the columns of x are taken for samples"
        known += [
            Counterfactual(says, value, "Here samples are rows.")
            for value in (columns, columns + b, columns + b[: len(columns), None], columns.T, columns.T + b)
            if value.shape == right.shape
        ]
    return known


def two_maps(w1: Array, w2: Array) -> Array:
    """The one w (D, C) with x w = (x w1) w2, by sending each unit row through both."""
    return np.stack([(unit @ w1) @ w2 for unit in np.eye(len(w1))])


def product_mistakes(w1: Array, w2: Array) -> list[Counterfactual]:
    """What people return for `two_maps`."""
    known = [Counterfactual("w1 alone", w1), Counterfactual("w2 alone", w2)]
    if w1.shape == w2.shape and w1.shape[0] == w1.shape[1]:
        order = "For rows the first map stands next to x, on its right."
        known += [
            Counterfactual("the product in the order that columns need", two_maps(w2, w1), order),
            Counterfactual(
                "the product of both, transposed, in the order of columns", two_maps(w1, w2).T, order
            ),
            Counterfactual(
                "both multiplied element by element",
                w1 * w2,
                "A matrix product is `@`; `*` is element by element.",
            ),
            Counterfactual("both added up", w1 + w2),
        ]
    return known
