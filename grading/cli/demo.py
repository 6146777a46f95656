"""`grading demo`: a sample class from the text sources to the feedback pages, and what to look at.

It does with the real parts what staff do: builds the release, takes in what a class handed in (here: fills it
in), grades, writes feedback. Then it says of each person what was done and what came of it; where a mark does
not follow from what was handed in, it says so and the exit code is 1.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from course_lib.statuses import SYMBOLS, Status, worst
from grading.authoring import bundle, sources, write_release
from grading.autograding import NotebookRow, Options, Row, Summary, autograde
from grading.cli.screen import Screen, Tick
from grading.course import CHECKOUT, Course, UsageError, course_at
from grading.demo import PEOPLE, Person, attempted, make_class
from grading.feedback import feedback

__all__ = ["run_demo", "surprises"]

_MARK = ".grading-demo"
_ASSIGNMENT = "backprop"
_WIDE = 92
_REASONS = 3


def run_demo(folder: Path, jobs: int, screen: Screen) -> int:
    """Run the demo in `folder`; 0 when every mark follows from what was handed in."""
    began = time.monotonic()
    _make_room(folder)
    release = folder / "notebooks" / _ASSIGNMENT
    for source in sources(CHECKOUT):
        write_release(source, release / f"{source.name}.ipynb")
    built = len(list(release.iterdir()))
    students = bundle(folder / "students", course=folder)
    screen.say(f"1. release   {built} notebooks from their text sources; for students: {students}")
    make_class(release, folder / "submitted")
    screen.say(f"2. class     {len(PEOPLE)} people hand in: {folder / 'submitted'}")
    course = course_at(folder)
    summary = _grade(course, jobs, screen)
    count, seconds = sum(len(row.notebooks) for row in summary.rows), summary.wall_seconds
    screen.say(
        f"3. grading   {count} notebooks in {seconds:.1f} s, in the sandbox: {folder / 'gradebook.db'}"
    )
    pages = time.monotonic()
    made = feedback(course, _ASSIGNMENT, jobs=jobs, db_url=course.db_url)
    seconds, written = time.monotonic() - pages, len(made.written)
    screen.say(f"4. feedback  for {written} people in {seconds:.1f} s: {folder / 'feedback'}\n")
    for page in made.failed:
        screen.tell(f"no feedback for {page.student}: {page.error}", "bold")
    _show(summary, screen)
    wrong = surprises(summary)
    for line in wrong:
        screen.say(f"NOT AS IT SHOULD BE: {line}", "bold")
    _where_to_look(folder, screen)
    if not wrong and not made.failed:
        seconds = time.monotonic() - began
        screen.say(f"\nEvery mark follows from what was handed in. {seconds:.0f} s in all.", "bold")
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


def _grade(course: Course, jobs: int, screen: Screen) -> Summary:
    with ExitStack() as stack:
        ticks: list[Tick] = []
        return autograde(
            course,
            _ASSIGNMENT,
            Options(jobs=jobs),
            started=lambda total: ticks.append(stack.enter_context(screen.progress("Grading", total))),
            done=lambda label: ticks[0](label),
        )


def _show(summary: Summary, screen: Screen) -> None:
    rows = {row.student: row for row in summary.rows}
    numbers = [one.result.notebook.partition("_")[0] for one in summary.rows[0].notebooks]
    lines = []
    for person in PEOPLE:
        row = rows[person.name]
        status = worst([exercise.status for one in row.notebooks for exercise in one.result.exercises])
        why = "\n".join([person.story, *(f"  {text}" for text in _reasons(row))])
        points = [*map(_points, row.notebooks), f"{row.score:g}/{row.points:g}"]
        lines.append([person.name, *points, f"{SYMBOLS[status]} {status}", why])
    heads = ["who", *numbers, "points", "gravest status", "what was done, and why points are missing"]
    screen.table(heads, lines, title="Who got what, and why")
    screen.say("* a written answer waits for a person.\n")


def _points(one: NotebookRow) -> str:
    return f"{one.result.score:g}/{one.result.points:g}{'*' if one.waits else ''}"


def _reasons(row: Row) -> list[str]:
    every = [(one.result.notebook[:2], reason) for one in row.notebooks for reason in one.reasons]
    found = [f"{number}: {_short(reason)}" for number, reason in every[:_REASONS]]
    more = len(every) - len(found)
    return [*found, f"and {more} more"] if more else found


def _short(text: str) -> str:
    return text if len(text) <= _WIDE else text[: _WIDE - 1] + "…"


def surprises(summary: Summary) -> list[str]:
    """Marks that do not follow from what was handed in: too many points, or too few."""
    rows = {row.student: row for row in summary.rows}
    found: list[str] = []
    for person in PEOPLE:
        if person.name not in rows:
            found.append(f"{person.name} was not graded")
            continue
        for one in rows[person.name].notebooks:
            found += _surprises_in(person, one)
    return found


def _surprises_in(person: Person, one: NotebookRow) -> Iterator[str]:
    readable = one.handed_in and not one.result.problem
    tried = attempted(person, one.result.notebook) if readable else ()
    for exercise in one.result.exercises:
        full = exercise.status is Status.PASSED
        place = f"{person.name}, {one.result.notebook}, {exercise.name}"
        if exercise.status is Status.SYSTEM_ERROR:
            yield f"{place}: system error"
        elif exercise.score and (person.earns_nothing or exercise.name not in tried):
            yield f"{place}: {exercise.score:g} unearned points, although: {person.story}"
        elif person.edit is None and exercise.name not in tried and exercise.status != Status.NOT_ATTEMPTED:
            yield f"{place}: {exercise.status}, although nothing was written"
        elif full and person.must_lose(exercise.name):
            yield f"{place}: full marks, although: {person.story}"
        elif not full and exercise.name in tried and not person.must_lose(exercise.name):
            yield f"{place}: {exercise.score} of {exercise.points:g} points, although it is right"


def _where_to_look(folder: Path, screen: Screen) -> None:
    page = next((folder / "feedback").rglob("07*.html"), folder / "feedback")
    lab = CHECKOUT / ".venv" / "bin" / "jupyter"
    screen.say("Where to look")
    screen.say(f"  a feedback page     {page}")
    screen.say(f"  the gradebook       {folder / 'gradebook.db'}")
    screen.say(f"  written answers     cd {folder} && {lab} lab, then Nbgrader, Formgrader")
    screen.say(f"  what students get   {folder / 'students'}")
