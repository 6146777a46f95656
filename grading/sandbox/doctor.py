"""Try every denied thing for real, and say what is in force on this host.

    examine       lock real processes, attempt what must fail and what must work
    Examination   what came back, as plain data; `sound` says whether untrusted code may run here

Theory of operation. Each attempt of `attempts` and each piece of work of `needs` runs in a child process of
its own that is forked, locked with the same `lock_down` as a sandbox child, and told to try one thing; what
came back travels over a pipe. A child that is killed or ends without a word is an answer as well. So one
attempt cannot spoil the next, and one that got through cannot hide it. Beside the scratch folder a secret
file is planted, and a process of the same user sleeps as bait.

Nothing here prints. The children are forked from the caller, so that what is examined is this interpreter
with its libraries.
"""

from __future__ import annotations

import contextlib
import dataclasses
import errno
import json
import os
import select
import shutil
import signal
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

from grading.sandbox import locks
from grading.sandbox.attempts import DENIED, Attempt, Scene
from grading.sandbox.limits import Limits
from grading.sandbox.needs import NEEDED, Need

__all__ = ["Answer", "Examination", "LayerState", "Tried", "examine", "try_denied", "try_needed"]

_PATIENCE_SECONDS = 30.0


@dataclasses.dataclass(frozen=True)
class Answer:
    """What came back from one child: nothing raised, an error, or a death.

    `error` is the name of the exception's class, empty when nothing was raised; `number` its errno or 0;
    `ended_by` the signal that ended the child, 0 if none.
    """

    error: str = ""
    number: int = 0
    text: str = ""
    ended_by: int = 0

    def __str__(self) -> str:
        if self.ended_by:
            return f"ended by {signal.Signals(self.ended_by).name}"
        return f"{self.error}: {self.text}" if self.error else "went through"


@dataclasses.dataclass(frozen=True)
class LayerState:
    """One layer: in force, or allowed to be missing; what was applied, or why it is missing; how to mend."""

    name: str
    in_force: bool
    allowed_missing: bool
    detail: str
    mend: str


@dataclasses.dataclass(frozen=True)
class Tried:
    """One attempt: what was tried, the layers that stop it, what came back, and whether it should be so."""

    name: str
    layers: tuple[str, ...]
    as_it_should_be: bool
    answer: Answer
    mend: str


@dataclasses.dataclass(frozen=True)
class Examination:
    """What is in force on this host.

    Parameters
    ----------
    layers : tuple of LayerState
        All layers of the sandbox.
    denied : tuple of Tried
        What has to fail.
    needed : tuple of Tried
        What has to work.
    wall_seconds : float
        How long the examination took.
    """

    layers: tuple[LayerState, ...]
    denied: tuple[Tried, ...]
    needed: tuple[Tried, ...]
    wall_seconds: float

    @property
    def sound(self) -> bool:
        """Whether untrusted code may run here."""
        return not self.problems

    @property
    def problems(self) -> tuple[LayerState | Tried, ...]:
        """What is wrong; not an attempt that would have been stopped only by layers that may be missing."""
        allowed = {layer.name for layer in self.layers if layer.allowed_missing and not layer.in_force}
        allowed |= {layer.name for layer in self.layers if layer.detail == locks.NONE_HELD}
        return (
            *(layer for layer in self.layers if not layer.in_force and not layer.allowed_missing),
            *(
                tried
                for tried in self.denied
                if not tried.as_it_should_be and not set(tried.layers) <= allowed
            ),
            *(tried for tried in self.needed if not tried.as_it_should_be),
        )


def examine(
    *,
    read: tuple[Path, ...] = (),
    limits: Limits | None = None,
    allow_missing: frozenset[str] = frozenset(),
    thorough: bool = True,
) -> Examination:
    """Lock real processes and try in them what must fail and what must work.

    Parameters
    ----------
    read : tuple of Path
        What the sandbox may read beside the interpreter.
    limits : Limits, optional
        As in grading.
    allow_missing : frozenset of str
        Layers that may be missing.
    thorough : bool
        A process for each attempt, and what must work as well: a second or two. Otherwise one process tries
        all that has to fail, in less than 0.1 s; the thorough examination follows where that shows a problem.

    Returns
    -------
    Examination
        Per layer and per attempt what came back.
    """
    started = time.monotonic()
    locks.prepare()
    needed: tuple[Tried, ...] = ()
    with _stage(limits or Limits()) as stage:
        layers = _layers(stage, read, allow_missing)
        denied = () if thorough else _all_in_one(stage, read)
        if not denied or Examination(layers, denied, (), 0).problems:
            lock = _lock(stage, read)
            denied = tuple(_denied(attempt, try_denied(stage, attempt, lock)) for attempt in DENIED)
            needed = tuple(_needed(need, try_needed(stage, need, lock)) for need in NEEDED)
    return Examination(layers, denied, needed, time.monotonic() - started)


def _all_in_one(stage: Scene, read: tuple[Path, ...]) -> tuple[Tried, ...]:
    """One locked child tries all that leaves it alive; nothing, if it did not survive that."""
    tries = [attempt for attempt in DENIED if attempt.signal is None]

    def run(scene: Scene) -> None:
        answers = [_attempted(attempt.run, scene) for attempt in tries]
        raise _Told(json.dumps([dataclasses.astuple(answer) for answer in answers]))

    told = _in_child(stage, lambda scene: None, run, _lock(stage, read))
    if told.error != _Told.__name__:
        return ()
    answers = [Answer(*answer) for answer in json.loads(told.text)]
    return tuple(_denied(attempt, answer) for attempt, answer in zip(tries, answers, strict=True))


Lock = Callable[[Scene, int], object]
"""Applied in a child before it tries: takes the scene and the one descriptor to keep."""


