"""Tools for the parameters of a model: clip their gradients, write them as one vector and back.

Source: https://pytorch.org/docs/stable/nn.html#utilities
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from ..._warning import warn
from ...autograd.graph import TensorBase, wrap
from ...dtypes import from_numpy_dtype
from ...ops.join import cat

__all__ = [
    "clip_grad_norm", "clip_grad_norm_", "clip_grad_value_", "clip_grads_with_norm_", "get_total_norm",
    "parameters_to_vector", "vector_to_parameters",
]  # fmt: skip


def _tensors(parameters: Any) -> list[Any]:
    return [parameters] if isinstance(parameters, TensorBase) else list(parameters)


def _norm(array: Any, order: float) -> Any:
    """The norm of all elements, a number of the array's dtype."""
    flat = array.reshape(-1)
    if order == 2.0:
        return np.sqrt(np.dot(flat, flat)) if flat.dtype != np.float16 else np.linalg.norm(flat)
    if not flat.size:
        return flat.dtype.type(0)
    return np.linalg.norm(flat, order).astype(flat.dtype)


def get_total_norm(
    tensors: Any, norm_type: float = 2.0, error_if_nonfinite: bool = False, foreach: bool | None = None
) -> Any:
    """The norm of all elements of all tensors, as if they were one vector; a 0-d tensor.

    `norm_type` is the order of the norm, which may be infinite. RuntimeError where the norm is not finite and
    `error_if_nonfinite` is set. `foreach` chooses between PyTorch's implementations and means nothing here.
    """
    arrays = [t._a for t in _tensors(tensors)]
    order = float(norm_type)
    if not arrays:
        return wrap(np.zeros((), np.float32))
    total = _norm(np.array([_norm(a, order) for a in arrays]), order)
    if error_if_nonfinite and not np.isfinite(total):
        raise RuntimeError(
            f"The total norm of order {order} for gradients from `parameters` is non-finite ({total}), so it cannot be "
            "clipped. To disable this error and scale the gradients by the non-finite norm anyway, set "
            "`error_if_nonfinite=False`"
        )
    return wrap(total)


def clip_grads_with_norm_(parameters: Any, max_norm: float, total_norm: Any, foreach: bool | None = None) -> None:
    """Multiplies the gradients by min(1, max_norm / (total_norm + 1e-6)), in place."""
    if max_norm < 0:
        raise ValueError(f"max_norm must be >= 0, but got {max_norm}: it would turn the gradients round")
    total = total_norm._a if isinstance(total_norm, TensorBase) else np.float32(total_norm)
    scale = np.minimum(float(max_norm) / (total + total.dtype.type(1e-6)), 1.0)
    if scale != 1.0:
        for g in _gradients(parameters):
            np.multiply(g._a, scale, out=g._a, casting="same_kind")
            g._version_counter.bump("clip_grad_norm_")


def clip_grad_norm_(
    parameters: Any,
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Any:
    """Scales the gradients, in place, so that their common norm is at most `max_norm`; returns the norm they had.

    The norm is taken over all gradients as one vector, and each is multiplied by min(1, max_norm / (norm + 1e-6)):
    the 1e-6 is PyTorch's. Raises ValueError for a negative `max_norm`, RuntimeError, with no gradient changed, where
    the norm is not finite and `error_if_nonfinite` is set. `foreach` is accepted and means nothing here.

    >>> import microdl as torch
    >>> w = torch.nn.Parameter(torch.zeros(2))
    >>> w.grad = torch.tensor([3., 4.])
    >>> torch.nn.utils.clip_grad_norm_([w], max_norm=1.), w.grad
    (tensor(5.), tensor([0.6000, 0.8000]))

    Source: Pascanu, Mikolov, Bengio, "On the difficulty of training recurrent neural networks", 2013.
    """
    parameters = _tensors(parameters)
    total = get_total_norm(_gradients(parameters), norm_type, error_if_nonfinite)
    clip_grads_with_norm_(parameters, float(max_norm), total)
    return total


def clip_grad_norm(*args: Any, **kwargs: Any) -> Any:
    """`clip_grad_norm_` by its older name; FutureWarning."""
    warn(
        "`torch.nn.utils.clip_grad_norm` is now deprecated in favor of `torch.nn.utils.clip_grad_norm_`.",
        FutureWarning,
    )
    return clip_grad_norm_(*args, **kwargs)


def clip_grad_value_(parameters: Any, clip_value: float, foreach: bool | None = None) -> None:
    """Moves every element of the gradients into [-clip_value, clip_value], in place.

    Raises ValueError for a negative `clip_value`. `foreach` is accepted and means nothing here.

    >>> import microdl as torch
    >>> w = torch.nn.Parameter(torch.zeros(2))
    >>> w.grad = torch.tensor([3., -0.5])
    >>> torch.nn.utils.clip_grad_value_(w, 1.)
    >>> w.grad
    tensor([ 1.0000, -0.5000])

    Source: https://pytorch.org/docs/stable/generated/torch.nn.utils.clip_grad_value_.html
    """
    bound = float(clip_value)
    if not bound >= 0 or math.isnan(bound):
        raise ValueError(f"clip_value must be >= 0, but got {clip_value}")
    for g in _gradients(parameters):
        np.clip(g._a, -bound, bound, out=g._a)
        g._version_counter.bump("clip_grad_value_")


def _gradients(parameters: Any) -> list[Any]:
    return [p.grad for p in _tensors(parameters) if p.grad is not None]


def parameters_to_vector(parameters: Iterable[Any]) -> Any:
    """All parameters flattened, one after the other, as one vector; gradients flow back through it.

    Raises ValueError for no parameters.

    >>> import microdl as torch
    >>> torch.nn.utils.parameters_to_vector(torch.nn.Linear(3, 2).parameters()).shape
    torch.Size([8])
    """
    parts = [p.view(-1) for p in parameters]
    if not parts:
        raise ValueError("torch.cat(): expected a non-empty list of Tensors: there are no parameters")
    return cat(parts)


def vector_to_parameters(vec: Any, parameters: Iterable[Any]) -> None:
    """Makes each parameter, in order, a part of the vector, whose memory it then shares, as in PyTorch.

    Raises TypeError where `vec` is no tensor, RuntimeError, with nothing changed, where it has not exactly as many
    elements as the parameters (PyTorch leaves the rest of a longer one unused).

    >>> import microdl as torch
    >>> layer = torch.nn.Linear(1, 1)
    >>> torch.nn.utils.vector_to_parameters(torch.tensor([2., 3.]), layer.parameters())
    >>> layer.weight.item(), layer.bias.item()
    (2.0, 3.0)
    """
    if not isinstance(vec, TensorBase):
        raise TypeError(f"expected torch.Tensor, but got: {type(vec).__name__}")
    owners = list(parameters)
    needed = sum(p._a.size for p in owners)
    if vec._a.shape != (needed,):
        raise RuntimeError(
            f"shape '{[needed]}' is invalid for input of size {vec._a.size}: the vector has shape {list(vec._a.shape)} "
            f"but must have one element for each of the {needed} of the parameters"
        )
    if any(p.requires_grad for p in owners) and vec._a.dtype.kind != "f":
        raise RuntimeError(f"parameters that require grad must be floating, not {from_numpy_dtype(vec._a.dtype)!r}")
    start = 0
    for p in owners:
        p.data = wrap(vec._a[start : start + p._a.size].reshape(p._a.shape))
        start += p._a.size
