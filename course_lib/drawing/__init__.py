"""Pictures with a text alternative, in light and dark: `picture` wraps a figure, `draw_graph` draws a graph."""

from course_lib.drawing.figure import Picture, picture
from course_lib.drawing.graph import draw_graph

__all__ = ["Picture", "draw_graph", "picture"]
