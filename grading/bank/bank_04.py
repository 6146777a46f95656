"""Answers that people give in 04_from_linear_to_networks: wrong ones, each with what the panel must say, and right ones.

Most are one line long, so that a table shows them side by side: hence the long lines.
"""

# ruff: noqa: E501 (one answer a line)

from grading.bank import Answer
from grading.bank.writing import answer, functions

__all__ = ["ANSWERS"]


_SHAPES = "[(sizes[k + 1], sizes[k]) for k in range(len(sizes) - 1)]"
_WEIGHTS = "sum(a * b for a, b in zip(sizes, sizes[1:]))"
_COUNT = f"{_WEIGHTS} + (sum(sizes[1:]) if bias else 0)"


def _counts(name: str, says: str = "", shapes: str = _SHAPES, count: str = _COUNT) -> Answer:
    source = functions(
        {"weight_shapes(sizes)": f"return {shapes}", "count_parameters(sizes, bias)": f"return {count}"}
    )
    return answer("shapes_and_counts", name, source, says)


_SHAPES_AND_COUNTS = (
    _counts(
        "rows and columns swapped",
        "rows and columns swapped",
        shapes="[(sizes[k], sizes[k + 1]) for k in range(len(sizes) - 1)]",
    ),
    _counts(
        "a layer for the input too",
        "a matrix for the input too",
        shapes="[(sizes[0], sizes[0])] + [(sizes[k + 1], sizes[k]) for k in range(len(sizes) - 1)]",
    ),
    _counts("the sizes themselves", "a list of pairs", shapes="sizes"),
    _counts(
        "the last layer first",
        "in reverse",
        shapes="[(sizes[k + 1], sizes[k]) for k in range(len(sizes) - 1)][::-1]",
    ),
    _counts(
        "the last layer forgotten",
        "another number of layers",
        shapes="[(sizes[k + 1], sizes[k]) for k in range(len(sizes) - 2)]",
    ),
    _counts(
        "every layer from the input",
        "The first shape is right, and others are not",
        shapes="[(k, sizes[0]) for k in sizes[1:]]",
    ),
    _counts("shapes not returned", "is None", shapes="None"),
    _counts("biases forgotten", "the weights without the biases", count=_WEIGHTS),
    _counts("biases always", "weights and biases together", count=f"{_WEIGHTS} + sum(sizes[1:])"),
    _counts("a bias for the input too", "a bias for each input too", count=f"{_WEIGHTS} + bias * sum(sizes)"),
    _counts(
        "a bias for each layer", "one bias for each layer", count=f"{_WEIGHTS} + bias * (len(sizes) - 1)"
    ),
    _counts(
        "biases of what comes in",
        "a bias for each number that comes in",
        count=f"{_WEIGHTS} + bias * sum(sizes[:-1])",
    ),
    _counts(
        "no bias at the output",
        "a bias for each hidden unit alone",
        count=f"{_WEIGHTS} + bias * sum(sizes[1:-1])",
    ),
    _counts("units counted", "the number of units", count="sum(sizes)"),
    _counts("all sizes multiplied", "multiplied with each other", count="int(np.prod(sizes))"),
    _counts("the first layer alone", "of the first layer alone", count="sizes[0] * sizes[1]"),
    _counts("the last layer alone", "of the last layer alone", count="sizes[-2] * sizes[-1]"),
    _counts("a list, not a sum", "should be a number", count="[a * b for a, b in zip(sizes, sizes[1:])]"),
    _counts("lists and zip", shapes="[[m, n] for n, m in zip(sizes, sizes[1:])]"),
    _counts(
        "arrays",
        shapes="np.stack([sizes[1:], sizes[:-1]], axis=1)",
        count="np.dot(np.add(sizes[:-1], bias), sizes[1:])",
    ),
    answer(
        "shapes_and_counts",
        "real arrays, and their sizes",
        """
        def weight_shapes(sizes):
            return tuple(np.zeros((m, n)).shape for n, m in zip(sizes, sizes[1:]))

        def count_parameters(sizes, bias):
            return sum(np.zeros(s).size for s in weight_shapes(sizes)) + float(bias) * sum(sizes[1:])
        """,
    ),
)

