"""Elementwise functions on arrays of mpf, for the `exact` of an entry, and a short way to write an array."""

from __future__ import annotations

from typing import Any

import mpmath as mp
import numpy as np

from ..entry import Array


def of(*values: Any) -> Array:
    """A float64 array of these values (or rows)."""
    return np.array(values, float)


exp = np.frompyfunc(mp.exp, 1, 1)
log = np.frompyfunc(mp.log, 1, 1)
sqrt = np.frompyfunc(mp.sqrt, 1, 1)
tanh = np.frompyfunc(mp.tanh, 1, 1)
cosh = np.frompyfunc(mp.cosh, 1, 1)
sin = np.frompyfunc(mp.sin, 1, 1)
cos = np.frompyfunc(mp.cos, 1, 1)
atan2 = np.frompyfunc(mp.atan2, 2, 1)
atanh = np.frompyfunc(mp.atanh, 1, 1)
expm1 = np.frompyfunc(mp.expm1, 1, 1)
floor = np.frompyfunc(mp.floor, 1, 1)
number = np.frompyfunc(mp.mpf, 1, 1)
sigmoid = np.frompyfunc(lambda x: 1 / (1 + mp.exp(-x)), 1, 1)
softplus = np.frompyfunc(lambda x: mp.log1p(mp.exp(x)), 1, 1)


def shifted(x: Array, axis: Any = -1) -> tuple[Array, Array]:
    """exp(x - max) and its log-sum with the maximum put back, along `axis` kept."""
    top = np.max(x, axis=axis, keepdims=True)
    e = exp(x - top)
    return e, log(np.sum(e, axis=axis, keepdims=True)) + top


def quiet(function: Any) -> Any:
    """Without floating-point warnings."""

    def call(*args: Any, **options: Any) -> Any:
        with np.errstate(all="ignore"):
            return function(*args, **options)

    return call
