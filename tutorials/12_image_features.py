# %% [markdown]
# # Image features
#
# A linear classifier on pixels has one template a class, and a template has a place for each pixel: it cannot say "red,
# wherever", nor "stripes, in any direction". For decades the answer was not a deeper network but better inputs: numbers
# computed from the image that keep what matters and forget the rest. In this chapter you write four such *features*,
# and give them to the classifier you have.
#
# You need: chapters 1 and 4. Time: 60 minutes.

# %%
import numpy as np
from matplotlib.figure import Figure

from microdl import learn
from microdl.datasets import SyntheticCIFAR
from microdl.plots import plot_codebook, plot_gabor_bank, plot_hog, plot_images, plot_templates

mydl = learn.use(chapters=11)

from mydl.descent import train
from mydl.neighbours import l2_distances
from mydl.scores import scores_of

# %% [markdown]
# The images of this chapter are *synthetic*: drawn by a program in CIFAR-10's format, in ten classes such as "red
# striped square". Each colour, each shape and each texture is that of two classes, so it takes two of them to tell a
# class.

# %%
known, unseen = SyntheticCIFAR(train=True, size=1500), SyntheticCIFAR(train=False, size=500)
train_images, test_images = (d.data.astype(np.float32) / 255 for d in (known, unseen))
train_y, test_y = np.array(known.targets), np.array(unseen.targets)
NAMES = known.classes
chosen = np.concatenate([np.flatnonzero(train_y == k)[:1] for k in range(10)])
plot_images(known.data[chosen], train_y[chosen], class_names=NAMES, columns=5)

# %% [markdown]
# ## The naive way, and where it breaks
#
# Raw pixels first. **Predict** the accuracy of a linear classifier of the 3,072 numbers, for the images it was trained
# with and for others, and what its templates will look like. (Guessing is right for 10 %.)


# %%
def learned(name, a, b):
    """Train on the features a, standardised, print how many of a and of b are right, and return the weights."""
    mean, deviation = a.mean(0), a.std(0) + 1e-6
    a, b = (a - mean) / deviation, (b - mean) / deviation
    W, c, _ = train(a, train_y, 10, lr=0.5 / np.sqrt(a.shape[1]), epochs=20, decay=1e-3)
    right = [(scores_of(x, W, c).argmax(1) == y).mean() for x, y in ((a, train_y), (b, test_y))]
    print(f"{name:<27} {a.shape[1]:>5} numbers   training {right[0]:.0%}   test {right[1]:.0%}")
    return W


W = learned("pixels", train_images.reshape(1500, -1), test_images.reshape(500, -1))
plot_templates(W, shape=(32, 32, 3), class_names=NAMES, columns=5)

# %% [markdown]
# What the templates tell: a class is a colour near the middle, on a ground of the opposite colour. Of the shape there
# is a blur, for it is drawn in any place, size and turn. Of the texture there is nothing: the stripes of two images
# cancel. The rest is noise that fits the training images, which the gap between training and test shows as well.
#
# What should *not* matter? Where the object is, how large, how it is turned, how bright the day is. Each feature below
# forgets some of this on purpose.
#
# ## Four features
#
# **Colour histogram.** How many pixels have which *hue*, wherever they are. The hue is the angle on a circle of colours
# with red at 0, green at 1/3, blue at 2/3 of a turn. Let $M$ be the largest and $m$ the smallest of R, G, B. Subtract
# $m$ (the grey in the colour) from all three and divide by $M - m$: now the largest is 1, the smallest 0, and the one
# between, $t$, says how far the hue is from the largest's primary colour towards the other's, in sixths of a turn (at
# $t = 1$ both are equal, half way between primaries a third apart). Where R is the largest, the smallest is B or G: the
# hue is $+t = \frac{G - m}{M - m}$ or $-t = -\frac{B - m}{M - m}$, and both are
#
# $$\frac{G - B}{M - m} \ (M = R), \qquad 2 + \frac{B - R}{M - m} \ (M = G), \qquad 4 + \frac{R - G}{M - m} \ (M = B)$$
#
# sixths of a turn; the other two cases are the first one turned by a third.
#
# **Histogram of oriented gradients** (HOG; Dalal and Triggs, 2005). The grey image $I$ has a gradient at each pixel: by
# chapter 3's central difference, up to a factor of 2, $g = (I_{r, c+1} - I_{r, c-1},\ I_{r+1, c} - I_{r-1, c})$, with a
# direction and a length. Cut the image into cells of 8 x 8 pixels. In each cell count directions in 9 bins of 20
# degrees, modulo 180 (an edge from dark to bright counts as one from bright to dark), each pixel with its gradient's
# length. A constant added to $I$ cancels in the differences; a factor is cancelled by dividing all numbers by their
# length.
#
# **Gabor filters.** A wave of frequency $f$ and direction $\theta$ under a bell,
#
# $$k(x, y) = e^{-(x^2 + y^2) / 2\sigma^2} \cos(2\pi f u), \qquad u = x \cos\theta + y \sin\theta,$$
#
# multiplied with the image around each pixel and summed. What does it answer to stripes $\cos(2\pi f' u)$? From
# $\cos a \cos b = \frac12 [\cos(a - b) + \cos(a + b)]$ and $\int e^{-u^2/2\sigma^2} \cos(2\pi\nu u)\,du \propto
# e^{-2\pi^2\sigma^2\nu^2}$ the answer is a bell again, around $f' = f$, of the width $1 / 2\pi\sigma$: it hears its own
# frequency, and by the same argument its own direction. Texture, in short.
#
# **Visual words.** Cut small patches out of many images at random, and cluster them: the centres are a *codebook*. An
# image becomes a histogram: how often each word is the nearest to one of its patches. Clustering is *k-means*: find
# centres $c$ with a small sum $\sum_i \lVert x_i - c_{k(i)} \rVert^2$. For given centres it is smallest if $k(i)$ is
# the nearest; for given $k(i)$ the slope $-2 \sum_{i: k(i) = k} (x_i - c_k)$ vanishes if $c_k$ is the mean of its
# patches. Do both in turns: neither can raise the sum.

