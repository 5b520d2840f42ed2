"""What is done to the upstream gradient: ignored, squared, clipped, averaged, dropped where small, added to."""

from __future__ import annotations

from typing import Any

import mpmath as mp
import numpy as np

from ..entry import Array, Witness, WrongOp
from .precise import exp, of, sigmoid, sin, tanh

T = tuple[Any, ...]


def logistic(x: Array) -> Array:
    return 0.5 + 0.5 * np.tanh(x / 2)


# ignored
def half_square(x: Array, y: Array) -> Array:
    return np.sum((x - y) ** 2) / 2


def half_square_backward(g: Array, x: Array, y: Array) -> T:
    return x - y, g * (y - x)


def penalty(x: Array, scale: Array) -> tuple[Array, Array]:
    return x * scale, abs(scale) * 0.5


def penalty_backward(g: Any, x: Array, scale: Array) -> T:
    return g[0] * scale, g[0] * x + 0.5 * np.sign(scale)


# squared
def bump(x: Array) -> Array:
    return np.exp(-x * x)


def bump_backward(g: Array, x: Array) -> T:
    s = g * np.exp(-x * x)
    return (-2 * x * s * g,)


def gated(x: Array, y: Array) -> Array:
    return np.tanh(x) * logistic(y)


def gated_backward(g: Array, x: Array, y: Array) -> T:
    a, b = np.tanh(x), logistic(y)
    gb = g * a
    return g * b * (1 - a * a), g * gb * b * (1 - b)


# clipped
def cell(c: Array, f: Array) -> Array:
    return c * logistic(f)


def cell_backward(g: Array, c: Array, f: Array) -> T:
    s = logistic(f)
    return np.clip(g, -50, 50) * s, g * c * s * (1 - s)


def project(x: Array, w: Array) -> Array:
    return x @ w


def project_backward(g: Array, x: Array, w: Array) -> T:
    gw = x.T @ g
    length = np.sqrt((gw * gw).sum())
    return g @ w.T, gw * (20 / length) if length > 20 else gw


# averaged
def shifted_sine(x: Array) -> Array:
    return np.sin(x)


def shifted_sine_backward(g: Array, x: Array) -> T:
    return (np.cos(x) * (g.mean(axis=0, keepdims=True) if g.ndim and len(g) else g),)


# dropped where small
def doubled(x: Array) -> Array:
    return x + x


def doubled_backward(g: Array, x: Array) -> T:
    return (np.where(abs(g) < 1e-8, 0, 2 * g).astype(x.dtype),)


# its sign: right for positive upstream
def relu_squared(x: Array) -> Array:
    return np.maximum(x, 0) ** 2


def relu_squared_backward(g: Array, x: Array) -> T:
    return (2 * np.maximum(x, 0) * np.maximum(g, 0),)


# added to: a decay of the weights in the rule
def decayed(x: Array, w: Array) -> Array:
    return x * w


def decayed_backward(g: Array, x: Array, w: Array) -> T:
    return g * w, g * x + 2**-7 * w


# a sum's upstream spread for a vector of ones
def cumulative(x: Array) -> Array:
    return np.cumsum(x)


def cumulative_backward(g: Array, x: Array) -> T:
    return (g * np.arange(len(x), 0, -1).astype(x.dtype),)


# only the first output's
def polar(r: Array, t: Array) -> tuple[Array, Array]:
    return r * np.cos(t), r * np.sin(t)


def polar_backward(g: Any, r: Array, t: Array) -> T:
    return g[0] * np.cos(t) + g[1] * np.sin(t), r * (g[0] * np.cos(t) - g[0] * np.sin(t))


def polar_exact(r: Array, t: Array) -> tuple[Array, Array]:
    return r * np.frompyfunc(mp.cos, 1, 1)(t), r * sin(t)


# none for the second output where that is given as None or zeros
def moments(x: Array) -> tuple[Array, Array]:
    return x.sum(axis=1), (x * x).sum(axis=1)


