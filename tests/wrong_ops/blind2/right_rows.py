"""Right ops of rows, matrices and labels: ties by various conventions, zeros, masks over inf."""

from __future__ import annotations

import numpy as np

from .tools import keep, of, right

R = of([1.0, 2.0, 4.0, 0.3], [3.0, -1.0, 0.5, 1.5])

TIED = of([2.0, 2.0, 1.0, 2.0], [0.0, 0.0, 0.0, 0.0], [1.0, 3.0, 1.0, -1.0])

ZEROS = of([0.0, 0.0, 0.0], [2.0, 0.0, 3.0], [0.0, 5.0, 0.0], [1.0, -2.0, 3.0])


def _put(x, k, g):
    out = np.zeros_like(x)
    np.put_along_axis(out, np.asarray(k)[..., None], np.asarray(g)[..., None], -1)
    return out


def _shared(M_max):
    def back(g, x):
        on = x == M_max(x, axis=-1, keepdims=True)
        return np.asarray(g)[..., None] * on / np.maximum(on.sum(-1, keepdims=True), 1)

    return back


def _last_max_back(g, x):
    return _put(x, x.shape[-1] - 1 - np.argmax(x[..., ::-1], axis=-1), g)


def _sort_back(g, x):
    out = np.zeros_like(x)
    np.put_along_axis(out, np.argsort(x, axis=-1, kind="stable"), g, -1)
    return out


