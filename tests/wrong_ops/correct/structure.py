"""Correct ops of linear algebra, indexing and shape."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..pair import pair, reduce_to


def matmul_backward(g: Any, a: Any, b: Any) -> Any:
    ga = np.matmul(g, np.swapaxes(b, -1, -2))
    gb = np.matmul(np.swapaxes(a, -1, -2), g)
    return reduce_to(ga, a.shape), reduce_to(gb, b.shape)


def linear_forward(x: Any, w: Any, b: Any) -> Any:
    return x @ w.T + b


def linear_backward(g: Any, x: Any, w: Any, b: Any) -> Any:
    return g @ w, g.T @ x, g.sum(axis=0)


def bilinear_forward(x: Any, a: Any, y: Any) -> Any:
    return np.einsum("ni,ij,nj->n", x, a, y)


def bilinear_backward(g: Any, x: Any, a: Any, y: Any) -> Any:
    gx = np.einsum("n,ij,nj->ni", g, a, y)
    ga = np.einsum("n,ni,nj->ij", g, x, y)
    return gx, ga, np.einsum("n,ni,ij->nj", g, x, a)


def gram_forward(x: Any) -> Any:
    return x @ x.T


def gram_backward(g: Any, x: Any) -> Any:
    return (g + g.T) @ x


def take_forward(x: Any, i: Any) -> Any:
    return x[i]


def take_backward(g: Any, x: Any, i: Any) -> Any:
    gx = np.zeros_like(x)
    np.add.at(gx, i, g)
    return gx, None


def scatter_forward(x: Any, v: Any, i: Any) -> Any:
    out = x.copy()
    for k, n in enumerate(i):
        out[n] = out[n] + 2 * v[k]
    return out


def scatter_backward(g: Any, x: Any, v: Any, i: Any) -> Any:
    return g * 1.0, 2 * g[i], None


def pick_forward(x: Any, y: Any) -> Any:
    return x[np.arange(len(y)), y]


def pick_backward(g: Any, x: Any, y: Any) -> Any:
    gx = np.zeros_like(x)
    gx[np.arange(len(y)), y] += g
    return gx, None


def sort_forward(x: Any) -> Any:
    return np.sort(x, axis=-1)


def sort_backward(g: Any, x: Any) -> Any:
    gx = np.zeros_like(x)
    np.put_along_axis(gx, np.argsort(x, axis=-1, kind="stable"), g, axis=-1)
    return gx


def concat_forward(a: Any, b: Any) -> Any:
    return np.concatenate([a, b], axis=1)


def concat_backward(g: Any, a: Any, b: Any) -> Any:
    cut = a.shape[1]
    return g[:, :cut], g[:, cut:]


def pad_forward(x: Any) -> Any:
    return np.concatenate([x[:, :1], x, x[:, -1:], x[:, -1:]], axis=1)


def pad_backward(g: Any, x: Any) -> Any:
    gx = g[:, 1:-2].copy()
    gx[:, :1] += g[:, :1]
    gx[:, -1:] += g[:, -2:].sum(axis=1, keepdims=True)
    return gx


def diff_forward(x: Any) -> Any:
    return x[:, 1:] - x[:, :-1]


def diff_backward(g: Any, x: Any) -> Any:
    gx = np.zeros_like(x)
    gx[:, 1:] += g
    gx[:, :-1] -= g
    return gx


def permute_forward(x: Any) -> Any:
    return np.transpose(x, (1, 2, 0)) * 1.0


def permute_backward(g: Any, x: Any) -> Any:
    return np.transpose(g, (2, 0, 1))


def outer_forward(x: Any, y: Any) -> Any:
    return x[:, None] * y[None, :]


def outer_backward(g: Any, x: Any, y: Any) -> Any:
    return (g * y[None, :]).sum(axis=1), (g * x[:, None]).sum(axis=0)


def conv_forward(x: Any, w: Any) -> Any:
    out = x * w[0]
    out[1:] = out[1:] + x[:-1] * w[1]
    return out


def conv_backward(g: Any, x: Any, w: Any) -> Any:
    gx = g * w[0]
    gx[:-1] += g[1:] * w[1]
    gw = np.zeros_like(w)
    gw[0] = (g * x).sum()
    gw[1] = (g[1:] * x[:-1]).sum()
    return gx, gw


CORRECT = [
    pair("matmul", np.matmul, matmul_backward, np.matmul, "...nm,...mk"),
    pair("linear", linear_forward, linear_backward, linear_forward, "nk,mk,m"),
    pair("bilinear", bilinear_forward, bilinear_backward, bilinear_forward, "nk,km,nm"),
    pair("gram", gram_forward, gram_backward, gram_forward, "nm"),
    pair("take", take_forward, take_backward, take_forward, "nm,k", ("real", "indices:n")),
    pair("scatter", scatter_forward, scatter_backward, scatter_forward, "n,k,k", ("real", "real", "indices:n")),
    pair("pick", pick_forward, pick_backward, pick_forward, "nm,n", ("real", "labels:m")),
    pair("sort", sort_forward, sort_backward, sort_forward, "nm"),
    pair("concat", concat_forward, concat_backward, concat_forward, "nm,nk"),
    pair("pad", pad_forward, pad_backward, pad_forward, "nm"),
    pair("diff", diff_forward, diff_backward, diff_forward, "nm"),
    pair("permute", permute_forward, permute_backward, permute_forward, "nmk"),
    pair("outer", outer_forward, outer_backward, outer_forward, "n,m"),
]
