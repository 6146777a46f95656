"""The map of the workbook is in step with the sources, and what the lecture's table names exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from grading.authoring import AuthoringError, sources
from grading.authoring.build import parse
from grading.authoring.map import lecture_rows, sections, tasks, workbook_map

ROOT = Path(__file__).resolve().parent.parent
PLACE = re.compile(r"(\d\d) \*([^*]+)\*")
NAME = re.compile(r"`(\w+)`")


@pytest.fixture(scope="module")
def books():
    return {source.name: parse(source) for source in sources(ROOT)}


def test_the_map_is_in_step_with_the_sources():
    committed = (ROOT / "docs" / "map.md").read_text(encoding="utf-8")
    assert committed == workbook_map(ROOT), "Mend: python -m grading.authoring map, and commit docs/map.md."


def test_every_exercise_has_public_and_hidden_checks():
    counts = re.findall(r"\| (\d+) \+ (\d+) \|", workbook_map(ROOT))
    assert len(counts) > 50
    assert all(int(public) and int(hidden) for public, hidden in counts)


def test_each_row_of_the_lecture_has_three_cells_and_none_is_empty():
    rows = lecture_rows(ROOT)
    assert len(rows) > 40
    assert [row for row in rows if len(row) != 3 or not all(row)] == []


def test_every_place_that_the_lecture_is_taught_is_a_heading_of_that_notebook(books):
    there = {(name[:2], heading) for name, book in books.items() for heading in sections(book)}
    for slide, taught, _ in lecture_rows(ROOT):
        places = PLACE.findall(taught)
        assert ", ".join(f"{number} *{heading}*" for number, heading in places) == taught, slide
        assert set(places) <= there, slide


def test_every_exercise_is_in_the_lecture_table_or_beyond_it_and_nothing_else_is(books):
    graded = {task.name for name, book in books.items() for task in tasks(book, name) if name[:2] != "00"}
    assert {name for row in lecture_rows(ROOT) for name in NAME.findall(row[2])} == graded
    for slide, _, checked in lecture_rows(ROOT):
        assert NAME.findall(checked) or checked.startswith("not checked: "), slide


def test_the_points_and_minutes_that_a_notebook_states_are_those_of_its_exercises(books):
    minutes_in_all, points_in_all = 0, 0
    for name, book in books.items():
        graded = tasks(book, name)
        text = "\n".join(cell.source for cell in book.cells if cell.cell_type == "markdown")
        minutes, points = map(
            int, re.search(r"\*\*Time:\*\* about (\d+) minutes, (\d+) points", text).groups()
        )
        headings = re.findall(
            r"^### .*\((?:(\d+) points?[^,)]*, )?(?:\w+, )?(\d+) minutes?\)$", text, re.MULTILINE
        )
        stated = [(int(points or 0), int(minutes)) for points, minutes in headings]
        assert sum(points for points, _ in stated) == points == sum(task.points for task in graded), name
        assert sum(minutes for _, minutes in stated) == sum(task.minutes for task in graded), name
        # What is left is for reading.
        assert 1.0 <= minutes / sum(minutes for _, minutes in stated) <= 2.0, name
        minutes_in_all, points_in_all = minutes_in_all + minutes, points_in_all + points
    assert points_in_all == 100
    assert 600 <= minutes_in_all <= 720


def test_a_heading_without_minutes_is_said(books):
    book = parse(sources(ROOT, ["07"])[0])
    for cell in book.cells:
        cell.source = cell.source.replace(", 8 minutes)", ")")
    with pytest.raises(AuthoringError, match='above "touched" does not say how long'):
        tasks(book, "07_matmul_backward")
