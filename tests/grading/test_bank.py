"""Every check has wrong answers that it must catch and right ones that it must let pass."""

import warnings

import pytest

from course_lib.checking.panel import text_of
from course_lib.checking.run import run_exercise
from course_lib.checking.student import LocalStudent
from course_lib.exercises import exercises_of, find_exercise
from grading.bank import SOURCES, Answer, answers, workspace

NOTEBOOKS = sorted(path.stem for path in SOURCES.glob("[0-9]*.py"))
BANK = [(book, answer) for book in NOTEBOOKS for answer in answers(book[:2])]

# In a graph of scalars one number can be the value of one node and the gradient of another.
MAY_NAME_TWO = {"01_scalar_chain_rule"}


def _report(book: str, answer: Answer):
    space = workspace(book)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exec(answer.source, space)
    return run_exercise(find_exercise(answer.exercise), LocalStudent(space))


@pytest.mark.parametrize(
    ("book", "answer"), BANK, ids=lambda v: f"{v.exercise}: {v.name}" if isinstance(v, Answer) else v
)
def test_an_answer_gets_what_it_deserves(book, answer):
    report = _report(book, answer)
    if answer.right:
        assert report.score == report.points, text_of(report, 3)
    elif answer.public:
        assert report.score < report.points
        assert answer.says in text_of(report, 3)
        if book not in MAY_NAME_TWO:
            assert not [c for o in report.outcomes if o.finding and ", or " in (c := o.finding.cause)]


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
    written = {"07_matmul_backward": 2}
    assert shown == [(b, e, p + written.get(b, 0), w, r) for b, e, p, w, r in rows]
