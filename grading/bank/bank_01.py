"""Answers that people give in 01_scalar_chain_rule: wrong, with what the panel must say, and right."""

from textwrap import dedent

from grading.bank import Answer

__all__ = ["ANSWERS"]


def _answer(exercise: str, name: str, source: str, says: str = "", public: bool = True) -> Answer:
    return Answer(exercise, name, dedent(source).strip() + "\n", says, public)


_FORWARD_VALUES = (
    _answer(
        "forward_values",
        "the worked example's function",
        """
        def forward_values(x, y, z):
            d = x
            q = d + y
            return d, q, q * z
        """,
        "x, without the factor 2",
    ),
    _answer(
        "forward_values",
        "the doubling spread over the sum",
        """
        def forward_values(x, y, z):
            d = 2 * x
            q = 2 * (x + y)
            return d, q, q * z
        """,
        "y does not go through the gate that doubles",
    ),
    _answer(
        "forward_values",
        "add in place of multiply at the end",
        """
        def forward_values(x, y, z):
            d = 2 * x
            q = d + y
            return d, q, q + z
        """,
        "the last gate is another one",
    ),
    _answer(
        "forward_values",
        "only the output",
        """
        def forward_values(x, y, z):
            return (2 * x + y) * z
        """,
        "should be 3 values: d, q and f",
    ),
    _answer(
        "forward_values",
        "printed in place of returned",
        """
        def forward_values(x, y, z):
            d = 2 * x
            q = d + y
            f = q * z
            print(d, q, f)
        """,
        "is None",
    ),
    _answer(
        "forward_values",
        "one expression a value",
        """
        def forward_values(x, y, z):
            return [x + x, y + x + x, 2 * x * z + y * z]
        """,
    ),
    _answer(
        "forward_values",
        "through numpy",
        """
        def forward_values(x, y, z):
            q = np.dot([2.0, 1.0], [x, y])
            return (np.multiply(2.0, x), q, np.float64(q) * z)
        """,
    ),
)

_LOCAL = (
    _answer(
        "local_gradients",
        "not switched",
        """
        def local_gradients(x, y, z):
            q = 2 * x + y
            return 2, 1, 1, q, z
    """,
        "the gate is not switched",
    ),
    _answer(
        "local_gradients",
        "the whole graph's derivatives",
        """
        def local_gradients(x, y, z):
            q = 2 * x + y
            return 2 * z, z, z, z, q
    """,
        "not of this gate alone",
    ),
    _answer(
        "local_gradients",
        "the doubling forgotten",
        """
        def local_gradients(x, y, z):
            return 1, 1, 1, z, 2 * x + y
    """,
        "dd/dx is wrong",
    ),
    _answer(
        "local_gradients",
        "the worked example's q",
        """
        def local_gradients(x, y, z):
            return 2, 1, 1, z, x + y
    """,
        "df/dz is wrong",
    ),
    _answer(
        "local_gradients",
        "four values",
        """
        def local_gradients(x, y, z):
            return 2, 1, z, 2 * x + y
    """,
        "should be 5 values",
    ),
    _answer(
        "local_gradients",
        "a list",
        """
        def local_gradients(x, y, z):
            return [2, 1, 1, z, 2 * x + y]
    """,
    ),
    _answer(
        "local_gradients",
        "numpy numbers",
        """
        def local_gradients(x, y, z):
            d, q, f = forward_values(x, y, z)
            return tuple(np.array([2, 1, 1, z, q]))
    """,
    ),
)