def _median(M, x):
    n = x.shape[-1]
    s = np.sort(x, axis=-1)
    return (s[..., (n - 1) // 2] + s[..., n // 2]) / 2


def _median_back(g, x):
    n = x.shape[-1]
    order = np.argsort(x, axis=-1, kind="stable")
    return _put(x, order[..., (n - 1) // 2], g / 2) + _put(x, order[..., n // 2], g / 2)


def _top2_back(g, x):
    order = np.argsort(-x, axis=-1, kind="stable")[..., :2]
    out = np.zeros_like(x)
    np.put_along_axis(out, order, g[..., : order.shape[-1]], -1)
    return out


def _trimmed_back(g, x):
    order = np.argsort(x, axis=-1, kind="stable")
    out = np.zeros_like(x)
    np.put_along_axis(out, order[..., 1:-1], np.asarray(g)[..., None], -1)
    return out


def _cummax_back(g, x):
    out = np.zeros_like(x)
    for j in range(x.shape[-1]):
        out += _put(x, np.argmax(x[..., : j + 1], axis=-1), g[..., j])
    return out


def _others(x):
    n = x.shape[-1]
    columns = [np.prod(np.delete(x, k, axis=-1), axis=-1) for k in range(n)]
    return np.stack(columns, axis=-1) if n else x


def _cumprod_back(g, x):
    out = np.zeros_like(x)
    for j in range(x.shape[-1]):
        out[..., : j + 1] += g[..., j : j + 1] * _others(x[..., : j + 1])
    return out


def _centered(x):
    return x - np.sum(x, axis=-1, keepdims=True) / max(x.shape[-1], 1)


def _var(M, x):
    return np.sum(_centered(x) ** 2, axis=-1) / x.shape[-1]


def _std_back(g, x):
    d, s = _centered(x), np.std(x, axis=-1, keepdims=True)
    zero = (x == x[..., :1]).all(-1, keepdims=True)
    return np.where(zero, 0, np.asarray(g)[..., None] * d / (x.shape[-1] * np.where(zero, 1, s)))


def _layernorm(M, x):
    return _centered(x) / M.sqrt(np.asarray(_var(M, x))[..., None] + 1e-5)


def _layernorm_back(g, x):
    s = np.sqrt(np.var(x, axis=-1, keepdims=True) + 1e-5)
    hat = _centered(x) / s
    return (g - g.mean(-1, keepdims=True) - hat * (g * hat).mean(-1, keepdims=True)) / s


def _norm_back(g, x):
    n = np.sqrt(np.sum(x * x, axis=-1, keepdims=True))
    return np.asarray(g)[..., None] * x / np.where(n == 0, 1, n)


def _row(slope):
    return lambda g, x: np.asarray(g)[..., None] * slope(x)


RIGHT = [
    right(
        "max_first",
        "ties: all to the first",
        lambda M, x: np.max(x, axis=-1),
        lambda g, x: _put(x, np.argmax(x, -1), g),
        "...n",
        TIED,
        R,
    ),
    right("max_even", "ties: shared", lambda M, x: np.max(x, axis=-1), _shared(np.max), "...n", TIED, R),
    right("max_last", "ties: all to the last", lambda M, x: np.max(x, axis=-1), _last_max_back, "...n", TIED, R),
    right("min_even", "ties: shared", lambda M, x: np.min(x, axis=-1), _shared(np.min), "...n", TIED, R),
    right(
        "max_of_relu",
        "ties of zeros, flat",
        lambda M, x: np.max(np.maximum(x, 0), axis=-1),
        lambda g, x: _put(x, np.argmax(x, -1), g) * (x > 0),
        "...n",
        TIED,
        R,
        -R,
    ),
    right(
        "max_axis",
        "ties: shared, along any axis",
        lambda M, x, axis: np.max(x, axis=axis),
        lambda g, x, axis: (
            keep(g, x, axis)
            * (x == np.max(x, axis=axis, keepdims=True))
            / np.sum(x == np.max(x, axis=axis, keepdims=True), axis=axis, keepdims=True)
        ),
        "nm",
        TIED,
        R,
        options={"axis": [None, 0, 1, -1]},
    ),
    right("sort", "ties: in order", lambda M, x: np.sort(x, axis=-1), _sort_back, "...n", R, of([2.0, 1.0, 5.0])),
    right("median", "the mean of two in the middle", _median, _median_back, "...n", R, of([2.0, 1.0, 5.0])),
    right("top2", "a jump of the choice", lambda M, x: -np.sort(-x, axis=-1)[..., :2], _top2_back, "...n", R),
    right(
        "trimmed_sum",
        "the choice changes at ties",
        lambda M, x: np.sum(np.sort(x, axis=-1)[..., 1:-1], axis=-1),
        _trimmed_back,
        "...n",
        R,
    ),
    right(
        "range",
        "ties at both ends",
        lambda M, x: np.max(x, axis=-1) - np.min(x, axis=-1),
        lambda g, x: _put(x, np.argmax(x, -1), g) - _put(x, np.argmin(x, -1), g),
        "...n",
        R,
        TIED,
    ),
    right(
        "absmax",
        "a cone in the largest norm: 0 at 0",
        lambda M, x: np.max(np.abs(x), axis=-1),
        lambda g, x: _put(x, np.argmax(np.abs(x), -1), g) * np.sign(x),
        "...n",
        R,
        TIED,
    ),
    right(
        "cummax",
        "ties: to the first",
        lambda M, x: np.maximum.accumulate(x, axis=-1),
        _cummax_back,
        "...n",
        R,
        TIED,
    ),
    right("prod", "zeros", lambda M, x: np.prod(x, axis=-1), _row(_others), "...n", ZEROS, R),
    right("cumprod", "zeros", lambda M, x: np.cumprod(x, axis=-1), _cumprod_back, "...n", ZEROS, R),
    right("var", "constant rows", _var, _row(lambda x: 2 * _centered(x) / x.shape[-1]), "...n", TIED, R),
    right("std", "a cone: 0 for constant rows", lambda M, x: M.sqrt(_var(M, x)), _std_back, "...n", TIED, R),
    right(
        "layernorm",
        "rows nearly constant: a slope of 300",
        _layernorm,
        _layernorm_back,
        "...n",
        TIED,
        R,
        1 + R * 1e-4,
        tolerance=1e-5,
    ),
    right("norm", "a cone: 0 at 0", lambda M, x: M.sqrt(np.sum(x * x, axis=-1)), _norm_back, "...n", ZEROS, R),
]
