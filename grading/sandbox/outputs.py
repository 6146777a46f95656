"""What a student's process calls the outputs of a cell, as valid outputs of a notebook or not at all.

valid_outputs   a checked copy, capped; ProtocolError where it is none

An honest traceback or warning names the files of the machine that grades, down to the home of who grades:
`_text` shortens these. It is courtesy, not a lock: whoever can read a path can also spell it otherwise.
"""

from __future__ import annotations

import base64
import binascii
import re
import sys
import sysconfig
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from grading.sandbox.codec import ProtocolError

__all__ = ["valid_outputs"]

_MIME = re.compile(r"[a-z]+/[a-z0-9.+-]{1,80}")
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f\ud800-\udfff]")
_MOST = 2000
_DEEPEST = 50


def valid_outputs(outputs: Any, limit: int) -> tuple[dict[str, Any], ...]:
    """A copy of `outputs` that nbformat accepts.

    Parameters
    ----------
    outputs : object
        As it came.
    limit : int
        Bytes of all texts together; the rest is left out.

    Raises
    ------
    ProtocolError
        It is no list of outputs.
    """
    if not isinstance(outputs, list):
        raise ProtocolError("the outputs of a cell are no list")
    kept, used = [], 0
    for output in outputs[:_MOST]:
        if not isinstance(output, dict):
            raise ProtocolError("an output is no object")
        made = _one(output)
        used += sum(len(str(value)) for value in made.get("data", made).values())
        if used > 2 * limit:
            break
        kept.append(made)
    return tuple(kept)


def _one(output: dict[str, Any]) -> dict[str, Any]:
    kind = output.get("output_type")
    if kind == "stream":
        name = "stderr" if output.get("name") == "stderr" else "stdout"
        return {"output_type": "stream", "name": name, "text": _text(output.get("text"))}
    if kind == "error":
        lines = output.get("traceback")
        told = {"ename": _text(output.get("ename")), "evalue": _text(output.get("evalue"))}
        traceback = [_text(line) for line in lines[:_MOST]] if isinstance(lines, list) else []
        return {"output_type": "error", **told, "traceback": traceback}
    if kind in ("display_data", "execute_result"):
        shown = {"output_type": kind, "data": _data(output.get("data")), "metadata": {}}
        if kind == "execute_result":
            count = output.get("execution_count")
            shown["execution_count"] = count if type(count) is int and 0 <= count < 10**6 else None
        return shown
    raise ProtocolError("an output is of no known type")


def _data(data: Any) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise ProtocolError("an output has no data")
    found: dict[str, Any] = {}
    for mime, content in data.items():
        if not _MIME.fullmatch(mime):
            continue
        if mime.startswith("image/") and mime != "image/svg+xml":
            if isinstance(content, str) and _is_base64(content):
                found[mime] = content
        elif isinstance(content, str):
            found[mime] = _text(content)
        elif mime.endswith("json") and isinstance(content, dict | list):
            found[mime] = _tree(content)
    return found


def _tree(value: Any, depth: int = 0) -> Any:
    """A copy of JSON that whoever writes it again can walk: not too deep, and its texts are texts."""
    if depth > _DEEPEST:
        raise ProtocolError("an output is nested too deep")
    if isinstance(value, dict):
        return {_text(key): _tree(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list):
        return [_tree(item, depth + 1) for item in value]
    return _text(value) if isinstance(value, str) else value


def _is_base64(content: str) -> bool:
    try:
        base64.b64decode("".join(content.split()), validate=True)
    except (binascii.Error, ValueError):
        return False
    return True


def _text(value: Any) -> str:
    if not isinstance(value, str):
        return ""
    shortened, names = _host_paths()
    text = shortened.sub(lambda found: names.get(found[0], "."), value)
    return _UNPRINTABLE.sub("�", text)


@cache
def _host_paths() -> tuple[re.Pattern[str], dict[str, str]]:
    """What finds the folders of this machine, and what is shown for each; for a scratch folder it is "."."""
    paths = sysconfig.get_paths()
    named = {paths[key]: Path(paths[key]).name for key in ("purelib", "platlib", "stdlib", "platstdlib")}
    if sys.prefix != sys.base_prefix:
        named.setdefault(sys.prefix, "python")
    named.setdefault(str(Path(__file__).resolve().parents[2]), "course")
    scratch = re.escape(tempfile.gettempdir()) + r"(?:/grading-\w+-\w+)?/sandbox-\w+(?:/tmp\w+)?"
    longest_first = sorted(map(re.escape, named), key=len, reverse=True)
    return re.compile(rf"(?:{'|'.join([*longest_first, scratch])})(?![\w-])"), named
