"""Right elementwise ops with kinks, jumps, stairs and clamps; at a kink any subgradient."""

from __future__ import annotations

import numpy as np

from .tools import of, right, sign

AT = of(0.0, 1.0, -1.0, 0.5, -0.5, 3.0, -3.0, 2.0)

OFF = of(0.3, -0.7, 1.9, -2.6, 0.001, 3.1, 0.9995)


def _triangle(M, x):
    y = 64 * x
    return np.abs(y - M.rint(y))


def _triangle_back(g, x):
    y = 64 * x
    return 64 * g * np.sign(y - np.rint(y))


def _many_kinks(M, x):
    return sum((np.abs(x - 0.01 * k) for k in range(-10, 11)), 0 * x)


def _many_kinks_back(g, x):
    return g * sum((np.sign(x - 0.01 * k) for k in range(-10, 11)), 0 * x)


def _fmod(M, x):
    return x - 0.375 * M.trunc(x / 0.375)


RIGHT = [
    right(
        "two_close_kinks",
        "kinks 0.001 apart",
        lambda M, x: np.abs(x) + np.abs(x - 1 / 1024),
        lambda g, x: g * (np.sign(x) + np.sign(x - 1 / 1024)),
        "*",
        AT,
        OFF,
    ),
    right(
        "notch",
        "a notch 0.0005 wide: two kinks and a tip",
        lambda M, x: np.minimum(np.abs(x), 0.00025) * 1000,
        lambda g, x: 1000 * g * np.sign(x) * (np.abs(x) < 0.00025),
        "*",
        AT,
        OFF,
        of(0.0001),
    ),
    right("triangle_wave", "a kink every 1/128", _triangle, _triangle_back, "*", AT, OFF),
    right(
        "twenty_one_kinks",
        "kinks 0.01 apart about 0",
        _many_kinks,
        _many_kinks_back,
        "*",
        of(0.0, 0.005, -0.1234),
        OFF,
    ),
    right("staircase", "stairs 1/64 wide", lambda M, x: M.floor(64 * x) / 64, lambda g, x: 0 * g, "*", AT, OFF),
    right(
        "fine_staircase",
        "stairs so fine that differences see a slope of 1",
        lambda M, x: M.floor(2.0**20 * x) / 2**20,
        lambda g, x: 0 * g,
        "*",
        AT,
        OFF,
    ),
    right("quantize", "rounded to eighths", lambda M, x: M.rint(8 * x) / 8, lambda g, x: 0 * g, "*", AT, OFF),
    right("fraction", "sawtooth", lambda M, x: x - M.floor(x), lambda g, x: 1.0 * g, "*", AT, OFF),
    right(
        "fine_sawtooth",
        "a jump every 1/256",
        lambda M, x: 256 * x - M.floor(256 * x),
        lambda g, x: 256 * g,
        "*",
        AT,
        OFF,
    ),
    right("fmod", "jumps", _fmod, lambda g, x: 1.0 * g, "*", of(0.3, -0.7, 1.9)),
    right(
        "remainder",
        "jumps in both arguments",
        lambda M, x, y: x - y * M.floor(x / y),
        lambda g, x, y: (1.0 * g, -g * np.floor(x / y)),
        "*,*",
        (of(0.3, -0.7, 1.9), of(0.5, 0.2, 1.5)),
        domains="real positive",
    ),
    right(
        "floor_divide",
        "both gradients are 0",
        lambda M, x, y: M.floor(x / y),
        lambda g, x, y: (0 * g, 0 * g),
        "*,*",
        (of(0.3, -0.7, 1.9), of(0.5, 0.2, 1.5)),
        domains="real positive",
    ),
    right(
        "floor_times",
        "stairs with slopes",
        lambda M, x: M.floor(x) * x,
        lambda g, x: g * np.floor(x),
        "*",
        AT,
        OFF,
    ),
    right(
        "ceil_and_floor",
        "stairs on top of a line",
        lambda M, x: 2 * x + M.ceil(x) - M.floor(x),
        lambda g, x: 2 * g,
        "*",
        AT,
        OFF,
    ),
    right("sign", "a jump", lambda M, x: sign(x) + 0 * x, lambda g, x: 0 * g, "*", AT, OFF),
    right(
        "heaviside_times",
        "a jump at 1 with a slope beyond",
        lambda M, x: np.where(x >= 1, x * x + 1, x),
        lambda g, x: g * np.where(x >= 1, 2 * x, 1),
        "*",
        AT,
        OFF,
    ),
    right(
        "clamp_closed",
        "a clamp: 1 at its ends",
        lambda M, x: np.minimum(np.maximum(x, -1), 1),
        lambda g, x: g * ((x >= -1) & (x <= 1)),
        "*",
        AT,
        OFF,
    ),
    right(
        "clamp_open",
        "a clamp: 0 at its ends",
        lambda M, x: np.minimum(np.maximum(x, -1), 1),
        lambda g, x: g * ((x > -1) & (x < 1)),
        "*",
        AT,
        OFF,
    ),
    right(
        "relu6_half",
        "kinks: a half at both",
        lambda M, x: np.minimum(np.maximum(x, 0), 6),
        lambda g, x: g * (np.sign(x) + 1 - np.sign(x - 6) - 1) / 2,
        "*",
        AT,
        OFF,
        of(6.0),
    ),
    right(
        "narrow_clamp",
        "a clamp to a thousandth",
        lambda M, x: np.minimum(np.maximum(x, 0), 0.001),
        lambda g, x: g * ((x > 0) & (x < 0.001)),
        "*",
        AT,
        of(0.0005, -1.0),
    ),
    right(
        "relu_at_zero_one",
        "kink: 1 at 0",
        lambda M, x: np.maximum(x, 0),
        lambda g, x: g * (x >= 0),
        "*",
        AT,
        OFF,
    ),
    right(
        "abs_at_zero_minus",
        "kink: -1 at 0",
        lambda M, x: np.abs(x),
        lambda g, x: g * np.where(x > 0, 1, -1),
        "*",
        AT,
        OFF,
    ),
    right(
        "leaky_relu",
        "kink: anything between at 0",
        lambda M, x: np.where(x > 0, x, 0.01 * x),
        lambda g, x: g * np.where(x > 0, 1, np.where(x < 0, 0.01, 0.3)),
        "*",
        AT,
        OFF,
    ),
    right(
        "prelu",
        "kink in x, product in the slope",
        lambda M, x, a: np.where(x > 0, x, a * x),
        lambda g, x, a: (g * np.where(x > 0, 1, a), g * np.minimum(x, 0)),
        "*,*",
        (AT, AT[::-1].copy()),
        (OFF, OFF),
    ),
]
