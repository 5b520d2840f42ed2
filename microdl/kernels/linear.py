"""The products of a linear layer: the smallest and the skinny ones by Numba, the others by NumPy and its BLAS.

Arrays are float32 or float64, all of one dtype. Where the border lies was measured: `python -m benchmarks.kernels`.
"""

import numpy as np
from numpy.typing import NDArray

from ._compile import kernel

Array = NDArray[np.floating]

_ROWS, _WIDTH = 10, 256
"""The sums that `_grad_weight` works on: with three rows of x they stay in the first-level cache."""


def linear(x: Array, w: Array, b: Array) -> Array:
    """x @ w.T + b for x (n, k), w (m, k) and b (m,), or of length 0 for none."""
    (n, k), m = x.shape, w.shape[0]
    if 5 <= m <= 10 or n * k * m <= 8192:
        if x.flags.c_contiguous and w.flags.c_contiguous and b.flags.c_contiguous:
            return _linear(x, w, b)
        return _linear(np.ascontiguousarray(x), np.ascontiguousarray(w), np.ascontiguousarray(b))
    out: Array = x @ w.T
    if b.size:
        out += b
    return out


def grad_input(g: Array, w: Array) -> Array:
    """g @ w, the gradient of `linear` by x, for g (n, m) and w (m, k)."""
    dx: Array = g @ w
    return dx


def grad_weight(g: Array, x: Array) -> Array:
    """g.T @ x, the gradient of `linear` by w, for g (n, m) and x (n, k)."""
    if 8 <= g.shape[1] <= _ROWS and x.size >= 500_000 and x.dtype == np.float32:
        return _grad_weight(np.ascontiguousarray(g), np.ascontiguousarray(x))
    dw: Array = g.T @ x
    return dw


def grad_bias(g: Array) -> Array:
    """The sum of the rows of g (n, m), the gradient of `linear` by b."""
    return _grad_bias(g if g.flags.c_contiguous else np.ascontiguousarray(g))


def grad_weight_bias(g: Array, x: Array) -> tuple[Array, Array]:
    """(g.T @ x, the sum of the rows of g): both gradients, for a small layer in one call."""
    if x.size * g.shape[1] <= 8192 and g.flags.c_contiguous and x.flags.c_contiguous:
        dw, db = np.empty((g.shape[1], x.shape[1]), x.dtype), np.empty(g.shape[1], x.dtype)
        _grad_weight_bias(g, x, dw, db)  # filling arrays is sooner done than returning two
        return dw, db
    return grad_weight(g, x), grad_bias(g)


@kernel("contract", "reassoc", "nsz")
def _linear(x: Array, w: Array, b: Array) -> Array:
    """Blocks of four rows of x by five of w, whose twenty sums stay in registers."""
    (n, k), m = x.shape, w.shape[0]
    out = np.empty((n, m), x.dtype)
    zero = x.dtype.type(0.0)
    if n < 4 or m < 5:
        for i in range(n):
            for j in range(m):
                a0 = zero
                for t in range(k):
                    a0 += x[i, t] * w[j, t]
                out[i, j] = a0
    else:
        for i_next in range(0, n, 4):
            i = min(i_next, n - 4)  # the last block overlaps the one before
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
    if b.size:
        for i in range(n):
            for j in range(m):
                out[i, j] += b[j]
    return out


@kernel("contract")
def _grad_weight(g: Array, x: Array) -> Array:
    """Up to ten rows of the result by three of x at a time, one strip of _WIDTH columns after another.

    The strip's sums lie in one array at constant distances: so the compiler knows that its rows do not overlap, and
    vectorises.
    """
    (n, m), k = g.shape, x.shape[1]
    whole = n - n % 3
    padded = np.zeros((n, _ROWS), g.dtype)
    for i in range(n):
        for j in range(m):
            padded[i, j] = g[i, j]
    dw = np.empty((m, k), x.dtype)
    sums = np.empty(_ROWS * _WIDTH, x.dtype)
    for start in range(0, k, _WIDTH):
        stop = min(k, start + _WIDTH)
        sums[:] = x.dtype.type(0.0)
        for i in range(0, whole, 3):
            x0, x1, x2 = x[i, start:stop], x[i + 1, start:stop], x[i + 2, start:stop]
            u, v, w = padded[i], padded[i + 1], padded[i + 2]
            a0, a1, a2 = u[0], v[0], w[0]
            b0, b1, b2 = u[1], v[1], w[1]
            c0, c1, c2 = u[2], v[2], w[2]
            d0, d1, d2 = u[3], v[3], w[3]
            e0, e1, e2 = u[4], v[4], w[4]
            f0, f1, f2 = u[5], v[5], w[5]
            g0, g1, g2 = u[6], v[6], w[6]
            h0, h1, h2 = u[7], v[7], w[7]
            i0, i1, i2 = u[8], v[8], w[8]
            j0, j1, j2 = u[9], v[9], w[9]
            for t in range(stop - start):
                p, q, r = x0[t], x1[t], x2[t]
                sums[t] += a0 * p + a1 * q + a2 * r
                sums[_WIDTH + t] += b0 * p + b1 * q + b2 * r
                sums[2 * _WIDTH + t] += c0 * p + c1 * q + c2 * r
                sums[3 * _WIDTH + t] += d0 * p + d1 * q + d2 * r
                sums[4 * _WIDTH + t] += e0 * p + e1 * q + e2 * r
                sums[5 * _WIDTH + t] += f0 * p + f1 * q + f2 * r
                sums[6 * _WIDTH + t] += g0 * p + g1 * q + g2 * r
                sums[7 * _WIDTH + t] += h0 * p + h1 * q + h2 * r
                sums[8 * _WIDTH + t] += i0 * p + i1 * q + i2 * r
                sums[9 * _WIDTH + t] += j0 * p + j1 * q + j2 * r
        for i in range(whole, n):
            for j in range(m):
                for t in range(stop - start):
                    sums[j * _WIDTH + t] += g[i, j] * x[i, start + t]
        for j in range(m):
            for t in range(stop - start):
                dw[j, start + t] = sums[j * _WIDTH + t]
    return dw


@kernel()
def _grad_bias(g: Array) -> Array:
    sums = np.zeros(g.shape[1])  # in double precision: a batch may be long
    for i in range(g.shape[0]):
        for j in range(g.shape[1]):
            sums[j] += g[i, j]
    return sums.astype(g.dtype)


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
