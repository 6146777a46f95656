"""The command line: what it prints, returns and leaves behind. Quick workers stand in for the judge."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
from nbgrader.api import Gradebook

import grading.autograding
from course_lib.checking.model import Finding
from course_lib.statuses import Status
from grading.batch import BatchError, Loaded, Setup
from grading.cli import main
from grading.course import CHECKOUT, Course
from grading.judge.grade import put_right
from grading.judge.results import CheckOutcome, ExerciseResult, NotebookResult, WrittenAnswer

STEMS = sorted(path.stem for path in (CHECKOUT / "notebooks" / "backprop").glob("*.ipynb"))
HIDDEN_INPUT = "27182.8"


class QuickWorkers:
    """An executor that reads the score from the submission: `# judge: half` in it halves the points."""

    graded: ClassVar[list[tuple[str, str]]] = []

    def __init__(self, setup: Setup, count: int) -> None:
        self._setup = setup

    def __enter__(self) -> QuickWorkers:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def launch(self) -> None:
        pass

    def grade(self, jobs: Iterable[Loaded]) -> Iterator[tuple[Loaded, NotebookResult]]:
        for loaded in jobs:
            self.graded.append((loaded.job.student, loaded.job.release.name))
            yield loaded, _result(loaded, self._setup.mode)


def _result(loaded: Loaded, mode: str) -> NotebookResult:
    sanitised, problem = put_right(loaded.raw, loaded.job.release)
    text = loaded.raw.decode("utf-8", "replace") if isinstance(loaded.raw, bytes) else ""
    share, status = (0.5, Status.FAILED) if "# judge: half" in text else (1.0, Status.PASSED)
    if "# judge: broken" in text:
        status = Status.SYSTEM_ERROR
    if problem:
        share, status = 0.0, Status.NOT_ATTEMPTED
    outcome = CheckOutcome(
        "Works.", 1, status, True, Finding("It is wrong \x1b[2J."), f"at x = {HIDDEN_INPUT}"
    )
    exercises = tuple(
        ExerciseResult(
            cell.exercise,
            cell.exercise,
            cell.grade_id,
            cell.points,
            None if status is Status.SYSTEM_ERROR else cell.points * share,
            status,
            (outcome,),
        )
        for cell in sanitised.graded
    )
    written = tuple(WrittenAnswer(cell.grade_id, cell.points, cell.changed) for cell in sanitised.written)
    name, student = loaded.job.release.name, loaded.job.student
    return NotebookResult(name, student, mode, exercises, written, problem=problem, notes=sanitised.notes)


@pytest.fixture(autouse=True)
def workers(monkeypatch: pytest.MonkeyPatch) -> type[QuickWorkers]:
    monkeypatch.setattr(grading.autograding, "LocalWorkers", QuickWorkers)
    monkeypatch.setattr(QuickWorkers, "graded", [])
    return QuickWorkers


def hand_in(root: Path, student: str, mark: str = "", stems: Iterable[str] = STEMS) -> None:
    folder = root / "submitted" / student / "backprop"
    folder.mkdir(parents=True, exist_ok=True)
    for stem in stems:
        notebook = json.loads((CHECKOUT / "notebooks" / "backprop" / f"{stem}.ipynb").read_text())
        answer = next(
            cell for cell in notebook["cells"] if cell["metadata"].get("course", {}).get("role") == "solution"
        )
        answer["source"] = f"{''.join(answer['source'])}\n# judge: {mark}"
        (folder / f"{stem}.ipynb").write_text(json.dumps(notebook))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    hand_in(tmp_path, "ana")
    hand_in(tmp_path, "ben", "half")
    return tmp_path


@pytest.fixture
def run(root: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Run a command on the course; the exit code, stdout and stderr."""

    def run(command: str, *options: str, assignment: str = "backprop") -> tuple[int, str, str]:
        code = main([command, assignment, "--course", str(root), *options])
        out, err = capsys.readouterr()
        return code, out, err

    return run


