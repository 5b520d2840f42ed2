"""What the random streams gain from compilation: the words of the twister, a shuffle, and normal numbers."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._cephes import COS, FOUR_OVER_PI, LN2_HIGH, LN2_LOW, LOG, QUARTER_PI_1, QUARTER_PI_2, QUARTER_PI_3, ROOT_HALF, SIN
from ._compile import kernel
from ._math import fma

Floats = NDArray[np.float32]
Integers = NDArray[np.int64]
Words = NDArray[np.uint32]
Scalar = Any

_ONE, _TWO, _HALF = np.float32(1), np.float32(2), np.float32(0.5)
_MANTISSA, _HALF_BITS = np.int32(0x007FFFFF), np.int32(0x3F000000)
_SHIFT, _BIAS = np.int32(23), np.int32(126)

_UPPER, _LOWER, _MATRIX = np.uint32(0x80000000), np.uint32(0x7FFFFFFF), np.uint32(0x9908B0DF)


@kernel()
def _next_word(word: Scalar, after: Scalar, far: Scalar) -> Scalar:
    mixed = np.uint32((word & _UPPER) | (after & _LOWER))
    return np.uint32(far ^ (mixed >> np.uint32(1)) ^ (_MATRIX * (mixed & np.uint32(1))))


@kernel()
def _twist(key: Words) -> None:
    for i in range(227):
        key[i] = _next_word(key[i], key[i + 1], key[i + 397])
    for i in range(227, 623):
        key[i] = _next_word(key[i], key[i + 1], key[i - 227])
    key[623] = _next_word(key[623], key[0], key[396])


@kernel()
def _temper(key: Words, out: Words) -> None:
    for i in range(out.size):
        y = key[i]
        y = np.uint32(y ^ (y >> np.uint32(11)))
        y = np.uint32(y ^ ((y << np.uint32(7)) & np.uint32(0x9D2C5680)))
        y = np.uint32(y ^ ((y << np.uint32(15)) & np.uint32(0xEFC60000)))
        out[i] = y ^ (y >> np.uint32(18))


@kernel()
def twister(key: Words, used: int, out: Words) -> int:
    """Fills `out` with the words after the first `used` of this state of the Mersenne twister; returns `used` anew."""
    done = 0
    while done < out.size:
        if used == 624:
            _twist(key)
            used = 0
        n = min(624 - used, out.size - done)
        _temper(key[used : used + n], out[done : done + n])
        used += n
        done += n
    return used


@kernel()
def shuffle(order: Integers, partners: Integers) -> None:
    """Exchanges order[i] with order[partners[i]], for each i in turn."""
    for i in range(partners.size):
        j = partners[i]
        order[i], order[j] = order[j], order[i]


@kernel()
def _radius(u: Scalar) -> Scalar:
    """sqrt(-2 log u) for u in (0, 1]."""
    bits = np.float32(u).view(np.int32)
    m = np.int32((bits & _MANTISSA) | _HALF_BITS).view(np.float32)
    e = np.float32((bits >> _SHIFT) - _BIAS)
    x = m - _ONE
    if m < ROOT_HALF:
        e -= _ONE
        x += m
    square = x * x
    y = fma(x, LOG[0], LOG[1])
    for k in range(2, 9):
        y = fma(y, x, LOG[k])
    y = fma(y * x, square, e * LN2_LOW)
    y = fma(square, -_HALF, y)
    return np.sqrt(-_TWO * fma(e, LN2_HIGH, x + y))


@kernel()
def _cos(x: Scalar) -> Scalar:
    """The cosine for x in [-pi / 4, pi / 4]."""
    square = x * x
    y = fma(fma(square, COS[0], COS[1]), square, COS[2]) * square
    return fma(y, square, square * -_HALF) + _ONE


@kernel()
def _sin(x: Scalar) -> Scalar:
    """The sine for x in [-pi / 4, pi / 4]."""
    square = x * x
    y = fma(fma(square, SIN[0], SIN[1]), square, SIN[2]) * square
    return fma(y, x, x)


@kernel()
def box_muller(u: Floats, theta: Floats) -> None:
    """u of (0, 1] and theta of [0, 2 pi] become two normal numbers: sqrt(-2 log u) cos theta, and the same with sin."""
    for i in range(u.size):
        radius = _radius(u[i])
        octant = (np.int32(theta[i] * FOUR_OVER_PI) + np.int32(1)) & np.int32(-2)
        turns = np.float32(octant)
        x = fma(turns, -QUARTER_PI_3, fma(turns, -QUARTER_PI_2, fma(turns, -QUARTER_PI_1, theta[i])))
        cos, sin = _cos(x), _sin(x)
        swapped = (octant & np.int32(2)) != 0
        first, second = (sin, cos) if swapped else (cos, sin)
        u[i] = radius * (-first if (octant + np.int32(2)) & np.int32(4) else first)
        theta[i] = radius * (-second if octant & np.int32(4) else second)
