"""Where student code runs: a confined process, and the trusted side that watches it.

Read in this order: `limits` and `locks` (what a child gives up; `landlock`, `seccomp`, `readable`, `kernel`
below it), `codec` (what crosses the pipe), `shell` and `child` (the process of a student), `zygote` (where
it is forked), `host` and `session` (the trusted side), `doctor` (does all of it hold here).
"""
