"""The transformers inside scikit-learn, by its own checks; numbers against its own estimators and matplotlib's."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest

pytest.importorskip("sklearn", reason=".ci/run installs scikit-learn")

from sklearn import config_context
from sklearn.base import clone
from sklearn.cluster import KMeans
from sklearn.exceptions import NotFittedError, SkipTestWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import FeatureUnion, make_pipeline, make_union
from sklearn.preprocessing import FunctionTransformer, PolynomialFeatures, StandardScaler
from sklearn.utils import estimator_checks
from sklearn.utils.estimator_checks import check_estimator

from microdl.datasets.digits import load_digits_arrays
from microdl.features import (
    HOG,
    LBP,
    ColorHistogram,
    Concatenate,
    Gabor,
    Lift,
    Polar,
    Standardise,
    VisualWords,
    color_histogram,
    lift,
    rgb_to_hsv,
    visual_words,
    words,
)

RANDOM = np.random.default_rng(0)
COLOUR = RANDOM.integers(0, 256, (12, 16, 16, 3), np.uint8)
OF_MATRICES = [Lift(), Lift(3), Polar(), Standardise(), Standardise(with_std=False), Concatenate([Polar(), Lift()])]
OF_IMAGES = [HOG(pixels_per_cell=(4, 4)), LBP(), Gabor((0.2, 0.4), 2), ColorHistogram(4), ColorHistogram(6, "hue")]
OF_IMAGES += [VisualWords(8, 5, 500, random_state=0), Concatenate([ColorHistogram(4), LBP()])]


# ---------------------------------------------------------------- scikit-learn's checks


@pytest.mark.parametrize("estimator", OF_MATRICES, ids=repr)
@pytest.mark.filterwarnings("ignore:Estimator .* does not inherit:UserWarning")
def test_check_estimator(estimator: Any) -> None:
    results = check_estimator(estimator, on_skip=None)
    assert len(results) > 40
    assert {each["status"] for each in results} <= {"passed", "skipped"}


@pytest.mark.parametrize("estimator", OF_MATRICES, ids=repr)
@pytest.mark.parametrize(
    "check",
    [
        "check_dataframe_column_names_consistency",
        "check_get_feature_names_out_error",
        "check_transformer_get_feature_names_out",
        "check_transformer_get_feature_names_out_pandas",
        "check_set_output_transform",
        "check_set_output_transform_pandas",
        "check_global_output_transform_pandas",
    ],
)
@pytest.mark.filterwarnings("ignore:X (does not have valid|has) feature names")
def test_names_of_columns_and_data_frames(estimator: Any, check: str) -> None:
    """Checks that scikit-learn keeps for its own estimators."""
    pytest.importorskip("pandas", reason=".ci/run installs pandas")
    getattr(estimator_checks, check)(type(estimator).__name__, estimator)


@pytest.mark.parametrize("estimator", OF_IMAGES, ids=repr)
@pytest.mark.filterwarnings("ignore:Estimator .* does not inherit:UserWarning")
def test_features_of_images_are_passed_over(estimator: Any) -> None:
    """The tag says that not any matrix will do; what does not depend on it holds."""
    with pytest.warns(SkipTestWarning, match="requires input"):
        results = check_estimator(estimator)
    assert {each["status"] for each in results} <= {"passed"}
    for name in ("cloneable", "repr", "tags_renamed"):
        getattr(estimator_checks, f"check_estimator_{name}")(type(estimator).__name__, estimator)
    for name in (
        "valid_tag_types",
        "no_attributes_set_in_init",
        "do_not_raise_errors_in_init_or_set_params",
        "mixin_order",
        "parameters_default_constructible",
        "get_params_invariance",
        "set_params",
        "get_feature_names_out_error",
    ):
        getattr(estimator_checks, f"check_{name}")(type(estimator).__name__, estimator)


@pytest.mark.parametrize("estimator", OF_IMAGES, ids=repr)
def test_clones_and_pickles_of_features_of_images(estimator: Any) -> None:
    wanted = clone(estimator).fit_transform(COLOUR)
    fitted = clone(estimator).fit(COLOUR, np.zeros(12))
    np.testing.assert_array_equal(fitted.transform(COLOUR), wanted)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(fitted)).transform(COLOUR), wanted)
    np.testing.assert_array_equal(clone(fitted).fit(COLOUR).transform(COLOUR), wanted)
    np.testing.assert_allclose(fitted.transform(COLOUR[3:4]), wanted[3:4], rtol=0, atol=1e-6)
    with pytest.raises(NotFittedError):
        clone(fitted).transform(COLOUR)


def test_a_data_frame_of_features_of_images() -> None:
    pandas = pytest.importorskip("pandas", reason=".ci/run installs pandas")
    estimator = ColorHistogram(2).set_output(transform="pandas")
    found = estimator.fit_transform(COLOUR)
    assert isinstance(found, pandas.DataFrame)
    assert found.columns.tolist() == [f"colorhistogram{i}" for i in range(6)]
    assert clone(estimator).fit_transform(COLOUR).equals(found)
    with config_context(transform_output="pandas"):
        assert ColorHistogram(2).fit_transform(COLOUR).equals(found)
    frame = pandas.DataFrame(COLOUR.reshape(12, -1), index=range(3, 15)).rename(columns=str)
    rows = ColorHistogram(2, image_shape=(16, 16, 3)).set_output(transform="pandas").fit(frame)
    assert rows.transform(frame).index.tolist() == list(range(3, 15))
    assert rows.feature_names_in_[-1] == "767"


# ---------------------------------------------------------------- in a pipeline


def labelled() -> tuple[np.ndarray, np.ndarray]:
    """Images in two classes: reddish ones and bluish ones."""
    labels = np.arange(40) % 2
    images = RANDOM.integers(0, 120, (40, 16, 16, 3), np.uint8)
    images[labels == 0, :, :, 0] += 90
    images[labels == 1, :, :, 2] += 90
    return images, labels


def test_a_pipeline_of_features_and_a_classifier() -> None:
    images, labels = labelled()
    union = FeatureUnion([("hog", HOG(cells_per_block=(1, 1))), ("colour", ColorHistogram(8, "hue"))])
    ours = Concatenate([("hog", HOG(cells_per_block=(1, 1))), ("colour", ColorHistogram(8, "hue"))])
    np.testing.assert_array_equal(ours.fit_transform(images), union.fit_transform(images))
    assert list(ours.get_feature_names_out()) == list(union.get_feature_names_out())
    for features in (union, ours):
        model = make_pipeline(features, Standardise(), LogisticRegression())
        assert cross_val_score(model, images, labels, cv=3).mean() > 0.9
    rows = make_pipeline(ColorHistogram(8, "hue", image_shape=(16, 16, 3)), LogisticRegression(C=100))
    assert cross_val_score(rows, images.reshape(40, -1), labels, cv=3).mean() > 0.9


def test_a_search_over_the_parameters_of_a_part() -> None:
    images, labels = labelled()
    model = make_pipeline(Concatenate([ColorHistogram(image_shape=(16, 16, 3))]), LogisticRegression(C=100))
    grid = {"concatenate__colorhistogram__space": ["rgb", "hue"], "concatenate__colorhistogram__bins": [2, 4]}
    search = GridSearchCV(model, grid, cv=2).fit(images.reshape(40, -1), labels)
    assert len(search.cv_results_["params"]) == 4
    assert search.score(images.reshape(40, -1), labels) > 0.9


def test_a_lifted_linear_classifier_separates_what_a_linear_one_cannot() -> None:
    points = RANDOM.uniform(-1, 1, (400, 2))
    inside = np.hypot(*points.T) < 0.7
    flat = LogisticRegression(C=1e4)
    assert flat.fit(points, inside).score(points, inside) < 0.7
    for features in (Lift(), Polar()):
        model = make_pipeline(features, Standardise(), LogisticRegression(C=1e4, max_iter=1000))
        assert model.fit(points, inside).score(points, inside) > 0.97


# ---------------------------------------------------------------- numbers


@pytest.mark.parametrize(("width", "degree"), [(1, 4), (2, 2), (2, 3), (3, 3), (5, 2)])
def test_lift_has_the_numbers_of_polynomial_features(width: int, degree: int) -> None:
    points = RANDOM.standard_normal((20, width))
    theirs = PolynomialFeatures(degree, include_bias=False)
    wanted = theirs.fit_transform(points)
    ours = Lift(degree).fit(points)
    place = {tuple(powers): i for i, powers in enumerate(theirs.powers_)}
    order = [place[tuple(powers)] for powers in ours.powers_]
    assert sorted(order) == list(range(wanted.shape[1]))
    np.testing.assert_allclose(lift(points, degree), wanted[:, order], rtol=1e-14)
    assert ours.get_feature_names_out().tolist() == theirs.get_feature_names_out()[order].tolist()


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.uint8])
@pytest.mark.parametrize("options", [{}, {"with_std": False}, {"with_mean": False}])
def test_standardise_has_the_numbers_of_the_standard_scaler(dtype: Any, options: dict[str, bool]) -> None:
    points = (RANDOM.standard_normal((50, 4)) * 20 + 100).astype(dtype)
    points[:, 2] = 7
    theirs, ours = StandardScaler(**options).fit(points.astype(float)), Standardise(**options).fit(points)
    wanted = theirs.transform(points.astype(float))
    np.testing.assert_allclose(ours.transform(points), wanted, rtol=0, atol=1e-12 if dtype == np.float64 else 1e-4)
    np.testing.assert_allclose(ours.mean_, points.mean(0, dtype=float), rtol=1e-12)
    np.testing.assert_allclose(ours.var_, points.var(0, dtype=float), rtol=1e-10, atol=1e-12)


def test_hsv_has_the_numbers_of_matplotlib() -> None:
    colors = pytest.importorskip("matplotlib.colors", reason=".ci/run installs matplotlib")
    for images in (COLOUR / 255, RANDOM.random((5, 4, 4, 3)), np.zeros((1, 1, 1, 3)), np.ones((1, 1, 1, 3))):
        np.testing.assert_array_equal(rgb_to_hsv(images), colors.rgb_to_hsv(images))
        single = images.astype(np.float32)
        np.testing.assert_allclose(rgb_to_hsv(single), colors.rgb_to_hsv(single), rtol=0, atol=3e-7)


def course_histogram(image: np.ndarray, nbin: int) -> np.ndarray:
    """As the course's assignment defines it."""
    colors = pytest.importorskip("matplotlib.colors", reason=".ci/run installs matplotlib")
    hue = colors.rgb_to_hsv(image / 255)[:, :, 0] * 255
    found, edges = np.histogram(hue, bins=np.linspace(0, 255, nbin + 1), density=True)
    return found * np.diff(edges)


