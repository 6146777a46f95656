"""Earlier work in a later notebook: a student's own layer from their own notebook, or a stand-in.

    earlier       the class or function that a student wrote in an earlier notebook
    definitions   what is taken of a cell that a student added
    provide       where the sources come from in grading, where no other notebook can be read

Theory of operation. The notebook lies beside this one; of it the locked set-up cells and the solution cells
are run, and the definitions in cells that were added (their experiments may take long); what they define
goes through the public checks of its own exercises. What passes is used. What is missing, not written or
wrong is replaced by a stand-in that is right and slow, and said to be: a mistake is to cost points once,
where it was made. A stand-in has the given forward and goes back by complex steps through it: no backward
is written down here, so none is shipped. In grading it takes the same way, with the sources of the
student's other notebooks handed in: there is nothing secret in a stand-in, so it may run where the
student's code runs.
"""

from __future__ import annotations

import ast
import contextlib
import io
import json
import re
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from course_lib._in_time import TooLong, ended_after
from course_lib.errors import DefinitionError
from course_lib.given import sigmoid
from course_lib.layers import Affine, Elementwise

__all__ = ["STAND_INS", "definitions", "earlier", "provide"]

_STEP = 1e-30
_SECONDS = 5.0


@dataclass
class _Sources:
    """Where earlier cells come from, and what they have defined: a process has one notebook."""

    provided: Mapping[str, Sequence[str]] | None = None
    # By notebook: the cells, and what they define.
    spaces: dict[str, tuple[list[str], dict[str, Any]]] = field(default_factory=dict)


_SOURCES = _Sources()


class _Smooth(Elementwise):
    """A function of each element, with its derivative by one complex step of all elements."""

    def forward(self, x: Any) -> Any:
        self.x = np.asarray(x, dtype=np.float64)
        return self.function(self.x)

    def backward(self, dout: Any) -> Any:
        return dout * self.function(self.x + 1j * _STEP).imag / _STEP

    def function(self, x: Any) -> Any:
        raise NotImplementedError


class _Sigmoid(_Smooth):
    def function(self, x: Any) -> Any:
        return sigmoid(x)


class _Tanh(_Smooth):
    def function(self, x: Any) -> Any:
        return np.tanh(x)


class _ReLU(_Smooth):
    def function(self, x: Any) -> Any:
        return np.where(x.real > 0, x, 0)


class _LeakyReLU(_Smooth):
    def function(self, x: Any) -> Any:
        return np.where(x.real > 0, x, 0.1 * x)


class _Affine(Affine):
    """y = x w + b, whose rows do not touch one another, nor do its columns.

    So dy/dx is one Jacobian for all rows and dy/dw one for all columns, each found at a unit matrix.
    """

    def forward(self, x: Any) -> Any:
        self.x = np.asarray(x, dtype=np.float64)
        return self.x @ self.w + self.b

    def backward(self, dout: Any) -> Any:
        unit = 1j * _STEP * np.eye(len(self.w))
        by_x, by_w = (unit @ self.w).imag / _STEP, (self.x @ unit).imag / _STEP
        moved = np.zeros(dout.shape) + (self.b + 1j * _STEP)
        self.dw = np.einsum("nd,nm->dm", by_w, dout)
        self.db = np.sum(dout * moved.imag, axis=0) / _STEP
        return np.einsum("nm,dm->nd", dout, by_x)


# What stands in for a class, by its notebook and name.
STAND_INS: Mapping[tuple[str, str], Callable[..., Any]] = {
    ("03_activations", "Sigmoid"): _Sigmoid,
    ("03_activations", "Tanh"): _Tanh,
    ("03_activations", "ReLU"): _ReLU,
    ("03_activations", "LeakyReLU"): _LeakyReLU,
    ("07_matmul_backward", "MyAffine"): _Affine,
}


def provide(sources: Mapping[str, Sequence[str]]) -> None:
    """Take the cells of earlier notebooks from `sources`, by notebook, and not from files."""
    _SOURCES.provided, _SOURCES.spaces = dict(sources), {}


