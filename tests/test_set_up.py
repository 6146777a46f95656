"""Set-up where earlier runs left things: stale environments, names that do not run, a uv that fails."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def program(folder: Path, name: str, script: str) -> None:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def find_python(folder: Path) -> str:
    """What `.ci/find_python` prints where `folder` is all that is on the path."""
    run = subprocess.run(
        ["/bin/sh", ROOT / ".ci" / "find_python"],
        env={"PATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    return run.stdout.strip()


@pytest.fixture
def checkout(tmp_path):
    """A folder with what set-up reads, and its set-up as a module."""
    for name in ("Makefile", "requirements.txt", "pyproject.toml"):
        shutil.copyfile(ROOT / name, tmp_path / name)
    shutil.copytree(ROOT / ".ci", tmp_path / ".ci")
    spec = importlib.util.spec_from_file_location("set_up_under_test", tmp_path / ".ci" / "set_up.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def finished(checkout):
    """An environment that set-up has finished."""
    checkout.PYTHON.parent.mkdir(parents=True)
    checkout.PYTHON.symlink_to(sys.executable)
    checkout.STAMP.write_text(f"{checkout.ROOT}\n")
    return checkout


def test_a_name_that_does_not_run_and_a_python_too_old_are_passed_over(tmp_path):
    folder = tmp_path / "bin"
    program(folder, "python3", "exit 1  # too old for the question")
    program(folder, "python3.13", "exit 127  # a version manager's name without the version")
    program(folder, "python3.12", f'exec "{sys.executable}" "$@"')
    assert find_python(folder) == str(folder / "python3.12")


def test_a_python_that_cannot_make_environments_comes_second(tmp_path):
    folder = tmp_path / "bin"
    program(folder, "python3", f'case "$2" in *ensurepip*) exit 1;; esac; exec "{sys.executable}" "$@"')
    assert find_python(folder) == str(folder / "python3")
    program(folder, "python3.11", f'exec "{sys.executable}" "$@"')
    assert find_python(folder) == str(folder / "python3.11")


def test_without_python_make_says_what_to_install(checkout, tmp_path):
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("sh", "cat"):
        (folder / name).symlink_to(shutil.which(name))
    command = [shutil.which("make"), ".venv/.done"]
    run = subprocess.run(
        command, cwd=tmp_path, env={"PATH": str(folder)}, capture_output=True, text=True, check=False
    )
    assert run.returncode == 2
    assert "no Python 3.11 or later found" in run.stderr
    assert "Mend: install it" in run.stderr


def test_a_finished_environment_is_kept(finished):
    assert finished.is_healthy()


def test_an_environment_of_another_folder_is_made_anew(finished):
    finished.STAMP.write_text("/somewhere/else\n")
    assert not finished.is_healthy()


def test_an_environment_whose_python_is_gone_is_made_anew(finished):
    finished.PYTHON.unlink()
    assert not finished.is_healthy()


def test_an_environment_of_a_python_too_old_is_made_anew(finished):
    finished.PYTHON.unlink()
    program(finished.PYTHON.parent, "python", "exit 1")
    assert not finished.is_healthy()


def test_an_interrupted_set_up_is_done_again(finished, monkeypatch):
    def interrupted(**_):
        raise KeyboardInterrupt

    monkeypatch.setattr(finished.shutil, "which", lambda _: None)
    monkeypatch.setattr(finished, "install_with_pip", interrupted)
    with pytest.raises(KeyboardInterrupt):
        finished.set_up()
    assert not finished.is_healthy()


def test_where_uv_fails_pip_begins_afresh(checkout, monkeypatch, tmp_path):
    fresh = []
    program(tmp_path / "bin", "uv", "exit 3")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=os.pathsep)

    def install(**how):
        fresh.append(how)
        checkout.ENVIRONMENT.mkdir()

    monkeypatch.setattr(checkout, "install_with_pip", install)
    checkout.set_up()
    assert fresh == [{"fresh": True}]
    assert checkout.STAMP.read_text().strip() == str(checkout.ROOT)


def test_requirements_alone_changed_are_installed_in_place(finished, monkeypatch):
    calls = []
    monkeypatch.setattr(finished.shutil, "which", lambda _: None)
    monkeypatch.setattr(finished, "install_with_pip", lambda **how: calls.append(how))
    finished.set_up()
    assert calls == [{"fresh": False}]
    assert finished.is_healthy()


def test_a_python_without_ensurepip_is_told_the_system_package(checkout, monkeypatch):
    monkeypatch.setitem(sys.modules, "ensurepip", None)
    with pytest.raises(checkout.SetUpError, match=r"install the system package python3\.\d+-venv"):
        checkout.check_python()


def test_requirements_hold_hashes_and_no_address():
    text = (ROOT / "requirements.txt").read_text()
    assert "://" not in text
    assert "index" not in text.replace("--no-emit-index-url", "")
    pins = [line for line in text.splitlines() if "==" in line and not line.startswith((" ", "#"))]
    assert len(pins) > 100
    assert text.count("--hash=sha256:") > len(pins)
    assert "hatchling==" in text


def test_no_target_of_the_makefile_is_missing():
    text = (ROOT / "Makefile").read_text()
    for target in ("demo", "test", "lab", "notebooks", "check", "bench", "clean"):
        assert f"\n{target}:" in text
        assert f"make {target}" in text
