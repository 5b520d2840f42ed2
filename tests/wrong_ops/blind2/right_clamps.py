"""Right elementwise ops: clamps, activations, masks, two arguments."""

from __future__ import annotations

import numpy as np

from .right_kinks import AT, OFF
from .tools import NP, of, right, sign

KNOTS = of(-2.0, -1.0, -0.9, 0.0, 0.25, 2.0)

VALUES = of(1.0, 3.0, -2.0, 0.0, 0.0, 5.0)

SLOPES = np.diff(VALUES) / np.diff(KNOTS)


def _table(M, x):
    out = VALUES[0] + 0 * x
    for k in range(len(SLOPES)):
        width = float(KNOTS[k + 1] - KNOTS[k])
        out = out + float(SLOPES[k]) * np.minimum(np.maximum(x - float(KNOTS[k]), 0), width)
    return out


def _table_back(g, x):
    k = np.searchsorted(KNOTS, x, side="right")
    return g * np.concatenate([[0], SLOPES, [0]])[k]


def _xlogx(M, x):
    return np.where(x > 0, x * M.log(np.where(x > 0, x, 1)), 0)


def _xlogx_back(g, x):
    return np.where(x > 0, g * (np.log(np.where(x > 0, x, 1)) + 1), 0)


def _huber(M, x, delta):
    a = np.abs(x)
    return np.where(a <= delta, 0.5 * x * x, delta * (a - 0.5 * delta))


def _smooth_hinge(M, x):
    return np.where(x >= 1, 0, np.where(x <= 0, 0.5 - x, 0.5 * (1 - x) ** 2))


def _smooth_hinge_back(g, x):
    return -g * np.clip(1 - x, 0, 1)


def _log_or_linear(M, x):
    return np.where(x > 0, M.log1p(np.where(x > 0, x, 0)), x)


def _safe_log(M, x):
    on = x > 0.001
    return np.where(on, M.log(np.where(on, x, 1)), -5)


def _inverse_or_zero(M, x):
    on = np.abs(x) > 0.01
    return np.where(on, 1 / np.where(on, x, 1), 0)


def _inverse_or_zero_back(g, x):
    on = np.abs(x) > 0.01
    return np.where(on, -g / np.where(on, x, 1) ** 2, 0)


def _selu(M, x):
    return 1.05 * np.where(x > 0, x, 1.67 * M.expm1(np.minimum(x, 0)))


def _double_well_back(g, x):
    return g * np.where(np.abs(x - 1) < np.abs(x + 1), np.sign(x - 1), np.sign(x + 1))


