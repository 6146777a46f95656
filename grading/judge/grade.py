"""One notebook from bytes to a result: `grade_notebook`, a pure function of the bytes (times aside).

Theory of operation. The submission is read and put right, its cells run in a sandbox, and then, inside the
session of the hidden checks, every exercise is judged by its public checks and its hidden ones, each of
which asks the student's process for answers by name. A check becomes one of the closed list of statuses by
the rules of `course_lib.checking.run`; what these rules let through is a mistake of ours: a system error.
Of a failed assertion in a hidden check the student learns that it failed, and staff the rest.
"""

from __future__ import annotations

import time
import traceback
import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from course_lib.checking.model import (
    Exercise,
    Finding,
    Student,
)
from course_lib.errors import UnknownExerciseError
from course_lib.exercises import find_exercise
from course_lib.statuses import Status
from grading.judge.again import Kept, kept_names, notes_on, with_keepers
from grading.judge.beside import EarlierCells, providing
from grading.judge.checks import ChecksSession, ChecksStuck, HiddenChecks
from grading.judge.flags import flags_of
from grading.judge.reading import ReadProblem, read_notebook
from grading.judge.recovery import Sandbox, Workspace
from grading.judge.release import Release, environment
from grading.judge.results import (
    CellResult,
    CheckOutcome,
    ExerciseResult,
    NotebookResult,
    Seconds,
    Versions,
    WrittenAnswer,
)
from grading.judge.sanitise import Cell, Sanitised, sanitise
from grading.judge.verdict import OUR_FAULT, Blame, OneExercise
from grading.secret import seed_for

__all__ = ["JUDGE_WALL_SECONDS", "MODES", "failed_by_us", "grade_notebook", "put_right", "student_proxy"]

MODES = ("all", "public")
NOTEBOOK_WALL_SECONDS = 120.0
# What the judge may take for itself on top of the student's time; a right answer takes some milliseconds.
JUDGE_WALL_SECONDS = 60.0


def put_right(raw: bytes | ReadProblem | None, release: Release) -> tuple[Sanitised, str]:
    """The notebook that is graded, and the reason where it is not the student's ("" where it is)."""
    if raw is None:
        return sanitise(None, release.notebook), "The notebook is missing."
    student = raw if isinstance(raw, ReadProblem) else read_notebook(raw)
    if isinstance(student, ReadProblem):
        return sanitise(None, release.notebook), student.reason
    return sanitise(student, release.notebook), ""


def student_proxy(session: Any) -> Student:
    """The answers by name over a session of the sandbox."""
    from grading.judge.proxy import StudentProxy

    student: Student = StudentProxy(session)
    return student


def grade_notebook(
    raw: bytes | ReadProblem | None,
    student_id: str,
    release: Release,
    sandbox: Sandbox,
    checks: ChecksSession,
    secret: bytes,
    mode: str = "all",
    *,
    student_of: Callable[[Any], Student] = student_proxy,
    find: Callable[[str], Exercise] = find_exercise,
    wall_seconds: float = NOTEBOOK_WALL_SECONDS,
    earlier: EarlierCells | None = None,
) -> NotebookResult:
    """Grade one notebook of one student.

    Parameters
    ----------
    raw : bytes, ReadProblem or None
        The submitted file; what `reading.read_bytes` says of it; None where there is none.
    release : Release
        The instructor's copy; points, locked cells and the list of exercises come from it.
    mode : {"all", "public"}
        "public" leaves the hidden checks out.
    student_of, find : callable
        Answers by name out of a session; an exercise by its name.
    wall_seconds : float
        For the student's code, all in all.
    earlier : mapping of str to sequence of str, optional
        Cells of the student's other notebooks that this one builds on.

    Returns
    -------
    NotebookResult
        Also where the judge itself failed: then some exercises have the status "system error".
    """
    if mode not in MODES:
        raise ValueError(f"mode is {mode!r}, and has to be one of {MODES}")
    began, cpu_began = time.monotonic(), time.process_time()
    sanitised, problem = put_right(raw, release)
    kept = kept_names(sanitised, find) if not problem else {}
    judging = _Judging(sanitised, student_id, secret, mode, find, kept, not problem)
    cells: tuple[CellResult, ...] = ()
    spent = child_cpu = 0.0
    if not problem:
        cells_to_run = with_keepers(sanitised, kept)
        if release.earlier:
            cells_to_run = (providing(earlier or {}), *cells_to_run)
        workspace = Workspace(sandbox, cells_to_run, student_of, wall_seconds=wall_seconds)
        try:
            workspace.start()
            checks.call(
                lambda hidden: judging.run(workspace, hidden),
                wall_seconds=wall_seconds + JUDGE_WALL_SECONDS,
            )
        except ChecksStuck as stuck:
            judging.blame_us(str(stuck))
        except Exception:
            judging.blame_us(traceback.format_exc())
        finally:
            workspace.close()
        cells, spent = workspace.cells, workspace.sandbox_seconds
        child_cpu = workspace.cpu_seconds
    judge_cpu = time.process_time() - cpu_began
    seconds = Seconds(time.monotonic() - began, spent, child_cpu, judge_cpu)
    notes = notes_on(kept)
    return _result(release, student_id, mode, sanitised, judging.results(), problem, cells, notes, seconds)


