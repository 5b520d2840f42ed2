"""Classifiers with scikit-learn's interface, which need no scikit-learn: `fit`, `predict`, `score` and the rest.

`losses` and `penalties` hold what they minimise, as functions of tensors. Each is loaded when it is first asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._later import Later

if TYPE_CHECKING:
    from . import losses, penalties
    from ._training import DivergedError
    from .linear import LinearClassifier, SoftmaxClassifier, SVMClassifier
    from .neighbors import KNeighborsClassifier
    from .random_search import RandomSearchClassifier
    from .selection import cross_validate_k, folds
    from .two_layer import TwoLayerClassifier

__all__ = [
    "DivergedError",
    "KNeighborsClassifier",
    "LinearClassifier",
    "RandomSearchClassifier",
    "SVMClassifier",
    "SoftmaxClassifier",
    "TwoLayerClassifier",
    "cross_validate_k",
    "folds",
    "losses",
    "penalties",
]

if not TYPE_CHECKING:
    _FILES = {
        ".losses": "",
        ".penalties": "",
        "._training": "DivergedError",
        ".linear": "LinearClassifier SoftmaxClassifier SVMClassifier",
        ".neighbors": "KNeighborsClassifier",
        ".random_search": "RandomSearchClassifier",
        ".selection": "cross_validate_k folds",
        ".two_layer": "TwoLayerClassifier",
    }
    __getattr__ = Later(__name__, _FILES, f". Its names: {', '.join(__all__)}.")
    __dir__ = __getattr__.dir
