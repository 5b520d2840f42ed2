"""Elementwise functions: thresholds, constants, branches, special functions."""

from __future__ import annotations

import math

import numpy as np

from .tools import NP, of, sign, wrong

S = NP.sigmoid

PHI = 1 / math.sqrt(2 * math.pi)


def _gelu_tanh(M, x):
    return 0.5 * x * (1 + M.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


def _gelu_tanh_back(g, x, c=0.044715, d=0.044):
    k = math.sqrt(2 / math.pi)
    t = np.tanh(k * (x + c * x**3))
    return g * (0.5 * (1 + t) + 0.5 * x * (1 - t * t) * k * (1 + 3 * d * x * x))


def _gelu_tanh_of_erf(g, x):
    return _gelu_tanh_back(g, x, 0.044715, 0.044715)


def _hardswish(M, x):
    return x * np.minimum(np.maximum(x + 3, 0), 6) / 6


def _atan2_back(g, y, x):
    r = x * x + y * y
    gx = -g * y / r
    return g * x / r, np.where((x < 0) & (y < 0), -gx, gx)


def _pow_back(g, x, y):
    out = x**y
    return g * y * x ** (y - 1), g * out * np.log(np.maximum(x, 0.1))


ENTRIES = [
    wrong(
        "softplus_beta",
        "wrong value at a threshold: 1 from beta x = 5 on, forward goes on",
        lambda M, x, beta: M.softplus(beta * x) / beta,
        lambda g, x, beta: g * np.where(beta * x > 5, 1, S(beta * x)),
        "*",
        of(6.0),
        at=(0, (0,)),
        options={"beta": [1.0, 2.0]},
        given={"beta": 1.0},
    ),
    wrong(
        "gelu_tanh",
        "forward and backward constants differing: 0.044 for 0.044715",
        _gelu_tanh,
        _gelu_tanh_back,
        "*",
        of(1.0),
        at=(0, (0,)),
    ),
    wrong(
        "gelu_erf",
        "backward copied from another op: the tanh approximation's for the erf form",
        lambda M, x: 0.5 * x * (1 + M.erf(x / math.sqrt(2))),
        _gelu_tanh_of_erf,
        "*",
        of(2.0),
        at=(0, (0,)),
    ),
    wrong(
        "hardswish",
        "wrong value at a threshold: 2.5 for 3",
        _hardswish,
        lambda g, x: g * np.where(x < -3, 0, np.where(x > 2.5, 1, (2 * x + 3) / 6)),
        "*",
        of(2.7),
        at=(0, (0,)),
    ),
    wrong(
        "silu",
        "sigmoid and softplus overflow: exp(x) / (1 + exp(x)) is NaN from 710 on",
        lambda M, x: x * M.sigmoid(x),
        lambda g, x: g * (np.exp(x) / (1 + np.exp(x))) * (1 + x * (1 - np.exp(x) / (1 + np.exp(x)))),
        "*",
        of(750.0),
        at=(0, (0,)),
    ),
    wrong(
        "elu",
        "forward and backward constants differing: out + 1 whatever alpha",
        lambda M, x, alpha: np.where(x > 0, x, alpha * M.expm1(np.minimum(x, 0))),
        lambda g, x, alpha: g * np.where(x > 0, 1, alpha * np.expm1(np.minimum(x, 0)) + 1),
        "*",
        of(-1.0),
        at=(0, (0,)),
        options={"alpha": [1.0, 0.9]},
        given={"alpha": 0.9},
    ),
    wrong(
        "leaky_relu",
        "upstream ignored, squared, clipped: its sign taken for the input's",
        lambda M, x: np.where(x > 0, x, 0.1 * x),
        lambda g, x: g * np.where(x * g > 0, 1, 0.1),
        "*",
        of(1.0),
        g=of(-1.0),
        at=(0, (0,)),
    ),
    wrong(
        "abs_pow",
        "sign: lost for odd powers of negative numbers",
        lambda M, x, p: np.abs(x) ** p,
        lambda g, x, p: g * p * x ** (p - 1),
        "*",
        of(-1.5),
        at=(0, (0,)),
        options={"p": [2, 3]},
        given={"p": 3},
    ),
    wrong(
        "symlog",
        "small relative error: 1.001 for 1",
        lambda M, x: sign(x) * M.log1p(np.abs(x)),
        lambda g, x: g / (1.001 + np.abs(x)),
        "*",
        of(0.3),
        at=(0, (0,)),
    ),
    wrong(
        "atan2",
        "sign: in the third quadrant, of the second argument",
        lambda M, y, x: M.arctan2(y, x),
        _atan2_back,
        "*,*",
        of(-1.0),
        of(-2.0),
        at=(1, (0,)),
        domains="nonzero nonzero",
    ),
    wrong(
        "hypot",
        "forward and backward constants differing: eps inside the backward's root only",
        lambda M, x, y: M.sqrt(x * x + y * y),
        lambda g, x, y: (g * x / np.sqrt(x * x + y * y + 1e-3), g * y / np.sqrt(x * x + y * y + 1e-3)),
        "*,*",
        of(0.5),
        of(0.2),
        at=(0, (0,)),
        domains="positive positive",
    ),
    wrong(
        "cbrt",
        "NaN leaking: a negative number to the power of 2/3",
        lambda M, x: M.cbrt(x),
        lambda g, x: g / (3 * x ** (2 / 3)),
        "*",
        of(-2.0),
        at=(0, (0,)),
        domains="nonzero",
    ),
    wrong(
        "pow_exponent",
        "wrong value at a threshold: clipped: log of a base below 0.1",
        lambda M, x, y: x**y,
        _pow_back,
        "*,*",
        of(0.05),
        of(0.5),
        at=(1, (0,)),
        domains="positive real",
    ),
    wrong(
        "sin_degrees",
        "forward and backward constants differing: 3.14 for pi",
        lambda M, x: M.sin(x * (math.pi / 180)),
        lambda g, x: g * np.cos(x * (math.pi / 180)) * (3.14 / 180),
        "*",
        of(30.0),
        at=(0, (0,)),
    ),
    wrong(
        "tanh_floor",
        "wrong value at a threshold: the slope never below 0.001",
        lambda M, x: M.tanh(x),
        lambda g, x: g * np.maximum(1 - np.tanh(x) ** 2, 1e-3),
        "*",
        of(5.0),
        at=(0, (0,)),
    ),
    wrong(
        "normal_cdf",
        "forward and backward constants differing: the density lacks 1 / sigma",
        lambda M, x, sigma: 0.5 * (1 + M.erf(x / (sigma * math.sqrt(2)))),
        lambda g, x, sigma: g * PHI * np.exp(-0.5 * (x / sigma) ** 2),
        "*",
        of(0.5),
        at=(0, (0,)),
        options={"sigma": [1.0, 2.0]},
        given={"sigma": 2.0},
    ),
]