_PRODUCT = (
    _answer(
        "product_gradients",
        "no upstream at the add gate",
        """
        def product_gradients(x, y, z):
            return 2, 1, 2 * x + y
    """,
        "without the upstream gradient",
    ),
    _answer(
        "product_gradients",
        "the multiply gate not switched",
        """
        def product_gradients(x, y, z):
            q = 2 * x + y
            return 2 * q, q, z
    """,
        "are not switched",
    ),
    _answer(
        "product_gradients",
        "the worked example's",
        """
        def product_gradients(x, y, z):
            return z, z, x + y
    """,
        "df/dx is wrong",
    ),
    _answer(
        "product_gradients",
        "y through the gate that doubles",
        """
        def product_gradients(x, y, z):
            return 2 * z, 2 * z, 2 * x + y
    """,
        "equals df/dx",
    ),
    _answer(
        "product_gradients",
        "a sum for a product",
        """
        def product_gradients(x, y, z):
            return 2 + z, 1 + z, 2 * x + y
    """,
        "df/dx is wrong",
    ),
    _answer(
        "product_gradients",
        "in the other order",
        """
        def product_gradients(x, y, z):
            return 2 * x + y, z, 2 * z
    """,
        "df/dz is wrong",
    ),
    _answer(
        "product_gradients",
        "the other sign",
        """
        def product_gradients(x, y, z):
            return -2 * z, -z, -(2 * x + y)
    """,
        "with the other sign",
    ),
    _answer(
        "product_gradients",
        "printed",
        """
        def product_gradients(x, y, z):
            print(2 * z, z, 2 * x + y)
    """,
        "is None",
    ),
    _answer(
        "product_gradients",
        "multiplied out by hand",
        """
        def product_gradients(x, y, z):
            return 2 * z, z, 2 * x + y
    """,
    ),
    _answer(
        "product_gradients",
        "a backward in a dict",
        """
        def product_gradients(x, y, z):
            grad = dict.fromkeys("xyzdqf", 0.0)
            grad["f"] = 1.0
            q = forward_values(x, y, z)[1]
            grad["q"] += grad["f"] * z
            grad["z"] += grad["f"] * q
            grad["d"] += grad["q"]
            grad["y"] += grad["q"]
            grad["x"] += 2 * grad["d"]
            return [grad[name] for name in "xyz"]
    """,
    ),
)

_LOG_LOSS = (
    _answer(
        "log_loss_gradient",
        "without x",
        """
        def log_loss_gradient(w, x):
            p = sigmoid(w @ x)
            return -(1 - p) * np.ones_like(x)
    """,
        "du/dw, is missing",
    ),
    _answer(
        "log_loss_gradient",
        "without the loss",
        """
        def log_loss_gradient(w, x):
            p = sigmoid(w @ x)
            return p * (1 - p) * x
    """,
        "dL/dp, is missing",
    ),
    _answer(
        "log_loss_gradient",
        "without the sigmoid's derivative",
        """
        def log_loss_gradient(w, x):
            return -1 / sigmoid(w @ x) * x
    """,
        "the sigmoid's local gradient is missing",
    ),
    _answer(
        "log_loss_gradient",
        "the derivative taken at p",
        """
        def log_loss_gradient(w, x):
            p = sigmoid(w @ x)
            return -1 / p * sigmoid(p) * (1 - sigmoid(p)) * x
    """,
        "taken at p, not at u",
    ),
    _answer(
        "log_loss_gradient",
        "the sign",
        """
        def log_loss_gradient(w, x):
            return (1 - sigmoid(w @ x)) * x
    """,
        "with the other sign",
    ),
    _answer(
        "log_loss_gradient",
        "with respect to x",
        """
        def log_loss_gradient(w, x):
            return -(1 - sigmoid(w @ x)) * w
    """,
        "with respect to x, not w",
    ),
    _answer(
        "log_loss_gradient",
        "one number",
        """
        def log_loss_gradient(w, x):
            return np.sum(-(1 - sigmoid(w @ x)) * x)
    """,
        "dL/dw should be an array",
    ),
    _answer(
        "log_loss_gradient",
        "overflows far out",
        """
        def log_loss_gradient(w, x):
            u = w @ x
            if abs(u) > 20:
                return np.zeros_like(x)
            return -(1 - sigmoid(u)) * x
    """,
        "zero everywhere",
    ),
    _answer(
        "log_loss_gradient",
        "writes into x",
        """
        def log_loss_gradient(w, x):
            p = sigmoid(w @ x)
            x *= p - 1
            return x
    """,
        "changed its input x",
    ),
    _answer(
        "log_loss_gradient",
        "short",
        """
        def log_loss_gradient(w, x):
            return (sigmoid(w @ x) - 1) * x
    """,
    ),
    _answer(
        "log_loss_gradient",
        "a loop",
        """
        def log_loss_gradient(w, x):
            p = 1 / (1 + np.exp(-sum(a * b for a, b in zip(w, x))))
            return np.array([-(1 - p) * value for value in x])
    """,
    ),
)

