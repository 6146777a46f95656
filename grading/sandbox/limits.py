"""How much time, memory and disk one notebook may use.

`Limits` is plain data that both sides share. The kernel enforces `memory_bytes`, `file_bytes`, `open_files`
and `notebook_cpu_seconds` in the child (`locks.lock_down`); everything else is watched from outside by the
host, because a student can catch whatever is raised inside.

Why memory is counted as address space above a baseline: a forked child starts with everything that the zygote
has mapped (numpy, matplotlib and their libraries, some hundred MiB of addresses that cost no memory), and a
limit that counts them would change with every version of a library. `RLIMIT_DATA` would leave them out but
also leaves out shared anonymous mappings (`mmap.mmap(-1, n)`), so that a memory bomb passes it; `RLIMIT_AS`
counts both.

Why there is no `RLIMIT_NPROC`: it counts all processes of a *user*, so that a class graded in parallel, or an
open browser, would use up the student's share, and it does not bind root at all. Processes cannot be made in
the sandbox (seccomp); threads can, each takes its stack out of `memory_bytes`, and the host ends a child with
more than `threads`.
"""

from __future__ import annotations

import dataclasses
import math

__all__ = ["KIB", "MIB", "Limits"]

KIB = 1024
MIB = 1024 * KIB


@dataclasses.dataclass(frozen=True)
class Limits:
    """What one notebook may use; the defaults suit a cell of this course several times over.

    Parameters
    ----------
    cell_wall_seconds, cell_cpu_seconds : float
        One cell, by the clock and by the processor time of all its threads.
    notebook_wall_seconds, notebook_cpu_seconds : float
        All cells and calls of one notebook. The kernel ends a child at its processor time even if the host is
        gone.
    call_wall_seconds : float
        One request of the judge: a call, an attribute, a definition.
    memory_bytes : int
        Address space on top of what the child starts with.
    scratch_bytes, scratch_files : int
        Everything in the scratch folder together, and how many files and folders.
    file_bytes : int
        One file.
    output_bytes : int
        Everything that a notebook prints or displays.
    message_bytes : int
        One message between judge and child, either way.
    threads : int
        Threads of the child, its first one included.
    open_files : int
        Descriptors that are open at the same time.

    Raises
    ------
    ValueError
        A limit is not a finite number above zero, or a part is larger than its whole.

    Examples
    --------
    >>> Limits(cell_wall_seconds=5).cell_wall_seconds
    5
    >>> Limits(open_files=0)
    Traceback (most recent call last):
    ...
    ValueError: open_files is 0, and a limit has to be a finite number above zero
    """

    cell_wall_seconds: float = 20
    cell_cpu_seconds: float = 15
    notebook_wall_seconds: float = 120
    notebook_cpu_seconds: float = 120
    call_wall_seconds: float = 10
    memory_bytes: int = 2048 * MIB
    scratch_bytes: int = 64 * MIB
    scratch_files: int = 256
    file_bytes: int = 64 * MIB
    output_bytes: int = 4 * MIB
    message_bytes: int = 256 * MIB
    threads: int = 64
    open_files: int = 64

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            whole = field.name.endswith(("_bytes", "_files", "threads"))
            if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)):
                raise ValueError(
                    f"{field.name} is {value!r}, and it has to be {'an int' if whole else 'a number'}"
                )
            if not (math.isfinite(value) and value > 0):
                raise ValueError(
                    f"{field.name} is {value!r}, and a limit has to be a finite number above zero"
                )
        for part, of_whole in _PARTS:
            if getattr(self, part) > getattr(self, of_whole):
                raise ValueError(f"{part} is above {of_whole}, of which it is a part")


_PARTS = (
    ("cell_wall_seconds", "notebook_wall_seconds"),
    ("cell_cpu_seconds", "notebook_cpu_seconds"),
    ("call_wall_seconds", "notebook_wall_seconds"),
    ("file_bytes", "scratch_bytes"),
)
