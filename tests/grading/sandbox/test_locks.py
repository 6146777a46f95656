"""Locking a real process: what it keeps, what is gone, and what is said when a layer is missing."""

from __future__ import annotations

import dataclasses
import errno
import json
import os
import re
import resource
import select
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from grading.sandbox import kernel, landlock, locks, readable
from grading.sandbox.limits import MIB, Limits
from grading.sandbox.locks import Layer, LockError, Policy, lock_down

# Python 3.12 warns of forks in a process with threads; what is forked here looks at its threads itself
pytestmark = pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    path = tmp_path / "scratch"
    path.mkdir()
    return path


@dataclasses.dataclass
class Locked:
    """A locked child, as seen from outside."""

    pid: int
    pipe: int

    def said(self) -> Any:
        with os.fdopen(self.pipe, "rb") as pipe:
            text = pipe.read()
        _, self.status = os.waitpid(self.pid, 0)
        told = json.loads(text or b'{"answer": null}')
        assert "problem" not in told, told["problem"]
        return told["answer"]


def start(policy: Policy, work: Callable[[], Any], *, parent_pid: int | None = None) -> Locked:
    """Fork, lock, work; what the work returns comes back."""
    locks.prepare()
    reader, writer = os.pipe()
    parent_pid = parent_pid or os.getpid()
    child = os.fork()
    if child == 0:
        try:
            lock_down(dataclasses.replace(policy, keep=policy.keep | {writer}, parent_pid=parent_pid))
            told = {"answer": work()}
        except LockError as problem:
            told = {"answer": ["refused", problem.layer, problem.why, problem.mend]}
        except BaseException:
            told = {"problem": traceback.format_exc()}
        os.write(writer, json.dumps(told).encode())
        os._exit(0)
    os.close(writer)
    return Locked(child, reader)


def run(policy: Policy, work: Callable[[], Any]) -> Any:
    return start(policy, work).said()


def test_the_layers_come_back_in_order_and_in_force(scratch: Path) -> None:
    def lock() -> list[Any]:
        layers = lock_down(Policy((), scratch, parent_pid=os.getppid(), keep=frozenset({0, 1, 2, writer})))
        return [dataclasses.astuple(layer) for layer in layers]

    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writer, json.dumps(lock()).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        layers = [Layer(*layer) for layer in json.loads(pipe.read())]
    os.waitpid(child, 0)
    assert tuple(layer.name for layer in layers) == locks.LAYERS
    assert all(layer.in_force and layer.detail for layer in layers)


def test_the_kernel_itself_says_that_everything_was_given_up(scratch: Path) -> None:
    """Read from outside, where the child cannot lie."""
    gate, open_gate = os.pipe()
    policy = Policy((), scratch, keep=frozenset({gate}))

    def work() -> int:
        print_free = os.write(ready_writer, b"x")
        os.read(gate, 1)
        return print_free

    ready, ready_writer = os.pipe()
    locked = start(dataclasses.replace(policy, keep=policy.keep | {ready_writer}), work)
    os.read(ready, 1)
    status = Path(f"/proc/{locked.pid}/status").read_text()
    group = os.getpgid(locked.pid)
    os.write(open_gate, b"x")
    assert locked.said() == 1
    fields = dict(re.findall(r"^(\w+):\s*(.*)$", status, re.MULTILINE))
    taken = ["CapInh", "CapPrm", "CapEff", "CapAmb"] + ["CapBnd"] * (os.geteuid() == 0)
    assert {name: int(fields[name], 16) for name in taken} == dict.fromkeys(taken, 0)
    assert (fields["NoNewPrivs"], fields["Seccomp"], fields["Umask"]) == ("1", "2", "0077")
    assert group == locked.pid
    for fd in (gate, open_gate, ready, ready_writer):
        os.close(fd)


def test_a_child_leaves_the_terminal_that_its_session_has(scratch: Path) -> None:
    terminal, end = os.openpty()
    leader = os.fork()
    if leader == 0:
        os.setsid()
        os.close(os.open(os.ttyname(end), os.O_RDWR))  # becomes the terminal of the session
        os.close(os.open("/dev/tty", os.O_RDONLY))
        answer = run(Policy((), scratch), lambda: os.getsid(0) == os.getpid())
        os._exit(0 if answer is True else 1)
    _, status = os.waitpid(leader, 0)
    os.close(terminal)
    os.close(end)
    assert status == 0


def test_the_child_dies_with_its_parent(scratch: Path) -> None:
    reader, writer = os.pipe()
    policy = Policy((), scratch, keep=frozenset({writer}))
    middle = os.fork()
    if middle == 0:
        start(policy, lambda: (os.write(writer, b"locked"), time.sleep(60)))
        signal.pause()
    os.close(writer)
    assert os.read(reader, 10) == b"locked"
    os.kill(middle, signal.SIGKILL)
    os.waitpid(middle, 0)
    ready, _, _ = select.select([reader], [], [], 10)
    assert ready
    assert os.read(reader, 10) == b""  # the last holder of the pipe is gone
    os.close(reader)


