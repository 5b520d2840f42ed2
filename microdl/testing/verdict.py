"""Whether a gradient is the slope along a line: right, wrong, or not to be told.

A gradient is right within the slope's tight bar, and at a kink between the slopes of the two sides. It is called wrong
only where it is far beyond the loose bar, where a second sequence of steps says so too, and where nothing that was seen
on the way speaks for it. All else is inconclusive, and counted.
"""

from __future__ import annotations

import math
import sys
from dataclasses import replace

import numpy as np

from .slope import AGREES, FIRST, LEVELS, RATIO, VAGUE, Line, Slope, Steps, slope, widened

__all__ = ["compare"]

INTERLEAVED = 0.375  # the second sequence of steps lies between those of the first
BEYOND = 4.0  # a gradient is wrong only where it is so many loose bars away,
CLEARLY = 16.0  # and where the smallest steps do not come so many times closer to it
APART = 1.1e-6  # the distance of the points at which roughness is looked for: of many digits, so that all are rounded


def compare(line: Line, gradient: float) -> Slope:
    """The slope along the line, with the verdict on the gradient as its `status`."""
    line, found = _at_its_scale(line, gradient)
    if found.status != "wrong":
        return found
    if found.one_sided and _inside(line):
        return replace(found, status="inconclusive")  # the domain ends close by, and a bend may hide between
    again = _measured(replace(line, scale=line.scale * INTERLEAVED), gradient)
    if again.status == "wrong" and math.isfinite(gradient):
        status = "inconclusive" if _drowns(line, gradient, again) else _second_thought(line, gradient, again)
        return replace(again, status=status, unresolved=status != "wrong")
    return again if again.status != "skipped" else replace(again, status="inconclusive")


def _at_its_scale(line: Line, gradient: float) -> tuple[Line, Slope]:
    """Steps in units of the line's scale, or, where x is tiny and these say nothing good, in units of x."""
    found = _measured(line, gradient)
    if found.status in ("smooth", "kink") or not 0 < line.least < line.scale:
        return line, found
    finer = replace(line, scale=line.least)
    closer = _measured(finer, gradient)
    still = closer.value == closer.low == closer.high == 0  # which rounding does, too
    news = closer.status == "wrong" and found.status != "wrong" and not still
    if closer.status in ("smooth", "kink") or news:
        return finer, closer
    if closer.unresolved:
        return finer, closer if found.status != "wrong" else replace(closer, status="inconclusive")
    return line, found


def _measured(line: Line, gradient: float) -> Slope:
    found = _judged(slope(line, gradient), gradient)
    doubt = found.status in ("wrong", "inconclusive") and found.hidden is not None
    return _judged(widened(found, line), gradient) if doubt else found


def _judged(found: Slope, gradient: float) -> Slope:
    if math.isnan(found.value):
        return found
    if not math.isfinite(gradient):
        return replace(found, status="wrong", ratio=math.inf)
    distance = found.distance(gradient)
    near = AGREES * max(abs(found.low), abs(found.high), abs(gradient))
    if distance <= max(found.tight, near):
        return replace(found, status="smooth" if found.low == found.high else "kink")
    ratio = (distance - near) / max(found.loose, sys.float_info.min)
    return replace(found, status="wrong" if ratio > BEYOND else "inconclusive", ratio=ratio)


# --- what speaks for a gradient that the estimate calls wrong --------------------------------------------------------


def _inside(line: Line) -> bool:
    """Whether there are values on both sides, a smallest step away."""
    steps, h = Steps(line), line.scale * FIRST / RATIO ** (LEVELS - 1)
    return steps.change(h) is not None and steps.change(-h) is not None


def _drowns(line: Line, gradient: float, found: Slope) -> bool:
    """Whether a small error is no more than the function's own roughness, of numbers that cancel inside it.

    The roughness is estimated from fourth differences, as in J. J. More and S. M. Wild, Estimating computational
    noise, SIAM Journal on Scientific Computing 33 (2011).
    """
    distance = found.distance(gradient)
    if distance > VAGUE * abs(gradient):
        return False
    values = [float((line.upstream * line.at(k * line.scale * APART)).sum()) for k in range(-4, 5)]
    differences = np.diff(values, 4)
    noise = math.sqrt(float((differences**2).mean()) / math.comb(8, 4))
    return not distance > BEYOND * (found.loose + 2 * noise / found.step)


def _second_thought(line: Line, gradient: float, found: Slope) -> str:
    """The status by all steps, from the largest down to where rounding begins.

    In a fine staircase the smallest agree with the gradient. In a function that computes in a narrower dtype the
    largest do, and the smallest stand still.
    """
    steps, near = Steps(line), found.distance(gradient) / CLEARLY
    off = [math.inf]  # by how much the sides of each step miss the gradient
    large = 0  # how many steps agree with it
    for level in range(5 * LEVELS):  # at most to 1e-34
        h = line.scale * FIRST / 4.0**level
        steps.take(h)
        if not steps.h or steps.h[-1] != h:
            continue
        low, high, size = steps.low[-1], steps.high[-1], line.least or line.scale
        inner = max(line.inner, size * steps.total[-1])
        if steps.noise[-1] + 4 * line.epsilon * inner / h >= near:
            break
        off.append(max(low - gradient, gradient - high, 0.0) if high - low > near else abs(low + high - 2 * gradient))
        large += abs((low + high) / 2 - gradient) <= VAGUE * abs(gradient) and high - low <= abs(gradient) / 4
    missed = max(off[-2:])
    if missed < near:
        return "smooth" if missed <= VAGUE * VAGUE * abs(gradient) else "inconclusive"
    stands_still = bool(steps.total) and steps.total[-1] == 0
    return "inconclusive" if stands_still and large > 2 else "wrong"
