"""No solution line, hidden check or secret leaves the staff's side: not in files, not in a sandbox child."""

from __future__ import annotations

import hashlib
import json
import re
import zipfile
from functools import cache
from pathlib import Path

import pytest

from grading.authoring import bundle
from grading.sandbox.host import Sandbox

ROOT = Path(__file__).parents[1]
SOURCES = sorted((ROOT / "solutions" / "backprop").glob("[0-9]*.py"))
HIDDEN = sorted((ROOT / "grading" / "checks").glob("test_*.py"))
RELEASE = sorted((ROOT / "notebooks").rglob("*.ipynb"))
# Shorter lines (`return dx`, `f = q * z`) say nothing by themselves and stand everywhere.
TELLING = 24


def _squeezed(text: str) -> str:
    """Without spaces, quotes and comments: the same line written in another style is the same line."""
    return re.sub(r"[\s\"'\\]|#.*$", "", text)


def _telling(lines: list[str]) -> set[str]:
    return {
        line
        for line in map(_squeezed, lines)
        if len(line) >= TELLING and not line.startswith(("import", "from"))
    }


@cache
def solution_lines() -> frozenset[str]:
    """Lines between the solution markers that stand nowhere else in the sources: what is given is none."""
    inside, outside = [], []
    for path in SOURCES:
        hidden = False
        for line in path.read_text(encoding="utf-8").splitlines():
            if "### BEGIN SOLUTION" in line:
                hidden = True
            elif "### END SOLUTION" in line:
                hidden = False
            else:
                (inside if hidden else outside).append(line.removeprefix("# "))
    return frozenset(_telling(inside) - _telling(outside))


@cache
def hidden_lines() -> frozenset[str]:
    """Lines of the hidden checks that are not the public checks' own calls of their functions."""
    public = [
        line
        for path in (ROOT / "course_lib").rglob("*.py")
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    return frozenset(
        _telling([line for path in HIDDEN for line in path.read_text(encoding="utf-8").splitlines()])
        - _telling(public)
    )


def test_there_is_something_to_look_for():
    assert len(solution_lines()) > 20
    assert len(hidden_lines()) > 50


def _leaks(text: str, secrets: frozenset[str]) -> set[str]:
    squeezed = "\n".join(map(_squeezed, text.splitlines()))
    return {line for line in secrets if line in squeezed}


def _texts(notebook: Path) -> str:
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    return "\n".join("".join(cell["source"]) + json.dumps(cell.get("outputs", [])) for cell in cells)


@pytest.mark.parametrize("path", RELEASE, ids=lambda path: path.stem)
def test_no_secret_line_is_in_a_release_notebook(path):
    assert _leaks(_texts(path), solution_lines() | hidden_lines()) == set()


def test_the_search_finds_a_line_that_leaked(tmp_path):
    line = sorted(solution_lines())[0]
    assert _leaks(f"x = 1\n  {line[:10]} {line[10:]}\n", solution_lines()) == {line}


def test_no_secret_line_is_in_the_student_bundle_or_its_wheel(tmp_path):
    folder = bundle(tmp_path / "students")
    wheels = list(Path(folder).rglob("*.whl"))
    assert wheels
    texts = {path.name: path.read_text(encoding="utf-8") for path in Path(folder).rglob("*.md")}
    for wheel in wheels:
        with zipfile.ZipFile(wheel) as archive:
            names = archive.namelist()
            assert not [n for n in names if n.split("/")[0] in ("grading", "solutions", "tests", "notebooks")]
            texts |= {n: archive.read(n).decode("utf-8", "replace") for n in names}
    for notebook in Path(folder).rglob("*.ipynb"):
        texts[notebook.name] = _texts(notebook)
    leaked = {
        name: found
        for name, text in texts.items()
        if (found := _leaks(text, solution_lines() | hidden_lines()))
    }
    assert leaked == {}


# What the child runs on itself: every string and every bytes object that it can reach from what the collector
# tracks, and the environment. It is told hashes alone, so that nothing is there by being asked for.
_SEARCH = r"""
import gc, hashlib, os, re, sys, types

def squeezed(text):
    return re.sub(r"[\s\"'\\]|#.*$", "", text)

def strings():
    gc.unfreeze()
    seen, todo = set(), [*gc.get_objects(), sys.modules, dict(os.environ)]
    while todo:
        thing = todo.pop()
        if id(thing) in seen:
            continue
        seen.add(id(thing))
        kind = type(thing)
        if kind is str:
            yield thing
        elif kind in (bytes, bytearray):
            yield bytes(thing).decode("utf-8", "replace")
        elif kind is types.CodeType:
            todo += [thing.co_consts, thing.co_names]
        else:
            todo += gc.get_referents(thing)

def found():
    count = 0
    for text in strings():
        for line in text.splitlines():
            line = squeezed(line)
            if len(line) >= TELLING:
                count += 1
                if hashlib.sha256(line.encode()).hexdigest() in WANTED:
                    yield line
    assert count > 10_000, count

print("FOUND", sorted(set(found())))
"""


def _ask(wanted: set[str], before: str = "") -> str:
    source = f"TELLING = {TELLING}\nWANTED = {wanted!r}\n{_SEARCH}"
    with Sandbox() as sandbox:
        session = sandbox.open()
        if before:
            session.run_cell("before", before)
        run = session.run_cell("search", source)
        session.close()
    text = "".join(output.get("text", "") for output in run.outputs)
    assert run.status == "passed", run.error
    return text


def _hashes(lines: frozenset[str]) -> set[str]:
    return {hashlib.sha256(line.encode()).hexdigest() for line in lines}


def test_a_child_that_searches_its_own_heap_finds_no_secret_line():
    assert "FOUND []" in _ask(_hashes(solution_lines() | hidden_lines()))


def test_the_child_would_find_a_line_that_is_there():
    line = sorted(solution_lines())[0]
    assert line in _ask(_hashes(solution_lines()), before=f"kept = ['''{line}''']")


def test_a_child_sees_no_secret_in_its_environment_files_or_modules():
    look = """
import os, sys
print(sorted(os.environ))
print([m for m in sys.modules if m.startswith('grading')])
open_files = []
for fd in range(64):
    try:
        os.fstat(fd)
        open_files.append(fd)
    except OSError:
        pass
print(open_files)
"""
    with Sandbox() as sandbox:
        session = sandbox.open()
        run = session.run_cell("look", look)
        session.close()
    environment, modules, files = "".join(o.get("text", "") for o in run.outputs).splitlines()
    assert not re.search("SECRET|TOKEN|PASSWORD|GRADING", environment.upper())
    assert not re.search(r"grading\.(checks|judge|bank|nbgrader_bridge|authoring|secret)", modules)
    # 0, 1 and 2 are the null device; one more is the pipe.
    assert len(json.loads(files)) == 4
