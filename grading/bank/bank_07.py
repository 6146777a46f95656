"""Answers that people give in 07_matmul_backward: wrong ones, each with what the panel must say, and right ones.

Most are one line long, so that a table shows them side by side: hence the long lines.
"""

# ruff: noqa: E501 (one answer a line)

from grading.bank import Answer
from grading.bank.writing import answer, block, functions

__all__ = ["ANSWERS"]


def _touched(name: str, x: str, w: str, says: str = "") -> Answer:
    source = functions(
        {"touched_by_x(n, d, N, D, M)": f"return {x}", "touched_by_w(d, m, N, D, M)": f"return {w}"}
    )
    return answer("touched", name, source, says)


_ROW = "[(n, k) for k in range(M)]"
_COLUMN = "[(k, m) for k in range(N)]"
_TOUCHED = (
    _touched(
        "row and column taken for each other",
        "[(k, d) for k in range(N)]",
        "[(d, k) for k in range(M)]",
        "Your list is a column of y",
    ),
    _touched("the element at the same place alone", "[(n, 0)]", "[(0, m)]", "but other elements are too"),
    _touched(
        "counted from 1",
        "[(n + 1, k + 1) for k in range(M)]",
        "[(k + 1, m + 1) for k in range(N)]",
        "elements that y does not have",
    ),
    _touched(
        "everything",
        "[(i, j) for i in range(N) for j in range(M)]",
        _COLUMN,
        "but so are elements that are not",
    ),
    _touched("w touches a row", _ROW, "[(0, k) for k in range(M)]", "Your list is a row of y"),
    _touched(
        "swapped pairs", "[(k, n) for k in range(M)]", "[(m, k) for k in range(N)]", "two numbers swapped"
    ),
    _touched("sets in place of lists", f"set({_ROW})", f"set({_COLUMN})", "and is a set"),
    _touched("numbers in place of pairs", "list(range(M))", "list(range(N))", "should be a list of pairs"),
    _touched(
        "the row of x, of length D", "[(n, k) for k in range(D)]", "[(k, m) for k in range(D)]", "touched_by_"
    ),
    _touched("nothing", "[]", "[]", "Your list is empty"),
    _touched("a list in a list", f"[{_ROW}]", f"[{_COLUMN}]", "one list, and in it one pair"),
    _touched("twice each", f"2 * {_ROW}", _COLUMN, "lists an element of y twice"),
    _touched(
        "backwards and as tuples",
        "tuple((n, k) for k in reversed(range(M)))",
        "tuple([k, m] for k in range(N))",
    ),
    _touched(
        "numpy places",
        "np.argwhere(np.arange(N)[:, None] == n + np.zeros(M))",
        "np.argwhere(np.zeros((N, 1)) + np.arange(M) == m)",
    ),
)


def _one(name: str, element: str, row: str, says: str = "") -> Answer:
    source = functions(
        {"dx_element(dout, w, n, d)": f"return {element}", "dx_row(dout, w, n)": f"return {row}"}
    )
    return answer("one_element_one_row", name, source, says)


