"""A later notebook takes a student's own layers where they are right, and a stand-in where they are not."""

import json

import numpy as np
import pytest

from course_lib import check_layer
from course_lib.earlier import STAND_INS, earlier, provide
from course_lib.errors import DefinitionError

HEAD = "import numpy as np\nfrom course_lib.layers import Affine\n"
RIGHT = """
class MyAffine(Affine):
    def forward(self, x):
        self.x = x
        return x @ self.w + self.b

    def backward(self, dout):
        self.dw, self.db = np.einsum("nd,nm->dm", self.x, dout), dout.sum(0)
        return np.inner(dout, self.w)
"""


@pytest.fixture(autouse=True)
def _fresh(tmp_path, monkeypatch):
    """No sources handed in, and a folder of its own for each test."""
    from course_lib import earlier as module

    monkeypatch.setattr(module, "_SOURCES", module._Sources())
    monkeypatch.chdir(tmp_path)


def notebook(*cells):
    def cell(role, source):
        metadata = {"course": {"role": role}} if role else {}
        return {"cell_type": "code", "metadata": metadata, "source": source}

    with open("07_matmul_backward.ipynb", "w", encoding="utf-8") as file:
        json.dump({"cells": [cell("setup", HEAD), *(cell(*one) for one in cells)]}, file)


def taken(capsys):
    layer = earlier("07_matmul_backward", "MyAffine")
    return layer, capsys.readouterr().out.strip()


def test_a_layer_that_passes_its_check_is_taken(capsys):
    notebook(("solution", RIGHT), ("scratch", "raise SystemExit"))
    layer, said = taken(capsys)
    assert said == "MyAffine: yours, from 07_matmul_backward"
    assert layer is not STAND_INS["07_matmul_backward", "MyAffine"]


REASONS = {
    "wrong": ([("solution", RIGHT.replace("dout.sum(0)", "dout.mean(0)"))], "does not pass its check"),
    "not written": ([("solution", "class MyAffine(Affine):\n    pass")], "is not written yet"),
    "missing": ([], "does not define it"),
    "no Python": ([("solution", "class MyAffine(Affine:\n")], "does not define it"),
    "ended": ([("solution", "import sys\nsys.exit()\n" + RIGHT)], "does not define it"),
    "ends when called": (
        [("solution", RIGHT.replace("self.x = x", "exit()"))],
        "does not pass its check",
    ),
    "endless": ([("solution", "while True:\n    pass")], "take more than 1 s"),
    "blocking": ([("solution", "import time\ntime.sleep(60)")], "take more than 1 s"),
    "endless when called": (
        [("solution", RIGHT.replace("self.x = x", "while True:\n            pass"))],
        "its check in 07_matmul_backward takes more than 1 s",
    ),
}


@pytest.mark.parametrize("name", REASONS)
def test_otherwise_a_stand_in_comes_with_the_reason(name, capsys, monkeypatch):
    monkeypatch.setattr("course_lib.earlier._SECONDS", 1.0)
    cells, why = REASONS[name]
    notebook(*cells)
    layer, said = taken(capsys)
    assert layer is STAND_INS["07_matmul_backward", "MyAffine"]
    assert "slow stand-in" in said
    assert why in said


@pytest.mark.parametrize(
    "end", ["import sys; sys.exit()", "raise SystemExit('stop here')", "!ls", "if 1:\n    !ls"]
)
def test_a_cell_that_ends_or_holds_a_command_costs_nothing_of_what_stands_before(end, capsys):
    notebook(("solution", f"{RIGHT}\n{end}"))
    assert "yours" in taken(capsys)[1]


def test_in_grading_an_interrupt_of_its_own_ends_its_cell_alone(capsys):
    provide({"07_matmul_backward": [HEAD, f"{RIGHT}\nraise KeyboardInterrupt"]})
    assert "yours" in taken(capsys)[1]


