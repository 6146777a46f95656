"""For all tests: the environment under which notebooks repeat (nbval's kernels too), hypothesis's habits."""

from __future__ import annotations

import os

import hypothesis
import pytest

from grading.authoring.execute import kernel_environment


def pytest_configure(config: pytest.Config) -> None:
    """nbval starts its kernels with the environment of pytest and takes no other."""
    os.environ.update(kernel_environment())
    # The same examples at every run, and no deadline: a busy machine is not a failure.
    hypothesis.settings.register_profile("course", deadline=None, derandomize=True)
    hypothesis.settings.load_profile("course")
