"""The multi-class hinge (margin) loss over the rows of a C-contiguous (n, c) array, float32 or float64.

Labels are int64. A label outside 0..c-1 is never used as an index: its row is returned as `bad_row` (-1 if there is
none) and the losses are then without meaning.
"""

import numpy as np
from numpy.typing import NDArray

from ._compile import kernel
from ._threads import bounds, in_parts, threaded

Array = NDArray[np.floating]
Labels = NDArray[np.int64]

_THREADS_FROM = 16_384


@kernel("contract", "reassoc")
def _violations(row: Array, threshold: float, squared: bool) -> float:
    zero, total = row.dtype.type(0.0), 0.0
    for j in range(row.size):
        violation = threshold + row[j]
        violation = violation if violation > zero else zero
        total += violation * violation if squared else violation
    return total


def multi_margin(x: Array, target: Labels, p: int, margin: float, weight: Array) -> tuple[Array, int]:
    """row_losses[i] = w_y / c sum_{j != y} max(0, margin - x_iy + x_ij)^p with y = target[i] and p 1 or 2.

    `weight` holds w by class, or has length 0 where every class weighs 1. As in PyTorch a comparison with NaN fails, so
    NaN adds nothing.
    """
    losses = np.empty(len(x), x.dtype)
    return losses, _multi_margin(x, target, p, margin, weight, losses)


@threaded(_THREADS_FROM)
@kernel()
def _multi_margin(pool: int, x: Array, target: Labels, p: int, margin: float, weight: Array, losses: Array) -> int:
    for i in range(x.shape[0]):
        if not 0 <= target[i] < x.shape[1]:
            return i
    _margins(pool, x, target, p, margin, weight, losses)
    return -1


@in_parts
@kernel()
def _margins(
    begin: int, end: int, x: Array, target: Labels, p: int, margin: float, weight: Array, losses: Array
) -> None:
    first, last = bounds(begin, end, x.shape[0])
    for i in range(first, last):
        y, c = target[i], x.shape[1]
        threshold = x.dtype.type(margin) - x[i, y]
        total = _violations(x[i, :y], threshold, p == 2) + _violations(x[i, y + 1 :], threshold, p == 2)
        losses[i] = total * weight[y] / c if weight.size else total / c


def multi_margin_backward(x: Array, row_g: Array, target: Labels, p: int, margin: float, weight: Array) -> Array:
    """The gradient of sum_i row_g[i] row_losses[i] by x; 0 where a margin is met exactly."""
    dx = np.empty(x.shape, x.dtype)
    _multi_margin_backward(x, row_g, target, p, margin, weight, dx)
    return dx


@threaded(_THREADS_FROM)
@kernel()
def _multi_margin_backward(
    pool: int, x: Array, row_g: Array, target: Labels, p: int, margin: float, weight: Array, dx: Array
) -> None:
    _margins_backward(pool, x, row_g, target, p, margin, weight, dx)


@in_parts
@kernel("contract")
def _margins_backward(
    begin: int, end: int, x: Array, row_g: Array, target: Labels, p: int, margin: float, weight: Array, dx: Array
) -> None:
    first, last = bounds(begin, end, x.shape[0])
    c, zero, two = x.shape[1], x.dtype.type(0.0), x.dtype.type(2.0)
    for i in range(first, last):
        y = target[i]
        threshold = x.dtype.type(margin) - x[i, y]
        scale = row_g[i] / x.dtype.type(c)
        if weight.size:
            scale *= weight[y]
        on_target = zero
        for j in range(c):
            violation = threshold + x[i, j]
            dx[i, j] = zero
            if j != y and violation > zero:
                dx[i, j] = two * violation * scale if p == 2 else scale
                on_target -= dx[i, j]
        dx[i, y] = on_target
