"""Regression losses, and what all losses share: the reduction and the checks.

Each of the declared ones takes the reduction as an argument, so that a loss and its mean are one step. Two shapes that
differ are an error here, never broadcast; so is the mean of an empty batch, which PyTorch makes NaN.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .._warning import warn
from ..autograd.graph import TensorBase, named
from ..autograd.kinds import no_kernel
from ..autograd.record import not_a_tensor, op
from ..dtypes import from_numpy_dtype
from .arithmetic import abs as absolute
from .arithmetic import cast
from .reduction import mean
from .reduction import sum as total

__all__ = [
    "huber_loss", "l1_loss", "mse_loss", "smooth_l1_loss",
]  # fmt: skip

# --- what all losses share ---------------------------------------------------------------------------------


def reduction_of(reduction: str, size_average: bool | None = None, reduce: bool | None = None) -> str:
    """The checked reduction; PyTorch's two older arguments, where given, decide it with a warning."""
    if size_average is not None or reduce is not None:
        average, reduces = (v is None or bool(v) for v in (size_average, reduce))
        reduction = "none" if not reduces else "mean" if average else "sum"
        warn(
            f"size_average and reduce args will be deprecated, please use reduction='{reduction}' instead.",
        )
    if reduction not in ("mean", "sum", "none"):
        raise ValueError(f"{reduction} is not a valid value for reduction: use 'mean', 'sum' or 'none'.")
    return reduction


def tensors(name: str, **arguments: Any) -> None:
    """TypeError for an argument that is no tensor."""
    for position, (argument, value) in enumerate(arguments.items(), start=1):
        if not isinstance(value, TensorBase):
            raise not_a_tensor(name, position, value, argument)


def empty_batch(name: str, shape: tuple[int, ...]) -> ValueError:
    return ValueError(
        f"{name}: the batch is empty (shape {list(shape)}), and the mean over no elements is not a number. Skip empty "
        "batches, or use reduction='sum'."
    )


def constant(name: str, argument: str, value: Any) -> None:
    """RuntimeError for a tensor that requires grad where the loss has no derivative by it."""
    if value is not None and value._node is not None:
        raise RuntimeError(
            f"The function '{name}' is not differentiable with respect to argument '{argument}'. This input cannot "
            "have requires_grad True: pass its detach()."
        )


def check_pair(name: str, input: Any, target: Any, reduction: str) -> None:
    """The two tensors of a loss: of one shape, and not empty where a mean is asked for.

    Another shape is a ValueError where PyTorch would broadcast, and else, as there, a RuntimeError.
    """
    tensors(name, input=input, target=target)
    x, y = input._a.shape, target._a.shape
    if x != y:
        raise (ValueError if _broadcast(x, y) else RuntimeError)(
            f"{name}: the target size (torch.Size({list(y)})) is different to the input size (torch.Size({list(x)})). "
            f"They must be the same, since broadcasting would pair wrong elements: {remedy(x, y)}."
        )
    if reduction == "mean" and not input._a.size:
        raise empty_batch(name, x)


def _broadcast(x: tuple[int, ...], y: tuple[int, ...]) -> bool:
    """Whether PyTorch would broadcast the two shapes, with no more than a warning."""
    return all(m == n or 1 in (m, n) for m, n in zip(reversed(x), reversed(y), strict=False))


def remedy(x: tuple[int, ...], y: tuple[int, ...]) -> str:
    if x == (*y, 1):
        return "use target.unsqueeze(-1) or input.squeeze(-1)"
    if y == (*x, 1):
        return "use target.squeeze(-1) or input.unsqueeze(-1)"
    return "reshape one of them, or expand it where repeating is meant"


def promote_pair(kernel: str, input: Any, target: Any) -> tuple[Any, Any]:
    """Both in their common dtype, which must be a floating one."""
    x, y = input._a.dtype, target._a.dtype
    if x.kind != "f" and y.kind != "f":
        raise no_kernel(kernel, input._a.dtype)
    if x == y:
        return input, target
    if x.kind != "f" or (y.kind == "f" and y.itemsize > x.itemsize):
        return cast(input, y), target
    return input, cast(target, x)


