"""Mechanical mutants of a reference solution: the whole cell with one small thing in one function changed.

`mutants(source)` gives them in order. What is changed, and to what, is in `_expression`, `_name` and
`_statement`, one rule a line; a mutant is known by `what`, which stays the same while the solution does.
"""

from __future__ import annotations

import ast
import copy
import itertools
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["Mutant", "mutants"]

_OPERATORS = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.MatMult, ast.Pow)
_COMPARISONS = (ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq, ast.NotEq)
_OTHER_CALL = {"sum": "mean", "mean": "sum", "max": "min", "min": "max", "argmin": "argmax", "zeros": "ones"}
_OTHER_CALL |= {"argmax": "argmin", "zeros_like": "ones_like", "ones_like": "zeros_like", "ones": "zeros"}
# Of a statement that holds others, its first line only.
_BLOCKS = (ast.For, ast.While, ast.If, ast.With)


@dataclass(frozen=True)
class Mutant:
    """One changed solution cell.

    Parameters
    ----------
    what : str
        The function and the statement before and after.
    source : str
        The whole cell.
    """

    what: str
    source: str


@dataclass(frozen=True)
class _Site:
    """Where a node hangs, and the statement and the function around it."""

    holder: ast.AST
    field: str
    index: int | None
    statement: ast.stmt
    function: ast.FunctionDef

    @property
    def node(self) -> ast.AST:
        held = getattr(self.holder, self.field)
        found: ast.AST = held if self.index is None else held[self.index]
        return found

    def put(self, node: ast.AST | None) -> None:
        """Put `node` in place; None takes a statement away."""
        if self.index is None:
            setattr(self.holder, self.field, node)
            return
        held = getattr(self.holder, self.field)
        held[self.index : self.index + 1] = [node or ast.Pass()]


def mutants(source: str) -> Iterator[Mutant]:
    """Every mutant of a solution cell, none twice and none that only writes the same otherwise."""
    tree = ast.parse(source)
    seen, names = {ast.unparse(tree)}, dict[str, int]()
    for site in list(_sites(tree)):
        original, before = site.node, _head(site.statement)
        for changed in list(_variants(site)):
            # Put in and taken out again: a copy of the tree for each would take most of the time.
            site.put(changed)
            text = ast.unparse(tree)
            after = _head(site.node if original is site.statement else site.statement)
            site.put(original)
            if text in seen:
                continue
            seen.add(text)
            what = f"{site.function.name}: {before} → {'nothing' if changed is None else after}"
            names[what] = names.get(what, 0) + 1
            yield Mutant(what if names[what] == 1 else f"{what} ({names[what]})", text)


def _head(statement: ast.AST) -> str:
    if isinstance(statement, _BLOCKS):
        statement = copy.deepcopy(statement)
        statement.body = [ast.Pass()]
        return ast.unparse(statement).splitlines()[0]
    return " ".join(line.strip() for line in ast.unparse(statement).splitlines())


def _sites(tree: ast.AST) -> Iterator[_Site]:
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef):
            document = ast.get_docstring(function) is not None
            for index in range(int(document), len(function.body)):
                yield from _below(_Site(function, "body", index, function.body[index], function))


def _below(site: _Site) -> Iterator[_Site]:
    yield site
    node = site.node
    for field, value in ast.iter_fields(node):
        for index, child in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if isinstance(child, ast.expr | ast.stmt | ast.comprehension | ast.keyword):
                statement = child if isinstance(child, ast.stmt) else site.statement
                yield from _below(_Site(node, field, index, statement, site.function))


def _variants(site: _Site) -> Iterator[ast.AST | None]:
    node = site.node
    if isinstance(node, ast.stmt):
        yield from _statement(node)
    elif isinstance(node, ast.Name | ast.Attribute | ast.Constant) and _is_read(node):
        yield from _name(site)
    if isinstance(node, ast.expr):
        yield from _expression(node)
        if _may_turn(site):
            yield ast.UnaryOp(ast.USub(), node)
        if _may_transpose(site):
            yield ast.Attribute(node, "T", ast.Load())


def _statement(node: ast.stmt) -> Iterator[ast.AST | None]:
    yield None
    if isinstance(node, ast.AugAssign):
        yield ast.Assign([node.target], node.value, lineno=0)
        yield from (
            ast.AugAssign(node.target, op(), node.value)
            for op in _OPERATORS
            if not isinstance(node.op, op | ast.MatMult)
        )


def _expression(node: ast.expr) -> Iterator[ast.AST]:
    if isinstance(node, ast.BinOp):
        left, right = node.left, node.right
        yield from (ast.BinOp(left, op(), right) for op in _OPERATORS if not isinstance(node.op, op))
        yield from (left, right)  # a factor or a term dropped
        if not isinstance(node.op, ast.Add | ast.Mult):
            yield ast.BinOp(right, node.op, left)
        if isinstance(node.op, ast.Sub):
            yield ast.UnaryOp(ast.USub(), right)
        if isinstance(node.op, ast.Div):
            yield ast.BinOp(ast.Constant(1), node.op, right)
    elif isinstance(node, ast.UnaryOp):
        yield node.operand
    elif isinstance(node, ast.Attribute) and node.attr == "T":
        yield node.value
    elif isinstance(node, ast.Constant) and type(node.value) in (int, float):
        value = node.value
        assert isinstance(value, int | float)
        yield from (ast.Constant(v) for v in (0, 1, 2, 0.5, value + 1, value - 1) if v != value)
    elif isinstance(node, ast.Compare):
        for i, old in enumerate(node.ops):
            for op in _COMPARISONS:
                if not isinstance(old, op):
                    yield ast.Compare(node.left, [*node.ops[:i], op(), *node.ops[i + 1 :]], node.comparators)
    elif isinstance(node, ast.Tuple) and isinstance(node.ctx, ast.Load):
        for i, k in itertools.combinations(range(len(node.elts)), 2):
            items = list(node.elts)
            items[i], items[k] = items[k], items[i]
            yield ast.Tuple(items, node.ctx)
    elif isinstance(node, ast.Call):
        yield from _call(node)


