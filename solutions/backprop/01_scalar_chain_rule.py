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
# # 01 · The scalar chain rule
#
# **Time:** about 85 minutes, 12 points. Nearly everything here is a single number; matrices come later.
#
# Hints quote what the panel of a check says. Unfold the panel to see all of it; as plain text, `check("local_gradients", explain=3)` shows it.
#
# **When you are done, you will be able to**
#
# - read a formula as a graph of small gates, and compute its values from left to right;
# - write the local gradient of a gate without looking at the rest of the graph;
# - carry a gradient from the output back to every input, one product a gate;
# - add up what arrives at a variable that is used twice;
# - check a gradient by a small move, and say why a smaller move is not always better.

# %% role="setup"
import numpy as np

from course_lib import attempt, check
from course_lib.drawing import draw_graph
from course_lib.given import sigmoid

# %% [markdown]
# ## A graph is a recipe
#
# A formula such as $f = (x + y)\,z$ hides an order of work: first the sum, then the product. Give the sum a name, $q = x + y$, and each line does one thing:
#
# $$q = x + y \qquad f = q\,z$$
#
# Each line is a **gate** (a module): it knows its own inputs and its own output, and nothing else. The **nodes** of the graph are the gates and the inputs. Running the gates from the inputs to the output is the **forward pass**.
#
# Here it is with the lecture's numbers, $x = -2$, $y = 5$, $z = -4$. The value of each node stands above its wire.
# %% role="show"
worked = {"q": ("+", ("x", "y")), "f": ("×", ("q", "z"))}
values = {"x": -2, "y": 5, "z": -4}
values["q"] = values["x"] + values["y"]
values["f"] = values["q"] * values["z"]
draw_graph(worked, values)

# %% [markdown]
# ### Exercise 1: forward values (1 point, easy, 5 minutes)
#
# Your graph is a little different, so that $x$ and $y$ play different parts: $f = (2x + y)\,z$. It has three gates: $d = 2x$, then $q = d + y$, then $f = q\,z$.
#
# <details><summary>Hint 1</summary>
#
# One line of code a gate, in the order in which they are named above.
# </details>
# <details><summary>Hint 2: "The result is None"</summary>
#
# `print` shows a value, `return` hands it back. The check needs it handed back.
# </details>


# %% role="solution" name="forward_values"
def forward_values(x, y, z):
    """Values of the graph f = (2x + y) z, gate by gate.

    x, y, z : numbers
    Returns the three numbers d, q, f, in this order.
    """
    ### BEGIN SOLUTION
    d = 2 * x
    q = d + y
    f = q * z
    return d, q, f
    ### END SOLUTION


# %% role="grade" exercise="forward_values"
check("forward_values")

# %% [markdown]
# ## One gate at a time
#
# How fast does a gate's output change when one of its inputs changes, *all its other inputs held still*? That is its **local gradient**. It is a question about this gate alone.
#
# In the worked example the add gate is $q = x + y$. Move $x$ by a little: $q$ moves by just as much. So $\partial q/\partial x = 1$, and $\partial q/\partial y = 1$, whatever the numbers are.
#
# Other gates depend on their numbers. Take $v = a^2 b$. Hold $b$ still and move $a$: $\partial v/\partial a = 2ab$. Hold $a$ still and move $b$: $\partial v/\partial b = a^2$. To know these you need the values of the forward pass: that is why it comes first.
#
# ### Exercise 2: local gradients (1 point, easy, 6 minutes)
#
# Now for the gates of *your* graph, $d = 2x$, $q = d + y$, $f = q\,z$. Five numbers, each about one gate.
#
# <details><summary>Hint 1</summary>
#
# For each of the five cover the rest of the graph with your hand. What is left is one small formula with two or three letters.
# </details>
# <details><summary>Hint 2: "the gate is not switched"</summary>
#
# In $f = q\,z$: if $q$ grows by 1, by how much does $f$ grow? Try it with $q = 3$, $z = 10$.
# </details>
# <details><summary>Hint 3: "the derivative of f, not of this gate alone"</summary>
#
# You went too far: nothing that comes after the gate's own output matters yet.
# </details>


