# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 02 · Gates and graphs
#
# **Time:** about 105 minutes, 15 points. It stands on its own; 01 is a good preparation.
#
# Hints quote what the panel of a check says. Unfold the panel to see all of it, or write `check("gates", explain=2)`.
#
# In 01 you walked back through graphs by hand. Here you write the machine that does it for any graph: gates that know their own derivative, an order to visit them in, and the walk itself. It is the heart of every deep-learning library, and it is short.
#
# **When you are done, you will be able to**
#
# - write the backward pass of a gate, and say what it does to the gradient: hand it on, switch it, route it;
# - say why copying forward means adding backward, and prove it with one number;
# - put the nodes of any graph into an order in which every gradient is complete before it is used;
# - write backpropagation itself;
# - say what a gate must remember between forward and backward, and what it can forget.

# %% role="setup"
import numpy as np

from course_lib import attempt, check, check_layer
from course_lib.drawing import draw_graph, picture
from course_lib.graph import Graph, check_graph, random_wiring, step_through
from course_lib.layers import Layer

# %% [markdown]
# ## A graph of gates
#
# Every program that computes a number from numbers draws a graph while it runs: each operation is a **gate** (a node), and each value that it makes goes on to the gates that use it. The arrows never lead back to where they came from, so the graph is *directed* and *acyclic*, a **DAG**.
#
# `Graph` records it for you. Write ordinary Python; it keeps each value, the gate that made it, and the **parents**, the nodes that went into that gate.

# %% role="show"
graph = Graph()
x, y, z = graph.inputs(x=-2.0, y=5.0, z=-4.0)
q = (x + y).named("q")
f = (q * z).named("f")
print("f        ", f)
print("f.parents", f.parents)
draw_graph(graph)

# %% [markdown]
# How to go back through it is your part.
#
# One condition comes first. Each gate must be **differentiable**: a small move of an input must make a small, proportional move of the output. `+` and `×` always are. `max(x, y)` is, except where $x = y$: there it has a kink, and we must agree on what to do.

# %% [markdown]
# ## A gate knows its own job
#
# A gate needs to know nothing of the graph it stands in. It has two methods:
#
# - `forward(x, …)` computes the output, and keeps in `self` what `backward` will need (its **cache**);
# - `backward(dout)` gets the **upstream gradient** `dout` ($\partial L/\partial\,\text{output}$, for whatever loss $L$ stands at the far end), and returns the **downstream gradient** for each input: upstream times local.
#
# `inputs`, where it stands, only gives the inputs their names in messages.
#
# **Worked example.** A gate that squares. Its local gradient is $2x$, so it must remember $x$.


# %% role="show"
class Square(Layer):
    inputs = ("x",)

    def forward(self, x):
        self.x = x
        return x * x

    def backward(self, dout):
        return dout * 2 * self.x


gate = Square()
print("forward ", gate.forward(3.0))
print("backward", gate.backward(10.0), "= upstream 10 times local 6")

# %% [markdown]
# A gate with two inputs returns two gradients, `dx, dy`. Everything works element by element, so the same gate takes single numbers and arrays.
#
# ### Exercise 1: three gates (3 points, easy, 15 minutes)
#
# The forwards are given, and keep in `self` what their backward needs. Write the three backwards.
#
# **At a tie** ($x = y$) the gradient of `max` is not defined. Any way of sharing the upstream gradient between the two inputs is accepted, as long as neither share is negative and together they make what arrived: not twice, and not nothing.
#
# <details><summary>Hint 1</summary>
#
# For each gate and each input ask the question of 01: if this input grows by a little, and the other is held still, by how much does the output grow?
# </details>
# <details><summary>Hint 2: "the gate is not switched"</summary>
#
# In $v = x\,y$ hold $y = 10$ still. If $x$ grows by 1, $v$ grows by… ?
# </details>
# <details><summary>Hint 3: Maximum</summary>
#
# The larger input decides alone: the output moves with it, and does not move with the other one. `x > y` is an array of True and False, which count as 1 and 0 in a product.
# </details>
# <details><summary>Hint 4: "twice what arrived", "lost at a tie"</summary>
#
# Where `x == y`, what do `x >= y` and `y >= x` say? And `x > y` and `y > x`? With these a tie is in both cases, or in none. If one input gets what is left over from the other, it is in just one.
# </details>


