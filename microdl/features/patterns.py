"""Local binary patterns of grey images, and their histograms."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..kernels import patterns
from ._images import Array, as_images, result_dtype
from ._options import choice, pair, positive, positive_int

__all__ = ["lbp", "lbp_histogram"]

_MOST = 31  # neighbours: a code is an int32


def lbp(images: Any, P: int = 8, R: float = 1, method: str = "default", *, dtype: Any = None) -> Array:
    """Local binary patterns: how each pixel compares with its neighbours on a circle.

    Neighbour k of `P` is at the distance `R` in the direction 2 pi k / P from the right against the clock, bilinearly
    interpolated (in float64); outside the image is 0. Its sign s_k is 1 where it is not less than the pixel, else 0.

    - "default": the code sum_k 2^k s_k;
    - "ror": the least code among its rotations by k neighbours, which does not change as the image turns;
    - "uniform": the number of ones, 0 to P, where s_0, ..., s_P-1 changes at most twice around the circle, and P + 1
      for all other patterns;
    - "nri_uniform": the patterns with at most two changes told apart, P (P - 1) + 2 of them, numbered by the number of
      ones and then by where they begin; the last number, P (P - 1) + 2, is for all others;
    - "var": the variance of the neighbours, which has no sign: contrast. NaN where it is 0.

    A code says nothing about how much darker or brighter: any increasing function of the grey levels leaves it as it
    is where neighbours are pixels (P = 4 with a whole R), and nearly so where they are interpolated.

    Args:
        images: (n, height, width), grey; uint8 or floats. Of floats that are equal but for rounding, rounding decides.
        P: number of neighbours, up to 31.
        R: their distance in pixels.
        method: "default", "ror", "uniform", "nri_uniform" or "var".
        dtype: of the variances; float64 for images of float64, and float32 for others, if None. Codes are int32.

    Returns:
        (n, height, width).

    Raises:
        ValueError: for an unknown method; for another shape, NaN, infinity; for P and R out of range.
        TypeError: for images of another dtype.

    >>> import numpy as np
    >>> from microdl.features import lbp
    >>> bright = np.array([[[1, 2, 3], [4, 5, 6], [7, 8, 9]]], np.uint8)
    >>> lbp(bright, P=4)[0]  # bits: right 1, above 2, left 4, below 8
    array([[9, 9, 8],
           [9, 9, 8],
           [1, 1, 0]], dtype=int32)
    >>> lbp(bright, P=4, method="ror")[0, 0].tolist()
    [3, 3, 1]

    The same as `skimage.feature.local_binary_pattern` gives image by image.

    Sources: T. Ojala, M. Pietikäinen, T. Mäenpää, Multiresolution Gray-Scale and Rotation Invariant Texture
    Classification with Local Binary Patterns, IEEE TPAMI 24 (7), 2002;
    https://scikit-image.org/docs/stable/api/skimage.feature.html#skimage.feature.local_binary_pattern; lecture E.
    """
    choice(method, "method", patterns.METHODS)
    P, R = positive_int(P, "P", _MOST), positive(R, "R")
    array = as_images(images, 1)
    if method == "var":
        return patterns.variances(array, P, R).astype(result_dtype(array, dtype), copy=False)
    return patterns.labels(array, P, R, method)


def lbp_histogram(
    images: Any,
    P: int = 8,
    R: float = 1,
    method: str = "uniform",
    *,
    grid: tuple[int, int] = (1, 1),
    dtype: Any = None,
) -> Array:
    """How often each local binary pattern is found, region by region: texture as a feature vector.

    The image is cut into `grid` rows and columns of regions, as equal as whole pixels allow. The features are the
    shares of the patterns in the first region, which add up to 1, then those in the next to the right, and so on. The
    bins of a region are, for each method of `lbp`:

    - "default": the codes 0, ..., 2^P - 1 (P up to 16);
    - "ror": the codes that are least among their rotations, in order: 36 for P = 8 (P up to 16);
    - "uniform": 0, ..., P + 1;
    - "nri_uniform": 0, ..., P (P - 1) + 2: 59 for P = 8.

    Args:
        images, P, R, method: as in `lbp`; "var" has no finite set of bins.
        grid: rows and columns of regions.
        dtype: of the result; float64 for images of float64, and float32 for others, if None.

    Returns:
        (n, rows * columns * bins).

    Raises:
        ValueError: as `lbp`; for "var"; for more regions than rows or columns of pixels.

    >>> import numpy as np
    >>> from microdl.features import lbp_histogram
    >>> image = np.random.default_rng(0).integers(0, 256, (1, 32, 32), np.uint8)
    >>> lbp_histogram(image).shape, lbp_histogram(image, grid=(2, 2)).shape
    ((1, 10), (1, 40))
    >>> print(lbp_histogram(image).sum().round(4))
    1.0

    Sources: as `lbp`; regions: T. Ahonen, A. Hadid, M. Pietikäinen, Face Recognition with Local Binary Patterns,
    ECCV 2004.
    """
    if method == "var":
        raise ValueError("method='var' has no finite set of values: give np.histogram the result of lbp and its bins")
    choice(method, "method", patterns.METHODS[:-1])
    P, R = positive_int(P, "P", _MOST), positive(R, "R")
    if method in ("default", "ror") and P > patterns.TABLE_FROM:
        raise ValueError(f"P={P} makes 2**{P} codes: use method='uniform', or P up to {patterns.TABLE_FROM}")
    rows, columns = pair(grid, "grid")
    array = as_images(images, 1)
    height, width = array.shape[1:]
    if rows > height or columns > width:
        raise ValueError(f"grid={(rows, columns)} asks for more regions than images of {height} x {width} pixels have")
    return _histograms(array, P, R, method, (rows, columns)).astype(result_dtype(array, dtype), copy=False)


def _histograms(images: Array, P: int, R: float, method: str, grid: tuple[int, int]) -> Array:
    n, height, width = images.shape
    bins, table = _bins(P, method)
    edges = [np.arange(k + 1) * size // k for size, k in zip((height, width), grid, strict=True)]
    out = np.empty((n, *grid, bins))
    many = max(1, (1 << 20) // (height * width))
    for begin in range(0, n, many):
        part = images[begin : begin + many]
        found = patterns.labels(part, P, R, method) if table is None else patterns.codes(part, P, R, table)
        patterns.count(found, *edges, out[begin : begin + many])
    return out.reshape(n, -1)


def _bins(P: int, method: str) -> tuple[int, Array | None]:
    """The number of bins, and the bin of every code where that is not its label."""
    if method == "ror":
        least, places = np.unique(patterns.table(P, "ror"), return_inverse=True)
        return len(least), places.reshape(-1).astype(np.int32)
    return {"default": 1 << P, "uniform": P + 2, "nri_uniform": P * (P - 1) + 3}[method], None
