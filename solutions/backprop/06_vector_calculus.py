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
# # 06 · Vector calculus
#
# **Time:** about 75 minutes, 11 points (2 of them for an answer in your own words). It stands on its own: nothing from other notebooks is needed.
#
# **When you are done, you will be able to**
#
# - say which shape the derivative of any array by any other has, and what each number in it means;
# - write a Jacobian in the layout of this course, and recognise the other one;
# - get from an upstream gradient to a downstream one, with a Jacobian and without;
# - bring a gradient back to the shape of a variable that numpy has broadcast;
# - write the Jacobian of a matrix product by flattened indices, and see why nobody wants to store it.
#
# Vectors have one axis here, as in numpy: shape `(3,)`. Indices count from 0. `dout` is the upstream gradient $\partial L/\partial y$ of the loss $L$, which is one number; in the exercises $x$ is the
# input of a map and $y$ its output. A *local* derivative is that of one step alone, without what comes after it; rows of a matrix are samples.
#
# Hints quote what the panel of a check says. Unfold the panel to see all of it, or write `check("shapes", explain=2)`.

# %% role="setup"
import math

import numpy as np

from course_lib import attempt, check, check_gradient

# %% [markdown]
# ## One number for every pair
#
# A derivative answers one question: **if this input moves a little, how fast does that output move?** The answer is one number. With several inputs and outputs the question can be asked for
# every pair of an input and an output, and each pair has an answer of its own.
#
# The lecture has three cases:
#
# | from | to | derivative | its elements |
# |---|---|---|---|
# | a number $x$ | a number $y$ | the ordinary one, one number | $\frac{dy}{dx}$ |
# | a vector $x$, $N$ numbers | a number $y$ | the **gradient**, $N$ numbers | $\left(\frac{\partial y}{\partial x}\right)_n = \frac{\partial y}{\partial x_n}$ |
# | a vector $x$, $N$ numbers | a vector $y$, $M$ numbers | the **Jacobian**, $N \cdot M$ numbers | $\left(\frac{\partial y}{\partial x}\right)_{n,m} = \frac{\partial y_m}{\partial x_n}$ |
#
# Nothing new happens when $x$ or $y$ is a matrix: there are more pairs, that is all. An element of the derivative then needs *all* indices of the input element and all indices of the output element to be named.
#
# ### Worked example: count the pairs
#
# Let $x$ be a vector with 3 numbers and $y$ the matrix $[2 \times 3]$ with $y_{0,k} = x_k$ and $y_{1,k} = x_k^2$. There are $3 \cdot 6 = 18$ pairs. The pair of $x_1$ and $y_{1,1}$ has the derivative $2x_1$; the pair of $x_1$ and $y_{1,2}$ has 0,
# because $y_{1,2}$ does not feel $x_1$. Each is named by three indices, first that of the input: `derivative[1, 1, 1]` and `derivative[1, 1, 2]`. So the derivative has shape `(3, 2, 3)`.
#
# Three axes are hard to draw and to multiply. So one often **flattens**: count the inputs through in one row, and the outputs too, as `ravel` does, row by row; then each pair has one index for the input and one for the output, and the same 18
# numbers make a matrix of shape `(3, 6)`. This matrix is what we call the Jacobian, whatever shapes $x$ and $y$ have.

# %% role="show"
at = np.array([1.0, 3.0, -2.0])
h = 1e-6


def two_rows(x):
    """The map of the worked example."""
    return np.array([x, x**2])


derivative = np.zeros((3, 2, 3))
for k in range(3):
    moved = at.copy()
    moved[k] += h
    derivative[k] = (two_rows(moved) - two_rows(at)) / h
print(f"how fast y[1, 1] moves with x[1]: {derivative[1, 1, 1]:.3f}")
print(f"how fast y[1, 2] moves with x[1]: {derivative[1, 1, 2]:.3f}")
print("all pairs:", derivative.size, "numbers, shape", derivative.shape)
print("flattened, the Jacobian:")
print(np.array2string(derivative.reshape(3, 6), precision=3, suppress_small=True))

# %% [markdown]
# ### Exercise 1: which derivative has which shape (1 point, easy, 6 minutes)
#
# Write two functions of the shapes of $x$ and $y$. Shapes are tuples, as numpy gives them: `()` is a single number, `(3,)` a vector with 3 numbers, `(2, 4)` a matrix.
#
# - `derivative_shape`: one axis for every index, those of the input first. In the worked example, `(3, 2, 3)`.
# - `jacobian_shape`: both flattened; always two numbers. In the worked example, `(3, 6)`.
#
# <details><summary>Hint 1</summary>
#
# How many indices name one pair, and how far does each of them run? Do it for a matrix $x$ and a single number $y$: is it what you expect of a gradient?
# </details>
# <details><summary>Hint 2: "returns a tuple of tuples"</summary>
#
# `(1, 2) + (3,)` is `(1, 2, 3)`.
# </details>
# <details><summary>Hint 3: "with a float in it", or how to count</summary>
#
# How many numbers are in an array of shape `(2, 4)`? And in one of shape `()`, a single number? `math.prod` is right for both.
# </details>


