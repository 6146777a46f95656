"""Public checks of the notebook scalar_chain_rule."""

from course_lib.checking.model import Exercise

__all__ = ["EXERCISES"]

EXERCISES: tuple[Exercise, ...] = ()
