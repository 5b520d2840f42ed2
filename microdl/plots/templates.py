"""Weight templates: each row of a linear classifier's weights as the image that it looks for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ._images import largest_of, rows_as_images, stretched
from ._models import weights_of
from ._mosaic import check_columns, draw_images, draw_scaled, lay_out, signed
from ._style import check_finite, class_labels

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_templates"]

DIVERGED = "If they come from training, it diverged: lower the learning rate"


def plot_templates(
    weights: Any,
    ax: Axes | None = None,
    *,
    shape: tuple[int, ...] | None = None,
    class_names: Sequence[Any] | None = None,
    columns: int | None = None,
    title: str | None = None,
) -> Axes:
    """Draw each row of a weight matrix as the image a linear classifier looks for: its template.

    The score of class k is ``weights[k] @ x + b[k]``: large when image x looks like template k. Grey templates share
    one colour scale, symmetric about 0: yellow and light where ink adds to the score, blue and dark where it subtracts
    (so the sign is seen in a grey print too). Colour templates are rescaled together,
    ``255 * (w - min) / (max - min)``.

    Args:
        weights: a module, whose first ``nn.Linear`` is drawn; a fitted estimator with ``coef_`` (or, of a network,
            ``coefs_``; of a pipeline or a search that of its last step or best estimator); or the weights themselves,
            shape (classes, features), as an array, a tensor or lists.
        ax: the axes to draw on, all panels within them; by default a new figure's.
        shape: of one image: (height, width) or (1, height, width) for grey, (3, height, width) or
            (height, width, 3) for colour. By default square: grey when ``features`` is a square number,
            colour with channels first (PyTorch's order) when it is three times a square number.
        class_names: one a row; by default the estimator's classes, or 0, 1, 2, ...
        columns: how many panels in a row.
        title: above all panels.

    Returns:
        The axes: one image and one text a row. For grey images a colour bar stands beside them.

    Raises:
        TypeError: ``weights`` are not real numbers, or a class instead of a model.
        ValueError: the estimator is not fitted or not linear, the module has no ``nn.Linear``; ``weights`` are not
            2-D, are empty, have a NaN or an infinity, do not fit ``shape``, or ``class_names`` are not one a row.
        ImportError: matplotlib is not installed.

    Example:
        >>> import microdl as torch
        >>> from microdl.plots import plot_templates
        >>> axes = plot_templates(torch.nn.Linear(4, 3), class_names=["cat", "car", "frog"])
        >>> [text.get_text() for text in axes.texts]
        ['cat', 'car', 'frog']

    Source: https://cs231n.github.io/linear-classify/, "Interpretation of linear classifiers as template matching".
    """
    rows, own_names = weights_of(weights)
    if rows.ndim != 2 or rows.size == 0:
        raise ValueError(f"weights must be 2-D, (classes, features), and not empty, got shape {rows.shape}")
    check_finite(rows, "weights", DIVERGED)
    names = class_labels(own_names if class_names is None else class_names, len(rows), f"weights have {len(rows)} rows")
    images = rows_as_images(rows, shape)
    grey = images.ndim == 3
    largest = largest_of(images)
    mosaic = lay_out(
        len(images),
        images.shape[2] / images.shape[1],
        names,
        ax=ax,
        columns=check_columns(columns),
        title=title,
        scale=("weight", largest) if grey else None,
    )
    if grey:
        draw_scaled(mosaic, list(images), names, signed(largest))
    else:
        draw_images(mosaic, list(stretched(images, np.min(images), np.max(images))), names)
    return mosaic.ax
