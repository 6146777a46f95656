"""Randomly wired networks (Xie et al. 2019, "Exploring Randomly Wired Neural Networks", section 3.2).

random_wiring   an undirected random graph, made a DAG by the order of its nodes
"""

from __future__ import annotations

from typing import Any

from course_lib.errors import DefinitionError
from course_lib.graph.node import Wiring

__all__ = ["random_edges", "random_wiring"]


def random_wiring(kind: str, size: int, seed: int = 0) -> Wiring:
    """A randomly wired network of one input `x`; its last node is the output.

    Each node adds what comes in over its edges and puts the sum through tanh. Edges run from the node with
    the lower number to that with the higher; nodes that nothing leads to get the input, and the output is
    the sum over nodes that lead nowhere.

    Parameters
    ----------
    kind : {"ER", "BA", "WS"}
        Erdős–Rényi (edges with probability 0.2), Barabási–Albert (5 edges a new node, or as many as there is
        room for) or Watts–Strogatz (4 neighbours, rewired with probability 0.75).
    size : int
        Number of nodes, at least 6.

    Returns
    -------
    wiring
        For `Graph.of(wiring, {"x": …})`.

    Raises
    ------
    DefinitionError
        When networkx is not installed, or `kind` or `size` is another.

    Examples
    --------
    >>> len([gate for gate, _ in random_wiring("WS", 6).values() if gate == "tanh"])
    6
    """
    edges = random_edges(kind, size, seed)
    wiring: dict[str, tuple[str, tuple[str, ...]]] = {}

    def added(name: str, terms: list[str]) -> str:
        """The sum of terms, two at a time; the name of the last node."""
        last = terms[0]
        for place, term in enumerate(terms[1:], 1):
            here = name if place == len(terms) - 1 else f"{name}_{place}"
            wiring[here] = ("+", (last, term))
            last = here
        return last

    for node in range(size):
        before = [f"h{a}" for a, b in edges if b == node] or ["x"]
        wiring[f"h{node}"] = ("tanh", (added(f"s{node}", before),))
    added("y", [f"h{node}" for node in range(size) if all(a != node for a, _ in edges)])
    return wiring


def random_edges(kind: str, size: int, seed: int = 0) -> list[tuple[int, int]]:
    """Which of `size` nodes hand their output to which, as in `random_wiring`: pairs (a, b), a below b.

    >>> all(a < b for a, b in random_edges("BA", 8))
    True
    """
    if kind not in ("ER", "BA", "WS") or size < 6:
        raise DefinitionError(
            f'A wiring "{kind}" of {size} nodes cannot be made.',
            "known are ER, BA and WS, of at least 6 nodes.",
            'call it as random_wiring("WS", 10).',
        )
    try:
        import networkx
    except ImportError:
        raise DefinitionError(
            "networkx is not installed.",
            "it makes the random graphs, and nothing else in the workbook needs it.",
            "install the extra: pip install 'backprop-workbook[lab]'.",
        ) from None
    if kind == "ER":
        graph: Any = networkx.gnp_random_graph(size, 0.2, seed=seed)
    elif kind == "BA":
        graph = networkx.barabasi_albert_graph(size, min(5, size - 1), seed=seed)
    else:
        graph = networkx.connected_watts_strogatz_graph(size, 4, 0.75, seed=seed)
    return sorted((min(a, b), max(a, b)) for a, b in graph.edges)
