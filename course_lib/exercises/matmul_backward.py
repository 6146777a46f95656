"""Public checks of the notebook matmul_backward."""

from course_lib.checking.model import Exercise

__all__ = ["EXERCISES"]

EXERCISES: tuple[Exercise, ...] = ()
