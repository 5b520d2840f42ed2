"""Drawing small scenes: an object of some colour, shape and texture in front of a background, 32 x 32 pixels.

Many at once, in NumPy, by additions, multiplications, divisions and square roots only: these are rounded in the same
way everywhere, so that the bytes are the same on every machine. Sines and cosines are not.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

__all__ = ["COLOURS", "SHAPES", "SIDE", "TEXTURES", "draw"]

Array = Any  # of NumPy, float32
Random = np.random.RandomState

SIDE = 32
COLOURS = {
    "red": (200, 65, 60),
    "yellow": (190, 165, 55),
    "green": (70, 165, 80),
    "blue": (60, 100, 195),
    "violet": (155, 75, 175),
}
_PALETTE = np.array(list(COLOURS.values()), np.float32)
_Y, _X = np.mgrid[:SIDE, :SIDE].astype(np.float32) + np.float32(0.5 - SIDE / 2)
_SPREAD = 104.5  # standard deviation of the sum of two random bytes


def _disc(x: Array, y: Array) -> Array:
    return np.sqrt(x * x + y * y) - np.float32(0.9)


def _square(x: Array, y: Array) -> Array:
    return np.maximum(abs(x), abs(y)) - np.float32(0.8)


def _triangle(x: Array, y: Array) -> Array:
    return np.maximum(y, np.float32(0.866) * abs(x) - np.float32(0.5) * y) - np.float32(0.65)


def _cross(x: Array, y: Array) -> Array:
    x, y = abs(x), abs(y)
    return np.maximum(np.minimum(x, y) - np.float32(0.36), np.maximum(x, y) - np.float32(1.05))


def _ring(x: Array, y: Array) -> Array:
    return abs(np.sqrt(x * x + y * y) - np.float32(0.77)) - np.float32(0.28)


SHAPES: dict[str, Callable[[Array, Array], Array]] = {
    "disc": _disc,
    "square": _square,
    "triangle": _triangle,
    "cross": _cross,
    "ring": _ring,
}
"""How far a point is outside, in units of the size; all have about the same area."""


def _plain(x: Array, y: Array, random: Random) -> Array:
    return np.zeros_like(x)


def _striped(x: Array, y: Array, random: Random) -> Array:
    return _edges(_wave(x))


def _checked(x: Array, y: Array, random: Random) -> Array:
    return _edges(_wave(x)) * _edges(_wave(y))


def _dotted(x: Array, y: Array, random: Random) -> Array:
    return _edges(_wave(x) + _wave(y) - np.float32(0.6))


def _speckled(x: Array, y: Array, random: Random) -> Array:
    grains = random.randint(0, 2, (len(x), SIDE // 2, SIDE // 2), np.uint8).astype(np.float32) * 2 - 1
    return grains.repeat(2, axis=1).repeat(2, axis=2)


TEXTURES: dict[str, Callable[[Array, Array, Random], Array]] = {
    "plain": _plain,
    "striped": _striped,
    "dotted": _dotted,
    "checked": _checked,
    "speckled": _speckled,
}
"""Lighter (1) and darker (-1) parts, the waves of length 1 in the coordinates given."""


def _wave(x: Array) -> Array:
    """A triangle wave from -1 to 1 with period 1."""
    return abs(x - np.floor(x) - np.float32(0.5)) * 4 - 1


def _edges(x: Array) -> Array:
    return np.clip(x * np.float32(2.5), -1, 1)


def draw(colours: Array, shapes: Array, textures: Array, random: Random) -> Array:
    """One image for each colour, shape and texture, given by number: uint8 of shape (n, 32, 32, 3).

    Place, size, turn, light, contrast, background and noise are random.
    """
    n = len(colours)

    def between(low: float, high: float, *shape: int) -> Array:
        return random.uniform(low, high, (n, *(shape or (1, 1)))).astype(np.float32)

    x, y = _X - between(-7, 7), _Y - between(-7, 7)
    size = between(8, 10.5)
    outside = _by_kind(SHAPES, shapes, *_turned(x / size, y / size, between(-0.12, 0.12)))
    inside = np.clip(np.float32(0.5) - outside * size, 0, 1)
    length = between(4, 6)
    across, along = _turned(x / length, y / length, between(-1, 1))
    pattern = _by_kind(TEXTURES, textures, across + between(0, 1), along + between(0, 1), random)
    pattern *= between(0.2, 0.5)

    light = between(0.75, 1.2, 1) * between(0.75, 1.25, 3)
    paint = _mixed(_PALETTE[colours], between(100, 160, 1), between(0.0, 0.45, 1)) + between(-50, 50, 3)
    behind = _background(between)
    noise, strength = _noise(n, random), between(3, 10) / np.float32(_SPREAD)
    out = np.empty((n, SIDE, SIDE, 3), np.uint8)
    for channel in range(3):
        front = paint[:, channel, None, None] * (1 + pattern)
        back = behind(channel)
        image = (back + (front - back) * inside) * light[:, channel, None, None] + noise(channel) * strength
        out[..., channel] = np.clip(image, 0, 255)
    return out


def _by_kind(kinds: dict[str, Callable[..., Array]], which: Array, x: Array, y: Array, *more: Any) -> Array:
    out = np.empty(x.shape, np.float32)
    for number, function in enumerate(kinds.values()):
        theirs = np.flatnonzero(which == number)
        out[theirs] = function(x[theirs], y[theirs], *more)
    return out


def _turned(x: Array, y: Array, t: Array) -> tuple[Array, Array]:
    """Turned by twice the arc tangent of t: by up to 14 degrees for t up to 0.12, up to 90 for 1."""
    below = 1 + t * t
    cosine, sine = (1 - t * t) / below, (t + t) / below
    return x * cosine + y * sine, y * cosine - x * sine


def _mixed(colour: Array, grey: Array, share: Array) -> Array:
    return colour + (grey - colour) * share


def _background(between: Callable[..., Array]) -> Callable[[int], Array]:
    """Two colours with a straight border between them, and a slope of brightness over both."""
    colours = [_mixed(between(0, 255, 3), between(30, 225, 1), between(0.3, 1.0, 1)) for _ in range(2)]
    across, _ = _turned(_X, _Y, between(-1, 1))
    border = np.clip(across - between(-12, 12), 0, 1)
    slope = _X * between(-1.5, 1.5) + _Y * between(-1.5, 1.5)

    def channel(number: int) -> Array:
        one, other = (colour[:, number, None, None] for colour in colours)
        return one + (other - one) * border + slope

    return channel


def _noise(n: int, random: Random) -> Callable[[int], Array]:
    drawn = np.frombuffer(random.bytes(2 * 3 * n * SIDE * SIDE), np.uint8).reshape(3, 2, n, SIDE, SIDE)
    return lambda channel: drawn[channel, 0].astype(np.float32) + drawn[channel, 1] - np.float32(255)
