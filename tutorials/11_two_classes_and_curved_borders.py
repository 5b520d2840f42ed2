# %% [markdown]
# # Two classes, and borders that are not straight
#
# With two classes one score is enough: positive for one, negative for the other. Three losses are in use for it, under
# three names and with two ways to write the labels; you will derive that they are one function, and see that a machine
# does not treat them as one. Then the limit of all linear classifiers: a straight border. Two ways beyond it: features
# that bend it, and a second layer that learns them.
#
# You need: chapters 7 to 9. Time: 60 minutes.

# %%
import numpy as np
from matplotlib.figure import Figure

from microdl import learn
from microdl.datasets import Digits, blobs, circles, ring, three_modes, xor
from microdl.plots import plot_decision_regions

mydl = learn.use(chapters=10)

from mydl import nn, optim
from mydl.data import manual_seed
from mydl.tensor import Tensor, no_grad

# %% [markdown]
# ## From a score to a probability
#
# A linear classifier of two classes has the score $s = w \cdot x$ (the bias is the last weight, and the last entry of
# $x$ is 1). Think of two classes with the scores $0$ and $s$. The softmax of chapter 2 gives the second the probability
#
# $$p = \frac{e^s}{e^0 + e^s} = \frac{1}{1 + e^{-s}} = \sigma(s),$$
#
# the *sigmoid*. A label $y \in \{0, 1\}$ then has the probability $p$ if it is 1 and $1 - p$ if it is 0, and the loss
# is minus its logarithm, in one line the *binary cross-entropy* (BCE)
#
# $$L = -y \ln p - (1 - y) \ln (1 - p).$$

# %%
print(f"p = 0.63, y = 1: the loss is -ln 0.63 = {-np.log(0.63):.2f}   (to base 10 it would be {-np.log10(0.63):.1f})")

# %% [markdown]
# (One lecture prints 0.2 here: that is the logarithm to base 10, an erratum.)
#
# ## The naive way, and where it breaks
#
# The lectures write the loss in three ways. The first has labels 0 and 1; the other two have labels $-1$ and $+1$, and
# are called the *logistic loss*. In their example $w \cdot x$ is 3.9688 and the label says the other class:


# %%
def sigmoid_naive(s):
    return 1 / (1 + (-s).exp())


WAYS = {
    "BCE, y = 0": lambda s, y: -(y * sigmoid_naive(s).log() + (1 - y) * (1 - sigmoid_naive(s)).log()),
    "-log(sigmoid(ys)), y = -1": lambda s, y: -sigmoid_naive(y * s).log(),
    "log(1 + exp(-ys)), y = -1": lambda s, y: (1 + (-y * s).exp()).log(),
}
w, x = Tensor([-2.0, 2.0, 1.0], requires_grad=True), Tensor([-0.6, 0.88442, 1.0])
print("y (w @ x) =", (-1 * (w @ x)).detach())
for (name, loss), y in zip(WAYS.items(), (0, -1, -1)):
    print(f"{name:<26}", loss(w @ x, y))

# %% [markdown]
# Three times the same number. **Predict** what each of the three gives for a score of 10, 20 and 100, all wrong with
# certainty (the loss should be about $s$), and for a score of $-20$, right with certainty (it should be $e^{-20}$,
# about $2 \cdot 10^{-9}$).

# %%
SCORES = (10.0, 20.0, 100.0, -20.0, -100.0)
print(f"{'score':<26}" + "".join(f"{s:>14g}" for s in SCORES))
with np.errstate(all="ignore"):
    for (name, loss), y in zip(WAYS.items(), (0, -1, -1)):
        print(f"{name:<26}" + "".join(f"{loss(Tensor([s]), y).item():>14.8g}" for s in SCORES))
limits = np.finfo(np.float32)
print(f"float32: the number after 1 is 1 + {limits.eps:.1e}; e^s is infinite beyond s = {np.log(limits.max):.1f}")

