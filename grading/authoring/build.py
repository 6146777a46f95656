"""The two notebooks of a text source, and whether those committed are in step with it.

`build` executes; `drift` does not: it compares everything but outputs, and the outputs of the solutions are
nbval's business.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from course_lib.checking.model import Exercise
from course_lib.exercises import exercises_of
from grading.authoring.errors import AuthoringError
from grading.authoring.execute import execute
from grading.authoring.rules import check_rules
from grading.authoring.source import read_source
from grading.nbgrader_bridge.release import release_notebook

__all__ = ["Source", "build", "drift", "parse", "sources", "write_release"]


@dataclass(frozen=True)
class Source:
    """A text source and the two notebooks that are made of it."""

    text: Path
    solution: Path
    release: Path

    @property
    def name(self) -> str:
        """Such as "07_matmul_backward"."""
        return self.text.stem


def sources(course: Path, wanted: Sequence[str] = (), *, assignment: str = "backprop") -> tuple[Source, ...]:
    """The text sources of a course root, in order.

    Parameters
    ----------
    course : Path
        The folder with `solutions/` and `notebooks/`.
    wanted : sequence of str
        Numbers or names ("07", "07_matmul_backward"); all when empty.
    assignment : str
        nbgrader's name of the assignment.

    Raises
    ------
    AuthoringError
        Nothing there has a wanted name.
    """
    folder = course / "solutions" / assignment
    found = tuple(
        Source(text, text.with_suffix(".ipynb"), course / "notebooks" / assignment / f"{text.stem}.ipynb")
        for text in sorted(folder.glob("[0-9][0-9]_*.py"))
    )
    for name in wanted:
        if not any(_is(source, name) for source in found):
            raise AuthoringError(
                f'There is no notebook "{name}".',
                f"In {folder} are: {', '.join(source.name for source in found) or 'none'}.",
                "Name one of them, or its number.",
            )
    return tuple(source for source in found if not wanted or any(_is(source, name) for name in wanted))


def _is(source: Source, name: str) -> bool:
    return name in (source.name, source.name.split("_")[0])


def parse(source: Source, exercises: Sequence[Exercise] | None = None) -> NotebookNode:
    """The solution without outputs, its rules checked; `exercises` are those of the notebook if not given."""
    if exercises is None:
        exercises = exercises_of(source.name)
    points: Mapping[str, float] = {exercise.name: exercise.points for exercise in exercises}
    notebook = read_source(source.text, points)
    check_rules(notebook, source.text.name, {exercise.name: exercise.defines for exercise in exercises})
    return notebook


def build(source: Source, exercises: Sequence[Exercise] | None = None) -> None:
    """Execute a source and write its solution and its release, each whole or not at all.

    Raises
    ------
    AuthoringError
        A rule is broken, a cell failed, or a check does not pass the reference.
    """
    notebook = parse(source, exercises)
    execute(notebook, source.solution.parent, source.text.name)
    _check_reference(notebook, source.text.name)
    release = release_notebook(notebook)
    _write(source.solution, notebook)
    _write(source.release, release)


def _check_reference(notebook: NotebookNode, where: str) -> None:
    for cell in notebook.cells:
        if cell.metadata.get("course", {}).get("role") != "grade":
            continue
        said = [output.get("data", {}).get("text/plain", "") for output in cell.outputs]
        if said[-1:] != [str(float(cell.metadata.nbgrader.points))]:
            raise AuthoringError(
                f'{where}, cell "{cell.id}": the reference does not get all of its points.',
                "\n".join(said) or "The cell shows no score.",
                "Mend the reference, or the public check that does not pass it.",
            )


def write_release(source: Source, path: Path) -> None:
    """Write the release alone, without executing anything.

    Raises
    ------
    AuthoringError
        A rule is broken.
    """
    _write(path, release_notebook(parse(source)))


def drift(source: Source, exercises: Sequence[Exercise] | None = None) -> tuple[str, ...]:
    """What is out of step with a source: a line for each notebook, none when all is well."""
    notebook = parse(source, exercises)
    lines = []
    for path, expected in ((source.solution, notebook), (source.release, release_notebook(notebook))):
        if not path.is_file():
            lines.append(f"{path}: missing")
        elif cell := _first_difference(nbformat.read(path, as_version=4), expected):
            lines.append(f"{path}: {cell}")
    if source.release.is_file():
        release = nbformat.read(source.release, as_version=4)
        lines += [
            f"{source.release}: cell {cell.id} holds outputs" for cell in release.cells if cell.get("outputs")
        ]
    return tuple(lines)


def _first_difference(committed: NotebookNode, expected: NotebookNode) -> str | None:
    if committed.metadata != expected.metadata:
        return "the notebook's metadata differ"
    for ours, theirs in zip(committed.cells, expected.cells, strict=False):
        for key in ("id", "cell_type", "source", "metadata"):
            if ours[key] != theirs[key]:
                return f"cell {theirs.id}: its {key} differs"
    if len(committed.cells) != len(expected.cells):
        return f"{len(committed.cells)} cells, expected {len(expected.cells)}"
    return None


def _write(path: Path, notebook: NotebookNode) -> None:
    nbformat.validate(notebook)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    partial.write_text(nbformat.writes(notebook) + "\n", encoding="utf-8")
    os.replace(partial, path)
