"""Bytes as numbers: what an image's pixels become when a batch needs floats."""

import numpy as np
from numpy.typing import NDArray

from ._compile import kernel
from ._threads import bounds, in_parts, threaded

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]


def to_float(a: Bytes) -> Floats:
    """The same numbers in float32, for a C-contiguous array of any shape."""
    out = np.empty(a.shape, np.float32)
    _to_float(out.reshape(-1), a.reshape(-1))
    return out


@threaded(from_size=65_536)
@kernel()
def _to_float(pool: int, out: Floats, a: Bytes) -> None:
    _part(pool, out, a)


@in_parts
@kernel()
def _part(begin: int, end: int, out: Floats, a: Bytes) -> None:
    first, last = bounds(begin, end, a.size)
    a, out = a[first:last], out[first:last]
    for i in range(a.size):
        out[i] = np.float32(a[i])
