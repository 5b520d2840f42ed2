"""Visual words with a given codebook, against the formulas written out; what needs clusters is in tests/judges."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import microdl as torch
from microdl.features import VisualWords, visual_words, words

RANDOM = np.random.default_rng(0)
GREY = RANDOM.integers(0, 256, (3, 9, 8), np.uint8)
COLOUR = RANDOM.integers(0, 256, (3, 9, 8, 3), np.uint8)


def codes(patches: np.ndarray, centres: np.ndarray, encoding: str) -> np.ndarray:
    distances = np.linalg.norm(patches[:, None] - centres[None], axis=2)
    if encoding == "soft":
        return np.maximum(0, distances.mean(1, keepdims=True) - distances)
    return np.eye(len(centres))[distances.argmin(1)]


def slow(
    images: np.ndarray,
    codebook: np.ndarray,
    mean: object,
    whitening: object,
    stride: int,
    encoding: str,
    quadrants: bool,
) -> np.ndarray:
    """Patch by patch, as the formulas say."""
    size = codebook.shape[1]
    images = images / 255.0 if images.dtype == np.uint8 else images.astype(float)
    rows, cols = (range(0, n - size + 1, stride) for n in images.shape[1:3])
    features = []
    for image in images:
        patches = np.array([image[r : r + size, c : c + size].ravel() for r in rows for c in cols])
        patches = patches - patches.mean(1, keepdims=True)
        patches /= np.sqrt((patches**2).mean(1, keepdims=True) + 10 / 255**2)
        if whitening is not None:
            patches = (patches - mean) @ whitening
        found = codes(patches, codebook.reshape(len(codebook), -1), encoding).reshape(len(rows), len(cols), -1)
        r, c = (len(rows) + 1) // 2, (len(cols) + 1) // 2
        quarters = [found[:r, :c], found[:r, c:], found[r:, :c], found[r:, c:]] if quadrants else [found]
        features.append(np.concatenate([quarter.mean((0, 1)) for quarter in quarters]))
    return np.array(features)


def learnt(channels: int, size: int, n_words: int = 7) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A codebook, a mean and a symmetric whitening matrix."""
    width = size * size * channels
    shape = (n_words, size, size) if channels == 1 else (n_words, size, size, 3)
    mixed = RANDOM.standard_normal((width, width)) * 0.1
    return RANDOM.standard_normal(shape), RANDOM.standard_normal(width) * 0.1, np.eye(width) + mixed + mixed.T


@pytest.mark.parametrize(
    "images", [GREY, COLOUR, GREY / 255, (COLOUR / 255).astype(np.float32)], ids=lambda x: f"{x.shape}"
)
@pytest.mark.parametrize("encoding", ["hard", "soft"])
@pytest.mark.parametrize("quadrants", [False, True])
@pytest.mark.parametrize(("size", "stride", "white"), [(3, 1, True), (4, 2, False), (5, 3, True)])
def test_as_the_formulas_say(
    images: np.ndarray, encoding: str, quadrants: bool, size: int, stride: int, white: bool
) -> None:
    codebook, mean, whitening = learnt(3 if images.ndim == 4 else 1, size)
    given_mean, given_whitening = (mean, whitening) if white else (None, None)
    found = visual_words(
        images,
        codebook,
        mean=given_mean,
        whitening=given_whitening,
        stride=stride,
        encoding=encoding,
        quadrants=quadrants,
    )
    wanted = slow(images, codebook, given_mean, given_whitening, stride, encoding, quadrants)
    double = images.dtype == np.float64
    assert (found.shape, found.dtype) == (wanted.shape, np.float64 if double else np.float32)
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-12 if double else 2e-5)
    if encoding == "hard":
        np.testing.assert_allclose(found.sum(1), 4 if quadrants else 1, rtol=1e-6)


