"""Points in the plane with labels: small data sets to see what a classifier can do, and what it cannot.

Each function gives `n` points, float32 of shape (n, 2), and their labels, int64 of shape (n,), in random order. Classes
are of equal size, to within one point. `noise` is the standard deviation of the normal noise that is added to each
coordinate at the end, so with noise a point may stand where another class is. The same seed gives the same points on
every machine (``numpy.random.RandomState``, whose stream NumPy has frozen).

`parity`, `xor`, `ring` and `three_modes` are the cases that the lectures call hard for a linear classifier; no straight
line separates `moons`, `circles`, `spirals` and `checkerboard` either. `TOYS` holds all of them by name.

Errors, of all: TypeError for an n, a seed or a number of classes that is no integer and for noise that is no number;
ValueError for fewer points than classes, for noise that is negative or not finite, and where the function says so.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from microdl.creation import from_numpy
from microdl.datasets._checks import check_integer, check_number, check_seed
from microdl.tensor import Tensor

__all__ = [
    "TOYS", "blobs", "checkerboard", "circles", "moons", "parity", "ring", "spirals", "three_modes", "xor",
]  # fmt: skip

Array = np.ndarray[Any, np.dtype[Any]]


def moons(n: int = 200, *, noise: float = 0.1, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Two half circles of radius 1, the second turned over and reaching into the first.

    Class 0 is (cos t, sin t), class 1 is (1 - cos t, 1/2 - sin t), t uniform in [0, pi].

    Example:
        >>> from microdl.datasets import moons
        >>> points, labels = moons(100, noise=0)
        >>> points.shape, points.dtype, labels.dtype, labels.bincount()
        (torch.Size([100, 2]), torch.float32, torch.int64, tensor([50, 50]))

    Source: scikit-learn's `make_moons`, whose points are evenly spaced.
    """
    random, labels = _start(n, 2, seed)
    angle, sign = random.uniform(0, np.pi, n), 1 - 2 * labels
    points = _columns(labels + sign * np.cos(angle), labels / 2 + sign * np.sin(angle))
    return _finish(points, labels, noise, random)


