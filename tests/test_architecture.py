"""Who may import whom, and who may print and exit; by the syntax, so that lazy imports count too."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
STANDARD = frozenset(sys.stdlib_module_names) | {"__future__"}

# The modules of course_lib that draw, display, or find the notebook's own names.
SHOWING = (
    "course_lib.drawing",
    "course_lib.display",
    "course_lib.checking.panel",
    "course_lib.checking.door",
)
# The one module that makes random graphs.
WIRING = "course_lib.graph.wiring"
SANDBOX = STANDARD | {"numpy", "IPython", "matplotlib", "matplotlib_inline", "course_lib"}
NBGRADER = {"nbgrader", "traitlets", "sqlalchemy"}
# An IPython shell takes its settings, history off among them, as such a Config and in no other way.
SHELL_SETTINGS = ("grading.sandbox.shell", "traitlets.config")


def modules() -> Iterator[tuple[str, str]]:
    """Every module of both packages: dotted name and source."""
    for package in ("course_lib", "grading"):
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), path.read_text(encoding="utf-8")


def imports(name: str, source: str) -> Iterator[str]:
    """The dotted names that a module imports, anywhere in it."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(name.split(".")[: -node.level]) if node.level else ""
            yield ".".join(part for part in (base, node.module) if part)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module"):
            yield from (str(text.value) for text in node.args[:1] if isinstance(text, ast.Constant))


def below(name: str, *packages: str) -> bool:
    return any(name == package or name.startswith(package + ".") for package in packages)


def course_lib_needs_numpy_alone(name: str, source: str) -> Iterator[str]:
    if below(name, "course_lib"):
        allowed = STANDARD | {"numpy", "course_lib"}
        if below(name, *SHOWING):
            allowed |= {"matplotlib", "IPython"}
        if name == WIRING:
            allowed |= {"networkx"}
        yield from (used for used in imports(name, source) if used.split(".")[0] not in allowed)


def the_sandbox_knows_nothing_of_the_judge(name: str, source: str) -> Iterator[str]:
    if below(name, "grading.sandbox"):
        for used in imports(name, source):
            if used.split(".")[0] not in SANDBOX and not below(used, "grading.sandbox"):
                yield from [used] if (name, used) != SHELL_SETTINGS else []


def only_the_bridge_knows_nbgrader(name: str, source: str) -> Iterator[str]:
    if not below(name, "grading.nbgrader_bridge"):
        found = (used for used in imports(name, source) if used.split(".")[0] in NBGRADER)
        yield from (used for used in found if (name, used) != SHELL_SETTINGS)


def hidden_checks_need_course_lib_alone(name: str, source: str) -> Iterator[str]:
    """A check that needs more would not run with pytest alone; the conftest, which finds the student, may."""
    if below(name, "grading.checks") and not name.endswith(".conftest"):
        allowed = STANDARD | {"numpy", "course_lib", "pytest"}
        for used in imports(name, source):
            if used.split(".")[0] not in allowed and not below(used, "grading.checks"):
                yield used


