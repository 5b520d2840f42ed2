"""Points lifted into more dimensions, where a plane separates what no line separates in two; polar coordinates."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import combinations_with_replacement
from typing import Any

import numpy as np

from .._estimator import Array, matrix
from ._options import positive_int

__all__ = ["lift", "monomials", "polar"]


def lift(points: Any, degree: int = 2) -> Array:
    """Every product of up to `degree` coordinates: (x1, x2) becomes (x1, x2, x1^2, x2^2, x1 x2).

    A linear classifier of lifted points has conic sections as boundaries, a circle for instance. The order is by
    degree; within a degree the powers of one coordinate come first, then the mixed products, both in the order of the
    coordinates (`monomials` lists them). scikit-learn's PolynomialFeatures gives the same numbers with the powers among
    the products, after a column of ones, which here is the classifier's bias.

    Args:
        points: (n, d), an array, a tensor or nested lists.
        degree: at least 1.

    Returns:
        (n, (d + degree)! / (d! degree!) - 1), float32 for float32, float64 for all else.

    Raises ValueError for another shape, NaN, infinity, a degree that is no integer of at least 1, and where a product
    is too large for its dtype.

    Source: the lectures "Loss function and optimisation" and "Linear classifier, under the hood".

    >>> lift([[2.0, 3.0]])
    array([[2., 3., 4., 9., 6.]])
    >>> lift([[2.0, 3.0]], degree=3)
    array([[ 2.,  3.,  4.,  9.,  6.,  8., 27., 12., 18.]])
    """
    array = matrix(points, name="points")
    n, width = array.shape
    lifted = np.empty((lifted_width(width, degree), n), array.dtype)
    places: dict[tuple[int, ...], int] = {}
    with np.errstate(over="ignore", under="ignore"):
        for place, factors in enumerate(monomials(width, degree)):
            places[factors] = place
            if len(factors) == 1:
                lifted[place] = array[:, factors[0]]
            else:
                np.multiply(lifted[places[factors[:-1]]], array[:, factors[-1]], out=lifted[place])
    if not np.isfinite(lifted).all():
        raise ValueError(
            f"products of degree {degree} of points as large as {np.abs(array).max()} exceed {array.dtype}: scale them "
            "first, for instance with Standardise"
        )
    return np.ascontiguousarray(lifted.T)


def monomials(width: int, degree: int) -> Iterator[tuple[int, ...]]:
    """The products of up to `degree` out of `width` coordinates in `lift`'s order, each as its factors' places.

    >>> list(monomials(2, 2))
    [(0,), (1,), (0, 0), (1, 1), (0, 1)]
    """
    for total in range(1, degree + 1):
        yield from ((place,) * total for place in range(width))
        yield from (
            factors for factors in combinations_with_replacement(range(width), total) if factors[0] != factors[-1]
        )


def lifted_width(width: int, degree: Any) -> int:
    """How many products there are. ValueError for a degree that is no integer of at least 1."""
    return math.comb(width + positive_int(degree, "degree"), degree) - 1


def polar(points: Any) -> Array:
    """(x, y) becomes (r, theta): r = sqrt(x^2 + y^2), theta = atan2(y, x), from -pi to pi; theta is 0 at the origin.

    Further coordinates stay as they are: (x, y, z) becomes cylindrical coordinates (r, theta, z).

    Args:
        points: (n, d) with d at least 2, an array, a tensor or nested lists.

    Returns:
        (n, d), float32 for float32, float64 for all else.

    Raises ValueError for another shape, NaN and infinity.

    Source: the lectures "Loss function and optimisation" and "Linear classifier, under the hood".

    >>> polar([[0.0, 2.0], [-1.0, 0.0]])
    array([[2.        , 1.57079633],
           [1.        , 3.14159265]])
    """
    array = matrix(points, name="points")
    if array.shape[1] < 2:
        raise ValueError(f"polar coordinates are made of two, x and y, but points have 1 feature(s): {array.shape}")
    out = np.array(array)
    with np.errstate(over="ignore", under="ignore"):
        x, y = array[:, 0] + 0, array[:, 1] + 0  # -0 becomes 0, whose angle is 0
        np.hypot(x, y, out=out[:, 0])
        np.arctan2(y, x, out=out[:, 1])
    if not np.isfinite(out[:, 0]).all():
        raise ValueError(f"the radius of points as large as {np.abs(array[:, :2]).max()} exceeds {array.dtype}")
    return out
