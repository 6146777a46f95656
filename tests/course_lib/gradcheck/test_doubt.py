"""Gradients that a sceptic tried: noise is no error, an edge is no error, and nothing is named by chance."""

import math

import numpy as np
import pytest

from course_lib import Layer, check_gradient, check_layer
from course_lib.errors import DefinitionError
from grading.bank.gradients import RIGHT


def _product(x, w):
    return x @ w


def _large(change):
    """A product of 100,000 weights whose gradient `change` spoils in place."""
    rng = np.random.default_rng(0)
    inputs = {"x": rng.normal(size=(64, 1000)), "w": rng.normal(size=(1000, 100))}

    def backward(dout, x, w):
        made = {"x": dout @ w.T, "w": x.T @ dout}
        change(made["w"], rng)
        return made

    return check_gradient(_product, backward, inputs).inputs[1]


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("mean", [1e2, 1e4, 1e6])
def test_a_forward_that_cancels_is_no_wrong_gradient(mean, seed):
    x = np.random.default_rng(seed).normal(size=(16, 4)) + mean

    def variance(x):
        return (x**2).mean(0) - x.mean(0) ** 2

    def backward(dout, x):
        return {"x": 2 * dout * (x - x.mean(0)) / len(x)}

    assert check_gradient(variance, backward, {"x": x}, seed=seed).passed


@pytest.mark.parametrize("seed", range(10))
def test_an_error_is_seen_beside_what_cancels(seed):
    x = np.random.default_rng(seed).normal(size=(16, 4)) + 1e2

    def backward(dout, x):
        dx = 2 * dout * (x - x.mean(0)) / len(x)
        dx[3, 1] *= 1.001
        return {"x": dx}

    report = check_gradient(lambda x: (x**2).mean(0) - x.mean(0) ** 2, backward, {"x": x}, seed=seed)
    assert report.inputs[0].indices == ((3, 1),)


@pytest.mark.parametrize("method", ["auto", "real"])
@pytest.mark.parametrize("seed", range(5))
def test_a_wrong_gradient_next_to_an_edge_is_found(method, seed):
    x = np.append(np.random.default_rng(seed).uniform(0.1, 1.0, 5), [1e-12, 1.0])

    def backward(dout, x):
        return {"x": dout / x * np.where(x == 1e-12, 1.1, 1.0)}

    (dx,) = check_gradient(np.log, backward, {"x": x}, seed=seed, method=method).inputs
    assert dx.indices == ((5,),)
    assert math.isfinite(dx.expected)


@pytest.mark.parametrize("seed", range(20))
def test_an_ill_conditioned_linear_system_is_no_false_alarm_and_hides_no_error(seed):
    matrix = np.vander(np.linspace(1, 2, 6))  # its condition number is 9e5
    b = np.random.default_rng(seed).normal(size=6)

    def off_by(factor):
        return check_gradient(
            lambda b: np.linalg.solve(matrix, b),
            lambda dout, b: {"b": factor * np.linalg.solve(matrix.T, dout)},
            {"b": b},
            seed=seed,
        )

    assert off_by(1.0).passed
    assert not off_by(1 + 1e-6).passed


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("condition", [1e7, 1e9])
def test_a_matrix_that_is_nearly_singular_is_no_false_alarm_and_hides_no_transpose(condition, seed):
    rng = np.random.default_rng(seed)
    left, right = (np.linalg.qr(rng.normal(size=(6, 6)))[0] for _ in range(2))
    inputs = {"a": left * np.geomspace(1, 1 / condition, 6) @ right, "b": rng.normal(size=6)}

    def backward(turn):
        def of(dout, a, b):
            u = np.linalg.solve(a.T, dout)
            return {"a": turn(-np.outer(u, np.linalg.solve(a, b))), "b": u}

        return of

    assert check_gradient(np.linalg.solve, backward(np.asarray), inputs, seed=seed).passed
    assert not check_gradient(np.linalg.solve, backward(np.transpose), inputs, seed=seed).passed


@pytest.mark.parametrize("seed", range(10))
def test_among_many_kinks_one_wrong_element_is_found(seed):
    x = np.random.default_rng(seed).normal(size=(64, 1000))
    x[3, 4] = 1.0

    def backward(dout, x):
        dx = dout * (x > 0)
        dx[3, 4] *= 1.001
        return {"x": dx}

    (dx,) = check_gradient(lambda x: np.maximum(0, x), backward, {"x": x}, seed=seed).inputs
    assert dx.indices == ((3, 4),)


