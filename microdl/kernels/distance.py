"""The nearest rows of a matrix, by sums of absolute or of squared differences: exact, and without all the distances.

Queries and rows are taken in blocks. Of each block a quick sum for every pair is computed, and the pairs that may be
among the k nearest are told from the others by what the quick sums may be wrong by: nothing for bytes, whose sums are
integers; the rounding, at the most, for floats. What may be among them is measured once more, in double precision
(`_selection.exact`). So the result depends neither on the order of the quick sums nor on the number of threads.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._compile import kernel
from ._pairs import COLUMNS, PLACES, ROWS, SIZE, pair_sums
from ._selection import choose, sort
from ._threads import bounds, in_parts, threaded
from .product import product

Array = Any  # of bytes or of floats
Floats = NDArray[np.floating]
Doubles = NDArray[np.float64]
Indices = NDArray[np.int64]
Bytes = NDArray[np.uint8]

_THREADS_FROM = 65_536
_CHUNK = 1016
"""Rows of a block: a line of its sums is not a power of two long, whose lines would share one place in the cache."""
_QUERIES, _CACHE = 512, 2**19
"""Queries of a block, and for bytes how much of the second-level cache they may fill."""
_DEPTH = 32_768
"""Columns of bytes at a time, whose sums stay below 2^31."""
_NONE = np.iinfo(np.int64).max


def nearest(
    x: Array, y: Array, k: int, squared: bool, own: bool = False, tell: Callable[[int], object] | None = None
) -> tuple[Doubles, Indices]:
    """For each row of x the sums for the k nearest rows of y, ascending, and their indices: two arrays (len(x), k).

    The sum is that of |x_t - y_t|, or, where `squared`, that of (x_t - y_t)^2. Of rows as far the first come first.

    Args:
        x, y: matrices of one width and dtype, uint8, float32 or float64, finite, with at least one row and column.
        k: at most the number of y's rows; with `own` one less.
        own: x is y, and no row counts among its own neighbours.
        tell: is called with the number of queries that are done since the last time.
    """
    best, places = np.full((len(x), k), np.inf), np.full((len(x), k), _NONE)
    with np.errstate(all="ignore"):
        sums: _ByteSums | _FloatSums = (_ByteSums if y.dtype == np.uint8 else _FloatSums)(y, squared)
        scratch = np.empty((sums.queries if sums.rounded else 0, k)), np.empty((sums.queries, k), np.int64)
        for start in range(0, len(x), sums.queries):
            block = slice(start, min(start + sums.queries, len(x)))
            queries = _writeable(x[block])
            sums.prepare(queries)
            for first in range(0, len(y), _CHUNK):
                rows = _writeable(y[first : first + _CHUNK])
                found, of_row = sums.block(rows, first)
                choose(
                    found, queries, rows, sums.of_query, of_row, sums.rule, squared, sums.rounded, first,
                    start if own else -1, best[block], places[block], *scratch,
                )  # fmt: skip
            sort(best[block], places[block])
            if tell is not None:
                tell(len(queries))
    return best, places


def _writeable(a: Array) -> Array:
    """The array, or where it is not as the kernels were compiled for, a copy."""
    return a if a.flags.carray else np.array(a, order="C")


class _ByteSums:
    """Differences, or products of x - 128 with y: |x|^2 + |y|^2 - 2 x y = |x|^2 + y (y - 256) - 2 (x - 128) y."""

    rounded = False

    def __init__(self, y: Bytes, squared: bool) -> None:
        self._squared, self._width = squared, y.shape[1]
        self.queries = min(max(_CACHE // self._width // ROWS, 4) * ROWS, _QUERIES)
        self.rule = np.array([-2.0 if squared else 1.0, 1.0] * 2 + [0.0])
        self._of_rows = self._sums(y, 256) if squared else np.zeros(len(y))
        self._out = np.empty(self.queries * _CHUNK)

    def prepare(self, x: Bytes) -> None:
        self._x: Array = (x ^ np.uint8(128)).view(np.int8) if self._squared else x
        self.of_query = self._sums(x, 0) if self._squared else np.zeros(len(x))

    def block(self, y: Bytes, first: int) -> tuple[Doubles, Doubles]:
        shape = len(self._x), len(y)
        out = self._out[: shape[0] * shape[1]].reshape(shape)
        for start in range(0, self._width, _DEPTH):
            part = slice(start, start + _DEPTH)
            _sums(_padded(y[:, part]), _padded(self._x[:, part]), out, start > 0)
        return out, self._of_rows[first : first + len(y)]

    def _sums(self, rows: Bytes, shift: int) -> Doubles:
        out = np.empty(len(rows))
        for first in range(0, len(rows), _CHUNK):
            _squares(_writeable(rows[first : first + _CHUNK]), shift, out[first : first + _CHUNK])
        return out


def _padded(a: Array) -> Array:
    """With columns of zeros up to a multiple of SIZE bytes, and in one piece."""
    together = SIZE // a.itemsize
    if a.shape[1] % together == 0 and a.flags.carray:
        return a
    padded = np.zeros((len(a), -(-a.shape[1] // together) * together), a.dtype)
    padded[:, : a.shape[1]] = a
    return padded


class _FloatSums:
    """Differences, or products of centred rows, in the rows' dtype, and what they may be wrong by.

    A sum of n rounded terms is off by at most n u / (1 - n u) times the sum of their magnitudes, in whatever order they
    are added, with u = 2^-24 or 2^-53 (Higham, Accuracy and Stability of Numerical Algorithms, section 3.1). All bounds
    below are wider than needed by a hundredth and some u, for the terms of second order.
    """

    rounded = True

    def __init__(self, y: Floats, squared: bool) -> None:
        self._squared, self.queries, dtype = squared, _QUERIES, y.dtype
        terms, unit = y.shape[1] + 16, float(np.finfo(dtype).eps) / 2
        quick = terms if squared else y.shape[1] * dtype.itemsize // SIZE + 32  # of differences a lane has a sum
        off = 1.01 * (quick * unit + 4 * terms * 2.0**-53)
        slope = [-2.0, -2.0] if squared else [1 - off, 1 + off]
        spare = 4 * terms * float(np.finfo(dtype).tiny)
        self.rule = np.array([slope[0], 1 - off, slope[1], 1 + off, spare])
        self._centre = y[:: -(-len(y) // 256)].mean(0, dtype=np.float64).astype(dtype) if squared else y[0]
        self._certain = off < 0.5
        self._zeros = np.zeros(_CHUNK)

    def prepare(self, x: Floats) -> None:
        self._x: Array
        self._x, self.of_query = self._centred(x) if self._squared else (_padded(x), self._zeros_for(x))

    def block(self, y: Floats, first: int) -> tuple[Floats, Doubles]:
        out: Floats
        if not self._certain:
            return np.full((len(self._x), len(y)), np.nan, y.dtype), self._zeros_for(y)
        if self._squared:
            centred, of_rows = self._centred(y)
            return product(self._x, centred.T), of_rows
        out = np.empty((len(self._x), len(y)), y.dtype)
        _sums(_padded(y), self._x, out, False)
        return out, self._zeros_for(y)

    def _zeros_for(self, rows: Floats) -> Doubles:
        return self._zeros[: len(rows)]

    def _centred(self, rows: Floats) -> tuple[Floats, Doubles]:
        out, norms = np.empty_like(rows), np.empty(len(rows))
        _centre(rows, self._centre, out, norms, float(np.finfo(rows.dtype).max) / 8)
        return out, norms


# --- sums --------------------------------------------------------------------------------------------------------


@threaded(_THREADS_FROM)
@kernel()
def _squares(pool: int, rows: Bytes, shift: int, out: Doubles) -> None:
    """out[i] = sum of v (v - shift) over the row's bytes v."""
    _squares_part(pool, rows, shift, out)


