"""Boxes and arrows in layers, from left to right: where each box stands and which way each arrow goes.

The method of Sugiyama, Tagawa and Toda (1981), with the parts that its later users settled on:

- Layers: a box stands as far left of the last ones as its longest way to them has arrows.
- An arrow over several layers passes through a gap in each. All arrows from one box share their gaps, so that what is
  used often, such as a recurrent weight, becomes one line with branches.
- Order within a layer: at first that of the arrows, the first above; then swept to and fro, by the mean place of the
  neighbours; of all orders met, the one in which the fewest lines cross.
- Heights: each box as near to the mean of its neighbours as the distances to those above and below allow, which is a
  problem of isotonic regression and solved exactly, layer by layer.

Source: Sugiyama, Tagawa, Toda, "Methods for visual understanding of hierarchical system structures", 1981; Gansner,
Koutsofios, North, Vo, "A technique for drawing directed graphs", 1993.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

GAP, SPREAD = 40.0, 3.0  # between layers, and more for each line that runs there, up to
WIDEST_GAP = 130.0
ABOVE, BETWEEN = 18.0, 10.0  # the least distance of boxes in a layer, and of lines
TIPS = 13.0  # between the tips of arrows that end at one box
SWEEPS = 12
STRAIGHT = 4.0  # how much more a bend counts for each end that is no box

Point = tuple[float, float]
Line = tuple[float, float, float, float]  # x and y of its ends; horizontal at both


@dataclass(frozen=True)
class Layout:
    """The result, in the units of the sizes: `corners` are the upper left ones of boxes, y grows downwards.

    `lines` has the lines that leave each box; `tips` where the arrows end, in the order in which they were given.
    """

    corners: list[Point]
    lines: list[list[Line]]
    tips: list[Point]
    width: float
    height: float


def layered(sizes: Sequence[Point], arrows: Sequence[tuple[int, int]]) -> Layout:
    """Places boxes of the given widths and heights, joined by arrows (from, to) without a cycle."""
    items = _Items(sizes, arrows)
    _reduce_crossings(items)
    heights = _heights(items)
    return _drawn(items, heights, sizes, arrows)


class _Items:
    """What stands in the layers: the boxes, by their numbers, and after them the gaps for lines that pass.

    Layer 0 is the rightmost. `links` are pairs of items in neighbouring layers, the left one first.
    """

    def __init__(self, sizes: Sequence[Point], arrows: Sequence[tuple[int, int]]) -> None:
        self.boxes = len(sizes)
        self.layer = _layers(self.boxes, arrows)
        self.size = [height for _, height in sizes]
        self.source = list(range(self.boxes))  # of a gap: the box whose lines pass
        self.at: dict[tuple[int, int], int] = {}  # of a box's line in a layer
        self.links: list[tuple[int, int]] = []
        self.last: list[int] = [self._arrive(a, b) for a, b in arrows]  # what each arrow passes before it ends
        self.layers: list[list[int]] = [[] for _ in range(max(self.layer) + 1)]
        first = _reading_order(self.boxes, arrows)
        for item in sorted(range(len(self.layer)), key=lambda item: first[self.source[item]]):
            self.layers[self.layer[item]].append(item)
        self.left: dict[int, list[int]] = defaultdict(list)
        self.right: dict[int, list[int]] = defaultdict(list)
        for a, b in self.links:
            self.left[b].append(a)
            self.right[a].append(b)

    def _arrive(self, a: int, b: int) -> int:
        item = a
        for layer in range(self.layer[a] - 1, self.layer[b], -1):
            gap = self.at.get((a, layer))
            if gap is None:
                gap = self.at[a, layer] = len(self.layer)
                self.layer.append(layer)
                self.size.append(0.0)
                self.source.append(a)
                self.links.append((item, gap))
            item = gap
        self.links.append((item, b))
        return item

    def is_gap(self, item: int) -> bool:
        return item >= self.boxes

    def apart(self, above: int, below: int) -> float:
        """The least distance of the middles of two items that stand one above the other."""
        between = BETWEEN if self.is_gap(above) and self.is_gap(below) else ABOVE
        return (self.size[above] + self.size[below]) / 2 + between


def _layers(boxes: int, arrows: Sequence[tuple[int, int]]) -> list[int]:
    """The number of arrows on the longest way from each box to one without arrows onwards."""
    before: list[list[int]] = [[] for _ in range(boxes)]
    waiting = [0] * boxes
    for a, b in arrows:
        before[b].append(a)
        waiting[a] += 1
    layer = [0] * boxes
    ready = [box for box in range(boxes) if not waiting[box]]
    for box in ready:  # which grows
        for a in before[box]:
            layer[a] = max(layer[a], layer[box] + 1)
            waiting[a] -= 1
            if not waiting[a]:
                ready.append(a)
    if len(ready) < boxes:
        raise ValueError("the arrows lead in a circle")
    return layer


def _reading_order(boxes: int, arrows: Sequence[tuple[int, int]]) -> list[int]:
    """The place of each box in an order in which what leads to it comes after it, in the order of the arrows."""
    before: list[list[int]] = [[] for _ in range(boxes)]
    for a, b in arrows:
        before[b].append(a)
    ends = {*range(boxes)} - {a for a, _ in arrows}
    place: dict[int, int] = {}
    stack = sorted(ends, reverse=True)
    while stack:
        box = stack.pop()
        if box not in place:
            place[box] = len(place)
            stack += reversed(before[box])
    return [place[box] for box in range(boxes)]


# --- order ------------------------------------------------------------------------------------------------


def _reduce_crossings(items: _Items) -> None:
    """Orders the layers so that few lines cross."""
    best, fewest = [list(layer) for layer in items.layers], _crossings(items)
    for sweep in range(SWEEPS):
        if not fewest:
            break
        leftwards = sweep % 2 == 0
        order = items.layers[1:] if leftwards else items.layers[-2::-1]
        neighbours = items.right if leftwards else items.left
        place = _places(items)
        for layer in order:
            _sort_by_neighbours(layer, neighbours, place)
        crossings = _crossings(items)
        if crossings < fewest:
            best, fewest = [list(layer) for layer in items.layers], crossings
    items.layers = best


def _places(items: _Items) -> dict[int, int]:
    return {item: place for layer in items.layers for place, item in enumerate(layer)}


def _sort_by_neighbours(layer: list[int], neighbours: dict[int, list[int]], place: dict[int, int]) -> None:
    """By the mean place of the neighbours; an item without any stays beside the one it stood below."""
    keys: dict[int, float] = {}
    before = -1.0
    for item in layer:
        of = neighbours[item]
        before = keys[item] = sum(place[n] for n in of) / len(of) if of else before
    layer.sort(key=keys.__getitem__)
    place.update((item, at) for at, item in enumerate(layer))


def _crossings(items: _Items) -> int:
    """How many pairs of lines cross: the inversions among their right ends, read in the order of the left ones."""
    place = _places(items)
    by_layer: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for a, b in items.links:
        by_layer[items.layer[a]].append((place[a], place[b]))
    total = 0
    for ends in by_layer.values():
        seen: list[int] = []
        for _, right in sorted(ends):
            total += len(seen) - bisect_right(seen, right)
            insort(seen, right)
    return total


# --- heights ----------------------------------------------------------------------------------------------


def _heights(items: _Items) -> list[float]:
    """The height of each item's middle, the least of all upper edges being 0."""
    y = [0.0] * len(items.layer)
    for layer in items.layers:
        _stack(items, layer, y, [0.0] * len(layer), [1.0] * len(layer))
    both = {item: items.left[item] + items.right[item] for item in range(len(y))}
    for neighbours in [items.right, items.left] * 6 + [both] * 24:
        for layer in reversed(items.layers) if neighbours is items.left else items.layers:
            wishes = [_wish(items, item, neighbours[item], y) for item in layer]
            _stack(items, layer, y, [height for height, _ in wishes], [weight for _, weight in wishes])
    top = min(y[item] - items.size[item] / 2 for item in range(len(y)))
    return [middle - top for middle in y]


