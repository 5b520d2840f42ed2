"""Reductions and movements along an axis: negative axes, axis zero, keepdims, counts."""

from __future__ import annotations

from typing import Any

import mpmath as mp
import numpy as np

from ..entry import Array, Witness, WrongOp
from .precise import exp, of, shifted, sin, sqrt

T = tuple[Any, ...]


# None in front of the axis, by a tuple that a negative axis leaves empty.
def square_mean(x: Array, axis: int = 0) -> Array:
    return (x * x).sum(axis=axis) / 4


def square_mean_backward(g: Array, x: Array, axis: int = 0) -> T:
    return (x / 2 * g[(slice(None),) * axis + (None,)],)


# argsort of axes, some negative, is not the inverse.
def moved(x: Array, axes: tuple[int, ...] = (0, 1, 2)) -> Array:
    return np.sin(x).transpose(axes)


def moved_backward(g: Array, x: Array, axes: tuple[int, ...] = (0, 1, 2)) -> T:
    return (g.transpose(np.argsort(axes)) * np.cos(x),)


def moved_exact(x: Array, axes: tuple[int, ...] = (0, 1, 2)) -> Array:
    return sin(x).transpose(axes)


# The permutation itself for its inverse.
def turned(x: Array, axes: tuple[int, ...] = (0, 1, 2)) -> Array:
    return np.ascontiguousarray(x.transpose(axes))


def turned_backward(g: Array, x: Array, axes: tuple[int, ...] = (0, 1, 2)) -> T:
    return (np.ascontiguousarray(g.transpose(axes)),)


# A negative axis counts from the end of the gradient, which has an axis less.
def spread(x: Array, axis: int = 0) -> Array:
    return x.max(axis=axis) - x.min(axis=axis)


def spread_backward(g: Array, x: Array, axis: int = 0) -> T:
    high, low = np.zeros_like(x), np.zeros_like(x)
    np.put_along_axis(high, np.expand_dims(x.argmax(axis=axis), axis), 1, axis)
    np.put_along_axis(low, np.expand_dims(x.argmin(axis=axis), axis), 1, axis)
    return (np.expand_dims(g, axis if axis >= 0 else max(axis + g.ndim, 0)) * (high - low),)


# Axis zero is false.
def log_sum_exp(x: Array, axis: Any = None) -> Array:
    top = x.max(axis=axis, keepdims=True)
    return np.squeeze(np.log(np.exp(x - top).sum(axis=axis, keepdims=True)) + top, axis)


def log_sum_exp_backward(g: Array, x: Array, axis: Any = None) -> T:
    e = np.exp(x - x.max(axis=axis, keepdims=True))
    g = np.expand_dims(g, axis) if axis is not None else g
    return (g * e / e.sum(axis=axis or None, keepdims=True),)


def log_sum_exp_exact(x: Array, axis: Any = None) -> Array:
    return np.squeeze(shifted(x, axis)[1], axis)


# Mean of all divides by the rows.
def mean_square(x: Array, axis: Any = None) -> Array:
    return (x * x).mean(axis=axis)


def mean_square_backward(g: Array, x: Array, axis: Any = None) -> T:
    return (2 * x * (g if axis is None else np.expand_dims(g, axis)) / x.shape[axis or 0],)


def mean_square_exact(x: Array, axis: Any = None) -> Array:
    n = x.size if axis is None else x.shape[axis]
    return (x * x).sum(axis=axis) / mp.mpf(n)


# Means over two axes: one count.
def pooled(x: Array) -> Array:
    return np.exp(-x * x).mean(axis=(1, 2))


def pooled_backward(g: Array, x: Array) -> T:
    return (-2 * x * np.exp(-x * x) * g[:, None, None] / (x.shape[2] * x.shape[2]),)


def pooled_exact(x: Array) -> Array:
    return exp(-x * x).sum(axis=(1, 2)) / mp.mpf(x.shape[1] * x.shape[2])


# keepdims: expanded once more; not expanded at all.
def variance(x: Array, keepdims: bool = False) -> Array:
    return x.var(axis=1, keepdims=keepdims)


def variance_backward(g: Array, x: Array, keepdims: bool = False) -> T:
    g = g.reshape(-1, 1) if not keepdims else g.sum(axis=0, keepdims=True)
    return (g * 2 * (x - x.mean(axis=1, keepdims=True)) / x.shape[1],)


