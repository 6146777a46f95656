"""A graph of values: each node knows its parents, the gate that made it, its value and its gradient.

    Graph   makes nodes: inputs by name, and what Python expressions make of them
    Node    one value; `+ - * / @ **2`, numpy's functions of the same and `graph.apply` make further ones

A value is computed when its node is made, and again by `Graph.forward`. Nothing here goes backward: the order
and the backward pass are the student's to write, with `Node.parents` and `Node.downstream`. Nothing here is
recursive: a chain of 100,000 nodes is a graph like any other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from course_lib.errors import CourseError, DefinitionError
from course_lib.graph.gates import FORWARDS, StandInGate

__all__ = ["Graph", "Node", "Wiring"]

# Of each gate's output the symbol and the names of its parents, parents first.
Wiring = Mapping[str, tuple[str, tuple[str, ...]]]


_NUMPY = {
    np.add: "+",
    np.subtract: "−",
    np.multiply: "×",
    np.divide: "÷",
    np.matmul: "@",
    np.maximum: "max",
    np.negative: "neg",
    np.exp: "exp",
    np.log: "log",
    np.square: "square",
    np.tanh: "tanh",
}


class Node:
    """One value in a graph.

    Attributes
    ----------
    name : str
    value : number or ndarray
    parents : tuple of Node
        What goes into its gate; empty for an input. The same node may stand in it twice.
    gate : object with forward and backward, or None for an input
    symbol : str
        What the gate is called: "+", "×", "max"…; "" for an input.
    """

    __slots__ = ("_gradient", "_graph", "gate", "name", "parents", "symbol", "value")

    def __init__(
        self, graph: Graph, name: str, value: Any, gate: Any, parents: tuple[Node, ...], symbol: str
    ) -> None:
        self._graph, self.name, self.value = graph, name, value
        self.gate, self.parents, self.symbol = gate, parents, symbol
        self._gradient: Any = None

    @property
    def gradient(self) -> Any:
        """dL/d(value), of the value's shape; None where no backward pass has put it."""
        return self._gradient

    @gradient.setter
    def gradient(self, gradient: Any) -> None:
        self._gradient = gradient
        if self._graph.watcher is not None:
            self._graph.watcher("gradient", self)

    def named(self, name: str) -> Node:
        """This node, with another name: ``q = (x + y).named("q")``."""
        self._graph.rename(self, name)
        return self

    def downstream(self, upstream: Any) -> tuple[Any, ...]:
        """What this node's gate hands to each of its parents, given the gradient at its output.

        Parameters
        ----------
        upstream : number or ndarray of the value's shape

        Returns
        -------
        tuple
            One gradient for each of `parents`, in their order; empty for an input.
        """
        if self._graph.watcher is not None:
            self._graph.watcher("downstream", self)
        if self.gate is None:
            return ()
        shares = self.gate.backward(upstream)
        shares = shares if isinstance(shares, tuple) else (shares,)
        if len(shares) != len(self.parents):
            raise DefinitionError(
                f'The gate "{self.symbol}" of node {self.name} handed on {len(shares)} gradients.',
                f"it has {len(self.parents)} inputs, and each has a gradient.",
                "return one gradient for each input, in their order.",
            )
        return shares

    def __repr__(self) -> str:
        made = f" {self.symbol} of {', '.join(p.name for p in self.parents)}" if self.parents else ""
        return f"<Node {self.name}{made}: {_short(self.value)}>"

    def __add__(self, other: Any) -> Node:
        return self._graph.apply("+", self, other)

    def __radd__(self, other: Any) -> Node:
        return self._graph.apply("+", other, self)

    def __sub__(self, other: Any) -> Node:
        return self._graph.apply("−", self, other)

    def __rsub__(self, other: Any) -> Node:
        return self._graph.apply("−", other, self)

    def __mul__(self, other: Any) -> Node:
        return self._graph.apply("×", self, other)

    def __rmul__(self, other: Any) -> Node:
        return self._graph.apply("×", other, self)

    def __truediv__(self, other: Any) -> Node:
        return self._graph.apply("÷", self, other)

    def __rtruediv__(self, other: Any) -> Node:
        return self._graph.apply("÷", other, self)

    def __matmul__(self, other: Any) -> Node:
        return self._graph.apply("@", self, other)

    def __rmatmul__(self, other: Any) -> Node:
        return self._graph.apply("@", other, self)

    def __neg__(self) -> Node:
        return self._graph.apply("neg", self)

    def __pow__(self, exponent: Any) -> Node:
        if isinstance(exponent, int | float) and exponent == 2:
            return self._graph.apply("square", self)
        raise _no_gate(f"** {exponent}", f"there is one for the square, {self.name} ** 2")

    def __getitem__(self, index: Any) -> Node:
        raise _no_gate(f"[{index}]", "a node is one value, and its elements are not nodes")

    # No comparison here: with one, Python's own `==` takes ten times as long, and lists are searched.

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Node:
        """Numpy's functions of nodes, and `array * node`, which numpy would take element by element."""
        if method == "__call__" and not kwargs and ufunc in _NUMPY:
            return self._graph.apply(_NUMPY[ufunc], *inputs)
        known = ", ".join(f"np.{one.__name__}" for one in _NUMPY)
        into = " into an array that is there (+=)" if kwargs else ""
        raise _no_gate(f"np.{ufunc.__name__}{into}", f"there are gates for {known}")