def _wish(items: _Items, item: int, neighbours: Sequence[int], y: Sequence[float]) -> tuple[float, float]:
    """The mean height of the neighbours, and how much it counts: more where a line passes than at a box."""
    if not neighbours:
        return y[item], 0.1
    weights = [STRAIGHT ** (items.is_gap(item) + items.is_gap(n)) for n in neighbours]
    total = sum(weights)
    return sum(w * y[n] for w, n in zip(weights, neighbours, strict=True)) / total, total


def _stack(
    items: _Items, layer: Sequence[int], y: list[float], wanted: Sequence[float], weights: Sequence[float]
) -> None:
    """Puts a layer's items where they want to be, as nearly as their distances allow (weighted least squares)."""
    least = [0.0]
    for above, below in pairwise(layer):
        least.append(least[-1] + items.apart(above, below))
    blocks: list[tuple[float, float, int]] = []  # mean, weight and number of those that stand as close as they may
    for want, offset, weight in zip(wanted, least, weights, strict=True):
        mean, count = want - offset, 1
        while blocks and blocks[-1][0] >= mean:
            before, heavy, number = blocks.pop()
            mean = (heavy * before + weight * mean) / (heavy + weight)
            weight, count = weight + heavy, count + number
        blocks.append((mean, weight, count))
    means = [mean for mean, _, count in blocks for _ in range(count)]
    for item, mean, offset in zip(layer, means, least, strict=True):
        y[item] = mean + offset


