"""Storages: the memory that tensors look at, each through a shape, strides and an offset of its own.

NumPy has no name for it, but every view knows the array that owns its memory: that is the storage. Files keep
storages, not tensors, so that what shared memory when it was saved shares it when it is loaded.
Source: https://pytorch.org/docs/stable/storage.html
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from . import dtypes
from ._warning import warn
from .autograd.graph import TensorBase, grad_of, wrap
from .autograd.inplace import check_writable
from .device import CPU, require_cpu
from .device import device as Device
from .ops.shape import sizes
from .tensor import Tensor

__all__ = ["TypedStorage", "UntypedStorage", "check_fits", "owner_bytes", "strided"]

Bytes = np.ndarray[Any, Any]


def owner_bytes(array: np.ndarray[Any, Any]) -> Bytes | None:
    """The bytes of the array that owns `array`'s memory; None where they do not lie in one piece."""
    root = array
    while isinstance(root.base, np.ndarray):
        root = root.base
    flat = root.reshape(-1) if root.flags.c_contiguous else root.ravel(order="K")
    if flat.size and not np.may_share_memory(flat, root):
        return None
    return flat.view(np.uint8)


def strided(storage: Bytes, dtype: np.dtype[Any], offset: int, shape: Sequence[int], stride: Sequence[int]) -> Any:
    """The array of `dtype` that looks at a storage; offset and strides count elements. ValueError outside it."""
    check_fits(storage.size // dtype.itemsize, offset, shape, stride)
    steps = tuple(s * dtype.itemsize for s in stride)
    try:
        # An empty array may start at the very end, which NumPy refuses.
        start = offset * dtype.itemsize if math.prod(shape) else 0
        array: Any = np.ndarray(tuple(shape), dtype, storage, start, steps)
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError(f"a tensor of shape {list(shape)} and strides {list(stride)} cannot be: {error}") from None
    if any(n > 1 and s == 0 for n, s in zip(shape, stride, strict=True)):
        array.flags.writeable = False  # as `expand` does
    return array


def check_fits(numel: int, offset: Any, shape: Any, stride: Any) -> None:
    """ValueError unless a tensor of that offset, shape and stride lies within `numel` elements."""
    values = (offset, *shape, *stride)
    if len(shape) != len(stride) or any(type(n) is not int or n < 0 for n in values):
        raise ValueError(f"offset {offset}, shape {list(shape)} and strides {list(stride)} describe no tensor")
    if not math.prod(shape):
        return
    last = offset + sum((n - 1) * s for n, s in zip(shape, stride, strict=True))
    if last >= numel:
        raise ValueError(
            f"a tensor of shape {list(shape)}, strides {list(stride)} and offset {offset} needs {last + 1} elements, "
            f"and its storage holds {numel}"
        )


class UntypedStorage:
    """The bytes of a piece of memory. `UntypedStorage(8)` has 8 of them, zeros.

    >>> import microdl as torch
    >>> x = torch.zeros(2, 3)
    >>> x.untyped_storage().nbytes(), x[1].untyped_storage().data_ptr() == x.untyped_storage().data_ptr()
    (24, True)
    """

    __slots__ = ("__weakref__", "_bytes")

    def __init__(self, size: int = 0, *, device: Any = None) -> None:
        if device is not None:
            require_cpu(device)
        self._bytes: Bytes = np.zeros(size, np.uint8)

    @property
    def device(self) -> Device:
        return CPU

    def nbytes(self) -> int:
        """The number of bytes."""
        return self._bytes.size

    size = __len__ = nbytes

    def element_size(self) -> int:
        """1: the elements are bytes."""
        return 1

    def data_ptr(self) -> int:
        """The address of the first byte; 0 where there is none."""
        return int(self._bytes.ctypes.data) if self._bytes.size else 0

    def __getitem__(self, index: Any) -> Any:
        found = self._bytes[index]
        return untyped(found) if isinstance(index, slice) else int(found)

    def __setitem__(self, index: Any, value: Any) -> None:
        self._bytes[index] = value

    def __iter__(self) -> Iterator[int]:
        return iter(self._bytes.tolist())

    def tolist(self) -> list[int]:
        """The bytes as integers."""
        out: list[int] = self._bytes.tolist()
        return out

    def untyped(self) -> UntypedStorage:
        """The storage itself."""
        return self

    def cpu(self) -> UntypedStorage:
        """The storage itself: microdl runs on the CPU."""
        return self

    def cuda(self, device: Any = None, non_blocking: bool = False) -> UntypedStorage:
        """AssertionError: there is no CUDA in microdl."""
        require_cpu("cuda" if device is None or isinstance(device, int) else device)
        return self

    def clone(self) -> UntypedStorage:
        """A copy."""
        return untyped(self._bytes.copy())

    def fill_(self, value: int) -> UntypedStorage:
        """Writes one value into every byte."""
        self._bytes.fill(value)
        return self

    def copy_(self, source: UntypedStorage, non_blocking: bool = False) -> UntypedStorage:
        """Copies the bytes of another storage of the same size."""
        if source.nbytes() != self.nbytes():
            raise RuntimeError(
                f"size does not match, self was {self.nbytes()} bytes but src was {source.nbytes()} bytes"
            )
        self._bytes[...] = source._bytes
        return self

    def resize_(self, size: int) -> UntypedStorage:
        """NotImplementedError: the memory of an array that others look at keeps its size."""
        raise NotImplementedError(
            f"a storage keeps its {self.nbytes()} bytes here, and cannot have {size}. Use Tensor.resize_."
        )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, UntypedStorage) and (self.data_ptr(), self.nbytes()) == (
            other.data_ptr(),
            other.nbytes(),
        )

    __hash__ = object.__hash__

    def __repr__(self) -> str:
        return _listed(self.tolist(), f"[torch.storage.UntypedStorage(device=cpu) of size {len(self)}]")

    def __reduce__(self) -> Any:
        return untyped, (self._bytes.copy(),)


