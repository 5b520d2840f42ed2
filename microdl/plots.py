"""Pictures: weight templates and loss curves, drawn with matplotlib.

Matplotlib is imported when a picture is drawn, never before, and only its object-oriented interface is
used: each function returns a new ``matplotlib.figure.Figure`` and touches no global state (no ``pyplot``, no
window).
Install it with ``pip install "microdl[plots]"``.
"""

from __future__ import annotations

import io
import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from microdl._atomic import write_atomically

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["plot_losses", "plot_templates", "save_figure"]

LABEL_HEIGHT = 0.24  # inches above a panel, for its name
TRAIN_COLOUR, VALID_COLOUR = "tab:blue", "tab:orange"
# What would make two equal pictures differ in their bytes: program versions and dates.
METADATA: dict[str, dict[str, None]] = {
    "png": {"Software": None},
    "svg": {"Creator": None, "Date": None},
    "pdf": {"Creator": None, "Producer": None, "CreationDate": None},
}


def plot_templates(
    weights: ArrayLike,
    shape: tuple[int, ...] | None = None,
    class_names: Sequence[str] | None = None,
    title: str | None = None,
) -> Figure:
    """Draw each row of a weight matrix as the image a linear classifier looks for: its template.

    The score of class k is ``weights[k] @ x + b[k]``: large when image x looks like template k. Grey
    templates share one colour scale, symmetric about 0: red where ink adds to the score, blue where it
    subtracts. Colour templates are rescaled together, ``255 * (w - min) / (max - min)``.

    Args:
        weights: shape (classes, features): the weight of an ``nn.Linear``, an array, or any array-like.
        shape: of one image: (height, width) or (1, height, width) for grey, (3, height, width) or
            (height, width, 3) for colour. By default square: grey when ``features`` is a square number,
            colour with channels first (PyTorch's order) when it is three times a square number.
        class_names: one a row; by default 0, 1, 2, ...
        title: above all panels.

    Returns:
        The figure, with one panel a row and, for grey images, a colour bar.

    Raises:
        TypeError: ``weights`` are not real numbers.
        ValueError: ``weights`` are not 2-D, are empty, have a NaN or an infinity, do not fit ``shape``, or
            ``class_names`` are not one a row.
        ImportError: matplotlib is not installed.

    Example:
        >>> import numpy as np
        >>> from microdl.plots import plot_templates
        >>> figure = plot_templates(np.arange(40.0).reshape(10, 4) - 20)
        >>> [text.get_text() for text in figure.axes[0].texts][:3]
        ['0', '1', '2']

    Source: https://cs231n.github.io/linear-classify/, "Interpretation of linear classifiers as template matching".
    """
    rows = _real_array(weights, "weights")
    if rows.ndim != 2 or rows.size == 0:
        raise ValueError(f"weights must be 2-D, (classes, features), and not empty, got shape {rows.shape}")
    _check_finite(rows, "weights")
    names = [str(k) for k in range(len(rows))] if class_names is None else [str(name) for name in class_names]
    if len(names) != len(rows):
        raise ValueError(f"weights have {len(rows)} rows, but class_names has {len(names)} names: {names}")
    images = _images(rows, shape)
    return _draw_grid(images, names, title)


