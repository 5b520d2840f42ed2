"""Binary classification: the cross-entropy of probabilities and of scores."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd.graph import named
from ..autograd.kinds import no_kernel
from ..autograd.record import op
from ..dtypes import from_numpy_dtype
from .activation import log1p_exp, logsigmoid, sigmoid_of, softplus_of
from .arithmetic import cast
from .loss import constant, empty_batch, promote_pair, reduced, reduction_of, remedy, share, tensors

__all__ = ["binary_cross_entropy", "binary_cross_entropy_with_logits"]


def _scaled(x: Any, weight: Any) -> Any:
    return x if weight is None else x * weight


def _bce_forward(input: Any, target: Any, weight: Any, reduction: str) -> Any:
    yes, no = np.maximum(np.log(input), -100), np.maximum(np.log1p(-input), -100)
    return reduced(_scaled(-(target * yes + (1 - target) * no), weight), reduction)


# The floor of 1e-12 under p (1 - p) is PyTorch's: it keeps the gradient finite at p = 0 and p = 1.
_bce = op(
    "binary_cross_entropy",
    _bce_forward,
    input=lambda g, input, target, weight, reduction: (
        share(g, input, reduction) * _scaled((input - target) / np.maximum((1 - input) * input, 1e-12), weight)
    ),
    target=lambda g, input, weight, reduction: (
        share(g, input, reduction) * _scaled(np.log1p(-input) - np.log(input), weight)
    ),
)


def _logits_forward(input: Any, target: Any, weight: Any, pos_weight: Any, reduction: str) -> Any:
    return reduced(_scaled(_logits_loss(log1p_exp, input, target, pos_weight), weight), reduction)


def _logits_loss(softplus: Any, x: Any, y: Any, pos_weight: Any) -> Any:
    """As PyTorch rounds it, cancellation included: digits of small losses depend on that."""
    near = softplus(-x) if pos_weight is None else (1 + (pos_weight - 1) * y) * softplus(-x)
    return (1 - y) * x + near


def _logits_slope(x: Any, y: Any, pos_weight: Any) -> Any:
    if pos_weight is None:
        return sigmoid_of(x) - y
    return (1 - y) - (1 + (pos_weight - 1) * y) * sigmoid_of(-x)


_bce_logits = op(
    "binary_cross_entropy_with_logits",
    _logits_forward,
    input=lambda g, input, target, weight, pos_weight, reduction: (
        share(g, input, reduction) * _scaled(_logits_slope(input, target, pos_weight), weight)
    ),
    target=lambda g, input, weight, pos_weight, reduction: (
        share(g, input, reduction)
        * _scaled(-input if pos_weight is None else (pos_weight - 1) * softplus_of(-input) - input, weight)
    ),
)


# PyTorch's texts
_SHAPES = {
    "binary_cross_entropy": "Using a target size (torch.Size({})) that is different to the input size (torch.Size({})) "
    "is deprecated. Please ensure they have the same size.",
    "binary_cross_entropy_with_logits": "Target size (torch.Size({})) must be the same as input size (torch.Size({})).",
}


def _check_binary(name: str, input: Any, target: Any, reduction: str, **weights: Any) -> list[Any]:
    """The weights in the dtype of the input, and the checks that both binary losses make."""
    tensors(name, input=input, target=target)
    x, y = input._a, target._a
    if x.shape != y.shape:
        raise ValueError(
            f"{_SHAPES[name].format(list(y.shape), list(x.shape))} Broadcasting would pair wrong elements: "
            f"{remedy(x.shape, y.shape)}."
        )
    if x.dtype.kind != "f":
        raise no_kernel(name, x.dtype)
    if reduction == "mean" and not x.size:
        raise empty_batch(name, x.shape)
    found = []
    for argument, w in weights.items():
        if w is not None:
            tensors(name, input=input, target=target, **{argument: w})
            constant(name, argument, w)
            _check_broadcasts(name, argument, w._a.shape, x.shape)
            w = cast(w, x.dtype)
        found.append(w)
    return found


def _check_broadcasts(name: str, argument: str, weight: tuple[int, ...], shape: tuple[int, ...]) -> None:
    try:
        fits = np.broadcast_shapes(weight, shape) == shape
    except ValueError:
        fits = False
    if not fits:
        raise RuntimeError(
            f"{name}: {argument} of shape {list(weight)} does not broadcast to the input's shape {list(shape)}. Give "
            "one number for each element, or for each column."
        )


def binary_cross_entropy(
    input: Any,
    target: Any,
    weight: Any = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Any:
    """-(y log p + (1 - y) log(1 - p)) for probabilities p and targets y in [0, 1]; each logarithm is at least -100.

    `weight` broadcasts to the input. Raises ValueError where the shapes differ or the batch is empty, RuntimeError for
    a value outside [0, 1], NaN included, and for dtypes that differ.

    >>> import microdl as torch
    >>> torch.nn.functional.binary_cross_entropy(torch.tensor([0.63]), torch.tensor([1.]))
    tensor(0.4620)

    Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.binary_cross_entropy.html
    """
    name, how = "binary_cross_entropy", reduction_of(reduction, size_average, reduce)
    (weight,) = _check_binary(name, input, target, how, weight=weight)
    if input._a.dtype != target._a.dtype:
        names = [from_numpy_dtype(t._a.dtype).legacy for t in (target, input)]
        raise RuntimeError(
            f"Found dtype {names[0]} but expected {names[1]}: convert the target with target.to(input.dtype)."
        )
    for argument, t in (("input", input), ("target", target)):
        outside = ~((t._a >= 0) & (t._a <= 1))
        if outside.any():
            raise RuntimeError(
                f"all elements of {argument} should be between 0 and 1, but one is {t._a[outside][0].item()}. Scores "
                "of any size go to binary_cross_entropy_with_logits."
            )
    return _bce(input, target, weight, how)


def binary_cross_entropy_with_logits(
    input: Any,
    target: Any,
    weight: Any = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    pos_weight: Any = None,
) -> Any:
    """`binary_cross_entropy` of sigmoid(input), exact at any magnitude: log(1 + exp(x)) - x y.

    `pos_weight` multiplies the term of the positive examples; it and `weight` broadcast to the input. Raises ValueError
    where the shapes differ or the batch is empty, RuntimeError for an integer target.

    >>> import microdl as torch
    >>> torch.nn.functional.binary_cross_entropy_with_logits(torch.tensor([-3.9688]), torch.tensor([1.]))
    tensor(3.9875)

    Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.binary_cross_entropy_with_logits.html
    """
    name, how = "binary_cross_entropy_with_logits", reduction_of(reduction, size_average, reduce)
    weight, pos_weight = _check_binary(name, input, target, how, weight=weight, pos_weight=pos_weight)
    if target._a.dtype.kind != "f":
        raise RuntimeError(
            f"result type {from_numpy_dtype(input._a.dtype).legacy} can't be cast to the desired output type "
            f"{from_numpy_dtype(target._a.dtype).legacy}: convert the target with target.float()."
        )
    if input._a.dtype != target._a.dtype and input._a.dtype.kind == "f" and weight is None and pos_weight is None:
        linear = cast((1 - target) * input, target._a.dtype)  # the losses are of the target's dtype
        losses = reduced(cast(linear - logsigmoid(input), target._a.dtype), how)
        return named(losses, "BinaryCrossEntropyWithLogitsBackward0")
    return _bce_logits(*promote_pair(name, input, target), weight, pos_weight, how)
