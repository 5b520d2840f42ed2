"""NumPy's functions as operations of microdl's: they take NumPy's arguments, return tensors and differentiate."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import dtypes
from ..autograd.graph import TensorBase, wrap
from . import (
    arithmetic,
    blend,
    choice,
    cumulative,
    decomposition,
    einsum,
    extremum,
    join,
    linalg,
    matrix,
    moments,
    norm,
    pointwise,
    products,
    rearrange,
    reduction,
    shape,
    sorting,
)
from .convert import floating

__all__ = ["ACCUMULATIONS", "CREATING", "FUNCTIONS", "REDUCTIONS", "UFUNCS", "as_tensor"]


def as_tensor(value: Any) -> Any:
    """A tensor as it is; arrays, numbers and sequences as tensors of their dtype."""
    if isinstance(value, TensorBase):
        return value
    array = np.asarray(value)
    dtypes.from_numpy_dtype(array.dtype)
    return wrap(array)


def _common(*values: Any) -> list[Any]:
    """Tensors of one dtype, for operations that do not promote."""
    tensors = [as_tensor(v) for v in values]
    dtype = tensors[0]._a.dtype
    for t in tensors[1:]:
        dtype = dtypes.promote(dtype, t._a.dtype)
    return [t if t._a.dtype == dtype else arithmetic.cast(t, dtypes.from_numpy_dtype(dtype)) for t in tensors]


def _all_axes(axis: Any, ndim: int) -> tuple[int, ...]:
    if axis is None:
        return tuple(range(ndim))
    return axis if isinstance(axis, tuple) else (axis,)


def _matmul(x: Any, y: Any) -> Any:
    return products.matmul(*_common(x, y))


def _dot(a: Any, b: Any) -> Any:
    a, b = _common(a, b)
    if not a.ndim or not b.ndim:
        return a * b
    if b.ndim > 2:
        return einsum.tensordot(a, b, ([a.ndim - 1], [b.ndim - 2]))
    return products.matmul(a, b)


def _flat_or(call: Callable[..., Any]) -> Callable[..., Any]:
    """NumPy's axis=None: along the flattened tensor."""
    return lambda a, axis=None: call(shape.reshape(a, -1), 0) if axis is None else call(a, axis)


def _variance(call: Callable[..., Any]) -> Callable[..., Any]:
    def compute(
        a: Any, axis: Any = None, *, ddof: int = 0, correction: int | None = None, keepdims: bool = False
    ) -> Any:
        return call(a, axis, correction=ddof if correction is None else correction, keepdim=keepdims)

    return compute


def _arg(call: Callable[..., Any]) -> Callable[..., Any]:
    def compute(a: Any, axis: Any = None, *, keepdims: bool = False) -> Any:
        return call(a, axis, keepdims)

    return compute


def _truth(call: Callable[..., Any]) -> Callable[..., Any]:
    return lambda a, axis=None, keepdims=False: call(a, axis, keepdims)


def _quantile(scale: float) -> Callable[..., Any]:
    def compute(a: Any, q: Any, axis: Any = None, *, keepdims: bool = False) -> Any:
        a = floating(as_tensor(a))
        q = as_tensor(q) / scale
        return sorting.quantile(a, arithmetic.cast(q, a.dtype), axis, keepdims)

    return compute


def _median(a: Any, axis: Any = None, *, keepdims: bool = False) -> Any:
    """The mean of the middle two where there are two, unlike PyTorch's."""
    return sorting.quantile(floating(a), 0.5, axis, keepdims)


def _sort(a: Any, axis: int | None = -1) -> Any:
    return sorting.sort(shape.reshape(a, -1) if axis is None else a, -1 if axis is None else axis)[0]


def _argsort(a: Any, axis: int | None = -1) -> Any:
    return sorting.argsort(shape.reshape(a, -1) if axis is None else a, -1 if axis is None else axis)


def _clip(a: Any, a_min: Any = None, a_max: Any = None, *, min: Any = None, max: Any = None) -> Any:
    low, high = (a_min if min is None else min), (a_max if max is None else max)
    out = as_tensor(a)
    if low is not None:
        out = arithmetic.maximum(*_common(out, _like(low, out)))
    return out if high is None else arithmetic.minimum(*_common(out, _like(high, out)))


