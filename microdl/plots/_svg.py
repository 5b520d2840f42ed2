"""A computational graph as SVG text.

The file stands by itself: no script, no style sheet, no font of its own (the reader's monospace font, whose characters
are all three fifths as wide as high), a title and a description for those who listen, and for every box its full name
and PyTorch's, shown where the pointer rests.
"""

from __future__ import annotations

import unicodedata
import zlib
from collections.abc import Iterator
from xml.sax.saxutils import escape, quoteattr

from ._labels import printable, shortened
from ._layout import Layout, Line, layered
from ._trace import Box, Picture

FONT_SIZE, LINE_HEIGHT, CHARACTER = 12.0, 16.0, 7.25
PAD_X, PAD_Y, MARGIN = 9.0, 6.0, 14.0
TIP = 7.0
INK, GRAD, QUIET, WIRE = "#1a1a1a", "#a0330f", "#555555", "#5f6b76"
TEXT_COLOURS = {"shape": QUIET, "note": QUIET, "value": INK, "grad": GRAD}


class Look:
    """How a kind of box is drawn: told apart by outline and corners as well, so that colours are not needed."""

    def __init__(self, fill: str, stroke: str, width: float, radius: float, dashes: str = "") -> None:
        self.fill, self.stroke, self.width, self.radius, self.dashes = fill, stroke, width, radius, dashes


LOOKS = {
    "leaf": Look("#d9e8f6", "#1f5f99", 1.8, 11),
    "constant": Look("#f1f1f1", "#777777", 1.2, 11, "4 3"),
    "step": Look("#ffffff", "#333333", 1.2, 0),
    "output": Look("#ffffff", "#333333", 1.2, 6),
    "result": Look("#fdeccb", "#1a1a1a", 2.6, 0),
    "more": Look("#ffffff", "#777777", 1.2, 0, "1 3"),
}


def columns(text: str) -> int:
    """How many characters of a monospace font a text is wide: those of East Asia count twice."""
    return sum(1 + (unicodedata.east_asian_width(c) in "WF") - bool(unicodedata.combining(c)) for c in text)


def texts(box: Box) -> list[tuple[str, str]]:
    """What is written in a box, from above: (kind, text), the title first."""
    return [("title", shortened(box.title)), *((kind, shortened(text)) for kind, text in box.lines)]


def size(box: Box) -> tuple[float, float]:
    lines = texts(box)
    return 2 * PAD_X + CHARACTER * max(columns(text) for _, text in lines), 2 * PAD_Y + LINE_HEIGHT * len(lines)


def laid_out(picture: Picture) -> Layout:
    return layered([size(box) for box in picture.boxes], [(arrow.source, arrow.target) for arrow in picture.arrows])


def written(picture: Picture, title: str, description: str) -> str:
    """The SVG text."""
    layout = laid_out(picture)
    body = "\n".join([*_wires(picture, layout), *_boxes(picture, layout)])
    width, height = layout.width + 2 * MARGIN, layout.height + 2 * MARGIN
    mark = f"{zlib.crc32(body.encode()):08x}"  # two graphs in one page have their own title each
    text = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_n(width)}" height="{_n(height)}" '
        f'viewBox="{_n(-MARGIN)} {_n(-MARGIN)} {_n(width)} {_n(height)}" role="img" '
        f'aria-labelledby="graph-{mark}-title graph-{mark}-desc" font-family="monospace" font-size="{_n(FONT_SIZE)}">\n'
        f'<title id="graph-{mark}-title">{escape(printable(title))}</title>\n'
        f'<desc id="graph-{mark}-desc">{escape(printable(description))}</desc>\n'
        f'<rect x="{_n(-MARGIN)}" y="{_n(-MARGIN)}" width="{_n(width)}" height="{_n(height)}" fill="#ffffff"/>\n'
        f"{body}\n</svg>\n"
    )
    return text.encode("ascii", "xmlcharrefreplace").decode()  # the same in whatever encoding it is written to a file


def _wires(picture: Picture, layout: Layout) -> Iterator[str]:
    yield f'<g fill="none" stroke="{WIRE}" stroke-width="1.3" stroke-linecap="round">'
    for lines in layout.lines:
        if lines:
            yield f'<path d="{"".join(map(_path, lines))}"/>'
    yield "</g>"
    yield f'<g fill="{WIRE}">'
    for arrow, (x, y) in zip(picture.arrows, layout.tips, strict=True):
        tip = f'd="M{_n(x)} {_n(y)}l{_n(-TIP)} {_n(-TIP / 2)}v{_n(TIP)}z"'
        yield f"<path {tip}><title>{escape(arrow.name)}</title></path>" if arrow.name else f"<path {tip}/>"
    yield "</g>"


def _path(line: Line) -> str:
    x, y, to_x, to_y = line
    if y == to_y:
        return f"M{_n(x)} {_n(y)}H{_n(to_x)}"
    middle = _n((x + to_x) / 2)
    return f"M{_n(x)} {_n(y)}C{middle} {_n(y)} {middle} {_n(to_y)} {_n(to_x)} {_n(to_y)}"


def _boxes(picture: Picture, layout: Layout) -> Iterator[str]:
    for box, (x, y) in zip(picture.boxes, layout.corners, strict=True):
        look, (width, height) = LOOKS[box.kind], size(box)
        dashes = f" stroke-dasharray={quoteattr(look.dashes)}" if look.dashes else ""
        yield f'<g class="{box.kind}"><title>{escape(shortened(box.full))}</title>'
        yield (
            f'<rect x="{_n(x)}" y="{_n(y)}" width="{_n(width)}" height="{_n(height)}" rx="{_n(look.radius)}" '
            f'fill="{look.fill}" stroke="{look.stroke}" stroke-width="{_n(look.width)}"{dashes}/>'
        )
        for i, (kind, text) in enumerate(texts(box)):
            weight = ' font-weight="bold"' if kind == "title" else ""
            at = f'x="{_n(x + PAD_X)}" y="{_n(y + PAD_Y + LINE_HEIGHT * (i + 0.75))}"'
            yield f'<text {at} fill="{TEXT_COLOURS.get(kind, INK)}"{weight}>{escape(text)}</text>'
        yield "</g>"


def _n(value: float) -> str:
    """A number with at most two decimals, none of them a last 0."""
    return f"{value:.2f}".rstrip("0").rstrip(".")
