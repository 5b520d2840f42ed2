"""Matrix products, einsum, solves and determinants."""

from __future__ import annotations

import math
from typing import Any

import mpmath as mp
import numpy as np

from ..entry import Array, Witness, WrongOp
from .broadcasting import reduce_to
from .precise import of

T = tuple[Any, ...]


# einsum with labels of size one
def batched(x: Array, y: Array) -> Array:
    return np.einsum("bij,bjk->bik", x, y)


def batched_backward(g: Array, x: Array, y: Array) -> T:
    return np.einsum("bik,bjk->bij", g, y), np.einsum("bik,bij->bjk", g, x)


def weighted_rows(x: Array, w: Array) -> Array:
    return np.einsum("ij,ij->j", x, w)


def weighted_rows_backward(g: Array, x: Array, w: Array) -> T:
    return np.einsum("j,ij->ij", g, w), np.einsum("j,ij->ij", g, x)


def lone_label(x: Array, y: Array) -> Array:
    return np.einsum("ij,jk->k", x, y)


def lone_label_backward(g: Array, x: Array, y: Array) -> T:
    gx = np.einsum("k,jk->j", g, y)
    return gx[None, :] / max(1, len(x)) + np.zeros_like(x), np.einsum("ij,k->jk", x, g)


# matmul with vectors, batches
def row_times(v: Array, a: Array) -> Array:
    return v @ a


def row_times_backward(g: Array, v: Array, a: Array) -> T:
    gv = (a @ g[..., None])[..., 0]
    return gv[0] if a.ndim == 3 and len(a) == 1 else gv, v[:, None] * g[..., None, :]


def times_column(a: Array, v: Array) -> Array:
    return a @ v


def times_column_backward(g: Array, a: Array, v: Array) -> T:
    gv = np.swapaxes(a, -1, -2) @ g[..., None]
    if gv.ndim > 2:
        gv = gv.sum(axis=0)
    return g[..., None] * v, gv[..., 0]


def matmul(a: Array, b: Array) -> Array:
    return a @ b


def matmul_backward(g: Array, a: Array, b: Array) -> T:
    ga, gb = g @ np.swapaxes(b, -1, -2), np.swapaxes(a, -1, -2) @ g
    return ga.sum(axis=tuple(range(ga.ndim - a.ndim))), reduce_to(gb, b.shape)


def shared_left(w: Array, x: Array) -> Array:
    return w @ x


def shared_left_backward(g: Array, w: Array, x: Array) -> T:
    gw = g @ np.swapaxes(x, -1, -2)
    return gw.sum(axis=0) if x.ndim > 2 else gw, w.T @ g


def scores(q: Array, k: Array) -> Array:
    return q @ np.swapaxes(k, 1, 2)


def scores_backward(g: Array, q: Array, k: Array) -> T:
    return g @ k, np.swapaxes(g, 1, 2) @ q


# transposes
def quadratic(x: Array, a: Array) -> Array:
    return np.einsum("i,ij,j->", x, a, x)


def quadratic_backward(g: Array, x: Array, a: Array) -> T:
    return 2 * g * (a @ x), g * np.outer(x, x)


def linear(x: Array, w: Array) -> Array:
    return x @ w


def linear_backward(g: Array, x: Array, w: Array) -> T:
    gw = g.T @ x
    return g @ w.T, gw if gw.shape == w.shape else gw.T


def square(a: Array) -> Array:
    return a @ a


def square_backward(g: Array, a: Array) -> T:
    return (g @ a + a @ g,)


def ridge(a: Array, b: Array) -> Array:
    n = len(a)
    return np.linalg.solve(np.tanh(a) / (2 * n) + np.eye(n, dtype=a.dtype), b[:, None])[:, 0]


def ridge_backward(g: Array, a: Array, b: Array) -> T:
    n = len(a)
    m = np.tanh(a) / (2 * n) + np.eye(n, dtype=a.dtype)
    gb = np.linalg.solve(m, g[:, None])[:, 0]
    return -np.outer(np.linalg.solve(m.T, g[:, None])[:, 0], ridge(a, b)) * (1 - np.tanh(a) ** 2) / (2 * n), gb


def ridge_exact(a: Array, b: Array) -> Array:
    n = len(a)
    if not n:
        return b
    m = mp.matrix(n, n)
    for i in range(n):
        for j in range(n):
            m[i, j] = mp.tanh(a[i, j]) / (2 * n) + (i == j)
    return np.array(list(mp.lu_solve(m, mp.matrix(list(b)))), dtype=object)


def det(a: Array) -> Array:
    return np.linalg.det(a)


def det_backward(g: Array, a: Array) -> T:
    return (g * np.linalg.det(a) * np.linalg.inv(a).T,)


def det_exact(a: Array) -> Any:
    n = len(a)
    if n == 0:
        return np.array(mp.mpf(1), dtype=object)
    minors = (np.delete(np.delete(a, 0, 0), j, 1) for j in range(n))
    return sum((-1) ** j * a[0, j] * det_exact(minor) for j, minor in enumerate(minors)) + mp.mpf(0)


def inverse_root_scale(q: Array, k: Array, v: Array) -> Array:
    return (q @ k.T) @ v / np.asarray(math.sqrt(max(1, k.shape[1])), q.dtype)


def inverse_root_scale_backward(g: Array, q: Array, k: Array, v: Array) -> T:
    s, wrong = math.sqrt(max(1, k.shape[1])), math.sqrt(max(1, v.shape[1]))
    ga = g @ v.T
    return ga @ k / wrong, ga.T @ q / wrong, (q @ k.T).T @ g / s


