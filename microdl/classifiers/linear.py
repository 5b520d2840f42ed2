"""Linear classifiers: scores W x + b, trained by gradient descent."""

from __future__ import annotations

from typing import Any

import numpy as np

from microdl import kernels, nn
from microdl.random import Generator

from .._estimator import Array
from . import _options
from ._base import GradientClassifier
from ._training import floats

__all__ = ["LinearClassifier", "SVMClassifier", "SoftmaxClassifier"]


class LinearClassifier(GradientClassifier):
    r"""A linear classifier: the class with the highest of the scores W x + b.

    What it minimises is the mean of the losses of the examples, by `sample_weight` and `class_weight`, plus
    alpha * R(W). With scores s and the label y of an example, its loss is

        softmax          log sum_j exp(s_j - s_y)
        hinge            sum_{j != y} max(0, 1 + s_j - s_y), and squared_hinge the sum of the squares; in the `form`
                         "including_own_class" with j = y, which adds 1; "mean" divided by the number of classes
        one_vs_rest      (a `form`) sum_j max(0, 1 - z_j s_j), or the squares, where z_j is 1 for j = y and else -1
        logistic         sum_j log(1 + exp(-z_j s_j))

    and R(W) is sum(w^2) for the penalty "l2", sum(abs(w)) for "l1", sum(beta * w^2 + abs(w)) for "elasticnet", over all
    weights but the biases. scikit-learn's `LogisticRegression(C=C)` and `LinearSVC(C=C, fit_intercept=False)` minimise
    the same for n examples and alpha = 1 / (2 n C).

    Two classes have one score, that of the second against the first, as in scikit-learn: the loss is the same function
    of it, and R(W) that of its weights.

    Args:
        loss: "softmax", "hinge", "squared_hinge" or "logistic".
        form: of the hinge losses "multiclass" ("auto"), "including_own_class", "mean" or "one_vs_rest".
        penalty: "l2", "l1", "elasticnet" or None.
        alpha: the strength of the penalty, at least 0.
        beta: how much squares weigh against absolute values in "elasticnet".
        fit_intercept: whether there are biases.
        optimizer: "sgd", "adam", "adamw", "adagrad", "adadelta", "adamax", "asgd", "nadam", "radam", "rmsprop" or
            "rprop", or what makes one from a list of parameters, such as `functools.partial(torch.optim.SGD, lr=0.1)`.
            The l2 penalty is its weight decay, which in "adamw" is decoupled.
        learning_rate: a number, or "auto", which suits the scale of the features: for "sgd" and "asgd" 1 / L, where L
            bounds the curvature of the objective; for the others 0.1 / mean(sum(abs(x))). `learning_rate_` tells it.
        momentum: of "sgd".
        schedule: "constant"; "step", a tenth after each third of the epochs; "linear" and "exponential", to a
            hundredth; "cosine", to 0; "plateau"; or what makes one from an optimiser. One step an epoch.
        batch_size: examples a step, at most all; None for all, which is gradient descent.
        max_iter: epochs at most.
        tol: gradient descent stops where the norm of the gradient is at most tol; minibatches stop after
            `n_iter_no_change` epochs whose loss is not below the best by more than tol. None goes on to the end.
        early_stopping: hold out `validation_fraction` of each class, stop after `n_iter_no_change` epochs whose
            accuracy there is not above the best by more than tol, and take the weights of the best epoch.
        class_weight: a dict of weights by class, or "balanced".
        warm_start: whether `fit` goes on from the fitted weights.
        random_state: an int, None, or a stream of NumPy or microdl, for the order of the examples and the validation
            part. The same int gives the same result, on any number of threads; the global stream is not touched.
        verbose: show the progress, by tqdm where it is installed.

    Attributes after fit: `coef_` (classes, features) or (1, features), `intercept_`, `classes_`, `n_features_in_`,
    `n_iter_` (epochs), `loss_curve_` (the objective by epoch, averaged over the steps), `learning_rate_`, and with
    early_stopping `validation_scores_`. `predict_proba` is there for the losses "softmax" and "logistic".

    >>> from microdl.classifiers import LinearClassifier
    >>> X, y = [[0.0, 1.0], [1.0, 0.5], [3.0, 3.0], [4.0, 2.5]], ["cat", "cat", "dog", "dog"]
    >>> model = LinearClassifier(loss="hinge", random_state=0).fit(X, y)
    >>> model.predict([[0.5, 0.5], [4.0, 4.0]]).tolist(), model.score(X, y)
    (['cat', 'dog'], 1.0)

    Starts at zero: the first loss is ln C for softmax, C - 1 for the hinge.
    """

    coef_: Array
    intercept_: Array

    def __init__(
        self,
        loss: str = "softmax",
        form: str = "auto",
        *,
        penalty: str | None = "l2",
        alpha: float = 1e-4,
        beta: float = 1.0,
        fit_intercept: bool = True,
        optimizer: Any = "sgd",
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
        self.loss = loss
        self.form = form
        self.penalty = penalty
        self.alpha = alpha
        self.beta = beta
        self.fit_intercept = fit_intercept
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

    def _model(self, features: int, outputs: int, dtype: Any, generator: Generator) -> tuple[Any, list[Any]]:
        model = Layer(features, outputs, bool(self.fit_intercept), dtype)
        return model, [model.weight]

    def _load(self, model: Any) -> None:
        model.assign(self.coef_, self.intercept_)

    def _keep(self, model: Any) -> None:
        self.coef_, self.intercept_ = model.copies()

    def _forward(self, x: Array) -> Array:
        return scores_of(x, self.coef_, self.intercept_)

    def _auto_rate(self, x: Array, weight: Array | None, bound: float) -> float:
        decay = self._strength("l2")
        return _options.auto_rate(self.optimizer, x, weight, bool(self.fit_intercept), bound, decay)


class SoftmaxClassifier(LinearClassifier):
    """A linear classifier with the softmax loss: `LinearClassifier(loss="softmax")`, whose other arguments it takes.

    >>> from microdl.classifiers import SoftmaxClassifier
    >>> model = SoftmaxClassifier(random_state=0).fit([[0.0], [1.0], [3.0], [4.0]], [0, 0, 1, 1])
    >>> model.predict_proba([[2.0]]).shape
    (1, 2)
    """

    def __init__(
        self,
        *,
        penalty: str | None = "l2",
        alpha: float = 1e-4,
        beta: float = 1.0,
        fit_intercept: bool = True,
        optimizer: Any = "sgd",
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
        given = {name: value for name, value in locals().items() if name not in ("self", "__class__")}
        super().__init__("softmax", **given)


class SVMClassifier(LinearClassifier):
    """A linear support vector machine: `LinearClassifier(loss="hinge")`, or with `squared` "squared_hinge".

    Its other arguments are those of `LinearClassifier`. Without probabilities: there is no `predict_proba`.

    >>> from microdl.classifiers import SVMClassifier
    >>> model = SVMClassifier(random_state=0).fit([[0.0], [1.0], [3.0], [4.0]], [0, 0, 1, 1])
    >>> model.predict([[0.5], [3.5]]).tolist(), hasattr(model, "predict_proba")
    ([0, 1], False)
    """

    def __init__(
        self,
        form: str = "auto",
        *,
        squared: bool = False,
        penalty: str | None = "l2",
        alpha: float = 1e-4,
        beta: float = 1.0,
        fit_intercept: bool = True,
        optimizer: Any = "sgd",
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
        given = {name: value for name, value in locals().items() if name not in ("self", "squared", "__class__")}
        super().__init__("", **given)
        self.squared = squared

    @property
    def loss(self) -> str:
        """The name of the loss."""
        return "squared_hinge" if self.squared else "hinge"

    @loss.setter
    def loss(self, value: str) -> None:
        """It follows from `squared`."""


class Layer(nn.Linear):
    """A linear layer that starts at zero, without a draw from the global stream."""

    def __init__(self, features: int, outputs: int, bias: bool, dtype: Any) -> None:
        from microdl.dtypes import from_numpy_dtype

        super().__init__(features, outputs, bias, dtype=from_numpy_dtype(np.dtype(dtype)))

    def reset_parameters(self) -> None:
        """All zero."""
        for p in self.parameters():
            nn.init.zeros_(p)

    def assign(self, weight: Array, bias: Array) -> None:
        """Takes over the values of arrays."""
        for p, values in zip(self.parameters(), (weight, bias), strict=False):
            p.detach().numpy()[...] = values

    def copies(self) -> tuple[Array, Array]:
        """Weight and bias as arrays of their own; a bias that is not there is zero."""
        weight = self.weight.detach().numpy().copy()
        bias = np.zeros(len(weight), weight.dtype) if self.bias is None else self.bias.detach().numpy().copy()
        return weight, bias


def scores_of(x: Array, weight: Array, bias: Array) -> Array:
    """x @ weight.T + bias in the dtype of the weight."""
    rows = floats(x).astype(weight.dtype, copy=False)
    scores: Array = kernels.linear.linear(rows, floats(weight), floats(bias))
    return scores
