"""Rectifiers in one pass over a C-contiguous array of any shape, float32 or float64. NaN stays NaN, as in NumPy."""

import numpy as np
from numpy.typing import NDArray

from ._compile import kernel
from ._threads import bounds, in_parts, threaded, without_threads

Array = NDArray[np.floating]

_THREADS_FROM = 65_536


def relu(x: Array) -> Array:
    """max(x, 0)."""
    dtype = x.dtype
    out = np.empty(x.shape, dtype)  # filled sooner than returned
    if x.size < _THREADS_FROM and x.ndim == 2:
        _RELU[dtype.char](0, x, out)
    else:
        _relu(x, out)
    return out


@threaded(_THREADS_FROM)
@kernel()
def _relu(pool: int, x: Array, out: Array) -> None:
    _relu_part(pool, x.reshape(x.size), out.reshape(x.size))


@in_parts
@kernel()
def _relu_part(begin: int, end: int, x: Array, out: Array) -> None:
    first, last = bounds(begin, end, x.size)
    x, out = x[first:last], out[first:last]  # an index from 0 is known to be none from the end: the loop vectorises
    zero = x.dtype.type(0.0)
    for i in range(x.size):
        out[i] = zero if x[i] <= zero else x[i]


def relu_backward(g: Array, out: Array) -> Array:
    """g where out > 0 or NaN, else 0."""
    dtype = out.dtype
    dx = np.empty(out.shape, dtype)
    if out.size < _THREADS_FROM and out.ndim == 2:
        _RELU_BACKWARD[dtype.char](0, g, out, dx)
    else:
        _relu_backward(g, out, dx)
    return dx


@threaded(_THREADS_FROM)
@kernel()
def _relu_backward(pool: int, g: Array, out: Array, dx: Array) -> None:
    _relu_backward_part(pool, g.reshape(g.size), out.reshape(g.size), dx.reshape(g.size))


@in_parts
@kernel()
def _relu_backward_part(begin: int, end: int, g: Array, out: Array, dx: Array) -> None:
    first, last = bounds(begin, end, g.size)
    g, out, dx = g[first:last], out[first:last], dx[first:last]
    zero = out.dtype.type(0.0)
    for i in range(g.size):
        dx[i] = zero if out[i] <= zero else g[i]


_RELU, _RELU_BACKWARD = without_threads(_relu, 2, 2), without_threads(_relu_backward, 2, 2, 2)
