"""`attempt`: a lab goes on where an answer is missing or fails, and names the answer."""

import numpy as np
import pytest

from course_lib import attempt


def written_later(x):
    raise NotImplementedError("write this")


class Gate:
    def backward(self, dout):
        return dout @ dout.missing


def lab(answer):
    return answer(3) + 1


def test_a_value_is_handed_on(capsys):
    assert attempt(lab, lambda x: 2 * x) == 7
    assert capsys.readouterr().out == ""


def test_the_missing_answer_is_named_and_not_the_lab_that_uses_it(capsys):
    assert attempt(lab, written_later) is None
    assert attempt(lambda: [written_later(v) for v in (1, 2)]) is None
    told = capsys.readouterr().out.splitlines()
    assert told == ["written_later is not written yet: do its exercise first, then run this cell again."] * 2


def test_what_raises_is_named_with_its_class_and_the_error(capsys):
    assert attempt(lambda: Gate().backward(1.0)) is None
    said = "Gate.backward raised AttributeError ('float' object has no attribute 'missing')."
    assert capsys.readouterr().out == f"{said} What do the checks above say?\n"


def test_an_error_in_a_library_names_the_answer_that_called_it(capsys):
    assert attempt(lambda x: int(x, 2), "two") is None
    assert "<lambda> raised ValueError (invalid literal" in capsys.readouterr().out
    assert attempt(int, "two") is None
    assert "int raised ValueError" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("wanted", "fits", "others"),
    [
        ("a number", (1, 2.5, np.float32(1), np.array(3.0)), (None, True, "1", [1.0], np.ones(1), {})),
        ("2 numbers", ((1, 2.0), [1, 2], np.ones(2)), (None, 1.0, (1,), (1, "2"), (1, [2, 3]), np.ones(3))),
        ("several values", ((1, None), [[1, 2]], np.ones((2, 2))), (None, 1.0, {}, np.array(1.0), [])),
        ("a dict", ({"w": 1},), (None, [1], np.ones(2))),
        ("an array", (np.ones(2),), (None, [1.0], 2.0)),
        ("a list", ([], (1,)), (None, np.ones(2), "x")),
        ("numbers", (1, 2.5, [1, 2], np.ones((2, 2))), (None, "x", [None, 1])),
    ],
)
def test_a_value_that_is_no_use_is_told(capsys, wanted, fits, others):
    for value in fits:
        assert attempt(lambda value=value: value, wanted=wanted) is value
        assert capsys.readouterr().out == ""
    for value in others:
        assert attempt(lambda value=value: value, wanted=wanted) is None
        assert f"{wanted} {'is' if wanted[0] == 'a' else 'are'} needed here" in capsys.readouterr().out


def test_what_never_ends_is_ended_and_named(capsys, monkeypatch):
    monkeypatch.setattr("course_lib.labs._SECONDS", 0.1)

    def waits():
        while True:
            pass

    assert attempt(waits) is None
    assert capsys.readouterr().out == (
        "waits took longer than 0.1 s and was ended: is there a loop that never ends?\n"
    )
