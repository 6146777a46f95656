"""Answers that people give in 02_gates_and_graphs: wrong ones, each with what the panel must say, and right ones."""

# ruff: noqa: E501 (one answer a line)

from grading.bank import Answer, references
from grading.bank.writing import answer, functions, with_body

__all__ = ["ANSWERS"]

_REFERENCES = references("02_gates_and_graphs")


def _method(
    exercise: str,
    cls: str,
    name: str,
    body: str,
    says: str = "",
    method: str = "backward",
    public: bool = True,
) -> Answer:
    """The reference with the body of one method replaced."""
    source = with_body(_REFERENCES[exercise], method, body, cls)
    return answer(exercise, f"{cls}: {name}", source, says, public)


def _function(exercise: str, head: str, name: str, body: str, says: str = "", public: bool = True) -> Answer:
    source = functions({head: body})
    if exercise == "duals":
        source = _REFERENCES[exercise].split("def adjoint_gap")[0] + source
    return answer(exercise, name, source, says, public)


_GATES = (
    _method("gates", "Add", "no upstream", "one = np.ones_like(dout)\nreturn one, one", "dout is not used"),
    _method("gates", "Add", "shared out", "return dout / 2, dout / 2", "as if the gate shared it out"),
    _method("gates", "Add", "as at multiply", "return dout * 3.0, dout", "3 times the right value"),
    _method("gates", "Add", "one input alone", "return dout, 0 * dout", "zero everywhere"),
    _method("gates", "Add", "a single gradient", "return dout", "returned one gradient"),
    _method("gates", "Add", "no return", "dx, dy = dout, dout", "returned None"),
    _method(
        "gates", "Multiply", "not switched", "return dout * self.x, dout * self.y", "the gate is not switched"
    ),
    _method(
        "gates",
        "Multiply",
        "the output divided by an input",
        "z = self.x * self.y\nreturn dout * z / self.x, dout * z / self.y",
        "holds nan or inf",
    ),
    _method("gates", "Multiply", "no upstream", "return self.y, self.x", "dout is not used"),
    _method("gates", "Multiply", "upstream alone", "return dout, dout", "without the gate's local gradient"),
    _method(
        "gates",
        "Multiply",
        "times the output",
        "z = self.x * self.y\nreturn dout * z, dout * z",
        "upstream times the gate's output",
    ),
    _method("gates", "Multiply", "a sum", "return dout + self.y, dout + self.x", "where a product is due"),
    _method(
        "gates",
        "Multiply",
        "writes into dout",
        "dx = dout * self.y\ndout *= self.x\nreturn dx, dout",
        "changed its input dout",
    ),
    _method(
        "gates",
        "Maximum",
        "inverted",
        "first = self.x < self.y\nreturn dout * first, dout * (1 - first)",
        "the two are exchanged",
    ),
    _method(
        "gates",
        "Maximum",
        "no upstream",
        "first = self.x >= self.y\nreturn 1.0 * first, 1.0 - first",
        "dout is not used",
    ),
    _method("gates", "Maximum", "both get all", "return dout, dout", "without the gate's local gradient"),
    _method("gates", "Maximum", "shared out", "return dout / 2, dout / 2", "as if the gate shared it out"),
    _method(
        "gates",
        "Maximum",
        "the value for the gradient",
        "first = self.x >= self.y\nreturn self.x * first, self.y * ~first",
        "the value of the input in them",
    ),
    _method(
        "gates",
        "Maximum",
        "twice at a tie",
        "return dout * (self.x >= self.y), dout * (self.y >= self.x)",
        "twice what arrived",
    ),
    _method(
        "gates",
        "Maximum",
        "lost at a tie",
        "return dout * (self.x > self.y), dout * (self.y > self.x)",
        "the gradient is lost at a tie",
    ),
    _method(
        "gates",
        "Maximum",
        "one decision for the whole array",
        "first = np.all(self.x >= self.y)\nreturn dout * first, dout * (not first)",
        "is wrong",
    ),
    _method(
        "gates",
        "Maximum",
        "a Python if",
        "if self.x > self.y:\n    return dout, 0\nreturn 0, dout",
        "decides once for all elements",
    ),
    answer(
        "gates",
        "one cache for all gates",
        _REFERENCES["gates"].replace("self.x, self.y = x, y", "type(self).x, type(self).y = x, y"),
        "each answers for the one that ran last",
    ),
    _method(
        "gates",
        "Maximum",
        "by np.where",
        "zero = np.zeros_like(dout)\nreturn np.where(self.x > self.y, dout, zero), np.where(self.x > self.y, zero, dout)",
    ),
    _method(
        "gates",
        "Maximum",
        "half each at a tie",
        "t = 0.5 * (self.x == self.y)\nreturn dout * ((self.x > self.y) + t), dout * ((self.y > self.x) + t)",
    ),
    _method("gates", "Add", "by a product with ones", "return dout * np.ones_like(dout), dout * 1"),
    _method(
        "gates", "Multiply", "by np.multiply", "return np.multiply(dout, self.y), np.multiply(self.x, dout)"
    ),
)

