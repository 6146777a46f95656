"""The audit of the checks, once over everything; and that it sees a check that is too weak."""

import ast
import json
from importlib import import_module

import pytest

from course_lib.exercises import all_exercises, exercises_of
from course_lib.statuses import Status
from grading.audit import Audit, Row, audit, document
from grading.audit.equivalent import ANY, equivalents
from grading.audit.judged import MUTANT, RIGHT, WRONG, Item, Judged, judged
from grading.audit.mutants import mutants
from grading.audit.trial import _hidden_checks, trial
from grading.authoring.errors import AuthoringError
from grading.bank import SOURCES, answers
from grading.cli import main
from grading.cli.audit import show_audit
from grading.cli.screen import Screen

NOTEBOOKS = sorted(path.stem for path in SOURCES.glob("[0-9]*.py"))


@pytest.fixture(scope="module")
def whole():
    return audit(NOTEBOOKS, 2)


def test_every_wrong_answer_and_every_mutant_is_caught(whole):
    assert [(one.exercise, one.kind, one.name) for one in whole.survivors] == []
    assert document(whole)["caught"] == 1.0


def test_no_right_answer_loses_a_point(whole):
    assert [(one.exercise, one.name) for one in whole.all.false_alarms] == []


def test_every_wrong_answer_is_told_what_the_bank_says(whole):
    assert [(one.exercise, one.name) for one in whole.all.of(WRONG) if not one.told] == []


def test_nothing_is_wrongly_explained(whole):
    assert [(one.name, one.wrongly) for one in whole.all.wrongly_explained] == []


# At some of the sizes asked for, a second mistake gives the very same numbers: both are named.
ALIKE = {
    ("saturation", "x as the upstream"),
    ("collapse", "two layers only"),
    ("unbroadcast", "the first place"),
    ("unbroadcast", "a reshape that cuts"),
}


def test_one_mistake_is_named_not_two(whole):
    # In a graph of scalars one number can be the value of one node and the gradient of another.
    rows = [row for row in whole.rows if row.notebook != "01_scalar_chain_rule"]
    rows = [row for row in rows if row.exercise != "backpropagate"]
    torn = {(one.exercise, one.name) for row in rows for one in row.of(WRONG) if one.torn}
    assert torn <= ALIKE


def test_the_list_of_equivalent_mutants_has_no_stale_entry(whole):
    assert whole.stale == []


def test_every_public_check_is_failed_by_some_wrong_answer(whole):
    failed = {(one.exercise, title) for one in whole.all.of(WRONG) for title in one.failed}
    checks = {(e.name, c.title) for e in all_exercises() for c in e.checks}
    assert checks - failed == set()


def test_every_exercise_has_wrong_and_right_answers_and_mutants(whole):
    for row in whole.rows:
        none = row.exercise == "check_gradient" or (row.exercise, ANY) in equivalents()
        kinds = (WRONG, RIGHT) if none else (WRONG, RIGHT, MUTANT)
        assert all(row.of(kind) for kind in kinds), row.exercise
    assert {row.exercise for row in whole.rows} == {e.name for e in all_exercises()} | {"check_gradient"}


def test_the_table_in_the_docs_counts_the_bank():
    rows = []
    for book in NOTEBOOKS:
        exercises, found = exercises_of(book), answers(book[:2])
        wrong = sum(not answer.right for answer in found)
        rows.append((book, len(exercises), sum(e.points for e in exercises), wrong, len(found) - wrong))
    text = (SOURCES.parents[1] / "docs" / "figures.md").read_text()
    lines = [line.strip("| ").split(" | ") for line in text.splitlines()]
    table = [line for line in lines if line[0] in NOTEBOOKS]
    shown = [(row[0], int(row[1].split()[0]), int(row[2]), int(row[3]), int(row[4])) for row in table]
    written = {"04_from_linear_to_networks": 2, "06_vector_calculus": 2}
    assert shown == [(b, e, p + written.get(b, 0), w, r) for b, e, p, w, r in rows]


def test_each_reason_of_an_equivalent_mutant_is_a_sentence():
    assert all(len(reason) > 10 and reason.endswith(".") for reason in equivalents().values())


SMALL = "def f(x, w):\n    total = -x.T @ w\n    total += 2 * x.sum(axis=0)\n    return total, w\n"


