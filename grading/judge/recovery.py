"""The cells of one notebook, alive in a sandbox; and alive again after a cell or a call had to be ended.

Theory of operation. `Workspace` runs the cells in a fresh session. A cell that hangs, bombs or exits takes
the session with it: the next one runs the cells again without it. After `RESTARTS` such cells those behind
the last one are left out as well, so that what stood before them still counts. `student()` gives the
answers by name, in a fresh session where the last call of the judge ended the old one. Its outputs are
those of the first time a cell ran: a session that the judge has called knows hidden inputs, and none of its
words may reach the student.

How often the judge's calls may end a session is counted by exercise (`Attempts`): where no check has passed
yet and one ran out of time, the answer hangs as such, and this one kill ends the exercise; else three do. A
crash, or memory used up, is over at once, and another function of the same exercise may be right; whether a
bomb ends in MemoryError or in a kill is chance, and must not move a point. Not by notebook: someone who
differentiates element by element runs into the time limit once in every exercise, and an answer that is
slow must not cost the right ones after it. What bounds the whole is the time of the notebook, cells and
calls of all sessions together.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from course_lib.checking.model import Student, StudentStopped
from course_lib.statuses import Status
from grading.judge.again import KEEPER
from grading.judge.beside import PROVIDER, providing
from grading.judge.harmless import clean
from grading.judge.results import CellResult
from grading.judge.sanitise import Cell

__all__ = ["RESTARTS", "Attempts", "CellRun", "Sandbox", "Session", "Workspace"]

RESTARTS = 3

_BEHIND = "It did not run: too many cells before it had to be ended."


class CellRun(Protocol):
    """What a sandbox says of one cell."""

    @property
    def status(self) -> Status: ...
    @property
    def outputs(self) -> Sequence[dict[str, Any]]: ...
    @property
    def error(self) -> str | None: ...


class Session(Protocol):
    """One confined process with a notebook's names; `dead` says why it had to be ended."""

    @property
    def dead(self) -> Status | None: ...
    def run_cell(self, cell_id: str, source: str) -> CellRun: ...
    def take_printed(self) -> str: ...
    def close(self) -> None: ...


class Sandbox(Protocol):
    """Where sessions come from."""

    def open(self) -> Session: ...


class Workspace:
    """The student's cells in a sandbox.

    Parameters
    ----------
    sandbox : Sandbox
        Gives a fresh session for each start.
    cells : sequence of Cell
        The cells that run, in order.
    student_of : callable
        Makes the answers by name out of a session.
    wall_seconds : float
        For all sessions together.
    """

    def __init__(
        self,
        sandbox: Sandbox,
        cells: Sequence[Cell],
        student_of: Callable[[Any], Student],
        *,
        wall_seconds: float,
    ) -> None:
        self._sandbox, self._cells, self._student_of = sandbox, cells, student_of
        self._session: Session | None = None
        self._ends = time.monotonic() + wall_seconds
        self._earlier_given = any(cell.cell_id == PROVIDER for cell in cells)
        self._runs: dict[str, CellResult] = {}
        self._left_out: set[str] = set()
        self._gave_up: Status | None = None
        self.sandbox_seconds = 0.0
        self.cpu_seconds = 0.0

    @property
    def cells(self) -> tuple[CellResult, ...]:
        """What became of each cell, in order."""
        shown = (cell.cell_id for cell in self._cells if cell.role != KEEPER)
        return tuple(self._runs[name] for name in shown if name in self._runs)

    def start(self) -> None:
        """Run the cells, again where one of them ended the session."""
        kills = 0
        while self._gave_up is None:
            began = time.monotonic()
            culprit = self._run_cells()
            self.sandbox_seconds += time.monotonic() - began
            if culprit is None:
                return
            kills += 1
            if culprit.role == "setup" and self._without_earlier():
                del self._runs[culprit.cell_id]
                continue
            self._left_out.add(culprit.cell_id)
            if kills >= RESTARTS:
                self._leave_out_behind(culprit)
            if kills > RESTARTS or time.monotonic() > self._ends:
                self._gave_up = self._runs[culprit.cell_id].status
                if self._gave_up in (Status.PASSED, Status.ERRORED):
                    self._gave_up = Status.CRASHED
                self._leave_out_behind(culprit)

    def student(self) -> Student:
        """The answers by name.

        Raises
        ------
        StudentStopped
            There is no session and will be none, or the time of the notebook is used up.
        """
        if self._session is None or self._session.dead is not None:
            if self._gave_up is None and time.monotonic() > self._ends:
                self._gave_up = Status.TIMED_OUT
            self.start()
        if self._gave_up is not None:
            raise StudentStopped(self._gave_up)
        return self._student_of(self._session)

    def take_printed(self) -> str:
        """What student code printed during the judge's calls since the last time: for staff alone."""
        return self._session.take_printed() if self._session is not None else ""

    @property
    def dead(self) -> Status | None:
        """Why the last session had to be ended, or None while it lives."""
        return self._session.dead if self._session is not None else self._gave_up

    def close(self) -> None:
        """End the session and count what it used."""
        if self._session is not None:
            self._session.close()
            self.cpu_seconds += getattr(self._session, "cpu_seconds", 0.0)
            self._session = None

    def _run_cells(self) -> Cell | None:
        """One start; the cell that ended the session, if one did."""
        self.close()
        self._session = self._sandbox.open()
        for cell in self._cells:
            if cell.cell_id in self._left_out:
                continue
            if not cell.source.strip():
                self._runs.setdefault(cell.cell_id, CellResult(cell.cell_id, Status.PASSED))
                continue
            run = self._session.run_cell(cell.cell_id, cell.source)
            dead = self._session.dead
            result = CellResult(
                cell.cell_id, dead or run.status, tuple(run.outputs), clean(run.error or "", 2000)
            )
            if dead is not None and cell.cell_id in self._runs:
                # It ran the first time: its outputs are good, its end is not.
                known = self._runs[cell.cell_id]
                self._runs[cell.cell_id] = CellResult(cell.cell_id, dead, known.outputs, result.error)
            self._runs.setdefault(cell.cell_id, result)
            if dead is not None:
                return cell
        return None

    def _without_earlier(self) -> bool:
        """Give no earlier cells from now on: run by the set-up, they may be what ended it; once only."""
        if self._earlier_given:
            self._earlier_given = False
            self._cells = tuple(providing({}) if cell.cell_id == PROVIDER else cell for cell in self._cells)
            return True
        return False

    def _leave_out_behind(self, culprit: Cell) -> None:
        behind = False
        for cell in self._cells:
            if behind and cell.cell_id not in self._runs:
                status = self._runs[culprit.cell_id].status
                self._runs[cell.cell_id] = CellResult(cell.cell_id, status, error=_BEHIND)
                self._left_out.add(cell.cell_id)
            behind = behind or cell is culprit


@dataclass
class Attempts:
    """Whether an exercise may go on after its calls ended the session."""

    passed: int = 0
    kills: int = 0
    last: Status = Status.TIMED_OUT

    def told(self, status: Status, killed: bool) -> None:
        """Count one check."""
        self.passed += status is Status.PASSED
        if killed:
            self.kills += 1
            self.last = status

    @property
    def over(self) -> bool:
        """Whether the rest of the exercise's checks get the status of the last kill without being run."""
        hangs = self.last is Status.TIMED_OUT and not self.passed
        return self.kills >= (1 if hangs else RESTARTS)
