# %% [markdown]
# # Gradients by hand
#
# The numerical gradient takes two losses for every weight. A formula gives all slopes at once. In this chapter you
# derive the gradients of the softmax and the hinge loss on paper, write them in NumPy, let your judge of chapter 3 try
# them, and then walk downhill: gradient descent, learning rates, minibatches.
#
# You need: the chain rule. Time: 60 minutes.

# %%
import numpy as np

from microdl import learn

mydl = learn.use(chapters=3)
from mydl.gradcheck import numerical_gradient, relative_error
from mydl.scores import random_search, scores_of, softmax, softmax_loss

# %% [markdown]
# ## The naive way: a plausible gradient
#
# The softmax loss is $L = -\ln p_y$ with $p_k = e^{s_k} / \sum_j e^{s_j}$. Raising $s_y$ raises $p_y$, so a first
# thought might be that only the true class matters: $\partial L / \partial s_y = p_y - 1$, and 0 for the others. The
# cat image again, with scores for cat, car and frog. **Predict** which entries the judge confirms.

# %%
scores, labels = np.array([[3.2, 5.1, -1.7]]), np.array([0])
plausible = np.zeros_like(scores)
plausible[0, 0] = softmax(scores)[0, 0] - 1
numeric = numerical_gradient(lambda s: softmax_loss(s, labels).sum(), scores)
print("plausible:    ", plausible[0].round(4))
print("numerical:    ", numeric[0].round(4))
print("probabilities:", softmax(scores)[0].round(4))

# %% [markdown]
# The other scores stand in the sum below: raising them lowers $p_y$. The plausible gradient is not even obviously wrong
# in use: its product with the right one is $(p_y - 1)^2 > 0$, so steps against it lower the loss, and only a gradient
# check would tell. The third line is a hint at the right one.
#
# ## On paper
#
# **Softmax.** Write the loss as in chapter 2, $L = \ln \sum_j e^{s_j} - s_y$, and differentiate each term. With
# $[k = y]$ for 1 where that holds and 0 elsewhere,
#
# $$\frac{\partial L}{\partial s_k} = \frac{e^{s_k}}{\sum_j e^{s_j}} - [k = y] = p_k - [k = y].$$
#
# The probabilities, minus 1 at the true class. The entries add up to 0: what the true class gains the others lose.
#
# **Hinge.** $L = \sum_{j \ne y} \max(0, s_j - s_y + 1)$. Where a class $j$ violates the margin its term is
# $s_j - s_y + 1$: the slope is 1 by $s_j$ and $-1$ by $s_y$. Where it does not, the term is 0. So
#
# $$\frac{\partial L}{\partial s_j} = [s_j - s_y + 1 > 0] \quad (j \ne y), \qquad
#   \frac{\partial L}{\partial s_y} = -\#\{j \ne y : s_j - s_y + 1 > 0\}.$$
#
# **From scores to weights.** $s_{ik} = \sum_t W_{kt} x_{it} + b_k$ for image $i$, so
# $\partial s_{ik} / \partial W_{kt} = x_{it}$ and $\partial s_{ik} / \partial b_k = 1$. By the chain rule, with
# $g_{ik} = \partial L / \partial s_{ik}$ and summed over the images of a batch,
#
# $$\frac{\partial L}{\partial W_{kt}} = \sum_i g_{ik} x_{it}, \qquad
#   \frac{\partial L}{\partial b_k} = \sum_i g_{ik}:$$
#
# a matrix product, $g^T x$. Check the shapes: $g^T$ is (classes, n), $x$ is (n, pixels), $W$ is (classes, pixels). It
# takes as many multiplications as $x W^T$, the scores: all slopes together cost one more product of that size.
#
# **The batch and the penalty.** A step looks at a *batch*: all images, or a few drawn at random, a *minibatch*. Its
# loss is the *mean* of its images' losses, so everything is divided by $n$. And chapter 2 found that the best weights
# are not unique; `decay` times $\sum W_{kt}^2$ is added to prefer small ones, with the gradient $2 \cdot$ `decay`
# $\cdot W_{kt}$.

