"""nbgrader's settings for this course; every stock command and the formgrader read them from here."""

from grading.nbgrader_bridge import pages, release, stock

c = get_config()  # noqa: F821  # nbgrader puts it there

# The course and the release: folders, what may be copied, how a solution becomes what students get.
release.configure(c)

# Grading: `nbgrader autograde` and the formgrader's Autograde button go through the judge, in the sandbox.
stock.configure(c)

# What students wrote is cleaned before feedback or the formgrader shows it.
pages.configure(c)
