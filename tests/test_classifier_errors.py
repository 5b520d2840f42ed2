"""What the classifiers refuse, with the value and the remedy, and that a refused call changes nothing."""

from __future__ import annotations

import pickle
import warnings
from typing import Any

import numpy as np
import pytest

import microdl as torch
from microdl.classifiers import (
    DivergedError,
    LinearClassifier,
    RandomSearchClassifier,
    SoftmaxClassifier,
    SVMClassifier,
    TwoLayerClassifier,
)

from .classifier_cases import COMPILED_ONLY, KINDS

pytestmark = COMPILED_ONLY

RNG = np.random.default_rng(0)
Y = np.arange(60) % 3
X = 3 * np.eye(3)[Y] + RNG.normal(size=(60, 3))
NAN, INF = X.copy(), X.copy()
NAN[5, 1], INF[0, 2] = np.nan, np.inf


def refused(model: Any, error: Any, match: str, *arguments: Any, call: str = "fit", **options: Any) -> None:
    """The call raises, and whatever the estimator was, it still is."""
    before = pickle.dumps(model)
    with pytest.raises(error, match=match):
        getattr(model, call)(*arguments, **options)
    assert pickle.dumps(model) == before


BAD_DATA: list[tuple[Any, Any, Any, str]] = [
    (X[0], Y, ValueError, "Expected 2D array, got 1D array of shape"),
    (X.reshape(60, 3, 1), Y, ValueError, "images with array.reshape"),
    (X[:0], Y[:0], ValueError, r"Found array with 0 sample\(s\)"),
    (X[:, :0], Y, ValueError, r"Found array with 0 feature\(s\)"),
    (NAN, Y, ValueError, "contains NaN: at row 5, column 1"),
    (INF, Y, ValueError, "contains infinity .*: at row 0, column 2"),
    (X + 1j, Y, ValueError, "Complex data not supported"),
    (X, Y[:-1], ValueError, r"inconsistent numbers of samples: \[60, 59\]"),
    (X, None, ValueError, "requires y to be passed"),
    (X, np.zeros((60, 2), int), ValueError, "y should be a 1d array"),
    (X, Y + 0.5, ValueError, "Unknown label type: continuous, such as 0.5"),
    (X, np.where(Y, np.nan, 1.0), ValueError, "Input y contains NaN"),
    (X, np.full(60, 7), ValueError, "at least 2 classes, but y holds 1 class only: 7"),
    ([["a", "b"]] * 60, Y, ValueError, "could not convert string to float"),
]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("x", "y", "error", "match"), BAD_DATA, ids=[match for *_, match in BAD_DATA])
def test_bad_data(kind: Any, x: Any, y: Any, error: Any, match: str) -> None:
    refused(kind(random_state=0), error, match, x, y)
    refused(kind(random_state=0).fit(X, Y), error, match, x, y)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("weights", "match"),
    [
        (np.ones(59), r"sample_weight.shape == \(59,\), expected \(60,\)!"),
        (np.ones((60, 1)), "expected"),
        (np.zeros(60), "at least one non-zero number"),
        (np.where(Y, 1.0, np.nan), "finite and not negative, but that of row 0 is nan"),
        (np.where(Y == 1, -2.0, 1), "that of row 1 is -2.0"),
        ((Y == 1).astype(float), "1 class only: 1"),
    ],
)
def test_bad_weights(kind: Any, weights: Any, match: str) -> None:
    refused(kind().fit(X, Y), ValueError, match, X, Y, sample_weight=weights)
    if "1 class" not in match:
        refused(kind().fit(X, Y), ValueError, match, X, Y, sample_weight=weights, call="score")


