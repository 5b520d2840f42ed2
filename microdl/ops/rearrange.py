"""Shapes put together from the basic operations: at least so many dimensions, turned, split evenly, blocks."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from ..autograd.graph import TensorBase, named, wrap
from ..dtypes import Size, result_dtype
from .arithmetic import cast
from .join import cat, flip, split
from .shape import permute, require, reshape, transpose, unsqueeze, wrap_dim, wrap_dims
from .spelling import one_step
from .strides import narrow

Array = np.ndarray[Any, Any]

# --- dimensions added and moved -------------------------------------------------------------------------------


def _each(call: Any, tensors: tuple[Any, ...]) -> Any:
    """One tensor gives one; several, or a list of them, give a tuple."""
    if len(tensors) == 1 and isinstance(tensors[0], TensorBase):
        return call(tensors[0])
    group = tensors[0] if len(tensors) == 1 else tensors
    return tuple(call(x) for x in group)


def atleast_1d(*tensors: Any) -> Any:
    """A 0-d tensor as one of one element, others as they are; of several tensors, or a list, a tuple.

    >>> import microdl as torch
    >>> torch.atleast_1d(torch.tensor(2.))
    tensor([2.])
    """
    return _each(lambda x: x if require("atleast_1d", x)._a.ndim else reshape(x, 1), tensors)


def atleast_2d(*tensors: Any) -> Any:
    """A tensor of fewer dimensions as a matrix of one row; see `atleast_1d`.

    >>> import microdl as torch
    >>> torch.atleast_2d(torch.tensor([1., 2.])).shape
    torch.Size([1, 2])
    """
    return _each(lambda x: x if require("atleast_2d", x)._a.ndim > 1 else reshape(x, 1, -1), tensors)


def atleast_3d(*tensors: Any) -> Any:
    """A vector as (1, n, 1), a matrix as (n, m, 1); see `atleast_1d`.

    >>> import microdl as torch
    >>> torch.atleast_3d(torch.zeros(2, 3)).shape
    torch.Size([2, 3, 1])
    """

    def three(x: Any) -> Any:
        ndim = require("atleast_3d", x)._a.ndim
        return x if ndim > 2 else unsqueeze(x, -1) if ndim == 2 else reshape(x, 1, -1, 1)

    return _each(three, tensors)


def movedim(input: Any, source: Any, destination: Any) -> Any:
    """The dimensions of `source` (one or several) put at the places `destination`, the others in their order: a view.

    >>> import microdl as torch
    >>> torch.zeros(2, 3, 4).movedim(0, -1).shape
    torch.Size([3, 4, 2])

    Source: https://pytorch.org/docs/stable/generated/torch.movedim.html
    """
    ndim = require("movedim", input)._a.ndim
    given = [list(d) if isinstance(d, (tuple, list)) else [d] for d in (source, destination)]
    if len(given[0]) != len(given[1]):
        raise RuntimeError(
            "movedim: Invalid source or destination dims: source "
            f"({given[0]} dims) should contain the same number of dims as destination ({given[1]} dims)"
        )
    found = []
    for name, dims in zip(("source", "destination"), given, strict=True):
        try:
            found.append(wrap_dims(dims, ndim))
        except RuntimeError:
            raise RuntimeError(f"movedim: repeated dim in `{name}` ({dims})") from None
    if not ndim:
        return permute(input, ())
    order = [d for d in range(ndim) if d not in found[0]]
    for place, d in sorted(zip(found[1], found[0], strict=True)):
        order.insert(place, d)
    return permute(input, order)


def adjoint(input: Any) -> Any:
    """The last two dimensions exchanged."""
    ndim = require("adjoint", input)._a.ndim
    if ndim == 1:
        raise RuntimeError("tensor.adjoint() is only supported on matrices or batches of matrices. Got 1-D tensor.")
    return transpose(input, -2, -1) if ndim else input


def ravel(input: Any) -> Any:
    """All elements in one dimension: a view of a contiguous tensor, a copy of another.

    >>> import microdl as torch
    >>> torch.ravel(torch.tensor([[1, 2], [3, 4]]))
    tensor([1, 2, 3, 4])
    """
    return named(reshape(require("ravel", input).contiguous(), -1), "ViewBackward0")


# --- turned ------------------------------------------------------------------------------------------------------


def fliplr(input: Any) -> Any:
    """Columns in reverse order. RuntimeError for fewer than 2 dimensions.

    >>> import microdl as torch
    >>> torch.fliplr(torch.tensor([[1, 2], [3, 4]]))
    tensor([[2, 1],
            [4, 3]])
    """
    if require("fliplr", input)._a.ndim < 2:
        raise RuntimeError("Input must be >= 2-d.")
    return flip(input, 1)


def flipud(input: Any) -> Any:
    """Rows in reverse order. RuntimeError for a 0-d tensor.

    >>> import microdl as torch
    >>> torch.flipud(torch.tensor([[1, 2], [3, 4]]))
    tensor([[3, 4],
            [1, 2]])
    """
    if require("flipud", input)._a.ndim < 1:
        raise RuntimeError("Input must be >= 1-d.")
    return flip(input, 0)


@one_step("Rot90Backward0")
def rot90(input: Any, k: int = 1, dims: Any = (0, 1)) -> Any:
    """Turned `k` times by 90 degrees in the plane of two dimensions, from the first towards the second.

    >>> import microdl as torch
    >>> torch.rot90(torch.tensor([[1, 2], [3, 4]]))
    tensor([[2, 4],
            [1, 3]])
    """
    ndim = require("rot90", input)._a.ndim
    if len(dims) != 2:
        raise RuntimeError(f"expected total rotation dims == 2, but got dims = {len(dims)}")
    if ndim < 2:
        raise RuntimeError(f"expected total dims >= 2, but got total dims = {ndim}")
    a, b = wrap_dim(dims[0], ndim), wrap_dim(dims[1], ndim)
    if a == b:
        raise RuntimeError(f"expected rotation dims to be different, but got dim0 = {dims[0]} and dim1 = {dims[1]}")
    turns = k % 4
    if turns == 2:
        out = flip(input, a, b)
    else:
        out = transpose(flip(input, b if turns == 1 else a), a, b) if turns else input.clone()
    return named(out, "Rot90Backward0")


# --- joined and taken apart ---------------------------------------------------------------------------------------


def column_stack(tensors: Any) -> Any:
    """Vectors as columns of one matrix; matrices side by side.

    >>> import microdl as torch
    >>> torch.column_stack([torch.tensor([1, 2]), torch.tensor([3, 4])])
    tensor([[1, 3],
            [2, 4]])
    """
    return cat([t if t._a.ndim > 1 else reshape(t, -1, 1) for t in tensors], 1)


def dstack(tensors: Any) -> Any:
    """Tensors of at least three dimensions (see `atleast_3d`) joined along the third.

    >>> import microdl as torch
    >>> torch.dstack([torch.tensor([1, 2]), torch.tensor([3, 4])]).shape
    torch.Size([1, 2, 2])
    """
    return cat(atleast_3d(list(tensors)), 2)


@one_step("BlockDiagBackward0")
def block_diag(*tensors: Any) -> Any:
    """A matrix with the given matrices (vectors as rows, numbers as 1 by 1) along its diagonal and zeros elsewhere.

    >>> import microdl as torch
    >>> torch.block_diag(torch.tensor([[1, 2]]), torch.tensor(3))
    tensor([[1, 2, 0],
            [0, 0, 3]])
    """
    for i, t in enumerate(tensors):
        if require("block_diag", t)._a.ndim > 2:
            raise RuntimeError(
                f"torch.block_diag: Input tensors must have 2 or fewer dimensions. Input {i} has {t._a.ndim} dimensions"
            )
    if not tensors:
        return wrap(np.zeros((1, 0), np.float32))
    blocks = atleast_2d(list(tensors))
    kind = result_dtype([t._a for t in tensors])
    width = sum(b._a.shape[1] for b in blocks)
    rows, start = [], 0
    for b in blocks:
        n, m = b._a.shape
        left, right = (wrap(np.zeros((n, w), kind)) for w in (start, width - start - m))
        rows.append(cat([left, cast(b, kind), right], 1))
        start += m
    return named(cat(rows, 0), "BlockDiagBackward0")


def tensor_split(input: Any, indices_or_sections: Any, dim: int = 0) -> tuple[Any, ...]:
    """Views of n parts as even as can be, the larger first; or of the parts between the listed indices.

    >>> import microdl as torch
    >>> [part.tolist() for part in torch.arange(5).tensor_split(2)]
    [[0, 1, 2], [3, 4]]

    Source: https://pytorch.org/docs/stable/generated/torch.tensor_split.html
    """
    if not require("tensor_split", input)._a.ndim:
        raise RuntimeError("tensor_split expected at least a 1-dimensional tensor, but got a tensor with 0 dims")
    d = wrap_dim(dim, input._a.ndim)
    n = input._a.shape[d]
    if isinstance(indices_or_sections, TensorBase):
        if indices_or_sections._a.dtype != np.int64:
            raise RuntimeError(
                "tensor_split expected tensor_indices_or_sections to have dtype of long, but got "
                f"{indices_or_sections.dtype.legacy}"
            )
        indices_or_sections = indices_or_sections.tolist()
    if isinstance(indices_or_sections, (tuple, list)):
        places = [slice(*pair).indices(n)[:2] for pair in itertools.pairwise([0, *indices_or_sections, n])]
        return tuple(narrow(input, d, a, max(b - a, 0)) for a, b in places)
    sections = int(indices_or_sections)
    if sections <= 0:
        raise RuntimeError(f"number of sections must be larger than 0, got {sections}")
    size, more = divmod(n, sections)
    return split(input, [size + (i < more) for i in range(sections)], d)


def _evenly(name: str, input: Any, indices_or_sections: Any, dim: int, least: int) -> tuple[Any, ...]:
    shape = require(name, input)._a.shape
    if len(shape) < least:
        raise RuntimeError(
            f"torch.{name} requires a tensor with at least {least} dimension, but got a tensor with "
            f"{len(shape)} dimensions!"
        )
    if isinstance(indices_or_sections, int) and (indices_or_sections <= 0 or shape[dim] % indices_or_sections):
        raise RuntimeError(
            f"torch.{name} attempted to split along dimension {dim}, but the size of the dimension {shape[dim]} is not "
            f"divisible by the split_size {indices_or_sections}!"
        )
    return tensor_split(input, indices_or_sections, dim)


def hsplit(input: Any, indices_or_sections: Any) -> tuple[Any, ...]:
    """Parts side by side: along dimension 1, or 0 of a vector. RuntimeError where a number of parts does not divide."""
    return _evenly("hsplit", input, indices_or_sections, 0 if require("hsplit", input)._a.ndim == 1 else 1, 1)


def vsplit(input: Any, indices_or_sections: Any) -> tuple[Any, ...]:
    """Parts on top of each other: along dimension 0. RuntimeError where a number of parts does not divide."""
    return _evenly("vsplit", input, indices_or_sections, 0, 2)


def dsplit(input: Any, indices_or_sections: Any) -> tuple[Any, ...]:
    """Parts along dimension 2. RuntimeError where a number of parts does not divide."""
    return _evenly("dsplit", input, indices_or_sections, 2, 3)


def split_with_sizes(input: Any, split_sizes: Any, dim: int = 0) -> tuple[Any, ...]:
    """`split` into parts of the sizes listed."""
    return split(input, list(split_sizes), dim)


def broadcast_shapes(*shapes: Any) -> Size:
    """The shape to which the shapes broadcast; RuntimeError where they do not.

    >>> import microdl as torch
    >>> torch.broadcast_shapes((2, 1), (3,))
    torch.Size([2, 3])
    """
    try:
        return Size(np.broadcast_shapes(*shapes))
    except ValueError:
        raise RuntimeError(
            f"Shape mismatch: objects cannot be broadcast to a single shape: {[list(np.atleast_1d(s)) for s in shapes]}"
        ) from None
