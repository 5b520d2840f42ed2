"""Functions of `torch.nn.functional` as `torch` itself has them: in other orders, without defaults, int reductions."""

from __future__ import annotations

from typing import Any

from . import functional as F
from . import noise

__all__ = [
    "alpha_dropout", "alpha_dropout_", "batch_norm", "binary_cross_entropy_with_logits", "constant_pad_nd",
    "cosine_embedding_loss", "dropout", "dropout_", "embedding", "feature_alpha_dropout", "feature_alpha_dropout_",
    "feature_dropout", "feature_dropout_", "group_norm", "hinge_embedding_loss", "kl_div", "layer_norm",
    "margin_ranking_loss", "poisson_nll_loss", "triplet_margin_loss",
]  # fmt: skip

_NONE = 0  # PyTorch's default here, although its declarations say the mean


def _how(name: str, reduction: Any) -> str:
    """The reduction of PyTorch's number for it: 1 the mean, 2 the sum, any other none."""
    if not isinstance(reduction, int) or isinstance(reduction, bool):
        raise TypeError(
            f"{name}(): argument 'reduction' must be int, not {type(reduction).__name__}: 0 is none, 1 mean, 2 sum; "
            f"names are for torch.nn.functional.{name}"
        )
    return {1: "mean", 2: "sum"}.get(reduction, "none")


# --- losses ------------------------------------------------------------------------------------------------


def binary_cross_entropy_with_logits(
    input: Any, target: Any, weight: Any = None, pos_weight: Any = None, reduction: int = _NONE
) -> Any:
    """`nn.functional.binary_cross_entropy_with_logits`; the reduction is 0 for none, 1 for the mean, 2 for the sum."""
    how = _how("binary_cross_entropy_with_logits", reduction)
    return F.binary_cross_entropy_with_logits(input, target, weight, reduction=how, pos_weight=pos_weight)


def cosine_embedding_loss(input1: Any, input2: Any, target: Any, margin: float = 0.0, reduction: int = _NONE) -> Any:
    """`nn.functional.cosine_embedding_loss`; the reduction is 0 for none, 1 for the mean, 2 for the sum."""
    how = _how("cosine_embedding_loss", reduction)
    return F.cosine_embedding_loss(input1, input2, target, margin, reduction=how)


def hinge_embedding_loss(input: Any, target: Any, margin: float = 1.0, reduction: int = _NONE) -> Any:
    """`nn.functional.hinge_embedding_loss`; the reduction is 0 for none, 1 for the mean, 2 for the sum."""
    return F.hinge_embedding_loss(input, target, margin, reduction=_how("hinge_embedding_loss", reduction))


def kl_div(input: Any, target: Any, reduction: int = _NONE, *, log_target: bool = False) -> Any:
    """`nn.functional.kl_div`; the reduction is 0 for none, 1 for the mean of all elements, 2 for the sum.

    >>> import microdl as torch
    >>> torch.kl_div(torch.tensor([[-1., -2.]]), torch.tensor([[0.5, 0.5]]), 2)
    tensor(0.8069)
    """
    losses = F.kl_div(input, target, reduction="none", log_target=log_target)
    how = _how("kl_div", reduction)
    return losses if how == "none" else losses.sum() if how == "sum" else losses.mean()


def margin_ranking_loss(input1: Any, input2: Any, target: Any, margin: float = 0.0, reduction: int = _NONE) -> Any:
    """`nn.functional.margin_ranking_loss`; the reduction is 0 for none, 1 for the mean, 2 for the sum."""
    return F.margin_ranking_loss(input1, input2, target, margin, reduction=_how("margin_ranking_loss", reduction))


def poisson_nll_loss(input: Any, target: Any, log_input: bool, full: bool, eps: float, reduction: int) -> Any:
    """`nn.functional.poisson_nll_loss` without defaults; the reduction is 0 for none, 1 for the mean, 2 for the sum."""
    how = _how("poisson_nll_loss", reduction)
    return F.poisson_nll_loss(input, target, log_input, full, eps=eps, reduction=how)


