"""Recurrences, scans, attention."""

from __future__ import annotations

import math

import numpy as np

from .tools import NP, lse, of, softmax, wrong

S = NP.sigmoid


def _rnn(M, x, h, wx, wh, b):
    out = []
    for t in range(x.shape[0]):
        h = M.tanh(x[t] @ wx + h @ wh + b)
        out.append(h)
    return np.stack(out) if out else np.zeros((0, *h.shape))


def _rnn_back(g, x, h, wx, wh, b):
    hs = [h, *_rnn(NP, x, h, wx, wh, b)]
    dx, dwx, dwh, db, dh = (
        np.zeros_like(x),
        np.zeros_like(wx),
        np.zeros_like(wh),
        np.zeros_like(b),
        np.zeros_like(h),
    )
    for t in reversed(range(len(x))):
        if len(x) - t == 3:
            dh = 0 * dh
        da = (g[t] + dh) * (1 - hs[t + 1] ** 2)
        dx[t], dh = da @ wx.T, da @ wh.T
        dwx += x[t].T @ da
        dwh += hs[t].T @ da
        db += da.sum(0)
    return dx, dh, dwx, dwh, db


def _rnn_step_back(g, x, h, wh):
    da = g * (1 - np.tanh(x + h @ wh) ** 2)
    return da, da @ wh.T, np.tanh(h).T @ da


def _lstm(M, i, f, o, u, c):
    c = M.sigmoid(f) * c + M.sigmoid(i) * M.tanh(u)
    return M.sigmoid(o) * M.tanh(c), c


def _lstm_back(g, i, f, o, u, c):
    new = S(f) * c + S(i) * np.tanh(u)
    t = np.tanh(new)
    dc = g[1] + g[0] * S(o) * (1 - t * t)
    return (
        dc * np.tanh(u) * S(i) * S(-i),
        g[1] * c * S(f) * S(-f),
        g[0] * t * S(o) * S(-o),
        dc * S(i) * (1 - np.tanh(u) ** 2),
        dc * S(f),
    )


def _gru_back(g, z, u, h):
    s = S(z)
    return g * (h - np.tanh(u)) * s, g * (1 - s) * (1 - np.tanh(u) ** 2), g * s


def _scaled(M, q, k):
    return q @ k.T / math.sqrt(q.shape[1])


def _attention(M, q, k, v):
    return softmax(M, _scaled(M, q, k)) @ v if len(k) and q.shape[1] else q @ k.T @ v


def _attention_back(g, q, k, v):
    if not (len(k) and q.shape[1]):
        return 0 * q, 0 * k, 0 * v
    p = softmax(NP, _scaled(NP, q, k))
    dp = g @ v.T
    ds = p * (dp - np.sum(dp * p, axis=-1, keepdims=True))
    return ds @ k / math.sqrt(q.shape[1]), ds.T @ q / math.sqrt(k.shape[0]), p.T @ g


def _causal(M, s):
    n = len(s)
    return softmax(M, np.where(np.tri(n, dtype=bool), s, -1000)) if n else s


def _causal_back(g, s):
    n = len(s)
    if not n:
        return 0 * s
    p = _causal(NP, s)
    d = p * (g - np.sum(p * g, axis=-1, keepdims=True))
    d[-1] = p[-1] * (g[-1] - np.sum(p[-1, :-1] * g[-1, :-1]))
    return d


def _scan(M, a, x):
    h, out = 0 * x[..., 0] if x.shape[-1] else None, []
    for t in range(x.shape[-1]):
        h = a[..., t] * h + x[..., t]
        out.append(h)
    return np.stack(out, axis=-1) if out else np.zeros(x.shape)


def _scan_back(g, a, x):
    h = _scan(NP, a, x)
    dx, dh = np.zeros_like(x), 0
    for t in reversed(range(x.shape[-1])):
        dh = g[..., t] + dh
        dx[..., t] = dh
        dh = dh * a[..., t]
    return dx * np.roll(h, 1, axis=-1), dx


def _discounted(M, x, gamma):
    h, out = 0, []
    for t in reversed(range(x.shape[-1])):
        h = x[..., t] + gamma * h
        out.append(h)
    return np.stack(out[::-1], axis=-1) if out else np.zeros(x.shape)


def _discounted_back(g, x, gamma):
    n = x.shape[-1]
    power = np.maximum(np.arange(n)[:, None] - np.arange(n)[None, :], 0)
    weight = np.where(np.arange(n)[:, None] >= np.arange(n)[None, :], gamma ** np.minimum(power, 4), 0)
    return g @ weight.T


def _logcumsumexp(M, x):
    out = [lse(M, x[..., : t + 1]) for t in range(x.shape[-1])]
    return np.stack(out, axis=-1) if out else np.zeros(x.shape)


def _logcumsumexp_back(g, x):
    out = _logcumsumexp(NP, x)
    return np.exp(x) * np.flip(np.cumsum(np.flip(g * np.exp(-out), -1), axis=-1), -1)