# %% role="solution" name="local_gradients"
def local_gradients(x, y, z):
    """Local gradients of the gates d = 2x, q = d + y and f = q z.

    x, y, z : numbers
    Returns dd/dx, dq/dd, dq/dy, df/dq, df/dz: five numbers, in this order.
    """
    ### BEGIN SOLUTION
    q = 2 * x + y
    return 2.0, 1.0, 1.0, z, q
    ### END SOLUTION


# %% role="grade" exercise="local_gradients"
check("local_gradients")

# %% [markdown]
# ## Upstream times local
#
# Now the whole graph. Start at the output and walk back. At each gate two numbers meet:
#
# - the **upstream gradient**: how fast the final output $f$ changes with *this gate's output*. It comes from the gates after it, on the side of the output.
# - the **local gradient**: how fast this gate's output changes with *its input*.
#
# Their product is the **downstream gradient**, handed on to the gate before. That is the chain rule, used once a gate:
#
# $$\underbrace{\frac{\partial f}{\partial\,\text{input}}}_{\text{downstream}} = \underbrace{\frac{\partial f}{\partial\,\text{output}}}_{\text{upstream}} \cdot \underbrace{\frac{\partial\,\text{output}}{\partial\,\text{input}}}_{\text{local}}$$
#
# In the worked example the walk begins with $\partial f/\partial f = 1$. The multiply gate hands $1 \cdot z = -4$ to $q$ and $1 \cdot q = 3$ to $z$. The add gate has upstream gradient $-4$, and hands $-4 \cdot 1$ to both of its inputs. Gradients stand below the wires.

# %% role="show"
gradients = {"f": 1}
gradients["q"] = gradients["f"] * values["z"]
gradients["z"] = gradients["f"] * values["q"]
gradients["x"] = gradients["q"] * 1
gradients["y"] = gradients["q"] * 1
draw_graph(worked, values, gradients)

# %% [markdown]
# Read one of them aloud: "if $x$ grows by a little, $f$ falls by four times as much." Believe it only after a try: at $x = -1.99$ the function is $(3.01)(-4) = -12.04$, which is $0.04$ below $-12$.
#
# ### Exercise 3: upstream times local (2 points, medium, 10 minutes)
#
# Carry the gradient back through your own graph, $f = (2x + y)\,z$, to all three inputs.
#
# <details><summary>Hint 1</summary>
#
# Go back gate by gate, and give each gradient a name: first those of the last gate, then of $q = d + y$, then of $d = 2x$.
# </details>
# <details><summary>Hint 2: "the local gradient alone", "the upstream gradient alone"</summary>
#
# At one gate only one of the two factors is there. Find that gate, and give both factors a name before you multiply them.
# </details>
# <details><summary>Hint 3: "are not switched"</summary>
#
# $f = q\,z$ hands one gradient to $q$ and one to $z$. For each, ask: which input is held still? That one is the factor.
# </details>


# %% role="solution" name="product_gradients"
def product_gradients(x, y, z):
    """Gradients of f = (2x + y) z.

    x, y, z : numbers
    Returns df/dx, df/dy, df/dz: three numbers, in this order.
    """
    ### BEGIN SOLUTION
    d = 2 * x
    q = d + y
    df_dq, df_dz = z, q
    df_dd = df_dq * 1.0
    df_dy = df_dq * 1.0
    df_dx = df_dd * 2.0
    return df_dx, df_dy, df_dz
    ### END SOLUTION


# %% role="grade" exercise="product_gradients"
check("product_gradients")

# %% [markdown]
# The next cell draws your values and your gradients into your graph. What is not written yet is a question mark; the gradients of $d$ and $q$ are not asked for, and stay open.

# %% role="show"
yours = {"d": ("2×", ("x",)), "q": ("+", ("d", "y")), "f": ("×", ("q", "z"))}
point = {"x": 3.0, "y": -2.0, "z": 2.5}


def named(names, answer):
    """The numbers of an answer by name; empty where there is none."""
    return {} if answer is None else dict(zip(names, map(float, answer)))


