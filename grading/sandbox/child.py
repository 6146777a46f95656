"""The process that runs one student's cells and then answers the judge's questions; nothing in it is trusted.

    serve   lock this process down, then run cells and answer until the other side closes

Theory of operation. The zygote forks; the child maps the shared memory, gives up its rights (`locks`), says
which layers are in force, and then reads one request at a time from its pipe: run a cell, read a name, call
something, define helper code. What the judge gets back is plain data; functions and objects stay here and
go over as numbers. Student code could write anything on the pipe: the other side believes none of it.
"""

from __future__ import annotations

import io
import itertools
import mmap
import os
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np

from grading.sandbox.codec import HEAD, Arena, Packer, Reference, Unpacker, Unreadable, frame, parse_header
from grading.sandbox.limits import Limits
from grading.sandbox.locks import LockError, Policy, lock_down
from grading.sandbox.shell import CapturingShell

__all__ = ["serve"]

_PRINTED = 65536
_ONE_WRITE = 65536


def serve(order: dict[str, Any], pipe: int, memory: int, shell: CapturingShell, parent_pid: int) -> None:
    """Be the child; does not return before the pipe is closed."""
    arena = Arena(mmap.mmap(memory, order["arena_bytes"]))
    os.close(memory)
    limits = Limits(**order["limits"])
    policy = Policy(
        read=tuple(Path(path) for path in order["read"]),
        write=Path(order["scratch"]),
        limits=limits,
        allow_missing=frozenset(order["allow_missing"]),
        keep=frozenset({pipe}),
        parent_pid=parent_pid,
        hidden=tuple(Path(path) for path in order["hidden"]),
    )
    try:
        layers = lock_down(policy)
    except LockError as error:
        _write(pipe, frame({"locked": False, "layer": error.layer, "why": error.why, "mend": error.mend}, []))
        os._exit(1)
    tempfile.tempdir = order["scratch"]
    os.environ.update(HOME=order["scratch"], TMPDIR=order["scratch"])
    shell.recorder.limit = limits.output_bytes
    _write(pipe, frame({"locked": True, "layers": [[x.name, x.in_force, x.detail] for x in layers]}, []))
    _Service(pipe, shell, arena).run()


