"""Distances between the rows of two matrices, and between those of one."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..autograd.graph import TensorBase, named
from ..autograd.record import not_a_tensor, op
from ..dtypes import result_dtype
from .arithmetic import cast
from .norm import vector_norm
from .reduction import float_dtype_error
from .shape import expand, require

Array = np.ndarray[Any, Any]
_MANY = 25  # rows from which PyTorch takes the 2-norm from a matrix product
_BLOCK = 1 << 20  # differences held at a time


# --- one pair after another ----------------------------------------------------------------------------------


def _norms(difference: Array, p: float) -> Array:
    size = np.abs(difference)
    if p == 2:
        return np.asarray(np.sqrt(np.einsum("...i,...i", size, size)))
    if p == 1:
        return np.asarray(size.sum(-1))
    if p == 0:
        return np.asarray((size != 0).sum(-1, dtype=size.dtype))
    if math.isinf(p):
        return np.asarray(size.max(-1, initial=0))
    return np.asarray((size**p).sum(-1) ** (1 / p))


def _blocks(x1: Array, x2: Array) -> list[slice]:
    """Parts of the rows of x1 whose differences from all rows of x2 fit into a block."""
    rows = max(1, _BLOCK // max(1, x2.size))
    return [slice(i, i + rows) for i in range(0, x1.shape[-2], rows)]


def _cdist_forward(x1: Array, x2: Array, p: float) -> Array:
    out = np.empty((*x1.shape[:-1], x2.shape[-2]), x1.dtype)
    for part in _blocks(x1, x2):
        out[..., part, :] = _norms(x1[..., part, None, :] - x2[..., None, :, :], p)
    return out


def _slope(g: Any, x1: Any, x2: Any, out: Any, p: float) -> Any:
    """The derivative by x1 of the sum of g * |x1_i - x2_j|_p, over j; 0 at distance 0."""
    if p == 2:
        zero = out == 0
        ratio = np.where(zero, 0, g / np.where(zero, 1, out))
        return x1 * ratio.sum(-1).reshape((*ratio.shape[:-1], 1)) - ratio @ x2
    n, m = x1.shape[-2], x2.shape[-2]
    shape = (*x1.shape[:-2], n, m, 1)
    g, out = g.reshape(shape), out.reshape(shape)
    d = x1.reshape((*x1.shape[:-1], 1, x1.shape[-1])) - x2.reshape((*x2.shape[:-2], 1, m, x2.shape[-1]))
    size, sign = np.abs(d), np.sign(d)
    if p == 1:
        each = g * sign
    elif math.isinf(p):
        each = np.where(size == out, g * sign, 0)
    else:
        zero = (d == 0) | (out == 0)
        ratio = np.where(zero, 1, size) / np.where(zero, 1, out)
        each = np.where(zero, 0, g * sign * ratio ** (p - 1))
    return each.sum(-2)


def _cdist_vjp(g: Any, x1: Any, x2: Any, out: Any, p: float) -> Any:
    if p == 0:
        return np.where(False, x1, 0)
    if p == 2 or isinstance(x1, TensorBase):
        return _slope(g, x1, x2, out, p)
    parts = [_slope(g[..., i, :], x1[..., i, :], x2, out[..., i, :], p) for i in _blocks(x1, x2)]
    return np.concatenate(parts, -2) if parts else np.zeros_like(x1)


_cdist = op(
    "cdist",
    _cdist_forward,
    x1=lambda g, x1, x2, out, p: _cdist_vjp(g, x1, x2, out, p),
    x2=lambda g, x1, x2, out, p: _cdist_vjp(_flipped(g), x2, x1, _flipped(out), p),
)


def _flipped(x: Any) -> Any:
    return np.swapaxes(x, -1, -2)


# --- all pairs of 2-norms from one product --------------------------------------------------------------------


def _product_forward(x1: Array, x2: Array) -> Array:
    """sqrt(|x|^2 - 2 x y + |y|^2), as PyTorch arranges it: what cancels is lost, so that |x - x| need not be 0."""
    norms = [np.square(x).sum(-1, keepdims=True) for x in (x1, x2)]
    left = np.concatenate([-2 * x1, norms[0], np.ones_like(norms[0])], -1)
    right = np.concatenate([x2, np.ones_like(norms[1]), norms[1]], -1)
    return np.asarray(np.sqrt(np.maximum(left @ right.swapaxes(-1, -2), 0)))


_euclidean = op(
    "euclidean_dist",
    _product_forward,
    x1=lambda g, x1, x2, out: _slope(g, x1, x2, out, 2),
    x2=lambda g, x1, x2, out: _slope(_flipped(g), x2, x1, _flipped(out), 2),
)

# From how many rows on a mode takes the product.
_MODES = {
    "use_mm_for_euclid_dist": 0,
    "donot_use_mm_for_euclid_dist": math.inf,
    "use_mm_for_euclid_dist_if_necessary": _MANY + 1,
}


def _check_p(name: str, p: float) -> float:
    if not p >= 0:
        raise RuntimeError(f"{name} only supports non-negative p values, but p is {p}")
    return float(p)


def cdist(x1: Any, x2: Any, p: float = 2.0, compute_mode: str | None = "use_mm_for_euclid_dist_if_necessary") -> Any:
    """The p-norms of the differences of every row of `x1` (..., n, d) and every row of `x2` (..., m, d): (..., n, m).

    For p = 2 and more than 25 rows PyTorch, and so microdl, takes |x - y|^2 = |x|^2 - 2 x y + |y|^2 from one matrix
    product: fast, but small distances lose digits. "donot_use_mm_for_euclid_dist" computes each difference.
    The gradient is 0 at distance 0. RuntimeError for integers, negative p, and sizes that do not fit.

    >>> import microdl as torch
    >>> torch.cdist(torch.tensor([[0., 0.]]), torch.tensor([[3., 4.], [0., 1.]]))
    tensor([[5., 1.]])

    Source: https://pytorch.org/docs/stable/generated/torch.cdist.html
    """
    for position, (name, x) in enumerate((("x1", x1), ("x2", x2)), start=1):
        if not isinstance(x, TensorBase):
            raise not_a_tensor("cdist", position, x, name)
        if x._a.ndim < 2:
            raise RuntimeError(f"cdist only supports at least 2D tensors, {name.upper()} got: {x._a.ndim}D")
        if x._a.dtype.kind != "f":
            raise float_dtype_error("cdist only supports floating-point dtypes,", f" {name.upper()}", x._a)
    p = _check_p("cdist", p)
    if x1._a.shape[-1] != x2._a.shape[-1]:
        raise RuntimeError(
            f"X1 and X2 must have the same number of columns. X1: {x1._a.shape[-1]} X2: {x2._a.shape[-1]}"
        )
    mode = "use_mm_for_euclid_dist_if_necessary" if compute_mode is None else compute_mode
    if mode not in _MODES:
        raise ValueError(f"{mode} is not a valid value for compute_mode. Choose one of {', '.join(_MODES)}.")
    common = result_dtype([x1._a, x2._a])
    mixed = [x.dtype.legacy for x in (x1, x2)] if x1._a.dtype != x2._a.dtype else []
    try:
        batch = np.broadcast_shapes(x1._a.shape[:-2], x2._a.shape[:-2])
    except ValueError:
        raise RuntimeError(f"cdist: batches {list(x1._a.shape)} and {list(x2._a.shape)} do not broadcast") from None
    x1, x2 = (expand(cast(x, common), *batch, *x._a.shape[-2:]) for x in (x1, x2))
    if p == 2 and max(x1._a.shape[-2], x2._a.shape[-2]) >= _MODES[mode]:
        return _euclidean(x1, x2)
    if mixed:
        raise RuntimeError(f"expected scalar type {mixed[0]} but found {mixed[1]}. Convert one of them with .to().")
    return _cdist(x1, x2, p)


def pdist(input: Any, p: float = 2) -> Any:
    """The p-norms of the differences of all pairs of rows of a matrix, i < j, in one vector of n (n - 1) / 2.

    >>> import microdl as torch
    >>> torch.pdist(torch.tensor([[0.], [1.], [3.]]))
    tensor([1., 3., 2.])

    Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.pdist.html
    """
    a = require("pdist", input)._a
    if a.ndim != 2:
        raise RuntimeError(f"pdist only supports 2D tensors, got: {a.ndim}D")
    if a.dtype.kind != "f":
        raise float_dtype_error("pdist only supports floating-point dtypes,", "", a)
    i, j = np.triu_indices(a.shape[0], 1)
    return named(vector_norm(input[i] - input[j], _check_p("pdist", p), -1), "PdistBackward0")
