"""Model selection with scikit-learn's own tools on the classifiers: hold-out, k folds, and the two searches."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

pytest.importorskip("sklearn", reason=".ci/run installs scikit-learn for this")

from scipy import stats
from sklearn import (
    base,
    calibration,
    config_context,
    datasets,
    ensemble,
    metrics,
    model_selection,
    multiclass,
    pipeline,
    preprocessing,
)
from sklearn.exceptions import FitFailedWarning, NotFittedError

from microdl.classifiers import (
    LinearClassifier,
    RandomSearchClassifier,
    SoftmaxClassifier,
    SVMClassifier,
    TwoLayerClassifier,
)

X, Y = datasets.load_iris(return_X_y=True)
KINDS = [LinearClassifier, SoftmaxClassifier, SVMClassifier, TwoLayerClassifier, RandomSearchClassifier]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("splitter", [model_selection.KFold, model_selection.StratifiedKFold])
def test_k_folds_in_a_pipeline(kind: Any, splitter: Any) -> None:
    model = pipeline.make_pipeline(preprocessing.StandardScaler(), kind(random_state=0))
    scores = model_selection.cross_val_score(model, X, Y, cv=splitter(5, shuffle=True, random_state=0))
    assert scores.shape == (5,)
    assert scores.mean() > (0.6 if kind is RandomSearchClassifier else 0.93)


def test_hold_out() -> None:
    parts = model_selection.train_test_split(X, Y, test_size=0.3, stratify=Y, random_state=0)
    assert SoftmaxClassifier(random_state=0).fit(parts[0], parts[2]).score(parts[1], parts[3]) > 0.9


def test_grid_search_of_the_regularisation() -> None:
    grid = {"alpha": [1e-4, 1e-2, 10.0], "penalty": ["l1", "l2"]}
    model = SoftmaxClassifier(random_state=0)
    search = model_selection.GridSearchCV(model, grid, cv=3).fit(preprocessing.scale(X), Y)
    assert search.best_params_["alpha"] < 10
    assert search.best_score_ > 0.9
    assert isinstance(search.best_estimator_, SoftmaxClassifier)
    assert not hasattr(model, "coef_")
    assert search.predict_proba(X).shape == (150, 3)


def test_random_search_of_the_learning_rate() -> None:
    """A rate that diverges is a failed fit, whose score is NaN, and the search goes on."""
    rates = {"learning_rate": stats.loguniform(1e-4, 1.0), "momentum": [0.0, 0.9]}
    model = SVMClassifier(max_iter=20, random_state=0)
    search = model_selection.RandomizedSearchCV(model, rates, n_iter=8, cv=3, random_state=0)
    search.fit(preprocessing.scale(X), Y)
    assert search.best_score_ > 0.85
    strong = SoftmaxClassifier(alpha=1.0, tol=None, max_iter=1000, random_state=0)
    wild = model_selection.GridSearchCV(strong, {"learning_rate": [0.01, 1e9]}, cv=3)
    with pytest.warns(FitFailedWarning, match="DivergedError"), pytest.warns(UserWarning, match="non-finite"):
        wild.fit(X, Y)
    assert wild.best_params_ == {"learning_rate": 0.01}
    assert np.isnan(wild.cv_results_["mean_test_score"][1])


def test_parameters_of_a_step_are_searched() -> None:
    model = pipeline.Pipeline([("scale", preprocessing.StandardScaler()), ("svm", SVMClassifier(random_state=0))])
    grid = {"svm__form": ["multiclass", "one_vs_rest", "mean"], "svm__squared": [False, True]}
    search = model_selection.GridSearchCV(model, grid, cv=3).fit(X, Y)
    assert search.best_score_ > 0.9


@pytest.mark.parametrize("kind", KINDS)
def test_clones(kind: Any) -> None:
    model = kind(random_state=3).fit(X, Y)
    copy = base.clone(model)
    assert copy.get_params() == model.get_params()
    with pytest.raises(NotFittedError, match="not fitted yet"):
        copy.predict(X)
    assert np.array_equal(copy.fit(X, Y).decision_function(X), model.decision_function(X))
    assert base.is_classifier(model)


def test_other_tools() -> None:
    x = preprocessing.scale(X)
    voting = ensemble.VotingClassifier(
        [("a", SoftmaxClassifier(random_state=0)), ("b", TwoLayerClassifier(random_state=0))]
    )
    assert voting.fit(x, Y).score(x, Y) > 0.9
    bagging = ensemble.BaggingClassifier(SVMClassifier(random_state=0), 3, random_state=0).fit(x, Y)
    assert bagging.score(x, Y) > 0.9
    assert multiclass.OneVsRestClassifier(SVMClassifier(random_state=0)).fit(x, Y).score(x, Y) > 0.85
    calibrated = calibration.CalibratedClassifierCV(SVMClassifier(random_state=0), cv=3).fit(x, Y)
    assert calibrated.predict_proba(x).shape == (150, 3)
    scorer = metrics.get_scorer("neg_log_loss")
    assert scorer(SoftmaxClassifier(random_state=0).fit(x, Y), x, Y) > -0.3
    curve = model_selection.validation_curve(
        SoftmaxClassifier(random_state=0), x, Y, param_name="alpha", param_range=[1e-4, 1.0], cv=3
    )
    assert curve[0].shape == (2, 3)


def test_metadata_routing() -> None:
    """With it on, an estimator says which arguments it asks for, as scikit-learn's own do."""
    weights = np.ones(len(Y))
    with config_context(enable_metadata_routing=True):
        assert pipeline.make_pipeline(SoftmaxClassifier(random_state=0)).fit(X, Y).score(X, Y) > 0.9
        model = (
            SoftmaxClassifier(random_state=0).set_fit_request(sample_weight=True).set_score_request(sample_weight=True)
        )
        scores = model_selection.cross_val_score(base.clone(model), X, Y, params={"sample_weight": weights})
        assert scores.mean() > 0.9
        silent = SoftmaxClassifier(random_state=0).set_fit_request(sample_weight=True)
        with pytest.raises(ValueError, match="sample_weight.*not explicitly set"):
            model_selection.cross_val_score(silent, X, Y, params={"sample_weight": weights})
    with pytest.raises(TypeError, match="fit\\(\\) of SoftmaxClassifier takes no 'weights'"):
        SoftmaxClassifier().set_fit_request(weights=True)
