# %% [markdown]
# # Images as numbers, and the nearest neighbour
#
# To a computer an image is a block of numbers, and "cat" is in none of them. No one knows rules that turn the numbers
# into the word. This chapter begins with an attempt at such a rule, and then turns the question round: collect
# examples, and let the program compare. That is the *data-driven approach*. You build its simplest program, k nearest
# neighbours, choose its k honestly, and find out what the pixels of an image cannot tell.
#
# You need: NumPy arrays. Time: 50 minutes.

# %%
import numpy as np

from microdl import learn
from microdl.datasets import Digits

mydl = learn.use(chapters=0)  # a package that is empty yet: the chapters fill it

(train_x, train_y), (test_x, test_y) = ([t.numpy() for t in Digits.tensors(train=part)] for part in (True, False))
print(train_x.shape, test_x.shape)
print((train_x[0].reshape(8, 8) * 16).astype(int))

# %% [markdown]
# 1,348 images to learn from and 449 to be tested with, 8 x 8 pixels each, flattened to rows of 64 numbers from 0
# (paper) to 1 (ink). **Predict** which digit the printed one is.

# %%
print(train_y[0])

# %% [markdown]
# ## The naive way: a rule
#
# A 0 has a hole. So let the rule be: the four pixels in the middle are empty. It is even good, on these images.
# **Predict** what becomes of it when each image is moved to the right by one pixel.


# %%
def is_zero(images):
    return images.reshape(-1, 8, 8)[:, 3:5, 3:5].mean((1, 2)) < 0.2


def moved(images):
    return np.pad(images.reshape(-1, 8, 8)[:, :, :-1], ((0, 0), (0, 0), (1, 0))).reshape(-1, 64)


for name, images in (("as they are", train_x), ("moved by one pixel", moved(train_x))):
    said = is_zero(images)
    found, mistaken = said[train_y == 0].mean(), said[train_y != 0].mean()
    print(f"{name}: {found:.0%} of the 0s found, {mistaken:.0%} of the others taken for 0")

# %% [markdown]
# One pixel, which no reader would notice, and the rule finds next to nothing. It could be mended for this case, and for
# the next, and there are nine more digits; for cats nobody has ever written it. So let examples decide. The interface
# of every program that learns from them is two functions: `train(images, labels)`, which returns a model, and
# `predict(model, images)`, which returns labels. (scikit-learn, and microdl's classifiers, call them `fit` and
# `predict`.)
#
# ## How far apart are two images?
#
# The simplest program gives a new image the label of the known image that is nearest to it. Nearest by what? Subtract
# them pixel by pixel, and add up the differences:
#
# $$d_1(a, b) = \sum_t |a_t - b_t| \quad\text{(L1, Manhattan)}, \qquad
#   d_2(a, b) = \sqrt{\sum_t (a_t - b_t)^2} \quad\text{(L2, Euclidean)}.$$
#
# Images are stored as *bytes*, 0 to 255. Here is the lectures' example of 4 x 4 pixels. **Predict** the L1 distance of
# its first rows, and whether NumPy agrees.

# %%
a = np.array([[56, 32, 10, 18], [90, 23, 128, 133], [24, 26, 178, 200], [2, 0, 255, 220]], np.uint8)
b = np.array([[10, 20, 24, 17], [8, 10, 89, 100], [12, 16, 178, 170], [4, 32, 233, 112]], np.uint8)
by_bytes, right = np.abs(a - b)[0], np.abs(a.astype(int) - b.astype(int))[0]
print("by bytes:", by_bytes, "sum", by_bytes.sum())
print("right:   ", right, "sum", right.sum())

# %% [markdown]
# A byte has no room for a negative number: 10 - 24 = -14 wraps around to 256 - 14 = 242, whose absolute value is 242,
# and nothing warns. Converted first, all four rows and their sum:

# %%
differences = np.abs(a.astype(int) - b.astype(int))
print(differences)
print("sum:", differences.sum(), " by bytes:", np.abs(a - b).sum())

# %% [markdown]
# It is the first of many faults in this course that raise no error and only make the result a little worse.
#
# ## All pairs at once
#
# The nearest training image of every test image takes the distances of all pairs. With broadcasting, `a[:, None] - b`
# would be a table of all differences. For CIFAR-10, 10,000 test images and 50,000 training images of 32 x 32 x 3 bytes:

