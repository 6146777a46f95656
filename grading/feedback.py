"""One run of `grading feedback`: nbgrader's pages for students whose work, scores or comments have changed.

The pages are nbgrader's own; here it is decided whose are out of date, and the work is shared out over
processes. What a student's pages rest on is noted after they are written, so that a run that is killed
continues.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from course_lib.errors import CourseError
from grading.course import Course, UsageError
from grading.nbgrader_bridge.config import gradebook_of
from grading.nbgrader_bridge.feedback import Page, feedback_states, write_feedback

__all__ = ["Made", "feedback"]

# Enough students for one exporter to be worth making, few enough for all processes to end together.
_CHUNK = 8


@dataclass(frozen=True)
class Made:
    """What came of a run."""

    written: tuple[str, ...]
    unchanged: tuple[str, ...]
    failed: tuple[Page, ...]


def feedback(
    course: Course,
    assignment: str,
    *,
    students: Sequence[str] = (),
    force: bool = False,
    jobs: int = 1,
    db_url: str = "",
    started: Callable[[int], None] = lambda total: None,
    done: Callable[[str], None] = lambda label: None,
) -> Made:
    """Write the feedback that is out of date.

    Raises
    ------
    CourseError
        Nothing is graded yet, a student who was named has nothing graded, or pages cannot be written.
    """
    db_url = db_url or gradebook_of(course)[0]
    states = feedback_states(course, db_url, assignment)
    if missing := [student for student in students if student not in states]:
        raise UsageError(
            f'Nothing of the student "{missing[0]}" is graded.',
            f"There is no folder {course.autograded(missing[0], assignment)} with a gradebook entry.",
            f"Grade first: python -m grading autograde {assignment}",
        )
    if not states:
        raise UsageError(
            f"Nothing of {assignment} is graded.",
            f"There is no autograded notebook below {course.root / 'autograded'}.",
            f"Grade first: python -m grading autograde {assignment}",
        )
    chosen = sorted(set(students) or states)
    notes = course.root / ".grading" / "feedback" / assignment
    stale = [s for s in chosen if force or not _is_current(course, assignment, notes, s, states[s])]
    started(len(stale))
    pages = []
    for page in _write(course, assignment, db_url, stale, jobs):
        done(page.student)
        pages.append(page)
        if not page.error:
            _note(notes / f"{page.student}.txt", states[page.student])
    written = tuple(sorted(page.student for page in pages if not page.error))
    failed = tuple(sorted((page for page in pages if page.error), key=lambda page: page.student))
    return Made(written, tuple(s for s in chosen if s not in stale), failed)


def _is_current(course: Course, assignment: str, notes: Path, student: str, state: str) -> bool:
    with suppress(OSError):
        if (notes / f"{student}.txt").read_text(encoding="ascii") != state:
            return False
        names = {path.stem for path in course.autograded(student, assignment).glob("*.ipynb")}
        return names == {path.stem for path in course.feedback(student, assignment).glob("*.html")}
    return False


def _note(path: Path, state: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        new = path.with_name(f".{path.name}.{os.getpid()}.partial")
        new.write_text(state, encoding="ascii")
        os.replace(new, path)
    except OSError as error:
        raise CourseError(
            f"Nothing can be written below {path.parent}.",
            f"{error.strerror or error}.",
            "Get the right to write there, or make room on the disk; then run the command again.",
        ) from error


def _chunk(course: Course, db_url: str, assignment: str, students: list[str]) -> list[Page]:
    return list(write_feedback(course, db_url, assignment, students))


def _write(course: Course, assignment: str, db_url: str, stale: list[str], jobs: int) -> list[Page]:
    size = max(1, min(_CHUNK, -(-len(stale) // jobs)))
    chunks = [stale[start : start + size] for start in range(0, len(stale), size)]
    if not chunks:
        return []
    # A server process that has loaded nbgrader once forks the workers: threads of ours are not copied.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["grading.nbgrader_bridge.feedback"])
    pages: list[Page] = []
    try:
        with ProcessPoolExecutor(min(jobs, len(chunks)), mp_context=context) as pool:
            futures = [pool.submit(_chunk, course, db_url, assignment, chunk) for chunk in chunks]
            for future in as_completed(futures):
                pages += future.result()
    except BrokenProcessPool as error:
        raise CourseError(
            "Writing the feedback was ended from outside.",
            "A process of it died, most often for want of memory.",
            "Run the command again with fewer processes (--jobs 1); what is written is kept.",
        ) from error
    return pages
