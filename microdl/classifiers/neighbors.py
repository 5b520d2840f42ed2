"""k nearest neighbours: the majority's class among the training examples that are nearest."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import TracebackType
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from .. import kernels
from .._estimator import Array, Estimator, encoded

__all__ = ["KNeighborsClassifier"]

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]
Function = Callable[[Any, Any], Any]

_METRICS = {
    "l1": "manhattan", "manhattan": "manhattan", "cityblock": "manhattan",
    "l2": "euclidean", "euclidean": "euclidean",
}  # fmt: skip
_VOTES = 2**20
"""Votes, by query and class, that are counted together."""
_DTYPES = tuple(map(np.dtype, (np.uint8, np.float32, np.float64)))


class KNeighborsClassifier(Estimator):
    """Votes of the k nearest training examples, with scikit-learn's interface; exact, by brute force made fast.

    Of classes with as many votes the first in order wins (the smallest label), as in scikit-learn; of examples that
    are as far the first in the training set is nearer. Examples that are bytes, images above all, stay bytes, and their
    distances are computed with integers, without rounding. Distances of float32 and float64 rows are sums in double
    precision. Results do not depend on the number of threads, and no matrix of all distances is ever held.

    Args:
        n_neighbors: k.
        weights: of a neighbour's vote: ``"uniform"``: 1; ``"distance"``: 1 / its distance, where neighbours at distance
            0 outvote all others; or a function from the array of distances (queries, k) to one of weights.
        p: 1 or 2, the metric where that is ``"minkowski"``.
        metric: ``"minkowski"``; ``"l1"``, ``"manhattan"``, ``"cityblock"``: sum of |x - y|; ``"l2"``, ``"euclidean"``:
            root of the sum of (x - y)^2; or any function of two float64 vectors that returns a number, which is called
            for each pair of a query and a training example.
        verbose: progress on standard error, by tqdm where that is installed.

    Attributes:
        classes_: the classes, in order.
        n_features_in_, n_samples_fit_: the shape of the training set.
        effective_metric_: ``"manhattan"``, ``"euclidean"`` or the function.

    >>> import numpy as np
    >>> from microdl.classifiers import KNeighborsClassifier
    >>> images = np.array([[0, 10], [10, 0], [250, 240], [240, 250]], np.uint8)
    >>> model = KNeighborsClassifier(3, metric="l1").fit(images, ["dark", "dark", "light", "light"])
    >>> model.predict(np.array([[200, 210]], np.uint8)).tolist()
    ['light']
    >>> model.kneighbors(np.array([[200, 210]], np.uint8), 2)
    (array([[80., 80.]]), array([[2, 3]]))

    Source: lecture "Image classification with linear classifiers";
    https://scikit-learn.org/stable/modules/generated/sklearn.neighbors.KNeighborsClassifier.html
    """

    _estimator_type: ClassVar[str] = "classifier"

    def __init__(
        self,
        n_neighbors: int = 5,
        *,
        weights: str | Callable[[Any], Any] = "uniform",
        p: float = 2,
        metric: str | Function = "minkowski",
        verbose: bool = False,
    ) -> None:
        self.n_neighbors = n_neighbors
        self.weights = weights
        self.p = p
        self.metric = metric
        self.verbose = verbose

    def fit(self, X: Any, y: Any) -> KNeighborsClassifier:
        """Keep the examples X (samples, features) and their labels y. The data are not copied where they need not be.

        Raises ValueError: X is not 2-D, is empty, or holds NaN; y has another length; a parameter has no such value.
        """
        check_count(self.n_neighbors)
        metric = _metric(self.metric, self.p)
        _check_weights(self.weights)
        with self._unchanged_on_error():
            rows = self._check_features(X, reset=True, dtypes=_DTYPES)
            self.classes_, self._y = encoded(y, len(rows))
        self._fit_X, self.n_samples_fit_, self.effective_metric_ = rows, len(rows), metric
        return self

    def kneighbors(
        self, X: Any = None, n_neighbors: int | None = None, return_distance: bool = True
    ) -> tuple[Floats, Indices] | Indices:
        """The distances, ascending, and the indices of each query's nearest examples: arrays (queries, n_neighbors).

        Without X the training examples are the queries, and none is its own neighbour. Without `return_distance` the
        indices alone. Raises ValueError where there are fewer examples than `n_neighbors`, and for X as `fit` does.

        >>> model = KNeighborsClassifier(1).fit([[0.0], [3.0], [4.0]], [0, 1, 1])
        >>> model.kneighbors(return_distance=False).tolist()
        [[1], [2], [1]]
        """
        self._check_fitted()
        k = self.n_neighbors if n_neighbors is None else n_neighbors
        check_count(k)
        queries = self._fit_X if X is None else self._check_features(X, reset=False, dtypes=_DTYPES)
        others = self.n_samples_fit_ - (X is None)
        if k > others:
            less = "<" if X is None else "<="
            raise ValueError(
                f"Expected n_neighbors {less} n_samples_fit, but n_neighbors = {k}, n_samples_fit = "
                f"{self.n_samples_fit_}, n_samples = {len(queries)}. Choose fewer neighbours or fit more examples."
            )
        distances, indices = self._nearest(queries, int(k), X is None)
        return (distances, indices) if return_distance else indices

    def predict_proba(self, X: Any) -> Floats:
        """Each class's share of the votes, (queries, classes) in the order of `classes_`; X as in `kneighbors`."""
        distances, indices = self.kneighbors(X)
        votes = self._votes(_weights(self.weights, distances), self._y[indices])
        shares: Floats = votes / votes.sum(1, keepdims=True)
        return shares

    def predict(self, X: Any) -> Array:
        """The class of each query with most votes; of several the first of `classes_`. X as in `kneighbors`."""
        return self._elected(*self.kneighbors(X))

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """The share of the queries, weighted if so wanted, whose predicted class is that of y; X as in `kneighbors`."""
        found = self.predict(X)
        classes, places = encoded(y, len(found))
        return float(np.average(found == classes[places], weights=sample_weight))

    def _votes(self, weights: Floats, labels: Indices) -> Floats:
        """The sum of the weights by query and class, for arrays (queries, k)."""
        queries, classes = len(labels), len(self.classes_)
        places = labels + classes * np.arange(queries)[:, None]
        votes = np.bincount(places.ravel(), weights.ravel(), queries * classes)
        return votes.reshape(queries, classes).astype(np.float64, copy=False)

    def _elected(self, distances: Floats, indices: Indices) -> Array:
        """The classes with most votes, for arrays (queries, k): some at a time, as there may be many classes."""
        weights, labels = _weights(self.weights, distances), self._y[indices]
        step = max(1, _VOTES // len(self.classes_))
        parts = [slice(first, first + step) for first in range(0, len(labels), step)]
        found: Array = self.classes_[np.concatenate([self._votes(weights[p], labels[p]).argmax(1) for p in parts])]
        return found

    def _nearest(self, queries: Array, k: int, own: bool) -> tuple[Floats, Indices]:
        rows, metric = self._fit_X, self.effective_metric_
        with _Progress(len(queries), bool(self.verbose)) as progress:
            if callable(metric):
                return _by_function(metric, queries, rows, k, own, progress.tell)
            dtype = np.result_type(queries, rows)
            queries, rows = queries.astype(dtype, copy=False), rows.astype(dtype, copy=False)
            squared = metric == "euclidean"
            sums, indices = kernels.distance.nearest(queries, rows, k, squared, own, progress.tell)
            return (np.sqrt(sums) if squared else sums), indices


def check_count(n_neighbors: Any, name: str = "n_neighbors") -> None:
    """ValueError unless it is an int of at least 1."""
    if not isinstance(n_neighbors, (int, np.integer)) or isinstance(n_neighbors, bool) or n_neighbors < 1:
        raise ValueError(f"{name} must be an int of at least 1, but got {n_neighbors!r}")


def _check_weights(weights: Any) -> None:
    if not callable(weights) and weights not in ("uniform", "distance"):
        raise ValueError(f"weights must be 'uniform', 'distance' or a function of distances, but got {weights!r}")


def _metric(metric: Any, p: Any) -> Any:
    if callable(metric):
        return metric
    if metric == "minkowski":
        if p not in (1, 2):
            raise ValueError(
                f"p must be 1 (the sum of absolute differences) or 2 (Euclidean), but got {p!r}; for another give a "
                "function of two vectors as `metric`"
            )
        return "manhattan" if p == 1 else "euclidean"
    if not isinstance(metric, str) or metric not in _METRICS:
        raise ValueError(
            f"metric must be one of {', '.join(map(repr, ('minkowski', *_METRICS)))}, or a function of two vectors, "
            f"such as scipy.spatial.distance.cosine, but got {metric!r}"
        )
    return _METRICS[metric]


def _weights(weights: Any, distances: Floats) -> Floats:
    if callable(weights):
        return _given_weights(weights, distances)
    if weights == "uniform":
        return np.ones(distances.shape)
    with np.errstate(divide="ignore", over="ignore"):
        found = 1 / distances
    infinite = np.isinf(found)
    return np.where(infinite.any(1, keepdims=True), infinite, found)


def _given_weights(weights: Callable[[Any], Any], distances: Floats) -> Floats:
    found = np.asarray(weights(distances), np.float64)
    if found.shape != distances.shape:
        raise ValueError(
            f"weights must return an array of the distances' shape {distances.shape}, but returned one of {found.shape}"
        )
    fine = (found >= 0) & np.isfinite(found)
    if not fine.all():
        raise ValueError(f"weights must return finite numbers that are not negative, but one is {found[~fine][0]}")
    voiced = found.any(1)
    if not voiced.all():
        raise ValueError(
            f"All neighbors of some sample, such as number {int(voiced.argmin())}, have weight 0. Let `weights` give "
            "at least one of them more, or choose more neighbours."
        )
    return found


def _by_function(
    metric: Function, queries: Array, rows: Array, k: int, own: bool, tell: Callable[[int], object]
) -> tuple[Floats, Indices]:
    queries, rows = queries.astype(np.float64, copy=False), rows.astype(np.float64, copy=False)
    distances, indices = np.empty((len(queries), k)), np.empty((len(queries), k), np.int64)
    for i, query in enumerate(queries):
        found = np.array([float(metric(query, row)) for row in rows])
        if np.isnan(found).any():
            raise ValueError(f"metric returned NaN for query {i} and training example {int(np.isnan(found).argmax())}")
        order = np.argsort(found, kind="stable")
        indices[i] = (order[order != i] if own else order)[:k]
        distances[i] = found[indices[i]]
        tell(1)
    return distances, indices


class _Progress:
    """A bar by tqdm where that is installed, else a line at the end; nothing unless it is wanted."""

    def __init__(self, total: int, wanted: bool) -> None:
        self._total, self._done, self._wanted = total, 0, wanted
        self._bar: Any = None

    def __enter__(self) -> _Progress:
        if self._wanted:
            try:
                from tqdm.auto import tqdm
            except ImportError:
                pass
            else:
                self._bar = tqdm(desc="nearest neighbours", total=self._total, unit="query", file=sys.stderr)
        return self

    def tell(self, done: int) -> None:
        self._done += done
        if self._bar is not None:
            self._bar.update(done)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.close()
        elif self._wanted:
            print(f"nearest neighbours: {self._done:,} of {self._total:,} queries", file=sys.stderr)
