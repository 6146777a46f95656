"""`grading audit`: the table, and each answer for which the checks must be mended."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any

from grading.audit import audit, document
from grading.authoring import sources
from grading.cli.screen import Screen, Tick
from grading.course import CHECKOUT

__all__ = ["run_audit", "show_audit"]

_COLUMNS = {
    "wrong": "wrong_answers",
    "right": "right_answers",
    "caught": "caught",
    "explained": "explained",
    "wrongly": "wrongly_explained",
    "alarms": "false_alarms",
    "mutants": "mutants",
    "by checks": "mutants_caught",
}


def run_audit(notebooks: Sequence[str], jobs: int, screen: Screen) -> int:
    """Try the checks of `notebooks`, or all and `check_gradient`; 0 when they are sound."""
    wanted = [source.name for source in sources(CHECKOUT, notebooks)]
    began = time.monotonic()
    with ExitStack() as stack:
        ticks: list[Tick] = []
        found = audit(
            wanted,
            jobs,
            gradients=not notebooks,
            started=lambda total: ticks.append(stack.enter_context(screen.progress("Trying", total))),
            done=lambda label: ticks[0](label),
        )
    content = document(found)
    screen.document(content | {"wall_seconds": round(time.monotonic() - began, 3)})
    show_audit(content, screen)
    screen.say(f"{time.monotonic() - began:.1f} s")
    return 0 if found.sound else 1


def show_audit(content: dict[str, Any], screen: Screen) -> None:
    """A row an exercise, the sums, and each answer for which the checks must be mended."""
    rows = []
    for row in (*content["exercises"], content | {"notebook": "", "exercise": "all"}):
        cells = [
            f"{100 * row[k]:.4g} %" if isinstance(row[k], float) else str(row[k]) for k in _COLUMNS.values()
        ]
        last = f"{row['equivalent_mutants']} equivalent" if row["equivalent_mutants"] else ""
        rows.append([f"{row['notebook'][:2]} {row['exercise']}".strip(), *cells, last])
    screen.table(
        ("exercise", *_COLUMNS, ""), rows, title="What the checks make of wrong and of right answers"
    )
    for row in content["exercises"]:
        for one in row["survivors"]:
            screen.say(f"\nnot caught: {row['exercise']}, {one['kind']}: {one['name']}", "bold")
            screen.say(one["source"])
        for one in row["wrong_explanations"]:
            screen.say(f"\nwrongly explained: {row['exercise']}, {one['kind']}: {one['name']}", "bold")
            screen.say(one["says"])
        for one in row["failed_right_answers"]:
            screen.say(f"\nfalse alarm: {row['exercise']}: {one['name']}", "bold")
            screen.say(one["source"])
        for name in row["unexplained"]:
            screen.say(f"not explained: {row['exercise']}: {name}")
    for one in content["stale_equivalents"]:
        screen.tell(f"stale in grading/audit/equivalent.txt: {one['exercise']}: {one['mutant']}", "bold")