_ONE = (
    _one("without upstream", "w[d].sum()", "w.sum(axis=1)", "dout is not used"),
    _one(
        "the mean of the shares", "(dout[n] * w[d]).mean()", "w @ dout[n] / dout.shape[1]", "the mean over m"
    ),
    _one("one path only", "dout[n, 0] * w[d, 0]", "dout[n, 0] * w[:, 0]", "first column of dout alone"),
    _one(
        "the last path only, = for +=",
        "[dout[n, m] * w[d, m] for m in range(dout.shape[1])][-1]",
        "w[:, -1] * dout[n, -1]",
        "last column of dout alone",
    ),
    _one("the shares not added", "dout[n] * w[d]", "w @ dout[n]", "not yet added up"),
    _one(
        "an array of one", "(dout[n] * w[d]).sum(keepdims=True)", "w @ dout[n]", "should be a single number"
    ),
    _one("the shares of the row not added", "dout[n] @ w[d]", "dout[n] * w", "not yet added up"),
    _one("always the first sample", "dout[0] @ w[d]", "w @ dout[0]", "first row of dout alone"),
    _one("w left out", "dout[n].sum()", "dout[n].sum() + np.zeros(len(w))", "w is not used"),
    _one("all samples", "(dout @ w[d]).sum()", "(dout @ w.T).sum(0)", "all rows of dout added up"),
    _one("a product of sums", "dout[n].sum() * w[d].sum()", "w @ dout[n]", "a product of two sums"),
    _one(
        "a loop over the wrong size",
        "sum(dout[n, m] * w[d, m] for m in range(min(w.shape)))",
        "w @ dout[n]",
        "the first D paths alone",
    ),
    _one("the wrong axis", "dout[n] @ w[d]", "(dout[n] * w).sum(axis=0)", "along the wrong axis"),
    _one("the rows of all samples", "dout[n] @ w[d]", "dout @ w.T", "not row n alone"),
    _one("a column", "dout[n] @ w[d]", "w @ dout[n][:, None]", "as a matrix with one column"),
    _one("a matrix with one row", "w[d] @ dout[n]", "dout[n:n + 1] @ w.T", "as a matrix with one row"),
    _one(
        "built-in sum and a loop over d",
        "sum(a * b for a, b in zip(dout[n], w[d]))",
        "np.array([dx_element(dout, w, n, d) for d in range(len(w))])",
    ),
    _one("einsum", "np.einsum('m,m->', dout[n], w[d])", "np.einsum('m,dm->d', dout[n], w)"),
    _one("the row without the element before it", "float(np.vdot(w[d], dout[n]))", "(w * dout[n]).sum(1)"),
)


def _both(name: str, body: str, says: str = "", public: bool = True) -> Answer:
    return answer("matmul_backward", name, functions({"matmul_backward(dout, x, w)": body}), says, public)


_BOTH = (
    _both(
        "a share for each sample",
        "return dout @ w.T, x[:, :, None] * dout[:, None, :]",
        "for each sample, not yet added up",
    ),
    _both(
        "upstream of ones", "return np.ones_like(dout) @ w.T, x.T @ np.ones_like(dout)", "dout is not used"
    ),
    _both("y for dout", "return (x @ w) @ w.T, x.T @ (x @ w)", "with y in place of dout"),
    _both("dx without the transpose", "return dout @ w, x.T @ dout", "The inner two sizes of a product"),
    _both("np.dot without the transpose", "return np.dot(dout, w), np.dot(x, dout)", "The inner two sizes"),
    _both("element by element", "return dout * w.T, x.T * dout", "two arrays need equal sizes"),
    _both(
        "forced by reshape",
        "return (w @ dout.T).reshape(x.shape), (dout.T @ x).reshape(w.shape)",
        "by reshape",
    ),
    _both(
        "a factor forced by reshape",
        "(N, D), M = x.shape, w.shape[1]\nreturn dout @ w.reshape(M, D), x.reshape(D, N) @ dout",
        "dx with w put in rows of another length by reshape",
    ),
    _both(
        "x forced by reshape",
        "return dout @ w.T, x.reshape(x.shape[::-1]) @ dout",
        "dw with x put in rows of another length by reshape",
    ),
    _both("divided by the batch size", "return dout @ w.T, x.T @ dout / len(x)", "N, the number of samples"),
    _both("in the wrong order", "return x.T @ dout, dout @ w.T", "in the wrong order"),
    _both("dx transposed", "return w @ dout.T, x.T @ dout", "the transpose of the right value"),
    _both("dw transposed", "return dout @ w.T, dout.T @ x", "the transpose of the right value"),
    _both(
        "the last sample only",
        "return dout @ w.T, np.outer(x[-1], dout[-1])",
        "the last sample's share of dw alone",
    ),
    _both("dx twice", "dx = dout @ w.T\nreturn dx, dx", "stands in both places"),
    _both(
        "the first sample only",
        "return dout @ w.T, np.outer(x[0], dout[0])",
        "the first sample's share of dw alone",
    ),
    _both("elementwise", "return dout * w, x * dout", "raised ValueError"),
    _both("other sign", "return -dout @ w.T, -x.T @ dout", "the right value with the other sign"),
    _both("zeros", "return np.zeros_like(x), np.zeros_like(w)", "zero everywhere"),
    _both("only dx", "return dout @ w.T", "should be 2 values"),
    _both(
        "weight decay inside dw",
        "return dout @ w.T, x.T @ dout + 0.01 * w",
        "No mistake that this check knows",
    ),
    _both(
        "writes into dout",
        "dx = dout @ w.T\ndw = x.T @ dout\ndout *= 0\nreturn dx, dw",
        "changed its input dout",
    ),
    _both("einsum", "return np.einsum('nm,dm->nd', dout, w), np.einsum('nd,nm->dm', x, dout)"),
    _both(
        "loops over rows and samples",
        """
        dx, dw = np.empty(x.shape), np.zeros(w.shape)
        for n in range(len(x)):
            dx[n] = w.dot(dout[n])
            dw += np.outer(x[n], dout[n])
        return [dx, dw]
        """,
    ),
    _both("transposes of products, as views", "return (w @ dout.T).T, (dout.T @ x).T"),
    _both("tensordot", "return np.tensordot(dout, w, axes=(1, 1)), np.tensordot(x, dout, axes=(0, 0))"),
    _both(
        "a difference for each element: right in small, too slow at full size",
        """
        dx, dw = np.zeros(x.shape), np.zeros(w.shape)
        for i in np.ndindex(x.shape):
            e = np.zeros(x.shape); e[i] = 1
            dx[i] = np.sum(dout * (e @ w))
        for i in np.ndindex(w.shape):
            e = np.zeros(w.shape); e[i] = 1
            dw[i] = np.sum(dout * (x @ e))
        return dx, dw
        """,
        "ran too long",
        public=False,
    ),
    _both(
        "through the whole Jacobians: right in small, too large at full size",
        """
        (N, D), M = x.shape, w.shape[1]
        jx = np.zeros((N, D, N, M)); jw = np.zeros((D, M, N, M))
        for n in range(N):
            jx[n, :, n, :] = w
        for m in range(M):
            jw[:, m, :, m] = x.T
        return np.tensordot(jx, dout, 2), np.tensordot(jw, dout, 2)
        """,
        "more memory",
        public=False,
    ),
)


