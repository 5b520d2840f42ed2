"""Patches of images as rows of a matrix, and what becomes of their likeness to a codebook's words."""

import math

import numpy as np
from numpy.typing import NDArray

from ._compile import kernel
from ._threads import bounds, in_parts, threaded
from .softmax import _largest

Array = NDArray[np.floating]
Places = NDArray[np.int64]

_THREADS_FROM = 65_536


@threaded(_THREADS_FROM)
@kernel()
def cut(
    pool: int, out: Array, images: NDArray[np.generic], places: Places, rows: int, cols: int, channels: int, size: int,
    stride: int, floor: float,
) -> None:  # fmt: skip
    """out[p] = the patch places[p], less its mean, divided by sqrt(variance + floor); behind it ones.

    images (n, height, width channels). Patch k of image i has the place i rows cols + k, and begins at row
    k // cols stride, column k % cols stride; it has size size channels numbers.
    """
    _cut(pool, out, images, places, rows, cols, channels, size, stride, floor)


@in_parts
@kernel()
def _cut(
    begin: int, end: int, out: Array, images: NDArray[np.generic], places: Places, rows: int, cols: int, channels: int,
    size: int, stride: int, floor: float,
) -> None:  # fmt: skip
    first, last = bounds(begin, end, places.size)
    width = size * channels
    for p in range(first, last):
        image, rest = places[p] // (rows * cols), places[p] % (rows * cols)
        top, left = rest // cols * stride, rest % cols * stride * channels
        for t in range(size):
            line, piece = images[image, top + t, left : left + width], out[p, t * width : (t + 1) * width]
            for j in range(width):
                piece[j] = line[j]
        _normalise(out[p, : size * width], floor)
        out[p, size * width :] = out.dtype.type(1)


@kernel("contract", "reassoc")
def _normalise(patch: Array, floor: float) -> None:
    total, squares = 0.0, 0.0
    for j in range(patch.size):
        total += patch[j]
    mean = patch.dtype.type(total / patch.size)
    for j in range(patch.size):
        patch[j] -= mean
        squares += patch[j] * patch[j]
    scale = patch.dtype.type(1.0 / math.sqrt(squares / patch.size + floor))
    for j in range(patch.size):
        patch[j] *= scale


@threaded(_THREADS_FROM)
@kernel()
def best(pool: int, scores: Array, found: Places) -> None:
    """found[i] = where scores[i] is largest, the first place of several."""
    _best(pool, scores, found)


@in_parts
@kernel()
def _best(begin: int, end: int, scores: Array, found: Places) -> None:
    first, last = bounds(begin, end, found.size)
    for i in range(first, last):
        row = scores[i]
        top, place = _largest(row), 0
        while place < row.size - 1 and row[place] != top:
            place += 1
        found[i] = place


@kernel()
def count(found: Places, places: Places, cells: Places, sums: NDArray[np.float64]) -> None:
    """sums[image, cell, found[p]] += 1 for the patch p of that image, in the cell cells[its number there]."""
    for p in range(found.size):
        sums[places[p] // cells.size, cells[places[p] % cells.size], found[p]] += 1.0


@threaded(_THREADS_FROM)
@kernel()
def triangle(pool: int, scores: Array, norms: Array) -> None:
    """scores[i, k] = max(0, mean of d[i] - d[i, k]), with the distances d[i, k] = sqrt(norms[i] - 2 scores[i, k])."""
    _triangle(pool, scores, norms)


@in_parts
@kernel("contract", "reassoc")
def _triangle(begin: int, end: int, scores: Array, norms: Array) -> None:
    first, last = bounds(begin, end, norms.size)
    zero, two = scores.dtype.type(0), scores.dtype.type(2)
    for i in range(first, last):
        row, norm = scores[i], norms[i]
        for k in range(row.size):
            square = norm - two * row[k]
            row[k] = math.sqrt(square if square > zero else zero)
        total = 0.0
        for k in range(row.size):
            total += row[k]
        mean = scores.dtype.type(total / row.size)
        for k in range(row.size):
            row[k] = mean - row[k] if mean > row[k] else zero


@threaded(_THREADS_FROM)
@kernel()
def add(pool: int, values: Array, places: Places, cells: Places, sums: NDArray[np.float64]) -> None:
    """sums[image, cell] += values[p] for the patch p of that image, in the cell cells[its number there]."""
    _add(pool, values, places, cells, sums)


@in_parts
@kernel()
def _add(begin: int, end: int, values: Array, places: Places, cells: Places, sums: NDArray[np.float64]) -> None:
    """Each part has some of the columns, so that no two write to one place."""
    first, last = bounds(begin, end, values.shape[1])
    for p in range(places.size):
        total = sums[places[p] // cells.size, cells[places[p] % cells.size], first:last]
        value = values[p, first:last]
        for k in range(value.size):
            total[k] += value[k]
