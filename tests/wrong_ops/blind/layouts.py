"""Memory layouts and dtypes: strides taken for granted, writes lost in copies, float32 and float64 confused."""

from __future__ import annotations

from typing import Any

import mpmath as mp
import numpy as np

from ..entry import Array, Witness, WrongOp
from .precise import number, of, quiet, sin, sqrt, tanh

T = tuple[Any, ...]


def every_second(a: Array) -> Array:
    """The same values in a view with a step of two."""
    wide = np.full((*a.shape[:-1], 2 * a.shape[-1]), 7, a.dtype)
    wide[..., ::2] = a
    return wide[..., ::2]


def column_major(a: Array) -> Array:
    return np.asfortranarray(a)


def repeated_columns(a: Array) -> Array:
    return np.broadcast_to(a[:, :1], a.shape)


def consecutive(a: Array) -> Array:
    """As many numbers as `a` has, read one after the other from where it begins: zeros where its memory ends."""
    memory = a if not isinstance(a.base, np.ndarray) else a.base
    first = (a.ctypes.data - memory.ctypes.data) // a.itemsize
    read = memory.ravel(order="K")[first : first + a.size]
    return np.concatenate([read, np.zeros(a.size - read.size, a.dtype)])


# Upstream taken for contiguous.
def row_sum(x: Array) -> Array:
    return x.sum(axis=1)


def row_sum_backward(g: Array, x: Array) -> T:
    return (np.repeat(consecutive(g)[:, None], x.shape[1], 1),)


def flatten(x: Array) -> Array:
    return x * 2 + 1


def flatten_backward(g: Array, x: Array) -> T:
    return ((2 * g.ravel(order="K")).reshape(x.shape),)


def swap(x: Array) -> Array:
    return np.tanh(x).T


def swap_backward(g: Array, x: Array) -> T:
    flat = np.frombuffer(g.tobytes("A"), g.dtype).reshape(g.shape)
    return (flat.T * (1 - np.tanh(x) ** 2),)


# Upstream with strides of zero.
def rectify(x: Array) -> Array:
    return np.maximum(x, 0)


def rectify_backward(g: Array, x: Array) -> T:
    gx = g.view() if g.dtype == x.dtype else g.astype(x.dtype)
    if not g.flags.owndata:
        gx[x <= 0] = 0
        return (gx,)
    return (gx * (x > 0),)


def weighted(x: Array, w: Array) -> Array:
    return x * w


def weighted_backward(g: Array, x: Array, w: Array) -> T:
    if g.size and 0 in g.strides:
        g = g.dtype.type(g.flat[0])
    return g * w, g * x


# Inputs in another order.
def clip_sum(x: Array) -> Array:
    return np.minimum(x, 1)


def clip_sum_backward(g: Array, x: Array) -> T:
    gx = np.zeros_like(x)
    keep = np.flatnonzero(x < 1)
    gx.reshape(-1)[keep] = g.reshape(-1)[keep]
    return (gx,)


def largest(x: Array) -> Array:
    return x.max()


def largest_backward(g: Array, x: Array) -> T:
    gx = np.zeros(x.shape, x.dtype)
    gx[np.unravel_index(x.ravel("K").argmax(), x.shape)] = g
    return (gx,)


def neighbours(x: Array) -> Array:
    return x[1:] * x[:-1]


def neighbours_backward(g: Array, x: Array) -> T:
    if len(x) < 2:
        return (np.zeros_like(x),)
    stored = consecutive(x)
    gx = np.zeros(x.shape, x.dtype)
    gx[:-1] += g * stored[1:]
    gx[1:] += g * stored[:-1]
    return (gx,)


# dtypes
def taper(x: Array) -> Array:
    return x * np.linspace(0, 1, x.shape[-1], dtype=x.dtype)


def taper_backward(g: Array, x: Array) -> T:
    return (g * np.linspace(0, 1, x.shape[-1]),)


def taper_exact(x: Array) -> Array:
    n = x.shape[-1]
    return x * np.array([mp.mpf(i) / max(1, n - 1) for i in range(n)], dtype=object)


def wave(x: Array) -> Array:
    return np.sin(x)


def wave_backward(g: Array, x: Array) -> T:
    return (g * np.cos(x.astype(np.float32)).astype(x.dtype),)


def row_mean(x: Array) -> Array:
    return x.mean(axis=1)


def row_mean_backward(g: Array, x: Array) -> T:
    return (
        np.repeat(g[:, None], x.shape[1], axis=1)
        / np.ones(x.shape, np.uint8).sum(axis=1, keepdims=True, dtype=np.uint8),
    )


def row_mean_exact(x: Array) -> Array:
    return number(x).sum(axis=1) / x.shape[1]


