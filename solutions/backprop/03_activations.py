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
# **Time:** about 70 minutes, 12 points. It stands on its own: nothing from other notebooks is needed. (A **layer** is an object with two methods: `forward(x)` computes the output and keeps what it will need, `backward(dout)` takes the gradient of the loss by the output and returns the one by the input. 02 has more of them.) 08 uses the layers that you write here.
#
# **When you are done, you will be able to**
#
# - compute an activation far from zero without a number that is too large;
# - find a slope from the output alone, and say what that saves;
# - say which slopes are right at a kink or at a tie, and why there are several;
# - measure saturation, and see what it does to a gradient on its way through many layers;
# - say why ReLU is a good default, and what it costs.
#
# `dout` is the upstream gradient $\partial L/\partial y$, of the shape of the output $y$; `dx` is $\partial L/\partial x$.
# Hints quote what the panel of a check says. Unfold the panel to see all of it, or write `check("kinked", explain=2)`.

# %% role="setup"
import numpy as np

from course_lib import attempt, check
from course_lib.layers import Elementwise

# %% [markdown]
# ## One number at a time
#
# Between two matrix products of a network stands an *activation*: a function of one number, applied to each element by itself. These are the lecture's:
#
# | name | output at $x$ |
# |---|---|
# | sigmoid | $\sigma(x) = 1/(1 + e^{-x})$ |
# | tanh | $\tanh(x)$ |
# | ReLU | $\max(0, x)$ |
# | leaky ReLU | $\max(0.1\,x,\ x)$ |
# | ELU, with a number $\alpha > 0$ | $x$ where $x > 0$, and $\alpha\,(e^{x} - 1)$ elsewhere |
#
# Output $y_i$ depends on $x_i$ and on no other element. So there is one path, and
#
# $$\frac{\partial L}{\partial x_i} = \frac{\partial L}{\partial y_i}\cdot f'(x_i)$$
#
# Upstream times local, element by element. All that differs between activations is the local gradient $f'$, the *slope* of the curve. The picture shows each curve and its slope, which the cell finds by small moves.
# %% role="show" jupyter={"source_hidden": true}
# Draws the picture below.
import matplotlib.pyplot as plt

from course_lib.drawing import picture

CURVES = {
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "tanh": np.tanh,
    "ReLU": lambda x: np.maximum(0, x),
    "leaky ReLU (0.1)": lambda x: np.maximum(0.1 * x, x),
    "ELU (alpha = 1)": lambda x: np.where(x > 0, x, np.exp(x) - 1),
    "ELU (alpha = 2)": lambda x: np.where(x > 0, x, 2 * (np.exp(x) - 1)),
}


def draw_curves(flat=0.05):
    """Each curve, its slope by small moves, and where that is below `flat`."""
    x = np.linspace(-6, 6, 241) + 1e-4  # no point falls on the kink at 0
    fig, axes = plt.subplots(2, 3, figsize=(9, 5), sharex=True, sharey=True)
    for axis, (name, curve) in zip(axes.flat, CURVES.items()):
        slope = (curve(x + 1e-5) - curve(x - 1e-5)) / 2e-5
        axis.fill_between(
            x, -2.3, 3.3, where=slope < flat, facecolor="none", edgecolor="#9aa2aa", hatch="///", linewidth=0
        )
        axis.plot(x, curve(x), color="#2b7bba", linewidth=2.2)
        bend = np.searchsorted(x, 0)
        for part in (slice(None, bend), slice(bend, None)):  # the slope may jump at 0
            axis.plot(x[part], slope[part], color="#d1662a", linewidth=1.8, linestyle="--")
        axis.set_title(name, fontsize=11)
        axis.set(xlim=(-6, 6), ylim=(-2.3, 3.3), xticks=(-6, -3, 0, 3, 6), yticks=(-2, -1, 0, 1, 2, 3))
        axis.grid(alpha=0.25)
    fig.tight_layout()
    return fig


