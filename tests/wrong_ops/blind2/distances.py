"""Distances, norms, and products of more than two."""

from __future__ import annotations

import math

import numpy as np

from .linear import A
from .tools import of, wrong


def _weight_norm(M, v, s):
    return s[:, None] * v / M.sqrt(np.sum(v * v, axis=1, keepdims=True))


def _weight_norm_back(g, v, s):
    n = np.sqrt(np.sum(v * v, axis=1, keepdims=True))
    return g * s[:, None] / n, np.sum(g * v / n, axis=1)


def _pairwise(M, x):
    d = x[:, None, :] - x[None, :, :]
    return np.sum(d * d, axis=-1)


def _pairwise_back(g, x):
    return 4 * (g.sum(1)[:, None] * x - g @ x)


def _cdist(M, x, y):
    d = x[:, None, :] - y[None, :, :]
    return M.sqrt(np.sum(d * d, axis=-1))


def _cdist_back(g, x, y):
    d = x[:, None, :] - y[None, :, :]
    r = np.sqrt(np.sum(d * d, axis=-1))
    s = (g / np.maximum(r, 0.5))[..., None] * d
    return s.sum(1), -s.sum(0)


def _flat_affine(M, x, w):
    return x.reshape(len(x), math.prod(x.shape[1:])) @ w.reshape(math.prod(x.shape[1:]), w.shape[-1])


def _flat_affine_back(g, x, w):
    k = math.prod(x.shape[1:])
    flat = w.reshape(k, w.shape[-1])
    return (g @ flat.T).reshape(x.shape, order="F"), (x.reshape(len(x), k).T @ g).reshape(w.shape)


def _cosine(M, x, y):
    n, m = M.sqrt(np.sum(x * x, axis=-1)), M.sqrt(np.sum(y * y, axis=-1))
    return np.sum(x * y, axis=-1) / (n * m)


def _cosine_back(g, x, y):
    n, m = np.sqrt(np.sum(x * x, axis=-1, keepdims=True)), np.sqrt(np.sum(y * y, axis=-1, keepdims=True))
    c = np.sum(x * y, axis=-1, keepdims=True) / (n * m)
    g = g[..., None]
    return g * (y / (n * m) - c * x / n**2), g * (x / (n * m) - c * y / (n * m))


def _mul_shared_back(g, x, y):
    return (2 * g * x, 2 * g * x) if x is y else (g * y, g * x)


def _gram_back(g, x):
    return 2 * g @ x


def _center_rows(M, x):
    return x - np.sum(x, axis=0) / len(x)


def _rotate(M, x, y, t):
    return x * M.cos(t) - y * M.sin(t), x * M.sin(t) + y * M.cos(t)


def _rotate_back(g, x, y, t):
    c, s = np.cos(t), np.sin(t)
    a, b = g
    return a * c + b * s, b * c - a * s, a * (-x * s - y * c) + b * (x * c + y * s)


ENTRIES = [
    wrong(
        "weight_norm",
        "forgotten term: the norm taken as a constant",
        _weight_norm,
        _weight_norm_back,
        "nm,n",
        A,
        of(1.0, 2.0),
        at=(0, (0, 0)),
    ),
    wrong(
        "pairwise_squares",
        "upstream ignored, squared, clipped: taken as symmetric",
        _pairwise,
        _pairwise_back,
        "nd",
        A,
        g=of([0.0, 1.0], [0.0, 0.0]),
        at=(0, (0, 0)),
    ),
    wrong(
        "cdist",
        "wrong value at a threshold: clipped: distances below 0.5",
        _cdist,
        _cdist_back,
        "nd,md",
        of([1.0, 0.3], [0.0, 0.0]),
        of([1.1, 0.4]),
        at=(0, (0, 0)),
    ),
    wrong(
        "affine_flat",
        "axis or offset: order: columns first when the shape is put back",
        _flat_affine,
        _flat_affine_back,
        "nab,abm",
        np.arange(8.0).reshape(2, 2, 2),
        np.arange(8.0).reshape(2, 2, 2) ** 2,
        at=(0, (0, 0, 1)),
    ),
    wrong(
        "cosine_similarity",
        "backward copied from another op: the other argument's: the second norm's square",
        _cosine,
        _cosine_back,
        "...d,...d",
        of([1.0, 2.0]),
        of([2.0, 0.5]),
        at=(1, (0, 0)),
        domains="positive positive",
    ),
    wrong(
        "gram",
        "upstream ignored, squared, clipped: taken as symmetric: 2 g x",
        lambda M, x: x @ x.T,
        _gram_back,
        "nm",
        A,
        g=of([1.0, 2.0], [0.0, 1.0]),
        at=(0, (0, 0)),
    ),
    wrong(
        "square_shared",
        "node used twice: 2 x for each of the two uses",
        lambda M, x, y: x * y,
        _mul_shared_back,
        "*,*",
        *[of(1.0, 2.0)] * 2,
        kind="reuse",
        at=(0, (1,)),
    ),
    wrong(
        "center_rows",
        "forgotten term: the mean taken as a constant for more than two columns",
        _center_rows,
        lambda g, x: g - g.mean(0) if x.shape[1] <= 2 else g.copy(),
        "nm",
        A,
        g=A,
        at=(0, (0, 0)),
    ),
    wrong(
        "rotate",
        "sign: lost for negative angles",
        _rotate,
        lambda g, x, y, t: (*_rotate_back(g, x, y, t)[:2], _rotate_back(g, x, y, np.abs(t))[2]),
        "*,*,*",
        of(1.0),
        of(2.0),
        of(-0.5),
        at=(2, (0,)),
    ),
]