# %% file="features.py"
"""Chapter 12: what a linear classifier may see instead of pixels. Images are floats in [0, 1]."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from mydl.neighbours import l2_distances


def hue(images):
    """The hue of colours (..., 3), an array (...): from 0 (red) by 1/3 (green) and 2/3 (blue) to 1; 0 for greys."""
    # <exercise hue: Return the sixths of the three cases, divided by 6, modulo 1; and 0 where all three colours are equal.>
    # hint: r, g, b = np.moveaxis(images, -1, 0), and the largest and smallest by images.max(-1) and images.min(-1).
    # hint: A grey would be 0 / 0: divide by d = np.where(largest > smallest, largest - smallest, 1).
    # hint: np.where(largest == r, (g - b) / d, np.where(largest == g, 2 + (b - r) / d, 4 + (r - g) / d)) / 6 % 1.
    r, g, b = np.moveaxis(images, -1, 0)
    largest, smallest = images.max(-1), images.min(-1)
    d = np.where(largest > smallest, largest - smallest, 1)
    sixths = np.where(largest == r, (g - b) / d, np.where(largest == g, 2 + (b - r) / d, 4 + (r - g) / d))
    return np.where(largest > smallest, sixths / 6 % 1, 0)
    # </exercise>


def color_histogram(images, bins=10):
    """The share of pixels in each of so many equal ranges of hue from 0 to 1: (n, h, w, 3) to (n, bins)."""
    # <exercise color_histogram: Count the pixels of each image by hue; divide by their number.>
    # hint: The bin of a pixel is the whole part of hue * bins, at most bins - 1.
    # hint: place = np.minimum((hue(images) * bins).astype(int), bins - 1).reshape(len(images), -1).
    # hint: np.bincount(one, minlength=bins) counts one row of place.
    place = np.minimum((hue(images) * bins).astype(int), bins - 1).reshape(len(images), -1)
    return np.array([np.bincount(one, minlength=bins) for one in place]) / place.shape[1]
    # </exercise>


def grey(images):
    """The mean of the three colours: (n, h, w, 3) to (n, h, w)."""
    return images.mean(-1)


def hog(images, cell=8, bins=9):
    """Histograms of oriented gradients of grey images: (n, h, w) to (n, h // cell * w // cell * bins), in the order
    row of cells, column of cells, bin. The numbers of an image are divided by their length."""
    # <exercise hog: Gradients by central differences, 0 where a neighbour is missing; their angles modulo 180 degrees; sums of their lengths by cell and bin; normalised.>
    # hint: down[:, 1:-1] = images[:, 2:] - images[:, :-2], in an array of zeros; right the same along the last axis.
    # hint: angle = np.rad2deg(np.arctan2(down, right)) % 180, place = np.minimum((angle * bins / 180).astype(int), bins - 1).
    # hint: For bin k: strength * (place == k), of shape (n, h, w), reshaped to (n, rows, cell, columns, cell) and summed over both axes of a cell. What does not fill a cell is cut off before.
    # hint: np.stack of these along a last axis, reshaped to (n, -1). Divide each row by np.sqrt((out**2).sum(1, keepdims=True)) + 1e-6.
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
    # <exercise gabor_kernel: Return the formula on a grid of pixels, with x and y counted from the middle one, minus its mean.>
    # hint: y, x = np.mgrid[:size, :size] - size // 2.
    # hint: Without its mean a flat image gives 0: then only texture counts.
    # hint: kernel = np.exp(-(x**2 + y**2) / (2 * sigma**2)) * np.cos(2 * np.pi * frequency * (x * np.cos(angle) + y * np.sin(angle))).
    y, x = np.mgrid[:size, :size] - size // 2
    bell = np.exp(-(x**2 + y**2) / (2 * sigma**2))
    kernel = bell * np.cos(2 * np.pi * frequency * (x * np.cos(angle) + y * np.sin(angle)))
    return kernel - kernel.mean()
    # </exercise>


def gabor(images, kernels):
    """For each kernel the mean strength of its answers over each grey image: (n, h, w) to (n, len(kernels)). Answers
    are where the whole kernel fits into the image."""
    # <exercise gabor: Multiply each kernel with every window of the image, add up, and take the mean of the absolute values.>
    # hint: sliding_window_view(images, kernels[0].shape, axis=(1, 2)) has the shape (n, rows, columns, size, size).
    # hint: One image's windows as rows, (rows * columns, size * size), times the kernels as columns are all its answers.
    # hint: For each image's windows: np.abs(windows.reshape(-1, flat.shape[1]) @ flat.T).mean(0), with flat the kernels as rows.
    flat = np.reshape(kernels, (len(kernels), -1)).astype(images.dtype)
    windows = sliding_window_view(images, kernels[0].shape, axis=(1, 2))
    return np.array([np.abs(one.reshape(-1, flat.shape[1]) @ flat.T).mean(0) for one in windows])
    # </exercise>


def patches_of(images, size=6, step=3):
    """Square patches of each colour image, each minus its own mean: (n, patches, size * size * 3)."""
    windows = sliding_window_view(images, (size, size), axis=(1, 2))[:, ::step, ::step]
    rows = windows.reshape(len(images), -1, size * size * images.shape[-1])
    return rows - rows.mean(-1, keepdims=True)


def codebook(patches, words=40, steps=10, seed=0):
    """The centres (words, numbers) of so many clusters of patches (n, numbers), by k-means."""
    random = np.random.RandomState(seed)
    centres = patches[random.permutation(len(patches))[:words]].copy()
    for _ in range(steps):
        # <exercise codebook: One step of k-means: each patch goes to its nearest centre, then each centre to the mean of its patches. Change centres in place.>
        # hint: nearest = l2_distances(patches, centres).argmin(1) is the centre of each patch.
        # hint: A centre without patches stays where it is: the mean of nothing is NaN.
        # hint: For each k with (nearest == k).any(): centres[k] = patches[nearest == k].mean(0).
        nearest = l2_distances(patches, centres).argmin(1)
        for k in range(words):
            if (nearest == k).any():
                centres[k] = patches[nearest == k].mean(0)
        # </exercise>
    return centres


def visual_words(images, centres):
    """How often each word is the nearest to a patch of the image, as shares: (n, h, w, 3) to (n, words)."""
    # <exercise visual_words: For each image count the nearest centres of its patches; divide by their number.>
    # hint: patches_of(images) is (n, patches, numbers): go through its images one by one.
    # hint: For one image's patches p: np.bincount(l2_distances(p, centres).argmin(1), minlength=len(centres)).
    counts = [np.bincount(l2_distances(p, centres).argmin(1), minlength=len(centres)) for p in patches_of(images)]
    return np.array(counts) / patches_of(images[:1]).shape[1]
    # </exercise>


# %% [markdown]
# ## What they see
#
# HOG of one image: in each cell a stroke for each bin, along the edge (across the gradient). **Predict** how many
# numbers an image of 320 x 240 pixels becomes.

# %%
rows, columns, bins = 240 // 8, 320 // 8, 9
print("32 x 32:", hog(grey(train_images[:1])).shape[1], "numbers;", end=" ")
print(f"320 x 240: {columns} x {rows} cells x {bins} bins = {hog(np.zeros((1, 240, 320))).shape[1]:,} numbers")
plot_hog(train_images[chosen[1]], title=NAMES[1])

# %% [markdown]
# A bank of Gabor filters, two frequencies by four directions, and what one of them answers to stripes of other
# frequencies and directions:

# %%
FREQUENCIES, ANGLES = (0.12, 0.25), np.arange(4) * np.pi / 4
kernels = [gabor_kernel(f, a) for f in FREQUENCIES for a in ANGLES]
labels = [f"{f} waves a pixel, {np.rad2deg(a):.0f}°" for f in FREQUENCIES for a in ANGLES]
plot_gabor_bank(np.reshape(kernels, (2, 4, 9, 9)), labels=labels)

# %%
y, x = np.mgrid[:32, :32]
phases = np.linspace(0, np.pi, 8, endpoint=False)[:, None, None]


def answer(f, angle):
    """Of the kernel (0.25, 0 degrees) to stripes, the mean over their phases."""
    stripes = np.cos(2 * np.pi * f * (x * np.cos(angle) + y * np.sin(angle)) + phases)
    return gabor(stripes, kernels[4:5]).mean()


fs, turns = np.linspace(0, 0.5, 41), np.linspace(-90, 90, 41)
figure = Figure(figsize=(8.5, 2.6), layout="constrained")
left, right = figure.subplots(1, 2, sharey=True)
left.plot(fs, [answer(f, 0.0) for f in fs])
left.axvspan(0.25 - 1 / (4 * np.pi), 0.25 + 1 / (4 * np.pi), color="0.9", label="one width to each side")
left.set(xlabel="frequency of the stripes, waves a pixel", ylabel="answer of (0.25, 0°)")
left.legend()
right.plot(turns, [answer(0.25, a) for a in np.deg2rad(turns)])
right.set(xlabel="direction of the stripes, degrees")
figure

# %% [markdown]
# And forty visual words, with the number of patches that each is the nearest to. Plain patches differ in their colour
# (the mean that is subtracted is one number, so the colour stays); others are edges.

# %%
random = np.random.RandomState(0)
some = patches_of(train_images[:300]).reshape(-1, 108)
some = some[random.permutation(len(some))[:6000]]
centres = codebook(some)
counts = np.bincount(l2_distances(some, centres).argmin(1), minlength=40)
plot_codebook(centres.reshape(-1, 3, 6, 6).transpose(0, 2, 3, 1), counts=counts, columns=10)

# %% [markdown]
# ## What they are worth
#
# The same linear classifier, the same training. **Predict** the order, and which you could leave out when they stand
# side by side. A fifth is microdl's: *local binary patterns* compare each pixel with its eight neighbours and
# count the patterns of signs, grouped into ten kinds (exercise 5 counts all 256).

# %%
from microdl import features as microdl_features

FEATURES = {
    "colour histogram": color_histogram,
    "HOG": lambda images: hog(grey(images)),
    "Gabor": lambda images: gabor(grey(images), kernels),
    "visual words": lambda images: visual_words(images, centres),
    "local binary patterns": lambda images: microdl_features.lbp_histogram(grey(images)),
}
SEEN = {name: (f(train_images), f(test_images)) for name, f in FEATURES.items()}


def side_by_side(names):
    return [np.concatenate([SEEN[name][part] for name in names], axis=1) for part in (0, 1)]


for name in FEATURES:
    learned(name, *SEEN[name])
print()
W = learned("all side by side", *side_by_side(FEATURES))
for name in FEATURES:
    learned(f"  without {name}", *side_by_side([other for other in FEATURES if other != name]))

# %% [markdown]
# Each sees a part: HOG has no colour, the colour histogram no shape. Together they do what none can, with less than a
# tenth of the pixels' numbers, and the gap between training and test is smaller. What a feature is worth alone and what
# it adds to the others are two questions: the second part of the table answers the second. The colour histogram does
# little here on either count, since most pixels belong to the background, which may have any hue.
#
# How sure can you be that a feature forgets what it should? Test it. **Predict** which of them change when the image
# gets flatter and brighter, and which when it moves by five pixels:

# %%
brighter = train_images[:50] * 0.8 + 0.1
moved = np.roll(train_images[:50], 5, axis=2)
print(f"{'change, in % of the length':<28}{'brighter, flatter':>20}{'moved':>10}")
for name, features in FEATURES.items():
    before = features(train_images[:50])
    change = [np.linalg.norm(features(other) - before) / np.linalg.norm(before) for other in (brighter, moved)]
    print(f"{name:<28}{change[0]:>20.0%}{change[1]:>10.0%}")

# %% [markdown]
# HOG knows places, by cells, which is its strength too: it sees shapes. The Gabor answers shrink with the contrast, and
# so do the patches, which are then nearer to other words: neither is normalised (exercise 6).
#
# ## What the templates tell now
#
# The weights of all features together are templates again, of other things than pixels. On the left, what each class
# thinks of hues and of the Gabor filters; on the right, the positive HOG weights of some classes, drawn as strokes.
# **Predict** what the plain classes make of the Gabor answers.

# %%
places = np.cumsum([0] + [SEEN[name][0].shape[1] for name in FEATURES])
part = {name: W[:, a:b] for name, a, b in zip(FEATURES, places, places[1:])}
figure = Figure(figsize=(12, 4.6), layout="constrained")
left, right = figure.subfigures(1, 2, width_ratios=(1.5, 1))
axes = left.subplots(1, 2, sharey=True)
columns = (
    ("colour histogram", "hues", [f"{k / 10:.1f}" for k in range(10)]),
    ("Gabor", "Gabor filters of 0.12, then 0.25", [f"{np.rad2deg(a):.0f}°" for _ in FREQUENCIES for a in ANGLES]),
)
for ax, (name, title, ticks) in zip(axes, columns):
    drawn = ax.imshow(part[name], cmap="cividis", vmin=-0.3, vmax=0.3, aspect="auto")
    ax.set_xticks(range(len(ticks)), ticks)
    ax.set_yticks(range(10), NAMES)
    ax.set_title(title, fontsize="medium")
left.colorbar(drawn, ax=axes, location="bottom", shrink=0.5, extend="both", label="weight")
for ax, k in zip(right.subplots(2, 2).ravel(), (0, 1, 3, 5)):
    plot_hog(cells=np.maximum(part["HOG"][k], 0).reshape(4, 4, 9), ax=ax, title=NAMES[k])
figure

# %% [markdown]
# The weights of the hues are small, and tell nothing of red or green: the classifier found no use for them. Those of
# the filters tell a lot: the two plain classes are against every answer at 0.25 waves a pixel, the dotted square is for
# those along its sides. The plain disc wants strokes around an empty middle. Read the weights of a linear classifier
# when it is trained: they say what it goes by.
#
# A convolutional network learns such filters instead of being given them; its first layer often looks like the Gabor
# bank above.
#
# ## What PyTorch does here
#
# Nothing: it learns its features. (torchvision's `transforms` change images and do not describe them.) The libraries
# for these are scikit-image and OpenCV; microdl's `hog`, `gabor` and `lbp` follow scikit-image's definitions.
#
# **What the real file adds** (`microdl/features/gradients.py`, `microdl/features/words.py`,
# `microdl/features/transformers.py`): compiled kernels; for HOG the colour channel with the longest gradient, and
# normalisation by overlapping blocks of cells, so that a bright corner does not dim the rest; for words the contrast of
# each patch divided out, whitening, soft assignment, and a histogram for each quarter of the image; scikit-learn's
# `fit` and `transform` for each, and `Concatenate`. On the same images without these options they are yours:

# %%
images = train_images[:50].astype(float)
cells = microdl_features.hog_cells(grey(images)).reshape(50, -1)
cells /= np.linalg.norm(cells, axis=1, keepdims=True)
print(f"HOG: largest difference {np.abs(cells - hog(grey(images))).max():.0e}")
hues = microdl_features.color_histogram(images, 10, "hue")
print(f"colour histogram: largest difference {np.abs(hues - color_histogram(images)).max():.0e}")

# %% [markdown]
# Beside your `hue`, the same for one pixel in a compiled loop: branches in place of `np.where`, so nothing is computed
# in vain, and no $0/0$ to be careful of. Below it the whitening of patches, in four lines: neighbouring pixels are
# alike, so patches vary much in a few directions; each direction of variance $d$ is divided by
# $\sqrt{d + \varepsilon}$, so that distances between patches count all directions alike, but for those that hold only
# noise.

# %%
learn.excerpt("microdl/kernels/colour.py", "_hsv")

# %%
learn.excerpt("microdl/features/words.py", "zca")

# %% [markdown]
# ## Exercises
#
# 1. How many numbers is HOG of an image of 64 x 128 pixels, with cells of 8 and 9 bins? Of a CIFAR-10 image?
# 2. A HOG cell of 16 pixels? Of 4? Choose by cross-validation, as in chapter 1.
# 3. Nearest neighbours on features: better than on pixels? Begin with `l2_distances(b, a)`, where a and b are one
#    feature of the training and of the test images, standardised as in `learned`, and `vote`.
# 4. HOG weighs each pixel by its gradient. Weigh the pixels of the colour histogram by $M - m$, which is 0 for grey.
#    What does it gain?
# 5. Write local binary patterns: compare each pixel with its eight neighbours, read the eight signs as a number from 0
#    to 255, and make a histogram of these. Under which changes of the image does it stay exactly as it is?
# 6. Normalise the Gabor answers and the patches so that contrast does not matter, and run the last two tables again.
