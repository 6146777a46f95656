"""How the bank writes answers: sources laid out as a student leaves them, whole or changed in one place."""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import dedent, indent

from grading.bank import Answer

__all__ = ["answer", "block", "functions", "with_body"]


def answer(exercise: str, name: str, source: str, says: str = "", public: bool = True) -> Answer:
    """An answer whose source may stand indented in the bank."""
    return Answer(exercise, name, dedent(source).strip() + "\n", says, public)


def block(lines: str, depth: int = 1) -> str:
    """Lines as they stand inside a function (`depth` 1) or a method (2)."""
    return indent(dedent(lines).strip(), "    " * depth)


def functions(bodies: Mapping[str, str]) -> str:
    """Functions by their heads, such as `functions({"f(x)": "return x"})`."""
    return "\n\n".join(f"def {head}:\n{block(lines)}\n" for head, lines in bodies.items())


def with_body(reference: str, name: str, lines: str, cls: str = "") -> str:
    """`reference` with other lines in the function `name`, or in that method of the class `cls`."""
    old = reference.splitlines()
    start = next(i for i, line in enumerate(old) if line.startswith(f"class {cls}(")) if cls else 0
    start = next(i for i in range(start, len(old)) if old[i].lstrip().startswith(f"def {name}("))
    margin = len(old[start]) - len(old[start].lstrip())
    ends = (
        i
        for i in range(start + 1, len(old))
        if old[i].strip() and len(old[i]) - len(old[i].lstrip()) <= margin
    )
    rest = old[next(ends, len(old)) :]
    return "\n".join([*old[: start + 1], block(lines, margin // 4 + 1), "", *rest]) + "\n"
