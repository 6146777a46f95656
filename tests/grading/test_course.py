"""What lies below submitted/ is listed without following a link or trusting a name."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

import pytest

from grading.course import (
    CHECKOUT,
    Course,
    UsageError,
    check_assignment,
    course_at,
    discover,
    disown_timestamp,
    id_problem,
)

NOTEBOOKS = ("01_one", "02_two")


@pytest.fixture
def course(tmp_path: Path) -> Course:
    return Course(tmp_path)


def hand_in(course: Course, student: str, *names: str) -> Path:
    folder = course.submitted / student / "toy"
    folder.mkdir(parents=True)
    for name in names:
        (folder / name).write_text("{}")
    return folder


def test_submissions_are_listed_in_order_with_what_is_there_and_what_is_not_ours(course: Course) -> None:
    hand_in(
        course, "ben", "02_two.ipynb", "copy of 02_two.ipynb", "01_ONE.IPYNB", "notes.txt", ".hidden.ipynb"
    )
    hand_in(course, "ana", "01_one.ipynb", "02_two.ipynb")
    found, passed_over = discover(course, "toy", NOTEBOOKS)
    assert [(one.student, one.notebooks, one.extra) for one in found] == [
        ("ana", NOTEBOOKS, ()),
        ("ben", ("02_two",), ("01_ONE.IPYNB", "copy of 02_two.ipynb")),
    ]
    assert passed_over == ()


def test_folders_that_are_links_or_have_no_students_name_are_passed_over_with_a_reason(
    course: Course,
) -> None:
    ana = hand_in(course, "ana", "01_one.ipynb")
    hand_in(course, "$(reboot)", "01_one.ipynb")
    hand_in(course, "\x1b[2Jeva", "01_one.ipynb")
    os.symlink(ana.parent, course.submitted / "bob")
    (course.submitted / "cyd").mkdir()
    os.symlink(ana, course.submitted / "cyd" / "toy")
    (course.submitted / "dan").mkdir()
    (course.submitted / "dan" / "toy").write_text("not a folder")
    found, passed_over = discover(course, "toy", NOTEBOOKS)
    assert [one.student for one in found] == ["ana"]
    assert {name for name, _ in passed_over} == {"$(reboot)", "\x1b[2Jeva", "bob", "cyd", "dan"}
    assert all("symbolic link" in why for name, why in passed_over if name in ("bob", "cyd"))


@pytest.mark.parametrize(
    "student", ["ana", "ana-maria.o@uni.example", "2026+17", "Ünal", "van der Berg", "a", "a" * 128]
)
def test_usual_ids_are_ids(student: str) -> None:
    assert id_problem(student) is None


@pytest.mark.parametrize(
    "student",
    [
        "",
        "..",
        "../bob",
        "a/b",
        "-rf",
        ".hidden",
        "a*",
        "a[b]",
        "a\nb",
        "a\0b",
        "a..b",
        "a ",
        "{x}",
        "'a",
        "a" * 129,
    ],
)
def test_what_could_lead_elsewhere_is_no_id(student: str) -> None:
    assert id_problem(student) is not None


def test_a_student_who_is_named_and_handed_in_nothing_is_told(course: Course) -> None:
    hand_in(course, "ana", "01_one.ipynb")
    for student in ("bob", "../ana", "*"):
        with pytest.raises(UsageError, match="has no submission"):
            discover(course, "toy", NOTEBOOKS, [student])


def test_no_submission_at_all_is_told(course: Course) -> None:
    with pytest.raises(UsageError, match="no submission of toy"):
        discover(course, "toy", NOTEBOOKS)


@pytest.mark.parametrize("name", ["../toy", "", "toy/..", "*", "-x", "{nbgrader_step}"])
def test_a_name_that_is_no_plain_folder_is_no_assignment(name: str) -> None:
    with pytest.raises(UsageError, match="no name of an assignment"):
        check_assignment(name)


def test_the_release_is_the_courses_own_or_the_checkouts(course: Course) -> None:
    assert course.release("backprop") == CHECKOUT / "notebooks" / "backprop"
    own = course.root / "notebooks" / "backprop"
    own.mkdir(parents=True)
    (own / "01_one.ipynb").write_text("{}")
    assert course.release("backprop") == own


def test_a_timestamp_that_came_with_a_submission_is_put_where_nbgrader_does_not_look(course: Course) -> None:
    folder = hand_in(course, "ana", "01_one.ipynb", "timestamp.txt")
    assert disown_timestamp(folder)
    assert not (folder / "timestamp.txt").exists()
    assert not disown_timestamp(folder)


def test_the_collectors_time_lies_outside_the_submission(course: Course) -> None:
    hand_in(course, "ana", "timestamp.txt")
    assert course.collected_at("ana", "toy") is None
    noted = course.root / ".collected" / "toy"
    noted.mkdir(parents=True)
    (noted / "ana.txt").write_text("2026-11-01T13:30:00+01:00\n")
    assert course.collected_at("ana", "toy") == datetime(2026, 11, 1, 12, 30)


def test_a_course_that_does_not_exist_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no course"):
        course_at(tmp_path / "nowhere")
