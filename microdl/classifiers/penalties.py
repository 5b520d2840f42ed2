"""What is added to a loss so that weights stay small: functions of a weight tensor, to be multiplied by a strength.

Each is, up to a constant, the negative logarithm of a prior: minimising the sum of the losses of independent examples,
which are negative log-likelihoods, plus strength * penalty gives the most probable weights after the data (MAP):

    l2          Gaussian of mean 0 and variance 1 / (2 strength)
    l1          Laplace of mean 0 and scale 1 / strength

Biases are not penalised: leave them out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["elastic_net", "l1", "l2", "penalty"]


def l2(weight: Any) -> Any:
    """sum(w^2). An optimiser's `weight_decay` of 2 * strength has the same gradient.

    >>> import microdl as torch
    >>> from microdl.classifiers.penalties import l1, l2
    >>> w = torch.tensor([0.25, 0.25, 0.25, 0.25])
    >>> l2(w), l1(w)
    (tensor(0.2500), tensor(1.))
    """
    return (weight * weight).sum()


def l1(weight: Any) -> Any:
    """sum(abs(w)), with the derivative 0 at 0."""
    return weight.abs().sum()


def elastic_net(weight: Any, beta: float = 1.0) -> Any:
    """sum(beta * w^2 + abs(w)).

    scikit-learn's strength a and l1_ratio r, a * (r * l1 + (1 - r) / 2 * l2), are the strength a * r here with
    beta = (1 - r) / (2 * r).

    Source: H. Zou and T. Hastie, "Regularization and variable selection via the elastic net", 2005.
    """
    return (beta * weight * weight + weight.abs()).sum()


def penalty(name: str, beta: float = 1.0) -> Callable[[Any], Any]:
    """The penalty "l1", "l2" or "elasticnet" as a function of a weight; ValueError for another name."""
    known: dict[str, Callable[[Any], Any]] = {
        "l1": l1,
        "l2": l2,
        "elasticnet": lambda weight: elastic_net(weight, beta),
    }
    if name not in known:
        raise ValueError(f"penalty={name!r} is not one of {', '.join(map(repr, known))}")
    return known[name]