# %% file="descent.py"
"""Chapter 4: the gradients of two losses, and gradient descent."""

import numpy as np

from mydl.scores import hinge_loss, scores_of, softmax, softmax_loss


def softmax_gradient(scores, labels):
    """The gradient (n, classes) of the mean softmax loss by scores (n, classes), for labels (n,)."""
    # <exercise softmax_gradient: Return p - [k = y] for each image, divided by n for the mean: (n, classes).>
    # hint: Chapter 2's softmax gives p; only the entry of each row's label needs a change.
    # hint: g = softmax(scores), then subtract 1 at g[np.arange(len(g)), labels].
    # hint: The loss is the mean over n images: return g / len(g).
    g = softmax(scores)
    g[np.arange(len(g)), labels] -= 1
    return g / len(g)
    # </exercise>


def hinge_gradient(scores, labels):
    """The gradient (n, classes) of the mean hinge loss by scores (n, classes), for labels (n,)."""
    # <exercise hinge_gradient: Return 1 for each class that violates the margin and minus their number at the label, divided by n.>
    # hint: Where is s_j - s_y + 1 > 0? Each such j gets a 1; the label gets what makes its row add up to 0.
    # hint: g = (scores - true + 1 > 0).astype(float), with the labels' scores as a column, has a 1 too many: the label's own.
    # hint: Set g[rows, labels] to 0, then to -g.sum(1), and divide by n.
    rows = np.arange(len(scores))
    g = (scores - scores[rows, labels][:, None] + 1 > 0).astype(float)
    g[rows, labels] = 0
    g[rows, labels] = -g.sum(1)
    return g / len(scores)
    # </exercise>


def linear_gradients(g, x):
    """From the gradient g (n, classes) by the scores those by W (classes, pixels) and by b (classes,): (dW, db)."""
    # <exercise linear_gradients: Return (dW, db), of the shapes of W and b, for images x (n, pixels).>
    # hint: Which product of g and x has W's shape, and sums over the images?
    # hint: dW is g.T @ x; db adds up the images, g.sum(0). g holds the 1/n already.
    return g.T @ x, g.sum(0)
    # </exercise>


LOSSES = {"softmax": (softmax_loss, softmax_gradient), "hinge": (hinge_loss, hinge_gradient)}


def objective(W, b, x, labels, loss="softmax", decay=0.0):
    """The mean loss plus decay * sum(W^2), and its gradients: (value, dW, db)."""
    # <exercise objective: Return the mean loss plus the penalty, a number, and its gradients by W and by b.>
    # hint: scores_of, then the two functions of LOSSES[loss], then linear_gradients.
    # hint: The penalty decay * sum(W^2) has the gradient 2 * decay * W. Biases are not penalised.
    # hint: return value(scores, labels).mean() + decay * (W**2).sum(), dW + 2 * decay * W, db
    value, gradient = LOSSES[loss]
    scores = scores_of(x, W, b)
    dW, db = linear_gradients(gradient(scores, labels), x)
    return value(scores, labels).mean() + decay * (W**2).sum(), dW + 2 * decay * W, db
    # </exercise>


def train(x, labels, classes, lr=0.1, epochs=10, batch_size=64, loss="softmax", decay=0.0, seed=0):
    """Minibatch gradient descent from small random weights: (W, b, the batches' objective before each step)."""
    random = np.random.RandomState(seed)
    W, b, history = random.randn(classes, x.shape[1]) * 0.001, np.zeros(classes), []
    for _ in range(epochs):
        # <exercise train: Go once through all images in a new random order; for each batch note the objective, then step.>
        # hint: Shuffle the places of the images, and cut them into runs of batch_size; the last one may be shorter.
        # hint: order = random.permutation(len(x)), and batches order[i : i + batch_size] for i in range(0, len(x), batch_size).
        # hint: value, dW, db = objective(W, b, x[batch], labels[batch], loss, decay); history.append(value).
        # hint: W, b = W - lr * dW, b - lr * db: downhill is against the gradient.
        order = random.permutation(len(x))
        for start in range(0, len(x), batch_size):
            batch = order[start : start + batch_size]
            value, dW, db = objective(W, b, x[batch], labels[batch], loss, decay)
            history.append(value)
            W, b = W - lr * dW, b - lr * db
        # </exercise>
    return W, b, np.array(history)


