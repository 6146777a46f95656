"""Filling in: from a release notebook and answers to what a person hands in."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from grading.bank import answers, references
from grading.demo.people import PEOPLE, Person

__all__ = ["attempted", "fill_in", "make_class", "right_answers", "submission"]

_WRITTEN = (
    "The loss is one number; for each element of the variable there is one derivative, so the shapes agree."
)


@cache
def right_answers(stem: str, style: int = 0) -> dict[str, str]:
    """Solution cell to its source, without the author's markers; another `style` is out of the bank."""
    found = references(stem)
    for exercise in found if style else ():
        unusual = [a.source for a in answers(stem[:2]) if a.right and a.exercise == exercise]
        if unusual:
            found[exercise] = unusual[(style - 1) % len(unusual)]
    return found


def fill_in(release: Mapping[str, Any], given: Mapping[str, str], written: str | None) -> dict[str, Any]:
    """The release notebook with `given` in its solution cells and `written` in its written answers."""
    notebook = copy.deepcopy(dict(release))
    for cell in notebook["cells"]:
        meta = cell["metadata"].get("nbgrader", {})
        if meta.get("solution") and meta.get("grade_id") in given:
            cell["source"] = given[meta["grade_id"]]
        elif meta.get("solution") and meta.get("grade") and cell["cell_type"] == "markdown" and written:
            cell["source"] = written
    return notebook


def attempted(person: Person, stem: str) -> tuple[str, ...]:
    """The exercises of one notebook to which `person` gave an answer."""
    every = tuple(right_answers(stem))
    return every[: round(person.part * len(every))]


def submission(person: Person, stem: str, release: Mapping[str, Any]) -> bytes | None:
    """The file that `person` hands in for the notebook `stem`; None where nothing was."""
    given = dict(right_answers(stem, person.style))
    for exercise, name in person.wrong.items():
        if exercise in given:
            given[exercise] = next(
                a.source for a in answers(stem[:2]) if (a.exercise, a.name) == (exercise, name)
            )
    tried = attempted(person, stem)
    written = _WRITTEN if person.part == 1 else None
    notebook = fill_in(release, {name: given[name] for name in tried}, written)
    edited: Any = person.edit(stem, notebook) if person.edit else notebook
    if edited is None or isinstance(edited, bytes):
        return edited
    return json.dumps(edited, indent=1).encode()


def make_class(release: Path, submitted: Path, assignment: str = "backprop") -> tuple[Person, ...]:
    """Write the submissions of the whole class below `submitted`, from the release notebooks in `release`."""
    for person in PEOPLE:
        folder = submitted / person.name / assignment
        folder.mkdir(parents=True, exist_ok=True)
        for path in sorted(release.glob("[0-9]*.ipynb")):
            content = submission(person, path.stem, json.loads(path.read_text(encoding="utf-8")))
            if content is not None:
                (folder / path.name).write_bytes(content)
    return PEOPLE