# %%
pairs = 10_000 * 50_000
print(f"differences: {pairs * 3072 * 8 / 1e12:.1f} TB in float64; distances: {pairs * 8 / 1e9:.0f} GB")

# %% [markdown]
# For L1 go through the rows of `a` one by one. For L2 there is a way without any loop and without the differences:
# multiply out $(a_t - b_t)^2 = a_t^2 + b_t^2 - 2 a_t b_t$ and sum each term by itself,
#
# $$\sum_t (a_t - b_t)^2 = \sum_t a_t^2 + \sum_t b_t^2 - 2 \sum_t a_t b_t.$$
#
# The first sum is one number for each row of `a`, the second one for each row of `b`, and the third, for all pairs, is
# the matrix product $a b^T$.
#
# Then the **vote**: a new image gets the label that most of its $k$ nearest neighbours have. And `folds`, which you
# will need to choose $k$. Write the four functions; `microdl learn check 1` says which of their properties hold.

# %% file="neighbours.py"
"""Chapter 1: k nearest neighbours."""

import numpy as np


def l1_distances(a, b):
    """Sums of absolute differences between the rows of a (n, pixels) and of b (m, pixels): (n, m)."""
    # <exercise l1_distances: Return the (n, m) table of L1 distances; bytes must not wrap around.>
    # hint: The rows may be bytes: convert both arrays before you subtract.
    # hint: a.astype(float) converts. A loop over the rows of a is fine here: each gives one row of the table.
    # hint: One row of a against all of b is np.abs(b - row).sum(1); np.array of the list of these is the table.
    a, b = a.astype(float), b.astype(float)
    return np.array([np.abs(b - row).sum(1) for row in a])
    # </exercise>


def l2_distances(a, b):
    """Euclidean distances between the rows of a (n, pixels) and of b (m, pixels): (n, m). Without a loop."""
    # <exercise l2_distances: Return the (n, m) table of L2 distances, by the formula with the matrix product.>
    # hint: The first sum depends on the row of the table alone, the second on its column, and the third is a product.
    # hint: (a**2).sum(1)[:, None] is a column, (b**2).sum(1) a row, and a @ b.T the table of products.
    # hint: Rounding can make the square of a distance of 0 a little negative: np.maximum(squares, 0) before the root.
    a, b = a.astype(float), b.astype(float)
    squares = (a**2).sum(1)[:, None] + (b**2).sum(1) - 2 * a @ b.T
    return np.sqrt(np.maximum(squares, 0))
    # </exercise>


def vote(distances, labels, k):
    """The label that most of the k nearest have, for each row of distances (n, m); labels (m,). Ties: the smallest."""
    # <exercise vote: Return an array of n labels; labels are integers from 0 on.>
    # hint: First the places of the k smallest distances in each row, then their labels, then the most frequent one.
    # hint: np.argsort(distances, axis=1, kind="stable")[:, :k] are the places of the k nearest.
    # hint: np.bincount(labels[places]).argmax() is the most frequent label of one row, and the smallest of several.
    nearest = np.argsort(distances, axis=1, kind="stable")[:, :k]
    return np.array([np.bincount(labels[places]).argmax() for places in nearest])
    # </exercise>


def folds(n, parts):
    """Pairs (training places, validation places): each of n examples is held out in exactly one of them."""
    # <exercise folds: Cut range(n) into `parts` runs; return a list of pairs of arrays, each run in turn held out.>
    # hint: n need not be a multiple of parts: no example may be lost at the end.
    # hint: np.array_split(np.arange(n), parts) gives the runs, of equal length to within one.
    # hint: The training places of pair i are np.concatenate(runs[:i] + runs[i + 1 :]).
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
# Training is nothing but keeping the data. With the nearest neighbour alone, k = 1:


# %%
def train(images, labels):
    return images, labels


def predict(model, images, k=1, distances=l2_distances):
    known, labels = model
    return vote(distances(images, known), labels, k)


model = train(train_x, train_y)
for name, distances in (("L1", l1_distances), ("L2", l2_distances)):
    print(f"{name}: {(predict(model, test_x, 1, distances) == test_y).mean():.1%} of the test images are right")

# %% [markdown]
# ## What k does
#
# Points in the plane show it. Three classes that overlap; each place of the plane has the colour of the class that its
# k nearest points vote for.

# %%
from matplotlib.figure import Figure

