# %% [markdown]
# # Image features
#
# A linear classifier on pixels has one template a class, and a red template cannot fit a blue car. For decades the answer
# was not a deeper network but better inputs: numbers computed from the image that keep what matters and forget the rest.
# In this chapter you write four of them, and give them to the classifier you have.
#
# You need: chapters 4 and 9. Time: 60 minutes.

# %%
import matplotlib.pyplot as plt
import numpy as np

from microdl import learn
from microdl.datasets import SyntheticCIFAR

mydl = learn.use(chapters=11)

from mydl.descent import train
from mydl.scores import scores_of

# %% [markdown]
# ## The naive way, and where it breaks
#
# The images of this chapter are *synthetic*: drawn, in CIFAR-10's format, in ten classes such as "red striped square", at
# any place, in any size and turn. Raw pixels first. **Predict** the accuracy of a linear classifier, training and test.

# %%
known, unseen = SyntheticCIFAR(train=True, size=1500), SyntheticCIFAR(train=False, size=500)
train_images, test_images = (d.data.astype(np.float32) / 255 for d in (known, unseen))
train_y, test_y = np.array(known.targets), np.array(unseen.targets)


def accuracy(name, features):
    """Train on features of the images, standardised, and print how many are right."""
    a, b = features(train_images), features(test_images)
    mean, deviation = a.mean(0), a.std(0) + 1e-6
    a, b = (a - mean) / deviation, (b - mean) / deviation
    W, c, _ = train(a, train_y, 10, lr=0.5 / np.sqrt(a.shape[1]), epochs=20, decay=1e-3)
    right = [(scores_of(x, W, c).argmax(1) == y).mean() for x, y in ((a, train_y), (b, test_y))]
    print(f"{name:<24} {a.shape[1]:>5} numbers   training {right[0]:.0%}   test {right[1]:.0%}")


accuracy("pixels", lambda images: images.reshape(len(images), -1))

# %% [markdown]
# It knows the training images by heart, and has learned little about the others: 3,072 numbers each, and none of them
# means the same thing in two images. What should not matter? *Where* the shape is, how large, how bright the day is.
#
# ## Four features
#
# **Colour histogram.** How many pixels have which hue, wherever they are. Hue is the angle on the colour circle: with the
# largest of R, G, B called $M$ and the smallest $m$, for $M = R$ it is $\frac{G - B}{M - m}$ in sixths of the circle, for
# $M = G$ it is $2 + \frac{B - R}{M - m}$, for $M = B$ it is $4 + \frac{R - G}{M - m}$.
#
# **Histogram of oriented gradients** (Dalal and Triggs, 2005). At each pixel the image's gradient has a direction and a
# strength. Cut the image in cells of 8 x 8 pixels; in each, count directions in 9 bins of 20 degrees, weighted by
# strength. Edges survive, brightness does not: adding a constant changes no gradient. An image of 320 x 240 pixels has
# 40 x 30 cells, so 10,800 numbers.
#
# **Gabor filters.** A wave under a bell: $e^{-(x^2 + y^2)/2\sigma^2} \cos(2\pi f (x \cos\theta + y \sin\theta))$. Convolved
# with the image it answers to stripes of its own frequency and direction: texture.
#
# **Visual words.** Cut small patches out of many images at random, and cluster them: the cluster centres are a *codebook*.
# An image becomes a histogram: how often each word is the nearest to one of its patches.

