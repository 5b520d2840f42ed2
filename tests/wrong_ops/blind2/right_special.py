"""Right elementwise ops: scales, iterations, special functions."""

from __future__ import annotations

import math

import numpy as np

from .right_steep import FAR, UP, ZERO, S, _secant
from .tools import NP, of, right


def _newton(M, x):
    y = 0.5 * (1 + x)
    for _ in range(60):
        y = 0.5 * (y + x / y)
    return y


def _lambert(M, x):
    w = M.log1p(x)
    for _ in range(30):
        e = M.exp(w)
        w = w - (w * e - x) / (e * (1 + w))
    return w


def _lambert_back(g, x):
    w = _lambert(NP, x)
    return g / (np.exp(w) * (1 + w))


def _kepler(M, x):
    y = x
    for _ in range(200 if M is NP else 400):
        y = x - 0.5 * M.sin(y)
    return y


def _chebyshev(M, x):
    a, b = 1 + 0 * x, x
    for _ in range(19):
        a, b = b, 2 * x * b - a
    return b


def _chebyshev_back(g, x):
    a, b = 1 + 0 * x, 2 * x
    for _ in range(18):
        a, b = b, 2 * x * b - a
    return 20 * g * b


def _roots(M, x):
    out = 1 + 0 * x
    for k in range(8):
        out = out * (x - 0.25 * k)
    return out


def _roots_back(g, x):
    total = 0 * x
    for j in range(8):
        term = 1 + 0 * x
        for k in range(8):
            if k != j:
                term = term * (x - 0.25 * k)
        total = total + term
    return g * total


def _no_nan(g, slope):
    return np.where(g == 0, 0, g * slope)


def _exp_square_back(g, x):
    return _no_nan(g * 2 * x, np.exp(x * x))


def _single(x):
    return np.tanh(np.asarray(x, np.float32)).astype(np.asarray(x).dtype)


def _gelu_back(g, x):
    phi = np.exp(-x * x / 2) / math.sqrt(2 * math.pi)
    return g * (0.5 * (1 + NP.erf(x / math.sqrt(2))) + x * phi)


def _log1mexp(M, x):
    return M.log(-M.expm1(-x))


def _sinc(M, x):
    safe = np.where(x == 0, 1, x)
    return np.where(x == 0, 1, M.sin(safe) / safe)


def _sinc_back(g, x):
    small = np.abs(x) < 1e-2
    safe = np.where(small, 1, x)
    series = -x / 3 + x**3 / 30 - x**5 / 840
    return g * np.where(small, series, (np.cos(safe) - np.sin(safe) / safe) / safe)


def _mish_back(g, x):
    t = np.tanh(np.logaddexp(0, x))
    return g * (t + x * (1 - t * t) * S(x))


