"""Files that are written whole or not at all, also where the process is killed in the middle.

write_whole   a text to a file
partial       the name beside it under which a file is written
sweep         take away what runs that were killed left under such names
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

__all__ = ["partial", "sweep", "write_whole"]

_PARTIAL = re.compile(r"\..+\.(\d+)\.partial")


def partial(path: Path) -> Path:
    """The name under which this process writes the file; it names the process."""
    return path.with_name(f".{path.name}.{os.getpid()}.partial")


def write_whole(path: Path, text: str) -> None:
    """Write a file, and its folder where there is none.

    Raises
    ------
    OSError
        It cannot be written; what was there before is still there.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    new = partial(path)
    try:
        new.write_text(text, encoding="utf-8")
        os.replace(new, path)
    except BaseException:
        with suppress(OSError):
            new.unlink(missing_ok=True)
        raise


def sweep(folders: Iterable[Path]) -> None:
    """Remove the partial files in these folders whose process is gone; one that stays is harmless."""
    for folder in folders:
        with suppress(OSError):
            for path in folder.iterdir():
                found = _PARTIAL.fullmatch(path.name)
                if found and not _runs(int(found[1])):
                    path.unlink()


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        pass
    return True
