"""Answers that people give in 03_activations: wrong ones, each with what the panel must say, and right ones."""

# ruff: noqa: E501 (one answer a line)

from grading.bank import Answer
from grading.bank.writing import answer, block, functions

__all__ = ["ANSWERS"]


def _class(name: str, forward: str, backward: str, head: str = "", arguments: str = "x") -> str:
    """A layer's source; `head` is what stands before forward."""
    lines = [
        f"class {name}(Elementwise):",
        *([block(head), ""] if head else []),
        f"    def forward(self, {arguments}):",
        block(forward, 2),
        "",
        "    def backward(self, dout):",
        block(backward, 2),
    ]
    return "\n".join(lines) + "\n"


_SIGMOID_FORWARD = "with np.errstate(over='ignore'):\n    self.y = 1 / (1 + np.exp(-x))\nreturn self.y"
_TANH_FORWARD = "self.y = np.tanh(x)\nreturn self.y"


def _out(
    name: str,
    sigmoid: str,
    tanh: str = "return dout * (1 - self.y**2)",
    says: str = "",
    public: bool = True,
    forwards: tuple[str, str] = (_SIGMOID_FORWARD, _TANH_FORWARD),
) -> Answer:
    source = _class("Sigmoid", forwards[0], sigmoid) + "\n\n" + _class("Tanh", forwards[1], tanh)
    return answer("from_the_output", name, source, says, public)


_S, _T = "return dout * self.y * (1 - self.y)", "return dout * (1 - self.y**2)"
_OUTPUT = (
    _out("no upstream", "return self.y * (1 - self.y)", "return 1 - self.y**2", "dout is not used"),
    _out("no derivative", "return dout", "return dout", "the local gradient is not used"),
    _out(
        "the derivative function called on the activation",
        "s = 1 / (1 + np.exp(-self.y))\nreturn dout * s * (1 - s)",
        "return dout * (1 - np.tanh(self.y)**2)",
        "the activation is applied twice",
    ),
    _out(
        "the derivative twice",
        "d = self.y * (1 - self.y)\nreturn dout * d * d",
        "return dout * (1 - self.y**2)**2",
        "squared",
    ),
    _out("the output alone", "return dout * self.y", "return dout * self.y", "dout times the output"),
    _out("one minus the output", "return dout * (1 - self.y)", _T, "one minus the output"),
    _out("tanh without the square", _S, "return dout * (1 - self.y)", "one minus the output"),
    _out(
        "other sign",
        "return -dout * self.y * (1 - self.y)",
        "return dout * (self.y**2 - 1)",
        "with the other sign",
    ),
    _out(
        "tanh by the sigmoid's formula",
        _S,
        "return dout * self.y * (1 - self.y)",
        "what is right for Sigmoid",
    ),
    _out("sigmoid by tanh's formula", "return dout * (1 - self.y**2)", _T, "what is right for Tanh"),
    _out(
        "x in the formula",
        "return dout * self.x * (1 - self.x)",
        "return dout * (1 - self.x**2)",
        "with x put where the output belongs",
        forwards=("self.x = x\n" + _SIGMOID_FORWARD, "self.x = x\n" + _TANH_FORWARD),
    ),
    _out(
        "from x, computed again",
        "s = 1 / (1 + np.exp(-self.x))\nreturn dout * s * (1 - s)",
        "return dout / np.cosh(self.x)**2",
        "reads something else than self.y",
        forwards=("self.x = x\n" + _SIGMOID_FORWARD, "self.x = x\n" + _TANH_FORWARD),
    ),
    _out(
        "the slope kept by forward",
        "return dout * self.slope",
        _T,
        "reads something else than self.y",
        forwards=(
            "with np.errstate(over='ignore'):\n    self.y = 1 / (1 + np.exp(-x))\nself.slope = self.y * (1 - self.y)\nreturn self.y",
            _TANH_FORWARD,
        ),
    ),
    _out("brackets lost", "return dout * self.y * 1 - self.y", _T, "the brackets are lost"),
    _out("brackets lost in tanh", _S, "return dout * 1 - self.y**2", "the brackets are lost"),
    _out("writes into dout", "dout *= self.y * (1 - self.y)\nreturn dout", _T, "changed its input dout"),
    _out(
        "the first output is kept for ever",
        _S,
        _T,
        "after a second forward",
        forwards=(
            "with np.errstate(over='ignore'):\n    y = 1 / (1 + np.exp(-x))\nif not hasattr(self, 'y'):\n    self.y = y\nreturn y",
            _TANH_FORWARD,
        ),
    ),
    _out(
        "one cache for all layers",
        "return dout * Sigmoid.y * (1 - Sigmoid.y)",
        _T,
        "reads something else than self.y",
        forwards=(
            "with np.errstate(over='ignore'):\n    Sigmoid.y = 1 / (1 + np.exp(-x))\nreturn Sigmoid.y",
            _TANH_FORWARD,
        ),
    ),
    _out(
        "the output is spoilt by the first backward",
        "self.y *= 1 - self.y\nreturn dout * self.y",
        _T,
        "after a second backward",
    ),
    _out(
        "a mean over the rows",
        "return (dout * self.y * (1 - self.y)).mean(0)",
        _T,
        "look for a product @",
    ),
    _out("zeros", "return np.zeros_like(dout)", _T, "zero everywhere"),
    _out("a matrix product", "return dout @ (self.y * (1 - self.y)).T", _T, "element by element"),
    _out("None", "dx = dout * self.y * (1 - self.y)", _T, "does backward end with a return"),
    _out("multiplied out", "return dout * self.y - dout * self.y**2", "return dout - dout * self.y * self.y"),
    _out("in two factors", _S, "return (1 + self.y) * dout * (1 - self.y)"),
    _out(
        "by numpy's functions",
        "return np.multiply(dout, np.multiply(self.y, np.subtract(1, self.y)))",
        "return dout * (1 - np.square(self.y))",
    ),
    _out(
        "an output of one's own in forward, and a copy",
        "y = self.y.copy()\ny *= 1 - self.y\ny *= dout\nreturn y",
        _T,
        forwards=(
            "self.y = 0.5 + 0.5 * np.tanh(x / 2)\nreturn self.y",
            "e = np.exp(-2 * abs(x))\nself.y = np.sign(x) * (1 - e) / (1 + e)\nreturn self.y",
        ),
    ),
    _out(
        "a Jacobian: right in small, too large for many elements",
        "return (np.diag((self.y * (1 - self.y)).ravel()) @ dout.ravel()).reshape(dout.shape)",
        _T,
        "more memory",
        public=False,
    ),
)


