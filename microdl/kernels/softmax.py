"""Softmax, its logarithm and the cross-entropy loss over the rows of a C-contiguous (n, c) array, float32 or float64.

The largest value of each row is subtracted before the exponential, so no magnitude overflows. A row that holds NaN or
+inf becomes NaN, as in NumPy.

Sums run in double precision, except that the exponentials of a row are summed, and their logarithm is taken, in the
row's own: the loss of a row that the model is sure of is log(1 + e) for a small e, and which of the neighbours of 1
the sum is rounded to decides all digits of the loss that is printed. Short rows are summed in PyTorch's order.

Labels are int64. A label outside 0..c-1 is never used as an index: its row is returned as `bad_row` (-1 if there is
none) and the other results are then without meaning.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._compile import kernel
from ._math import exp, rank, unrank
from ._threads import bounds, in_parts, threaded, without_threads
from ._vectors import BYTES, largest

Array = NDArray[np.floating]
Labels = NDArray[np.int64]

_SHORT, _LONG = 15, 64

_BLOCK = 4096
"""Elements that are worked on at a time, in whole rows: they stay in the first-level cache."""

_THREADS_FROM = 16_384
"""Elements from which threads pay."""


@kernel()
def _largest(row: Array) -> Any:
    """The largest element, NaN left out: what is made of a row with NaN is NaN by that element alone."""
    lanes = BYTES // row.itemsize
    top = largest(row, row.size // lanes)
    for j in range(row.size - row.size % lanes, row.size):
        top = row[j] if row[j] > top else top
    return top


@kernel()
def _subtract_largest(x: Array, z: Array) -> None:
    """z = x - the largest of its row."""
    for i in range(x.shape[0]):
        top = rank(x.dtype.type(-np.inf))
        for j in range(x.shape[1]):
            top = max(top, rank(x[i, j]))
        most = unrank(top)
        for j in range(x.shape[1]):
            z[i, j] = x[i, j] - most


@kernel()
def _exp_all(z: Array) -> None:
    """z = exp(z) over the whole array at once: a row of ten classes is too short to fill a vector."""
    flat = z.reshape(z.size)
    for i in range(flat.size):
        flat[i] = exp(flat[i])


@kernel()
def _exp_of_rest(row: Array, most: Any, e: Array, keep: bool) -> Any:
    """The sum of e = exp(row - most), piece by piece; without `keep` each takes the place of the one before."""
    total = 0.0
    for start in range(0, row.size, _BLOCK):
        piece = row[start : start + _BLOCK]
        at = start if keep else 0
        z = e[at : at + piece.size]
        for j in range(piece.size):
            z[j] = piece[j] - most
        _exp_all(z)
        total += _sum(z)
    return row.dtype.type(total)


@kernel()
def _rows_at_once(x: Array) -> Any:
    return max(1, _BLOCK // max(1, x.shape[1]))


@kernel("reassoc", "contract")
def _sum(row: Array) -> float:
    total = 0.0
    for j in range(row.size):
        total += row[j]
    return total


@kernel()
def _row_total(e: Array, i: int) -> Any:
    """The sum of row i in its own dtype; in order where the row is shorter than PyTorch's vectors."""
    if e.shape[1] > _SHORT:
        return e.dtype.type(_sum(e[i]))
    total = e.dtype.type(0)
    for j in range(e.shape[1]):
        total += e[i, j]
    return total


@kernel("reassoc", "contract")
def _row_dot(a: Array, b: Array, i: int) -> float:
    total = 0.0
    for j in range(a.shape[1]):
        total += a[i, j] * b[i, j]
    return total


@kernel("arcp")
def _divide(row: Array, total: Any) -> None:
    for j in range(row.size):
        row[j] /= total


@kernel()
def _normalise(e: Array, i: int) -> Any:
    """Divide row i by its sum, and return the sum, in the row's dtype."""
    total = _row_total(e, i)
    _divide(e[i], total)
    return total


def softmax(x: Array) -> Array:
    """p_ij = exp(x_ij) / sum_k exp(x_ik)."""
    p = np.empty(x.shape, x.dtype)
    _softmax(x, p)
    return p


@threaded(_THREADS_FROM)
@kernel()
def _softmax(pool: int, x: Array, p: Array) -> None:
    _softmax_rows(pool, x, p)


@in_parts
@kernel()
def _softmax_rows(begin: int, end: int, x: Array, p: Array) -> None:
    first, last = bounds(begin, end, x.shape[0])
    if x.shape[1] >= _LONG:
        for i in range(first, last):
            _divide(p[i], _exp_of_rest(x[i], _largest(x[i]), p[i], True))
        return
    rows = _rows_at_once(x)
    for start in range(first, last, rows):
        stop = min(last, start + rows)
        _subtract_largest(x[start:stop], p[start:stop])
        _exp_all(p[start:stop])
        for i in range(start, stop):
            _normalise(p, i)


