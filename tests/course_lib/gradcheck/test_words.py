"""What is said of a wrong gradient is so: nothing is claimed that another input contradicts."""

import io
import json
import sys

import numpy as np
import pytest

from course_lib import Layer, check_gradient, check_layer
from course_lib.errors import DefinitionError
from course_lib.gradcheck import check_steps

RNG = np.random.default_rng(0)
X, W = RNG.normal(size=(2, 3, 4))


def _of_x(forward, rule, x=X):
    return check_gradient(forward, lambda dout, x: {"x": rule(dout, x)}, {"x": x})


def _spoilt(where):
    def rule(dout, x):
        dx = dout * np.cos(x)
        dx[where] *= 1.5
        return dx

    return rule


SAID = {
    "a factor near one": (
        lambda x: 1e6 * np.sin(x),
        lambda g, x: 0.99e6 * g * np.cos(x),
        X,
        "equals 0.99 times the right value",
    ),
    "an update": (np.sin, lambda g, x: x - 0.1 * g * np.cos(x), X, "x minus 0.1 times the right gradient"),
    "no mean of 30": (
        lambda x: np.mean(x**2),
        lambda g, x: 2 * g * x,
        RNG.normal(size=(5, 6)),
        "30 is the number of elements of x",
    ),
    "a mean along one of three axes": (
        lambda x: (x**2).sum(),
        lambda g, x: 2 * g * x / 7,
        RNG.normal(size=(5, 6, 7)),
        "1/7 of the right value, and 7 is the",
    ),
    "a number without its local derivative": (np.sin, lambda g, x: g, 0.7, "the local derivative is missing"),
    "a row of many": (np.sin, _spoilt(7), RNG.normal(size=(30, 40)), "wrong in row 7 (40 elements)"),
    "a column of many": (
        np.sin,
        _spoilt((slice(None), 3)),
        RNG.normal(size=(30, 40)),
        "wrong in column 3 (30 elements)",
    ),
    "one of three axes": (
        np.sin,
        _spoilt((slice(None), 2)),
        RNG.normal(size=(8, 4, 5)),
        "wrong in all of [:, 2, :] (40 elements)",
    ),
    "a lost sign": (lambda x: np.sum(x**3), lambda g, x: 3 * abs(g) * x**2, X, "the value for |dout|"),
    "a clipped dout": (np.sin, lambda g, x: np.clip(g, -5, 5) * np.cos(x), X, "dout cut off at ±5"),
}


@pytest.mark.parametrize(("forward", "rule", "x", "said"), SAID.values(), ids=SAID)
def test_the_mistake_is_named(forward, rule, x, said):
    report = _of_x(forward, rule, x)
    assert report.verdict == "wrong"
    assert said in str(report)


def test_two_are_in_the_wrong_order_only_where_both_are_wrong():
    swapped = check_gradient(
        lambda x, w: x * w, lambda dout, x, w: {"x": dout * x, "w": dout * w}, {"x": X, "w": W}
    )
    assert str(swapped).count("the two are in the wrong order") == 2
    missing = check_gradient(
        lambda x, w: x + np.sin(w), lambda dout, x, w: {"x": dout, "w": dout}, {"x": X, "w": W}
    )
    assert "order" not in str(missing)
    assert "the local derivative is missing" in str(missing)


def test_the_example_stands_at_no_kink():
    report = _of_x(lambda x: np.maximum(x, 0), lambda g, x: g * (x <= 0))
    example = report.inputs[0].example
    assert np.array(example.inputs["x"])[example.index] != 0
    assert (example.yours, example.expected) in {(0.0, 1.0), (1.0, 0.0)}


def test_the_example_of_steps_tells_inputs_alone():
    steps = {"s": lambda x, y: x + y, "z": lambda s: s * s, "f": lambda z, w: z * w}

    def backward(dout, x, y, w):
        s = x + y
        return {
            "z": dout * w,
            "s": dout * w * s,
            "w": dout * s**2,
            "x": dout * w * 2 * s,
            "y": dout * w * 2 * s,
        }

    report = check_steps(steps, backward, {"x": 2.0, "y": 5.0, "w": 3.0})
    (ds,) = (item for item in report.inputs if item.name == "s")
    assert set(ds.example.inputs) == {"x", "y", "w"}
    assert ds.example.expected == 2 * ds.example.yours