# %% [markdown]
# Equal on paper, and each wrong in its own places. At a score of 10 the difference $1 - p$ has few digits left; at 20
# the probability is rounded to 1, and $1 - p$ to 0. At 100 the exponential overflows. At $-20$ the 1 swallows the small
# number that was the whole loss. At $-100$ the overflow makes $p$ 0, and the BCE multiplies $y = 0$ by
# $\ln 0 = -\infty$: NaN.
#
# ## One function
#
# As with the softmax: do not compute the probability. Two steps,
#
# $$1 - \sigma(s) = \frac{e^{-s}}{1 + e^{-s}} = \frac{1}{e^s + 1} = \sigma(-s), \qquad
#   -\ln \sigma(s) = \ln(1 + e^{-s}),$$
#
# and with the name *softplus* for $\ln(1 + e^s)$ each of the losses becomes the same:
#
# | | the label says "second class" | the label says "first class" |
# |---|---|---|
# | BCE, $y = 1$ or $y = 0$ | $-\ln \sigma(s) = \mathrm{softplus}(-s)$ | $-\ln(1 - \sigma(s)) = -\ln\sigma(-s) = \mathrm{softplus}(s)$ |
# | logistic loss, $y = +1$ or $y = -1$ | $\ln(1 + e^{-s}) = \mathrm{softplus}(-s)$ | $\ln(1 + e^{s}) = \mathrm{softplus}(s)$ |
# | softmax of the scores $0$ and $s$ | $-\ln \frac{e^s}{1 + e^s} = \mathrm{softplus}(-s)$ | $-\ln\frac{1}{1 + e^s} = \mathrm{softplus}(s)$ |
#
# So the BCE is $y\,\mathrm{softplus}(-s) + (1 - y)\,\mathrm{softplus}(s)$, and the logistic loss
# $\mathrm{softplus}(-ys)$.
#
# **The softplus without overflow.** For $s > 0$ take $e^s$ out of the bracket: $\ln(1 + e^s) = s + \ln(1 + e^{-s})$.
# For $s \le 0$ leave it. Both are
#
# $$\mathrm{softplus}(s) = \max(s, 0) + \ln(1 + e^{-|s|}),$$
#
# with an exponential that is at most 1; and `np.log1p(e)` is $\ln(1 + e)$ without forming $1 + e$.
#
# **The slopes.** $\mathrm{softplus}'(s) = \frac{e^s}{1 + e^s} = \sigma(s)$, and
# $\sigma'(s) = \frac{e^{-s}}{(1 + e^{-s})^2} = \sigma(s)\,\sigma(-s) = p\,(1 - p)$. The slope of the BCE is therefore
#
# $$\frac{\partial L}{\partial s} = -y\,\sigma(-s) + (1 - y)\,\sigma(s) = \sigma(s) - y,$$
#
# the probability minus the label: chapter 4's $p_k - [k = y]$ once more.

# %% file="binary.py"
"""Chapter 11: one score for two classes, and features that bend the border."""

import numpy as np

from mydl.nn import _labelled
from mydl.tensor import Tensor, op


def sigmoid_forward(x):
    """1 / (1 + e^-x) of each number of an array, without overflow; in the array's shape and dtype."""
    # <exercise sigmoid_forward: For x >= 0 return 1 / (1 + e^-x), for others e^x / (1 + e^x): the same, multiplied by e^x above and below.>
    # hint: Which exponential can overflow in each of the two? Both can be written with e^-|x|.
    # hint: e = np.exp(-np.abs(x)); np.where chooses between the two fractions, number by number.
    # hint: np.where(x >= 0, 1 / (1 + e), e / (1 + e)).
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1 / (1 + e), e / (1 + e))
    # </exercise>


def sigmoid_rule(g, out):
    """Of sigmoid: from g, the gradient by its value, the gradient by x; `out` is the value."""
    # <exercise sigmoid_rule: Return g p (1 - p).>
    # hint: The slope is derived above, from the value alone.
    # hint: g * out * (1 - out).
    return g * out * (1 - out)
    # </exercise>


