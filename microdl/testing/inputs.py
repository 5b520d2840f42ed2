"""Tensors of random values as inputs for tests."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import creation, dtypes
from ..autograd.graph import wrap
from ..device import require_cpu

# The range of values of a dtype, [low, high), where none is asked for.
_RANGES = {"f": (-9, 9), "i": (-9, 10), "u": (0, 10), "b": (0, 2)}


def make_tensor(
    *shape: Any,
    dtype: dtypes.dtype,
    device: Any,
    low: float | None = None,
    high: float | None = None,
    requires_grad: bool = False,
    noncontiguous: bool = False,
    exclude_zero: bool = False,
    memory_format: Any = None,
) -> Any:
    """A tensor of values uniform on [low, high), by default [-9, 9), integers [-9, 10), uint8 [0, 10), bool [0, 2).

    `noncontiguous` takes every other element of one twice as long; `exclude_zero` puts the least positive number in
    place of zeros. ValueError for a range without values, or one that the dtype cannot hold.

    >>> import microdl as torch
    >>> _ = torch.manual_seed(0)
    >>> torch.testing.make_tensor(3, dtype=torch.float32, device="cpu")
    tensor([-0.0674,  4.8280, -7.4074])

    Source: https://pytorch.org/docs/stable/testing.html#torch.testing.make_tensor
    """
    require_cpu(device)
    size = tuple(shape[0]) if len(shape) == 1 and isinstance(shape[0], (tuple, list)) else shape
    first, last = _range(dtype, low, high)
    strided = noncontiguous and math.prod(size) > 1
    x = creation.empty((*size[:-1], 2 * size[-1]) if strided else size, dtype=dtype)
    x = x.uniform_(first, last) if dtype.is_floating_point else x.random_(int(first), int(last))
    if strided:
        x = wrap(x._a[..., 1::2])
    if exclude_zero:
        x._a[x._a == 0] = np.finfo(x._a.dtype).tiny if dtype.is_floating_point else 1
    return x.requires_grad_(requires_grad)


def _range(dtype: dtypes.dtype, low: float | None, high: float | None) -> tuple[float, float]:
    kind = np.dtype(dtype.numpy).kind
    least, most = _RANGES[kind]
    first, last = (least if low is None else low), (most if high is None else high)
    if math.isnan(first) or math.isnan(last):
        raise ValueError(f"`low` and `high` cannot be NaN, but got low={low} and high={high}")
    if not first < last:
        raise ValueError(f"make_tensor: low must be less than high, but got low={first} and high={last}")
    if kind != "f":
        first, last = math.ceil(first), math.ceil(last)
    return first, last
