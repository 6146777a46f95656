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
# # 08 · Your own network
#
# **Time:** about 105 minutes, 10 points.
#
# All you have written comes together here: your layers become a network of any depth, with a loss, a gradient, a step, and something it learns. Then you change sides: you break a backward so that a weak test does not notice, and write the test that does.
#
# **When you are done, you will be able to**
#
# - assemble layers into a network that runs forward and backward, however deep it is;
# - write a loss for yes-or-no questions that survives large numbers, with its gradient;
# - train a network on data that no straight line separates;
# - say which test of a backward is worth something, and find out what went wrong from the numbers alone.
#
# **Earlier work.** This notebook uses your own layers: the affine layer of 07 and the activations of 03. Their notebooks must lie in the same folder. Where one is missing, or does not pass its check, a slow stand-in takes its place and the next cell says so: what went wrong there costs you nothing here. Mend it later, save that notebook, and run the next cell and those below it again.

# %% role="setup"
import numpy as np

from course_lib import attempt, check, check_layer
from course_lib.earlier import earlier
from course_lib.given import sigmoid, spiral_points
from course_lib.graph import random_edges
from course_lib.layers import Elementwise, Layer

Affine = earlier("07_matmul_backward", "MyAffine")
Sigmoid = earlier("03_activations", "Sigmoid")
Tanh = earlier("03_activations", "Tanh")
ReLU = earlier("03_activations", "ReLU")


def affine(rng, d, m):
    """A layer of your own with random weights, from d numbers to m."""
    return Affine(rng.normal(size=(d, m)) / np.sqrt(d), np.zeros(m))


# %% [markdown]
# ## The net of 05, with biases
#
# Before you build a machine that does it for you, one last net by hand: that of 05, now with biases, and without a single loop. $h = \sigma(x\,w_1 + b_1)$, $y_\text{pred} = h\,w_2 + b_2$, and the loss is the *sum* of the squared differences to $y$.
#
# **Worked example, one layer.** $y_\text{pred} = x\,w + b$ with two samples of one number each, and the same loss. One line a variable:

# %% role="show"
x, y = np.array([[1.0], [2.0]]), np.array([[5.0], [6.0]])
w, b = np.array([[3.0]]), np.array([1.0])
y_pred = x @ w + b
dy_pred = 2 * (y_pred - y)
dw = x.T @ dy_pred
db = dy_pred.sum(axis=0)
print("y_pred", y_pred.tolist(), " dy_pred", dy_pred.tolist(), " dw", dw.tolist(), " db", db.tolist())

# %% [markdown]
# ### Exercise 1: the net of 05, with biases (1 point, hard, 15 minutes)
#
# Return all four gradients. Go back from the loss, one variable at a time, and give each gradient the name of its variable: `dy_pred`, `dh`, `dz`…
#
# <details><summary>Hint 1</summary>
#
# Forward first, keeping $z$, $h$ and $y_\text{pred}$. Then $dL/dy_\text{pred}$: what is the derivative of a square?
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# The gradient of the loss has the shape of its variable. That leaves few ways to multiply: see 07. A bias is added to every row; what comes back is…
# </details>
# <details><summary>Hint 3: "without the sigmoid's slope"</summary>
#
# Between `dh` and `dz` stands the sigmoid: its slope is $h(1-h)$, element by element.
# </details>


# %% role="solution" name="two_layer_gradients"
def two_layer_gradients(x, y, w1, b1, w2, b2):
    """Gradients of sum((sigmoid(x w1 + b1) w2 + b2 - y)**2).

    x : (N, D), y : (N, M), w1 : (D, H), b1 : (H,), w2 : (H, M), b2 : (M,)
    Returns dw1, db1, dw2, db2.
    """
    ### BEGIN SOLUTION
    h = sigmoid(x @ w1 + b1)
    dy_pred = 2 * (h @ w2 + b2 - y)
    dz = (dy_pred @ w2.T) * h * (1 - h)
    return x.T @ dz, dz.sum(axis=0), h.T @ dy_pred, dy_pred.sum(axis=0)
    ### END SOLUTION


# %% role="grade" exercise="two_layer_gradients"
check("two_layer_gradients")

