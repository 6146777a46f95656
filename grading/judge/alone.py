"""One submission for `pytest grading/checks --submission NOTEBOOK`: what staff use to look into a verdict."""

from __future__ import annotations

from pathlib import Path

import pytest

from course_lib.checking.model import Student
from grading.judge.beside import earlier_cells, providing
from grading.judge.checks import Bench
from grading.judge.grade import NOTEBOOK_WALL_SECONDS, put_right, student_proxy
from grading.judge.reading import read_bytes
from grading.judge.recovery import Workspace
from grading.judge.release import ReleaseError, read_release
from grading.sandbox.host import Sandbox
from grading.secret import SECRET_FILE, SecretError, course_secret, seed_for

__all__ = ["Alone"]


class Alone:
    """A submission that was read, put right and run in a sandbox.

    Parameters
    ----------
    submission : Path
        The notebook; its name says which release it belongs to.
    release : Path or None
        By default the one of that name under `notebooks/` of the course.
    student : str or None
        By default from nbgrader's folders, `submitted/STUDENT/ASSIGNMENT/NOTEBOOK`.
    course : Path
        Where notebooks and secret are.
    """

    def __init__(self, submission: Path, release: Path | None, student: str | None, course: Path) -> None:
        if release is None:
            found = sorted(course.glob(f"notebooks/*/{submission.name}"))
            if not found:
                raise pytest.UsageError(
                    f"No released notebook is called {submission.name}. Give it with --release."
                )
            release = found[0]
        try:
            released = read_release(release)
            # Without a secret yet nothing was graded, and any seed is as good.
            self._secret = course_secret(course) if (course / SECRET_FILE).exists() else b""
        except (ReleaseError, SecretError) as error:
            raise pytest.UsageError(str(error)) from error
        sanitised, problem = put_right(read_bytes(submission), released)
        if problem:
            raise pytest.UsageError(f"{submission}: {problem}")
        parents = submission.resolve().parents
        self._student = student or (parents[1].name if len(parents) > 1 else "")
        self._notes = sanitised.notes
        self.exercises = frozenset(cell.exercise for cell in sanitised.graded)
        self._sandbox = Sandbox()
        beside = [
            (release.with_name(f"{name}.ipynb"), submission.with_name(f"{name}.ipynb"))
            for name in released.earlier
        ]
        known = [(read_release(theirs), path) for theirs, path in beside if theirs.exists()]
        first = (providing(earlier_cells(known)),) if released.earlier else ()
        self._workspace = Workspace(
            self._sandbox, (*first, *sanitised.runnable), student_proxy, wall_seconds=NOTEBOOK_WALL_SECONDS
        )
        self._workspace.start()

    def bench(self, exercise: str) -> Bench:
        """What a test of `exercise` gets; in a fresh session where the last test ended the old one."""
        student: Student = self._workspace.student()
        return Bench(student, seed_for(self._secret, exercise, self._student))

    def summary(self) -> list[str]:
        """Who is judged and what became of the cells."""
        lines = [f"judging {self._student or 'a submission'}"]
        lines += [f"note: {note}" for note in self._notes]
        lines += [f"cell {c.cell_id}: {c.status} {c.error}" for c in self._workspace.cells if c.error]
        return lines

    def close(self) -> None:
        """End the sandbox."""
        self._workspace.close()
        self._sandbox.close()