def softplus_forward(x):
    """ln(1 + e^x) of each number of an array, without overflow, and with all digits of small results."""
    # <exercise softplus_forward: Return max(x, 0) + ln(1 + e^-|x|).>
    # hint: For each of x > 0 and x <= 0 look at what the formula becomes: which exponential is left?
    # hint: np.maximum(x, 0) for the first term; np.log1p(e) is ln(1 + e), also where 1 + e is rounded to 1.
    # hint: np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x))).
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))
    # </exercise>


sigmoid = op(sigmoid_forward, x=sigmoid_rule)
softplus = op(softplus_forward, x=lambda g, x: g * sigmoid_forward(x))


def bce_with_logits(scores, labels):
    """The mean binary cross-entropy, a Tensor, of scores and labels 0 or 1 (floats), Tensors of one shape."""
    # <exercise bce_with_logits: Return the mean of y softplus(-s) + (1 - y) softplus(s).>
    # hint: `softplus` above takes and returns Tensors; with operators it makes the whole formula.
    # hint: labels * softplus(-scores) is the first term. The mean is a method of a Tensor.
    # hint: (labels * softplus(-scores) + (1 - labels) * softplus(scores)).mean().
    return (labels * softplus(-scores) + (1 - labels) * softplus(scores)).mean()
    # </exercise>


def logistic_loss(scores, signs):
    """The mean logistic loss, a Tensor, of scores and labels -1 or +1 (floats), Tensors of one shape."""
    # <exercise logistic_loss: Return the mean of ln(1 + e^(-y s)).>
    # hint: It is a softplus: of what?
    # hint: softplus(-scores * signs).mean().
    return softplus(-scores * signs).mean()
    # </exercise>


def one_vs_rest_loss(scores, labels):
    """The mean over the images of T binary losses, summed: of scores (n, T) and labels (n,) from 0 to T - 1."""
    # <exercise one_vs_rest_loss: Score j of an image has the binary label 1 if j is the image's class, else 0. Return the mean over the images of the sum over the classes of their binary cross-entropy.>
    # hint: Make an array of scores.shape and scores.dtype, 0 but for a 1 in each row: rows, y = _labelled(scores, labels) says where.
    # hint: bce_with_logits of scores and that array (as a Tensor) is the mean over n T numbers. The sum over the classes is T times as much.
    # hint: scores.shape[1] * bce_with_logits(scores, Tensor(targets)).
    rows, y = _labelled(scores, labels)
    targets = np.zeros(scores.shape, scores.dtype)
    targets[rows, y] = 1
    return scores.shape[1] * bce_with_logits(scores, Tensor(targets))
    # </exercise>


# %% [markdown]
# ## They agree
#
# The lectures' example and the scores of the table above, by the three losses as you have written them:

# %%
w, x = Tensor([-2.0, 2.0, 1.0], requires_grad=True), Tensor([-0.6, 0.88442, 1.0])
s = (w @ x).reshape(1)
print("BCE, y = 0        ", bce_with_logits(s, Tensor([0.0])))
print("logistic, y = -1  ", logistic_loss(s, Tensor([-1.0])))
print("softmax of 0 and s", nn.CrossEntropyLoss()(s.reshape(1, 1) @ Tensor([[0.0, 1.0]]), np.array([0])))

print(f"\n{'score':<26}" + "".join(f"{s:>14g}" for s in SCORES))
for name, loss, y in (("BCE, y = 0", bce_with_logits, 0.0), ("logistic, y = -1", logistic_loss, -1.0)):
    print(f"{name:<26}" + "".join(f"{loss(Tensor([s]), Tensor([y])).item():>14.8g}" for s in SCORES))

# %% [markdown]
# ## Thirty steps by hand
#
# A binary classifier in the plane. With $s_i = w \cdot x_i$ the chain rule gives
# $\frac{\partial}{\partial w} \frac1n \sum_i L_i = \frac1n \sum_i (\sigma(s_i) - y_i)\, x_i$. Thirty steps from the
# lectures' $w = (-2, 2, 1)$ with the learning rate 0.1: in plain NumPy, and by your engine, which was never told the
# formula.

