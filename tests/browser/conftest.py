"""A real JupyterLab and a real Chromium, each with an empty home of its own."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, expect, sync_playwright

from grading.authoring.execute import kernel_environment

sys.path.insert(0, str(Path(__file__).parent))
import chromium

SETTINGS = {
    # Every cell is in the page, not only those that are scrolled to.
    "notebook-extension/tracker": {"windowingMode": "none"},
    # No request to the world, and no question about news over the notebook.
    "apputils-extension/notification": {
        "fetchNews": "false",
        "checkForUpdates": False,
        "doNotDisturbMode": True,
    },
}
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
START_SECONDS = 60
# Long, for a busy machine: what is waited for comes in a second or two, and a failure is rare.
MILLISECONDS = 90_000


@pytest.fixture
def serve(tmp_path) -> Iterator[Callable[..., str]]:
    """Start JupyterLab on a folder: `serve(folder, dark=False)` gives its address; it ends with the test."""
    with contextmanager(_serve)(tmp_path) as start:
        yield start


def _serve(tmp_path: Path) -> Iterator[Callable[..., str]]:
    started = []

    def start(folder: Path, *, dark: bool = False) -> str:
        home = tmp_path / f"home{len(started)}"
        theme = {"apputils-extension/themes": {"theme": "JupyterLab Dark" if dark else "JupyterLab Light"}}
        for name, values in (SETTINGS | theme).items():
            path = home / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(values))
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        environment = (
            os.environ
            | kernel_environment()
            | {
                "HOME": str(home),
                "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"),
                "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
                "JUPYTER_CONFIG_DIR": str(home / "config"),
                "JUPYTER_DATA_DIR": str(home / "data"),
                "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
                "IPYTHONDIR": str(home / "ipython"),
            }
        )
        command = [
            sys.executable,
            "-m",
            "jupyterlab",
            "--no-browser",
            "--allow-root",
            "--ip=127.0.0.1",
            f"--port={port}",
            "--ServerApp.port_retries=0",
            "--IdentityProvider.token=",
            f"--ServerApp.root_dir={folder}",
        ]
        log = (home / "log").open("w")
        server = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=subprocess.STDOUT)
        started.append((server, log))
        address = f"http://127.0.0.1:{port}"
        _wait(server, address, home / "log")
        return address

    try:
        yield start
    finally:
        for server, log in started:
            server.terminate()
            try:
                server.wait(timeout=20)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()
            log.close()


def _wait(server: subprocess.Popen[bytes], address: str, log: Path) -> None:
    """Until the server answers; a server gives no other sign."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if server.poll() is not None:
            break
        try:
            urllib.request.urlopen(f"{address}/api/status", timeout=5).close()
            return
        except (urllib.error.URLError, TimeoutError):
            time.sleep(0.1)
    pytest.fail(f"JupyterLab did not start:\n{log.read_text()[-3000:]}")


@pytest.fixture
def browser(tmp_path) -> Iterator[BrowserContext]:
    """An empty Chromium that asks nothing of the world."""
    path = chromium.find()
    assert path is not None, "no Chromium: python tests/browser/chromium.py --install"
    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            str(tmp_path / "chromium"),
            executable_path=path,
            args=ARGUMENTS,
            viewport={"width": 1200, "height": 1600},
        )
        context.set_default_timeout(MILLISECONDS)
        expect.set_options(timeout=MILLISECONDS)
        yield context
        context.close()