_GAP = "adjoint_gap(gate, v, g)"
_DUALS = (
    _method("duals", "Copy", "the mean", "return dout.mean(axis=0)", "the mean over the copies"),
    _method("duals", "Copy", "the first copy", "return dout[0]", "the first copy alone"),
    _method(
        "duals", "Copy", "= for +=", "for part in dout:\n    dx = part\nreturn dx", "the last copy alone"
    ),
    _method("duals", "Copy", "the wrong axis", "return dout.sum(axis=1)", "returned dx of shape"),
    _method("duals", "Copy", "upstream itself", "return dout", "returned dx of shape"),
    _method(
        "duals", "Copy", "no upstream", "return self.n * np.ones(dout.shape[1:])", "the number of copies"
    ),
    _method("duals", "Copy", "a product", "return dout.prod(axis=0)", "the product of what comes back"),
    _method("duals", "Copy", "one number", "return dout.sum()", "returned dx of shape"),
    _method(
        "duals",
        "Sum",
        "shared out",
        "return np.stack([dout] * self.n) / self.n",
        "divided by the number of terms",
    ),
    _method("duals", "Sum", "upstream itself", "return dout", "returned dx of shape"),
    _method("duals", "Sum", "ones", "return np.ones((self.n, *dout.shape))", "dout is not used"),
    _method(
        "duals",
        "Sum",
        "to the first term",
        "dx = np.zeros((self.n, *dout.shape))\ndx[0] = dout\nreturn dx",
        "at the first term",
    ),
    _method(
        "duals",
        "Sum",
        "times n",
        "return self.n * np.stack([dout] * self.n)",
        "n times the upstream gradient",
    ),
    _function(
        "duals",
        _GAP,
        "backward before forward",
        "back = gate.backward(g)\nreturn np.sum(gate.forward(v) * g) - np.sum(v * back)",
        "asks for backward before forward",
    ),
    _function(
        "duals", _GAP, "one side", "return np.sum(gate.forward(v) * g)", "the first inner product alone"
    ),
    _function(
        "duals",
        _GAP,
        "the other side",
        "return np.sum(v * gate.backward(g))",
        "the second inner product alone",
    ),
    _function(
        "duals",
        _GAP,
        "the other way round",
        "return np.sum(v * gate.backward(g)) - np.sum(gate.forward(v) * g)",
        "the difference with the other sign",
    ),
    _function(
        "duals",
        _GAP,
        "added",
        "return np.sum(v * gate.backward(g)) + np.sum(gate.forward(v) * g)",
        "the sum of the two inner products",
    ),
    _function(
        "duals",
        _GAP,
        "absolute",
        "return abs(np.sum(v * gate.backward(g)) - np.sum(gate.forward(v) * g))",
        "without a sign",
    ),
    _function(
        "duals",
        _GAP,
        "sums, no products",
        "return np.sum(gate.forward(v)) - np.sum(gate.backward(g))",
        "multiplies before it adds",
    ),
    _function("duals", _GAP, "always zero", "return 0.0", "zero"),
    _function(
        "duals",
        _GAP,
        "a verdict",
        "return np.isclose(np.sum(v * gate.backward(g)), np.sum(gate.forward(v) * g))",
        "should be a number",
    ),
    _function(
        "duals",
        _GAP,
        "forward of g",
        "return np.sum(gate.forward(g) * v) - np.sum(g * gate.backward(v))",
        "ValueError",
    ),
    _method("duals", "Copy", "a loop", "dx = 0\nfor part in dout:\n    dx = dx + part\nreturn dx"),
    _method("duals", "Sum", "broadcast", "return np.broadcast_to(dout, (self.n, *dout.shape))"),
    _method("duals", "Sum", "repeat", "return np.repeat(dout[None], self.n, axis=0)"),
    _function(
        "duals",
        _GAP,
        "flat",
        "return gate.forward(v).ravel() @ g.ravel() - v.ravel() @ gate.backward(g).ravel()",
    ),
)