def _like(value: Any, t: Any) -> Any:
    """A Python number in the dtype that it gives the tensor; anything else as a tensor."""
    if isinstance(value, (bool, int, float)) and not isinstance(value, np.generic):
        return wrap(np.asarray(value, dtypes.promote_scalar(t._a.dtype, value)))
    return as_tensor(value)


def _repeat(a: Any, repeats: Any, axis: int | None = None) -> Any:
    return join.repeat_interleave(a, repeats if isinstance(repeats, int) else as_tensor(repeats), axis)


def _at_least(n: int) -> Callable[..., Any]:
    def widen(*arys: Any) -> Any:
        found = []
        for t in map(as_tensor, arys):
            while t.ndim < n:
                t = shape.unsqueeze(t, 0)
            found.append(t)
        return found[0] if len(found) == 1 else tuple(found)

    return widen


def _joined(call: Callable[..., Any]) -> Callable[..., Any]:
    def compute(arrays: Any, axis: int | None = 0) -> Any:
        tensors = [as_tensor(t) for t in arrays]
        return call([shape.reshape(t, -1) for t in tensors] if axis is None else tensors, 0 if axis is None else axis)

    return compute


def _tensordot(a: Any, b: Any, axes: Any) -> Any:
    a, b = _common(a, b)
    return einsum.tensordot(a, b, axes)


def _outer(a: Any, b: Any) -> Any:
    a, b = _common(a, b)
    return products.outer(shape.reshape(a, -1), shape.reshape(b, -1))


