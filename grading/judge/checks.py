"""The hidden checks: pytest tests, collected once a worker and run for every submission.

Theory of operation. `pytest.main` runs in a thread of its own with a plugin whose `pytest_runtestloop` does
not run the collected tests and end, but waits for work: `ChecksSession.call(function)` runs
`function(hidden)` inside that loop and hands its result back. There, `HiddenChecks.run(check, student,
seed)` sends one collected item through pytest's own `runtest_protocol`, so that fixtures, assertion
rewriting and marks are pytest's, and only public hooks are used. Two other ways were weighed: `pytest.main`
for each submission (45 ms, mostly collection) and turning the worker inside out, so that its whole loop
runs inside the hook (no thread, but then nothing else could ever use the session).

The thread also gives the judge its deadline: where `call` is not answered in time the session is `stuck`,
which is our fault and not the student's; the session cannot be used again and the worker should end.

Fixtures and the mark are in `plugin`, so that the same tests run alone with `pytest
grading/checks --submission NOTEBOOK`. What a test raises is looked at as an exception, never as pytest's
text: a report costs some 10 ms and is made only where staff need it (a failed assertion, a mistake of
ours).
"""

from __future__ import annotations

import io
import queue
import sys
import threading
import traceback
from collections.abc import Callable, Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

import pytest

from course_lib.checking.model import CheckFailed, NotDefined, Student, StudentError, StudentStopped

__all__ = [
    "CHECKS",
    "PLUGIN",
    "Bench",
    "ChecksError",
    "ChecksSession",
    "ChecksStuck",
    "HiddenCheck",
    "HiddenChecks",
    "Ran",
]

CHECKS = Path(__file__).parents[1] / "checks"
PLUGIN = "grading-judge"
_OURS_TO_EXPLAIN = (CheckFailed, NotDefined, StudentError, StudentStopped)

# No third-party plugin, nothing on the terminal, no capturing: each of them costs time for every test.
_WITHOUT = ["cacheprovider", "doctest", "faulthandler", "junitxml", "logging", "pastebin", "setuponly"]
_WITHOUT += ["stepwise", "terminal", "threadexception", "unraisableexception", "warnings"]
_ARGUMENTS = [
    "-o",
    "addopts=",
    "-o",
    "filterwarnings=",
    "--import-mode=importlib",
    "--strict-markers",
    "--disable-plugin-autoload",
    "-p",
    "grading.judge.plugin",
    "--capture=no",
    *(part for name in _WITHOUT for part in ("-p", f"no:{name}")),
]

Answer = TypeVar("Answer")


class ChecksError(Exception):
    """The hidden checks themselves are wrong: they cannot be collected, or one lacks its mark or title."""


class ChecksStuck(Exception):
    """The judge's own work took longer than its deadline."""


@dataclass
class Bench:
    """What the test that is running gets through its fixtures."""

    student: Student | None = None
    seed: str = ""


@dataclass(frozen=True)
class HiddenCheck:
    """One hidden check; its title is the first line of its docstring."""

    exercise: str
    title: str
    worth: int
    name: str
    item: pytest.Item


@dataclass(frozen=True)
class Ran:
    """What a check raised (None: it passed), what it printed, and pytest's text where that says more."""

    raised: BaseException | None
    printed: str = ""
    text: str = ""


class HiddenChecks:
    """The collected checks by exercise; to be used inside `ChecksSession.call` only."""

    def __init__(self, checks: Mapping[str, tuple[HiddenCheck, ...]], bench: Bench) -> None:
        self._checks, self._bench = checks, bench
        self._raised: BaseException | None = None
        self._text = ""

    def of(self, exercise: str) -> tuple[HiddenCheck, ...]:
        """The hidden checks of one exercise, in the order of their file."""
        return self._checks.get(exercise, ())

    def run(self, check: HiddenCheck, student: Student, seed: str) -> Ran:
        """Run one check on `student`."""
        self._bench.student, self._bench.seed = student, seed
        self._raised, self._text = None, ""
        printed = io.StringIO()
        with redirect_stdout(printed), redirect_stderr(printed):
            # Nobody knows which check is asked for next, so nothing is left set up for it.
            check.item.config.hook.pytest_runtest_protocol(item=check.item, nextitem=None)
        self._bench.student = None
        return Ran(self._raised, printed.getvalue(), self._text)

    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> pytest.TestReport:
        """pytest's hook: keep the exception, and make a report that costs nothing."""
        if call.excinfo is not None and self._raised is None:
            self._raised = call.excinfo.value
            if not isinstance(self._raised, _OURS_TO_EXPLAIN):
                self._text = str(item.repr_failure(call.excinfo))
        outcome: Any = "failed" if call.excinfo is not None else "passed"
        when: Any = call.when
        return pytest.TestReport(item.nodeid, item.location, {}, outcome, None, when)


