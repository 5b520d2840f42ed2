# %% [markdown]
# # Images as numbers, and the nearest neighbour
#
# To a computer an image is a block of numbers, and "cat" is in none of them. No one knows rules that turn the numbers
# into the word, so we turn the question round: collect examples, and let the program compare. That is the *data-driven
# approach*, and its two functions are all of machine learning's interface: `train(images, labels)` and
# `predict(model, images)`. This chapter builds the simplest such program, and finds out what its pixels cannot tell.
#
# You need: NumPy arrays. Time: 45 minutes.

# %%
import numpy as np

from microdl import learn
from microdl.datasets import Digits

mydl = learn.use(chapters=0)  # a package that is empty yet: the chapters fill it

(train_x, train_y), (test_x, test_y) = ([t.numpy() for t in Digits.tensors(train=part)] for part in (True, False))
print(train_x.shape, test_x.shape, train_y[:8])
print((train_x[0].reshape(8, 8) * 16).astype(int))

# %% [markdown]
# **Predict** which digit that is, before you look at the labels above.
#
# ## How far apart are two images?
#
# Subtract them pixel by pixel and add up the differences:
#
# $$d_1(a, b) = \sum_t |a_t - b_t| \quad\text{(L1, Manhattan)}, \qquad
#   d_2(a, b) = \sqrt{\sum_t (a_t - b_t)^2} \quad\text{(L2, Euclidean)}.$$
#
# Images come as *bytes*, 0 to 255. Here is the lectures' example, and the naive way to compute its distance, which is
# wrong. **Predict** the sum before you run it: the differences of the first row are 46, 12, 14, 1.

# %%
a = np.array([[56, 32, 10, 18], [90, 23, 128, 133], [24, 26, 178, 200], [2, 0, 255, 220]], np.uint8)
b = np.array([[10, 20, 24, 17], [8, 10, 89, 100], [12, 16, 178, 170], [4, 32, 233, 112]], np.uint8)
print(np.abs(a - b).sum(), "by bytes;", np.abs(a.astype(int) - b.astype(int)).sum(), "is right")
print(np.abs(a - b))

# %% [markdown]
# A byte has no room for a negative number: 10 - 24 wraps around to 242. So convert first. It is the first of many faults
# in this course that raise no error and only make the result a little worse.
#
# ## All pairs at once
#
# The nearest training image of every test image needs the distances of all pairs, 449 x 1,348 here, 10,000 x 50,000 for
# CIFAR-10. For L2 there is a way without a loop over pairs, with a matrix product:
#
# $$\sum_t (a_t - b_t)^2 = \sum_t a_t^2 + \sum_t b_t^2 - 2 \sum_t a_t b_t.$$
#
# A new image gets the label that most of its $k$ nearest neighbours have. Write the three functions.

# %% file="neighbours.py"
"""Chapter 1: k nearest neighbours."""

import numpy as np


def l1_distances(a, b):
    """Sums of absolute differences between the rows of a (n, pixels) and of b (m, pixels): (n, m)."""
    # <exercise l1_distances: Return all distances; bytes must not wrap around.>
    # hint: Convert to floats first: a.astype(float).
    # hint: One row of a against all of b is np.abs(b - row).sum(1); a loop over the rows of a is fine here.
    a, b = a.astype(float), b.astype(float)
    return np.array([np.abs(b - row).sum(1) for row in a])
    # </exercise>


def l2_distances(a, b):
    """Euclidean distances between the rows of a (n, pixels) and of b (m, pixels): (n, m). Without a loop."""
    # <exercise l2_distances: Return all distances by the formula with the matrix product.>
    # hint: (a**2).sum(1)[:, None] is a column, (b**2).sum(1) a row, and a @ b.T the table of products.
    # hint: Rounding can make the square of a distance of 0 a little negative: np.maximum(..., 0) before the root.
    a, b = a.astype(float), b.astype(float)
    squares = (a**2).sum(1)[:, None] + (b**2).sum(1) - 2 * a @ b.T
    return np.sqrt(np.maximum(squares, 0))
    # </exercise>


def vote(distances, labels, k):
    """The label that most of the k nearest have, for each row of distances (n, m); labels (m,). Ties: the smallest."""
    # <exercise vote: Return n labels.>
    # hint: np.argsort(distances, axis=1, kind="stable")[:, :k] are the places of the k nearest.
    # hint: np.bincount(labels[places]).argmax() is the most frequent label of one row, and the smallest of several.
    nearest = np.argsort(distances, axis=1, kind="stable")[:, :k]
    return np.array([np.bincount(labels[places]).argmax() for places in nearest])
    # </exercise>


