"""The filter says what its table says: by running the kernel's instructions, and by making the calls."""

from __future__ import annotations

import errno
import os
import struct
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from grading.sandbox import kernel, seccomp

# Python 3.12 warns of forks in a process with threads; what is forked here looks at its threads itself
pytestmark = pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")

PID = 4242
ALLOW, EPERM, ENOSYS, KILL = 0x7FFF0000, 0x50000 | errno.EPERM, 0x50000 | errno.ENOSYS, 0x80000000
ARCHITECTURE = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}


@pytest.fixture(params=["x86_64", "aarch64"])
def machine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Compile as on this machine, whichever the tests run on."""

    def forget() -> None:
        for remembered in (kernel.machine, kernel.numbers, seccomp._head, seccomp._tail):
            remembered.cache_clear()

    forget()
    with monkeypatch.context() as patch:
        patch.setattr(kernel.platform, "machine", lambda: request.param)
        yield request.param
    forget()


def verdict(program: bytes, number: int, machine: str, *arguments: int) -> int:
    """What the kernel would answer: its little machine, for the instructions that we use."""
    six = [*arguments, *[0] * (6 - len(arguments))]
    data = struct.pack("=IIQ6Q", number, ARCHITECTURE[machine], 0, *six)
    code = list(struct.iter_unpack("=HBBI", program))
    accumulator = position = 0
    while True:
        operation, if_true, if_false, value = code[position]
        position += 1
        if operation == 0x20:
            (accumulator,) = struct.unpack_from("=I", data, value)
        elif operation == 0x06:
            return value
        else:
            holds = {0x15: accumulator == value, 0x35: accumulator >= value}[operation]
            position += if_true if holds else if_false


def test_every_number_gets_the_verdict_of_the_table(machine: str) -> None:
    program = seccomp.program(PID)
    names = {number: name for name, number in kernel.numbers().items() if number is not None}
    for number in range(1024):
        name = names.get(number, "")
        if name in seccomp.NARROW:
            continue
        expected = ENOSYS if name == "clone3" else ALLOW if name in seccomp.ALLOWED else EPERM
        assert verdict(program, number, machine) == expected, (number, name)


def test_a_narrow_call_is_let_through_for_its_values_alone(machine: str) -> None:
    program = seccomp.program(PID)
    for name, (position, values) in seccomp.NARROW.items():
        good = {PID if value == seccomp.OWN_PID else value for value in values}
        tries = good | {0, 1, 2, 3, 17, PID, PID + 1, 2**31, 2**32 - 1, 0x01200011, 0x5412}
        for value in tries:
            arguments = [value if k == position else 7 for k in range(6)]
            number = kernel.numbers()[name]
            assert number is not None
            assert verdict(program, number, machine, *arguments) == (ALLOW if value in good else EPERM), (
                name,
                value,
            )


def test_the_upper_half_of_an_argument_does_not_change_what_the_kernel_reads(machine: str) -> None:
    """The kernel takes a process id as 32 bits, so a filter that compared 64 would be looking elsewhere."""
    program = seccomp.program(PID)
    kill = kernel.numbers()["kill"]
    assert kill is not None
    assert verdict(program, kill, machine, (1 << 32) | (PID + 1)) == EPERM
    assert verdict(program, kill, machine, (1 << 32) | PID) == ALLOW


def test_a_call_as_another_machine_ends_the_process() -> None:
    program = seccomp.program(PID)
    other = next(name for name in ARCHITECTURE if name != kernel.machine())
    assert verdict(program, 0, other) == KILL


@pytest.mark.parametrize("machine", ["x86_64"], indirect=True)
def test_the_x32_names_of_allowed_calls_are_refused(machine: str) -> None:
    program = seccomp.program(PID)
    for number in (0, 1, 9, 39, 0x3FFFFFFF):
        assert verdict(program, 0x40000000 | number, machine) == EPERM


def test_no_call_stands_in_both_lists_and_all_have_a_number() -> None:
    assert not seccomp.ALLOWED & seccomp.NARROW.keys()
    assert seccomp.ALLOWED | seccomp.NARROW.keys() <= kernel.numbers().keys()


FOUND_TO_LEAK = """
chmod fchmod fchmodat fchmodat2 utime utimes utimensat futimesat chown fchown fchownat lchown setxattr
symlink symlinkat link linkat mknod mknodat pidfd_open pidfd_send_signal pidfd_getfd rt_sigqueueinfo
rt_tgsigqueueinfo tkill sched_setaffinity sched_setscheduler setpriority process_madvise process_vm_readv
process_vm_writev ptrace kcmp shmget shmat shmctl semget msgget mq_open fork vfork clone3 execve execveat
socket socketpair connect bind sendto io_uring_setup io_setup memfd_create memfd_secret userfaultfd bpf
perf_event_open keyctl add_key request_key mount umount2 unshare setns chroot pivot_root personality
inotify_init1 fanotify_init timer_create vmsplice setuid setresuid capset
"""


def test_nothing_that_was_found_to_leak_is_allowed() -> None:
    leaks = set(FOUND_TO_LEAK.split())
    assert not leaks & (seccomp.ALLOWED | seccomp.NARROW.keys())
    assert leaks <= kernel.numbers().keys()


def in_child(work: Callable[[], object]) -> str:
    """What a process with the filter says after the work: nothing, or what was raised."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            kernel.prctl(38, 1)
            seccomp.install()
            work()
            said = ""
        except BaseException as problem:
            said = f"{type(problem).__name__}: {problem}"
        os.write(writer, said.encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        said = pipe.read().decode()
    _, status = os.waitpid(child, 0)
    assert status == 0
    return said


def threads() -> None:
    done: list[int] = []
    started = [threading.Thread(target=done.append, args=(k,)) for k in range(4)]
    for thread in started:
        thread.start()
    for thread in started:
        thread.join()
    assert sorted(done) == [0, 1, 2, 3]


@pytest.mark.parametrize(
    "work",
    [
        threads,
        lambda: os.kill(os.getpid(), 0),
        lambda: os.sched_getaffinity(0),
        lambda: os.sched_getaffinity(os.getpid()),
        lambda: os.getsid(0),
        lambda: time.clock_gettime(time.CLOCK_PROCESS_CPUTIME_ID),
        lambda: os.isatty(0),
        lambda: os.set_blocking(os.pipe()[0], False),
        lambda: os.dup2(os.dup(2), 50),
        lambda: kernel.prctl(15, kernel.address(kernel.buffer(16))),
    ],
    ids=[
        "threads",
        "own signal",
        "own processors",
        "by pid",
        "own session",
        "clock",
        "tty",
        "pipe",
        "dup",
        "name",
    ],
)
def test_what_a_narrow_call_is_for_works(work: Callable[[], object]) -> None:
    assert in_child(work) == ""


def test_a_refused_call_is_an_ordinary_error_that_names_itself() -> None:
    assert in_child(os.fork) == "PermissionError: [Errno 1] Operation not permitted"
    assert in_child(lambda: kernel.syscall("ptrace", 0)) == (
        "PermissionError: [Errno 1] ptrace: Operation not permitted"
    )


def test_a_thread_of_the_child_has_the_filter_as_well() -> None:
    def from_a_thread() -> None:
        raised: list[OSError] = []

        def attempt() -> None:
            try:
                kernel.syscall("unshare", 0x10000000)
            except OSError as problem:
                raised.append(problem)

        thread = threading.Thread(target=attempt)
        thread.start()
        thread.join()
        raise raised[0]

    assert in_child(from_a_thread) == "PermissionError: [Errno 1] unshare: Operation not permitted"


def test_a_machine_that_is_not_in_the_table_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    kernel.machine.cache_clear()
    monkeypatch.setattr(kernel.platform, "machine", lambda: "riscv64")
    with pytest.raises(kernel.Lacking, match="riscv64"):
        kernel.machine()


def test_a_kernel_without_the_filter_is_told_as_that(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str, *arguments: object) -> int:
        raise OSError(errno.ENOSYS, name)

    monkeypatch.setattr(kernel, "syscall", missing)
    with pytest.raises(kernel.Lacking, match="no seccomp filter"):
        seccomp.install()
