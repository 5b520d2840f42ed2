"""The training loop of all classifiers that learn by gradient descent, on microdl's tensors, modules and optimisers."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import microdl as torch
from microdl import kernels
from microdl.autograd.graph import wrap
from microdl.random import Generator
from microdl.utils.data.gather import rows

from .._estimator import Array, all_finite
from ._options import advance
from ._progress import Progress

__all__ = ["Batches", "DivergedError", "History", "Objective", "OneScore", "Rule", "floats", "train"]


class DivergedError(RuntimeError):
    """The loss or the weights became NaN or infinite: the learning rate is too large for the data."""


def floats(x: Array) -> Array:
    """Rows as numbers of a floating dtype, which a kernel may take as they are: bytes become float32."""
    if x.dtype == np.uint8:
        return kernels.convert.to_float(x if x.flags.carray else np.array(x, order="C"))
    return x if x.flags.carray else np.array(x, order="C")


class Batches:
    """The minibatches of examples: each iteration is one epoch, in another order.

    A batch is (x, target, weight): rows of x as they are, an array for `floats`, and tensors or None. Where one batch
    holds all examples it is made once, in floats, and keeps their order.

    Args:
        x: the examples, (n, features) of uint8, float32 or float64.
        target: what the loss takes besides scores, of length n.
        weight: the weights of the examples, of mean 1, or None.
        size: examples in a batch, None for all.
    """

    def __init__(self, x: Array, target: Array, weight: Array | None, size: int | None, generator: Generator) -> None:
        self.x, self.target, self.weight, self.generator = x, target, weight, generator
        self.size = len(x) if size is None else min(size, len(x))
        self.whole = self.size == len(x)
        self._dtype = np.float64 if x.dtype == np.float64 else np.float32
        self._only: tuple[Any, Any, Any] | None = None

    def __len__(self) -> int:
        return len(self.x)

    def __iter__(self) -> Iterator[tuple[Any, Any, Any]]:
        if self.whole:
            if self._only is None:
                x, target, weight = self._batch(lambda a: a)
                self._only = floats(x), target, weight
            yield self._only
            return
        order = self.generator.permutation_array(len(self.x))
        for start in range(0, len(order), self.size):
            chosen = order[start : start + self.size]
            yield self._batch(lambda a, chosen=chosen: rows(a, chosen))  # type: ignore[misc]

    def _batch(self, pick: Callable[[Array], Array]) -> tuple[Any, Any, Any]:
        weight = None if self.weight is None else wrap(pick(self.weight).astype(self._dtype))
        return pick(self.x), wrap(pick(self.target)), weight


class OneScore:
    """A model of two classes: its single column as (n,)."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self.parameters, self.state_dict = model.parameters, model.state_dict
        self.load_state_dict = model.load_state_dict

    def __call__(self, x: Any) -> Any:
        return self._model(x).reshape(-1)


@dataclass(frozen=True)
class Objective:
    """What is minimised: the mean of the losses, by weight, and the penalty of the weights.

    A penalty that the optimiser adds to the gradient itself, as its weight decay, is `decay`: half the strength that
    optimisers know, so that it is decay * sum(w^2). Any other is `penalty`, a recorded function of the weights.
    """

    loss: Callable[[Any, Any, str], Any]
    weights: list[Any]
    decay: float = 0.0
    penalty: Callable[[list[Any]], Any] | None = None

    def __call__(self, scores: Any, target: Any, weight: Any) -> Any:
        """The part that is recorded: all of it but `decay`."""
        if weight is None:
            value = self.loss(scores, target, "mean")
        else:
            value = (self.loss(scores, target, "none") * weight).mean()
        return value if self.penalty is None else value + self.penalty(self.weights)

    def decayed(self) -> float:
        """The part that the optimiser adds."""
        if not self.decay:
            return 0.0
        flat = [w._a.reshape(-1) for w in self.weights]
        return self.decay * sum(float(np.einsum("i,i->", w, w)) for w in flat)  # the same on any number of threads

    def gradient_norm(self, parameters: list[Any]) -> float:
        """The norm of the gradient of it all, after `backward`."""
        decaying = {id(w) for w in self.weights} if self.decay else set()
        total = 0.0
        for p in parameters:
            g = p.grad.numpy()
            if id(p) in decaying:
                g = g + 2 * self.decay * p.detach().numpy()
            total += float(np.square(g, dtype=np.float64).sum())
        return math.sqrt(total)


