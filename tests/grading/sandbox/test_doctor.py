"""All that has to be denied is denied, by the layer that is said to, as root and as an ordinary user."""

from __future__ import annotations

import json
import os
import re
import signal
import tempfile
import traceback
import wave  # noqa: F401  the ordinary user may not reach the interpreter of root
from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib
import matplotlib.backends.backend_svg
import matplotlib.figure
import numpy.random  # noqa: F401
import PIL.PngImagePlugin  # noqa: F401
import pytest

from grading.sandbox import attempts, doctor, kernel, locks, needs, scene
from grading.sandbox.limits import Limits

# Python 3.12 warns of forks in a process with threads; what is forked here looks at its threads itself
pytestmark = pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")

NOBODY = 65534
ATTEMPTS = {attempt.name: attempt for attempt in attempts.DENIED}

# Refused by the kernel without any lock of ours, and why; a pattern of names, and when it holds.
REFUSED_ANYWAY: tuple[tuple[str, str, Callable[[], bool]], ...] = (
    (
        "mount|change the root folder|open a socket of family PACKET",
        "only root may",
        lambda: os.geteuid() != 0,
    ),
    (".*", "a container's own filter refuses what it likes", lambda: status("Seccomp") != "0"),
    ("set up io_uring", "switched off", lambda: setting("kernel/io_uring_disabled") not in ("", "0")),
    (
        "load a kernel program",
        "for root only",
        lambda: setting("kernel/unprivileged_bpf_disabled") not in ("", "0"),
    ),
    ("count hardware events", "root only", lambda: setting("kernel/perf_event_paranoid") in ("3", "4")),
    (
        "(trace|compare with|read the memory of|open the memory of) another process",
        "only a child may be traced",
        lambda: setting("kernel/yama/ptrace_scope") not in ("", "0"),
    ),
)


def status(field: str) -> str:
    found = re.search(rf"^{field}:\s*(\S+)", Path("/proc/self/status").read_text(), re.MULTILINE)
    return found[1] if found else "0"


def setting(name: str) -> str:
    path = Path("/proc/sys", name)
    return path.read_text().strip() if path.exists() else ""


def refused_anyway(name: str) -> bool:
    return any(re.fullmatch(names, name) and holds() for names, _, holds in REFUSED_ANYWAY)


EVERYBODYS = "/tmp"

Ask = Callable[[Callable[[], Any]], Any]
TurnOff = Callable[[frozenset[str]], None]


@pytest.fixture(params=["the caller", "an ordinary user"])
def ask(request: pytest.FixtureRequest) -> Ask:
    """Call a function in a process of its own: as the user of the tests, and as one without privileges."""
    locks.prepare()
    ordinary = request.param == "an ordinary user"

    def call(function: Callable[[], Any]) -> Any:
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                if ordinary and os.geteuid() == 0:
                    os.setgroups([])
                    os.setgid(NOBODY)
                    os.setuid(NOBODY)
                    kernel.prctl(4, 1)  # changing the user made us undumpable, which no ordinary process is
                    tempfile.tempdir = EVERYBODYS  # the caller's own may be closed to others
                told = {"answer": function()}
            except BaseException:
                told = {"problem": traceback.format_exc()}
            os.write(writer, json.dumps(told).encode())
            os._exit(0)
        os.close(writer)
        with os.fdopen(reader, "rb") as pipe:
            told = json.loads(pipe.read())
        os.waitpid(child, 0)
        if "problem" in told:
            raise AssertionError(told["problem"])
        return told["answer"]

    return call


@pytest.fixture
def without(monkeypatch: pytest.MonkeyPatch) -> TurnOff:
    """Turn layers off, as if the code that applies them were gone."""
    complete = dict(locks._LAYERS)

    def turn_off(names: frozenset[str]) -> None:
        layers = {
            name: ((lambda policy: "left out"), mend) if name in names else (apply, mend)
            for name, (apply, mend) in complete.items()
        }
        monkeypatch.setattr(locks, "_LAYERS", layers)

    return turn_off


def stopped(names: list[str], *, locked: bool) -> list[str]:
    """Those of the attempts that are stopped."""
    with doctor._stage(Limits()) as stage:
        lock = doctor._lock(stage, ()) if locked else None
        answers = {name: doctor.try_denied(stage, ATTEMPTS[name], lock) for name in names}
    return [
        name for name, answer in answers.items() if doctor._denied(ATTEMPTS[name], answer).as_it_should_be
    ]


def test_nothing_that_has_to_be_denied_gets_through_and_all_that_is_needed_works(ask: Ask) -> None:
    def problems() -> list[str]:
        examination = doctor.examine()
        assert [tried.name for tried in examination.denied] == list(ATTEMPTS)
        assert [tried.name for tried in examination.needed] == [need.name for need in needs.NEEDED]
        assert [layer.name for layer in examination.layers] == list(locks.LAYERS)
        assert examination.sound == (not examination.problems)
        # Where the checkout lies in a folder closed to others, the ordinary user has no fonts, and is told.
        fonts = os.access(matplotlib.get_data_path(), os.R_OK)
        missing = () if fonts else ("draw a figure into the scratch folder",)
        assert {problem.name for problem in examination.problems} >= set(missing)
        return [str(problem) for problem in examination.problems if problem.name not in missing]

    assert ask(problems) == []


