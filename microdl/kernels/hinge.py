"""The multi-class hinge (margin) loss over the rows of a C-contiguous (n, c) array, float32 or float64.

Labels are int64. A label outside 0..c-1 is never used as an index: its row is returned as `bad_row` (-1 if there is
none) and the losses are then without meaning.
"""

import numpy as np
from numpy.typing import NDArray

from ._compile import kernel

Array = NDArray[np.floating]
Labels = NDArray[np.int64]


@kernel("contract", "reassoc")
def _violations(row: Array, threshold: float, squared: bool) -> float:
    zero, total = row.dtype.type(0.0), 0.0
    for j in range(row.size):
        violation = threshold + row[j]
        violation = violation if violation > zero else zero
        total += violation * violation if squared else violation
    return total


@kernel()
def multi_margin(x: Array, target: Labels, p: int, margin: float, weight: Array) -> tuple[Array, int]:
    """row_losses[i] = w_y / c sum_{j != y} max(0, margin - x_iy + x_ij)^p with y = target[i] and p 1 or 2.

    `weight` holds w by class, or has length 0 where every class weighs 1. As in PyTorch a comparison with NaN fails, so
    NaN adds nothing.
    """
    n, c = x.shape
    losses = np.zeros(n, x.dtype)
    for i in range(n):
        y = target[i]
        if not 0 <= y < c:
            return losses, i
        threshold = x.dtype.type(margin) - x[i, y]
        total = _violations(x[i, :y], threshold, p == 2) + _violations(x[i, y + 1 :], threshold, p == 2)
        losses[i] = total * weight[y] / c if weight.size else total / c
    return losses, -1


@kernel("contract")
def multi_margin_backward(row_g: Array, x: Array, target: Labels, p: int, margin: float, weight: Array) -> Array:
    """The gradient of sum_i row_g[i] row_losses[i] by x; 0 where a margin is met exactly."""
    n, c = x.shape
    zero, two = x.dtype.type(0.0), x.dtype.type(2.0)
    dx = np.zeros_like(x)
    for i in range(n):
        y = target[i]
        threshold = x.dtype.type(margin) - x[i, y]
        scale = row_g[i] / x.dtype.type(c)
        if weight.size:
            scale *= weight[y]
        on_target = zero
        for j in range(c):
            violation = threshold + x[i, j]
            if j != y and violation > zero:
                dx[i, j] = two * violation * scale if p == 2 else scale
                on_target -= dx[i, j]
        dx[i, y] = on_target
    return dx