def variance_exact(x: Array, keepdims: bool = False) -> Array:
    n = mp.mpf(x.shape[1])
    return ((x - x.sum(axis=1, keepdims=True) / n) ** 2).sum(axis=1, keepdims=keepdims) / n


def row_mean(x: Array) -> Array:
    return x.mean(axis=1)


def row_mean_backward(g: Array, x: Array) -> T:
    shape = g.shape if len(set(x.shape)) == 1 else (len(g), 1)
    return (np.ones_like(x) * g.reshape(shape) / x.shape[1],)


def row_mean_exact(x: Array) -> Array:
    return x.sum(axis=1) / mp.mpf(x.shape[1])


# Size zero: reshape with -1 cannot be resolved.
def row_energy(x: Array) -> Array:
    return (x * x).sum(axis=-1)


def row_energy_backward(g: Array, x: Array) -> T:
    rows = x.reshape(-1, x.shape[-1])
    return ((2 * rows * g.reshape(-1, 1)).reshape(x.shape),)


# Empty parts of a concatenation are skipped, and what follows moves up.
def joined(a: Array, b: Array, c: Array) -> Array:
    return np.concatenate([a, b, c]) * 2


def joined_backward(g: Array, a: Array, b: Array, c: Array) -> T:
    ends = np.cumsum([len(a), len(b)])
    parts = [2 * part for part in np.split(g, ends) if part.size]
    return tuple(parts + [np.zeros_like(g[:0])] * (3 - len(parts)))


# Unbiased in the value, not in the gradient.
def sample_variance(x: Array, ddof: int = 0) -> Array:
    n = x.shape[0]
    return ((x - x.mean(axis=0)) ** 2).sum(axis=0) / max(1, n - ddof)


def sample_variance_backward(g: Array, x: Array, ddof: int = 0) -> T:
    return (g * 2 * (x - x.mean(axis=0)) / len(x),)


def sample_variance_exact(x: Array, ddof: int = 0) -> Array:
    n = len(x)
    return ((x - x.sum(axis=0) / mp.mpf(n)) ** 2).sum(axis=0) / mp.mpf(max(1, n - ddof))


# log-softmax: the sum of the gradient over everything.
def log_softmax(x: Array) -> Array:
    z = x - x.max(axis=1, keepdims=True)
    return z - np.log(np.exp(z).sum(axis=1, keepdims=True))


def log_softmax_backward(g: Array, x: Array) -> T:
    return (g - np.exp(log_softmax(x)) * g.sum(keepdims=True),)


# Cumulative sums: right in each direction, right when exclusive, but not both.
def running_sum(x: Array, reverse: bool = False, exclusive: bool = False) -> Array:
    y = x[::-1] if reverse else x
    y = np.cumsum(y, axis=0) - (y if exclusive else 0)
    return y[::-1] if reverse else y


def running_sum_backward(g: Array, x: Array, reverse: bool = False, exclusive: bool = False) -> T:
    if exclusive and reverse:
        return (np.cumsum(g[::-1], axis=0)[::-1] - g,)
    return (running_sum(g, not reverse, exclusive),)


def rms(x: Array, axis: int = -1) -> Array:
    return np.sqrt((x * x).mean(axis=axis, keepdims=True) + 1)


def rms_backward(g: Array, x: Array, axis: int = -1) -> T:
    return (g * x / rms(x, axis) / x.shape[-1],)


def rms_exact(x: Array, axis: int = -1) -> Array:
    return sqrt((x * x).sum(axis=axis, keepdims=True) / mp.mpf(x.shape[axis]) + 1)


