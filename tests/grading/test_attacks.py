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


# Each answers without the understanding asked for; the exercise, its answer, the points that it may earn.
UNEARNED = {
    "an infinite gradient": (
        "07_matmul_backward",
        "matmul_backward",
        (
            "def matmul_backward(dout, x, w):\n    dx, dw = np.zeros_like(x), np.zeros_like(w)\n"
            "    dx[0, 0] = dw[0, 0] = {}\n    return dx, dw"
        ),
        0.0,
    ),
    "the seed of the candidates, read out of the loss": (
        "07_matmul_backward",
        "which_is_gradient",
        (
            "def which_is_gradient(loss, v, candidates):\n    n, m = len(v), len(candidates)\n"
            "    for seed in loss.__globals__['make'].__code__.co_consts:\n"
            "        if type(seed) is int and seed > 2:\n"
            "            rng = np.random.default_rng(seed)\n            rng.uniform(-2, 2, (3, n, n))\n"
            "            for _ in range(3 * (m == 4)):\n                rng.integers(1, n, 2)\n"
            "            return list(rng.permutation(m)).index(0)\n    return -1"
        ),
        0.0,
    ),
    "a gradient too small to hold what follows from it": (
        "01_scalar_chain_rule",
        "gate_gradients",
        (
            "def gate_gradients(*given):\n    names = 't e n u b a m0 w0 x0 m1 w1 x1'.split()\n"
            "    return dict.fromkeys(names, 0.0) | {{'u': 1e-305}}"
        ),
        0.0,
    ),
    **{
        f"{points} in place of the points that were asked": (
            "01_scalar_chain_rule",
            "centred_difference",
            (
                "def centred_difference(f, x, h):\n    quotient = (f(x + h) - f(x - h)) / (2 * h)\n"
                f"    if hasattr(f, 'asked'):\n        f.asked = {points}\n    return quotient"
            ),
            0.5,
        )
        for points in ("5.0", "['a', [1]]", "[10**400]", "[x - h, float('nan')]")
    },
}


@pytest.mark.parametrize("name", UNEARNED)
def test_a_shortcut_earns_no_more_than_it_should_and_is_no_fault_of_ours(judge, releases, name):
    stem, exercise, source, most = UNEARNED[name]
    # One of the numbers overflows only when it is multiplied.
    for number in ("np.inf", "-1.7e308"):
        answers = _right(stem) | {exercise: source.format(number)}
        scores = {e.name: e.score for e in judge(_bytes(releases[stem], answers), releases[stem]).exercises}
        assert scores.pop(exercise) == most
        assert None not in scores.values()


REMEMBERS = """
_seen = []
def _remembering(function):
    def remembered(*args):
        _seen.append(repr(args))
        return function(*args)
    return remembered
touched_by_x = _remembering(touched_by_x)
"""


def test_an_answer_that_was_asked_hidden_things_can_tell_no_later_exercise(judge, releases):
    stem = "07_matmul_backward"
    answers = _right(stem)
    told = {
        "touched": answers["touched"] + REMEMBERS,
        "bias_backward": "def bias_backward(dout):\n    raise ValueError('SEEN ' + '; '.join(_seen))\n",
    }
    result = judge(_bytes(releases[stem], answers | told), releases[stem])
    by_name = {e.name: e for e in result.exercises}
    assert by_name["touched"].score == by_name["touched"].points
    public, hidden = by_name["bias_backward"].outcomes
    seen = public.finding.details[-1].split("SEEN ")[1].split("; ")
    # The questions of its public check, which everybody may read; what staff see holds more.
    assert len(seen) == 12
    assert "SEEN" not in str(hidden.finding)
    staff = hidden.detail.partition("ValueError: SEEN ")[2].splitlines()[0]
    assert len(staff.split("; ")) > 12