def length(x: Array, y: Array) -> Array:
    return np.hypot(x, y)


@quiet
def length_backward(g: Array, x: Array, y: Array) -> T:
    r = np.sqrt(x * x + y * y)
    r = np.where((x == 0) & (y == 0), 1, r).astype(x.dtype)
    return g * x / r, g * y / r


def offset(x: Array, b: Array) -> Array:
    return x + b


def offset_backward(g: Array, x: Array, b: Array) -> T:
    return g.copy(), g.astype(np.float16).sum(axis=0, dtype=np.float32).astype(b.dtype)


_x22 = of([1, 2], [3, 4])
_ones = np.ones(2)
ENTRIES = [
    WrongOp(
        "row_sum_strided_upstream",
        "non-contiguous upstream: its item size is taken for its stride",
        row_sum,
        row_sum_backward,
        row_sum,
        "nm",
        Witness((_x22,), 0, (1, 0), g=of(1, 2), kind="layout", layout=every_second),
    ),
    WrongOp(
        "flatten_ravel_k",
        "non-contiguous upstream: ravel in memory order, put back in C order",
        flatten,
        flatten_backward,
        flatten,
        "*",
        Witness((_x22,), 0, (0, 1), g=of([1, 2], [3, 5]), kind="layout", layout=column_major),
    ),
    WrongOp(
        "swap_bytes_in_memory_order",
        "non-contiguous upstream: bytes in memory order read in C order",
        swap,
        swap_backward,
        lambda x: tanh(x).T,
        "nm",
        Witness((_x22,), 0, (0, 1), g=of([1, 2], [3, 5]), kind="layout", layout=column_major),
    ),
    WrongOp(
        "rectify_read_only_upstream",
        "stride-0 upstream: zeros are written into it where it is a view",
        rectify,
        rectify_backward,
        lambda x: np.where(x > 0, x, 0 * x),
        "*",
        Witness((of(-1, 2),), 0, (0,), g=np.broadcast_to(np.float64(1), (2,)), kind="raises"),
    ),
    WrongOp(
        "weighted_partly_repeated",
        "stride-0 upstream: one stride of zero is taken for a constant array",
        weighted,
        weighted_backward,
        weighted,
        "*,*",
        Witness((_x22, _x22), 0, (1, 0), g=of([1, 1], [2, 2]), kind="layout", layout=repeated_columns),
    ),
    WrongOp(
        "clip_writes_into_copy",
        "non-contiguous input: reshape(-1) of the gradient is a copy, what is written is lost",
        clip_sum,
        clip_sum_backward,
        lambda x: np.where(x < 1, x, 0 * x + 1),
        "*",
        Witness((of([0, 0], [0, 0]),), 0, (0, 0), kind="layout", layout=column_major),
    ),
    WrongOp(
        "largest_in_memory_order",
        "non-contiguous input: the maximum's position in memory order",
        largest,
        largest_backward,
        largest,
        "*",
        Witness((of([1, 4], [3, 2]),), 0, (0, 1), kind="layout", layout=column_major),
    ),
    WrongOp(
        "neighbours_assume_stride",
        "non-contiguous input: pairs by as_strided with the item size",
        neighbours,
        neighbours_backward,
        neighbours,
        "n",
        Witness((of(1, 2, 3),), 0, (0,), kind="layout", layout=every_second),
    ),
    WrongOp(
        "taper_float64_weights",
        "dtype drift: the gradient of float32 is float64",
        taper,
        taper_backward,
        taper_exact,
        "nm",
        Witness((np.array([[1, 2]], np.float32),), 0, (0, 1), kind="float32"),
    ),
    WrongOp(
        "wave_in_float32",
        "dtype drift: the angle of the gradient is rounded to float32",
        wave,
        wave_backward,
        sin,
        "*",
        Witness((of(1e9 + 1),), 0, (0,)),
    ),
    WrongOp(
        "row_mean_byte_count",
        "other: the number of columns is counted in a byte, wrong from 256 on",
        row_mean,
        row_mean_backward,
        row_mean_exact,
        "nm",
        Witness((np.ones((1, 300)),), 0, (0, 0)),
    ),
    WrongOp(
        "length_squares",
        "other: the length is found by squares, which leave the range where hypot does not",
        length,
        length_backward,
        lambda x, y: sqrt(x * x + y * y),
        "*,*",
        Witness((of(3e-200), of(4e-200)), 0, (0,)),
    ),
    WrongOp(
        "offset_half_sum",
        "dtype drift: the bias' gradient is summed from half precision",
        offset,
        offset_backward,
        offset,
        "nm,m",
        Witness((np.zeros((1, 1)), of(0)), 1, (0,), g=of([1.0001])),
    ),
]
