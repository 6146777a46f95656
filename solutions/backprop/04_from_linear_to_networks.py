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
# # 04 · From a linear score to a network
#
# **Time:** about 70 minutes, 12 points. It stands on its own: nothing from other notebooks is needed.
#
# **When you are done, you will be able to**
#
# - say what a network's layers are, which shapes their matrices have, and how many numbers there are to learn;
# - compute a network's output, layer by layer;
# - show why layers without an activation between them are one layer, and which one;
# - prove to anybody that no line separates XOR, and choose the weights of a small network that does;
# - turn a formula for columns, $f = W x$, into one for rows, $y = x\,w$.
#
# **In this notebook a sample is a column**, until the last exercise: $x \in \mathbb{R}^D$ is an array of shape `(D,)`, and $W \in \mathbb{R}^{C \times D}$ stands on its *left*. Where that changes, the text says so.
#
# Hints quote what the panel of a check says. Unfold the panel to see all of it, or write `check("collapse", explain=2)`.

# %% role="setup"
import numpy as np

from course_lib import attempt, check
from course_lib.given import sigmoid

# %% [markdown]
# ## A linear score
#
# A linear classifier gives each of $C$ classes a score. The input has $D$ numbers, and
#
# $$f = W x, \qquad x \in \mathbb{R}^D,\quad W \in \mathbb{R}^{C \times D}$$
#
# Each *row* of $W$ belongs to one class: its score is that row times $x$, number by number, added up. Usually each class also gets a number of its own, its *bias*: $f = W x + b$, with $b \in \mathbb{R}^C$. The bias is the score at $x = 0$. The lecture leaves it out of its formulas, to keep them short; real networks have it.
#
# Three numbers in, two scores out:

# %% role="show"
x = np.array([1.0, -2.0, 3.0])
W = np.array([[2.0, 1.0, 0.0], [-1.0, 0.5, 1.0]])
b = np.array([0.5, 1.0])
for c in range(2):
    terms = " + ".join(f"({weight:g})({value:g})" for weight, value in zip(W[c], x))
    print(f"score of class {c}: {terms} + ({b[c]:g}) = {W[c] @ x + b[c]:g}")
print("all at once, W @ x + b:", W @ x + b)

# %% [markdown]
# ## What is counted as a layer
#
# A network puts several such maps behind one another, with a bend in between:
#
# $$f = W_2 \max(0,\ W_1 x), \qquad W_1 \in \mathbb{R}^{H \times D},\quad W_2 \in \mathbb{R}^{C \times H}$$
#
# $\max(0, \cdot)$ works on each number by itself: what is negative becomes 0. The $H$ numbers $h = \max(0, W_1 x)$ are the *hidden units*. They are neither input nor output, and $H$ is yours to choose. With one more layer:
#
# $$f = W_3 \max(0,\ W_2 \max(0,\ W_1 x)), \qquad W_1 \in \mathbb{R}^{H_1 \times D},\ W_2 \in \mathbb{R}^{H_2 \times H_1},\ W_3 \in \mathbb{R}^{C \times H_2}$$
#
# **A layer is counted where there are weights.** So the first formula is a *2-layer* network, with *one* hidden layer; the input has no weights and does not count. The linear classifier is a network of 1 layer.
#
# Every unit of a layer is joined to every unit of the one before. That is why such a network is called *fully connected*; an older name for the same thing is *multi-layer perceptron*, MLP. "Neural network" is a wider word.
#
# The picture shows the lecture's example: 3 inputs, two hidden layers with 4 units each, 1 output. In short: sizes 3, 4, 4, 1.

# %% role="show" jupyter={"source_hidden": true}
# Draws the picture below.
import matplotlib.pyplot as plt

from course_lib.drawing import picture


def draw_net(sizes, names):
    """Units as circles, weights as lines."""
    fig, axes = plt.subplots(figsize=(7.5, 3.4))
    places = [[(2.2 * k, (size - 1) / 2 - i) for i in range(size)] for k, size in enumerate(sizes)]
    for k in range(len(sizes) - 1):
        for ax, ay in places[k]:
            for bx, by in places[k + 1]:
                axes.plot([ax, bx], [ay, by], color="#808890", linewidth=0.8, zorder=1)
    for k, column in enumerate(places):
        for px, py in column:
            circle = plt.Circle(
                (px, py), 0.27, facecolor="#2b7bba" if k else "#c8ccd0", edgecolor="black", zorder=2
            )
            axes.add_patch(circle)
        axes.text(2.2 * k, -2.35, names[k], ha="center", va="top", fontsize=11)
    for k in range(len(sizes) - 1):
        axes.text(2.2 * k + 1.1, 1.95, f"layer {k + 1}", ha="center", fontsize=11, fontweight="bold")
    axes.set(xlim=(-0.8, 2.2 * len(sizes) - 1.4), ylim=(-3.2, 2.4), aspect="equal")
    axes.axis("off")
    return fig


picture(
    draw_net((3, 4, 4, 1), ("input\n3 numbers", "hidden\n4 units", "hidden\n4 units", "output\n1 number")),
    alt="A network drawn as four columns of circles: 3 inputs, 4 hidden units, 4 hidden units, 1 output. Lines join every "
    "circle with every circle of the next column. The three gaps between the columns, where the lines are, are named "
    "layer 1, layer 2 and layer 3; the input column is no layer.",
)