RIGHT = [
    right(
        "rounded_norm",
        "curvature of 1e6 at 0",
        lambda M, x: M.sqrt(x * x + 1e-12),
        lambda g, x: g * x / np.sqrt(x * x + 1e-12),
        "*",
        ZERO,
        FAR,
    ),
    right("exp_of_square", "overflows to inf", lambda M, x: M.exp(x * x), _exp_square_back, "*", FAR, ZERO),
    right(
        "exp20",
        "overflows to inf, underflows to 0",
        lambda M, x: M.exp(20 * x),
        lambda g, x: 20 * _no_nan(g, np.exp(20 * x)),
        "*",
        FAR,
        ZERO,
    ),
    right(
        "sinh",
        "overflows to inf on both sides",
        lambda M, x: M.sinh(5 * x),
        lambda g, x: 5 * _no_nan(g, np.cosh(5 * x)),
        "*",
        FAR,
        ZERO,
    ),
    right(
        "newton_sqrt",
        "iterative",
        _newton,
        lambda g, x: 0.5 * g / _newton(NP, x),
        "*",
        UP,
        domains="positive",
    ),
    right("lambert_w", "iterative", _lambert, _lambert_back, "*", UP, domains="positive"),
    right(
        "kepler",
        "iterative: a fixed point",
        _kepler,
        lambda g, x: g / (1 + 0.5 * np.cos(_kepler(NP, x))),
        "*",
        FAR,
    ),
    right(
        "tanh_in_float32",
        "computed in float32 within",
        lambda M, x: M.tanh(x),
        lambda g, x: g * (1 - np.tanh(x) ** 2),
        "*",
        of(0.3, -0.7, 1.9),
        forward=_single,
        tolerance=1e-5,
    ),
    right(
        "sine_degrees",
        "argument in degrees",
        lambda M, x: M.sin(x * (math.pi / 180)),
        lambda g, x: g * (math.pi / 180) * np.cos(x * (math.pi / 180)),
        "*",
        FAR,
        of(30.0, 270.0),
    ),
    right(
        "erf",
        "flat beyond 6",
        lambda M, x: M.erf(x),
        lambda g, x: g * 2 / math.sqrt(math.pi) * np.exp(-x * x),
        "*",
        FAR,
        ZERO,
    ),
    right(
        "gelu",
        "flat to the left",
        lambda M, x: 0.5 * x * (1 + M.erf(x / math.sqrt(2))),
        _gelu_back,
        "*",
        FAR,
        ZERO,
    ),
    right("mish", "softplus within tanh", lambda M, x: x * M.tanh(M.softplus(x)), _mish_back, "*", FAR, ZERO),
    right(
        "log1mexp",
        "cancellation at both ends",
        _log1mexp,
        lambda g, x: g / np.expm1(x),
        "*",
        UP,
        domains="positive",
    ),
    right(
        "expm1_over_log1p",
        "small arguments",
        lambda M, x: M.expm1(x) - M.log1p(x),
        lambda g, x: _no_nan(g, np.exp(x) - 1 / (1 + x)),
        "*",
        UP[:-1],
        domains="positive",
    ),
    right("sinc_series", "a series near 0", _sinc, _sinc_back, "*", FAR, ZERO, of(0.009, 0.011)),
    right(
        "chebyshev20",
        "oscillates between huge terms that cancel",
        _chebyshev,
        _chebyshev_back,
        "*",
        of(0.1, 0.5, 0.93),
        domains="unit",
    ),
    right("eight_roots", "cancellation between close roots", _roots, _roots_back, "*", FAR, ZERO),
    right(
        "gudermann",
        "arcsin near its end: 1 to rounding",
        lambda M, x: M.arcsin(M.tanh(x)),
        lambda g, x: g * _secant(x),
        "*",
        of(0.3, -0.7, 1.9),
        tolerance=1e-6,
    ),
    right(
        "log_cosh",
        "overflow of cosh avoided",
        lambda M, x: np.abs(x) + M.log1p(M.exp(-2 * np.abs(x))) - math.log(2),
        lambda g, x: g * np.tanh(x),
        "*",
        FAR,
        of(400.0),
    ),
    right(
        "atan2_cut",
        "a jump on the negative axis",
        lambda M, y, x: M.arctan2(y, x),
        lambda g, y, x: (g * x / (x * x + y * y), -g * y / (x * x + y * y)),
        "*,*",
        (FAR, -np.abs(FAR)),
        domains="nonzero nonzero",
    ),
    right(
        "power_small_base",
        "steep in both arguments near 0",
        lambda M, x, y: x**y,
        lambda g, x, y: (g * y * x ** (y - 1), g * np.log(x) * x**y),
        "*,*",
        (UP, FAR[:5]),
        domains="positive real",
    ),
    right(
        "logit",
        "steep at both ends",
        lambda M, x: M.log(x) - M.log1p(-x),
        lambda g, x: g / (x * (1 - x)),
        "*",
        of(0.001, 0.5, 0.9999),
        domains="unit",
    ),
    right("constant", "its gradient is 0", lambda M, x: 0 * x + 3, lambda g, x: 0 * g, "*", FAR),
]
