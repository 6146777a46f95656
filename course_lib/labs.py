"""What the labs of a notebook call when they use an answer that may not be there yet."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any

import numpy as np

from course_lib._in_time import TooLong, ended_after

__all__ = ["attempt"]

_SECONDS = 60.0


def attempt(function: Callable[..., Any], *args: Any, wanted: str = "") -> Any:
    """The value of function(*args); None, with a line that says which answer is missing, raises or is no use.

    Parameters
    ----------
    wanted : str
        What the lab needs: "a number", "3 numbers", "several values", "numbers" (of any shape), "a dict",
        "a list" or "an array". Anything will do where it is left out.

    Examples
    --------
    >>> def square(x):
    ...     raise NotImplementedError("write this")
    >>> attempt(lambda: square(3) + 1)
    square is not written yet: do its exercise first, then run this cell again.
    >>> def halves(x):
    ...     return [x / 2]
    >>> attempt(halves, 3.0, wanted="2 numbers")
    halves returned a list of 1, and 2 numbers are needed here: what does its check say?
    """
    notebook = sys._getframe(1).f_globals
    try:
        with ended_after(_SECONDS):
            value = function(*args)
        if not wanted or _is(wanted, value):
            return value
        needed = f"{wanted} {'is' if wanted.startswith('a') else 'are'} needed here"
        print(f"{_name_of(function)} returned {_told(value)}, and {needed}: what does its check say?")
    except NotImplementedError as error:
        name = _raised_in(error.__traceback__, notebook) or "Your answer"
        print(f"{name} is not written yet: do its exercise first, then run this cell again.")
    except TooLong as error:
        name = _raised_in(error.__traceback__, notebook) or _name_of(function)
        print(f"{name} took longer than {_SECONDS:g} s and was ended: is there a loop that never ends?")
    except Exception as error:
        name = _raised_in(error.__traceback__, notebook) or _name_of(function)
        first = f"{error}".partition("\n")[0]
        first = f"{first[:200]} …" if len(first) > 200 else first
        print(f"{name} raised {type(error).__name__} ({first}). What do the checks above say?")
    return None


_KINDS: dict[str, Any] = {"dict": dict, "list": list | tuple, "array": np.ndarray}


def _name_of(function: Callable[..., Any]) -> str:
    return getattr(function, "__name__", "Your answer")


def _is(wanted: str, value: Any) -> bool:
    count, _, what = wanted.partition(" ")
    if what == "number":
        number = isinstance(value, int | float | np.ndarray | np.number)
        return number and np.ndim(value) == 0 and np.asarray(value).dtype.kind in "iuf"
    if wanted == "numbers":
        return np.asarray(value).dtype.kind in "iuf"
    if what in _KINDS:
        return isinstance(value, _KINDS[what])
    if not isinstance(value, tuple | list | np.ndarray) or (isinstance(value, np.ndarray) and not value.ndim):
        return False
    if count == "several":
        return len(value) > 0
    return len(value) == int(count) and all(_is("a number", one) for one in value)


def _told(value: Any) -> str:
    if value is None:
        return "None"
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape}"
    length = f" of {len(value)}" if isinstance(value, tuple | list) else ""
    return f"a {type(value).__name__}{length}"


def _raised_in(traceback: TracebackType | None, notebook: Mapping[str, Any]) -> str:
    """The innermost named function of the notebook in which something was raised."""
    name = ""
    while traceback is not None:
        frame = traceback.tb_frame
        if frame.f_globals is notebook and not frame.f_code.co_name.startswith("<"):
            name = frame.f_code.co_qualname.rpartition("<locals>.")[2]
        traceback = traceback.tb_next
    return name