# %% [markdown]
# **Worked example.** A linear classifier for small colour pictures of $32 \times 32$ points takes $D = 32 \cdot 32 \cdot 3$ numbers, and has 10 classes. Every line of the picture above is one weight, that is, one element of a matrix; every circle that is *computed* has one bias.

# %% role="show"
pixels = 32 * 32 * 3
classifier = np.zeros((10, pixels))
print("numbers in:", pixels)
print("W has shape", classifier.shape, "and", classifier.size, "weights; b has", len(classifier), "numbers")
print("together:", classifier.size + len(classifier))

# %% [markdown]
# ### Exercise 1: shapes and counts (2 points, easy, 8 minutes)
#
# A network is given by its list of sizes: how many numbers come in, how many units each hidden layer has, how many scores come out. The one in the picture is `[3, 4, 4, 1]`, the classifier above `[3072, 10]`. Write both functions for lists of any length (from 2).
#
# <details><summary>Hint 1</summary>
#
# Two neighbours in the list make one matrix: `sizes[k]` and `sizes[k + 1]`. How many pairs of neighbours does the list have?
# </details>
# <details><summary>Hint 2: "rows and columns swapped"</summary>
#
# In $W x$, row by row, each row of $W$ needs as many numbers as $x$ has. Look at the classifier above: 3072 numbers come in, and it is not the first number of the shape.
# </details>
# <details><summary>Hint 3: the biases</summary>
#
# One for each circle that is computed, in hidden layers and at the output. Count them in the picture: 4, 4 and 1.
# </details>


# %% role="solution" name="shapes_and_counts"
def weight_shapes(sizes):
    """The shapes of W1, W2, … of a network, for samples as columns.

    sizes : list of int, [D, H1, …, C]
    Returns a list of pairs (rows, columns), one for each layer, the first layer first.
    """
    ### BEGIN SOLUTION
    return [(sizes[k + 1], sizes[k]) for k in range(len(sizes) - 1)]
    ### END SOLUTION


def count_parameters(sizes, bias):
    """How many numbers the network has to learn: all weights, and all biases if it has any.

    sizes : list of int, [D, H1, …, C]
    bias : bool, whether each layer has biases
    Returns a whole number.
    """
    ### BEGIN SOLUTION
    total = 0
    for rows, columns in weight_shapes(sizes):
        total += rows * columns
        if bias:
            total += rows
    return total
    ### END SOLUTION


# %% role="grade" exercise="shapes_and_counts"
check("shapes_and_counts")

# %% [markdown]
# What does a hidden layer of 100 units cost? Your functions say it.

# %% role="show"
for sizes in ([3, 4, 4, 1], [3072, 10], [3072, 100, 10]):
    shapes, count = attempt(weight_shapes, sizes), attempt(count_parameters, sizes, True)
    if shapes is not None and count is not None:
        print(f"{sizes}: shapes {shapes}, {count} parameters")

# %% [markdown]
# ## A product, an activation, a product
#
# To compute a network's output, read its formula **from the inside out**: first $W_1 x$, then the activation of that, then $W_2$ times the result, and so on. No activation stands behind the last layer: a score may be negative.
#
# **Worked example.** Any bend can stand between two layers. Here it is the square (nobody uses it in practice), $f = W_2\,(W_1 x)^2$, with $D = 3$, $H = 2$, $C = 2$:

# %% role="show"
W1 = np.array([[1.0, 1.0, 0.0], [0.0, 2.0, 2.0]])
W2 = np.array([[1.0, -1.0], [0.5, 2.0]])
z = W1 @ x
h = z**2
print("x         =", x)
print("z = W1 x  =", z)
print("h = z^2   =", h)
print("f = W2 h  =", W2 @ h)

# %% [markdown]
# **Why several layers?** The second layer does not see $x$, it sees $h$: whatever the hidden units have found in $x$. Each layer builds on what the one before has made, simple things first, made of them less simple ones. This is the *hierarchy* that the lecture speaks of. In a network for pictures the first layer may find edges, later ones corners, eyes, faces.
#
# ### Exercise 2: forward through two and three layers (2 points, easy, 12 minutes)
#
# The first two functions are the lecture's formulas above, with $\max(0, \cdot)$ and without biases. The third is the network of the picture, for any sizes:
#
# - each layer has a bias, which is added to the product;
# - both *hidden* layers have the sigmoid, $\sigma(z) = 1/(1 + e^{-z})$, which is given: `sigmoid(z)`;
# - the output is linear: no sigmoid there.
#
# <details><summary>Hint 1: where to begin</summary>
#
# Give each step a name, one line each, as in the worked example: `z1`, `h1`, `z2`, … The larger of 0 and each number is `np.maximum(0, z)`.
# </details>
# <details><summary>Hint 2: an error about shapes in a product</summary>
#
# The matrix stands on the left: `W1 @ x`. If that is so, have you put `x` where the hidden values belong?
# </details>
# <details><summary>Hint 3: "on the scores too", "on the output too"</summary>
#
# Count: a network of 3 layers has 2 activations. Which place has none?
# </details>
# <details><summary>Hint 4: an error at max or np.max</summary>
#
# `np.max(z)` is the *one* largest number of an array, `np.max(0, z)` takes z for an axis, and Python's `max(0, z)` asks the array for a single truth. `np.maximum(0, z)` compares each number with 0.
# </details>