# %% file="features.py"
"""Chapter 12: what a linear classifier may see instead of pixels. Images are floats in [0, 1]."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from mydl.neighbours import l2_distances


def hue(images):
    """The hue of colours (..., 3): from 0 (red) by 1/3 (green) and 2/3 (blue) to 1; 0 for greys."""
    # <exercise hue: By the three cases; divide by 6, modulo 1.>
    # hint: M, m = images.max(-1), images.min(-1); a grey has M = m: divide by np.where(M > m, M - m, 1).
    # hint: np.where(M == r, (g - b) / d, np.where(M == g, 2 + (b - r) / d, 4 + (r - g) / d)) / 6 % 1.
    r, g, b = np.moveaxis(images, -1, 0)
    largest, smallest = images.max(-1), images.min(-1)
    d = np.where(largest > smallest, largest - smallest, 1)
    sixths = np.where(largest == r, (g - b) / d, np.where(largest == g, 2 + (b - r) / d, 4 + (r - g) / d))
    return np.where(largest > smallest, sixths / 6 % 1, 0)
    # </exercise>


def color_histogram(images, bins=10):
    """The share of pixels in each range of hue: (n, h, w, 3) to (n, bins)."""
    # <exercise color_histogram: Count the pixels of each image by hue; divide by their number.>
    # hint: place = np.minimum((hue(images) * bins).astype(int), bins - 1) is the bin of each pixel.
    # hint: np.bincount(one.ravel(), minlength=bins) counts one image.
    place = np.minimum((hue(images) * bins).astype(int), bins - 1).reshape(len(images), -1)
    return np.array([np.bincount(one, minlength=bins) for one in place]) / place.shape[1]
    # </exercise>


def grey(images):
    """The mean of the three colours."""
    return images.mean(-1)


def hog(images, cell=8, bins=9):
    """Histograms of oriented gradients of grey images (n, h, w): (n, h / cell * w / cell * bins), of length 1 each."""
    # <exercise hog: Gradients by central differences; their angles modulo 180 degrees; sums of strengths by cell and bin; normalised.>
    # hint: down[:, 1:-1] = images[:, 2:] - images[:, :-2], 0 at the border; right the same along the last axis.
    # hint: angle = np.rad2deg(np.arctan2(down, right)) % 180, place = np.minimum((angle * bins / 180).astype(int), bins - 1).
    # hint: For one bin: strength * (place == k), of shape (n, h, w), reshaped to (n, rows, cell, columns, cell) and summed over both cells.
    # hint: Divide each row by its length: np.sqrt((out**2).sum(1, keepdims=True)) + 1e-6.
    n, h, w = images.shape
    down, right = np.zeros_like(images), np.zeros_like(images)
    down[:, 1:-1] = images[:, 2:] - images[:, :-2]
    right[:, :, 1:-1] = images[:, :, 2:] - images[:, :, :-2]
    strength, angle = np.hypot(down, right), np.rad2deg(np.arctan2(down, right)) % 180
    place = np.minimum((angle * bins / 180).astype(int), bins - 1)
    rows, columns = h // cell, w // cell
    cut = (slice(None), slice(rows * cell), slice(columns * cell))
    sums = [(strength * (place == k))[cut].reshape(n, rows, cell, columns, cell).sum((2, 4)) for k in range(bins)]
    out = np.stack(sums, axis=-1).reshape(n, -1)
    return out / (np.sqrt((out**2).sum(1, keepdims=True)) + 1e-6)
    # </exercise>


def gabor_kernel(frequency, angle, size=9, sigma=2.0):
    """A wave of this frequency (waves a pixel) and direction (radians) under a bell: (size, size), of sum 0."""
    # <exercise gabor_kernel: The formula on a grid of pixels around the middle, minus its mean.>
    # hint: y, x = np.mgrid[:size, :size] - size // 2.
    # hint: Without its mean a flat image gives 0: then only texture counts.
    y, x = np.mgrid[:size, :size] - size // 2
    bell = np.exp(-(x**2 + y**2) / (2 * sigma**2))
    kernel = bell * np.cos(2 * np.pi * frequency * (x * np.cos(angle) + y * np.sin(angle)))
    return kernel - kernel.mean()
    # </exercise>


def gabor(images, kernels):
    """For each kernel the mean strength of its answers over each grey image (n, h, w): (n, kernels)."""
    # <exercise gabor: Mean absolute values of the kernel's products with every window of the image.>
    # hint: windows = sliding_window_view(images, kernel.shape, axis=(1, 2)) has the shape (n, rows, columns, size, size).
    # hint: np.abs(np.einsum("nrcij,ij->nrc", windows, kernel)).mean((1, 2)).
    windows = sliding_window_view(images, kernels[0].shape, axis=(1, 2))
    answers = [np.einsum("nrcij,ij->nrc", windows, kernel, optimize=True) for kernel in kernels]
    return np.stack([np.abs(a).mean((1, 2)) for a in answers], axis=1)
    # </exercise>


def patches_of(images, size=6, step=3):
    """Square patches of each colour image, each minus its own mean: (n, patches, size * size * 3)."""
    windows = sliding_window_view(images, (size, size), axis=(1, 2))[:, ::step, ::step]
    rows = windows.reshape(len(images), -1, size * size * images.shape[-1])
    return rows - rows.mean(-1, keepdims=True)


def codebook(patches, words=40, steps=10, seed=0):
    """The centres of so many clusters of patches (n, numbers), by k-means."""
    random = np.random.RandomState(seed)
    centres = patches[random.permutation(len(patches))[:words]].copy()
    for _ in range(steps):
        # <exercise codebook: Each patch goes to its nearest centre; each centre to the mean of its patches.>
        # hint: nearest = l2_distances(patches, centres).argmin(1).
        # hint: A centre without patches stays where it is: the mean of nothing is NaN.
        nearest = l2_distances(patches, centres).argmin(1)
        for k in range(words):
            if (nearest == k).any():
                centres[k] = patches[nearest == k].mean(0)
        # </exercise>
    return centres


def visual_words(images, centres):
    """How often each word is the nearest to a patch of the image, as shares: (n, words)."""
    # <exercise visual_words: For each image count the nearest centres of its patches; divide by their number.>
    # hint: For one image's patches: np.bincount(l2_distances(patches, centres).argmin(1), minlength=len(centres)).
    counts = [np.bincount(l2_distances(p, centres).argmin(1), minlength=len(centres)) for p in patches_of(images)]
    return np.array(counts) / patches_of(images[:1]).shape[1]
    # </exercise>


# %% [markdown]
# ## What they see

# %%
from microdl.plots import plot_codebook, plot_gabor_bank, plot_hog, plot_images

kernels = [gabor_kernel(f, a) for f in (0.12, 0.25) for a in np.arange(4) * np.pi / 4]
plot_gabor_bank(kernels)

# %%
random = np.random.RandomState(0)
some = patches_of(train_images[:300]).reshape(-1, 108)
centres = codebook(some[random.permutation(len(some))[:6000]])
plot_codebook(centres.reshape(-1, 3, 6, 6).transpose(0, 2, 3, 1))

# %%
plot_hog(train_images[1])

# %% [markdown]
# ## What they are worth
#
# The same linear classifier, the same training. **Predict** the order.

# %%
FEATURES = {
    "colour histogram": color_histogram,
    "HOG": lambda images: hog(grey(images)),
    "Gabor": lambda images: gabor(grey(images), kernels),
    "visual words": lambda images: visual_words(images, centres),
}
for name, features in FEATURES.items():
    accuracy(name, features)
accuracy("all side by side", lambda images: np.concatenate([f(images) for f in FEATURES.values()], axis=1))

# %% [markdown]
# Each sees a part: hue alone cannot tell two red classes apart, HOG sees no colour. Side by side they do what none can.
# And the gap between training and test has shrunk: fewer numbers, and each means the same in every image.
#
# A convolutional network learns such filters instead of being given them; its first layer often looks like the Gabor
# bank above.
#
# How sure can you be that a feature forgets what it should? Test it:

# %%
brighter = np.clip(train_images[:50] * 0.8 + 0.1, 0, 1)
moved = np.roll(train_images[:50], 5, axis=2)
for name, features in FEATURES.items():
    before = features(train_images[:50])
    change = [np.linalg.norm(features(other) - before) / np.linalg.norm(before) for other in (brighter, moved)]
    print(f"{name:<18} brighter and flatter: {change[0]:.0%}   moved by 5 pixels: {change[1]:.0%}")

# %% [markdown]
# ## What PyTorch does here
#
# Nothing: it learns its features. (torchvision has `transforms`, which change images and do not describe them.)
#
# **What the real file adds** (`microdl/features/gradients.py`): scikit-image's normalisation by overlapping blocks, the
# channel with the strongest gradient, and a kernel that does ten thousand images in a fraction of a second;
# `microdl/features/words.py`: whitening, soft assignment, quadrants of the image.
#
# ## Exercises
#
# 1. Why is each patch made free of its mean, and the histogram of gradients of its length?
# 2. A HOG cell of 16 pixels? Of 4? Cross-validate, as in chapter 1.
# 3. Nearest neighbours on features: better than on pixels? By how much?
# 4. Local binary patterns: compare each pixel with its eight neighbours, read the eight bits as a number, and make a
#    histogram of these. What does it not change under?
