"""Sorting, ranks, quantiles, extremes."""

from __future__ import annotations

import numpy as np

from .tools import of, wrong


def _sorted(M, x, descending):
    return -np.sort(-x, axis=-1) if descending else np.sort(x, axis=-1)


def _sort_back(g, x, descending):
    order = np.argsort(-x if descending else x, axis=-1, kind="stable")
    return np.take_along_axis(g, order, axis=-1)


def _top(x):
    return -np.sort(-x, axis=-1)[..., :2]


def _top_back(g, x):
    if not x.shape[-1]:
        return np.zeros_like(x)
    top = _top(x)
    out = np.where(x == top[..., :1], g[..., :1], 0)
    return out + (np.where(x == top[..., 1:], g[..., 1:], 0) if top.shape[-1] > 1 else 0)


def _median(M, x):
    n = x.shape[-1]
    s = np.sort(x, axis=-1)
    return (s[..., (n - 1) // 2] + s[..., n // 2]) / 2


def _median_back(g, x):
    n = x.shape[-1]
    order = np.argsort(x, axis=-1, kind="stable")
    out = np.zeros_like(x)
    np.put_along_axis(out, order[..., (n - 1) // 2 : (n - 1) // 2 + 1], np.asarray(g)[..., None], -1)
    return out


def _quantile(M, x, q):
    p = q * (x.shape[-1] - 1)
    lo = int(p)
    s = np.sort(x, axis=-1)
    return s[..., lo] * (1 - (p - lo)) + s[..., min(lo + 1, x.shape[-1] - 1)] * (p - lo)


def _quantile_back(g, x, q):
    p = q * (x.shape[-1] - 1)
    lo = int(p)
    hi = min(lo + 1, x.shape[-1] - 1)
    order = np.argsort(x, axis=-1, kind="stable")
    g = np.asarray(g)[..., None]
    out, more = np.zeros_like(x), np.zeros_like(x)
    t = p - lo
    np.put_along_axis(out, order[..., lo : lo + 1], g * (t if t else 1), -1)
    np.put_along_axis(more, order[..., hi : hi + 1], g * (1 - t if t else 0), -1)
    return out + more


def _maximum_back(g, x, y):
    return g * (x >= y), g * (y >= x)


def _trimmed(M, x):
    return np.sum(np.sort(x, axis=-1)[..., 1:-1], axis=-1)


def _trimmed_back(g, x):
    if not x.shape[-1]:
        return 0 * x
    lo, hi = x.min(-1, keepdims=True), x.max(-1, keepdims=True)
    return g[..., None] * ((x > lo) & (x < hi))


def _second_largest_back(g, x):
    order = np.argsort(x, axis=-1, kind="stable")
    out = np.zeros_like(x)
    np.put_along_axis(out, order[..., -2:-1] if x.shape[-1] < 5 else order[..., -3:-2], np.asarray(g)[..., None], -1)
    return out


def _absmax(M, x):
    return np.max(np.abs(x), axis=-1)


def _absmax_back(g, x):
    k = np.abs(x).argmax(-1)[..., None]
    out = np.zeros_like(x)
    np.put_along_axis(out, k, np.asarray(g)[..., None], -1)
    return out


def _cummin_back(g, x):
    out = np.zeros_like(x)
    for j in range(x.shape[-1]):
        k = np.argmin(x[..., : j + 1], axis=-1)[..., None]
        np.put_along_axis(out, k, np.take_along_axis(out, k, -1) + g[..., j : j + 1], -1)
    return out if x.shape[-1] < 4 else np.where(np.arange(x.shape[-1]) == 3, 0 * out, out)


def _range_back(g, x):
    out = np.zeros_like(x)
    g = np.asarray(g)[..., None]
    np.put_along_axis(out, x.argmin(-1)[..., None], -g, -1)
    np.put_along_axis(out, x.argmax(-1)[..., None], g, -1)
    return out


A = of([1.0, 4.0, 2.0, 0.3], [3.0, -1.0, 0.5, 1.0])

ENTRIES = [
    wrong(
        "sort",
        "forgotten transpose: the order for its inverse",
        _sorted,
        _sort_back,
        "...n",
        of(3.0, 1.0, 2.0),
        g=of(1.0, 2.0, 3.0),
        at=(0, (0,)),
        options={"descending": [False, True]},
        given={"descending": False},
    ),
    wrong(
        "top2",
        "ties each given 1: of both places",
        lambda M, x: _top(x),
        _top_back,
        "...n",
        of(2.0, 2.0, 1.0),
        at=(0, (0,)),
    ),
    wrong("median", "sizes: even: the lower middle alone", _median, _median_back, "...n", A, at=(0, (0, 2))),
    wrong(
        "quantile",
        "branches or weights exchanged: between the neighbours",
        _quantile,
        _quantile_back,
        "...n",
        A,
        at=(0, (0, 3)),
        options={"q": [0.5, 0.25]},
        given={"q": 0.25},
    ),
    wrong(
        "maximum",
        "ties each given 1",
        lambda M, x, y: np.maximum(x, y),
        _maximum_back,
        "*,*",
        of(1.0),
        of(1.0),
        at=(0, (0,)),
    ),
    wrong(
        "trimmed_sum",
        "ties each given 1: or shared wrongly: all equals of the smallest and largest left out",
        _trimmed,
        _trimmed_back,
        "...n",
        of([1.0, 1.0, 2.0, 3.0]),
        at=(0, (0, 0)),
    ),
    wrong(
        "second_largest",
        "sizes: from five elements on, the third",
        lambda M, x: np.sort(x, axis=-1)[..., -2],
        _second_largest_back,
        "...n",
        of([1.0, 2.0, 3.0, 4.0, 5.0]),
        at=(0, (0, 3)),
    ),
    wrong("absmax", "sign: of the largest", _absmax, _absmax_back, "...n", of([1.0, -2.0]), at=(0, (0, 1))),
    wrong(
        "cummin",
        "one element of many: the fourth",
        lambda M, x: np.minimum.accumulate(x, axis=-1),
        _cummin_back,
        "...n",
        of([4.0, 3.0, 2.0, 1.0]),
        at=(0, (0, 3)),
    ),
    wrong(
        "range",
        "sizes: one: + and - at the same place, the last wins",
        lambda M, x: np.max(x, axis=-1) - np.min(x, axis=-1),
        _range_back,
        "...n",
        of([1.0], [2.0]),
        at=(0, (0, 0)),
    ),
]
