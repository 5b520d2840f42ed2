"""`save` and `load`: PyTorch's `.pt` files, written and read without PyTorch."""

from __future__ import annotations

import io
import os
import pickle
import sys
import zlib
from pathlib import Path
from pickle import UnpicklingError
from typing import Any, BinaryIO

import numpy as np

from .. import safetensors
from .._atomic import atomic_file
from ..device import device
from ..storage import TypedStorage, UntypedStorage, untyped
from . import legacy
from .archive import ArchiveReader, ArchiveWriter
from .pickler import Storages, legacy_reference, pickler, zip_reference
from .rebuild import Absent, StorageType, typed
from .unpickler import WeightsUnpickler, globals_of, trusting_unpickler

__all__ = ["get_unsafe_globals_in_checkpoint", "load", "save"]

_RISK = (
    "In PyTorch 2.6, the default value of the `weights_only` argument of `torch.load` became True. Re-running "
    "`torch.load` with `weights_only` set to `False` will likely succeed, but it can result in arbitrary code "
    "execution. Do it only if you got the file from a trusted source."
)


def save(
    obj: object,
    f: Any,
    pickle_module: Any = pickle,
    pickle_protocol: int = 2,
    _use_new_zipfile_serialization: bool = True,
) -> None:
    """Writes an object to a file (a path, or an open binary file) that PyTorch reads too.

    Tensors are written as storages, offsets and strides: what shares memory shares it when it is loaded, and a view
    takes its whole storage along. A file that exists is replaced at the end, in one step: a save that fails leaves it
    as it was.

    Raises RuntimeError where the folder does not exist, or tensors of different dtypes share memory; AttributeError
    where `f` is neither a path nor writable.

    >>> import io
    >>> import microdl as torch
    >>> file = io.BytesIO()
    >>> torch.save({"weight": torch.ones(2), "epoch": 3}, file)
    >>> _ = file.seek(0)
    >>> torch.load(file)
    {'weight': tensor([1., 1.]), 'epoch': 3}

    Source: https://pytorch.org/docs/stable/generated/torch.save.html
    """
    write = _write_zip if _use_new_zipfile_serialization else _write_legacy
    if not isinstance(f, (str, os.PathLike)):
        if not hasattr(f, "write"):
            raise AttributeError("expected 'f' to be string, path, or a file-like object with a 'write' attribute")
        write(obj, f, "archive", pickle_module, pickle_protocol)
        return
    path = Path(os.fspath(f))
    if not path.absolute().parent.is_dir():
        raise RuntimeError(f"Parent directory {path.parent} does not exist.")
    name = path.stem if path.stem.isascii() and path.stem else "archive"
    with atomic_file(path) as file:
        write(obj, file, name, pickle_module, pickle_protocol)


def _pickled(obj: object, pickle_module: Any, protocol: int, reference: Any) -> tuple[bytes, Storages]:
    data, storages = io.BytesIO(), Storages()
    pickler(data, pickle_module, protocol, storages, reference).dump(obj)
    return data.getvalue(), storages


def _write_zip(obj: object, file: Any, name: str, pickle_module: Any, protocol: int) -> None:
    data, storages = _pickled(obj, pickle_module, protocol, zip_reference)
    records: list[tuple[str, Any]] = [
        ("data.pkl", data),
        (".format_version", b"1"),
        (".storage_alignment", b"64"),
        ("byteorder", sys.byteorder.encode()),
        *((f"data/{i}", array) for i, array in enumerate(storages.arrays)),
        ("version", b"3\n"),
    ]
    archive = ArchiveWriter(file, name)
    names = crc = 0
    for record, content in records:
        archive.write(record, content)
        names, crc = zlib.crc32(record.encode(), names), zlib.crc32(content, crc)
    archive.write(".data/serialization_id", f"{names:020}{crc:020}".encode())
    archive.close()


def _write_legacy(obj: object, file: Any, name: str, pickle_module: Any, protocol: int) -> None:
    data, storages = _pickled(obj, pickle_module, protocol, legacy_reference)
    legacy.write(file, data, storages.arrays, storages.dtypes, protocol)


