"""safetensors files, with the functions of `safetensors.torch`. Needs the library: `pip install microdl[files]`.

    from microdl.safetensors import load_file, save_file

Source: https://huggingface.co/docs/safetensors/api/torch
"""

from __future__ import annotations

import importlib
import os
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import numpy as np

from ._atomic import write_atomically
from .autograd.graph import TensorBase, wrap
from .device import require_cpu
from .dtypes import from_numpy_dtype
from .storage import owner_bytes

__all__ = ["load", "load_file", "load_model", "save", "save_file", "save_model"]


def _library(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        raise RuntimeError(
            "Attempting to use a safetensors file but safetensors is not installed. Please install safetensors with: "
            "pip install safetensors (or pip install 'microdl[files]')."
        ) from None


def save(tensors: Mapping[str, Any], metadata: Mapping[str, str] | None = None) -> bytes:
    """The bytes of a safetensors file of named tensors, which must be contiguous and not share memory.

    Raises ValueError for what is no tensor or not contiguous, RuntimeError for shared memory.
    """
    arrays = {}
    for name, t in tensors.items():
        if not isinstance(t, TensorBase):
            raise ValueError(f"Key `{name}` is invalid, expected torch.Tensor but received {type(t)}")
        if not t._a.flags.c_contiguous:
            raise ValueError(
                f"You are trying to save a non contiguous tensor: `{name}` which is not allowed. It either means you "
                "are trying to save tensors which are reference of each other in which case it's recommended to save "
                "only the full tensors, and reslice at load time, or simply call `.contiguous()` on your tensor."
            )
        arrays[name] = t._a
    shared = [names for names in _sharing(tensors) if len(names) > 1]
    if shared:
        raise RuntimeError(
            f"Some tensors share memory, this will lead to duplicate memory on disk and potential differences when "
            f"loading them again: {shared}. A potential way to correctly save your model is to use `save_model`."
        )
    data: bytes = _library("safetensors.numpy").save(arrays, metadata=dict(metadata) if metadata else None)
    return data


def save_file(tensors: Mapping[str, Any], filename: str | os.PathLike[str], metadata: Any = None) -> None:
    """Writes named tensors to a file, in one step. Errors as of `save`.

    >>> import microdl as torch
    >>> from microdl.safetensors import load_file, save_file
    >>> save_file({"weight": torch.ones(2)}, "weights.safetensors")
    >>> load_file("weights.safetensors")
    {'weight': tensor([1., 1.])}
    """
    write_atomically(filename, save(tensors, metadata))


def load(data: bytes) -> dict[str, Any]:
    """The tensors in the bytes of a safetensors file. The library's SafetensorError for damaged ones."""
    return _wrapped(_library("safetensors.numpy").load(data))


def load_file(filename: str | os.PathLike[str], device: Any = "cpu") -> dict[str, Any]:
    """The tensors of a safetensors file by name. RuntimeError where it is on another device or cannot be."""
    require_cpu(device)
    _library("safetensors")
    with open(filename, "rb") as file:
        return load(file.read())


def _wrapped(arrays: Mapping[str, np.ndarray[Any, Any]]) -> dict[str, Any]:
    for name, array in arrays.items():
        try:
            from_numpy_dtype(array.dtype)
        except TypeError:
            raise NotImplementedError(f"{name!r} is of {array.dtype}, a dtype that microdl does not have") from None
    return {name: wrap(array.copy()) for name, array in arrays.items()}


def _sharing(tensors: Mapping[str, Any]) -> list[list[str]]:
    """The names grouped by the storage that they look at, in their order."""
    groups: defaultdict[Any, list[str]] = defaultdict(list)
    for name, t in tensors.items():
        found = owner_bytes(t._a)
        groups[name if found is None or not found.size else (found.ctypes.data, found.size)].append(name)
    return list(groups.values())


def save_model(
    model: Any, filename: str | os.PathLike[str], metadata: Any = None, force_contiguous: bool = True
) -> None:
    """Writes a module's state; of tensors that share memory only the first, and in the metadata which that is."""
    state, notes = model.state_dict(), dict(metadata or {})
    for names in _sharing(state):
        kept = min(names, key=lambda name: (-state[name].numel(), name))
        for name in names:
            if name != kept:
                notes[name] = kept
                del state[name]
    tensors = {name: t.contiguous() for name, t in state.items()} if force_contiguous else state
    save_file(tensors, filename, notes)


def load_model(
    model: Any, filename: str | os.PathLike[str], strict: bool = True, device: Any = "cpu"
) -> tuple[list[str], list[str]]:
    """Reads a file of `save_model` into a module; returns the names missing and unexpected.

    With `strict`, RuntimeError lists those there are, as `Module.load_state_dict` does.
    """
    state = load_file(filename, device)
    for names in _sharing(model.state_dict()):
        found = [name for name in names if name in state]
        for name in names if found else ():
            state.setdefault(name, state[found[0]])
    result = model.load_state_dict(state, strict)
    return result.missing_keys, result.unexpected_keys
