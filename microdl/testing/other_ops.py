"""Causes that show in the factor by which backward multiplies each element: that of another op, or of another call."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .evidence import Evidence, alike, close
from .subject import Array, is_real

__all__ = ["SAVED", "of_another_op", "of_saved"]

SAVED = (
    "the backward takes the same factor whatever the input is, though the derivative depends on it: a cache or "
    "saved array of another call, or a constant"
)


def _sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


DERIVATIVES: dict[str, Callable[[Array], Array]] = {
    "sin": np.cos,
    "cos": lambda x: -np.sin(x),
    "exp": np.exp,
    "log": lambda x: 1 / x,
    "sqrt": lambda x: 0.5 / np.sqrt(x),
    "square": lambda x: 2 * x,
    "x**3": lambda x: 3 * x * x,
    "reciprocal": lambda x: -1 / (x * x),
    "tanh": lambda x: 1 - np.tanh(x) ** 2,
    "sigmoid": lambda x: _sigmoid(x) * (1 - _sigmoid(x)),
    "softplus": _sigmoid,
    "relu": lambda x: (x > 0) * 1.0,
    "abs": np.sign,
    "silu": lambda x: _sigmoid(x) * (1 + x * (1 - _sigmoid(x))),
    "atan": lambda x: 1 / (1 + x * x),
}
OF_OUTPUT: dict[str, Callable[[Array], Array]] = {
    "1 - y**2 (tanh)": lambda x: 1 - x * x, "y * (1 - y) (sigmoid)": lambda x: x * (1 - x), "y (exp)": lambda x: x,
}  # fmt: skip


def of_another_op(evidence: Evidence) -> str | None:
    points = [p for p in evidence.points if len(p.g) == 1 and p.g[0].shape == p.x.shape]
    if not points or len(points) < len(evidence.points):
        return None
    x, g, analytic = (
        np.concatenate([np.ravel(v) for v in c]) for c in zip(*((p.x, p.g[0], p.analytic) for p in points), strict=True)
    )
    if len(np.unique(x)) < 3:
        return None
    if alike(analytic, g):
        return "the upstream gradient is passed on as it is: the factor of the op's own derivative is missing"
    if sum(map(is_real, evidence.subject.args)) > 1:
        return None
    with np.errstate(all="ignore"):
        for name, derivative in DERIVATIVES.items():
            if alike(analytic, g * derivative(x)):
                return f"the backward is that of another op: {name}"
        for formula, derivative in OF_OUTPUT.items():
            if alike(analytic, g * derivative(x)):
                return f"the input stands where the output y belongs, in {formula}: save the output"
    return None


def of_saved(evidence: Evidence) -> str | None:
    """Whether the backward is the same factor at all points, though the derivative is not."""
    points = [p for p in evidence.points if len(p.g) == 1 and p.g[0].shape == p.x.shape and p.x.size]
    if len(points) < 2:
        return None
    given, right = ([p[k] / p.g[0] for p in points] for k in (1, 2))
    same = all(alike(given[0], other) for other in given[1:])
    return SAVED if same and not all(close(right[0], other) for other in right[1:]) else None
