"""Tables in terminals of several widths."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios

import pytest

from grading.course import CHECKOUT

WHY = "07: not attempted: predict_jacobian_gib, memory_bytes, affine_layer"
TABLE = f"""
from grading.cli.screen import Screen
heads = ["who", "01", "05", "07", "points", "status", "why points are missing"]
row = ["mallory1", "0/12", "13.33/14", "13.11/16*", "39.11/42", "– not attempted", "nothing\\n  {WHY}"]
Screen().table(heads, [row], title="Who got what")
"""


def shown(columns: int) -> list[str]:
    """The lines of the table in a terminal of this width."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    environment = {k: v for k, v in os.environ.items() if k not in ("COLUMNS", "NO_COLOR")}
    subprocess.run(
        [sys.executable, "-c", TABLE],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        cwd=CHECKOUT,
        env=environment | {"TERM": "xterm"},
        check=True,
    )
    os.close(theirs)
    text = os.read(ours, 65536).decode()
    os.close(ours)
    return re.sub(r"\x1b\[[0-9;]*m", "", text).splitlines()


@pytest.mark.parametrize("columns", [80, 100, 140])
def test_no_name_is_clipped_and_no_line_is_wider_than_the_terminal(columns: int) -> None:
    lines = shown(columns)
    assert all(len(line) <= columns for line in lines)
    assert " ".join(WHY.split()) in " ".join(" ".join(lines).split())
    assert "…" not in "".join(lines)


def test_what_has_room_stands_beside_the_points_and_else_below() -> None:
    assert any("39.11/42" in line and "nothing" in line for line in shown(140))
    below = shown(80)
    at = next(number for number, line in enumerate(below) if "39.11/42" in line)
    assert below[at + 1] == "    nothing"
    assert below[at + 2].startswith("      07: not attempted")
