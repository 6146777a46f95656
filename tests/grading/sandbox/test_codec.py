"""The messages between judge and child: plain data comes back as it was, anything else as ProtocolError."""

from __future__ import annotations

import contextlib
import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib.checking.model import Opaque
from grading.sandbox.codec import (
    DTYPES,
    Packer,
    ProtocolError,
    Reference,
    Unpacker,
    Unreadable,
    frame_lengths,
    parse_header,
)
from grading.sandbox.outputs import valid_outputs


def there_and_back(value: Any) -> Any:
    packer = Packer(lambda thing: Unreadable(type(thing).__name__))
    tree = json.loads(json.dumps(packer.pack(value)))
    body = b"".join(bytes(part) for part in packer.body)
    return Unpacker(body, lambda reference: reference, Opaque, None).unpack(tree)


def same(a: Any, b: Any) -> bool:
    if isinstance(a, list | tuple):
        return type(a) is type(b) and len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[key], b[key]) for key in a)
    if isinstance(a, float):
        return type(a) is type(b) and (
            (math.isnan(a) and math.isnan(b)) or (a == b and math.copysign(1, a) == math.copysign(1, b))
        )
    return type(a) is type(b) and a == b


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(st.text(max_size=5) | st.integers(), inner, max_size=4)
    ),
    max_leaves=12,
)
tags = st.sampled_from(list("icltdanro"))
trees = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from([*sorted(DTYPES), "b", "s", "C", "F", "callable"]),
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(tags, inner, max_size=2),
    max_leaves=20,
)


@settings(max_examples=150, deadline=None)
@given(plain)
def test_plain_data_comes_back_as_it_was(value: Any) -> None:
    assert same(value, there_and_back(value))


@settings(max_examples=400, deadline=None)
@given(trees, st.binary(max_size=64))
def test_any_tree_gives_plain_data_or_a_protocol_error(tree: Any, body: bytes) -> None:
    unpacker = Unpacker(body, lambda reference: reference, Opaque, None)
    try:
        value = unpacker.unpack(tree)
    except ProtocolError:
        return
    kinds = (type(None), bool, int, float, complex, str, list, tuple, dict, np.ndarray, np.generic)
    assert isinstance(value, (*kinds, Opaque, Reference))


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=64))
def test_any_bytes_are_a_header_or_a_protocol_error(text: bytes) -> None:
    with contextlib.suppress(ProtocolError):
        assert isinstance(parse_header(text), dict)


ARRAYS = {
    "0-d": np.array(1.5),
    "empty": np.zeros((0, 3)),
    "F order": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    "strided": np.arange(20)[::3],
    "reversed": np.arange(6.0)[::-1],
    "nan and inf": np.array([np.nan, np.inf, -0.0]),
    "bool": np.array([[True], [False]]),
    "complex": np.array([1 + 2j]),
}


@pytest.mark.parametrize("name", ARRAYS)
def test_an_array_keeps_its_bytes_its_shape_and_its_order(name: str) -> None:
    array = ARRAYS[name]
    back = there_and_back(array)
    assert (back.dtype, back.shape) == (array.dtype, array.shape)
    assert back.tobytes() == array.tobytes()
    assert back.flags.f_contiguous == array.flags.f_contiguous or name in ("strided", "reversed")
    assert back.flags.writeable


def test_a_read_only_array_stays_read_only_and_a_numpy_scalar_its_kind() -> None:
    array = np.arange(3.0)
    array.flags.writeable = False
    assert not there_and_back(array).flags.writeable
    assert type(there_and_back(np.float32(0.5))) is np.float32


def nested(depth: int) -> Any:
    value: Any = []
    for _ in range(depth):
        value = [value]
    return value


def test_a_deep_tree_is_a_protocol_error_wherever_it_stands() -> None:
    unpacker = Unpacker(b"", lambda reference: reference, Opaque, None)
    with pytest.raises(ProtocolError):
        unpacker.unpack({"o": nested(900)})
    shown = {"output_type": "display_data", "data": {"application/json": nested(900)}}
    with pytest.raises(ProtocolError):
        valid_outputs([shown], 10_000)
    shown["data"] = {"application/json": nested(5)}
    assert valid_outputs([shown], 10_000)


def test_half_a_surrogate_pair_can_be_written_afterwards() -> None:
    unpacker = Unpacker(b"", lambda reference: reference, Opaque, None)
    assert unpacker.unpack(json.loads('"\\ud800"')).encode() == b"?"


def test_an_oversized_message_is_refused_by_its_lengths_alone() -> None:
    assert frame_lengths(b"\0\0\0\2\0\0\0\3", 5) == (2, 3)
    with pytest.raises(ProtocolError):
        frame_lengths(b"\0\0\0\2\0\0\0\4", 5)
