"""The map of the workbook: a table of every exercise, made from the sources, so that it is never out of date.

`workbook_map(course)` is the text of docs/map.md; `sections(notebook)` and `tasks(notebook)` read a source:
its headings, and what is graded in it with its section and minutes. The lecture's part comes from the tables
of docs/lecture.md (`lecture_rows`), which are the author's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from nbformat import NotebookNode

from course_lib.exercises import exercises_of
from grading.authoring.build import parse, sources
from grading.authoring.errors import AuthoringError
from grading.bank import answers
from grading.judge.checks import CHECKS, ChecksSession

__all__ = ["Task", "lecture_rows", "sections", "tasks", "workbook_map"]

_HEADING = re.compile(r"^(##+) (.+)$", re.MULTILINE)
_MINUTES = re.compile(r"(\d+) minutes?\)\Z")
_SHOWN = 3

_HEAD = f"""\
# Map of the workbook

Made by `.venv/bin/python -m grading.authoring map` from the sources; do not edit. Checks: public + hidden.
Mistakes: the first {_SHOWN} wrong answers that the bank holds for the exercise (how many it holds); no class
has been counted yet. What of the lecture is taught where: [lecture.md](lecture.md).
"""


@dataclass(frozen=True)
class Task:
    """What is graded: an exercise or a written answer, the section it stands in, and how long it takes."""

    name: str
    title: str
    section: str
    minutes: int
    points: float
    written: bool


def sections(notebook: NotebookNode) -> tuple[str, ...]:
    """The headings of a notebook below its title."""
    texts = (cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    return tuple(_plain(found[2]) for text in texts for found in _HEADING.finditer(text))


def tasks(notebook: NotebookNode, name: str) -> tuple[Task, ...]:
    """What is graded in the notebook `name`, in its order.

    Raises
    ------
    AuthoringError
        The heading above a graded cell does not end in its minutes.
    """
    exercises = {exercise.name: exercise for exercise in exercises_of(name)}
    found, section, heading = [], "", ""
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            for match in _HEADING.finditer(cell.source):
                if match[2].endswith(" SOLUTION"):
                    continue
                section, heading = (match[2], "") if match[1] == "##" else (section, match[2])
        graded = cell.metadata.get("nbgrader", {})
        if not graded.get("grade"):
            continue
        written = graded["solution"]
        exercise = graded["grade_id"] if written else graded["grade_id"].removeprefix("check_")
        minutes = _MINUTES.search(heading)
        if minutes is None:
            raise AuthoringError(
                f'{name}: the heading above "{exercise}" does not say how long it takes ("{heading}").',
                "Students plan by it, and docs/map.md adds it up.",
                "End the heading as in: ### Exercise 1: gates (2 points, easy, 10 minutes)",
            )
        title = re.sub(r" \([^()]*\)\Z", "", heading) if written else exercises[exercise].title
        found.append(Task(exercise, title, section, int(minutes[1]), float(graded["points"]), written))
    return tuple(found)


def lecture_rows(course: Path) -> tuple[tuple[str, ...], ...]:
    """The rows of the tables of docs/lecture.md: what of the lecture, where taught, where checked."""
    text = (course / "docs" / "lecture.md").read_text(encoding="utf-8")
    lines = [line.strip()[1:-1] for line in text.splitlines() if line.startswith("|")]
    rows = [tuple(part.strip() for part in line.split("|")) for line in lines]
    return tuple(row for row in rows if row[1:2] not in (("---",), ("taught",)))


def workbook_map(course: Path) -> str:
    """The text of docs/map.md."""
    lecture = lecture_rows(course)
    books = [(source.name, parse(source)) for source in sources(course)]
    graded = [(name, tasks(notebook, name)) for name, notebook in books]
    hidden = _hidden([task.name for _, of_book in graded for task in of_book])
    parts, everything = [_HEAD], [task for _, of_book in graded for task in of_book]
    for (name, notebook), (_, of_book) in zip(books, graded, strict=True):
        title = notebook.cells[0].source.splitlines()[0].removeprefix("# ")
        parts.append(f"## {title}\n\n{_sum(of_book)}\n")
        lines = [
            _row("exercise", "topic", "lecture", "min", "points", "checks", "mistakes"),
            "|---" * 7 + "|",
        ]
        for task in of_book:
            of_lecture = "; ".join(row[0] for row in lecture if f"`{task.name}`" in row[2]) or "–"
            what = (f"`{task.name}`", task.section, of_lecture, str(task.minutes), f"{task.points:g}")
            lines.append(_row(*what, *_checks(task, name, hidden)))
        parts.append("\n".join(lines) + "\n")
    parts.append(f"All: {_sum(everything)}\n")
    return "\n".join(parts)


def _sum(of_book: tuple[Task, ...] | list[Task]) -> str:
    written = sum(task.written for task in of_book)
    count = len(of_book) - written
    words = f"{count} exercise" + "s" * (count != 1)
    if written:
        words += f", {written} written answer" + "s" * (written != 1)
    points, minutes = sum(task.points for task in of_book), sum(task.minutes for task in of_book)
    return f"{words}, {points:g} points, {minutes} minutes of exercises."


def _checks(task: Task, name: str, hidden: dict[str, int]) -> tuple[str, str]:
    if task.written:
        return "a person", "–"
    (exercise,) = (one for one in exercises_of(name) if one.name == task.name)
    wrong = [one.name for one in answers(name[:2]) if one.exercise == task.name and not one.right]
    return f"{len(exercise.checks)} + {hidden[task.name]}", f"{'; '.join(wrong[:_SHOWN])} ({len(wrong)})"


def _hidden(names: list[str]) -> dict[str, int]:
    with ChecksSession(CHECKS) as session:
        return session.call(lambda hidden: {name: len(hidden.of(name)) for name in names}, wall_seconds=60)


def _row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _plain(heading: str) -> str:
    """A heading without the points and minutes at its end."""
    return re.sub(r" \([^()]*\)\Z", "", heading)
