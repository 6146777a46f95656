"""A class through real worker processes: what is lost costs itself alone, what is done is done."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from course_lib.statuses import Status
from grading.batch import BatchError, CodeChanged, LocalWorkers, Store, local, run_batch
from grading.batch.jobs import load
from grading.judge import release
from grading.judge.results import NotebookResult
from tests.grading.judge import toy_course
from tests.grading.judge.toy_course import filled

FULL = 9.0


def _graded(jobs, setup, store=None, count=2, **options):
    return list(run_batch(jobs, setup, LocalWorkers(setup, count, **options), store))


def _scores(graded):
    return {one.job.student: one.result.score for one in graded}


def _children():
    return {child.pid for child in psutil.Process().children(recursive=True)}


def _workers():
    children = psutil.Process().children(recursive=True)
    return [child for child in children if "grading.batch.worker" in " ".join(child.cmdline())]


def test_a_mixed_class_is_graded_and_nobody_costs_another(setup, hand_in):
    before = _children()
    jobs = [
        hand_in("ana", filled()),
        hand_in("ben", filled(total="def total(x):\n    return 0")),
        hand_in("cyd", None),
        hand_in("dan", b"not a notebook"),
        hand_in("eve", filled(total="import os; os._exit(0)")),
        hand_in("fay", filled(double="def double(x):\n    while True: pass")),
        hand_in("gil", filled()),
    ]
    graded = _graded(jobs, setup)
    assert _scores(graded) == {"ana": 9, "ben": 6, "cyd": 0, "dan": 0, "eve": 6, "fay": 5, "gil": 9}
    problems = {one.job.student: one.result.problem for one in graded if one.result.problem}
    assert set(problems) == {"cyd", "dan"}
    assert "missing" in problems["cyd"]
    assert _children() <= before


def test_a_second_run_grades_only_what_has_changed(setup, hand_in, tmp_path):
    store = Store(tmp_path / "results")
    jobs = [hand_in("ana", filled()), hand_in("ben", filled()), hand_in("cyd", None)]
    first = _graded(jobs, setup, store)
    assert all(one.fresh for one in first)
    hand_in("ben", filled(double="def double(x):\n    return 0"))
    second = _graded(jobs, setup, store)
    assert {one.job.student: one.fresh for one in second} == {"ana": False, "ben": True, "cyd": False}
    assert _scores(second) == {"ana": 9, "ben": 5, "cyd": 0}
    known = {one.job.student: one.result for one in first}
    assert all(one.result == known[one.job.student] for one in second if not one.fresh)


def test_the_key_holds_everything_that_the_result_depends_on(setup, hand_in):
    job = hand_in("ana", filled())
    other = replace(job, release=replace(job.release, digest="other"))
    keys = [
        load(job, setup).key,
        load(hand_in("ben", filled()), setup).key,
        load(other, setup).key,
        load(job, replace(setup, mode="public")).key,
        load(job, replace(setup, secret=b"other")).key,
        load(job, replace(setup, limits=replace(setup.limits, call_wall_seconds=2))).key,
        load(job, replace(setup, allow_missing=frozenset({"landlock"}))).key,
        load(hand_in("ana", filled(double="")), setup).key,
    ]
    assert len(set(keys)) == len(keys)
    assert load(hand_in("ana", filled()), setup).key == keys[0]


SLOW = "import time\ndef double(x):\n    time.sleep(0.3)\n    return 2 * x"


def test_a_worker_killed_in_the_middle_costs_nothing_but_time(setup, hand_in):
    jobs = [hand_in(f"s{number}", filled(double=SLOW)) for number in range(4)]
    killed = []

    def kill():
        while not killed:
            time.sleep(0.05)
            # A process may be gone while it is looked at.
            with contextlib.suppress(psutil.Error):
                busy = [worker for worker in _workers() if worker.children(recursive=True)]
                if busy:
                    busy[0].send_signal(signal.SIGKILL)
                    killed.append(busy[0].pid)

    thread = threading.Thread(target=kill)
    thread.start()
    graded = _graded(jobs, setup)
    thread.join()
    assert _scores(graded) == {f"s{number}": FULL for number in range(4)}
    assert len(graded) == 4


def test_what_kills_every_worker_is_a_system_error_that_is_not_kept(setup, hand_in, tmp_path):
    checks = toy_course.write_checks(
        tmp_path / "evil",
        "import os, pytest\n@pytest.mark.exercise('double', worth=1)\ndef test_x(student):\n"
        "    '''Kills the worker where the answer is 0.'''\n    if student.double(1.0) == 0: os._exit(7)\n",
    )
    setup = replace(setup, checks=checks)
    store = Store(tmp_path / "results")
    jobs = [hand_in("ana", filled()), hand_in("bad", filled(double="def double(x):\n    return 0"))]
    graded = {one.job.student: one.result for one in _graded(jobs, setup, store)}
    assert graded["ana"].score == FULL
    assert graded["bad"].failed_by_us
    assert {one.status for one in graded["bad"].exercises} == {Status.SYSTEM_ERROR}
    assert "ended with 7" in graded["bad"].exercises[0].outcomes[0].detail
    again = {one.job.student: one.fresh for one in _graded(jobs, setup, store)}
    assert again == {"ana": False, "bad": True}


def test_a_job_that_takes_too_long_is_ended_from_outside(setup, hand_in):
    jobs = [
        hand_in("ana", filled(double="import time\ndef double(x):\n    time.sleep(2.5)\n    return 2 * x"))
    ]
    (graded,) = _graded(jobs, setup, count=1, wall_seconds=1.0)
    assert graded.result.failed_by_us
    assert "within 1 s" in graded.result.exercises[0].outcomes[0].detail


def test_checks_that_cannot_be_collected_stop_the_batch_and_say_why(setup, hand_in, tmp_path):
    broken = replace(setup, checks=toy_course.write_checks(tmp_path / "broken", "import nowhere_at_all"))
    before = _children()
    with pytest.raises(BatchError, match="nowhere_at_all"):
        _graded([hand_in("ana", filled())], broken)
    assert _children() <= before


def test_the_next_job_is_read_only_when_there_is_room_for_it(setup, hand_in):
    taken = []

    def jobs():
        for number in range(30):
            taken.append(number)
            yield load(hand_in(f"s{number}", None), setup)

    results = LocalWorkers(setup, 1).grade(jobs())
    next(results)
    time.sleep(1)
    assert len(taken) < 10
    results.close()


def test_a_run_given_up_leaves_no_process_and_no_file(setup, hand_in, tmp_path, monkeypatch):
    before = _children()
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    results = LocalWorkers(setup, 2).grade(
        load(hand_in(f"s{n}", filled(double=SLOW)), setup) for n in range(6)
    )
    next(results)
    results.close()
    assert _children() <= before
    assert os.listdir(temporary) == []


def test_what_the_jobs_raise_reaches_the_caller(setup):
    def jobs():
        raise OSError("the disk is gone")
        yield

    with pytest.raises(OSError, match="the disk is gone"):
        list(LocalWorkers(setup, 2).grade(jobs()))


def test_a_worker_that_loaded_other_code_stops_the_run_and_nothing_is_kept(
    setup, hand_in, tmp_path, monkeypatch
):
    store = Store(tmp_path / "results")
    # As if a file had been edited after the run had begun.
    monkeypatch.setattr("grading.batch.local.code_digest", lambda: "the code that the run began with")
    with pytest.raises(CodeChanged, match="changed while the run"):
        _graded([hand_in("ana", filled())], setup, store)
    assert not list(store.folder.rglob("*.json"))


def test_the_key_is_that_of_the_code_that_was_there_when_the_run_began(setup, hand_in, tmp_path, monkeypatch):
    checks = tmp_path / "hidden"
    checks.mkdir()
    (checks / "test_99_toy.py").write_text("first = 1")
    monkeypatch.setattr("grading.judge.release._HIDDEN", checks)
    release._code.cache_clear()
    try:
        job = hand_in("ana", filled())
        first = load(job, setup).key
        (checks / "test_99_toy.py").write_text("second = 2")
        assert load(job, setup).key == first
        release._code.cache_clear()
        assert load(job, setup).key != first
    finally:
        release._code.cache_clear()


RUN = """
import json, sys
from pathlib import Path
import grading.batch.jobs
# Whoever edits the checkout meanwhile shall not change the key.
grading.batch.jobs.environment = lambda name: ("pinned", "pinned")
from grading.batch import Job, LocalWorkers, Setup, Store, run_batch
from grading.sandbox.limits import Limits
import toy_course

