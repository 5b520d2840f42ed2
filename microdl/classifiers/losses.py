"""What linear classifiers minimise, as functions of scores: tensors of shape (examples, classes), or one score each.

`reduction` is over the examples, as everywhere: "mean", "sum" or "none" for the loss of each.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import microdl as torch
from microdl.nn import functional as F

__all__ = [
    "binary_hinge_loss",
    "hinge_loss",
    "logistic_loss",
    "one_vs_rest_loss",
    "softmax_loss",
]

_OVER_CLASSES = ("sum", "mean")


def softmax_loss(scores: Any, labels: Any, *, reduction: str = "mean") -> Any:
    """The cross-entropy of softmax(scores): log sum_j exp(s_j - s_y). Errors as for `functional.cross_entropy`.

    It is ln C where all C scores are equal, and does not overflow.

    >>> import microdl as torch
    >>> from microdl.classifiers.losses import softmax_loss
    >>> softmax_loss(torch.tensor([[3.2, 5.1, -1.7]]), torch.tensor([0]))
    tensor(2.0404)
    """
    return F.cross_entropy(scores, labels, reduction=reduction)


def hinge_loss(
    scores: Any,
    labels: Any,
    *,
    margin: float = 1.0,
    squared: bool = False,
    include_own_class: bool = False,
    over_classes: str = "sum",
    reduction: str = "mean",
) -> Any:
    """The multiclass SVM loss of an example: sum_{j != y} max(0, s_j - s_y + margin), or of the squares.

    `include_own_class` sums over j = y too, which adds margin (or its square) to each; `over_classes="mean"` divides by
    the number of classes C, as PyTorch's `multi_margin_loss` does. Where all scores are equal it is C - 1.

    Shapes: scores (N, C), int64 labels (N,). ValueError for another `over_classes`; else errors as for
    `functional.multi_margin_loss`.

    >>> import microdl as torch
    >>> from microdl.classifiers.losses import hinge_loss
    >>> scores = torch.tensor([[3.2, 5.1, -1.7], [1.3, 4.9, 2.0], [2.2, 2.5, -3.1]])
    >>> hinge_loss(scores, torch.tensor([0, 1, 2]), reduction="none")
    tensor([ 2.9000,  0.0000, 12.9000])

    Source: K. Crammer and Y. Singer, "On the Algorithmic Implementation of Multiclass Kernel-based Vector Machines",
    2001, whose maximum over j is a sum in J. Weston and C. Watkins, "Support Vector Machines for Multi-Class Pattern
    Recognition", 1999, and here.
    """
    _check("over_classes", over_classes, _OVER_CLASSES)
    power = 2 if squared else 1
    loss = F.multi_margin_loss(scores, labels, power, margin, reduction=reduction)
    classes = scores.shape[-1]
    if over_classes == "sum":
        loss = loss * classes
    if include_own_class:
        own = margin**power / (1 if over_classes == "sum" else classes)
        loss = loss + own * (len(labels) if reduction == "sum" else 1)
    return loss


def one_vs_rest_loss(
    scores: Any,
    labels: Any,
    *,
    loss: str = "hinge",
    margin: float = 1.0,
    over_classes: str = "sum",
    reduction: str = "mean",
) -> Any:
    """Of each class the loss of the binary problem "this class or another", summed (or averaged) over the classes.

    `loss` is "hinge", "squared_hinge" or "logistic": `binary_hinge_loss` or `logistic_loss` of the score s_j, with the
    sign +1 where j is the label, else -1.

    Shapes: scores (N, C), int64 labels (N,). ValueError for other options, IndexError for a label out of range.

    >>> import microdl as torch
    >>> from microdl.classifiers.losses import one_vs_rest_loss
    >>> one_vs_rest_loss(torch.tensor([[3.2, 5.1, -1.7]]), torch.tensor([0]))
    tensor(6.1000)
    """
    _check("over_classes", over_classes, _OVER_CLASSES)
    binary = binary_loss(loss, margin)
    each = binary(scores, _signs(labels, scores), "none")
    each = each.sum(1) if over_classes == "sum" else each.mean(1)
    return reduced(each, reduction)


def binary_hinge_loss(
    scores: Any, signs: Any, *, margin: float = 1.0, squared: bool = False, reduction: str = "mean"
) -> Any:
    """max(0, margin - y s), or its square, for scores s and signs y of -1 or 1, of one shape (else ValueError).

    >>> import microdl as torch
    >>> from microdl.classifiers.losses import binary_hinge_loss
    >>> binary_hinge_loss(torch.tensor([0.5, 3.0]), torch.tensor([1.0, -1.0]), reduction="none")
    tensor([0.5000, 4.0000])
    """
    if scores.shape != signs.shape:
        raise ValueError(f"scores have shape {list(scores.shape)} and signs {list(signs.shape)}: give one sign a score")
    violation = F.relu(margin - signs * scores)
    return reduced(violation * violation if squared else violation, reduction)


def logistic_loss(scores: Any, signs: Any, *, reduction: str = "mean") -> Any:
    """log(1 + exp(-y s)) for scores s and signs y of -1 or 1, of one shape; it does not overflow.

    It equals `softmax_loss` of the two scores (0, s), and the binary cross-entropy of sigmoid(s).

    >>> import microdl as torch
    >>> from microdl.classifiers.losses import logistic_loss
    >>> logistic_loss(torch.tensor([3.9688]), torch.tensor([-1.0]))
    tensor(3.9875)
    """
    return F.soft_margin_loss(scores, signs, reduction=reduction)


def binary_loss(name: str, margin: float = 1.0) -> Callable[[Any, Any, str], Any]:
    """The binary loss of a name as a function of scores, signs and reduction; ValueError for another name."""
    _check("loss", name, ("hinge", "squared_hinge", "logistic"))
    if name == "logistic":
        return lambda scores, signs, reduction: logistic_loss(scores, signs, reduction=reduction)
    return lambda scores, signs, reduction: binary_hinge_loss(
        scores, signs, margin=margin, squared=name == "squared_hinge", reduction=reduction
    )


def reduced(losses: Any, reduction: str) -> Any:
    """The losses of the examples, their sum or their mean."""
    _check("reduction", reduction, ("mean", "sum", "none"))
    return losses.mean() if reduction == "mean" else losses.sum() if reduction == "sum" else losses


def _signs(labels: Any, scores: Any) -> Any:
    y, classes = labels.numpy(), scores.shape[1]
    wrong = (y < 0) | (y >= classes)
    if wrong.any():
        raise IndexError(f"Label {y[wrong][0]} is out of bounds: {classes} classes have the labels 0 to {classes - 1}")
    signs = np.full(scores.shape, -1, scores.detach().numpy().dtype)
    signs[np.arange(len(y)), y] = 1
    return torch.from_numpy(signs)


def _check(option: str, value: Any, known: tuple[str, ...]) -> None:
    if value not in known:
        raise ValueError(f"{option}={value!r} is not one of {', '.join(map(repr, known))}")