def _which(name: str, body: str, says: str = "") -> Answer:
    source = functions({"which_is_gradient(loss, v, candidates)": body})
    return answer("which_is_gradient", name, source, says)


_NUMERIC = """
h = {h}
g = np.zeros(v.shape)
for i in np.ndindex(v.shape):
    moved = v.copy()
    moved[i] += h
    g[i] = (loss(moved) - loss(v)) / h
"""
_WHICH = (
    _which("the first", "return 0", "chose a candidate that is not the gradient"),
    _which(
        "one element tested",
        """
        m = v.copy()
        m[0, 0] += 1e-5
        slope = (loss(m) - loss(v)) / 1e-5
        return int(np.argmin([abs(c[0, 0] - slope) for c in candidates]))
        """,
        "Only 1 of the",
    ),
    _which(
        "the same array under two names",
        """
        h, g = 1e-5, np.zeros(v.shape)
        for i in np.ndindex(v.shape):
            a = v; a[i] += h
            b = v; b[i] -= h
            g[i] = (loss(a) - loss(b)) / (2 * h)
        v -= 0
        return int(np.argmin([abs(c - g).max() for c in candidates]))
        """,
        "chose a candidate",
    ),
    _which(
        "moves that pile up",
        """
        h, g = 1e-5, np.zeros(v.shape)
        a, b = v.copy(), v.copy()
        for i in np.ndindex(v.shape):
            a[i] += h
            b[i] -= h
            g[i] = (loss(a) - loss(b)) / (2 * h)
        return int(np.argmin([abs(c - g).max() for c in candidates]))
        """,
        "moves pile up",
    ),
    _which(
        "a step too short",
        _NUMERIC.format(h=1e-15) + "return int(np.argmin([abs(c - g).max() for c in candidates]))",
        "too short",
    ),
    _which(
        "square alone",
        """
        h, g = 1e-5, np.zeros(v.shape)
        for i in range(v.shape[0]):
            for j in range(v.shape[0]):
                a, b = v.copy(), v.copy()
                a[i, j] += h
                b[i, j] -= h
                g[i, j] = (loss(a) - loss(b)) / (2 * h)
        return int(np.argmin([abs(c - g).max() for c in candidates]))
        """,
        "elements of v were ever moved",
    ),
    _which("moves v itself", "v[0, 0] += 1e-5\nreturn 0", "changed its input v in place"),
    _which("the candidate, not its place", "return candidates[0]", "should be a single number"),
    _which(
        "one answer for each", "return [False for c in candidates]", "the nearest to your numerical gradient"
    ),
    _which("None", "print(loss(v))", "is None"),
    _which(
        "the most different",
        _NUMERIC.format(h=1e-6) + "return int(np.argmax([abs(c - g).sum() for c in candidates]))",
        "chose a candidate",
    ),
    _which(
        "compared exactly",
        _NUMERIC.format(h=1e-6)
        + "for k, c in enumerate(candidates):\n    if np.array_equal(c, g):\n        return k",
        "take the nearest",
    ),
    _which(
        "not divided by 2",
        """
        h, g = 1e-5, np.zeros(v.shape)
        for i in np.ndindex(v.shape):
            e = np.zeros(v.shape); e[i] = h
            g[i] = (loss(v + e) - loss(v - e)) / h
        return [np.allclose(c, g, atol=1e-3) for c in candidates + [g]].index(True)
        """,
        "divided by 2h",
    ),
    _which(
        "a step of one",
        _NUMERIC.format(h=1.0) + "return int(np.argmin([abs(c - g).max() for c in candidates]))",
        "too long where the loss is no straight line",
    ),
    _which(
        "the largest difference, not its size",
        _NUMERIC.format(h=1e-6) + "return int(np.argmin([(c - g).max() for c in candidates]))",
        "so far that is right",
    ),
    _which("a place that is not there", "return len(candidates)", "the place of a candidate"),
    _which(
        "one-sided",
        _NUMERIC.format(h=1e-6) + "return [np.allclose(c, g, atol=1e-3) for c in candidates].index(True)",
    ),
    _which(
        "random directions",
        """
        rng = np.random.default_rng(0)
        errors = np.zeros(len(candidates))
        for _ in range(8):
            u = rng.normal(size=v.shape)
            slope = (loss(v + 1e-5 * u) - loss(v - 1e-5 * u)) / 2e-5
            errors += [abs(np.sum(c * u) - slope) for c in candidates]
        return errors.argmin()
        """,
    ),
)


