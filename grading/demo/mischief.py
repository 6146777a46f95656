"""What happens to notebooks between the student and the grader: accidents, and attacks.

Each function takes the notebook's name and the filled-in notebook, and returns the notebook as it is handed
in, the bytes of the file, or None where nothing is handed in. Those that attack do so with blank answers:
every point they got would be unearned.
"""

from __future__ import annotations

import json
from typing import Any

__all__ = [
    "allocates_without_end",
    "always_equal",
    "changes_the_points",
    "chatty",
    "deletes_a_cell",
    "drops_asserts",
    "duplicates_a_cell",
    "exits",
    "half_saved",
    "hands_in_one_notebook",
    "loops_in_a_cell",
    "loops_in_a_function",
    "makes_a_syntax_error",
    "reads_the_disk",
    "skips_execution",
]

Notebook = dict[str, Any]


def _code(source: str, **metadata: Any) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "execution_count": None,
        "metadata": metadata,
        "outputs": [],
        "source": source,
    }


def _solutions(notebook: Notebook) -> list[dict[str, Any]]:
    return [cell for cell in notebook["cells"] if _meta(cell).get("solution") and cell["cell_type"] == "code"]


def _meta(cell: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = cell["metadata"].get("nbgrader", {})
    return found


def _functions(cell: dict[str, Any]) -> list[str]:
    lines = cell["source"].splitlines()
    heads = [line for line in lines if line.startswith(("def ", "class "))]
    return [head.split("(")[0].split(":")[0].split()[1] for head in heads]


def _first(notebook: Notebook, kind: str = "def ") -> dict[str, Any]:
    """The first solution cell that is no prediction."""
    return next(
        cell
        for cell in _solutions(notebook)
        if kind in cell["source"] and not _meta(cell)["grade_id"].startswith("predict")
    )


def _before_the_first(notebook: Notebook, source: str) -> Notebook:
    at = notebook["cells"].index(_solutions(notebook)[0])
    notebook["cells"].insert(at, _code(source))
    return notebook


def chatty(stem: str, notebook: Notebook) -> Notebook:
    """Prints, a warning on stderr, a plot and a magic: none of them costs a point."""
    for cell in _solutions(notebook):
        cell["source"] += '\nprint("done with this one")\nimport sys; print("a warning", file=sys.stderr)'
    source = "%matplotlib inline\nimport matplotlib.pyplot as plt\nplt.plot([1, 4, 9]);"
    notebook["cells"].append(_code(source))
    return notebook


def makes_a_syntax_error(stem: str, notebook: Notebook) -> Notebook:
    """The first answer of each notebook does not parse; the others stay right."""
    cell = _first(notebook)
    cell["source"] = cell["source"].replace("):", ")", 1)
    return notebook


def loops_in_a_cell(stem: str, notebook: Notebook) -> Notebook:
    """A cell of the student's own never ends; everything else is right."""
    if stem.startswith("01"):
        notebook["cells"].append(_code("while True:\n    pass"))
    return notebook


def _instead(notebook: Notebook, body: str) -> Notebook:
    cell = _first(notebook)
    name = _functions(cell)[0]
    cell["source"] += f"\n\n\ndef {name}(*args, **kwargs):\n{body}"
    return notebook


def loops_in_a_function(stem: str, notebook: Notebook) -> Notebook:
    """The first answer of the first notebook never returns, and catches what is raised to stop it."""
    if not stem.startswith("01"):
        return notebook
    return _instead(
        notebook,
        "    while True:\n        try:\n            while True:\n                pass\n"
        "        except BaseException:\n            pass",
    )


def exits(stem: str, notebook: Notebook) -> Notebook:
    """The first answer of each notebook ends the process."""
    return _instead(notebook, "    import os\n    os._exit(0)")


def allocates_without_end(stem: str, notebook: Notebook) -> Notebook:
    """The first answer of the last notebook takes all memory it can get."""
    if not stem.startswith("07"):
        return notebook
    return _instead(notebook, "    kept = []\n    while True:\n        kept.append(bytearray(64 * 2**20))")


def deletes_a_cell(stem: str, notebook: Notebook) -> Notebook:
    """The cell of the first answer, and the last check, are gone."""
    first = _first(notebook)
    checks = [cell for cell in notebook["cells"] if _meta(cell).get("grade") and cell["cell_type"] == "code"]
    notebook["cells"] = [cell for cell in notebook["cells"] if cell is not first and cell is not checks[-1]]
    return notebook


def duplicates_a_cell(stem: str, notebook: Notebook) -> Notebook:
    """A solution cell and a check cell were copied for a try-out, ids and all."""
    cells = notebook["cells"]
    first = _first(notebook)
    check = next(cell for cell in cells if _meta(cell).get("grade") and cell["cell_type"] == "code")
    for original in (first, check):
        cells.insert(cells.index(original) + 1, json.loads(json.dumps(original)))
    return notebook


def changes_the_points(stem: str, notebook: Notebook) -> Notebook:
    """Nothing answered; every check cell edited to give full marks and worth a hundred points."""
    for cell in notebook["cells"]:
        if _meta(cell).get("grade") and cell["cell_type"] == "code":
            cell["metadata"]["nbgrader"]["points"] = 100
            cell["source"] = "100.0"
    return notebook


def skips_execution(stem: str, notebook: Notebook) -> Notebook:
    """Nothing answered; every check tagged so that a stock grader skips it and gives full marks."""
    for cell in notebook["cells"]:
        if _meta(cell).get("grade"):
            cell["metadata"]["tags"] = ["skip-execution"]
    return notebook


_HOOK = """
import ast

class Drop(ast.NodeTransformer):
    def visit_Assert(self, node):
        return ast.Pass()

def full_marks(lines):
    return ["100.0\\n"] if any("check(" in line for line in lines) else lines

get_ipython().ast_transformers.append(Drop())
get_ipython().input_transformers_cleanup.append(full_marks)
"""


def drops_asserts(stem: str, notebook: Notebook) -> Notebook:
    """Nothing answered; a hook takes every assert and every check out of the code that runs."""
    return _before_the_first(notebook, _HOOK)


_EVERYTHING = """
class Everything:
    def __eq__(self, other): return True
    __lt__ = __le__ = __gt__ = __ge__ = __contains__ = __eq__
    __hash__ = None
    def __getattr__(self, name): return self
    def __call__(self, *args, **kwargs): return self
    def __sub__(self, other): return 0.0
    __rsub__ = __sub__
    def __array__(self, *args, **kwargs): return np.zeros(())
    def __bool__(self): return True
"""


def always_equal(stem: str, notebook: Notebook) -> Notebook:
    """Every answer returns one object that equals, contains and converts to everything."""
    _before_the_first(notebook, _EVERYTHING)
    for cell in _solutions(notebook):
        cell["source"] = "\n".join(
            f"def {name}(*args, **kwargs):\n    return Everything()\n" for name in _functions(cell)
        )
    return notebook


_LOOK = """
import glob

found = []
for pattern in ("/**/gradebook.db", "/**/solutions/backprop/*.py", "/**/grading/checks/*.py", "/etc/shadow"):
    for path in glob.iglob(pattern, recursive=True):
        try:
            found.append(open(path, "rb").read()[:80])
        except OSError:
            pass
        if len(found) > 20:
            break
print(found)
"""


def reads_the_disk(stem: str, notebook: Notebook) -> Notebook:
    """Nothing answered; a cell looks for the gradebook, the solutions and the hidden checks."""
    return _before_the_first(notebook, _LOOK)


def half_saved(stem: str, notebook: Notebook) -> Notebook | bytes:
    """The second notebook was cut off while it was saved."""
    if not stem.startswith("05"):
        return notebook
    return json.dumps(notebook)[:4000].encode()


def hands_in_one_notebook(stem: str, notebook: Notebook) -> Notebook | None:
    """Only the first notebook was handed in."""
    return notebook if stem.startswith("01") else None
