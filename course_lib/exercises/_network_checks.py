"""Checks of your_own_network that run a whole network: forward, backward, a step, training.

The layers are stand-ins, so that an earlier mistake costs nothing here; the truth is a complex step through
the forward of the whole.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from course_lib._numeric import complex_step
from course_lib.checking import compare
from course_lib.checking.confirm import confirmed
from course_lib.checking.diagnosis import Counterfactual
from course_lib.checking.model import Student, StudentError
from course_lib.given import sigmoid, spiral_points

__all__ = [
    "Net",
    "network_right",
    "random_net",
    "spiral_learnt",
    "step_right",
]

Array = NDArray[np.float64]
# Weights and biases of the affine layers, and the activation behind each ("" for none).
Net = tuple[Sequence[tuple[Array, Array]], Sequence[str]]

_FUNCTIONS: Mapping[str, Callable[..., Any]] = {"": lambda z: z, "Tanh": np.tanh, "Sigmoid": sigmoid}

_RUN = """
from course_lib.earlier import STAND_INS

def run(Network, pairs, activations, x, dout, part):
    affine = STAND_INS["07_matmul_backward", "MyAffine"]
    layers = []
    for (w, b), activation in zip(pairs, activations):
        layers.append(affine(w.copy(), b.copy()))
        if activation:
            layers.append(STAND_INS["03_activations", activation]())
    network = Network(list(layers))
    out = network.forward(x) if part != "parameters" else None
    dx = network.backward(dout) if part in ("backward", "gradients") else None
    again = None
    if part == "backward":
        try:
            again = network.forward(x)
        except Exception:
            pass
    listed = network.parameters() if part == "parameters" else None
    if isinstance(listed, (list, tuple)):
        places = {id(layer): place for place, layer in enumerate(layers)}
        pair = lambda one: isinstance(one, (list, tuple)) and len(one) == 2
        listed = [[places.get(id(one[0]), -1), one[1]] if pair(one) else None for one in listed]
    left = [[layer.dw, layer.db] for layer in layers if hasattr(layer, "dw")]
    return {"out": out, "dx": dx, "left": left, "parameters": listed, "again": again}