# %% role="solution" name="forward_layers"
def two_layers(x, W1, W2):
    """The scores of W2 max(0, W1 x), shape (C,).

    x : ndarray, shape (D,), one sample, a column
    W1 : ndarray, shape (H, D)
    W2 : ndarray, shape (C, H)
    """
    ### BEGIN SOLUTION
    h = np.maximum(0, W1 @ x)
    return W2 @ h
    ### END SOLUTION


def three_layers(x, W1, W2, W3):
    """The scores of W3 max(0, W2 max(0, W1 x)), shape (C,).

    x : (D,); W1 : (H1, D); W2 : (H2, H1); W3 : (C, H2)
    """
    ### BEGIN SOLUTION
    h1 = np.maximum(0, W1 @ x)
    h2 = np.maximum(0, W2 @ h1)
    return W3 @ h2
    ### END SOLUTION


def feed_forward(x, W1, b1, W2, b2, W3, b3):
    """The output, shape (C,), with biases, two sigmoid hidden layers and a linear output.

    x : (D,); W1 : (H1, D); b1 : (H1,); W2 : (H2, H1); b2 : (H2,); W3 : (C, H2); b3 : (C,)
    """
    ### BEGIN SOLUTION
    h1 = sigmoid(W1 @ x + b1)
    h2 = sigmoid(W2 @ h1 + b2)
    return W3 @ h2 + b3
    ### END SOLUTION


# %% role="grade" exercise="forward_layers"
check("forward_layers")

# %% [markdown]
# ## What if there is no activation?
#
# $\max(0, \cdot)$ looks like a small thing. Leave it out: $f = W_2 W_1 x$. Two matrices, more numbers to learn, two layers still?
#
# **Worked example, with one number in, one hidden, one out.** Layer 1 is $2x + 1$, layer 2 is $-3h + 4$. One into the other: $-3\,(2x + 1) + 4 = -6x - 3 + 4 = -6x + 1$. That is *one* layer again, with weight $-6$ and bias $1$. Look where the first bias went: it passed through the second layer, as $x$ did.
#
# The picture has three hidden units in place of one: $x + 0.5$, $-1.5x + 0.5$ and $2x - 2$ (thin lines), and the output is their sum with the weights $1$, $0.8$ and $-1.2$ (thick line). On the right each unit goes through $\max(0, \cdot)$ first. Before you run the cell, make up your mind: at which $x$ can the thick line have corners, on the left and on the right?

# %% role="show" jupyter={"source_hidden": true}
# Draws the picture below.
slopes, shifts, mix = np.array([1.0, -1.5, 2.0]), np.array([0.5, 0.5, -2.0]), np.array([1.0, 0.8, -1.2])


def draw_collapse():
    """Three hidden units and their weighted sum, without and with max(0, ·)."""
    fig, axes = plt.subplots(1, 2, figsize=(9, 3.5), sharey=True)
    at = np.linspace(-2, 2, 401)
    for axis, bend, title in (
        (axes[0], lambda z: z, "without an activation"),
        (axes[1], lambda z: np.maximum(0, z), "with max(0, ·)"),
    ):
        hidden = bend(np.outer(slopes, at) + shifts[:, None])
        for values, style in zip(hidden, (":", "--", "-.")):
            axis.plot(at, values, style, color="#808890", linewidth=1.4)
        axis.plot(at, mix @ hidden, color="#2b7bba", linewidth=3)
        axis.set(title=title, xlabel="x", xlim=(-2, 2), ylim=(-7, 9), xticks=(-2, -1, 0, 1, 2))
        axis.grid(alpha=0.25)
    axes[0].set_ylabel("hidden units (thin), output (thick)")
    fig.tight_layout()
    return fig


picture(
    draw_collapse(),
    alt="Two plots over x from -2 to 2. Thin lines are three hidden units, the thick line is their weighted sum. Left, without an "
    "activation: all thin lines are straight, and so is the thick one. Right, with max(0, ·): each thin line is 0 on one side "
    "and bends once, at three different places; the thick line bends at the same three places.",
)

# %% [markdown]
# Left, sums of straight lines are straight, however many there are. Right, each hidden unit brings one corner, where it is switched on or off. With more units the output can have more corners, and follow a curve more closely.
#
# ### Exercise 3: many layers, one layer (2 points, medium, 10 minutes)
#
# Here is a stack of layers without activations: $h_1 = W_1 x + b_1$, $h_2 = W_2 h_1 + b_2$, and so on, any number of them, from one. Return the $W$ and the $b$ of the one layer $W x + b$ that does the same for every $x$.
#
# <details><summary>Hint 1</summary>
#
# Two layers first, on paper: put $h_1$ into the second line and multiply out. Which terms have an $x$? Matrices must keep their order.
# </details>
# <details><summary>Hint 2: any depth</summary>
#
# You know how to make one layer of two. Take that one and the third layer: again two. So go through the list, and keep one `W` and one `b` that stand for all layers up to here.
# </details>
# <details><summary>Hint 3: "the bias of the last layer alone", "as they are"</summary>
#
# In the worked example the bias $1$ of the first layer arrives as $-3$: it goes through all layers *behind* it.
# </details>
# <details><summary>Hint 4: "in the wrong order"</summary>
#
# $W_2 W_1 x$ means: $W_1$ meets $x$ first. So every new matrix comes in on the left.
# </details>


