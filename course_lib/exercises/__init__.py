"""The exercises with their public checks: one module a notebook, named as the notebook without its number.

`all_exercises()` and `find_exercise(name)` are the register; a new notebook is added to `_MODULES`.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module

from course_lib.checking.model import Exercise
from course_lib.errors import UnknownExerciseError

__all__ = ["all_exercises", "exercises_of", "find_exercise"]

_MODULES = (
    "start_here",
    "scalar_chain_rule",
    "gates_and_graphs",
    "activations",
    "from_linear_to_networks",
    "two_layer_sigmoid_net",
    "vector_calculus",
    "matmul_backward",
    "your_own_network",
)


@cache
def all_exercises() -> tuple[Exercise, ...]:
    """Every exercise, in the order of the workbook."""
    modules = (import_module(f"course_lib.exercises.{name}") for name in _MODULES)
    return tuple(exercise for module in modules for exercise in module.EXERCISES)


def exercises_of(notebook: str) -> tuple[Exercise, ...]:
    """The exercises of one notebook, such as "07_matmul_backward"."""
    return tuple(exercise for exercise in all_exercises() if exercise.notebook == notebook)


def find_exercise(name: str) -> Exercise:
    """The exercise called `name`.

    Raises
    ------
    UnknownExerciseError
        With the nearest name that exists.
    """
    known = {exercise.name: exercise for exercise in all_exercises()}
    if name in known:
        return known[name]
    from difflib import get_close_matches

    near = get_close_matches(str(name), known, n=1)
    mend = f'Did you mean check("{near[0]}")?' if near else "The exercises are: " + ", ".join(known) + "."
    raise UnknownExerciseError(
        f'There is no exercise called "{name}".', "The name is not in the workbook.", mend
    )
