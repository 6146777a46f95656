"""What a sandbox child must not be able to do, one small function each, for the doctor and the tests.

    Scene      what the functions may touch: planted files, a bait process, the scratch folder
    DENIED     attempts that have to fail, with the layers that stop them
    NEEDED     work that has to succeed

Every function is written to do no harm where nothing stops it: the tests run each of them unlocked as well,
to see that it is the lock that stops it. A function that returns went through; one that raises says what
stopped it. Some calls take bogus arguments on purpose: unlocked, the kernel looks at them and complains about
them; locked, it does not get that far.
"""

from __future__ import annotations

import ctypes
import dataclasses
import errno
import fcntl
import mmap
import os
import platform
import resource
import signal
import socket
import struct
import time
from collections.abc import Callable
from pathlib import Path

from grading.sandbox import kernel
from grading.sandbox.limits import MIB, Limits

__all__ = ["DENIED", "Attempt", "Scene"]


@dataclasses.dataclass(frozen=True)
class Scene:
    """What was planted.

    Parameters
    ----------
    outside : Path
        A folder beside the scratch folder, with a file `secret` that the same user may read and change.
    scratch : Path
        The scratch folder.
    bait : int
        A process of the same user that only sleeps.
    descriptor : int
        An open descriptor of the secret file, which nobody asked to keep.
    limits : Limits
        The limits in force.
    """

    outside: Path
    scratch: Path
    bait: int
    descriptor: int
    limits: Limits

    @property
    def secret(self) -> Path:
        """The planted file."""
        return self.outside / "secret"


@dataclasses.dataclass(frozen=True)
class Attempt:
    """Something that has to be denied.

    Parameters
    ----------
    name : str
        What is tried.
    layers : tuple of str
        The layers that stop it, each of them alone (capabilities: for root).
    run : callable
        Tries it.
    errors : frozenset of int
        The errno with which it is stopped.
    signal : int or None
        The signal that ends the child instead.
    """

    name: str
    layers: tuple[str, ...]
    run: Callable[[Scene], object]
    errors: frozenset[int] = frozenset({errno.EPERM, errno.EACCES})
    signal: int | None = None


_Row = tuple[str, Callable[[Scene], object]]

_ALSO = {
    "leave the scratch folder by a symbolic link": ("landlock",),
    "make a named pipe": ("landlock",),
    "run a program": ("landlock",),
    "signal another process": ("landlock",),
    "signal the parent": ("landlock",),
    "signal a thread of another process": ("landlock",),
    "signal a thread by its number": ("landlock",),
    "signal another process with data": ("landlock",),
    "trace another process": ("landlock", "capabilities"),
    "compare with another process": ("landlock", "capabilities"),
    "pin another process to processors": ("capabilities",),
    "change the priority of another process": ("capabilities",),
    "change the scheduling of another process": ("capabilities",),
    "change the root folder": ("capabilities",),
    "mount": ("landlock", "capabilities"),
    "open a socket of family PACKET": ("capabilities",),
    "read the environment of another process": ("capabilities",),
    "open the memory of another process": ("capabilities",),
}
"""Other layers that stop an attempt when its own is missing."""


def _group(layer: str, *rows: _Row) -> tuple[Attempt, ...]:
    """Attempts that one layer stops, and perhaps others as well."""
    return tuple(Attempt(name, (layer, *_ALSO.get(name, ())), run) for name, run in rows)


# ---- files


def _relative_read(scene: Scene) -> object:
    os.chdir(scene.scratch)
    return Path("..", scene.outside.name, "secret").read_text()


def _symlink_read(scene: Scene) -> object:
    (scene.scratch / "way_out").symlink_to(scene.secret)
    return (scene.scratch / "way_out").read_text()


def _open_mode(path: Path, flags: int) -> None:
    os.close(os.open(path, flags, 0o600))


def _delete(scene: Scene) -> None:
    (scene.outside / "victim").unlink()


def _own_file(scene: Scene) -> Path:
    path = scene.scratch / "mine"
    path.write_text("x")
    return path


def _set_attribute(scene: Scene) -> None:
    os.setxattr(scene.secret, "user.mark", b"1")


def _own_descriptor(scene: Scene) -> int:
    return os.open(_own_file(scene), os.O_RDWR)


_FILES = _group(
    "landlock",
    ("read a file of the system", lambda _: Path("/etc/passwd").read_text()),
    ("read a file beside the scratch folder", lambda scene: scene.secret.read_text()),
    ("read a file by a relative path", _relative_read),
    ("list a folder beside the scratch folder", lambda scene: os.listdir(scene.outside)),
    ("list the processes", lambda _: os.listdir("/proc")),
    (
        "read the environment of another process",
        lambda scene: Path(f"/proc/{scene.bait}/environ").read_bytes(),
    ),
    (
        "open the memory of another process",
        lambda scene: _open_mode(Path(f"/proc/{scene.bait}/mem"), os.O_RDWR),
    ),
    ("list the open files of another process", lambda scene: os.listdir(f"/proc/{scene.bait}/fd")),
    ("make a file beside the scratch folder", lambda scene: (scene.outside / "new").write_text("x")),
    (
        "append to a file beside the scratch folder",
        lambda scene: _open_mode(scene.secret, os.O_WRONLY | os.O_APPEND),
    ),
    ("empty a file beside the scratch folder", lambda scene: os.truncate(scene.outside / "victim", 0)),
    ("delete a file beside the scratch folder", _delete),
    (
        "rename a file beside the scratch folder",
        lambda scene: os.rename(scene.outside / "victim", scene.outside / "moved"),
    ),
    ("make a folder beside the scratch folder", lambda scene: (scene.outside / "folder").mkdir()),
    ("make a file in shared memory", lambda _: _shared_memory_file()),
)


