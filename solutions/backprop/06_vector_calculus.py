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
# **Time:** about 1 hour, 3 points. It stands on its own: nothing from other notebooks is needed.
#
# **When you are done, you will be able to**
#
# - say which shape the derivative of any array by any other has, and what each number in it means;
# - write a Jacobian in the layout of this course, and recognise the other one;
# - get from an upstream gradient to a downstream one, with a Jacobian and without;
#
# Vectors have one axis here, as in numpy: shape `(3,)`. Indices count from 0. `dout` is the upstream gradient $\partial L/\partial y$ of the loss $L$, which is one number; $x$ is always the
# input of a map and $y$ its output.
#
# Hints quote what the panel of a check says. Unfold the panel to see all of it, or write `check("shapes", explain=2)`.

# %% role="setup"
import math

import numpy as np

from course_lib import check


def attempt(function, *args):
    """The value of function(*args); None, with a line that says why, while your function cannot give it."""
    name = getattr(function, "__name__", "your answer")
    try:
        return function(*args)
    except NotImplementedError:
        print(f"{name} is not written yet: do its exercise first, then run this cell again.")
    except Exception as error:
        print(f"{name} raised {type(error).__name__}: mend it with its check, then run this cell again.")
    return None


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
x = np.array([1.0, 3.0, -2.0])
h = 1e-6


def two_rows(x):
    """The map of the worked example."""
    return np.array([x, x**2])


derivative = np.zeros((3, 2, 3))
for k in range(3):
    moved = x.copy()
    moved[k] += h
    derivative[k] = (two_rows(moved) - two_rows(x)) / h
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
    """The shape of dy/dx as a matrix: x and y are flattened, a row for each input, a column for each output.

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

# %% role="show"
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
J = np.array([[3.0, a[1], 2 * a[0]], [0.0, a[0], 1.0]])
fig, axes = plt.subplots(1, 2, figsize=(7.5, 3), width_ratios=[3, 2])
a_names, u_names = ["a[0]", "a[1]"], ["u[0]", "u[1]", "u[2]"]
draw_matrix(axes[0], J, "J, this course [2 x 3]", a_names, u_names, {(0, k) for k in range(3)})
draw_matrix(axes[1], J.T, "K, the other layout [3 x 2]", u_names, a_names, {(k, 0) for k in range(3)})
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
# Upstream times local along each path; and one input reaches the loss through *every* output, so the paths add. For $a_0$ of the worked example, with `dout` $= (1, -2, 4)$: the path by $u_0$ gives $1 \cdot 3$, the one by $u_1$ gives $-2 \cdot 5$, the one by
# $u_2$ gives $4 \cdot 4$. Together 9. The next cell asks a small move.

# %% role="show"
dout = np.array([1.0, -2.0, 4.0])


def loss_behind(a):
    """A loss whose gradient at u is dout, behind the map of the worked example."""
    u = np.array([3 * a[0], a[0] * a[1], a[0] ** 2 + a[1]])
    return float(np.sum(dout * u))


print("by the paths:     ", " + ".join(f"({d:g})({j:g})" for d, j in zip(dout, J[0])), "= 9")
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
# <details><summary>Hint 4: "mismatch in its core dimension"</summary>
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
# ## Summary
#
# - A derivative has one number for every pair of an input and an output.
