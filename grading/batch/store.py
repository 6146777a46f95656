"""Results on disk by key: each is written whole or not at all, and only if it is final."""

from __future__ import annotations

from pathlib import Path

from grading.files import sweep, write_whole
from grading.judge.results import NotebookResult, from_json, to_json

__all__ = ["Store"]


class Store:
    """A folder of results.

    Parameters
    ----------
    folder : Path
        Made at the first result.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def get(self, key: str) -> NotebookResult | None:
        """The result of `key`, or None; a file that was damaged counts as none."""
        try:
            return from_json(NotebookResult, self._path(key).read_bytes())
        except (FileNotFoundError, ValueError):
            return None

    def put(self, key: str, result: NotebookResult) -> None:
        """Keep a result; one that holds a system error is not kept, so that the next run grades it again.

        Raises
        ------
        OSError
            The folder cannot be written or the disk is full; nothing half-written stays.
        """
        if result.failed_by_us:
            return
        write_whole(self._path(key), to_json(result))

    def sweep(self) -> None:
        """Take away what a run that was killed between writing and renaming left."""
        sweep(self.folder.glob("*/"))

    def _path(self, key: str) -> Path:
        return self.folder / key[:2] / f"{key}.json"
