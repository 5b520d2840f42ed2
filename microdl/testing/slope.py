"""The slope of a function along a line by differences, with bars that say how far it can be wrong.

Central differences at steps that fall by eights are extrapolated to step zero (Neville's scheme); the estimate with the
least bar stands. A *tight* bar bounds the truncation and the rounding of the function's value, a *loose* one also the
rounding inside the function and that of the gradient it is compared with. Where the slopes of the two sides keep their
distance while the step falls, the point is a kink. What a gradient is told by it is the module `verdict`'s.

Source: C. J. F. Ridders, Accurate computation of F'(x) and F'(x)F''(x), Advances in Engineering Software 4 (1982).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np

__all__ = ["Line", "Slope", "Steps", "slope", "widened"]

Array = np.ndarray[Any, Any]

FIRST, RATIO, LEVELS = 2.0**-4, 8.0, 11  # the steps, in units of the line's scale: 2^-4, 2^-7, ... 2^-34
ENOUGH = 1e-10  # a bar so small, relative to the slope, needs no further step
AGREES = 1e-8  # relative: closer than a function that is itself an approximation agrees with its derivative
VAGUE = 1e-2  # a bar so large, relative to the slope, decides nothing
QUANTA = 64.0  # so many roundings of a number that cancels inside f, and what changes by less may stand still


@dataclass
class Line:
    """`f(x + t d)` for a number t. `at(t)` gives the outputs as a vector of float64, `upstream` weights them."""

    at: Callable[[float], Array]
    upstream: Array
    scale: float = 1.0  # the length that counts as one step
    least: float = 0.0  # a smaller one to try where the first decides nothing
    epsilon: float = 2.0**-53  # the rounding of the dtype computed in
    inner: float = 0.0  # sum |x_j a_j| over the inputs and their gradients: the size of what is rounded inside f
    largest: float = 0.0  # the largest gradient: what the rounding of the backward is measured by
    reach: float = 0.0  # the largest number among the inputs, or 1: the size that may cancel inside f
    touched: Callable[[], Array] | None = None  # which outputs depend on what moves: those that turn NaN with it
    start: Array | None = None  # the outputs at t = 0, where they are known


@dataclass
class Slope:
    """The slope, or at a kink the least and the largest of both sides (`low`, `high`), within the bars.

    `status` is "smooth", "kink", "skipped" (a jump, a vertical tangent, outside the domain) or "inconclusive"; against
    a gradient (`verdict.compare`) also "wrong", and `ratio` is then its distance from the slope in loose bars.
    """

    value: float = math.nan
    tight: float = math.inf
    loose: float = math.inf
    low: float = math.nan
    high: float = math.nan
    status: str = "inconclusive"
    ratio: float = 0.0
    step: float = math.nan  # the one that it was read from
    one_sided: bool = False  # the function has values on one side only, as far as the steps go
    unresolved: bool = False  # there are differences clear of rounding, but they come to no one slope
    hidden: Callable[[], Array] | None = None  # for each output that stood still, the slope that its rounding can hide

    def distance(self, gradient: float) -> float:
        """How far the gradient is outside the slopes of the sides."""
        return max(self.low - gradient, gradient - self.high, 0.0)


def slope(line: Line, gradient: float | None = None) -> Slope:
    """The slope at t = 0; with a `gradient` no further step is taken once the two agree."""
    steps = Steps(line)
    for level in range(LEVELS + max(0, round(math.log2(line.scale) / 3))):
        steps.take(line.scale * FIRST / RATIO**level)
        if steps.settled(gradient):
            break
    return steps.smooth() or steps.kinked() or steps.neither()


def widened(found: Slope, line: Line) -> Slope:
    """With the bars widened by what the rounding of outputs that stood still can hide."""
    if found.hidden is None:
        return found
    hidden = found.hidden()
    if hidden.any() and line.touched is not None:
        hidden = hidden * line.touched()
    more = float(hidden.sum())
    return replace(found, tight=found.tight + more, loose=found.loose + more)


@dataclass
class Steps:
    """The differences taken so far, one entry a step at which at least one side has a value."""

    line: Line
    h: list[float] = field(default_factory=list)
    low: list[float] = field(default_factory=list)  # of each output the less of the sides' slopes, summed
    high: list[float] = field(default_factory=list)
    total: list[float] = field(default_factory=list)  # the sizes of the outputs' slopes, summed
    noise: list[float] = field(default_factory=list)  # the rounding of the values, over h
    row: list[float] = field(default_factory=list)  # the last row of Neville's table
    one_sided: bool = False
    value: float = math.nan
    bar: float = math.inf
    best: int = 0  # the step that gave `value` and `bar`
    edge: bool = False  # whether that step was one-sided
    unit: float = 0.0  # what the outputs that change are, over one scale

    def __post_init__(self) -> None:
        self.start = self.line.at(0.0) if self.line.start is None else self.line.start
        self.moved = np.zeros(self.start.shape, bool)
        self.sizes = np.abs(self.line.upstream * self.start)  # what the outputs' rounding is measured by
        self.before: tuple[float, Array, Array] | None = None  # the last step, and the slopes of its sides
        self.last: Any = math.inf  # by how much an output changed when it last did

    def take(self, h: float) -> None:
        up, down = self.change(h), self.change(-h)
        if up is None and down is None:
            return
        g = self.line.upstream
        right = g * (up if up is not None else down) / h
        left = g * (down if down is not None else up) / h
        both, low = float((left + right).sum()), float(np.minimum(left, right).sum())
        extent = float(np.abs(right).sum())
        self.h.append(h)
        self.low.append(low)
        self.high.append(max(both - low, low))
        self.total.append(extent)
        moves = (right != 0) | (left != 0)
        drowned = self._drowned(self.moved & ~moves)
        self.moved |= moves
        size = float(self.sizes[self.moved].sum()) / h
        self.noise.append(2 * self.line.epsilon * (size + extent) + drowned / h)
        self.before = h, right, left
        if len(self.h) == 1:
            small = min(extent, float(np.abs(left).sum()), float(np.abs(g).sum()) / h)
            self.unit = small * h / self.line.scale
        self.unit = max(self.unit, size * h / self.line.scale)
        self._extrapolate(both / 2, up is None or down is None)

    def _drowned(self, still: Array) -> float:
        """How much the outputs may change that moved a few roundings of the inputs' size, and now stand still."""
        if self.before is None or not still.any():
            return 0.0
        h, right, left = self.before
        change = h * np.maximum(np.abs(right), np.abs(left))
        self.last = np.where(change > 0, change, self.last)
        quantum = QUANTA * self.line.epsilon * self.line.reach * np.abs(self.line.upstream)
        return float(self.last[still & (self.last < quantum)].sum())

    def change(self, t: float) -> Array | None:
        """What the outputs gain over t, divided by the sign of t; None where one that changes has no value."""
        there = self.line.at(t)
        change = there - self.start if t > 0 else self.start - there
        if math.isfinite(change.sum()):
            return change
        change[(there == self.start) | (np.isnan(there) & np.isnan(self.start))] = 0
        return change if np.isfinite(change).all() else None

    def _extrapolate(self, central: float, one_sided: bool) -> None:
        """Neville's next row: the error is a series in h where one side is missing, else in h^2."""
        if one_sided != self.one_sided:
            self.row, self.one_sided = [], one_sided
        base = RATIO if one_sided else RATIO * RATIO
        row = [central]
        for m, old in enumerate(self.row[:4]):
            value = row[m] + (row[m] - old) / (base ** (m + 1) - 1)
            bar = 2 * max(abs(value - row[m]), abs(value - old)) + self.noise[-1]
            row.append(value)
            if bar <= self.bar or not self._steady(self.best):
                self.value, self.bar, self.best, self.edge = value, bar, len(self.h) - 1, one_sided
        self.row = row

    def _extent(self, j: int) -> float:
        return max(abs(self.low[j]), abs(self.high[j]))

    def _steady(self, j: int) -> bool:
        """Whether the sides come together: their distance falls with the step, or is rounding."""
        apart = self.high[j] - self.low[j]
        if apart <= max(ENOUGH * self._extent(j), 4 * self.noise[j]):
            return True
        return j > 0 and apart <= (self.high[j - 1] - self.low[j - 1]) / 3

    def _vague(self) -> bool:
        least: float = self.line.epsilon**0.375 * self.unit  # 1e-6 of it in float64
        return self.bar > max(VAGUE * abs(self.value), least)

    def settled(self, gradient: float | None) -> bool:
        if len(self.h) < 2:
            return False
        if self.noise[-1] > self._extent(-1) > 0:
            return True  # smaller steps drown in rounding
        if not self._steady(self.best):
            return False
        if self.bar <= ENOUGH * abs(self.value) or self.noise[-1] > self.bar:
            return True
        if gradient is None or self._vague():
            return False
        return abs(gradient - self.value) <= AGREES * max(abs(gradient), abs(self.value))

    def smooth(self) -> Slope | None:
        if len(self.h) < 2 or not self._steady(self.best) or self._vague():
            return None
        h, line = self.h[self.best], self.line
        curvature = (self.high[self.best] - self.low[self.best]) / h
        inside = 4 * self._inner(self.best) / h + 32 * (line.largest + line.scale * curvature)
        loose = self.bar + line.epsilon * inside
        hidden = partial(self._hidden, h)
        return Slope(
            self.value, self.bar, loose, self.value, self.value, "smooth", step=h, one_sided=self.edge, hidden=hidden
        )

    def _inner(self, j: int) -> float:
        """The size of what is rounded inside f, also where it cancels between the outputs."""
        return max(self.line.inner, self.line.scale * self.total[j])

    def _hidden(self, h: float) -> Array:
        inside = np.abs(self.line.upstream) * self.line.reach  # what may cancel, so that the output itself is 0
        size = np.maximum(np.nan_to_num(self.sizes, posinf=0.0), inside)
        return np.where(self.moved, 0.0, 2 * self.line.epsilon * size / h)

    def kinked(self) -> Slope | None:
        """The hull of the sides' slopes at the step where these stand most still."""
        found, widest = None, 0.0
        for j in range(1, len(self.h)):
            bar = abs(self.low[j] - self.low[j - 1]) + abs(self.high[j] - self.high[j - 1]) + self.noise[j]
            widest = max(widest, self._extent(j - 1))
            if bar <= max(VAGUE * self._extent(j), 1e-3 * widest) and (found is None or bar < found.tight):
                loose = bar + self.line.epsilon * (4 * self._inner(j) / self.h[j] + 32 * self.line.largest)
                middle = (self.low[j] + self.high[j]) / 2
                hidden = partial(self._hidden, self.h[j])
                found = Slope(middle, bar, loose, self.low[j], self.high[j], "kink", step=self.h[j], hidden=hidden)
        return found

    def neither(self) -> Slope:
        """No slope: no value on either side, or slopes that grow as the step falls; or too little to say."""
        clear = [self._extent(j) for j in range(len(self.h)) if self.noise[j] <= VAGUE * self._extent(j)]
        diverge = len(clear) > 2 and clear[-1] > 1.5 * clear[-2] > 2.25 * clear[-3]
        return Slope(status="inconclusive" if clear and not diverge else "skipped", unresolved=bool(clear))
