"""The builder: what the short form becomes, what an author is told, and that nothing committed drifted."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from course_lib.checking.model import Exercise
from grading.authoring import AuthoringError, build, drift, sources
from grading.authoring.build import Source, parse
from grading.authoring.execute import execute

ROOT = Path(__file__).resolve().parent.parent
COMMITTED = sources(ROOT)

# A whole notebook in small; the bad ones below differ from it in one place.
TEXT = '''\
# %% [markdown]
# # A small notebook

# %% role="setup"
def check(name):
    return 3.0

# %% role="solution" name="gradients"
def twice(x):
    """Twice x."""
    ### BEGIN SOLUTION
    return x + x
    ### END SOLUTION

# %% role="grade" exercise="gradients"
check("gradients")

# %% role="show" name="picture"
print("a lab")

# %% [markdown] role="written" name="why" points=2
# Why?
#
# ### BEGIN SOLUTION
# Because of the chain rule.
# ### END SOLUTION

# %% role="scratch"
'''
EXERCISES = (Exercise("gradients", "01_small", "Gradients", 3.0, ("twice",), (), ""),)


@pytest.fixture
def small(tmp_path):
    """A course with one small text source."""
    folder = tmp_path / "solutions" / "backprop"
    folder.mkdir(parents=True)
    (folder / "01_small.py").write_text(TEXT)
    (source,) = sources(tmp_path)
    return source


def by_id(notebook, name):
    (cell,) = [cell for cell in notebook.cells if cell.id == name]
    return cell


def test_the_short_form_becomes_what_nbgrader_needs(small):
    notebook = parse(small, EXERCISES)
    nbformat.validate(notebook)
    assert [cell.id for cell in notebook.cells] == [
        "prose-001",
        "setup_1",
        "gradients",
        "check_gradients",
        "picture",
        "why",
        "scratch_1",
    ]
    marks = {
        cell.id: tuple(key for key in ("grade", "solution", "locked") if cell.metadata.nbgrader[key])
        for cell in notebook.cells
        if "nbgrader" in cell.metadata
    }
    assert marks == {
        "setup_1": ("locked",),
        "gradients": ("solution",),
        "check_gradients": ("grade", "locked"),
        "picture": ("locked",),
        "why": ("grade", "solution"),
    }
    assert by_id(notebook, "check_gradients").metadata.nbgrader.points == 3
    assert by_id(notebook, "why").metadata.nbgrader.points == 2
    assert by_id(notebook, "scratch_1").metadata == {"course": {"role": "scratch"}}


# name of the case: what to replace in TEXT, by what, and what the author must read.
MISTAKES = {
    "no end of a region": ("    ### END SOLUTION\n\n", "\n", "has no end"),
    "an end without a beginning": ("    ### BEGIN SOLUTION\n", "", "without a beginning"),
    "a region in a region": (
        "    return x + x\n",
        "    ### BEGIN SOLUTION\n    return x + x\n",
        "begins inside another",
    ),
    "no region at all": (
        "    ### BEGIN SOLUTION\n    return x + x\n    ### END SOLUTION\n",
        "    pass\n",
        "no solution region",
    ),
    "a region outside a function": (
        '    """Twice x."""\n    ### BEGIN SOLUTION\n    return x + x\n    ### END SOLUTION\n',
        "    return x + x\n### BEGIN SOLUTION\ny = 3\n### END SOLUTION\n",
        "outside a function",
    ),
    "a region in a cell of the author's": (
        'print("a lab")',
        "def f():\n    ### BEGIN SOLUTION\n    pass\n    ### END SOLUTION",
        "that students do not fill in",
    ),
    "a solution that is not Python": ("    return x + x\n", "    return x +\n", "invalid syntax"),
    "an unknown exercise": ('exercise="gradients"', 'exercise="gradient"', 'no exercise called "gradient"'),
    "points where they do not belong": (
        'exercise="gradients"',
        'exercise="gradients" points=3',
        "not given here",
    ),
    "a check of another exercise": (
        'check("gradients")',
        'check("others")',
        "holds its check and nothing else",
    ),
    "more than a check": (
        'check("gradients")',
        'check("gradients")\nx = 1',
        "holds its check and nothing else",
    ),
    "no check": (
        '# %% role="grade" exercise="gradients"\ncheck("gradients")\n',
        "",
        "no cell checks gradients",
    ),
    "a name that the exercise asks for": ("def twice", "def double", "nothing above it defines twice"),
    "a name used twice": ('name="picture"', 'name="gradients"', "is taken"),
    "a name that is no id": ('name="picture"', 'name="my picture"', "cannot be a name"),
    "a solution without a name": ('role="solution" name="gradients"', 'role="solution"', "has no name"),
    "a written answer without points": (" points=2", "", "points are missing"),
    "a written answer without points above zero": ("points=2", "points=0", "points are missing"),
    "a written answer without a region": (
        "# ### BEGIN SOLUTION\n# Because of the chain rule.\n# ### END SOLUTION\n",
        "# Because.\n",
        "the written answer has no solution region",
    ),
    "no role": ('# %% role="scratch"', "# %%\nx = 1", "has no role"),
    "an unknown role": ('role="show"', 'role="lab"', 'no role "lab"'),
    "a role without quotes": ('role="show"', "role=show", "is not understood"),
    "an unknown key": ('role="show"', 'role="show" worth=3', "is not understood (worth)"),
    "a written answer in code": (
        '# %% [markdown] role="written"',
        '# %% role="written"',
        "cannot have the role",
    ),
}


@pytest.mark.parametrize(("old", "new", "told"), MISTAKES.values(), ids=MISTAKES.keys())
def test_an_author_is_told_what_why_and_how_to_mend(small, old, new, told):
    assert old in TEXT
    small.text.write_text(TEXT.replace(old, new, 1))
    with pytest.raises(AuthoringError) as caught:
        parse(small, EXERCISES)
    assert told in caught.value.what
    assert "01_small.py" in caught.value.what
    assert caught.value.why
    assert caught.value.mend


UNREPEATABLE = {
    "an address": ("object()", "holds an address"),
    "too many digits": ("1 / 3", "more than 6 digits"),
    "a warning": ("import warnings; warnings.warn('old')", "writes to stderr"),
    "an error": ("1 / 0", "failed with ZeroDivisionError"),
}


@pytest.mark.parametrize(("code", "told"), UNREPEATABLE.values(), ids=UNREPEATABLE.keys())
def test_an_output_that_cannot_repeat_is_refused(tmp_path, code, told):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
    with pytest.raises(AuthoringError, match=told):
        execute(notebook, tmp_path, "01_small.py")


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The small course, built."""
    course = tmp_path_factory.mktemp("course")
    folder = course / "solutions" / "backprop"
    folder.mkdir(parents=True)
    (folder / "01_small.py").write_text(TEXT)
    (source,) = sources(course)
    build(source, EXERCISES)
    return source