def _curves(name: str, sigmoid: str, elu: str, says: str = "", public: bool = True) -> Answer:
    source = functions({"sigmoid(x)": sigmoid, "elu(x, alpha)": elu})
    return answer("two_curves", name, source, says, public)


_SAFE = "small = np.exp(-np.abs(x))\nreturn np.where(x >= 0, 1, small) / (1 + small)"
_SAFE_ELU = "return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))"
_CURVES = (
    _curves("the sigmoid by its formula", "return 1 / (1 + np.exp(-x))", _SAFE_ELU, "sigmoid overflows"),
    _curves("the other form alone", "return np.exp(x) / (1 + np.exp(x))", _SAFE_ELU, "sigmoid overflows"),
    _curves(
        "both forms in np.where",
        "return np.where(x >= 0, 1 / (1 + np.exp(-x)), np.exp(x) / (1 + np.exp(x)))",
        _SAFE_ELU,
        "computes both of its branches",
    ),
    _curves(
        "the warning is switched off, not the nan",
        "with np.errstate(all='ignore'):\n    return np.exp(x) / (1 + np.exp(x))",
        _SAFE_ELU,
        "sigmoid overflows",
    ),
    _curves(
        "the warning is switched off, where the value is right",
        "with np.errstate(over='ignore'):\n    return 1 / (1 + np.exp(-x))",
        _SAFE_ELU,
        "sigmoid overflows",
    ),
    _curves(
        "the ELU by its formula", _SAFE, "return np.where(x > 0, x, alpha * (np.exp(x) - 1))", "elu overflows"
    ),
    _curves(
        "the ELU with masks",
        _SAFE,
        "with np.errstate(all='ignore'):\n    return (x > 0) * x + (x <= 0) * alpha * (np.exp(x) - 1)",
        "elu overflows",
    ),
    _curves(
        "the sign of the exponent",
        "return 1 / (1 + np.exp(np.minimum(x, 500)))",
        _SAFE_ELU,
        "the sigmoid of -x",
    ),
    _curves("tanh for the sigmoid", "return np.tanh(x)", _SAFE_ELU, "the tanh of x"),
    _curves(
        "one form on both sides",
        "return 1 / (1 + np.exp(-np.abs(x)))",
        _SAFE_ELU,
        "the sigmoid of the size of x",
    ),
    _curves(
        "the other form on both sides",
        "small = np.exp(-np.abs(x))\nreturn small / (1 + small)",
        _SAFE_ELU,
        "the sigmoid of minus the size of x",
    ),
    _curves("the exponential alone", "return np.exp(-x)", _SAFE_ELU, "exp(-x) alone"),
    _curves(
        "the ELU without alpha",
        _SAFE,
        "return np.where(x > 0, x, np.expm1(np.minimum(x, 0)))",
        "alpha is not used",
    ),
    _curves(
        "x itself cut off at 0",
        _SAFE,
        "x = np.minimum(x, 0)\nreturn np.where(x > 0, x, alpha * (np.exp(x) - 1))",
        "x itself was cut off",
    ),
    _curves(
        "the bracket lost",
        _SAFE,
        "return np.where(x > 0, x, alpha * np.exp(np.minimum(x, 0)) - 1)",
        "the bracket is lost",
    ),
    _curves(
        "without the minus one",
        _SAFE,
        "return np.where(x > 0, x, alpha * np.exp(np.minimum(x, 0)))",
        "alpha exp(x) below 0",
    ),
    _curves(
        "alpha on both sides",
        _SAFE,
        "return alpha * np.where(x > 0, x, np.expm1(np.minimum(x, 0)))",
        "alpha times the ELU for alpha = 1",
    ),
    _curves("a leaky ReLU", _SAFE, "return np.where(x > 0, x, alpha * x)", "alpha x below 0"),
    _curves(
        "the larger of two lines",
        _SAFE,
        "return np.maximum(x, alpha * np.expm1(np.minimum(x, 0)))",
        "the larger of x and the lower line",
    ),
    _curves("a ReLU", _SAFE, "return np.maximum(0, x)", "as ReLU has it"),
    _curves("the lower line alone", _SAFE, "return alpha * np.expm1(np.minimum(x, 500))", "on both sides"),
    _curves(
        "the sides swapped",
        _SAFE,
        "return np.where(x < 0, -x, alpha * np.expm1(-np.maximum(x, 0)))",
        "the ELU of -x",
    ),
    _curves(
        "writes into x",
        _SAFE,
        "below = x <= 0\nx[below] = alpha * np.expm1(x[below])\nreturn x",
        "changed its input x",
    ),
    _curves(
        "a mean", "return np.mean(1 / (1 + np.exp(-np.abs(x))))", _SAFE_ELU, "should be an array of shape"
    ),
    _curves(
        "one number at a time",
        "return 1 / (1 + np.exp(-x)) if x > 0 else np.exp(x) / (1 + np.exp(x))",
        _SAFE_ELU,
        "has no single truth value",
    ),
    _curves(
        "cut off too early",
        "return 1 / (1 + np.exp(-np.clip(x, -5, 5)))",
        _SAFE_ELU,
        "cut off too early",
    ),
    _curves(
        "by tanh",
        "return (1 + np.tanh(x / 2)) / 2",
        "return np.maximum(x, 0) + alpha * (np.exp(np.minimum(x, 0)) - 1)",
    ),
    _curves("cut off where it is flat", "return 1 / (1 + np.exp(-np.clip(x, -500, 500)))", _SAFE_ELU),
    _curves(
        "side by side, by masks as indices",
        """
        y = np.empty(x.shape)
        up = x >= 0
        y[up] = 1 / (1 + np.exp(-x[up]))
        e = np.exp(x[~up])
        y[~up] = e / (1 + e)
        return y
        """,
        "y = x.copy()\ny[x <= 0] = alpha * (np.exp(x[x <= 0]) - 1)\nreturn y",
    ),
    _curves("logaddexp", "return np.exp(-np.logaddexp(0, -x))", _SAFE_ELU),
)

