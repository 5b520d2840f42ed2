"""The models of the training steps: sizes, data and first weights, the same for every framework."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["BETAS", "EPS", "MOMENTUM", "WEIGHT_DECAY", "Net", "numbers_of"]

MOMENTUM, WEIGHT_DECAY = 0.9, 1e-4
BETAS, EPS = (0.9, 0.999), 1e-8
CHECKED_STEPS = 5


@dataclass(frozen=True)
class Net:
    """A linear classifier or an MLP with ReLU; `widths` from the inputs to the classes."""

    batch: int
    widths: tuple[int, ...]
    loss: str = "softmax"  # or "hinge"
    optimizer: str = "SGD"  # or "Adam"
    dtype: str = "float32"

    @property
    def lr(self) -> float:
        return 0.01 if self.optimizer == "SGD" else 0.001

    @property
    def layers(self) -> list[tuple[int, int]]:
        return list(itertools.pairwise(self.widths))

    @property
    def parameters(self) -> int:
        return sum((inputs + 1) * outputs for inputs, outputs in self.layers)

    @property
    def flops(self) -> float:
        """Of the matrix products: forward, gradient of the weights, and of the inputs of all layers but the first."""
        products = [2.0 * self.batch * inputs * outputs for inputs, outputs in self.layers]
        return 3 * sum(products) - products[0]

    @property
    def bytes(self) -> float:
        """That must pass: the inputs twice, weights once, their gradients, and what the optimiser reads and writes."""
        passes = 2 + (5 if self.optimizer == "SGD" else 7)
        return float(np.dtype(self.dtype).itemsize * (2 * self.batch * self.widths[0] + passes * self.parameters))

    def data(self) -> tuple[Any, Any, list[tuple[Any, Any]]]:
        """Inputs, labels, and (weight, bias) of each layer as `nn.Linear` holds them."""
        rng: Any = np.random.default_rng(0)
        x = rng.random((self.batch, self.widths[0]), self.dtype)
        y = rng.integers(0, self.widths[-1], self.batch)
        weights = []
        for inputs, outputs in self.layers:
            bound = inputs**-0.5
            w = (2 * bound) * rng.random((outputs, inputs), self.dtype) - bound
            weights.append((w.astype(self.dtype), np.zeros(outputs, self.dtype)))
        return x, y, weights


def numbers_of(step: Callable[[], float], weight: Callable[[], Any]) -> dict[str, Any]:
    """The losses of the first steps, and the first layer's weight after them."""
    return {"losses": [step() for _ in range(CHECKED_STEPS)], "weight": weight()}
