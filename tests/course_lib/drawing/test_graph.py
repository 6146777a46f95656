"""The picture of a graph holds every number once, tells them in words, and is well-formed."""

import xml.etree.ElementTree as ET
from itertools import pairwise

import numpy as np
import pytest

from course_lib.drawing import draw_graph
from course_lib.drawing.layout import layout_of
from course_lib.errors import DefinitionError
from course_lib.graph import random_wiring

NODES = {"q": ("+", ("x", "y")), "f": ("×", ("q", "z"))}
VALUES = {"x": -2, "y": 5, "z": -4, "q": 3, "f": -12}
GRADIENTS = {"x": -4, "y": -4, "z": 3, "q": -4, "f": 1}


def texts(picture):
    return [e.text for e in ET.fromstring(picture.svg).iter("{http://www.w3.org/2000/svg}text")]


def test_every_value_stands_above_its_gradient():
    shown = texts(draw_graph(NODES, VALUES, GRADIENTS))
    for name in VALUES:
        value, gradient = f"{VALUES[name]:g}".replace("-", "−"), f"{GRADIENTS[name]:g}".replace("-", "−")
        label = f"{name} = {value}" if name in NODES else value
        assert (label, gradient) in pairwise(shown)


def test_the_alternative_says_the_graph_in_words():
    picture = draw_graph(NODES, VALUES, GRADIENTS)
    assert "f = q times z: value -12, gradient 1." in picture.alt
    assert ET.fromstring(picture.svg).get("aria-label") == picture.alt
    assert ET.fromstring(picture.svg).get("role") == "img"


def test_what_is_missing_is_a_question_mark_and_said_so():
    picture = draw_graph(NODES, {"x": 1.0}, {})
    assert sum(text.endswith("?") for text in texts(picture)) == 9  # four values, five gradients
    assert "q = x + y: value not known yet" in picture.alt


def test_numbers_have_at_most_four_digits_and_names_are_escaped():
    picture = draw_graph({"<f>": ("exp", ("x",))}, {"x": 1 / 3, "<f>": -0.0})
    assert "0.3333" in texts(picture)
    assert "<f> = 0" in texts(picture)


def test_no_two_nodes_share_a_place():
    svg = draw_graph({"m": ("×", ("x", "x")), "f": ("+", ("m", "x"))}).svg
    circles = [(e.get("cx"), e.get("cy")) for e in ET.fromstring(svg).iter() if e.tag.endswith("circle")]
    assert len(set(circles)) == 2


def test_a_gate_before_its_parent_is_refused():
    with pytest.raises(DefinitionError, match="Write parents first"):
        draw_graph({"f": ("×", ("q", "z")), "q": ("+", ("x", "y"))})
    with pytest.raises(DefinitionError, match="The graph is empty"):
        draw_graph({})


def test_a_wrong_gradient_is_marked_by_a_sign_and_said_so():
    picture = draw_graph(NODES, VALUES, GRADIENTS, wrong=["x"], current="q")
    assert "✗ −4" in texts(picture)
    assert "x: value -2, gradient -4, marked as wrong." in picture.alt


@pytest.mark.parametrize(
    ("kind", "size", "seed"), [("WS", 8, 0), ("ER", 20, 3), ("BA", 12, 1), ("WS", 20, 5)]
)
def test_up_to_60_nodes_no_two_labels_overlap(kind, size, seed):
    wiring = random_wiring(kind, size, seed)
    layout = layout_of(wiring)
    places = sorted((layout.places[name], name) for name in [*wiring, "x"])
    for ((column, row), _), ((other, below), _) in pairwise(places):
        assert column != other or below - row >= 0.99
    assert len(wiring) <= 60


def test_a_chain_is_drawn_as_a_straight_line():
    names = [f"n{i}" for i in range(9)]
    wiring = {after: ("tanh", (before,)) for before, after in pairwise(names)}
    assert len({row for _, row in layout_of(wiring).places.values()}) == 1


def test_of_arrays_the_shape_is_shown_and_the_largest_gradient():
    picture = draw_graph(
        {"y": ("sum", ("x",))}, {"x": np.ones((2, 3)), "y": 6}, {"x": -np.ones((2, 3)), "y": 1}
    )
    assert ("2×3", "2×3, max 1") in pairwise(texts(picture))


SHOWN = {
    "long names": (
        {"pre_activation": ("×", ("learning_weight", "x")), "p": ("sigmoid", ("pre_activation", "bias"))},
        {"learning_weight": -1234567.891, "x": 1.2e-12, "pre_activation": 0.1, "p": 1.9e7, "bias": 1e-30},
    ),
    "arrays": (
        {"a": ("@", ("X", "W")), "scores": ("+", ("a", "b")), "r": ("relu", ("scores",))},
        {"X": np.ones((64, 4096)), "W": np.full((4096, 10), 1e-9)} | dict.fromkeys("ab", np.ones(10)),
    ),
    "a branch": (
        {n: (n, ("x",)) for n in ("exp", "tanh")} | {"n": ("×", ("exp", "tanh"))},
        {"exp": -0.012345},
    ),
    "random": (random_wiring("BA", 10, 2), {f"h{i}": -1.2345e-05 for i in range(10)}),
}


@pytest.mark.parametrize("name", SHOWN)
def test_no_text_is_cut_off_or_lies_on_a_node_or_on_another_text(name):
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextPath

    wiring, values = SHOWN[name]
    svg = ET.fromstring(
        draw_graph(wiring, values, values, wrong=["p"])
        .svg.removeprefix('<div style="overflow-x:auto">')
        .removesuffix("</div>")
    )
    circles, boxes = [], []
    for e in svg.iter():
        at = {key: float(e.get(key)) for key in ("x", "y", "cx", "cy", "r") if e.get(key)}
        if e.tag.endswith("circle"):
            circles.append((at["cx"] - at["r"], at["cy"] - at["r"], at["cx"] + at["r"], at["cy"] + at["r"]))
        elif e.tag.endswith("text"):
            size, bold = float(e.get("font-size", 14)), e.get("font-weight") or "normal"
            font = FontProperties(family="DejaVu Sans", weight=bold)
            width = TextPath((0, 0), e.text, size=size, prop=font).get_extents().width
            left = at["x"] - {"end": width, "middle": width / 2, None: 0}[e.get("text-anchor")]
            boxes.append((left, at["y"] - 0.7 * size, left + width, at["y"], e.get("font-size")))
    assert min(box[0] for box in boxes) >= 0
    assert max(box[2] for box in boxes) <= float(svg.get("width"))
    outside = [box for box in boxes if box[4] is None]  # those with a size of their own are the gates' signs
    for box, other in [(b, c) for b in outside for c in circles] + [(b, c) for b, c in pairwise(outside)]:
        assert box[2] <= other[0] or other[2] <= box[0] or box[3] <= other[1] or other[3] <= box[1]
