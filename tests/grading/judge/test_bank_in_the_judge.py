"""Answers that only a hidden check catches, through the real sandbox and judge."""

from __future__ import annotations

import json

import pytest

from course_lib.statuses import Status
from grading.authoring import sources, write_release
from grading.bank import answers
from grading.course import CHECKOUT
from grading.demo.fill import fill_in, right_answers
from grading.judge.checks import ChecksSession
from grading.judge.grade import grade_notebook
from grading.judge.release import read_release
from grading.sandbox.host import Sandbox

pytestmark = pytest.mark.slow

HIDDEN_ONLY = [
    (source, answer)
    for source in sources(CHECKOUT)
    for answer in answers(source.name[:2])
    if not answer.public
]


@pytest.fixture(scope="module")
def judge():
    with ChecksSession() as checks, Sandbox() as sandbox:
        yield lambda raw, release: grade_notebook(raw, "eve", release, sandbox, checks, b"s" * 32)


def test_there_are_answers_that_only_a_hidden_check_catches():
    assert HIDDEN_ONLY


@pytest.mark.parametrize(("source", "answer"), HIDDEN_ONLY, ids=lambda part: part.name)
def test_a_hidden_check_catches_it_and_it_costs_its_own_exercise_alone(judge, tmp_path, source, answer):
    path = tmp_path / f"{source.name}.ipynb"
    write_release(source, path)
    given = dict(right_answers(source.name)) | {answer.exercise: answer.source}
    raw = json.dumps(fill_in(json.loads(path.read_text()), given, None)).encode()
    result = judge(raw, read_release(path))
    lost = {exercise.name for exercise in result.exercises if exercise.score != exercise.points}
    assert lost == {answer.exercise}
    (wrong,) = (exercise for exercise in result.exercises if exercise.name == answer.exercise)
    outcomes = [outcome for outcome in wrong.outcomes if outcome.status != "passed"]
    assert all(outcome.hidden for outcome in outcomes)
    assert any(answer.says in outcome.finding.headline for outcome in outcomes if outcome.finding)


def _rounds(number, right):
    """Answers to different exercises together, so that a notebook of them is judged at once."""
    by_exercise: dict[str, list] = {}
    for answer in answers(number):
        if answer.right == right:
            by_exercise.setdefault(answer.exercise, []).append(answer)
    for turn in range(max(map(len, by_exercise.values()))):
        yield {name: found[turn] for name, found in by_exercise.items() if turn < len(found)}


def _judged(judge, path, source, given):
    chosen = dict(right_answers(source.name)) | {name: answer.source for name, answer in given.items()}
    raw = json.dumps(fill_in(json.loads(path.read_text()), chosen, None)).encode()
    return {exercise.name: exercise for exercise in judge(raw, read_release(path)).exercises}


@pytest.mark.parametrize("source", sources(CHECKOUT), ids=lambda path: path.name)
def test_every_hidden_check_is_failed_by_some_wrong_answer(judge, tmp_path, source):
    path = tmp_path / f"{source.name}.ipynb"
    write_release(source, path)
    passed_by_all: set[tuple[str, str]] | None = None
    for given in _rounds(source.name[:2], right=False):
        found = _judged(judge, path, source, given)
        hidden = {(name, o.title) for name in found for o in found[name].outcomes if o.hidden}
        failed = {
            (name, o.title)
            for name in given
            for o in found[name].outcomes
            if o.hidden and o.status != "passed"
        }
        passed_by_all = (hidden if passed_by_all is None else passed_by_all) - failed
        unpunished = {n: a.name for n, a in given.items() if found[n].status is Status.PASSED}
        assert unpunished == {}
        others = {n for n in found if n not in given and found[n].status is not Status.PASSED}
        assert others == set()
    assert passed_by_all == set()


@pytest.mark.parametrize("source", sources(CHECKOUT), ids=lambda path: path.name)
def test_unusual_right_answers_get_full_marks_from_the_judge(judge, tmp_path, source):
    path = tmp_path / f"{source.name}.ipynb"
    write_release(source, path)
    for given in _rounds(source.name[:2], right=True):
        found = _judged(judge, path, source, given)
        short = {
            name: [(o.title, o.detail) for o in e.outcomes if o.status != "passed"]
            for name, e in found.items()
            if e.score != e.points
        }
        assert short == {}
