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
# # 05 · A two-layer sigmoid net, one weight at a time
#
# **Time:** about 95 minutes, 14 points. It stands on its own: what it takes from other notebooks is said where it is needed.
#
# The lecture trains a whole neural network in twenty lines. Four of those lines are the gradients, and they come
# without a reason. Here you find the reason yourself, with nothing but the scalar chain rule and loops.
#
# **When you are done, you will be able to**
#
# - write the forward pass and the loss of a two-layer net;
# - find the derivative of the loss with respect to any single weight, path by path;
# - turn one weight into all weights, for any activation and any loss;
# - make one step of gradient descent;
# - say why a falling loss proves nothing, and what does.
#
# Hints quote what the panel of a check says. Unfold the panel to see all of it, or write `check("net_forward", explain=3)`.

# %% role="setup"
import numpy as np

from course_lib import attempt, check, check_gradient
from course_lib.given import sigmoid

# %% [markdown]
# ## The program in one picture
#
# Rows are samples: $x$ is $[N \times D]$, and it is multiplied by its weights from the right. (The first half of the
# lecture wrote $f = Wx$ with $x$ a column. From here on it is $xw$, always.)
#
# $$h = \mathrm{act}(x\,w_1) \qquad\qquad \hat y = h\,w_2$$
#
# with $w_1\ [D \times H]$ and $w_2\ [H \times M]$: $N$ samples, $D$ inputs, $H$ hidden units, $M$ outputs. There is no bias. In code
# $\hat y$ is called `y_pred`. The activation acts on every element by itself. In the lecture it is the sigmoid $\sigma(z) = 1/(1+e^{-z})$.
#
# We use two nets:
#
# | | N | D | H | M | activation | loss |
# |---|---|---|---|---|---|---|
# | the **small net** | 2 | 3 | 4 | 5 | tanh | mean of the squares |
# | the **lecture's net** | 64 | 1000 | 100 | 10 | sigmoid | sum of the squares |
#
# They differ in activation *and* loss, on purpose: lines copied from the lecture are wrong for the small net.
# %% role="show" jupyter={"source_hidden": true}
# Draws the picture below.
import matplotlib.pyplot as plt

from course_lib.drawing import picture


def draw_net():
    fig, ax = plt.subplots(figsize=(7, 3.4))
    layers = [("x", 3), ("h", 4), ("y_pred", 5)]
    at = {
        name: [(2.4 * column, (count - 1) / 2 - k) for k in range(count)]
        for column, (name, count) in enumerate(layers)
    }
    for left, right in (("x", "h"), ("h", "y_pred")):
        for i, (x0, y0) in enumerate(at[left]):
            for k, (x1, y1) in enumerate(at[right]):
                chosen = (left == "x" and i == 1 and k == 2) or (left == "h" and i == 2)
                ax.plot([x0, x1], [y0, y1], "k-" if chosen else "k:", lw=2.2 if chosen else 0.5, zorder=1)
    for name, _ in layers:
        for k, (cx, cy) in enumerate(at[name]):
            ax.plot(cx, cy, "o", ms=17, mfc="white", mec="tab:blue", zorder=2, clip_on=False)
            ax.text(cx, cy, str(k), ha="center", va="center", color="#333333", zorder=3)
        ax.text(at[name][0][0], 2.6, name, ha="center")
    ax.text(1.2, 2.6, "w1", ha="center")
    ax.text(3.6, 2.6, "w2", ha="center")
    ax.axis("off")
    return fig


picture(
    draw_net(),
    alt="Three columns of circles: 3 inputs x, 4 hidden units h, 5 outputs y_pred, all joined to all of the next "
    "column by dotted lines. Thick lines show all that the one weight from input 1 to hidden unit 2 touches: "
    "its own line, and from hidden unit 2 the lines to all five outputs.",
)

# %% [markdown]
# The picture shows the small net for one sample; everything is counted from 0, as in code. The thick lines are all that
# the weight from input 1 to hidden unit 2 touches. Keep it in mind for exercise 5.
#
# **Example,** with a square for the activation. One sample $x = (1, 2)$; the weights to two hidden units are $w_1 = \begin{pmatrix} 1 & 0 \\ 1 & -1 \end{pmatrix}$,
# those to one output $w_2 = \begin{pmatrix} 1 \\ -1 \end{pmatrix}$. Then $x\,w_1 = (3, -2)$, squared element by element $h = (9, 4)$, and $\hat y = 9 - 4 = 5$.
#
# ### Exercise 1: forward (1 point, easy, 5 minutes)
#
# Write the two lines above. The activation is handed in as a function `act`, so that one forward serves both nets.
#
# <details><summary>Hint 1</summary>The matrix product in numpy is <code>@</code>, or <code>np.dot</code>.</details>
# <details><summary>Hint 2</summary>The check says "the activation applied to the output too"? Look at the second
# equation: its output is linear.</details>


