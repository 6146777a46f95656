"""From a value to a finding, from findings to points, from points to the panel."""

import signal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_lib.checking import compare, door, student
from course_lib.checking.diagnosis import Counterfactual, explain
from course_lib.checking.model import Check, CheckFailed, Exercise, Opaque, Outcome, Report
from course_lib.checking.panel import html_of, text_of
from course_lib.checking.run import run_exercise, score
from course_lib.checking.student import LocalStudent
from course_lib.errors import DefinitionError
from course_lib.exercises import find_exercise
from course_lib.statuses import Status

RIGHT = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 7.0]])


class AlwaysEqual:
    """What a dishonest answer may return."""

    def __eq__(self, other):
        return True

    __hash__ = None

    def __array__(self, dtype=None, copy=None):
        return RIGHT


class Sub(np.ndarray):
    """An array that could lie about itself."""


REJECTED = {
    "None": (None, "dx is None"),
    "a list": (RIGHT.tolist(), "of type list"),
    "another shape": (RIGHT.T, "has shape (3, 2), expected (2, 3)"),
    "a broadcastable shape": (RIGHT[:1], "has shape (1, 3)"),
    "objects": (RIGHT.astype(object), "dtype is object"),
    "complex numbers": (RIGHT.astype(complex), "dtype is complex128"),
    "truth values": (RIGHT > 0, "dtype is bool"),
    "nan": (RIGHT * np.nan, "wrong in all of 6"),
    "inf": (np.where(RIGHT > 6, np.inf, RIGHT), "wrong in 1 of 6"),
    "one part in a hundred thousand": (RIGHT * (1 + 1e-5), "wrong in all"),
    "an opaque value": (Opaque("Thing"), "an object of another class"),
}


@pytest.mark.parametrize("name", REJECTED)
def test_equal_rejects(name):
    value, words = REJECTED[name]
    with pytest.raises(CheckFailed) as caught:
        compare.equal("dx", value, RIGHT)
    assert words in caught.value.finding.headline


@pytest.mark.parametrize(
    "value", [RIGHT, RIGHT.astype(np.float32), np.asfortranarray(RIGHT), RIGHT.astype(int)]
)
def test_equal_lets_pass_what_holds_the_same_numbers(value):
    assert np.array_equal(compare.equal("dx", value, RIGHT), RIGHT)


@pytest.mark.parametrize("value", [True, "3", None, np.ones(1), Opaque("x"), 3 + 0j, [3]])
def test_number_rejects_what_is_no_number(value):
    with pytest.raises(CheckFailed):
        compare.number("the loss", value)


EXPLAINED = {
    "the sign": (-RIGHT, "with the other sign"),
    "a factor": (RIGHT / 64, "1/64 of the right value, and 64 is the batch size"),
    "a factor without a name": (RIGHT * 1.7, "1.7 times the right value, everywhere"),
    "zeros": (RIGHT * 0, "zero everywhere"),
    "the last one not written": (
        RIGHT * [[1], [0]],
        "but zero in the wrong elements",
    ),
    "nan": (RIGHT * np.nan, "nan or inf"),
    "a known mistake": (RIGHT + 1, "the thing with one added"),
    "nothing": (RIGHT**1.5, "No mistake that this check knows"),
}


@pytest.mark.parametrize("name", EXPLAINED)
def test_explain_says_what_the_answer_equals(name):
    value, words = EXPLAINED[name]
    cause, _ = explain(
        value, RIGHT, [Counterfactual("the thing with one added", RIGHT + 1)], {64: "the batch size"}
    )
    assert words in cause


def test_explain_names_a_transpose_of_a_square_matrix():
    square = np.arange(9.0).reshape(3, 3)
    assert "transpose" in explain(square.T, square)[0]


def test_explain_never_names_a_counterfactual_that_is_right_here():
    cause, _ = explain(RIGHT * 2, RIGHT, [Counterfactual("something harmless", RIGHT)])
    assert "harmless" not in cause


@given(st.lists(st.tuples(st.integers(1, 9), st.booleans()), min_size=1), st.integers(0, 20))
def test_a_score_is_a_float_between_zero_and_the_points(parts, points):
    outcomes = [Outcome("t", worth, Status.PASSED if ok else Status.FAILED) for worth, ok in parts]
    value = score(points, outcomes)
    assert type(value) is float
    assert 0 <= value <= points
    assert (value == points) or not all(ok for _, ok in parts)


def _square(student):
    compare.equal("the value", student.square(3.0), 9.0, details=("at x = 3",))


EXERCISE = Exercise("square", "00", "The square", 2, ("square",), (Check("its value", 1, _square),), "")


def _raise(error):
    def square(x):
        raise error

    return square


BECOMES = {
    "right": ({"square": lambda x: x * x}, Status.PASSED),
    "wrong": ({"square": lambda x: x + x}, Status.FAILED),
    "missing": ({}, Status.NOT_ATTEMPTED),
    "a stub": ({"square": _raise(NotImplementedError())}, Status.NOT_ATTEMPTED),
    "an error": ({"square": _raise(ValueError("x"))}, Status.ERRORED),
    "no memory": ({"square": _raise(MemoryError())}, Status.OUT_OF_MEMORY),
    "not callable": ({"square": 3}, Status.FAILED),
    "an object that equals everything": ({"square": lambda x: AlwaysEqual()}, Status.FAILED),
    "an array that may lie": ({"square": lambda x: np.array(9.0).view(Sub)}, Status.FAILED),
    "too few arguments": ({"square": lambda: 9.0}, Status.ERRORED),
}