@pytest.mark.parametrize("nbin", [7, 10, 13])
def test_the_course_s_colour_histogram(nbin: int) -> None:
    """But for hues on the edge of two bins, which fall to either side by the rounding of floats, there."""
    found = color_histogram(COLOUR, nbin, "hue", dtype=np.float64)
    hues = rgb_to_hsv(COLOUR, dtype=np.float64)[..., 0] * nbin
    on_edges = ((np.abs(hues - np.round(hues)) < 1e-9) & (hues > 0)).sum((1, 2)) / 256
    for one, image, slack in zip(found, COLOUR, on_edges, strict=True):
        assert np.abs(one - course_histogram(image, nbin)).sum() <= 2 * slack + 1e-12


# ---------------------------------------------------------------- visual words


def test_a_codebook_is_learnt_from_whitened_patches() -> None:
    estimator = VisualWords(10, patch_size=4, n_patches=10**9, random_state=0).fit(COLOUR)
    assert estimator.codebook_.shape == (10, 4, 4, 3)
    windows = np.lib.stride_tricks.sliding_window_view(COLOUR, (4, 4), axis=(1, 2)).transpose(0, 1, 2, 4, 5, 3)
    patches = windows.reshape(-1, 48).astype(float)
    patches -= patches.mean(1, keepdims=True)
    patches /= np.sqrt((patches**2).mean(1, keepdims=True) + 10)
    mean, whitening = words.zca(patches, 0.1)
    np.testing.assert_allclose(estimator.mean_, mean, rtol=0, atol=1e-5)
    np.testing.assert_allclose(estimator.whitening_, whitening, rtol=0, atol=1e-4)
    white = (patches - mean) @ whitening
    best = KMeans(10, n_init=3, random_state=0).fit(white).inertia_
    distances = np.linalg.norm(white[:, None] - estimator.codebook_.reshape(10, -1), axis=2).min(1)
    assert (distances**2).sum() < 1.1 * best, "the clusters are about as good as those of k-means in full"


