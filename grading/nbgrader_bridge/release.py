"""From a solution to its release by nbgrader's preprocessors, for the builder and stock nbgrader alike.

`RELEASE_PREPROCESSORS` goes into `nbgrader_config.py`, so that `nbgrader generate_assignment` and the
formgrader do what `release_notebook` does; a test compares them cell by cell. It is nbgrader's list
without the steps for headers, generated tests, hidden tests and mark schemes: the notebooks have none, since
hidden checks live outside them.
"""

from __future__ import annotations

import os
import sys
from copy import deepcopy
from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from nbgrader.preprocessors import (
    CheckCellMetadata,
    ClearOutput,
    ClearSolutions,
    ComputeChecksums,
    LockCells,
    SaveCells,
)
from traitlets.config import Config

__all__ = ["CODE_STUB", "RELEASE_PREPROCESSORS", "configure", "release_notebook"]

CODE_STUB = 'raise NotImplementedError("write this")'
TEXT_STUB = "*Write your answer here.*"


RELEASE_PREPROCESSORS = [
    LockCells,
    ClearSolutions,
    ClearOutput,
    CheckCellMetadata,
    ComputeChecksums,
    SaveCells,
    CheckCellMetadata,
]


def configure(c: Any) -> None:
    """Set nbgrader up for this course: folders, what is copied, and how a release is made.

    Parameters
    ----------
    c : traitlets.config.Config
        What `get_config()` gives in `nbgrader_config.py`.
    """
    # nbgrader asks a program `alembic` for the version of an empty gradebook; where the environment is not
    # activated, it is not on the path.
    here = str(Path(sys.executable).parent)
    if here not in os.environ.get("PATH", "").split(os.pathsep):
        os.environ["PATH"] = os.pathsep.join([here, os.environ.get("PATH", os.defpath)])
    c.CourseDirectory.source_directory = "solutions"
    c.CourseDirectory.release_directory = "notebooks"
    # nbgrader copies every file beside the source notebooks into the release and, from there, to students:
    # the text sources hold the solutions.
    c.CourseDirectory.ignore = [".ipynb_checkpoints", "*.py", "*.pyc", "__pycache__", "feedback"]
    c.ClearSolutions.code_stub = {"python": CODE_STUB}
    c.ClearSolutions.text_stub = TEXT_STUB
    c.GenerateAssignment.preprocessors = RELEASE_PREPROCESSORS


def release_notebook(solution: NotebookNode) -> NotebookNode:
    """The release of an executed solution; nothing is written and no gradebook is touched."""
    config = Config()
    configure(config)
    notebook = deepcopy(solution)
    resources: dict[str, Any] = {}
    for preprocessor in RELEASE_PREPROCESSORS:
        if preprocessor is not SaveCells:
            notebook, resources = preprocessor(config=config).preprocess(notebook, resources)
    return notebook
