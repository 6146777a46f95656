"""Answers out of a notebook's own namespace: the student's view of `model.Student`."""

from __future__ import annotations

import inspect
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar

import numpy as np

from course_lib._in_time import TooLong, ended_after
from course_lib.checking.cells import borrowed
from course_lib.checking.model import NotDefined, Opaque, StudentError, StudentStopped
from course_lib.statuses import Status

__all__ = ["LocalStudent"]

_PLAIN = (type(None), bool, int, float, complex, str)
# How long one call of an answer may take in a notebook, and after one that took longer.
_SECONDS, _SECONDS_AGAIN = 20.0, 2.0


class LocalStudent:
    """Answers by name from `namespace`; what they raise arrives as `StudentError`.

    Examples
    --------
    >>> LocalStudent({"double": lambda x: 2 * x}).double(21)
    42
    """

    def __init__(self, namespace: Mapping[str, Any]) -> None:
        self._namespace = namespace
        _Callable.seconds = _SECONDS

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        try:
            value = self._namespace[name]
        except KeyError:
            raise NotDefined(name) from None
        return _seen(value)

    def borrowed(self, names: Sequence[str]) -> str:
        """What the answers `names` read from other cells, in a sentence; "" where nothing is."""
        return borrowed(names, self._namespace)

    def holds(self, name: str) -> bool:
        """Whether the notebook has something under this name."""
        return name in self._namespace

    def define(self, source: str, name: str) -> Any:
        """Run `source` in a namespace of its own and hand back what it calls `name`.

        As all that is the student's: called, it gets their own objects, and what it raises is theirs.
        """
        # A class gets its module from the name; without one it would seem to be of Python's own.
        space: dict[str, Any] = {"np": np, "__name__": "defined"}
        exec(source, space)  # the course's own helper code
        return _seen(space[name])

    @contextmanager
    def limit(self, *, wall_seconds: float | None = None, memory_bytes: int | None = None) -> Iterator[None]:
        """No limit of its own in a notebook: there each call has the same one, and none of memory."""
        yield


class _Object:
    """An object of a class that the student wrote."""

    def __init__(self, target: Any) -> None:
        self._target = target

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        try:
            return _seen(getattr(self._target, name))
        except AttributeError:
            raise NotDefined(name) from None
        except Exception as error:
            raise _student_error(error) from error


class _Callable(_Object):
    """A function, class or method of the student's."""

    seconds: ClassVar[float] = _SECONDS

    def parameters(self) -> list[str]:
        """What the student calls the arguments by place; nothing where that cannot be told."""
        try:
            found = inspect.signature(self._target).parameters.values()
        except (TypeError, ValueError):
            return []
        return [p.name for p in found if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        own = [_own(a) for a in args]
        try:
            with ended_after(self.seconds):
                value = self._target(*own, **{k: _own(v) for k, v in kwargs.items()})
        except TooLong:
            reason = f"A call took longer than {self.seconds:g} s."
            _Callable.seconds = _SECONDS_AGAIN
            raise StudentStopped(Status.TIMED_OUT, reason) from None
        except (Exception, SystemExit) as error:
            raise _student_error(error) from error
        return _seen(value)


def _own(value: Any) -> Any:
    return value._target if isinstance(value, _Callable | _Object) else value


def _student_error(error: BaseException) -> StudentError:
    try:
        message = str(error)
    except Exception as worse:
        message = f"its message could not be read: {type(worse).__name__}"
    # The first frame is this module's own call: the student's code begins with the next one.
    own = error.__traceback__.tb_next if error.__traceback__ else None
    return StudentError(type(error).__name__, message, "".join(traceback.format_tb(own)))


def _seen(value: Any) -> Any:
    """What a check sees of a value: plain data as it is, the rest wrapped or named."""
    kind = type(value)
    if kind in _PLAIN or kind is np.ndarray or isinstance(value, np.generic):
        return value
    if kind in (list, tuple):
        return kind(_seen(item) for item in value)
    if kind is dict:
        return {key: _seen(item) for key, item in value.items()}
    if callable(value):
        return _Callable(value)
    if isinstance(value, np.ndarray) or kind.__module__ in ("builtins", "numpy"):
        return Opaque(kind.__name__)
    return _Object(value)
