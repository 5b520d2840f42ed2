"""Colour histograms and hue, saturation and value, against Python's colorsys and NumPy's own histogram."""

from __future__ import annotations

import colorsys
import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import microdl as torch
from microdl.features import color_histogram, rgb_to_hsv

SHAPES = st.tuples(st.integers(1, 3), st.integers(1, 5), st.integers(1, 5), st.just(3))
BYTES = hnp.arrays(np.uint8, SHAPES, elements=st.integers(0, 255))
FLOATS = hnp.arrays(np.float64, SHAPES, elements=st.floats(0, 1))
LEVELS = np.array(list(itertools.product([0, 1, 50, 51, 102, 127, 128, 254, 255], repeat=3)), np.uint8)


def random_bytes(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, shape, np.uint8)


# ---------------------------------------------------------------- hue, saturation, value


def test_hsv_of_every_corner_is_that_of_colorsys() -> None:
    found = rgb_to_hsv(LEVELS, dtype=np.float64)
    wanted = [colorsys.rgb_to_hsv(*(color / 255)) for color in LEVELS]
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-15)


@given(FLOATS)
def test_hsv_of_floats_is_that_of_colorsys(images: np.ndarray) -> None:
    wanted = np.array([colorsys.rgb_to_hsv(*color) for color in images.reshape(-1, 3)]).reshape(images.shape)
    found = rgb_to_hsv(images)
    assert found.dtype == np.float64
    gap = np.abs(found - wanted)
    gap[..., 0] = np.minimum(gap[..., 0], 1 - gap[..., 0])  # the hue is a circle: just below 0 is just below 1
    assert gap.max() <= 1e-15


def test_hsv_of_one_colour_an_image_and_a_batch_are_the_same() -> None:
    images = random_bytes(2, 3, 4, 3)
    whole = rgb_to_hsv(images)
    assert whole.dtype == np.float32
    np.testing.assert_array_equal(rgb_to_hsv(images[1]), whole[1])
    np.testing.assert_array_equal(rgb_to_hsv(images[1, 2, 3]), whole[1, 2, 3])
    np.testing.assert_array_equal(rgb_to_hsv(torch.tensor(images)), whole)
    assert rgb_to_hsv(images[:0]).shape == (0, 3, 4, 3)


