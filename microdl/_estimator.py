"""What scikit-learn asks of an estimator, and what every one of ours checks, without importing scikit-learn.

Its tools (`clone`, `Pipeline`, `cross_val_score`, `GridSearchCV`, `check_estimator`) go by methods and attributes, not
by base classes; where they ask for its own classes, it is installed and imported already.
"""

from __future__ import annotations

import inspect
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar, TypeVar

import numpy as np

from .autograd.graph import TensorBase
from .random import Generator

E = TypeVar("E", bound="Estimator")
Array = np.ndarray[Any, Any]

_ROUTED = ("fit", "partial_fit", "score")
_FLOATS = (np.dtype(np.float32), np.dtype(np.float64))


class NotFittedError(ValueError, AttributeError):
    """An estimator is used before `fit`. Where scikit-learn is imported, its error of this name is raised instead."""


class available_if:
    """Makes a method an attribute only of the estimators for which `has` is true, as scikit-learn's own of this name.

    `hasattr` is then False for the others, and to ask them for it is an AttributeError that says what `remedy` says.
    """

    def __init__(self, has: Callable[[Any], bool], remedy: str) -> None:
        self._has, self._remedy = has, remedy

    def __call__(self, method: Callable[..., Any]) -> Any:
        return _Conditional(self._has, self._remedy, method)


class _Conditional:
    def __init__(self, has: Callable[[Any], bool], remedy: str, method: Callable[..., Any]) -> None:
        self._has, self._remedy, self._method = has, remedy, method
        self.__doc__, self.__name__ = method.__doc__, method.__name__

    def __get__(self, owner: Any, kind: type) -> Any:
        if owner is None:
            return self._method
        if not self._has(owner):
            raise AttributeError(f"This {kind.__name__!r} has no attribute {self.__name__!r}: {self._remedy}")
        return self._method.__get__(owner, kind)


class _Requests(dict[tuple[str, str], Any]):
    """By method and argument whether it is asked for; scikit-learn's `clone` takes it along."""

    def __sklearn_clone__(self) -> _Requests:
        return self


def _request(method: str) -> Callable[..., Any]:
    def set_request(self: E, **requests: bool | str | None) -> E:
        known = self._metadata(method)
        if unknown := sorted(set(requests) - set(known)):
            raise TypeError(f"{method}() of {type(self).__name__} takes no {unknown[0]!r}. It takes {known}.")
        asked = {(method, name): value for name, value in requests.items()}
        self._metadata_request = _Requests({**self._metadata_request, **asked})
        return self

    set_request.__name__ = f"set_{method}_request"
    set_request.__doc__ = f"Which metadata scikit-learn's tools pass to `{method}`, where its metadata routing is on."
    return set_request


