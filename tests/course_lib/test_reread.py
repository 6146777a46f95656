"""What the panel's last level sends a student to is there, in the notebook that they have open."""

import re
from pathlib import Path

import nbformat
import pytest

import course_lib.exercises as package
from course_lib.exercises import all_exercises

BOOKS = Path(__file__).parents[2] / "notebooks" / "backprop"
NOTEBOOKS = sorted({exercise.notebook for exercise in all_exercises()})


def headings(notebook):
    cells = nbformat.read(BOOKS / f"{notebook}.ipynb", as_version=4).cells
    text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    return {match[1].strip() for match in re.finditer(r"^##+ (.*)$", text, re.MULTILINE)}


@pytest.mark.parametrize("exercise", all_exercises(), ids=lambda e: e.name)
def test_the_part_to_reread_is_a_heading_of_the_notebook(exercise):
    assert exercise.reread in headings(exercise.notebook)


MODULES = {"scalar_chain_rule": "01", "two_layer_sigmoid_net": "05", "_two_layer_net": "05"}
MODULES |= {"activations": "03", "_activations": "03", "_activation_properties": "03"}
MODULES |= {"vector_calculus": "06", "_vector_calculus": "06", "_vector_calculus_properties": "06"}
MODULES |= {"matmul_backward": "07", "_matmul": "07", "_matmul_properties": "07"}


@pytest.mark.parametrize("module", MODULES)
def test_every_part_that_a_hint_names_is_a_heading_of_its_notebook(module):
    source = (Path(package.__file__).parent / f"{module}.py").read_text()
    notebook = next(name for name in NOTEBOOKS if name.startswith(MODULES[module]))
    assert set(re.findall(r"[Rr]eread “(.*?)”", source)) <= headings(notebook)
