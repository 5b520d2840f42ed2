"""Right ops of rows and labels: norms, softmaxes, counts, repeated indices."""

from __future__ import annotations

import numpy as np

from .right_rows import TIED, ZEROS, R, _put, _row
from .tools import NP, ints, lse, of, right, sign, softmax

Y = ints(1, 0)


def _sharp(M, x):
    return softmax(M, 1000 * x)


def _sharp_back(g, x):
    p = softmax(NP, 1000 * x)
    return 1000 * p * (g - np.sum(p * g, axis=-1, keepdims=True))


def _nll(M, x, y):
    return lse(M, x) - x[np.arange(len(x)), y]


def _hot(x, y):
    out = np.zeros_like(x)
    out[np.arange(len(x)), y] = 1
    return out


def _huge_ce(M, x, y):
    return np.sum(_nll(M, 100 * x, y)) / max(len(x), 1)


def _svm(M, x, y):
    return np.sum(np.maximum(x - x[np.arange(len(x)), y][:, None] + 1, 0)) - len(x)


def _svm_back(g, x, y):
    on = ((x - x[np.arange(len(x)), y][:, None] + 1) > 0).astype(x.dtype)
    on[np.arange(len(x)), y] = 0
    on[np.arange(len(x)), y] = -on.sum(1)
    return g * on, None


def _sparsemax(M, x):
    if not x.size:
        return x
    s = -np.sort(-x, axis=-1)
    tau = np.max((np.cumsum(s, axis=-1) - 1) / np.arange(1, x.shape[-1] + 1), axis=-1, keepdims=True)
    return np.maximum(x - tau, 0)


def _sparsemax_back(g, x):
    on = _sparsemax(NP, x) > 0
    return on * (g - (g * on).sum(-1, keepdims=True) / np.maximum(on.sum(-1, keepdims=True), 1))


def _masked_softmax(M, x, mask):
    top = np.max(np.where(mask, x, -1e9), axis=-1, keepdims=True)
    e = np.where(mask, M.exp(np.where(mask, x - top, 0)), 0)
    return e / np.where(mask.any(-1, keepdims=True), np.sum(e, axis=-1, keepdims=True), 1)


def _masked_softmax_back(g, x, mask):
    p = _masked_softmax(NP, x, mask)
    return p * (g - np.sum(p * g, axis=-1, keepdims=True)), None


def _masked_log(M, x, mask):
    on = mask & (x > 0)
    return np.where(on, M.log(np.where(on, x, 1)), 0)


def _masked_log_back(g, x, mask):
    on = mask & (x > 0)
    return np.where(on, g / np.where(on, x, 1), 0), None


def _rank(M, x):
    return np.sum(x[..., :, None] > x[..., None, :], axis=-1) + 0 * x


def _argmax(M, x):
    return np.argmax(x, axis=-1) + 0 * np.sum(x, axis=-1)


def _put_last(M, x, idx, v):
    out = np.array(x)
    for j, k in enumerate(idx):
        out[k] = v[j]
    return out


def _put_last_back(g, x, idx, v):
    dx, dv = np.array(g), np.zeros_like(v)
    last = {int(k) % len(x): j for j, k in enumerate(idx)}
    for k, j in last.items():
        dx[k], dv[j] = 0, g[k]
    return dx, None, dv


def _take_back(g, x, idx):
    out = np.zeros_like(x)
    np.add.at(out, idx, g)
    return out, None


def _cdist(M, x, y):
    d = x[:, None, :] - y[None, :, :]
    return M.sqrt(np.sum(d * d, axis=-1))


def _cdist_back(g, x, y):
    d = x[:, None, :] - y[None, :, :]
    r = np.sqrt(np.sum(d * d, axis=-1))
    s = (g / np.where(r == 0, 1, r))[..., None] * d
    return s.sum(1), -s.sum(0)


def _pool3(M, x):
    p = np.concatenate([x[..., :1], x, x[..., -1:]], axis=-1)
    return np.maximum(np.maximum(p[..., :-2], p[..., 1:-1]), p[..., 2:])


def _pool3_back(g, x):
    out = np.zeros_like(x)
    for j in range(x.shape[-1]):
        lo = max(j - 1, 0)
        out += _put(x, lo + np.argmax(x[..., lo : j + 2], axis=-1), g[..., j])
    return out


