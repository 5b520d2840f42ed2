"""Colour histograms: which colours an image has, wherever they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..autograd.graph import TensorBase
from ..kernels import colour as kernels
from ._images import Array, as_images, check_unit_range, pixels, result_dtype
from ._options import choice, positive_int

__all__ = ["color_histogram", "rgb_to_hsv"]

SPACES = ("rgb", "hsv", "hue")


def rgb_to_hsv(colors: Any, dtype: Any = None) -> Array:
    """Hue, saturation and value, each from 0 to 1, of colours (..., 3): an image, a batch of images, a single colour.

    With M the largest and m the smallest of red, green and blue: value = M, saturation = (M - m) / M, and the hue is
    (g - b) / (M - m), 2 + (b - r) / (M - m) or 4 + (r - g) / (M - m) where r, g or b is M, divided by 6, modulo 1. Red
    is at 0, green at 1/3, blue at 2/3. Grey has hue 0, black saturation 0. Equal to matplotlib's function of this name.

    Args:
        colors: uint8 (0 to 255) or floats (0 to 1).
        dtype: of the result; None: float64 for float64, float32 for all else.

    Raises ValueError for another shape and for floats outside of 0 to 1; TypeError for another dtype.

    Source: A. R. Smith, "Color gamut transform pairs", SIGGRAPH 1978.

    >>> import numpy as np
    >>> rgb_to_hsv(np.array([[255, 0, 0], [0, 128, 128], [51, 51, 51]], np.uint8))
    array([[0.       , 1.       , 1.       ],
           [0.5      , 1.       , 0.5019608],
           [0.       , 0.       , 0.2      ]], dtype=float32)
    """
    array = pixels(np.asarray(colors.detach().numpy() if isinstance(colors, TensorBase) else colors))
    if array.ndim == 0 or array.shape[-1] != 3:
        raise ValueError(f"colours have shape (..., 3), red, green and blue last, got {array.shape}")
    check_unit_range(array)
    found = result_dtype(array, dtype)
    rgb = array / found.type(255) if array.dtype == np.uint8 else array.astype(found, copy=False)
    hsv = np.empty(array.shape, found)
    if array.size:
        kernels.to_hsv(np.ascontiguousarray(rgb).reshape(-1, 3), hsv.reshape(-1, 3))
    return hsv


def color_histogram(
    images: Any,
    bins: int | Sequence[int] = 8,
    space: str = "rgb",
    *,
    joint: bool = False,
    normalise: bool = True,
    dtype: Any = None,
) -> Array:
    """How many of each image's pixels have which colour: shape (n, features).

    A colour's three numbers, each from 0 to 1, fall into `bins` equal bins [k / bins, (k + 1) / bins); 1 falls into the
    last. Bytes count as byte / 255, and their bins are found in whole numbers, without rounding.

    Args:
        images: colour images (n, height, width, 3), uint8 (0 to 255) or floats (0 to 1); an array or a tensor.
        bins: for all three numbers, or one count for each.
        space: "rgb"; "hsv" (`rgb_to_hsv`); "hue", the hue alone, in `bins` bins: the course's colour histogram, in
            which pixels without a hue (grey) count as red.
        joint: one histogram over the triples, with bins^3 features in the order of `itertools.product`, the last number
            fastest. Otherwise three histograms follow one another, 3 bins features.
        normalise: each histogram sums to 1; otherwise to the number of pixels.
        dtype: of the result; None: float64 for float64 images, float32 for all others.

    It does not change when pixels change their places. Raises ValueError for grey images (they have no colour), another
    shape, floats outside of 0 to 1, wrong options; TypeError for another dtype.

    Source: M. J. Swain, D. H. Ballard, "Color indexing", IJCV 7, 1991; the lecture "Loss function and optimisation".

    >>> import numpy as np
    >>> red_and_blue = np.zeros((1, 2, 2, 3), np.uint8)
    >>> red_and_blue[:, 0, :, 0] = red_and_blue[:, 1, :, 2] = 255
    >>> color_histogram(red_and_blue, bins=2)
    array([[0.5, 0.5, 1. , 0. , 0.5, 0.5]], dtype=float32)
    >>> color_histogram(red_and_blue, bins=6, space="hue", normalise=False)
    array([[2., 0., 0., 0., 2., 0.]], dtype=float32)
    """
    choice(space, "space", SPACES)
    counts = _counts(bins, space)
    array = as_images(images, channels=3)
    check_unit_range(array)
    joint = bool(joint) or space == "hue"
    features = int(np.prod(counts, dtype=object) if joint else counts.sum())
    out = np.empty((len(array), features), result_dtype(array, dtype))
    flat = array.reshape(len(array), -1, 3)
    count = kernels.byte_histograms if array.dtype == np.uint8 else kernels.histograms
    count(flat, counts, space != "rgb", joint, float(flat.shape[1]) if normalise else 1.0, out)
    return out


def _counts(bins: Any, space: str) -> Array:
    several = list(bins) if np.ndim(bins) else [bins]
    if len(several) not in ((1,) if space == "hue" else (1, 3)):
        number = "one integer" if space == "hue" else "one integer or three"
        raise ValueError(f"bins must be {number} for space={space!r}, got {bins!r}")
    counts = [positive_int(each, "bins") for each in several]
    if space == "hue":
        counts += [1, 1]
    return np.array(counts * 3 if len(counts) == 1 else counts, np.int64)
