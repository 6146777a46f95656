"""Answers that people give: wrong ones that every check must catch, and unusual right ones that must pass.

One module a notebook (`bank_01` …), each with `ANSWERS`. `workspace(notebook)` is the state of mind of
somebody who has solved the notebook up to the answer in question: the author's cells and the reference
solutions, as names; `references(notebook)` has the sources of these solutions.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

__all__ = ["SOURCES", "Answer", "answers", "references", "workspace"]

SOURCES = Path(__file__).parents[2] / "solutions" / "backprop"


@dataclass(frozen=True)
class Answer:
    """One answer to one exercise.

    Parameters
    ----------
    exercise : str
        The exercise, which is also the name of the solution cell.
    name : str
        What was done, in a few words; right answers say what is unusual.
    source : str
        The whole solution cell as the student leaves it.
    says : str
        Words that the panel of a wrong answer must hold; "" for a right answer.
    public : bool
        Whether the public checks must catch it; some mistakes only a hidden check sees.
    """

    exercise: str
    name: str
    source: str
    says: str = ""
    public: bool = True

    @property
    def right(self) -> bool:
        return not self.says


def answers(number: str) -> tuple[Answer, ...]:
    """The answers of the notebook with this number, such as "07"."""
    found: tuple[Answer, ...] = import_module(f"grading.bank.bank_{number}").ANSWERS
    return found


def workspace(notebook: str) -> dict[str, Any]:
    """The names of the author's set-up cells and of the reference solutions of `notebook`."""
    import jupytext

    space: dict[str, Any] = {"__name__": "__main__"}
    for cell in jupytext.read(SOURCES / f"{notebook}.py").cells:
        role = cell.metadata.get("role") or cell.metadata.get("course", {}).get("role")
        if cell.cell_type == "code" and role in ("setup", "solution"):
            exec(compile(cell.source, f"{notebook}:{cell.metadata.get('name', role)}", "exec"), space)
    return space


def references(notebook: str) -> dict[str, str]:
    """The solution cells of `notebook` by name, without the author's markers."""
    import jupytext

    return {
        cell.metadata["name"]: "\n".join(
            line for line in cell.source.splitlines() if not line.strip().startswith("### ")
        )
        for cell in jupytext.read(SOURCES / f"{notebook}.py").cells
        if cell.metadata.get("role") == "solution"
    }