picture(
    draw_curves(),
    alt="Six small plots over x from -6 to 6: a solid line is the activation, a dashed line its slope, and the hatched part is "
    "where the slope is below 0.05. Sigmoid: the slope is a low hump with its top of 0.25 at 0, hatched beyond about 3 on both "
    "sides. Tanh: a hump with its top of 1 at 0, hatched beyond about 2 on both sides. ReLU: slope 0 and hatched left of "
    "0, slope 1 right of it. Leaky ReLU: slope 0.1 left of 0 and 1 right of it, nothing hatched. ELU: the slope rises "
    "to alpha at 0 from the left, is 1 right of it, and is hatched left of -3.0; "
    "for alpha = 2 the slope jumps down at 0, and is hatched left of -3.7.",
)

# %% [markdown]
# Solid is the curve, dashed its slope. Where a plot is hatched the slope is below 0.05, and hardly anything of an upstream gradient gets through.
#
# ## A number that is too large
#
# The largest number that float64 holds is about $1.8 \cdot 10^{308}$. So $e^{x}$ *overflows* from $x \approx 710$ on: numpy gives infinity and a warning. Infinity over infinity is then nan, and so is 0 times infinity; and one nan spoils every gradient behind it.
#
# **Worked example: softplus.** The formula $s(x) = \log(1 + e^{x})$ gives infinity at $x = 1000$, where the right value is 1000. Take the large factor out:
#
# $$\log(1 + e^{x}) = \log\bigl(e^{x}\,(e^{-x} + 1)\bigr) = x + \log(1 + e^{-x})$$
#
# For positive $x$ the form on the right is safe, for negative $x$ the one on the left. In both, the exponential gets $-|x|$, which is never above 0, and so never gives more than 1. Both in one line:

# %% role="show"
print(f"exp(709) = {np.exp(709.0):.3g}, and the largest number is {np.finfo(np.float64).max:.3g}")


def softplus(x):
    return np.maximum(x, 0) + np.log(1 + np.exp(-np.abs(x)))


for point in (-1000.0, -1.0, 0.0, 1.0, 1000.0):
    print(f"softplus({point:g}) = {softplus(point):.6g}")

# %% [markdown]
# One trap: `np.where(condition, a, b)` computes *all* of `a` and *all* of `b`, and only then chooses. An exponential in the branch that is not chosen overflows all the same.
#
# ### Exercise 1: two curves without overflow (2 points, easy, 12 minutes)
#
# Write the sigmoid and the ELU by the formulas above, for arrays of any shape, so that nothing overflows anywhere. (Switching the warning off leaves the overflow where it is.)
#
# <details><summary>Hint 1: "sigmoid overflows …"</summary>
#
# As in the worked example, there is a second form of the fraction: multiply its top and its bottom by $e^{x}$. Which of the two forms is safe for which $x$?
# </details>
# <details><summary>Hint 2: one exponential for both forms</summary>
#
# $e^{-|x|}$ is what stands in both forms, each on its side of 0. Compute it once; then only the top of the fraction depends on the side.
# </details>
# <details><summary>Hint 3: "elu overflows …"</summary>
#
# The exponential is wanted only where $x$ is not above 0. Give it a number that is harmless elsewhere: `np.minimum` makes one. It is for the exponential alone: right of 0 the output is still $x$.
# </details>
# <details><summary>Hint 4: "the bracket is lost", or "alpha is not used"</summary>
#
# $\alpha$ multiplies all of $e^{x} - 1$, and nothing above 0.
# </details>


# %% role="solution" name="two_curves"
def sigmoid(x):
    """1 / (1 + exp(-x)), element by element.

    x : ndarray of any shape
    """
    ### BEGIN SOLUTION
    small = np.exp(-np.abs(x))
    return np.where(x > 0, 1.0, small) / (1 + small)
    ### END SOLUTION


def elu(x, alpha):
    """x where x > 0, and alpha (exp(x) - 1) elsewhere, element by element.

    x : ndarray of any shape
    alpha : a number above 0
    """
    ### BEGIN SOLUTION
    return np.where(x > 0, x, alpha * (np.exp(np.minimum(x, 0)) - 1))
    ### END SOLUTION


# %% role="grade" exercise="two_curves"
check("two_curves")

