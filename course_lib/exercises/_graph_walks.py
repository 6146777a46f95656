"""Checks of gates_and_graphs that are about a whole graph: an order, a walk back, a number of paths.

The graphs are built where the student's code is, by helper code; what comes back are names and numbers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from course_lib.checking import compare
from course_lib.checking.confirm import confirmed
from course_lib.checking.diagnosis import Counterfactual
from course_lib.checking.model import CheckFailed, Opaque, Picture, Student
from course_lib.drawing.graph import draw_graph, formula
from course_lib.exercises import _graphs as truth
from course_lib.graph.node import Wiring

__all__ = ["long_chain_right", "order_right", "prediction_made", "two_walks_right", "walk_right"]

_ORDER = """
from course_lib.graph import Graph, Node

def names_in_order(topological_order, wiring, values, output):
    graph = Graph.of(wiring, values)
    found = topological_order(graph[output])
    if not isinstance(found, (list, tuple)):
        return found
    return [node.name if isinstance(node, Node) else None for node in found]

def length_of_chain(topological_order, size):
    graph = Graph({"next": Next})
    node = graph.inputs(n0=0.0)
    for place in range(1, size):
        node = graph.apply("next", node, name=f"n{place}")
    found = topological_order(node)
    return [int(node.name[1:]) if isinstance(node, Node) else -1 for node in found]

class Next:
    def forward(self, x):
        return x

class Both:
    names_in_order, length_of_chain = staticmethod(names_in_order), staticmethod(length_of_chain)
