"""One confined process, as the trusted side sees it: asked, watched, and ended from outside.

    Session        `run_cell`, `request`, `close`; `dead` says why it had to be ended
    CellRun        what became of one cell
    SessionEnded   raised by a request when the process is gone
    SandboxError   the sandbox cannot be had on this machine

Theory of operation. Everything that a student's process says arrives on one non-blocking pipe and is
decoded strictly under a deadline. While the host waits it looks every few milliseconds at the child's
processor time, memory, threads and scratch folder; what goes beyond its limit is killed through a pidfd,
which cannot name another process by mistake. The cause of a death is known here, where it was ordered:
time, memory, or, for anything the child did to itself, a crash. The notebook's limits hold over all its
cells and calls.
"""

from __future__ import annotations

import contextlib
import os
import resource
import secrets
import select
import shutil
import signal
import socket
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from course_lib.errors import CourseError
from course_lib.statuses import Status
from grading.sandbox.codec import HEAD, Arena, ProtocolError, frame, frame_lengths, parse_header
from grading.sandbox.limits import MIB, Limits
from grading.sandbox.outputs import valid_outputs

__all__ = ["CellRun", "SandboxError", "Session", "SessionEnded"]

_TICK_SECONDS = 0.02
_SCRATCH_SECONDS = 0.1
_PRINTED, _MOST_PRINTED = 2000, 20
_START_SECONDS = 60
_ONE_SEND = 65536
_SLACK_BYTES = 24 * MIB
_CLOCK_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = resource.getpagesize()


class SandboxError(CourseError):
    """The sandbox cannot be had: a layer is missing, or its processes do not start."""


class SessionEnded(Exception):
    """The process is gone; `status` says why."""

    def __init__(self, status: Status, reason: str) -> None:
        super().__init__(status, reason)
        self.status, self.reason = status, reason


@dataclass(frozen=True)
class CellRun:
    """What became of one cell: `outputs` are nbformat's, checked and capped, and still a student's."""

    cell_id: str
    status: Status
    outputs: tuple[dict[str, Any], ...] = ()
    error: str | None = None
    wall_seconds: float = 0.0
    cpu_seconds: float = 0.0


@dataclass
class _Watch:
    """What one request may use, and when."""

    ends: float
    cpu_seconds: float
    wall_of: str
    resident_bytes: float
    next_look: float
    # Counted from the first look: most requests are over before.
    cpu_ends: float | None = None


