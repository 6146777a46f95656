"""The one package that knows nbgrader, traitlets and SQLAlchemy.

Read in this order:

    release     the students' notebooks from the solutions
    opening     the gradebook: made where there is none, and an assignment's rows
    looking     whether an address leads to a gradebook, and to the right one
    gradebook   the one writer: what the judge found, as rows of nbgrader's
    schema      nbgrader's tables, known without importing nbgrader
    late        nbgrader's penalties for late submissions
    errors      what is told when the gradebook cannot be used
    record      results into the gradebook and autograded/
    config      the settings of a course root
    stock       `nbgrader autograde` and the formgrader's button, led to the judge
    feedback    nbgrader's own pages, over several processes
    pages       what may stand in such a page
"""
