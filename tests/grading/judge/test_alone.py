"""`pytest grading/checks --submission NOTEBOOK`: the hidden checks alone, with pytest's own report."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.grading.judge import toy_course
from tests.grading.judge.toy_course import RELEASE, filled, raw, write_checks


@pytest.fixture
def run(tmp_path, toy_path):
    """Run pytest on the toy's hidden checks as a person would."""
    checks = write_checks(tmp_path / "checks")
    (checks / "conftest.py").write_text('pytest_plugins = ["grading.judge.plugin"]\n')
    release = tmp_path / "release" / "99_toy.ipynb"
    release.parent.mkdir()
    release.write_text(json.dumps(RELEASE))

    def run(content, *arguments):
        submission = tmp_path / "submitted" / "ana" / "toy" / "99_toy.ipynb"
        submission.parent.mkdir(parents=True, exist_ok=True)
        submission.write_bytes(content)
        places = [str(Path.cwd()), str(Path(toy_course.__file__).parent), os.environ.get("PYTHONPATH", "")]
        keep = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST", "COV"))}
        return subprocess.run(
            [
                *(sys.executable, "-m", "pytest", str(checks), "--submission", str(submission)),
                *("--release", str(release), "--disable-plugin-autoload", "-p", "no:cacheprovider"),
                *arguments,
            ],
            capture_output=True,
            text=True,
            timeout=120,
            cwd=tmp_path,
            env=keep | {"PYTHONPATH": os.pathsep.join(places)},
        )

    return run


def test_a_right_submission_passes_and_says_whose_it_is(run):
    done = run(raw(filled()))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "judging ana" in done.stdout
    assert "4 passed" in done.stdout


def test_a_wrong_one_fails_with_what_staff_need(run):
    done = run(raw(filled(double="def double(x):\n    return x")))
    assert done.returncode == 1
    assert "2 failed, 2 passed" in done.stdout
    assert toy_course.MARKER in done.stdout


def test_a_call_that_ends_the_process_costs_its_check_alone(run):
    source = "def total(x):\n    import os\n    os._exit(1)"
    done = run(raw(filled(total=source)))
    assert "1 failed, 3 passed" in done.stdout, done.stdout


@pytest.mark.parametrize(("content", "says"), [(b"", "empty"), (b"x", "not JSON")])
def test_what_is_no_notebook_is_told(run, content, says):
    done = run(content)
    assert done.returncode == 4
    assert says in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