found = named(("d", "q", "f"), attempt(forward_values, *point.values(), wanted="3 numbers"))
back = named(("x", "y", "z"), attempt(product_gradients, *point.values(), wanted="3 numbers"))
draw_graph(yours, {**point, **found}, {"f": 1, **back})

# %% [markdown]
# ## The chain in three factors
#
# The lecture's recap is a chain without branches. Numbers $x$ are weighted and summed, squashed into a probability, and a loss says how bad that probability is:
#
# $$u = w \cdot x = \sum_i w_i x_i \qquad p = \sigma(u) = \frac{1}{1 + e^{-u}} \qquad L = -\log p$$
#
# Here $w$ and $x$ are vectors, but $u$, $p$ and $L$ are single numbers, so each element of $w$ has a chain of its own:
#
# $$\frac{\partial L}{\partial w_i} = \frac{\partial L}{\partial p} \cdot \frac{\partial p}{\partial u} \cdot \frac{\partial u}{\partial w_i}$$
#
# Three gates, three local gradients, one product.
#
# **Worked example, on another chain.** Take $L = v^2$, $v = \tanh u$, $u = w \cdot x$. The local gradients are $\partial L/\partial v = 2v$, then $\partial v/\partial u = 1 - v^2$ (the derivative of tanh, written with its output), then $\partial u/\partial w_i = x_i$. So $\partial L/\partial w_i = 2v\,(1 - v^2)\,x_i$. The next cell compares it with a small move of $w_0$.

# %% role="show"
w, x = np.array([0.5, -1.0]), np.array([2.0, 0.4])
v = np.tanh(w @ x)
by_chain = 2 * v * (1 - v**2) * x
moved = w + np.array([1e-6, 0.0])
print(f"by the chain       {by_chain[0]:.4f}")
print(f"by a small move    {(np.tanh(moved @ x) ** 2 - v**2) / 1e-6:.4f}")

# %% [markdown]
# ### Exercise 4: a chain with a loss at its end (2 points, medium, 12 minutes)
#
# Write the gradient for $L = -\log \sigma(w \cdot x)$. `sigmoid` is given.
#
# You need one more derivative, that of the sigmoid: $\sigma'(u) = p\,(1 - p)$ with $p = \sigma(u)$ (check it once on paper). Mind which number goes in: $p$, the *output*.
#
# <details><summary>Hint 1</summary>
#
# Compute $u$ and $p$ first (forward), then the three local gradients, each on a line of its own.
# </details>
# <details><summary>Hint 2</summary>
#
# The derivative of $\log p$ is $1/p$. There is a minus in front of it.
# </details>
# <details><summary>Hint 3: "the last factor, du/dw, is missing"</summary>
#
# Your answer is one number, or has the same number in every place. Which of the three factors is different for each $w_i$?
# </details>
# <details><summary>Hint 4: "taken at p, not at u"</summary>
#
# `sigmoid(p) * (1 - sigmoid(p))` squashes twice. $p$ has been through the sigmoid already.
# </details>


# %% role="solution" name="log_loss_gradient"
def log_loss_gradient(w, x):
    """Gradient of L = -log(sigmoid(w . x)) with respect to w.

    w, x : ndarray, shape (D,)
    Returns dL/dw: ndarray, shape (D,).
    """
    ### BEGIN SOLUTION
    p = sigmoid(w @ x)
    dL_dp = -1 / p
    dp_du = p * (1 - p)
    du_dw = x
    return dL_dp * dp_du * du_dw
    ### END SOLUTION


# %% role="grade" exercise="log_loss_gradient"
check("log_loss_gradient")

