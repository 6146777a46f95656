"""The trusted side of the sandbox: where confined processes come from.

Sandbox   starts the zygote, opens sessions (`session`); one for each worker
"""

from __future__ import annotations

import contextlib
import json
import mmap
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from grading.sandbox.codec import Arena
from grading.sandbox.limits import MIB, Limits
from grading.sandbox.session import SandboxError, Session

__all__ = ["Sandbox"]

ROOT = Path(__file__).parents[2]
_ARENA_BYTES = 128 * MIB
_START_SECONDS = 60
_FONTS = "matplotlib"


class Sandbox:
    """A zygote and the sessions forked from it.

    Parameters
    ----------
    limits : Limits
        Of every session.
    read : tuple of Path
        What students may read beside the interpreter; by default `course_lib` alone.
    allow_missing : frozenset of str
        Layers that this machine may lack.

    Raises
    ------
    SandboxError
        From `open`, when a layer is missing or nothing starts.
    """

    def __init__(
        self,
        limits: Limits | None = None,
        read: tuple[Path, ...] = (ROOT / "course_lib",),
        allow_missing: frozenset[str] = frozenset(),
    ) -> None:
        self.limits = limits or Limits()
        self._read, self._allow_missing = read, allow_missing
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._folder: str | None = None
        self._starting = False
        self._ended: dict[int, dict[str, Any]] = {}

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the zygote; its children end with it."""
        if self._control is not None:
            self._control.close()
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            if self._process.stderr is not None:
                self._process.stderr.close()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
        self._process = self._control = self._folder = None
        self._ended.clear()

    def launch(self) -> None:
        """Start the zygote without waiting until it is ready: it takes a second, and others can work."""
        if self._process is None:
            self._start()

    def open(self) -> Session:
        """Fork a confined process."""
        try:
            return self._open()
        except (ConnectionError, EOFError, TimeoutError):
            # The zygote was killed or stopped from outside: a new one, once.
            self.close()
            try:
                return self._open()
            except (ConnectionError, EOFError, TimeoutError) as error:
                raise SandboxError(
                    "The sandbox does not start.", self._last_words(), "Run `grading doctor`."
                ) from error

    def _open(self) -> Session:
        if self._process is None or self._process.poll() is not None:
            self.close()
            self._start()
        if self._control is None or self._folder is None:
            raise EOFError
        if self._starting:
            self._answer()
            self._starting = False
            _keep_fonts(self._folder)
        scratch = tempfile.mkdtemp(dir=self._folder)
        memory = os.memfd_create("arena", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        ours, theirs = socket.socketpair()
        try:
            os.ftruncate(memory, _ARENA_BYTES)
            _seal(memory)
            order = {
                "scratch": scratch,
                "arena_bytes": _ARENA_BYTES,
                "limits": asdict(self.limits),
                "read": [str(path) for path in self._read],
                "allow_missing": sorted(self._allow_missing),
                "hidden": [str(ROOT / name) for name in ("solutions", "grading", "tests")],
            }
            socket.send_fds(self._control, [json.dumps(order).encode()], [theirs.fileno(), memory])
            arena = Arena(mmap.mmap(memory, _ARENA_BYTES))
            answer, pidfd = self._answer()
        except BaseException:
            ours.close()
            shutil.rmtree(scratch, ignore_errors=True)
            raise
        finally:
            theirs.close()
            os.close(memory)
        return Session(ours, int(answer["pid"]), pidfd, arena, Path(scratch), self.limits, self.how_it_ended)

    def _start(self) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._folder = tempfile.mkdtemp(prefix="sandbox-")
        code = (
            f"import sys; sys.path.insert(0, {str(ROOT)!r})\n"
            "from grading.sandbox.zygote import main\n"
            f"main({theirs.fileno()}, {os.getpid()})"
        )
        private = os.path.join(self._folder, _FONTS)
        os.mkdir(private)
        _copy_fonts(_font_cache(), Path(private))
        one = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
        environment = {
            "PATH": "/usr/bin:/bin",
            "LANG": "C.UTF-8",
            "HOME": self._folder,
            "MPLCONFIGDIR": private,
            **one,
        }
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-c", code],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            pass_fds=[theirs.fileno()],
            env={**environment, "IPYTHONDIR": os.path.join(self._folder, "ipython")},
            cwd="/",
        )
        theirs.close()
        self._control = ours
        ours.settimeout(_START_SECONDS)
        self._starting = True

    def _answer(self) -> tuple[dict[str, Any], int]:
        """The next answer of the zygote that is no report of an end."""
        if self._control is None:
            raise EOFError
        while True:
            text, descriptors, _, _ = socket.recv_fds(self._control, 1 << 16, 1)
            if not text:
                raise EOFError
            answer = json.loads(text)
            if "ended" not in answer:
                return answer, descriptors[0] if descriptors else -1
            self._ended[answer["ended"]] = answer

    def how_it_ended(self, pid: int) -> dict[str, Any]:
        """The exit code and the use of resources of a session whose process has ended."""
        while pid not in self._ended and self._control is not None:
            try:
                text = self._control.recv(1 << 16)
            except OSError:
                break
            if not text:
                break
            answer = json.loads(text)
            if "ended" in answer:
                self._ended[answer["ended"]] = answer
        return self._ended.pop(pid, {"code": -int(signal.SIGKILL), "cpu": 0.0, "peak_bytes": 0})

    def _last_words(self) -> str:
        if self._process is None or self._process.stderr is None:
            return "Its first process ended at once."
        self._process.kill()
        return (
            self._process.stderr.read().decode("utf-8", "replace")[-600:]
            or "Its first process ended at once."
        )


def _font_cache() -> Path:
    """Where matplotlib keeps its list of fonts: to make it anew takes longer than the rest of the start."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / _FONTS


def _copy_fonts(source: Path, target: Path) -> None:
    # What is missing, unreadable or in the way costs time only.
    with contextlib.suppress(OSError):
        for path in source.glob("fontlist-*.json"):
            if not (target / path.name).exists():
                target.mkdir(parents=True, exist_ok=True)
                new = target / f".{path.name}.{os.getpid()}"
                shutil.copyfile(path, new)
                os.replace(new, target / path.name)


def _keep_fonts(folder: str) -> None:
    """The list that a zygote had to make; no student's code has run near it yet."""
    _copy_fonts(Path(folder) / _FONTS, _font_cache())


def _seal(memory: int) -> None:
    """The other side may write into the memory, and never change its size under us."""
    import fcntl

    fcntl.fcntl(memory, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL)
