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
# # 07 · The backward pass of a matrix product
#
# **Time:** about 105 minutes, 14 points. It stands on its own: nothing from other notebooks is needed.
#
# **When you are done, you will be able to**
#
# - say which outputs of a matrix product one input touches, and why that is all you need to know;
# - write the gradients with respect to both factors, first one number at a time, then without a loop;
# - find out by a test which of several products that fit is the right one;
# - say what a Jacobian would cost in bytes, and why nobody ever builds it;
# - write a fully connected layer with a bias that keeps what backward needs.
#
# Shapes in this notebook: $x$ is $[N \times D]$, one sample a row; $w$ is $[D \times M]$; $y = x\,w$ is $[N \times M]$. (Part
# of the lecture writes $f = W x$ instead, with samples as columns. Here samples are always rows.) Indices count from 0, as in numpy.
# `dout` is the upstream gradient $\partial L/\partial y$; `dx`, `dw`, `db` are the gradients of the loss $L$ that we want.
#
# Hints quote what the panel of a check says. Unfold the panel to see all of it, or write `check("touched", explain=3)`.

# %% role="setup"
import numpy as np

from course_lib import attempt, check
from course_lib.errors import ShapeError
from course_lib.given import sigmoid
from course_lib.layers import Affine, Elementwise

# %% [markdown]
# ## One sum, many times
#
# A matrix product is one short formula, used once for each element of the output:
#
# $$y_{n,m} = \sum_d x_{n,d}\, w_{d,m}$$
#
# So $y_{n,m}$ reads row $n$ of $x$ and column $m$ of $w$, and nothing else. Here it is with two samples, $D = 3$ and $M = 4$.

# %% role="show"
x = np.array([[1.0, 2.0, -1.0], [3.0, 0.0, 2.0]])
w = np.array([[2.0, 1.0, 0.0, -1.0], [1.0, -2.0, 3.0, 1.0], [0.0, 4.0, -1.0, 2.0]])
y = x @ w
print("y =\n", y)
print("y[1, 2] by hand:", " + ".join(f"({a:g})({b:g})" for a, b in zip(x[1], w[:, 2])), "=", f"{y[1, 2]:g}")

# %% role="show" jupyter={"source_hidden": true}
# Draws the picture below.
import matplotlib.pyplot as plt
from matplotlib.patches import Rectangle

from course_lib.drawing import picture


def draw_matrix(axes, values, title, marked=()):
    """One matrix as a grid of numbers; the marked elements are hatched and have a thick border."""
    rows, columns = values.shape
    for i in range(rows):
        for j in range(columns):
            hit = (i, j) in marked
            axes.add_patch(
                Rectangle(
                    (j, i),
                    1,
                    1,
                    fill=False,
                    hatch="///" if hit else None,
                    linewidth=2.5 if hit else 0.8,
                    edgecolor="#2b7bba" if hit else "#808890",
                    zorder=2 if hit else 1,
                )
            )
            axes.text(
                j + 0.5,
                i + 0.5,
                f"{values[i, j]:g}",
                ha="center",
                va="center",
                zorder=3,
                fontsize=12,
                fontweight="bold" if hit else "normal",
            )
    axes.set(xlim=(-0.1, columns + 0.1), ylim=(rows + 0.1, -0.1), aspect="equal")
    axes.set_title(title, fontsize=11)
    axes.axis("off")


def draw_three(arrays, marked, titles):
    """x, w and y side by side."""
    fig, axes = plt.subplots(1, 3, figsize=(8.5, 2.4), width_ratios=[a.shape[1] for a in arrays])
    for axis, values, hits, title in zip(axes, arrays, marked, titles):
        draw_matrix(axis, values, title, hits)
    return fig


picture(
    draw_three(
        (x, w, y),
        ({(1, d) for d in range(3)}, {(d, 2) for d in range(3)}, {(1, 2)}),
        ("x [2 x 3]", "w [3 x 4]", "y = x w [2 x 4]"),
    ),
    alt="Three grids of numbers: x, w and y. Hatched are row 1 of x, column 2 of w, and the one element of y made of "
    "them, y[1, 2], which is -2.",
)

# %% [markdown]
# ## Who touches whom
#
# Forward asks: what does $y_{n,m}$ read? Backward asks it the other way round: **if this one input moves a little, which outputs move?** Only
# those can carry a gradient back to it.
#
# You need no calculus to answer. Look through the sum for every place where the letter stands; or try it: change one number, compute $y$ again,
# and look where it differs. For a simpler map, $u_n = 5\,a_n$, element $a_1$ touches $u_1$ alone: the list is `[(1,)]`.
#
# ### Exercise 1: who touches whom (2 points, easy, 8 minutes)
#
# Write two functions. Each returns the list of the elements of $y$ that are touched, as pairs `(row, column)`, in any order. They get the three
# sizes, because the answer may depend on some of them.
#
# <details><summary>Hint 1</summary>
#
# Write the sum out for one element of $y$, say $y_{0,1}$ with $D = 3$. Which elements of $x$ occur, which of $w$? Now another element of $y$.
# </details>
# <details><summary>Hint 2: the check says "other elements are too"</summary>
#
# Fix the element of $x$. Its two indices must match the two indices of $x$ in the sum. Which of the letters $n, m, d$ in the sum is then still free to run?
# </details>
# <details><summary>Hint 3: how to write "all of them"</summary>
#
# `[(k, 7) for k in range(3)]` is `[(0, 7), (1, 7), (2, 7)]`.
# </details>


