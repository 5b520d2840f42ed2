# %% [markdown]
# # Scores and losses by hand
#
# A linear classifier gives each class a score, and takes the class with the highest. A *loss* says how bad the scores
# are for the true class, in one number. In this chapter you write the scores, two losses, and the most naive way there
# is to find good weights: guessing.
#
# You need: a matrix product in NumPy. Time: 45 minutes.

# %%
import numpy as np

from microdl import learn

mydl = learn.use(chapters=1)

# %% [markdown]
# ## A score is a sum over pixels
#
# An image of four pixels, flattened to $x$, three classes (cat, dog, ship), a matrix $W$ with a row of weights for each
# class, and a bias $b$ for each: the scores are $f(x, W, b) = W x + b$.
#
# **Predict**: which class does this classifier take?

# %%
x = np.array([56, 231, 24, 2.0])
W = np.array([[0.2, -0.5, 0.1, 2.0], [1.5, 1.3, 2.1, 0.0], [0, 0.25, 0.2, -0.3]])
b = np.array([1.1, 3.2, -1.2])
print(W @ x + b)

# %% [markdown]
# The dog, by far; it is a picture of a cat. Such a classifier has $D \cdot T + T$ numbers to learn, for $D$ pixels and
# $T$ classes. For CIFAR-10:

# %%
print(3072 * 10 + 10)

# %% [markdown]
# Often the bias is hidden in $W$: add a 1 to the end of $x$, and $b$ as the last column of $W$. Then $f = W x$.
#
# ## How bad are these scores?
#
# Three images, with the scores that some classifier gives them. In the lectures the columns are the images; here each
# image is a row, as in every batch from now on.

# %%
scores = np.array([[3.2, 5.1, -1.7], [1.3, 4.9, 2.0], [2.2, 2.5, -3.1]])  # columns: cat, car, frog
labels = np.array([0, 1, 2])  # a cat, a car, a frog
print((scores.argmax(1) == labels).mean())

# %% [markdown]
# One of three is right. The accuracy is what we want, but it is no guide: it does not change when a score moves a
# little, so it cannot say in which direction to move. We want a number that falls as the scores get better.
#
# ### The hinge loss
#
# The multiclass SVM wants the true class to lead every other by a margin of 1. For an image of class $y$ with scores
# $s$ it charges each class that comes closer:
#
# $$L_i = \sum_{j \ne y} \max(0,\; s_j - s_y + 1).$$
#
# The first image by hand: $\max(0, 5.1 - 3.2 + 1) + \max(0, -1.7 - 3.2 + 1) = 2.9 + 0$.
#
# A loop is the formula written down, and is the wrong thing to write: one Python step for every image and class.


# %%
def slow_hinge(scores, labels):
    losses = []
    for s, y in zip(scores, labels):
        losses.append(sum(max(0, s[j] - s[y] + 1) for j in range(len(s)) if j != y))
    return np.array(losses)


print(slow_hinge(scores, labels))

# %% [markdown]
# **Predict** what happens to the loss of the car, 0, if all of its scores are doubled, as by $2W$ for $W$.

# %%
print(slow_hinge(2 * scores, labels))

# %% [markdown]
# Still 0: so the weights of least loss are not unique, and chapter 8 will prefer small ones.
#
# ### The softmax loss
#
# The softmax classifier reads scores as logarithms of probabilities that are not normalised yet:
#
# $$p_k = \frac{e^{s_k}}{\sum_j e^{s_j}}, \qquad L_i = -\ln p_y.$$
#
# Written down as it stands it breaks. **Predict** the second line:


# %%
def naive_softmax(s):
    return np.exp(s) / np.exp(s).sum()


print(naive_softmax(np.array([3.2, 5.1, -1.7])).round(2))
with np.errstate(over="ignore", invalid="ignore"):
    print(naive_softmax(np.array([1000.0, 0, 0])))

# %% [markdown]
# $e^{1000}$ is larger than any float. The cure: adding a constant to all scores changes nothing,
#
# $$\frac{e^{s_k + c}}{\sum_j e^{s_j + c}} = \frac{e^c e^{s_k}}{e^c \sum_j e^{s_j}} = p_k,$$
#
# so take $c = -\max_j s_j$: the largest exponent is then 0, and the sum is at least 1. For the loss, do not take the
# logarithm of a probability either, which may have become 0: $-\ln p_y = \ln \sum_j e^{s_j} - s_y$, the same constant
# taken out.
#
# Write both losses, and the random search below, in `scores.py`. No loop over images or classes.

# %% file="scores.py"
"""Chapter 2: scores of a linear classifier, two losses, and random search."""

import numpy as np


def scores_of(x, W, b):
    """x @ W.T + b: images (n, pixels) by weights (classes, pixels) are scores (n, classes)."""
    # <exercise scores_of: Return the scores of a batch, one row an image.>
    # hint: A row of the result holds the products of one image with every row of W.
    # hint: x @ W.T has that shape; b is added to every row by broadcasting.
    return x @ W.T + b
    # </exercise>


def hinge_loss(scores, labels, include_own_class=False, mean=False, squared=False):
    """The loss of each image: sum over j != y of max(0, s_j - s_y + 1). For the variants: sum over all j, the mean over
    all classes instead of the sum, the squares."""
    # <exercise hinge_loss: Return one loss an image, without a loop, with the three variants.>
    # hint: The scores of the true classes, as a column: scores[np.arange(n), labels][:, None].
    # hint: np.maximum(0, scores - true + 1) has all classes; what does the true one contribute?
    # hint: It contributes exactly 1: set it to 0, unless include_own_class.
    # hint: Square before you sum.
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
    # <exercise softmax: Return probabilities; subtract each row's largest score first.>
    # hint: scores.max(1, keepdims=True) is a column, one number an image. The largest of the whole batch will not do: another row may then underflow to 0/0.
    # hint: e = np.exp(scores - largest), then divide by e.sum(1, keepdims=True).
    e = np.exp(scores - scores.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)
    # </exercise>


