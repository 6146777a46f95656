"""Answers that people give in 06_vector_calculus: wrong ones, each with what the panel must say, and right ones.

Most are one line long, so that a table shows them side by side: hence the long lines.
"""

# ruff: noqa: E501 (one answer a line)

from grading.bank import Answer
from grading.bank.writing import answer, block, functions

__all__ = ["ANSWERS"]


def _shapes(name: str, derivative: str, jacobian: str, says: str = "") -> Answer:
    source = functions(
        {
            "derivative_shape(x_shape, y_shape)": f"return {derivative}",
            "jacobian_shape(x_shape, y_shape)": f"return {jacobian}",
        }
    )
    return answer("shapes", name, source, says)


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
    source = functions({"map_jacobian(x)": f"return {jacobian}", "downstream(J, dout)": f"return {down}"})
    return answer("rectangular_map", name, source, says)


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
    _map("the paths added over the inputs", _J, "(J * dout).sum(axis=0)", "added up over the inputs"),
    _map(
        "whole numbers",
        "np.array([[x[1], 0.0], [x[0], 2 * x[1]], [0.0, 5.0]], dtype=int)",
        "J @ dout",
        "cut off to whole ones",
    ),
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


def _relu(
    name: str, jacobian: str, vjp: str, says: str = "", public: bool = True, guess: str = "0.5"
) -> Answer:
    source = functions(
        {
            "predict_percent()": f"return {guess}",
            "relu_jacobian(x)": f"return {jacobian}",
            "relu_vjp(x, dout)": f"return {vjp}",
        }
    )
    return answer("element_by_element", name, source, says, public)


_RJ, _RV = "np.diag((x > 0) * 1.0)", "dout * (x > 0)"
_RELU = (
    _relu("for four numbers only", "np.eye(4) * (x[:4] > 0)", _RV, "has shape (4, 4)"),
    _relu("the diagonal as a vector", "(x > 0) * 1.0", _RV, "the diagonal alone, as a vector"),
    _relu("outputs on the diagonal", "np.diag(np.maximum(0, x))", _RV, "the outputs on its diagonal"),
    _relu("x on the diagonal", "np.diag(x)", _RV, "x on its diagonal"),
    _relu("the identity", "np.eye(len(x))", _RV, "a slope of 1 everywhere"),
    _relu("rows filled", "(x > 0)[:, None] * np.ones((len(x), len(x)))", _RV, "all along row i"),
    _relu("columns filled", "(x > 0) * np.ones((len(x), len(x)))", _RV, "all along column j"),
    _relu(
        "the wrong side", "np.diag((x < 0) * 1.0)", "dout * (x < 0)", "the two sides are taken for each other"
    ),
    _relu(
        "by way of the Jacobian",
        _RJ,
        "(np.diag((x.ravel() > 0) * 1.0) @ dout.ravel()).reshape(x.shape)",
        "forms the Jacobian",
    ),
    _relu("True and False", "np.diag(x > 0)", _RV, "its dtype is bool"),
    _relu(
        "a list of rows",
        "[[float(i == j and x[i] > 0) for j in range(len(x))] for i in range(len(x))]",
        _RV,
        "should be an array of shape",
    ),
    _relu("the ratio", "np.diag(np.maximum(0, x) / x)", _RV, "is 0 divided by 0"),
    _relu("the ratio in the vjp", _RJ, "dout * np.maximum(0, x) / x", "is 0 divided by 0"),
    _relu("the sign", "np.diag(np.sign(x))", _RV, "the signs of x on its diagonal"),
    _relu(
        "dout forgotten at the kink",
        _RJ,
        "np.where(x > 0, dout, np.where(x < 0, 0, 1.0))",
        "dout is not used there",
    ),
    _relu(
        "0 in both cases", _RJ, "dout * (1.0 * (x >= 0) + (x == 0))", "not between the slopes on both sides"
    ),
    _relu("the upstream itself", _RJ, "dout + 0", "the local gradient is not used"),
    _relu("the slope alone", _RJ, "(x > 0) * 1.0", "dout is not used"),
    _relu("ReLU of dout", _RJ, "np.maximum(0, dout)", "the activation applied to the upstream gradient"),
    _relu(
        "the sign of dout",
        _RJ,
        "dout * (dout > 0) * (x > 0)",
        "what is right where dout is above 0",
    ),
    _relu("times the output", _RJ, "dout * np.maximum(0, x)", "dout times the output"),
    _relu("times x", _RJ, "dout * x", "dout times x"),
    _relu("the wrong side in the vjp", _RJ, "dout * (x < 0)", "the two sides are taken for each other"),
    _relu("not summed", _RJ, "np.diag((x.ravel() > 0) * 1.0) * dout.ravel()", "with dout multiplied into it"),
    _relu("one number", _RJ, "np.sum(dout * (x > 0))", "should be an array of shape"),
    _relu(
        "with np.diag, for vectors alone",
        _RJ,
        "np.diag((x > 0) * 1.0) @ dout",
        "the diagonal of the slopes, multiplied",
    ),
    _relu("in place", _RJ, "np.multiply(dout, x > 0, out=dout)", "changed its input dout"),
    _relu("writes into x", _RJ, "dout * (np.clip(x, 0, 1, out=x) > 0)", "changed its input x"),
    _relu("no prediction", _RJ, _RV, "is None", guess="None"),
    _relu("a share above all", _RJ, _RV, "a number from 0 to 100", guess="1000"),
    _relu("a prediction with its unit", _RJ, _RV, "should be a number", guess="'0.1 %'"),
    _relu(
        "slope 1 at the kink, by where",
        "np.where(np.eye(len(x)) * (x >= 0), 1.0, 0.0)",
        "np.where(x >= 0, dout, 0)",
        guess="50",
    ),
    _relu("half at the kink", "np.eye(len(x)) * np.heaviside(x, 0.5)", "dout * (np.sign(x) + 1) / 2"),
    _relu(
        "whole numbers, element by element",
        "np.array([[int(i == j and x[i] > 0) for j in range(len(x))] for i in range(len(x))])",
        "np.array([g if v > 0 else 0.0 for v, g in zip(x.ravel(), dout.ravel())]).reshape(x.shape)",
    ),
)