@pytest.fixture
def course(built, tmp_path):
    """A copy of the built course that a test may spoil."""
    shutil.copytree(built.text.parents[2], tmp_path / "course")
    (source,) = sources(tmp_path / "course")
    return source


def test_the_solution_keeps_its_outputs_and_the_release_none(built):
    solution, release = (nbformat.read(path, as_version=4) for path in (built.solution, built.release))
    assert by_id(solution, "check_gradients").outputs[0].data["text/plain"] == "3.0"
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in release.cells)


def test_the_release_holds_the_stub_and_no_solution(built):
    release = nbformat.read(built.release, as_version=4)
    assert by_id(release, "gradients").source == (
        'def twice(x):\n    """Twice x."""\n    raise NotImplementedError("write this")'
    )
    assert by_id(release, "why").source == "Why?\n\n*Write your answer here.*"
    assert "x + x" not in built.release.read_text()
    assert "SOLUTION" not in built.release.read_text()


def test_students_can_neither_edit_nor_delete_a_check(built):
    check = by_id(nbformat.read(built.release, as_version=4), "check_gradients")
    assert (check.metadata.editable, check.metadata.deletable) == (False, False)


def test_building_again_gives_the_same_bytes(course):
    before = course.solution.read_bytes(), course.release.read_bytes()
    build(course, EXERCISES)
    assert (course.solution.read_bytes(), course.release.read_bytes()) == before


