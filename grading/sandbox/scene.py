"""What an attempt of the doctor is, and what it may touch.

    Scene    what was planted: files, a bait process, the scratch folder
    Attempt  something that has to be denied
    group    attempts that the same layer stops

Every attempt is written to do no harm where nothing stops it: the tests run each of them unlocked as well, to
see that it is the lock that stops it. An attempt that returns went through; one that raises says what stopped
it. Some calls take bogus arguments on purpose: unlocked, the kernel looks at them and complains about them;
locked, it does not get that far.
"""

from __future__ import annotations

import dataclasses
import errno
from collections.abc import Callable
from pathlib import Path

from grading.sandbox.limits import Limits

__all__ = ["Attempt", "Row", "Scene", "group"]


@dataclasses.dataclass(frozen=True)
class Scene:
    """What was planted.

    Parameters
    ----------
    outside : Path
        A folder beside the scratch folder, with a file `secret` that the same user may read and change.
    scratch : Path
        The scratch folder.
    bait : int
        A process of the same user that only sleeps.
    descriptor : int
        An open descriptor of the secret file, which nobody asked to keep.
    limits : Limits
        The limits in force.
    """

    outside: Path
    scratch: Path
    bait: int
    descriptor: int
    limits: Limits

    @property
    def secret(self) -> Path:
        """The planted file."""
        return self.outside / "secret"


@dataclasses.dataclass(frozen=True)
class Attempt:
    """Something that has to be denied.

    Parameters
    ----------
    name : str
        What is tried.
    layers : tuple of str
        The layers that stop it, each of them alone (capabilities: for root).
    run : callable
        Tries it.
    errors : frozenset of int
        The errno with which it is stopped.
    signal : int or None
        The signal that ends the child instead.
    """

    name: str
    layers: tuple[str, ...]
    run: Callable[[Scene], object]
    errors: frozenset[int] = frozenset({errno.EPERM, errno.EACCES})
    signal: int | None = None


Row = tuple[str, Callable[[Scene], object]]

_ALSO = {
    "leave the scratch folder by a symbolic link": ("landlock",),
    "make a named pipe": ("landlock",),
    "run a program": ("landlock",),
    "signal another process": ("landlock",),
    "signal the parent": ("landlock",),
    "signal a thread of another process": ("landlock",),
    "signal a thread by its number": ("landlock",),
    "signal another process with data": ("landlock",),
    "trace another process": ("landlock", "capabilities"),
    "compare with another process": ("landlock", "capabilities"),
    "pin another process to processors": ("capabilities",),
    "change the priority of another process": ("capabilities",),
    "change the scheduling of another process": ("capabilities",),
    "change the root folder": ("capabilities",),
    "mount": ("landlock", "capabilities"),
    "open a socket of family PACKET": ("capabilities",),
    "read the environment of another process": ("capabilities",),
    "open the memory of another process": ("capabilities",),
}
"""Other layers that stop an attempt when its own is missing."""


def group(layer: str, *rows: Row) -> tuple[Attempt, ...]:
    """Attempts that one layer stops, and perhaps others as well."""
    return tuple(Attempt(name, (layer, *_ALSO.get(name, ())), run) for name, run in rows)