def try_denied(stage: Scene, attempt: Attempt, lock: Lock | None) -> Answer:
    """One attempt in a child of its own, locked, or as it is if `lock` is None."""
    return _in_child(stage, lambda scene: None, attempt.run, lock)


def try_needed(stage: Scene, need: Need, lock: Lock | None) -> Answer:
    """One piece of work in a child of its own, after what it needs was loaded."""
    return _in_child(stage, lambda scene: need.load(), need.run, lock)


def _denied(attempt: Attempt, answer: Answer) -> Tried:
    stopped = answer.number in attempt.errors if attempt.signal is None else answer.ended_by == attempt.signal
    mend = " ".join(locks.mend(layer) for layer in attempt.layers)
    return Tried(attempt.name, attempt.layers, stopped, answer, mend)


def _needed(need: Need, answer: Answer) -> Tried:
    mend = "install the grading extra again, below a folder that this user may read."
    return Tried(need.name, (), answer == Answer(), answer, mend)


def _lock(stage: Scene, read: tuple[Path, ...]) -> Lock:
    """All layers that this host has: which are missing is said by `_layers`."""
    parent_pid = os.getpid()

    def lock(scene: Scene, kept: int) -> tuple[locks.Layer, ...]:
        every = frozenset(locks.LAYERS)
        return locks.lock_down(
            locks.Policy(read, scene.scratch, stage.limits, every, frozenset({kept}), parent_pid)
        )

    return lock


def _layers(stage: Scene, read: tuple[Path, ...], allow_missing: frozenset[str]) -> tuple[LayerState, ...]:
    found: list[locks.Layer] = []
    lock = _lock(stage, read)

    def apply(scene: Scene, kept: int) -> None:
        found.extend(lock(scene, kept))  # type: ignore[arg-type]

    def tell(_scene: Scene) -> None:
        raise _Told(json.dumps([dataclasses.astuple(layer) for layer in found]))

    answer = _in_child(stage, lambda scene: None, tell, apply)
    states = {
        name: locks.Layer(name, False, f"the child did not come so far: {answer}") for name in locks.LAYERS
    }
    if answer.error == _Told.__name__:
        states = {
            name: locks.Layer(name, in_force, detail) for name, in_force, detail in json.loads(answer.text)
        }
    return tuple(
        LayerState(name, layer.in_force, name in allow_missing, layer.detail, locks.mend(name))
        for name, layer in states.items()
    )


class _Told(Exception):
    """Carries an answer that is longer than yes or no."""


@contextlib.contextmanager
def _stage(limits: Limits) -> Iterator[Scene]:
    """Plant the secret, start the bait; end and remove both."""
    top = Path(tempfile.mkdtemp(prefix="doctor-"))
    outside = top / "beside"
    outside.mkdir()
    _plant(outside)
    bait = _fork()
    if bait == 0:
        while True:
            signal.pause()
    descriptor = os.open(outside / "secret", os.O_RDONLY)
    try:
        yield Scene(outside, top, bait, descriptor, limits)
    finally:
        os.close(descriptor)
        os.kill(bait, signal.SIGKILL)
        os.waitpid(bait, 0)
        shutil.rmtree(top, ignore_errors=True)


def _fork() -> int:
    """Fork; Python 3.12 warns where the caller has threads, and our child looks at that itself."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return os.fork()


def _plant(outside: Path) -> None:
    """The same two files for every child, whatever the one before was able to do."""
    for left in outside.iterdir():
        if left.is_dir():
            left.rmdir()
        elif left.name != "secret":
            left.unlink()
    for name in ("secret", "victim"):
        (outside / name).write_text("planted")


def _in_child(
    stage: Scene, load: Callable[[Scene], object], run: Callable[[Scene], object], lock: Lock | None
) -> Answer:
    scratch = Path(tempfile.mkdtemp(dir=stage.scratch, prefix="scratch-"))
    scene = dataclasses.replace(stage, scratch=scratch)
    _plant(stage.outside)
    reader, writer = os.pipe()
    child = _fork()
    if child == 0:
        _child(scene, load, run, lock, writer)
    os.close(writer)
    try:
        return _answer(child, reader)
    finally:
        os.close(reader)
        shutil.rmtree(scratch, ignore_errors=True)


def _child(
    scene: Scene,
    load: Callable[[Scene], object],
    run: Callable[[Scene], object],
    lock: Lock | None,
    writer: int,
) -> None:
    """The child's life; it never returns."""
    try:
        load(scene)
        if lock is not None:
            lock(scene, writer)
    except BaseException as problem:  # whatever it is, it is what came back
        told = _raised(problem)
    else:
        told = _attempted(run, scene)
    finally:
        os.write(writer, json.dumps(dataclasses.astuple(told)).encode())
        os._exit(0)


def _attempted(run: Callable[[Scene], object], scene: Scene) -> Answer:
    try:
        run(scene)
    except BaseException as problem:
        return _raised(problem)
    return Answer()


def _raised(problem: BaseException) -> Answer:
    number = errno.ENOMEM if isinstance(problem, MemoryError) else getattr(problem, "errno", None) or 0
    return Answer(type(problem).__name__, number, str(problem))


def _answer(child: int, reader: int) -> Answer:
    said = b""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        ready, _, _ = select.select([reader], [], [], max(0.0, deadline - time.monotonic()))
        if not ready:
            os.kill(child, signal.SIGKILL)
            break
        piece = os.read(reader, 65536)
        if not piece:
            break
        said += piece
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return Answer(ended_by=os.WTERMSIG(status))
    if not said:
        return Answer()  # it became another program, and that one ended
    return Answer(*json.loads(said))
