"""`check_gradient` and `check_layer`: the doors of the gradient check."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from course_lib.errors import DefinitionError
from course_lib.gradcheck.call import same_values
from course_lib.gradcheck.differentiate import OUT_OF_DOMAIN
from course_lib.gradcheck.hypotheses import Mistake
from course_lib.gradcheck.inspection import Inspection
from course_lib.gradcheck.report import GradientReport

__all__ = ["check_gradient", "check_layer", "checked"]

_METHODS = ("auto", "complex", "real")


def check_gradient(
    forward: Callable[..., Any],
    backward: Callable[..., Mapping[str, Any]],
    inputs: Mapping[str, Any],
    *,
    constants: Mapping[str, Any] | None = None,
    mistakes: Sequence[Mistake] = (),
    words: Mapping[float, str] | None = None,
    points: Sequence[Mapping[str, Any]] = (),
    elsewhere: bool = True,
    method: str = "auto",
    seed: int = 0,
) -> GradientReport:
    """Compare the gradients that `backward` gives with numerical derivatives of `forward`.

    Parameters
    ----------
    forward : callable
        `forward(**inputs)` returns a number or an array of any shape.
    backward : callable
        `backward(dout, **inputs)` returns a mapping from the names of inputs to their gradients; `dout` has
        the shape of forward's output. It is drawn at random: an upstream of ones hides mistakes.
    inputs : mapping of str to array_like
        The point to check at: arrays of any shape; float32 is judged in float64, then held against it.
    constants : mapping of str to object, optional
        What both functions get besides, such as labels: no gradient is asked for.
    mistakes : sequence of Mistake, optional
        What people do in this exercise; tried before the general ones.
    words : mapping of float to str, optional
        Words for factors that mean something here, such as ``{64: "the batch size"}``.
    points : sequence of mappings, optional
        Further points to check at, of the same names and shapes of any size.
    elsewhere : bool
        Whether to check at a point of other signs and sizes as well, where forward is finite there.
    method : {"auto", "complex", "real"}
        The complex step is exact, but asks for a forward that takes complex numbers; "auto" tries it first.
    seed : int
        Of the directions and the upstream gradient.

    Returns
    -------
    GradientReport

    Raises
    ------
    DefinitionError
        When `method` is unknown, `inputs` are no mapping to real numbers, `forward` returns no array, or
        `backward` no mapping, or one that lacks an input.

    Notes
    -----
    A right gradient keeps fewer digits the worse its forward is conditioned. Beyond a condition number of
    about 1e9 too few are left to tell it from a wrong one: then a right one may be called wrong. Of a forward
    that computes in float32 within, a gradient that is off by some percent may pass; of one that loses
    digits, such as a softmax at an offset of 1,000, one that is off by less than these.

    Examples
    --------
    >>> report = check_gradient(lambda x, y: x * y, lambda dout, x, y: {"x": dout * y, "y": dout * y},
    ...                         {"x": np.array([1.0, 2.0]), "y": np.array([3.0, 5.0])})
    >>> print(report)  # doctest: +ELLIPSIS
    gradient check (complex step): failed
      dx: right
      dy: wrong in all of 2 elements; worst at [1]: yours ...; it equals the right gradient of x, ...
        with y[1] = 1, dout[1] = 1, zeros elsewhere: dy[1] is 1, expected 0
    """
    for what, function in (("forward", forward), ("backward", backward)):
        _require(
            callable(function),
            f"{what} is a {type(function).__name__}.",
            "It is called with the inputs by name.",
            f"Hand in a function, as in {what}=my_{what}, without brackets.",
        )
    _refuse_names(inputs, constants or {})
    _require(
        isinstance(points, Sequence) and all(isinstance(other, Mapping) for other in points),
        "points is no list of points.",
        "A point has an array for each input.",
        'Write: points=[{"x": x}].',
    )
    for other in points:
        _require(
            set(other) == set(inputs),
            f"A point has the names {', '.join(other)}.",
            f"The inputs are {', '.join(inputs)}.",
            "Give each of points the same names.",
        )
    _require(
        isinstance(mistakes, Sequence) and all(isinstance(mistake, Mistake) for mistake in mistakes),
        "mistakes is no list of Mistake.",
        "Each says what people do wrong here, and what that would give.",
        "Write: mistakes=[Mistake(...)], with Mistake of course_lib.gradcheck.",
    )
    _require(
        words is None
        or (isinstance(words, Mapping) and all(isinstance(factor, int | float) for factor in words)),
        "words is no mapping from numbers to words.",
        "It says what a factor means here.",
        'Write: words={64: "the batch size"}.',
    )
    _require(
        method in _METHODS,
        f'There is no method "{method}".',
        "Three are known.",
        'Say "auto", "complex" or "real".',
    )
    _require(
        isinstance(seed, int | np.integer) and seed >= 0,
        f"seed is {seed!r}.",
        "Random numbers begin from it.",
        "Give a whole number, 0 or larger.",
    )
    return checked(forward, backward, inputs, constants, mistakes, words, points, elsewhere, method, seed)


def _require(holds: bool, what: str, why: str, mend: str) -> None:
    if not holds:
        raise DefinitionError(what, why, mend)


def _refuse_names(inputs: Any, constants: Any) -> None:
    _require(
        isinstance(inputs, Mapping),
        f"inputs is a {type(inputs).__name__}.",
        "Gradients are told apart by the names of the inputs.",
        'Give a dict, as in {"x": x}: forward gets them by these names.',
    )
    _require(
        len(inputs) > 0,
        "inputs is empty.",
        "Then there is no gradient to check.",
        'Name at least one, as in {"x": x}.',
    )
    mend = "Give the input another name, in forward, in backward and in inputs."
    for name in (*inputs, *constants):
        _require(
            isinstance(name, str),
            f"The name of an input is {name!r}.",
            "forward and backward get their inputs by name.",
            'Name it by a str, as in {"x": x}.',
        )
        _require(
            name != "dout",
            "An input is called dout.",
            "backward gets the upstream gradient under this name.",
            mend,
        )
        _require(
            not (name in inputs and name in constants),
            f"Both an input and a constant are called {name}.",
            "A name stands for one.",
            mend,
        )


def checked(
    forward: Callable[..., Any],
    backward: Callable[..., Mapping[str, Any]],
    inputs: Mapping[str, Any],
    constants: Mapping[str, Any] | None = None,
    mistakes: Sequence[Mistake] = (),
    words: Mapping[float, str] | None = None,
    points: Sequence[Mapping[str, Any]] = (),
    elsewhere: bool = True,
    method: str = "auto",
    seed: int = 0,
    *,
    before: Mapping[str, Any] | None = None,
    zero: Collection[str] = (),
) -> GradientReport:
    """`check_gradient`; `before` are the inputs that something kept by mistake would come from.

    Those in `zero` are no numbers of the user's: they are zero everywhere.
    """
    given = dict(constants or {})
    arrays = {key: value for key, value in given.items() if isinstance(value, np.ndarray)}
    changed: set[str] = set()

    def back(dout: Any, **named: Any) -> Mapping[str, Any]:
        copies = {key: value.copy() for key, value in arrays.items()}
        gradients = backward(dout, **named, **(given | copies))
        changed.update(key for key, copy in copies.items() if not same_values(copy, arrays[key]))
        return gradients

    _refuse_other_names(backward, [*inputs, *given])
    check = Inspection(
        _by_name(forward, {**inputs, **given}, given),
        back,
        mistakes,
        words or {},
        method,
        seed,
        before,
        zero,
    )
    report = check.at(_arrays(inputs))
    for other in [*points, *([None] if elsewhere else [])]:
        if not report.passed:
            break
        found = check.elsewhere() if other is None else check.at(_arrays(other), again=True)
        if found is not None and found.verdict == "wrong":
            report = replace(
                found, reasons=("Right at the point given, and wrong at another one.", *found.reasons)
            )
        elif found is not None and other is not None and not found.passed:
            report = replace(found, reasons=("Right at the point given, but of points:", *found.reasons))
    for key in sorted(changed):
        report = replace(
            report,
            verdict="wrong",
            reasons=(*report.reasons, f"backward changed {key}, one of its constants, in place."),
        )
    return replace(report, evaluations=check.evaluations)


def _refuse_other_names(backward: Callable[..., Any], names: Sequence[str]) -> None:
    try:
        inspect.signature(backward).bind(0.0, **dict.fromkeys(names))
    except TypeError as error:
        raise DefinitionError(
            f"backward cannot be called as backward(dout, {', '.join(names)}): {error}.",
            "It gets the upstream gradient first, and then the inputs by name.",
            f"Write: def backward(dout, {', '.join(names)}).",
        ) from error
    except ValueError:
        # A function that does not tell its parameters.
        pass


def _arrays(inputs: Mapping[str, Any]) -> dict[str, NDArray[Any]]:
    arrays = {}
    for name, value in inputs.items():
        try:
            arrays[name] = np.asarray(value)
        except ValueError as error:
            raise DefinitionError(
                f"The input {name} makes no array.",
                f"numpy says: {error}",
                "Give an array or nested lists whose rows are of one length.",
            ) from error
    for name, array in arrays.items():
        if array.dtype.kind not in "biuf":
            raise DefinitionError(
                f"The input {name} holds {array.dtype.name}, and no real numbers.",
                "A derivative is taken with respect to each of its elements.",
                "Hand it in as one of the constants, if backward gives no gradient for it.",
            )
    return arrays


def _by_name(
    forward: Callable[..., Any], names: Mapping[str, Any], given: Mapping[str, Any]
) -> Callable[..., Any]:
    """`forward` of named arrays; a numpy function has names of its own, and gets them in order."""
    try:
        inspect.signature(forward).bind(**names)
    except (TypeError, ValueError):
        return lambda **named: forward(*named.values(), *given.values())
    return lambda **named: forward(**named, **given)


def _of_a_call_before(run: Callable[..., Any], point: Mapping[str, Any]) -> dict[str, Any] | None:
    """Inputs of a call whose cache backward must not find: others, or ones where the layer refuses them."""
    # Not ones first: what is left out of a product is one as well.
    others: tuple[Callable[[Any], Any], ...] = lambda value: 1.5 * value + 0.25, np.ones_like
    for other in others:
        made = {key: other(np.asarray(value, dtype=np.float64)) for key, value in point.items()}
        try:
            run(**made)
        except OUT_OF_DOMAIN:
            continue
        return made
    return None


def _refuse_what_is_no_layer(layer: Any) -> None:
    called = layer.__name__ if isinstance(layer, type) else type(layer).__name__
    if isinstance(layer, type):
        raise DefinitionError(
            f"check_layer got the class {called}.",
            "A layer holds its parameters and what forward keeps: it is made from its class.",
            f"Hand in a layer, as in {called}(...).",
        )
    wanted = ("forward", "backward", "inputs", "parameters")
    missing = [what for what in wanted if not hasattr(layer, what)]
    if missing:
        raise DefinitionError(
            f"{called} has no {' and no '.join(missing)}.",
            "A layer has forward, backward, and the names of its inputs and parameters.",
            "Derive its class from Layer of course_lib, or set what is missing.",
        )
    for what in ("inputs", "parameters"):
        if not isinstance(getattr(layer, what), tuple | list):
            raise DefinitionError(
                f"The attribute {what} of {called} is a {type(getattr(layer, what)).__name__}.",
                "It holds the names of all of them.",
                f'Write a tuple of names, as in {what} = ("x",).',
            )
    unset = [name for name in layer.parameters if not hasattr(layer, name)]
    if unset:
        raise DefinitionError(
            f"{called} has no {' and no '.join(unset)}.",
            f"Its attribute parameters names {', '.join(layer.parameters)}: these are checked as well.",
            f"Set self.{unset[0]} in __init__.",
        )


def _returned(result: Any, names: Sequence[str], called: str) -> dict[str, Any]:
    """The gradients by name that a layer's backward returned."""
    several = isinstance(result, tuple | list)
    if result is None or isinstance(result, Mapping):
        told = "nothing (None)" if result is None else f"a {type(result).__name__}"
    elif len(names) == 1:
        if not isinstance(result, tuple):
            return {names[0]: result}
        told = f"a tuple of {len(result) if len(result) != 1 else 'one'}"
    elif not several or len(result) != len(names):
        told = f"{len(result)} gradients" if several else "one array"
    else:
        return dict(zip(names, result, strict=True))
    inputs, how = (f"{len(names)} inputs", ", in this order") if len(names) > 1 else ("one input", " alone")
    raise DefinitionError(
        f"{called}.backward returned {told}.",
        f"It has {inputs}: {', '.join(names)}.",
        f"Return {', '.join(f'd{name}' for name in names)}{how}.",
    )


