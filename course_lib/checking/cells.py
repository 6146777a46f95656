"""What the notebook says of the student's cells beside what they define.

not_run    the cell that was run last has a syntax error: what is defined is an older version
borrowed   names that an answer reads from cells above, although they are no arguments of it
"""

from __future__ import annotations

import dis
import inspect
import re
from collections.abc import Iterator, Mapping, Sequence
from types import CodeType, FunctionType
from typing import Any

import numpy as np

from course_lib.checking.model import Finding

__all__ = ["borrowed", "not_run"]

_DATA = (np.ndarray, np.generic, int, float, complex, list, dict, tuple, str)


def not_run(names: Sequence[str], namespace: Mapping[str, Any]) -> Finding | None:
    """The finding where the last cell that defines one of `names` could not be run at all.

    Parameters
    ----------
    namespace : mapping
        Of the notebook. The cells that were run are what IPython keeps under `In`.

    Examples
    --------
    >>> not_run(["square"], {"In": ["", "def square(x):\\n    return 2x"]}).headline
    'Your cell has not run: it has a SyntaxError.'
    >>> not_run(["square"], {"In": ["", "def square(x):\\n    return x * x"]}) is None
    True
    """
    history = namespace.get("In")
    if not isinstance(history, list):
        return None
    defines = re.compile(rf"^\s*(?:def|class)\s+(?:{'|'.join(map(re.escape, names))})\b", re.MULTILINE)
    source = next((cell for cell in reversed(history) if isinstance(cell, str) and defines.search(cell)), "")
    try:
        compile(_plain(source, namespace), "<cell>", "exec", dont_inherit=True)
    except SyntaxError as error:
        line = f"line {error.lineno}: {(error.text or '').strip()}"
        return Finding(
            f"Your cell has not run: it has a {type(error).__name__}.",
            (line, f"{error.msg}"),
            hint="Mend that line, run the cell, then this one. What is defined is still an older version.",
        )
    return None


def _plain(source: str, namespace: Mapping[str, Any]) -> str:
    """The cell as Python, without magics."""
    shell = namespace.get("get_ipython")
    return str(shell().transform_cell(source)) if callable(shell) else source


def borrowed(names: Sequence[str], namespace: Mapping[str, Any]) -> str:
    """What is read from cells above by the answers `names`, in a sentence; "" where nothing is.

    Functions, modules and classes of the notebook are there to be used; its numbers and arrays are those of
    another place.

    Examples
    --------
    >>> space = {"w": 3.0}
    >>> exec("def times(x):\\n    return x * w", space)
    >>> borrowed(["times"], space)
    'Your code reads w from a cell above (line 2 of its own cell): it is no argument of times.'
    """
    for name in names:
        for of, code in _codes(namespace.get(name), name):
            for line, read in _globals_read(code):
                if isinstance(value := namespace.get(read), _DATA) and not _given(value):
                    mend = (
                        f"in a method the layer's own is self.{read}"
                        if "." in of
                        else f"it is no argument of {of}"
                    )
                    return f"Your code reads {read} from a cell above (line {line} of its own cell): {mend}."
    return ""


def _given(value: Any) -> bool:
    """Whether it is data of the notebook, to be used by answers: these are write-protected."""
    return isinstance(value, np.ndarray) and not value.flags.writeable


def _codes(answer: Any, name: str) -> Iterator[tuple[str, CodeType]]:
    if isinstance(answer, FunctionType):
        yield name, answer.__code__
    elif isinstance(answer, type):
        for inner, method in vars(answer).items():
            function = inspect.unwrap(method) if callable(method) else None
            if isinstance(function, FunctionType):
                yield f"{name}.{inner}", function.__code__


def _globals_read(code: CodeType) -> Iterator[tuple[int, str]]:
    line = code.co_firstlineno
    for step in dis.get_instructions(code):
        line = (step.positions and step.positions.lineno) or line
        if step.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
            yield line, str(step.argval)
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from _globals_read(inner)
