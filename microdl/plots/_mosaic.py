"""Many small images on one axes, each with its name above: far faster than axes for each of them.

On a figure of its own the unit of the axes is the inch. On axes that are given it is the inch of their size at that
time, and proportions are kept whatever becomes of it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ._style import check_axes, need_matplotlib, new_figure, signed_map

if TYPE_CHECKING:
    from matplotlib.axes import Axes

GAP, NARROW_GAP = 0.14, 0.07  # inches between panels with names and without
LABEL_HEIGHT = 0.24  # inches above a panel, for its name
LABEL_SIZE, SMALLEST_LABEL = 10.0, 6.5  # points
SMALL_PANEL = 0.6  # inches: names are smaller above narrower ones
BAR_WIDTH = 0.75  # inches to the right, for the colour bar and its numbers
WIDEST = 13.0  # inches, beyond which panels become smaller
MOST = 1000
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Mosaic:
    """The axes, where each image lies on it (x, y of its upper left corner, width, height), and the size of names."""

    ax: Axes
    boxes: list[Box]
    label_size: float


@dataclass(frozen=True)
class _Grid:
    """Panels in rows, in inches: the width of one, its width to height, and the room for a name above it."""

    count: int
    columns: int
    width: float
    aspect: float
    label: float
    widest: float  # of the names, in letters of LABEL_SIZE

    @property
    def gap(self) -> float:
        return GAP if self.label else NARROW_GAP

    @property
    def cell(self) -> tuple[float, float]:
        """From one panel to the next, to the right and down: names have room in letters that can still be read."""
        least = self.widest * SMALLEST_LABEL / LABEL_SIZE if self.label else 0.0
        return max(self.width, least) + self.gap, self.width / self.aspect + self.label + self.gap

    @property
    def size(self) -> tuple[float, float]:
        rows = math.ceil(self.count / self.columns)
        return self.columns * self.cell[0] - self.gap, rows * self.cell[1] - self.gap

    def on(self, ax: Axes, right: float = 0.0) -> Mosaic:
        """On these axes, with so many inches left free on the right."""
        across, down = self.cell
        indent = (across - self.gap - self.width) / 2
        boxes = [
            (
                k % self.columns * across + indent,
                k // self.columns * down + self.label,
                self.width,
                self.width / self.aspect,
            )
            for k in range(self.count)
        ]
        ax.set_axis_off()
        ax.set(xlim=(0, self.size[0] + right), ylim=(self.size[1], 0))
        largest = LABEL_SIZE * self.label / LABEL_HEIGHT
        room = across - self.gap / 2
        return Mosaic(ax, boxes, min(largest, LABEL_SIZE * room / self.widest) if self.widest else largest)


def lay_out(
    count: int,
    aspect: float,
    labels: Sequence[str],
    *,
    ax: Axes | None = None,
    columns: int | None = None,
    title: str | None = None,
    scale: tuple[str, float] | None = None,
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
    widest = max((_text_width(text) for text in sorted(set(labels), key=len)[-20:]), default=0.0)
    if ax is not None:
        return _on_given(check_axes(ax), _Grid(count, columns or 0, 0.0, aspect, label, widest), title, scale)
    width = min(1.1, 1.6 * aspect)
    if label:
        width = max(width, min(1.1, 0.9 * widest))  # so that names need not be small
    columns = min(count, max(5, math.ceil(math.sqrt(2 * count)))) if columns is None else columns
    width = min(width, max(0.4, WIDEST / columns))
    grid = _Grid(count, columns, width, aspect, label, widest)
    return grid.on(_own_axes(grid.size, title, scale, foot))


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
    from matplotlib.image import AxesImage
    from matplotlib.patches import Rectangle

    ax = mosaic.ax
    for k, (image, label, (x, y, width, height)) in enumerate(zip(images, labels, mosaic.boxes, strict=True)):
        # Not ax.imshow, which looks at all images that are there already.
        drawn = AxesImage(ax, cmap=scale["cmap"], extent=(x, x + width, y + height, y), interpolation="nearest")
        drawn.set_data(image)
        if image.ndim == 2:
            drawn.set_clim(scale["vmin"], scale["vmax"])
        ax.add_image(drawn)
        style = {"edgecolor": "0.6", "linewidth": 0.6} if frames is None else frames[k]
        ax.add_patch(Rectangle((x, y), width, height, fill=False, clip_on=False, **style))
        if label:
            ax.text(x + width / 2, y - 0.05, label, ha="center", va="bottom", fontsize=mosaic.label_size)


def signed(largest: float) -> dict[str, Any]:
    """The options of `draw_scaled` for values from -largest to largest."""
    return {"cmap": signed_map(), "vmin": -largest, "vmax": largest}


def _text_width(text: str, size: float = LABEL_SIZE) -> float:
    """Inches."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    if not text.strip():
        return 0.0
    return float(text_to_path.get_text_width_height_descent(text, FontProperties(size=size), ismath=False)[0]) / 72


def _own_axes(size: tuple[float, float], title: str | None, scale: tuple[str, float] | None, foot: bool) -> Axes:
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
        _draw_bar(figure.add_axes((box[0] + box[2] + 0.2 / width, box[1], 0.14 / width, box[3])), *scale)
    if title:
        figure.suptitle(title, y=1 - 0.14 / height, va="top", fontsize=12)
    return ax


def _on_given(ax: Axes, wanted: _Grid, title: str | None, scale: tuple[str, float] | None) -> Mosaic:
    if title:
        ax.set_title(title)
    extent = ax.get_window_extent()
    right = BAR_WIDTH if scale else 0.0
    room = max(0.5, extent.width / ax.figure.dpi - right), extent.height / ax.figure.dpi
    grid = _fitting(wanted, room)
    if grid.width < SMALL_PANEL:
        grid = _fitting(replace(wanted, label=0.8 * wanted.label), room)
    mosaic = grid.on(ax, right)
    ax.set_aspect("equal")
    if scale:
        width = grid.size[0] + right
        _draw_bar(ax.inset_axes(((grid.size[0] + 0.15) / width, 0, 0.12 / width, 1)), *scale)
    return mosaic


def _fitting(wanted: _Grid, room: tuple[float, float]) -> _Grid:
    """With the largest panels that fit into so many inches; in as many columns as that takes, if none are wanted."""

    def in_columns(columns: int) -> _Grid:
        rows = math.ceil(wanted.count / columns)
        across = (room[0] + wanted.gap) / columns - wanted.gap
        down = (room[1] + wanted.gap) / rows - wanted.gap - wanted.label
        return replace(wanted, columns=columns, width=max(0.02, min(across, down * wanted.aspect)))

    choices = [wanted.columns] if wanted.columns else range(1, wanted.count + 1)
    return max((in_columns(columns) for columns in choices), key=lambda grid: grid.width)


def _draw_bar(ax: Axes, name: str, largest: float) -> None:
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    colours = ScalarMappable(Normalize(-largest, largest), signed_map())
    ax.figure.colorbar(colours, cax=ax).set_label(name, fontsize=9)
    ax.tick_params(labelsize=8)


def check_columns(columns: Any) -> int | None:
    """`columns`, if it is None or a number of panels; else TypeError or ValueError."""
    if columns is None:
        return None
    if isinstance(columns, bool) or not isinstance(columns, (int, np.integer)):
        raise TypeError(f"columns must be an integer, got {columns!r}")
    if columns < 1:
        raise ValueError(f"columns must be at least 1, got {columns}")
    return int(columns)
