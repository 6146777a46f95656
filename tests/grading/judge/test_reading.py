"""Any bytes may be handed in: each gives a notebook or a reason, and never an exception."""

import json
import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grading.judge.reading import ReadProblem, read_bytes, read_notebook

# Other tests share the processors.
SLOW_MACHINE = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
CELL = {"cell_type": "code", "source": ["a = 1\n", "b = 2"], "metadata": {}, "outputs": []}
NOTEBOOK = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [CELL]}


def _raw(**changed):
    return json.dumps(NOTEBOOK | changed).encode()


BAD = {
    "nothing": (b"", "empty"),
    "white space": (b" \n\t ", "empty"),
    "null bytes only": (b"\0" * 100, "empty"),
    "a byte-order mark alone": (b"\xef\xbb\xbf", "empty"),
    "half a file": (_raw()[:-20], "half saved"),
    "text": (b"print('hello')", "not JSON"),
    "a picture": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "not JSON"),
    "another encoding": (_raw(metadata={"name": "ü"}).replace(b"\\u00fc", b"\xfc"), "not text in UTF-8"),
    "null bytes inside": (_raw().replace(b"code", b"co\0de"), "not JSON"),
    "a list": (b"[1, 2]", "not a notebook"),
    "no version": (b'{"cells": []}', "not a notebook"),
    "a version that is a word": (_raw(nbformat="4"), "not a notebook"),
    "true as version": (_raw(nbformat=True), "not a notebook"),
    "format 2": (_raw(nbformat=2), "format 2"),
    "format 5": (_raw(nbformat=5), "format 5"),
    "a version of many digits": (_raw(nbformat=10**40), "unknown format"),
    "a number that Python refuses to read": (_raw().replace(b"5,", b"9" * 5000 + b",", 1), "not JSON"),
    "no cells": (json.dumps({"nbformat": 4}).encode(), "no cells"),
    "cells that are a word": (_raw(cells="code"), "no cells"),
    "deep nesting": (b"[" * 200_000, "nested too deeply"),
    "deep nesting inside": (
        _raw(metadata=1).replace(b'"metadata": 1', b'"metadata": ' + b"[" * 10**5),
        "deep",
    ),
    "too many cells": (_raw(cells=[CELL] * 5001), "5000 cells"),
    "format 3 that is none": (json.dumps({"nbformat": 3, "worksheets": 7}).encode(), "old format 3"),
}


@pytest.mark.parametrize(("raw", "says"), BAD.values(), ids=BAD)
def test_what_is_no_notebook_gets_its_reason(raw, says):
    problem = read_notebook(raw)
    assert isinstance(problem, ReadProblem)
    assert says in problem.reason


def test_what_is_enormous_is_refused_before_it_is_parsed():
    problem = read_notebook(_raw(), max_bytes=20)
    assert isinstance(problem, ReadProblem)
    assert "Clear its outputs" in problem.reason


GOOD = {
    "plain": _raw(),
    "with a byte-order mark": b"\xef\xbb\xbf" + _raw(),
    "in UTF-16, as an old Windows editor saves it": json.dumps(NOTEBOOK).encode("utf-16"),
    "with Windows line ends": _raw(cells=[CELL | {"source": "a = 1\r\nb = 2"}]),
    "with a newer minor version": _raw(nbformat_minor=99),
    "without metadata": json.dumps({"nbformat": 4, "cells": [CELL]}).encode(),
    "with nan in an output": _raw(cells=[CELL | {"outputs": [float("nan")]}]),
    "with cells that are none": _raw(
        cells=[1, None, {}, {"cell_type": "evil"}, CELL, {"cell_type": "code", "source": 3}]
    ),
}


@pytest.mark.parametrize("raw", GOOD.values(), ids=GOOD)
def test_what_can_be_read_is_read(raw):
    notebook = read_notebook(raw)
    assert not isinstance(notebook, ReadProblem)
    assert [cell["source"] for cell in notebook["cells"]] == ["a = 1\nb = 2"]


def test_format_3_is_upgraded():
    old = {
        "nbformat": 3,
        "nbformat_minor": 0,
        "metadata": {"name": ""},
        "worksheets": [
            {
                "metadata": {},
                "cells": [
                    {
                        "cell_type": "code",
                        "input": ["a = 1"],
                        "language": "python",
                        "outputs": [],
                        "metadata": {},
                    }
                ],
            }
        ],
    }
    notebook = read_notebook(json.dumps(old).encode())
    assert notebook["cells"][0]["source"] == "a = 1"


def test_half_characters_and_null_characters_do_not_get_through():
    notebook = read_notebook(
        rb'{"nbformat": 4, "cells": [{"cell_type": "markdown", "source": "a\ud800b\u0000c"}]}'
    )
    source = notebook["cells"][0]["source"]
    assert "\0" not in source
    assert source.encode()


@SLOW_MACHINE
@given(st.binary(max_size=300))
def test_no_bytes_raise(raw):
    read_notebook(raw)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=10,
)


@SLOW_MACHINE
@given(
    st.fixed_dictionaries(
        {
            "nbformat": st.just(4),
            "cells": st.lists(
                st.fixed_dictionaries(
                    {
                        "cell_type": st.sampled_from(["code", "markdown", "x"]),
                        "source": _JSON,
                        "metadata": _JSON,
                        "id": _JSON,
                    }
                ),
                max_size=3,
            ),
        }
    )
)
def test_no_json_raises_and_the_cells_are_typed(data):
    notebook = read_notebook(json.dumps(data).encode())
    for cell in notebook["cells"]:
        assert isinstance(cell["source"], str)
        assert isinstance(cell["metadata"], dict)
        assert isinstance(cell["id"], str)


def test_a_file_is_read(tmp_path):
    (tmp_path / "a.ipynb").write_bytes(b"abc")
    assert read_bytes(tmp_path / "a.ipynb") == b"abc"


def test_what_is_no_plain_file_is_not_read(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("secret")
    os.symlink(secret, tmp_path / "link")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    cases = {
        "link": "symbolic link",
        "pipe": "plain file",
        "folder": "plain file",
        "nothing": "missing",
        "bad\0name": "cannot be read",
    }
    for name, says in cases.items():
        problem = read_bytes(tmp_path / name)
        assert isinstance(problem, ReadProblem), name
        assert says in problem.reason


def test_an_enormous_file_is_not_read_whole(tmp_path):
    with open(tmp_path / "big", "wb") as file:
        file.truncate(10**11)
    assert isinstance(read_bytes(tmp_path / "big"), ReadProblem)


def test_code_that_takes_minutes_to_parse_has_its_reason_and_a_pasted_picture_has_none():
    def notebook(kind):
        cell = {"cell_type": kind, "source": "x\n" * 400_000, "metadata": {}}
        return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [cell] * 3}).encode()

    refused = read_notebook(notebook("code"))
    assert isinstance(refused, ReadProblem)
    assert "2 MB" in refused.reason
    assert not isinstance(read_notebook(notebook("markdown")), ReadProblem)
