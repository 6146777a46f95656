"""One run of `grading feedback`: nbgrader's pages for students whose work, scores or comments have changed.

The pages are nbgrader's own; here it is decided whose are out of date, and the work is shared out over
processes. What a student's pages rest on is noted after they are written, so that a run that is killed
continues.
"""

from __future__ import annotations

import multiprocessing
import signal
import tempfile
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing, suppress
from dataclasses import dataclass
from multiprocessing import forkserver
from pathlib import Path

from course_lib.errors import CourseError
from grading.course import Course, UsageError
from grading.files import sweep, write_whole
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
    configured, course_id = gradebook_of(course)
    db_url = db_url or configured
    states = feedback_states(course, db_url, assignment, course_id)
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
    sweep([notes])
    if stale:
        _check_writable(course.root / "feedback")
    pages = []
    with closing(_write(course, assignment, db_url, stale, jobs)) as coming:
        for page in coming:
            done(page.student)
            pages.append(page)
            if not page.error:
                _note(notes / f"{page.student}.txt", states[page.student])
    written = tuple(sorted(page.student for page in pages if not page.error))
    failed = tuple(sorted((page for page in pages if page.error), key=lambda page: page.student))
    return Made(written, tuple(s for s in chosen if s not in stale), failed)


def _check_writable(folder: Path) -> None:
    try:
        folder.mkdir(exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise CourseError(
            f"Nothing can be written in {folder}.",
            f"{error.strerror or error}.",
            "Get the right to write there, or make room on the disk; then run the command again.",
        ) from error


def _is_current(course: Course, assignment: str, notes: Path, student: str, state: str) -> bool:
    with suppress(OSError):
        if (notes / f"{student}.txt").read_text(encoding="ascii") != state:
            return False
        names = {path.stem for path in course.autograded(student, assignment).glob("*.ipynb")}
        return names == {path.stem for path in course.feedback(student, assignment).glob("*.html")}
    return False


def _note(path: Path, state: str) -> None:
    try:
        write_whole(path, state)
    except OSError as error:
        raise CourseError(
            f"Nothing can be written below {path.parent}.",
            f"{error.strerror or error}.",
            "Get the right to write there, or make room on the disk; then run the command again.",
        ) from error


def _chunk(course: Course, db_url: str, assignment: str, students: list[str]) -> list[Page]:
    return list(write_feedback(course, db_url, assignment, students))


def _write(
    course: Course, assignment: str, db_url: str, stale: list[str], jobs: int
) -> Generator[Page, None, None]:
    """The pages as they are done."""
    size = max(1, min(_CHUNK, -(-len(stale) // jobs)))
    chunks = [stale[start : start + size] for start in range(0, len(stale), size)]
    if not chunks:
        return
    # A server process that has loaded nbgrader once forks the workers: threads of ours are not copied.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["grading.nbgrader_bridge.feedback"])
    # A Ctrl-C reaches every process of the terminal, and this one alone answers it: the others inherit that
    # it is ignored.
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    forkserver.ensure_running()
    signal.signal(signal.SIGINT, before)
    pool = ProcessPoolExecutor(min(jobs, len(chunks)), mp_context=context)
    try:
        futures = [pool.submit(_chunk, course, db_url, assignment, chunk) for chunk in chunks]
        for future in as_completed(futures):
            yield from future.result()
    except BrokenProcessPool as error:
        raise CourseError(
            "Writing the feedback was ended from outside.",
            "A process of it died, most often for want of memory.",
            "Run the command again with fewer processes (--jobs 1); what is written is kept.",
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)