def reduced(losses: Any, reduction: str) -> Any:
    """The losses of the elements, their sum or their mean: of an array or a tensor."""
    if reduction == "none":
        return losses
    out = total(losses) if isinstance(losses, TensorBase) else np.add.reduce(losses, axis=None)
    if reduction == "sum":
        return out
    mean = out / _size(losses)
    return named(mean, "MeanBackward0") if isinstance(mean, TensorBase) else mean


def share(g: Any, x: Any, reduction: str) -> Any:
    """The gradient that each element's loss receives, for the gradient `g` of the reduced loss."""
    return g / _size(x) if reduction == "mean" else g


def _size(x: Any) -> int:
    return int(x._a.size if isinstance(x, TensorBase) else x.size)


# --- regression --------------------------------------------------------------------------------------------

_mse = op(
    "mse_loss",
    lambda input, target, reduction: reduced(np.square(input - target), reduction),
    input=lambda g, input, target, reduction: share(2 * g, input, reduction) * (input - target),
    target=lambda g, input, target, reduction: share(2 * g, input, reduction) * (target - input),
)


def _smooth_l1_forward(input: Any, target: Any, reduction: str, beta: float) -> Any:
    z = np.abs(input - target)
    return reduced(np.where(z < beta, 0.5 / beta * z * z, z - 0.5 * beta), reduction)


def _smooth_l1_slope(z: Any, beta: float) -> Any:
    return np.where(np.abs(z) < beta, z / beta, np.sign(z))


def _huber_forward(input: Any, target: Any, reduction: str, delta: float) -> Any:
    z = np.abs(input - target)
    return reduced(np.where(z <= delta, 0.5 * z * z, delta * (z - 0.5 * delta)), reduction)


def _huber_slope(z: Any, delta: float) -> Any:
    return np.where(np.abs(z) < delta, z, delta * np.sign(z))


_smooth_l1 = op(
    "smooth_l1_loss",
    _smooth_l1_forward,
    input=lambda g, input, target, reduction, beta: share(g, input, reduction) * _smooth_l1_slope(input - target, beta),
    target=lambda g, input, target, reduction, beta: (
        share(g, input, reduction) * _smooth_l1_slope(target - input, beta)
    ),
)
_huber = op(
    "huber_loss",
    _huber_forward,
    input=lambda g, input, target, reduction, delta: share(g, input, reduction) * _huber_slope(input - target, delta),
    target=lambda g, input, target, reduction, delta: share(g, input, reduction) * _huber_slope(target - input, delta),
)


def _regression(
    name: str, kernel: str, call: Callable[..., Any], input: Any, target: Any, reduction: str, *extra: float
) -> Any:
    tensors(name, input=input, target=target)
    if input._a.dtype.kind != "f" and target._a.dtype.kind != "f":
        raise no_kernel(kernel, input._a.dtype)
    check_pair(name, input, target, reduction)
    return call(*promote_pair(kernel, input, target), reduction, *extra)


def _weighted(name: str, losses: Callable[[str], Any], weight: Any, reduction: str, by_weights: bool = True) -> Any:
    """A regression loss with a weight for each element; the mean divides by the sum of the weights, or their number."""
    if weight is None:
        return losses(reduction)
    each = losses("none")
    tensors(name, input=each, target=each, weight=weight)
    if weight._a.shape != each._a.shape:
        raise ValueError(
            "Weights and input must have the same size, but they are "
            f"{list(weight._a.shape)} and {list(each._a.shape)}."
        )
    if reduction == "mean" and not each._a.size:
        raise empty_batch(name, each._a.shape)
    each = each * weight
    return total(each) / total(weight) if by_weights and reduction == "mean" else reduced(each, reduction)


