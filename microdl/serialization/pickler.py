"""The writer of pickles: tensors refer to storages, which are written beside the pickle, and names are torch's."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from types import FunctionType
from typing import Any, ClassVar

import numpy as np

from .. import dtypes
from ..device import device
from ..nn.hooks import torch_hooks
from ..nn.parameter import is_lazy
from ..nn.tree import ModuleTree
from ..storage import TypedStorage, UntypedStorage, owner_bytes, untyped
from ..tensor import Tensor
from . import names
from .rebuild import StorageType, reduced

__all__ = ["Storages", "pickler"]


class Storages:
    """The storages that a pickle refers to, each once, numbered as they are met."""

    def __init__(self) -> None:
        self.arrays: list[np.ndarray[Any, Any]] = []
        self.dtypes: list[dtypes.dtype | None] = []
        self.keys: list[str] = []
        self._numbers: dict[tuple[int, int], int] = {}
        self._copies: dict[int, tuple[Any, TypedStorage]] = {}  # keeps the tensor, so that its id stays its own

    def of(self, t: Any) -> tuple[TypedStorage, int, Any, Any]:
        """A tensor's storage, and its offset, shape and strides within."""
        a = t._a
        shape = tuple(a.shape)
        found = owner_bytes(a)
        steps: tuple[float, ...] = tuple(s / a.itemsize for s in a.strides) if a.size else dtypes.shape_strides(shape)
        offset = (a.ctypes.data - found.ctypes.data) / a.itemsize if found is not None and a.size else 0.0
        if found is None or not offset.is_integer() or any(s < 0 or s % 1 for s in steps):
            # No tensor of PyTorch lies like this: it is written as a copy.
            if id(t) not in self._copies:
                copy = np.ascontiguousarray(a).reshape(a.shape)
                self._copies[id(t)] = (t, TypedStorage(untyped(copy.reshape(-1).view(np.uint8)), t.dtype))
            return self._copies[id(t)][1], 0, shape, dtypes.shape_strides(shape)
        return TypedStorage(untyped(found), t.dtype), int(offset), shape, tuple(map(int, steps))

    def key(self, storage: TypedStorage | UntypedStorage) -> str:
        """The name of a storage in the file: its number. RuntimeError where it was met before with another dtype."""
        data = storage.untyped()._bytes
        kind = storage.dtype if isinstance(storage, TypedStorage) else None
        # Empty arrays may have one address, and are storages of their own.
        place = (int(data.ctypes.data), data.size) if data.size else (len(self.arrays), -1)
        number = self._numbers.setdefault(place, len(self.arrays))
        if number == len(self.arrays):
            self.arrays.append(data)
            self.dtypes.append(kind)
            self.keys.append(str(number))
        elif (self.dtypes[number] or dtypes.uint8) is not (kind or dtypes.uint8):
            raise RuntimeError(
                "Cannot save multiple tensors or storages that view the same data as different types: "
                f"{self.dtypes[number] or dtypes.uint8} and {kind or dtypes.uint8}. Save a clone() of one."
            )
        return self.keys[number]


def pickler(
    file: Any, pickle_module: Any, protocol: int, storages: Storages, reference: Callable[[Any, str], Any]
) -> Any:
    """A pickler that writes `reference(storage, key)` for each storage.

    NotImplementedError where `pickle_module` is not built on Python's own `pickle._Pickler`.
    """
    base: Any = pickle._Pickler if pickle_module.Pickler is pickle.Pickler else pickle_module.Pickler
    if not issubclass(base, pickle._Pickler):
        raise NotImplementedError(
            f"save: the Pickler of {pickle_module.__name__} is not derived from Python's pickle._Pickler, and cannot "
            "write torch's names. Leave pickle_module out."
        )

    class Pickler(base):  # type: ignore[misc]
        def persistent_id(self, obj: Any) -> Any:
            if isinstance(obj, (TypedStorage, UntypedStorage)):
                return reference(obj, storages.key(obj))
            return None

        def reducer_override(self, obj: Any) -> Any:
            if isinstance(obj, Tensor) and not is_lazy(obj):
                return reduced(obj, *storages.of(obj))
            if isinstance(obj, ModuleTree):
                return _as_torch_module(obj.__reduce_ex__(2))
            if isinstance(obj, (dtypes.dtype, StorageType)):
                return "by its name"  # which save_global finds
            if isinstance(obj, (device, dtypes.Size)):
                return obj.__reduce__()
            return NotImplemented

        def save_global(self, obj: Any, name: str | None = None) -> None:
            known = names.torch_names().get(id(obj))
            if known is None:
                super().save_global(obj, name)
            elif protocol >= 4:
                self.save(known[0])
                self.save(known[1])
                self.write(pickle.STACK_GLOBAL)
                self.memoize(obj)
            else:
                self.write(b"c" + "\n".join(known).encode() + b"\n")
                self.memoize(obj)

        dispatch: ClassVar[Any] = {**base.dispatch, FunctionType: save_global}

    return Pickler(file, protocol)


def _as_torch_module(made: Any) -> Any:
    """How a module is made again, with the attributes that PyTorch's modules have."""
    if not isinstance(made, tuple) or len(made) < 3 or not isinstance(made[2], dict) or "_hooks" not in made[2]:
        return made
    attributes = dict(made[2])
    if any(map(is_lazy, attributes["_parameters"].values())):
        raise NotImplementedError(
            "a lazy module is saved after its first call, which gives its parameters their shapes. (Its state_dict can "
            "be saved before.)"
        )
    for registry in ("_parameters", "_buffers", "_modules"):
        attributes[registry] = dict(attributes[registry])
    return (*made[:2], {**torch_hooks(attributes.pop("_hooks")), **attributes}, *made[3:])


def legacy_reference(storage: Any, key: str) -> tuple[Any, ...]:
    """How the format before PyTorch 1.6 refers to a storage."""
    return (*zip_reference(storage, key), None)


def zip_reference(storage: Any, key: str) -> tuple[Any, ...]:
    """How the zip format refers to a storage."""
    kind = storage.dtype if isinstance(storage, TypedStorage) else None
    return "storage", names.storage_type(kind), key, "cpu", len(storage)