def softmax_backward(g: Array, p: Array) -> Array:
    """dx_ij = p_ij (g_ij - sum_k g_ik p_ik)."""
    dx = np.empty(p.shape, p.dtype)
    _softmax_backward(g, p, dx)
    return dx


@threaded(_THREADS_FROM)
@kernel()
def _softmax_backward(pool: int, g: Array, p: Array, dx: Array) -> None:
    _softmax_backward_rows(pool, g, p, dx)


@in_parts
@kernel()
def _softmax_backward_rows(begin: int, end: int, g: Array, p: Array, dx: Array) -> None:
    first, last = bounds(begin, end, p.shape[0])
    for i in range(first, last):
        dot = p.dtype.type(_row_dot(g, p, i))
        for j in range(p.shape[1]):
            dx[i, j] = p[i, j] * (g[i, j] - dot)


def log_softmax(x: Array) -> Array:
    """logp_ij = x_ij - log sum_k exp(x_ik)."""
    logp = np.empty(x.shape, x.dtype)
    if x.size:
        _log_softmax(x, logp)
    return logp


@threaded(_THREADS_FROM)
@kernel()
def _log_softmax(pool: int, x: Array, logp: Array) -> None:
    _log_softmax_rows(pool, x, logp)


@in_parts
@kernel()
def _log_softmax_rows(begin: int, end: int, x: Array, logp: Array) -> None:
    first, last = bounds(begin, end, x.shape[0])
    if x.shape[1] >= _LONG:
        piece = np.empty(min(x.shape[1], _BLOCK), x.dtype)
        for i in range(first, last):
            most = _largest(x[i])
            log_sum = x.dtype.type(math.log(_exp_of_rest(x[i], most, piece, False)))
            for j in range(x.shape[1]):
                logp[i, j] = (x[i, j] - most) - log_sum
        return
    rows = _rows_at_once(x)
    e = np.empty((rows, x.shape[1]), x.dtype)
    for start in range(first, last, rows):
        block = logp[start : min(last, start + rows)]
        _subtract_largest(x[start : min(last, start + rows)], block)
        for i in range(len(block)):
            for j in range(x.shape[1]):
                e[i, j] = block[i, j]
        _exp_all(e[: len(block)])
        for i in range(len(block)):
            log_sum = x.dtype.type(math.log(_row_total(e, i)))
            for j in range(x.shape[1]):
                block[i, j] -= log_sum


def log_softmax_backward(g: Array, logp: Array) -> Array:
    """dx_ij = g_ij - exp(logp_ij) sum_k g_ik."""
    dx = np.empty(logp.shape, logp.dtype)
    _log_softmax_backward(g, logp, dx)
    return dx


@threaded(_THREADS_FROM)
@kernel()
def _log_softmax_backward(pool: int, g: Array, logp: Array, dx: Array) -> None:
    _log_softmax_backward_rows(pool, g, logp, dx)


@in_parts
@kernel()
def _log_softmax_backward_rows(begin: int, end: int, g: Array, logp: Array, dx: Array) -> None:
    first, last = bounds(begin, end, g.shape[0])
    if g.shape[1] >= _LONG:
        for i in range(first, last):
            total = g.dtype.type(_sum(g[i]))
            for start in range(0, g.shape[1], _BLOCK):
                piece = slice(start, start + _BLOCK)
                _log_softmax_piece(g[i, piece], logp[i, piece], total, dx[i, piece])
        return
    rows = _rows_at_once(g)
    for start in range(first, last, rows):
        stop = min(last, start + rows)
        flat_logp, flat = logp[start:stop].reshape(-1), dx[start:stop].reshape(-1)
        for i in range(flat.size):
            flat[i] = exp(flat_logp[i])
        for i in range(start, stop):
            total = g.dtype.type(_sum(g[i]))
            for j in range(g.shape[1]):
                dx[i, j] = g[i, j] - dx[i, j] * total


@kernel()
def _log_softmax_piece(g: Array, logp: Array, total: Any, dx: Array) -> None:
    for j in range(g.size):
        dx[j] = exp(logp[j])
    for j in range(g.size):
        dx[j] = g[j] - dx[j] * total


def cross_entropy_mean(x: Array, target: Labels) -> tuple[float, Array, int]:
    """The plain case in one pass: (mean of -log p[i, target[i]], p, bad_row), with p the softmax of x."""
    dtype = x.dtype
    p, losses = np.empty(x.shape, dtype), np.empty(len(x), dtype)
    if x.size < _THREADS_FROM:
        loss, bad_row = _MEAN[dtype.char](0, x, target, p, losses)
    else:
        loss, bad_row = _cross_entropy_mean(x, target, p, losses)
    return loss, p, bad_row


@threaded(_THREADS_FROM)
@kernel()
def _cross_entropy_mean(pool: int, x: Array, target: Labels, p: Array, losses: Array) -> tuple[float, int]:
    n, c = x.shape
    for i in range(n):
        if not 0 <= target[i] < c:
            return math.nan, i
    _losses(pool, x, target, p, losses)
    total = 0.0
    for i in range(n):
        total -= losses[i]
    return total / n if n else math.nan, -1