def test_what_it_sets_in_numpy_stays_in_its_notebook(capsys):
    before = np.geterr(), np.get_printoptions()
    notebook(("solution", f"np.seterr(all='raise')\nnp.set_printoptions(precision=1)\n{RIGHT}"))
    assert "yours" in taken(capsys)[1]
    assert (np.geterr(), np.get_printoptions()) == before


def test_a_notebook_that_was_put_right_and_saved_is_read_again(capsys):
    notebook(("solution", "class MyAffine(Affine):\n    pass"))
    assert "is not written yet" in taken(capsys)[1]
    notebook(("solution", RIGHT))
    assert "yours" in taken(capsys)[1]


ADDED = "import numpy as np\nAXIS = 0\ndef total(dout):\n    return dout.sum(AXIS)\nwhile True:\n    pass"


def test_what_an_added_cell_defines_is_there_and_its_experiments_do_not_run(capsys):
    answer = RIGHT.replace("dout.sum(0)", "total(dout)")
    notebook((None, ADDED), (None, "no Python"), ("solution", answer))
    assert "yours" in taken(capsys)[1]


@pytest.mark.parametrize(
    "cells",
    [["text"], [None], [{"metadata": {"course": None}, "cell_type": "code", "source": ""}], "text", 7],
    ids=repr,
)
def test_odd_cells_are_told(cells, capsys):
    with open("07_matmul_backward.ipynb", "w", encoding="utf-8") as file:
        json.dump({"cells": cells}, file)
    assert "cannot be read" in taken(capsys)[1]


def test_a_class_is_not_refused_for_what_is_wrong_with_another_of_its_exercise(capsys):
    head = "import numpy as np\nfrom course_lib.layers import Elementwise\n"
    layer = (
        "class {}(Elementwise):\n    def forward(self, x):\n        self.y = {}\n        return self.y\n\n"
    )
    back = "    def backward(self, dout):\n        return dout * {}\n\n"
    right = layer.format("Sigmoid", "1 / (1 + np.exp(-x))") + back.format("self.y * (1 - self.y)")
    wrong = layer.format("Tanh", "np.tanh(x)") + back.format("(1 - self.y)")
    provide({"03_activations": [head, right + wrong]})
    assert earlier("03_activations", "Sigmoid") is not STAND_INS["03_activations", "Sigmoid"]
    assert earlier("03_activations", "Tanh") is STAND_INS["03_activations", "Tanh"]
    told = capsys.readouterr().out.splitlines()
    assert told[0] == "Sigmoid: yours, from 03_activations"
    assert told[1].endswith("does not pass its check: Tanh: dx is upstream times local")


def test_a_notebook_that_is_not_there_or_no_notebook_gives_a_stand_in(capsys):
    assert "is not here" in taken(capsys)[1]
    with open("07_matmul_backward.ipynb", "w", encoding="utf-8") as file:
        file.write("{")
    assert "cannot be read" in taken(capsys)[1]


def test_in_grading_the_cells_come_from_the_judge_and_no_file_is_read(capsys):
    notebook(("solution", RIGHT))
    provide({})
    assert "is not here" in taken(capsys)[1]
    provide({"07_matmul_backward": [HEAD, RIGHT]})
    assert "yours" in taken(capsys)[1]


@pytest.mark.parametrize("key", STAND_INS, ids=lambda key: key[1])
def test_every_stand_in_is_right(key):
    rng = np.random.default_rng(3)
    affine = key[1] == "MyAffine"
    layer = STAND_INS[key](rng.normal(size=(3, 2)), rng.normal(size=2)) if affine else STAND_INS[key]()
    assert check_layer(layer, rng.normal(size=(4, 3))).passed


def test_an_unknown_name_is_refused_with_those_that_are_known():
    with pytest.raises(DefinitionError, match="MyAffine of 07_matmul_backward"):
        earlier("07_matmul_backward", "Conv")
