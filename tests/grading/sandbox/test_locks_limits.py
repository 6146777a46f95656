"""Limits refuse what would limit nothing."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from grading.sandbox.limits import MIB, Limits

WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "zero": ({"memory_bytes": 0}, "memory_bytes is 0, and a limit has to be a finite number above zero"),
    "negative": ({"call_wall_seconds": -1}, "call_wall_seconds is -1"),
    "endless": ({"notebook_wall_seconds": float("inf")}, "notebook_wall_seconds is inf"),
    "not a number": ({"cell_wall_seconds": float("nan")}, "cell_wall_seconds is nan"),
    "a text": ({"open_files": "64"}, "open_files is '64', and it has to be an int"),
    "half a byte": ({"scratch_bytes": 0.5}, "scratch_bytes is 0.5, and it has to be an int"),
    "a truth value": ({"threads": True}, "threads is True, and it has to be an int"),
    "a cell longer than its notebook": (
        {"cell_wall_seconds": 200},
        "cell_wall_seconds is above notebook_wall_seconds, of which it is a part",
    ),
    "a file larger than the folder": ({"scratch_bytes": 1 * MIB}, "file_bytes is above scratch_bytes"),
}


@pytest.mark.parametrize(("wrong", "text"), WRONG.values(), ids=WRONG)
def test_a_limit_that_limits_nothing_is_refused(wrong: dict[str, Any], text: str) -> None:
    with pytest.raises(ValueError, match="^" + text):
        Limits(**wrong)


def test_the_defaults_are_limits_and_cannot_be_changed_in_place() -> None:
    limits = Limits()
    assert dataclasses.replace(limits, cell_wall_seconds=1.5).cell_wall_seconds == 1.5
    with pytest.raises(dataclasses.FrozenInstanceError):
        limits.memory_bytes = 1  # type: ignore[misc]
