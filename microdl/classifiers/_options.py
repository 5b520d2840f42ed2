"""What the names in an estimator's parameters stand for: optimisers, schedules, learning rates, class weights."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

import microdl as torch

from .._estimator import Array

__all__ = ["OPTIMIZERS", "SCHEDULES", "auto_rate", "check_choice", "check_count", "check_number", "class_weights"]

OPTIMIZERS = {
    "sgd": "SGD",
    "adam": "Adam",
    "adamw": "AdamW",
    "adagrad": "Adagrad",
    "adadelta": "Adadelta",
    "adamax": "Adamax",
    "asgd": "ASGD",
    "nadam": "NAdam",
    "radam": "RAdam",
    "rmsprop": "RMSprop",
    "rprop": "Rprop",
}
_DESCENT = ("sgd", "asgd")  # whose steps are proportional to the gradient
_NO_DECAY = ("rprop",)

_ENOUGH = 2**18
"""Numbers of X that the automatic learning rate looks at, in whole rows."""

_schedules = torch.optim.lr_scheduler
SCHEDULES: dict[str, Callable[[Any, int], Any]] = {
    "constant": lambda optimizer, epochs: None,
    "step": lambda optimizer, epochs: _schedules.StepLR(optimizer, max(1, -(-epochs // 3)), 0.1),
    "linear": lambda optimizer, epochs: _schedules.LinearLR(optimizer, 1.0, 0.01, max(1, epochs - 1)),
    "exponential": lambda optimizer, epochs: _schedules.ExponentialLR(optimizer, 0.01 ** (1 / max(1, epochs - 1))),
    "cosine": lambda optimizer, epochs: _schedules.CosineAnnealingLR(optimizer, epochs),
    "plateau": lambda optimizer, epochs: _schedules.ReduceLROnPlateau(optimizer, patience=3),
}


def make_optimizer(
    optimizer: Any, model: Any, weights: list[Any], rate: float, momentum: float, decay: float
) -> tuple[Any, bool]:
    """The optimiser of a name or made by a callable, and whether it adds the gradient of decay * sum(w^2) itself."""
    parameters = list(model.parameters())
    if callable(optimizer):
        made = optimizer(parameters)
        if not isinstance(made, torch.optim.Optimizer):
            raise TypeError(
                f"optimizer(parameters) returned {type(made).__name__}, which is no microdl.optim.Optimizer"
            )
        return made, False
    kind = getattr(torch.optim, OPTIMIZERS[optimizer])
    options: dict[str, Any] = {"lr": rate}
    if optimizer == "sgd":
        options["momentum"] = momentum
    if optimizer in _NO_DECAY:
        return kind(parameters, **options), False
    penalised = {id(w) for w in weights}
    others = [p for p in parameters if id(p) not in penalised]
    groups = [{"params": weights, "weight_decay": 2 * decay}]
    if others:
        groups.append({"params": others, "weight_decay": 0.0})
    return kind(groups, **options), True


def make_scheduler(schedule: Any, optimizer: Any, epochs: int) -> Any:
    """The schedule of a name, or what a callable makes of the optimiser."""
    return schedule(optimizer) if callable(schedule) else SCHEDULES[schedule](optimizer, epochs)


def advance(scheduler: Any, loss: float) -> None:
    """The end of an epoch with this loss, for a schedule or None."""
    if isinstance(scheduler, _schedules.ReduceLROnPlateau):
        scheduler.step(loss)
    elif scheduler is not None:
        scheduler.step()


def auto_rate(optimizer: Any, x: Array, weight: Array | None, intercept: bool, curvature: float, decay: float) -> float:
    """A learning rate that suits the scale of the features x.

    For gradient descent 1 / L, with L = curvature * m + 2 * decay a bound of the objective's second derivative, where m
    is the largest eigenvalue of the mean of x x^T. For the others, whose steps have the size of the learning rate
    whatever the gradient's, 0.1 over the mean sum of abs(x): no score changes by more than about that in a step.
    """
    step = max(1, -(-len(x) * x.shape[1] // _ENOUGH))
    part = x[::step].astype(np.float64)
    w = np.ones(len(part)) if weight is None else weight[::step].astype(np.float64)
    if not w.any():
        w = np.ones(len(part))
    curvature *= float(w.mean())
    w = w / w.sum()
    if intercept:
        part = np.concatenate([part, np.ones((len(part), 1))], axis=1)
    with np.errstate(all="ignore"):
        if optimizer in _DESCENT:
            rate = 1.0 / max(curvature * _largest_eigenvalue(part, w) + 2 * decay, 1e-300)
        else:
            rate = 0.1 / max(float(np.einsum("i,ij->", w, np.abs(part))), 1e-300)
            rate = {"adadelta": 1.0, "adagrad": 10 * rate, "rprop": 0.1 * rate}.get(optimizer, rate)
    if not 0 < rate < math.inf:
        raise ValueError(
            f"learning_rate='auto' finds no rate for features as large as {np.abs(part).max():g} in magnitude: scale "
            "them, or give a learning_rate."
        )
    return float(rate)


def _largest_eigenvalue(x: Array, w: Array) -> float:
    """That of sum_i w_i x_i x_i^T, by power iteration from a fixed start; einsum uses one thread, so it is the same on
    any number of them."""
    scale = np.sqrt(np.einsum("i,ij,ij->j", w, x, x))
    v = scale * (1.0 + 0.1 * np.random.RandomState(0).standard_normal(len(scale)))
    v += np.einsum("i,ij->j", w, x)
    value = 0.0
    for _ in range(10):
        norm = math.sqrt(float(np.einsum("j,j->", v, v)))
        if not 0 < norm < math.inf:
            break
        v = v / norm
        u = np.einsum("ij,j->i", x, v)
        value = float(np.einsum("i,i,i->", w, u, u))
        v = np.einsum("i,ij->j", w * u, x)
    return value


def class_weights(class_weight: Any, classes: Array, places: Array, weights: Array | None) -> Array | None:
    """The weights of the examples times those of their classes; None where all are 1.

    "balanced" gives each class the same total. Of a dict a class that it lacks weighs 1; ValueError for a key that is
    no class, and for weights that are no finite numbers of at least 0.
    """
    if class_weight is None:
        return weights
    each = np.ones(len(places)) if weights is None else weights
    if isinstance(class_weight, str):
        check_choice("class_weight", class_weight, ("balanced",))
        totals = np.bincount(places, each, len(classes))
        by_class = each.sum() / (len(classes) * totals)
    else:
        by_class = _from_dict(class_weight, classes)
    result: Array = each * by_class[places]
    if not result.any():
        raise ValueError(f"class_weight={class_weight!r} makes the weight of every example zero")
    return result


def _from_dict(class_weight: Any, classes: Array) -> Array:
    if not hasattr(class_weight, "items"):
        raise ValueError(f"class_weight={class_weight!r} is neither None, 'balanced' nor a dict of weights by class")
    by_class, known = np.ones(len(classes)), {label: i for i, label in enumerate(classes.tolist())}
    for label, value in class_weight.items():
        if label not in known:
            raise ValueError(f"class_weight has a weight for {label!r}, which is none of the classes {list(known)}")
        check_number(f"class_weight[{label!r}]", value, 0.0)
        by_class[known[label]] = value
    return by_class


def check_choice(name: str, value: Any, choices: Iterable[str]) -> None:
    """ValueError for a value that is none of the choices."""
    if not isinstance(value, str) or value not in choices:
        raise ValueError(f"{name}={value!r} is not one of {', '.join(map(repr, choices))}")


def check_number(
    name: str, value: Any, least: float, below: float = math.inf, *, above: bool = False, hint: str = ""
) -> None:
    """ValueError unless least <= value < below (least < value with `above`), TypeError for what is no number."""
    if isinstance(value, bool) or not isinstance(value, (int, float, np.integer, np.floating)):
        raise TypeError(f"{name} must be a number{hint}, but it is {value!r}")
    if not (value > least if above else value >= least) or not value < below:
        end = "" if below == math.inf else f" and below {below:g}"
        raise ValueError(f"{name} must be {'above' if above else 'at least'} {least:g}{end}{hint}, but it is {value!r}")


def check_count(name: str, value: Any, hint: str = "") -> None:
    """TypeError unless it is an int, ValueError unless it is at least 1."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        raise TypeError(f"{name} must be an int{hint}, but it is {value!r}")
    if value < 1:
        raise ValueError(f"{name} must be at least 1{hint}, but it is {value}")