# %% [markdown]
# ## The judge's verdict

# %%
random = np.random.RandomState(0)
x, y, W, b = random.randn(5, 3), random.randint(0, 4, 5), random.randn(4, 3), random.randn(4)
for name, (value, gradient) in LOSSES.items():
    s = scores_of(x, W, b)
    by_scores = relative_error(gradient(s, y), numerical_gradient(lambda s: value(s, y).mean(), s))
    _, dW, db = objective(W, b, x, y, name, decay=0.1)
    by_weights = relative_error(dW, numerical_gradient(lambda W: objective(W, b, x, y, name, decay=0.1)[0], W))
    print(f"{name:<8} relative error by scores {by_scores:.0e}, by weights {by_weights:.0e}")

# %% [markdown]
# ## Thirty steps by hand
#
# Before a loop trains ten classes, do it once for two, in the plane, with nothing hidden: the lectures' hand-written
# training, with weights $w = (-2, 2, 1)$, the last one the bias, and learning rate 0.1. A point with the score
# $s = w \cdot (x_1, x_2, 1)$ and the label $y = \pm 1$ has the *logistic loss*, and by the chain rule its slope:
#
# $$L = \ln(1 + e^{-y s}), \qquad \frac{dL}{ds} = \frac{-y\,e^{-y s}}{1 + e^{-y s}} = \frac{-y}{1 + e^{y s}}.$$
#
# (It is the softmax loss of two classes with the scores $s$ and 0: $-\ln \frac{e^s}{e^s + 1} = \ln(1 + e^{-s})$.) The
# gradient by $w$ is the mean of $dL/ds$ times $(x_1, x_2, 1)$. **Predict** which of the three weights changes most: the
# points of class +1 lie around (1, 1), those of class -1 around (-1, -1).

# %%
random = np.random.RandomState(0)
points = np.concatenate([random.randn(20, 2) + 1, random.randn(20, 2) - 1]).astype(np.float32)
signs = np.repeat([1, -1], 20)
x = np.column_stack([points, np.ones(40)])


def logistic(w):
    margins = signs * (x @ w)
    return np.log(1 + np.exp(-margins)).mean(), (-signs / (1 + np.exp(margins))) @ x / 40


w, losses = np.array([-2.0, 2, 1]), []
for step in range(30):
    loss, gradient = logistic(w)
    losses.append(loss)
    if step in (0, 1, 2, 29):
        print(f"step {step:>2}: loss {loss:.4f}, w = {w.round(4)}, gradient {gradient.round(4)}")
    w = w - 0.1 * gradient
print(f"after 30 steps: w = {w.round(4)}")
for name, v in (("before", np.array([-2.0, 2, 1])), ("after", w)):
    error = relative_error(logistic(v)[1], numerical_gradient(lambda v: logistic(v)[0], v))
    print(f"{name}: {(signs * (x @ v) > 0).mean():.1%} right; the judge finds a relative error of {error:.0e}")

# %%
from matplotlib.figure import Figure

from microdl.plots import plot_decision_regions

figure = Figure(figsize=(10, 3.6), layout="constrained")
left, middle, right = figure.subplots(1, 3)
for axes, title, v in ((left, "before", np.array([-2.0, 2, 1])), (middle, "after 30 steps", w)):
    plot_decision_regions(
        lambda new, v=v: new @ v[:2] + v[2],
        points,
        (signs > 0).astype(int),
        ax=axes,
        title=title,
        class_names=["-1", "+1"],
    )
right.plot(losses)
right.set(xlabel="step", ylabel="mean logistic loss", ylim=(0, None), box_aspect=1)
figure

# %% [markdown]
# The first weight changed most, as its gradient was the largest: it had the wrong sign. The arrow is $w$ without the
# bias, at a right angle to the line; it has turned, and most points are on the right side. These numbers will come
# back: a later chapter repeats the thirty steps with gradients that nobody derived.
#
# **When to stop?** A step is $lr \cdot \nabla L$, so its size is the learning rate times the gradient's norm; near a
# minimum the norm is near 0, the steps shrink by themselves, and one stops when it falls below a bound. **Predict**
# whether the loop below reaches 0.001, without a penalty and with one.