def test_words_tell_textures_apart() -> None:
    """Stripes across and stripes down: each has words of its own."""
    stripes = np.tile(np.repeat([0, 255], 2).astype(np.uint8), (10, 16, 4))
    images = np.concatenate([stripes, stripes.transpose(0, 2, 1)])
    noise = RANDOM.integers(0, 20, images.shape, np.uint8)
    images = np.where(images > 0, images - noise, noise).astype(np.uint8)
    features = VisualWords(16, random_state=0).fit_transform(images)
    np.testing.assert_allclose(features.sum(1), 1, rtol=1e-5)
    assert (np.minimum(features[:10].mean(0), features[10:].mean(0))).sum() < 0.1


@pytest.mark.parametrize("options", [{}, {"encoding": "soft", "quadrants": True, "stride": 2}, {"whitening": False}])
def test_transform_is_the_function(options: dict[str, Any]) -> None:
    estimator = VisualWords(6, 5, 800, random_state=0, **options).fit(COLOUR)
    function = {key: value for key, value in options.items() if key != "whitening"}
    wanted = visual_words(COLOUR, estimator.codebook_, mean=estimator.mean_, whitening=estimator.whitening_, **function)
    np.testing.assert_array_equal(estimator.transform(COLOUR), wanted)
    assert wanted.shape == (12, 24 if options.get("quadrants") else 6)
    assert (estimator.mean_ is None) == (options.get("whitening") is False)


