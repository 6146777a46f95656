"""What the student sees of a report: a panel as HTML, and the same as plain text.

The verdict comes first, in a word and a symbol; where a check failed, its three levels unfold: where, what
the answer equals, what to reread. Styles are inline and use the page's own text colour, so that the panel
reads in light and dark and in nbgrader's feedback page alike. Everything is escaped: texts may come from
student code.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from html import escape

from course_lib.checking.model import Finding, Outcome, Report
from course_lib.checking.picture import grid_of, table_of
from course_lib.statuses import SYMBOLS, Status

__all__ = ["Panel", "html_of", "show", "text_of"]

# Middle tones: at least 3:1 against white and against the dark theme's grey. Colour only repeats what the
# words say.
_COLOUR = {Status.PASSED: "#1f9d55", Status.NOT_ATTEMPTED: "#808890"}
_WRONG = "#d9603b"
_LINES = "margin:2px 0;padding:0;border:0;background:transparent;color:inherit;white-space:pre-wrap"
# nbgrader's feedback page would take the triangle away.
_SUMMARY = "cursor:pointer;display:list-item"


class Panel:
    """A report that a notebook displays as HTML and a terminal as text."""

    def __init__(self, report: Report, explain: int = 0) -> None:
        self.report, self.explain = report, explain

    def __repr__(self) -> str:
        return text_of(self.report, self.explain)

    def _repr_html_(self) -> str:
        return html_of(self.report, self.explain)


def show(report: Report, explain: int = 0) -> None:
    """Display the panel in a notebook; elsewhere write its text to stdout."""
    panel = Panel(report, explain)
    if "IPython" in sys.modules:
        from IPython import get_ipython
        from IPython.display import display

        if get_ipython() is not None:  # type: ignore[no-untyped-call,unused-ignore]
            display(panel)  # type: ignore[no-untyped-call,unused-ignore]
            return
    sys.stdout.write(text_of(report, explain) + "\n")


def verdict(report: Report) -> str:
    """The first line: status, what passed, points.

    >>> from course_lib.checking.run import report_on
    >>> from course_lib.checking.model import Exercise
    >>> exercise = Exercise("toy", "00_start_here", "A toy", 2, (), (), "")
    >>> verdict(report_on(exercise, (Outcome("one", 1, Status.PASSED), Outcome("two", 1, Status.FAILED))))
    '✗ failed: 1 of 2 checks passed, 1 of 2 points'
    """
    passed = sum(outcome.status is Status.PASSED for outcome in report.outcomes)
    points = (
        f"{report.score:g} of {report.points:g} points" if report.points else "for practice, without points"
    )
    symbol = SYMBOLS[report.status]
    if report.status is Status.NOT_ATTEMPTED and not passed:
        return f"{symbol} not attempted: {points}"
    return f"{symbol} {report.status}: {passed} of {len(report.outcomes)} checks passed, {points}"


def _levels(finding: Finding, reread: str) -> tuple[tuple[tuple[str, str], ...], ...]:
    """What each level says as plain text, each with its title."""
    where = [("where", text) for text in finding.details]
    if finding.picture is not None:
        where.append(("where", "\n".join([finding.picture.label, *grid_of(finding.picture)])))
    if finding.example:
        where.append(("try", finding.example))
    why = (("why", finding.cause),) if finding.cause else ()
    return tuple(where), why, tuple(("reread", text) for text in _rereads(finding, reread))


def _rereads(finding: Finding, reread: str) -> list[str]:
    hints = [finding.hint] if finding.hint else []
    return hints if not reread or "reread" in finding.hint.lower() else [*hints, f"Reread “{reread}”."]


def text_of(report: Report, explain: int = 0, more_by: str = "") -> str:
    """The panel as plain text; `explain` = 0 to 3 levels unfolded.

    `more_by` is how more is asked for where it is not by `check("NAME", explain=N)`; it holds "{more}".
    """
    lines = [f"{report.title}", f"  {verdict(report)}"]
    if report.status is Status.NOT_ATTEMPTED and all(
        o.status is Status.NOT_ATTEMPTED for o in report.outcomes
    ):
        lines.append("  " + _untouched(report.outcomes))
    else:
        for outcome in report.outcomes:
            lines += _text_of_outcome(outcome, explain, report.reread)
    lines += [
        _hung("  note, which costs nothing: your code warned: ", warning) for warning in report.warnings[:3]
    ]
    told = [_levels(o.finding, report.reread) for o in report.outcomes if o.finding and _tells(o)]
    # A level that is empty for all of them is passed over.
    more = next((k + 1 for k in range(explain, 3) if any(levels[k] for levels in told)), 0)
    if more:
        by = more_by or f'check("{report.exercise}", explain={{more}})'
        lines.append(f"  For more: {by.format(more=more)}")
    return "\n".join(lines)


def _tells(outcome: Outcome) -> bool:
    return outcome.status not in (Status.PASSED, Status.NOT_ATTEMPTED)


def _text_of_outcome(outcome: Outcome, explain: int, reread: str) -> list[str]:
    lines = [f"  {SYMBOLS[outcome.status]} {outcome.status}: {outcome.title}"]
    finding = outcome.finding
    if finding is None or outcome.status is Status.PASSED:
        return lines
    if _tells(outcome):
        lines.append(_hung("      ", finding.headline))
        for level in _levels(finding, reread)[:explain]:
            lines += [_hung(f"      {title + ':':<11}", text) for title, text in level]
    return lines


def _hung(head: str, text: str) -> str:
    """The text behind its head; its further lines stand below its first one."""
    return head + text.replace("\n", "\n" + " " * len(head))


def _untouched(outcomes: Sequence[Outcome]) -> str:
    missing = next((o.finding for o in outcomes if o.finding and o.finding.hint), None)
    if missing is not None:
        return f"{missing.headline} {missing.hint}"
    return "Fill in the cell above, run it, then run this one again."


def html_of(report: Report, explain: int = 0) -> str:
    """The panel as HTML, all texts escaped; the first `explain` levels are open."""
    colour = _COLOUR.get(report.status, _WRONG)
    untouched = all(o.status is Status.NOT_ATTEMPTED for o in report.outcomes)
    if untouched:
        body = f'<p style="margin:4px 0">{escape(_untouched(report.outcomes))}</p>'
    else:
        rows = "".join(_html_of_outcome(outcome, explain, report.reread) for outcome in report.outcomes)
        body = f'<ul style="list-style:none;margin:4px 0 0 0;padding:0">{rows}</ul>'
    notes = "".join(
        f'<p style="margin:4px 0">Note, which costs nothing: your code warned: {escape(w[:300])}</p>'
        for w in report.warnings[:3]
    )
    return (
        f'<section role="status" aria-label="Check of {escape(report.title)}" '
        f'style="border-left:5px solid {colour};'
        'padding:6px 12px;margin:4px 0;background:transparent;color:inherit;font-size:14px;line-height:1.5">'
        f'<p style="margin:0"><strong>{escape(report.title)}</strong></p>'
        f'<p style="margin:0"><span style="color:{colour}" aria-hidden="true">&#9632;</span> '
        f"{escape(verdict(report))}</p>{body}{notes}</section>"
    )


def _html_of_outcome(outcome: Outcome, explain: int, reread: str) -> str:
    line = f"{SYMBOLS[outcome.status]} {outcome.status}: {outcome.title}"
    inner = ""
    if outcome.finding is not None and _tells(outcome):
        said = escape(outcome.finding.headline) + _folds(outcome.finding, explain, reread)
        inner = f'<div style="margin-left:1.5em">{said}</div>'
    return f'<li style="margin:2px 0">{escape(line)}{inner}</li>'


def _folds(finding: Finding, explain: int, reread: str) -> str:
    """The levels, each inside the one before, so that the student decides how much to be told."""
    rereads = [line for text in _rereads(finding, reread) for line in text.splitlines()]
    levels = (
        ("Where?", _where(finding)),
        ("What does my answer equal?", escape(finding.cause).replace("\n", "<br>")),
        ("What should I reread?", "<br>".join(map(escape, rereads))),
    )
    inner = ""
    for level, (title, said) in reversed(list(enumerate(levels))):
        if not said:
            continue
        opened = " open" if level < explain else ""
        inner = (
            f'<details{opened} style="margin:2px 0"><summary style="{_SUMMARY}">{title}</summary>'
            f'<div style="margin-left:1.2em">{said}{inner}</div></details>'
        )
    return inner


def _where(finding: Finding) -> str:
    lines = [line for text in finding.details for line in text.splitlines()]
    said = "<br>".join(f"<code>{escape(line)}</code>" for line in lines)
    if finding.picture is not None:
        said += table_of(finding.picture) + finding.picture.svg
    if finding.example:
        said += (
            '<div style="margin-top:4px">The smallest numbers that show it, to paste into a cell:'
            f'</div><pre style="{_LINES}">{escape(finding.example)}</pre>'
        )
    return said
