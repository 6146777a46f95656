"""The list of system calls that student code may make; everything else fails with EPERM.

    ALLOWED, NARROW   the list, and the calls that are let through for some values of one argument only
    program           the filter as the kernel's BPF instructions
    install           put it in force for this process, for good

Theory of operation. The kernel runs the filter at every system call, with the number of the call, the machine
it was made for and its six arguments. A filter sees values, never what a pointer points at. It

1. kills a process that calls as another machine (`int 0x80` on x86_64: other numbers mean other calls),
2. refuses x86_64's x32 numbers, which are the same calls under other names,
3. answers clone3 with ENOSYS: its flags lie behind a pointer; the C library then uses clone, whose flags can
   be read,
4. lets a call of `NARROW` through for the listed values of the one argument (the kernel reads it as 32 bits,
   so 32 bits are compared),
5. lets the calls of `ALLOWED` through,
6. answers EPERM otherwise.

What the list stands on: a deny-list was tried and leaked (`prlimit` on the judge, `pidfd_send_signal`,
`rt_sigqueueinfo`, chmod and utime on the gradebook, SysV shared memory). So every call here is one that
numpy, threads, files in the scratch folder or a plot need and that reaches nothing but the caller's own
process and what Landlock lets it open. Not here, and why it may surprise: sockets (a pair of Unix datagram
sockets can send to any socket with a name, so asyncio does not work), wait4 (there is no child to wait for),
memfd_create (memory that no limit counts), symlink and link (the host cleans up the scratch folder and must
not be led out of it), chmod and utime (Landlock does not control them), fcntl's F_SETOWN (a signal to any
process), epoll.
"""

from __future__ import annotations

import ctypes
import functools
import os
import struct

from grading.sandbox import kernel

__all__ = ["ALLOWED", "NARROW", "install", "program"]

_GROUPS = {
    "memory": "brk madvise mmap mprotect mremap msync munmap",
    # what may be opened is Landlock's business
    "open and ask": """access chdir close close_range dup dup2 dup3 faccessat faccessat2 fchdir fstat getcwd
        getdents getdents64 lstat newfstatat open openat openat2 pipe pipe2 readlink readlinkat stat statx
        umask""",
    "read and write": """fdatasync fsync ftruncate lseek poll ppoll pread64 preadv preadv2 pselect6 pwrite64
        pwritev pwritev2 read readv select truncate write writev""",
    "folders": "mkdir mkdirat rename renameat renameat2 rmdir unlink unlinkat",
    "threads": "exit exit_group futex restart_syscall rseq sched_yield set_robust_list set_tid_address",
    "its own signals": """rt_sigaction rt_sigpending rt_sigprocmask rt_sigreturn rt_sigsuspend rt_sigtimedwait
        sigaltstack""",
    "time": "alarm getitimer gettimeofday nanosleep pause setitimer time times",
    "who and where am I": """getcpu getegid geteuid getgid getgroups getpgrp getpid getppid getrandom
        getresgid getresuid getrlimit getrusage gettid getuid setrlimit sysinfo uname""",
}

ALLOWED = frozenset(name for group in _GROUPS.values() for name in group.split())
"""Calls that are let through whatever their arguments."""

OWN_PID = "own pid"
"""Stands in `NARROW` for the number of the process that installs the filter."""

# clone's flags as the C library makes a thread: all shared, and CLONE_THREAD (musl adds CLONE_DETACHED)
_THREAD = 0x3D0F00
_CLOCKS = (
    0,
    1,
    2,
    3,
    4,
    5,
    6,
    7,
    11,
)  # the fixed ones; a negative number names another process's processor time

NARROW: dict[str, tuple[int, tuple[int | str, ...]]] = {
    # name: (which argument, its values)
    "clone": (0, (_THREAD, _THREAD | 0x400000)),
    "kill": (0, (OWN_PID,)),
    "tgkill": (0, (OWN_PID,)),
    "prlimit64": (0, (0, OWN_PID)),
    "sched_getaffinity": (0, (0, OWN_PID)),
    "getpgid": (0, (0, OWN_PID)),
    "getsid": (0, (0, OWN_PID)),
    "clock_gettime": (0, _CLOCKS),
    "clock_getres": (0, _CLOCKS),
    "clock_nanosleep": (0, _CLOCKS),
    # F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_GETLK, F_SETLK, F_SETLKW, F_DUPFD_CLOEXEC
    "fcntl": (1, (0, 1, 2, 3, 4, 5, 6, 7, 1030)),
    # TCGETS and TIOCGWINSZ (is this a terminal, how wide), FIONREAD, FIONBIO, FIONCLEX, FIOCLEX
    "ioctl": (1, (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)),
    # the names of threads, and questions about the caller's own state
    "prctl": (0, (2, 3, 15, 16, 21, 23, 39)),
}