"""


def random_net(rng: np.random.Generator, widths: Sequence[int], activation: str = "Tanh") -> Net:
    """A net of these widths, with the activation between its affine layers."""
    pairs = [(rng.normal(size=(d, m)) / np.sqrt(d), rng.normal(size=m)) for d, m in pairwise(widths)]
    return pairs, [*[activation] * (len(pairs) - 1), ""]


def _value(net: Net, x: Any, moved: Mapping[tuple[int, int], Any] | None = None) -> Any:
    pairs, activations = net
    for place, (pair, activation) in enumerate(zip(pairs, activations, strict=True)):
        w, b = ((moved or {}).get((place, k), pair[k]) for k in (0, 1))
        x = _FUNCTIONS[activation](x @ w + b)
    return x


def _elsewhere(rng: np.random.Generator, net: Net, x: Array, dout: Array, part: str) -> tuple[Any, ...]:
    pairs = [tuple(rng.normal(size=a.shape) / np.sqrt(len(a)) for a in pair) for pair in net[0]]
    return (pairs, net[1]), rng.normal(size=x.shape), rng.normal(size=dout.shape), part


@confirmed(_elsewhere)
def network_right(student: Student, net: Net, x: Array, dout: Array, part: str) -> None:
    """A `Network` is right in one part: "forward", "backward", "gradients" or "parameters"."""
    pairs, activations = net
    given = [list(pair) for pair in pairs], list(activations), x.copy(), dout.copy(), part
    try:
        got = student.define(_RUN, "run")(student.Network, *given)
    except StudentError as error:
        if error.type_name != "ShapeError" or part not in ("backward", "gradients"):
            raise
        compare.fail(
            "A layer was given a gradient that does not have the shape of its output.",
            cause="Your backward hands a layer something else than what the layer behind it has returned.",
            hint="Which layer is the first to go backward? And what goes into the next one?",
        )
    sizes = [x.shape[1], *(w.shape[1] for w, _ in pairs)]
    between = ", ".join(name for name in activations if name) or "none"
    details = [f"widths {' -> '.join(map(str, sizes))}, activations {between}"]
    if part == "parameters":
        _parameters_listed(got["parameters"], activations, details)
        return
    compare.equal(
        "forward(x)",
        got["out"],
        _value(net, x),
        counterfactuals=partial(_forward_mistakes, net, x),
        details=details,
    )
    if part == "backward":
        right = complex_step(lambda x: _value(net, x), {"x": x}, dout)["x"]
        compare.equal(
            "dx", got["dx"], right, counterfactuals=partial(_backward_mistakes, net, x, dout), details=details
        )
        again = np.asarray(got["again"]) if isinstance(got["again"], np.ndarray) else np.zeros(0)
        compare.require(
            again.shape == got["out"].shape and bool(np.allclose(again, got["out"])),
            "After backward, forward gives something else for the same x.",
            *details,
            cause="Your backward leaves the layers in another order than it found them.",
            hint="reversed(layers) goes through them from the end; layers.reverse() turns the list round.",
        )
    elif part == "gradients":
        for place in reversed(range(len(pairs))):
            for k, name in enumerate(("dw", "db")):
                variable = pairs[place][k]
                right = _parameter_gradient(net, x, dout, place, k)
                value = got["left"][place][k] if place < len(got["left"]) else None
                compare.equal(
                    f"{name} of affine layer {place}",
                    value,
                    right,
                    counterfactuals=[
                        Counterfactual(
                            "the gradient for an upstream gradient of ones: dout is not used",
                            _parameter_gradient(net, x, np.ones(dout.shape), place, k),
                        )
                    ],
                    why=f"A gradient has the shape of its variable, {variable.shape}.",
                    hint="Does each layer get what the layer behind it has handed back?",
                    details=details,
                )


def _parameter_gradient(net: Net, x: Array, dout: Array, place: int, k: int) -> Array:
    shape = net[0][place][k].shape
    gradient = np.zeros(shape)
    step = 1e-30
    for index in np.ndindex(shape):
        moved = net[0][place][k].astype(complex)
        moved[index] += 1j * step
        gradient[index] = float(np.sum(_value(net, x, {(place, k): moved}).imag * dout)) / step
    return gradient


def _forward_mistakes(net: Net, x: Array) -> list[Counterfactual]:
    pairs, activations = net
    first = _value((pairs[:1], activations[:1]), x)
    return [
        Counterfactual(
            "what the first layer gives",
            x @ pairs[0][0] + pairs[0][1],
            "Each layer takes what the one before it gave.",
        ),
        Counterfactual(
            "what the first affine layer and its activation give",
            first,
            "Each layer takes what the one before it gave.",
        ),
        Counterfactual("x itself", x, "Is what a layer returns kept?"),
        *(
            [Counterfactual("the layers without the last one", _value((pairs[:-1], activations[:-1]), x))]
            if len(pairs) > 1
            else []
        ),
    ]


def _backward_mistakes(net: Net, x: Array, dout: Array) -> list[Counterfactual]:
    pairs, activations = net
    ones = np.ones(dout.shape)
    before = _value((pairs[:-1], activations[:-1]), x) if len(pairs) > 1 else x
    last = complex_step(lambda h: _value((pairs[-1:], activations[-1:]), h), {"h": before}, dout)["h"]
    return [
        Counterfactual(
            "dx for an upstream gradient of ones: dout is not used",
            complex_step(lambda x: _value(net, x), {"x": x}, ones)["x"],
        ),
        Counterfactual(
            "what the last layer alone hands back", last, "Each layer hands its dx to the one before it."
        ),
        Counterfactual(
            "the upstream gradient itself", dout, "Is what a layer hands back kept, and handed on?"
        ),
    ]


def _parameters_listed(listed: Any, activations: Sequence[str], details: Sequence[str]) -> None:
    compare.require(
        isinstance(listed, list),
        "parameters() should return a list of pairs (layer, name).",
        hint="Does it end with a return?"
        if listed is None
        else "A list, and in it one pair for each parameter.",
    )
    right, place = [], 0
    for activation in activations:
        right += [(place, "w"), (place, "b")]
        place += 2 if activation else 1
    got = [
        (one[0], one[1]) if isinstance(one, list | tuple) and isinstance(one[1], str) else None
        for one in listed
    ]
    cause = ""
    if any(one is not None and one[0] == -1 for one in got) or None in got:
        cause = (
            "Your list holds something else than pairs of one of the layers and the name of a parameter, "
            'such as "w".'
        )
    elif all(one is not None and one[1] in ("dw", "db") for one in got) and got:
        cause = "Your list names the gradients, and not the parameters."
    elif got in (right[::2], right[1::2]):
        cause = "Your list has one parameter for each affine layer, and each has two."
    elif got == [one for one in right if one[0] == 0]:
        cause = "Your list has the parameters of the first layer alone."
    elif all(one in got for one in right) and any(one not in right for one in got):
        cause = "Your list has more than the parameters: an activation has none."
    elif all(got.count(one) == 1 for one in right) and len(got) == len(right):
        return
    compare.require(
        got == right,
        "parameters() does not list the parameters of the layers.",
        *details,
        f"yours: {len(got)} of {len(right)}",
        cause=cause,
        hint="Every layer has the attribute parameters, a tuple of names; for an activation it is empty.",
    )


_STEP_RUN = """
class Plain:
    __module__ = "course"

