"""Answers that people give in 05_two_layer_sigmoid_net: wrong ones, what the panel must say, right ones."""

from grading.bank import Answer
from grading.bank.writing import answer, functions

__all__ = ["ANSWERS"]


def _body(exercise: str, signature: str, name: str, body: str, says: str = "", public: bool = True) -> Answer:
    return answer(exercise, name, functions({signature: body}), says, public)


_PREDICTION = tuple(
    _body("predict_lowest_loss", "predict_lowest_loss()", name, body, says)
    for name, body, says in (
        ("nothing returned", "pass", "is None"),
        ("a letter outside", 'return "G"', "one of the letters A to F"),
        ("a number", "return 1", "one of the letters A to F"),
        ("two letters", 'return "AB"', "one of the letters A to F"),
        ("another guess", 'return "B"', ""),
        ("a small letter", 'return " d"', ""),
    )
)

_FORWARD = tuple(
    _body("net_forward", "net_forward(x, w1, w2, act)", name, body, says)
    for name, body, says in (
        ("no activation", "h = x @ w1\nreturn h, h @ w2", "with no activation"),
        (
            "activation on the output too",
            "h = act(x @ w1)\nreturn h, act(h @ w2)",
            "applied to the output too",
        ),
        ("always the sigmoid", "h = sigmoid(x @ w1)\nreturn h, h @ w2", "whatever activation is passed"),
        ("activation twice", "h = act(act(x @ w1))\nreturn h, h @ w2", "applied twice"),
        ("only the predictions", "return act(x @ w1) @ w2", "h and y_pred"),
        ("changes w1", "h = act(x @ w1)\nw1 *= 0\nreturn h, h @ w2", "changed its input w1"),
        ("the other order", "h = act(x @ w1)\nreturn h @ w2, h", "in the wrong order"),
        ("the predictions twice", "y = act(x @ w1) @ w2\nreturn y, y", "stands in both places"),
        ("always tanh", "h = np.tanh(x @ w1)\nreturn h, h @ w2", "tanh of x times w1"),
        ("activation first", "h = act(x) @ w1\nreturn h, h @ w2", "the product comes first"),
        ("dot and a list", "h = act(x.dot(w1))\nreturn [h, np.dot(h, w2)]", ""),
        (
            "einsum",
            'h = act(np.einsum("nd,dj->nj", x, w1))\nreturn h, np.einsum("nj,jm->nm", h, w2)',
            "",
        ),
        (
            "row by row",
            "h = np.array([act(row @ w1) for row in x])\nreturn h, np.array([row @ w2 for row in h])",
            "",
        ),
    )
)


def _losses(name: str, total: str, mean: str, says: str = "") -> Answer:
    source = functions({"sum_loss(y_pred, y)": f"return {total}", "mean_loss(y_pred, y)": f"return {mean}"})
    return answer("net_losses", name, source, says)


_SUM, _MEAN = "((y_pred - y) ** 2).sum()", "((y_pred - y) ** 2).mean()"
_LOSSES = (
    _losses("mean for sum", _MEAN, _MEAN, "the mean over all elements"),
    _losses("sum for mean", _SUM, _SUM, "the sum of the squares"),
    _losses("over the samples alone", _SUM, f"{_SUM} / len(y)", "divided by the number of samples alone"),
    _losses("absolute differences", "abs(y_pred - y).sum()", _MEAN, "absolute differences"),
    _losses("a half in front", f"0.5 * {_SUM}", _MEAN, "half the sum"),
    _losses("square of the sum", "(y_pred - y).sum() ** 2", _MEAN, "square of the sum of"),
    _losses("one for each sample", "((y_pred - y) ** 2).sum(axis=1)", _MEAN, "single number"),
    _losses("over the outputs alone", _SUM, f"{_SUM} / y.shape[1]", "number of outputs alone"),
    _losses("half the mean", _SUM, f"{_MEAN} / 2", "half the mean"),
    _losses(
        "half of it, over the samples",
        _SUM,
        f"{_SUM} / (2 * len(y))",
        "half the sum of the squares divided by",
    ),
    _losses("mean of absolute differences", _SUM, "abs(y_pred - y).mean()", "mean of the absolute"),
    _losses("not squared", _SUM, "(y_pred - y).mean()", "mean of the differences, not squared"),
    _losses("square of the mean", _SUM, "(y_pred - y).mean() ** 2", "square of the mean"),
    _losses("root of the mean", _SUM, f"np.sqrt({_MEAN})", "root of the right value"),
    _losses(
        "norm and built-in floats", "np.linalg.norm(y_pred - y) ** 2", "float(np.mean(np.square(y - y_pred)))"
    ),
    _losses(
        "by generators",
        "sum(float(e) ** 2 for e in (y_pred - y).flat)",
        "np.vdot(y_pred - y, y_pred - y) / y.size",
    ),
)

