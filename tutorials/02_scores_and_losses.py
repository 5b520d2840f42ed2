# %% [markdown]
# # Scores and losses by hand
#
# A linear classifier gives each class a score, and takes the class with the highest. A *loss* says in one number how
# bad the scores are for the true class. In this chapter you write the scores, two losses, and the most naive way there
# is to find good weights: guessing.
#
# You need: a matrix product in NumPy. Time: 60 minutes.

# %%
import numpy as np

from microdl import learn

mydl = learn.use(chapters=1)

# %% [markdown]
# ## A score is a sum over pixels
#
# An image of four pixels, flattened to $x$; three classes (cat, dog, ship); a matrix $W$ with a row of weights for each
# class, and a bias $b$ for each. The scores are
#
# $$f(x, W, b) = W x + b.$$
#
# It is a picture of a cat. **Predict**: which class does this classifier take?

# %%
x = np.array([56, 231, 24, 2.0])
W = np.array([[0.2, -0.5, 0.1, 2.0], [1.5, 1.3, 2.1, 0.0], [0, 0.25, 0.2, -0.3]])
b = np.array([1.1, 3.2, -1.2])
print("cat, dog, ship:", W @ x + b)
with_one = np.append(x, 1)  # the bias as a weight
print("cat, dog, ship:", np.column_stack([W, b]) @ with_one)

# %% [markdown]
# The dog, by far. The second line is a way to save writing: append a 1 to every image and $b$ to $W$ as its last
# column, and $f = W x$. Either way the classifier has $D T + T$ numbers to learn, for $D$ pixels and $T$ classes. For
# CIFAR-10:

# %%
print(3072 * 10 + 10)

# %% [markdown]
# $W x + b$ is the *algebraic* view of a linear classifier. In the *visual* one a row of $W$ is drawn as an image, the
# template that its class looks for: this chapter ends with ten of them. In the *geometric* one an image is a point in a
# space with an axis for each pixel. Moving the point by $d$ changes the score of class $k$ by $w_k \cdot d$: not at all
# at a right angle to $w_k$, and fastest along it. So the score is 0 on a *hyperplane*, to which $w_k$ is the normal,
# and $b_k$ moves it from the origin. The border between two classes is where their scores are equal,
# $(w_i - w_j) \cdot x + b_i - b_j = 0$, a hyperplane again. With two pixels hyperplanes are lines. **Predict** where
# the borders below meet: all three biases are -0.5.

# %%
from microdl.datasets import blobs
from microdl.plots import plot_decision_regions

points, classes = (t.numpy() for t in blobs(90, seed=0))
rows = np.array([[1.0, 0], [-0.5, 0.87], [-0.5, -0.87]])
plot_decision_regions(lambda new: new @ rows.T - 0.5, points, classes, title="where each score is 0, and its normal")

# %% [markdown]
# At the origin: the biases move the three broken lines, but only their differences would move the borders.
#
# ## The naive way: count the mistakes
#
# Three images, with the scores that some classifier gives them. In the lectures the columns are the images; here each
# image is a row, as in every batch from now on. The accuracy is what we want in the end, so let it judge the weights.
# **Predict** how it changes as the score of the cat in the first image, 3.2, is raised in steps of 0.5.

# %%
scores = np.array([[3.2, 5.1, -1.7], [1.3, 4.9, 2.0], [2.2, 2.5, -3.1]])  # columns: cat, car, frog
labels = np.array([0, 1, 2])  # a cat, a car, a frog
for step in range(6):
    moved = scores.copy()
    moved[0, 0] += 0.5 * step
    print(f"cat {moved[0, 0]:.1f}, car {moved[0, 1]}: accuracy {(moved.argmax(1) == labels).mean():.3f}")

