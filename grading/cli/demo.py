"""`grading demo`: a sample class from the text sources to the feedback pages, and what to look at.

It does with the real parts what staff do: builds the release, takes in what a class handed in (here: fills
it in), grades, writes feedback. Then it says of each person what was done and what came of it, and where a
mark does not follow from what was done, it says so and the exit code is 1.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from course_lib.statuses import SYMBOLS, Status, worst
from grading.authoring import bundle, sources, write_release
from grading.autograding import NotebookRow, Options, Row, Summary, autograde
from grading.cli.screen import Screen
from grading.course import CHECKOUT, UsageError, course_at
from grading.demo import PEOPLE, Person, make_class
from grading.feedback import feedback

__all__ = ["run_demo", "surprises"]

_MARK = ".grading-demo"
_ASSIGNMENT = "backprop"
_WIDE = 96


def run_demo(folder: Path, jobs: int, screen: Screen) -> int:
    """Run the demo in `folder`; 0 when every mark follows from what was handed in."""
    began = time.monotonic()
    _make_room(folder)
    release = folder / "notebooks" / _ASSIGNMENT
    for source in sources(CHECKOUT):
        write_release(source, release / f"{source.name}.ipynb")
    students = bundle(folder / "students", course=folder)
    screen.say(
        f"1. release   {len(list(release.iterdir()))} notebooks from their text sources; for students: {students}"
    )
    make_class(release, folder / "submitted")
    screen.say(f"2. class     {len(PEOPLE)} people hand in: {folder / 'submitted'}")
    course = course_at(folder)
    with screen.progress("Grading", 0) as tick:
        summary = autograde(course, _ASSIGNMENT, Options(jobs=jobs), done=tick)
    count = sum(len(row.notebooks) for row in summary.rows)
    screen.say(
        f"3. grading   {count} notebooks in {summary.wall_seconds:.1f} s, in the sandbox: {folder / 'gradebook.db'}"
    )
    pages = time.monotonic()
    made = feedback(course, _ASSIGNMENT, jobs=jobs, db_url=course.db_url)
    screen.say(
        f"4. feedback  for {len(made.written)} people in {time.monotonic() - pages:.1f} s: {folder / 'feedback'}\n"
    )
    _show(summary, screen)
    wrong = surprises(summary)
    for line in wrong:
        screen.say(f"NOT AS IT SHOULD BE: {line}", "bold")
    _where_to_look(folder, screen)
    if not wrong:
        screen.say(
            f"\nEvery mark follows from what was handed in. {time.monotonic() - began:.0f} s in all.", "bold"
        )
    return 1 if wrong or made.failed else 0


def _make_room(folder: Path) -> None:
    if folder.exists() and any(folder.iterdir()) and not (folder / _MARK).exists():
        raise UsageError(
            f"{folder} is in use.",
            "It is not the folder of an earlier demo.",
            "Name a new folder for the demo.",
        )
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / _MARK).touch()


def _show(summary: Summary, screen: Screen) -> None:
    rows = {row.student: row for row in summary.rows}
    stems = [one.result.notebook for one in summary.rows[0].notebooks]
    heads = [
        "who",
        *(stem.partition("_")[0] for stem in stems),
        "points",
        "status",
        "what was done, and why points are missing",
    ]
    lines = []
    for person in PEOPLE:
        row = rows[person.name]
        points = [
            f"{one.result.score:g}/{one.result.points:g}{'*' if one.waits else ''}" for one in row.notebooks
        ]
        statuses = [exercise.status for one in row.notebooks for exercise in one.result.exercises]
        status = worst(statuses)
        why = "\n".join([person.story, *(f"  {text}" for text in _reasons(row))])
        lines.append(
            [person.name, *points, f"{row.score:g}/{row.points:g}", f"{SYMBOLS[status]} {status}", why]
        )
    screen.table(heads, lines, title="Who got what, and why")
    screen.say("* a written answer waits for a person.\n")


def _reasons(row: Row, most: int = 3) -> list[str]:
    found = [
        f"{one.result.notebook[:2]}: {_short(reason)}" for one in row.notebooks for reason in one.reasons
    ]
    return [*found[:most], *([f"and {len(found) - most} more"] if len(found) > most else [])]


def _short(text: str) -> str:
    return text if len(text) <= _WIDE else text[: _WIDE - 1] + "…"


def surprises(summary: Summary) -> list[str]:
    """Marks that do not follow from what was handed in: full where something is wrong, less where nothing is."""
    rows = {row.student: row for row in summary.rows}
    found: list[str] = []
    for person in PEOPLE:
        row = rows.get(person.name)
        if row is None:
            found.append(f"{person.name} was not graded")
            continue
        for one in row.notebooks:
            found += _surprises_in(person, one)
    return found


def _surprises_in(person: Person, one: NotebookRow) -> Iterable[str]:
    attempted = person.attempts(one.result.notebook)
    for exercise in one.result.exercises:
        full = exercise.score == exercise.points
        place = f"{person.name}, {one.result.notebook}, {exercise.name}"
        if exercise.status is Status.SYSTEM_ERROR:
            yield f"{place}: system error"
        elif person.must_lose(exercise.name) or exercise.name not in attempted:
            if full:
                yield f"{place}: full marks, although {person.story}"
            elif person.blank and exercise.score:
                yield f"{place}: {exercise.score:g} unearned points, although {person.story}"
        elif not full:
            yield f"{place}: {exercise.score} of {exercise.points:g} points, although it is right"


def _where_to_look(folder: Path, screen: Screen) -> None:
    one: Any = next((folder / "feedback").rglob("07*.html"), folder / "feedback")
    screen.say("Where to look")
    screen.say(f"  a feedback page     {one}")
    screen.say(f"  the gradebook       {folder / 'gradebook.db'}   (nbgrader export, run in {folder})")
    screen.say(
        f"  written answers     cd {folder} && {CHECKOUT / '.venv/bin/jupyter'} lab, then Nbgrader, Formgrader"
    )
    screen.say(f"  what students get   {folder / 'students'}")
