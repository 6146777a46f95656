"""The whole audit: what is to be tried, the worker processes that try it, and the sums.

The processes are started anew (no thread of the caller's is copied) with BLAS on one thread. Each takes a
chunk of one exercise at a time. An answer that does not end is ended inside its process; one that ends the
process ends the audit, which names the exercise.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from multiprocessing import get_context
from typing import Any

from course_lib.errors import CourseError
from course_lib.exercises import exercises_of
from grading.audit.equivalent import ANY, equivalents
from grading.audit.judged import MUTANT, RIGHT, WRONG, Item, Judged, gradient_cases, judged
from grading.audit.mutants import mutants
from grading.bank import answers, references

__all__ = ["Audit", "Row", "audit", "document"]

_CHUNK = 20
_REFERENCE = "the reference solution"
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@dataclass(frozen=True)
class Row:
    """The answers to one exercise and what became of them."""

    notebook: str
    exercise: str
    tried: tuple[Judged, ...]

    def of(self, kind: str) -> list[Judged]:
        """Its wrong answers, right answers or mutants."""
        return [one for one in self.tried if one.kind == kind]

    @cached_property
    def survivors(self) -> list[Judged]:
        """Wrong answers and mutants that are not caught and should be."""
        missed = [one for one in (*self.of(WRONG), *self.of(MUTANT)) if not one.caught]
        return [one for one in missed if one.kind == WRONG or (self.exercise, one.name) not in equivalents()]

    @cached_property
    def equivalent(self) -> list[Judged]:
        """Mutants that are listed as equivalent and get full marks."""
        return [o for o in self.of(MUTANT) if not o.caught and (self.exercise, o.name) in equivalents()]

    @cached_property
    def wrongly_explained(self) -> list[Judged]:
        return [one for one in self.tried if one.wrongly]

    @cached_property
    def false_alarms(self) -> list[Judged]:
        return [one for one in self.of(RIGHT) if one.caught]


@dataclass(frozen=True)
class Audit:
    """All rows."""

    rows: tuple[Row, ...]

    @cached_property
    def all(self) -> Row:
        """All exercises as one; its lists are those of the rows."""
        return Row("", "all", tuple(one for row in self.rows for one in row.tried))

    @property
    def survivors(self) -> list[Judged]:
        return [one for row in self.rows for one in row.survivors]

    @property
    def stale(self) -> list[tuple[str, str]]:
        """Entries of the list of equivalent mutants that do not survive any more, of the exercises tried."""
        living = {(row.exercise, one.name) for row in self.rows for one in row.equivalent}
        tried = {row.exercise for row in self.rows}
        return [k for k in equivalents() if k[0] in tried and k not in living and k[1] != ANY]

    @property
    def sound(self) -> bool:
        """Everything wrong is caught, nothing is wrongly explained, and no right answer loses a point."""
        return not (self.survivors or self.all.wrongly_explained or self.all.false_alarms)


def audit(
    notebooks: Sequence[str],
    jobs: int,
    *,
    gradients: bool = True,
    started: Callable[[int], object] = lambda total: None,
    done: Callable[[str], object] = lambda label: None,
) -> Audit:
    """Try every answer and every mutant of the exercises of `notebooks`, such as "07_matmul_backward".

    Parameters
    ----------
    jobs : int
        Worker processes.
    gradients : bool
        Whether the bank of `check_gradient` is tried too.
    started, done : callable
        Called with the number of chunks, and after each with its exercise.

    Raises
    ------
    CourseError
        An answer ended the process that it ran in.
    """
    found: dict[tuple[str, str], list[tuple[int, list[Judged]]]] = {}
    pool = ProcessPoolExecutor(jobs, mp_context=get_context("spawn"))
    try:
        waiting: dict[Future[list[Judged]], tuple[int, tuple[str, str]]] = {}
        with _one_thread_each():
            if gradients:
                waiting[pool.submit(_gradients)] = (0, ("", "check_gradient"))
            # The last first: what takes longest, at the lecture's full size, is not left to the end.
            chunks = (chunk for notebook in reversed(notebooks) for chunk in _chunks(notebook))
            for number, chunk in enumerate(chunks):
                key = (chunk[0].notebook, chunk[0].exercise)
                waiting[pool.submit(_try, chunk)] = (number, key)
        started(len(waiting))
        for future in as_completed(waiting):
            number, key = waiting[future]
            found.setdefault(key, []).append((number, _result(future, key[1])))
            done(key[1])
    finally:
        pool.shutdown(cancel_futures=True)
    order = [(book, exercise.name) for book in notebooks for exercise in exercises_of(book)]
    return Audit(
        tuple(
            Row(*key, tuple(one for _, part in sorted(found[key], key=lambda c: c[0]) for one in part))
            for key in [*order, ("", "check_gradient")]
            if key in found
        )
    )


def _chunks(notebook: str) -> Iterator[list[Item]]:
    sources, bank = references(notebook), answers(notebook[:2])
    for exercise in exercises_of(notebook):
        name, source = exercise.name, sources[exercise.name]
        items = [
            Item(notebook, name, RIGHT if a.right else WRONG, a.name, a.source, a.says, a.public)
            for a in bank
            if a.exercise == name
        ]
        items.append(Item(notebook, name, RIGHT, _REFERENCE, source))
        if (name, ANY) not in equivalents():
            items += [Item(notebook, name, MUTANT, m.what, m.source) for m in mutants(source)]
        for start in range(0, len(items), _CHUNK):
            yield items[start : start + _CHUNK]


def _try(chunk: list[Item]) -> list[Judged]:
    return [judged(item) for item in chunk]


def _gradients() -> list[Judged]:
    return list(gradient_cases())


def _result(future: Future[list[Judged]], exercise: str) -> list[Judged]:
    try:
        return future.result()
    except BrokenProcessPool as error:
        raise CourseError(
            "A process of the audit ended before its answers were tried.",
            f"An answer to {exercise} or to one beside it ended it, or memory is short.",
            "Run the audit again with --jobs 1 and with --notebook, to see which.",
        ) from error


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Processes that start inside the block have BLAS on one thread."""
    before = {name: os.environ.get(name) for name in _THREADS}
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def document(found: Audit) -> dict[str, Any]:
    """The audit as plain data; shares are of the wrong answers and, for `caught`, of the mutants too."""
    total = _counts(found.all, found.survivors, sum(len(row.equivalent) for row in found.rows))
    rows = [
        {"notebook": row.notebook, "exercise": row.exercise}
        | _counts(row, row.survivors, len(row.equivalent))
        | {
            "survivors": [_shown(one) for one in row.survivors],
            "unexplained": [one.name for one in row.of(WRONG) if not one.explained],
            "wrong_explanations": [_shown(one) | {"says": one.wrongly} for one in row.wrongly_explained],
            "failed_right_answers": [_shown(one) for one in row.false_alarms],
        }
        for row in found.rows
    ]
    stale = [{"exercise": exercise, "mutant": mutant} for exercise, mutant in found.stale]
    return total | {"sound": found.sound, "stale_equivalents": stale, "exercises": rows}


def _counts(row: Row, survivors: list[Judged], equivalent: int) -> dict[str, Any]:
    wrong, mutated = row.of(WRONG), row.of(MUTANT)
    must = len(wrong) + len(mutated) - equivalent
    return {
        "wrong_answers": len(wrong),
        "right_answers": len(row.of(RIGHT)),
        "caught": 1 - len(survivors) / must if must else 1.0,
        "explained": sum(one.explained for one in wrong) / len(wrong) if wrong else 1.0,
        "wrongly_explained": len(row.wrongly_explained),
        "false_alarms": len(row.false_alarms),
        "mutants": len(mutated),
        "mutants_caught": sum(one.caught for one in mutated),
        "mutants_that_only_raise": sum(one.raised for one in mutated),
        "equivalent_mutants": equivalent,
    }


def _shown(one: Judged) -> dict[str, str]:
    return {"kind": one.kind, "name": one.name, "source": one.source}