# %% [markdown]
# ## The slope, told from the height
#
# backward needs the slope at each $x$. So forward keeps $x$? Often something better is at hand: the output.
#
# **Worked example: the exponential.** $y = e^{x}$ has the slope $e^{x}$, and that is $y$ itself. The layer keeps $y$, and backward computes no exponential a second time. (`Elementwise` watches the shapes, and asks nothing of you.)


# %% role="show"
class Exp(Elementwise):
    """y = exp(x), element by element."""

    def forward(self, x):
        self.y = np.exp(x)
        return self.y

    def backward(self, dout):
        return dout * self.y


example = Exp()
print("forward: ", example.forward(np.array([0.0, 1.0, -1.0])).round(4))
print("backward:", example.backward(np.array([1.0, 1.0, 10.0])).round(4))

# %% [markdown]
# **Another: one over x.** $y = 1/x$ has the slope $-1/x^2$. Look for $y$ in it: $1/x^2 = (1/x)^2$, so the slope is $-y^2$. The way is always the same: write down the slope in terms of $x$, then look for $y$ in it until no $x$ is left.
#
# What is gained? The output is as a rule kept anyway, since the next layer takes it as its input: a matrix product has to remember its inputs. A layer that needs nothing else costs no memory of its own.
#
# ### Exercise 2: from the output alone (3 points, medium, 12 minutes)
#
# `forward` is given. It keeps `self.y` and nothing else. Write `backward` for both, from `self.y` and `dout`; the check puts other outputs into `self.y` to see that this is so.
#
# (The sigmoid here is the lecture's formula with the warning switched off: where $e^{-x}$ overflows, $1/\infty = 0$ happens to be the right value. So a slip in exercise 1 costs nothing here.)
#
# <details><summary>Hint 1: where to begin</summary>
#
# Differentiate $(1 + e^{-x})^{-1}$ by the chain rule. For $\tanh(x) = \sinh(x)/\cosh(x)$ use the quotient rule, with $\sinh' = \cosh$ and $\cosh' = \sinh$.
# </details>
# <details><summary>Hint 2: the sigmoid's slope still has x in it</summary>
#
# $\dfrac{e^{-x}}{(1 + e^{-x})^2}$ is a product of two fractions, each over $1 + e^{-x}$. One of them is $y$. What do the two add up to?
# </details>
# <details><summary>Hint 3: tanh's slope still has x in it</summary>
#
# Divide each part of the numerator $\cosh^2(x) - \sinh^2(x)$ by $\cosh^2(x)$.
# </details>
# <details><summary>Hint 4: "the activation is applied twice", or "x put where the output belongs"</summary>
#
# The formula you found wants $y = f(x)$, and `self.y` is that already: put nothing through the activation again. Compare with the picture: at $x = 3$ both slopes are near 0.
# </details>


# %% role="solution" name="from_the_output"
class Sigmoid(Elementwise):
    """y = 1 / (1 + exp(-x)), element by element."""

    def forward(self, x):
        """The output, kept in self.y; nothing else is kept."""
        with np.errstate(over="ignore"):
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
        """The output, kept in self.y; nothing else is kept."""
        self.y = np.tanh(x)
        return self.y

    def backward(self, dout):
        """dx, from dout and self.y."""
        ### BEGIN SOLUTION
        return dout * (1 - self.y**2)
        ### END SOLUTION


# %% role="grade" exercise="from_the_output"
check("from_the_output")

# %% [markdown]
# ## At a kink
#
# **Worked example: the absolute value.** $y = |x|$ has slope $-1$ on the left of 0 and $1$ on the right. *At* 0 it has none: a small move to the right and one to the left say different things.
#
# backward must return something there. Which numbers are right? To the left the slope is $-1$, to the right it is $1$; every number from $-1$ to $1$ is as good as another (they are called *subgradients*), and
# gradient descent gets along with each. Not right are 2, which no side says, and nan.
#
# **So in this course: at a kink, any value between the two one-sided slopes is right.** Three ways to write it down, two of them right:

