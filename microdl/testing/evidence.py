"""What backward gives and differences show, at a finding's inputs and at others: what causes are guessed from."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple

import numpy as np

from .finding import Finding
from .numerical import whole
from .subject import Array, Subject, is_real

__all__ = ["MOST", "Evidence", "Point", "alike", "close"]

MOST = 64  # elements of an input that are still looked at whole
SIGNS = ((1, 1), (1, 1), (-1, -1), (-1, 1))  # of the other inputs at which a pattern must hold too


class Point(NamedTuple):
    """One place where backward and differences are compared: the input, its two gradients, the upstream gradients."""

    x: Array
    analytic: Array
    numeric: Array
    subject: Subject
    g: list[Array]


class Evidence:
    """The gradient of one argument at the finding's inputs, and at others where patterns must hold too."""

    def __init__(self, subject: Subject, finding: Finding) -> None:
        self.subject, self.finding, self.i = subject, finding, finding.argument or 0
        self.g = finding.upstream if finding.upstream is not None else subject.upstream()

    @cached_property
    def here(self) -> Point | None:
        """The finding's own inputs; None where there are too many, or no gradient to compare."""
        f = self.finding
        if f.kind not in ("value", "missing", "ties", "shape", "linear") or f.argument is None:
            return None
        return None if self.subject.args[self.i].size > MOST else self.at(self.subject, self.g)

    @cached_property
    def points(self) -> list[Point]:
        """The finding's inputs first, then others."""
        moved = [s for s in self._moved() if _defined(s)]
        found = [self.here, *(self.at(s, s.upstream(1 + k)) for k, s in enumerate(moved))]
        return [p for p in found if p is not None and p.analytic.shape == p.numeric.shape]

    def _moved(self) -> Iterator[Subject]:
        rng = np.random.default_rng(0)
        for turn in range(len(SIGNS)):
            signs = SIGNS[turn]
            moved = [
                np.asarray(
                    np.where(x == 0, rng.normal(size=x.shape), x)
                    * rng.uniform(0.6, 1.6, x.shape) * rng.choice(signs, x.shape), x.dtype,
                )
                if is_real(x) and np.isfinite(x).all() else x
                for x in self.subject.args
            ]  # fmt: skip
            yield self.subject.on(moved)

    def at(self, subject: Subject, g: list[Array]) -> Point | None:
        try:
            analytic = subject.gradients(g)[subject.wanted.index(self.i)]
            numeric = whole(subject, g, self.i)
        except Exception:  # an op may refuse the moved inputs
            return None
        return Point(subject.args[self.i], np.asarray(analytic, np.float64), numeric, subject, g)

    @cached_property
    def told(self) -> tuple[Array, Array, Array]:
        """Input, backward, differences of all elements at all points where both are numbers, as three vectors."""
        parts = [(p.x.ravel(), p.analytic.ravel(), p.numeric.ravel()) for p in self.points]
        x, analytic, numeric = (np.concatenate([np.zeros(0), *column]) for column in zip(*parts, strict=True))
        keep = np.isfinite(analytic) & np.isfinite(numeric)
        return x[keep], analytic[keep], numeric[keep]


def _defined(subject: Subject) -> bool:
    try:
        return all(np.isfinite(y).all() for y in subject.outputs)
    except Exception:  # the op may refuse inputs outside its domain
        return False


def close(a: Array, b: Array) -> bool:
    size = float(np.abs(b[np.isfinite(b)]).max(initial=0.0))
    return a.shape == b.shape and bool(np.allclose(a, b, rtol=1e-5, atol=1e-7 * size, equal_nan=True))


def alike(a: Array, b: Array) -> bool:
    """Close, and not all zero."""
    return bool(np.isfinite(b).all() and b.any()) and close(a, b)
