"""Shapes and windows: pads, tiles, shifts, convolutions, pools, blocks."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..entry import Array, Witness, WrongOp
from .precise import number, of, sin

T = tuple[Any, ...]


def rolled(x: Array, shift: int = 1) -> Array:
    return np.roll(x, shift, axis=0) * 2


def rolled_backward(g: Array, x: Array, shift: int = 1) -> T:
    return (2 * np.roll(g, shift, axis=0),)


# Edge padding: the first of the padded elements is added, the others are not.
def edge_pad(x: Array, width: int = 1) -> Array:
    return np.pad(x, width, mode="edge")


def edge_pad_backward(g: Array, x: Array, width: int = 1) -> T:
    gx = g[width : len(g) - width].copy()
    gx[0] += g[width - 1]
    gx[-1] += g[len(g) - width]
    return (gx,)


# What strides leave over is put in front.
def strided(x: Array, k: Array, step: int = 1) -> Array:
    out = [(x[i : i + len(k)] * k).sum() for i in range(0, len(x) - len(k) + 1, step)]
    return np.array(out, x.dtype)


def strided_backward(g: Array, x: Array, k: Array, step: int = 1) -> T:
    used = (len(g) - 1) * step + len(k) if len(g) else 0
    gx, gk = np.zeros_like(x), np.zeros_like(k)
    lead = len(x) - used if len(g) else 0
    for j, part in enumerate(g):
        gx[lead + j * step : lead + j * step + len(k)] += part * k
        gk += part * x[j * step : j * step + len(k)]
    return gx, gk


# Correlation for convolution: symmetric kernels do not tell.
def convolved(x: Array, k: Array) -> Array:
    return np.array([(x * np.roll(k[::-1], i + 1)).sum() for i in range(len(x))], x.dtype)


def convolved_backward(g: Array, x: Array, k: Array) -> T:
    return convolved(g, k), np.array([(g * np.roll(x, i)).sum() for i in range(len(x))], x.dtype)


def tiled(x: Array) -> Array:
    return np.tile(np.sin(x), 2)


def tiled_backward(g: Array, x: Array) -> T:
    return (g.reshape(-1, 2).sum(axis=1) * np.cos(x),)


# Depth to space: the axes' inverse, right for blocks of as many rows as there are.
def unfolded(x: Array) -> Array:
    n, m, k = x.shape
    return x.transpose(1, 0, 2).reshape(m, n * k)


def unfolded_backward(g: Array, x: Array) -> T:
    n, m, k = x.shape
    return (g.reshape(n, m, k) if n == m else g.reshape(m, n, k).transpose(1, 0, 2),)


# Moving average with an even width: centred one off.
def smoothed(x: Array, width: int = 1) -> Array:
    wide = np.concatenate([np.zeros(width // 2, x.dtype), x, np.zeros((width - 1) // 2, x.dtype)])
    return sum((wide[i : i + len(x)] for i in range(width)), np.zeros_like(x)) / width


def smoothed_backward(g: Array, x: Array, width: int = 1) -> T:
    return (smoothed(g, width),)


# Blocks of sixteen; the last, incomplete one is left out where one came before.
def blockwise(x: Array) -> Array:
    return np.sin(x)


def blockwise_backward(g: Array, x: Array) -> T:
    gx, block = np.zeros_like(x), 16
    stop = len(x) - len(x) % block if len(x) > block else len(x)
    gx[:stop] = g[:stop] * np.cos(x[:stop])
    return (gx,)


# Maximum over windows of two: positions within the window for those in the row.
def pooled(x: Array) -> Array:
    rows = x[:, : x.shape[1] // 2 * 2].reshape(len(x), x.shape[1] // 2, 2)
    return np.maximum(rows[:, :, 0], rows[:, :, 1])


def pooled_backward(g: Array, x: Array) -> T:
    gx = np.zeros_like(x)
    for i, row in enumerate(g):
        for j, part in enumerate(row):
            best = int(x[i, 2 * j : 2 * j + 2].argmax())
            gx[i, 2 * j + best if 2 * j + 2 < x.shape[1] or j == 0 else 2 * j] += part
    return (gx,)


# Average pooling at the border: divided by the full width.
def averaged(x: Array) -> Array:
    return np.stack([x[max(0, i - 1) : i + 2].mean() for i in range(len(x))]) if len(x) else x.copy()


def averaged_backward(g: Array, x: Array) -> T:
    gx = np.zeros_like(x)
    for i, part in enumerate(g):
        gx[max(0, i - 1) : i + 2] += part / 3
    return (gx,)


def averaged_exact(x: Array) -> Array:
    return np.array([number(w).sum() / len(w) for w in (x[max(0, i - 1) : i + 2] for i in range(len(x)))], dtype=object)


# Linear interpolation in a table over (0, 1): the position's gradient per cell, not per unit.
def interpolated(table: Array, t: Array) -> Array:
    at = t * (len(table) - 1)
    i = np.minimum(at.astype(int), max(0, len(table) - 2))
    f = (at - i).astype(t.dtype)
    return table[i] * (1 - f) + table[np.minimum(i + 1, len(table) - 1)] * f


def interpolated_backward(g: Array, table: Array, t: Array) -> T:
    at = t * (len(table) - 1)
    i = np.minimum(at.astype(int), max(0, len(table) - 2))
    j, f = np.minimum(i + 1, len(table) - 1), (at - i).astype(t.dtype)
    gt = np.zeros_like(table)
    np.add.at(gt, i, g * (1 - f))
    np.add.at(gt, j, g * f)
    return gt, g * (table[j] - table[i])


# The trapezoid rule: the last weight is one for a half.
def integral(x: Array) -> Array:
    return ((x[1:] + x[:-1]) / 2).sum()


def integral_backward(g: Array, x: Array) -> T:
    gx = np.full_like(x, 1) * g
    if len(x) > 1:
        gx[0] /= 2
        return (gx,)
    return (0 * gx,)


# Stacked in an order, unstacked by a set's.
def interleaved(a: Array, b: Array) -> Array:
    return np.stack([a, b], axis=-1).reshape(*a.shape[:-1], 2 * a.shape[-1])


def interleaved_backward(g: Array, a: Array, b: Array) -> T:
    half = a.shape[-1]
    return (g[..., ::2], g[..., 1::2]) if half % 2 == 0 else (g[..., :half], g[..., half:])


# Dilated differences: the gradient's gap is one.
def gaps(x: Array, dilation: int = 1) -> Array:
    return x[dilation:] - x[: max(0, len(x) - dilation)]


def gaps_backward(g: Array, x: Array, dilation: int = 1) -> T:
    gx = np.zeros_like(x)
    gx[dilation:] += g
    gx[-len(g) - 1 : -1] -= g
    return (gx,)


# Where the condition holds everywhere, there is nothing to leave out of the other branch.
def selected(c: Array, a: Array, b: Array) -> Array:
    return np.where(c[:, None], a, b)


def selected_backward(g: Array, c: Array, a: Array, b: Array) -> T:
    ga = np.where(c[:, None], g, 0)
    return None, ga, g.copy() if c.all() else g - ga


_x = of(1, 2, 4, 8, 16)
ENTRIES = [
    WrongOp(
        "rolled_same_way",
        "other: rolled forward again; right where twice the shift is the length",
        rolled,
        rolled_backward,
        rolled,
        "n",
        Witness((of(1, 2, 3),), 0, (0,), g=of(1, 2, 5)),
        options={"shift": (0, 1, -2)},
    ),
    WrongOp(
        "edge_pad_width",
        "`=` for `+=`: of the padded elements only the next to the edge is added",
        edge_pad,
        edge_pad_backward,
        edge_pad,
        "n",
        Witness((_x,), 0, (0,), options={"width": 2}),
        options={"width": (1, 2)},
    ),
    WrongOp(
        "strided_rest_in_front",
        "other: what the steps leave over at the end is put in front",
        strided,
        strided_backward,
        strided,
        "n,k",
        Witness((_x, of(1)), 0, (0,), options={"step": 3}),
        options={"step": (1, 2, 3)},
    ),
    WrongOp(
        "convolved_not_flipped",
        "forgotten transpose: the kernel is not flipped; right for symmetric kernels",
        convolved,
        convolved_backward,
        convolved,
        "n,n",
        Witness((of(1, 2, 3), of(1, 2, 5)), 0, (0,), g=of(1, 2, 7)),
    ),
    WrongOp(
        "tiled_as_repeated",
        "backward copied from another op: repeat's",
        tiled,
        tiled_backward,
        lambda x: np.tile(sin(x), 2),
        "n",
        Witness((of(1, 2),), 0, (0,), g=of(1, 2, 3, 5)),
    ),
    WrongOp(
        "unfolded_square",
        "forgotten transpose: the axes are not exchanged where they are as long",
        unfolded,
        unfolded_backward,
        unfolded,
        "nmk",
        Witness((np.zeros((2, 2, 1)),), 0, (0, 1, 0), g=of([1, 2], [3, 5])),
    ),
    WrongOp(
        "smoothed_even_width",
        "other: an even window is not its own mirror",
        smoothed,
        smoothed_backward,
        smoothed,
        "n",
        Witness((of(1, 2),), 0, (0,), options={"width": 2}),
        options={"width": (1, 2, 3)},
    ),
    WrongOp(
        "blockwise_rest",
        "other: blocks of sixteen; the rest has no gradient where a block came before",
        blockwise,
        blockwise_backward,
        sin,
        "n",
        Witness((np.ones(17),), 0, (16,)),
    ),
    WrongOp(
        "pooled_last_window",
        "other: the last window of an even row always gives to its first element",
        pooled,
        pooled_backward,
        pooled,
        "nm",
        Witness((of([1, 2, 3, 4]),), 0, (0, 3)),
    ),
    WrongOp(
        "averaged_border",
        "missing 1/N: at the border divided by the whole width",
        averaged,
        averaged_backward,
        averaged_exact,
        "n",
        Witness((_x,), 0, (0,)),
    ),
    WrongOp(
        "interpolated_position",
        "other: the position's gradient per cell; right for a table of two",
        interpolated,
        interpolated_backward,
        interpolated,
        "n,k",
        Witness((of(1, 2, 4), of(0.25)), 1, (0,)),
        domains=("real", "unit"),
    ),
    WrongOp(
        "integral_last_weight",
        "other: the trapezoid rule's last weight is one",
        integral,
        integral_backward,
        integral,
        "n",
        Witness((_x,), 0, (4,)),
    ),
    WrongOp(
        "interleaved_odd_width",
        "other: the halves for every second one, where the width is odd",
        interleaved,
        interleaved_backward,
        interleaved,
        "nm,nm",
        Witness((of([1, 2, 3]), of([4, 5, 6])), 0, (0, 1), g=np.arange(6.0)[None]),
    ),
    WrongOp(
        "gaps_dilated",
        "other: put back one place apart; right without dilation",
        gaps,
        gaps_backward,
        gaps,
        "n",
        Witness((_x,), 0, (0,), options={"dilation": 3}),
        options={"dilation": (1, 2, 3)},
    ),
    WrongOp(
        "selected_all_one_branch",
        "duplicate over-counted: where all come from one branch, both get the upstream",
        selected,
        selected_backward,
        selected,
        "n,nm,nm",
        Witness((np.array([True]), of([1]), of([2])), 2, (0, 0)),
        domains=("mask", "real", "real"),
    ),
]