# %% [markdown]
# ## A longer walk back
#
# A neuron with two inputs and a bias, $p = \sigma(w_0 x_0 + w_1 x_1 + b)$, can be cut into gates so small that each derivative is known by heart:
#
# $$m_0 = w_0 x_0 \quad m_1 = w_1 x_1 \quad a = m_0 + m_1 \quad u = a + b \quad n = -u \quad e = e^{n} \quad t = 1 + e \quad p = 1/t$$
#
# Nobody would write a sigmoid like this. But a graph of thirteen nodes (five inputs, eight gates) is worth walking through once by hand: what you do here for thirteen, a program will do for millions.
#
# ### Exercise 5: a neuron, gate by gate (2 points, medium, 15 minutes)
#
# Some loss $L$ is computed from $p$, and its gradient $\partial L/\partial p$ arrives as the upstream gradient. Give $\partial L/\partial(\cdot)$ for **every node before $p$**, twelve in all, in a dict. The argument `upstream` arrives at $p$ alone; what arrives at any other gate is the gradient of *its* output, which you have computed just before. Give gradients names of their own (`dt`, `de`, …): `t` and `e` are still needed. The check walks back from $p$, names the *first* node that is wrong, and is silent about those it would reach later: mend that one first.
#
# <details><summary>Hint 1</summary>
#
# Do the forward pass first, one line a gate. Then go through the same lines from the bottom up; each gives one line of the backward pass: the gradient of the gate's output, times its local gradient.
# </details>
# <details><summary>Hint 2: t and e</summary>
#
# The derivative of $1/t$ is $-1/t^2$; that of $e^n$ is $e^n$ itself, which the forward pass has computed already.
# </details>
# <details><summary>Hint 3: from u back to the inputs</summary>
#
# Add gates hand their gradient on unchanged, to all of their inputs. Multiply gates switch.
# </details>
# <details><summary>Hint 4: "taken at the gate's output", "the value of the node"</summary>
#
# A local gradient is a formula of the gate's *input*. At $p = 1/t$ it is $-1/t^2$ with $t$ put in, and not with $p$; at the product $m_0$, what belongs to $w_0$ is $x_0$.
# </details>
# <details><summary>Hint 5: "without the upstream gradient", "for an upstream gradient of 1"</summary>
#
# Each line has two factors: the gradient of the gate's output, from the line before, and the local gradient. At $p$ the first one is `upstream`.
# </details>


# %% role="solution" name="gate_gradients"
def gate_gradients(w0, x0, w1, x1, b, upstream):
    """Gradients of a loss L that is computed from p = sigmoid(w0 x0 + w1 x1 + b), for every node of the graph.

    w0, x0, w1, x1, b : numbers
    upstream : number, dL/dp
    Returns a dict from the name of a node to dL/d(node), with the names
    "t", "e", "n", "u", "b", "a", "m0", "m1", "w0", "x0", "w1", "x1".
    """
    ### BEGIN SOLUTION
    m0, m1 = w0 * x0, w1 * x1
    u = m0 + m1 + b
    e = np.exp(-u)
    t = 1 + e
    g = {"t": upstream * -1 / t**2}
    g["e"] = g["t"] * 1
    g["n"] = g["e"] * e
    g["u"] = g["n"] * -1
    g["b"] = g["a"] = g["u"] * 1
    g["m0"] = g["m1"] = g["a"] * 1
    g["w0"], g["x0"] = g["m0"] * x0, g["m0"] * w0
    g["w1"], g["x1"] = g["m1"] * x1, g["m1"] * w1
    return g
    ### END SOLUTION


# %% role="grade" exercise="gate_gradients"
check("gate_gradients")

# %% [markdown]
# Your gradients on the graph, at one point, for an upstream gradient of 1 ($n$, $e$ and $t$ are inside the gate σ):

# %% role="show"
neuron = {
    "m0": ("×", ("w0", "x0")),
    "m1": ("×", ("w1", "x1")),
    "a": ("+", ("m0", "m1")),
    "u": ("+", ("a", "b")),
    "p": ("σ", ("u",)),
}
at = {"w0": 2.0, "x0": -1.0, "w1": -3.0, "x1": 0.5, "b": 1.5}
seen = {**at, "m0": at["w0"] * at["x0"], "m1": at["w1"] * at["x1"]}
seen["a"] = seen["m0"] + seen["m1"]
seen["u"] = seen["a"] + seen["b"]
seen["p"] = float(sigmoid(seen["u"]))
yours_back = attempt(gate_gradients, *at.values(), 1.0, wanted="a dict") or {}
yours_back = {node: float(g) for node, g in yours_back.items() if isinstance(g, int | float)}
draw_graph(neuron, seen, {"p": 1, **yours_back})

