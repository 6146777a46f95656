"""Our gradient check against a coordinate-by-coordinate loop and, where they are installed, its peers.

Everything is measured in one process with BLAS on one thread, in rounds of each thing in turn; medians. The
floor is what no check can go below: one forward, one backward and one complex direction of the lecture's net.
The loop is timed on some elements of the net and scaled to all of them, unless `--whole-loop` is given. Peers
come with the `bench` extra; those that are missing are named. Prints tables and, as the last line, one JSON
object.

    python benchmarks/gradcheck.py [--rounds N] [--whole-loop] [--seeds N]

With `--seeds` it also counts, over that many, false alarms on every right gradient of the bank, and over
a fifth as many: gradients of 1,200 elements that pass although one is off by 0.1 %, or all are by 1e-6; wrong
sets that are not named; and intervals that do not hold the share.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from typing import Any

for _library in ("OPENBLAS", "OMP", "MKL"):
    os.environ[f"{_library}_NUM_THREADS"] = "1"

# BLAS reads these when numpy is loaded.
import numpy as np  # noqa: E402
from numpy.typing import NDArray  # noqa: E402

from course_lib import check_gradient  # noqa: E402
from course_lib.gradcheck import GradientReport  # noqa: E402
from grading.bank.gradients import RIGHT, Case, net  # noqa: E402

PEERS = ("torch", "jax", "autograd", "scipy", "numdifftools")
# What a peer is shown: gradients of the net that are right, and wrong in one element, and in all by a factor.
CLAIMS = ("right", "one off by 0.1 %", "all 1/64")
CASES = ("sigmoid", "affine", "a large matrix product", "relu near its kink", "the lecture's net in float32")
Gradient = dict[str, Any]
Change = Callable[[Any, np.random.Generator], Any]


@dataclass(frozen=True)
class Error:
    """A way to spoil the gradient of the first input: what becomes of it, and the indices that are wrong."""

    name: str
    spoil: Callable[[Any, np.random.Generator], tuple[Any, Any]]


def _some(count: int, factor: float) -> Callable[[Any, np.random.Generator], tuple[Any, Any]]:
    def spoil(gradient: Any, rng: np.random.Generator) -> tuple[Any, Any]:
        # Where the gradient is zero, a factor spoils nothing.
        somewhere = np.flatnonzero(gradient)
        indices = rng.choice(somewhere, min(count, len(somewhere)), replace=False)
        spoilt = gradient.copy()
        spoilt.flat[indices] *= factor
        return spoilt, indices

    return spoil


def _row(gradient: Any, rng: np.random.Generator) -> tuple[Any, Any]:
    width = gradient.shape[-1] if gradient.ndim > 1 else 1
    start = int(rng.integers(gradient.size // width)) * width
    spoilt = gradient.copy()
    spoilt.flat[start : start + width] *= rng.uniform(1.5, 2.5, width)
    places = np.arange(start, start + width)
    return spoilt, places[gradient.flat[places] != 0]


ERRORS = (
    Error("one element, off by 0.1 %", _some(1, 1.001)),
    Error("ten elements", _some(10, 1.1)),
    Error("a hundred elements", _some(100, 1.1)),
    Error("a whole row", _row),
    Error("everything, by a factor", lambda g, rng: (g / 64, np.flatnonzero(g))),
    Error(
        "everything, by no formula", lambda g, rng: (g * rng.uniform(0.5, 1.5, g.shape), np.flatnonzero(g))
    ),
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
    parser.add_argument(
        "--seeds", type=int, default=0, help="how many seeds to count verdicts over (minutes)"
    )
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
    print(f"\n{'the same net, by':34s} {'ms':>10s} {'floors':>9s}  " + "  ".join(CLAIMS))
    for peer in peers:
        told = "  ".join(f"{word:{len(claim)}s}" for word, claim in zip(peer.verdicts, CLAIMS, strict=True))
        print(f"{peer.name:34s} {peer.seconds * 1e3:10.2f} {peer.seconds / unit:9.1f}  {told}")
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
        "peers_vs_floor": {peer.name: round(peer.seconds / unit, 2) for peer in peers},
        "peers_verdicts": {peer.name: peer.verdicts for peer in peers},
    }
    if chosen.seeds:
        result |= _verdicts(case, chosen.seeds)
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
    report, spoilt, seconds = _report(case, error, seed)
    row.seconds.append(seconds)
    row.evaluations, row.verdict = report.evaluations, report.verdict
    named = _named(report, spoilt) if error is not None else ""
    row.named = named if row.named in ("", named) else "not always"


def _report(case: Case, error: Error | None, seed: int) -> tuple[GradientReport, NDArray[np.int64], float]:
    """Our report on a right or spoilt gradient, the indices that are wrong, and the seconds it took.

    The seconds that it takes to spoil are not the check's, and are taken off.
    """
    inputs = case.inputs(np.random.default_rng(seed))
    first = next(iter(inputs))
    seen: list[NDArray[np.int64]] = []
    spoiling = 0.0

    def backward(dout: Any, **named: Any) -> Mapping[str, Any]:
        nonlocal spoiling
        gradients = dict(case.backward(dout, **named))
        if error is not None:
            began = time.perf_counter()
            gradients[first], spoilt = error.spoil(gradients[first], np.random.default_rng(seed + 1000))
            seen.append(spoilt)
            spoiling += time.perf_counter() - began
        return gradients

    began = time.perf_counter()
    with np.errstate(all="ignore"):
        report = check_gradient(case.forward, backward, inputs, constants=case.constants, seed=seed)
    seconds = time.perf_counter() - began - spoiling
    return report, seen[0] if seen else np.zeros(0, dtype=np.int64), seconds


def _named(report: GradientReport, spoilt: NDArray[np.int64]) -> str:
    """How the wrong set was named; "no" where it was not."""
    item = report.inputs[0]
    low, high = item.share
    holds = low <= len(spoilt) / np.prod(item.shape) <= high
    if item.complete:
        found = np.ravel_multi_index(tuple(np.transpose(item.indices)), item.shape) if item.indices else ()
        # What is listed ends with the first thousand.
        same = np.array_equal(np.sort(found), np.sort(spoilt)[: len(found)])
        named = "exactly" if holds and same else "no"
    else:
        named = f"to {100 * (high - low):.1f} points" if holds else "no"
    return f"{named}: {item.explanations[0].says}" if item.explanations else named


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


def _verdicts(case: Case, seeds: int) -> dict[str, Any]:
    """Counts of what must not happen, over many seeds."""
    alarms = {
        right.name: sum(not _report(right, None, seed)[0].passed for seed in range(seeds)) for right in RIGHT
    }
    few = max(1, seeds // 5)
    sigmoid = next(right for right in RIGHT if right.name == "sigmoid")
    sigmoid = replace(sigmoid, inputs=lambda rng: {"x": rng.normal(size=(30, 40))})
    near = Error("all off by 1e-6", lambda g, rng: (g * (1 + 1e-6), np.arange(g.size)))
    misses = {
        error.name: sum(_report(sigmoid, error, seed)[0].passed for seed in range(few))
        for error in (ERRORS[0], near)
    }
    unnamed = {
        error.name: sum(
            not _named(*_report(case, error, seed)[:2]).startswith(("exactly", "to")) for seed in range(few)
        )
        for error in ERRORS
    }
    print(f"\nfalse alarms in {seeds} seeds of {len(RIGHT)} right gradients: {sum(alarms.values())}")
    for name, count in alarms.items():
        if count:
            print(f"  {name}: {count}")
    print(f"missed in {few} seeds, of 1,200 elements: {misses}")
    print(f"wrong sets not named, or shares not held, in {few} seeds of the net: {unnamed}")
    return {
        "seeds": seeds,
        "false_alarms": sum(alarms.values()),
        "misses": sum(misses.values()),
        "not_named": sum(unnamed.values()),
    }


def _table(rows: Sequence[Row], unit: float) -> None:
    print(f"{'case':30s} {'gradient':28s} {'ms':>9s} {'floors':>8s} {'forwards':>8s}  verdict  named")
    for row in rows:
        seconds = statistics.median(row.seconds)
        print(
            f"{row.case:30s} {row.error:28s} {seconds * 1e3:9.2f} {seconds / unit:8.1f} "
            f"{row.evaluations:8d}  {row.verdict:8s} {row.named}"
        )


@dataclass
class Peer:
    """One other tool: how long it takes to check the right gradient of the net, and what it says of three."""

    name: str
    run: Callable[[Any], bool]
    seconds: float = 0.0
    verdicts: tuple[str, ...] = ()


def _peers(case: Case, rounds: int) -> list[Peer]:
    """Each that is installed, on gradients by which that of w1 is multiplied."""
    rng = np.random.default_rng(0)
    inputs = dict(case.inputs(rng))
    one = np.ones_like(inputs["w1"])
    one.flat[int(rng.integers(one.size))] = 1.001
    factors = (np.ones_like(one), one, np.full_like(one, 1 / 64))
    makers = {"scipy": _scipy, "autograd": _autograd, "jax": _jax, "torch": _torch}
    found = [peer for module, make in makers.items() if find_spec(module) for peer in make(inputs)]
    for peer in found:
        peer.run(factors[0])  # what is compiled at first is not counted
        times = []
        for _ in range(rounds):
            began = time.perf_counter()
            peer.run(factors[0])
            times.append(time.perf_counter() - began)
        peer.seconds = statistics.median(times)
        peer.verdicts = tuple("passes" if peer.run(factor) else "fails" for factor in factors)
    return found


def _data() -> tuple[Any, Any]:
    """The net's samples and targets, which its forward holds."""
    rng = np.random.default_rng(1)
    return rng.normal(size=(64, 1000)), rng.normal(size=(64, 10))


