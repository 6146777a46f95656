"""The instructor's copy of one notebook, and the versions that a result rests on."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import course_lib
from grading.judge.reading import Notebook

__all__ = ["Release", "ReleaseError", "code_digest", "environment", "read_release"]

_GRADING = Path(__file__).parents[1]
_HIDDEN = _GRADING / "checks"


class ReleaseError(Exception):
    """A released notebook is missing or is none; says what, why and how to mend it."""


@dataclass(frozen=True)
class Release:
    """A released notebook, with the hash of its file."""

    name: str
    notebook: Notebook
    digest: str

    @property
    def earlier(self) -> tuple[str, ...]:
        """The notebooks whose layers its set-up asks for (`course_lib.earlier`)."""
        asked = (
            _EARLIER.findall("".join(cell["source"])) for cell in self.notebook["cells"] if _sets_up(cell)
        )
        return tuple(dict.fromkeys(name for found in asked for name in found))


_EARLIER = re.compile(r"""\bearlier\(\s*["'](\w+)["']""")


def _sets_up(cell: dict[str, Any]) -> bool:
    return bool(cell.get("metadata", {}).get("course", {}).get("role") == "setup")


def read_release(path: Path) -> Release:
    """The released notebook in `path`.

    Raises
    ------
    ReleaseError
        When there is none.
    """
    try:
        raw = path.read_bytes()
        notebook = json.loads(raw)
        if notebook["nbformat"] != 4 or not all(cell["cell_type"] for cell in notebook["cells"]):
            raise ValueError("its format is not 4")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ReleaseError(
            f"The released notebook {path.name} cannot be read.\nWhy: {error}.\n"
            "Mend: build the release again (make notebooks)."
        ) from error
    return Release(path.stem, notebook, hashlib.sha256(raw).hexdigest()[:16])


def environment(notebook: str) -> tuple[str, str]:
    """The versions of `course_lib` and of this notebook's checks, each with a hash of what is there.

    A change of either, of the judge or of the sandbox makes old results stale; the hidden checks of other
    notebooks do not. It is taken once a process: files that change later are not what runs in it.
    """
    library, judge, checks = _code()
    own = [one for name, one in checks if name.startswith(f"test_{notebook.partition('_')[0]}_")]
    return library, hashlib.sha256("".join([judge, *own]).encode()).hexdigest()[:16]


def code_digest() -> str:
    """One hash of all code that gives results, taken at the same moment as `environment`."""
    return hashlib.sha256(repr(_code()).encode()).hexdigest()


@cache
def _code() -> tuple[str, str, tuple[tuple[str, str], ...]]:
    library = _hash([*Path(course_lib.__file__).parent.rglob("*.py")])
    judge = [
        *(_GRADING / "judge").rglob("*.py"),
        *(_GRADING / "sandbox").rglob("*.py"),
        *_HIDDEN.glob("[!t]*.py"),
    ]
    checks = tuple((path.name, _hash([path])) for path in sorted(_HIDDEN.glob("test_*.py")))
    return f"{course_lib.__version__}+{library}", _hash(judge), checks


def _hash(paths: list[Path]) -> str:
    total = hashlib.sha256()
    for path in sorted(paths):
        total.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return total.hexdigest()[:16]
