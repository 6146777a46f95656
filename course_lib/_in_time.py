"""Ends what takes too long, by an alarm; a call that blocks inside C is ended too.

Where no alarm can be had (another thread than the main one, no Unix, somebody else's alarm that is running)
the block runs as long as it likes.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["TooLong", "ended_after"]


class TooLong(BaseException):
    """The time is over; no `except Exception` of an answer holds it up."""


@contextmanager
def ended_after(seconds: float) -> Iterator[None]:
    """Raise `TooLong` inside the block once it has taken `seconds`.

    Examples
    --------
    >>> with ended_after(60):
    ...     print("in time")
    in time
    """
    alarm = getattr(signal, "SIGALRM", None)
    if (
        alarm is None
        or threading.current_thread() is not threading.main_thread()
        or signal.getitimer(signal.ITIMER_REAL)[0]
    ):
        yield
        return

    def end(number: int, frame: FrameType | None) -> None:
        raise TooLong

    handler = signal.signal(alarm, end)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(alarm, handler)
