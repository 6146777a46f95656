"""An IPython shell that keeps the outputs a Jupyter kernel would have sent.

    CapturingShell   the shell; `run(source)` gives a `CellOutputs`
    warm             imports and first uses that every child would repeat, done once before forking

Streams, displays, results, errors and inline plots are gathered in their order as nbformat's output dicts.
Nothing is written to a history, no thread is started, and `input` says that nobody is there.
"""

from __future__ import annotations

import base64
import builtins
import io
import json
import sys
from dataclasses import dataclass
from typing import Any, cast

from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell

__all__ = ["CapturingShell", "CellOutputs", "warm"]


@dataclass(frozen=True)
class CellOutputs:
    """What one cell gave: outputs, and the name and message of what it raised ("" where it did not)."""

    outputs: list[dict[str, Any]]
    error_name: str
    error: str
    truncated: bool


class Recorder:
    """The outputs of the cell that runs, up to a number of bytes."""

    def __init__(self, limit: int) -> None:
        self.limit, self.used = limit, 0
        self.outputs: list[dict[str, Any]] = []
        self.truncated = False
        self._clear_next = False

    def start(self) -> None:
        """A new cell."""
        self.outputs, self.truncated, self._clear_next = [], False, False

    def stream(self, name: str, text: str) -> None:
        """Text on a stream; joined to what came before on the same one."""
        if not self._room(len(text)):
            return
        last = self.outputs[-1] if self.outputs else None
        if last is not None and last["output_type"] == "stream" and last["name"] == name:
            last["text"].append(text)
        else:
            # Parts, joined when the cell has ended: adding to a text would copy all of it at each print.
            self.outputs.append({"output_type": "stream", "name": name, "text": [text]})

    def add(self, output: dict[str, Any]) -> None:
        """A display, a result or an error."""
        if "data" in output:
            output["data"] = _sendable(output["data"])
        if self._room(sum(len(str(value)) for value in output.get("data", output).values())):
            self.outputs.append(output)

    def clear(self, wait: bool) -> None:
        """clear_output."""
        self._clear_next = wait
        if not wait:
            self.outputs = []

    def update(self, data: dict[str, Any], metadata: dict[str, Any], display_id: str) -> None:
        """update_display: every output of that id shows the new data."""
        for output in self.outputs:
            if output.get("transient", {}).get("display_id") == display_id:
                output["data"], output["metadata"] = _sendable(data), metadata

    def _room(self, size: int) -> bool:
        if self._clear_next:
            self.outputs, self._clear_next = [], False
        self.used += size
        if self.used > self.limit:
            if not self.truncated:
                self.truncated = True
                said = {
                    "output_type": "stream",
                    "name": "stderr",
                    "text": ["\n[the rest of the output was left out]\n"],
                }
                self.outputs.append(said)
            return False
        return True


def _sendable(data: dict[str, Any]) -> dict[str, Any]:
    """The data of a display as JSON can carry it: bytes as base64, as from a kernel; the rest as text."""
    found: dict[str, Any] = {}
    for mime, value in data.items():
        if isinstance(value, bytes):
            found[str(mime)] = base64.b64encode(value).decode()
            continue
        try:
            found[str(mime)] = json.loads(json.dumps(value))
        except (TypeError, ValueError, RecursionError):
            found[str(mime)] = repr(value)
    return found


class Stream(io.TextIOBase):
    """stdout or stderr into the recorder."""

    encoding = "utf-8"

    def __init__(self, recorder: Recorder, name: str) -> None:
        self._recorder, self._name = recorder, name

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        self._recorder.stream(self._name, str(text))
        return len(text)

    def writable(self) -> bool:
        return True

    def isatty(self) -> bool:
        return False

    def flush(self) -> None:
        return


class Publisher(DisplayPublisher):
    """display() and what is built on it."""

    recorder: Recorder

    def publish(
        self,
        data: Any,
        metadata: Any = None,
        source: Any = None,
        *,
        transient: Any = None,
        update: bool = False,
        **kwargs: Any,
    ) -> None:
        transient = transient or {}
        if update:
            self.recorder.update(data, metadata or {}, transient.get("display_id", ""))
            return
        output = {"output_type": "display_data", "data": data, "metadata": metadata or {}}
        if transient.get("display_id"):
            output["transient"] = {"display_id": transient["display_id"]}
        self.recorder.add(output)

    def clear_output(self, wait: bool = False) -> None:
        self.recorder.clear(wait)


