"""`nbgrader autograde` and the formgrader's Autograde button, led to the judge.

As delivered they would run student code unconfined, as whoever pressed the button. `configure` replaces
what reads a submission and both lists of preprocessors; nbgrader's own loop, folders and messages stay:

    SubmissionReader    instead of the exporter that parses a submission: any bytes may be there
    PutRight            instead of the sanitising preprocessors: the cells that the judge grades
    Judge               instead of execution and `SaveAutoGrades`: judges in the sandbox and records

The judge runs in a worker process, as it does for `grading autograde`, with one worker for a whole command.
A system error is nbgrader's failure: it is listed, nothing is recorded, and the notebook can be graded
again.

What nbgrader does not let a course replace: it stops the whole command where the gradebook is locked; it
regrades an autograded submission only with --force (the button does); it needs a folder name that is no
pattern for `glob`.
"""

from __future__ import annotations

import os
import queue
import sys
import weakref
from collections import deque
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from nbconvert.exporters import NotebookExporter
from nbformat import NotebookNode, from_dict
from nbformat.v4 import new_notebook
from nbgrader.converters import NbGraderException
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import List, Unicode

from course_lib.errors import CourseError
from grading.batch import Graded as Judged
from grading.batch import Job, LocalWorkers, Setup, Store
from grading.batch.jobs import Loaded, load
from grading.course import CHECKOUT, Course, check_layers, disown_timestamp, folder_problem
from grading.judge.grade import put_right
from grading.judge.reading import ReadProblem
from grading.judge.release import ReleaseError, read_release
from grading.judge.results import NotebookResult
from grading.nbgrader_bridge.opening import open_gradebook
from grading.nbgrader_bridge.record import Recorder, as_graded
from grading.secret import SecretError, course_secret

__all__ = ["Judge", "PutRight", "SubmissionReader", "SystemErrorInGrading", "configure"]

_HERE = "grading.nbgrader_bridge.stock"


class SystemErrorInGrading(Exception):
    """The grader failed on a notebook: our fault, never a score."""


def configure(c: Any) -> None:
    """Lead nbgrader's grading to the judge.

    Parameters
    ----------
    c : traitlets.config.Config
        What `get_config()` gives in `nbgrader_config.py`.
    """
    c.Autograde.exporter_class = f"{_HERE}.SubmissionReader"
    c.Autograde.sanitize_preprocessors = [f"{_HERE}.PutRight"]
    c.Autograde.autograde_preprocessors = [f"{_HERE}.Judge", "nbgrader.preprocessors.AssignLatePenalties"]
    # `nbgrader validate` runs a notebook as its owner, in a kernel; a tag in it must not spare a cell.
    c.Execute.skip_cells_with_tag = ""
    # nbgrader copies every other file of a submission to autograded/ and from there to feedback/, and
    # follows links on the way. It skips a folder whose own name is ignored, and asks for nothing else of
    # these patterns.
    c.CourseDirectory.ignore.extend(_assignments())
    # To make a gradebook nbgrader calls `alembic`, which lies beside this Python and not always on the
    # path. The formgrader reads these settings again and again.
    beside, path = str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)
    if beside not in path.split(os.pathsep):
        os.environ["PATH"] = f"{beside}{os.pathsep}{path}"


def _assignments() -> list[str]:
    return sorted({p.name for step in ("solutions", "notebooks") for p in (CHECKOUT / step).glob("*/")})


