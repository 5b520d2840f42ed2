"""Running sums, products and extrema along a dimension."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from ..autograd.graph import TensorBase, named, wrap
from ..autograd.kinds import no_kernel
from ..autograd.record import op
from ..dtypes import to_numpy_dtype
from . import return_types
from .along import picked
from .arithmetic import cast, clone
from .join import _flip
from .reduction import check_flag, check_recorded, with_axes
from .shape import require, wrap_dim
from .spelling import AXIS, spelled

_ALL = slice(None)


def _slices(dim: int, part: slice) -> tuple[slice, ...]:
    return (_ALL,) * dim + (part,)


def _accumulated(ufunc: np.ufunc, x: Any, dim: int, reverse: bool) -> Any:
    if not x.ndim:
        return x.copy()
    x = np.ascontiguousarray(x)  # the result lies in C order
    if not reverse:
        return ufunc.accumulate(x, dim)
    back = _slices(dim, slice(None, None, -1))
    return ufunc.accumulate(x[back], dim)[back]


running_sum: Callable[..., Any] = op(
    "cumsum",
    lambda input, dim, reverse: _accumulated(np.add, input, dim, reverse),
    polymorphic=True,
    input=lambda g, dim, reverse: running_sum(g, dim, not reverse),
)


# --- products, right where factors are zero -----------------------------------------------------------------


def _has_zero(x: Any) -> bool:
    return not (x._a if isinstance(x, TensorBase) else x).all()


def _before(x: Any, dim: int) -> Any:
    """The product of all that comes before each element: `cumprod`, one place later."""
    n = x.shape[dim]
    one = np.ones_like((x._a if isinstance(x, TensorBase) else x)[_slices(dim, slice(0, 1))])
    first = wrap(one) if isinstance(x, TensorBase) else one
    return running_product(np.concatenate([first, x[_slices(dim, slice(0, n - 1))]], axis=dim), dim)


def recurrence(g: Any, factors: Any, dim: int) -> Any:
    """S with S_k = g_k + f_k S_{k+1}, from the last place to the first; there is one factor fewer than places."""
    at = [_slices(dim, slice(k, k + 1)) for k in range(g.shape[dim])]
    parts = [g[at[-1]]]
    for place in at[-2::-1]:
        parts.append(g[place] + factors[place] * parts[-1])
    return np.concatenate(parts[::-1], axis=dim)


def _cumprod_vjp(g: Any, input: Any, out: Any, dim: int) -> Any:
    """sum over j >= k of g_j out_j / x_k, with the division avoided where a factor is zero.

    There it is L_k S_k: L_k the product before k, and S_k = g_k + x_{k+1} S_{k+1}.
    """
    if not input.ndim or input.shape[dim] <= 1:
        return g
    if not _has_zero(input):
        return running_sum(g * out, dim, True) / input
    return _before(input, dim) * recurrence(g, input[_slices(dim, slice(1, None))], dim)


running_product: Callable[..., Any] = op(
    "cumprod",
    lambda input, dim: _accumulated(np.multiply, input, dim, False),
    polymorphic=True,
    input=_cumprod_vjp,
)


def _prod_vjp(g: Any, input: Any, out: Any, dim: int, keepdim: bool) -> Any:
    """g times the product of all the other factors."""
    shape = input.shape
    g, out = with_axes(g, shape, (dim,), keepdim), with_axes(out, shape, (dim,), keepdim)
    if shape[dim] == 1:
        return g
    if not shape[dim] or not _has_zero(input):
        return g * out / input
    return g * _before(input, dim) * _flip(_before(_flip(input, (dim,)), dim), (dim,))


def _prod_all_vjp(g: Any, input: Any, out: Any) -> Any:
    if not input.ndim:
        return g
    if not _has_zero(input):
        return g * out / input
    return _prod_vjp(g, input.reshape((-1,)), out, 0, False).reshape(input.shape)


_prod = op(
    "prod",
    lambda input, dim, keepdim: np.multiply.reduce(input, dim, keepdims=keepdim),
    grad_name="ProdBackward1",
    input=_prod_vjp,
)
_prod_all = op(
    "prod_all", lambda input: np.multiply.reduce(input, None), grad_name="ProdBackward0", input=_prod_all_vjp
)


def _summable(name: str, input: Any, dtype: Any) -> Any:
    """In the dtype asked for; integers and booleans otherwise as int64."""
    if dtype is not None:
        check_recorded(require(name, input), dtype)
        return cast(input, dtype)
    return input if require(name, input)._a.dtype.kind == "f" else cast(input, np.dtype(np.int64))


@spelled(AXIS)
def prod(input: Any, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    """The product over all elements or over one dimension. Integers and booleans give int64.

    The gradient is the product of the other factors, zeros among them included.

    >>> import microdl as torch
    >>> x = torch.tensor([2., 0., 3.], requires_grad=True)
    >>> torch.prod(x).backward()
    >>> x.grad
    tensor([0., 6., 0.])

    Source: https://pytorch.org/docs/stable/generated/torch.prod.html
    """
    input = _summable("prod", input, dtype)
    if dim is None:
        return _as(_prod_all(input), dtype)
    if isinstance(dim, (tuple, list)):
        raise TypeError(f"prod() takes one dimension, not {dim!r}")
    keepdim = check_flag("prod", keepdim)
    d = wrap_dim(dim, input._a.ndim)
    return _as(_prod(input, d, keepdim) if input._a.ndim else named(_prod_all(input), "ProdBackward1"), dtype)


def _as(result: Any, dtype: Any) -> Any:
    """The result in the dtype asked for: an integer one narrower than int64 is had by a cast."""
    return result if dtype is None or result.dtype == dtype else result.to(dtype)


def _running(name: str, input: Any, dtype: Any) -> Any:
    if dtype is not None and to_numpy_dtype(dtype).kind == "b":
        raise no_kernel(f"{name}_out_cpu", to_numpy_dtype(dtype))
    return _summable(name, input, dtype)


# --- running sums and products ------------------------------------------------------------------------------


@spelled(axis="dim")
def cumsum(input: Any, dim: int, *, dtype: Any = None) -> Any:
    """Running sums along `dim`: `out_i = x_1 + ... + x_i`. Integers and booleans give int64.

    >>> import microdl as torch
    >>> torch.cumsum(torch.tensor([1., 2., 3.]), 0)
    tensor([1., 3., 6.])

    Source: https://pytorch.org/docs/stable/generated/torch.cumsum.html
    """
    input = _running("cumsum", input, dtype)
    return _as(running_sum(input, wrap_dim(dim, input._a.ndim), False), dtype)


@spelled(axis="dim")
def cumprod(input: Any, dim: int, *, dtype: Any = None) -> Any:
    """Running products along `dim`; the gradient is right where factors are zero.

    >>> import microdl as torch
    >>> torch.cumprod(torch.tensor([1., 2., 3.]), 0)
    tensor([1., 2., 6.])

    Source: https://pytorch.org/docs/stable/generated/torch.cumprod.html
    """
    input = _running("cumprod", input, dtype)
    return _as(running_product(input, wrap_dim(dim, input._a.ndim)), dtype)


# --- running logsumexp --------------------------------------------------------------------------------------


def in_own_dtype(call: Callable[..., Any]) -> Callable[..., Any]:
    """For the form in place, which adds up booleans as what they are: PyTorch does so for a single one only."""

    @spelled(AXIS)
    @functools.wraps(call)
    def own(input: Any, dim: int, *, dtype: Any = None) -> Any:
        if input._a.dtype.kind != "b" or dtype is not None:
            return call(input, dim, dtype=dtype)
        wrap_dim(dim, input._a.ndim)
        if input._a.size > 1:
            raise no_kernel(f"{call.__name__}_out_cpu", input._a.dtype)
        return clone(input)

    return own


def _logcumsumexp_vjp(g: Any, input: Any, out: Any, dim: int) -> Any:
    """sum over j >= k of g_j exp(x_k - out_j): exp(x_k - out_k) S_k, S_k = g_k + exp(out_k - out_{k+1}) S_{k+1}."""
    if not input.ndim or not input.shape[dim]:
        return g
    growth = out[_slices(dim, slice(0, input.shape[dim] - 1))] - out[_slices(dim, slice(1, None))]
    return np.exp(input - out) * recurrence(g, np.exp(growth), dim)


_logcumsumexp = op(
    "logcumsumexp",
    lambda input, dim: _accumulated(np.logaddexp, input, dim, False),
    input=_logcumsumexp_vjp,
)


@spelled(axis="dim")
def logcumsumexp(input: Any, dim: int) -> Any:
    """The logarithms of running sums of exponentials, without overflow. RuntimeError for integers.

    >>> import microdl as torch
    >>> torch.logcumsumexp(torch.tensor([0., 0., 0.]), 0)
    tensor([0.0000, 0.6931, 1.0986])
    """
    if require("logcumsumexp", input)._a.dtype.kind != "f":
        raise no_kernel("logcumsumexp_out_cpu", input._a.dtype)
    return _logcumsumexp(input, wrap_dim(dim, input._a.ndim))


# --- running extrema ----------------------------------------------------------------------------------------


def _last_extreme(a: np.ndarray[Any, Any], best: np.ndarray[Any, Any], dim: int) -> Any:
    """Where the running extreme was last equalled: the index that PyTorch gives."""
    steps = np.arange(a.shape[dim]).reshape((-1,) + (1,) * (a.ndim - 1 - dim))
    return np.maximum.accumulate(np.where((a == best) | (a != a), steps, 0), dim)


_cummax = picked("cummax", unique=False)
_cummin = picked("cummin", unique=False)


def _running_extreme(name: str, ufunc: np.ufunc, call: Any, input: Any, dim: int) -> tuple[Any, Any]:
    a = np.asarray(require(name, input)._a, order="C")
    d = wrap_dim(dim, a.ndim)
    if not a.ndim:
        return named(clone(input), f"{name.title()}Backward0"), wrap(np.zeros((), np.int64))
    index = _last_extreme(a, ufunc.accumulate(a, d), d)
    return call(input, d, index, True), wrap(index)


@spelled(axis="dim")
def cummax(input: Any, dim: int) -> Any:
    """The running maximum along `dim` and where it is: the pair (values, indices).

    >>> import microdl as torch
    >>> torch.cummax(torch.tensor([1, 3, 2]), 0).values
    tensor([1, 3, 3])
    """
    return return_types.cummax(_running_extreme("cummax", np.maximum, _cummax, input, dim))


@spelled(axis="dim")
def cummin(input: Any, dim: int) -> Any:
    """The running minimum along `dim` and where it is: the pair (values, indices).

    >>> import microdl as torch
    >>> torch.cummin(torch.tensor([3, 1, 2]), 0).indices
    tensor([0, 1, 1])
    """
    return return_types.cummin(_running_extreme("cummin", np.minimum, _cummin, input, dim))
