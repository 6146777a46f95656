"""Mistakes that the caller knows are differentiated, tried before the general ones, and told apart."""

import numpy as np
import pytest

from course_lib import check_gradient, check_layer
from course_lib.given import sigmoid
from course_lib.gradcheck import Mistake

RNG = np.random.default_rng(5)
X, Y = RNG.normal(size=(6, 4)), RNG.normal(size=(6, 2))
WEIGHTS = {"w1": RNG.normal(size=(4, 5)), "w2": RNG.normal(size=(5, 2))}


def _loss(w1, w2):
    return np.sum((sigmoid(X @ w1) @ w2 - Y) ** 2)


def _back(dout, w1, w2, *, local=lambda h: h * (1 - h), scale=2.0, w2_there=None):
    h = sigmoid(X @ w1)
    up = dout * scale * (h @ w2 - Y)
    dh = up @ (w2 if w2_there is None else w2_there).T
    return {"w1": X.T @ (dh * local(h)), "w2": h.T @ up}


# A net whose hidden units are straight lines through where they are: with another slope, and the same values.
def _straight(factor):
    def forward(w1, w2, held):
        h = sigmoid(X @ held["w1"])
        return np.sum(((h + factor(h) * (X @ w1 - X @ held["w1"])) @ w2 - Y) ** 2)

    return forward


KNOWN = (
    Mistake(
        "the value without the sigmoid's derivative", forward=_straight(lambda h: 1.0), hint="Which steps?"
    ),
    Mistake("the value with the sigmoid's derivative twice", forward=_straight(lambda h: (h * (1 - h)) ** 2)),
    Mistake("the gradient of the mean loss", forward=lambda w1, w2: _loss(w1, w2) / Y.size),
    Mistake(
        "the value with w2 turned upside down on the way",
        value=lambda dout, **w: _back(dout, **w, w2_there=w["w2"][::-1]),
    ),
    Mistake("the value for yesterday's w2", at=lambda w: {**w, "w2": 0.5 * w["w2"]}),
)
WRONG = {
    "the value without the sigmoid's derivative": {"local": lambda h: 1.0},
    "the value with the sigmoid's derivative twice": {"local": lambda h: (h * (1 - h)) ** 2},
    "the gradient of the mean loss": {"scale": 2.0 / Y.size},
    "the value with w2 turned upside down on the way": {"w2_there": "reversed"},
}


@pytest.mark.parametrize("says", WRONG)
def test_a_known_mistake_is_named_by_differentiating_it(says):
    changed = WRONG[says]

    def backward(dout, w1, w2):
        given = {"w2_there": w2[::-1]} if "w2_there" in changed else changed
        return _back(dout, w1, w2, **given)

    report = check_gradient(_loss, backward, WEIGHTS, mistakes=KNOWN)
    wrong = [item for item in report.inputs if not item.passed]
    assert wrong
    for item in wrong:
        assert [e.says for e in item.explanations] == [says]


def test_a_value_of_another_point_is_named():
    backward = lambda dout, w1, w2: _back(dout, w1, 0.5 * w2)  # noqa: E731
    report = check_gradient(_loss, backward, WEIGHTS, mistakes=KNOWN)
    assert [e.says for e in report.inputs[0].explanations] == ["the value for yesterday's w2"]


def test_one_path_at_a_branch_is_named():
    cut = Mistake("the share through the square alone", forward=lambda x, held: x**2 + held["x"])
    report = check_gradient(lambda x: x**2 + x, lambda dout, x: {"x": 2 * dout * x}, {"x": X}, mistakes=[cut])
    assert "it equals the share through the square alone" in str(report)


def test_operands_in_the_wrong_order_are_named():
    a, b = RNG.normal(size=(3, 3)), RNG.normal(size=(3, 3))
    swapped = Mistake("the gradient of b @ a: the factors are swapped", forward=lambda a, b: b @ a)
    report = check_gradient(
        lambda a, b: a @ b,
        lambda dout, a, b: {"a": b.T @ dout, "b": dout @ a.T},
        {"a": a, "b": b},
        mistakes=[swapped],
    )
    assert str(report).count("the factors are swapped") == 2


