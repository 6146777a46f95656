"""Giving up rights: what a sandbox child does to itself before the first line of student code.

    Policy      what to keep: readable paths, the scratch folder, limits, descriptors
    lock_down   apply all layers, in order; the answer says what is in force
    Layer       one of them, in force or allowed to be missing
    LockError   a layer that could not be applied, why, and how to mend it
    mend        what helps where a layer is missing
    prepare     work that is the same for every child; call it once before forking

Theory of operation. A freshly forked child has one thread, so what is given up here is given up by the whole
process; it cannot be had back, and threads inherit it. The layers, in the order in which they are applied
(each needs what the later ones take away):

    one thread         a second one would keep its rights: refuse
    parent             die with the process that forked us; look whether it died before we asked
    session            no terminal to push input into, a process group of our own
    descriptors        close all but the named ones; 0, 1 and 2 become the null device unless named
    limits             rlimits (see `limits`), first victim when memory runs out, umask, working folder
    capabilities       given up if we have any, out of the bounding set too; supplementary groups left
    no_new_privs       no set-uid program could raise us again; the kernel asks for it before the next two
    landlock           read the interpreter and the named paths, write the scratch folder
    seccomp            the list of system calls, see `seccomp`

As root we stay uid 0 without capabilities. Another uid could not read an interpreter below /root, could not
be given the scratch folder without privileges in the judge, and does not exist in a container that maps one
uid. What uid 0 still has is its rights as an *owner*: opening root's files is denied by Landlock, changing
their mode or times and signalling root's processes by seccomp. At the end no core is dumped and /proc shows
nothing of the child to others of the same user (not dumpable).

What stays for the host to watch: threads (no limit of the kernel counts them per process), scratch bytes and
files, output, time by the clock. Descriptors kept for the host have to be used with read and write: send and
recv are not on the list, nor is epoll.
"""

from __future__ import annotations

import contextlib
import dataclasses
import math
import os
import resource
import struct
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from course_lib.errors import CourseError
from grading.sandbox import kernel, landlock, readable, seccomp
from grading.sandbox.limits import MIB, Limits

__all__ = ["LAYERS", "Layer", "LockError", "Policy", "lock_down", "mend", "prepare"]


class LockError(CourseError):
    """A layer of the sandbox could not be applied: nothing may run in this process.

    Parameters
    ----------
    layer : str
        Its name, one of `LAYERS`.
    why, mend : str
        What the kernel said, and what helps.
    """

    def __init__(self, layer: str, why: str, mend: str) -> None:
        super().__init__(f"The sandbox has no layer '{layer}'.", why, mend)
        self.layer = layer


@dataclasses.dataclass(frozen=True)
class Layer:
    """One layer: its name, whether it is in force, and what was applied or why it is missing."""

    name: str
    in_force: bool
    detail: str


@dataclasses.dataclass(frozen=True)
class Policy:
    """What a child keeps.

    Parameters
    ----------
    read : tuple of Path
        What may be read beside the interpreter and its libraries, with all that lies below.
    write : Path
        The scratch folder: exists, is empty, belongs to this child alone.
    limits : Limits
        What the kernel enforces of them.
    allow_missing : frozenset of str
        Layers that may be missing on this host; all others are refused.
    keep : frozenset of int
        Descriptors that stay open.
    parent_pid : int or None
        The process that forks, as it saw its own pid before it did; with None a parent that died in between
        is not noticed unless the child was given to process 1.
    hidden : tuple of Path
        What must not lie below a readable path, as the hidden checks never may: a guard against a checkout or
        a package that brings secrets along.

    Raises
    ------
    ValueError
        A name in `allow_missing` is not a layer.
    """

    read: tuple[Path, ...]
    write: Path
    limits: Limits = dataclasses.field(default_factory=Limits)
    allow_missing: frozenset[str] = frozenset()
    keep: frozenset[int] = frozenset({0, 1, 2})
    parent_pid: int | None = None
    hidden: tuple[Path, ...] = ()

    def __post_init__(self) -> None:
        if unknown := sorted(self.allow_missing - set(LAYERS)):
            raise ValueError(f"no such layer: {', '.join(unknown)}; there are {', '.join(LAYERS)}")