_TWO = "return W2 @ np.maximum(0, W1 @ x)"
_THREE = "return W3 @ np.maximum(0, W2 @ np.maximum(0, W1 @ x))"
_FEED = "return W3 @ sigmoid(W2 @ sigmoid(W1 @ x + b1) + b2) + b3"


def _forward(name: str, says: str = "", two: str = _TWO, three: str = _THREE, feed: str = _FEED) -> Answer:
    source = functions(
        {
            "two_layers(x, W1, W2)": two,
            "three_layers(x, W1, W2, W3)": three,
            "feed_forward(x, W1, b1, W2, b2, W3, b3)": feed,
        }
    )
    return answer("forward_layers", name, source, says)


_FORWARD = (
    _forward("no activation", "without max(0, ·): one linear map", two="return W2 @ W1 @ x"),
    _forward(
        "activation on the output too",
        "on the scores too",
        two="return np.maximum(0, W2 @ np.maximum(0, W1 @ x))",
    ),
    _forward(
        "activation on the output alone", "on the scores alone", two="return np.maximum(0, W2 @ W1 @ x)"
    ),
    _forward(
        "activation on the input too", "on x too", two="return W2 @ np.maximum(0, W1 @ np.maximum(0, x))"
    ),
    _forward(
        "activation on the input alone", "and on no hidden layer", two="return W2 @ (W1 @ np.maximum(0, x))"
    ),
    _forward("the sigmoid in two layers", "the sigmoid in place of max", two="return W2 @ sigmoid(W1 @ x)"),
    _forward("the absolute value", "the absolute value in place of", two="return W2 @ np.abs(W1 @ x)"),
    _forward("minimum", "min(0, ·) in place of", two="return W2 @ np.minimum(0, W1 @ x)"),
    _forward("the mask, not the values", "the sign, 0 or 1", two="return W2 @ (W1 @ x > 0)"),
    _forward("np.max", "np.maximum compares", two="return W2 @ np.max(W1 @ x)"),
    _forward("np.max with an axis", "takes b for an axis", two="return W2 @ np.max(0, W1 @ x)"),
    _forward("Python's max", "as Python's max(a, b) does", two="return W2 @ max(0, W1 @ x)"),
    _forward("rows in place of columns", "The inner two sizes", two="return np.maximum(0, x @ W1) @ W2"),
    _forward("no return", "is None", two="h = np.maximum(0, W1 @ x)\nW2 @ h"),
    _forward("writes into x", "changed its input x", two="h = np.maximum(0, W1 @ x)\nx *= 0\nreturn W2 @ h"),
    _forward(
        "second bend forgotten", "behind the second layer", three="return W3 @ (W2 @ np.maximum(0, W1 @ x))"
    ),
    _forward(
        "first bend forgotten", "behind the first layer", three="return W3 @ np.maximum(0, W2 @ (W1 @ x))"
    ),
    _forward(
        "three bends",
        "on the scores too",
        three="return np.maximum(0, W3 @ np.maximum(0, W2 @ np.maximum(0, W1 @ x)))",
    ),
    _forward("three without a bend", "without max(0, ·): one linear map", three="return W3 @ W2 @ W1 @ x"),
    _forward(
        "sigmoid on the output",
        "the sigmoid on the output too",
        feed="return sigmoid(W3 @ sigmoid(W2 @ sigmoid(W1 @ x + b1) + b2) + b3)",
    ),
    _forward("no sigmoid", "without any sigmoid", feed="return W3 @ (W2 @ (W1 @ x + b1) + b2) + b3"),
    _forward(
        "second sigmoid forgotten",
        "on the second hidden layer",
        feed="return W3 @ (W2 @ sigmoid(W1 @ x + b1) + b2) + b3",
    ),
    _forward(
        "first sigmoid forgotten",
        "on the first hidden layer",
        feed="return W3 @ sigmoid(W2 @ (W1 @ x + b1) + b2) + b3",
    ),
    _forward(
        "ReLU in the example",
        "max(0, ·) in place of the sigmoid",
        feed="f = lambda z: np.maximum(0, z)\nreturn W3 @ f(W2 @ f(W1 @ x + b1) + b2) + b3",
    ),
    _forward(
        "tanh in the example",
        "tanh in place of",
        feed="return W3 @ np.tanh(W2 @ np.tanh(W1 @ x + b1) + b2) + b3",
    ),
    _forward("no biases", "without its biases", feed="return W3 @ sigmoid(W2 @ sigmoid(W1 @ x))"),
    _forward(
        "the last bias forgotten",
        "the bias of the last layer",
        feed="return W3 @ sigmoid(W2 @ sigmoid(W1 @ x + b1) + b2)",
    ),
    _forward(
        "the first bias forgotten",
        "the bias of the first layer",
        feed="return W3 @ sigmoid(W2 @ sigmoid(W1 @ x) + b2) + b3",
    ),
    _forward(
        "the second bias forgotten",
        "the bias of the second layer",
        feed="return W3 @ sigmoid(W2 @ sigmoid(W1 @ x + b1)) + b3",
    ),
    _forward(
        "biases behind the sigmoid",
        "added behind the sigmoid",
        feed="return W3 @ (sigmoid(W2 @ (sigmoid(W1 @ x) + b1)) + b2) + b3",
    ),
    _forward(
        "one number, not an array",
        "should be an array of shape",
        feed="return float((W3 @ sigmoid(W2 @ sigmoid(W1 @ x + b1) + b2) + b3)[0])",
    ),
    _forward(
        "step by step",
        two="z = W1 @ x\nh = z * (z > 0)\nreturn W2.dot(h)",
        three="h = x\nfor W in (W1, W2):\n    h = (W @ h).clip(0)\nreturn W3 @ h",
        feed="h = x\nfor W, b in ((W1, b1), (W2, b2)):\n    h = sigmoid(np.einsum('hd,d->h', W, h) + b)\nreturn np.add(W3 @ h, b3)",
    ),
    _forward(
        "rows, transposed twice",
        two="return (np.maximum(x @ W1.T, 0) @ W2.T)",
        three="return two_layers(np.maximum(W1 @ x, 0), W2, W3)",
    ),
    _forward(
        "loops over units",
        two="h = [max(0.0, sum(W1[k] * x)) for k in range(len(W1))]\nreturn np.array([sum(row * h) for row in W2])",
    ),
)