FUNCTIONS: dict[Any, Callable[..., Any]] = {
    # those that formulas use come first; all take NumPy's arguments, `dtype` and `out` apart
    np.where: lambda condition, x=None, y=None: choice.where(as_tensor(condition), x, y),
    np.broadcast_to: lambda array, shape_: shape.expand(array, shape_),
    np.transpose: lambda a, axes=None: shape.permute(a, tuple(axes or reversed(range(a.ndim)))),
    np.swapaxes: lambda a, axis1, axis2: shape.transpose(a, axis1, axis2),
    np.reshape: lambda a, shape_: shape.reshape(a, shape_),
    np.squeeze: lambda a, axis=None: shape.squeeze(a, axis) if axis is not None else shape.squeeze(a),
    np.expand_dims: lambda a, axis: shape.unsqueeze(a, axis),
    np.concatenate: _joined(join.cat),
    np.stack: _joined(join.stack),
    np.flip: lambda m, axis=None: join.flip(m, _all_axes(axis, m.ndim)),
    np.sum: lambda a, axis=None, keepdims=False: reduction.sum(a, axis, keepdims),
    np.cumsum: _flat_or(cumulative.cumsum),
    np.einsum: lambda *operands: einsum.einsum(*operands[:1], *map(as_tensor, operands[1:])),
    np.tril: lambda m, k=0: matrix.tril(m, k),
    np.triu: lambda m, k=0: matrix.triu(m, k),
    # reductions
    np.mean: lambda a, axis=None, keepdims=False: reduction.mean(floating(a), axis, keepdims),
    np.prod: lambda a, axis=None, keepdims=False: cumulative.prod(a, axis, keepdims),
    np.var: _variance(moments.var),
    np.std: _variance(moments.std),
    np.max: lambda a, axis=None, keepdims=False: extremum.amax(a, axis, keepdims),
    np.min: lambda a, axis=None, keepdims=False: extremum.amin(a, axis, keepdims),
    np.nansum: lambda a, axis=None, keepdims=False: reduction.nansum(a, axis, keepdims),
    np.nanmean: lambda a, axis=None, keepdims=False: reduction.nanmean(a, axis, keepdims),
    np.median: _median,
    np.quantile: _quantile(1.0),
    np.percentile: _quantile(100.0),
    np.argmax: _arg(extremum.argmax),
    np.argmin: _arg(extremum.argmin),
    np.all: _truth(reduction.all),
    np.any: _truth(reduction.any),
    np.cumprod: _flat_or(cumulative.cumprod),
    np.sort: _sort,
    np.argsort: _argsort,
    np.diff: lambda a, n=1, axis=-1: blend.diff(a, n, axis),
    # products and matrices
    np.dot: _dot,
    np.vdot: lambda a, b: products.dot(*(shape.reshape(t, -1) for t in _common(a, b))),
    np.inner: lambda a, b: products.inner(*_common(a, b)),
    np.outer: _outer,
    np.tensordot: lambda a, b, axes=2: _tensordot(a, b, axes),
    np.kron: lambda a, b: einsum.kron(*_common(a, b)),
    np.trace: lambda a: matrix.trace(a),
    np.diag: lambda v, k=0: matrix.diag(v, k),
    np.diagonal: lambda a, offset=0, axis1=0, axis2=1: matrix.diagonal(a, offset, axis1, axis2),
    np.linalg.norm: lambda x, ord=None, axis=None, keepdims=False: norm.linalg_norm(floating(x), ord, axis, keepdims),
    np.linalg.inv: lambda a: linalg.inv(a),
    np.linalg.det: lambda a: linalg.det(a),
    np.linalg.slogdet: lambda a: linalg.linalg_slogdet(a),
    np.linalg.solve: lambda a, b: linalg.solve(*_common(a, b)),
    np.linalg.cholesky: lambda a: decomposition.cholesky(a),
    np.linalg.pinv: lambda a: decomposition.pinv(a),
    np.linalg.matrix_power: lambda a, n: decomposition.matrix_power(a, n),
    # shapes
    np.ravel: lambda a: shape.reshape(a, -1),
    np.moveaxis: lambda a, source, destination: rearrange.movedim(a, source, destination),
    np.roll: lambda a, shift, axis=None: join.roll(a, shift, axis),
    np.fliplr: lambda m: rearrange.fliplr(m),
    np.flipud: lambda m: rearrange.flipud(m),
    np.tile: lambda A, reps: join.tile(A, (reps,) if isinstance(reps, int) else tuple(reps)),
    np.repeat: _repeat,
    np.vstack: lambda tup: join.vstack([as_tensor(t) for t in tup]),
    np.hstack: lambda tup: join.hstack([as_tensor(t) for t in tup]),
    np.column_stack: lambda tup: rearrange.column_stack([as_tensor(t) for t in tup]),
    np.atleast_1d: _at_least(1),
    np.atleast_2d: _at_least(2),
    # elementwise
    np.clip: _clip,
    np.round: lambda a, decimals=0: arithmetic.round(a, decimals=decimals),
    np.nan_to_num: lambda x, copy=True, nan=0.0, posinf=None, neginf=None: blend.nan_to_num(x, nan, posinf, neginf),
    np.copy: lambda a: arithmetic.clone(a),
    np.zeros_like: lambda a: wrap(np.zeros(a._a.shape, a._a.dtype)),
    np.ones_like: lambda a: wrap(np.ones(a._a.shape, a._a.dtype)),
    np.empty_like: lambda prototype: wrap(np.zeros(prototype._a.shape, prototype._a.dtype)),
    np.full_like: lambda a, fill_value: wrap(np.full(a._a.shape, fill_value, a._a.dtype)),
}  # fmt: skip
FUNCTIONS[np.around] = FUNCTIONS[np.round]
CREATING = {np.zeros_like, np.ones_like, np.empty_like, np.full_like}

UFUNCS: dict[np.ufunc, Callable[..., Any]] = {
    np.matmul: _matmul,
    np.reciprocal: arithmetic.reciprocal,
    np.positive: lambda x: x,
    np.fabs: lambda x: arithmetic.abs(floating(x)),
    np.deg2rad: pointwise.deg2rad,
    np.rad2deg: pointwise.rad2deg,
}

REDUCTIONS: dict[np.ufunc, Callable[..., Any]] = {
    np.add: reduction.sum,
    np.multiply: cumulative.prod,
    np.maximum: extremum.amax,
    np.minimum: extremum.amin,
    np.logical_and: reduction.all,
    np.logical_or: reduction.any,
}
ACCUMULATIONS = {np.add: cumulative.cumsum, np.multiply: cumulative.cumprod}
