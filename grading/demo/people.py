"""Who is in the sample class, and what each one did. Answers are named as in `grading.bank`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from grading.demo import mischief

__all__ = ["PEOPLE", "Person"]

Notebook = dict[str, Any]


@dataclass(frozen=True)
class Person:
    """One member of the sample class.

    Parameters
    ----------
    name : str
        Also the folder below `submitted/`.
    story : str
        What this person did, in a few words.
    style : int
        Which of the right answers is taken: 0 is the author's, 1, 2, … the unusual ones of the bank.
    wrong : dict of str to str
        Exercise to the name of the wrong answer given to it.
    part : float
        Share of each notebook's exercises that was attempted, from the top.
    edit : callable or None
        What was done to the finished notebook: `edit(stem, notebook)` returns a notebook, bytes (the file
        as it stands) or None (not handed in).
    loses : tuple of str
        Exercises that cannot have full marks, beside those in `wrong`.
    earns_nothing : bool
        Every point would be unearned.
    """

    name: str
    story: str
    style: int = 0
    wrong: dict[str, str] = field(default_factory=dict)
    part: float = 1.0
    edit: Callable[[str, Notebook], Notebook | bytes | None] | None = None
    loses: tuple[str, ...] = ()
    earns_nothing: bool = False

    def must_lose(self, exercise: str) -> bool:
        """Whether full marks for `exercise` would be a mistake of the grader."""
        return exercise in self.wrong or exercise in self.loses


PEOPLE: tuple[Person, ...] = (
    Person("ada", "everything right, as the author writes it"),
    Person("ben", "everything right, in loops", style=1),
    Person("chen", "everything right, with einsum and the like", style=2),
    Person(
        "dara",
        "everything right, in-line and with prints, a warning and a plot",
        style=3,
        edit=mischief.chatty,
    ),
)