def _does_not_raise(check: Callable[[], object]) -> bool:
    """Whether a tool that raises on a wrong gradient, each in its own way, does not."""
    try:
        return check() is not False
    except (AssertionError, RuntimeError, ValueError, TypeError):
        return False


def _scipy(inputs: Gradient) -> list[Peer]:
    from scipy.optimize import check_grad

    forward, backward, _ = net()
    flat = np.concatenate([value.ravel() for value in inputs.values()])
    cut = inputs["w1"].size

    def split(v: Any) -> Gradient:
        return {"w1": v[:cut].reshape(1000, 100), "w2": v[cut:].reshape(100, 10)}

    def run(factor: Any) -> bool:
        def gradient(v: Any) -> Any:
            made = backward(1.0, **split(v))
            return np.concatenate([(made["w1"] * factor).ravel(), made["w2"].ravel()])

        off = check_grad(lambda v: forward(**split(v)), gradient, flat, direction="random", rng=0)
        # It gives a number and no verdict: beside the derivative along a direction of this length.
        return bool(off <= 1e-6 * np.linalg.norm(gradient(flat)))

    return [Peer("scipy check_grad, random", run)]


def _autograd(inputs: Gradient) -> list[Peer]:
    from autograd.extend import defvjp, primitive
    from autograd.test_util import check_grads

    forward, backward, _ = net()

    def run(factor: Any) -> bool:
        @primitive
        def loss(w1: Any, w2: Any) -> Any:
            return forward(w1, w2)

        defvjp(
            loss,
            lambda _, w1, w2: lambda g: backward(g, w1, w2)["w1"] * factor,
            lambda _, w1, w2: lambda g: backward(g, w1, w2)["w2"],
        )
        return _does_not_raise(lambda: check_grads(loss, modes=["rev"], order=1)(*inputs.values()))

    return [Peer("autograd check_grads", run)]