from microdl.datasets import blobs
from microdl.plots import plot_decision_regions

points, classes = (t.numpy() for t in blobs(150, noise=1.0, seed=0))
figure = Figure(figsize=(9, 4.2), layout="constrained")
for axes, k in zip(figure.subplots(1, 2), (1, 9)):
    plot_decision_regions(lambda new: predict((points, classes), new, k), points, classes, ax=axes, title=f"k = {k}")
figure

# %% [markdown]
# With k = 1 every point has a region, also one that strayed among the others: islands, and ragged borders. Nine votes
# drown it out. Too many votes drown out everything: with k = 150 all points vote, and everywhere the same class wins.
# So k is a *hyperparameter*, a number that is not learned from the examples but chosen. By what?
#
# Not by the test images! They stand for all images that are still to come, and a choice made by them is one more thing
# learned from them. **Predict** the accuracy of k = 1 on the training images themselves:

# %%
for k in (1, 3, 5):
    print(f"k = {k}: {(predict(model, train_x, k) == train_y).mean():.1%} of the training images")

# %% [markdown]
# Each image is its own nearest neighbour, so there k = 1 always wins. Hold some images out, then: choose k by a
# *validation* part that is not trained on, and leave the test part for the end. In *k-fold cross-validation* (this k is
# the number of folds) each of five parts is held out once, and the five results also show how far one such number can
# be trusted.

# %%
ks = [1, 2, 3, 5, 7, 9, 12, 15, 20, 30]
accuracies = cross_validate(train_x, train_y, ks)
in_the_plane = cross_validate(points, classes, ks)
print("   k   digits          points in the plane")
for i, k in enumerate(ks):
    first, second = (f"{table[:, i].mean():.1%} +- {table[:, i].std():.1%}" for table in (accuracies, in_the_plane))
    print(f"{k:>4}   {first}   {second}")
best = [ks[table.mean(0).argmax()] for table in (accuracies, in_the_plane)]
print("best", best, " by the lectures, for their images: about 7")

# %%
from microdl.plots import plot_cross_validation

plot_cross_validation(ks, accuracies, title="the digits")

# %% [markdown]
# Each dot is the outcome of one fold, each bar a mean and its standard deviation. For the digits k = 1 is best, though
# it leads k = 3 by less than the bars; for the points, which overlap, a larger k is. There is no best k, only one for
# the data at hand.
#
# Here is a trap. The digits were written by 13 people and stand in the file, as it seems, one writer after another, so
# a run that is held out holds out writers. **Predict** how the accuracy changes when the images are shuffled before
# they are cut:

# %%
order = np.random.RandomState(0).permutation(len(train_x))
shuffled = cross_validate(train_x[order], train_y[order], [1])
print(f"k = 1, held out in runs: {accuracies[:, 0].mean():.1%} +- {accuracies[:, 0].std():.1%}")
print(f"k = 1, shuffled:         {shuffled.mean():.1%} +- {shuffled.std():.1%}")
print(f"and the test images:     {(predict(model, test_x, 1) == test_y).mean():.1%}")

# %% [markdown]
# Shuffled, nearly every image meets others of the same hand. The test part was split off at random too, so the higher
# number is the right estimate *for it*; for a writer who is still to come the lower one is nearer the truth. What is
# held out must differ from what is kept as future images will.
#
# ## Where pixels fail
#
# The digits are small, centred and grey. On CIFAR-10's photographs, by the lectures, k nearest neighbours on pixels
# come to between 28 and 39 %. Why so few? Move the test images by one pixel again. **Predict** for how many of them
# some training image, of whatever digit, is now nearer than the very image they were made from.

# %%
shifted = moved(test_x)
own = np.sqrt(((shifted - test_x) ** 2).sum(1))
table = l2_distances(shifted, train_x)
said = vote(table, train_y, 1)
print(f"nearer to a training image than to their original: {(table.min(1) < own).mean():.0%}")
print(f"accuracy: {(said == test_y).mean():.1%}")
print("by the lectures, CIFAR-10: 28 % to 39 %; by chance:", f"{1 / 10:.0%}")

# %% [markdown]
# Distances of pixels are not distances of meaning. Two more reasons why nobody uses nearest neighbours on pixels:
#
# - Training takes no time and *predicting* takes all of it, since every new image is compared with every known one. We
#   would rather have it the other way round.
# - To fill a space evenly takes a number of examples that grows exponentially with its dimension, the *curse of
#   dimensionality*: with 4 points for each direction,

