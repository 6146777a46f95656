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

# %% role="setup"
import numpy as np

from course_lib import check
from course_lib.given import sigmoid

# %% [markdown]
# ### Exercise 1: forward values (1 point, easy, 5 minutes)
#
# The graph of $f = (2x + y)\,z$ has three gates: $d = 2x$, then $q = d + y$, then $f = qz$.


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