def test_a_parent_that_died_before_it_could_be_watched_is_noticed(scratch: Path) -> None:
    answer = start(Policy((), scratch), lambda: "went on", parent_pid=2**22 - 1).said()
    assert answer[:2] == ["refused", "parent"]
    assert "it died before it could be watched" in answer[2]


def test_no_descriptor_survives_that_was_not_named(scratch: Path) -> None:
    opened = [os.open(os.devnull, os.O_RDONLY) for _ in range(5)]
    kept = opened[2]
    os.set_inheritable(opened[3], True)

    def still_open() -> list[int]:
        return [fd for fd in range(200) if is_open(fd)]

    answer = run(Policy((), scratch, keep=frozenset({kept})), still_open)
    assert answer[:3] == [0, 1, 2]
    assert kept in answer
    assert not set(opened) - {kept} & set(answer)
    assert len(answer) == 5  # and the pipe of the answer
    for fd in opened:
        os.close(fd)


def is_open(fd: int) -> bool:
    try:
        os.fstat(fd)
    except OSError:
        return False
    return True


def test_standard_descriptors_that_are_not_kept_lead_nowhere(scratch: Path) -> None:
    null = os.stat(os.devnull).st_rdev
    answer = run(Policy((), scratch, keep=frozenset()), lambda: [os.fstat(fd).st_rdev for fd in (0, 1, 2)])
    assert answer == [null, null, null]


def test_a_named_path_can_be_read_and_not_written(scratch: Path, tmp_path: Path) -> None:
    library = tmp_path / "library"
    library.mkdir()
    (library / "module.py").write_text("x = 1")

    def look() -> list[str]:
        said = [(library / "module.py").read_text()]
        for attempt in (lambda: (library / "module.py").write_text(""), lambda: (library / "new").mkdir()):
            try:
                attempt()
            except OSError as problem:
                said.append(errno.errorcode[problem.errno or 0])
        return said

    assert run(Policy((library,), scratch), look) == ["x = 1", "EACCES", "EACCES"]


def test_a_named_path_that_is_missing_is_refused(scratch: Path, tmp_path: Path) -> None:
    answer = run(Policy((tmp_path / "nowhere",), scratch), lambda: "went on")
    assert answer[:2] == ["refused", "landlock"]
    assert "nowhere" in answer[2]


def test_a_secret_below_a_readable_path_is_refused(scratch: Path, tmp_path: Path) -> None:
    """Landlock cannot subtract, so this has to be found before."""
    (tmp_path / "checkout" / "solutions").mkdir(parents=True)
    policy = Policy((tmp_path / "checkout",), scratch, hidden=(tmp_path / "checkout" / "solutions",))
    answer = run(policy, lambda: "went on")
    assert answer[:2] == ["refused", "landlock"]
    assert "must stay hidden" in answer[2]
    assert run(dataclasses.replace(policy, read=()), lambda: "went on") == "went on"


def test_the_hidden_checks_are_never_below_a_readable_path(scratch: Path) -> None:
    grading = Path(locks.__file__).parents[1]
    answer = run(Policy((grading,), scratch), lambda: "went on")
    assert answer[:2] == ["refused", "landlock"]
    assert answer[2].startswith(f"{grading / 'checks'} must stay hidden")
    assert run(Policy((grading / "sandbox",), scratch), lambda: "went on") == "went on"


def test_a_scratch_folder_that_is_not_empty_is_refused(scratch: Path) -> None:
    (scratch / "left").write_text("by the one before")
    answer = run(Policy((), scratch), lambda: "went on")
    assert answer[:2] == ["refused", "limits"]
    assert "is not empty" in answer[2]


def test_a_process_with_two_threads_is_refused(scratch: Path) -> None:
    def two_threads() -> Any:
        stop = threading.Event()
        other = threading.Thread(target=stop.wait)
        other.start()
        try:
            lock_down(Policy((), scratch))
        except LockError as problem:
            return [problem.layer, str(problem)]
        finally:
            stop.set()
            other.join()
        return "went on"

    layer, text = two_threads()  # nothing is given up before this is looked at, so no child is needed
    assert layer == "one thread"
    # How many there are is the test runner's affair, and changes while this runs.
    assert re.sub(r"\d+ threads", "N threads", text) == (
        "The sandbox has no layer 'one thread'.\n"
        "Why: the process has N threads, and the others would keep their rights.\n"
        "Mend: fork from a process that has started no thread, with BLAS on one thread."
    )


