"""PyTorch's `torch.nn.functional`: layers, activations and losses as functions.

Source: https://pytorch.org/docs/stable/nn.functional.html
"""

from __future__ import annotations

from typing import Any

from .. import random
from ..autograd.graph import wrap
from ..autograd.inplace import write
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
    tanhshrink,
    threshold,
)
from ..ops.arithmetic import mul, rsqrt
from ..ops.binary_loss import binary_cross_entropy, binary_cross_entropy_with_logits
from ..ops.choice import clamp_min, where
from ..ops.class_loss import cross_entropy, nll_loss
from ..ops.indexing import getitem
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
from ..ops.reduction import sum as total
from ..ops.shape import broadcast_tensors, require, reshape
from ..ops.softmax import log_softmax, softmax, softmin

__all__ = [
    # layers
    "batch_norm", "dropout", "embedding", "layer_norm", "linear", "normalize", "one_hot",
    # activations
    "celu", "elu", "gelu", "hardsigmoid", "hardswish", "hardtanh", "leaky_relu", "log_softmax", "logsigmoid", "mish",
    "prelu", "relu", "relu6", "relu_", "selu", "sigmoid", "silu", "softmax", "softmin", "softplus", "softsign", "tanh",
    "tanhshrink", "threshold",
    # losses
    "binary_cross_entropy", "binary_cross_entropy_with_logits", "cross_entropy", "hinge_embedding_loss", "huber_loss",
    "kl_div", "l1_loss", "margin_ranking_loss", "mse_loss", "multi_margin_loss", "multilabel_margin_loss", "nll_loss",
    "poisson_nll_loss", "smooth_l1_loss", "soft_margin_loss",
    # distances
    "cosine_similarity", "pairwise_distance",
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


def dropout(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:
    """In training each element is 0 with probability `p` and else divided by 1 - p; otherwise the input as it is.

    The mask is what `bernoulli_(1 - p)` draws from the default generator: with the same seed it is PyTorch's own on the
    processors where that is (see `microdl.random`), and another one elsewhere.
    Raises ValueError for a p outside [0, 1].

    >>> import microdl as torch
    >>> torch.nn.functional.dropout(torch.ones(3), p=0.5, training=False)
    tensor([1., 1., 1.])

    Source: Srivastava et al., "Dropout: A Simple Way to Prevent Neural Networks from Overfitting", 2014.
    """
    require("dropout", input)
    if not 0.0 <= p <= 1.0:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
    if not training or p == 0 or not input._a.size:
        return input
    keep = 1.0 - p
    mask = random.default_generator.bernoulli_array(keep, input._a.shape, input._a.dtype)
    if keep:
        mask /= keep
    return write(input, mul, (wrap(mask),), "dropout_") if inplace else mul(input, wrap(mask))


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

    Row `padding_idx` gets no gradient.
    Raises IndexError for an index out of range, RuntimeError for indices that are no integers, NotImplementedError for
    `max_norm`, `scale_grad_by_freq` and `sparse`.

    Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.embedding.html
    """
    if max_norm is not None or scale_grad_by_freq or sparse:
        raise NotImplementedError("embedding: max_norm, scale_grad_by_freq and sparse are not implemented in microdl")
    index, rows = require("embedding", input)._a, require("embedding", weight)._a.shape[0]
    if index.dtype.kind != "i":
        raise RuntimeError(f"embedding: expected indices of dtype int64 or int32, but got {input.dtype}: use .long()")
    outside = (index < 0) | (index >= rows)
    if outside.any():
        raise IndexError(f"index out of range in self: {index[outside][0]}, where the weight has {rows} rows")
    if padding_idx is None:
        return getitem(weight, input)
    if not -rows <= padding_idx < rows:
        raise AssertionError(f"Padding_idx must be within num_embeddings: {padding_idx} is not among {rows}")
    padded = wrap((index == padding_idx % rows)[..., None])
    return where(padded, getitem(weight.detach(), input), getitem(weight, input))


# --- normalisation -----------------------------------------------------------------------------------------


def layer_norm(input: Any, normalized_shape: Any, weight: Any = None, bias: Any = None, eps: float = 1e-5) -> Any:
    """(input - mean) / sqrt(var + eps) * weight + bias, over the last dimensions, which have `normalized_shape`.

    The variance is the biased one. Raises RuntimeError where the shape does not end so.

    Source: Ba, Kiros, Hinton, "Layer Normalization", 2016.
    """
    shape = tuple(normalized_shape) if isinstance(normalized_shape, (tuple, list)) else (normalized_shape,)
    if not shape or require("layer_norm", input)._a.shape[-len(shape) :] != shape:
        raise RuntimeError(
            f"Given normalized_shape={list(shape)}, expected input with shape [*, {', '.join(map(str, shape))}], but "
            f"got input of size{list(input._a.shape)}"
        )
    for name, t in (("weight", weight), ("bias", bias)):
        if t is not None and t._a.shape != shape:
            raise RuntimeError(
                f"Expected {name} to be of same shape as normalized_shape, but got {name} of shape {list(t._a.shape)} "
                f"and normalized_shape = {list(shape)}"
            )
    variance, mean = var_mean(input, tuple(range(-len(shape), 0)), correction=0, keepdim=True)
    return _affine((input - mean) * rsqrt(variance + eps), weight, bias)


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
    column = (1, -1) + (1,) * (len(shape) - 2)
    for name, t in (("running_mean", running_mean), ("running_var", running_var), ("weight", weight), ("bias", bias)):
        if t is not None and t._a.shape != shape[1:2]:
            raise RuntimeError(f"{name} should contain {shape[1]} elements not {t._a.size}")
    if training:
        n = input._a.size // max(shape[1], 1)
        if n <= 1:
            raise ValueError(f"Expected more than 1 value per channel when training, got input size {input.shape}")
        variance, mean = var_mean(input, (0, *range(2, len(shape))), correction=0)
        with no_grad():
            if running_mean is not None:
                running_mean.mul_(1 - momentum).add_(mean * momentum)
            if running_var is not None:
                running_var.mul_(1 - momentum).add_(variance * (momentum * n / (n - 1)))
    elif running_mean is None or running_var is None:
        raise RuntimeError("Expected running_mean and running_var to be defined when training=False")
    else:
        variance, mean = running_var, running_mean
    normal = (input - reshape(mean, column)) * rsqrt(reshape(variance, column) + eps)
    return _affine(normal, *(None if t is None else reshape(t, column) for t in (weight, bias)))


# --- distances ---------------------------------------------------------------------------------------------


def normalize(input: Any, p: float = 2.0, dim: Any = 1, eps: float = 1e-12, out: Any = None) -> Any:
    """`input / max(norm, eps)`, with the p-norm along `dim`.

    >>> import microdl as torch
    >>> torch.nn.functional.normalize(torch.tensor([[3., 4.]]))
    tensor([[0.6000, 0.8000]])

    Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.normalize.html
    """
    result = require("normalize", input) / clamp_min(vector_norm(input, p, dim, True), eps)
    return result if out is None else store("normalize", out, result)


def cosine_similarity(x1: Any, x2: Any, dim: int = 1, eps: float = 1e-8) -> Any:
    """The cosine of the angle between vectors along `dim`; their lengths count as at least `eps`.

    The shapes broadcast, as this compares every row with one.

    >>> import microdl as torch
    >>> torch.nn.functional.cosine_similarity(torch.tensor([[3., 4.]]), torch.tensor([[4., 3.]]))
    tensor([0.9600])

    Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.cosine_similarity.html
    """
    x1, x2 = broadcast_tensors(require("cosine_similarity", x1), require("cosine_similarity", x2))
    unit1, unit2 = (x / clamp_min(vector_norm(x, 2, dim, True), eps) for x in (x1, x2))
    return total(unit1 * unit2, dim)


def pairwise_distance(x1: Any, x2: Any, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> Any:
    """The p-norm of x1 - x2 + eps along the last dimension.

    >>> import microdl as torch
    >>> torch.nn.functional.pairwise_distance(torch.tensor([[0., 0.]]), torch.tensor([[3., 4.]]))
    tensor([5.0000])

    Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.pairwise_distance.html
    """
    difference = require("pairwise_distance", x1) - require("pairwise_distance", x2) + eps
    return vector_norm(difference, p, -1, keepdim)