def test_nothing_has_drifted_after_a_build(built):
    assert drift(built, EXERCISES) == ()


def test_an_edited_source_drifts_from_both_notebooks(course):
    course.text.write_text(TEXT.replace("A small", "A smaller"))
    lines = drift(course, EXERCISES)
    assert len(lines) == 2
    assert all("cell prose-001: its source differs" in line for line in lines)


def test_an_edited_solution_line_drifts_from_the_solution_alone(course):
    course.text.write_text(TEXT.replace("return x + x", "return 2 * x"))
    (line,) = drift(course, EXERCISES)
    assert line == f"{course.solution}: cell gradients: its source differs"


def test_a_missing_release_is_a_drift(course):
    course.release.unlink()
    assert drift(course, EXERCISES) == (f"{course.release}: missing",)


def test_outputs_in_the_release_are_a_drift(course):
    release = nbformat.read(course.release, as_version=4)
    by_id(release, "picture").outputs = [nbformat.v4.new_output("stream", name="stdout", text="a lab\n")]
    nbformat.write(release, course.release)
    assert drift(course, EXERCISES) == (f"{course.release}: cell picture holds outputs",)


def test_a_failed_build_leaves_the_old_notebooks(course):
    before = course.solution.read_bytes(), course.release.read_bytes()
    course.text.write_text(TEXT.replace('print("a lab")', "1 / 0"))
    with pytest.raises(AuthoringError):
        build(course, EXERCISES)
    assert (course.solution.read_bytes(), course.release.read_bytes()) == before
    assert sorted(path.name for path in course.release.parent.iterdir()) == ["01_small.ipynb"]


def test_a_reference_that_a_check_does_not_pass_is_no_notebook(course):
    course.text.write_text(TEXT.replace("return 3.0", "return 2.5"))
    with pytest.raises(AuthoringError, match="the reference does not get all of its points") as caught:
        build(course, EXERCISES)
    assert caught.value.why == "2.5"


def test_an_unknown_notebook_is_told_with_those_that_exist(built):
    with pytest.raises(AuthoringError, match='no notebook "99"') as caught:
        sources(built.text.parents[2], ["99"])
    assert "01_small" in caught.value.why


def stock_release(course: Path, tmp_path: Path) -> Path:
    """What `nbgrader generate_assignment` makes of a course's solutions."""
    copy = tmp_path / "stock"
    shutil.copytree(course / "solutions", copy / "solutions")
    shutil.copyfile(ROOT / "nbgrader_config.py", copy / "nbgrader_config.py")
    command = [sys.executable, "-m", "nbgrader", "generate_assignment", "backprop"]
    run = subprocess.run(command, cwd=copy, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return copy / "notebooks" / "backprop"


@pytest.fixture(params=["small", "committed"])
def course_root(request, built):
    return built.text.parents[2] if request.param == "small" else ROOT


@pytest.mark.slow
def test_stock_nbgrader_releases_the_same_and_no_text_source(course_root, tmp_path):
    stock = stock_release(course_root, tmp_path)
    ours = course_root / "notebooks" / "backprop"
    assert sorted(path.name for path in stock.iterdir()) == sorted(path.name for path in ours.iterdir())
    for path in sorted(ours.iterdir()):
        theirs, mine = (nbformat.read(where / path.name, as_version=4) for where in (stock, ours))
        assert theirs.cells == mine.cells
        assert theirs.metadata == mine.metadata


@pytest.mark.parametrize("source", COMMITTED, ids=lambda source: source.name)
def test_the_committed_notebooks_are_in_step_with_their_source(source: Source):
    assert drift(source) == ()


def test_no_committed_notebook_is_without_a_source():
    names = {source.name for source in COMMITTED}
    for folder in ("solutions", "notebooks"):
        assert {path.stem for path in (ROOT / folder / "backprop").glob("*.ipynb")} == names
