"""PyTorch's `torch.nn.functional`: layers, activations and losses as functions.

Source: https://pytorch.org/docs/stable/nn.functional.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..autograd.graph import named
from ..autograd.inplace import write
from ..autograd.kinds import no_kernel
from ..autograd.mode import no_grad
from ..autograd.record import store
from ..ops import activation
from ..ops.activation import (
    celu,
    elu,
    gelu,
    hardsigmoid,
    hardswish,
    hardtanh,
    leaky_relu,
    logsigmoid,
    mish,
    prelu,
    relu6,
    selu,
    sigmoid,
    silu,
    softplus,
    softsign,
    tanh,
    threshold,
)
from ..ops.arithmetic import cast, rsqrt
from ..ops.binary_loss import binary_cross_entropy, binary_cross_entropy_with_logits
from ..ops.choice import clamp_min
from ..ops.class_loss import cross_entropy, nll_loss
from ..ops.distance import pdist
from ..ops.einsum import einsum
from ..ops.linear import linear
from ..ops.loss import huber_loss, l1_loss, mse_loss, smooth_l1_loss
from ..ops.margin_loss import (
    hinge_embedding_loss,
    kl_div,
    margin_ranking_loss,
    multi_margin_loss,
    multilabel_margin_loss,
    poisson_nll_loss,
    soft_margin_loss,
)
from ..ops.moments import var_mean
from ..ops.norm import vector_norm
from ..ops.positions import one_hot
from ..ops.reduction import mean
from ..ops.shape import require, reshape
from ..ops.shrinkage import glu, hardshrink, softshrink, tanhshrink
from ..ops.softmax import log_softmax, softmax, softmin
from .attention import scaled_dot_product_attention
from .lookup import embedding, embedding_bag
from .noise import alpha_dropout, dropout, dropout1d, dropout2d, feature_alpha_dropout, gumbel_softmax, rrelu, rrelu_
from .padding import pad
from .pairs import (
    cosine_embedding_loss,
    cosine_similarity,
    gaussian_nll_loss,
    multilabel_soft_margin_loss,
    pairwise_distance,
    triplet_margin_loss,
    triplet_margin_with_distance_loss,
)

__all__ = [
    # layers
    "alpha_dropout", "batch_norm", "bilinear", "dropout", "dropout1d", "dropout2d", "embedding", "embedding_bag",
    "feature_alpha_dropout", "group_norm", "layer_norm", "linear", "normalize", "one_hot", "pad", "rms_norm",
    "scaled_dot_product_attention",
    # activations
    "celu", "celu_", "elu", "elu_", "gelu", "glu", "gumbel_softmax", "hardshrink", "hardsigmoid", "hardswish",
    "hardtanh", "hardtanh_", "leaky_relu", "leaky_relu_", "log_softmax", "logsigmoid", "mish", "prelu", "relu", "relu6",
    "relu_", "rrelu", "rrelu_", "selu", "selu_", "sigmoid", "silu", "softmax", "softmin", "softplus", "softshrink",
    "softsign", "tanh", "tanhshrink", "threshold", "threshold_",
    # losses
    "binary_cross_entropy", "binary_cross_entropy_with_logits", "cosine_embedding_loss", "cross_entropy",
    "gaussian_nll_loss", "hinge_embedding_loss", "huber_loss", "kl_div", "l1_loss", "margin_ranking_loss", "mse_loss",
    "multi_margin_loss", "multilabel_margin_loss", "multilabel_soft_margin_loss", "nll_loss", "poisson_nll_loss",
    "smooth_l1_loss", "soft_margin_loss", "triplet_margin_loss", "triplet_margin_with_distance_loss",
    # distances
    "cosine_similarity", "pairwise_distance", "pdist",
]  # fmt: skip


def relu(input: Any, inplace: bool = False) -> Any:
    """max(0, input) for each element; see `microdl.relu`.

    >>> import microdl as torch
    >>> torch.nn.functional.relu(torch.tensor([-1., 2.]))
    tensor([0., 2.])
    """
    return relu_(input) if inplace else activation.relu(input)


def relu_(input: Any) -> Any:
    """`relu` in place."""
    return write(require("relu_", input), activation.relu, (), "relu_")


def _in_place(function: Callable[..., Any]) -> Callable[..., Any]:
    """The form of an activation that overwrites its input."""

    def call(input: Any, *args: Any, **kwargs: Any) -> Any:
        return function(input, *args, **kwargs, inplace=True)

    call.__name__ = call.__qualname__ = f"{function.__name__}_"
    call.__doc__ = f"`{function.__name__}` in place."
    return call


celu_, elu_, hardtanh_ = _in_place(celu), _in_place(elu), _in_place(hardtanh)
leaky_relu_, selu_, threshold_ = _in_place(leaky_relu), _in_place(selu), _in_place(threshold)


def bilinear(input1: Any, input2: Any, weight: Any, bias: Any = None) -> Any:
    """x1^T A_k x2 + b_k for each output k: (*, D1) and (*, D2) with the weight A (K, D1, D2) give (*, K).

    Raises RuntimeError where the shapes do not fit.

    Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.bilinear.html
    """
    x1, x2, w = (require("bilinear", t)._a.shape for t in (input1, input2, weight))
    if x1[:-1] != x2[:-1] or len(w) != 3 or x1[-1:] + x2[-1:] != w[1:]:
        raise RuntimeError(
            f"bilinear(): inputs of sizes {list(x1)} and {list(x2)} do not fit the weight {list(w)}: (K, D1, D2) "
            "takes inputs (*, D1) and (*, D2), the same in all other dimensions"
        )
    out = einsum("...i,kij,...j->...k", input1, weight, input2)
    return out if bias is None else out + bias


# --- normalisation -----------------------------------------------------------------------------------------


def _normalized_shape(name: str, input: Any, normalized_shape: Any, **affine: Any) -> tuple[int, ...]:
    """The shape as a tuple; RuntimeError where the input does not end with it, or a weight or bias does not fit."""
    shape = tuple(normalized_shape) if isinstance(normalized_shape, (tuple, list)) else (normalized_shape,)
    if not shape or require(name, input)._a.shape[-len(shape) :] != shape:
        raise RuntimeError(
            f"Given normalized_shape={list(shape)}, expected input with shape [*, {', '.join(map(str, shape))}], but "
            f"got input of size{list(input._a.shape)}"
        )
    for argument, t in affine.items():
        if t is not None and t._a.shape != shape:
            raise RuntimeError(
                f"Expected {argument} to be of same shape as normalized_shape, but got {argument} of shape "
                f"{list(t._a.shape)} and normalized_shape = {list(shape)}"
            )
    return shape


def _one_dtype(name: str, input: Any, others: dict[str, Any]) -> None:
    """NotImplementedError for integers, RuntimeError where a weight or statistic has another dtype than the input."""
    if input._a.dtype.kind != "f":
        raise no_kernel(name, input._a.dtype)
    for argument, t in others.items():
        if t is not None and t._a.dtype != input._a.dtype:
            raise RuntimeError(
                f"{name}: mixed dtype (CPU): the input is of {input.dtype!r} and {argument} of {t.dtype!r}; convert "
                f"the input with .to({t.dtype!r}), or the module with .to({input.dtype!r})"
            )


def layer_norm(input: Any, normalized_shape: Any, weight: Any = None, bias: Any = None, eps: float = 1e-5) -> Any:
    """(input - mean) / sqrt(var + eps) * weight + bias, over the last dimensions, which have `normalized_shape`.

    The variance is the biased one. Raises RuntimeError where the shape does not end so.

    Source: Ba, Kiros, Hinton, "Layer Normalization", 2016.
    """
    shape = _normalized_shape("layer_norm", input, normalized_shape, weight=weight, bias=bias)
    _one_dtype("layer_norm", input, {"weight": weight, "bias": bias})
    variance, center = var_mean(input, tuple(range(-len(shape), 0)), correction=0, keepdim=True)
    normal = (input.contiguous() - center) * rsqrt(variance + eps)
    return named(_affine(normal, weight, bias), "NativeLayerNormBackward0")


def rms_norm(input: Any, normalized_shape: Any, weight: Any = None, eps: float | None = None) -> Any:
    """input / sqrt(mean(input^2) + eps) * weight, over the last dimensions, which have `normalized_shape`.

    `eps` None means the machine epsilon of the dtype. Raises RuntimeError where the shape does not end so.

    Source: Zhang, Sennrich, "Root Mean Square Layer Normalization", 2019.
    """
    n = len(normalized_shape) if isinstance(normalized_shape, (tuple, list)) else 1
    if require("rms_norm", input)._a.ndim < n:
        raise ValueError(f"Input tensor must have at least {n} dimensions, but got {input._a.ndim}")
    shape = _normalized_shape("rms_norm", input, normalized_shape, weight=weight)
    if input._a.dtype.kind != "f":
        raise no_kernel("rms_norm", input._a.dtype)
    small = float(np.finfo(input._a.dtype).eps) if eps is None else eps
    mean_square = mean(input * input, tuple(range(-len(shape), 0)), True)
    return cast(_affine(input * rsqrt(mean_square + small), weight, None), input._a.dtype)


def group_norm(input: Any, num_groups: int, weight: Any = None, bias: Any = None, eps: float = 1e-5) -> Any:
    """`layer_norm` over groups of channels: input (N, C, *), whose C channels make `num_groups` groups of equal size.

    `weight` and `bias` (C,) apply to the channels. Raises RuntimeError where C is not a multiple of `num_groups`.

    Source: Wu, He, "Group Normalization", 2018.
    """
    shape = require("group_norm", input)._a.shape
    if len(shape) < 2:
        raise RuntimeError(f"Expected at least 2 dimensions for input tensor but received {len(shape)}")
    if shape[1] % num_groups:
        raise RuntimeError(
            f"Expected number of channels in input to be divisible by num_groups, but got input of shape "
            f"{list(shape)} and num_groups={num_groups}"
        )
    for name, t in (("weight", weight), ("bias", bias)):
        if t is not None and t._a.shape != shape[1:2]:
            raise RuntimeError(
                f"Expected {name} to be a vector of size equal to the number of channels in input, but got {name} of "
                f"shape {list(t._a.shape)} and input of shape {list(shape)}"
            )
    _one_dtype("group_norm", input, {"weight": weight, "bias": bias})
    groups = reshape(input, (shape[0], num_groups, -1))
    variance, center = var_mean(groups, -1, correction=0, keepdim=True)
    normal = reshape((groups - center) * rsqrt(variance + eps), shape)
    column = (-1,) + (1,) * (len(shape) - 2)
    out = _affine(normal, *(None if t is None else reshape(t, column) for t in (weight, bias)))
    return named(out, "NativeGroupNormBackward0")


def _affine(x: Any, weight: Any, bias: Any) -> Any:
    if weight is not None:
        x = x * weight
    return x if bias is None else x + bias


def batch_norm(
    input: Any,
    running_mean: Any,
    running_var: Any,
    weight: Any = None,
    bias: Any = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Any:
    """(input - mean) / sqrt(var + eps) * weight + bias for each channel (dimension 1), over all other dimensions.

    In training the batch gives the mean and the biased variance, and the running ones move towards the batch's mean and
    its unbiased variance by the share `momentum`; otherwise the running ones are used. Raises ValueError for a single
    value a channel in training.

    Source: Ioffe, Szegedy, "Batch Normalization", 2015.
    """
    shape = require("batch_norm", input)._a.shape
    state = {"running_mean": running_mean, "running_var": running_var, "weight": weight, "bias": bias}
    if (running_mean is None) != (running_var is None) and training:
        raise ValueError("running_mean and running_var must either both be None or neither be None")
    column = (1, -1) + (1,) * (len(shape) - 2)
    for name, t in state.items():
        if t is not None and t._a.shape != shape[1:2]:
            raise RuntimeError(f"{name} should contain {shape[1] if len(shape) > 1 else 0} elements not {t._a.size}")
    _one_dtype("batch_norm", input, state)
    if training:
        n = input._a.size // max(shape[1], 1)
        if n <= 1:
            raise ValueError(f"Expected more than 1 value per channel when training, got input size {input.shape}")
        variance, center = var_mean(input, (0, *range(2, len(shape))), correction=0)
        with no_grad():
            if running_mean is not None:
                running_mean.mul_(1 - momentum).add_(center * momentum)
            if running_var is not None:
                running_var.mul_(1 - momentum).add_(variance * (momentum * n / (n - 1)))
    elif running_mean is None or running_var is None:
        raise RuntimeError("Expected running_mean and running_var to be defined when training=False")
    else:
        variance, center = running_var, running_mean
    normal = (input - reshape(center, column)) * rsqrt(reshape(variance, column) + eps)
    out = _affine(normal, *(None if t is None else reshape(t, column) for t in (weight, bias)))
    return named(out, "NativeBatchNormBackward0")


# --- lengths -----------------------------------------------------------------------------------------------


def normalize(input: Any, p: float | str = 2.0, dim: Any = 1, eps: float = 1e-12, out: Any = None) -> Any:
    """`input / max(norm, eps)`, with the p-norm along `dim`.

    >>> import microdl as torch
    >>> torch.nn.functional.normalize(torch.tensor([[3., 4.]]))
    tensor([[0.6000, 0.8000]])

    Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.normalize.html
    """
    order: Any = 2.0 if p == "fro" else p
    length = vector_norm(require("normalize", input), order, dim, True)
    result = input / clamp_min(length, eps)
    return result if out is None else store("normalize", out, result)
