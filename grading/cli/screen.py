"""What the command line shows: lines, tables and a progress bar, or with `--json` one document on stdout.

Results go to stdout, progress and errors to stderr. The bar is drawn on a terminal only; elsewhere a line
now and then says how far it is. `NO_COLOR` and `TERM=dumb` are respected. Names and texts of students may
hold terminal escapes: everything goes through `plain` first.
"""

from __future__ import annotations

import json
import sys
import textwrap
import time
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

from rich.cells import cell_len
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

__all__ = ["Screen", "Tick", "plain"]

_LINE_EVERY_SECONDS = 10.0
_PLAIN_WIDTH = 160
# Words in a narrower column are broken and clipped: they get lines of their own.
_NARROWEST = 40


def plain(text: str) -> str:
    """The text with everything that a terminal would obey made visible.

    >>> plain("ana\\x1b[2J\\u202egnp")
    'ana\\\\x1b[2J\\\\u202egnp'
    """
    return "".join(
        char
        if char == "\n" or unicodedata.category(char)[0] != "C"
        else char.encode("unicode_escape").decode()
        for char in text
    )


class Tick(Protocol):
    """Says that one more of the things is done."""

    def __call__(self, label: str = "") -> None: ...


class Screen:
    """Where a command writes; `as_json` keeps stdout for one document."""

    def __init__(self, *, as_json: bool = False) -> None:
        self.as_json = as_json
        self._out = Console(file=sys.stdout, highlight=False, soft_wrap=True)
        self._err = Console(file=sys.stderr, highlight=False, soft_wrap=True)

    def say(self, text: str, style: str = "") -> None:
        """A line of the result."""
        if not self.as_json:
            self._out.print(Text(plain(text), style=style))

    def tell(self, text: str, style: str = "") -> None:
        """A line beside the result: progress, warnings, errors."""
        self._err.print(Text(plain(text), style=style))

    def document(self, content: Any) -> None:
        """The one document of `--json`."""
        if self.as_json:
            json.dump(content, sys.stdout, indent=1, ensure_ascii=True)
            sys.stdout.write("\n")

    def table(self, heads: Sequence[str], rows: Sequence[Sequence[str]], *, title: str = "") -> None:
        """A table; the columns but the first and the last are numbers or a word, the last one is words."""
        if self.as_json:
            return
        every = [[plain(cell) for cell in row] for row in (heads, *rows)]
        widths = [max(map(cell_len, column)) for column in list(zip(*every, strict=True))[:-1]]
        width = self._out.width if self._out.is_terminal else _PLAIN_WIDTH
        if len(heads) > 1 and width - sum(widths) - 2 * len(widths) < _NARROWEST:
            self._stack(every, widths, width, title)
            return
        table = Table(title=plain(title) or None, title_justify="left", box=None, pad_edge=False)
        for place, head in enumerate(heads):
            middle = 0 < place < len(heads) - 1
            table.add_column(plain(head), justify="right" if middle else "left", no_wrap=middle)
        for row in rows:
            table.add_row(*(Text(plain(cell)) for cell in row))
        if self._out.is_terminal:
            self._out.print(table, soft_wrap=False)
            return
        wide = Console(file=sys.stdout, highlight=False, width=_PLAIN_WIDTH)
        with wide.capture() as captured:
            wide.print(table)
        sys.stdout.write("".join(line.rstrip() + "\n" for line in captured.get().splitlines()))

    def _stack(self, rows: Sequence[Sequence[str]], widths: Sequence[int], width: int, title: str) -> None:
        """A table whose last column stands below the others."""
        if title:
            self.say(title)
        for row in rows:
            cells = [
                " " * (widest - cell_len(cell)) + cell if place else cell + " " * (widest - cell_len(cell))
                for place, (cell, widest) in enumerate(zip(row[:-1], widths, strict=True))
            ]
            self.say("  ".join(cells).rstrip())
            for line in row[-1].splitlines():
                indent = " " * (4 + len(line) - len(line.lstrip()))
                for part in textwrap.wrap(
                    line.strip(), width, initial_indent=indent, subsequent_indent=indent
                ):
                    self.say(part)

    @contextmanager
    def progress(self, what: str, total: int) -> Iterator[Tick]:
        """A bar on a terminal, a line every ten seconds elsewhere."""
        if not self._err.is_terminal or total == 0:
            yield self._lines(what, total)
            return
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, TextColumn("{task.fields[label]}"), console=self._err, transient=True) as bar:
            task = bar.add_task(what, total=total, label="")
            yield lambda label="": bar.update(task, advance=1, label=Text(plain(label)).plain)

    def _lines(self, what: str, total: int) -> Tick:
        done, said = 0, time.monotonic()

        def tick(label: str = "") -> None:
            nonlocal done, said
            done += 1
            if time.monotonic() - said > _LINE_EVERY_SECONDS:
                said = time.monotonic()
                self.tell(f"{what}: {done} of {total}")

        return tick
