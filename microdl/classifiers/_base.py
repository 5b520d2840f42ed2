"""What the classifiers that learn by gradient descent share: `fit`, `partial_fit` and the predictions."""

from __future__ import annotations

import copy
from collections.abc import Callable
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
    generator_of,
    labels_of,
)
from . import _options, penalties
from ._examples import Examples, check_several, examples_of, held_out
from ._forms import Loss, check_form, has_probabilities, loss_of
from ._progress import Progress
from ._training import Batches, History, Objective, OneScore, Rule, floats, train

__all__ = ["KINDS", "GradientClassifier"]

G = TypeVar("G", bound="GradientClassifier")

KINDS = (np.dtype(np.uint8), np.dtype(np.float32), np.dtype(np.float64))
"""The dtypes that X keeps; any other becomes the last."""

_ROWS = 1024


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
            classes, examples = examples_of(x, y, sample_weight, type(self).__name__)
            if again:
                self._check_same_classes(classes)
            self.classes_ = classes
            self.n_iter_, self.loss_curve_ = 0, []
            self._optimizer_state: Any = None
            self._train(examples, again, generator_of(self.random_state))
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
            examples = Examples(x, self._places(y, len(x)), weights)
            if first:
                self.n_iter_, self.loss_curve_ = 0, []
                self._optimizer_state = None
            known = getattr(self, "_stream", None)
            self._stream = copy.deepcopy(known) if known is not None else generator_of(self.random_state)
            self._train(examples, not first, self._stream, partial=True)
        return self

    def _train(self, examples: Examples, again: bool, generator: Generator, partial: bool = False) -> None:
        """Trains a model, for one epoch if it is `partial`, from the fitted parameters if `again`; and keeps it."""
        loss, bound = loss_of(self.loss, self.form, len(self.classes_))
        weights = _options.class_weights(self.class_weight, self.classes_, examples.places, examples.weights)
        examples, held = examples._replace(weights=weights), None
        outputs = 1 if len(self.classes_) == 2 else len(self.classes_)
        dtype = np.float64 if examples.x.dtype == np.float64 else np.float32
        model, penalised = self._model(examples.x.shape[1], outputs, dtype, generator)
        if again:
            self._load(model)
        if self.early_stopping and not partial:
            examples, held = held_out(examples, self.validation_fraction, generator)
        if not partial:  # a part may hold one class only
            examples = examples.of_mean_one()
        optimizer, decays = self._optimizer(model, penalised, self._rate(examples, bound, again and partial), partial)
        rule = Rule(1, None, 1)
        if not partial:
            rule = Rule(self.max_iter, self.tol, self.n_iter_no_change, _accuracy_on(held, model))
        history = train(
            model if outputs > 1 else OneScore(model),
            Batches(
                examples.x, _targets(examples.places, outputs, dtype), examples.weights, self.batch_size, generator
            ),
            self._objective(loss, penalised, decays),
            optimizer,
            None if partial else _options.make_scheduler(self.schedule, optimizer, rule.epochs),
            rule,
            Progress(rule.epochs, "epoch", type(self).__name__, self.verbose and not partial),
        )
        self._keep(model)
        self._note(history, optimizer if partial else None)

    def _note(self, history: History, optimizer: Any) -> None:
        """What happened, and the state of an optimiser that goes on."""
        self.n_iter_ += len(history.losses)
        self.loss_curve_ = [*self.loss_curve_, *history.losses]
        if optimizer is not None:
            self._optimizer_state = self.optimizer, copy.deepcopy(optimizer.state_dict())
        if history.scores:
            self.validation_scores_ = history.scores
        elif hasattr(self, "validation_scores_"):
            del self.validation_scores_

    def _optimizer(self, model: Any, penalised: list[Any], rate: float, partial: bool) -> tuple[Any, bool]:
        """The optimiser, in the state of the last part if there was one, and whether it adds the l2 penalty itself."""
        optimizer, decays = _options.make_optimizer(
            self.optimizer, model, penalised, rate, self.momentum, self._strength("l2")
        )
        self.learning_rate_ = float(optimizer.param_groups[0]["lr"])
        if partial and self._optimizer_state is not None and self._optimizer_state[0] == self.optimizer:
            optimizer.load_state_dict(self._optimizer_state[1])
            for group in [] if callable(self.optimizer) else optimizer.param_groups:
                group["lr"] = rate
        return optimizer, decays

    def _rate(self, examples: Examples, bound: float, same: bool) -> float:
        if callable(self.optimizer):
            return 0.0  # which it does not read
        if self.learning_rate != "auto":
            return float(self.learning_rate)
        return self.learning_rate_ if same else self._auto_rate(examples.x, examples.weights, bound)

    def _strength(self, penalty: str) -> float:
        return float(self.alpha) if self.penalty == penalty else 0.0

    def _objective(self, loss: Loss, penalised: list[Any], decays: bool) -> Objective:
        if self.penalty is None or not self.alpha:
            return Objective(loss, penalised)
        if self.penalty == "l2" and decays:
            return Objective(loss, penalised, decay=float(self.alpha))
        penalty, alpha = penalties.penalty(self.penalty, self.beta), self.alpha
        return Objective(loss, penalised, penalty=lambda weights: alpha * sum(map(penalty, weights)))

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

    def _check_same_classes(self, classes: Array) -> None:
        if not np.array_equal(classes, self.classes_):
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
            check_several(known, type(self).__name__)
            self.classes_ = known
        elif not np.array_equal(known, self.classes_):
            raise ValueError(
                f"classes={known.tolist()} is not the same as on the last call to partial_fit: "
                f"{self.classes_.tolist()}. Leave it out, or fit a new estimator."
            )

    def _places(self, y: Any, samples: int) -> Array:
        labels = labels_of(y)
        check_lengths(samples, len(labels))
        known = set(self.classes_.tolist())
        unseen = [label for label in np.unique(labels).tolist() if label not in known]
        if unseen:
            raise ValueError(
                f"y holds {unseen[0]!r}, which is none of the classes {self.classes_.tolist()}: name "
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


def _targets(places: Array, outputs: int, dtype: Any) -> Array:
    """Labels; of two classes signs, -1 for the first and 1 for the second."""
    return (2 * places - 1).astype(dtype) if outputs == 1 else places.astype(np.int64)


def _decided(scores: Array) -> Array:
    return (scores[:, 0] > 0).astype(np.int64) if scores.shape[1] == 1 else scores.argmax(1)


def _accuracy_on(held: Examples | None, model: Any) -> Callable[[], float] | None:
    """How to score the model on the validation part; None without one."""
    if held is None:
        return None
    x, places, weights = held

    def accuracy() -> float:
        parts = (floats(x[i : i + _ROWS]) for i in range(0, len(x), _ROWS))
        with torch.no_grad():
            scores = np.concatenate([model(torch.from_numpy(part)).numpy() for part in parts])
        return float(np.average(_decided(scores) == places, weights=weights))

    return accuracy