def _bias(name: str, expression: str, says: str = "") -> Answer:
    return answer("bias_backward", name, functions({"bias_backward(dout)": f"return {expression}"}), says)


_BIAS = (
    _bias("the upstream itself", "dout", "the upstream gradient itself"),
    _bias("the mean", "dout.mean(axis=0)", "N, the number of samples"),
    _bias("a matrix with one row", "dout.sum(axis=0, keepdims=True)", "as a matrix with one row"),
    _bias("the wrong axis", "dout.sum(axis=1)", "the wrong axis was summed away"),
    _bias("one number for all", "dout.sum()", "should be an array of shape"),
    _bias("the count", "np.full(dout.shape[1], float(len(dout)))", "dout is not used"),
    _bias("ones", "np.ones(dout.shape[1])", "the local gradient alone: dout is not used"),
    _bias("the last sample", "dout[-1]", "the last sample's share"),
    _bias("zeros", "np.zeros(dout.shape[1])", "zero everywhere"),
    _bias("a product with ones", "np.ones(len(dout)) @ dout"),
    _bias("einsum", "np.einsum('nm->m', dout)"),
    _bias("python's sum over rows", "sum(dout)"),
)


def _guess(name: str, value: str, says: str = "") -> Answer:
    return answer(
        "predict_jacobian_gib", name, functions({"predict_jacobian_gib()": f"return {value}"}), says
    )


_PREDICT = (
    _guess("with its unit", '"256 GiB"', "should be a number"),
    _guess("nothing", "0", "a number above 0"),
    _guess("negative", "-1", "a number above 0"),
    _guess("None", "None", "is None"),
    _guess("far too small", "0.001"),
    _guess("a formula", "2**5 * 3.0"),
)


