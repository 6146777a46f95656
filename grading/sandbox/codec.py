"""Messages of plain data between judge and child: a JSON header and the bytes of arrays.

    pack, unpack       a value to a tree of JSON and buffers, and back; `unpack` trusts nothing
    frame, read_frame  a message to bytes, and the length of the one that begins here
    Reference          an object that stays on the student's side
    ProtocolError      what came is not a message

A message is two lengths (header, body), the header as JSON, and the body, which holds the arrays one after
the other. Arrays of `SHARED_BYTES` and more lie in a mapping that both sides share, at an offset that the
header names. Nothing is ever unpickled or evaluated, and nothing but the types below comes out.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = [
    "DTYPES",
    "SHARED_BYTES",
    "Arena",
    "Packer",
    "ProtocolError",
    "Reference",
    "Unpacker",
    "frame",
    "frame_lengths",
]

_NAMES = "bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 float64 complex64 complex128"
DTYPES = frozenset(np.dtype(name).str for name in _NAMES.split())
SHARED_BYTES = 65536
# A header holds the outputs of a cell and the structure of values; arrays are in the body.
HEADER_BYTES = 16 * 2**20
HEAD = struct.Struct(">II")
_DEPTH, _COUNT, _TEXT, _INT_BITS, _DIMENSIONS = 24, 200_000, 2_000_000, 4096, 16
# Of all dicts of a message together: numbers can be chosen so that a dict looks at every pair of its keys.
_KEYS = 5000


class ProtocolError(Exception):
    """What came is not a message of plain data, or is too large."""


@dataclass(frozen=True)
class Reference:
    """A function, class or object on the student's side; only its number and kind are known here."""

    number: int
    kind: str
    type_name: str


@dataclass(frozen=True)
class Unreadable:
    """A value that is not plain data: the name of its type."""

    type_name: str