class ChecksSession:
    """One pytest session that waits for submissions.

    Examples
    --------
    ::

        with ChecksSession() as session:
            result = session.call(lambda hidden: [c.title for c in hidden.of("gradients")], wall_seconds=5)
    """

    def __init__(self, folder: Path = CHECKS) -> None:
        self._folder = folder.resolve()
        self._work: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._ready: queue.SimpleQueue[HiddenChecks | str] = queue.SimpleQueue()
        self._problems: list[str] = []
        self.stuck = False
        self._thread = threading.Thread(target=self._main, name="hidden checks", daemon=True)
        self._thread.start()
        ready = self._ready.get()
        if isinstance(ready, str):
            self._thread.join(timeout=10)
            raise ChecksError(ready)
        self.hidden = ready

    def call(self, function: Callable[[HiddenChecks], Answer], *, wall_seconds: float) -> Answer:
        """Run `function` inside the session and return what it returns.

        Raises
        ------
        ChecksStuck
            It did not end within `wall_seconds`; the session is of no use any more.
        """
        if self.stuck or not self._thread.is_alive():
            raise ChecksStuck("the session of the hidden checks has ended")
        answer: queue.SimpleQueue[tuple[bool, Any]] = queue.SimpleQueue()

        def work() -> None:
            try:
                answer.put((True, function(self.hidden)))
            except BaseException as error:
                answer.put((False, error))

        self._work.put(work)
        try:
            good, value = answer.get(timeout=wall_seconds)
        except queue.Empty:
            self.stuck = True
            raise ChecksStuck(f"the checks did not end within {wall_seconds:g} s") from None
        if good:
            return value  # type: ignore[no-any-return]
        raise value

    def close(self) -> None:
        """End the session; one that is stuck is left to the end of the process."""
        self._work.put(None)
        if not self.stuck:
            self._thread.join(timeout=10)

    def __enter__(self) -> ChecksSession:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _main(self) -> None:
        _forget(self._folder)
        try:
            code = pytest.main([*_ARGUMENTS, f"--rootdir={self._folder}", str(self._folder)], [_Plugin(self)])
            self._ready.put("\n".join(self._problems) or f"pytest ended with {code!r} in {self._folder.name}")
        except BaseException:
            self._ready.put(traceback.format_exc())

    def serve(self, session: pytest.Session) -> None:
        """Wait for work until the end; runs inside pytest's loop."""
        if self._problems:
            return
        try:
            hidden = _collected(session)
        except ChecksError as error:
            self._problems.append(str(error))
            return
        session.config.pluginmanager.register(hidden)
        self._ready.put(hidden)
        while (work := self._work.get()) is not None:
            work()

    def problem(self, text: str) -> None:
        """Keep what went wrong while collecting."""
        self._problems.append(text)


class _Plugin:
    """The hooks that turn a pytest run into a session that waits."""

    def __init__(self, session: ChecksSession) -> None:
        self._session = session

    def pytest_configure(self, config: pytest.Config) -> None:
        # The plugin with the fixtures finds the bench under this name.
        config.pluginmanager.register(Bench(), PLUGIN)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self._session.problem(report.longreprtext)

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self._session.serve(session)
        return True


def _forget(folder: Path) -> None:
    """Let pytest import the checks anew: an earlier session may have had others of the same name."""
    names = {path.name for path in folder.glob("test_*.py")}
    for name, module in list(sys.modules.items()):
        if Path(getattr(module, "__file__", None) or "/").name in names:
            del sys.modules[name]


def _collected(session: pytest.Session) -> HiddenChecks:
    checks: dict[str, list[HiddenCheck]] = {}
    for item in session.items:
        check = described(item)
        checks.setdefault(check.exercise, []).append(check)
    bench: Any = session.config.pluginmanager.get_plugin(PLUGIN)
    return HiddenChecks({name: tuple(found) for name, found in checks.items()}, bench)


def described(item: pytest.Item) -> HiddenCheck:
    """What mark and docstring say of one test.

    Raises
    ------
    ChecksError
        The mark is missing or wrong, or there is no title.
    """
    mark = item.get_closest_marker("exercise")
    if mark is None or len(mark.args) != 1 or not isinstance(mark.kwargs.get("worth"), int):
        raise ChecksError(f'{item.nodeid} needs its mark: @pytest.mark.exercise("NAME", worth=1)')
    document = (getattr(getattr(item, "obj", None), "__doc__", None) or "").strip()
    if not document:
        raise ChecksError(f"{item.nodeid} needs a docstring: its first line is the title that students see")
    title = document.splitlines()[0].strip()
    return HiddenCheck(str(mark.args[0]), title, mark.kwargs["worth"], item.name, item)
