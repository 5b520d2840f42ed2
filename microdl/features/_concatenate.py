"""Features side by side, without scikit-learn's FeatureUnion."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from ._images import Array, to_array
from ._transformer import Transformer

__all__ = ["Concatenate"]


class Concatenate(Transformer):
    """The features of several transformers side by side: shape (n, the sum of their features).

    scikit-learn's FeatureUnion does the same, and also takes these transformers; this one needs no scikit-learn.

    Args:
        transformers: estimators with `fit` and `transform`, or pairs (name, estimator). One without a name has that of
            its class in lower case, numbered where several are alike. They stay as they are: copies are fitted.

    Attributes:
        transformers_: those copies, fitted, in a list.
        n_features_in_, feature_names_in_: of the first of them.

    Parameters of the parts are the whole's, as `name__parameter`: `set_params(hog__orientations=6)`. Raises TypeError
    for parts that are no transformers, ValueError for none and for names that are not all different.

    >>> from microdl.features import Lift, Polar
    >>> both = Concatenate([Lift(), Polar()])
    >>> both.fit_transform([[0.0, 2.0]])
    array([[0.        , 2.        , 0.        , 4.        , 0.        ,
            2.        , 1.57079633]])
    >>> both.get_feature_names_out().tolist()[-2:]
    ['polar__r', 'polar__theta']
    >>> both.set_params(lift__degree=1).fit_transform([[0.0, 2.0]]).shape
    (1, 4)
    """

    def __init__(self, transformers: Any) -> None:
        self.transformers = transformers

    def fit(self, X: Any, y: Any = None) -> Concatenate:
        """Fit a copy of each transformer."""
        fitted = []
        for _, each in self._checked():
            part = _copy(each)
            part.fit(X, y)
            fitted.append(part)
        self._take_over(fitted)
        return self

    def transform(self, X: Any) -> Any:
        """The features of all, side by side, in their order."""
        self._check_fitted()
        parts = [to_array(each.transform(X)) for each in self.transformers_]
        return self._output(np.concatenate(parts, axis=1), X)

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The parameters by name; with `deep` those of the parts too, as `name__parameter`."""
        found: dict[str, Any] = {"transformers": self.transformers}
        if deep and isinstance(self.transformers, (list, tuple)):
            for name, each in _named(self.transformers):
                found[name] = each
                if hasattr(each, "get_params"):
                    found.update({f"{name}__{key}": value for key, value in each.get_params().items()})
        return found

    def set_params(self, **params: Any) -> Concatenate:
        """Sets `transformers` or parameters of the parts, and returns the estimator. ValueError for other names."""
        given = params.pop("transformers", self.transformers)
        parts = dict(_named(given)) if isinstance(given, (list, tuple)) else {}
        inner: dict[str, dict[str, Any]] = {}
        for key, value in params.items():
            name, _, parameter = key.partition("__")
            if name not in parts or parameter.partition("__")[0] not in parts[name].get_params():
                known = sorted(self.get_params())
                raise ValueError(f"Invalid parameter {key!r} for estimator {self}. Valid parameters are: {known}.")
            inner.setdefault(name, {})[parameter] = value
        self.transformers = given
        for name, values in inner.items():
            parts[name].set_params(**values)
        return self

    def __sklearn_tags__(self) -> Any:
        """Of what all parts take."""
        tags = super().__sklearn_tags__()
        theirs = [each.__sklearn_tags__().input_tags for _, each in _named(self.transformers)]
        tags.input_tags.two_d_array = all(each.two_d_array for each in theirs)
        tags.input_tags.three_d_array = all(each.three_d_array for each in theirs)
        return tags

    def _take_over(self, fitted: list[Any]) -> None:
        self.transformers_ = fitted
        for name in ("n_features_in_", "feature_names_in_"):
            if hasattr(fitted[0], name):
                setattr(self, name, getattr(fitted[0], name))
            elif hasattr(self, name):
                delattr(self, name)

    def _checked(self) -> list[tuple[str, Any]]:
        if not isinstance(self.transformers, (list, tuple)) or not self.transformers:
            raise ValueError(f"Concatenate needs a list of at least one transformer, got {self.transformers!r}")
        named = _named(self.transformers)
        for name, each in named:
            if isinstance(each, type) or not all(
                hasattr(each, method) for method in ("fit", "transform", "get_params")
            ):
                raise TypeError(f"{name!r} is no transformer with fit, transform and get_params: {each!r}")
        names = Counter(name for name, _ in named)
        if len(names) < len(named) or any("__" in name or name == "transformers" for name in names):
            raise ValueError(f"the names of transformers are different and without '__', got {list(names.elements())}")
        return named

    def _names_out(self, names: Array) -> Sequence[str]:
        named = zip(self._checked(), self.transformers_, strict=True)
        return [f"{name}__{feature}" for (name, _), each in named for feature in each.get_feature_names_out(names)]


def _named(transformers: Any) -> list[tuple[str, Any]]:
    names = [each[0] if isinstance(each, tuple) else type(each).__name__.lower() for each in transformers]
    alike, seen, named = Counter(names), Counter[str](), []
    for name, each in zip(names, transformers, strict=True):
        if not isinstance(each, tuple) and alike[name] > 1:
            seen[name] += 1
            name = f"{name}-{seen[name]}"
        named.append((name, each[1] if isinstance(each, tuple) else each))
    return named


def _copy(estimator: Any) -> Any:
    """An estimator with the same parameters, not fitted."""
    params = estimator.get_params(deep=False)
    copied = type(estimator)(**copy.deepcopy(params))
    if hasattr(estimator, "_sklearn_output_config"):
        copied._sklearn_output_config = dict(estimator._sklearn_output_config)
    return copied