def _back(name: str, body: str, says: str = "") -> Answer:
    return answer("unbroadcast", name, functions({"unbroadcast(dout, shape)": body}), says)


_FRONT = "while dout.ndim > len(shape):\n    dout = dout.sum(axis=0)\n"
_ONES = "for k, n in enumerate(shape):\n    if n == 1:\n        dout = dout.sum(axis=k, keepdims=True)\nreturn dout"
_BACK = (
    _back(
        "sizes 1 first",
        _ONES.replace("\nreturn dout", "\n") + _FRONT + "return dout",
        "axes of size 1 before",
    ),
    _back(
        "a loop over axes that move",
        "for k in range(dout.ndim - len(shape)):\n    dout = dout.sum(axis=k)\n" + _ONES,
        "over axis 0, then over axis 1 of what is left",
    ),
    _back("nothing summed", "return dout + 0", "dout as it came"),
    _back("the axes in front only", _FRONT + "return dout", "dout as it came"),
    _back("the axes of size 1 only", _ONES, "dout as it came"),
    _back("the mean", (_FRONT + _ONES).replace("sum", "mean"), "the number of places"),
    _back(
        "the first place",
        "while dout.ndim > len(shape):\n    dout = dout[0]\n"
        + _ONES.replace("dout.sum(axis=k, keepdims=True)", "np.take(dout, [0], axis=k)"),
        "the share of the first place",
    ),
    _back(
        "the last place, = for +=",
        "while dout.ndim > len(shape):\n    dout = dout[-1]\n"
        + _ONES.replace("dout.sum(axis=k, keepdims=True)", "np.take(dout, [-1], axis=k)"),
        "the share of the last place",
    ),
    _back(
        "the last axis for the first",
        "while dout.ndim > len(shape):\n    dout = dout.sum(axis=-1)\n" + _ONES,
        "rows and columns of dout taken for each other",
    ),
    _back(
        "axes of size 1 lost",
        _FRONT + "ones = tuple(k for k, n in enumerate(shape) if n == 1)\nreturn dout.sum(axis=ones)",
        "the axis of size 1 is lost",
    ),
    _back(
        "axes in front kept",
        "front = dout.ndim - len(shape)\ndout = dout.sum(axis=tuple(range(front)), keepdims=True)\nones = tuple(front + k for k, n in enumerate(shape) if n == 1)\nreturn dout.sum(axis=ones, keepdims=True)",
        "with an axis in front",
    ),
    _back("everything added", "return np.full(shape, dout.sum())", "the sum of the whole of dout"),
    _back("a reshape that cuts", "return np.resize(dout, shape)", "cut off"),
    _back(
        "the count",
        "count = dout.size // max(1, int(np.prod(shape)))\nreturn np.full(shape, float(count))",
        "dout is not used",
    ),
    _back(
        "lined up on the left",
        "for k in range(dout.ndim):\n    if k >= len(shape):\n        dout = dout.sum(axis=len(shape))\n    elif shape[k] == 1:\n        dout = dout.sum(axis=k, keepdims=True)\nreturn dout",
        "rows and columns of dout taken for each other",
    ),
    _back(
        "one axis in front, not all",
        "if dout.ndim > len(shape):\n    dout = dout.sum(axis=0)\n" + _ONES,
        "but not over all axes",
    ),
    _back(
        "the first axis of size 1 only",
        _FRONT
        + "for k, n in enumerate(shape):\n    if n == 1:\n        return dout.sum(axis=k, keepdims=True)\nreturn dout",
        "but not over the other ones",
    ),
    _back(
        "clears dout on the way",
        "total = dout.copy()\ndout *= 0\ndout = total\n" + _FRONT + _ONES,
        "changed its input dout",
    ),
    _back("everything in one number", "return dout.sum()", "should be an array of shape"),
    _back("without a return", _FRONT + _ONES.replace("return dout", "dout"), "is None"),
    _back(
        "all axes at once",
        "front = dout.ndim - len(shape)\naxes = (*range(front), *(front + k for k, n in enumerate(shape) if n == 1))\nreturn dout.sum(axis=axes).reshape(shape)",
    ),
    _back(
        "padded with ones",
        "padded = (1,) * (dout.ndim - len(shape)) + tuple(shape)\naxes = tuple(k for k in range(dout.ndim) if padded[k] != dout.shape[k])\nreturn np.add.reduce(dout, axis=axes, keepdims=True).reshape(shape)",
    ),
    _back(
        "added into zeros, place by place",
        "out = np.zeros(shape)\nat = np.broadcast_to(np.arange(out.size).reshape(shape), dout.shape)\nnp.add.at(out.reshape(-1), at.ravel(), dout.ravel())\nreturn out",
    ),
    _back("a number for the shape ()", "if shape == ():\n    return float(dout.sum())\n" + _FRONT + _ONES),
)