_BODY = """
        def gate_gradients(w0, x0, w1, x1, b, upstream):
            u = w0 * x0 + w1 * x1 + b
            e = np.exp(-u)
            t = 1 + e
            g = {"t": upstream * -1 / t**2}
            g["e"] = g["t"]
            g["n"] = g["e"] * e
            g["u"] = -g["n"]
            for name in ("b", "a", "m0", "m1"):
                g[name] = g["u"]
            g["w0"], g["x0"], g["w1"], g["x1"] = g["u"] * x0, g["u"] * w0, g["u"] * x1, g["u"] * w1
            return g
    """


def _gates(name: str, old: str, new: str, says: str) -> Answer:
    return _answer("gate_gradients", name, _BODY.replace(old, new), says)


_GATES = (
    _gates("the minus at t forgotten", "-1 / t**2", "1 / t**2", "going back from p: dL/dt"),
    _gates("the value in place of the gradient", "upstream * -1 / t**2", "t", "the value of the node"),
    _gates("no local gradient at n", 'g["e"] * e', 'g["e"]', "without this gate's local gradient"),
    _gates("upstream of 1", "upstream * -1", "-1", "for an upstream gradient of 1"),
    _gates("no upstream at n", 'g["e"] * e', "e", "without the upstream gradient"),
    _gates("the sign at u forgotten", '-g["n"]', 'g["n"]', "going back from p: dL/du"),
    _gates(
        "multiply gates not switched",
        'g["u"] * x0, g["u"] * w0',
        'g["u"] * w0, g["u"] * x0',
        "is not switched",
    ),
    _gates("no upstream behind u", '= g["u"]\n', "= 1.0\n", "without the upstream gradient"),
    _gates("upstream alone at the weights", 'g["u"] * x0, g', 'g["u"], g', "the upstream gradient alone"),
    _gates("a list", "return g", "return list(g.values())", "should return a dict"),
    _gates("b forgotten", '("b", "a", ', '("a", ', "lacks b"),
    _gates("in a loop", "x", "x", ""),
    _answer(
        "gate_gradients",
        "the sigmoid's own derivative",
        """
        def gate_gradients(w0, x0, w1, x1, b, upstream):
            u = w0 * x0 + w1 * x1 + b
            p = sigmoid(u)
            du = upstream * p * (1 - p)
            g = dict.fromkeys(("u", "b", "a", "m0", "m1"), du)
            g |= {"n": -du, "e": -upstream * p**2, "t": -upstream * p**2}
            return g | {"w0": du * x0, "x0": du * w0, "w1": du * x1, "x1": du * w1}
    """,
    ),
)

_PATHS = (
    _answer(
        "two_paths",
        "the last path only, = for +=",
        """
        def two_paths(x, upstream):
            dx = upstream * 2 * x
            dx = upstream
            return 2 * x * upstream, upstream, dx
    """,
        "the last path alone",
    ),
    _answer(
        "two_paths",
        "one input of the product",
        """
        def two_paths(x, upstream):
            return x * upstream, upstream, x * upstream + upstream
    """,
        "only one of the two inputs",
    ),
    _answer(
        "two_paths",
        "no upstream",
        """
        def two_paths(x, upstream):
            return 2 * x, 1, 2 * x + 1
    """,
        "without the upstream gradient",
    ),
    _answer(
        "two_paths",
        "the product of the paths",
        """
        def two_paths(x, upstream):
            a, b = 2 * x * upstream, upstream
            return a, b, a * b
    """,
        "the product of the two shares",
    ),
    _answer(
        "two_paths",
        "the total alone",
        """
        def two_paths(x, upstream):
            return upstream * (2 * x + 1)
    """,
        "should be 3 values",
    ),
    _answer(
        "two_paths",
        "factored",
        """
        def two_paths(x, upstream):
            return upstream * (x + x), upstream, upstream * (2 * x + 1)
    """,
    ),
    _answer(
        "two_paths",
        "with +=",
        """
        def two_paths(x, upstream):
            dx = 0.0
            for share in (upstream * x, upstream * x, upstream):
                dx += share
            return [2 * x * upstream, upstream, dx]
    """,
    ),
)

