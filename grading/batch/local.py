"""Worker processes on this machine.

Theory of operation. Each worker process belongs to one thread, which gives it one job at a time over a
socket and waits for the result until a deadline. A worker that dies, or does not answer in time and is
killed, costs that one job, which is tried once more in a new process; a second loss is a system error of
this job. Neither the other workers nor their jobs notice (`ProcessPoolExecutor` loses everything that is
pending). The threads take the next job only when they are free, and results wait in a queue of bounded
length, so that neither side runs ahead of the other.

Workers are started with exec, in a session of their own: a Ctrl-C in the terminal reaches the parent alone,
which ends them. They die with the thread that started them (PR_SET_PDEATHSIG), so that a killed parent
leaves none behind.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from multiprocessing.connection import Connection
from pathlib import Path

from grading.batch.jobs import Loaded, Setup
from grading.judge.grade import JUDGE_WALL_SECONDS, failed_by_us
from grading.judge.reading import ReadProblem
from grading.judge.release import code_digest
from grading.judge.results import NotebookResult, from_json

__all__ = ["BatchError", "CodeChanged", "LocalWorkers"]

_ROOT = Path(__file__).parents[2]
_START_WALL_SECONDS = 60.0
_MARGIN_SECONDS = 20.0
_TRIES = 2


class BatchError(Exception):
    """No worker can be started: the whole batch is stopped, and nothing that was done is lost."""


class CodeChanged(BatchError):
    """A worker runs other code than the run began with."""


class LocalWorkers:
    """An executor with `count` worker processes; they start when there is work and end with `grade`.

    Parameters
    ----------
    setup : Setup
        What all jobs share.
    count : int
        How many run at a time.
    wall_seconds : float, optional
        For one job from outside; by default the notebook's and the judge's time and a margin.
    """

    def __init__(self, setup: Setup, count: int, *, wall_seconds: float | None = None) -> None:
        if count < 1:
            raise ValueError(f"count is {count}, and at least one worker is needed")
        self._setup, self._count = setup, count
        limit = setup.limits.notebook_wall_seconds + JUDGE_WALL_SECONDS + _MARGIN_SECONDS
        self._wall_seconds = wall_seconds if wall_seconds is not None else limit
        self._early: list[_Worker] = []
        # Before any worker loads it: the keys of the run's results are those of this code.
        code_digest()

    def launch(self) -> None:
        """Start the workers now, for work that is sure to come; the caller does something else meanwhile."""
        while len(self._early) < self._count:
            worker = _Worker()
            self._early.append(worker)
            # One that is lost so early is found out, and started anew, when it is given work.
            with contextlib.suppress(_Lost):
                worker.tell(self._setup)

    def close(self) -> None:
        """End the workers that were started and never given work."""
        while self._early:
            self._early.pop().kill()

    def __enter__(self) -> LocalWorkers:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def grade(self, jobs: Iterable[Loaded]) -> Iterator[tuple[Loaded, NotebookResult]]:
        """Grade all jobs; results as they come.

        Raises
        ------
        BatchError
            The workers cannot start.
        """
        run = _Run(self._setup, iter(jobs), self._wall_seconds, self._count, self._early)
        try:
            yield from run.results()
        finally:
            run.stop()


class _Run:
    """One call of `grade`: the threads, what they take from and where they put to."""

    def __init__(
        self, setup: Setup, jobs: Iterator[Loaded], wall_seconds: float, count: int, early: list[_Worker]
    ) -> None:
        self._setup, self._jobs, self._wall_seconds = setup, jobs, wall_seconds
        self._early = early
        self._taking = threading.Lock()
        self._stopping = threading.Event()
        self._done: queue.Queue[tuple[Loaded, NotebookResult] | Exception | None] = queue.Queue(4 * count)
        self._workers: set[_Worker] = set()
        self._threads = [
            threading.Thread(target=self._serve, name=f"worker {number}", daemon=True)
            for number in range(count)
        ]

    def results(self) -> Iterator[tuple[Loaded, NotebookResult]]:
        for thread in self._threads:
            thread.start()
        running = len(self._threads)
        while running:
            done = self._done.get()
            if done is None:
                running -= 1
            elif isinstance(done, Exception):
                raise done
            else:
                yield done

    def stop(self) -> None:
        """End every worker and every thread."""
        self._stopping.set()
        for worker in list(self._workers):
            worker.kill()
        for thread in self._threads:
            while thread.is_alive():
                # A thread may wait for room in the queue.
                with contextlib.suppress(queue.Empty):
                    self._done.get_nowait()
                thread.join(timeout=0.02)

    def _serve(self) -> None:
        worker: _Worker | None = None
        try:
            while (loaded := self._take()) is not None:
                worker, result = self._try(worker, loaded)
                if self._stopping.is_set():
                    break
                self._done.put((loaded, result))
        except Exception as error:
            if not self._stopping.is_set():
                self._done.put(error)
        finally:
            if worker is not None:
                worker.let_end()
                self._end(worker)
            self._done.put(None)

    def _take(self) -> Loaded | None:
        with self._taking:
            return None if self._stopping.is_set() else next(self._jobs, None)

    def _try(self, worker: _Worker | None, loaded: Loaded) -> tuple[_Worker | None, NotebookResult]:
        reason = ""
        for _ in range(_TRIES):
            if self._stopping.is_set():
                break
            if worker is None:
                worker = self._start()
            try:
                result = worker.grade(loaded, self._wall_seconds)
            except _Lost as lost:
                reason = str(lost)
                self._end(worker)
                worker = None
            else:
                if worker.ended:
                    self._end(worker)
                    worker = None
                return worker, result
        return worker, failed_by_us(
            loaded.raw, loaded.job.student, loaded.job.release, self._setup.mode, reason
        )

    def _start(self) -> _Worker:
        reason = ""
        for _ in range(_TRIES):
            with self._taking:
                worker = self._early.pop() if self._early else None
            try:
                if worker is None:
                    worker = _Worker()
                    self._workers.add(worker)
                    worker.tell(self._setup)
                self._workers.add(worker)
                worker.wait_until_ready()
            except _Lost as lost:
                reason = str(lost)
                if worker is not None:
                    self._end(worker)
            else:
                return worker
        raise BatchError(f"A worker cannot be started.\nWhy: {reason}")

    def _end(self, worker: _Worker) -> None:
        worker.kill()
        self._workers.discard(worker)


class _Lost(Exception):
    """The worker died or had to be killed."""


class _Worker:
    """One process and the socket to it."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        # Its stderr is kept for the reason of its death.
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115  closed by kill()
        self.ended = False
        # A worker that is killed cannot take away what its sandbox left.
        self._folder = tempfile.mkdtemp(prefix="grading-worker-")
        path = os.pathsep.join(filter(None, [str(_ROOT), os.environ.get("PYTHONPATH", "")]))
        one_thread = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL")}
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "grading.batch.worker", str(theirs.fileno()), str(os.getpid())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._errors,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
                env=os.environ | one_thread | {"PYTHONPATH": path, "TMPDIR": self._folder},
            )
        self._line = Connection(ours.detach())
        # Whoever stops the run and the thread that serves this worker may close it at once.
        self._closing = threading.Lock()

    def tell(self, setup: Setup) -> None:
        """Send what all jobs share."""
        shared = {
            "secret": setup.secret.hex(),
            "mode": setup.mode,
            "limits": asdict(setup.limits),
            "allow_missing": sorted(setup.allow_missing),
            "checks": str(setup.checks) if setup.checks is not None else None,
            "exercises": setup.exercises,
        }
        self._send(json.dumps(shared).encode())

    def wait_until_ready(self) -> None:
        """BatchError with its reason if it does not get ready."""
        answer = json.loads(self._receive(_START_WALL_SECONDS))
        if answer["failed"]:
            raise BatchError(f"A worker cannot be started.\nWhy: {answer['failed']}")
        if answer["code"] != code_digest():
            # Its results would be kept under the key of other code.
            raise CodeChanged("The checks or the grader changed while the run was under way.")

    def grade(self, loaded: Loaded, wall_seconds: float) -> NotebookResult:
        """Grade one job; _Lost where the worker is lost."""
        raw, release = loaded.raw, loaded.job.release
        head = {
            "student": loaded.job.student,
            "earlier": loaded.earlier,
            "release": {"name": release.name, "notebook": release.notebook, "digest": release.digest},
            "problem": raw.reason if isinstance(raw, ReadProblem) else None,
        }
        self._send(json.dumps(head).encode())
        self._send(b"" if isinstance(raw, ReadProblem) else raw)
        answer = json.loads(self._receive(wall_seconds))
        self.ended = answer["ends"]
        return from_json(NotebookResult, answer["result"])

    def let_end(self) -> None:
        """Close the line, upon which an idle worker ends its sandbox and itself."""
        with self._closing:
            self._line.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=3)

    def kill(self) -> None:
        """End the process, if it has not ended, and take its folder away; its sandbox dies with it."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        self._process.wait()
        with self._closing:
            self._line.close()
            self._errors.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _send(self, message: bytes) -> None:
        try:
            self._line.send_bytes(message)
        except OSError as error:
            raise _Lost(self._reason()) from error

    def _receive(self, wall_seconds: float) -> bytes:
        try:
            if not self._line.poll(wall_seconds):
                raise _Lost(f"the worker did not answer within {wall_seconds:g} s and was killed")
            return self._line.recv_bytes()
        except (EOFError, OSError) as error:
            raise _Lost(self._reason()) from error

    def _reason(self) -> str:
        try:
            code = self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            return "the worker closed its line"
        with contextlib.suppress(ValueError, OSError):
            self._errors.seek(max(0, self._errors.seek(0, os.SEEK_END) - 2000))
            text = self._errors.read().decode("utf-8", "replace").strip()
            return f"the worker ended with {code}" + (f": {text}" if text else "")
        return f"the worker ended with {code}"
