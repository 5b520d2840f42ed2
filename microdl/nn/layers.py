"""Layers besides the linear one: shape, dropout, normalisation, embedding."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import dtypes
from ..autograd.graph import TensorBase, wrap
from ..autograd.mode import no_grad
from ..creation import empty, ones, zeros
from ..ops import shape
from . import functional as F
from . import init
from .linear import checked_count
from .module import Module
from .parameter import Parameter

__all__ = ["BatchNorm1d", "Dropout", "Embedding", "Flatten", "LayerNorm", "Unflatten"]


class Flatten(Module):
    """The dimensions from `start_dim` to `end_dim` as one; by default each example of a batch becomes a row.

    >>> import microdl as torch
    >>> torch.nn.Flatten()(torch.zeros(5, 8, 8)).shape
    torch.Size([5, 64])

    Source: https://pytorch.org/docs/stable/generated/torch.nn.Flatten.html
    """

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        super().__init__()
        self.start_dim, self.end_dim = start_dim, end_dim

    def forward(self, input: Any) -> Any:
        return shape.flatten(input, self.start_dim, self.end_dim)

    def extra_repr(self) -> str:
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"


class Unflatten(Module):
    """The dimension `dim` split into `unflattened_size`. TypeError unless that is a tuple or list of ints.

    >>> import microdl as torch
    >>> torch.nn.Unflatten(1, (8, 8))(torch.zeros(5, 64)).shape
    torch.Size([5, 8, 8])

    Source: https://pytorch.org/docs/stable/generated/torch.nn.Unflatten.html
    """

    def __init__(self, dim: int, unflattened_size: Any) -> None:
        super().__init__()
        if not isinstance(dim, int):
            raise TypeError(f"Unflatten: dim must be an int, not {dim!r}; microdl has no named dimensions")
        if not isinstance(unflattened_size, (tuple, list)):
            raise TypeError(
                f"unflattened_size must be a tuple of ints, but found type {type(unflattened_size).__name__}"
            )
        for i, n in enumerate(unflattened_size):
            if not isinstance(n, int):
                raise TypeError(
                    f"unflattened_size must be tuple of ints, but found element of type {type(n).__name__} at pos {i}"
                )
        self.dim, self.unflattened_size = dim, unflattened_size

    def forward(self, input: Any) -> Any:
        return shape.unflatten(input, self.dim, self.unflattened_size)

    def extra_repr(self) -> str:
        return f"dim={self.dim}, unflattened_size={self.unflattened_size}"


class Dropout(Module):
    """In training each element is 0 with probability `p` and else divided by 1 - p; in eval mode nothing happens.

    For the stream of random numbers see `microdl.nn.functional.dropout`. ValueError for a p outside [0, 1].

    Source: Srivastava et al., "Dropout: A Simple Way to Prevent Neural Networks from Overfitting", 2014.
    """

    def __init__(self, p: float = 0.5, inplace: bool = False) -> None:
        super().__init__()
        if not 0 <= p <= 1:
            raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
        self.p, self.inplace = p, inplace

    def forward(self, input: Any) -> Any:
        return F.dropout(input, self.p, self.training, self.inplace)

    def extra_repr(self) -> str:
        return f"p={self.p}, inplace={self.inplace}"


class BatchNorm1d(Module):
    """(x - mean) / sqrt(var + eps) * weight + bias, for each channel over the batch.

    Shapes: input and output (N, C) or (N, C, L) with C = num_features; weight, bias and running statistics (C,).

    In training the mean and the biased variance are the batch's, and the running ones move towards the batch's mean and
    unbiased variance by the share `momentum` (None: they are the averages of all batches). In eval mode the running
    ones are used, or the batch's where `track_running_stats=False`.

    Raises ValueError for an input of other dimensions, or one value a channel in training; RuntimeError for another
    number of channels.

    >>> import microdl as torch
    >>> norm = torch.nn.BatchNorm1d(1)
    >>> norm(torch.tensor([[0.], [2.]])).detach()
    tensor([[-1.0000],
            [ 1.0000]])
    >>> norm.running_mean, norm.running_var
    (tensor([0.1000]), tensor([1.1000]))

    Source: Ioffe, Szegedy, "Batch Normalization", 2015.
    """

    _version = 2  # since num_batches_tracked belongs to the state
    weight: Parameter | None
    bias: Parameter | None
    running_mean: Any
    running_var: Any
    num_batches_tracked: Any

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__()
        n = self.num_features = checked_count(type(self).__name__, "num_features", num_features)
        self.eps, self.momentum = eps, momentum
        self.affine, self.track_running_stats = affine, track_running_stats
        self.register_parameter("weight", Parameter(ones(n, device=device, dtype=dtype)) if affine else None)
        self.register_parameter("bias", Parameter(zeros(n, device=device, dtype=dtype)) if affine and bias else None)
        tracked = track_running_stats
        self.register_buffer("running_mean", zeros(n, device=device, dtype=dtype) if tracked else None)
        self.register_buffer("running_var", ones(n, device=device, dtype=dtype) if tracked else None)
        self.register_buffer("num_batches_tracked", zeros((), dtype=dtypes.int64) if tracked else None)

    def reset_running_stats(self) -> None:
        """The running mean 0, the running variance 1, no batches tracked."""
        if self.track_running_stats:
            init.zeros_(self.running_mean)
            init.ones_(self.running_var)
            init.zeros_(self.num_batches_tracked)

    def reset_parameters(self) -> None:
        """Running statistics, weight and bias as they were at first."""
        self.reset_running_stats()
        if self.weight is not None:
            init.ones_(self.weight)
        if self.bias is not None:
            init.zeros_(self.bias)

    def forward(self, input: Any) -> Any:
        shape.require("batch_norm", input)
        if input._a.ndim not in (2, 3):
            raise ValueError(f"expected 2D or 3D input (got {input._a.ndim}D input)")
        tracking = self.training and self.track_running_stats
        count = self.num_batches_tracked if tracking else None
        share = self.momentum
        if share is None:
            share = 0.0 if count is None else 1.0 / (int(count._a) + 1)
        mean, var = (self.running_mean, self.running_var) if tracking or not self.training else (None, None)
        by_batch = mean is None or var is None or self.training
        out = F.batch_norm(input, mean, var, self.weight, self.bias, by_batch, share, self.eps)
        if count is not None:
            count.add_(1)
        return out

    def _optional_keys(self, version: int | None) -> tuple[str, ...]:
        return ("num_batches_tracked",) if version is None or version < 2 else ()

    def extra_repr(self) -> str:
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, affine={self.affine}, "
            f"bias={self.bias is not None}, track_running_stats={self.track_running_stats}"
        )


class LayerNorm(Module):
    """(x - mean) / sqrt(var + eps) * weight + bias, over the last dimensions of each example; var is the biased one.

    Shapes: input and output (*, normalized_shape); weight and bias normalized_shape, an int meaning one dimension.
    RuntimeError where the input's shape does not end so.

    Source: Ba, Kiros, Hinton, "Layer Normalization", 2016.
    """

    weight: Parameter | None
    bias: Parameter | None

    def __init__(
        self,
        normalized_shape: Any,
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        sizes = normalized_shape if isinstance(normalized_shape, (tuple, list)) else (normalized_shape,)
        n = self.normalized_shape = tuple(checked_count("LayerNorm", "normalized_shape", s) for s in sizes)
        self.eps, self.elementwise_affine = eps, elementwise_affine
        affine = elementwise_affine
        self.register_parameter("weight", Parameter(ones(n, device=device, dtype=dtype)) if affine else None)
        self.register_parameter("bias", Parameter(zeros(n, device=device, dtype=dtype)) if affine and bias else None)

    def reset_parameters(self) -> None:
        """Weight 1 and bias 0."""
        if self.weight is not None:
            init.ones_(self.weight)
        if self.bias is not None:
            init.zeros_(self.bias)

    def forward(self, input: Any) -> Any:
        return F.layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return (
            f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}, "
            f"bias={self.bias is not None}"
        )


class Embedding(Module):
    """A table of `num_embeddings` vectors, looked up by integers; the weight starts as N(0, 1).

    Shapes: input (*) of int64 or int32, output (*, embedding_dim), weight (num_embeddings, embedding_dim). The row
    `padding_idx` starts as zeros and gets no gradient.

    Raises AssertionError for a padding_idx out of range, IndexError for an index out of range, NotImplementedError for
    `max_norm`, `scale_grad_by_freq` and `sparse`.

    >>> import microdl as torch
    >>> torch.nn.Embedding(10, 3)(torch.tensor([[1, 2], [4, 3]])).shape
    torch.Size([2, 2, 3])

    Source: https://pytorch.org/docs/stable/generated/torch.nn.Embedding.html
    """

    weight: Parameter

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
        _weight: Any = None,
        _freeze: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        if max_norm is not None or scale_grad_by_freq or sparse:
            raise NotImplementedError("Embedding: max_norm, scale_grad_by_freq and sparse are not implemented")
        self.num_embeddings = checked_count("Embedding", "num_embeddings", num_embeddings)
        self.embedding_dim = checked_count("Embedding", "embedding_dim", embedding_dim)
        self.padding_idx = _padding(padding_idx, self.num_embeddings)
        self.max_norm, self.norm_type = max_norm, norm_type
        self.scale_grad_by_freq, self.sparse = scale_grad_by_freq, sparse
        wanted = (self.num_embeddings, self.embedding_dim)
        if _weight is not None and tuple(_weight.shape) != wanted:
            raise AssertionError(
                "Shape of weight does not match num_embeddings and embedding_dim: "
                f"{list(_weight.shape)} for {list(wanted)}"
            )
        table = empty(wanted, device=device, dtype=dtype) if _weight is None else _weight
        self.weight = Parameter(table, requires_grad=not _freeze)
        if _weight is None:
            self.reset_parameters()

    @classmethod
    def from_pretrained(cls, embeddings: Any, freeze: bool = True, padding_idx: int | None = None) -> Embedding:
        """An embedding on a given (num, dim) table, which is not trained unless `freeze=False`."""
        if not isinstance(embeddings, TensorBase) or embeddings._a.ndim != 2:
            raise AssertionError("Embeddings parameter is expected to be 2-dimensional")
        rows, columns = embeddings._a.shape
        return cls(rows, columns, padding_idx, _weight=embeddings, _freeze=freeze)

    def reset_parameters(self) -> None:
        """Draws the weight anew; the row `padding_idx` becomes zeros."""
        init.normal_(self.weight)
        if self.padding_idx is not None:
            with no_grad():
                self.weight[self.padding_idx] = wrap(np.zeros((), self.weight._a.dtype))

    def forward(self, input: Any) -> Any:
        return F.embedding(input, self.weight, self.padding_idx)

    def extra_repr(self) -> str:
        padding = "" if self.padding_idx is None else f", padding_idx={self.padding_idx}"
        return f"{self.num_embeddings}, {self.embedding_dim}{padding}"


def _padding(index: int | None, n: int) -> int | None:
    if index is not None and not -n <= index < n:
        raise AssertionError(f"Padding_idx must be within num_embeddings: {index} is not among {n}")
    return None if index is None else index % n
