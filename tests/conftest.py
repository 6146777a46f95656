"""For all tests: the environment under which notebooks repeat, for nbval's kernels too."""

from __future__ import annotations

import os

import pytest

from grading.authoring.execute import kernel_environment


def pytest_configure(config: pytest.Config) -> None:
    """nbval starts its kernels with the environment of pytest and takes no other."""
    os.environ.update(kernel_environment())