def untyped(array: Bytes) -> UntypedStorage:
    """The storage of the bytes in a one-dimensional uint8 array."""
    storage = UntypedStorage.__new__(UntypedStorage)
    storage._bytes = array
    return storage


class TypedStorage:
    """A storage whose elements are numbers of one dtype: PyTorch's older view of it.

    >>> import microdl as torch
    >>> s = torch.storage.TypedStorage(torch.arange(3.0).untyped_storage(), torch.float32)
    >>> s.tolist(), s[1], len(s)
    ([0.0, 1.0, 2.0], 1.0, 3)
    """

    __slots__ = ("_untyped_storage", "dtype")

    def __init__(self, wrap_storage: UntypedStorage, dtype: dtypes.dtype) -> None:
        self._untyped_storage, self.dtype = wrap_storage, dtype

    @property
    def _array(self) -> np.ndarray[Any, Any]:
        data = self._untyped_storage._bytes
        return data[: data.size // self.dtype.itemsize * self.dtype.itemsize].view(self.dtype.numpy)

    @property
    def device(self) -> Device:
        return CPU

    def size(self) -> int:
        """The number of elements."""
        return self._array.size

    __len__ = size

    def nbytes(self) -> int:
        """The number of bytes."""
        return self._untyped_storage.nbytes()

    def element_size(self) -> int:
        """Bytes an element takes."""
        return self.dtype.itemsize

    def data_ptr(self) -> int:
        """The address of the first element; 0 where there is none."""
        return self._untyped_storage.data_ptr()

    def untyped(self) -> UntypedStorage:
        """The same memory as bytes."""
        return self._untyped_storage

    def tolist(self) -> list[Any]:
        """The elements as Python numbers."""
        out: list[Any] = self._array.tolist()
        return out

    def __iter__(self) -> Iterator[Any]:
        return iter(self.tolist())

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            raise RuntimeError("slices are only supported in UntypedStorage.__getitem__")
        return self._array[index].item()

    def __setitem__(self, index: Any, value: Any) -> None:
        self._array[index] = value

    def fill_(self, value: Any) -> TypedStorage:
        """Writes one value into every element."""
        self._array.fill(value)
        return self

    def cpu(self) -> TypedStorage:
        """The storage itself: microdl runs on the CPU."""
        return self

    def __repr__(self) -> str:
        end = f"[torch.storage.TypedStorage(dtype={self.dtype!r}, device=cpu) of size {len(self)}]"
        return _listed(self.tolist(), end)


def _listed(values: list[Any], end: str) -> str:
    lines = values if len(values) <= 1000 else [*values[:3], "...", *values[-3:]]
    return "".join(f" {value}\n" for value in lines) + end


# --- tensors' methods ---


def _untyped_storage(self: Any) -> UntypedStorage:
    """The memory that this tensor and all that share it look at, as bytes."""
    found = owner_bytes(self._a)
    if found is None:
        raise RuntimeError("the memory of this tensor does not lie in one piece: take the storage of a clone()")
    return untyped(found)


def _storage(self: Any) -> TypedStorage:
    """The memory as elements of this tensor's dtype. PyTorch's deprecated name, and its warning."""
    warn(
        "TypedStorage is deprecated. It will be removed in the future and UntypedStorage will be the only storage "
        "class. This should only matter to you if you are using storages directly.  To access UntypedStorage "
        "directly, use tensor.untyped_storage() instead of tensor.storage()",
        UserWarning,
    )
    return TypedStorage(_untyped_storage(self), self.dtype)


def _storage_offset(self: Any) -> int:
    """Elements of the storage before this tensor's first."""
    found = owner_bytes(self._a)
    if found is None or not self._a.size:
        return 0
    return (int(self._a.ctypes.data) - int(found.ctypes.data)) // int(self._a.itemsize)


def _resize_(self: Any, *size: Any, memory_format: Any = None) -> Any:
    """Another shape in place, in C order over the same storage; where that is too small, in a new one.

    What is added holds zeros (in PyTorch: anything). RuntimeError where the tensor requires grad.

    >>> import microdl as torch
    >>> torch.arange(4).resize_(2, 2)
    tensor([[0, 1],
            [2, 3]])
    """
    shape = sizes(size)
    if self._node is not None:
        raise RuntimeError("cannot resize variables that require grad")
    check_writable(self, "resize_")
    if any(n < 0 for n in shape):
        raise RuntimeError(f"Trying to resize to a negative dimension {min(shape)}: {list(shape)}")
    if shape == self._a.shape:
        return self
    steps = dtypes.shape_strides(shape)
    offset, dtype = _storage_offset(self), self._a.dtype
    found = owner_bytes(self._a)
    need = (offset + math.prod(shape)) * dtype.itemsize
    if found is None or found.size < need or not found.flags.writeable:
        grown = np.zeros(need, np.uint8)
        if found is not None:
            grown[: min(found.size, need)] = found[:need]
        found = grown
    self._a = strided(found, dtype, offset, shape, steps)
    self._version_counter.bump("resize_")
    return self


def _set_(self: Any, source: Any = None, storage_offset: int = 0, size: Any = None, stride: Any = None) -> Any:
    """Takes over the memory of `source`: a tensor's, or a storage seen through an offset, a size and strides."""
    check_writable(self, "set_")
    if isinstance(source, TensorBase) and size is None:
        self._a, self._version_counter = source._a, source._version_counter
        return self
    if isinstance(source, TensorBase):
        source = _untyped_storage(source)
    found = np.zeros(0, np.uint8) if source is None else source.untyped()._bytes
    shape = (found.size // self._a.itemsize - storage_offset,) if size is None else tuple(size)
    steps = dtypes.shape_strides(shape) if stride is None else tuple(stride)
    try:
        self._a = strided(found, self._a.dtype, storage_offset, shape, steps)
    except ValueError as error:
        raise RuntimeError(f"set_(): {error}") from None
    return self


def __deepcopy__(self: Any, memo: dict[int, Any]) -> Any:
    """A copy of the whole storage, seen the same way: tensors that share memory share it in the copies."""
    if id(self) in memo:
        return memo[id(self)]
    if not self.is_leaf:
        raise RuntimeError(
            "Only Tensors created explicitly by the user (graph leaves) support the deepcopy protocol at the moment.  "
            "If you were attempting to deepcopy a module, this may be because of a torch.nn.utils.weight_norm usage, "
            "see https://github.com/pytorch/pytorch/pull/103001. Use detach() first."
        )
    t = memo[id(self)] = self._like(_copied(self._a, memo))
    if self._grad is not None:
        t._grad = copy.deepcopy(grad_of(self), memo)
    if self.__dict__:
        t.__dict__.update(copy.deepcopy(self.__dict__, memo))
    return t


def _copied(array: np.ndarray[Any, Any], memo: dict[int, Any]) -> Any:
    found = owner_bytes(array)
    if found is None or not array.size or min(array.strides, default=0) < 0:
        return array.copy(order="K")
    root = array
    while isinstance(root.base, np.ndarray):
        root = root.base
    if id(root) not in memo:
        memo[id(root)] = found.copy()
    start = int(array.ctypes.data) - int(found.ctypes.data)
    same: Any = np.ndarray(array.shape, array.dtype, memo[id(root)], start, array.strides)
    same.flags.writeable = array.flags.writeable
    return same


for _name, _method in {
    "untyped_storage": _untyped_storage, "storage": _storage, "storage_offset": _storage_offset,
    "resize_": _resize_, "set_": _set_, "__deepcopy__": __deepcopy__,
}.items():  # fmt: skip
    _method.__name__ = _method.__qualname__ = _name
    setattr(Tensor, _name, _method)


def from_storage(storage: UntypedStorage, dtype: dtypes.dtype, offset: int, shape: Any, stride: Any) -> Any:
    """The tensor of `dtype` that looks at a storage. ValueError where it would reach outside."""
    return wrap(strided(storage._bytes, dtype.numpy, offset, shape, stride))