# %% role="solution" name="gates"
class Add(Layer):
    """z = x + y. backward(dout) returns dx, dy."""

    inputs = ("x", "y")

    def forward(self, x, y):
        return x + y

    def backward(self, dout):
        ### BEGIN SOLUTION
        return dout, dout
        ### END SOLUTION


class Multiply(Layer):
    """z = x y. backward(dout) returns dx, dy."""

    inputs = ("x", "y")

    def forward(self, x, y):
        self.x, self.y = x, y
        return x * y

    def backward(self, dout):
        ### BEGIN SOLUTION
        return dout * self.y, dout * self.x
        ### END SOLUTION


class Maximum(Layer):
    """z = the larger of x and y, element by element. backward(dout) returns dx, dy."""

    inputs = ("x", "y")

    def forward(self, x, y):
        self.x, self.y = x, y
        return np.maximum(x, y)

    def backward(self, dout):
        ### BEGIN SOLUTION
        first = np.greater_equal(self.x, self.y)
        return dout * first, dout * (1 - first)
        ### END SOLUTION


# %% role="grade" exercise="gates"
check("gates")

# %% [markdown]
# ## Three patterns
#
# Put your gates into a graph, and watch what they do with a gradient of 1 that comes in from the right. Step through it with the round buttons (click one, then use the arrow keys), first forward, then backward. (In the code, `node.downstream(…)` asks the node's gate for its backward, and `node.gradient` is where the gradient is put. `attempt` runs a function, and where yours is not written yet it says so and goes on.) The dashed circle is the node at work; values stand above the wires, gradients below.

# %% role="show"
mine = Graph({"+": Add, "×": Multiply, "max": Maximum})
of_max, other_of_max, of_sum, other_of_sum = mine.inputs(a=3.0, b=-1.0, c=2.0, d=4.0)
m = mine.apply("max", of_max, other_of_max, name="m")
s = (of_sum + other_of_sum).named("s")
p = (m * s).named("p")


def by_hand():
    p.gradient = 1.0
    m.gradient, s.gradient = p.downstream(p.gradient)
    of_max.gradient, other_of_max.gradient = m.downstream(m.gradient)
    of_sum.gradient, other_of_sum.gradient = s.downstream(s.gradient)


attempt(step_through, mine, by_hand)

# %% [markdown]
# - **add distributes**: both inputs get the whole gradient;
# - **max routes**: one input gets all of it, the other nothing;
# - **multiply switches**: each input gets the gradient times the *other* value.
#
# These three sentences let you read the gradients of a graph at a glance.

# %% [markdown]
# ## Backward is forward, mirrored
#
# What happens when one value is used twice? The wire splits: it is **copied**. And two values that meet at a `+` are **summed**. Forward and backward are mirror images of each other, and these two gates are each other's mirror image. Which becomes which?
#
# There is a test that needs no calculus. A gate that is linear maps its input $v$ to $A v$. Its backward must be the map $B$ for which, *for every* $v$ and every $g$,
#
# $$\langle A v,\ g\rangle = \langle v,\ B g\rangle$$
#
# where $\langle\cdot,\cdot\rangle$ multiplies element by element and adds everything up. ($B$ is called the **adjoint**, or the dual, of $A$; as a matrix it is the transpose.) Why is that the right test? $g$ is the upstream gradient, so $\langle A v, g\rangle$ is how much the loss changes when the input moves by $v$; and $\langle v, Bg\rangle$ says the same with the downstream gradient $Bg$. Both must agree.
#
# **Worked example.** A gate that picks element 1 out of three. Its backward puts the gradient in place 1, and zeros elsewhere: nothing else was touched.

# %% role="show"
v, g = np.array([2.0, -3.0, 0.5]), 10.0
picked = v[1]
put_back = np.array([0.0, g, 0.0])
print("<A v, g> =", picked * g)
print("<v, B g> =", np.sum(v * put_back))

