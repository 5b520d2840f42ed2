"""Memory shared with other libraries: DLPack both ways, and the copies that Python's own modules make of tensors.

Source: https://dmlc.github.io/dlpack/latest/python_spec.html
"""

from __future__ import annotations

from typing import Any

import numpy as np

from . import dtypes
from ._warning import warn
from .autograd.graph import TensorBase, wrap
from .device import require_cpu
from .ops.making import finish
from .tensor import Tensor

__all__ = ["from_dlpack", "frombuffer", "to_dlpack"]

CPU = (1, 0)  # DLPack's number of the kind of device, and of the device
_VERSIONED = np.lib.NumpyVersion(np.__version__) >= "2.1.0"  # NumPy's first with `max_version`


def _dlpack(
    self: Any,
    *,
    stream: Any = None,
    max_version: tuple[int, int] | None = None,
    dl_device: tuple[int, int] | None = None,
    copy: bool | None = None,
) -> Any:
    """The capsule that `from_dlpack` of NumPy, PyTorch and others take, on this tensor's memory.

    Raises BufferError where the tensor requires grad, its memory is read-only and `max_version` is below (1, 0), or
    another device than the CPU is asked for; AssertionError for a stream.
    """
    if self._node is not None:
        raise BufferError("Can't export tensors that require gradient, use tensor.detach()")
    if stream is not None:
        raise AssertionError("stream should be None on cpu.")
    if dl_device is not None and tuple(dl_device) != CPU:
        raise BufferError(f"Can't export a tensor to the device {tuple(dl_device)}: microdl has only the CPU, {CPU}")
    array = self._a.copy() if copy else self._a
    return array.__dlpack__(max_version=max_version) if max_version is not None and _VERSIONED else array.__dlpack__()


def _dlpack_device(self: Any) -> tuple[int, int]:
    """DLPack's pair of the kind of device and its number: (1, 0), the CPU."""
    return CPU


def to_dlpack(tensor: Any) -> Any:
    """The DLPack capsule on a tensor's memory. Errors as of `Tensor.__dlpack__`."""
    return tensor.__dlpack__()


class _Holding:
    """An object with the protocol's methods around a capsule that was made already."""

    def __init__(self, capsule: Any) -> None:
        self.capsule = capsule

    def __dlpack__(self, **options: Any) -> Any:
        return self.capsule

    def __dlpack_device__(self) -> tuple[int, int]:
        return CPU


class _Writable:
    """An array's memory under another flag; whoever holds it keeps the array alive."""

    def __init__(self, array: np.ndarray[Any, Any]) -> None:
        self.array = array
        self.__array_interface__ = {**array.__array_interface__, "data": (array.ctypes.data, False)}


def _capsule(ext_tensor: Any) -> Any:
    kind, number = ext_tensor.__dlpack_device__()
    if (kind, number) != CPU:
        raise BufferError(f"the array is on DLPack's device {(int(kind), number)}, and microdl has only the CPU, {CPU}")
    if _VERSIONED:
        try:
            return ext_tensor.__dlpack__(max_version=(1, 0))
        except TypeError:  # made before versions were
            pass
    return ext_tensor.__dlpack__()


def _from_capsule(capsule: Any) -> np.ndarray[Any, Any]:
    versioned = '"dltensor_versioned"' in repr(capsule)  # its name, which changes when it is used
    array: np.ndarray[Any, Any] = np.from_dlpack(_Holding(capsule))
    if not array.flags.writeable and not versioned:
        array = np.asarray(_Writable(array))  # the old kind of capsule says nothing, and NumPy supposes the worst
    return array


def from_dlpack(ext_tensor: Any, *, device: Any = None, copy: bool | None = None) -> Any:
    """A tensor on the memory of another library's array, or of a capsule. The array's memory is not copied.

    Raises TypeError for what speaks no DLPack or has a dtype that PyTorch lacks, BufferError where the array cannot be
    shared.

    >>> import microdl as torch, numpy as np
    >>> a = np.zeros(2)
    >>> torch.from_dlpack(a)[0] = 1
    >>> a
    array([1., 0.])

    Source: https://pytorch.org/docs/stable/generated/torch.from_dlpack.html
    """
    if device is not None:
        require_cpu(device)
    if isinstance(ext_tensor, TensorBase):
        if ext_tensor._node is not None:
            raise BufferError("Can't export tensors that require gradient, use tensor.detach()")
        array = ext_tensor._a
    elif isinstance(ext_tensor, np.ndarray):
        array = ext_tensor.view(np.ndarray)  # NumPy shares read-only memory only with itself
    elif hasattr(ext_tensor, "__dlpack__"):
        array = _from_capsule(_capsule(ext_tensor))
    elif type(ext_tensor).__name__ == "PyCapsule":
        array = _from_capsule(ext_tensor)
    else:
        raise TypeError(
            f"from_dlpack needs an object with __dlpack__, or a capsule, not {type(ext_tensor).__name__}. Use "
            "torch.as_tensor for data of other kinds."
        )
    dtypes.from_numpy_dtype(array.dtype)
    if any(s < 0 for s in array.strides):
        raise BufferError("At least one stride is negative, which tensors do not have. Make a copy of the array first.")
    return finish(array.copy() if copy else array)


Tensor.__dlpack__ = _dlpack  # type: ignore[attr-defined]
Tensor.__dlpack_device__ = _dlpack_device  # type: ignore[attr-defined]


def frombuffer(buffer: Any, *, dtype: Any, count: int = -1, offset: int = 0, requires_grad: bool = False) -> Any:
    """A one-dimensional tensor on the memory of a bytes-like object: `count` elements (all for -1) from byte `offset`.

    A UserWarning tells of memory that is not to be written. ValueError where the buffer does not hold the elements.

    >>> import microdl as torch
    >>> torch.frombuffer(bytearray([1, 2, 3]), dtype=torch.uint8, offset=1)
    tensor([2, 3], dtype=torch.uint8)

    Source: https://pytorch.org/docs/stable/generated/torch.frombuffer.html
    """
    kind = np.dtype(dtypes.to_numpy_dtype(dtype))
    memory = memoryview(buffer)
    size, each = memory.nbytes, kind.itemsize
    if size == 0 or count == 0:
        raise ValueError(f"both buffer length ({size}) and count ({count}) must not be 0")
    if not 0 <= offset < size:
        raise ValueError(
            f"offset ({offset} bytes) must be non-negative and no greater than buffer length ({size} bytes) minus 1"
        )
    if count < 0 and (size - offset) % each:
        raise ValueError(
            f"buffer length ({size} bytes) after offset ({offset} bytes) must be a multiple of element size ({each})"
        )
    if count > 0 and offset + count * each > size:
        raise ValueError(
            f"requested buffer length ({count} * {each} bytes) after offset ({offset} bytes) must not be greater than "
            f"actual buffer length ({size} bytes)"
        )
    if memory.readonly:
        warn(
            "The given buffer is not writable, and PyTorch does not support non-writable tensors. You may want to copy "
            "it, as with bytearray(buffer), before converting it to a tensor.",
        )
    return wrap(np.frombuffer(memory, kind, count, offset)).requires_grad_(requires_grad)
