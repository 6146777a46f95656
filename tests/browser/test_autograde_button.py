"""The formgrader's Autograde button, pressed in a real browser, goes through the judge."""

from __future__ import annotations

import json
import os
import sqlite3
from pathlib import Path

import pytest
from playwright.sync_api import expect

from grading.authoring import sources, write_release
from grading.autograding import Options, autograde
from grading.course import CHECKOUT, course_at
from grading.demo.fill import fill_in, right_answers
from grading.demo.mischief import skips_execution

pytestmark = pytest.mark.slow

# The first notebook that gives points.
SOURCE = sources(CHECKOUT)[1]
POINTS = (
    "select a.student_id, sum(g.auto_score) from grade g join submitted_notebook n on g.notebook_id = n.id"
    " join submitted_assignment a on n.assignment_id = a.id group by a.student_id"
)


@pytest.fixture
def course(tmp_path):
    """Two people: one right, one who answers nothing and has the checks skipped where a stock grader runs."""
    root = tmp_path / "course"
    release = root / "notebooks" / "backprop" / f"{SOURCE.name}.ipynb"
    write_release(SOURCE, release)
    notebook = json.loads(release.read_text())
    right = fill_in(notebook, right_answers(SOURCE.name), None)
    blank = skips_execution(SOURCE.name, fill_in(notebook, {}, None))
    for student, content in (("ada", right), ("mallory", blank)):
        folder = root / "submitted" / student / "backprop"
        folder.mkdir(parents=True)
        (folder / release.name).write_text(json.dumps(content))
    made = course_at(root)
    autograde(made, "backprop", Options())
    return made


def points(root: Path) -> dict[str, float]:
    with sqlite3.connect(root / "gradebook.db") as database:
        return dict(database.execute(POINTS).fetchall())


def test_the_button_gives_what_the_judge_gives(course, serve, browser, monkeypatch):
    # nbgrader calls alembic by its name.
    monkeypatch.setenv("PATH", f"{CHECKOUT / '.venv' / 'bin'}{os.pathsep}{os.environ['PATH']}")
    before = points(course.root)
    with sqlite3.connect(course.root / "gradebook.db") as database:
        database.execute("update grade set auto_score = 0.5")
    assert points(course.root) != before
    page = browser.new_page()
    page.goto(f"{serve(course.root)}/formgrader/manage_submissions/backprop")
    for student in before:
        page.locator("tr", has=page.get_by_text(student, exact=True)).locator(".autograde a").click()
        expect(page.locator(".modal-title", has_text="Success")).to_be_visible()
        expect(page.locator(".modal-body")).to_contain_text("Applying preprocessor: Judge")
        page.locator(".modal-footer button").click()
        expect(page.locator(".modal")).to_have_count(0)
    if os.environ.get("SCREENSHOTS"):
        page.screenshot(path=Path(os.environ["SCREENSHOTS"]) / "formgrader.png")
    assert points(course.root) == before
    assert before["mallory"] == 0
    assert before["ada"] > 0
