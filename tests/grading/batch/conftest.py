"""A class of toy submissions on disk, and workers with the toy course."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from grading.batch import Job, Setup
from grading.sandbox.limits import MIB, Limits
from tests.grading.judge import toy_course

LIMITS = Limits(
    cell_wall_seconds=3,
    cell_cpu_seconds=3,
    call_wall_seconds=3,
    notebook_wall_seconds=40,
    notebook_cpu_seconds=40,
    memory_bytes=512 * MIB,
)


@pytest.fixture
def setup(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Setup:
    """What the workers need for the toy course."""
    monkeypatch.setenv("PYTHONPATH", str(Path(toy_course.__file__).parent), prepend=":")
    checks = toy_course.write_checks(tmp_path / "checks")
    return Setup(b"s" * 32, limits=LIMITS, checks=checks, exercises="toy_course")


@pytest.fixture
def hand_in(tmp_path: Path) -> Callable[..., Job]:
    """Write a submission and make its job."""

    def hand_in(student: str, content: bytes | dict[str, Any] | None) -> Job:
        path = tmp_path / "submitted" / student / "99_toy.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        if content is not None:
            path.write_bytes(content if isinstance(content, bytes) else toy_course.raw(content))
        return Job(student, toy_course.release(), path)

    return hand_in
