"""Public checks of the notebook two_layer_sigmoid_net."""

from course_lib.checking.model import Exercise

__all__ = ["EXERCISES"]

EXERCISES: tuple[Exercise, ...] = ()
