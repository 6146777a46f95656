"""The trusted side of grading one notebook: bytes in, a result out. Nothing prints, nothing knows nbgrader.

Read in this order:

    results     what comes out: outcomes, scores, notes; plain data, to JSON and back
    reading     any bytes to a notebook, or the reason why not
    sanitise    everything but the answers comes from the release
    proxy       the student's answers by name, over a pipe to the sandbox
    checks      the hidden checks: one pytest session a worker, run for every submission
    recovery    the cells in a sandbox, again after a kill without what was the cause
    again       a name that is defined again behind its check
    verdict     one exercise: its checks, and what is told to whom
    release     the instructor's copy, and the versions that a result rests on
    grade       all of it together: `grade_notebook`
    plugin, alone    pytest's side of the hidden checks, and how they run on one submission
    flags       what staff may want to look at in an answer
    harmless, autograded    the result as a notebook that is safe to show
"""
