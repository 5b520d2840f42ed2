"""scikit-learn takes tensors where it takes arrays."""

from __future__ import annotations

import numpy as np
import pytest

import microdl as torch

pytest.importorskip("sklearn", reason=".ci/run installs scikit-learn for this and for the digits")

from sklearn import (
    cluster,
    decomposition,
    linear_model,
    metrics,
    model_selection,
    neighbors,
    pipeline,
    preprocessing,
    svm,
)

X = torch.tensor([[0.0, 1.0], [1.0, 1.5], [2.0, 0.5], [3.0, 3.0], [4.0, 2.5], [5.0, 4.0], [6.0, 3.5], [7.0, 5.0]])
Y = torch.tensor([0, 0, 0, 0, 1, 1, 1, 1])


def test_splitting_gives_tensors() -> None:
    parts = model_selection.train_test_split(X, Y, test_size=0.25, random_state=0, stratify=Y)
    assert [len(p) for p in parts] == [6, 2, 6, 2]
    arrays = model_selection.train_test_split(X.numpy(), Y.numpy(), test_size=0.25, random_state=0, stratify=Y.numpy())
    assert all(np.array_equal(p, a) for p, a in zip(parts, arrays, strict=True))
    assert len(list(model_selection.KFold(4).split(X))) == 4


def test_scalers_give_what_they_give_for_arrays() -> None:
    for scaler in (preprocessing.StandardScaler(), preprocessing.MinMaxScaler(), preprocessing.PolynomialFeatures(2)):
        assert np.allclose(scaler.fit_transform(X), scaler.fit_transform(X.numpy()))
    back = torch.tensor(preprocessing.StandardScaler().fit_transform(X))
    assert back.mean(0).abs().max().item() < 1e-6
    assert preprocessing.OneHotEncoder(sparse_output=False).fit_transform(Y.unsqueeze(1)).shape == (8, 2)


@pytest.mark.parametrize(
    "model",
    [
        linear_model.LogisticRegression(), linear_model.LinearRegression(), linear_model.Perceptron(),
        linear_model.SGDClassifier(random_state=0), svm.SVC(), svm.LinearSVC(), neighbors.KNeighborsClassifier(2),
        pipeline.make_pipeline(preprocessing.StandardScaler(), linear_model.LogisticRegression()),
    ],
    ids=lambda model: type(model).__name__,
)  # fmt: skip
def test_models_fit_tensors_as_arrays(model: object) -> None:
    found = model.fit(X, Y).predict(X)  # type: ignore[attr-defined]
    score = model.score(X, Y)  # type: ignore[attr-defined]
    assert np.allclose(found, model.fit(X.numpy(), Y.numpy()).predict(X.numpy()))  # type: ignore[attr-defined]
    assert score == model.score(X.numpy(), Y.numpy())  # type: ignore[attr-defined]


def test_metrics_and_the_rest() -> None:
    predicted = torch.tensor([0, 0, 1, 0, 1, 1, 1, 0])
    assert metrics.accuracy_score(Y, predicted) == 0.75
    assert metrics.confusion_matrix(Y, predicted).tolist() == [[3, 1], [1, 3]]
    assert metrics.f1_score(Y, predicted) == 0.75
    assert metrics.mean_squared_error(Y.float(), predicted.float()) == 0.25
    assert metrics.roc_auc_score(Y, torch.linspace(0, 1, 8)) == 1.0
    assert "accuracy" in metrics.classification_report(Y, predicted)
    assert decomposition.PCA(1).fit_transform(X).shape == (8, 1)
    assert sorted(set(cluster.KMeans(2, n_init=1, random_state=0).fit_predict(X))) == [0, 1]


def test_what_requires_grad_is_refused_as_by_pytorch() -> None:
    with pytest.raises(RuntimeError, match="Can't call numpy\\(\\) on Tensor that requires grad"):
        preprocessing.StandardScaler().fit(X.clone().requires_grad_())