def load(
    f: Any,
    map_location: Any = None,
    pickle_module: Any = None,
    *,
    weights_only: bool | None = None,
    mmap: bool | None = None,
    **pickle_load_args: Any,
) -> Any:
    """Reads what `save`, here or in PyTorch, wrote to a file (a path, or a seekable binary file).

    By default (`weights_only=True`) only data is built: tensors, numbers, text, dictionaries, lists, tuples, sets, and
    the classes given to `serialization.add_safe_globals`; no code of the file runs. `weights_only=False` also loads
    whole modules and other objects, and runs whatever the file says: only for files whose source you trust.

    `map_location` is "cpu", a device, a dictionary of such, or a function of a storage and its location. With `mmap`
    storages are read from the file when they are first used.

    `encoding="latin1"` reads what Python 2 pickled; `weights_only=False` takes the other options of `pickle.Unpickler`.

    Raises TypeError for any other argument; pickle.UnpicklingError, which names it, for what is not allowed or no
    sound pickle; RuntimeError for a file that is damaged or cut short, or tensors for another device;
    NotImplementedError for dtypes that microdl lacks.

    Source: https://pytorch.org/docs/stable/generated/torch.load.html
    """
    if weights_only is None:
        weights_only = pickle_module is None
    if weights_only and pickle_module is not None:
        raise RuntimeError("Can not safely load weights when explicit pickle_module is specified")
    if isinstance(f, (str, os.PathLike)):
        path = os.fspath(f)
        if str(path).endswith(".safetensors"):
            return safetensors.load_file(path, "cpu" if map_location is None else map_location)
        with open(path, "rb") as file:
            source = _Source(file, path if mmap else None, map_location)
            return _load(source, weights_only, pickle_module or pickle, pickle_load_args)
    for method in ("read", "seek", "tell", "readline"):
        if not hasattr(f, method):
            raise AttributeError(
                f"'{type(f).__name__}' object has no attribute '{method}'. You can only torch.load from a file that is "
                "seekable. Please pre-load the data into a buffer like io.BytesIO and try to load from it instead."
            )
    if mmap:
        raise ValueError("f must be a file path in order to use the mmap argument")
    return _load(_Source(f, None, map_location), weights_only, pickle_module or pickle, pickle_load_args)


class _Source:
    """An open file, where it lies if it is to be mapped, and where its storages are to go."""

    def __init__(self, file: Any, mapped_path: Any, map_location: Any) -> None:
        self.file, self.mapped_path, self.map_location = file, mapped_path, map_location

    def reader(self, weights_only: bool, pickle_module: Any, options: dict[str, Any]) -> Any:
        """A function of a file and `persistent_load` that reads one pickle."""
        options = {"encoding": "utf-8", **options}

        def read(file: BinaryIO, persistent_load: Any) -> Any:
            if weights_only:
                return WeightsUnpickler(file, persistent_load, **options).load()
            return trusting_unpickler(file, persistent_load, pickle_module, options).load()

        return read


def _load(source: _Source, weights_only: bool, pickle_module: Any, options: dict[str, Any]) -> Any:
    read = source.reader(weights_only, pickle_module, options)
    start = source.file.tell()
    mark = source.file.read(4)
    source.file.seek(start)
    try:
        if mark == b"PK\3\4":
            return _load_zip(source, read, weights_only)
        if source.mapped_path is not None:
            raise RuntimeError(
                "mmap can only be used with files saved with `torch.save(_use_new_zipfile_serialization=True)`, please "
                "torch.save your checkpoint with this option in order to use mmap."
            )
        return legacy.read(source.file, read, lambda storage, location: restored(source, storage, location))
    except UnpicklingError as error:
        if weights_only:
            raise UnpicklingError(_explained(str(error))) from None
        raise


def _explained(message: str) -> str:
    """PyTorch's words around the reason why a file was refused."""
    if "was not an allowed global" in message:
        return (
            "Weights only load failed. This file can still be loaded, to do so you have two options, do those steps "
            f"only if you trust the source of the checkpoint. \n\t(1) {_RISK}\n\t(2) Alternatively, to load with "
            "`weights_only=True` please check the recommended steps in the following error message.\n\t"
            f"WeightsUnpickler error: {message}"
        )
    return f"Weights only load failed. {_RISK}\n\nWeightsUnpickler error: {message}"