def _call(node: ast.Call) -> Iterator[ast.AST]:
    function, arguments = node.func, node.args
    if isinstance(function, ast.Attribute):
        other = _OTHER_CALL.get(function.attr, "")
        if other:
            yield ast.Call(ast.Attribute(function.value, other, ast.Load()), arguments, node.keywords)
    if len(arguments) == 1 and not node.keywords:
        yield arguments[0]
    elif len(arguments) == 2:
        yield ast.Call(function, arguments[::-1], node.keywords)
    if isinstance(function, ast.Name) and function.id == "range":
        end, one = arguments[-1], ast.Constant(1)
        yield ast.Call(function, [ast.BinOp(end, ast.Sub(), one)], [])
        yield ast.Call(function, [one, end], [])
    elif isinstance(function, ast.Attribute) and function.attr in ("sum", "mean", "max", "min"):
        yield from (ast.Call(function, arguments, keywords) for keywords in _axes(node.keywords))


def _axes(given: list[ast.keyword]) -> Iterator[list[ast.keyword]]:
    """Another axis, none, and `keepdims` put or taken away."""
    others = [word for word in given if word.arg not in ("axis", "keepdims")]
    now = {word.arg: word.value for word in given}
    for axis in (None, ast.Constant(0), ast.Constant(1)):
        for keepdims in (None, ast.Constant(True)):
            words = {"axis": axis, "keepdims": keepdims}
            if {k: ast.unparse(v) for k, v in words.items() if v} != {
                k: ast.unparse(v) for k, v in now.items() if k in words
            }:
                yield [*others, *(ast.keyword(k, v) for k, v in words.items() if v)]


def _name(site: _Site) -> Iterator[ast.AST]:
    """The names, attributes of self and keys that the function uses, in place of this one."""
    node, inside = site.node, list(ast.walk(site.function))
    if isinstance(node, ast.Name):
        arguments = [a.arg for a in site.function.args.args if a.arg != "self"]
        within = {id(n) for c in inside if isinstance(c, ast.comprehension) for n in ast.walk(c.target)}
        stored = [
            n.id
            for n in inside
            if isinstance(n, ast.Name)
            and isinstance(n.ctx, ast.Store)
            # A name of a later line would only raise.
            and (n.lineno < site.statement.lineno or id(n) in within)
        ]
        names = dict.fromkeys([*arguments, *stored])
        if node.id in names:
            yield from (ast.Name(name, ast.Load()) for name in names if name != node.id)
    elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self":
        own = [n.attr for n in inside if isinstance(n, ast.Attribute) and ast.unparse(n.value) == "self"]
        yield from (ast.Attribute(node.value, a, ast.Load()) for a in dict.fromkeys(own) if a != node.attr)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        held = site.holder
        if isinstance(held, ast.Subscript) and isinstance(held.ctx, ast.Load):
            keys = [n.slice.value for n in inside if isinstance(n, ast.Subscript) and _is_text(n.slice)]  # type: ignore[attr-defined]
            yield from (ast.Constant(key) for key in dict.fromkeys(keys) if key != node.value)


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _is_read(node: ast.AST) -> bool:
    return isinstance(getattr(node, "ctx", ast.Load()), ast.Load)


def _may_turn(site: _Site) -> bool:
    """A value that is returned or kept, or a term: its sign can be flipped."""
    held = site.holder
    if isinstance(site.node, ast.Constant) and not site.node.value:
        return False
    if isinstance(held, ast.Tuple) or (isinstance(held, ast.Dict) and site.field == "values"):
        return isinstance(held, ast.Dict) or isinstance(held.ctx, ast.Load)
    if isinstance(held, ast.BinOp):
        return isinstance(held.op, ast.Add | ast.Sub)
    return isinstance(held, ast.Return | ast.Assign | ast.AugAssign) and site.field == "value"


def _may_transpose(site: _Site) -> bool:
    """A factor of a matrix product, an argument of the function, or what it returns."""
    node, held = site.node, site.holder
    if not isinstance(node, ast.Name | ast.Attribute | ast.Call | ast.BinOp) or not _is_read(node):
        return False
    if isinstance(node, ast.Attribute) and node.attr in ("T", "shape", "size"):
        return False
    if isinstance(held, ast.BinOp | ast.Call) and isinstance(node, ast.Name):
        return site.field != "func" and node.id in [a.arg for a in site.function.args.args]
    if isinstance(held, ast.BinOp):
        return isinstance(held.op, ast.MatMult)
    return isinstance(held, ast.Return | ast.Tuple)
