"""One run of `grading autograde`: from a course folder to what was recorded, and what staff should look at.

Theory of operation. What was handed in is listed, every notebook of every submission goes through the batch
(what is known is taken from the store), and as soon as all notebooks of a student are there they are
recorded, in one transaction. So a run that is interrupted has recorded whole submissions, and the next one
goes on. Nothing here prints.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from course_lib.errors import CourseError
from course_lib.statuses import Status, worst
from grading.batch import BatchError, CodeChanged, Graded, Job, LocalWorkers, Setup, Store, run_batch
from grading.course import (
    Course,
    Submission,
    UsageError,
    check_assignment,
    check_layers,
    discover,
    disown_timestamp,
)
from grading.files import sweep
from grading.judge.checks import ChecksError
from grading.judge.release import Release, ReleaseError, read_release
from grading.judge.results import ExerciseResult, NotebookResult
from grading.secret import SecretError, course_secret

if TYPE_CHECKING:
    from grading.nbgrader_bridge.record import Recorder

__all__ = ["NotebookRow", "Options", "Row", "Summary", "autograde", "read_releases"]

_MISSING = "not handed in"


@dataclass(frozen=True)
class Options:
    """What was asked for; see `python -m grading autograde --help`."""

    students: tuple[str, ...] = ()
    notebooks: tuple[str, ...] = ()
    force: bool = False
    checks: str = "all"
    jobs: int = 1
    allow_missing: frozenset[str] = frozenset()
    db_url: str = ""


@dataclass(frozen=True)
class NotebookRow:
    """One notebook of one student, as staff see it."""

    result: NotebookResult
    handed_in: bool
    fresh: bool

    @property
    def status(self) -> Status:
        """The gravest of its exercises."""
        return worst([exercise.status for exercise in self.result.exercises])

    @property
    def waits(self) -> bool:
        """Whether a written answer waits for a person."""
        return any(answer.attempted for answer in self.result.written)

    @property
    def needs_a_look(self) -> bool:
        """A system error, or a file that could not be read."""
        return self.result.failed_by_us or (self.handed_in and bool(self.result.problem))

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why points are missing, and what was put right; hidden inputs are not in it."""
        if not self.handed_in:
            return (_MISSING,)
        if self.result.problem:
            return (self.result.problem,)
        left = [one for one in self.result.exercises if one.status is Status.NOT_ATTEMPTED]
        lost = [
            f"{one.name} {one.status}: {_headline(one)}".rstrip(": ")
            for one in self.result.exercises
            if one.status not in (Status.PASSED, Status.NOT_ATTEMPTED)
        ]
        if left and len(left) == len(self.result.exercises):
            lost.append("nothing attempted")
        elif left:
            lost.append(f"not attempted: {', '.join(one.name for one in left)}")
        return (*lost, *self.result.notes)


def _headline(exercise: ExerciseResult) -> str:
    for one in exercise.outcomes:
        if one.status not in (Status.PASSED, Status.NOT_ATTEMPTED) and one.finding is not None:
            return one.finding.headline
    return ""


@dataclass(frozen=True)
class Row:
    """One submission: its notebooks, and what else was found in its folder."""

    student: str
    notebooks: tuple[NotebookRow, ...]
    recorded: bool
    notes: tuple[str, ...] = ()

    @property
    def score(self) -> float:
        """The points given so far."""
        return round(sum(one.result.score for one in self.notebooks), 2)

    @property
    def points(self) -> float:
        """All points that can be had."""
        return sum(one.result.points for one in self.notebooks)


@dataclass(frozen=True)
class Summary:
    """What came of a run."""

    assignment: str
    gradebook: str
    rows: tuple[Row, ...]
    passed_over: tuple[tuple[str, str], ...]
    wall_seconds: float

    @property
    def needs_a_look(self) -> bool:
        """Whether there is something that staff must see: the exit code is 1."""
        return bool(self.passed_over) or any(one.needs_a_look for row in self.rows for one in row.notebooks)


@dataclass
class _Gathering:
    """The results of one submission while they come in."""

    submission: Submission
    wanted: int
    results: list[Graded] = field(default_factory=list)


def read_releases(course: Course, assignment: str, wanted: Sequence[str] = ()) -> dict[str, Release]:
    """The released notebooks of an assignment, by name; `wanted` are names or numbers.

    Raises
    ------
    UsageError
        There is no such notebook, or no release.
    """
    check_assignment(assignment)
    folder = course.release(assignment)
    found = {path.stem: read_release(path) for path in sorted(folder.glob("*.ipynb"))}
    if not found:
        raise UsageError(
            f'There is no release of the assignment "{assignment}".',
            f"{folder} holds no notebook.",
            "Name an assignment that was released, or build the release: make notebooks.",
        )
    for name in wanted:
        if not any(_is(stem, name) for stem in found):
            raise UsageError(
                f'The assignment {assignment} has no notebook "{name}".',
                f"It has {', '.join(found)}.",
                "Name one of them, or its number.",
            )
    return {
        stem: release
        for stem, release in found.items()
        if not wanted or any(_is(stem, name) for name in wanted)
    }


def _is(stem: str, name: str) -> bool:
    return name in (stem, f"{stem}.ipynb", stem.partition("_")[0])