def test_what_is_shared_or_changed_is_told():
    def backward(dout, x, y, scale):
        shared = dout * scale
        scale *= 2
        return {"x": shared, "y": shared}

    report = check_gradient(
        lambda x, y, scale: scale * (x + y), backward, {"x": X, "y": W}, constants={"scale": np.full(4, 3.0)}
    )
    assert report.verdict == "wrong"
    assert report.reasons == ("backward changed scale, one of its constants, in place.",)
    assert "dx shares its memory with dy" in str(report)


@pytest.mark.parametrize(
    ("inputs", "told"),
    [
        ({"dout": X, "x": X}, r"An input is called dout\.[\s\S]*another name"),
        ({"x": [[1.0, 2.0], [3.0]]}, r"The input x makes no array\.[\s\S]*rows are of one length"),
    ],
)
def test_inputs_that_cannot_be_are_told(inputs, told):
    with pytest.raises(DefinitionError, match=told):
        check_gradient(lambda **named: 0.0, lambda dout, **named: named, inputs)


def _square(dout, x):
    return {"x": 2 * dout * x}


CALLS = {
    "nothing": (lambda: check_gradient(np.square, _square, {}), "inputs is empty"),
    "a constant of an input's name": (
        lambda: check_gradient(np.square, _square, {"x": X}, constants={"x": 2}),
        "Both an input and a constant are called x",
    ),
    "a point without a name": (
        lambda: check_gradient(np.square, _square, {"x": X}, points=[{"y": X}]),
        "A point has the names y",
    ),
    "a gradient of ragged rows": (
        lambda: check_gradient(np.square, lambda dout, x: {"x": [[1.0, 2.0], [3.0]]}, {"x": X}),
        "dx makes no array",
    ),
    "an input too many": (lambda: check_layer(_Inverse(), X, X), "check_layer got 2 inputs"),
    "a name that is none": (
        lambda: check_gradient(lambda x: x, lambda dout, x: {0: dout}, {0: X}),
        "The name of an input is 0",
    ),
    "no forward": (lambda: check_gradient(3, _square, {"x": X}), "forward is a int"),
    "no seed": (lambda: check_gradient(np.square, _square, {"x": X}, seed=-1), "seed is -1"),
    "no points": (lambda: check_gradient(np.square, _square, {"x": X}, points={"x": X}), "no list of points"),
    "no mistakes": (lambda: check_gradient(np.square, _square, {"x": X}, mistakes=["a"]), "list of Mistake"),
    "no words": (
        lambda: check_gradient(np.square, _square, {"x": X}, words={"a": "b"}),
        "words is no mapping",
    ),
    "arguments in another order": (
        lambda: check_gradient(np.square, lambda x, dout: {"x": x}, {"x": X}),
        r"cannot be called as backward\(dout, x\)",
    ),
    "a text for a layer": (lambda: check_layer(_Inverse(), "abc"), "no real numbers"),
    "no steps": (lambda: check_steps([1], _square, {"x": X}), "steps is a list"),
    "a class": (lambda: check_layer(_Inverse, X), "got the class _Inverse"),
    "no layer": (lambda: check_layer(np.exp, X), "ufunc has no forward and no backward"),
    "a parameter that is not set": (lambda: check_layer(_Product("no w"), X, X), "_Product has no w"),
    "a tuple of one": (
        lambda: check_layer(_Single((X,)), X),
        "a tuple of one.*\n.*\n.*Return dx alone",
    ),
    "a dict": (lambda: check_layer(_Single({"x": X}), X), "_Single.backward returned a dict"),
    "a layer's dict": (lambda: check_layer(_Wrapped(), X), "_Wrapped.backward returned a dict"),
    "nothing from backward": (lambda: check_layer(_Single(None), X), r"returned nothing \(None\)"),
    "one gradient of two": (
        lambda: check_layer(_Product(X), X, X),
        "one array.*\n.*\n.*Return dx, dy, in this",
    ),
    "three gradients of two": (
        lambda: check_layer(_Product((X, X, X)), X, X),
        "_Product.backward returned 3",
    ),
}


@pytest.mark.parametrize(("call", "told"), CALLS.values(), ids=CALLS)
def test_calls_that_cannot_be_are_told(call, told):
    with pytest.raises(DefinitionError, match=told):
        call()


def test_a_factor_that_is_left_out_is_no_cache():
    def backward(dout, x, gamma):
        return {"x": 2 * dout * x, "gamma": (dout * x**2).sum(0)}

    report = check_gradient(lambda x, gamma: x**2 * gamma, backward, {"x": X, "gamma": np.ones(4)})
    assert "is gamma left out?" in str(report)
    assert "call before" not in str(report)