def earlier(notebook: str, name: str) -> Any:
    """What the student called `name` in an earlier notebook, if its checks pass; else a stand-in.

    Parameters
    ----------
    notebook : str
        Such as "07_matmul_backward"; its file is looked for in the folder of this notebook.
    name : str
        A class that one of its exercises asks for.

    Returns
    -------
    class
        Which of the two it is, is printed.

    Raises
    ------
    DefinitionError
        When there is no such notebook or name in the workbook, or no stand-in for it.

    Examples
    --------
    >>> ReLU = earlier("03_activations", "ReLU")  # doctest: +SKIP
    ReLU: yours, from 03_activations
    """
    from course_lib.checking.run import run_exercise
    from course_lib.checking.smaller import Budget, OverBudget
    from course_lib.checking.student import LocalStudent
    from course_lib.exercises import exercises_of
    from course_lib.statuses import Status

    stand_in = STAND_INS.get((notebook, name))
    asked = [exercise for exercise in exercises_of(notebook) if name in exercise.defines]
    if stand_in is None or not asked:
        raise DefinitionError(
            f'There is nothing called "{name}" to take from the notebook "{notebook}".',
            f"known are {', '.join(f'{n} of {book}' for book, n in STAND_INS)}.",
            "name one of these.",
        )
    try:
        with _quietly(), Budget(seconds=_SECONDS).call(), ended_after(_SECONDS):
            space = _space(notebook)
    except (OverBudget, TooLong):
        return _instead(stand_in, name, f"the cells of {notebook} take more than {_SECONDS:g} s here")
    except FileNotFoundError:
        return _instead(stand_in, name, f"{notebook} is not here")
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        return _instead(stand_in, name, f"{notebook} cannot be read ({type(error).__name__})")
    if name not in space:
        return _instead(stand_in, name, f"{notebook} does not define it, or its cell fails")
    try:
        with _quietly(), Budget(seconds=_SECONDS).call(), ended_after(_SECONDS):
            reports = [run_exercise(exercise, LocalStudent(space), Budget(calls=0)) for exercise in asked]
    except (OverBudget, TooLong):
        return _instead(stand_in, name, f"its check in {notebook} takes more than {_SECONDS:g} s here")
    for report in reports:
        if report.status is Status.NOT_ATTEMPTED:
            return _instead(stand_in, name, f"“{report.title}” of {notebook} is not written yet")
        failed = [outcome.title for outcome in report.outcomes if outcome.status is not Status.PASSED]
        others = tuple(f"{other}: " for exercise in asked for other in exercise.defines if other != name)
        # What is wrong with a class beside it in the same exercise is no reason.
        if own := [title for title in failed if not title.startswith(others)]:
            return _instead(
                stand_in, name, f"“{report.title}” of {notebook} does not pass its check: {own[0]}"
            )
    print(f"{name}: yours, from {notebook}")
    return space[name]


def _instead(stand_in: Any, name: str, why: str) -> Any:
    print(f"{name}: a slow stand-in, because {why}")
    return stand_in


def _space(notebook: str) -> dict[str, Any]:
    """The names that the cells of a notebook define; a cell that fails or ends defines none of the rest.

    The notebook is read each time: it may have been put right and saved since.
    """
    given = _SOURCES.provided
    if given is not None and notebook not in given:
        raise FileNotFoundError(notebook)
    cells = _cells(Path(f"{notebook}.ipynb")) if given is None else list(given[notebook])
    known = _SOURCES.spaces.get(notebook)
    if known is not None and known[0] == cells:
        return known[1]
    # In grading nobody is there who could have interrupted it.
    ended = (Exception, SystemExit) if given is None else (Exception, SystemExit, KeyboardInterrupt)
    space: dict[str, Any] = {"__name__": "__main__"}
    for source in cells:
        with contextlib.suppress(*ended):
            # Lines of IPython's own are no Python.
            source = re.sub(r"(?m)^[%!].*$", "", source)
            exec(re.sub(r"(?m)^([ \t]+)!.*$", r"\1pass", source), space)
    _SOURCES.spaces[notebook] = (cells, space)
    return space


@contextlib.contextmanager
def _quietly() -> Iterator[None]:
    """Nothing printed, no warning; what an earlier notebook sets for itself in numpy stays there."""
    quiet = io.StringIO()
    with (
        warnings.catch_warnings(),
        np.errstate(),
        np.printoptions(),
        contextlib.redirect_stdout(quiet),
        contextlib.redirect_stderr(quiet),
    ):
        warnings.simplefilter("ignore")
        yield


def definitions(source: str) -> str:
    """The functions, classes, imports and literal constants of a cell; "" where it is no Python.

    >>> definitions("import math\\nEPS = 1e-9\\nfor i in range(10**9): pass")
    'import math\\nEPS = 1e-09'
    """
    try:
        lines = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ""
    kinds = (ast.FunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)
    kept = [line for line in lines if isinstance(line, kinds) or _is_constant(line)]
    return "\n".join(ast.unparse(line) for line in kept)


def _is_constant(line: ast.stmt) -> bool:
    if not isinstance(line, ast.Assign):
        return False
    try:
        ast.literal_eval(line.value)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return False
    return True


def _cells(path: Path) -> list[str]:
    kept = []
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        role = cell.get("metadata", {}).get("course", {}).get("role")
        source = "".join(cell["source"])
        if cell.get("cell_type") == "code" and role in ("setup", "solution"):
            kept.append(source)
        elif cell.get("cell_type") == "code" and role is None:
            kept.append(definitions(source))
    return kept
