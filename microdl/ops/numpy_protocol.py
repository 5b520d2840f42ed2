"""NumPy's functions on tensors: the same formula serves arrays and, for second derivatives, tensors.

A NumPy function that is listed in `numpy_functions` is an operation of microdl's: it returns tensors and
differentiates. One that is not listed computes on the arrays, and refuses where that would lose a
gradient without a word.
Source: https://numpy.org/doc/stable/reference/arrays.classes.html#special-attributes-and-methods
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import cache
from inspect import signature
from typing import Any

import numpy as np

from .. import dtypes
from ..autograd.graph import TensorBase, wrap
from ..autograd.mode import mode
from ..autograd.record import BY_UFUNC, refuse_history
from . import arithmetic, choice, shape
from .numpy_functions import ACCUMULATIONS, CREATING, FUNCTIONS, REDUCTIONS, UFUNCS, as_tensor

__all__ = ["FUNCTIONS", "array_function", "array_ufunc", "programs"]


@cache
def _arguments(call: Callable[..., Any]) -> tuple[float, frozenset[str]]:
    """How many arguments a function takes by position, and their names."""
    params = signature(call).parameters.values()
    positional: float = sum(p.kind is p.POSITIONAL_OR_KEYWORD for p in params)
    if any(p.kind is p.VAR_POSITIONAL for p in params):
        positional = float("inf")
    # a parameter must not hide a module here: `shape_` is NumPy's `shape`
    return positional, frozenset(p.name.rstrip("_") for p in params if p.kind is not p.VAR_POSITIONAL)


# What gives arrays in PyTorch, whose tensors know NumPy's ufuncs and methods alone.
_ARRAYS_IN_PYTORCH = frozenset({
    np.atleast_1d, np.atleast_2d, np.broadcast_to, np.column_stack, np.concatenate, np.copy, np.diag, np.diagonal,
    np.diff, np.dot, np.einsum, np.empty_like, np.expand_dims, np.fliplr, np.flipud, np.full_like, np.hstack, np.inner,
    np.kron, np.median, np.nan_to_num, np.nanmean, np.nansum, np.ones_like, np.outer, np.percentile, np.quantile,
    np.ravel, np.roll, np.sort, np.stack, np.tensordot, np.tile, np.trace, np.tril, np.triu, np.vdot, np.vstack,
    np.where, np.zeros_like, np.linalg.det, np.linalg.matrix_power, np.linalg.norm,
})  # fmt: skip


class _Programs:
    """Whether programs written for PyTorch run, to which NumPy's functions give what they give there."""

    expect_arrays = False


programs = _Programs()


def _for_a_program(func: Any) -> bool:
    """Whether a program written for PyTorch, not microdl itself, called a function that gives it an array."""
    own = __name__.partition(".")[0]
    caller: str = sys._getframe(2).f_globals.get("__name__", "")
    return func in _ARRAYS_IN_PYTORCH and caller.partition(".")[0] != own