# %% role="show"
points = np.array([-2.0, 0.0, 3.0])
print("np.sign(x):                ", np.sign(points))
print("np.where(x < 0, -1.0, 1.0):", np.where(points < 0, -1.0, 1.0))
with np.errstate(invalid="ignore"):
    print("np.abs(x) / x:             ", np.abs(points) / points)

# %% [markdown]
# The third one is wrong at 0 alone. Is that worth a thought? Among random floats an exact 0 is rare; but ReLU *makes* exact zeros, padding does, and weights often start at 0. One nan among a million numbers is enough.
#
# ### Exercise 3: three curves with a kink (3 points, medium, 16 minutes)
#
# `forward` is given and keeps `self.x`. (You may keep something else, as long as the output stays the same.) Write `backward` for all three.
#
# Two things to mind. Whoever called you still needs `dout`, so do not write into it. And for ELU nothing says that $\alpha = 1$: for another $\alpha$ it has a kink at 0 too, as the picture shows. Nor is leaky ReLU's `self.slope` always 0.1 (it is always below 1).
#
# <details><summary>Hint 1: where to begin</summary>
#
# Each curve has two parts. Write the slope of each part on paper, then choose by the sign of $x$: `np.where(condition, a, b)`, or `condition * a`, since True counts as 1.
# </details>
# <details><summary>Hint 2: "the sign of x decides, and not that of dout"</summary>
#
# $\max(0, \cdot)$ is what *forward* does to $x$. backward lets the upstream gradient through where $x$ was positive, whether that gradient is positive or negative.
# </details>
# <details><summary>Hint 3: "zero at the kink", or "the slopes of both sides added up"</summary>
#
# One of your cases must be for $x > 0$ and the other for *all the rest*: with `x > 0` and `x < 0` the number 0 is in no case, with `>=` and `<=` in both.
# </details>
# <details><summary>Hint 4: ELU, "where x is below 0"</summary>
#
# The slope of $\alpha\,(e^{x} - 1)$: what becomes of $\alpha$, of $e^{x}$, and of the $-1$, when you differentiate? Test yourself with the picture: just left of 0 the slope is $\alpha$.
# </details>
# <details><summary>Hint 5: "It holds nan or inf"</summary>
#
# `(x > 0) * 1.0 + (x <= 0) * np.exp(x)` multiplies 0 by infinity at $x = 1000$. Make the number harmless before the exponential sees it, as in exercise 1.
# </details>
# <details><summary>Hint 6: "changed its input dout in place"</summary>
#
# `dx = dout` makes no copy, only a second name. Compute a new array, or start from `dout.copy()`.
# </details>


# %% role="solution" name="kinked"
class ReLU(Elementwise):
    """y = max(0, x), element by element."""

    def forward(self, x):
        """The output; keeps self.x."""
        self.x = x
        return np.maximum(0, x)

    def backward(self, dout):
        """dx, from dout and what forward kept."""
        ### BEGIN SOLUTION
        return dout * (self.x > 0)
        ### END SOLUTION


class LeakyReLU(Elementwise):
    """y = max(slope * x, x), element by element; slope is 0.1 in the lecture, often 0.01 elsewhere."""

    slope = 0.1

    def forward(self, x):
        """The output; keeps self.x."""
        self.x = x
        return np.maximum(self.slope * x, x)

    def backward(self, dout):
        """dx, from dout and what forward kept."""
        ### BEGIN SOLUTION
        return dout * np.where(self.x > 0, 1.0, self.slope)
        ### END SOLUTION


class ELU(Elementwise):
    """y = x where x > 0, and alpha (exp(x) - 1) elsewhere, element by element."""

    def __init__(self, alpha=1.0):
        self.alpha = alpha

    def forward(self, x):
        """The output; keeps self.x."""
        self.x = x
        with np.errstate(over="ignore"):
            return np.where(x > 0, x, self.alpha * (np.exp(x) - 1))

    def backward(self, dout):
        """dx, from dout and what forward kept."""
        ### BEGIN SOLUTION
        return dout * np.where(self.x > 0, 1.0, self.alpha * np.exp(np.minimum(self.x, 0)))
        ### END SOLUTION


# %% role="grade" exercise="kinked"
check("kinked")