# %% role="solution" name="touched"
def touched_by_x(n, d, N, D, M):
    """Which elements of y = x w change when x[n, d] changes?

    n, d : row and column of the element of x (from 0)
    N, D, M : sizes; x is (N, D), w is (D, M), y is (N, M); w holds no zero
    Returns a list of pairs (row, column), the places in y.
    """
    ### BEGIN SOLUTION
    return [(n, m) for m in range(M)]
    ### END SOLUTION


def touched_by_w(d, m, N, D, M):
    """Which elements of y = x w change when w[d, m] changes?

    d, m : row and column of the element of w (from 0)
    N, D, M : sizes; x is (N, D), w is (D, M), y is (N, M); x holds no zero
    Returns a list of pairs (row, column), the places in y.
    """
    ### BEGIN SOLUTION
    return [(n, m) for n in range(N)]
    ### END SOLUTION


# %% role="grade" exercise="touched"
check("touched")

# %% [markdown]
# The next cell draws *your* answer (hatched) to "what does $x_{0,1}$ touch?" beside what happens when 1 is added to $x_{0,1}$. Do the hatched places agree with the numbers that are not 0?

# %% role="show"
yours = attempt(touched_by_x, 0, 1, 2, 3, 4, wanted="several values")
places = {tuple(np.ravel(pair)) for pair in yours if np.size(pair) == 2} if yours is not None else set()
bumped = x.copy()
bumped[0, 1] += 1
picture(
    draw_three((x, bumped @ w - y, y), ({(0, 1)}, places, ()), ("x", "change of y", "y before")),
    alt="Three grids: x with element (0, 1) hatched; the change of y when that element grows by 1, which is not 0 at "
    f"{', '.join(map(str, np.argwhere(bumped @ w != y).tolist()))}; y before the change. Hatched in the second, as your "
    f"answer: {', '.join(str([int(k) for k in place]) for place in sorted(places)) or 'nothing yet'}.",
)

# %% [markdown]
# ## Add up over every path
#
# Two facts are enough for everything that follows.
#
# 1. **Upstream times local.** Along one path from an input to an output, the gradient is the upstream gradient at the output times the local
#    gradient on the way.
# 2. **Paths add.** Where one input reaches the loss by several outputs, the shares of all of them are added:
#
# $$\frac{\partial L}{\partial x_{n,d}} = \sum_{i}\sum_{j} \frac{\partial L}{\partial y_{i,j}}\,\frac{\partial y_{i,j}}{\partial x_{n,d}}$$
#
# The sum looks long: it runs over *all* elements of $y$. But an element of $y$ that is not touched has local gradient 0, and drops out.
#
# ### Worked example: a matrix times a vector
#
# Let $v$ be a vector with $D$ numbers, and $s_n = \sum_d x_{n,d}\,v_d$, one number for each sample. Take the upstream gradient $g_n = \partial L/\partial s_n$.
#
# - $x_{n,d}$ touches $s_n$ alone, with local gradient $v_d$. One path: $\partial L/\partial x_{n,d} = g_n\,v_d$.
# - $v_d$ touches *every* $s_n$, each with local gradient $x_{n,d}$. $N$ paths, which add: $\partial L/\partial v_d = \sum_n g_n\,x_{n,d}$.
#
# The next cell compares both with what a small move of the input does to $L = \sum_n g_n s_n$.

# %% role="show"
v = np.array([1.0, -2.0, 0.5])
g = np.array([2.0, -1.0])
h = 1e-6


def loss_of(x, v):
    return float(np.sum(g * (x @ v)))


x_moved, v_moved = x.copy(), v.copy()
x_moved[1, 2] += h
v_moved[0] += h
print(
    f"dL/dx[1, 2]: one path  {g[1] * v[2]:.4f}   by a small move {(loss_of(x_moved, v) - loss_of(x, v)) / h:.4f}"
)
print(
    f"dL/dv[0]:    two paths {np.sum(g * x[:, 0]):.4f}   by a small move {(loss_of(x, v_moved) - loss_of(x, v)) / h:.4f}"
)

