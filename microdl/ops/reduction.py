"""Reductions: over all elements, or over the dimensions given, which `keepdim` leaves with size 1."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..autograd.graph import TensorBase, wrap
from ..autograd.mode import mode
from ..autograd.record import op, store, unary
from ..autograd.summation import Axes, add_up
from ..dtypes import from_numpy_dtype, to_numpy_dtype
from .arithmetic import cast
from .convert import floating
from .shape import expand, require, wrap_dims
from .spelling import AXIS, spelled

_reduce: Any = np.add.reduce
_ndarray = np.ndarray
_SMALL = 1 << 14  # up to here writing the repeated gradient out is cheaper than describing it


# --- the dimensions ---------------------------------------------------------------------------------------


def reduced_axes(dim: Any, ndim: int) -> Axes:
    """The dimensions to reduce as a tuple; None for all."""
    if type(dim) is int and -ndim <= dim < ndim:  # the usual case, without a walk over dimensions
        return (dim % ndim,)
    if dim is None or (isinstance(dim, (tuple, list)) and not dim):
        return None
    axes = wrap_dims(dim, ndim)
    return axes if ndim else None


def with_axes(g: Any, shape: tuple[int, ...], dim: Axes, keepdim: bool) -> Any:
    """A reduced array or tensor with the reduced dimensions back as size 1."""
    if keepdim:
        return g
    return g.reshape(tuple(1 if dim is None or i in dim else n for i, n in enumerate(shape)))


def repeated(g: Any, shape: tuple[int, ...]) -> Any:
    """One number (0-d) repeated to `shape` without writing it out."""
    if isinstance(g, TensorBase):
        return expand(g, shape)
    out: Any = np.ndarray(shape, g.dtype, np.asarray(g), 0, (0,) * len(shape))
    out.flags.writeable = False
    return out


def spread(g: Any, shape: tuple[int, ...], dim: Axes, keepdim: bool) -> Any:
    """What a reduction received, repeated over what it reduced."""
    if not isinstance(g, TensorBase):
        if dim is None and not keepdim:
            return repeated(g, shape)
        if math.prod(shape) <= _SMALL:
            out = np.empty(shape, g.dtype)
            out[...] = with_axes(g, shape, dim, keepdim)
            return out
    return np.broadcast_to(with_axes(g, shape, dim, keepdim), shape)


def count_of(shape: tuple[int, ...], dim: Axes) -> int:
    """How many elements go into one result."""
    return math.prod(shape if dim is None else [shape[d] for d in dim])


def check_flag(name: str, keepdim: Any) -> bool:
    """TypeError unless `keepdim` is a bool: `x.sum(0, 1)` does not mean two dimensions."""
    if not isinstance(keepdim, (bool, np.bool_)):
        raise TypeError(
            f"{name}(): argument 'keepdim' (position 2) must be bool, not {type(keepdim).__name__}. Several dimensions "
            "are given as a tuple."
        )
    return bool(keepdim)


def float_dtype_error(name: str, text: str, a: np.ndarray[Any, Any]) -> RuntimeError:
    """The error of a function that takes floating-point tensors only."""
    legacy = from_numpy_dtype(a.dtype).legacy
    return RuntimeError(f"{name}{text} Got: {legacy}. Convert the tensor first, for example with .float().")


def check_recorded(input: Any, dtype: Any) -> None:
    """RuntimeError where a result that no gradient flows through is asked of a tensor that requires grad."""
    if to_numpy_dtype(dtype).kind != "f" and input._node is not None and mode.enabled:
        raise RuntimeError(f"Autograd not support dtype: {dtype}. Take detach(), or convert first.")


# --- sum and mean -----------------------------------------------------------------------------------------


_sum_all = unary(
    "sum_all",
    lambda input: _reduce(input, None),
    lambda g, input_shape: repeated(g, input_shape),
    grad_name="SumBackward0",
)
_sum = op(
    "sum",
    lambda input, dim, keepdim: add_up(input, dim, keepdim),
    grad_name="SumBackward1",
    input=lambda g, input_shape, dim, keepdim: spread(g, input_shape, dim, keepdim),
)


@spelled(AXIS)
def sum(input: Any, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    """The sum over all elements or over `dim`. Integers and booleans sum to int64.

    `axis` and `keepdims` are other spellings of `dim` and `keepdim`. Raises IndexError for a dimension that
    does not exist, RuntimeError for one given twice.

    >>> import microdl as torch
    >>> torch.sum(torch.tensor([[1., 2.], [3., 4.]]), dim=0)
    tensor([4., 6.])

    Source: https://pytorch.org/docs/stable/generated/torch.sum.html
    """
    a = require("sum", input)._a
    if dtype is not None and to_numpy_dtype(dtype).kind != "f":  # NumPy would widen a narrow integer
        check_recorded(input, dtype)
        return cast(sum(cast(cast(input, dtype), np.dtype(np.int64)), dim, keepdim), dtype)
    if dtype is not None:
        input = cast(input, dtype)
    elif a.dtype.kind != "f":
        input = cast(input, np.dtype(np.int64))
    if dim is None and keepdim is False:
        return _sum_all(input)
    return _sum(input, reduced_axes(dim, a.ndim), check_flag("sum", keepdim))


_mean_all = unary(
    "mean_all",
    lambda input: _reduce(input, None) / input.size,
    lambda g, input_shape: repeated(g / (math.prod(input_shape) or 1), input_shape),
    grad_name="MeanBackward0",
)
_mean = op(
    "mean",
    lambda input, dim, keepdim: add_up(input, dim, keepdim) / count_of(input.shape, dim),
    grad_name="MeanBackward1",
    input=lambda g, input_shape, dim, keepdim: spread(g / (count_of(input_shape, dim) or 1), input_shape, dim, keepdim),
)


@spelled(AXIS)
def mean(input: Any, dim: Any = None, keepdim: bool = False, *, dtype: Any = None, out: Any = None) -> Any:
    """The mean over all elements or over `dim`; NaN where there are none.

    Raises RuntimeError for integers and booleans unless a floating `dtype` is given.

    >>> import microdl as torch
    >>> torch.mean(torch.tensor([[1., 2.], [3., 6.]]), 1, keepdim=True)
    tensor([[1.5000],
            [4.5000]])

    Source: https://pytorch.org/docs/stable/generated/torch.mean.html
    """
    a = require("mean", input)._a
    if dtype is not None:
        input, a = cast(input, dtype), np.empty((0,) * a.ndim, to_numpy_dtype(dtype))
    if a.dtype.kind != "f":
        which = "Input" if dtype is None else "Optional"
        text = f" could not infer output dtype. {which} dtype must be either a floating point or complex dtype."
        raise float_dtype_error("mean():", text, a)
    if dim is None and keepdim is False:
        result = _mean_all(input)
    else:
        result = _mean(input, reduced_axes(dim, a.ndim), check_flag("mean", keepdim))
    return result if out is None else store("mean", out, result)


_nansum = op(
    "nansum",
    lambda input, dim, keepdim: add_up(np.where(input != input, 0, input), dim, keepdim),
    input=lambda g, input, dim, keepdim: np.where(input != input, 0, spread(g, input.shape, dim, keepdim)),
)


@spelled(AXIS)
def nansum(input: Any, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    """`sum` that counts NaN as 0.

    >>> import microdl as torch
    >>> torch.nansum(torch.tensor([1., float("nan"), 2.]))
    tensor(3.)
    """
    if require("nansum", input)._a.dtype.kind != "f":
        return sum(input, dim, keepdim, dtype=dtype)
    if dtype is not None:
        check_recorded(input, dtype)
        input = cast(input, dtype)
    return _nansum(input, reduced_axes(dim, input._a.ndim), check_flag("nansum", keepdim))


@spelled(AXIS)
def nanmean(input: Any, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    """`mean` over the elements that are not NaN.

    >>> import microdl as torch
    >>> torch.nanmean(torch.tensor([1., float("nan"), 3.]))
    tensor(2.)
    """
    for a in (require("nanmean", input)._a, np.empty(0, input._a.dtype if dtype is None else to_numpy_dtype(dtype))):
        if a.dtype.kind != "f":
            raise float_dtype_error("nanmean():", " expected input to have floating point or complex dtype.", a)
    input = input if dtype is None else cast(input, dtype)
    known = wrap((input._a == input._a).astype(input._a.dtype))
    return nansum(input, dim, keepdim) / sum(known, dim, keepdim)


# --- logsumexp --------------------------------------------------------------------------------------------


def _logsumexp_forward(input: Any, dim: Axes, keepdim: bool) -> Any:
    highest = np.maximum.reduce(input, dim, keepdims=True, initial=-math.inf)
    highest = np.where(np.isfinite(highest), highest, 0)
    out = np.log(add_up(np.exp(input - highest), dim, True)) + highest
    return out if keepdim else out.reshape(_reduce(np.empty(input.shape, np.bool_), dim).shape)


_logsumexp = op(
    "logsumexp",
    _logsumexp_forward,
    input=lambda g, input, out, dim, keepdim: (
        with_axes(g, input.shape, dim, keepdim) * np.exp(input - with_axes(out, input.shape, dim, keepdim))
    ),
)


@spelled(AXIS)
def logsumexp(input: Any, dim: Any, keepdim: bool = False) -> Any:
    """`log(sum(exp(input)))` over `dim`, computed without overflow; -inf where all are -inf.

    The gradient is softmax: `exp(input - out)`.

    >>> import microdl as torch
    >>> torch.logsumexp(torch.tensor([1000., 0.]), 0)
    tensor(1000.)

    Source: https://pytorch.org/docs/stable/generated/torch.logsumexp.html
    """
    input = floating(require("logsumexp", input))
    return _logsumexp(input, reduced_axes(dim, input._a.ndim), check_flag("logsumexp", keepdim))


# --- logic and counting -----------------------------------------------------------------------------------


def _truth(name: str, ufunc: Any, input: Any, dim: Any, keepdim: bool) -> Any:
    a = require(name, input)._a
    if isinstance(dim, (tuple, list)) and not dim:  # no dimension at all, unlike in the other reductions
        out = a != 0
    else:
        out = ufunc.reduce(a, reduced_axes(dim, a.ndim), keepdims=check_flag(name, keepdim))
    return wrap(np.asarray(out, np.uint8) if a.dtype == np.uint8 else out)


@spelled(AXIS)
def all(input: Any, dim: Any = None, keepdim: bool = False) -> Any:
    """Whether every element is nonzero. A uint8 tensor gives uint8, any other bool.

    >>> import microdl as torch
    >>> torch.all(torch.tensor([[True, False], [True, True]]), dim=1)
    tensor([False,  True])
    """
    return _truth("all", np.logical_and, input, dim, keepdim)


@spelled(AXIS)
def any(input: Any, dim: Any = None, keepdim: bool = False) -> Any:
    """Whether some element is nonzero. A uint8 tensor gives uint8, any other bool.

    >>> import microdl as torch
    >>> torch.any(torch.tensor([0, 0, 3]))
    tensor(True)
    """
    return _truth("any", np.logical_or, input, dim, keepdim)


@spelled(axis="dim")
def count_nonzero(input: Any, dim: Any = None, *others: int) -> Any:
    """How many elements are nonzero, over all or over `dim`, as int64.

    >>> import microdl as torch
    >>> torch.count_nonzero(torch.tensor([0., 2., 0.]))
    tensor(1)
    """
    a = require("count_nonzero", input)._a
    dim = (dim, *others) if others else dim
    return wrap(_reduce(a != 0, reduced_axes(dim, a.ndim), dtype=np.int64))
