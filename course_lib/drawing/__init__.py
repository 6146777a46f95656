"""Pictures with a text alternative that read in light and dark: `picture` wraps a matplotlib figure."""

from course_lib.drawing.figure import Picture, picture

__all__ = ["Picture", "picture"]