def plot_losses(
    train: ArrayLike,
    valid: ArrayLike | None = None,
    *,
    steps_per_epoch: int = 1,
    train_accuracy: ArrayLike | None = None,
    valid_accuracy: ArrayLike | None = None,
    log: bool = False,
    title: str | None = None,
) -> Figure:
    """Draw the loss, and the accuracy if it is given, against the epochs of a training run.

    Args:
        train: the training loss after each step, shape (epochs * steps_per_epoch,): a faint line for the
            steps and a strong one for the mean of each epoch.
        valid: the validation loss at the end of each epoch, shape (epochs,).
        steps_per_epoch: how many entries of ``train`` make an epoch; 1 if there is one an epoch.
        train_accuracy: fractions 0 to 1 at the end of each epoch, shape (epochs,), drawn in percent on axes
            of their own.
        valid_accuracy: likewise.
        log: draw the losses on a logarithmic scale; a loss of 0 leaves a gap there.
        title: above the picture.

    Returns:
        The figure: one axes, or two side by side if an accuracy is given.

    Raises:
        TypeError: the values are not real numbers, or ``steps_per_epoch`` is not an integer.
        ValueError: values are not 1-D, are none, or have a NaN or an infinity; their lengths do not agree; an
            accuracy is outside 0 to 1.
        ImportError: matplotlib is not installed.

    Example:
        >>> from microdl.plots import plot_losses
        >>> figure = plot_losses([2.3, 1.1, 0.9, 0.7], valid=[1.2, 0.8], steps_per_epoch=2)
        >>> figure.axes[0].get_ylabel()
        'loss'
    """
    steps = _curve(train, "train")
    if isinstance(steps_per_epoch, bool) or not isinstance(steps_per_epoch, (int, np.integer)):
        raise TypeError(f"steps_per_epoch must be an integer, got {steps_per_epoch!r}")
    if steps_per_epoch < 1 or len(steps) % steps_per_epoch:
        raise ValueError(f"{len(steps)} training losses are not whole epochs of {steps_per_epoch} steps")
    epochs = len(steps) // steps_per_epoch
    valid_loss = None if valid is None else _curve(valid, "valid", epochs)
    accuracies = [
        (label, colour, _accuracy_curve(values, f"{label}_accuracy", epochs))
        for label, colour, values in (
            ("train", TRAIN_COLOUR, train_accuracy),
            ("valid", VALID_COLOUR, valid_accuracy),
        )
        if values is not None
    ]

    figure = _new_figure(10.0 if accuracies else 5.5, 3.6, layout="constrained")
    panels = figure.subplots(1, 2 if accuracies else 1, squeeze=False)[0]
    _draw_losses(panels[0], steps, valid_loss, int(steps_per_epoch), log)
    if accuracies:
        _draw_accuracies(panels[1], accuracies)
    if title:
        figure.suptitle(title)
    return figure


def save_figure(figure: Figure, path: str | os.PathLike[str], dpi: int = 150) -> None:
    """Write a figure to a ``.png``, ``.svg`` or ``.pdf`` file: whole, or not at all.

    No date or version is written, so equal figures give equal bytes (with one version of matplotlib).

    Args:
        figure: what the functions above return, or any matplotlib figure.
        path: the file; one of that name is replaced.
        dpi: pixels an inch.

    Raises:
        ValueError: the file name ends in none of ``.png``, ``.svg``, ``.pdf``.
        FileNotFoundError: the folder does not exist.
        IsADirectoryError: ``path`` is a folder.
    """
    kind = Path(path).suffix.lower().removeprefix(".")
    if kind not in METADATA:
        raise ValueError(f"cannot draw into {os.fspath(path)!r}: end its name in .png, .svg or .pdf")
    from matplotlib import rc_context

    content = io.BytesIO()
    with rc_context({"svg.hashsalt": "microdl"}):
        figure.savefig(content, format=kind, dpi=dpi, metadata=METADATA[kind])
    write_atomically(path, content.getvalue())


def _new_figure(width: float, height: float, layout: str | None = None) -> Figure:
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ImportError('drawing needs matplotlib: pip install "microdl[plots]"') from error
    return Figure(figsize=(width, height), layout=layout)  # type: ignore[arg-type]


def _real_array(values: ArrayLike, name: str) -> NDArray[np.float64]:
    # A Tensor that requires grad refuses to become an array, rightly; a picture needs no gradient.
    detach = getattr(values, "detach", None)
    array = np.asarray(detach() if callable(detach) else values)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"{name} must be real numbers, got {type(values).__name__} of dtype {array.dtype}")
    return array.astype(np.float64)