"""

_WALK = '''
from course_lib.graph import Graph, StandInGate
from course_lib.graph.gates import FORWARDS

class Sharing(StandInGate):
    """Hands on the very array that it was given, where the gradient equals it."""

    def backward(self, dout):
        shares = super().backward(dout)
        if not isinstance(shares, tuple):
            return dout if np.array_equal(shares, dout) else shares
        return tuple(dout if np.array_equal(share, dout) else share for share in shares)

def gradients_left(backpropagate, wiring, values, names, upstream, times, shared):
    gates = {name: lambda forward=forward: Sharing(forward) for name, forward in FORWARDS.items()}
    graph = Graph.of(wiring, values, gates if shared else None)
    order = [graph[name] for name in names]
    before = list(order)
    for _ in range(times):
        backpropagate(order, upstream)
    same = len(order) == len(before) and all(a is b for a, b in zip(order, before))
    return {node.name: node.gradient for node in before} if same else "order"
'''


def order_right(student: Student, wiring: Wiring, inputs: Mapping[str, float], output: str) -> None:
    """`topological_order(output)` lists the nodes that `output` needs, once each, parents before children."""
    helper = student.define(_ORDER, "Both").names_in_order
    got = helper(student.topological_order, dict(wiring), dict(inputs), output)
    if got is None:
        compare.fail("topological_order is None.", hint="Does the function end with a return?")
    compare.require(
        isinstance(got, list) and all(isinstance(name, str) for name in got),
        "topological_order should return a list of nodes.",
        hint="The nodes themselves, in a list: not their names or values, and no set.",
    )
    details = [*_in_lines(wiring), f"asked for: {output}", f"yours: {', '.join(got) or 'nothing'}"]
    needed = _needed(wiring, output)

    def say(condition: bool, headline: str, cause: str, hint: str, nodes: Sequence[str] = ()) -> None:
        if not condition:
            failed = _failed(headline, details, cause, hint)
            raise _drawn(failed, wiring, f"the graph, with {', '.join(nodes[:4])} marked", nodes, output)

    twice = [name for name in dict.fromkeys(got) if got.count(name) > 1]
    say(
        not twice,
        "A node stands in the order more than once.",
        "Your list has a node once for each way that leads to it.",
        "Where do you notice that a node has been there already?",
        twice,
    )
    missing = [name for name in needed if name not in got]
    leaves = all(name not in wiring for name in missing)
    cause = "Your list lacks the output itself." if missing == [output] else "Your list lacks nodes it needs."
    cause = "Your list lacks the inputs: they are nodes too." if missing and leaves else cause
    say(
        not missing,
        "The order is not complete.",
        cause,
        "Everything that the output depends on, and itself.",
        missing,
    )
    extra = [name for name in got if name not in needed]
    say(
        not extra,
        "There are nodes in the order that the output does not depend on.",
        "Your list has nodes that do not lead to the output asked for.",
        "Begin at the output and go from node to parents: what is not met on the way is not needed.",
        extra,
    )
    place = {name: i for i, name in enumerate(got)}
    late = [name for name in needed for parent in _parents(wiring, name) if place[parent] > place[name]]
    whole = all(place[p] > place[n] for n in needed for p in _parents(wiring, n))
    cause = (
        "Your list has every child before its parents: it is the order of the backward pass."
        if whole
        else "Your list has a node before one of its parents: one that is met early may be needed again."
    )
    hint = (
        "Which of the two, node or parent, is computed first?"
        if whole
        else "A node may be listed only once all of its parents are: how do you know that they are?"
    )
    say(not late, "A node stands before one of its parents.", cause, hint, list(dict.fromkeys(late)))


def long_chain_right(student: Student, size: int) -> None:
    """`topological_order` puts a chain of `size` nodes in order."""
    try:
        got = student.define(_ORDER, "Both").length_of_chain(student.topological_order, size)
    except Exception as error:
        if getattr(error, "type_name", "") != "RecursionError":
            raise
        compare.fail(
            f"A chain of {size} nodes is too deep for it.",
            cause="Your code calls itself once for each node, and Python allows about a thousand such calls.",
            hint="Keep the nodes that are waiting in a list of your own, and work in a loop.",
        )
    compare.require(
        isinstance(got, list) and list(got) == list(range(size)),
        f"The order of a chain of {size} nodes is not right.",
        hint="In a chain each node has one parent, and there is one order only.",
    )


def _elsewhere(rng: np.random.Generator, case: truth.Case, order: Sequence[str]) -> tuple[Any, ...]:
    wiring, inputs, upstream = case

    def drawn(like: Any) -> Any:
        return rng.normal(size=np.shape(like)) if np.ndim(like) else float(rng.normal())

    return (wiring, {name: drawn(value) for name, value in inputs.items()}, drawn(upstream)), order


@confirmed(_elsewhere)
def walk_right(student: Student, case: truth.Case, order: Sequence[str]) -> None:
    """`backpropagate(order, upstream)` leaves the right gradient in every node."""
    wiring, inputs, upstream = case
    got = _walked(student, case, order)
    right, output = truth.gradients(case), order[-1]
    details = [*_in_lines(wiring), f"upstream = {_short(upstream)}"]
    for name in reversed(order):
        label = f"dL/d{name}" if name != output else f"The gradient of the output {name}"
        try:
            if got[name] is None:
                compare.fail(f"{label} is None.", hint="Does the walk reach every node, down to the inputs?")
            compare.equal(
                label, got[name], right[name], counterfactuals=partial(_mistakes, case, name), details=details
            )
        except CheckFailed as wrong:
            failed = wrong
            if _one_step(case, got) or (_one_step(case, got, anywhere=True) and _goes_forward(student)):
                failed = _blamed_on_one_step(failed, output)
            elif failed.wrong is not None and not failed.wrong.causes:
                failed = _blamed_on_sharing(student, case, order, right, failed)
            numbers = {n: g for n, g in got.items() if isinstance(g, int | float | np.ndarray | np.generic)}
            label, values = f"the graph, with {name} marked", truth.values_of(wiring, inputs)
            drawn = _drawn(failed, wiring, label, [name], output, values, numbers)
            raise CheckFailed(
                replace(drawn.finding, example=_to_paste(case, order, name, got[name], right[name])),
                drawn.wrong,
            ) from None


def _to_paste(case: truth.Case, order: Sequence[str], name: str, got: Any, right: Any, times: int = 1) -> str:
    """The case as lines that show the wrong gradient; "" where it is too large for that."""
    wiring, inputs, upstream = case
    if np.ndim(upstream) or len(wiring) > 4 or not isinstance(got, int | float | np.number | np.ndarray):
        return ""
    shown = ", ".join(
        f'"{n}": ("{symbol}", {parents!r})'.replace("'", '"') for n, (symbol, parents) in wiring.items()
    )
    return "\n".join(
        [
            f"graph = Graph.of({{{shown}}}, {dict(inputs)!r})".replace("'", '"'),
            f"order = [graph[name] for name in {list(order)!r}]".replace("'", '"'),
            *[f"backpropagate(order, {upstream!r})"] * times,
            f'graph["{name}"].gradient  # yours {np.asarray(got).item():.6g}, expected {float(right):.6g}',
        ]
    )


def _blamed_on_sharing(
    student: Student, case: truth.Case, order: Sequence[str], right: Mapping[str, Any], failed: CheckFailed
) -> CheckFailed:
    """Where the walk is right with gates that hand on new arrays, it writes into one that is shared."""
    apart = _walked(student, case, order, shared=False)
    if not all(np.shape(apart[n]) == np.shape(g) and np.allclose(apart[n], g) for n, g in right.items()):
        return failed
    cause = (
        "Your answer is right with gates that hand on new arrays: it writes into an array that nodes share."
    )
    hint = "+= on an array changes it for everybody who holds it: a = a + b makes a new one."
    return CheckFailed(replace(failed.finding, cause=cause, hint=hint), failed.wrong)


def _goes_forward(student: Student) -> bool:
    """Whether on a chain, where no share can be lost, the walk stops at the output's parents."""
    case = truth.CASES[0]
    return _one_step(case, _walked(student, case, [*case[1], *case[0]]))


