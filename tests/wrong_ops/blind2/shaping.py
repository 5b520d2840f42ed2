"""Shapes and indexing: broadcasting, slices, permutations, gathers, scatters, padding."""

from __future__ import annotations

import numpy as np

from .tools import ints, of, wrong


def _bias_back(g, x, b):
    return np.array(g), g.sum(0) if g.ndim > 1 else np.array(g)


def _center_back(g, x, c):
    return np.array(g), -g.sum(0, keepdims=True) if g.shape[0] > 1 else -g[:0].sum(0, keepdims=True)


def _embed_back(g, idx, w):
    out = np.zeros_like(w)
    out[idx] += g
    return None, out


def _take_negative_back(g, x, idx):
    out = np.zeros_like(x)
    np.add.at(out, np.maximum(idx, -1), g)
    return out, None


def _embed_counts_back(g, idx, w):
    out = np.zeros_like(w)
    np.add.at(out, idx, g)
    return None, out * np.maximum(np.bincount(idx % len(w), minlength=len(w)), 1)[:, None]


def _gather_back(g, x, idx):
    out = np.zeros_like(x)
    rows = np.arange(len(x))[:, None]
    np.add.at(out, (rows, idx), np.where(np.diff(idx, axis=1, prepend=-1000) == 0, 0, g))
    return out, None


def _scatter_add(M, x, idx, v):
    out = np.array(x)
    np.add.at(out, idx, v)
    return out


def _scatter_add_back(g, x, idx, v):
    base = np.array(g)
    base[idx] = 0
    return base, None, g[idx]


def _put(M, x, idx, v):
    out = np.array(x)
    for j, k in enumerate(idx):
        out[k] = v[j]
    return out


def _put_back(g, x, idx, v):
    base = np.array(g)
    base[idx] = 0
    return base, None, g[idx]


def _flip_back(g, x, axis):
    return np.flip(g, axis if isinstance(axis, int) else axis[0]).copy()


def _outer_sum_back(g, x, y):
    gx, gy = g.sum(1), g.sum(0)
    return np.squeeze(gx) if gx.size > 1 else gx.reshape(x.shape), gy


def _mul_back(g, x, y):
    gx = (g * y).sum(tuple(range(g.ndim - x.ndim))) if g.ndim > x.ndim else g * y
    gy = g * x
    for axis, n in enumerate(y.shape):
        if n == 1:
            gy = gy.sum(axis, keepdims=True)
            break
    return gx, gy


A = of([1.0, 2.0, 4.0], [3.0, -1.0, 0.5])

T = np.arange(1.0, 7.0).reshape(1, 2, 3)

ENTRIES = [
    wrong(
        "add_bias",
        "broadcast not reduced: only the first of two leading dimensions",
        lambda M, x, b: x + b,
        _bias_back,
        "...n,n",
        T,
        of(1.0, 2.0, 3.0),
        at=(1, (0,)),
    ),
    wrong(
        "center",
        "broadcast not reduced: no gradient for a batch of one",
        lambda M, x, c: x - c,
        _center_back,
        "nm,1m",
        of([1.0, 2.0]),
        of([0.0, 1.0]),
        at=(1, (0, 0)),
    ),
    wrong(
        "mul_columns",
        "broadcast not reduced: only the first of the axes of size one",
        lambda M, x, y: x * y,
        _mul_back,
        "nmk,1m1",
        T,
        of([[2.0], [3.0]]),
        at=(1, (0, 0, 0)),
    ),
    wrong(
        "outer_sum",
        "broadcast not reduced: squeezed to another shape",
        lambda M, x, y: x + y,
        _outer_sum_back,
        "n1,m",
        of([1.0], [2.0]),
        of(1.0, 2.0),
        at=(0, (0, 0)),
    ),
    wrong(
        "embedding",
        "duplicate index lost",
        lambda M, idx, w: w[idx],
        _embed_back,
        "n,vd",
        ints(1, 1),
        A,
        at=(1, (1, 0)),
        domains="labels:v real",
    ),
    wrong(
        "take",
        "negative axis or index: all of them taken for -1",
        lambda M, x, idx: x[idx],
        _take_negative_back,
        "n,k",
        of(1.0, 2.0, 3.0),
        ints(-2),
        at=(0, (1,)),
        domains="real indices:n",
    ),
    wrong(
        "embedding_counts",
        "duplicate over-counted: multiplied by the count",
        lambda M, idx, w: w[idx],
        _embed_counts_back,
        "n,vd",
        ints(1, 1),
        A,
        at=(1, (1, 0)),
        domains="labels:v real",
    ),
    wrong(
        "gather",
        "duplicate index lost: where it follows itself",
        lambda M, x, idx: x[np.arange(len(x))[:, None], idx],
        _gather_back,
        "nm,nk",
        A,
        ints([2, 2], [0, 1]),
        at=(0, (0, 2)),
        domains="real indices:m",
    ),
    wrong(
        "scatter_add",
        "backward copied from another op: put's, which cuts the base off",
        _scatter_add,
        _scatter_add_back,
        "n,k,k",
        of(1.0, 2.0),
        ints(1),
        of(3.0),
        at=(0, (1,)),
        domains="real indices:n real",
    ),
    wrong(
        "put",
        "duplicate over-counted: values that were overwritten get a gradient too",
        _put,
        _put_back,
        "n,k,k",
        of(1.0, 2.0),
        ints(1, 1),
        of(3.0, 4.0),
        at=(2, (0,)),
        domains="real indices:n real",
    ),
    wrong(
        "flip",
        "axis or offset: only the first of a tuple",
        lambda M, x, axis: np.flip(x, axis),
        _flip_back,
        "nm",
        A,
        g=A,
        at=(0, (0, 0)),
        options={"axis": [0, 1, (0, 1)]},
        given={"axis": (0, 1)},
    ),
    wrong(
        "permute",
        "forgotten transpose: the permutation for its inverse",
        lambda M, x, axes: np.transpose(x, axes),
        lambda g, x, axes: np.transpose(g, axes).reshape(x.shape),
        "abc",
        np.arange(8.0).reshape(2, 2, 2),
        g=np.arange(8.0).reshape(2, 2, 2),
        at=(0, (0, 0, 1)),
        options={"axes": [(0, 1, 2), (1, 0, 2), (0, 2, 1), (1, 2, 0)]},
        given={"axes": (1, 2, 0)},
    ),
]