# %% [markdown]
# Nothing, nothing, a jump, nothing. The accuracy does not change when a score moves a little, so it cannot say in which
# direction to move. We want a number that falls as the scores get better, always.
#
# ## The hinge loss
#
# The multiclass SVM wants the true class to lead every other by a margin of 1. For an image of class $y$ with scores
# $s$ it charges each other class $j$ by as much as is missing:
#
# $$L_i = \sum_{j \ne y} \max(0,\; s_j - s_y + 1).$$
#
# The first image by hand: $\max(0,\, 5.1 - 3.2 + 1) + \max(0,\, -1.7 - 3.2 + 1)$, that is $2.9 + 0$. **Predict** the
# losses of the other two. The loop below is the formula written down, and the wrong thing to keep: one Python step for
# every image and class.


# %%
def slow_hinge(scores, labels):
    losses = []
    for s, y in zip(scores, labels):
        losses.append(sum(max(0, s[j] - s[y] + 1) for j in range(len(s)) if j != y))
    return np.array(losses)


losses = slow_hinge(scores, labels)
print(losses, "their mean:", losses.sum().round(1), "/ 3 =", losses.mean().round(2))

# %% [markdown]
# **Predict** what happens to the car's loss, 0, if all scores are doubled, as by $2W$ in place of $W$.

# %%
print(slow_hinge(2 * scores, labels))

# %% [markdown]
# Still 0: the margins only grew. So the weights of least loss are not unique, and chapter 8 will prefer small ones.
#
# ## The softmax loss
#
# The softmax classifier wants probabilities. It reads a score as the logarithm of a probability that is not normalised
# yet; so take the exponential, and divide by the sum. The loss is how surprised it is by the truth:
#
# $$p_k = \frac{e^{s_k}}{\sum_j e^{s_j}}, \qquad L_i = -\ln p_y.$$
#
# Written down as it stands it breaks. **Predict** the last line:


# %%
def naive_softmax(s):
    return np.exp(s) / np.exp(s).sum()


print("exp:          ", np.exp(scores[0]).round(2))
print("probabilities:", naive_softmax(scores[0]).round(2))
print("loss:         ", -np.log(naive_softmax(scores[0])[0]).round(2))
with np.errstate(over="ignore", invalid="ignore"):
    print("of 1000, 0, 0:", naive_softmax(np.array([1000.0, 0, 0])))

# %% [markdown]
# $e^{1000}$ is larger than any float, so it is infinite, and $\infty / \infty$ is NaN. The cure: adding a constant $c$
# to all scores changes nothing,
#
# $$\frac{e^{s_k + c}}{\sum_j e^{s_j + c}} = \frac{e^c e^{s_k}}{e^c \sum_j e^{s_j}} = p_k,$$
#
# so take $c = -\max_j s_j$: then no exponent is above 0, and the sum is at least $e^0 = 1$. For the loss do not take
# the logarithm of the probability, which may have become 0, but
#
# $$-\ln p_y = -\ln \frac{e^{s_y}}{\sum_j e^{s_j}} = \ln \sum_j e^{s_j} - s_y,$$
#
# with the same constant added to all scores. (One lecture prints 0.89 for the loss of the cat image. That is the
# logarithm to base 10.)

# %%
p = naive_softmax(scores[0])[0]
print(f"p = {p:.2f}: -ln p = {-np.log(p):.2f}, -log10 p = {-np.log10(p):.2f}")
print(f"another example of the lectures: -ln 0.31 = {-np.log(0.31):.2f}")

# %% [markdown]
# Write both losses, and the random search that ends the chapter, in `scores.py`. No loop over images or classes.

# %% file="scores.py"
"""Chapter 2: scores of a linear classifier, two losses, and random search."""

import numpy as np


def scores_of(x, W, b):
    """The scores (n, classes) of images x (n, pixels), by weights W (classes, pixels) and biases b (classes,)."""
    # <exercise scores_of: Return the scores W x + b of every image, (n, classes): one row an image.>
    # hint: A row of the result holds the products of one image with every row of W, plus b.
    # hint: x @ W.T has that shape; b is added to every row by broadcasting.
    return x @ W.T + b
    # </exercise>


