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
# # 00 · Start here
#
# **Time:** about 10 minutes, 0 points: nothing here counts.
#
# **When you are done, you will know**
#
# - that your machine runs everything this workbook needs;
# - how an exercise works, from the empty cell to the green tick;
# - how to get the most out of a wrong answer;
# - what is yours to do alone, and where help is welcome.

# %% [markdown]
# ## Does everything run?
#
# Click into the next cell and press Shift+Enter, twice: the first cell loads what is needed and prints nothing, the second prints a line of versions and "all here".

# %% role="setup"
import sys
from importlib.util import find_spec

import numpy as np

from course_lib import __version__, attempt, check

# %% role="show"
needed = {"Python 3.11": sys.version_info >= (3, 11), "numpy 2": int(np.__version__.split(".")[0]) >= 2}
needed |= {name: find_spec(name) is not None for name in ("matplotlib", "IPython")}
missing = [name for name, there in needed.items() if not there]
print("Python", sys.version.split()[0], "· numpy", np.__version__, "· workbook", __version__)
print("missing: " + ", ".join(missing) if missing else "all here")

# %% [markdown]
# If something is missing, or the first cell stops with `ModuleNotFoundError`, install the course again: in the folder that holds the `.whl` file, `pip install "./backprop_workbook-0.1.0-py3-none-any.whl[lab]"`, in the environment that Jupyter runs in. The grader uses numpy and the course's own library, and so can you. There is no network where your answers are graded.

# %% [markdown]
# ## How an exercise works
#
# Each exercise has a text, some hints that unfold when you click them, one cell for your answer, and one cell that checks it. You replace the line `raise NotImplementedError("write this")`, run the cell, and run the check below it. In later notebooks code that only draws a picture is folded away; click its three dots to see it.
#
# **An example.** Somebody was asked to take off the mean of each column of a matrix, and wrote the next cell. **Predict, then run:** it is checked in two ways, on a matrix of several rows and on a matrix with a single row. Which of the two will it fail, or both? What is the mean along `axis=1` of a single row? Decide before you press Shift+Enter.


# %% role="show"
def somebodys_centre(x):
    return x - x.mean(axis=1, keepdims=True)


worth = check("centre", explain=3, namespace={"centre": somebodys_centre})

# %% [markdown]
# ## How to read an explanation
#
# Under the title stands the verdict, and below it each thing that was checked, and for what is wrong three steps that unfold:
#
# 1. **Where?** The element that is furthest off, your number and the expected one. Often a few lines to paste into a cell: the *smallest* numbers that show the mistake (here with `somebodys_centre` in place of `centre`). Work those out by hand; it is the quickest way to see it.
# 2. **What does my answer equal?** Here: "x less the mean of each row". The check has computed what many common mistakes would give, and found the one that gives *exactly* your numbers. It never guesses; where nothing fits it says so.
# 3. **What should I reread?** A question to ask yourself, or a paragraph to read again.
#
# Open one step, try to mend your answer, and only then open the next. You learn more from the step you did not need. (`check("centre", explain=1)` comes with the first step open, `explain=2` with two, `explain=3` with all.) The number under the panel is the points so far; in this notebook it stays 0.0.

# %% [markdown]
# ## What it looks like
#
# For points in the plane ($D = 2$, a point a row) you can see what the two versions do:

# %% role="show" jupyter={"source_hidden": true}
# Draws the picture below.
import matplotlib.pyplot as plt

from course_lib.drawing import picture


def draw_centring():
    points = np.array([2.0, 1.0]) + np.random.default_rng(3).normal(size=(40, 2)) * [0.9, 0.5]
    shown = (
        ("the points", points),
        ("less the mean of each column", points - points.mean(axis=0)),
        ("less the mean of each row", somebodys_centre(points)),
    )
    figure, axes = plt.subplots(1, 3, figsize=(9, 3), sharex=True, sharey=True)
    for ax, (title, at) in zip(axes, shown, strict=True):
        ax.axhline(0, color="0.7", lw=0.8)
        ax.axvline(0, color="0.7", lw=0.8)
        ax.plot(*at.T, "o", ms=3.5)
        ax.plot(*at.mean(axis=0), "k+", ms=14, mew=2)
        ax.set_title(title, fontsize=10)
        ax.set_aspect("equal")
    return figure


