"""How long `check` takes on the answers that people give, and how much memory one comparison takes.

Every answer of the bank, right or wrong, is checked as a notebook does it: the public checks, the map, the
search for a counterexample, the panel as HTML and as text; each answer some rounds, of which the median
counts, and for the slowest exercise the median of its answers. BLAS runs on one thread. Memory is what
`tracemalloc` sees at most while one wrong answer is compared, whose inputs take some megabytes. Prints tables
and, as the last line, one JSON object.

    python benchmarks/check.py [--rounds N]
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import statistics
import time
import tracemalloc
import warnings
from collections.abc import Iterator, Mapping
from typing import Any

for _library in ("OPENBLAS", "OMP", "MKL"):
    os.environ[f"{_library}_NUM_THREADS"] = "1"

# BLAS reads these when numpy is loaded.
import numpy as np  # noqa: E402

from course_lib.checking import compare  # noqa: E402
from course_lib.checking.diagnosis import Counterfactual  # noqa: E402
from course_lib.checking.door import check_report  # noqa: E402
from course_lib.checking.model import CheckFailed  # noqa: E402
from course_lib.checking.panel import Panel  # noqa: E402
from course_lib.statuses import Status  # noqa: E402
from grading.bank import SOURCES, Answer, answers, workspace  # noqa: E402

TARGETS = {"median_ms": 60, "p95_ms": 250, "memory_per_input_bytes": 20}


def bank() -> Iterator[tuple[Answer, dict[str, Any]]]:
    """Every answer of the bank with the names of a notebook in which it was given."""
    for path in sorted(SOURCES.glob("[0-9]*.py")):
        solved = workspace(path.stem)
        for answer in answers(path.stem[:2]):
            space = dict(solved)
            exec(answer.source, space)
            yield answer, space


def checked(name: str, space: Mapping[str, Any]) -> tuple[float, int, int]:
    """Seconds until the panel is there, how many checks failed, how many of these show a counterexample."""
    started = time.perf_counter()
    panel = Panel(check_report(name, space))
    panel._repr_html_()
    repr(panel)
    seconds = time.perf_counter() - started
    failed = [o.finding for o in panel.report.outcomes if o.status is Status.FAILED and o.finding]
    return seconds, len(failed), sum(bool(finding.example) for finding in failed)


def memory_per_input_byte(rows: int) -> float:
    """Bytes at most, for each byte of the inputs, to compare a wrong answer with four known mistakes."""
    expected = np.random.default_rng(0).normal(size=(rows, 1000))
    got = expected.copy()
    got[rows // 2] += 1.0

    def mistakes() -> list[Counterfactual]:
        return [Counterfactual(f"mistake {k}", expected + k) for k in range(1, 5)]

    tracemalloc.start()
    with contextlib.suppress(CheckFailed):
        compare.equal("dx", got, expected, counterfactuals=mistakes)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / (got.nbytes + expected.nbytes)


def main() -> None:
    """Measure, print the tables and the JSON line."""
    parser = argparse.ArgumentParser(description="How long a check takes.")
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    warnings.simplefilter("ignore")
    times: dict[str, list[tuple[float, str]]] = {}
    first, failed, found = 0.0, 0, 0
    # Among the notebooks a later one finds the layers of earlier ones, as a student's does.
    os.chdir(SOURCES)
    with contextlib.redirect_stdout(io.StringIO()):
        # The first check of a process imports.
        for position, (answer, space) in enumerate(bank()):
            if position == 0:
                first = 1000 * checked(answer.exercise, space)[0]
            runs = [checked(answer.exercise, space) for _ in range(rounds)]
            seconds = statistics.median(run[0] for run in runs)
            times.setdefault(answer.exercise, []).append((1000 * seconds, answer.name))
            failed, found = failed + runs[0][1], found + runs[0][2]
    print(f"{'exercise':<22}{'answers':>8}{'median ms':>11}{'most ms':>9}  slowest answer")
    medians = {name: statistics.median(ms for ms, _ in rows) for name, rows in times.items()}
    for name, rows in times.items():
        most, slowest = max(rows)
        median = medians[name]
        print(f"{name:<22}{len(rows):>8}{median:>11.1f}{most:>9.1f}  {slowest}")
    every = sorted(ms for rows in times.values() for ms, _ in rows)
    memory = {f"{16 * rows / 1000:g} MB": memory_per_input_byte(rows) for rows in (100, 1000)}
    print(f"\n{found} of {failed} failed checks show a counterexample of small whole numbers")
    for size, ratio in memory.items():
        print(f"memory to compare inputs of {size}: {ratio:.1f} times the inputs")
    figures = {
        "answers": len(every),
        "first_ms": round(first, 2),
        "median_ms": round(statistics.median(every), 2),
        "p95_ms": round(float(np.percentile(every, 95)), 2),
        "most_ms": round(every[-1], 2),
        "slowest_median_ms": round(max(medians.values()), 2),
        "failed_checks": failed,
        "counterexamples": found,
        "memory_per_input_bytes": round(max(memory.values()), 2),
        "targets": TARGETS,
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
