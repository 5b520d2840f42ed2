"""What a classifier learns from: the rows, the places of their classes, and their weights."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from microdl.random import Generator

from .._estimator import Array, checked_weights, encoded

__all__ = ["Examples", "check_several", "examples_of", "held_out"]


class Examples(NamedTuple):
    """Rows (n, features), the place of each one's class among the classes (n,), and the weights (n,) or None."""

    x: Array
    places: Array
    weights: Array | None

    def part(self, chosen: Array) -> Examples:
        """Those that a mask or indices choose."""
        return Examples(self.x[chosen], self.places[chosen], None if self.weights is None else self.weights[chosen])

    def of_mean_one(self) -> Examples:
        """The same with weights whose mean is 1."""
        return self if self.weights is None else self._replace(weights=self.weights / self.weights.mean())


def examples_of(x: Array, y: Any, sample_weight: Any, kind: str) -> tuple[Array, Examples]:
    """The classes in order, and the examples without those of weight 0, which are as if they were not there.

    ValueError where labels or weights are none, and for fewer than two classes, in the name of the estimator `kind`.
    """
    weights = checked_weights(sample_weight, len(x))
    classes, places = encoded(y, len(x))
    examples = Examples(x, places, weights)
    if weights is not None and not weights.all():
        examples = examples.part(weights > 0)
        present, places = np.unique(examples.places, return_inverse=True)
        classes, examples = classes[present], examples._replace(places=places.reshape(-1))
    check_several(classes, kind)
    return classes, examples


def check_several(classes: Array, kind: str) -> None:
    """ValueError for fewer than two classes."""
    if len(classes) < 2:
        raise ValueError(
            f"{kind} needs examples of at least 2 classes, but y holds 1 class only: {classes.tolist()[0]!r}. Give "
            "examples of another class too (or sample_weight above 0 to those that are there)."
        )


def held_out(examples: Examples, fraction: float, generator: Generator) -> tuple[Examples, Examples]:
    """The part to train on and the part to validate with, which has the fraction of each class, but never all of it."""
    chosen = np.zeros(len(examples.x), bool)
    for place in range(examples.places.max() + 1):
        members = np.flatnonzero(examples.places == place)
        n = min(round(fraction * len(members)), len(members) - 1)
        chosen[members[generator.permutation_array(len(members))[:n]]] = True
    if not chosen.any():
        raise ValueError(
            f"early_stopping holds out validation_fraction={fraction} of each class, and of the {len(chosen)} examples "
            "that is none: give more of them, a larger fraction, or early_stopping=False."
        )
    return examples.part(~chosen), examples.part(chosen)
