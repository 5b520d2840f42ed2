"""Histograms of oriented gradients: of the cells of images, and normalised over blocks of cells.

A gradient's bin is found without its angle: with every edge between two bins goes a half plane, and the bin is the
number of edges that the gradient has passed. Where it lies within rounding of an edge, as differences of grey levels
often do at multiples of 45 degrees, the angle itself decides, rounded as NumPy's arctan2 rounds it.
"""

import functools
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._compile import kernel
from ._threads import bounds, in_parts, threaded

Array = NDArray[np.floating]
Bins = NDArray[np.int32]
Integers = NDArray[np.int64]

NORMS = (None, "L1", "L1-sqrt", "L2", "L2-Hys")
_L1, _L1_SQRT, _L2, _L2_HYS = 1, 2, 3, 4
_THREADS_FROM = 8_192
_ABREAST = 8  # edges that one pass over the gradients compares with
_EPS, _CLIP = 1e-5, 0.2
_EPS32, _EPS64 = 2.0**-23, 2.0**-52


def histograms(images: Any, cell: tuple[int, int], orientations: int, root: bool, dtype: Any) -> Array:
    """out[i, r, c, b] = the mean over a cell's pixels of the gradients' lengths that point into bin b.

    `images` is a C-contiguous (n, height, width, channels) array, uint8, float32 or float64, with 1 or 3 channels; of
    three, each pixel has the longest gradient. With `root` the gradients are those of the square roots.
    """
    n, height, width, channels = images.shape
    out = np.empty((n, height // cell[0], width // cell[1], orientations), dtype)
    cosines, sines, edges = _directions(orientations, out.dtype.char)
    like = np.empty(0, np.float32 if images.dtype == np.float32 else np.float64)
    image = images.reshape(n * height, width * channels), height, channels, *cell, int(root), like
    bands, doubts = out.reshape(-1, *out.shape[2:]), np.empty(n * out.shape[1], np.int64)
    _histograms(*image, cosines, sines, bands, doubts)
    if doubts.any():
        ends = np.cumsum(doubts)
        cells, gradients = np.empty(ends[-1], np.int64), np.empty((2, ends[-1]), dtype)
        _list_doubts(*image, cosines, sines, orientations, ends, cells, gradients)
        x, y = gradients.astype(np.float64)
        bins = np.searchsorted(edges[1:], np.rad2deg(np.arctan2(y, x)) % 180, side="right")
        known = bins < orientations  # rounding may take an angle to 180
        lengths = np.hypot(x, y)[known] / (cell[0] * cell[1])
        np.add.at(out.reshape(-1, orientations), (cells[known], bins[known]), lengths.astype(dtype))
    return out


@functools.lru_cache(maxsize=64)
def _directions(orientations: int, char: str) -> tuple[Array, Array, Array]:
    """The edges of the bins in degrees, and cosines and sines of those between two bins.

    At 45, 90 and 135 degrees they are exact, since gradients of whole numbers often lie there. Where an edge in
    degrees is off by rounding, the direction is moved to the same side. Up to a multiple of _ABREAST there follow
    edges that every gradient has passed.
    """
    edges = 180.0 / orientations * np.arange(orientations + 1)
    inner, eps = edges[1:-1], 4 * np.finfo(char).eps
    cosines, sines = np.cos(np.deg2rad(inner)), np.sin(np.deg2rad(inner))
    half = math.sqrt(0.5)
    for degrees, cosine, sine in ((45.0, half, half), (90.0, 0.0, 1.0), (135.0, -half, half)):
        for k in np.flatnonzero(np.abs(inner - degrees) < 1e-9):
            shift = eps * np.sign(inner[k] - degrees)
            cosines[k], sines[k] = cosine - shift * sine, sine + shift * cosine
    more = -len(inner) % _ABREAST
    cosines, sines = np.pad(cosines, (0, more), constant_values=1), np.pad(sines, (0, more))
    return cosines.astype(char), sines.astype(char), edges


@threaded(_THREADS_FROM)
@kernel()
def _histograms(
    pool: int, rows: Any, height: int, channels: int, tall: int, wide: int, root: int, like: Array,
    cosines: Array, sines: Array, out: Array, doubts: Integers,
) -> None:  # fmt: skip
    _bands(pool, rows, height, channels, tall, wide, root, like, cosines, sines, out, doubts)


@in_parts
@kernel()
def _bands(
    begin: int, end: int, rows: Any, height: int, channels: int, tall: int, wide: int, root: int, like: Array,
    cosines: Array, sines: Array, out: Array, doubts: Integers,
) -> None:  # fmt: skip
    """A band is a row of cells. out[band, c, b] for all bands of all images, whose rows lie one after another.

    Gradients in doubt are left out, and counted by band.
    """
    first, last = bounds(begin, end, out.shape[0])
    width = rows.shape[1] // channels
    planes, other = np.empty((channels, (tall + 2) * width), out.dtype), np.empty((3, tall, width), out.dtype)
    x, y = np.empty((tall, width), out.dtype), np.empty((tall, width), out.dtype)
    lengths, bins = np.empty(x.shape, out.dtype), np.empty(x.shape, np.int32)
    for band in range(first, last):
        _gradients(rows, height, band, root, like, planes, other, x, y)
        _measure(x.reshape(-1), y.reshape(-1), cosines, sines, out.shape[2], lengths.reshape(-1), bins.reshape(-1))
        doubts[band] = _count(lengths, bins, wide, out[band])


@threaded(_THREADS_FROM)
@kernel()
def _list_doubts(
    pool: int, rows: Any, height: int, channels: int, tall: int, wide: int, root: int, like: Array,
    cosines: Array, sines: Array, orientations: int, ends: Integers, cells: Integers, gradients: Array,
) -> None:  # fmt: skip
    _doubts(pool, rows, height, channels, tall, wide, root, like, cosines, sines, orientations, ends, cells, gradients)


@in_parts
@kernel()
def _doubts(
    begin: int, end: int, rows: Any, height: int, channels: int, tall: int, wide: int, root: int, like: Array,
    cosines: Array, sines: Array, orientations: int, ends: Integers, cells: Integers, gradients: Array,
) -> None:  # fmt: skip
    """The gradients in doubt, and the number of each one's cell."""
    first, last = bounds(begin, end, ends.size)
    width = rows.shape[1] // channels
    columns, kind = width // wide, gradients.dtype
    planes, other = np.empty((channels, (tall + 2) * width), kind), np.empty((3, tall, width), kind)
    x, y = np.empty((tall, width), kind), np.empty((tall, width), kind)
    lengths, bins = np.empty(x.shape, kind), np.empty(x.shape, np.int32)
    for band in range(first, last):
        at = ends[band - 1] if band else 0
        if at == ends[band]:
            continue
        _gradients(rows, height, band, root, like, planes, other, x, y)
        _measure(x.reshape(-1), y.reshape(-1), cosines, sines, orientations, lengths.reshape(-1), bins.reshape(-1))
        for i in range(tall):
            for j in range(columns * wide):
                if bins[i, j] == orientations:
                    cells[at] = band * columns + j // wide
                    gradients[0, at], gradients[1, at] = x[i, j], y[i, j]
                    at += 1


@kernel()
def _gradients(
    rows: Any, height: int, band: int, root: int, like: Array, planes: Array, other: Array, x: Array, y: Array
) -> None:
    """The gradients of one band.

    `planes` has room for the channels of the band, and of a row above and below; `other` for one channel's gradients,
    and one number more for each pixel.
    """
    tall, in_image = x.shape[0], height // x.shape[0]
    top, start = band // in_image * height, band % in_image * tall
    first, last = max(start - 1, 0), min(start + tall + 1, height)
    at = (first - start + 1) * x.shape[1]
    _load(rows[top + first : top + last].reshape(-1), root, planes[:, at:])
    _differences(planes[0], start, height, x, y)
    for channel in range(1, planes.shape[0]):
        _differences(planes[channel], start, height, other[0], other[1])
        _take_longer(
            other[0].reshape(-1), other[1].reshape(-1), x.reshape(-1), y.reshape(-1), other[2].reshape(-1), like
        )


@kernel()
def _load(pixels: Any, root: int, planes: Array) -> None:
    """Pixels as floats, one channel after another."""
    channels = planes.shape[0]
    n = pixels.size // channels
    if channels == 1:
        plane = planes[0]
        for j in range(n):
            plane[j] = pixels[j]
    else:
        red, green, blue = planes[0], planes[1], planes[2]
        for j in range(n):
            red[j] = pixels[3 * j]
            green[j] = pixels[3 * j + 1]
            blue[j] = pixels[3 * j + 2]
    if root:
        for channel in range(channels):
            plane = planes[channel]
            for j in range(n):
                plane[j] = np.sqrt(plane[j])


@kernel()
def _differences(plane: Array, start: int, height: int, x: Array, y: Array) -> None:
    """Of the neighbours to the right and to the left, and below and above, as if each row went on in the next one.

    Then 0 where a neighbour is missing.
    """
    tall, width = x.shape
    n, across, down = x.size, x.reshape(-1), y.reshape(-1)
    left, right, above, below = plane[width - 1 :], plane[width + 1 :], plane[:n], plane[2 * width :]
    for j in range(n):
        across[j] = right[j] - left[j]
        down[j] = below[j] - above[j]
    x[:, 0] = 0.0
    x[:, -1] = 0.0
    if start == 0:
        y[0] = 0.0
    if start + tall == height:
        y[-1] = 0.0


@kernel()
def _take_longer(u: Array, v: Array, x: Array, y: Array, unsure: Array, like: Array) -> None:
    """(x, y) = (u, v) where that is longer. Where squares are as good as equal, the rounded lengths decide."""
    kind, zero, one = like.dtype.type, x.dtype.type(0.0), x.dtype.type(1.0)
    margin, some = x.dtype.type(8 * (_EPS32 if x.itemsize == 4 else _EPS64)), np.int32(0)
    for j in range(x.size):
        new, old = u[j] * u[j] + v[j] * v[j], x[j] * x[j] + y[j] * y[j]
        close = abs(new - old) <= margin * old
        a, b, c, d = abs(u[j]), abs(v[j]), abs(x[j]), abs(y[j])
        same = (max(a, b) == max(c, d)) & (min(a, b) == min(c, d))
        ask = close & (not same)
        unsure[j] = one if ask else zero
        some |= np.int32(ask)
        longer = (new > old) & (not close)
        x[j] = u[j] if longer else x[j]
        y[j] = v[j] if longer else y[j]
    if some:
        for j in range(x.size):
            if unsure[j] and math.hypot(kind(u[j]), kind(v[j])) > math.hypot(kind(x[j]), kind(y[j])):
                x[j], y[j] = u[j], v[j]


@kernel()
def _measure(
    x: Array, y: Array, cosines: Array, sines: Array, orientations: int, lengths: Array, bins: Bins
) -> None:  # fmt: skip
    """Lengths and bins of gradients; no bin, but `orientations`, where the angle has to decide."""
    _bins_of(x, y, cosines, sines, orientations, lengths, bins)
    _lengths_of(x, y, orientations, lengths, bins)


@kernel()
def _bins_of(x: Array, y: Array, cosines: Array, sines: Array, orientations: int, nearest: Array, bins: Bins) -> None:
    """The number of edges passed by the gradient, or by its opposite, which lies in the upper half plane.

    nearest[j] is how far the end of gradient j is from the nearest edge.
    """
    none = x.dtype.type(0.0)
    bins[:] = np.int32(orientations - 1 - cosines.size)
    nearest[:] = np.inf
    for k in range(0, cosines.size, _ABREAST):
        c0, c1, c2, c3 = cosines[k], cosines[k + 1], cosines[k + 2], cosines[k + 3]
        c4, c5, c6, c7 = cosines[k + 4], cosines[k + 5], cosines[k + 6], cosines[k + 7]
        s0, s1, s2, s3 = sines[k], sines[k + 1], sines[k + 2], sines[k + 3]
        s4, s5, s6, s7 = sines[k + 4], sines[k + 5], sines[k + 6], sines[k + 7]
        for j in range(x.size):
            turned = (y[j] < none) | ((y[j] == none) & (x[j] < none))
            u, v = (-x[j] if turned else x[j]), (-y[j] if turned else y[j])
            d0, d1, d2, d3 = v * c0 - u * s0, v * c1 - u * s1, v * c2 - u * s2, v * c3 - u * s3
            d4, d5, d6, d7 = v * c4 - u * s4, v * c5 - u * s5, v * c6 - u * s6, v * c7 - u * s7
            bins[j] += (
                np.int32(d0 >= none) + np.int32(d1 >= none) + np.int32(d2 >= none) + np.int32(d3 >= none)
                + np.int32(d4 >= none) + np.int32(d5 >= none) + np.int32(d6 >= none) + np.int32(d7 >= none)
            )  # fmt: skip
            low = min(min(abs(d0), abs(d1)), min(abs(d2), abs(d3)))
            high = min(min(abs(d4), abs(d5)), min(abs(d6), abs(d7)))
            nearest[j] = min(nearest[j], min(low, high))


@kernel("contract")
def _lengths_of(x: Array, y: Array, orientations: int, lengths: Array, bins: Bins) -> None:
    """The gradients' lengths, in place of what `_bins_of` gives as `nearest`; and no bin, but `orientations`, in doubt.

    That is where a gradient is within rounding of an edge. At multiples of 45 degrees the half planes are exact.
    """
    none, ask = x.dtype.type(0.0), np.int32(orientations)
    margin = x.dtype.type(16 * (_EPS32 if x.itemsize == 4 else _EPS64))
    for j in range(x.size):
        a, b = abs(x[j]), abs(y[j])
        close = (lengths[j] <= margin * max(a, b)) | (b <= margin * a)
        close &= (a > none) & (b > none) & (a != b)
        bins[j] = ask if close else bins[j]
        lengths[j] = np.sqrt(x[j] * x[j] + y[j] * y[j])


@kernel()
def _count(lengths: Array, bins: Bins, wide: int, out: Array) -> int:
    """Adds up lengths by cell and bin; the number of those without a bin."""
    doubts = 0
    out[:] = 0.0
    for i in range(lengths.shape[0]):
        for cell in range(out.shape[0]):
            for j in range(cell * wide, cell * wide + wide):
                if bins[i, j] < out.shape[1]:
                    out[cell, bins[i, j]] += lengths[i, j]
                else:
                    doubts += 1
    out /= out.dtype.type(lengths.shape[0] * wide)
    return doubts


# --- blocks ------------------------------------------------------------------------------------------------------


def blocks(cells: Array, block: tuple[int, int], norm: str | None) -> Array:
    """The histograms of each block of cells, (n, block rows, block columns, *block, orientations), normalised."""
    n, rows, columns, orientations = cells.shape
    shape = (n, rows - block[0] + 1, columns - block[1] + 1, *block, orientations)
    out = np.empty(shape, cells.dtype)
    wide = cells.reshape(n, rows, columns * orientations)
    flat = out.reshape(n * shape[1], shape[2], block[0] * block[1] * orientations)
    _blocks(wide, block[0], orientations, NORMS.index(norm), flat)
    return out


@threaded(_THREADS_FROM)
@kernel()
def _blocks(pool: int, cells: Array, tall: int, orientations: int, norm: int, out: Array) -> None:
    _rows_of_blocks(pool, cells, tall, orientations, norm, out)


@in_parts
@kernel()
def _rows_of_blocks(begin: int, end: int, cells: Array, tall: int, orientations: int, norm: int, out: Array) -> None:
    first, last = bounds(begin, end, out.shape[0])
    rows, width = cells.shape[1] - tall + 1, out.shape[2] // tall
    for i in range(first, last):
        image, row = i // rows, i % rows
        for column in range(out.shape[1]):
            block = out[i, column]
            for k in range(tall):
                line = cells[image, row + k, column * orientations : column * orientations + width]
                block[k * width : (k + 1) * width] = line
            _normalise(block, norm)


@kernel()
def _normalise(x: Array, norm: int) -> None:
    one, eps, clip = x.dtype.type(1.0), x.dtype.type(_EPS), x.dtype.type(_CLIP)
    if norm in (_L1, _L1_SQRT):
        _scale(x, one / (_sum(x) + eps))
        if norm == _L1_SQRT:
            for j in range(x.size):
                x[j] = np.sqrt(x[j])
    elif norm in (_L2, _L2_HYS):
        _scale(x, one / np.sqrt(_sum_of_squares(x) + eps * eps))
        if norm == _L2_HYS:
            for j in range(x.size):
                x[j] = min(x[j], clip)
            _scale(x, one / np.sqrt(_sum_of_squares(x) + eps * eps))


@kernel()
def _scale(x: Array, factor: Any) -> None:
    for j in range(x.size):
        x[j] *= factor


@kernel("reassoc")
def _sum(x: Array) -> Any:
    total = x.dtype.type(0.0)
    for j in range(x.size):
        total += x[j]
    return total


@kernel("contract", "reassoc")
def _sum_of_squares(x: Array) -> Any:
    total = x.dtype.type(0.0)
    for j in range(x.size):
        total += x[j] * x[j]
    return total
