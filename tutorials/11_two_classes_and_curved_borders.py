# %% [markdown]
# # Two classes, and borders that are not straight
#
# With two classes one score is enough: positive for one, negative for the other. Three losses are in use for it, from
# three schools, and you will find that they are one. Then the limit of all linear classifiers: a straight border. Two
# ways beyond it, and why the second has won.
#
# You need: chapters 7 and 8. Time: 50 minutes.

# %%
import matplotlib.pyplot as plt
import numpy as np

from microdl import learn
from microdl.datasets import circles, ring, xor
from microdl.plots import plot_decision_regions

mydl = learn.use(chapters=10)

from mydl import nn, optim
from mydl.tensor import Tensor, no_grad, op

# %% [markdown]
# ## The naive way, and where it breaks
#
# The *sigmoid* turns a score into a probability, $\sigma(s) = 1 / (1 + e^{-s})$. The *binary cross-entropy* of a label
# $y \in \{0, 1\}$ is $-y \ln p - (1 - y) \ln(1 - p)$. For $p = 0.63$ and $y = 1$:

# %%
print(f"{-np.log(0.63):.2f}")

# %% [markdown]
# (One lecture prints 0.2, the logarithm to base 10.) Put together as it stands. **Predict** which of these losses for
# $y = 0$ are right: about $s$ for every large score.


# %%
def naive_loss(s, y):
    p = 1 / (1 + np.exp(-s))
    return -y * np.log(p) - (1 - y) * np.log(1 - p)


with np.errstate(all="ignore"):
    for score in (5.0, 30.0, 40.0, 800.0, -800.0):
        print(score, naive_loss(np.float64(score), 0))

# %% [markdown]
# At 30 some digits are lost, at 40 the probability is rounded to 1 and the loss is infinite, at -800 the exponential
# overflows on the way. As with the softmax: do not compute the probability. With $1 - \sigma(s) = \sigma(-s)$ and
# $-\ln \sigma(s) = \ln(1 + e^{-s})$ the loss is
#
# $$y \ln(1 + e^{-s}) + (1 - y) \ln(1 + e^{s}),$$
#
# and $\ln(1 + e^s)$, the *softplus*, is $s + \ln(1 + e^{-s})$ for $s > 0$, where nothing overflows. Its derivative is
# $\sigma(s)$.
#
# ## Three losses
#
# - **Binary cross-entropy**, labels 0 and 1: $\mathrm{softplus}(s) - y\,s$, from the line above and
#   $\ln(1 + e^{-s}) = \ln(1 + e^s) - s$.
# - **Logistic loss**, labels $-1$ and $+1$: $\ln(1 + e^{-ys})$.
# - **Softmax loss** of two classes with the scores $0$ and $s$: $-\ln \frac{e^s}{e^0 + e^s}$ for the second.
#
# For $y = 1$ each is $\ln(1 + e^{-s})$, for the other label $\ln(1 + e^s)$.

# %% file="binary.py"
"""Chapter 11: one score for two classes, and features that bend the border."""

import numpy as np

from mydl.tensor import op


def sigmoid_forward(x):
    """1 / (1 + e^-x), without overflow."""
    # <exercise sigmoid_forward: For x >= 0 by 1 / (1 + e^-x), for others by e^x / (1 + e^x).>
    # hint: In both cases the exponent is -|x|, which never overflows: e = np.exp(-np.abs(x)).
    # hint: np.where(x >= 0, 1 / (1 + e), e / (1 + e)).
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1 / (1 + e), e / (1 + e)).astype(x.dtype)
    # </exercise>


def softplus_forward(x):
    """ln(1 + e^x), without overflow, and without losing small results."""
    # <exercise softplus_forward: max(x, 0) + ln(1 + e^-|x|).>
    # hint: For x > 0 take x out: ln(1 + e^x) = x + ln(1 + e^-x).
    # hint: np.log1p(e) is ln(1 + e), also where 1 + e is rounded to 1.
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))
    # </exercise>


# Their rules
sigmoid = op(lambda x: sigmoid_forward(x), x=lambda g, out: sigmoid_rule(g, out))
softplus = op(lambda x: softplus_forward(x), x=lambda g, x: g * sigmoid_forward(x))


