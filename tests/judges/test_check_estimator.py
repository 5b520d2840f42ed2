"""scikit-learn's own checks of an estimator, all of them, on every classifier."""

from __future__ import annotations

import warnings
from typing import Any

import pytest

pytest.importorskip("sklearn", reason=".ci/run installs scikit-learn for this")
pytest.importorskip("pandas", reason=".ci/run installs pandas for this")

from sklearn.utils.estimator_checks import estimator_checks_generator

from microdl.classifiers import (
    LinearClassifier,
    RandomSearchClassifier,
    SoftmaxClassifier,
    SVMClassifier,
    TwoLayerClassifier,
)

ESTIMATORS = [
    LinearClassifier(),
    SoftmaxClassifier(),
    SVMClassifier(),
    SVMClassifier(squared=True),
    SVMClassifier("one_vs_rest"),
    LinearClassifier("squared_hinge", "one_vs_rest"),
    LinearClassifier("logistic"),
    LinearClassifier(optimizer="adam", penalty="elasticnet", schedule="cosine"),
    LinearClassifier(batch_size=None),
    TwoLayerClassifier(),
    RandomSearchClassifier(),
]

with warnings.catch_warnings():
    # ours stand on their own, so that they work without scikit-learn
    warnings.filterwarnings("ignore", "Estimator .* does not inherit from `sklearn.base.BaseEstimator`")
    CHECKS = [pair for estimator in ESTIMATORS for pair in estimator_checks_generator(estimator)]


def name_of(value: Any) -> str:
    function = getattr(value, "func", value)
    return repr(value) if function is value and not callable(value) else str(function.__name__)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("estimator", "check"), CHECKS, ids=name_of)
def test_check_estimator(estimator: Any, check: Any) -> None:
    check(estimator)


def test_nothing_is_skipped() -> None:
    names = {name_of(check) for _, check in CHECKS}
    assert {"check_sample_weight_equivalence_on_dense_data", "check_class_weight_classifiers"} <= names
    assert len(CHECKS) > 50 * len(ESTIMATORS)