def _check_finite(array: NDArray[np.float64], name: str) -> None:
    bad = np.argwhere(~np.isfinite(array))
    if len(bad):
        where = tuple(int(i) for i in bad[0])
        raise ValueError(
            f"{name} must be finite, but {len(bad)} of {array.size} are not:"
            f" {name}{list(where)} is {array[where]}."
            " If they come from training, it diverged: lower the learning rate"
        )


def _curve(values: ArrayLike, name: str, epochs: int | None = None) -> NDArray[np.float64]:
    curve = _real_array(values, name)
    if curve.ndim != 1 or curve.size == 0:
        raise ValueError(f"{name} must be 1-D with at least one value, got shape {curve.shape}")
    if epochs is not None and len(curve) != epochs:
        raise ValueError(f"{name} must have one value an epoch: {epochs}, got {len(curve)}")
    _check_finite(curve, name)
    return curve


def _accuracy_curve(values: ArrayLike, name: str, epochs: int) -> NDArray[np.float64]:
    curve = _curve(values, name, epochs)
    outside = curve[(curve < 0) | (curve > 1)]
    if len(outside):
        raise ValueError(f"{name} must be fractions within 0 to 1, got {outside[0]}. Divide percent by 100")
    return curve


def _images(rows: NDArray[np.float64], shape: tuple[int, ...] | None) -> NDArray[np.float64]:
    """Reshape (n, features) to (n, height, width) for grey images or (n, height, width, 3) for colour."""
    features = rows.shape[1]
    if shape is None:
        shape = _square_shape(features)
    shape = tuple(int(size) for size in shape)
    grey = len(shape) == 2 or (len(shape) == 3 and shape[0] == 1)
    colour = len(shape) == 3 and (shape[0] == 3 or shape[2] == 3)
    if not (grey or colour) or min(shape) < 1:
        raise ValueError(
            f"shape must be (height, width), (1, height, width), (3, height, width) or (height, width, 3), got {shape}"
        )
    if math.prod(shape) != features:
        raise ValueError(f"shape {shape} has {math.prod(shape)} values, but a row of weights has {features}")
    if grey:
        return rows.reshape(-1, *shape[-2:])
    images = rows.reshape(-1, *shape)
    return images.transpose(0, 2, 3, 1) if shape[0] == 3 else images