@pytest.mark.parametrize(
    ("options", "error", "match"),
    [
        ({"loss": "hinges"}, ValueError, "loss='hinges' is not one of 'softmax', 'hinge'"),
        ({"form": "binary"}, ValueError, "form='binary' is not one of"),
        ({"form": "mean"}, ValueError, "loss='softmax' has no form 'mean', only 'multiclass'"),
        ({"loss": "logistic", "form": "mean"}, ValueError, "only 'one_vs_rest'"),
        ({"penalty": "l0"}, ValueError, "penalty='l0'"),
        ({"alpha": -1}, ValueError, "alpha must be at least 0, but it is -1"),
        ({"alpha": np.nan}, ValueError, "alpha must be at least 0, but it is nan"),
        ({"alpha": "1"}, TypeError, "alpha must be a number, but it is '1'"),
        ({"beta": -0.5}, ValueError, "beta must be"),
        ({"optimizer": "SGDD"}, ValueError, "optimizer='SGDD' is not one of 'sgd'"),
        ({"schedule": "cos"}, ValueError, "schedule='cos' is not one of 'constant'"),
        ({"learning_rate": 0}, ValueError, "learning_rate must be above 0 or 'auto', but it is 0"),
        ({"learning_rate": "fast"}, TypeError, "learning_rate must be a number or 'auto', but it is 'fast'"),
        ({"learning_rate": np.inf}, ValueError, "learning_rate must be above 0"),
        ({"momentum": 1.0}, ValueError, "momentum must be at least 0 and below 1"),
        ({"batch_size": 0}, ValueError, "batch_size must be at least 1 or None for all examples, but it is 0"),
        ({"batch_size": 2.5}, TypeError, "batch_size must be an int"),
        ({"max_iter": 0}, ValueError, "max_iter must be at least 1"),
        ({"max_iter": True}, TypeError, "max_iter must be an int"),
        ({"n_iter_no_change": -1}, ValueError, "n_iter_no_change must be"),
        ({"tol": -1e-3}, ValueError, "tol must be at least 0 or None"),
        ({"validation_fraction": 1.0}, ValueError, "validation_fraction must be above 0 and below 1"),
        ({"class_weight": "even"}, ValueError, "class_weight='even' is not one of 'balanced'"),
        ({"class_weight": [1, 2, 3]}, ValueError, "neither None, 'balanced' nor a dict"),
        ({"class_weight": {7: 1.0}}, ValueError, r"a weight for 7, which is none of the classes \[0, 1, 2\]"),
        ({"class_weight": {0: -1.0}}, ValueError, r"class_weight\[0\] must be at least 0"),
        ({"random_state": "x"}, ValueError, "cannot be used as random_state"),
    ],
)
def test_bad_parameters(options: Any, error: Any, match: str) -> None:
    refused(LinearClassifier(**options), error, match, X, Y)
    refused(LinearClassifier().fit(X, Y).set_params(**options), error, match, X, Y)


def test_bad_parameters_of_the_others() -> None:
    refused(TwoLayerClassifier(0), ValueError, "hidden must be at least 1", X, Y)
    refused(TwoLayerClassifier(activation="step"), ValueError, "activation='step' is not one of 'relu'", X, Y)
    refused(RandomSearchClassifier(0), ValueError, "n_draws must be at least 1", X, Y)
    refused(RandomSearchClassifier(scale=0.0), ValueError, "scale must be above 0", X, Y)
    refused(RandomSearchClassifier(loss="softmax", form="mean"), ValueError, "has no form 'mean'", X, Y)
    model = TwoLayerClassifier(8, max_iter=2, warm_start=True).fit(X, Y).set_params(hidden=9)
    refused(model, ValueError, "hidden=9, but the fitted network has 8 hidden units", X, Y)


@pytest.mark.parametrize("kind", KINDS)
def test_prediction_is_refused(kind: Any) -> None:
    for call in ("predict", "decision_function"):
        refused(kind(), ValueError, f"This {kind.__name__} instance is not fitted yet", X, call=call)
        model = kind().fit(X, Y)
        refused(model, ValueError, f"X has 2 features, but {kind.__name__} is expecting 3", X[:, :2], call=call)
        refused(model, ValueError, "contains NaN: at row 5, column 1", NAN, call=call)
        refused(model, ValueError, r"0 sample\(s\)", X[:0], call=call)
    refused(model, ValueError, "is text and the other a number", X, Y.astype(str), call="score")
    assert model.score(X, Y + 5) <= 2 / 3  # labels that fit did not see are never right


