"""What may be wrong on a machine, through the real command: it is told, and nothing is half-written."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from grading.course import CHECKOUT
from grading.demo.fill import fill_in, right_answers

pytestmark = pytest.mark.slow

STEM = "01_scalar_chain_rule"

ORDINARY = "from grading.sandbox import locks; locks._capabilities(None)\n"
"""Root without its privileges meets the rights of files as everybody does."""

FULL = """
import resource
from grading.batch import LocalWorkers
launch = LocalWorkers.launch
def then_full(self):
    launch(self)
    resource.setrlimit(resource.RLIMIT_FSIZE, ({bytes}, resource.RLIM_INFINITY))
LocalWorkers.launch = then_full
"""
"""No file of the grader's own can grow beyond some bytes, as on a disk that is full."""


def command(root: Path, *words: str, before: str = "") -> list[str]:
    code = f"import sys\n{before}\nfrom grading.cli import main\nsys.exit(main(sys.argv[1:]))"
    return [sys.executable, "-c", code, *words, "backprop", "--course", str(root), "--jobs", "1"]


def run(root: Path, *words: str, before: str = "") -> tuple[int, str, str]:
    done = subprocess.run(
        command(root, *words, before=before), cwd=CHECKOUT, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout, done.stderr


def told(err: str) -> bool:
    return bool(re.search(r"\nWhy: .+\nMend: .+", err)) and "Traceback" not in err


def half_written(root: Path) -> list[str]:
    names = ("*.partial", "*-journal", ".course_secret-*")
    return [str(path) for name in names for path in root.rglob(name)]


def hand_in(root: Path, student: str, first: str = "") -> Path:
    released = json.loads((CHECKOUT / "notebooks" / "backprop" / f"{STEM}.ipynb").read_text())
    answers = dict(right_answers(STEM))
    answers["forward_values"] = first + answers["forward_values"]
    folder = root / "submitted" / student / "backprop"
    folder.mkdir(parents=True)
    (folder / f"{STEM}.ipynb").write_text(json.dumps(fill_in(released, answers, None)))
    return folder


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("graded")
    hand_in(root, "ana")
    assert run(root, "autograde")[0] == 0
    return root


@pytest.fixture
def course(once: Path, tmp_path: Path) -> Path:
    """A course of one student, graded."""
    return Path(shutil.copytree(once, tmp_path / "course"))


@pytest.fixture(scope="module")
def twelve(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course of twelve students, graded: more than one process writes at once."""
    root = tmp_path_factory.mktemp("twelve")
    for number in range(12):
        hand_in(root, f"s{number:02}")
    assert run(root, "autograde")[0] == 0
    return root


@pytest.fixture
def fresh(tmp_path: Path) -> Path:
    """A course of two students, of which nothing is graded."""
    for student in ("ana", "ben"):
        hand_in(tmp_path / "course", student)
    return tmp_path / "course"


@pytest.mark.parametrize("word", ["autograde", "feedback"])
class TestGradebook:
    def test_one_that_is_locked_is_waited_for_by_the_user_and_not_put_back_from_a_backup(
        self, course: Path, word: str
    ) -> None:
        other = sqlite3.connect(course / "gradebook.db")
        other.execute("BEGIN EXCLUSIVE")
        code, _, err = run(course, word, "--force")
        other.close()
        assert code == 2
        assert told(err)
        assert "is locked" in err
        assert "backup." not in err
        assert half_written(course) == []
        assert run(course, word, "--force")[0] == 0

    def test_one_that_is_damaged_is_told_and_left_as_it_is(self, course: Path, word: str) -> None:
        damaged = (course / "gradebook.db").read_bytes()[:30_000]
        (course / "gradebook.db").write_bytes(damaged)
        code, _, err = run(course, word, "--force")
        assert code == 2
        assert told(err)
        assert "backup" in err
        assert (course / "gradebook.db").read_bytes() == damaged

    def test_a_folder_in_its_place_is_told(self, course: Path, word: str) -> None:
        (course / "gradebook.db").unlink()
        (course / "gradebook.db").mkdir()
        code, _, err = run(course, word)
        assert code == 2
        assert told(err)

    def test_one_of_another_course_is_told(self, course: Path, word: str) -> None:
        with sqlite3.connect(course / "gradebook.db") as book:
            book.execute("INSERT INTO course (id) VALUES ('algebra')")
            book.execute("UPDATE assignment SET course_id = 'algebra'")
        code, _, err = run(course, word, "--force")
        assert code == 2
        assert told(err)
        assert "another course" in err

    def test_one_whose_driver_is_missing_or_whose_address_is_none_is_told(
        self, course: Path, word: str
    ) -> None:
        for address in ("postgresql+pg8000://nowhere.invalid/book", "nonsense"):
            code, _, err = run(course, word, "--db", address)
            assert code == 2
            assert told(err)


def test_feedback_before_grading_is_told_and_makes_no_gradebook(fresh: Path) -> None:
    code, _, err = run(fresh, "feedback")
    assert code == 2
    assert told(err)
    assert "Grade first" in err
    assert os.listdir(fresh) == ["submitted"]


@pytest.mark.parametrize("word", ["autograde", "feedback"])
@pytest.mark.parametrize("closed", [".", ".grading", "autograded", "gradebook.db", "feedback"])
def test_what_may_not_be_written_is_told_or_not_needed(course: Path, word: str, closed: str) -> None:
    (course / "feedback").mkdir()
    for path in [course / closed, *(course / closed).rglob("*")]:
        path.chmod(path.stat().st_mode & ~0o222)
    code, _, err = run(course, word, "--force", before=ORDINARY)
    writes = {
        "autograde": (".", ".grading", "autograded", "gradebook.db"),
        "feedback": (".grading", "feedback"),
    }
    needed = closed in writes[word] or (closed == "." and word == "feedback")
    assert code == (2 if needed else 0), err
    assert told(err) == needed
    assert half_written(course) == []


def test_a_submission_that_may_not_be_read_costs_its_student_alone(fresh: Path) -> None:
    (fresh / "submitted" / "ben" / "backprop").chmod(0)
    cyd = hand_in(fresh, "cyd")
    (cyd / f"{STEM}.ipynb").chmod(0)
    hand_in(fresh, "dan").parent.chmod(0)
    code, out, _ = run(fresh, "autograde", "--json", before=ORDINARY)
    (fresh / "submitted" / "dan").chmod(0o700)
    found = json.loads(out)
    assert code == 1
    rows = {row["student"]: row for row in found["submissions"]}
    assert set(rows) == {"ana", "cyd"}
    assert rows["ana"]["score"] > rows["cyd"]["score"] == 0
    assert any("cannot be read" in reason for one in rows["cyd"]["notebooks"] for reason in one["reasons"])
    assert {one["folder"] for one in found["passed_over"]} == {"ben", "dan"}
    assert all("cannot be read" in one["why"] for one in found["passed_over"])


def test_what_a_killed_run_left_half_written_is_swept_away(course: Path) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    result = next((course / ".grading" / "results").rglob("*.json"))
    note = course / ".grading" / "recorded" / "backprop" / "ana.json"
    notebook = course / "autograded" / "ana" / "backprop" / f"{STEM}.ipynb"
    for path in (result, note, notebook, course / "nbgrader_config.py"):
        path.with_name(f".{path.name}.{gone.pid}.partial").write_text("{")
    assert run(course, "autograde", "--force")[0] == 0
    assert half_written(course) == []


@pytest.mark.parametrize("size", [100, 20_000, 100_000])
def test_a_full_disk_is_told_and_the_next_run_goes_on(fresh: Path, size: int) -> None:
    code, _, err = run(fresh, "autograde", before=FULL.format(bytes=size))
    assert code == 2
    assert told(err)
    assert half_written(fresh) == []
    code, out, _ = run(fresh, "autograde", "--json")
    assert code == 0
    assert len({row["score"] for row in json.loads(out)["submissions"]}) == 1


@pytest.fixture
def short_folder() -> Iterator[Path]:
    """For temporary files; the name of a socket, which multiprocessing makes there, has 107 bytes at most."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM], ids=lambda s: s.name)
@pytest.mark.parametrize("word", ["autograde", "feedback"])
def test_a_run_that_is_ended_leaves_nothing_half_written_and_the_next_one_goes_on(
    tmp_path: Path, twelve: Path, short_folder: Path, word: str, how: signal.Signals
) -> None:
    root = tmp_path / "course"
    everybody = {f"s{number:02}" for number in range(12)}
    if word == "feedback":
        shutil.copytree(twelve, root)
    else:
        for student in everybody:
            hand_in(root, student, "import time; time.sleep(0.2)\n")
    notes = root / ".grading" / {"autograde": "recorded", "feedback": "feedback"}[word] / "backprop"
    started = subprocess.Popen(
        command(root, word),
        cwd=CHECKOUT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"TMPDIR": str(short_folder)},
        # In the background of a shell SIGINT is ignored, by all that it starts.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    while started.poll() is None and not (notes.is_dir() and any(notes.glob("[!.]*"))):
        time.sleep(0.02)
    started.send_signal(how)
    _, err = started.communicate(timeout=60)
    assert started.returncode == {signal.SIGINT: 130, signal.SIGTERM: 143}[how], err
    assert "run the same command again" in err
    assert half_written(root) == []
    assert os.listdir(short_folder) == []
    noted = {path.stem for path in notes.iterdir()}
    assert set() < noted < everybody
    code, out, _ = run(root, word, "--json")
    assert code == 0
    found = json.loads(out)
    if word == "feedback":
        assert set(found["unchanged"]) == noted
        assert set(found["written"]) == everybody - noted
    else:
        assert {row["student"] for row in found["submissions"] if not row["recorded"]} == noted
        assert len({row["score"] for row in found["submissions"]}) == 1


@pytest.mark.parametrize(
    "words", [["demo", "FILE"], ["demo", "FILE/demo"], ["release", "--bundle", "FILE/bundle", "01"]]
)
def test_a_place_that_cannot_be_made_is_told(tmp_path: Path, words: list[str]) -> None:
    (tmp_path / "file").write_text("a file where a folder should be")
    words = [word.replace("FILE", str(tmp_path / "file")) for word in words]
    done = subprocess.run(
        [sys.executable, "-m", "grading", *words], cwd=CHECKOUT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert told(done.stderr)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
