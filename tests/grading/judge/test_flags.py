"""Signs of an answer without the understanding asked for; and honest answers, which have none."""

import pytest

from course_lib.exercises import find_exercise
from grading.judge.flags import flags_of, top_level_names

FLAGGED = {
    "complex step": ("def df(x):\n    return f(x + 1e-20j).imag / 1e-20", "complex step"),
    "complex by call": ("def df(x):\n    return f(complex(x, h))", "complex step"),
    "complex array": ("def df(x):\n    x = x.astype(np.complex128)\n    return x", "complex step"),
    "centred difference": ("def df(x):\n    return (f(x + h) - f(x - h)) / (2 * h)", "difference quotient"),
    "difference with a number": ("def df(x):\n    return (f(x + 1e-6) - f(x)) / 1e-6", "difference quotient"),
    "difference by names": (
        "def df(x):\n    a = f(x)\n    b = f(x + eps)\n    return (b - a) / eps",
        "difference",
    ),
    "our numerical derivative": (
        "from course_lib._numeric import vjp",
        "numerical derivatives of the checks",
    ),
    "our numerical derivative by from": ("from course_lib import _numeric", "numerical derivatives"),
    "our gradient check": ("import course_lib.gradcheck as g", "gradient check"),
    "our gradient check by call": ("course_lib.check_gradient(f, x)", "gradient check"),
    "numpy.gradient": ("np.gradient(y, x)", "numpy.gradient"),
    "torch": ("import torch.nn as nn", "torch"),
    "jax": ("from jax import grad", "jax"),
    "frames": ("import sys\nsys._getframe(1).f_locals", "looks at the interpreter"),
    "exec": ("exec('x = 1')", "calls exec"),
    "our numerical derivative by attribute": ("import course_lib as c\nc._numeric.f(x)", "_numeric"),
    "our numerical derivative by its name": ("getattr(course_lib, '_numeric')", "_numeric"),
    "modules by name": ("import sys\nsys.modules['torch']", "by name"),
    "behind a magic": ("%matplotlib inline\nimport torch", "torch"),
    "behind a cell magic": ("%%time\nimport torch", "torch"),
    "beside a shell command": ("x = !ls\nfor i in y:\n    %time f(i)\nnp.sum?\nimport torch", "torch"),
}


@pytest.mark.parametrize(("source", "says"), FLAGGED.values(), ids=FLAGGED)
def test_a_sign_is_flagged_with_its_line(source, says):
    flags = flags_of(source, "slope")
    assert any(says in flag and flag.startswith("slope, line ") for flag in flags), flags


HONEST = {
    "affine": "def affine(x, w, b):\n    return x @ w + b",
    "sigmoid": "def sigmoid(x):\n    return 1 / (1 + np.exp(-x))",
    "mean error": "def loss(y, t):\n    return np.mean((y - t) ** 2) / 2",
    "division of a difference": "def slope(a, b, c):\n    return (a - b) / c",
    "the class of numpy.diff by another name": "def diff(x):\n    return x.diff(1)",
    "what is no Python": "def f(x) return",
    "null bytes": "a = '\0'",
    "very deep": "(" * 5000,
    "a long sum": "+".join(["1"] * 20000),
}


@pytest.mark.parametrize("source", HONEST.values(), ids=HONEST)
def test_an_honest_answer_is_not_flagged(source):
    assert flags_of(source) == ()


def test_an_exercise_that_asks_for_differences_is_not_flagged_for_them():
    asks = find_exercise("which_is_gradient")
    assert asks.differences
    assert not find_exercise("matmul_backward").differences


def test_names_are_found_beside_what_only_ipython_reads():
    source = "%matplotlib inline\n!ls\nloss?\nr = %timeit -o f()\nif r:\n    %time f()\nloss = a % b"
    assert "loss" in top_level_names(source)
    assert top_level_names("%%time\nloss = 3") == {"loss"}


def test_a_cell_that_is_too_long_is_not_parsed():
    assert flags_of("x\n" * 10**6, "slope") == ("slope: too long to be looked at",)
