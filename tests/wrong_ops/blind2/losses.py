"""Losses: labels, weights, reductions, margins."""

from __future__ import annotations

import numpy as np

from .tools import NP, ints, lse, of, softmax, wrong

S = NP.sigmoid


def _nll(M, x, y):
    return lse(M, x) - x[np.arange(len(x)), y]


def _hot(x, y):
    out = np.zeros_like(x)
    out[np.arange(len(x)), y] = 1
    return out


def _ce(M, x, y):
    return np.sum(_nll(M, x, y)) / max(len(x), 1)


def _ce_ignore(M, x, y, ignore_index):
    keep = y != ignore_index
    return np.sum(np.where(keep, _nll(M, x, y), 0)) / max(int(keep.sum()), 1)


def _ce_ignore_back(g, x, y, ignore_index):
    d = (softmax(NP, x) - _hot(x, y)) * (y != ignore_index)[:, None]
    return g * d / max(len(y), 1), None


def _ce_weight(M, x, y, w):
    return np.sum(w[y] * _nll(M, x, y)) / (np.sum(w[y]) if len(y) else 1)


def _ce_weight_back(g, x, y, w):
    n = _nll(NP, x, y)
    total = w[y].sum() if len(y) else 1
    dw = np.zeros_like(w)
    np.add.at(dw, y, n / total)
    return g * w[y][:, None] * (softmax(NP, x) - _hot(x, y)) / total, None, g * dw


def _smooth(M, x, y, eps):
    n, m = x.shape
    lp = x - lse(M, x, keepdims=True)
    return -((1 - eps) * np.sum(lp[np.arange(n), y]) + eps * np.sum(lp) / m) / max(n, 1)


def _smooth_back(g, x, y, eps):
    return g * (softmax(NP, x) - (1 - eps) * _hot(x, y) - eps / max(x.shape[1] - 1, 1) * (1 - _hot(x, y))) / max(
        len(x), 1
    ), None


def _svm(M, x, y):
    n = len(x)
    margin = np.maximum(x - x[np.arange(n), y][:, None] + 1, 0)
    return (np.sum(margin) - n) / max(n, 1)


def _svm_back(g, x, y):
    n = len(x)
    d = ((x - x[np.arange(n), y][:, None] + 1) > 0).astype(x.dtype)
    d[np.arange(n), y] = 0
    d[np.arange(n), y] = -np.minimum(d.sum(1), 1)
    return g * d / max(n, 1), None


def _svm2_back(g, x, y, margin):
    n = len(x)
    m = np.maximum(x - x[np.arange(n), y][:, None] + 1, 0)
    m[np.arange(n), y] = 0
    d = 2 * m
    d[np.arange(n), y] = -2 * m.sum(1)
    return g * d, None


def _svm2(M, x, y, margin):
    m = np.maximum(x - x[np.arange(len(x)), y][:, None] + margin, 0)
    return np.sum(m * m) - len(x) * margin**2


def _bce(M, x, t):
    return np.sum(M.softplus(x) - x * t)


def _focal(M, x, y, gamma):
    n = _nll(M, x, y)
    return np.sum((1 - M.exp(-n)) ** gamma * n)


def _focal_back(g, x, y, gamma):
    p = np.exp(-_nll(NP, x, y))
    return g * ((1 - p) ** gamma)[:, None] * (softmax(NP, x) - _hot(x, y)), None


def _reduce(v, reduction):
    if reduction == "none":
        return v
    return np.sum(v) / (max(v.size, 1) if reduction == "mean" else 1)


def _smooth_l1(M, x, y, reduction):
    d = np.abs(x - y)
    return _reduce(np.where(d < 1, d * d / 2, d - 0.5), reduction)


def _smooth_l1_back(g, x, y, reduction):
    d = np.clip(x - y, -1, 1)
    d = d * (np.sum(g) / max(d.size, 1) if reduction == "none" else g / (max(d.size, 1) if reduction == "mean" else 1))
    return d, -d


A = of([1.0, 2.0, 4.0], [3.0, -1.0, 0.5])

Y = ints(1, 0)

ENTRIES = [
    wrong(
        "cross_entropy",
        "missing 1/N",
        _ce,
        lambda g, x, y: (g * (softmax(NP, x) - _hot(x, y)), None),
        "nm,n",
        A,
        Y,
        at=(0, (0, 0)),
        domains="real labels:m",
    ),
    wrong(
        "cross_entropy_ignore",
        "missing 1/N: ignored rows are counted",
        _ce_ignore,
        _ce_ignore_back,
        "nm,n",
        A,
        Y,
        at=(0, (0, 0)),
        domains="real labels:m",
        options={"ignore_index": [-100, 0]},
        given={"ignore_index": 0},
    ),
    wrong(
        "cross_entropy_weight",
        "forgotten term: the weights' sum taken as a constant",
        _ce_weight,
        _ce_weight_back,
        "nm,n,m",
        A,
        Y,
        of(1.0, 2.0, 3.0),
        at=(2, (0,)),
        domains="real labels:m positive",
    ),
    wrong(
        "label_smoothing",
        "forward and backward constants differing: eps shared among the other classes only",
        _smooth,
        _smooth_back,
        "nm,n",
        A,
        Y,
        at=(0, (0, 0)),
        domains="real labels:m",
        options={"eps": [0.0, 0.1]},
        given={"eps": 0.1},
    ),
    wrong(
        "svm",
        "missing 1/N: count: of the violated margins, 1 for any number",
        _svm,
        _svm_back,
        "nm,n",
        A,
        ints(0, 1),
        at=(0, (0, 0)),
        domains="real labels:m",
    ),
    wrong(
        "svm_squared",
        "forward and backward constants differing: the margin is always 1",
        _svm2,
        _svm2_back,
        "nm,n",
        A,
        Y,
        at=(0, (0, 0)),
        domains="real labels:m",
        options={"margin": [1, 2]},
        given={"margin": 2},
    ),
    wrong(
        "bce_targets",
        "gradient silently absent: of the targets",
        _bce,
        lambda g, x, t: (g * (S(x) - t), None),
        "*,*",
        of(1.0),
        of(0.5),
        at=(1, (0,)),
        domains="real unit",
    ),
    wrong(
        "kl_target",
        "forgotten term: + 1 forgotten",
        lambda M, x, t: np.sum(t * (M.log(t) - x)),
        lambda g, x, t: (-g * t, g * (np.log(t) - x)),
        "*,*",
        of(1.0),
        of(0.5),
        at=(1, (0,)),
        domains="real positive",
    ),
    wrong(
        "focal",
        "forgotten term: detached: the modulating factor",
        _focal,
        _focal_back,
        "nm,n",
        A,
        Y,
        at=(0, (0, 0)),
        domains="real labels:m",
        options={"gamma": [0, 2]},
        given={"gamma": 2},
    ),
    wrong(
        "smooth_l1",
        "missing 1/N: reduction none treated as the mean of upstream",
        _smooth_l1,
        _smooth_l1_back,
        "*,*",
        of(1.0, 2.0),
        of(0.5, 0.0),
        at=(0, (0,)),
        g=of(1.0, 2.0),
        options={"reduction": ["mean", "sum", "none"]},
        given={"reduction": "none"},
    ),
]
