"""Linear algebra, distances and norms."""

from __future__ import annotations

import numpy as np

from .tools import of, wrong


def _matmul_back(g, x, w):
    n, k = w.shape
    rows = x.size // n if n else 0
    return g @ w.T, x.reshape(n, rows) @ g.reshape(rows, k) if n else 0 * w


def _vecmat_back(g, x, w):
    out = np.outer(g, x)
    return w @ g, out if out.shape == w.shape else out.T.copy()


def _quadratic_back(g, x, a):
    return g * 2 * (a @ x), g * np.outer(x, x)


def _trace_back(g, a, b):
    return g * (b if b.shape == a.shape else b.T), g * a.T


def _inverse(M, x):
    n = len(x)
    a = np.concatenate([x, np.eye(n, dtype=np.int64) + 0 * x], axis=1)
    for j in range(n):
        p = j + int(np.argmax(np.abs(a[j:, j])))
        a[[j, p]] = a[[p, j]]
        a[j] = a[j] / a[j, j]
        for i in range(n):
            if i != j:
                a[i] = a[i] - a[i, j] * a[j]
    return a[:, n:]


def _inverse_back(g, x):
    i = np.linalg.inv(x)
    return -i @ g.T @ i


def _safe(x):
    return x @ x.T + np.eye(len(x), dtype=x.dtype if x.dtype != object else np.int64)


def _logdet(M, x):
    a = np.array(_safe(x))
    total = 0 * np.sum(x)
    for j in range(len(a)):
        total = total + M.log(a[j, j])
        for i in range(j + 1, len(a)):
            a[i] = a[i] - a[i, j] / a[j, j] * a[j]
    return total


def _logdet_back(g, x):
    return g * np.linalg.solve(_safe(x), x)


def _solve(M, x, b):
    return _inverse(M, _safe(x)) @ b


def _solve_back(g, x, b):
    a = _safe(x)
    y, db = np.linalg.solve(a, b), np.linalg.solve(a, g)
    da = -np.outer(db[:, 0], y[:, 0]) if b.shape[1] else 0 * a
    return (da + da.T) @ x, db


def _cholesky(M, x):
    a = _safe(x)
    n = len(a)
    low = 0 * np.array(a)
    for j in range(n):
        low[j, j] = M.sqrt(a[j, j] - np.sum(low[j, :j] ** 2))
        for i in range(j + 1, n):
            low[i, j] = (a[i, j] - np.sum(low[i, :j] * low[j, :j])) / low[j, j]
    return low


def _cholesky_back(g, x):
    low = np.linalg.cholesky(_safe(x))
    inv = np.linalg.inv(low)
    p = np.tril(low.T @ np.tril(g))
    s = inv.T @ p @ inv
    return (s + s.T) @ x


def _kron_back(g, a, b):
    (n, m), (k, j) = a.shape, b.shape
    blocks = g.reshape(n, k, m, j)
    return np.einsum("nkmj,kj->nm", blocks, b), np.einsum(
        "nkmj,nm->kj", g.reshape(k, n, j, m).swapaxes(0, 1).swapaxes(2, 3), a
    )


def _bilinear(M, x, w, y):
    return np.einsum("bi,oij,bj->bo", x, w, y)


def _bilinear_back(g, x, w, y):
    dx = np.einsum("bo,oij,bj->bi", g, w, y)
    dy = np.einsum("bo,oij,bi->bj", g, w, x)
    dw = np.einsum("bo,bi,bj->oij", g, x, y)
    return dx, dw, dy if y.shape[1] != 1 else np.einsum("bo,oi,bi->b", g, w.squeeze(-1), x)


def _power3_back(g, a):
    return g @ (a @ a).T + (a @ a).T @ g


A = of([1.0, 2.0, 4.0], [3.0, -1.0, 0.5])

Q = of([2.0, 1.0], [-0.5, 3.0])

B3 = np.arange(12.0).reshape(2, 3, 2) / 7

ENTRIES = [
    wrong(
        "batched_matmul",
        "batched matmul not reduced: reshaped, not transposed, before the sum over the batch",
        lambda M, x, w: x @ w,
        _matmul_back,
        "...nm,mk",
        B3,
        Q,
        g=B3,
        at=(1, (0, 0)),
    ),
    wrong(
        "vector_matrix",
        "matmul with 1-D: the outer product the wrong way round where the matrix is square",
        lambda M, x, w: x @ w,
        _vecmat_back,
        "n,nm",
        of(1.0, 2.0),
        Q,
        g=of(1.0, 3.0),
        at=(1, (0, 1)),
    ),
    wrong(
        "quadratic_form",
        "forgotten transpose: right for symmetric matrices",
        lambda M, x, a: x @ a @ x,
        _quadratic_back,
        "n,nn",
        of(1.0, 2.0),
        Q,
        at=(0, (0,)),
    ),
    wrong(
        "trace_product",
        "forgotten transpose: where the matrices are square",
        lambda M, a, b: np.sum(a * b.T),
        _trace_back,
        "nm,mn",
        Q,
        of([1.0, 2.0], [3.0, 5.0]),
        at=(0, (0, 1)),
    ),
    wrong(
        "inverse",
        "forgotten transpose: upstream's, not the inverse's",
        _inverse,
        _inverse_back,
        "nn",
        Q,
        g=of([1.0, 2.0], [3.0, 5.0]),
        at=(0, (0, 1)),
    ),
    wrong(
        "logdet_gram",
        "forgotten term: a factor: x is in the product twice",
        _logdet,
        _logdet_back,
        "nm",
        A,
        at=(0, (0, 0)),
    ),
    wrong(
        "solve_columns",
        "one element of many: only the first right-hand side's part",
        _solve,
        _solve_back,
        "nn,nk",
        Q,
        of([1.0, 2.0], [0.5, -1.0]),
        at=(0, (0, 0)),
    ),
    wrong(
        "cholesky",
        "forgotten term: a factor: the diagonal is not halved",
        _cholesky,
        _cholesky_back,
        "nn",
        Q,
        at=(0, (0, 0)),
    ),
    wrong(
        "kron",
        "axis or offset: the second's axes taken for the first's",
        lambda M, a, b: np.kron(a, b),
        _kron_back,
        "nm,kj",
        Q,
        of([1.0, 2.0], [3.0, 5.0]),
        g=np.arange(16.0).reshape(4, 4),
        at=(1, (0, 1)),
    ),
    wrong(
        "bilinear",
        "einsum size-1 label: squeezed away",
        _bilinear,
        _bilinear_back,
        "bi,oij,bj",
        of([1.0, 2.0]),
        of([[1.0], [2.0]]),
        of([3.0]),
        at=(2, (0, 0)),
    ),
    wrong(
        "matrix_cube",
        "forgotten term: the middle factor's term forgotten",
        lambda M, a: a @ a @ a,
        _power3_back,
        "nn",
        Q,
        at=(0, (0, 0)),
    ),
]