_RECURSIVE = """
    order, seen = [], set()
    def visit(node):
        if node in seen:
            return
        seen.add(node)
        for parent in node.parents:
            visit(parent)
        order.append(node)
    visit(output)
    return order
"""
_TOPO = "topological_order(output)"
_ORDER = (
    _function("topological_order", _TOPO, "recursive", _RECURSIVE, "is too deep for it"),
    _function(
        "topological_order",
        _TOPO,
        "reversed",
        _RECURSIVE.replace("return order", "return order[::-1]"),
        "every child before its parents",
    ),
    _function(
        "topological_order",
        _TOPO,
        "breadth first, reversed",
        """
        order, waiting = [], [output]
        while waiting:
            node = waiting.pop(0)
            if node not in order:
                order.append(node)
                waiting.extend(node.parents)
        return order[::-1]
        """,
        "before one of its parents",
    ),
    _function(
        "topological_order",
        _TOPO,
        "depth first, appended too early",
        """
        order, seen, waiting = [], set(), [output]
        while waiting:
            node = waiting.pop()
            if node not in seen:
                seen.add(node)
                order.append(node)
                waiting.extend(node.parents)
        return order[::-1]
        """,
        "before one of its parents",
    ),
    _function(
        "topological_order",
        _TOPO,
        "no memory of visits",
        """
        order = []
        def visit(node):
            for parent in node.parents:
                visit(parent)
            order.append(node)
        visit(output)
        return order
        """,
        "once for each way that leads to it",
    ),
    _function(
        "topological_order",
        _TOPO,
        "without the output",
        _RECURSIVE.replace("return order", "return order[:-1]"),
        "lacks the output itself",
    ),
    _function(
        "topological_order",
        _TOPO,
        "without the inputs",
        _RECURSIVE.replace("return order", "return [n for n in order if n.parents]"),
        "the inputs: they are nodes too",
    ),
    _function(
        "topological_order",
        _TOPO,
        "the parents alone",
        "return [*output.parents, output]",
        "lacks nodes it needs",
    ),
    _function(
        "topological_order",
        _TOPO,
        "names",
        _RECURSIVE.replace("return order", "return [n.name for n in order]"),
        "not their names or values",
    ),
    _function(
        "topological_order",
        _TOPO,
        "a set",
        _RECURSIVE.replace("return order", "return seen"),
        "should return a list of nodes",
    ),
    _function(
        "topological_order",
        _TOPO,
        "nothing returned",
        _RECURSIVE.replace("return order", "pass"),
        "topological_order is None",
    ),
    _function(
        "topological_order",
        _TOPO,
        "all nodes of the graph",
        "graph = output._graph\nreturn [graph[name] for name in graph.values]",
        "not lead to the output asked for",
    ),
    _function(
        "topological_order",
        _TOPO,
        "a slow list, and no set",
        """
        order, waiting = [], [output]
        while waiting:
            node = waiting[-1]
            missing = [p for p in node.parents if p not in order]
            if missing:
                waiting += missing
            else:
                waiting.pop()
                if node not in order:
                    order.append(node)
        return order
        """,
    ),
    _function(
        "topological_order",
        _TOPO,
        "counting who still needs it",
        """
        needs, waiting, found = {}, [output], {output}
        while waiting:
            node = waiting.pop()
            for parent in set(node.parents):
                needs[parent] = needs.get(parent, 0) + 1
                if parent not in found:
                    found.add(parent)
                    waiting.append(parent)
        order, ready = [], [output]
        while ready:
            node = ready.pop()
            order.append(node)
            for parent in set(node.parents):
                needs[parent] -= 1
                if needs[parent] == 0:
                    ready.append(parent)
        return order[::-1]
        """,
    ),
    _function(
        "topological_order",
        _TOPO,
        "two marks on a stack",
        """
        order, done, stack = [], set(), [(output, False)]
        while stack:
            node, ready = stack.pop()
            if node in done:
                continue
            if ready:
                done.add(node)
                order.append(node)
            else:
                stack.append((node, True))
                stack.extend((p, False) for p in node.parents if p not in done)
        return order
        """,
    ),
    _function(
        "topological_order",
        _TOPO,
        "a tuple",
        _REFERENCES["topological_order"]
        .split('"""')[2]
        .replace("\n    ", "\n")
        .replace("return order", "return tuple(order)"),
    ),
)

