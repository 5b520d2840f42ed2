"""What all functions that make tensors share: the device must be the CPU, and only floats can require gradients."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd.graph import wrap
from ..device import require_cpu
from ..dtypes import from_numpy_dtype


def check_new(dtype: np.dtype[Any], requires_grad: bool, device: Any = None) -> None:
    """AssertionError for another device than the CPU, RuntimeError for integers that are to require gradients."""
    if device is not None:
        require_cpu(device)
    if requires_grad and dtype.kind != "f":
        raise RuntimeError(
            "Only Tensors of floating point and complex dtype can require gradients, not one of "
            f"{from_numpy_dtype(dtype)!r}. Convert it with .float(), or pass requires_grad=False."
        )


def finish(array: Any, requires_grad: bool = False, device: Any = None) -> Any:
    """The tensor that owns `array`, with its flag."""
    check_new(array.dtype, requires_grad, device)
    t = wrap(array)
    return t.requires_grad_() if requires_grad else t
