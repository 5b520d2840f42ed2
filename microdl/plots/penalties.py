"""What penalties on weights cost: where each of them is 1."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from ._style import Floats, colour, dashes, new_axes, tidy

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_penalties"]

POINTS = 361  # with a point on each corner of the diamond


def plot_penalties(ax: Axes | None = None, *, beta: float = 1.0, title: str | None = None) -> Axes:
    """Draw the weights (w1, w2) whose penalty is 1: L2, L1 and elastic net.

    The smallest loss within such a line is often at a corner of L1's, where a weight is exactly 0; L2's has no
    corners; the elastic net's sides are bent, its corners remain.

    Args:
        ax: the axes to draw on; by default a new figure's.
        beta: of the elastic net, sum(beta * w^2 + abs(w)).
        title: above the picture.

    Returns:
        ``ax``, with one line for each penalty.

    Raises:
        TypeError: ``beta`` is no number.
        ValueError: ``beta`` is negative or not finite.
        ImportError: matplotlib is not installed.

    Example:
        >>> from microdl.plots import plot_penalties
        >>> plot_penalties(beta=0.5).get_legend_handles_labels()[1]
        ['L2: Σ w²', 'L1: Σ |w|', 'elastic net: Σ (0.5 w² + |w|)']

    Source: Zou and Hastie, "Regularization and variable selection via the elastic net", 2005, figure 1.
    """
    _check_beta(beta)
    axes = new_axes(ax, 4.6, 4.6)
    squares = f"{beta:g} w²" if beta != 1 else "w²"
    kinds = (("L2: Σ w²", 1.0, 0.0), ("L1: Σ |w|", 0.0, 1.0), (f"elastic net: Σ ({squares} + |w|)", beta, 1.0))
    for k, (label, quadratic, absolute) in enumerate(kinds):
        axes.plot(*_unit_contour(quadratic, absolute), color=colour(k), linestyle=dashes(k), linewidth=2, label=label)
    for draw in (axes.axhline, axes.axvline):
        draw(0, color="0.6", linewidth=0.8, zorder=0)
    axes.set(xlabel="$w_1$", ylabel="$w_2$", aspect="equal", xlim=(-1.25, 1.25), ylim=(-1.25, 1.6))
    axes.legend(loc="upper center", framealpha=1, edgecolor="none", fontsize="small")
    tidy(axes)
    if title:
        axes.set_title(title)
    return axes


def _check_beta(beta: Any) -> None:
    if isinstance(beta, bool) or not isinstance(beta, (int, float, np.integer, np.floating)):
        raise TypeError(f"beta must be a number, got {beta!r}")
    if not (math.isfinite(beta) and beta >= 0):
        raise ValueError(f"beta must be finite and not negative, got {beta}")


def _unit_contour(quadratic: float, absolute: float) -> Floats:
    """Where quadratic * (x^2 + y^2) + absolute * (abs(x) + abs(y)) = 1, by direction: shape (2, POINTS)."""
    angle = np.linspace(0, 2 * np.pi, POINTS)
    direction = np.array([np.cos(angle), np.sin(angle)])
    side = absolute * np.abs(direction).sum(axis=0)
    radius = 2 / (side + np.sqrt(side * side + 4 * quadratic))  # the positive root, also where quadratic is 0
    points: Floats = direction * radius
    return points