# %% role="solution" name="shapes"
def derivative_shape(x_shape, y_shape):
    """The shape of dy/dx with one axis for each index: those of x first, then those of y.

    x_shape, y_shape : tuples of whole numbers; () is a single number
    Returns a tuple of whole numbers.
    """
    ### BEGIN SOLUTION
    return x_shape + y_shape
    ### END SOLUTION


def jacobian_shape(x_shape, y_shape):
    """The shape of dy/dx with x and y flattened: a row for each input, a column for each output.

    x_shape, y_shape : tuples of whole numbers; () is a single number
    Returns a tuple of two whole numbers.
    """
    ### BEGIN SOLUTION
    return math.prod(x_shape), math.prod(y_shape)
    ### END SOLUTION


# %% role="grade" exercise="shapes"
check("shapes")

# %% [markdown]
# The next cell puts your function to the case that backpropagation lives on: the derivative of the **loss**, which is a single number, by variables of all shapes. What do you notice?

# %% role="show"
for name, shape in {
    "a number": (),
    "a bias": (10,),
    "a weight matrix": (100, 10),
    "a batch of images": (64, 3, 32, 32),
}.items():
    found = attempt(derivative_shape, shape, ())
    if found is None:
        break
    print(f"{name}, of shape {shape}: the gradient of the loss has shape {found}")

# %% [markdown]
# It is the shape of the variable itself, every time: with one output, each number of the variable has one derivative.
#
# ## Inputs down, outputs across
#
# A Jacobian is a matrix, so somebody has to decide what its rows are. In this course, as in the lecture, **row $i$ belongs to input $i$ and column $j$ to output $j$**:
#
# $$J_{i,j} = \frac{\partial y_j}{\partial x_i}, \qquad J \text{ has shape } (\text{inputs}, \text{outputs}).$$
#
# ### Worked example: from two numbers to three
#
# $$u_0 = 3\,a_0, \qquad u_1 = a_0\,a_1, \qquad u_2 = a_0^2 + a_1.$$
#
# - Move $a_0$ alone, and ask each output: $u_0$ moves 3 times as fast, $u_1$ moves $a_1$ times as fast, $u_2$ moves $2a_0$ times as fast. This is row 0: $(3,\; a_1,\; 2a_0)$.
# - Move $a_1$ alone: row 1 is $(0,\; a_0,\; 1)$.
#
# At $a = (2, 5)$ that makes the matrix on the left of the picture. On the right are *the same six numbers in the other layout*, $K_{j,i} = \partial u_j/\partial a_i$, a row for each **output**, which most textbooks use: $K = J^\mathsf{T}$.
# It is the same fact, written down the other way round. Whoever reads a formula with a Jacobian in it must know which of the two is meant.

# %% role="show" jupyter={"source_hidden": true}
# Draws the picture below.
import matplotlib.pyplot as plt
from matplotlib.patches import Rectangle

from course_lib.drawing import picture


def draw_matrix(axes, values, title, rows=(), columns=(), marked=()):
    """A grid of numbers with names at its rows and columns; marked elements are hatched and framed."""
    for (i, j), value in np.ndenumerate(values):
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
        axes.text(j + 0.5, i + 0.5, f"{value:g}", ha="center", va="center", zorder=3, fontsize=12)
    for i, name in enumerate(rows):
        axes.text(-0.15, i + 0.5, name, ha="right", va="center", fontsize=11)
    for j, name in enumerate(columns):
        axes.text(j + 0.5, -0.15, name, ha="center", va="bottom", fontsize=11)
    axes.set(xlim=(-0.6, values.shape[1] + 0.1), ylim=(values.shape[0] + 0.1, -0.6), aspect="equal")
    axes.set_title(title, fontsize=11)
    axes.axis("off")


a = np.array([2.0, 5.0])
by_inputs = np.array([[3.0, a[1], 2 * a[0]], [0.0, a[0], 1.0]])
fig, axes = plt.subplots(1, 2, figsize=(7.5, 3), width_ratios=[3, 2])
a_names, u_names = ["a[0]", "a[1]"], ["u[0]", "u[1]", "u[2]"]
draw_matrix(axes[0], by_inputs, "J, this course [2 x 3]", a_names, u_names, {(0, k) for k in range(3)})
draw_matrix(axes[1], by_inputs.T, "K, the other layout [3 x 2]", u_names, a_names, {(k, 0) for k in range(3)})
picture(
    fig,
    alt="Two grids of the same six numbers. Left, J, 2 by 3: row a[0] holds 3, 5, 4 and is hatched; row a[1] holds 0, 2, 1. "
    "Right, K, 3 by 2: the same numbers with rows u[0], u[1], u[2]; now the column of a[0] is hatched.",
)

