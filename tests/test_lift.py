"""Lifted points and polar coordinates."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import microdl as torch
from microdl.features import lift, polar
from microdl.features.lifting import monomials

POINTS = hnp.arrays(np.float64, st.tuples(st.integers(1, 5), st.integers(1, 4)), elements=st.floats(-10, 10))
PLANE = hnp.arrays(np.float64, st.tuples(st.integers(1, 5), st.just(2)), elements=st.floats(-10, 10))


def test_the_lectures_order() -> None:
    """(x1, x2) -> (x1, x2, x1^2, x2^2, x1 x2)."""
    points = np.random.default_rng(0).standard_normal((20, 2))
    x1, x2 = points.T
    np.testing.assert_array_equal(lift(points), np.stack([x1, x2, x1**2, x2**2, x1 * x2], 1))


@given(POINTS, st.integers(1, 4))
def test_every_product_once(points: np.ndarray, degree: int) -> None:
    width = points.shape[1]
    products = list(monomials(width, degree))
    every = [c for d in range(1, degree + 1) for c in itertools.combinations_with_replacement(range(width), d)]
    assert sorted(products) == sorted(every)
    assert len(products) == math.comb(width + degree, degree) - 1
    wanted = np.stack([points[:, list(factors)].prod(1) for factors in products], 1)
    np.testing.assert_allclose(lift(points, degree), wanted, rtol=1e-14, atol=0)


def test_the_order_in_general() -> None:
    """By degree, then powers before mixed products."""
    shown = " ".join("".join("xyz"[i] for i in factors) for factors in monomials(3, 3))
    assert shown == "x y z xx yy zz xy xz yz xxx yyy zzz xxy xxz xyy xyz xzz yyz yzz"


def test_lifted_points_are_separated_by_a_plane_where_a_line_cannot() -> None:
    """Opposite quadrants by x1 x2, a circle by x1^2 + x2^2."""
    points = np.random.default_rng(0).uniform(-1, 1, (200, 2))
    lifted = lift(points)
    assert np.array_equal(lifted @ [0, 0, 0, 0, 1] > 0, np.sign(points[:, 0]) == np.sign(points[:, 1]))
    assert np.array_equal(lifted @ [0, 0, 1, 1, 0] > 0.5, np.hypot(*points.T) > math.sqrt(0.5))


def test_dtypes() -> None:
    points = np.array([[1, 2], [3, 4]])
    assert lift(points).dtype == polar(points).dtype == np.float64
    assert lift(points.astype(np.float32)).dtype == polar(points.astype(np.float32)).dtype == np.float32
    assert lift(torch.tensor([[2.0, 3.0]])).tolist() == [[2, 3, 4, 9, 6]]
    assert polar(torch.tensor([[3.0, 4.0]]))[0, 0] == 5
    assert lift(points)[1].tolist() == [3, 4, 9, 16, 12]


@given(PLANE)
def test_polar_and_back(points: np.ndarray) -> None:
    r, theta = polar(points).T
    assert (r >= 0).all()
    assert (np.abs(theta) <= math.pi).all()
    np.testing.assert_allclose(np.stack([r * np.cos(theta), r * np.sin(theta)], 1), points, rtol=0, atol=1e-14 * 20)


def test_polar_where_the_signs_of_zero_differ() -> None:
    zero = [0.0, -0.0]
    points = [[x, y] for x in zero for y in zero] + [[-1.0, 0.0], [-1.0, -0.0], [1.0, -0.0]]
    np.testing.assert_array_equal(polar(points)[:, 1], [0, 0, 0, 0, math.pi, math.pi, 0])


def test_polar_in_space_is_cylindrical() -> None:
    np.testing.assert_allclose(polar([[0.0, -2.0, 7.0]]), [[2, -math.pi / 2, 7]])


def test_the_points_stay() -> None:
    points = np.array([[3.0, 4.0]])
    lift(points)
    polar(points)
    assert points.tolist() == [[3, 4]]


@pytest.mark.parametrize(
    ("points", "degree", "error", "words"),
    [
        ([1.0, 2.0], 2, ValueError, "2D array.*points"),
        (np.empty((0, 2)), 2, ValueError, "0 sample"),
        ([[1.0, np.nan]], 2, ValueError, "points contains NaN"),
        ([[1.0, 2.0]], 0, ValueError, "at least 1, got 0"),
        ([[1.0, 2.0]], 1.5, ValueError, "degree must be an integer of at least 1, got 1.5"),
        ([[1e200, 2.0]], 2, ValueError, r"as large as 1e\+200 exceed float64: scale"),
    ],
)
def test_lift_refuses(points: object, degree: int, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        lift(points, degree)


@pytest.mark.parametrize(
    ("points", "words"),
    [
        ([[1.0], [2.0]], r"1 feature\(s\)"),
        ([[1.0, np.inf]], "infinity"),
        ([[1.7e308, 1.7e308]], "radius of points as large as .* exceeds float64"),
    ],
)
def test_polar_refuses(points: object, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        polar(points)
