"""Attempts on other processes and on what the kernel offers beside files."""

from __future__ import annotations

import ctypes
import errno
import mmap
import os
import platform
import resource
import signal
import socket
import time

from grading.sandbox import kernel
from grading.sandbox.scene import Attempt, Row, Scene, group

__all__ = ["KERNEL"]

_CONTINUE = signal.SIGCONT


def _fork(_scene: Scene) -> None:
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)


def _raw_clone(_scene: Scene) -> None:
    if kernel.syscall("clone", int(signal.SIGCHLD), 0, 0, 0, 0) == 0:
        os._exit(0)


def _clone_with_a_pointer(_scene: Scene) -> None:
    """clone3, which the filter cannot look into: the answer has to be that there is no such call."""
    kernel.syscall("clone3", None, 0)


def _run_a_program(_scene: Scene) -> None:
    os.execv("/bin/sh", ["sh", "-c", "exit 0"])


def _signal_with_data(scene: Scene) -> None:
    information = ctypes.create_string_buffer(128)
    ctypes.memmove(information, bytes([_CONTINUE, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF]), 12)
    kernel.syscall("rt_sigqueueinfo", scene.bait, int(_CONTINUE), information)


def _limit_another(scene: Scene) -> None:
    resource.prlimit(scene.bait, resource.RLIMIT_CORE, (0, 0))


def _pin_another(scene: Scene) -> None:
    os.sched_setaffinity(scene.bait, os.sched_getaffinity(0))


def _read_another(scene: Scene) -> None:
    kernel.syscall("process_vm_readv", scene.bait, None, 0, None, 0, 0)


_PROCESSES = group(
    "seccomp",
    ("fork", _fork),
    ("fork by a raw call", _raw_clone),
    ("run a program", _run_a_program),
    (
        "run a program from a descriptor",
        lambda _: kernel.syscall("execveat", -1, b"", None, None, 0x1000),
    ),
    ("signal another process", lambda scene: os.kill(scene.bait, _CONTINUE)),
    ("signal the parent", lambda _: os.kill(os.getppid(), 0)),
    ("signal every process", lambda _: os.kill(-1, 0)),
    (
        "signal a thread of another process",
        lambda scene: kernel.syscall("tgkill", scene.bait, scene.bait, int(_CONTINUE)),
    ),
    ("signal a thread by its number", lambda scene: kernel.syscall("tkill", scene.bait, int(_CONTINUE))),
    ("signal another process with data", _signal_with_data),
    ("get a handle on another process", lambda scene: kernel.syscall("pidfd_open", scene.bait, 0)),
    ("signal by a handle", lambda _: kernel.syscall("pidfd_send_signal", -1, int(_CONTINUE), None, 0)),
    ("take a descriptor of another process", lambda _: kernel.syscall("pidfd_getfd", -1, 0, 0)),
    ("trace another process", lambda scene: kernel.syscall("ptrace", 0x4206, scene.bait, 0, 0)),
    ("read the memory of another process", _read_another),
    (
        "compare with another process",
        lambda scene: kernel.syscall("kcmp", os.getpid(), scene.bait, 2, 0, 0),
    ),
    ("change the limits of another process", _limit_another),
    ("pin another process to processors", _pin_another),
    ("ask for the processors of another process", lambda scene: os.sched_getaffinity(scene.bait)),
    (
        "change the priority of another process",
        lambda scene: os.setpriority(os.PRIO_PROCESS, scene.bait, 0),
    ),
    ("change the scheduling of another process", lambda scene: _schedule(scene)),
    ("ask for the session of another process", lambda scene: os.getsid(scene.bait)),
    (
        "read the processor time of another process",
        lambda scene: time.clock_gettime((~scene.bait << 3) | 2),
    ),
)


def _schedule(scene: Scene) -> None:
    os.sched_setscheduler(scene.bait, os.SCHED_OTHER, os.sched_param(0))


def _mount(scene: Scene) -> None:
    kernel.syscall("mount", b"none", os.fsencode(scene.scratch), b"tmpfs", 0, None)
    kernel.syscall("umount2", os.fsencode(scene.scratch), 2)