def _one_step(case: truth.Case, got: Mapping[str, Any], *, anywhere: bool = False) -> bool:
    """Whether the output's parents alone have got something, and that from the output.

    Only where others should have, unless `anywhere`: a share that is lost at a branch is something else.
    """
    shares, output = truth.shares(case), list(case[0])[-1]
    deeper = [name for name, those in shares.items() if those and all(gate != output for gate, _ in those)]
    arrived = {n: sum((s for gate, s in those if gate == output), 0.0) for n, those in shares.items()}
    return (anywhere or bool(deeper)) and all(
        isinstance(got[n], int | float | np.number | np.ndarray) and np.allclose(got[n], arrived[n])
        for n in arrived
        if n != output
    )


def _blamed_on_one_step(failed: CheckFailed, output: str) -> CheckFailed:
    cause = (
        f"Your walk hands back what {output} does, and nothing further: it stops there, or goes from the "
        "inputs to the output and asks each node before anything has arrived."
    )
    hint = "Which node has its whole gradient at the start, and in which direction does the walk go from it?"
    return CheckFailed(replace(failed.finding, cause=cause, hint=hint), failed.wrong)


def two_walks_right(student: Student, case: truth.Case, order: Sequence[str]) -> None:
    """A second walk over the same graph leaves what the first has left, whether that is right or not."""
    once, twice = (_walked(student, case, order, times) for times in (1, 2))
    left = [compare.array(f"dL/d{name}", once[name], np.shape(once[name])) for name in reversed(order)]
    compare.require(
        any(np.any(first) for first in left), "Every gradient is zero, and the upstream gradient is not."
    )
    for name, first in zip(reversed(order), left, strict=True):
        again = Counterfactual("twice what the first walk left: it was added to that", 2 * first)
        try:
            compare.equal(
                f"After a second walk dL/d{name}",
                twice[name],
                first,
                counterfactuals=[again],
                hint="Where does a walk begin anew?",
            )
        except CheckFailed as failed:
            example = _to_paste(case, order, name, twice[name], first, times=2)
            raise CheckFailed(replace(failed.finding, example=example), failed.wrong) from None


def prediction_made(student: Student) -> None:
    """`predict_paths()` returns a whole number; no word on whether it is right."""
    value = compare.integer("Your prediction", student.predict_paths())
    compare.require(0 < value < 10**18, "A number of paths is a whole number above 0.")


