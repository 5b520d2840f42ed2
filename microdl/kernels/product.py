"""The product of two matrices, float32 or float64, by tiles that stay in the registers.

NumPy's BLAS keeps threads of its own, which go on spinning for a while after each product, on the cores that the
helpers of the kernels that follow would use. So what is large enough for threads is multiplied here, with the same
helpers, and no slower: `python -m benchmarks.kernels` compares the two.
"""

import numpy as np
from numpy.typing import NDArray

from . import SMALL_PRODUCT as _SMALL
from ._compile import kernel
from ._threads import bounds, in_parts, threaded, without_threads
from ._vectors import BYTES, ROWS, VECTORS, tile, transpose

Array = NDArray[np.floating]

_DEPTH = 512
"""Terms that are summed before the next tile's turn: so much of b stays in the second-level cache."""

_DEEP = 2**13
"""Terms from which BLAS is faster."""

FEW, THREADS_FROM = 10, 65_536


def product(a: Array, b: Array) -> Array:
    """a @ b for a (m, k) and b (k, n) of one dtype; the result does not depend on the number of threads."""
    (m, k), n = a.shape, b.shape[1]
    if m * n * k <= _SMALL or (k > _DEEP and min(m, n) > FEW):
        return a.dot(b)  # type: ignore[no-any-return]  # half a microsecond sooner than @, with the same result
    if n <= FEW:
        return _few_columns(a, b)
    if m <= FEW and a.flags.c_contiguous and b.flags.f_contiguous:
        return np.ascontiguousarray(_few_columns(b.T, a.T).T)  # b need not be turned into rows
    if m < ROWS:
        return np.array(product(_padded(a), b)[:m])
    a, b = _in_order(a), _in_order(b)
    out: Array = np.empty((m, n), b.dtype)
    row, step = (k, 1) if a.flags.c_contiguous else (1, m)
    across = not b.flags.c_contiguous
    rest = n % (BYTES // b.itemsize) if across and step == 1 else 0
    rest = rest if rest <= ROWS else 0  # fewer columns than would be worth a vector
    _tiles(out, a.ravel("K"), row, step, b.ravel("K"), across, k, n - rest)
    if rest:
        out[:, n - rest :] = _few_columns(a, b[:, n - rest :])
    return out


def _few_columns(a: Array, b: Array) -> Array:
    m, n = len(a), b.shape[1]
    if m > FEW and not a.flags.c_contiguous:
        return np.ascontiguousarray(product(b.T, a.T).T)
    if m < 4:
        return np.ascontiguousarray(a.dot(b))
    w = _padded(b.T)
    out: Array = np.empty((m, len(w)), b.dtype)
    dots(np.ascontiguousarray(a), w, np.empty(0, b.dtype), out)
    return out if n == len(w) else np.array(out[:, :n], order="C")


def _padded(a: Array) -> Array:
    """The rows of a in C order, and below them as many zeros as a tile's rows need."""
    if len(a) >= ROWS:
        return np.ascontiguousarray(a)
    padded = np.zeros((ROWS, a.shape[1]), a.dtype)
    padded[: len(a)] = a
    return padded


def _in_order(a: Array) -> Array:
    return a if a.flags.c_contiguous or a.flags.f_contiguous else np.ascontiguousarray(a)


@threaded(THREADS_FROM)
@kernel("contract", "reassoc", "nsz")
def dots(pool: int, x: Array, w: Array, b: Array, out: Array) -> None:
    """out = x @ w.T + b, for b of length 0 without it: for few rows of w, or few numbers in all."""
    (n, k), m = x.shape, w.shape[0]
    if n >= 4 and m >= 5:
        _blocks(pool, x, w, out)
    else:
        for i in range(n):
            for j in range(m):
                total = x.dtype.type(0.0)
                for t in range(k):
                    total += x[i, t] * w[j, t]
                out[i, j] = total
    if b.size:
        for i in range(n):
            for j in range(m):
                out[i, j] += b[j]


DOTS = without_threads(dots, 2, 2, 1, 2)


@in_parts
@kernel("contract", "reassoc", "nsz")
def _blocks(begin: int, end: int, x: Array, w: Array, out: Array) -> None:
    """Blocks of four rows of x by five of w, whose twenty sums stay in registers."""
    (n, k), m = x.shape, w.shape[0]
    zero = x.dtype.type(0.0)
    first, last = bounds(begin, end, (n + 3) // 4)
    for block in range(first, last):
        i = min(4 * block, n - 4)  # the last block overlaps the one before
        x0, x1, x2, x3 = x[i], x[i + 1], x[i + 2], x[i + 3]
        o0, o1, o2, o3 = out[i], out[i + 1], out[i + 2], out[i + 3]
        for j_next in range(0, m, 5):
            j = min(j_next, m - 5)
            w0, w1, w2, w3, w4 = w[j], w[j + 1], w[j + 2], w[j + 3], w[j + 4]
            a0 = a1 = a2 = a3 = a4 = b0 = b1 = b2 = b3 = b4 = zero
            c0 = c1 = c2 = c3 = c4 = d0 = d1 = d2 = d3 = d4 = zero
            for t in range(k):
                p, q, r, s, u = w0[t], w1[t], w2[t], w3[t], w4[t]
                v = x0[t]
                a0, a1, a2, a3, a4 = a0 + v * p, a1 + v * q, a2 + v * r, a3 + v * s, a4 + v * u
                v = x1[t]
                b0, b1, b2, b3, b4 = b0 + v * p, b1 + v * q, b2 + v * r, b3 + v * s, b4 + v * u
                v = x2[t]
                c0, c1, c2, c3, c4 = c0 + v * p, c1 + v * q, c2 + v * r, c3 + v * s, c4 + v * u
                v = x3[t]
                d0, d1, d2, d3, d4 = d0 + v * p, d1 + v * q, d2 + v * r, d3 + v * s, d4 + v * u
            o0[j], o0[j + 1], o0[j + 2], o0[j + 3], o0[j + 4] = a0, a1, a2, a3, a4
            o1[j], o1[j + 1], o1[j + 2], o1[j + 3], o1[j + 4] = b0, b1, b2, b3, b4
            o2[j], o2[j + 1], o2[j + 2], o2[j + 3], o2[j + 4] = c0, c1, c2, c3, c4
            o3[j], o3[j + 1], o3[j + 2], o3[j + 3], o3[j + 4] = d0, d1, d2, d3, d4


@threaded(from_size=0)
@kernel()
def _tiles(pool: int, out: Array, a: Array, row: int, step: int, b: Array, across: bool, k: int, n: int) -> None:
    """The first n columns of out = a @ b, where a's element (i, t) lies at i row + t step; b's rows lie in one piece.

    Tiles of ROWS by `width` elements, those below each other first; each part of the work computes some of them.
    Each tile reads b's rows as they are, except at the right edge, where it would read beyond. If it is the columns of
    b that lie in one piece (`across`), they are turned into rows first, panel by panel of `width` columns.
    """
    width = VECTORS * BYTES // b.itemsize
    whole = 0 if across else n // width
    packed = np.empty(((n + width - 1) // width - whole, k * width), b.dtype)
    _pack(pool, b, n, across, k, whole, packed)
    _multiply(pool, out, a, row, step, b, whole, packed, k, n)


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
    begin: int, end: int, out: Array, a: Array, row: int, step: int, b: Array, whole: int, packed: Array, k: int, n: int
) -> None:
    m, line = out.shape
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
            to, at, next_out = (flat_out, i * line + j, line) if inside else (edge, 0, width)
            more = start > 0 and inside
            at_packed = ((panel - whole) * k + start) * width
            source, from_b, next_b = (b, start * line + j, line) if panel < whole else (flat_packed, at_packed, width)
            tile(vectors, a, from_a, row, step, source, from_b, next_b, to, at, next_out, depth, more)
            if not inside:
                _add(edge, width, i - top, min(vectors * lanes, n - j), flat_out, i * line + j, line, start > 0)


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
    for j in range(0, width, lanes):
        for t in range(first, last, lanes):
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