@in_parts
@kernel()
def _squares_part(begin: int, end: int, rows: Bytes, shift: int, out: Doubles) -> None:
    first, last = bounds(begin, end, len(rows))
    for i in range(first, last):
        row, total = rows[i], 0
        for t in range(row.size):
            v = np.int64(row[t])
            total += v * (v - shift)
        out[i] = total


@threaded(_THREADS_FROM)
@kernel()
def _sums(pool: int, y: Array, x: Array, out: Floats, add: bool) -> None:
    """out[i, j] = the sum of `pair_sums` for row i of x and row j of y; added to what is there if `add`."""
    _tiles(pool, y, x, out, add)


@in_parts
@kernel()
def _tiles(begin: int, end: int, y: Array, x: Array, out: Floats, add: bool) -> None:
    """A few rows of y, which stay in the first-level cache, with all of x in turn."""
    m, n = out.shape
    sums = np.empty(PLACES, out.dtype)
    first, last = bounds(begin, end, (n + COLUMNS - 1) // COLUMNS)
    for group in range(first, last):
        j = group * COLUMNS
        for i in range(0, m, ROWS):
            pair_sums(x, i, y, j, sums)
            for r in range(min(ROWS, m - i)):
                for c in range(min(COLUMNS, n - j)):
                    found = sums[r * COLUMNS + c]
                    out[i + r, j + c] = out[i + r, j + c] + found if add else found


@threaded(_THREADS_FROM)
@kernel()
def _centre(pool: int, rows: Floats, centre: Floats, out: Floats, norms: Doubles, most: float) -> None:
    """out = rows - centre, and the squared lengths of its rows; NaN for one so long that products may overflow."""
    _centre_part(pool, rows, centre, out, norms, most)


@in_parts
@kernel("contract", "reassoc", "nsz")
def _centre_part(begin: int, end: int, rows: Floats, centre: Floats, out: Floats, norms: Doubles, most: float) -> None:
    first, last = bounds(begin, end, len(rows))
    for i in range(first, last):
        row, to, total = rows[i], out[i], 0.0
        for t in range(row.size):
            v = row[t] - centre[t]
            to[t] = v
            total += np.float64(v) * np.float64(v)
        norms[i] = total if total < most else np.nan
