"""Answers that people give in 06_vector_calculus: wrong ones, each with what the panel must say, and right ones.

Most are one line long, so that a table shows them side by side: hence the long lines.
"""

# ruff: noqa: E501 (one answer a line)

from textwrap import dedent

from grading.bank import Answer

__all__ = ["ANSWERS"]


def _answer(exercise: str, name: str, source: str, says: str = "", public: bool = True) -> Answer:
    return Answer(exercise, name, dedent(source).strip() + "\n", says, public)


def _shapes(name: str, derivative: str, jacobian: str, says: str = "") -> Answer:
    source = f"def derivative_shape(x_shape, y_shape):\n    return {derivative}\n\ndef jacobian_shape(x_shape, y_shape):\n    return {jacobian}\n"
    return _answer("shapes", name, source, says)


_PAIRS = "x_shape + y_shape"
_FLAT = "math.prod(x_shape), math.prod(y_shape)"
_SHAPES = (
    _shapes("outputs first", "y_shape + x_shape", _FLAT, "the right shape in the other layout"),
    _shapes("outputs across", _PAIRS, "math.prod(y_shape), math.prod(x_shape)", "in the other layout"),
    _shapes("always as the input", "x_shape", _FLAT, "the shape of x: that is the gradient"),
    _shapes("always as the output", "y_shape", _FLAT, "the shape of y"),
    _shapes("flattened both times", _FLAT, _FLAT, "what jacobian_shape should return"),
    _shapes("flattened nowhere", _PAIRS, _PAIRS, "what derivative_shape should return"),
    _shapes("a tuple of tuples", "(x_shape, y_shape)", _FLAT, "a tuple of tuples"),
    _shapes("np.prod as it comes", _PAIRS, "np.prod(x_shape), np.prod(y_shape)", "with a float in it"),
    _shapes(
        "all in one row", _PAIRS, "(math.prod(x_shape + y_shape),)", "the number of all pairs, in one row"
    ),
    _shapes("a number", _PAIRS, "math.prod(x_shape + y_shape)", "returns a number"),
    _shapes("sizes added", _PAIRS, "sum(x_shape), sum(y_shape)", "the sums of the sizes"),
    _shapes("axes counted", _PAIRS, "len(x_shape), len(y_shape)", "the numbers of axes"),
    _shapes(
        "the first sizes only",
        _PAIRS,
        "(x_shape or (1,))[0], (y_shape or (1,))[0]",
        "the first size of each",
    ),
    _shapes("nothing returned", "None", _FLAT, "returned None"),
    _shapes("as lists", "[*x_shape, *y_shape]", "[math.prod(x_shape), math.prod(y_shape)]"),
    _shapes(
        "by numpy",
        "np.multiply.outer(np.zeros(x_shape), np.zeros(y_shape)).shape",
        "np.outer(np.zeros(x_shape), np.zeros(y_shape)).shape",
    ),
    _shapes(
        "arrays of whole numbers",
        "np.array(x_shape + y_shape, dtype=int)",
        "np.array([np.zeros(x_shape).size, np.zeros(y_shape).size])",
    ),
)


def _map(name: str, jacobian: str, down: str, says: str = "") -> Answer:
    source = f"def map_jacobian(x):\n    return {jacobian}\n\ndef downstream(J, dout):\n    return {down}\n"
    return _answer("rectangular_map", name, source, says)


_J = "np.array([[x[1], 0.0], [x[0], 2 * x[1]], [0.0, 5.0]])"
_MAP = (
    _map(
        "the other layout",
        "np.array([[x[1], x[0], 0.0], [0.0, 2 * x[1], 5.0]])",
        "J @ dout",
        "in the other layout, a row for each output",
    ),
    _map(
        "forced by reshape",
        "np.array([[x[1], x[0], 0.0], [0.0, 2 * x[1], 5.0]]).reshape(3, 2)",
        "J @ dout",
        "in rows of another length by reshape",
    ),
    _map(
        "not switched",
        "np.array([[x[0], 0.0], [x[1], 2 * x[1]], [0.0, 5.0]])",
        "J @ dout",
        "not switched in dy_0",
    ),
    _map(
        "2 lost",
        "np.array([[x[1], 0.0], [x[0], x[1]], [0.0, 5.0]])",
        "J @ dout",
        "with x[1] in place of the derivative of its square",
    ),
    _map(
        "square kept",
        "np.array([[x[1], 0.0], [x[0], x[1] ** 2], [0.0, 5.0]])",
        "J @ dout",
        "the square itself",
    ),
    _map(
        "5 x kept",
        "np.array([[x[1], 0.0], [x[0], 2 * x[1]], [0.0, 5 * x[2]]])",
        "J @ dout",
        "with 5 x[2] in place of its derivative",
    ),
    _map("1 for 5", "np.array([[x[1], 0.0], [x[0], 2 * x[1]], [0.0, 1.0]])", "J @ dout", "without the 5"),
    _map("added over the outputs", f"{_J}.sum(axis=1)", "J @ dout", "the sum of its columns"),
    _map("a list", "[[x[1], 0.0], [x[0], 2 * x[1]], [0.0, 5.0]]", "J @ dout", "should be an array of shape"),
    _map("columns exchanged", f"{_J}[:, ::-1]", "J @ dout", "its two columns exchanged"),
    _map("as most textbooks", _J, "J.T @ dout", "what is right in the other layout"),
    _map(
        "as most textbooks, where it fits",
        _J,
        "J.T @ dout if len(J) == len(dout) else J @ dout",
        "what is right in the other layout",
    ),
    _map(
        "dout from the left, where it fits",
        _J,
        "dout @ J if len(J) == len(dout) else J @ dout",
        "what is right in the other layout",
    ),
    _map("without upstream", _J, "J.sum(axis=1)", "dout is not used"),
    _map("the paths not added", _J, "J * dout", "not yet added up"),
    _map("the mean of the paths", _J, "(J * dout).mean(axis=1)", "M, the number of outputs"),
    _map("one path", _J, "J[:, 0] * dout[0]", "the first output's share alone"),
    _map(
        "the last path, = for +=",
        _J,
        "[J[:, k] * dout[k] for k in range(len(dout))][-1]",
        "the last output's share alone",
    ),
    _map("a column", _J, "J @ dout[:, None]", "as a matrix with one column"),
    _map("a product of sums", _J, "J.sum(axis=1) * dout.sum()", "a product of two sums"),
    _map("a sum of all", _J, "(J * dout).sum()", "should be an array of shape"),
    _map("in place", _J, "np.multiply(J, dout, out=J).sum(axis=1)", "changed its input J"),
    _map("einsum", "np.array([[x[1], x[0], 0.0], [0.0, 2 * x[1], 5.0]]).T", "np.einsum('ij,j->i', J, dout)"),
    _map("from the left", "np.c_[[x[1], x[0], 0.0], [0.0, 2 * x[1], 5.0]]", "dout @ J.T"),
    _map(
        "path by path",
        "np.outer([1, 0, 0], [x[1], 0]) + np.outer([0, 1, 0], [x[0], 2 * x[1]]) + np.outer([0, 0, 1], [0, 5.0])",
        "sum(J[:, k] * dout[k] for k in range(len(dout)))",
    ),
)

ANSWERS: tuple[Answer, ...] = _SHAPES + _MAP
