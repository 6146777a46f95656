"""Results go to JSON and back without a loss, and what is no result is refused."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from course_lib.checking.model import Finding
from course_lib.statuses import Status
from grading.judge.results import (
    CellResult,
    CheckOutcome,
    ExerciseResult,
    NotebookResult,
    Seconds,
    SubmissionResult,
    WrittenAnswer,
    from_json,
    to_json,
)

_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
_POINTS = st.floats(0, 100)
_TEXTS = st.lists(_TEXT, max_size=2).map(tuple)
_FINDING = st.none() | st.builds(Finding, _TEXT, _TEXTS, _TEXT, _TEXT)
_OUTCOME = st.builds(
    CheckOutcome, _TEXT, st.integers(1, 9), st.sampled_from(Status), st.booleans(), _FINDING, _TEXT
)
_EXERCISE = st.builds(
    ExerciseResult,
    _TEXT,
    _TEXT,
    _TEXT,
    _POINTS,
    st.none() | _POINTS,
    st.sampled_from(Status),
    st.lists(_OUTCOME, max_size=2).map(tuple),
    _TEXT,
)
_OUTPUT = st.fixed_dictionaries({"output_type": st.just("stream"), "text": _TEXT})
_CELL = st.builds(CellResult, _TEXT, st.sampled_from(Status), st.lists(_OUTPUT, max_size=2).map(tuple), _TEXT)
_NOTEBOOK = st.builds(
    NotebookResult,
    _TEXT,
    _TEXT,
    st.sampled_from(["all", "public"]),
    st.lists(_EXERCISE, max_size=2).map(tuple),
    st.lists(st.builds(WrittenAnswer, _TEXT, _POINTS, st.booleans()), max_size=2).map(tuple),
    st.lists(_CELL, max_size=2).map(tuple),
    _TEXT,
    _TEXTS,
    _TEXTS,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # other tests share the processors
@given(_NOTEBOOK)
def test_a_result_is_the_same_after_json(result):
    assert from_json(NotebookResult, to_json(result)) == result
    both = SubmissionResult("ana", "backprop", (result, result))
    assert from_json(SubmissionResult, to_json(both)) == both


def test_times_go_to_json_and_are_not_compared():
    one = NotebookResult("n", "ana", "all", seconds=Seconds(1.5, 0.5))
    assert from_json(NotebookResult, to_json(one)).seconds == Seconds(1.5, 0.5)
    assert one == NotebookResult("n", "ana", "all")


@pytest.mark.parametrize(
    "text", ["", "7", "[]", '{"notebook": "n"}', '{"notebook":"n","student":"s","mode":"all","score":9}']
)
def test_what_is_no_result_is_refused(text):
    with pytest.raises(ValueError, match=r"."):
        from_json(NotebookResult, text)


def test_an_unknown_status_is_refused():
    with pytest.raises(ValueError, match="excellent"):
        from_json(CellResult, '{"cell_id":"a","status":"excellent"}')


def test_a_system_error_is_seen_and_gives_no_score():
    failed = ExerciseResult("a", "A", "check_a", 4, None, Status.SYSTEM_ERROR, ())
    result = NotebookResult("n", "ana", "all", (failed,), (WrittenAnswer("w", 2, True),))
    assert result.failed_by_us
    assert (result.score, result.points) == (0, 6)