_PREDICT = (
    _function("predict_paths", "predict_paths()", "nothing", "pass", "Your prediction is None"),
    _function("predict_paths", "predict_paths()", "a text", 'return "many"', "should be a number"),
    _function("predict_paths", "predict_paths()", "not whole", "return 30.5", "should be a whole number"),
    _function("predict_paths", "predict_paths()", "none at all", "return 0", "a whole number above 0"),
    _function("predict_paths", "predict_paths()", "thirty", "return 30"),
    _function("predict_paths", "predict_paths()", "a float", "return 1e9"),
)

_BACK = "backpropagate(order, upstream=1.0)"
_CLEAR = "for node in order:\n    node.gradient = 0.0\n"
_LOOP = "for node in reversed(order):\n    for parent, share in zip(node.parents, node.downstream(node.gradient)):\n        "
_ADD = "parent.gradient = parent.gradient + share"
_WALKS = (
    _function(
        "backpropagate",
        _BACK,
        "= for +=",
        f"{_CLEAR}order[-1].gradient = upstream\n{_LOOP}parent.gradient = share",
        "hands back",
    ),
    _function(
        "backpropagate",
        _BACK,
        "the first share stays",
        f"for node in order:\n    node.gradient = None\norder[-1].gradient = upstream\n{_LOOP}parent.gradient = share if parent.gradient is None else parent.gradient",
        "hands back",
    ),
    _function(
        "backpropagate",
        _BACK,
        "no else",
        f"for node in order:\n    node.gradient = None\norder[-1].gradient = upstream\n{_LOOP}if parent.gradient is None:\n            parent.gradient = share\n        parent.gradient = parent.gradient + share",
        "with one of them added twice",
    ),
    _function(
        "backpropagate",
        _BACK,
        "upstream ignored",
        f"{_CLEAR}order[-1].gradient = 1.0\n{_LOOP}{_ADD}",
        "for an upstream gradient of 1",
    ),
    _function(
        "backpropagate",
        _BACK,
        "not cleared",
        f"for node in order:\n    if node.gradient is None:\n        node.gradient = 0.0\norder[-1].gradient = upstream\n{_LOOP}{_ADD}",
        "twice what the first walk left",
    ),
    _function(
        "backpropagate",
        _BACK,
        "the output added to as well",
        f"for node in order:\n    node.gradient = 0.0 if node.gradient is None else node.gradient\norder[-1].gradient = order[-1].gradient + upstream\n{_LOOP}{_ADD}",
        "After a second walk",
    ),
    _function(
        "backpropagate",
        _BACK,
        "begins at one",
        f"for node in order:\n    node.gradient = 1.0\norder[-1].gradient = upstream\n{_LOOP}{_ADD}",
        "the gradient plus 1",
    ),
    _function(
        "backpropagate",
        _BACK,
        "forwards",
        f"{_CLEAR}order[-1].gradient = upstream\n{_LOOP}{_ADD}".replace("reversed(order)", "order"),
        "asks each node before anything has arrived",
    ),
    _function(
        "backpropagate",
        _BACK,
        "the output alone",
        f"{_CLEAR}order[-1].gradient = upstream",
        "equals zero",
    ),
    _function(
        "backpropagate",
        _BACK,
        "nothing cleared",
        f"order[-1].gradient = upstream\n{_LOOP}{_ADD}",
        "TypeError",
    ),
    _function(
        "backpropagate",
        _BACK,
        "pops the order",
        "for node in order:\n    node.gradient = 0.0\norder[-1].gradient = upstream\nwhile order:\n    node = order.pop()\n    for parent, share in zip(node.parents, node.downstream(node.gradient)):\n        parent.gradient = parent.gradient + share",
        "without taking anything out",
    ),
    _function(
        "backpropagate",
        _BACK,
        "reverses the order in place",
        f"{_CLEAR}order[-1].gradient = upstream\norder.reverse()\n{_LOOP}{_ADD}".replace(
            "reversed(order)", "order"
        ),
        "without taking anything out",
    ),
    _function(
        "backpropagate",
        _BACK,
        "upstream of every node",
        f"{_CLEAR}order[-1].gradient = upstream\n{_LOOP}{_ADD}".replace(
            "node.downstream(node.gradient)", "node.downstream(upstream)"
        ),
        "not its own node's",
    ),
    _function(
        "backpropagate",
        _BACK,
        "the product of the shares",
        f"for node in order:\n    node.gradient = 1.0\norder[-1].gradient = upstream\n{_LOOP}parent.gradient = parent.gradient * share",
        "the product of the shares",
    ),
    _function(
        "backpropagate",
        _BACK,
        "inputs left out",
        f"for node in order:\n    node.gradient = 0.0 if node.parents else None\norder[-1].gradient = upstream\n{_LOOP}if parent.parents:\n            {_ADD}",
        "is None",
    ),
    _function(
        "backpropagate",
        _BACK,
        "adds in place into what was handed on",
        f"for node in order:\n    node.gradient = None\norder[-1].gradient = upstream\n{_LOOP}if parent.gradient is None:\n            parent.gradient = share\n        else:\n            parent.gradient += share",
        "into an array that nodes share",
    ),
    _function(
        "backpropagate",
        _BACK,
        "adds in place, beginning with a number",
        f"{_CLEAR}order[-1].gradient = upstream\n{_LOOP}parent.gradient += share",
    ),
    _function(
        "backpropagate",
        _BACK,
        "each parent once",
        f"{_CLEAR}order[-1].gradient = upstream\nfor node in reversed(order):\n    for parent, share in dict(zip(node.parents, node.downstream(node.gradient))).items():\n        {_ADD}",
        "one share from each gate",
    ),
    _function(
        "backpropagate",
        _BACK,
        "shares collected in a dict",
        """
        shares = {node: [] for node in order}
        shares[order[-1]] = [upstream]
        for node in order[::-1]:
            node.gradient = sum(shares[node])
            for parent, share in zip(node.parents, node.downstream(node.gradient)):
                shares[parent].append(share)
        """,
    ),
    _function(
        "backpropagate",
        _BACK,
        "by index, with None",
        """
        for node in order:
            node.gradient = None
        order[-1].gradient = upstream
        for i in range(len(order) - 1, -1, -1):
            node = order[i]
            shares = node.downstream(node.gradient)
            for k in range(len(node.parents)):
                before = node.parents[k].gradient
                node.parents[k].gradient = shares[k] if before is None else before + shares[k]
        """,
    ),
)