_KEEP_X = "self.x = x\n"
_FORWARDS = {
    "ReLU": _KEEP_X + "return np.maximum(0, x)",
    "LeakyReLU": _KEEP_X + "return np.maximum(self.slope * x, x)",
    "ELU": _KEEP_X
    + "with np.errstate(over='ignore'):\n    self.y = np.where(x > 0, x, self.alpha * (np.exp(x) - 1))\nreturn self.y",
}
_HEADS = {
    "ReLU": "",
    "LeakyReLU": "slope = 0.1",
    "ELU": "def __init__(self, alpha=1.0):\n    self.alpha = alpha",
}
_RIGHT = {
    "ReLU": "return dout * (self.x > 0)",
    "LeakyReLU": "return dout * np.where(self.x > 0, 1.0, self.slope)",
    "ELU": "return dout * np.where(self.x > 0, 1.0, self.alpha * np.exp(np.minimum(self.x, 0)))",
}


def _kinked(
    name: str,
    relu: str = "",
    leaky: str = "",
    elu: str = "",
    says: str = "",
    public: bool = True,
    forward: str = "",
) -> Answer:
    """What is not given is right; `forward` is another one of ReLU."""
    forwards = {**_FORWARDS, **({"ReLU": forward} if forward else {})}
    given = {"ReLU": relu, "LeakyReLU": leaky, "ELU": elu}
    source = "\n\n".join(
        _class(kind, forwards[kind], given[kind] or _RIGHT[kind], _HEADS[kind]) for kind in _HEADS
    )
    return answer("kinked", name, source, says, public)


