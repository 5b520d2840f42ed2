"""Rows of a table, looked up by integers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..autograd.graph import TensorBase
from ..autograd.record import op
from .shape import require

__all__ = ["lookup", "rows_index"]


def _scattered(input: Any, rows: int, index: Any, padding: int, by_frequency: bool) -> Any:
    """The sum of the gradients of each row; none for the row `padding`, the mean where `by_frequency`."""
    out = np.zeros((rows, input.shape[-1]), input.dtype)
    np.add.at(out, index.reshape(-1), input.reshape(index.size, input.shape[-1]))
    if padding >= 0:
        out[padding] = 0
    if by_frequency:
        out /= _frequencies(index, rows, out.dtype)
    return out


def _frequencies(index: Any, rows: int, dtype: Any) -> Any:
    return np.maximum(np.bincount(index.reshape(-1), minlength=rows), 1).astype(dtype)[:, None]


def _gathered(g: Any, index: Any, padding: int, by_frequency: bool) -> Any:
    """The derivative of `_scattered`: the rows again, less what it leaves out."""
    index, dtype = (index._a, g._a.dtype) if isinstance(g, TensorBase) else (index, g.dtype)
    shares = np.ones((*index.shape, 1), dtype)
    if padding >= 0:
        shares[index == padding] = 0
    if by_frequency:
        shares /= _frequencies(index, g.shape[0], shares.dtype)[index]
    return lookup(g, index, -1, False) * shares


lookup: Callable[..., Any] = op(
    "embedding",
    lambda input, index, padding, by_frequency: input.take(index, 0),
    polymorphic=True,
    input=lambda g, input_shape, index, padding, by_frequency: _embedding_backward(
        g, input_shape[0], index, padding, by_frequency
    ),
)
_embedding_backward: Callable[..., Any] = op(
    "embedding_dense_backward",
    _scattered,
    polymorphic=True,
    input=lambda g, index, padding, by_frequency: _gathered(g, index, padding, by_frequency),
)


def rows_index(name: str, input: Any, weight: Any, error: type[Exception] = IndexError) -> Any:
    """The array of row numbers. RuntimeError for what are no integers, `error` for one out of range."""
    index, table = require(name, input)._a, require(name, weight)._a
    if table.ndim != 2:
        raise RuntimeError(f"'weight' must be 2-D, but it has shape {list(table.shape)}")
    rows = table.shape[0]
    if index.dtype.name not in ("int64", "int32"):
        raise RuntimeError(
            f"{name}: Expected tensor for argument #1 'indices' to have one of the following scalar types: Long, Int; "
            f"but got {input.type()} instead: use .long()"
        )
    outside = (index < 0) | (index >= rows)
    if outside.any():
        raise error(f"index out of range in self: {index[outside][0]}, where the weight has {rows} rows")
    return index
