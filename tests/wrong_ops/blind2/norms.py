"""Normalisations and softmaxes, dropout with a given mask."""

from __future__ import annotations

import numpy as np

from .tools import NP, lse, of, softmax, wrong

EPS = 1e-5


def _stats(M, x, axis, eps=EPS):
    n = np.prod([x.shape[a] for a in axis]).astype(int) if isinstance(axis, tuple) else x.shape[axis]
    mean = np.sum(x, axis=axis, keepdims=True) / n
    d = x - mean
    std = M.sqrt(np.sum(d * d, axis=axis, keepdims=True) / n + eps)
    return n, d / std, std


def _norm_back(g, hat, std, axis):
    return (g - g.mean(axis, keepdims=True) - hat * (g * hat).mean(axis, keepdims=True)) / std


def _batchnorm(M, x, gamma, beta):
    return gamma * _stats(M, x, 0)[1] + beta


def _batchnorm_back(g, x, gamma, beta):
    n, hat, std = _stats(NP, x, 0)
    dh = g * gamma
    dx = (dh - dh.mean(0) - hat * (dh * hat).sum(0) / max(n - 1, 1)) / std
    return dx, (g * hat).sum(0), g.sum(0)


def _standardize_back(g, x):
    _, _, std = _stats(NP, x, 0)
    return (g - g.mean(0)) / std


def _layernorm(M, x, gamma):
    return gamma * _stats(M, x, -1, 1e-2)[1]


def _layernorm_back(g, x, gamma):
    _, hat, _ = _stats(NP, x, -1, 1e-2)
    _, _, tiny = _stats(NP, x, -1, 1e-12)
    return _norm_back(g * gamma, hat, tiny, -1), (g * hat).sum(0)


def _groupnorm(M, x):
    return _stats(M, x, (2, 3))[1]


def _groupnorm_back(g, x):
    _, hat, std = _stats(NP, x, (2, 3))
    return (g - g.mean((2, 3), keepdims=True) - 0.99 * hat * (g * hat).mean((2, 3), keepdims=True)) / std


def _rms(M, x, gamma):
    return x * gamma / M.sqrt(np.sum(x * x, axis=-1, keepdims=True) / x.shape[-1] + EPS)


def _rms_back(g, x, gamma):
    r = np.sqrt(np.mean(x * x, axis=-1, keepdims=True) + EPS)
    g = g * gamma
    lead = tuple(range(x.ndim - 1))
    return g / r - x * np.sum(g * x, axis=-1, keepdims=True) / r**3, (g / gamma * x / r).sum(lead)


def _l2(M, x, axis):
    return x / M.sqrt(np.sum(x * x, axis=axis, keepdims=True) + EPS)


def _l2_back(g, x, axis):
    r = np.sqrt(np.sum(x * x, axis=axis, keepdims=True) + EPS)
    out = x / r
    return (g - out * np.sum(g * out, axis=-1 if axis < 0 else axis, keepdims=True)) / r


def _softmax_back(g, x, axis):
    p = softmax(NP, x, axis)
    return p * (g - np.sum(p * g, axis=axis if axis != 0 or x.shape[0] != x.shape[1] else 1, keepdims=True))


def _temperature_back(g, x, t):
    p = softmax(NP, x / t)
    return p * (g - np.sum(p * g, axis=-1, keepdims=True))


def _sparsemax(M, x):
    if not x.size:
        return x
    s = -np.sort(-x, axis=-1)
    k = np.arange(1, x.shape[-1] + 1)
    tau = np.max((np.cumsum(s, axis=-1) - 1) / k, axis=-1, keepdims=True)
    return np.maximum(x - tau, 0)


def _sparsemax_back(g, x):
    on = _sparsemax(NP, x) > 0
    return on * (g - (g * on).sum(-1, keepdims=True) / x.shape[-1])


def _neighbours(x):
    zero = 0 * x[..., :1]
    return x + np.concatenate([x[..., 1:], zero], axis=-1) + np.concatenate([zero, x[..., :-1]], axis=-1)


def _lrn(M, x):
    return x / (1 + _neighbours(x * x)) if x.shape[-1] else x


def _lrn_back(g, x):
    if not x.shape[-1]:
        return np.zeros_like(x)
    s = 1 + _neighbours(x * x)
    return g / s - 2 * g * x * x / s**2


def _dropout_back(g, x, mask, p):
    return g * mask / (1 - p) ** 2, None


def _log_softmax_back(g, x):
    return g - softmax(NP, x)


def _minmax(M, x):
    lo, hi = np.min(x, axis=-1, keepdims=True), np.max(x, axis=-1, keepdims=True)
    return (x - lo) / (hi - lo + 1)


def _minmax_back(g, x):
    lo, hi = x.min(-1, keepdims=True), x.max(-1, keepdims=True)
    r = hi - lo + 1
    return g / r


def _l1_norm_back(g, x):
    s = np.sum(np.abs(x), axis=-1, keepdims=True) + 1
    return g / s - np.sum(g * x, axis=-1, keepdims=True) / s**2


def _masked_softmax(M, x, mask):
    if not x.size:
        return x
    e = np.where(mask, M.exp(x - np.max(x, axis=-1, keepdims=True)), 0)
    return e / (np.sum(e, axis=-1, keepdims=True) + np.where(mask.any(-1, keepdims=True), 0, 1))