_KINKED = (
    _kinked("no upstream", "return (self.x > 0) * 1.0", says="dout is not used"),
    _kinked("the upstream as it is", "return dout", says="the local gradient is not used"),
    _kinked(
        "max(0, dout)", "return np.maximum(0, dout)", says="the activation applied to the upstream gradient"
    ),
    _kinked(
        "the mask of the upstream",
        "return dout * (dout > 0)",
        says="the activation applied to the upstream gradient",
    ),
    _kinked("the mask inverted", "return dout * (self.x < 0)", says="the two sides are taken for each other"),
    _kinked("the output for the slope", "return dout * np.maximum(0, self.x)", says="dout times the output"),
    _kinked("x for the slope", "return dout * self.x", says="dout times x"),
    _kinked("writes into dout", "dout[self.x <= 0] = 0\nreturn dout", says="changed its input dout"),
    _kinked(
        "a second name, not a copy",
        "dx = dout\ndx[self.x <= 0] = 0\nreturn dx",
        says="changed its input dout",
    ),
    _kinked(
        "the output over x",
        "with np.errstate(all='ignore'):\n    return dout * np.maximum(0, self.x) / self.x",
        says="is 0 divided by 0",
    ),
    _kinked("other sign", "return -dout * (self.x > 0)", says="with the other sign"),
    _kinked("zeros", "return np.zeros_like(dout)", says="zero everywhere"),
    _kinked("None", "dx = dout * (self.x > 0)", says="does backward end with a return"),
    _kinked("a product", "return dout @ (self.x > 0).T", says="look for a product @"),
    _kinked(
        "the lecture's slope for any",
        leaky="return dout * np.where(self.x > 0, 1.0, 0.1)",
        says="whatever self.slope is",
    ),
    _kinked(
        "dout forgotten at the kink",
        "return np.where(self.x > 0, dout, np.where(self.x < 0, 0.0, 1.0))",
        says="dout is not used there",
    ),
    _kinked("the sign of x", "return dout * np.sign(self.x)", says="dout times the sign of x"),
    _kinked(
        "the slope without dout",
        leaky="return np.where(self.x > 0, dout, self.slope)",
        says="below it the slope alone",
    ),
    _kinked(
        "the slope of libraries",
        leaky="return dout * np.where(self.x > 0, 1.0, 0.01)",
        says="the gradient for a slope of 0.01",
    ),
    _kinked(
        "the slope on the wrong side",
        leaky="return dout * np.where(self.x > 0, 0.1, 1.0)",
        says="taken for each other",
    ),
    _kinked("leaky as ReLU", leaky="return dout * (self.x > 0)", says="the gradient of ReLU"),
    _kinked("the slope on both sides", leaky="return dout * self.slope", says="on both sides"),
    _kinked(
        "leaky of the upstream",
        leaky="return np.maximum(0.1 * dout, dout)",
        says="the activation applied to the upstream gradient",
    ),
    _kinked(
        "leaky by the upstream's sign",
        leaky="return np.where(dout > 0, dout, 0.1 * dout)",
        says="applied to the upstream gradient",
    ),
    _kinked(
        "0 in neither case",
        leaky="return dout * (self.x > 0) + self.slope * dout * (self.x < 0)",
        says="the number 0 belongs to neither of your cases",
    ),
    _kinked(
        "0 in both cases",
        leaky="return dout * (self.x >= 0) + self.slope * dout * (self.x <= 0)",
        says="the number 0 belongs to both of your cases",
    ),
    _kinked(
        "ELU: 0 in neither case",
        elu="d = np.zeros_like(dout)\nd[self.x > 0] = 1\nlow = self.x < 0\nd[low] = self.alpha * np.exp(self.x[low])\nreturn d * dout",
        says="the number 0 belongs to neither of your cases",
    ),
    _kinked(
        "ELU: the value for the slope",
        elu="return dout * np.where(self.x > 0, 1, self.y)",
        says="dout times the output where x is below 0",
    ),
    _kinked(
        "ELU without alpha",
        elu="return dout * np.where(self.x > 0, 1, np.exp(np.minimum(self.x, 0)))",
        says="alpha is not used",
    ),
    _kinked(
        "ELU: alpha alone",
        elu="return dout * np.where(self.x > 0, 1, self.alpha)",
        says="dout times alpha alone",
    ),
    _kinked(
        "ELU: the output plus one",
        elu="return dout * np.where(self.x > 0, 1, self.y + 1)",
        says="the output plus 1",
    ),
    _kinked(
        "ELU: 0 above 0",
        elu="return dout * np.where(self.x > 0, 0, self.alpha * np.exp(np.minimum(self.x, 0)))",
        says="and 0 where x is above 0",
    ),
    _kinked("ELU as ReLU", elu="return dout * (self.x > 0)", says="the gradient of ReLU"),
    _kinked(
        "ELU without upstream",
        elu="return np.where(self.x > 0, 1, self.alpha * np.exp(np.minimum(self.x, 0)))",
        says="dout is not used",
    ),
    _kinked(
        "ELU: x above 0",
        elu="return dout * np.where(self.x > 0, self.x, self.alpha * np.exp(np.minimum(self.x, 0)))",
        says="dout times x where x is above 0",
    ),
    _kinked(
        "ELU by masks: zero times infinity",
        elu="with np.errstate(all='ignore'):\n    return dout * ((self.x > 0) + (self.x <= 0) * self.alpha * np.exp(self.x))",
        says="something infinite multiplied by zero",
    ),
    _kinked(
        "the first mask is kept for ever",
        "return dout * self.on",
        forward="if not hasattr(self, 'on'):\n    self.on = x > 0\nreturn np.maximum(0, x)",
        says="after a second forward",
    ),
    _kinked(
        "one cache for all layers",
        "return dout * (ReLU.x > 0)",
        forward="ReLU.x = x\nreturn np.maximum(0, x)",
        says="the cache of the last forward",
    ),
    _kinked(
        "forward writes into x",
        "return dout * (self.y > 0)",
        forward="x[x < 0] = 0\nself.y = x\nreturn x",
        says="changed its input x",
    ),
    _kinked(
        "another forward",
        forward="self.x = x\nreturn np.abs(x)",
        says="does not give the same values any more",
    ),
    _kinked(
        "a Jacobian: right in small, too large for many elements",
        "return (np.diag((self.x > 0).ravel() * 1.0) @ dout.ravel()).reshape(dout.shape)",
        says="more memory",
        public=False,
    ),
    _kinked(
        "one half at the kink",
        "return dout * (np.sign(self.x) + 1) / 2",
        "return dout * np.where(self.x < 0, self.slope, 1)",
    ),
    _kinked(
        "heaviside",
        "return dout * np.heaviside(self.x, 0.3)",
        elu="return dout * np.where(self.x > 0, 1, self.y + self.alpha)",
    ),
    _kinked(
        "from the output, the mask kept",
        "dx = dout.copy()\ndx[self.off] = 0\nreturn dx",
        "return np.where(self.x >= 0, dout, self.slope * dout)",
        forward="self.off = x <= 0\nreturn np.where(self.off, 0, x)",
    ),
    _kinked(
        "with the warning switched off",
        elu="with np.errstate(over='ignore'):\n    return np.where(self.x >= 0, dout, dout * self.alpha * np.exp(self.x))",
    ),
)