def _spread(dout, x):
    return {"x": dout * (x - x.mean()) / x.size / np.std(x)}


@pytest.mark.parametrize("seed", range(20))
def test_a_spread_far_from_zero_is_no_false_alarm_and_hides_no_error(seed):
    x = 1e4 + np.random.default_rng(seed).normal(size=20)
    assert check_gradient(np.std, _spread, {"x": x}, seed=seed).passed  # numpy's own is real for complex x
    assert not check_gradient(lambda x: 1.01 * np.std(x), _spread, {"x": x}, seed=seed).passed


@pytest.mark.parametrize("seed", range(20))
def test_where_real_differences_go_over_a_steep_place_or_many_kinks_there_is_no_false_alarm(seed):
    x = np.random.default_rng(seed).normal(size=20)

    def wave(dout, x):
        return {"x": dout * np.sign(np.sin(1000 * x)) * 1000 * np.cos(1000 * x)}

    def steep(dout, x):
        return {"x": -dout / x**2}

    for forward, backward, point in (
        (lambda x: np.abs(np.sin(1000 * np.real(x))), wave, x),
        (lambda x: 1 / np.real(x), steep, 1e-3 * x),
    ):
        assert check_gradient(forward, backward, {"x": point}, seed=seed).verdict != "wrong"
    assert not check_gradient(lambda x: 2 / np.real(x), steep, {"x": 1e-3 * x}, seed=seed).passed


# Forward, backward, and a point with kinks on it.
ON_A_KINK = {
    "relu": (lambda x: np.maximum(0, x), lambda dout, x: dout * (x > 0), [0.0, 1.0, -2.0, 0.0]),
    "relu of zeros": (lambda x: np.maximum(0, x), lambda dout, x: dout * (x >= 0), [0.0] * 4),
    "clip": (lambda x: np.clip(x, -1, 1), lambda dout, x: dout * (np.abs(x) <= 1), [-1.0, 1.0, 0.3, 2.0]),
    "the largest": (np.max, lambda dout, x: dout * (np.arange(len(x)) == np.argmax(x)), [2.0, 2.0, 1.0]),
}


@pytest.mark.parametrize(("forward", "backward", "x"), ON_A_KINK.values(), ids=ON_A_KINK)
def test_a_kink_is_no_false_alarm_where_complex_numbers_do_not_go_and_hides_no_error(forward, backward, x):
    for seed in range(10):

        def passes(factor, seed=seed):
            return check_gradient(
                forward, lambda dout, x: {"x": factor * backward(dout, x)}, {"x": x}, seed=seed, method="real"
            ).passed

        assert passes(1.0)
        assert not passes(-1.0)
        assert not passes(2.5)


def test_where_no_derivative_can_be_taken_nothing_is_said_of_the_gradient():
    x = np.array([0.0, 1.0])
    report = check_gradient(np.sqrt, lambda dout, x: {"x": dout}, {"x": x}, method="real")
    assert report.verdict == "cannot tell"
    assert "not finite numbers next to this point" in str(report)


def test_of_so_many_that_chance_hits_no_wrong_element_one_is_shown():
    def change(dw, rng):
        dw.flat[np.random.default_rng(3).permutation(dw.size)[:1000]] = 0

    dw = _large(change)
    assert dw.problem.startswith("wrong in up to")
    assert dw.yours == 0 != dw.expected


def test_the_share_of_a_column_is_said_of_that_column():
    def change(dw, rng):
        dw[:500, 4] = 0

    dw = _large(change)
    assert dw.problem.endswith("of the 1,000 elements of column 4")
    low, high = (int(part.strip("%")) for part in dw.problem.split()[2:5:2])
    assert low <= 50 <= high


def test_zeros_among_thousands_are_named():
    def change(dw, rng):
        dw[10:15, 10:15] = 0

    assert "zero in the wrong elements" in _large(change).message


def test_a_factor_that_is_another_one_at_other_inputs_is_not_called_a_constant():
    x = np.random.default_rng(0).normal(size=(3, 4))
    report = check_gradient(np.linalg.norm, lambda dout, x: {"x": dout * x}, {"x": x})
    assert "times the right value here, and another multiple of it at other inputs" in str(report)