# %% [markdown]
# ## The larger of two
#
# Some layers have two inputs. Each of them gets a gradient of its own, and backward returns them as a tuple, in the order of forward's arguments.
#
# **Worked example: the distance.** $y = |a - b|$. Where $a > b$ it is $a - b$: moving $a$ up moves $y$ up, moving $b$ up moves $y$ down, so the gradients are `dout` and `-dout`. Where $a < b$ it is the other way round.
# At a *tie*, $a = b$, there is a kink: any $(s, -s)$ times `dout` with $s$ from $-1$ to $1$ is right. The two belong together: moving both inputs up by the same amount changes nothing, so the two must cancel.


# %% role="show"
class Distance(Elementwise):
    """y = |a - b|, element by element, for arrays of one shape."""

    inputs = ("a", "b")

    def forward(self, a, b):
        self.sign = np.sign(a - b)
        return np.abs(a - b)

    def backward(self, dout):
        return dout * self.sign, -dout * self.sign


example = Distance()
print("forward: ", example.forward(np.array([5.0, 1.0, 2.0]), np.array([3.0, 3.0, 2.0])))
for name, gradient in zip(("da", "db"), example.backward(np.array([10.0, 10.0, 10.0]))):
    print(f"backward: {name} = {gradient}")

# %% [markdown]
# Now $y = \max(a, b)$, element by element. It is the core of *maxout*, an activation that takes the larger of two affine functions of its input (later notebooks put those in front of it). ReLU is the case $b = 0$.
#
# Which of the two inputs moves the output when it moves a little? At a tie, moving *both* up by the same amount moves $y$ by just that amount. **So at a tie the shares of `dout` add up to 1, and each is from 0 to 1**: $(t,\ 1 - t)$, for any $t$ from 0 to 1.
#
# ### Exercise 4: the larger of two (2 points, easy, 8 minutes)
#
# Write `backward`: both gradients, as a tuple, right at a tie too.
#
# <details><summary>Hint 1</summary>
#
# Keep in forward, or find in backward, where $a$ is the larger one: an array of True and False. The other input's array follows from it.
# </details>
# <details><summary>Hint 2: "the whole upstream gradient for both at a tie", or "zero for both at a tie"</summary>
#
# If $b$ gets what is left over from $a$, a tie is in exactly one of the two cases.
# </details>
# <details><summary>Hint 3: "it goes to the smaller one unless the two are returned in the wrong order"</summary>
#
# Try $a = 5$, $b = 3$ by hand: which one of them moves $y$? Its gradient stands in its own place in the tuple.
# </details>


# %% role="solution" name="maximum"
class Maximum(Elementwise):
    """y = max(a, b), element by element, for arrays of one shape."""

    inputs = ("a", "b")

    def forward(self, a, b):
        """The output; keeps self.a and self.b."""
        self.a, self.b = a, b
        return np.maximum(a, b)

    def backward(self, dout):
        """da and db, as a tuple."""
        ### BEGIN SOLUTION
        first = self.a > self.b
        return dout * first, dout * ~first
        ### END SOLUTION


# %% role="grade" exercise="maximum"
check("maximum")

# %% [markdown]
# Leaky ReLU is $\max(x,\ 0.1\,x)$: both inputs of the maximum come from $x$, by two paths, and paths add. Does your `Maximum` agree with your `LeakyReLU`?


# %% role="show"
def two_ways():
    x, dout = np.array([-3.0, -0.5, 0.5, 4.0]), np.array([1.0, -2.0, 3.0, -4.0])
    larger, leaky = Maximum(), LeakyReLU()
    larger.forward(x, 0.1 * x)
    da, db = larger.backward(dout)
    leaky.forward(x)
    return da + 0.1 * db, leaky.backward(dout)


both = attempt(two_ways)
if both is not None:
    print("da + 0.1 db: ", both[0])
    print("LeakyReLU dx:", both[1])

