"""A network of two layers: linear, activation, linear."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

import microdl as torch
from microdl import nn
from microdl.random import Generator

from .._estimator import Array
from . import _options
from ._base import GradientClassifier
from ._training import floats
from .linear import Layer

__all__ = ["TwoLayerClassifier"]

ACTIVATIONS: dict[str, Callable[[Any], Any]] = {
    "relu": torch.relu,
    "leaky_relu": nn.functional.leaky_relu,
    "elu": nn.functional.elu,
    "gelu": nn.functional.gelu,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
}


class TwoLayerClassifier(GradientClassifier):
    """A neural network with one hidden layer: scores W2 f(W1 x + b1) + b2.

    Losses, penalties (of W1 and W2), the options of the training, `sample_weight` and what is true of two classes are
    those of `LinearClassifier`. Both layers start as U(-k, k) with k = 1 / sqrt(inputs), as PyTorch's do, drawn from
    `random_state`.

    Args:
        hidden: the units of the hidden layer.
        activation: f: "relu", "leaky_relu", "elu", "gelu", "tanh", "sigmoid", or a function of a tensor.
        loss: "softmax", "hinge", "squared_hinge" or "logistic".
        learning_rate: a number, or "auto": 0.01; 0.05 for "adagrad", 1 for "adadelta"; for "asgd" 1, and for "sgd"
            1 - momentum, over the mean square of the features where that is above 1.

    Attributes after fit: `coefs_` and `intercepts_`, two arrays each, of shapes (hidden, features), (classes, hidden)
    and (hidden,), (classes,), with one row for two classes; `classes_`, `n_features_in_`, `n_iter_`, `loss_curve_`,
    `learning_rate_`, `validation_scores_`.

    >>> from microdl.classifiers import TwoLayerClassifier
    >>> X, y = [[0.0, 0.0], [1.0, 1.0], [0.0, 1.0], [1.0, 0.0]], [0, 0, 1, 1]  # no line separates these
    >>> TwoLayerClassifier(16, max_iter=300, random_state=0).fit(X, y).score(X, y)
    1.0
    """

    coefs_: list[Array]
    intercepts_: list[Array]

    def __init__(
        self,
        hidden: int = 100,
        activation: Any = "relu",
        *,
        loss: str = "softmax",
        penalty: str | None = "l2",
        alpha: float = 1e-4,
        beta: float = 1.0,
        optimizer: Any = "adam",
        learning_rate: Any = "auto",
        momentum: float = 0.9,
        schedule: Any = "constant",
        batch_size: int | None = 256,
        max_iter: int = 100,
        tol: float | None = 1e-4,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        n_iter_no_change: int = 10,
        class_weight: Any = None,
        warm_start: bool = False,
        random_state: Any = None,
        verbose: bool = False,
    ) -> None:
        self.hidden = hidden
        self.activation = activation
        self.loss = loss
        self.penalty = penalty
        self.alpha = alpha
        self.beta = beta
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.momentum = momentum
        self.schedule = schedule
        self.batch_size = batch_size
        self.max_iter = max_iter
        self.tol = tol
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.class_weight = class_weight
        self.warm_start = warm_start
        self.random_state = random_state
        self.verbose = verbose

    def _check_parameters(self) -> None:
        super()._check_parameters()
        _options.check_count("hidden", self.hidden)
        if not callable(self.activation):
            _options.check_choice("activation", self.activation, ACTIVATIONS)

    def _model(self, features: int, outputs: int, dtype: Any, generator: Generator) -> tuple[Any, list[Any]]:
        model = _Network(features, self.hidden, outputs, self._activation(), dtype)
        for layer in (model.first, model.second):
            bound = 1 / math.sqrt(layer.in_features)
            for p in layer.parameters():
                nn.init.uniform_(p, -bound, bound, generator)
        return model, [model.first.weight, model.second.weight]

    def _activation(self) -> Callable[[Any], Any]:
        return self.activation if callable(self.activation) else ACTIVATIONS[self.activation]

    def _load(self, model: Any) -> None:
        for layer, weight, bias in zip((model.first, model.second), self.coefs_, self.intercepts_, strict=True):
            if weight.shape != (layer.out_features, layer.in_features):
                raise ValueError(
                    f"hidden={self.hidden}, but the fitted network has {len(self.intercepts_[0])} hidden units: set "
                    "warm_start=False, or fit a new estimator."
                )
            layer.assign(weight, bias)

    def _keep(self, model: Any) -> None:
        pairs = [model.first.copies(), model.second.copies()]
        self.coefs_, self.intercepts_ = [weight for weight, _ in pairs], [bias for _, bias in pairs]

    def _forward(self, x: Array) -> Array:
        x = floats(x).astype(self.coefs_[0].dtype, copy=False)
        (w1, w2), (b1, b2) = ([torch.from_numpy(floats(a)) for a in both] for both in (self.coefs_, self.intercepts_))
        with torch.no_grad():
            scores = nn.functional.linear(self._activation()(nn.functional.linear(torch.from_numpy(x), w1, b1)), w2, b2)
        return scores.numpy()  # type: ignore[no-any-return]

    def _auto_rate(self, x: Array, weight: Array | None, bound: float) -> float:
        if self.optimizer not in ("sgd", "asgd"):
            return {"adagrad": 0.05, "adadelta": 1.0}.get(self.optimizer, 0.01)
        step = max(1, len(x) // 1000)
        part = x[::step].astype(np.float64)
        w = np.ones(len(part)) if weight is None else weight[::step]
        rate = 1.0 - self.momentum if self.optimizer == "sgd" else 1.0
        return rate / max(1.0, float(np.average(np.square(part).mean(1), weights=w)))


class _Network(nn.Module):
    def __init__(self, features: int, hidden: int, outputs: int, activation: Callable[[Any], Any], dtype: Any) -> None:
        super().__init__()
        self.first = Layer(features, hidden, True, dtype)
        self.activation = activation
        self.second = Layer(hidden, outputs, True, dtype)

    def forward(self, x: Any) -> Any:
        return self.second(self.activation(self.first(x)))
