"""Embeddings as functions: the rows of a table that integers select, each by itself or gathered into bags."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd.graph import named, wrap
from ..ops.choice import where
from ..ops.embedding import lookup, rows_index
from ..ops.extremum import max as maximum_of
from ..ops.shape import require, reshape
from ..ops.slices import index_add

__all__ = ["embedding", "embedding_bag"]


def _renormalise(weight: Any, index: Any, max_norm: float, norm_type: float) -> None:
    """Shortens, in place and without history, the rows in use whose norm is above `max_norm`."""
    used = np.unique(index)
    norms = np.linalg.norm(weight._a[used], norm_type, axis=1)
    long = norms > max_norm
    if long.any():
        scale = (max_norm / (norms[long] + 1e-7)).astype(weight._a.dtype)
        weight._a[used[long]] *= scale[:, None]
        weight._version_counter.bump("embedding_renorm_")


def padding_row(index: int, rows: int) -> int:
    """`padding_idx` counted from the start. AssertionError where it is out of range."""
    if not -rows <= index < rows:
        raise AssertionError(f"Padding_idx must be within num_embeddings: {index} is not among {rows}")
    return index % rows


def embedding(
    input: Any,
    weight: Any,
    padding_idx: int | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Any:
    """The rows of `weight` (num, dim) that integers of any shape (*) select: (*, dim).

    Row `padding_idx` gets no gradient. With `max_norm` the rows in use are first shortened to that `norm_type`-norm, in
    place. With `scale_grad_by_freq` a row's gradient is divided by how often it was selected. `sparse` is accepted; the
    gradient is an ordinary tensor all the same.
    Raises IndexError for an index out of range, RuntimeError for indices that are no integers.

    >>> import microdl as torch
    >>> torch.nn.functional.embedding(torch.tensor([1, 0, 1]), torch.tensor([[1., 2.], [3., 4.]]))
    tensor([[3., 4.],
            [1., 2.],
            [3., 4.]])

    Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.embedding.html
    """
    if weight._a.ndim != 2:
        raise RuntimeError(f"embedding(): 'weight' must be 2-D, but its shape is {list(weight._a.shape)}")
    index = rows_index("embedding", input, weight)
    padding = -1 if padding_idx is None else padding_row(padding_idx, weight._a.shape[0])
    if max_norm is not None:
        _renormalise(weight, index, max_norm, norm_type)
    return lookup(weight, index, padding, scale_grad_by_freq)


def embedding_bag(
    input: Any,
    weight: Any,
    offsets: Any = None,
    max_norm: float | None = None,
    norm_type: float = 2,
    scale_grad_by_freq: bool = False,
    mode: str = "mean",
    sparse: bool = False,
    per_sample_weights: Any = None,
    include_last_offset: bool = False,
    padding_idx: int | None = None,
) -> Any:
    """Sums, means or maxima ("sum", "mean", "max") of rows of `weight` (num, dim), one for each bag: (bags, dim).

    The bags are the rows of a 2-D `input`, or parts of a 1-D one that start at `offsets` (with `include_last_offset`
    the last offset is where the last bag ends). An empty bag gives zeros. Rows of `padding_idx` count as absent.
    `per_sample_weights`, of the input's shape, multiplies each row before a sum. `sparse` is accepted; the gradient is
    an ordinary tensor all the same. With `scale_grad_by_freq` a row's gradient is divided by how often it was selected.

    Raises RuntimeError for a row out of range, ValueError for shapes that do not fit, NotImplementedError for weights
    with another mode than "sum".

    >>> import microdl as torch
    >>> weight = torch.tensor([[1., 2.], [3., 4.], [5., 6.]])
    >>> torch.nn.functional.embedding_bag(torch.tensor([0, 1, 2]), weight, torch.tensor([0, 2]), mode="sum")
    tensor([[4., 6.],
            [5., 6.]])

    Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.embedding_bag.html
    """
    if mode not in ("sum", "mean", "max"):
        raise ValueError(f"mode has to be one of sum, mean or max, but got {mode!r}")
    if per_sample_weights is not None:
        _check_weights(per_sample_weights, input, mode)
    if mode == "max" and scale_grad_by_freq:
        raise ValueError("max mode does not support scaling the gradient by the frequency")
    for name, t, dims in (("input", input, (1, 2)), ("weight", weight, (2,))):
        if t._a.ndim not in dims:
            raise ValueError(
                f"{name} has to be a {' or '.join(f'{d}D' for d in dims)} Tensor, but got Tensor of "
                f"dimension {t._a.ndim}"
            )
    index = rows_index("embedding_bag", input, weight, RuntimeError)
    bag, n_bags = _bags(index, offsets, include_last_offset)
    padding = -1 if padding_idx is None else padding_row(padding_idx, weight._a.shape[0])
    if max_norm is not None:
        _renormalise(weight, index, max_norm, norm_type)
    index = index.reshape(-1)
    kept = index != padding
    if mode == "max":
        return named(_largest(weight, index[kept], bag[kept], n_bags), "EmbeddingBagBackward0")
    rows = lookup(weight, index[kept], -1, scale_grad_by_freq)
    if per_sample_weights is not None:
        rows = rows * reshape(per_sample_weights, (-1,))[wrap(kept)].unsqueeze(1)
    zeros = wrap(np.zeros((n_bags, weight._a.shape[1]), weight._a.dtype))
    total = index_add(zeros, 0, wrap(bag[kept]), rows)
    if mode == "sum":
        return named(total, "EmbeddingBagBackward0")
    sizes = np.maximum(np.bincount(bag[kept], minlength=n_bags), 1).astype(weight._a.dtype)
    return named(total / wrap(sizes[:, None]), "EmbeddingBagBackward0")


def _check_weights(per_sample_weights: Any, input: Any, mode: str) -> None:
    if mode != "sum":
        raise NotImplementedError(
            f"embedding_bag: per_sample_weights was not None. per_sample_weights is only supported for mode='sum' (got "
            f"mode={mode!r})."
        )
    if require("embedding_bag", per_sample_weights)._a.shape != require("embedding_bag", input)._a.shape:
        raise ValueError(
            f"embedding_bag: If per_sample_weights ({list(per_sample_weights.shape)}) is not None, then it must have "
            f"the same shape as the input ({list(input.shape)})"
        )


def _bags(index: Any, offsets: Any, include_last_offset: bool) -> tuple[Any, int]:
    """The number of the bag that each element belongs to, and how many bags there are."""
    if index.ndim == 2:
        if offsets is not None:
            raise ValueError("if input is 2D, then offsets has to be None, as input is treated as a mini-batch of rows")
        return np.repeat(np.arange(index.shape[0]), index.shape[1]), index.shape[0]
    if index.ndim != 1:
        raise ValueError(f"input has to be 1D or 2D Tensor, but got Tensor of dimension {index.ndim}")
    if offsets is None:
        raise ValueError("offsets has to be a 1D Tensor but got None: where does each bag of a 1D input start?")
    starts = require("embedding_bag", offsets)._a
    if starts.ndim != 1:
        raise ValueError(f"offsets has to be a 1D Tensor, not {starts.ndim}D")
    if starts.size and starts[0] != 0:
        raise RuntimeError(
            "offsets[0] has to be 0, i.e., the first sequence in the mini-batch has to start from position 0. However, "
            f"got {starts[0]}"
        )
    if include_last_offset:
        if not starts.size:
            raise RuntimeError("include_last_offset: number of offsets should be at least 1")
        starts = starts[:-1]
    if starts.size and (starts[-1] > index.size or np.any(np.diff(starts) < 0)):
        raise RuntimeError(
            f"offsets must not decrease or exceed the input's length {index.size}, but are {starts.tolist()}"
        )
    return np.searchsorted(starts, np.arange(index.size), side="right") - 1, starts.size


def _largest(weight: Any, index: Any, bag: Any, n_bags: int) -> Any:
    """The maxima of each bag: its rows side by side, filled up with -inf."""
    sizes = np.bincount(bag, minlength=n_bags)
    place = np.arange(index.size) - (np.cumsum(sizes) - sizes)[bag]
    longest = int(sizes.max(initial=1))
    table = np.zeros((n_bags, longest), np.int64)
    table[bag, place] = index
    empty = np.ones((n_bags, longest, 1), np.bool_)
    empty[bag, place] = False
    rows = where(wrap(empty), float("-inf"), lookup(weight, table, -1, False))
    return where(wrap((sizes == 0)[:, None]), 0.0, maximum_of(rows, 1)[0])