# %% [markdown]
# ### Exercise 2: copy and sum (2 points, medium, 15 minutes)
#
# `Copy(n)` makes $n$ copies of an array, stacked along a new first axis. `Sum()` adds up an array along its first axis. Write both backwards. Then write `adjoint_gap`, the difference of the two sides of the identity: for a right backward it is zero (up to round-off), whatever `v` and `g` are.
#
# <details><summary>Hint 1: shapes</summary>
#
# The gradient of a loss has the shape of its variable. For `Copy`, `dout` has one more axis than x; for `Sum`, x has one more axis than `dout`.
# </details>
# <details><summary>Hint 2: Copy</summary>
#
# Move x by a little: all $n$ copies move. Each of them changes the loss by its own gradient. What is the change in all?
# </details>
# <details><summary>Hint 3: Sum</summary>
#
# If one of the $n$ terms grows by 1, how much does the sum grow? Does it matter which term? You need to know $n$: keep it in `forward`.
# </details>
# <details><summary>Hint 4: "the first inner product alone"</summary>
#
# Two numbers: `gate.forward(v)` with `g`, and `v` with `gate.backward(g)`, each `np.sum(a * b)`. Return the first minus the second.
# </details>


# %% role="solution" name="duals"
class Copy(Layer):
    """n copies of x along a new first axis; backward(dout) returns dx.

    x : ndarray of any shape S; output and dout: shape (n, *S)
    """

    def __init__(self, n):
        self.n = n

    def forward(self, x):
        return np.stack([x] * self.n)

    def backward(self, dout):
        ### BEGIN SOLUTION
        return dout.sum(axis=0)
        ### END SOLUTION


class Sum(Layer):
    """The sum of x over its first axis; backward(dout) returns dx.

    x : ndarray, shape (n, *S); output and dout: shape S
    """

    def forward(self, x):
        self.n = len(x)
        return np.sum(x, axis=0)

    def backward(self, dout):
        ### BEGIN SOLUTION
        return np.stack([dout] * self.n)
        ### END SOLUTION


def adjoint_gap(gate, v, g):
    """<gate.forward(v), g> minus <v, gate.backward(g)>, one number; `gate` is linear.

    Forward comes first: a gate may keep in it what its backward needs.

    v : ndarray of the shape of the gate's input; g : ndarray of the shape of its output
    """
    ### BEGIN SOLUTION
    one_side = np.sum(gate.forward(v) * g)
    other_side = np.sum(v * gate.backward(g))
    return one_side - other_side
    ### END SOLUTION


# %% role="grade" exercise="duals"
check("duals")

# %% [markdown]
# So the mirror image of *copy* is *sum*, and the other way round. This is the whole reason why **gradients add at a branch**: forward, the value was copied; backward, what comes back is summed. The most frequent mistake in backpropagation is to write `=` there where `+=` is due.
#
# The next cell tests your two gates with your own `adjoint_gap` on random numbers.

# %% role="show"
rng = np.random.default_rng(2)
for name, gate, v, g in (
    ("Copy(3)", Copy(3), rng.normal(size=4), rng.normal(size=(3, 4))),
    ("Sum()", Sum(), rng.normal(size=(3, 4)), rng.normal(size=4)),
):
    gap = attempt(adjoint_gap, gate, v, g)
    if isinstance(gap, float | np.floating):
        print(f"{name:8} gap is zero: {abs(gap) < 1e-12}")

# %% [markdown]
# And the gates of exercise 1? Add is linear as it stands. Multiply and max are not, so take each **linearised at the point**: $A v$ is how much the output moves when the inputs move by a little $v$. (In the words of notebook 06, which is not needed here: $A$ is the transpose of the Jacobian $J$, which has a row for each input.) Then each has its mirror image:
#
# | forward | linearised at $(x, y)$ | backward |
# |---|---|---|
# | add | sums the two moves | copies the gradient |
# | multiply | $y$ times the one move plus $x$ times the other | $y$ times, and $x$ times, the gradient |
# | max | lets the move of the larger one through | hands the gradient to the larger one |
#
# The cell below puts your three backwards to the same test, at $x = 3$, $y = -4$.

