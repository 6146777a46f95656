"""What may stand in a page that a browser shows: feedback, and the formgrader.

nbgrader puts Markdown and HTML of students into both as it is. With `configure`, nbconvert sends them through
`clean` and `markdown_to_html`, which leave text, tables, drawings and the panel of a check, and take away
whatever could run or call home: scripts, handlers, forms, frames, and every image from outside the page.

Formulas are MathML (`formulas`): feedback needs no network. The formgrader's page, whose template gives no
setting for it, asks for MathJax all the same, and finds nothing to do.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Any

import bleach
import nbgrader
from bleach.css_sanitizer import CSSSanitizer
from jinja2 import pass_context

from grading.nbgrader_bridge import formulas

__all__ = ["clean", "configure", "markdown_to_html"]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_TEXT = _words("""
    a abbr b blockquote br caption code col colgroup dd del details div dl dt em figcaption figure h1 h2 h3 h4
    h5 h6 hr i img ins kbd li mark ol p pre q s samp section small span strong sub summary sup table tbody td
    tfoot th thead tr u ul var wbr
""")
# Without title, desc and style: a browser may read their content as another thing than what was cleaned.
_DRAWING = _words("""
    svg g path rect circle ellipse line polyline polygon text tspan defs clipPath marker use linearGradient
    stop
""")
_STYLES = _words("""
    background background-color border border-bottom border-collapse border-left border-radius border-right
    border-top color cursor font-size font-style font-weight line-height list-style margin margin-bottom
    margin-left margin-right margin-top max-width padding padding-bottom padding-left padding-right
    padding-top text-align text-decoration vertical-align white-space width height
""")
_DRAWING_STYLES = _words("""
    fill fill-opacity fill-rule opacity stroke stroke-dasharray stroke-dashoffset stroke-linecap
    stroke-linejoin stroke-miterlimit stroke-opacity stroke-width text-anchor font font-family
""")
_ATTRIBUTES = _words("""
    align alt class clip-path colspan cx cy d dx dy fill fill-opacity font-size gradientUnits height id
    marker-end markerHeight markerWidth offset opacity open orient points preserveAspectRatio r refX refY role
    rowspan rx ry stop-color stroke stroke-dasharray stroke-linecap stroke-linejoin stroke-width style
    text-anchor title transform valign version viewBox width x x1 x2 xmlns y y1 y2
""")
_INSIDE_THE_PAGE = re.compile(r"data:image/(?:png|jpeg|gif|svg\+xml);base64,[A-Za-z0-9+/=\s]*")
_SUMMARY = re.compile(r'<summary(?: style="([^"]*)")?>')
_LINK = re.compile(r"(?:https?://|mailto:|#)", re.IGNORECASE)
_OWN_REFERENCE = re.compile(r"url\(\s*#[\w.:-]+\s*\)|[^(]*")


def configure(c: Any) -> None:
    """Make nbgrader's pages safe to look at.

    Parameters
    ----------
    c : traitlets.config.Config
        What `get_config()` gives in `nbgrader_config.py`.
    """
    c.HTMLExporter.sanitize_html = True
    # nbgrader's templates print Markdown without asking for it to be cleaned, so the filter itself cleans.
    c.HTMLExporter.filters = {
        "clean_html": "grading.nbgrader_bridge.pages.clean",
        "markdown2html": "grading.nbgrader_bridge.pages.markdown_to_html",
    }
    stock = Path(nbgrader.__file__).parent / "server_extensions" / "formgrader" / "templates"
    c.HTMLExporter.extra_template_basedirs = [str(Path(__file__).parent / "templates"), str(stock)]


def clean(html: str | bytes) -> str:
    """HTML without anything that runs or calls home.

    >>> clean('<b onclick="x()">bold</b><script>x()</script>')
    '<b>bold</b>x()'
    """
    text = html.decode("utf-8", "replace") if isinstance(html, bytes) else str(html)
    # Bootstrap, which nbgrader's pages use, takes away the triangle that says that something unfolds.
    return _SUMMARY.sub(r'<summary style="display:list-item;\1">', str(_cleaner().clean(text)))


@pass_context
def markdown_to_html(context: Any, source: str) -> str:
    """nbconvert's Markdown, cleaned, with its formulas typeset."""
    if attachments := context.get("cell", {}).get("attachments"):
        return formulas.html_of(source, clean, attachments)
    return _prose(source)


# The author's prose stands in every student's page.
@lru_cache(maxsize=1000)
def _prose(source: str) -> str:
    return formulas.html_of(source, clean)


def _cleaner() -> bleach.Cleaner:
    # Not kept: a cleaner must not be used by two threads at once, and to make one costs 0.1 ms.
    return bleach.Cleaner(
        tags={*_TEXT, *_DRAWING},
        attributes=_allowed,
        protocols={"http", "https", "mailto", "data"},
        strip=True,
        strip_comments=True,
        css_sanitizer=CSSSanitizer(
            allowed_css_properties=[*_STYLES, *_DRAWING_STYLES], allowed_svg_properties=_DRAWING_STYLES
        ),
    )


def _allowed(tag: str, name: str, value: str) -> bool:
    if name in ("href", "xlink:href"):
        return bool(_LINK.match(value)) if tag == "a" else value.startswith("#")
    if name == "src":
        return tag == "img" and bool(_INSIDE_THE_PAGE.fullmatch(value))
    if name.startswith("aria-"):
        return True
    return name in _ATTRIBUTES and bool(_OWN_REFERENCE.fullmatch(value) if "url" in value.lower() else True)