def test_a_short_examination_tries_the_same_in_one_process() -> None:
    short = doctor.examine(thorough=False)
    assert short.sound
    assert [tried.name for tried in short.denied] == [a.name for a in attempts.DENIED if a.signal is None]
    assert short.needed == ()


@pytest.mark.parametrize("left_out", ["limits", "descriptors"])
def test_a_short_examination_becomes_a_thorough_one_where_something_gets_through(
    left_out: str, without: TurnOff, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "NEEDED", needs.NEEDED[1:2])
    without(frozenset({left_out}))
    examination = doctor.examine(thorough=False)
    assert not examination.sound
    assert len(examination.denied) == len(attempts.DENIED)
    assert any(
        left_out in problem.layers for problem in examination.problems if isinstance(problem, doctor.Tried)
    )


def test_unlocked_every_attempt_gets_through_or_meets_another_complaint(ask: Ask) -> None:
    """The control: what stops an attempt is the lock, not a mistake in the attempt."""

    def wrong() -> list[str]:
        return [name for name in stopped(list(ATTEMPTS), locked=False) if not refused_anyway(name)]

    assert ask(wrong) == []


def test_every_attempt_has_a_name_of_its_own_and_the_table_of_second_layers_knows_them() -> None:
    assert len(ATTEMPTS) == len(attempts.DENIED)
    assert scene._ALSO.keys() <= ATTEMPTS.keys()
    assert {layer for attempt in attempts.DENIED for layer in attempt.layers} <= set(locks.LAYERS)


LAYER_SETS = sorted({attempt.layers for attempt in attempts.DENIED})


@pytest.mark.parametrize("layers", LAYER_SETS, ids=" and ".join)
def test_an_attempt_gets_through_when_the_layers_that_stop_it_are_left_out(
    layers: tuple[str, ...], ask: Ask, without: TurnOff
) -> None:
    """That is what proves that the tests bite: turn a filter off and they see it."""
    names = [attempt.name for attempt in attempts.DENIED if attempt.layers == layers]
    without(frozenset(layers))

    def wrong() -> list[str]:
        return [name for name in stopped(names, locked=True) if not refused_anyway(name)]

    assert ask(wrong) == []


@pytest.mark.parametrize("left_out", ["landlock", "seccomp"])
def test_attempts_that_a_second_layer_stops_stay_stopped_without_the_first(
    left_out: str, without: TurnOff
) -> None:
    rest = [
        attempt.name for attempt in attempts.DENIED if left_out in attempt.layers and len(attempt.layers) > 1
    ]
    if os.geteuid() != 0:  # capabilities that are not held stop nothing when they are taken
        rest = [name for name in rest if set(ATTEMPTS[name].layers) - {left_out, "capabilities"}]
    without(frozenset({left_out}))
    assert rest
    assert stopped(rest, locked=True) == rest


def test_the_doctor_names_what_got_through_when_the_filter_is_off(
    without: TurnOff,
) -> None:
    without(frozenset({"seccomp"}))
    examination = doctor.examine()
    through = {problem.name: problem for problem in examination.problems}
    assert not examination.sound
    assert {"fork", "open a socket of family INET", "change the mode of a file outside"} <= through.keys()
    assert str(through["fork"].answer) == "went through"
    assert through["fork"].mend == locks.mend("seccomp")


def test_a_missing_layer_is_a_problem_with_a_way_to_mend_it_unless_it_is_allowed_by_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(doctor, "NEEDED", needs.NEEDED[1:2])
    monkeypatch.setattr(locks.landlock, "abi", lambda: 0)
    refused = doctor.examine()
    (layer,) = (problem for problem in refused.problems if isinstance(problem, doctor.LayerState))
    assert (layer.name, layer.in_force) == ("landlock", False)
    assert "no Landlock" in layer.detail
    assert "Linux 6.2" in layer.mend
    assert "read a file of the system" in {problem.name for problem in refused.problems}

    allowed = doctor.examine(allow_missing=frozenset({"landlock"}), thorough=False)
    assert allowed.sound
    assert not {layer.name: layer for layer in allowed.layers}["landlock"].in_force


def test_work_that_fails_is_a_problem() -> None:
    def fail(_scene: attempts.Scene) -> None:
        raise RuntimeError("broken")

    with doctor._stage(Limits()) as stage:
        need = needs.Need("work", lambda: None, fail)
        tried = doctor._needed(need, doctor.try_needed(stage, need, doctor._lock(stage, ())))
    assert not tried.as_it_should_be
    assert str(tried.answer) == "RuntimeError: broken"


def test_a_child_that_dies_or_never_answers_is_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_PATIENCE_SECONDS", 0.2)

    def attempt(run: Callable[[attempts.Scene], object]) -> doctor.Answer:
        with doctor._stage(Limits()) as stage:
            return doctor.try_denied(stage, attempts.Attempt("x", ("seccomp",), run), None)

    assert attempt(lambda _: os.kill(os.getpid(), signal.SIGTERM)).ended_by == signal.SIGTERM
    assert attempt(lambda _: signal.pause()).ended_by == signal.SIGKILL
    assert str(attempt(lambda _: os.execv("/bin/sh", ["sh", "-c", "exit 0"]))) == "went through"


def test_an_examination_leaves_no_process_and_no_file_behind(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with doctor._stage(Limits()) as stage:
        bait = stage.bait
        assert os.listdir(tmp_path)
    assert os.listdir(tmp_path) == []
    with pytest.raises(ProcessLookupError):
        os.kill(bait, 0)
