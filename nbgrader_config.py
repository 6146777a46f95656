"""nbgrader's settings for this course; every stock command and the formgrader read them from here."""

from grading.nbgrader_bridge import release

c = get_config()  # noqa: F821  # nbgrader puts it there

# The course and the release: folders, what may be copied, how a solution becomes what students get.
release.configure(c)
