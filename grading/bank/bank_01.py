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

ANSWERS: tuple[Answer, ...] = _FORWARD_VALUES
