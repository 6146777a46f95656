"""Answers that people give in 03_activations: wrong ones, each with what the panel must say, and right ones."""

# ruff: noqa: E501 (one answer a line)

from textwrap import dedent, indent

from grading.bank import Answer

__all__ = ["ANSWERS"]


def _answer(exercise: str, name: str, source: str, says: str = "", public: bool = True) -> Answer:
    return Answer(exercise, name, dedent(source).strip() + "\n", says, public)


def _class(name: str, forward: str, backward: str, head: str = "", arguments: str = "x") -> str:
    """A layer's source; `head` is what stands before forward."""
    lines = [
        f"class {name}(Elementwise):",
        *([indent(dedent(head).strip(), "    "), ""] if head else []),
        f"    def forward(self, {arguments}):",
        indent(dedent(forward).strip(), " " * 8),
        "",
        "    def backward(self, dout):",
        indent(dedent(backward).strip(), " " * 8),
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
    return _answer("from_the_output", name, source, says, public)


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

ANSWERS: tuple[Answer, ...] = _OUTPUT