# %% [markdown]
# ### What a Jacobian is for
#
# Behind the map stands a loss. Its gradient at the outputs has arrived already: `dout[j]` says how fast the loss moves with output $j$. What is the gradient at input $i$?
#
# Upstream times local along each path; and one input reaches the loss through *every* output, so the paths add. For $a_0$ of the worked example, with the upstream gradient $g = (1, -2, 4)$: the path by $u_0$ gives $1 \cdot 3$, the one by $u_1$ gives $-2 \cdot 5$, the one by
# $u_2$ gives $4 \cdot 4$. Together 9. The next cell asks a small move.

# %% role="show"
g = np.array([1.0, -2.0, 4.0])


def loss_behind(a):
    """A loss whose gradient at u is g, behind the map of the worked example."""
    u = np.array([3 * a[0], a[0] * a[1], a[0] ** 2 + a[1]])
    return float(np.sum(g * u))


print(
    "by the paths:     ",
    " + ".join(f"({d:g})({j:g})" for d, j in zip(g, by_inputs[0])),
    f"= {g @ by_inputs[0]:g}",
)
print(f"by a small move:   {(loss_behind(a + np.array([h, 0.0])) - loss_behind(a)) / h:.3f}")

# %% [markdown]
# ### Exercise 2: a Jacobian, and what it is for (2 points, medium, 12 minutes)
#
# A map from three numbers to two:
#
# $$y_0 = x_0\,x_1, \qquad y_1 = x_1^2 + 5\,x_2.$$
#
# Write its Jacobian in the layout of this course, for any $x$. Then write `downstream` for *any* Jacobian in this layout: the gradient at all inputs, from $J$ and the upstream gradient. No loop is needed.
#
# <details><summary>Hint 1</summary>
#
# Three inputs, two outputs: how many rows has $J$, how many columns? Write it on paper first, with the names of the inputs at the rows.
# </details>
# <details><summary>Hint 2: "in the other layout"</summary>
#
# Your numbers are right, and your rows are the outputs. Move one input at a time: what you see belongs into one *row*.
# </details>
# <details><summary>Hint 3: downstream</summary>
#
# The worked example multiplied row 0 of $J$ with `dout`, number by number, and added up. The same for every row: that is a matrix times a vector.
# </details>
# <details><summary>Hint 4: "what is right in the other layout", or "mismatch in its core dimension"</summary>
#
# A vector meets a matrix: the sizes that stand next to each other must be the same, and they are summed away. Which size must be summed away here, that of the inputs or that of the outputs?
# </details>


# %% role="solution" name="rectangular_map"
def map_jacobian(x):
    """The Jacobian of y_0 = x_0 x_1, y_1 = x_1**2 + 5 x_2.

    x : ndarray, shape (3,)
    Returns J, shape (3, 2), with J[i, j] = dy_j/dx_i.
    """
    ### BEGIN SOLUTION
    return np.array([[x[1], 0.0], [x[0], 2 * x[1]], [0.0, 5.0]])
    ### END SOLUTION


def downstream(J, dout):
    """The gradient of the loss at the inputs of a map.

    J : ndarray, shape (N, M), the map's Jacobian, J[i, j] = dy_j/dx_i
    dout : ndarray, shape (M,), upstream gradient dL/dy
    Returns dx, shape (N,).
    """
    ### BEGIN SOLUTION
    return J @ dout
    ### END SOLUTION


# %% role="grade" exercise="rectangular_map"
check("rectangular_map")

# %% [markdown]
# In the other layout the same step is written $K^\mathsf{T} g$: the same numbers meet the same numbers.
#
# ### Two maps in a row
#
# Send $a$ through the worked example and its output through your map: two numbers, then three, then two. The paths of the whole run through every number in between, and so the two Jacobians are multiplied, in the order in which one
# walks forward: inputs first. In shapes, $[2 \times 3]\,[3 \times 2]$ gives $[2 \times 2]$.
#
# **Backpropagation never makes this product.** It begins at the other end: the upstream gradient goes through the last Jacobian, what comes out is the upstream gradient of the one before. Each step handles one vector, and never a product of two Jacobians.

# %% role="show"
u = np.array([3 * a[0], a[0] * a[1], a[0] ** 2 + a[1]])
last = attempt(map_jacobian, u, wanted="an array")
if last is not None and last.shape != (3, 2):
    print(
        f"map_jacobian returned an array of shape {last.shape}, and (3, 2) is needed here: what does its check say?"
    )