# %% [markdown]
# ## When a variable is used twice
#
# So far every wire went to one gate. In $g = x\,y + x$ the variable $x$ goes to two: into the product, and straight into the sum. Move $x$ by a little, and *both* change. Their changes add:
#
# $$\frac{\partial g}{\partial x} = \underbrace{1 \cdot y}_{\text{through the product}} + \underbrace{1}_{\text{straight}}$$
#
# **Gradients add at branches.** The commonest mistake in programs is to overwrite instead of to add: `=` where `+=` is due, so that only the path visited last remains.
#
# ### Exercise 6: two paths to one variable (1 point, medium, 8 minutes)
#
# Take $f = x \cdot x + x$, with the gates $s = x \cdot x$ and $f = s + x$. What is computed from $f$ is not shown here: its gradient arrives as the upstream gradient $\partial L/\partial f$.
#
# <details><summary>Hint 1</summary>
#
# The gate $s = x \cdot x$ is a multiply gate both of whose inputs happen to be the same variable. It hands a gradient to each input.
# </details>
# <details><summary>Hint 2: "what one of the two inputs of x times x gives"</summary>
#
# Two wires lead from $x$ into the product. Each carries a share, and they arrive at the same place.
# </details>
# <details><summary>Hint 3: "without the upstream gradient"</summary>
#
# Both shares come from $f$, and at $f$ the gradient is `upstream`, not 1.
# </details>


# %% role="solution" name="two_paths"
def two_paths(x, upstream):
    """Gradient of x in f = x * x + x, share by share.

    x : number
    upstream : number, dL/df
    Returns three numbers, in this order: the share of dL/dx that comes through s = x * x,
    the share straight from f, and dL/dx.
    """
    ### BEGIN SOLUTION
    ds = upstream * 1
    through = ds * x + ds * x
    straight = upstream * 1
    return through, straight, through + straight
    ### END SOLUTION


# %% role="grade" exercise="two_paths"
check("two_paths")

# %% [markdown]
# ## Trust, but nudge
#
# How do you know that a gradient is right? Move one input by a small step $h$ and look. The obvious quotient looks to one side, $\frac{f(x + h) - f(x)}{h}$. Much better is to look to **both** sides, at the same distance: the **centred difference**. For $f = x^2$ at $x = 3$ with $h = 0.1$, where $f' = 6$, the one-sided quotient gives $6.1$. The centred one gives $6$. (Exactly, only because $f$ is a parabola; in general an error of the order of $h^2$ remains.)
#
# ### Exercise 7: a centred difference (1 point, easy, 6 minutes)
#
# `f` is any function of one number.
#
# <details><summary>Hint 1</summary>
#
# How far apart are the two points at which you ask $f$?
# </details>
# <details><summary>Hint 2: "the difference needs brackets", "times h"</summary>
#
# Python divides before it subtracts, and works through `a / 2 * h` from the left. Put brackets round the difference, and round what you divide by.
# </details>
# <details><summary>Hint 3: "the forward difference", "the backward difference"</summary>
#
# One of your points is $x$ itself. Take one on each side of it.
# </details>


# %% role="solution" name="centred_difference"
def centred_difference(f, x, h):
    """Derivative of f at x, by one step of size h to each side.

    f : function of one number; x, h : numbers
    Returns a number.
    """
    ### BEGIN SOLUTION
    return (f(x + h) - f(x - h)) / (2 * h)
    ### END SOLUTION


# %% role="grade" exercise="centred_difference"
check("centred_difference")

