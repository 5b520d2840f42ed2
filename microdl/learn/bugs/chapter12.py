"""What goes wrong in features."""

from .bug import Bug

__all__ = ["BUGS"]


def _bug(name: str, right: str, wrong: str, exercise: str, why: str) -> Bug:
    return Bug(12, name, "features.py", right, wrong, exercise, why)


BUGS = [
    _bug("green's third forgotten", "2 + (b - r) / d", "(b - r) / d", "hue", r"the hue of"),
    _bug("negative hues", "sixths / 6 % 1, 0)", "sixths / 6, 0)", "hue", r"the hue of"),
    _bug("counts for shares", " / place.shape[1]", "", "color_histogram", r"number of pixels"),
    _bug("full circle", "% 180", "% 360", "hog", r"modulo 180"),
    _bug("directions not weighted", "(strength * (place == k))", "(1.0 * (place == k) * (strength > 0))", "hog", r"strength"),
    _bug("y and x swapped", "np.rad2deg(np.arctan2(down, right))", "np.rad2deg(np.arctan2(right, down))", "hog",
         r"gradient's direction"),
    _bug("not normalised", "return out / (np.sqrt((out**2).sum(1, keepdims=True)) + 1e-6)", "return out", "hog",
         r"normalise each image"),
    _bug("a kernel with a mean", "return kernel - kernel.mean()", "return kernel", "gabor_kernel", r"subtract the mean"),
    _bug("only one axis", "(x * np.cos(angle) + y * np.sin(angle))", "x", "gabor_kernel", r"transpose"),
    _bug("answers cancel", "np.abs(a).mean((1, 2))", "np.abs(a.mean((1, 2)))", "gabor", r"absolute values"),
    _bug("mean of nothing", "if (nearest == k).any():", "if True:", "codebook", r"mean of nothing"),
    _bug("centres that stay", "centres[k] = patches[nearest == k].mean(0)", "pass", "codebook", r"mean of the nearest"),
    _bug("the furthest word", "np.bincount(l2_distances(p, centres).argmin(1)", "np.bincount(l2_distances(p, centres).argmax(1)",
         "visual_words", r"argmin"),
]  # fmt: skip