# %% [markdown]
# ## Layers in a row
#
# A layer has `forward(x)`, which keeps what it needs, and `backward(dout)`, which returns `dx` and leaves the gradients of its parameters in `self.dw`, `self.db`. Two layers in a row are a function of a function, so forward runs through them from the first to the last, and backward from the last to the first: what the second hands back *is* the upstream gradient of the first.
#
# **Worked example**, two layers by hand:

# %% role="show"
rng = np.random.default_rng(0)
first, second = affine(rng, 3, 4), Tanh()
x = rng.normal(size=(5, 3))
out = second.forward(first.forward(x))
dx = first.backward(second.backward(np.ones(out.shape)))
print("output", out.shape, " dx", dx.shape, " first.dw", first.dw.shape)

# %% [markdown]
# ### Exercise 2: layers in a row (3 points, medium, 15 minutes)
#
# Write the class for any number of layers. `parameters()` lists what training may change: a list of pairs `(layer, name)`, such as `(first, "w")`, in any order. Every layer has an attribute `parameters`, a tuple of names: `("w", "b")` for an affine layer, empty for an activation.
#
# <details><summary>Hint 1</summary>
#
# In `forward` one variable is handed from layer to layer. In `backward` the same, in the other direction: `reversed(...)` walks a list from its end.
# </details>
# <details><summary>Hint 2: "hands a layer something else", or "what the last layer alone hands back"</summary>
#
# Two things lead there: going through the layers in the order of forward, and not handing on what a layer's `backward` returns. What it returns has to go into the next call.
# </details>
# <details><summary>Hint 3: parameters</summary>
#
# Two loops, one inside the other: over the layers, and over the names in `layer.parameters`.
# </details>


# %% role="solution" name="network"
class Network:
    """Layers, one behind the other."""

    def __init__(self, layers):
        self.layers = list(layers)

    def forward(self, x):
        """The output of the last layer. x : ndarray, shape (N, D)"""
        ### BEGIN SOLUTION
        for layer in self.layers:
            x = layer.forward(x)
        return x
        ### END SOLUTION

    def backward(self, dout):
        """dx; each layer keeps the gradients of its parameters. dout : of the output's shape"""
        ### BEGIN SOLUTION
        dx = dout
        for layer in reversed(self.layers):
            dx = layer.backward(dx)
        return dx
        ### END SOLUTION

    def parameters(self):
        """A list of pairs (layer, name of a parameter)."""
        ### BEGIN SOLUTION
        return [(layer, name) for layer in self.layers for name in layer.parameters]
        ### END SOLUTION


# %% role="grade" exercise="network"
check("network")

# %% [markdown]
# ## How far does a gradient get?
#
# Going back through a layer, a gradient is multiplied by the weights and by the slope of the activation. Do that often, and it may fade away: the layers near the input then learn next to nothing. Or it may grow.
#
# The next experiment builds networks of 12 affine layers of width 32, with weights drawn as usual, one with sigmoid, one with tanh, one with ReLU after each, and sends a gradient of ones back from the end.
#
# ### Exercise 3: predict (1 point, 2 minutes)
#
# In which of the three does the *least* arrive at the first layer? Commit yourself before you run the cell below; you get the point for predicting, whatever it is.


# %% role="solution" name="predict_weakest"
def predict_weakest():
    """ "sigmoid", "tanh" or "relu": your guess."""
    ### BEGIN SOLUTION
    return "sigmoid"
    ### END SOLUTION


# %% role="grade" exercise="predict_weakest"
check("predict_weakest")

# %% role="show"
import matplotlib.pyplot as plt

from course_lib.drawing import picture


def sizes_on_the_way(activation, depth=12, width=32):
    """The mean size of the gradient of the weights of each affine layer, from the input on."""
    rng = np.random.default_rng(7)
    layers = [layer for _ in range(depth) for layer in (affine(rng, width, width), activation())]
    network = Network(layers)
    out = network.forward(rng.normal(size=(16, width)))
    network.backward(np.ones(out.shape))
    return [np.abs(layer.dw).mean() for layer in layers if layer.parameters]


def in_a_row():
    """Whether your Network goes back through the two layers of the worked example as was done by hand."""
    by_hand = first.backward(second.backward(np.ones(out.shape)))
    network = Network([first, second])
    network.forward(x)
    return np.allclose(network.backward(np.ones(out.shape)), by_hand)


flow = None
guess = attempt(predict_weakest)
if guess is not None and str(guess).strip().lower() not in ("sigmoid", "tanh", "relu"):
    print('The prediction is to be "sigmoid", "tanh" or "relu".')