class Sealed(Plain):
    parameters = ("w", "b")

class Network(Plain):
    def __init__(self, layers, slopes, calls):
        self.layers, self.slopes, self.calls = layers, slopes, calls

    def forward(self, x):
        self.calls.append("forward")
        return sum(float(np.sum(layer.w)) for layer in self.layers) + x

    def backward(self, dout):
        self.calls.append("backward")
        self.seen = dout
        for layer, (dw, db) in zip(self.layers, self.slopes):
            layer.dw, layer.db = dw.copy(), db.copy()
        return dout

    def parameters(self):
        return [(layer, name) for layer in self.layers for name in ("w", "b")]

def step(train_step, pairs, slopes, x, t, learning_rate):
    layers, calls = [], []
    for w, b in pairs:
        layer = Sealed()
        layer.w, layer.b, layer.dw, layer.db = w.copy(), b.copy(), None, None
        layers.append(layer)
    network = Network(layers, slopes, calls)

    def loss(s, t):
        calls.append("loss")
        return float(np.sum((s - t) ** 2)), 2 * (s - t)

    value = train_step(network, loss, x, t, learning_rate)
    return {"loss": value, "after": [[layer.w, layer.b] for layer in layers], "calls": calls,
            "seen": getattr(network, "seen", None)}
"""


def step_right(
    student: Student,
    pairs: Sequence[tuple[Array, Array]],
    slopes: Sequence[tuple[Array, Array]],
    x: Array,
    t: Array,
    learning_rate: float,
) -> None:
    """`train_step(network, loss, x, t, learning_rate)` does forward, loss, backward and update, once."""
    got = student.define(_STEP_RUN, "step")(
        student.train_step,
        [[a.copy() for a in pair] for pair in pairs],
        [[a.copy() for a in pair] for pair in slopes],
        x.copy(),
        t.copy(),
        learning_rate,
    )
    calls = got["calls"]
    compare.require(
        calls == ["forward", "loss", "backward"],
        "The steps are not forward, loss, backward, once each and in this order.",
        f"yours: {', '.join(calls) or 'none of them'}",
        cause="Your step leaves out the backward pass." if "backward" not in calls else "",
        hint="forward(x) gives the scores, loss(scores, t) the loss and ds, backward(ds) the gradients.",
    )
    scores = sum(float(np.sum(w)) for w, _ in pairs) + x
    compare.equal(
        "What backward was given",
        got["seen"],
        2 * (scores - t),
        counterfactuals=[
            Counterfactual("an upstream gradient of ones", np.ones(x.shape), "loss returns a gradient, too."),
            Counterfactual("the scores", scores, "backward takes a gradient, and loss returns it."),
        ],
        hint="The second result of loss.",
    )
    for place, (pair, slope) in enumerate(zip(pairs, slopes, strict=True)):
        for name, old, g, new in zip("wb", pair, slope, got["after"][place], strict=True):
            compare.equal(
                f"{name} of layer {place} after the step",
                new,
                old - learning_rate * g,
                counterfactuals=[
                    Counterfactual(
                        "the old value: no step is taken",
                        old,
                        "setattr(layer, name, value) puts a new value into a layer.",
                    ),
                    Counterfactual(
                        "a step uphill",
                        old + learning_rate * g,
                        "The gradient points to where the loss grows.",
                    ),
                    Counterfactual("the step alone: the old value is gone", learning_rate * g),
                    Counterfactual("the step alone, with a minus: the old value is gone", -learning_rate * g),
                    Counterfactual("a step by the whole gradient: the learning rate is not used", old - g),
                    Counterfactual("two steps", old - 2 * learning_rate * g),
                ],
            )
    loss = float(np.sum((scores - t) ** 2))
    known = [Counterfactual("the gradient's sum, not the loss", float(np.sum(2 * (scores - t))))]
    compare.equal(
        "The loss that is returned",
        compare.number("The loss that is returned", got["loss"]),
        loss,
        counterfactuals=known,
    )


# The course's own step, so that a mistake in the network, the loss or the step does not cost a second time.
_TOOLS = """
from functools import reduce

