"""The panel of a wrong answer, unfolded: map and counterexample are there for eyes and for readers."""

from __future__ import annotations

import nbformat
import pytest
from playwright.sync_api import expect
from test_student_in_jupyterlab import keep_picture, run_all

pytestmark = pytest.mark.slow

WRONG = """
import numpy as np
from course_lib import check

def matmul_backward(dout, x, w):
    dx = dout @ w.T
    dx[-1] = 0
    return dx, dout.T @ x

check("matmul_backward", explain=3)
"""


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_map_and_the_lines_to_paste_are_in_the_panel_and_not_clipped(serve, browser, tmp_path, dark):
    folder = tmp_path / "student"
    folder.mkdir()
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(WRONG.strip())], metadata=kernel)
    nbformat.write(notebook, folder / "mine.ipynb")
    page = browser.new_page()
    run_all(page, serve(folder, dark=dark), "mine.ipynb")
    panel = page.get_by_label("Check of Exercise 3: both gradients", exact=True)
    # The name and the role are what a screen reader is told.
    drawn = panel.get_by_role("img", name="map of dx, 5 by 3: wrong in the last row (3 elements)")
    expect(drawn).to_be_visible()
    assert drawn.inner_text().split().count("✗") == 3
    lines = panel.locator("pre").first
    expect(lines).to_contain_text("matmul_backward(dout, x, w)[0]")
    expect(panel).to_contain_text("Reread “The whole matrix at once”.")
    for part in (panel, drawn, lines):
        assert part.evaluate(
            "e => e.scrollWidth <= e.clientWidth + 1 && e.scrollHeight <= e.clientHeight + 1"
        )
    panel.scroll_into_view_if_needed()
    keep_picture(page, f"panel-{'dark' if dark else 'light'}")