elif guess is not None and not attempt(in_a_row):
    print("The picture is drawn with your Network: it comes once exercise 2 passes.")
elif guess is not None:
    figure, axes = plt.subplots(figsize=(6, 3))
    fades = []
    for name, activation, style in (("tanh", Tanh, "o-"), ("ReLU", ReLU, "s--"), ("sigmoid", Sigmoid, "^:")):
        sizes = sizes_on_the_way(activation)
        axes.semilogy(range(1, 13), sizes, style, label=name)
        print(f"{name:8} at the first layer {sizes[0]:.1e}, at the last {sizes[-1]:.1e}")
        fades.append(f"{name} to {sizes[0] / sizes[-1]:.1g} times that")
    axes.set(xlabel="layer, from the input on", ylabel="mean |dw|")
    axes.legend(frameon=False)
    axes.grid(alpha=0.3)
    alt = (
        "Mean size of the gradient of the weights at each of 12 layers on a log scale, for tanh, ReLU and sigmoid: from its value at the last layer it goes, at the first, with "
        + ", with ".join(fades)
        + "."
    )
    print("you said", guess)
    flow = picture(figure, alt)
flow

# %% [markdown]
# From the last weights back to the first lie eleven layers. The slope of a sigmoid is at most $1/4$, and eleven factors of at most $1/4$ make less than $2.4 \cdot 10^{-7}$; the weights come on top, at each layer. That is why deep nets of sigmoids were so hard to train, and one reason why hidden layers have other activations today.
#
# The other two keep the size within a factor of three. Which of them does better depends on the size of the weights; 03 tries two sizes. (The picture shows the gradients of the weights: what arrives at a layer, times what came in on the way forward.)

# %% role="show"
print(f"0.25 to the power of 11 = {0.25**11:.2e}")

# %% [markdown]
# ## A loss for yes and no
#
# A network that answers yes or no gives one **score** $s$ for each sample. The sigmoid turns it into a probability of yes, $p = \sigma(s)$. With the label $t = 1$ for yes and $t = 0$ for no, the **negative log-likelihood** is
#
# $$L = \frac{1}{N} \sum_n \begin{cases} -\log \sigma(s_n) & t_n = 1 \\ -\log\,(1 - \sigma(s_n)) & t_n = 0 \end{cases}$$
#
# Written like this it breaks: at $s = 1000$ and $t = 0$ it takes the log of 0. But $-\log \sigma(s) = \log(1 + e^{-s})$ and $-\log(1 - \sigma(s)) = \log(1 + e^{s})$, and numpy has a function for $\log(e^a + e^b)$ that never overflows: `np.logaddexp(a, b)`.

# %% role="show"
print("log(1 + exp(1000)) by logaddexp:", np.logaddexp(0, 1000.0))
print("log(1 + exp(2)), both ways:     ", f"{np.log(1 + np.exp(2)):.4f} {np.logaddexp(0, 2.0):.4f}")

# %% [markdown]
# ### Exercise 4: a loss for yes and no (1 point, medium, 12 minutes)
#
# Return the loss and its gradient with respect to the scores. You did the gradient of one term in 01, for the label 1; it became very short. Do the same for the label 0 on paper, and find one formula for both.
#
# <details><summary>Hint 1</summary>
#
# For $t = 1$: $dL/ds = -(1 - p)$ for one sample, before the mean. For $t = 0$ you differentiate $\log(1 + e^{s})$.
# </details>
# <details><summary>Hint 2</summary>
#
# Write both results with $p$ and $t$: what is $-(1-p)$ when you put $t$ in place of 1? What is the other one with $t$ in place of 0?
# </details>
# <details><summary>Hint 3: "the mean is missing"</summary>
#
# Each score has a share of $1/N$ in the loss.
# </details>


# %% role="solution" name="nll"
def nll(s, t):
    """Mean negative log-likelihood of labels under sigmoid(scores), and its gradient.

    s : ndarray, shape (N, 1), scores
    t : ndarray, shape (N, 1), labels, 0.0 or 1.0
    Returns the loss (a number) and ds, shape (N, 1).
    """
    ### BEGIN SOLUTION
    sign = 1 - 2 * t
    loss = np.mean(np.logaddexp(0, sign * s))
    ds = (sigmoid(s) - t) / len(s)
    return loss, ds
    ### END SOLUTION