def _ema_back(g, x, a):
    n = x.shape[-1]
    dx, dh = np.zeros_like(x), np.zeros_like(x[..., 0]) if n else 0
    for t in reversed(range(n)):
        dh = g[..., t] + dh * (1 - a if t != n - 2 else 1)
        dx[..., t] = dh * a
    return dx


def _ema(M, x, a):
    h, out = 0, []
    for t in range(x.shape[-1]):
        h = (1 - a) * h + a * x[..., t]
        out.append(h)
    return np.stack(out, axis=-1) if out else np.zeros(x.shape)


def _last(M, x, mask):
    h, out = 0 * x[..., 0] if x.shape[-1] else 0, []
    for t in range(x.shape[-1]):
        h = np.where(mask[..., t], x[..., t], h)
        out.append(h)
    return np.stack(out, axis=-1) if out else np.zeros(x.shape)


def _last_back(g, x, mask):
    dx, dh = np.zeros_like(x), 0
    for t in reversed(range(x.shape[-1])):
        dh = g[..., t] + dh
        dx[..., t] = np.where(mask[..., t], dh, 0)
        dh = np.where(mask[..., t] & (t > 0), 0, dh)
    if x.shape[-1]:
        dx[..., 0] = dh
    return dx, None


A = of([1.0, 2.0, 4.0, 0.3], [3.0, -1.0, 0.5, 1.0])
Q = of([0.5, 0.2], [-0.3, 0.4])
X = np.linspace(-1, 1, 16).reshape(4, 2, 2)

ENTRIES = [
    wrong(
        "rnn",
        "forgotten term: cut: the gradient carried back ends after two steps",
        _rnn,
        _rnn_back,
        "tnd,nh,dh,hh,h",
        X,
        Q,
        Q,
        Q + 0.1,
        of(0.1, 0.2),
        at=(0, (0, 0, 0)),
    ),
    wrong(
        "rnn_step",
        "backward copied from another op: tanh of the state for the state, in one gradient",
        lambda M, x, h, wh: M.tanh(x + h @ wh),
        _rnn_step_back,
        "nh,nh,hh",
        Q,
        Q + 1,
        Q,
        at=(2, (0, 0)),
    ),
    wrong(
        "lstm_cell",
        "forgotten term: the forget gate's through the hidden state",
        _lstm,
        _lstm_back,
        "*,*,*,*,*",
        of(0.1),
        of(0.2),
        of(0.3),
        of(0.4),
        of(0.5),
        at=(1, (0,)),
    ),
    wrong(
        "gru_update",
        "forgotten term: 1 - s of the gate",
        lambda M, z, u, h: (1 - M.sigmoid(z)) * M.tanh(u) + M.sigmoid(z) * h,
        _gru_back,
        "*,*,*",
        of(0.1),
        of(0.2),
        of(0.3),
        at=(0, (0,)),
    ),
    wrong(
        "attention",
        "axis or offset: the keys' gradient scaled by their number, not their width",
        _attention,
        _attention_back,
        "nd,md,mk",
        A,
        A + 0.5,
        Q,
        at=(1, (0, 0)),
        g=of([1.0, 0.0], [0.0, 2.0]),
    ),
    wrong(
        "causal_softmax",
        "one element of many: the diagonal's left out in the last row",
        _causal,
        _causal_back,
        "nn",
        Q,
        g=of([1.0, 2.0], [3.0, 5.0]),
        at=(0, (1, 0)),
    ),
    wrong(
        "linear_scan",
        "one element of many: the first coefficient's takes the last state",
        _scan,
        _scan_back,
        "...t,...t",
        A,
        A + 1,
        at=(0, (0, 0)),
    ),
    wrong(
        "discounted_sum",
        "wrong value at a threshold: clipped: powers of the discount beyond the fourth",
        _discounted,
        _discounted_back,
        "...t",
        np.arange(7.0),
        at=(0, (6,)),
        options={"gamma": [1.0, 0.5]},
        given={"gamma": 0.5},
    ),
    wrong(
        "logcumsumexp",
        "sigmoid and softplus overflow: exp(x) times exp(-out)",
        _logcumsumexp,
        _logcumsumexp_back,
        "...t",
        of(800.0, 801.0),
        at=(0, (0,)),
    ),
    wrong(
        "ema",
        "axis or offset: off by one: the last step is not discounted",
        _ema,
        _ema_back,
        "...t",
        A,
        at=(0, (0, 0)),
        options={"a": [1.0, 0.5]},
        given={"a": 0.5},
    ),
    wrong(
        "forward_fill",
        "one element of many: the first takes a gradient though the mask has it not",
        _last,
        _last_back,
        "nt,nt",
        A,
        A > 2,
        at=(0, (0, 0)),
        domains="real mask",
    ),
]