@pytest.mark.parametrize("kind", KINDS[:-1])
def test_divergence_changes_nothing(kind: Any) -> None:
    options: Any = {"optimizer": "sgd", "batch_size": 16, "tol": None, "max_iter": 1000}
    for rate, big in ((1e200, X), (1e6, 1e6 * X)):
        wild = kind(learning_rate=rate, alpha=1.0, random_state=0, **options)
        refused(wild, DivergedError, "Training diverged: .* with learning rate .* Lower learning_rate", big, Y)
    model = kind(random_state=0).fit(X, Y)
    refused(model.set_params(learning_rate=1e200, alpha=1.0, **options), DivergedError, "diverged", X, Y)
    refused(model, DivergedError, "diverged", X, Y, call="partial_fit")
    assert model.score(X, Y) > 0.8


def test_nan_weights_are_found_where_the_hinge_loss_is_finite() -> None:
    with pytest.raises(DivergedError, match="weights are NaN or infinite after epoch"):
        SVMClassifier(learning_rate=1e308, penalty=None, batch_size=None, max_iter=3, tol=None).fit(1e5 * X, Y)


@pytest.mark.parametrize("kind", KINDS[:-1])
def test_partial_fit_is_refused(kind: Any) -> None:
    refused(kind(), ValueError, "classes must be passed on the first call to partial_fit", X, Y, call="partial_fit")
    refused(kind(), ValueError, "y holds 2, which is none of the classes", X, Y, [0, 1], call="partial_fit")
    refused(kind(), ValueError, "1 class only: 0", X, Y, [0], call="partial_fit")
    early = kind(early_stopping=True)
    refused(early, ValueError, "early_stopping=True needs fit", X, Y, [0, 1, 2], call="partial_fit")
    balanced = kind(class_weight="balanced")
    refused(balanced, ValueError, "needs all examples at once", X, Y, [0, 1, 2], call="partial_fit")
    model = kind().partial_fit(X, Y, [0, 1, 2])
    refused(model, ValueError, "y holds 3, which is none of the classes", X, Y + 1, call="partial_fit")
    refused(model, ValueError, "y holds '0', which is none", X, Y.astype(str).astype(object), call="partial_fit")
    named = kind().partial_fit(X, np.array(list("abc"), object)[Y], ["a", "b", "c"])
    refused(named, ValueError, "y holds 0, which is none of the classes", X, Y, call="partial_fit")
    named.partial_fit(X, np.array(list("abc"))[Y])
    refused(model, ValueError, "not the same as on the last call", X, Y, [0, 1, 2, 3], call="partial_fit")
    refused(model, ValueError, "X has 2 features", X[:, :2], Y, call="partial_fit")


def test_warm_start_is_refused_for_other_data() -> None:
    model = SoftmaxClassifier(warm_start=True, max_iter=2).fit(X, Y)
    refused(model, ValueError, "X has 2 features", X[:, :2], Y)
    refused(model, ValueError, r"goes on with the classes \[0, 1, 2\], but y holds \[0, 1\]", X[Y < 2], Y[Y < 2])


def test_too_few_examples_to_hold_out() -> None:
    few = SoftmaxClassifier(early_stopping=True)
    refused(few, ValueError, r"validation_fraction=0.1 of each class, and of the 6 examples that is none", X[:6], Y[:6])


def test_a_column_of_labels_warns_and_is_taken() -> None:
    with pytest.warns(UserWarning, match="A column-vector y was passed"):
        model = SoftmaxClassifier(random_state=0).fit(X, Y[:, None])
    assert np.array_equal(model.coef_, SoftmaxClassifier(random_state=0).fit(X, Y).coef_)


def test_nothing_is_warned_of() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        x = torch.tensor(X)
        for kind in KINDS:
            kind(random_state=0).fit(x, torch.tensor(Y)).score(x, torch.tensor(Y))