def _bytes(
    name: str, x: str, w: str, y: str, jx: str, jw: str, says: str = "", first: str = "pass"
) -> Answer:
    values = f'{{"x": {x}, "w": {w}, "y": {y}, "dy/dx": {jx}, "dy/dw": {jw}}}'
    return answer(
        "memory_bytes",
        name,
        functions({"memory_bytes(N, D, M, itemsize)": f"{first}\nreturn {values}"}),
        says,
    )


_X, _W, _Y, _B = "N*D*itemsize", "D*M*itemsize", "N*M*itemsize", "itemsize"
_JX, _JW = "N*D*N*M*itemsize", "D*M*N*M*itemsize"
_INTS = "N, D, M, itemsize = map(int, (N, D, M, itemsize))"
_BYTES = (
    _bytes("elements, not bytes", "N*D", "D*M", "N*M", "N*D*N*M", "D*M*N*M", "the number of elements", _INTS),
    _bytes("dy/dw as large as dy/dx", _X, _W, _Y, _JX, _JX, "the other Jacobian", _INTS),
    _bytes("the gradients' sizes", _X, _W, _Y, _X, _W, "the gradient of a scalar loss", _INTS),
    _bytes(
        "sizes added",
        _X,
        _W,
        _Y,
        "(N*D+N*M)*itemsize",
        "(D*M+N*M)*itemsize",
        "a number for every pair",
        _INTS,
    ),
    _bytes(
        "float64 always",
        "8*N*D",
        "8*D*M",
        "8*N*M",
        "8*N*D*N*M",
        "8*D*M*N*M",
        "elements of 8 bytes only",
        _INTS,
    ),
    _bytes(
        "float32 always",
        "4*N*D",
        "4*D*M",
        "4*N*M",
        "4*N*D*N*M",
        "4*D*M*N*M",
        "elements of 4 bytes only",
        _INTS,
    ),
    _bytes("x paired with w", _X, _W, _Y, "N*D*D*M*itemsize", "N*D*D*M*itemsize", "pairs x with w", _INTS),
    _bytes("x with itself", _X, _W, _Y, "(N*D)**2*itemsize", "(D*M)**2*itemsize", "with itself", _INTS),
    _bytes("as they come, run over", _X, _W, _Y, _JX, _JW, "has run over"),
    _bytes(
        "the itemsize twice", _X, _W, _Y, f"({_X})*({_Y})", f"({_W})*({_Y})", "itemsize counted twice", _INTS
    ),
    _bytes(
        "only what is not zero", _X, _W, _Y, f"{_X}*M", f"{_X}*M", "the elements that are not zero", _INTS
    ),
    _bytes("floats", _X, _W, _Y, _JX, _JW, "exact only up to 2**53", _INTS.replace("int", "float")),
    _bytes(
        "a mixture of integers",
        _X,
        _W,
        _Y,
        "most*N*itemsize",
        "most*M*itemsize",
        "still numpy's",
        "most = int(N) * int(D) * int(M)",
    ),
    answer(
        "memory_bytes",
        "a tuple",
        functions({"memory_bytes(N, D, M, itemsize)": f"return {_X}, {_W}, {_Y}"}),
        "should be a dict",
    ),
    _bytes(
        "one expression",
        "int(N)*int(D)*int(itemsize)",
        "int(D)*int(M)*int(itemsize)",
        "int(N)*int(M)*int(itemsize)",
        "int(N)**2*int(D)*int(M)*int(itemsize)",
        "int(D)*int(M)**2*int(N)*int(itemsize)",
    ),
    answer(
        "memory_bytes",
        "over the shapes",
        """
        import math
        def memory_bytes(N, D, M, itemsize):
            N, D, M = (n.__index__() for n in (N, D, M))
            shapes = {"x": (N, D), "w": (D, M), "y": (N, M)}
            shapes["dy/dx"] = shapes["x"] + shapes["y"]
            shapes["dy/dw"] = shapes["w"] + shapes["y"]
            return {name: math.prod(shape) * itemsize.__index__() for name, shape in shapes.items()}
        """,
    ),
)


def _layer(name: str, forward: str, backward: str, says: str = "", extra: str = "") -> Answer:
    source = (
        f"class MyAffine(Affine):\n{block(extra)}\n    def forward(self, x):\n"
        f"{block(forward, 2)}\n\n    def backward(self, dout):\n{block(backward, 2)}\n"
    )
    return answer("affine_layer", name, source, says)


