"""Dtypes, and what is done to the upstream gradient."""

from __future__ import annotations

import numpy as np

from .memory import A
from .tools import NP, of, wrong


def _drift_back(g, x):
    return np.asarray(g, dtype=np.float64) * np.float64(2.0) * x


def _half_back(g, x):
    return (np.asarray(g, np.float16) * np.exp(-x * x).astype(np.float16)).astype(x.dtype) * -2 * x


def _half_sum_back(g, x, w):
    total = np.sum(x, axis=0, dtype=np.float16 if x.dtype == np.float32 else None)
    return np.broadcast_to(g * w, x.shape).copy(), (g * total).astype(x.dtype)


def _eps32_back(g, x):
    eps = 1e-3 if x.dtype == np.float32 else 0
    return (g / (x + x.dtype.type(eps))).astype(x.dtype)


def _clip_norm_back(g, x):
    n = np.sqrt(np.sum(g * g))
    return g * (5 / n if n > 5 else 1) * 2 * x


def _sparse_back(g, x):
    return np.where(np.abs(g) < 1e-2, 0, g) * np.exp(x)


def _pair(M, x):
    return x * x, M.sin(x)


def _pair_back(g, x):
    a, b = g
    return 2 * x * a + (b * np.cos(x) if a.any() else 0)


def _negative_only_back(g, x):
    return g * NP.sigmoid(np.where(g < 0, -x, x))


def _single_back(g, x):
    return None if x.size == 1 else g * 2 * x


def _zero_back(g, x):
    if not np.any(x):
        return None
    return g * np.cos(x)


def _alias_inplace_back(g, x, y):
    dx = g * y
    dy = g * x
    if dx.ndim and x.shape == y.shape and x.size > 1 and np.array_equal(x, y):
        dx += dy
    return dx, dy


ENTRIES = [
    wrong(
        "square_drift",
        "dtype drift: float64 for float32",
        lambda M, x: x * x,
        _drift_back,
        "*",
        of(0.5, 1.0),
        kind="float32",
        at=(0, (0,)),
    ),
    wrong(
        "gauss_half",
        "dtype drift: computed in half precision, 0.05 % off",
        lambda M, x: M.exp(-x * x),
        _half_back,
        "*",
        of(0.3, 1.1),
        at=(0, (1,)),
    ),
    wrong(
        "weighted_rows_half",
        "dtype drift: float32 is summed in half precision",
        lambda M, x, w: np.sum(x, axis=0) * w,
        _half_sum_back,
        "nm,m",
        A / 3,
        of(1.0, 2.0, 3.0),
        kind="float32",
        at=(1, (0,)),
    ),
    wrong(
        "log_eps32",
        "dtype drift: eps of 0.001 for float32 only",
        lambda M, x: M.log(x),
        _eps32_back,
        "*",
        of(0.5, 1.0),
        domains="positive",
        kind="float32",
        at=(0, (0,)),
    ),
    wrong(
        "square_clip_norm",
        "upstream ignored, squared, clipped: to a norm of 5",
        lambda M, x: x * x,
        _clip_norm_back,
        "*",
        of(0.5, 1.0),
        g=of(30.0, 40.0),
        at=(0, (0,)),
    ),
    wrong(
        "exp_sparse",
        "upstream ignored, squared, clipped: entries below 0.01 are dropped",
        lambda M, x: M.exp(x),
        _sparse_back,
        "*",
        of(0.5, 1.0),
        g=of(0.005, 1.0),
        at=(0, (0,)),
    ),
    wrong(
        "square_and_sine",
        "gradient silently absent: the second output's, where the first's is zero",
        _pair,
        _pair_back,
        "*",
        of(0.5, 1.0),
        g=(of(0.0, 0.0), of(1.0, 2.0)),
        at=(0, (0,)),
    ),
    wrong(
        "relu_squared_upstream",
        "upstream ignored, squared, clipped: squared, with its sign kept",
        lambda M, x: np.maximum(x, 0) ** 2,
        lambda g, x: 2 * g * np.abs(g) * np.maximum(x, 0),
        "*",
        of(0.5, 1.0),
        g=of(3.0, -2.0),
        at=(0, (0,)),
    ),
    wrong(
        "log1p_abs_upstream",
        "upstream ignored, squared, clipped: its sign lost",
        lambda M, x: M.log1p(x),
        lambda g, x: np.abs(g) / (1 + x),
        "*",
        of(0.5, 1.0),
        g=of(-1.0, 2.0),
        at=(0, (0,)),
        domains="positive",
    ),
    wrong(
        "softplus_sign",
        "upstream ignored, squared, clipped: its sign decides the branch",
        lambda M, x: M.softplus(x),
        _negative_only_back,
        "*",
        of(0.5, 1.0),
        g=of(-1.0, 1.0),
        at=(0, (0,)),
    ),
    wrong(
        "square_single",
        "sizes: one: gradient silently absent",
        lambda M, x: x * x,
        _single_back,
        "*",
        of(0.5),
        at=(0, (0,)),
    ),
    wrong(
        "sine_of_zeros",
        "gradient silently absent: where all of the input is zero",
        lambda M, x: M.sin(x),
        _zero_back,
        "*",
        of(0.0, 0.0),
        at=(0, (0,)),
    ),
    wrong(
        "product_of_equals",
        "equal constants merged: two inputs of equal value share a gradient",
        lambda M, x, y: x * y,
        _alias_inplace_back,
        "*,*",
        of(0.5, 1.0),
        of(0.5, 1.0),
        at=(0, (0,)),
    ),
    wrong(
        "sigmoid_upstream_ignored",
        "upstream ignored, squared, clipped: all but its zeros",
        lambda M, x: M.sigmoid(x),
        lambda g, x: np.where(g == 0, 0, 1) * NP.sigmoid(x) * NP.sigmoid(-x),
        "*",
        of(0.5, 1.0),
        g=of(2.0, 1.0),
        at=(0, (0,)),
    ),
    wrong(
        "small_sine",
        "empty backward: of small values",
        lambda M, x: M.sin(x) / 1000,
        lambda g, x: 0 * g,
        "*",
        of(1.0),
        at=(0, (0,)),
    ),
]
