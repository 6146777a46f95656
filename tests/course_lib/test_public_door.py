"""`check("name")` and `python -m course_lib check NOTEBOOK`, as a student meets them."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from course_lib import check
from course_lib.__main__ import main
from course_lib.errors import UnknownExerciseError
from course_lib.exercises import all_exercises, find_exercise


def test_an_unknown_exercise_is_told_with_the_nearest_name():
    name = all_exercises()[0].name
    with pytest.raises(UnknownExerciseError, match=f'Did you mean check\\("{name}"\\)'):
        check(name + "s")


@pytest.mark.parametrize("exercise", all_exercises(), ids=lambda e: e.name)
def test_an_untouched_exercise_is_not_attempted_and_scores_zero(exercise, capsys):
    value = check(exercise.name, namespace={})
    assert (type(value), value) == (float, 0.0)
    assert "not attempted" in capsys.readouterr().out


def test_names_of_exercises_are_unique():
    names = [exercise.name for exercise in all_exercises()]
    assert len(names) == len(set(names))
    assert find_exercise(names[0]).name == names[0]


def test_check_looks_at_the_names_of_its_caller(capsys):
    exercise = all_exercises()[0]
    script = f"from course_lib import check\ncheck({exercise.name!r})"
    exec(script, {})
    assert exercise.title in capsys.readouterr().out


def _notebook(path, sources):
    cells = [
        {"cell_type": "code", "source": source, "metadata": {"course": {"role": role}}, "outputs": []}
        for role, source in sources
    ]
    path.write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
    return path


def test_the_command_line_goes_on_after_a_cell_that_raises(tmp_path, capsys):
    name = all_exercises()[0].name
    book = _notebook(
        tmp_path / "book.ipynb",
        [
            ("solution", "1/0"),
            ("scratch", "%matplotlib inline\nx = 1"),
            ("show", "boom"),
            ("grade", f'check("{name}")'),
        ],
    )
    assert main(["check", str(book)]) == 1
    out = capsys.readouterr().out
    assert "code cell 1 (solution) raised ZeroDivisionError" in out
    assert out.count("raised") == 1
    assert "not attempted" in out


BROKEN = {"not JSON": "{", "not a notebook": "[]", "format 3": '{"worksheets": []}', "nested": "[" * 100_000}
BROKEN["metadata of another kind"] = (
    '{"cells": [{"cell_type": "code", "source": "", "metadata": {"course": 3}}]}'
)


@pytest.mark.parametrize("name", BROKEN)
def test_the_command_line_says_what_is_wrong_with_a_file(name, tmp_path, capsys):
    path = tmp_path / "book.ipynb"
    path.write_text(BROKEN[name])
    assert main(["check", str(path)]) == 2
    assert "is not a notebook of format 4" in capsys.readouterr().err


def test_the_command_line_says_what_a_person_marks(capsys):
    book = Path(__file__).parents[2] / "notebooks" / "backprop" / "06_vector_calculus.ipynb"
    assert main(["check", str(book)]) == 1
    last = capsys.readouterr().out.splitlines()[-2:]
    assert last == ["0 of 9 points by the public checks", "2 more points are marked by a person"]


def test_a_cell_that_exits_stops_nothing(tmp_path, capsys):
    name = all_exercises()[0].name
    cells = [("solution", "import sys; sys.exit(0)"), ("grade", f'check("{name}")')]
    book = _notebook(tmp_path / "book.ipynb", cells)
    assert main(["check", str(book)]) == 1
    assert "raised SystemExit" in capsys.readouterr().out


def test_the_command_line_says_that_a_file_is_missing(tmp_path, capsys):
    assert main(["check", str(tmp_path / "nowhere.ipynb")]) == 2
    assert "No such file" in capsys.readouterr().err


def test_importing_the_package_imports_neither_matplotlib_nor_ipython():
    names = ("matplotlib", "IPython", "course_lib.exercises")
    code = f"import sys, course_lib; print([m for m in {names} if m in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
