"""What a student prints, displays or writes cannot act in the page of somebody who reads it."""

import re

import pytest
from nbconvert.filters import ansi2html, markdown2html

from grading.judge.harmless import Room, harmless_outputs, harmless_text

PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYGBgAAAABQABpfZFQAAAAABJRU5ErkJggg=="
PAGES = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)><script>alert(1)</script></svg>",
    '<a href="javascript:alert(1)">x</a>',
    "<iframe src=//evil.example></iframe>",
    "<style>body{display:none}</style>",
    '<b style="position:fixed" onclick="alert(1)">x</b>',
    "<math><mi xlink:href='javascript:alert(1)'>x</mi></math>",
    "<scr<script>ipt>alert(1)</script>",
    "<form action=//evil.example><input name=password></form>",
    "<!--[if IE]><script>alert(1)</script><![endif]-->",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
]
ALIVE = re.compile(
    r"<\s*(script|img|svg|iframe|style|math|form|input|object|embed|a)\b|<[^>]*\son\w+\s*=", re.I
)


@pytest.mark.parametrize("page", PAGES)
def test_nothing_in_a_displayed_page_is_alive(page):
    (output,) = harmless_outputs(
        [{"output_type": "display_data", "data": {"text/html": page}, "metadata": {}}]
    )
    assert not ALIVE.search(output["data"]["text/html"])


@pytest.mark.parametrize("page", PAGES)
def test_nothing_in_a_text_cell_is_alive(page):
    rendered = markdown2html(
        harmless_text(f"# A title\n\n{page}\n\n* {page}\n\n`{page}`\n\n```\n{page}\n```")
    )
    assert not re.search(r"<(script|img|svg|iframe|style|math|form|input)\b", rendered, re.I)
    assert not re.search(r"<[^>]*\son\w+\s*=", rendered)


@pytest.mark.parametrize(
    "text",
    [
        "[x](javascript:alert(1))",
        "[x](java&#115;cript:alert(1))",
        "![x](//evil.example/x.png)",
        "[x][1]\n\n[1]: javascript:alert(1)",
        "[1] : javascript:alert(1)",
        "<javascript:alert(1)>",
        "$\\href{javascript:alert(1)}{x}$",
        "![x](attachment:evil.svg)",
        "[x]\n(javascript:alert(1))",
    ],
)
def test_no_link_and_no_picture_comes_out_of_a_text_cell(text):
    rendered = markdown2html(harmless_text(text))
    assert not re.search(r"(href|src)\s*=", rendered)
    assert "\\href" not in rendered


def test_markdown_and_formulas_stay():
    rendered = markdown2html(harmless_text("**bold** and $a < b$\n\n* one\n* two\n\n> quoted\n\n`x = 1`"))
    for part in ("<strong>bold</strong>", "<li>one", "<blockquote>", "<code>x = 1</code>", "$a &lt;"):
        assert part in rendered


def test_pictures_stay_and_what_only_says_it_is_one_does_not():
    def shown(kind, data):
        (output,) = harmless_outputs([{"output_type": "display_data", "data": {kind: data}}])
        return output["data"]

    assert shown("image/png", PNG)["image/png"] == PNG
    for kind, data in {
        "image/png": '" onerror="alert(1)',
        "image/jpeg": PNG,
        "image/svg+xml": "<svg onload=alert(1)/>",
        "application/javascript": "alert(1)",
        "application/vnd.jupyter.widget-view+json": "{}",
        "text/latex": "\\href{javascript:alert(1)}{x}",
    }.items():
        assert set(shown(kind, data)) == {"text/plain"}


@pytest.mark.parametrize("page", ["<b>" * 200_000, "<ul><li>" * 50_000, "<td " + "a=1 " * 10**6 + ">"])
def test_a_page_that_would_take_minutes_to_clean_is_shown_as_text(page):
    shown = {"output_type": "display_data", "data": {"text/html": page, "text/plain": "in words"}}
    assert harmless_outputs([shown])[0]["data"] == {"text/plain": "in words"}


def test_many_small_pages_share_the_room_of_one_notebook():
    room = Room()
    one = {"output_type": "display_data", "data": {"text/html": "<b>x</b>" * 100, "text/plain": "x"}}
    shown = ["text/html" in harmless_outputs([one], room)[0]["data"] for _ in range(100)]
    assert shown == [True] * 20 + [False] * 80


def test_a_students_value_is_no_score():
    (output,) = harmless_outputs(
        [
            {
                "output_type": "execute_result",
                "data": {"text/plain": "99"},
                "metadata": {},
                "execution_count": 1,
            }
        ]
    )
    assert output["output_type"] == "display_data"


def test_terminal_escapes_are_taken_out_and_colours_stay():
    text = "\x1b]0;title\x07\x1b[2J\x1b[31mred\x1b[0m\x1bc\x9b\x08 \N{RIGHT-TO-LEFT OVERRIDE}x"
    (output,) = harmless_outputs([{"output_type": "stream", "name": "stdout", "text": text}])
    assert output["text"].startswith("\x1b[31mred\x1b[0m")
    assert not set(output["text"]) & {"\x9b", "\x08", "\N{RIGHT-TO-LEFT OVERRIDE}"}
    assert "<script" not in ansi2html(output["text"] + "<script>")


@pytest.mark.parametrize(
    "output",
    [
        {},
        {"output_type": "evil"},
        {"output_type": "stream", "text": 7, "name": "<b>"},
        {"output_type": "error", "ename": ["x"], "evalue": None, "traceback": "t"},
        {"output_type": "display_data", "data": [1]},
        {"output_type": "display_data", "data": {"text/html": {"a": 1}}},
    ],
)
def test_malformed_outputs_do_no_harm(output):
    for safe in harmless_outputs([output]):
        assert safe["output_type"] in ("stream", "error", "display_data")