_LOSS_GRADIENT = tuple(
    _body("mean_loss_grad", "mean_loss_grad(y_pred, y)", name, body, says)
    for name, body, says in (
        ("the lecture's line", "return 2.0 * (y_pred - y)", "the mean is missing"),
        ("over the samples alone", "return 2 * (y_pred - y) / len(y)", "divided by the number of samples"),
        ("no factor two", "return (y_pred - y) / y.size", "without the factor that the square brings"),
        ("sign", "return 2 * (y - y_pred) / y.size", "with the other sign"),
        ("the difference alone", "return y_pred - y", "y_pred - y alone"),
        ("the small net's size written in", "return 2 * (y_pred - y) / 10", "mean of ten elements"),
        (
            "the difference over the samples",
            "return (y_pred - y) / len(y)",
            "difference divided by the number of s",
        ),
        (
            "the difference over the outputs",
            "return (y_pred - y) / y.shape[1]",
            "difference divided by the number of o",
        ),
        ("no derivative", "return (y_pred - y) ** 2 / y.size", "the terms of the mean loss"),
        ("no derivative, no mean", "return (y_pred - y) ** 2", "the squared difference: no derivative"),
        ("twice the right value", "return 4 * (y_pred - y) / y.size", "2 times the right value, everywhere"),
        (
            "over the outputs alone",
            "return 2 * (y_pred - y) / y.shape[1]",
            "divided by the number of outputs",
        ),
        ("the example's cubes", "return 3 * (y_pred - y) ** 2", "the example's cubes"),
        ("the example's cubes, mean", "return 3 * (y_pred - y) ** 2 / y.size", "mean of cubes"),
        ("the power left as it is", "return 2 * (y_pred - y) ** 2", "its power did not fall"),
        ("the power left, mean", "return 2 * (y_pred - y) ** 2 / y.size", "its power did not fall"),
        ("a mean of the gradient", "return np.mean(2 * (y_pred - y))", "of shape"),
        (
            "writes into y_pred",
            "y_pred -= y\ny_pred *= 2 / y.size\nreturn y_pred",
            "changed its input y_pred",
        ),
        ("two factors", "return 2 * (y_pred - y) / y.shape[0] / y.shape[1]", ""),
        (
            "loops",
            """
            out = np.empty(y.shape)
            for i in np.ndindex(y.shape):
                out[i] = (y_pred[i] - y[i] + y_pred[i] - y[i]) / np.size(y)
            return out
            """,
            "",
        ),
    )
)

