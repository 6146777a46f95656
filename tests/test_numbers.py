"""Every number in the prose is computed: by a cell of its notebook, or here."""

from __future__ import annotations

import re
import sys
from functools import cache
from pathlib import Path

import nbformat
import numpy as np
import pytest

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = sorted((ROOT / "solutions" / "backprop").glob("*.ipynb"))

_x = np.array([[1.0, 2.0]])
_hidden = (_x @ np.array([[1.0, 0.0], [1.0, -1.0]])) ** 2
_apart = np.array([[1.0, 4.0], [0.0, 2.0]]) - np.array([[2.0, 2.0], [0.0, 5.0]])
_arrives = np.array([[1, 2, 3], [4, 5, 6]])
_two, _ten = np.array([[2], [3]]), np.array([[1], [10]])

# Of each notebook: words of its prose, and what makes them true (True: a choice, nothing to compute).
COMPUTED = {
    "01": (
        ("A computer keeps about 16 digits", np.finfo(float).precision == 15),
        ("down to $10^{-15}$", True),
        ("at $x = -1.99$ the function is $(3.01)(-4) = -12.04$", np.isclose((-1.99 + 5) * -4, -12.04)),
        ("which is $0.04$ below $-12$", np.isclose(-12 - (-1.99 + 5) * -4, 0.04)),
        ("the one-sided quotient gives $6.1$", np.isclose((3.1**2 - 3**2) / 0.1, 6.1)),
        ("The centred one gives $6$", np.isclose((3.1**2 - 2.9**2) / 0.2, 6)),
        ("the prediction is $-4 \\cdot 0.1 + 3 \\cdot 0.2 = 0.2$", np.isclose(-4 * 0.1 + 3 * 0.2, 0.2)),
        ("the cube root of $10^{-16}$, a few millionths", 4e-6 < 1e-16 ** (1 / 3) < 5e-6),
    ),
    "02": (
        ("Python stops at about a thousand calls", sys.getrecursionlimit() in range(900, 4000)),
        ("$2 - 0.1 \\cdot 5 = 1.5$", np.isclose(2 - 0.1 * 5, 1.5)),
        ("$1 + 0.1 \\cdot 3 = 1.3$", np.isclose(1 - 0.1 * -3, 1.3)),
    ),
    "03": (
        ("So $e^{x}$ *overflows* from $x \\approx 710$ on", round(np.log(np.finfo(float).max)) == 710),
        (
            "The largest number that float64 holds is about $1.8 \\cdot 10^{308}$",
            f"{np.finfo(float).max:.1e}" == "1.8e+308",
        ),
        (
            "the slopes 0.02, $-0.5$, $-0.001$ and 0.3",
            np.mean(np.abs([0.02, -0.5, -0.001, 0.3]) < 0.05) == 0.5,
        ),
        ("$\\sqrt{1000} = 31.6$", round(1000**0.5, 1) == 31.6),
    ),
    "04": (
        ("Done 19 times, the 20 layers", 20 - 1 == 19),
        ("a network of 20 layers", True),
        (
            "$-3\\,(2x + 1) + 4 = -6x - 3 + 4 = -6x + 1$",
            all(-3 * (2 * x + 1) + 4 == -6 * x + 1 for x in range(5)),
        ),
    ),
    "05": (
        ("With `lr` $= 0.1$", True),
        ("In float32, $e^{89}$ is already too large", np.log(np.finfo(np.float32).max) < 89),
        ("$x\\,w_1 = (3, -2)$, squared element by element $h = (9, 4)$", _hidden.tolist() == [[9, 4]]),
        ("$\\hat y = 9 - 4 = 5$", (_hidden @ [[1], [-1]]).item() == 5),
        (
            "differences $(-1, 2)$ and\n$(0, -3)$, squares $1, 4, 0, 9$",
            (_apart**2).tolist() == [[1, 4], [0, 9]],
        ),
        (
            "$L_{\\text{sum}} = 14$ and $L_{\\text{mean}} = 14/4 = 3.5$",
            (np.sum(_apart**2), np.mean(_apart**2)) == (14, 3.5),
        ),
        ("$\\partial L/\\partial a = 2 \\cdot 3 + (-1) \\cdot 5 = 1$", 2 * 3 + (-1) * 5 == 1),
        ("the new $a$ is $2.4$", np.isclose(3 - 0.1 * 6, 2.4)),
        ("the loss has fallen from $9$ to\n$5.76$", np.isclose(2.4**2, 5.76)),
        ("The loss falls from 24,600 to 637", f"{24_600:.3g}" == "2.46e+04"),
    ),
    "06": (("There are $3 \\cdot 6 = 18$ pairs", 3 * 6 == 18),),
    "07": (
        (
            "\\begin{pmatrix} 12 \\\\ 24 \\end{pmatrix}",
            2 * 12 == 24,
        ),
        (
            "$\\partial L/\\partial c_0 = 1 + 2 + 3 = 6$ and $\\partial L/\\partial c_1 = 15$",
            _arrives.sum(axis=1).tolist() == [6, 15],
        ),
        ("$3 \\cdot 5 = 15$ elements. In float64, 8 bytes each, that is 120 bytes", 3 * 5 * 8 == 120),
        (
            "256 **GiB** ($2^{30}$ bytes each), which is 275 **GB**",
            (64 * 4096) ** 2 * 4 == 256 * 2**30 and round(256 * 2**30 / 1e9) == 275,
        ),
        (
            '"0.13 GB for $w$" is float64; in float32 it is 0.067 GB',
            round(4096**2 * 8 / 1e9, 2) == 0.13 and round(4096**2 * 4 / 1e9, 3) == 0.067,
        ),
        ("the net has 101,000 weights", 1000 * 100 + 100 * 10 == 101_000),
        ("$z = 3$, $h = 9$, $p = 18$", (1 + 2, 3**2, 9 * 2) == (3, 9, 18)),
        ("$dh = dp \\cdot w_2 = 2$, $dz = dh \\cdot 2z = 12$", 1 * 2 * 2 * 3 == 12),
    ),
    "08": (
        ("eleven factors of at most $1/4$ make less than $2.4 \\cdot 10^{-7}$", 0.25**11 < 2.4e-7),
        ("Right is $2 \\cdot 1 + 3 \\cdot 10 = 32$", (_two.T @ _ten).item() == 32),
        ("An upstream of ones gives $5$", (_two.T @ np.ones((2, 1))).item() == 5),
        (
            "the mean over the samples $16$, the first sample alone $2$, the other sign $-32$",
            (32 / 2, 2 * 1) == (16, 2),
        ),
        ("stuck near 0.69 (that is $\\log 2$", round(np.log(2), 2) == 0.69),
    ),
}