# %% role="grade" exercise="nll"
check("nll")

# %% [markdown]
# ## One step of training
#
# Forward, loss, backward, update: the four lines that all of deep learning repeats.
#
# In the update the *name* of a parameter is a string, such as `"w"`. Its value is then `getattr(layer, name)`, its gradient is `getattr(layer, "d" + name)`, and `setattr(layer, name, value)` puts a new value in.
#
# **Worked example:** the gradients of a layer, and a new value for its bias.

# %% role="show"
layer = affine(np.random.default_rng(0), 2, 1)
layer.forward(np.array([[1.0, 2.0], [3.0, 4.0]]))
layer.backward(np.array([[1.0], [1.0]]))
for name in layer.parameters:
    print("d" + name, "is", getattr(layer, "d" + name).tolist())
name = "b"
setattr(layer, name, getattr(layer, name) + 0.5)
print("the new b is", layer.b.tolist())

# %% [markdown]
# ### Exercise 5: one step of training (1 point, easy, 6 minutes)
#
# `network` is a `Network`, `loss` a function like `nll`.
#
# <details><summary>Hint 1: "no step is taken"</summary>
#
# `w = w - …` gives a new value to a name of your function. The layer does not notice: use `setattr`.
# </details>
# <details><summary>Hint 2: the order</summary>
#
# Which of the four needs what another one gives? And the loss that you return is that of *before* the step.
# </details>
# <details><summary>Hint 3: "an upstream gradient of ones", "the old value is gone"</summary>
#
# What goes into `network.backward` is the second thing that `loss` returns. And a new value is the old one minus the step.
# </details>


# %% role="solution" name="train_step"
def train_step(network, loss, x, t, learning_rate):
    """One step of gradient descent on all parameters; returns the loss before the step.

    loss : function of (scores, t); returns the loss and its gradient at the scores
    """
    ### BEGIN SOLUTION
    scores = network.forward(x)
    loss_now, ds = loss(scores, t)
    network.backward(ds)
    for layer, name in network.parameters():
        setattr(layer, name, getattr(layer, name) - learning_rate * getattr(layer, "d" + name))
    return loss_now
    ### END SOLUTION


# %% role="grade" exercise="train_step"
check("train_step")

# %% [markdown]
# ## Learn the spiral
#
# Two arms of a spiral, wound round each other: no straight line comes near to separating them. Your network has to bend the plane until one does.


# %% role="show" jupyter={"source_hidden": true}
# 200 points and their labels, and the picture below.
def draw_spiral(axes, points, labels):
    """The two arms, told apart by their marks."""
    for label, mark in ((0, "o"), (1, "x")):
        arm = points[labels[:, 0] == label]
        axes.plot(*arm.T, mark, markersize=5, fillstyle="none", label=f"label {label}")
    axes.set_aspect("equal")
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2, frameon=False)


points, labels = spiral_points(np.random.default_rng(1), 100)
figure, axes = plt.subplots(figsize=(4, 4))
draw_spiral(axes, points, labels)
picture(
    figure,
    "Two arms of a spiral, of 100 points each, circles and crosses, wound once round each other.",
)

# %% [markdown]
# **Worked example: a straight line.** One affine layer and no hidden one, trained for 100 steps. What it returns is a function of its own, which keeps the trained layers:


# %% role="show"
def own_step(layers, x, t, learning_rate):
    return train_step(Network(layers), nll, x, t, learning_rate)


def own_scores(layers, x):
    return Network(layers).forward(x)


def train_line(x, t, step, scores):
    layers = [affine(np.random.default_rng(2), 2, 1)]
    for _ in range(100):
        step(layers, x, t, 0.5)

    def predict(points):
        return 1.0 * (scores(layers, points) > 0)

    return predict


line = attempt(train_line, points, labels, own_step, own_scores)
if line is not None and attempt(line, points) is not None:
    print(f"a straight line gives {np.mean(line(points) == labels):.0%} of the points their right label")