# %% role="show"
(vx, vy), g = (0.5, 2.0), 10.0
for gate, moved in ((Add(), vx + vy), (Multiply(), -4.0 * vx + 3.0 * vy), (Maximum(), vx)):
    gate.forward(3.0, -4.0)
    back = attempt(gate.backward, g, wanted="2 numbers")
    if back is None:
        break
    print(f"{type(gate).__name__:8} <A v, g> = {moved * g:g}, <v, B g> = {vx * back[0] + vy * back[1]:g}")

# %% [markdown]
# ## An order to work in
#
# Now a whole graph. Going back, when may a node hand its gradient on? Not before everything has arrived: if a value was used in three places, all three shares must have come back. So each node has to wait until *all* the nodes that use it are done.
#
# A **topological order** settles it once and for all: a list of the nodes in which every node comes *after* its parents. Forward follows the list; backward follows it in reverse, and then every node is complete when its turn comes. Most graphs have several such orders, and any of them will do.
#
# In this graph $a$ and $b$ are used twice each. Is $x, a, b, d, c$ a topological order? And $x, a, b, c, d$?

# %% role="show"
five = Graph()
x = five.inputs(x=0.5)
a = five.apply("exp", x, name="a")
b = five.apply("tanh", a, name="b")
c = (b * a).named("c")
d = (c + b).named("d")
draw_graph(five)

# %% [markdown]
# The second is, the first is not: $d$ stands before its parent $c$.
#
# ### Exercise 3: an order to work in (2 points, hard, 20 minutes)
#
# Write a function that finds a topological order of everything that `output` depends on. All you have is `node.parents`: from a node you can only look back.
#
# The natural first idea calls itself: "put my parents in the list, then me". It works for small graphs. But Python stops at about a thousand calls within calls, and networks unrolled over time are deeper than that. So keep a list of your own of nodes that are still waiting, and work in a loop.
#
# <details><summary>Hint 1: the idea first</summary>
#
# Write the version that calls itself first, if you like: visit a node only once (keep a set), visit all of its parents, and then append the node. When it is right, the first two checks pass.
# </details>
# <details><summary>Hint 2: without calling itself</summary>
#
# Take the last node from the list of those waiting. If all of its parents are in the order already, append it to the order. If not, put it back, and put the missing parents on top of it.
# </details>
# <details><summary>Hint 3: "a node once for each way that leads to it"</summary>
#
# A node may wait in your list more than once. Look whether it is in the order already before you append it. A set of nodes makes that quick.
# </details>
# <details><summary>Hint 4: it takes for ever</summary>
#
# `node in some_list` looks at every element; `node in some_set` does not. And do you ever visit a node again that is already in the order?
# </details>


# %% role="solution" name="topological_order"
def topological_order(output):
    """A list of all nodes that `output` depends on, and `output`: parents before children, each once.

    output : a node; every node has .parents, a tuple of nodes (empty for an input)
    """
    ### BEGIN SOLUTION
    order, done = [], set()
    unfinished = [output]
    while unfinished:
        node = unfinished.pop()
        if node in done:
            continue
        missing = [parent for parent in node.parents if parent not in done]
        if missing:
            unfinished.append(node)
            unfinished.extend(missing)
        else:
            done.add(node)
            order.append(node)
    return order
    ### END SOLUTION


# %% role="grade" exercise="topological_order"
check("topological_order")

# %% [markdown]
# ## Why an order, and not every path
#
# The chain rule over a graph says: the gradient is the sum over *all paths* from the input to the output, of the product of the local gradients along each path. So why not just walk every path?
#
# Take $x$, double it by $x_1 = x + x$, double that by $x_2 = x_1 + x_1$, and so on, 30 times. That is a graph of 31 nodes, each with two wires to the next.
#
# ### Exercise 4: predict (1 point, 2 minutes)
#
# How many different paths lead from $x$ to $x_{30}$? Commit to a number before you go on; you get the point for making a prediction, whatever it is.