elif last is not None:
    upstream = np.array([1.0, -2.0])
    print("Jacobian of both together:")
    print(by_inputs @ last)
    straight = attempt(downstream, by_inputs @ last, upstream, wanted="an array")
    halfway = attempt(downstream, last, upstream, wanted="an array") if straight is not None else None
    back = attempt(downstream, by_inputs, halfway, wanted="an array") if halfway is not None else None
    if back is not None:
        print("through both together:         ", straight)
        print("one after the other, backwards:", back)

# %% [markdown]
# ## Element by element
#
# Many steps of a net treat each number alone: ReLU, a sigmoid, the addition of two arrays. Output $j$ then depends on input $j$ and on no other, so that
#
# $$J_{i,j} = \frac{\partial y_j}{\partial x_i} = 0 \quad \text{for } i \neq j.$$
#
# Everything off the diagonal is 0. On the diagonal stand the **slopes**, one for each element. (Such a matrix is its own transpose: an element-wise step cannot tell you which layout somebody uses.)
#
# ### Worked example: the square of each element
#
# $u_k = a_k^2$ has the slope $2a_k$ at element $k$. The next cell writes its Jacobian at three numbers, and goes from an upstream gradient to a downstream one by your `downstream`: a whole matrix, three multiplications that count, and six with 0.

# %% role="show"
at = np.array([1.0, -3.0, 2.0])
upstream = np.array([10.0, 1.0, -5.0])
slopes = 2 * at
square_jacobian = np.array([[slopes[0], 0, 0], [0, slopes[1], 0], [0, 0, slopes[2]]])
print("J =")
print(square_jacobian)
found = attempt(downstream, square_jacobian, upstream)
if found is not None:
    print("downstream gradient:", found)

# %% [markdown]
# ### Exercise 3: element by element (2 points, medium, 12 minutes)
#
# **First a prediction.** Think of ReLU, $y = \max(0, x)$, applied to 1000 random numbers, as many above 0 as below. How many **percent** of all numbers in its Jacobian are not 0? Commit yourself before you compute; the prediction counts for being made, not for being right.
#
# Then write two functions for ReLU:
#
# - `relu_jacobian`: the Jacobian, with all its zeros, for a vector of any length.
# - `relu_vjp`: the downstream gradient **without forming the Jacobian**, for $x$ of any shape. Such a function, from upstream to downstream, is called a **vector-Jacobian product**, or vjp, after the other layout, where the vector stands on the left: $g^\mathsf{T} K$. (When your notebook is graded, further checks run that you do not see. One asks for 30,000 numbers, whose Jacobian would take 7.2 GB.)
#
# Exactly at $x = 0$ ReLU has a kink. Any slope between the two one-sided ones counts as right there.
#
# <details><summary>Hint 1</summary>
#
# How steep is ReLU above 0, and how steep below? `x > 0` is an array of True and False; multiplied with a number, True counts as 1 and False as 0.
# </details>
# <details><summary>Hint 2: "the diagonal alone, as a vector"</summary>
#
# `np.diag` of a vector makes a matrix with this vector on its diagonal.
# </details>
# <details><summary>Hint 3: without the Jacobian</summary>
#
# Write down the product of $J$ and `dout` for four numbers. In each row one product is left. What is multiplied by what?
# </details>
# <details><summary>Hint 4: "the sign of dout decides", or "the activation applied to the upstream gradient"</summary>
#
# Whether something gets through is decided by the number that went *forward*. What comes back may have any sign.
# </details>


# %% role="solution" name="element_by_element"
def predict_percent():
    """Your guess: how many percent of the Jacobian of ReLU at 1000 numbers are not 0?

    Write: return and a number from 0 to 100.
    """
    ### BEGIN SOLUTION
    return 0.5
    ### END SOLUTION


def relu_jacobian(x):
    """The Jacobian of y = max(0, x).

    x : ndarray, shape (N,)
    Returns J, shape (N, N), with J[i, j] = dy_j/dx_i.
    """
    ### BEGIN SOLUTION
    return np.diag((x > 0).astype(float))
    ### END SOLUTION


def relu_vjp(x, dout):
    """The gradient of the loss at x, for y = max(0, x), without a Jacobian.

    x : ndarray of any shape
    dout : ndarray of the same shape, upstream gradient dL/dy
    Returns dx, of the shape of x.
    """
    ### BEGIN SOLUTION
    return dout * (x > 0)
    ### END SOLUTION


# %% role="grade" exercise="element_by_element"
check("element_by_element")

# %% [markdown]
# Your prediction beside what your own function says:

