"""For all tests: the environment under which notebooks repeat (nbval's kernels too), hypothesis's habits."""

from __future__ import annotations

import os

import hypothesis
import pytest

from grading.authoring.execute import kernel_environment

# What takes longest, measured; begun last, one worker would wait for the other at the end.
_FIRST = (
    "test_cli_trouble.py",
    "test_one_way_to_grade.py",
    "test_audit.py",
    "test_bank_in_the_judge.py",
    "test_end_to_end.py",
    "test_batch.py",
    "test_notebooks.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first; `make test` has pytest-xdist keep this order."""
    rank = {name: number for number, name in enumerate(_FIRST)}
    items.sort(key=lambda item: rank.get(item.path.name, len(_FIRST)))


def pytest_configure(config: pytest.Config) -> None:
    """nbval starts its kernels with the environment of pytest and takes no other."""
    os.environ.update(kernel_environment())
    # The same examples at every run, and no deadline: a busy machine is not a failure.
    hypothesis.settings.register_profile("course", deadline=None, derandomize=True)
    hypothesis.settings.load_profile("course")