# %% [markdown]
# ### Exercise 2: one element, then one row (2 points, medium, 12 minutes)
#
# Back to $y = x\,w$ with a whole matrix $w$. Write $\partial L/\partial x_{n,d}$ as one number. Then write a whole row of $\partial L/\partial x$ in one go,
# by a product of a matrix and a vector or by a sum along an axis. For the first a loop is fine.
#
# <details><summary>Hint 1</summary>
#
# Exercise 1 says which elements of $y$ the number $x_{n,d}$ touches. What is the local gradient of each? It is the number that $x_{n,d}$ is multiplied by in the sum for that element.
# </details>
# <details><summary>Hint 2</summary>
#
# Each touched element gives one share: its element of `dout` times its local gradient. Which index runs, and which stay fixed at $n$ and $d$?
# </details>
# <details><summary>Hint 3: "dout is not used", "column of dout alone", "the mean over m"</summary>
#
# Each share needs its own element of `dout`; then *all* shares are added: `+=`, and no division.
# </details>
# <details><summary>Hint 4: from one element to a row</summary>
#
# Write the sum for $d = 0$, $d = 1$, $d = 2$ below each other. One vector is the same in all of them; the other changes from line to line and makes up the rows of a matrix.
# </details>


# %% role="solution" name="one_element_one_row"
def dx_element(dout, w, n, d):
    """dL/dx[n, d] for y = x w, one number.

    dout : ndarray, shape (N, M), upstream gradient dL/dy
    w : ndarray, shape (D, M)
    """
    ### BEGIN SOLUTION
    total = 0.0
    for m in range(dout.shape[1]):
        total += dout[n, m] * w[d, m]
    return total
    ### END SOLUTION


def dx_row(dout, w, n):
    """Row n of dL/dx for y = x w, shape (D,).

    dout : ndarray, shape (N, M), upstream gradient dL/dy
    w : ndarray, shape (D, M)
    """
    ### BEGIN SOLUTION
    return w @ dout[n]
    ### END SOLUTION


# %% role="grade" exercise="one_element_one_row"
check("one_element_one_row")

# %% [markdown]
# ## The whole matrix at once
#
# A row of $\partial L/\partial x$ is a matrix times a vector, and all rows use the same matrix. Rows on top of each other that all go through the same matrix: that is a matrix
# product again. The same holds for $w$, where the shares come from all samples.
#
# Shapes help to remember which product it is. If $N$, $D$ and $M$ are three different numbers, only one product of `dout` and $w$, transposed or
# not, has the shape of $x$. But shapes only *remember*; the reason is the sum over paths.
#
# ### Exercise 3: both gradients (2 points, medium, 12 minutes)
#
# No loop this time. (The hidden check asks for the size of the lecture's program, $64 \times 1000$ times $1000 \times 100$, within seconds and little memory: loops over all numbers and Jacobians are too slow or too large.)
#
# <details><summary>Hint 1</summary>
#
# For `dx`: in the sum for one element, two matrices meet; the index that is summed is the second one of both. In a product `a @ b` the summed index is the second of `a` and the *first* of `b`.
# </details>
# <details><summary>Hint 2: "mismatch in its core dimension", or "has shape …, expected …"</summary>
#
# Write the shapes of your two factors beside each other. The inner two must be the size that is summed away, the outer two the shape you want. `.T` swaps the two sizes of a matrix.
# </details>
# <details><summary>Hint 3: dw</summary>
#
# $w_{d,m}$ touches what you listed in exercise 1, each with a local gradient that comes from $x$. Which index is summed now?
# </details>
# <details><summary>Hint 4: "put in rows of another length by reshape"</summary>
#
# `reshape` cuts the same sequence of numbers into lines of another length; it does not turn rows into columns. Go back to the product and transpose one of its factors.
# </details>


# %% role="solution" name="matmul_backward"
def matmul_backward(dout, x, w):
    """Gradients of the loss with respect to both factors of y = x w.

    dout : ndarray, shape (N, M), upstream gradient dL/dy
    x : ndarray, shape (N, D)
    w : ndarray, shape (D, M)
    Returns dx, shape (N, D), and dw, shape (D, M).
    """
    ### BEGIN SOLUTION
    dx = dout @ w.T
    dw = x.T @ dout
    return dx, dw
    ### END SOLUTION


# %% role="grade" exercise="matmul_backward"
check("matmul_backward")

# %% [markdown]
# Your two functions should agree: all elements one by one, against the product. The next cell also takes the time for both.

# %% role="show"
# NBVAL_IGNORE_OUTPUT
import time


def about(ratio):
    """A ratio as a power of ten: on another machine it comes out a little different."""
    return f"about {10 ** round(np.log10(max(ratio, 1))):,} times"


rng = np.random.default_rng(0)
big_x, big_w, big_dout = rng.normal(size=(64, 100)), rng.normal(size=(100, 50)), rng.normal(size=(64, 50))
one_by_one = None
if attempt(dx_element, big_dout, big_w, 0, 0, wanted="a number") is not None:
    start = time.perf_counter()
    one_by_one = np.array([[dx_element(big_dout, big_w, n, d) for d in range(100)] for n in range(64)])
middle = time.perf_counter()
together = attempt(matmul_backward, big_dout, big_x, big_w, wanted="several values")
end = time.perf_counter()
if one_by_one is not None and together is not None:
    same = one_by_one.shape == np.shape(together[0]) and np.allclose(one_by_one, together[0])
    print("the same numbers:", bool(same))
    print("the product is faster:", about((middle - start) / (end - middle)))

