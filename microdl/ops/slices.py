"""Whole slices by index (index_select, index_add, ...), and elements by mask."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..autograd.graph import TensorBase, named
from ..autograd.record import not_a_tensor, op, shape_error
from ..dtypes import check_fits
from .arithmetic import cast
from .gather import Array, as_vector, check_range, index_array, legacy
from .shape import expand, require, unsafe_view, wrap_dim
from .spelling import spelled

_ALL = slice(None)
_OUT_OF_RANGE = "index out of range in self: "


# --- slices -------------------------------------------------------------------------------------------


def _slices(dim: int, index: Array) -> tuple[Any, ...]:
    return (_ALL,) * dim + (index,)


_index_select = op(
    "index_select",
    lambda input, dim, index: input.take(index, dim),
    polymorphic=True,
    input=lambda g, input_shape, dim, index: index_spread(g, input_shape, dim, index),
)


def _spread_forward(input: Any, shape: tuple[int, ...], dim: int, index: Array) -> Any:
    out = np.zeros(shape, input.dtype)
    np.add.at(out, _slices(dim, index), input)
    return out


index_spread: Callable[..., Any] = op(
    "index_select_backward",
    _spread_forward,
    polymorphic=True,
    input=lambda g, dim, index: _index_select(g, dim, index),
)


@spelled(axis="dim")
def index_select(input: Any, dim: int, index: Any) -> Any:
    """The slices at `index` (1-D) along `dim`, as a copy; repeated ones accumulate their gradients.

    >>> import microdl as torch
    >>> torch.index_select(torch.tensor([[1, 2], [3, 4]]), 0, torch.tensor([1, 1]))
    tensor([[3, 4],
            [3, 4]])

    Source: https://pytorch.org/docs/stable/generated/torch.index_select.html
    """
    a = require("index_select", input)._a
    d = wrap_dim(dim, a.ndim)
    where = index_array("index_select", index, "Expected dtype int32 or int64 for index")
    if where.ndim > 1:
        raise IndexError(f"index_select(): Index is supposed to be a vector, not of shape {list(where.shape)}")
    if where.size and a.ndim > 1 and not a.shape[d]:
        raise RuntimeError(
            f"index_select(): self indexing axis dim should be positive: dimension {d} of {list(a.shape)}"
        )
    error, text = (RuntimeError, "INDICES element is out of DATA bounds: ") if d == 1 else (IndexError, _OUT_OF_RANGE)
    check_range(where, a.shape[d] if a.ndim else 1, d, error, text)
    if a.ndim:
        return _index_select(input, d, where.reshape(-1))
    if where.size != 1:
        raise RuntimeError(f"index_select(): Index to scalar can have only 1 value, got {where.size} value(s)")
    return named(_index_select(as_vector(input), 0, where.reshape(())), "IndexSelectBackward0")


def _index_add_forward(input: Any, dim: int, index: Array, source: Any, alpha: float) -> Any:
    out = input.copy()
    np.add.at(out, _slices(dim, index), source if alpha == 1 else source * alpha)
    return out


_index_add = op(
    "index_add",
    _index_add_forward,
    input=lambda g: g,
    source=lambda g, dim, index, alpha: (
        _index_select(g, dim, index) if alpha == 1 else _index_select(g, dim, index) * alpha
    ),
)


def _index_put(input: Any, dim: int, index: Array, source: Any) -> Any:
    out = input.copy()
    out[_slices(dim, index)] = source
    return out


_index_copy: Callable[..., Any] = op(
    "index_copy",
    _index_put,
    polymorphic=True,
    input=lambda g, dim, index: _index_copy(g, dim, index, 0),
    source=lambda g, dim, index: _index_select(g, dim, index),
)


def _row_sum(g: Any, dim: int, index: Array) -> Any:
    """The gradient of one number written to all the slices."""
    return np.add.reduce(_index_select(g, dim, np.unique(index)), axis=None)


_index_fill = op(
    "index_fill",
    _index_put,
    grad_name=lambda node: f"IndexFillBackward{int('source' in node.plan.tensors)}",
    input=lambda g, dim, index: _index_copy(g, dim, index, 0),
    source=_row_sum,
)


def _index_vector(name: str, index: Any) -> Array:
    """The array of an index with one dimension or none, of a dtype that the operation takes, or its error."""
    fill = name == "index_fill"
    if name != "index_add" and isinstance(index, TensorBase) and index._a.dtype != np.int64:
        wanted = "Expected dtype int64 for index" if fill else "Expected a long tensor for index"
        found = f"but got {legacy(index._a)}. Convert it with .long()."
        raise (IndexError if fill else RuntimeError)(f"{name}_(): {wanted}, {found}")
    where = index_array(f"{name}_", index)
    if where.ndim > 1:
        text = "Index has to be a vector/scalar" if fill else "Index is supposed to be a vector"
        raise (RuntimeError if fill else IndexError)(f"{name}_(): {text}, not of shape {list(where.shape)}")
    return where


def _slices_arguments(name: str, input: Any, dim: int, index: Any, source: Any) -> tuple[Any, int, Array, Any]:
    a = require(name, input)._a
    d = wrap_dim(dim, a.ndim)
    where = _index_vector(name, index).reshape(-1)
    if isinstance(source, TensorBase) and name != "index_fill":
        if source._a.dtype != a.dtype:
            kinds = f"self ({legacy(a)}) and source ({legacy(source._a)})"
            raise RuntimeError(f"{name}_(): {kinds} must have the same scalar type. Convert one of them with .to().")
        if name == "index_copy" and a.ndim == 1 and not source._a.ndim:
            source = as_vector(source)
        if 0 < source._a.ndim <= d or a.ndim < source._a.ndim != 1:
            raise (IndexError if name == "index_copy" else RuntimeError)(
                f"{name}_(): a source with {source._a.ndim} dimension(s) does not fit a tensor with {a.ndim}: their "
                f"dimensionality must match. Indexing dim {d} is out of bounds of one of them."
            )
        n = source._a.shape[d] if source._a.ndim else 1
        if n != where.size:
            raise (IndexError if name == "index_copy" else RuntimeError)(
                f"{name}_(): Number of indices ({where.size}) should be equal to source.size(dim) ({n}), for dim: {d}"
            )
        wanted = (*a.shape[:d], where.size, *a.shape[d + 1 :])
        if a.ndim and source._a.shape != wanted:
            raise RuntimeError(f"{name}_(): source must have shape {list(wanted)}, but it has {list(source._a.shape)}")
    n = a.shape[d] if a.ndim else 1
    if name == "index_fill":  # the one of these that counts from the end, too
        where = np.where((where < 0) & (where >= -n), where + n, where)
    outer = a.ndim > 1 and d in (0, a.ndim - 1)  # which is another kernel in PyTorch, with another type of error
    check_range(where, n, d, RuntimeError if name == "index_add" and outer else IndexError)
    return as_vector(input), d, where, source


def _sliced(call: Callable[..., Any], input: Any, *args: Any) -> Any:
    out = call(*args)
    return out if input._a.ndim else unsafe_view(out, ())


@spelled(axis="dim")
def index_add(input: Any, dim: int, index: Any, source: Any, *, alpha: float = 1) -> Any:
    """A copy with `alpha * source` added to the slices at `index`; what repeats accumulates.

    >>> import microdl as torch
    >>> torch.zeros(3).index_add(0, torch.tensor([1, 1]), torch.tensor([2., 3.]))
    tensor([0., 5., 0.])
    """
    if not isinstance(source, TensorBase):
        raise not_a_tensor("index_add", 4, source, "source")
    if isinstance(input, TensorBase) and not input._a.ndim and source._a.ndim:
        raise RuntimeError(
            "source tensor shape must match self tensor shape, excluding the specified dimension. Got self.shape = [] "
            f"source.shape = {list(source._a.shape)}"
        )
    return _sliced(_index_add, input, *_slices_arguments("index_add", input, dim, index, source), alpha)


@spelled(axis="dim")
def index_copy(input: Any, dim: int, index: Any, source: Any) -> Any:
    """A copy with the slices at `index` replaced by those of `source`."""
    if not isinstance(source, TensorBase):
        raise not_a_tensor("index_copy", 4, source, "source")
    return _sliced(_index_copy, input, *_slices_arguments("index_copy", input, dim, index, source))


@spelled(axis="dim")
def index_fill(input: Any, dim: int, index: Any, value: Any) -> Any:
    """A copy with the slices at `index` filled with one value (a number or a 0-d tensor)."""
    value = single("index_fill", value, require("index_fill", input)._a)
    return _sliced(_index_fill, input, *_slices_arguments("index_fill", input, dim, index, value))


# --- masks --------------------------------------------------------------------------------------------------


def single(name: str, value: Any, a: Array) -> Any:
    """A number or a 0-d tensor that the dtype of `a` can hold."""
    if isinstance(value, TensorBase):
        if value._a.ndim:
            raise RuntimeError(
                f"{name}_ only supports a 0-dimensional value tensor, but got tensor with {value._a.ndim} dimension(s)."
            )
        return value if value._a.dtype == a.dtype else cast(value, a.dtype)
    if type(value) is float and a.dtype == np.float64:
        return value
    if not isinstance(value, (bool, int, float)):
        raise TypeError(f"{name}(): argument 'value' must be Tensor or a number, not {type(value).__name__}")
    check_fits(value, a.dtype)
    return np.asarray(value).astype(a.dtype)


def _fill_forward(input: Any, mask: Any, value: Any) -> Any:
    return np.asarray(np.where(mask, value, input), order="C")


_masked_fill = op(
    "masked_fill",
    _fill_forward,
    grad_name=lambda node: f"MaskedFillBackward{'value' in node.plan.tensors:d}",
    input=lambda g, mask: np.where(mask, 0, g),
    value=lambda g, mask: np.where(mask, g, 0),
)


def masked_fill(input: Any, mask: Any, value: Any) -> Any:
    """A copy with `value` (a number or a 0-d tensor) where the boolean `mask` holds, both broadcast.

    No gradient flows to what was filled. RuntimeError for a mask that is not boolean or does not broadcast.

    >>> import microdl as torch
    >>> torch.tensor([1., 2.]).masked_fill(torch.tensor([True, False]), 0)
    tensor([0., 2.])

    Source: https://pytorch.org/docs/stable/generated/torch.Tensor.masked_fill_.html
    """
    a = require("masked_fill", input)._a
    m = require("masked_fill", mask)._a
    if m.dtype.kind != "b":
        raise RuntimeError(
            f"masked_fill_ only supports boolean masks, but got mask with dtype {mask.dtype}. Compare it first, for "
            "example mask != 0."
        )
    if isinstance(value, TensorBase) and not value._a.ndim:
        check_fits(value._a.item(), a.dtype)
    value = single("masked_fill", value, a)
    if m.shape != a.shape:
        expand_pair(m, a)
    return _masked_fill(input, m, value)


def expand_pair(x: Array, y: Array) -> tuple[int, ...]:
    """The common shape of two arrays; RuntimeError where they do not broadcast."""
    try:
        return np.broadcast_shapes(x.shape, y.shape)
    except ValueError:
        raise shape_error(x, y) from None


def _taking(name: str) -> Callable[..., Any]:
    """Elements at positions of the flattened tensor."""
    return op(
        name,
        lambda input, index: input.reshape(-1)[index],
        input=lambda g, input_shape, index: index_spread(
            g.reshape((-1,)), (math.prod(input_shape),), 0, index.reshape(-1)
        ).reshape(input_shape),
    )


_TAKE = {name: _taking(name) for name in ("masked_select", "take")}


def masked_select(input: Any, mask: Any) -> Any:
    """The elements where the boolean `mask` holds (both broadcast), as a 1-D tensor.

    >>> import microdl as torch
    >>> torch.masked_select(torch.tensor([1, 2, 3]), torch.tensor([True, False, True]))
    tensor([1, 3])
    """
    a, m = require("masked_select", input)._a, require("masked_select", mask)._a
    if m.dtype.kind != "b":
        raise RuntimeError(f"masked_select: expected BoolTensor for mask, not {mask.dtype}. Compare it first.")
    shape = expand_pair(a, m)
    return _TAKE["masked_select"](expand(input, shape), np.flatnonzero(np.broadcast_to(m, shape)))


def take(input: Any, index: Any) -> Any:
    """The elements at positions of the flattened tensor, in the index's shape; negative ones count from the end.

    >>> import microdl as torch
    >>> torch.take(torch.tensor([[1, 2], [3, 4]]), torch.tensor([0, -1]))
    tensor([1, 4])
    """
    a = require("take", input)._a
    where = index._a if isinstance(index, TensorBase) else None
    if where is None:
        raise not_a_tensor("take", 2, index, "index")
    if where.dtype != np.int64:
        raise RuntimeError(f"take(): Expected a long tensor for index, but got {legacy(where)}")
    if where.size and (where.max() >= a.size or where.min() < -a.size):
        worst = where.max() if where.max() >= a.size else where.min()
        raise IndexError(f"out of range: tried to access index {worst} on a tensor of {a.size} elements.")
    return _TAKE["take"](input, np.where(where < 0, where + a.size, where))