def score(root: Path, student: str) -> float:
    with Gradebook(f"sqlite:///{root / 'gradebook.db'}") as book:
        return float(book.find_submission("backprop", student).score)


def most(root: Path) -> float:
    with Gradebook(f"sqlite:///{root / 'gradebook.db'}") as book:
        return float(book.find_assignment("backprop").max_code_score)


def test_a_class_is_graded_recorded_and_shown(run: Any, root: Path) -> None:
    code, out, err = run("autograde")
    assert code == 0
    assert err == ""
    assert (score(root, "ana"), score(root, "ben")) == (most(root), most(root) / 2)
    assert "✗ failed" in next(line for line in out.splitlines() if line.startswith("ben"))
    assert "✓ passed" in next(line for line in out.splitlines() if line.startswith("ana"))
    for student in ("ana", "ben"):
        names = [path.stem for path in (root / "autograded" / student / "backprop").iterdir()]
        assert sorted(names) == STEMS


def test_a_second_run_grades_only_what_changed(run: Any, root: Path, workers: type[QuickWorkers]) -> None:
    run("autograde")
    workers.graded.clear()
    assert run("autograde")[0] == 0
    assert workers.graded == []
    hand_in(root, "ben", "", STEMS[1:2])
    assert run("autograde")[0] == 0
    assert workers.graded == [("ben", STEMS[1])]
    assert score(root, "ben") > most(root) / 2


def test_force_grades_everything_again(run: Any, workers: type[QuickWorkers]) -> None:
    run("autograde")
    workers.graded.clear()
    run("autograde", "--force")
    assert len(workers.graded) == 2 * len(STEMS)


def test_a_gradebook_that_was_lost_is_filled_again_without_grading(
    run: Any, root: Path, workers: type[QuickWorkers]
) -> None:
    run("autograde")
    (root / "gradebook.db").unlink()
    shutil.rmtree(root / "autograded" / "ana")
    workers.graded.clear()
    code, _, _ = run("autograde")
    assert (code, workers.graded) == (0, [])
    assert score(root, "ana") == most(root)
    assert (root / "autograded" / "ana" / "backprop" / f"{STEMS[0]}.ipynb").is_file()


def test_public_checks_alone_give_other_results_and_are_recorded(
    run: Any, workers: type[QuickWorkers]
) -> None:
    run("autograde", "--checks", "public")
    workers.graded.clear()
    run("autograde")
    assert len(workers.graded) == 2 * len(STEMS)


def test_one_student_and_one_notebook_can_be_named(run: Any, workers: type[QuickWorkers]) -> None:
    number = STEMS[0].partition("_")[0]
    assert run("autograde", "--student", "ben", "--notebook", number)[0] == 0
    assert workers.graded == [("ben", STEMS[0])]


def test_json_is_one_document_that_says_everything(run: Any, root: Path) -> None:
    code, out, _ = run("autograde", "--json")
    document = json.loads(out)
    assert code == 0
    assert [one["student"] for one in document["submissions"]] == ["ana", "ben"]
    first = document["submissions"][1]["notebooks"][0]
    assert first["notebook"] == STEMS[0]
    assert first["status"] == "failed"
    assert first["result"]["exercises"][0]["outcomes"][0]["detail"] == f"at x = {HIDDEN_INPUT}"


def test_a_system_error_is_no_score_is_listed_and_is_graded_again(
    run: Any, root: Path, workers: type[QuickWorkers]
) -> None:
    hand_in(root, "eva", "broken")
    code, _, err = run("autograde")
    assert code == 1
    assert "system error: eva" in err
    assert not (root / "autograded" / "eva").exists()
    with Gradebook(f"sqlite:///{root / 'gradebook.db'}") as book:
        assert "eva" not in {student.id for student in book.students}
    workers.graded.clear()
    hand_in(root, "eva")
    assert run("autograde")[0] == 0
    assert {student for student, _ in workers.graded} == {"eva"}
    assert score(root, "eva") == most(root)