# %% role="solution" name="predict_paths"
def predict_paths():
    """The number of paths from x to x_30, a whole number: your guess."""
    ### BEGIN SOLUTION
    return 1_000_000
    ### END SOLUTION


# %% role="grade" exercise="predict_paths"
check("predict_paths")

# %% role="show"
paths = {0: 1}
for step in range(1, 31):
    paths[step] = 2 * paths[step - 1]
guess = attempt(predict_paths)
if isinstance(guess, int | float | np.integer):
    print(f"you said {guess:,}")
    print(f"paths    {paths[30]:,}, at a million paths a second: {paths[30] / 1e6 / 60:.0f} minutes")
    print("nodes    31, each visited once")

# %% [markdown]
# Backpropagation never walks a path twice, because it adds up what arrives at a node *before* it goes on. That is all the magic there is: with an order, the work grows with the number of wires, not with the number of paths.

# %% [markdown]
# ## The walk back
#
# You have gates that hand gradients back, and an order. Two pieces of `Graph` are left to know:
#
# - `node.gradient` is where the gradient of a node belongs. It starts as `None`. You set it.
# - `node.downstream(gradient)` asks the node's own gate: given this gradient at its output, what goes to each parent? It returns a tuple, one gradient for each of `node.parents`, in the same order; for an input it is empty.
#
# **Worked example, by hand,** for the graph of five nodes above. Watch $b$: it gets a share from $d$ and one from $c$.

# %% role="show"
d.gradient = 1.0
from_d = d.downstream(d.gradient)
c.gradient = from_d[0]
from_c = c.downstream(c.gradient)
b.gradient = from_d[1] + from_c[0]
print(f"d hands {from_d[1]:.4f} to b, c hands {from_c[0]:.4f}; together {b.gradient:.4f}")

# %% [markdown]
# ### Exercise 5: the walk back (3 points, hard, 20 minutes)
#
# Write backpropagation. `order` is a list of nodes in topological order, whose last node is the output. Afterwards every node in it has its gradient: of some loss $L$, of which `upstream` is $\partial L/\partial\,\text{output}$.
#
# Two things are easy to get wrong. Shares **add**. And a second walk over the same graph must leave the same gradients, not doubled ones.
#
# <details><summary>Hint 1</summary>
#
# Three parts: clear all gradients; give the output its gradient; then go through the order from its end, and at each node add what `downstream` returns to the gradients of the parents.
# </details>
# <details><summary>Hint 2: "alone"</summary>
#
# A node got a share from somewhere else already. Do you add to it, or replace it? The same node may even stand twice among the parents of one gate, as in $x \cdot x$.
# </details>
# <details><summary>Hint 3: "it was added to that"</summary>
#
# Before the walk begins, what is in `gradient`? And what should be in it?
# </details>
# <details><summary>Hint 4: "it writes into an array that nodes share"</summary>
#
# (A single number may be an array too, of shape `()`.) `a += b` changes an array in place, for everybody who holds it; and a gate may hand on *the same array* that it got, as an add gate does. `a = a + b` makes a new one.
# </details>


# %% role="solution" name="backpropagate"
def backpropagate(order, upstream=1.0):
    """Set node.gradient of every node in `order`.

    order : list of nodes, parents before children; the last one is the output
    upstream : dL/d(output), a number or an array of the output's shape
    """
    ### BEGIN SOLUTION
    for node in order:
        node.gradient = 0.0
    order[-1].gradient = upstream
    for node in reversed(order):
        for parent, share in zip(node.parents, node.downstream(node.gradient)):
            parent.gradient = parent.gradient + share
    ### END SOLUTION


# %% role="grade" exercise="backpropagate"
check("backpropagate")

# %% [markdown]
# Watch it run on the graph of five nodes. The film shows what *your* function did, in the order it did it. Then `check_graph` compares every gradient with a numerical one, and would name and mark the first wrong one.

# %% role="show"
five.forward()
own_order = attempt(topological_order, d, wanted="a list")
film = None
if own_order:
    film = attempt(step_through, five, lambda: backpropagate(own_order))