# %% role="solution" name="net_forward"
def net_forward(x, w1, w2, act):
    """Hidden activations and predictions of a two-layer net.

    x : array, shape (N, D);  w1 : shape (D, H);  w2 : shape (H, M)
    act : function of an array, element by element
    Returns h, shape (N, H), and y_pred, shape (N, M).
    """
    ### BEGIN SOLUTION
    hidden = act(x @ w1)
    return hidden, hidden @ w2
    ### END SOLUTION


# %% role="grade" exercise="net_forward"
check("net_forward")

# %% [markdown]
# ## One number to make small
#
# The loss says how far all predictions are from their targets $y$, in one number. With $N$ samples and $M$ outputs:
#
# $$L_{\text{sum}} = \sum_{n=1}^{N} \sum_{m=1}^{M} (\hat y_{nm} - y_{nm})^2
# \qquad\qquad L_{\text{mean}} = \frac{1}{N M}\, L_{\text{sum}}$$
#
# **Example.** Predictions $(1, 4)$ and $(0, 2)$ for targets $(2, 2)$ and $(0, 5)$: differences $(-1, 2)$ and
# $(0, -3)$, squares $1, 4, 0, 9$. So $L_{\text{sum}} = 14$ and $L_{\text{mean}} = 14/4 = 3.5$. Mind that the mean is over *all four*
# elements, not over the two samples.
#
# ### Exercise 2: two losses (1 point, easy, 5 minutes)
#
# Write both. The predictions and the targets come as arrays of one shape.
#
# <details><summary>Hint 1</summary>Three steps: the differences, their squares, and one number out of all of them: <code>.sum()</code> or <code>.mean()</code>.</details>
# <details><summary>Hint 2: "divided by the number of samples alone"</summary>The mean divides by how many squares were added up: N times M.</details>
# <details><summary>Hint 3: "the square of the sum of the differences"</summary>Square each difference first, then add. In the other order -1 and 2 would partly cancel.</details>


# %% role="solution" name="net_losses"
def sum_loss(y_pred, y):
    """Sum of the squared differences over all samples and outputs.

    y_pred, y : arrays, shape (N, M).  Returns a number.
    """
    ### BEGIN SOLUTION
    return float(np.square(y_pred - y).sum())
    ### END SOLUTION


def mean_loss(y_pred, y):
    """Mean of the squared differences over all N * M elements.

    y_pred, y : arrays, shape (N, M).  Returns a number.
    """
    ### BEGIN SOLUTION
    return float(np.square(y_pred - y).mean())
    ### END SOLUTION


# %% role="grade" exercise="net_losses"
check("net_losses")

# %% role="show"
small = np.random.default_rng(5)
x_small, y_small = small.normal(size=(2, 3)), small.normal(size=(2, 5))
w1_small, w2_small = small.normal(size=(3, 4)), small.normal(size=(4, 5))


def show_small_net():
    _, y_pred = net_forward(x_small, w1_small, w2_small, np.tanh)
    print(f"small net: sum loss {sum_loss(y_pred, y_small):.4g}, mean loss {mean_loss(y_pred, y_small):.4g}")


attempt(show_small_net)

# %% [markdown]
# ## The first step back
#
# Backpropagation starts at the loss and asks of every value: if this one number moved a little, how would $L$ move?
#
# **Example.** Take another loss, the sum of cubes: $L = \sum_{nm} (\hat y_{nm} - y_{nm})^3$. One prediction $\hat y_{nm}$ stands in one
# term of the sum alone. All other terms do not move. So
# $\partial L/\partial \hat y_{nm} = 3\,(\hat y_{nm} - y_{nm})^2$. There is one such number for each prediction: together they
# have the shape of $\hat y$.
#
# ### Exercise 3: from the loss to the predictions (2 points, easy, 8 minutes)
#
# Find $\partial L_{\text{mean}} / \partial \hat y$ in the same way.
#
# <details><summary>Hint 1</summary>In how many terms does one prediction stand? What stands in front of the whole
# sum?</details>
# <details><summary>Hint 2</summary>The check says "divided by the number of samples"? Count the elements in the mean of exercise 2
# again.</details>


# %% role="solution" name="mean_loss_grad"
def mean_loss_grad(y_pred, y):
    """dL/dy_pred of the mean loss.

    y_pred, y : arrays, shape (N, M).  Returns an array, shape (N, M).
    """
    ### BEGIN SOLUTION
    return (y_pred - y) * (2.0 / y_pred.size)
    ### END SOLUTION


# %% role="grade" exercise="mean_loss_grad"
check("mean_loss_grad")