# %% [markdown]
# ## When shapes no longer help
#
# Let $N = D = M$. Now *every* product of two of these matrices, in either order, transposed or not, has the right shape. A wrong one raises no error, and a net may even train with it for a while. Only a
# test of the values tells.
#
# The test is the meaning of the gradient itself: **element $(i, j)$ of $\partial L/\partial v$ says how fast the loss changes when $v_{i,j}$ moves.** So move it a little, and look:
#
# $$\frac{\partial L}{\partial v_{i,j}} \approx \frac{L(v \text{ with } v_{i,j} + h) - L(v \text{ with } v_{i,j} - h)}{2h}$$
#
# In the worked example above, the right number of `dL/dx[1, 2]` was found in this way from one side. From both sides it is more exact; $h = 10^{-5}$ is a good choice here.
#
# ### Exercise 4: when shapes no longer help (1 point, medium, 12 minutes)
#
# You get a function `loss(v)` that returns one number, the place `v`, and a list of candidates of the shape of `v`. Exactly one is the gradient. Return its place in the list. Find it by moving `v`, not by a
# formula: you are not told what the loss is made of.
#
# <details><summary>Hint 1</summary>
#
# Compute the numerical gradient, an array of the shape of `v`, by two nested loops (or `np.ndindex(v.shape)`). Then see which candidate lies nearest.
# </details>
# <details><summary>Hint 2: "changed its input v in place"</summary>
#
# Move a copy: `moved = v.copy()`, then `moved[i, j] += h`.
# </details>
# <details><summary>Hint 3: "right in all elements but one"</summary>
#
# One small move tests one element. Some candidates are wrong in a single element only.
# </details>
# <details><summary>Hint 4: "chose a candidate that is not the gradient", or "is None"</summary>
#
# If you move to both sides, is the difference divided by $2h$; if to one side, by $h$? And do you take the *nearest* candidate? A numerical gradient never equals a candidate exactly.
# </details>


# %% role="solution" name="which_is_gradient"
def which_is_gradient(loss, v, candidates):
    """The place (from 0) of the candidate that is the gradient of loss at v.

    loss : function of an array of v's shape, returns a number
    v : ndarray, two axes, of any two sizes
    candidates : list of ndarrays, all of v's shape; exactly one is dL/dv
    """
    ### BEGIN SOLUTION
    h = 1e-5
    numeric = np.zeros(v.shape)
    for place in np.ndindex(v.shape):
        up, down = v.copy(), v.copy()
        up[place] += h
        down[place] -= h
        numeric[place] = (loss(up) - loss(down)) / (2 * h)
    errors = [np.max(np.abs(candidate - numeric)) for candidate in candidates]
    return int(np.argmin(errors))
    ### END SOLUTION


# %% role="grade" exercise="which_is_gradient"
check("which_is_gradient")

# %% [markdown]
# Your test at work: all eight products of an upstream gradient and $w$, for a square $y = x\,w$, are put before it. Does it choose the product that you wrote in exercise 3?

# %% role="show"
rng = np.random.default_rng(1)
square_x, square_w, square_dout = (rng.normal(size=(4, 4)) for _ in range(3))
left = {"dout": square_dout, "dout transposed": square_dout.T}
right = {"w": square_w, "w transposed": square_w.T}
products = {f"{a}, then {b}": left[a] @ right[b] for a in left for b in right}
products |= {f"{b}, then {a}": right[b] @ left[a] for a in left for b in right}
chosen = attempt(
    which_is_gradient,
    lambda x: float(np.sum(square_dout * (x @ square_w))),
    square_x,
    list(products.values()),
    wanted="a number",
)
print(len(products), "products, all of shape", square_x.shape)
if attempt(matmul_backward, square_dout, square_x, square_w) is None:
    print("The name of your test's choice is shown here once exercise 3 is done.")
elif chosen is not None and chosen in range(len(products)):
    print("your test chooses for dL/dx:", list(products)[int(chosen)])

# %% [markdown]
# ## The bias
#
# A fully connected layer adds a bias: $y_{n,m} = \sum_d x_{n,d}\,w_{d,m} + b_m$. numpy adds the vector $b$ to every row of the matrix. This is *broadcasting*: one number is used in several places.
#
# Ask the same two questions as before: which elements of $y$ does $b_m$ touch, and with which local gradient?
#
# **Worked example, the other way round.** Let one number $c_n$ be added to a whole *row*: $y_{n,m} = x_{n,m} + c_n$. It touches row $n$, each element with the local gradient $1$. With the upstream gradients
# $\begin{pmatrix} 1 & 2 & 3 \\ 4 & 5 & 6 \end{pmatrix}$ that makes $\partial L/\partial c_0 = 1 + 2 + 3 = 6$ and $\partial L/\partial c_1 = 15$.
#
# ### Exercise 5: the bias (1 point, easy, 5 minutes)
#
# Write $\partial L/\partial b$ for a whole batch.
#
# <details><summary>Hint 1</summary>
#
# How fast does $y_{n,m}$ change when $b_m$ moves? For which $n$?
# </details>
# <details><summary>Hint 2: "has shape …"</summary>
#
# The gradient has the shape of $b$: one axis with $M$ numbers. Which axis of `dout` has to go, and what becomes of several shares?
# </details>