# %%
random = np.random.RandomState(0)
points = np.concatenate([random.randn(20, 2) + 1, random.randn(20, 2) - 1]).astype(np.float32)
labels = np.repeat([1.0, 0.0], 20).astype(np.float32)
x = np.concatenate([points, np.ones((40, 1), np.float32)], axis=1)

w, by_hand = np.array([-2, 2, 1], np.float32), []
for step in range(30):
    p = sigmoid_forward(x @ w)
    by_hand.append((-labels * np.log(p) - (1 - labels) * np.log(1 - p)).mean())
    w = w - np.float32(0.1) * ((p - labels) @ x / 40)

v, by_engine = Tensor([-2.0, 2, 1], requires_grad=True), []
for step in range(30):
    loss = bce_with_logits(Tensor(x) @ v, Tensor(labels))
    by_engine.append(loss.item())
    loss.backward()
    with no_grad():
        v -= 0.1 * v.grad
    v.grad = None

print("losses by hand  ", np.array(by_hand[::7]).round(4), "  w at the end", w.round(4))
print("losses by engine", np.array(by_engine[::7]).round(4), "  w at the end", v.data.round(4))
print(f"largest difference of 30 losses: {np.abs(np.subtract(by_hand, by_engine)).max():.0e}")

# %% [markdown]
# What differs is rounding: the hand takes the logarithm of $1 - p$.
#
# ## T classes by two: one versus rest
#
# Two classes are enough for more: for each of $T$ classes train a binary classifier "is it this one?". Each has its own
# hyperplane, and the prediction is the class with the highest score. The $T$ classifiers are the rows of one matrix,
# and their losses are added: that is `one_vs_rest_loss`.
#
# Below are three classes in the plane and, as broken lines, the three hyperplanes, each with an arrow to the side where
# its score is positive. **Predict**: near the middle all three scores can be negative: "none of them". Which class is
# it given? And on the digits: is one versus rest better or worse than the softmax, and by how much?


# %%
def trained(model, loss_fn, x, y, steps, optimizer):
    """The model, after so many steps, each with all examples."""
    inputs, targets = Tensor(x), Tensor(y)
    for _ in range(steps):
        optimizer.zero_grad()
        loss_fn(model(inputs), targets).backward()
        optimizer.step()
    return model


def trained_line(loss_fn, x, y, outputs, steps=300, lr=0.5):
    """A linear classifier of x."""
    manual_seed(0)
    model = nn.Linear(x.shape[1], outputs)
    return trained(model, loss_fn, x, y, steps, optim.SGD(model.parameters(), lr=lr, momentum=0.9))


points, labels = (t.numpy() for t in blobs(150, classes=3, seed=1))
three = trained_line(one_vs_rest_loss, points, labels, 3)
plot_decision_regions(lambda q: three(Tensor(q.astype(np.float32))).data, points, labels, title="One versus rest")

# %%
(train_x, train_y), (test_x, test_y) = ([t.numpy() for t in Digits.tensors(train=part)] for part in (True, False))
for name, loss_fn in (("one versus rest", one_vs_rest_loss), ("softmax", nn.CrossEntropyLoss())):
    scores = trained_line(loss_fn, train_x, train_y, 10)(Tensor(test_x)).data
    positive = (scores > 0).sum(1)
    print(f"{name:<16} test accuracy {(scores.argmax(1) == test_y).mean():.1%}, ", end="")
    print(f"images with no positive score {(positive == 0).mean():.1%}, with several {(positive > 1).mean():.1%}")