# %% [markdown]
# ## One weight at a time
#
# One rule is all you need (notebook 01 spends its time on it). A step makes one value out of another. *Upstream* is how fast $L$ moves with the
# value that comes out, *local* how fast that one moves with the value that went in, and *downstream* how fast $L$ moves with the latter:
# *downstream = upstream × local*. Where a value goes several ways, the ways **add**.
#
# **Example.** Let one number $a$ be used twice: $p_1 = 3a$ and $p_2 = 5a$. Somebody tells us the upstream gradients
# $\partial L/\partial p_1 = 2$ and $\partial L/\partial p_2 = -1$. Then $a$ reaches the loss by two paths:
# $\partial L/\partial a = 2 \cdot 3 + (-1) \cdot 5 = 1$.
#
# Now the weights of the second layer. For one prediction, written out:
#
# $$\hat y_{nm} = \sum_{j} h_{nj}\, w_{2,jm}$$
#
# Take *one* weight, $w_{2,jm}$. Two questions: which predictions does it touch, and how strongly does each of them move?
# The samples are all sent through the same weights.
#
# ### Exercise 4: one weight of w2 (2 points, medium, 10 minutes)
#
# `grad_y_pred` is the upstream gradient, $\partial L/\partial \hat y$, whatever the loss was. Return one number. A loop is fine.
#
# <details><summary>Hint 1</summary>Fix j and m. Change that weight in your mind. Which rows of y_pred move, and which
# column?</details>
# <details><summary>Hint 2</summary>The check says "what the first sample alone gives"? The weight is used once for each
# sample: as many paths.</details>
# <details><summary>Hint 3</summary>"An upstream gradient of ones": the numbers in <code>grad_y_pred</code> did not come in.</details>


# %% role="solution" name="w2_element"
def w2_element(h, grad_y_pred, j, m):
    """dL/dw2[j, m], one number.

    h : array, shape (N, H);  grad_y_pred : shape (N, M), the upstream gradient
    j, m : which weight: from hidden unit j to output m
    """
    ### BEGIN SOLUTION
    total = 0.0
    for row in range(len(h)):
        total += grad_y_pred[row, m] * h[row, j]
    return total
    ### END SOLUTION


# %% role="grade" exercise="w2_element"
check("w2_element")

# %% [markdown]
# ## Through the hidden layer
#
# A weight of the first layer lies further from the loss. We go there in three steps, and each has its own check.
#
# **a. The activation.** The local gradient of an activation is a function of its input $z$. For some it is handier as a
# function of the *output* $h$, which the forward pass has computed anyway.
#
# **Example.** $h = e^{z}$ has the derivative $e^{z}$, and that is $h$ itself: no exponential is needed a second time.
# Another: $h = \sqrt z$ has the derivative $1/(2\sqrt z) = 1/(2h)$.
#
# Find the same for $\tanh$. You may use that $\tanh z = \sinh z / \cosh z$, that $\sinh' = \cosh$ and $\cosh' = \sinh$, and that
# $\cosh^2 z - \sinh^2 z = 1$.
#
# **b. One hidden activation.** $h_{nj}$ stands in the equation of exercise 4. Which predictions does *it* touch? The thick lines of
# the picture show it. (The weight of exercise 4 touched one column of $\hat y$, in all samples. This is another set.)
#
# **c. One weight.** $z_{nj} = \sum_d x_{nd}\, w_{1,dj}$, then $h_{nj} = \mathrm{act}(z_{nj})$. Given all of $\partial L/\partial h$, go
# back through the activation and through the product.
#
# ### Exercise 5: one weight of w1, in three steps (3 points, medium, 20 minutes)
#
# The functions do not call each other, so that a slip in one does not spoil the next: `w1_element` gets `grad_h`, and the
# activation's derivative as a function `slope` (of the output $h$). Use the `slope` that you are given, whatever it is.
#
# <details><summary>Hint 1 (a)</summary>Differentiate the quotient sinh/cosh, then look for tanh in the result.</details>
# <details><summary>Hint 2 (b)</summary>One sample n, one hidden unit j. How many outputs has the net? So many paths.</details>
# <details><summary>Hint 3 (c)</summary>"No derivative of the activation" and "applied twice" mean just that: each path
# crosses the activation once. "slope(slope(h))" means that <code>slope</code> was called on a value that had been through it
# already.</details>
# <details><summary>Hint 4 (c)</summary>A path to w1[d, j] has three factors, and there is one path for each sample.</details>


# %% role="solution" name="w1_element"
def tanh_slope(h):
    """The derivative of tanh, in terms of its output h = tanh(z).

    h : number or array.  Returns the same shape.
    """
    ### BEGIN SOLUTION
    return 1 - h * h
    ### END SOLUTION


def h_element(w2, grad_y_pred, n, j):
    """dL/dh[n, j], one number.

    w2 : array, shape (H, M);  grad_y_pred : shape (N, M), the upstream gradient
    n, j : which activation: hidden unit j for sample n
    """
    ### BEGIN SOLUTION
    total = 0.0
    for out in range(w2.shape[1]):
        total += grad_y_pred[n, out] * w2[j, out]
    return total
    ### END SOLUTION


def w1_element(x, h, grad_h, slope, d, j):
    """dL/dw1[d, j], one number.

    x : array, shape (N, D);  h : shape (N, H), what the activation gave
    grad_h : shape (N, H), dL/dh, the upstream gradient
    slope : function; slope(h) is the activation's derivative, in terms of its output
    d, j : which weight: from input d to hidden unit j
    """
    ### BEGIN SOLUTION
    total = 0.0
    for row in range(len(x)):
        total += grad_h[row, j] * slope(h[row, j]) * x[row, d]
    return total
    ### END SOLUTION


# %% role="grade" exercise="w1_element"
check("w1_element")