def autograde(
    course: Course,
    assignment: str,
    options: Options,
    *,
    started: Callable[[int], None] = lambda total: None,
    done: Callable[[str], None] = lambda label: None,
) -> Summary:
    """Grade and record what was handed in.

    Parameters
    ----------
    course : Course
    assignment : str
    options : Options
    started : callable
        Told how many notebooks there are.
    done : callable
        Told of each notebook that is done.

    Raises
    ------
    CourseError
        Nothing could be done, or not all of it: what is recorded stays recorded.
    """
    began = time.monotonic()
    check_layers(options.allow_missing)
    with _explained():
        every = read_releases(course, assignment)
        releases = read_releases(course, assignment, options.notebooks)
        submissions, passed_over = discover(course, assignment, tuple(every), options.students)
        setup = Setup(course_secret(course.root), options.checks, allow_missing=options.allow_missing)
        rows, folder = [], course.release(assignment)
        with LocalWorkers(setup, options.jobs) as workers, ExitStack() as stack:
            notes = course.recorded(assignment)
            if options.force or any(not (notes / f"{one.student}.json").is_file() for one in submissions):
                workers.launch()
            # The gradebook's tables and settings take a while to load: the workers get ready meanwhile.
            from grading.nbgrader_bridge.config import gradebook_of, write_config
            from grading.nbgrader_bridge.opening import open_gradebook
            from grading.nbgrader_bridge.record import Recorder

            sweep([course.root, notes])
            write_config(course)
            configured, course_id = gradebook_of(course)
            db_url = options.db_url or configured
            writer = stack.enter_context(open_gradebook(db_url, folder, assignment, course_id=course_id))
            recorder = Recorder(course, assignment, writer)
            started(len(submissions) * len(releases))
            store = _Forced(course.results) if options.force else Store(course.results)
            jobs = _jobs(course, assignment, submissions, releases, every)
            graded = run_batch(jobs, setup, workers, store)
            for submission, results in _by_submission(submissions, len(releases), graded, done):
                disown_timestamp(course.handed_in(submission.student, assignment))
                rows.append(_record(recorder, submission, results, force=options.force))
    rows.sort(key=lambda row: row.student)
    return Summary(assignment, db_url, tuple(rows), passed_over, time.monotonic() - began)


class _Forced(Store):
    """A store that knows nothing yet: everything is graded again, and kept."""

    def get(self, key: str) -> NotebookResult | None:
        return None


def _jobs(
    course: Course,
    assignment: str,
    submissions: Sequence[Submission],
    wanted: Iterable[str],
    every: Mapping[str, Release],
) -> Iterator[Job]:
    for submission in submissions:
        folder = course.handed_in(submission.student, assignment)
        for name in wanted:
            yield Job.of(submission.student, name, every, folder)


def _by_submission(
    submissions: Sequence[Submission], wanted: int, graded: Iterator[Graded], done: Callable[[str], None]
) -> Iterator[tuple[Submission, list[Graded]]]:
    """Each submission as soon as the last of its notebooks is there."""
    gathering = {submission.student: _Gathering(submission, wanted) for submission in submissions}
    for one in graded:
        done(one.job.student)
        mine = gathering[one.job.student]
        mine.results.append(one)
        if len(mine.results) == mine.wanted:
            del gathering[one.job.student]
            yield mine.submission, sorted(mine.results, key=lambda result: result.job.release.name)


def _record(recorder: Recorder, submission: Submission, results: list[Graded], *, force: bool) -> Row:
    known = not force and recorder.is_recorded(submission.student, results)
    if not known:
        recorder.record(submission.student, results)
    notebooks = tuple(
        NotebookRow(one.result, one.result.notebook in submission.notebooks, not known) for one in results
    )
    notes = tuple(f"{name} is no notebook of this assignment: not graded" for name in submission.extra)
    return Row(submission.student, notebooks, not known, notes)


@contextmanager
def _explained() -> Iterator[None]:
    """The narrow errors of the judge and the batch, and of the disk, as what, why and mend."""
    try:
        yield
    except (SecretError, ReleaseError) as error:
        raise _three_parts(str(error)) from error
    except ChecksError as error:
        raise CourseError(
            "The hidden checks cannot be used.",
            str(error),
            "Mend the check: pytest grading/checks says more.",
        ) from error
    except CodeChanged as error:
        raise CourseError(
            str(error),
            "A file of the checkout was edited or updated; results of two versions would be mixed.",
            "Run the same command again; what is recorded stays recorded.",
        ) from error
    except BatchError as error:
        raise CourseError(
            "Grading could not start, and nothing was run.",
            str(error),
            "Run `python -m grading doctor`: it says which layer of the sandbox is missing, and what helps.",
        ) from error
    except OSError as error:
        raise CourseError(
            f"A file or folder of the course cannot be used: {error.filename or 'no room'}.",
            f"{error.strerror or error}.",
            "Get the right to write there, or make room on the disk; then run the command again.",
        ) from error


def _three_parts(text: str) -> CourseError:
    what, _, rest = text.partition("\nWhy: ")
    why, _, mend = rest.partition("\nMend: ")
    return CourseError(what, why, mend)
