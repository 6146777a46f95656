"""Where the nodes of a graph stand when it is drawn: in columns, with few crossings and straight wires.

    Layout   a column and a row for each node, and for each wire the points that it passes

Theory of operation (Sugiyama, Tagawa and Toda 1981). A gate stands one column behind the last of its parents;
a wire over several columns gets a passing point in each, shared by all that the same node leads to. The
columns are put in order by sweeps, each node at the mean of its neighbours, and the order with the fewest
crossings is kept. Then rows are moved towards their neighbours, never closer than their letters allow: a
least-squares problem with an order, solved by pooling neighbours that come too close.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations, pairwise

from course_lib.errors import DefinitionError

__all__ = ["Layout", "layout_of"]

Wiring = Mapping[str, tuple[str, tuple[str, ...]]]
# A node by its name; a passing point by the node whose wire it is, and its column.
Point = str | tuple[str, int]

_SWEEPS, _MOVES = 12, 60
# How much room a passing wire needs beside another one or beside a node, in rows.
_BESIDE_WIRE, _BESIDE_NODE = 0.4, 0.62
# A bend in a long wire, or between two nodes that are alone with each other, is worse than a node that is not
# quite in the middle.
_STIFFNESS = 6.0


@dataclass(frozen=True)
class Layout:
    """Columns and rows (whole numbers and floats) of nodes, and of the points that wires pass.

    `wires` has for each gate and each place among its parents the points from parent to gate, both included.
    """

    places: Mapping[Point, tuple[int, float]]
    wires: Mapping[tuple[str, int], tuple[Point, ...]]


def layout_of(wiring: Wiring) -> Layout:
    """The places for a graph given as ``{"q": ("+", ("x", "y"))}``, parents first.

    Raises
    ------
    DefinitionError
        When a gate comes before one of its parents, or there is none.
    """
    if not wiring:
        raise DefinitionError("There is no gate to draw.", "The graph is empty.", "Compute something first.")
    return _laid_out(tuple((name, symbol, tuple(parents)) for name, (symbol, parents) in wiring.items()))


# The same graph is drawn again and again, with other values.
@lru_cache(maxsize=64)
def _laid_out(gates: tuple[tuple[str, str, tuple[str, ...]], ...]) -> Layout:
    wiring = {name: (symbol, parents) for name, symbol, parents in gates}
    column = _columns(wiring)
    wires: dict[tuple[str, int], tuple[Point, ...]] = {}
    links: dict[Point, set[Point]] = {name: set() for name in column}
    for name, (_, parents) in wiring.items():
        for place, parent in enumerate(parents):
            between: list[Point] = [(parent, c) for c in range(column[parent] + 1, column[name])]
            wires[name, place] = (parent, *between, name)
            for a, b in pairwise(wires[name, place]):
                links.setdefault(a, set()).add(b)
                links.setdefault(b, set()).add(a)
    of = {point: column[point] if isinstance(point, str) else point[1] for point in links}
    columns = [[point for point in links if of[point] == c] for c in range(max(of.values()) + 1)]
    columns = _ordered(columns, links, of)
    rows = _rows(columns, links, of)
    top = min(rows.values())
    return Layout({point: (of[point], rows[point] - top) for point in links}, wires)


def _columns(wiring: Wiring) -> dict[str, int]:
    """Inputs stand one column before the first gate that takes them."""
    column: dict[str, int] = {}
    inputs: list[str] = []
    for name, (_, parents) in wiring.items():
        for parent in parents:
            if parent in wiring and parent not in column:
                raise DefinitionError(
                    f'The gate "{name}" comes before its parent "{parent}".',
                    "A graph is drawn in the order in which it is computed.",
                    "Write parents first.",
                )
            if parent not in wiring and parent not in inputs:
                inputs.append(parent)
        column[name] = 1 + max((column.get(parent, 0) for parent in parents), default=0)
    first = {
        n: min(column[gate] for gate, (_, parents) in wiring.items() if n in parents) - 1 for n in inputs
    }
    return {**first, **column}


Links = Mapping[Point, set[Point]]
Columns = list[list[Point]]


def _ordered(columns: Columns, links: Links, of: Mapping[Point, int]) -> Columns:
    """The order within each column that was found with the fewest crossings."""
    best, fewest = columns, _crossings(columns, links, of)
    for sweep in range(_SWEEPS):
        if fewest == 0:
            break
        columns = [list(points) for points in columns]
        side = -1 if sweep % 2 == 0 else 1
        for c in range(len(columns)) if side < 0 else reversed(range(len(columns))):
            place = (
                {point: i for i, point in enumerate(columns[c + side])}
                if 0 <= c + side < len(columns)
                else {}
            )
            now = {point: i for i, point in enumerate(columns[c])}
            mean = {
                point: _mean([place[other] for other in links[point] if other in place], now[point])
                for point in columns[c]
            }
            columns[c].sort(key=lambda point, mean=mean, now=now: (mean[point], now[point]))  # type: ignore[misc]
        count = _crossings(columns, links, of)
        if count < fewest:
            best, fewest = columns, count
    return best


def _mean(numbers: Sequence[float], otherwise: float) -> float:
    return sum(numbers) / len(numbers) if numbers else float(otherwise)


def _crossings(columns: Columns, links: Links, of: Mapping[Point, int]) -> int:
    count = 0
    for left, right in pairwise(columns):
        place = {point: i for i, point in enumerate(right)}
        ends = [
            (i, place[other])
            for i, point in enumerate(left)
            for other in links[point]
            if of[other] == of[point] + 1
        ]
        count += sum((a - c) * (b - d) < 0 for (a, b), (c, d) in combinations(ends, 2))
    return count


def _rows(columns: Columns, links: Links, of: Mapping[Point, int]) -> dict[Point, float]:
    """A row for each point, in the given order, as near to its neighbours' rows as there is room."""
    rows: dict[Point, float] = {}
    for points in columns:
        at = 0.0
        for i, point in enumerate(points):
            at += _room(points[i - 1], point) if i else 0.0
            rows[point] = at

    def stiff(point: Point, other: Point) -> bool:
        left, right = sorted((point, other), key=of.__getitem__)
        alone = (
            sum(of[p] > of[left] for p in links[left]) == 1 == sum(of[p] < of[right] for p in links[right])
        )
        return alone or isinstance(other, tuple)

    neighbours = {
        point: [
            (other, _STIFFNESS if stiff(point, other) else 1.0) for other in sorted(links[point], key=str)
        ]
        for point in links
    }
    for move in range(_MOVES):
        order = range(len(columns)) if move % 2 == 0 else reversed(range(len(columns)))
        for c in order:
            # Once both ways from the neighbours on one side, so that chains come straight; then from both.
            side = () if move > _MOVES // 2 else (c - 1,) if move % 2 == 0 else (c + 1,)
            wanted, weights = [], []
            for point in columns[c]:
                near = [(o, w) for o, w in neighbours[point] if not side or of[o] in side]
                total = sum(w for _, w in near)
                wanted.append(sum(w * rows[o] for o, w in near) / total if near else rows[point])
                weights.append(_STIFFNESS if isinstance(point, tuple) else 1.0)
            rows.update(zip(columns[c], _apart(columns[c], wanted, weights), strict=True))
    # At last small bends are taken out where there is room.
    for c, points in enumerate(columns):
        straight = {
            point: rows[left]
            for point in points
            for left in links[point]
            if of[left] < c and stiff(left, point)
        }
        wanted = [straight.get(point, rows[point]) for point in points]
        weights = [_STIFFNESS**3 if point in straight else 1.0 for point in points]
        rows.update(zip(points, _apart(points, wanted, weights), strict=True))
    return rows


def _room(above: Point, below: Point) -> float:
    passing = isinstance(above, tuple) + isinstance(below, tuple)
    return (1.0, _BESIDE_NODE, _BESIDE_WIRE)[passing]


def _apart(points: Sequence[Point], wanted: Sequence[float], weights: Sequence[float]) -> list[float]:
    """The rows nearest to those wanted, by least squares, that keep order and room."""
    offsets = [0.0]
    for above, below in pairwise(points):
        offsets.append(offsets[-1] + _room(above, below))
    blocks: list[list[float]] = []  # mean, weight, count
    for row, offset, weight in zip(wanted, offsets, weights, strict=True):
        blocks.append([row - offset, weight, 1])
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            mean, total, count = blocks.pop()
            last = blocks[-1]
            last[0] = (last[0] * last[1] + mean * total) / (last[1] + total)
            last[1] += total
            last[2] += count
    means = [mean for mean, _, count in blocks for _ in range(int(count))]
    return [mean + offset for mean, offset in zip(means, offsets, strict=True)]