_FORWARD = "self.x = x\nreturn x @ self.w + self.b"
_DW, _DB, _DX = "self.dw = self.x.T @ dout", "self.db = dout.sum(axis=0)", "return dout @ self.w.T"
_LAYER = (
    _layer("no bias", "self.x = x\nreturn x @ self.w", f"{_DW}\n{_DB}\n{_DX}", "without the bias"),
    _layer("db not summed", _FORWARD, f"{_DW}\nself.db = dout\n{_DX}", "left db of shape"),
    _layer("db the mean", _FORWARD, f"{_DW}\nself.db = dout.mean(0)\n{_DX}", "N, the number of samples"),
    _layer("dw transposed", _FORWARD, f"self.dw = dout.T @ self.x\n{_DB}\n{_DX}", "left dw of shape"),
    _layer(
        "dx forced by reshape",
        _FORWARD,
        f"{_DW}\n{_DB}\nreturn (self.w @ dout.T).reshape(self.x.shape)",
        "by reshape",
    ),
    _layer(
        "gradients returned, not left",
        _FORWARD,
        "return dout @ self.w.T, self.x.T @ dout, dout.sum(0)",
        "return dx alone; put dw into self.dw and db into self.db",
    ),
    _layer("backward without a return", _FORWARD, f"{_DW}\n{_DB}", "does backward end with a return?"),
    _layer(
        "forward without a return",
        "self.x = x\ny = x @ self.w + self.b",
        f"{_DW}\n{_DB}\n{_DX}",
        "forward returned None",
    ),
    _layer(
        "+= from the start",
        _FORWARD,
        f"self.dw += self.x.T @ dout\n{_DB}\n{_DX}",
        "NoneType",
    ),
    _layer(
        "forward returns its cache",
        "return x @ self.w + self.b, x",
        f"{_DW}\n{_DB}\n{_DX}",
        "forward returned a tuple of 2 values",
    ),
    _layer("gradients not left", _FORWARD, _DX, "self.dw is None"),
    _layer(
        "the first input is kept for ever",
        'if not hasattr(self, "x"):\n    self.x = x\nreturn x @ self.w + self.b',
        f"{_DW}\n{_DB}\n{_DX}",
        "the cache of the last forward",
    ),
    _layer(
        "one cache for all layers",
        "MyAffine.kept = x\nreturn x @ self.w + self.b",
        f"self.dw = MyAffine.kept.T @ dout\n{_DB}\n{_DX}",
        "the cache of the last forward",
    ),
    _layer(
        "adds up over calls",
        _FORWARD,
        "self.dw = self.x.T @ dout + (0 if self.dw is None else self.dw)\nself.db = dout.sum(0) + (0 if self.db is None else self.db)\n"
        + _DX,
        "the sum of this gradient and an earlier one",
    ),
    _layer(
        "takes a step on its own",
        _FORWARD,
        f"{_DW}\n{_DB}\ndx = dout @ self.w.T\nself.w -= 0.1 * self.dw\nreturn dx",
        "backward changed self.w",
    ),
    _layer(
        "forward trains the bias",
        "self.x = x\ny = x @ self.w + self.b\nself.b = self.b + 1\nreturn y",
        f"{_DW}\n{_DB}\n{_DX}",
        "forward changed self.b",
    ),
    _layer(
        "bias added into x w, the cache in a tuple",
        "self.cache = (x.copy(), self.w)\ny = x.dot(self.w)\ny += self.b\nreturn y",
        "x, w = self.cache\nself.dw = np.einsum('nd,nm->dm', x, dout)\nself.db = np.add.reduce(dout)\nreturn np.einsum('nm,dm->nd', dout, w)",
    ),
    _layer(
        "a column of ones for the bias",
        "self.x1 = np.hstack([x, np.ones((len(x), 1))])\nreturn self.x1 @ np.vstack([self.w, self.b])",
        "both = self.x1.T @ dout\nself.dw, self.db = both[:-1], both[-1]\n" + _DX,
    ),
    _layer(
        "with functions of its own",
        _FORWARD,
        "self.db = self._columns(dout)\nself.dw = self.x.transpose() @ dout\nreturn (self.w @ dout.T).T",
        extra="def _columns(self, a):\n    return a.T.sum(-1)\n",
    ),
)


