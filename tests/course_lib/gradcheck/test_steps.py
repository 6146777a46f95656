"""Of a backward in several steps the first wrong gradient is named, and what only follows from it."""

import numpy as np
import pytest

from course_lib import check_steps
from course_lib.errors import DefinitionError
from course_lib.given import sigmoid

SCALAR = {"q": lambda x, y: x + y, "f": lambda q, z: q * z}
POINT = {"x": -2.0, "y": 5.0, "z": -4.0}


def _scalar(dout, x, y, z, *, q=lambda dout, x, y, z: dout * z, x_of=lambda dq: dq):
    dq = q(dout, x, y, z)
    return {"q": dq, "z": dout * (x + y), "x": x_of(dq), "y": dq}


def _net_steps(x, y):
    return {
        "z": lambda w1: x @ w1,
        "h": sigmoid,
        "p": lambda h, w2: h @ w2,
        "loss": lambda p: np.sum((p - y) ** 2),
    }


@pytest.fixture
def net():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(6, 4)), rng.normal(size=(6, 2))
    steps = _net_steps(x, y)
    steps["h"] = lambda z: sigmoid(z)

    def backward(dout, w1, w2, *, through=lambda dh, h: dh * h * (1 - h), dp_of=lambda p: 2 * (p - y)):
        z = x @ w1
        h = sigmoid(z)
        dp = dout * dp_of(h @ w2)
        dh = dp @ w2.T
        dz = through(dh, h)
        return {"p": dp, "h": dh, "z": dz, "w1": x.T @ dz, "w2": h.T @ dp}

    return steps, backward, {"w1": rng.normal(size=(4, 5)), "w2": rng.normal(size=(5, 2))}


def _wrong(report):
    return {item.name: item.message for item in report.inputs if not item.passed}


def test_a_right_backward_passes_in_the_order_of_the_backward_pass(net):
    steps, backward, inputs = net
    report = check_steps(steps, backward, inputs)
    assert report.passed
    assert [item.name for item in report.inputs] == ["p", "h", "z", "w1", "w2"]


def test_the_first_wrong_step_is_named_and_the_later_ones_are_not_blamed(net):
    steps, backward, inputs = net
    wrong = lambda dout, w1, w2: backward(dout, w1, w2, through=lambda dh, h: dh * h)  # noqa: E731
    report = check_steps(steps, wrong, inputs)
    assert report.reasons[0] == "The first wrong one, from the output on, is dz."
    told = _wrong(report)
    assert sorted(told) == ["w1", "z"]
    assert told["w1"].endswith("its own step is right: it is wrong because dz is")


def test_a_factor_at_the_loss_is_found_at_the_loss(net):
    steps, backward, inputs = net
    right = dict(backward(1.0, **inputs))
    wrong = lambda dout, w1, w2: {k: v / 2 for k, v in backward(dout, w1, w2).items()}  # noqa: E731
    report = check_steps(steps, wrong, inputs)
    assert report.reasons[0].endswith("is dp.")
    told = _wrong(report)
    assert set(told) == set(right)
    assert "half the right value" in told["p"]
    assert all("its own step is right" in told[name] for name in right if name != "p")


def test_two_mistakes_are_told_apart_from_one_that_follows():
    def backward(dout, **named):
        return _scalar(dout, **named, q=lambda dout, x, y, z: dout * (x + y), x_of=lambda dq: 2 * dq)

    report = check_steps(SCALAR, backward, POINT)
    told = _wrong(report)
    assert report.reasons[0].endswith("is dq.")
    assert "its own step is wrong too" in told["x"]
    assert "it is wrong because dq is" in told["y"]
    assert "z" not in told


def test_gradients_of_inputs_alone_will_do():
    def backward(dout, **named):
        made = _scalar(dout, **named)
        return {name: made[name] for name in POINT}

    assert check_steps(SCALAR, backward, POINT).passed


def test_a_value_used_twice_adds_up_its_paths():
    steps = {"q": lambda x: x * x, "f": lambda q, x: q * x}
    one_path = lambda dout, x: {"q": dout * x, "x": dout * x * 2 * x}  # noqa: E731
    report = check_steps(steps, one_path, {"x": 3.0})
    assert set(_wrong(report)) == {"x"}


@pytest.mark.parametrize(
    ("steps", "says"),
    [
        ({}, "There are no steps"),
        ({"f": lambda q: q}, "q is not made before it"),
        ({"x": lambda x: x}, "The name is taken already"),
        ({"f": np.exp}, "does not say what it is made of"),
        ({"f": lambda *all: all[0]}, "does not say what it is made of"),
    ],
)
def test_steps_that_cannot_run_are_told(steps, says):
    with pytest.raises(DefinitionError, match=says):
        check_steps(steps, lambda dout, x: {"x": dout}, {"x": 1.0})


def test_a_missing_input_is_told():
    with pytest.raises(DefinitionError, match="did not return a gradient for y and z"):
        check_steps(SCALAR, lambda dout, x, y, z: {"x": dout}, POINT)


def test_a_backward_that_returns_nothing_is_told():
    with pytest.raises(DefinitionError, match=r"backward returned nothing \(None\)"):
        check_steps(SCALAR, lambda dout, x, y, z: None, POINT)


def test_steps_take_constants_as_they_are_and_parameters_with_a_default():
    steps = {"q": lambda x, power=2: x**power, "f": lambda q, labels: q[labels]}
    labels = np.array([2, 0])

    def backward(dout, x, labels):
        dq = np.zeros_like(x)
        dq[labels] = dout
        return {"q": dq, "x": 2 * dq * x}

    inputs = {"x": np.array([1.0, 2.0, 3.0])}
    assert check_steps(steps, backward, inputs, constants={"labels": labels}).passed