def _collapse(name: str, body: str, says: str = "") -> Answer:
    return answer("collapse", name, functions({"collapse(weights, biases)": body}), says)


_LOOP = """
W, b = weights[0], biases[0]
for V, c in zip(weights[1:], biases[1:]):
    W, b = {W}, {b}
return W, b
"""
_COLLAPSE = (
    _collapse(
        "biases left as they are",
        "W = weights[0]\nfor V in weights[1:]:\n    W = V @ W\nreturn W, biases[-1]",
        "the bias of the last layer alone",
    ),
    _collapse("no bias at all", _LOOP.format(W="V @ W", b="np.zeros(len(c))"), "zero everywhere"),
    _collapse(
        "biases added up",
        _LOOP.format(W="V @ W", b="b + c if b.shape == c.shape else c"),
        "all biases added up",
    ),
    _collapse(
        "the new W for the bias",
        "W, b = weights[0], biases[0]\nfor V, c in zip(weights[1:], biases[1:]):\n    W = V @ W\n    b = W @ b + c\nreturn W, b",
        "through its own layer too",
    ),
    _collapse(
        "w (b + v)",
        _LOOP.format(W="V @ W", b="V @ (b + c) if V.shape[1] == len(c) else V @ b + c"),
        "but the first taken through its own layer too",
    ),
    _collapse("b from the left", _LOOP.format(W="V @ W", b="b @ V + c"), "to the left of the matrix"),
    _collapse("the wrong order", _LOOP.format(W="W @ V", b="V @ b + c"), "in the wrong order"),
    _collapse(
        "the first bias alone, through the others",
        _LOOP.format(W="V @ W", b="V @ b"),
        "the bias of the first layer alone, taken through",
    ),
    _collapse(
        "the last bias forgotten",
        """
        W, b = weights[0], np.zeros(len(biases[0]))
        for V, c in zip(weights[1:], biases):
            W, b = V @ W, V @ (b + c)
        return W, b
        """,
        "without the bias of the last layer",
    ),
    _collapse(
        "its own layer too",
        "b = 0\nfor V, c in zip(weights, biases):\n    b = V @ (b + c)\nW = weights[0]\nfor V in weights[1:]:\n    W = V @ W\nreturn W, b",
        "through its own layer too",
    ),
    _collapse(
        "each bias through one layer",
        "W = weights[0]\nfor V in weights[1:]:\n    W = V @ W\nreturn W, sum([V @ c for V, c in zip(weights[1:], biases)]) + biases[-1]",
        "through the next layer alone",
    ),
    _collapse(
        "two layers only",
        "if len(weights) == 1:\n    return weights[0], biases[0]\nreturn weights[1] @ weights[0], weights[1] @ biases[0] + biases[1]",
        "the first two layers alone",
    ),
    _collapse(
        "first and last only",
        "return weights[-1] @ weights[0], weights[-1] @ biases[0] + biases[-1]",
        "W is wrong",
    ),
    _collapse("element by element", _LOOP.format(W="V * W", b="V @ b + c"), "multiplied element by element"),
    _collapse("added", _LOOP.format(W="V + W", b="V @ b + c"), "of all layers added up"),
    _collapse(
        "W alone", "W = weights[0]\nfor V in weights[1:]:\n    W = V @ W\nreturn W", "should be 2 values"
    ),
    _collapse("the lists as they came", "return weights[0], biases[0]", "the W of the first layer alone"),
    _collapse(
        "the first bias forgotten",
        "W = weights[0]\nb = np.zeros(len(biases[0]))\nfor V, c in zip(weights[1:], biases[1:]):\n    W, b = V @ W, V @ b + c\nreturn W, b if len(weights) > 1 else biases[0]",
        "b ",
    ),
    _collapse(
        "empties the lists",
        "W, b = weights.pop(0), biases.pop(0)\nwhile weights:\n    V = weights.pop(0)\n    W, b = V @ W, V @ b + biases.pop(0)\nreturn W, b",
        "changed a list",
    ),
    _collapse(
        "adds into b in place",
        "W, b = weights[0], biases[-1]\nfor k in range(1, len(weights)):\n    W = weights[k] @ W\n    t = biases[k - 1]\n    for V in weights[k:]:\n        t = V @ t\n    b += t\nreturn W, b",
        "in place",
    ),
    _collapse(
        "transposed",
        "W, b = weights[0], biases[0]\nfor V, c in zip(weights[1:], biases[1:]):\n    W, b = V @ W, V @ b + c\nreturn W.T, b",
        "the transpose of the right value",
    ),
    _collapse(
        "by asking the stack",
        """
        def f(x):
            for V, c in zip(weights, biases):
                x = V @ x + c
            return x
        D = weights[0].shape[1]
        b = f(np.zeros(D))
        return np.array([f(e) - b for e in np.eye(D)]).T, b
        """,
    ),
    _collapse(
        "a matrix with the bias in a last column",
        """
        A = np.eye(weights[0].shape[1] + 1)
        for V, c in zip(weights, biases):
            step = np.zeros((len(c) + 1, A.shape[0]))
            step[:-1, :-1], step[:-1, -1], step[-1, -1] = V, c, 1
            A = step @ A
        return A[:-1, :-1], A[:-1, -1]
        """,
    ),
    _collapse(
        "from the back",
        "W, b = np.eye(len(biases[-1])), 0.0\nfor V, c in zip(reversed(weights), reversed(biases)):\n    b = W @ c + b\n    W = W @ V\nreturn [W, b]",
    ),
    _collapse(
        "recursion",
        "if len(weights) == 1:\n    return weights[0], biases[0]\nW, b = collapse(weights[:-1], biases[:-1])\nreturn weights[-1] @ W, weights[-1] @ b + biases[-1]",
    ),
)

