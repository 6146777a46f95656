"""The toy course, graded in this process through the real sandbox."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from grading.judge.checks import ChecksSession
from grading.judge.grade import grade_notebook
from grading.judge.results import NotebookResult
from grading.sandbox.limits import MIB, Limits
from tests.grading.judge import toy_course

# Short, so that a hang costs a test seconds; long enough for a machine that others use too.
LIMITS = Limits(
    cell_wall_seconds=3,
    cell_cpu_seconds=3,
    call_wall_seconds=3,
    notebook_wall_seconds=40,
    notebook_cpu_seconds=40,
    memory_bytes=512 * MIB,
)


@pytest.fixture(scope="session")
def checks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChecksSession]:
    """The hidden checks of the toy course."""
    folder = toy_course.write_checks(tmp_path_factory.mktemp("checks"))
    # The checks import their course by this name, as they do in a worker.
    sys.modules["toy_course"] = toy_course
    with ChecksSession(folder) as session:
        yield session


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Any]:
    """One sandbox for all tests: sessions are fresh processes."""
    from grading.sandbox.host import Sandbox

    with Sandbox(limits=LIMITS) as sandbox:
        yield sandbox


@pytest.fixture
def grade(checks: ChecksSession, sandbox: Any) -> Callable[..., NotebookResult]:
    """Grade the bytes of a toy notebook."""

    def grade(
        raw: bytes | None, student: str = "ana", mode: str = "all", secret: bytes = b"s"
    ) -> NotebookResult:
        return grade_notebook(
            raw,
            student,
            toy_course.release(),
            sandbox,
            checks,
            secret,
            mode,
            find=toy_course.find_exercise,
            wall_seconds=LIMITS.notebook_wall_seconds,
        )

    return grade


@pytest.fixture
def toy_path(monkeypatch: pytest.MonkeyPatch) -> Path:
    """Lets other processes import the toy course."""
    folder = Path(toy_course.__file__).parent
    monkeypatch.setenv("PYTHONPATH", str(folder))
    return folder
