"""Where the files of a course lie, and what students handed in; any bytes may be there, under any name.

A course root holds `submitted/`, `autograded/`, `feedback/` and `gradebook.db`, in nbgrader's layout. It is
the checkout, or any other folder: then the release comes from there if it has one, else from the checkout.
`discover` lists submissions without following a link or trusting a name.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from course_lib.errors import CourseError
from grading.sandbox.locks import LAYERS

__all__ = [
    "CHECKOUT",
    "Course",
    "Submission",
    "UsageError",
    "check_assignment",
    "check_layers",
    "course_at",
    "discover",
    "disown_timestamp",
    "folder_problem",
    "id_problem",
]

CHECKOUT = Path(__file__).resolve().parents[1]
# What may be part of a path on every system, means nothing to a shell or a glob, and is not an option.
_STUDENT_ID = re.compile(r"[^\W_]([\w.@+ -]*[\w.@+-])?")
_LONGEST_ID = 128
_ASSIGNMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,126}")


class UsageError(CourseError):
    """What was asked for cannot be done; the exit code is 2."""


@dataclass(frozen=True)
class Course:
    """A course root.

    Parameters
    ----------
    root : Path
        Absolute.
    """

    root: Path

    @property
    def db_url(self) -> str:
        """Where stock nbgrader keeps its gradebook when it is told nothing else."""
        return f"sqlite:///{self.root / 'gradebook.db'}"

    @property
    def submitted(self) -> Path:
        return self.root / "submitted"

    @property
    def results(self) -> Path:
        """Where results are kept, so that nothing unchanged is graded twice."""
        return self.root / ".grading" / "results"

    def recorded(self, assignment: str) -> Path:
        """Where it is noted, a file for each student, what the gradebook holds."""
        return self.root / ".grading" / "recorded" / assignment

    def release(self, assignment: str) -> Path:
        """The folder of the release notebooks: the course's own, else the checkout's."""
        own = self.root / "notebooks" / assignment
        return own if any(own.glob("*.ipynb")) else CHECKOUT / "notebooks" / assignment

    def handed_in(self, student: str, assignment: str) -> Path:
        return self.submitted / student / assignment

    def autograded(self, student: str, assignment: str) -> Path:
        return self.root / "autograded" / student / assignment

    def feedback(self, student: str, assignment: str) -> Path:
        return self.root / "feedback" / student / assignment

    def collected_at(self, student: str, assignment: str) -> datetime | None:
        """When the collector received the submission (UTC, without a time zone), by the collector's own file.

        The collector keeps it outside `submitted/`, where a student's own files lie.
        """
        path = self.root / ".collected" / assignment / f"{student}.txt"
        with suppress(OSError, ValueError):
            moment = datetime.fromisoformat(path.read_text(encoding="ascii").strip())
            return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
        return None


@dataclass(frozen=True)
class Submission:
    """What one student handed in.

    Parameters
    ----------
    student : str
    notebooks : tuple of str
        Those of the assignment's notebooks that are there, in whatever state.
    extra : tuple of str
        Files of notebooks that the assignment does not have: renamed ones, most often.
    """

    student: str
    notebooks: tuple[str, ...]
    extra: tuple[str, ...] = ()


def course_at(root: Path) -> Course:
    """The course at a folder that exists.

    Raises
    ------
    UsageError
        There is no such folder.
    """
    if not root.is_dir():
        raise UsageError(
            f"There is no course in {root}.",
            "The folder does not exist.",
            "Name a folder with submitted/ in it (--course).",
        )
    return Course(root.resolve())


def check_assignment(assignment: str) -> None:
    """Refuse a name that is no plain folder name.

    Raises
    ------
    UsageError
    """
    if not _ASSIGNMENT.fullmatch(assignment):
        raise UsageError(
            f"{assignment!r} is no name of an assignment.",
            "It becomes the name of a folder: letters, digits, spaces, dots, dashes and underscores.",
            "Name the assignment as its folder below submitted/STUDENT/ is called, such as backprop.",
        )


def check_layers(allow_missing: Iterable[str]) -> None:
    """Refuse the name of a layer that the sandbox does not have.

    Raises
    ------
    UsageError
    """
    if unknown := sorted(set(allow_missing) - set(LAYERS)):
        raise UsageError(
            f'The sandbox has no layer "{unknown[0]}".',
            f"Its layers are {', '.join(LAYERS)}.",
            "Name one of them.",
        )


def id_problem(student: str) -> str | None:
    """Why a folder name cannot be a student's id, if it cannot.

    >>> id_problem("ana-maria.o@uni.example")
    >>> id_problem("a" * 129)
    'a student id has at most 128 characters'
    """
    if len(student) > _LONGEST_ID:
        return f"a student id has at most {_LONGEST_ID} characters"
    if not _STUDENT_ID.fullmatch(student):
        return (
            "a student id holds letters, digits, spaces and . _ @ + - only, begins with a letter or digit, "
            "and does not end with a space"
        )
    return "a student id has no two dots in a row" if ".." in student else None


def folder_problem(course: Course, student: str, assignment: str) -> str | None:
    """Why the folder of a submission is not looked into, if it is not."""
    if problem := id_problem(student):
        return problem
    folder = course.handed_in(student, assignment)
    if folder.is_symlink() or folder.parent.is_symlink():
        return "the folder is a symbolic link, which could lead to another student's work"
    if folder.exists() and not folder.is_dir():
        return "there is a file where the folder of the submission should be"
    return None


def discover(
    course: Course,
    assignment: str,
    notebooks: Sequence[str],
    students: Sequence[str] = (),
) -> tuple[tuple[Submission, ...], tuple[tuple[str, str], ...]]:
    """The submissions of an assignment, in order, and what was passed over.

    Parameters
    ----------
    course : Course
    assignment : str
    notebooks : sequence of str
        The notebooks of the assignment.
    students : sequence of str
        Only these; all when empty.

    Returns
    -------
    submissions : tuple of Submission
    passed_over : tuple of (str, str)
        A folder's name and why it is no submission.

    Raises
    ------
    UsageError
        A student who was named has no submission, or there is none at all.
    """
    found, passed_over = [], []
    entries = sorted(os.scandir(course.submitted), key=lambda e: e.name) if course.submitted.is_dir() else []
    for entry in entries:
        if entry.name.startswith(".") or not entry.is_dir():
            continue
        try:
            os.lstat(course.handed_in(entry.name, assignment))
            if problem := folder_problem(course, entry.name, assignment):
                passed_over.append((entry.name, problem))
            else:
                found.append(_submission(course, assignment, entry.name, notebooks))
        except FileNotFoundError:
            continue
        except OSError as error:
            passed_over.append((entry.name, f"the folder cannot be read ({error.strerror})"))
    by_id = {submission.student: submission for submission in found}
    for student in students:
        if student not in by_id:
            raise UsageError(
                f'The student "{student}" has no submission of {assignment}.',
                dict(passed_over).get(
                    student, f"There is no folder {course.submitted / student / assignment}"
                )
                + ".",
                "Look how the folder below submitted/ is spelt.",
            )
    if not found:
        raise UsageError(
            f"There is no submission of {assignment}.",
            f"Below {course.submitted} is no folder STUDENT/{assignment}.",
            "Collect the submissions, or name the course they lie in (--course).",
        )
    chosen = [by_id[student] for student in dict.fromkeys(students)] if students else found
    return tuple(chosen), tuple(passed_over)


def _submission(course: Course, assignment: str, student: str, notebooks: Sequence[str]) -> Submission:
    files = {
        name
        for name in os.listdir(course.submitted / student / assignment)
        if name.lower().endswith(".ipynb") and not name.startswith(".")
    }
    present = tuple(name for name in notebooks if f"{name}.ipynb" in files)
    return Submission(student, present, tuple(sorted(files - {f"{name}.ipynb" for name in present})))


def disown_timestamp(folder: Path) -> bool:
    """Put a `timestamp.txt` that came with a submission aside, where nbgrader does not look for it.

    nbgrader takes the time of submission from this file, so that students could choose it, and stops at one
    that it cannot parse.

    Returns
    -------
    bool
        Whether there was one.
    """
    path = folder / "timestamp.txt"
    if folder.is_symlink() or folder.parent.is_symlink():
        return False
    with suppress(OSError):
        if path.is_symlink() or path.exists():
            path.rename(folder / "timestamp.from-student.txt")
            return True
    return False