def folds(n, parts):
    """Pairs (training places, validation places): each of n examples is in one validation part."""
    # <exercise folds: Cut range(n) in so many runs of neighbours; each in turn is the validation part.>
    # hint: np.array_split(np.arange(n), parts) gives the runs, of equal length to within one.
    # hint: The training places are the concatenation of the other runs.
    runs = np.array_split(np.arange(n), parts)
    return [(np.concatenate(runs[:i] + runs[i + 1 :]), runs[i]) for i in range(parts)]
    # </exercise>


def cross_validate(x, y, ks, distances=l2_distances, parts=5):
    """The accuracy of each fold for each k: (parts, len(ks))."""
    table = []
    for train, validation in folds(len(x), parts):
        d = distances(x[validation], x[train])
        table.append([(vote(d, y[train], k) == y[validation]).mean() for k in ks])
    return np.array(table)


# %% [markdown]
# ## It works
#
# Training is nothing but keeping the data.

# %%
for name, distances in (("L1", l1_distances), ("L2", l2_distances)):
    table = distances(test_x, train_x)
    print(name, [f"k={k}: {(vote(table, train_y, k) == test_y).mean():.1%}" for k in (1, 3, 5, 50)])

# %% [markdown]
# ## Which k?
#
# Not by the test images! They stand for all images that are still to come, and a choice made on them is one more thing
# learned from them. **Predict** the accuracy of k = 1 on the training images themselves:

# %%
table = l2_distances(train_x, train_x)
print([f"k={k}: {(vote(table, train_y, k) == train_y).mean():.1%}" for k in (1, 3, 5)])

# %% [markdown]
# Each image is its own nearest neighbour; on the training images k = 1 always wins. So hold some of them out. In *k-fold
# cross-validation* each of five parts is held out once, and the five results also show how far one such number can be
# trusted.

# %%
ks = [1, 2, 3, 5, 7, 9, 12, 15, 20, 30]
accuracies = cross_validate(train_x, train_y, ks)
for k, mean, deviation in zip(ks, accuracies.mean(0), accuracies.std(0), strict=True):
    print(f"k = {k:>2}: {mean:.1%} +- {deviation:.1%}")

# %%
from microdl.plots import plot_cross_validation

plot_cross_validation(ks, accuracies)
# %% [markdown]
# ## Where pixels fail
#
# The digits are small, centred, and grey. Shift an image by one pixel: to us nothing has happened. **Predict** whether
# the shifted image is nearer to the original, or to some other digit.

# %%
grid = test_x.reshape(-1, 8, 8)
shifted = np.roll(grid, 1, axis=2).reshape(-1, 64)
own = np.sqrt(((shifted - test_x) ** 2).sum(1))
others = l2_distances(shifted, train_x).min(1)
print(f"further from itself than from a training image: {(own > others).mean():.0%} of the shifted images")
table = l2_distances(shifted, train_x)
print(f"accuracy on them: {(vote(table, train_y, 3) == test_y).mean():.1%}")

# %% [markdown]
# Distances of pixels are not distances of meaning. Two more reasons why nobody uses nearest neighbours on pixels:
#
# - Training takes no time and *predicting* takes all of it: every test image is compared with every training image. We
#   would rather have it the other way round.
# - To cover a space densely takes a number of examples that grows exponentially with its dimension: 4 points on a line
#   are as dense as $4^2$ in a square and $4^3$ in a cube. An image of CIFAR-10 has 3,072 dimensions.
#
# ## What PyTorch does here
#
# It has `torch.cdist`, which computes the same table, by the same formula where there are many rows.
#
# **What the real file adds** (`microdl/kernels/distance.py`): bytes stay bytes, by instructions that add up 64 absolute
# differences at once; the nearest are kept while the distances are made, so that all of CIFAR-10 needs no table of
# 10,000 x 50,000; for floats a quick sum with a known error bound decides most pairs, and the rest are measured again.
#
# ## Exercises
#
# 1. A tie of two votes for 3 and two for 8: what does `vote` do? Is that fair to 8? What else could one do?
# 2. Write `l1_distances` without a loop. How much memory does your table of differences take for CIFAR-10?
# 3. Why may the validation part be taken in order here, and when would that be a fault?
# 4. Cross-validate L1 and L2 together with k. Which pair is best, and by more than its deviation?