# %%
for dimensions in (1, 2, 3):
    grid = np.stack(np.meshgrid(*[np.arange(4.0)] * dimensions), axis=-1).reshape(-1, dimensions)
    nearest = np.sort(l2_distances(grid, grid), axis=1)[:, 1]
    print(
        f"{len(grid):>2} points in {dimensions} dimension{'s' * (dimensions > 1)}, each {nearest.min():g} from the next"
    )
print(f"for the 3,072 of CIFAR-10: a number of points with {len(str(4**3072)):,} digits")

# %% [markdown]
# Eight of the test images that the move made wrong; each as it was, as it was moved, and the training image that is
# nearest to the moved one:

# %%
from microdl.plots import plot_images

wrong = np.flatnonzero((said != test_y) & (predict(model, test_x) == test_y))[:8]
nearest = table[wrong].argmin(1)
rows = np.concatenate([test_x[wrong], shifted[wrong], train_x[nearest]])
names = [f"a {y}" for y in test_y[wrong]] + ["moved"] * 8 + [f"nearest: {y}" for y in train_y[nearest]]
plot_images(rows, names, columns=8)

# %% [markdown]
# ## What PyTorch does here
#
# It has no k nearest neighbours, but `torch.cdist(x1, x2, p)` is your table. For $p = 2$ and more than 25 rows on
# either side it uses the formula with the matrix product, as you did, and for fewer it subtracts. It refuses bytes, and
# the same formula has the same weakness in both: two squares of lengths are subtracted that are nearly equal, and the
# digits in which they agree are lost.

# %%
import microdl as torch

try:
    torch.cdist(torch.from_numpy(a), torch.from_numpy(b))
except RuntimeError as error:
    print(error)
far = 10_000 + np.random.RandomState(0).rand(30, 4) / 1000  # points that are close together, and far from 0
print(f"right:       {np.sqrt(((far[0] - far[1]) ** 2).sum()):.8f}")
print(f"yours:       {l2_distances(far, far)[0, 1]:.8f}")
print(f"torch.cdist: {torch.cdist(torch.from_numpy(far), torch.from_numpy(far))[0, 1].item():.8f}")

# %% [markdown]
# **What the real file adds** (`microdl/kernels/distance.py`, `microdl/ops/distance.py`). `cdist` has your formula in
# one product: two more columns carry the squares. (PyTorch arranges it so, and the same digits are lost.)

# %%
learn.excerpt("microdl/ops/distance.py", "_product_forward")

# %% [markdown]
# `KNeighborsClassifier` does not rest on that: a quick sum with a known bound for its rounding decides which pairs
# *may* be among the nearest, and those are measured again by subtracting. Bytes stay bytes, and their sums are exact.

# %%
from microdl.classifiers import KNeighborsClassifier

distances, _ = KNeighborsClassifier(1).fit(far[1:2], [0]).kneighbors(far[:1])
print(f"far from 0:  {distances[0, 0]:.8f}")
distances, _ = KNeighborsClassifier(1, metric="l1").fit(b.reshape(1, 16), [0]).kneighbors(a.reshape(1, 16))
print("the lectures' bytes:", distances[0, 0])

# %% [markdown]
# And there is no table of all distances, of which CIFAR-10's takes the gigabytes you printed above. In the function
# below look at the two loops: blocks of queries, and within each, blocks of rows. `best` and `places` hold the k
# nearest found so far; `choose` puts a block's candidates among them.

# %%
learn.excerpt("microdl/kernels/distance.py", "nearest")

# %% [markdown]
# ## Exercises
#
# 1. A tie of two votes for 3 and two for 8: what does `vote` do? Is that fair to 8? What else could one do?
# 2. Compute the L2 distance of the lectures' two images by hand, from the differences printed above.
# 3. Images are brightened: 10 is added to each pixel. How do $d_1$ and $d_2$ of two images change if both are, and how
#    if only one is?
# 4. Write `l1_distances` without a loop, for the digits. How much memory does your table of differences take?
# 5. Cross-validate L1 and L2 together with k. Which pair is best, and by more than its deviation?
# 6. Cut the digits so that no writer is in two parts, as well as you can without knowing who wrote which. What would
#    you tell a customer: which accuracy will the program have?
