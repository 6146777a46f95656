"""Errors that say what happened, why, and how to mend it."""

__all__ = ["CourseError", "DefinitionError", "ShapeError", "UnknownExerciseError"]


class CourseError(Exception):
    """Base of all errors of the workbook.

    Parameters
    ----------
    what, why, mend : str
        One sentence each. All three are kept as attributes.

    Examples
    --------
    >>> print(CourseError("The lamp is out.", "No current.", "Switch it on."))
    The lamp is out.
    Why: No current.
    Mend: Switch it on.
    """

    def __init__(self, what: str, why: str, mend: str) -> None:
        super().__init__(what, why, mend)
        self.what, self.why, self.mend = what, why, mend

    def __str__(self) -> str:
        return f"{self.what}\nWhy: {self.why}\nMend: {self.mend}"


class ShapeError(CourseError):
    """An array has another shape than the contract asks for."""


class DefinitionError(CourseError):
    """A layer or a function does not keep the contract of its skeleton."""


class UnknownExerciseError(CourseError):
    """No exercise has this name."""