# %% [markdown]
# The highest score wins, also where it is negative. Each of the classifiers knows nothing of the others, so an image
# may be claimed by none of them or by several; the softmax, whose loss sees all scores together, only compares them,
# and the sign of a score means nothing there.
#
# ## Beyond the straight line
#
# Points with one label in two opposite quadrants, and the other label in the other two (the *parity* of the signs). Can
# a straight line separate them? At the four corners $(\pm 1, \pm 1)$ a linear score would have to satisfy
#
# $$w_1 - w_2 + b > 0, \quad -w_1 + w_2 + b > 0, \qquad w_1 + w_2 + b < 0, \quad -w_1 - w_2 + b < 0.$$
#
# The first two add up to $2b > 0$, the last two to $2b < 0$. It is impossible, with any weights.
#
# But nothing says that the classifier must see $x_1$ and $x_2$. **Lifted** to five numbers,
#
# $$(x_1, x_2) \mapsto (x_1,\ x_2,\ x_1^2,\ x_2^2,\ x_1 x_2),$$
#
# a linear score is a polynomial of degree 2, and its border, a plane up there, is a conic in the plane of the points:
# an ellipse, a parabola, a hyperbola. $s = -x_1 x_2$ solves the quadrants. **Polar** coordinates, $(r, \theta)$ with
# $r = \sqrt{x^2 + y^2}$ and $\theta$ the angle from $-\pi$ to $\pi$, turn a circle around the origin into a straight
# line.


# %% file="binary.py"
def lift(points):
    """(x1, x2) becomes (x1, x2, x1^2, x2^2, x1 x2): arrays (n, 2) to (n, 5)."""
    # <exercise lift: Return the five columns side by side, in this order.>
    # hint: The columns of an array are the rows of its transpose: x1, x2 = points.T.
    # hint: np.stack([...], axis=1) puts arrays (n,) side by side.
    # hint: np.stack([x1, x2, x1**2, x2**2, x1 * x2], axis=1).
    x1, x2 = points.T
    return np.stack([x1, x2, x1**2, x2**2, x1 * x2], axis=1)
    # </exercise>


def polar(points):
    """(x, y) becomes (r, theta), the distance from the origin and the angle, from -pi to pi: (n, 2) to (n, 2)."""
    # <exercise polar: Return r and theta side by side.>
    # hint: The quotient y / x cannot tell (1, 1) from (-1, -1): np.arctan2 takes both numbers.
    # hint: np.hypot(x, y) and np.arctan2(y, x): y comes first.
    x, y = points.T
    return np.stack([np.hypot(x, y), np.arctan2(y, x)], axis=1)
    # </exercise>


# %% [markdown]
# Two circles, seen in three ways. The first classifier must fail; in the new coordinates a straight line is enough.

# %%
points, labels = (t.numpy() for t in circles(200, seed=1))
VIEWS = {
    "as they are": (lambda p: p, ("x₁", "x₂")),
    "squared: two of the lift's five": (lambda p: lift(p)[:, 2:4], ("x₁²", "x₂²")),
    "polar": (polar, ("r", "θ")),
}
figure = Figure(figsize=(11, 3.6), layout="constrained")
for ax, (name, (features, axes)) in zip(figure.subplots(1, 3), VIEWS.items()):
    seen = features(points)
    line = trained_line(bce_with_logits, seen, labels[:, None].astype(np.float32), 1, lr=1.0)
    score = lambda q, line=line: line(Tensor(q.astype(np.float32))).data[:, 0]
    right = ((score(seen) > 0) == labels).mean()
    plot_decision_regions(
        lambda q: (score(q) > 0).astype(int), seen, labels, ax, title=f"{name}: {right:.0%}", feature_names=axes
    )
    ax.set_aspect("auto")
    ax.get_legend().remove()
figure

# %% [markdown]
# Now the lectures' hard cases: opposite quadrants; the ring $1 \le \lVert x \rVert \le 2$, with the other class inside
# *and* outside; three modes, one class in three separate discs. **Predict** which features separate which:
# straight, lifted, polar, and polar lifted, that is $(r, \theta, r^2, \theta^2, r\theta)$.


