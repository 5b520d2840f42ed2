"""Margin losses, by class labels and by pairs, and the losses of counts and divergences."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import kernels
from .._warning import warn
from ..autograd.graph import TensorBase, wrap
from ..autograd.kinds import no_kernel
from ..autograd.record import not_a_tensor, op
from ..dtypes import from_numpy_dtype
from .activation import log1p_exp, sigmoid_of
from .arithmetic import cast, exp, log
from .choice import clamp_min, where
from .class_loss import UNWEIGHTED, array_of, check_weight, one_hot_array
from .loss import check_pair, constant, empty_batch, reduced, reduction_of, share, tensors
from .reduction import mean
from .reduction import sum as total
from .shape import number, reshape
from .softmax import ready

__all__ = [
    "hinge_embedding_loss", "kl_div", "margin_ranking_loss", "multi_margin_loss", "multilabel_margin_loss",
    "poisson_nll_loss", "soft_margin_loss",
]  # fmt: skip

_FLOAT32, _INT64 = np.dtype(np.float32), np.dtype(np.int64)

# --- against class labels ----------------------------------------------------------------------------------


def _margin_forward(input: Any, target: Any, p: int, margin: float, weight: Any, reduction: str) -> Any:
    w = UNWEIGHTED[input.dtype] if weight is None else ready(weight)
    losses, bad = kernels.hinge.multi_margin(ready(input), ready(target), p, margin, w)
    if bad >= 0:
        raise RuntimeError(
            f"target out of range: {target[bad]} is the label of row {bad}, and {input.shape[1]} classes have the "
            f"labels 0 to {input.shape[1] - 1}"
        )
    return reduced(losses, reduction)


def _margin_vjp(g: Any, input: Any, target: Any, p: int, margin: float, weight: Any, reduction: str) -> Any:
    """The kernel, or on tensors the same in operators."""
    n, c = input.shape
    row_g = g / n if reduction == "mean" else g
    if not isinstance(g, TensorBase):
        w = UNWEIGHTED[input.dtype] if weight is None else ready(weight)
        row_g = ready(row_g) if row_g.ndim else np.full(n, row_g, input.dtype)
        return kernels.hinge.multi_margin_backward(ready(input), row_g, ready(target), p, margin, w)
    labels = one_hot_array(target, c, input._a.dtype)
    violation = margin - total(input * labels, 1, True) + input
    active = ((violation._a > 0) & (labels == 0)).astype(labels.dtype)
    slope = violation * (2 * active) if p == 2 else wrap(active)
    scale = 1 / c if weight is None else array_of(weight)[array_of(target)][:, None] / c
    return (slope - labels * total(slope, 1, True)) * scale * reshape(row_g, (-1, 1))


_margin = op("multi_margin_loss", _margin_forward, input=_margin_vjp)


def multi_margin_loss(
    input: Any,
    target: Any,
    p: int = 1,
    margin: float = 1.0,
    weight: Any = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Any:
    """The multi-class hinge loss of a row: w_y / C sum_{j != y} max(0, margin - x_y + x_j)^p, for p 1 or 2.

    Shapes: scores (N, C) or (C,), int64 labels (N,) or (). PyTorch divides by the number of classes C: multiply by C
    for the sum that is usual in lectures. Raises ValueError for another p and an empty batch, else RuntimeError.

    >>> import microdl as torch
    >>> scores = torch.tensor([[3.2, 5.1, -1.7], [1.3, 4.9, 2.0], [2.2, 2.5, -3.1]])
    >>> torch.nn.functional.multi_margin_loss(scores, torch.tensor([0, 1, 2]), reduction="none") * 3
    tensor([ 2.9000,  0.0000, 12.9000])

    Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.multi_margin_loss.html
    """
    how = reduction_of(reduction, size_average, reduce)
    if p not in (1, 2):
        raise ValueError(f"only p == 1 and p == 2 supported, but got p = {p}")
    tensors("multi_margin_loss", input=input, target=target)
    margin = number("multi_margin_loss", 4, margin, "margin")
    _check_margin(input._a, target._a, weight)
    if how == "mean" and not target._a.size:
        raise empty_batch("multi_margin_loss", input._a.shape)
    single = input._a.ndim < 2  # one sample; a number is the score of its only class
    scores = reshape(input, (1, -1)) if single else input
    labels = reshape(target, (scores._a.shape[0],))
    out = _margin(scores, labels, int(p), float(margin), weight, how)
    return reshape(out, target._a.shape) if single and how == "none" else out


def _check_margin(x: Any, y: Any, weight: Any) -> None:
    if x.dtype not in (np.float32, np.float64):
        raise no_kernel("multi_margin_loss_cpu_kernel", x.dtype)
    if x.ndim > 2 or 0 in x.shape[-1:]:
        raise RuntimeError(
            f"Expected non-empty vector or matrix with optional 0-dim batch size, but got: {list(x.shape)}"
        )
    classes = x.shape[-1] if x.ndim else 1
    if weight is not None:
        if not isinstance(weight, TensorBase):
            raise not_a_tensor("multi_margin_loss", 5, weight, "weight")
        constant("multi_margin_loss", "weight", weight)
        if weight._a.ndim != 1:
            raise ValueError(f"weight must be one-dimensional, but its shape is {list(weight._a.shape)}")
        if weight._a.size != classes:
            raise RuntimeError(f"inconsistent weight size, expected {classes} but got {list(weight._a.shape)}")
        check_weight("multi_margin_loss", weight, classes, x.dtype)
    if y.dtype != _INT64:
        found = from_numpy_dtype(y.dtype).legacy
        raise RuntimeError(f"expected scalar type Long but found {found}. Convert the labels with target.long().")
    if y.ndim > 1 or y.size != (x.shape[0] if x.ndim == 2 else 1):
        n = x.shape[0] if x.ndim == 2 else 1
        raise RuntimeError(
            "multi_margin_loss: target tensor should be 1-D with size equal to the number of input samples (batch "
            f"size). Expected target size [{n}], but got {list(y.shape)}. Input has shape {list(x.shape)}."
        )


def multilabel_margin_loss(
    input: Any, target: Any, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean"
) -> Any:
    """The hinge loss with several labels a row: sum over labels y and other classes j of max(0, 1 - x_y + x_j) / C.

    Shapes: scores (N, C) or (C,); int64 targets of the same shape, each row its labels and then -1. Raises RuntimeError
    for other sizes, dtypes and labels, ValueError for an empty batch.

    Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.multilabel_margin_loss.html
    """
    how = reduction_of(reduction, size_average, reduce)
    tensors("multilabel_margin_loss", input=input, target=target)
    x, y = input._a, target._a
    if x.shape != y.shape or x.ndim not in (1, 2) or not x.shape[-1]:
        raise RuntimeError(f"inconsistent target size: {list(y.shape)} for input of size: {list(x.shape)}")
    if y.dtype != _INT64:
        found = from_numpy_dtype(y.dtype).legacy
        raise RuntimeError(f"expected scalar type Long but found {found}. Convert the labels with target.long().")
    classes = x.shape[-1]
    outside = (y < -1) | (y >= classes)
    if outside.any():
        raise RuntimeError(
            f"argument #2 'target' is out of range: {y[outside][0]} is neither -1 nor 0 to {classes - 1}"
        )
    if how == "mean" and not x.size:
        raise empty_batch("multilabel_margin_loss", x.shape)
    scores = reshape(input, (-1, classes)) if x.size else input
    losses = _multilabel_losses(scores, y.reshape(-1, classes) if x.size else y)
    return reduced(reshape(losses, x.shape[:-1]), how)


def _multilabel_losses(scores: Any, y: Any) -> Any:
    """(N,) from (N, C) scores: every label against every class that is none, as an (N, C, C) array."""
    n, classes = y.shape
    listed = np.logical_and.accumulate(y >= 0, axis=1)
    is_label = np.zeros(y.shape, scores._a.dtype)
    rows, places = np.nonzero(listed)
    np.add.at(is_label, (rows, y[rows, places]), 1)
    pairs = is_label[:, :, None] * (is_label == 0)[:, None, :]
    violation = 1 - reshape(scores, (n, classes, 1)) + reshape(scores, (n, 1, classes))
    active = ((violation._a > 0) * pairs).astype(pairs.dtype)
    return total(violation * active, (1, 2)) / classes


# --- between tensors of one shape ---------------------------------------------------------------------------


_soft_margin = op(
    "soft_margin_loss",
    lambda input, target, reduction: reduced(log1p_exp(-target * input), reduction),
    input=lambda g, input, target, reduction: share(g, input, reduction) * (-target * sigmoid_of(-target * input)),
)


def soft_margin_loss(
    input: Any, target: Any, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean"
) -> Any:
    """log(1 + exp(-y x)) for scores x and targets y of -1 or 1: the logistic loss. Errors as for `mse_loss`.

    It does not overflow (PyTorch's becomes infinite where -y x exceeds 88 in float32).

    >>> import microdl as torch
    >>> torch.nn.functional.soft_margin_loss(torch.tensor([3.9688]), torch.tensor([-1.]))
    tensor(3.9875)
    """
    how = reduction_of(reduction, size_average, reduce)
    check_pair("soft_margin_loss", input, target, how)
    constant("soft_margin_loss", "target", target)
    if input._a.dtype.kind != "f":
        raise no_kernel("soft_margin_loss", input._a.dtype)
    return _soft_margin(input, cast(target, input._a.dtype), how)


def hinge_embedding_loss(
    input: Any,
    target: Any,
    margin: float = 1.0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Any:
    """For distances x and targets y: x where y is 1, max(0, margin - x) where y is -1. Errors as for `mse_loss`.

    Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.hinge_embedding_loss.html
    """
    how = reduction_of(reduction, size_average, reduce)
    check_pair("hinge_embedding_loss", input, target, how)
    zero = wrap(np.zeros((), input._a.dtype))
    margin = margin if input._a.dtype.kind == "f" else int(margin)
    far = where(target != 1, clamp_min(margin - input, 0), zero)
    near = where(target != -1, input, zero)
    return _mean_or(far + near, how)


def _mean_or(losses: Any, how: str) -> Any:
    """The losses reduced; RuntimeError for the mean of integers."""
    return mean(losses) if how == "mean" else reduced(losses, how)


def margin_ranking_loss(
    input1: Any,
    input2: Any,
    target: Any,
    margin: float = 0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Any:
    """max(0, -y (x1 - x2) + margin), with y = 1 where x1 should rank higher and -1 where x2 should.

    Raises ValueError where the three shapes differ or the batch is empty.

    Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.margin_ranking_loss.html
    """
    how = reduction_of(reduction, size_average, reduce)
    check_pair("margin_ranking_loss", input1, input2, how)
    check_pair("margin_ranking_loss", input1, target, how)
    return _mean_or(clamp_min(-target * (input1 - input2) + float(margin), 0), how)


def poisson_nll_loss(
    input: Any,
    target: Any,
    log_input: bool = True,
    full: bool = False,
    size_average: bool | None = None,
    eps: float = 1e-8,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Any:
    """The negative log-likelihood of counts y: exp(x) - y x for an x that is the logarithm of the rate.

    Without `log_input` x is the rate: x - y log(x + eps). `full` adds Stirling's y log y - y + log(2 pi y) / 2 where
    y > 1. Errors as for `mse_loss`.

    Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.poisson_nll_loss.html
    """
    how = reduction_of(reduction, size_average, reduce)
    check_pair("poisson_nll_loss", input, target, how)
    losses = exp(input) - target * input if log_input else input - target * log(input + eps)
    if full:
        safe = where(target > 1, target, 1)
        losses = losses + where(target > 1, safe * log(safe) - safe + 0.5 * log(2 * math.pi * safe), 0.0)
    return reduced(losses, how)


def kl_div(
    input: Any,
    target: Any,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    log_target: bool = False,
) -> Any:
    """The terms y (log y - x) of the divergence, for log-probabilities x and probabilities y (0 where y is 0).

    With `log_target` y is given as its logarithm. "batchmean" divides the sum by the size of the first dimension: that
    is the divergence itself, where "mean" divides by all elements, with PyTorch's warning. Errors as for `mse_loss`.

    Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.kl_div.html
    """
    batchmean = reduction == "batchmean"
    how = reduction_of("sum" if batchmean else reduction, size_average, reduce)
    check_pair("kl_div", input, target, "mean" if batchmean else how)
    if input._a.dtype.kind != "f" or target._a.dtype.kind != "f":
        raise RuntimeError("kl_div: Integral inputs not supported. Convert them with .float().")
    if how == "mean":
        warn(
            "reduction: 'mean' divides the total loss by both the batch size and the support size.'batchmean' divides "
            "only by the batch size, and aligns with the KL div math definition.'mean' will be changed to behave the "
            "same as 'batchmean' in the next major release.",
        )
    if log_target:
        losses = exp(target) * (target - input)
    else:
        safe = where(target == 0, 1, target)
        losses = where(target == 0, 0.0, target * log(safe)) - target * input
    out = reduced(losses, how)
    return out / input._a.shape[0] if batchmean and input._a.ndim else out
