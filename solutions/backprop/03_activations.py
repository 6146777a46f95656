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
# # 03 · Activations and their slopes
#
# **Time:** about 60 minutes.

# %% role="setup"
import numpy as np

from course_lib import check
from course_lib.layers import Elementwise

# %% [markdown]
# ## The slope, told from the height
#
# ### Exercise 2: from the output alone (3 points, medium, 14 minutes)


# %% role="solution" name="from_the_output"
class Sigmoid(Elementwise):
    """y = 1 / (1 + exp(-x)), element by element."""

    def forward(self, x):
        """The output, kept in self.y and nothing else."""
        with np.errstate(over="ignore"):  # where exp(-x) is too large, 1 / infinity is 0, which is right
            self.y = 1 / (1 + np.exp(-x))
        return self.y

    def backward(self, dout):
        """dx, from dout and self.y."""
        ### BEGIN SOLUTION
        return dout * self.y * (1 - self.y)
        ### END SOLUTION


class Tanh(Elementwise):
    """y = tanh(x), element by element."""

    def forward(self, x):
        """The output, kept in self.y and nothing else."""
        self.y = np.tanh(x)
        return self.y

    def backward(self, dout):
        """dx, from dout and self.y."""
        ### BEGIN SOLUTION
        return dout * (1 - self.y**2)
        ### END SOLUTION


# %% role="grade" exercise="from_the_output"
check("from_the_output")