# %% role="show"
guess = attempt(predict_percent)
thousand = np.random.default_rng(0).permutation(np.r_[1:501, -500:0]) / 100.0
found = attempt(relu_jacobian, thousand) if guess is not None else None
if isinstance(guess, int | float | np.number):
    print(f"you predicted {guess:g} percent")
if isinstance(found, np.ndarray) and found.shape == (1000, 1000):
    print(f"counted: {100 * np.count_nonzero(found) / found.size:g} percent of {found.size:,} numbers")
    print(f"in float64 they take {found.size * 8 / 1e6:g} MB; x takes {thousand.nbytes / 1e3:g} kB")
print(f"the Jacobian of 30,000 numbers would take {30_000**2 * 8 / 1e9:g} GB")

# %% [markdown]
# With $N$ numbers there are $N^2$ pairs, and at most $N$ of them count: the share that is not 0 shrinks as $N$ grows. So **never form the Jacobian of an element-wise step; multiply element by element**, upstream times slope. (This product is written $\odot$ and called the Hadamard product.)
#
# The two functions say the same. The next cell goes both ways at four numbers.

# %% role="show"
at, upstream = np.array([4.0, -2.0, 3.0, 0.25]), np.array([1.0, -1.0, 5.0, 8.0])
whole = attempt(relu_jacobian, at, wanted="an array")
short = attempt(relu_vjp, at, upstream, wanted="an array")
back = (
    attempt(downstream, whole, upstream, wanted="an array")
    if whole is not None and short is not None
    else None
)
if back is not None:
    print("with the Jacobian:  ", back)
    print("element by element: ", short + 0.0)

# %% [markdown]
# ## Used in several places
#
# Add a vector $b$ with 4 numbers to a matrix $x\ [3 \times 4]$. numpy adds it to every row: it **broadcasts** $b$ to the shape of the result. Each $b_m$ is used in three places, and so there are three paths from it to the loss.
#
# How does numpy line the shapes up? It writes them below each other, **flush right**. Where an axis is missing on the left, or has size 1, the variable is *used again* for every place along that axis:
#
# | | 1st axis | 2nd axis | 3rd axis |
# |---|---|---|---|
# | result, shape `(2, 3, 4)` | 2 | 3 | 4 |
# | variable of shape `(3, 1)` | missing: used 2 times | 3 | 1: used 4 times |
#
# ### Worked example: a column
#
# Let $c$ have shape $(3, 1)$ and $y = a + c$, with $a$ of shape $(3, 4)$. Then $y_{n,m} = a_{n,m} + c_{n,0}$. The number $c_{1,0}$ stands in all four elements of row 1, each time with slope 1. Its gradient is the sum of four upstream gradients.

# %% role="show"
wide = np.arange(12.0).reshape(3, 4)  # the a of the text
c = np.array([[1.0], [0.0], [-2.0]])
dy = np.array([[1.0, 2.0, 0.0, -1.0], [5.0, -1.0, 3.0, 1.0], [2.0, 2.0, -4.0, 1.0]])
moved = c.copy()
moved[1, 0] += h
change = (np.sum(dy * (wide + moved)) - np.sum(dy * (wide + c))) / h
print("gradient of c[1, 0]: four paths", " + ".join(f"({k:g})" for k in dy[1]), f"= {np.sum(dy[1]):g}")
print(f"                     by a small move {change:.3f}")
fig, axes = plt.subplots(1, 2, figsize=(7, 2.6), width_ratios=[1, 4])
draw_matrix(axes[0], c, "c [3 x 1]", marked={(1, 0)})
draw_matrix(axes[1], dy, "upstream gradient at y = a + c [3 x 4]", marked={(1, k) for k in range(4)})
picture(
    fig,
    alt="Two grids. Left c, three rows and one column, its element (1, 0) hatched. Right the upstream gradient, 3 by 4, with all "
    "four elements of row 1 hatched: 5, -1, 3, 1. These are the places where c[1, 0] was used.",
)

# %% [markdown]
# ### Exercise 4: sum back to the shape (2 points, medium, 12 minutes)
#
# A variable of shape `shape` was broadcast, and added. You get the upstream gradient `dout` at the result. Return the gradient of the variable, **of the variable's own shape**. Any number of axes may be missing in front, any may have size 1, both may occur
# together, and there may be nothing to do. `()` is the shape of a single number.
#
# <details><summary>Hint 1</summary>
#
# Do it in two steps. First the axes that the variable does not have: how many are there, and on which side? Then the axes of size 1.
# </details>
# <details><summary>Hint 2: "dout as it came", or how to get rid of an axis</summary>
#
# `a.sum(axis=0)` adds up along the first axis, which is gone then. `a.ndim` is the number of axes that are left.
# </details>
# <details><summary>Hint 3: "the axis of size 1 is lost"</summary>
#
# `a.sum(axis=1, keepdims=True)` leaves an axis of size 1 where the sum was.
# </details>
# <details><summary>Hint 4: "rows and columns of dout taken for each other"</summary>
#
# With square matrices the sizes do not tell which axis is meant; only the place does, counted from the right.
# </details>
# <details><summary>Hint 5: "has shape …, expected …"</summary>
#
# After a sum over an axis the axes behind it have other numbers. Missing axes are always in *front*: sum over axis 0 as often as one is missing, or over a tuple of axes at once.
# </details>


