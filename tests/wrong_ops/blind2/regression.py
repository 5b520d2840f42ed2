"""Losses without labels, and of sequences."""

from __future__ import annotations

import numpy as np

from .losses import A, Y, _ce, _hot, _nll
from .tools import NP, ints, of, softmax, wrong


def _triplet(M, a, p, n):
    return np.maximum(np.sum((a - p) ** 2, axis=-1) - np.sum((a - n) ** 2, axis=-1) + 1, 0)


def _triplet_back(g, a, p, n):
    on = (g * (np.sum((a - p) ** 2, axis=-1) - np.sum((a - n) ** 2, axis=-1) + 1 > 0))[:, None]
    return on * 2 * (a - p), on * 2 * (p - a), on * 2 * (a - n)


def _poisson_back(g, rate, t):
    return g * (1 - t / (rate + 1e-2)), g * -np.log(rate)


def _perplexity_back(g, x, y):
    return g * (softmax(NP, x) - _hot(x, y)) / max(len(x), 1), None


def _pinball(M, x, y, q):
    d = y - x
    return np.sum(np.maximum(q * d, (q - 1) * d))


def _pinball_back(g, x, y, q):
    d = np.where(y > x, 1 - q, -q)
    return -g * d, g * d


def _dice(M, p, t):
    return 1 - 2 * np.sum(p * t) / (np.sum(p) + np.sum(t) + 1)


def _dice_back(g, p, t):
    total = np.sum(p) + np.sum(t) + 1
    return -2 * g * t / total, -2 * g * (p / total - np.sum(p * t) / total**2)


def _gauss(M, m, v, t):
    v = np.maximum(v, 0.05)
    return np.sum(M.log(v) + (t - m) ** 2 / v) / 2


def _gauss_back(g, m, v, t):
    c = np.maximum(v, 0.05)
    d = (t - m) / c
    return -g * d, g * (1 / c - d * d) / 2, g * d


def _seq_ce(M, x, y, mask):
    n, t, v = x.shape
    flat = _nll(M, x.reshape(n * t, v), y.reshape(-1))
    return np.sum(np.where(mask.reshape(-1), flat, 0)) / max(n, 1)


def _seq_ce_back(g, x, y, mask):
    n, t, v = x.shape
    d = softmax(NP, x.reshape(n * t, v)) - _hot(x.reshape(n * t, v), y.reshape(-1))
    d[mask.reshape(-1)] *= g / max(n, 1)
    return d.reshape(x.shape), None, None


def _center_loss_back(g, x, y, c):
    dc = np.zeros_like(c)
    dc[y] = -2 * g * (x - c[y])
    return 2 * g * (x - c[y]), None, dc


def _margin_rank(M, a, b):
    return np.sum(np.maximum(0, 1 - (a - b)))


def _margin_rank_back(g, a, b):
    on = g * ((a - b) < 1) * ((a - b) > -5)
    return -on, on


def _ce_row_back(g, x, y):
    return g * (softmax(NP, x) - _hot(x, y)), None


ENTRIES = [
    wrong(
        "triplet",
        "forgotten term: of the anchor, the negative's",
        _triplet,
        _triplet_back,
        "nd,nd,nd",
        of([1.0, 0.0]),
        of([0.0, 0.0]),
        of([1.0, 1.0]),
        at=(0, (0, 1)),
    ),
    wrong(
        "poisson_nll",
        "forward and backward constants differing: eps in the backward only",
        lambda M, rate, t: rate - t * M.log(rate),
        _poisson_back,
        "*,*",
        of(0.5),
        of(2.0),
        at=(0, (0,)),
        domains="positive positive",
    ),
    wrong(
        "perplexity",
        "forgotten term: the outer exp forgotten",
        lambda M, x, y: M.exp(_ce(M, x, y)),
        _perplexity_back,
        "nm,n",
        A,
        Y,
        at=(0, (0, 0)),
        domains="real labels:m",
    ),
    wrong(
        "pinball",
        "branches or weights exchanged: right for the median",
        _pinball,
        _pinball_back,
        "*,*",
        of(1.0),
        of(2.0),
        at=(0, (0,)),
        options={"q": [0.5, 0.9]},
        given={"q": 0.9},
    ),
    wrong(
        "dice",
        "forgotten term: the denominator taken as a constant, for the first argument",
        _dice,
        _dice_back,
        "*,*",
        of(0.2, 0.7),
        of(0.5, 0.9),
        at=(0, (0,)),
        domains="unit unit",
    ),
    wrong(
        "gaussian_nll",
        "wrong value at a threshold: a slope where the variance is clamped",
        _gauss,
        _gauss_back,
        "*,*,*",
        of(1.0),
        of(0.03),
        of(2.0),
        at=(1, (0,)),
        domains="real positive real",
    ),
    wrong(
        "temporal_softmax",
        "mask: masked steps keep their gradient",
        _seq_ce,
        _seq_ce_back,
        "ntv,nt,nt",
        A.reshape(1, 2, 3),
        ints([0, 1]),
        np.array([[True, False]]),
        at=(0, (0, 1, 0)),
        domains="real labels:v mask",
    ),
    wrong(
        "center_loss",
        "duplicate index lost: of the centers",
        lambda M, x, y, c: np.sum((x - c[y]) ** 2),
        _center_loss_back,
        "nd,n,kd",
        A,
        ints(0, 0),
        np.ones((2, 3)),
        at=(2, (0, 0)),
        domains="real labels:k real",
    ),
    wrong(
        "margin_ranking",
        "wrong value at a threshold: clipped: pairs that are wrong by more than 5",
        _margin_rank,
        _margin_rank_back,
        "*,*",
        of(-4.0),
        of(2.0),
        at=(0, (0,)),
    ),
    wrong(
        "cross_entropy_rows",
        "keepdims: upstream along the rows' axis where the matrix is square",
        _nll,
        _ce_row_back,
        "nn,n",
        of([1.0, 2.0], [3.0, 5.0]),
        Y,
        g=of(1.0, 2.0),
        at=(0, (0, 1)),
        domains="real labels:n",
    ),
]
