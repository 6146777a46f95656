"""Pictures with a text alternative for light and dark: `picture` wraps a figure, `draw_graph` draws one."""

from course_lib.drawing.figure import Picture, picture
from course_lib.drawing.graph import draw_graph

__all__ = ["Picture", "draw_graph", "picture"]
