"""Choosing a hyperparameter by cross-validation, where one pass answers for all of its values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._estimator import encoded, matrix
from .neighbors import KNeighborsClassifier, check_count

__all__ = ["cross_validate_k", "folds"]


def cross_validate_k(
    X: Any,
    y: Any,
    ks: Iterable[int] = range(1, 101),
    cv: Any = 5,
    metric: str | Callable[[Any, Any], Any] = "l2",
    weights: str | Callable[[Any], Any] = "uniform",
    verbose: bool = False,
) -> NDArray[np.float64]:
    """The accuracies of k nearest neighbours, (folds, len(ks)): one row a fold, one column a value of k.

    Each fold's neighbours are searched once, for the largest k, and vote for every k: as quick as one k alone. The
    numbers are those of `KNeighborsClassifier(k).fit(...).score(...)` fold by fold.

    Args:
        X, y: as `KNeighborsClassifier.fit` takes them.
        ks: values of k.
        cv, metric, weights, verbose: see `folds` and `KNeighborsClassifier`.

    Raises ValueError: no k, one below 1, or one above the size of a training part; and as `folds` and `fit` do.

    >>> from microdl.classifiers import cross_validate_k
    >>> X, y = [[0.0], [5.0], [1.0], [6.0], [2.0], [7.0]], [0, 1, 0, 1, 0, 1]
    >>> cross_validate_k(X, y, ks=[1, 4], cv=3)
    array([[1. , 0.5],
           [1. , 0.5],
           [1. , 0.5]])

    Source: lecture "Image classification with linear classifiers" (5 folds, every outcome drawn against k).
    """
    values = list(ks)
    if not values:
        raise ValueError("ks must name at least one number of neighbours, but it is empty")
    for k in values:
        check_count(k, "each of ks")
    rows = matrix(X, tuple(map(np.dtype, (np.uint8, np.float32, np.float64))))
    classes, places = encoded(y, len(rows))
    labels = classes[places]
    scores = []
    for train, test in folds(cv, rows, labels):
        model = KNeighborsClassifier(max(values), weights=weights, metric=metric, verbose=verbose)
        model.fit(rows[train], labels[train])
        distances, indices = model.kneighbors(rows[test])
        elected = (model._elected(distances[:, :k], indices[:, :k]) for k in values)
        scores.append([float(np.mean(found == labels[test])) for found in elected])
    return np.array(scores)


def folds(cv: Any, X: Any, y: Any) -> Iterator[tuple[Any, Any]]:
    """Pairs of indices (training part, validation part).

    `cv` is a number of folds (runs of neighbouring examples, the first ones longer by one where they do not divide
    evenly, as scikit-learn's KFold), any splitter of scikit-learn's, or an iterable of such pairs.

    >>> [test.tolist() for train, test in folds(3, range(7), None)]
    [[0, 1, 2], [3, 4], [5, 6]]
    """
    if hasattr(cv, "split") and not isinstance(cv, str):
        yield from cv.split(X, y)
    elif isinstance(cv, (int, np.integer)) and not isinstance(cv, bool):
        if not 2 <= cv <= len(X):
            raise ValueError(f"cv must be at least 2 and at most the number of samples, {len(X)}, but got {cv}")
        everything = np.arange(len(X))
        for test in np.array_split(everything, cv):
            yield np.setdiff1d(everything, test, assume_unique=True), test
    elif isinstance(cv, Iterable) and not isinstance(cv, str):
        yield from cv
    else:
        raise ValueError(f"cv must be a number of folds, a splitter, or pairs of indices, but got {cv!r}")
