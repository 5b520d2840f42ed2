"""Correct losses, normalisation layers and a small network."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import exact as e
from ..pair import pair

REDUCTION = {"reduction": ["none", "sum", "mean"]}


def softmax(x: Any) -> Any:
    z = np.exp(x - np.max(x, axis=-1, keepdims=True))
    return z / np.sum(z, axis=-1, keepdims=True)


def softmax_backward(g: Any, x: Any) -> Any:
    p = softmax(x)
    return p * (g - np.sum(g * p, axis=-1, keepdims=True))


def log_softmax(x: Any) -> Any:
    x = x - np.max(x, axis=-1, keepdims=True)
    return x - np.log(np.sum(np.exp(x), axis=-1, keepdims=True))


def log_softmax_backward(g: Any, x: Any) -> Any:
    return g - softmax(x) * np.sum(g, axis=-1, keepdims=True)


def reduced(loss: Any, reduction: str) -> Any:
    return {"none": loss, "sum": loss.sum(), "mean": loss.sum() / max(len(loss), 1)}[reduction]


def entropy_forward(x: Any, y: Any, reduction: str = "mean") -> Any:
    return reduced(-log_softmax(x)[np.arange(len(y)), y], reduction)


def entropy_backward(g: Any, x: Any, y: Any, reduction: str = "mean") -> Any:
    p = softmax(x)
    p[np.arange(len(y)), y] -= 1
    scale = g / len(y) if reduction == "mean" else g
    return p * np.reshape(scale, (-1, 1)), None


def hinge_forward(x: Any, y: Any) -> Any:
    margins = np.maximum(0, 1 + x - x[np.arange(len(y)), y][:, None])
    margins[np.arange(len(y)), y] = 0
    return margins.sum()


def hinge_exact(x: Any, y: Any) -> Any:
    return hinge_forward(x, y)


def hinge_backward(g: Any, x: Any, y: Any) -> Any:
    over = (1 + x - x[np.arange(len(y)), y][:, None] > 0).astype(x.dtype)
    over[np.arange(len(y)), y] = 0
    over[np.arange(len(y)), y] = -over.sum(axis=1)
    return g * over, None


def mse_forward(x: Any, t: Any) -> Any:
    return np.sum((x - t) ** 2) / max(x.size, 1)


def mse_backward(g: Any, x: Any, t: Any) -> Any:
    gx = g * 2 * (x - t) / max(x.size, 1)
    return gx, -gx


def huber_forward(x: Any, t: Any, delta: float = 1.0) -> Any:
    d = np.abs(x - t)
    return np.where(d <= delta, 0.5 * d * d, delta * (d - 0.5 * delta))


def huber_backward(g: Any, x: Any, t: Any, delta: float = 1.0) -> Any:
    d = x - t
    gx = g * np.where(np.abs(d) <= delta, d, delta * np.sign(d))
    return gx, -gx


def bce_forward(x: Any, t: Any) -> Any:
    return np.maximum(x, 0) - x * t + np.log1p(np.exp(-np.abs(x)))


def bce_backward(g: Any, x: Any, t: Any) -> Any:
    return g * (1 / (1 + np.exp(-x)) - t), -g * x


def average(x: Any) -> Any:
    return np.sum(x, axis=-1, keepdims=True) / max(x.shape[-1], 1)


def layernorm_forward(x: Any, w: Any, b: Any) -> Any:
    centred = x - average(x)
    return w * centred / np.sqrt(average(centred * centred) + 0.01) + b


def layernorm_exact(x: Any, w: Any, b: Any) -> Any:
    centred = x - average(x)
    return w * centred / e.sqrt(average(centred * centred) + 0.01) + b


def layernorm_backward(g: Any, x: Any, w: Any, b: Any) -> Any:
    centred = x - average(x)
    inv = 1 / np.sqrt(average(centred * centred) + 0.01)
    unit = centred * inv
    d = g * w
    gx = inv * (d - average(d) - unit * average(d * unit))
    return gx, (g * unit).sum(axis=0), g.sum(axis=0)


def mlp_forward(x: Any, w: Any, v: Any) -> Any:
    return np.tanh(x @ w) @ v  # no kinks: where several meet, the hull is not that of the parts


def mlp_backward(g: Any, x: Any, w: Any, v: Any) -> Any:
    h = np.tanh(x @ w)
    gh = (g @ v.T) * (1 - h * h)
    return gh @ w.T, x.T @ gh, h.T @ g


def attention_forward(q: Any, k: Any, v: Any) -> Any:
    return softmax(q @ k.T * 0.5) @ v


def attention_backward(g: Any, q: Any, k: Any, v: Any) -> Any:
    p = softmax(q @ k.T * 0.5)
    gp = g @ v.T
    gs = p * (gp - np.sum(gp * p, axis=-1, keepdims=True)) * 0.5
    return gs @ k, gs.T @ q, p.T @ g


def momentum_forward(w: Any, m: Any, d: Any) -> Any:
    step = 0.9 * m + d
    return w - 0.1 * step, step


def momentum_backward(g: Any, w: Any, m: Any, d: Any) -> Any:
    gstep = g[1] - 0.1 * g[0]
    return g[0], 0.9 * gstep, gstep


CORRECT = [
    pair("softmax", softmax, softmax_backward, e.softmax, "nm"),
    pair("log_softmax", log_softmax, log_softmax_backward, lambda x: x - e.logsumexp(x, keepdims=True), "nm"),
    pair(
        "cross_entropy",
        entropy_forward,
        entropy_backward,
        lambda x, y, reduction="mean": reduced(e.logsumexp(x) - x[np.arange(len(y)), y], reduction),
        "nm,n",
        ("real", "labels:m"),
        REDUCTION,
    ),
    pair("hinge", hinge_forward, hinge_backward, hinge_exact, "nm,n", ("real", "labels:m")),
    pair("mse", mse_forward, mse_backward, mse_forward, "nm,nm"),
    pair("huber", huber_forward, huber_backward, huber_forward, "n,n", options={"delta": [1.0, 0.5]}),
    pair("bce", bce_forward, bce_backward, lambda x, t: e.log1p(e.exp(x)) - x * t, "n,n", ("real", "unit")),
    pair("layernorm", layernorm_forward, layernorm_backward, layernorm_exact, "nm,m,m"),
    pair("mlp", mlp_forward, mlp_backward, lambda x, w, v: e.tanh(x @ w) @ v, "nk,kh,hm"),
    pair("attention", attention_forward, attention_backward, lambda q, k, v: e.softmax(q @ k.T * 0.5) @ v, "nd,md,mc"),
    pair("momentum", momentum_forward, momentum_backward, momentum_forward, "n,n,n"),
]