# %% [markdown]
# ### Exercise 6: learn the spiral (1 point, medium, 15 minutes)
#
# Write a function that trains a list of layers on given points and returns another function, which labels new points. Two tools are handed to it:
#
# - `step(layers, x, t, learning_rate)` does one step of training and returns the loss: exercises 2, 4 and 5 in one;
# - `scores(layers, x)` runs forward through all layers.
#
# (The check hands in the course's own, so that a mistake in those exercises does not cost you here. Below you will hand in yours.) You choose depth, width, activation, learning rate and the number of steps; the last layer gives one score. It passes when 95 % of *unseen* points get the right label, and it should take seconds.
#
# `affine(rng, d, m)` makes an affine layer with random weights. Seed your random numbers, so that it does the same every time. If the loss jumps about, the learning rate is too large; if it crawls, too small; if it stops falling early, the net may be too narrow.
#
# <details><summary>Hint 1: a place to start</summary>
#
# Two hidden layers of 32 with tanh, a learning rate of 0.5, a few hundred steps, and print the loss now and then.
# </details>
# <details><summary>Hint 2: from scores to labels</summary>
#
# A score above 0 means a probability above one half.
# </details>
# <details><summary>Hint 3: "no activation between your layers", "your last layer is an activation"</summary>
#
# Two affine layers in a row are one affine layer: put a `Tanh()` or `ReLU()` between them, and nothing behind the last.
# </details>
# <details><summary>Hint 4: "too few of the unseen points"</summary>
#
# Print the loss that `step` returns, every 100 steps. Well below 0.1 it is time to stop; stuck near 0.69 (that is $\log 2$, a coin toss) nothing is learnt yet: more steps, a larger rate, or a wider net.
# </details>


# %% role="solution" name="train_spiral"
def train_spiral(x, t, step, scores):
    """Train layers; returns a function from points (N, 2) to labels (N, 1), each 0.0 or 1.0.

    x : ndarray, shape (N, 2); t : ndarray, shape (N, 1), 0.0 or 1.0
    step(layers, x, t, learning_rate) : one step of training; returns the loss
    scores(layers, x) : the output of the last layer
    """
    ### BEGIN SOLUTION
    rng = np.random.default_rng(5)
    layers = [affine(rng, 2, 32), Tanh(), affine(rng, 32, 32), Tanh(), affine(rng, 32, 1)]
    for _ in range(400):
        step(layers, x, t, 0.5)

    def predict(points):
        return 1.0 * (scores(layers, points) > 0)

    return predict
    ### END SOLUTION


# %% role="grade" exercise="train_spiral"
check("train_spiral")

# %% [markdown]
# Now with everything of your own: your network, your loss, your step. What has it learnt? The shaded part of the plane is what your function labels 1.


# %% role="show"
plane = None
with np.errstate(over="ignore", invalid="ignore"):
    predict = attempt(train_spiral, points, labels, own_step, own_scores)
if predict is not None:
    grid = np.linspace(-1.2, 1.2, 121)
    across, up = np.meshgrid(grid, grid)
    answers = attempt(predict, np.stack([across.ravel(), up.ravel()], axis=1))
    if answers is not None:
        figure, axes = plt.subplots(figsize=(4, 4))
        axes.contourf(
            across, up, np.reshape(answers, across.shape), levels=[0.5, 2], colors=["#9ab8d4"], alpha=0.6
        )
        draw_spiral(axes, points, labels)
        right = int(np.sum(predict(points) == labels))
        print(f"{right} of {len(points)} points lie where their label says")
        if right < 0.95 * len(points):
            print("With the course's own step it may be more: do exercises 2, 4 and 5 pass?")
        alt = f"The spiral again, with the region shaded that your network labels 1: {right} of the {len(points)} points lie where their label says."
        plane = picture(figure, alt)
plane

# %% [markdown]
# ## You are the adversary
#
# How good is a test of a backward? Find out by attacking it. Somebody tests layers like this: run `forward`, call `backward(np.ones(...))`, compare with a numerical derivative. It looks sound. It is not: with ones for the upstream gradient, whoever forgets to multiply by it gets away with it.
#
# **Worked example: another weak test.** Somebody compares only the *sum* of all elements of $dx$, on a random `dout`. This layer gets through, and each of its numbers is in the wrong place:


# %% role="show"
class Backwards(Elementwise):
    """y = sin(x), with dx handed back in reverse order."""

    def forward(self, x):
        self.x = x
        return np.sin(x)

    def backward(self, dout):
        return (dout * np.cos(self.x))[::-1]


