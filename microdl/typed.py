"""PyTorch's old tensor types, `FloatTensor` and its like: constructors, and names for `isinstance`.

Source: https://pytorch.org/docs/stable/tensors.html#torch-tensor
"""

from __future__ import annotations

from typing import Any

from . import dtypes
from .autograd.graph import TensorBase, wrap
from .ops.data import legacy_array


class _TensorType(type):
    """The class of the types below: `isinstance(x, FloatTensor)` asks for the dtype."""

    dtype: dtypes.dtype

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, TensorBase) and instance._a.dtype == cls.dtype.numpy

    def __call__(cls, *data: Any) -> Any:
        return wrap(legacy_array(data, cls.dtype.numpy))


def typed(dtype: dtypes.dtype) -> Any:
    """`FloatTensor` for float32, and so on: `FloatTensor([1, 2])` copies data, `FloatTensor(2, 3)` gives a shape."""
    name = f"{dtype.legacy}Tensor"
    doc = f"`torch.tensor(data, dtype={dtype})`, or a tensor of that dtype and a shape; for `isinstance` as well."
    return _TensorType(name, (), {"dtype": dtype, "__doc__": doc, "__module__": "torch"})


def absent(name: str) -> Any:
    """A type of another device's tensors: nothing is an instance of it, and making one says why."""

    class Absent(type):
        def __instancecheck__(cls, instance: object) -> bool:
            return False

        def __call__(cls, *data: Any) -> Any:
            raise _unavailable(name)

    module, _, own = name.rpartition(".")
    return Absent(own, (), {"__doc__": "Not available: microdl runs on the CPU.", "__module__": module})


def _unavailable(name: str) -> TypeError:
    return TypeError(
        f"type {name} not available. Torch not compiled with CUDA enabled: microdl runs on the CPU. Use "
        f"torch.{name.rpartition('.')[2]}."
    )


def set_default_tensor_type(t: Any) -> None:
    """Sets the default dtype by an old type or its name, `torch.DoubleTensor` or "torch.DoubleTensor".

    TypeError for a type of integers, or of another device. PyTorch deprecates it in favour of `set_default_dtype`.

    >>> import microdl as torch
    >>> torch.set_default_tensor_type(torch.DoubleTensor)
    >>> torch.ones(1).dtype
    torch.float64
    >>> torch.set_default_tensor_type("torch.FloatTensor")
    """
    if isinstance(t, str):
        if t.startswith("torch.cuda."):
            raise _unavailable(t)
        found = next((d for d in dtypes.ALL if t == f"torch.{d.legacy}Tensor"), None)
        if found is None:
            raise TypeError(f"invalid type object: {t!r}. Pass for example 'torch.DoubleTensor'.")
        dtypes.set_default_dtype(found)
    elif isinstance(t, _TensorType):
        dtypes.set_default_dtype(t.dtype)
    elif isinstance(t, type):
        t()  # a type of another device says so
    else:
        raise TypeError(f"invalid type object: {t!r}. Pass for example torch.DoubleTensor.")
