"""The gradient check passes what is right and fails what is wrong, by both methods."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from course_lib import check_gradient
from course_lib._numeric import complex_step, directional
from course_lib.errors import DefinitionError
from course_lib.given import sigmoid
from course_lib.gradcheck.differentiate import Differentiator
from course_lib.gradcheck.point import Point

POINTS = arrays(np.float64, array_shapes(max_dims=3, max_side=4), elements=st.floats(-3, 3))


@settings(max_examples=40, deadline=None)
@given(POINTS)
def test_complex_step_and_extrapolated_differences_agree_with_the_closed_form(x):
    upstream = np.cos(np.arange(x.size)).reshape(x.shape)
    exact = upstream * 3 * x**2
    assert np.allclose(complex_step(lambda x: x**3, {"x": x}, upstream)["x"], exact, rtol=1e-13, atol=1e-13)
    v = np.sin(1.0 + np.arange(x.size))
    slope = Differentiator(lambda x: x**3, Point({"x": x}), "real").along(v)
    assert np.allclose(slope.value.ravel(), 3 * x.ravel() ** 2 * v, rtol=1e-9, atol=1e-9)


@settings(max_examples=40, deadline=None)
@given(POINTS)
def test_the_sigmoid_is_stable_and_differentiable_by_complex_step(x):
    s = sigmoid(x)
    assert np.allclose(complex_step(sigmoid, {"z": x}, 1.0)["z"], s * (1 - s), rtol=1e-12)


def test_the_sigmoid_does_not_overflow():
    with np.errstate(all="raise", under="ignore"):
        assert sigmoid(np.array([-1000.0, 1000.0])).tolist() == [0.0, 1.0]


def test_one_direction_agrees_with_the_whole_gradient():
    rng = np.random.default_rng(0)
    inputs = {"x": rng.normal(size=(3, 2)), "w": rng.normal(size=(2, 4))}
    dout, v = rng.normal(size=(3, 4)), {name: rng.normal(size=value.shape) for name, value in inputs.items()}
    whole = complex_step(lambda x, w: x @ w, inputs, dout)
    along = directional(lambda x, w: x @ w, inputs, v, dout)
    assert along == pytest.approx(sum(np.sum(whole[name] * v[name]) for name in inputs), rel=1e-12)


def _through_a_real_buffer(x):
    buffer = np.zeros(3)
    buffer[:] = x
    return buffer**2


REASONS = {
    "its complex derivative differs from its real one": lambda x: np.abs(x) + 0j,
    "forward gives a real result for complex inputs": np.linalg.norm,
    "forward drops the imaginary part": _through_a_real_buffer,
    "forward does not take complex numbers (TypeError)": np.cbrt,
    "forward gives other values for complex inputs": lambda x: np.sign(x.imag) + x,
}


@pytest.mark.parametrize("why", REASONS)
def test_a_forward_that_complex_numbers_break_is_differentiated_by_real_ones(why):
    x, v = np.array([1.5, -0.7, 0.3]), np.array([1.0, 0.5, -1.2])
    forward = REASONS[why]
    found = Differentiator(
        lambda x: forward(x) if np.iscomplexobj(x) else np.real(forward(x)), Point({"x": x})
    )
    assert found.why_real == why
    assert found.method == "extrapolated differences"
    h = 1e-6
    near = (np.real(forward(x + h * v)) - np.real(forward(x - h * v))) / (2 * h)
    slope = found.along(v)
    assert np.allclose(slope.value, near, rtol=1e-7)
    assert np.all(slope.error < 1e-7)


WRONG = {
    "no upstream": lambda dout, x, w: {"x": np.ones_like(dout) @ w.T, "w": x.T @ dout},
    "a factor": lambda dout, x, w: {"x": dout @ w.T, "w": x.T @ dout / 3},
    "the wrong shape": lambda dout, x, w: {"x": dout @ w.T, "w": (x.T @ dout).T},
    "one element of six": lambda dout, x, w: {"x": dout @ w.T + np.eye(3, 2) * [1e-4, 0], "w": x.T @ dout},
    "nan": lambda dout, x, w: {"x": dout @ w.T * np.nan, "w": x.T @ dout},
}


@pytest.mark.parametrize("method", ["auto", "complex", "real"])
@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_backward_fails(name, method):
    rng = np.random.default_rng(1)
    inputs = {"x": rng.normal(size=(3, 2)), "w": rng.normal(size=(2, 4))}
    assert not check_gradient(lambda x, w: x @ w, WRONG[name], inputs, method=method).passed


@pytest.mark.parametrize("seed", range(30))
def test_a_right_backward_passes_at_every_seed(seed):
    rng = np.random.default_rng(seed)
    inputs = {"x": rng.normal(size=(3, 2)) * 10 ** rng.uniform(-4, 4), "w": rng.normal(size=(2, 4))}
    right = {"x": lambda dout, x, w: dout @ w.T, "w": lambda dout, x, w: x.T @ dout}
    backward = lambda dout, x, w: {name: rule(dout, x, w) for name, rule in right.items()}  # noqa: E731
    assert check_gradient(lambda x, w: x @ w, backward, inputs, seed=seed).passed


def test_the_report_names_a_factor():
    report = check_gradient(lambda x: x**2, lambda dout, x: {"x": dout * x}, {"x": np.array([1.0, 2.0, 3.0])})
    assert "half the right value" in str(report)


def test_what_is_missing_is_said():
    with pytest.raises(DefinitionError, match="did not return a gradient for x"):
        check_gradient(lambda x: x**2, lambda dout, x: {}, {"x": 1.0})
    with pytest.raises(DefinitionError, match='no method "best"'):
        check_gradient(lambda x: x**2, lambda dout, x: {"x": 2 * x}, {"x": 1.0}, method="best")
