"""The format before PyTorch 1.6, still written with `_use_new_zipfile_serialization=False`.

Five pickles one after another (a magic number, a version, what the machine was like, the object, the keys of the
storages), then each storage: its number of elements in 8 bytes, and the elements.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Sequence
from pickle import UnpicklingError
from typing import Any

import numpy as np

from .. import dtypes
from ..storage import TypedStorage, untyped
from .rebuild import Absent, StorageType, typed

__all__ = ["read", "write"]

_MAGIC = 0x1950A86A20F9469CFC6C
_VERSION = 1001
_SYSTEM = {"protocol_version": _VERSION, "little_endian": True, "type_sizes": {"short": 2, "int": 4, "long": 4}}


def write(
    file: Any, pickled: bytes, arrays: Sequence[Any], kinds: Sequence[dtypes.dtype | None], protocol: int
) -> None:
    """Writes a pickle with the storages that it refers to."""
    for header in (_MAGIC, _VERSION, _SYSTEM):
        pickle.dump(header, file, protocol=protocol)
    file.write(pickled)
    keys = sorted(str(i) for i in range(len(arrays)))
    pickle.dump(keys, file, protocol=protocol)
    for key in keys:
        data, kind = arrays[int(key)], kinds[int(key)]
        file.write((data.size // (1 if kind is None else kind.itemsize)).to_bytes(8, "little"))
        file.write(memoryview(data) if data.size else b"")


def read(file: Any, unpickle: Callable[[Any, Any], Any], restore: Callable[[Any, Any], Any]) -> Any:
    """Reads such a file. UnpicklingError or RuntimeError where it is none, or damaged."""
    start = file.tell()
    length = file.seek(0, 2)
    file.seek(start)
    _check_header(file, unpickle, length)
    storages: dict[Any, tuple[TypedStorage, StorageType]] = {}
    declared = 0

    def persistent_load(saved: Any) -> Any:
        nonlocal declared
        if saved[0] in ("module", b"module"):
            return saved[1]
        _, kind, key, location, numel, view = saved
        if isinstance(kind, Absent):
            raise kind.refuse()
        if view is not None:
            raise NotImplementedError("the file has views of storages, which no PyTorch since 0.4 writes")
        if key not in storages:
            if not isinstance(kind, StorageType) or type(numel) is not int or numel < 0:
                raise UnpicklingError(f"storage {key} of type {kind!r} and {numel} elements cannot be")
            declared += numel * kind.itemsize
            if declared > length:
                raise UnpicklingError(f"the storages declare {declared} bytes, more than the file's {length}")
            data = untyped(np.zeros(numel * kind.itemsize, np.uint8))
            storages[key] = typed(restore(data, location), kind), kind
        return storages[key][0]

    result = unpickle(file, persistent_load)
    keys = unpickle(file, persistent_load)
    if not isinstance(keys, list) or any(key not in storages for key in keys):
        raise UnpicklingError("the file's list of storages is not that of its pickle")
    for key in keys:
        _fill(file, key, *storages[key])
    return result


def _no_storage(saved: Any) -> Any:
    raise UnpicklingError(f"the file's header refers to a storage, {str(saved)[:60]}")


def _check_header(file: Any, unpickle: Callable[[Any, Any], Any], length: int) -> None:
    start = file.tell()
    if file.tell() == length:
        raise EOFError("Ran out of input: the file is empty")
    mark = file.read(300)
    file.seek(start)
    if mark[257:262] == b"ustar":
        raise RuntimeError("the file is a tar archive, PyTorch's format before 0.4. Load and save it anew in PyTorch.")
    for expected, what in ((_MAGIC, "magic number"), (_VERSION, "protocol version")):
        found = unpickle(file, _no_storage)
        if found != expected:
            raise RuntimeError(f"Invalid {what}: {str(found)[:60]}. This is no file of torch.save, or it is corrupt.")
    system = unpickle(file, _no_storage)
    if not isinstance(system, dict) or system.get("little_endian") is not True:
        raise RuntimeError("the file was written on a big-endian machine. Load and save it anew in PyTorch.")


def _fill(file: Any, key: Any, storage: TypedStorage, kind: StorageType) -> None:
    data = storage.untyped()._bytes
    count = int.from_bytes(file.read(8), "little")
    if count * kind.itemsize != data.size:
        raise RuntimeError(
            f"storage {key} has {count} elements in the file, and {data.size // kind.itemsize} in the pickle"
        )
    content = file.read(data.size)
    if len(content) != data.size:
        raise RuntimeError(
            f"unexpected EOF, expected {data.size - len(content)} more bytes. The file might be corrupted."
        )
    data[...] = np.frombuffer(content, np.uint8)
