"""Conversions: to another dtype, recorded, so that the gradient comes back in the old one; and between devices."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import dtypes
from ..autograd.graph import TensorBase, named
from ..device import device as Device
from ..device import require_cpu
from .arithmetic import cast


def floating(t: Any) -> Any:
    """The tensor; integers and booleans in the default dtype."""
    return t if t._a.dtype.kind == "f" else cast(t, dtypes.get_default_dtype())


def to(self: Any, *args: Any, **kwargs: Any) -> Any:
    """The tensor in another dtype, `to(torch.float64)`, `to("cpu")`, `to(other)`; itself where nothing changes.

    `copy=True` makes a copy in any case. Raises AssertionError for a device that is not the CPU.

    >>> import microdl as torch
    >>> torch.ones(2).to(torch.int64)
    tensor([1, 1])

    Source: https://pytorch.org/docs/stable/generated/torch.Tensor.to.html
    """
    unknown = set(kwargs) - {"dtype", "device", "other", "non_blocking", "copy", "memory_format"}
    if unknown:
        raise TypeError(f"to() received an unexpected keyword argument '{min(unknown)}'")
    wanted = self._a.dtype
    flags = [x for x in args if isinstance(x, bool)]  # non_blocking and copy, by position
    for value in (*args, kwargs.get("dtype"), kwargs.get("device"), kwargs.get("other")):
        if isinstance(value, TensorBase):
            wanted = value._a.dtype
        elif isinstance(value, (str, Device)):
            require_cpu(value)
        elif value is not None and not isinstance(value, bool):
            wanted = dtypes.to_numpy_dtype(value)
    result = cast(self, wanted)
    copy = kwargs.get("copy", len(flags) > 1 and flags[1])
    return named(self.clone(), "ToCopyBackward0") if copy and result is self else result


def type(self: Any, dtype: Any = None, non_blocking: bool = False) -> Any:
    """The name of the tensor's type, such as `torch.FloatTensor`; or the tensor cast to a dtype or a type so named."""
    if dtype is None:
        return f"torch.{dtypes.from_numpy_dtype(self._a.dtype).legacy}Tensor"
    if isinstance(dtype, str):
        found = [d for d in dtypes.ALL if dtype == f"torch.{d.legacy}Tensor"]
        if not found:
            raise ValueError(f"invalid type: '{dtype}'. Pass a dtype, for example torch.float32.")
        dtype = found[0]
    return cast(self, getattr(dtype, "dtype", dtype))


def type_as(self: Any, other: Any) -> Any:
    """The tensor cast to the dtype of `other`."""
    return cast(self, other._a.dtype)


def cpu(self: Any, memory_format: Any = None) -> Any:
    """The tensor itself: microdl runs on the CPU."""
    return self


def cuda(self: Any, device: Any = None, non_blocking: bool = False) -> Any:
    """AssertionError: there is no CUDA in microdl."""
    require_cpu("cuda")


def _to_dtype(name: str, dtype: dtypes.dtype) -> Callable[[Any], Any]:
    def method(self: Any, memory_format: Any = None) -> Any:
        return cast(self, dtype)

    method.__name__ = method.__qualname__ = name
    method.__doc__ = f"The tensor as {dtype}; itself where it has that dtype."
    return method


class Conversions:
    """The conversions as methods. (A class of their own: in it `float` and `bool` are not the types.)"""

    __slots__ = ()

    to, type, type_as, cpu, cuda = to, type, type_as, cpu, cuda
    half = _to_dtype("half", dtypes.float16)
    float = _to_dtype("float", dtypes.float32)
    double = _to_dtype("double", dtypes.float64)
    char = _to_dtype("char", dtypes.int8)
    short = _to_dtype("short", dtypes.int16)
    int = _to_dtype("int", dtypes.int32)
    long = _to_dtype("long", dtypes.int64)
    byte = _to_dtype("byte", dtypes.uint8)
    bool = _to_dtype("bool", dtypes.bool_)
