"""Answers that people give in 01_scalar_chain_rule: wrong, with what the panel must say, and right."""

from grading.bank import Answer
from grading.bank.writing import answer

__all__ = ["ANSWERS"]


_FORWARD_VALUES = (
    answer(
        "forward_values",
        "back to front",
        """
        def forward_values(x, y, z):
            d = 2 * x
            q = d + y
            return q * z, q, d
    """,
        "in the wrong order?",
    ),
    answer(
        "forward_values",
        "brackets forgotten",
        """
        def forward_values(x, y, z):
            d = 2 * x
            return d, d + y, d + y * z
    """,
        "without brackets",
    ),
    answer(
        "forward_values",
        "y left out at the end",
        """
        def forward_values(x, y, z):
            d = 2 * x
            return d, d + y, d * z
    """,
        "y is left out",
    ),
    answer(
        "forward_values",
        "squared, and carried on",
        """
        def forward_values(x, y, z):
            d = x**2
            q = d + y
            return d, q, q * z
    """,
        "from your own d",
    ),
    answer(
        "forward_values",
        "numbers in place of the arguments",
        """
        def forward_values(x, y, z):
            x, y, z = -2, 5, -4
            d = 2 * x
            return d, d + y, (d + y) * z
    """,
        "use the arguments",
    ),
    answer(
        "forward_values",
        "a dict",
        """
        def forward_values(x, y, z):
            d = 2 * x
            return {"d": d, "q": d + y, "f": (d + y) * z}
    """,
        "is of type dict",
    ),
    answer(
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
    answer(
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
    answer(
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
    answer(
        "forward_values",
        "only the output",
        """
        def forward_values(x, y, z):
            return (2 * x + y) * z
        """,
        "should be 3 values: d, q and f",
    ),
    answer(
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
    answer(
        "forward_values",
        "one expression a value",
        """
        def forward_values(x, y, z):
            return [x + x, y + x + x, 2 * x * z + y * z]
        """,
    ),
    answer(
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
    answer(
        "local_gradients",
        "names as strings",
        """
        def local_gradients(x, y, z):
            return 2, 1, 1, 'z', 'q'
    """,
        "is of type str",
    ),
    answer(
        "local_gradients",
        "q never computed",
        """
        def local_gradients(x, y, z):
            return 2, 1, 1, z, q
    """,
        "NameError",
    ),
    answer(
        "local_gradients",
        "from the output backwards",
        """
        def local_gradients(x, y, z):
            q = 2 * x + y
            return q, z, 1, 1, 2
    """,
        "in the wrong order?",
    ),
    answer(
        "local_gradients",
        "ones at every gate",
        """
        def local_gradients(x, y, z):
            return 2, 1, 1, 1, 1
    """,
        "as at a gate that adds",
    ),
    answer(
        "local_gradients",
        "the factor 2 at the next gate too",
        """
        def local_gradients(x, y, z):
            q = 2 * x + y
            return 2, 2, 1, z, q
    """,
        "that is the gate before",
    ),
    answer(
        "local_gradients",
        "y in place of q",
        """
        def local_gradients(x, y, z):
            return 2, 1, 1, z, y
    """,
        "the value of y, which does not go into this gate",
    ),
    answer(
        "local_gradients",
        "the values of the inputs",
        """
        def local_gradients(x, y, z):
            return x, 1, 1, z, 2 * x + y
    """,
        "not how fast the output changes",
    ),
    answer(
        "local_gradients",
        "not switched",
        """
        def local_gradients(x, y, z):
            q = 2 * x + y
            return 2, 1, 1, q, z
    """,
        "the gate is not switched",
    ),
    answer(
        "local_gradients",
        "the whole graph's derivatives",
        """
        def local_gradients(x, y, z):
            q = 2 * x + y
            return 2 * z, z, z, z, q
    """,
        "not of this gate alone",
    ),
    answer(
        "local_gradients",
        "the doubling forgotten",
        """
        def local_gradients(x, y, z):
            return 1, 1, 1, z, 2 * x + y
    """,
        "as at a gate that adds",
    ),
    answer(
        "local_gradients",
        "the worked example's q",
        """
        def local_gradients(x, y, z):
            return 2, 1, 1, z, x + y
    """,
        "the worked example's sum",
    ),
    answer(
        "local_gradients",
        "four values",
        """
        def local_gradients(x, y, z):
            return 2, 1, z, 2 * x + y
    """,
        "should be 5 values",
    ),
    answer(
        "local_gradients",
        "a list",
        """
        def local_gradients(x, y, z):
            return [2, 1, 1, z, 2 * x + y]
    """,
    ),
    answer(
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
    answer(
        "product_gradients",
        "the doubling forgotten",
        """
        def product_gradients(x, y, z):
            return z, z, 2 * x + y
    """,
        "the upstream gradient alone",
    ),
    answer(
        "product_gradients",
        "the value of d for its slope",
        """
        def product_gradients(x, y, z):
            return 2 * x * z, z, 2 * x + y
    """,
        "times the value of the gate's output",
    ),
    answer(
        "product_gradients",
        "y times upstream",
        """
        def product_gradients(x, y, z):
            return 2 * z, y * z, 2 * x + y
    """,
        "times the value of the input",
    ),
    answer(
        "product_gradients",
        "divided where it is multiplied",
        """
        def product_gradients(x, y, z):
            return z / 2, z, 2 * x + y
    """,
        "a quotient of upstream and local",
    ),
    answer(
        "product_gradients",
        "f times at the last input",
        """
        def product_gradients(x, y, z):
            q = 2 * x + y
            return 2 * z, z, q * z
    """,
        "the value of f",
    ),
    answer(
        "product_gradients",
        "y left out",
        """
        def product_gradients(x, y, z):
            return 2 * z, z, 2 * x
    """,
        "y is left out",
    ),
    answer(
        "product_gradients",
        "no upstream at the add gate",
        """
        def product_gradients(x, y, z):
            return 2, 1, 2 * x + y
    """,
        "without the upstream gradient",
    ),
    answer(
        "product_gradients",
        "the multiply gate not switched",
        """
        def product_gradients(x, y, z):
            q = 2 * x + y
            return 2 * q, q, z
    """,
        "are not switched",
    ),
    answer(
        "product_gradients",
        "the worked example's",
        """
        def product_gradients(x, y, z):
            return z, z, x + y
    """,
        "the gradient in the worked example",
    ),
    answer(
        "product_gradients",
        "y through the gate that doubles",
        """
        def product_gradients(x, y, z):
            return 2 * z, 2 * z, 2 * x + y
    """,
        "equals df/dx",
    ),
    answer(
        "product_gradients",
        "a sum for a product",
        """
        def product_gradients(x, y, z):
            return 2 + z, 1 + z, 2 * x + y
    """,
        "a sum of upstream and local",
    ),
    answer(
        "product_gradients",
        "in the other order",
        """
        def product_gradients(x, y, z):
            return 2 * x + y, z, 2 * z
    """,
        "in the wrong order?",
    ),
    answer(
        "product_gradients",
        "the other sign",
        """
        def product_gradients(x, y, z):
            return -2 * z, -z, -(2 * x + y)
    """,
        "with the other sign",
    ),
    answer(
        "product_gradients",
        "printed",
        """
        def product_gradients(x, y, z):
            print(2 * z, z, 2 * x + y)
    """,
        "is None",
    ),
    answer(
        "product_gradients",
        "multiplied out by hand",
        """
        def product_gradients(x, y, z):
            return 2 * z, z, 2 * x + y
    """,
    ),
    answer(
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
    answer(
        "log_loss_gradient",
        "dL/du, one number",
        """
        def log_loss_gradient(w, x):
            return sigmoid(w @ x) - 1
    """,
        "dL/du: the last factor",
    ),
    answer(
        "log_loss_gradient",
        "a list",
        """
        def log_loss_gradient(w, x):
            return list((sigmoid(w @ x) - 1) * x)
    """,
        "is of type list",
    ),
    answer(
        "log_loss_gradient",
        "only the minus of dL/dp",
        """
        def log_loss_gradient(w, x):
            p = sigmoid(w @ x)
            return -p * (1 - p) * x
    """,
        "only the sign is there",
    ),
    answer(
        "log_loss_gradient",
        "the loss for its derivative",
        """
        def log_loss_gradient(w, x):
            p = sigmoid(w @ x)
            return -np.log(p) * p * (1 - p) * x
    """,
        "the loss itself",
    ),
    answer(
        "log_loss_gradient",
        "the derivative of 1/p",
        """
        def log_loss_gradient(w, x):
            p = sigmoid(w @ x)
            return -1 / p**2 * p * (1 - p) * x
    """,
        "the gradient of 1/p",
    ),
    answer(
        "log_loss_gradient",
        "p in place of 1 - p",
        """
        def log_loss_gradient(w, x):
            return -sigmoid(w @ x) * x
    """,
        "the gradient of log(1 - p)",
    ),
    answer(
        "log_loss_gradient",
        "no sum before the sigmoid",
        """
        def log_loss_gradient(w, x):
            return (sigmoid(w * x) - 1) * x
    """,
        "the sigmoid of each product",
    ),
    answer(
        "log_loss_gradient",
        "u in place of p",
        """
        def log_loss_gradient(w, x):
            u = w @ x
            return -(1 - u) * x
    """,
        "u in place of p throughout",
    ),
    answer(
        "log_loss_gradient",
        "u in the sigmoid's derivative",
        """
        def log_loss_gradient(w, x):
            u = w @ x
            return -1 / sigmoid(u) * u * (1 - u) * x
    """,
        "where the sigmoid's output is due",
    ),
    answer(
        "log_loss_gradient",
        "without x",
        """
        def log_loss_gradient(w, x):
            p = sigmoid(w @ x)
            return -(1 - p) * np.ones_like(x)
    """,
        "du/dw, is missing",
    ),
    answer(
        "log_loss_gradient",
        "without the loss",
        """
        def log_loss_gradient(w, x):
            p = sigmoid(w @ x)
            return p * (1 - p) * x
    """,
        "dL/dp, is missing",
    ),
    answer(
        "log_loss_gradient",
        "without the sigmoid's derivative",
        """
        def log_loss_gradient(w, x):
            return -1 / sigmoid(w @ x) * x
    """,
        "the sigmoid's local gradient is missing",
    ),
    answer(
        "log_loss_gradient",
        "the derivative taken at p",
        """
        def log_loss_gradient(w, x):
            p = sigmoid(w @ x)
            return -1 / p * sigmoid(p) * (1 - sigmoid(p)) * x
    """,
        "taken at p, not at u",
    ),
    answer(
        "log_loss_gradient",
        "the sign",
        """
        def log_loss_gradient(w, x):
            return (1 - sigmoid(w @ x)) * x
    """,
        "with the other sign",
    ),
    answer(
        "log_loss_gradient",
        "with respect to x",
        """
        def log_loss_gradient(w, x):
            return -(1 - sigmoid(w @ x)) * w
    """,
        "with respect to x, not w",
    ),
    answer(
        "log_loss_gradient",
        "one number",
        """
        def log_loss_gradient(w, x):
            return np.sum(-(1 - sigmoid(w @ x)) * x)
    """,
        "the sum of all elements",
    ),
    answer(
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
    answer(
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
    answer(
        "log_loss_gradient",
        "short",
        """
        def log_loss_gradient(w, x):
            return (sigmoid(w @ x) - 1) * x
    """,
    ),
    answer(
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
    return answer("gate_gradients", name, _BODY.replace(old, new), says)


_GATES = (
    _gates("squared at p, not t", "upstream * -1 / t**2", "upstream * -(t**2)", "taken at the gate's output"),
    _gates("the square forgotten", "-1 / t**2", "-1 / t", "the gate's output, with a minus"),
    _gates("n for e to the n", 'g["e"] * e', 'g["e"] * -u', "upstream times the value of the node"),
    _gates("e to the e", 'g["e"] * e', 'g["e"] * np.exp(e)', "taken at the gate's output"),
    _gates("added, not multiplied", 'g["e"] * e', 'g["e"] + e', "a sum of upstream and local"),
    _gates("the sign of n lost", "np.exp(-u)", "np.exp(u)", "the sign of n is lost"),
    _gates("b left out of the sum", " + b\n", "\n", "a forward pass without b"),
    _gates(
        "b times its gradient",
        '            g["w0"]',
        '            g["b"] *= b\n            g["w0"]',
        "the value of the node",
    ),
    _gates(
        "a product for a sum",
        '            g["w0"]',
        '            g["m0"] *= w1 * x1\n            g["w0"]',
        "as at a multiply gate",
    ),
    _gates(
        "shared out",
        '            g["w0"]',
        '            g["m0"] /= 2\n            g["w0"]',
        "half of what arrives",
    ),
    _gates("copied from the other weight", 'g["u"] * x1', 'g["u"] * x0', "the gradient of w0, not of w1"),
    _gates(
        "names with a d",
        "return g",
        'return {"d" + name: value for name, value in g.items()}',
        "it has dt, de",
    ),
    _gates("the minus at t forgotten", "-1 / t**2", "1 / t**2", "dL/dt, the first wrong one"),
    _gates("the value in place of the gradient", "upstream * -1 / t**2", "t", "the value of the node"),
    _gates("no local gradient at n", 'g["e"] * e', 'g["e"]', "without this gate's local gradient"),
    _gates("upstream of 1", "upstream * -1", "-1", "for an upstream gradient of 1"),
    _gates("no upstream at n", 'g["e"] * e', "e", "without the upstream gradient"),
    _gates("the sign at u forgotten", '-g["n"]', 'g["n"]', "dL/du, the first wrong one"),
    _gates(
        "multiply gates not switched",
        'g["u"] * x0, g["u"] * w0',
        'g["u"] * w0, g["u"] * x0',
        "is not switched",
    ),
    _gates("no upstream behind u", '= g["u"]\n', "= 1.0\n", "without the upstream gradient"),
    _gates("upstream alone at the weights", 'g["u"] * x0, g', 'g["u"], g', "the upstream gradient alone"),
    _gates("a list", "return g", "return list(g.values())", "should return a dict"),
    _gates("b forgotten", '("b", "a", ', '("a", ', "dL/db is missing"),
    _gates("in a loop", "x", "x", ""),
    answer(
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
    answer(
        "two_paths",
        "shares exchanged",
        """
        def two_paths(x, upstream):
            a, b = 2 * x * upstream, upstream
            return b, a, a + b
    """,
        "in the wrong order?",
    ),
    answer(
        "two_paths",
        "the total first",
        """
        def two_paths(x, upstream):
            a, b = 2 * x * upstream, upstream
            return a + b, a, b
    """,
        "in the wrong order?",
    ),
    answer(
        "two_paths",
        "the first path only",
        """
        def two_paths(x, upstream):
            a, b = 2 * x * upstream, upstream
            return a, b, a
    """,
        "the path through the square alone",
    ),
    answer(
        "two_paths",
        "the mean",
        """
        def two_paths(x, upstream):
            a, b = 2 * x * upstream, upstream
            return a, b, (a + b) / 2
    """,
        "the mean of the two shares",
    ),
    answer(
        "two_paths",
        "upstream at one share only",
        """
        def two_paths(x, upstream):
            a, b = 2 * x * upstream, 1
            return a, b, a + b
    """,
        "the sum of your own two shares",
    ),
    answer(
        "two_paths",
        "upstream twice",
        """
        def two_paths(x, upstream):
            a, b = 2 * x * upstream, upstream
            return a, b, (a + b) * upstream
    """,
        "taken twice",
    ),
    answer(
        "two_paths",
        "a sum for a product",
        """
        def two_paths(x, upstream):
            a = 2 * x + upstream
            return a, upstream, a + upstream
    """,
        "a sum of upstream and local",
    ),
    answer(
        "two_paths",
        "x on the straight way too",
        """
        def two_paths(x, upstream):
            a, b = 2 * x * upstream, x * upstream
            return a, b, a + b
    """,
        "upstream times x",
    ),
    answer(
        "two_paths",
        "the value of the square",
        """
        def two_paths(x, upstream):
            a, b = x * x * upstream, upstream
            return a, b, a + b
    """,
        "times the value of s",
    ),
    answer(
        "two_paths",
        "as if s were 2x",
        """
        def two_paths(x, upstream):
            a, b = 2 * upstream, upstream
            return a, b, a + b
    """,
        "whatever x is",
    ),
    answer(
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
    answer(
        "two_paths",
        "one input of the product",
        """
        def two_paths(x, upstream):
            return x * upstream, upstream, x * upstream + upstream
    """,
        "one of the two inputs of x times x",
    ),
    answer(
        "two_paths",
        "no upstream",
        """
        def two_paths(x, upstream):
            return 2 * x, 1, 2 * x + 1
    """,
        "without the upstream gradient",
    ),
    answer(
        "two_paths",
        "the product of the paths",
        """
        def two_paths(x, upstream):
            a, b = 2 * x * upstream, upstream
            return a, b, a * b
    """,
        "the product of the two shares",
    ),
    answer(
        "two_paths",
        "the total alone",
        """
        def two_paths(x, upstream):
            return upstream * (2 * x + 1)
    """,
        "should be 3 values",
    ),
    answer(
        "two_paths",
        "factored",
        """
        def two_paths(x, upstream):
            return upstream * (x + x), upstream, upstream * (2 * x + 1)
    """,
    ),
    answer(
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
    answer(
        "centred_difference",
        "brackets forgotten",
        """
        def centred_difference(f, x, h):
            return f(x + h) - f(x - h) / (2 * h)
    """,
        "the difference needs brackets",
    ),
    answer(
        "centred_difference",
        "whole numbers",
        """
        def centred_difference(f, x, h):
            return (f(x + h) - f(x - h)) // (2 * h)
    """,
        "// is not /",
    ),
    answer(
        "centred_difference",
        "a sum",
        """
        def centred_difference(f, x, h):
            return (f(x + h) + f(x - h)) / (2 * h)
    """,
        "a sum of the two values",
    ),
    answer(
        "centred_difference",
        "divided by 2x",
        """
        def centred_difference(f, x, h):
            return (f(x + h) - f(x - h)) / (2 * x)
    """,
        "divided by 2x",
    ),
    answer(
        "centred_difference",
        "the size alone",
        """
        def centred_difference(f, x, h):
            return abs(f(x + h) - f(x - h)) / (2 * h)
    """,
        "its sign is lost",
    ),
    answer(
        "centred_difference",
        "the second derivative",
        """
        def centred_difference(f, x, h):
            return (f(x + h) - 2 * f(x) + f(x - h)) / h**2
    """,
        "the second derivative",
    ),
    answer(
        "centred_difference",
        "two steps to one side",
        """
        def centred_difference(f, x, h):
            return (f(x + 2 * h) - f(x)) / (2 * h)
    """,
        "with a step of 2h",
    ),
    answer(
        "centred_difference",
        "halved alone",
        """
        def centred_difference(f, x, h):
            return (f(x + h) - f(x - h)) / 2
    """,
        "half the difference, not divided",
    ),
    answer(
        "centred_difference",
        "the sine for f",
        """
        def centred_difference(f, x, h):
            return (np.sin(x + h) - np.sin(x - h)) / (2 * h)
    """,
        "f is not asked at all",
    ),
    answer(
        "centred_difference",
        "forward",
        """
        def centred_difference(f, x, h):
            return (f(x + h) - f(x)) / h
    """,
        "the forward difference",
    ),
    answer(
        "centred_difference",
        "backward",
        """
        def centred_difference(f, x, h):
            return (f(x) - f(x - h)) / h
    """,
        "the backward difference",
    ),
    answer(
        "centred_difference",
        "divided by h",
        """
        def centred_difference(f, x, h):
            return (f(x + h) - f(x - h)) / h
    """,
        "the two points are 2h apart",
    ),
    answer(
        "centred_difference",
        "operator precedence",
        """
        def centred_difference(f, x, h):
            return (f(x + h) - f(x - h)) / 2 * h
    """,
        "(a / 2) * h",
    ),
    answer(
        "centred_difference",
        "not divided",
        """
        def centred_difference(f, x, h):
            return f(x + h) - f(x - h)
    """,
        "not divided by the step",
    ),
    answer(
        "centred_difference",
        "a step of its own",
        """
        def centred_difference(f, x, h):
            h = 1e-5
            return (f(x + h) - f(x - h)) / (2 * h)
    """,
        "not for the h that is passed",
    ),
    answer(
        "centred_difference",
        "half the step",
        """
        def centred_difference(f, x, h):
            return (f(x + h / 2) - f(x - h / 2)) / h
    """,
        "half a step to each side",
    ),
    answer(
        "centred_difference",
        "the mean of both sides",
        """
        def centred_difference(f, x, h):
            above, below = f(x + h), f(x - h)
            return 0.5 * (above / h - below / h)
    """,
    ),
    answer(
        "centred_difference",
        "a lambda",
        """
        centred_difference = lambda f, x, h: (f(x - h) - f(x + h)) / (-2 * h)
    """,
    ),
)

_NUDGE = (
    answer(
        "nudge",
        "the worked example's",
        """
        def nudge(x, y, z, dx, dy, dz):
            return z * dx + z * dy + (x + y) * dz
    """,
        "for the worked example",
    ),
    answer(
        "nudge",
        "the doubling forgotten",
        """
        def nudge(x, y, z, dx, dy, dz):
            return z * dx + z * dy + (2 * x + y) * dz
    """,
        "with the gradient of d",
    ),
    answer(
        "nudge",
        "not switched",
        """
        def nudge(x, y, z, dx, dy, dz):
            q = 2 * x + y
            return 2 * q * dx + q * dy + z * dz
    """,
        "is not switched",
    ),
    answer(
        "nudge",
        "the share of z forgotten",
        """
        def nudge(x, y, z, dx, dy, dz):
            return 2 * z * dx + z * dy
    """,
        "without the share of z",
    ),
    answer(
        "nudge",
        "the shares multiplied",
        """
        def nudge(x, y, z, dx, dy, dz):
            q = 2 * x + y
            return 2 * z * dx * z * dy * q * dz
    """,
        "the product of the three shares",
    ),
    answer(
        "nudge",
        "the shares, not their sum",
        """
        def nudge(x, y, z, dx, dy, dz):
            return 2 * z * dx, z * dy, (2 * x + y) * dz
    """,
        "is of type tuple",
    ),
    answer(
        "nudge",
        "downhill",
        """
        def nudge(x, y, z, dx, dy, dz):
            return -(2 * z * dx + z * dy + (2 * x + y) * dz)
    """,
        "with the other sign",
    ),
    answer(
        "nudge",
        "the exact change",
        """
        def nudge(x, y, z, dx, dy, dz):
            return (2 * (x + dx) + y + dy) * (z + dz) - (2 * x + y) * z
    """,
        "the exact change",
    ),
    answer(
        "nudge",
        "the new value",
        """
        def nudge(x, y, z, dx, dy, dz):
            return (2 * (x + dx) + y + dy) * (z + dz)
    """,
        "the new value of f",
    ),
    answer(
        "nudge",
        "without the moves",
        """
        def nudge(x, y, z, dx, dy, dz):
            return 2 * z + z + 2 * x + y
    """,
        "without the moves",
    ),
    answer(
        "nudge",
        "x alone",
        """
        def nudge(x, y, z, dx, dy, dz):
            return 2 * z * dx
    """,
        "the share of x alone",
    ),
    answer(
        "nudge",
        "predicted value",
        """
        def nudge(x, y, z, dx, dy, dz):
            return (2 * x + y) * z + 2 * z * dx + z * dy + (2 * x + y) * dz
    """,
        "the predicted new value",
    ),
    answer(
        "nudge",
        "by the gradients' function",
        """
        def nudge(x, y, z, dx, dy, dz):
            return np.dot(product_gradients(x, y, z), (dx, dy, dz))
    """,
    ),
    answer(
        "nudge",
        "summed in a loop",
        """
        def nudge(x, y, z, dx, dy, dz):
            return sum(g * move for g, move in zip((2 * z, z, 2 * x + y), (dx, dy, dz)))
    """,
    ),
)

_STEP = (
    answer(
        "predict_best_step",
        "a hat for a power",
        """
        def predict_best_step():
            return 1*10^-5
    """,
        "^ is not a power",
    ),
    answer(
        "predict_best_step",
        "nothing",
        """
        def predict_best_step():
            1e-5
    """,
        "is None",
    ),
    answer(
        "predict_best_step",
        "an exponent",
        """
        def predict_best_step():
            return -5
    """,
        "above 0, and at most 1",
    ),
    answer(
        "predict_best_step",
        "words",
        """
        def predict_best_step():
            return "very small"
    """,
        "should be a number",
    ),
    answer(
        "predict_best_step",
        "nought",
        """
        def predict_best_step():
            return 0
    """,
        "above 0, and at most 1",
    ),
    answer(
        "predict_best_step",
        "large",
        """
        def predict_best_step():
            return 0.1
    """,
    ),
    answer(
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