def _net(name: str, body: str, says: str = "", public: bool = True) -> Answer:
    source = functions({"network_gradients(x, h, local, w2, dp)": body})
    return answer("network_gradients", name, source, says, public)


_NET = (
    _net("no derivative", "return x.T @ (dp @ w2.T), h.T @ dp", "without the hidden units' local gradient"),
    _net(
        "the derivative twice",
        "return x.T @ (dp @ w2.T * local**2), h.T @ dp",
        "local gradient applied twice",
    ),
    _net("the wrong order", "return h.T @ dp, x.T @ (dp @ w2.T * local)", "in the wrong order"),
    _net("h in place of local", "return x.T @ (dp @ w2.T * h), h.T @ dp", "with h in place of the hidden"),
    _net(
        "the sigmoid's own",
        "return x.T @ (dp @ w2.T * h * (1 - h)), h.T @ dp",
        "not with the one that is given",
    ),
    _net(
        "a sigmoid behind p",
        "p = h @ w2\nd = dp * p * (1 - p)\nreturn x.T @ (d @ w2.T * local), h.T @ d",
        "as if p came out of a sigmoid",
    ),
    _net("local alone", "return x.T @ local, h.T @ dp", "dp and w2 are not used"),
    _net("local in place of h", "return x.T @ (dp @ w2.T * local), local.T @ dp", "in place of their values"),
    _net("h times local for w2", "return x.T @ (dp @ w2.T * local), (h * local).T @ dp", "in place of h"),
    _net(
        "upstream of ones", "d = np.ones_like(dp)\nreturn x.T @ (d @ w2.T * local), h.T @ d", "dp is not used"
    ),
    _net("h times local", "return x.T @ (dp @ w2.T * h * local), h.T @ dp", "with h times the hidden"),
    _net("w2 left out", "return x.T @ (dp.sum(1, keepdims=True) * local), h.T @ dp", "without w2 on the way"),
    _net(
        "w2 forced by reshape",
        "return x.T @ (dp @ w2.reshape(w2.shape[::-1]) * local), h.T @ dp",
        "dw1 with w2 put in rows",
    ),
    _net(
        "the last sample",
        "return np.outer(x[-1], (dp @ w2.T * local)[-1]), np.outer(h[-1], dp[-1])",
        "the last sample's share of dw1",
    ),
    _net("dw2 twice", "dw2 = h.T @ dp\nreturn dw2, dw2", "stands in both places"),
    _net("divided by N", "return x.T @ (dp @ w2.T * local) / len(x), h.T @ dp", "N, the number of samples"),
    _net(
        "a matrix product with local",
        "return x.T @ (dp @ w2.T @ local), h.T @ dp",
        "one element by element",
    ),
    _net("writes into dp", "dp *= 1.0 / 2\nreturn x.T @ (dp @ w2.T * local), h.T @ dp", "is wrong"),
    _net(
        "the right order, the sign of descent",
        "return -x.T @ (dp @ w2.T * local), -h.T @ dp",
        "with the other sign",
    ),
    _net(
        "einsum in one",
        "return np.einsum('nd,nm,hm,nh->dh', x, dp, w2, local), np.einsum('nh,nm->hm', h, dp)",
    ),
    _net(
        "by matmul_backward",
        "dh, dw2 = matmul_backward(dp, h, w2)\nreturn matmul_backward(dh * local, x, np.zeros((x.shape[1], h.shape[1])))[1], dw2",
    ),
    _net(
        "sample by sample",
        """
        dw1, dw2 = 0.0, 0.0
        for k in range(len(x)):
            dw2 = dw2 + np.outer(h[k], dp[k])
            dw1 = dw1 + np.outer(x[k], (w2 @ dp[k]) * local[k])
        return dw1, dw2
        """,
    ),
)

ANSWERS: tuple[Answer, ...] = _TOUCHED + _ONE + _BOTH + _WHICH + _BIAS + _PREDICT + _BYTES + _LAYER + _NET
