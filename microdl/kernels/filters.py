"""Convolution of images with complex filters, by rows and columns.

A filter is a sum of few products of a column and a row, its singular value decomposition: one product where a Gabor
filter's envelope is round. So a filter of k x k numbers costs 6k multiplications a pixel for each product, not 2k^2.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._compile import kernel
from ._threads import bounds, in_parts, threaded

Array = NDArray[np.floating]
Places = NDArray[np.int64]

MODES = ("reflect", "constant", "nearest", "mirror", "wrap")
_THREADS_FROM = 1_024
_CHUNK = 1 << 20  # pixels at once
_BLOCK = 64  # rows of a result at once
_ACROSS, _DOWN = 4, 2  # taps that one pass over a row takes


class Filter:
    """The columns and rows whose products add up to a filter turned by 180 degrees, real and imaginary parts apart.

    Their lengths are rounded up with zeros, to what one pass takes.
    """

    def __init__(self, weights: Any, dtype: Any) -> None:
        turned = np.asarray(weights, np.complex128)[::-1, ::-1]
        self.shape = turned.shape
        u, s, v = np.linalg.svd(turned, full_matrices=False)
        least = 1e-8 if np.dtype(dtype) == np.float32 else 2e-15
        rank = max(1, int((s > least * s[0]).sum()))
        root = np.sqrt(s[:rank, None])
        self.columns, self.rows = _taps(root * u.T[:rank], _DOWN, dtype), _taps(root * v[:rank], _ACROSS, dtype)

    def before(self) -> tuple[int, int]:
        """Rows above and columns to the left of a pixel that its result takes."""
        return (self.shape[0] - 1) // 2, (self.shape[1] - 1) // 2

    def after(self) -> tuple[int, int]:
        return self.shape[0] // 2, self.shape[1] // 2


def _taps(vectors: Any, multiple: int, dtype: Any) -> Any:
    """(products, 2, taps) of complex (products, taps)."""
    parts = np.stack([vectors.real, vectors.imag], axis=1)
    return np.pad(parts, ((0, 0), (0, 0), (0, -vectors.shape[1] % multiple))).astype(dtype)


class Border:
    """Images at hand beyond their edges, as far as any of the filters reaches."""

    def __init__(self, filters: list[Filter], mode: str, cval: float) -> None:
        self.before = tuple(max(f.before()[axis] for f in filters) for axis in (0, 1))
        self.after = tuple(max(f.after()[axis] for f in filters) for axis in (0, 1))
        self.mode, self.cval = mode, cval

    def chunks(self, images: Any, dtype: Any) -> Iterator[tuple[int, int, Any]]:
        """Begin, end, and these of the images with their borders; zeros after them, for what a pass takes too much."""
        n, height, width = images.shape
        rows, columns = (_places(images.shape[1 + axis], self, axis) for axis in (0, 1))
        spare = (_DOWN - 1, _ACROSS - 1)
        many = min(n, max(1, _CHUNK // (rows.size * columns.size)))
        out = np.zeros((many, rows.size + spare[0], columns.size + spare[1]), dtype)
        inside = out[:, : rows.size, : columns.size]
        for begin in range(0, n, many):
            end = min(begin + many, n)
            part = inside[: end - begin]
            if self.mode == "constant":
                part[:] = self.cval
                top, left = self.before
                part[:, top : top + height, left : left + width] = images[begin:end]
            else:
                part[:] = images[begin:end].take(rows, 1).take(columns, 2)
            yield begin, end, out[: end - begin]


def _places(size: int, border: Border, axis: int) -> Places:
    """For each row or column of an image with its border the one of the image that is there."""
    at = np.arange(-border.before[axis], size + border.after[axis])
    if border.mode == "reflect":
        at %= 2 * size
        return np.where(at < size, at, 2 * size - 1 - at)
    if border.mode == "mirror":
        period = max(1, 2 * size - 2)
        at %= period
        return np.where(at < size, at, period - at)
    return at % size if border.mode == "wrap" else at.clip(0, size - 1)


def respond(chunk: Any, border: Border, filter: Filter, out: Any) -> None:
    """out[i, r, c] = sum over u, v of filter[u, v] image[i, r - u, c - v], (0, 0) being the filter's middle.

    `chunk` holds images with their borders, `out` is complex of the same precision, (n, height, width), in C order.
    """
    top, left = (b - f for b, f in zip(border.before, filter.before(), strict=True))
    parts = out.view(chunk.dtype).reshape(*out.shape, 2)
    _respond(chunk, top, left, filter.columns, filter.rows, parts)


@threaded(_THREADS_FROM)
@kernel()
def _respond(pool: int, chunk: Array, top: int, left: int, columns: Array, rows: Array, out: Array) -> None:
    _blocks(pool, chunk, top, left, columns, rows, out)


@in_parts
@kernel()
def _blocks(
    begin: int, end: int, chunk: Array, top: int, left: int, columns: Array, rows: Array, out: Array
) -> None:  # fmt: skip
    n, height, width, _ = out.shape
    in_image = (height + _BLOCK - 1) // _BLOCK
    first, last = bounds(begin, end, n * in_image)
    most, long = min(_BLOCK, height), columns.shape[2]
    filtered, total = np.empty((2, most + long - 1, width), out.dtype), np.empty((2, most, width), out.dtype)
    for unit in range(first, last):
        image, start = unit // in_image, unit % in_image * _BLOCK
        tall = min(_BLOCK, height - start)
        total[:] = 0.0
        for product in range(columns.shape[0]):
            for k in range(tall + long - 1):
                line = chunk[image, top + start + k, left:]
                _along(line, rows[product, 0], rows[product, 1], filtered[0, k], filtered[1, k])
            for k in range(tall):
                re, im = filtered[0, k : k + long], filtered[1, k : k + long]
                _across(re, im, columns[product, 0], columns[product, 1], total[0, k], total[1, k])
        for k in range(tall):
            _interleave(total[0, k], total[1, k], out[image, start + k])


@kernel("contract")
def _along(x: Array, a: Array, b: Array, re: Array, im: Array) -> None:
    """re + i im = the sums of (a + i b)[t] x[j + t]."""
    n = re.size
    re[:] = 0.0
    im[:] = 0.0
    for t in range(0, a.size, _ACROSS):
        x0, x1, x2, x3 = x[t : t + n], x[t + 1 : t + 1 + n], x[t + 2 : t + 2 + n], x[t + 3 : t + 3 + n]
        a0, a1, a2, a3 = a[t], a[t + 1], a[t + 2], a[t + 3]
        b0, b1, b2, b3 = b[t], b[t + 1], b[t + 2], b[t + 3]
        for j in range(n):
            re[j] += a0 * x0[j] + a1 * x1[j] + a2 * x2[j] + a3 * x3[j]
            im[j] += b0 * x0[j] + b1 * x1[j] + b2 * x2[j] + b3 * x3[j]


@kernel("contract")
def _across(x: Array, y: Array, a: Array, b: Array, re: Array, im: Array) -> None:
    """re + i im grows by the sums of (a + i b)[t] (x + i y)[t, j]."""
    for t in range(0, a.size, _DOWN):
        x0, x1, y0, y1 = x[t], x[t + 1], y[t], y[t + 1]
        a0, a1, b0, b1 = a[t], a[t + 1], b[t], b[t + 1]
        for j in range(re.size):
            re[j] += a0 * x0[j] - b0 * y0[j] + a1 * x1[j] - b1 * y1[j]
            im[j] += a0 * y0[j] + b0 * x0[j] + a1 * y1[j] + b1 * x1[j]


@kernel()
def _interleave(re: Array, im: Array, out: Array) -> None:
    for j in range(re.size):
        out[j, 0] = re[j]
        out[j, 1] = im[j]


def moments(responses: Any, out: Any) -> None:
    """out[i] = the mean and the standard deviation of the absolute values of responses[i], complex and in C order."""
    n, height, width = responses.shape
    parts = responses.view(out.dtype).reshape(n, height * width, 2)
    _moments(parts, out)


@threaded(_THREADS_FROM)
@kernel()
def _moments(pool: int, responses: Array, out: Array) -> None:
    _moments_part(pool, responses, out)


@in_parts
@kernel()
def _moments_part(begin: int, end: int, responses: Array, out: Array) -> None:
    first, last = bounds(begin, end, responses.shape[0])
    lengths = np.empty(responses.shape[1], out.dtype)
    for i in range(first, last):
        _lengths(responses[i], lengths)
        mean = _sum(lengths) / lengths.size
        out[i, 0] = mean
        out[i, 1] = np.sqrt(_sum_of_squares(lengths, lengths.dtype.type(mean)) / lengths.size)


@kernel("contract")
def _lengths(z: Array, out: Array) -> None:
    for j in range(out.size):
        out[j] = np.sqrt(z[j, 0] * z[j, 0] + z[j, 1] * z[j, 1])


@kernel("reassoc")
def _sum(x: Array) -> float:
    total = 0.0
    for j in range(x.size):
        total += x[j]
    return total


@kernel("contract", "reassoc")
def _sum_of_squares(x: Array, mean: Any) -> float:
    total = 0.0
    for j in range(x.size):
        deviation = x[j] - mean
        total += deviation * deviation
    return total