@pytest.mark.parametrize("block", [1, 300, 3000])
@pytest.mark.parametrize("encoding", ["hard", "soft"])
def test_the_result_does_not_depend_on_how_much_is_done_at_a_time(
    block: int, encoding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    codebook, mean, whitening = learnt(3, 3)
    options = {"mean": mean, "whitening": whitening, "encoding": encoding, "quadrants": True, "dtype": np.float64}
    whole = visual_words(COLOUR, codebook, **options)
    monkeypatch.setattr(words, "_BLOCK", block)
    np.testing.assert_allclose(visual_words(COLOUR, codebook, **options), whole, rtol=0, atol=1e-13)
    np.testing.assert_allclose(visual_words(COLOUR[1:2], codebook, **options), whole[1:2], rtol=0, atol=1e-13)


def test_threads_change_nothing() -> None:
    images = RANDOM.integers(0, 256, (20, 20, 20, 3), np.uint8)
    codebook, mean, whitening = learnt(3, 5, 40)
    threads = torch.get_num_threads()
    for encoding in ("hard", "soft"):
        options = {"mean": mean, "whitening": whitening, "encoding": encoding}
        found = visual_words(images, codebook, **options)
        try:
            torch.set_num_threads(1)
            np.testing.assert_array_equal(visual_words(images, codebook, **options), found)
        finally:
            torch.set_num_threads(threads)


def test_the_first_of_equally_near_words_counts() -> None:
    codebook = np.repeat(RANDOM.standard_normal((1, 3, 3)), 40, axis=0)
    assert visual_words(GREY, codebook)[:, 0].tolist() == [1, 1, 1]


def test_a_patch_without_contrast_is_zero_and_not_noise() -> None:
    codebook = np.stack([np.full((3, 3), 0.1), np.full((3, 3), 3.0)])
    for images in (np.full((1, 5, 5), 200, np.uint8), np.full((1, 5, 5), 0.1), np.full((1, 5, 5), 0.1, np.float32)):
        assert visual_words(images, codebook).tolist() == [[1, 0]]


@given(shift=st.integers(0, 100), seed=st.integers(0, 1000))
def test_brightness_changes_nothing(shift: int, seed: int) -> None:
    images = np.random.default_rng(seed).integers(0, 156, (2, 6, 6), np.uint8)
    codebook, mean, whitening = learnt(1, 3)
    options = {"mean": mean, "whitening": whitening, "encoding": "soft", "dtype": np.float64}
    one, two = (visual_words(each, codebook, **options) for each in (images, images + np.uint8(shift)))
    np.testing.assert_allclose(one, two, rtol=0, atol=1e-12)


def test_whitening_by_zca() -> None:
    rows = RANDOM.standard_normal((4000, 6)) @ RANDOM.standard_normal((6, 6))
    mean, whitening = words.zca(rows, 1e-9)
    np.testing.assert_allclose(whitening, whitening.T)
    np.testing.assert_allclose(np.cov((rows - mean) @ whitening, rowvar=False, bias=True), np.eye(6), atol=1e-6)
    flat = np.repeat(rows[:, :1], 6, axis=1)  # one direction only: the others stay small, not divided by 0
    assert np.abs(words.zca(flat, 0.1)[1]).max() < 1 / np.sqrt(0.1) + 1e-6


def test_a_tensor_and_a_list_of_images() -> None:
    codebook = learnt(1, 3)[0]
    wanted = visual_words(GREY, codebook)
    np.testing.assert_array_equal(visual_words(torch.tensor(GREY), codebook), wanted)
    np.testing.assert_array_equal(visual_words(list(GREY), codebook.tolist()), wanted)


def test_without_scikit_learn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn.cluster", None)
    with pytest.raises(ImportError, match=r"scikit-learn, which is not installed.*microdl\[sklearn\]"):
        VisualWords(n_words=3).fit(GREY)


@pytest.mark.parametrize(
    ("options", "words_", "error"),
    [
        ({"codebook": np.zeros((2, 3, 3, 3))}, r"shape \(words, size, size\), got \(2, 3, 3, 3\)", ValueError),
        ({"codebook": np.zeros((2, 3, 4))}, r"got \(2, 3, 4\)", ValueError),
        ({"codebook": np.zeros((0, 3, 3))}, "is empty", ValueError),
        ({"codebook": np.full((2, 3, 3), np.nan)}, "NaN", ValueError),
        ({"codebook": np.array([[["a"]]])}, "holds numbers", TypeError),
        ({"codebook": np.zeros((2, 9, 9))}, "9 x 9 pixels do not fit into images of 9 x 8", ValueError),
        ({"codebook": np.zeros((2, 8, 8)), "quadrants": True}, "2 x 1 patches have no quadrants", ValueError),
        ({"encoding": "softmax"}, "'hard', 'soft', got 'softmax'", ValueError),
        ({"stride": 0}, "stride must be an integer of at least 1, got 0", ValueError),
        ({"mean": np.zeros(4)}, r"patches of 9 numbers need a mean of shape \(9,\).*got \(4,\)", ValueError),
        ({"images": np.zeros((2, 3))}, r"got \(2, 3\)", ValueError),
        ({"images": np.full((2, 9, 9), np.inf)}, "inf at", ValueError),
        (
            {"images": np.full((2, 9, 9), -(2.0**64), np.float32)},
            r"as large as 1\.8\d+e\+19 overflow float32",
            ValueError,
        ),
        ({"codebook": np.full((2, 3, 3), 1e30)}, r"as large as 1e\+30 overflows float32", ValueError),
        ({"codebook": np.full((2, 3, 3), 1e200)}, r"as large as 1e\+200 overflows float32", ValueError),
    ],
)
def test_refuses(options: dict[str, object], words_: str, error: type[Exception]) -> None:
    given = {"images": GREY, "codebook": np.zeros((2, 3, 3)), **options}
    with pytest.raises(error, match=words_):
        visual_words(given.pop("images"), given.pop("codebook"), **given)
