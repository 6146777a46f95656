"""From results to the gradebook and `autograded/`: for the fast path and for stock nbgrader alike.

A submission is recorded in this order: its autograded notebooks are written beside their place, the
gradebook's transaction is committed, the notebooks are moved to their place, and what was recorded is
noted. A run that is killed in between leaves no note, so that the next one records the submission again; a
full disk or a locked gradebook leaves both as they were. A result with a system error is never recorded.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from grading.batch import Graded as Judged
from grading.course import Course
from grading.files import partial, sweep, write_whole
from grading.judge.autograded import autograded_plain
from grading.judge.grade import put_right
from grading.judge.results import NotebookResult, to_json
from grading.nbgrader_bridge.errors import GradebookError
from grading.nbgrader_bridge.gradebook import Graded, Writer

__all__ = ["Recorder", "as_graded"]


def as_graded(judged: Judged, *, handed_in: bool = True) -> Graded:
    """The result in the gradebook's terms, with the autograded notebook."""
    result = judged.result
    if not handed_in:
        return Graded(result.notebook, None)
    sanitised, _ = put_right(judged.raw, judged.job.release)
    return Graded(
        result.notebook,
        autograded_plain(sanitised, result),
        {exercise.grade_id: exercise.score or 0.0 for exercise in result.exercises},
        {answer.grade_id: answer.attempted for answer in result.written},
    )


class Recorder:
    """Records the submissions of one assignment, and knows what is recorded already.

    Parameters
    ----------
    course : Course
    assignment : str
    writer : Writer
        Of the open gradebook.
    """

    def __init__(self, course: Course, assignment: str, writer: Writer) -> None:
        self._course, self._assignment, self._writer = course, assignment, writer
        self._in_gradebook = writer.recorded()
        self._notes = course.recorded(assignment)

    def is_recorded(self, student: str, judged: Sequence[Judged]) -> bool:
        """Whether the gradebook and `autograded/` hold these very results."""
        noted = self._noted(student)
        folder = self._course.autograded(student, self._assignment)
        return all(
            noted.get(one.result.notebook) == _digest(one.result)
            and one.result.notebook in self._in_gradebook.get(student, ())
            and (_missing(one) or (folder / f"{one.result.notebook}.ipynb").is_file())
            for one in judged
        )

    def record(self, student: str, judged: Sequence[Judged]) -> None:
        """Record those of a submission's results that are final.

        Raises
        ------
        GradebookError
            Nothing of this submission was recorded.
        """
        final = [one for one in judged if not one.result.failed_by_us]
        if not final:
            return
        folder = self._course.autograded(student, self._assignment)
        graded = [as_graded(one, handed_in=not _missing(one)) for one in final]
        parts: dict[Path, Path] = {}
        try:
            with _told(folder):
                folder.mkdir(parents=True, exist_ok=True)
                sweep([folder])
                for one in graded:
                    if one.node is not None:
                        path = folder / f"{one.notebook}.ipynb"
                        parts[path] = partial(path)
                        _write(parts[path], one.node)
            if self.to_gradebook(student, graded):
                self._penalise(student, [one.notebook for one in graded if one.node is not None])
            with _told(folder):
                for path, new in parts.items():
                    os.replace(new, path)
                for one in graded:
                    if one.node is None:
                        (folder / f"{one.notebook}.ipynb").unlink(missing_ok=True)
        finally:
            for new in parts.values():
                with suppress(OSError):
                    new.unlink(missing_ok=True)
        self.note(student, [one.result for one in final])

    def to_gradebook(self, student: str, graded: Sequence[Graded]) -> bool:
        """The gradebook's part alone, and whether it is late: stock nbgrader does the rest itself."""
        collected = self._course.collected_at(student, self._assignment)
        return self._writer.record(student, graded, collected=collected)

    def _penalise(self, student: str, notebooks: Sequence[str]) -> None:
        # nbgrader takes seconds to import, and most submissions are in time.
        from grading.nbgrader_bridge.late import assign_penalties

        assign_penalties(self._course, self._writer.db_url, self._assignment, student, notebooks)

    def note(self, student: str, results: Sequence[NotebookResult]) -> None:
        """Note what is recorded now."""
        noted = {**self._noted(student), **{result.notebook: _digest(result) for result in results}}
        path = self._notes / f"{student}.json"
        with _told(path.parent):
            write_whole(path, json.dumps(noted))

    def _noted(self, student: str) -> Mapping[str, str]:
        with suppress(OSError, ValueError):
            noted = json.loads((self._notes / f"{student}.json").read_bytes())
            if isinstance(noted, dict):
                return noted
        return {}


def _missing(judged: Judged) -> bool:
    return not os.path.lexists(judged.job.path)


def _digest(result: NotebookResult) -> str:
    return hashlib.sha256(to_json(result).encode()).hexdigest()


def _write(path: Path, node: Mapping[str, Any]) -> None:
    """One cell a line: with an indent `json` leaves its fast encoder, which costs more than the grading."""
    rest = {key: value for key, value in node.items() if key != "cells"}
    cells = ",\n".join(json.dumps(cell, ensure_ascii=False) for cell in node["cells"])
    head = json.dumps(rest, ensure_ascii=False)
    path.write_text(f'{{"cells": [\n{cells}\n],\n{head[1:]}\n', encoding="utf-8")
    # nbgrader's own: what was graded is not for editing.
    path.chmod(0o444)


class _told:
    """Turns what the file system says into what, why and mend."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, OSError):
            raise GradebookError(
                f"Nothing can be written below {self._folder}.",
                f"{error.strerror or error}.",
                "Get the right to write there, or make room on the disk; then run the command again.",
            ) from error
