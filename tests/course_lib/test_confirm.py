"""A mistake is named only where it is made on other inputs too."""

import numpy as np
import pytest

from course_lib.checking import compare
from course_lib.checking.confirm import confirmed
from course_lib.checking.diagnosis import Counterfactual
from course_lib.checking.model import CheckFailed
from course_lib.checking.run import run_exercise
from course_lib.checking.student import LocalStudent
from course_lib.exercises import find_exercise


@confirmed(lambda rng, x: (float(rng.uniform(5, 6)),))
def doubled(student, x):
    """`f(x)` is 2 x."""
    known = [
        Counterfactual("x squared", x * x, "Twice is no square."),
        Counterfactual("x plus two", x + 2, "Twice is no sum."),
        Counterfactual("four", 4.0),
    ]
    compare.equal("f", student.f(x), 2 * x, counterfactuals=known)


def finding(f, x):
    with pytest.raises(CheckFailed) as failed:
        doubled(LocalStudent({"f": f}), x)
    return failed.value.finding


def test_a_mistake_that_is_made_everywhere_is_named():
    assert finding(lambda x: x * x, 3.0).cause == "Your answer equals x squared."


def test_of_two_mistakes_the_one_that_is_made_elsewhere_too_is_named_with_its_hint():
    # At 2.0 the square and the sum are right, at -1.0 they are equal.
    found = finding(lambda x: x + 2, -1.0)
    assert found.cause == "Your answer equals x plus two."
    assert found.hint == "Twice is no sum."


def test_the_mistake_that_fits_elsewhere_is_named_although_others_come_first_here():
    known = [Counterfactual(name, 4.0) for name in ("this", "that")] + [Counterfactual("four", 4.0)]

    @confirmed(lambda rng, x: (x + 1,))
    def right(student, x):
        compare.equal("f", student.f(x), 2 * x, counterfactuals=known if x == 3 else known[2:])

    with pytest.raises(CheckFailed) as failed:
        right(LocalStudent({"f": lambda x: 4.0}), 3)
    assert failed.value.finding.cause == "Your answer equals four."
    assert failed.value.wrong.causes == ("four",)


def test_a_mere_factor_is_not_put_beside_a_mistake():
    @confirmed(lambda rng, x: (x + 1,))
    def right(student, x):
        known = [Counterfactual("the sum", 3 * x)]
        compare.equal("f", student.f(x), x, counterfactuals=known)

    with pytest.raises(CheckFailed) as failed:
        right(LocalStudent({"f": lambda x: 3 * x}), np.array([1.0, 2.0]))
    assert failed.value.finding.cause == "Your answer equals the sum."
    assert len(failed.value.wrong.causes) == 2


def test_what_fits_by_chance_is_not_named():
    found = finding(lambda x: x**3, 1.0)
    assert "squared" not in found.cause
    assert found.cause.startswith("No mistake that this check knows")
    assert found.hint == ""


def test_an_answer_that_is_right_elsewhere_or_raises_there_keeps_its_explanation():
    def brittle(x):
        if x > 4:
            raise ValueError
        return x * x

    assert "x squared" in finding(lambda x: 2 * x if x > 4 else x * x, 3.0).cause
    assert "x squared" in finding(brittle, 3.0).cause


def test_a_right_answer_is_asked_once():
    asked = []

    def right(x):
        asked.append(x)
        return 2 * x

    doubled(LocalStudent({"f": right}), 3.0)
    assert asked == [3.0]


def test_a_chance_hit_on_the_public_numbers_is_not_explained_by_it():
    # On the first public point this is the share of z, by chance.
    def nudge(x, y, z, dx, dy, dz):
        return 3 * z * dx + z * dy + (2 * x + y) * dz

    report = run_exercise(find_exercise("nudge"), LocalStudent({"nudge": nudge, "np": np}))
    assert not any("share of z alone" in o.finding.cause for o in report.outcomes if o.finding)
