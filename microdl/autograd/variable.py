"""`Variable`, the class that tensors took over in PyTorch 0.4, as scripts from before it call it."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._warning import warn
from .graph import TensorBase, wrap


class _VariableType(type):
    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, TensorBase)


class Variable(metaclass=_VariableType):
    """`Variable(tensor, requires_grad=True)`: a leaf tensor that shares the memory of `tensor`.

    Every tensor is an instance. `volatile` has had no effect since PyTorch 0.4, and says so. Raises TypeError for what
    is no tensor, RuntimeError for integers that are to require gradients.

    >>> import microdl as torch
    >>> torch.autograd.Variable(torch.ones(2), requires_grad=True)
    tensor([1., 1.], requires_grad=True)

    Source: https://pytorch.org/docs/stable/autograd.html#variable-deprecated
    """

    def __new__(cls, data: Any = None, requires_grad: bool = False, volatile: bool = False) -> Any:
        if volatile:
            warn("volatile was removed and now has no effect. Use `with torch.no_grad():` instead.")
        if data is None:
            return wrap(np.empty(0, np.float32))
        if not isinstance(data, TensorBase):
            raise TypeError(f"Variable data has to be a tensor, but got {type(data).__name__}")
        if requires_grad and data._a.dtype.kind != "f":
            raise RuntimeError("Only Tensors of floating point and complex dtype can require gradients")
        t = wrap(data._a, None, data._version_counter)
        return t.requires_grad_() if requires_grad else t