def test_an_unreadable_notebook_scores_0_has_a_reason_and_needs_a_look(run: Any, root: Path) -> None:
    (root / "submitted" / "ben" / "backprop" / f"{STEMS[0]}.ipynb").write_bytes(b"\x00not json")
    code, out, _ = run("autograde")
    assert code == 1
    line = next(line for line in out.splitlines() if line.startswith("ben"))
    assert "unreadable" in line
    assert "not JSON" in line
    assert score(root, "ana") == most(root)


def test_a_missing_notebook_scores_0_and_is_said_and_needs_no_look(run: Any, root: Path) -> None:
    hand_in(root, "eva")
    for stem in STEMS:
        (root / "submitted" / "eva" / "backprop" / f"{stem}.ipynb").rename(
            root / "submitted" / "eva" / "backprop" / f"my {stem}.ipynb"
        )
    code, out, _ = run("autograde")
    assert code == 0
    line = next(line for line in out.splitlines() if line.startswith("eva"))
    assert "nothing handed in" in line
    assert score(root, "eva") == 0
    with Gradebook(f"sqlite:///{root / 'gradebook.db'}") as book:
        assert not book.find_submission("backprop", "eva").needs_manual_grade


def test_a_notebook_that_was_taken_back_leaves_no_old_copy(run: Any, root: Path) -> None:
    run("autograde")
    (root / "submitted" / "ana" / "backprop" / f"{STEMS[0]}.ipynb").unlink()
    run("autograde")
    assert not (root / "autograded" / "ana" / "backprop" / f"{STEMS[0]}.ipynb").exists()


def test_folders_that_are_passed_over_are_listed_without_terminal_escapes(run: Any, root: Path) -> None:
    (root / "submitted" / "\x1b[2J\x07eve" / "backprop").mkdir(parents=True)
    code, out, err = run("autograde")
    assert code == 1
    assert r"passed over: \x1b[2J\x07eve" in err
    assert "\x1b" not in out + err


def test_hidden_inputs_are_neither_in_the_table_nor_in_what_feedback_is_made_of(run: Any, root: Path) -> None:
    _, out, err = run("autograde")
    assert HIDDEN_INPUT not in out + err
    for path in root.rglob("autograded/**/*.ipynb"):
        assert HIDDEN_INPUT not in path.read_text()


def test_a_persons_score_and_comment_survive_a_forced_regrade(run: Any, root: Path) -> None:
    run("autograde")
    with Gradebook(f"sqlite:///{root / 'gradebook.db'}") as book:
        grade = book.find_submission_notebook(STEMS[0], "backprop", "ben").grades[0]
        name, grade.manual_score = grade.name, 0.25
        book.find_submission_notebook(STEMS[0], "backprop", "ben").comments[0].manual_comment = "See me."
        book.db.commit()
    run("autograde", "--force")
    with Gradebook(f"sqlite:///{root / 'gradebook.db'}") as book:
        assert book.find_grade(name, STEMS[0], "backprop", "ben").score == 0.25
        notebook = book.find_submission_notebook(STEMS[0], "backprop", "ben")
        assert notebook.comments[0].comment == "See me."


def told(err: str) -> bool:
    """Whether an error says what, why and how to mend it, and nothing of Python's."""
    return bool(re.search(r"\nWhy: .+\nMend: .+", err)) and "Traceback" not in err


@pytest.mark.parametrize(
    ("options", "assignment"),
    [
        (["--student", "nobody"], "backprop"),
        (["--student", "../ana"], "backprop"),
        (["--notebook", "99"], "backprop"),
        (["--allow-missing", "luck"], "backprop"),
        (["--db", "no address"], "backprop"),
        (["--db", "sqlite:////nowhere/at/all/gradebook.db"], "backprop"),
        ([], "history"),
        ([], "../backprop"),
    ],
)
def test_what_cannot_be_done_is_told_with_exit_code_2_and_nothing_is_written(
    run: Any, root: Path, options: list[str], assignment: str
) -> None:
    code, out, err = run("autograde", *options, assignment=assignment)
    assert (code, out) == (2, "")
    assert told(err)
    assert not (root / "autograded").exists()


