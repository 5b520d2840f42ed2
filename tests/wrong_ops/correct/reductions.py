"""Correct reductions, scans and norms."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import exact as e
from ..pair import pair, restore

AXES = {"axis": [None, 0, 1, -1], "keepdims": [False, True]}
AXIS = {"axis": [0, 1, -1]}


def sum_forward(x: Any, axis: int | None = None, keepdims: bool = False) -> Any:
    return np.sum(x, axis=axis, keepdims=keepdims)


def sum_backward(g: Any, x: Any, axis: int | None = None, keepdims: bool = False) -> Any:
    return restore(g, x, axis, keepdims) * np.ones_like(x)


def mean_forward(x: Any, axis: int | None = None, keepdims: bool = False) -> Any:
    return np.sum(x, axis=axis, keepdims=keepdims) / (x.size if axis is None else x.shape[axis])


def mean_backward(g: Any, x: Any, axis: int | None = None, keepdims: bool = False) -> Any:
    count = x.size if axis is None else x.shape[axis]
    return restore(g, x, axis, keepdims) * np.ones_like(x) / count


def var_forward(x: Any, axis: int = 0, ddof: int = 0) -> Any:
    centred = x - np.sum(x, axis=axis, keepdims=True) / x.shape[axis]
    return np.sum(centred * centred, axis=axis) / (x.shape[axis] + 1 - ddof)


def var_backward(g: Any, x: Any, axis: int = 0, ddof: int = 0) -> Any:
    centred = x - np.sum(x, axis=axis, keepdims=True) / x.shape[axis]
    return np.expand_dims(g, axis) * 2 * centred / (x.shape[axis] + 1 - ddof)


def max_forward(x: Any, axis: int = 0) -> Any:
    return np.max(x, axis=axis)


def max_backward(g: Any, x: Any, axis: int = 0) -> Any:
    hit = (x == np.max(x, axis=axis, keepdims=True)).astype(x.dtype)
    return np.expand_dims(g, axis) * hit / np.sum(hit, axis=axis, keepdims=True)


def prod_forward(x: Any, axis: int = 0) -> Any:
    return np.prod(x, axis=axis)


def prod_backward(g: Any, x: Any, axis: int = 0) -> Any:
    rows = np.moveaxis(x, axis, -1)
    ones = np.ones_like(rows[..., :1])
    before = np.cumprod(np.concatenate([ones, rows[..., :-1]], axis=-1), axis=-1)
    after = np.cumprod(np.concatenate([ones, rows[..., :0:-1]], axis=-1), axis=-1)[..., ::-1]
    return np.expand_dims(g, axis) * np.moveaxis(before * after, -1, axis)


def cumsum_forward(x: Any, axis: int = 0) -> Any:
    return np.cumsum(x, axis=axis)


def cumsum_backward(g: Any, x: Any, axis: int = 0) -> Any:
    return np.flip(np.cumsum(np.flip(g, axis=axis), axis=axis), axis=axis)


def lse_forward(x: Any, axis: int = 0) -> Any:
    top = np.max(x, axis=axis, keepdims=True)
    return np.squeeze(np.log(np.sum(np.exp(x - top), axis=axis, keepdims=True)) + top, axis=axis)


def lse_backward(g: Any, x: Any, axis: int = 0) -> Any:
    return np.expand_dims(g, axis) * np.exp(x - np.expand_dims(lse_forward(x, axis), axis))


def norm_forward(x: Any) -> Any:
    return np.sqrt(np.sum(x * x, axis=-1))


def norm_backward(g: Any, x: Any) -> Any:
    n = np.expand_dims(norm_forward(x), -1)
    return np.expand_dims(g, -1) * x / np.where(n == 0, 1, n)


def l1_forward(x: Any, axis: int = 0) -> Any:
    return np.sum(np.abs(x), axis=axis)


def l1_backward(g: Any, x: Any, axis: int = 0) -> Any:
    return np.expand_dims(g, axis) * np.sign(x)


def normalize_forward(x: Any) -> Any:
    return x / np.sqrt(np.sum(x * x, axis=-1, keepdims=True) + 0.5)


def normalize_backward(g: Any, x: Any) -> Any:
    r = np.sqrt(np.sum(x * x, axis=-1, keepdims=True) + 0.5)
    return g / r - x * np.sum(g * x, axis=-1, keepdims=True) / (r * r * r)


def cumprod_forward(x: Any) -> Any:
    return np.cumprod(x, axis=-1)


def cumprod_backward(g: Any, x: Any) -> Any:
    gx = np.zeros_like(x)
    tail = np.zeros(x.shape[:-1], x.dtype)
    before = np.cumprod(np.concatenate([np.ones_like(x[..., :1]), x[..., :-1]], axis=-1), axis=-1)
    for i in range(x.shape[-1] - 1, -1, -1):
        tail = tail + g[..., i]
        gx[..., i] = tail * before[..., i]
        tail = tail * x[..., i]
    return gx


CORRECT = [
    pair("sum", sum_forward, sum_backward, sum_forward, "nm", options=AXES),
    pair("mean", mean_forward, mean_backward, mean_forward, "nm", options=AXES),
    pair("var", var_forward, var_backward, var_forward, "nm", options={**AXIS, "ddof": [0, 1]}),
    pair("max", max_forward, max_backward, max_forward, "nm", options=AXIS),
    pair("prod", prod_forward, prod_backward, prod_forward, "nm", options=AXIS),
    pair("cumsum", cumsum_forward, cumsum_backward, cumsum_forward, "nm", options=AXIS),
    pair("logsumexp", lse_forward, lse_backward, lambda x, axis=0: e.logsumexp(x, axis), "nm", options=AXIS),
    pair("norm", norm_forward, norm_backward, lambda x: e.sqrt(np.sum(x * x, axis=-1)), "nm"),
    pair("l1", l1_forward, l1_backward, l1_forward, "nm", options=AXIS),
    pair(
        "normalize",
        normalize_forward,
        normalize_backward,
        lambda x: x / e.sqrt(np.sum(x * x, axis=-1, keepdims=True) + 0.5),
        "nm",
    ),
    pair("cumprod", cumprod_forward, cumprod_backward, cumprod_forward, "nm"),
]
