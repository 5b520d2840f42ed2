"""Rectifiers in one pass over a C-contiguous array of any shape, float32 or float64. NaN stays NaN, as in NumPy."""

import numpy as np
from numpy.typing import NDArray

from ._compile import kernel
from ._threads import bounds, in_parts, threaded

Array = NDArray[np.floating]

_THREADS_FROM = 65_536


@threaded(_THREADS_FROM)
@kernel()
def relu(pool: int, x: Array) -> Array:
    """max(x, 0)."""
    out = np.empty_like(x)
    _relu(pool, x.reshape(x.size), out.reshape(x.size))
    return out


@in_parts
@kernel()
def _relu(begin: int, end: int, x: Array, out: Array) -> None:
    first, last = bounds(begin, end, x.size)
    zero = x.dtype.type(0.0)
    for i in range(first, last):
        out[i] = zero if x[i] <= zero else x[i]


@threaded(_THREADS_FROM)
@kernel()
def relu_backward(pool: int, g: Array, out: Array) -> Array:
    """g where out > 0 or NaN, else 0."""
    dx = np.empty_like(out)
    _relu_backward(pool, g.reshape(g.size), out.reshape(g.size), dx.reshape(g.size))
    return dx


@in_parts
@kernel()
def _relu_backward(begin: int, end: int, g: Array, out: Array, dx: Array) -> None:
    first, last = bounds(begin, end, g.size)
    zero = out.dtype.type(0.0)
    for i in range(first, last):
        dx[i] = zero if out[i] <= zero else g[i]