class _Bench:
    """What one nbgrader command needs for judging: the gradebook, a worker, the releases."""

    def __init__(
        self, course: Course, db_url: str, course_id: str, assignment: str, allow_missing: frozenset[str]
    ) -> None:
        self.course, self.assignment = course, assignment
        self._open = ExitStack()
        folder = course.release(assignment)
        self.releases = {path.stem: read_release(path) for path in sorted(folder.glob("*.ipynb"))}
        self.setup = Setup(course_secret(course.root), allow_missing=allow_missing)
        self._store = Store(course.results)
        writer = self._open.enter_context(open_gradebook(db_url, folder, assignment, course_id=course_id))
        self.recorder = Recorder(course, assignment, writer)
        self._jobs: queue.SimpleQueue[Loaded | None] = queue.SimpleQueue()
        self._results = LocalWorkers(self.setup, 1).grade(iter(self._jobs.get, None))
        # Without a further job the worker ends, and with it the results.
        self._open.callback(lambda: deque(self._results, maxlen=0))
        self._open.callback(self._jobs.put, None)

    def load(self, student: str, notebook: str) -> Loaded:
        """The submitted file; a folder that must not be looked into counts as a problem of the notebook."""
        path = self.course.handed_in(student, self.assignment) / f"{notebook}.ipynb"
        loaded = load(Job.of(student, notebook, self.releases, path.parent), self.setup)
        problem = folder_problem(self.course, student, self.assignment)
        if problem is None:
            return loaded
        return Loaded(loaded.job, ReadProblem(f"The notebook was not read: {problem}."), loaded.key)

    def judge(self, loaded: Loaded) -> NotebookResult:
        """Judge one notebook in the worker; the result is kept for `grading autograde` as well."""
        self._jobs.put(loaded)
        _, result = next(self._results)
        self._store.put(loaded.key, result)
        return result

    def close(self) -> None:
        """End the worker and close the gradebook."""
        self._open.close()


class SubmissionReader(NotebookExporter):
    """Hands nbgrader an empty notebook for a submitted file, which `PutRight` fills; nothing is parsed."""

    allow_missing = List(
        Unicode(), help="Layers of the sandbox that this machine may lack; `grading doctor` names them."
    ).tag(config=True)

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)  # type: ignore[no-untyped-call]
        converter: Any = self.parent
        directory = converter.coursedir
        self.course = Course(Path(directory.root).resolve())
        for folder in converter.assignments:
            disown_timestamp(Path(folder))
        try:
            check_layers(self.allow_missing)
            self.bench = _Bench(
                self.course,
                directory.db_url,
                directory.course_id,
                directory.assignment_id,
                frozenset(self.allow_missing),
            )
        except (CourseError, SecretError, ReleaseError) as error:
            self.log.error(str(error))
            raise NbGraderException(str(error)) from error
        # nbgrader says nobody when a command is over.
        weakref.finalize(self, self.bench.close)

    def from_filename(self, filename: str, resources: Any = None, **given: Any) -> Any:
        """Never opens a submission: only nbgrader's second look, at what `PutRight` wrote, is read."""
        if not Path(filename).resolve().is_relative_to(self.course.submitted.resolve()):
            return super().from_filename(filename, resources=resources, **given)
        resources["metadata"] = {"name": Path(filename).stem, "path": str(Path(filename).parent)}
        return self.from_notebook_node(new_notebook(), resources=resources, **given)  # type: ignore[no-untyped-call]


class PutRight(NbGraderPreprocessor):  # type: ignore[misc]  # nbgrader ships no types
    """The submission with everything but the answers from the release."""

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """nbgrader's hook."""
        loaded = self.parent.bench.load(*_who(resources))
        sanitised, problem = put_right(loaded.raw, loaded.job.release)
        for note in (problem, *sanitised.notes):
            if note:
                self.log.warning("%s: %s", resources["nbgrader"]["student"], note)
        return from_dict(sanitised.notebook), resources


class Judge(NbGraderPreprocessor):  # type: ignore[misc]  # nbgrader ships no types
    """Judges the submission in the sandbox, records the scores, and gives the notebook with the outcome."""

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """nbgrader's hook."""
        bench: _Bench = self.parent.bench
        student, notebook = _who(resources)
        loaded = bench.load(student, notebook)
        result = bench.judge(loaded)
        if result.failed_by_us:
            failed = [one.name for one in result.exercises if one.score is None]
            raise SystemErrorInGrading(
                f"The grader failed on {', '.join(failed)} in {notebook} of {student}. Nothing was recorded."
            )
        graded = as_graded(Judged(loaded.job, loaded.raw, result, fresh=True))
        bench.recorder.to_gradebook(student, [graded])
        bench.recorder.note(student, [result])
        return from_dict(graded.node), resources


def _who(resources: Any) -> tuple[str, str]:
    return resources["nbgrader"]["student"], resources["nbgrader"]["notebook"]