# %%
def fitted(features, points, labels, steps=3000):
    """A linear classifier on features of the points, standardised, as a function from points to scores."""
    x = features(points)
    mean, deviation = x.mean(0), x.std(0)
    seen = lambda p: ((features(p) - mean) / deviation).astype(np.float32)
    model = trained_line(bce_with_logits, seen(points), labels[:, None].astype(np.float32), 1, steps, lr=1.0)
    return lambda p: model(Tensor(seen(p))).data[:, 0]


def accuracy(scores, points, labels):
    return ((scores(points) > 0) == labels).mean()


CASES = {"quadrants": xor, "ring": ring, "three modes": three_modes}
SETS = {name: [t.numpy() for t in make(400, seed=1)] for name, make in CASES.items()}
FEATURES = {"straight": lambda p: p, "lifted": lift, "polar": polar, "polar lifted": lambda p: lift(polar(p))}
FITTED = {(case, name): fitted(f, p, y) for case, (p, y) in SETS.items() for name, f in FEATURES.items()}
print(f"{'':<13}" + "".join(f"{name:>14}" for name in FEATURES))
for case, (p, y) in SETS.items():
    print(f"{case:<13}" + "".join(f"{accuracy(FITTED[case, name], p, y):>14.1%}" for name in FEATURES))

# %% [markdown]
# The ring is where $(r - 1)(2 - r) = -r^2 + 3r - 2$ is positive. The lift has $r^2 = x_1^2 + x_2^2$ but no $r$, polar
# coordinates have $r$ but no $r^2$; lifted polar coordinates have both, and descent comes close to it in 3,000 steps.
# For the three discs none of these will do.
#
# So somebody must know which features a problem needs. The other way: let the classifier find them. Put a layer before
# it, $h = \max(0, W_1 x + b_1)$: each entry of $h$ is a feature, 0 on one side of a line and growing on the other. Four
# such features solve the quadrants, by hand:
#
# $$|a| = \max(0, a) + \max(0, -a), \qquad (x_1 - x_2)^2 - (x_1 + x_2)^2 = -4 x_1 x_2,$$
#
# so $|x_1 - x_2| > |x_1 + x_2|$ exactly where $x_1 x_2 < 0$, which is the class 1. **Predict** the weights of both
# layers before you read them.

# %%
hand = nn.Sequential(nn.Linear(2, 4), nn.ReLU(), nn.Linear(4, 1))
first, _, second = hand.children()
first.weight.data[:], first.bias.data[:] = [[1, -1], [-1, 1], [1, 1], [-1, -1]], 0
second.weight.data[:], second.bias.data[:] = [[1, 1, -1, -1]], 0
p, y = SETS["quadrants"]
print(f"quadrants, weights by hand: {accuracy(lambda q: hand(Tensor(q)).data[:, 0], p, y):.1%}")

# %% [markdown]
# With more hidden units, and the weights found by descent: the **two-layer network**. No feature is given to it.


# %%
def network(points, labels, hidden=32):
    manual_seed(0)
    model = nn.Sequential(nn.Linear(2, hidden), nn.ReLU(), nn.Linear(hidden, 1))
    y = labels[:, None].astype(np.float32)
    trained(model, bce_with_logits, points, y, 1500, optim.Adam(model.parameters(), lr=0.02))
    return lambda points: model(Tensor(np.asarray(points, np.float32))).data[:, 0]


for case, (p, y) in SETS.items():
    FITTED[case, "two layers"] = network(p, y)
    print(f"{case:<13} two layers {accuracy(FITTED[case, 'two layers'], p, y):.1%}")

# %%
figure = Figure(figsize=(9, 9), layout="constrained")
axes = figure.subplots(3, 3)
for row, name in enumerate(("straight", "lifted", "two layers")):
    for ax, (case, (p, y)) in zip(axes[row], SETS.items()):
        scores = FITTED[case, name]
        right = f"{accuracy(scores, p, y):.1%}"
        label = lambda q, scores=scores: (scores(q) > 0).astype(int)
        plot_decision_regions(label, p, y, ax, title=f"{case}, {name}: {right}", feature_names=("", ""))
        ax.get_legend().remove()
        ax.set(xticks=[], yticks=[])
        for line in ax.lines:
            line.set_markersize(4)
