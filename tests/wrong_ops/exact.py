"""NumPy on arrays of mpf, for `exact` functions; operators, sums and sorting work on such arrays as they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import mpmath
import numpy as np

Array = np.ndarray[Any, Any]

exp = np.frompyfunc(mpmath.exp, 1, 1)
log = np.frompyfunc(mpmath.log, 1, 1)
log1p = np.frompyfunc(mpmath.log1p, 1, 1)
expm1 = np.frompyfunc(mpmath.expm1, 1, 1)
sqrt = np.frompyfunc(mpmath.sqrt, 1, 1)
sin = np.frompyfunc(mpmath.sin, 1, 1)
cos = np.frompyfunc(mpmath.cos, 1, 1)
tan = np.frompyfunc(mpmath.tan, 1, 1)
tanh = np.frompyfunc(mpmath.tanh, 1, 1)
sinh = np.frompyfunc(mpmath.sinh, 1, 1)
cosh = np.frompyfunc(mpmath.cosh, 1, 1)
arctan = np.frompyfunc(mpmath.atan, 1, 1)
arctan2 = np.frompyfunc(mpmath.atan2, 2, 1)
arcsin = np.frompyfunc(mpmath.asin, 1, 1)
erf = np.frompyfunc(mpmath.erf, 1, 1)


def number(x: Any) -> Any:
    """A Python float as an mpf."""
    return mpmath.mpf(x)


def zeros(shape: int | Sequence[int]) -> Array:
    """An array of mpf zeros."""
    out = np.empty(shape, dtype=object)
    out[...] = mpmath.mpf(0)
    return out


def sigmoid(x: Any) -> Any:
    """1 / (1 + exp(-x))."""
    return 1 / (1 + exp(-x))


def softmax(x: Array, axis: int = -1) -> Array:
    """exp(x) over its sum."""
    if x.size == 0:
        return x
    e = exp(x - np.max(x, axis=axis, keepdims=True))
    return e / np.sum(e, axis=axis, keepdims=True)


def logsumexp(x: Array, axis: int = -1, keepdims: bool = False) -> Any:
    """log of the sum of exp(x); minus infinity where all of x is."""
    top = np.max(x, axis=axis, keepdims=True)
    top = np.where(top == mpmath.mpf("-inf"), mpmath.mpf(0), top)
    out = log(np.sum(exp(x - top), axis=axis, keepdims=True)) + top
    return out if keepdims else np.squeeze(out, axis=axis)