# %% [markdown]
# ## All of them, by loops
#
# One weight is understood; the rest is repetition. Write one function that runs the net forward, goes back, and
# returns *all* gradients, one weight at a time. Loops are enough; products are accepted.
#
# It takes the activation `act`, its derivative `slope` (of the output) and the loss's gradient `loss_grad(y_pred, y)` as
# arguments. For the small net those will be `np.tanh`, your `tanh_slope` and your `mean_loss_grad`; for the lecture's net others. Use the
# `slope` that is passed, never a difference of `act`: the checks also pass one that is *not* the derivative of `act`. (That is really done. A staircase
# has slope 0 nearly everywhere, and people train through it with an invented slope in its place.)
#
# ### Exercise 6: every weight (3 points, harder, 20 minutes)
#
# Write it out whole, without calling your functions of the exercises before: then an open mistake there costs nothing here.
# Slow is fine.
#
# **Example,** for a net of one layer and no activation, $\hat y = x\,w$. Each weight starts at 0 and gets one share from each sample:
#
#     upstream = loss_grad(x @ w, y)
#     grad_w = np.zeros_like(w)
#     for n in range(len(x)):                 # samples
#         for d in range(w.shape[0]):         # inputs
#             for m in range(w.shape[1]):     # outputs
#                 grad_w[d, m] += upstream[n, m] * x[n, d]
#
# With two layers the same happens twice, and between them lies what exercise 5 found.
#
# <details><summary>Hint 1</summary>Order: h and y_pred; the upstream gradient at y_pred; then grad_w2 and all of dL/dh; then grad_w1.</details>
# <details><summary>Hint 2</summary>Start each gradient as <code>np.zeros_like</code> of its variable, and add one path at
# a time with <code>+=</code>.</details>
# <details><summary>Hint 3</summary>Names for indices save errors: n for samples, d for inputs, j for hidden units, m for
# outputs, everywhere.</details>
# <details><summary>Hint 4: "of the last sample", "the last output alone", "start each at zero"</summary>A sum needs <code>+=</code>, and a start at 0 just outside
# the loop that it runs over: what arrives at one h starts anew for each n and j.</details>
# <details><summary>Hint 5: "whatever slope is passed", "whatever loss_grad is passed"</summary>You wrote a formula of one net into the function. Call
# <code>slope(h)</code> and <code>loss_grad(y_pred, y)</code> in its place.</details>


# %% role="solution" name="net_gradients"
def net_gradients(x, y, w1, w2, act, slope, loss_grad):
    """Gradients of the loss with respect to both weight matrices.

    x : array, shape (N, D);  y : shape (N, M);  w1 : shape (D, H);  w2 : shape (H, M)
    act, slope : functions; h = act(z), and slope(h) is the activation's derivative
    loss_grad : function; loss_grad(y_pred, y) is dL/dy_pred, shape (N, M)
    Returns grad_w1, shape (D, H), and grad_w2, shape (H, M).
    """
    ### BEGIN SOLUTION
    hidden = act(x @ w1)
    upstream = loss_grad(hidden @ w2, y)
    into_w1, into_w2 = np.zeros_like(w1), np.zeros_like(w2)
    for n in range(len(x)):
        for j in range(w1.shape[1]):
            arrives = 0.0
            for m in range(w2.shape[1]):
                into_w2[j, m] += upstream[n, m] * hidden[n, j]
                arrives += upstream[n, m] * w2[j, m]
            before = arrives * slope(hidden[n, j])
            for d in range(len(w1)):
                into_w1[d, j] += before * x[n, d]
    return into_w1, into_w2
    ### END SOLUTION


# %% role="grade" exercise="net_gradients"
check("net_gradients")

# %% [markdown]
# The real test is a *gradient check*: it moves the weights of the small net a little and compares. `check_gradient` does it for any function. It calls
# the gradient that arrives at $L$ `dout`, and `grad_w1` is `dw1` there. ("Complex step" says how it moves them; notebook 01 tells of it.)

# %% role="show"


def small_backward(dout, w1, w2):
    grad_w1, grad_w2 = net_gradients(x_small, y_small, w1, w2, np.tanh, tanh_slope, mean_loss_grad)
    return {"w1": dout * grad_w1, "w2": dout * grad_w2}


def small_forward(w1, w2):
    return np.mean((np.tanh(x_small @ w1) @ w2 - y_small) ** 2)


attempt(lambda: print(check_gradient(small_forward, small_backward, {"w1": w1_small, "w2": w2_small})))

# %% [markdown]
# ## The lecture's four lines
#
# Here is the lecture's net, at its full size, and the lecture's own lines. They are given: you have earned them. For now,
# only believe what you can test. (Where the matrix products come from is the subject of notebook 07.)
#
# Your loops would need several seconds for all its weights, the lecture's lines some milliseconds. A sample of weights will do, and *your* functions
# compute those: `w2_element`, `h_element` and `w1_element`. As `slope` they get that of the sigmoid, $\sigma' = h(1-h)$ in terms of its
# output. (It follows as that of tanh did, from $h = 1/(1+e^{-z})$.)

