"""Local binary patterns, against a twin in plain NumPy and what must hold of them."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import microdl as torch
from microdl import kernels
from microdl.features import lbp, lbp_histogram
from microdl.kernels import patterns

METHODS = ["default", "ror", "uniform", "nri_uniform"]


def twin_signs(image, P, R):
    """(P, height, width): pixel by pixel, with the interpolation written out."""
    height, width = image.shape
    reach = int(np.ceil(R)) + 1
    padded = np.pad(image.astype(np.float64), reach)
    out = np.empty((P, height, width))
    for k, r, c in np.ndindex(out.shape):
        angle = 2 * np.pi * k / P
        row, column = r + np.round(-R * np.sin(angle), 5), c + np.round(R * np.cos(angle), 5)
        top, left = int(np.floor(row)), int(np.floor(column))
        down, right = row - top, column - left
        a, b = padded[top + reach, left + reach : left + reach + 2]
        d, e = padded[top + reach + 1, left + reach : left + reach + 2]
        out[k, r, c] = (1 - down) * ((1 - right) * a + right * b) + down * ((1 - right) * d + right * e)
    return out


def twin_label(signs, method):
    """Of one pattern, a tuple of signs, by enumerating what the definition says."""
    P, ones = len(signs), sum(signs)
    code = sum(s << k for k, s in enumerate(signs))
    rotations = [sum(signs[(k + turn) % P] << k for k in range(P)) for turn in range(P)]
    if method == "default":
        return code
    if method == "ror":
        return min(rotations)
    changes = sum(signs[k] != signs[k - 1] for k in range(P))
    if method == "uniform":
        return ones if changes <= 2 else P + 1
    if changes > 2:
        return P * (P - 1) + 2
    if ones in (0, P):
        return 0 if ones == 0 else P * (P - 1) + 1
    first = next(k for k in range(P) if signs[k] and not signs[k - 1])  # where the ones begin
    return 1 + (ones - 1) * P + (P - first if first else 0)


def twin(images, P=8, R=1, method="default"):
    out = []
    for image in images:
        around = twin_signs(image, P, R)
        if method == "var":
            out.append(around.var(0))
            continue
        signs = (around >= image).astype(int)
        flat = [twin_label(tuple(s), method) for s in signs.reshape(P, -1).T.tolist()]
        out.append(np.array(flat).reshape(image.shape))
    return np.array(out)


def levels(shape, most=256, seed=0):
    return np.random.default_rng(seed).integers(0, most, shape).astype(np.uint8)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(("P", "R"), [(8, 1), (4, 1), (8, 2), (6, 1.5), (1, 1), (12, 3), (16, 2.3), (9, 8)])
def test_codes_are_the_twin_s(P, R, method):
    for most in (3, 256):  # plain areas and others
        images = levels((2, 9, 7), most)
        found = lbp(images, P, R, method)
        assert found.dtype == np.int32
        np.testing.assert_array_equal(found, twin(images, P, R, method))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_codes_of_floats(dtype):
    images = np.random.default_rng(0).random((3, 10, 8)).astype(dtype)
    np.testing.assert_array_equal(lbp(images), twin(images))
    np.testing.assert_array_equal(lbp(torch.tensor(images), method="uniform"), twin(images, method="uniform"))


@pytest.mark.parametrize("P", [1, 2, 3, 8, 11])
@pytest.mark.parametrize("method", METHODS[1:])
def test_every_pattern_has_its_label(P, method):
    signs = list(itertools.product((0, 1), repeat=P))
    expected = [twin_label(s[::-1], method) for s in signs]  # the last varies fastest: it is the lowest bit
    np.testing.assert_array_equal(patterns.table(P, method), expected)


@pytest.mark.parametrize("method", METHODS[1:])
def test_labels_without_a_table(method):
    found = np.random.default_rng(0).integers(0, 2**24, 400).astype(np.int32)
    found[:3] = 0, 2**24 - 1, 2**23
    expected = [twin_label(tuple(int(code) >> k & 1 for k in range(24)), method) for code in found]
    np.testing.assert_array_equal(patterns.labels_of(found, 24, method), expected)


@pytest.mark.parametrize(("P", "R"), [(8, 1), (5, 2.5)])
def test_variances_are_the_twin_s(P, R):
    images = levels((2, 9, 7))
    found = lbp(images, P, R, "var", dtype="float64")
    np.testing.assert_allclose(found, twin(images, P, R, "var"), rtol=1e-10)
    single = lbp(images, P, R, "var")
    assert single.dtype == np.float32
    np.testing.assert_array_equal(single, found.astype(np.float32))
    assert lbp(images / 255, P, R, "var").dtype == np.float64
    assert np.isnan(lbp(np.zeros((1, 5, 5)), P, R, "var")).all()


def test_far_neighbours_are_outside():
    images = levels((1, 5, 6), 3)
    for R in (9, 20, 1e7):
        np.testing.assert_array_equal(lbp(images, 8, R), 255 * (images == 0))


def test_the_paper_s_numbers_of_patterns():
    assert len(np.unique(patterns.table(8, "ror"))) == 36
    assert len(np.unique(patterns.table(8, "uniform"))) == 10
    assert len(np.unique(patterns.table(8, "nri_uniform"))) == 59


@pytest.mark.parametrize("method", METHODS)
def test_histograms_count_codes(method):
    images = levels((3, 11, 10))
    codes = lbp(images, method=method)
    values = {"default": 256, "uniform": 10, "nri_uniform": 59}.get(method)
    values = np.unique(patterns.table(8, "ror")) if values is None else np.arange(values)
    expected = [[(image == value).mean() for value in values] for image in codes]
    found = lbp_histogram(images, method=method)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    regions = [
        codes[:, rows, columns] for rows in (np.s_[:5], np.s_[5:]) for columns in (np.s_[:3], np.s_[3:6], np.s_[6:])
    ]
    shares = [[(part == value).mean((1, 2)) for value in values] for part in regions]
    found = lbp_histogram(images, method=method, grid=(2, 3), dtype="float64")
    np.testing.assert_allclose(found, np.array(shares).transpose(2, 0, 1).reshape(3, -1), rtol=1e-12)


def test_histograms_of_many_neighbours():
    images = levels((2, 20, 20))
    assert lbp_histogram(images, 24, 3).shape == (2, 26)
    assert lbp_histogram(images.astype(float), 24, 3, "nri_uniform").dtype == np.float64


def test_chunks_and_threads_change_nothing(monkeypatch):
    images = levels((30, 16, 16))
    whole = lbp(images, 8, 2), lbp(images, 8, 2, "var")
    monkeypatch.setattr(kernels, "_num_threads", 4)
    monkeypatch.setattr(patterns, "_CHUNK", 3000)
    np.testing.assert_array_equal(lbp(images, 8, 2), whole[0])
    np.testing.assert_array_equal(lbp(images, 8, 2, "var"), whole[1])


# --- what must hold of any images ---------------------------------------------------------------------------------


@st.composite
def batches(draw, least=1):
    shape = draw(st.tuples(st.integers(1, 3), st.integers(least, 9), st.integers(least, 9)))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    return rng.integers(0, draw(st.sampled_from([2, 6, 250])), shape).astype(np.uint8)


@given(
    batches(3), st.lists(st.integers(1, 1000), min_size=256, max_size=256), st.sampled_from([(4, 1), (4, 2), (2, 1)])
)
def test_increasing_functions_of_grey_levels_change_no_code(images, steps, ring):
    """Where neighbours are pixels. Beyond the edges is 0 in both, hence the inner pixels."""
    increasing = np.cumsum(steps).astype(np.float64)
    R = ring[1]
    for method in METHODS:
        found, other = lbp(images, *ring, method), lbp(increasing[images], *ring, method)
        np.testing.assert_array_equal(other[:, R:-R, R:-R], found[:, R:-R, R:-R])


@given(batches(3), st.sampled_from([0.5, 2.0, 8.0]))
def test_contrast_changes_no_code(images, factor):
    """Powers of two keep all rounding, and with it the codes of interpolated neighbours."""
    for method in METHODS:
        np.testing.assert_array_equal(lbp(images * factor, method=method), lbp(images, method=method))


@given(batches())
def test_a_batch_is_its_images_one_by_one(images):
    for method in METHODS:
        np.testing.assert_array_equal(lbp(images, method=method), [lbp(i[None], method=method)[0] for i in images])
    np.testing.assert_array_equal(lbp_histogram(images), [lbp_histogram(i[None])[0] for i in images])


@given(batches())
def test_a_quarter_turn_rotates_codes(images):
    """With whole offsets; and what does not change with rotations does not change at all."""
    turned = np.rot90(images, axes=(1, 2))
    codes = np.rot90(lbp(images, 4), axes=(1, 2))
    np.testing.assert_array_equal(lbp(turned, 4), (codes << 1 | codes >> 3) & 15)
    for method in ("ror", "uniform"):
        np.testing.assert_array_equal(
            lbp(turned, 4, method=method), np.rot90(lbp(images, 4, method=method), axes=(1, 2))
        )


@given(batches(2))
def test_shares_add_up(images):
    found = lbp_histogram(images, grid=(2, 2), dtype="float64").reshape(len(images), 4, 10)
    np.testing.assert_allclose(found.sum(-1), 1, rtol=1e-12)


# --- bad input ---------------------------------------------------------------------------------------------------

GOOD = np.zeros((2, 6, 6))


@pytest.mark.parametrize(
    ("images", "options", "words"),
    [
        (GOOD, {"method": "circular"}, r"method must be one of 'default', .*, got 'circular'"),
        (GOOD, {"P": 0}, "P must be an integer from 1 to 31, got 0"),
        (GOOD, {"P": 32}, "got 32"),
        (GOOD, {"P": 8.0}, "got 8.0"),
        (GOOD, {"R": 0}, "R must be a number above 0, got 0"),
        (GOOD, {"R": np.nan}, "got nan"),
        (GOOD[0], {}, r"got \(6, 6\)"),
        (np.zeros((2, 6, 6, 3)), {}, r"grey.*got \(2, 6, 6, 3\)"),
        (GOOD[:0], {}, r"\(0, 6, 6\)"),
        (np.full((1, 2, 2), np.nan), {}, "nan"),
    ],
)
def test_errors_have_the_value_and_the_remedy(images, options, words):
    for function in (lbp, lbp_histogram):
        with pytest.raises(ValueError, match=words):
            function(images, **options)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"method": "var"}, "method='var' has no finite set of values"),
        ({"method": "default", "P": 17}, r"P=17 makes 2\*\*17 codes: use method='uniform'"),
        ({"method": "ror", "P": 24}, "P=24"),
        ({"grid": (7, 1)}, r"grid=\(7, 1\) asks for more regions than images of 6 x 6"),
        ({"grid": 2}, "grid must be a pair"),
        ({"grid": (0, 1)}, r"grid\[0\] must be an integer of at least 1, got 0"),
    ],
)
def test_errors_of_histograms(options, words):
    with pytest.raises(ValueError, match=words):
        lbp_histogram(GOOD, **options)
