"""Jobs through the store and an executor; results as they come."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from grading.batch.jobs import Job, Loaded, Setup, load
from grading.batch.store import Store
from grading.judge.reading import ReadProblem
from grading.judge.results import NotebookResult

__all__ = ["Executor", "Graded", "run_batch"]


class Executor(Protocol):
    """Where gradings run: worker processes of this machine, or a cluster."""

    def grade(self, jobs: Iterable[Loaded]) -> Iterator[tuple[Loaded, NotebookResult]]:
        """Results in any order; `jobs` is asked for the next one only when there is room for it."""


@dataclass(frozen=True)
class Graded:
    """One result with the bytes it was made of; `fresh` unless it was in the store."""

    job: Job
    raw: bytes | ReadProblem
    result: NotebookResult
    fresh: bool


def run_batch(jobs: Iterable[Job], setup: Setup, executor: Executor, store: Store | None) -> Iterator[Graded]:
    """Grade what is not in the store, and keep it there.

    Parameters
    ----------
    jobs : iterable of Job
        In any order.
    store : Store or None
        None: nothing is kept and everything is graded.

    Yields
    ------
    Graded
        First what the store knows, then the others as they are done. A result is in the store before it is
        handed on.
    """
    if store is not None:
        store.sweep()
    todo: list[Job] = []
    for job in jobs:
        loaded = load(job, setup)
        known = store.get(loaded.key) if store is not None else None
        if known is not None:
            yield Graded(job, loaded.raw, known, fresh=False)
        else:
            todo.append(job)
    # Read again when it is its turn: a class of submissions need not fit into memory, and the key has to be
    # that of the bytes that are graded.
    for loaded, result in executor.grade(load(job, setup) for job in todo):
        if store is not None:
            store.put(loaded.key, result)
        yield Graded(loaded.job, loaded.raw, result, fresh=True)