# %% role="solution" name="collapse"
def collapse(weights, biases):
    """The W and the b of the one layer that does what all these layers do.

    weights : list of ndarray, W1 (H1, D), W2 (H2, H1), …; the last has C rows
    biases : list of ndarray, b1 (H1,), b2 (H2,), …; the last has shape (C,)
    Returns W, shape (C, D), and b, shape (C,).
    """
    ### BEGIN SOLUTION
    W, b = weights[0], biases[0]
    for next_W, next_b in zip(weights[1:], biases[1:]):
        W = next_W @ W
        b = next_W @ b + next_b
    return W, b
    ### END SOLUTION


# %% role="grade" exercise="collapse"
check("collapse")

# %% [markdown]
# The next cell sends random inputs through a stack of 3072, 100 and 10 numbers without an activation, and through your one layer. Which of the two would you rather store?

# %% role="show"
rng = np.random.default_rng(0)
stack = [0.02 * rng.normal(size=(100, 3072)), 0.1 * rng.normal(size=(10, 100))]
stack_biases = [rng.normal(size=100), rng.normal(size=10)]
one = attempt(collapse, [w.copy() for w in stack], [v.copy() for v in stack_biases])
if (
    isinstance(one, tuple | list)
    and len(one) == 2
    and [np.shape(part) for part in one] == [(10, 3072), (10,)]
):
    samples = rng.normal(size=(5, 3072))
    same = all(
        np.allclose(one[0] @ s + one[1], stack[1] @ (stack[0] @ s + stack_biases[0]) + stack_biases[1])
        for s in samples
    )
    print("the same scores for 5 random inputs:", same)
    print("weights of the stack:", sum(w.size for w in stack), " of the one layer:", one[0].size)

# %% [markdown]
# ### In your own words (2 points, 5 minutes)
#
# Your course's staff read this one; no check looks at it. What the network computes, and why, is worth one point; each of the other two questions half a point. If you work alone, hold your answer against the summary at the end.

# %% [markdown] role="written" name="why_non_linear" points=2
# **Why the non-linearity?** A friend has built a network of 20 layers, without any activation, and hopes that it can learn more than a linear classifier. Explain what the network computes and why, what an activation such as $\max(0, \cdot)$ changes,
# and say whether the activation could just as well be $g(z) = 3z$. Three to five sentences.
#
# ### BEGIN SOLUTION
# *Model answer.* Every layer is a linear map with a bias, and one such map put into the next gives such a map again: W2 (W1 x + b1) + b2 = (W2 W1) x + (W2 b1 + b2). Done 19 times, the 20 layers are one layer W x + b, so the
# network computes nothing that a linear classifier cannot; its boundary is still a line (a hyperplane). With max(0, ·) between the layers the product cannot be multiplied out any more: each hidden unit is switched on in one part
# of the input space and off in the other, so the output is made of different linear pieces, and boundaries can bend; hidden layers can move the data to where a line does separate them (XOR). g(z) = 3z does not help: it is linear itself, and 3 can be
# multiplied into the matrix.
#
# *Rubric.* 1 point: linear maps put into one another are one linear map (½ if only stated, not explained, for instance by multiplying out two layers). ½ point: what the activation makes possible (bends, pieces, XOR, a representation in which a line separates).
# ½ point: 3z does not help, since it is linear and goes into the matrix; "any function will do" gets nothing here.
# ### END SOLUTION

# %% [markdown]
# ## What no line can do
#
# From scores to a class: with two classes one score is enough. The rule in this notebook is **class 1 where the score is above 0, class 0 elsewhere**, so a score of exactly 0 is class 0. For a linear score $w_1 x_1 + w_2 x_2 + b$ the places with score 0 lie on a line: class 1 is on one side of it.
#
# **Worked example, in one dimension.** Class 1 is far from 0, class 0 is near it. On a line, a linear classifier is *one* threshold: class 1 on one side. No threshold will do, since class 1 is on both sides. Now give each $x$ two hidden units, $h_1 = \max(0, x)$ and $h_2 = \max(0, -x)$, and draw the same points by their hidden values.

# %% role="show" jupyter={"source_hidden": true}
# Draws the picture below.
MARKS = ({"marker": "o", "facecolors": "none", "edgecolors": "#2b7bba"}, {"marker": "x", "color": "#d1662a"})


def scatter(axis, points, classes):
    """Class 0 as open circles, class 1 as crosses."""
    for label, mark in enumerate(MARKS):
        chosen = np.asarray(points)[np.asarray(classes) == label]
        axis.scatter(chosen[:, 0], chosen[:, 1], s=55, linewidths=1.8, zorder=3, **mark)