# %% [markdown]
# ## Saturation
#
# An element is *saturated* when the curve is nearly flat there. To count, we need a threshold: **an element of $x$ is saturated, for a threshold $t$, when its slope is below $t$ in size**, $|f'(x_i)| < t$. (In size: a slope of $-3$ is as steep as one of 3.)
# The *saturated share* is the number of saturated elements over the number of all elements.
#
# **Worked example.** A curve has the slopes 0.02, $-0.5$, $-0.001$ and 0.3 at the four elements of $x$. For $t = 0.05$ the first and the third are saturated: a share of $2/4 = 0.5$.
#
# ### Exercise 5: saturation (2 points, medium, 12 minutes)
#
# First a prediction; its point is for making it, not for being right. **A gradient of size 1 walks back through 20 sigmoids in a row, each of them standing at its steepest point, $x = 0$. What is left of it?** (Between any two a shift, whose slope is 1, brings the number back to 0; there are no weights.) Look at the picture
# above, guess, and write the number down before you compute.
#
# Then the saturated share, for *any* layer with `forward` and `backward`. You are not told its formula, so you need its slopes from what it can do.
#
# <details><summary>Hint 1: how to get the slopes</summary>
#
# `backward(dout)` returns `dout` times the slope. For which `dout`, an array of the shape of the output, is that the slope itself at every element? (In tests of a backward this `dout` is a bad choice, as it hides a forgotten upstream; here it is what we want.)
# </details>
# <details><summary>Hint 2: "was called before forward"</summary>
#
# A layer knows at which `x` its slopes are asked for only after `forward(x)`.
# </details>
# <details><summary>Hint 3: "another one for the same curve turned upside down"</summary>
#
# Compare the *size* of the slope with the threshold: `np.abs`.
# </details>
# <details><summary>Hint 4: "the number of saturated elements, not their share"</summary>
#
# The mean of an array of True and False is the share of True.
# </details>


# %% role="solution" name="saturation"
def predict_gradient_left():
    """Your guess, a number: what is left of a gradient of 1 behind 20 sigmoids, all at x = 0."""
    ### BEGIN SOLUTION
    return 0.001
    ### END SOLUTION


def saturated_share(layer, x, threshold):
    """The share, from 0 to 1, of the elements of x where the slope is below the threshold in size.

    layer : an object with forward(x) and backward(dout), element by element
    x : ndarray of any shape
    threshold : a number above 0
    """
    ### BEGIN SOLUTION
    layer.forward(x)
    slopes = layer.backward(np.ones(x.shape))
    return np.mean(np.abs(slopes) < threshold)
    ### END SOLUTION


# %% role="grade" exercise="saturation"
check("saturation")

# %% [markdown]
# Now the reveal, with your own `Sigmoid`.


# %% role="show"
def twenty_sigmoids():
    gradient = np.array([1.0])
    for _ in range(20):
        layer = Sigmoid()
        layer.forward(np.array([0.0]))
        gradient = layer.backward(gradient)
    return float(gradient[0])


guess = attempt(predict_gradient_left)
left = attempt(twenty_sigmoids) if guess is not None else None
if left is not None and isinstance(guess, int | float | np.number):
    print(f"you predicted {guess:.3g}; your Sigmoid says {left:.3g}")
    print(
        f"its slope at 0 is 0.25, and twenty of them make 0.25 ** 20 = {0.25**20:.3g}: the two should agree"
    )

# %% [markdown]
# And this at the *best* point of the sigmoid. How often is it *much* worse? The next cell draws 10,000 numbers with a standard deviation of 1, 3 and 31 and puts them through your layers. (31 is no invention: it is about what the lecture's
# first layer gives, with its 1000 inputs and its weights, all of standard deviation 1, since $\sqrt{1000} = 31.6$.)


# %% role="show"
def layers():
    """One of each of your activations."""
    return {"sigmoid": Sigmoid(), "tanh": Tanh(), "ReLU": ReLU(), "leaky ReLU": LeakyReLU(), "ELU": ELU()}


def share_table():
    z = np.random.default_rng(0).normal(size=10_000)
    rows = {}
    for name, layer in layers().items():
        shares = []
        for scale in (1, 3, 31):
            shares.append(attempt(saturated_share, layer, scale * z, 0.05, wanted="a number"))
            if shares[-1] is None:
                break
        else:
            rows[name] = shares
    return rows