# %% role="solution" name="unbroadcast"
def unbroadcast(dout, shape):
    """The gradient of a variable that was broadcast to the shape of dout.

    dout : ndarray, upstream gradient at the result
    shape : tuple, the variable's shape
    Returns an array of this shape (for the shape () a number will do).
    """
    ### BEGIN SOLUTION
    while dout.ndim > len(shape):
        dout = dout.sum(axis=0)
    for axis in range(len(shape)):
        if shape[axis] == 1:
            dout = dout.sum(axis=axis, keepdims=True)
    return dout
    ### END SOLUTION


# %% role="grade" exercise="unbroadcast"
check("unbroadcast")

# %% [markdown]
# Forward copies, backward adds up: each is the other's counterpart. The next cell tests yours with numpy's own `broadcast_to`, on four shapes: $\sum \text{dout} \cdot \text{broadcast}(v)$ and $\sum \text{unbroadcast}(\text{dout}) \cdot v$ must be the same number for any $v$.

# %% role="show"
rng = np.random.default_rng(1)
for wide, shape in (((2, 3, 4), (4,)), ((2, 3, 4), (3, 1)), ((5, 1, 2), (1, 1)), ((2, 3, 4), ())):
    dout, v = rng.normal(size=wide), rng.normal(size=shape)
    back = attempt(unbroadcast, dout, shape, wanted="numbers")
    if back is None:
        break
    if np.shape(back) == shape:
        same = np.isclose(np.sum(dout * np.broadcast_to(v, wide)), np.sum(back * v))
        print(f"{wide} back to {shape}: {'the same' if same else 'not the same'}")
    else:
        print(f"{wide} back to {shape}: yours has shape {np.shape(back)}")

# %% [markdown]
# ## A matrix by a matrix
#
# So far $N$ counted the numbers of a vector. From here on it is the number of **rows**, the samples, as in the second half of the lecture.
#
# For $y = x\,w$, with $x\ [N \times D]$, $w\ [D \times M]$ and $y\ [N \times M]$, everything has two indices, and $\partial y/\partial x$ has four. To see it as a matrix we flatten. Row by row, the last index moves first:
#
# $$x_{0,0},\; x_{0,1},\; \dots,\; x_{0,D-1},\; x_{1,0},\; \dots$$
#
# In an array with $D$ columns, element $(n, d)$ is number $n D + d$: there are $n$ whole rows in front of it, of $D$ numbers each, and $d$ numbers in its own row.
#
# ### Worked example: the Jacobian of a transpose
#
# Let $x$ be $[2 \times 3]$ and $u = x^\mathsf{T}$, which is $[3 \times 2]$: $u_{d,n} = x_{n,d}$. Six inputs, six outputs. Input $(n, d)$ is number $3n + d$. It touches one output, $(d, n)$, which is number $2d + n$, with slope 1. So each row of the Jacobian holds a single 1.

# %% role="show" jupyter={"source_hidden": true}
# Draws the picture below.
turned = np.zeros((6, 6))
for n in range(2):
    for d in range(3):
        turned[3 * n + d, 2 * d + n] = 1.0
fig, axes = plt.subplots(figsize=(4.2, 3.6))
places = {(int(i), int(j)) for i, j in np.argwhere(turned)}
x_names = [f"x[{n}, {d}]" for n in range(2) for d in range(3)]
u_names = [f"u[{d}, {n}]" for d in range(3) for n in range(2)]
draw_matrix(axes, turned, "", x_names, [name.replace(", ", ",") for name in u_names], places)
for text in axes.texts[-6:]:
    text.set_fontsize(7.5)
picture(
    fig,
    alt="A grid of 6 by 6: rows x[0, 0] to x[1, 2], columns u[0, 0] to u[2, 1]. Each row and each column holds a single 1, hatched: "
    "x[0, 1] belongs to u[1, 0], and so on. All else is 0.",
)

