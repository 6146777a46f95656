"""`check("name")`: runs the public checks on the notebook's answers, shows the panel, returns the points."""

from __future__ import annotations

import io
import sys
from collections.abc import Mapping
from contextlib import redirect_stderr
from dataclasses import replace
from typing import Any

from course_lib.checking.cells import not_run
from course_lib.checking.model import Finding, Outcome, Report
from course_lib.checking.run import report_on, run_exercise
from course_lib.checking.student import LocalStudent
from course_lib.exercises import find_exercise
from course_lib.statuses import Status

__all__ = ["check", "check_report"]


def check(name: str, *, explain: int = 0, namespace: Mapping[str, Any] | None = None) -> float:
    """Check the exercise `name` on what this notebook defines, and show what was found.

    Parameters
    ----------
    name : str
        The exercise, as its check cell calls it.
    explain : {0, 1, 2, 3}
        How much of the panel is unfolded: 1 where it is wrong, 2 what your answer equals, 3 what to reread.
        (In a notebook a click unfolds it too.)
    namespace : mapping, optional
        Where the answers are; by default the names of the caller.

    Returns
    -------
    float
        The points of the checks passed, from 0 to the points of the exercise.

    Raises
    ------
    UnknownExerciseError
        With the nearest name that exists.
    """
    if namespace is None:
        namespace = sys._getframe(1).f_globals
    report = check_report(name, namespace)
    from course_lib.checking.panel import show

    show(report, explain)
    return report.score


def check_report(name: str, namespace: Mapping[str, Any]) -> Report:
    """The report behind `check`, nothing shown; what the student's code writes to stderr is a warning."""
    exercise = find_exercise(name)
    broken = not_run(exercise.defines, namespace)
    if broken is not None:
        outcome = Outcome("The cell with your answer runs", 1, Status.ERRORED, broken)
        return report_on(exercise, (outcome,))
    errors = io.StringIO()
    with redirect_stderr(errors):
        try:
            report = run_exercise(exercise, LocalStudent(namespace))
        except Exception as error:
            # A mistake of a check: it must not take the verdicts on other exercises with it.
            finding = Finding(
                "This check has failed, and not your answer.",
                (f"{type(error).__name__}: {error}",),
                hint="Go on with the next exercise, and show this to whoever teaches the course.",
            )
            outcome = Outcome("The check itself", 1, Status.SYSTEM_ERROR, finding)
            report = report_on(exercise, (outcome,))
    lines = [line for line in errors.getvalue().splitlines() if line.strip()]
    return replace(report, warnings=(*report.warnings, *lines[:5])) if lines else report
