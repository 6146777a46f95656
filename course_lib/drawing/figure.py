"""A matplotlib figure as inline SVG: a screen reader gets the alternative, lines take the page's colour.

JupyterLab would show a figure as `<img>` without any text alternative; inline SVG with `role="img"` and a
label is read aloud. Black becomes `currentColor`, so that axes and letters are seen on a dark page too. The
same figure gives the same text on every machine (fixed hash salt, no date), which nbval needs.
"""

from __future__ import annotations

import io
import re
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Picture", "picture"]

_SALT = "backprop-workbook"


class Picture:
    """Inline SVG with a text alternative; in a terminal the alternative alone."""

    def __init__(self, svg: str, alt: str) -> None:
        self.svg, self.alt = svg, alt

    def __repr__(self) -> str:
        return f"[picture: {self.alt}]"

    def _repr_html_(self) -> str:
        return self.svg


def picture(figure: Figure, alt: str) -> Picture:
    """Make a closed figure into a `Picture`.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        Drawn; it is closed here, so that the notebook does not show it a second time.
    alt : str
        What the picture tells, in words, for those who do not see it.
    """
    import matplotlib as mpl
    import matplotlib.pyplot as plt

    stream = io.StringIO()
    with mpl.rc_context({"svg.hashsalt": _SALT, "svg.fonttype": "none"}):
        figure.savefig(
            stream,
            format="svg",
            transparent=True,
            bbox_inches="tight",
            metadata={"Date": None, "Creator": None},
        )
    plt.close(figure)
    svg = stream.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r"#000000\b|\bblack\b", "currentColor", svg)
    # Text without a fill of its own is black by default.
    head = (
        f'<svg role="img" aria-label="{escape(alt)}" fill="currentColor" style="max-width:100%;height:auto" '
    )
    svg = svg.replace("<svg ", head, 1).replace(" >", ">")
    return Picture(svg, alt)
