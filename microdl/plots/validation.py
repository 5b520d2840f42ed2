"""The lecture's cross-validation plot: every outcome a dot, mean and standard deviation, against a parameter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ._style import BLACK, BLUE, VERMILLION, Floats, as_array, check_finite, detached, new_axes, tidy

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_cross_validation"]

LOGARITHMIC_FROM = 50.0  # the largest value over the smallest


@dataclass(frozen=True)
class _Outcomes:
    values: list[Any]
    scores: Floats  # (folds, values)
    name: str


def plot_cross_validation(
    ks: Any,
    scores: Any = None,
    ax: Axes | None = None,
    *,
    best: str = "max",
    log: bool | None = None,
    xlabel: str | None = None,
    ylabel: str = "accuracy",
    title: str | None = None,
) -> Axes:
    """Draw the outcomes of a k-fold cross-validation: a dot for each, error bars for mean and standard deviation.

    Args:
        ks: the values that were tried, such as the numbers of neighbours, with ``scores``. Or all in one: a mapping
            from each value to its outcomes, as the course's assignment has it; or a search that has been fitted
            (``GridSearchCV``), or its ``cv_results_``, if it went over one parameter.
        scores: shape (folds, len(ks)): a row a fold.
        ax: the axes to draw on; by default a new figure's.
        best: which mean is marked: ``"max"`` for accuracies, ``"min"`` for losses; of equal ones the first.
        log: a logarithmic scale for numbers; by default where the largest is at least 50 times the smallest. Values
            that are not numbers stand side by side.
        xlabel: the parameter's name; by default "k", or the name in the search's results.
        ylabel: what the scores are.
        title: above the picture.

    Returns:
        The axes. The error bars are one standard deviation of the folds to each side (``numpy.std``, as scikit-learn's
        ``std_test_score``).

    Raises:
        TypeError: the scores are not real numbers.
        ValueError: the scores are not 2-D, are empty, have NaN, or another number of columns than there are values; a
            search is not fitted, or went over several parameters; ``best`` is unknown.
        ImportError: matplotlib is not installed.

    Example:
        >>> from microdl.plots import plot_cross_validation
        >>> axes = plot_cross_validation([1, 3, 5], [[0.5, 0.6, 0.4], [0.4, 0.8, 0.6]])
        >>> [text.get_text() for text in axes.get_legend().get_texts()]
        ['one fold', 'mean ± 1 std. dev. of 2 folds', 'best: k = 3, mean 0.7']

    Source: https://cs231n.github.io/classification/, "Validation sets for hyperparameter tuning".
    """
    if best not in ("max", "min"):
        raise ValueError(f"best must be 'max' or 'min', got {best!r}")
    found = _outcomes(ks, scores)
    name = found.name if xlabel is None else xlabel
    means, deviations = found.scores.mean(axis=0), found.scores.std(axis=0)
    numeric = all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in found.values)
    at = np.array(found.values, dtype=np.float64) if numeric else np.arange(float(len(found.values)))
    if numeric:
        check_finite(at, "ks")
    order = np.argsort(at, kind="stable")
    winner = int(means.argmax() if best == "max" else means.argmin())

    ax = new_axes(ax)
    _scale(ax, found.values, at, numeric, log)
    _draw_outcomes(ax, at, found.scores)
    bars: dict[str, Any] = {"color": BLUE, "linewidth": 1.6, "capsize": 4, "marker": "s", "markersize": 5, "zorder": 3}
    if not numeric:
        bars["linestyle"] = "none"  # nothing lies between them
    folds = f"{len(found.scores)} fold" + "s" * (len(found.scores) > 1)
    ax.errorbar(at[order], means[order], deviations[order], label=f"mean ± 1 std. dev. of {folds}", **bars)
    text = f"best: {name} = {_text(found.values[winner])}, mean {means[winner]:.3g}"
    _mark_best(ax, at[winner], means[winner], text)
    ax.set(xlabel=name, ylabel=ylabel)
    ax.margins(x=0.05 if numeric else 0.15, y=0.16)
    dots, star, bars_ = ax.get_legend_handles_labels()[0]
    ax.legend(handles=[dots, bars_, star], loc="best", framealpha=0.85, edgecolor="none", fontsize=9)
    tidy(ax)
    if title:
        ax.set_title(title)
    return ax


def _draw_outcomes(ax: Axes, at: Floats, scores: Floats) -> None:
    x = np.broadcast_to(at, scores.shape).ravel()
    dots: dict[str, Any] = {"s": 26, "facecolors": "none", "edgecolors": BLACK, "linewidths": 1.0, "alpha": 0.75}
    ax.scatter(x, scores.ravel(), label="one fold", zorder=4, **dots)


def _mark_best(ax: Axes, x: float, y: float, label: str) -> None:
    star: dict[str, Any] = {"marker": "*", "s": 190, "color": VERMILLION, "edgecolors": BLACK, "linewidths": 0.8}
    ax.scatter([x], [y], label=label, zorder=5, **star)
    ax.axvline(x, color=VERMILLION, linestyle=":", linewidth=1.0, zorder=1)


def _scale(ax: Axes, values: list[Any], at: Floats, numeric: bool, log: bool | None) -> None:
    from matplotlib.ticker import NullLocator

    if not numeric:
        if log:
            raise ValueError(f"a logarithmic scale needs numbers, got {values}")
        ax.set_xticks(at, [_text(value) for value in values])
        return
    if log and at.min() <= 0:
        raise ValueError(f"a logarithmic scale needs positive values, got {at.min():g}")
    if log or (log is None and at.min() > 0 and at.max() / at.min() >= LOGARITHMIC_FROM):
        ax.set_xscale("log")
        ax.xaxis.set_minor_locator(NullLocator())
        if len(at) <= 10:
            ax.set_xticks(at, [_text(value) for value in values])


def _text(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _outcomes(ks: Any, scores: Any) -> _Outcomes:
    if scores is None:
        results = getattr(ks, "cv_results_", ks)
        if not isinstance(results, Mapping):
            raise ValueError(
                "scores are missing: pass them, shape (folds, len(ks)); or a mapping from each value to its outcomes;"
                f" or a fitted search or its cv_results_; got {type(ks).__name__}"
            )
        if "params" in results:
            return _of_search(results)
        values, table = list(results), as_array(list(results.values()), "scores")
        scores = table.T
    else:
        values = _plain(ks)
    table = as_array(scores, "scores")
    if table.ndim != 2 or table.size == 0:
        raise ValueError(f"scores must be 2-D, (folds, len(ks)), and not empty, got shape {table.shape}")
    if table.shape[1] != len(values):
        hint = ": pass scores.T" if table.shape[0] == len(values) else ""
        raise ValueError(f"scores must have a column for each of the {len(values)} ks, got shape {table.shape}{hint}")
    check_finite(table, "scores")
    return _Outcomes(values, table, "k")


def _plain(ks: Any) -> list[Any]:
    array = np.asarray(detached(ks))
    if array.ndim != 1:
        raise ValueError(f"ks must be 1-D, got shape {array.shape}")
    if array.dtype.kind in "biuf":
        values: list[Any] = array.tolist()
        return values
    return list(ks)


def _of_search(results: Mapping[str, Any]) -> _Outcomes:
    names = [key.removeprefix("param_") for key in results if key.startswith("param_")]
    varied = [name for name in names if len({repr(params.get(name)) for params in results["params"]}) > 1] or names[:1]
    if len(varied) != 1:
        raise ValueError(f"the search went over {len(varied)} parameters, {varied}: pass the ks and scores of one")
    splits = sorted(
        (key for key in results if key.startswith("split") and key.endswith("_test_score")),
        key=lambda key: int(key.removeprefix("split").partition("_")[0]),
    )
    if not splits:
        raise ValueError("cv_results_ has no split0_test_score: pass ks and scores of the metric that is to be drawn")
    table = as_array([results[key] for key in splits], "scores")
    check_finite(table, "scores", "A fit of the search has failed")
    values = [params[varied[0]] for params in results["params"]]
    plain = [value.item() if isinstance(value, np.generic) else value for value in values]
    return _Outcomes(plain, table, varied[0].rpartition("__")[2])
