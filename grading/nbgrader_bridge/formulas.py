"""Formulas for a page that needs neither a network nor a script: LaTeX becomes MathML, which browsers set.

nbconvert leaves formulas in LaTeX for MathJax, which its pages load from the network. Here mistune, which
nbconvert reads Markdown with, hands each formula over; a mark that holds no markup stands for it while the
HTML is cleaned, and the MathML is put in afterwards. It is made of listed elements and attributes alone, so
that a student's formula brings nothing else in.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any
from xml.etree import ElementTree

from latex2mathml.converter import convert_to_element
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

__all__ = ["html_of", "typeset"]

_ELEMENTS = frozenset(
    re.findall(
        r"\w+",
        "math mfrac mi mmultiscripts mn mo mover mpadded mphantom mprescripts mroot mrow ms mspace msqrt "
        "mstyle msub msubsup msup mtable mtd mtext mtr munder munderover none",
    )
)
_ATTRIBUTES = frozenset(
    re.findall(
        r"\w+",
        "accent accentunder columnalign columnspacing depth display displaystyle fence form height largeop "
        "linethickness lspace mathvariant maxsize minsize movablelimits rowspacing rspace scriptlevel "
        "separator stretchy symmetric voffset width",
    )
)
# Two letters of the private area, which stand in no text that is cleaned.
_OPEN, _CLOSE = "\ue000", "\ue001"
_MARK = re.compile(f"{_OPEN}([0-9]+){_CLOSE}")
# Far longer than a page is wide; the time that reading takes is bounded by it.
_MOST = 2_000


class _Renderer(IPythonRenderer):
    """nbconvert's HTML with a mark for each formula, which is kept in `formulas`."""

    def __init__(self, attachments: dict[str, dict[str, str]]) -> None:
        super().__init__(escape=False, attachments=attachments)
        self.formulas: list[str] = []

    def inline_math(self, body: str) -> str:
        return self._kept(typeset(body))

    def block_math(self, body: str) -> str:
        return self._kept(typeset(body, block=True))

    def latex_environment(self, name: str, body: str) -> str:
        return self._kept(typeset(f"\\begin{{{name}}}{body}\\end{{{name}}}", block=True))

    def _kept(self, formula: str) -> str:
        self.formulas.append(formula)
        return f"{_OPEN}{len(self.formulas) - 1}{_CLOSE}"


def html_of(
    markdown: str, clean: Callable[[str], str], attachments: dict[str, dict[str, str]] | None = None
) -> str:
    """A text cell as HTML: `clean`ed, with its formulas as MathML."""
    renderer = _Renderer(attachments or {})
    source = markdown.replace(_OPEN, "").replace(_CLOSE, "")
    page = clean(MarkdownWithMath(renderer=renderer).render(source))
    return _MARK.sub(lambda mark: renderer.formulas[int(mark[1])], page)


@lru_cache(maxsize=4000)
def typeset(latex: str, *, block: bool = False) -> str:
    """One formula as MathML; as code where it is not understood.

    >>> typeset("x < 1")
    '<math display="inline"><mrow><mi>x</mi><mo>&lt;</mo><mn>1</mn></mrow></math>'
    >>> typeset("{")
    '<code>{</code>'
    """
    if len(latex) <= _MOST:
        try:
            element = _listed(convert_to_element(latex, display="block" if block else "inline"))
            return ElementTree.tostring(element, encoding="unicode", short_empty_elements=False)
        except (
            Exception
        ):  # its own errors have no common base, and a mistake in a student's formula raises others
            pass
    return f"<code>{html.escape(latex)}</code>"


def _listed(element: Any) -> ElementTree.Element:
    """The same with nothing in it but what is listed above.

    Raises
    ------
    ValueError
        There is an element of another name.
    """
    if element.tag not in _ELEMENTS:
        raise ValueError(f"no element <{element.tag}>")
    copy = ElementTree.Element(element.tag, {k: v for k, v in element.attrib.items() if k in _ATTRIBUTES})
    # The library writes some letters as XML's references to them.
    copy.text = html.unescape(element.text) if element.text else None
    copy.extend(_listed(part) for part in element)
    return copy