def array_ufunc(self: Any, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
    """A NumPy ufunc on a tensor is the operation declared with it."""
    if method == "reduce" and ufunc in REDUCTIONS and kwargs.keys() <= {"axis", "keepdims"}:
        return REDUCTIONS[ufunc](inputs[0], kwargs.get("axis", 0), bool(kwargs.get("keepdims")))
    call = UFUNCS.get(ufunc) or BY_UFUNC.get(ufunc)
    if method == "__call__" and call is not None:
        if not kwargs:
            return call(*inputs)
        if kwargs.keys() <= {"out", "where", "dtype"}:
            return _with_keywords(call, inputs, **kwargs)
    if method == "accumulate" and ufunc in ACCUMULATIONS and kwargs.keys() <= {"axis"}:
        return ACCUMULATIONS[ufunc](inputs[0], kwargs.get("axis", 0))
    if method == "outer" and call is not None and not kwargs:
        x, y = map(as_tensor, inputs)
        return call(shape.reshape(x, x._a.shape + (1,) * y.ndim), y)
    result = _on_arrays(
        f"np.{ufunc.__name__}" + ("" if method == "__call__" else f".{method}"), getattr(ufunc, method), inputs, kwargs
    )
    return _wrapped(result) if method != "at" else None


def _with_keywords(
    call: Callable[..., Any], inputs: tuple[Any, ...], out: Any = (None,), where: Any = True, dtype: Any = None
) -> Any:
    if dtype is not None:
        inputs = tuple(arithmetic.cast(as_tensor(x), _dtype(dtype)) for x in inputs)
    if not any(isinstance(x, TensorBase) for x in inputs):  # only `out` or `where` is a tensor
        inputs = tuple(as_tensor(x) for x in inputs)
    result = call(*inputs)
    if out[0] is not None:
        return store("a NumPy function", out[0], result, where)
    return result if where is True else choice.where(as_tensor(where), result, wrap(np.zeros((), result._a.dtype)))


def _dtype(dtype: Any) -> dtypes.dtype:
    return dtype if isinstance(dtype, dtypes.dtype) else dtypes.from_numpy_dtype(np.dtype(dtype))


def store(name: str, out: Any, result: Any, where: Any = True) -> Any:
    """Writes a result into an array or tensor, which takes no part in the graph. RuntimeError for a gradient lost."""
    refuse_history(name, result, out)
    target = out._a if isinstance(out, TensorBase) else out
    np.copyto(target, result._a, casting="same_kind", where=where._a if isinstance(where, TensorBase) else where)
    if isinstance(out, TensorBase):
        out._version_counter.bump(name)
    return out


def array_function(self: Any, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
    """NumPy's other functions: those above keep the graph, the rest run on plain arrays."""
    if programs.expect_arrays and _for_a_program(func):
        return _on_arrays(f"np.{func.__name__}", func, args, kwargs)
    call = FUNCTIONS.get(func)
    if call is not None:
        if not kwargs and len(args) <= _arguments(call)[0]:
            return (
                call(*args) if args and isinstance(args[0], (TensorBase, list, tuple, str)) else _call(call, args, {})
            )
        most, names = _arguments(call)
        given = {k: v for k, v in kwargs.items() if v is not None or k not in ("dtype", "out")}
        if len(args) <= most and given.keys() <= names | {"dtype", "out"}:
            return _listed(func, call, args, given)
    return _on_arrays(f"np.{func.__name__}", func, args, kwargs)


def _call(call: Callable[..., Any], args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
    """A listed function whose tensor may stand behind an array."""
    renamed = {"shape_" if k == "shape" else k: v for k, v in kwargs.items()}
    first = [as_tensor(args[0])] if args and isinstance(args[0], (np.ndarray, np.generic)) else list(args[:1])
    return call(*first, *args[1:], **renamed)


def _listed(func: Any, call: Callable[..., Any], args: Any, kwargs: dict[str, Any]) -> Any:
    dtype, out = kwargs.pop("dtype", None), kwargs.pop("out", None)
    if dtype is not None and func in CREATING:
        return arithmetic.cast(_call(call, args, kwargs), _dtype(dtype))
    if dtype is not None and isinstance(args[0], TensorBase):
        args = (arithmetic.cast(args[0], _dtype(dtype)), *args[1:])
        dtype = None
    result = _call(call, args, kwargs)
    if dtype is not None:
        result = arithmetic.cast(result, _dtype(dtype))
    return result if out is None else store(f"np.{func.__name__}", out, result)


# --- on plain arrays ---


def _on_arrays(name: str, func: Callable[..., Any], args: Any, kwargs: Any) -> Any:
    """What a function makes of the arrays. RuntimeError where that would lose a gradient."""
    found: list[Any] = []
    result = func(*_as_arrays(args, found), **{k: _as_arrays(v, found) for k, v in kwargs.items()})
    if mode.enabled and any(t._node is not None for t in found) and not _only_counts(result):
        raise RuntimeError(
            f"{name} is not differentiable here, and one of its arguments requires grad. Can't call numpy() on Tensor "
            "that requires grad: use tensor.detach(), or call it under torch.no_grad()."
        )
    return result


def _as_arrays(value: Any, found: list[Any]) -> Any:
    if isinstance(value, TensorBase):
        found.append(value)
        return value._a
    if type(value) in (tuple, list):
        return type(value)(_as_arrays(v, found) for v in value)
    return value


def _only_counts(result: Any) -> bool:
    """Whether a result has no derivative: truth, integers, text."""
    if isinstance(result, (tuple, list)):
        return all(map(_only_counts, result))
    if isinstance(result, (np.ndarray, np.generic)):
        return result.dtype.kind in "biuSU"
    return isinstance(result, (bool, int, str))


def _wrapped(result: Any) -> Any:
    if isinstance(result, tuple):
        return tuple(map(_wrapped, result))
    array = np.asarray(result)
    return wrap(array) if array.dtype.kind in "biuf" and array.dtype.itemsize <= 8 else result
