"""k nearest neighbours: votes, ties, weights, metrics, cross-validation, bad input. scikit-learn is not needed."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import microdl as torch
from microdl.classifiers import neighbors
from microdl.classifiers.neighbors import KNeighborsClassifier
from microdl.classifiers.selection import cross_validate_k, folds

from . import neighbours_reference as reference

RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, (60, 20), np.uint8)
LABELS = np.array(["cat", "dog", "frog"])[RNG.integers(0, 3, 60)]


def test_the_lectures_l1_distance() -> None:
    test = [[56, 32, 10, 18], [90, 23, 128, 133], [24, 26, 178, 200], [2, 0, 255, 220]]
    train = [[10, 20, 24, 17], [8, 10, 89, 100], [12, 16, 178, 170], [4, 32, 233, 112]]
    model = KNeighborsClassifier(1, metric="l1").fit(np.array(train, np.uint8).reshape(1, -1), [7])
    distances, indices = model.kneighbors(np.array(test, np.uint8).reshape(1, -1))
    assert (distances.tolist(), indices.tolist()) == ([[456.0]], [[0]])
    assert model.predict(np.array(test, np.uint8).reshape(1, -1)).tolist() == [7]


@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
@pytest.mark.parametrize(
    ("options", "squared"),
    [
        ({}, True), ({"p": 1}, False), ({"metric": "l2"}, True), ({"metric": "euclidean"}, True),
        ({"metric": "l1"}, False), ({"metric": "manhattan"}, False), ({"metric": "cityblock"}, False),
    ],
)  # fmt: skip
def test_neighbours_are_those_of_brute_force(options: Any, squared: bool, dtype: Any) -> None:
    x, y = IMAGES[:17].astype(dtype), IMAGES.astype(dtype)
    model = KNeighborsClassifier(4, **options).fit(y, LABELS)
    distances, indices = model.kneighbors(x)
    sums, order = reference.nearest(x, y, 4, squared)
    assert np.array_equal(indices, order)
    assert np.array_equal(distances, np.sqrt(sums) if squared else sums)
    assert (distances.dtype, indices.dtype) == (np.float64, np.int64)
    assert np.array_equal(model.kneighbors(x, 2, return_distance=False), order[:, :2])
    assert model.effective_metric_ == ("euclidean" if squared else "manhattan")


def test_bytes_stay_bytes_and_are_not_copied() -> None:
    model = KNeighborsClassifier(1).fit(IMAGES, LABELS)
    assert model._fit_X is IMAGES or np.shares_memory(model._fit_X, IMAGES)
    assert model._fit_X.dtype == np.uint8
    # 200 - 100 and 100 - 200 alike: nothing wraps
    model.fit(np.array([[200], [0]], np.uint8), [0, 1])
    assert model.kneighbors(np.array([[100]], np.uint8), 2)[0].tolist() == [[100.0, 100.0]]


def test_queries_of_another_dtype_are_compared_in_the_wider_one() -> None:
    model = KNeighborsClassifier(3, metric="l1").fit(IMAGES, LABELS)
    expected = model.kneighbors(IMAGES[:5])
    for other in (np.float32, np.float64, np.int64, np.int16):
        found = model.kneighbors(IMAGES[:5].astype(other))
        assert all(np.array_equal(a, b) for a, b in zip(found, expected, strict=True))
    assert model.kneighbors([[300.5] * 20], 1)[0][0, 0] > 20 * 45


def test_tensors_are_taken_as_arrays() -> None:
    x, y = torch.tensor(IMAGES), torch.arange(60) % 4
    model = KNeighborsClassifier(3).fit(x, y)
    plain = KNeighborsClassifier(3).fit(IMAGES, np.arange(60) % 4)
    assert np.array_equal(model.predict(x), plain.predict(IMAGES))
    assert model.score(x, y) == plain.score(IMAGES, np.arange(60) % 4)


def test_the_majority_wins_and_of_equals_the_smallest_label() -> None:
    rows, labels = [[0.0], [1.0], [2.0], [3.0]], ["b", "a", "c", "a"]
    model = KNeighborsClassifier(2).fit(rows, labels)
    assert model.predict([[0.1], [2.6]]).tolist() == ["a", "a"]  # b and a; a and c
    assert model.predict_proba([[0.1]]).tolist() == [[0.5, 0.5, 0.0]]
    assert KNeighborsClassifier(3).fit(rows, labels).predict([[0.0]]).tolist() == ["a"]  # one vote each
    assert KNeighborsClassifier(1).fit(rows, labels).predict([[0.4], [1.9]]).tolist() == ["b", "c"]


def test_votes_are_counted_some_queries_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    model = KNeighborsClassifier(3).fit(IMAGES, np.arange(60) // 2)
    expected = model.predict(IMAGES)
    monkeypatch.setattr(neighbors, "_VOTES", 70)  # for 30 classes two queries
    assert np.array_equal(model.predict(IMAGES), expected)


def test_of_examples_as_far_the_first_is_nearer() -> None:
    model = KNeighborsClassifier(1).fit([[1.0], [-1.0], [1.0]], [3, 1, 2])
    assert model.kneighbors([[0.0]], 3)[1].tolist() == [[0, 1, 2]]
    assert model.predict([[0.0], [1.0]]).tolist() == [3, 3]


def test_weights_by_distance() -> None:
    model = KNeighborsClassifier(3, weights="distance").fit([[0.0], [4.0], [5.0]], [0, 1, 1])
    assert model.predict([[1.0]]).tolist() == [0]  # 1 against 1/3 + 1/4
    assert np.allclose(model.predict_proba([[1.0]]), [[12 / 19, 7 / 19]])
    assert model.predict_proba([[0.0], [4.0]]).tolist() == [[1.0, 0.0], [0.0, 1.0]], "distance 0 outvotes the others"
    ours = KNeighborsClassifier(3, weights=lambda d: 1 / (1 + d)).fit([[0.0], [4.0], [5.0]], [0, 1, 1])
    assert np.allclose(ours.predict_proba([[1.0]]), np.array([[1 / 2, 1 / 4 + 1 / 5]]) / 0.95)


def test_the_training_set_as_its_own_query() -> None:
    model = KNeighborsClassifier(2).fit([[0.0], [0.0], [1.0], [5.0]], [0, 0, 1, 1])
    distances, indices = model.kneighbors()
    assert indices.tolist() == [[1, 2], [0, 2], [0, 1], [2, 0]]
    assert distances.tolist() == [[0, 1], [0, 1], [1, 1], [4, 5]]
    assert model.predict(None).tolist() == [0, 0, 0, 0]
    assert model.score(None, [0, 0, 1, 1]) == 0.5


def test_any_function_is_a_metric() -> None:
    def chebyshev(x: Any, y: Any) -> float:
        return float(abs(x - y).max())

    model = KNeighborsClassifier(3, metric=chebyshev).fit(IMAGES, LABELS)
    all_of_them = abs(IMAGES[:, None].astype(int) - IMAGES).max(-1)
    order = np.argsort(all_of_them, 1, kind="stable")
    distances, indices = model.kneighbors(IMAGES)
    assert np.array_equal(indices, order[:, :3])
    assert np.array_equal(distances, np.take_along_axis(all_of_them, order[:, :3], 1))
    own = np.stack([row[row != i] for i, row in enumerate(order)])[:, :3]
    assert np.array_equal(model.kneighbors()[1], own)
    assert model.predict(IMAGES).shape == (60,)


def test_score_with_weights() -> None:
    model = KNeighborsClassifier(1).fit([[0.0], [1.0]], [0, 1])
    assert model.score([[0.0], [0.1], [1.0]], [0, 1, 1]) == pytest.approx(2 / 3)
    assert model.score([[0.0], [0.1], [1.0]], [0, 1, 1], sample_weight=[1, 2, 1]) == 0.5
    assert model.score([[0.0]], [7]) == 0.0


def test_one_class_is_enough() -> None:
    model = KNeighborsClassifier(1).fit([[0.0], [1.0]], ["only", "only"])
    assert model.predict([[9.0]]).tolist() == ["only"]
    assert model.predict_proba([[9.0]]).tolist() == [[1.0]]


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"n_neighbors": 0}, "n_neighbors must be an int of at least 1, but got 0"),
        ({"n_neighbors": 2.0}, "n_neighbors must be an int of at least 1, but got 2.0"),
        ({"n_neighbors": True}, "but got True"),
        ({"metric": "hamming"}, "metric must be one of 'minkowski', 'l1', .* or a function .* but got 'hamming'"),
        ({"metric": None}, "but got None"),
        ({"p": 3}, "p must be 1 .* or 2 .* but got 3; for another give a function"),
        ({"weights": "nearness"}, "must be 'uniform', 'distance' or a function of distances, but got 'nearness'"),
    ],
)
def test_wrong_parameters(options: Any, text: str) -> None:
    model = KNeighborsClassifier(**options)
    with pytest.raises(ValueError, match=text):
        model.fit(IMAGES, LABELS)
    assert not hasattr(model, "classes_"), "nothing has been learned"


@pytest.mark.parametrize(
    ("rows", "labels", "text"),
    [
        (IMAGES, LABELS[:-1], r"inconsistent numbers of samples: \[60, 59\]"),
        (np.zeros((0, 4)), [], "0 sample"),
        (np.zeros((4, 0)), [0, 1, 0, 1], "0 feature"),
        ([[1.0], [float("nan")]], [0, 1], "contains NaN: at row 1, column 0"),
        (IMAGES.reshape(60, 4, 5), LABELS, r"Expected 2D array, got 3D array of shape \(60, 4, 5\)"),
        (IMAGES, None, "target y is None"),
    ],
)
def test_wrong_training_data(rows: Any, labels: Any, text: str) -> None:
    new, fitted = KNeighborsClassifier(1), KNeighborsClassifier(1).fit([[0.0], [2.0]], ["a", "b"])
    for model in (new, fitted):
        with pytest.raises(ValueError, match=text):
            model.fit(rows, labels)
    with pytest.raises(ValueError, match="not fitted yet"):
        new.predict([[1.5]])
    assert fitted.predict([[1.5]]).tolist() == ["b"], "it is what it was"


def test_wrong_queries() -> None:
    with pytest.raises(ValueError, match="This KNeighborsClassifier instance is not fitted yet"):
        KNeighborsClassifier().predict(IMAGES)
    model = KNeighborsClassifier(3).fit(IMAGES, LABELS)
    with pytest.raises(ValueError, match="X has 19 features, but KNeighborsClassifier is expecting 20 features"):
        model.predict(IMAGES[:, :19])
    with pytest.raises(ValueError, match=r"n_neighbors <= n_samples_fit, but n_neighbors = 61, n_samples_fit = 60"):
        model.kneighbors(IMAGES, 61)
    with pytest.raises(ValueError, match=r"n_neighbors < n_samples_fit, but n_neighbors = 60, .* n_samples = 60"):
        model.kneighbors(None, 60)
    with pytest.raises(ValueError, match="at least 1, but got -1"):
        model.kneighbors(IMAGES, -1)
    with pytest.raises(ValueError, match="infinity"):
        model.predict(np.full((2, 20), np.inf))


def test_wrong_functions() -> None:
    with pytest.raises(ValueError, match="metric returned NaN for query 0 and training example 0"):
        KNeighborsClassifier(metric=lambda x, y: float("nan")).fit(IMAGES, LABELS).predict(IMAGES)
    for weights, text in (
        (lambda d: d[:, :1], r"the distances' shape \(60, 5\), but returned one of \(60, 1\)"),
        (lambda d: -d - 1, "finite numbers that are not negative, but one is -1"),
        (lambda d: 0 * d, "number 0, have weight 0"),
    ):
        with pytest.raises(ValueError, match=text):
            KNeighborsClassifier(weights=weights).fit(IMAGES, LABELS).predict(IMAGES)


def test_progress_is_shown_where_it_is_wanted(capsys: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    KNeighborsClassifier().fit(IMAGES, LABELS).predict(IMAGES)
    assert capsys.readouterr() == ("", "")
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    KNeighborsClassifier(verbose=True).fit(IMAGES, LABELS).predict(IMAGES)
    assert capsys.readouterr().err == "nearest neighbours: 60 of 60 queries\n"


def test_scikit_learn_is_not_imported() -> None:
    code = (
        "import sys, numpy as np; from microdl.classifiers.neighbors import KNeighborsClassifier as K\n"
        "print(K(1).fit(np.eye(3), [0, 1, 2]).predict(np.eye(3)).tolist(), 'sklearn' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "[0, 1, 2] False\n"


# --- cross-validation --------------------------------------------------------------------------------------------


@given(st.integers(2, 5), st.integers(0, 99), st.sampled_from(["l1", "l2"]), st.sampled_from(["uniform", "distance"]))
def test_one_search_gives_the_scores_of_every_k(cv: int, seed: int, metric: str, weights: str) -> None:
    rng = np.random.default_rng(seed)
    x, y = rng.integers(0, 5, (23, 2), np.uint8), rng.integers(0, 3, 23)
    ks = [1, 2, 5, 11]
    scores = cross_validate_k(x, y, ks, cv, metric, weights)
    assert scores.shape == (cv, 4)
    for row, (train, test) in zip(scores, folds(cv, x, y), strict=True):
        models = [KNeighborsClassifier(k, metric=metric, weights=weights).fit(x[train], y[train]) for k in ks]
        assert row.tolist() == [model.score(x[test], y[test]) for model in models]


def test_folds() -> None:
    pairs = [([2, 3], [0, 1]), ([0, 1], [2, 3])]
    assert [(a.tolist(), b.tolist()) for a, b in folds(2, range(4), None)] == pairs
    assert list(folds(pairs, range(4), None)) == pairs
    everything = np.concatenate([test for _, test in folds(4, range(11), None)])
    assert everything.tolist() == list(range(11))
    wrong = ((1, "at least 2 .* but got 1"), (12, "number of samples, 11, but got 12"), ("all", "but got 'all'"))
    for cv, text in wrong:
        with pytest.raises(ValueError, match=text):
            list(folds(cv, range(11), None))


def test_wrong_ks() -> None:
    wrong: Any = (([], "is empty"), ([3, 0], "each of ks must be .* 1, but got 0"), ([49], "= 49, n_samples_fit = 48"))
    for ks, text in wrong:
        with pytest.raises(ValueError, match=text):
            cross_validate_k(IMAGES, LABELS, ks, cv=5)