def _variation_back(g, x):
    s = np.asarray(g)[..., None] * np.sign(x[..., 1:] - x[..., :-1])
    zero = np.zeros_like(x[..., :1])
    return np.concatenate([zero, s], axis=-1) - np.concatenate([s, zero], axis=-1)


def _sum_of_large(M, x):
    return np.sum(x + 1e8, axis=-1) - 1e8 * x.shape[-1]


RIGHT = [
    right(
        "l1_norm",
        "kinks in each element",
        lambda M, x: np.sum(np.abs(x), axis=-1),
        _row(np.sign),
        "...n",
        ZEROS,
        R,
    ),
    right(
        "logsumexp_spread",
        "values spread by thousands",
        lambda M, x: lse(M, 300 * x),
        _row(lambda x: 300 * softmax(NP, 300 * x)),
        "...n",
        R,
        TIED,
    ),
    right("sharp_softmax", "huge logits: nearly stairs", _sharp, _sharp_back, "...n", R, TIED),
    right(
        "cross_entropy_huge",
        "huge logits",
        _huge_ce,
        lambda g, x, y: (g * 100 * (softmax(NP, 100 * x) - _hot(x, y)) / max(len(x), 1), None),
        "nm,n",
        (R, Y),
        domains="real labels:m",
    ),
    right("svm", "hinges", _svm, _svm_back, "nm,n", (R, Y), (TIED, ints(0, 1, 2)), domains="real labels:m"),
    right(
        "sparsemax",
        "kinks where the support changes",
        _sparsemax,
        _sparsemax_back,
        "...n",
        R,
        of([0.3, 0.2, -2.0]),
    ),
    right(
        "masked_softmax",
        "mask: rows of nothing, 0",
        _masked_softmax,
        _masked_softmax_back,
        "nm,nm",
        (R, R > 0.7),
        (R, R > 2),
        domains="real mask",
    ),
    right(
        "masked_log",
        "mask over NaN and -inf, a jump",
        _masked_log,
        _masked_log_back,
        "*,*",
        (R, R > 0.7),
        domains="real mask",
    ),
    right("rank", "counts: 0", _rank, lambda g, x: 0 * x, "...n", R),
    right("argmax", "indices: 0", _argmax, lambda g, x: 0 * x, "...n", R),
    right(
        "count_positive",
        "counts: 0",
        lambda M, x: np.sum(x > 0, axis=-1) + 0 * np.sum(x, axis=-1),
        lambda g, x: 0 * x,
        "...n",
        R,
    ),
    right(
        "put_last",
        "repeated indices: the last wins",
        _put_last,
        _put_last_back,
        "n,k,k",
        (of(1.0, 2.0, 3.0), ints(1, -2, 0), of(4.0, 5.0, 6.0)),
        domains="real indices:n real",
    ),
    right(
        "take",
        "repeated and negative indices",
        lambda M, x, idx: x[idx],
        _take_back,
        "n,k",
        (of(1.0, 2.0, 3.0), ints(1, -2, 0)),
        domains="real indices:n",
    ),
    right("cdist", "cones where rows are equal: 0", _cdist, _cdist_back, "nd,md", (R, R[:1] * 1.0), (R, R + 1)),
    right("pool3", "overlapping windows, ties: to the first", _pool3, _pool3_back, "...n", R),
    right(
        "total_variation",
        "kinks where neighbours are equal",
        lambda M, x: np.sum(np.abs(x[..., 1:] - x[..., :-1]), axis=-1),
        _variation_back,
        "...n",
        R,
        TIED,
    ),
    right(
        "sum_of_large",
        "noise: 1e8 added to each",
        _sum_of_large,
        _row(np.ones_like),
        "...n",
        R,
        tolerance=1e-6,
    ),
    right(
        "signs_product",
        "jumps: 0",
        lambda M, x: np.prod(sign(x), axis=-1) + 0 * np.sum(x, axis=-1),
        lambda g, x: 0 * x,
        "...n",
        R,
    ),
    right(
        "first_if_larger",
        "a jump from one element to another",
        lambda M, x: np.where(x[..., 0] > 1, x[..., 0], x[..., -1]),
        lambda g, x: _put(x, np.where(x[..., 0] > 1, 0, x.shape[-1] - 1), g),
        "...n",
        R,
    ),
]