def check_layer(
    layer: Any,
    *inputs: Any,
    mistakes: Sequence[Mistake] = (),
    words: Mapping[float, str] | None = None,
    seed: int = 0,
) -> GradientReport:
    """Check a layer: gradients of its inputs and of its parameters, also when it is called a second time.

    Parameters
    ----------
    layer : Layer
        Has `forward(*inputs)`, `backward(dout)`, and the class attributes `inputs` and `parameters`: the
        gradient of a parameter `w` is left in `dw`.
    *inputs : array_like
        The point.

    Returns
    -------
    GradientReport

    Raises
    ------
    DefinitionError
        When `layer` is none, or its backward returns anything but one gradient for each input.

    Examples
    --------
    >>> from course_lib import Elementwise
    >>> class Square(Elementwise):
    ...     def forward(self, x):
    ...         self.x = x
    ...         return x**2
    ...     def backward(self, dout):
    ...         return dout * self.x
    >>> print(check_layer(Square(), np.array([[1.0, -2.0, 3.0]])))  # doctest: +ELLIPSIS
    gradient check (complex step): failed
      dx: wrong in all of 3 elements; worst at [0, ...]: yours ...; it equals half the right value
        with x[0, ...] = ..., dout[0, ...] = ..., zeros elsewhere: dx[0, ...] is ..., expected ...
    """
    _refuse_what_is_no_layer(layer)
    names, parameters, called = tuple(layer.inputs), tuple(layer.parameters), type(layer).__name__
    if len(names) != len(inputs):
        raise DefinitionError(
            f"check_layer got {len(inputs)} inputs.",
            f"{called} names {len(names)} in its attribute inputs: {', '.join(names)}.",
            "Hand in one array for each.",
        )

    _arrays(dict(zip(names, inputs, strict=True)) | {name: getattr(layer, name) for name in parameters})

    def run(**named: Any) -> Any:
        for name in parameters:
            setattr(layer, name, named[name])
        return layer.forward(*(named[name] for name in names))

    def forward(**named: Any) -> Any:
        # Its cache must not be what backward finds: each backward follows a forward of its own.
        return run(**named)

    def backward(dout: Any, **named: Any) -> Mapping[str, Any]:
        if before is not None:
            run(**before)
        run(**named)
        result = layer.backward(dout)
        missing = [f"d{name}" for name in parameters if not hasattr(layer, f"d{name}")]
        if missing:
            raise DefinitionError(
                f"{called}.backward left no {' and no '.join(missing)}.",
                "The gradient of a parameter w is left in self.dw.",
                f"Set self.{missing[0]} in backward.",
            )
        return _returned(result, names, called) | {name: getattr(layer, f"d{name}") for name in parameters}

    kept = {name: getattr(layer, name) for name in parameters}
    point = dict(zip(names, inputs, strict=True)) | kept
    before = _of_a_call_before(run, point)
    try:
        return checked(forward, backward, point, None, mistakes, words, seed=seed, before=before)
    finally:
        for name, value in kept.items():
            setattr(layer, name, value)
