"""Batches taken from tensors at once, instead of sample by sample."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np

from ... import kernels
from ...autograd.graph import wrap
from .dataset import Subset, TensorDataset

Array: TypeAlias = np.ndarray[Any, Any]
Gather: TypeAlias = Callable[[Array], list[Any]]

_LARGE = 1 << 26  # bytes of an array
_LONG = 1 << 11  # bytes of a row


def gather_of(dataset: Any) -> Gather | None:
    """How to get the samples at indices as one collated batch; None where they have to be taken one by one.

    For a TensorDataset, a dataset whose method `_gather` says how, and subsets of them. The batch equals
    `default_collate` of the samples. The indices of a subset are read here, once an epoch.
    """
    kind = type(dataset)
    if isinstance(dataset, Subset) and kind.__getitems__ is Subset.__getitems__:
        inner, chosen = gather_of(dataset.dataset), np.asarray(dataset.indices)
        if inner is None or chosen.ndim != 1 or chosen.dtype.kind not in "iu":
            return None
        chosen = chosen.astype(np.int64)
        return lambda indices: inner(rows(chosen, indices))
    own = getattr(kind, "_gather", None)
    if own is not None:
        found: Gather | None = own(dataset)
        return found
    if not isinstance(dataset, TensorDataset) or kind.__getitem__ is not TensorDataset.__getitem__:
        return None
    if hasattr(dataset, "__getitems__") or any(t._node is not None for t in dataset.tensors):
        return None
    arrays = [t._a for t in dataset.tensors]
    return lambda indices: [wrap(rows(a, indices)) for a in arrays]


def rows(a: Array, indices: Array) -> Array:
    """`a[indices]`, copied; IndexError for an index out of range."""
    kernel = _kernel_for(a)
    if kernel is not None:
        out = np.empty((indices.size, *a.shape[1:]), a.dtype)
        if kernel(_as_bytes(out), _as_bytes(a), indices):
            return out
    try:
        return a.take(indices, 0)
    except IndexError as error:
        raise IndexError(str(error).replace("axis", "dimension")) from None


def _kernel_for(a: Array) -> Any:
    """The compiled gather, where the array is beyond the caches and its rows are long: else NumPy is as fast."""
    if a.nbytes < _LARGE or a.nbytes < _LONG * len(a) or not a.flags.carray:
        return None
    return kernels.gather.take_rows  # loads Numba, as the first step of a training does


def _as_bytes(a: Array) -> Array:
    return a.reshape(len(a), -1).view(np.uint8)