def sigmoid_rule(g, out):
    """Of sigmoid; out is its value."""
    # <exercise sigmoid_rule: g p (1 - p).>
    # hint: d/dx (1 + e^-x)^-1 = e^-x / (1 + e^-x)^2, which is p (1 - p).
    return g * out * (1 - out)
    # </exercise>


def bce_with_logits(scores, labels):
    """The mean binary cross-entropy of scores (n,) and labels 0 or 1."""
    # <exercise bce_with_logits: The mean of softplus(s) - y s.>
    # hint: softplus and the operators of tensors do all that is needed: (softplus(scores) - scores * labels).mean().
    return (softplus(scores) - scores * labels).mean()
    # </exercise>


def logistic_loss(scores, signs):
    """The mean logistic loss of scores (n,) and labels -1 or +1."""
    # <exercise logistic_loss: The mean of ln(1 + e^(-y s)).>
    # hint: That is softplus of -y s.
    return softplus(-scores * signs).mean()
    # </exercise>


def lift(points):
    """(x1, x2) becomes (x1, x2, x1^2, x2^2, x1 x2): arrays (n, 2) to (n, 5)."""
    # <exercise lift: Put the five columns side by side.>
    # hint: x1, x2 = points.T; np.stack([...], axis=1).
    x1, x2 = points.T
    return np.stack([x1, x2, x1**2, x2**2, x1 * x2], axis=1)
    # </exercise>


def polar(points):
    """(x, y) becomes (r, theta), the distance from the origin and the angle, from -pi to pi."""
    # <exercise polar: r is the length, theta the angle by np.arctan2.>
    # hint: np.hypot(x, y) and np.arctan2(y, x): y comes first.
    x, y = points.T
    return np.stack([np.hypot(x, y), np.arctan2(y, x)], axis=1)
    # </exercise>


# %% [markdown]
# ## They agree
#
# The lectures' example has a score with $y s = -3.9688$. Three losses, one number:

# %%
s = Tensor([3.9688], requires_grad=True)  # the label says the other class
print(bce_with_logits(s, Tensor([0.0])))
print(logistic_loss(s, Tensor([-1.0])))
two = Tensor([[0.0, 3.9688]], requires_grad=True)
print(nn.CrossEntropyLoss()(two, np.array([0])))
for score in (5.0, 30.0, 40.0, 800.0, -800.0):
    print(score, bce_with_logits(Tensor(np.array([score])), Tensor(np.array([0.0]))).item())

# %% [markdown]
# (The lectures print 3.9876: their score has digits that are not shown.)
#
# ## Thirty steps by hand
#
# A binary linear classifier in the plane, its loss, and its gradient from paper: $\sum_i (\sigma(s_i) - y_i)\, x_i / n$.
# Weights from $w = (-2, 2, 1)$, the last one the bias, learning rate 0.1. By hand, and by your engine:

# %%
random = np.random.RandomState(0)
points = np.concatenate([random.randn(20, 2) + 1, random.randn(20, 2) - 1]).astype(np.float32)
labels = np.repeat([1.0, 0.0], 20).astype(np.float32)
x = np.concatenate([points, np.ones((40, 1), np.float32)], axis=1)

w = np.array([-2, 2, 1], np.float32)
by_hand = []
for step in range(30):
    p = sigmoid_forward(x @ w)
    by_hand.append((-labels * np.log(p) - (1 - labels) * np.log(1 - p)).mean())
    w = w - np.float32(0.1) * ((p - labels) @ x / 40)

v = Tensor([-2.0, 2, 1], requires_grad=True)
by_engine = []
for step in range(30):
    v.grad = None
    loss = bce_with_logits(Tensor(x) @ v, Tensor(labels))
    loss.backward()
    by_engine.append(loss.item())
    with no_grad():
        v -= 0.1 * v.grad
print("by hand  ", w.round(4), by_hand[0].round(4), by_hand[-1].round(4))
print("by engine", v.data.round(4), round(by_engine[0], 4), round(by_engine[-1], 4))

# %% [markdown]
# ## Beyond the straight line
#
# Points on two circles, one inside the other. **Predict** the accuracy of the best straight line.


