"""pytest's side of the hidden checks: fixtures, the mark, and how they run alone on one submission.

A worker loads it with a bench that the judge fills for each run (`checks.ChecksSession`). Without one it is
the plugin of `pytest grading/checks --submission NOTEBOOK`: the notebook goes through the same sandbox, its
checks run with pytest's own report. Without `--submission` every check is deselected: there is nobody to
judge.
"""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from grading.judge.checks import PLUGIN, Bench

if TYPE_CHECKING:
    from grading.judge.alone import Alone

_ALONE: pytest.StashKey[Alone] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of a run on one submission."""
    group = parser.getgroup("hidden checks")
    group.addoption("--submission", type=Path, help="the notebook to be judged")
    group.addoption("--release", type=Path, help="its released notebook (default: in notebooks/)")
    group.addoption("--student", help="who handed it in (default: nbgrader's folder of that name)")


def pytest_configure(config: pytest.Config) -> None:
    """Register the mark."""
    config.addinivalue_line("markers", "exercise(name, worth): a hidden check, and its share of the points")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Without a worker keep the checks of the submission's notebook."""
    if config.pluginmanager.has_plugin(PLUGIN):
        return
    keep: list[pytest.Item] = []
    submission = config.getoption("--submission")
    checks = [item for item in items if _exercise(item)]
    if submission is not None and not config.option.collectonly:
        from grading.judge.alone import Alone

        release, who = config.getoption("--release"), config.getoption("--student")
        alone = Alone(submission, release, who, config.rootpath)
        config.stash[_ALONE] = alone
        keep = [item for item in checks if _exercise(item) in alone.exercises]
    dropped = [item for item in checks if item not in keep]
    if dropped:
        config.hook.pytest_deselected(items=dropped)
        items[:] = [item for item in items if item not in dropped]


def pytest_report_collectionfinish(config: pytest.Config) -> list[str]:
    """Say who is judged, or how to say whom."""
    if _ALONE in config.stash:
        return config.stash[_ALONE].summary()
    return ["hidden checks judge one submission: pytest grading/checks --submission path/to/notebook.ipynb"]


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Nobody to judge is no failure."""
    alone = session.config.stash.get(_ALONE, None)
    if alone is not None:
        alone.close()
    elif exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED and not session.config.getoption("--submission"):
        session.exitstatus = pytest.ExitCode.OK


def _exercise(item: pytest.Item) -> str:
    mark = item.get_closest_marker("exercise")
    return str(mark.args[0]) if mark is not None and mark.args else ""


def _bench(request: pytest.FixtureRequest) -> Bench:
    bench = request.config.pluginmanager.get_plugin(PLUGIN)
    if isinstance(bench, Bench):
        return bench
    return request.config.stash[_ALONE].bench(_exercise(request.node))


@pytest.fixture
def student(request: pytest.FixtureRequest) -> Any:
    """The student's answers by name, as in the public checks."""
    return _bench(request).student


@pytest.fixture
def rng(request: pytest.FixtureRequest) -> np.random.Generator:
    """Random numbers that follow from the secret, the exercise, the student and the name of the test."""
    seed = _bench(request).seed
    return np.random.default_rng([int(seed, 16), zlib.crc32(request.node.name.encode())])
