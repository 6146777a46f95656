"""Fixtures and the mark of the hidden checks; and how they run alone, on one submission.

    pytest grading/checks --submission submitted/ana/backprop/07_matmul_backward.ipynb

runs the checks of that notebook through the same sandbox as a real grading, with pytest's own report.
Without `--submission` every check is deselected: there is nobody to judge. In a worker the judge takes this
file's place (`grading.judge.checks`) and hands in a student for each run.
"""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from grading.judge.checks import PLUGIN, Bench

_ALONE = pytest.StashKey[Any]()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("hidden checks")
    group.addoption("--submission", type=Path, help="the notebook to be judged")
    group.addoption(
        "--release", type=Path, help="its released notebook (default: in notebooks/ of the course)"
    )
    group.addoption("--student", help="who handed it in (default: nbgrader's folder of that name)")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "exercise(name, worth): a hidden check, and its share of the points")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.pluginmanager.has_plugin(PLUGIN):
        return
    submission = config.getoption("--submission")
    keep: list[pytest.Item] = []
    if submission is not None and not config.option.collectonly:
        from grading.judge.alone import Alone

        alone = Alone(
            submission, config.getoption("--release"), config.getoption("--student"), config.rootpath
        )
        config.stash[_ALONE] = alone
        keep = [item for item in items if _exercise(item) in alone.exercises]
    dropped = [item for item in items if item not in keep]
    if dropped:
        config.hook.pytest_deselected(items=dropped)
    items[:] = keep


def pytest_report_collectionfinish(config: pytest.Config) -> list[str]:
    if _ALONE in config.stash:
        lines: list[str] = config.stash[_ALONE].summary()
        return lines
    if config.pluginmanager.has_plugin(PLUGIN):
        return []
    return ["hidden checks judge one submission: pytest grading/checks --submission path/to/notebook.ipynb"]


def pytest_unconfigure(config: pytest.Config) -> None:
    if _ALONE in config.stash:
        config.stash[_ALONE].close()


def _exercise(item: pytest.Item) -> str:
    mark = item.get_closest_marker("exercise")
    return str(mark.args[0]) if mark is not None and mark.args else ""


def _bench(request: pytest.FixtureRequest) -> Bench:
    bench = request.config.pluginmanager.get_plugin(PLUGIN)
    if bench is not None:
        found: Bench = bench
        return found
    alone: Bench = request.config.stash[_ALONE].bench(_exercise(request.node))
    return alone


@pytest.fixture
def student(request: pytest.FixtureRequest) -> Any:
    """The student's answers by name, as in the public checks."""
    return _bench(request).student


@pytest.fixture
def rng(request: pytest.FixtureRequest) -> np.random.Generator:
    """Random numbers that follow from the secret, the exercise, the student and the name of the test."""
    seed = _bench(request).seed
    return np.random.default_rng([int(seed, 16), zlib.crc32(request.node.name.encode())])