class Hook(DisplayHook):
    """The value of a cell's last line."""

    recorder: Recorder

    def start_displayhook(self) -> None:
        return

    def write_output_prompt(self) -> None:
        return

    def write_format_data(self, format_dict: Any, md_dict: Any = None) -> None:
        output = {"output_type": "execute_result", "execution_count": self.prompt_count, "data": format_dict}
        self.recorder.add({**output, "metadata": md_dict or {}})

    def finish_displayhook(self) -> None:
        return


class CapturingShell(InteractiveShell):
    """A shell without a terminal and without a kernel."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.recorder = Recorder(4 * 2**20)
        cast("Publisher", self.display_pub).recorder = self.recorder
        cast("Hook", self.displayhook).recorder = self.recorder

    def init_display_pub(self) -> None:
        self.display_pub = Publisher(parent=self, shell=self)

    def init_displayhook(self) -> None:
        self.displayhook = Hook(parent=self, shell=self)
        from IPython.core.display_trap import DisplayTrap

        self.display_trap = DisplayTrap(hook=self.displayhook)

    def ask_exit(self) -> None:
        """exit() and quit(): the other cells still run."""
        self.recorder.stream("stdout", "exit() was called: the notebook goes on with the next cell\n")

    def system(self, cmd: str) -> None:
        """!command and %pip: told, and left out."""
        self.recorder.stream("stderr", f"no other program is started when grading: !{cmd} was left out\n")

    def getoutput(self, cmd: str, split: bool = True, depth: int = 0) -> Any:
        """x = !command: nothing."""
        self.system(cmd)
        return [] if split else ""

    def enable_gui(self, gui: Any = None) -> None:
        """No event loop: plots are inline."""

    def _showtraceback(self, etype: Any, evalue: Any, stb: Any) -> None:
        try:
            text = str(evalue)
        except Exception as worse:
            text = f"its message could not be read: {type(worse).__name__}"
        name = getattr(etype, "__name__", "Exception")
        self.recorder.add(
            {
                "output_type": "error",
                "ename": str(name),
                "evalue": text,
                "traceback": [str(line) for line in stb],
            }
        )

    def run(self, source: str) -> CellOutputs:
        """Run one cell."""
        recorder = self.recorder
        recorder.start()
        kept = sys.stdout, sys.stderr
        sys.stdout, sys.stderr = Stream(recorder, "stdout"), Stream(recorder, "stderr")
        try:
            result = self.run_cell(source, store_history=True)
            error = result.error_before_exec or result.error_in_exec
        except SystemExit as left:
            error = left
        finally:
            sys.stdout, sys.stderr = kept
        name = type(error).__name__ if error is not None else ""
        told = next((o for o in recorder.outputs if o["output_type"] == "error"), None)
        for output in recorder.outputs:
            output.pop("transient", None)
            if output["output_type"] == "stream":
                output["text"] = "".join(output["text"])
        if error is None and told is not None:
            name = told["ename"]
        return CellOutputs(
            recorder.outputs, name, f"{name}: {told['evalue']}" if told else name, recorder.truncated
        )


def nobody_there(prompt: object = "") -> str:
    """Stands for input()."""
    raise RuntimeError("input() was called, and nobody is there to answer: put the value into the cell")


def warm() -> CapturingShell:
    """Make the shell, choose inline plots and draw one, so that a child begins with everything loaded."""
    import matplotlib as mpl

    mpl.use("module://matplotlib_inline.backend_inline")
    import matplotlib.pyplot as plt
    from matplotlib_inline.backend_inline import configure_inline_support
    from traitlets.config import Config

    config = Config()
    config.HistoryManager.enabled = False
    config.HistoryManager.hist_file = ":memory:"
    config.InteractiveShell.colors = "linux"
    shell = CapturingShell.instance(config=config)
    configure_inline_support(shell, "module://matplotlib_inline.backend_inline")
    shell.run("%matplotlib inline\nimport matplotlib.pyplot as plt\nplt.plot([1, 2]); plt.title('$x$');")
    plt.close("all")
    shell.run("1/0")
    shell.run("display({'a': 1})")
    shell.reset(new_session=True)
    shell.execution_count = 1
    shell.recorder.used = 0
    builtins.input = nobody_there
    return shell
