"""Landlock: which files a process may open, and nothing beyond them.

    abi       version of the interface that this kernel offers, 0 for none
    restrict  put rules in force for this process, for good

Theory of operation. A ruleset names the kinds of access that it *handles*; each is then denied everywhere
except below the folders that a rule grants it for. We handle every kind that the kernel knows, also kinds
that are newer than this module (found by asking), so that a newer kernel denies more and never less. Landlock
cannot subtract: nothing secret may lie below a readable folder. It does not control `stat`, `readlink`,
`chdir`, chmod, utime or chown: the calls that change something are left out of seccomp's list; that a path
exists, and its size and times, can be seen by a student.

From version 4 it also denies TCP, from 5 commands to devices, from 6 Unix sockets with abstract names and
signals to processes outside. Where a kernel is older, seccomp alone covers these.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import os
import stat
import struct
from collections.abc import Callable, Iterable
from pathlib import Path

from grading.sandbox import kernel

__all__ = ["MINIMUM_ABI", "abi", "restrict"]

MINIMUM_ABI = 3
"""From this version on truncating is controlled; before, any file that can be reached could be emptied."""

_WRITE_FILE, _READ_FILE, _READ_DIR, _REMOVE_DIR, _REMOVE_FILE = 1 << 1, 1 << 2, 1 << 3, 1 << 4, 1 << 5
_MAKE_DIR, _MAKE_REGULAR, _REFER, _TRUNCATE = 1 << 7, 1 << 8, 1 << 13, 1 << 14
_READ = _READ_FILE | _READ_DIR
_WRITE = _READ | _WRITE_FILE | _TRUNCATE | _REMOVE_DIR | _REMOVE_FILE | _MAKE_DIR | _MAKE_REGULAR | _REFER
_FILE_KINDS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16, 6: 16, 7: 16}
"""How many kinds of access to files each version knows; they are bits counted from 0."""
_NEWEST = max(_FILE_KINDS)


@functools.cache
def abi() -> int:
    """Version of Landlock that this kernel offers; 0 where it is missing or switched off."""
    ask_version = 1
    try:
        return kernel.syscall("landlock_create_ruleset", None, 0, ask_version)
    except OSError:
        return 0


@functools.cache
def _handled(version: int) -> bytes:
    """All kinds of access that this kernel knows, as its `struct landlock_ruleset_attr`."""
    files = (1 << _FILE_KINDS[min(version, _NEWEST)]) - 1
    network = 0b11 if version >= 4 else 0
    scopes = 0b11 if version >= 6 else 0
    size = 8 if version < 4 else 16 if version < 6 else 24
    if version > _NEWEST:
        files = _widened(files, lambda wider: struct.pack("=QQQ", wider, network, scopes))
        network = _widened(network, lambda wider: struct.pack("=QQQ", files, wider, scopes))
        scopes = _widened(scopes, lambda wider: struct.pack("=QQQ", files, network, wider))
    return struct.pack("=QQQ", files, network, scopes)[:size]


def _widened(mask: int, attribute: Callable[[int], bytes]) -> int:
    """Add the next kind of access as long as the kernel knows it."""
    while True:
        wider = mask << 1 | 1
        try:
            os.close(_create(attribute(wider)))
        except OSError:
            return mask
        mask = wider


def _create(attribute: bytes) -> int:
    return kernel.syscall("landlock_create_ruleset", attribute, len(attribute), 0)


def restrict(
    read: Iterable[Path], write: Path, devices: Iterable[Path] = (), *, optional: Iterable[Path] = ()
) -> str:
    """Let this process read below `read`, write below `write`, and open nothing else.

    Parameters
    ----------
    read : iterable of Path
        Files and folders; what is in a folder may be read and listed, at any depth.
    write : Path
        The folder in which files and folders may be made, read, changed and removed.
    devices : iterable of Path
        Files that may be read and written, such as the null device; a missing one is passed over.
    optional : iterable of Path
        As `read`; what does not exist or cannot be reached is passed over.

    Returns
    -------
    str
        What is in force.

    Raises
    ------
    Lacking
        The kernel's Landlock is missing or older than version 3. Version 1 and 2 are put in force all the
        same.
    OSError
        A path cannot be opened, or no_new_privs is not set.
    """
    version = abi()
    if version == 0:
        raise kernel.Lacking("this kernel has no Landlock, or it is not switched on at boot")
    handled = _handled(version)
    files = int.from_bytes(handled[:8], "little")
    ruleset = _create(handled)
    try:
        for path in read:
            _grant(ruleset, path, files & _READ)
        for path in optional:
            with contextlib.suppress(FileNotFoundError, PermissionError, NotADirectoryError):
                _grant(ruleset, path, files & _READ)
        for path in devices:
            with contextlib.suppress(FileNotFoundError, PermissionError):
                _grant(ruleset, path, files & (_READ_FILE | _WRITE_FILE))
        _grant(ruleset, write, files & _WRITE)
        kernel.syscall("landlock_restrict_self", ruleset, 0)
    finally:
        os.close(ruleset)
    if version < MINIMUM_ABI:
        raise kernel.Lacking(
            f"this kernel's Landlock is version {version}, and only {MINIMUM_ABI} or later sees truncating"
        )
    kinds = {"files": 1, "TCP": 4, "devices": 5, "abstract sockets": 6, "signals": 6}
    return f"version {version}: {', '.join(kind for kind, since in kinds.items() if version >= since)}"


def _grant(ruleset: int, path: Path, access: int) -> None:
    handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        if not stat.S_ISDIR(os.fstat(handle).st_mode):
            access &= _READ_FILE | _WRITE_FILE | _TRUNCATE
        path_beneath = 1
        rule = ctypes.create_string_buffer(struct.pack("=Qi", access, handle), 12)
        kernel.syscall("landlock_add_rule", ruleset, path_beneath, rule, 0)
    finally:
        os.close(handle)