def _jax(inputs: Gradient) -> list[Peer]:
    import jax
    from jax.test_util import check_grads

    jax.config.update("jax_enable_x64", True)
    x, y = (jax.numpy.asarray(value) for value in _data())

    def loss_of(w1: Any, w2: Any) -> Any:
        return jax.numpy.square(jax.nn.sigmoid(x @ w1) @ w2 - y).sum()

    def run(factor: Any) -> bool:
        loss = jax.custom_vjp(loss_of)

        def back(kept: Any, g: Any) -> Any:
            d1, d2 = jax.grad(loss_of, argnums=(0, 1))(*kept)
            return g * d1 * factor, g * d2

        loss.defvjp(lambda w1, w2: (loss_of(w1, w2), (w1, w2)), back)
        weights = tuple(jax.numpy.asarray(value) for value in inputs.values())
        return _does_not_raise(lambda: check_grads(loss, weights, order=1, modes=["rev"]))

    return [Peer("jax check_grads", run)]


def _torch(inputs: Gradient) -> list[Peer]:
    import torch

    torch.set_num_threads(1)
    x, y = (torch.tensor(value) for value in _data())
    weights = [torch.tensor(value, requires_grad=True) for value in inputs.values()]

    def run(factor: Any) -> bool:
        class Loss(torch.autograd.Function):  # type: ignore[misc]
            @staticmethod
            def forward(ctx: Any, w1: Any, w2: Any) -> Any:
                ctx.save_for_backward(w1, w2)
                return (torch.sigmoid(x @ w1) @ w2 - y).square().sum()

            @staticmethod
            def backward(ctx: Any, g: Any) -> Any:
                w1, w2 = ctx.saved_tensors
                h = torch.sigmoid(x @ w1)
                upstream = 2 * (h @ w2 - y) * g
                d1 = x.T @ (upstream @ w2.T * h * (1 - h))
                return d1 * torch.tensor(factor), h.T @ upstream

        return _does_not_raise(lambda: torch.autograd.gradcheck(Loss.apply, weights, fast_mode=True))

    return [Peer("torch gradcheck, fast mode", run)]


if __name__ == "__main__":
    main()