# %% role="show"
N, D_in, H, D_out = 64, 1000, 100, 10


def lecture_data(seed):
    """The lecture's x, y, w1, w2, drawn in this order."""
    draw = np.random.RandomState(seed).randn
    return draw(N, D_in), draw(N, D_out), draw(D_in, H), draw(H, D_out)


def lecture_lines(x, y, w1, w2):
    """The lecture's program, from h to the gradients; the sigmoid in the form that does not overflow."""
    h = sigmoid(x.dot(w1))
    y_pred = h.dot(w2)
    loss = np.square(y_pred - y).sum()
    grad_y_pred = 2.0 * (y_pred - y)
    grad_w2 = h.T.dot(grad_y_pred)
    grad_h = grad_y_pred.dot(w2.T)
    grad_w1 = x.T.dot(grad_h * h * (1 - h))
    return loss, h, grad_y_pred, grad_h, grad_w1, grad_w2


def compare_sample():
    x, y, w1, w2 = lecture_data(0)
    print(f"the lecture's net has {w1.size + w2.size:,} weights")
    _, h, grad_y_pred, grad_h, grad_w1, grad_w2 = lecture_lines(x, y, w1, w2)
    pick = np.random.default_rng(3)
    yours, lines = {"w2": [], "h": [], "w1": []}, {"w2": [], "h": [], "w1": []}
    for _ in range(40):
        n, d, j, m = (int(pick.integers(size)) for size in (N, D_in, H, D_out))
        yours["w2"].append(w2_element(h, grad_y_pred, j, m))
        lines["w2"].append(grad_w2[j, m])
        yours["h"].append(h_element(w2, grad_y_pred, n, j))
        lines["h"].append(grad_h[n, j])
        yours["w1"].append(w1_element(x, h, grad_h, lambda s: s * (1 - s), d, j))
        lines["w1"].append(grad_w1[d, j])
    for name in yours:
        same = np.allclose(yours[name], lines[name], rtol=1e-9, atol=1e-9 * np.max(np.abs(lines[name])))
        print(f"grad_{name}, 40 elements: your loops and the lecture's line {'agree' if same else 'DIFFER'}")


attempt(compare_sample)

# %% [markdown]
# Now all of them, on a lecture's net cut down to your small sizes: your `net_gradients` against the four lines.

# %% role="show"


def compare_all():
    yours = net_gradients(
        x_small, y_small, w1_small, w2_small, sigmoid, lambda s: s * (1 - s), lambda p, y: 2.0 * (p - y)
    )
    lines = lecture_lines(x_small, y_small, w1_small, w2_small)[4:]
    for name, a, b in zip(("grad_w1", "grad_w2"), yours, lines, strict=True):
        print(f"{name}, all {b.size} elements: {'agree' if np.allclose(a, b) else 'DIFFER'}")


attempt(compare_all)

# %% [markdown]
# ## The step
#
# A gradient points uphill. *Gradient descent* moves every weight a little way against it. How far is set by the learning
# rate `lr`.
#
# **Example.** $L(a) = a^2$ at $a = 3$ has the gradient $6$. With `lr` $= 0.1$ the new $a$ is $2.4$, and the loss has fallen from $9$ to
# $5.76$.
#
# ### Exercise 7: one step downhill (1 point, easy, 5 minutes)
#
# Return **new** arrays. What was passed stays as it was: *not* in place. (The lecture's `-=` writes into the array that it is given.
# Here the caller may still want the old weights.)
#
# <details><summary>Hint 1: "without the weight it starts from", "the sign is turned"</summary>A step starts from somewhere, and it goes against the gradient.</details>
# <details><summary>Hint 2: "changed its input w1 in place"</summary><code>w1 -= …</code> writes into the caller's array; <code>w1 - …</code> makes a new one.</details>


# %% role="solution" name="descent_step"
def descent_step(w1, w2, grad_w1, grad_w2, lr):
    """One step of gradient descent, not in place.

    w1, grad_w1 : arrays, shape (D, H);  w2, grad_w2 : arrays, shape (H, M);  lr : number
    Returns the new w1 and the new w2, as new arrays.
    """
    ### BEGIN SOLUTION
    return w1 - lr * grad_w1, w2 - lr * grad_w2
    ### END SOLUTION


# %% role="grade" exercise="descent_step"
check("descent_step")

# %% [markdown]
# Here is the lecture's whole program, at its full size: all 2000 steps with a learning rate of 1e-4, with the lecture's gradients and **your** step. It takes some seconds.

# %% role="show"


def train(steps=2000, lr=1e-4):
    x, y, w1, w2 = lecture_data(0)
    for t in range(steps):
        loss, _, _, _, grad_w1, grad_w2 = lecture_lines(x, y, w1, w2)
        if t in (0, 9, 99, 599, 1999):
            print(f"t = {t:4d}   loss {loss:.3g}")
        w1, w2 = descent_step(w1, w2, grad_w1, grad_w2, lr)


attempt(train)

