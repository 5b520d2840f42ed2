"""The baseline of the lectures: guess the weights of a linear classifier many times, and keep the best guess."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeVar

import numpy as np

import microdl as torch
from microdl import kernels
from microdl.random import Generator

from .._estimator import Array, Classifier, generator_of
from . import _options
from ._base import KINDS
from ._examples import examples_of
from ._forms import check_form, multiclass_loss
from ._progress import Progress
from ._training import floats
from .linear import scores_of

__all__ = ["RandomSearchClassifier"]

R = TypeVar("R", bound="RandomSearchClassifier")

_NUMBERS = 2**24
"""Weights that are held at a time."""

_ROWS = 1024


class RandomSearchClassifier(Classifier):
    """A linear classifier whose weights are the best of `n_draws` guesses: randn(classes, features + 1) * scale.

    The last column multiplies a 1, so it holds the biases. The guess with the lowest mean loss, by `sample_weight`, on
    all examples is kept. It learns next to nothing on images, 15.5 % of CIFAR-10, and shows what gradients are worth.

    The guesses are those of `torch.randn(classes, features + 1) * scale` after `torch.manual_seed(random_state)`, for
    an int. Many are tried by one product of matrices.

    Args:
        n_draws: the number of guesses.
        scale: the standard deviation of a weight.
        loss, form: as for `LinearClassifier`.
        random_state: an int, None, or a stream of NumPy or microdl.
        verbose: show the progress, by tqdm where it is installed.

    Attributes after fit: `coef_` (classes, features), or (1, features) for two classes, the second's weights less the
    first's; `intercept_`, `classes_`, `n_features_in_`; `loss_curve_`, the losses of the draws in their order;
    `best_draw_` and `best_loss_`.

    >>> from microdl.classifiers import RandomSearchClassifier
    >>> model = RandomSearchClassifier(100, random_state=0).fit([[-2.0], [-1.0], [1.0], [2.0]], [0, 0, 1, 1])
    >>> model.score([[-3.0], [3.0]], [0, 1]), len(model.loss_curve_)
    (1.0, 100)
    """

    coef_: Array
    intercept_: Array
    loss_curve_: list[float]
    best_draw_: int
    best_loss_: float

    def __init__(
        self,
        n_draws: int = 1000,
        scale: float = 0.0001,
        *,
        loss: str = "softmax",
        form: str = "auto",
        random_state: Any = None,
        verbose: bool = False,
    ) -> None:
        self.n_draws = n_draws
        self.scale = scale
        self.loss = loss
        self.form = form
        self.random_state = random_state
        self.verbose = verbose

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.poor_score = True  # it is a baseline
        return tags

    def fit(self: R, X: Any, y: Any, sample_weight: Any = None) -> R:
        """Tries the guesses on the rows of X, (n, features) of numbers, and their classes y, (n,) integers or text.

        Raises ValueError for wrong shapes, NaN, infinity and fewer than two classes; the estimator is then what it was.
        """
        with self._unchanged_on_error():
            _options.check_count("n_draws", self.n_draws)
            _options.check_number("scale", self.scale, 0.0, above=True)
            check_form(self.loss, self.form)
            x = self._check_features(X, reset=True, dtypes=KINDS)
            classes, examples = examples_of(x, y, sample_weight, type(self).__name__)
            self.classes_ = classes
            self._search(*examples, generator_of(self.random_state))
        return self

    def _search(self, x: Array, places: Array, weights: Array | None, generator: Generator) -> None:
        each = np.full(len(x), 1 / len(x)) if weights is None else weights / weights.sum()
        self.loss_curve_, self.best_draw_, self.best_loss_ = [], -1, np.inf
        with Progress(self.n_draws, "draw", type(self).__name__, self.verbose) as progress:
            for draws in self._draws(x, generator):
                losses = self._losses(x, places, each, draws)
                if not np.isfinite(losses).all():
                    raise ValueError(f"a draw's loss is {losses[~np.isfinite(losses)][0]}: lower scale={self.scale}")
                best = int(losses.argmin())
                if losses[best] < self.best_loss_:
                    self.best_draw_, self.best_loss_ = len(self.loss_curve_) + best, float(losses[best])
                    self._take(draws[best])
                self.loss_curve_ += losses.tolist()
                progress.show(self.best_loss_, step=len(losses))

    def _draws(self, x: Array, generator: Generator) -> Iterator[Array]:
        """The guesses, some at a time: (draws, classes, features + 1)."""
        shape = (len(self.classes_), x.shape[1] + 1)
        at_once = max(1, min(self.n_draws, _NUMBERS // (shape[0] * shape[1])))
        dtype = np.float64 if x.dtype == np.float64 else np.float32
        for start in range(0, self.n_draws, at_once):
            drawn = [generator.normal_array(shape) for _ in range(min(at_once, self.n_draws - start))]
            yield (np.stack(drawn) * np.float32(self.scale)).astype(dtype, copy=False)

    def _losses(self, x: Array, places: Array, each: Array, draws: Array) -> Array:
        """The mean loss of each guess."""
        count, classes, width = draws.shape
        flat = draws.reshape(count * classes, width)
        weight, bias = np.ascontiguousarray(flat[:, :-1]), np.ascontiguousarray(flat[:, -1])
        loss = multiclass_loss(self.loss, self.form, classes)
        total = np.zeros(count)
        for start in range(0, len(x), _ROWS):
            part = slice(start, start + _ROWS)
            scores = kernels.linear.linear(floats(x[part]), weight, bias).reshape(-1, classes)
            labels = torch.from_numpy(np.repeat(places[part].astype(np.int64), count))
            with torch.no_grad():
                found = loss(torch.from_numpy(scores), labels, "none").numpy().reshape(-1, count)
            total += np.einsum("n,nd->d", each[part], found.astype(np.float64))
        return total

    def _take(self, draw: Array) -> None:
        if len(draw) == 2:
            draw = draw[1:] - draw[:1]
        self.coef_, self.intercept_ = np.ascontiguousarray(draw[:, :-1]), draw[:, -1].copy()

    def decision_function(self, X: Any) -> Array:
        """The scores: (n, classes), or (n,) for two classes, where a positive one speaks for the second."""
        self._check_fitted()
        x = self._check_features(X, reset=False, dtypes=KINDS)
        scores = [scores_of(x[i : i + _ROWS], self.coef_, self.intercept_) for i in range(0, len(x), _ROWS)]
        found = np.concatenate(scores)
        return found[:, 0] if found.shape[1] == 1 else found

    def predict(self, X: Any) -> Array:
        """The class with the highest score, (n,)."""
        scores = self.decision_function(X)
        chosen = (scores > 0).astype(np.int64) if scores.ndim == 1 else scores.argmax(1)
        predicted: Array = self.classes_[chosen]
        return predicted