def _masked_softmax_back(g, x, mask):
    p = _masked_softmax(NP, x, mask)
    return np.where(mask, p * (g - np.sum(p * g, axis=-1, keepdims=True)), 1e-3 * g), None


def _eval_norm_back(g, x, mean, var):
    r = np.sqrt(var + 1e-3)
    return g / r, -g.sum(0) / r, -0.5 * (g * (x - mean)).sum(0) / (r * r)


A = of([1.0, 2.0, 4.0], [3.0, -1.0, 0.5], [0.0, 1.0, -2.0])
G = of([1.0, -2.0, 0.5], [0.3, 1.0, 2.0], [-1.0, 0.0, 1.0])

ENTRIES = [
    wrong(
        "batchnorm",
        "missing 1/N: n - 1 in the variance's term",
        _batchnorm,
        _batchnorm_back,
        "nd,d,d",
        A,
        of(1.0, 2.0, 0.5),
        of(0.0, 1.0, 2.0),
        g=G,
        at=(0, (0, 0)),
    ),
    wrong(
        "standardize",
        "forgotten term: the variance's",
        lambda M, x: _stats(M, x, 0)[1],
        _standardize_back,
        "nd",
        A,
        g=G,
        at=(0, (0, 0)),
    ),
    wrong(
        "layernorm",
        "forward and backward constants differing: eps is 0.01 in the forward only",
        _layernorm,
        _layernorm_back,
        "nd,d",
        A,
        of(1.0, 2.0, 0.5),
        g=G,
        at=(0, (0, 0)),
    ),
    wrong(
        "groupnorm",
        "small relative error: 1 % of the variance's term",
        _groupnorm,
        _groupnorm_back,
        "ngcs",
        np.arange(8.0).reshape(1, 2, 2, 2) ** 2,
        g=np.arange(8.0).reshape(1, 2, 2, 2) % 3,
        at=(0, (0, 0, 0, 0)),
    ),
    wrong(
        "rmsnorm",
        "missing 1/N: the projection's",
        _rms,
        _rms_back,
        "...d,d",
        A,
        of(1.0, 2.0, 0.5),
        g=G,
        at=(0, (0, 0)),
        domains="real nonzero",
    ),
    wrong(
        "l2_normalize",
        "negative axis or index: the last one, whichever it is",
        _l2,
        _l2_back,
        "nm",
        A,
        g=G,
        at=(0, (0, 0)),
        options={"axis": [0, 1, -1, -2]},
        given={"axis": -2},
    ),
    wrong(
        "softmax_axis",
        "axis or offset: rows for columns where the matrix is square",
        lambda M, x, axis: softmax(M, x, axis),
        _softmax_back,
        "nm",
        A,
        g=G,
        at=(0, (0, 0)),
        options={"axis": [0, 1, -1]},
        given={"axis": 0},
    ),
    wrong(
        "softmax_temperature",
        "forgotten term: 1 / t forgotten",
        lambda M, x, t: softmax(M, x / t),
        _temperature_back,
        "...m",
        A,
        g=G,
        at=(0, (0, 0)),
        options={"t": [1, 2]},
        given={"t": 2},
    ),
    wrong(
        "sparsemax",
        "missing 1/N: all of the row for its support",
        _sparsemax,
        _sparsemax_back,
        "...m",
        A,
        g=G,
        at=(0, (0, 2)),
    ),
    wrong("local_response", "forgotten term: the neighbours'", _lrn, _lrn_back, "...c", A, g=G, at=(0, (0, 0))),
    wrong(
        "dropout_mask",
        "forward and backward constants differing: scaled twice",
        lambda M, x, mask, p: x * mask / (1 - p),
        _dropout_back,
        "*,*",
        of(1.0, 2.0),
        np.array([True, False]),
        at=(0, (0,)),
        domains="real mask",
        options={"p": [0.0, 0.5]},
        given={"p": 0.5},
    ),
    wrong(
        "log_softmax",
        "upstream ignored, squared, clipped: its sum taken as 1: right for a one-hot",
        lambda M, x: x - lse(M, x, keepdims=True) if x.size else x,
        _log_softmax_back,
        "...m",
        A,
        g=G,
        at=(0, (0, 0)),
    ),
    wrong(
        "minmax_scale",
        "forgotten term: detached: the range",
        _minmax,
        _minmax_back,
        "...m",
        A,
        g=G,
        at=(0, (0, 2)),
    ),
    wrong(
        "l1_normalize",
        "sign: of each element in the sum's term",
        lambda M, x: x / (np.sum(np.abs(x), axis=-1, keepdims=True) + 1),
        _l1_norm_back,
        "...m",
        A,
        g=G,
        at=(0, (1, 1)),
    ),
    wrong(
        "masked_softmax",
        "mask: a thousandth of upstream leaks through it",
        _masked_softmax,
        _masked_softmax_back,
        "nm,nm",
        A,
        A > 0,
        g=G,
        at=(0, (1, 1)),
        domains="real mask",
    ),
    wrong(
        "batchnorm_eval",
        "forgotten term: a power: r squared for r cubed, in the variance's gradient",
        lambda M, x, mean, var: (x - mean) / M.sqrt(var + 1e-3),
        _eval_norm_back,
        "nd,d,d",
        A,
        of(0.0, 1.0, 2.0),
        of(2.0, 3.0, 0.5),
        at=(2, (0,)),
        domains="real real positive",
    ),
]