def lock_down(policy: Policy) -> tuple[Layer, ...]:
    """Give up every right that student code does not need, for good.

    Parameters
    ----------
    policy : Policy
        What is kept.

    Returns
    -------
    tuple of Layer
        All layers in the order of `LAYERS`.

    Raises
    ------
    LockError
        A layer is missing and not allowed to be; the process is then half locked and has to end.
    """
    layers = []
    for name, (apply, mend) in _LAYERS.items():
        try:
            layers.append(Layer(name, True, apply(policy)))
        except (kernel.Lacking, OSError, ValueError) as problem:
            if name not in policy.allow_missing:
                raise LockError(name, f"{problem}.", mend) from problem
            layers.append(Layer(name, False, str(problem)))
    return tuple(layers)


def mend(layer: str) -> str:
    """What helps where a layer is missing."""
    return _LAYERS[layer][1]


def prepare() -> None:
    """Do once, before forking, what every child would repeat: find the readable paths, compile the filter."""
    readable.interpreter_paths()
    landlock.abi()
    with contextlib.suppress(kernel.Lacking):
        seccomp.program(os.getpid())


_HIDDEN_CHECKS = Path(__file__).parents[1] / "checks"
NONE_HELD = "none held"
"""What the capabilities layer says for an ordinary user."""

_SET_PARENT_DEATH_SIGNAL, _GET_PARENT_DEATH_SIGNAL = 1, 2
_SET_DUMPABLE = 4
_CAPABILITY_DROP = 24
_SET_SECUREBITS, _SET_NO_NEW_PRIVILEGES, _GET_NO_NEW_PRIVILEGES = 28, 38, 39
_AMBIENT, _AMBIENT_CLEAR_ALL = 47, 4
_SIGKILL = 9


def _one_thread(_policy: Policy) -> str:
    threads = len(os.listdir("/proc/self/task"))
    if threads != 1:
        raise kernel.Lacking(f"the process has {threads} threads, and the others would keep their rights")
    return "the process has one thread"


def _parent(policy: Policy) -> str:
    kernel.prctl(_SET_PARENT_DEATH_SIGNAL, _SIGKILL)
    expected = policy.parent_pid
    if os.getppid() != expected if expected is not None else os.getppid() == 1:
        raise kernel.Lacking(
            f"the parent is process {os.getppid()}, not {expected or 'the one that forked'}: "
            "it died before it could be watched"
        )
    return "killed when its parent ends"


def _session(_policy: Policy) -> str:
    """A session of its own only where the present one has a terminal: the kernel waits 2 ms for it."""
    try:
        os.close(os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY))
    except OSError:
        os.setpgid(0, 0)
        return "no terminal, and a process group of its own"
    os.setsid()
    return "no terminal any more, a session and a process group of its own"


def _descriptors(policy: Policy) -> str:
    null = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
    for standard in (0, 1, 2):
        if standard not in policy.keep:
            os.dup2(null, standard)
    first = 3
    for kept in sorted(fd for fd in policy.keep if fd > 2):
        os.fstat(kept)
        os.closerange(first, kept)
        first = kept + 1
    kernel.syscall("close_range", first, 2**32 - 1, 0)
    return f"closed, but for {', '.join(map(str, sorted(policy.keep))) or 'none'}"


_Got = TypeVar("_Got")


def _file(path: str, flags: int, use: Callable[[int], _Got]) -> _Got:
    """Without Python's file objects, whose first one after a fork costs 0.2 ms."""
    descriptor = os.open(path, flags | os.O_CLOEXEC)
    try:
        return use(descriptor)
    finally:
        os.close(descriptor)


def _limits(policy: Policy) -> str:
    limits = policy.limits
    if os.listdir(policy.write):
        raise ValueError(f"the scratch folder {policy.write} is not empty")
    os.chdir(policy.write)
    os.umask(0o077)
    with contextlib.suppress(OSError):  # a wish: not every container has the file writable
        _file("/proc/self/oom_score_adj", os.O_WRONLY, lambda score: os.write(score, b"1000"))
    sizes = _file("/proc/self/statm", os.O_RDONLY, lambda statm: os.read(statm, 200))
    baseline_bytes = int(sizes.split()[0]) * resource.getpagesize()
    cpu_seconds = math.ceil(limits.notebook_cpu_seconds)
    for which, value in (
        (resource.RLIMIT_AS, baseline_bytes + limits.memory_bytes),
        (resource.RLIMIT_STACK, 8 * MIB),
        (resource.RLIMIT_FSIZE, limits.file_bytes),
        (resource.RLIMIT_CPU, cpu_seconds),
        (resource.RLIMIT_NOFILE, limits.open_files),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_MEMLOCK, 0),
        (resource.RLIMIT_MSGQUEUE, 0),
        (resource.RLIMIT_NICE, 0),
        (resource.RLIMIT_RTPRIO, 0),
    ):
        _, hard = resource.getrlimit(which)
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(which, (value, value))
    kernel.prctl(_SET_DUMPABLE, 0)
    return (
        f"{limits.memory_bytes // MIB} MiB above {baseline_bytes // MIB}, {cpu_seconds} s of processor time, "
        f"{limits.open_files} open files"
    )


