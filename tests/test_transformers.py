"""Transformers, without scikit-learn: what they give, what they remember, what they refuse."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import microdl as torch
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
    _matrices,
    color_histogram,
    gabor_bank,
    gabor_features,
    hog,
    lbp_histogram,
    lift,
    polar,
)
from microdl.features.transformers import grey

COLOUR = np.random.default_rng(0).integers(0, 256, (6, 16, 16, 3), np.uint8)
GREY = np.random.default_rng(1).integers(0, 256, (6, 16, 20), np.uint8)
POINTS = np.random.default_rng(2).standard_normal((9, 2))

OF_IMAGES: list[tuple[Any, Any]] = [
    (HOG(6, (4, 4), (2, 2)), lambda images: hog(images, 6, (4, 4), (2, 2))),
    (HOG(block_norm="L1", cells_per_block=(1, 1)), lambda images: hog(images, 9, (8, 8), (1, 1), "L1")),
    (LBP(grid=(2, 2)), lambda images: lbp_histogram(grey(images), grid=(2, 2))),
    (
        Gabor((0.2, 0.3), 3),
        lambda images: gabor_features(grey(images), gabor_bank((0.2, 0.3), 3)),
    ),
    (ColorHistogram(4), lambda images: color_histogram(images, 4)),
    (ColorHistogram(7, "hue", normalise=False), lambda images: color_histogram(images, 7, "hue", normalise=False)),
]
OF_MATRICES: list[tuple[Any, Any]] = [
    (Lift(), lift),
    (Lift(3), lambda points: lift(points, 3)),
    (Polar(), polar),
    (Standardise(), lambda points: (points - points.mean(0)) / points.std(0)),
    (Standardise(with_std=False), lambda points: points - points.mean(0)),
    (Standardise(with_mean=False), lambda points: points / points.std(0)),
]
ALL = [(each, COLOUR) for each, _ in OF_IMAGES] + [(each, POINTS) for each, _ in OF_MATRICES]
IDS = [repr(each) for each, _ in ALL]


def fresh(estimator: Any) -> Any:
    return type(estimator)(**estimator.get_params(deep=False))


# ---------------------------------------------------------------- what they give


@pytest.mark.parametrize(("estimator", "function"), OF_IMAGES, ids=lambda x: repr(x) if hasattr(x, "fit") else "")
def test_features_of_images_as_they_are_and_in_rows(estimator: Any, function: Any) -> None:
    estimator = fresh(estimator)
    wanted = function(COLOUR)
    np.testing.assert_array_equal(estimator.fit(COLOUR).transform(COLOUR), wanted)
    assert (estimator.n_features_in_, estimator.image_shape_) == (16 * 16 * 3, (16, 16, 3))
    names = estimator.get_feature_names_out()
    kind = type(estimator).__name__.lower()
    assert (names.dtype, list(names)) == (object, [f"{kind}{i}" for i in range(wanted.shape[1])])
    np.testing.assert_array_equal(estimator.transform(torch.tensor(COLOUR)), wanted)
    np.testing.assert_array_equal(estimator.transform(list(COLOUR)), wanted)
    rows = fresh(estimator).set_params(image_shape=(16, 16, 3))
    np.testing.assert_array_equal(rows.fit_transform(COLOUR.reshape(6, -1)), wanted)
    np.testing.assert_array_equal(rows.transform(COLOUR), wanted)
    assert estimator.transform(COLOUR / 255).dtype == np.float64
    assert estimator.transform(np.float32(COLOUR / 255)).dtype == np.float32


@pytest.mark.parametrize(("estimator", "function"), OF_MATRICES, ids=lambda x: repr(x) if hasattr(x, "fit") else "")
def test_features_of_matrices(estimator: Any, function: Any) -> None:
    estimator = fresh(estimator)
    np.testing.assert_allclose(estimator.fit_transform(POINTS), function(POINTS), rtol=0, atol=1e-14)
    np.testing.assert_allclose(estimator.transform(torch.tensor(POINTS)), function(POINTS), rtol=0, atol=1e-14)
    assert estimator.n_features_in_ == 2
    assert len(estimator.get_feature_names_out()) == function(POINTS).shape[1]
    assert estimator.transform(POINTS.astype(np.float32)).dtype == np.float32


def test_grey_images_too() -> None:
    for estimator in (HOG(cells_per_block=(1, 1)), LBP(), Gabor((0.3,), 2)):
        whole = estimator.fit_transform(GREY)
        np.testing.assert_array_equal(estimator.transform(GREY[..., None]), whole)
        rows = fresh(estimator).set_params(image_shape=(16, 20)).fit_transform(GREY.reshape(6, -1))
        np.testing.assert_array_equal(rows, whole)


def test_colours_as_grey_are_what_pillow_makes_of_them() -> None:
    image = pytest.importorskip("PIL.Image", reason=".ci/run installs Pillow")
    wanted = [np.asarray(image.fromarray(each).convert("L")) for each in COLOUR]
    found = grey(COLOUR)
    np.testing.assert_array_equal(found, wanted)
    assert np.abs(grey(COLOUR / 255) * 255 - found).max() < 0.51
    assert grey(GREY) is GREY


def test_names_of_lifted_features() -> None:
    estimator = Lift(3).fit(POINTS)
    wanted = ["x0", "x1", "x0^2", "x1^2", "x0 x1", "x0^3", "x1^3", "x0^2 x1", "x0 x1^2"]
    assert estimator.get_feature_names_out().tolist() == wanted
    assert estimator.get_feature_names_out(["a", "b"]).tolist()[-2:] == ["a^2 b", "a b^2"]
    assert estimator.powers_.tolist() == [[1, 0], [0, 1], [2, 0], [0, 2], [1, 1], [3, 0], [0, 3], [2, 1], [1, 2]]
    np.testing.assert_allclose(estimator.transform(POINTS), (POINTS[:, None] ** estimator.powers_).prod(2))


# ---------------------------------------------------------------- standardising


@given(hnp.arrays(np.float64, st.tuples(st.integers(1, 9), st.integers(1, 4)), elements=st.floats(-1e3, 1e3)))
def test_standardised_columns(points: np.ndarray) -> None:
    estimator = Standardise()
    found = estimator.fit_transform(points)
    constant = (points == points[:1]).all(0)
    assert (found[:, constant] == 0).all()
    assert (estimator.scale_[constant] == 1).all()
    spread = ~constant & (points.std(0) > 1e-6)
    np.testing.assert_allclose(found[:, spread].mean(0), 0, atol=1e-7)
    np.testing.assert_allclose(found[:, spread].std(0), 1, rtol=1e-7)
    np.testing.assert_allclose(estimator.inverse_transform(found), points, rtol=0, atol=1e-9)


def test_a_constant_column_is_zero_though_its_mean_is_rounded() -> None:
    found = Standardise().fit_transform(np.full((3, 2), 0.1))
    assert found.tolist() == [[0, 0]] * 3


def test_the_mean_image_of_bytes() -> None:
    rows = COLOUR.reshape(6, -1)
    estimator = Standardise(with_std=False)
    found = estimator.fit_transform(rows)
    assert found.dtype == np.float32
    np.testing.assert_allclose(estimator.mean_, rows.mean(0), rtol=1e-14)
    np.testing.assert_allclose(found, rows - rows.mean(0), rtol=0, atol=1e-4)


def test_chunks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = Standardise().fit_transform(POINTS)
    monkeypatch.setattr(_matrices, "_CHUNK", 4)
    np.testing.assert_allclose(Standardise().fit_transform(POINTS), whole, rtol=0, atol=1e-14)


# ---------------------------------------------------------------- side by side


def test_concatenated_features() -> None:
    parts = [HOG(cells_per_block=(1, 1)), ColorHistogram(4), ColorHistogram(5, "hue")]
    both = Concatenate(parts)
    found = both.fit_transform(COLOUR)
    np.testing.assert_array_equal(found, np.hstack([fresh(each).fit_transform(COLOUR) for each in parts]))
    assert not any(hasattr(each, "image_shape_") for each in parts)
    names = both.get_feature_names_out()
    assert len(names) == found.shape[1]
    assert [names[0], names[36]] == ["hog__hog0", "colorhistogram-1__colorhistogram0"]
    assert names[-1] == "colorhistogram-2__colorhistogram4"
    assert both.n_features_in_ == 16 * 16 * 3


def test_parameters_of_parts() -> None:
    both = Concatenate([("curved", Lift()), Polar(), Concatenate([Lift(1)])])
    params = both.get_params()
    assert params["curved__degree"] == 2
    assert params["concatenate__lift__degree"] == 1
    both.set_params(curved__degree=3, concatenate__lift__degree=2)
    assert both.fit_transform(POINTS).shape == (9, 9 + 2 + 5)
    assert both.get_feature_names_out()[-1] == "concatenate__lift__x0 x1"
    for wrong in ("curved__power", "polar__x", "lift__degree", "degree"):
        with pytest.raises(ValueError, match=f"Invalid parameter '{wrong}'"):
            both.set_params(curved__degree=4, **{wrong: 1})
    assert both.transformers[0][1].degree == 3, "an error changes nothing"
    both.set_params(transformers=[Lift()], lift__degree=1)
    assert both.fit_transform(POINTS).shape == (9, 2)


@pytest.mark.parametrize(
    ("transformers", "error", "words"),
    [
        ([], ValueError, "at least one transformer, got \\[\\]"),
        (Lift(), ValueError, "a list of at least one transformer"),
        ([Lift], TypeError, "is no transformer"),
        ([np.sin], TypeError, "is no transformer"),
        ([("a", Lift()), ("a", Polar())], ValueError, "names of transformers are different"),
        ([("a__b", Lift())], ValueError, "without '__'"),
    ],
)
def test_parts_that_are_none(transformers: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        Concatenate(transformers).fit(POINTS)


# ---------------------------------------------------------------- what they are


@pytest.mark.parametrize(("estimator", "data"), ALL, ids=IDS)
def test_pickled_and_copied(estimator: Any, data: Any) -> None:
    fitted = fresh(estimator).fit(data)
    wanted = fitted.transform(data)
    for other in (pickle.loads(pickle.dumps(fitted)), copy.deepcopy(fitted)):
        np.testing.assert_array_equal(other.transform(data), wanted)


@pytest.mark.parametrize(("estimator", "data"), ALL, ids=IDS)
def test_before_fit(estimator: Any, data: Any) -> None:
    new = fresh(estimator)
    assert not new.__sklearn_is_fitted__()
    for call in (lambda: new.transform(data), new.get_feature_names_out):
        with pytest.raises(ValueError, match="is not fitted yet"):
            call()
    assert new.fit(data) is new
    assert new.__sklearn_is_fitted__()


@pytest.mark.parametrize(("estimator", "data"), ALL, ids=IDS)
def test_fitting_changes_no_parameter_and_no_data(estimator: Any, data: Any) -> None:
    before, new = data.copy(), fresh(estimator)
    params = new.get_params()
    new.fit_transform(data)
    assert new.get_params() == params
    np.testing.assert_array_equal(data, before)


def test_shown_as_it_is_made() -> None:
    assert repr(HOG(6, image_shape=(8, 8))) == "HOG(orientations=6, image_shape=(8, 8))"
    assert repr(Standardise(with_std=False)) == "Standardise(with_std=False)"
    assert repr(Concatenate([Lift(3), Polar()])) == "Concatenate(transformers=[Lift(degree=3), Polar()])"


def test_fitted_again_with_images_of_another_shape() -> None:
    estimator = HOG(cells_per_block=(1, 1)).fit(COLOUR)
    assert estimator.fit_transform(GREY).shape == (6, 2 * 2 * 9)


# ---------------------------------------------------------------- what they refuse


@pytest.mark.parametrize(
    ("estimator", "data", "error", "words"),
    [
        (HOG(), COLOUR.reshape(6, -1), ValueError, r"\(6, 768\), are images only with HOG\(image_shape=...\)"),
        (HOG(image_shape=(16, 16)), COLOUR.reshape(6, -1), ValueError, "has 256 numbers, but the rows have 768"),
        (
            HOG(image_shape=(16, 16)),
            COLOUR,
            ValueError,
            r"image_shape is \(16, 16\), but these images have shape \(16, 16, 3\)",
        ),
        (HOG(image_shape=(16, 16, 2)), COLOUR, ValueError, r"\(height, width\) or .*got \(16, 16, 2\)"),
        (HOG(image_shape=(256,)), COLOUR, ValueError, r"got \(256,\)"),
        (HOG(image_shape=16), COLOUR, ValueError, "got 16"),
        (HOG(image_shape=(16, 16, 3)), COLOUR.reshape(6, -1).astype(int), TypeError, "got int64.*astype"),
        (HOG(pixels_per_cell=(32, 32)), COLOUR, ValueError, "smaller than a cell"),
        (ColorHistogram(), GREY, ValueError, "colour images are needed"),
        (ColorHistogram(0), COLOUR, ValueError, "bins must be"),
        (LBP(), GREY[0], ValueError, "are images only with LBP"),
        (LBP(), np.full((2, 8, 8), np.nan), ValueError, "nan at"),
        (VisualWords(encoding="words"), COLOUR, ValueError, "'hard', 'soft', got 'words'"),
        (Lift(0), POINTS, ValueError, "degree must be"),
        (Lift(), [[1.0, np.nan]], ValueError, "NaN"),
        (Polar(), [[1.0]], ValueError, r"1 feature\(s\)"),
        (Standardise(), [1.0, 2.0], ValueError, "Reshape your data"),
        (Standardise(), [[1e200], [-1e200]], ValueError, "variance of numbers as large as 1e.200 exceeds"),
    ],
)
def test_refused_by_fit(estimator: Any, data: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        estimator.fit(data)


def test_refused_by_transform() -> None:
    estimator = HOG(cells_per_block=(1, 1)).fit(COLOUR)
    with pytest.raises(ValueError, match=r"fitted with images of shape \(16, 16, 3\), but .* \(16, 20\)"):
        estimator.transform(GREY)
    with pytest.raises(ValueError, match="X has 3 features, but Lift is expecting 2 features"):
        Lift().fit(POINTS).transform(np.zeros((1, 3)))
    rows = HOG(cells_per_block=(1, 1), image_shape=(16, 16, 3)).fit(COLOUR.reshape(6, -1))
    with pytest.raises(ValueError, match="X has 256 features, but HOG is expecting 768"):
        rows.transform(np.zeros((1, 256)))


def test_names_refused() -> None:
    estimator = Lift().fit(POINTS)
    with pytest.raises(ValueError, match=r"input_features should have length equal to number of features \(2\), got 1"):
        estimator.get_feature_names_out(["a"])
    with pytest.raises(ValueError, match="'default', 'pandas', got 'arrow'"):
        estimator.set_output(transform="arrow")
    assert estimator.set_output().transform(POINTS).shape == (9, 5)


def test_without_scikit_learn_and_pandas() -> None:
    code = (
        "import sys; sys.modules.update(dict.fromkeys(['sklearn', 'pandas', 'scipy', 'skimage', 'matplotlib']))\n"
        "import numpy as np\n"
        "from microdl.features import ColorHistogram, Concatenate, Lift, Standardise\n"
        "images = np.arange(2 * 4 * 4 * 3, dtype=np.uint8).reshape(2, 4, 4, 3)\n"
        "features = Concatenate([ColorHistogram(2), ColorHistogram(3, 'hue')])\n"
        "print(Standardise().fit_transform(features.fit_transform(images)).shape, Lift().fit_transform([[1.0]]))\n"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "(2, 9) [[1. 1.]]\n"