class Estimator:
    """The base: parameters are the arguments of `__init__`, which stores them as they are and does nothing else."""

    _estimator_type: ClassVar[str] = "estimator"
    _metadata_request: Any = _Requests()

    set_fit_request, set_partial_fit_request, set_score_request = map(_request, _ROUTED)

    @classmethod
    def _parameter_names(cls) -> list[str]:
        return sorted(name for name in inspect.signature(cls.__init__).parameters if name != "self")

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The parameters by name; with `deep` those of estimators among them too, as `name__parameter`."""
        found: dict[str, Any] = {}
        for name in self._parameter_names():
            value = found[name] = getattr(self, name)
            if deep and hasattr(value, "get_params") and not isinstance(value, type):
                found.update({f"{name}__{key}": inner for key, inner in value.get_params().items()})
        return found

    def set_params(self: E, **params: Any) -> E:
        """Sets parameters, `name__parameter` for one of an estimator among them; returns the estimator.

        ValueError for a name that is none: nothing has changed then.
        """
        known = self._parameter_names()
        for key in params:
            if (name := key.partition("__")[0]) not in known:
                raise ValueError(f"Invalid parameter {name!r} for estimator {self}. Valid parameters are: {known}.")
        nested: dict[str, dict[str, Any]] = {}
        for key, value in params.items():
            name, _, inner = key.partition("__")
            if inner:
                nested.setdefault(name, {})[inner] = value
            else:
                setattr(self, name, value)
        for name, inner_params in nested.items():
            getattr(self, name).set_params(**inner_params)
        return self

    def __repr__(self) -> str:
        defaults = inspect.signature(type(self).__init__).parameters
        given = [(name, getattr(self, name)) for name in defaults if name != "self"]
        shown = [f"{name}={value!r}" for name, value in given if repr(value) != repr(defaults[name].default)]
        return f"{type(self).__name__}({', '.join(shown)})"

    def __sklearn_is_fitted__(self) -> bool:
        return any(name.endswith("_") and not name.startswith("_") for name in vars(self))

    def __sklearn_tags__(self) -> Any:
        """What scikit-learn may expect; it alone asks for this."""
        from sklearn import utils

        kind = self._estimator_type
        return utils.Tags(
            estimator_type="classifier" if kind == "classifier" else None,
            target_tags=utils.TargetTags(required=kind == "classifier"),
            transformer_tags=utils.TransformerTags() if kind == "transformer" else None,
            classifier_tags=utils.ClassifierTags() if kind == "classifier" else None,
            input_tags=utils.InputTags(),
        )

    def get_metadata_routing(self) -> Any:
        """What besides X and y scikit-learn's tools may pass on, where its metadata routing is on; it alone asks."""
        from sklearn.utils.metadata_routing import MetadataRequest

        routing = MetadataRequest(owner=self)
        for method in _ROUTED:
            for name in self._metadata(method):
                asked = self._metadata_request.get((method, name))
                getattr(routing, method).add_request(param=name, alias=asked)
        return routing

    def _metadata(self, method: str) -> list[str]:
        function = getattr(type(self), method, None)
        return [] if function is None else list(inspect.signature(function).parameters)[3:]

    def _check_fitted(self) -> None:
        if not self.__sklearn_is_fitted__():
            theirs = sys.modules.get("sklearn.exceptions")
            raise (NotFittedError if theirs is None else theirs.NotFittedError)(
                f"This {type(self).__name__} instance is not fitted yet. Call 'fit' with appropriate arguments before "
                "using this estimator."
            )

    @contextmanager
    def _unchanged_on_error(self) -> Iterator[None]:
        """Where the block raises, the estimator is afterwards what it was: fitted as before, or not at all."""
        before = vars(self).copy()
        try:
            yield
        except BaseException:
            vars(self).clear()
            vars(self).update(before)
            raise

    def _check_features(self, X: Any, reset: bool, dtypes: Sequence[Any] = _FLOATS) -> Array:
        """X as a matrix (`matrix`). With `reset` its width and column names are noted, else compared with those."""
        names = _column_names(X)
        if not reset:
            self._check_names(names)  # before the numbers: columns in another order may be empty ones
        array = matrix(X, dtypes)
        if reset:
            self.n_features_in_ = array.shape[1]
            if names is not None:
                self.feature_names_in_ = names
            elif hasattr(self, "feature_names_in_"):
                del self.feature_names_in_
            return array
        if array.shape[1] != self.n_features_in_:
            raise ValueError(
                f"X has {array.shape[1]} features, but {type(self).__name__} is expecting {self.n_features_in_} "
                "features as input."
            )
        return array

    def _check_names(self, names: Array | None) -> None:
        fitted: Any = getattr(self, "feature_names_in_", None)
        kind = type(self).__name__
        if names is None and fitted is not None:
            warnings.warn(
                f"X does not have valid feature names, but {kind} was fitted with feature names", stacklevel=4
            )
        elif names is not None and fitted is None:
            warnings.warn(f"X has feature names, but {kind} was fitted without feature names", stacklevel=4)
        elif names is not None and list(names) != list(fitted):
            raise ValueError(_other_names(names, fitted))


