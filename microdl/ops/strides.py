"""Views by stride: parts and windows of a dimension, and any sizes and strides on a tensor's memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..autograd.graph import TensorBase, named
from ..autograd.inplace import apart
from ..autograd.inplace import view as declare_view
from ..autograd.record import op
from .indexing import _select_slices
from .shape import require, reshape, wrap_dim
from .spelling import spelled

Array = np.ndarray[Any, Any]


def _windows(input: Array, dim: int, size: int, step: int) -> Array:
    apart = step >= size or input.shape[dim] - size < step  # else windows share elements
    writeable = bool(input.flags.writeable and apart)
    out = np.lib.stride_tricks.sliding_window_view(input, size, dim, writeable=writeable)
    return out[(slice(None),) * dim + (slice(None, None, step),)]


def _fold_forward(input: Array, shape: tuple[int, ...], dim: int, size: int, step: int) -> Array:
    """Zeros with every window added at its place."""
    out = np.zeros(shape, input.dtype)
    first = np.moveaxis(out, dim, 0)
    for i, window in enumerate(np.moveaxis(np.moveaxis(input, dim, 0), -1, 1)):
        first[i * step : i * step + size] += window
    return out


_fold: Any = op(
    "unfold_backward",
    _fold_forward,
    polymorphic=True,
    input=lambda g, dim, size, step: (_unfold if isinstance(g, TensorBase) else _windows)(g, dim, size, step),
)
_unfold: Callable[..., Any] = declare_view(
    "unfold", _windows, lambda g, input_shape, dim, size, step: _fold(g, input_shape, dim, size, step)
)


def unfold(input: Any, dimension: int, size: int, step: int) -> Any:
    """All windows of `size` along a dimension, `step` apart; the windows' elements are the last dimension. A view.

    >>> import microdl as torch
    >>> torch.arange(5).unfold(0, 3, 1)
    tensor([[0, 1, 2],
            [1, 2, 3],
            [2, 3, 4]])

    Source: https://pytorch.org/docs/stable/generated/torch.Tensor.unfold.html
    """
    shape = require("unfold", input)._a.shape
    wrap_dim(dimension, len(shape))
    if not shape:
        return unfold(reshape(input, 1), 0, size, step)[0]
    d = wrap_dim(dimension, len(shape))
    if not 0 <= size <= shape[d]:
        raise RuntimeError(f"maximum size for tensor at dimension {d} is {shape[d]} but size is {size}")
    if step <= 0:
        raise RuntimeError(f"step is {step} but must be > 0")
    return _unfold(input, d, size, step)


def _strided(input: Array, size: tuple[int, ...], stride: tuple[int, ...], offset: int) -> Array:
    flat = np.ascontiguousarray(input).reshape(-1)  # the array itself where it is contiguous
    steps = tuple(s * flat.itemsize for s in stride)
    return np.lib.stride_tricks.as_strided(
        flat[offset:], size, steps, writeable=bool(flat.flags.writeable and apart(size, stride))
    )


def _unstrided_forward(
    input: Array, shape: tuple[int, ...], size: tuple[int, ...], stride: tuple[int, ...], offset: int
) -> Array:
    out = np.zeros(shape, input.dtype)
    place = np.full(size, offset)
    for i, (n, step) in enumerate(zip(size, stride, strict=True)):
        place += (np.arange(n) * step).reshape((n,) + (1,) * (len(size) - i - 1))
    np.add.at(out.reshape(-1), place, input)
    return out


_unstrided: Any = op(
    "as_strided_backward",
    _unstrided_forward,
    polymorphic=True,
    input=lambda g, size, stride, offset: (_as_strided if isinstance(g, TensorBase) else _strided)(
        g, size, stride, offset
    ),
)
_as_strided: Callable[..., Any] = declare_view(
    "as_strided",
    _strided,
    lambda g, input_shape, size, stride, offset: _unstrided(g, input_shape, size, stride, offset),
)


def as_strided(input: Any, size: Any, stride: Any, storage_offset: int | None = None) -> Any:
    """A view with any sizes and strides (in elements) on the memory of a contiguous tensor, from `storage_offset` on.

    RuntimeError where it would reach beyond the tensor's elements, or where the tensor is not contiguous (PyTorch
    counts from the start of the storage then).

    >>> import microdl as torch
    >>> torch.as_strided(torch.arange(4), (2, 2), (1, 2))
    tensor([[0, 2],
            [1, 3]])

    Source: https://pytorch.org/docs/stable/generated/torch.as_strided.html
    """
    a = require("as_strided", input)._a
    size, stride, offset = tuple(size), tuple(stride), storage_offset or 0
    if len(size) != len(stride):
        raise RuntimeError(f"mismatch in length of strides and shape: {list(stride)} and {list(size)}")
    if min(stride, default=0) < 0:
        raise RuntimeError(f"as_strided: Negative strides are not supported at the moment, got strides: {list(stride)}")
    if offset < 0:
        raise RuntimeError(f"Tensor: invalid storage offset {offset}")
    if not a.flags.c_contiguous:
        raise RuntimeError("as_strided: the tensor is not contiguous. Call .contiguous() first.")
    last = offset + sum((n - 1) * s for n, s in zip(size, stride, strict=True))
    if 0 not in size and last >= a.size:
        raise RuntimeError(
            f"setStorage: sizes {list(size)}, strides {list(stride)}, storage offset {offset} reach element {last}, "
            f"out of bounds for a storage of {a.size} elements"
        )
    return _as_strided(input, size, stride, offset)


@spelled(axis="dim")
def narrow(input: Any, dim: int, start: Any, length: int) -> Any:
    """The part from `start` of `length` along `dim`: a view.

    Raises IndexError for a start, RuntimeError for a length that does not lie inside, or for a 0-d tensor.
    """
    if not require("narrow", input)._a.ndim:
        raise RuntimeError("narrow() cannot be applied to a 0-dim tensor.")
    if length < 0:
        raise RuntimeError(f"narrow(): length must be non-negative, but it is {length}.")
    n = input._a.shape[d := wrap_dim(dim, input._a.ndim)]
    if isinstance(start, TensorBase) and (start._a.ndim or start._a.dtype.kind not in "iu"):
        raise RuntimeError("start must be an 0-dim integral Tensor.")
    first = int(start)
    if not -n <= first <= n:
        raise IndexError(f"start out of range (expected to be in range of [-{n}, {n}], but got {first})")
    first += n * (first < 0)
    if length > n - first:
        raise RuntimeError(f"start ({int(start)}) + length ({length}) exceeds dimension size ({n}).")
    return named(_select_slices(input, (slice(None),) * d + (slice(first, first + length),)), "SliceBackward0")