class Arena:
    """A shared mapping into which arrays are laid one after the other; emptied for each message."""

    def __init__(self, memory: Any) -> None:
        self._memory, self._view = memory, memoryview(memory)
        self.size = len(self._view)
        self._used = 0

    def clear(self) -> None:
        """Begin anew."""
        self._used = 0

    def close(self) -> None:
        """Give the mapping back."""
        self._view.release()
        self._memory.close()

    def lay(self, data: memoryview) -> int | None:
        """Copy `data` in; its offset, or None where there is no room."""
        start = -(-self._used // 64) * 64
        if start + data.nbytes > self.size:
            return None
        self._view[start : start + data.nbytes] = data
        self._used = start + data.nbytes
        return start

    def copy(self, start: int, count: int) -> bytes:
        """The bytes at an offset, copied before anybody can change them."""
        if start < 0 or count < 0 or start + count > self.size:
            raise ProtocolError("an array lies outside the shared memory")
        return bytes(self._view[start : start + count])


class Packer:
    """Turns values into a tree of JSON; `body` gathers what is too large for it.

    An array that comes twice crosses once, and is one array on the other side as well.
    """

    def __init__(
        self, refer: Callable[[Any], Reference | Unreadable | None], arena: Arena | None = None
    ) -> None:
        self._refer, self._arena = refer, arena
        self.body: list[bytes | memoryview] = []
        self._length = self._count = self._keys = 0
        self._arrays: dict[int, tuple[np.ndarray, Any]] = {}

    def pack(self, value: Any, depth: int = 0) -> Any:
        """The tree of one value; what is not plain data becomes a reference or the name of its type."""
        kind = type(value)
        self._count += 1
        if depth > _DEPTH or self._count > _COUNT:
            return {"o": "value that is nested too deep or has too many parts"}
        if value is None or kind is bool or kind is float:
            return value
        if kind is str:
            return (
                value.encode("utf-8", "replace").decode() if len(value) <= _TEXT else {"o": "very long str"}
            )
        if kind is int:
            return {"i": hex(value)} if value.bit_length() <= _INT_BITS else {"o": "very large int"}
        if kind is complex:
            return {"c": [value.real, value.imag]}
        if kind is list or kind is tuple:
            return {"l" if kind is list else "t": [self.pack(item, depth + 1) for item in list(value)]}
        if kind is dict:
            return self._dict(value, depth)
        if kind is np.ndarray:
            if id(value) not in self._arrays:
                self._arrays[id(value)] = value, self._array("a", value)
            return self._arrays[id(value)][1]
        if isinstance(value, np.generic) and kind.__module__ == "numpy" and value.dtype.str in DTYPES:
            return self._array("n", np.asarray(value))
        return self._other(value)

    def _dict(self, value: dict[Any, Any], depth: int) -> Any:
        items = list(dict.items(value))
        if not all(type(key) in (str, int, bool) or type(key) is tuple for key, _ in items):
            return {"o": "dict with keys of another kind"}
        self._keys += len(items)
        if self._keys > _KEYS:
            return {"o": "dict with too many keys"}
        return {"d": [[self.pack(key, depth + 1), self.pack(item, depth + 1)] for key, item in items]}

    def _array(self, tag: str, value: np.ndarray) -> Any:
        if value.dtype.str not in DTYPES:
            return (
                {"o": f"ndarray of dtype {value.dtype}"[:80]} if value.dtype.kind == "O" else {"o": "ndarray"}
            )
        order = "F" if value.flags.f_contiguous and not value.flags.c_contiguous else "C"
        if value.nbytes > 2**31 or value.ndim > _DIMENSIONS:
            return {"o": "ndarray that is too large"}
        flat = np.ascontiguousarray(value.T if order == "F" else value)
        data = flat.reshape(-1).view(np.uint8).data if flat.size else memoryview(b"")
        where, start = "b", self._length
        if self._arena is not None and data.nbytes >= SHARED_BYTES:
            offset = self._arena.lay(data)
            if offset is not None:
                where, start = "s", offset
        if where == "b":
            self.body.append(data)
            self._length += data.nbytes
        return {tag: [value.dtype.str, list(value.shape), order, bool(value.flags.writeable), where, start]}

    def _other(self, value: Any) -> Any:
        found = self._refer(value)
        if isinstance(found, Reference):
            return {"r": [found.number, found.kind, found.type_name[:80]]}
        return {"o": found.type_name[:80] if found is not None else "object"}


class Unpacker:
    """Turns a tree back into values and believes nothing that it says."""

    def __init__(
        self,
        body: bytes | memoryview,
        resolve: Callable[[Reference], Any],
        opaque: Callable[[str], Any],
        arena: Arena | None,
    ) -> None:
        self._body, self._resolve, self._opaque, self._arena = memoryview(body), resolve, opaque, arena
        self._count = self._bytes = self._keys = 0
        self._arrays: dict[str, Any] = {}
        # What is named twice would be copied twice: no more than there is can come out.
        self._most = len(self._body) + (arena.size if arena is not None else 0)

    def unpack(self, tree: Any, depth: int = 0) -> Any:
        """The value of one tree.

        Raises
        ------
        ProtocolError
            The tree is none of `Packer`'s.
        """
        self._count += 1
        if depth > 2 * _DEPTH or self._count > 4 * _COUNT:
            raise ProtocolError("a value is nested too deep or has too many parts")
        if isinstance(tree, str):
            return _clean(tree)
        if tree is None or isinstance(tree, bool | float):
            return tree
        if not isinstance(tree, dict) or len(tree) != 1:
            raise ProtocolError("a value is none of the known kinds")
        ((tag, content),) = tree.items()
        try:
            return self._tagged(tag, content, depth + 1)
        except (TypeError, ValueError, KeyError, OverflowError, MemoryError, RecursionError) as error:
            raise ProtocolError(f"a value of kind {tag!r:.10} is malformed") from error

    def _tagged(self, tag: str, content: Any, depth: int) -> Any:
        if tag == "i":
            # Python prints no int of many more bits.
            if len(content) > _INT_BITS or (whole := int(content, 16)).bit_length() > _INT_BITS:
                raise ProtocolError("an int is too large")
            return whole
        if tag == "c":
            real, imaginary = content
            return complex(float(real), float(imaginary))
        if tag in ("l", "t"):
            values = [self.unpack(item, depth) for item in content]
            return values if tag == "l" else tuple(values)
        if tag == "d":
            self._keys += len(content)
            if self._keys > _KEYS:
                raise ProtocolError("dicts have too many keys")
            pairs = [(self.unpack(key, depth), self.unpack(item, depth)) for key, item in content]
            return dict(pairs)
        if tag == "a":
            key = repr(content)
            if key not in self._arrays:
                self._arrays[key] = self._array(content)
            return self._arrays[key]
        if tag == "n":
            return self._array(content)[()]
        if tag == "r":
            number, kind, type_name = content
            if type(number) is not int or kind not in ("callable", "object") or type(type_name) is not str:
                raise ProtocolError("a reference is malformed")
            return self._resolve(Reference(number, kind, _clean(type_name[:80])))
        if tag == "o":
            if type(content) is not str:
                raise ProtocolError("the name of a type is no text")
            return self._opaque(_clean(content[:80]))
        raise ProtocolError("a value is none of the known kinds")

    def _array(self, content: Any) -> Any:
        dtype, shape, order, writeable, where, start = content
        if dtype not in DTYPES or len(shape) > _DIMENSIONS or type(start) is not int or start < 0:
            raise ProtocolError("an array is malformed")
        if any(type(n) is not int or n < 0 for n in shape):
            raise ProtocolError("an array has no shape")
        kind = np.dtype(dtype)
        length = kind.itemsize
        for n in shape:
            length *= n
        self._bytes += length
        if self._bytes > self._most:
            raise ProtocolError("the arrays of a message are too large together")
        if where == "s" and self._arena is not None:
            data = self._arena.copy(start, length)
        elif where == "b" and start + length <= len(self._body):
            data = bytes(self._body[start : start + length])
        else:
            raise ProtocolError("an array lies outside its message")
        made = np.frombuffer(bytearray(data), kind)
        made = made.reshape(shape[::-1]).T if order == "F" else made.reshape(shape)
        if kind.kind == "b" and length and bool((made.view(np.uint8) > 1).any()):
            raise ProtocolError("a truth value is neither true nor false")
        if writeable is not True:
            made.flags.writeable = False
        return made


def _clean(text: str) -> str:
    """Half a surrogate pair passes JSON and cannot be written to any file afterwards."""
    return text.encode("utf-8", "replace").decode()


def frame(header: dict[str, Any], body: list[bytes | memoryview]) -> list[bytes | memoryview]:
    """The parts of a message, to be written one after the other."""
    text = json.dumps(header, separators=(",", ":")).encode()
    return [HEAD.pack(len(text), sum(memoryview(part).nbytes for part in body)) + text, *body]


def frame_lengths(head: bytes, largest: int) -> tuple[int, int]:
    """Length of header and body of the message that begins with these 8 bytes.

    Raises
    ------
    ProtocolError
        The message is larger than `largest` bytes.
    """
    header, body = HEAD.unpack(head)
    if header > HEADER_BYTES or header + body > largest:
        raise ProtocolError("a message is too large")
    return header, body


def parse_header(text: bytes) -> dict[str, Any]:
    """The header of a message.

    Raises
    ------
    ProtocolError
        It is not a JSON object.
    """
    try:
        header = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ProtocolError("the header of a message is not JSON") from error
    if not isinstance(header, dict):
        raise ProtocolError("the header of a message is no object")
    return header
