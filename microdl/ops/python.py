"""A tensor as a Python number, as text in a format, and as a NumPy array."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import printing
from ..autograd import graph
from . import numpy_protocol


class ToPython:
    """The conversions as methods."""

    __slots__ = ()

    _a: np.ndarray[Any, Any]
    _node: Any
    requires_grad: Any

    def item(self) -> Any:
        """The only element as a Python number; RuntimeError unless there is exactly one."""
        if self._a.size != 1:
            raise RuntimeError(
                f"a Tensor with {self._a.size} elements cannot be converted to Scalar. Its shape is "
                f"{list(self._a.shape)}: reduce or index it first, or use tolist()."
            )
        return self._a.item()

    def tolist(self) -> Any:
        """The elements as nested lists of Python numbers."""
        return self._a.tolist()

    def numpy(self, *, force: bool = False) -> np.ndarray[Any, Any]:
        """The NumPy array that shares this tensor's memory; RuntimeError while it requires grad."""
        if self.requires_grad and not force:
            raise RuntimeError("Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead.")
        return self._a

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray[Any, Any]:
        return np.array(self.numpy(), dtype=dtype, copy=copy)

    __array_ufunc__ = numpy_protocol.array_ufunc
    __array_function__ = numpy_protocol.array_function

    def __float__(self) -> float:
        return float(self._only())

    def __int__(self) -> int:
        return int(self._only())

    def _only(self) -> Any:
        if self._a.size != 1:
            raise ValueError(f"only one element tensors can be converted to Python scalars, not {list(self._a.shape)}")
        return self._a.item()

    def __index__(self) -> int:
        if self._a.dtype.kind == "f" or self._a.size != 1:
            raise TypeError("only integer tensors of a single element can be converted to an index")
        return int(self.item())

    def __bool__(self) -> bool:
        if self._a.size != 1:
            n = "no values" if self._a.size == 0 else "more than one value"
            raise RuntimeError(
                f"Boolean value of Tensor with {n} is ambiguous (shape {list(self._a.shape)}). Use .any() or .all()."
            )
        return bool(self._a.item())

    def __format__(self, spec: str) -> str:
        if self._a.ndim == 0 and graph.is_plain(self):
            return printing.format_scalar(self._a, spec)
        return object.__format__(self, spec)
