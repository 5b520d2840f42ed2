"""Data sets and features by name: parts, sizes, scales, and clear errors."""

from __future__ import annotations

import numpy as np
import pytest

from microdl import tasks


@pytest.fixture(scope="module")
def synthetic() -> tasks.Task:
    return tasks.load("synthetic-cifar", limit=90)


def test_the_digits_are_in_three_parts() -> None:
    task = tasks.load("digits")
    assert [len(part) for part in task.parts.values()] == [1214, 134, 449]
    assert (task.shape, task.largest, len(task.classes)) == ((8, 8), 16, 10)
    rows = tasks.features("pixels", task)
    assert rows["training"].dtype == np.float32
    assert rows["training"].shape == (1214, 64)
    assert (rows["training"].min(), rows["training"].max()) == (0, 1)


def test_a_limit_takes_the_first_of_each_part(synthetic: tasks.Task) -> None:
    more = tasks.load("synthetic-cifar", limit=120)
    assert [len(part) for part in synthetic.parts.values()] == [90, 10, 90]
    np.testing.assert_array_equal(more.training.images[:90], synthetic.training.images)


def test_bytes_stay_bytes_where_they_may(synthetic: tasks.Task) -> None:
    rows, as_they_are = tasks.features("pixels", synthetic), tasks.features("pixels", synthetic, keep_bytes=True)
    assert as_they_are["test"].dtype == np.uint8
    np.testing.assert_array_equal(as_they_are["test"].astype(np.float32) / np.float32(255), rows["test"])


def test_features_are_side_by_side_and_standardised(synthetic: tasks.Task) -> None:
    rows = tasks.features("hog+color", synthetic)
    hog, color = (tasks.features(name, synthetic) for name in ("hog", "color"))
    np.testing.assert_allclose(rows["test"], np.hstack([hog["test"], color["test"]]), atol=1e-5)
    assert np.abs(rows["training"].mean(0)).max() < 1e-4
    deviation = rows["training"].std(0)
    assert (np.isclose(deviation, 1, atol=1e-3) | (deviation == 0)).all()


@pytest.mark.parametrize("name", [name for name in tasks.DATA if name in ("moons", "ring", "three-modes", "spirals")])
def test_points_of_the_plane(name: str) -> None:
    task = tasks.load(name)
    assert task.shape == (2,)
    assert len(task.training) == 900
    assert tasks.features("lift", task)["training"].shape == (900, 5)
    np.testing.assert_array_equal(tasks.features("pixels", task)["test"], task.test.images)


@pytest.mark.parametrize(
    ("data", "names", "text"),
    [
        ("digits", "color", "'color' is a feature of colour images, and those of digits are grey"),
        ("digits", "lift", "'lift' is a feature of points"),
        ("moons", "hog", "'hog' is a feature of images"),
        ("moons", "hgo", "'hgo' is none of the features pixels, hog"),
    ],
)
def test_features_that_do_not_suit_the_data(data: str, names: str, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        tasks.features(names, tasks.load(data))


def test_data_that_are_not_there(tmp_path) -> None:
    with pytest.raises(RuntimeError, match="download"):
        tasks.load("cifar10", tmp_path)
