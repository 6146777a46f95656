"""What a report tells, level by level, in text and in HTML; and the example in small whole numbers."""

import json

import numpy as np
import pytest

from course_lib import check_gradient

X = np.array([[0.3, -1.2], [2.1, 0.7]])


def _square_without_two(dout, x):
    return {"x": dout * x}


@pytest.fixture(scope="module")
def report():
    return check_gradient(lambda x: x**2, _square_without_two, {"x": X})


def test_each_level_of_the_text_tells_one_thing_more(report):
    verdict, where, equals, why = (report.text(level) for level in range(4))
    assert verdict == "gradient check (complex step): failed"
    assert "wrong in all of 4 elements; worst at [" in where
    assert "equals" not in where
    assert "it equals half the right value" in equals
    assert "Is a constant of the forward left out" in why
    assert "round-off explains" in why


def test_the_example_is_small_and_can_be_checked_by_hand(report):
    example = report.inputs[0].example
    assert np.count_nonzero(example.inputs["x"]) == 1
    assert np.count_nonzero(example.dout) == 1
    x, dout = (np.array(value)[example.index] for value in (example.inputs["x"], example.dout))
    assert example.expected == pytest.approx(2 * x * dout)
    assert example.yours == pytest.approx(x * dout)
    assert str(example) in report.text(1)
    assert str(example).startswith("with x[")
    assert "zeros elsewhere: dx[" in str(example)


def test_the_example_of_numbers_names_them_all():
    made = check_gradient(
        lambda x, y: x * y, lambda dout, x, y: {"x": dout * y, "y": dout * y}, {"x": 2.0, "y": 5.0}
    )
    assert "zeros" not in str(made.inputs[1].example)
    assert str(made.inputs[1].example).startswith("with x = ")


def test_the_html_folds_what_helps_and_escapes_names():
    made = check_gradient(lambda a: a**2, lambda dout, a: {"a": dout * a}, {"a": X})
    html = made.html()
    order = [
        html.index(part) for part in ("✗ wrong", "Where?", "What does it equal?", "What should I reread?")
    ]
    assert order == sorted(order)
    assert html.count("<details") == html.count("</details>") == 4
    assert "color:inherit" in html


def test_the_data_is_plain(report):
    data = json.loads(json.dumps(report.data()))
    assert data["inputs"][0]["explanations"][0]["factor"] == pytest.approx(0.5)
    assert data["inputs"][0]["example"]["name"] == "x"


def test_a_backward_that_breaks_elsewhere_costs_the_example_alone():
    def backward(dout, x):
        if np.all(x == np.round(x)):
            raise ValueError("whole numbers are not for me")
        return {"x": dout * x}

    made = check_gradient(lambda x: x**2, backward, {"x": X})
    assert made.inputs[0].example is None
    assert "half the right value" in str(made)