@pytest.mark.parametrize(
    ("colors", "error", "words"),
    [
        (np.zeros((4, 2), np.uint8), ValueError, r"\(\.\.\., 3\).*got \(4, 2\)"),
        (np.float32(1), ValueError, r"\(\.\.\., 3\)"),
        (np.zeros((4, 3), np.int64), TypeError, "got int64.*uint8"),
        (np.full((1, 3), 1.5), ValueError, "from 0 to 1, got 1.5.*/ 255"),
        (np.full((1, 3), -0.5), ValueError, "got -0.5"),
        (np.full((1, 3), np.nan), ValueError, r"nan at \(0, 0\)"),
    ],
)
def test_hsv_refuses(colors: object, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        rgb_to_hsv(colors)


# ---------------------------------------------------------------- histograms


def plain(numbers: np.ndarray, counts: tuple[int, ...], joint: bool) -> np.ndarray:
    """Of the numbers of one image's pixels, (pixels, 3): by NumPy's own histograms of whole numbers."""
    places = np.minimum((numbers * counts).astype(int), np.array(counts) - 1)
    if joint:
        return np.histogramdd(places, [np.arange(count + 1) for count in counts])[0].ravel()
    return np.concatenate([np.bincount(places[:, i], minlength=counts[i]) for i in range(3)])


@pytest.mark.parametrize("space", ["rgb", "hsv"])
@pytest.mark.parametrize("joint", [False, True])
@pytest.mark.parametrize("bins", [7, (2, 3, 5)])
def test_counts_of_floats(space: str, joint: bool, bins: object) -> None:
    images = np.random.default_rng(1).random((3, 6, 5, 3))
    counts = (7, 7, 7) if bins == 7 else (2, 3, 5)
    numbers = (images if space == "rgb" else rgb_to_hsv(images)).reshape(3, -1, 3)
    wanted = [plain(each, counts, joint) for each in numbers]
    found = color_histogram(images, bins, space, joint=joint, normalise=False)
    np.testing.assert_array_equal(found, wanted)
    assert found.dtype == np.float64
    normal = color_histogram(images, bins, space, joint=joint)
    np.testing.assert_allclose(normal, found / 30, rtol=1e-15)
    np.testing.assert_allclose(normal.sum(1), 1 if joint else 3)


@pytest.mark.parametrize("space", ["rgb", "hsv", "hue"])
@pytest.mark.parametrize("bins", [1, 4, 7, 64])
def test_counts_of_bytes_are_those_of_floats_off_the_edges_of_bins(space: str, bins: int) -> None:
    """On an edge a rounded quotient may fall to either side; bytes are counted exactly."""
    colors = LEVELS if space == "rgb" else random_bytes(500, 3)
    numbers = (colors / 255) if space == "rgb" else rgb_to_hsv(colors, dtype=np.float64)
    inside = (np.abs(numbers * bins - np.round(numbers * bins)) > 1e-9) | (numbers == 0) | (numbers == 1)
    colors = colors[inside.all(1)].reshape(1, 1, -1, 3)
    assert colors.size > 100
    found = color_histogram(colors, bins, space, normalise=False, dtype=np.float64)
    np.testing.assert_array_equal(found, color_histogram(colors / 255, bins, space, normalise=False))


def test_bytes_on_an_edge_fall_into_the_bin_above_it() -> None:
    """51 is 1/5 of 255; a hue of 36 degrees is 1/10."""
    grey = np.full((1, 1, 1, 3), 51, np.uint8)
    assert color_histogram(grey, 5).reshape(3, 5).argmax(1).tolist() == [1, 1, 1]
    orange = np.array([[[[250, 150, 0]]]], np.uint8)
    assert colorsys.rgb_to_hsv(250 / 255, 150 / 255, 0)[0] == pytest.approx(0.1)
    assert color_histogram(orange, 10, "hue").argmax() == 1
    assert color_histogram(np.full((1, 1, 1, 3), 255, np.uint8), 5).reshape(3, 5).argmax(1).tolist() == [4, 4, 4]


def test_the_hues_of_the_circle() -> None:
    """Sixty degrees apart: red, yellow, green, cyan, blue, magenta; grey has none, and counts as red."""
    colors = [[255, 0, 0], [255, 255, 0], [0, 255, 0], [0, 255, 255], [0, 0, 255], [255, 0, 255], [9, 9, 9], [0, 0, 0]]
    images = np.array(colors, np.uint8).reshape(8, 1, 1, 3)
    for batch in (images, images / 255, (images / 255).astype(np.float32)):
        assert color_histogram(batch, 6, "hue").argmax(1).tolist() == [0, 1, 2, 3, 4, 5, 0, 0]


@pytest.mark.parametrize("space", ["rgb", "hsv", "hue"])
@given(images=BYTES, data=st.data())
def test_pixels_may_change_their_places(space: str, images: np.ndarray, data: st.DataObject) -> None:
    rows = images.reshape(len(images), -1, 3)
    order = data.draw(st.permutations(range(rows.shape[1])))
    mixed = rows[:, order].reshape(images.shape)
    for batch, other in ((images, mixed), (images / 255, mixed / 255)):
        for joint in (False, True):
            one, two = (color_histogram(each, 3, space, joint=joint) for each in (batch, other))
            np.testing.assert_array_equal(one, two)


@given(BYTES)
def test_every_pixel_counts_once(images: np.ndarray) -> None:
    size = images.shape[1] * images.shape[2]
    for space in ("rgb", "hsv", "hue"):
        counts = color_histogram(images, 4, space, joint=True, normalise=False)
        assert counts.min() >= 0
        np.testing.assert_array_equal(counts.sum(1), size)


def test_the_result_does_not_depend_on_threads_or_on_the_batch() -> None:
    images = random_bytes(40, 30, 30, 3)
    threads = torch.get_num_threads()
    found = color_histogram(images, 8, "hsv", joint=True)
    try:
        torch.set_num_threads(1)
        np.testing.assert_array_equal(color_histogram(images, 8, "hsv", joint=True), found)
    finally:
        torch.set_num_threads(threads)
    np.testing.assert_array_equal(color_histogram(images[3:4], 8, "hsv", joint=True), found[3:4])


def test_what_it_takes_and_gives() -> None:
    images = random_bytes(2, 4, 4, 3)
    found = color_histogram(images)
    assert (found.shape, found.dtype) == ((2, 24), np.float32)
    np.testing.assert_array_equal(color_histogram(torch.tensor(images)), found)
    np.testing.assert_array_equal(color_histogram(list(images)), found)
    np.testing.assert_array_equal(color_histogram(images[:, ::-1, ::-1]), found)
    assert color_histogram(images, dtype=torch.float64).dtype == np.float64
    assert color_histogram((images / 255).astype(np.float16)).dtype == np.float32
    assert color_histogram((images / 255).astype(">f4")).dtype == np.float32
    assert color_histogram(images, 3, joint=True).shape == (2, 27)
    assert color_histogram(images, [5], "hue").shape == (2, 5)


@pytest.mark.parametrize(
    ("images", "options", "error", "words"),
    [
        (np.zeros((2, 4, 4), np.uint8), {}, ValueError, r"colour images are needed.*\(2, 4, 4\).*np.stack"),
        (np.zeros((2, 4, 4, 1), np.uint8), {}, ValueError, "colour images are needed"),
        (np.zeros((4, 4, 3), np.uint8), {}, ValueError, r"colour images are needed.*image\[None\] for one image"),
        (np.zeros((2, 3, 4, 4), np.uint8), {}, ValueError, r"\(2, 3, 4, 4\).*transpose\(0, 2, 3, 1\)"),
        (np.zeros((2, 4, 4, 4), np.uint8), {}, ValueError, "opacity"),
        (np.zeros((4, 48), np.uint8), {}, ValueError, r"got \(4, 48\).*reshape"),
        (np.zeros((0, 4, 4, 3), np.uint8), {}, ValueError, r"at least one image.*\(0, 4, 4, 3\)"),
        (np.zeros((2, 0, 4, 3), np.uint8), {}, ValueError, "at least one pixel"),
        ([np.zeros((2, 2, 3)), np.zeros((3, 3, 3))], {}, ValueError, "have one shape: resize"),
        (np.zeros((2, 4, 4, 3), np.int32), {}, TypeError, "got int32.*astype"),
        (np.zeros((2, 4, 4, 3), complex), {}, TypeError, "got complex128"),
        (np.full((2, 4, 4, 3), 255.0), {}, ValueError, "got 255.0: images / 255"),
        (np.full((2, 4, 4, 3), np.inf), {}, ValueError, r"inf at \(0, 0, 0, 0\)"),
        (np.zeros((2, 4, 4, 3)), {"space": "lab"}, ValueError, "'rgb', 'hsv', 'hue', got 'lab'"),
        (np.zeros((2, 4, 4, 3)), {"bins": 0}, ValueError, "bins must be an integer of at least 1, got 0"),
        (np.zeros((2, 4, 4, 3)), {"bins": (2, 3)}, ValueError, r"one integer or three.*\(2, 3\)"),
        (np.zeros((2, 4, 4, 3)), {"bins": (2, 3, 4), "space": "hue"}, ValueError, "bins must be one integer"),
        (np.zeros((2, 4, 4, 3)), {"bins": 2.5}, ValueError, "integer of at least 1, got 2.5"),
        (np.zeros((2, 4, 4, 3)), {"dtype": np.int64}, TypeError, "float32 or float64"),
    ],
)
def test_refuses(images: object, options: dict[str, object], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        color_histogram(images, **options)  # type: ignore[arg-type]