_EPERM, _ENOSYS = 1, 38
_RETURN_ALLOW, _RETURN_ERRNO, _RETURN_KILL = 0x7FFF0000, 0x00050000, 0x80000000
_AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_X32 = 0x40000000
_LOAD, _RETURN, _JUMP_EQUAL, _JUMP_GREATER_EQUAL = 0x20, 0x06, 0x15, 0x35
_NUMBER_AT, _MACHINE_AT, _ARGUMENTS_AT = 0, 4, 16


def _instruction(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, value)


_ALLOW = _instruction(_RETURN, _RETURN_ALLOW)
_REFUSE = _instruction(_RETURN, _RETURN_ERRNO | _EPERM)


def _narrow(call: int, argument: int, values: list[int]) -> bytes:
    """Instructions for one call: past them for other calls, a verdict for this one."""
    body = _instruction(_LOAD, _ARGUMENTS_AT + 8 * argument)
    for position, value in enumerate(values):
        body += _instruction(_JUMP_EQUAL, value, if_true=len(values) - position)
    body += _REFUSE + _ALLOW
    return _instruction(_JUMP_EQUAL, call, if_false=len(body) // 8) + body


@functools.cache
def _head(machine: str) -> bytes:
    head = _instruction(_LOAD, _MACHINE_AT)
    head += _instruction(_JUMP_EQUAL, _AUDIT_ARCH[machine], if_true=1) + _instruction(_RETURN, _RETURN_KILL)
    head += _instruction(_LOAD, _NUMBER_AT)
    if machine == "x86_64":
        head += _instruction(_JUMP_GREATER_EQUAL, _X32, if_false=1) + _REFUSE
    head += _instruction(_JUMP_EQUAL, _known("clone3"), if_false=1) + _instruction(
        _RETURN, _RETURN_ERRNO | _ENOSYS
    )
    return head


@functools.cache
def _tail() -> bytes:
    numbers = {number for name in ALLOWED if (number := kernel.number(name)) is not None}
    changes = {0} | {edge for number in numbers for edge in (number, number + 1)}
    return _search(
        [
            (edge, edge in numbers)
            for edge in sorted(changes)
            if edge == 0 or (edge in numbers) != (edge - 1 in numbers)
        ]
    )


def _search(spans: list[tuple[int, bool]]) -> bytes:
    """Binary search: each span reaches from its first number to the next span's and is allowed or not.

    The kernel tries the filter for each number when it is installed: as a list it was the dearest lock.
    """
    if len(spans) == 1:
        return _ALLOW if spans[0][1] else _REFUSE
    middle = len(spans) // 2
    below, above = _search(spans[:middle]), _search(spans[middle:])
    return _instruction(_JUMP_GREATER_EQUAL, spans[middle][0], if_true=len(below) // 8) + below + above


def _known(name: str) -> int:
    number = kernel.number(name)
    if number is None:
        raise kernel.Lacking(f"{name} has no number on this machine")
    return number


def program(pid: int) -> bytes:
    """Compile the filter.

    Parameters
    ----------
    pid : int
        The process that will be confined; calls that take a process id may name it and no other.

    Returns
    -------
    bytes
        Instructions of 8 bytes each.

    Raises
    ------
    Lacking
        The machine is not supported.
    """
    middle = b"".join(
        _narrow(_known(name), argument, [pid if value == OWN_PID else int(value) for value in values])
        for name, (argument, values) in NARROW.items()
    )
    return _head(kernel.machine()) + middle + _tail()


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def install() -> str:
    """Confine this process and all threads it makes to the list; there is no way back.

    Returns
    -------
    str
        What is in force.

    Raises
    ------
    Lacking
        The kernel has no seccomp filter, or the machine is not supported.
    OSError
        The kernel refused; EACCES means that no_new_privs is not set.
    """
    code = program(os.getpid())
    packed = _Program(len(code) // 8, code)
    mode_filter, all_threads = 1, 1
    try:
        stopped_at = kernel.syscall("seccomp", mode_filter, all_threads, ctypes.addressof(packed))
    except OSError as problem:
        if problem.errno in (_ENOSYS, 22):
            raise kernel.Lacking("this kernel has no seccomp filter (CONFIG_SECCOMP_FILTER)") from problem
        raise
    if stopped_at:
        raise OSError(_EPERM, f"thread {stopped_at} cannot take the filter")
    get_seccomp = 21
    if kernel.prctl(get_seccomp) != 2:
        raise kernel.Lacking("the kernel took the filter and does not say that it is in force")
    return (
        f"{len(ALLOWED)} system calls allowed, {len(NARROW)} for some arguments only, all others EPERM "
        f"({kernel.machine()})"
    )