class Classifier(Estimator):
    """The base of classifiers: `fit` leaves the classes in order in `classes_`, and `predict` gives some of them."""

    _estimator_type = "classifier"
    classes_: Array
    n_features_in_: int

    def predict(self, X: Any) -> Array:
        """The class of each row of X."""
        raise NotImplementedError(f"{type(self).__name__} defines no predict()")

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """The accuracy: the share, by weight, of the rows of X whose predicted class is that of y.

        ValueError where y is text and the classes are numbers, or the reverse. A class that `fit` did not see is never
        right.
        """
        self._check_fitted()
        predicted, labels = self.predict(X), labels_of(y)
        check_lengths(len(predicted), len(labels))
        if (predicted.dtype.kind in "OUS") != (labels.dtype.kind in "OUS"):
            raise ValueError(
                f"Labels like {labels[0]!s} are none of the classes, which are like {self.classes_[0]!s}: the one is "
                "text and the other a number. Give score() the kind of labels that fit() was given."
            )
        weights = checked_weights(sample_weight, len(labels))
        return float(np.average(predicted == labels, weights=weights))


def _column_names(X: Any) -> Array | None:
    columns = getattr(X, "columns", None)
    if columns is None:
        return None
    names = np.asarray(columns, dtype=object)
    text = [isinstance(name, str) for name in names]
    if any(text) and not all(text):
        kinds = sorted({type(name).__name__ for name in names})
        raise TypeError(
            f"Feature names are only supported if all input features have string names, but your input has {kinds} as "
            "feature name / column name types. If you want feature names to be stored and validated, you must convert "
            "them all to strings, by using X.columns = X.columns.astype(str) for example."
        )
    return names if len(names) and all(text) else None


def _other_names(names: Any, fitted: Any) -> str:
    unseen, missing = sorted(set(names) - set(fitted)), sorted(set(fitted) - set(names))
    text = "The feature names should match those that were passed during fit.\n"
    if unseen:
        text += "Feature names unseen at fit time:\n" + "".join(f"- {name}\n" for name in unseen[:5])
    if missing:
        text += "Feature names seen at fit time, yet now missing:\n" + "".join(f"- {name}\n" for name in missing[:5])
    if not (unseen or missing):
        text += "Feature names must be in the same order as they were in fit.\n"
    return text


def matrix(X: Any, dtypes: Sequence[Any] = _FLOATS, name: str = "X") -> Array:
    """`X`, an array, tensor or nested lists of shape (samples, features), as an array in C order of one of `dtypes`.

    Another real dtype becomes the last of them. Raises ValueError where it is not 2-D, has no sample or no feature,
    or holds NaN, infinity or complex numbers; TypeError for sparse matrices and for what is no number.
    """
    if hasattr(X, "tocsr"):
        raise TypeError(
            f"Sparse data was passed for {name}, but dense data is required. Use '.toarray()' to convert to a dense "
            "numpy array."
        )
    array = X.detach().numpy() if isinstance(X, TensorBase) else np.asarray(X)
    if array.dtype.kind == "c":
        raise ValueError(f"Complex data not supported, but {name} is {array.dtype}:\n{array}\n")
    if array.ndim != 2:
        raise ValueError(
            f"Expected 2D array, got {array.ndim}D array of shape {array.shape} instead for {name}. Reshape your data "
            "either using array.reshape(-1, 1) if your data has a single feature or array.reshape(1, -1) if it "
            "contains a single sample; images with array.reshape(len(array), -1)."
        )
    for axis, what in enumerate(("sample", "feature")):
        if array.shape[axis] == 0:
            raise ValueError(f"Found array with 0 {what}(s) (shape={array.shape}) while a minimum of 1 is required.")
    if array.dtype not in dtypes:
        with np.errstate(over="ignore"):
            array = array.astype(dtypes[-1])
    array = np.ascontiguousarray(array)
    if array.dtype.kind == "f" and not all_finite(array):
        row, column = np.argwhere(~np.isfinite(array))[0]
        what = "NaN" if np.isnan(array[row, column]) else "infinity or a value too large for its dtype"
        raise ValueError(f"Input {name} contains {what}: at row {row}, column {column}. Remove or replace such rows.")
    return array


def all_finite(array: Array) -> bool:
    """Whether no element is NaN or infinite; without a second array where the sum is finite already."""
    with np.errstate(all="ignore"):
        return bool(np.isfinite(np.add.reduce(array, axis=None)) or np.isfinite(array).all())


