"""Counts, and places in sorted sequences."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd.graph import TensorBase, wrap
from ..autograd.kinds import no_kernel
from .shape import number, require


def bincount(input: Any, weights: Any = None, minlength: int = 0) -> Any:
    """How often each of 0, 1, 2, ... occurs (or the sum of its weights). RuntimeError for negative numbers.

    >>> import microdl as torch
    >>> torch.bincount(torch.tensor([0, 1, 1, 3]))
    tensor([1, 2, 0, 1])
    """
    a = require("bincount", input)._a
    if minlength < 0:
        raise RuntimeError(f"minlength should be >= 0, but it is {minlength}")
    if a.dtype.kind in "fb":
        raise no_kernel("bincount_cpu", a.dtype)
    if a.ndim != 1 or (a.size and a.min() < 0):
        raise RuntimeError("bincount only supports 1-d non-negative integral inputs.")
    if weights is None:
        return wrap(np.bincount(a, minlength=minlength).astype(np.int64))
    w = weights._a
    if w.shape != a.shape:
        raise RuntimeError(f"weights should be 1-d and have the same length as input: {list(w.shape)}, {list(a.shape)}")
    return wrap(np.bincount(a, w, minlength).astype(w.dtype if w.dtype == np.float32 else np.float64))


def histc(input: Any, bins: int = 100, min: float = 0, max: float = 0) -> Any:
    """Counts in `bins` equal bins between `min` and `max` (of the data where both are 0); others are ignored.

    >>> import microdl as torch
    >>> torch.histc(torch.tensor([1., 2., 1.]), bins=4, min=0, max=3)
    tensor([0., 2., 1., 0.])
    """
    a = require("histc", input)._a
    if bins <= 0:
        raise RuntimeError(f"torch.histc(): bins must be > 0, but got {bins}")
    min, max = number("histc", 3, min, "min"), number("histc", 4, max, "max")
    low, high = (float(a.min()), float(a.max())) if min == max and a.size else (float(min), float(max))
    if not (np.isfinite(low) and np.isfinite(high)):
        raise RuntimeError(f"torch.histc: range of [{low}, {high}] is not finite")
    if low > high:
        raise RuntimeError(f"torch.histc: max must be larger than min, but got [{low}, {high}]")
    if a.dtype.kind != "f":
        raise no_kernel("histogram_cpu", a.dtype)
    if low == high:
        low, high = low - 1, high + 1
    first, last = a.dtype.type(low), a.dtype.type(high)
    inside = a[(a >= first) & (a <= last)]
    place = ((inside - first) * a.dtype.type(bins) / (last - first)).astype(np.int64)
    return wrap(np.bincount(np.minimum(place, bins - 1), minlength=bins).astype(a.dtype))


def searchsorted(
    sorted_sequence: Any,
    input: Any,
    *,
    out_int32: bool = False,
    right: bool = False,
    side: str | None = None,
    sorter: Any = None,
) -> Any:
    """Where each element of `input` would be inserted in the sorted sequence(s), before equal ones or after (`right`).

    `sorter` holds the indices that sort sequences which are not sorted, as `argsort` gives them.

    >>> import microdl as torch
    >>> torch.searchsorted(torch.tensor([1., 3., 5.]), torch.tensor([3., 4.]))
    tensor([1, 2])
    """
    edges = require("searchsorted", sorted_sequence)._a
    if not edges.ndim:
        raise RuntimeError(
            "torch.searchsorted(): boundaries tensor should have positive dimension, but got 0 dimension"
        )
    if sorter is not None:
        edges = np.take_along_axis(edges, sorter._a, -1)
    x = input._a if isinstance(input, TensorBase) else np.asarray(input)
    if side not in (None, "left", "right"):
        raise RuntimeError(f"torch.searchsorted(): side can only be 'left' or 'right' but got {side}")
    if right and side == "left":
        raise RuntimeError(
            "torch.searchsorted(): side and right can't be opposites, got side of left while right was True"
        )
    where: Any = side or ("right" if right else "left")
    dtype = np.int32 if out_int32 else np.int64
    if edges.ndim == 1:
        return wrap(np.searchsorted(edges, x, where).astype(dtype))
    if edges.shape[:-1] != x.shape[:-1]:
        raise RuntimeError(
            "torch.searchsorted(): boundaries tensor should be 1 dimension or the first N-1 dimensions of boundaries "
            f"tensor and input value tensor must match, but we got {list(edges.shape)} and {list(x.shape)}"
        )
    out = np.empty(x.shape, dtype)
    for place in np.ndindex(edges.shape[:-1]):
        out[place] = np.searchsorted(edges[place], x[place], where)
    return wrap(out)


def bucketize(input: Any, boundaries: Any, *, out_int32: bool = False, right: bool = False) -> Any:
    """The bucket of each element: `searchsorted` in 1-D boundaries. RuntimeError for others."""
    if require("bucketize", boundaries)._a.ndim != 1:
        raise RuntimeError(f"boundaries tensor must be 1 dimension, but got dim({boundaries._a.ndim})")
    return searchsorted(boundaries, input, out_int32=out_int32, right=right)