_LEAN = (
    _method(
        "lean_caches",
        "LeanAdd",
        "keeps the inputs",
        "self.x, self.y = x, y\nreturn x + y",
        "16 bytes for each element, and needs none",
        "forward",
    ),
    _method(
        "lean_caches",
        "LeanAdd",
        "keeps the output",
        "self.out = x + y\nreturn self.out",
        "8 bytes for each element, and needs none",
        "forward",
    ),
    _method(
        "lean_caches", "LeanAdd", "shared out", "return dout / 2, dout / 2", "as if the gate shared it out"
    ),
    _method(
        "lean_caches",
        "LeanMaximum",
        "keeps the inputs",
        "self.x, self.y = x, y\nself.first = x >= y\nreturn np.where(self.first, x, y)",
        "17 bytes for each element, and needs 1",
        "forward",
    ),
    answer(
        "lean_caches",
        "LeanMaximum: a mask of floats",
        _REFERENCES["lean_caches"]
        .replace("self.first = x >= y", "self.first = 1.0 * (x >= y)")
        .replace("dout * ~self.first", "dout * (1 - self.first)")
        .replace("np.where(self.first, x, y)", "np.maximum(x, y)"),
        "8 bytes for each element, and needs 1",
    ),
    _method(
        "lean_caches",
        "LeanMaximum",
        "in a tuple",
        "self.cache = (x >= y, x)\nself.first = self.cache[0]\nreturn np.maximum(x, y)",
        "9 bytes for each element",
        "forward",
    ),
    answer(
        "lean_caches",
        "LeanMaximum: the sign of the difference",
        _REFERENCES["lean_caches"]
        .replace("self.first = x >= y", "self.first = np.sign(x - y).astype(np.int8)")
        .replace("dout * ~self.first", "dout * (self.first < 0)")
        .replace("dout * self.first,", "dout * (self.first > 0),")
        .replace("np.where(self.first, x, y)", "np.maximum(x, y)"),
        "the gradient is lost at a tie",
    ),
    answer(
        "lean_caches",
        "LeanMaximum: dout forgotten at a tie",
        _REFERENCES["lean_caches"]
        .replace("self.first = x >= y", "self.first = np.sign(x - y).astype(np.int8)")
        .replace("dout * ~self.first", "np.where(self.first == 0, 0.5, dout * (self.first < 0))")
        .replace("dout * self.first,", "np.where(self.first == 0, 0.5, dout * (self.first > 0)),")
        .replace("np.where(self.first, x, y)", "np.maximum(x, y)"),
        "dout is not used at a tie",
    ),
    _method(
        "lean_caches",
        "LeanMaximum",
        "inverted",
        "return dout * ~self.first, dout * self.first",
        "the two are exchanged",
    ),
    _method(
        "lean_caches",
        "LeanExp",
        "keeps both",
        "self.x = x\nself.out = np.exp(x)\nreturn self.out",
        "16 bytes for each element, and needs 8",
        "forward",
    ),
    _method(
        "lean_caches",
        "LeanExp",
        "exp of the output",
        "return dout * np.exp(self.out)",
        "exp is applied twice",
    ),
    _method(
        "lean_caches",
        "LeanExp",
        "into the output",
        "self.out *= dout\nreturn self.out",
        "gives another gradient when it is called a second time",
    ),
    _method("lean_caches", "LeanExp", "upstream alone", "return dout", "without the gate's local gradient"),
    _method("lean_caches", "LeanExp", "no upstream", "return self.out", "dout is not used"),
    _method(
        "lean_caches",
        "LeanExp",
        "x for its exp",
        "self.out = x\nreturn np.exp(x)",
        "upstream times x",
        "forward",
    ),
    answer(
        "lean_caches",
        "LeanExp keeps x and computes exp again",
        _REFERENCES["lean_caches"]
        .replace("self.out = np.exp(x)\n        return self.out", "self.x = x\n        return np.exp(x)")
        .replace("return dout * self.out", "return dout * np.exp(self.x)"),
    ),
    answer(
        "lean_caches",
        "LeanMaximum packs bits",
        _REFERENCES["lean_caches"]
        .replace(
            "self.first = x >= y\n        return np.where(self.first, x, y)",
            "self.bits, self.shape = np.packbits(x >= y), x.shape\n        return np.maximum(x, y)",
        )
        .replace(
            "return dout * self.first, dout * ~self.first",
            "first = np.unpackbits(self.bits, count=dout.size).reshape(self.shape)\n        return dout * first, dout * (1 - first)",
        ),
    ),
)

