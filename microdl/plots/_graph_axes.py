"""A computational graph on matplotlib axes."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ._style import check_axes, new_figure
from ._svg import (
    FONT_SIZE,
    INK,
    LINE_HEIGHT,
    LOOKS,
    MARGIN,
    PAD_X,
    PAD_Y,
    TEXT_COLOURS,
    TIP,
    WIRE,
    laid_out,
    size,
    texts,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ._layout import Layout
    from ._trace import Box, Picture

PIXELS_PER_INCH = 96.0  # as in SVG
WIDEST = 200.0  # inches; beyond, everything is drawn smaller
TITLE_HEIGHT = 26.0


def drawn(picture: Picture, ax: Axes | None, title: str | None) -> Axes:
    layout = laid_out(picture)
    width, height = layout.width + 2 * MARGIN, layout.height + 2 * MARGIN
    axes = _own_axes(width, height, title) if ax is None else check_axes(ax)
    axes.set(xlim=(-MARGIN, layout.width + MARGIN), ylim=(layout.height + MARGIN, -MARGIN), aspect="equal")
    axes.set_axis_off()
    _draw_wires(axes, layout)
    for box, corner in zip(picture.boxes, layout.corners, strict=True):
        _draw_box(axes, box, corner)
    if title:
        axes.set_title(title)
    return axes


def _own_axes(width: float, height: float, title: str | None) -> Axes:
    """Axes that fill a figure in which the graph has the size of its SVG."""
    above = TITLE_HEIGHT if title else 0.0
    scale = min(1.0, WIDEST * PIXELS_PER_INCH / max(width, height + above)) / PIXELS_PER_INCH
    figure = new_figure(width * scale, (height + above) * scale, layout=None)
    axes: Axes = figure.add_axes((0.0, 0.0, 1.0, height / (height + above)))
    return axes


def _draw_wires(axes: Axes, layout: Layout) -> None:
    from matplotlib.patches import PathPatch, Polygon
    from matplotlib.path import Path

    for lines in layout.lines:
        if not lines:
            continue
        points: list[tuple[float, float]] = []
        for x, y, to_x, to_y in lines:
            middle = (x + to_x) / 2
            points += [(x, y), (middle, y), (middle, to_y), (to_x, to_y)]
        codes = [Path.MOVETO, Path.CURVE4, Path.CURVE4, Path.CURVE4] * len(lines)
        wire = PathPatch(Path(points, codes), fill=False, edgecolor=WIRE, linewidth=1.0, capstyle="round", zorder=1)
        axes.add_patch(wire)
    for x, y in layout.tips:
        tip = [(x, y), (x - TIP, y - TIP / 2), (x - TIP, y + TIP / 2)]
        axes.add_patch(Polygon(tip, closed=True, facecolor=WIRE, edgecolor="none", zorder=2))


def _draw_box(axes: Axes, box: Box, corner: tuple[float, float]) -> None:
    from matplotlib.patches import FancyBboxPatch

    look, (x, y), (width, height) = LOOKS[box.kind], corner, size(box)
    dashes = (0, tuple(float(n) for n in look.dashes.split())) if look.dashes else "solid"
    outline = f"round,pad=0,rounding_size={look.radius}" if look.radius else "square,pad=0"
    patch = FancyBboxPatch((x, y), width, height, boxstyle=outline, mutation_aspect=1, zorder=3)
    patch.set(facecolor=look.fill, edgecolor=look.stroke, linewidth=0.75 * look.width, linestyle=dashes)
    axes.add_patch(patch)
    for i, (kind, text) in enumerate(texts(box)):
        at = x + PAD_X, y + PAD_Y + LINE_HEIGHT * (i + 0.75)
        weight = "bold" if kind == "title" else "normal"
        axes.add_artist(_text(*at, text, TEXT_COLOURS.get(kind, INK), weight))


def _text(x: float, y: float, text: str, colour: str, weight: str) -> Any:
    style = {"family": "monospace", "va": "baseline", "parse_math": False, "clip_on": True, "zorder": 4}
    written = _outlined_text()(x, y, text, color=colour, weight=weight, **style)
    written.set_in_layout(False)  # it lies within its box
    return written


@lru_cache(maxsize=1)
def _outlined_text() -> Any:
    """The class of texts that are as large as their place in the data, whatever becomes of the axes.

    They are drawn by their outlines: pixel fonts have whole pixels for each character, and outgrow their boxes.
    """
    from matplotlib.patches import PathPatch
    from matplotlib.text import Text
    from matplotlib.textpath import TextPath
    from matplotlib.transforms import Affine2D

    class OutlinedText(Text):
        axes: Any  # which it is given before it is drawn

        def outline(self) -> Any:
            path = TextPath((0, 0), self.get_text(), size=FONT_SIZE, prop=self.get_fontproperties())
            return path.transformed(Affine2D().scale(1, -1).translate(*self.get_position()))

        def get_window_extent(self, renderer: Any = None, dpi: float | None = None) -> Any:
            return self.axes.transData.transform_path(self.outline()).get_extents()

        def draw(self, renderer: Any) -> None:
            patch = PathPatch(self.outline(), facecolor=self.get_color(), linewidth=0, transform=self.axes.transData)
            patch.set_figure(self.axes.figure)
            patch.set_clip_path(self.axes.patch)
            if self.get_visible():
                patch.draw(renderer)
            self.stale = False

    return OutlinedText