def hinge_loss(scores, labels, include_own_class=False, mean=False, squared=False):
    """The loss of each image (n,), from scores (n, classes) and labels (n,): sum over j != y of max(0, s_j - s_y + 1).

    include_own_class: sum over all j, y too. mean: the mean over all classes instead of the sum. squared: each
    max(0, ...) is squared before it is added.
    """
    # <exercise hinge_loss: Return one loss an image, (n,), without a loop, with the three variants; leave scores as they are.>
    # hint: Make a table (n, classes) of max(0, s_j - s_y + 1) first; each row has a y of its own.
    # hint: The scores of the true classes, as a column: scores[np.arange(n), labels][:, None].
    # hint: np.maximum(0, scores - true + 1) has all classes; what does the true one contribute?
    # hint: It contributes exactly 1: unless include_own_class, set violations[np.arange(n), labels] = 0.
    # hint: Square before you sum; then return violations.mean(1) if mean else violations.sum(1).
    rows = np.arange(len(scores))
    violations = np.maximum(0, scores - scores[rows, labels][:, None] + 1)
    if not include_own_class:
        violations[rows, labels] = 0
    if squared:
        violations = violations**2
    return violations.mean(1) if mean else violations.sum(1)
    # </exercise>


def softmax(scores):
    """Probabilities (n, classes) from scores of any size: e^s_k / sum_j e^s_j in each row."""
    # <exercise softmax: Return the probabilities (n, classes); subtract each row's largest score first.>
    # hint: The largest of the whole batch will not do: another row may then underflow to 0/0. Each row has its own.
    # hint: scores.max(1, keepdims=True) is a column, one number an image.
    # hint: e = np.exp(scores - scores.max(1, keepdims=True)), then divide by e.sum(1, keepdims=True).
    e = np.exp(scores - scores.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)
    # </exercise>


def softmax_loss(scores, labels):
    """The loss of each image (n,): -ln of the probability of its class, finite for scores of any size."""
    # <exercise softmax_loss: Return ln sum_j e^s_j - s_y for each image, (n,), with each row's largest score taken out.>
    # hint: np.log(softmax(scores)) is -inf where a probability has underflowed. Take the logarithm before you divide.
    # hint: Subtract the largest from all scores of the row first: then both terms of the formula use what is left.
    # hint: With z = scores - largest: np.log(np.exp(z).sum(1)) - z[rows, labels].
    z = scores - scores.max(1, keepdims=True)
    return np.log(np.exp(z).sum(1)) - z[np.arange(len(z)), labels]
    # </exercise>


def random_search(x, labels, classes, draws, seed=0, scale=0.0001, loss=softmax_loss):
    """The best of so many guesses, randn(classes, pixels + 1) * scale whose last column are the biases.

    Returns its weights (classes, pixels), its biases (classes,), and the mean losses of all guesses (draws,).
    """
    # <exercise random_search: Guess, and keep the guess with the lowest mean loss; return (W, b, losses).>
    # hint: One RandomState(seed) for all draws. After each, compare its mean loss with the lowest so far.
    # hint: random = np.random.RandomState(seed); guess = random.randn(classes, x.shape[1] + 1) * scale.
    # hint: The last column is the bias: W, b = guess[:, :-1], guess[:, -1]; its loss: loss(scores_of(x, W, b), labels).mean().
    random, best, losses = np.random.RandomState(seed), None, []
    for _ in range(draws):
        guess = random.randn(classes, x.shape[1] + 1) * scale
        losses.append(loss(scores_of(x, guess[:, :-1], guess[:, -1]), labels).mean())
        if losses[-1] == min(losses):
            best = guess
    return best[:, :-1], best[:, -1], np.array(losses)
    # </exercise>


# %% [markdown]
# ## The lectures' numbers