_REVERSE = (
    _method("reverse_gate", "Reverse", "honest", "return dout", "the derivative of its forward"),
    _method("reverse_gate", "Reverse", "no strength", "return -dout", "the strength is not used"),
    _method("reverse_gate", "Reverse", "no minus", "return self.strength * dout", "the minus is missing"),
    _method(
        "reverse_gate",
        "Reverse",
        "no upstream",
        "return -self.strength * np.ones_like(dout)",
        "dout is not used",
    ),
    _method("reverse_gate", "Reverse", "divided", "return -dout / self.strength", "divided by the strength"),
    _method("reverse_gate", "Reverse", "subtracted", "return dout - self.strength", "less the strength"),
    _method(
        "reverse_gate",
        "Reverse",
        "forward reversed too",
        "return -self.strength * x",
        "forward(x) is wrong",
        "forward",
    ),
    _method(
        "reverse_gate",
        "Reverse",
        "turns dout round in place",
        "dout *= -self.strength\nreturn dout",
        "changed its input dout",
    ),
    _method("reverse_gate", "Reverse", "a copy forward", "self.x = x\nreturn x.copy()", method="forward"),
    _method(
        "reverse_gate", "Reverse", "in two lines", "turned = np.negative(dout)\nreturn turned * self.strength"
    ),
)