def checked_weights(sample_weight: Any, samples: int) -> Array | None:
    """Weights of examples as float64; None for None. A number stands for as many of it.

    Raises ValueError: another shape; NaN, infinity or less than 0; all of them 0.
    """
    if sample_weight is None:
        return None
    if isinstance(sample_weight, TensorBase):
        sample_weight = sample_weight.detach().numpy()
    weights = np.array(sample_weight, np.float64)
    if weights.ndim == 0:
        weights = np.full(samples, weights)
    if weights.shape != (samples,):
        raise ValueError(f"sample_weight.shape == {weights.shape}, expected {(samples,)}!")
    wrong = ~(np.isfinite(weights) & (weights >= 0))
    if wrong.any():
        at = int(np.flatnonzero(wrong)[0])
        raise ValueError(f"Sample weights must be finite and not negative, but that of row {at} is {weights[at]}.")
    if not weights.any():
        raise ValueError("Sample weights must contain at least one non-zero number.")
    return weights


def generator_of(random_state: Any) -> Generator:
    """A stream of its own: an int seeds it, None draws a seed from the operating system, NumPy's streams give one.

    A microdl Generator is used as it is, and goes on. ValueError for anything else.
    """
    if isinstance(random_state, Generator):
        return random_state
    generator = Generator()
    if random_state is None:
        generator.seed()
    elif isinstance(random_state, np.random.RandomState):
        generator.manual_seed(int(random_state.randint(2**32, dtype=np.uint64)))
    elif isinstance(random_state, np.random.Generator):
        generator.manual_seed(int(random_state.integers(2**32)))
    elif isinstance(random_state, (int, np.integer)) and not isinstance(random_state, bool):
        generator.manual_seed(int(random_state))
    else:
        raise ValueError(
            f"{random_state!r} cannot be used as random_state: give an int, None, or a random stream of NumPy or "
            "microdl."
        )
    return generator


def check_lengths(samples: int, labels: int) -> None:
    """ValueError where there is not one label for each sample."""
    if samples != labels:
        raise ValueError(f"Found input variables with inconsistent numbers of samples: [{samples}, {labels}]")


def encoded(y: Any, samples: int) -> tuple[Array, Array]:
    """Labels of `samples` examples as (classes in order, the place of each label among them).

    Raises ValueError: another number of them; not 1-D; NaN; real numbers that are no classes; unknown kinds.
    """
    labels = labels_of(y)
    check_lengths(samples, len(labels))
    classes, places = np.unique(labels, return_inverse=True)
    return classes, places.reshape(-1)


def labels_of(y: Any) -> Array:
    """Labels as a 1-D array of integers, booleans, text, or floats that are whole numbers; ValueError for others."""
    if y is None:
        raise ValueError("requires y to be passed, but the target y is None")
    labels = y.detach().numpy() if isinstance(y, TensorBase) else np.asarray(y)
    if labels.ndim == 2 and labels.shape[1] == 1:
        theirs = sys.modules.get("sklearn.exceptions")
        warnings.warn(
            "A column-vector y was passed when a 1d array was expected. Please change the shape of y to (n_samples,), "
            "for example using ravel().",
            UserWarning if theirs is None else theirs.DataConversionWarning,
            stacklevel=4,
        )
        labels = labels.ravel()
    if labels.ndim != 1:
        raise ValueError(f"y should be a 1d array, got an array of shape {labels.shape} instead.")
    if labels.dtype.kind == "f":
        if not np.isfinite(labels).all():
            raise ValueError(f"Input y contains NaN or infinity: {labels[~np.isfinite(labels)][0]}.")
        if (labels != np.floor(labels)).any():
            raise ValueError(
                f"Unknown label type: continuous, such as {labels[labels != np.floor(labels)][0]}. A classifier needs "
                "classes: integers or text."
            )
    if labels.dtype.kind == "O" and not all(isinstance(label, str) for label in labels):
        labels = np.array(labels.tolist())
        if labels.dtype.kind not in "biufUS" or labels.ndim != 1:
            raise ValueError(f"Unknown label type: unknown, such as {y[0]!r}. A classifier needs integers or text.")
    return labels
