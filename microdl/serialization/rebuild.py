"""What a `.pt` file says that tensors are made of: PyTorch's `_rebuild_*` functions, with every number checked."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

from .. import dtypes
from ..nn import Parameter
from ..storage import TypedStorage, UntypedStorage, from_storage
from ..tensor import Tensor

__all__ = ["Absent", "StorageType"]


class StorageType:
    """The kind of storage that a file names: of a dtype, or of bytes."""

    def __init__(self, dtype: dtypes.dtype | None) -> None:
        self.dtype = dtype

    @property
    def itemsize(self) -> int:
        return 1 if self.dtype is None else self.dtype.itemsize


class Absent:
    """A dtype, or a storage of one, that PyTorch has and microdl has not."""

    def __init__(self, name: str) -> None:
        self.name = name

    def refuse(self) -> NotImplementedError:
        return NotImplementedError(
            f"the file holds a tensor of {self.name}, which microdl does not have. Convert it in PyTorch before "
            "saving, for example with .float()."
        )


def tensor(storage: Any, storage_offset: Any, size: Any, stride: Any) -> Any:
    """A tensor on a storage that was read. The numbers come from the file, and are checked against the storage."""
    if not isinstance(storage, TypedStorage):
        raise TypeError(f"a tensor needs a storage, and the file gives {type(storage).__name__}")
    return from_storage(storage.untyped(), storage.dtype, storage_offset, tuple(size), tuple(stride))


def tensor_v2(
    storage: Any, storage_offset: Any, size: Any, stride: Any, requires_grad: Any, backward_hooks: Any, *_metadata: Any
) -> Any:
    """`tensor` with its flag."""
    t = tensor(storage, storage_offset, size, stride)
    return t.requires_grad_() if requires_grad else t


def tensor_v3(
    storage: Any,
    storage_offset: Any,
    size: Any,
    stride: Any,
    requires_grad: Any,
    backward_hooks: Any,
    dtype: Any,
    *_metadata: Any,
) -> Any:
    """`tensor_v2` on a storage of bytes, with a dtype of its own."""
    if isinstance(dtype, Absent):
        raise dtype.refuse()
    return tensor_v2(TypedStorage(storage.untyped(), dtype), storage_offset, size, stride, requires_grad, None)


def parameter(data: Any, requires_grad: Any, backward_hooks: Any) -> Any:
    """A `Parameter` on a tensor's memory."""
    return Parameter(data, requires_grad)


def parameter_with_state(data: Any, requires_grad: Any, backward_hooks: Any, state: Any) -> Any:
    """A `Parameter` with attributes of its own."""
    return _with_state(Parameter(data, requires_grad), state)


def from_type_v2(make: Any, cls: Any, args: Any, state: Any) -> Any:
    """A tensor with attributes, or of a subclass."""
    if make not in (tensor, tensor_v2, tensor_v3, parameter):
        raise TypeError(f"{make!r} does not make a tensor")
    t = make(*args)
    if cls is not type(t):
        if not (isinstance(cls, type) and issubclass(cls, Tensor)):
            raise TypeError(f"{cls!r} is no class of tensors")
        t.__class__ = cls
    return _with_state(t, state)


def _with_state(t: Any, state: Any) -> Any:
    for attributes in state if isinstance(state, tuple) else (state,):
        t.__dict__.update(attributes or {})  # not setattr: a file should not reach a tensor's inside
    return t


def encode(text: str, encoding: str = "latin1") -> bytes:
    """Bytes, which protocol 2 writes as text."""
    if encoding not in ("latin1", "latin-1", "utf-8", "utf8", "ascii"):
        raise ValueError(f"bytes are not written in the encoding {encoding!r}")
    return text.encode(encoding)


def no_bytes() -> bytes:
    """b"", which protocol 2 writes as a call of `bytes`."""
    return b""


def byte_array(*args: Any) -> bytearray:
    """A bytearray of bytes. (One of a mere size could take any amount of memory.)"""
    if len(args) == 2:
        return bytearray(encode(*args))
    if args and not isinstance(args[0], bytes):
        raise TypeError(f"a bytearray is made of bytes, not {type(args[0]).__name__}")
    return bytearray(*args)


def reduced(t: Any, storage: Any, offset: int, size: Any, stride: Any) -> tuple[Any, ...]:
    """How a tensor is written: the function that makes it again, and what that is given."""
    flag = t._node is not None
    is_parameter = isinstance(t, Parameter)
    args: Any = (storage, offset, size, stride, flag and not is_parameter, OrderedDict())
    attributes = dict(t.__dict__)
    if is_parameter:
        data: Any = (Call(tensor_v2, args), flag, OrderedDict())
        return (parameter_with_state, (*data, attributes)) if attributes else (parameter, data)
    if type(t) is Tensor and not attributes:
        return tensor_v2, args
    return from_type_v2, (tensor_v2, type(t), args, attributes)


class Call:
    """A function and its arguments, for a pickler to write as a call."""

    def __init__(self, function: Any, args: Any) -> None:
        self.function, self.args = function, args

    def __reduce__(self) -> Any:
        return self.function, self.args


def typed(data: UntypedStorage, kind: StorageType) -> TypedStorage:
    """The storage that a file's storage type means."""
    return TypedStorage(data, dtypes.uint8 if kind.dtype is None else kind.dtype)