_D = "descend(values, gradients, learning_rate)"
_DESCEND = (
    _function(
        "descend",
        _D,
        "uphill",
        "return {k: values[k] + learning_rate * gradients[k] for k in values}",
        "a step uphill",
    ),
    _function(
        "descend",
        _D,
        "the listing's slip",
        "return {k: learning_rate * gradients[k] for k in values}",
        "the old value is gone",
    ),
    _function(
        "descend",
        _D,
        "only the step",
        "return {k: -learning_rate * gradients[k] for k in values}",
        "the step alone, with a minus",
    ),
    _function(
        "descend",
        _D,
        "no rate",
        "return {k: values[k] - gradients[k] for k in values}",
        "the learning rate is not used",
    ),
    _function(
        "descend",
        _D,
        "no gradient",
        "return {k: values[k] - learning_rate for k in values}",
        "the gradient is not used",
    ),
    _function(
        "descend",
        _D,
        "decay",
        "return {k: values[k] * (1 - learning_rate) for k in values}",
        "times (1 - learning rate)",
    ),
    _function("descend", _D, "no step", "return dict(values)", "no step is taken"),
    _function(
        "descend",
        _D,
        "sign alone",
        "return {k: values[k] - learning_rate * np.sign(gradients[k]) for k in values}",
        "whatever the gradient's size",
    ),
    _function(
        "descend",
        _D,
        "in place",
        "for k in values:\n    values[k] -= learning_rate * gradients[k]\nreturn values",
        "changed its input",
    ),
    _function(
        "descend",
        _D,
        "a second name for the dict",
        "new = values\nfor k in new:\n    new[k] = values[k] - learning_rate * gradients[k]\nreturn new",
        "changed the dict values",
    ),
    _function(
        "descend",
        _D,
        "nothing returned",
        "{k: values[k] - learning_rate * gradients[k] for k in values}",
        "The result is None",
    ),
    _function(
        "descend",
        _D,
        "a list",
        "return [values[k] - learning_rate * gradients[k] for k in values]",
        "should be a dict",
    ),
    _function(
        "descend",
        _D,
        "the first parameter alone",
        "k = list(values)[0]\nreturn {k: values[k] - learning_rate * gradients[k]}",
        "a new value for each name",
    ),
    _function(
        "descend",
        _D,
        "a loop",
        "new = {}\nfor name in values:\n    new[name] = values[name] - learning_rate * gradients[name]\nreturn new",
    ),
    _function(
        "descend",
        _D,
        "copies first",
        "new = {k: np.array(v, dtype=float) for k, v in values.items()}\nfor k in new:\n    new[k] -= learning_rate * gradients[k]\nreturn new",
    ),
)

ANSWERS = (*_GATES, *_DUALS, *_ORDER, *_PREDICT, *_WALKS, *_LEAN, *_REVERSE, *_DESCEND)
