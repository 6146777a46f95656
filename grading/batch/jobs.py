"""One notebook of one student, and everything that its result depends on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from grading.judge.beside import EarlierCells, earlier_cells
from grading.judge.reading import ReadProblem, read_bytes
from grading.judge.release import Release, environment
from grading.sandbox.limits import Limits
from grading.secret import fingerprint

__all__ = ["Job", "Loaded", "Setup", "load"]

# Raised when the meaning of a stored result changes without a change in the judge's files.
_FORMAT = 1


@dataclass(frozen=True)
class Job:
    """One notebook to be graded; `path` may lead nowhere (it is missing) and is read as a student's file."""

    student: str
    release: Release
    path: Path
    # The student's notebooks that this one builds on.
    earlier: tuple[tuple[Release, Path], ...] = ()

    @classmethod
    def of(cls, student: str, name: str, releases: Mapping[str, Release], folder: Path) -> Job:
        """The job for the notebook `name` in a folder of submitted notebooks."""
        needed = (other for other in releases[name].earlier if other in releases)
        beside = tuple((releases[other], folder / f"{other}.ipynb") for other in needed)
        return cls(student, releases[name], folder / f"{name}.ipynb", beside)


@dataclass(frozen=True)
class Loaded:
    """A job with the bytes that are graded, and the key of its result."""

    job: Job
    raw: bytes | ReadProblem
    key: str
    earlier: EarlierCells = field(default_factory=dict)


@dataclass(frozen=True)
class Setup:
    """What all jobs of a batch share.

    Parameters
    ----------
    secret : bytes
        The secret of the course.
    mode : {"all", "public"}
        With or without the hidden checks.
    limits : Limits
        Of each notebook.
    allow_missing : frozenset of str
        Layers of confinement that this host may lack.
    checks : Path or None
        Another folder of hidden checks than `grading/checks`.
    exercises : str
        The module whose `find_exercise` knows the public checks; tests bring a course of their own.
    """

    secret: bytes = field(repr=False)
    mode: str = "all"
    limits: Limits = field(default_factory=Limits)
    allow_missing: frozenset[str] = frozenset()
    checks: Path | None = None
    exercises: str = "course_lib.exercises"


def load(job: Job, setup: Setup) -> Loaded:
    """Read the submission and work out its key."""
    raw = read_bytes(job.path)
    library, checks = environment(job.release.name)
    if isinstance(raw, ReadProblem):
        content = f"no notebook: {raw.reason}"
    else:
        content = hashlib.sha256(raw).hexdigest()
    earlier = earlier_cells(job.earlier)
    parts = [
        _FORMAT,
        content,
        job.student,
        job.release.name,
        job.release.digest,
        library,
        checks,
        setup.mode,
        asdict(setup.limits),
        sorted(setup.allow_missing),
        fingerprint(setup.secret),
        *([earlier] if job.earlier else []),
    ]
    return Loaded(job, raw, hashlib.sha256(json.dumps(parts).encode()).hexdigest(), earlier)
