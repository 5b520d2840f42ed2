"""Tensors made by rule: indices of triangles, ranges that hold their end, windows, uninitialised memory."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import dtypes
from .._warning import warn
from ..autograd.graph import TensorBase, wrap
from .making import finish
from .spelling import spelled
from .strides import as_strided

Array = np.ndarray[Any, Any]


def _triangle(name: str, row: Any, col: Any, offset: int, dtype: Any, device: Any, flag: bool) -> Any:
    for n, value in (("row", row), ("col", col)):
        if value < 0:
            raise RuntimeError(f"{n} must be non-negative, got {value}")
    find = np.tril_indices if name == "tril" else np.triu_indices
    d = np.int64 if dtype is None else dtypes.to_numpy_dtype(dtype)
    return finish(np.stack(find(row, offset, col)).astype(d), flag, device)


def tril_indices(
    row: int, col: int, offset: int = 0, *, dtype: Any = None, device: Any = None, layout: Any = None,
    requires_grad: bool = False,
) -> Any:  # fmt: skip
    """Rows and columns of the lower triangle of a row x col matrix, as a (2, n) tensor.

    >>> import microdl as torch
    >>> torch.tril_indices(2, 2)
    tensor([[0, 1, 1],
            [0, 0, 1]])

    Source: https://pytorch.org/docs/stable/generated/torch.tril_indices.html
    """
    return _triangle("tril", row, col, offset, dtype, device, requires_grad)


def triu_indices(
    row: int, col: int, offset: int = 0, *, dtype: Any = None, device: Any = None, layout: Any = None,
    requires_grad: bool = False,
) -> Any:  # fmt: skip
    """Rows and columns of the upper triangle of a row x col matrix, as a (2, n) tensor.

    >>> import microdl as torch
    >>> torch.triu_indices(2, 2)
    tensor([[0, 0, 1],
            [0, 1, 1]])
    """
    return _triangle("triu", row, col, offset, dtype, device, requires_grad)


def unravel_index(indices: Any, shape: Any) -> tuple[Any, ...]:
    """The coordinates, one tensor for each dimension, of positions in a flattened tensor of `shape`.

    >>> import microdl as torch
    >>> torch.unravel_index(torch.tensor([5, 3]), (2, 3))
    (tensor([1, 1]), tensor([2, 0]))
    """
    if not isinstance(indices, TensorBase):
        raise TypeError(f"unravel_index(): argument 'indices' must be Tensor, not {type(indices).__name__}")
    if indices._a.dtype.kind not in "iu":
        raise TypeError(f"unravel_index() expects an integer tensor, but got {indices.dtype}")
    sizes = (shape,) if isinstance(shape, int) else tuple(shape)
    rest, out = indices._a, []
    for n in reversed(sizes):
        out.append(wrap(np.asarray(rest % n)))
        rest = rest // n
    return tuple(reversed(out))


def range(
    start: Any, end: Any, step: Any = 1, *, dtype: Any = None, device: Any = None,
    requires_grad: bool = False,
) -> Any:  # fmt: skip
    """`arange` that holds its end; floating. Deprecated, as PyTorch warns."""
    warn(
        "torch.range is deprecated and will be removed in a future release because its behavior is inconsistent with "
        "Python's range builtin. Instead, use torch.arange, which produces values in [start, end).",
    )
    if step == 0:
        raise RuntimeError("step must be nonzero")
    if (end - start) / step < 0:
        raise RuntimeError(f"upper bound and lower bound inconsistent with step sign: {start}, {end}, {step}")
    n = math.floor((end - start) / step) + 1
    array = start + step * np.arange(n, dtype=np.float64)
    return finish(array.astype(dtypes.or_default(dtype)), requires_grad, device)


# --- windows ------------------------------------------------------------------------------------------------------


def _check_length(n: int) -> None:
    if n < 0:
        raise RuntimeError(f"a window requires non-negative window_length, got window_length={n}")


def _cosines(n: int, periodic: bool, *coefficients: float) -> Array:
    """sum_k (-1)^k a_k cos(2 pi k i / m), m = n where periodic, else n - 1."""
    _check_length(n)
    phase = 2 * np.pi * np.arange(n) / max(n if periodic else n - 1, 1)
    total = np.zeros(n)
    for k, a in enumerate(coefficients):
        total += (-1) ** k * a * np.cos(k * phase)
    return total if n > 1 else np.ones(n)


def _window(array: Array, dtype: Any, device: Any, requires_grad: bool) -> Any:
    d = dtypes.or_default(dtype)
    if d.kind != "f":
        raise RuntimeError(f"window functions expect floating point dtypes, got: {dtypes.from_numpy_dtype(d)}")
    return finish(array.astype(d), requires_grad, device)


def hann_window(
    window_length: int, periodic: bool = True, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Any:
    """`0.5 - 0.5 cos(2 pi i / N)`, with N one less where it is not periodic.

    >>> import microdl as torch
    >>> torch.hann_window(4)
    tensor([0.0000, 0.5000, 1.0000, 0.5000])
    """
    return _window(_cosines(window_length, periodic, 0.5, 0.5), dtype, device, requires_grad)


def hamming_window(
    window_length: int, periodic: bool = True, alpha: float = 0.54, beta: float = 0.46, *, dtype: Any = None,
    device: Any = None, requires_grad: bool = False,
) -> Any:  # fmt: skip
    """`alpha - beta cos(2 pi i / N)`; see `hann_window`."""
    return _window(_cosines(window_length, periodic, alpha, beta), dtype, device, requires_grad)


def blackman_window(
    window_length: int, periodic: bool = True, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Any:
    """`0.42 - 0.5 cos(2 pi i / N) + 0.08 cos(4 pi i / N)`; see `hann_window`."""
    return _window(_cosines(window_length, periodic, 0.42, 0.5, 0.08), dtype, device, requires_grad)


def bartlett_window(
    window_length: int, periodic: bool = True, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Any:
    """A triangle, 0 at the ends and 1 in the middle; see `hann_window`."""
    _check_length(window_length)
    m = max(window_length if periodic else window_length - 1, 1)
    array = 1 - np.abs(2 * np.arange(window_length) / m - 1) if window_length > 1 else np.ones(window_length)
    return _window(array, dtype, device, requires_grad)


def kaiser_window(
    window_length: int, periodic: bool = True, beta: float = 12.0, *, dtype: Any = None, device: Any = None,
    requires_grad: bool = False,
) -> Any:  # fmt: skip
    """Kaiser's window of shape `beta`; see `hann_window`."""
    _check_length(window_length)
    n = window_length + periodic if window_length > 1 else window_length
    return _window(np.kaiser(n, beta)[:window_length], dtype, device, requires_grad)