RIGHT = [
    right(
        "elu",
        "a kink unless alpha is 1",
        lambda M, x, alpha: np.where(x > 0, x, alpha * M.expm1(np.minimum(x, 0))),
        lambda g, x, alpha: g * np.where(x > 0, 1, alpha * np.exp(np.minimum(x, 0))),
        "*",
        AT,
        OFF,
        options={"alpha": [1.0, 0.5]},
    ),
    right(
        "selu",
        "a kink",
        _selu,
        lambda g, x: 1.05 * g * np.where(x > 0, 1, 1.67 * np.exp(np.minimum(x, 0))),
        "*",
        AT,
        OFF,
    ),
    right(
        "hardswish",
        "kinks at 3 and -3",
        lambda M, x: x * np.minimum(np.maximum(x + 3, 0), 6) / 6,
        lambda g, x: g * np.where(x <= -3, 0, np.where(x >= 3, 1, (2 * x + 3) / 6)),
        "*",
        AT,
        OFF,
    ),
    right(
        "hardshrink",
        "jumps",
        lambda M, x: np.where(np.abs(x) > 0.5, x, 0),
        lambda g, x: g * (np.abs(x) > 0.5),
        "*",
        OFF,
        of(0.0, 0.2),
    ),
    right(
        "softshrink",
        "two kinks",
        lambda M, x: sign(x) * np.maximum(np.abs(x) - 0.5, 0),
        lambda g, x: g * (np.abs(x) > 0.5),
        "*",
        AT,
        OFF,
    ),
    right(
        "huber",
        "curvature jumps",
        _huber,
        lambda g, x, delta: g * np.clip(x, -delta, delta),
        "*",
        AT,
        OFF,
        options={"delta": [0.01, 1.0]},
    ),
    right("smooth_hinge", "curvature jumps", _smooth_hinge, _smooth_hinge_back, "*", AT, OFF),
    right(
        "epsilon_insensitive",
        "kinks near each other",
        lambda M, x: np.maximum(np.abs(x) - 0.01, 0),
        lambda g, x: g * np.sign(x) * (np.abs(x) > 0.01),
        "*",
        AT,
        OFF,
    ),
    right(
        "pinball",
        "a kink with unlike slopes",
        lambda M, x, q: np.maximum(q * x, (q - 1) * x),
        lambda g, x, q: g * np.where(x > 0, q, q - 1),
        "*",
        AT,
        OFF,
        options={"q": [0.5, 0.99]},
    ),
    right(
        "log_or_line",
        "second derivative jumps",
        _log_or_linear,
        lambda g, x: g / (1 + np.maximum(x, 0)),
        "*",
        AT,
        OFF,
    ),
    right("xlogx", "vertical tangent at 0, 0 to the left", _xlogx, _xlogx_back, "*", AT, OFF),
    right(
        "sqrt_relu",
        "vertical tangent at 0, 0 to the left",
        lambda M, x: M.sqrt(np.maximum(x, 0)),
        lambda g, x: np.where(x > 0, g * 0.5 / np.sqrt(np.where(x > 0, x, 1)), 0),
        "*",
        AT,
        OFF,
    ),
    right(
        "safe_log",
        "a mask over inf, a jump",
        _safe_log,
        lambda g, x: np.where(x > 0.001, g / np.where(x > 0.001, x, 1), 0),
        "*",
        AT[AT != 0],
        OFF[OFF != 0.001],
    ),
    right(
        "inverse_or_zero",
        "a mask over inf, jumps of 100",
        _inverse_or_zero,
        _inverse_or_zero_back,
        "*",
        AT,
        OFF,
    ),
    right(
        "power_three_halves",
        "curvature is infinite at 0",
        lambda M, x: np.abs(x) * M.sqrt(np.abs(x)),
        lambda g, x: 1.5 * g * np.sign(x) * np.sqrt(np.abs(x)),
        "*",
        AT,
        OFF,
    ),
    right(
        "relu_to_five_halves",
        "a zero base",
        lambda M, x: np.maximum(x, 0) ** 2 * M.sqrt(np.maximum(x, 0)),
        lambda g, x: 2.5 * g * np.maximum(x, 0) ** 1.5,
        "*",
        AT,
        OFF,
    ),
    right("interpolation_table", "piecewise linear, flat outside", _table, _table_back, "*", AT, OFF, KNOTS),
    right(
        "two_wells",
        "a kink at the crossing and at both tips",
        lambda M, x: np.minimum(np.abs(x - 1), np.abs(x + 1)),
        _double_well_back,
        "*",
        AT,
        OFF,
    ),
    right(
        "maximum_first",
        "ties: all to the first",
        lambda M, x, y: np.maximum(x, y),
        lambda g, x, y: (g * (x >= y), g * (y > x)),
        "*,*",
        (AT, AT),
        (AT, AT[::-1].copy()),
    ),
    right(
        "maximum_even",
        "ties: shared",
        lambda M, x, y: np.maximum(x, y),
        lambda g, x, y: (g * (np.sign(x - y) + 1) / 2, g * (np.sign(y - x) + 1) / 2),
        "*,*",
        (AT, AT),
        (AT, OFF[[*range(7), 0]]),
    ),
    right(
        "minimum_rounded",
        "ties and stairs",
        lambda M, x, y: np.minimum(M.rint(x), y),
        lambda g, x, y: (0 * g, g * (y < np.rint(x))),
        "*,*",
        (OFF, OFF[::-1].copy()),
    ),
    right(
        "hypot_at_zero",
        "a cone: 0 at its tip",
        lambda M, x, y: M.sqrt(x * x + y * y),
        lambda g, x, y: tuple(g * v / np.where((x == 0) & (y == 0), 1, np.hypot(x, y)) for v in (x, y)),
        "*,*",
        (of(0.0, 3.0, 0.0), of(0.0, 4.0, 1.0)),
    ),
    right(
        "xlogy",
        "0 log y",
        lambda M, x, y: np.where(x == 0, 0, x * M.log(y)),
        lambda g, x, y: (g * np.log(y), g * x / y),
        "*,*",
        (of(0.0, 1.0, -2.0), of(0.5, 2.0, 0.1)),
        domains="real positive",
    ),
    right(
        "softplus_step",
        "a sum of steep sigmoids, nearly stairs",
        lambda M, x: sum((M.sigmoid(300 * (x - 0.25 * k)) for k in range(-4, 5)), 0 * x),
        lambda g, x: (
            g
            * sum(
                (300 * NP.sigmoid(300 * (x - 0.25 * k)) * NP.sigmoid(-300 * (x - 0.25 * k)) for k in range(-4, 5)),
                0 * x,
            )
        ),
        "*",
        AT,
        OFF,
    ),
]
