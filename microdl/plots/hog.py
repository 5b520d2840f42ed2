"""Histograms of oriented gradients: each cell as a star of strokes along the edges in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ._images import one_image
from ._style import BLACK, VERMILLION, Floats, as_array, check_axes, check_finite, detached, new_figure, outline

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_hog"]

CELL, ORIENTATIONS = 8, 9
MOST_STROKES = 200_000
FAINTEST = 0.08  # of a cell: shorter strokes would be dots
STRONG = 90  # the percentile of the cells' largest bins whose stroke spans a cell


def plot_hog(
    image: Any = None,
    cells: Any = None,
    ax: Axes | None = None,
    *,
    over: bool = False,
    cell_size: tuple[int, int] | None = None,
    title: str | None = None,
) -> Axes:
    """Draw histograms of oriented gradients, one star of strokes a cell, beside the image that they are of.

    Bin i of n stands for gradients at (i + 1/2) * 180/n degrees (scikit-image's convention: from the x-axis, towards
    growing rows). A stroke is drawn across the gradient, that is along the edge, and its length is in proportion to the
    bin, up to the size of a cell, which the largest bins of the strongest tenth of the cells have.

    Args:
        image: (height, width) or (height, width, 3), bytes or numbers. Cells in its place, as the only argument, are
            understood too, unless they have 1 or 3 orientations.
        cells: (rows, columns, orientations), numbers of at least 0; without them, the image's own, of 8 x 8 pixels and
            9 orientations, by central differences and without block normalisation.
        ax: the axes to draw on; by default a new figure's. Image and stars share one axes, whose unit is the pixel.
        over: draw the strokes over the image, not beside it.
        cell_size: (height, width) in pixels of a cell; by default the image's size over the number of cells, rounded
            down, or (8, 8) without an image.
        title: above the picture.

    Returns:
        The axes: the image in ``axes.images``, the strokes in ``axes.collections``.

    Raises:
        TypeError: the numbers are not real.
        ValueError: there is neither image nor cells; they have other shapes, are empty, have NaN; cells are negative,
            or do not fit into the image.
        ImportError: matplotlib is not installed.

    Example:
        >>> import numpy as np
        >>> from microdl.plots import plot_hog
        >>> axes = plot_hog(cells=np.eye(9)[:8].reshape(2, 4, 9))
        >>> len(axes.collections[0].get_segments())
        8

    Source: Dalal and Triggs, "Histograms of oriented gradients for human detection", 2005.
    """
    if cells is None and _looks_like_cells(image):
        image, cells = None, image
    if image is None and cells is None:
        raise ValueError("pass an image, its HOG cells (rows, columns, orientations), or both")
    picture = None if image is None else one_image(image)
    histograms = _histograms(picture) if cells is None and picture is not None else _checked(cells)
    size = _cell_size(cell_size, picture, histograms)
    rows, columns = histograms.shape[0] * size[0], histograms.shape[1] * size[1]
    shift = 0.0
    width, height = columns, rows
    if picture is not None:
        width, height = max(width, picture.shape[1]), max(height, picture.shape[0])
        if not over:
            shift = width + max(1.0, 0.06 * width)
    ax = _axes(ax, shift + width, height, title)
    if picture is not None:
        _draw_image(ax, picture)
    _draw_strokes(ax, histograms, size, shift, shift + width, over and picture is not None)
    _frame(ax, shift, columns, rows)
    ax.set(xlim=(-0.5, shift + width - 0.5), ylim=(height - 0.5, -0.5), aspect="equal")
    ax.set_axis_off()
    return ax


def _looks_like_cells(values: Any) -> bool:
    shape = np.shape(detached(values))
    if len(shape) != 3 or shape[2] in (1, 3):
        return False
    return shape[0] not in (1, 3) or min(shape[1:]) < 2 * CELL  # else channels, of which an image has so many


def _checked(cells: Any) -> Floats:
    histograms = as_array(cells, "cells")
    if histograms.ndim != 3 or histograms.size == 0:
        raise ValueError(f"cells must be (rows, columns, orientations), and not empty, got shape {histograms.shape}")
    check_finite(histograms, "cells")
    if (histograms < 0).any():
        raise ValueError(f"cells must be at least 0, got {histograms.min():g}")
    if histograms.size > MOST_STROKES:
        raise ValueError(f"{histograms.size} strokes are too many for one picture: pass part of the cells")
    return histograms


def _histograms(picture: NDArray[np.uint8]) -> Floats:
    from microdl.features import hog_cells

    if min(picture.shape[:2]) < CELL:
        raise ValueError(f"an image of {picture.shape[:2]} pixels has no cell of {CELL} x {CELL}: pass cells")
    return _checked(hog_cells(picture[None], ORIENTATIONS, (CELL, CELL))[0])


def _cell_size(given: Any, picture: NDArray[np.uint8] | None, histograms: Floats) -> tuple[int, int]:
    rows, columns = histograms.shape[:2]
    if given is not None:
        if len(given) != 2 or any(isinstance(n, bool) or not isinstance(n, (int, np.integer)) or n < 1 for n in given):
            raise ValueError(f"cell_size must be (height, width) in pixels, got {given!r}")
        size = int(given[0]), int(given[1])
    elif picture is None:
        size = CELL, CELL
    else:
        size = picture.shape[0] // rows, picture.shape[1] // columns
    if picture is not None and (
        min(size) < 1 or size[0] * rows > picture.shape[0] or size[1] * columns > picture.shape[1]
    ):
        raise ValueError(
            f"{rows} x {columns} cells of {size[0]} x {size[1]} pixels do not fit into an image of"
            f" {picture.shape[0]} x {picture.shape[1]}"
        )
    return size


def _axes(ax: Axes | None, width: float, height: float, title: str | None) -> Axes:
    if ax is None:
        scale = min(9.0 / width, 7.0 / height, 0.16)
        figure = new_figure(max(2.0, width * scale) + 0.2, max(1.5, height * scale) + (0.5 if title else 0.2))
        ax = figure.add_subplot()
    ax = check_axes(ax)
    if title:
        ax.set_title(title)
    return ax


def _draw_image(ax: Axes, picture: NDArray[np.uint8]) -> None:
    options: dict[str, Any] = {"cmap": "gray", "vmin": 0, "vmax": 255} if picture.ndim == 2 else {}
    height, width = picture.shape[:2]
    ax.imshow(picture, extent=(-0.5, width - 0.5, height - 0.5, -0.5), interpolation="nearest", **options)


def _strong(histograms: Floats) -> float:
    largest = histograms.max(axis=2)
    return float(np.percentile(largest[largest > 0], STRONG, method="higher")) if largest.any() else 1.0


def _draw_strokes(ax: Axes, histograms: Floats, size: tuple[int, int], shift: float, width: float, over: bool) -> None:
    from matplotlib.collections import LineCollection

    rows, columns, orientations = histograms.shape
    angle = (np.arange(orientations) + 0.5) * np.pi / orientations
    along = np.stack([np.sin(angle), -np.cos(angle)], axis=1)  # (x, y) across the gradient (cos, sin), y downwards
    centre = np.stack(
        np.meshgrid(shift + (np.arange(columns) + 0.5) * size[1] - 0.5, (np.arange(rows) + 0.5) * size[0] - 0.5),
        axis=-1,
    )[:, :, None]
    share = np.minimum(1.0, histograms / _strong(histograms))
    half = 0.5 * min(size) * share[..., None] * along
    drawn = share > FAINTEST
    segments = np.stack([centre - half, centre + half], axis=3)[drawn]
    points = ax.get_window_extent().width / ax.figure.dpi * 72 / width * min(size)  # of a cell
    thick = min(1.4, max(0.35, points / 14))
    strokes = LineCollection(list(segments), colors=VERMILLION if over else BLACK, linewidths=thick)
    if over:
        strokes.set_path_effects(outline(2 * thick))
    ax.add_collection(strokes, autolim=False)


def _frame(ax: Axes, shift: float, columns: int, rows: int) -> None:
    from matplotlib.patches import Rectangle

    if shift:
        style: dict[str, Any] = {"fill": False, "edgecolor": "0.6", "linewidth": 0.6, "clip_on": False}
        ax.add_patch(Rectangle((shift - 0.5, -0.5), columns, rows, **style))
