"""The layer contract, and skeletons that hold a subclass to it.

A layer has `forward(*inputs) -> output`, which keeps in `self` what backward needs (its cache), and
`backward(dout) -> gradient of each input`, where `dout` is the upstream gradient, of the output's shape. A
gradient has the shape of its variable. The gradient of a parameter called `w` is left in `self.dw`. A
subclass of a skeleton that breaks this is told so by name, shape and reason, at the call that breaks it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from course_lib.errors import DefinitionError, ShapeError

__all__ = ["Affine", "Elementwise", "Layer"]

Array = NDArray[Any]


class Layer:
    """Skeleton of every layer: write `forward` and `backward`.

    `inputs` names the arguments of forward, `parameters` the attributes that are trained.

    Raises
    ------
    ShapeError
        When `backward` is given an upstream gradient, or returns or leaves a gradient, of the wrong shape.
    DefinitionError
        When `backward` runs before `forward`, or returns another number of gradients than there are inputs,
        or when `forward` returns None or a tuple.

    Examples
    --------
    >>> class Double(Layer):
    ...     def forward(self, x):
    ...         return 2 * x
    ...     def backward(self, dout):
    ...         return np.ones(3)
    >>> layer = Double()
    >>> y = layer.forward(np.zeros((2, 3)))
    >>> layer.backward(np.ones((2, 3)))
    Traceback (most recent call last):
    course_lib.errors.ShapeError: Double.backward returned dx of shape (3,), expected (2, 3).
    Why: a gradient has the shape of its variable, and x has shape (2, 3).
    Mend: x has an axis that the gradient lacks: which elements along it get which share?
    """

    inputs: ClassVar[tuple[str, ...]] = ("x",)
    parameters: ClassVar[tuple[str, ...]] = ()

    def forward(self, *inputs: Any) -> Any:
        """Output of the layer; keep in `self` what backward will need."""
        raise NotImplementedError(f"write {type(self).__name__}.forward")

    def backward(self, dout: Any) -> Any:
        """Gradient of each input, given the upstream gradient `dout` (of the output's shape)."""
        raise NotImplementedError(f"write {type(self).__name__}.backward")

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "forward" in cls.__dict__:
            cls.forward = _remembering(cls.__dict__["forward"])  # type: ignore[method-assign]
        if "backward" in cls.__dict__:
            cls.backward = _verified(cls.__dict__["backward"])  # type: ignore[method-assign]


class Elementwise(Layer):
    """Skeleton of a layer with one function for each element: output, dout and dx have the shape of x."""


class Affine(Layer):
    """Skeleton of y = x w + b.

    Parameters
    ----------
    w : ndarray, shape (D, M)
    b : ndarray, shape (M,)

    Notes
    -----
    forward takes x of shape (N, D) and returns y of shape (N, M); backward takes dout of shape (N, M), leaves
    `self.dw` (D, M) and `self.db` (M,), and returns dx (N, D).
    """

    parameters: ClassVar[tuple[str, ...]] = ("w", "b")

    def __init__(self, w: Array, b: Array) -> None:
        self.w, self.b = w, b
        self.dw: Array | None = None
        self.db: Array | None = None


def _remembering(forward: Callable[..., Any]) -> Callable[..., Any]:
    """`forward`, with the shapes of its inputs and output kept for backward."""

    @functools.wraps(forward)
    def wrapped(self: Layer, *inputs: Any) -> Any:
        output = forward(self, *inputs)
        if output is None:
            raise DefinitionError(
                f"{type(self).__name__}.forward returned None.",
                "the output of a layer is what the next one gets.",
                "end forward with a return.",
            )
        if isinstance(output, tuple):
            raise DefinitionError(
                f"{type(self).__name__}.forward returned a tuple of {len(output)} values.",
                "a layer has one output; what backward needs is kept in self.",
                "return the output alone, and put the rest into attributes such as self.x.",
            )
        self.__dict__["_shapes_in"] = tuple(np.shape(value) for value in inputs)
        self.__dict__["_shape_out"] = np.shape(output)
        if isinstance(self, Elementwise) and np.shape(output) != np.shape(inputs[0]):
            raise ShapeError(
                f"{type(self).__name__}.forward returned shape {np.shape(output)}, "
                f"expected {np.shape(inputs[0])}.",
                "an element-wise layer gives one output for each element of x.",
                "look for a sum, a mean or a reshape in forward.",
            )
        return output

    return wrapped


def _verified(backward: Callable[..., Any]) -> Callable[..., Any]:
    """`backward`, with every gradient held to the shape of its variable."""

    @functools.wraps(backward)
    def wrapped(self: Layer, dout: Any) -> Any:
        name = type(self).__name__
        if "_shape_out" not in self.__dict__:
            raise DefinitionError(
                f"{name}.backward was called before forward.",
                "backward needs what forward keeps.",
                "call forward on the input first.",
            )
        out = self.__dict__["_shape_out"]
        if np.shape(dout) != out:
            raise ShapeError(
                f"{name}.backward was given dout of shape {np.shape(dout)}, expected {out}.",
                f"the upstream gradient has the shape of the layer's output, {out}.",
                "hand on the gradient with respect to this layer's output.",
            )
        result = backward(self, dout)
        _verify_inputs(self, result)
        # For a check that goes on where a parameter's gradient is the wrong one.
        self.__dict__["_returned"] = result
        for parameter in self.parameters:
            gradient, shape = getattr(self, f"d{parameter}", None), np.shape(getattr(self, parameter))
            if gradient is not None:
                _verify(f"{name}.backward left d{parameter}", parameter, np.shape(gradient), shape)
        return result

    return wrapped


def _counted(count: int, thing: str) -> str:
    return f"one {thing}" if count == 1 else f"{count} {thing}s"


def _verify_inputs(layer: Layer, result: Any) -> None:
    shapes, name = layer.__dict__["_shapes_in"], type(layer).__name__
    if len(shapes) == 1 and isinstance(result, tuple):
        left = " and ".join(f"d{parameter} into self.d{parameter}" for parameter in layer.parameters)
        raise DefinitionError(
            f"{name}.backward returned a tuple of {len(result)} values.",
            f"{name} has one input, and backward returns its gradient alone.",
            f"return dx alone{f'; put {left}' if left else ''}.",
        )
    gradients = result if len(shapes) > 1 and isinstance(result, tuple) else (result,)
    if result is None or isinstance(result, dict) or len(gradients) != len(shapes):
        told = "None" if result is None else _counted(len(gradients), "gradient")
        if isinstance(result, list | dict):
            told = f"a {type(result).__name__}"
        mend = (
            "does backward end with a return?" if result is None else "return a tuple, one for each in order."
        )
        if isinstance(result, dict) and len(shapes) == 1:
            mend = "return its array alone."
        raise DefinitionError(
            f"{name}.backward returned {told}.",
            f"{name} has {_counted(len(shapes), 'input')}, and each has a gradient.",
            mend,
        )
    names = (
        layer.inputs if len(layer.inputs) == len(shapes) else tuple(f"input{i}" for i in range(len(shapes)))
    )
    for variable, gradient, shape in zip(names, gradients, shapes, strict=True):
        who = f"{name}.backward returned d{variable}"
        others = [p for p in layer.parameters if np.shape(gradient) == np.shape(getattr(layer, p)) != shape]
        if others:
            raise ShapeError(
                f"{who} of shape {np.shape(gradient)}, expected {shape}.",
                f"that is the shape of {others[0]}; a gradient has the shape of its variable.",
                f"is d{others[0]} returned? It is left in self.d{others[0]}; return d{variable}.",
            )
        if np.shape(gradient) == layer.__dict__["_shape_out"] != shape and _spreads(
            shape, np.shape(gradient)
        ):
            raise ShapeError(
                f"{who} of shape {np.shape(gradient)}, expected {shape}.",
                f"{variable} was used at several places of the output, and each has a share in its gradient.",
                f"add the shares up to the shape of {variable}, or give it as large as the output.",
            )
        _verify(who, variable, np.shape(gradient), shape, isinstance(layer, Elementwise))


def _spreads(shape: tuple[int, ...], over: tuple[int, ...]) -> bool:
    """Whether numpy would use an array of this shape at several places of a larger one."""
    try:
        return np.broadcast_shapes(shape, over) == over
    except ValueError:
        return False


def _verify(
    who: str, variable: str, got: tuple[int, ...], expected: tuple[int, ...], elementwise: bool = False
) -> None:
    if got == expected:
        return
    if got == ():
        mend = f"one number is handed back for all of {variable}: is dout in it? Upstream times local."
    elif elementwise:
        mend = "backward works element by element too: look for a product @, a sum, a mean or a [mask]."
    elif len(got) < len(expected):
        mend = f"{variable} has an axis that the gradient lacks: which elements along it get which share?"
    elif len(got) > len(expected) and tuple(n for n in got if n != 1) == expected:
        mend = "an axis of size 1 was kept when it was added up along: leave keepdims out."
    elif len(got) > len(expected):
        mend = f"the gradient has an axis that {variable} lacks: add up along it what comes back."
    elif len(got) == len(expected) and [g for g, n in zip(got, expected, strict=True) if g != n] == [1]:
        axis = next(k for k, n in enumerate(got) if n != expected[k])
        mend = f"axis {axis} of {variable} has {expected[axis]} places: what belongs into each of them?"
    elif len(expected) == 2 and sorted(got) == sorted(expected):
        mend = "the axes are exchanged: which factor of a product comes first, which is transposed?"
    elif len(expected) == 2:
        mend = "look at the order of the two factors in the product, and at which of them is transposed."
    elif len(got) == len(expected) == 1:
        mend = f"which axis of dout has the size of {variable}? Along the other one it is added up."
    else:
        mend = "what forward spreads over an axis, backward adds up along it, and the other way round."
    raise ShapeError(
        f"{who} of shape {got}, expected {expected}.",
        f"a gradient has the shape of its variable, and {variable} has shape {expected}.",
        mend,
    )
