"""The whole way, with the real parts: a class hands in, is graded, and every mark follows from its work."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from course_lib.statuses import Status
from grading.authoring import sources, write_release
from grading.autograding import Options, autograde
from grading.cli.demo import surprises
from grading.course import CHECKOUT, course_at
from grading.demo import PEOPLE, make_class

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    root = tmp_path_factory.mktemp("course")
    for source in sources(CHECKOUT):
        write_release(source, root / "notebooks" / "backprop" / f"{source.name}.ipynb")
    make_class(root / "notebooks" / "backprop", root / "submitted")
    return course_at(root)


@pytest.fixture(scope="module")
def graded(course):
    return autograde(course, "backprop", Options(jobs=2))


def test_every_mark_of_the_sample_class_follows_from_what_was_handed_in(graded):
    assert surprises(graded) == []


def test_a_mark_that_does_not_follow_is_noticed(graded):
    ada = next(row for row in graded.rows if row.student == "ada")
    unearned = replace(graded, rows=tuple(replace(ada, student=person.name) for person in PEOPLE))
    assert any("mallory1" in line and "unearned" in line for line in surprises(unearned))
    assert any("kaya" in line and "full marks" in line for line in surprises(unearned))
    unwritten = _errored(next(row for row in graded.rows if row.student == "quin"))
    accused = [unwritten if row.student == "quin" else row for row in graded.rows]
    assert all("although nothing was written" in line for line in surprises(replace(graded, rows=accused)))
    assert surprises(replace(graded, rows=accused))
    assert surprises(replace(graded, rows=())) == [f"{person.name} was not graded" for person in PEOPLE]


def _errored(row):
    one = row.notebooks[0]
    exercises = tuple(replace(exercise, status=Status.ERRORED) for exercise in one.result.exercises)
    return replace(row, notebooks=(replace(one, result=replace(one.result, exercises=exercises)),))


def test_the_gradebook_holds_the_same_points(course, graded):
    with sqlite3.connect(Path(course.root) / "gradebook.db") as database:
        rows = database.execute(
            "select a.student_id, sum(g.auto_score) from grade g"
            " join submitted_notebook n on g.notebook_id = n.id"
            " join submitted_assignment a on n.assignment_id = a.id group by a.student_id"
        ).fetchall()
    recorded = {student: round(points or 0.0, 2) for student, points in rows}
    assert recorded == {row.student: row.score for row in graded.rows}


def test_a_second_run_grades_nothing_again(course, graded):
    again = autograde(course, "backprop", Options(jobs=1))
    assert not any(one.fresh for row in again.rows for one in row.notebooks)
    assert [row.score for row in again.rows] == [row.score for row in graded.rows]
