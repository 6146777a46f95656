"""The one package that knows nbgrader, traitlets and SQLAlchemy; the rest of `grading` talks to it in plain data.

`release` makes the students' notebooks from the solutions.
"""
