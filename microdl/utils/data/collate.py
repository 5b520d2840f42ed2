"""How samples become a batch."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, MutableMapping, MutableSequence, Sequence
from typing import Any

import numpy as np

from ... import dtypes
from ...autograd.graph import TensorBase
from ...creation import as_tensor, tensor
from ...ops.join import stack


def default_collate(batch: Any) -> Any:
    """A list of samples as one batch: what stood in each sample stands together.

    Tensors and NumPy arrays are stacked along a new first dimension. Python numbers become a tensor (floats float64,
    ints int64), NumPy numbers one of their dtype. Strings and bytes stay a list. Of mappings and sequences each entry
    is collated, recursively; a tuple becomes a list, a namedtuple and a dict stay what they are.

    Raises TypeError for samples of another type, RuntimeError where shapes or lengths differ.

    >>> import microdl as torch
    >>> torch.utils.data.default_collate([(torch.zeros(2), 3, "a"), (torch.ones(2), 4, "b")])
    [tensor([[0., 0.],
            [1., 1.]]), tensor([3, 4]), ('a', 'b')]

    Source: https://pytorch.org/docs/stable/data.html#torch.utils.data.default_collate
    """
    first = batch[0]
    for kind, together in _TOGETHER:
        if isinstance(first, kind):
            return together(batch)
    if isinstance(first, Mapping):
        return _like_mapping(first, {key: default_collate([sample[key] for sample in batch]) for key in first})
    if isinstance(first, tuple) and hasattr(first, "_fields"):
        return type(first)(*(default_collate(column) for column in _columns(batch)))
    if isinstance(first, Sequence):
        return _like_sequence(first, [default_collate(column) for column in _columns(batch)])
    raise TypeError(_cannot_collate(type(first)))


def default_convert(data: Any) -> Any:
    """One sample, its NumPy arrays and numbers as tensors: what a DataLoader with batch_size=None does.

    >>> import microdl as torch, numpy as np
    >>> torch.utils.data.default_convert({"x": np.zeros(2), "name": "a"})
    {'x': tensor([0., 0.], dtype=torch.float64), 'name': 'a'}

    Source: https://pytorch.org/docs/stable/data.html#torch.utils.data.default_convert
    """
    if isinstance(data, np.ndarray):
        return data if data.dtype.kind in "SUO" else as_tensor(data)
    if isinstance(data, (np.number, np.bool_)):
        return as_tensor(data)
    if isinstance(data, (TensorBase, str, bytes)):
        return data
    if isinstance(data, Mapping):
        return _like_mapping(data, {key: default_convert(data[key]) for key in data})
    if isinstance(data, tuple) and hasattr(data, "_fields"):
        return type(data)(*(default_convert(value) for value in data))
    if isinstance(data, Sequence):
        return _like_sequence(data, [default_convert(value) for value in data])
    return data


def _arrays(batch: Sequence[Any]) -> Any:
    if batch[0].dtype.kind in "SUO":
        raise TypeError(_cannot_collate(batch[0].dtype))
    return stack([as_tensor(array) for array in batch])


_TOGETHER: tuple[tuple[Any, Callable[[Any], Any]], ...] = (
    (TensorBase, stack),
    (np.ndarray, _arrays),
    ((np.bool_, np.number), tensor),
    (float, lambda batch: tensor(batch, dtype=dtypes.float64)),
    (int, tensor),
    ((str, bytes), lambda batch: batch),
)


def _columns(batch: Sequence[Any]) -> list[tuple[Any, ...]]:
    lengths = {len(sample) for sample in batch}
    if len(lengths) > 1:
        raise RuntimeError(f"each element in list of batch should be of equal size: lengths are {sorted(lengths)}")
    return list(zip(*batch, strict=True))


def _like_mapping(original: Mapping[Any, Any], values: dict[Any, Any]) -> Any:
    """A mapping of the type of `original`; a dict where that type cannot be made of one."""
    try:
        if isinstance(original, MutableMapping):
            clone = copy.copy(original)
            clone.update(values)
            return clone
        return type(original)(values)  # type: ignore[call-arg]
    except TypeError:
        return values


def _like_sequence(original: Sequence[Any], values: list[Any]) -> Any:
    """A sequence of the type of `original`; a list for a tuple, and where that type cannot be made of one."""
    if isinstance(original, tuple):
        return values
    try:
        if isinstance(original, MutableSequence):
            clone = copy.copy(original)
            for i, value in enumerate(values):
                clone[i] = value
            return clone
        return type(original)(values)  # type: ignore[call-arg]
    except TypeError:
        return values


def _cannot_collate(kind: Any) -> str:
    return (
        "default_collate: batch must contain tensors, numpy arrays, numbers, dicts or lists; found "
        f"{kind}. Pass a collate_fn to the DataLoader."
    )