_QUOTIENT = (
    _answer(
        "centred_difference",
        "forward",
        """
        def centred_difference(f, x, h):
            return (f(x + h) - f(x)) / h
    """,
        "the forward difference",
    ),
    _answer(
        "centred_difference",
        "backward",
        """
        def centred_difference(f, x, h):
            return (f(x) - f(x - h)) / h
    """,
        "the backward difference",
    ),
    _answer(
        "centred_difference",
        "divided by h",
        """
        def centred_difference(f, x, h):
            return (f(x + h) - f(x - h)) / h
    """,
        "the two points are 2h apart",
    ),
    _answer(
        "centred_difference",
        "operator precedence",
        """
        def centred_difference(f, x, h):
            return (f(x + h) - f(x - h)) / 2 * h
    """,
        "is wrong",
    ),
    _answer(
        "centred_difference",
        "not divided",
        """
        def centred_difference(f, x, h):
            return f(x + h) - f(x - h)
    """,
        "not divided by the step",
    ),
    _answer(
        "centred_difference",
        "a step of its own",
        """
        def centred_difference(f, x, h):
            h = 1e-5
            return (f(x + h) - f(x - h)) / (2 * h)
    """,
        "f is asked at other points",
    ),
    _answer(
        "centred_difference",
        "half the step",
        """
        def centred_difference(f, x, h):
            return (f(x + h / 2) - f(x - h / 2)) / h
    """,
        "f is asked at other points",
    ),
    _answer(
        "centred_difference",
        "the mean of both sides",
        """
        def centred_difference(f, x, h):
            above, below = f(x + h), f(x - h)
            return 0.5 * (above / h - below / h)
    """,
    ),
    _answer(
        "centred_difference",
        "a lambda",
        """
        centred_difference = lambda f, x, h: (f(x - h) - f(x + h)) / (-2 * h)
    """,
    ),
)

_NUDGE = (
    _answer(
        "nudge",
        "the exact change",
        """
        def nudge(x, y, z, dx, dy, dz):
            return (2 * (x + dx) + y + dy) * (z + dz) - (2 * x + y) * z
    """,
        "the exact change",
    ),
    _answer(
        "nudge",
        "the new value",
        """
        def nudge(x, y, z, dx, dy, dz):
            return (2 * (x + dx) + y + dy) * (z + dz)
    """,
        "the new value of f",
    ),
    _answer(
        "nudge",
        "without the moves",
        """
        def nudge(x, y, z, dx, dy, dz):
            return 2 * z + z + 2 * x + y
    """,
        "without the moves",
    ),
    _answer(
        "nudge",
        "x alone",
        """
        def nudge(x, y, z, dx, dy, dz):
            return 2 * z * dx
    """,
        "the share of x alone",
    ),
    _answer(
        "nudge",
        "predicted value",
        """
        def nudge(x, y, z, dx, dy, dz):
            return (2 * x + y) * z + 2 * z * dx + z * dy + (2 * x + y) * dz
    """,
        "the predicted new value",
    ),
    _answer(
        "nudge",
        "by the gradients' function",
        """
        def nudge(x, y, z, dx, dy, dz):
            return np.dot(product_gradients(x, y, z), (dx, dy, dz))
    """,
    ),
    _answer(
        "nudge",
        "summed in a loop",
        """
        def nudge(x, y, z, dx, dy, dz):
            return sum(g * move for g, move in zip((2 * z, z, 2 * x + y), (dx, dy, dz)))
    """,
    ),
)

_STEP = (
    _answer(
        "predict_best_step",
        "nothing",
        """
        def predict_best_step():
            1e-5
    """,
        "is None",
    ),
    _answer(
        "predict_best_step",
        "an exponent",
        """
        def predict_best_step():
            return -5
    """,
        "above 0, and at most 1",
    ),
    _answer(
        "predict_best_step",
        "words",
        """
        def predict_best_step():
            return "very small"
    """,
        "should be a number",
    ),
    _answer(
        "predict_best_step",
        "nought",
        """
        def predict_best_step():
            return 0
    """,
        "above 0, and at most 1",
    ),
    _answer(
        "predict_best_step",
        "large",
        """
        def predict_best_step():
            return 0.1
    """,
    ),
    _answer(
        "predict_best_step",
        "smallest there is",
        """
        def predict_best_step():
            return np.finfo(float).eps
    """,
    ),
)

ANSWERS: tuple[Answer, ...] = (
    *_FORWARD_VALUES,
    *_LOCAL,
    *_PRODUCT,
    *_LOG_LOSS,
    *_GATES,
    *_PATHS,
    *_QUOTIENT,
    *_NUDGE,
    *_STEP,
)
