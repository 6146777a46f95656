"""What leaves the checkout: the wheel holds `course_lib` alone, the bundle no line of a solution."""

from __future__ import annotations

import subprocess
import venv
import zipfile
from pathlib import Path

import nbformat
import numpy as np
import pytest

from grading.authoring import AuthoringError, bundle, sources
from grading.authoring.build import parse
from grading.authoring.bundle import build_wheel
from grading.authoring.rules import regions

ROOT = Path(__file__).resolve().parent.parent
# Shorter lines, such as `return dx`, say nothing and stand in many places.
TELLING = 12


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    return build_wheel(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """The Python of an environment that holds the wheel and numpy, and nothing else."""
    home = tmp_path_factory.mktemp("empty")
    venv.create(home, with_pip=False)
    python = home / "bin" / "python"
    ask = [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    packages = Path(subprocess.run(ask, capture_output=True, text=True, check=True).stdout.strip())
    zipfile.ZipFile(wheel).extractall(packages)
    numpy = Path(np.__file__).parent
    for part in [numpy, *numpy.parent.glob("numpy.libs")]:
        (packages / part.name).symlink_to(part)
    return python


def run(python, code, cwd):
    return subprocess.run([python, "-I", "-c", code], capture_output=True, text=True, check=False, cwd=cwd)


def test_the_wheel_holds_course_lib_and_nothing_else(wheel):
    top = {name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert {name for name in top if not name.endswith(".dist-info")} == {"course_lib"}


def test_every_module_of_course_lib_is_in_the_wheel(wheel):
    packed = {name for name in zipfile.ZipFile(wheel).namelist() if name.endswith(".py")}
    assert packed == {str(path.relative_to(ROOT)) for path in (ROOT / "course_lib").rglob("*.py")}


def test_the_wheel_brings_no_script_and_needs_numpy_alone(wheel):
    archive = zipfile.ZipFile(wheel)
    assert not [name for name in archive.namelist() if name.endswith("entry_points.txt")]
    (metadata,) = [name for name in archive.namelist() if name.endswith("/METADATA")]
    needs = [
        line for line in archive.read(metadata).decode().splitlines() if line.startswith("Requires-Dist:")
    ]
    assert [line for line in needs if "extra ==" not in line] == ["Requires-Dist: numpy>=2.0"]


def test_the_wheel_works_with_numpy_alone(installed, tmp_path):
    done = run(installed, "import course_lib; print(course_lib.__file__)", tmp_path)
    assert done.returncode == 0, done.stderr
    assert str(ROOT) not in done.stdout


@pytest.mark.parametrize("name", ["grading", "solutions", "tests", "benchmarks", "nbgrader_config"])
def test_nothing_of_the_staff_can_be_imported_beside_the_wheel(installed, tmp_path, name):
    done = run(installed, f"import course_lib, {name}", tmp_path)
    assert f"ModuleNotFoundError: No module named '{name}'" in done.stderr


def solution_lines() -> set[str]:
    """Every telling line between solution marks that does not stand outside of them too, given away."""
    inside: set[str] = set()
    outside: set[str] = set()
    for source in sources(ROOT):
        for cell in parse(source).cells:
            lines = cell.source.split("\n")
            spans = [range(region.first, region.last + 1) for region in regions(cell.source, cell.id)]
            hidden = {number for span in spans for number in span}
            for number, line in enumerate(lines, start=1):
                (inside if number in hidden else outside).add(line.strip())
    return {line for line in inside - outside if len(line) >= TELLING}


def released_lines(folder: Path) -> set[str]:
    """Every line of text in a bundle: of each cell, of each module in the wheel, of all else."""
    found: set[str] = set()
    for path in folder.rglob("*"):
        if path.suffix == ".ipynb":
            for cell in nbformat.read(path, as_version=4).cells:
                found |= {line.strip() for line in cell.source.split("\n")}
        elif path.suffix == ".whl":
            archive = zipfile.ZipFile(path)
            for name in archive.namelist():
                found |= {line.strip() for line in archive.read(name).decode().split("\n")}
        elif path.is_file():
            found |= {line.strip() for line in path.read_text(encoding="utf-8").split("\n")}
    return found


@pytest.fixture(scope="module")
def bundled(tmp_path_factory):
    return bundle(tmp_path_factory.mktemp("students") / "bundle")


def test_the_bundle_holds_notebooks_wheel_and_readme(bundled):
    notebooks = [f"notebooks/{source.name}.ipynb" for source in sources(ROOT)]
    wheels = [path.name for path in bundled.glob("*.whl")]
    found = sorted(str(path.relative_to(bundled)) for path in bundled.rglob("*") if path.is_file())
    assert found == sorted([*notebooks, *wheels, "README.md"])
    assert len(wheels) == 1
    assert wheels[0] in (bundled / "README.md").read_text()


def test_no_line_of_a_solution_is_in_the_bundle(bundled):
    assert solution_lines() & released_lines(bundled) == set()


def test_no_line_of_a_solution_is_under_notebooks():
    assert solution_lines() & released_lines(ROOT / "notebooks") == set()


def test_the_search_finds_a_line_that_did_leak(tmp_path):
    lines = solution_lines()
    assert len(lines) >= len(sources(ROOT))
    cell = nbformat.v4.new_code_cell("def answer():\n    " + min(lines))
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), tmp_path / "leak.ipynb")
    assert lines & released_lines(tmp_path) == {min(lines)}


def test_the_bundle_is_made_as_a_zip_file_too(tmp_path):
    names = zipfile.ZipFile(bundle(tmp_path / "students.zip")).namelist()
    assert "backprop-workbook/README.md" in names
    assert list(tmp_path.iterdir()) == [tmp_path / "students.zip"]


def test_a_bundle_is_not_mixed_with_what_lies_there(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(AuthoringError, match="is not empty"):
        bundle(tmp_path)


def test_without_a_release_there_is_no_bundle(tmp_path):
    with pytest.raises(AuthoringError, match="no release"):
        bundle(tmp_path / "bundle", course=tmp_path)
    assert list(tmp_path.iterdir()) == []
