"""The notebooks as they run: an untouched release from top to bottom, full marks in the solutions.

That no cell errs and that the solutions' outputs repeat is nbval's part (`make test`).
"""

from __future__ import annotations

import configparser
import re
from pathlib import Path

import nbformat
import pytest
from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__

from course_lib.exercises import exercises_of
from grading.authoring import sources
from grading.authoring.execute import execute

TESTS = Path(__file__).resolve().parent
SOURCES = sources(TESTS.parent)


def checks(notebook):
    """Of each grade cell: the exercise, what is displayed as text, and the value."""
    for cell in notebook.cells:
        if cell.metadata.get("course", {}).get("role") == "grade":
            shown = "".join(
                out.data["text/plain"] for out in cell.outputs if out.output_type == "display_data"
            )
            (result,) = [out for out in cell.outputs if out.output_type == "execute_result"]
            yield cell.id.removeprefix("check_"), shown, float(result.data["text/plain"])


@pytest.mark.slow
@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
def test_an_untouched_release_runs_and_every_check_says_not_attempted(source):
    notebook = nbformat.read(source.release, as_version=4)
    execute(notebook, source.release.parent, source.name)
    outcomes = list(checks(notebook))
    assert {name for name, _, _ in outcomes} == {exercise.name for exercise in exercises_of(source.name)}
    assert [name for name, shown, _ in outcomes if "not attempted" not in shown] == []
    assert [(name, score) for name, _, score in outcomes if score] == []


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
def test_exercises_are_listed_in_the_order_of_their_notebook(source):
    outcomes = checks(nbformat.read(source.solution, as_version=4))
    assert [name for name, _, _ in outcomes] == [exercise.name for exercise in exercises_of(source.name)]


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
def test_the_committed_solution_has_full_marks(source):
    outcomes = {name: score for name, _, score in checks(nbformat.read(source.solution, as_version=4))}
    assert outcomes == {exercise.name: exercise.points for exercise in exercises_of(source.name)}


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
def test_every_grade_cell_shows_its_panel_as_html(source):
    notebook = nbformat.read(source.solution, as_version=4)
    for cell in notebook.cells:
        if cell.metadata.get("course", {}).get("role") == "grade":
            assert any("text/html" in out.get("data", {}) for out in cell.outputs), cell.id


def compared(notebook):
    """Of each cell the outputs that nbval compares: without PNG, and what it excuses put aside."""
    excuses = configparser.RawConfigParser()
    excuses.read(TESTS / "nbval_sanitize.cfg")
    for cell in notebook.cells:
        texts = []
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            texts += [output.get("text", ""), *(data[kind] for kind in sorted(data) if kind != "image/png")]
        text = "\n".join(texts)
        for name in excuses.sections():
            text = re.sub(excuses.get(name, "regex"), excuses.get(name, "replace"), text)
        yield cell.id, text


@pytest.mark.slow
@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
def test_the_outputs_are_the_same_on_an_older_processor(source, monkeypatch):
    """numpy and BLAS choose other code there, whose last digits differ: no output may show them."""
    newer = [name for name in __cpu_dispatch__ if __cpu_features__[name]]
    monkeypatch.setenv("NPY_DISABLE_CPU_FEATURES", ",".join(newer))
    if "X86_V3" in newer:
        monkeypatch.setenv("OPENBLAS_CORETYPE", "Nehalem")
    committed = nbformat.read(source.solution, as_version=4)
    again = nbformat.read(source.solution, as_version=4)
    execute(again, source.solution.parent, source.name)
    assert list(compared(again)) == list(compared(committed))


def _messages() -> str:
    """All that course_lib can say: its sources, with the parts of a text put together."""
    sources = (
        path.read_text(encoding="utf-8") for path in sorted((TESTS.parent / "course_lib").rglob("*.py"))
    )
    return "\n".join(re.sub(r'"\s*\n\s*f?"', "", source) for source in sources).lower()


# What stands in a message in place of a name that a hint writes out.
TEMPLATES = {
    r"changed its input (\w+ )?in place": "changed its input {name} in place",
    r"^(sigmoid|elu) overflows": "{name} overflows",
    "^your net computes or$": "your net computes {",
    r"^self\.\w+ is none$": "{name} is none",
    "^the square of the sum of": "the square of the {called} of",
    "is another one after a second forward": "is another one after a second {turn}",
}


def test_what_a_hint_quotes_is_what_a_check_says():
    said = _messages()
    quoted = []
    for path in sorted((TESTS.parent / "solutions" / "backprop").glob("*.py")):
        for summary in re.findall(
            r"<summary>(Hint.*?)</summary>", path.read_text(encoding="utf-8"), re.DOTALL
        ):
            for words in re.findall(r'"([^"]+)"', summary.replace("\n# ", " ")):
                quoted += [(path.name, part.strip().lower().rstrip(".?")) for part in words.split("…")]
    assert len(quoted) > 80
    for name, words in quoted:
        template = next((t for pattern, t in TEMPLATES.items() if re.search(pattern, words)), words)
        assert template in said, f"{name}: no check says “{words}”"
