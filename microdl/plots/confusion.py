"""The confusion matrix: which class is taken for which."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ._style import EDGE, Floats, as_array, check_finite, class_labels, detached, luminance, new_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_confusion_matrix"]

NORMALISED = {None: None, "true": 1, "pred": 0, "all": (0, 1)}  # the axes that are summed over
WITH_NUMBERS = 30  # classes, up to which numbers fit into the cells
SHADES = ("#ffffff", "#9ecae1", "#08306b")


def plot_confusion_matrix(
    y_true: Any,
    y_pred: Any = None,
    ax: Axes | None = None,
    *,
    class_names: Sequence[Any] | None = None,
    normalise: str | None = None,
    title: str | None = None,
) -> Axes:
    """Draw how many examples of each class (rows) were taken for each class (columns), the numbers in the cells.

    Args:
        y_true: the true labels, shape (n,), integers or text; or, without ``y_pred``, the matrix itself, shape
            (classes, classes), numbers of at least 0.
        y_pred: the predicted labels, shape (n,).
        ax: the axes to draw on; by default a new figure's.
        class_names: names, in the order of the sorted labels; if labels are 0, 1, ..., by number, so that a class that
            does not occur has its row too.
        normalise: ``"true"``: fractions of each true class (rows add up to 1: the diagonal is the recall); ``"pred"``:
            of each predicted class (the diagonal is the precision); ``"all"``: of all examples; by default counts. A
            class without examples leaves its cells at 0.
        title: above the picture.

    Returns:
        The axes. With more than 30 classes a colour bar takes the place of the numbers.

    Raises:
        TypeError: the matrix is not of real numbers.
        ValueError: labels are not 1-D, are none, or differ in number; the matrix is not square, is empty, has NaN or
            negative numbers; ``normalise`` is unknown; ``class_names`` are not one a class.
        ImportError: matplotlib is not installed.

    Example:
        >>> from microdl.plots import plot_confusion_matrix
        >>> axes = plot_confusion_matrix([0, 0, 1, 1], [0, 1, 1, 1], class_names=["cat", "dog"])
        >>> [text.get_text() for text in axes.texts]
        ['1', '1', '0', '2']
    """
    if normalise not in NORMALISED:
        known = ", ".join(repr(key) for key in NORMALISED)
        raise ValueError(f"normalise must be one of {known}, got {normalise!r}")
    matrix, names = _given(y_true, class_names) if y_pred is None else _counted(y_true, y_pred, class_names)
    shown = matrix
    if normalise is not None:
        sums = matrix.sum(axis=NORMALISED[normalise], keepdims=True)
        shown = np.divide(matrix, sums, out=np.zeros_like(matrix), where=sums > 0)
    count = len(names)
    side = 1.9 + min(0.55, 7.5 / count) * max(count, 3)
    ax = new_axes(ax, side + 0.6, side)
    image = _draw_cells(ax, shown, names)
    if count <= WITH_NUMBERS:
        _write_numbers(ax, image, shown, normalise is not None or bool((matrix % 1).any()))
    else:
        label = "examples" if normalise is None else "fraction"
        ax.figure.colorbar(image, ax=ax, fraction=0.046, pad=0.03).set_label(label)
    ax.set(xlabel="predicted class", ylabel="true class")
    if title:
        ax.set_title(title)
    return ax


def _given(matrix: Any, class_names: Sequence[Any] | None) -> tuple[Floats, list[str]]:
    array = as_array(matrix, "the confusion matrix")
    if array.ndim == 1:
        raise ValueError(
            f"y_pred is missing: pass y_true and y_pred, or a matrix; got one array of shape {array.shape}"
        )
    if array.ndim != 2 or array.shape[0] != array.shape[1] or array.size == 0:
        raise ValueError(f"a confusion matrix is square and not empty, got shape {array.shape}")
    check_finite(array, "the confusion matrix")
    if (array < 0).any():
        raise ValueError(f"a confusion matrix holds counts of at least 0, got {array.min():g}")
    return array, class_labels(class_names, len(array), f"the matrix has {len(array)} classes")


def _counted(y_true: Any, y_pred: Any, class_names: Sequence[Any] | None) -> tuple[Floats, list[str]]:
    true, predicted = _labels(y_true, "y_true"), _labels(y_pred, "y_pred")
    if len(true) != len(predicted):
        raise ValueError(f"y_true has {len(true)} labels, but y_pred has {len(predicted)}")
    if (true.dtype.kind == "U") != (predicted.dtype.kind == "U"):
        raise ValueError(f"y_true and y_pred must be of one kind, got {true[0]!r} and {predicted[0]!r}")
    classes = np.unique(np.concatenate([true, predicted]))
    numbered = (
        class_names is not None and classes.dtype.kind in "iu" and 0 <= classes[0] <= classes[-1] < len(class_names)
    )
    if numbered and class_names is not None:
        classes = np.arange(len(class_names))
    names = class_labels(
        classes.tolist() if class_names is None else class_names, len(classes), f"there are {len(classes)} classes"
    )
    places = np.searchsorted(classes, true) * len(classes) + np.searchsorted(classes, predicted)
    counts = np.bincount(places, minlength=len(classes) ** 2).reshape(len(classes), len(classes))
    return counts.astype(np.float64), names


def _labels(labels: Any, name: str) -> NDArray[Any]:
    array = np.asarray(detached(labels))
    if array.ndim != 1 or array.size == 0:
        raise ValueError(f"{name} must be labels, shape (n,) with at least one, got shape {array.shape}")
    if array.dtype.kind == "f":
        check_finite(array.astype(np.float64), name)
        whole = array.astype(np.int64)
        if (whole != array).any():
            raise ValueError(
                f"{name} must be labels, integers or text, got {array[whole != array][0]}: pass the classes"
            )
        return whole
    return array.astype(str) if array.dtype.kind == "O" else array


def _draw_cells(ax: Axes, shown: Floats, names: list[str]) -> Any:
    from matplotlib.colors import LinearSegmentedColormap

    shades = LinearSegmentedColormap.from_list("microdl_counts", SHADES)
    image = ax.imshow(shown, cmap=shades, vmin=0, vmax=float(shown.max()) or 1.0, interpolation="nearest")
    count = len(names)
    room = ax.get_window_extent().height / ax.figure.dpi  # inches
    every = range(0, count, max(1, -(-count // max(2, int(room / 0.17)))))
    turned = max(len(names[k]) for k in every) * 0.1 > room / len(every)
    ax.set_xticks(list(every), [names[k] for k in every], rotation=90 if turned else 0)
    ax.set_yticks(list(every), [names[k] for k in every])
    ax.tick_params(labelsize=9 if count <= 15 else 7)
    if count <= WITH_NUMBERS:
        ax.set_xticks(np.arange(count - 1) + 0.5, minor=True)
        ax.set_yticks(np.arange(count - 1) + 0.5, minor=True)
        ax.grid(which="minor", color="0.88", linewidth=0.6)
        ax.tick_params(which="minor", length=0)
    ax.spines[:].set_color(EDGE)
    return image


def _write_numbers(ax: Axes, image: Any, shown: Floats, fractions: bool) -> None:
    count = len(shown)
    room = ax.get_window_extent().width / ax.figure.dpi * 72 / count  # points a cell
    texts = [[f"{value:.2f}" if fractions and value else f"{value:.0f}" for value in row] for row in shown]
    longest = max(len(text) for row in texts for text in row)
    size = min(10.0, max(4.0, room / (0.72 * max(longest, 2))))
    for i, j in np.ndindex(count, count):
        dark = luminance(image.cmap(image.norm(shown[i, j]))[:3]) < 140
        ink = "white" if dark else "black" if shown[i, j] else "0.6"
        ax.text(j, i, texts[i][j], ha="center", va="center", fontsize=size, color=ink)