def draw_folded():
    """Points on a line, and the same points by two hidden units."""
    at = np.array([-2.6, -2.2, -1.7, -0.8, -0.4, 0.1, 0.5, 0.9, 1.6, 2.1, 2.5])
    classes = (np.abs(at) > 1.25).astype(int)
    fig, axes = plt.subplots(1, 2, figsize=(9, 3.2), width_ratios=(1.6, 1))
    scatter(axes[0], np.stack([at, 0 * at], axis=1), classes)
    axes[0].axhline(0, color="#808890", linewidth=0.8, zorder=1)
    axes[0].set(title="the input: no threshold separates", xlabel="x", yticks=(), ylim=(-1, 1))
    scatter(axes[1], np.stack([np.maximum(0, at), np.maximum(0, -at)], axis=1), classes)
    axes[1].plot([0, 1.25], [1.25, 0], color="black", linewidth=2, linestyle="--")
    axes[1].set(title="the hidden units: a line does", xlabel="h1 = max(0, x)", ylabel="h2 = max(0, -x)")
    axes[1].set(xlim=(-0.3, 3), ylim=(-0.3, 3), aspect="equal")
    fig.tight_layout()
    return fig


picture(
    draw_folded(),
    alt="Left: eleven points on a line; five circles of class 0 near 0, and three crosses of class 1 on each side of them. Right: "
    "the same points drawn by h1 = max(0, x) and h2 = max(0, -x); positive points lie along the horizontal axis, negative ones "
    "along the vertical axis, the circles near the corner. A dashed line from (0, 1.25) to (1.25, 0) separates circles and crosses.",
)

# %% [markdown]
# The points were *moved*, by a function that is not linear, to where one line separates them; the last layer is that line. The hidden units know nothing that was not in $x$ already. This is what the hidden layers of a network are for: **they make a representation in which the classes are linearly separable**. Here we chose the hidden units by hand; training finds such units by itself.
#
# **In the plane**, the smallest such puzzle is XOR, "one or the other but not both": of the four corners of a square, class 1 is where exactly *one* coordinate is 1.

# %% role="setup"
corners = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
xor = np.array([0, 1, 1, 0])
# Write-protected: they are given, and your functions may use them.
corners.flags.writeable = xor.flags.writeable = False


# %% role="show" jupyter={"source_hidden": true}
# Draws the picture below.
def draw_corners():
    """The four corners with their classes."""
    fig, axes = plt.subplots(figsize=(3.2, 3.2))
    scatter(axes, corners, xor)
    axes.set(
        xlim=(-0.4, 1.4),
        ylim=(-0.4, 1.4),
        xticks=(0, 1),
        yticks=(0, 1),
        xlabel="x1",
        ylabel="x2",
        aspect="equal",
    )
    axes.set_title("XOR", fontsize=11)
    return fig


picture(
    draw_corners(),
    alt="Four corners of a square. Circles of class 0 at (0, 0) and (1, 1), crosses of class 1 at (0, 1) and (1, 0).",
)

# %% [markdown]
# ### Exercise 4: what no line can do (3 points, hard, 17 minutes)
#
# Three steps, in one cell.
#
# **First a prediction**, and its share of the points is for making it: a line is chosen as well as can be. How many of the four corners does it get right?
#
# **Then show that there is no way out.** Somebody hands you a linear classifier, any `w` and `b` at all. Return one corner that it puts into the wrong class. If you can always answer, no linear classifier gets all four right.
#
# **Then do better.** Choose by hand the weights of a 2-layer network, score $= W_2 \max(0, W_1 x + b_1) + b_2$, that gets all corners right, and every point near a corner too, up to 0.1 away in each coordinate. Two hidden units are enough; up to four are allowed.
#
# <details><summary>Hint 1: a wrong corner</summary>
#
# There are only four: try each. Two things to compare: the class by the rule, and the class that XOR asks for.
# </details>
# <details><summary>Hint 2: "wrong_corner(w, b) is None", or "At a score of exactly 0"</summary>
#
# Then your function has found all four corners right, which cannot be. Test it at $w = (0, 0)$, $b = 0$, by hand: all scores are exactly 0. Which class does the rule give them, and does your condition say the same? The rule says *above* 0.
# </details>
# <details><summary>Hint 3: the network, where to begin</summary>
#
# Look at $s = x_1 + x_2$. It is 0, 1, 1, 2 at the four corners, and class 1 is in the *middle*. So the score has to go up, and down again. One hidden unit can make it go up.
# </details>
# <details><summary>Hint 4: and down again</summary>
#
# The second hidden unit should wake up only when $s$ is above 1: that is what its bias is for. In the last layer it gets a negative weight, large enough to win at $s = 2$.
# </details>
# <details><summary>Hint 5: "Your net computes OR", "AND", …</summary>
#
# Make a table: a row for each corner, with $h_1$, $h_2$ and the score. In which row does the score have the wrong sign, and which weight can change that row and leave the others?
# </details>
# <details><summary>Hint 6: "not at every point near them"</summary>
#
# At a corner of class 0 your score may be exactly 0, or close to it. Move all scores with the last bias, until 0 lies about half way between those of the two classes.
# </details>


