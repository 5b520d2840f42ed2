"""Infinities, overflow, floors and quotients: wrong beyond a bound."""

from __future__ import annotations

import math
from typing import Any

import mpmath as mp
import numpy as np

from ..entry import Array, Witness, WrongOp
from .precise import cosh, exp, log, of, quiet, sigmoid, softplus, sqrt

T = tuple[Any, ...]


@quiet
def masked_softmax(x: Array, keep: Array) -> Array:
    top = np.where(keep, x, -np.inf).max(axis=1, keepdims=True, initial=-np.inf)
    e = np.where(keep, np.exp(np.minimum(x - np.where(np.isfinite(top), top, 0), 0)), 0)
    return (e / np.maximum(e.sum(axis=1, keepdims=True), 0.5)).astype(x.dtype)


@quiet
def masked_softmax_backward(g: Array, x: Array, keep: Array) -> T:
    z = np.where(keep, x, -np.inf).astype(x.dtype)
    e = np.exp(z - z.max(axis=1, keepdims=True, initial=-np.inf))
    y = e / e.sum(axis=1, keepdims=True)
    return y * (g - (g * y).sum(axis=1, keepdims=True)), None


def masked_softmax_exact(x: Array, keep: Array) -> Array:
    e = np.where(keep, exp(x), 0 * x)
    total = e.sum(axis=1, keepdims=True)
    return e / np.where(total == 0, mp.mpf(1), total)


def soft_maximum(x: Array, t: Array) -> Array:
    top = x.max(axis=1, keepdims=True)
    return (t[:, None] * np.log(np.exp((x - top) / t[:, None]).sum(axis=1, keepdims=True)) + top)[:, 0]


@quiet
def soft_maximum_backward(g: Array, x: Array, t: Array) -> T:
    y = soft_maximum(x, t)
    p = np.exp((x - y[:, None]) / t[:, None])
    return g[:, None] * p, g * (y - (p * x).sum(axis=1)) / t


def soft_maximum_exact(x: Array, t: Array) -> Array:
    return t * log(exp(x / t[:, None]).sum(axis=1))


@quiet
def logistic(x: Array) -> Array:
    e = np.exp(-abs(x))
    return np.where(x >= 0, 1, e) / (1 + e)


@quiet
def logistic_backward(g: Array, x: Array) -> T:
    e = np.exp(-x)
    return (g * e / (1 + e) ** 2,)


def smooth(x: Array) -> Array:
    return np.logaddexp(x, 0).astype(x.dtype)


@quiet
def smooth_backward(g: Array, x: Array) -> T:
    e = np.exp(x)
    return (g * e / (1 + e),)


def log_cosh(x: Array) -> Array:
    a = abs(x)
    near = np.log1p(2 * np.sinh(np.minimum(a, 1) / 2) ** 2)
    return np.where(a < 1, near, a + np.log1p(np.exp(-2 * a)) - math.log(2))


@quiet
def log_cosh_backward(g: Array, x: Array) -> T:
    return (g * np.sinh(x) / np.cosh(x),)


@quiet
def wrapped(x: Array, y: Array) -> Array:
    return np.mod(x, y)


def wrapped_backward(g: Array, x: Array, y: Array) -> T:
    return g.copy(), -g * np.trunc(x / y)


def wrapped_exact(x: Array, y: Array) -> Array:
    q = np.frompyfunc(mp.floor, 1, 1)(x / y)
    return x - y * q


@quiet
def reciprocal_root(x: Array) -> Array:
    return 1 / np.sqrt(x)


def reciprocal_root_backward(g: Array, x: Array) -> T:
    y = 1 / np.sqrt(np.maximum(x, 1e-6)).astype(x.dtype)
    return (-g * y * y * y / 2,)


@quiet
def powered(x: Array, y: Array) -> Array:
    return x**y


@quiet
def powered_backward(g: Array, x: Array, y: Array) -> T:
    z = x**y
    return g * y * z / x, g * np.log(np.maximum(x, 1e-3)).astype(x.dtype) * z


ENTRIES = [
    WrongOp(
        "masked_softmax_empty_row",
        "logsumexp of -inf: a row with all masked",
        masked_softmax,
        masked_softmax_backward,
        masked_softmax_exact,
        "nm,nm",
        Witness((of([1, 2]), np.array([[False, False]])), 0, (0, 0)),
        domains=("real", "mask"),
    ),
    WrongOp(
        "soft_maximum_temperature",
        "logsumexp of -inf: p * x for the temperature's gradient is 0 * -inf",
        soft_maximum,
        soft_maximum_backward,
        soft_maximum_exact,
        "nm,n",
        Witness((of([-np.inf, 1, 2]), of(1)), 1, (0,)),
        domains=("real", "positive"),
    ),
    WrongOp(
        "logistic_far_left",
        "sigmoid and softplus overflow: inf / inf for large negative x",
        logistic,
        logistic_backward,
        sigmoid,
        "*",
        Witness((of(-800.0),), 0, (0,)),
    ),
    WrongOp(
        "softplus_far_right",
        "sigmoid and softplus overflow: inf / inf for large x",
        smooth,
        smooth_backward,
        softplus,
        "*",
        Witness((of(800.0),), 0, (0,)),
    ),
    WrongOp(
        "log_cosh_far",
        "other: sinh / cosh is inf / inf on both far sides",
        log_cosh,
        log_cosh_backward,
        lambda x: log(cosh(x)),
        "*",
        Witness((of(-800.0),), 0, (0,)),
    ),
    WrongOp(
        "wrapped_trunc",
        "other: the quotient is truncated where the value floors it; right for one sign",
        wrapped,
        wrapped_backward,
        wrapped_exact,
        "*,*",
        Witness((of(-1.5), of(1.0)), 1, (0,)),
        domains=("real", "nonzero"),
    ),
    WrongOp(
        "reciprocal_root_floor",
        "other: a floor under the input, only in the gradient",
        reciprocal_root,
        reciprocal_root_backward,
        lambda x: 1 / sqrt(x),
        "*",
        Witness((of(1e-7),), 0, (0,)),
        domains=("positive",),
    ),
    WrongOp(
        "powered_log_floor",
        "other: the exponent's gradient takes the logarithm of not less than 0.001",
        powered,
        powered_backward,
        lambda x, y: exp(y * log(x)),
        "*,*",
        Witness((of(1e-4), of(0.5)), 1, (0,)),
        domains=("positive", "real"),
    ),
]
