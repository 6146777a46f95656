"""`draw_graph`: a scalar computation graph as inline SVG, values above the wires, gradients below.

Inputs stand left, one column further for each gate; a node's value and gradient are written where its wire
begins, so that a branch carries them once. All lines and letters take the page's text colour. Nothing is
computed here: what the student has not worked out yet is drawn as a question mark.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from course_lib.drawing.figure import Picture
from course_lib.errors import DefinitionError

__all__ = ["draw_graph"]

Nodes = Mapping[str, tuple[str, tuple[str, ...]]]
Numbers = Mapping[str, float]
Places = Mapping[str, tuple[float, float]]

_COLUMN, _ROW, _RADIUS, _CURVE = 132, 58, 16, 24


def draw_graph(
    nodes: Nodes,
    values: Numbers | None = None,
    gradients: Numbers | None = None,
    *,
    rows: Mapping[str, float] | None = None,
) -> Picture:
    """Draw the graph of a scalar function.

    Parameters
    ----------
    nodes : mapping of str to (str, tuple of str)
        For each gate's output its symbol and its parents, parents first: ``{"q": ("+", ("x", "y"))}``. Names
        that only occur as parents are the inputs.
    values, gradients : mapping of str to float, optional
        By node, written with at most 4 digits; "?" where one is missing. Without `gradients` only values
        are drawn.
    rows : mapping of str to float, optional
        Rows, counted downwards, of nodes that would otherwise lie on a wire.

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
    places = _places(nodes, rows or {})
    ends = {parent for _, parents in nodes.values() for parent in parents}
    parts = [_wires(nodes, places)]
    for name, (x, y) in places.items():
        parts.append(_node(name, nodes[name][0] if name in nodes else "", x, y))
        if name not in ends:
            parts.append(_path(f"M{x + _RADIUS:g} {y:g}h{_COLUMN - 2 * _RADIUS - _CURVE}"))
        said = f"{name} = " if name in nodes else ""  # an input has its name at the left end of its wire
        parts.append(_labels(said, name, values or {}, gradients, x, y))
    width = max(x for x, _ in places.values()) + _COLUMN
    top = min(y for _, y in places.values()) - _ROW / 2
    height = max(y for _, y in places.values()) + _ROW / 2 - top
    alt = _in_words(nodes, places, values or {}, gradients)
    svg = (
        f'<svg role="img" aria-label="{escape(alt)}" '
        f'viewBox="0 {top:g} {width:g} {height:g}" width="{width:g}" '
        'style="max-width:100%;height:auto;color:inherit" font-family="sans-serif" font-size="14" '
        f'fill="currentColor" xmlns="http://www.w3.org/2000/svg">{"".join(parts)}</svg>'
    )
    return Picture(svg, alt)


def _places(nodes: Nodes, rows: Mapping[str, float]) -> dict[str, tuple[float, float]]:
    """The centre of each node: inputs one column before the first gate that uses them."""
    column: dict[str, int] = {}
    row: dict[str, float] = {}
    inputs: list[str] = []
    for name, (_, parents) in nodes.items():
        for parent in parents:
            if parent in nodes and parent not in column:
                raise DefinitionError(
                    f'The gate "{name}" comes before its parent "{parent}".',
                    "A graph is drawn in the order in which it is computed.",
                    "Write parents first.",
                )
            if parent not in nodes and parent not in inputs:
                inputs.append(parent)
                row[parent] = rows.get(parent, len(inputs) - 1)
        column[name] = 1 + max((column.get(parent, 0) for parent in parents), default=0)
        row[name] = rows.get(name, sum(row[p] for p in set(parents)) / max(len(set(parents)), 1))
    for name in inputs:
        column[name] = min(column[gate] for gate, (_, parents) in nodes.items() if name in parents) - 1
    return {name: (24.0 + _COLUMN * column[name], _ROW * row[name]) for name in (*inputs, *nodes)}


def _wires(nodes: Nodes, places: Places) -> str:
    parts = []
    for name, (_, parents) in nodes.items():
        x, y = places[name]
        entries = sorted(range(len(parents)), key=lambda i: places[parents[i]][1])
        for order, index in enumerate(entries):
            from_x, from_y = places[parents[index]]
            into = y + (order - (len(parents) - 1) / 2) * 12
            bend = x - _RADIUS - _CURVE
            end = x - (_RADIUS if into == y else 15)
            # Along the parent's row, then down or up into the gate.
            parts.append(
                _path(
                    f"M{from_x + _RADIUS:g} {from_y:g}H{bend:g}C{bend + 14:g} {from_y:g} "
                    f"{bend + 8:g} {into:g} {end:g} {into:g}"
                )
            )
    return "".join(parts)


def _path(d: str) -> str:
    return f'<path d="{d}" fill="none" stroke="currentColor" stroke-width="1.2"/>'


def _node(name: str, gate: str, x: float, y: float) -> str:
    if not gate:
        return f'<text x="{x:g}" y="{y + 5:g}" text-anchor="middle" font-weight="bold">{escape(name)}</text>'
    size = 16 if len(gate) == 1 else 11
    return (
        f'<circle cx="{x:g}" cy="{y:g}" r="{_RADIUS}" fill="none" stroke="currentColor" stroke-width="1.5"/>'
        f'<text x="{x:g}" y="{y + size / 3:g}" text-anchor="middle" font-size="{size}">{escape(gate)}</text>'
    )


def _labels(said: str, name: str, values: Numbers, gradients: Numbers | None, x: float, y: float) -> str:
    left = x + _RADIUS + 4
    above = _number(values, name).replace("-", "\N{MINUS SIGN}")
    text = f'<text x="{left:g}" y="{y - 5:g}">{escape(said)}{above}</text>'
    if gradients is not None:
        below = _number(gradients, name).replace("-", "\N{MINUS SIGN}")
        text += f'<text x="{left:g}" y="{y + 16:g}" font-style="italic" opacity="0.85">{below}</text>'
    return text


def _number(numbers: Numbers, name: str) -> str:
    return f"{float(numbers[name]) + 0.0:.4g}" if name in numbers else "?"


def _in_words(nodes: Nodes, places: Places, values: Numbers, gradients: Numbers | None) -> str:
    def said(numbers: Numbers, name: str) -> str:
        return _number(numbers, name) if name in numbers else "not known yet"

    sentences = ["Computation graph."]
    for name in places:
        formula = name
        if name in nodes:
            gate, parents = nodes[name]
            inner = f" {gate} ".join(parents) if len(parents) > 1 else f"{gate} of {''.join(parents)}"
            formula = f"{name} = {inner}".replace("×", "times")
        gradient = "" if gradients is None else f", gradient {said(gradients, name)}"
        sentences.append(f"{formula}: value {said(values, name)}{gradient}.")
    return " ".join(sentences)
