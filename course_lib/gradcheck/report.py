"""What a gradient check found: a verdict, and for each input what is wrong, where, and which mistake fits.

Everything is plain data; `text`, `html` and `data` render it.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from html import escape
from typing import Any

from course_lib.gradcheck.explain import Explanation

__all__ = ["GradientReport", "InputReport"]


@dataclass(frozen=True)
class InputReport:
    """The gradient of one input.

    Attributes
    ----------
    name : str
    shape : tuple of int
    passed : bool
    relative_error : float
        |a - n| / max(|a| + |n|) of the worst element that was looked at; 0.0 where none was wrong.
    problem : str
        What is wrong in one clause; "" where nothing is.
    indices : tuple of index tuples
        Wrong elements that were found, all of them where `complete` (the first thousand are kept).
    complete : bool
    share : (float, float)
        The share of wrong elements, from and to; both ends equal where it was counted.
    pattern : str
        "all", "row 3", "column 7" or "".
    worst_index : tuple of int
    yours, expected : float or None
        The two numbers there.
    explanations : tuple of Explanation
    notes : tuple of str
        What is no mistake but worth knowing: a kink, a precision lost, memory that is shared.
    follows : tuple of str
        Of a backward in steps: the wrong gradients that this one is made of, by a step that is right.
    """

    name: str
    shape: tuple[int, ...]
    passed: bool
    relative_error: float = 0.0
    problem: str = ""
    indices: tuple[tuple[int, ...], ...] = ()
    complete: bool = True
    share: tuple[float, float] = (0.0, 0.0)
    pattern: str = ""
    worst_index: tuple[int, ...] = ()
    yours: float | None = None
    expected: float | None = None
    explanations: tuple[Explanation, ...] = ()
    notes: tuple[str, ...] = ()
    follows: tuple[str, ...] = ()

    @property
    def message(self) -> str:
        """The finding in one line."""
        if self.passed:
            return "; ".join(["right", *self.notes])
        parts = [self.problem]
        if self.yours is not None:
            at = f" at [{', '.join(map(str, self.worst_index))}]" if self.worst_index else ""
            parts.append(f"worst{at}: yours {self.yours:.6g}, expected {self.expected:.6g}")
        parts.append(self.cause)
        return "; ".join(part for part in [*parts, *self.notes] if part)

    @property
    def cause(self) -> str:
        """What the gradient equals, in words."""
        if self.follows:
            return f"its own step is right: it is wrong because {' and '.join(self.follows)} is"
        if self.explanations:
            return f"it equals {', or '.join(e.says for e in self.explanations)}"
        return "no mistake that this check knows gives exactly these values" if self.yours is not None else ""


def _symbol(passed: bool) -> str:
    return "✓" if passed else "✗"


@dataclass(frozen=True)
class GradientReport:
    """Verdict over all inputs, and what it rests on.

    Attributes
    ----------
    verdict : {"right", "wrong", "cannot tell"}
    reasons : tuple of str
        What holds for the call as a whole: something changed in place, an answer that is not the same twice.
    inputs : tuple of InputReport
    method : str
        "complex step" or "extrapolated differences", and why not the first.
    evaluations : int
        How often forward was called.
    basis : tuple of str
        The numbers that the verdict rests on, in words.
    """

    verdict: str
    reasons: tuple[str, ...]
    inputs: tuple[InputReport, ...]
    method: str
    evaluations: int
    basis: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether the verdict is "right"."""
        return self.verdict == "right"

    def __str__(self) -> str:
        return self.text()

    def text(self, explain: int = 2) -> str:
        """As plain text; `explain` 0: the verdict, 2: where, and what it equals, 3: what that rests on."""
        said = {"right": "passed", "wrong": "failed"}.get(self.verdict, self.verdict)
        lines = [f"gradient check ({self.method}): {said}", *(f"  {reason}" for reason in self.reasons)]
        for item in self.inputs if explain else ():
            lines.append(f"  d{item.name}: {item.message}")
        if explain >= 3:
            lines += [f"  {line}" for line in self.basis]
        return "\n".join(lines)

    def html(self) -> str:
        """As HTML, everything escaped; in words and symbols, in the page's own colours."""
        rows = "".join(
            f"<li>{_symbol(item.passed)} <code>d{escape(item.name)}</code>: {escape(item.message)}</li>"
            for item in self.inputs
        )
        reasons = "".join(f"<p style='margin:0'>{escape(reason)}</p>" for reason in self.reasons)
        basis = "".join(f"<div>{escape(line)}</div>" for line in self.basis)
        symbol = "?" if self.verdict == "cannot tell" else _symbol(self.passed)
        return (
            f'<section role="status" aria-label="Gradient check" style="color:inherit">'
            f'<p style="margin:0"><strong>{symbol} {escape(self.verdict)}</strong> '
            f"({escape(self.method)})</p>{reasons}"
            f'<ul style="list-style:none;margin:4px 0;padding:0">{rows}</ul>'
            '<details><summary style="cursor:pointer;display:list-item">What this rests on</summary>'
            f"{basis}</details>"
            "</section>"
        )

    def _repr_html_(self) -> str:
        return self.html()

    def data(self) -> dict[str, Any]:
        """As plain data for JSON."""
        return asdict(self)
