"""Hidden checks of 00_start_here: the public one on new numbers."""

import pytest

from course_lib.exercises.start_here import centre_right, single_right


@pytest.mark.exercise("centre", worth=1)
def test_other_numbers(student, rng):
    """Other numbers and shapes"""
    for shape in ((6, 2), (3, 1)):
        centre_right(student, rng.normal(size=shape) + 2)
    single_right(student, rng.normal(size=(1, 4)))
