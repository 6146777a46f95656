"""What students get: the release notebooks, the wheel and a README, as a folder or a zip file.

The wheel is built by the installed build backend, so this works offline. Nothing else of the checkout comes
near the bundle.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from grading.authoring.errors import AuthoringError

__all__ = ["build_wheel", "bundle"]

_CHECKOUT = Path(__file__).resolve().parents[2]
# One moment for all files, so that the same content gives the same bytes; zip files begin in 1980.
_MOMENT = "315532800"


def bundle(destination: Path, *, course: Path = _CHECKOUT, assignment: str = "backprop") -> Path:
    """Make what students get.

    Parameters
    ----------
    destination : Path
        A folder that does not exist or is empty, or a file name that ends in `.zip`.
    course : Path
        The folder with `notebooks/`.
    assignment : str
        nbgrader's name of the assignment.

    Returns
    -------
    Path
        `destination`, made whole or not at all.

    Raises
    ------
    AuthoringError
        The release is missing, or the destination is in use.
    """
    notebooks = sorted((course / "notebooks" / assignment).glob("*.ipynb"))
    if not notebooks:
        raise AuthoringError(
            f"There is no release in {course / 'notebooks' / assignment}.",
            "The bundle holds the release notebooks.",
            "Run make notebooks first.",
        )
    if destination.is_dir() and any(destination.iterdir()):
        raise AuthoringError(
            f"{destination} is not empty.",
            "What lies there could be mistaken for a part of the bundle.",
            "Name a new folder, or empty it.",
        )
    destination.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=destination.parent, prefix=".bundle-") as temporary:
        folder = Path(temporary) / "backprop-workbook"
        (folder / "notebooks").mkdir(parents=True)
        for notebook in notebooks:
            shutil.copyfile(notebook, folder / "notebooks" / notebook.name)
        wheel = build_wheel(folder)
        readme = Path(__file__).with_name("student_readme.md").read_text(encoding="utf-8")
        (folder / "README.md").write_text(readme.replace("{wheel}", wheel.name), encoding="utf-8")
        if destination.suffix == ".zip":
            packed = shutil.make_archive(str(Path(temporary) / "packed"), "zip", temporary, folder.name)
            os.replace(packed, destination)
        else:
            if destination.is_dir():
                destination.rmdir()
            os.replace(folder, destination)
    return destination


def build_wheel(folder: Path) -> Path:
    """Build the wheel of `course_lib` into `folder`, offline; the path of the wheel."""
    run = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder.resolve())],
        cwd=_CHECKOUT,
        env=os.environ | {"SOURCE_DATE_EPOCH": _MOMENT},
        capture_output=True,
        text=True,
        check=False,
    )
    wheels = sorted(folder.glob("*.whl"))
    if run.returncode or not wheels:
        raise AuthoringError(
            "The wheel could not be built.",
            (run.stderr or run.stdout).strip()[-500:],
            "Run make again; it sets up the build backend.",
        )
    return wheels[-1]
