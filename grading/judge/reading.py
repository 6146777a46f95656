"""Any bytes to a notebook of format 4, or to the reason why not.

`read_bytes(path)` takes a file that a student may have put there: no symbolic link, no pipe, no device, not
without bound. `read_notebook(raw)` parses. Both return a `ReadProblem` instead of raising: whatever is
wrong with a submission is a fact about it, and the rest of the class is graded.

The student's file is parsed with `json` alone and looked at field by field: `sanitise` takes nothing but
ids, types and sources out of it, so a full validation would only refuse work that can be graded. nbformat
upgrades format 3.
"""

from __future__ import annotations

import json
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["MAX_BYTES", "Notebook", "ReadProblem", "read_bytes", "read_notebook"]

Notebook = dict[str, Any]

# An honest notebook with many pictures has a few MB. Parsed JSON takes up to some 30 times its size.
MAX_BYTES = 32 * 1024 * 1024
_MAX_CELLS = 5000
_MAX_SOURCE = 1024 * 1024
# Of all code cells together: parsing them takes up to ten seconds for each MB.
_MAX_CODE = 2 * 1024 * 1024
_CELL_TYPES = ("code", "markdown", "raw")


@dataclass(frozen=True)
class ReadProblem:
    """Why there is no notebook, as a sentence for student and staff."""

    reason: str


def read_bytes(path: Path, *, max_bytes: int = MAX_BYTES) -> bytes | ReadProblem:
    """The content of a plain file; never waits on a pipe and never follows a symbolic link."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return ReadProblem("The notebook is missing.")
    except (OSError, ValueError) as error:
        if path.is_symlink():
            return ReadProblem("The notebook is a symbolic link, not a file.")
        return ReadProblem(f"The notebook cannot be read ({getattr(error, 'strerror', None) or 'bad name'}).")
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        return ReadProblem("The notebook is not a plain file.")
    with os.fdopen(descriptor, "rb") as file:
        try:
            raw = file.read(max_bytes + 1)
        except OSError as error:
            return ReadProblem(f"The notebook cannot be read ({error.strerror}).")
    return raw if len(raw) <= max_bytes else _enormous(max_bytes)


def read_notebook(raw: bytes, *, max_bytes: int = MAX_BYTES) -> Notebook | ReadProblem:
    """A notebook of format 4 whose cells have a known type, a text as source and a dict as metadata.

    Returns
    -------
    dict or ReadProblem
        Of each cell only `cell_type`, `source` (str), `metadata` (dict) and `id` (str, "" without one).
    """
    if len(raw) > max_bytes:
        return _enormous(max_bytes)
    if not raw.strip(b" \t\r\n\0\xef\xbb\xbf"):
        return ReadProblem("The notebook is empty.")
    try:
        data = json.loads(_decoded(raw))
    except RecursionError:
        return ReadProblem("The notebook is nested too deeply to be one.")
    except UnicodeDecodeError as error:
        if raw.lstrip()[:1] != b"{":
            return ReadProblem("The file is not JSON, so it is not a notebook.")
        return ReadProblem(
            f"The file is not text in UTF-8, as a notebook is: byte {error.start} belongs to no letter. "
            "Was it saved by a program that is not Jupyter? Save it in JupyterLab and hand it in again."
        )
    except (ValueError, MemoryError):
        # Also half-saved files, and numbers of more digits than Python reads.
        return ReadProblem("The file is not JSON, so it is not a notebook, or it was only half saved.")
    if not isinstance(data, dict):
        return ReadProblem("The file is JSON, but not a notebook.")
    return _of_format_4(data)


def _decoded(raw: bytes) -> str:
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return raw.decode("utf-16")
    return raw.decode("utf-8-sig")


def _enormous(max_bytes: int) -> ReadProblem:
    return ReadProblem(
        f"The notebook is larger than {max_bytes // 2**20} MB. "
        "Clear its outputs, save it and hand it in again."
    )


def _of_format_4(data: dict[str, Any]) -> Notebook | ReadProblem:
    version = data.get("nbformat")
    if isinstance(version, bool) or not isinstance(version, int):
        return ReadProblem("The file is JSON, but not a notebook.")
    if version == 3:
        upgraded = _upgraded(data)
        if upgraded is None:
            return ReadProblem(
                "The notebook has the old format 3 and cannot be converted. "
                "Open it in JupyterLab and save it again."
            )
        data = upgraded
    elif version != 4:
        known = f"format {version}" if 0 < version < 100 else "an unknown format"
        return ReadProblem(f"The notebook has {known}; format 4 is needed.")
    cells = data.get("cells")
    if not isinstance(cells, list):
        return ReadProblem("The file is JSON, but not a notebook: it has no cells.")
    if len(cells) > _MAX_CELLS:
        return ReadProblem(f"The notebook has more than {_MAX_CELLS} cells.")
    kept = [cell for cell in map(_cell, cells) if cell is not None]
    if sum(len(cell["source"]) for cell in kept if cell["cell_type"] == "code") > _MAX_CODE:
        return ReadProblem(
            f"The code cells of the notebook hold more than {_MAX_CODE // 2**20} MB of text. "
            "Take out what is no code, such as pasted data, and hand it in again."
        )
    return {"nbformat": 4, "cells": kept}


def _cell(cell: Any) -> dict[str, Any] | None:
    """What is needed of one cell; None where there is nothing to be saved."""
    if not isinstance(cell, dict) or cell.get("cell_type") not in _CELL_TYPES:
        return None
    source = cell.get("source", "")
    if isinstance(source, list):
        source = "".join(line for line in source if isinstance(line, str))
    if not isinstance(source, str):
        return None
    metadata = cell.get("metadata")
    name = cell.get("id")
    return {
        "cell_type": cell["cell_type"],
        "source": _clean(source[:_MAX_SOURCE]),
        "metadata": metadata if isinstance(metadata, dict) else {},
        "id": name if isinstance(name, str) else "",
    }


def _clean(text: str) -> str:
    """Line ends as Python has them; no null bytes, no half characters: no database and no file takes them."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\N{REPLACEMENT CHARACTER}")
    return text.encode("utf-8", "replace").decode("utf-8")


def _upgraded(data: dict[str, Any]) -> dict[str, Any] | None:
    # nbformat takes a second to import, and format 3 is rare.
    import nbformat

    try:
        upgraded = nbformat.convert(nbformat.from_dict(data), 4)  # type: ignore[no-untyped-call,unused-ignore]
    except Exception:  # the file may hold anything, and nbformat raises whatever its code meets
        return None
    return upgraded if isinstance(upgraded, dict) else None
