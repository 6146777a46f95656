"""A check cannot tell whether a student's code runs beside it or in a confined process."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from course_lib.checking.model import CheckFailed, NotDefined, Opaque, StudentError
from course_lib.checking.student import LocalStudent
from grading.judge.proxy import StudentProxy
from grading.sandbox.doctor import examine
from grading.sandbox.host import Sandbox
from grading.sandbox.session import Session

CODE = """
import time
import numpy as np

def fill(x):
    x[...] = 7

def fill_first(arrays):
    arrays[0][...] = 7

def fill_named(arrays):
    arrays["w"][0, 0] = 7

def reverse(items):
    items.reverse()

def shorten(items):
    items.pop()

def rename(table):
    table["new"] = table.pop("old")

def same(x, y):
    return x is y

def twice(x):
    return x, x

def itself(x):
    return x

def turned(x):
    return x.T

def backwards(x):
    return x[::-1, 1:]

def fresh(x):
    return x + 0

def flatten(x):
    x.shape = (-1,)

def talk(x):
    print("I was given", x)
    return x

class Layer:
    def __init__(self, w):
        self.w = w
        self.calls = 0

    def forward(self, x):
        self.calls += 1
        return x @ self.w

class Loud:
    living = 0

    def __init__(self):
        Loud.living += 1

    def __del__(self):
        Loud.living -= 1

    def me(self):
        return self

def slowly():
    time.sleep(0.3)
    return living

def living():
    return Loud.living

def apply(f, x):
    return f(x)

def wrong():
    raise ValueError("no")