def mse_loss(
    input: Any,
    target: Any,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    weight: Any = None,
) -> Any:
    """The squared differences (input - target)^2: their mean, their sum or each of them.

    `weight` gives each element a weight; the mean is then divided by their sum. Raises ValueError where the shapes
    differ (PyTorch warns and broadcasts) and for the mean of an empty batch.

    >>> import microdl as torch
    >>> torch.nn.functional.mse_loss(torch.tensor([1., 2.]), torch.tensor([1., 4.]))
    tensor(2.)

    Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.mse_loss.html
    """
    how = reduction_of(reduction, size_average, reduce)
    return _weighted("mse_loss", lambda r: _regression("mse_loss", "mse_cpu", _mse, input, target, r), weight, how)


def l1_loss(
    input: Any,
    target: Any,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    weight: Any = None,
) -> Any:
    """The absolute differences abs(input - target). Arguments and errors as for `mse_loss`.

    >>> import microdl as torch
    >>> torch.nn.functional.l1_loss(torch.tensor([1., 2.]), torch.tensor([1., 4.]), reduction="none")
    tensor([0., 2.])
    """
    how = reduction_of(reduction, size_average, reduce)
    return _weighted("l1_loss", lambda r: _absolute(input, target, r), weight, how)


def _absolute(input: Any, target: Any, reduction: str) -> Any:
    check_pair("l1_loss", input, target, reduction)
    each = absolute(input - target)  # two steps, as in PyTorch: the operands may change afterwards
    return each if reduction == "none" else total(each) if reduction == "sum" else mean(each)


def smooth_l1_loss(
    input: Any,
    target: Any,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    beta: float = 1.0,
) -> Any:
    """With z = input - target: 0.5 z^2 / beta where abs(z) < beta, else abs(z) - 0.5 beta. Errors as for `mse_loss`.

    RuntimeError for a negative beta; a beta of 0 is `l1_loss`.

    Source: R. Girshick, "Fast R-CNN", 2015.
    """
    how = reduction_of(reduction, size_average, reduce)
    if beta < 0:
        raise RuntimeError(f"smooth_l1_loss does not support negative values for beta. Got {beta}.")
    if beta == 0:
        return l1_loss(input, target, reduction=how)
    return _regression("smooth_l1_loss", "smooth_l1_cpu", _smooth_l1, input, target, how, float(beta))


def huber_loss(input: Any, target: Any, reduction: str = "mean", delta: float = 1.0, weight: Any = None) -> Any:
    """With z = input - target: 0.5 z^2 where abs(z) <= delta, else delta (abs(z) - 0.5 delta).

    Errors as for `mse_loss`, and RuntimeError for a delta that is not positive. The mean with `weight` divides by the
    number of elements.

    Source: P. J. Huber, "Robust Estimation of a Location Parameter", 1964.
    """
    how = reduction_of(reduction)
    if delta <= 0:
        raise RuntimeError(f"huber_loss does not support non-positive values for delta. Got {delta}.")
    tensors("huber_loss", input=input, target=target)
    if target._a.dtype.kind == "f" != input._a.dtype.kind:
        wanted, found = (from_numpy_dtype(t._a.dtype).legacy for t in (input, target))
        raise RuntimeError(
            f"huber_loss: result type {found} can't be cast to the desired output type {wanted}: convert the input "
            "with input.float()."
        )
    d = float(delta)
    size = input._a.dtype.itemsize

    def losses(reduction: str) -> Any:
        if target._a.dtype.itemsize <= size or target._a.dtype.kind != "f":
            return _regression("huber_loss", "huber_cpu", _huber, input, target, reduction, d)
        each = _regression("huber_loss", "huber_cpu", _huber, input, target, "none", d)
        return reduced(cast(each, input._a.dtype), reduction)  # each loss is of the input's dtype

    return _weighted("huber_loss", losses, weight, how, by_weights=False)