# %% role="solution" name="xor"
def predict_most_corners():
    """Your guess, a number: how many of the four corners the best line gets right."""
    ### BEGIN SOLUTION
    return 2
    ### END SOLUTION


def wrong_corner(w, b):
    """A corner that the linear classifier puts into the wrong class for XOR.

    w : ndarray, shape (2,)
    b : float; class 1 where w[0] x1 + w[1] x2 + b is above 0, class 0 elsewhere
    Returns one corner as a pair (x1, x2) of numbers 0 or 1.
    """
    ### BEGIN SOLUTION
    for x1 in (0, 1):
        for x2 in (0, 1):
            above = w[0] * x1 + w[1] * x2 + b > 0
            if above != (x1 != x2):
                return x1, x2
    ### END SOLUTION


def xor_net():
    """Weights of a net whose score W2 max(0, W1 x + b1) + b2 is above 0 exactly on class 1.

    Returns W1, shape (H, 2), b1, shape (H,), W2, shape (1, H), b2, shape (1,); H is at most 4.
    """
    ### BEGIN SOLUTION
    W1 = np.array([[1.0, 1.0], [1.0, 1.0]])
    b1 = np.array([0.0, -1.0])
    W2 = np.array([[1.0, -2.0]])
    b2 = np.array([-0.5])
    return W1, b1, W2, b2
    ### END SOLUTION


# %% role="grade" exercise="xor"
check("xor")

# %% [markdown]
# Now 20,000 lines drawn at random. Beside each count stands how many lines get so many corners right.

# %% role="show"
lines = np.random.default_rng(1).normal(size=(20_000, 3))
scores = lines[:, :2] @ corners.T + lines[:, 2:]
right = ((scores > 0) == xor).sum(axis=1)
guess = attempt(predict_most_corners)
if guess is not None:
    print("you predicted at most", guess)
    for count in range(5):
        print(f"{count} corners right: {np.sum(right == count):>6} lines")

# %% [markdown]
# Trying is no proof, however often. That your second function can always answer is one, if you can say why it never fails.
#
# <details><summary>Why it never fails</summary>
#
# The scores at the corners are $b$, $w_2 + b$, $w_1 + b$ and $w_1 + w_2 + b$. Add up the two of class 0, and the two of class 1: both sums are $w_1 + w_2 + 2b$, the same number. But the first sum should not be above 0, and the second should. No number is both.
# </details>
#
# The next cell draws a line that is as good as any beside *your* network: hatched is where the score is above 0. On the right the four corners stand where the first two hidden units of your network put them; where it has just two, its last layer is drawn too, as a line. Which corners have moved together?


# %% role="show" jupyter={"source_hidden": true}
# Draws the picture below.
def region(axis, score, limits, title):
    """Hatch where the score is above 0, and draw the boundary."""
    u, v = np.meshgrid(np.linspace(*limits, 81), np.linspace(*limits, 81))
    values = score(np.stack([u.ravel(), v.ravel()])).reshape(u.shape)
    with plt.rc_context({"hatch.linewidth": 0.5}):
        axis.contourf(u, v, values, levels=[0, np.inf], colors="none", hatches=["//"])
    axis.contour(u, v, values, levels=[0], colors="black", linewidths=2)
    axis.set(xlim=limits, ylim=limits, aspect="equal")
    axis.set_title(title, fontsize=11)


def draw_xor(W1, b1, W2, b2):
    """A line, the student's network, and its hidden units."""
    fig, axes = plt.subplots(1, 3, figsize=(10, 3.4))
    region(axes[0], lambda p: p[0] + p[1] - 0.5, (-0.5, 1.5), "a line: 3 of 4")
    region(
        axes[1],
        lambda p: (W2 @ np.maximum(0, W1 @ p + b1[:, None]) + b2[:, None])[0],
        (-0.5, 1.5),
        "your network",
    )
    for axis in axes[:2]:
        scatter(axis, corners, xor)
        axis.set(xlabel="x1", ylabel="x2", xticks=(0, 1), yticks=(0, 1))
    hidden = np.maximum(0, corners @ W1.T + b1)[:, :2]
    far = float(hidden.max()) + 0.5
    if len(b1) == 2:
        region(axes[2], lambda h: (W2 @ h + b2[:, None])[0], (-0.5, far), "by its hidden units")
    scatter(axes[2], hidden, xor)
    axes[2].set(xlabel="h1", ylabel="h2", xlim=(-0.5, far), ylim=(-0.5, far), aspect="equal")
    fig.tight_layout()
    return fig


def fitting(parts):
    """The four arrays of your network, if their shapes fit together; else None."""
    try:
        W1, b1, W2, b2 = (np.asarray(part, dtype=float) for part in parts)
    except (TypeError, ValueError):
        return None
    count = b1.size
    fits = (W1.shape, b1.shape, W2.shape, b2.shape) == ((count, 2), (count,), (1, count), (1,))
    return (
        (W1, b1, W2, b2)
        if fits and count > 1 and np.all(np.isfinite(np.hstack([W1.T.ravel(), b1])))
        else None
    )