if attempt(saturated_share, Exp(), np.zeros(1), 0.05, wanted="a number") is not None:
    print("saturated (slope below 0.05) at a standard deviation of:")
    print(f"{'':>11} {'1':>7} {'3':>7} {'31':>7}")
    for name, shares in share_table().items():
        print(f"{name:>11} " + " ".join(f"{share:7.1%}" for share in shares))

# %% [markdown]
# Read it row by row. Sigmoid and tanh are hardly saturated by small numbers and almost wholly by large ones. ReLU is flat for half of the numbers, *whatever their size*, and has slope 1 for the other half, whatever their size. Leaky ReLU with the slope 0.1 is never that flat. ELU
# is flat on the far left only; of large numbers that is nearly half.
#
# ## Twenty layers deep
#
# In a network there are weights between the activations, and they may make up for small slopes, or not. So here is an experiment: 20 layers of 100 units, each a matrix product and an activation of yours. Random inputs go forward, a random upstream gradient comes back.
# How large is the gradient after each layer on its way back, compared with what came in at the end?
#
# The weights are random with mean 0 and a variance of $1/100$ (left) or $2/100$ (right). With 100 inputs to each unit, $1/100$ keeps the size of the numbers as it is in a net without activations; with ReLU, which drops half of them, it takes twice that.


# %% role="show"
def way_back(layer_of, variance, depth=20, width=100, samples=64):
    """Size of the gradient after each layer on the way back, over its size at the start."""
    rng = np.random.default_rng(3)
    x, kept = rng.normal(size=(samples, width)), []
    for _ in range(depth):
        w, layer = rng.normal(size=(width, width)) * np.sqrt(variance / width), layer_of()
        x = layer.forward(x @ w)
        kept.append((w, layer))
    dout = rng.normal(size=x.shape)
    sizes = [np.linalg.norm(dout)]
    for w, layer in reversed(kept):
        dout = layer.backward(dout) @ w.T
        sizes.append(np.linalg.norm(dout))
    return np.array(sizes) / sizes[0]


STYLES = {
    "sigmoid": ("#d1662a", "-", "o"),
    "tanh": ("#2b7bba", "--", "s"),
    "ReLU": ("#3a8f4f", "-", "^"),
    "leaky ReLU": ("#a0559c", ":", "v"),
    "ELU": ("#8a7a1e", "-.", "D"),
}
KINDS = {"sigmoid": Sigmoid, "tanh": Tanh, "ReLU": ReLU, "leaky ReLU": LeakyReLU, "ELU": ELU}
ways = {
    name: attempt(lambda kind=kind: [way_back(kind, 1), way_back(kind, 2)]) for name, kind in KINDS.items()
}
ways = {name: both for name, both in ways.items() if both is not None}


def draw_ways():
    fig, axes = plt.subplots(1, 2, figsize=(9, 3.8), sharey=True)
    for axis, place, title in zip(axes, (0, 1), ("weights of variance 1/100", "weights of variance 2/100")):
        for name, both in ways.items():
            colour, line, marker = STYLES[name]
            axis.semilogy(
                range(21),
                both[place],
                color=colour,
                linestyle=line,
                marker=marker,
                markevery=4,
                markersize=5,
                label=name,
            )
        axis.set_title(title, fontsize=11)
        axis.set_xlabel("layers passed on the way back")
        axis.set_xticks(range(0, 21, 5))
        axis.grid(alpha=0.25)
    axes[0].set_ylabel("size of the gradient")
    if ways:
        axes[1].legend(loc="lower left", frameon=False, fontsize=9)
    fig.tight_layout()
    return fig


picture(
    draw_ways(),
    alt="Two plots with a logarithmic axis: the size of the gradient after 0 to 20 layers on the way back, a line for each of your "
    "activations. Left, weights of variance 1/100: sigmoid falls steeply to about 10 to the -13; ReLU and leaky ReLU fall "
    "together to about 10 to the -3; tanh and ELU stay above a tenth. Right, variance 2/100: sigmoid still falls to "
    "about 10 to the -10; all others end between about 0.8 and 4. Activations that are not written yet are left out.",
) if ways else None