film


# %% role="show"
def checked(graph, output, order):
    """The verdict on the gradients that your walk leaves; where one is wrong, the graph with the first marked."""
    report = attempt(check_graph, graph, output, lambda upstream: backpropagate(order, upstream))
    if report is None:
        return None
    if report.passed:
        print(f"{len(report.inputs)} gradients, all right (that of {output.name} is given)")
        return None
    print(report.reasons[0])
    return draw_graph(graph, wrong=[item.name for item in report.inputs if not item.passed][:1])


checked(five, d, own_order) if film is not None else None

# %% [markdown]
# ## What a gate must remember
#
# Forward and backward are far apart in time: a deep network runs *all* its forwards before the first backward begins. Everything that the gates keep meanwhile stays in memory; with many samples at a time, or with pictures, it is often more than the parameters. "Store all intermediate values" is the simple rule, and it is more than is needed. Each gate should ask: **which numbers does my backward really look at?**
#
# **Worked example.** The squaring gate looks at $x$, so it keeps $x$: 8 bytes for each element. A gate that multiplies by a constant 3 looks at nothing but `dout`: 0 bytes. The logarithm, $\partial/\partial x = 1/x$, looks at $x$.
#
# ### Exercise 6: the smallest cache (2 points, medium, 12 minutes)
#
# Write three gates that keep as little as possible: add, maximum, and exp. The check counts the bytes of all arrays that a gate holds on to between forward and backward (float64 has 8 bytes, a bool has 1). Forward and backward must be right, too, with the rule for ties of exercise 1.
#
# <details><summary>Hint 1</summary>
#
# Write each backward first. Then look at which arrays it uses.
# </details>
# <details><summary>Hint 2: LeanMaximum</summary>
#
# You do not need to know how large x and y were. You need to know which was larger.
# </details>
# <details><summary>Hint 3: LeanExp</summary>
#
# The derivative of $e^x$ is $e^x$. You have computed that already.
# </details>
# <details><summary>Hint 4: "bytes for each element, and needs …"</summary>
#
# Everything that stands in `self` counts. Is there an array that `backward` does not read, or one that says no more than yes or no and is stored as float64?
# </details>
# <details><summary>Hint 5: "the gradient is lost at a tie"</summary>
#
# Each element of `dout` goes to one of the two, whole. Is one of your two masks exactly the opposite of the other?
# </details>


# %% role="solution" name="lean_caches"
class LeanAdd(Layer):
    """z = x + y, with the smallest cache. backward(dout) returns dx, dy."""

    inputs = ("x", "y")

    def forward(self, x, y):
        ### BEGIN SOLUTION
        return x + y
        ### END SOLUTION

    def backward(self, dout):
        ### BEGIN SOLUTION
        return dout, dout
        ### END SOLUTION


class LeanMaximum(Layer):
    """z = the larger of x and y, with the smallest cache. backward(dout) returns dx, dy."""

    inputs = ("x", "y")

    def forward(self, x, y):
        ### BEGIN SOLUTION
        self.first = x >= y
        return np.where(self.first, x, y)
        ### END SOLUTION

    def backward(self, dout):
        ### BEGIN SOLUTION
        return dout * self.first, dout * ~self.first
        ### END SOLUTION


class LeanExp(Layer):
    """z = exp(x), with the smallest cache. forward(x) returns z; backward(dout) returns dx."""

    def forward(self, x):
        ### BEGIN SOLUTION
        self.out = np.exp(x)
        return self.out
        ### END SOLUTION

    def backward(self, dout):
        ### BEGIN SOLUTION
        return dout * self.out
        ### END SOLUTION


# %% role="grade" exercise="lean_caches"
check("lean_caches")

# %% [markdown]
# For a batch of 64 samples with 4096 numbers each, in float64, that makes:

# %% role="show"
elements = 64 * 4096
kept = {"multiply (x and y)": 16, "square (x)": 8, "exp (its output)": 8, "max (a mask)": 1, "add": 0}
for gate, each in kept.items():
    print(f"{gate:20} {each * elements / 2**20:5.2f} MiB")

