"""Who is in the sample class, and what each one did. Answers are named as in `grading.bank`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from course_lib.exercises import all_exercises
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
        return self.earns_nothing or exercise in self.wrong or exercise in self.loses


_FIRST = tuple({exercise.notebook: exercise.name for exercise in reversed(all_exercises())}.values())
"""The first answer of each notebook."""

PEOPLE: tuple[Person, ...] = (
    Person("ada", "all right, as the author writes it"),
    Person("ben", "all right, in loops and other styles", style=1),
    Person("chen", "all right, with einsum and the like", style=2),
    Person("dara", "all right; prints, warns, plots", style=3, edit=mischief.chatty),
    Person(
        "ede",
        "the worked example's function for its own",
        wrong={"forward_values": "the worked example's function"},
    ),
    Person("finn", "no activation in the forward", wrong={"net_forward": "no activation"}),
    Person("gita", "mean loss, gradient of the sum", wrong={"mean_loss_grad": "the lecture's line"}),
    Person("hugo", "sigmoid's derivative for that of tanh", wrong={"w1_element": "the sigmoid's derivative"}),
    Person("iris", "the derivative taken twice", wrong={"net_gradients": "derivative twice"}),
    Person("jon", "the lost minus in the update", wrong={"descent_step": "the lost minus"}),
    Person("kaya", "upstream left out", wrong={"matmul_backward": "upstream of ones"}),
    Person("leo", "a bias gradient averaged", wrong={"bias_backward": "the mean"}),
    Person("mia", "w said to touch a row", wrong={"touched": "w touches a row"}),
    Person(
        "nils",
        "differences, element by element: right in small, too slow in full",
        wrong={"matmul_backward": "a difference for each element: right in small, too slow at full size"},
    ),
    Person("olga", "dw transposed in the layer", wrong={"affine_layer": "dw transposed"}),
    Person("pia", "the first half of each notebook", part=0.5),
    Person("quin", "handed in untouched", part=0),
    Person("rosa", "a syntax error in the first answer", edit=mischief.makes_a_syntax_error, loses=_FIRST),
    Person("sami", "an endless cell of its own", edit=mischief.loops_in_a_cell),
    Person(
        "tom",
        "an endless first answer that catches every exception",
        edit=mischief.loops_in_a_function,
        loses=("forward_values",),
    ),
    Person("uma", "os._exit in the first answers", edit=mischief.exits, loses=_FIRST),
    Person("vic", "a memory bomb in 07", edit=mischief.allocates_without_end, loses=("touched",)),
    Person("wim", "deleted the first answer and a check", edit=mischief.deletes_a_cell, loses=_FIRST),
    Person("xenia", "copied an answer and a check, ids and all", edit=mischief.duplicates_a_cell),
    Person("yann", "05 cut off while it was saved", edit=mischief.half_saved),
    Person("zoe", "handed in 01 alone", edit=mischief.hands_in_one_notebook),
    Person("mallory1", "nothing; checks edited to full marks", part=0, edit=mischief.changes_the_points),
    Person("mallory2", "nothing; checks tagged to be skipped", part=0, edit=mischief.skips_execution),
    Person("mallory3", "nothing; a hook that drops asserts and checks", part=0, edit=mischief.drops_asserts),
    Person("mallory4", "an object that equals everything", edit=mischief.always_equal, earns_nothing=True),
    Person("mallory5", "nothing; reads the disk", part=0, edit=mischief.reads_the_disk),
)