@dataclass(frozen=True)
class Rule:
    """When to stop: after `epochs`, or sooner.

    With `validate`, which gives a score that should be high, where it has not risen by more than `tol` for `patience`
    epochs; the weights of the best epoch are then taken back. Else, where each epoch is one step of gradient descent,
    where the gradient's norm is at most `tol`; and with minibatches where the loss of an epoch has not fallen by more
    than `tol` for `patience` epochs. None for `tol` goes on to the end, or stops at the first epochs without any rise.
    """

    epochs: int
    tol: float | None
    patience: int
    validate: Callable[[], float] | None = None


@dataclass
class History:
    """What happened: by epoch the value of the objective, and the score on the validation part if there is one."""

    losses: list[float] = field(default_factory=list)
    scores: list[float] = field(default_factory=list)


def train(
    model: Any,
    batches: Batches,
    objective: Objective,
    optimizer: Any,
    scheduler: Any,
    rule: Rule,
    progress: Progress,
) -> History:
    """Changes the model's parameters by minibatch gradient descent.

    Raises DivergedError where loss or weights become NaN or infinite.
    """
    history, watch = History(), _Watch(rule, model, batches.whole)
    parameters = list(model.parameters())
    with torch.enable_grad(), np.errstate(all="ignore"), progress:
        for epoch in range(1, rule.epochs + 1):
            loss, flat = _epoch(model, parameters, batches, objective, optimizer, rule.tol, epoch)
            history.losses.append(loss)
            _check_weights(parameters, epoch, optimizer)
            if rule.validate is not None:
                history.scores.append(rule.validate())
            progress.show(loss, history.scores)
            if flat or watch.stops(history):
                break
            advance(scheduler, loss)
    watch.restore()
    return history


def _epoch(
    model: Any,
    parameters: list[Any],
    batches: Batches,
    objective: Objective,
    optimizer: Any,
    tol: float | None,
    epoch: int,
) -> tuple[float, bool]:
    """The mean of the objective, and whether the gradient of all examples is as good as zero."""
    total, flat = 0.0, False
    for step, (x, target, weight) in enumerate(batches, start=1):
        optimizer.zero_grad()
        # the floats are no variable: they are freed before the next batch is made, which then finds them in the cache
        loss = objective(model(wrap(floats(x))), target, weight)
        value = loss.item() + objective.decayed()
        if not math.isfinite(value):
            raise _diverged(f"the loss is {value} at epoch {epoch}, step {step}", optimizer)
        loss.backward()
        total += value * len(x)
        flat = batches.whole and tol is not None and objective.gradient_norm(parameters) <= tol
        if not flat:
            optimizer.step()
    return total / len(batches), flat


def _check_weights(parameters: list[Any], epoch: int, optimizer: Any) -> None:
    """The hinge loss of NaN is 0, so a finite loss is not enough."""
    for p in parameters:
        if not all_finite(p.detach().numpy()):
            raise _diverged(f"weights are NaN or infinite after epoch {epoch}", optimizer)


def _diverged(what: str, optimizer: Any) -> DivergedError:
    rate = float(optimizer.param_groups[0]["lr"])
    return DivergedError(
        f"Training diverged: {what}, with learning rate {rate:g}; the estimator is what it was before. Lower "
        "learning_rate, or scale the features (for example with sklearn.preprocessing.StandardScaler)."
    )


class _Watch:
    """Compares the epochs as a `Rule` says."""

    def __init__(self, rule: Rule, model: Any, whole: bool) -> None:
        self._rule, self._model = rule, model
        self._by_loss = rule.validate is None and rule.tol is not None and not whole
        self._best, self._waited = -math.inf, 0
        self._state: dict[str, Any] | None = None

    def stops(self, history: History) -> bool:
        if self._rule.validate is None and not self._by_loss:
            return False
        value = -history.losses[-1] if self._by_loss else history.scores[-1]
        rises = value > self._best + (self._rule.tol or 0.0)
        self._waited = 0 if rises else self._waited + 1
        if value > self._best:
            self._best = value
            if self._rule.validate is not None:
                self._state = {name: t.detach().clone() for name, t in self._model.state_dict().items()}
        return self._waited >= self._rule.patience

    def restore(self) -> None:
        """Takes back the weights of the best epoch, by its score on the validation part."""
        if self._state is not None:
            self._model.load_state_dict(self._state)
