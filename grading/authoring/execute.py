"""Execute a solution in a real kernel, so that its outputs are the same at every run and on every machine.

BLAS on one thread, a fixed salt and date for SVG, the user's own start-up files left out. What still
differs from run to run is an author's mistake and is said: an object's address, more than six digits of a
number, a warning.
"""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path
from typing import Any

from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode

from grading.authoring.errors import AuthoringError

__all__ = ["execute", "kernel_environment"]

_ADDRESS = re.compile(r"\b0x[0-9a-f]{6,}\b")
_NUMBER = re.compile(r"(?<![\w.])\d+\.\d+|(?<![\w.])\.\d+")
_DIGITS = 6
_CELL_SECONDS = 600


def kernel_environment() -> dict[str, str]:
    """The environment variables under which a notebook's outputs repeat, on top of those that are there."""
    one_thread = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    return one_thread | {
        "MATPLOTLIBRC": str(Path(__file__).with_name("matplotlibrc")),
        "SOURCE_DATE_EPOCH": "0",
        "PYTHONHASHSEED": "0",
    }


def execute(notebook: NotebookNode, folder: Path, where: str) -> None:
    """Run all cells in place and keep only outputs that repeat.

    Parameters
    ----------
    notebook : NotebookNode
        A solution without outputs.
    folder : Path
        Where it runs, as it would for nbval.
    where : str
        The name of the source, for messages.

    Raises
    ------
    AuthoringError
        A cell failed, or printed what cannot repeat.
    """
    with tempfile.TemporaryDirectory() as empty:
        environment = os.environ | kernel_environment() | {"IPYTHONDIR": empty}
        client = NotebookClient(
            notebook,
            kernel_name="python3",
            timeout=_CELL_SECONDS,
            record_timing=False,
            coalesce_streams=True,
            resources={"metadata": {"path": str(folder)}},
        )
        # Over sockets in the folder, as others on the machine reach a TCP port. Set after the client is
        # made: a manager that it is given it would leave running.
        client.km = AsyncKernelManager(kernel_name="python3", transport="ipc", ip=str(Path(empty) / "kernel"))
        metadata = notebook.metadata
        try:
            client.execute(env=environment)
        except CellExecutionError as error:
            raise AuthoringError(
                f"{where}: a cell of the solution failed with {error.ename}: {error.evalue}",
                "The solution must run from top to bottom.\n" + str(error.traceback)[-2000:],
                "Mend the cell; to see more, open the text source in JupyterLab with jupytext.",
            ) from error
        notebook.metadata = metadata
    notebook.metadata["language_info"] = NotebookNode(name="python")
    notebook.metadata.pop("widgets", None)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.metadata.pop("execution", None)
            for output in cell.outputs:
                _check_output(output, f'{where}, cell "{cell.id}"')


def _check_output(output: NotebookNode, place: str) -> None:
    if output.get("name") == "stderr":
        raise AuthoringError(
            f"{place}: the cell writes to stderr: {output.text.strip()[:300]}",
            "A warning holds paths that differ from run to run, and in nbgrader's eyes it is a failure.",
            "Mend what is warned of.",
        )
    for text in _texts(output):
        if address := _ADDRESS.search(text):
            raise AuthoringError(
                f"{place}: the output holds an address, {address.group()}.",
                "It differs from run to run, so the built notebook would never be in step.",
                "End the last line with a semicolon, or show something else of the object.",
            )
        for number in _NUMBER.findall(text):
            if len(number.replace(".", "").strip("0")) > _DIGITS:
                raise AuthoringError(
                    f"{place}: the output holds {number}, more than {_DIGITS} digits.",
                    "The last digits differ between processors.",
                    'Format it, as in f"{x:.6g}", or round it.',
                )


def _texts(output: NotebookNode) -> list[str]:
    if output.output_type == "stream":
        return [output.text]
    data: dict[str, Any] = output.get("data", {})
    return [data["text/plain"]] if "text/plain" in data else []
