"""Hidden checks of 02_gates_and_graphs: the public ones on new inputs, larger graphs, and limits."""

import numpy as np
import pytest

from course_lib.exercises import _graphs as graphs
from course_lib.exercises import gates_and_graphs as public


def pair(rng, shape, scale=1.0):
    """x, y and dout, with no two of x and y near each other."""
    x, y, dout = (rng.normal(size=shape) for _ in range(3))
    return scale * x, scale * np.where(np.abs(x - y) < 0.1, y + 1.0, y), dout


@pytest.mark.exercise("gates", worth=1)
def test_add_elsewhere(student, rng):
    """Add is right on other inputs: several axes, one element, large and tiny ones"""
    gate_elsewhere(student, rng, "Add")


@pytest.mark.exercise("gates", worth=1)
def test_multiply_elsewhere(student, rng):
    """Multiply is right on other inputs: several axes, one element, large and tiny ones"""
    gate_elsewhere(student, rng, "Multiply")


@pytest.mark.exercise("gates", worth=1)
def test_maximum_elsewhere(student, rng):
    """Maximum is right on other inputs: several axes, one element, large and tiny ones"""
    gate_elsewhere(student, rng, "Maximum")


def gate_elsewhere(student, rng, gate):
    """The gate on inputs of other shapes and sizes."""
    for shape, scale in (((2, 3, 4), 1.0), ((1,), 1e6), ((4, 1), 1e-6)):
        x, y, dout = pair(rng, shape, scale)
        for which in "xy":
            public.gate_right(student, gate, x, y, dout, which)


@pytest.mark.exercise("gates", worth=1)
def test_two_gates_of_one_class_are_apart(student, rng):
    """Two gates of one class do not share what they remember"""
    for gate in ("Multiply", "Maximum"):
        public.gates_apart(student, gate, *pair(rng, (3, 2)))


@pytest.mark.exercise("gates", worth=1)
def test_ties_elsewhere(student, rng):
    """Ties in several places, of positive, negative and zero inputs"""
    x = np.array([[1.0, -2.0, 0.0], [4.0, 5.0, -6.0]])
    public.tie_right(
        student, x, np.array([[1.0, -2.0, 0.0], [3.0, 5.0, 7.0]]), rng.normal(size=x.shape) + 3.0
    )


@pytest.mark.exercise("duals", worth=1)
def test_copies_elsewhere(student, rng):
    """Copy and Sum are right for other numbers of copies and terms, one of them included"""
    for n, shape in ((1, (3,)), (7, (2, 2)), (4, (1, 5, 2))):
        public.branch_right(student, "Copy", rng.normal(size=shape), n, rng.normal(size=(n, *shape)))
        public.branch_right(student, "Sum", rng.normal(size=(n, *shape)), n, rng.normal(size=shape))


@pytest.mark.exercise("duals", worth=1)
def test_gap_elsewhere(student, rng):
    """adjoint_gap is right for other maps and sizes"""
    for rows, columns, more in ((1, 6, ()), (7, 3, (2,))):
        a, v, g = (rng.normal(size=s) for s in ((rows, columns), (columns, *more), (rows, *more)))
        public.adjoint_gap_right(student, a, rng.normal(size=(columns, rows)), v, g)
        public.adjoint_gap_right(student, a, a.T.copy(), v, g)


