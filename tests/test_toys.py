"""Points in the plane: their shapes, balance, noise and seeds, where each class stands, what is refused."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import microdl as torch
from microdl import datasets
from microdl.datasets import TOYS, blobs, checkerboard, circles, moons, parity, ring, spirals, three_modes, xor

CLASSES = {"blobs": 3, "spirals": 3}


def arrays(name: str, n: int = 600, **options: Any) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    points, labels = TOYS[name](n, **({"noise": 0} | options))
    return points.numpy().astype(np.float64), labels.numpy()


@pytest.mark.parametrize("name", TOYS)
@given(n=st.integers(3, 70), seed=st.integers(0, 2**32 - 1))
def test_every_toy_is_balanced_and_repeats(name: str, n: int, seed: int) -> None:
    points, labels = TOYS[name](n, seed=seed)
    assert points.shape == (n, 2)
    assert points.dtype is torch.float32
    assert labels.shape == (n,)
    assert labels.dtype is torch.int64
    assert points.isfinite().all()
    counts = np.bincount(labels.numpy(), minlength=CLASSES.get(name, 2))
    assert len(counts) == CLASSES.get(name, 2)
    assert counts.max() - counts.min() <= 1
    again, labels_again = TOYS[name](n, seed=seed)
    assert points.equal(again)
    assert labels.equal(labels_again)
    assert not points.equal(TOYS[name](n, seed=(seed + 1) % 2**32)[0])


@pytest.mark.parametrize("name", TOYS)
def test_the_order_is_random_and_the_noise_normal(name: str) -> None:
    still, labels = arrays(name, 4000)
    assert not np.array_equal(labels, np.sort(labels))
    assert 0.35 < np.mean(labels[1:] != labels[:-1]) < 0.75
    moved, labels_moved = arrays(name, 4000, noise=0.25)
    assert np.array_equal(labels, labels_moved)
    change = moved - still
    assert np.abs(change.mean()) < 0.02
    assert np.abs(change.std() - 0.25) < 0.01
    assert 0.63 < np.mean(np.abs(change) < 0.25) < 0.73  # a normal variable is within one deviation: 68 %


def test_the_names_are_those_of_the_functions_and_of_the_package() -> None:
    assert list(TOYS) == [
        "moons", "circles", "blobs", "xor", "parity", "ring", "three_modes", "spirals", "checkerboard",
    ]  # fmt: skip
    for name, toy in TOYS.items():
        assert getattr(datasets, name) is toy
        assert name in dir(datasets)


def test_moons_are_two_half_circles() -> None:
    points, labels = arrays("moons")
    one, other = points[labels == 0], points[labels == 1]
    np.testing.assert_allclose(np.hypot(*one.T), 1, rtol=1e-6)
    np.testing.assert_allclose(np.hypot(*(other - [1, 0.5]).T), 1, rtol=1e-6)
    assert one[:, 1].min() >= -1e-6
    assert other[:, 1].max() <= 0.5 + 1e-6
    assert other[:, 1].min() < -0.49


def test_circles_have_their_radii() -> None:
    points, labels = arrays("circles", factor=0.3)
    np.testing.assert_allclose(np.hypot(*points.T), np.where(labels == 0, 1, 0.3), rtol=1e-6)


@pytest.mark.parametrize("classes", [1, 2, 5])
def test_blobs_stand_around_their_means(classes: int) -> None:
    points, labels = arrays("blobs", 4000, classes=classes, noise=0.5, spread=4)
    for k in range(classes):
        here = points[labels == k]
        angle = 2 * math.pi * k / classes
        np.testing.assert_allclose(here.mean(0), [4 * math.cos(angle), 4 * math.sin(angle)], atol=0.1)
        np.testing.assert_allclose(here.std(0), 0.5, atol=0.05)


@pytest.mark.parametrize("pixels", [1, 2, 3, 8])
def test_parity_counts_positive_pixels(pixels: int) -> None:
    points, labels = parity(500, pixels=pixels)
    assert points.shape == (500, pixels)
    assert (points != 0).all()
    assert points.abs().max() <= 1
    assert ((points > 0).sum(1) % 2).equal(labels)
    signs = np.unique(np.sign(points.numpy()), axis=0)
    assert len(signs) > 0.8 * 2**pixels  # all quadrants


def test_xor_is_the_parity_of_two_pixels() -> None:
    for one, other in zip(xor(50, noise=0.1, seed=4), parity(50, noise=0.1, seed=4), strict=True):
        assert one.equal(other)
    points, labels = arrays("xor")
    assert np.array_equal(labels, (points[:, 0] > 0) ^ (points[:, 1] > 0))


def test_the_ring_and_the_rest_are_evenly_filled() -> None:
    points, labels = arrays("ring", 6000)
    norm = np.hypot(*points.T)
    within = (norm > 1 - 1e-6) & (norm < 2 + 1e-6)
    assert np.array_equal(within, labels == 1)
    assert norm.max() <= 3 + 1e-6
    rest = norm[labels == 0]
    assert np.mean(rest < 1) == pytest.approx(1 / 6, abs=0.02)  # the areas are 1 and 5
    assert np.median(norm[labels == 1] ** 2) == pytest.approx(2.5, abs=0.1)


def test_three_modes_and_everything_else() -> None:
    points, labels = arrays("three_modes", 3000)
    centres = np.array([[0, 2], [-math.sqrt(3), -1], [math.sqrt(3), -1]])
    distances = np.sqrt(((points[:, None] - centres) ** 2).sum(2))
    assert np.array_equal((distances < 0.8 + 1e-6).any(1), labels == 1)
    counts = np.bincount(distances[labels == 1].argmin(1))
    assert counts.min() > 400
    assert np.abs(points).max() <= 3
    corners = (np.abs(points[labels == 0]) > 2).all(1)
    assert corners.sum() > 100


@pytest.mark.parametrize("classes", [1, 2, 5])
@pytest.mark.parametrize("turns", [0, 0.5, 2])
def test_an_arm_of_a_spiral_turns_with_its_radius(classes: int, turns: float) -> None:
    points, labels = arrays("spirals", 300, classes=classes, turns=turns)
    radius = np.hypot(*points.T)
    assert radius.max() <= 1 + 1e-6
    angle = 2 * np.pi * (labels / classes + turns * radius)
    np.testing.assert_allclose(points, radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], 1), atol=1e-5)


@pytest.mark.parametrize("squares", [2, 3, 8])
def test_neighbouring_squares_of_the_board_differ(squares: int) -> None:
    points, labels = arrays("checkerboard", 5000, squares=squares)
    columns, rows = np.floor((points + 1) / 2 * squares - 1e-9).astype(int).T
    assert np.mean((rows + columns) % 2 == labels) > 0.999  # float32 may put a point on the border
    per_square = np.bincount(rows.clip(0) * squares + columns.clip(0))
    assert per_square.min() > 0.5 * 5000 / squares**2


def linear_accuracy(points: Any, labels: Any) -> float:
    """Of the best line, for classes of equal size: 180 directions, with the border after every point."""
    p, y = points.numpy().astype(np.float64), labels.numpy()
    best = 0.0
    for angle in np.linspace(0, np.pi, 180, endpoint=False):
        order = np.argsort(p @ [np.cos(angle), np.sin(angle)])
        right = np.cumsum(np.where(y[order] == 1, 1, -1)) / len(y)
        best = max(best, 0.5 + np.abs(right).max())
    return best


@pytest.mark.parametrize(
    ("toy", "most"),
    [(xor, 0.80), (ring, 0.75), (three_modes, 0.85), (circles, 0.80), (moons, 0.95), (checkerboard, 0.65)],
)
def test_no_straight_line_separates_the_hard_cases(toy: Any, most: float) -> None:
    assert 0.5 < linear_accuracy(*toy(2000, noise=0)) < most


def test_a_straight_line_separates_two_blobs() -> None:
    assert linear_accuracy(*blobs(500, classes=2)) > 0.99


@pytest.mark.parametrize("name", TOYS)
@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"n": 1}, ValueError, "n must be at least [23], got 1: each of the [23] classes needs a point"),
        ({"n": -5}, ValueError, "n must be at least [23], got -5"),
        ({"n": 10.0}, TypeError, "n must be an integer, at least [23], got 10.0"),
        ({"n": True}, TypeError, "n must be an integer, at least [23], got True"),
        ({"noise": -0.1}, ValueError, "noise must be finite and at least 0, got -0.1. It is a standard deviation"),
        ({"noise": math.nan}, ValueError, "noise must be finite and at least 0, got nan"),
        ({"noise": math.inf}, ValueError, "noise must be finite and at least 0, got inf"),
        ({"noise": "much"}, TypeError, "noise must be a number, at least 0, got 'much'"),
        ({"seed": -1}, ValueError, r"seed must be within 0 to 2\*\*32 - 1, got -1"),
        ({"seed": 0.5}, TypeError, "seed must be an integer, got 0.5"),
    ],
)
def test_wrong_arguments_are_refused(name: str, options: dict[str, Any], error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        TOYS[name](**options)


@pytest.mark.parametrize(
    ("toy", "options", "error", "said"),
    [
        (circles, {"factor": 1}, ValueError, "factor must be between 0 and 1, got 1: the radius of the inner circle"),
        (circles, {"factor": 0}, ValueError, "factor must be between 0 and 1, got 0"),
        (blobs, {"classes": 0}, ValueError, "classes must be at least 1, got 0"),
        (blobs, {"classes": 7, "n": 6}, ValueError, "n must be at least 7, got 6: each of the 7 classes"),
        (blobs, {"spread": -1}, ValueError, "spread must be finite and at least 0, got -1"),
        (parity, {"pixels": 0}, ValueError, "pixels must be at least 1, got 0"),
        (spirals, {"classes": 2.5}, TypeError, "classes must be an integer, at least 1, got 2.5"),
        (spirals, {"turns": -2}, ValueError, "turns must be finite and at least 0, got -2"),
        (checkerboard, {"squares": 1}, ValueError, "squares must be at least 2, got 1"),
    ],
)
def test_wrong_options_are_refused(toy: Any, options: dict[str, Any], error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        toy(**options)