# %% [markdown]
# ## Six gradients, one right
#
# The loss goes down, and keeps going down. Is the program right, then? Here is an experiment. Six people write the line for `grad_w1`; the
# other lines are the same for all, and right. Each trains the lecture's net from the same start, 600 steps.
#
# | run | the factor for the activation in `grad_w1` |
# |---|---|
# | A | the right one, $\sigma'(z) = h(1-h)$ |
# | B | the derivative of $\sigma$ taken at $h$ in place of $z$: $\sigma'(h)$ |
# | C | $h(1-h)$, applied twice |
# | D | 1, that is no factor |
# | E | zero: `w1` never moves |
# | F | the right one with its sign flipped: `w1` goes *up* the slope |
#
# ### Prediction (1 point for making it, 1 minute)
#
# Which run ends with the lowest loss? Commit yourself before you go on: a guess that turns out wrong teaches the most, and costs nothing.


# %% role="solution" name="predict_lowest_loss"
def predict_lowest_loss():
    """The run with the lowest loss after 600 steps: one of "A", "B", "C", "D", "E", "F"."""
    ### BEGIN SOLUTION
    return "A"
    ### END SOLUTION


# %% role="grade" exercise="predict_lowest_loss"
check("predict_lowest_loss")

# %% [markdown]
# ## Lab: the loss went down and it is wrong
#
# One trick makes six runs cheap. The data $x$ never change, so with $G = \partial L/\partial z$ and the learning rate $\eta$ (`lr`) a step of $w_1$ by $-\eta\, x^T G$ moves $z = x w_1$ by
# $-\eta\,(x x^T)\,G$. We keep track of $z$, $[64 \times 100]$, in place of $w_1$, $[1000 \times 100]$. It is the same program to round-off: compare A's losses at the 100th and the 600th step
# with your own training above (t = 99 and t = 599).

# %% role="show"
FACTORS = {
    "A": ("right", lambda h: h * (1 - h)),
    "B": ("sigmoid' at the activation", lambda h: sigmoid(h) * (1 - sigmoid(h))),
    "C": ("h(1-h) twice", lambda h: (h * (1 - h)) ** 2),
    "D": ("1: no derivative", lambda h: np.ones_like(h)),
    "E": ("zero", lambda h: np.zeros_like(h)),
    "F": ("sign flipped", lambda h: -h * (1 - h)),
}


def run_all(seed, steps=600, lr=1e-4, factors=FACTORS):
    """The losses of the runs at every step, and the z that each ends with."""
    x, y, w1, w2_start = lecture_data(seed)
    gram, z_start = x.dot(x.T), x.dot(w1)
    losses, ends = {}, {}
    for run, (_, factor) in factors.items():
        z, w2, losses[run] = z_start, w2_start, []
        for _ in range(steps):
            h = sigmoid(z)
            error = h.dot(w2) - y
            losses[run].append(float(np.square(error).sum()))
            grad_y_pred = 2.0 * error
            grad_h = grad_y_pred.dot(w2.T)
            z = z - lr * gram.dot(grad_h * factor(h))
            w2 = w2 - lr * h.T.dot(grad_y_pred)
        ends[run] = z
    return losses, ends


def table(losses, steps):
    print("run  factor                      " + "".join(f"{f'step {s}':>12}" for s in steps))
    for run, (words, _) in FACTORS.items():
        print(f"{run}    {words:28s}" + "".join(f"{losses[run][s - 1]:12.3g}" for s in steps))


def guessed():
    """The prediction, or None with a word to whoever has not made it."""
    try:
        guess = predict_lowest_loss()
    except NotImplementedError:
        guess = None
    except Exception as error:
        print(f"Your prediction raised {type(error).__name__}: is the letter in quotes?")
        return None
    if guess is None:
        print("Make your prediction first: return a letter in the cell above, run it, then run this cell.")
    return guess


by_seed, ends = {}, {}
for seed, steps in ((0, 600), (6, 50)):
    by_seed[seed], ends[seed] = run_all(seed, steps)
if guessed() is not None:
    print(f"You said {guessed()}.\n")
    table(by_seed[0], (1, 20, 100, 600))

# %% role="show" jupyter={"source_hidden": true}
# Draws the picture below.


def draw_losses(losses):
    styles = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), "-o")
    fig, ax = plt.subplots(figsize=(7, 3.8))
    from_low = sorted(losses, key=lambda run: losses[run][-1])
    for (run, values), style in zip(losses.items(), styles, strict=True):
        dots = (
            {"marker": "o", "markevery": 12, "markersize": 5, "ls": "-"} if style == "-o" else {"ls": style}
        )
        ax.semilogy(
            range(1, len(values) + 1, 5), values[::5], lw=2, label=f"{run}: {FACTORS[run][0]}", **dots
        )
        aside = (5 + 12 * (from_low.index(run) % 3), 0)
        ax.annotate(run, (len(values), values[-1]), xytext=aside, textcoords="offset points", va="center")
    ax.set_xlabel("step")
    ax.set_ylabel("loss")
    ax.legend(fontsize=8, loc="lower left", frameon=False, handlelength=5)
    return fig