root = Path(sys.argv[1])
limits = Limits(**json.loads(sys.argv[2]))
setup = Setup(b"s" * 32, limits=limits, checks=root / "checks", exercises="toy_course")
paths = sorted(root.glob("submitted/*/*.ipynb"))
jobs = [Job(path.parent.name, toy_course.release(), path) for path in paths]
for one in run_batch(jobs, setup, LocalWorkers(setup, 2), Store(root / "results")):
    print(one.job.student, one.fresh, one.result.score, flush=True)
"""


def _start(tmp_path, setup):
    return subprocess.Popen(
        [sys.executable, "-c", RUN, str(tmp_path), json.dumps(vars(setup.limits))],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env=os.environ | {"PYTHONPATH": f"{Path.cwd()}:{os.environ['PYTHONPATH']}"},
    )


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM], ids=lambda s: s.name)
def test_a_run_that_was_ended_goes_on_where_it_stopped_and_leaves_no_orphan(setup, hand_in, tmp_path, how):
    for number in range(6):
        hand_in(f"s{number}", filled(double=SLOW))
    run = _start(tmp_path, setup)
    first = run.stdout.readline().split()
    below = psutil.Process(run.pid).children(recursive=True)
    assert below
    os.kill(run.pid, how)
    run.communicate(timeout=30)
    _, alive = psutil.wait_procs(below, timeout=10)
    assert not alive
    done, _ = _start(tmp_path, setup).communicate(timeout=120)
    lines = {line.split()[0]: line.split()[1:] for line in done.splitlines()}
    assert len(lines) == 6
    assert {score for _, score in lines.values()} == {"9.0"}
    assert lines[first[0]][0] == "False"
    assert not list((tmp_path / "results").rglob("*.partial"))


def test_a_damaged_result_is_graded_again(setup, hand_in, tmp_path):
    store = Store(tmp_path / "results")
    job = hand_in("ana", None)
    _graded([job], setup, store)
    (path,) = (tmp_path / "results").rglob("*.json")
    path.write_text(path.read_text()[:50])
    (again,) = _graded([job], setup, store)
    assert again.fresh


def test_a_store_that_cannot_be_written_is_told_and_leaves_nothing_half_written(tmp_path):
    (tmp_path / "results").write_text("a file, not a folder")
    with pytest.raises(OSError, match="results"):
        Store(tmp_path / "results").put("ab" * 32, NotebookResult("n", "ana", "all"))


def test_a_worker_starts_in_few_seconds_of_processor_time(setup, hand_in):
    began = os.times()
    _graded([hand_in("ana", None)], setup, count=1)
    ended = os.times()
    spent = ended.children_user + ended.children_system - began.children_user - began.children_system
    # Its sandbox, which imports IPython and matplotlib, is not in it: that process dies with the worker.
    # The hidden checks of nine notebooks are; each costs some 0.1 s.
    assert spent < 4


def test_at_least_one_worker_is_needed(setup):
    with pytest.raises(ValueError, match="at least one"):
        LocalWorkers(setup, 0)


def test_a_worker_is_closed_by_one_thread_at_a_time():
    worker = local._Worker()
    line, inside = worker._line, []

    class Slow:
        def close(self):
            inside.append("in")
            time.sleep(0.1)
            line.close()
            inside.append("out")

    worker._line = Slow()
    threads = [threading.Thread(target=end) for end in (worker.let_end, worker.kill)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert inside == ["in", "out", "in", "out"]