@pytest.mark.parametrize("seed", range(10))
def test_what_fits_by_chance_is_not_named(seed):
    x = np.random.default_rng(1).normal(size=(3, 4))
    backward = lambda dout, x: {"x": dout * (dout > 0) * (x > 0)}  # noqa: E731
    report = check_gradient(lambda x: np.maximum(x, 0), backward, {"x": x}, seed=seed)
    assert "the mask is taken from it" not in str(report)


def test_a_single_number_has_a_factor_where_another_point_has_the_same():
    constant = check_gradient(lambda x: x**2, lambda dout, x: {"x": dout * x}, {"x": 2.0})
    assert "half the right value" in str(constant)
    varying = check_gradient(lambda x: x**3, lambda dout, x: {"x": dout * (x + 1)}, {"x": 2.0})
    assert "no mistake that this check knows" in str(varying)


def test_the_first_nan_is_located():
    backward = lambda dout, x: {"x": np.where(x > 2, np.nan, dout)}  # noqa: E731
    report = check_gradient(lambda x: x, backward, {"x": np.arange(6.0).reshape(2, 3)})
    assert "3 of 6 elements are nan or inf, the first at [1, 0]" in str(report)


class _Linear(Layer):
    inputs, parameters = ("x",), ("w",)

    def __init__(self):
        self.w = np.arange(6.0).reshape(3, 2)

    def forward(self, x):
        self.x = x
        return x @ self.w

    def backward(self, dout):
        self.dw = self.x.T @ dout
        return dout @ self.w.T


def test_what_forward_writes_to_is_not_blamed_on_backward():
    class Centred(_Linear):
        def forward(self, x):
            x -= x.mean()
            return super().forward(x)

    report = check_layer(Centred(), np.arange(12.0).reshape(4, 3))
    assert "forward changes its inputs in place." in report.reasons
    assert not any("backward changed" in reason for reason in report.reasons)


def test_a_parameter_whose_gradient_is_not_left_is_named():
    class Forgets(_Linear):
        def backward(self, dout):
            return dout @ self.w.T

    with pytest.raises(DefinitionError, match=r"Forgets\.backward left no dw\.[\s\S]*self\.dw"):
        check_layer(Forgets(), np.arange(12.0).reshape(4, 3))


def test_what_is_right_at_zero_alone_is_wrong():
    report = check_gradient(np.exp, lambda dout, x: {"x": dout * (1 + x)}, {"x": np.zeros((3, 4))})
    assert report.reasons[0] == "Right at the point given, and wrong at another one."


def test_a_bias_that_begins_at_zero_is_tried_elsewhere():
    def backward(dout, x, b):
        slope = 1 - np.tanh(x) ** 2  # of x alone
        return {"x": dout * (1 - np.tanh(x + b) ** 2), "b": (dout * slope).sum(0)}

    x = np.random.default_rng(0).normal(size=(4, 3))
    report = check_gradient(lambda x, b: np.tanh(x + b), backward, {"x": x, "b": np.zeros(3)})
    assert [item.passed for item in report.inputs] == [True, False]


@pytest.mark.parametrize("seed", [2, 546])
def test_float32_may_lose_what_is_round_off_in_float64(seed):
    case = next(case for case in RIGHT if case.name == "batch norm of float32, summed")
    inputs = case.inputs(np.random.default_rng(seed))
    assert check_gradient(case.forward, case.backward, inputs, seed=seed).passed


@pytest.mark.parametrize(
    ("forward", "inputs", "told"),
    [
        (lambda x: None, {"x": 1.0}, "forward returned nothing"),
        (lambda x: (x, x), {"x": np.ones(3)}, "forward returned a tuple"),
        (lambda x: "three", {"x": 1.0}, "forward returned a str"),
        (lambda x: x, {"x": "three"}, "The input x holds"),
        (lambda x: x, {"x": np.array([None, 1.0])}, "The input x holds object"),
        (lambda x: x, [np.ones(3)], "inputs is a list"),
    ],
)
def test_what_has_no_derivative_is_told_before_anything_is_computed(forward, inputs, told):
    with pytest.raises(DefinitionError, match=told):
        check_gradient(forward, lambda dout, x: {"x": dout}, inputs)
