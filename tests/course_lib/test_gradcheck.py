"""The gradient check passes what is right and fails what is wrong, by both methods."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from course_lib import check_gradient
from course_lib._numeric import centred, complex_step, directional, numeric_gradients
from course_lib.errors import DefinitionError
from course_lib.given import sigmoid

POINTS = arrays(np.float64, array_shapes(max_dims=3, max_side=4), elements=st.floats(-3, 3))


@settings(max_examples=40, deadline=None)
@given(POINTS)
def test_complex_step_and_centred_difference_agree_with_the_closed_form(x):
    upstream = np.cos(np.arange(x.size)).reshape(x.shape)
    exact = upstream * 3 * x**2
    assert np.allclose(complex_step(lambda x: x**3, {"x": x}, upstream)["x"], exact, rtol=1e-13, atol=1e-13)
    assert np.allclose(centred(lambda x: x**3, {"x": x}, upstream)["x"], exact, atol=1e-7)


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


@pytest.mark.parametrize(
    "forward", [lambda x: np.abs(x), lambda x: np.linalg.norm(x), _through_a_real_buffer]
)
def test_a_forward_that_complex_numbers_break_falls_back_to_differences(forward):
    x = np.array([1.5, -0.7, 0.3])
    gradients, method = numeric_gradients(forward, {"x": x})
    assert method == "centred difference"
    assert np.allclose(gradients["x"], centred(forward, {"x": x})["x"])


WRONG = {
    "no upstream": lambda dout, x, w: {"x": np.ones_like(dout) @ w.T, "w": x.T @ dout},
    "a factor": lambda dout, x, w: {"x": dout @ w.T, "w": x.T @ dout / 3},
    "the wrong shape": lambda dout, x, w: {"x": dout @ w.T, "w": (x.T @ dout).T},
    "one element of six": lambda dout, x, w: {"x": dout @ w.T + np.eye(3, 2) * [1e-4, 0], "w": x.T @ dout},
    "nan": lambda dout, x, w: {"x": dout @ w.T * np.nan, "w": x.T @ dout},
}


@pytest.mark.parametrize("method", ["auto", "complex", "centred"])
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
    assert "0.5 times the right value, everywhere" in str(report)


def test_what_is_missing_is_said():
    with pytest.raises(DefinitionError, match="did not return a gradient for every input"):
        check_gradient(lambda x: x**2, lambda dout, x: {}, {"x": 1.0})
    with pytest.raises(DefinitionError, match='no method "best"'):
        check_gradient(lambda x: x**2, lambda dout, x: {"x": 2 * x}, {"x": 1.0}, method="best")
