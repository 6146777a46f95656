"""nbgrader's settings of a course root: the checkout's, also where the course lies elsewhere."""

from __future__ import annotations

from pathlib import Path

from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

from grading.course import CHECKOUT, Course
from grading.files import write_whole
from grading.nbgrader_bridge.errors import GradebookError

__all__ = ["course_config", "gradebook_of", "write_config"]

CONFIG_FILE = "nbgrader_config.py"


def course_config(course: Course) -> Config:
    """nbgrader's settings of a course: its own file, else the checkout's."""
    folder = course.root if (course.root / CONFIG_FILE).is_file() else CHECKOUT
    config = PyFileConfigLoader(CONFIG_FILE, path=str(folder)).load_config()
    config.CourseDirectory.root = str(course.root)
    config.CourseDirectory.setdefault("db_url", course.db_url)
    return config


def gradebook_of(course: Course) -> tuple[str, str]:
    """The address of the gradebook and nbgrader's name of the course, as stock nbgrader would take them.

    The settings are read only where they speak of either: reading them imports nbgrader, three seconds.
    """
    paths = (course.root / CONFIG_FILE, CHECKOUT / CONFIG_FILE)
    texts = [path.read_text(encoding="utf-8") for path in paths if path.is_file()]
    if not any(name in text for text in texts for name in ("db_url", "course_id")):
        return course.db_url, ""
    settings = course_config(course).CourseDirectory
    return str(settings.db_url), str(settings.get("course_id", ""))


def write_config(course: Course) -> Path | None:
    """Give a course outside the checkout the checkout's settings, so that stock nbgrader works there; once.

    Raises
    ------
    GradebookError
        The folder cannot be written.
    """
    path = course.root / CONFIG_FILE
    if path.exists():
        return None
    lines = [
        '"""nbgrader\'s settings of this course: those of the checkout that grades it."""',
        "",
        "c = get_config()",
        f"load_subconfig({CONFIG_FILE!r}, path={str(CHECKOUT)!r})",
    ]
    # nbgrader lists an assignment by its source and its release; a folder of submissions has neither.
    for setting, folder in (("source_directory", "solutions"), ("release_directory", "notebooks")):
        if not (course.root / folder).is_dir():
            lines.append(f"c.CourseDirectory.{setting} = {str(CHECKOUT / folder)!r}")
    try:
        write_whole(path, "\n".join(lines) + "\n")
    except OSError as error:
        raise GradebookError(
            f"Nothing can be written in {course.root}.",
            f"{error.strerror or error}.",
            "Get the right to write there, or make room on the disk; then run the command again.",
        ) from error
    return path
