"""Graphs: what they compute, what they refuse, and that nothing in them is recursive."""

import numpy as np
import pytest

from course_lib.errors import DefinitionError, ShapeError
from course_lib.graph import Graph, check_graph, random_wiring
from course_lib.graph.gates import FORWARDS, StandInGate
from course_lib.layers import Layer


def backpropagate(graph, output, upstream=1.0, adds=True):
    """A backward pass over the nodes as they were made; with `adds=False` a share replaces the others."""
    nodes = [graph[name] for name in graph.values]
    for node in nodes:
        node.gradient = None
    output.gradient = upstream
    for node in reversed(nodes):
        if node.gradient is None:
            continue
        for parent, share in zip(node.parents, node.downstream(node.gradient), strict=True):
            before = parent.gradient if adds and parent.gradient is not None else 0.0
            parent.gradient = before + share


def test_ordinary_expressions_build_the_graph():
    graph = Graph()
    x, y = graph.inputs(x=3.0, y=-2.0)
    made = -(x / y + 2 * x - y) * (1 - y) + graph.apply("exp", y * 0.5)
    assert made.value == pytest.approx(-(3 / -2 + 6 + 2) * 3 + np.exp(-1))


def test_arrays_flow_through_a_graph_and_keep_their_shape():
    graph = Graph()
    x, w = graph.inputs(x=np.arange(6.0).reshape(2, 3), w=np.ones((3, 4)))
    loss = graph.apply("sum", (x @ w) * (x @ w))
    backpropagate(graph, loss)
    assert x.gradient.shape == (2, 3)
    assert w.gradient.shape == (3, 4)
    assert check_graph(graph, loss, lambda upstream: backpropagate(graph, loss, upstream)).passed


def test_a_branch_whose_shares_do_not_add_is_found_and_nothing_behind_it_is_blamed():
    graph = Graph()
    (x,) = [graph.inputs(x=1.5)]
    a = graph.apply("tanh", x, name="a")
    b = graph.apply("exp", a, name="b")
    loss = (a * b).named("loss")
    report = check_graph(graph, loss, lambda upstream: backpropagate(graph, loss, upstream, adds=False))
    assert not report.passed
    assert report.reasons[0] == "The first wrong one, from the output on, is da."
    assert [item.follows for item in report.inputs if item.name == "x"] == [("da",)]


def test_your_own_gates_are_used_and_held_to_the_layer_contract():
    class Add(Layer):
        inputs = ("x", "y")

        def forward(self, x, y):
            return x + y

        def backward(self, dout):
            return dout, dout, dout

    graph = Graph({"+": Add})
    x, y = graph.inputs(x=1.0, y=2.0)
    with pytest.raises(DefinitionError, match="returned 3 gradients"):
        (x + y).downstream(1.0)


@pytest.mark.parametrize("kind", ["ER", "BA", "WS"])
def test_randomly_wired_networks_run_and_check(kind):
    graph = Graph.of(random_wiring(kind, 12, seed=3), {"x": np.array([0.3, -0.8])})
    output = graph[list(graph.wiring)[-1]]
    assert check_graph(graph, output, lambda upstream: backpropagate(graph, output, upstream)).passed


def test_a_chain_of_100000_nodes_is_built_computed_again_and_gone_back():
    graph = Graph({"next": _Next})
    node = first = graph.inputs(x=1.0)
    for _ in range(100_000):
        node = graph.apply("next", node)
    graph.forward(x=2.0)
    assert node.value == 100_002.0
    backpropagate(graph, node)
    assert first.gradient == 1.0


class _Next:
    def forward(self, x):
        return x + 1

    def backward(self, dout):
        return dout


def test_what_makes_no_graph_is_refused_with_a_way_on():
    graph, other = Graph(), Graph()
    x, z = graph.inputs(x=1.0), other.inputs(z=1.0)
    with pytest.raises(DefinitionError, match="belongs to another graph"):
        x + z
    with pytest.raises(DefinitionError, match='The name "x" is taken'):
        graph.inputs(x=2.0)
    with pytest.raises(DefinitionError, match="cannot name a node"):
        (x + 1).named("a b")
    with pytest.raises(DefinitionError, match='no gate "warp"'):
        graph.apply("warp", x)
    with pytest.raises(DefinitionError, match='no node "y"'):
        graph["y"]
    with pytest.raises(DefinitionError, match="is an input"):
        check_graph(graph, x, lambda upstream: None)
    with pytest.raises(DefinitionError, match="left no gradient in x"):
        check_graph(graph, -x, lambda upstream: None)


