"""Right elementwise ops, smooth but steep, flat, huge, tiny, noisy or saturated."""

from __future__ import annotations

import numpy as np

from .tools import NP, of, right

S = NP.sigmoid

FAR = of(0.3, -0.7, 1.9, -2.6, 0.001, 3.1)

ZERO = of(0.0, 1.0, -1.0, 0.25, -3.5)

UP = of(0.01, 0.3, 1.0, 2.5, 40.0)


def _bump(M, x):
    safe = np.where(x == 0, 1, x)
    return np.where(x == 0, 0, M.exp(-1 / (safe * safe)))


def _bump_back(g, x):
    safe = np.where(np.abs(x) < 0.03, 1, x)
    return np.where(np.abs(x) < 0.03, 0, g * 2 / safe**3 * np.exp(-1 / (safe * safe)))


def _wiggle_back(g, x):
    return g * (2 * x * np.sin(1 / x) - np.cos(1 / x))


def _secant(x):
    return 2 * np.exp(-np.abs(x)) / (1 + np.exp(-2 * np.abs(x)))


RIGHT = [
    right(
        "steep_tanh",
        "steep: saturated but for a thousandth",
        lambda M, x: M.tanh(1000 * x),
        lambda g, x: g * 1000 * _secant(1000 * x) ** 2,
        "*",
        ZERO,
        of(0.0005, -0.0012),
    ),
    right(
        "steep_sigmoid",
        "steep",
        lambda M, x: M.sigmoid(200 * x),
        lambda g, x: g * 200 * S(200 * x) * S(-200 * x),
        "*",
        ZERO,
        of(0.005, -0.01),
    ),
    right(
        "saturated_sigmoid",
        "flat: exp underflows",
        lambda M, x: M.sigmoid(50 * x + 30),
        lambda g, x: g * 50 * S(50 * x + 30) * S(-50 * x - 30),
        "*",
        ZERO,
    ),
    right(
        "spike",
        "a spike of width 0.01 on a flat line",
        lambda M, x: M.exp(-10000 * x * x),
        lambda g, x: g * -20000 * x * np.exp(-10000 * x * x),
        "*",
        ZERO,
        of(0.004, -0.02),
    ),
    right("bump", "flat: all derivatives are 0 at 0", _bump, _bump_back, "*", ZERO, FAR),
    right("ninth_power", "flat at 0, steep beyond", lambda M, x: x**9, lambda g, x: 9 * g * x**8, "*", ZERO, FAR),
    right(
        "cancelling_square",
        "cancellation: 1e12 off the square",
        lambda M, x: (x + 1e6) ** 2 - 1e12,
        lambda g, x: 2 * g * (x + 1e6),
        "*",
        FAR,
        tolerance=1e-4,
    ),
    right(
        "one_minus_cos",
        "cancellation at 0",
        lambda M, x: 1 - M.cos(x),
        lambda g, x: g * np.sin(x),
        "*",
        FAR,
        ZERO,
    ),
    right(
        "offset_noise",
        "noise: 1e8 added and taken off",
        lambda M, x: (x + 1e8) - 1e8,
        lambda g, x: 1.0 * g,
        "*",
        FAR,
        tolerance=1e-6,
    ),
    right(
        "difference_of_exps",
        "cancellation: exp(x) - exp(-x)",
        lambda M, x: (M.exp(x) - M.exp(-x)) / 2,
        lambda g, x: g * np.cosh(x),
        "*",
        FAR,
        ZERO,
    ),
    right(
        "log_of_one_plus",
        "cancellation: log(1 + x) as written",
        lambda M, x: M.log(1 + x * x),
        lambda g, x: g * 2 * x / (1 + x * x),
        "*",
        FAR,
    ),
    right(
        "fast_sine",
        "trigonometry of large arguments",
        lambda M, x: M.sin(10000 * x),
        lambda g, x: g * 10000 * np.cos(10000 * x),
        "*",
        FAR,
    ),
    right(
        "chirp",
        "ever faster oscillation",
        lambda M, x: M.sin(100 * x * x),
        lambda g, x: g * 200 * x * np.cos(100 * x * x),
        "*",
        FAR,
        ZERO,
    ),
    right(
        "wiggle",
        "infinitely many oscillations near 0",
        lambda M, x: x * x * M.sin(1 / x),
        _wiggle_back,
        "*",
        FAR,
        domains="nonzero",
    ),
    right(
        "sine_of_inverse",
        "steep near 0",
        lambda M, x: M.sin(1 / x),
        lambda g, x: -g * np.cos(1 / x) / x**2,
        "*",
        FAR,
        domains="nonzero",
    ),
    right(
        "huge_scale",
        "values of 1e8 and more",
        lambda M, x: 1e8 * x**3,
        lambda g, x: 3e8 * g * x * x,
        "*",
        FAR,
        ZERO,
    ),
    right(
        "tiny_scale",
        "values of 1e-8 and less",
        lambda M, x: 1e-8 * M.sin(x),
        lambda g, x: 1e-8 * g * np.cos(x),
        "*",
        FAR,
        ZERO,
    ),
    right("very_tiny_scale", "values of 1e-20", lambda M, x: 1e-20 * x * x, lambda g, x: 2e-20 * g * x, "*", FAR),
    right(
        "large_unit",
        "inputs only count in hundred millions",
        lambda M, x: M.tanh(x * 1e-8),
        lambda g, x: g * 1e-8 * _secant(x * 1e-8) ** 2,
        "*",
        FAR,
        of(1e8, -3e7),
    ),
    right(
        "reciprocal",
        "steep near 0",
        lambda M, x: 1 / x,
        lambda g, x: -g / (x * x),
        "*",
        FAR,
        domains="nonzero",
    ),
    right(
        "inverse_square_root",
        "steep near 0",
        lambda M, x: 1 / M.sqrt(x),
        lambda g, x: -0.5 * g / (x * np.sqrt(x)),
        "*",
        UP,
        domains="positive",
    ),
    right(
        "square_root",
        "vertical tangent at 0",
        lambda M, x: M.sqrt(x),
        lambda g, x: 0.5 * g / np.sqrt(x),
        "*",
        UP,
        domains="positive",
    ),
    right(
        "cube_root",
        "vertical tangent at 0",
        lambda M, x: M.cbrt(x),
        lambda g, x: g / (3 * np.cbrt(x) ** 2),
        "*",
        FAR,
        domains="nonzero",
    ),
]
