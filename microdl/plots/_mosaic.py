"""Many small images on one axes, each with its name above: far faster than axes for each of them.

On a figure of its own the unit of the axes is the inch. On axes that are given it is the inch of their size at that
time, and proportions are kept whatever becomes of it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ._style import check_axes, need_matplotlib, new_figure, signed_map

if TYPE_CHECKING:
    from matplotlib.axes import Axes

GAP = 0.14  # inches between panels
LABEL_HEIGHT = 0.24  # inches above a panel, for its name
LABEL_SIZE, SMALLEST_LABEL = 10.0, 6.5  # points
BAR_WIDTH = 0.75  # inches to the right, for the colour bar and its numbers
MOST = 1000
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Mosaic:
    """The axes, where each image lies on it (x, y of its upper left corner, width, height), and the size of names."""

    ax: Axes
    boxes: list[Box]
    label_size: float


def lay_out(
    count: int,
    aspect: float,
    labels: Sequence[str],
    *,
    ax: Axes | None = None,
    columns: int | None = None,
    title: str | None = None,
    scale: tuple[Any, float] | None = None,
    foot: bool = False,
) -> Mosaic:
    """Axes with room for `count` panels of this width to height.

    Args:
        labels: the panels' names; without any, no room is left for them.
        ax: where to draw; by default a new figure.
        columns: panels in a row; by default what makes good use of the room.
        title: above all panels.
        scale: the name of the colour bar beside the panels, and the largest value it shows; by default there is none.
        foot: whether a line of text will stand below.
    """
    if count > MOST:
        raise ValueError(f"{count} images are too many for one picture: pass at most {MOST} of them, such as the first")
    need_matplotlib()
    label = LABEL_HEIGHT if any(labels) else 0.0
    widest = max((_text_width(text, LABEL_SIZE) for text in labels), default=0.0)
    if ax is not None:
        return _on_given(check_axes(ax), count, aspect, label, widest, columns, title, scale)
    width = min(1.1, 1.6 * aspect)
    if label:
        width = max(width, min(1.1, 0.9 * widest))  # so that names need not be small
    columns = min(count, max(5, math.ceil(math.sqrt(2 * count)))) if columns is None else columns
    cell = _cell(width, aspect, label, widest)
    size = columns * cell[0] - GAP, math.ceil(count / columns) * cell[1] - GAP
    axes = _own_axes(size, title, scale, foot)
    return _boxes(axes, count, columns, width, aspect, label, cell, widest, size)


def draw_images(
    mosaic: Mosaic,
    images: Sequence[NDArray[Any]],
    labels: Sequence[str],
    frames: Sequence[dict[str, Any]] | None = None,
) -> None:
    """Draw each image into its box, framed, with its name above.

    Two-dimensional images of signed values are to be drawn with `signed(largest)`; others as they are: grey from 0 to
    255 where they are 2-D, colour where they are 3-D.
    """
    draw_scaled(mosaic, images, labels, {"cmap": "gray", "vmin": 0, "vmax": 255}, frames)


def draw_scaled(
    mosaic: Mosaic,
    images: Sequence[NDArray[Any]],
    labels: Sequence[str],
    scale: dict[str, Any],
    frames: Sequence[dict[str, Any]] | None = None,
) -> None:
    """`draw_images` with this colour map and its limits for the images that are 2-D."""
    from matplotlib.patches import Rectangle

    ax = mosaic.ax
    limits = ax.get_xlim(), ax.get_ylim(), ax.get_aspect()
    for k, (image, label, (x, y, width, height)) in enumerate(zip(images, labels, mosaic.boxes, strict=True)):
        options = scale if image.ndim == 2 else {}
        ax.imshow(image, extent=(x, x + width, y + height, y), interpolation="nearest", **options)
        style = {"edgecolor": "0.6", "linewidth": 0.6} if frames is None else frames[k]
        ax.add_patch(Rectangle((x, y), width, height, fill=False, clip_on=False, **style))
        if label:
            ax.text(x + width / 2, y - 0.05, label, ha="center", va="bottom", fontsize=mosaic.label_size)
    ax.set(xlim=limits[0], ylim=limits[1], aspect=limits[2])


def signed(largest: float) -> dict[str, Any]:
    """The options of `draw_scaled` for values from -largest to largest."""
    return {"cmap": signed_map(), "vmin": -largest, "vmax": largest}


def _text_width(text: str, size: float) -> float:
    """Inches."""
    from matplotlib.textpath import TextPath

    if not text.strip():
        return 0.0
    return float(TextPath((0, 0), text, size=size).get_extents().x1) / 72


def _cell(width: float, aspect: float, label: float, widest: float) -> tuple[float, float]:
    least = widest * SMALLEST_LABEL / LABEL_SIZE if label else 0.0
    return max(width, least) + GAP, width / aspect + label + GAP


def _boxes(
    ax: Axes,
    count: int,
    columns: int,
    width: float,
    aspect: float,
    label: float,
    cell: tuple[float, float],
    widest: float,
    size: tuple[float, float],
) -> Mosaic:
    indent = (cell[0] - GAP - width) / 2
    boxes = [
        (k % columns * cell[0] + indent, k // columns * cell[1] + label, width, width / aspect) for k in range(count)
    ]
    room = cell[0] - GAP / 2
    ax.set_axis_off()
    ax.set(xlim=(0, size[0]), ylim=(size[1], 0))
    return Mosaic(ax, boxes, LABEL_SIZE * min(1.0, room / widest) if widest else LABEL_SIZE)


def _own_axes(size: tuple[float, float], title: str | None, scale: tuple[Any, float] | None, foot: bool) -> Axes:
    left, right, bottom = 0.25, 0.25 + (BAR_WIDTH if scale else 0.0), 0.4 if foot else 0.25
    top = 0.45 if title else 0.1
    needed = 0.3 + max(_text_width(line, 12.0) for line in title.split("\n")) if title else 0.0
    spare = max(0.0, needed - left - size[0] - right)
    width, height = left + size[0] + right + spare, bottom + size[1] + top
    figure = new_figure(width, height, layout=None)
    box = ((left + spare / 2) / width, bottom / height, size[0] / width, size[1] / height)
    ax: Axes = figure.add_axes(box)
    ax.set_aspect("auto")
    if scale:
        bar = figure.add_axes((box[0] + box[2] + 0.2 / width, box[1], 0.14 / width, box[3]))
        figure.colorbar(_mappable(scale[1]), cax=bar).set_label(scale[0], fontsize=9)
        bar.tick_params(labelsize=8)
    if title:
        figure.suptitle(title, y=1 - 0.14 / height, va="top", fontsize=12)
    return ax


def _on_given(
    ax: Axes,
    count: int,
    aspect: float,
    label: float,
    widest: float,
    columns: int | None,
    title: str | None,
    scale: tuple[Any, float] | None,
) -> Mosaic:
    if title:
        ax.set_title(title)
    if scale:
        bar = ax.figure.colorbar(_mappable(scale[1]), ax=ax, fraction=0.046, pad=0.03)
        bar.set_label(scale[0], fontsize=9)
        bar.ax.tick_params(labelsize=8)
    extent = ax.get_window_extent()
    room = extent.width / ax.figure.dpi, extent.height / ax.figure.dpi

    def fitting(columns: int) -> float:
        across = room[0] / columns - GAP
        down = (room[1] + GAP) / math.ceil(count / columns) - GAP - label
        return max(0.02, min(across, down * aspect))

    if columns is None:
        columns = max(range(1, count + 1), key=fitting)
    width = fitting(columns)
    cell = (width + GAP, width / aspect + label + GAP)
    size = columns * cell[0] - GAP, math.ceil(count / columns) * cell[1] - GAP
    mosaic = _boxes(ax, count, columns, width, aspect, label, cell, widest, size)
    ax.set_aspect("equal")
    return mosaic


def _mappable(largest: float) -> Any:
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    return ScalarMappable(Normalize(-largest, largest), signed_map())


def check_columns(columns: Any) -> int | None:
    """`columns`, if it is None or a number of panels; else TypeError or ValueError."""
    if columns is None:
        return None
    if isinstance(columns, bool) or not isinstance(columns, (int, np.integer)):
        raise TypeError(f"columns must be an integer, got {columns!r}")
    if columns < 1:
        raise ValueError(f"columns must be at least 1, got {columns}")
    return int(columns)
