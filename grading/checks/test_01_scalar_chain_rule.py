"""Hidden checks of 01_scalar_chain_rule: the public check functions on new inputs, and what they leave."""

import pytest

from course_lib.exercises import scalar_chain_rule as public


def numbers(rng, count, low=0.5, high=9.0):
    """Signed numbers away from zero, as plain floats: on them no two mistakes look alike."""
    return [float(v) for v in rng.uniform(low, high, count) * rng.choice([-1.0, 1.0], count)]


@pytest.mark.exercise("forward_values", worth=1)
def test_forward_values_on_new_numbers(student, rng):
    """All three values are right on numbers you have not seen"""
    for _ in range(3):
        x, y, z = numbers(rng, 3)
        for node in "dqf":
            public.forward_value_right(student, node, x, y, z)
