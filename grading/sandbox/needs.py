"""What must go on working in a locked sandbox child, one small function each, for the doctor and the tests.

    Need     what has to be loaded before the lock, and what is done after it
    NEEDED   all of them

A function that raises says what does not work; one that returns is content.
"""

from __future__ import annotations

import dataclasses
import mmap
import os
import time
from collections.abc import Callable

from grading.sandbox.scene import Scene

__all__ = ["NEEDED", "Need"]


@dataclasses.dataclass(frozen=True)
class Need:
    """Work that has to succeed after `load` ran before the lock."""

    name: str
    load: Callable[[], object]
    run: Callable[[Scene], object]


def _load_numpy() -> None:
    import numpy.random  # noqa: F401  loaded before the lock, as the zygote does


def _load_matplotlib() -> None:
    import matplotlib.figure
    from matplotlib.backends import backend_agg

    backend_agg.FigureCanvasAgg(matplotlib.figure.Figure())


def _multiply(_scene: Scene) -> None:
    import numpy as np

    a = np.random.default_rng(0).standard_normal((200, 200))
    np.linalg.solve(a, a @ a)


def _threads(_scene: Scene) -> None:
    import threading

    done: list[int] = []
    threads = [threading.Thread(target=done.append, args=(k,)) for k in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if sorted(done) != list(range(8)):
        raise RuntimeError(f"of 8 threads {len(done)} ran")


def _scratch_files(scene: Scene) -> None:
    folder = scene.scratch / "folder"
    folder.mkdir()
    (folder / "a").write_text("text")
    os.replace(folder / "a", folder / "b")
    os.truncate(folder / "b", 2)
    os.rename(folder / "b", scene.scratch / "b")  # from one folder into another, which is a right of its own
    os.rename(scene.scratch / "b", folder / "b")
    if (folder / "b").read_text() != "te" or os.listdir(folder) != ["b"]:
        raise RuntimeError("the scratch folder lost what was written")
    (folder / "b").unlink()
    folder.rmdir()


def _array_file(scene: Scene) -> None:
    import numpy as np

    np.save(scene.scratch / "a.npy", np.arange(6.0))
    if np.load(scene.scratch / "a.npy").sum() != 15:
        raise RuntimeError("an array came back changed")


def _figure(scene: Scene) -> None:
    from matplotlib.figure import Figure

    figure = Figure()
    figure.subplots().plot([1, 2], label="ü")
    for ending in ("png", "svg"):
        figure.savefig(scene.scratch / f"figure.{ending}")


def _much_memory(scene: Scene) -> None:
    mmap.mmap(-1, scene.limits.memory_bytes // 2, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)


def _time_and_chance(_scene: Scene) -> None:
    import random

    started = time.perf_counter()
    time.sleep(0.001)
    time.localtime()
    random.Random().random()
    if time.perf_counter() - started < 0.001 or len(os.urandom(8)) != 8:
        raise RuntimeError("the clock stands still")


def _late_import(_scene: Scene) -> None:
    import wave  # noqa: F401  from the standard library, and nothing else imports it


def _catch_error(_scene: Scene) -> None:
    import traceback

    try:
        raise ValueError("x")
    except ValueError:
        traceback.format_exc()


def _nothing() -> None:
    """Nothing has to be there before the lock."""


NEEDED: tuple[Need, ...] = (
    Need("multiply and solve matrices", _load_numpy, _multiply),
    Need("run threads", _nothing, _threads),
    Need("make, change and remove files in the scratch folder", _nothing, _scratch_files),
    Need("save and load an array", _load_numpy, _array_file),
    Need("draw a figure into the scratch folder", _load_matplotlib, _figure),
    Need("take half of the memory", _nothing, _much_memory),
    Need("time, sleep and random numbers", _nothing, _time_and_chance),
    Need("import a module that was not loaded", _nothing, _late_import),
    Need("show a traceback", _nothing, _catch_error),
)
"""Everything that has to work."""