@in_parts
@kernel()
def _losses(begin: int, end: int, x: Array, target: Labels, p: Array, losses: Array) -> None:
    """p, and log p[i, target[i]]."""
    first, last = bounds(begin, end, x.shape[0])
    if x.shape[1] >= _LONG:
        for i in range(first, last):
            most = _largest(x[i])
            total = _exp_of_rest(x[i], most, p[i], True)
            _divide(p[i], total)
            losses[i] = (x[i, target[i]] - most) - x.dtype.type(math.log(total))
        return
    rows = _rows_at_once(x)
    for start in range(first, last, rows):
        stop = min(last, start + rows)
        _subtract_largest(x[start:stop], p[start:stop])
        for i in range(start, stop):
            losses[i] = p[i, target[i]]
        _exp_all(p[start:stop])
        for i in range(start, stop):
            losses[i] -= x.dtype.type(math.log(_normalise(p, i)))


def cross_entropy_mean_backward(p: Array, target: Labels, g: float) -> Array:
    """dx_ij = (p_ij - [j = target[i]]) g / n, for the labels and the p of `cross_entropy_mean`."""
    dtype = p.dtype
    dx = np.empty(p.shape, dtype)
    if p.size < _THREADS_FROM:
        _MEAN_BACKWARD[dtype.char](0, p, target, g, dx)
    else:
        _cross_entropy_mean_backward(p, target, g, dx)
    return dx


@threaded(_THREADS_FROM)
@kernel()
def _cross_entropy_mean_backward(pool: int, p: Array, target: Labels, g: float, dx: Array) -> None:
    _losses_backward(pool, p.dtype.type(g / max(p.shape[0], 1)), p, target, dx)


@in_parts
@kernel()
def _losses_backward(begin: int, end: int, scale: Any, p: Array, target: Labels, dx: Array) -> None:
    first, last = bounds(begin, end, p.shape[0])
    flat, out = p[first:last].reshape(-1), dx[first:last].reshape(-1)
    for i in range(flat.size):
        out[i] = flat[i] * scale
    for i in range(first, last):
        dx[i, target[i]] -= scale


_LABELS = np.empty(0, np.int64)
_MEAN = without_threads(_cross_entropy_mean, 2, [_LABELS], 2, 1)
_MEAN_BACKWARD = without_threads(_cross_entropy_mean_backward, 2, [_LABELS], [0.0], 2)


@kernel()
def cross_entropy(
    x: Array, target: Labels, weight: Array, ignore_index: int, label_smoothing: float
) -> tuple[Array, Array, Array, int]:
    """Losses by row, for any reduction: (row_losses (n,), row_weights (n,), p (n, c), bad_row).

    With s the label smoothing, w the class weights (all 1 where `weight` has length 0) and y = target[i]:
    row_losses[i] = -(1 - s) w_y log p_iy - (s / c) sum_j w_j log p_ij and row_weights[i] = w_y; both are 0 for a row
    whose label is `ignore_index`. The mean is the sum of row_losses over the sum of row_weights.
    """
    n, c = x.shape
    p, losses, weights = np.empty_like(x), np.zeros(n), np.zeros(n, x.dtype)
    class_weights = weight if weight.size else np.ones(c, x.dtype)
    _subtract_largest(x, p)
    logp = p.copy()
    _exp_all(p)
    for i in range(n):
        log_total = x.dtype.type(math.log(_normalise(p, i)))
        y = target[i]
        if y == ignore_index:
            continue
        if not 0 <= y < c:
            return losses.astype(x.dtype), weights, p, i
        weights[i] = class_weights[y]
        losses[i] = -(1.0 - label_smoothing) * weights[i] * x.dtype.type(logp[i, y] - log_total)
        if label_smoothing != 0.0:
            for j in range(c):
                each = x.dtype.type(logp[i, j] - log_total)
                losses[i] -= label_smoothing / c * class_weights[j] * each
    return losses.astype(x.dtype), weights, p, -1


@kernel()
def cross_entropy_backward(
    row_g: Array, p: Array, target: Labels, weight: Array, ignore_index: int, label_smoothing: float
) -> Array:
    """The gradient of sum_i row_g[i] row_losses[i] by x, for the labels and the p of `cross_entropy`."""
    n, c = p.shape
    dx = np.zeros_like(p)
    class_weights = weight if weight.size else np.ones(c, p.dtype)
    all_weights = class_weights.sum()
    for i in range(n):
        y = target[i]
        if y == ignore_index:
            continue
        on_target = p.dtype.type((1.0 - label_smoothing) * class_weights[y] * row_g[i])
        on_each = p.dtype.type(label_smoothing / c * row_g[i])
        scale = on_target + on_each * all_weights
        for j in range(c):
            dx[i, j] = p[i, j] * scale - on_each * class_weights[j]
        dx[i, y] -= on_target
    return dx
