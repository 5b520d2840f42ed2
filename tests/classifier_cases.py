"""What the tests of the classifiers share: the kinds of estimator, and data to learn."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import pytest

from microdl.classifiers import (
    LinearClassifier,
    RandomSearchClassifier,
    SoftmaxClassifier,
    SVMClassifier,
    TwoLayerClassifier,
)

# No kernel is theirs, and thousands of steps of plain Python take minutes.
COMPILED_ONLY = pytest.mark.skipif(
    os.environ.get("NUMBA_DISABLE_JIT") == "1", reason="trains with compiled kernels only"
)

KINDS = [LinearClassifier, SoftmaxClassifier, SVMClassifier, TwoLayerClassifier, RandomSearchClassifier]
TRAINED = KINDS[:-1]


def blobs(n: int = 120, classes: int = 3, features: int = 4, seed: int = 0) -> tuple[Any, Any]:
    rng = np.random.default_rng(seed)
    centres = 4 * np.eye(classes, features)
    y = np.arange(n) % classes
    return centres[y] + rng.normal(size=(n, features)), y


X, Y = blobs()
