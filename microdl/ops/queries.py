"""Questions about tensors and dtypes: what kind, what would promote to what, which default."""

from __future__ import annotations

from typing import Any

from .. import dtypes
from ..autograd.graph import TensorBase
from ..device import CPU, require_cpu
from ..device import device as Device
from .shape import require


def is_tensor(obj: Any) -> bool:
    """Whether `obj` is a tensor."""
    return isinstance(obj, TensorBase)


def is_floating_point(input: Any) -> bool:
    """Whether a tensor's dtype is a floating one."""
    return bool(require("is_floating_point", input).is_floating_point())


def numel(input: Any) -> int:
    """The number of elements of a tensor."""
    return int(require("numel", input).numel())


def is_complex(input: Any) -> bool:
    """False: microdl has no complex numbers."""
    require("is_complex", input)
    return False


is_conj = is_neg = is_complex


def is_signed(input: Any) -> bool:
    """Whether the dtype holds negative numbers.

    >>> import microdl as torch
    >>> torch.is_signed(torch.tensor([1], dtype=torch.uint8))
    False
    """
    return bool(require("is_signed", input).dtype.is_signed)


def is_nonzero(input: Any) -> bool:
    """Whether the only element is not 0. RuntimeError unless there is exactly one.

    >>> import microdl as torch
    >>> torch.is_nonzero(torch.tensor([2.]))
    True
    """
    return bool(require("is_nonzero", input))


def is_same_size(input: Any, other: Any) -> bool:
    """Whether two tensors have one shape."""
    return bool(require("is_same_size", input)._a.shape == require("is_same_size", other)._a.shape)


def is_storage(obj: Any) -> bool:
    """Whether an object is a storage: its type's name ends so."""
    return type(obj).__name__.endswith("Storage")


def itself(input: Any) -> Any:
    """The tensor itself: the conjugate and the real part of real numbers."""
    return require("real", input)


def imag(input: Any) -> Any:
    """RuntimeError: real numbers have no imaginary part to look at."""
    require("imag", input)
    raise RuntimeError("imag is not implemented for tensors with non-complex dtypes.")


def typename(obj: Any) -> str:
    """The name of a tensor's type, such as `torch.FloatTensor`, of a class or function, or of another object's type.

    >>> import microdl as torch
    >>> torch.typename(torch.zeros(1)), torch.typename(1), torch.typename(len)
    ('torch.FloatTensor', 'int', 'len')
    """
    if isinstance(obj, TensorBase):
        return str(obj.type())
    named = obj if hasattr(obj, "__qualname__") else type(obj)
    module = getattr(named, "__module__", None)
    return str(named.__qualname__) if module in (None, "", "builtins") else f"{module}.{named.__qualname__}"


def result_type(tensor1: Any, tensor2: Any) -> dtypes.dtype:
    """The dtype of the result of combining two tensors or numbers.

    >>> import microdl as torch
    >>> torch.result_type(torch.tensor([1, 2]), 1.0)
    torch.float32
    """
    pair = (tensor1, tensor2)
    for position, x in enumerate(pair, start=1):
        if not isinstance(x, (TensorBase, bool, int, float)):
            raise TypeError(f"result_type(): argument {position} must be Tensor or a number, not {type(x).__name__}")
    if isinstance(tensor1, TensorBase) and isinstance(tensor2, TensorBase):
        return dtypes.from_numpy_dtype(dtypes.result_dtype([tensor1._a, tensor2._a]))
    if isinstance(tensor1, TensorBase) or isinstance(tensor2, TensorBase):
        tensor, number = pair if isinstance(tensor1, TensorBase) else (tensor2, tensor1)
        return dtypes.from_numpy_dtype(dtypes.promote_scalar(tensor._a.dtype, number))
    return dtypes.from_numpy_dtype(dtypes.promote(*map(dtypes.of_number, pair)))


def can_cast(from_: dtypes.dtype, to: dtypes.dtype) -> bool:
    """Whether a result of one dtype may be written into a tensor of another: not from a higher kind to a lower.

    >>> import microdl as torch
    >>> torch.can_cast(torch.float64, torch.float32), torch.can_cast(torch.float32, torch.int64)
    (True, False)
    """
    return dtypes.RANK[from_.numpy.kind] <= dtypes.RANK[to.numpy.kind]


def get_default_device() -> Device:
    """The device tensors are made on: the CPU."""
    return CPU


def set_default_device(device: Any) -> None:
    """Takes the CPU; AssertionError for any other device."""
    if device is not None:
        require_cpu(device)


def is_set_to(input: Any, tensor: Any) -> bool:
    """Whether two tensors are the same memory seen in the same shape and strides."""
    a, b = input._a, tensor._a
    return bool(a.ctypes.data == b.ctypes.data and a.shape == b.shape and a.strides == b.strides)


def dim_order(input: Any, *, ambiguity_check: Any = False) -> tuple[int, ...]:
    """The dimensions from the longest stride to the shortest.

    >>> import microdl as torch
    >>> torch.ones(2, 3).t().dim_order()
    (1, 0)
    """
    strides = [abs(s) for s in input._a.strides]
    return tuple(sorted(range(len(strides)), key=lambda d: -strides[d]))


def pin_memory(input: Any, device: Any = None) -> Any:
    """Raises RuntimeError, as PyTorch does without an accelerator: only copies to one profit from pinned memory."""
    raise RuntimeError(
        "Cannot access accelerator device when none is available: microdl runs on the CPU; drop pin_memory()"
    )