layer, x, dout = Backwards(), np.array([0.3, -1.2, 2.0, 0.9]), np.array([0.7, 1.9, -0.4, 1.1])
layer.forward(x)
dx = layer.backward(dout)
# Element-wise: all elements of x may move at once, and each difference is that of its own element.
slope = (np.sin(x + 1e-5) - np.sin(x - 1e-5)) / 2e-5
print("the sums are equal:    ", np.isclose(dx.sum(), (dout * slope).sum()))
print("the elements are equal:", np.isclose(dx, dout * slope).tolist())

# %% [markdown]
# ### Exercise 7: you are the adversary (1 point, medium, 15 minutes)
#
# 1. Write `Sly`: its forward is the square, its backward is right when `dout` is all ones, and wrong otherwise.
# 2. Write `catches(layer, x)`: True when the backward of an element-wise layer is wrong, False when it is right. It is tried on layers that you have not seen, right ones and wrong ones. Use differences: you do not know the formula of a layer, but you can call its `forward` at `x + h` and `x - h`.
#
# <details><summary>Hint 1: Sly</summary>
#
# Which factor of "upstream times local" can be left out without harm when it is 1?
# </details>
# <details><summary>Hint 2: catches</summary>
#
# Element by element: dx should be `dout` times the slope. Draw `dout` at random, so that no two elements have the same. The slope is a centred difference, as in 01, with `h = 1e-5`; the layer is element-wise, so all elements can move at once.
# </details>
# <details><summary>Hint 3: "takes round-off for an error"</summary>
#
# A centred difference quotient with a step of 1e-5 is exact to about 10 digits at best, and to fewer where the numbers are large. `np.allclose(a, b, rtol=1e-4, atol=1e-6)`.
# </details>
# <details><summary>Hint 4: "after a forward at other points"</summary>
#
# `forward` keeps what `backward` reads. If you call `forward` at other points, call it at `x` again before `backward`.
# </details>


# %% role="solution" name="adversary"
class Sly(Elementwise):
    """y = x**2; right for an upstream gradient of ones, and for no other."""

    def forward(self, x):
        self.x = x
        return x**2

    def backward(self, dout):
        ### BEGIN SOLUTION
        return 2 * self.x
        ### END SOLUTION


def catches(layer, x):
    """True if the backward of an element-wise layer is wrong at x, an ndarray of any shape."""
    ### BEGIN SOLUTION
    dout = np.random.default_rng(11).normal(size=x.shape)
    h = 1e-5
    slope = (layer.forward(x + h) - layer.forward(x - h)) / (2 * h)
    layer.forward(x)
    dx = layer.backward(dout)
    return not np.allclose(dx, dout * slope, rtol=1e-4, atol=1e-6)
    ### END SOLUTION


# %% role="grade" exercise="adversary"
check("adversary")

# %% [markdown]
# The course's own checker, on your `Sly`. It must say *wrong*, and it says what `Sly` equals (unfold it):

# %% role="show"
sly, report = Sly(), None
if attempt(sly.forward, np.ones(3)) is not None and attempt(sly.backward, np.ones(3)) is not None:
    report = attempt(check_layer, Sly(), np.array([1.0, -2.0, 3.0]))
report

# %% [markdown]
# ## Somebody else's bug
#
# The other way round: you get numbers, and no code. Somebody computed $dw$ for $y = x\,w$, given $x$ and the upstream gradient. Something may have gone wrong, one of these:
#
# | name | what happened |
# |---|---|
# | `"right"` | nothing |
# | `"upstream of ones"` | the upstream gradient was not used |
# | `"mean over the samples"` | the shares of the $N$ samples were added, and divided by $N$ |
# | `"first sample alone"` | only one row of the batch was used |
# | `"other sign"` | it points the other way |
#
# Try your eye first. Here are three of them; which is which?

# %% role="show"
x_lab = np.array([[1.0, 2.0], [3.0, -1.0]])
dout_lab = np.array([[1.0, -1.0], [2.0, 1.0]])
for person, dw in (
    ("Ada", [[3.5, 1.0], [0.0, -1.5]]),
    ("Ben", [[1.0, -1.0], [2.0, -2.0]]),
    ("Cleo", [[4.0, 4.0], [1.0, 1.0]]),
):
    print(f"{person:5} dw = {np.array(dw).tolist()}")
print("x    =", x_lab.tolist(), " dout =", dout_lab.tolist())

