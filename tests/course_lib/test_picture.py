"""Which elements are wrong: a map and the same in words, in a terminal, a notebook and the feedback page."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_lib.checking import compare
from course_lib.checking.model import CheckFailed, Finding, Outcome, Report
from course_lib.checking.panel import html_of, text_of
from course_lib.checking.picture import picture_of
from course_lib.statuses import Status
from grading.judge.autograded import report_of
from grading.judge.harmless import harmless_outputs
from grading.judge.results import CheckOutcome, ExerciseResult, from_json, to_json
from grading.judge.verdict import _safe
from grading.nbgrader_bridge.pages import clean


def wrong(rows):
    return np.array([[c == "x" for c in row] for row in rows.split()])


def picture(table, expected=None):
    return picture_of("dw", table, np.ones(table.shape) if expected is None else expected)


SAID = {
    "... ... xxx": "map of dw, 3 by 3: wrong in the last row (3 elements)",
    "... xxx ...": "map of dw, 3 by 3: wrong in row 1 (3 elements)",
    "... xxx xxx": "map of dw, 3 by 3: wrong in every row but row 0 (6 elements)",
    "x.. x.. x..": "map of dw, 3 by 3: wrong in column 0 (3 elements)",
    "..x ..x": "map of dw, 2 by 3: wrong in the last column (2 elements)",
    "xx.. xx..": "map of dw, 2 by 4: wrong in columns 0 to 1 (4 elements)",
    "x.x.. x.x..": "map of dw, 2 by 5: wrong in columns 0, 2 (4 elements)",
    "x.. .x. ..x": "map of dw, 3 by 3: wrong in the diagonal (3 elements)",
    ".xx x.x xx.": "map of dw, 3 by 3: wrong in all but the diagonal (6 elements)",
    ".xx ..x ...": "map of dw, 3 by 3: wrong in all above the diagonal (3 elements)",
    "... x.. ...": "map of dw, 3 by 3: wrong in element [1, 0] (1 element)",
    ".x. x.. ...": "map of dw, 3 by 3: wrong in elements [0, 1], [1, 0] (2 elements)",
    ".xx xxx xxx": "map of dw, 3 by 3: wrong in all but element [0, 0] (8 elements)",
}


@pytest.mark.parametrize("rows", SAID)
def test_the_pattern_is_said_in_words(rows):
    found = picture(wrong(rows))
    assert found.label == SAID[rows]
    assert " ".join(found.rows) == rows.replace(".", "·").replace("x", "✗")


def test_one_axis_has_one_row():
    found = picture(wrong("..xx.")[0])
    assert found.label == "map of dw, 5 elements: wrong in elements 2 to 3 (2 elements)"
    assert found.rows == ("··✗✗·",)


NOTHING = {
    "all wrong": wrong("xx xx"),
    "few elements": wrong("x..")[0],
    "more than 400": np.eye(21, dtype=bool),
    "three axes": np.eye(4, dtype=bool).reshape(2, 2, 4),
    "a number": np.array(False),
}


@pytest.mark.parametrize("table", NOTHING.values(), ids=NOTHING)
def test_there_is_no_map_where_it_would_say_nothing(table):
    assert picture(table) is None


def test_zeros_that_are_right_by_chance_make_no_pattern():
    expected = np.ones((3, 2))
    expected[1] = 0.0
    assert picture(wrong("xx .. xx"), expected) is None
    assert picture(wrong(".. .. xx"), expected) is not None


@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 2**32))
def test_the_map_holds_each_element_and_its_words_stay_short(n, m, seed):
    table = np.random.default_rng(seed).random((n, m)) < 0.5
    found = picture(table)
    if found is not None:
        assert len(found.label) < 160
        assert not found.rows or [[c == "✗" for c in row] for row in found.rows] == table.tolist()


def finding(table):
    right = np.ones(table.shape)
    with pytest.raises(CheckFailed) as caught:
        compare.equal("dw", np.where(table, 2.0, right), right)
    return caught.value.finding


def report(found, **more):
    return Report("toy", "A toy", 1, 0.0, Status.FAILED, (Outcome("dw", 1, Status.FAILED, found, **more),))


def test_a_terminal_shows_the_map_as_a_grid_of_symbols():
    lines = text_of(report(finding(wrong("... xxx"))), 1).splitlines()
    at = next(i for i, line in enumerate(lines) if "map of dw" in line)
    assert [line.strip() for line in lines[at + 1 : at + 3]] == ["· · ·", "✗ ✗ ✗"]


@pytest.mark.parametrize("shape", [(13, 4), (2, 21)])
def test_a_terminal_shows_no_grid_that_is_larger_than_its_room(shape):
    table = np.zeros(shape, dtype=bool)
    table[-1] = True
    told = text_of(report(finding(table)), 1)
    assert "wrong in the last row" in told
    assert "✗ ✗" not in told


def test_a_notebook_shows_a_table_with_symbols_and_a_text_alternative():
    page = html_of(report(finding(wrong("... xxx"))))
    assert 'role="img" aria-label="map of dw, 2 by 3: wrong in the last row (3 elements)"' in page
    cells = re.findall(r"<td[^>]*>([·✗])</td>", page)
    assert "".join(cells) == "···✗✗✗"


def test_the_feedback_page_keeps_the_table_and_its_text_alternative():
    page = clean(html_of(report(finding(wrong("... xxx")))))
    assert 'role="img"' in page
    assert 'aria-label="map of dw, 2 by 3: wrong in the last row (3 elements)"' in page
    assert page.count("✗</td>") == 3
    assert "border:1px solid" in page


def test_of_a_panel_that_a_student_hands_in_the_symbols_and_words_are_left():
    shown = {"text/html": html_of(report(finding(wrong("... xxx")))), "text/plain": ""}
    output = {"output_type": "display_data", "data": shown, "metadata": {}}
    page = harmless_outputs([output])[0]["data"]["text/html"]
    assert page.count("<td>✗</td>") == 3
    assert "Map of dw, 2 by 3: wrong in the last row (3 elements)" in page


def test_a_hidden_check_shows_no_map():
    assert _safe(finding(wrong("... xxx"))).picture is None


def test_the_map_of_a_public_check_goes_through_the_record_to_the_feedback():
    found = finding(wrong("... xxx"))
    outcome = CheckOutcome("dw", 1, Status.FAILED, False, found)
    result = ExerciseResult("matmul_backward", "A toy", "check_toy", 1, 0.0, Status.FAILED, (outcome,))
    again = report_of(from_json(ExerciseResult, to_json(result)))
    assert again.outcomes[0].finding == found
    assert "Reread “The whole matrix at once”." in html_of(again)


def test_a_hint_that_names_a_part_to_reread_is_not_followed_by_another():
    found = Finding("It is wrong.", hint="Reread “One gate at a time”.")
    told = text_of(Report("a", "A", 1, 0.0, Status.FAILED, report(found).outcomes, (), "Another part"), 3)
    assert "Another part" not in told