# %%
for decay in (0.0, 0.01):
    v = np.array([-2.0, 2, 1])
    for step in range(10_001):
        gradient = logistic(v)[1] + 2 * decay * v
        norm = np.linalg.norm(gradient)
        if norm < 0.001 or step in (0, 100, 10_000):
            print(f"decay {decay:<4} step {step:>6}: norm {norm:.4f}, step {0.1 * norm:.5f}, w = {v.round(2)}")
        if norm < 0.001:
            break
        v = v - 0.1 * gradient
    print(f"right: {(signs * (x @ v) > 0).mean():.0%}")

# %% [markdown]
# Without a penalty it does not: a line can separate these points, and once it does, larger weights always lower the
# loss. The minimum lies at infinity. With a penalty there is one to be found.
#
# ## Downhill
#
# The digits. **Predict** what gradient descent reaches after ten *epochs*, passes through all images, of 22 steps each,
# against 1,000 random guesses.

# %%
from microdl.datasets import Digits

(train_x, train_y), (test_x, test_y) = ([t.numpy() for t in Digits.tensors(train=part)] for part in (True, False))


def accuracy(W, b):
    return (scores_of(test_x, W, b).argmax(1) == test_y).mean()


W, b, losses = random_search(train_x, train_y, 10, draws=1000, scale=0.1)
print(f"guesses  best softmax loss {losses.min():.2f}, test accuracy {accuracy(W, b):.1%}")
for loss in LOSSES:
    W, b, history = train(train_x, train_y, 10, lr=0.1, epochs=10, loss=loss)
    last = history[-22:].mean()
    print(f"{loss:<8} {len(history)} steps, first loss {history[0]:.2f}, last epoch's {last:.2f}, ", end="")
    print(f"test accuracy {accuracy(W, b):.1%}")
print("by the lectures, CIFAR-10: random search 15.5 %, k nearest neighbours 28 % to 39 %, linear softmax about 39 %")

# %% [markdown]
# The first losses are $\ln 10 = 2.30$ and $C - 1 = 9$, as chapter 2 said they must be. Keep that habit.
#
# The **learning rate** is the one number that must be right. Here are steps with all images, and a penalty, so that
# there is a minimum. **Predict** the order of these curves after 40 steps.

# %%
figure = Figure(figsize=(9, 3.6), layout="constrained")
axes = figure.subplots()
for lr, style in ((0.01, ":"), (0.1, "--"), (1.0, "-"), (3.0, "-."), (20.0, (0, (5, 1)))):
    _, _, history = train(train_x, train_y, 10, lr=lr, epochs=40, batch_size=len(train_x), decay=0.05)
    axes.plot(history, linestyle=style, label=f"{lr:g}, in the end {history[-1]:.3g}")
axes.set(xlabel="step", ylabel="loss with penalty", ylim=(1.4, 5))
figure.legend(title="learning rate", frameon=False, loc="outside right upper")
figure

# %% [markdown]
# Too small wastes steps. Too large overshoots, and stays above the minimum, jumping from one side of the valley to the
# other. Far too large climbs: each step lands higher on the other side, where the gradient is larger still.
#
# **The batch size** trades noise for time. A step with all images has the true gradient; one with 32 has an estimate,
# at a fraction of the price. How far off is it? **Predict** what four times as many images do to that.

# %%
W, b = np.zeros((10, 64)), np.zeros(10)
_, true, _ = objective(W, b, train_x, train_y)
random = np.random.RandomState(0)
print("batch   price   noise   steps in ten epochs   test accuracy")
for size in (32, 64, 128, 256, len(train_x)):
    batches = [random.permutation(len(train_x))[:size] for _ in range(50)]
    off = [np.linalg.norm(objective(W, b, train_x[i], train_y[i])[1] - true) for i in batches]
    noise = np.mean(off) / np.linalg.norm(true)
    V, c, history = train(train_x, train_y, 10, lr=0.1, epochs=10, batch_size=size)
    print(f"{size:>5}   {size / len(train_x):>5.1%}   {noise:>5.2f}   {len(history):>19}   {accuracy(V, c):>13.1%}")

