"""Parts of matrices: diagonals, triangles, the trace."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..autograd.graph import TensorBase, named, wrap
from ..autograd.inplace import view
from ..autograd.record import op
from .shape import require, wrap_dim

# --- diagonals --------------------------------------------------------------------------------------------


def _diagonal_array(input: Any, offset: int, dim1: int, dim2: int) -> Any:
    """NumPy's diagonal, which is read-only, as a view that may be written to."""
    out = input.diagonal(offset, dim1, dim2)
    out.flags.writeable = input.flags.writeable
    return out


def _on_diagonal(input: Any, shape: tuple[int, ...], offset: int, dim1: int, dim2: int) -> Any:
    out = np.zeros(shape, input.dtype)
    _diagonal_array(out, offset, dim1, dim2)[...] = input
    return out


_diagonal = view(
    "diagonal",
    _diagonal_array,
    lambda g, input_shape, offset, dim1, dim2: on_diagonal(g, input_shape, offset, dim1, dim2),
)
on_diagonal: Callable[..., Any] = op(
    "diagonal_backward",
    _on_diagonal,
    polymorphic=True,
    input=lambda g, offset, dim1, dim2: _take_diagonal(g, offset, dim1, dim2),
)


def _take_diagonal(g: Any, offset: int, dim1: int, dim2: int) -> Any:
    return _diagonal(g, offset, dim1, dim2) if isinstance(g, TensorBase) else g.diagonal(offset, dim1, dim2)


def diagonal(input: Any, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Any:
    """The diagonal over two dimensions, as the last dimension of the result: a view.

    `offset` > 0 is above the main diagonal. RuntimeError where the two dimensions are the same.

    >>> import microdl as torch
    >>> torch.diagonal(torch.tensor([[1, 2], [3, 4]]))
    tensor([1, 4])
    """
    ndim = require("diagonal", input)._a.ndim
    a, b = wrap_dim(dim1, ndim), wrap_dim(dim2, ndim)
    if a == b:
        raise RuntimeError(f"diagonal dimensions cannot be identical {dim1}, {dim2}")
    return _diagonal(input, offset, a, b)


_diag_embed = op("diag_embed", _on_diagonal, input=lambda g, offset, dim1, dim2: _take_diagonal(g, offset, dim1, dim2))


def linalg_diagonal(A: Any, *, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Any:
    """`diagonal` of the last two dimensions."""
    return diagonal(A, offset, dim1, dim2)


def diag_embed(input: Any, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Any:
    """Matrices with the last dimension of `input` on their diagonal and zeros elsewhere.

    >>> import microdl as torch
    >>> torch.diag_embed(torch.tensor([[1, 2]]))
    tensor([[[1, 0],
             [0, 2]]])
    """
    shape = require("diag_embed", input)._a.shape
    ndim = len(shape) + 1
    a, b = wrap_dim(dim1, ndim), wrap_dim(dim2, ndim)
    if a == b:
        raise RuntimeError(f"diagonal dimensions cannot be identical {dim1}, {dim2}")
    n = shape[-1] + abs(offset)
    wide = list(shape[:-1])
    for d in sorted((a, b)):
        wide.insert(d, n)
    return _diag_embed(input, tuple(wide), offset, a, b)


def diag(input: Any, diagonal: int = 0) -> Any:
    """A vector as a diagonal matrix, or a copy of a matrix's diagonal. RuntimeError for other ranks.

    >>> import microdl as torch
    >>> torch.diag(torch.tensor([1, 2])), torch.diag(torch.tensor([[1, 2], [3, 4]]), 1)
    (tensor([[1, 0],
            [0, 2]]), tensor([2]))

    Source: https://pytorch.org/docs/stable/generated/torch.diag.html
    """
    ndim = require("diag", input)._a.ndim
    if ndim == 1:
        return diag_embed(input, diagonal)
    if ndim != 2:
        raise RuntimeError(f"diag(): Supports 1D or 2D tensors. Got {ndim}D")
    return named(_diagonal(input, diagonal, 0, 1).clone(), "DiagonalBackward0_copy")


_trace = op(
    "trace",
    lambda input: np.add.reduce(input.diagonal(), axis=None),
    input=lambda g, input_shape: on_diagonal(np.broadcast_to(g, (min(input_shape),)), input_shape, 0, 0, 1),
)


def trace(input: Any) -> Any:
    """The sum of a matrix's diagonal. RuntimeError for other ranks.

    >>> import microdl as torch
    >>> torch.trace(torch.tensor([[1., 2.], [3., 4.]]))
    tensor(5.)
    """
    ndim = require("trace", input)._a.ndim
    if ndim != 2:
        raise RuntimeError(f"trace: expected a matrix, but got tensor with dim {ndim}")
    if input._a.dtype.kind == "f":
        return _trace(input)
    return wrap(np.add.reduce(input._a.diagonal(), dtype=np.int64))


def fill_diagonal_arrays(input: Any, value: Any) -> Any:
    """A copy with `value` on the diagonal of its last two dimensions."""
    out = input.copy()
    _diagonal_array(out, 0, 0, 1)[...] = value
    return out


fill_diagonal: Callable[..., Any] = op(
    "fill_diagonal",
    fill_diagonal_arrays,
    polymorphic=True,
    input=lambda g: fill_diagonal(g, 0),
)


# --- triangles --------------------------------------------------------------------------------------------


def _triangle(name: str, upper: bool) -> Any:
    def forward(input: Any, k: int) -> Any:
        rows, columns = input.shape[-2:]
        kept = np.tri(rows, columns, k - 1 if upper else k, np.bool_)
        return np.where(kept, 0, input) if upper else np.where(kept, input, 0)

    def typed(input: Any, k: int) -> Any:
        return forward(input, k).astype(input.dtype, "C", copy=False)

    call = op(name, typed, polymorphic=True, input=lambda g, k: call(g, k))
    return call


_tril = _triangle("tril", False)
_triu = _triangle("triu", True)


def _matrices(name: str, input: Any) -> Any:
    if require(name, input)._a.ndim < 2:
        raise RuntimeError(f"{name}: input tensor must have at least 2 dimensions, but it has {input._a.ndim}")
    return input


def tril(input: Any, diagonal: int = 0) -> Any:
    """The lower triangle of matrices, up to and with the given diagonal; zeros elsewhere.

    >>> import microdl as torch
    >>> torch.tril(torch.ones(2, 2))
    tensor([[1., 0.],
            [1., 1.]])
    """
    return _tril(_matrices("tril", input), diagonal)


def triu(input: Any, diagonal: int = 0) -> Any:
    """The upper triangle of matrices, from the given diagonal on; zeros elsewhere.

    >>> import microdl as torch
    >>> torch.triu(torch.ones(2, 2), 1)
    tensor([[0., 1.],
            [0., 0.]])
    """
    return _triu(_matrices("triu", input), diagonal)
