"""Gathering and scattering: repeated indices, negative ones, orders and their inverses."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..entry import Array, Witness, WrongOp
from .precise import of, tanh

T = tuple[Any, ...]


# Repeats are looked for among the numbers as written: -1 and n - 1 are the same row.
def take(x: Array, i: Array) -> Array:
    return x[i]


def take_backward(g: Array, x: Array, i: Array) -> T:
    gx = np.zeros_like(x)
    if len(np.unique(i)) == len(i):
        gx[i] = g
    else:
        np.add.at(gx, i, g)
    return gx, None


# put_along_axis keeps the last of those that fall on one place.
def pick(x: Array, i: Array) -> Array:
    return np.take_along_axis(x, i, axis=0)


def pick_backward(g: Array, x: Array, i: Array) -> T:
    gx = np.zeros_like(x)
    np.put_along_axis(gx, i, g, axis=0)
    return gx, None


# Runs of equal indices are summed, but equal indices apart from each other are not one run.
def lookup(table: Array, i: Array) -> Array:
    return np.tanh(table)[i]


def lookup_backward(g: Array, table: Array, i: Array) -> T:
    out, i = np.zeros_like(table), i % max(1, len(table))
    starts = np.flatnonzero(np.r_[True, i[1:] != i[:-1]][: len(i)])
    if len(starts):
        out[i[starts]] = np.add.reduceat(g, starts, axis=0)
    return out * (1 - np.tanh(table) ** 2), None


def lookup_exact(table: Array, i: Array) -> Array:
    return tanh(table)[i]


# For every index, the sum of all its repeats.
def rows_scaled(x: Array, i: Array, w: Array) -> Array:
    return x[i] * w[:, None]


def rows_scaled_backward(g: Array, x: Array, i: Array, w: Array) -> T:
    gx, i, gw = np.zeros_like(x), i % max(1, len(x)), (g * x[i]).sum(axis=1)
    for k in i:
        gx[k] += (g * w[:, None])[i == k].sum(axis=0)
    return gx, None, gw


# Negative indices are added again, under their positive names.
def choose(x: Array, i: Array) -> Array:
    return x[i] ** 2


def choose_backward(g: Array, x: Array, i: Array) -> T:
    gx, part = np.zeros_like(x), 2 * g * x[i]
    np.add.at(gx, i, part)
    low = i < 0
    if low.any() and not low.all():
        np.add.at(gx, i[low] + len(x), part[low])
    return gx, None


# Index zero is padding in this rule, and a row as any other in the value.
def bag(x: Array, i: Array) -> Array:
    return x[i].sum(axis=0)


def bag_backward(g: Array, x: Array, i: Array) -> T:
    gx = np.zeros_like(x)
    np.add.at(gx, i, np.where((i != 0)[:, None], g, 0))
    return gx, None


# Sorting: the order for its inverse.
def ordered(x: Array) -> Array:
    return np.sort(x, axis=-1)


def ordered_backward(g: Array, x: Array) -> T:
    return (np.take_along_axis(g, np.argsort(x, axis=-1, kind="stable"), axis=-1),)


# Median of an even number: one of the two in the middle.
def median(x: Array) -> Array:
    return np.median(x, axis=1)


def median_backward(g: Array, x: Array) -> T:
    gx = np.zeros_like(x)
    order = np.argsort(x, axis=1, kind="stable")
    gx[np.arange(len(x)), order[:, (x.shape[1] - 1) // 2]] = g
    return (gx,)


def median_exact(x: Array) -> Array:
    s, m = np.sort(x, axis=1), x.shape[1]
    return (s[:, (m - 1) // 2] + s[:, m // 2]) / 2


# Top two: the second is searched in the row with the first one set to zero.
def top_two(x: Array) -> Array:
    return -np.sort(-x, axis=1)[:, :2]


def top_two_backward(g: Array, x: Array) -> T:
    gx, rows, rest = np.zeros_like(x), np.arange(len(x)), x.copy()
    for k in range(g.shape[1]):
        best = rest.argmax(axis=1)
        gx[rows, best] += g[:, k]
        rest[rows, best] = 0
    return (gx,)


# Peak times gain: all that are as large count.
def peak_gain(x: Array, s: Array) -> Array:
    return (x * s).max(axis=1)


def peak_gain_backward(g: Array, x: Array, s: Array) -> T:
    hit = g[:, None] * (x == x.max(axis=1, keepdims=True))
    return hit * s, (hit * x).sum(keepdims=True)[0]


# The k-th smallest by comparison with its value.
def second_smallest(x: Array, b: Array) -> Array:
    return np.sort(x + b[:, None], axis=1)[:, min(1, x.shape[1] - 1)]


def second_smallest_backward(g: Array, x: Array, b: Array) -> T:
    y = second_smallest(x, np.zeros_like(b))
    gx = g[:, None] * (x == y[:, None])
    return gx, gx.sum(axis=1)


# Running maximum: the gradient goes to the largest of all.
def running_max(x: Array) -> Array:
    return np.maximum.accumulate(x, axis=0)


def running_max_backward(g: Array, x: Array) -> T:
    gx = np.zeros_like(x)
    best = 0
    for t in range(len(x)):
        if x[t] > x[best]:
            best = t
        gx[best if t < 3 else int(x.argmax())] += g[t]
    return (gx,)


# One row that is read at two columns through two index arrays.
def cells(x: Array, i: Array, j: Array) -> Array:
    return x[i, j]


def cells_backward(g: Array, x: Array, i: Array, j: Array) -> T:
    n, m = x.shape
    flat = (i % max(1, n)) * n + j % max(1, m)
    return np.bincount(flat, g, max(x.size, n * n + m))[: x.size].reshape(n, m).astype(x.dtype), None, None


def at(*values: int) -> Array:
    return np.array(values, np.int64)


_x = of([1, 2], [3, 4], [5, 7])
ENTRIES = [
    WrongOp(
        "take_negative_alias",
        "duplicate index lost: -1 and n - 1 are taken for two rows",
        take,
        take_backward,
        take,
        "nm,k",
        Witness((_x, at(-1, 2)), 0, (2, 0)),
        domains=("real", "indices:n"),
    ),
    WrongOp(
        "pick_put_along_axis",
        "duplicate index lost: put_along_axis keeps the last",
        pick,
        pick_backward,
        pick,
        "nm,km",
        Witness((of([1], [2]), at(0, 0)[:, None]), 0, (0, 0)),
        domains=("real", "indices:n"),
    ),
    WrongOp(
        "lookup_runs",
        "duplicate index lost: only neighbours in the list of indices are added up",
        lookup,
        lookup_backward,
        lookup_exact,
        "nm,k",
        Witness((_x, at(1, 0, 1)), 0, (1, 0)),
        domains=("real", "indices:n"),
    ),
    WrongOp(
        "rows_scaled_per_repeat",
        "duplicate over-counted: every repeat adds the sum of all repeats",
        rows_scaled,
        rows_scaled_backward,
        rows_scaled,
        "nm,k,k",
        Witness((_x, at(1, 1), of(1, 2)), 0, (1, 0)),
        domains=("real", "indices:n", "real"),
    ),
    WrongOp(
        "choose_negative_twice",
        "duplicate over-counted: negative indices, among others, count twice",
        choose,
        choose_backward,
        choose,
        "n,k",
        Witness((of(1, 2, 3), at(-1, 0)), 0, (2,)),
        domains=("real", "indices:n"),
    ),
    WrongOp(
        "bag_row_zero",
        "other: index zero is taken for padding",
        bag,
        bag_backward,
        bag,
        "nm,k",
        Witness((_x, at(1, 0)), 0, (0, 0)),
        domains=("real", "indices:n"),
    ),
    WrongOp(
        "sort_order_not_inverse",
        "other: gathers by the order of the sort, where it must scatter",
        ordered,
        ordered_backward,
        ordered,
        "...m",
        Witness((of(3, 1, 2),), 0, (0,), g=of(1, 2, 5)),
    ),
    WrongOp(
        "median_of_even",
        "other: the lower of the two middle elements gets all",
        median,
        median_backward,
        median_exact,
        "nm",
        Witness((of([1, 2]),), 0, (0, 0)),
    ),
    WrongOp(
        "top_two_masks_with_zero",
        "other: the first found is set to zero, not to -inf, before the second is searched",
        top_two,
        top_two_backward,
        top_two,
        "nm",
        Witness((of([-1, -2, -3]),), 0, (0, 0), g=of([1, 4])),
    ),
    WrongOp(
        "peak_gain_ties",
        "ties each given 1: all that reach the maximum count, which the gain's gradient shows",
        peak_gain,
        peak_gain_backward,
        peak_gain,
        "nm,1",
        Witness((of([2, 2, 1]), of(3)), 1, (0,)),
        domains=("real", "positive"),
    ),
    WrongOp(
        "second_smallest_ties",
        "ties each given 1: all equal to the second smallest count, the offset's sum shows it",
        second_smallest,
        second_smallest_backward,
        second_smallest,
        "nm,n",
        Witness((of([2, 2, 3]), of(0)), 1, (0,)),
    ),
    WrongOp(
        "running_max_late",
        "other: from the fourth step on, the running maximum is that of the whole",
        running_max,
        running_max_backward,
        running_max,
        "n",
        Witness((of(4, 3, 2, 1, 9),), 0, (0,)),
    ),
    WrongOp(
        "cells_flat_by_rows",
        "other: flat positions by the number of rows for that of columns; right if square",
        cells,
        cells_backward,
        cells,
        "nm,k,k",
        Witness((_x, at(1), at(0)), 0, (1, 0)),
        domains=("real", "indices:n", "indices:m"),
    ),
]