class Session:
    """One confined process with the names of one notebook.

    Attributes
    ----------
    dead : Status or None
        Why the process had to be ended, or None while it lives.
    reason : str
        The same in words, for staff.
    layers : list
        What is in force, as the child says.
    """

    def __init__(
        self,
        pipe: socket.socket,
        pid: int,
        pidfd: int,
        arena: Arena,
        scratch: Path,
        limits: Limits,
        how_it_ended: Callable[[int], dict[str, Any]],
    ) -> None:
        self._pipe, self._pid, self._pidfd, self._how_it_ended = pipe, pid, pidfd, how_it_ended
        self.arena, self._scratch, self.limits = arena, scratch, limits
        self.dead: Status | None = None
        self.reason = ""
        self.cpu_seconds = 0.0
        self._printed: list[str] = []
        self._held: Counter[int] = Counter()
        self._dropped: list[int] = []
        self._how: dict[str, Any] | None = None
        self._closed = False
        self._received = bytearray()
        self._next_scratch = 0.0
        self._ends = time.monotonic() + self.limits.notebook_wall_seconds
        pipe.setblocking(False)
        self._poll = select.poll()
        self._poll.register(pipe, select.POLLIN)
        try:
            hello, _ = self._reply(self._watch(_START_SECONDS, _START_SECONDS, "start"))
        except SessionEnded as ended:
            self.close()
            raise SandboxError(
                "A sandbox process does not start.", ended.reason, "Run `grading doctor`."
            ) from ended
        if not hello.get("locked"):
            self.close()
            raise SandboxError(
                f"The sandbox has no layer '{hello.get('layer')}' here.",
                str(hello.get("why")),
                f"{hello.get('mend')} Or name it: --allow-missing '{hello.get('layer')}'.",
            )
        self.layers = hello["layers"]

    def run_cell(self, cell_id: str, source: str) -> CellRun:
        """Run one cell; where the process had to be ended, `dead` says why."""
        began = time.monotonic()
        watch = self._watch(self.limits.cell_wall_seconds, self.limits.cell_cpu_seconds, "cell")
        try:
            reply, _ = self._ask({"op": "run", "cell": cell_id, "source": source}, [], watch)
            outputs = valid_outputs(reply.get("outputs"), self.limits.output_bytes)
            raised, told = _words(reply, "raised"), _words(reply, "error")[:2000]
        except SessionEnded as ended:
            return CellRun(cell_id, ended.status, (), ended.reason, time.monotonic() - began)
        except ProtocolError as error:
            self._kill(Status.CRASHED, f"the process sent what is no message: {error}")
            return CellRun(cell_id, Status.CRASHED, (), self.reason, time.monotonic() - began)
        status = Status.PASSED
        if raised:
            status = Status.OUT_OF_MEMORY if raised == "MemoryError" else Status.ERRORED
        wall_seconds = time.monotonic() - began
        return CellRun(cell_id, status, outputs, told or None, wall_seconds, _seconds(reply))

    def request(
        self,
        message: dict[str, Any],
        body: list[bytes | memoryview],
        *,
        wall_seconds: float | None = None,
        memory_bytes: int | None = None,
    ) -> tuple[dict[str, Any], bytes]:
        """Ask, and wait for the answer: header and body, decoded no further.

        Raises
        ------
        SessionEnded
            The process ended, or had to be.
        """
        wall = self.limits.call_wall_seconds if wall_seconds is None else wall_seconds
        watch = self._watch(wall, wall, "call")
        if memory_bytes is not None:
            watch.resident_bytes = self._resident_and_threads()[0] + memory_bytes + _SLACK_BYTES
        with self._memory_limit(memory_bytes):
            reply, content = self._ask({**message, "release": self._let_go()}, body, watch)
        if printed := _words(reply, "printed"):
            self._printed = [*self._printed, printed[:_PRINTED]][-_MOST_PRINTED:]
        return reply, content

    def hold(self, number: int) -> None:
        """The caller holds this object of the process."""
        self._held[number] += 1

    def drop(self, number: int) -> None:
        """It holds it no more: the next request lets the process forget what nobody holds.

        The collector calls this at any moment, also while a reply with the same number is on its way: it is
        counted when the next request is made.
        """
        self._dropped.append(number)

    def _let_go(self) -> list[int]:
        """What nobody holds any more."""
        dropped, self._dropped = self._dropped, []
        self._held.subtract(dropped)
        gone = [number for number in set(dropped) if not self._held[number]]
        for number in gone:
            del self._held[number]
        return gone

    def take_printed(self) -> str:
        """What student code printed during requests since the last time; it may know their inputs."""
        printed, self._printed = "".join(self._printed), []
        return printed

    def end_as(self, status: Status, reason: str) -> SessionEnded:
        """End the process for something that only the caller can see, such as an answer that is no value."""
        self._kill(status, reason)
        return SessionEnded(status, reason)

    def close(self) -> None:
        """End the process and take its scratch folder away."""
        if self._closed:
            return
        self._closed = True
        self._signal()
        self._pipe.close()
        self.arena.close()
        self.cpu_seconds = float(self._end()["cpu"])
        os.close(self._pidfd)
        _remove(self._scratch)

    def _watch(self, wall_seconds: float, cpu_seconds: float, of: str) -> _Watch:
        now = time.monotonic()
        ends = min(now + wall_seconds, self._ends)
        return _Watch(ends, cpu_seconds, of, self.limits.memory_bytes, now + _TICK_SECONDS)

    def _ask(
        self, message: dict[str, Any], body: list[bytes | memoryview], watch: _Watch
    ) -> tuple[dict[str, Any], bytes]:
        if self.dead is not None or self._closed:
            raise SessionEnded(self.dead or Status.CRASHED, self.reason or "the session was closed")
        nonce = secrets.token_hex(8)
        if self._received or self._poll.poll(0):
            self._unasked()
        self._send(frame({**message, "nonce": nonce}, body), watch)
        header, content = self._reply(watch)
        if header.get("nonce") != nonce:
            self._kill(Status.CRASHED, "the process answered what was not asked")
            raise SessionEnded(Status.CRASHED, self.reason)
        # Many short requests in a row are never looked at while they run.
        self._look_at_scratch(time.monotonic())
        return header, content

    def _unasked(self) -> None:
        """Something lies in the pipe that nobody asked for, or the process is gone."""
        with contextlib.suppress(BlockingIOError, ConnectionError):
            if self._received or self._pipe.recv(1):
                self._kill(Status.CRASHED, "the process wrote without being asked")
                raise SessionEnded(Status.CRASHED, self.reason)
        self._gone()

    def _send(self, parts: list[bytes | memoryview], watch: _Watch) -> None:
        if sum(len(part) for part in parts) < _ONE_SEND:
            parts = [b"".join(parts)]
        self._poll.modify(self._pipe, select.POLLOUT)
        try:
            for part in parts:
                view = memoryview(part).cast("B") if memoryview(part).nbytes else memoryview(b"")
                while view:
                    try:
                        view = view[self._pipe.send(view) :]
                        self._look(watch)
                    except BlockingIOError:
                        self._tick(watch)
                    except ConnectionError:
                        self._gone()
        finally:
            self._poll.modify(self._pipe, select.POLLIN)

    def _reply(self, watch: _Watch) -> tuple[dict[str, Any], bytes]:
        try:
            header_length, body_length = frame_lengths(
                self._take(HEAD.size, watch), self.limits.message_bytes
            )
            header = parse_header(self._take(header_length, watch))
            return header, self._take(body_length, watch)
        except ProtocolError as error:
            self._kill(Status.CRASHED, f"the process sent what is no message: {error}")
            raise SessionEnded(Status.CRASHED, self.reason) from error

    def _take(self, length: int, watch: _Watch) -> bytes:
        while len(self._received) < length:
            try:
                part = self._pipe.recv(1 << 20)
            except BlockingIOError:
                self._tick(watch)
                continue
            except ConnectionError:
                part = b""
            if not part:
                self._gone()
            self._received += part
            self._look(watch)
        taken = bytes(self._received[:length])
        del self._received[:length]
        return taken

    def _tick(self, watch: _Watch) -> None:
        """Wait a little for the pipe, and look at what the process uses meanwhile."""
        remaining = max(0.0, watch.ends - time.monotonic())
        if not self._poll.poll(max(1, 1000 * min(_TICK_SECONDS, remaining))):
            self._look(watch)

    def _look(self, watch: _Watch) -> None:
        """End the process if it uses more than it may; looks at most once a tick."""
        now = time.monotonic()
        if now < watch.next_look:
            return
        watch.next_look = now + _TICK_SECONDS
        if now >= watch.ends:
            self._over(Status.TIMED_OUT, f"a {watch.wall_of} ran longer than its time")
        cpu = self._cpu()
        if watch.cpu_ends is None:
            watch.cpu_ends = cpu + watch.cpu_seconds
        if cpu > watch.cpu_ends:
            self._over(Status.TIMED_OUT, f"a {watch.wall_of} used more processor time than it may")
        resident, threads = self._resident_and_threads()
        if resident > watch.resident_bytes:
            self._over(Status.OUT_OF_MEMORY, "the process holds more memory than it may")
        if threads > self.limits.threads:
            self._over(Status.CRASHED, f"the process has {threads} threads")
        self._look_at_scratch(now)

    def _look_at_scratch(self, now: float) -> None:
        if now < self._next_scratch:
            return
        self._next_scratch = now + _SCRATCH_SECONDS
        count = size = 0
        folders = [str(self._scratch)]
        while folders and count <= self.limits.scratch_files and size <= self.limits.scratch_bytes:
            try:
                with os.scandir(folders.pop()) as entries:
                    for entry in entries:
                        count += 1
                        size += entry.stat(follow_symlinks=False).st_blocks * 512
                        if entry.is_dir(follow_symlinks=False):
                            folders.append(entry.path)
            except (FileNotFoundError, NotADirectoryError):
                # Files come and go while we look.
                continue
            except OSError:
                self._over(Status.CRASHED, "the scratch folder holds a folder that cannot be read")
        if count > self.limits.scratch_files or size > self.limits.scratch_bytes:
            self._over(Status.OUT_OF_MEMORY, "the scratch folder holds more than it may")

    def _over(self, status: Status, reason: str) -> None:
        self._kill(status, reason)
        raise SessionEnded(status, reason)

    def _gone(self) -> None:
        """The process closed its end: it is dead, or as good as that."""
        self._signal()
        ended = self._end()
        code = int(ended["code"])
        status, reason = Status.CRASHED, f"the process ended itself with exit code {code}"
        if float(ended["cpu"]) >= self.limits.notebook_cpu_seconds:
            status, reason = Status.TIMED_OUT, "the notebook used up its processor time"
        elif code == -signal.SIGKILL:
            reason = "the process was killed, or closed its pipe"
        elif code < 0:
            # A real-time signal has a number and no name.
            names = {int(known): known.name for known in signal.Signals}
            reason = f"the process ended by {names.get(-code, f'signal {-code}')}"
        if self.dead is None:
            self.dead, self.reason = status, reason
        raise SessionEnded(self.dead, self.reason)

    def _end(self) -> dict[str, Any]:
        if self._how is None:
            self._how = self._how_it_ended(self._pid)
        return self._how

    def _kill(self, status: Status, reason: str) -> None:
        if self.dead is None:
            self.dead, self.reason = status, reason
        self._signal()

    def _signal(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)

    def _cpu(self) -> float:
        """Processor seconds of all threads of the process so far."""
        try:
            with open(f"/proc/{self._pid}/stat", "rb") as stat:
                fields = stat.read().rpartition(b")")[2].split()
        except OSError:
            return 0.0
        return (int(fields[11]) + int(fields[12])) / _CLOCK_TICKS

    def _resident_and_threads(self) -> tuple[int, int]:
        try:
            with open(f"/proc/{self._pid}/stat", "rb") as stat:
                fields = stat.read().rpartition(b")")[2].split()
        except OSError:
            return 0, 0
        return int(fields[21]) * _PAGE, int(fields[17])

    @contextlib.contextmanager
    def _memory_limit(self, memory_bytes: int | None) -> Iterator[None]:
        """Hold the process to a growth of its address space; going beyond raises MemoryError over there.

        A process may undo a soft limit of its own, and a host may not be allowed to set it: what it holds is
        watched besides.
        """
        if memory_bytes is None or self.dead is not None:
            yield
            return
        try:
            with open(f"/proc/{self._pid}/statm", "rb") as sizes:
                now = int(sizes.read().split()[0]) * _PAGE
            soft, hard = resource.prlimit(self._pid, resource.RLIMIT_AS)
            wanted = now + memory_bytes + _SLACK_BYTES
            resource.prlimit(self._pid, resource.RLIMIT_AS, (wanted if soft < 0 else min(wanted, soft), hard))
        except (OSError, ValueError):
            yield
            return
        try:
            yield
        finally:
            # A process that has ended may have been reaped, and its number be another's.
            with contextlib.suppress(OSError, ValueError):
                if self.dead is None:
                    resource.prlimit(self._pid, resource.RLIMIT_AS, (soft, hard))


def _words(reply: dict[str, Any], name: str) -> str:
    """A text of a reply; str() of what is nested deeply would be an error of ours."""
    value = reply.get(name, "")
    if not isinstance(value, str):
        raise ProtocolError(f"{name} is no text")
    return value.encode("utf-8", "replace").decode()


def _remove(folder: Path) -> None:
    """Take a student's folder away; thousands of nested folders are too deep for rmtree."""
    try:
        shutil.rmtree(folder)
    except (OSError, RecursionError):
        subprocess.run(["rm", "-rf", "--", str(folder)], check=False, capture_output=True)


def _seconds(reply: dict[str, Any]) -> float:
    value = reply.get("cpu", 0.0)
    return float(value) if isinstance(value, float) and 0 <= value < 1e6 else 0.0
