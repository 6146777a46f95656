"""What staff may want to look at in an answer: never scored, never shown to the student.

Some answers pass without the understanding that the exercise is after: a numerical derivative in place of a
backward, a gradient out of another library. The code is parsed, never run.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator

__all__ = ["flags_of", "top_level_names"]

_ENGINES = {
    "autograd": "automatic differentiation",
    "chainer": "automatic differentiation",
    "jax": "automatic differentiation",
    "mxnet": "automatic differentiation",
    "numdifftools": "numerical differentiation",
    "scipy": "scipy, which the course does not use",
    "sympy": "symbolic differentiation",
    "tensorflow": "automatic differentiation",
    "tinygrad": "automatic differentiation",
    "torch": "automatic differentiation",
}
_OURS = {
    "course_lib._numeric": "the numerical derivatives of the checks",
    "course_lib.gradcheck": "the gradient check",
    "course_lib.checking": "the checks themselves",
    "course_lib.exercises": "the checks themselves",
}
_INSPECTION = {"_getframe", "settrace", "setprofile", "get_objects", "currentframe", "get_referrers"}
_COMPLEX = {"complex", "complex64", "complex128", "iscomplexobj"}


def flags_of(source: str, exercise: str = "") -> tuple[str, ...]:
    """What is unusual in the source of one answer, as sentences.

    Examples
    --------
    >>> flags_of("def df(x):\\n    return f(x + 1e-20j).imag / 1e-20", "slope")
    ('slope, line 2: complex numbers (a complex step?)',)
    >>> flags_of("def df(x):\\n    return 2 * x")
    ()
    """
    tree = _parsed(source)
    if tree is None and len(source) > _MOST:
        return (f"{exercise or 'a cell'}: too long to be looked at",)
    if tree is None:
        return ()
    found: dict[str, int] = {}
    try:
        for text, line in _signs(tree):
            found.setdefault(text, line)
    except RecursionError:
        return ()
    where = f"{exercise}, " if exercise else ""
    return tuple(f"{where}line {line}: {text}" for text, line in found.items())


def top_level_names(source: str) -> frozenset[str]:
    """The names that a cell defines; none where it is not Python.

    >>> sorted(top_level_names("def f(x):\\n    y = x\\n    return y\\na, b = 1, 2"))
    ['a', 'b', 'f']
    """
    tree = _parsed(source)
    names: set[str] = set()
    for node in tree.body if tree is not None else ():
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            parts = (part for target in targets for part in ast.walk(target))
            names |= {part.id for part in parts if isinstance(part, ast.Name)}
    return frozenset(names)


# Parsing takes a second and 300 MB for each MB; what people write in a cell has a few KB.
_MOST = 100_000
_CELL_MAGIC = re.compile(r"\A\s*%%(\w+)[^\n]*")
_MAGIC = re.compile(
    r"(?m)^([ \t]*)(?:[\w., ]+=[ \t]*)?(?:[%!][^\n]*|\?{1,2}[ \t]*[\w.*]+|[\w.*%]+\?{1,2})[ \t]*$"
)


def _parsed(source: str) -> ast.Module | None:
    if len(source) > _MOST:
        return None
    try:
        return _tree(source)
    except SyntaxError:
        # IPython's own lines are no Python, and what stands beside them runs all the same.
        plain = _MAGIC.sub(r"\1pass", _CELL_MAGIC.sub("", source))
    except (ValueError, RecursionError, MemoryError):
        return None
    try:
        return _tree(plain)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        # It does not run either: its cell tells.
        return None


def _tree(source: str) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(source)


def _signs(tree: ast.Module) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=complex()):
                yield "complex numbers (a complex step?)", node.lineno
            case ast.Attribute(attr="imag") | ast.Name(id="imag"):
                yield "complex numbers (a complex step?)", node.lineno
            case ast.Name(id=name) | ast.Attribute(attr=name) if name in _COMPLEX:
                yield "complex numbers (a complex step?)", node.lineno
            case ast.Attribute(value=ast.Name(id="np" | "numpy"), attr="gradient" | "diff"):
                yield f"numpy.{node.attr} (numerical differentiation?)", node.lineno
            case ast.Import() | ast.ImportFrom():
                for text in _imports(node):
                    yield text, node.lineno
            case ast.Call(func=ast.Name(id="check_gradient") | ast.Attribute(attr="check_gradient")):
                yield "calls the gradient check", node.lineno
            case ast.Call(func=ast.Name(id="exec" | "eval" | "__import__" | "compile" as name)):
                yield f"calls {name}", node.lineno
            case ast.Attribute(attr="_numeric") | ast.Constant(value="_numeric" | "course_lib._numeric"):
                yield f"reaches for course_lib._numeric ({_OURS['course_lib._numeric']})", node.lineno
            case ast.Attribute(attr="modules" | "import_module" as name):
                yield f"looks for modules by name ({name})", node.lineno
            case ast.Attribute(attr=name) if name in _INSPECTION:
                yield f"looks at the interpreter ({name})", node.lineno
            case ast.BinOp(op=ast.Div()) if _difference(node):
                yield "a difference quotient (numerical differentiation?)", node.lineno


def _imports(node: ast.Import | ast.ImportFrom) -> Iterator[str]:
    if isinstance(node, ast.Import):
        names = [alias.name for alias in node.names]
    else:
        names = [node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)]
    for name in names:
        engine = _ENGINES.get(name.split(".")[0])
        if engine:
            yield f"imports {name.split('.')[0]} ({engine})"
        for ours, what in _OURS.items():
            if name == ours or name.startswith(ours + "."):
                yield f"imports {ours} ({what})"


def _difference(node: ast.BinOp) -> bool:
    """Whether it looks like (f(x + h) - f(x - h)) / (2 * h): the same function called twice, subtracted."""
    top = node.left
    if not (isinstance(top, ast.BinOp) and isinstance(top.op, ast.Sub)):
        return False
    calls = [side for side in (top.left, top.right) if isinstance(side, ast.Call)]
    if len(calls) == 2 and ast.dump(calls[0].func) == ast.dump(calls[1].func):
        return _small_step(node.right)
    names = [side.id for side in (top.left, top.right) if isinstance(side, ast.Name)]
    return len(names) == 2 and _small_step(node.right)


def _small_step(divisor: ast.expr) -> bool:
    """Whether the divisor looks like a step: h, 2 * h, eps, 1e-5."""
    for part in ast.walk(divisor):
        if isinstance(part, ast.Name) and part.id.lower() in ("h", "eps", "epsilon", "delta", "step", "dh"):
            return True
        if isinstance(part, ast.Constant) and isinstance(part.value, float) and 0 < part.value < 1e-2:
            return True
    return False
