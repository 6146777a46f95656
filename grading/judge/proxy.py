"""The student as checks see it, when the answers live in a confined process.

    StudentProxy   answers by name over a session; what `course_lib.checking.model.Student` promises

Theory of operation. Reading a name or calling something is one request and one reply of plain data.
Functions and objects of the student's stay over there; here they are a number. After a call the arrays that
were passed hold what the student's code left in them, as if it had run here. What the student raised
arrives as `StudentError`; a process that ended or had to be ended as `StudentStopped`. Nothing that came is
trusted further than `codec.Unpacker` made it plain.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import zip_longest
from typing import Any

import numpy as np

from course_lib.checking.model import CheckFailed, Finding, NotDefined, Opaque, StudentError, StudentStopped
from course_lib.statuses import Status
from grading.sandbox.codec import Packer, ProtocolError, Reference, Unpacker, Unreadable
from grading.sandbox.session import Session, SessionEnded

__all__ = ["StudentProxy"]

_MOST_VIEWS = 64


class StudentProxy:
    """Answers by name from the process behind `session`."""

    def __init__(self, session: Session) -> None:
        self._link = _Link(session)
        self._known: dict[str, RemoteCallable] = {}

    def __getattr__(self, name: str) -> Any:
        # A function stays the same for one check: only code of the student's could bind the name anew.
        if name in self._known:
            return self._known[name]
        value = self._link.read(None, name)
        if isinstance(value, RemoteCallable):
            self._known[name] = value
        return value

    def define(self, source: str, name: str) -> Any:
        """Run `source` over there, in a namespace of its own, and hand back what it calls `name`."""
        return self._link.ask({"op": "define", "source": source, "name": name})

    @contextmanager
    def limit(self, *, wall_seconds: float | None = None, memory_bytes: int | None = None) -> Iterator[None]:
        """Hold the calls in the block to a time, and to a growth of memory."""
        kept = self._link.wall_seconds, self._link.memory_bytes
        self._link.wall_seconds, self._link.memory_bytes = wall_seconds, memory_bytes
        try:
            yield
        finally:
            self._link.wall_seconds, self._link.memory_bytes = kept


class _Link:
    """The conversation with one session."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.wall_seconds: float | None = None
        self.memory_bytes: int | None = None

    def drop(self, number: int) -> None:
        """One holder of this object less is here."""
        self._session.drop(number)

    def read(self, of: int | None, name: str) -> Any:
        """A name of the notebook, or an attribute of an object."""
        if name.startswith("__"):
            raise AttributeError(name)
        try:
            return self.ask({"op": "read", "of": of, "name": name})
        except StudentError as error:
            if error.type_name == "AttributeError" and of is not None:
                raise NotDefined(name) from None
            raise

    def call(self, of: int, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Call a function, a class or a method."""
        return self.ask({"op": "call", "of": of}, args, kwargs)

    def ask(
        self, message: dict[str, Any], args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """One request and what it gives."""
        self._session.arena.clear()
        packer = Packer(_refer, self._session.arena)
        kwargs = kwargs or {}
        if message["op"] == "call":
            message["args"] = [packer.pack(value) for value in args]
            message["kwargs"] = {name: packer.pack(value) for name, value in kwargs.items()}
        try:
            reply, body = self._session.request(
                message, packer.body, wall_seconds=self.wall_seconds, memory_bytes=self.memory_bytes
            )
            return self._told(reply, body, message, args, kwargs)
        except SessionEnded as ended:
            raise StudentStopped(ended.status, ended.reason) from None
        except ProtocolError as error:
            self._session.end_as(Status.CRASHED, f"the process sent what is no message: {error}")
            raise StudentStopped(Status.CRASHED, str(error)) from None

    def _told(
        self,
        reply: dict[str, Any],
        body: bytes,
        message: dict[str, Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> Any:
        unpacker = Unpacker(body, self._remote, Opaque, self._session.arena)
        self._write_back(reply.get("changed", []), unpacker, args, kwargs)
        if reply.get("missing") is True:
            raise NotDefined(str(message.get("name", "")))
        if "raised" in reply:
            raised = reply["raised"]
            if not (
                isinstance(raised, list) and len(raised) == 3 and all(isinstance(t, str) for t in raised)
            ):
                raise ProtocolError("an exception is malformed")
            raise StudentError(*raised)
        if "value" not in reply:
            raise ProtocolError("a reply has no value")
        value = unpacker.unpack(reply["value"])
        return _with_views(value, reply.get("views", []), args, kwargs)

    def _write_back(
        self, changed: Any, unpacker: Unpacker, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        """What the student's code left in the arrays that were passed: its word is enough here."""
        if not isinstance(changed, list) or len(changed) > len(args) + len(kwargs):
            raise ProtocolError("the changed arguments are malformed")
        for pair in changed:
            if not isinstance(pair, list) or len(pair) != 2:
                raise ProtocolError("a changed argument is malformed")
            key, tree = pair
            _leave_in(_passed(key, args, kwargs), unpacker.unpack(tree))

    def _remote(self, reference: Reference) -> Any:
        self._session.hold(reference.number)
        return (
            RemoteCallable(self, reference) if reference.kind == "callable" else RemoteObject(self, reference)
        )


def _passed(key: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    return args[key] if type(key) is int and 0 <= key < len(args) else kwargs.get(str(key))


def _leave_in(ours: Any, theirs: Any) -> None:
    """Make what was passed what it is over there after the call."""
    if type(ours) is not type(theirs):
        raise ProtocolError("a changed argument is of another kind")
    if isinstance(ours, np.ndarray):
        if ours.shape != theirs.shape or ours.dtype != theirs.dtype:
            raise CheckFailed(
                Finding("The call changed the shape or the dtype of an array that it was given.")
            )
        if ours.flags.writeable:
            ours[...] = theirs
    elif isinstance(ours, dict):
        kept = {key: _kept(ours.get(key), new) for key, new in theirs.items()}
        ours.clear()
        ours.update(kept)
    elif isinstance(ours, list | tuple):
        kept_items = [_kept(old, new) for old, new in zip_longest(ours, theirs)][: len(theirs)]
        if isinstance(ours, list):
            ours[:] = kept_items


def _kept(old: Any, new: Any) -> Any:
    """The part of a list or dict after the call: the same object where it can be the same."""
    if type(old) is not type(new) or not isinstance(old, np.ndarray | list | tuple | dict):
        return new
    _leave_in(old, new)
    return old


def _with_views(value: Any, views: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """The result, with views of what was passed where the student's code returned such.

    That they are views is its word; they are taken only where they hold what it sent.
    """
    if not isinstance(views, list) or len(views) > _MOST_VIEWS:
        raise ProtocolError("the views are malformed")
    parts = list(value) if isinstance(value, list | tuple) else [value]
    for view in views:
        if not isinstance(view, list) or len(view) != 4:
            raise ProtocolError("a view is malformed")
        place, key, first, strides = view
        ours = _passed(key, args, kwargs)
        place = max(place, 0) if type(place) is int else len(parts)
        if place < len(parts) and type(ours) is np.ndarray and type(parts[place]) is np.ndarray:
            parts[place] = _view(ours, parts[place], first, strides)
    if isinstance(value, list | tuple):
        return type(value)(parts)
    return parts[0]


def _view(ours: np.ndarray, theirs: np.ndarray, first: Any, strides: Any) -> np.ndarray:
    base = ours if ours.flags.c_contiguous else ours.T
    if not base.flags.c_contiguous:
        return theirs
    if not _within(base.nbytes, theirs, first, strides):
        return theirs
    try:
        seen: np.ndarray = np.ndarray(theirs.shape, theirs.dtype, base, first, tuple(strides))
    except (TypeError, ValueError, OverflowError):
        return theirs
    return seen if seen.tobytes() == theirs.tobytes() else theirs


def _within(size: int, theirs: np.ndarray, first: Any, strides: Any) -> bool:
    """Whether all of a view lies in a buffer of `size` bytes: numpy's own look at it runs over."""
    if type(first) is not int or not isinstance(strides, list) or len(strides) != theirs.ndim:
        return False
    if not all(type(stride) is int for stride in strides):
        return False
    reach = [stride * (n - 1) for stride, n in zip(strides, theirs.shape, strict=True)]
    lowest, highest = (first + sum(pick(0, r) for r in reach) for pick in (min, max))
    return theirs.size > 0 and lowest >= 0 and highest + theirs.itemsize <= size


class RemoteObject:
    """An object of a class that the student wrote: attributes and methods by name."""

    def __init__(self, link: _Link, reference: Reference) -> None:
        self._link, self._reference = link, reference

    def __del__(self) -> None:
        self._link.drop(self._reference.number)

    def __getattr__(self, name: str) -> Any:
        return self._link.read(self._reference.number, name)

    def __repr__(self) -> str:
        return f"<the student's {self._reference.type_name}>"


class RemoteCallable:
    """A function, class or method of the student's, or one that was defined over there."""

    def __init__(self, link: _Link, reference: Reference) -> None:
        self._link, self._reference = link, reference

    def __del__(self) -> None:
        self._link.drop(self._reference.number)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._link.call(self._reference.number, args, kwargs)

    def __getattr__(self, name: str) -> Any:
        return self._link.read(self._reference.number, name)

    def __repr__(self) -> str:
        return f"<the student's {self._reference.type_name}>"


def _refer(value: Any) -> Reference | Unreadable:
    if isinstance(value, RemoteObject | RemoteCallable):
        return value._reference
    raise TypeError(f"a check passed a {type(value).__name__}, which cannot cross to the student's process")