table = object()
numbers = [1, 2.5, True, None, "text", (1 + 2j), {"a": (1, 2)}]
"""


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    missing = frozenset(layer.name for layer in examine().layers if not layer.in_force)
    with Sandbox(allow_missing=missing) as sandbox:
        made = sandbox.open()
        assert made.run_cell("code", CODE).error is None
        yield made
        made.close()


@pytest.fixture(params=["local", "confined"])
def student(request: pytest.FixtureRequest, session: Session) -> Any:
    if request.param == "confined":
        return StudentProxy(session)
    space: dict[str, Any] = {"__name__": "__main__"}
    exec(CODE, space)
    return LocalStudent(space)


def test_arrays_hold_what_a_call_left_in_them(student: Any) -> None:
    x, first, named = np.zeros((2, 3)), np.zeros(4), np.zeros((2, 2), order="F")
    student.fill(x)
    student.fill_first([first, np.ones(2)])
    student.fill_named({"w": named})
    assert (x == 7).all()
    assert (first == 7).all()
    assert named[0, 0] == 7
    assert named.sum() == 7


def test_a_read_only_array_stays_as_it_is(student: Any) -> None:
    x = np.zeros(3)
    x.flags.writeable = False
    with pytest.raises(StudentError, match="read-only"):
        student.fill(x)
    assert not x.any()


def test_lists_and_dicts_hold_what_a_call_left_in_them(student: Any) -> None:
    items: list[Any] = [1, 2, [3]]
    table = {"old": 1}
    student.reverse(items)
    assert items == [[3], 2, 1]
    student.shorten(items)
    assert items == [[3], 2]
    student.rename(table)
    assert table == {"new": 1}


def test_one_array_passed_twice_is_one_array(student: Any) -> None:
    x = np.ones(2)
    assert student.same(x, x) is True
    assert student.same(x, x.copy()) is False
    one, two = student.twice(x)
    assert one is two or np.shares_memory(one, two)


@pytest.mark.parametrize("order", ["C", "F"])
def test_a_result_that_is_a_view_of_an_argument_is_one_here(student: Any, order: Any) -> None:
    x = np.array([[1.0, 2, 3], [4, 5, 6]], order=order)
    for name, expected in (("itself", x), ("turned", x.T), ("backwards", x[::-1, 1:])):
        result = getattr(student, name)(x)
        assert np.array_equal(result, expected), name
        assert np.shares_memory(result, x), name
    assert not np.shares_memory(student.fresh(x), x)


def test_a_shape_changed_in_place_is_noticed(session: Session) -> None:
    with pytest.raises(CheckFailed, match="changed the shape"):
        StudentProxy(session).flatten(np.zeros((2, 3)))


def test_values_come_as_they_are(student: Any) -> None:
    assert student.numbers == [1, 2.5, True, None, "text", (1 + 2j), {"a": (1, 2)}]
    assert [type(n) for n in student.numbers[:3]] == [int, float, bool]
    assert isinstance(student.table, Opaque)


def test_objects_keep_their_state(student: Any) -> None:
    layer = student.Layer(np.array([[2.0]]))
    layer.forward(np.ones((3, 1)))
    assert np.array_equal(layer.forward(np.ones((3, 1))), 2 * np.ones((3, 1)))
    assert layer.calls == 2
    with pytest.raises(NotDefined):
        _ = layer.dw


def test_helper_code_of_the_check_runs_on_their_side(student: Any) -> None:
    square = student.define("def square(x):\n    return x * x", "square")
    assert student.apply(square, 3) == 9
    assert student.apply(student.itself, 4) == 4


def test_errors_arrive_with_their_name_and_text(student: Any) -> None:
    with pytest.raises(StudentError) as caught:
        student.wrong()
    assert (caught.value.type_name, caught.value.message) == ("ValueError", "no")
    with pytest.raises(NotDefined):
        _ = student.nothing_of_that_name


def test_what_nobody_holds_is_let_go(student: Any) -> None:
    for _ in range(5):
        loud = student.Loud()
        again = loud.me()
    assert student.living() == 1
    del loud
    assert student.living() == 1
    del again
    student.same(1, 1)
    assert student.living() == 0


def test_what_the_collector_drops_while_it_is_on_its_way_again_is_kept(student: Any) -> None:
    dropped_meanwhile = [student.slowly()]
    collector = threading.Timer(0.1, dropped_meanwhile.clear)
    collector.start()
    again = student.slowly()
    collector.join()
    assert again() == 0
    del again
    assert student.slowly()() == 0


def test_what_a_call_prints_is_kept_for_staff(session: Session) -> None:
    session.take_printed()
    StudentProxy(session).talk(3)
    assert session.take_printed() == "I was given 3\n"
    assert session.take_printed() == ""


LIES: dict[str, dict[str, Any]] = {
    "a view of another array": {"views": [[-1, 0, 0, [8]]], "value": {"a": ["<f8", [2], "C", True, "b", 0]}},
    "a view out of bounds": {"views": [[-1, 0, 4096, [8]]], "value": {"a": ["<f8", [2], "C", True, "b", 0]}},
    "a view of no argument": {"views": [[7, "x", 0, [8]]], "value": {"a": ["<f8", [2], "C", True, "b", 0]}},
}


@pytest.mark.parametrize("name", LIES)
def test_a_view_that_is_none_is_not_taken(name: str) -> None:
    given = np.zeros(2)
    got = StudentProxy(_Answers(LIES[name], np.ones(2).tobytes()))._link.ask(  # type: ignore[arg-type]
        {"op": "call", "of": 1}, (given,)
    )
    assert np.array_equal(got, [1.0, 1.0])
    assert not np.shares_memory(got, given)


@pytest.mark.parametrize("stride", [2**62, -(2**62), 2**61 + 8, 10**30, -1, True, "8", None])
def test_a_view_whose_end_runs_over_is_not_taken(stride: Any) -> None:
    # 4 strides of 2**62 are 0 to numpy, which would then read far outside of our own memory.
    reply = {"views": [[-1, 0, 0, [stride]]], "value": {"a": ["|u1", [5], "C", True, "b", 0]}}
    given = np.zeros(2)
    got = StudentProxy(_Answers(reply, bytes(5)))._link.ask({"op": "call", "of": 1}, (given,))  # type: ignore[arg-type]
    assert got.tolist() == [0] * 5
    assert not np.shares_memory(got, given)


class _Answers:
    """A process that gives one reply, whatever is asked."""

    def __init__(self, reply: dict[str, Any], body: bytes) -> None:
        from grading.sandbox.codec import Arena

        self.arena, self._reply, self._body = Arena(bytearray(64)), reply, body

    def request(self, *_: Any, **__: Any) -> tuple[dict[str, Any], bytes]:
        return self._reply, self._body
