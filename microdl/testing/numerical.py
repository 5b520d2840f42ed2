"""Gradients by differences: every element of small inputs; of large ones a sample, and sums over all elements."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from .finding import Finding
from .slope import Line, Slope, slope, widened
from .subject import Array, Counts, Subject, flat, is_real, largest
from .verdict import compare

__all__ = ["compare_gradients", "slopes", "whole"]

WHOLE = 16  # inputs of so many elements are checked element by element
SAMPLE = 10  # of larger ones, so many elements
PROJECTIONS = 2  # and so many directions in which all elements move
BESIDE = 12  # points beside a kink at which its slopes are looked for, for each element of a tie
MOST_TIED = 6  # elements that are equal, beyond which their orders are too many to try
GROUPS = 3  # groups of tied elements that are moved together
Place = tuple[int, tuple[int, ...]]  # which argument, which element


def whole(subject: Subject, g: Sequence[Array], i: int) -> Array:
    """The gradient of argument i by differences, element by element: at kinks the middle, NaN where there is none."""
    found = np.full(subject.args[i].shape, math.nan)
    for index, one in slopes(subject, g, i):
        found[index] = one.value
    return found


def slopes(
    subject: Subject, g: Sequence[Array], i: int, gradients: Sequence[Array | None] | None = None
) -> Iterator[tuple[tuple[int, ...], Slope]]:
    """The slope along each element of argument i; with the `gradients`, if known, its loose bar holds all rounding."""
    frame = _Frame(subject, g, gradients or [None] * len(subject.wanted))
    for index in np.ndindex(subject.args[i].shape):
        line = frame.line({i: ((*index, ...), 1.0)})
        found = slope(line)
        yield index, found if gradients is None else widened(found, line)


def compare_gradients(subject: Subject, g: Sequence[Array], gradients: Sequence[Array | None], counts: Counts) -> None:
    """Raise a Finding for the worst element of the first input whose gradient is wrong."""
    frame = _Frame(subject, g, gradients)
    kinked, undecided = set[Place](), set[Place]()
    for i in subject.wanted:
        worst: tuple[Place, Slope] | None = None
        for place in frame.picks(i):
            found = frame.single(place)
            counts.add(found.status)
            if found.status in ("skipped", "inconclusive") or found.unresolved:
                undecided.add(place)
            elif found.status == "kink":
                kinked.add(place)
            if found.status == "wrong" and (worst is None or found.ratio > worst[1].ratio):
                worst = place, found
        if worst is not None:
            raise frame.finding(*worst)
        if subject.args[i].size > WHOLE:
            frame.project(i, counts)
    for group in frame.ties(kinked, undecided):
        frame.together(group, counts)


class _Frame:
    """The inputs that are moved, the gradients that are judged, and what the bars are measured by."""

    def __init__(self, subject: Subject, g: Sequence[Array], gradients: Sequence[Array | None]) -> None:
        self.subject, self.g = subject, g
        self.weights = flat([u for u, y in zip(g, subject.outputs, strict=True) if y.dtype.kind == "f"])
        self.missing = {i for i, a in zip(subject.wanted, gradients, strict=True) if a is None}
        self.analytic = {
            i: np.zeros(subject.args[i].shape) if a is None else np.asarray(a, np.float64)
            for i, a in zip(subject.wanted, gradients, strict=True)
        }
        self.args = [np.array(x) if i in self.analytic else x for i, x in enumerate(subject.args)]
        self.largest = largest(*self.analytic.values())
        if subject.derived:  # what a backward sums may cancel, as in softmax's
            self.largest = max(self.largest, largest(self.weights))
        with np.errstate(all="ignore"):
            moved = [np.abs(self.args[i] * a) for i, a in self.analytic.items()]
        self.inner = float(sum(m[np.isfinite(m)].sum() for m in moved))
        # at least 1, which may be a constant of the function, as in 1 - cos(x)
        self.reach = max(1.0, largest(*filter(is_real, subject.args)))
        self.start = flat(subject.outputs)
        self.rng = np.random.default_rng(subject.seed)
        self.epsilon = max(
            (float(np.finfo(y.dtype).eps) / 2 for y in subject.outputs if y.dtype.kind == "f"), default=2**-53
        )

    def line(self, parts: dict[int, tuple[Any, Any]]) -> Line:
        """The line on which the elements at `parts[i][0]` of argument i move by t times `parts[i][1]`."""
        kept = {i: self.args[i][where].copy() for i, (where, _) in parts.items()}

        def at(t: float) -> Array:
            try:
                for i, (where, by) in parts.items():
                    self.args[i][where] = kept[i] + self.args[i].dtype.type(t) * by
                return flat(self.subject.forward(self.args))
            except Exception:  # outside the domain; what the forward says of that is not asked here
                return np.full(self.weights.shape, math.nan)
            finally:
                for i, (where, _) in parts.items():
                    self.args[i][where] = kept[i]

        def touched() -> Array:
            try:
                for i, (where, _) in parts.items():
                    self.args[i][where] = math.nan
                return np.isnan(flat(self.subject.forward(self.args)))
            except Exception:  # an op may refuse NaN
                return np.ones(self.weights.shape, bool)
            finally:
                for i, (where, _) in parts.items():
                    self.args[i][where] = kept[i]

        sizes = [abs(v) for x in kept.values() for v in x.ravel().tolist() if math.isfinite(v)]
        most, least = max(sizes, default=1.0), min(filter(None, sizes), default=math.inf)
        least = 2.0 ** math.floor(math.log2(least)) if least < 2**-4 else 0.0
        return Line(
            at,
            self.weights,
            2.0 ** max(0, round(math.log2(most or 1.0))),
            least,
            self.epsilon,
            self.inner,
            self.largest,
            self.reach,
            touched,
            self.start,
        )

    def compare(self, parts: dict[int, tuple[Any, Any]]) -> Slope:
        expected = sum(float(np.sum(self.analytic[i][where] * by)) for i, (where, by) in parts.items())
        found = compare(self.line(parts), expected)
        undefined = not math.isfinite(expected) and not np.isfinite(flat(self.subject.outputs)).all()
        return Slope(status="skipped") if undefined else found

    def single(self, place: Place) -> Slope:
        i, index = place
        found = self.compare({i: ((*index, ...), 1.0)})
        if found.status != "wrong" or not math.isfinite(self.analytic[i][index]):
            return found
        tied = sum(int((x == self.args[i][index]).sum()) for x in map(self.args.__getitem__, self.analytic))
        corner = found.low != found.high
        if tied <= MOST_TIED:
            return self.beside(place, found, BESIDE * tied) if corner or tied > 1 else found
        return replace(found, status="inconclusive") if corner or self.bent(self.args[i][index]) else found

    def bent(self, value: float) -> bool:
        """Whether the slopes by the elements equal to `value` do not add up: each smooth, together at a corner.

        The median of equal numbers is such: one that moves alone changes nothing.
        """
        tied = {i: np.nonzero(np.atleast_1d(self.args[i] == value)) for i in self.analytic}
        tied = {i: where for i, where in tied.items() if where[0].size}
        return any(self._unequal(tied) for _ in range(MOST_TIED))

    def _unequal(self, tied: dict[int, tuple[Array, ...]]) -> bool:
        """Whether the slopes along two random directions do not add up to that along their sum."""
        one, two = ({i: self.rng.uniform(-1, 1, where[0].size) for i, where in tied.items()} for _ in range(2))
        a, b, c = (
            slope(
                self.line({i: (where, d[i]) if self.args[i].ndim else ((...,), d[i][0]) for i, where in tied.items()})
            )
            for d in (one, two, {i: one[i] + two[i] for i in tied})
        )
        if not a.status == b.status == c.status == "smooth":
            return True
        return abs(a.value + b.value - c.value) > a.loose + b.loose + c.loose + 1e-4 * max(abs(a.value), abs(b.value))

    def beside(self, place: Place, found: Slope, points: int) -> Slope:
        """Where elements are tied, the hull of the slopes close by, with the ties broken at random.

        What lies among them is a generalised gradient (F. H. Clarke, Optimization and Nonsmooth Analysis, 1983), though
        the two sides of one element may not show it: a sort of equal numbers may give each of them any place.
        """
        i, index = place
        kept = {j: self.args[j].copy() for j in self.analytic}
        aside = self.epsilon**0.375  # how far beside, relative: 2^-20 in float64
        low, high = found.low, found.high
        try:
            for _ in range(points):
                for j, x in kept.items():
                    self.args[j][...] = x + aside * self.rng.uniform(-1, 1, x.shape) * np.maximum(np.abs(x), 1.0)
                line = self.line({i: ((*index, ...), 1.0)})
                near = slope(replace(line, scale=2.0**-4 * aside / self.args[i].size, start=None))
                if near.status in ("smooth", "kink"):
                    low, high = min(low, near.low), max(high, near.high)
        finally:
            for j, x in kept.items():
                self.args[j][...] = x
        bar = found.loose + 1e-4 * max(abs(low), abs(high))  # the slopes are those of another point
        corner = found.low != found.high or high - low > bar
        inside = corner and low - bar <= self.analytic[i][index] <= high + bar
        return replace(found, low=low, high=high, status="kink", unresolved=True) if inside else found

    def picks(self, i: int) -> Iterator[Place]:
        """All elements of a small input; of a large one those of special size, and others at random."""
        x = self.args[i]
        if x.size <= WHOLE:
            for index in np.ndindex(x.shape):
                yield i, index
            return
        size, order = np.abs(x.ravel()), self.rng.permutation(x.size)
        special = [0, x.size - 1, int(np.argmax(size)), int(np.argmin(size)), *np.flatnonzero(size == 0)[:2]]
        for k in dict.fromkeys([*special, *order[:SAMPLE]]):
            yield i, tuple(int(n) for n in np.unravel_index(k, x.shape))

    def project(self, i: int, counts: Counts) -> None:
        """All elements at once; where that is wrong, halves of them until the wrong element stands alone."""
        x = self.args[i]
        for _ in range(PROJECTIONS):
            d = self.rng.choice([-1.0, 1.0], x.size) * self.rng.uniform(0.5, 1.5, x.size)
            some = np.arange(x.size)
            found = self._toward(i, some, d)
            counts.add(found.status)
            while found.status == "wrong" and len(some) > 1:
                half = len(some) // 2
                for part in (some[:half], some[half:]):
                    found = self._toward(i, part, d)
                    if found.status == "wrong":
                        some = part
                        break
            if found.status == "wrong":
                place = i, tuple(int(n) for n in np.unravel_index(some[0], x.shape))
                alone = self.single(place)
                if alone.status == "wrong":
                    raise self.finding(place, alone)

    def _toward(self, i: int, some: Array, d: Array) -> Slope:
        where = np.unravel_index(some, self.args[i].shape)
        return self.compare({i: (where, d[some])})

    def ties(self, kinked: set[Place], undecided: set[Place]) -> Iterator[dict[int, tuple[Any, Any]]]:
        """Elements that are equal, in one argument or several, one of them at a kink and none without a slope."""
        values, without = ({float(self.args[i][index]) for i, index in places} for places in (kinked, undecided))
        for value in sorted(values - without)[:GROUPS]:
            parts: dict[int, tuple[Any, Any]] = {}
            for i in self.analytic:
                equal = self.args[i] == value
                if equal.any():
                    parts[i] = np.nonzero(equal) if equal.ndim else (...,), 1.0
            if sum(self.args[i][where].size for i, (where, _) in parts.items()) > 1:
                yield parts

    def together(self, parts: dict[int, tuple[Any, Any]], counts: Counts) -> None:
        """Along a direction that keeps ties together a maximum is smooth: a wrong share among the tied shows."""
        found = self.compare(parts)
        if found.status == "smooth":
            counts.add("smooth")
        if found.status == "wrong" and found.low == found.high:
            i, (where, _) = next(iter(parts.items()))
            index = tuple(int(k[0]) for k in where) if self.args[i].ndim else ()
            raise Finding(
                "ties",
                "moved together, the tied elements do not get the gradient that they share",
                sum(float(np.sum(self.analytic[j][w])) for j, (w, _) in parts.items()),
                found.value, i, index, found.loose, found.ratio, list(self.g),
            )  # fmt: skip

    def finding(self, place: Place, found: Slope) -> Finding:
        i, index = place
        kind = "missing" if i in self.missing else "value"
        claim = (
            f"no gradient (None) came back for input {i}"
            if kind == "missing"
            else f"the gradient of input {i} is wrong"
        )
        numeric = found.value if found.low == found.high else (found.low, found.high)
        return Finding(
            kind, claim, float(self.analytic[i][index]), numeric, i, index, found.loose, found.ratio, list(self.g)
        )