@pytest.mark.parametrize(
    "line",
    [
        "total = x.T @ w",
        "total = -x @ w",
        "total = -x.T * w",
        "total = -w.T @ w",
        "total = 2 * x.sum(axis=0)",
        "total -= 2 * x.sum(axis=0)",
        "total += 2 * x.sum(axis=1)",
        "total += 2 * x.sum()",
        "total += 2 * x.sum(axis=0, keepdims=True)",
        "total += 1 * x.sum(axis=0)",
        "total += x.sum(axis=0)",
        "return (w, total)",
        "return (-total, w)",
    ],
)
def test_the_mutants_hold_what_people_do(line):
    assert any(line in map(str.strip, mutant.source.splitlines()) for mutant in mutants(SMALL))


def test_a_mutant_is_a_program_and_has_a_name_of_its_own():
    found = list(mutants(SMALL))
    assert all(ast.parse(mutant.source) for mutant in found)
    assert len({mutant.what for mutant in found}) == len({mutant.source for mutant in found}) == len(found)


def test_an_answer_that_never_ends_is_ended():
    source = "def nudge(x, y, z, dx, dy, dz):\n    while True:\n        pass\n"
    found = trial("01_scalar_chain_rule", "nudge", source, cpu_seconds=0.2)
    assert {outcome.status for outcome in found.outcomes} == {Status.TIMED_OUT}


def test_an_answer_whose_cell_raises_does_not_pass_by_the_reference():
    found = trial("01_scalar_chain_rule", "nudge", "1 / 0", cpu_seconds=5.0)
    assert found.caught
    assert found.public.score == 0


def test_a_right_answer_among_the_wrong_ones_is_seen_to_be_missed():
    item = Item(
        "07_matmul_backward",
        "bias_backward",
        WRONG,
        "right",
        "def bias_backward(dout):\n    return dout.sum(0)\n",
        "x",
    )
    assert not judged(item).caught


def test_a_notebook_that_is_not_there_is_said_with_those_that_are(capsys):
    assert main(["audit", "--notebook", "99"]) == 2
    told = capsys.readouterr().err
    assert 'There is no notebook "99"' in told
    assert "07_matmul_backward" in told


@pytest.mark.parametrize(
    ("spoiled", "told"),
    [("__doc__", "has no docstring"), ("name", "'unheard', which is no exercise of this notebook")],
)
def test_a_hidden_check_that_would_not_be_run_is_named(monkeypatch, spoiled, told):
    module = import_module("grading.checks.test_00_start_here")
    name, check = next((n, c) for n, c in vars(module).items() if n.startswith("test_"))

    def other(student):
        check(student)

    other.__doc__ = None if spoiled == "__doc__" else "A title."
    marked = pytest.mark.exercise("unheard" if spoiled == "name" else "centre", worth=1)(other)
    monkeypatch.setattr(module, name, marked)
    with pytest.raises(AuthoringError, match=rf"{name} in grading/checks/test_00_start_here\.py.*{told}"):
        _hidden_checks.__wrapped__("00_start_here")


def test_what_must_be_mended_is_listed_with_its_source(capsys):
    missed = Judged("nudge", MUTANT, "nudge: a → b", "def nudge(): ...", caught=False)
    alarm = Judged("nudge", RIGHT, "by hand", "def nudge(): pass", caught=True)
    odd = Judged("nudge", WRONG, "a sign", "", caught=True, told=True, wrongly="this | that")
    found = Audit((Row("01_scalar_chain_rule", "nudge", (missed, alarm, odd)),))
    assert not found.sound
    show_audit(document(found), Screen())
    told = capsys.readouterr().out
    for words in (
        "not caught: nudge, mutant: nudge: a → b",
        "def nudge(): ...",
        "false alarm: nudge: by hand",
    ):
        assert words in told
    assert "wrongly explained: nudge, wrong answer: a sign" in told
    assert "this | that" in told
    assert "50 %" in told


def test_a_sound_audit_is_no_list(whole, capsys):
    show_audit(document(whole), Screen())
    told = capsys.readouterr().out
    assert whole.sound
    assert "not caught" not in told
    assert "07 matmul_backward" in told


def test_the_document_has_a_row_for_each_exercise(whole):
    found = json.loads(json.dumps(document(whole)))
    assert found["wrong_answers"] == sum(row["wrong_answers"] for row in found["exercises"])
    assert found["mutants"] == found["mutants_caught"] + found["equivalent_mutants"]
    assert 0.9 < found["explained"] <= 1
