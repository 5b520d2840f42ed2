"""Convolution, pooling, interpolation, resizing."""

from __future__ import annotations

import numpy as np

from .tools import NP, of, wrong


def _zeros(x, n):
    return np.zeros((*x.shape[:-1], n), dtype=x.dtype)


def _same(x, w):
    """Correlation of rows x with one kernel w, of the same size: zeros around."""
    n, k = x.shape[-1], w.shape[0]
    padded = np.concatenate([_zeros(x, (k - 1) // 2), x, _zeros(x, k // 2)], axis=-1)
    return sum((padded[..., j : j + n] * w[j] for j in range(k)), 0 * x)


def _same_back(g, x, w):
    n, k = x.shape[-1], w.shape[0]
    padded = np.concatenate([_zeros(x, (k - 1) // 2), x, _zeros(x, k // 2)], axis=-1)
    dw = np.array([np.sum(padded[..., j : j + n] * g) for j in range(k)], dtype=w.dtype).reshape(w.shape)
    return _same(g, w[::-1]), dw


def _full(M, x, w):
    n, k = len(x), len(w)
    out = [sum((x[i] * w[j - i] for i in range(n) if 0 <= j - i < k), 0 * np.sum(x)) for j in range(n + k - 1)]
    return np.array(out) if n and k else np.zeros(max(n + k - 1, 0))


def _full_back(g, x, w):
    n, k = len(x), len(w)
    dx = np.array([np.sum(g[i : i + k] * w) for i in range(n)], dtype=x.dtype)
    dw = np.array([np.sum(g[j : j + n] * x[: len(g[j : j + n])]) for j in range(k)], dtype=w.dtype)
    return dx, dw[::-1].copy() if k > n else dw


def _laplace(M, x):
    p = np.concatenate([x[:1], x, x[-1:]], axis=0)
    p = np.concatenate([p[:, :1], p, p[:, -1:]], axis=1)
    return p[:-2, 1:-1] + p[2:, 1:-1] + p[1:-1, :-2] + p[1:-1, 2:] - 4 * x


def _laplace_back(g, x):
    if not x.size:
        return 0 * x
    out = -4 * g
    out[1:] += g[:-1]
    out[:-1] += g[1:]
    out[:, 1:] += g[:, :-1]
    out[:, :-1] += g[:, 1:]
    out[0] += g[0]
    out[-1] += g[-1]
    out[1:-1, 0] += g[1:-1, 0]
    out[:, -1] += g[:, -1]
    return out


def _pool2(M, x):
    n = x.shape[-1] // 2
    return np.maximum(x[..., : 2 * n : 2], x[..., 1 : 2 * n : 2])


def _pool2_back(g, x):
    n = x.shape[-1] // 2
    out = np.zeros_like(x)
    top = _pool2(NP, x)
    out[..., : 2 * n : 2] = g * (x[..., : 2 * n : 2] == top)
    out[..., 1 : 2 * n : 2] = g * (x[..., 1 : 2 * n : 2] == top)
    return out


def _window3(x):
    edge = np.concatenate([x[..., :1], x, x[..., -1:]], axis=-1)
    return edge[..., :-2], x, edge[..., 2:]


def _pool3(M, x):
    a, b, c = _window3(x)
    return np.maximum(np.maximum(a, b), c)


def _pool3_back(g, x):
    out = np.zeros_like(x)
    n = x.shape[-1]
    for j in range(n):
        lo = max(j - 1, 0)
        k = lo + np.argmax(x[..., lo : j + 2], axis=-1)[..., None]
        np.put_along_axis(out, k, g[..., j : j + 1], -1)
    return out


def _average3(M, x):
    zero = 0 * x[..., :1]
    n = x.shape[-1]
    total = x + np.concatenate([zero, x[..., :-1]], axis=-1) + np.concatenate([x[..., 1:], zero], axis=-1)
    return total / (3 - (np.arange(n) == 0) - (np.arange(n) == n - 1)) if n else x


def _average3_back(g, x):
    zero = 0 * x[..., :1]
    return (g + np.concatenate([zero, g[..., :-1]], -1) + np.concatenate([g[..., 1:], zero], -1)) / 3


def _global_back(g, x):
    return np.array(np.broadcast_to(g[..., None, None] / x.shape[-1] ** 2, x.shape))


def _upsample_back(g, x):
    return 4 * g[..., ::2, ::2]


def _sample(M, x, at):
    n = len(x)
    p = at * (n - 1)
    lo = np.clip(np.array([int(v) for v in p], dtype=np.int64).reshape(p.shape), 0, max(n - 2, 0))
    hi = np.minimum(lo + 1, n - 1)
    t = p - lo
    return x[lo] * (1 - t) + x[hi] * t


def _sample_back(g, x, at):
    n = len(x)
    p = at * (n - 1)
    lo = np.clip(p.astype(np.int64), 0, max(n - 2, 0))
    hi = np.minimum(lo + 1, n - 1)
    t = p - lo
    dx = np.zeros_like(x)
    np.add.at(dx, lo, g * (1 - t))
    np.add.at(dx, hi, g * t)
    return dx, g * (x[hi] - x[lo])


def _variation_back(g, x):
    s = np.sign(x[..., 1:] - x[..., :-1])
    out = np.zeros_like(x)
    out[..., 1:] += s
    out[..., 1:-1] -= s[..., 1:]
    return g * out


def _depthwise(M, x, w):
    zero = 0 * x[..., :1]
    left, rest = np.concatenate([zero, x[..., :-1]], axis=-1), x
    return w[:, None] * rest + (w * w)[:, None] * left


def _depthwise_back(g, x, w):
    zero = 0 * x[..., :1]
    left = np.concatenate([zero, x[..., :-1]], axis=-1)
    dx = g * w[:, None] + (w * w)[:, None] * np.concatenate([g[..., 1:], zero], axis=-1)
    return dx, np.sum(g * x, axis=-1) + 2 * w * np.sum(g * left, axis=-1) * (np.arange(len(w)) < 3)


def _pad2_back(g, x, pad):
    (top, _), (left, right) = pad
    return g[top : g.shape[0] - top, left : g.shape[1] - right].copy()


def _scale_rows_back(g, x, s):
    return g * s[:, None], 1.01 * np.sum(g * x, axis=-1)


A = of([1.0, 2.0, 4.0, 0.3], [3.0, -1.0, 0.5, 1.0])

ENTRIES = [
    wrong(
        "conv_same",
        "sizes: even: the kernel turned round about the wrong place",
        lambda M, x, w: _same(x, w),
        _same_back,
        "nt,k",
        A,
        of(1.0, 3.0),
        g=A,
        at=(0, (0, 0)),
    ),
    wrong(
        "convolve_full",
        "axis or offset: flipped: a kernel longer than the signal",
        _full,
        _full_back,
        "n,k",
        of(1.0, 2.0),
        of(1.0, 3.0, 5.0),
        g=of(1.0, 2.0, 3.0, 4.0),
        at=(1, (0,)),
    ),
    wrong(
        "laplacian_replicate",
        "padding: the two corners of the left edge lost",
        _laplace,
        _laplace_back,
        "hw",
        np.arange(9.0).reshape(3, 3),
        at=(0, (0, 0)),
    ),
    wrong("maxpool", "ties each given 1", _pool2, _pool2_back, "...t", of(2.0, 2.0, 1.0), at=(0, (0,))),
    wrong("maxpool_overlap", "= for +=: where windows overlap", _pool3, _pool3_back, "nt", A, at=(0, (0, 2))),
    wrong(
        "avgpool_borders",
        "missing 1/N: count: 3 at the borders too",
        _average3,
        _average3_back,
        "...t",
        A,
        at=(0, (0, 0)),
    ),
    wrong(
        "global_avgpool",
        "missing 1/N: the width squared for the area",
        lambda M, x: np.sum(x, axis=(-1, -2)) / (x.shape[-1] * x.shape[-2]),
        _global_back,
        "nchw",
        np.ones((1, 1, 2, 3)),
        at=(0, (0, 0, 0, 0)),
    ),
    wrong(
        "upsample_nearest",
        "upstream ignored, squared, clipped: the first of four for their sum: right for ones",
        lambda M, x: np.repeat(np.repeat(x, 2, axis=-1), 2, axis=-2),
        _upsample_back,
        "...hw",
        of([1.0]),
        g=of([1.0, 2.0], [3.0, 4.0]),
        at=(0, (0, 0)),
    ),
    wrong(
        "sample_linear",
        "forgotten term: the scale of the positions",
        _sample,
        _sample_back,
        "n,m",
        of(1.0, 2.0, 4.0),
        of(0.3),
        at=(1, (0,)),
        domains="real unit",
    ),
    wrong(
        "total_variation",
        "one element of many: the first",
        lambda M, x: np.sum(np.abs(x[..., 1:] - x[..., :-1])),
        _variation_back,
        "nt",
        A,
        at=(0, (0, 0)),
    ),
    wrong(
        "depthwise_pair",
        "one element of many: channels beyond the third",
        _depthwise,
        _depthwise_back,
        "ct,c",
        np.ones((4, 3)),
        of(1.0, 2.0, 3.0, 4.0),
        at=(1, (3,)),
    ),
    wrong(
        "pad_constant",
        "padding: the bottom's width taken to be the top's",
        lambda M, x, pad: np.pad(x, pad),
        _pad2_back,
        "hw",
        A,
        g=np.arange(30.0).reshape(5, 6),
        at=(0, (0, 0)),
        options={"pad": [((1, 1), (0, 0)), ((1, 2), (1, 1))]},
        given={"pad": ((1, 2), (1, 1))},
    ),
    wrong(
        "scale_rows",
        "small relative error: 1 % in the scale's gradient",
        lambda M, x, s: x * s[:, None],
        _scale_rows_back,
        "nt,n",
        A,
        of(1.0, 2.0),
        at=(1, (0,)),
    ),
]
