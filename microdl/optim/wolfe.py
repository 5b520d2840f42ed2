"""The line search of LBFGS."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

SUFFICIENT, CURVATURE = 1e-4, 0.9
NARROWEST = 1e-9


class Point(NamedTuple):
    """A step t along the direction, with loss, gradient, and the gradient's product with the direction."""

    t: Any
    loss: float
    g: Any
    slope: Any


def strong_wolfe(
    evaluate: Callable[[Any], tuple[float, Any]], t: Any, d: Any, loss: float, g: Any, slope: Any, max_tries: int
) -> tuple[float, Any, Any, int]:
    """Loss and gradient at a step along d that meets the strong Wolfe conditions, the step, and the tries it took.

    `evaluate` gives loss and gradient at a step, t is the first try, and loss, g and slope = g d are those at 0. The
    conditions: loss(t) <= loss + 1e-4 t slope, and abs(slope(t)) <= 0.9 abs(slope). Where max_tries does not do, the
    best point of the bracket.

    Source: Nocedal and Wright, "Numerical Optimization", 2nd ed., 2006, algorithms 3.5 and 3.6, with cubic
    interpolation (3.59).
    """
    start = Point(0, loss, g, slope)

    def at(t: Any) -> Point:
        loss, g = evaluate(t)
        return Point(t, loss, g, g.dot(d))

    points, tries, done = _bracket(at, start, t, max_tries)
    best, zooms = (points[0], 0) if done else _zoom(at, start, points, np.abs(d).max(), max_tries - tries)
    return best.loss, best.g, best.t, 1 + tries + zooms


def _too_high(new: Point, start: Point) -> bool:
    return bool(new.loss > start.loss + SUFFICIENT * new.t * start.slope)


def _flat(new: Point, start: Point) -> bool:
    return bool(abs(new.slope) <= -CURVATURE * start.slope)


def _bracket(at: Callable[[Any], Point], start: Point, t: Any, max_tries: int) -> tuple[list[Point], int, bool]:
    """A point that meets the conditions, or two with one between them; the tries after the first, and which it is."""
    before, new = start, at(t)
    for tries in range(max_tries):
        if _too_high(new, start) or (tries > 1 and new.loss >= before.loss):
            return [before, new], tries, False
        if _flat(new, start):
            return [new], tries, True
        if new.slope >= 0:
            return [before, new], tries, False
        bounds = new.t + 0.01 * (new.t - before.t), new.t * 10
        before, new = new, at(_cubic_minimum(before, new, bounds))
    return [start, new], max(max_tries, 0), False


def _zoom(
    at: Callable[[Any], Point], start: Point, points: list[Point], largest: Any, max_tries: int
) -> tuple[Point, int]:
    """The lower end of the bracket, made narrower until that meets the conditions; and the tries."""
    low, high = _ordered(points)
    stuck = False
    for tries in range(max_tries):
        ends = [point.t for point in points]
        if abs(ends[1] - ends[0]) * largest < NARROWEST:
            return points[low], tries
        t, stuck = _inside(_cubic_minimum(points[0], points[1]), min(ends), max(ends), stuck)
        new = at(t)
        if _too_high(new, start) or new.loss >= points[low].loss:
            points[high] = new
            low, high = _ordered(points)
            continue
        done = _flat(new, start)
        if not done and new.slope * (points[high].t - points[low].t) >= 0:
            points[high] = points[low]
        points[low] = new
        if done:
            return new, tries + 1
    return points[low], max(max_tries, 0)


def _ordered(points: list[Point]) -> tuple[int, int]:
    """Which end of the bracket is the lower one, which the higher."""
    return (0, 1) if points[0].loss <= points[-1].loss else (1, 0)


def _inside(t: Any, least: Any, most: Any, stuck: bool) -> tuple[Any, bool]:
    """t, kept a tenth of the bracket away from its ends where it came too near twice; and whether it did now."""
    margin = 0.1 * (most - least)
    if not min(most - t, t - least) < margin:
        return t, False
    if not (stuck or t >= most or t <= least):
        return t, True
    return (most - margin if abs(t - most) < abs(t - least) else least + margin), False


def _cubic_minimum(a: Point, b: Point, bounds: tuple[Any, Any] | None = None) -> Any:
    """Where the cubic through two points with their slopes is least, within bounds; halfway where it is nowhere."""
    least, most = bounds or (min(a.t, b.t), max(a.t, b.t))
    a, b = (a, b) if a.t <= b.t else (b, a)
    d1 = a.slope + b.slope - 3 * (a.loss - b.loss) / (a.t - b.t)
    square = d1**2 - a.slope * b.slope
    if not square >= 0:
        return (least + most) / 2.0
    d2 = np.sqrt(square)
    t = b.t - (b.t - a.t) * ((b.slope + d2 - d1) / (b.slope - a.slope + 2 * d2))
    return min(max(t, least), most)