# %%
def fitted(features, points, labels, steps=400):
    """A linear classifier on features of the points, as a function of points to scores."""
    x = features(points)
    mean, deviation = x.mean(0), x.std(0)
    nn._generator = np.random.default_rng(0)
    model = nn.Linear(x.shape[1], 1)
    optimizer = optim.SGD(model.parameters(), lr=1.0, momentum=0.9)
    inputs, y = Tensor(((x - mean) / deviation).astype(np.float32)), Tensor(labels.astype(np.float32))
    for _ in range(steps):
        optimizer.zero_grad()
        bce_with_logits(model(inputs).reshape(-1), y).backward()
        optimizer.step()

    def scores(points):
        return model(Tensor(((features(points) - mean) / deviation).astype(np.float32))).data[:, 0]

    return scores


def accuracy(scores, points, labels):
    return ((scores(points) > 0) == labels).mean()


SETS = {
    name: [t.numpy() for t in make(400, seed=1)] for name, make in (("circles", circles), ("xor", xor), ("ring", ring))
}
for name, (p, y) in SETS.items():
    found = [accuracy(fitted(f, p, y), p, y) for f in (lambda p: p, lift, polar)]
    print(f"{name:<8} straight {found[0]:.0%}, lifted {found[1]:.0%}, polar {found[2]:.0%}")

# %% [markdown]
# In the lifted space, (x1, x2, x1^2, x2^2, x1 x2), the border is a plane still; seen from the points' own plane it is a
# conic: a circle, an ellipse, a hyperbola. It separates the circles and the opposite quadrants ($x_1 x_2 > 0$!), and not
# the ring of $1 \le r \le 2$ with points inside *and* outside: that would take $r^4$. Polar coordinates do no better there,
# for the ring is an interval of $r$, and a straight border cannot cut one out.
#
# Somebody must know which features will do. The other way: let the network find them. One hidden layer, $\max(0, Wx + b)$,
# is a lift as well, whose directions are learned:


# %%
def network(points, labels, hidden=32, steps=1500):
    nn._generator = np.random.default_rng(0)
    model = nn.Sequential(nn.Linear(2, hidden), nn.ReLU(), nn.Linear(hidden, 1))
    optimizer = optim.Adam(model.parameters(), lr=0.02)
    inputs, y = Tensor(points), Tensor(labels.astype(np.float32))
    for _ in range(steps):
        optimizer.zero_grad()
        bce_with_logits(model(inputs).reshape(-1), y).backward()
        optimizer.step()
    return lambda points: model(Tensor(np.asarray(points, np.float32))).data[:, 0]


networks = {name: network(p, y) for name, (p, y) in SETS.items()}
for name, (p, y) in SETS.items():
    print(f"{name:<8} two layers {accuracy(networks[name], p, y):.0%}")

# %%
from matplotlib.figure import Figure

figure = Figure(figsize=(9, 6), layout="constrained")
axes = figure.subplots(2, 3)
for column, (name, (p, y)) in enumerate(SETS.items()):
    lifted = fitted(lift, p, y)
    for ax, scores, title in ((axes[0, column], lifted, "lifted"), (axes[1, column], networks[name], "two layers")):
        plot_decision_regions(lambda q, scores=scores: (scores(q) > 0).astype(int), p, y, ax, title=f"{name}, {title}")
figure

# %% [markdown]
# ## What PyTorch does here
#
# `nn.BCEWithLogitsLoss` takes scores and is computed as yours; `nn.BCELoss` takes probabilities, and cuts the logarithm
# at -100 where one is 0. `nn.SoftMarginLoss` is the logistic loss.
#
# **What the real file adds** (`microdl/ops/activation.py`): `softplus` with a sharpness and a threshold, second
# derivatives, integers that become floats.
#
# ## Exercises
#
# 1. Derive $\frac{d}{ds}[\mathrm{softplus}(s) - ys] = \sigma(s) - y$. Where have you seen this before?
# 2. Which features separate the ring? Write the lift, and try.
# 3. How many hidden units do the opposite quadrants need? Try 2, 3, 4, 8, several seeds each.
# 4. One versus rest: train one binary classifier for each of the ten digits, and take the highest score. Compare with
#    the softmax of chapter 7.
