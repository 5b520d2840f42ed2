"""What the options of `microdl train` stand for: losses, optimisers, penalties, and classifiers without a gradient."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from microdl import classifiers
from microdl.classifiers import _options as names
from microdl.classifiers import losses, penalties

if TYPE_CHECKING:
    from microdl.tasks import Task
    from microdl.train import Options

__all__ = [
    "ESTIMATORS", "LOSSES", "METRICS", "OPTIMIZERS", "PENALTIES", "SCHEDULES", "described", "learning_rate",
    "make_optimizer", "make_penalty", "make_scheduler", "run_estimator",
]  # fmt: skip

Array = np.ndarray[Any, Any]

ESTIMATORS = ("knn", "random-search")
METRICS = ("l1", "l2")
OPTIMIZERS = tuple(names.OPTIMIZERS)
PENALTIES = ("none", "l1", "l2", "elasticnet")
SCHEDULES = tuple(names.SCHEDULES)
SIMPLE_RATE = 0.2
"""The learning rate that suits the pixels of the digits, and that PyTorch's run of the example has."""


def _hinge(**options: Any) -> Callable[[], Callable[[Any, Any], Any]]:
    return lambda: lambda scores, labels: losses.hinge_loss(scores, labels, **options)


def _one_vs_rest(loss: str) -> Callable[[], Callable[[Any, Any], Any]]:
    return lambda: lambda scores, labels: losses.one_vs_rest_loss(scores, labels, loss=loss)


LOSSES: dict[str, Callable[[], Callable[[Any, Any], Any]]] = {
    "hinge-sum": _hinge(),
    "squared-hinge-sum": _hinge(squared=True),
    "hinge-own-class": _hinge(include_own_class=True),
    "one-vs-rest": _one_vs_rest("hinge"),
    "one-vs-rest-squared": _one_vs_rest("squared_hinge"),
    "logistic": _one_vs_rest("logistic"),
}
"""The lectures' forms of the losses; "hinge" and "squared-hinge" are PyTorch's, divided by the number of classes."""


def described(options: Options) -> str:
    """A run in words."""
    seen = "" if options.features == "pixels" else f" ({options.features})"
    loss = f", {options.loss} loss" if options.model not in ESTIMATORS else ""
    return f"{options.data}{seen}, {options.model} model{loss}"


def learning_rate(options: Options, rows: Array) -> float:
    """The learning rate where none is given: one that suits the scale of the rows."""
    if (options.data, options.features, options.optimizer) == ("digits", "pixels", "sgd"):
        return SIMPLE_RATE
    part = rows[:: max(1, len(rows) // 2000)].astype(np.float64) / (255 if rows.dtype == np.uint8 else 1)
    if options.model == "linear":
        return names.auto_rate(options.optimizer, part, None, True, 1.0, options.alpha)
    return (0.02 if options.optimizer in ("sgd", "asgd") else 0.01) / max(1.0, float(np.sqrt(np.square(part).mean())))


def make_optimizer(optim: Any, options: Options, model: Any, rate: float) -> Any:
    """The optimiser of the name, of the framework's `optim`."""
    more: dict[str, float] = {"weight_decay": options.weight_decay} if options.optimizer != "rprop" else {}
    if options.optimizer in ("sgd", "rmsprop"):
        more["momentum"] = options.momentum
    return getattr(optim, names.OPTIMIZERS[options.optimizer])(model.parameters(), lr=rate, **more)


def make_penalty(options: Options, model: Any) -> Callable[[], Any] | None:
    """alpha * R(W), summed over the weights but the biases."""
    if options.penalty == "none":
        return None
    of = penalties.penalty(options.penalty)
    weights = [p for p in model.parameters() if p.ndim > 1]
    return lambda: options.alpha * sum(of(w) for w in weights)


def make_scheduler(options: Options, optimizer: Any) -> Any:
    """The schedule of the learning rate, or None."""
    return names.make_scheduler(options.schedule, optimizer, options.epochs)


def run_estimator(options: Options, task: Task, rows: dict[str, Array]) -> dict[str, tuple[float, float]]:
    """Fit a classifier that no gradient trains; print its accuracies. Its losses are NaN: it has none."""
    if options.model == "knn":
        model: Any = classifiers.KNeighborsClassifier(options.k, metric=options.metric, verbose=True)
    else:
        model = classifiers.RandomSearchClassifier(options.draws, random_state=options.seed)
        rows = {name: x / np.float32(255) if x.dtype == np.uint8 else x for name, x in rows.items()}
    started = time.perf_counter()
    model.fit(rows["training"], task.training.labels)
    results = {
        name: (float("nan"), float(np.mean(model.predict(rows[name]) == part.labels)))
        for name, part in task.parts.items()
    }
    print(f"{described(options)}, seed {options.seed}: {time.perf_counter() - started:.2f} s")
    print(f"\n{'':<12}{'images':>8}{'accuracy':>11}")
    for name, (_, accuracy) in results.items():
        print(f"{name:<12}{len(task.parts[name]):>8,}{accuracy:>10.1%}")
    return results