# Of a work that is referred to: its sections and pages.
_REFERENCE = re.compile(r"\bsections? [\d.]+|\bpages? \d+ to \d+|\bReview of \w+ \d+")
_NUMBER = re.compile(r"(?<![\w.^])\d+(?:,\d{3})+(?!\d)|(?<![\w.^])\d+(?:\.\d+)?")
_SMALL = re.compile(r"\d|0\d|1[0-2]|(19|20)\d\d")


@cache
def read(path: Path) -> tuple[str, str]:
    """The prose of a notebook, and all that its cells hold and show."""
    cells = nbformat.read(path, as_version=4).cells
    prose = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    shown = [cell.source for cell in cells if cell.cell_type == "code"]
    for cell in cells:
        for output in cell.get("outputs", ()):
            shown += [output.get("text", ""), output.get("data", {}).get("text/plain", "")]
    return prose, "\n".join(shown)


def number_of(path: Path) -> str:
    return path.name[:2]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=number_of)
def test_what_is_worked_out_in_the_prose_is_right(path):
    prose, _ = read(path)
    for words, true in COMPUTED.get(number_of(path), ()):
        assert words in prose, "the text has changed: mend COMPUTED"
        assert true, words


@pytest.mark.parametrize("path", NOTEBOOKS, ids=number_of)
def test_no_number_of_the_prose_comes_from_nowhere(path):
    """Numbers above 12, and all with a fraction, stand in a cell, in what it shows, or above."""
    prose, shown = read(path)
    computed = " ".join(words for words, _ in COMPUTED.get(number_of(path), ()))
    known = set(re.findall(r"\d+(?:\.\d+)?", re.sub(r"(?<=\d)[,_](?=\d{3})", "", shown + computed)))
    prose = re.sub(r"`[^`]*`|<code>.*?</code>", "", _REFERENCE.sub("", prose))
    lines = [line for line in prose.split("\n") if not line.startswith("#") and "**Time" not in line]
    found = {n.replace(",", "") for line in lines for n in _NUMBER.findall(line) if not _SMALL.fullmatch(n)}
    assert found <= known, found - known