@pytest.mark.parametrize("version", [0, 1, 2])
def test_an_old_landlock_is_refused_unless_it_may_be_missing(
    version: int, scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(landlock, "abi", lambda: version)
    refused = run(Policy((), scratch), lambda: "went on")
    assert refused[:2] == ["refused", "landlock"]
    assert ("no Landlock" if version == 0 else f"version {version}") in refused[2]
    assert "Linux 6.2" in refused[3]

    def read() -> str:
        try:
            return Path("/etc/passwd").read_text()[:0]
        except PermissionError:
            return "denied"

    policy = Policy((), scratch, allow_missing=frozenset({"landlock"}))
    # what an old version can do is in force all the same
    assert run(policy, read) == ("" if version == 0 else "denied")


def test_a_layer_that_does_not_exist_cannot_be_allowed_to_be_missing(scratch: Path) -> None:
    with pytest.raises(ValueError, match=r"no such layer: landlook; there are one thread, parent"):
        Policy((), scratch, allow_missing=frozenset({"landlook"}))


def test_a_kernel_newer_than_us_is_asked_for_all_it_can_deny(monkeypatch: pytest.MonkeyPatch) -> None:
    knows = {"files": (1 << 18) - 1, "network": (1 << 4) - 1, "scopes": (1 << 2) - 1}

    def create(attribute: bytes) -> int:
        asked = [int.from_bytes(attribute[k : k + 8], "little") for k in (0, 8, 16)]
        if any(bits & ~known for bits, known in zip(asked, knows.values(), strict=True)):
            raise OSError(errno.EINVAL, "unknown kind")
        return os.open(os.devnull, os.O_RDONLY)

    monkeypatch.setattr(landlock, "_create", create)
    landlock._handled.cache_clear()
    attribute = landlock._handled(99)
    landlock._handled.cache_clear()
    assert [int.from_bytes(attribute[k : k + 8], "little") for k in (0, 8, 16)] == list(knows.values())


def test_memory_is_counted_above_what_the_child_starts_with(scratch: Path) -> None:
    """The same limit whatever the zygote has loaded: half of it can be had, one and a half not."""
    limits = Limits(memory_bytes=256 * MIB)

    def take() -> list[str]:
        said = []
        for size_bytes in (128 * MIB, 384 * MIB):
            try:
                said.append(str(len(bytearray(size_bytes)) // MIB))
            except MemoryError:
                said.append("MemoryError")
        return said

    assert run(Policy((), scratch, limits), take) == ["128", "MemoryError"]


def test_processor_time_ends_the_child_even_if_nobody_watches(scratch: Path) -> None:
    limits = Limits(notebook_cpu_seconds=1, cell_cpu_seconds=1)

    def forever() -> None:
        signal.signal(signal.SIGXCPU, signal.SIG_IGN)  # a student can catch what can be caught
        while True:
            pass

    locked = start(Policy((), scratch, limits), forever)
    assert locked.said() is None
    assert os.WIFSIGNALED(locked.status)
    assert os.WTERMSIG(locked.status) == signal.SIGKILL


def test_the_limits_are_hard_and_leave_no_core(scratch: Path) -> None:
    names = ("AS", "CORE", "CPU", "FSIZE", "MEMLOCK", "MSGQUEUE", "NOFILE")

    def ask() -> dict[str, Any]:
        return {name: resource.getrlimit(getattr(resource, f"RLIMIT_{name}")) for name in names}

    answer = run(Policy((), scratch), ask)
    assert all(soft == hard != resource.RLIM_INFINITY for soft, hard in answer.values())
    assert answer["CORE"] == [0, 0]
    assert run(Policy((), scratch), lambda: kernel.prctl(3)) == 0  # not dumpable


def test_the_child_works_in_its_scratch_folder(scratch: Path) -> None:
    assert run(Policy((), scratch), os.getcwd) == str(scratch.resolve())


def test_the_interpreter_is_readable_and_what_lies_beside_it_is_not() -> None:
    paths = readable.interpreter_paths()
    assert any(readable.below(Path(os.__file__), path) for path in paths)
    assert any(readable.below(Path(pytest.__file__), path) for path in paths)
    for secret in (Path(__file__), Path.home() / ".ssh", Path("/etc/passwd"), Path(sys.prefix)):
        assert not any(readable.below(secret, path) for path in paths), secret


def test_locking_takes_milliseconds(scratch: Path) -> None:
    """Measured 2 to 3 ms; a lock that took ten times as long would be felt in a class of 200."""
    took = []
    for _ in range(5):
        started = time.perf_counter()
        run(Policy((), scratch), lambda: None)
        took.append(time.perf_counter() - started)
    assert min(took) < 0.2
