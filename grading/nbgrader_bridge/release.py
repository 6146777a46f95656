"""From a solution to its release by nbgrader's preprocessors, for the builder and stock nbgrader alike.

`RELEASE_PREPROCESSORS` goes into `nbgrader_config.py`, so that `nbgrader generate_assignment` and the
formgrader do what `release_notebook` does; a test compares them cell by cell. It is nbgrader's list with
`ClearAnswers` in place of `ClearSolutions`, and without the steps for headers, generated tests, hidden
tests and mark schemes: the notebooks have none, since hidden checks live outside them.
"""

from __future__ import annotations

from copy import deepcopy
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

__all__ = ["CODE_STUB", "RELEASE_PREPROCESSORS", "ClearAnswers", "configure", "release_notebook"]

CODE_STUB = 'raise NotImplementedError("write this")'
TEXT_STUB = "*Write your answer here.*"


class ClearAnswers(ClearSolutions):  # type: ignore[misc]  # nbgrader ships no types
    """nbgrader's `ClearSolutions`, which leaves nothing of a code region at the left margin.

    A stub there would stop an untouched notebook. Above such a region stand defaults of all that it assigns
    (`grading.authoring.rules` sees to it).
    """

    def _replace_solution_region(self, cell: NotebookNode, language: str) -> bool:
        replaced = super()._replace_solution_region(cell, language)
        if replaced and cell.cell_type == "code":
            # The mark's own indent stands before the stub, so a stub without one comes from a region at the
            # margin.
            lines = cell.source.split("\n")
            cell.source = "\n".join(line for line in lines if line != CODE_STUB).rstrip("\n")
        return bool(replaced)


RELEASE_PREPROCESSORS = [
    LockCells,
    ClearAnswers,
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