def triplet_margin_loss(
    anchor: Any,
    positive: Any,
    negative: Any,
    margin: float = 1.0,
    p: float = 2,
    eps: float = 1e-6,
    swap: bool = False,
    reduction: int = _NONE,
) -> Any:
    """`nn.functional.triplet_margin_loss`; the reduction is 0 for none, 1 for the mean, 2 for the sum."""
    how = _how("triplet_margin_loss", reduction)
    return F.triplet_margin_loss(anchor, positive, negative, margin, p, eps, swap, reduction=how)


# --- layers ------------------------------------------------------------------------------------------------


def batch_norm(
    input: Any,
    weight: Any,
    bias: Any,
    running_mean: Any,
    running_var: Any,
    training: bool,
    momentum: float,
    eps: float,
    cudnn_enabled: bool,
) -> Any:
    """`nn.functional.batch_norm` in another order, without defaults."""
    return F.batch_norm(input, running_mean, running_var, weight, bias, training, momentum, eps)


def layer_norm(
    input: Any,
    normalized_shape: Any,
    weight: Any = None,
    bias: Any = None,
    eps: float = 1e-5,
    cudnn_enable: bool = True,
) -> Any:
    """`nn.functional.layer_norm`."""
    return F.layer_norm(input, normalized_shape, weight, bias, eps)


def group_norm(
    input: Any, num_groups: int, weight: Any = None, bias: Any = None, eps: float = 1e-5, cudnn_enabled: bool = True
) -> Any:
    """`nn.functional.group_norm`."""
    return F.group_norm(input, num_groups, weight, bias, eps)


def embedding(
    weight: Any, indices: Any, padding_idx: int = -1, scale_grad_by_freq: bool = False, sparse: bool = False
) -> Any:
    """`nn.functional.embedding` with the table first; a negative `padding_idx` is none."""
    padding = padding_idx if padding_idx >= 0 else None
    return F.embedding(indices, weight, padding, scale_grad_by_freq=scale_grad_by_freq, sparse=sparse)


def constant_pad_nd(input: Any, pad: Any, value: float = 0) -> Any:
    """`nn.functional.pad` with a constant.

    >>> import microdl as torch
    >>> torch.constant_pad_nd(torch.ones(2), (1, 0), 5)
    tensor([5., 1., 1.])
    """
    return F.pad(input, pad, value=value)


# --- dropout -----------------------------------------------------------------------------------------------


def _probability(p: float) -> float:
    """RuntimeError, where the functions of `nn.functional` raise ValueError."""
    if not 0 <= p <= 1:
        raise RuntimeError(f"dropout probability has to be between 0 and 1, but got {p}")
    return p


def dropout(input: Any, p: float, train: bool) -> Any:
    """`nn.functional.dropout` without defaults."""
    return noise.dropout(input, _probability(p), train)


def dropout_(input: Any, p: float, train: bool) -> Any:
    """`dropout` in place."""
    return noise.dropout(input, _probability(p), train, inplace=True)


def alpha_dropout(input: Any, p: float, train: bool) -> Any:
    """`nn.functional.alpha_dropout` without defaults."""
    return noise.alpha_dropout(input, _probability(p), train)


def alpha_dropout_(input: Any, p: float, train: bool) -> Any:
    """`alpha_dropout` in place."""
    return noise.alpha_dropout(input, _probability(p), train, inplace=True)


def feature_alpha_dropout(input: Any, p: float, train: bool) -> Any:
    """`nn.functional.feature_alpha_dropout` without defaults."""
    return noise.feature_alpha_dropout(input, _probability(p), train)


def feature_alpha_dropout_(input: Any, p: float, train: bool) -> Any:
    """`feature_alpha_dropout` in place."""
    return noise.feature_alpha_dropout(input, _probability(p), train, inplace=True)


def feature_dropout(input: Any, p: float, train: bool) -> Any:
    """`dropout` of whole channels (dimension 1)."""
    return noise.feature_dropout(input, _probability(p), train)


def feature_dropout_(input: Any, p: float, train: bool) -> Any:
    """`feature_dropout` in place."""
    return noise.feature_dropout(input, _probability(p), train, inplace=True)
