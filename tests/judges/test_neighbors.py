"""scikit-learn, SciPy and faiss judge the nearest neighbours."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from microdl.classifiers.neighbors import KNeighborsClassifier
from microdl.classifiers.selection import cross_validate_k

pytest.importorskip("sklearn", reason=".ci/run installs scikit-learn as a judge")

from scipy.spatial.distance import cdist
from sklearn import model_selection, neighbors, pipeline, preprocessing
from sklearn.base import clone
from sklearn.utils.estimator_checks import check_estimator

RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, (1500, 96), np.uint8)
LABELS = RNG.integers(0, 10, 1500)
DTYPES = [np.uint8, np.float32, np.float64]


def farthest(x: Any, y: Any) -> Any:
    return abs(x - y).max()


@pytest.mark.parametrize(
    "options", [{}, {"n_neighbors": 2, "metric": "l1", "weights": "distance"}, {"n_neighbors": 1, "metric": farthest}]
)
@pytest.mark.filterwarnings("ignore:Estimator KNeighborsClassifier does not inherit from `sklearn.base.BaseEstimator`")
def test_scikit_learns_own_checks(options: Any) -> None:
    found = check_estimator(KNeighborsClassifier(**options), on_skip=None)
    assert {check["check_name"] for check in found if check["status"] != "passed"} <= {"check_array_api_input"}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("metric", ["manhattan", "euclidean"])
@pytest.mark.parametrize("weights", ["uniform", "distance"])
def test_scikit_learns_classifier(dtype: Any, metric: str, weights: str) -> None:
    train, test = IMAGES[:1200].astype(dtype), IMAGES[1200:].astype(dtype)
    for k in (1, 4, 7):
        ours = KNeighborsClassifier(k, metric=metric, weights=weights).fit(train, LABELS[:1200])
        theirs = neighbors.KNeighborsClassifier(k, metric=metric, weights=weights, algorithm="brute")
        theirs.fit(train.astype(np.float64), LABELS[:1200])
        wide = test.astype(np.float64)
        more = ours.kneighbors(test, k + 1)[0]
        clear = more[:, k - 1] < more[:, k]  # else theirs may be another of those that are as far
        assert clear.mean() > 0.9
        np.testing.assert_array_equal(ours.predict(test)[clear], theirs.predict(wide)[clear])
        shares, expected = ours.predict_proba(test), theirs.predict_proba(wide)
        np.testing.assert_allclose(shares[clear], expected[clear], rtol=1e-9)
        np.testing.assert_allclose(ours.kneighbors(test)[0], theirs.kneighbors(wide)[0], rtol=1e-9)
        np.testing.assert_allclose(ours.kneighbors()[0], theirs.kneighbors()[0], rtol=1e-9)
        assert ours.score(test[clear], LABELS[1200:][clear]) == theirs.score(wide[clear], LABELS[1200:][clear])


@pytest.mark.parametrize("few", [2, 4])
def test_scikit_learns_choice_between_classes_with_as_many_votes(few: int) -> None:
    """Where the distances differ, so that the neighbours are the same."""
    x = RNG.permutation(400)[:, None].astype(np.float64) ** 1.5
    y = RNG.integers(0, few, 400)
    for k in (2, 3, 4, 6):
        ours, theirs = KNeighborsClassifier(k).fit(x, y), neighbors.KNeighborsClassifier(k).fit(x, y)
        np.testing.assert_array_equal(ours.predict(x + 0.3), theirs.predict(x + 0.3))


@pytest.mark.parametrize(("metric", "name"), [("l1", "cityblock"), ("l2", "euclidean")])
@pytest.mark.parametrize("dtype", DTYPES)
def test_scipys_distances(metric: str, name: str, dtype: Any) -> None:
    test, train = IMAGES[:70].astype(dtype), IMAGES[70:].astype(dtype)
    distances, indices = KNeighborsClassifier(9, metric=metric).fit(train, LABELS[70:]).kneighbors(test)
    everything = cdist(test.astype(np.float64), train.astype(np.float64), name)
    order = np.argsort(everything, 1, kind="stable")[:, :9]
    np.testing.assert_array_equal(indices, order)
    np.testing.assert_allclose(distances, np.take_along_axis(everything, order, 1), rtol=1e-12)


def test_scipys_functions_as_metrics() -> None:
    from scipy.spatial.distance import cosine

    train = IMAGES[:200].astype(np.float64)
    ours = KNeighborsClassifier(3, metric=cosine).fit(train, LABELS[:200])
    theirs = neighbors.KNeighborsClassifier(3, metric="cosine", algorithm="brute").fit(train, LABELS[:200])
    np.testing.assert_array_equal(ours.kneighbors(IMAGES[300:310])[1], theirs.kneighbors(IMAGES[300:310])[1])


@pytest.mark.parametrize("metric", ["l1", "l2"])
def test_faiss(metric: str) -> None:
    faiss = pytest.importorskip("faiss", reason=".ci/run installs faiss-cpu as a judge")
    test, train = IMAGES[:70], IMAGES[70:]
    index = faiss.IndexFlat(96, faiss.METRIC_L1 if metric == "l1" else faiss.METRIC_L2)
    index.add(train.astype(np.float32))
    distances, indices = index.search(test.astype(np.float32), 5)
    found, places = KNeighborsClassifier(5, metric=metric).fit(train, LABELS[70:]).kneighbors(test)
    np.testing.assert_allclose(found if metric == "l1" else found**2, distances, rtol=1e-6)
    np.testing.assert_array_equal(places[:, 0], indices[:, 0])


def test_model_selection() -> None:
    x, y = IMAGES[:300], (IMAGES[:300, 0] > 128).astype(int)
    search = model_selection.GridSearchCV(KNeighborsClassifier(), {"n_neighbors": [1, 3], "metric": ["l1", "l2"]}, cv=3)
    search.fit(x, y)
    assert search.best_params_["metric"] in ("l1", "l2")
    assert repr(clone(KNeighborsClassifier(3, metric="l1"))) == "KNeighborsClassifier(n_neighbors=3, metric='l1')"
    pipe = pipeline.make_pipeline(preprocessing.StandardScaler(), KNeighborsClassifier(1)).fit(x, y)
    assert pipe.score(x, y) == 1.0


def test_cross_validation_with_scikit_learns_splitters() -> None:
    x, y = IMAGES[:200], (IMAGES[:200, 0] > 128).astype(int)
    from sklearn.model_selection import KFold, ShuffleSplit, StratifiedKFold

    for cv in (KFold(4), StratifiedKFold(5), ShuffleSplit(3, random_state=0)):
        scores = cross_validate_k(x, y, [1, 5, 8], cv=cv, metric="l1")
        for column, k in enumerate([1, 5, 8]):
            theirs = neighbors.KNeighborsClassifier(k, metric="manhattan", algorithm="brute")
            expected = model_selection.cross_val_score(theirs, x.astype(np.float64), y, cv=cv)
            assert scores[:, column].tolist() == pytest.approx(expected.tolist())
    assert np.array_equal(cross_validate_k(x, y, [3], cv=5), cross_validate_k(x, y, [3], cv=KFold(5)))


def test_not_fitted_is_scikit_learns_error() -> None:
    from sklearn.exceptions import NotFittedError

    with pytest.raises(NotFittedError):
        KNeighborsClassifier().predict(IMAGES)
