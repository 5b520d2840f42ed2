"""Joining tensors and taking them apart."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable
from typing import Any

import numpy as np

from ..autograd.graph import TensorBase, named, wrap
from ..autograd.inplace import link
from ..autograd.kinds import no_kernel
from ..autograd.mode import mode
from ..autograd.record import attach, op
from ..autograd.table import Op
from ..dtypes import result_dtype
from .arithmetic import cast, contiguous_clone, memory_order
from .indexing import _select_slices
from .shape import flatten, require, sizes, unsqueeze, wrap_dim, wrap_dims
from .slices import index_select
from .spelling import spelled
from .strides import narrow


def _concatenated(arrays: Any, dim: int) -> Any:
    return np.asarray(np.concatenate(arrays, dim), order="C")


def _stacked(arrays: Any, dim: int) -> Any:
    return np.asarray(np.stack(arrays, dim), order="C")


@functools.lru_cache(maxsize=64)
def _cat_of(n: int) -> Op:
    """`cat` of n tensors: each gets back the part of the gradient that it gave."""

    def formula(i: int) -> Callable[..., Any]:
        return lambda g, dim, starts: g[(slice(None),) * dim + (slice(starts[i], starts[i + 1]),)]

    names = tuple(f"t{i}" for i in range(n))
    return Op("cat", _concatenated, (*names, "dim", "starts"), {p: formula(i) for i, p in enumerate(names)})


@spelled(axis="dim")
def cat(tensors: Any, dim: int = 0) -> Any:
    """Tensors joined along an existing dimension; all other sizes agree, dtypes promote.

    Raises RuntimeError for an empty list or sizes that differ (an empty 1-D tensor is skipped).

    >>> import microdl as torch
    >>> torch.cat([torch.zeros(2), torch.ones(1)])
    tensor([0., 0., 1.])

    Source: https://pytorch.org/docs/stable/generated/torch.cat.html
    """
    parts = _parts("torch.cat(): expected a non-empty list of Tensors", tensors)
    for i, p in enumerate(parts):
        if not p._a.ndim:
            raise RuntimeError(f"zero-dimensional tensor (at position {i}) cannot be concatenated. Use torch.stack.")
    many = max(p._a.ndim for p in parts)
    if many > 1 and any(p._a.shape == (0,) for p in parts):  # they take part without an element
        like = next(p._a.shape for p in parts if p._a.shape != (0,))
        d = wrap_dim(dim, len(like))
        parts = [p if p._a.shape != (0,) else p.reshape((*like[:d], 0, *like[d + 1 :])) for p in parts]
    ndim = parts[0]._a.ndim
    nothing = all(p._a.shape == (0,) for p in parts)  # these may be joined along any dimension
    d = 0 if nothing else wrap_dim(dim, ndim)
    for i, p in enumerate(parts):
        _check_joinable(i, p._a.shape, parts[0]._a.shape, d)
    t = wrap(_concatenated([p._a for p in parts], d))
    starts = (0, *itertools.accumulate(p._a.shape[d] for p in parts))
    return _joined(_cat_of, parts, (d, starts), t)


concat = concatenate = cat


def _joined(op_of: Callable[[int], Op], parts: list[Any], rest: tuple[Any, ...], t: Any) -> Any:
    """Records `t`, made of `parts`. The operation of so many is declared only where a gradient asks for it."""
    if mode.enabled and any(p._node is not None for p in parts):
        attach(op_of(len(parts)), (*parts, *rest), [True] * len(parts) + [False] * len(rest), t)
    return t


def _parts(empty: str, tensors: Any) -> list[Any]:
    if isinstance(tensors, TensorBase):
        raise TypeError("expected a tuple or list of Tensors, not one Tensor: write torch.cat([x, y])")
    parts = list(tensors)
    if not parts:
        raise ValueError(empty) if "cat" in empty else RuntimeError(empty)
    for i, part in enumerate(parts):
        if not isinstance(part, TensorBase):
            raise TypeError(f"expected Tensor as element {i} in argument 0, but got {type(part).__name__}")
    common = result_dtype([p._a for p in parts])
    return [cast(p, common) for p in parts]


def _check_joinable(i: int, shape: tuple[int, ...], first: tuple[int, ...], dim: int) -> None:
    if len(shape) != len(first):
        raise RuntimeError(f"Tensors must have same number of dimensions: got {len(first)} and {len(shape)}")
    for k, (a, b) in enumerate(zip(first, shape, strict=True)):
        if k != dim and a != b:
            raise RuntimeError(
                f"Sizes of tensors must match except in dimension {dim}. Expected size {a} but got size {b} for "
                f"tensor number {i} in the list."
            )


@functools.lru_cache(maxsize=64)
def _stack_of(n: int) -> Op:
    """`stack` of n tensors: each gets back its slice of the gradient."""

    def formula(i: int) -> Callable[..., Any]:
        return lambda g, dim: g[_at(dim, i)]

    names = tuple(f"t{i}" for i in range(n))
    return Op("stack", _stacked, (*names, "dim"), {p: formula(i) for i, p in enumerate(names)})


@spelled(axis="dim")
def stack(tensors: Any, dim: int = 0) -> Any:
    """Tensors of one shape joined along a new dimension.

    >>> import microdl as torch
    >>> torch.stack([torch.tensor([1, 2]), torch.tensor([3, 4])], dim=1)
    tensor([[1, 3],
            [2, 4]])
    """
    parts = _parts("stack expects a non-empty TensorList", tensors)
    shape = parts[0]._a.shape
    d = wrap_dim(dim, len(shape) + 1)
    for i, p in enumerate(parts):
        if p._a.shape != shape:
            raise RuntimeError(
                f"stack expects each tensor to be equal size, but got {list(shape)} at entry 0 and "
                f"{list(p._a.shape)} at entry {i}"
            )
    return _joined(_stack_of, parts, (d,), wrap(_stacked([p._a for p in parts], d)))


def hstack(tensors: Any) -> Any:
    """Tensors joined side by side: along dimension 1, or 0 for 1-D ones."""
    _check_list("hstack", tensors)
    parts = [t.reshape(1) if t.ndim == 0 else t for t in tensors]
    return cat(parts, 0 if parts and parts[0].ndim == 1 else 1)


def vstack(tensors: Any) -> Any:
    """Tensors joined on top of each other: along dimension 0, 1-D ones as rows."""
    _check_list("vstack", tensors)
    return cat([t.reshape(1, -1) if t.ndim < 2 else t for t in tensors], 0)


def _check_list(name: str, tensors: Any) -> None:
    if isinstance(tensors, TensorBase):
        raise TypeError(
            f"{name}(): argument 'tensors' (position 1) must be tuple of Tensors, not Tensor. Wrap it in [...]."
        )
    for i, t in enumerate(tensors):
        if not isinstance(t, TensorBase):
            raise TypeError(f"expected Tensor as element {i} in argument 0, but got {type(t).__name__}")
    if not len(tensors):
        raise RuntimeError(f"{name} expects a non-empty TensorList")


@spelled(axis="dim", tensor="input", split_size="split_size_or_sections", split_sizes="split_size_or_sections")
def split(input: Any, split_size_or_sections: Any, dim: int = 0) -> tuple[Any, ...]:
    """Views of consecutive parts: of a size each (the last may be smaller), or of the sizes listed.

    >>> import microdl as torch
    >>> [part.tolist() for part in torch.arange(5).split(2)]
    [[0, 1], [2, 3], [4]]
    """
    if not require("split", input)._a.ndim:
        raise RuntimeError("split expects at least a 1-dimensional tensor, but got a tensor with shape []")
    if isinstance(split_size_or_sections, (str, float)):
        raise TypeError(
            "split_with_sizes(): argument 'split_sizes' (position 2) must be tuple of ints, not "
            f"{type(split_size_or_sections).__name__}"
        )
    if isinstance(split_size_or_sections, int) and split_size_or_sections < 0:
        raise RuntimeError(f"split expects split_size be non-negative, but got split_size={split_size_or_sections}")
    d = wrap_dim(dim, input._a.ndim)
    n = input._a.shape[d]
    if isinstance(split_size_or_sections, (list, tuple)):
        sections = [int(s) for s in split_size_or_sections]
        if sum(sections) != n or min(sections, default=0) < 0:
            raise RuntimeError(
                f"split_with_sizes expects split_sizes to sum exactly to {n} (input tensor's size at dimension {dim}), "
                f"but got split_sizes={sections}"
            )
    else:
        size = int(split_size_or_sections)
        if size == 0 and n:
            raise RuntimeError(f"split_size can only be 0 if dimension size is 0, but got dimension size of {n}")
        sections = [min(size, n - i) for i in range(0, n, size or 1)] or [0]
    starts = itertools.accumulate(sections[:-1], initial=0)
    step = "SplitWithSizesBackward0" if isinstance(split_size_or_sections, (list, tuple)) else "SplitBackward0"
    return tuple(named(narrow(input, d, start, size), step) for start, size in zip(starts, sections, strict=True))


@spelled(axis="dim")
def chunk(input: Any, chunks: int, dim: int = 0) -> tuple[Any, ...]:
    """At most `chunks` views of equal size (the last may be smaller).

    >>> import microdl as torch
    >>> [part.tolist() for part in torch.arange(5).chunk(2)]
    [[0, 1, 2], [3, 4]]
    """
    if isinstance(chunks, float):
        raise TypeError(f"chunk(): argument 'chunks' (position 2) must be int, not float ({chunks})")
    if not require("chunk", input)._a.ndim:
        raise RuntimeError("chunk expects at least a 1-dimensional tensor, but got a tensor with shape []")
    if chunks <= 0:
        raise RuntimeError(f"chunk expects `chunks` to be greater than 0, got: {chunks}")
    n = input._a.shape[wrap_dim(dim, input._a.ndim)]
    if not n:
        return split(input, [0] * chunks, dim)
    return split(input, max(-(-n // chunks), 1), dim)


_unbind = op(
    "unbind",
    lambda input, dim: tuple(input[_at(dim, i)] for i in range(input.shape[dim])),
    outputs=True,
    input=lambda g, input_shape, dim: _stack_slots(g, input_shape, dim),
)


def _stack_slots(slots: list[Any], shape: tuple[int, ...], dim: int) -> Any:
    """The gradients of the parts, zeros where a part was not used, put together again."""
    known = next(g for g in slots if g is not None)
    part = shape[:dim] + shape[dim + 1 :]
    if isinstance(known, TensorBase):
        return stack([wrap(np.zeros(part, known._a.dtype)) if g is None else g for g in slots], dim)
    out = np.zeros(shape, known.dtype)
    for i, g in enumerate(slots):
        if g is not None:
            out[_at(dim, i)] = g
    return out


def _at(dim: int, i: int) -> tuple[Any, ...]:
    """The index of slice `i` along `dim`, as a view even where it is one element."""
    return (slice(None),) * dim + (i, ...)


@spelled(axis="dim")
def unbind(input: Any, dim: int = 0) -> tuple[Any, ...]:
    """All slices along a dimension, without it.

    >>> import microdl as torch
    >>> torch.tensor([[1, 2], [3, 4]]).unbind()
    (tensor([1, 2]), tensor([3, 4]))
    """
    d = wrap_dim(dim, require("unbind", input)._a.ndim)
    if input._node is None:
        return tuple([_select_slices(input, _at(d, i)) for i in range(input._a.shape[d])])
    parts: tuple[Any, ...] = _unbind(input, d)
    for i, part in enumerate(parts):
        link(part, input, _select_slices, (_at(d, i),))
    return parts


def flip(input: Any, *args: Any, dims: Any = None) -> Any:
    """A copy with the order along `dims` reversed.

    >>> import microdl as torch
    >>> torch.arange(3).flip(0)
    tensor([2, 1, 0])
    """
    axes = wrap_dims(sizes(args if dims is None else (dims,)), require("flip", input)._a.ndim)
    return _flip(input, axes if input._a.ndim else ())


_flip: Callable[..., Any] = op(
    "flip",
    lambda input, dims: np.flip(input, dims).copy(memory_order(input)),
    polymorphic=True,
    input=lambda g, dims: _flip(g, dims),
)


def roll(input: Any, shifts: Any, dims: Any = None) -> Any:
    """Elements moved along `dims` by `shifts`, the last ones coming in at the front."""
    many = tuple(shifts) if isinstance(shifts, (tuple, list)) else (shifts,)
    axes = () if dims is None else dims if isinstance(dims, (tuple, list)) else (dims,)
    wrong = [type(n).__name__ for n in (*many, *axes) if isinstance(n, (str, float))]
    if wrong:
        raise TypeError(f"roll(): argument 'shifts' (position 2) must be tuple of ints, not {wrong[0]}")
    if len(many) != (len(axes) or 1):
        raise RuntimeError(f"shifts and dimensions must align. shifts: {len(many)}, dims:{len(axes)}")
    if not axes:
        flat = require("roll", input).reshape(-1)
        return named(_roll(flat, many, (0,)).reshape(input._a.shape), "RollBackward0")
    if not require("roll", input)._a.ndim:
        raise IndexError(f"Dimension specified as {axes[0]} but tensor has no dimensions")
    return _roll(input, many, wrap_dims(axes, input._a.ndim))


_roll: Callable[..., Any] = op(
    "roll",
    lambda input, shifts, dims: np.asarray(np.roll(input, shifts, dims), order="C"),
    polymorphic=True,
    input=lambda g, shifts, dims: _roll(g, tuple(-s for s in shifts), dims),
)


def _nothing_back(g: Any, input_shape: tuple[int, ...]) -> Any:
    zeros = np.zeros(input_shape, g._a.dtype if isinstance(g, TensorBase) else g.dtype)
    return wrap(zeros) if isinstance(g, TensorBase) else zeros


@spelled(repeats="*", dims="*")
def repeat(input: Any, *repeats: Any) -> Any:
    """The tensor tiled: copied `repeats[i]` times along dimension i (which may be new ones in front)."""
    times = sizes(repeats)
    if len(times) < input._a.ndim:
        raise RuntimeError("Number of dimensions of repeat dims can not be smaller than number of dimensions of tensor")
    shape = (1,) * (len(times) - input._a.ndim) + input._a.shape
    if any(r * n < 0 for r, n in zip(times, shape, strict=True)):
        raise RuntimeError(f"Trying to create tensor with negative dimension: repeats {list(times)}")
    if 0 in times:
        return _repeat_none(input, tuple(r * n for r, n in zip(times, shape, strict=True)))
    paired = [n for pair in zip((1,) * len(shape), shape, strict=True) for n in pair]
    wide = [n for pair in zip(times, shape, strict=True) for n in pair]
    out = input.reshape(paired).expand(wide).reshape([r * n for r, n in zip(times, shape, strict=True)])
    return named(out if out._view_of is None else contiguous_clone(out), "RepeatBackward0")


_repeat_none = op("repeat", lambda input, shape: np.empty(shape, input.dtype), input=_nothing_back)


@spelled(dims="*")
def tile(input: Any, *dims: Any) -> Any:
    """`repeat` that also takes fewer numbers than there are dimensions: ones are put in front."""
    times = sizes(dims)
    return repeat(input, (1,) * (require("tile", input)._a.ndim - len(times)) + times)


@spelled(axis="dim")
def repeat_interleave(
    input: Any = None, repeats: Any = None, dim: int | None = None, *, output_size: int | None = None
) -> Any:
    """Each element (or slice along `dim`) repeated `repeats` times in place; `repeats` alone: each index that often.

    `output_size` is how many result, where that is known; a hint to PyTorch's devices.

    >>> import microdl as torch
    >>> torch.repeat_interleave(torch.tensor([2, 0, 1]))
    tensor([0, 0, 2])

    Raises RuntimeError for negative repeats, or a number of them that does not fit.
    """
    if repeats is None or input is None:
        alone = require("repeat_interleave", input if repeats is None else repeats)
        return wrap(np.repeat(np.arange(alone._a.size), _counts(alone, None)))
    if dim is None:
        input, dim = input.reshape(-1), 0
    n = input._a.shape[wrap_dim(dim, input._a.ndim)]
    counts = _counts(repeats, n)
    if isinstance(repeats, TensorBase):
        return index_select(input, dim, wrap(np.repeat(np.arange(n), counts)))
    d = wrap_dim(dim, input._a.ndim)
    wide = unsqueeze(input, d + 1).expand(*input._a.shape[: d + 1], int(repeats), *input._a.shape[d + 1 :])
    return flatten(contiguous_clone(wide), d, d + 1)


def _counts(repeats: Any, n: int | None) -> Any:
    """The checked repeats, of `n` slices where that is known."""
    counts = repeats._a if isinstance(repeats, TensorBase) else np.asarray(repeats)
    if isinstance(repeats, (str, float)):
        raise TypeError(f"repeat_interleave(): argument 'repeats' (position 2) must be int or Tensor, not {repeats!r}")
    if counts.dtype not in (np.int64, np.int32):
        raise no_kernel("repeat_interleave_cpu", counts.dtype)
    if (counts < 0).any():
        raise RuntimeError(f"Repeats must be non-negative, but got {counts.min()}")
    if n is not None and counts.size not in (1, n):
        raise RuntimeError(f"repeats must have the same size as input along dim, but got {counts.size} for {n}")
    return counts
