"""`Parameter`: a tensor that a module registers as its own when it is assigned as an attribute."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import dtypes
from ..autograd.graph import AccumulateGrad, TensorBase, Version, wrap
from ..device import require_cpu
from ..ops.making import check_new
from ..tensor import Tensor

__all__ = ["Buffer", "Parameter", "UninitializedParameter", "is_lazy"]


class Parameter(Tensor):
    """A leaf tensor that shares the memory of `data` and, as an attribute of a module, is one of its parameters.

    Without `data` it is empty. Raises AttributeError (PyTorch's type for it) where `data` is no tensor, RuntimeError
    where `requires_grad` and the dtype is not a floating one.

    >>> import microdl as torch
    >>> torch.nn.Parameter(torch.ones(2))
    Parameter containing:
    tensor([1., 1.], requires_grad=True)

    Source: https://pytorch.org/docs/stable/generated/torch.nn.parameter.Parameter.html
    """

    __slots__ = ()

    def __new__(cls, data: Any = None, requires_grad: bool = True) -> Any:
        if data is None:
            data = wrap(np.empty(0, dtypes.or_default(None)))
        if not isinstance(data, TensorBase):
            raise AttributeError(
                f"Parameter() needs a Tensor as its data: '{type(data).__name__}' object has no attribute 'detach'. "
                "Make one with torch.tensor(...)."
            )
        check_new(data._a.dtype, requires_grad)
        return _make(cls, data._a, data._version_counter, requires_grad)

    def _like(self, array: np.ndarray[Any, Any]) -> Any:
        return _make(type(self), array, Version(), self.requires_grad)

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        """A copy of the values; the gradient stays behind, as in PyTorch."""
        if id(self) not in memo:
            memo[id(self)] = self._like(self._a.copy(order="K"))
        return memo[id(self)]

    def __repr__(self) -> str:
        return "Parameter containing:\n" + super().__repr__()


def _make(cls: type[Parameter], array: np.ndarray[Any, Any], version: Version, requires_grad: bool) -> Any:
    p: Any = object.__new__(cls)
    p._a, p._version_counter = array, version
    p._grad = p._view_of = None
    p._node = AccumulateGrad(p) if requires_grad else None
    return p


class Buffer(Tensor):
    """A tensor that a module registers as a buffer, state that is no parameter, when it is assigned as an attribute.

    One that is not `persistent` stays out of `state_dict`. The module holds an ordinary tensor on the same memory.

    >>> import microdl as torch
    >>> module = torch.nn.Module()
    >>> module.mean = torch.nn.Buffer(torch.zeros(2))
    >>> module.state_dict()["mean"], list(module.parameters())
    (tensor([0., 0.]), [])

    Source: https://pytorch.org/docs/stable/generated/torch.nn.parameter.Buffer.html
    """

    __slots__ = ("persistent",)
    persistent: bool

    def __new__(cls, data: Any = None, *, persistent: bool = True) -> Any:
        buffer = Parameter(data, requires_grad=False) if data is None else data.detach()
        made: Any = object.__new__(cls)
        made._a, made._version_counter = buffer._a, buffer._version_counter
        made._node = made._grad = made._view_of = None
        made.persistent = persistent
        return made


_array: Any = TensorBase.__dict__["_a"]  # the slot itself, which UninitializedParameter hides


class UninitializedParameter(Parameter):
    """A parameter whose shape is not known yet; `materialize(shape)` makes it a `Parameter`, in place.

    Using it before raises ValueError, or RuntimeError for its shape.

    Source: https://pytorch.org/docs/stable/generated/torch.nn.parameter.UninitializedParameter.html
    """

    __slots__ = ()

    def __new__(cls, requires_grad: bool = True, device: Any = None, dtype: Any = None) -> Any:
        if device is not None:
            require_cpu(device)
        p = Parameter(wrap(np.empty(0, dtypes.or_default(dtype))), requires_grad)
        p.__class__ = cls
        return p

    def materialize(self, shape: tuple[int, ...], device: Any = None, dtype: Any = None) -> None:
        """Gives the parameter a shape; its values are to be written. The object, its flag and its dtype stay."""
        if device is not None:
            require_cpu(device)
        array = np.zeros(shape, self.dtype.numpy if dtype is None else dtypes.to_numpy_dtype(dtype))
        self.__class__ = Parameter  # type: ignore[assignment]  # the same slots
        self.data = wrap(array)

    def convert(self, cast: Callable[[Any], Any]) -> None:
        """Changes the dtype that the parameter will have."""
        _array.__set__(self, cast(wrap(_array.__get__(self)))._a)

    @property
    def _a(self) -> Any:  # type: ignore[override]  # read-only: there is nothing to write into yet
        raise ValueError(
            "Attempted to use an uninitialized parameter. Its shape follows from the first input of its lazy module: "
            "call the module once with a batch of the right shape, for example of zeros, before using its parameters."
        )

    @property
    def dtype(self) -> dtypes.dtype:
        return dtypes.from_numpy_dtype(_array.__get__(self).dtype)

    @property
    def shape(self) -> Any:
        raise RuntimeError(
            "Can't access the shape of an uninitialized parameter or buffer. Call `forward` to initialize the "
            "parameters before accessing their attributes."
        )

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        if id(self) not in memo:
            memo[id(self)] = type(self)(self.requires_grad, dtype=self.dtype)
        return memo[id(self)]

    def __reduce_ex__(self, protocol: Any) -> Any:
        return type(self), (self.requires_grad, None, self.dtype)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"


def is_lazy(param: Any) -> bool:
    """Whether a parameter's shape is not known yet."""
    return isinstance(param, UninitializedParameter)
