"""Attacks through the real sandbox and judge: no point unearned, nothing hidden told; with controls."""

from __future__ import annotations

import json
from functools import cache

import pytest

from grading.authoring import sources, write_release
from grading.course import CHECKOUT
from grading.demo.fill import fill_in, right_answers
from grading.judge.autograded import autograded_notebook
from grading.judge.checks import ChecksSession
from grading.judge.grade import grade_notebook, put_right
from grading.judge.release import Release, read_release
from grading.judge.results import NotebookResult
from grading.sandbox.host import Sandbox

pytestmark = pytest.mark.slow

STEMS = tuple(source.name for source in sources(CHECKOUT))

# Every function does what the right one does, for the shape of its answer, then wipes out what it was given
# and returns zeros: a check that takes its truth from the same arrays afterwards would find zeros right.
WIPE = """

import functools as _tools

def _wiping(function):
    @_tools.wraps(function)
    def wiped(*args, **kwargs):
        given = [a for a in (*args, *kwargs.values()) if isinstance(a, np.ndarray)]
        answer = function(*[a.copy() if isinstance(a, np.ndarray) else a for a in args], **kwargs)
        for a in given:
            a[...] = 0
        zero = lambda v: np.zeros_like(v) if isinstance(v, np.ndarray) else 0.0 * v
        return tuple(map(zero, answer)) if isinstance(answer, tuple) else zero(answer)
    return wiped
"""


@pytest.fixture(scope="module")
def judge():
    with ChecksSession() as checks, Sandbox() as sandbox:
        yield lambda raw, release, who="eve": grade_notebook(raw, who, release, sandbox, checks, b"s" * 32)


@pytest.fixture(scope="module")
def releases(tmp_path_factory):
    folder = tmp_path_factory.mktemp("release")
    for source in sources(CHECKOUT):
        write_release(source, folder / f"{source.name}.ipynb")
    return {stem: read_release(folder / f"{stem}.ipynb") for stem in STEMS}


@cache
def _right(stem: str) -> dict[str, str]:
    return dict(right_answers(stem))


def _bytes(release: Release, answers: dict[str, str]) -> bytes:
    return json.dumps(fill_in(json.loads(json.dumps(release.notebook)), answers, None)).encode()


def _functions(source: str) -> list[str]:
    return [line.split("(")[0][4:] for line in source.splitlines() if line.startswith("def ")]


def _full(result: NotebookResult) -> bool:
    return all(exercise.score == exercise.points for exercise in result.exercises)


# Answers that are arrays, or made of them; the others are numbers, or judged by what they list.
ARRAYS = {
    "log_loss_gradient",
    "net_forward",
    "net_losses",
    "mean_loss_grad",
    "w2_element",
    "net_gradients",
    "one_element_one_row",
    "matmul_backward",
    "bias_backward",
    "network_gradients",
}


@pytest.mark.parametrize("stem", STEMS)
def test_wiping_out_the_inputs_earns_nothing_and_leaves_nothing_behind(judge, releases, stem):
    answers = {}
    for name, source in _right(stem).items():
        wrapped = "".join(f"{function} = _wiping({function})\n" for function in _functions(source))
        answers[name] = source + (WIPE + wrapped if name in ARRAYS else "")
    result = judge(_bytes(releases[stem], answers), releases[stem])
    assert {e.name: e.score for e in result.exercises if e.name in ARRAYS and e.score} == {}
    # The same worker judges the next one: inputs that are kept must not have been spoilt.
    assert _full(judge(_bytes(releases[stem], _right(stem)), releases[stem], "ada"))


LEAK = """
def bias_backward(dout):
    digits = [int(abs(t) * 1000) % 10000 for t in dout.flat[:4]]
    return np.zeros((0, *digits))
"""


def _hidden_words(result: NotebookResult) -> str:
    return json.dumps(
        [
            [o.finding.headline, o.finding.cause, o.finding.hint, list(o.finding.details)]
            for e in result.exercises
            for o in e.outcomes
            if o.hidden and o.finding is not None
        ]
    )


def test_the_shape_of_an_answer_carries_no_hidden_input_out(judge, releases):
    stem = "07_matmul_backward"
    release = releases[stem]
    result = judge(_bytes(release, _right(stem) | {"bias_backward": LEAK}), release)
    words = _hidden_words(result)
    assert "db has another shape" in words
    assert "(0, " not in words
    # Staff see it.
    assert any("(0, " in o.detail for e in result.exercises for o in e.outcomes if o.hidden)


def test_an_exception_carries_no_hidden_input_out(judge, releases):
    stem = "07_matmul_backward"
    release = releases[stem]
    source = (
        "def bias_backward(dout):\n"
        "    kind = type('Leak_' + '_'.join(str(int(v * 1e6)) for v in dout.flat[:4]).replace('-', 'm'), "
        "(Exception,), {})\n    raise kind('LEAK' + str(dout))\n"
    )
    result = judge(_bytes(release, _right(stem) | {"bias_backward": source}), release)
    assert "leak" not in _hidden_words(result).lower()
    assert "Your code raised an exception of its own." in _hidden_words(result)


def test_what_code_prints_while_it_is_asked_reaches_no_student(judge, releases):
    stem = "07_matmul_backward"
    release = releases[stem]
    source = "def bias_backward(dout):\n    print('LEAK', dout)\n    return dout.sum(axis=0) * 2\n"
    raw = _bytes(release, _right(stem) | {"bias_backward": source})
    result = judge(raw, release)
    sanitised, _ = put_right(raw, release)
    shown = json.dumps(autograded_notebook(sanitised, result))
    assert "LEAK" not in shown.replace("print('LEAK', dout)", "")


STUDENTS_FAULT = {
    "nan": "float('nan')",
    "a dict": "{}",
    "nested tuples": "((((1,),),),)",
    "a complex number": "1j",
    "text": "np.array(['a', 'b'])",
    "a huge int": "10**400",
    "an empty array": "np.zeros((0,))",
    "objects": "np.array([None, 1], dtype=object)",
    "a generator": "(i for i in range(3))",
    "a class": "dict",
    "infinity": "np.inf",
    "bytes": "b'x'",
    "a set": "{1, 2}",
    "a bool": "True",
    "a number as an array": "np.array(3.0)",
}


@pytest.mark.parametrize("name", STUDENTS_FAULT)
def test_an_odd_answer_is_never_our_fault(judge, releases, name):
    for stem in STEMS:
        answers = {
            exercise: "".join(
                f"def {function}(*args, **kwargs):\n    return {STUDENTS_FAULT[name]}\n"
                for function in _functions(source)
            )
            or source.replace("self.x = x", f"return {STUDENTS_FAULT[name]}")
            for exercise, source in _right(stem).items()
        }
        result = judge(_bytes(releases[stem], answers), releases[stem])
        assert not result.failed_by_us, [
            (e.name, o.title, o.detail[-300:])
            for e in result.exercises
            for o in e.outcomes
            if o.status == "system error"
        ]
