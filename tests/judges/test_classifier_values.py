"""The classifiers' optima are those of scikit-learn's solvers, where both minimise the same."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

pytest.importorskip("sklearn", reason=".ci/run installs scikit-learn for this")

from sklearn import datasets, linear_model, preprocessing, svm

from microdl.classifiers import LinearClassifier, SoftmaxClassifier, SVMClassifier

IRIS_X, IRIS_Y = datasets.load_iris(return_X_y=True)
IRIS_X = preprocessing.scale(IRIS_X)
DESCENT: dict[str, Any] = {"batch_size": None, "max_iter": 20_000, "tol": 1e-8}


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("strength", [1.0, 0.05])
@pytest.mark.parametrize("weighted", [False, True])
def test_softmax_is_logistic_regression(classes: int, strength: float, weighted: bool) -> None:
    chosen = classes - 1 >= IRIS_Y
    x, y = IRIS_X[chosen], IRIS_Y[chosen]
    weights = np.random.default_rng(0).uniform(0.2, 3, len(y)) if weighted else np.ones(len(y))
    theirs = linear_model.LogisticRegression(C=strength, tol=1e-10, max_iter=10_000).fit(x, y, weights)
    ours = SoftmaxClassifier(alpha=1 / (2 * strength * weights.sum()), **DESCENT).fit(x, y, weights)
    assert np.allclose(ours.coef_, theirs.coef_, atol=1e-5)
    between = ours.intercept_ - ours.intercept_.mean() if classes > 2 else ours.intercept_  # a common shift is free
    assert np.allclose(between, theirs.intercept_ - (theirs.intercept_.mean() if classes > 2 else 0), atol=1e-5)
    assert np.allclose(ours.predict_proba(x), theirs.predict_proba(x), atol=1e-5)


@pytest.mark.parametrize("classes", [2, 3])
def test_squared_hinge_one_vs_rest_is_linear_svc(classes: int) -> None:
    chosen = classes - 1 >= IRIS_Y
    x, y = IRIS_X[chosen], IRIS_Y[chosen]
    theirs = svm.LinearSVC(C=0.1, fit_intercept=False, tol=1e-10, max_iter=100_000, dual=True, random_state=0)
    ours = LinearClassifier(
        "squared_hinge", "one_vs_rest", alpha=1 / (2 * 0.1 * len(y)), fit_intercept=False, **DESCENT
    )
    assert np.allclose(ours.fit(x, y).coef_, theirs.fit(x, y).coef_, atol=1e-5)


def test_the_hinges_reach_the_objective_of_the_solvers() -> None:
    """Where there is no second derivative descent comes near the optimum, with a learning rate that falls."""
    chosen = IRIS_Y > 0
    x, y = IRIS_X[chosen], IRIS_Y[chosen]
    theirs = svm.LinearSVC(C=0.1, loss="hinge", fit_intercept=False, tol=1e-10, max_iter=1_000_000, random_state=0)
    theirs.fit(x, y)
    alpha = 1 / (2 * 0.1 * len(y))

    def objective(w: Any) -> float:
        signs = np.where(y == 2, 1, -1)
        return float(np.maximum(0, 1 - signs * (x @ w.ravel())).mean() + alpha * (w**2).sum())

    options: dict[str, Any] = {**DESCENT, "max_iter": 3000, "tol": None, "schedule": "exponential"}
    ours = SVMClassifier(alpha=alpha, fit_intercept=False, **options).fit(x, y)
    assert objective(theirs.coef_) <= objective(ours.coef_) + 1e-9
    assert objective(ours.coef_) == pytest.approx(objective(theirs.coef_), rel=1e-3)


def test_l1_makes_weights_small_as_the_solver_does() -> None:
    theirs = linear_model.LogisticRegression(
        C=0.1, l1_ratio=1.0, solver="saga", tol=1e-8, max_iter=100_000, random_state=0
    )
    theirs.fit(IRIS_X, IRIS_Y)
    options: dict[str, Any] = {**DESCENT, "max_iter": 5000, "tol": None, "schedule": "exponential"}
    ours = SoftmaxClassifier(penalty="l1", alpha=1 / (0.1 * len(IRIS_Y)), **options).fit(IRIS_X, IRIS_Y)
    assert np.allclose(ours.coef_, theirs.coef_, atol=0.02)
    assert abs(ours.coef_[theirs.coef_ == 0]).max() < 0.01


def test_balanced_class_weights_are_scikit_learns() -> None:
    few = np.flatnonzero((IRIS_Y != 1) | (np.arange(150) < 60))
    theirs = linear_model.LogisticRegression(class_weight="balanced", tol=1e-10, max_iter=10_000)
    theirs.fit(IRIS_X[few], IRIS_Y[few])
    ours = SoftmaxClassifier(class_weight="balanced", alpha=1 / (2 * len(few)), **DESCENT).fit(IRIS_X[few], IRIS_Y[few])
    assert np.allclose(ours.coef_, theirs.coef_, atol=1e-5)
