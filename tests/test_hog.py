"""Histograms of oriented gradients, against a twin in plain NumPy and what must hold of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import microdl as torch
from microdl import kernels
from microdl.features import hog, hog_cells
from microdl.kernels import orientation

NORMS = ["L1", "L1-sqrt", "L2", "L2-Hys", None]
SHAPES = [(1, 8, 8), (3, 9, 13), (2, 24, 17), (5, 16, 16)]


def twin_cells(images, orientations=9, pixels_per_cell=(8, 8), transform_sqrt=False):
    """By angles, one cell after another, in float64."""
    images = images.astype(np.float64)
    images = np.sqrt(images) if transform_sqrt else images
    images = images if images.ndim == 4 else images[..., None]
    x, y = np.zeros(images.shape), np.zeros(images.shape)
    x[:, :, 1:-1] = images[:, :, 2:] - images[:, :, :-2]
    y[:, 1:-1] = images[:, 2:] - images[:, :-2]
    longest = np.hypot(x, y).argmax(-1)[..., None]
    x, y = np.take_along_axis(x, longest, -1)[..., 0], np.take_along_axis(y, longest, -1)[..., 0]
    lengths, degrees = np.hypot(x, y), np.rad2deg(np.arctan2(y, x)) % 180
    edges = 180.0 / orientations * np.arange(orientations + 1)
    p, q = pixels_per_cell
    n, rows, columns = len(images), images.shape[1] // p, images.shape[2] // q
    out = np.zeros((n, rows, columns, orientations))
    for i, r, c, b in np.ndindex(out.shape):
        cell = np.s_[i, r * p : (r + 1) * p, c * q : (c + 1) * q]
        inside = (degrees[cell] >= edges[b]) & (degrees[cell] < edges[b + 1])
        out[i, r, c, b] = lengths[cell][inside].sum() / (p * q)
    return out


def twin_norm(v, norm):
    if norm in ("L1", "L1-sqrt"):
        v = v / (np.abs(v).sum() + 1e-5)
        return np.sqrt(v) if norm == "L1-sqrt" else v
    if norm in ("L2", "L2-Hys"):
        v = v / np.sqrt((v**2).sum() + 1e-10)
    if norm == "L2-Hys":
        v = np.minimum(v, 0.2)
        v = v / np.sqrt((v**2).sum() + 1e-10)
    return v


def twin_blocks(cells, block, norm):
    n, rows, columns, orientations = cells.shape
    out = np.empty((n, rows - block[0] + 1, columns - block[1] + 1, *block, orientations))
    for i, r, c in np.ndindex(out.shape[:3]):
        out[i, r, c] = twin_norm(cells[i, r : r + block[0], c : c + block[1]], norm)
    return out


def pixels(shape, dtype="float64", seed=0):
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, shape, np.uint8) if dtype == "uint8" else rng.random(shape).astype(dtype)


def close(actual, expected, dtype):
    assert actual.dtype == dtype
    scale = max(1e-30, float(np.abs(expected).max(initial=0)))
    np.testing.assert_allclose(actual, expected, rtol=0, atol=scale * (2e-6 if dtype == "float32" else 1e-12))


@pytest.mark.parametrize("dtype", ["float32", "float64", "uint8"])
@pytest.mark.parametrize("colour", [(), (3,), (1,)], ids=["grey", "colour", "one-channel"])
@pytest.mark.parametrize("shape", SHAPES)
def test_cells_are_the_twin_s(shape, colour, dtype):
    images = pixels((*shape, *colour), dtype)
    result = "float64" if dtype == "float64" else "float32"
    for options in ({}, {"orientations": 8, "pixels_per_cell": (4, 3)}, {"orientations": 1}, {"orientations": 18}):
        close(hog_cells(images, **options), twin_cells(images, **options), result)
        close(hog_cells(images, dtype="float64", **options), twin_cells(images, **options), "float64")


@pytest.mark.parametrize("colour", [(), (3,)], ids=["grey", "colour"])
@pytest.mark.parametrize("dtype", ["uint8", "float64"])
def test_gradients_of_few_levels_lie_on_the_edges_of_bins(dtype, colour):
    """Multiples of 45 degrees, and channels whose gradients are equally long."""
    levels = np.random.default_rng(3).integers(0, 4, (4, 24, 24, *colour))
    images = levels.astype(np.uint8) if dtype == "uint8" else levels * 0.1
    for orientations in (2, 4, 8, 9, 12, 14, 28, 36):
        found = hog_cells(images, orientations, dtype="float64")
        close(found, twin_cells(images, orientations), "float64")


@pytest.mark.parametrize("orientations", [4, 9, 12, 14, 20, 28, 44, 100])
def test_a_gradient_s_bin_is_its_angle_s(orientations):
    x, y = (a.ravel().astype(float) for a in np.meshgrid(np.arange(-30, 31), np.arange(-30, 31)))
    degrees = np.rad2deg(np.arctan2(y, x)) % 180
    expected = np.searchsorted(180.0 / orientations * np.arange(1, orientations + 1), degrees, side="right")
    some = (x != 0) | (y != 0)
    for dtype in ("float32", "float64"):
        cosines, sines, _ = orientation._directions(orientations, np.dtype(dtype).char)
        bins = np.empty(x.size, np.int32)
        orientation._bins_of(
            x.astype(dtype), y.astype(dtype), cosines, sines, orientations, np.empty(x.size, dtype), bins
        )
        np.testing.assert_array_equal(bins[some], expected[some])


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("block", [(1, 1), (2, 2), (3, 3), (1, 3), (2, 1)])
def test_blocks_are_the_twin_s(norm, block):
    for dtype in ("float32", "float64"):
        images = pixels((3, 26, 31), dtype)
        found = hog(images, 9, (8, 7), block, norm, feature_vector=False)
        expected = twin_blocks(twin_cells(images, 9, (8, 7)), block, norm)
        close(found, expected, dtype)
        close(hog(images, 9, (8, 7), block, norm), expected.reshape(3, -1), dtype)


def test_options():
    images = pixels((2, 32, 32, 3), "uint8")
    close(hog_cells(images, transform_sqrt=True), twin_cells(images, transform_sqrt=True), "float32")
    first = np.ascontiguousarray(images.transpose(0, 3, 1, 2))
    np.testing.assert_array_equal(hog(first, channel_axis=1), hog(images))
    np.testing.assert_array_equal(hog(images, channel_axis=-1), hog(images))
    np.testing.assert_array_equal(hog(torch.tensor(images)), hog(images))
    np.testing.assert_array_equal(hog(list(images)), hog(images))
    np.testing.assert_array_equal(hog(images[:, ::-1, ::-1][:, ::-1, ::-1]), hog(images))
    assert hog(images, dtype=torch.float64).dtype == np.float64
    assert hog(images.astype(float), dtype="float32").dtype == np.float32


def test_the_lecture_s_numbers():
    image = pixels((1, 240, 320), "uint8")
    assert hog(image, cells_per_block=(1, 1), block_norm=None).shape == (1, 10_800)
    assert hog_cells(image).shape == (1, 30, 40, 9)
    np.testing.assert_array_equal(hog(image, 9, (8, 8), (1, 1), None), hog_cells(image).reshape(1, -1))


def test_flat_images_have_no_gradients():
    for norm in NORMS:
        assert not hog(np.full((2, 24, 24), 7, np.uint8), block_norm=norm).any()


@pytest.mark.parametrize("colour", [(), (3,)], ids=["grey", "colour"])
def test_threads_change_nothing(colour, monkeypatch):
    images = pixels((40, 32, 32, *colour), "uint8")
    monkeypatch.setattr(kernels, "_num_threads", 1)
    alone = hog(images)
    monkeypatch.setattr(kernels, "_num_threads", 4)
    np.testing.assert_array_equal(hog(images), alone)


# --- what must hold of any images ---------------------------------------------------------------------------------

shapes = st.tuples(st.integers(1, 3), st.integers(8, 20), st.integers(8, 20))
seeds = st.integers(0, 2**32 - 1)


@st.composite
def batches(draw, colour=True):
    shape = draw(shapes) + draw(st.sampled_from([(), (3,)] if colour else [()]))
    return np.random.default_rng(draw(seeds)).integers(0, draw(st.sampled_from([2, 5, 200])), shape).astype(np.uint8)


@given(batches(), st.integers(0, 55))
def test_brighter_images_have_the_same_features(images, offset):
    brighter = images + np.uint8(offset)
    for norm in NORMS:
        options = {"pixels_per_cell": (4, 4), "cells_per_block": (2, 2), "block_norm": norm}
        np.testing.assert_array_equal(hog(brighter, **options), hog(images, **options))


@given(batches(), st.sampled_from([0.5, 2.0, 4.0]))
def test_contrast_changes_normalised_features_no_more_than_eps_does(images, factor):
    """By a power of two, so that bins are the same; where a block has gradients at all, they are far above eps."""
    for norm in NORMS[:-1]:
        options = {"pixels_per_cell": (4, 4), "cells_per_block": (2, 2), "block_norm": norm}
        np.testing.assert_allclose(hog(images * factor, **options), hog(images * 1.0, **options), atol=3e-3)
    np.testing.assert_allclose(hog_cells(images * factor), hog_cells(images * 1.0) * factor, rtol=1e-14)


@given(batches())
def test_a_batch_is_its_images_one_by_one(images):
    options = {"pixels_per_cell": (3, 4), "cells_per_block": (2, 1)}
    each = [hog(image[None], **options)[0] for image in images]
    np.testing.assert_array_equal(hog(images, **options), each)


@given(batches(), st.sampled_from([2, 4, 6, 12]))
def test_a_quarter_turn_moves_bins_by_half_their_number(images, orientations):
    side = min(images.shape[1:3]) // 4 * 4
    images = images[:, :side, :side]
    found = hog_cells(images, orientations, (4, 4), dtype="float64")
    turned = hog_cells(np.rot90(images, axes=(1, 2)).copy(), orientations, (4, 4), dtype="float64")
    expected = np.roll(np.rot90(found, axes=(1, 2)), orientations // 2, axis=-1)
    # equally long gradients of two channels are taken from the first in both
    np.testing.assert_allclose(turned, expected, atol=1e-12 * max(1, found.max()))


@given(batches(colour=False))
def test_half_a_turn_moves_no_bin(images):
    rows, columns = (size // 4 * 4 for size in images.shape[1:3])
    images = images[:, :rows, :columns]
    turned = hog_cells(images[:, ::-1, ::-1], 9, (4, 4), dtype="float64")
    np.testing.assert_allclose(turned, hog_cells(images, 9, (4, 4), dtype="float64")[:, ::-1, ::-1], rtol=1e-12)


# --- bad input ---------------------------------------------------------------------------------------------------

GOOD = np.zeros((2, 24, 24))


def spoilt(value):
    images = np.zeros((2, 24, 24))
    images[1, 2, 3] = value
    return images


@pytest.mark.parametrize(
    ("images", "options", "words"),
    [
        (GOOD, {"block_norm": "L3"}, r"block_norm must be one of .*'L2-Hys', got 'L3'"),
        (GOOD, {"block_norm": ["L2"]}, r"got \['L2'\]"),
        (GOOD, {"orientations": 0}, "orientations must be an integer of at least 1, got 0"),
        (GOOD, {"orientations": 9.0}, "got 9.0"),
        (GOOD, {"orientations": True}, "got True"),
        (GOOD, {"pixels_per_cell": (0, 8)}, r"pixels_per_cell\[0\] must be an integer of at least 1, got 0"),
        (GOOD, {"pixels_per_cell": 8}, r"pair of integers \(rows, columns\), such as \(8, 8\), got 8"),
        (GOOD, {"cells_per_block": (3, -1)}, r"cells_per_block\[1\] .* got -1"),
        (GOOD[:, :7], {}, r"7 x 24 pixels are smaller than a cell, pixels_per_cell=\(8, 8\)"),
        (GOOD[:, :, :16], {}, r"3 x 2 cells of \(8, 8\) pixels, fewer than cells_per_block=\(3, 3\)"),
        (GOOD[0], {}, r"got \(24, 24\)"),
        (GOOD[..., None, None], {}, r"\(2, 24, 24, 1, 1\)"),
        (np.zeros((2, 3, 24, 24)), {}, r"\(2, 3, 24, 24\)"),
        (np.zeros((2, 24, 24, 4)), {}, r"\(2, 24, 24, 4\)"),
        (GOOD[:0], {}, r"\(0, 24, 24\)"),
        (GOOD, {"channel_axis": 1}, r"channel_axis=1 is for colour images"),
        (np.zeros((2, 24, 24, 3)), {"channel_axis": 0}, "channel_axis must be 1, 2 or 3.*got 0"),
        (np.zeros((2, 24, 24, 3)), {"channel_axis": 4}, "got 4"),
        (spoilt(np.nan), {}, "nan"),
        (spoilt(np.inf), {}, "inf"),
        (spoilt(-1.0), {"transform_sqrt": True}, "transform_sqrt takes square roots, but images holds -1.0"),
        (spoilt(1e300), {}, "overflow"),
        (GOOD, {"dtype": "int32"}, "int32"),
    ],
)
def test_errors_have_the_value_and_the_remedy(images, options, words):
    with pytest.raises((ValueError, TypeError) if "dtype" in options else ValueError, match=words):
        hog(images, **options)


def test_what_is_no_image():
    with pytest.raises(TypeError, match="complex128"):
        hog(np.zeros((2, 24, 24), complex))