# --- uninitialised --------------------------------------------------------------------------------------------


def empty_strided(
    size: Any, stride: Any, *, dtype: Any = None, layout: Any = None, device: Any = None, requires_grad: bool = False
) -> Any:
    """A tensor of given sizes and strides (in elements) whose elements are not set; here they are 0.

    >>> import microdl as torch
    >>> torch.empty_strided((2, 3), (1, 2)).stride()
    (1, 2)
    """
    if len(size) != len(stride):
        raise RuntimeError(
            f"dimensionality of sizes ({len(size)}) must match dimensionality of strides ({len(stride)})"
        )
    n = 0 if 0 in tuple(size) else 1 + sum((k - 1) * s for k, s in zip(size, stride, strict=True))
    memory = wrap(np.zeros(n, dtypes.or_default(dtype)))
    return finish(as_strided(memory, size, stride)._a, requires_grad, device)


@spelled(size="*")
def new_empty(self: Any, *size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Any:
    """A tensor of a shape, in this tensor's dtype, whose elements are not set; here they are 0."""
    return self.new_zeros(*size, dtype=dtype, device=device, requires_grad=requires_grad)


def new_empty_strided(
    self: Any, size: Any, stride: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Any:
    """`empty_strided` in this tensor's dtype."""
    return empty_strided(size, stride, dtype=dtype or self.dtype, device=device, requires_grad=requires_grad)


def new(self: Any, *data: Any) -> Any:
    """The old constructor of this tensor's dtype: `x.new([1, 2])` copies data, `x.new(2, 3)` gives a shape."""
    if data and not isinstance(data[0], (int, np.integer, dtypes.Size)):
        return self.new_tensor(data[0])
    return self.new_zeros(*(data or (0,)))