_W2 = tuple(
    _body("w2_element", "w2_element(h, grad_y_pred, j, m)", name, body, says)
    for name, body, says in (
        ("first sample alone", "return h[0, j] * grad_y_pred[0, m]", "first sample alone"),
        ("mean over samples", "return (h[:, j] * grad_y_pred[:, m]).mean()", "mean over the samples"),
        ("no upstream", "return h[:, j].sum()", "upstream gradient of ones"),
        ("upstream alone", "return grad_y_pred[:, m].sum()", "without what h hands to this weight"),
        ("every output", "return (h[:, j] @ grad_y_pred).sum()", "the sum over every output"),
        (
            "last path only",
            "for n in range(len(h)):\n    total = h[n, j] * grad_y_pred[n, m]\nreturn total",
            "last sample alone",
        ),
        ("a product of sums", "return h[:, j].sum() * grad_y_pred[:, m].sum()", "a product of two sums"),
        ("indices swapped", "return h[:, m] @ grad_y_pred[:, j]", "the two indices are in the wrong order"),
        ("all products, not summed", "return h[:, j] * grad_y_pred[:, m]", "single number"),
        (
            "two samples written in",
            "return h[0, j] * grad_y_pred[0, m] + h[1, j] * grad_y_pred[1, m]",
            "the first two samples alone",
        ),
        ("dot product", "return h[:, j] @ grad_y_pred[:, m]", ""),
        ("from the whole", "return np.einsum('nj,nm->jm', h, grad_y_pred)[j, m]", ""),
        ("zip", "return sum(a * b for a, b in zip(h[:, j], grad_y_pred[:, m], strict=True))", ""),
    )
)

_T = "return 1 - h ** 2"
_E = "return grad_y_pred[n] @ w2[j]"
_ONE = "return sum(x[n, d] * slope(h[n, j]) * grad_h[n, j] for n in range(len(x)))"


def _w1(name: str, says: str = "", tanh: str = _T, hidden: str = _E, one: str = _ONE) -> Answer:
    source = functions(
        {
            "tanh_slope(h)": tanh,
            "h_element(w2, grad_y_pred, n, j)": hidden,
            "w1_element(x, h, grad_h, slope, d, j)": one,
        }
    )
    return answer("w1_element", name, source, says)


_W1 = (
    _w1("the sigmoid's derivative", "the sigmoid's derivative, not that of tanh", tanh="return h * (1 - h)"),
    _w1("derivative at the output", "as if h were the input z", tanh="return 1 - np.tanh(h) ** 2"),
    _w1("one minus t", "equals 1 - h", tanh="return 1 - h"),
    _w1("one output alone", "the first output alone", hidden="return grad_y_pred[n, 0] * w2[j, 0]"),
    _w1(
        "one output, the unit's own",
        "with the unit's own number alone",
        hidden="return grad_y_pred[n, j] * w2[j, j]",
    ),
    _w1(
        "tanh's own slope",
        "the derivative of tanh, whatever slope",
        one="return x[:, d] @ (grad_h[:, j] * tanh_slope(h[:, j]))",
    ),
    _w1(
        "last output only",
        "the last output alone",
        hidden="for m in range(w2.shape[1]):\n    g = grad_y_pred[n, m] * w2[j, m]\nreturn g",
    ),
    _w1(
        "as many outputs as units",
        "count the outputs",
        hidden="return grad_y_pred[n, :len(w2)] @ w2[j][:len(w2)]",
    ),
    _w1("product of sums at h", "a product of two sums", hidden="return grad_y_pred[n].sum() * w2[j].sum()"),
    _w1("indices swapped at h", "the two indices are in", hidden="return grad_y_pred[j] @ w2[n]"),
    _w1("h for its slope", "h in place of slope(h)", one="return x[:, d] @ (grad_h[:, j] * h[:, j])"),
    _w1(
        "h times its slope",
        "with h times slope(h)",
        one="return x[:, d] @ (grad_h[:, j] * h[:, j] * slope(h[:, j]))",
    ),
    _w1(
        "indices swapped at w1",
        "another element of dL/dw1: the two indices",
        one="return x[:, j] @ (grad_h[:, d] * slope(h[:, d]))",
    ),
    _w1("w2 alone", "upstream gradient of ones", hidden="return w2[j].sum()"),
    _w1("upstream alone", "without the weights on the way", hidden="return grad_y_pred[n].sum()"),
    _w1("sum over samples at h", "the sum over all samples", hidden="return (grad_y_pred @ w2[j]).sum()"),
    _w1("no derivative", "no derivative of the activation", one="return x[:, d] @ grad_h[:, j]"),
    _w1(
        "derivative twice", "applied twice", one="s = slope(h[:, j])\nreturn x[:, d] @ (grad_h[:, j] * s * s)"
    ),
    _w1("slope of slope", "slope(slope(h))", one="return x[:, d] @ (grad_h[:, j] * slope(slope(h[:, j])))"),
    _w1(
        "the sigmoid written in",
        "the sigmoid's derivative, whatever slope",
        one="return x[:, d] @ (grad_h[:, j] * h[:, j] * (1 - h[:, j]))",
    ),
    _w1("no upstream", "grad_h left out", one="return x[:, d] @ slope(h[:, j])"),
    _w1("no x", "without x", one="return (grad_h[:, j] * slope(h[:, j])).sum()"),
    _w1("mean", "mean over the samples", one="return np.mean(x[:, d] * grad_h[:, j] * slope(h[:, j]))"),
    _w1(
        "first sample alone",
        "the first sample alone",
        one="return x[0, d] * grad_h[0, j] * slope(h[0, j])",
    ),
    _w1("constants", "is wrong", tanh="return 0 * h", hidden="return 0.0", one="return 0.0"),
    _w1(
        "factored, vectorised",
        tanh="return (1 - h) * (1 + h)",
        one="return (grad_h * slope(h))[:, j] @ x[:, d]",
    ),
    _w1(
        "the whole, then one",
        hidden="return (grad_y_pred @ w2.T)[n, j]",
        one="return (x.T @ (grad_h * slope(h)))[d, j]",
    ),
)

