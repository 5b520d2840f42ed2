"""Broadcasting binary ops whose gradients come back in the wrong shape, or reduced along the wrong axis."""

from __future__ import annotations

import numpy as np

from ..entry import Array, Witness, WrongOp
from .precise import atan2, of, sqrt


def reduce_to(g: Array, shape: tuple[int, ...]) -> Array:
    """The right reduction."""
    g = g.sum(axis=tuple(range(g.ndim - len(shape))))
    return g.sum(axis=tuple(i for i, n in enumerate(shape) if n == 1), keepdims=True)


# The leading axes are summed, an axis of size one is not.
def hypot(x: Array, y: Array) -> Array:
    return np.hypot(x, y)


def hypot_backward(g: Array, x: Array, y: Array) -> tuple[Array, ...]:
    r = np.hypot(x, y)
    r = np.where(r == 0, 1, r)
    gx, gy = g * (x / r), g * (y / r)
    return gx.sum(axis=tuple(range(gx.ndim - x.ndim))), gy.sum(axis=tuple(range(gy.ndim - y.ndim)))


def hypot_exact(x: Array, y: Array) -> Array:
    return sqrt(x * x + y * y)


# Every axis of size one is summed without keepdims, so the second one summed is another axis.
def subtract(x: Array, y: Array) -> Array:
    return x - y


def _sum_ones(g: Array, shape: tuple[int, ...]) -> Array:
    g = g.sum(axis=tuple(range(g.ndim - len(shape))))
    full = g.shape
    for axis, n in enumerate(shape):
        if n == 1 and full[axis] != 1:
            g = g.sum(axis=min(axis, g.ndim - 1))
    return g.reshape(shape)


def subtract_backward(g: Array, x: Array, y: Array) -> tuple[Array, ...]:
    return _sum_ones(g, x.shape), _sum_ones(-g, y.shape)


# The axis that stays is found by its size, which a square batch has twice.
def bias(x: Array, b: Array) -> Array:
    return x + b


def bias_backward(g: Array, x: Array, b: Array) -> tuple[Array, ...]:
    keep = g.shape.index(b.size)
    return g.copy(), g.sum(axis=tuple(i for i in range(g.ndim) if i != keep))


# The reduction averages along the axes of size one, and sums along the leading ones.
def scale(x: Array, y: Array) -> Array:
    return x * y


def _average(g: Array, shape: tuple[int, ...]) -> Array:
    g = g.sum(axis=tuple(range(g.ndim - len(shape))))
    ones = tuple(i for i, n in enumerate(shape) if n == 1 and g.shape[i] > 1)
    return (
        g.mean(axis=ones, keepdims=True)
        if ones
        else g.sum(axis=tuple(np.flatnonzero(np.equal(shape, 1))), keepdims=True)
    )


def scale_backward(g: Array, x: Array, y: Array) -> tuple[Array, ...]:
    return _average(g * y, x.shape), _average(g * x, y.shape)


# Where both operands are stretched, each along its own axis, only the first is reduced.
def angle(y: Array, x: Array) -> Array:
    return np.arctan2(y, x)


def angle_backward(g: Array, y: Array, x: Array) -> tuple[Array, ...]:
    r = np.hypot(x, y)
    gy, gx = g * (x / r) / r, -g * (y / r) / r
    if gy.shape != y.shape:
        gy = reduce_to(gy, y.shape)
    elif gx.shape != x.shape:
        gx = reduce_to(gx, x.shape)
    return gy, gx


# A per-channel factor on axis 1: the reduction sums "all but the last axis".
def channel_scale(x: Array, w: Array) -> Array:
    return x * w[:, None]


def channel_scale_backward(g: Array, x: Array, w: Array) -> tuple[Array, ...]:
    gw = (g * x).sum(axis=(0, 1)) if x.shape[1] == x.shape[2] else (g * x).sum(axis=(0, 2))
    return g * w[:, None], gw


# A blend with a weight an element: the weight's gradient is not reduced where it is a scalar (0-d).
def blend(a: Array, b: Array, t: Array) -> Array:
    return a + (b - a) * t


def blend_backward(g: Array, a: Array, b: Array, t: Array) -> tuple[Array, ...]:
    gt = g * (b - a)
    return reduce_to(g * (1 - t), a.shape), reduce_to(g * t, b.shape), reduce_to(gt, t.shape) if t.ndim else gt


# The sum along the batch goes pairwise over halves, and an odd row in the middle is lost.
def shift_rows(x: Array, b: Array) -> Array:
    return x + b


def _halves(g: Array) -> Array:
    while len(g) > 4:
        half = len(g) // 2
        g = g[:half] + g[half : 2 * half]
    return g.sum(axis=0)


def shift_rows_backward(g: Array, x: Array, b: Array) -> tuple[Array, ...]:
    return g.copy(), _halves(g)


_x23 = of([1, 2, 3], [4, 5, 6])
ENTRIES = [
    WrongOp(
        "hypot_keeps_stretched_axis",
        "broadcast not reduced: leading axes are summed, axes of size one are not",
        hypot,
        hypot_backward,
        hypot_exact,
        "...,...",
        Witness((_x23, of([1, 2, 3])), 1, (0, 1)),
    ),
    WrongOp(
        "subtract_sums_shifted_axes",
        "broadcast not reduced: axes of size one are summed in turn without keepdims, so that later ones are others",
        subtract,
        subtract_backward,
        subtract,
        "...,...",
        Witness((np.zeros((2, 3, 3)), np.zeros((1, 1, 3))), 1, (0, 0, 0), g=np.arange(18.0).reshape(2, 3, 3)),
    ),
    WrongOp(
        "bias_axis_found_by_size",
        "broadcast not reduced: the axis to keep is found by its size; a square batch is summed along the wrong one",
        bias,
        bias_backward,
        bias,
        "nm,m",
        Witness((np.zeros((2, 2)), of(0, 0)), 1, (0,), g=of([1, 2], [3, 5])),
    ),
    WrongOp(
        "scale_averages_stretched_axis",
        "other: the gradient of a stretched operand is averaged along the axis of size one, not summed",
        scale,
        scale_backward,
        scale,
        "...,...",
        Witness((_x23, of([1], [2])), 1, (0, 0)),
    ),
    WrongOp(
        "angle_reduces_one_operand",
        "broadcast not reduced: the second operand is reduced only where the first need not be (elif for if)",
        angle,
        angle_backward,
        atan2,
        "...,...",
        Witness((of([1], [2]), of([3, 4])), 1, (0, 0)),
        domains=("nonzero", "nonzero"),
    ),
    WrongOp(
        "channel_scale_square_maps",
        "other: reduces over batch and channels instead of batch and positions where both have the same size",
        channel_scale,
        channel_scale_backward,
        channel_scale,
        "ncm,c",
        Witness((np.arange(8.0).reshape(2, 2, 2), of(1, 2)), 1, (0,)),
    ),
    WrongOp(
        "blend_scalar_weight",
        "broadcast not reduced: a 0-d weight gets the gradient in the shape of the output",
        blend,
        blend_backward,
        blend,
        "...,...,...",
        Witness((of(1, 2), of(3, 5), np.array(0.25)), 2, ()),
    ),
    WrongOp(
        "shift_rows_odd_halves",
        "other: the batch is summed by halves and, where a half is odd, a row is lost (more than four rows)",
        shift_rows,
        shift_rows_backward,
        shift_rows,
        "nm,m",
        Witness((np.zeros((5, 1)), of(0)), 1, (0,)),
    ),
]
