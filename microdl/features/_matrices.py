"""Transformers of matrices: points lifted, in polar coordinates, and features brought to one scale."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ._images import Array
from ._transformer import Transformer
from .lifting import lift, lifted_width, monomials, polar

__all__ = ["Lift", "Polar", "Standardise"]

_CHUNK = 2**20
"""Numbers that are worked on in double precision at a time."""


class Lift(Transformer):
    """`lift` as a transformer: every product of up to `degree` features, (x1, x2, x1^2, x2^2, x1 x2) of two.

    Args:
        degree: at least 1.

    Attributes:
        powers_: (features out, features in), the power of each feature in each product.
        n_features_in_, feature_names_in_: of what it was fitted with; names where that is a data frame.

    >>> Lift().fit([[0.0, 0.0]]).get_feature_names_out().tolist()
    ['x0', 'x1', 'x0^2', 'x1^2', 'x0 x1']
    >>> Lift(degree=3).fit_transform([[2.0]])
    array([[2., 4., 8.]])
    """

    def __init__(self, degree: int = 2) -> None:
        self.degree = degree

    def fit(self, X: Any, y: Any = None) -> Lift:
        """Note the number of features, and which products there are."""
        width = self._check_features(X, reset=True).shape[1]
        powers = np.zeros((lifted_width(width, self.degree), width), np.int64)
        for row, factors in zip(powers, monomials(width, self.degree), strict=True):
            np.add.at(row, list(factors), 1)
        self.powers_ = powers
        return self

    def transform(self, X: Any) -> Any:
        """`lift(X, degree)`."""
        self._check_fitted()
        return self._output(lift(self._check_features(X, reset=False), self.degree), X)

    def _names_out(self, names: Array) -> Sequence[str]:
        return [
            " ".join(f"{names[place]}^{power}" if power > 1 else f"{names[place]}" for place, power in counts.items())
            for counts in map(Counter, monomials(len(names), self.degree))
        ]


class Polar(Transformer):
    """`polar` as a transformer: the first two features become radius and angle, the others stay.

    Attributes:
        n_features_in_, feature_names_in_: of what it was fitted with; names where that is a data frame.

    >>> Polar().fit_transform([[0.0, 2.0]])
    array([[2.        , 1.57079633]])
    """

    def __init__(self) -> None:
        pass

    def fit(self, X: Any, y: Any = None) -> Polar:
        """Note the number of features. ValueError for fewer than two."""
        polar(self._check_features(X, reset=True)[:1])
        return self

    def transform(self, X: Any) -> Any:
        """`polar(X)`."""
        self._check_fitted()
        return self._output(polar(self._check_features(X, reset=False)), X)

    def _names_out(self, names: Array) -> Sequence[str]:
        return ["r", "theta", *names[2:]]


class Standardise(Transformer):
    """Features with mean 0 and standard deviation 1: (x - mean) / deviation, by feature.

    `with_std=False` subtracts the mean alone, of pixels the mean image. A feature that is the same in all samples
    becomes 0, and is divided by 1 in what comes later. Statistics are computed in double precision, of bytes without
    a copy of them all in floats.

    Args:
        with_mean: subtract the mean.
        with_std: divide by the standard deviation (that of the samples at hand: divided by n, not n - 1).

    Attributes:
        mean_, var_, scale_: by feature; scale_ is the deviation, and 1 where that is 0 or `with_std` is False.
        n_features_in_, feature_names_in_: of what it was fitted with; names where that is a data frame.

    float64 gives float64, float32 and uint8 give float32, all other numbers float64. scikit-learn's StandardScaler does
    the same.

    >>> scaler = Standardise().fit([[0.0, 5.0], [4.0, 5.0]])
    >>> scaler.mean_, scaler.scale_
    (array([2., 5.]), array([2., 1.]))
    >>> scaler.transform([[6.0, 6.0]])
    array([[2., 1.]])
    """

    def __init__(self, with_mean: bool = True, with_std: bool = True) -> None:
        self.with_mean = with_mean
        self.with_std = with_std

    def fit(self, X: Any, y: Any = None) -> Standardise:
        """Learn mean and deviation of each feature."""
        array = self._rows(X, reset=True)
        total, squares = np.zeros(array.shape[1]), np.zeros(array.shape[1])
        for rows in _chunks(array):
            total += array[rows].sum(0, dtype=np.float64)
        constant = array.min(0) == array.max(0)
        mean = np.where(constant, array[0], total / len(array))
        for rows in _chunks(array):
            squares += np.square(array[rows] - mean).sum(0)
        self.mean_, self.var_ = mean, squares / len(array)
        deviation = np.sqrt(self.var_)
        self.scale_ = np.where((deviation > 0) & bool(self.with_std), deviation, 1.0)
        if not np.isfinite(self.var_).all():
            raise ValueError(f"the variance of numbers as large as {np.abs(array).max()} exceeds float64: scale them")
        return self

    def transform(self, X: Any) -> Any:
        """(X - mean) / deviation."""
        self._check_fitted()
        array = self._rows(X, reset=False)
        out = np.empty(array.shape, np.float64 if array.dtype == np.float64 else np.float32)
        mean = self.mean_ if self.with_mean else 0.0
        for rows in _chunks(array):
            out[rows] = (array[rows] - mean) / self.scale_
        return self._output(out, X)

    def inverse_transform(self, X: Any) -> Array:
        """X deviation + mean: what `transform` was given."""
        self._check_fitted()
        array = self._rows(X, reset=False)
        return np.asarray(array * self.scale_ + (self.mean_ if self.with_mean else 0.0), array.dtype)

    def _rows(self, X: Any, reset: bool) -> Array:
        return self._check_features(X, reset, (np.dtype(np.uint8), np.dtype(np.float32), np.dtype(np.float64)))

    def _names_out(self, names: Array) -> Sequence[str]:
        return names.tolist()  # type: ignore[no-any-return]


def _chunks(array: Array) -> Iterator[slice]:
    step = max(1, _CHUNK // array.shape[1])
    for start in range(0, len(array), step):
        yield slice(start, start + step)
