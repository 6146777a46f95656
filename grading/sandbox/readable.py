"""What a sandbox child may read: the interpreter and its libraries, no more.

    interpreter_paths   folders and files of Python, the installed packages and the shared libraries
    devices             device files that may be read and written
    below               whether a path lies below a folder, symbolic links followed

Landlock cannot subtract, so each of these is granted with all that lies below it. That is why a folder that
holds both packages and something secret (a checkout, a home) is never in the list, only the library folders
inside it.
"""

from __future__ import annotations

import functools
import site
import sys
import sysconfig
from pathlib import Path

__all__ = ["below", "devices", "interpreter_paths"]


@functools.cache
def interpreter_paths() -> tuple[Path, ...]:
    """Folders and files that Python, numpy, IPython and matplotlib read after they have started.

    The answer is remembered: ask once before forking.
    """
    base = Path(sys.base_prefix)
    python = [base / "lib", base / "lib64"]
    python += [
        Path(path)
        for key, path in sysconfig.get_paths().items()
        if key in {"stdlib", "platstdlib", "purelib", "platlib"}
    ]
    python += [Path(path) for path in site.getsitepackages()]
    shared = [
        Path(path)
        for path in ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/usr/local/lib64")
    ]
    data = [
        Path(path)
        for path in (
            "/usr/share/fonts",
            "/usr/share/zoneinfo",
            "/etc/localtime",
            "/etc/ld.so.cache",
            "/dev/urandom",
        )
    ]
    found: list[Path] = []
    for path in sorted({path.resolve() for path in python + shared + data if _reachable(path)}):
        if not any(path.is_relative_to(other) for other in found):
            found.append(path)
    return tuple(found)


def devices() -> tuple[Path, ...]:
    """Device files that a program expects to be able to write."""
    return (Path("/dev/null"),)


def below(path: Path, folder: Path) -> bool:
    """Whether a path is the folder or lies in it.

    Examples
    --------
    >>> below(Path("/usr/lib/x"), Path("/usr/lib")), below(Path("/usr/library"), Path("/usr/lib"))
    (True, False)
    """
    return path.resolve().is_relative_to(folder.resolve())


def _reachable(path: Path) -> bool:
    try:
        return path.exists()
    except PermissionError:
        return False