shown = None
if guessed() is not None:
    shown = picture(
        draw_losses(by_seed[0]),
        alt="Loss on a logarithmic axis over 600 steps, six runs from the same start. All fall. D, without a "
        "derivative, falls fastest for some steps; then B, with the derivative taken at the activation, passes it and "
        "keeps falling, and ends by far the lowest. At the end D is second; A, the right one, is third; C, E and F "
        "follow.",
    )
shown

# %% [markdown]
# <details><summary><b>What the runs show</b> (open it when you have made your prediction)</summary>
#
# **All six fall**, also E, which leaves `w1` alone, and F, which moves it the wrong way: the gradient for `w2` is right in every run and does the work.
# **The right gradient is third.** B, which is plainly wrong, ends more than a hundred thousand times lower.
#
# Nor is the order a fact about the six lines. It depends on when you look (at step 20, D is ahead of B) and on the
# seed: the next cell has the order at step 50 for two of them.
#
# </details>

# %% role="show"
for seed, losses in by_seed.items() if guessed() is not None else ():
    order = sorted(FACTORS, key=lambda run: losses[run][49])
    print(f"seed {seed}, step 50, from low to high: {' '.join(order)}")

# %% [markdown]
# **So what would tell?** The gradient check, on a small version of the same net. It asks of every weight whether its number is the slope,
# and does not care where a training run ends.

# %% role="show"


def version(factor):
    def backward(dout, w1, w2):
        h = sigmoid(x_small @ w1)
        error = 2.0 * dout * (h @ w2 - y_small)
        return {"w1": x_small.T @ (error @ w2.T * factor(h)), "w2": h.T @ error}

    return backward


def sum_forward(w1, w2):
    return np.sum((sigmoid(x_small @ w1) @ w2 - y_small) ** 2)


for run, (words, factor) in FACTORS.items():
    report = check_gradient(sum_forward, version(factor), {"w1": w1_small, "w2": w2_small})
    verdicts = ", ".join(f"grad_{one.name} {'right' if one.passed else 'WRONG'}" for one in report.inputs)
    print(f"{run}  {words:28s} {verdicts}")

# %% [markdown]
# ### Why is that so?
#
# Each hidden unit sums 1000 products of standard normal numbers, so $z$ has a standard deviation near $\sqrt{1000} \approx 31.6$.
# There the sigmoid is flat. The unit is *saturated*: its output is 0 or 1 and its true derivative almost nothing. The right gradient
# says so: moving these weights a little hardly changes the loss.
#
# How saturated is it, and what is $\sigma'$ where B takes it, at an $h$ between 0 and 1?

# %% role="show"
x, y, w1, w2 = lecture_data(0)
z = x.dot(w1)
h = sigmoid(z)
print(
    f"sqrt(1000) = {1000**0.5:.3g}; z has a standard deviation of {z.std():.3g}; the largest |z| is {abs(z).max():.3g}"
)
print(f"hidden units with h below 0.01 or above 0.99: {np.mean((h < 0.01) | (h > 0.99)):.0%}")
print(f"median of the true derivative h(1-h): {np.median(h * (1 - h)):.0e}")
if guessed() is not None:
    between = sigmoid(np.linspace(0, 1, 101))
    low, high = np.min(between * (1 - between)), np.max(between * (1 - between))
    print(f"sigmoid'(h) for h from 0 to 1 lies in [{low:.3f}, {high:.3f}]")

# %% [markdown]
# So B's factor is wrong, but it has the right *sign*, and it is never small: B moves units that the right gradient hardly touches.
# How far have they come after the 600 steps?

# %% role="show"
for run in "AB" if guessed() is not None else "":
    after = sigmoid(ends[0][run])
    print(
        f"{run}: z has moved by {np.mean(abs(ends[0][run] - z)):.1f} on average, "
        f"{np.mean((after > 0.5) != (h > 0.5)):.0%} of the units have changed sides, "
        f"{np.mean((after < 0.01) | (after > 0.99)):.0%} are saturated"
    )
if guessed() is not None:
    scaled, _ = run_all(0, factors={"D": ("0.25 everywhere", lambda h: np.full_like(h, 0.25))})
    print(f"D with the constant 0.25 in place of 1 ends below 0.001: {scaled['D'][-1] < 0.001}")

# %% [markdown]
# <details><summary><b>What these numbers say</b> (open it when you have made your prediction)</summary>
#
# Most units stay saturated with B too, but it moves them far enough that some switch sides. And B is nearly D scaled down: with the constant
# 0.25 for its 1, D ends as low as B. All that is wrong with D's steps is that they are four times too long; look at its first steps in the picture.
#
# That helps on this net, with this start, on data that are pure noise. It is no advice: with smaller weights at the start nothing is saturated,
# and the stretch at the end asks what happens then.
#
# </details>

# %% [markdown]
# ## Lab: every gradient is right and it is still wrong
#
# Now the gradients are the lecture's, all right. The last line of the program reads
#
#     w2 = 1e-4 * grad_w2
#
# In some copies of the program that is how it stands; a `-` before the `=` was lost on the way. See what it does:

# %% role="show"


