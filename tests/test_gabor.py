"""Gabor filters and convolution with them, against a twin in plain NumPy and what must hold of them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import microdl as torch
from microdl import kernels
from microdl.features import gabor, gabor_bank, gabor_features, gabor_kernel
from microdl.kernels import filters

MODES = {"reflect": "symmetric", "mirror": "reflect", "nearest": "edge", "wrap": "wrap", "constant": "constant"}


def twin(images, bank, mode="reflect", cval=0.0):
    """The sum over all taps, of an image padded as NumPy pads."""
    images = images.astype(np.float64)
    out = []
    for weights in bank:
        rows, columns = weights.shape
        pads = ((0, 0), ((rows - 1) // 2, rows // 2), ((columns - 1) // 2, columns // 2))
        more = {"constant_values": cval} if mode == "constant" else {}
        padded = np.pad(images, pads, MODES[mode], **more)
        windows = np.lib.stride_tricks.sliding_window_view(padded, (rows, columns), (1, 2))
        out.append(np.einsum("nrcyx,yx->nrc", windows, weights[::-1, ::-1]))
    return np.stack(out, 1)


def pixels(shape, dtype="float64", seed=0):
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, shape, np.uint8) if dtype == "uint8" else rng.random(shape).astype(dtype)


def close(actual, expected, dtype, scale=None):
    assert actual.dtype == dtype
    scale = float(np.abs(expected).max()) if scale is None else scale
    single = dtype in ("float32", "complex64")
    np.testing.assert_allclose(actual, expected, rtol=0, atol=scale * (3e-6 if single else 1e-13))


def random_bank(seed=0):
    """Of no structure, real and complex, odd and even, larger than the images."""
    rng = np.random.default_rng(seed)
    shapes = [(1, 1), (3, 3), (1, 5), (4, 2), (6, 7), (13, 12)]
    return [rng.standard_normal(s) + (1j * rng.standard_normal(s) if k % 2 else 0) for k, s in enumerate(shapes)]


@pytest.mark.parametrize("theta", [0.0, 0.6, math.pi / 2, 2.5])
@pytest.mark.parametrize("sigmas", [(None, None), (1.5, 1.5), (2.0, 4.5)])
def test_a_kernel_is_its_formula(theta, sigmas):
    found = gabor_kernel(0.2, theta, 1.3, *sigmas, n_stds=2, offset=0.4)
    usual = math.sqrt(math.log(2) / 2) / (math.pi * 0.2) * (2**1.3 + 1) / (2**1.3 - 1)
    along, across = (s or usual for s in sigmas)
    assert found.shape[0] % 2 == found.shape[1] % 2 == 1
    for (r, c), value in np.ndenumerate(found):
        y, x = r - found.shape[0] // 2, c - found.shape[1] // 2
        u, v = x * math.cos(theta) + y * math.sin(theta), -x * math.sin(theta) + y * math.cos(theta)
        bell = math.exp(-(u**2 / along**2 + v**2 / across**2) / 2) / (2 * math.pi * along * across)
        phase = 2 * math.pi * 0.2 * u + 0.4
        assert value == pytest.approx(bell * complex(math.cos(phase), math.sin(phase)), rel=1e-12, abs=1e-17)


def test_the_size_of_a_kernel():
    assert gabor_kernel(0.25, sigma_x=2, sigma_y=1).shape == (7, 13)
    assert gabor_kernel(0.25, math.pi / 2, sigma_x=2, sigma_y=1).shape == (13, 7)
    assert gabor_kernel(0.25, sigma_x=0.1, sigma_y=0.1).shape == (3, 3)


def test_a_bank_has_all_directions_of_each_frequency():
    bank = gabor_bank((0.1, 0.3), 3, bandwidth=0.9, offset=0.2)
    expected = [gabor_kernel(f, k * math.pi / 3, 0.9, offset=0.2) for f in (0.1, 0.3) for k in range(3)]
    assert all(np.array_equal(a, b) for a, b in zip(bank, expected, strict=True))
    by_angle = gabor_bank(np.array([0.1, 0.3]), [0.0, math.pi / 3, 2 * math.pi / 3], bandwidth=0.9, offset=0.2)
    assert all(np.array_equal(a, b) for a, b in zip(bank, by_angle, strict=True))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("shape", [(2, 9, 11), (1, 5, 6), (3, 1, 4), (1, 70, 8)])
@pytest.mark.parametrize("dtype", ["uint8", "float32", "float64"])
def test_responses_are_the_twin_s(shape, mode, dtype):
    images = pixels(shape, dtype)
    complex_dtype = "complex128" if dtype == "float64" else "complex64"
    for bank in (gabor_bank((0.2, 0.4), 3), gabor_bank([0.3], 3, sigma_x=1.0, sigma_y=2.0), random_bank()):
        expected = twin(images, bank, mode, 0.7)
        most = np.abs(images).max() * max(np.abs(weights).sum() for weights in bank)
        close(gabor(images, bank, mode=mode, cval=0.7), expected, complex_dtype, most)
        close(gabor(images, bank, mode=mode, cval=0.7, dtype="float64"), expected, "complex128", most)


def test_real_filters_give_real_responses():
    images = pixels((2, 12, 9), "uint8")
    bank = [g.real for g in gabor_bank([0.2], 3)]
    close(gabor(images, bank), twin(images, bank).real, "float32", 255)
    close(gabor(torch.tensor(images), bank, dtype=torch.float64), twin(images, bank).real, "float64", 255)


def test_a_round_bell_is_one_product():
    for weights in gabor_bank((0.1, 0.2, 0.4), 8):
        for dtype in ("float32", "float64"):
            assert filters.Filter(weights, dtype).columns.shape[0] == 1
    assert filters.Filter(gabor_kernel(0.2, 0.7, sigma_x=2, sigma_y=4), "float64").columns.shape[0] < 20


@pytest.mark.parametrize("dtype", ["uint8", "float64"])
def test_features_are_mean_and_deviation_of_the_magnitudes(dtype):
    images = pixels((5, 20, 14), dtype)
    bank = gabor_bank((0.2, 0.4), 3)
    lengths = np.abs(twin(images, bank))
    expected = np.stack([lengths.mean((2, 3)), lengths.std((2, 3))], -1).reshape(5, -1)
    close(gabor_features(images, bank), expected, "float64" if dtype == "float64" else "float32")


def test_chunks_and_threads_change_nothing(monkeypatch):
    images, bank = pixels((9, 40, 20)), [*gabor_bank((0.2, 0.4), 2), *random_bank()]
    whole = gabor(images, bank), gabor_features(images, bank)
    monkeypatch.setattr(kernels, "_num_threads", 4)
    monkeypatch.setattr(filters, "_CHUNK", 4000)
    np.testing.assert_array_equal(gabor(images, bank), whole[0])
    np.testing.assert_array_equal(gabor_features(images, bank), whole[1])


# --- what must hold of any images ---------------------------------------------------------------------------------


@st.composite
def batches(draw):
    shape = draw(st.tuples(st.integers(1, 3), st.integers(1, 12), st.integers(1, 12)))
    return np.random.default_rng(draw(st.integers(0, 2**32 - 1))).random(shape)


@given(batches(), st.sampled_from(sorted(MODES)))
def test_a_batch_is_its_images_one_by_one(images, mode):
    bank = gabor_bank([0.3], 2)
    each = [gabor(image[None], bank, mode=mode)[0] for image in images]
    np.testing.assert_array_equal(gabor(images, bank, mode=mode), each)
    each = [gabor_features(image[None], bank, mode=mode)[0] for image in images]
    np.testing.assert_array_equal(gabor_features(images, bank, mode=mode), each)


@given(batches(), st.floats(-3, 3), st.sampled_from(sorted(MODES)))
def test_responses_are_linear(images, factor, mode):
    bank = gabor_bank([0.3], 2)
    both = gabor(factor * images + images[::-1], bank, mode=mode)
    apart = factor * gabor(images, bank, mode=mode) + gabor(images[::-1], bank, mode=mode)
    np.testing.assert_allclose(both, apart, atol=1e-12)


@given(batches(), st.integers(0, 11), st.integers(0, 11))
def test_what_is_moved_around_moves_its_responses(images, down, right):
    bank = gabor_bank([0.3], 2)
    moved = gabor(np.roll(images, (down, right), (1, 2)), bank, mode="wrap")
    np.testing.assert_allclose(moved, np.roll(gabor(images, bank, mode="wrap"), (down, right), (2, 3)), atol=1e-13)


@given(batches())
def test_a_quarter_turn_turns_filters(images):
    """Counter-clockwise: what ran to the right runs upwards, a filter of theta - 90 degrees."""
    turned = np.rot90(images, axes=(1, 2))
    found = gabor(turned, [gabor_kernel(0.3, 0.4 - math.pi / 2)])
    np.testing.assert_allclose(found, np.rot90(gabor(images, [gabor_kernel(0.3, 0.4)]), axes=(2, 3)), atol=1e-12)


# --- bad input ---------------------------------------------------------------------------------------------------

GOOD, BANK = np.zeros((2, 6, 6)), gabor_bank([0.4], 1)


@pytest.mark.parametrize(
    ("images", "bank", "options", "words"),
    [
        (GOOD, BANK, {"mode": "edge"}, "mode must be one of 'reflect', .*, got 'edge'"),
        (GOOD, BANK, {"cval": np.nan}, "cval .* got nan"),
        (GOOD, [], {}, "bank must have at least one filter"),
        (GOOD, BANK[0], {}, r"a single one of shape \(11, 11\): use \[filter\]"),
        (GOOD, [np.zeros(3)], {}, r"bank\[0\] must be a matrix of numbers, got float64 of shape \(3,\)"),
        (GOOD, [*BANK, np.zeros((0, 3))], {}, r"bank\[1\] .* \(0, 3\)"),
        (GOOD, [np.array([["a"]])], {}, r"bank\[0\]"),
        (GOOD, [np.full((3, 3), np.inf)], {}, r"bank\[0\] holds inf"),
        (GOOD[0], BANK, {}, r"got \(6, 6\)"),
        (np.zeros((2, 6, 6, 3)), BANK, {}, r"grey.*got \(2, 6, 6, 3\)"),
        (GOOD[:0], BANK, {}, r"\(0, 6, 6\)"),
        (np.full((1, 2, 2), np.nan), BANK, {}, "nan"),
    ],
)
def test_errors_have_the_value_and_the_remedy(images, bank, options, words):
    for function in (gabor, gabor_features):
        with pytest.raises(ValueError, match=words):
            function(images, bank, **options)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (([0.0],), "frequency must be a number above 0, got 0.0"),
        ((["a"],), "got 'a'"),
        (([],), "a bank needs a frequency"),
        ((0.2,), "frequencies must be a sequence of numbers, got 0.2"),
        (([0.2], 0), "a bank needs a frequency and an orientation"),
        (([0.2], 1.5), "orientations must be a sequence of numbers, got 1.5"),
        (([0.2], [np.inf]), "theta must be a finite number of radians, got inf"),
    ],
)
def test_errors_of_banks(arguments, words):
    with pytest.raises(ValueError, match=words):
        gabor_bank(*arguments)


@pytest.mark.parametrize("name", ["bandwidth", "sigma_x", "sigma_y", "n_stds"])
def test_errors_of_kernels(name):
    with pytest.raises(ValueError, match=f"{name} must be a number above 0, got -1"):
        gabor_kernel(0.2, **{name: -1})
