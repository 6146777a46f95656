"""Numbers that the prose of 01 states are what the functions give."""

import pytest


def _f(x, y, z):
    return (x + y) * z


def test_a_small_move_of_the_worked_example():
    assert _f(-1.99, 5, -4) == pytest.approx(-12.04)
    assert _f(-2, 5, -4) == -12


def test_the_prediction_of_the_worked_example():
    gradients = (-4, -4, 3)
    assert gradients[0] * 0.1 + gradients[2] * 0.2 == pytest.approx(0.2)


def test_one_side_and_both_sides_of_the_square():
    assert pytest.approx(6.1) == (3.1**2 - 3**2) / 0.1
    assert pytest.approx(6) == (3.1**2 - 2.9**2) / 0.2