# %% role="solution" name="bias_backward"
def bias_backward(dout):
    """dL/db for y = x w + b, where b has shape (M,).

    dout : ndarray, shape (N, M), upstream gradient dL/dy
    Returns db, shape (M,).
    """
    ### BEGIN SOLUTION
    return dout.sum(axis=0)
    ### END SOLUTION


# %% role="grade" exercise="bias_backward"
check("bias_backward")

# %% [markdown]
# ## What a Jacobian costs
#
# Why so careful about paths? The textbook way would be: build the Jacobian $\partial y/\partial x$, with an element for **each pair** of an element of $x$ and an element of $y$, and
# multiply it with the upstream gradient. Let us see what that would take.
#
# ### Exercise 6: predict (1 point, 2 minutes)
#
# A layer of quite ordinary size: $N = 64$ samples, $D = M = 4096$. All numbers are float32, 4 bytes each. How much memory does the Jacobian $\partial y/\partial x$ take? Commit yourself *before* you compute: the
# point is for the prediction, not for being right. (For scale: $x$ itself takes 1 MiB; a laptop has perhaps 16 GiB.)


# %% role="solution" name="predict_jacobian_gib"
def predict_jacobian_gib():
    """Your guess of the memory of dy/dx at N = 64, D = M = 4096 in float32, in GiB.

    1 GiB is 2**30 bytes. Write: return and a number.
    """
    ### BEGIN SOLUTION
    return 100
    ### END SOLUTION


# %% role="grade" exercise="predict_jacobian_gib"
check("predict_jacobian_gib")

# %% [markdown]
# Worked example: the map from a vector with 3 numbers to a vector with 5 has a Jacobian with $3 \cdot 5 = 15$ elements. In float64, 8 bytes each, that is 120 bytes. For matrices count the elements of the input and
# of the output in the same way; in which order they stand does not matter for the count.
#
# ### Exercise 7: what a Jacobian costs (1 point, easy, 8 minutes)
#
# Write the bytes of $x$, $w$, $y$ and of both whole Jacobians as a function of the sizes. Very large sizes should come out exactly, also when they
# (or `itemsize`) arrive as numpy integers.
#
# <details><summary>Hint 1</summary>
#
# How many elements has $x$? How many $y$? How many pairs?
# </details>
# <details><summary>Hint 2: "has run over", or an OverflowError</summary>
#
# numpy integers usually have 32 or 64 bits, and most run over without an error. Python's own integers never do: `int(N)`, for each number, *before* the product.
# </details>


# %% role="solution" name="memory_bytes"
def memory_bytes(N, D, M, itemsize):
    """Bytes of the arrays of y = x w and of its two whole Jacobians.

    N, D, M : sizes; x is (N, D), w is (D, M), y is (N, M); Python or numpy integers
    itemsize : bytes of one number (float32: 4, float64: 8); a Python or numpy integer
    Returns a dict with the keys "x", "w", "y", "dy/dx", "dy/dw"; whole numbers.
    """
    ### BEGIN SOLUTION
    N, D, M, itemsize = int(N), int(D), int(M), int(itemsize)
    return {
        "x": N * D * itemsize,
        "w": D * M * itemsize,
        "y": N * M * itemsize,
        "dy/dx": (N * D) * (N * M) * itemsize,
        "dy/dw": (D * M) * (N * M) * itemsize,
    }
    ### END SOLUTION


# %% role="grade" exercise="memory_bytes"
check("memory_bytes")

# %% [markdown]
# ### Lab: predict, compute, watch
#
# First your prediction beside your own function.


# %% role="show"
def in_units(count):
    """Bytes with a unit that fits: KiB, MiB, GiB and TiB are powers of 1024."""
    for unit in ("bytes", "KiB", "MiB", "GiB", "TiB"):
        if count < 1024 or unit == "TiB":
            return f"{count:.4g} {unit}"
        count /= 1024


guess = attempt(predict_jacobian_gib, wanted="a number")
sizes = (attempt(memory_bytes, 64, 4096, 4096, 4, wanted="a dict") or {}) if guess is not None else {}
if guess is not None:
    print(f"you predicted for dy/dx: {guess:.4g} GiB")
if "w" in sizes and all(isinstance(count, int | float | np.number) for count in sizes.values()):
    for name, count in sizes.items():
        print(f"{name:>6}: {in_units(count):>10}  = {count / 1e9:.6g} GB")
    print(f"     w in float64: {2 * sizes['w'] / 1e9:.3f} GB, in float32: {sizes['w'] / 1e9:.3f} GB")

