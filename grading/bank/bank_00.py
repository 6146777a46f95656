"""Answers that people give in 00_start_here, with what the panel must say of the wrong ones."""

from grading.bank import Answer
from grading.bank.writing import answer, functions

__all__ = ["ANSWERS"]


def _centre(name: str, body: str, says: str = "") -> Answer:
    return answer("centre", name, functions({"centre(x)": body}), says)


ANSWERS = (
    _centre("rows", "return x - x.mean(axis=1, keepdims=True)", "the mean of each row"),
    _centre("one mean for all", "return x - x.mean()", "one mean for all"),
    _centre("the means alone", "return x.mean(axis=0)", "the means of the columns"),
    _centre("added", "return x + x.mean(axis=0)", "plus the means of its columns"),
    _centre("the other way round", "return x.mean(axis=0) - x", "the other sign"),
    _centre("nothing done", "return x.copy()", "x itself"),
    _centre("the largest", "return x - x.max(axis=0)", "the largest number of each column"),
    _centre("the sum", "return x - x.sum(axis=0)", "the sum of each column"),
    _centre("in place", "x -= x.mean(axis=0)\nreturn x", "changed its input x"),
    _centre("printed", "print(x - x.mean(axis=0))", "centre(x) is None"),
    _centre("a loop", "return np.array([[v - np.mean(c) for v, c in zip(row, x.T)] for row in x])"),
    _centre("by a product", "return x - np.ones((len(x), len(x))) @ x / len(x)"),
    _centre("transposed and back", "return (x.T - x.T.mean(axis=1, keepdims=True)).T"),
)
