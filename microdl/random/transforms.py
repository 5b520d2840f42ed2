"""From random words to numbers: products and sums rounded once, Box and Muller's method, and the C library's functions.

PyTorch's vectorised kernels contract `a * b + c` to one rounding, and take the float32 logarithm, sine and cosine of
normal numbers from the Cephes library: see `kernels/_cephes.py`. What follows here is the same arithmetic in NumPy.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import numpy as np

from ..kernels import _cephes

Array: TypeAlias = np.ndarray[Any, Any]

_CHUNK = 1 << 15  # numbers made at a time, so that the passes over them stay in the cache
_COMPILED = 1 << 16  # words from which the compiled twister is faster: reading NumPy's state takes 30 us
_COMPILED_CHUNK = 1 << 18


def compiled(n: int, least: int = _COMPILED) -> Any:
    """The compiled kernels, where Numba is loaded and n >= least repays them: they give the same bits sooner."""
    numba = sys.modules.get("numba")
    if n < least or numba is None or numba.config.DISABLE_JIT:
        return None
    from ..kernels import streams

    return streams


def chunks(n: int) -> Iterator[slice]:
    step = _CHUNK if compiled(n) is None else _COMPILED_CHUNK
    return (slice(i, min(i + step, n)) for i in range(0, n, step))


def rotated(pairs: Array) -> Array:
    """Pairs of words, high half first, to the order of their words in memory; and back."""
    return pairs << np.uint64(32) | pairs >> np.uint64(32) if sys.byteorder == "little" else pairs


def narrow(x: Array, dtype: Any) -> Array:
    """float64 numbers in another dtype: PyTorch takes float16 there by way of float32."""
    return x.astype(np.float32).astype(dtype) if dtype == np.float16 else x.astype(dtype, copy=False)


def by_element(function: Callable[[float], float], x: Array) -> Array:
    """The C library's function, which PyTorch calls; NumPy's own log, log1p and exp may differ in the last bit."""
    values = map(function, x.ravel().tolist())
    out: Array = np.fromiter(values, np.float64, x.size).reshape(x.shape)
    return out


def fused(a: Array, b: Any, c: Any) -> Array:
    """`a * b + c` rounded once, for a float32 or float64 array and two numbers."""
    if a.dtype == np.float32:
        return _fused_single(a, np.float64(b), np.float64(c))
    if c != 0 and b != 0 and math.frexp(b)[0] not in (0.5, -0.5):
        return _fused_double(a, float(b), float(c))
    simple: Array = a * b + c  # the product is exact, or nothing is added to it
    return simple


def _fused_single(a: Array, b: Any, c: Any) -> Array:
    """For float32, in float64: the product is exact, and only a sum rounded to midway between two float32 misleads."""
    product = np.multiply(a, b, dtype=np.float64)
    product += c
    rounded: Array = product.astype(np.float32)
    return rounded


def _fused_double(a: Array, b: float, c: float) -> Array:
    """For float64 (Boldo and Melquiond, IEEE Transactions on Computers 57(4), 2008)."""
    high, low = _two_product(a, b)
    carry, rest = _two_sum(c, low)
    high, middle = _two_sum(high, carry)
    tail, error = _two_sum(middle, rest)
    bits = tail.view(np.int64)  # rounded to odd, the tail cannot make the last sum round twice
    bits += np.where((error != 0) & (bits & 1 == 0), np.where((error > 0) == (tail > 0), 1, -1), 0)
    out: Array = high + tail
    return out


def _two_sum(a: Any, b: Any) -> tuple[Any, Any]:
    """a + b and its rounding error (Knuth)."""
    s = a + b
    t = s - a
    return s, (a - (s - t)) + (b - t)


def _two_product(a: Array, b: float) -> tuple[Array, Array]:
    """a * b and its rounding error (Dekker)."""
    p = a * b
    a_high, b_high = (x * 134217729.0 - (x * 134217729.0 - x) for x in (a, np.float64(b)))
    a_low, b_low = a - a_high, b - b_high
    return p, ((a_high * b_high - p) + a_high * b_low + a_low * b_high) + a_low * b_low


def box_muller(u: Array, mean: float, std: float) -> Array:
    """Normal numbers of uniform ones: in each block of 16 the first 8 give the radii, the last 8 the angles."""
    blocks = u.reshape(-1, 2, 8)
    u1, theta = 1 - blocks[:, 0], blocks[:, 1] * u.dtype.type(2.0 * math.pi)
    kernels = compiled(u.size, 1 << 12) if u.dtype == np.float32 else None
    if kernels is not None:
        kernels.box_muller(u1.reshape(-1), theta.reshape(-1))
        blocks[:, 0], blocks[:, 1] = u1, theta
    else:
        if u.dtype == np.float32:
            radius, (cos, sin) = _radius(u1), _cos_sin(theta)
        else:
            radius, cos, sin = np.sqrt(-2 * by_element(math.log, u1)), np.cos(theta), np.sin(theta)
        np.multiply(radius, cos, out=blocks[:, 0])
        np.multiply(radius, sin, out=blocks[:, 1])
    return u + u.dtype.type(0) if mean == 0 and std == 1 else fused(u, u.dtype.type(std), u.dtype.type(mean))


def _horner(x: Array, coefficients: tuple[np.float32, ...]) -> Array:
    y: Any = coefficients[0]
    x = x.astype(np.float64)
    for c in coefficients[1:]:
        y = _fused_single(x, y, c)
    polynomial: Array = y
    return polynomial


def _radius(u: Array) -> Array:
    """sqrt(-2 log u) for float32 u in (0, 1]."""
    x, exponent = np.frexp(u)
    below = x < _cephes.ROOT_HALF
    e = np.subtract(exponent, below, dtype=np.float32)
    x = (x - 1) + x * below  # in [sqrt(1/2) - 1, sqrt(2) - 1), and u = 2**e * (1 + x)
    square = x * x
    y = _fused_single(_horner(x, _cephes.LOG) * x, square, e * _cephes.LN2_LOW)
    y = _fused_single(square, np.float32(-0.5), y)
    log = _fused_single(e, _cephes.LN2_HIGH, x + y)
    radius: Array = np.sqrt(-2 * log)
    return radius


def _cos_sin(theta: Array) -> tuple[Array, Array]:
    """The cosine and the sine of float32 angles in [0, 2 pi]."""
    octant = (theta * _cephes.FOUR_OVER_PI).astype(np.int32) + 1 & ~1
    turns = octant.astype(np.float32)
    x = (theta - turns * _cephes.QUARTER_PI_1) - turns * _cephes.QUARTER_PI_2  # exact products: their factors are short
    x = _fused_single(turns, -_cephes.QUARTER_PI_3, x)
    square = x * x
    cos = _fused_single(_horner(square, _cephes.COS) * square, square, square * np.float32(-0.5)) + 1
    sin = _fused_single(_horner(square, _cephes.SIN) * square, x, x)
    swapped = (octant & 2).astype(bool)
    cos, sin = np.where(swapped, sin, cos), np.where(swapped, cos, sin)
    cos.view(np.int32)[...] ^= (octant + 2 & 4) << 29  # the sign bits
    sin.view(np.int32)[...] ^= (octant & 4) << 29
    return cos, sin