figure

# %% [markdown]
# One conic is all that the lift has; the network's border is made of straight pieces, as many as it needs. These are
# accuracies on the points that were trained with: what a border is worth on others, chapter 1's validation tells.
#
# ## What PyTorch does here
#
# `nn.BCEWithLogitsLoss` computes $(1 - y)\,s - \ln\sigma(s)$, with a stable logarithm: one softplus in place of two.
# For $y = 0$ and $s = -30$ this is $-30 + 30$, and the small loss is lost: 0 in float32, where the formula of this
# chapter keeps $9.4 \cdot 10^{-14}$. `nn.SoftMarginLoss`, the logistic loss, is computed as it stands, and is infinite
# in float32 where $e^{-ys}$ is, beyond 88.7. `nn.BCELoss` takes probabilities, and cuts the logarithm at $-100$. There
# is no loss for one versus rest by class number: one passes one-hot labels to `BCEWithLogitsLoss`.
#
# **What the real file adds** (`microdl/ops/binary_loss.py`): weights of examples and of the positive class
# (`pos_weight`), targets that require gradients, and refusals. Yours takes scores (3, 1) with labels (3,) and
# broadcasts them to nine pairs, a mistake that trains without a word. microdl rounds as PyTorch does, for the sake of
# the same printed digits, but for the logistic loss, which it keeps finite:

# %%
import microdl as torch
from microdl.classifiers import losses

F = torch.nn.functional
print("yours, shapes (3, 1) and (3,):", bce_with_logits(Tensor(np.zeros((3, 1))), Tensor(np.zeros(3))))
try:
    F.binary_cross_entropy_with_logits(torch.zeros(3, 1), torch.zeros(3))
except ValueError as error:
    print("microdl:", error)
minus_30 = [-30.0], [0.0]
print("s = -30, y = 0: microdl", F.binary_cross_entropy_with_logits(*map(torch.tensor, minus_30)).item(), end="")
print(f", yours {bce_with_logits(*map(Tensor, minus_30)).item():.2g}")
print("logistic loss of ys = -800:", F.soft_margin_loss(torch.tensor([-800.0]), torch.tensor([1.0])).item())
three, label = [[3.2, 5.1, -1.7]], [0]
theirs = losses.one_vs_rest_loss(torch.tensor(three), torch.tensor(label), loss="logistic").item()
print(f"one versus rest: microdl {theirs:.4f}, yours {one_vs_rest_loss(Tensor(three), Tensor(label)).item():.4f}")

# %% [markdown]
# How microdl declares the loss: a forward of arrays, and below it a rule for each argument, as `op` of chapter 6 takes
# them. `_logits_slope` is $\sigma(s) - y$, as you derived it, and `share` is what each element gets of the gradient of
# a mean or a sum. As one operation it is one node in the graph, where yours is a node for each operator.

# %%
learn.excerpt("microdl/ops/binary_loss.py", "_bce_logits")

# %% [markdown]
# ## Exercises
#
# 1. The probability of the true class is 0.63. What is the BCE? What is it for a score of 0, and what does that say
#    about the first loss of a training?
# 2. Show that $\sigma(s) - y$ for $y \in \{0, 1\}$ and the slope of the logistic loss for $\pm 1$ are the same.
# 3. Is the ring separated by the features $(x_1, x_2, r, r^2)$? By $(r^2, r^4)$? Write the polynomial, then try.
# 4. The parity of three pixels, `microdl.datasets.parity(pixels=3)`: which product separates it, and what must be added
#    to the lift? How many features has a lift that does it for $d$ pixels?
# 5. How many hidden units do the opposite quadrants need? Try 2, 3, 4 and 8, with ten seeds each, and count how often
#    training finds 100 %. Four suffice by hand: why does it often fail with four?
# 6. Replace the logistic loss in `one_vs_rest_loss` by the hinge, $\max(0, 1 - ys)$. What changes on the digits?
