"""Many submissions to results: nothing is lost, nothing unchanged runs twice, one lost worker costs one item.

    jobs      one notebook of one student, its bytes, and the key under which its result is kept
    store     results on disk, each written whole or not at all
    local     worker processes on this machine: one executor
    worker    what runs in such a process
    batch     jobs through store and executor, results as they come

Theory of operation. `run_batch` asks the store for each job and hands the rest to an executor, anything
with `grade(loaded) -> iterator of (loaded, result)`; `local.LocalWorkers` is one. The key of a result is a
hash of all that it depends on: bytes, student, release, checks, course_lib, mode, limits and secret; the
code is looked at once a run, and a worker that loaded other code stops it. So a
run that was killed goes on where it stopped, and a second run grades what has changed. A result with a
system error is handed on but never kept.
"""

from grading.batch.batch import Executor, Graded, run_batch
from grading.batch.jobs import Job, Loaded, Setup
from grading.batch.local import BatchError, CodeChanged, LocalWorkers
from grading.batch.store import Store

__all__ = [
    "BatchError",
    "CodeChanged",
    "Executor",
    "Graded",
    "Job",
    "Loaded",
    "LocalWorkers",
    "Setup",
    "Store",
    "run_batch",
]
