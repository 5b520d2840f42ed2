"""What the classifiers that learn by gradient descent share: `fit`, `partial_fit` and the predictions."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import numpy as np

import microdl as torch
from microdl.random import Generator

from .._estimator import (
    Array,
    Classifier,
    available_if,
    check_lengths,
    checked_weights,
    encoded,
    generator_of,
    labels_of,
)
from . import _options, penalties
from ._forms import Loss, check_form, has_probabilities, loss_of
from ._progress import Progress
from ._training import Batches, Objective, Rule, floats, train

__all__ = ["KINDS", "GradientClassifier"]

G = TypeVar("G", bound="GradientClassifier")

KINDS = (np.dtype(np.uint8), np.dtype(np.float32), np.dtype(np.float64))
"""The dtypes that X keeps; any other becomes the last."""

_ROWS = 4096


class GradientClassifier(Classifier):
    """The base: a subclass says which model is trained, and how its parameters become attributes and come back."""

    loss: str
    form: str = "auto"
    penalty: str | None
    alpha: float
    beta: float = 1.0
    optimizer: Any
    learning_rate: Any
    momentum: float
    schedule: Any
    batch_size: int | None
    max_iter: int
    tol: float | None
    early_stopping: bool
    validation_fraction: float
    n_iter_no_change: int
    class_weight: Any
    warm_start: bool
    random_state: Any
    verbose: Any

    n_iter_: int
    loss_curve_: list[float]
    learning_rate_: float
    validation_scores_: list[float]

    # --- what a subclass defines ---

    def _model(self, features: int, outputs: int, dtype: Any, generator: Generator) -> tuple[Any, list[Any]]:
        """A new model, and those of its parameters that are penalised."""
        raise NotImplementedError

    def _load(self, model: Any) -> None:
        """Gives a model the fitted parameters."""
        raise NotImplementedError

    def _keep(self, model: Any) -> None:
        """Sets the fitted attributes to copies of the model's parameters."""
        raise NotImplementedError

    def _forward(self, x: Array) -> Array:
        """The outputs for some rows, of a floating dtype: (n, 1) for two classes, else (n, classes)."""
        raise NotImplementedError

    def _auto_rate(self, x: Array, weight: Array | None, bound: float) -> float:
        """The learning rate "auto"."""
        raise NotImplementedError

    # --- fitting ---

    def fit(self: G, X: Any, y: Any, sample_weight: Any = None) -> G:
        """Learns from the rows of X, (n, features) of numbers, and their classes y, (n,) integers or text.

        uint8 stays uint8 until a batch needs floats (float32); float32 is computed in float32, anything else in
        float64. Examples whose `sample_weight` is 0 are as if they were not there. With `warm_start` the fitted weights
        are where it starts, else it starts anew.

        Raises ValueError for wrong shapes, NaN, infinity, fewer than two classes, and parameters without sense (also
        TypeError); `DivergedError` where the loss or the weights become NaN or infinite. The estimator is then what it
        was before.
        """
        with self._unchanged_on_error():
            self._check_parameters()
            again = bool(self.warm_start) and self.__sklearn_is_fitted__()
            x = self._check_features(X, reset=not again, dtypes=KINDS)
            weights = checked_weights(sample_weight, len(x))
            classes, places = encoded(y, len(x))
            if weights is not None and not weights.all():
                x, weights, places = x[weights > 0], weights[weights > 0], places[weights > 0]
                present, places = np.unique(places, return_inverse=True)
                classes = classes[present]
            self._check_classes(classes, again)
            self.classes_ = classes
            if not again:
                self._optimizer_state: Any = None
            self.n_iter_, self.loss_curve_ = 0, []
            self._train(x, places.reshape(-1), weights, again, generator_of(self.random_state))
        return self

    def partial_fit(self: G, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> G:
        """One epoch over these examples, from the weights and the state of the optimiser as they are.

        The first call needs `classes`, all that there will be; y may then hold any of them. The automatic learning rate
        is chosen at the first call; there is no schedule. `fit` divides the weights of examples by their mean, which
        would differ from part to part: here they multiply the losses as they are.

        Raises ValueError as `fit`, for labels that are none of the classes, another number of features, other classes
        than before, and with early_stopping or class_weight="balanced", which need all examples at once.
        """
        with self._unchanged_on_error():
            self._check_parameters()
            self._check_partial()
            first = not self.__sklearn_is_fitted__()
            x = self._check_features(X, reset=first, dtypes=KINDS)
            weights = checked_weights(sample_weight, len(x))
            self._set_classes(classes, first)
            places = self._places(y, len(x))
            if first:
                self._optimizer_state = None
                self.n_iter_, self.loss_curve_ = 0, []
                self._stream = generator_of(self.random_state)
            elif not hasattr(self, "_stream"):
                self._stream = generator_of(self.random_state)
            self._stream = copy.deepcopy(self._stream)  # the one before stays as it is, should this call fail
            self._train(x, places, weights, not first, self._stream, epochs=1)
        return self

    def _train(
        self, x: Array, places: Array, weights: Array | None, again: bool, generator: Generator, epochs: int = 0
    ) -> None:
        """Trains a model for `max_iter` epochs, or `epochs`, and keeps its parameters."""
        partial = epochs > 0
        loss, bound = loss_of(self.loss, self.form, len(self.classes_))
        weights = _options.class_weights(self.class_weight, self.classes_, places, weights)
        dtype = np.float64 if x.dtype == np.float64 else np.float32
        outputs = 1 if len(self.classes_) == 2 else len(self.classes_)
        model, penalised = self._model(x.shape[1], outputs, dtype, generator)
        if again:
            self._load(model)
        held: tuple[Array, Array, Array | None] | None = None
        if self.early_stopping and not partial:
            x, places, weights, held = self._split(x, places, weights, generator)
        if weights is not None and not partial:  # whose part may hold one class only
            weights = weights / weights.mean()
        self.learning_rate_ = self._rate(x, weights, bound, again)
        optimizer, decays = _options.make_optimizer(
            self.optimizer, model, penalised, self.learning_rate_, self.momentum, self._strength("l2")
        )
        self.learning_rate_ = float(optimizer.param_groups[0]["lr"])
        if partial and self._optimizer_state is not None:
            optimizer.load_state_dict(self._optimizer_state)
            if not callable(self.optimizer):
                for group in optimizer.param_groups:
                    group["lr"] = self.learning_rate_
        batches = Batches(x, _targets(places, outputs, dtype), weights, self.batch_size, generator)
        rule = Rule(epochs or self.max_iter, self.tol, self.n_iter_no_change, self._validation(model, held))
        if partial:
            rule = Rule(1, None, 1)
        history = train(
            model if outputs > 1 else _OneScore(model),
            batches,
            self._objective(loss, penalised, decays),
            optimizer,
            None if partial else _options.make_scheduler(self.schedule, optimizer, rule.epochs),
            rule,
            Progress(rule.epochs, "epoch", type(self).__name__, self.verbose and not partial),
        )
        self._keep(model)
        self._optimizer_state = copy.deepcopy(optimizer.state_dict()) if partial else None
        self.n_iter_ += len(history.losses)
        self.loss_curve_ = [*self.loss_curve_, *history.losses]
        if held is not None:
            self.validation_scores_ = history.scores
        elif hasattr(self, "validation_scores_"):
            del self.validation_scores_

    def _rate(self, x: Array, weights: Array | None, bound: float, again: bool) -> float:
        if callable(self.optimizer):
            return 0.0  # which it does not read
        if self.learning_rate != "auto":
            return float(self.learning_rate)
        known = getattr(self, "learning_rate_", None)
        return known if again and known else self._auto_rate(x, weights, bound)

    def _strength(self, penalty: str) -> float:
        return float(self.alpha) if self.penalty == penalty else 0.0

    def _objective(self, loss: Loss, penalised: list[Any], decays: bool) -> Objective:
        if self.penalty is None or not self.alpha:
            return Objective(loss, penalised)
        if self.penalty == "l2" and decays:
            return Objective(loss, penalised, decay=float(self.alpha))
        penalty, alpha = penalties.penalty(self.penalty, self.beta), self.alpha
        return Objective(loss, penalised, penalty=lambda weights: alpha * sum(map(penalty, weights)))

    def _split(
        self, x: Array, places: Array, weights: Array | None, generator: Generator
    ) -> tuple[Array, Array, Array | None, tuple[Array, Array, Array | None]]:
        """The training part and the validation part, in which each class has its share."""
        chosen = np.zeros(len(x), bool)
        for place in range(len(self.classes_)):
            members = np.flatnonzero(places == place)
            n = min(round(self.validation_fraction * len(members)), len(members) - 1)
            chosen[members[generator.permutation_array(len(members))[:n]]] = True
        if not chosen.any():
            raise ValueError(
                f"early_stopping holds out validation_fraction={self.validation_fraction} of each class, and of the "
                f"{len(x)} examples that is none: give more of them, a larger fraction, or early_stopping=False."
            )
        held = (x[chosen], places[chosen], None if weights is None else weights[chosen])
        return x[~chosen], places[~chosen], None if weights is None else weights[~chosen], held

    def _validation(self, model: Any, held: tuple[Array, Array, Array | None] | None) -> Callable[[], float] | None:
        """The accuracy on the validation part; None without one."""
        if held is None:
            return None
        x, places, weights = held

        def accuracy() -> float:
            with torch.no_grad():
                scores = np.concatenate([model(torch.from_numpy(part)).numpy() for part in _parts(x)])
            return float(np.average(_decided(scores) == places, weights=weights))

        return accuracy

    # --- checks ---

    def _check_parameters(self) -> None:
        check_form(self.loss, self.form)
        if self.penalty is not None:
            _options.check_choice("penalty", self.penalty, ("l1", "l2", "elasticnet"))
        _options.check_number("alpha", self.alpha, 0.0)
        _options.check_number("beta", self.beta, 0.0)
        _options.check_number("momentum", self.momentum, 0.0, 1.0)
        if not callable(self.optimizer):
            _options.check_choice("optimizer", self.optimizer, _options.OPTIMIZERS)
        if not callable(self.schedule):
            _options.check_choice("schedule", self.schedule, _options.SCHEDULES)
        if self.learning_rate != "auto":
            _options.check_number("learning_rate", self.learning_rate, 0.0, above=True, hint=" or 'auto'")
        if self.batch_size is not None:
            _options.check_count("batch_size", self.batch_size, " or None for all examples")
        _options.check_count("max_iter", self.max_iter)
        _options.check_count("n_iter_no_change", self.n_iter_no_change)
        if self.tol is not None:
            _options.check_number("tol", self.tol, 0.0, hint=" or None")
        _options.check_number("validation_fraction", self.validation_fraction, 0.0, 1.0, above=True)

    def _check_partial(self) -> None:
        if self.early_stopping:
            raise ValueError("partial_fit holds nothing out: early_stopping=True needs fit, with all examples at once.")
        if isinstance(self.class_weight, str):
            raise ValueError(
                f"class_weight={self.class_weight!r} needs all examples at once, and partial_fit sees a part: give a "
                "dict of weights, as sklearn.utils.class_weight.compute_class_weight computes it."
            )

    def _check_classes(self, classes: Array, again: bool) -> None:
        if len(classes) < 2:
            raise ValueError(
                f"{type(self).__name__} needs examples of at least 2 classes, but y holds 1 class only: "
                f"{classes.tolist()[0]!r}. Give examples of another class too (or sample_weight above 0 to those that "
                "are there)."
            )
        if again and not np.array_equal(classes, self.classes_):
            raise ValueError(
                f"warm_start goes on with the classes {self.classes_.tolist()}, but y holds {classes.tolist()}: set "
                "warm_start=False, or call partial_fit, where some may be missing."
            )

    def _set_classes(self, classes: Any, first: bool) -> None:
        if classes is None:
            if first:
                raise ValueError("classes must be passed on the first call to partial_fit: all that there will be.")
            return
        known = np.unique(labels_of(classes))
        if first:
            self._check_classes(known, False)
            self.classes_ = known
        elif not np.array_equal(known, self.classes_):
            raise ValueError(
                f"classes={known.tolist()} is not the same as on the last call to partial_fit: "
                f"{self.classes_.tolist()}. Leave it out, or fit a new estimator."
            )

    def _places(self, y: Any, samples: int) -> Array:
        labels = labels_of(y)
        check_lengths(samples, len(labels))
        unseen = ~np.isin(labels, self.classes_)
        if unseen.any():
            raise ValueError(
                f"y holds {labels[unseen].tolist()[0]!r}, which is none of the classes {self.classes_.tolist()}: name "
                "all classes at the first partial_fit, or fit a new estimator."
            )
        return np.searchsorted(self.classes_, labels)

    # --- predicting ---

    def _outputs(self, X: Any) -> Array:
        self._check_fitted()
        x = self._check_features(X, reset=False, dtypes=KINDS)
        return np.concatenate([self._forward(x[i : i + _ROWS]) for i in range(0, len(x), _ROWS)])

    def decision_function(self, X: Any) -> Array:
        """The scores: (n, classes), or (n,) for two classes, where a positive one speaks for the second."""
        scores = self._outputs(X)
        return scores[:, 0] if scores.shape[1] == 1 else scores

    def predict(self, X: Any) -> Array:
        """The class with the highest score, (n,); the first of those that have the same."""
        decided = _decided(self._outputs(X))
        predicted: Array = self.classes_[decided]
        return predicted

    @available_if(has_probabilities, "only the losses 'softmax' and 'logistic' give probabilities.")
    def predict_proba(self, X: Any) -> Array:
        """The probability of each class, (n, classes): softmax of the scores, or for "logistic" the sigmoid of each
        over their sum."""
        return np.exp(self._log_probabilities(X))

    @available_if(has_probabilities, "only the losses 'softmax' and 'logistic' give probabilities.")
    def predict_log_proba(self, X: Any) -> Array:
        """The logarithms of the probabilities of `predict_proba`."""
        return self._log_probabilities(X)

    def _log_probabilities(self, X: Any) -> Array:
        scores = self._outputs(X)
        if scores.shape[1] == 1:
            scores = np.concatenate([np.zeros_like(scores), scores], axis=1)
        elif self.loss == "logistic":
            scores = -np.logaddexp(0, -scores)
        return torch.log_softmax(torch.from_numpy(scores), 1).numpy()  # type: ignore[no-any-return]


class _OneScore:
    """A model of two classes: its single column as (n,)."""

    def __init__(self, model: Any) -> None:
        self.model = model
        self.parameters, self.state_dict, self.load_state_dict = (
            model.parameters,
            model.state_dict,
            model.load_state_dict,
        )

    def __call__(self, x: Any) -> Any:
        return self.model(x).reshape(-1)


def _targets(places: Array, outputs: int, dtype: Any) -> Array:
    """Labels; of two classes signs, -1 for the first and 1 for the second."""
    return (2 * places - 1).astype(dtype) if outputs == 1 else places.astype(np.int64)


def _decided(scores: Array) -> Array:
    return (scores[:, 0] > 0).astype(np.int64) if scores.shape[1] == 1 else scores.argmax(1)


def _parts(x: Array) -> Iterator[Array]:
    """All rows, in floats, some thousand at a time."""
    return (floats(x[i : i + _ROWS]) for i in range(0, len(x), _ROWS))