# %% [markdown]
# ## A gate that lies on purpose
#
# Is the backward of a gate always the derivative of its forward? Nothing in the walk asks for that: it takes what the gate hands back. Sometimes people use this. A **gradient reversal** gate does nothing on the way forward, and turns the gradient round on the way back, scaled by a strength $\lambda$. What stands behind the gate learns to *lower* the loss, and what stands before it learns to *raise* it: two players in one graph. (Ganin and Lempitsky, "Unsupervised Domain Adaptation by Backpropagation", 2015, section 3, use it so that a network cannot tell which of two data sets a picture comes from.)
#
# **Worked example, another such gate.** Rounding is a staircase: its derivative is 0 nearly everywhere, and nothing before it would learn. People who need a rounding in the middle of a network hand the gradient on as if it were not there:


# %% role="show"
class Round(Layer):
    """Forward: the nearest whole numbers. Backward: the upstream gradient as it comes."""

    def forward(self, x):
        return np.round(x)

    def backward(self, dout):
        return dout


gate = Round()
print(gate.forward(np.array([0.4, 1.7])), "  and on the way back", gate.backward(np.array([5.0, -1.0])))

# %% [markdown]
# ### Exercise 7: a gate that lies on purpose (1 point, easy, 4 minutes)
#
# Write gradient reversal.
#
# <details><summary>Hint 1: "the derivative of its forward"</summary>
#
# The derivative of "do nothing" is 1. That would be an honest gate. This one is defined by what it hands back.
# </details>
# <details><summary>Hint 2: "the strength is not used", "the minus is missing", "dout is not used"</summary>
#
# Three factors make what it hands back: a minus, `self.strength`, and `dout`.
# </details>


# %% role="solution" name="reverse_gate"
class Reverse(Layer):
    """Forward: x, unchanged. Backward: the upstream gradient times minus the strength."""

    def __init__(self, strength):
        self.strength = strength

    def forward(self, x):
        ### BEGIN SOLUTION
        return x
        ### END SOLUTION

    def backward(self, dout):
        ### BEGIN SOLUTION
        return -self.strength * dout
        ### END SOLUTION


# %% role="grade" exercise="reverse_gate"
check("reverse_gate")

# %% [markdown]
# What does a gradient check say of it? That it is wrong, of course, and even what it equals: unfold it. Here that is no reproach: a gradient check compares with the derivative, and this gate does not want to be one.

# %% role="show"
gate, report = Reverse(0.5), None
if attempt(gate.forward, np.ones(3)) is not None:
    report = attempt(check_layer, gate, np.array([1.0, -2.0, 3.0]))
report

# %% [markdown]
# ## Forward, backward, update
#
# A gradient is there to be used. Training repeats three steps:
#
# 1. **forward**: compute the loss;
# 2. **backward**: compute its gradient with respect to every parameter;
# 3. **update**: move each parameter a little against its gradient.
#
# The third is one line for each parameter: $w \leftarrow w - \eta\,\partial L/\partial w$, where $\eta$ (eta) is the **learning rate**.
#
# **Worked example.** $w = 2$ with the gradient $5$, and $b = 1$ with the gradient $-3$; the learning rate is $0.1$. The new $w$ is $2 - 0.1 \cdot 5 = 1.5$, the new $b$ is $1 + 0.1 \cdot 3 = 1.3$: each moves *against* its gradient.
#
# ### Exercise 8: the third step (1 point, easy, 4 minutes)
#
# Write it for any number of parameters, given by name. Return a *new* dict with new values; whoever called you may still need the old ones.
#
# <details><summary>Hint 1</summary>
#
# Go through the names of `values`; the same name leads to the gradient. A dict comprehension, `{name: … for name in values}`, builds the new dict.
# </details>
# <details><summary>Hint 2: "the old value is gone", "a step uphill"</summary>
#
# A new value is the old one *minus* a step. Is the old one in your line, and the minus?
# </details>
# <details><summary>Hint 3: "changed its input in place"</summary>
#
# `w -= …` writes into the array that you were given. `w - …` makes a new one. (`dict(values)` copies the names, and not the arrays behind them.)
# </details>