def test_mistakes_that_agree_at_the_point_are_told_apart_at_another():
    # At ones x, x² and x³ are the same number.
    known = [
        Mistake(f"dout times x to the {p}", value=lambda dout, x, p=p: {"x": dout * x**p}) for p in (1, 2, 3)
    ]
    report = check_gradient(
        lambda x: np.exp(x), lambda dout, x: {"x": dout * x**2}, {"x": np.ones((3, 2))}, mistakes=known
    )
    assert [e.says for e in report.inputs[0].explanations] == ["dout times x to the 2"]


def test_at_most_two_are_left():
    known = [Mistake(name, value=lambda dout, x: {"x": dout * x}) for name in ("one", "two", "three")]
    report = check_gradient(lambda x: x**3, lambda dout, x: {"x": dout * x}, {"x": X}, mistakes=known)
    assert [e.says for e in report.inputs[0].explanations] == ["one", "two"]


def test_a_mistake_that_cannot_be_computed_here_is_passed_over():
    broken = Mistake("nonsense", value=lambda dout, x: {"x": dout @ np.ones((99, 99))})
    other = Mistake("of another input", value=lambda dout, x: {"y": dout})
    report = check_gradient(
        lambda x: x**2, lambda dout, x: {"x": dout * x}, {"x": X}, mistakes=[broken, other]
    )
    assert "half the right value" in str(report)


def test_a_layer_that_keeps_an_old_input_is_told_so():
    class Square:
        inputs, parameters = ("x",), ()

        def forward(self, x):
            if not hasattr(self, "x"):
                self.x = x
            return x**2

        def backward(self, dout):
            return 2 * dout * self.x

    assert "for the inputs of the call before" in str(check_layer(Square(), X))


AFFINE = {
    "x": (lambda d, x, w: {"x": d @ w, "w": x.T @ d}, "x", "the value for w transposed"),
    "w": (lambda d, x, w: {"x": d @ w.T, "w": x @ d}, "w", "the value for x transposed"),
    "both": (lambda d, x, w: {"x": d @ w.T, "w": d.T @ x}, "w", "the transpose of the right value"),
    "upstream": (lambda d, x, w: {"x": d @ w.T, "w": x.T @ d.T}, "w", "the value for dout transposed"),
}


@pytest.mark.parametrize(("backward", "name", "says"), AFFINE.values(), ids=AFFINE)
def test_what_is_transposed_is_named_where_all_shapes_fit(backward, name, says):
    point = {"x": RNG.normal(size=(4, 4)), "w": RNG.normal(size=(4, 4))}
    report = check_gradient(lambda x, w: x @ w, backward, point)
    wrong = {item.name: [e.says for e in item.explanations] for item in report.inputs if not item.passed}
    assert list(wrong) == [name]
    assert wrong[name][0].startswith(says)


def test_a_factor_forced_into_shape_is_named():
    point = {"x": RNG.normal(size=(5, 4)), "w": RNG.normal(size=(4, 3))}
    report = check_gradient(
        lambda x, w: x @ w, lambda d, x, w: {"x": d @ w.reshape(3, 4), "w": x.T @ d}, point
    )
    (explanation,) = report.inputs[0].explanations
    assert explanation.says == (
        "the value for w transposed, with its numbers put in rows of another length by reshape"
    )


def test_the_usual_slope_of_a_leaky_relu_is_named_also_where_it_is_the_square_of_this_one():
    report = check_gradient(
        lambda x: np.where(x > 0, x, 0.1 * x),
        lambda dout, x: {"x": dout * np.where(x > 0, 1.0, 0.01)},
        {"x": RNG.normal(size=(6, 5))},
    )
    assert (
        "a local derivative of 0.01 wherever the input is negative" in report.inputs[0].explanations[0].says
    )