def _shared_memory_file() -> None:
    path = Path(f"/dev/shm/attempt-{os.getpid()}")
    path.write_text("x")
    path.unlink()


_ATTRIBUTES = _group(
    "seccomp",
    ("change the mode of a file outside", lambda scene: os.chmod(scene.secret, 0o600)),
    ("change the times of a file outside", lambda scene: os.utime(scene.secret, (1, 1))),
    (
        "change the owner of a file outside",
        lambda scene: os.chown(scene.secret, os.getuid(), os.getgid()),
    ),
    ("set an attribute of a file outside", _set_attribute),
    ("make its own file executable", lambda scene: os.chmod(_own_file(scene), 0o700)),
    ("leave the scratch folder by a symbolic link", _symlink_read),
    ("make a hard link to a file outside", lambda scene: os.link(scene.secret, scene.scratch / "linked")),
    ("make a named pipe", lambda scene: os.mkfifo(scene.scratch / "pipe")),
    ("watch a folder", lambda _: kernel.syscall("inotify_init1", 0)),
    ("open a file by its handle", lambda _: kernel.syscall("open_by_handle_at", -1, None, 0)),
    ("push input into a terminal", lambda scene: fcntl.ioctl(_own_descriptor(scene), 0x5412, b"x")),
    (
        "send the signals of a file to another process",
        lambda scene: fcntl.fcntl(_own_descriptor(scene), 8, scene.bait),
    ),
)

# ---- other processes

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


_PROCESSES = _group(
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


# ---- the kernel


def _mount(scene: Scene) -> None:
    kernel.syscall("mount", b"none", os.fsencode(scene.scratch), b"tmpfs", 0, None)
    kernel.syscall("umount2", os.fsencode(scene.scratch), 2)


def _shared_segment(_scene: Scene) -> None:
    segment = kernel.syscall("shmget", 0, 4096, 0o1600)
    kernel.syscall("shmctl", segment, 0, None)


_KERNEL = _group(
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


def _socket(name: str, family: int, kind: int) -> _Row:
    return f"open a socket of family {name}", lambda _: socket.socket(family, kind)


# by number: a name is missing where Python was built without the family
_SOCKETS = _group(
    "seccomp",
    _socket("UNIX", 1, socket.SOCK_STREAM),
    _socket("INET", 2, socket.SOCK_STREAM),
    _socket("INET6", 10, socket.SOCK_STREAM),
    _socket("NETLINK", 16, socket.SOCK_RAW),
    _socket("PACKET", 17, socket.SOCK_RAW),
    _socket("ALG", 38, socket.SOCK_SEQPACKET),
    _socket("VSOCK", 40, socket.SOCK_STREAM),
)

# ---- limits, descriptors, other machines' calls


def _private_memory(scene: Scene) -> None:
    mmap.mmap(-1, scene.limits.memory_bytes + 64 * MIB, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)


def _shared_memory(scene: Scene) -> None:
    mmap.mmap(-1, scene.limits.memory_bytes + 64 * MIB)


def _large_file(scene: Scene) -> None:
    with open(scene.scratch / "large", "wb") as file:
        file.truncate(scene.limits.file_bytes + 1)


def _many_files(scene: Scene) -> None:
    handles = [os.open(scene.scratch, os.O_RDONLY) for _ in range(scene.limits.open_files + 1)]
    for handle in handles:
        os.close(handle)


def _raise_limit(_scene: Scene) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    if hard == resource.RLIM_INFINITY:
        return
    kernel.syscall("prlimit64", 0, resource.RLIMIT_AS, struct.pack("=QQ", hard, hard + MIB), None)


def _as_x32(_scene: Scene) -> None:
    kernel.raw(0x40000000 | 39)


def _as_another_machine(_scene: Scene) -> None:
    code = b"\xb8\x14\x00\x00\x00\xcd\x80\xc3"  # mov eax, 20 (getpid); int 0x80; ret
    page = mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    page.write(code)
    ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))()


_LIMITS = (
    Attempt("take more memory than allowed", ("limits",), _private_memory, frozenset({errno.ENOMEM})),
    Attempt("share more memory than allowed", ("limits",), _shared_memory, frozenset({errno.ENOMEM})),
    Attempt("make a file larger than allowed", ("limits",), _large_file, frozenset({errno.EFBIG})),
    Attempt("open more files than allowed", ("limits",), _many_files, frozenset({errno.EMFILE})),
    Attempt("raise its own limit", ("limits",), _raise_limit),
    Attempt(
        "read from a descriptor it was not given",
        ("descriptors",),
        lambda scene: os.read(scene.descriptor, 1),
        frozenset({errno.EBADF}),
    ),
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

DENIED: tuple[Attempt, ...] = (
    *_FILES,
    *_ATTRIBUTES,
    *_PROCESSES,
    *_SOCKETS,
    *_KERNEL,
    *_LIMITS,
    *_OTHER_MACHINES,
)
"""Everything that has to fail."""