def failed_by_us(
    raw: bytes | ReadProblem | None, student_id: str, release: Release, mode: str, text: str
) -> NotebookResult:
    """The result where the process that should have graded was lost: a system error for all of it."""
    sanitised, problem = put_right(raw, release)
    exercises = tuple(_failed_by_us(cell, text) for cell in sanitised.graded)
    return _result(release, student_id, mode, sanitised, exercises, problem)


def _result(
    release: Release,
    student_id: str,
    mode: str,
    sanitised: Sanitised,
    exercises: tuple[ExerciseResult, ...],
    problem: str,
    cells: tuple[CellResult, ...] = (),
    notes: tuple[str, ...] = (),
    seconds: Seconds = Seconds(),  # noqa: B008  a frozen value
) -> NotebookResult:
    library, checked = environment(release.name)
    return NotebookResult(
        notebook=release.name,
        student=student_id,
        mode=mode,
        exercises=exercises,
        written=tuple(WrittenAnswer(c.grade_id, c.points, c.changed) for c in sanitised.written),
        cells=cells,
        problem=problem,
        notes=(*sanitised.notes, *notes),
        flags=_flags(sanitised),
        versions=Versions(library, release.digest, checked),
        seconds=seconds,
    )


def _flags(sanitised: Sanitised) -> tuple[str, ...]:
    answers = [
        c
        for c in sanitised.cells
        if c.changed
        and c.cell_type == "code"
        and (c.role == "scratch" or (c.role == "solution" and not _may_difference(c.grade_id)))
    ]
    return tuple(flag for cell in answers for flag in flags_of(cell.source, cell.grade_id or cell.cell_id))


def _may_difference(exercise: str) -> bool:
    try:
        return find_exercise(exercise).differences
    except UnknownExerciseError:
        return False


class _Judging:
    """The exercises of one notebook while they are judged; what is done is kept if the rest fails."""

    def __init__(
        self,
        sanitised: Sanitised,
        student_id: str,
        secret: bytes,
        mode: str,
        find: Callable[[str], Exercise],
        kept: Kept,
        attempted: bool,
    ) -> None:
        self._sanitised, self._student_id, self._secret = sanitised, student_id, secret
        self._mode, self._find, self._kept = mode, find, kept
        self._done: dict[str, ExerciseResult] = {}
        self._fault = "The exercise was not reached." if attempted else None
        self._regions = _regions(sanitised)

    def blame_us(self, text: str) -> None:
        """Every exercise that is not done yet failed by our fault."""
        self._fault = text

    def run(self, workspace: Workspace, hidden: HiddenChecks) -> None:
        """Judge every exercise; runs inside the session of the hidden checks.

        First all the public checks: what the student's code says to one of them is shown to the student, and
        must not be said by a process that has seen a hidden input, be it of another exercise.
        """
        cells = {cell.cell_id: cell for cell in workspace.cells}
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            judged: list[tuple[Cell, OneExercise]] = []
            for graded in self._sanitised.graded:
                name = graded.exercise
                try:
                    exercise = replace(self._find(name), points=graded.points)
                except UnknownExerciseError as error:
                    self._done[name] = _failed_by_us(graded, str(error))
                    continue
                seed = seed_for(self._secret, name, self._student_id)
                one = OneExercise(
                    exercise,
                    workspace,
                    hidden,
                    seed,
                    Blame(self._regions[name], cells),
                    self._kept.get(name, {}),
                )
                one.ask_public()
                judged.append((graded, one))
            for graded, one in judged:
                if self._mode == "all":
                    one.ask_hidden(hidden.of(graded.exercise))
                self._done[graded.exercise] = one.result(graded)

    def results(self) -> tuple[ExerciseResult, ...]:
        """All exercises of the release, in order."""
        return tuple(self._done.get(cell.exercise) or self._undone(cell) for cell in self._sanitised.graded)

    def _undone(self, cell: Cell) -> ExerciseResult:
        if self._fault is not None:
            return _failed_by_us(cell, self._fault)
        try:
            title = self._find(cell.exercise).title
        except UnknownExerciseError:
            title = cell.exercise
        return ExerciseResult(cell.exercise, title, cell.grade_id, cell.points, 0.0, Status.NOT_ATTEMPTED, ())


def _failed_by_us(cell: Cell, detail: str) -> ExerciseResult:
    outcome = CheckOutcome("The grader", 1, Status.SYSTEM_ERROR, True, Finding(OUR_FAULT), detail)
    return ExerciseResult(
        cell.exercise,
        cell.exercise,
        cell.grade_id,
        cell.points,
        None,
        Status.SYSTEM_ERROR,
        (outcome,),
    )


def _regions(sanitised: Sanitised) -> dict[str, tuple[Cell, ...]]:
    """For each exercise the cells between the check before it and its own."""
    regions: dict[str, tuple[Cell, ...]] = {}
    current: list[Cell] = []
    for cell in sanitised.cells:
        if cell.role == "grade":
            regions[cell.exercise] = tuple(current)
            current = []
        elif cell.role in ("solution", "setup"):
            current.append(cell)
    return regions