def only_the_command_line_prints_and_exits(name: str, source: str) -> Iterator[str]:
    """A worker, started as a process of its own, may be told by argv which pipe to serve, and no more."""
    if below(name, "grading.cli") or name.startswith("grading.cli_") or name.endswith(".__main__"):
        return
    if name in ("course_lib.earlier", "course_lib.labs"):
        # Called in a notebook: they say whose layer was found, or why a value is missing.
        return
    tree = ast.parse(source)
    guards = [node for node in tree.body if isinstance(node, ast.If) and "__name__" in ast.unparse(node.test)]
    started = {id(part) for guard in guards for part in ast.walk(guard)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in (
            "print",
            "input",
            "exit",
            "quit",
            "sys.exit",
        ):
            yield ast.unparse(node.func)
        elif isinstance(node, ast.Attribute) and ast.unparse(node) == "sys.argv" and id(node) not in started:
            yield "sys.argv"
        elif isinstance(node, ast.Raise) and node.exc is not None and "SystemExit" in ast.unparse(node.exc):
            yield "SystemExit"


Rule = Callable[[str, str], Iterator[str]]
RULES: list[Rule] = [
    course_lib_needs_numpy_alone,
    the_sandbox_knows_nothing_of_the_judge,
    only_the_bridge_knows_nbgrader,
    hidden_checks_need_course_lib_alone,
    only_the_command_line_prints_and_exits,
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_every_module_keeps_the_rule(rule):
    breaches = [f"{name}: {breach}" for name, source in modules() for breach in rule(name, source)]
    assert breaches == []


BREACHES = {
    "course_lib imports grading": (course_lib_needs_numpy_alone, "course_lib.layers", "import grading.judge"),
    "course_lib imports scipy": (
        course_lib_needs_numpy_alone,
        "course_lib.layers",
        "from scipy import linalg",
    ),
    "a check imports matplotlib": (
        course_lib_needs_numpy_alone,
        "course_lib.checking.run",
        "def f():\n    import matplotlib.pyplot",
    ),
    "the sandbox imports the judge": (
        the_sandbox_knows_nothing_of_the_judge,
        "grading.sandbox.host",
        "from grading.judge import results",
    ),
    "the sandbox imports the judge by a relative name": (
        the_sandbox_knows_nothing_of_the_judge,
        "grading.sandbox.host",
        "from ..judge import results",
    ),
    "the sandbox imports it by a text": (
        the_sandbox_knows_nothing_of_the_judge,
        "grading.sandbox.child",
        "import importlib\nimportlib.import_module('grading.checks')",
    ),
    "the judge imports nbgrader": (
        only_the_bridge_knows_nbgrader,
        "grading.judge.grade",
        "import nbgrader.api",
    ),
    "the batch imports sqlalchemy": (
        only_the_bridge_knows_nbgrader,
        "grading.judge.batch",
        "from sqlalchemy.orm import Session",
    ),
    "a hidden check imports the judge": (
        hidden_checks_need_course_lib_alone,
        "grading.checks.test_01_x",
        "from grading.judge import proxy",
    ),
    "the judge prints": (only_the_command_line_prints_and_exits, "grading.judge.grade", "print(1)"),
    "the judge exits": (only_the_command_line_prints_and_exits, "grading.judge.grade", "raise SystemExit(2)"),
    "a worker prints": (
        only_the_command_line_prints_and_exits,
        "grading.batch.worker",
        "if __name__ == '__main__':\n    print(1)",
    ),
    "the judge reads argv": (
        only_the_command_line_prints_and_exits,
        "grading.judge.grade",
        "import sys\nsys.argv",
    ),
}


@pytest.mark.parametrize(("rule", "name", "source"), BREACHES.values(), ids=BREACHES.keys())
def test_the_rule_bites(rule, name, source):
    assert list(rule(name, source)), "a breach went through"


def test_the_rules_are_read_on_the_real_tree():
    names = [name for name, _ in modules()]
    assert "course_lib.checking.run" in names
    assert "grading.authoring.build" in names
    assert len(names) > 30


def test_every_package_that_is_imported_is_declared():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    lines = [*project["dependencies"], *extras["lab"], *extras["grading"]]
    declared = {re.split(r"[\[>=]", line)[0].replace("-", "_").lower() for line in lines}
    used = {part.split(".")[0] for name, source in modules() for part in imports(name, source)}
    assert {
        part for part in used - STANDARD - {"course_lib", "grading"} if part.lower() not in declared
    } == set()


def test_importing_course_lib_brings_neither_matplotlib_nor_ipython():
    heavy = {"matplotlib", "IPython", "grading", "scipy"}
    code = f"import sys, course_lib; print(sorted({heavy} & set(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert run.stdout.strip() == "[]"