_GUESS = "return 3"
_CORNER = """
for c in ((0, 0), (0, 1), (1, 0), (1, 1)):
    if (w[0] * c[0] + w[1] * c[1] + b > 0) != (c[0] + c[1] == 1):
        return c
"""


def _weights(W1: str, b1: str, W2: str, b2: str) -> str:
    return f"return np.array({W1}), np.array({b1}), np.array({W2}), np.array({b2})"


_NET = _weights("[[1., 1.], [1., 1.]]", "[0., -1.]", "[[1., -2.]]", "[-0.5]")


def _xor(name: str, says: str = "", guess: str = _GUESS, corner: str = _CORNER, net: str = _NET) -> Answer:
    source = functions({"predict_most_corners()": guess, "wrong_corner(w, b)": corner, "xor_net()": net})
    return answer("xor", name, source, says)


_XOR = (
    _xor("no number predicted", "is None", guess="print(3)"),
    _xor("five corners", "0, 1, 2, 3 or 4", guess="return 5"),
    _xor("half a corner", "a whole number", guess="return 2.5"),
    _xor("always the same corner", "that this classifier gets right", corner="return 1, 1"),
    _xor("the score, not the corner", "one corner, a pair", corner="return w[0] + w[1] + b"),
    _xor(
        "the place of the corner",
        "one corner, a pair",
        corner="s = [b, w[1] + b, w[0] + b, w[0] + w[1] + b]\nreturn [(v > 0) != t for v, t in zip(s, (0, 1, 1, 0))].index(True)",
    ),
    _xor("a corner that is right", "that this classifier gets right", corner=_CORNER.replace("!=", "==")),
    _xor("0 counts as class 1", "At a score of exactly 0", corner=_CORNER.replace("> 0", ">= 0")),
    _xor("the bias forgotten", "b is not used", corner=_CORNER.replace(" + b >", " >")),
    _xor("OR in place of XOR", "no corner found", corner=_CORNER.replace("== 1", ">= 1")),
    _xor(
        "0 is of no class",
        "At a score of exactly 0",
        corner="""
        for c in ((0, 0), (0, 1), (1, 0), (1, 1)):
            score = w[0] * c[0] + w[1] * c[1] + b
            if c[0] == c[1] and score > 0 or c[0] != c[1] and score < 0:
                return c
        """,
    ),
    _xor("(1, 1) not tried", "no corner found", corner=_CORNER.replace(", (1, 1)", "")),
    _xor("a text", "one corner, a pair", corner=_CORNER.replace("return c", "return str(c)")),
    _xor("writes into w", "changed its input w", corner="w += 0.5\nw *= 2" + _CORNER),
    _xor("OR", "computes OR", net=_weights("[[1., 1.], [1., 1.]]", "[0., -1.]", "[[1., 0.]]", "[-0.5]")),
    _xor("AND", "computes AND", net=_weights("[[1., 1.], [1., 1.]]", "[0., -1.]", "[[0., 1.]]", "[-0.5]")),
    _xor(
        "one and one, the same weights",
        "computes OR",
        net=_weights("[[1., 1.], [1., 1.]]", "[0., -1.]", "[[1., -1.]]", "[-0.5]"),
    ),
    _xor(
        "the classes turned round",
        "the opposite of XOR",
        net=_weights("[[1., 1.], [1., 1.]]", "[0., -1.]", "[[-1., 2.]]", "[0.5]"),
    ),
    _xor(
        "one hidden unit",
        "One hidden unit is a bent line",
        net=_weights("[[1., 1.]]", "[0.]", "[[1.]]", "[-0.5]"),
    ),
    _xor(
        "all zeros",
        "class 0 everywhere",
        net=_weights("[[0., 0.], [0., 0.]]", "[0., 0.]", "[[0., 0.]]", "[0.]"),
    ),
    _xor(
        "no last bias",
        "too little room",
        net=_weights("[[1., 1.], [1., 1.]]", "[0., -1.]", "[[1., -2.]]", "[0.]"),
    ),
    _xor(
        "W2 as a vector",
        "W2 has shape (2,)",
        net=_weights("[[1., 1.], [1., 1.]]", "[0., -1.]", "[1., -2.]", "[-0.5]"),
    ),
    _xor(
        "b2 as a number",
        "b2 has shape ()",
        net=_weights("[[1., 1.], [1., 1.]]", "[0., -1.]", "[[1., -2.]]", "-0.5"),
    ),
    _xor(
        "three arrays",
        "should be 4 values",
        net="return np.ones((2, 2)), np.array([0., -1.]), np.array([[1., -2.]])",
    ),
    _xor(
        "too many hidden units",
        "at most 4 hidden units",
        net="return np.ones((5, 2)), np.zeros(5), np.ones((1, 5)), np.zeros(1)",
    ),
    _xor("lists", "is of type list", net="return [[1., 1.], [1., 1.]], [0., -1.], [[1., -2.]], [-0.5]"),
    _xor(
        "the other two units: each coordinate above the other",
        net=_weights("[[1., -1.], [-1., 1.]]", "[0., 0.]", "[[1., 1.]]", "[-0.5]"),
        guess="return np.int64(3)",
        corner="s = np.array([b, w[1] + b, w[0] + b, w[0] + w[1] + b])\nk = int(np.argmax((s > 0) != np.array([0, 1, 1, 0])))\nreturn np.array([[0, 0], [0, 1], [1, 0], [1, 1]])[k]",
    ),
    _xor(
        "whole numbers, and four units",
        net=_weights("[[2, -2], [-2, 2], [1, 1], [0, 0]]", "[-1, -1, 0, 3]", "[[2, 2, 0, 0]]", "[-1]"),
        guess="return 0",
    ),
    _xor(
        "large, and a list of floats",
        net=_weights("[[20., 20.], [20., 20.]]", "[-10., -30.]", "[[1., -4.]]", "[-4.]"),
        corner=_CORNER.replace("return c", "return [float(k) for k in c]"),
    ),
)