picture(
    draw_centring(),
    "Three panels. The points: a cloud to the upper right of the origin, a cross at its middle. Less the mean of each "
    "column: the same cloud, its middle at the origin. Less the mean of each row: all points on one falling line "
    "through the origin; the cloud is lost, and the middle is not at the origin.",
)

# %% [markdown]
# The cross is the mean of the points. Taking off the mean of each *column* moves the cloud to the origin and leaves its shape alone. Taking off the mean of each *row* presses it onto a line. Both give an array of the right shape: a shape that fits proves nothing.
#
# ## Your first answer
#
# ### Exercise 1: centre the columns (0 points, easy, 5 minutes)
#
# Now you. `x` has one sample a row. Return a new array of the same shape, in which the mean of each *column* is zero.
#
# Try something wrong first, on purpose: take off the mean of everything, or change `x` in place with `x -= …` and return it. Read what the check says. Then write the right one.
#
# <details><summary>Hint 1</summary>
#
# `x.mean(axis=0)` runs down each column. `axis=1` would run along each row.
# </details>
# <details><summary>Hint 2: "changed its input x in place"</summary>
#
# `x -= …` writes into the array that you were given, and whoever gave it to you still needs it. `x - …` makes a new one.
# </details>


# %% role="solution" name="centre"
def centre(x):
    """x with the mean of each column taken off.

    x : ndarray, shape (N, D)
    Returns a new ndarray, shape (N, D).
    """
    ### BEGIN SOLUTION
    return x - x.mean(axis=0)
    ### END SOLUTION


# %% role="grade" exercise="centre"
check("centre")

# %% [markdown]
# ## What is graded
#
# When you hand in, staff run your answers against more checks: the same questions with other numbers, other shapes, edge cases, and limits of time and memory. A right answer passes them all. Points are shared out by the checks that pass, so half an answer gets half the points.
#
# Your notebook runs in a closed room: no network, no files but its own, a few seconds for each cell. What you change in cells that are not yours is put back. Save your notebook under its own name, and keep the cells in their order; cells that you add are welcome.
#
# A **prediction** is worth a point for being made, whatever it is. Guess before you look: being surprised is how one remembers.

# %% [markdown]
# ## Working honestly
#
# **With people:** talk about the ideas as much as you like, draw graphs for each other, explain why something works. Write your own code, from an empty cell, without somebody else's beside it.
#
# **With AI tools:** any of them can fill in every cell of this workbook. Then it has done the exercise, and you have not. Good uses: ask it to explain a paragraph in other words, to quiz you, to find the hole in *your* explanation. If your course has rules of its own, they hold.
#
# The point of writing backpropagation by hand is not to have it. It is to be the person who can find out why a gradient is wrong.

# %% [markdown]
# ## Summary
#
# - Write, run, check; unfold one step at a time; mend; check again.
# - Shapes first: the gradient of a loss has the shape of its variable. You will hear it often.
# - Stuck for more than ten minutes? Take the smallest numbers that show it, a pencil, and work them out.
#
# **Next:** 01, the scalar chain rule.
#
# ### Stretch: standardise (not graded, easy, 5 minutes)
#
# Centre each column and divide it by its standard deviation, `x.std(axis=0)`. The cell below shows what you get for 40 points. What must the means and the standard deviations of the result be? And what happens to a column of equal numbers?


# %% role="solution" name="stretch_standardise"
def standardise(x):
    """x with the mean of each column taken off, divided by the column's standard deviation.

    x : ndarray, shape (N, D)
    Returns a new ndarray, shape (N, D).
    """
    ### BEGIN SOLUTION
    return (x - x.mean(axis=0)) / x.std(axis=0)
    ### END SOLUTION


# %% role="show"
given = np.array([2.0, 1.0]) + np.random.default_rng(3).normal(size=(40, 2)) * [0.9, 0.5]
found = attempt(standardise, given.copy(), wanted="numbers")
if np.shape(found) == given.shape:
    print("means:              ", np.round(np.mean(found, axis=0), 3) + 0.0)
    print("standard deviations:", np.round(np.std(found, axis=0), 3))
