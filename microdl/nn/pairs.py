"""Distances and similarities of pairs of vectors, and the losses made of them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from ..autograd.graph import named
from ..autograd.mode import no_grad
from ..dtypes import promote_types
from ..ops.activation import logsigmoid
from ..ops.arithmetic import log
from ..ops.choice import clamp_min, where
from ..ops.extremum import min as minimum_of
from ..ops.loss import empty_batch, reduced, reduction_of, tensors
from ..ops.norm import vector_norm
from ..ops.reduction import sum as total
from ..ops.shape import broadcast_tensors, require
from ..ops.spelling import AXIS, spelled

__all__ = [
    "cosine_embedding_loss", "cosine_similarity", "gaussian_nll_loss", "multilabel_soft_margin_loss",
    "pairwise_distance", "triplet_margin_loss", "triplet_margin_with_distance_loss",
]  # fmt: skip


@spelled(AXIS)
def cosine_similarity(x1: Any, x2: Any, dim: int = 1, eps: float = 1e-8) -> Any:
    """The cosine of the angle between vectors along `dim`; their lengths count as at least `eps`.

    The shapes broadcast, as this compares every row with one.

    >>> import microdl as torch
    >>> torch.nn.functional.cosine_similarity(torch.tensor([[3., 4.]]), torch.tensor([[4., 3.]]))
    tensor([0.9600])

    Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.cosine_similarity.html
    """
    x1, x2 = _floating(require("cosine_similarity", x1), require("cosine_similarity", x2))
    x1, x2 = broadcast_tensors(x1, x2)
    unit1, unit2 = (x / clamp_min(vector_norm(x, 2, dim, True), eps) for x in (x1, x2))
    return total(unit1 * unit2, dim)


def _floating(x: Any, y: Any) -> tuple[Any, Any]:
    """Both in their common dtype; RuntimeError unless that is a floating one."""
    common = promote_types(x.dtype, y.dtype)
    if not common.is_floating_point:
        raise RuntimeError(f"expected common dtype to be floating point, yet common dtype is {common}")
    return x.to(common), y.to(common)


@spelled(AXIS)
def pairwise_distance(x1: Any, x2: Any, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> Any:
    """The p-norm of x1 - x2 + eps along the last dimension.

    >>> import microdl as torch
    >>> torch.nn.functional.pairwise_distance(torch.tensor([[0., 0.]]), torch.tensor([[3., 4.]]))
    tensor([5.0000])

    Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.pairwise_distance.html
    """
    difference = require("pairwise_distance", x1) - require("pairwise_distance", x2) + eps
    return named(vector_norm(difference, p, -1, keepdim), "NormBackward1")


def _reduced(name: str, losses: Any, reduction: str) -> Any:
    if reduction == "mean" and not losses._a.size:
        raise empty_batch(name, losses._a.shape)
    return reduced(losses, reduction)


def cosine_embedding_loss(
    input1: Any,
    input2: Any,
    target: Any,
    margin: float = 0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Any:
    """1 - cos where the target is 1, max(0, cos - margin) where it is -1, cos being that of a pair of vectors.

    Shapes: (N, D), (N, D) and (N,), or (D,), (D,) and (). Raises RuntimeError for others.

    >>> import microdl as torch
    >>> x, y = torch.tensor([[1., 0.], [1., 0.]]), torch.tensor([[1., 0.], [0., 1.]])
    >>> torch.nn.functional.cosine_embedding_loss(x, y, torch.tensor([1, 1]), reduction="none")
    tensor([0., 1.])

    Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.cosine_embedding_loss.html
    """
    how = reduction_of(reduction, size_average, reduce)
    tensors("cosine_embedding_loss", input1=input1, input2=input2, target=target)
    x1, x2, y = (list(t._a.shape) for t in (input1, input2, target))
    if len(y) not in (0, 1) or len(x1) != len(y) + 1 or len(x2) != len(y) + 1 or x1[:-1] != y or x2[:-1] != y:
        raise RuntimeError(
            f"{len(y)}D target tensor expects {len(y) + 1}D input tensors of as many rows, but found inputs with sizes "
            f"{x1} and {x2} for a target of {y}."
        )
    length1, length2 = (total(x * x, -1) + 1e-12 for x in (input1, input2))
    cosine = total(input1 * input2, -1) / (length1 * length2).sqrt()
    losses = where(target == 1, 1 - cosine, 0.0) + where(target == -1, clamp_min(cosine - margin, 0), 0.0)
    return _reduced("cosine_embedding_loss", losses, how)


def triplet_margin_loss(
    anchor: Any,
    positive: Any,
    negative: Any,
    margin: float = 1.0,
    p: float = 2,
    eps: float = 1e-6,
    swap: bool = False,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Any:
    """max(0, d(anchor, positive) - d(anchor, negative) + margin), d being `pairwise_distance` with `p` and `eps`.

    Shapes: (N, D) or (D,), all three alike; gives (N,) or (). With `swap` the negative's distance is the smaller of
    those to the anchor and to the positive. Raises RuntimeError for unlike dimensions, ValueError for margin <= 0.

    >>> import microdl as torch
    >>> a, b, c = torch.tensor([[0., 0.]]), torch.tensor([[3., 4.]]), torch.tensor([[1., 0.]])
    >>> torch.nn.functional.triplet_margin_loss(a, b, c)
    tensor(5.0000)

    Source: Balntas et al., "Learning shallow convolutional feature descriptors with triplet losses", 2016.
    """
    return triplet_margin_with_distance_loss(
        anchor,
        positive,
        negative,
        distance_function=lambda x, y: pairwise_distance(x, y, p, eps),
        margin=margin,
        swap=swap,
        reduction=reduction_of(reduction, size_average, reduce),
    )


def triplet_margin_with_distance_loss(
    anchor: Any,
    positive: Any,
    negative: Any,
    *,
    distance_function: Callable[[Any, Any], Any] | None = None,
    margin: float = 1.0,
    swap: bool = False,
    reduction: str = "mean",
) -> Any:
    """`triplet_margin_loss` with any distance of two tensors; None means `pairwise_distance`."""
    tensors("triplet_margin_loss", anchor=anchor, positive=positive, negative=negative)
    how = reduction_of(reduction)
    if distance_function is not None and not callable(distance_function):
        raise TypeError(f"'{type(distance_function).__name__}' object is not callable: distance_function must be")
    if not margin > 0:
        raise ValueError(f"margin must be greater than 0, got {margin}")
    dims = [t._a.ndim for t in (anchor, positive, negative)]
    if len(set(dims)) > 1:
        raise RuntimeError(
            "The anchor, positive, and negative tensors are expected to have the same number of dimensions, but got: "
            f"anchor {dims[0]}D, positive {dims[1]}D, and negative {dims[2]}D inputs"
        )
    distance = distance_function or pairwise_distance
    near, far = distance(anchor, positive), distance(anchor, negative)
    if swap:
        far = minimum_of(far, distance(positive, negative))
    return _reduced("triplet_margin_loss", clamp_min(margin + near - far, 0), how)


def gaussian_nll_loss(
    input: Any, target: Any, var: Any, full: bool = False, eps: float = 1e-6, reduction: str = "mean"
) -> Any:
    """(log(var) + (input - target)^2 / var) / 2 for each element, and log(2 pi) / 2 more when `full`.

    `var`, a tensor or a number, is the predicted variance, of the input's shape or with a last dimension of 1 or
    without the last one; it counts as at least `eps`. Raises ValueError for another shape or a negative variance.

    Source: Nix, Weigend, "Estimating the mean and variance of the target probability distribution", 1994.
    """
    how = reduction_of(reduction)
    tensors("gaussian_nll_loss", input=input, target=target)
    if isinstance(var, (int, float)):
        if var < 0:
            raise ValueError(f"var has negative entry/entries: {var}")
        var = input.new_full(input._a.shape, var)
    shape = input._a.shape
    if var._a.shape != shape:
        if var._a.shape == shape[:-1]:
            var = var.unsqueeze(-1)
        elif var._a.shape != (*shape[:-1], 1):
            raise ValueError(f"var is of incorrect size: {list(var._a.shape)} for an input of {list(shape)}")
    if (var._a < 0).any():
        raise ValueError(f"var has negative entry/entries: {var._a.min()}")
    if target._a.shape != shape:
        raise ValueError(
            f"gaussian_nll_loss: the target size {list(target._a.shape)} is different to the input size {list(shape)}"
        )
    variance = var.clone()
    with no_grad():
        variance.clamp_(min=eps)
    losses = 0.5 * (log(variance) + (input - target) ** 2 / variance)
    if full:
        losses = losses + 0.5 * math.log(2 * math.pi)
    return _reduced("gaussian_nll_loss", losses, how)


def multilabel_soft_margin_loss(
    input: Any,
    target: Any,
    weight: Any = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Any:
    """The mean over the classes of the binary cross-entropy of scores (N, C) against 0 and 1: (N,), then reduced.

    `weight` (C,) multiplies the classes. Raises RuntimeError where the shapes differ.

    >>> import microdl as torch
    >>> torch.nn.functional.multilabel_soft_margin_loss(torch.zeros(1, 2), torch.tensor([[0., 1.]]))
    tensor(0.6931)

    Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.multilabel_soft_margin_loss.html
    """
    tensors("multilabel_soft_margin_loss", input=input, target=target)
    if input._a.shape != target._a.shape:
        raise RuntimeError(
            f"multilabel_soft_margin_loss: the target size {list(target._a.shape)} is different to the input size "
            f"{list(input._a.shape)}"
        )
    losses = -(target * logsigmoid(input) + (1 - target) * logsigmoid(-input))
    if weight is not None:
        losses = losses * weight
    how = reduction_of(reduction, size_average, reduce)
    return _reduced("multilabel_soft_margin_loss", total(losses, -1) / input._a.shape[-1], how)