def _rows(name: str, says: str = "", linear: str = "x @ W.T + b", product: str = "w1 @ w2") -> Answer:
    source = functions(
        {"linear_rows(x, W, b)": f"return {linear}", "collapse_rows(w1, w2)": f"return {product}"}
    )
    return answer("to_rows", name, source, says)


_ROWS = (
    _rows("W not transposed", "with W transposed", linear="x @ W + b"),
    _rows(
        "the formula for columns as it is",
        "when the columns of x are taken for samples",
        linear="W @ x + b[:, None]",
    ),
    _rows("W on the left", "the transpose of the right value", linear="W @ x.T + b[:, None]"),
    _rows("turned, and b behind that", "with b added behind that", linear="W @ x.T + b"),
    _rows("columns for samples, and back", "columns of x are taken for samples", linear="(W @ x).T + b"),
    _rows("no bias", "without the bias", linear="x @ W.T"),
    _rows("b along the samples", "one element of b for each sample", linear="x @ W.T + b[:, None]"),
    _rows("element by element", "x and W multiplied element by element", linear="x * W + b"),
    _rows("the first sample alone", "has shape", linear="W @ x[0] + b"),
    _rows("the order of columns", "in the order that columns need", product="w2 @ w1"),
    _rows("the transpose of everything", "transposed, in the order of columns", product="w2.T @ w1.T"),
    _rows("element by element, both maps", "multiplied element by element", product="w1 * w2"),
    _rows("the sum of both", "both added up", product="w1 + w2"),
    _rows("the second alone", "w2 alone", product="w2"),
    _rows(
        "sample by sample",
        linear="np.array([W @ s + b for s in x])",
        product="np.array([row @ w2 for row in w1])",
    ),
    _rows("transposed as a whole", linear="(W @ x.T + b[:, None]).T", product="(w2.T @ w1.T).T"),
    _rows("einsum", linear="np.einsum('cd,nd->nc', W, x) + b", product="np.einsum('dh,hc->dc', w1, w2)"),
)

ANSWERS: tuple[Answer, ...] = _SHAPES_AND_COUNTS + _FORWARD + _COLLAPSE + _XOR + _ROWS
