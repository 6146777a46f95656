"""Answers that only a hidden check catches, through the real sandbox and judge."""

from __future__ import annotations

import json

import pytest

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