def _no_gate(what: str, why: str) -> DefinitionError:
    return DefinitionError(
        f"There is no gate for {what}.",
        f"{why}.",
        'write one and give it with the graph, Graph({"mine": Mine}); then graph.apply("mine", x).',
    )


class Graph:
    """Makes the nodes of one graph.

    Parameters
    ----------
    gates : mapping of str to class, optional
        Your own gates by symbol: ``{"+": Add, "×": Multiply}``. Each is made without arguments, once for each
        node, and has `forward(*inputs)` and `backward(dout)` as `course_lib.layers.Layer` says. For symbols
        that are not given a `StandInGate` computes.

    Examples
    --------
    >>> graph = Graph()
    >>> x, y, z = graph.inputs(x=-2.0, y=5.0, z=-4.0)
    >>> q = (x + y).named("q")
    >>> f = (q * z).named("f")
    >>> f
    <Node f × of q, z: -12>
    >>> f.downstream(1.0)
    (array(-4.), array(3.))
    """

    def __init__(self, gates: Mapping[str, Callable[[], Any]] | None = None) -> None:
        self._gates = dict(gates or {})
        self._nodes: dict[str, Node] = {}
        self._count = 0
        # Told of every gradient that is set and every gate that is asked: see `stepping`.
        self.watcher: Callable[[str, Node], None] | None = None

    @classmethod
    def of(
        cls, wiring: Wiring, values: Mapping[str, Any], gates: Mapping[str, Callable[[], Any]] | None = None
    ) -> Graph:
        """The graph of a wiring such as ``{"q": ("+", ("x", "y"))}``, given the values of its inputs.

        >>> Graph.of({"q": ("+", ("x", "y"))}, {"x": 1.0, "y": 2.0})["q"]
        <Node q + of x, y: 3>
        """
        graph = cls(gates)
        for name, value in values.items():
            graph.inputs(**{name: value})
        for name, (symbol, parents) in wiring.items():
            graph.apply(symbol, *(graph[parent] for parent in parents), name=name)
        return graph

    def __getitem__(self, name: str) -> Node:
        if name not in self._nodes:
            raise DefinitionError(
                f'The graph has no node "{name}".',
                f"it has {', '.join(list(self._nodes)[:20]) or 'none yet'}.",
                "make the node first, or look at its name.",
            )
        return self._nodes[name]

    @property
    def wiring(self) -> dict[str, tuple[str, tuple[str, ...]]]:
        """Of each gate's output the symbol and the names of its parents, in the order they were made."""
        return {n.name: (n.symbol, tuple(p.name for p in n.parents)) for n in self._nodes.values() if n.gate}

    @property
    def values(self) -> dict[str, Any]:
        """The value of each node by name."""
        return {name: node.value for name, node in self._nodes.items()}

    @property
    def gradients(self) -> dict[str, Any]:
        """The gradient of each node that has one, by name."""
        return {name: node.gradient for name, node in self._nodes.items() if node.gradient is not None}

    def inputs(self, **values: Any) -> Any:
        """A node for each value, named after it; one alone comes without a tuple."""
        made = []
        for name, value in values.items():
            node = self._add(Node(self, name, _number(value), None, (), ""))
            made.append(node)
        return made[0] if len(made) == 1 else tuple(made)

    def apply(self, symbol: str, *parents: Any, name: str = "") -> Node:
        """The node that a gate makes of its parents; numbers and arrays among them become inputs.

        Parameters
        ----------
        symbol : str
            "+", "×", "max", "exp"…, or one that was given with the graph.
        parents : Node, number or ndarray
        name : str, optional
            By default one is made up: n1, n2…
        """
        nodes = tuple(p if isinstance(p, Node) else self._constant(p) for p in parents)
        for node in nodes:
            if node._graph is not self:
                raise DefinitionError(
                    f"The node {node.name} belongs to another graph.",
                    "a gate takes what its own graph computes.",
                    "make all inputs with the same Graph.",
                )
        gate = self._gate(symbol)
        value = _computed(gate, symbol, nodes)
        return self._add(Node(self, name or self._fresh("n"), value, gate, nodes, symbol))

    def forward(self, **values: Any) -> None:
        """Set inputs by name and compute every node again, in the order they were made; gradients go.

        >>> graph = Graph.of({"q": ("+", ("x", "y"))}, {"x": 1.0, "y": 2.0})
        >>> graph.forward(x=10.0)
        >>> graph["q"].value
        12.0
        """
        new = {self[name]: _number(value) for name, value in values.items()}
        before = [(node, node.value) for node in self._nodes.values()]
        try:
            for node, value in new.items():
                node.value = value
            for node in self._nodes.values():
                node.gradient = None
                if node.gate is not None:
                    node.value = _computed(node.gate, node.symbol, node.parents)
        except Exception:
            for node, value in before:
                node.value = value
            raise

    def rename(self, node: Node, name: str) -> None:
        """Give a node another name; the order in which nodes were made stays."""
        if name == node.name:
            return
        _named(name, self._nodes)
        if next(reversed(self._nodes.values())) is node:
            # The usual case, and quick: the newest node.
            del self._nodes[node.name]
            self._nodes[name] = node
        else:
            self._nodes = {name if n is node else key: n for key, n in self._nodes.items()}
        node.name = name

    def _gate(self, symbol: str) -> Any:
        if symbol in self._gates:
            if not callable(self._gates[symbol]):
                name = type(self._gates[symbol]).__name__
                raise DefinitionError(
                    f'For "{symbol}" the graph was given an object, and not a class.',
                    "each node has a gate of its own, which keeps what backward needs.",
                    f'leave the brackets out: Graph({{"{symbol}": {name}}}).',
                )
            return self._gates[symbol]()
        if symbol in FORWARDS:
            return StandInGate(FORWARDS[symbol])
        raise DefinitionError(
            f'There is no gate "{symbol}".',
            f"known are {', '.join({**FORWARDS, **self._gates})}.",
            f'give it with the graph: Graph({{"{symbol}": YourGate}}).',
        )

    def _constant(self, value: Any) -> Node:
        return self._add(Node(self, self._fresh("c"), _number(value), None, (), ""))

    def _fresh(self, letter: str) -> str:
        while True:
            self._count += 1
            if (name := f"{letter}{self._count}") not in self._nodes:
                return name

    def _add(self, node: Node) -> Node:
        _named(node.name, self._nodes)
        self._nodes[node.name] = node
        return node