def test_an_error_is_a_document_too(run: Any) -> None:
    code, out, _ = run("autograde", "--json", "--student", "nobody")
    assert code == 2
    assert set(json.loads(out)["error"]) == {"what", "why", "mend"}


def test_a_gradebook_of_another_program_is_told_and_left_alone(run: Any, root: Path) -> None:
    database = sqlite3.connect(root / "gradebook.db")
    database.execute("CREATE TABLE recipes (name TEXT)")
    database.commit()
    database.close()
    before = (root / "gradebook.db").read_bytes()
    code, _, err = run("autograde")
    assert code == 2
    assert told(err)
    assert (root / "gradebook.db").read_bytes() == before


def test_workers_that_cannot_start_are_told_and_nothing_is_recorded(
    run: Any, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: Any, jobs: Any) -> Any:
        raise BatchError("A worker cannot be started.\nWhy: The sandbox has no layer 'landlock'.")

    monkeypatch.setattr(QuickWorkers, "grade", refuse)
    code, _, err = run("autograde")
    assert code == 2
    assert "landlock" in err
    assert "doctor" in err
    assert not (root / "autograded").exists()


def test_a_folder_that_cannot_be_written_is_told_and_the_gradebook_keeps_what_it_had(
    run: Any, root: Path
) -> None:
    (root / "autograded").write_text("a file where a folder should be")
    code, _, err = run("autograde")
    assert code == 2
    assert told(err)
    with Gradebook(f"sqlite:///{root / 'gradebook.db'}") as book:
        assert book.assignment_submissions("backprop") == []