_x = of([1, 2], [3, 5])
_cube = np.arange(8.0).reshape(2, 2, 2)
ENTRIES = [
    WrongOp(
        "square_mean_negative_axis",
        "negative axis: a tuple times a negative axis is empty, the axis goes in front",
        square_mean,
        square_mean_backward,
        square_mean,
        "nm",
        Witness((_x,), 0, (0, 1), g=of(1, 3), options={"axis": -1}),
        options={"axis": (0, 1, -1)},
    ),
    WrongOp(
        "moved_negative_axes",
        "negative axis: argsort of axes of which some are negative",
        moved,
        moved_backward,
        moved_exact,
        "xyz",
        Witness((_cube,), 0, (0, 0, 1), g=_cube, options={"axes": (0, -1, 1)}),
        options={"axes": ((0, 1, 2), (2, 0, 1), (0, -1, 1))},
    ),
    WrongOp(
        "turned_by_same_axes",
        "other: the permutation for its inverse; right for exchanges of two",
        turned,
        turned_backward,
        turned,
        "xyz",
        Witness((_cube,), 0, (0, 0, 1), g=_cube, options={"axes": (1, 2, 0)}),
        options={"axes": ((0, 1, 2), (1, 0, 2), (2, 1, 0), (1, 2, 0))},
    ),
    WrongOp(
        "spread_negative_axis",
        "negative axis: counted in the output, which has one axis less",
        spread,
        spread_backward,
        spread,
        "xyz",
        Witness((_cube,), 0, (0, 0, 1), g=of([1, 2], [3, 5]), options={"axis": -1}),
        options={"axis": (0, 1, -1, -3)},
    ),
    WrongOp(
        "log_sum_exp_axis_zero",
        "other: `axis or None`, for which axis 0 is all axes",
        log_sum_exp,
        log_sum_exp_backward,
        log_sum_exp_exact,
        "nm",
        Witness((_x,), 0, (0, 0), options={"axis": 0}),
        options={"axis": (None, 0, 1)},
    ),
    WrongOp(
        "mean_square_of_all",
        "missing 1/N: the mean of all is divided by the rows",
        mean_square,
        mean_square_backward,
        mean_square_exact,
        "nm",
        Witness((_x,), 0, (0, 0)),
        options={"axis": (None, 0, 1)},
    ),
    WrongOp(
        "pooled_map_not_square",
        "missing 1/N: the area is the width's square; right for square maps",
        pooled,
        pooled_backward,
        pooled_exact,
        "nhw",
        Witness((np.ones((1, 1, 2)),), 0, (0, 0, 0)),
    ),
    WrongOp(
        "variance_keepdims",
        "keepdims: with it the upstream is reduced over the rows; right for a single row",
        variance,
        variance_backward,
        variance_exact,
        "nm",
        Witness((_x,), 0, (0, 0), options={"keepdims": True}),
        options={"keepdims": (False, True)},
    ),
    WrongOp(
        "row_mean_square",
        "keepdims: the missing axis is not put back where the array is square",
        row_mean,
        row_mean_backward,
        row_mean_exact,
        "nm",
        Witness((_x,), 0, (0, 1), g=of(1, 3)),
    ),
    WrongOp(
        "row_energy_no_columns",
        "size-0 dimension: reshape(-1, 0) raises",
        row_energy,
        row_energy_backward,
        row_energy,
        "...m",
        Witness((np.zeros((2, 0)),), 0, kind="raises"),
    ),
    WrongOp(
        "joined_empty_part",
        "size-0 dimension: empty parts are skipped, so that later gradients go to earlier inputs",
        joined,
        joined_backward,
        joined,
        "a,b,c",
        Witness((of(1), np.zeros(0), of(2)), 2, (0,)),
    ),
    WrongOp(
        "sample_variance_ddof",
        "other: divided by n for every ddof",
        sample_variance,
        sample_variance_backward,
        sample_variance_exact,
        "nm",
        Witness((_x,), 0, (0, 0), options={"ddof": 1}),
        options={"ddof": (0, 1)},
    ),
    WrongOp(
        "log_softmax_sum_of_all",
        "keepdims: the upstream's sum is that of all rows; right for one row",
        log_softmax,
        log_softmax_backward,
        lambda x: x - shifted(x, 1)[1],
        "nm",
        Witness((_x,), 0, (0, 0)),
    ),
    WrongOp(
        "running_sum_reverse_exclusive",
        "other: reverse is lost together with exclusive",
        running_sum,
        running_sum_backward,
        running_sum,
        "nm",
        Witness((_x,), 0, (0, 0), options={"reverse": True, "exclusive": True}),
        options={"reverse": (False, True), "exclusive": (False, True)},
    ),
    WrongOp(
        "rms_count_of_last_axis",
        "missing 1/N: the count is that of the last axis, for every axis",
        rms,
        rms_backward,
        rms_exact,
        "nm",
        Witness((np.ones((1, 2)),), 0, (0, 0), options={"axis": 0}),
        options={"axis": (0, -1)},
    ),
]
