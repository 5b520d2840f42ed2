"""More reductions, and scans."""

from __future__ import annotations

import numpy as np

from .reductions import A
from .tools import NP, keep, lse, of, softmax, wrong


def _wmean_back(g, x, w):
    return g * w / w.sum(), g * x / w.sum()


def _softargmax_back(g, x):
    p = softmax(NP, x)
    return g[..., None] * p * np.arange(x.shape[-1])


def _first_axis_back(g, x):
    return np.stack([np.array(g) for _ in x])


def _cumprod_back(g, x):
    out = np.cumprod(x, axis=-1)
    return np.flip(np.cumsum(np.flip(g * out, -1), axis=-1), -1) / x


def _cummax_back(g, x):
    top = np.maximum.accumulate(x, axis=-1)
    out = np.zeros_like(x)
    for j in range(x.shape[-1]):
        out[..., : j + 1] += (x[..., : j + 1] == top[..., j : j + 1]) * g[..., j : j + 1]
    return out


def _lse_pair_back(g, x):
    top = x.max(-1, keepdims=True)
    e = np.exp(x - top) * (x - top > -4)
    return g[..., None] * e / e.sum(-1, keepdims=True)


def _norm_all_back(g, x):
    return g * x / np.sqrt(np.sum(x * x))


def _norm3_back(g, x):
    n = np.sum(np.abs(x) ** 3, axis=-1, keepdims=True) ** (1 / 3)
    return g[..., None] * x * x / np.where(n == 0, 1, n) ** 2


def _cbrt_sum(M, x):
    return M.cbrt(np.sum(np.abs(x) ** 3, axis=-1))


def _moments(M, x):
    m = np.sum(x, axis=-1) / x.shape[-1]
    d = x - np.asarray(m)[..., None]
    return m, np.sum(d * d, axis=-1) / x.shape[-1]


def _moments_back(g, x):
    m, v = g
    if not m.any():
        return np.zeros_like(x)
    return (m[..., None] + 2 * v[..., None] * (x - x.mean(-1, keepdims=True))) / x.shape[-1]


ENTRIES = [
    wrong(
        "weighted_mean",
        "forgotten term: the weights' sum taken as a constant",
        lambda M, x, w: np.sum(x * w) / np.sum(w),
        _wmean_back,
        "n,n",
        of(1.0, 2.0),
        of(0.5, 2.0),
        at=(1, (0,)),
        domains="real positive",
    ),
    wrong(
        "geometric_mean",
        "missing 1/N: the number of rows, also for the mean of each row",
        lambda M, x, axis: M.exp(np.sum(M.log(x), axis=axis) / x.shape[axis]),
        lambda g, x, axis: keep(g * np.exp(np.mean(np.log(x), axis=axis)), x, axis) / (x * x.shape[0]),
        "nm",
        np.abs(A),
        at=(0, (0, 0)),
        domains="positive",
        options={"axis": [0, 1]},
        given={"axis": 1},
    ),
    wrong(
        "softargmax",
        "forgotten term: the weights' normalisation",
        lambda M, x: np.sum(softmax(M, x) * np.arange(x.shape[-1]), axis=-1),
        _softargmax_back,
        "...m",
        A,
        at=(0, (0, 0)),
    ),
    wrong(
        "sum_rows",
        "size-0 dimension: no rows to stack",
        lambda M, x: np.sum(x, axis=0),
        _first_axis_back,
        "nm",
        np.zeros((0, 2)),
        kind="raises",
    ),
    wrong(
        "cumprod",
        "cumprod at zero",
        lambda M, x: np.cumprod(x, axis=-1),
        _cumprod_back,
        "...m",
        of(2.0, 0.0, 3.0),
        at=(0, (1,)),
    ),
    wrong(
        "cummax",
        "ties each given 1: all equals of the running maximum",
        lambda M, x: np.maximum.accumulate(x, axis=-1),
        _cummax_back,
        "...m",
        of(2.0, 2.0, 1.0),
        at=(0, (0,)),
    ),
    wrong(
        "logsumexp_cut",
        "wrong value at a threshold: clipped: terms more than 4 below the largest are dropped",
        lambda M, x: lse(M, x),
        _lse_pair_back,
        "...m",
        of([0.0, -4.5]),
        at=(0, (0, 1)),
    ),
    wrong(
        "norm_all",
        "norm and std at 0: NaN",
        lambda M, x: M.sqrt(np.sum(x * x)),
        _norm_all_back,
        "n",
        of(0.0, 0.0),
        at=(0, (0,)),
    ),
    wrong("norm3", "sign: lost of the cubes", _cbrt_sum, _norm3_back, "...m", of([1.0, -2.0]), at=(0, (0, 1))),
    wrong(
        "mean_and_var",
        "gradient silently absent: no gradient of the first output, none of the second",
        _moments,
        _moments_back,
        "...m",
        A,
        g=(of(0.0, 0.0), of(1.0, 1.0)),
        at=(0, (0, 0)),
    ),
    wrong(
        "mean_of_square",
        "upstream ignored, squared, clipped: its mean in its place: right for ones",
        lambda M, x: x * x,
        lambda g, x: 2 * x * g.mean() if g.size else 0 * x,
        "*",
        of(1.0, 2.0),
        g=of(1.0, 0.0),
        at=(0, (0,)),
    ),
]