# %% [markdown]
# Noise is the mean distance from the gradient of all images, in units of its norm. With 32 images it is larger than the
# gradient itself, and yet these steps get furthest for the same number of images looked at: errors in random directions
# average out over many steps. Four times as many images halve it, as the deviation of any mean falls with $1/\sqrt n$
# (a little more than halve it here, since the batch is drawn without repetition from few images).
#
# ## What has been learned
#
# The templates, drawn as those of chapter 2's best guess were:

# %%
from microdl.plots import plot_templates

W, b, _ = train(train_x, train_y, 10, epochs=20, decay=1e-3)
plot_templates(W, title=f"softmax, 20 epochs: {accuracy(W, b):.1%} of the test images right")

# %% [markdown]
# ## What PyTorch does here
#
# In a training script nobody writes gradients: `loss.backward()` puts them together from the rules of single
# operations, which is what you build in the next two chapters. But every one of these rules was derived by hand once,
# as you did: that of `nn.CrossEntropyLoss` is $p - [k = y]$ over $n$, and that of `nn.Linear` has $g^T x$ and the sum
# of $g$. `SGD` does your step; its `weight_decay` adds $\lambda W$ to the gradient, so your `decay` is half of it.

# %%
import microdl as torch
from microdl import nn

V, c = torch.tensor(W, requires_grad=True), torch.tensor(b, requires_grad=True)
images, digits = torch.tensor(train_x, dtype=torch.float64), torch.tensor(train_y)
for loss, module in (("softmax", nn.CrossEntropyLoss()), ("hinge", nn.MultiMarginLoss())):
    V.grad = c.grad = None
    module(images @ V.T + c, digits).backward()
    _, dW, db = objective(W, b, train_x, train_y, loss)
    classes = 10 if loss == "hinge" else 1  # PyTorch's is the mean over the classes
    print(loss, np.allclose(V.grad.numpy() * classes, dW), np.allclose(c.grad.numpy() * classes, db))

# %% [markdown]
# **What the real file adds** (`microdl/kernels/softmax.py`, `microdl/kernels/hinge.py`). The probabilities are those
# that the loss has kept, so the gradient takes no exponential. The gradient $g$ of the loss itself, 1 in your code, and
# the division by $n$ are one factor, `scale`; and $p - [k = y]$ is two short loops, one over all entries and one over
# the labels.

# %%
learn.excerpt("microdl/kernels/softmax.py", "_losses_backward")

# %% [markdown]
# The hinge loss has no table of violations: each row is read once, and the label's entry collects minus the others. It
# covers the squares ($p = 2$) and weights of the classes too.

# %%
learn.excerpt("microdl/kernels/hinge.py", "_margins_backward")

# %% [markdown]
# At a score on the margin exactly the hinge loss has a kink. `violation > zero` chooses the slope 0 there, as PyTorch
# does:

# %%
s = torch.tensor([[2.0, 1.0, 1.5]], requires_grad=True)  # the second class is on the margin
nn.MultiMarginLoss(reduction="sum")(s, torch.tensor([0])).backward()
print(s.grad * 3)

# %% [markdown]
# ## Exercises
#
# 1. Why does `softmax_gradient` add up to 0 in each row? What would it mean if it did not?
# 2. By hand: the hinge gradient of the frog image of chapter 2, with scores 2.2, 2.5 and -3.1, of which the last is
#    true. Let your function confirm it.
# 3. At a score on the margin exactly, which slope does *your* code take? Which others would be defensible?
# 4. Derive the gradient of the squared hinge loss, write it, and have it judged.
# 5. The weights of all classes are shifted by one vector. What happens to the softmax loss? And to the penalty? Which
#    of the shifted weights does the penalty choose?
# 6. Find the largest learning rate at which 40 steps with all images still converge. Then let the learning rate fall
#    during training: what is the lowest loss that you reach in 40 steps?