# %%
print("hinge:  ", hinge_loss(scores, labels).round(2), " mean", hinge_loss(scores, labels).mean().round(2))
for variant in ("include_own_class", "mean", "squared"):
    losses = hinge_loss(scores, labels, **{variant: True})
    print(f"{'':<8} {losses.round(2)}  mean {losses.mean():.2f}  with {variant}")
print("softmax:", softmax_loss(scores, labels).round(2), " mean", softmax_loss(scores, labels).mean().round(2))

# %% [markdown]
# The three variants are three questions of the lectures. Summed over *all* classes, each loss grows by
# $\max(0,\, s_y - s_y + 1) = 1$, and nothing changes about which weights are best. The *mean* over the classes divides
# each loss by their number: again the same weights are best. The *squares* are another loss: large violations weigh
# more.
#
# **The least and the largest value.** Both losses are sums of what is never negative, $\max(0, \cdot)$ and, for
# $p_y \le 1$, $-\ln p_y$. Push the score of the true class up or down, with 0 for the two others. **Predict** where the
# losses end.

# %%
for s in (-1000, -10, 0, 1, 10, 1000):
    one = np.array([[s, 0.0, 0.0]])
    print(f"true score {s:>5}: hinge {hinge_loss(one, [0])[0]:>6g}, softmax {softmax_loss(one, [0])[0]:.6g}")

# %% [markdown]
# Hinge: minimum 0, reached as soon as the lead is 1; maximum infinity. Softmax: the same ends, but 0 is reached in the
# limit only (at 10 it is small, and at 1000 the truth is smaller than any float).
#
# **At the start of a training** all scores are about 0. Then each of the $C - 1$ other classes misses the margin by 1,
# and every probability is $1/C$. **Predict** both losses for ten classes.

# %%
zeros = np.zeros((1, 10))
print("hinge:  ", hinge_loss(zeros, [0])[0])
print("softmax:", softmax_loss(zeros, [0])[0].round(3), " ln 10 =", np.log(10).round(3))

# %% [markdown]
# $C - 1$ and $\ln C$: the first sanity check of every training run you will ever start.
#
# **When is a loss content?** Three images of class 0. **Predict** which of the losses tell them apart, and what changes
# with 20 in place of 10.

# %%
for first in (10.0, 20.0):
    cases = np.array([[first, -2, 3], [first, 9, 9], [first, -100, -100]])
    print(f"[{first:g}, -2, 3], [{first:g}, 9, 9], [{first:g}, -100, -100]")
    print("   hinge:  ", [f"{loss:.2g}" for loss in hinge_loss(cases, [0, 0, 0])])
    print("   softmax:", [f"{loss:.2g}" for loss in softmax_loss(cases, [0, 0, 0])])

# %% [markdown]
# The hinge loss is content once the margins hold, and does not see the 20; the softmax loss always asks for more, and
# falls each time. (Its zeros are $2 e^{-110}$ and $2 e^{-120}$, lost beside 1 in the sum.) The cat image's losses as
# functions of the cat's score, and what counting mistakes makes of it:

# %%
from microdl.plots import plot_loss_functions

plot_loss_functions(
    losses=["hinge", "softmax", "zero-one"], others=[5.1, -1.7], title="the cat image: car 5.1, frog -1.7"
)

# %% [markdown]
# **Shift and scale.** Softmax does not change when a constant is added to all scores, as derived above. **Predict**
# what happens when they are doubled.

# %%
s = np.array([[1.0, 0, 4]])
print(softmax(s)[0].round(2), softmax(s + 100)[0].round(2), softmax(2 * s)[0].round(2))
print("unrounded, the last of the first:", softmax(s)[0, 2].round(4))

# %% [markdown]
# Larger scores are surer scores. (One lecture cuts the last probability to 0.93.)
#
# ## Why "cross-entropy"
#
# PyTorch calls the softmax loss `CrossEntropyLoss`. The *entropy* of a distribution $u$, and the *cross-entropy* of $u$
# and $v$, are the surprise $-\ln$ that is to be expected when events happen with the probabilities $u$ and are thought
# to have those of $u$ itself, or of $v$:
#
# $$H(u) = -\sum_k u_k \ln u_k, \qquad H(u, v) = -\sum_k u_k \ln v_k.$$
#
# **Predict** the entropy of $(1, 0)$, which holds no surprise at all, by the formula as it stands:

