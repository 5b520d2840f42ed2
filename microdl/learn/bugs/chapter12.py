"""What goes wrong in features."""

from .bug import bugs_in

__all__ = ["BUGS"]

_bug = bugs_in(12, "features.py")

BUGS = [
    _bug("green's third forgotten", "2 + (b - r) / d", "(b - r) / d", "hue", r"the hue of"),
    _bug("negative hues", "sixths / 6 % 1, 0)", "sixths / 6, 0)", "hue", r"modulo 1"),
    _bug("hues in degrees", "sixths / 6 % 1, 0)", "60 * sixths % 360, 0)", "hue", r"in degrees"),
    _bug("counts for shares", " / place.shape[1]", "", "color_histogram", r"number of pixels"),
    _bug("bins of the image's own range", "[np.bincount(one, minlength=bins) for one in place]",
         "[np.histogram(hue(one), bins)[0] for one in images]", "color_histogram", r"begin at the smallest hue"),
    _bug("the nearest bin of hue", "(hue(images) * bins).astype(int), bins - 1)", "np.round(hue(images) * bins).astype(int), bins - 1)",
         "color_histogram", r"the whole part"),
    _bug("full circle", "% 180", "% 360", "hog", r"modulo 180"),
    _bug("directions not weighted", "(strength * (place == k))", "(1.0 * (place == k) * (strength > 0))", "hog", r"strength"),
    _bug("y and x swapped", "np.rad2deg(np.arctan2(down, right))", "np.rad2deg(np.arctan2(right, down))", "hog",
         r"gradient's direction"),
    _bug("not normalised", "return out / (np.sqrt((out**2).sum(1, keepdims=True)) + 1e-6)", "return out", "hog",
         r"normalise each image"),
    _bug("cells normalised one by one", "return out / (np.sqrt((out**2).sum(1, keepdims=True)) + 1e-6)",
         "cells = out.reshape(n, -1, bins)\n    return (cells / (np.sqrt((cells**2).sum(2, keepdims=True)) + 1e-6)).reshape(n, -1)",
         "hog", r"each cell is of length 1"),
    _bug("half a difference at the border", "    right[:, :, 1:-1] = images[:, :, 2:] - images[:, :, :-2]\n",
         "    down, right = 2 * np.gradient(images, axis=1), 2 * np.gradient(images, axis=2)\n", "hog", r"neighbour is missing"),
    _bug("the nearest bin", "np.minimum((angle * bins / 180).astype(int), bins - 1)",
         "np.round(angle * bins / 180).astype(int) % bins", "hog", r"the whole part"),
    _bug("bins before cells", "np.stack(sums, axis=-1)", "np.stack(sums, axis=1)", "hog", r"row of cells|gradient's direction"),
    _bug("a kernel with a mean", "return kernel - kernel.mean()", "return kernel", "gabor_kernel", r"subtract the mean"),
    _bug("only one axis", "(x * np.cos(angle) + y * np.sin(angle))", "x", "gabor_kernel", r"transpose"),
    _bug("answers cancel", "np.abs(one.reshape(-1, flat.shape[1]) @ flat.T).mean(0)",
         "np.abs((one.reshape(-1, flat.shape[1]) @ flat.T).mean(0))", "gabor", r"absolute values"),
    _bug("every second place", "axis=(1, 2))\n    return np.array([np.abs", "axis=(1, 2))[:, ::2]\n    return np.array([np.abs", "gabor",
         r"all 5 x 4 places"),
    _bug("mean of nothing", "if (nearest == k).any():", "if True:", "codebook", r"mean of nothing"),
    _bug("centres that stay", "centres[k] = patches[nearest == k].mean(0)", "pass", "codebook", r"mean of the nearest"),
    _bug("the furthest word", "np.bincount(l2_distances(p, centres).argmin(1)", "np.bincount(l2_distances(p, centres).argmax(1)",
         "visual_words", r"argmin"),
]  # fmt: skip
