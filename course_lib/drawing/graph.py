"""`draw_graph`: a computation graph as inline SVG, values above the wires, gradients below.

Inputs stand left, one column further for each gate; a node's value and gradient are written where its wire
begins, so that a branch carries them once. A column is as wide as what is written in it. All lines and
letters take the page's text colour. Nothing is computed here: what the student has not worked out yet is
drawn as a question mark.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from typing import Any

import numpy as np

from course_lib.drawing.figure import Picture
from course_lib.drawing.layout import Layout, Point, layout_of

__all__ = ["draw_graph"]

Nodes = Mapping[str, tuple[str, tuple[str, ...]]]
Numbers = Mapping[str, Any]

_COLUMN, _ROW, _RADIUS, _CURVE = 140, 58, 16, 24
# The width of a letter at this size: the most that common fonts need, and what most texts come to.
_WIDE, _LETTER = 8.4, 7.6
# A wider picture is made smaller, down to a share of its size; then it is scrolled, or nobody could read it.
_WIDEST, _SMALLEST = 1000, 0.65


def draw_graph(
    nodes: Any,
    values: Numbers | None = None,
    gradients: Numbers | None = None,
    *,
    wrong: Collection[str] = (),
    current: str = "",
) -> Picture:
    """Draw a computation graph.

    Parameters
    ----------
    nodes : Graph, or mapping of str to (str, tuple of str)
        For each gate's output its symbol and its parents, parents first: ``{"q": ("+", ("x", "y"))}``. Names
        that only occur as parents are the inputs. A `course_lib.graph.Graph` brings its values and gradients.
    values, gradients : mapping of str to number or ndarray, optional
        By node; a number is written with at most 4 digits, of an array the shape and, of a gradient, the
        largest size; "?" where one is missing. Without `gradients` only values are drawn.
    wrong : collection of str
        Nodes whose gradient is marked as wrong.
    current : str
        A node that is marked as the one of which the text speaks.

    Returns
    -------
    Picture
        Its `alt` says the same in words.

    Raises
    ------
    DefinitionError
        When a gate comes before one of its parents.

    Examples
    --------
    >>> draw_graph({"d": ("double", ("x",))}, {"x": 3, "d": 6}, {"x": 2, "d": 1})
    [picture: Computation graph. x: value 3, gradient 2. d = double of x: value 6, gradient 1.]
    """
    wiring: Nodes = getattr(nodes, "wiring", nodes)
    if values is None:
        values = getattr(nodes, "values", {}) if wiring is not nodes else {}
    if gradients is None and wiring is not nodes:
        gradients = nodes.gradients or None
    layout = layout_of(wiring)
    names = names_of(layout)
    above = {name: said_of(name, wiring) + number(values, name) for name in names}
    below = {} if gradients is None else {name: number(gradients, name, largest=True) for name in names}
    below |= {name: f"✗ {below[name]}" for name in wrong if name in below}
    sheet = sheet_of(layout, wiring, {name: (above[name], below.get(name, "")) for name in names})
    parts = [skeleton(sheet, wiring, current)]
    for name in names:
        parts.append(label(sheet, name, above[name]))
        if name in below:
            parts.append(label(sheet, name, below[name], below=True, wrong=name in wrong))
    return framed(sheet, "".join(parts), _in_words(wiring, names, values, gradients, wrong))


def names_of(layout: Layout) -> list[str]:
    """The nodes of a layout, without the points that wires pass."""
    return [point for point in layout.places if isinstance(point, str)]


def said_of(name: str, wiring: Nodes) -> str:
    """What stands before a value: an input has its name at the left end of its wire."""
    return f"{name} = " if name in wiring else ""


@dataclass(frozen=True)
class Sheet:
    """A layout in pixels: where the nodes of each column stand, what is free before them, and the end."""

    layout: Layout
    columns: tuple[float, ...]
    before: tuple[float, ...]
    width: float

    def at(self, point: Point) -> tuple[float, float]:
        """Where a node stands, or a point that a wire passes."""
        column, row = self.layout.places[point]
        return self.columns[column], round(_ROW * row, 1)


def sheet_of(layout: Layout, wiring: Nodes, written: Mapping[str, Iterable[str]]) -> Sheet:
    """Columns wide enough for all that is `written` at each node, now or later."""
    count = 1 + max(column for column, _ in layout.places.values())
    room, before = [float(_COLUMN)] * count, [0.0] * count
    for name in names_of(layout):
        column = layout.places[name][0]
        longest = max((len(text) for text in written[name]), default=0)
        # It ends before the next node, and as a rule before the wires turn.
        needed = max(_WIDE * longest + 8, _LETTER * longest + 4 + _CURVE)
        room[column] = max(room[column], 2 * _RADIUS + needed)
        if name not in wiring:
            before[column] = max(before[column], _WIDE * len(name) - 2 * _RADIUS)
    columns = [24 + before[0]]
    for column in range(1, count):
        columns.append(columns[-1] + room[column - 1] + before[column])
    return Sheet(layout, tuple(columns), tuple(before), columns[-1] + room[-1])


def skeleton(sheet: Sheet, wiring: Nodes, current: str = "") -> str:
    """Wires and nodes, without any number."""
    parts = [_wires(sheet, wiring)]
    ends = {parent for _, parents in wiring.values() for parent in parents}
    for name in names_of(sheet.layout):
        x, y = sheet.at(name)
        parts.append(_node(name, wiring[name][0] if name in wiring else "", x, y, current == name))
        if name not in ends:
            parts.append(_path(f"M{x + _RADIUS:g} {y:g}h{_COLUMN - 2 * _RADIUS - _CURVE}"))
    return "".join(parts)


def framed(sheet: Sheet, inside: str, alt: str) -> Picture:
    """The whole picture; one that is too wide is made smaller as far as it can be read, and then scrolled."""
    width = sheet.width
    height = max(sheet.at(point)[1] for point in sheet.layout.places) + _ROW
    fits = width <= _WIDEST
    style = (
        "max-width:100%" if fits else f"width:100%;min-width:{_SMALLEST * width:g}px;max-width:{width:g}px"
    )
    svg = (
        f'<svg role="img" aria-label="{escape(alt)}" '
        f'viewBox="0 {-_ROW / 2:g} {width:g} {height:g}" width="{width:g}" height="{height:g}" '
        f'style="{style};height:auto;color:inherit" font-family="sans-serif" '
        f'font-size="14" fill="currentColor" xmlns="http://www.w3.org/2000/svg">{inside}</svg>'
    )
    return Picture(svg, alt) if fits else Picture(f'<div style="overflow-x:auto">{svg}</div>', alt)


def _wires(sheet: Sheet, wiring: Nodes) -> str:
    """Each wire once from point to point: along its row, then up or down to the next one."""
    wires = sheet.layout.wires
    paths: dict[str, None] = {}
    for name, (_, parents) in wiring.items():
        entries = sorted(range(len(parents)), key=lambda i: sheet.at(wires[name, i][-2])[1])
        for order, index in enumerate(entries):
            for start, end in pairwise(wires[name, index]):
                from_x, from_y = sheet.at(start)
                x, y = sheet.at(end)
                begin = from_x + (_RADIUS if isinstance(start, str) else 0)
                into = y + (order - (len(parents) - 1) / 2) * 12 if isinstance(end, str) else y
                near = (
                    x - sheet.before[sheet.layout.places[end][0]]
                )  # the names of inputs come after the bend
                bend = near - _RADIUS - _CURVE
                stop = x if not isinstance(end, str) else x - (_RADIUS if into == y else 15)
                curve = f"C{bend + 14:g} {from_y:g} {bend + 8:g} {into:g} {near - 15:g} {into:g}H{stop:g}"
                paths[_path(f"M{begin:g} {from_y:g}H{bend:g}{curve}")] = None
    return "".join(paths)


def _path(d: str) -> str:
    return f'<path d="{d}" fill="none" stroke="currentColor" stroke-width="1.2"/>'


def _node(name: str, gate: str, x: float, y: float, current: bool) -> str:
    if not gate:
        line = ' text-decoration="underline"' if current else ""
        # A long name ends where its wire begins.
        at, end = (x + _RADIUS - 4, "end") if _WIDE * len(name) > 2 * _RADIUS else (x, "middle")
        place = f'x="{at:g}" y="{y + 5:g}" text-anchor="{end}"'
        return f'<text {place} font-weight="bold"{line}>{escape(name)}</text>'
    size = 16 if len(gate) == 1 else 11 if len(gate) < 5 else 8.5 if len(gate) < 7 else 7.5
    place = f'x="{x:g}" y="{y + size / 3:.4g}" text-anchor="middle"'
    return (
        f'<circle cx="{x:g}" cy="{y:g}" r="{_RADIUS}" fill="none" stroke="currentColor" '
        f'stroke-width="{4 if current else 1.5}"/>'
        f'<text {place} font-size="{size}">{escape(gate)}</text>'
    )


def ring(sheet: Sheet, name: str, extra: str) -> str:
    """A dashed line round a node."""
    x, y = sheet.at(name)
    return (
        f'<circle cx="{x:g}" cy="{y:g}" r="{_RADIUS + 2}" fill="none" stroke="currentColor" stroke-width="3" '
        f'stroke-dasharray="4 3"{extra}/>'
    )


def label(
    sheet: Sheet, name: str, text: str, *, below: bool = False, wrong: bool = False, extra: str = ""
) -> str:
    """A number above the wire of a node, or a gradient below it."""
    x, y = sheet.at(name)
    how = extra
    if below:
        how += ' font-weight="bold" fill="#d9603b"' if wrong else ' font-style="italic" opacity="0.85"'
    shown = escape(text.replace("-", "\N{MINUS SIGN}"))
    return f'<text x="{x + _RADIUS + 4:g}" y="{y + (16 if below else -5):g}"{how}>{shown}</text>'


def number(numbers: Numbers, name: str, *, largest: bool = False) -> str:
    """A number with at most 4 digits, an array by its shape (and the size of its largest element), or "?"."""
    if name not in numbers:
        return "?"
    value = np.asarray(numbers[name], dtype=float)
    if not value.ndim:
        return f"{float(value) + 0.0:.4g}"
    size = "×".join(str(n) for n in value.shape)
    return f"{size}, max {np.max(np.abs(value), initial=0.0):.2g}" if largest else size


def formula(symbol: str, parents: Sequence[str]) -> str:
    """A gate as it is written.

    >>> formula("+", ["x", "y"]), formula("max", ["x", "y"]), formula("exp", ["x"])
    ('x + y', 'max of x and y', 'exp of x')
    """
    if symbol.isalpha() or len(parents) == 1:
        return f"{symbol} of {' and '.join(parents)}"
    return f" {symbol} ".join(parents)


def _in_words(
    wiring: Nodes, names: list[str], values: Numbers, gradients: Numbers | None, wrong: Collection[str]
) -> str:
    def said(numbers: Numbers, name: str) -> str:
        return number(numbers, name) if name in numbers else "not known yet"

    sentences = ["Computation graph."]
    for name in names:
        what = f"{name} = {formula(*wiring[name])}" if name in wiring else name
        what = re.sub(r"\s*×\s*", " times ", what)
        gradient = "" if gradients is None else f", gradient {said(gradients, name)}"
        gradient += ", marked as wrong" if name in wrong else ""
        sentences.append(f"{what}: value {said(values, name)}{gradient}.")
    return " ".join(sentences)
