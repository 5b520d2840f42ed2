"""NumPy's functions on tensors: the same formula serves arrays and, for second derivatives, tensors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..autograd.record import BY_UFUNC
from . import choice, cumulative, einsum, extremum, join, matrix, reduction, shape

FUNCTIONS: dict[Any, Callable[..., Any]] = {
    np.where: choice.where,
    np.broadcast_to: lambda x, shape_: shape.expand(x, *shape_),
    np.transpose: lambda x, axes=None: shape.permute(x, *(axes or reversed(range(x.ndim)))),
    np.swapaxes: shape.transpose,
    np.reshape: lambda x, shape_: shape.reshape(x, shape_),
    np.squeeze: shape.squeeze,
    np.expand_dims: shape.unsqueeze,
    np.concatenate: lambda parts, axis=0: join.cat(parts, axis),
    np.stack: lambda parts, axis=0: join.stack(parts, axis),
    np.flip: lambda x, axis=None: join.flip(x, *_axes(axis, x.ndim)),
    np.sum: lambda x, axis=None, keepdims=False: reduction.sum(x, axis, keepdims),
    np.cumsum: lambda x, axis: cumulative.cumsum(x, axis),
    np.einsum: einsum.einsum,
    np.tril: matrix.tril,
    np.triu: matrix.triu,
}

REDUCTIONS: dict[np.ufunc, Callable[..., Any]] = {
    np.add: reduction.sum,
    np.maximum: extremum.amax,
    np.minimum: extremum.amin,
    np.logical_and: reduction.all,
    np.logical_or: reduction.any,
}


def _axes(axis: Any, ndim: int) -> tuple[int, ...]:
    if axis is None:
        return tuple(range(ndim))
    return axis if isinstance(axis, tuple) else (axis,)


def array_ufunc(self: Any, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
    """A NumPy ufunc on a tensor is the operation declared with it."""
    if method == "reduce" and ufunc in REDUCTIONS:
        return REDUCTIONS[ufunc](inputs[0], kwargs.get("axis", 0), bool(kwargs.get("keepdims")))
    call = BY_UFUNC.get(ufunc)
    if method != "__call__" or call is None or kwargs:
        return NotImplemented
    return call(*inputs)


def array_function(self: Any, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
    """NumPy's other functions: those above keep the graph, the rest run on plain arrays."""
    call = FUNCTIONS.get(func)
    if call is not None:
        return call(*args, **kwargs)
    return func(*_as_arrays(args), **{k: _as_arrays(v) for k, v in kwargs.items()})


def _as_arrays(value: Any) -> Any:
    if hasattr(value, "_a"):
        return value.numpy()
    if isinstance(value, (tuple, list)):
        return type(value)(_as_arrays(v) for v in value)
    return value
