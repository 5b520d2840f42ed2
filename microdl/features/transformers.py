"""The features as estimators, which sit in a scikit-learn Pipeline and need no scikit-learn."""

from __future__ import annotations

from typing import Any

import numpy as np

from ._concatenate import Concatenate
from ._images import Array
from ._matrices import Lift, Polar, Standardise
from ._transformer import ImageTransformer
from .color import color_histogram
from .filters import gabor_bank, gabor_features
from .gradients import hog
from .patterns import lbp_histogram
from .words import VisualWords

__all__ = [
    "HOG", "LBP", "ColorHistogram", "Concatenate", "Gabor", "Lift", "Polar", "Standardise", "VisualWords", "grey",
]  # fmt: skip


class HOG(ImageTransformer):
    """`hog` as a transformer: histograms of oriented gradients.

    Args:
        orientations, pixels_per_cell, cells_per_block, block_norm, transform_sqrt: as of `hog`.
        image_shape: (height, width) or (height, width, 3), where images come as rows of pixels.

    Attributes:
        image_shape_, n_features_in_: of the images it was fitted with.

    >>> import numpy as np
    >>> images = np.random.default_rng(0).integers(0, 256, (5, 32, 32, 3), np.uint8)
    >>> HOG(cells_per_block=(2, 2)).fit_transform(images).shape == (5, 3 * 3 * 2 * 2 * 9)
    True
    >>> HOG(image_shape=(32, 32, 3)).fit_transform(images.reshape(5, -1)).shape == (5, 2 * 2 * 3 * 3 * 9)
    True
    """

    def __init__(
        self,
        orientations: int = 9,
        pixels_per_cell: tuple[int, int] = (8, 8),
        cells_per_block: tuple[int, int] = (3, 3),
        block_norm: str | None = "L2-Hys",
        transform_sqrt: bool = False,
        image_shape: Any = None,
    ) -> None:
        self.orientations = orientations
        self.pixels_per_cell = pixels_per_cell
        self.cells_per_block = cells_per_block
        self.block_norm = block_norm
        self.transform_sqrt = transform_sqrt
        self.image_shape = image_shape

    def _features(self, images: Array) -> Array:
        return hog(
            images,
            self.orientations,
            self.pixels_per_cell,
            self.cells_per_block,
            self.block_norm,
            transform_sqrt=self.transform_sqrt,
        )


class LBP(ImageTransformer):
    """`lbp_histogram` as a transformer: how often each local binary pattern is found. Colours are taken as `grey`.

    Args:
        P, R, method, grid: as of `lbp_histogram`.
        image_shape: (height, width) or (height, width, 3), where images come as rows of pixels.

    Attributes:
        image_shape_, n_features_in_: of the images it was fitted with.

    >>> import numpy as np
    >>> images = np.random.default_rng(0).integers(0, 256, (5, 32, 32, 3), np.uint8)
    >>> LBP(grid=(2, 2)).fit_transform(images).shape == (5, 4 * 10)
    True
    """

    def __init__(
        self,
        P: int = 8,
        R: float = 1,
        method: str = "uniform",
        grid: tuple[int, int] = (1, 1),
        image_shape: Any = None,
    ) -> None:
        self.P = P
        self.R = R
        self.method = method
        self.grid = grid
        self.image_shape = image_shape

    def _features(self, images: Array) -> Array:
        return lbp_histogram(grey(images), self.P, self.R, self.method, grid=self.grid)


class Gabor(ImageTransformer):
    """`gabor_features` of a `gabor_bank` as a transformer: texture. Colours are taken as `grey`.

    Args:
        frequencies, orientations, bandwidth, sigma_x, sigma_y, n_stds, offset: as of `gabor_bank`.
        mode, cval: beyond the edges, as of `gabor`.
        image_shape: (height, width) or (height, width, 3), where images come as rows of pixels.

    Attributes:
        image_shape_, n_features_in_: of the images it was fitted with.

    >>> import numpy as np
    >>> images = np.random.default_rng(0).integers(0, 256, (5, 32, 32, 3), np.uint8)
    >>> Gabor(frequencies=(0.1, 0.2), orientations=4).fit_transform(images).shape == (5, 2 * 2 * 4)
    True
    """

    def __init__(
        self,
        frequencies: Any = (0.1, 0.2, 0.4),
        orientations: Any = 4,
        bandwidth: float = 1.0,
        sigma_x: float | None = None,
        sigma_y: float | None = None,
        n_stds: float = 3,
        offset: float = 0.0,
        mode: str = "reflect",
        cval: float = 0.0,
        image_shape: Any = None,
    ) -> None:
        self.frequencies = frequencies
        self.orientations = orientations
        self.bandwidth = bandwidth
        self.sigma_x = sigma_x
        self.sigma_y = sigma_y
        self.n_stds = n_stds
        self.offset = offset
        self.mode = mode
        self.cval = cval
        self.image_shape = image_shape

    def _features(self, images: Array) -> Array:
        bank = gabor_bank(
            self.frequencies,
            self.orientations,
            bandwidth=self.bandwidth,
            sigma_x=self.sigma_x,
            sigma_y=self.sigma_y,
            n_stds=self.n_stds,
            offset=self.offset,
        )
        return gabor_features(grey(images), bank, mode=self.mode, cval=self.cval)


class ColorHistogram(ImageTransformer):
    """`color_histogram` as a transformer: how many pixels have which colour.

    Args:
        bins, space, joint, normalise: as of `color_histogram`.
        image_shape: (height, width, 3), where images come as rows of pixels.

    Attributes:
        image_shape_, n_features_in_: of the images it was fitted with.

    >>> import numpy as np
    >>> images = np.random.default_rng(0).integers(0, 256, (5, 32, 32, 3), np.uint8)
    >>> ColorHistogram(bins=10, space="hue").fit_transform(images).shape
    (5, 10)
    """

    def __init__(
        self, bins: Any = 8, space: str = "rgb", joint: bool = False, normalise: bool = True, image_shape: Any = None
    ) -> None:
        self.bins = bins
        self.space = space
        self.joint = joint
        self.normalise = normalise
        self.image_shape = image_shape

    def _features(self, images: Array) -> Array:
        return color_histogram(images, self.bins, self.space, joint=self.joint, normalise=self.normalise)


def grey(images: Array) -> Array:
    """0.299 red + 0.587 green + 0.114 blue (the luma of ITU-R BT.601), of bytes as bytes; grey images as they are.

    >>> import numpy as np
    >>> grey(np.array([[[[255, 0, 0], [7, 7, 7]]]], np.uint8))
    array([[[76,  7]]], dtype=uint8)
    """
    if images.ndim == 3:
        return images
    if images.dtype == np.uint8:  # as Pillow does: weights that sum to 2^16, rounded
        return ((images @ np.array([19595, 38470, 7471], np.uint32) + 0x8000) >> 16).astype(np.uint8)
    return np.asarray(images @ np.array([0.299, 0.587, 0.114], images.dtype))