_LINES = """
h = act(x @ w1)
g = loss_grad(h @ w2, y)
grad_w2 = {w2}
grad_h = {h}
grad_w1 = {w1}
return {out}
"""


def _all(
    name: str,
    says: str = "",
    w2: str = "h.T @ g",
    h: str = "g @ w2.T",
    w1: str = "x.T @ (grad_h * slope(h))",
    out: str = "grad_w1, grad_w2",
) -> Answer:
    body = _LINES.format(w2=w2, h=h, w1=w1, out=out)
    return _body("net_gradients", "net_gradients(x, y, w1, w2, act, slope, loss_grad)", name, body, says)


_GRADIENTS = (
    _all(
        "the last path alone, = for +=",
        "of the last sample and the last output",
        w1="np.outer(x[-1], g[-1, -1] * w2[:, -1] * slope(h)[-1])",
    ),
    _all("no derivative", "no derivative of the activation", w1="x.T @ grad_h"),
    _all("derivative twice", "applied twice", w1="x.T @ (grad_h * slope(h) * slope(h))"),
    _all(
        "the lecture's sigmoid", "the sigmoid's derivative, whatever slope", w1="x.T @ (grad_h * h * (1 - h))"
    ),
    _all("slope of the input", "taken of x.w1", w1="x.T @ (grad_h * slope(x @ w1))"),
    _all("slope of slope", "slope(slope(h))", w1="x.T @ (grad_h * slope(slope(h)))"),
    _all("mean on the way to w1", "the mean over the samples", w1="x.T @ (grad_h * slope(h)) / len(x)"),
    _all("mean over the samples", "the mean over the samples", w2="h.T @ g / len(x)"),
    _all("hidden error without w2", "without w2 on the way", h="g.sum(1, keepdims=True) + 0 * h"),
    _all("no upstream at w2", "an upstream gradient of ones", w2="h.T @ np.ones_like(g)"),
    _all("lecture's loss", "whatever loss_grad is passed", w2="h.T @ (2.0 * (h @ w2 - y))"),
    _all("swapped", "in the wrong order", out="grad_w2, grad_w1"),
    _all("the small net's slope", "the derivative of tanh, whatever slope", w1="x.T @ (grad_h * (1 - h**2))"),
    _all(
        "a difference of act",
        "the derivative of act itself",
        w1="x.T @ (grad_h * (act(x @ w1 + 1e-6) - act(x @ w1 - 1e-6)) / 2e-6)",
    ),
    _all("the difference for the loss", "for y_pred - y, whatever", w2="h.T @ (h @ w2 - y)"),
    _all("the mean loss of exercise 2", "for the mean loss", w2="h.T @ (2 * (h @ w2 - y) / y.size)"),
    _all(
        "the lecture's lines",
        "for 2 (y_pred - y), with the sigmoid's derivative",
        w2="h.T @ (2.0 * (h @ w2 - y))",
        h="2.0 * (h @ w2 - y) @ w2.T",
        w1="x.T @ (grad_h * h * (1 - h))",
    ),
    _all(
        "the small net's functions",
        "for the mean loss of exercise 2, with the derivative of tanh",
        w2="h.T @ mean_loss_grad(h @ w2, y)",
        h="mean_loss_grad(h @ w2, y) @ w2.T",
        w1="x.T @ (grad_h * tanh_slope(h))",
    ),
    _all("h for its slope", "h in place of slope(h)", w1="x.T @ (grad_h * h)"),
    _all("h times its slope", "h times slope(h), not", w1="x.T @ (grad_h * h * slope(h))"),
    _all("the slope on the way to w2", "h times slope(h) in place of h", w2="(h * slope(h)).T @ g"),
    _all("= for += over the outputs", "the last output alone", h="np.outer(g[:, -1], w2[:, -1])"),
    _all("one output", "the first output alone", h="np.outer(g[:, 0], w2[:, 0])"),
    _all("sum not started again", "start each at zero", h="np.cumsum(g @ w2.T, axis=1)"),
    _all("grad_w2 twice", "stands in both places", out="grad_w2, grad_w2"),
    _all("transposed", "the transpose", w2="g.T @ h"),
    _all("sign", "with the other sign", w2="-h.T @ g"),
    _all("zeros", "zero everywhere", w2="0 * w2", w1="0 * w1"),
    _all(
        "h spoilt before it is used",
        "0.5 times the right value",
        h="g @ w2.T * slope(h); h *= 0.5; grad_w2 = h.T @ g",
    ),
    _all("products in place of loops"),
    _all("einsum", w2="np.einsum('nj,nm->jm', h, g)", w1="np.einsum('nd,nj->dj', x, grad_h * slope(h))"),
    _all(
        "sum of outer products",
        w2="sum(np.outer(a, b) for a, b in zip(h, g, strict=True))",
        out="[grad_w1, grad_w2]",
    ),
)