def _named(name: str, taken: Mapping[str, Any]) -> None:
    if name in taken:
        raise DefinitionError(
            f'The name "{name}" is taken.',
            "each node of a graph has a name of its own.",
            "choose another, or begin a new Graph.",
        )
    if not name.isidentifier():
        raise DefinitionError(
            f'"{name}" cannot name a node.', "a name is a word of letters and digits.", "choose another."
        )


def _number(value: Any) -> Any:
    """A float, or an array of floats of its own: whoever gave it may change theirs."""
    try:
        array = np.array(value)
        if array.dtype.kind not in "biuf":
            raise ValueError(f"it is {value!r:.60}" if not array.ndim else f"its elements are {array.dtype}")
    except ValueError as error:
        raise DefinitionError(
            "A node holds a number or an array of numbers.",
            f"{error}.",
            "give a real number, or a list of rows of one length.",
        ) from None
    return array.astype(np.float64) if array.ndim else float(array)


def _computed(gate: Any, symbol: str, parents: tuple[Node, ...]) -> Any:
    """The output of a gate; what a given forward complains of is said of the node's parents."""
    values = [parent.value for parent in parents]
    if not isinstance(gate, StandInGate):
        return gate.forward(*values)
    try:
        return gate.forward(*values)
    except CourseError:
        raise
    except (ArithmeticError, TypeError, ValueError) as error:
        given = ", ".join(f"{p.name} of shape {np.shape(p.value)}" for p in parents)
        reason = f"{error}".partition("\n")[0]
        raise DefinitionError(
            f'The gate "{symbol}" cannot compute its output from {given or "nothing"}.',
            f"{reason}.",
            "look at how many inputs it takes, at their shapes, and at a division by 0.",
        ) from error


def _short(value: Any) -> str:
    return f"array {np.shape(value)}" if np.ndim(value) else f"{float(value):.6g}"
