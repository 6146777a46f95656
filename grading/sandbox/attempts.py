"""What a sandbox child must not be able to do: all attempts together, for the doctor and the tests.

    DENIED   files (`attempts_files`), processes and the kernel (`attempts_kernel`), and the limits here

See `scene` for how an attempt is written.
"""

from __future__ import annotations

import errno
import mmap
import os
import resource
import struct

from grading.sandbox import kernel
from grading.sandbox.attempts_files import FILES
from grading.sandbox.attempts_kernel import KERNEL
from grading.sandbox.limits import MIB
from grading.sandbox.scene import Attempt, Scene

__all__ = ["DENIED", "Attempt", "Scene"]


def _private_memory(scene: Scene) -> None:
    mmap.mmap(-1, scene.limits.memory_bytes + 64 * MIB, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)


def _shared_memory(scene: Scene) -> None:
    mmap.mmap(-1, scene.limits.memory_bytes + 64 * MIB)


def _large_file(scene: Scene) -> None:
    with open(scene.scratch / "large", "wb") as file:
        file.truncate(scene.limits.file_bytes + 1)


def _many_files(scene: Scene) -> None:
    handles: list[int] = []
    try:
        while len(handles) <= scene.limits.open_files:
            handles.append(os.open(scene.scratch, os.O_RDONLY))
    finally:
        for handle in handles:
            os.close(handle)


def _raise_limit(_scene: Scene) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    if hard == resource.RLIM_INFINITY:
        return
    kernel.syscall("prlimit64", 0, resource.RLIMIT_AS, struct.pack("=QQ", hard, hard + MIB), None)


_LIMITS = (
    Attempt("take more memory than allowed", ("limits",), _private_memory, frozenset({errno.ENOMEM})),
    Attempt("share more memory than allowed", ("limits",), _shared_memory, frozenset({errno.ENOMEM})),
    Attempt("make a file larger than allowed", ("limits",), _large_file, frozenset({errno.EFBIG})),
    Attempt("open more files than allowed", ("limits",), _many_files, frozenset({errno.EMFILE})),
    Attempt("raise its own limit", ("limits",), _raise_limit),
    Attempt(
        "read from a descriptor it was not given",
        ("descriptors",),
        lambda scene: os.read(scene.descriptor, 1),
        frozenset({errno.EBADF}),
    ),
)

DENIED: tuple[Attempt, ...] = (*FILES, *KERNEL, *_LIMITS)
"""Everything that has to fail."""
