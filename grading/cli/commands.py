"""The commands: each runs its work, shows what came of it and returns the exit code."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from course_lib.statuses import SYMBOLS, Status, worst
from grading.cli.screen import Screen, Tick
from grading.course import Course, check_assignment, check_layers, course_at

__all__ = ["run"]

_FINE, _LOOK = 0, 1
_REASONS_SHOWN = 3


def run(given: argparse.Namespace, screen: Screen) -> int:
    """Run the command that was asked for."""
    command: Callable[[argparse.Namespace, Screen], int] = _COMMANDS[given.command]
    return command(given, screen)


def _autograde(given: argparse.Namespace, screen: Screen) -> int:
    from grading.autograding import Options, autograde

    course = course_at(given.course)
    options = Options(
        students=tuple(given.student),
        notebooks=tuple(given.notebook),
        force=given.force,
        checks=given.checks,
        jobs=given.jobs,
        allow_missing=frozenset(given.allow_missing),
        db_url=given.db or "",
    )
    if options.allow_missing:
        screen.tell(
            f"Warning: grading without {', '.join(sorted(options.allow_missing))}, as you asked.", "bold"
        )
    with ExitStack() as stack:
        ticks: list[Tick] = []
        summary = autograde(
            course,
            given.assignment,
            options,
            started=lambda total: ticks.append(stack.enter_context(screen.progress("Grading", total))),
            done=lambda label: ticks[0](label),
        )
    screen.document(_document(summary))
    _show(summary, course, screen)
    return _LOOK if summary.needs_a_look else _FINE


def _show(summary: Any, course: Course, screen: Screen) -> None:
    """The table: student, points of each notebook, total, and why points are missing."""
    stems = list(dict.fromkeys(one.result.notebook for row in summary.rows for one in row.notebooks))
    heads = ["student", *(stem.partition("_")[0] for stem in stems), "points", "status", "why"]
    rows = []
    for row in summary.rows:
        points = [
            f"{one.result.score:g}/{one.result.points:g}{'*' if one.waits else ''}" for one in row.notebooks
        ]
        status = _status(row)
        rows.append([row.student, *points, f"{row.score:g}/{row.points:g}", status, _why(row)])
    screen.table(heads, rows, title=f"{summary.assignment}: {len(summary.rows)} submissions")
    notebooks = [one for row in summary.rows for one in row.notebooks]
    fresh = sum(one.fresh for one in notebooks)
    if any(one.waits for one in notebooks):
        screen.say("* a written answer waits for a person: formgrader, in JupyterLab")
    screen.say(
        f"{fresh} notebooks graded, {len(notebooks) - fresh} unchanged, in {summary.wall_seconds:.1f} s. "
        f"Gradebook: {summary.gradebook.removeprefix('sqlite:///')}"
    )
    for name, why in summary.passed_over:
        # A name may hold line ends, and a line after one could pass for ours.
        screen.tell(f"passed over: {name}: {why}".replace("\n", r"\n"), "bold")
    failed = [(row.student, one) for row in summary.rows for one in row.notebooks if one.result.failed_by_us]
    for student, one in failed:
        screen.tell(
            f"system error: {student}, {one.result.notebook}: not scored. {_detail(one.result)}", "bold"
        )
    if failed:
        screen.tell("Run the same command again: what failed by our fault is graded again.")


def _status(row: Any) -> str:
    if any(one.needs_a_look and not one.result.failed_by_us for one in row.notebooks):
        return "! unreadable"
    if not any(one.handed_in for one in row.notebooks):
        return f"{SYMBOLS[Status.NOT_ATTEMPTED]} nothing handed in"
    status = worst([one.status for one in row.notebooks])
    return f"{SYMBOLS[status]} {status}"


def _why(row: Any) -> str:
    """The first reasons, each with its notebook where there are several."""
    several = len(row.notebooks) > 1
    reasons = [
        f"{one.result.notebook.partition('_')[0]} {reason}" if several else reason
        for one in row.notebooks
        for reason in one.reasons
    ] + list(row.notes)
    more = f"; and {len(reasons) - _REASONS_SHOWN} more" if len(reasons) > _REASONS_SHOWN else ""
    flags = sum(len(one.result.flags) for one in row.notebooks)
    look = f" [{flags} to look at: --json]" if flags else ""
    return ("; ".join(reasons[:_REASONS_SHOWN]) + more + look).strip()


def _detail(result: Any) -> str:
    """The last line of what staff are told of a system error."""
    details = [
        outcome.detail.strip().splitlines()[-1]
        for exercise in result.exercises
        for outcome in exercise.outcomes
        if outcome.status is Status.SYSTEM_ERROR and outcome.detail.strip()
    ]
    return details[0] if details else ""


def _document(summary: Any) -> dict[str, Any]:
    from grading.judge.results import to_json

    return {
        "assignment": summary.assignment,
        "gradebook": summary.gradebook,
        "wall_seconds": round(summary.wall_seconds, 3),
        "needs_a_look": summary.needs_a_look,
        "passed_over": [{"folder": name, "why": why} for name, why in summary.passed_over],
        "submissions": [
            {
                "student": row.student,
                "score": row.score,
                "points": row.points,
                "recorded": row.recorded,
                "notes": list(row.notes),
                "notebooks": [
                    {
                        "notebook": one.result.notebook,
                        "status": str(one.status),
                        "score": one.result.score,
                        "points": one.result.points,
                        "handed_in": one.handed_in,
                        "fresh": one.fresh,
                        "waits_for_a_person": one.waits,
                        "reasons": list(one.reasons),
                        "result": json.loads(to_json(one.result)),
                    }
                    for one in row.notebooks
                ],
            }
            for row in summary.rows
        ],
    }


def _feedback(given: argparse.Namespace, screen: Screen) -> int:
    from grading.feedback import feedback

    course = course_at(given.course)
    check_assignment(given.assignment)
    with ExitStack() as stack:
        ticks: list[Tick] = []
        made = feedback(
            course,
            given.assignment,
            students=tuple(given.student),
            force=given.force,
            jobs=given.jobs,
            db_url=given.db or "",
            started=lambda total: ticks.append(stack.enter_context(screen.progress("Feedback", total))),
            done=lambda label: ticks[0](label),
        )
    screen.document(
        {
            "written": list(made.written),
            "unchanged": list(made.unchanged),
            "failed": [{"student": page.student, "why": page.error} for page in made.failed],
        }
    )
    screen.say(f"Feedback of {len(made.written)} students written, {len(made.unchanged)} unchanged.")
    screen.say(f"It lies in {course.root / 'feedback'}/STUDENT/{given.assignment}/.")
    for page in made.failed:
        screen.tell(f"no feedback for {page.student}: {page.error}", "bold")
    return _LOOK if made.failed else _FINE


def _release(given: argparse.Namespace, screen: Screen) -> int:
    from grading.authoring import build, bundle, sources

    course = course_at(given.course)
    wanted = sources(course.root, given.notebooks)
    with screen.progress("Building", len(wanted)) as tick:
        for source in wanted:
            build(source)
            tick(source.name)
    for source in wanted:
        screen.say(f"built   {source.release}")
    if not given.no_bundle:
        if given.bundle is not None:
            destination = bundle(given.bundle, course=course.root)
        else:
            # The one before, in the default place, stays until there is another; nothing else is removed.
            destination = course.root / "dist" / "students"
            new = destination.with_name("students.new")
            _remove(new)
            bundle(new, course=course.root)
            _remove(destination)
            new.rename(destination)
        screen.say(f"bundle  {destination}")
    return _FINE


def _remove(folder: Path) -> None:
    import shutil

    if folder.is_dir() and not folder.is_symlink():
        shutil.rmtree(folder)


def _doctor(given: argparse.Namespace, screen: Screen) -> int:
    from grading.sandbox.doctor import examine

    check_layers(given.allow_missing)
    found = examine(allow_missing=frozenset(given.allow_missing))
    screen.document(
        {
            "sound": found.sound,
            "wall_seconds": round(found.wall_seconds, 3),
            "layers": [
                {"layer": one.name, "in_force": one.in_force, "detail": one.detail} for one in found.layers
            ],
            "denied": [_tried(one) for one in found.denied],
            "needed": [_tried(one) for one in found.needed],
        }
    )
    screen.table(
        ("layer", "in force", "detail"),
        [(one.name, "yes" if one.in_force else "NO", one.detail) for one in found.layers],
        title="Layers of the sandbox",
    )
    screen.table(
        ("must not work", "stopped", "what came back"),
        [(one.name, "yes" if one.as_it_should_be else "NO", str(one.answer)) for one in found.denied],
        title="Tried in a real sandbox",
    )
    screen.table(
        ("must work", "works", "what came back"),
        [(one.name, "yes" if one.as_it_should_be else "NO", str(one.answer)) for one in found.needed],
    )
    for problem in found.problems:
        screen.tell(f"wrong: {problem.name}\nMend: {problem.mend}", "bold")
    good = "Untrusted code may run here." if found.sound else "Untrusted code must not run here."
    screen.say(f"{good} ({found.wall_seconds:.1f} s)")
    return _FINE if found.sound else _LOOK


def _tried(one: Any) -> dict[str, Any]:
    return {
        "name": one.name,
        "layers": list(one.layers),
        "as_it_should_be": one.as_it_should_be,
        "answer": str(one.answer),
    }


def _audit(given: argparse.Namespace, screen: Screen) -> int:
    from grading.cli.audit import run_audit

    return run_audit(given.notebook, given.jobs, screen)


def _demo(given: argparse.Namespace, screen: Screen) -> int:
    from grading.cli.demo import run_demo

    return run_demo(given.folder, given.jobs, screen)


_COMMANDS = {
    "audit": _audit,
    "autograde": _autograde,
    "demo": _demo,
    "doctor": _doctor,
    "feedback": _feedback,
    "release": _release,
}
