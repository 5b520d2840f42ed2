"""Reductions and scans: axes, keepdims, ties, zeros, counts."""

from __future__ import annotations

import math

import numpy as np

from .tools import keep, like, of, wrong

AXES = {"axis": [None, 0, 1, -1, -2]}


def _mean(M, x, axis):
    axes = (axis,) if isinstance(axis, int) else axis
    return np.sum(x, axis=axis) / math.prod(x.shape[a] for a in axes)


def _mean_back(g, x, axis):
    n = x.shape[axis if isinstance(axis, int) else axis[0]]
    return like(keep(g, x, axis) / n, x)


def _sum_negative_back(g, x, axis):
    return np.array(np.broadcast_to(np.expand_dims(g, axis if axis >= 0 else axis + x.ndim - 1), x.shape))


def _var(M, x, ddof):
    d = x - np.sum(x, axis=-1, keepdims=True) / x.shape[-1]
    return np.sum(d * d, axis=-1) / (x.shape[-1] - ddof)


def _std(M, x):
    d = x - np.sum(x, axis=-1, keepdims=True) / x.shape[-1]
    return M.sqrt(np.sum(d * d, axis=-1) / x.shape[-1])


def _std_back(g, x):
    d = x - np.mean(x, axis=-1, keepdims=True)
    return g[..., None] * d / (x.shape[-1] * np.sqrt(np.mean(d * d, axis=-1, keepdims=True)))


def _prod_one_zero(g, x):
    zero = x == 0
    some = zero.any(-1, keepdims=True)
    rest = np.prod(np.where(zero, 1, x), axis=-1, keepdims=True)
    return g[..., None] * np.where(some, np.where(zero, rest, 0), rest / np.where(zero, 1, x))


def _max_count_back(g, x, axis):
    ties = x == np.max(x, axis=axis, keepdims=True)
    return keep(g, x, axis) * ties / (ties.sum() / (1 if axis is None else ties.any(axis).size))


def _masked_lse(M, x, mask):
    top = np.max(np.where(mask, x, -10000), axis=-1, keepdims=True)
    total = np.sum(np.where(mask, M.exp(np.where(mask, x - top, 0)), 0), axis=-1)
    some = mask.any(axis=-1)
    return np.where(some, M.log(np.where(some, total, 1)) + top[..., 0], 0)


def _masked_lse_back(g, x, mask):
    e = np.where(mask, np.exp(x - np.max(np.where(mask, x, -1e4), axis=-1, keepdims=True)), 0)
    return g[..., None] * e / e.sum(-1, keepdims=True), None


def _cumsum_back(g, x, axis):
    return np.flip(np.cumsum(np.flip(g, axis), axis=axis), -1 if axis < 0 else axis)


def _exclusive(M, x, exclusive):
    return np.cumsum(x, axis=-1) - x if exclusive else np.cumsum(x, axis=-1)


def _exclusive_back(g, x, exclusive):
    total = np.flip(np.cumsum(np.flip(g, -1), axis=-1), -1)
    return total - g[..., :1] if exclusive else total


def _norm_axis(M, x, axis):
    return M.sqrt(np.sum(x * x, axis=axis))


def _norm_axis_back(g, x, axis):
    n = np.sqrt(np.sum(x * x, axis=axis))
    scale = np.where(n > 0, g / n, 0)
    return x * (scale if scale.shape == x.shape[-1:] else scale[:, None])


A = of([1.0, 2.0, 4.0], [3.0, -1.0, 0.5])

Q = of([1.0, 2.0], [3.0, -1.0])

ENTRIES = [
    wrong(
        "mean_axes",
        "missing 1/N: of a tuple of axes, only the first one's size",
        _mean,
        _mean_back,
        "nm",
        A,
        at=(0, (0, 0)),
        options={"axis": [0, -1, (0, 1)]},
        given={"axis": (0, 1)},
    ),
    wrong(
        "sum_axis",
        "negative axis or index: taken one too far to the left",
        lambda M, x, axis: np.sum(x, axis=axis),
        lambda g, x, axis: _sum_negative_back(g, x, axis),
        "nn",
        Q,
        at=(0, (0, 1)),
        g=of(1.0, 3.0),
        options={"axis": [0, 1, -1, -2]},
        given={"axis": -1},
    ),
    wrong(
        "var_ddof",
        "missing 1/N: n for n - ddof",
        _var,
        lambda g, x, ddof: g[..., None] * 2 * (x - x.mean(-1, keepdims=True)) / x.shape[-1],
        "...m",
        A,
        at=(0, (0, 0)),
        options={"ddof": [0, 1]},
        given={"ddof": 1},
    ),
    wrong(
        "std",
        "norm and std at 0: NaN for constant rows",
        _std,
        _std_back,
        "...m",
        of([1.0, 1.0, 1.0]),
        at=(0, (0, 0)),
    ),
    wrong(
        "prod",
        "cumprod at zero: the product over x",
        lambda M, x: np.prod(x, axis=-1),
        lambda g, x: (g * np.prod(x, axis=-1))[..., None] / x,
        "...m",
        of(2.0, 0.0, 3.0),
        g=np.array(1.0),
        at=(0, (1,)),
    ),
    wrong(
        "prod_zeros",
        "cumprod at zero: two zeros taken for one",
        lambda M, x: np.prod(x, axis=-1),
        _prod_one_zero,
        "...m",
        of(2.0, 0.0, 0.0),
        g=np.array(1.0),
        at=(0, (1,)),
    ),
    wrong(
        "amax",
        "ties each given 1",
        lambda M, x, axis: np.max(x, axis=axis),
        lambda g, x, axis: keep(g, x, axis) * (x == np.max(x, axis=axis, keepdims=True)),
        "nm",
        of([2.0, 2.0], [1.0, 0.0]),
        at=(0, (0, 0)),
        options=AXES,
        given={"axis": 1},
    ),
    wrong(
        "amax_shared",
        "ties each given 1: or shared wrongly: divided by the mean count of ties of all rows",
        lambda M, x, axis: np.max(x, axis=axis),
        _max_count_back,
        "nm",
        of([2.0, 2.0], [1.0, 0.0]),
        at=(0, (1, 0)),
        options=AXES,
        given={"axis": 1},
    ),
    wrong(
        "masked_logsumexp",
        "logsumexp of -inf: NaN where the mask leaves nothing of a row",
        _masked_lse,
        _masked_lse_back,
        "nm,nm",
        A,
        np.array([[True, True, False], [False, False, False]]),
        at=(0, (1, 0)),
        domains="real mask",
    ),
    wrong(
        "cumsum_axis",
        "negative axis or index: flipped back along the last one",
        lambda M, x, axis: np.cumsum(x, axis=axis),
        _cumsum_back,
        "nm",
        A,
        at=(0, (0, 0)),
        g=A,
        options={"axis": [0, 1, -1, -2]},
        given={"axis": -2},
    ),
    wrong(
        "cumsum_exclusive",
        "axis or offset: off by one: the first upstream taken off, not each one's own",
        _exclusive,
        _exclusive_back,
        "...m",
        A,
        at=(0, (0, 1)),
        g=A,
        options={"exclusive": [False, True]},
        given={"exclusive": True},
    ),
    wrong(
        "norm_axis",
        "keepdims: no axis put back, which broadcasts the wrong way where the matrix is square",
        _norm_axis,
        _norm_axis_back,
        "nm",
        Q,
        at=(0, (0, 1)),
        options={"axis": [0, 1]},
        given={"axis": 1},
    ),
]