def softmax_loss(scores, labels):
    """The loss of each image: -ln of the probability of its class, finite for scores of any size."""
    # <exercise softmax_loss: Return ln sum_j e^s_j - s_y for each image, with the largest score taken out.>
    # hint: np.log(softmax(scores)) is -inf where a probability has underflowed. Take the logarithm before you divide.
    # hint: With z = scores - largest: np.log(np.exp(z).sum(1)) - z[rows, labels].
    z = scores - scores.max(1, keepdims=True)
    return np.log(np.exp(z).sum(1)) - z[np.arange(len(z)), labels]
    # </exercise>


def random_search(x, labels, classes, draws, seed=0, scale=0.0001):
    """The best of many guesses, randn(classes, pixels + 1) * scale: its weights, biases, and all the mean losses."""
    # <exercise random_search: Draw weights, keep those with the lowest mean softmax loss, return (W, b, losses).>
    # hint: random = np.random.RandomState(seed); guess = random.randn(classes, x.shape[1] + 1) * scale.
    # hint: The last column is the bias: W, b = guess[:, :-1], guess[:, -1].
    random, best, losses = np.random.RandomState(seed), None, []
    for _ in range(draws):
        guess = random.randn(classes, x.shape[1] + 1) * scale
        losses.append(softmax_loss(scores_of(x, guess[:, :-1], guess[:, -1]), labels).mean())
        if losses[-1] == min(losses):
            best = guess
    return best[:, :-1], best[:, -1], np.array(losses)
    # </exercise>


# %% [markdown]
# ## The lectures' numbers

# %%
print("hinge  ", hinge_loss(scores, labels).round(2), " mean", hinge_loss(scores, labels).mean().round(2))
print("softmax", softmax_loss(scores, labels).round(2), " probabilities of the cat image", softmax(scores)[0].round(2))
print("exp    ", np.exp(scores[0]).round(2))

# %% [markdown]
# One lecture prints 0.89 for the softmax loss of the cat image. That is the logarithm to base 10: the natural one is
# 2.04, as here.
#
# What are the least and the largest values? Both losses are at least 0, and have no upper end. And when training begins,
# with all scores about 0? **Predict** both for ten classes.

# %%
zeros = np.zeros((1, 10))
print(
    "hinge",
    hinge_loss(zeros, [0])[0],
    " softmax",
    softmax_loss(zeros, [0])[0].round(3),
    " ln 10 =",
    np.log(10).round(3),
)

# %% [markdown]
# $C - 1$ and $\ln C$: a first sanity check for every training run you will ever start.
#
# The hinge loss is content once the margins hold; the softmax loss never is. For a true class with score 10:

# %%
cases = np.array([[10, -2, 3], [10, 9, 9], [10, -100, -100.0]])
print("hinge  ", hinge_loss(cases, [0, 0, 0]))
print("softmax", softmax_loss(cases, [0, 0, 0]).round(6))
cases[:, 0] = 20
print("hinge  ", hinge_loss(cases, [0, 0, 0]), "with 20 for 10")
print("softmax", softmax_loss(cases, [0, 0, 0]))

# %% [markdown]
# Softmax does not change when a constant is added to all scores; it does when they are multiplied:

# %%
s = np.array([[1.0, 0, 4]])
print(softmax(s).round(2), softmax(s + 100).round(2), softmax(2 * s).round(2))

# %% [markdown]
# (One lecture cuts the last probability of the first to 0.93.)
#
# ## Random search
#
# We can tell good weights from bad ones now. The first idea for finding them: guess a thousand times and keep the best.

# %%
from microdl.datasets import Digits

(train_x, train_y), (test_x, test_y) = ([t.numpy() for t in Digits.tensors(train=part)] for part in (True, False))
W, b, losses = random_search(train_x, train_y, classes=10, draws=1000, scale=0.05)
print(
    f"losses of the first draws {losses[:4].round(3)}, the best of 1,000 {losses.min():.3f}, ln 10 = {np.log(10):.3f}"
)
print(f"test accuracy {(scores_of(test_x, W, b).argmax(1) == test_y).mean():.1%}, by chance 10 %")

# %% [markdown]
# Better than chance, and hopeless: there are 650 numbers to guess. But a good guess can be bettered by a small step,
# and chapter 3 finds out in which direction.

# %%
import matplotlib.pyplot as plt

plt.figure(figsize=(6, 3))
plt.plot(np.minimum.accumulate(losses))
plt.axhline(np.log(10), linestyle=":", color="grey")
plt.xlabel("draws")
_ = plt.ylabel("lowest mean loss so far")

# %% [markdown]
# ## What PyTorch does here
#
# `nn.Linear` computes the scores, `nn.CrossEntropyLoss` the softmax loss from scores (PyTorch calls scores *logits*), with
# the largest score taken out as you did; `nn.MultiMarginLoss` is the hinge loss divided by the number of classes. Both
# average over the batch.
#
# **What the real file adds** (`microdl/kernels/softmax.py`): the same formula in one pass over each row, with the sum in
# a fixed order, in threads; NaN stays NaN; a label out of range is an error that names it.
#
# ## Exercises
#
# 1. The sum over all classes, with $j = y$: by how much does each loss grow? Does it change which weights are best?
# 2. And the mean instead of the sum? The squares?
# 3. The car's scores change a little, from 1.3, 4.9, 2.0. What happens to its hinge loss, and to its softmax loss?
# 4. $L_i = -\ln 0.31$ is 1.17. Which probability gives a loss of 1?