@pytest.mark.parametrize("seed", [0, np.int64(3)])
def test_the_seed_decides(seed: Any) -> None:
    one, two = (VisualWords(6, 5, 300, random_state=seed).fit(COLOUR) for _ in range(2))
    np.testing.assert_array_equal(one.codebook_, two.codebook_)
    other = VisualWords(6, 5, 300, random_state=77).fit(COLOUR)
    assert not np.array_equal(one.codebook_, other.codebook_)
    for make in (np.random.RandomState, np.random.default_rng):
        one, two = (VisualWords(6, 5, 300, random_state=make(5)).fit(COLOUR) for _ in range(2))
        np.testing.assert_array_equal(one.codebook_, two.codebook_)


def test_floats_and_bytes_have_the_same_words() -> None:
    one = VisualWords(6, 5, 300, random_state=0).fit(COLOUR)
    two = VisualWords(6, 5, 300, random_state=0).fit(COLOUR / 255)
    np.testing.assert_allclose(one.codebook_, two.codebook_, rtol=0, atol=1e-2)
    assert (one.codebook_.dtype, two.codebook_.dtype) == (np.float32, np.float64)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_words": 500, "n_patches": 100}, "n_words=500 words cannot be learnt from 100 patches"),
        ({"n_words": 0}, "n_words must be an integer of at least 1, got 0"),
        ({"patch_size": 17}, "17 x 17 pixels do not fit into images of 16 x 16"),
        ({"eps": 0.0}, "eps must be a number above 0, got 0.0"),
        ({"n_patches": 2.5}, "n_patches must be an integer"),
        ({"stride": 0}, "stride must be"),
    ],
)
def test_codebooks_that_cannot_be(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        VisualWords(**{"n_words": 4, "n_patches": 100, "random_state": 0, **options}).fit(COLOUR)


def test_in_a_union() -> None:
    union = make_union(VisualWords(5, 4, 200, random_state=0), ColorHistogram(2))
    assert union.fit_transform(COLOUR).shape == (12, 11)


def test_words_read_digits_better_than_pixels_do() -> None:
    """And the triangle of Coates, Ng and Lee better than the nearest word alone."""
    images, labels = load_digits_arrays()
    images, test = images / 16, np.arange(len(labels)) % 3 == 0

    def score(*steps: Any) -> float:
        model = make_pipeline(*steps, Standardise(), LogisticRegression(C=0.1, max_iter=2000))
        return float(model.fit(images[~test], labels[~test]).score(images[test], labels[test]))

    options: dict[str, Any] = {"n_words": 100, "patch_size": 4, "n_patches": 20_000, "quadrants": True}
    hard, soft = (score(VisualWords(encoding=each, random_state=0, **options)) for each in ("hard", "soft"))
    pixels = score(FunctionTransformer(lambda batch: batch.reshape(len(batch), -1)))
    assert soft > max(hard, pixels) + 0.005
    assert min(hard, pixels) > 0.95