# %% role="show" jupyter={"source_hidden": true}
# Draws the picture below.
arrays = ("x", "y", "w", "dy/dx", "dy/dw")
drawn = None
if all(name in sizes for name in arrays) and all(sizes[name] > 0 for name in arrays):
    fig, axes = plt.subplots(figsize=(7, 2.6))
    axes.barh(arrays, [sizes[name] for name in arrays], color="#2b7bba", height=0.55)
    for row, name in enumerate(arrays):
        axes.text(sizes[name] * 1.3, row, in_units(sizes[name]), va="center")
    axes.axvline(16 * 2**30, color="#c2571a", linestyle="--")
    axes.text(16 * 2**30 / 1.3, 0.5, "a laptop, 16 GiB", color="#c2571a", ha="right", va="center")
    axes.set(xscale="log", xlim=(1e5, 1e15), xlabel="bytes (log scale)")
    axes.invert_yaxis()
    drawn = picture(
        fig,
        alt="Bars of bytes on a logarithmic axis: "
        + ", ".join(f"{name} {in_units(sizes[name])}" for name in arrays)
        + ". A dashed line marks the memory of a laptop, 16 GiB.",
    )
drawn

# %% [markdown]
# On this axis equal distances are equal factors. The arrays that a layer works with lie far to the left of the line, the Jacobians far to its right.
#
# <details><summary><b>Read the units</b> (open it when you have made your prediction)</summary>
#
# Numbers like these are often quoted without them, as "256 GB for each Jacobian". In full: $\partial y/\partial x$ takes 256 **GiB** ($2^{30}$ bytes each), which is 275 **GB** ($10^9$ bytes each), **in float32**.
# And $\partial y/\partial w$ is 64 times larger still, 16 TiB, since $w$ has 64 times as many elements as $x$. Likewise "0.13 GB for $w$" is float64; in float32 it is 0.067 GB. A size needs a dtype and a unit.
#
# </details>
#
# Most elements of these Jacobians are 0: $x_{n,d}$ touches few elements of $y$. Is it enough, then, to store only those that are not? The next cell counts them.

# %% role="show"
N, D, M = 64, 4096, 4096
yours = attempt(touched_by_x, 0, 0, N, D, M, wanted="several values")
if yours is not None:
    per_element = len(yours)
    print(f"each element of x touches {per_element} elements of y")
    print("without its zeros, dy/dx in float32 takes", in_units(N * D * per_element * 4))
    print("the different numbers among them are those of w:", in_units(D * M * 4))

# %% [markdown]
# Still 4 GiB, for one layer. Leaving out the zeros does not do it alone. The picture shows what does: the Jacobian of the small product at the top of this notebook ($N = 2$, $D = 3$, $M = 4$), one row for each element of $x$, one column for each element of $y$.

# %% role="show"
jacobian = np.zeros((x.size, y.size))
for row, place in enumerate(np.ndindex(x.shape)):
    bumped = x.copy()
    bumped[place] += 1
    jacobian[row] = (bumped @ w - y).ravel()