# %% [markdown]
# A gradient also works the other way round: it **predicts** what a small move does, without computing the function again. In the worked example the gradients are $(-4, -4, 3)$. Move $x$ by $0.1$ and $z$ by $0.2$: the prediction is $-4 \cdot 0.1 + 3 \cdot 0.2 = 0.2$.
#
# ### Exercise 8: what a gradient predicts (1 point, easy, 6 minutes)
#
# For your graph, $f = (2x + y)\,z$: predict the *change* of $f$ when all three inputs are moved at once. It stands on its own: compute the gradients in it again, or call your own function.
#
# <details><summary>Hint 1</summary>
#
# One share for each input: its gradient times its own move. Then add the three.
# </details>
# <details><summary>Hint 2: "the exact change"</summary>
#
# A prediction does not evaluate $f$ at the new place. It uses the gradients at the old one.
# </details>
# <details><summary>Hint 3: "with the gradient of d", "for the worked example"</summary>
#
# This graph doubles $x$ on its way to the sum. How much does $f$ change for a small move of $x$ itself?
# </details>


# %% role="solution" name="nudge"
def nudge(x, y, z, dx, dy, dz):
    """Predicted change of f = (2x + y) z when x, y, z are moved by dx, dy, dz.

    All six are numbers; returns a number.
    """
    ### BEGIN SOLUTION
    return 2 * z * dx + z * dy + (2 * x + y) * dz
    ### END SOLUTION


# %% role="grade" exercise="nudge"
check("nudge")

# %% role="show"
print("     move    predicted     exact")
for size in (1.0, 0.1, 0.01):
    predicted = attempt(nudge, 3.0, -2.0, 2.5, size, -size, size, wanted="a number")
    if predicted is None:
        break
    exact = (2 * (3.0 + size) - 2.0 - size) * (2.5 + size) - 10.0
    print(f"{size:9.2f} {predicted:12.4f} {exact:9.4f}")

# %% [markdown]
# The smaller the move, the better the prediction: the gap shrinks with the *square* of the move. That is what "gradient" means.
#
# And it says which way to go. Move every input a little *against* its gradient, and $f$ falls: that is one step of gradient descent, which the next notebooks do with thousands of inputs at once. Below, with your gradients.

# %% role="show"
start = (3.0, -2.0, 2.5)
slopes = named(("x", "y", "z"), attempt(product_gradients, *start, wanted="3 numbers"))
if slopes:
    x, y, z = (value - 0.01 * slope for value, slope in zip(start, slopes.values()))
    print(
        f"f before {(2 * 3.0 - 2.0) * 2.5:.4f}, after one small step against your gradient {(2 * x + y) * z:.4f}"
    )

# %% [markdown]
# ## How small is small enough?
#
# The cell after your prediction will take your centred difference of $\sin$ at $x = 1$, with steps from $10^{-1}$ down to $10^{-15}$, and compare it with the true derivative, $\cos 1$. In exact arithmetic a smaller step is always better. A computer keeps about 16 digits.
#
# ### Exercise 9: predict the best step (1 point, 3 minutes)
#
# Which step $h$ gives the smallest error? Commit yourself *before* you look: the point is for the prediction, not for being right.


# %% role="solution" name="predict_best_step"
def predict_best_step():
    """Your guess of the step h with the smallest error, such as 1e-3 or 1e-12.

    Write: return and a number above 0, at most 1.
    """
    ### BEGIN SOLUTION
    return 1e-8
    ### END SOLUTION


# %% role="grade" exercise="predict_best_step"
check("predict_best_step")

# %% role="show"
import matplotlib.pyplot as plt

from course_lib.drawing import picture