def _square_shape(features: int) -> tuple[int, ...]:
    for channels in (1, 3):
        side = math.isqrt(features // channels)
        if channels * side * side == features:
            return (channels, side, side)
    raise ValueError(
        f"{features} features are neither a square grey image nor a square colour image:"
        " pass shape=(height, width), and leave out a column that holds the bias"
    )


def _draw_grid(images: NDArray[np.float64], names: list[str], title: str | None) -> Figure:
    """Lay out the panels in rows, on one axes whose unit is the inch (far faster than axes each)."""
    count, pixel_rows, pixel_columns = images.shape[:3]
    colour = images.ndim == 4
    columns = min(count, max(5, math.ceil(math.sqrt(2 * count))))
    panel_width = min(1.1, 1.6 * pixel_columns / pixel_rows)
    panel_height = panel_width * pixel_rows / pixel_columns
    step_x, step_y = panel_width + 0.14, panel_height + LABEL_HEIGHT + 0.14
    grid_width, grid_height = columns * step_x - 0.14, math.ceil(count / columns) * step_y - 0.14

    left, right, bottom, top = 0.25, 0.25 if colour else 1.0, 0.25, 0.45 if title else 0.1
    spare = max(0.0, 3.5 - left - grid_width - right) if title else 0.0
    width, height = left + grid_width + right + spare, bottom + grid_height + top
    figure = _new_figure(width, height)
    box = ((left + spare / 2) / width, bottom / height, grid_width / width, grid_height / height)
    axes = figure.add_axes(box)
    axes.set_axis_off()
    boxes = [(k % columns * step_x, k // columns * step_y, panel_width, panel_height) for k in range(count)]
    _draw_panels(axes, images, names, boxes)
    axes.set(xlim=(0, grid_width), ylim=(grid_height, 0), aspect="auto")
    if not colour:
        bar = figure.add_axes((box[0] + box[2] + 0.2 / width, box[1], 0.14 / width, box[3]))
        figure.colorbar(axes.images[0], cax=bar).set_label("weight", fontsize=9)
        bar.tick_params(labelsize=8)
    if title:
        figure.suptitle(title, y=1 - 0.14 / height, va="top", fontsize=12)
    return figure


def _draw_panels(
    axes: Axes,
    images: NDArray[np.float64],
    names: list[str],
    boxes: list[tuple[float, float, float, float]],
) -> None:
    from matplotlib.patches import Rectangle

    scale = _colour_scale(images)
    for image, name, (x, y, width, height) in zip(_displayed(images), names, boxes, strict=True):
        y += LABEL_HEIGHT
        axes.imshow(image, extent=(x, x + width, y + height, y), **scale)
        frame = Rectangle((x, y), width, height, fill=False, edgecolor="0.7", linewidth=0.6, clip_on=False)
        axes.add_patch(frame)
        axes.text(x + width / 2, y - 0.05, name, ha="center", va="bottom", fontsize=10)


def _displayed(images: NDArray[np.float64]) -> NDArray[Any]:
    if images.ndim == 3:
        return images
    low, high = images.min(), images.max()
    scaled = (images - low) / (high - low) if high > low else np.full_like(images, 0.5)
    return np.rint(255 * scaled).astype(np.uint8)


def _colour_scale(images: NDArray[np.float64]) -> dict[str, Any]:
    if images.ndim == 4:
        return {}
    largest = float(np.abs(images).max()) or 1.0
    return {"cmap": "RdBu_r", "vmin": -largest, "vmax": largest}


def _draw_losses(
    axes: Axes,
    steps: NDArray[np.float64],
    valid: NDArray[np.float64] | None,
    steps_per_epoch: int,
    log: bool,
) -> None:
    means = steps.reshape(-1, steps_per_epoch).mean(axis=1)
    epochs = np.arange(1, len(means) + 1)
    log = log and bool((steps > 0).any())

    def draw(x: NDArray[Any], losses: NDArray[np.float64], **style: Any) -> None:
        axes.plot(x, np.where(losses > 0, losses, np.nan) if log else losses, **style)

    if steps_per_epoch == 1:
        draw(epochs, means, color=TRAIN_COLOUR, label="train")
    else:
        at = np.arange(1, len(steps) + 1) / steps_per_epoch
        draw(at, steps, color=TRAIN_COLOUR, alpha=0.3, linewidth=0.8, label="train, each step")
        # The mean of an epoch stands in its middle, the validation at its end: neither seems ahead.
        draw(epochs - 0.5, means, color=TRAIN_COLOUR, label="train, mean of epoch")
    if valid is not None:
        draw(epochs, valid, color=VALID_COLOUR, label="valid")
    _finish(axes, "loss")
    if log:
        axes.set_yscale("log")
    else:
        axes.set_ylim(bottom=min(0.0, float(steps.min())))


def _draw_accuracies(axes: Axes, curves: list[tuple[str, str, NDArray[np.float64]]]) -> None:
    for label, colour, curve in curves:
        final = f"{label} ({100 * curve[-1]:.1f} %)"
        axes.plot(np.arange(1, len(curve) + 1), 100 * curve, color=colour, label=final)
    _finish(axes, "accuracy [%]")


def _finish(axes: Axes, ylabel: str) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.set(xlabel="epoch", ylabel=ylabel)
    axes.set_xlim(left=0)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10]))
    axes.grid(alpha=0.3)
    axes.legend(frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
