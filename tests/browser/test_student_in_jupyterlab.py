"""What a student meets in JupyterLab: a notebook run from top to bottom, with the panel of every check."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import Page, expect

from course_lib.checking.model import Exercise
from course_lib.exercises import exercises_of
from grading.authoring import sources

ROOT = Path(__file__).resolve().parents[2]
# The first notebook that gives points, and shows no panel of its own.
SOURCE = sources(ROOT)[1]
PANEL = 'section[aria-label^="Check of"]'

pytestmark = pytest.mark.slow


def grade_cells(path):
    cells = nbformat.read(path, as_version=4).cells
    return [cell for cell in cells if cell.metadata.get("course", {}).get("role") == "grade"]


def run_all(page: Page, address: str, name: str) -> None:
    """Open a notebook and run all of its cells by the menu, as a student would."""
    page.goto(f"{address}/lab/tree/{name}")
    page.locator(".jp-Notebook .jp-Cell").first.wait_for()
    expect(page.locator("#jp-main-statusbar")).to_contain_text("| Idle")
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    # A run cell has a number or a star in its prompt.
    expect(page.locator(".jp-CodeCell .jp-InputPrompt").first).to_have_text(re.compile(r"\[(\d+|\*)\]:"))


def keep_picture(page: Page, name: str) -> None:
    """For people to look at: SCREENSHOTS=FOLDER make test."""
    if folder := os.environ.get("SCREENSHOTS"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=str(Path(folder) / f"{name}.png"))


def test_an_untouched_notebook_says_not_attempted_at_every_check(serve, browser, tmp_path):
    folder = tmp_path / "student"
    folder.mkdir()
    shutil.copyfile(SOURCE.release, folder / SOURCE.release.name)
    page = browser.new_page()
    run_all(page, serve(folder), SOURCE.release.name)
    panels = page.locator(PANEL)
    expect(panels).to_have_count(len(grade_cells(SOURCE.release)))
    for position in range(panels.count()):
        expect(panels.nth(position)).to_contain_text("not attempted")
    panels.first.scroll_into_view_if_needed()
    keep_picture(page, "untouched-light")


def spoiled(solution: Path, exercise: Exercise) -> nbformat.NotebookNode:
    """A solved notebook without outputs, in which one check, and no other cell, meets a wrong answer."""
    notebook = nbformat.read(solution, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = []
    name = exercise.defines[0]
    place = next(i for i, cell in enumerate(notebook.cells) if cell.id == f"check_{exercise.name}")
    after = nbformat.v4.new_code_cell(f"{name} = right_answer")
    before = nbformat.v4.new_code_cell(f"right_answer = {name}\n\ndef {name}(*values):\n    return None")
    notebook.cells.insert(place + 1, after)
    notebook.cells.insert(place, before)
    return notebook


def test_a_wrong_answer_and_the_right_ones_get_their_panels_in_the_dark_theme(serve, browser, tmp_path):
    folder = tmp_path / "student"
    folder.mkdir()
    # Not a prediction: what has one check is scored for being made.
    wrong = next(exercise for exercise in exercises_of(SOURCE.name) if len(exercise.checks) > 1)
    nbformat.write(spoiled(SOURCE.solution, wrong), folder / "mine.ipynb")
    page = browser.new_page()
    run_all(page, serve(folder, dark=True), "mine.ipynb")
    panels = page.locator(PANEL)
    expect(panels).to_have_count(len(grade_cells(SOURCE.solution)))
    for exercise in exercises_of(SOURCE.name):
        panel = page.get_by_label(f"Check of {exercise.title}", exact=True)
        score = 0 if exercise is wrong else exercise.points
        verdict = f"{score:g} of {exercise.points:g} points"
        expect(panel).to_contain_text(verdict)
        panel.scroll_into_view_if_needed()
        keep_picture(page, f"{exercise.name}-dark")