def _shared_segment(_scene: Scene) -> None:
    segment = kernel.syscall("shmget", 0, 4096, 0o1600)
    kernel.syscall("shmctl", segment, 0, None)


_KERNEL = group(
    "seccomp",
    ("become another user", lambda _: os.setuid(os.getuid())),
    ("take capabilities", lambda _: kernel.syscall("capset", bytes(8), bytes(24))),
    ("make a user namespace", lambda _: kernel.syscall("unshare", 0x10000000)),
    ("enter a namespace", lambda _: kernel.syscall("setns", -1, 0)),
    ("change the root folder", lambda scene: os.chroot(scene.scratch)),
    ("mount", _mount),
    ("make a shared memory segment", _shared_segment),
    ("find a message queue", lambda _: kernel.syscall("msgget", 0x5EED, 0)),
    ("find a semaphore", lambda _: kernel.syscall("semget", 0x5EED, 1, 0)),
    ("open a POSIX message queue", lambda _: kernel.syscall("mq_open", b"none", 0, 0, None)),
    ("set up io_uring", lambda _: kernel.syscall("io_uring_setup", 1, kernel.buffer(120))),
    ("set up asynchronous input and output", lambda _: kernel.syscall("io_setup", 1, None)),
    ("make a file in memory", lambda _: kernel.syscall("memfd_create", b"x", 0)),
    ("read a keyring", lambda _: kernel.syscall("keyctl", 0, -3, 0)),
    ("add a key", lambda _: kernel.syscall("add_key", b"user", b"attempt", None, 0, -2)),
    ("handle page faults", lambda _: kernel.syscall("userfaultfd", 1)),
    ("load a kernel program", lambda _: kernel.syscall("bpf", 0, None, 0)),
    ("count hardware events", lambda _: kernel.syscall("perf_event_open", None, 0, -1, -1, 0)),
    ("change its personality", lambda _: kernel.syscall("personality", 0xFFFFFFFF)),
    ("outlive its parent", lambda _: kernel.prctl(1, 0)),
    ("become dumpable", lambda _: kernel.prctl(4, 1)),
    ("make a pair of sockets", lambda _: socket.socketpair()),
)


def _socket(name: str, family: int, kind: int) -> Row:
    return f"open a socket of family {name}", lambda _: socket.socket(family, kind)


# by number: a name is missing where Python was built without the family
_SOCKETS = group(
    "seccomp",
    _socket("UNIX", 1, socket.SOCK_STREAM),
    _socket("INET", 2, socket.SOCK_STREAM),
    _socket("INET6", 10, socket.SOCK_STREAM),
    _socket("NETLINK", 16, socket.SOCK_RAW),
    _socket("PACKET", 17, socket.SOCK_RAW),
    _socket("ALG", 38, socket.SOCK_SEQPACKET),
    _socket("VSOCK", 40, socket.SOCK_STREAM),
)


def _as_x32(_scene: Scene) -> None:
    kernel.raw(0x40000000 | 39)


def _as_another_machine(_scene: Scene) -> None:
    code = b"\xb8\x14\x00\x00\x00\xcd\x80\xc3"  # mov eax, 20 (getpid); int 0x80; ret
    page = mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    page.write(code)
    ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))()


# what the filter cannot look into does not exist
_CLONE3 = (
    Attempt("make a process by clone3", ("seccomp",), _clone_with_a_pointer, frozenset({errno.ENOSYS})),
)

_OTHER_MACHINES = (
    (
        Attempt("call the kernel by its x32 numbers", ("seccomp",), _as_x32),
        Attempt(
            "call the kernel as a 32-bit machine",
            ("seccomp",),
            _as_another_machine,
            frozenset(),
            signal.SIGSYS,
        ),
    )
    if platform.machine() == "x86_64"
    else ()
)

KERNEL = (*_PROCESSES, *_SOCKETS, *_KERNEL, *_CLONE3, *_OTHER_MACHINES)
"""All of them."""
