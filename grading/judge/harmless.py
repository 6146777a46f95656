"""What a student's code or text may bring into a page that others look at: made harmless.

nbgrader's feedback and formgrader show a notebook as HTML and trust it: HTML, SVG and Markdown outputs go
in as they are, and so does HTML inside text cells. Outputs are reduced to plain text, PNG and JPEG pictures
and cleaned HTML (`bleach`, which nbconvert itself uses); everything that can hold a script is dropped. Text
cells keep their Markdown and formulas, but can neither open a tag nor make a link.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

__all__ = ["Room", "clean", "harmless_outputs", "harmless_text"]

_PICTURES = {"image/png": b"\x89PNG\r\n\x1a\n", "image/jpeg": b"\xff\xd8\xff"}
_TAGS = frozenset(
    re.findall(
        r"\w+",
        "b blockquote br code dd div dl dt em h1 h2 h3 h4 h5 h6 hr i li ol p pre s small span strong sub sup "
        "table tbody td tfoot th thead tr u ul",
    )
)
_ATTRIBUTES = {"td": ["colspan", "rowspan"], "th": ["colspan", "rowspan"]}
# A page with more text in one output is of no use to anybody.
_MOST = 50_000
_JOINER = "\N{WORD JOINER}"
# Colours are kept (nbconvert shows them); whatever else a terminal would obey is not.
_ESCAPES = re.compile(r"\x1b(?!\[[0-9;]*m)(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\^_])?")
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_FORMULA = re.compile(
    r"\\(href|url|require|style|class|cssId|data|html\w*|unicode|includegraphics|[gex]?def|let|new\w*|renew\w*|mml\w*"
    r"|bbox|Declare\w*)\b"
)


def clean(text: str, most: int) -> str:
    """Text for a table or a terminal: at most `most` characters, nothing that a terminal would obey.

    >>> clean("a\\x1b[31mred\\x1b[0m\\tb", 20)
    'ared\\tb'
    >>> clean("a long text", 5)
    'a lon…'
    """
    cut = text[:most] + ("…" if len(text) > most else "")
    cut = re.sub(r"\x1b\[[0-9;]*m", "", _ESCAPES.sub("", cut)).replace("\x1b", "")
    return _CONTROLS.sub("", cut)


@dataclass
class Room:
    """How much HTML of one notebook is cleaned and shown; of the rest the plain text is.

    The time that cleaning takes grows with the square of the tags that are open: 200,000 of them, some 600
    KB, took more than five minutes, and whoever writes the results would wait.
    """

    letters: int = 100_000
    tags: int = 4_000

    def takes(self, page: str) -> bool:
        """Whether there is room for this page; then it is used up."""
        tags = page.count("<")
        if len(page) > self.letters or tags > self.tags:
            return False
        self.letters -= len(page)
        self.tags -= tags
        return True


def harmless_outputs(outputs: Iterable[dict[str, Any]], room: Room | None = None) -> list[dict[str, Any]]:
    """Outputs of a cell (nbformat's dicts) with nothing in them that a browser or a terminal would obey.

    `room` is what the cells of one notebook share.
    """
    room = room or Room()
    return [safe for output in outputs if (safe := _output(output, room)) is not None]


def _output(output: dict[str, Any], room: Room) -> dict[str, Any] | None:
    kind = output.get("output_type")
    if kind == "stream":
        name = output.get("name") if output.get("name") in ("stdout", "stderr") else "stdout"
        return {"output_type": "stream", "name": name, "text": _plain(output.get("text", ""))}
    if kind == "error":
        trace = output.get("traceback")
        return {
            "output_type": "error",
            "ename": _plain(output.get("ename", "")),
            "evalue": _plain(output.get("evalue", "")),
            "traceback": [_plain(line) for line in trace] if isinstance(trace, list) else [],
        }
    data = output.get("data")
    if kind in ("display_data", "execute_result") and isinstance(data, dict):
        # A value of a student's cell is never an execute_result in what is graded: nbgrader would look at it.
        return {"output_type": "display_data", "data": _data(data, room), "metadata": {}}
    return None


def _data(data: dict[str, Any], room: Room) -> dict[str, str]:
    safe: dict[str, str] = {}
    for kind, start in _PICTURES.items():
        picture = _text(data.get(kind, ""))
        if picture and _is_picture(picture, start):
            safe[kind] = "".join(picture.split())
    if (page := _text(data.get("text/html", ""))) and room.takes(page):
        safe["text/html"] = _page(page)
    plain = data.get("text/plain") or data.get("text/markdown") or data.get("text/latex")
    safe["text/plain"] = _plain(plain or "(an output that cannot be shown here)")
    return safe


def _page(page: str) -> str:
    # Imported late: only the writer needs it, not every worker.
    import bleach  # type: ignore[import-untyped,unused-ignore]  # it ships no types

    # What stands inside a script or style element is text to bleach once the tag is gone.
    page = re.sub(r"(?is)<(script|style|svg|math)\b.*?(</\1\s*>|$)", "", page)
    cleaned = str(bleach.clean(page, tags=_TAGS, attributes=_ATTRIBUTES, strip=True, strip_comments=True))
    return _without_commands(cleaned)


def _is_picture(text: str, start: bytes) -> bool:
    try:
        return base64.b64decode("".join(text.split()), validate=True).startswith(start)
    except (binascii.Error, ValueError):
        return False


def _text(value: Any) -> str:
    if isinstance(value, list):
        return "".join(part for part in value if isinstance(part, str))
    return value if isinstance(value, str) else ""


def _plain(value: Any) -> str:
    """Text without control characters; colours stay.

    >>> _plain("a\\x1b[31mred\\x1b[0m\\x1b[2Jb\\x07")
    'a\\x1b[31mred\\x1b[0mb'
    """
    text = _text(value)
    if len(text) > _MOST:
        text = f"{text[:_MOST]}\n… ({len(text) - _MOST} more characters)\n"
    return _CONTROLS.sub("", _ESCAPES.sub("", text))


def harmless_text(source: str) -> str:
    """Markdown that can neither open a tag, nor make a link or load a picture, nor reach out of a formula.

    A word joiner, which has no width, goes behind each "<" and between "]" and what would make it a link.

    >>> harmless_text("a < b, <script>").replace("\\u2060", "|")
    'a <| b, <|script>'
    >>> harmless_text("[x](javascript:alert(1))").replace("\\u2060", "|")
    '[x]|(javascript:alert(1))'
    """
    source = _plain(source)
    source = source.replace("<", "<" + _JOINER)
    source = re.sub(r"\](?=\s*[\[(:])", "]" + _JOINER, source)
    return _without_commands(source)


def _without_commands(text: str) -> str:
    """Formulas that only typeset: MathJax would obey links, styles and new commands too."""
    return _FORMULA.sub(lambda m: "\\" + _JOINER + m[1], text)
