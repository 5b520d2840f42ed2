"""The products of a linear layer: small ones and those of few outputs each in a kernel of its own, others by tiles.

Arrays are float32 or float64, all of one dtype. Where the border lies was measured: `python -m benchmarks.kernels`.
"""

import numpy as np
from numpy.typing import NDArray

from ._compile import ByDtype, kernel
from ._threads import bounds, in_parts, threaded, without_threads
from .product import product

Array = NDArray[np.floating]

_SMALL = 8192
_THREADS_FROM = 65_536
_empty = np.empty


def linear(x: Array, w: Array, b: Array) -> Array:
    """x @ w.T + b for x (n, k), w (m, k) and b (m,), or of length 0 for none."""
    (n, k), m = x.shape, len(w)
    if 5 <= m <= 10 or n * k * m <= _SMALL:
        if n * k < _THREADS_FROM and x.flags.carray and w.flags.carray and b.flags.carray:
            dtype = x.dtype
            out = _empty((n, m), dtype)
            _LINEAR[dtype.char](0, x, w, b, out)  # filling an array is sooner done than returning one
            return out
        if not (x.flags.c_contiguous and w.flags.c_contiguous and b.flags.c_contiguous):
            x, w, b = np.ascontiguousarray(x), np.ascontiguousarray(w), np.ascontiguousarray(b)
        out = _empty((n, m), x.dtype)
        _linear(x, w, b, out)
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


@threaded(_THREADS_FROM)
@kernel("contract", "reassoc", "nsz")
def _linear(pool: int, x: Array, w: Array, b: Array, out: Array) -> None:
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


_LINEAR = without_threads(_linear, 2, 2, 1, 2)


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


_GRAD_BIAS = ByDtype(_grad_bias, 2, 1)
_GRAD_WEIGHT_BIAS = ByDtype(_grad_weight_bias, 2, 2, 2, 1)