# --- lines ------------------------------------------------------------------------------------------------


def _drawn(items: _Items, y: Sequence[float], sizes: Sequence[Point], arrows: Sequence[tuple[int, int]]) -> Layout:
    columns = _columns(items, sizes)
    middle = [(columns[layer][0] + columns[layer][1]) / 2 for layer in items.layer]
    corners = [(middle[i] - w / 2, y[i] - h / 2) for i, (w, h) in enumerate(sizes)]
    tips = _tips(items, y, corners, sizes, arrows)
    lines: list[list[Line]] = [[] for _ in sizes]
    for item, layer in enumerate(items.layer):  # across a layer: through a gap, or from a box to the layer's edge
        left, right = columns[layer]
        if not items.is_gap(item):
            left = corners[item][0] + sizes[item][0]
        if items.right[item] and left < right:
            lines[items.source[item]].append((left, y[item], right, y[item]))
    for a, b in items.links:  # from layer to layer
        if items.is_gap(b):
            lines[items.source[a]].append((columns[items.layer[a]][1], y[a], columns[items.layer[b]][0], y[b]))
    for (_, b), a, (x, height) in zip(arrows, items.last, tips, strict=True):
        start = columns[items.layer[b]][0]
        lines[items.source[a]].append((columns[items.layer[a]][1], y[a], start, height))
        if start < x:
            lines[items.source[a]].append((start, height, x, height))
    return Layout(corners, lines, tips, columns[0][1], max(y[i] + size / 2 for i, size in enumerate(items.size)))


def _columns(items: _Items, sizes: Sequence[Point]) -> list[tuple[float, float]]:
    """The left and right edge of each layer, wide enough for its widest box."""
    links = [0] * len(items.layers)
    for a, _ in items.links:
        links[items.layer[a]] += 1
    columns: list[tuple[float, float]] = []
    x = 0.0
    for number in reversed(range(len(items.layers))):
        width = max((sizes[item][0] for item in items.layers[number] if not items.is_gap(item)), default=0.0)
        columns.append((x, x + width))
        x += width + min(GAP + SPREAD * links[number], WIDEST_GAP)
    return columns[::-1]


def _tips(
    items: _Items,
    y: Sequence[float],
    corners: Sequence[Point],
    sizes: Sequence[Point],
    arrows: Sequence[tuple[int, int]],
) -> list[Point]:
    """Where arrows end: on the left edge, one above the other, in the order in which they come."""
    arriving: dict[int, list[int]] = defaultdict(list)
    for number, (_, b) in enumerate(arrows):
        arriving[b].append(number)
    tips: list[Point] = [(0.0, 0.0)] * len(arrows)
    for b, numbers in arriving.items():
        step = min(TIPS, (sizes[b][1] - 8) / len(numbers))
        for place, number in enumerate(sorted(numbers, key=lambda n: y[items.last[n]])):
            tips[number] = corners[b][0], y[b] + step * (place - (len(numbers) - 1) / 2)
    return tips
