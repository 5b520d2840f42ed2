"""Evenly spaced numbers, rounded as PyTorch rounds them: to the last digit."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

_LANES = {2: 16, 4: 8, 8: 4}  # numbers of so many bytes in one register of PyTorch's kernel


def _product_sum(k: Any, step: Any, start: Any, dtype: np.dtype[Any]) -> Array:
    """`start + k * step` rounded once, as processors do where they multiply and add in one instruction.

    float16 has no such instruction. (Where NumPy has no number wider than float64, float64 is rounded twice too.)
    """
    if dtype == np.float16:
        wide: Any = np.float16
    else:
        wide = np.longdouble if dtype == np.float64 else np.float64
    out: Array = (np.asarray(start, wide) + np.asarray(k, wide) * np.asarray(step, wide)).astype(dtype)
    return out


def between(start: float, end: float, steps: int, dtype: np.dtype[Any]) -> Array:
    """`steps` numbers from `start` to `end`; the second half counts down from the end, so that both are met."""
    low, high = dtype.type(start), dtype.type(end)
    if steps == 1:
        return np.full(1, low)
    step = (high - low) / dtype.type(max(steps - 1, 1))
    i = np.arange(steps)
    first = i < steps // 2
    return _product_sum(np.where(first, i, i - (steps - 1)), step, np.where(first, low, high), dtype)


def counted(start: float, step: float, n: int, dtype: np.dtype[Any]) -> Array:
    """`start + i * step` for i below n: in registers, each counted from a first number that is rounded already."""
    double = np.dtype(np.float64)
    lanes = _LANES[dtype.itemsize]
    whole = n - n % (2 * lanes)
    firsts = _product_sum(np.arange(0, whole, lanes), step, start, double).astype(dtype)
    blocks = _product_sum(np.arange(lanes), step, firsts[:, None], double)
    rest = _product_sum(np.arange(whole, n), step, start, double)
    return np.concatenate([blocks.ravel(), rest]).astype(dtype)
