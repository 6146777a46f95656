"""A warm interpreter without secrets that forks a child for each notebook.

    main    what `python -I` runs; `code` is how it is started

Theory of operation. The host executes this file's `main` in a fresh interpreter with a clean environment
and BLAS on one thread: nothing that a worker knows can lie in its memory. It imports what cells need once,
then waits on one socket. An order (JSON, with the child's end of a pipe and the shared memory as
descriptors) makes it fork; it answers with the child's pid and a pidfd, and later with how the child ended.
It has one thread, since others would not survive a fork and would keep rights.
"""

from __future__ import annotations

import gc
import json
import os
import select
import signal
import socket
import sys
import traceback
from typing import Any

__all__ = ["main"]

_PARENT_DEATH = 1


def main(control_fd: int, parent_pid: int) -> None:
    """Serve forks on the control socket until it is closed."""
    from grading.sandbox import child, kernel, locks, shell

    kernel.prctl(_PARENT_DEATH, signal.SIGKILL)
    if os.getppid() != parent_pid:
        return
    control = socket.socket(fileno=control_fd)
    import course_lib.checking.door
    import course_lib.drawing
    import course_lib.exercises

    course_lib.exercises.all_exercises()
    warm = shell.warm()
    locks.prepare()
    gc.collect()
    gc.freeze()
    control.send(json.dumps({"ready": True}).encode())
    children: dict[int, int] = {}
    while True:
        readable, _, _ = select.select([control_fd, *children], [], [])
        for pidfd in readable:
            if pidfd != control_fd:
                _report_end(control, children.pop(pidfd), pidfd)
        if control_fd in readable and not _fork(control, children, child.serve, warm):
            return


def _fork(control: socket.socket, children: dict[int, int], serve: Any, shell: Any) -> bool:
    text, descriptors, _, _ = socket.recv_fds(control, 1 << 16, 2)
    if not text:
        return False
    pipe, memory = descriptors
    own = os.getpid()
    pid = os.fork()
    if pid == 0:
        try:
            serve(json.loads(text), pipe, memory, shell, own)
        except BaseException:
            traceback.print_exc(file=sys.__stderr__)
            os._exit(70)
        os._exit(0)
    os.close(pipe)
    os.close(memory)
    pidfd = os.pidfd_open(pid)
    children[pidfd] = pid
    socket.send_fds(control, [json.dumps({"pid": pid}).encode()], [pidfd])
    return True


def _report_end(control: socket.socket, pid: int, pidfd: int) -> None:
    _, status, usage = os.wait4(pid, 0)
    os.close(pidfd)
    ended = {"ended": pid, "code": os.waitstatus_to_exitcode(status), "cpu": usage.ru_utime + usage.ru_stime}
    control.send(json.dumps({**ended, "peak_bytes": usage.ru_maxrss * 1024}).encode())
