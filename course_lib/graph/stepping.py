"""Forward and backward, one node at a time: what a backward pass really did, in the order it did it.

step_through   run a backward pass over a graph and show each of its steps
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from course_lib.drawing.film import Film, Step
from course_lib.drawing.graph import formula
from course_lib.errors import DefinitionError
from course_lib.graph.node import Graph, Node

__all__ = ["step_through"]

_MOST = 200


def step_through(graph: Graph, backward: Callable[[], Any]) -> Film:
    """The values of the graph, and then every gradient that `backward` sets, as a film to step through.

    Nothing is computed for the film: it shows what `backward` did, also where that is wrong. It needs no
    script; where styles are taken out, the last picture and a list of all steps remain.

    Parameters
    ----------
    graph : Graph
    backward : callable without arguments
        Sets `gradient` of nodes, as a rule to what `Node.downstream` of another node hands on.

    Raises
    ------
    DefinitionError
        When there are more than 200 steps.

    Examples
    --------
    >>> graph = Graph()
    >>> x, y = graph.inputs(x=3.0, y=5.0)
    >>> f = (x * y).named("f")
    >>> def backward():
    ...     f.gradient = 1.0
    ...     x.gradient, y.gradient = f.downstream(f.gradient)
    >>> print(step_through(graph, backward))
    1. Forward: x = 3 is given.
    2. Forward: y = 5 is given.
    3. Forward: f = x × y = 15.
    4. Backward: f has the gradient 1.
    5. Backward: f hands 5 to x.
    6. Backward: f hands 3 to y.
    """
    graph.forward()
    steps: list[Step] = []
    values: dict[str, Any] = {}
    for name in graph.values:
        node = graph[name]
        values = {**values, name: node.value}
        steps.append(Step(_made(node), name, values, {}))
    seen = _Watcher(graph, steps, values)
    graph.watcher = seen
    try:
        backward()
    finally:
        graph.watcher = None
    return Film(graph.wiring, steps)


class _Watcher:
    """Writes a step for each gradient that is set."""

    def __init__(self, graph: Graph, steps: list[Step], values: dict[str, Any]) -> None:
        self._graph, self._steps, self._values = graph, steps, values
        self._gradients: dict[str, Any] = {}
        self._asked: Node | None = None

    def __call__(self, event: str, node: Node) -> None:
        if event == "downstream":
            self._asked = node
            return
        if len(self._steps) >= _MOST:
            raise DefinitionError(
                f"The two passes take more than {_MOST} steps: {len(self._values)} nodes are computed first.",
                "a film of so many steps is of no use.",
                "step through a smaller graph.",
            )
        before, now = self._gradients.get(node.name), node.gradient
        if now is None or (before is None and not np.any(now)):
            # A gradient that is cleared, or set to zero to begin with, is no step.
            self._gradients = {k: v for k, v in self._gradients.items() if k != node.name}
            return
        giver = self._asked if self._asked is not None and node in self._asked.parents else None
        if giver is None:
            text = f"{node.name} has the gradient {_said(now)}"
        elif before is None or giver is node:
            text = f"{giver.name} hands {_said(now)} to {node.name}"
        else:
            share = (
                _said(np.asarray(now) - np.asarray(before)) if np.shape(now) == np.shape(before) else "more"
            )
            text = f"{giver.name} hands {share} more to {node.name}, which makes {_said(now)}"
        self._gradients = {**self._gradients, node.name: now}
        self._steps.append(Step(f"Backward: {text}.", node.name, self._values, self._gradients))


def _made(node: Node) -> str:
    if not node.parents:
        return f"Forward: {node.name} = {_said(node.value)} is given."
    what = formula(node.symbol, [parent.name for parent in node.parents])
    return f"Forward: {node.name} = {what} = {_said(node.value)}."


def _said(value: Any) -> str:
    if np.ndim(value):
        return f"an array {np.shape(value)}"
    return f"{float(value) + 0.0:.4g}".replace("-", "\N{MINUS SIGN}")
