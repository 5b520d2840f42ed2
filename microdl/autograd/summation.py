"""Sums that keep the digits of their dtype along any dimension."""

from __future__ import annotations

from typing import Any

import numpy as np

from .graph import TensorBase

Axes = tuple[int, ...] | None

_LONG = 1 << 12  # from here on adding one after another costs float32 digits
_reduce: Any = np.add.reduce


def add_up(a: Any, dim: Axes, keepdims: bool = False) -> Any:
    """NumPy's sum of an array or tensor, but exact to a few digits of the dtype along any dimension, as PyTorch's is.

    NumPy adds pairwise along the innermost dimension only. Along another it adds one number after another, which
    rounds n times: the mean of a million rows would keep 5 digits. A long dimension is added in two rounds here,
    which rounds 2 sqrt(n) times and is faster where the rows are short.
    """
    if dim is not None and len(dim) == 1 and a.shape[dim[0]] >= _LONG and not isinstance(a, TensorBase):
        d = dim[0]
        if a.dtype.kind == "f" and a.strides[d] != a.itemsize:
            return _in_two_rounds(a, d, keepdims)
    out = _reduce(a, axis=dim, keepdims=keepdims)
    return np.asarray(out, order="C") if type(a) is np.ndarray and a.ndim > 2 else out


def _in_two_rounds(a: Any, d: int, keepdims: bool) -> Any:
    n = a.shape[d]
    size = 1 << (n.bit_length() // 2)
    whole = n - n % size
    head, rest = np.split(a, [whole], d)
    blocks = head.reshape(*a.shape[:d], whole // size, size, *a.shape[d + 1 :])
    return _reduce(_reduce(blocks, d), d, keepdims=keepdims) + _reduce(rest, d, keepdims=keepdims)
