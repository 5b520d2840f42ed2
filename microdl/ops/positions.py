"""Where elements are, and tensors built from positions: nonzero, one_hot, meshgrid, isin."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from .._warning import warn
from ..autograd.graph import TensorBase, named, wrap
from ..dtypes import from_numpy_dtype
from .join import stack
from .shape import expand, require, reshape
from .spelling import spelled


def nonzero(input: Any, *, as_tuple: bool = False) -> Any:
    """The indices of the nonzero elements: a row for each, or with `as_tuple` one 1-D tensor for each dimension.

    >>> import microdl as torch
    >>> torch.nonzero(torch.tensor([[0, 7], [8, 0]]))
    tensor([[0, 1],
            [1, 0]])

    Source: https://pytorch.org/docs/stable/generated/torch.nonzero.html
    """
    a = require("nonzero", input)._a
    if as_tuple:
        return tuple(wrap(i.copy()) for i in np.nonzero(a if a.ndim else a.reshape(1)))
    return wrap(np.argwhere(a).astype(np.int64))


argwhere = nonzero


def one_hot(input: Any, num_classes: int = -1) -> Any:
    """Rows with a single 1 at each class index: int64 of shape (*, num_classes).

    Without `num_classes` it is the greatest index plus one. Raises RuntimeError for another dtype than
    int64, a class index that is negative or too great, and an empty tensor without `num_classes`.

    >>> import microdl as torch
    >>> torch.nn.functional.one_hot(torch.tensor([0, 2]), 3)
    tensor([[1, 0, 0],
            [0, 0, 1]])

    Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.one_hot.html
    """
    a = require("one_hot", input)._a
    if a.dtype != np.int64:
        raise RuntimeError(
            f"one_hot is only applicable to index tensor of type LongTensor, not {from_numpy_dtype(a.dtype)!r}. "
            "Convert it with .long()."
        )
    if not a.size:
        if num_classes <= 0:
            raise RuntimeError("Can not infer total number of classes from empty tensor. Pass num_classes.")
        return wrap(np.zeros((*a.shape, num_classes), np.int64))
    low, high = int(a.min()), int(a.max())
    if low < 0:
        raise RuntimeError(f"Class values must be non-negative, but one is {low}.")
    n = high + 1 if num_classes == -1 else num_classes
    if high >= n:
        raise RuntimeError(f"Class values must be smaller than num_classes, but one is {high} and num_classes is {n}.")
    out = np.zeros((a.size, n), np.int64)
    out[np.arange(a.size), a.reshape(-1)] = 1
    return wrap(out.reshape((*a.shape, n)))


def meshgrid(*tensors: Any, indexing: str | None = None) -> tuple[Any, ...]:
    """Coordinates of a grid: each 1-D tensor repeated along the dimensions of the others, as views.

    "ij" numbers dimensions in the order of the tensors; "xy" exchanges the first two.

    >>> import microdl as torch
    >>> x, y = torch.meshgrid(torch.tensor([1, 2]), torch.tensor([3, 4, 5]), indexing="ij")
    >>> x
    tensor([[1, 1, 1],
            [2, 2, 2]])

    Source: https://pytorch.org/docs/stable/generated/torch.meshgrid.html
    """
    parts = list(tensors[0]) if len(tensors) == 1 and isinstance(tensors[0], (tuple, list)) else list(tensors)
    if not parts:
        raise RuntimeError("meshgrid expects a non-empty TensorList")
    for t in parts:
        if require("meshgrid", t)._a.ndim > 1:
            raise RuntimeError(
                f"torch.meshgrid: Expected 0D or 1D tensor in the tensor list but got one of shape {list(t._a.shape)}"
            )
        if t._a.dtype != parts[0]._a.dtype:
            raise RuntimeError(f"meshgrid expects all tensors to have the same dtype: {parts[0].dtype} and {t.dtype}")
    if indexing is None:
        warn("torch.meshgrid: in an upcoming release, it will be required to pass the indexing argument.")
        indexing = "ij"
    if indexing not in ("ij", "xy"):
        raise RuntimeError(f'torch.meshgrid: indexing must be one of "xy" or "ij", but received: {indexing}')
    swap = indexing == "xy" and len(parts) > 1
    if swap:
        parts[:2] = parts[1::-1]
    shape = tuple(t._a.size for t in parts)
    grids = []
    for i, t in enumerate(parts):
        ones = [1] * len(parts)
        ones[i] = shape[i]
        grids.append(expand(reshape(t, ones), shape))
    if swap:
        grids[:2] = grids[1::-1]
    return tuple(grids)


def cartesian_prod(*tensors: Any) -> Any:
    """All combinations of one element of each 1-D tensor, as rows. RuntimeError for another number of dimensions."""
    for t in tensors:
        if t._a.ndim != 1:
            raise RuntimeError(f"Expect a 1D vector, but got shape {list(t._a.shape)}")
    if len(tensors) == 1:
        return tensors[0]
    return stack([reshape(grid, -1) for grid in meshgrid(*tensors, indexing="ij")], 1)


def combinations(input: Any, r: int = 2, with_replacement: bool = False) -> Any:
    """All combinations of `r` elements of a 1-D tensor, as rows."""
    if input._a.ndim != 1:
        raise RuntimeError(f"Expect a 1D vector, but got shape {list(input._a.shape)}")
    if r < 0:
        raise RuntimeError(f"Expect a non-negative number, but got {r}")
    if not r:
        return wrap(np.zeros(0, input._a.dtype))
    choose = itertools.combinations_with_replacement if with_replacement else itertools.combinations
    rows = np.array(list(choose(range(input._a.shape[0]), r)), np.int64).reshape(-1, r)
    return named(input[wrap(rows)], "StackBackward0")


@spelled(element="elements", test_element="test_elements")
def isin(elements: Any, test_elements: Any, *, assume_unique: bool = False, invert: bool = False) -> Any:
    """Whether each element is among `test_elements`; `assume_unique` says that neither repeats an element.

    >>> import microdl as torch
    >>> torch.isin(torch.tensor([1, 2, 3]), torch.tensor([1, 3]))
    tensor([ True, False,  True])
    """
    x, y = (t._a if isinstance(t, TensorBase) else t for t in (elements, test_elements))
    return wrap(np.isin(x, y, assume_unique=assume_unique, invert=invert))