# %%
with np.errstate(divide="ignore", invalid="ignore"):
    u = np.array([1.0, 0.0])
    print(-(u * np.log(u)).sum())

# %% [markdown]
# $0 \cdot \ln 0$ is $0 \cdot (-\infty)$ in floats, and NaN. The limit of $u \ln u$ at 0 is 0, for with $u = e^{-t}$ it
# is that of $-t e^{-t}$ for large $t$: what never happens surprises nobody. So leave those terms out.


# %%
def cross_entropy(u, v):
    u, v = np.asarray(u), np.asarray(v)
    return -(u[u > 0] * np.log(v[u > 0])).sum() + 0.0


print("H of (1, 0):    ", cross_entropy([1, 0], [1, 0]))
print("H of (1/2, 1/2):", cross_entropy([0.5, 0.5], [0.5, 0.5]).round(4), " ln 2 =", np.log(2).round(4))
u, v = np.array([0.2, 0.3, 0.5]), np.array([0.6, 0.3, 0.1])
print("H(u):", cross_entropy(u, u).round(4), " H(u, v):", cross_entropy(u, v).round(4))
print("the cat image, H of (1, 0, 0) and p:", cross_entropy([1, 0, 0], softmax(scores)[0]).round(2))

# %% [markdown]
# By definition $H(u, u) = H(u)$; and no $v$ comes below, since $\ln t \le t - 1$:
#
# $$H(u) - H(u, v) = \sum_k u_k \ln \frac{v_k}{u_k} \le \sum_k u_k \Big(\frac{v_k}{u_k} - 1\Big)
#   \le \sum_k v_k - \sum_k u_k = 1 - 1 = 0.$$
#
# For a label, $u$ is *one-hot*: 1 at $y$ and 0 elsewhere. One term is left, $H(u, p) = -\ln p_y$: the softmax loss.
#
# ## Random search
#
# We can tell good weights from bad ones now. The first idea for finding them: guess a thousand times and keep the best.
# The lectures do it on CIFAR-10, with `randn(10, 3073) * 0.0001`: the losses of the first draws are between 9.4 and
# 8.6, and the best of 1,000 has 15.5 % of the test images right. **Predict**: which of the two losses was it?

# %%
from microdl.datasets import Digits

(train_x, train_y), (test_x, test_y) = ([t.numpy() for t in Digits.tensors(train=part)] for part in (True, False))
for scale in (0.0001, 0.1):
    W, b, losses = random_search(train_x, train_y, 10, draws=1000, scale=scale, loss=hinge_loss)
    print(f"digits, scale {scale}: the first losses {losses[:5].round(2)}, the best of 1,000 {losses.min():.2f}")
accuracy = (scores_of(test_x, W, b).argmax(1) == test_y).mean()
print(f"{W.size + b.size} numbers guessed, test accuracy of the best {accuracy:.1%}; by chance 10 %")
print("by the lectures, CIFAR-10, scale 0.0001: the first losses 9.4 to 8.6, test accuracy 15.5 %")

# %% [markdown]
# About $C - 1 = 9$: the hinge loss. Our images are shorter vectors than 3,072 bytes, so their scores need weights of a
# larger scale to differ at all. Better than chance, and hopeless: there are 650 numbers to guess.

# %%
from matplotlib.figure import Figure

figure = Figure(figsize=(7, 3), layout="constrained")
axes = figure.subplots()
axes.plot(losses, ".", color="0.7", markersize=3, label="one guess")
axes.plot(np.minimum.accumulate(losses), label="the best so far")
axes.axhline(9, linestyle=":", color="black", label="all scores 0: C - 1")
axes.set(xlabel="draws", ylabel="mean hinge loss", ylim=(7, 11.5))
axes.legend(loc="upper right", ncols=3, frameon=False)
figure

