"""Scalar functions in a form that LLVM can vectorise: the exponential, integers in the order of floats, a fused sum.

Each has a rule for float32 and one for float64. Where Numba is switched off they are plain functions of NumPy scalars.
"""

from collections.abc import Callable
from math import factorial
from typing import Any

import numpy as np
from numba import types
from numba.extending import intrinsic, overload

Scalar = Any
"""A float32 or float64 here, an int32 or int64 there: the kernels' annotations say no more than Numba infers."""

_FLAGS: Any = {"fastmath": {"contract"}, "error_model": "numpy"}

# exp(x) = 2^k exp(r) with k = round(x / ln 2) and |r| <= ln(2) / 2, where exp(r) is its Taylor polynomial. ln 2 is
# split in two so that k * HIGH is exact (W. J. Cody, W. Waite, "Software Manual for the Elementary Functions", 1980).
# Adding ROUND = 1.5 * 2^(mantissa bits) leaves the integer k in the low bits, with no conversion that NaN could break.
# 2^k is applied in two halves because it need not be a normal number when the result is one.
_LOG2E32, _HIGH32, _LOW32 = np.float32(1.4426950408889634), np.float32(0.693145751953125), np.float32(1.42860677e-06)
_LOWEST32, _HIGHEST32 = np.float32(-104.0), np.float32(89.0)
_ROUND32, _ROUND_BITS32 = np.float32(1.5 * 2**23), np.int32(0x4B400000)
_BIAS32, _MANTISSA32, _ONE32 = np.int32(127), np.int32(23), np.int32(1)
_TAYLOR32 = tuple(np.float32(1 / factorial(i)) for i in range(7, -1, -1))

_LOG2E64, _HIGH64, _LOW64 = 1.4426950408889634, 6.93147180369123816490e-01, 1.90821492927058770002e-10
_LOWEST64, _HIGHEST64 = -746.0, 710.0
_ROUND64, _ROUND_BITS64 = 1.5 * 2**52, np.int64(0x4338000000000000)
_BIAS64, _MANTISSA64, _ONE64 = np.int64(1023), np.int64(52), np.int64(1)
_TAYLOR64 = tuple(1 / factorial(i) for i in range(13, -1, -1))

_SIGN32, _REST32 = np.int32(31), np.int32(0x7FFFFFFF)
_SIGN64, _REST64 = np.int64(63), np.int64(0x7FFFFFFFFFFFFFFF)


def _exp32(x: Scalar) -> Scalar:
    x = min(max(x, _LOWEST32), _HIGHEST32)
    shifted = x * _LOG2E32 + _ROUND32
    k = shifted - _ROUND32
    r = (x - k * _HIGH32) - k * _LOW32
    y = _TAYLOR32[0]
    for i in range(1, 8):
        y = y * r + _TAYLOR32[i]
    power = np.float32(shifted).view(np.int32) - _ROUND_BITS32
    half = power >> _ONE32
    first = np.int32((half + _BIAS32) << _MANTISSA32).view(np.float32)
    second = np.int32((power - half + _BIAS32) << _MANTISSA32).view(np.float32)
    return y * first * second


def _exp64(x: Scalar) -> Scalar:
    x = min(max(x, _LOWEST64), _HIGHEST64)
    shifted = x * _LOG2E64 + _ROUND64
    k = shifted - _ROUND64
    r = (x - k * _HIGH64) - k * _LOW64
    y = _TAYLOR64[0]
    for i in range(1, 14):
        y = y * r + _TAYLOR64[i]
    power = np.float64(shifted).view(np.int64) - _ROUND_BITS64
    half = power >> _ONE64
    first = np.int64((half + _BIAS64) << _MANTISSA64).view(np.float64)
    second = np.int64((power - half + _BIAS64) << _MANTISSA64).view(np.float64)
    return y * first * second


def exp(x: Scalar) -> Scalar:
    """e to the power of x, within 1 ulp; 0 where that underflows, inf where it overflows, NaN for NaN."""
    return _exp32(x) if isinstance(x, np.float32) else _exp64(np.float64(x))


def _rank32(x: Scalar) -> Scalar:
    bits = np.float32(x).view(np.int32)
    return np.int32(bits ^ ((bits >> _SIGN32) & _REST32))  # Numba computes in 64 bits


def _rank64(x: Scalar) -> Scalar:
    bits = np.float64(x).view(np.int64)
    return np.int64(bits ^ ((bits >> _SIGN64) & _REST64))


def rank(x: Scalar) -> Scalar:
    """An integer that is larger where x is: the largest of integers vectorises, the largest of floats does not.

    Below zero the bits of a float grow with its magnitude, so all but the sign are flipped. A NaN ranks above inf, or
    below -inf when its sign bit is set.
    """
    return _rank32(x) if isinstance(x, np.float32) else _rank64(x)


def _unrank32(i: Scalar) -> Scalar:
    return np.int32(i ^ ((i >> _SIGN32) & _REST32)).view(np.float32)


def _unrank64(i: Scalar) -> Scalar:
    return np.int64(i ^ ((i >> _SIGN64) & _REST64)).view(np.float64)


def unrank(i: Scalar) -> Scalar:
    """The float of that rank."""
    return _unrank32(i) if isinstance(i, np.int32) else _unrank64(i)


@overload(exp, jit_options=_FLAGS)
def _exp_of(x: Scalar) -> Callable[[Scalar], Scalar]:
    return _exp32 if x == types.float32 else _exp64


@overload(rank, jit_options=_FLAGS)
def _rank_of(x: Scalar) -> Callable[[Scalar], Scalar]:
    return _rank32 if x == types.float32 else _rank64


@overload(unrank, jit_options=_FLAGS)
def _unrank_of(i: Scalar) -> Callable[[Scalar], Scalar]:
    return _unrank32 if i == types.int32 else _unrank64


def fma(a: Scalar, b: Scalar, c: Scalar) -> Scalar:
    """a * b + c of three floats of one dtype, rounded once (float64 where Numba is switched off: twice)."""
    if isinstance(a, np.float32):
        return np.float32(np.float64(a) * np.float64(b) + np.float64(c))
    return a * b + c


@intrinsic
def _fma(typing: Any, a: Any, b: Any, c: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.fma(*args)

    return a(a, a, a), generate


@overload(fma)
def _fma_of(a: Any, b: Any, c: Any) -> Callable[[Any, Any, Any], Any] | None:
    if not (isinstance(a, types.Float) and a == b == c):
        return None  # no such function: the kernel's numbers are of several dtypes

    def fused(a: Any, b: Any, c: Any) -> Any:
        return _fma(a, b, c)  # type: ignore[call-arg]  # the typing context is Numba's to pass

    return fused