def _step(name: str, says: str, body: str) -> Answer:
    return _body("descent_step", "descent_step(w1, w2, grad_w1, grad_w2, lr)", name, body, says)


_STEPS = (
    _step("the lost minus", "without the weight it starts from", "return w1 - lr * grad_w1, lr * grad_w2"),
    _step("uphill", "the sign is turned", "return w1 + lr * grad_w1, w2 + lr * grad_w2"),
    _step("no learning rate", "without the learning rate", "return w1 - grad_w1, w2 - lr * grad_w2"),
    _step("in place", "changed its input w1", "w1 -= lr * grad_w1\nw2 -= lr * grad_w2\nreturn w1, w2"),
    _step("no step", "no step was made", "return w1, w2"),
    _step("swapped", "in the wrong order", "return w2 - lr * grad_w2, w1 - lr * grad_w1"),
    _step(
        "over the learning rate",
        "divided by the learning rate",
        "return w1 - grad_w1 / lr, w2 - lr * grad_w2",
    ),
    _step(
        "the learning rate written in",
        "the learning rate 1e-4, whatever",
        "return w1 - 1e-4 * grad_w1, w2 - 1e-4 * grad_w2",
    ),
    _step("w1 twice", "stands in both places", "w = w1 - lr * grad_w1\nreturn w, w"),
    _step("nothing returned", "is None", "w1 = w1 - lr * grad_w1\nw2 = w2 - lr * grad_w2"),
    _step(
        "copies", "", "w1, w2 = w1.copy(), w2.copy()\nw1 -= lr * grad_w1\nw2 -= lr * grad_w2\nreturn w1, w2"
    ),
    _step("a list", "", "return [w + -lr * g for w, g in ((w1, grad_w1), (w2, grad_w2))]"),
)

ANSWERS: tuple[Answer, ...] = (
    *_PREDICTION,
    *_FORWARD,
    *_LOSSES,
    *_LOSS_GRADIENT,
    *_W2,
    *_W1,
    *_GRADIENTS,
    *_STEPS,
)
