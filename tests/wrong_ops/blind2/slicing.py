"""Slices, padding, permutations of elements."""

from __future__ import annotations

import numpy as np

from .shaping import A
from .tools import ints, of, wrong


def _concat_back(g, x, y, z):
    n, k = len(x), len(y)
    last = np.zeros_like(z)
    last[: len(g[n + n :])] = g[n + n :][: len(z)]
    return g[:n].copy(), g[n : n + k].copy(), last


def _deinterleave_back(g, x):
    out = np.zeros_like(x)
    n = x.shape[-1] // 2
    out[..., : 2 * n : 2] = g[0][..., :n]
    out[..., 1::2] = g[1]
    return out


def _pad_edge_back(g, x):
    if not x.shape[-1]:
        return 0 * x
    out = np.array(g[..., 2:-2])
    out[..., 0] += g[..., 0] + g[..., 1]
    out[..., -1] += g[..., -1]
    return out


def _pad_edge(M, x):
    first, last = x[..., :1], x[..., -1:]
    return np.concatenate([first, first, x, last, last], axis=-1)


def _pad_wrap_back(g, x):
    if not x.shape[-1]:
        return 0 * x
    out = np.array(g[..., 1:-1])
    out[..., -1] += g[..., 0] + g[..., -1]
    return out


def _every_other_back(g, x):
    out = np.zeros_like(x)
    out[..., ::2] = g[..., ::-1]
    return out


def _diagonal_back(g, x, k):
    return np.diag(g, -k) if g.size else np.zeros_like(x)


def _repeat_back(g, x, r):
    return g.reshape(*x.shape[:-1], r, x.shape[-1]).sum(-2)


def _frames(M, x):
    n = x.shape[-1]
    return np.stack([x, np.concatenate([x[..., 1:], x[..., :1]], axis=-1)], axis=-1) if n else np.zeros((*x.shape, 2))


def _frames_back(g, x):
    out = g[..., 0].copy()
    if x.shape[-1]:
        out[..., 1:] += g[..., :-1, 1]
        out[..., 0] += g[..., -1, 1] * (x.shape[-1] % 2 == 0)
    return out


def _grid(M, x, y):
    return x[:, None] + 0 * y, 0 * x[:, None] + y


def _roll_back(g, x, shift):
    return np.roll(g, shift, axis=-1)


def _where_back(g, mask, x, y):
    return None, np.where(mask, g, 0), np.where(mask, 0, g).sum(0, keepdims=True) / (1 if mask.any() else 2)


def _segment_mean(M, x, label, w):
    out = np.zeros_like(w) * w
    counts = np.maximum(np.bincount(label, minlength=len(w)), 1)
    for i, k in enumerate(label):
        out[k] = out[k] + x[i] / counts[k]
    return out + w


def _segment_mean_back(g, x, label, w):
    counts = np.bincount(label, minlength=len(w))
    return g[label] / counts.max(initial=1), None, np.array(g)


def _shift_rows_back(g, x):
    out = g.copy()
    out[:-1] -= g[1:]
    if len(out) > 1:
        out[-1] = g[-1] - g[0]
    return out


def _diff_rows(M, x):
    return np.concatenate([x[:1], x[1:] - x[:-1]], axis=0)


ENTRIES = [
    wrong(
        "concatenate",
        "axis or offset: the third starts after twice the first's size",
        lambda M, x, y, z: np.concatenate([x, y, z]),
        _concat_back,
        "nm,km,jm",
        of([1.0]),
        of([2.0], [3.0]),
        of([4.0], [5.0]),
        g=of([1.0], [2.0], [3.0], [4.0], [5.0]),
        at=(2, (0, 0)),
    ),
    wrong(
        "deinterleave",
        "sizes: odd: the last element lost",
        lambda M, x: (x[..., ::2], x[..., 1::2]),
        _deinterleave_back,
        "...n",
        of(1.0, 2.0, 3.0),
        at=(0, (2,)),
    ),
    wrong(
        "pad_edge",
        "padding: the inner one of two copies of the last element lost",
        _pad_edge,
        _pad_edge_back,
        "...n",
        of(1.0, 2.0, 3.0),
        at=(0, (2,)),
    ),
    wrong(
        "pad_wrap",
        "padding: both ends given to the last element",
        lambda M, x: np.concatenate([x[..., -1:], x, x[..., :1]], axis=-1),
        _pad_wrap_back,
        "...n",
        of(1.0, 2.0, 3.0),
        at=(0, (0,)),
    ),
    wrong(
        "every_other_reversed",
        "sizes: even: counted from the wrong end",
        lambda M, x: x[..., ::-2],
        _every_other_back,
        "...n",
        of(1.0, 2.0, 3.0, 4.0),
        at=(0, (0,)),
    ),
    wrong(
        "diagonal",
        "sign: of the offset",
        lambda M, x, k: np.diagonal(x, k),
        _diagonal_back,
        "nn",
        np.eye(3),
        at=(0, (0, 1)),
        options={"k": [0, 1]},
        given={"k": 1},
    ),
    wrong(
        "tril",
        "forward and backward constants differing: an option ignored in backward",
        lambda M, x, k: np.tril(x, k),
        lambda g, x, k: np.tril(g),
        "nm",
        A,
        at=(0, (0, 1)),
        options={"k": [0, 1, -1]},
        given={"k": 1},
    ),
    wrong(
        "repeat",
        "backward copied from another op: tile's",
        lambda M, x, r: np.repeat(x, r, axis=-1),
        _repeat_back,
        "...n",
        of(1.0, 2.0),
        g=of(1.0, 2.0, 3.0, 4.0),
        at=(0, (0,)),
        options={"r": [1, 2]},
        given={"r": 2},
    ),
    wrong(
        "frames",
        "sizes: odd: the wrapped element's second use lost",
        _frames,
        _frames_back,
        "...n",
        of(1.0, 2.0, 3.0),
        at=(0, (0,)),
    ),
    wrong(
        "meshgrid",
        "axis or offset: the second output summed along the first's axis where the grid is square",
        _grid,
        lambda g, x, y: (g[0].sum(1), g[1].sum(1 if len(x) == len(y) else 0)),
        "n,m",
        of(1.0, 2.0),
        of(3.0, 4.0),
        g=(np.ones((2, 2)), of([1.0, 2.0], [3.0, 4.0])),
        at=(1, (0,)),
    ),
    wrong(
        "roll",
        "sign: rolled on, not back",
        lambda M, x, shift: np.roll(x, shift, axis=-1),
        _roll_back,
        "...n",
        of(1.0, 2.0, 3.0),
        g=of(1.0, 2.0, 3.0),
        at=(0, (0,)),
        options={"shift": [0, 1]},
        given={"shift": 1},
    ),
    wrong(
        "where_row",
        "mask: halved where it is empty",
        lambda M, mask, x, y: np.where(mask, x, y),
        _where_back,
        "nm,nm,1m",
        np.zeros((2, 3), bool),
        A,
        of([1.0, 2.0, 3.0]),
        at=(2, (0, 0)),
        domains="mask real real",
    ),
    wrong(
        "segment_mean",
        "missing 1/N: the largest segment's count for each one's own",
        _segment_mean,
        _segment_mean_back,
        "nd,n,kd",
        np.arange(6.0).reshape(3, 2),
        ints(0, 0, 1),
        np.zeros((2, 2)),
        at=(0, (2, 0)),
        domains="real labels:k real",
    ),
    wrong(
        "diff_rows",
        "one element of many: the last row wraps around",
        _diff_rows,
        _shift_rows_back,
        "nm",
        A,
        at=(0, (1, 0)),
    ),
]
