"""A graph shown step by step, without any script: `Film`.

One drawing holds the numbers of all steps; a row of radio buttons, which arrow keys move through, and style
rules show those of one. Where a page takes styles or buttons out (nbgrader's feedback, a notebook that is not
trusted), what is left is the drawing as it is after the last step, and the list of all steps.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from html import escape
from typing import Any

from course_lib.drawing.graph import (
    Sheet,
    framed,
    label,
    names_of,
    number,
    ring,
    said_of,
    sheet_of,
    skeleton,
)
from course_lib.drawing.layout import Wiring, layout_of

__all__ = ["Film", "Step"]


@dataclass(frozen=True)
class Step:
    """One step: a sentence, the node that it is about, and all numbers known after it."""

    text: str
    current: str
    values: Mapping[str, Any]
    gradients: Mapping[str, Any]


class Film:
    """The steps of a forward and a backward pass over one graph."""

    def __init__(self, wiring: Wiring, steps: Sequence[Step]) -> None:
        self.wiring, self.steps = dict(wiring), tuple(steps)

    def __str__(self) -> str:
        return "\n".join(f"{place}. {step.text}" for place, step in enumerate(self.steps, 1))

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        layout = layout_of(self.wiring)
        written = {
            name: [text for below in (False, True) for text in self._texts(name, below)]
            for name in names_of(layout)
        }
        sheet = sheet_of(layout, self.wiring, written)
        inside = skeleton(sheet, self.wiring) + "".join(self._labels(sheet)) + self._rings(sheet)
        picture = framed(sheet, inside, "The graph after the last step; the steps are listed below.")
        key = "f" + sha256((inside + str(self)).encode()).hexdigest()[:6]
        count = len(self.steps)
        buttons = "".join(
            f'<input type="radio" name="{key}" id="{key}-{i}" aria-label="step {i} of {count}" '
            f'style="margin:2px"{" checked" if i == count else ""}>'
            for i in range(1, count + 1)
        )
        listed = "".join(
            f'<li value="{i}" class="s{i}">{escape(s.text)}</li>' for i, s in enumerate(self.steps, 1)
        )
        return (
            # Buttons of one name belong together within a form: the same film may stand in a page twice.
            f'<form class="{key}" method="dialog"><style>{self._rules(key)}</style>'
            f"Steps, forward and then backward: {buttons}<br>{picture.svg}"
            f'<ol style="margin:4px 0 0 0">{listed}</ol></form>'
        )

    def _texts(self, name: str, below: bool) -> list[str]:
        """What stands above or below the wire of a node in each step."""
        of = [step.gradients if below else step.values for step in self.steps]
        said = "" if below else said_of(name, self.wiring)
        return [said + number(numbers, name, largest=below) if name in numbers else "" for numbers in of]

    def _labels(self, sheet: Sheet) -> Iterator[str]:
        """Each number with the steps in which it is shown; without rules, those of the last step."""
        for name in names_of(sheet.layout):
            for below in (False, True):
                texts = self._texts(name, below)
                start = 0
                for i in range(1, len(texts) + 1):
                    if i < len(texts) and texts[i] == texts[start]:
                        continue
                    if texts[start]:
                        extra = f' class="f{start + 1}"'
                        if i < len(texts):
                            # Replaced later: shown in these steps alone.
                            extra = f' class="{_classes("c", range(start + 1, i + 1))}" display="none"'
                        yield label(sheet, name, texts[start], below=below, extra=extra)
                    start = i

    def _rings(self, sheet: Sheet) -> str:
        """A line round the node of each step."""
        steps: dict[str, list[int]] = {}
        for i, step in enumerate(self.steps, 1):
            steps.setdefault(step.current, []).append(i)
        return "".join(
            ring(sheet, name, f' class="{_classes("c", at)}" display="none"')
            for name, at in steps.items()
            if name in sheet.layout.places
        )

    def _rules(self, key: str) -> str:
        """For each step: numbers that come later are hidden; what belongs to it alone is shown."""
        count = len(self.steps)
        rules = [f".{key} li{{display:none}}"]
        for i in range(1, count + 1):
            on = f"#{key}-{i}:checked~*"
            later = ",".join(f".f{k}" for k in range(i + 1, count + 1))
            rules.append(f"{on} :is({later}){{display:none}}" if later else "")
            rules.append(f"{on} .c{i}{{display:inline}}{on} .s{i}{{display:list-item}}")
        return "".join(rules)


def _classes(letter: str, numbers: Iterable[int]) -> str:
    return " ".join(f"{letter}{i}" for i in numbers)
