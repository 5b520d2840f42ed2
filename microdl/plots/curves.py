"""Loss and accuracy curves: of one run, or of several side by side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from ._models import fitted
from ._runs import Curve, Run, accuracy_curve, check_steps, curve, run_of
from ._style import BLUE, ORANGE, Floats, check_axes, colour, dashes, marker, new_figure, tidy

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_curves", "plot_losses"]

TRAIN_COLOUR, VALID_COLOUR = BLUE, ORANGE
VALID_DASHES = dashes(1)
MARKS = 8  # markers along a curve
MOST_WITHIN = 6  # names, up to which the legend stands within the axes


def plot_losses(
    train: Any,
    valid: Any = None,
    ax: Axes | None = None,
    *,
    steps_per_epoch: int = 1,
    train_accuracy: Any = None,
    valid_accuracy: Any = None,
    log: bool = False,
    title: str | None = None,
) -> Axes:
    """Draw the loss, and the accuracy if it is given, against the epochs of a training run.

    Args:
        train: the training loss after each step, shape (epochs * steps_per_epoch,): a faint line for the
            steps and a strong one for the mean of each epoch. Or a fitted estimator with ``loss_curve_``.
        valid: the validation loss at the end of each epoch, shape (epochs,).
        ax: the axes to draw on; by default a new figure's. If an accuracy is given too, two panels are drawn within
            them (``ax.child_axes``).
        steps_per_epoch: how many entries of ``train`` make an epoch; 1 if there is one an epoch.
        train_accuracy: fractions 0 to 1 at the end of each epoch, shape (epochs,), drawn in percent on axes
            of their own.
        valid_accuracy: likewise.
        log: draw the losses on a logarithmic scale; a loss of 0 leaves a gap there.
        title: above the picture.

    Returns:
        ``ax``; by default the axes of the losses in a new figure, where those of the accuracies stand beside them
        (``figure.axes[1]``).

    Raises:
        TypeError: the values are not real numbers, or ``steps_per_epoch`` is not an integer.
        ValueError: values are not 1-D, are none, or have a NaN or an infinity; their lengths do not agree; an
            accuracy is outside 0 to 1.
        ImportError: matplotlib is not installed.

    Example:
        >>> from microdl.plots import plot_losses
        >>> axes = plot_losses([2.3, 1.1, 0.9, 0.7], valid=[1.2, 0.8], steps_per_epoch=2)
        >>> axes.get_ylabel()
        'loss'
    """
    steps = curve(getattr(fitted(train), "loss_curve_", train), "train")
    epochs = check_steps(len(steps), steps_per_epoch)
    valid_loss = None if valid is None else curve(valid, "valid", epochs)
    accuracies = [
        (label, style, accuracy_curve(values, f"{label}_accuracy", epochs))
        for label, style, values in (
            ("train", {"color": TRAIN_COLOUR}, train_accuracy),
            ("valid", {"color": VALID_COLOUR, "linestyle": VALID_DASHES}, valid_accuracy),
        )
        if values is not None
    ]
    whole, panels = _panels(ax, 2 if accuracies else 1, title)
    _draw_losses(panels[0], steps, valid_loss, int(steps_per_epoch), log)
    if accuracies:
        _draw_accuracies(panels[1], accuracies)
    return whole


def plot_curves(
    runs: Mapping[Any, Any],
    ax: Axes | None = None,
    *,
    log: bool = False,
    diverged: str = "raise",
    xlabel: str = "epoch",
    title: str | None = None,
) -> Axes:
    """Draw the curves of several runs side by side: learning rates, optimisers, penalties.

    Each run has a colour, a dash pattern and a marker of its own. If a run has validation curves, they are dashed and
    those of training solid. Losses and accuracies stand on axes of their own.

    Args:
        runs: by name (a number will do), each one of

            - losses: a list, an array or a tensor, one an epoch (or one a step: see ``xlabel``);
            - a mapping with some of ``loss``, ``valid_loss``, ``accuracy``, ``valid_accuracy`` (also ``train_loss``,
              ``val_loss``, ``train_accuracy``, ``val_accuracy``, ...); an object with such attributes, as
              `microdl.train.History`. A loss a step beside an accuracy an epoch is drawn in epochs;
            - a fitted estimator with ``loss_curve_``, also within a pipeline or a search.
        ax: the axes to draw on; by default a new figure's. If there are losses and accuracies, two panels are drawn
            within them (``ax.child_axes``).
        log: draw the losses on a logarithmic scale; losses of 0 leave a gap there.
        diverged: ``"raise"``: a loss that is NaN or infinite is an error; ``"mark"``: the curve ends before it, with a
            cross, and the legend says so, as in comparing learning rates.
        xlabel: what the values are counted in.
        title: above the picture.

    Returns:
        ``ax``; by default the first axes of a new figure, where the second stand beside them (``figure.axes[1]``).

    Raises:
        TypeError: ``runs`` is not a mapping, or values are not real numbers.
        ValueError: there is no run, or a run without a curve; a curve is not 1-D, is empty, has a NaN or an infinity;
            an accuracy is outside 0 to 1; ``diverged`` is unknown.
        ImportError: matplotlib is not installed.

    Example:
        >>> from microdl.plots import plot_curves
        >>> axes = plot_curves({"lr 0.01": [2.3, 2.0, 1.8], "lr 0.1": [2.3, 1.1, 0.8]}, log=True)
        >>> [line.get_label() for line in axes.lines]
        ['lr 0.01', 'lr 0.1']
    """
    if not isinstance(runs, Mapping):
        raise TypeError(f"runs must be a mapping from names to losses or histories, got {type(runs).__name__}")
    if not runs:
        raise ValueError("runs is empty: pass at least one, such as {'lr 0.1': losses}")
    if diverged not in ("raise", "mark"):
        raise ValueError(f"diverged must be 'raise' or 'mark', got {diverged!r}")
    found = [run_of(str(name), source, diverged == "mark") for name, source in runs.items()]
    kinds = [kind for kind in ("loss", "accuracy") if any(getattr(run, kind) for run in found)]
    whole, panels = _panels(ax, len(kinds), title)
    for panel, kind in zip(panels, kinds, strict=True):
        _draw_runs(panel, found, kind, log and kind == "loss")
        _finish(panel, "loss" if kind == "loss" else "accuracy [%]", xlabel)
    return whole


def _panels(ax: Axes | None, count: int, title: str | None) -> tuple[Axes, list[Axes]]:
    """The axes to return, and those to draw on: side by side in a new figure, or within `ax`."""
    if ax is None:
        figure = new_figure(10.0 if count > 1 else 5.5, 3.6)
        panels = list(figure.subplots(1, count, squeeze=False)[0])
        if title:
            figure.suptitle(title)
        return panels[0], panels
    ax = check_axes(ax)
    if title:
        ax.set_title(title)
    if count == 1:
        return ax, [ax]
    ax.set_axis_off()
    width = (1 - 0.2 * (count - 1)) / count
    return ax, [ax.inset_axes((k * (width + 0.2), 0, width, 1)) for k in range(count)]


def _draw_runs(ax: Axes, runs: list[Run], kind: str, log: bool) -> None:
    validated = any(True in getattr(run, kind) for run in runs)
    for k, run in enumerate(runs):
        for valid, part in sorted(getattr(run, kind).items()):
            label = run.name + ((", valid" if valid else ", train") if validated else "")
            style = {"color": colour(k), "linestyle": dashes(int(valid) if validated else k), "marker": marker(k)}
            if valid:
                style["markerfacecolor"] = "white"
            _draw_run(ax, part, label, k / max(1, len(runs)), log, 100 if kind == "accuracy" else 1, style)
    drawn = [np.asarray(line.get_ydata(), dtype=np.float64) for line in ax.lines]
    if log and any(np.isfinite(y).any() for y in drawn):
        ax.set_yscale("log")
    elif kind == "loss":
        _from_zero(ax, [float(np.nanmin(y)) for y in drawn if np.isfinite(y).any()])


def _from_zero(ax: Axes, lowest: list[float]) -> None:
    ax.set_ylim(bottom=min([0.0, *lowest]))


def _draw_run(ax: Axes, part: Curve, label: str, shift: float, log: bool, factor: int, style: dict[str, Any]) -> None:
    y = factor * part.y
    if log:
        y = np.where(y > 0, y, np.nan)
    every = max(1, round(len(y) / MARKS))
    if part.diverged is not None:
        label += f" (diverged at {part.diverged:g})"
    # The markers of one run stand between those of another: curves that coincide are both seen.
    ax.plot(part.x, y, label=label, markersize=5, markevery=(int(shift * every), every), **style)
    if part.diverged is not None:
        cross: dict[str, Any] = {"marker": "x", "markersize": 9, "markeredgewidth": 2.5, "clip_on": False}
        ax.plot(part.x[-1:], y[-1:], color=style["color"], label="_diverged", **cross)


def _draw_losses(ax: Axes, steps: Floats, valid: Floats | None, steps_per_epoch: int, log: bool) -> None:
    means = steps.reshape(-1, steps_per_epoch).mean(axis=1)
    epochs = np.arange(1, len(means) + 1)
    log = log and bool((steps > 0).any())

    def draw(x: Any, losses: Floats, **style: Any) -> None:
        ax.plot(x, np.where(losses > 0, losses, np.nan) if log else losses, **style)

    if steps_per_epoch == 1:
        draw(epochs, means, color=TRAIN_COLOUR, label="train")
    else:
        at = np.arange(1, len(steps) + 1) / steps_per_epoch
        draw(at, steps, color=TRAIN_COLOUR, alpha=0.3, linewidth=0.8, label="train, each step")
        # The mean of an epoch stands in its middle, the validation at its end: neither seems ahead.
        draw(epochs - 0.5, means, color=TRAIN_COLOUR, label="train, mean of epoch")
    if valid is not None:
        draw(epochs, valid, color=VALID_COLOUR, linestyle=VALID_DASHES, label="valid")
    if log:
        ax.set_yscale("log")
    else:
        ax.set_ylim(bottom=min(0.0, float(steps.min())))
    _finish(ax, "loss")


def _draw_accuracies(ax: Axes, curves: list[tuple[str, dict[str, Any], Floats]]) -> None:
    for label, style, fractions in curves:
        final = f"{label} ({100 * fractions[-1]:.1f} %)"
        ax.plot(np.arange(1, len(fractions) + 1), 100 * fractions, label=final, **style)
    _finish(ax, "accuracy [%]")


def _finish(ax: Axes, ylabel: str, xlabel: str = "epoch") -> None:
    from matplotlib.ticker import MaxNLocator

    ax.set(xlabel=xlabel, ylabel=ylabel)
    ax.set_xlim(left=0)
    ax.xaxis.set_major_locator(MaxNLocator("auto", integer=True, steps=[1, 2, 5, 10]))
    if len(ax.get_legend_handles_labels()[0]) > MOST_WITHIN:
        ax.legend(frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5))
    else:
        ax.legend(frameon=False, loc="best")
    tidy(ax)