def run_with_lost_minus(steps=600, lr=1e-4):
    x, y, w1, w2 = lecture_data(0)
    gram, z, losses = x.dot(x.T), x.dot(w1), []
    for _ in range(steps):
        h = sigmoid(z)
        error = h.dot(w2) - y
        losses.append(float(np.square(error).sum()))
        grad_y_pred = 2.0 * error
        z = z - lr * gram.dot(grad_y_pred.dot(w2.T) * h * (1 - h))
        w2 = lr * h.T.dot(grad_y_pred)
    return losses


lost = run_with_lost_minus()
print(f"step 1: {lost[0]:.3g}   step 600: {lost[-1]:.3g}   (right program: {by_seed[0]['A'][-1]:.3g})")
print(f"loss of a net that always answers 0: {np.square(y).sum():.3g}")
print(check_gradient(sum_forward, version(FACTORS["A"][1]), {"w1": w1_small, "w2": w2_small}))

# %% [markdown]
# The loss falls from 24,600 to 637, and the gradient check passes, because it looks at gradients, and they *are* right. (The weights
# `w2` become so small that the net answers nearly 0, and that is all it has learned: compare the second line.)
#
# Only a check of the **update** tells. Undo the step: $(w_{\text{old}} - w_{\text{new}})/\eta$ must be the gradient.
# (`check("descent_step")` asked for the same, the other way round.)

# %% role="show"
_, _, _, _, _, grad_w2 = lecture_lines(x, y, w1, w2)
for words, new in (("w2 - 1e-4 * grad_w2", w2 - 1e-4 * grad_w2), ("1e-4 * grad_w2", 1e-4 * grad_w2)):
    undone = (w2 - new) / 1e-4
    print(f"new w2 = {words:20s} undone, it is the gradient: {np.allclose(undone, grad_w2)}")

# %% [markdown]
# ## In passing: the sigmoid in float32
#
# The lecture's `1 / (1 + np.exp(-z))` has a trap. In float32, $e^{89}$ is already too large, and $-z$ reaches beyond that here: `exp` overflows to
# infinity. The value still comes out right, since $1/\infty = 0$, but with a warning. Written as $e^z/(1+e^z)$ the same infinity makes
# $\infty/\infty$, which is nan. `course_lib.given.sigmoid` only ever takes the exponential of negative numbers.

# %% role="show"
single = z.astype(np.float32)
with np.errstate(over="ignore", invalid="ignore"):
    powers = np.exp(-single)
    other = np.exp(single) / (1 + np.exp(single))
print(
    f"largest z for which exp(z) fits: float32 {np.log(np.finfo(np.float32).max):.1f}, float64 {np.log(np.finfo(np.float64).max):.0f}"
)
print(f"infinite values of exp(-z) in float32: {np.isinf(powers).sum()} of {powers.size}")
print(f"nan in exp(z) / (1 + exp(z)): {np.isnan(other).sum()}")
print(f"infinite values of exp(-|z|): {np.isinf(np.exp(-abs(single))).sum()}")

# %% [markdown]
# ## Summary
#
# - A derivative is found one weight at a time: which values does it touch, and by how much? Multiply along a path, add over paths.
# - A weight is used once for each sample; a hidden activation feeds every output. So one sum runs over samples and the other over outputs.
# - The gradient of the loss has the shape of its variable.
# - A falling loss proves nothing. Check the gradients, and check the update.
#
# ### Stretch: smaller weights (not graded, medium, 10 minutes)
#
# Start so that nothing is saturated: `w1` divided by 30. Copy the loop of `run_all` into the cell below, divide `z_start`, and run the next cell. It checks your copy (with a divisor of 1 it must give the losses of the lab) and prints the table.
#
# Is B still ahead of A at step 100? Which run is lowest now, and is it right? (At step 600 several losses are only round-off.)


# %% role="solution" name="stretch_smaller_weights"
def run_smaller(divisor, steps=100):
    """As run_all(0, steps), but from w1 divided by `divisor`: a dict with the list of losses of each run."""
    ### BEGIN SOLUTION
    x, y, w1, w2_start = lecture_data(0)
    gram, z_start = x.dot(x.T), x.dot(w1) / divisor
    losses = {}
    for run, (_, factor) in FACTORS.items():
        z, w2, losses[run] = z_start, w2_start, []
        for _ in range(steps):
            h = sigmoid(z)
            error = h.dot(w2) - y
            losses[run].append(float(np.square(error).sum()))
            grad_y_pred = 2.0 * error
            grad_h = grad_y_pred.dot(w2.T)
            z = z - 1e-4 * gram.dot(grad_h * factor(h))
            w2 = w2 - 1e-4 * h.T.dot(grad_y_pred)
    return losses
    ### END SOLUTION


# %% role="show"
def copied_right():
    own = run_smaller(1)
    return all(np.allclose(own[run], by_seed[0][run][:100]) for run in FACTORS)


good = attempt(copied_right)
if good is not None:
    print("with a divisor of 1 it gives the losses of the lab:", good)
if good:
    table(run_smaller(30), (20, 100))
