"""Features of images, with scikit-image and SciPy as judges."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

pytest.importorskip("skimage", reason=".ci/run installs scikit-image and SciPy, the judges of these")

from scipy import ndimage
from skimage import feature
from skimage import filters as theirs

from microdl.features import gabor, gabor_bank, gabor_kernel, hog, hog_cells, lbp

NORMS = ["L1", "L1-sqrt", "L2", "L2-Hys"]
METHODS = ["default", "ror", "uniform", "nri_uniform", "var"]


def images_of(kind, shape, seed=0):
    """Noise; few grey levels; smooth, as photographs are: whole numbers, fractions of 255, and float32."""
    rng = np.random.default_rng(seed)
    if kind == "noise":
        return rng.random(shape)
    if kind == "few":
        return rng.integers(0, 4, shape).astype(np.uint8)  # tan 60 degrees is sqrt 3
    smooth = ndimage.gaussian_filter(rng.random(shape), [0, 2, 2] + [0] * (len(shape) - 3))
    smooth = np.round((smooth - smooth.min()) / np.ptp(smooth) * 255).astype(np.uint8)
    return {"bytes": smooth, "255ths": smooth / 255.0, "float32": (smooth / 255.0).astype(np.float32)}[kind]


def hogs(images, **options):
    axis = -1 if images.ndim == 4 else None
    return np.array([feature.hog(image, channel_axis=axis, **options) for image in images])


@pytest.mark.parametrize("kind", ["noise", "few", "bytes", "255ths", "float32"])
@pytest.mark.parametrize("colour", [(), (3,)], ids=["grey", "colour"])
@pytest.mark.parametrize("norm", NORMS)
def test_hog(norm, colour, kind):
    images = images_of(kind, (3, 34, 45, *colour))
    for options in (
        {},
        {"transform_sqrt": True},
        {"orientations": 4, "cells_per_block": (1, 1)},
        {"orientations": 8, "pixels_per_cell": (5, 7), "cells_per_block": (2, 3)},
        {"orientations": 12, "pixels_per_cell": (4, 4), "cells_per_block": (3, 1)},
        {"orientations": 1},
        {"orientations": 17, "pixels_per_cell": (11, 2), "cells_per_block": (1, 5), "transform_sqrt": True},
    ):
        expected = hogs(images, block_norm=norm, **options)
        if kind != "float32":
            found = hog(images, block_norm=norm, dtype="float64", **options)
            np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)  # its histograms are float32
        single = hog(images, block_norm=norm, dtype="float32", **options)
        np.testing.assert_allclose(single, expected, rtol=0, atol=2e-3 if norm == "L1-sqrt" else 2e-5)


@pytest.mark.parametrize("colour", [(), (3,)], ids=["grey", "colour"])
@pytest.mark.parametrize("shape", [(8, 8), (9, 8), (16, 31), (57, 8), (240, 320)])
def test_hog_of_many_shapes(shape, colour):
    images = images_of("bytes", (1, *shape, *colour))
    options = {"cells_per_block": (1, 1), "block_norm": "L2"}
    np.testing.assert_allclose(hog(images, dtype="float64", **options), hogs(images, **options), rtol=0, atol=1e-6)


def test_hog_s_blocks_have_the_same_axes():
    images = images_of("noise", (2, 40, 32))
    options = {"cells_per_block": (2, 3), "feature_vector": False}
    np.testing.assert_allclose(hog(images, **options), hogs(images, **options), rtol=0, atol=1e-6)


def test_cells_normalised_one_by_one_are_scikit_image_s():
    """It has no way to leave them as they are."""
    images = images_of("255ths", (2, 32, 40))
    cells = hog_cells(images)
    expected = hogs(images, cells_per_block=(1, 1), block_norm="L1").reshape(cells.shape)
    np.testing.assert_allclose(cells / (cells.sum(-1, keepdims=True) + 1e-5), expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize("degrees", [0, 20, 45, 90, 135, 160])
@pytest.mark.parametrize("orientations", [4, 9, 12])
def test_hog_beside_the_edges_of_bins(orientations, degrees):
    """One gradient within rounding of an edge. Where its angle becomes 180 degrees it is in no bin."""
    options = {"orientations": orientations, "pixels_per_cell": (3, 3), "cells_per_block": (1, 1), "block_norm": "L1"}
    for off in (0.0, 1e-17, 1e-16, 3e-16, 1e-15, 1e-14, 1e-13, 1e-9):
        for sign in (-1, 1):
            turn = np.deg2rad(degrees)
            x, y = np.cos(turn) - sign * off * np.sin(turn), np.sin(turn) + sign * off * np.cos(turn)
            images = np.zeros((1, 3, 3))
            images[0, 1, 2], images[0, 2, 1] = (1.0, sign * off) if degrees == 0 else (x, y)
            np.testing.assert_allclose(hog(images, **options), hogs(images, **options), rtol=0, atol=1e-6)


@pytest.mark.parametrize("kind", ["noise", "few", "bytes", "255ths", "float32"])
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("P", "R"), [(8, 1), (4, 1), (16, 2), (24, 3), (5, 1.7), (12, 4.5), (1, 1), (2, 0.3), (7, 25), (8, 40)]
)
def test_lbp(P, R, method, kind):
    for shape in ((2, 30, 23), (1, 1, 1), (1, 3, 40)):
        images = images_of(kind, shape) if shape[1] > 1 else np.ones(shape)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # of floating-point images
            expected = np.array([feature.local_binary_pattern(image, P, R, method) for image in images])
        found = lbp(images, P, R, method, dtype="float64")
        if method == "var":
            np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12, equal_nan=True)
        else:
            np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("theta", [0, 0.3, np.pi / 4, 1.9, np.pi])
@pytest.mark.parametrize(
    "options", [{}, {"bandwidth": 0.6}, {"sigma_x": 2.5}, {"sigma_x": 1, "sigma_y": 5, "offset": 1.2}, {"n_stds": 2.3}]
)
def test_gabor_kernels(theta, options):
    for frequency in (0.07, 0.25, 0.9):
        expected = theirs.gabor_kernel(frequency, theta, **options)
        np.testing.assert_allclose(gabor_kernel(frequency, theta, **options), expected, rtol=1e-12, atol=1e-17)


@pytest.mark.parametrize("mode", ["reflect", "constant", "nearest", "mirror", "wrap"])
def test_gabor(mode):
    rng = np.random.default_rng(0)
    bank = [*gabor_bank((0.15, 0.4), 3), *gabor_bank([0.3], 2, sigma_x=1.2, sigma_y=2.9)]
    bank += [rng.random(s) for s in ((1, 4), (2, 2), (6, 3), (5, 5))]
    for kind, shape in (("noise", (2, 32, 32)), ("bytes", (2, 20, 33)), ("noise", (1, 5, 7))):
        images = images_of(kind, shape)
        found = gabor(images, bank, mode=mode, cval=0.3, dtype="float64")
        single = gabor(images, bank, mode=mode, cval=0.3, dtype="float32")
        for k, weights in enumerate(bank):
            expected = np.array(
                [ndimage.convolve(image.astype(complex), weights, mode=mode, cval=0.3) for image in images]
            )
            most = float(images.max()) * np.abs(weights).sum()
            np.testing.assert_allclose(found[:, k], expected, rtol=0, atol=1e-12 * most)
            np.testing.assert_allclose(single[:, k], expected, rtol=0, atol=3e-6 * most)


def test_gabor_of_scikit_image():
    """Its results have the image's dtype; bytes would overflow."""
    images = images_of("bytes", (2, 24, 28)).astype(float)
    found = gabor(images, gabor_bank([0.2], [0.5]))
    for image, response in zip(images, found[:, 0], strict=True):
        real, imaginary = theirs.gabor(image, 0.2, 0.5)
        np.testing.assert_allclose(response, real + 1j * imaginary, rtol=0, atol=1e-9)
