"""The product of two matrices, float32 or float64: by tiles in the registers, over Numba's threads.

NumPy's BLAS keeps threads of its own, which go on spinning for a while after each product: a parallel kernel that
follows would wait for a free core a hundred times longer than it computes. So what is large enough for threads is
multiplied here, by the same threads that run the other kernels. `python -m benchmarks.kernels` compares the two.
"""

import numpy as np
from numpy.typing import NDArray

from ._compile import kernel
from ._threads import bounds, in_parts, threaded
from ._vectors import BYTES, ROWS, VECTORS, tile, transpose

Array = NDArray[np.floating]

_DEPTH = 512
"""Terms that are summed before the next tile's turn: so much of b stays in the second-level cache."""

_SMALL, _DEEP = 2**18, 2**13
"""Multiplications up to which BLAS keeps to one thread, and terms from which it is faster."""


def product(a: Array, b: Array) -> Array:
    """a @ b for a (m, k) and b (k, n) of one dtype.

    Where threads pay an element is summed in order, in blocks of 512, whatever their number.
    """
    (m, k), n = a.shape, b.shape[1]
    if m * n * k <= _SMALL or m < ROWS or k > _DEEP:
        out: Array = a.dot(b)  # half a microsecond sooner than @, with the same result
        return out
    a, b = _in_order(a), _in_order(b)
    out = np.empty((m, n), b.dtype)
    row, step = (k, 1) if a.flags.c_contiguous else (1, m)
    _tiles(out, a.ravel("K"), row, step, b.ravel("K"), not b.flags.c_contiguous, k)
    return out


def _in_order(a: Array) -> Array:
    return a if a.flags.c_contiguous or a.flags.f_contiguous else np.ascontiguousarray(a)


@threaded(from_size=0)
@kernel()
def _tiles(pool: int, out: Array, a: Array, row: int, step: int, b: Array, across: bool, k: int) -> None:
    """out = a @ b, where a's element (i, t) lies at i row + t step, and b lies in rows or, `across`, in columns.

    Tiles of ROWS by `width` elements, those below each other first; each part of the work computes some of them.
    Where b's rows lie in one piece each tile reads them as they are, except at the right edge, where it would read
    beyond; b that lies across is turned, panel by panel of `width` columns, into such rows first.
    """
    n = out.shape[1]
    width = VECTORS * BYTES // b.itemsize
    whole = 0 if across else n // width
    packed = np.empty(((n + width - 1) // width - whole, k * width), b.dtype)
    _pack(pool, b, n, across, k, whole, packed)
    _multiply(pool, out, a, row, step, b, whole, packed, k)


@in_parts
@kernel()
def _pack(begin: int, end: int, b: Array, n: int, across: bool, k: int, whole: int, packed: Array) -> None:
    lanes = BYTES // b.itemsize
    width = VECTORS * lanes
    first, last = bounds(begin, end, (k + lanes - 1) // lanes)
    for panel in range(len(packed)):
        j = (whole + panel) * width
        if across:
            _turn(b, j * k, k, min(width, n - j), first * lanes, last * lanes, packed[panel], width)
        else:
            _copy(b, j, n, n - j, first * lanes, min(k, last * lanes), packed[panel], width)


@in_parts
@kernel()
def _multiply(
    begin: int, end: int, out: Array, a: Array, row: int, step: int, b: Array, whole: int, packed: Array, k: int
) -> None:
    m, n = out.shape
    lanes = BYTES // b.itemsize
    width, flat_out, flat_packed = VECTORS * lanes, out.reshape(out.size), packed.reshape(packed.size)
    edge = np.empty(ROWS * width, b.dtype)
    tall = (m + ROWS - 1) // ROWS
    first, last = bounds(begin, end, (whole + len(packed)) * tall)
    for start in range(0, k, _DEPTH):
        depth = min(_DEPTH, k - start)
        for task in range(first, last):
            panel, i = task // tall, task % tall * ROWS
            j, top = panel * width, min(i, m - ROWS)
            vectors = min(VECTORS, (n - j + lanes - 1) // lanes)
            inside = top == i and vectors * lanes <= n - j
            from_a = top * row + start * step
            to, at, next_out = (flat_out, i * n + j, n) if inside else (edge, 0, width)
            more = start > 0 and inside
            source, from_b, next_b = (b, start * n + j, n) if panel < whole else (flat_packed, 0, width)
            if panel >= whole:
                from_b = ((panel - whole) * k + start) * width
            tile(vectors, a, from_a, row, step, source, from_b, next_b, to, at, next_out, depth, more)
            if not inside:
                _add(edge, width, i - top, min(vectors * lanes, n - j), flat_out, i * n + j, n, start > 0)


@kernel()
def _copy(b: Array, at: int, next_b: int, columns: int, first: int, last: int, to: Array, width: int) -> None:
    """Rows `first` to `last` of the last columns of b, with zeros behind them."""
    for t in range(first, last):
        for j in range(width):
            to[t * width + j] = b[at + t * next_b + j] if j < columns else b.dtype.type(0)


@kernel()
def _turn(b: Array, at: int, next_b: int, columns: int, first: int, last: int, to: Array, width: int) -> None:
    """to[t, j] = b[j, t] for t from `first` to `last`, with zeros behind the last of the columns."""
    lanes = BYTES // b.itemsize
    last = min(last, next_b)
    for t in range(first, last, lanes):
        for j in range(0, width, lanes):
            if t + lanes <= last and j + lanes <= columns:
                transpose(b, at + j * next_b + t, next_b, to, t * width + j, width)
            else:
                for i in range(t, min(t + lanes, last)):
                    for u in range(j, j + lanes):
                        to[i * width + u] = b[at + u * next_b + i] if u < columns else b.dtype.type(0)


@kernel()
def _add(edge: Array, width: int, skip: int, columns: int, out: Array, at: int, next_out: int, add: bool) -> None:
    """Copy to the result, or add to it, what of a tile lies within: all rows but `skip`, so many columns."""
    for r in range(ROWS - skip):
        for j in range(columns):
            value = edge[(skip + r) * width + j]
            out[at + r * next_out + j] = out[at + r * next_out + j] + value if add else value