def _load_zip(source: _Source, read: Any, weights_only: bool) -> Any:
    archive = ArchiveReader(source.file)
    if "constants.pkl" in archive:
        raise RuntimeError(
            "Cannot load TorchScript archives: this file holds a program made by torch.jit.save, not tensors. Save the "
            "state_dict() of the model in PyTorch with torch.save, and load that."
        )
    order = archive.read("byteorder") if "byteorder" in archive else b"little"
    if order not in (b"little", b"big"):
        raise ValueError(f"Unknown endianness type: {order!r}")
    storages: dict[Any, TypedStorage] = {}
    swap = order.decode() != sys.byteorder

    def persistent_load(saved: Any) -> TypedStorage:
        _, kind, key, location, numel = saved
        if key not in storages:
            storages[key] = _read_storage(source, archive, kind, key, location, numel, swap)
        return storages[key]

    return read(io.BytesIO(archive.read("data.pkl")), persistent_load)


def _read_storage(
    source: _Source, archive: ArchiveReader, kind: Any, key: Any, location: Any, numel: Any, swap: bool
) -> TypedStorage:
    name = f"data/{key}"
    check_storage(kind, numel, archive.size(name), name)
    if source.mapped_path is None:
        data = archive.read_array(name)
    else:
        start, size = archive.offset(name), archive.size(name)
        mapped = np.memmap(source.mapped_path, np.uint8, "c", start, (size,)) if size else np.empty(0, np.uint8)
        data = np.asarray(mapped)
    if swap and kind.itemsize > 1:
        data = data.view(kind.dtype.numpy).byteswap().view(np.uint8)
    return typed(restored(source, untyped(data), location), kind)


def check_storage(kind: Any, numel: Any, available: int, name: str) -> None:
    """UnpicklingError unless a storage's declared length is that of what is there."""
    if isinstance(kind, Absent):
        raise kind.refuse()
    if not isinstance(kind, StorageType):
        raise UnpicklingError(f"the type of storage {name} is {kind!r}")
    if type(numel) is not int or numel < 0 or numel * kind.itemsize > available:
        raise UnpicklingError(f"storage {name} should have {numel} elements, and {available} bytes are there")


def restored(source: _Source, storage: UntypedStorage, location: Any) -> UntypedStorage:
    """A storage where `map_location` wants it, which must be the CPU. RuntimeError for another device."""
    wanted, place = source.map_location, location.decode() if isinstance(location, bytes) else location
    if callable(wanted):
        found = wanted(storage, place)
        if isinstance(found, TypedStorage):
            return found.untyped()
        if found is not None:
            if not isinstance(found, UntypedStorage):
                raise TypeError(f"map_location returned {type(found).__name__}, neither a storage nor None")
            return found
    elif isinstance(wanted, dict):
        place = wanted.get(place, place)
    elif wanted is not None:
        place = wanted.decode() if isinstance(wanted, bytes) else wanted
    kind = place.type if isinstance(place, device) else str(place).partition(":")[0]
    if kind == "cuda":
        raise RuntimeError(
            "Attempting to deserialize object on a CUDA device but torch.cuda.is_available() is False. If you are "
            "running on a CPU-only machine, please use torch.load with map_location=torch.device('cpu') to map your "
            "storages to the CPU."
        )
    if kind != "cpu":
        raise RuntimeError(
            f"don't know how to restore data location of {type(storage).__name__} (tagged with {place}): microdl runs "
            "on the CPU only. Give map_location='cpu'."
        )
    return storage


def get_unsafe_globals_in_checkpoint(f: Any) -> list[str]:
    """The names in a file that `load(f, weights_only=True)` would refuse. Nothing is built or run.

    >>> import io
    >>> import microdl as torch
    >>> file = io.BytesIO()
    >>> torch.save(torch.nn.ReLU(), file)
    >>> torch.serialization.get_unsafe_globals_in_checkpoint(file)
    ['torch.nn.modules.activation.ReLU']

    Source: https://pytorch.org/docs/stable/notes/serialization.html
    """
    if isinstance(f, (str, os.PathLike)):
        with open(f, "rb") as file:
            return get_unsafe_globals_in_checkpoint(file)
    f.seek(0)
    if f.read(4) != b"PK\3\4":
        raise ValueError("Expected input to be a checkpoint returned by torch.save in the zip format")
    return globals_of(io.BytesIO(ArchiveReader(f).read("data.pkl")))