parts = attempt(xor_net)
net = fitting(parts)
if parts is not None and net is None:
    print("No picture: it needs W1 (H, 2), b1 (H,), W2 (1, H), b2 (1,), with at least two hidden units.")
shown = None
if net is not None:
    shown = picture(
        draw_xor(*net),
        alt="Three plots. Left: the corners of XOR and a line; class 1 is hatched above it, and the corner (1, 1) of class 0 is in it "
        "too. Middle: the same corners with the region of class 1 of your network hatched. Right: the corners by the first two "
        "hidden units of your network, with its last layer as a line where it has two.",
    )
shown

# %% [markdown]
# ### More units, more bends
#
# How far does one hidden layer get? Below, class 0 is a disc and class 1 a ring around it. The hidden weights are drawn *at random* and stay as they are; only the last layer is fitted, by least squares. (Training would choose the hidden weights too; how, is what the next notebooks are about.)


# %% role="show" jupyter={"source_hidden": true}
# Draws the picture below.
def ring_data():
    """A disc of class 0 and a ring of class 1 around it."""
    rng = np.random.default_rng(5)
    angle = rng.uniform(0, 2 * np.pi, 80)
    radius = np.where(np.arange(80) < 40, rng.uniform(0, 1.0, 80), rng.uniform(1.5, 2.2, 80))
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1), (np.arange(80) >= 40).astype(
        int
    )


def fitted(points, classes, count):
    """A score with `count` random hidden units (0: linear), its last layer by least squares."""
    rng = np.random.default_rng(6)
    directions, shifts = rng.normal(size=(count, 2)), rng.normal(size=count)

    def features(p):
        bent = np.maximum(0, directions @ p + shifts[:, None]) if count else p
        return np.vstack([bent, np.ones(p.shape[1])])

    a = features(points.T)
    last = np.linalg.solve(a @ a.T + 0.01 * np.eye(len(a)), a @ (2.0 * classes - 1))
    return lambda p: np.round(last, 4) @ features(p)


def draw_rings():
    """The ring for a linear score and for more and more hidden units."""
    points, classes = ring_data()
    fig, axes = plt.subplots(1, 4, figsize=(11, 3.1))
    for axis, count in zip(axes, (0, 3, 10, 50)):
        score = fitted(points, classes, count)
        share = np.mean((score(points.T) > 0) == classes)
        region(
            axis, score, (-2.5, 2.5), f"{f'{count} hidden units' if count else 'linear'}: {share:.0%} right"
        )
        scatter(axis, points, classes)
        axis.set(xticks=(), yticks=())
    fig.tight_layout()
    return fig


picture(
    draw_rings(),
    alt="Four plots of the same points, circles in a disc and crosses in a ring around them, with the region of class 1 hatched. "
    "Linear: a straight boundary, far from separating them. With 3, 10 and 50 random hidden units the boundary is made of "
    "more and more straight pieces, until it goes all around the disc. The share that is right stands above each plot.",
)

# %% [markdown]
# Every boundary is made of straight pieces, with a bend wherever a hidden unit is switched on or off. With many units the pieces are short, and the boundary looks round.
#
# ## Why "neural"?
#
# A unit adds up what comes in, each input with its weight, and passes the sum through a bend. A nerve cell, drawn roughly, does something like it: signals come in at the *dendrites*, are gathered in the cell body, and if there is enough of them a signal leaves along the *axon*, to other cells over *synapses*. The names come from there.
#
# What is different at first sight is the wiring. Nerve cells are connected in complicated ways. The units of our networks stand in **regular layers**, and for one reason: all units of a layer together are one matrix product, and that is what computers do fast. It is not that nothing else works: networks wired at random can be trained to
# classify pictures well (Xie, Kirillov, Girshick and He, *Exploring Randomly Wired Neural Networks for Image Recognition*, 2019, section 4).
#
# Be careful with comparisons to the brain. Three reasons, from the lecture:
#
# - there are **many different types** of nerve cells, not one;
# - a **dendrite is no wire**: it can do complex, non-linear computations by itself (London and Häusser, *Dendritic Computation*, Annual Review of Neuroscience 28, 2005, pages 503 to 532);
# - a **synapse is no single number**: it is a complex non-linear system that changes over time.
#
# <details><summary><b>Check yourself:</b> "our network has as many neurons as the brain of this small animal, so it can compute as much." What does that leave out?</summary>
#
# One nerve cell is not one unit: a single dendrite may compute what takes many units. There are many types of cells, and a unit is of one type. A weight is one number that training sets; a synapse changes by itself, in time. And the wiring differs. Counting units compares names, not what is computed.
# </details>
#
# ## From columns to rows
#
# Up to here $x$ was *one* sample, a column. Programs take many at once, and store them as **rows**: $x$ is $[N \times D]$, and a layer is written $y = x\,w$ with $w$ of shape $[D \times C]$ on the *right*. The second half of the lecture, and the notebooks from here on, do it this way. It is the same map, written down another way round.
#
# **Worked example: a weighted sum for each sample.** For columns, $f = v \cdot x$ with one vector $v$. Many samples as rows of `xs`: `xs @ v`. Row $n$ of `xs` meets $v$, and out comes one number for each row.

