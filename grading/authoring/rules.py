"""What a text source must keep so that its release works: solution regions, check cells, definitions.

nbgrader replaces the lines between `### BEGIN SOLUTION` and `### END SOLUTION` by
`raise NotImplementedError("write this")`. So a region stands in the body of a function: there an untouched
notebook defines it without running it. A prediction is a function too.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from nbformat import NotebookNode

from grading.authoring.errors import AuthoringError

__all__ = ["BEGIN", "END", "Region", "check_rules", "regions"]

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"


@dataclass(frozen=True)
class Region:
    """The lines of one solution, counted from 1, without the marks; and how far in its mark stands."""

    first: int
    last: int
    indent: int


def check_rules(notebook: NotebookNode, where: str, defines: Mapping[str, tuple[str, ...]]) -> None:
    """Raise the first breach of a rule.

    Parameters
    ----------
    notebook : NotebookNode
        As `source.read_source` returns it.
    where : str
        The name of the source, for the message.
    defines : mapping of str to tuple of str
        For each exercise of the notebook the names that the student's cells must define.

    Raises
    ------
    AuthoringError
        With the cell, the reason and what to change.
    """
    defined: set[str] = set()
    checked: set[str] = set()
    for cell in notebook.cells:
        role = cell.metadata.get("course", {}).get("role")
        place = f'{where}, cell "{cell.id}"'
        found = list(regions(cell.source, place))
        if found and role not in ("solution", "written"):
            raise AuthoringError(
                f"{place}: a solution region in a cell that students do not fill in.",
                'Only cells with role="solution" or role="written" are cleared for the release.',
                "Change the role, or move the region.",
            )
        if role == "solution":
            defined |= _check_solution(cell.source, found, place)
        elif role == "written" and not found:
            raise AuthoringError(
                f"{place}: the written answer has no solution region.",
                "nbgrader would replace the whole cell, the question too.",
                f"Put {BEGIN} above the model answer and {END} below it.",
            )
        elif role == "grade":
            exercise = cell.id.removeprefix("check_")
            _check_grade(cell.source, exercise, place)
            checked.add(exercise)
            if missing := set(defines.get(exercise, ())) - defined:
                raise AuthoringError(
                    f"{place}: nothing above it defines {', '.join(sorted(missing))}.",
                    f'The exercise "{exercise}" asks for it by name.',
                    "Define it in a solution cell above, or mend `defines` in course_lib/exercises/.",
                )
    if unchecked := [name for name in defines if name not in checked]:
        raise AuthoringError(
            f"{where}: no cell checks {', '.join(unchecked)}.",
            "course_lib.exercises lists it for this notebook, so its points could not be earned.",
            f'Add: # %% role="grade" exercise="{unchecked[0]}"',
        )


def regions(source: str, place: str) -> Iterator[Region]:
    """The solution regions of one cell, in order; AuthoringError for marks that do not pair."""
    begin = indent = 0
    for number, line in enumerate(source.split("\n"), start=1):
        if "BEGIN SOLUTION" in line:
            if begin:
                raise AuthoringError(
                    f"{place}, line {number}: a solution region begins inside another.",
                    f"The one that began in line {begin} has no {END} before it.",
                    f"Add {END} where it ends.",
                )
            begin, indent = number, len(line) - len(line.lstrip())
        elif "END SOLUTION" in line:
            if not begin:
                raise AuthoringError(
                    f"{place}, line {number}: {END} without a beginning.",
                    "Nothing would be cleared, and the solution would be released.",
                    f"Add {BEGIN} where the solution begins.",
                )
            yield Region(begin + 1, number - 1, indent)
            begin = 0
    if begin:
        raise AuthoringError(
            f"{place}, line {begin}: the solution region has no end.",
            "It cannot be told which lines are the solution.",
            f"Add {END} where it ends.",
        )


def _check_solution(source: str, found: list[Region], place: str) -> set[str]:
    """Check one solution cell; the names it defines."""
    if not found:
        raise AuthoringError(
            f"{place}: the cell has no solution region.",
            "nbgrader would replace the whole cell, signatures and docstrings too.",
            f"Put {BEGIN} and {END} around the lines that the student is to write.",
        )
    try:
        tree = ast.parse(source)
    except SyntaxError as error:
        raise AuthoringError(
            f"{place}, line {error.lineno}: {error.msg}.",
            "A solution cell is plain Python.",
            "Mend the line.",
        ) from error
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    for region in found:
        if any(_encloses(function, region) for function in functions):
            continue
        raise AuthoringError(
            f"{place}, line {region.first - 1}: a solution region outside a function.",
            'Here it becomes `raise NotImplementedError("write this")`, and an untouched notebook stops.',
            "Move it into a function; a prediction is a function too: def guess(): … return 3.",
        )
    return {name for node in tree.body for name in _assigned(node)}


def _encloses(function: ast.FunctionDef | ast.AsyncFunctionDef, region: Region) -> bool:
    return (
        function.lineno < region.first
        and region.indent > function.col_offset
        and (function.end_lineno or 0) >= region.first
    )


def _assigned(node: ast.stmt) -> set[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {node.name}
    return {
        part.id for part in ast.walk(node) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)
    }


def _check_grade(source: str, exercise: str, place: str) -> None:
    try:
        tree = ast.parse(source)
    except SyntaxError:
        tree = ast.Module([], [])
    call = tree.body[0].value if len(tree.body) == 1 and isinstance(tree.body[0], ast.Expr) else None
    if not (
        isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id == "check"
        and [ast.unparse(argument) for argument in call.args] == [repr(exercise)]
        and not call.keywords
    ):
        raise AuthoringError(
            f"{place}: a grade cell holds its check and nothing else.",
            "Its value is the score, and the judge puts its own outcome in that place.",
            f'Write: check("{exercise}")',
        )