@pytest.mark.exercise("topological_order", worth=1)
def test_order_of_random_graphs(student, rng):
    """Random graphs are put in order, and parts of them"""
    for gates in (4, 8, 12):
        wiring, inputs, _ = graphs.random_case(rng, gates)
        names = list(wiring)
        public.order_right(student, wiring, inputs, names[-1])
        public.order_right(student, wiring, inputs, names[len(names) // 2])


@pytest.mark.exercise("topological_order", worth=1)
def test_order_of_a_very_long_chain(student):
    """A chain of 10,000 nodes is put in order"""
    with student.limit(wall_seconds=15):
        public.long_chain_right(student, 10_000)


@pytest.mark.exercise("topological_order", worth=1)
def test_order_visits_no_path_twice(student):
    """A graph of a few nodes and very many paths is put in order at once"""
    with student.limit(wall_seconds=5):
        public.order_right(student, ladder(30), {"x": 0.1}, "m29")


def ladder(rungs):
    """Two ways up each rung: 2 to the power of `rungs` paths."""
    wiring, foot = {}, "x"
    for i in range(rungs):
        wiring |= {f"l{i}": ("tanh", (foot,)), f"r{i}": ("neg", (foot,)), f"m{i}": ("+", (f"l{i}", f"r{i}"))}
        foot = f"m{i}"
    return wiring


@pytest.mark.exercise("backpropagate", worth=2)
def test_walks_over_random_graphs(student, rng):
    """Random graphs, in other orders, with other upstream gradients"""
    for gates, shape in ((5, ()), (9, ()), (7, (2, 2))):
        case = graphs.random_case(rng, gates, shape)
        public.walk_right(student, case, another_order(rng, case))


@pytest.mark.exercise("backpropagate", worth=1)
def test_many_walks_leave_the_same(student, rng):
    """A second walk over a random graph leaves the same gradients"""
    case = graphs.random_case(rng, 8)
    public.two_walks_right(student, case, another_order(rng, case))


@pytest.mark.exercise("backpropagate", worth=1)
def test_a_walk_takes_each_wire_once(student):
    """A graph of very many paths is walked at once"""
    wiring = ladder(12)
    with student.limit(wall_seconds=5):
        public.walk_right(student, (wiring, {"x": 0.3}, 1.0), ["x", *wiring])


@pytest.mark.exercise("lean_caches", worth=1)
def test_lean_add_elsewhere(student, rng):
    """LeanAdd is right and lean for other shapes"""
    lean_elsewhere(student, rng, "LeanAdd")


@pytest.mark.exercise("lean_caches", worth=1)
def test_lean_maximum_elsewhere(student, rng):
    """LeanMaximum is right and lean for other shapes"""
    lean_elsewhere(student, rng, "LeanMaximum")


@pytest.mark.exercise("lean_caches", worth=1)
def test_lean_exp_elsewhere(student, rng):
    """LeanExp is right and lean for other shapes"""
    lean_elsewhere(student, rng, "LeanExp")


def lean_elsewhere(student, rng, gate):
    """The lean gate on inputs of other shapes."""
    for shape in ((50, 40), (3, 5, 7, 11)):
        public.cache_lean(student, gate, *pair(rng, shape))
    if gate == "LeanMaximum":
        x, other = rng.integers(-3, 4, (6, 5)).astype(float), rng.normal(size=(6, 5))
        y = np.where(np.arange(30).reshape(6, 5) % 3, x, other)
        public.tie_right(student, x, y, rng.normal(size=x.shape) + 3.0, gate)


@pytest.mark.exercise("predict_paths", worth=1)
def test_the_prediction_is_made(student):
    """The prediction is a whole number"""
    public.prediction_made(student)


@pytest.mark.exercise("reverse_gate", worth=1)
def test_reversal_elsewhere(student, rng):
    """Other strengths and shapes"""
    for strength, shape in ((0.7, (3, 1, 2)), (4.0, (1,))):
        public.reverse_right(student, strength, rng.normal(size=shape), rng.normal(size=shape))


@pytest.mark.exercise("descend", worth=1)
def test_steps_elsewhere(student, rng):
    """Other parameters, shapes and learning rates; no gradient at all is no step"""
    for rate in (0.5, 1e-4):
        values = {"alpha": float(rng.normal()), "kernel": rng.normal(size=(2, 3, 4))}
        slopes = {"alpha": float(rng.normal()), "kernel": rng.normal(size=(2, 3, 4))}
        public.descend_right(student, values, slopes, rate)


def another_order(rng, case):
    """A random one of the topological orders."""
    wiring, inputs, _ = case
    left, order = [*inputs, *wiring], []
    while left:
        ready = [
            name for name in left if all(p in order for p in (wiring[name][1] if name in wiring else ()))
        ]
        ready = [name for name in ready if name != list(wiring)[-1]] or ready
        order.append(ready[int(rng.integers(len(ready)))])
        left.remove(order[-1])
    return order