def test_an_interrupted_run_goes_on_where_it_stopped(
    run: Any, root: Path, workers: type[QuickWorkers], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = QuickWorkers.grade

    def interrupted(self: Any, jobs: Any) -> Any:
        for number, done in enumerate(whole(self, jobs)):
            if number == len(STEMS):
                raise KeyboardInterrupt
            yield done

    monkeypatch.setattr(QuickWorkers, "grade", interrupted)
    code, _, err = run("autograde")
    assert code == 130
    assert "continue" in err
    assert score(root, "ana") == most(root)
    monkeypatch.setattr(QuickWorkers, "grade", whole)
    workers.graded.clear()
    assert run("autograde")[0] == 0
    assert {student for student, _ in workers.graded} == {"ben"}


def test_a_timestamp_that_a_student_sent_is_not_believed(run: Any, root: Path) -> None:
    (root / "submitted" / "ana" / "backprop" / "timestamp.txt").write_text("1999-01-01 00:00:00 UTC")
    run("autograde")
    with Gradebook(f"sqlite:///{root / 'gradebook.db'}") as book:
        assert book.find_submission("backprop", "ana").timestamp is None


def test_a_late_submission_gets_the_penalty_that_the_course_configured(run: Any, root: Path) -> None:
    run("autograde")
    with (root / "nbgrader_config.py").open("a") as config:
        config.write('c.LateSubmissionPlugin.penalty_method = "zero"\n')
    with Gradebook(f"sqlite:///{root / 'gradebook.db'}") as book:
        book.update_or_create_assignment("backprop", duedate="2026-11-01 12:00:00 UTC")
    noted = root / ".collected" / "backprop"
    noted.mkdir(parents=True)
    (noted / "ana.txt").write_text("2026-11-01T12:00:01+00:00")
    (noted / "ben.txt").write_text("2026-11-01T11:59:59+00:00")
    assert run("autograde", "--force")[0] == 0
    with Gradebook(f"sqlite:///{root / 'gradebook.db'}") as book:
        late, in_time = (book.find_submission("backprop", student) for student in ("ana", "ben"))
        assert late.total_seconds_late == 1
        assert late.late_submission_penalty == late.score > 0
        assert in_time.late_submission_penalty == 0


def hand_in_only(root: Path, stem: str) -> None:
    """A page takes nbconvert a third of a second: one notebook of each student is enough."""
    for path in root.glob("submitted/*/*/*.ipynb"):
        if path.stem != stem:
            path.unlink()


def test_feedback_follows_what_changed_a_persons_words_among_them(run: Any, root: Path) -> None:
    hand_in_only(root, STEMS[0])
    run("autograde")
    code, out, _ = run("feedback", "--jobs", "1", "--json")
    assert (code, json.loads(out)["written"]) == (0, ["ana", "ben"])
    page = (root / "feedback" / "ben" / "backprop" / f"{STEMS[0]}.html").read_text()
    assert "It is wrong" in page
    assert HIDDEN_INPUT not in page
    assert json.loads(run("feedback", "--json")[1]) == {
        "written": [],
        "unchanged": ["ana", "ben"],
        "failed": [],
    }
    with Gradebook(f"sqlite:///{root / 'gradebook.db'}") as book:
        book.find_submission_notebook(STEMS[0], "backprop", "ben").comments[
            0
        ].manual_comment = "Nearly there."
        book.db.commit()
    assert json.loads(run("feedback", "--jobs", "1", "--json")[1])["written"] == ["ben"]
    assert "Nearly there." in (root / "feedback" / "ben" / "backprop" / f"{STEMS[0]}.html").read_text()


def test_a_page_says_which_written_answer_still_waits_for_a_person(run: Any, root: Path) -> None:
    stem, cell_name = "04_from_linear_to_networks", "why_non_linear"
    path = root / "submitted" / "ana" / "backprop" / f"{stem}.ipynb"
    notebook = json.loads(path.read_text())
    answer = next(
        cell
        for cell in notebook["cells"]
        if cell["metadata"].get("nbgrader", {}).get("grade_id") == cell_name
    )
    answer["source"] = "A product of two matrices is a matrix."
    path.write_text(json.dumps(notebook))
    hand_in_only(root, stem)
    run("autograde")

    def pages() -> dict[str, str]:
        assert run("feedback", "--jobs", "1")[0] == 0
        folder = root / "feedback"
        return {
            student: (folder / student / "backprop" / f"{stem}.html").read_text()
            for student in ("ana", "ben")
        }

    assert {s: "Not graded yet" in page for s, page in pages().items()} == {"ana": True, "ben": False}
    with Gradebook(f"sqlite:///{root / 'gradebook.db'}") as book:
        grade = book.find_grade(cell_name, stem, "backprop", "ana")
        grade.manual_score, grade.needs_manual_grade = 1.5, False
        book.db.commit()
    assert "Not graded yet" not in pages()["ana"]


def test_feedback_before_grading_is_told(run: Any) -> None:
    code, _, err = run("feedback")
    assert code == 2
    assert told(err)


def test_stock_nbgrader_finds_a_configuration_in_a_course_elsewhere(run: Any, root: Path) -> None:
    from grading.nbgrader_bridge.config import course_config

    run("autograde")
    settings = course_config(Course(root))
    assert settings.Autograde.autograde_preprocessors[0].endswith("stock.Judge")
    assert settings.CourseDirectory.source_directory == str(CHECKOUT / "solutions")


def test_the_table_has_no_colour_where_there_is_no_terminal(run: Any) -> None:
    assert "\x1b" not in run("autograde")[1]


def test_help_says_what_the_exit_codes_mean(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["autograde", "--help"])
    assert ended.value.code == 0
    assert "exit codes:" in capsys.readouterr().out


def test_a_mistyped_option_ends_with_2() -> None:
    with pytest.raises(SystemExit) as ended:
        main(["autograde", "backprop", "--jobs", "none"])
    assert ended.value.code == 2


def test_nothing_is_left_beside_what_was_recorded(run: Any, root: Path) -> None:
    run("autograde")
    assert [path.name for path in root.rglob("*partial*")] == []