# %% [markdown]
# ### Exercise 5: the Jacobians of a matrix product (2 points, hard, 14 minutes)
#
# Write both Jacobians of $y = x\,w$, flattened row by row, from
#
# $$y_{n,m} = \sum_d x_{n,d}\, w_{d,m}.$$
#
# Begin with zeros and fill in what is not 0, by loops over the indices. The sizes are in `x.shape` and `w.shape`. Nothing needs to be fast here: the matrices are small.
#
# <details><summary>Hint 1</summary>
#
# Move $x_{n,d}$ alone. In which elements of $y$ does it occur in the sum? By which number is it multiplied there? That number belongs into the row of $x_{n,d}$ and the column of that element of $y$.
# </details>
# <details><summary>Hint 2: an IndexError, "counted column by column", "as if its rows had", or no mistake named</summary>
#
# The number of an element depends on the number of *columns* of its own matrix, and on nothing else: $D$ for $x$, $M$ for $w$ and for $y$.
# </details>
# <details><summary>Hint 3: dy/dw</summary>
#
# The same questions for $w_{d,m}$. It occurs once for every sample; and only in one column of $y$.
# </details>
# <details><summary>Hint 4: "in the places of 0, too"</summary>
#
# How many loops do you have? Three indices occur in the sum. A fourth loop would fill in pairs that do not touch.
# </details>


# %% role="solution" name="matmul_jacobians"
def jacobian_x(x, w):
    """The Jacobian dy/dx of y = x w, both flattened row by row.

    x : ndarray, shape (N, D)
    w : ndarray, shape (D, M)
    Returns J, shape (N * D, N * M): a row for each element of x, a column for each of y.
    """
    ### BEGIN SOLUTION
    (N, D), M = x.shape, w.shape[1]
    J = np.zeros((N * D, N * M))
    for n in range(N):
        for d in range(D):
            for m in range(M):
                J[n * D + d, n * M + m] = w[d, m]
    return J
    ### END SOLUTION


def jacobian_w(x, w):
    """The Jacobian dy/dw of y = x w, both flattened row by row.

    x : ndarray, shape (N, D)
    w : ndarray, shape (D, M)
    Returns J, shape (D * M, N * M): a row for each element of w, a column for each of y.
    """
    ### BEGIN SOLUTION
    (N, D), M = x.shape, w.shape[1]
    J = np.zeros((D * M, N * M))
    for n in range(N):
        for d in range(D):
            for m in range(M):
                J[d * M + m, n * M + m] = x[n, d]
    return J
    ### END SOLUTION


# %% role="grade" exercise="matmul_jacobians"
check("matmul_jacobians")

# %% [markdown]
# Now the picture to take away. ReLU of six numbers and your two Jacobians of a product with $N = 2$, $D = 3$, $M = 4$: filled where the number is not 0.

# %% role="show" jupyter={"source_hidden": true}
# Draws the picture below.
rng = np.random.default_rng(2)
x, w = rng.normal(size=(2, 3)), rng.normal(size=(3, 4))
kinds = {
    "ReLU: dy/dx": attempt(relu_jacobian, x.ravel()),
    "product: dy/dx": attempt(jacobian_x, x, w),
    "product: dy/dw": attempt(jacobian_w, x, w),
}
kinds = {title: found for title, found in kinds.items() if isinstance(found, np.ndarray) and found.ndim == 2}
told = []
for axis, (title, found) in zip(
    np.ravel(plt.subplots(1, 3, figsize=(8.5, 4), width_ratios=[6, 8, 8])[1]), kinds.items()
):
    for (i, j), value in np.ndenumerate(found):
        full = {"facecolor": "#2b7bba", "hatch": "///"} if value else {"fill": False}
        axis.add_patch(Rectangle((j, i), 1, 1, edgecolor="#808890", linewidth=0.8, **full))
    size = f"[{found.shape[0]} x {found.shape[1]}]"
    share = f"{100 * np.count_nonzero(found) / found.size:.3g} % not 0"
    axis.set(xlim=(-0.1, found.shape[1] + 0.1), ylim=(found.shape[0] + 0.1, -0.1), aspect="equal")
    axis.set_title(f"{title} {size}\n{share}", fontsize=11)
    axis.set(xticks=[], yticks=[], xlabel="outputs", ylabel="inputs", frame_on=False)
    rows = [" ".join(str(j) for j in np.flatnonzero(row)) or "none" for row in found]
    told.append(f"{title} {size}, {share}. Filled columns, row by row: {'; '.join(rows)}.")
for axis in plt.gcf().axes[len(kinds) :]:
    axis.remove()
if not kinds:
    plt.close()
picture(
    plt.gcf(), alt="Grids side by side, inputs down and outputs across. " + " ".join(told)
) if kinds else None

# %% [markdown]
# Two kinds of zeros. An element-wise step has only a diagonal (that of ReLU is filled where $x$ is above 0). A product has more, in a strict order: an element of $x$ does not touch the rows of other samples; an element of $w$ does not touch other columns. And the numbers repeat: the two filled blocks of the middle picture hold the same numbers.
#
# Such a matrix is a poor way to store so little. But it is right: upstream times local and the sum over all paths is still your `downstream`, and what comes out is put back into the shape of $x$.

