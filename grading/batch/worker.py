"""What runs in a worker process: one session of hidden checks, one sandbox, one job at a time.

    python -m grading.batch.worker SOCKET PARENT

It answers each job with JSON and ends when the line is closed. Nothing is unpickled, though both ends are
ours.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys
import traceback
from collections.abc import Callable
from functools import partial
from importlib import import_module
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from grading.judge.results import NotebookResult

__all__ = ["serve"]

_PR_SET_PDEATHSIG = 1


def serve(line: Connection) -> None:
    """Answer jobs until the line is closed."""
    shared = json.loads(line.recv_bytes())
    try:
        from grading.sandbox.host import Sandbox
        from grading.sandbox.limits import Limits

        limits = Limits(**shared["limits"])
        sandbox = Sandbox(limits=limits, allow_missing=frozenset(shared["allow_missing"]))
        # It gets ready while the checks are collected here.
        sandbox.launch()
        from grading.judge.checks import CHECKS, ChecksSession
        from grading.judge.grade import grade_notebook
        from grading.judge.release import code_digest

        find = import_module(shared["exercises"]).find_exercise
        checks = ChecksSession(Path(shared["checks"]) if shared["checks"] else CHECKS)
        # A layer that this machine lacks is told now, and not as a system error of every student.
        sandbox.open().close()
    except Exception as error:
        # What is wrong here is wrong for every job: the parent stops the batch and says why.
        line.send_bytes(json.dumps({"failed": f"{type(error).__name__}: {error}"}).encode())
        return
    grade = partial(
        grade_notebook,
        sandbox=sandbox,
        checks=checks,
        secret=bytes.fromhex(shared["secret"]),
        mode=shared["mode"],
        find=find,
        wall_seconds=limits.notebook_wall_seconds,
    )
    with checks, sandbox:
        # Taken when all of it is loaded: what changes from now on is not what runs here.
        line.send_bytes(json.dumps({"failed": "", "code": code_digest()}).encode())
        while not checks.stuck:
            try:
                head, raw = json.loads(line.recv_bytes()), line.recv_bytes()
            except EOFError:
                return
            result = _graded(head, raw, shared["mode"], grade)
            line.send_bytes(json.dumps({"result": result, "ends": checks.stuck}).encode())


def _graded(head: dict[str, Any], raw: bytes, mode: str, grade: Callable[..., NotebookResult]) -> str:
    """One job; whatever is raised here is our fault."""
    from grading.judge.grade import failed_by_us
    from grading.judge.reading import ReadProblem
    from grading.judge.release import Release
    from grading.judge.results import to_json

    release = Release(**head["release"])
    content = raw if head["problem"] is None else ReadProblem(head["problem"])
    try:
        return to_json(grade(content, head["student"], release, earlier=head["earlier"]))
    except Exception:
        return to_json(failed_by_us(content, head["student"], release, mode, traceback.format_exc()))


def _die_with(parent: int) -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    # It may have died before.
    if os.getppid() != parent:
        os._exit(1)


if __name__ == "__main__":
    _die_with(int(sys.argv[2]))
    serve(Connection(int(sys.argv[1])))
