"""A panel speaks of the code that stands in the notebook, and of what that code reads."""

import numpy as np
import pytest
from IPython.core.inputtransformer2 import TransformerManager

from course_lib.checking.door import check_report
from course_lib.checking.panel import text_of
from course_lib.statuses import Status

RIGHT = "def forward_values(x, y, z):\n    d = 2 * x\n    return d, d + y, (d + y) * z"


def _report(source, exercise="forward_values", **names):
    space = {"__name__": "__main__", **names}
    exec(source, space)
    return check_report(exercise, space)


def test_a_cell_with_a_syntax_error_hides_no_older_version_behind_it():
    broken = "def forward_values(x, y, z):\n    return 2x, 2*x + y, (2*x + y) * z"
    report = _report(RIGHT, In=["", RIGHT, broken, 'check("forward_values")'], get_ipython=TransformerManager)
    assert report.status is Status.ERRORED
    assert report.score == 0
    text = text_of(report, 3)
    assert "Your cell has not run: it has a SyntaxError." in text
    assert "line 2: return 2x" in text
    assert "still an older version" in text


@pytest.mark.parametrize("last", [RIGHT, "%timeit 1 + 1", "forward_values(1, 2, 3", RIGHT + "\n!ls"])
def test_what_else_was_run_does_not_matter(last):
    assert _report(RIGHT, In=["", RIGHT, last], get_ipython=TransformerManager).score == 1


def test_a_name_of_another_cell_is_told():
    layer = (
        "from course_lib import Affine\n"
        "class MyAffine(Affine):\n"
        "    def forward(self, x):\n"
        "        self.x = x\n"
        "        return x @ w + self.b\n"
        "    def backward(self, dout):\n"
        "        self.dw, self.db = self.x.T @ dout, dout.sum(0)\n"
        "        return dout @ self.w.T\n"
    )
    text = text_of(_report(layer, "affine_layer", w=np.ones((3, 4))), 2)
    assert "Your code reads w from a cell above (line 5 of its own cell)" in text
    assert "in a method the layer's own is self.w" in text


def test_what_a_right_answer_reads_from_other_cells_is_its_own_business():
    assert "reads" not in text_of(_report(RIGHT.replace("2 *", "two *"), two=2), 3)


def test_an_answer_that_never_changes_is_told():
    text = text_of(_report("def forward_values(x, y, z):\n    return 6.0, 5.0, 12.5"), 3)
    assert "Your answer is the same whatever the inputs are." in text


def test_a_factor_is_named_where_it_is_one_on_other_inputs_too():
    answer = (
        "import numpy as np\ndef log_loss_gradient(w, x):\n    p = 1 / (1 + np.exp(-w @ x))\n    return {}"
    )
    varying = text_of(_report(answer.format("-1 / p * (1 - p**2) * x"), "log_loss_gradient"), 3)
    assert "everywhere" not in varying
    constant = text_of(_report(answer.format("-2.5 * (1 - p) * x"), "log_loss_gradient"), 3)
    assert "2.5 times the right value, everywhere" in constant


def test_the_next_level_that_is_offered_says_something():
    report = _report("def forward_values(x, y, z):\n    print(x)")
    assert "explain=3)" in text_of(report, 0)
    assert "Does the function end with a return" in text_of(report, 3)


def test_an_array_of_as_many_numbers_is_an_answer():
    source = RIGHT.replace("return d, d + y, (d + y) * z", "return np.array([d, d + y, (d + y) * z])")
    assert _report(source, np=np).score == 1