def scores(layers, x):
    return reduce(lambda h, layer: layer.forward(h), layers, x)

def step(layers, x, t, learning_rate):
    s = scores(layers, x)
    z = np.where(t == 1, -s, s) + 1e-30j
    small = np.exp(np.where(z.real > 0, -z, z))
    slope = (np.where(z.real > 0, z, 0) + np.log(1 + small)).imag / 1e-30
    reduce(lambda d, layer: layer.backward(d), layers[::-1], np.where(t == 1, -slope, slope) / t.size)
    for layer in layers:
        moved = {n: vars(layer)[n] - learning_rate * vars(layer)["d" + n] for n in layer.parameters}
        vars(layer).update(moved)
    return float(np.mean(np.logaddexp(0, z.real)))

class Tools:
    losses, layers, trained = [], [], []
    scores = staticmethod(scores)

    @staticmethod
    def step(layers, x, t, learning_rate):
        Tools.losses.append(step(layers, x, t, learning_rate))
        Tools.layers = [bool(layer.parameters) for layer in layers]
        Tools.trained = layers
        return Tools.losses[-1]

    @staticmethod
    def labels(points):
        return 1.0 * (scores(Tools.trained, points) > 0)

    @staticmethod
    def told():
        losses = Tools.losses
        return {"losses": losses[:1] + losses[-1:], "steps": len(losses), "layers": Tools.layers}
"""


def spiral_learnt(student: Student, rng: np.random.Generator, least: float = 0.95) -> None:
    """`train_spiral(x, t, step, scores)` returns a function that labels unseen points, mostly right."""
    x, t = spiral_points(rng, 100)
    unseen, labels = spiral_points(rng, 150)
    tools = student.define(_TOOLS, "Tools")
    predict = student.train_spiral(x.copy(), t.copy(), tools.step, tools.scores)
    compare.require(
        callable(predict),
        "train_spiral should return a function.",
        hint="A function of points (N, 2) that returns their labels: def predict(points), inside it.",
    )
    got = predict(unseen.copy())
    got = compare.array(
        "What predict returns",
        np.asarray(got, dtype=float) if isinstance(got, np.ndarray) else got,
        labels.shape,
        "One label for each point, in a column.",
    )
    compare.require(
        bool(np.all((got == 0) | (got == 1))),
        "The labels should be 0 and 1.",
        hint="A score above 0 means label 1: (scores > 0) makes True and False of them, and * 1.0 numbers.",
    )
    share = float(np.mean(got == labels))
    training, cause = _training_told(tools.told())
    hint = "More steps, another learning rate, more hidden units? Look at the loss while it trains."
    if share < least and not cause and training[0].startswith("the loss"):
        by_scores = tools.labels(unseen.copy())
        if np.shape(by_scores) == labels.shape and np.mean(np.asarray(by_scores) == labels) >= least:
            cause = "Your net is trained well enough: with label 1 for every score above 0 it would pass."
            hint = "Where does predict put the border between the two labels, and of which points?"
    compare.require(
        share >= least,
        f"Too few of the unseen points get the right label: {100 * share:.0f} % of them.",
        f"{100 * least:.0f} % are asked for; guessing gives 50 %",
        *training,
        cause="Your labels are exchanged: 0 stands where 1 belongs." if share <= 1 - least else cause,
        hint=hint,
    )


def _training_told(told: Mapping[str, Any]) -> tuple[list[str], str]:
    """A line on how the loss went, and what is wrong with the layers that were handed to `step`."""
    if not told["steps"]:
        return ["step was never called"], ""
    first, last = told["losses"][0], told["losses"][-1]
    affine = told["layers"]
    cause = ""
    if all(affine):
        cause = "There is no activation between your layers: together they are one affine layer (see 04)."
    elif not affine[-1]:
        cause = "Your last layer is an activation; the loss wants scores of any size and has a sigmoid in it."
    return [f"the loss: {first:.3g} at first, {last:.3g} at step {told['steps']}"], cause