# %% [markdown]
# ### Exercise 8: somebody else's bug (1 point, medium, 10 minutes)
#
# **Worked example.** One input, one output, two samples: $x$ is 2 and 3, `dout` is 1 and 10. Right is $2 \cdot 1 + 3 \cdot 10 = 32$. An upstream of ones gives $5$, the mean over the samples $16$, the first sample alone $2$, the other sign $-32$. Whoever shows you 16 has averaged.
#
# Write the function that tells. It is the idea behind every explanation that `check` has given you in this course: compute what each mistake *would* have given, and look which one it equals.
#
# <details><summary>Hint 1</summary>
#
# Compute the right `dw` first; for each of the other four ask what changes in that line.
# </details>
# <details><summary>Hint 2</summary>
#
# A dict from the five names to five arrays; then go through it with `np.allclose` and return the name that fits.
# </details>
# <details><summary>Hint 3: "your function says … where it is …"</summary>
#
# Work out the two named mistakes by hand for the numbers shown. Do you compare *every* element, with its sign?
# </details>


# %% role="solution" name="diagnose"
def diagnose(x, dout, dw):
    """Which of the five happened: one of the names in the table.

    x : (N, D), dout : (N, M), dw : (D, M), what somebody computed
    """
    ### BEGIN SOLUTION
    right = x.T @ dout
    known = {
        "right": right,
        "upstream of ones": x.T @ np.ones_like(dout),
        "mean over the samples": right / len(x),
        "first sample alone": np.outer(x[0], dout[0]),
        "other sign": -right,
    }
    for name, value in known.items():
        if np.allclose(dw, value):
            return name
    ### END SOLUTION


# %% role="grade" exercise="diagnose"
check("diagnose")

# %% role="show"
if attempt(diagnose, x_lab, dout_lab, x_lab.T @ dout_lab) is not None:
    for person, dw in (
        ("Ada", [[3.5, 1.0], [0.0, -1.5]]),
        ("Ben", [[1.0, -1.0], [2.0, -2.0]]),
        ("Cleo", [[4.0, 4.0], [1.0, 1.0]]),
    ):
        print(f"{person:5} {diagnose(x_lab, dout_lab, np.array(dw))}")

# %% [markdown]
# ## Stretch: maxout (not graded, medium, 10 minutes)
#
# A maxout unit takes the larger of two affine maps, $y = \max(x\,w_1 + b_1,\ x\,w_2 + b_2)$ (here $w_1$ and $w_2$ are parallel, not one behind the other). Its gradient is routed, element by element, to the map that won. Write it as a layer with four parameters. Then put it into your spiral net.


# %% role="solution" name="stretch_maxout"
class Maxout(Layer):
    """y = max(x w1 + b1, x w2 + b2), element by element."""

    parameters = ("w1", "b1", "w2", "b2")

    def __init__(self, rng, d, m):
        self.w1, self.w2 = rng.normal(size=(d, m)) / np.sqrt(d), rng.normal(size=(d, m)) / np.sqrt(d)
        self.b1, self.b2 = np.zeros(m), np.zeros(m)

    def forward(self, x):
        """The output, shape (N, m). x : ndarray, shape (N, d)"""
        ### BEGIN SOLUTION
        one, two = x @ self.w1 + self.b1, x @ self.w2 + self.b2
        self.x, self.first = x, one > two
        return np.maximum(one, two)
        ### END SOLUTION

    def backward(self, dout):
        """dx; leaves the gradients of the parameters in self.dw1, self.db1, self.dw2, self.db2."""
        ### BEGIN SOLUTION
        one, two = dout * self.first, dout * ~self.first
        self.dw1, self.db1 = self.x.T @ one, one.sum(axis=0)
        self.dw2, self.db2 = self.x.T @ two, two.sum(axis=0)
        return one @ self.w1.T + two @ self.w2.T
        ### END SOLUTION


# %% role="show"
rng, report = np.random.default_rng(6), None
maxout = Maxout(rng, 3, 4)
if attempt(maxout.forward, np.ones((2, 3))) is not None:
    report = attempt(check_layer, maxout, rng.normal(size=(5, 3)))
report

# %% [markdown]
# ## Stretch: a randomly wired classifier (not graded, hard, 20 minutes)
#
# In 02 a network was wired at random, and each of its nodes held one number. Now each node is a small network: it adds up what the nodes before it hand it, and sends the sum through an affine layer and a tanh of its own. `edges` says who hands to whom: in $(a, b)$ the output of $a$ goes into $b$, and $a < b$.
#
# A node that nothing leads to gets what `enter` makes of the input. What the nodes without a successor give is added up, and `leave` makes a score of it. Write both ways through. Where an output goes into several nodes, you know what happens on the way back.


