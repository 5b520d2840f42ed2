"""Boxes and arrows in layers: none on another, none crossed by a line, few crossings."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microdl.plots._layout import _crossings, _Items, _reduce_crossings, layered


@st.composite
def graphs(draw):
    """Sizes, and arrows that lead from lower numbers to higher ones."""
    n = draw(st.integers(1, 14))
    sizes = draw(st.lists(st.tuples(st.floats(10, 120), st.floats(16, 80)), min_size=n, max_size=n))
    pairs = list(combinations(range(n), 2))
    chosen = draw(st.lists(st.sampled_from(pairs), max_size=24)) if pairs else []
    return sizes, chosen


@given(graphs())
def test_boxes_lie_apart_and_no_line_runs_through_one(graph):
    sizes, pairs = graph
    layout = layered(sizes, pairs)
    rectangles = [(x, y, x + w, y + h) for (x, y), (w, h) in zip(layout.corners, sizes, strict=True)]
    for left, top, right, bottom in rectangles:
        assert left >= -1e-6
        assert top >= -1e-6
        assert right <= layout.width + 1e-6
        assert bottom <= layout.height + 1e-6
    for a, b in combinations(rectangles, 2):
        assert a[2] < b[0] or b[2] < a[0] or a[3] + 9 < b[1] or b[3] + 9 < a[1], (a, b)
    for of_box in layout.lines:
        for x, y, to_x, to_y in of_box:
            assert x <= to_x + 1e-6, "to the right"
            low, high = min(y, to_y), max(y, to_y)
            for left, top, right, bottom in rectangles:
                assert to_x <= left + 1e-6 or x >= right - 1e-6 or high < top or low > bottom


@given(graphs())
def test_arrows_lead_from_box_to_box(graph):
    sizes, pairs = graph
    layout = layered(sizes, pairs)
    for (a, b), (x, y) in zip(pairs, layout.tips, strict=True):
        left, top = layout.corners[b]
        assert x == pytest.approx(left)
        assert top <= y <= top + sizes[b][1]
        assert layout.corners[a][0] + sizes[a][0] < left, "all arrows point to the right"
        assert _reaches(layout, a, sizes[a], (x, y))


def _reaches(layout, box, size, tip):
    """Whether the lines of a box join its right edge to the tip."""
    (x, y), (w, h) = layout.corners[box], size
    reached = {(round(x + w, 6), round(y + h / 2, 6))}
    for line in sorted(layout.lines[box]):
        if (round(line[0], 6), round(line[1], 6)) in reached:
            reached.add((round(line[2], 6), round(line[3], 6)))
    return (round(tip[0], 6), round(tip[1], 6)) in reached


def test_chains_that_could_cross_do_not():
    pairs = [(0, 5), (1, 4), (2, 3), (3, 8), (4, 7), (5, 6)]
    items = _Items([(10.0, 10.0)] * 9, pairs)
    assert _crossings(items) == 0, "so does the order of the arguments"
    items.layers[1].reverse()
    assert _crossings(items) == 6
    _reduce_crossings(items)
    assert _crossings(items) == 0


def test_the_first_argument_stands_above():
    layout = layered([(30.0, 20.0)] * 5, [(1, 3), (0, 3), (3, 4), (2, 4)])
    assert layout.corners[1][1] < layout.corners[0][1]
    assert layout.corners[3][1] < layout.corners[2][1]


def test_a_chain_is_straight():
    layout = layered([(30.0, 20.0 + 10 * i) for i in range(6)], [(i, i + 1) for i in range(5)])
    middles = [y + (20 + 10 * i) / 2 for i, (_, y) in enumerate(layout.corners)]
    assert middles == pytest.approx([middles[0]] * 6)


def test_a_circle_is_refused():
    with pytest.raises(ValueError, match="circle"):
        layered([(1.0, 1.0)] * 2, [(0, 1), (1, 0)])
