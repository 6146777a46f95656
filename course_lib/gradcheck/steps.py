"""A backward in several steps: which gradient on the way is the first wrong one.

    check_steps   the gradients of every intermediate value and of every input

Theory of operation. The forward is given step by step. A number added to an intermediate value is one more
input, zero where it is checked: its derivative is the gradient of that value, over all paths that lead on
from it. So one gradient check answers for all of them. Seen from the output, the first wrong one is that
which is wrong although all that it is made of is right. A later one may be wrong for that reason alone: it is
held against what its own step makes of the gradients that were given.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from course_lib.errors import DefinitionError
from course_lib.gradcheck.check import check_gradient, checked
from course_lib.gradcheck.hypotheses import Mistake
from course_lib.gradcheck.report import GradientReport, InputReport

__all__ = ["check_steps"]

Step = Callable[..., Any]


def check_steps(
    steps: Mapping[str, Step],
    backward: Callable[..., Mapping[str, Any]],
    inputs: Mapping[str, Any],
    *,
    constants: Mapping[str, Any] | None = None,
    mistakes: Sequence[Mistake] = (),
    words: Mapping[float, str] | None = None,
    seed: int = 0,
) -> GradientReport:
    """Check the gradients of all intermediate values and inputs, and find the first wrong one.

    Parameters
    ----------
    steps : mapping of str to callable
        In the order of the forward: the name of a value, and the function that makes it. The names of its
        parameters say what of: inputs, or values made before. The last one is the output.
    backward : callable
        `backward(dout, **inputs, **constants)` returns a mapping from the names of the inputs to their
        gradients; those of intermediate values may be in it too.
    inputs : mapping of str to array_like
    constants : mapping of str to object, optional
        What steps may ask for besides, such as labels: no gradient is asked for.
    mistakes, words, seed
        As for `check_gradient`.

    Returns
    -------
    GradientReport
        Its inputs are in the order of the backward pass: from the output on.

    Raises
    ------
    DefinitionError
        When a step asks for what is not made yet, or `backward` lacks an input.

    Examples
    --------
    >>> steps = {"q": lambda x, y: x + y, "f": lambda q, z: q * z}
    >>> def backward(dout, x, y, z):
    ...     dq = dout * (x + y)
    ...     return {"q": dq, "z": dout * (x + y), "x": dq, "y": dq}
    >>> print(check_steps(steps, backward, {"x": -2.0, "y": 5.0, "z": -4.0}).reasons[0])
    The first wrong one, from the output on, is dq.
    """
    given = dict(constants or {})
    graph = _Graph(steps, tuple(inputs), tuple(given))
    seen: dict[str, Any] = {}

    def back(dout: Any, **named: Any) -> Any:
        made = backward(dout, **{name: named[name] for name in (*inputs, *given)})
        # The gradient of a value that backward keeps to itself is not asked for.
        return {name: made[name] for name in named if name in made} if isinstance(made, Mapping) else made

    values = graph.run({name: np.asarray(value, dtype=np.float64) for name, value in inputs.items()} | given)
    dout = _ones(values[graph.output])
    told = backward(
        dout, **{name: np.array(value, dtype=np.float64) for name, value in inputs.items()}, **given
    )
    between = [name for name in graph.between if isinstance(told, Mapping) and name in told]
    point = dict(inputs) | {name: np.zeros(np.shape(values[name])) for name in between}
    report = checked(
        lambda **named: graph.run(named, added=between)[graph.output],
        back,
        point,
        given,
        mistakes=mistakes,
        words=words,
        seed=seed,
        zero=between,
    )
    seen.update(told if isinstance(told, Mapping) else {})
    items = {item.name: item for item in report.inputs}
    order = [name for name in graph.backwards if name in items]
    wrong = [name for name in order if not items[name].passed]
    if not wrong:
        return replace(report, inputs=tuple(items[name] for name in order))
    first = next((n for n in wrong if not any(c in wrong for c in graph.reached_from(n))), wrong[0])
    for name in wrong:
        items[name] = _with_cause(items[name], graph, name, first, wrong, values, seen, dout)
    reason = f"The first wrong one, from the output on, is d{first}."
    return replace(report, reasons=(reason, *report.reasons), inputs=tuple(items[name] for name in order))


class _Graph:
    """The steps by name, and what leads where."""

    def __init__(
        self, steps: Mapping[str, Step], inputs: tuple[str, ...], constants: tuple[str, ...] = ()
    ) -> None:
        if not isinstance(steps, Mapping):
            raise DefinitionError(
                f"steps is a {type(steps).__name__}.",
                "Each step has a name.",
                'Give a dict, as in {"q": lambda x, y: x + y}.',
            )
        if not steps:
            raise DefinitionError("There are no steps.", "A forward makes something.", "Give at least one.")
        self._steps = dict(steps)
        self._of: dict[str, tuple[str, ...]] = {}
        known = {*inputs, *constants}
        for name, step in steps.items():
            self._of[name] = _asked_for(name, step, known)
            missing = [other for other in self._of[name] if other not in known]
            if missing or name in known:
                why = f"{missing[0]} is not made before it." if missing else "The name is taken already."
                raise DefinitionError(
                    f"The step {name} cannot run.", why, "Name its parameters after inputs or earlier steps."
                )
            known.add(name)
        self.output = list(steps)[-1]
        self.between = list(steps)[:-1]
        self.backwards = [*reversed(self.between), *inputs]

    def run(self, named: Mapping[str, Any], added: Sequence[str] = ()) -> dict[str, Any]:
        """All values; to those in `added` what `named` holds under their name is added."""
        values = {name: value for name, value in named.items() if name not in self._steps}
        for name, step in self._steps.items():
            value = step(**{other: values[other] for other in self._of[name]})
            values[name] = value + named[name] if name in added else value
        return values

    def consumers(self, name: str) -> list[str]:
        """The steps that take `name`."""
        return [step for step, of in self._of.items() if name in of]

    def reached_from(self, name: str) -> set[str]:
        """All values that `name` has a path to."""
        found: set[str] = set()
        waiting = self.consumers(name)
        while waiting:
            step = waiting.pop()
            if step not in found:
                found.add(step)
                waiting += self.consumers(step)
        return found

    def step_alone(self, name: str, values: Mapping[str, Any], upstream: Mapping[str, Any]) -> Step | None:
        """The sum of upstream times value over the steps that take `name`, as a function of it alone."""
        consumers = self.consumers(name)
        if not all(step in upstream for step in consumers):
            return None

        def forward(**named: Any) -> Any:
            weighted = 0.0
            for step in consumers:
                given = {other: named.get(other, values[other]) for other in self._of[step]}
                weighted = weighted + np.sum(np.asarray(upstream[step]) * self._steps[step](**given))
            return weighted

        return forward


def _asked_for(name: str, step: Step, known: Collection[str]) -> tuple[str, ...]:
    """The names of the values that a step takes; a parameter that has a default is one if it is known."""
    by_name = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    try:
        parameters = list(inspect.signature(step).parameters.values())
        plain = not isinstance(step, np.ufunc) and all(p.kind in by_name for p in parameters)
    except (TypeError, ValueError):
        plain = False
    if not plain:
        raise DefinitionError(
            f"The step {name} does not say what it is made of.",
            "Its parameters are named after inputs and earlier steps; these have other names, or none.",
            f"Write a function of named values, as in lambda {next(iter(known), 'x')}: ...",
        )
    return tuple(p.name for p in parameters if p.name in known or p.default is inspect.Parameter.empty)


def _ones(value: Any) -> Any:
    return np.ones(np.shape(value)) if np.ndim(value) else 1.0


def _with_cause(
    item: InputReport,
    graph: _Graph,
    name: str,
    first: str,
    wrong: Sequence[str],
    values: Mapping[str, Any],
    seen: Mapping[str, Any],
    dout: Any,
) -> InputReport:
    """Say of a later wrong gradient whether its own step is right."""
    if name == first or not any(other in wrong for other in graph.reached_from(name)):
        return item
    alone = graph.step_alone(name, values, {**seen, graph.output: dout})
    got = np.asarray(seen[name], dtype=np.float64)
    if alone is None or got.shape != np.shape(values[name]):
        return item
    own = check_gradient(alone, lambda dout, **_: {name: dout * got}, {name: values[name]}, elsewhere=False)
    taken = [f"d{other}" for other in graph.consumers(name) if other in wrong]
    if own.passed and taken:
        return replace(item, explanations=(), follows=tuple(taken))
    return replace(item, notes=("its own step is wrong too", *item.notes)) if not own.passed else item
