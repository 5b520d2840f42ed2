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

Array = NDArray[np.floating]
Labels = NDArray[np.int64]

_SHORT = 15

_BLOCK = 4096
"""Elements that `log_softmax` works on at a time: they stay in the first-level cache."""


@kernel()
def _subtract_max(x: Array, z: Array) -> None:
    for i in range(x.shape[0]):
        top = rank(x.dtype.type(-np.inf))
        for j in range(x.shape[1]):
            top = max(top, rank(x[i, j]))
        largest = unrank(top)
        for j in range(x.shape[1]):
            z[i, j] = x[i, j] - largest


@kernel()
def _exp_all(z: Array) -> None:
    """z = exp(z) over the whole array at once: a row of ten classes is too short to fill a vector."""
    flat = z.reshape(z.size)
    for i in range(flat.size):
        flat[i] = exp(flat[i])


@kernel("reassoc", "contract")
def _row_sum(z: Array, i: int) -> float:
    total = 0.0
    for j in range(z.shape[1]):
        total += z[i, j]
    return total


@kernel()
def _row_total(e: Array, i: int) -> Any:
    """The sum of row i in its own dtype; in order where the row is shorter than PyTorch's vectors."""
    if e.shape[1] > _SHORT:
        return e.dtype.type(_row_sum(e, i))
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
def _normalise(e: Array, i: int) -> Any:
    """Divide row i by its sum, and return the sum, in the row's dtype."""
    total = _row_total(e, i)
    for j in range(e.shape[1]):
        e[i, j] /= total
    return total


@kernel()
def softmax(x: Array) -> Array:
    """p_ij = exp(x_ij) / sum_k exp(x_ik)."""
    p = np.empty_like(x)
    _subtract_max(x, p)
    _exp_all(p)
    for i in range(x.shape[0]):
        _normalise(p, i)
    return p


@kernel()
def softmax_backward(g: Array, p: Array) -> Array:
    """dx_ij = p_ij (g_ij - sum_k g_ik p_ik)."""
    dx = np.empty_like(p)
    for i in range(p.shape[0]):
        dot = p.dtype.type(_row_dot(g, p, i))
        for j in range(p.shape[1]):
            dx[i, j] = p[i, j] * (g[i, j] - dot)
    return dx


@kernel()
def log_softmax(x: Array) -> Array:
    """logp_ij = x_ij - log sum_k exp(x_ik)."""
    logp = np.empty_like(x)
    if x.size == 0:
        return logp
    _subtract_max(x, logp)
    rows = max(1, _BLOCK // x.shape[1])
    for start in range(0, x.shape[0], rows):
        block = logp[start : start + rows]
        e = block.copy()
        _exp_all(e)
        for i in range(block.shape[0]):
            log_sum = x.dtype.type(math.log(_row_total(e, i)))
            for j in range(x.shape[1]):
                block[i, j] -= log_sum
    return logp


@kernel()
def log_softmax_backward(g: Array, logp: Array) -> Array:
    """dx_ij = g_ij - exp(logp_ij) sum_k g_ik."""
    dx: Array = logp.copy()
    _exp_all(dx)
    for i in range(g.shape[0]):
        total = g.dtype.type(_row_sum(g, i))
        for j in range(g.shape[1]):
            dx[i, j] = g[i, j] - dx[i, j] * total
    return dx


@kernel()
def cross_entropy_mean(x: Array, target: Labels) -> tuple[float, Array, int]:
    """The plain case in one pass: (mean of -log p[i, target[i]], p, bad_row), with p the softmax of x."""
    n, c = x.shape
    p, on_target = np.empty_like(x), np.empty(n, x.dtype)
    total = 0.0
    _subtract_max(x, p)
    for i in range(n):
        if not 0 <= target[i] < c:
            return math.nan, p, i
        on_target[i] = p[i, target[i]]
    _exp_all(p)
    for i in range(n):
        total -= x.dtype.type(on_target[i] - x.dtype.type(math.log(_normalise(p, i))))
    return total / n if n else math.nan, p, -1


@kernel()
def cross_entropy_mean_backward(g: float, p: Array, target: Labels) -> Array:
    """dx_ij = (p_ij - [j = target[i]]) g / n, for the labels and the p of `cross_entropy_mean`."""
    dx = np.empty_like(p)
    scale = p.dtype.type(g / max(p.shape[0], 1))
    flat, out = p.reshape(p.size), dx.reshape(p.size)
    for i in range(p.size):
        out[i] = flat[i] * scale
    for i in range(p.shape[0]):
        dx[i, target[i]] -= scale
    return dx


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
    _subtract_max(x, p)
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