def _both(name: str, of_x: str, of_w: str, says: str = "") -> Answer:
    """What stands in three loops that fill J, or a whole body that ends with a return."""

    def loops(rows: str, inside: str) -> str:
        sizes = "(N, D), M = x.shape, w.shape[1]\n"
        if inside.startswith("return"):
            return sizes + inside
        return (
            f"{sizes}J = np.zeros(({rows}, N * M))\n"
            f"for n in range(N):\n    for d in range(D):\n        for m in range(M):\n{block(inside, 3)}\nreturn J"
        )

    source = functions({"jacobian_x(x, w)": loops("N * D", of_x), "jacobian_w(x, w)": loops("D * M", of_w)})
    return answer("matmul_jacobians", name, source, says)


_JX, _JW = "J[n * D + d, n * M + m] = w[d, m]", "J[d * M + m, n * M + m] = x[n, d]"
_FACTORS = (
    _both(
        "the other layout",
        "return np.kron(np.eye(N), w).T",
        _JW,
        "in the other layout, a row for each output",
    ),
    _both(
        "the other layout for w",
        _JX,
        "return np.kron(x, np.eye(M))",
        "in the other layout, a row for each output",
    ),
    _both(
        "forced by reshape",
        "return np.kron(np.eye(N), w.T).reshape(N * D, N * M)",
        _JW,
        "in rows of another length by reshape",
    ),
    _both("not flattened", "return np.kron(np.eye(N), w).reshape(N, D, N, M)", _JW, "not flattened"),
    _both(
        "y counted in rows of D",
        "if n * D + m < N * M: J[n * D + d, n * D + m] = w[d, m]",
        _JW,
        "with y counted as if its rows had D elements",
    ),
    _both(
        "w and y counted in rows of D",
        _JX,
        "J[d * D + m, n * D + m] = x[n, d]",
        "with w counted as if its rows had D elements, and y D",
    ),
    _both(
        "x and y counted in rows of N",
        "J[n * N + d, n * N + m] = w[d, m]",
        _JW,
        "with x counted as if its rows had N elements, and y N",
    ),
    _both(
        "the term itself", "J[n * D + d, n * M + m] += x[n, d] * w[d, m]", _JW, "in place of its derivative"
    ),
    _both(
        "w counted in rows of D",
        _JX,
        "if d * D + m < D * M: J[d * D + m, n * M + m] = x[n, d]",
        "with w counted as if its rows had D elements",
    ),
    _both("1 where they touch", "J[n * D + d, n * M + m] = 1", _JW, "w is not used"),
    _both("1 where w touches", _JX, "J[d * M + m, n * M + m] = 1", "x is not used"),
    _both("x for w", "J[n * D + d, n * M + m] = x[n, d]", _JW, "the element of x that moves"),
    _both("w for x", _JX, "J[d * M + m, n * M + m] = w[d, m]", "the element of w that moves"),
    _both("w everywhere", "return np.tile(w, (N, N))", _JW, "in the places of 0, too"),
    _both("x everywhere", _JX, "return np.kron(x.T, np.ones((M, M)))", "in the places of 0, too"),
    _both("one block", "return w", _JW, "one block of the Jacobian"),
    _both("one block for w", _JX, "return x.T", "one block of the Jacobian"),
    _both(
        "column by column",
        "J[d * N + n, m * N + n] = w[d, m]",
        _JW,
        "inputs and outputs counted column by column",
    ),
    _both(
        "x column by column",
        "J[d * N + n, n * M + m] = w[d, m]",
        _JW,
        "elements of x counted column by column",
    ),
    _both(
        "y column by column",
        "J[n * D + d, m * N + n] = w[d, m]",
        _JW,
        "elements of y counted column by column",
    ),
    _both(
        "kron the other way round",
        _JX,
        "return np.kron(np.eye(M), x.T)",
        "inputs and outputs counted column by column",
    ),
    _both(
        "w column by column",
        _JX,
        "J[m * D + d, n * M + m] = x[n, d]",
        "elements of w counted column by column",
    ),
    _both("the gradient for ones", "return np.tile(w.sum(1), (N, 1))", _JW, "the sum over all outputs"),
    _both("one Jacobian for the other", _JX, "return np.kron(np.eye(N), w)", "the other Jacobian"),
    _both("the first sample alone", "J[d, m] = w[d, m]", _JW, "zero in the wrong elements"),
    _both(
        "the last sample alone",
        _JX,
        "J[d * M + m, (N - 1) * M + m] = x[N - 1, d]",
        "zero in the wrong elements",
    ),
    _both(
        "w transposed where it fits",
        "J[n * D + d, n * M + m] = w[m, d] if D == M else w[d, m]",
        _JW,
        "in the other layout",
    ),
    _both(
        "x transposed where it fits",
        _JX,
        "J[d * M + m, n * M + m] = x[d, n] if N == D else x[n, d]",
        "in the other layout",
    ),
    _both("kron", "return np.kron(np.eye(N), w)", "return np.kron(x.T, np.eye(M))"),
    _both(
        "einsum",
        "return np.einsum('na,dm->ndam', np.eye(N), w).reshape(N * D, N * M)",
        "return np.einsum('nd,mb->dmnb', x, np.eye(M)).reshape(D * M, N * M)",
    ),
    _both(
        "unit matrices sent through",
        "return np.array([(unit.reshape(N, D) @ w).ravel() for unit in np.eye(N * D)])",
        "return np.array([(x @ unit.reshape(D, M)).ravel() for unit in np.eye(D * M)])",
    ),
    _both(
        "four axes, then flat",
        "return np.array([[[[w[d, m] * (n == k) for m in range(M)] for k in range(N)] for d in range(D)] for n in range(N)]).reshape(N * D, N * M)",
        _JW,
    ),
)

ANSWERS: tuple[Answer, ...] = _SHAPES + _MAP + _RELU + _BACK + _FACTORS