def _capabilities(_policy: Policy) -> str:
    if not any(_capability_sets()):
        return NONE_HELD
    if os.geteuid() == 0:
        with contextlib.suppress(PermissionError):  # a user namespace that forbids it has no groups to leave
            os.setgroups([])
    last = 63
    for capability in range(last + 1):
        try:
            kernel.prctl(_CAPABILITY_DROP, capability)
        except OSError as problem:
            if problem.errno == 22:  # past the kernel's last capability
                break
            raise
    kernel.prctl(_AMBIENT, _AMBIENT_CLEAR_ALL)
    uid_0_means_nothing_and_locked = 0xEF
    kernel.prctl(_SET_SECUREBITS, uid_0_means_nothing_and_locked)
    kernel.syscall("capset", struct.pack("=Ii", _CAPABILITY_VERSION, 0), bytes(24))
    if any(_capability_sets()):
        raise kernel.Lacking("the kernel accepted an empty set of capabilities and some are still there")
    return "all given up, the bounding set too"


_CAPABILITY_VERSION = 0x20080522


def _capability_sets() -> tuple[int, ...]:
    """Effective, permitted and inheritable, each in two halves."""
    sets = kernel.buffer(24)
    kernel.syscall("capget", struct.pack("=Ii", _CAPABILITY_VERSION, 0), sets)
    return struct.unpack("=6I", sets.raw)


def _no_new_privileges(_policy: Policy) -> str:
    kernel.prctl(_SET_NO_NEW_PRIVILEGES, 1)
    if kernel.prctl(_GET_NO_NEW_PRIVILEGES) != 1:
        raise kernel.Lacking("the kernel does not say that no_new_privs is set")
    return "no program can raise the rights again"


def _landlock(policy: Policy) -> str:
    folders = (*(path.resolve() for path in policy.read), *readable.interpreter_paths())
    for secret in (*policy.hidden, _HIDDEN_CHECKS):
        real = secret.resolve()
        for folder in folders:
            if real.is_relative_to(folder):
                raise ValueError(f"{secret} must stay hidden and lies below {folder}, which is readable")
    return landlock.restrict(
        policy.read, policy.write, readable.devices(), optional=readable.interpreter_paths()
    )


def _seccomp(policy: Policy) -> str:
    detail = seccomp.install()
    signal = kernel.buffer(4)
    kernel.prctl(_GET_PARENT_DEATH_SIGNAL, kernel.address(signal))
    if "parent" not in policy.allow_missing and int.from_bytes(signal.raw, "little") != _SIGKILL:
        raise kernel.Lacking("a later layer undid the wish to die with the parent")
    return detail


_LAYERS: dict[str, tuple[Callable[[Policy], str], str]] = {
    "one thread": (_one_thread, "fork from a process that has started no thread, with BLAS on one thread."),
    "parent": (_parent, "start the grading again; if it persists, the zygote is being killed."),
    "session": (_session, "fork before calling: the leader of a session cannot leave its terminal."),
    "descriptors": (
        _descriptors,
        "Linux 5.9 or later is needed, and the descriptors to keep have to be open.",
    ),
    "limits": (_limits, "give each child an empty scratch folder of its own, and mount /proc."),
    "capabilities": (_capabilities, "run as an ordinary user, or let the container's root keep SETPCAP."),
    "no_new_privs": (_no_new_privileges, "Linux 3.5 or later is needed."),
    "landlock": (
        _landlock,
        "Linux 6.2 or later, `landlock` among its `lsm=` modules, no container that forbids the calls.",
    ),
    "seccomp": (_seccomp, "a kernel with CONFIG_SECCOMP_FILTER on x86_64 or aarch64."),
}

LAYERS = tuple(_LAYERS)
"""Names of the layers in the order in which they are applied."""