# %% role="show"
xs = np.array([[1.0, -2.0, 3.0], [0.0, 1.0, 1.0]])
v = np.array([2.0, 1.0, 0.0])
print("one by one:", [float(v @ sample) for sample in xs])
print("at once:   ", xs @ v)

# %% [markdown]
# Activations do not care: they look at each number by itself, whether it stands in a row or in a column.
#
# ### Exercise 5: from columns to rows (1 point, medium, 6 minutes)
#
# No loop is needed. In the first function `W` is still the matrix of the column formula, of shape $(C, D)$; only the samples are rows. In the second everything is in rows: find the one `w` for which `x @ w` is the same as `(x @ w1) @ w2`, for every `x`.
#
# <details><summary>Hint 1</summary>
#
# Element $(n, c)$ of the result is $\sum_d W_{c,d}\, x_{n,d} + b_c$. In a product `p @ q` the index that is summed is the last of `p` and the first of `q`. Which of the two has it in the wrong place?
# </details>
# <details><summary>Hint 2: "with W transposed"</summary>
#
# `x @ W` has a shape that fits only if $C = D$, and then it is wrong. With $C \neq D$ it does not work at all: a good reason to test with unequal sizes.
# </details>
# <details><summary>Hint 3: "in the order that columns need"</summary>
#
# For columns the first map stands next to $x$, on the right of all others: $W_2 W_1 x$. For rows it also stands next to $x$.
# </details>


# %% role="solution" name="to_rows"
def linear_rows(x, W, b):
    """W x + b for every sample; the samples are the rows of x.

    x : ndarray, shape (N, D)
    W : ndarray, shape (C, D), as in the formula for columns
    b : ndarray, shape (C,)
    Returns an ndarray of shape (N, C).
    """
    ### BEGIN SOLUTION
    return x @ W.T + b
    ### END SOLUTION


def collapse_rows(w1, w2):
    """The one w with x w = (x w1) w2 for every x.

    w1 : ndarray, shape (D, H)
    w2 : ndarray, shape (H, C)
    Returns an ndarray of shape (D, C).
    """
    ### BEGIN SOLUTION
    return w1 @ w2
    ### END SOLUTION


# %% role="grade" exercise="to_rows"
check("to_rows")

# %% [markdown]
# With both, a whole batch goes through your XOR network at once:

# %% role="show"
if net is None:
    print("xor_net does not give a network yet: do exercise 4 first, then run the cells from there again.")
else:
    hidden = attempt(linear_rows, corners, net[0], net[1])
    score = (
        attempt(linear_rows, np.maximum(0, hidden), net[2], net[3])
        if np.shape(hidden) == (4, len(net[1]))
        else None
    )
    if np.shape(score) == (4, 1):
        print("scores of the four corners:", np.ravel(score))
        print("classes:", (np.ravel(score) > 0).astype(int))

# %% [markdown]
# ## Summary
#
# - A linear score is $W x + b$. A network puts such maps behind one another, with an activation in between; a layer is counted where there are weights, and the output is linear.
# - Layer $k$ has a matrix with a row for each unit it computes and a column for each number that comes in (samples as columns), and a bias for each unit.
# - Without activations all layers are one: the matrices multiply, the newest on the left, and each bias goes through the layers behind it.
# - No line separates XOR. Hidden units move the data to where a line does.
# - Columns $W x$ and rows $x\,w$ are the same map: the matrix is transposed, and the order of the factors turns round.
#
# **To read on.** The CS231n notes, *Neural Networks part 1*, sections "Quick intro" and "Example feed-forward computation"; Goodfellow, Bengio and Courville, *Deep Learning* (2016), section 6.1, "Example: Learning XOR".
#
# ### Stretch: three coordinates (not graded, hard, 10 minutes)
#
# Eight corners of a cube: class 1 where an *odd* number of coordinates is 1. Choose the weights by hand again; three hidden units are enough. The cell below tests them.


# %% role="solution" name="stretch_parity"
def parity_net():
    """Weights of a net whose score is above 0 where the number of ones is odd.

    Returns W1, shape (H, 3), b1, shape (H,), W2, shape (1, H), b2, shape (1,).
    """
    ### BEGIN SOLUTION
    return np.ones((3, 3)), np.array([0.0, -1.0, -2.0]), np.array([[1.0, -2.0, 2.0]]), np.array([-0.5])
    ### END SOLUTION


# %% role="show"
cube = np.array(list(np.ndindex(2, 2, 2)), dtype=float)
answer = attempt(parity_net)
if isinstance(answer, tuple | list) and len(answer) == 4:

    def parity_scores():
        w1, b1, w2, b2 = (np.asarray(part, dtype=float) for part in answer)
        if (w1.shape[1:], w2.shape, b2.shape) != ((3,), (1, b1.size), (1,)) or w1.shape[:1] != b1.shape:
            return print("The shapes needed are W1 (H, 3), b1 (H,), W2 (1, H) and b2 (1,).")
        return np.array([float((w2 @ np.maximum(0, w1 @ corner + b1) + b2)[0]) for corner in cube])

    score = attempt(parity_scores)
    if score is not None:
        print("right at", int(np.sum((score > 0) == (cube.sum(axis=1) % 2 == 1))), "of 8 corners")
