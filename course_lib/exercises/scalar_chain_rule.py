"""Public checks of the notebook 01_scalar_chain_rule.

The functions `…_right` take their inputs as arguments: the hidden checks call them with others.
"""

from __future__ import annotations

from course_lib.checking import compare
from course_lib.checking.diagnosis import Counterfactual
from course_lib.checking.model import Check, Exercise, Student
from course_lib.exercises._scalar_graph import PRODUCT, forward

__all__ = ["EXERCISES", "forward_value_right"]

NOTEBOOK = "01_scalar_chain_rule"

# x, y, z of unlike size and sign; whole numbers, fractions, zeros, large ones.
POINTS = ((3.0, -1.0, 2.5), (-0.5, 4.0, -3.0), (0.0, 7.0, 2.0), (1e6, -3e5, 0.25))


def _at(**inputs: float) -> str:
    return "at " + ", ".join(f"{name} = {value:.6g}" for name, value in inputs.items())


def forward_value_right(student: Student, node: str, x: float, y: float, z: float) -> None:
    """`forward_values(x, y, z)` gives the right value at one of the nodes d, q, f."""
    got = compare.items("The result", student.forward_values(x, y, z), 3, "d, q and f")["dqf".index(node)]
    right = forward(PRODUCT, {"x": x, "y": y, "z": z})
    known = {
        "d": [Counterfactual("x, without the factor 2", x), Counterfactual("x squared", x * x)],
        "q": [
            Counterfactual("x + y: the worked example's sum, not this graph's", x + y),
            Counterfactual("2(x + y): y does not go through the gate that doubles", 2 * (x + y)),
        ],
        "f": [
            Counterfactual("(x + y)z, the worked example's function", (x + y) * z),
            Counterfactual("2(x + y)z: y does not go through the gate that doubles", 2 * (x + y) * z),
            Counterfactual("the sum of q and z: the last gate is another one", right["q"] + z),
            Counterfactual("q: the last gate is missing", right["q"]),
        ],
    }
    compare.equal(node, got, right[node], counterfactuals=known[node], details=[_at(x=x, y=y, z=z)])


def _forward_check(title: str, node: str) -> Check:
    def run(student: Student) -> None:
        for point in POINTS:
            forward_value_right(student, node, *point)

    return Check(title, 1, run)


EXERCISES: tuple[Exercise, ...] = (
    Exercise(
        "forward_values",
        NOTEBOOK,
        "Exercise 1: forward values",
        1,
        ("forward_values",),
        (
            _forward_check("The first gate's value, d, is right", "d"),
            _forward_check("The second gate's value, q, is right", "q"),
            _forward_check("The last gate's value, f, is right", "f"),
        ),
        "A graph is a recipe",
    ),
)
