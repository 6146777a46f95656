"""What a gradient check found: a verdict, and for each input what is wrong, where, and which mistake fits.

Everything is plain data; `text`, `html` and `data` render it.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from html import escape
from typing import Any

from course_lib.checking.model import Picture
from course_lib.checking.picture import grid_of, table_of
from course_lib.gradcheck.hypotheses import Explanation
from course_lib.gradcheck.shrink import Example

__all__ = ["GradientReport", "InputReport", "told_apart"]

# Of all elements: so few are wrong that the rule itself must be right.
_FEW = 0.05


def told_apart(one: float, other: float) -> tuple[str, str]:
    """Two numbers with as many digits as it takes to see that they differ.

    >>> told_apart(0.374659, 0.37465937)
    ('0.374659', '0.3746594')
    """
    for digits in range(6, 17):
        texts = f"{one + 0.0:.{digits}g}", f"{other + 0.0:.{digits}g}"
        if texts[0] != texts[1]:
            break
    return texts


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
    picture : Picture, optional
        A map of the wrong elements.
    example : Example, optional
        The same mistake at small whole numbers.
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
    picture: Picture | None = None
    example: Example | None = None
    follows: tuple[str, ...] = ()

    @property
    def message(self) -> str:
        """The finding in one line."""
        if self.passed:
            return "; ".join(["right", *self.notes])
        return "; ".join(part for part in (self.problem, self.worst, self.cause, *self.notes) if part)

    @property
    def worst(self) -> str:
        """The worst element with its two numbers."""
        if self.yours is None:
            return ""
        at = f" at [{', '.join(map(str, self.worst_index))}]" if self.worst_index else ""
        yours, expected = told_apart(self.yours, self.expected or 0.0)
        return f"worst{at}: yours {yours}, expected {expected}"

    @property
    def hints(self) -> tuple[str, ...]:
        """What to reread or to try."""
        return tuple(dict.fromkeys(e.hint for e in self.explanations if e.hint))

    @property
    def cause(self) -> str:
        """What the gradient equals, in words."""
        if self.follows:
            return f"its own step is right: it is wrong because {' and '.join(self.follows)} is"
        if self.explanations:
            return f"it equals {', or '.join(e.says for e in self.explanations)}"
        if self.yours is None:
            return ""
        if self.complete and self.share[1] < _FEW:
            return "all others are right: what is special here?"
        return "no mistake that this check knows gives exactly these values"


def _fold(title: str, lines: Sequence[str], inner: str = "", *, numbers: bool = False) -> str:
    """A level that unfolds, with the next one inside."""
    if not lines:
        return inner
    said = "<br>".join(f"<code>{escape(line)}</code>" if numbers else escape(line) for line in lines)
    return (
        f'<details style="margin:2px 0"><summary style="cursor:pointer;display:list-item">{title}</summary>'
        f'<div style="margin-left:1.2em">{said}{inner}</div></details>'
    )


def _row(item: InputReport) -> str:
    head = f"{_symbol(item.passed)} <code>d{escape(item.name)}</code>: "
    if item.passed:
        return f'<li style="margin:2px 0">{head}{escape(item.message)}</li>'
    where = [line for line in (item.worst, str(item.example or "")) if line]
    equals = [f"{item.cause[0].upper()}{item.cause[1:]}."] if item.cause else []
    folds = _fold("What should I reread?", item.hints)
    folds = _fold("What does it equal?", [*equals, *item.notes], folds)
    drawn = table_of(item.picture) if item.picture is not None else ""
    folds = _fold("Where?", where, drawn + folds, numbers=True)
    inner = f'{escape(item.problem)}<div style="margin-left:1.5em">{folds}</div>'
    return f'<li style="margin:2px 0">{head}{inner}</li>'


def _printable(text: str, encoding: str) -> str:
    """The text in what a terminal can show; an old one knows few signs."""
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return text.translate({ord("✗"): "x", ord("·"): "."}).encode(encoding, "replace").decode(encoding)
    return text


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _symbol(passed: bool) -> str:
    return "✓" if passed else "✗"


@dataclass(frozen=True, repr=False)
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

    def __repr__(self) -> str:
        return self.text()

    def __str__(self) -> str:
        return _printable(self.text(), getattr(sys.stdout, "encoding", None) or "utf-8")

    def text(self, explain: int = 2) -> str:
        """As plain text; `explain` 0: verdict, 1: where, 2: what it equals, 3: what to reread, and why."""
        said = {"right": "passed", "wrong": "failed"}.get(self.verdict, self.verdict)
        lines = [f"gradient check ({self.method}): {said}", *(f"  {reason}" for reason in self.reasons)]
        for item in self.inputs if explain else ():
            where = "; ".join(part for part in (item.problem, item.worst) if part)
            lines.append(f"  d{item.name}: {where if explain == 1 and where else item.message}")
            if item.picture is not None:
                lines += [f"    {line}" for line in (item.picture.label, *grid_of(item.picture))]
            if item.example is not None:
                lines.append(f"    {item.example}")
            if explain >= 3:
                lines += [f"    {hint}" for hint in item.hints]
        if explain >= 3:
            lines += [f"  {line}" for line in self.basis]
        return "\n".join(lines)

    def html(self) -> str:
        """As HTML, everything escaped; in words and symbols, in the page's own colours."""
        rows = "".join(_row(item) for item in self.inputs)
        reasons = "".join(f'<p style="margin:0">{escape(reason)}</p>' for reason in self.reasons)
        symbol = "?" if self.verdict == "cannot tell" else _symbol(self.passed)
        return (
            '<section role="status" aria-label="Gradient check" style="color:inherit;'
            'font-size:14px;line-height:1.5">'
            f'<p style="margin:0"><strong>{symbol} {escape(self.verdict)}</strong> '
            f"({escape(self.method)})</p>{reasons}"
            f'<ul style="list-style:none;margin:4px 0;padding:0">{rows}</ul>'
            f"{_fold('What this rests on', self.basis, numbers=True)}</section>"
        )

    def _repr_html_(self) -> str:
        return self.html()

    def data(self) -> dict[str, Any]:
        """As plain data for JSON, where a number that is none is None."""
        return dict(_plain(asdict(self)))