def _max(name: str, backward: str, says: str = "", public: bool = True, forward: str = "") -> Answer:
    forward = forward or "self.a, self.b = a, b\nreturn np.maximum(a, b)"
    return answer(
        "maximum", name, _class("Maximum", forward, backward, 'inputs = ("a", "b")', "a, b"), says, public
    )


_MAXIMUM = (
    _max("to both", "return dout, dout", "whichever of the two is larger"),
    _max(
        "to the smaller one",
        "on = self.a < self.b\nreturn dout * on, dout * ~on",
        "it goes to the smaller one",
    ),
    _max("in the wrong order", "on = self.a > self.b\nreturn dout * ~on, dout * on", "in the wrong order"),
    _max("always to the first", "return dout, np.zeros_like(dout)", "whichever of the two is larger"),
    _max("half to each", "return dout / 2, dout / 2", "as at a tie"),
    _max("no upstream", "on = self.a > self.b\nreturn on * 1.0, ~on * 1.0", "dout is not used"),
    _max(
        "a tie to neither",
        "return dout * (self.a > self.b), dout * (self.b > self.a)",
        "a tie belongs to neither of your cases",
    ),
    _max(
        "a tie to both",
        "return dout * (self.a >= self.b), dout * (self.b >= self.a)",
        "a tie belongs to both of your cases",
    ),
    _max(
        "the output for the slope",
        "y = np.maximum(self.a, self.b)\nreturn dout * y, dout * y",
        "dout times the output",
    ),
    _max(
        "a and b for the slope",
        "on = self.a > self.b\nreturn dout * on * self.a, dout * ~on * self.b",
        "times the input",
    ),
    _max(
        "negative gradients are dropped",
        "on = self.a > self.b\nreturn np.maximum(0, dout) * on, np.maximum(0, dout) * ~on",
        "the sign of dout",
    ),
    _max("one gradient", "return dout * (self.a > self.b)", "each has a gradient"),
    _max("a list", "on = self.a > self.b\nreturn [dout * on, dout * ~on]", "each has a gradient"),
    _max(
        "writes into dout",
        "on = self.a > self.b\nda = dout * on\ndout *= ~on\nreturn da, dout",
        "changed its input dout",
    ),
    _max("the sign of b", "on = self.a > self.b\nreturn dout * on, -dout * ~on", "with the other sign"),
    _max(
        "the first mask is kept for ever",
        "return dout * self.on, dout * ~self.on",
        "after a second forward",
        forward="if not hasattr(self, 'on'):\n    self.on = a > b\nreturn np.maximum(a, b)",
    ),
    _max(
        "nan at a tie",
        "d = self.a - self.b\nwith np.errstate(all='ignore'):\n    on = np.maximum(d, 0) / d\nreturn dout * on, dout * (1 - on)",
        "is 0 divided by 0",
    ),
    _max("half at a tie", "t = (np.sign(self.a - self.b) + 1) / 2\nreturn dout * t, dout * (1 - t)"),
    _max(
        "ties to b, by np.where",
        "return np.where(self.a > self.b, dout, 0), np.where(self.a > self.b, 0, dout)",
    ),
    _max(
        "what is left over",
        "da = dout * self.on\nreturn da, dout - da",
        forward="self.on = a >= b\nreturn np.where(self.on, a, b)",
    ),
)