# %% role="solution" name="descend"
def descend(values, gradients, learning_rate):
    """One step of gradient descent.

    values, gradients : dicts with the same names; numbers or ndarrays
    learning_rate : number
    Returns a new dict with the new value for each name.
    """
    ### BEGIN SOLUTION
    return {name: value - learning_rate * gradients[name] for name, value in values.items()}
    ### END SOLUTION


# %% role="grade" exercise="descend"
check("descend")

# %% [markdown]
# Your gates, your order, your walk and your step at work: a line $w\,t + b$ through five points, with the loss as a graph of *your* gates, *your* order, *your* walk back, *your* step.

# %% role="show"
import matplotlib.pyplot as plt

t = np.array([-2.0, -1.0, 0.0, 1.0, 2.0])
target = np.array([-4.8, -3.1, -1.2, 1.1, 2.8])


def fit(steps=40):
    """The loss at every step, and the line at the end."""
    graph = Graph({"+": Add, "×": Multiply, "square": Square})
    w, b = graph.inputs(w=np.zeros(5), b=np.zeros(5))  # one copy for each point
    inputs, minus = graph.inputs(t=t, minus=-target)
    loss = graph.apply("square", w * inputs + b + minus, name="squares")
    order = topological_order(loss)
    values, losses = {"w": 0.0, "b": 0.0}, []
    for _ in range(steps):
        graph.forward(w=np.full(5, values["w"]), b=np.full(5, values["b"]))  # forward
        losses.append(loss.value.sum())
        backpropagate(order, np.ones(5))  # backward
        slopes = {"w": w.gradient.sum(), "b": b.gradient.sum()}  # copied forward, so summed backward
        values = descend(values, slopes, 0.04)  # update
    return losses, values


loss_curve = None
fitted = attempt(fit)
if fitted is not None:
    losses, values = fitted
    print(
        f"loss {losses[0]:.4g} at first, {losses[-1]:.4g} at last; w = {values['w']:.3g}, b = {values['b']:.3g}"
    )
    figure, axes = plt.subplots(figsize=(5, 2.6))
    axes.semilogy(losses, "o-", markersize=3)
    axes.set(xlabel="step", ylabel="loss (log scale)")
    axes.grid(alpha=0.3)
    alt = "The loss over 40 steps on a log scale: it falls quickly at first and then levels off."
    loss_curve = picture(figure, alt)
loss_curve

# %% [markdown]
# ## Stretch: a randomly wired network
#
# Nobody said that a network must be a chain of layers. Xie, Kirillov, Girshick and He ("Exploring Randomly Wired Neural Networks for Image Recognition", 2019, section 3) draw the wiring at random, and the result classifies pictures about as well as networks designed by people. Your code does not care: a graph is a graph.
#
# Here is one wired after Watts and Strogatz, with 10 units, each a sum of what comes in and a tanh. Not graded: try "ER" (Erdős–Rényi) and "BA" (Barabási–Albert), other seeds, and more units.

# %% role="scratch"
wiring = random_wiring("WS", 10, seed=1)
network = Graph.of(wiring, {"x": 0.5})
last = network[list(wiring)[-1]]
walk = attempt(topological_order, last, wanted="a list")
if walk:
    attempt(backpropagate, walk)
draw_graph(network)

# %% role="show"
checked(network, last, walk) if walk else None

# %% [markdown]
# ## Summary
#
# - A gate knows forward and backward of its own little job, and nothing of the graph. Add distributes, max routes, multiply switches.
# - Forward and backward are dual: copy ↔ sum. Gradients add at a branch because values were copied there.
# - In reverse topological order every gradient is complete before it is handed on. The work grows with the wires, not with the paths.
# - A gate keeps what its backward looks at, and no more.
# - Nothing forces a backward to be the derivative; that is what checks are for.
# - Training repeats forward, backward, update.
#
# **Next:** 03 fills your box with the gates that make a network more than a linear map: the activation functions.