# %% role="show"
for name, both in ways.items():
    print(
        f"{name:>11}: after 20 layers {both[0][-1]:.1g} of the gradient (variance 1/100), {both[1][-1]:.1g} (variance 2/100)"
    )

# %% [markdown]
# ### Is ReLU a good default?
#
# The lecture says so: a good default for most problems. So does the textbook by Goodfellow, Bengio and Courville (*Deep Learning*, 2016, section 6.3), which adds that one can usually not know beforehand which unit will work best. What do your numbers say?
#
# **For it.** Where a ReLU is on, its slope is exactly 1, however large $x$ is: it does not saturate there. With weights of the right size the gradient arrives 20 layers further back at about the size it had; the sigmoid's is gone with either size of weights.
#
# A ReLU is also cheap, a comparison and no exponential, and its output holds exact zeros. Deep nets of such units were found to train at least as well as those of tanh (Glorot, Bordes and Bengio, *Deep sparse rectifier neural networks*, 2011, abstract).
#
# **Against it.** For each sample about half of the units are off: they let nothing through. A unit that is off for *every* sample gets no gradient at all and stays as it is: it is *dead*, which may happen when a learning rate is too high (CS231n notes, *Neural networks part 1*, "Commonly used activation functions"). Leaky ReLU, ELU and maxout are ways out.
#
# It also needs weights of the right size. With the smaller ones of the left plot it passes about a thousandth, while tanh and ELU pass more than a tenth. (For ReLU a variance of 2 over the number of inputs is the usual choice: CS231n notes, *Neural networks part 2*, "Weight initialization".) And its outputs are never negative, so their mean is above 0: each layer hands a constant shift on to the next, which the biases have to take away again.
#
# **So.** "Default" does not mean "best". In this experiment tanh does as well as ReLU on the right and better on the left, and an experiment with random weights says nothing about training. What speaks for beginning with ReLU is that it is simple, cheap, and not flat for large inputs. What your numbers do speak against is the sigmoid in many hidden
# layers; at the output of a net, where its value is a probability, it is at home.
#
# ## Summary
#
# - An activation's backward is upstream times slope, element by element. The slope is the only thing that differs.
# - Take the exponential only of numbers that are not above 0. `np.where` computes both of its branches.
# - The slope of sigmoid, tanh and exp can be told from the output, which the next layer mostly keeps anyway.
# - At a kink any value between the one-sided slopes is right; at a tie of a maximum, any shares from 0 to 1 that add up to 1. Zero for both, the whole for both, and nan are wrong.
# - Saturated is what has a slope below a threshold in size. A gradient dies of many factors below 1, one for each layer.
#
# ### Stretch: swish (not graded, hard, 10 minutes)
#
# $y = x\,\sigma(x)$. Here $x$ has two paths to $y$, and the curve goes down before it goes up. Write `backward`, and keep in forward what you want. The cell below tests it by small moves, and counts where the slope is negative.


# %% role="solution" name="stretch_swish"
class Swish(Elementwise):
    """y = x / (1 + exp(-x)), element by element."""

    def forward(self, x):
        """The output; keeps self.x and self.s, the sigmoid of x."""
        self.x = x
        with np.errstate(over="ignore"):
            self.s = 1 / (1 + np.exp(-x))
        return x * self.s

    def backward(self, dout):
        """dx, from dout and what forward kept."""
        ### BEGIN SOLUTION
        return dout * (self.s + self.x * self.s * (1 - self.s))
        ### END SOLUTION


# %% role="show"
def test_swish():
    x = np.linspace(-5, 5, 11)
    dout = np.arange(1.0, 12.0)
    layer = Swish()
    layer.forward(x)
    mine = layer.backward(dout)
    numeric = dout * (Swish().forward(x + 1e-5) - Swish().forward(x - 1e-5)) / 2e-5
    return bool(np.allclose(mine, numeric, atol=1e-6)), int(np.sum(mine < 0))


tested = attempt(test_swish)
if tested is not None:
    print("right" if tested[0] else "not right yet", f"(negative slope at {tested[1]} of 11 points)")