steps = 10.0 ** np.arange(-1, -16, -1)
guess = attempt(predict_best_step, wanted="a number")
quotient = attempt(centred_difference, np.sin, 1.0, 1e-3, wanted="a number")
sound = quotient is not None and abs(quotient - np.cos(1.0)) < 1e-6
if sound and guess is not None and 0 < guess <= 1:
    centred = np.array([abs(centred_difference(np.sin, 1.0, float(h)) - np.cos(1.0)) for h in steps])
    best = steps[np.argmin(centred)]
    tiny = 10.0 ** -np.arange(1.0, 16.0)
    straight = np.array([abs(np.sin(1 + 1j * h).imag / h - np.cos(1.0)) for h in tiny])
    fig, axes = plt.subplots(figsize=(7, 3.6))
    axes.loglog(steps, np.maximum(centred, 1e-17), "o-", color="#2b7bba", label="centred difference (yours)")
    axes.loglog(tiny, np.maximum(straight, 1e-17), "s--", color="#c2571a", label="complex step")
    axes.axvline(guess, color="#808890", linestyle=":", label="your prediction")
    told = [f"smallest at a step of {best:.0e}"]
    for side, chosen in (("right", steps >= best), ("left", steps <= best)):
        if np.count_nonzero(chosen) > 2:
            at, errors = np.log10(steps[chosen]), np.log10(np.maximum(centred[chosen], 1e-17))
            slope = np.polyfit(at, errors, 1)[0]
            axes.text(10 ** at.mean(), 10 ** (errors.mean() + 2), f"slope {slope:.0f}", ha="center")
            told.append(f"a line of slope {slope:.0f} to the {side} of it")
    axes.set(xlabel="step h", ylabel="error", ylim=(1e-17, 1))
    axes.legend(loc="upper center", ncols=3, fontsize=8, frameon=False)
    shown = picture(
        fig,
        alt=f"Error against step size, both on logarithmic axes. The centred difference: {', '.join(told)}. "
        f"The complex step: from {straight[0]:.0e} at the largest step down to no more than 1e-16 at the smallest.",
    )
    print(
        "is your prediction within a factor of 10 of the best of these steps?",
        bool(0.1 <= guess / best <= 10),
    )
else:
    shown = None
    print("No picture yet: it needs your prediction and a right centred difference.")
shown

# %% [markdown]
# <details><summary>What the picture shows (unfold it when you have made your prediction and seen the picture)</summary>
#
# Two errors fight. From the right the **truncation** error falls with $h^2$ (slope 2 on these axes): the centred difference leaves out terms of that size. Towards the left the **round-off** error grows with $1/h$ (slope $-1$): $f(x + h)$ and $f(x - h)$ agree in almost all of their 16 digits, and the subtraction leaves only the noise, divided by a tiny number. They meet near the cube root of $10^{-16}$, a few millionths. It is easy to guess far too small.
#
# The **complex step** does not subtract at all. It evaluates $f(x + ih)$ once and reads the derivative off the imaginary part, so its error does not rise again on the left: $\sin(1 + ih) = \sin 1 + ih \cos 1 + \dots$ It asks for a function that accepts complex numbers. The checks of this workbook use it. (An error of exactly 0 has no place on a logarithmic axis: the picture draws it on its lower edge.)
# </details>
#
# ## Summary
#
# - A formula is a graph of gates; the forward pass computes values and keeps those that backward needs.
# - Each gate knows its local gradients. Add gates hand the gradient on, multiply gates switch.
# - Downstream = upstream times local, one gate at a time, from the output back.
# - Where a variable is used twice, what arrives is added.
# - A centred difference checks a gradient, with a step neither too large nor too small; a gradient predicts small moves.
#
# ## Stretch (not graded)
#
# Write $f = \dfrac{x + \sigma(y)}{\sigma(x) + (x + y)^2}$ as gates, and its backward pass. $x$ and $y$ are used several times: mind the `+=`. The cell compares with your centred difference.


# %% role="scratch"
def stretch_gradients(x, y):
    """df/dx and df/dy of the stretch."""
    raise NotImplementedError


# %% role="show"
def stretch(x, y):
    return (x + sigmoid(y)) / (sigmoid(x) + (x + y) ** 2)


mine = named(("df/dx", "df/dy"), attempt(stretch_gradients, 3.0, -4.0, wanted="2 numbers"))
numeric = (
    attempt(centred_difference, lambda x: stretch(x, -4.0), 3.0, 1e-4, wanted="a number"),
    attempt(centred_difference, lambda y: stretch(3.0, y), -4.0, 1e-4, wanted="a number"),
)
for (name, got), near in zip(mine.items(), numeric):
    if near is not None:
        print(f"{name}: yours {got:.5f}, centred difference {near:.5f}")