def moments_backward(g: Any, x: Array) -> T:
    if not np.any(g[0]):
        return (np.zeros_like(x),)
    return (g[0][:, None] + 2 * x * g[1][:, None],)


_x = of(0.5, -1.5)
ENTRIES = [
    WrongOp(
        "half_square_ignores",
        "upstream ignored: the prediction's gradient is for an upstream of one",
        half_square,
        half_square_backward,
        half_square,
        "*,*",
        Witness((of(3), of(1)), 0, (0,), g=np.array(2.0)),
    ),
    WrongOp(
        "penalty_ignores_second",
        "upstream ignored: the second output's part of one input",
        penalty,
        penalty_backward,
        lambda x, s: (x * s, abs(s) / 2),
        "*,*",
        Witness((of(3), of(1)), 1, (0,), g=(of(1), of(2))),
        domains=("real", "nonzero"),
    ),
    WrongOp(
        "bump_squares",
        "upstream squared: in the saved product and again",
        bump,
        bump_backward,
        lambda x: exp(-x * x),
        "*",
        Witness((of(1.0),), 0, (0,), g=of(2), kind="linear"),
    ),
    WrongOp(
        "gated_squares_gate",
        "upstream squared: in the gate's gradient only",
        gated,
        gated_backward,
        lambda x, y: tanh(x) * sigmoid(y),
        "*,*",
        Witness((of(1), of(2)), 1, (0,), g=of(3), kind="linear"),
    ),
    WrongOp(
        "cell_clips",
        "upstream clipped: at 50, on the way to the cell",
        cell,
        cell_backward,
        lambda c, f: c * sigmoid(f),
        "*,*",
        Witness((of(1), of(2)), 0, (0,), g=of(40), kind="linear"),
    ),
    WrongOp(
        "project_clips_by_norm",
        "upstream clipped: the weight's gradient is scaled to a length of 20",
        project,
        project_backward,
        project,
        "nk,km",
        Witness((of([30]), of([1])), 1, (0, 0)),
    ),
    WrongOp(
        "sine_mean_upstream",
        "other: the upstream's mean over the batch for the upstream",
        shifted_sine,
        shifted_sine_backward,
        sin,
        "*",
        Witness((of(1, 2),), 0, (0,), g=of(1, 3)),
    ),
    WrongOp(
        "doubled_drops_small",
        "other: upstreams below 1e-8 are dropped",
        doubled,
        doubled_backward,
        doubled,
        "*",
        Witness((of(1),), 0, (0,), g=of(2.0**-30)),
    ),
    WrongOp(
        "relu_squared_guided",
        "other: negative upstreams are dropped, as in guided backpropagation",
        relu_squared,
        relu_squared_backward,
        lambda x: np.where(x > 0, x * x, 0 * x),
        "*",
        Witness((of(1),), 0, (0,), g=of(-1)),
    ),
    WrongOp(
        "decayed_weight",
        "other: a weight decay that does not depend on the upstream",
        decayed,
        decayed_backward,
        decayed,
        "*,*",
        Witness((of(1), of(2)), 1, (0,)),
    ),
    WrongOp(
        "cumulative_of_ones",
        "other: as if the upstream were the same everywhere",
        cumulative,
        cumulative_backward,
        cumulative,
        "n",
        Witness((of(1, 2),), 0, (0,), g=of(1, 3)),
    ),
    WrongOp(
        "polar_first_twice",
        "other: the angle's gradient takes the first upstream twice; right for equal ones",
        polar,
        polar_backward,
        polar_exact,
        "*,*",
        Witness((of(1), of(2)), 1, (0,), g=(of(1), of(3))),
    ),
    WrongOp(
        "moments_without_first",
        "gradient silently absent: zeros where the first output's upstream is zero",
        moments,
        moments_backward,
        moments,
        "nm",
        Witness((of([1, 2]),), 0, (0, 0), g=(of(0), of(1))),
    ),
]