def _walked(
    student: Student, case: truth.Case, order: Sequence[str], times: int = 1, shared: bool = True
) -> dict[str, Any]:
    wiring, inputs, upstream = case
    helper = student.define(_WALK, "gradients_left")
    got = helper(student.backpropagate, dict(wiring), dict(inputs), list(order), upstream, times, shared)
    compare.require(
        isinstance(got, dict),
        "backpropagate changed the list of nodes that it was given.",
        hint="Walk over it without taking anything out: reversed(order) leaves it as it is.",
    )
    return {name: value if not isinstance(value, Opaque) else str(value) for name, value in got.items()}


def _mistakes(case: truth.Case, name: str) -> list[Counterfactual]:
    wiring, inputs, upstream = case
    add = "At a branch the shares add: none replaces another."
    right, shares = np.asarray(truth.gradients(case)[name]), truth.shares(case)[name]
    ones = np.ones(np.shape(upstream)) if np.ndim(upstream) else 1.0
    known = [
        Counterfactual(
            "the gradient for an upstream gradient of 1, whatever is given",
            truth.gradients((wiring, inputs, ones))[name],
        ),
        Counterfactual(
            "what comes back when each gate is given the output's upstream gradient, not its own node's",
            sum(share for _, share in truth.shares(case, everywhere=True)[name]),
        ),
        Counterfactual(
            "the gradient plus 1", right + 1, "What was in the gradient before the first share came?"
        ),
    ]
    known += [
        Counterfactual(
            "the sum of the shares, with one of them added twice",
            right + share,
            "The first share is put where nothing was: is it added as well?",
        )
        for _, share in shares
    ]
    if len(shares) > 1:
        known += [Counterfactual(f"one share of {gate} alone", share, add) for gate, share in shares]
        known += [
            Counterfactual("the mean of the shares", sum(s for _, s in shares) / len(shares), add),
            Counterfactual("the product of the shares", np.prod([s for _, s in shares], axis=0), add),
        ]
        whole: dict[str, Any] = {}
        for gate, share in shares:
            whole[gate] = whole.get(gate, 0.0) + share
        known += [
            Counterfactual(f"all that {gate} hands back, alone", share, add) for gate, share in whole.items()
        ]
        once = sum(dict(shares).values())
        twice = "A node may stand twice among the parents of one gate: there are two shares then."
        known.append(Counterfactual("one share from each gate", once, twice))
    return known


def _failed(headline: str, details: Sequence[str], cause: str, hint: str) -> CheckFailed:
    try:
        compare.fail(headline, *details, cause=cause, hint=hint)
    except CheckFailed as failed:
        return failed


def _drawn(
    failed: CheckFailed,
    wiring: Wiring,
    label: str,
    nodes: Sequence[str],
    output: str,
    values: Mapping[str, Any] | None = None,
    gradients: Mapping[str, Any] | None = None,
) -> CheckFailed:
    """The same, with a drawing of the graph in which the nodes are marked."""
    finding = failed.finding
    if gradients is not None:
        svg = draw_graph(wiring, values, gradients, wrong=nodes, current=nodes[0]).svg
    else:
        svg = draw_graph(wiring, values, current=nodes[0] if nodes else "").svg
    if finding.headline.startswith("dL/d"):
        finding = replace(finding, headline=f"First wrong node, going back from {output}: {finding.headline}")
    return CheckFailed(replace(finding, picture=Picture(label, (), svg)), failed.wrong)


def _parents(wiring: Wiring, name: str) -> tuple[str, ...]:
    return wiring[name][1] if name in wiring else ()


def _needed(wiring: Wiring, output: str) -> list[str]:
    """What `output` depends on, and itself; by going over the wiring until nothing is added."""
    found = {output}
    while True:
        more = found.union(*(_parents(wiring, name) for name in found))
        if more == found:
            names = dict.fromkeys(p for n, (_, parents) in wiring.items() for p in (*parents, n))
            return [name for name in names if name in found]
        found = more


def _in_lines(wiring: Wiring) -> list[str]:
    return [f"{name} = {formula(*gate)}" for name, gate in wiring.items()]


def _short(value: Any) -> str:
    return f"an array {np.shape(value)}" if np.ndim(value) else f"{float(value):.6g}"
