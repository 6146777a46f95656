"""The film shows what a backward pass did, and survives the loss of its styles."""

import re

import pytest

from course_lib.errors import DefinitionError
from course_lib.graph import Graph, random_wiring, step_through


def film():
    graph = Graph()
    x = graph.inputs(x=3.0)
    s = (x * x).named("s")
    f = (s + x).named("f")

    def backward():
        f.gradient = 1.0
        s.gradient, x.gradient = f.downstream(1.0)
        first, second = s.downstream(s.gradient)
        x.gradient = x.gradient + first + second

    return step_through(graph, backward)


def test_every_gradient_that_is_set_is_a_step_in_its_order():
    assert str(film()).splitlines()[3:] == [
        "4. Backward: f has the gradient 1.",
        "5. Backward: f hands 1 to s.",
        "6. Backward: f hands 1 to x.",
        "7. Backward: s hands 6 more to x, which makes 7.",
    ]


def test_without_styles_and_buttons_the_last_picture_and_all_sentences_remain():
    page = film()._repr_html_()
    bare = re.sub(r"<style>.*?</style>|<input[^>]*>", "", page)
    assert bare.count("<li") == 7
    shown = [text for text in re.findall(r"<text[^>]*>[^<]*</text>", bare) if 'display="none"' not in text]
    assert sum(">7</text>" in text for text in shown) == 1  # x's gradient at the end, not the 1 before it
    assert not re.search(r"<script|onclick", page)


def test_two_films_of_one_page_do_not_share_their_buttons():
    graph = Graph()
    y = graph.inputs(y=2.0)
    e = graph.apply("exp", y)
    other = step_through(graph, lambda: setattr(e, "gradient", 1.0))
    names = [set(re.findall(r'name="(\w+)"', f._repr_html_())) for f in (film(), other)]
    assert len(names[0] | names[1]) == 2


def test_a_film_of_too_many_steps_is_refused():
    graph = Graph()
    node = graph.inputs(x=1.0)

    def backward():
        for _ in range(200):
            node.gradient = 1.0

    with pytest.raises(DefinitionError, match="more than 200 steps"):
        step_through(graph, backward)


@pytest.mark.parametrize("kind", ["WS", "BA", "ER"])
def test_a_randomly_wired_network_of_60_nodes_can_be_stepped_through(kind):
    wiring = dict(list(random_wiring(kind, 22, seed=1).items())[:59])
    graph = Graph.of(wiring, {"x": 0.5})
    order = [graph[name] for name in reversed(wiring)]

    def backward():
        order[0].gradient = 1.0
        for node in order:
            for parent, share in zip(node.parents, node.downstream(node.gradient or 0.0), strict=True):
                parent.gradient = share if parent.gradient is None else parent.gradient + share

    film = step_through(graph, backward)
    assert len(film.steps) > len(wiring) + 1
    assert len(film._repr_html_()) < 400_000


def test_the_same_film_twice_in_a_page_is_two_groups_of_buttons():
    graph = Graph()
    x = graph.inputs(x=1.0)
    (x * x).named("f")
    page = step_through(graph, lambda: None)._repr_html_()
    assert page.startswith("<form ")
    # Enter on a button must not load the page anew.
    assert 'method="dialog"' in page
