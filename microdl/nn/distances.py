"""Distances of vectors, and the losses of pairs and triplets, as modules of the functions of their names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import pairs
from .losses import Loss, WeightedLoss
from .module import Module

__all__ = [
    "CosineEmbeddingLoss", "CosineSimilarity", "GaussianNLLLoss", "MultiLabelSoftMarginLoss", "PairwiseDistance",
    "TripletMarginLoss", "TripletMarginWithDistanceLoss",
]  # fmt: skip


class CosineSimilarity(Module):
    """`functional.cosine_similarity`: the cosine of the angle between vectors along `dim`."""

    def __init__(self, dim: int = 1, eps: float = 1e-8) -> None:
        super().__init__()
        self.dim, self.eps = dim, eps

    def forward(self, x1: Any, x2: Any) -> Any:
        return pairs.cosine_similarity(x1, x2, self.dim, self.eps)


class PairwiseDistance(Module):
    """`functional.pairwise_distance`: the p-norm of x1 - x2 + eps along the last dimension."""

    def __init__(self, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> None:
        super().__init__()
        self.norm, self.eps, self.keepdim = p, eps, keepdim

    def forward(self, x1: Any, x2: Any) -> Any:
        return pairs.pairwise_distance(x1, x2, self.norm, self.eps, self.keepdim)


class CosineEmbeddingLoss(Loss):
    """`functional.cosine_embedding_loss` of pairs of vectors, alike (1) or not (-1).

    Source: https://pytorch.org/docs/stable/generated/torch.nn.CosineEmbeddingLoss.html
    """

    def __init__(
        self, margin: float = 0.0, size_average: Any = None, reduce: Any = None, reduction: str = "mean"
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.margin = margin

    def forward(self, input1: Any, input2: Any, target: Any) -> Any:
        return pairs.cosine_embedding_loss(input1, input2, target, self.margin, reduction=self.reduction)


class TripletMarginLoss(Loss):
    """`functional.triplet_margin_loss`: the positive nearer to the anchor than the negative, by the margin.

    Raises ValueError for a margin that is not positive.

    Source: https://pytorch.org/docs/stable/generated/torch.nn.TripletMarginLoss.html
    """

    def __init__(
        self,
        margin: float = 1.0,
        p: float = 2.0,
        eps: float = 1e-6,
        swap: bool = False,
        size_average: Any = None,
        reduce: Any = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.margin, self.p, self.eps, self.swap = _positive(margin), p, eps, swap

    def forward(self, anchor: Any, positive: Any, negative: Any) -> Any:
        return pairs.triplet_margin_loss(
            anchor, positive, negative, self.margin, self.p, self.eps, self.swap, reduction=self.reduction
        )


class TripletMarginWithDistanceLoss(Loss):
    """`functional.triplet_margin_with_distance_loss`: the same with any distance of two tensors."""

    distance_function: Any

    def __init__(
        self,
        *,
        distance_function: Callable[[Any, Any], Any] | None = None,
        margin: float = 1.0,
        swap: bool = False,
        reduction: str = "mean",
    ) -> None:
        super().__init__(reduction=reduction)
        self.distance_function = PairwiseDistance() if distance_function is None else distance_function
        self.margin, self.swap = _positive(margin), swap

    def forward(self, anchor: Any, positive: Any, negative: Any) -> Any:
        return pairs.triplet_margin_with_distance_loss(
            anchor,
            positive,
            negative,
            distance_function=self.distance_function,
            margin=self.margin,
            swap=self.swap,
            reduction=self.reduction,
        )


def _positive(margin: float) -> float:
    if not margin > 0:
        raise ValueError(f"margin must be greater than 0, got {margin}")
    return margin


class GaussianNLLLoss(Loss):
    """`functional.gaussian_nll_loss`: of targets under normal distributions with predicted mean and variance.

    Source: https://pytorch.org/docs/stable/generated/torch.nn.GaussianNLLLoss.html
    """

    def __init__(self, *, full: bool = False, eps: float = 1e-6, reduction: str = "mean") -> None:
        super().__init__(reduction=reduction)
        self.full, self.eps = full, eps

    def forward(self, input: Any, target: Any, var: Any) -> Any:
        return pairs.gaussian_nll_loss(input, target, var, self.full, self.eps, self.reduction)


class MultiLabelSoftMarginLoss(WeightedLoss):
    """`functional.multilabel_soft_margin_loss`: each class a question of its own.

    Source: https://pytorch.org/docs/stable/generated/torch.nn.MultiLabelSoftMarginLoss.html
    """

    def forward(self, input: Any, target: Any) -> Any:
        return pairs.multilabel_soft_margin_loss(input, target, self.weight, reduction=self.reduction)
