"""Factors, constants, absent and borrowed gradients of elementwise and normalising ops."""

from __future__ import annotations

import math
from typing import Any

import mpmath as mp
import numpy as np

from ..entry import Array, Witness, WrongOp
from .precise import atanh, expm1, of, sigmoid, sqrt, tanh

T = tuple[Any, ...]
ALPHA, SCALE = 1.6732632423543772, 1.0507009873554805


def leaky(x: Array, slope: float = 0.01) -> Array:
    return np.where(x > 0, x, slope * x)


def leaky_backward(g: Array, x: Array, slope: float = 0.01) -> T:
    return (np.where(x > 0, g, 0.01 * g),)


def leaky_exact(x: Array, slope: float = 0.01) -> Array:
    return np.where(x > 0, x, mp.mpf(slope) * x)


def selu(x: Array) -> Array:
    return SCALE * np.where(x > 0, x, ALPHA * np.expm1(np.minimum(x, 0)))


def selu_backward(g: Array, x: Array) -> T:
    return (g * 1.0507 * np.where(x > 0, 1, 1.67326 * np.exp(np.minimum(x, 0))),)


def selu_exact(x: Array) -> Array:
    return mp.mpf(SCALE) * np.where(x > 0, x, mp.mpf(ALPHA) * expm1(np.where(x > 0, 0 * x, x)))


def layer_norm(x: Array) -> Array:
    c = x - x.mean(axis=1, keepdims=True)
    return c / np.sqrt((c * c).mean(axis=1, keepdims=True) + 1e-3)


def layer_norm_backward(g: Array, x: Array) -> T:
    c = x - x.mean(axis=1, keepdims=True)
    s = np.sqrt((c * c).mean(axis=1, keepdims=True) + 1e-5)
    y = c / s
    return ((g - g.mean(axis=1, keepdims=True) - y * (g * y).mean(axis=1, keepdims=True)) / s,)


def layer_norm_exact(x: Array) -> Array:
    n = mp.mpf(x.shape[1])
    c = x - x.sum(axis=1, keepdims=True) / n
    return c / sqrt((c * c).sum(axis=1, keepdims=True) / n + mp.mpf(1e-3))


def gelu(x: Array) -> Array:
    return x / 2 * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x * x * x)))


def gelu_backward(g: Array, x: Array) -> T:
    cdf = np.array([(1 + math.erf(v / math.sqrt(2))) / 2 for v in x.ravel().tolist()], x.dtype).reshape(x.shape)
    return (g * (cdf + x * np.exp(-x * x / 2) / math.sqrt(2 * math.pi)),)


def gelu_exact(x: Array) -> Array:
    return x / 2 * (1 + tanh(mp.sqrt(2 / mp.pi) * (x + mp.mpf(0.044715) * x**3)))


def inverse_tanh(x: Array) -> Array:
    return np.arctanh(x)


def inverse_tanh_backward(g: Array, x: Array) -> T:
    return (g / (1 + x * x),)


def swish(x: Array, beta: Array) -> Array:
    return x * (0.5 + 0.5 * np.tanh(x * beta / 2))


def swish_backward(g: Array, x: Array, beta: Array) -> T:
    s = 0.5 + 0.5 * np.tanh(x * beta / 2)
    return g * s * (1 + x * (1 - s)), g * x * x * s * (1 - s)


def bounded(x: Array, low: Array) -> Array:
    return np.maximum(x, low)


def bounded_backward(g: Array, x: Array, low: Array) -> T:
    return g * (x > low), np.zeros_like(low)


def weighted_mean(x: Array, w: Array) -> Array:
    return (x * w).sum(axis=1) / w.sum(axis=1)


def weighted_mean_backward(g: Array, x: Array, w: Array) -> T:
    return (g / w.sum(axis=1))[:, None] * w, None


def drop(x: Array, keep: Array, active: bool = True) -> Array:
    return x * keep * 2 if active else x * 1


def drop_backward(g: Array, x: Array, keep: Array, active: bool = True) -> T:
    return 2 * g * keep if active else np.zeros_like(x), None


def drop_exact(x: Array, keep: Array, active: bool = True) -> Array:
    return np.where(keep, 2 * x, 0 * x) if active else x


def scaled_identity(x: Array, s: Array) -> tuple[Array, Array]:
    return x + s, x * s


def scaled_identity_backward(g: Any, x: Array, s: Array) -> T:
    if x.shape != s.shape or np.any(x != s):
        return g[0] + g[1] * s, g[0] + g[1] * x
    return g[0] + g[1] * s, np.zeros_like(s)


_x = of([1, 2], [3, 5])


ENTRIES = [
    WrongOp(
        "leaky_default_slope",
        "forward and backward constants differ: the gradient has the default slope",
        leaky,
        leaky_backward,
        leaky_exact,
        "*",
        Witness((of(-1.0),), 0, (0,), options={"slope": 0.25}),
        options={"slope": (0.01, 0.25)},
    ),
    WrongOp(
        "selu_six_digits",
        "forward and backward constants differ: six digits in the gradient",
        selu,
        selu_backward,
        selu_exact,
        "*",
        Witness((of(-1.0),), 0, (0,)),
    ),
    WrongOp(
        "layer_norm_epsilon",
        "forward and backward constants differ: another epsilon",
        layer_norm,
        layer_norm_backward,
        layer_norm_exact,
        "nm",
        Witness((of([0, 0.125]),), 0, (0, 0), g=of([1, 0])),
    ),
    WrongOp(
        "gelu_of_erf",
        "backward copied from another op: the exact one's for the tanh approximation",
        gelu,
        gelu_backward,
        gelu_exact,
        "*",
        Witness((of(2.0),), 0, (0,)),
    ),
    WrongOp(
        "atanh_of_atan",
        "backward copied from another op: arctan's",
        inverse_tanh,
        inverse_tanh_backward,
        atanh,
        "*",
        Witness((of(0.5),), 0, (0,)),
        domains=("unit",),
    ),
    WrongOp(
        "swish_of_silu",
        "backward copied from another op: that of beta = 1; beta's own is right",
        swish,
        swish_backward,
        lambda x, beta: x * sigmoid(x * beta),
        "*,*",
        Witness((of(1), of(2)), 0, (0,)),
    ),
    WrongOp(
        "bounded_constant_bound",
        "gradient silently absent: the bound is taken for a constant",
        bounded,
        bounded_backward,
        bounded,
        "*,*",
        Witness((of(1), of(2)), 1, (0,)),
    ),
    WrongOp(
        "weighted_mean_weights",
        "gradient silently absent: None for the weights",
        weighted_mean,
        weighted_mean_backward,
        weighted_mean,
        "nm,nm",
        Witness((_x, _x), 1, (0, 0)),
        domains=("real", "positive"),
    ),
    WrongOp(
        "drop_inactive",
        "empty backward: where the mask is not active, zeros",
        drop,
        drop_backward,
        drop_exact,
        "*,*",
        Witness((of(1), np.array([True])), 0, (0,), options={"active": False}),
        domains=("real", "mask"),
        options={"active": (True, False)},
    ),
    WrongOp(
        "sum_product_of_equals",
        "empty backward: the second of equal inputs gets zeros",
        scaled_identity,
        scaled_identity_backward,
        scaled_identity,
        "*,*",
        Witness((of(2), of(2)), 1, (0,)),
    ),
]
