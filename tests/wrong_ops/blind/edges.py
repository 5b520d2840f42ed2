"""Kinks, thresholds and zeros: wrong at a point."""

from __future__ import annotations

from typing import Any

import mpmath as mp
import numpy as np

from ..entry import Array, Witness, WrongOp
from .precise import exp, of, quiet, sin, sqrt

T = tuple[Any, ...]


def huber(x: Array, delta: float = 1.0) -> Array:
    return np.where(abs(x) <= delta, x * x / 2, delta * (abs(x) - delta / 2))


def huber_backward(g: Array, x: Array, delta: float = 1.0) -> T:
    return (g * ((abs(x) < delta) * x + delta * (x > delta) - delta * (x < -delta)).astype(x.dtype),)


def hard_swish(x: Array) -> Array:
    return x * np.clip(x + 3, 0, 6) / 6


def hard_swish_backward(g: Array, x: Array) -> T:
    return (g * ((abs(x) < 3) * (2 * x + 3) / 6 + (x > 3)),)


def hard_swish_exact(x: Array) -> Array:
    return np.where(x >= 3, x, np.where(x <= -3, 0 * x, x * (x + 3) / 6))


def elu(x: Array) -> Array:
    return np.where(x > 0, x, np.expm1(np.minimum(x, 0)))


def elu_backward(g: Array, x: Array) -> T:
    return (g * np.where(x > 0, 1, np.exp(np.minimum(x, 0)) * np.sign(-x)).astype(x.dtype),)


def elu_exact(x: Array) -> Array:
    return np.where(x > 0, x, exp(np.where(x > 0, 0 * x, x)) - 1)


def leaky(x: Array, slope: float = 0.25) -> Array:
    return np.where(x >= 0, x, slope * x)


def leaky_backward(g: Array, x: Array, slope: float = 0.25) -> T:
    return (g * ((x > 0) + slope * (x < 0)).astype(x.dtype),)


@quiet
def running_product(x: Array) -> Array:
    return np.cumprod(x, axis=0)


@quiet
def running_product_backward(g: Array, x: Array) -> T:
    tail = np.cumsum((g * np.cumprod(x, axis=0))[::-1], axis=0)[::-1]
    return (np.where(x == 0, 0, tail / np.where(x == 0, 1, x)),)


def product(x: Array) -> Array:
    return x.prod(axis=1)


def product_backward(g: Array, x: Array) -> T:
    zero = x == 0
    others = np.where(zero, 1, x).prod(axis=1, keepdims=True)
    whole = x.prod(axis=1, keepdims=True)
    return (g[:, None] * np.where(zero, others, whole / np.where(zero, 1, x)),)


@quiet
def power(x: Array, p: int = 2) -> Array:
    return x**p


@quiet
def power_backward(g: Array, x: Array, p: int = 2) -> T:
    return (g * p * x ** float(p - 1),)


@quiet
def root(x: Array) -> Array:
    return np.sqrt(np.maximum(x, 0))


@quiet
def root_backward(g: Array, x: Array) -> T:
    return (g * (x > 0) / (2 * np.sqrt(x)),)


@quiet
def sinc(x: Array) -> Array:
    return np.where(x == 0, 1, np.sin(x) / np.where(x == 0, 1, x))


@quiet
def sinc_backward(g: Array, x: Array) -> T:
    return (g * (x != 0) * (np.cos(x) / x - np.sin(x) / x / x),)


def sinc_exact(x: Array) -> Array:
    return np.where(x == 0, 1, sin(x) / np.where(x == 0, mp.mpf(1), x))


def norm(x: Array) -> Array:
    return np.sqrt((x * x).sum(axis=-1))


@quiet
def norm_backward(g: Array, x: Array) -> T:
    return (g[..., None] * x / norm(x)[..., None],)


def deviation(x: Array) -> Array:
    return x.std(axis=1)


def deviation_backward(g: Array, x: Array) -> T:
    s = np.maximum(x.std(axis=1, keepdims=True), 1e-4).astype(x.dtype)
    return (g[:, None] * (x - x.mean(axis=1, keepdims=True)) / (s * x.shape[1]),)


def deviation_exact(x: Array) -> Array:
    n = mp.mpf(x.shape[1])
    return sqrt(((x - x.sum(axis=1, keepdims=True) / n) ** 2).sum(axis=1) / n)


ENTRIES = [
    WrongOp(
        "huber_at_delta",
        "wrong value at a threshold: zero at |x| = delta, where the derivative is continuous",
        huber,
        huber_backward,
        lambda x, delta=1.0: np.where(abs(x) <= delta, x * x / 2, delta * (abs(x) - delta / 2)),
        "*",
        Witness((of(2.0),), 0, (0,), options={"delta": 2.0}),
        options={"delta": (1.0, 2.0)},
    ),
    WrongOp(
        "hard_swish_at_three",
        "wrong value at a threshold: zero at 3, between 1 and 3/2",
        hard_swish,
        hard_swish_backward,
        hard_swish_exact,
        "*",
        Witness((of(3.0),), 0, (0,)),
    ),
    WrongOp(
        "elu_at_zero",
        "wrong value at a threshold: zero at 0, where both sides have slope one",
        elu,
        elu_backward,
        elu_exact,
        "*",
        Witness((of(0.0),), 0, (0,)),
    ),
    WrongOp(
        "leaky_at_zero",
        "wrong value at a threshold: zero at 0, less than either slope",
        leaky,
        leaky_backward,
        leaky,
        "*",
        Witness((of(0.0),), 0, (0,)),
        options={"slope": (0.25, 0.5)},
    ),
    WrongOp(
        "running_product_zero",
        "cumprod at zero: the quotient is replaced by zero",
        running_product,
        running_product_backward,
        lambda x: np.cumprod(x, axis=0),
        "nm",
        Witness((of([2], [0], [3]),), 0, (1, 0)),
    ),
    WrongOp(
        "product_two_zeros",
        "cumprod at zero: a product with two zeros is treated as with one",
        product,
        product_backward,
        product,
        "nm",
        Witness((of([0, 0, 3]),), 0, (0, 0)),
    ),
    WrongOp(
        "power_zero_of_zero",
        "other: p x^(p-1) at x = 0 and p = 0 is 0 * inf",
        power,
        power_backward,
        lambda x, p=2: x**p + 0 * x,
        "*",
        Witness((of(0.0),), 0, (0,), options={"p": 0}),
        options={"p": (0, 1, 2, 3)},
    ),
    WrongOp(
        "root_where_negative",
        "NaN leaking through where: the mask multiplies the root of a negative number",
        root,
        root_backward,
        lambda x: sqrt(np.where(x > 0, x, 0 * x)),
        "*",
        Witness((of(-1.0),), 0, (0,)),
    ),
    WrongOp(
        "sinc_at_zero",
        "NaN leaking through where: the mask multiplies the quotient at zero",
        sinc,
        sinc_backward,
        sinc_exact,
        "*",
        Witness((of(0.0),), 0, (0,)),
    ),
    WrongOp(
        "norm_of_zero",
        "norm and std at 0: 0/0",
        norm,
        norm_backward,
        lambda x: sqrt((x * x).sum(axis=-1)),
        "...m",
        Witness((of([0, 0], [1, 2]),), 0, (0, 0)),
    ),
    WrongOp(
        "deviation_floor",
        "norm and std at 0: a floor under the deviation, only in the gradient",
        deviation,
        deviation_backward,
        deviation_exact,
        "nm",
        Witness((of([0, 2**-20]),), 0, (0, 0)),
    ),
]