class _Service:
    """Requests in, replies out."""

    def __init__(self, pipe: int, shell: CapturingShell, arena: Arena) -> None:
        self._pipe, self._shell, self._arena = pipe, shell, arena
        self._objects: dict[int, Any] = {}
        self._numbers: dict[int, int] = {}
        self._fresh = itertools.count(1)
        self._operations: dict[str, Callable[..., dict[str, Any]]] = {
            "run": self._run,
            "read": self._read,
            "call": self._call,
            "define": self._define,
        }

    def run(self) -> None:
        """Serve until the pipe is closed."""
        while True:
            head = _read_exactly(self._pipe, HEAD.size)
            if head is None:
                return
            header_length, body_length = HEAD.unpack(head)
            header = parse_header(_read_exactly(self._pipe, header_length) or b"")
            body = _read_exactly(self._pipe, body_length) or b""
            self._unpacker = Unpacker(body, self._resolve, Unreadable, self._arena)
            self._packer = Packer(self._refer, self._arena)
            if header["op"] != "call":
                # A call clears it itself, once its arguments are out of it.
                self._arena.clear()
            self._release(header.get("release", ()))
            began = time.process_time()
            reply = self._operations[header["op"]](header)
            reply |= {"nonce": header["nonce"], "cpu": time.process_time() - began}
            _write(self._pipe, frame(reply, self._packer.body))

    def _run(self, header: dict[str, Any]) -> dict[str, Any]:
        done = self._shell.run(header["source"])
        return {"outputs": done.outputs, "raised": done.error_name, "error": done.error}

    def _read(self, header: dict[str, Any]) -> dict[str, Any]:
        if header["of"] is None:
            space = self._shell.user_ns
            if header["name"] not in space:
                return {"missing": True}
            return self._guarded(lambda: space[header["name"]])
        return self._guarded(lambda: getattr(self._objects[header["of"]], header["name"]))

    def _define(self, header: dict[str, Any]) -> dict[str, Any]:
        # A class gets its module from the name; without one it would seem to be of Python's own.
        space: dict[str, Any] = {"np": np, "__name__": "defined"}

        def work() -> Any:
            exec(header["source"], space)
            return space[header["name"]]

        return self._guarded(work)

    def _call(self, header: dict[str, Any]) -> dict[str, Any]:
        arguments = [self._unpacker.unpack(tree) for tree in header["args"]]
        named = {name: self._unpacker.unpack(tree) for name, tree in header["kwargs"].items()}
        passed: dict[int | str, Any] = {**dict(enumerate(arguments)), **named}
        before = {key: _left(value) for key, value in passed.items()}
        arrays = [[key, value] for key, value in passed.items() if type(value) is np.ndarray]
        self._arena.clear()
        reply = self._guarded(lambda: self._objects[header["of"]](*arguments, **named), arrays)
        reply["changed"] = [
            [key, self._packer.pack(passed[key])] for key, old in before.items() if _left(passed[key]) != old
        ]
        return reply

    def _release(self, numbers: Iterable[int]) -> None:
        """Let go of what nobody over there holds any more."""
        for number in numbers:
            self._numbers.pop(id(self._objects.pop(number)), None)

    def _guarded(self, work: Callable[[], Any], arrays: Iterable[list[Any]] = ()) -> dict[str, Any]:
        """The value of `work`, or what it raised; what it printed; which of `arrays` it is a view of."""
        printed = io.StringIO()
        kept = sys.stdout, sys.stderr
        sys.stdout = sys.stderr = printed
        try:
            value = work()
            reply = {"value": self._packer.pack(value), "views": _views(value, arrays)}
        except BaseException as error:
            reply = {"raised": _told(error)}
        finally:
            sys.stdout, sys.stderr = kept
        reply["printed"] = printed.getvalue()[:_PRINTED]
        return reply

    def _resolve(self, reference: Reference) -> Any:
        return self._objects[reference.number]

    def _refer(self, value: Any) -> Reference | Unreadable:
        kind = type(value)
        called = callable(value)
        if not called and (isinstance(value, np.ndarray) or kind.__module__ in ("builtins", "numpy")):
            return Unreadable(str(kind.__name__))
        number = self._numbers.get(id(value)) or next(self._fresh)
        self._numbers[id(value)], self._objects[number] = number, value
        return Reference(number, "callable" if called else "object", str(kind.__name__))


def _left(value: Any) -> Any:
    """What would show that a call changed this argument: copies of its arrays and lists."""
    kind = type(value)
    if kind is np.ndarray:
        return (value.shape, value.dtype.str, value.tobytes()) if value.flags.writeable else None
    if kind is list or kind is tuple:
        return [_left(item) for item in value]
    if kind is dict:
        return [(key, _left(item)) for key, item in value.items()]
    return value if kind in (bool, int, float, complex, str) else None


def _views(value: Any, arrays: Iterable[list[Any]]) -> list[Any]:
    """Where the arrays of a result lie in arrays that were passed: which one, first byte, strides."""
    results = enumerate(value) if type(value) in (list, tuple) else [(-1, value)]
    return [
        [place, key, result.ctypes.data - passed.ctypes.data, list(result.strides)]
        for place, result in results
        if type(result) is np.ndarray
        for key, passed in arrays
        if np.may_share_memory(result, passed)
    ]


def _told(error: BaseException) -> list[str]:
    try:
        message = str(error)
    except BaseException as worse:
        message = f"its message could not be read: {type(worse).__name__}"
    try:
        lines = traceback.format_tb(error.__traceback__)
    except BaseException:
        lines = []
    # The first frames are this module's own.
    frames = [line for line in lines if "grading/sandbox/child.py" not in line]
    return [str(type(error).__name__), str(message)[:20_000], "".join(frames)[-20_000:]]


def _read_exactly(pipe: int, length: int) -> bytes | None:
    parts, missing = [], length
    while missing:
        part = os.read(pipe, min(missing, 1 << 20))
        if not part:
            return None
        parts.append(part)
        missing -= len(part)
    return b"".join(parts)


def _write(pipe: int, parts: list[bytes | memoryview]) -> None:
    if sum(len(part) for part in parts) < _ONE_WRITE:
        parts = [b"".join(parts)]
    for part in parts:
        view = memoryview(part).cast("B") if len(part) else memoryview(b"")
        while view:
            view = view[os.write(pipe, view) :]