# %% role="show"
dout = np.random.default_rng(4).normal(size=(2, 4))
whole = kinds.get("product: dy/dx")
flat = None if np.shape(whole) != (6, 8) else attempt(downstream, whole, dout.ravel())
if np.shape(flat) != (6,):
    print("Once jacobian_x and downstream are right, dL/dx is shown here.")
else:
    gradient = np.reshape(flat, x.shape)
    moved = x.copy()
    moved[1, 2] += h
    change = (np.sum(dout * (moved @ w)) - np.sum(dout * (x @ w))) / h
    print("dL/dx has shape", gradient.shape)
    print(f"dL/dx[1, 2] by the Jacobian: {gradient[1, 2]:.4f}, by a small move: {change:.4f}")

# %% [markdown]
# The next notebook, `07_matmul_backward`, gets the same two gradients straight from `dout`, $x$ and $w$, without any Jacobian, and says what the Jacobians of a real layer would cost.
#
# ### In your own words (2 points, 5 minutes)
#
# Your course's staff read this one; no check looks at it. What one element means is worth one point; each of the other two questions half a point. If you work alone, hold your answer against the summary below.

# %% [markdown] role="written" name="why_that_shape" points=2
# **Why does the gradient of the loss have the shape of its variable?** In the product above $x$ has $N \cdot D$ numbers and $y$ has $N \cdot M$, and yet $\partial L/\partial x$ does not mention $M$ in its shape.
# Say what one element of $\partial L/\partial x$ means, where the $M$ went, and what you would need if the loss were not one number. Three to five sentences.
#
# ### BEGIN SOLUTION
# *Model answer.* The loss is one number, so each element of x has exactly one number that says how fast the loss changes when that element moves: the gradient holds it at the
# same place, and so has the shape of x. We also need it that way to take a step x - lr * dx. Element (n, d) reaches the loss through several elements of y; their shares are
# added, and the sum over m removes M. If the loss were a vector or a matrix, each pair of an output and an element of x would need a number of its own: a Jacobian.
#
# *Rubric.* 1 point: one number for each element of the variable, because the loss is a scalar (½ if only "so that we can subtract it"). ½ point: M is summed
# away, the paths add. ½ point: a loss of several numbers would need a Jacobian, with an element for each pair.
# ### END SOLUTION

# %% [markdown]
# ## Summary
#
# - A derivative has one number for every pair of an input and an output. Of a loss, which is one number, that leaves one for each element of the variable.
# - Layout of this course: inputs down, outputs across, $J_{i,j} = \partial y_j/\partial x_i$. The other layout is its transpose and the same fact.
# - From upstream to downstream: each path gives upstream times local, and the paths of one input add.
# - An element-wise step has a diagonal Jacobian: never form it, multiply element by element.
# - What is broadcast is used in several places: sum its gradient back to its shape.
# - The Jacobian of a matrix product has blocks that repeat, and zeros. Flattening shows it; nobody stores it.
#
# ### References
#
# - T. Parr and J. Howard, *The Matrix Calculus You Need For Deep Learning*, sections "Generalization of the Jacobian" and "Derivatives of vector element-wise binary operators". They write a row for each **output**, the other layout.
# - NumPy manual, "Broadcasting", section "General broadcasting rules".
#
# ### Stretch: a step that is not element-wise (not graded, hard, 10 minutes)
#
# Softmax makes shares of numbers: $y_j = e^{x_j} / \sum_k e^{x_k}$. Every output depends on *every* input, so the Jacobian is full. Its vjp still needs no matrix: write the gradient at $x$ from `y` and `dout` alone, with a few products of vectors. (Start from
# $\partial y_j/\partial x_i$ for $i \neq j$ and for $i = j$; then sum over the paths, and look for what is the same in every row.) The cell below tests it by small moves.


# %% role="solution" name="stretch_softmax"
def softmax_vjp(y, dout):
    """The gradient at x of y = softmax(x), from the output alone.

    y : ndarray, shape (N,), the output
    dout : ndarray, shape (N,), upstream gradient dL/dy
    Returns dx, shape (N,).
    """
    ### BEGIN SOLUTION
    return y * (dout - np.sum(dout * y))
    ### END SOLUTION


# %% role="show"
def softmax(x):
    """Shares that add up to 1."""
    powers = np.exp(x - np.max(x))
    return powers / np.sum(powers)


def softmax_backward(dout, x):
    return {"x": softmax_vjp(softmax(x), dout)}


report, at = None, np.random.default_rng(3).normal(size=5)
if attempt(softmax_vjp, softmax(at), np.ones(5)) is not None:
    report = attempt(check_gradient, softmax, softmax_backward, {"x": at})
report
