"""How hard the synthetic images are, judged by scikit-learn's classifiers and scikit-image's features."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from microdl.datasets import SyntheticCIFAR

linear_model = pytest.importorskip("sklearn.linear_model", reason=".ci/run installs scikit-learn")
neighbors = pytest.importorskip("sklearn.neighbors", reason=".ci/run installs scikit-learn")
pipeline = pytest.importorskip("sklearn.pipeline", reason=".ci/run installs scikit-learn")
preprocessing = pytest.importorskip("sklearn.preprocessing", reason=".ci/run installs scikit-learn")
feature = pytest.importorskip("skimage.feature", reason=".ci/run installs scikit-image")


def pixels(images: Any) -> Any:
    return images.reshape(len(images), -1).astype(np.float32) / 255


def shapes(images: Any) -> Any:
    """Histograms of oriented gradients of the grey images."""
    options = {"pixels_per_cell": (4, 4), "cells_per_block": (2, 2)}
    return np.stack([feature.hog(image, **options) for image in images.mean(3)])


def colours(images: Any) -> Any:
    """The mean colour of each ninth of the image."""
    return images[:, 1:31, 1:31].reshape(-1, 3, 10, 3, 10, 3).mean((2, 4)).reshape(len(images), -1) / 255


@pytest.fixture(scope="module")
def accuracies() -> dict[str, float]:
    """On 1,000 images after training with 2,000."""
    train, test = SyntheticCIFAR(size=2000), SyntheticCIFAR(train=False, size=1000)
    kinds = {"pixels": pixels, "shapes": shapes, "colours": colours}
    x, x_test = ({name: of(part.data) for name, of in kinds.items()} for part in (train, test))
    for features in (x, x_test):
        features["shapes and colours"] = np.concatenate([features["shapes"], features["colours"]], axis=1)
    found = {}
    for name in x:
        classifier = pipeline.make_pipeline(
            preprocessing.StandardScaler(), linear_model.LogisticRegression(C=3e-4, max_iter=300)
        )
        found[name] = float(classifier.fit(x[name], train.targets).score(x_test[name], test.targets))
    nearest = neighbors.KNeighborsClassifier(7).fit(x["pixels"], train.targets)
    found["neighbours"] = float(nearest.score(x_test["pixels"], test.targets))
    print("", *(f"{name}: {accuracy:.3f}" for name, accuracy in found.items()), sep="\n")
    return found


def test_features_beat_pixels_and_pixels_beat_neighbours(accuracies: dict[str, float]) -> None:
    assert 0.15 < accuracies["neighbours"] < accuracies["pixels"] - 0.05
    assert 0.35 < accuracies["pixels"] < 0.6
    assert accuracies["shapes and colours"] > accuracies["pixels"] + 0.08


def test_no_kind_of_information_alone_suffices(accuracies: dict[str, float]) -> None:
    assert 0.2 < accuracies["colours"] < 0.5
    assert 0.4 < accuracies["shapes"] < 0.75
    assert accuracies["shapes and colours"] > max(accuracies["shapes"], accuracies["colours"]) + 0.02
