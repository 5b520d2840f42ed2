"""The checks of the options and parameters that several optimisers share."""

from __future__ import annotations

import math
import numbers
from typing import Any

from ..autograd.graph import TensorBase


def number(name: str, value: Any) -> float:
    """An option as a float: of a number or a tensor of one element. TypeError for what is neither."""
    if isinstance(value, (numbers.Real, TensorBase)):
        return float(value)
    raise TypeError(f"{name} must be a number, not {type(value).__name__} ({value!r})")


def check_not_negative(name: str, value: Any) -> None:
    """ValueError with PyTorch's text unless `value` is finite and at least 0."""
    if isinstance(value, TensorBase) and value._a.size != 1:
        raise ValueError(f"Tensor {name} must be 1-element, and its shape is {list(value._a.shape)}")
    if not 0.0 <= number(name, value) < math.inf:
        raise ValueError(f"Invalid {name}: {value}")


def check_options(group: dict[str, Any], *names: str) -> None:
    """Those of a group's options that must be finite and at least 0, and its betas, which are less than 1."""
    for name in names:
        check_not_negative("epsilon value" if name == "eps" else f"{name} value", group[name])
    for i, beta in enumerate(group.get("betas", ())):
        if not 0.0 <= number(f"beta parameter at index {i}", beta) < 1.0:
            raise ValueError(f"Invalid beta parameter at index {i}: {beta}")


def check_implementation(group: dict[str, Any]) -> None:
    """RuntimeError where two of PyTorch's implementations of one step are asked for."""
    if group["fused"] and group["differentiable"]:
        raise RuntimeError("`fused` does not support `differentiable`")
    if group["fused"] and group["foreach"]:
        raise RuntimeError("`fused` and `foreach` cannot be `True` together.")


def check_floating(p: Any, lr: Any) -> None:
    """NotImplementedError for a parameter of integers, which a step with a fraction cannot change."""
    if p._a.dtype.kind != "f" and not isinstance(lr, int):
        raise NotImplementedError(
            f"For integral input tensors, argument alpha must not be a floating point number: the step is not "
            f"implemented for {p.dtype}. Optimise p.float() instead."
        )


def misshapen(p: Any, name: str, other: Any) -> RuntimeError:
    return RuntimeError(
        f"step: a parameter of shape {list(p._a.shape)} has a {name} of shape {list(other.shape)}. The parameter "
        "was replaced since: compute the gradient anew, and clear the optimizer's state."
    )
