"""The products of a linear layer: small ones in kernels of their own, the others as any product.

Arrays are float32 or float64, all of one dtype. Where the border lies was measured: `python -m benchmarks.kernels`.
"""

import numpy as np
from numpy.typing import NDArray

from ._compile import ByDtype, kernel
from .product import DOTS, FEW, THREADS_FROM, dots, product

Array = NDArray[np.floating]

_SMALL = 8192
_empty = np.empty


def linear(x: Array, w: Array, b: Array) -> Array:
    """x @ w.T + b for x (n, k), w (m, k) and b (m,), or of length 0 for none."""
    (n, k), m = x.shape, len(w)
    if 5 <= m <= FEW or n * k * m <= _SMALL:
        if n * k < THREADS_FROM and x.flags.carray and w.flags.carray and b.flags.carray:
            dtype = x.dtype
            out = _empty((n, m), dtype)
            DOTS[dtype.char](0, x, w, b, out)  # filling an array is sooner done than returning one
            return out
        out = _empty((n, m), x.dtype)
        dots(np.ascontiguousarray(x), np.ascontiguousarray(w), np.ascontiguousarray(b), out)
        return out
    out = product(x, w.T)
    if b.size:
        out += b
    return out


def grad_input(g: Array, w: Array) -> Array:
    """g @ w, the gradient of `linear` by x, for g (n, m) and w (m, k)."""
    return product(g, w)


def grad_weight(g: Array, x: Array) -> Array:
    """g.T @ x, the gradient of `linear` by w, for g (n, m) and x (n, k)."""
    return product(g.T, x)


def grad_bias(g: Array) -> Array:
    """The sum of the rows of g (n, m), the gradient of `linear` by b."""
    dtype = g.dtype
    db = _empty(g.shape[1], dtype)
    _GRAD_BIAS[dtype.char](g if g.flags.carray else np.array(g, order="C"), db)
    return db


def grad_weight_bias(g: Array, x: Array) -> tuple[Array, Array]:
    """(g.T @ x, the sum of the rows of g): both gradients, for a small layer in one call."""
    (n, k), m = x.shape, g.shape[1]
    if n * k * m <= _SMALL and g.flags.carray and x.flags.carray:
        dtype = x.dtype
        dw, db = _empty((m, k), dtype), _empty(m, dtype)
        _GRAD_WEIGHT_BIAS[dtype.char](g, x, dw, db)
        return dw, db
    return grad_weight(g, x), grad_bias(g)


def gradients(g: Array, x: Array, w: Array) -> tuple[Array, Array, Array]:
    """(g @ w, g.T @ x, the sum of the rows of g): all three gradients, for a small layer in one call."""
    (m, k), n = w.shape, len(g)
    if n * k * m <= _SMALL and g.flags.carray and x.flags.carray and w.flags.carray:
        dtype = x.dtype
        dx, dw, db = _empty((n, k), dtype), _empty((m, k), dtype), _empty(m, dtype)
        _GRADIENTS[dtype.char](g, x, w, dx, dw, db)
        return dx, dw, db
    return grad_input(g, w), *grad_weight_bias(g, x)


@kernel()
def _grad_bias(g: Array, db: Array) -> None:
    sums = np.zeros(g.shape[1])  # in double precision: a batch may be long
    for i in range(g.shape[0]):
        for j in range(g.shape[1]):
            sums[j] += g[i, j]
    for j in range(g.shape[1]):
        db[j] = sums[j]


@kernel("contract")
def _grad_weight_bias(g: Array, x: Array, dw: Array, db: Array) -> None:
    (n, m), k = g.shape, x.shape[1]
    zero = g.dtype.type(0.0)
    db[:] = zero
    dw[:] = zero
    columns = np.zeros((k, m) if k < m else (0, 0), g.dtype)  # dw.T, where its longer rows suit the inner loop
    for i in range(n):
        for j in range(m):
            db[j] += g[i, j]
        if k < m:
            for t in range(k):
                v = x[i, t]
                for j in range(m):
                    columns[t, j] += v * g[i, j]
        else:
            for j in range(m):
                v = g[i, j]
                for t in range(k):
                    dw[j, t] += v * x[i, t]
    if k < m:
        for j in range(m):
            for t in range(k):
                dw[j, t] = columns[t, j]


@kernel("contract")
def _gradients(g: Array, x: Array, w: Array, dx: Array, dw: Array, db: Array) -> None:
    zero = g.dtype.type(0.0)
    dx[:] = zero
    for i in range(g.shape[0]):
        for j in range(w.shape[0]):
            v = g[i, j]
            for t in range(w.shape[1]):
                dx[i, t] += v * w[j, t]
    _grad_weight_bias(g, x, dw, db)


_GRAD_BIAS = ByDtype(_grad_bias, 2, 1)
_GRAD_WEIGHT_BIAS = ByDtype(_grad_weight_bias, 2, 2, 2, 1)
_GRADIENTS = ByDtype(_gradients, 2, 2, 2, 2, 2, 1)