fig, axes = plt.subplots(figsize=(7, 3.6))
draw_matrix(
    axes,
    jacobian,
    "dy/dx: rows are x[0,0], x[0,1], … x[1,2]; columns are y[0,0] … y[1,3]",
    {(i, j) for i in range(6) for j in range(8) if i // 3 == j // 4},
)
picture(
    fig,
    alt="A grid of 6 rows and 8 columns, the Jacobian dy/dx. Two hatched blocks of 3 by 4 on the diagonal hold the same "
    "twelve numbers, those of w. All numbers outside the blocks are 0.",
)

# %% [markdown]
# The blocks are all *the same*: each sample has one, and it is $w$. The Jacobian repeats $w$ once for each sample and fills the rest with zeros. The product you wrote in exercise 3 uses this **shared block
# structure**: it reads $w$ once, from where it lies, for all samples.
#
# So now the direct way, at full size. (If your way would take long, the cell says so and does not start.)

# %% role="show"
# NBVAL_IGNORE_OUTPUT
rng = np.random.default_rng(2)


def seconds_for(n, d, m):
    """Time of your matmul_backward at this size in float32."""
    a, b, c = (rng.random(shape, dtype=np.float32) - 0.5 for shape in ((n, m), (n, d), (d, m)))
    start = time.perf_counter()
    result = attempt(matmul_backward, a, b, c)
    return None if result is None else time.perf_counter() - start


small = seconds_for(16, 128, 128)
if small is not None and small > 0.05:
    print("your way would take long at full size: write it as products and run this cell again")
elif small is not None:
    print(f"both gradients at N = 64, D = M = 4096: {1000 * seconds_for(64, 4096, 4096):.0f} milliseconds")

# %% [markdown]
# ## A layer of your own
#
# `forward` and `backward` belong together: backward needs numbers that only forward has seen. A *layer* is an object that keeps them, its **cache**. The contract of this course:
#
# - `forward(x)` returns the output and keeps in `self` what backward will need;
# - `backward(dout)` returns the gradient of the input, and leaves the gradients of the parameters in `self`: for `w` in `self.dw`.
#
# Here is a layer without parameters, $y = x^2$ for each element. The class it inherits from, `Elementwise`, watches over the shapes.


# %% role="show"
class Square(Elementwise):
    """y = x squared, element by element."""

    def forward(self, x):
        self.x = x  # backward needs it
        return x**2

    def backward(self, dout):
        return dout * 2 * self.x


layer = Square()
print("forward: ", layer.forward(np.array([1.0, -2.0, 3.0])))
print("backward:", layer.backward(np.array([1.0, 1.0, 10.0])))

# %% [markdown]
# A map $x\,w + b$ is called *affine*. The class `Affine` keeps `w` and `b`, and names every gradient whose shape is not that of its variable. Here somebody hands the upstream gradient on as it came.


# %% role="show"
class Careless(Affine):
    """A layer whose backward forgets the product (and whose forward has no bias)."""

    def forward(self, x):
        return np.dot(x, self.w)

    def backward(self, dout):
        return dout


careless = Careless(w, np.zeros(4))
careless.forward(x)
try:
    careless.backward(np.ones((2, 4)))
except ShapeError as error:
    print(error)

# %% [markdown]
# ### Exercise 8: a layer of your own (2 points, medium, 12 minutes)
#
# Fill in `forward` and `backward` of $y = x\,w + b$. The parameters are in `self.w` and `self.b` already. It should work when forward is called twice in a row, with batches of different sizes: backward then belongs to the last one.
#
# <details><summary>Hint 1</summary>
#
# backward gets only `dout`. Which numbers of forward do the three gradients need besides `self.w`?
# </details>
# <details><summary>Hint 2: "self.dw is None"</summary>
#
# backward *returns* only dx. The other two are left in `self.dw` and `self.db`.
# </details>
# <details><summary>Hint 3: "is another one after a second forward", or a TypeError with 'NoneType'</summary>
#
# Use `self.dw = …`, not `self.dw += …`, and do not write into the arrays that you were given.
# </details>


# %% role="solution" name="affine_layer"
class MyAffine(Affine):
    """y = x w + b; w has shape (D, M), b has shape (M,)."""

    def forward(self, x):
        """x of shape (N, D); returns y of shape (N, M)."""
        ### BEGIN SOLUTION
        self.x = x
        return x @ self.w + self.b
        ### END SOLUTION

    def backward(self, dout):
        """dout of shape (N, M); leaves self.dw (D, M) and self.db (M,), returns dx (N, D)."""
        ### BEGIN SOLUTION
        self.dw = self.x.T @ dout
        self.db = dout.sum(axis=0)
        return dout @ self.w.T
        ### END SOLUTION


# %% role="grade" exercise="affine_layer"
check("affine_layer")

# %% [markdown]
# ## A whole net in products
#
# The lecture's net has two matrix products with a sigmoid between them:
#
# $$z = x\,w_1, \qquad h = \sigma(z), \qquad p = h\,w_2$$
#
# Weight by weight, its gradients are nested loops. You now have what turns each loop into a product. Walk back from the loss: the upstream gradient at $p$ is `dp`; the second product gives one gradient for $w_2$ and
# one for $h$; the sigmoid works element by element, so its backward is upstream times local, element by element; what comes out is the upstream gradient of the *first* product.
#
# ($p$ are the predictions.) Before you write, note the shape of the gradient at each of $p$, $w_2$, $h$, $z$ and $w_1$.
#
# **Worked example,** one sample, one hidden unit, and a square in place of the sigmoid: $z = x\,w_1$, $h = z^2$, $p = h\,w_2$ with $x = (1, 2)$, $w_1 = \begin{pmatrix} 1 \\ 1 \end{pmatrix}$, $w_2 = 2$, and $dp = 1$. Forward: $z = 3$, $h = 9$, $p = 18$.
# Back: $dw_2 = h \cdot dp = 9$, $dh = dp \cdot w_2 = 2$, $dz = dh \cdot 2z = 12$, and $dw_1 = \begin{pmatrix} 1 \cdot 12 \\ 2 \cdot 12 \end{pmatrix} = \begin{pmatrix} 12 \\ 24 \end{pmatrix}$, of the shape of $w_1$.
#
# ### Exercise 9: a whole net in products (2 points, hard, 12 minutes)
#
# The hidden values `h` and the local gradient `local` of the sigmoid ($\partial h/\partial z$ for each element) are given: this exercise is about the products.
# Use `local` as it comes: the checks also hand in the one of another function.
#
# <details><summary>Hint 1</summary>
#
# For the second product, `h` plays the part of $x$ and `w2` the part of $w$. Exercise 3 gives both of its gradients.
# </details>
# <details><summary>Hint 2: "without the hidden units' local gradient"</summary>
#
# The gradient at $h$ is not yet the gradient at $z$. Both have shape $(N, H)$; one element-wise step lies between them.
# </details>
# <details><summary>Hint 3: dw1</summary>
#
# With the gradient at $z$ in hand, the first product is exercise 3 once more.
# </details>


# %% role="solution" name="network_gradients"
def network_gradients(x, h, local, w2, dp):
    """Gradients of both weight matrices of p = sigmoid(x w1) w2.

    x : ndarray, shape (N, D)
    h : ndarray, shape (N, H), hidden values sigmoid(x w1)
    local : ndarray, shape (N, H), local gradient dh/dz of each hidden value
    w2 : ndarray, shape (H, M)
    dp : ndarray, shape (N, M), upstream gradient dL/dp
    Returns dw1, shape (D, H), and dw2, shape (H, M).
    """
    ### BEGIN SOLUTION
    dw2 = h.T @ dp
    dz = (dp @ w2.T) * local
    dw1 = x.T @ dz
    return dw1, dw2
    ### END SOLUTION


# %% role="grade" exercise="network_gradients"
check("network_gradients")

# %% [markdown]
# How much do the products save? At the size of the lecture's program, $N = 64$, $D = 1000$, $H = 100$, $M = 10$, the net has 101,000 weights. The loops of 05 multiply and add once for each weight and sample; moving one weight at a time takes two forward passes for each.
# The cell times the loops for the weights of one hidden unit, and the moves for a few weights, and reckons up.

# %% role="show"
# NBVAL_IGNORE_OUTPUT
rng = np.random.default_rng(3)
net_x, net_dp = rng.normal(size=(64, 1000)), rng.normal(size=(64, 10))
net_w1, net_w2 = 0.03 * rng.normal(size=(1000, 100)), rng.normal(size=(100, 10))
net_h = sigmoid(net_x @ net_w1)
# Each hidden value depends on its own z alone, so one small move of all z together gives every local gradient.
net_z = net_x @ net_w1
net_local = (sigmoid(net_z + 1e-5) - sigmoid(net_z - 1e-5)) / 2e-5

numeric = {}
start = time.perf_counter()
for place in ((0, 0), (10, 20), (500, 50), (900, 5), (999, 99)):
    both = []
    for step in (1e-5, -1e-5):
        w1 = net_w1.copy()
        w1[place] += step
        both.append(np.sum(net_dp * (sigmoid(net_x @ w1) @ net_w2)))
    numeric[place] = (both[0] - both[1]) / 2e-5
one_weight = (time.perf_counter() - start) / len(numeric)

unit = 7
column = np.zeros(1000)
start = time.perf_counter()
for n in range(64):
    upstream = 0.0
    for m in range(10):
        upstream += net_dp[n, m] * net_w2[unit, m]
    for d in range(1000):
        column[d] += net_x[n, d] * net_local[n, unit] * upstream
loops_seconds = 100 * (time.perf_counter() - start)  # each of the 100 hidden units takes as long

start = time.perf_counter()
result = attempt(network_gradients, net_x, net_h, net_local, net_w2, net_dp, wanted="several values")
products_seconds = time.perf_counter() - start
if result is not None and np.shape(result[0]) == net_w1.shape:
    net_dw1 = np.asarray(result[0])
    agree = all(abs(net_dw1[place] - value) < 1e-4 * (1 + abs(value)) for place, value in numeric.items())
    print("the same at the weights that were moved:", agree)
    print("the same as the loops of 05 give for one hidden unit:", np.allclose(net_dw1[:, unit], column))
    print("the products are faster than the loops of 05:", about(loops_seconds / products_seconds))
    print("the products are faster than moving all weights:", about(101_000 * one_weight / products_seconds))

# %% [markdown]
# ## Summary
#
# - Ask of every input: which outputs does it touch, and with which local gradient? Multiply by the upstream gradient, and add up over every path.
# - What is used in several places (a weight by all samples, a bias by all rows) gets the *sum* of the shares.
# - The gradient of the loss has the shape of its variable. That helps to remember a product; with square matrices it proves nothing, and only a test of the values does.
# - The Jacobian of a matrix product is never built: it would repeat one block over and over, between zeros. The product reads the block once.
# - A layer keeps what backward needs, for its last forward, and changes nothing it was given.
#
# ### Stretch: three matrices (not graded, hard, 10 minutes)
#
# $y = x\,w\,v$, all three different in shape. Write all three gradients, with two calls of your `matmul_backward`. The cell below tests them by small moves.


# %% role="solution" name="stretch_three_matrices"
def three_backward(dout, x, w, v):
    """dx, dw, dv of y = x w v, each of the shape of its variable.

    x : (N, D); w : (D, H); v : (H, M); dout : (N, M)
    """
    ### BEGIN SOLUTION
    dxw, dv = matmul_backward(dout, x @ w, v)
    dx, dw = matmul_backward(dxw, x, w)
    return dx, dw, dv
    ### END SOLUTION


# %% role="show"
rng = np.random.default_rng(4)
three = {name: rng.normal(size=shape) for name, shape in {"x": (2, 3), "w": (3, 5), "v": (5, 4)}.items()}
three_dout = rng.normal(size=(2, 4))
answer = attempt(three_backward, three_dout, *three.values(), wanted="several values")
if answer is not None:
    for gradient, name in zip(answer, three):
        numeric = np.zeros(three[name].shape)
        for place in np.ndindex(numeric.shape):
            sums = []
            for step in (1e-5, -1e-5):
                trial = {key: value.copy() for key, value in three.items()}
                trial[name][place] += step
                sums.append(np.sum(three_dout * (trial["x"] @ trial["w"] @ trial["v"])))
            numeric[place] = (sums[0] - sums[1]) / 2e-5
        right = np.shape(gradient) == numeric.shape and np.allclose(gradient, numeric, atol=1e-6)
        print(f"d{name}: {'right' if right else 'not right yet'}")
