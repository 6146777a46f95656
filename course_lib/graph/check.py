"""Whether a backward pass over a graph is right, and which gradient is the first wrong one.

check_graph   by numerical derivatives of the gates' forwards; `gradcheck.check_steps` does the work
"""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from course_lib.errors import DefinitionError
from course_lib.gradcheck import GradientReport, check_steps
from course_lib.graph.gates import FORWARDS
from course_lib.graph.node import Graph, Node

__all__ = ["ancestors", "check_graph"]


def check_graph(graph: Graph, output: Node, backward: Callable[[Any], Any]) -> GradientReport:
    """Check every gradient that a backward pass leaves in a graph.

    The graph is computed anew at several points; afterwards it has its values again, and the gradients that
    `backward` leaves for an upstream gradient of 1.

    Parameters
    ----------
    graph : Graph
    output : Node
        The node that everything is computed for.
    backward : callable
        `backward(upstream)` fills in `gradient` of every node that `output` depends on.

    Returns
    -------
    GradientReport
        In the order of the backward pass, from the output on; its first reason names the first wrong one.

    Raises
    ------
    DefinitionError
        When `output` is an input, or `backward` leaves an input without a gradient.

    Examples
    --------
    >>> graph = Graph()
    >>> x, y = graph.inputs(x=3.0, y=5.0)
    >>> f = (x * y).named("f")
    >>> def backward(upstream):
    ...     x.gradient, y.gradient = upstream * x.value, upstream * y.value
    >>> report = check_graph(graph, f, backward)
    >>> report.passed, [item.name for item in report.inputs if not item.passed]
    (False, ['x', 'y'])
    """
    if output.gate is None:
        raise DefinitionError(
            f"The node {output.name} is an input.", "nothing is computed for it.", "give the last node."
        )
    nodes = ancestors(graph, output)
    inputs = {node.name: node.value for node in nodes if node.gate is None}

    def left(upstream: Any, **values: Any) -> dict[str, Any]:
        graph.forward(**values)
        backward(upstream)
        for name in inputs:
            if graph[name].gradient is None:
                raise DefinitionError(
                    f"The backward pass left no gradient in {name}.",
                    f"{output.name} depends on it.",
                    "does the walk reach every node, down to the inputs?",
                )
        return {node.name: node.gradient for node in nodes if node.gradient is not None}

    steps = {node.name: _step(node) for node in nodes if node.gate is not None}
    try:
        return check_steps(steps, left, inputs)
    finally:
        graph.forward(**inputs)
        backward(np.ones(np.shape(output.value)) if np.ndim(output.value) else 1.0)


def ancestors(graph: Graph, output: Node) -> list[Node]:
    """The nodes that `output` depends on and itself, as they were made: parents first."""
    nodes = [graph[name] for name in graph.values]
    needed = {output}
    for node in reversed(nodes):
        needed.update(node.parents if node in needed else ())
    return [node for node in nodes if node in needed]


def _step(node: Node) -> Callable[..., Any]:
    """The forward of one node as a function of its parents by name, whatever the student's gate computes."""
    names = [parent.name for parent in node.parents]
    forward = FORWARDS.get(node.symbol) or copy.copy(node.gate).forward

    def step(**values: Any) -> Any:
        return forward(*(values[name] for name in names))

    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    parameters = [inspect.Parameter(name, kind) for name in dict.fromkeys(names)]
    step.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # check_steps reads it
    return step
