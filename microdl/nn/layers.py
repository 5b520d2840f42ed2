"""Layers of shape and of normalisation."""

from __future__ import annotations

from typing import Any

from .. import dtypes
from ..creation import ones, zeros
from ..ops import shape
from . import functional as F
from . import init
from .linear import checked_count
from .module import Module
from .parameter import Parameter, UninitializedParameter, is_lazy

__all__ = ["BatchNorm1d", "Flatten", "GroupNorm", "LayerNorm", "LazyBatchNorm1d", "RMSNorm", "Unflatten"]


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


class _Norm(Module):
    """A normalisation, and the weight and bias that follow it: each a parameter, or None."""

    weight: Parameter | None
    bias: Parameter | None

    def _scale(self, shape: Any, affine: bool, bias: bool, **options: Any) -> None:
        self.register_parameter("weight", Parameter(ones(shape, **options)) if affine else None)
        self.register_parameter("bias", Parameter(zeros(shape, **options)) if affine and bias else None)

    def reset_parameters(self) -> None:
        """Weight 1 and bias 0."""
        if self.weight is not None:
            init.ones_(self.weight)
        if self.bias is not None:
            init.zeros_(self.bias)


class BatchNorm1d(_Norm):
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
        self._scale(n, affine, bias, device=device, dtype=dtype)
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
        super().reset_parameters()

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


class LazyBatchNorm1d(BatchNorm1d):
    """A `BatchNorm1d` that takes `num_features` from its first input, and is an ordinary `BatchNorm1d` from then on.

    >>> import microdl as torch
    >>> norm = torch.nn.LazyBatchNorm1d()
    >>> norm(torch.randn(4, 3)).shape, norm.num_features
    (torch.Size([4, 3]), 3)

    Source: https://pytorch.org/docs/stable/generated/torch.nn.LazyBatchNorm1d.html
    """

    def __init__(
        self,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__(0, eps, momentum, affine, track_running_stats, device, dtype, bias=bias)
        if affine:
            self.weight = UninitializedParameter(device=device, dtype=dtype)
            if bias:
                self.bias = UninitializedParameter(device=device, dtype=dtype)

    def reset_parameters(self) -> None:
        if self.num_features:
            super().reset_parameters()

    def initialize_parameters(self, input: Any) -> None:
        """Gives parameters and statistics the size that `input` asks for, unless a checkpoint gave them one."""
        loaded = [t for t in (*self._parameters.values(), self.running_mean) if t is not None and not is_lazy(t)]
        n = self.num_features = next((t._a.shape[0] for t in loaded if t._a.size), input._a.shape[1])
        for p in self._parameters.values():
            if is_lazy(p):
                p.materialize((n,))
        if self.track_running_stats and not self.running_mean._a.size:
            self.running_mean.data = zeros(n, dtype=self.running_mean.dtype)
            self.running_var.data = ones(n, dtype=self.running_var.dtype)
            self.reset_parameters()
        elif not self.track_running_stats:
            self.reset_parameters()

    def forward(self, input: Any) -> Any:
        if shape.require("batch_norm", input)._a.ndim < 2:
            raise IndexError(f"LazyBatchNorm1d: an input of shape {list(input._a.shape)} has no dimension of channels")
        self.initialize_parameters(input)
        self.__class__ = BatchNorm1d  # type: ignore[assignment]  # as PyTorch's does
        return BatchNorm1d.forward(self, input)


class LayerNorm(_Norm):
    """(x - mean) / sqrt(var + eps) * weight + bias, over the last dimensions of each example; var is the biased one.

    Shapes: input and output (*, normalized_shape); weight and bias normalized_shape, an int meaning one dimension.
    RuntimeError where the input's shape does not end so.

    Source: Ba, Kiros, Hinton, "Layer Normalization", 2016.
    """

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
        self._scale(n, elementwise_affine, bias, device=device, dtype=dtype)

    def forward(self, input: Any) -> Any:
        return F.layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return (
            f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}, "
            f"bias={self.bias is not None}"
        )


class RMSNorm(Module):
    """x / sqrt(mean(x^2) + eps) * weight, over the last dimensions of each example.

    Shapes: input and output (*, normalized_shape); weight normalized_shape. `eps` None means the dtype's machine
    epsilon.

    Source: Zhang, Sennrich, "Root Mean Square Layer Normalization", 2019.
    """

    weight: Parameter | None

    def __init__(
        self,
        normalized_shape: Any,
        eps: float | None = None,
        elementwise_affine: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        sizes = normalized_shape if isinstance(normalized_shape, (tuple, list)) else (normalized_shape,)
        n = self.normalized_shape = tuple(checked_count("RMSNorm", "normalized_shape", s) for s in sizes)
        self.eps, self.elementwise_affine = eps, elementwise_affine
        weight = Parameter(ones(n, device=device, dtype=dtype)) if elementwise_affine else None
        self.register_parameter("weight", weight)

    def reset_parameters(self) -> None:
        """Weight 1."""
        if self.weight is not None:
            init.ones_(self.weight)

    def forward(self, input: Any) -> Any:
        return F.rms_norm(input, self.normalized_shape, self.weight, self.eps)

    def extra_repr(self) -> str:
        return f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}"


class GroupNorm(_Norm):
    """Normalisation over groups of channels: see `functional.group_norm`.

    Shapes: input and output (N, num_channels, *); weight and bias (num_channels,). ValueError where the channels cannot
    be divided into `num_groups` groups of equal size.

    Source: Wu, He, "Group Normalization", 2018.
    """

    def __init__(
        self,
        num_groups: int,
        num_channels: int,
        eps: float = 1e-5,
        affine: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__()
        if num_groups <= 0 or num_channels % num_groups:
            raise ValueError(
                f"num_channels ({num_channels}) must be divisible by num_groups ({num_groups}), a positive number"
            )
        n = self.num_channels = checked_count("GroupNorm", "num_channels", num_channels)
        self.num_groups, self.eps, self.affine = num_groups, eps, affine
        self._scale(n, affine, bias, device=device, dtype=dtype)

    def forward(self, input: Any) -> Any:
        return F.group_norm(input, self.num_groups, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return (
            f"{self.num_groups}, {self.num_channels}, eps={self.eps}, affine={self.affine}, "
            f"bias={self.bias is not None}"
        )