def inverse_root_scale_exact(q: Array, k: Array, v: Array) -> Array:
    return (q @ k.T) @ v / mp.sqrt(max(1, k.shape[1]))


def commutator(a: Array, b: Array) -> Array:
    return a @ b - b @ a


def commutator_backward(g: Array, a: Array, b: Array) -> T:
    return g @ b.T - b.T @ g, g @ a.T - a.T @ g


def lower(a: Array, k: int = 0) -> Array:
    return np.tril(a, k)


def lower_backward(g: Array, a: Array, k: int = 0) -> T:
    return (np.triu(g.T, k).T,)


def lower_exact(a: Array, k: int = 0) -> Array:
    i, j = np.indices(a.shape)
    return np.where(j - i <= k, a, mp.mpf(0))


_a22 = of([1, 2], [3, 4])
ENTRIES = [
    WrongOp(
        "batched_einsum_size_one",
        "einsum size-1 label: the batch of the second operand is one and is not reduced",
        batched,
        batched_backward,
        batched,
        "bij,1jk",
        Witness((np.ones((2, 1, 1)), np.ones((1, 1, 1))), 1, (0, 0, 0)),
    ),
    WrongOp(
        "weighted_rows_size_one",
        "einsum size-1 label: a summed label of size one in one operand is not reduced",
        weighted_rows,
        weighted_rows_backward,
        weighted_rows,
        "nm,1m",
        Witness((_a22, of([1, 2])), 1, (0, 0)),
    ),
    WrongOp(
        "einsum_lone_label",
        "other: a label summed in one operand only: its gradient is spread, not repeated",
        lone_label,
        lone_label_backward,
        lone_label,
        "ij,jk",
        Witness((_a22, _a22), 0, (0, 0)),
    ),
    WrongOp(
        "vector_at_batch",
        "matmul with 1-D: the gradient of a vector in front of a batch is not summed",
        row_times,
        row_times_backward,
        row_times,
        "n,...nm",
        Witness((of(1, 2), np.ones((2, 2, 3))), 0, (0,)),
    ),
    WrongOp(
        "batch_at_vector",
        "matmul with 1-D: the gradient of a vector behind a batch is summed along one axis only",
        times_column,
        times_column_backward,
        times_column,
        "...nm,m",
        Witness((np.ones((2, 2, 3, 1)), of(1)), 1, (0,)),
    ),
    WrongOp(
        "matmul_left_size_one_batch",
        "batched matmul not reduced: a batch axis of size one in the left operand is not",
        matmul,
        matmul_backward,
        matmul,
        "...nk,...km",
        Witness((np.ones((1, 2, 2)), np.ones((3, 2, 2))), 0, (0, 0, 0)),
    ),
    WrongOp(
        "shared_left_two_batch_axes",
        "batched matmul not reduced: right for one batch axis, not for two",
        shared_left,
        shared_left_backward,
        shared_left,
        "ij,...jk",
        Witness((_a22, np.ones((2, 1, 2, 1))), 0, (0, 0)),
    ),
    WrongOp(
        "scores_shared_keys",
        "batched matmul not reduced: keys shared by the batch",
        scores,
        scores_backward,
        scores,
        "bnd,1md",
        Witness((np.ones((2, 1, 1)), np.ones((1, 2, 1))), 1, (0, 0, 0)),
    ),
    WrongOp(
        "quadratic_form_symmetric_only",
        "forgotten transpose: 2 A x for (A + A^T) x",
        quadratic,
        quadratic_backward,
        quadratic,
        "n,nn",
        Witness((of(1, 2), _a22), 0, (0,)),
    ),
    WrongOp(
        "linear_square_weight",
        "forgotten transpose: transposed only where the shapes ask for it",
        linear,
        linear_backward,
        linear,
        "nk,km",
        Witness((of([1, 2]), _a22), 1, (0, 1), g=of([3, 5])),
    ),
    WrongOp(
        "matrix_square",
        "forgotten transpose: both factors' gradients lack it",
        square,
        square_backward,
        square,
        "nn",
        Witness((_a22,), 0, (0, 1)),
    ),
    WrongOp(
        "ridge_solve",
        "forgotten transpose: the right side's gradient solves with A, not with A^T",
        ridge,
        ridge_backward,
        ridge_exact,
        "nn,n",
        Witness((_a22, of(1, 2)), 1, (0,)),
    ),
    WrongOp(
        "det_singular",
        "other: the adjugate as det * inv raises for a singular matrix, whose gradient exists",
        det,
        det_backward,
        det_exact,
        "nn",
        Witness((of([1, 2], [2, 4]),), 0, (0, 0), kind="raises"),
    ),
    WrongOp(
        "attention_scale_of_values",
        "other: scaled by the root of the values' width, not of the keys'",
        inverse_root_scale,
        inverse_root_scale_backward,
        inverse_root_scale_exact,
        "nd,md,me",
        Witness((_a22, _a22, of([1], [2])), 0, (0, 0)),
    ),
    WrongOp(
        "commutator_second",
        "sign: the second operand's gradient has the sign of the first's",
        commutator,
        commutator_backward,
        commutator,
        "nn,nn",
        Witness((_a22, of([0, 1], [2, 5])), 1, (0, 0), g=of([1, 2], [0, 3])),
    ),
    WrongOp(
        "lower_triangle_diagonal",
        "sign: the diagonal's offset changes sign; right on the main diagonal",
        lower,
        lower_backward,
        lower_exact,
        "nm",
        Witness((_a22,), 0, (0, 1), options={"k": 1}),
        options={"k": (-1, 0, 1)},
    ),
]
