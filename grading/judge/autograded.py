"""The result as a notebook: what nbgrader's feedback and formgrader show, and what a student may see.

Pure: a sanitised notebook and a result in, a notebook out. Each cell that ran carries its outputs, made
harmless; each grade cell carries the panel of the check and, as its value, the score. What was put right
before grading stands on top: who lost a cell, or has it twice, learns which one was graded. Where the grader
failed there is no score but an error, so that nothing that reads the notebook could take it for one. Flags,
seeds and the details of hidden checks are not in it.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from course_lib.checking.model import Outcome, Report
from course_lib.checking.panel import html_of, text_of
from course_lib.exercises import all_exercises
from course_lib.statuses import Status
from grading.judge.harmless import Room, harmless_outputs, harmless_text
from grading.judge.reading import Notebook
from grading.judge.results import CellResult, ExerciseResult, NotebookResult
from grading.judge.sanitise import Cell, Sanitised

__all__ = ["autograded_notebook", "autograded_plain", "report_of"]

_ENDED = {
    Status.TIMED_OUT: "This cell ran too long and was ended.",
    Status.OUT_OF_MEMORY: "This cell needed more memory than there is for a notebook, and was ended.",
    Status.CRASHED: "This cell ended the process it ran in.",
}


def report_of(result: ExerciseResult) -> Report:
    """The student's view of one exercise: public and hidden outcomes, of the hidden ones no details."""
    outcomes = tuple(Outcome(o.title, o.worth, o.status, o.finding, o.hidden) for o in result.outcomes)
    return Report(
        result.name,
        result.title,
        result.points,
        result.score if result.score is not None else 0.0,
        result.status,
        outcomes,
        reread=next((e.reread for e in all_exercises() if e.name == result.name), ""),
    )


def autograded_notebook(sanitised: Sanitised, result: NotebookResult) -> Any:
    """The notebook with the judge's outcome as the output of each grade cell.

    Returns
    -------
    nbformat.NotebookNode
        Valid by nbformat's schema.
    """
    import nbformat

    return nbformat.from_dict(autograded_plain(sanitised, result))  # type: ignore[no-untyped-call,unused-ignore]


def autograded_plain(sanitised: Sanitised, result: NotebookResult) -> Notebook:
    """The same as plain data: nbformat takes more than a second to import, and the writer can do without."""
    notebook = deepcopy(sanitised.notebook)
    runs = {run.cell_id: run for run in result.cells}
    exercises = {exercise.grade_id: exercise for exercise in result.exercises}
    count, room = 0, Room()
    for node, cell in zip(notebook["cells"], sanitised.cells, strict=True):
        if cell.cell_type != "code":
            if cell.added or cell.role == "written":
                node["source"] = harmless_text(cell.source)
                node.pop("attachments", None)
            continue
        outputs = _outputs(cell, runs.get(cell.cell_id), exercises.get(cell.grade_id), room)
        if outputs is None:
            continue
        count += 1
        node["execution_count"] = count
        node["outputs"] = [
            output | {"execution_count": count} if output["output_type"] == "execute_result" else output
            for output in outputs
        ]
    if result.problem:
        said = f"**This notebook could not be graded.** {harmless_text(result.problem)}"
        notebook["cells"].insert(0, _text_cell("grading-problem", said))
    elif result.notes:
        lines = "\n".join(f"- {harmless_text(note)}" for note in result.notes)
        said = f"**What was put right in this notebook before it was graded:**\n\n{lines}"
        notebook["cells"].insert(0, _text_cell("grading-notes", said))
    return notebook


def _text_cell(cell_id: str, text: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "id": cell_id, "metadata": {}, "source": text}


def _outputs(
    cell: Cell, run: CellResult | None, exercise: ExerciseResult | None, room: Room
) -> list[dict[str, Any]] | None:
    """The outputs of one code cell; None where it did not run."""
    if cell.role == "grade":
        return _verdict(exercise) if exercise is not None else None
    if run is None:
        return None
    outputs = harmless_outputs(run.outputs, room)
    if run.status in _ENDED:
        text = run.error if not run.outputs and run.error else ""
        said = f"{_ENDED[run.status]} {text}".strip() + "\n"
        outputs += harmless_outputs([{"output_type": "stream", "name": "stderr", "text": said}])
    return outputs


def _verdict(exercise: ExerciseResult) -> list[dict[str, Any]]:
    """The panel, and the score as the cell's value: the form in which `check(...)` itself leaves them."""
    report = report_of(exercise)
    if exercise.score is None:
        said = "The grader failed, not you. Staff will run it again."
        return [{"output_type": "error", "ename": "SystemError", "evalue": said, "traceback": [said]}]
    panel = {"text/html": html_of(report), "text/plain": text_of(report)}
    return [
        {"output_type": "display_data", "data": panel, "metadata": {}},
        {
            "output_type": "execute_result",
            "data": {"text/plain": repr(float(exercise.score))},
            "metadata": {},
        },
    ]
