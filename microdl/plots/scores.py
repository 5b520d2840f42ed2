"""Loss functions of one example, against the score of its class."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ._style import EDGE, Floats, as_array, check_finite, colour, dashes, marker, new_axes, outline, tidy

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_loss_functions"]


def _summed(terms: Floats) -> Floats:
    total: Floats = terms.sum(axis=1)
    return total


def _softplus(x: Floats) -> Floats:
    values: Floats = np.logaddexp(0.0, x)
    return values


def _hinge(scores: Floats, others: Floats) -> Floats:
    return _summed(np.maximum(0.0, others - scores[:, None] + 1))


def _squared_hinge(scores: Floats, others: Floats) -> Floats:
    return _summed(np.maximum(0.0, others - scores[:, None] + 1) ** 2)


def _softmax(scores: Floats, others: Floats) -> Floats:
    return _softplus(np.logaddexp.reduce(others) - scores)


def _logistic(scores: Floats, others: Floats) -> Floats:
    return _softplus(others.max() - scores)


def _zero_one(scores: Floats, others: Floats) -> Floats:
    return np.where(scores <= others.max(), 1.0, 0.0)


LOSSES: dict[str, Callable[[Floats, Floats], Floats]] = {
    "hinge": _hinge,
    "squared hinge": _squared_hinge,
    "softmax": _softmax,
    "logistic": _logistic,
    "zero-one": _zero_one,
}
SHOWN = ("hinge", "squared hinge", "softmax", "logistic")


def plot_loss_functions(
    ax: Axes | None = None,
    *,
    losses: Sequence[str] = SHOWN,
    others: Any = (0.0, -2.0),
    bounds: tuple[float, float] | None = None,
    title: str | None = None,
) -> Axes:
    """Draw the loss of one example as a function of its own class's score s, the other classes' scores fixed.

    - hinge: ``sum_j max(0, s_j - s + 1)``, 0 once s is 1 above every other: it asks for no more;
    - squared hinge: ``sum_j max(0, s_j - s + 1)**2``;
    - softmax: ``-log(exp(s) / (exp(s) + sum_j exp(s_j)))``: never 0;
    - logistic: ``log(1 + exp(max_j s_j - s))``, softmax against the strongest other class alone;
    - zero-one: 1 while another score is at least s.

    Args:
        ax: the axes to draw on; by default a new figure's.
        losses: which of them to draw.
        others: the scores of the other classes, at least one.
        bounds: of s; by default from 4 below the largest other score to 4 above it.
        title: above the picture.

    Returns:
        The axes. Their height is set by the hinge loss: the squared one leaves the picture.

    Raises:
        TypeError: the scores are not real numbers.
        ValueError: a loss is unknown or none is named; ``others`` is not 1-D, is empty or has NaN; ``bounds`` are not
            in order.
        ImportError: matplotlib is not installed.

    Example:
        >>> from microdl.plots import plot_loss_functions
        >>> axes = plot_loss_functions(losses=["hinge", "softmax"], others=[5.1, -1.7], bounds=(-2, 8))
        >>> [line.get_label() for line in axes.lines[:2]]
        ['hinge', 'softmax']
    """
    if isinstance(losses, str) or not losses:
        raise ValueError(f"losses must be a list of some of {', '.join(LOSSES)}; got {losses!r}")
    unknown = [name for name in losses if name not in LOSSES]
    if unknown:
        raise ValueError(f"unknown loss {unknown[0]!r}: known are {', '.join(LOSSES)}")
    fixed = as_array(others, "others")
    if fixed.ndim != 1 or fixed.size == 0:
        raise ValueError(f"others must be the scores of the other classes, 1-D and at least one, got {fixed.shape}")
    check_finite(fixed, "others")
    low, high = _bounds(bounds, float(fixed.max()))
    scores = np.unique(np.concatenate([np.linspace(low, high, 401), fixed + 1]).clip(low, high))  # the kinks too

    ax = new_axes(ax)
    names = list(LOSSES)
    for name in losses:
        k = names.index(name)
        style: dict[str, Any] = {"color": colour(k), "linestyle": dashes(k), "linewidth": 2, "marker": marker(k)}
        ax.plot(scores, LOSSES[name](scores, fixed), label=name, markevery=(10 * k, 57), markersize=5, **style)
    ax.set(xlim=(low, high), ylim=(0, 1.05 * max(1.0, float(_hinge(scores[:1], fixed)[0]))))
    _mark_margin(ax, float(fixed.max()), low, high)
    listed = ", ".join(f"{score:g}" for score in fixed)
    ax.set(xlabel=f"score of the example's class (other scores: {listed})", ylabel="loss of the example")
    ax.legend(loc="upper right", bbox_to_anchor=(1, 0.87), frameon=False)
    tidy(ax)
    if title:
        ax.set_title(title)
    return ax


def _mark_margin(ax: Axes, largest: float, low: float, high: float) -> None:
    places = ((largest, "largest\nother score"), (largest + 1, "1 above it:\nthe margin"))
    for (x, text), side in zip(places, ("right", "left"), strict=True):
        if low < x < high:
            ax.axvline(x, color=EDGE, linewidth=0.8, linestyle=(0, (2, 2)), zorder=1)
            where: dict[str, Any] = {
                "xy": (x, 0.97),
                "xycoords": ("data", "axes fraction"),
                "textcoords": "offset points",
            }
            shift = (-4 if side == "right" else 4, 0)
            ax.annotate(text, xytext=shift, ha=side, va="top", fontsize=8, color=EDGE, path_effects=outline(), **where)


def _bounds(bounds: Any, largest: float) -> tuple[float, float]:
    if bounds is None:
        return largest - 4, largest + 4
    values = as_array(bounds, "bounds")
    if values.shape != (2,) or not np.isfinite(values).all() or values[0] >= values[1]:
        raise ValueError(f"bounds must be (lowest, highest) score with lowest < highest, got {bounds}")
    return float(values[0]), float(values[1])
