"""Nothing that a student writes runs in a page, and the panel and the author's prose stay readable."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import pytest
from nbconvert.exporters import HTMLExporter
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output, new_raw_cell
from traitlets.config import Config

from course_lib.checking.model import Exercise, Finding, Outcome
from course_lib.checking.panel import html_of
from course_lib.checking.run import report_on
from course_lib.statuses import Status
from grading.nbgrader_bridge import formulas, pages

ROOT = Path(__file__).parents[3]

ATTACKS = {
    "script": "<script>alert(1)</script>",
    "handler": "<img src=x onerror=alert(1)>",
    "link": '<a href="javascript:alert(1)">x</a>',
    "hidden link": '<a href="java&#x0A;script:alert(1)">x</a>',
    "drawing": "<svg onload=alert(1)><script>alert(1)</script></svg>",
    "frame": '<iframe srcdoc="<script>alert(1)</script>"></iframe>',
    "form": '<form action="https://evil.example"><button formaction="javascript:alert(1)">x</button></form>',
    "style": '<div style="position:fixed;background:url(https://evil.example/x)">x</div>',
    "sheet": "<style>@import 'https://evil.example/x.css';</style>",
    "beacon": '<img src="https://evil.example/pixel.png">',
    "borrowed drawing": '<svg><use href="https://evil.example/a.svg#x"></use></svg>',
    "meta": '<meta http-equiv="refresh" content="0;url=https://evil.example">',
    "base": '<base href="https://evil.example/">',
    "object": '<object data="https://evil.example/x"></object><embed src="https://evil.example/y">',
    "mutation": '<svg></p><style><a id="</style><img src=1 onerror=alert(1)>">',
    "maths": "<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "comment": "<!--><img src=x onerror=alert(1)>-->",
}
_RUNS = {"script", "iframe", "style", "form", "object", "embed", "base", "meta", "math", "link"}


class _Looker(HTMLParser):
    """Reads a page as a browser does, and keeps what would run or call home."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _RUNS:
            self.found.append(tag)
        for name, value in attrs:
            if name.startswith("on") or name in ("srcdoc", "formaction"):
                self.found.append(name)
            if re.search(r"javascript:|evil\.example", re.sub(r"\s", "", value or ""), re.IGNORECASE):
                self.found.append(f"{name}={value}")


def dangers(html: str) -> list[str]:
    looker = _Looker()
    looker.feed(html)
    return looker.found


@pytest.mark.parametrize("html", ATTACKS.values(), ids=ATTACKS.keys())
def test_nothing_that_runs_or_calls_home_is_left(html: str) -> None:
    if "<!-->" not in html:  # only a browser's parser is fooled by it
        assert dangers(html), "the control: the attack is one"
    assert dangers(pages.clean(html)) == []


def page_of(*cells: object) -> str:
    """The body of a page as nbgrader's own template makes it: its header holds nbgrader's scripts."""
    config = Config()
    pages.configure(config)
    config.HTMLExporter.template_name = "classic"
    body, _ = HTMLExporter(config=config).from_notebook_node(new_notebook(cells=list(cells)))
    return body[body.index("<body") :]


@pytest.mark.parametrize("html", ATTACKS.values(), ids=ATTACKS.keys())
def test_a_page_is_safe_whatever_kind_of_cell_holds_it(html: str) -> None:
    shown = new_output("display_data", {"text/html": html, "text/plain": html})
    marked = new_output("display_data", {"text/markdown": html, "text/plain": html})
    body = page_of(new_markdown_cell(html), new_raw_cell(html), new_code_cell(html, outputs=[shown, marked]))
    assert dangers(body) == []


def test_scripts_in_other_outputs_are_not_put_into_the_page() -> None:
    script = new_output("display_data", {"application/javascript": "alert(17171)"})
    assert "17171" not in page_of(new_code_cell("x", outputs=[script]))


def test_the_panel_of_a_check_stays_as_it_is() -> None:
    exercise = Exercise("toy", "00", "A toy", 2, (), (), "")
    finding = Finding("It is <wrong>.", ("at x = 1",), "It equals the transpose.", "Reread part 2.")
    outcomes = (Outcome("one", 1, Status.PASSED), Outcome("two", 1, Status.FAILED, finding))
    panel = html_of(report_on(exercise, outcomes))
    assert normal(pages.clean(panel)) == normal(panel)


def normal(html: str) -> str:
    """Without the semicolon that the cleaner puts behind every style, and the triangle that it adds."""
    return re.sub(r";?display:list-item;?", "", html).replace(';"', '"')


def test_hints_that_unfold_formulas_and_tables_stay() -> None:
    hint = "<details><summary>Hint 1</summary>\n\nLook at $x_1 < x_2$.\n\n</details>\n\n| a |\n|---|\n| 1 |"
    body = formulas.html_of(hint, pages.clean)
    assert "<details>" in body
    assert '<summary style="display:list-item;">Hint 1</summary>' in body
    assert '<math display="inline"><mrow><msub><mi>x</mi><mn>1</mn></msub><mo>&lt;</mo>' in body
    assert "<table>" in body


FORMULAS = {
    "link": r"$\href{javascript:alert(1)}{x}$",
    "text": r"$$\text{</math><script>alert(1)</script>}$$",
    "escaped text": r"$\text{&lt;script&gt;alert(1)&lt;/script&gt;}$",
    "letter": r"$\unicode{60}script>alert(1)</script>$",
    "colour": r"$\color{red;background:url(https://evil.example)}x$",
    "style": r"$\style{position:fixed}{x}$",
    "picture": r"$\includegraphics{https://evil.example/x.png}$",
    "attribute": r'$\hspace{1em" onmouseover="alert(1)}$',
    "environment": r"\begin{script}alert(1)\end{script}",
    "mark": "\ue0000\ue001 <script>alert(1)</script>",
    "not understood": r"$\frac$<img src=x onerror=alert(1)>",
    "deep": "$" + "{" * 1900 + "$",
}


@pytest.mark.parametrize("source", FORMULAS.values(), ids=FORMULAS.keys())
def test_a_formula_brings_nothing_in_but_mathml(source: str) -> None:
    page = formulas.html_of(source, pages.clean)
    assert [danger for danger in dangers(page) if danger != "math"] == []
    assert "\ue000" not in page


def test_every_formula_of_the_course_is_typeset(monkeypatch: pytest.MonkeyPatch) -> None:
    typeset = []
    original = formulas.typeset
    monkeypatch.setattr(
        formulas, "typeset", lambda *args, **kw: typeset.append(original(*args, **kw)) or typeset[-1]
    )
    for path in sorted((ROOT / "solutions").glob("*/*.ipynb")):
        for cell in nbformat.read(path, 4).cells:
            if cell.cell_type == "markdown":
                page = formulas.html_of(cell.source, pages.clean)
                assert not re.search(r"[$\\]", re.sub(r"<code>.*?</code>|<[^>]*>", "", page)), path.name
    assert len(typeset) > 500
    assert [formula for formula in typeset if not formula.startswith("<math")] == []
    assert [formula for formula in typeset if "\\" in formula] == []
