"""A term or a factor that is missing in the gradients of normalising and composite ops."""

from __future__ import annotations

from typing import Any

import mpmath as mp
import numpy as np

from ..entry import Array, Witness, WrongOp
from .precise import of, shifted, sqrt

T = tuple[Any, ...]


def standardised(x: Array) -> Array:
    c = x - x.mean(axis=0)
    return c / np.sqrt((c * c).mean(axis=0) + 0.5)


def standardised_backward(g: Array, x: Array) -> T:
    s = np.sqrt(x.var(axis=0) + 0.5)
    return ((g - g.mean(axis=0)) / s,)


def standardised_exact(x: Array) -> Array:
    n = mp.mpf(len(x))
    c = x - x.sum(axis=0) / n
    return c / sqrt((c * c).sum(axis=0) / n + mp.mpf(0.5))


def group_norm(x: Array) -> Array:
    c = x - x.mean(axis=(1, 2), keepdims=True)
    return c / np.sqrt((c * c).mean(axis=(1, 2), keepdims=True) + 0.5)


def group_norm_backward(g: Array, x: Array) -> T:
    c = x - x.mean(axis=(1, 2), keepdims=True)
    s = np.sqrt((c * c).mean(axis=(1, 2), keepdims=True) + 0.5)
    y = c / s
    return ((g - g.mean(axis=(1, 2), keepdims=True) - y * (g * y).mean(axis=2, keepdims=True)) / s,)


def group_norm_exact(x: Array) -> Array:
    n = mp.mpf(x.shape[1] * x.shape[2])
    c = x - x.sum(axis=(1, 2), keepdims=True) / n
    return c / sqrt((c * c).sum(axis=(1, 2), keepdims=True) / n + mp.mpf(0.5))


def soft(x: Array, t: float = 1.0) -> Array:
    e = np.exp((x - x.max(axis=1, keepdims=True)) / t)
    return e / e.sum(axis=1, keepdims=True)


def soft_backward(g: Array, x: Array, t: float = 1.0) -> T:
    y = soft(x, t)
    return (y * (g - (g * y).sum(axis=1, keepdims=True)),)


def soft_exact(x: Array, t: float = 1.0) -> Array:
    e, _ = shifted(x / mp.mpf(t))
    return e / e.sum(axis=1, keepdims=True)


def cosine(a: Array, b: Array) -> Array:
    return (a * b).sum(axis=1) / np.sqrt(((a * a).sum(axis=1) + 1) * ((b * b).sum(axis=1) + 1))


def cosine_backward(g: Array, a: Array, b: Array) -> T:
    na, nb, c = np.sqrt((a * a).sum(axis=1) + 1), np.sqrt((b * b).sum(axis=1) + 1), cosine(a, b)
    ga = b / (na * nb)[:, None] - a * (c / nb**2)[:, None]
    return g[:, None] * ga, g[:, None] * (a / (na * nb)[:, None] - b * (c / nb**2)[:, None])


def cosine_exact(a: Array, b: Array) -> Array:
    return (a * b).sum(axis=1) / sqrt(((a * a).sum(axis=1) + 1) * ((b * b).sum(axis=1) + 1))


def adam(p: Array, m: Array, v: Array) -> Array:
    return p - 0.125 * m / (np.sqrt(v) + 2**-10)


def adam_backward(g: Array, p: Array, m: Array, v: Array) -> T:
    r = np.sqrt(v) + 2**-10
    return g.copy(), -0.125 * g / r, 0.125 * g * m / (2 * r**3)


def adam_exact(p: Array, m: Array, v: Array) -> Array:
    return p - m / (sqrt(v) + mp.mpf(2) ** -10) / 8


def signed_root(x: Array) -> Array:
    return abs(x) ** 1.5


def signed_root_backward(g: Array, x: Array) -> T:
    return (1.5 * g * np.sqrt(abs(x)),)


_x = of([1, 2], [3, 5])


ENTRIES = [
    WrongOp(
        "standardised_fixed_deviation",
        "other: the deviation is taken for a constant",
        standardised,
        standardised_backward,
        standardised_exact,
        "nm",
        Witness((_x,), 0, (0, 0), g=of([1, 0], [0, 0])),
    ),
    WrongOp(
        "group_norm_projection_axes",
        "other: the projection's mean is along one of two axes",
        group_norm,
        group_norm_backward,
        group_norm_exact,
        "nhw",
        Witness((_x[None],), 0, (0, 0, 0), g=of([1, 0], [0, 3])[None]),
    ),
    WrongOp(
        "soft_temperature",
        "other: the temperature's factor is missing",
        soft,
        soft_backward,
        soft_exact,
        "nm",
        Witness((_x,), 0, (0, 0), g=of([1, 0], [0, 0]), options={"t": 2.0}),
        options={"t": (1.0, 2.0)},
    ),
    WrongOp(
        "cosine_equal_lengths",
        "other: the first's part is divided by the second's length",
        cosine,
        cosine_backward,
        cosine_exact,
        "nm,nm",
        Witness((_x, of([1, 0], [0, 1])), 0, (0, 0)),
    ),
    WrongOp(
        "adam_epsilon_in_root",
        "other: the derivative of 1 / (sqrt(v) + eps) has all roots with eps",
        adam,
        adam_backward,
        adam_exact,
        "*,*,*",
        Witness((of(1), of(1), of(0.25)), 2, (0,)),
        domains=("real", "real", "positive"),
    ),
    WrongOp(
        "signed_root_negative",
        "sign: |x|^p without the sign of x",
        signed_root,
        signed_root_backward,
        lambda x: sqrt(abs(x)) * abs(x),
        "*",
        Witness((of(-4.0),), 0, (0,)),
    ),
]