def circles(n: int = 200, *, noise: float = 0.05, factor: float = 0.5, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Two circles around the origin: class 0 of radius 1, class 1 of radius `factor`, above 0 and below 1.

    Example:
        >>> from microdl.datasets import circles
        >>> points, labels = circles(4, noise=0, factor=0.25)
        >>> points.norm(dim=1)[labels == 1]
        tensor([0.2500, 0.2500])

    Source: scikit-learn's `make_circles`, whose points are evenly spaced.
    """
    if not 0 < check_number("factor", factor) < 1:
        raise ValueError(f"factor must be between 0 and 1, got {factor}: the radius of the inner circle; 0.5 is usual")
    random, labels = _start(n, 2, seed)
    points = _polar(np.where(labels == 0, 1, factor), random.uniform(0, 2 * np.pi, n))
    return _finish(points, labels, noise, random)


def blobs(
    n: int = 300, *, classes: int = 3, noise: float = 0.6, spread: float = 2.0, seed: int = 0
) -> tuple[Tensor, Tensor]:
    """Normal distributions of standard deviation `noise`, whose means stand evenly on a circle of radius `spread`.

    With few classes and little noise straight lines separate them. The first mean is (spread, 0).

    Example:
        >>> from microdl.datasets import blobs
        >>> points, labels = blobs(6, classes=2, noise=0)
        >>> points[labels == 1].round(decimals=4)
        tensor([[-2.,  0.],
                [-2.,  0.],
                [-2.,  0.]])

    Source: scikit-learn's `make_blobs`, whose means are random.
    """
    check_number("spread", spread)
    random, labels = _start(n, check_integer("classes", classes, 1), seed)
    return _finish(_polar(np.full(n, spread), 2 * np.pi * labels / classes), labels, noise, random)


def parity(n: int = 200, *, pixels: int = 2, noise: float = 0.0, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Whether an odd number of the pixels is positive (class 1) or an even one (class 0).

    The points are of shape (n, pixels), uniform in [-1, 1]. For two or more pixels no linear classifier is right more
    often than chance, though a product of the pixels decides.

    Example:
        >>> from microdl.datasets import parity
        >>> points, labels = parity(4, pixels=3)
        >>> points.shape, ((points > 0).sum(1) % 2 == labels).all()
        (torch.Size([4, 3]), tensor(True))

    Source: the lectures' first hard case for a linear classifier, Stanford CS231n 2017, lecture 2.
    """
    check_integer("pixels", pixels, 1)
    random, labels = _start(n, 2, seed)
    sizes = 1 - random.random_sample((n, pixels))  # none is 0, which has no sign
    positive = random.random_sample((n, pixels)) < 0.5
    positive[:, 0] ^= positive.sum(1) % 2 != labels
    return _finish(np.where(positive, sizes, -sizes), labels, noise, random)


def xor(n: int = 200, *, noise: float = 0.0, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Opposite quadrants of the square [-1, 1]^2: class 1 where exactly one coordinate is positive.

    It is the `parity` of two pixels.

    Example:
        >>> from microdl.datasets import xor
        >>> points, labels = xor(100)
        >>> (points.prod(1) < 0).equal(labels == 1)
        True
    """
    return parity(n, pixels=2, noise=noise, seed=seed)


def ring(n: int = 200, *, noise: float = 0.0, seed: int = 0) -> tuple[Tensor, Tensor]:
    """The ring 1 <= norm <= 2 (class 1) and the rest of the disc of radius 3 (class 0), both evenly filled.

    Example:
        >>> from microdl.datasets import ring
        >>> points, labels = ring(100)
        >>> norm = points.norm(dim=1)
        >>> ((norm >= 1) & (norm <= 2)).equal(labels == 1)
        True

    Source: the lectures' second hard case for a linear classifier, Stanford CS231n 2017, lecture 2.
    """
    random, labels = _start(n, 2, seed)
    share = random.random_sample(n)
    square = np.where(labels == 1, 1 + 3 * share, np.where(share < 1 / 6, 6 * share, 3 + 6 * share))
    return _finish(_polar(np.sqrt(square), random.uniform(0, 2 * np.pi, n)), labels, noise, random)


def three_modes(n: int = 300, *, noise: float = 0.0, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Three discs (class 1), and everything else in the square [-3, 3]^2 (class 0).

    The discs, of radius 0.8, stand at (0, 2), (-sqrt 3, -1) and (sqrt 3, -1).

    Example:
        >>> from microdl.datasets import three_modes
        >>> points, labels = three_modes(100)
        >>> (points[labels == 1].norm(dim=1) < 2.81).all(), points.abs().max() <= 3
        (tensor(True), tensor(True))

    Source: the lectures' third hard case for a linear classifier, Stanford CS231n 2017, lecture 2.
    """
    random, labels = _start(n, 2, seed)
    centres = _polar(np.full(3, 2.0), np.pi / 2 + 2 * np.pi * np.arange(3) / 3)
    radius = 0.8 * np.sqrt(random.random_sample(n))
    points = _polar(radius, random.uniform(0, 2 * np.pi, n)) + centres[random.randint(0, 3, n)]
    outside = np.flatnonzero(labels == 0)
    while outside.size:
        points[outside] = random.uniform(-3, 3, (outside.size, 2))
        distances = points[outside, None] - centres
        outside = outside[((distances**2).sum(2) <= 0.8**2).any(1)]
    return _finish(points, labels, noise, random)


def spirals(
    n: int = 300, *, classes: int = 3, turns: float = 0.75, noise: float = 0.03, seed: int = 0
) -> tuple[Tensor, Tensor]:
    """One arm for each class, from the origin out to radius 1, each the first one turned by a part of the circle.

    An arm goes round `turns` times; the more classes and turns, the closer the arms.

    Example:
        >>> from microdl.datasets import spirals
        >>> points, labels = spirals(400, classes=4)
        >>> labels.bincount()
        tensor([100, 100, 100, 100])

    Source: the example of https://cs231n.github.io/neural-networks-case-study/, whose noise is in the angle.
    """
    check_number("turns", turns)
    random, labels = _start(n, check_integer("classes", classes, 1), seed)
    radius = 0.05 + 0.95 * random.random_sample(n)
    return _finish(_polar(radius, 2 * np.pi * (labels / classes + turns * radius)), labels, noise, random)


def checkerboard(n: int = 400, *, squares: int = 4, noise: float = 0.0, seed: int = 0) -> tuple[Tensor, Tensor]:
    """The black and the white squares of a board on [-1, 1]^2 with `squares` squares, at least two, on each side.

    The square at the lower left is of class 0.

    Example:
        >>> from microdl.datasets import checkerboard
        >>> points, labels = checkerboard(100)
        >>> (((points + 1) * 2).floor().sum(1) % 2).long().equal(labels)
        True
    """
    check_integer("squares", squares, 2)
    random, labels = _start(n, 2, seed)
    colours = np.add(*np.indices((squares, squares))) % 2
    rows, columns = np.empty((2, n), np.int64)
    for label in (0, 1):
        theirs = labels == label
        places = np.argwhere(colours == label)
        rows[theirs], columns[theirs] = places[random.randint(0, len(places), theirs.sum())].T
    points = 2 * (_columns(columns, rows) + random.random_sample((n, 2))) / squares - 1
    return _finish(points, labels, noise, random)


TOYS: dict[str, Callable[..., tuple[Tensor, Tensor]]] = {
    toy.__name__: toy for toy in (moons, circles, blobs, xor, parity, ring, three_modes, spirals, checkerboard)
}
"""The functions by name."""


def _start(n: int, classes: int, seed: int) -> tuple[np.random.RandomState, Array]:
    """The stream of random numbers, and labels of equal number in random order."""
    check_seed(seed)
    check_integer("n", n, classes, f": each of the {classes} classes needs a point. Ask for more points")
    random = np.random.RandomState(seed)
    return random, random.permutation(np.arange(n) % classes)


def _finish(points: Array, labels: Array, noise: float, random: np.random.RandomState) -> tuple[Tensor, Tensor]:
    remedy = ". It is a standard deviation, such as 0.1; 0 for none"
    if check_number("noise", noise, remedy=remedy) > 0:
        points = points + noise * random.standard_normal(points.shape)
    return from_numpy(points.astype(np.float32)), from_numpy(labels.astype(np.int64))


def _columns(x: Array, y: Array) -> Array:
    return np.stack([x, y], axis=1)


def _polar(radius: Array, angle: Array) -> Array:
    return _columns(radius * np.cos(angle), radius * np.sin(angle))
