"""Sessions with real confined processes: each attack beside the same cell without it."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from course_lib.statuses import Status
from grading.course import CHECKOUT
from grading.sandbox.doctor import examine
from grading.sandbox.host import Sandbox
from grading.sandbox.limits import MIB, Limits
from grading.sandbox.session import SessionEnded

LIMITS = Limits(cell_wall_seconds=3, cell_cpu_seconds=2, call_wall_seconds=2, memory_bytes=256 * MIB)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    missing = frozenset(layer.name for layer in examine().layers if not layer.in_force)
    with Sandbox(limits=LIMITS, allow_missing=missing) as made:
        yield made


FORGE = """
import os
for fd in range(3, 64):
    try:
        os.write(fd, {!r})
    except OSError:
        pass
"""
ATTACKS = {
    "a real-time signal": ("import os\nos.kill(os.getpid(), 40)", Status.CRASHED),
    "os._exit": ("import os\nos._exit(0)", Status.CRASHED),
    "a closed pipe": ("import os, time\nos.closerange(3, 64)\ntime.sleep(60)", Status.CRASHED),
    "a forged reply": (FORGE.format(b"\0\0\0\2\0\0\0\0{}"), Status.CRASHED),
    "an oversized reply": (FORGE.format(b"\xff" * 8), Status.CRASHED),
    "an endless loop": ("while True: pass", Status.TIMED_OUT),
    "a memory bomb": ("a = bytearray(10**10)", Status.OUT_OF_MEMORY),
}


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_costs_its_own_cell_and_nothing_else(sandbox: Sandbox, name: str) -> None:
    source, status = ATTACKS[name]
    attacked, control = sandbox.open(), sandbox.open()
    try:
        assert attacked.run_cell("c", source).status is status
        assert control.run_cell("c", "print(1)").outputs[0]["text"] == "1\n"
    finally:
        attacked.close()
        control.close()


def test_a_dead_session_says_so_to_every_later_request(sandbox: Sandbox) -> None:
    session = sandbox.open()
    session.run_cell("c", "import os\nos._exit(3)")
    with pytest.raises(SessionEnded):
        session.request({"op": "read", "of": None, "name": "x"}, [])
    session.close()


@pytest.mark.slow
def test_hundreds_of_sessions_leave_nothing_behind(sandbox: Sandbox) -> None:
    def held() -> list[int]:
        assert sandbox._process is not None
        zygote = Path(f"/proc/{sandbox._process.pid}")
        children = (zygote / f"task/{zygote.name}/children").read_text().split()
        folder = os.listdir(sandbox._folder or "")
        return [
            len(os.listdir("/proc/self/fd")),
            len(os.listdir(zygote / "fd")),
            len(children),
            len(folder),
            len(sandbox._ended),
        ]

    for number in range(300):
        session = sandbox.open()
        session.run_cell("c", "open('left', 'w').write('x')")
        session.close()
        if number == 0:
            before = held()
    assert held() == before


def test_many_small_files_between_short_calls_are_noticed(sandbox: Sandbox) -> None:
    session = sandbox.open()
    reason = ""
    for number in range(2000):
        run = session.run_cell("c", f"for i in range(50): open(f'{number}-{{i}}', 'w').close()")
        if session.dead is not None:
            reason = run.error or ""
            break
    session.close()
    assert reason == "the scratch folder holds more than it may"


def test_a_killed_zygote_is_replaced(sandbox: Sandbox) -> None:
    assert sandbox._process is not None
    os.kill(sandbox._process.pid, signal.SIGKILL)
    session = sandbox.open()
    assert session.run_cell("c", "x = 1").status is Status.PASSED
    session.close()


def test_what_a_cell_displays_may_be_anything(sandbox: Sandbox) -> None:
    session = sandbox.open()
    source = "display({'text/plain': object(), 'image/png': b'abc', 'application/json': {1, 2}}, raw=True)"
    run = session.run_cell("c", source)
    assert run.status is Status.PASSED
    assert run.outputs[0]["data"]["image/png"] == "YWJj"
    assert session.run_cell("d", "1 + 1").outputs[0]["data"]["text/plain"] == "2"
    session.close()


OUTPUTS = {
    "a value": ("1 + 1", "execute_result", "2"),
    "a print": ("print('x')", "stream", "x"),
    "a warning": ("import warnings; warnings.warn('careful')", "stream", "careful"),
    "an error": ("1 / 0", "error", "ZeroDivisionError"),
    "no parse": ("def f(:", "error", "SyntaxError"),
    "input": ("input('name?')", "error", "nobody is there to answer"),
    "a display": ("from IPython.display import HTML; HTML('<b>x</b>')", "execute_result", "<b>x</b>"),
    "a plot": ("import matplotlib.pyplot as plt; plt.plot([1, 2]);", "display_data", "image/png"),
    "inline plots": (
        "%matplotlib inline\nimport matplotlib.pyplot as plt\nplt.plot([1]);",
        "display_data",
        "png",
    ),
    "a timing": ("%timeit -n 1 -r 1 1 + 1", "stream", "per loop"),
    "a shell command": ("!ls", "stream", "was left out"),
    "an installation": ("%pip install numpy", "stream", "was left out"),
    "exit": ("exit()", "stream", "goes on with the next cell"),
    "sys.exit": ("import sys; sys.exit(3)", "error", "SystemExit"),
}


@pytest.mark.parametrize("name", OUTPUTS)
def test_a_cell_gives_what_a_kernel_would(sandbox: Sandbox, name: str) -> None:
    source, kind, words = OUTPUTS[name]
    session = sandbox.open()
    run = session.run_cell("c", source)
    assert kind in [output["output_type"] for output in run.outputs]
    assert words in str(run.outputs)
    assert session.run_cell("d", "'alive'").outputs[0]["data"]["text/plain"] == "'alive'"
    session.close()


def test_a_traceback_a_warning_and_a_folder_name_nothing_of_the_machine_that_grades(sandbox: Sandbox) -> None:
    session = sandbox.open()
    error = session.run_cell("c", "import numpy as np\nnp.linalg.inv(np.zeros((2, 2)))").outputs
    warned = session.run_cell("d", "np.mean([])").outputs
    own = session.run_cell("e", "import os\nprint(os.getcwd(), os.environ['MPLCONFIGDIR'])").outputs
    course = session.run_cell("f", "import course_lib\ncourse_lib.check('nosuch')").outputs
    session.close()
    told = str([error, warned, own, course])
    assert "site-packages/numpy/linalg" in str(error)
    assert "site-packages/numpy/_core" in str(warned)
    assert own[0]["text"] == ". ./matplotlib\n"
    assert "course/course_lib" in str(course)
    for folder in (sys.prefix, str(CHECKOUT), tempfile.gettempdir()):
        assert folder not in told
