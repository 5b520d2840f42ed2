"""Reductions of what lands on one place (scatter_reduce, index_reduce), and writing by position and by mask."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..autograd.graph import TensorBase, named, wrap
from ..autograd.record import not_a_tensor, op
from .along import along
from .gather import (
    Array,
    _add_forward,
    _padded,
    _region,
    _scatter_add,
    _scatter_arguments,
    gather,
    legacy,
    scatter_put,
)  # fmt: skip
from .shape import expand, require, reshape, unsafe_view, wrap_dim
from .slices import _slices_arguments, expand_pair
from .spelling import one_step

_UFUNC: dict[str, np.ufunc] = {"prod": np.multiply, "amax": np.maximum, "amin": np.minimum}
_NAMES = ("sum", "prod", "mean", "amax", "amin")


# --- along a dimension ------------------------------------------------------------------------------------------


def _array(x: Any) -> Array:
    """What is under a tensor: the index, under `create_graph`, comes as one."""
    return np.asarray(x._a if isinstance(x, TensorBase) else x)


def _at(x: Any, dim: int, index: Any) -> Any:
    """What `x` holds at the places of the index."""
    index = _array(index)
    return gather(x, dim, wrap(index)) if isinstance(x, TensorBase) else x[along(index, dim)]


def _reduce_array(input: Array, dim: int, index: Array, src: Array, reduce: str) -> Array:
    out = np.array(input, order="C")
    _UFUNC[reduce].at(out, along(index, dim), _region(src, index.shape))
    return out


def _count(shape: tuple[int, ...], dim: int, index: Array, counted: Array, dtype: Any) -> Array:
    """How many elements of the index fall on each place, of those that `counted` marks."""
    return np.asarray(_add_forward(np.zeros(shape, dtype), dim, index, counted.astype(dtype)))


# What equals the largest (or smallest) value of its place shares the place's gradient evenly.
_scatter_extreme = op(
    "scatter_extreme",
    lambda input, src, dim, index, result, mine, theirs, sharers: result.copy(),
    grad_name="ScatterReduceBackward0",
    input=lambda g, mine, sharers: np.where(mine, g / sharers, 0),
    src=lambda g, src_shape, dim, index, theirs, sharers: _padded(
        np.where(theirs, _at(g / sharers, dim, index), 0), src_shape
    ),
)


def _extreme(input: Any, dim: int, index: Array, src: Any, reduce: str, before: Array) -> Any:
    """`before` is the input with what does not count: what equals the result there takes its share, as in PyTorch."""
    a, b = input._a, _region(src._a, index.shape)
    out = _reduce_array(a, dim, index, b, reduce)
    mine, theirs = before == out, b == _at(out, dim, index)
    sharers = np.maximum(mine + _count(a.shape, dim, index, theirs, np.int64), 1).astype(a.dtype)
    return _scatter_extreme(input, src, dim, index, out, mine, theirs, sharers)


def _others(x: Any, at: Callable[[Any], Any], input: Any, src: Any, dim: int, index: Array) -> Any:
    """The product at the place of each x, without that x: from the factors that are not 0, and the number of zeros."""
    index = _array(index)
    part = _region(src, index.shape)
    first, second = (np.where(t == 0, 1, t) for t in (input, part))
    zeros = [_array(t) == 0 for t in (input, part)]
    count = at(zeros[0] + _count(tuple(input.shape), dim, index, zeros[1], np.int64))
    nonzero = at(_scatter_prod(first, second, dim, index))
    if isinstance(nonzero, TensorBase):  # the zeros are nothing, but their derivatives are not
        lost = at(_scatter_add(np.where(input == 0, input, 0), dim, wrap(index), np.where(part == 0, part, 0)))
    else:
        lost = np.zeros((), nonzero.dtype)
    beside_zeros = np.where(count == 1, nonzero, np.where(count == 2, (lost - x) * nonzero, 0))
    beside = np.where(count == 0, nonzero, np.where(count == 1, lost * nonzero, 0)) / np.where(x == 0, 1, x)
    return np.where(x == 0, beside_zeros, beside)


_scatter_prod: Callable[..., Any] = op(
    "scatter_prod",
    lambda input, src, dim, index: _reduce_array(input, dim, index, src, "prod"),
    polymorphic=True,
    grad_name="ScatterReduceBackward0",
    input=lambda g, input, src, dim, index: g * _others(input, lambda x: x, input, src, dim, index),
    src=lambda g, input, src, dim, index: _padded(
        _at(g, dim, index)
        * _others(_region(src, tuple(index.shape)), lambda x: _at(x, dim, index), input, src, dim, index),
        tuple(src.shape),
    ),
)


def _neutral(dtype: np.dtype[Any], reduce: str) -> Any:
    if reduce in ("sum", "mean", "prod"):
        return reduce == "prod"
    if dtype.kind == "f":
        return -np.inf if reduce == "amax" else np.inf
    if dtype.kind == "b":
        return reduce == "amin"
    return int(np.iinfo(dtype).min if reduce == "amax" else np.iinfo(dtype).max)


def _reduced(x: Any, d: int, where: Array, src: Any, reduce: str, include_self: bool) -> Any:
    a = x._a
    if not include_self:
        x = scatter_put(x, d, where, wrap(np.full(where.shape, _neutral(a.dtype, reduce), a.dtype)))
    if reduce == "prod":
        return _scatter_prod(x, src, d, where)
    if reduce in ("amax", "amin"):
        return _extreme(x, d, where, src, reduce, a)
    total = _scatter_add(x, d, where, src)
    if reduce == "sum":
        return total
    count = _count(a.shape, d, where, np.ones(where.shape, np.bool_), np.int64) + include_self
    count = wrap(np.maximum(count, 1).astype(a.dtype))
    return total / count if a.dtype.kind == "f" else total // count


@one_step("ScatterReduceBackward0")
def scatter_reduce(input: Any, dim: int, index: Any, src: Any, reduce: str, *, include_self: bool = True) -> Any:
    """A copy in which each place holds the "sum", "prod", "mean", "amax" or "amin" of itself and what `src` puts there.

    Without `include_self` only what `src` puts there counts. RuntimeError for another `reduce`, and for indices, sizes
    and dtypes that do not fit.

    >>> import microdl as torch
    >>> torch.zeros(2).scatter_reduce(0, torch.tensor([0, 0, 1]), torch.tensor([1., 2., 5.]), reduce="amax")
    tensor([2., 5.])

    Source: https://pytorch.org/docs/stable/generated/torch.Tensor.scatter_reduce_.html
    """
    if reduce not in _NAMES:
        raise RuntimeError(f"reduce argument must be either sum, prod, mean, amax or amin, got {reduce}")
    if not isinstance(src, TensorBase):
        raise not_a_tensor("scatter_reduce", 4, src, "src")
    shape = require("scatter_reduce", input)._a.shape
    x, d, where, values = _scatter_arguments("scatter_reduce", input, dim, index, src)
    out = _reduced(x, d, where, values, reduce, include_self)
    return named(out if shape else unsafe_view(out, ()), "ScatterReduceBackward0")


@one_step("IndexReduceBackward0")
def index_reduce(input: Any, dim: int, index: Any, source: Any, reduce: str, *, include_self: bool = True) -> Any:
    """`scatter_reduce` of whole slices: those of `source` go to the places `index` (1-D) along `dim`.

    `reduce` is "prod", "mean", "amax" or "amin".

    >>> import microdl as torch
    >>> torch.ones(2).index_reduce(0, torch.tensor([1, 1]), torch.tensor([2., 3.]), "prod")
    tensor([1., 6.])

    Source: https://pytorch.org/docs/stable/generated/torch.Tensor.index_reduce_.html
    """
    if reduce not in _NAMES[1:]:
        raise RuntimeError(f"index_reduce(): Expected reduce to be one of prod, mean, amax or amin but got {reduce}.")
    if not isinstance(source, TensorBase):
        raise not_a_tensor("index_reduce", 4, source, "source")
    x, d, where, values = _slices_arguments("index_reduce", input, dim, index, source)
    values = values if values._a.ndim else reshape(values, 1)
    place = where.reshape((-1,) + (1,) * (x._a.ndim - d - 1))
    out = _reduced(x, d, np.broadcast_to(place, values._a.shape), values, reduce, include_self)
    return out if input._a.ndim else unsafe_view(out, ())


# --- by position, by mask --------------------------------------------------------------------------------------------


@one_step("PutBackward0")
def put(input: Any, index: Any, source: Any, accumulate: bool = False) -> Any:
    """A copy with `source` at positions of the flattened tensor; with `accumulate` added, repeated places included.

    >>> import microdl as torch
    >>> torch.zeros(2, 2).put(torch.tensor([0, 3]), torch.tensor([1., 2.]))
    tensor([[1., 0.],
            [0., 2.]])

    Source: https://pytorch.org/docs/stable/generated/torch.Tensor.put_.html
    """
    a = require("put", input)._a
    for position, (name, t) in enumerate((("index", index), ("source", source)), start=2):
        if not isinstance(t, TensorBase):
            raise not_a_tensor("put", position, t, name)
    where = index._a
    if where.dtype != np.int64:
        raise RuntimeError(f"put_(): Expected a long tensor for index, but got {legacy(where)}")
    if source._a.dtype != a.dtype:
        raise RuntimeError(
            f"put_(): self and source expected to have the same dtype, but got self.dtype = {legacy(a)} and "
            f"source.dtype = {legacy(source._a)}"
        )
    if where.size != source._a.size:
        raise IndexError(
            "put_(): Expected source and index to have the same number of elements, but got source.numel() = "
            f"{source._a.size}, index.numel() = {where.size}"
        )
    if where.size and (where.max() >= a.size or where.min() < -a.size):
        worst = where.max() if where.max() >= a.size else where.min()
        raise IndexError(f"out of range: tried to access index {worst} on a tensor of {a.size} elements.")
    flat = np.where(where < 0, where + a.size, where).reshape(-1)
    call = _scatter_add if accumulate else scatter_put
    return named(reshape(call(reshape(input, -1), 0, flat, reshape(source, -1)), a.shape), "PutBackward0")


@one_step("MaskedScatterBackward0")
def masked_scatter(input: Any, mask: Any, source: Any) -> Any:
    """A copy in which the places where `mask` holds take the elements of `source`, in order.

    RuntimeError for a mask that is not boolean, dtypes that differ, and too few elements.

    >>> import microdl as torch
    >>> torch.zeros(3).masked_scatter(torch.tensor([True, False, True]), torch.tensor([1., 2.]))
    tensor([1., 0., 2.])

    Source: https://pytorch.org/docs/stable/generated/torch.Tensor.masked_scatter_.html
    """
    a, m = require("masked_scatter", input)._a, require("masked_scatter", mask)._a
    if m.dtype.kind != "b":
        raise RuntimeError(f"masked_scatter_ only supports boolean masks, but got mask with dtype {mask.dtype}")
    if not isinstance(source, TensorBase):
        raise not_a_tensor("masked_scatter", 3, source, "source")
    if source._a.dtype != a.dtype:
        raise RuntimeError(
            f"masked_scatter: expected self and source to have same dtypes but got {legacy(a)} and {legacy(source._a)}"
        )
    shape = expand_pair(a, m)
    where = np.flatnonzero(np.broadcast_to(m, shape))
    if where.size > source._a.size:
        raise RuntimeError(
            f"Number of elements of source < number of ones in mask: {source._a.size} elements for {where.size} places"
        )
    flat = reshape(expand(input, shape), -1)
    return unsafe_view(scatter_put(flat, 0, where, reshape(source, -1)[: where.size]), tuple(shape))


@one_step("SelectScatterBackward0")
def select_scatter(input: Any, src: Any, dim: int, index: int) -> Any:
    """A copy with `src` as the slice at `index` along `dim`."""
    d = wrap_dim(dim, require("select_scatter", input)._a.ndim)
    out = input.clone()
    out.select(d, index).copy_(_of_shape("select_scatter", src, out.select(d, index)))
    return out


@one_step("SliceScatterBackward0")
def slice_scatter(
    input: Any, src: Any, dim: int = 0, start: int | None = None, end: int | None = None, step: int = 1
) -> Any:
    """A copy with `src` as the part `start:end:step` along `dim`."""
    d = wrap_dim(dim, require("slice_scatter", input)._a.ndim)
    out = input.clone()
    place = (slice(None),) * d + (slice(start, end, step),)
    out[place] = _of_shape("slice_scatter", src, out[place])
    return out


@one_step("DiagonalScatterBackward0")
def diagonal_scatter(input: Any, src: Any, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Any:
    """A copy with `src` as its diagonal."""
    out = require("diagonal_scatter", input).clone()
    out.diagonal(offset, dim1, dim2).copy_(_of_shape("diagonal_scatter", src, out.diagonal(offset, dim1, dim2)))
    return out


def _of_shape(name: str, src: Any, place: Any) -> Any:
    if src._a.shape != place._a.shape:
        raise RuntimeError(
            f"{name}: expected src to have a size equal to the slice of self. src size = {list(src._a.shape)}, slice "
            f"size = {list(place._a.shape)}"
        )
    return src
