"""Histograms of oriented gradients of images."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..kernels import orientation
from ._images import Array, as_images, result_dtype, to_array
from ._options import choice, pair, positive_int

__all__ = ["hog", "hog_cells"]


def hog(
    images: Any,
    orientations: int = 9,
    pixels_per_cell: tuple[int, int] = (8, 8),
    cells_per_block: tuple[int, int] = (3, 3),
    block_norm: str | None = "L2-Hys",
    *,
    transform_sqrt: bool = False,
    feature_vector: bool = True,
    channel_axis: int | None = None,
    dtype: Any = None,
) -> Array:
    """Histograms of oriented gradients: in which directions the grey levels change, cell by cell.

    With I the image, or its square root where `transform_sqrt` asks for this gamma of 1/2, the gradient at row r and
    column c is g = (I[r, c+1] - I[r, c-1], I[r+1, c] - I[r-1, c]), each part 0 where a neighbour is missing; in colour
    images the longest of the three channels' gradients. The gradient's angle modulo 180 degrees, from the columns
    towards the rows, has one of `orientations` bins, bin b from 180 b / orientations on. A cell's histogram adds the
    lengths |g| of its pixels by bin and divides by the number of pixels (`hog_cells`). What is left at the right and
    below of whole cells counts in no cell. Each block of neighbouring cells v, one for each place that it fits into,
    is normalised, with eps = 1e-5:

    - "L1": v / (|v|_1 + eps); "L1-sqrt": the square root of that;
    - "L2": v / sqrt(|v|_2^2 + eps^2);
    - "L2-Hys": as "L2", then no more than 0.2 each, then as "L2" again;
    - None: v as it is.

    A bright offset changes nothing; nor, but for eps, does another contrast, if the blocks are normalised.

    Args:
        images: (n, height, width), or (n, height, width, 3) in colour; uint8 (as the numbers 0 to 255) or floats; an
            array, a tensor or a list of images.
        orientations: number of bins.
        pixels_per_cell: (rows, columns) of a cell.
        cells_per_block: (rows, columns) of a block.
        block_norm: "L1", "L1-sqrt", "L2", "L2-Hys" or None.
        transform_sqrt: take the gradients of the square roots.
        feature_vector: give each image's numbers in a row.
        channel_axis: where the colours are, if not last: 1 for (n, 3, height, width).
        dtype: of the result; float64 for images of float64, and float32 for others, if None.

    Returns:
        (n, features), or without `feature_vector` (n, block rows, block columns, *cells_per_block, orientations), in
        the same order.

    Raises:
        ValueError: for an unknown norm; for images smaller than a cell, or with fewer cells than a block has; for
            another shape, NaN, infinity, negative numbers with `transform_sqrt`; for options that are not positive.
        TypeError: for images of another dtype.

    The lecture's example, an image of 320 x 240 with cells of 8 x 8 and nine bins:

    >>> import numpy as np
    >>> from microdl.features import hog
    >>> image = np.random.default_rng(0).integers(0, 256, (240, 320), np.uint8)
    >>> hog(image[None], cells_per_block=(1, 1), block_norm=None).shape == (1, 40 * 30 * 9)
    True

    An edge between dark on the left and bright on the right: all that changes, changes at 0 degrees.

    >>> edge = np.tile([0.0, 0.0, 1.0, 1.0], (1, 4, 1))
    >>> hog(edge, 4, (4, 4), (1, 1), None)
    array([[0.5, 0. , 0. , 0. ]])

    The same numbers as `skimage.feature.hog` gives image by image.

    Sources: N. Dalal, B. Triggs, Histograms of Oriented Gradients for Human Detection, CVPR 2005;
    https://scikit-image.org/docs/stable/api/skimage.feature.html#skimage.feature.hog; lecture C, "image features".
    """
    choice(block_norm, "block_norm", orientation.NORMS)
    block = pair(cells_per_block, "cells_per_block")
    cells = hog_cells(
        images,
        orientations,
        pixels_per_cell,
        transform_sqrt=transform_sqrt,
        channel_axis=channel_axis,
        dtype=dtype,
    )
    n, rows, columns, _ = cells.shape
    if rows < block[0] or columns < block[1]:
        raise ValueError(
            f"the images have {rows} x {columns} cells of {tuple(pixels_per_cell)} pixels, fewer than "
            f"cells_per_block={block}: use smaller cells or blocks"
        )
    _check_room(cells, block[0] * block[1] * cells.shape[3])
    if block == (1, 1) and block_norm is None:
        blocks = cells.reshape(n, rows, columns, 1, 1, -1)
    else:
        blocks = orientation.blocks(cells, block, block_norm)
    return blocks.reshape(n, -1) if feature_vector else blocks


def hog_cells(
    images: Any,
    orientations: int = 9,
    pixels_per_cell: tuple[int, int] = (8, 8),
    *,
    transform_sqrt: bool = False,
    channel_axis: int | None = None,
    dtype: Any = None,
) -> Array:
    """The cells' histograms of oriented gradients, before any normalisation: what is drawn of them.

    out[i, r, c, b] is the sum of the gradients' lengths in cell (r, c) of image i whose angles are in bin b, over the
    number of the cell's pixels. All else is as `hog` says.

    Returns:
        (n, rows of cells, columns of cells, orientations).

    >>> import numpy as np
    >>> from microdl.features import hog_cells
    >>> edge = np.tile([0.0, 0.0, 1.0, 1.0], (1, 4, 1)).swapaxes(1, 2)
    >>> hog_cells(edge, 4, (2, 2))[0, :, 0]
    array([[0. , 0. , 0.5, 0. ],
           [0. , 0. , 0.5, 0. ]])
    """
    orientations = positive_int(orientations, "orientations")
    cell = pair(pixels_per_cell, "pixels_per_cell")
    array = as_images(_channels_last(to_array(images), channel_axis))
    array = array if array.ndim == 4 else array[..., None]
    height, width = array.shape[1:3]
    if height < cell[0] or width < cell[1]:
        raise ValueError(
            f"images of {height} x {width} pixels are smaller than a cell, pixels_per_cell={cell}: use smaller cells "
            "or larger images"
        )
    if transform_sqrt and array.dtype != np.uint8 and (lowest := array.min()) < 0:
        raise ValueError(
            f"transform_sqrt takes square roots, but images holds {lowest}: add an offset, or leave it out"
        )
    wanted = result_dtype(array, dtype)
    single = wanted == np.float32 and array.dtype == (np.float32 if transform_sqrt else array.dtype) != np.float64
    found = orientation.histograms(
        array, cell, orientations, bool(transform_sqrt), np.float32 if single else np.float64
    )
    _check_room(found, 1)
    return found.astype(wanted, copy=False)


def _channels_last(array: Array, axis: int | None) -> Array:
    if axis is None:
        return array
    if array.ndim != 4:
        raise ValueError(
            f"channel_axis={axis} is for colour images, (n, height, width, 3) or (n, 3, height, width), got "
            f"{array.shape}: leave it out for grey images"
        )
    if isinstance(axis, bool) or not isinstance(axis, int) or axis not in (1, 2, 3, -1, -2, -3):
        raise ValueError(f"channel_axis must be 1, 2 or 3, or -1, -2 or -3, got {axis!r}")
    return np.moveaxis(array, axis, -1)


def _check_room(cells: Array, size: int) -> None:
    """ValueError where squares of the numbers, and the sum of so many, overflow: the result would be 0 or NaN."""
    most = np.sqrt(np.finfo(cells.dtype).max / size)
    if not (largest := cells.max()) < most:
        raise ValueError(
            f"the gradients' squares overflow {cells.dtype} (mean length {largest}): scale the images down"
        )