# %% [markdown]
# The line falls ever more rarely, and each fall is luck. A row of $W$ has one weight for each pixel, so it can be drawn
# as an image, the *template* that its class looks for. Those of the best guess:

# %%
from microdl.plots import plot_templates

plot_templates(W, title="the best of 1,000 guesses")

# %% [markdown]
# Noise. Keep the picture in mind: chapter 4 ends with the same one, of weights that have learned. But a good guess can
# be bettered by a small step, and chapter 3 finds out in which direction.
#
# ## What PyTorch does here
#
# `nn.Linear` computes the scores, which PyTorch calls *logits*. `nn.CrossEntropyLoss` is the softmax loss, computed
# from logits with the largest taken out; it also takes probabilities for labels, and is then the cross-entropy
# $H(u, p)$. `nn.MultiMarginLoss` is the hinge loss with the mean over the classes, squared for `p=2`. All of them
# average over the batch; `reduction="none"` gives the losses one by one.

# %%
import microdl as torch
from microdl import nn

logits, targets = torch.tensor(scores), torch.tensor(labels)
print(nn.CrossEntropyLoss()(logits, targets).item(), softmax_loss(scores, labels).mean())
print(nn.MultiMarginLoss()(logits, targets).item(), hinge_loss(scores, labels, mean=True).mean())
print(nn.MultiMarginLoss(p=2)(logits, targets).item(), hinge_loss(scores, labels, mean=True, squared=True).mean())

# %% [markdown]
# **What the real file adds** (`microdl/kernels/softmax.py`, `microdl/kernels/hinge.py`): compiled loops over the rows,
# in threads when there are many; the probabilities are kept for the gradient; and a label outside the classes is
# refused. NumPy would take -1 for the last class without a word:

# %%
print("yours, label -1:", softmax_loss(scores[:1], [-1]).round(2))
for loss in (nn.CrossEntropyLoss(), nn.MultiMarginLoss()):
    try:
        loss(logits[:1], torch.tensor([-1]))
    except (IndexError, RuntimeError) as error:
        print(f"{type(error).__name__}: {error}")

# %% [markdown]
# Below, `losses[i]` gets $s_y$ with the largest score taken out, and loses $\ln \sum_j e^{s_j}$, line by line your
# formula (with the other sign). Rows of fewer than 64 classes go through the exponential many at a time: a row of ten
# is too short for instructions that compute several numbers at once (chapter 13).

# %%
learn.excerpt("microdl/kernels/softmax.py", "_losses")

# %% [markdown]
# In the hinge loss the own class is not set to 0: the classes before it and those after it are summed, each part in one
# run.

# %%
learn.excerpt("microdl/kernels/hinge.py", "_margins")

# %% [markdown]
# ## Exercises
#
# 1. The car's scores change a little, from 1.3, 4.9, 2.0. What happens to its hinge loss, and to its softmax loss? By
#    how much may 4.9 fall before the hinge loss notices?
# 2. What is the accuracy of guessing a class at random, and the softmax loss of probabilities that are all $1/C$, for
#    CIFAR-10 and for ImageNet's 1,000 classes?
# 3. Which probability of the true class gives a softmax loss of 1? Which ones give the 1.17 and the 2.04 above?
# 4. Show that for two classes the softmax loss is $\ln(1 + e^{-(s_y - s_j)})$: a function of the lead alone. Draw it
#    beside the hinge loss.
# 5. The margin of 1 is arbitrary. Show that a margin of $\Delta$ with weights $W$ gives $\Delta$ times the hinge loss
#    that the margin 1 gives with $W / \Delta$. What does that say about the scale of the weights?
# 6. Improve random search without a gradient: try small random steps from the best guess so far. How far do 1,000 get?