def _share(name: str, body: str, says: str = "", guess: str = "0.01") -> Answer:
    source = functions(
        {"predict_gradient_left()": f"return {guess}", "saturated_share(layer, x, threshold)": body}
    )
    return answer("saturation", name, source, says)


_SLOPES = "layer.forward(x)\nslopes = layer.backward(np.ones(x.shape))\n"
_SHARE = (
    _share("the count", _SLOPES + "return np.sum(np.abs(slopes) < threshold)", "not their share"),
    _share("over the rows", _SLOPES + "return np.sum(np.abs(slopes) < threshold) / len(x)", "number of rows"),
    _share("percent", _SLOPES + "return 100 * np.mean(np.abs(slopes) < threshold)", "in percent"),
    _share(
        "what is not saturated",
        _SLOPES + "return np.mean(np.abs(slopes) >= threshold)",
        "that are not saturated",
    ),
    _share("negative slopes", _SLOPES + "return np.mean(slopes < threshold)", "sign of a slope for its size"),
    _share("the outputs", "return np.mean(np.abs(layer.forward(x)) < threshold)", "of the outputs below"),
    _share(
        "the inputs", "layer.forward(x)\nreturn np.mean(np.abs(x) < threshold)", "of the elements of x below"
    ),
    _share(
        "x as the upstream",
        "layer.forward(x)\nreturn np.mean(np.abs(layer.backward(x)) < threshold)",
        "upstream gradient of x",
    ),
    _share(
        "the output as the upstream",
        "y = layer.forward(x)\nreturn np.mean(np.abs(layer.backward(y)) < threshold)",
        "upstream gradient of the output",
    ),
    _share(
        "a threshold of one's own",
        _SLOPES + "return np.mean(np.abs(slopes) < 0.05)",
        "for a threshold of 0.05",
    ),
    _share("always a half", "return 0.5", "where all elements are saturated, where some are"),
    _share("the mask", _SLOPES + "return np.abs(slopes) < threshold", "should be a single number"),
    _share(
        "no forward",
        "return np.mean(np.abs(layer.backward(np.ones(x.shape))) < threshold)",
        "called before forward",
    ),
    _share(
        "an upstream of zeros",
        "layer.forward(x)\nreturn np.mean(np.abs(layer.backward(np.zeros(x.shape))) < threshold)",
        "counts all of the elements",
    ),
    _share(
        "the guess is a text",
        _SLOPES + "return np.mean(np.abs(slopes) < threshold)",
        "should be a number",
        '"a lot"',
    ),
    _share(
        "the guess is below zero", _SLOPES + "return np.mean(np.abs(slopes) < threshold)", "0 or above", "-1"
    ),
    _share("no guess", _SLOPES + "return np.mean(np.abs(slopes) < threshold)", "is None", "None"),
    _share(
        "by small moves",
        "s = (layer.forward(x + 1e-6) - layer.forward(x - 1e-6)) / 2e-6\nreturn np.mean(np.abs(s) < threshold)",
    ),
    _share("a sum over the size", _SLOPES + "return (abs(slopes) < threshold).sum() / x.size", guess="1"),
    _share(
        "a float, from a count",
        _SLOPES + "return float(np.count_nonzero(slopes**2 < threshold**2)) / slopes.size",
        guess="np.float64(0)",
    ),
)

ANSWERS: tuple[Answer, ...] = _CURVES + _OUTPUT + _KINKED + _MAXIMUM + _SHARE