def test_the_stand_in_gates_agree_with_the_known_derivatives():
    known = {
        "exp": np.exp(0.7),
        "log": 1 / 0.7,
        "square": 1.4,
        "relu": 1.0,
        "tanh": 1 - np.tanh(0.7) ** 2,
        "neg": -1,
    }
    for symbol, slope in known.items():
        graph = Graph()
        assert graph.apply(symbol, graph.inputs(x=0.7)).downstream(2.0)[0] == pytest.approx(2 * slope)
    assert set(known) < set(FORWARDS)


EXPRESSIONS = {
    "square": lambda x, a: x**2,
    "an array on the left": lambda x, a: np.ones((4, 2)) @ a,
    "numpy's product": lambda x, a: np.multiply(2.0, x),
    "a number of numpy's": lambda x, a: np.float64(2) * x,
    "exp": lambda x, a: np.exp(x),
    "the larger": lambda x, a: np.maximum(x, 1.0),
    "sum": lambda x, a: sum([x, x]),
}


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_what_numpy_and_python_write_for_a_gate_makes_a_node(name):
    graph = Graph()
    x, a = graph.inputs(x=3.0, a=np.arange(6.0).reshape(2, 3))
    made = EXPRESSIONS[name](x, a)
    assert made.gate is not None
    assert np.array_equal(made.value, EXPRESSIONS[name](3.0, a.value))


REFUSED = {
    "a power": (lambda x, a: x**3, "square"),
    "an element": (lambda x, a: a[0], "no gate for"),
    "a function without a gate": (lambda x, a: np.sin(x), "np.exp"),
    "into an array": (lambda x, a: np.ones(3).__iadd__(x), "an array that is there"),
    "None": (lambda x, a: x + None, "it is None"),
    "a text": (lambda x, a: x + "2", "it is '2'"),
    "a complex number": (lambda x, a: x * 1j, "it is 1j"),
    "rows of two lengths": (lambda x, a: 1 * x + ([1], [2, 3]), "a number or an array of numbers"),
    "sizes": (lambda x, a: a @ a, r"a of shape \(2, 3\), a of shape \(2, 3\)"),
    "a division by zero": (lambda x, a: 1 / (x - x), "division by zero"),
    "a forgotten input": (lambda x, a: x._graph.apply("+", x), "how many inputs"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_has_no_gate_is_refused_with_a_way_on(name):
    expression, told = REFUSED[name]
    with pytest.raises(DefinitionError, match=told):
        expression(*Graph().inputs(x=3.0, a=np.ones((2, 3))))


def test_an_object_in_place_of_a_class_is_told():
    x = Graph({"+": StandInGate(np.add)}).inputs(x=1.0)
    with pytest.raises(DefinitionError, match="leave the brackets out"):
        x.__add__(x)


def test_a_forward_that_fails_leaves_the_graph_as_it_was():
    graph = Graph()
    a = graph.inputs(a=np.ones((2, 3)))
    made = a + np.ones((2, 3))
    with pytest.raises(DefinitionError, match="cannot compute"):
        graph.forward(a=np.ones((4, 5)))
    assert (np.shape(a.value), np.shape(made.value)) == ((2, 3), (2, 3))


def test_a_gate_that_does_not_add_up_over_a_broadcast_input_is_told_so():
    class Add(Layer):
        inputs = ("x", "y")

        def forward(self, x, y):
            return x + y

        def backward(self, dout):
            return dout, dout

    graph = Graph({"+": Add})
    made = graph.inputs(a=np.ones((2, 3))) + 1.0
    with pytest.raises(ShapeError, match="y was used at several places"):
        made.downstream(np.ones((2, 3)))
