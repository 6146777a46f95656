"""Our gradient check against a coordinate-by-coordinate loop and, where they are installed, its peers.

Everything is measured in one process with BLAS on one thread, in rounds of each thing in turn; medians. The
floor is what no check can go below: one forward, one backward and one complex direction of the lecture's net.
The loop is timed on some elements of the net and scaled to all of them, unless `--whole-loop` is given. Peers
come with the `bench` extra; those that are missing are named. Prints tables and, as the last line, one JSON
object.

    python benchmarks/gradcheck.py [--rounds N] [--whole-loop]
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

for _library in ("OPENBLAS", "OMP", "MKL"):
    os.environ[f"{_library}_NUM_THREADS"] = "1"

# BLAS reads these when numpy is loaded.
import numpy as np  # noqa: E402

from course_lib import check_gradient  # noqa: E402
from course_lib.gradcheck import GradientReport  # noqa: E402
from grading.bank.gradients import RIGHT, Case, net  # noqa: E402

PEERS = ("torch", "jax", "autograd", "scipy", "numdifftools")
CASES = ("sigmoid", "affine", "a large matrix product", "relu near its kink", "the lecture's net in float32")
Gradient = dict[str, Any]
Change = Callable[[Any, np.random.Generator], Any]


@dataclass(frozen=True)
class Error:
    """A way to spoil a gradient: the flat indices that it spoils in the first input; None: all of them."""

    name: str
    spoil: Callable[[Any, np.random.Generator], tuple[Any, Any]]


def _some(count: int, factor: float) -> Callable[[Any, np.random.Generator], tuple[Any, Any]]:
    def spoil(gradient: Any, rng: np.random.Generator) -> tuple[Any, Any]:
        # Where the gradient is zero, a factor spoils nothing.
        somewhere = np.flatnonzero(gradient)
        indices = rng.choice(somewhere, min(count, len(somewhere)), replace=False)
        spoilt = gradient.copy()
        spoilt.flat[indices] *= factor
        return spoilt, set(indices.tolist())

    return spoil


def _row(gradient: Any, rng: np.random.Generator) -> tuple[Any, Any]:
    width = gradient.shape[-1] if gradient.ndim > 1 else 1
    start = int(rng.integers(gradient.size // width)) * width
    spoilt = gradient.copy()
    spoilt.flat[start : start + width] *= rng.uniform(1.5, 2.5, width)
    places = np.arange(start, start + width)
    return spoilt, set(places[gradient.flat[places] != 0].tolist())


ERRORS = (
    Error("one element, off by 0.1 %", _some(1, 1.001)),
    Error("ten elements", _some(10, 1.1)),
    Error("a hundred elements", _some(100, 1.1)),
    Error("a whole row", _row),
    Error("everything, by a factor", lambda g, rng: (g / 64, None)),
    Error("everything, by no formula", lambda g, rng: (g * rng.uniform(0.5, 1.5, g.shape), None)),
)


@dataclass
class Row:
    """One line of the table."""

    case: str
    error: str
    seconds: list[float]
    evaluations: int = 0
    verdict: str = ""
    named: str = ""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark and print the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7, help="how often each thing is measured (default 7)")
    parser.add_argument("--whole-loop", action="store_true", help="time the loop over all elements (minutes)")
    chosen = parser.parse_args(arguments)
    case = Case("the lecture's net", *net())
    floor: list[float] = []
    rows = [Row(case.name, "right", []), *(Row(case.name, error.name, []) for error in ERRORS)]
    for seed in range(chosen.rounds):
        floor.append(_floor(case))
        _measure(rows[0], case, None, seed)
        for row, error in zip(rows[1:], ERRORS, strict=True):
            _measure(row, case, error, seed)
    loop = _loop(case, None if chosen.whole_loop else 2000)
    unit = statistics.median(floor)
    others = _others(chosen.rounds)
    _table(rows, unit)
    print(f"\nfloor {unit * 1e3:.2f} ms; a loop over all elements {loop:.1f} s\n")
    _table(others, unit)
    missing = [name for name in PEERS if find_spec(name) is None]
    peers = _peers(case, chosen.rounds)
    for name, seconds in peers.items():
        print(f"{name:32s} right gradient of the net: {seconds * 1e3:10.2f} ms {seconds / unit:10.1f} floors")
    if missing:
        print(f"not installed (extra `bench`): {', '.join(missing)}")
    times = {row.error: statistics.median(row.seconds) for row in rows}
    result = {
        "net_right_vs_floor": times["right"] / unit,
        "net_right_vs_loop": loop / times["right"],
        "net_one_wrong_vs_floor": times[ERRORS[0].name] / unit,
        "net_ten_wrong_vs_floor": times[ERRORS[1].name] / unit,
        "net_hundred_wrong_vs_floor": times[ERRORS[2].name] / unit,
        "net_row_vs_floor": times[ERRORS[3].name] / unit,
        "net_factor_vs_floor": times[ERRORS[4].name] / unit,
        "net_dense_vs_floor": times[ERRORS[5].name] / unit,
        "peers_vs_floor": {name: round(seconds / unit, 2) for name, seconds in peers.items()},
    }
    print(json.dumps({k: round(v, 2) if isinstance(v, float) else v for k, v in result.items()}))


def _floor(case: Case) -> float:
    inputs = dict(case.inputs(np.random.default_rng(0)))
    moved = {name: value + 1e-30j * np.ones_like(value) for name, value in inputs.items()}
    began = time.perf_counter()
    case.forward(**inputs)
    case.backward(1.0, **inputs)
    case.forward(**moved)
    return time.perf_counter() - began


def _measure(row: Row, case: Case, error: Error | None, seed: int) -> None:
    rng = np.random.default_rng(seed)
    inputs = case.inputs(rng)
    first = next(iter(inputs))
    expected: list[Any] = []

    def backward(dout: Any, **named: Any) -> Mapping[str, Any]:
        gradients = dict(case.backward(dout, **named))
        if error is not None:
            gradients[first], spoilt = error.spoil(gradients[first], np.random.default_rng(seed + 1000))
            expected[:] = [spoilt]
        return gradients

    began = time.perf_counter()
    report = check_gradient(case.forward, backward, inputs, constants=case.constants, seed=seed)
    row.seconds.append(time.perf_counter() - began)
    row.evaluations, row.verdict = report.evaluations, report.verdict
    named = _named(report, expected[0]) if error is not None else ""
    row.named = named if row.named in ("", named) else "not always"


def _named(report: GradientReport, spoilt: set[int] | None) -> str:
    """Whether the wrong set was named."""
    item = report.inputs[0]
    if spoilt is None:
        low, high = item.share
        if item.explanations:
            return item.explanations[0].says
        return "all" if low == high == 1.0 else f"between {low:.0%} and {high:.0%}"
    found = {int(np.ravel_multi_index(index, item.shape)) for index in item.indices}
    if item.pattern and not item.complete:
        return f"{item.pattern}, {item.share[0]:.2%} to {item.share[1]:.2%}"
    return "exactly" if item.complete and found == spoilt else "no"


def _loop(case: Case, sample: int | None) -> float:
    """Seconds of central differences, one coordinate after the other."""
    inputs = dict(case.inputs(np.random.default_rng(0)))
    total = sum(value.size for value in inputs.values())
    done, began = 0, time.perf_counter()
    for value in inputs.values():
        for index in np.ndindex(value.shape):
            kept = value[index]
            value[index] = kept + 1e-6
            above = case.forward(**inputs)
            value[index] = kept - 1e-6
            _ = (above - case.forward(**inputs)) / 2e-6
            value[index] = kept
            done += 1
            if done == sample:
                return (time.perf_counter() - began) * total / done
    return time.perf_counter() - began


def _others(rounds: int) -> list[Row]:
    chosen = [case for case in RIGHT if case.name in CASES]
    rows = []
    for case in chosen:
        errors: list[Error | None] = [None, *ERRORS]
        found = [Row(case.name, error.name if error else "right", []) for error in errors]
        for seed in range(max(1, rounds // 2)):
            for row, error in zip(found, errors, strict=True):
                _measure(row, case, error, seed)
        rows += found
    return rows


def _table(rows: Sequence[Row], unit: float) -> None:
    print(f"{'case':30s} {'gradient':28s} {'ms':>9s} {'floors':>8s} {'forwards':>8s}  verdict  named")
    for row in rows:
        seconds = statistics.median(row.seconds)
        print(
            f"{row.case:30s} {row.error:28s} {seconds * 1e3:9.2f} {seconds / unit:8.1f} "
            f"{row.evaluations:8d}  {row.verdict:8s} {row.named}"
        )


def _peers(case: Case, rounds: int) -> dict[str, float]:
    """Median seconds of each peer that is installed, on the right gradient of the net."""
    inputs = dict(case.inputs(np.random.default_rng(0)))
    found: dict[str, Callable[[], Any]] = {}
    flat = np.concatenate([value.ravel() for value in inputs.values()])
    cut = inputs["w1"].size

    def split(v: Any) -> Gradient:
        return {"w1": v[:cut].reshape(1000, 100), "w2": v[cut:].reshape(100, 10)}

    def gradient(v: Any) -> Any:
        made = case.backward(1.0, **split(v))
        return np.concatenate([made["w1"].ravel(), made["w2"].ravel()])

    if find_spec("scipy"):
        from scipy.optimize import check_grad

        found["scipy check_grad, random"] = lambda: check_grad(
            lambda v: case.forward(**split(v)), gradient, flat, direction="random", rng=0
        )
    if find_spec("torch"):
        found["torch gradcheck, fast mode"] = _torch(inputs)
    times: dict[str, list[float]] = {name: [] for name in found}
    for _ in range(rounds):
        for name, run in found.items():
            began = time.perf_counter()
            run()
            times[name].append(time.perf_counter() - began)
    return {name: statistics.median(values) for name, values in times.items()}


def _torch(inputs: Gradient) -> Callable[[], Any]:
    import torch

    torch.set_num_threads(1)
    rng = np.random.default_rng(1)
    x, y = torch.tensor(rng.normal(size=(64, 1000))), torch.tensor(rng.normal(size=(64, 10)))
    weights = [torch.tensor(value, requires_grad=True) for value in inputs.values()]

    def loss(w1: Any, w2: Any) -> Any:
        return (torch.sigmoid(x @ w1) @ w2 - y).square().sum()

    return lambda: torch.autograd.gradcheck(loss, weights, fast_mode=True, atol=1e-3, rtol=1e-3)


if __name__ == "__main__":
    main()