@pytest.mark.parametrize("name", BECOMES)
def test_each_way_to_answer_has_its_status(name):
    space, status = BECOMES[name]
    assert run_exercise(EXERCISE, LocalStudent(space)).status is status


def test_the_name_of_an_exception_cannot_carry_anything_out():
    leak = type("Hidden_input_is_17", (Exception,), {})
    report = run_exercise(EXERCISE, LocalStudent({"square": _raise(leak("17"))}))
    finding = report.outcomes[0].finding
    assert "17" not in finding.headline + finding.cause + finding.hint


@pytest.mark.parametrize(
    ("fail", "hint"),
    [
        (lambda: np.ones((2, 3)) @ np.ones((2, 3)), "inner two sizes"),
        (lambda: np.dot(np.ones((2, 3)), np.ones((2, 3))), "inner two sizes"),
        (lambda: np.ones((2, 3)) + np.ones((3, 2)), "Element by element"),
        (lambda: int("x"), ""),
        (lambda: _raise(KeyError("shapes not aligned"))(0), ""),
    ],
)
def test_shapes_that_do_not_fit_get_a_hint_in_words_of_ours(fail, hint):
    finding = run_exercise(EXERCISE, LocalStudent({"square": lambda x: fail()})).outcomes[0].finding
    assert hint in finding.hint
    assert bool(hint) == bool(finding.hint)
    assert "(2, 3)" not in finding.hint


def test_a_layer_that_breaks_its_contract_is_told_in_the_words_of_the_skeleton():
    error = DefinitionError("Mine.backward returned None.", "why", "mend")
    finding = run_exercise(EXERCISE, LocalStudent({"square": _raise(error)})).outcomes[0].finding
    assert finding.headline == "The layer does not keep to forward and backward."
    assert "returned None" in finding.details[0]


def test_a_warning_is_a_note_and_no_failure():
    def square(x):
        np.log(np.array(-1.0))
        return x * x

    report = run_exercise(EXERCISE, LocalStudent({"square": square}))
    assert report.status is Status.PASSED
    assert "invalid value" in report.warnings[0]


def test_an_exception_with_a_broken_message_is_still_an_error():
    class Broken(Exception):
        def __str__(self):
            raise ValueError

    assert run_exercise(EXERCISE, LocalStudent({"square": _raise(Broken())})).status is Status.ERRORED


def _failing() -> Report:
    return run_exercise(EXERCISE, LocalStudent({"square": lambda x: x + x}))


def test_the_text_panel_unfolds_by_levels():
    folded, unfolded = text_of(_failing()), text_of(_failing(), 1)
    assert "the value is wrong." in folded
    assert "at x = 3" not in folded
    assert 'check("square", explain=1)' in folded
    assert "at x = 3" in unfolded


def test_further_lines_of_the_text_panel_stand_below_the_first():
    report = run_exercise(EXERCISE, LocalStudent({"square": _raise(ValueError("first\nsecond"))}))
    lines = text_of(report, 3).splitlines()
    first = next(line for line in lines if line.endswith("first"))
    second = lines[lines.index(first) + 1]
    assert second == " " * (len(second) - len("second")) + "second"
    assert len(second) > len("      second")
    assert not [line for line in lines[1:] if not line.startswith("  ")]


def test_the_html_panel_opens_as_many_levels_as_are_asked_for():
    folds = html_of(_failing()).count("<details")
    assert folds >= 2
    assert [html_of(_failing(), explain).count("<details open") for explain in (0, 1, 3)] == [0, 1, folds]


def test_the_html_panel_escapes_what_student_code_says():
    report = run_exercise(EXERCISE, LocalStudent({"square": _raise(ValueError("<script>alert(1)</script>"))}))
    assert "<script>" not in html_of(report)
    assert "&lt;script&gt;" in html_of(report)


def test_the_panel_says_its_verdict_in_words():
    for name, (space, status) in BECOMES.items():
        report = run_exercise(EXERCISE, LocalStudent(space))
        assert str(status) in html_of(report), name
        assert str(status) in text_of(report), name


def test_a_check_that_fails_itself_is_nobodys_wrong_answer(monkeypatch):
    def broken(student):
        raise ZeroDivisionError("of the check")

    ours = Exercise("ours", "00", "Ours", 2, (), (Check("its value", 1, broken),), "")
    monkeypatch.setattr(door, "find_exercise", lambda name: ours)
    report = door.check_report("ours", {})
    assert report.status is Status.SYSTEM_ERROR
    assert "This check has failed, and not your answer." in text_of(report, 3)


def test_a_loop_that_never_ends_is_ended_in_a_notebook_too(monkeypatch):
    monkeypatch.setattr(student, "_SECONDS", 0.2)
    monkeypatch.setattr(student, "_SECONDS_AGAIN", 0.1)

    def endless(order):
        while True:
            try:
                order.append(1)
                order.pop()
            except Exception:
                pass

    before = signal.getsignal(signal.SIGALRM)
    answers = LocalStudent({"backpropagate": lambda order, upstream: endless(order)})
    report = run_exercise(find_exercise("backpropagate"), answers)
    assert {outcome.status for outcome in report.outcomes} == {Status.TIMED_OUT}
    finding = report.outcomes[0].finding
    assert finding.details == ("A call took longer than 0.2 s.",)
    assert "never ends" in finding.hint
    assert report.outcomes[1].finding.details == ("A call took longer than 0.1 s.",)
    assert signal.getsignal(signal.SIGALRM) is before
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
