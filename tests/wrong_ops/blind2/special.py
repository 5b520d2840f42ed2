"""More elementwise functions: special ones, clamps, remainders."""

from __future__ import annotations

import numpy as np

from .elementwise import S
from .tools import of, wrong


def _huber(M, x, delta):
    a = np.abs(x)
    return np.where(a <= delta, 0.5 * x * x, delta * (a - 0.5 * delta))


def _sinc(M, x):
    safe = np.where(x == 0, 1, x)
    return np.where(x == 0, 1 + 0 * x, M.sin(safe) / safe)


def _sinc_back(g, x):
    safe = np.where(np.abs(x) < 0.1, 1, x)
    return np.where(np.abs(x) < 0.1, 0, g * (safe * np.cos(safe) - np.sin(safe)) / safe**2)


def _smoothstep(M, x):
    t = np.minimum(np.maximum(x, 0), 1)
    return t * t * (3 - 2 * t)


def _logit(M, x):
    c = np.minimum(np.maximum(x, 0.02), 0.98)
    return M.log(c / (1 - c))


def _logit_back(g, x):
    c = np.clip(x, 0.02, 0.98)
    return g / (c * (1 - c))


def _masked_sqrt(M, x):
    return np.where(x > 0, M.sqrt(np.where(x > 0, x, 1)), 0)


def _lerp_back(g, x, y, t):
    a = np.where(t < 0.5, 1 - t, 1 - t)
    b = np.where(t < 0.5, t, 1 - t)
    return g * a, g * b, g * (y - x)


def _wave(M, x):
    return M.exp(-x * x / 2) * M.cos(5 * x)


def _wave_back(g, x):
    e = np.exp(-x * x / 2)
    return np.where(np.abs(x) < 4, g * (-x * np.cos(5 * x) - 5.05 * np.sin(5 * x)) * e, 0)


ENTRIES = [
    wrong(
        "reciprocal",
        "forward and backward constants differing: eps in the backward only",
        lambda M, x: 1 / x,
        lambda g, x: -g / (x * x + 1e-4),
        "*",
        of(0.2),
        at=(0, (0,)),
        domains="nonzero",
    ),
    wrong(
        "logit_clamped",
        "wrong value at a threshold: a slope where the clamp holds",
        _logit,
        _logit_back,
        "*",
        of(0.01),
        at=(0, (0,)),
        domains="unit",
    ),
    wrong(
        "huber",
        "forward and backward constants differing: sign for delta sign",
        _huber,
        lambda g, x, delta: g * np.where(np.abs(x) <= delta, x, np.sign(x)),
        "*",
        of(3.0),
        at=(0, (0,)),
        options={"delta": [1.0, 1.1]},
        given={"delta": 1.1},
    ),
    wrong(
        "sinc",
        "wrong value at a threshold: 0 in all of |x| < 0.1",
        _sinc,
        _sinc_back,
        "*",
        of(0.05),
        at=(0, (0,)),
    ),
    wrong(
        "smoothstep",
        "wrong value at a threshold: not cut at 1",
        _smoothstep,
        lambda g, x: g * np.where(x > 0, 6 * x * (1 - x), 0),
        "*",
        of(1.2),
        at=(0, (0,)),
    ),
    wrong(
        "remainder",
        "sign: the quotient truncated where it is floored",
        lambda M, x, y: x - y * M.floor(x / y),
        lambda g, x, y: (g * np.ones_like(x), -g * np.trunc(x / y)),
        "*,*",
        of(-2.5),
        of(1.0),
        at=(1, (0,)),
        domains="real positive",
    ),
    wrong(
        "lgamma",
        "wrong value at a threshold: Stirling's digamma, cut short, is wrong for small arguments",
        lambda M, x: M.lgamma(x),
        lambda g, x: g * (np.log(x) - 0.5 / x),
        "*",
        of(0.7),
        at=(0, (0,)),
        domains="positive",
    ),
    wrong(
        "where_sqrt",
        "NaN leaking through where",
        _masked_sqrt,
        lambda g, x: g * (x > 0) * (0.5 / np.sqrt(x)),
        "*",
        of(1.0, -1.0),
        at=(0, (1,)),
    ),
    wrong(
        "lerp",
        "backward copied from another op: another branch: 1 - t for t from 0.5 on",
        lambda M, x, y, t: x + t * (y - x),
        _lerp_back,
        "*,*,*",
        of(1.0),
        of(2.0),
        of(0.7),
        at=(1, (0,)),
        domains="real real unit",
    ),
    wrong(
        "softsign",
        "wrong value at a threshold: at 0: the square left out for negative numbers",
        lambda M, x: x / (1 + np.abs(x)),
        lambda g, x: g * np.where(x < 0, 1 / (1 + np.abs(x)), 1 / (1 + np.abs(x)) ** 2),
        "*",
        of(-0.5),
        at=(0, (0,)),
    ),
    wrong("gabor", "small relative error: 5.05 for 5", _wave, _wave_back, "*", of(0.3), at=(0, (0,))),
    wrong(
        "asinh",
        "wrong value at a threshold: 1 / x beyond 3",
        lambda M, x: M.arcsinh(x),
        lambda g, x: g * np.where(x > 3, 1 / np.maximum(x, 1), 1 / np.sqrt(x * x + 1)),
        "*",
        of(4.0),
        at=(0, (0,)),
    ),
    wrong(
        "sigmoid_rounded",
        "small relative error: a table of steps of 1/256 for the slope",
        lambda M, x: M.sigmoid(x),
        lambda g, x: g * np.rint(S(x) * (1 - S(x)) * 256) / 256,
        "*",
        of(1.3),
        at=(0, (0,)),
    ),
    wrong(
        "clip_bounds",
        "gradient silently absent: the lower bound moves the upper one too",
        lambda M, x, lo, w: np.minimum(np.maximum(x, lo), lo + w),
        lambda g, x, lo, w: (g * ((x > lo) & (x < lo + w)), g * (x <= lo), g * (x >= lo + w)),
        "*,*,*",
        of(5.0),
        of(0.0),
        of(1.0),
        at=(1, (0,)),
        domains="real real positive",
    ),
    wrong(
        "exp",
        "small relative error: 0.1 %",
        lambda M, x: M.exp(x),
        lambda g, x: 1.001 * g * np.exp(x),
        "*",
        of(1.0),
        at=(0, (0,)),
    ),
]