# %% role="solution" name="stretch_wired"
class Wired:
    """Nodes of affine and tanh, in an order in which every edge (a, b) leads forward."""

    def __init__(self, edges, size, width, rng):
        self.before = [[a for a, b in edges if b == node] for node in range(size)]
        self.last = [node for node in range(size) if all(a != node for a, _ in edges)]
        self.nodes = [Network([affine(rng, width, width), Tanh()]) for _ in range(size)]
        self.enter, self.leave = affine(rng, 2, width), affine(rng, width, 1)

    def forward(self, x):
        """Scores, shape (N, 1). x : ndarray, shape (N, 2)"""
        ### BEGIN SOLUTION
        start, out = self.enter.forward(x), []
        for node, before in zip(self.nodes, self.before):
            out.append(node.forward(sum(out[a] for a in before) if before else start))
        return self.leave.forward(sum(out[node] for node in self.last))
        ### END SOLUTION

    def backward(self, dout):
        """dx; every layer keeps the gradients of its parameters."""
        ### BEGIN SOLUTION
        share, dstart = self.leave.backward(dout), 0.0
        arrived = [share if node in self.last else 0.0 for node in range(len(self.nodes))]
        for node in reversed(range(len(self.nodes))):
            down = self.nodes[node].backward(arrived[node])
            for a in self.before[node]:
                arrived[a] = arrived[a] + down
            if not self.before[node]:
                dstart = dstart + down
        return self.enter.backward(dstart)
        ### END SOLUTION

    def parameters(self):
        """A list of pairs (layer, name of a parameter)."""
        layers = [self.enter, *(layer for node in self.nodes for layer in node.layers), self.leave]
        return [(layer, name) for layer in layers for name in layer.parameters]


# %% [markdown]
# The next cell moves one number of every parameter a little, and compares; then it trains your wired net on the spiral with your own step.


# %% role="show"
def classifier():
    """A wired net whose gradients are those of small moves, trained on the spiral; None where they are not."""
    wired = Wired(random_edges("WS", 8, seed=1), 8, 16, np.random.default_rng(4))

    def loss():
        return nll(wired.forward(points), labels)[0]

    wired.backward(nll(wired.forward(points), labels)[1])
    wrong = []
    for layer, name in wired.parameters():
        value, gradient = getattr(layer, name), getattr(layer, "d" + name).flat[0]
        value.flat[0] += 1e-5
        above = loss()
        value.flat[0] -= 2e-5
        if not np.isclose((above - loss()) / 2e-5, gradient, rtol=1e-4, atol=1e-9):
            wrong.append((layer, name))
        value.flat[0] += 1e-5
    print(
        f"{len(wired.parameters())} parameters,",
        f"{len(wrong)} with a wrong gradient" if wrong else "all right",
    )
    if len(wrong) == len(wired.parameters()):
        print("All of them: does exercise 4, the loss that they start from, pass?")
    elif wrong:
        place = {id(layer): f"node {k}" for k, node in enumerate(wired.nodes) for layer in node.layers}
        place |= {id(wired.enter): "enter", id(wired.leave): "leave"}
        print("wrong:", ", ".join(f"d{name} of {place[id(layer)]}" for layer, name in wrong))
    for _ in range(0 if wrong else 400):
        train_step(wired, nll, points, labels, 0.1)
    return None if wrong else wired


wired = attempt(classifier)
if wired is not None:
    print(
        "more than 95 % of the points get the right label:",
        np.mean((wired.forward(points) > 0) == labels) > 0.95,
    )

# %% [markdown]
# ## Summary
#
# - A network is a list of layers: forward from the first to the last, backward from the last to the first.
# - Slopes multiply on the way back: a dozen sigmoids leave nearly nothing, which is one reason why hidden layers have other activations today.
# - The gradient of the sigmoid's negative log-likelihood is one short line, and it must be computed so that large scores do no harm.
# - A test with an upstream gradient of ones passes wrong code. A good test has a random number for every element, and looks at every element.
# - To find a mistake, compute what each mistake would give.
#
# You have written backpropagation: every gate, every layer, the order, the walk, the step, and the test. Nothing in a deep-learning library is magic to you now.