def test_nothing_but_zero_is_called_zero():
    def norm(x):
        return (x - x.mean(0)) / np.sqrt(((x - x.mean(0)) ** 2).mean(0) + 1e-5)

    def backward(dout, x):
        spread = np.sqrt(((x - x.mean(0)) ** 2).mean(0) + 1e-5)
        g, h = np.ones_like(dout), norm(x)
        return {"x": (g - g.mean(0) - h * (g * h).mean(0)) / spread}

    assert "dout is not used" in str(check_gradient(norm, backward, {"x": X}))


class _Inverse(Layer):
    inputs, parameters = ("x",), ()

    def forward(self, x):
        self.y = np.linalg.inv(x)
        return self.y

    def backward(self, dout):
        return -self.y.T @ dout @ self.y.T


def test_a_layer_that_has_no_value_at_ones_is_checked():
    assert check_layer(_Inverse(), W[:, :3] + 3 * np.eye(3)).passed


def test_the_data_holds_no_number_that_json_has_not():
    report = _of_x(lambda x: x**2, lambda g, x: np.sum(2 * g * x))
    assert json.loads(json.dumps(report.data(), allow_nan=False))["inputs"][0]["relative_error"] is None


def test_an_old_terminal_gets_signs_that_it_has(monkeypatch):
    report = _of_x(np.sin, _spoilt(1))
    for encoding in ("ascii", "cp1252"):
        terminal = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
        monkeypatch.setattr(sys, "stdout", terminal)
        print(report)
        terminal.flush()
        assert b"x x x x" in terminal.buffer.getvalue()
        monkeypatch.undo()


class _Wrapped(Layer):
    inputs, parameters = ("x",), ()

    def forward(self, x):
        self.x = x
        return x**2

    def backward(self, dout):
        return {"x": 2 * dout * self.x}


class _Single:
    inputs, parameters = ("x",), ()

    def __init__(self, returned):
        self._returned = returned

    def forward(self, x):
        return x**2

    def backward(self, dout):
        return self._returned


class _Product(_Single):
    inputs, parameters = ("x", "y"), ("w",)

    def __init__(self, returned):
        super().__init__(returned)
        if not isinstance(returned, str):
            self.w = np.array(2.0)

    def forward(self, x, y):
        return self.w * x * y

    def backward(self, dout):
        self.dw = 1.0
        return self._returned


def test_what_is_written_into_an_input_and_returned_is_right_all_the_same():
    report = check_gradient(lambda x: x**2 / 2, lambda dout, x: {"x": np.multiply(x, dout, out=x)}, {"x": X})
    assert report.reasons == ("backward changed its input x in place.",)
    assert report.inputs[0].passed


def test_a_backward_that_raises_elsewhere_is_told():
    def backward(dout, x):
        if x[0] < 0:
            raise KeyError("negative")
        return {"x": 2 * dout * x}

    reports = [check_gradient(np.square, backward, {"x": np.array([1.0, 2.0])}, seed=s) for s in range(3)]
    assert any("backward raises KeyError there, where forward does not" in str(report) for report in reports)
    assert not any(report.passed for report in reports)


def test_a_point_that_cannot_be_checked_is_told():
    points = [{"x": np.array([np.nan, 1.0])}]
    report = check_gradient(np.square, _square, {"x": X}, points=points)
    assert report.verdict == "cannot tell"
    assert "values that are not finite" in str(report)


def test_a_forward_that_picks_elements_is_checked_at_an_exact_zero():
    def backward(dout, x):
        made = np.zeros_like(x)
        made[x > 0] = 2 * dout * x[x > 0]
        return {"x": made}

    point = {"x": np.array([1.0, 0.0, 2.0, -3.0])}
    assert check_gradient(lambda x: x[x > 0] ** 2, backward, point).passed
    assert (
        check_gradient(lambda x: x[x > 0] ** 2, lambda d, x: {"x": 1.1 * backward(d, x)["x"]}, point).verdict
        == "wrong"
    )


@pytest.mark.parametrize("rows", [2, 5, 302])
def test_what_repeats_along_an_axis_is_no_factor(rows):
    x = np.random.default_rng(0).normal(size=(rows, 3))

    def mean(x):
        return x.mean(0)

    averaged = check_gradient(mean, lambda dout, x: {"x": np.full(x.shape, dout.mean() / len(x))}, {"x": x})
    assert "times the right value" not in str(averaged)
    halved = check_gradient(
        mean, lambda dout, x: {"x": np.tile(dout * [1, 1, 0.5], (len(x), 1)) / len(x)}, {"x": x}
    )
    assert f"wrong in {rows} of {3 * rows} elements" in str(halved)
