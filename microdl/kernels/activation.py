"""Rectifiers in one pass over a C-contiguous array of any shape, float32 or float64. NaN stays NaN, as in NumPy."""

import numpy as np
from numpy.typing import NDArray

from ._compile import kernel

Array = NDArray[np.floating]


@kernel()
def relu(x: Array) -> Array:
    """max(x, 0)."""
    out = np.empty_like(x)
    flat, result = x.reshape(x.size), out.reshape(x.size)
    zero = x.dtype.type(0.0)
    for i in range(x.size):
        result[i] = zero if flat[i] <= zero else flat[i]
    return out


@kernel()
def relu_backward(g: Array, out: Array) -> Array:
    """g where out > 0 or NaN, else 0."""
    dx = np.empty_like(out)
    flat_g, flat_out, result = g.reshape(g.size), out.reshape(out.size), dx.reshape(dx.size)
    zero = out.dtype.type(0.0)
    for i in range(out.size):
        result[i] = zero if flat_out[i] <= zero else flat_g[i]
    return dx
