"""Whatever stands in a notebook, it is put right or has its reason; what is written of it is a notebook."""

from __future__ import annotations

import copy
import json
from typing import Any

import nbformat
from hypothesis import given, settings
from hypothesis import strategies as st

from grading.judge.again import kept_names, with_keepers
from grading.judge.autograded import autograded_notebook
from grading.judge.grade import failed_by_us, put_right
from tests.grading.judge.toy_course import filled, find_exercise, release

ODD = st.sampled_from(
    [
        None,
        [],
        {},
        "x",
        "",
        0,
        -1,
        1e308,
        float("nan"),
        float("inf"),
        True,
        [[]],
        {"a": 1},
        "\ud800",
        "\0",
        10**30,
    ]
)
KEYS = st.sampled_from(
    ["nbgrader", "tags", "id", "metadata", "outputs", "source", "course", "role", "cell_type"]
)


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, part in inner for place in _places(part, (*path, key)))]


PLACES = [place for place in _places(filled()) if place]


def _change(notebook: Any, place: tuple[Any, ...], how: str, odd: Any, key: str) -> None:
    holder = notebook
    for step in place[:-1]:
        holder = holder[step]
    if how == "replace":
        holder[place[-1]] = odd
    elif how == "delete":
        del holder[place[-1]]
    elif isinstance(holder, dict):
        holder[key] = odd
    else:
        holder.insert(place[-1], copy.deepcopy(holder[-1]))


CHANGES = st.lists(
    st.tuples(st.sampled_from(PLACES), st.sampled_from(["replace", "delete", "add"]), ODD, KEYS),
    min_size=1,
    max_size=5,
)


@settings(max_examples=300, deadline=None)
@given(CHANGES)
def test_any_notebook_is_put_right_or_has_its_reason(changes):
    notebook = filled()
    for change in changes:
        try:
            _change(notebook, *change)
        except (KeyError, IndexError, TypeError, AttributeError):
            # An earlier change took this place away.
            continue
    content = json.dumps(notebook).encode()
    sanitised, problem = put_right(content, release())
    assert [cell.exercise for cell in sanitised.graded] == ["double", "total", "counter"]
    assert [cell.points for cell in sanitised.graded] == [4, 3, 2]
    for cell in with_keepers(sanitised, {} if problem else kept_names(sanitised, find_exercise)):
        cell.source.encode()
    made = autograded_notebook(sanitised, failed_by_us(content, "eve", release(), "all", ""))
    nbformat.validate(made)
    nbformat.writes(made).encode()
