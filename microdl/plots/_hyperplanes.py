"""Linear scores in the plane: the lines where a score is 0, or two tie for the best, and their normal vectors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ._style import Floats

__all__ = ["Hyperplane", "affine", "ties", "zeros"]

TOLERANCE = 1e-4  # of the scores' spread: what float32 leaves of a linear function
Bounds = tuple[float, float, float, float]  # left, right, bottom, top


@dataclass(frozen=True)
class Hyperplane:
    """The line ``normal @ x + offset = 0`` from `start` to `end`, as far as it is to be drawn.

    Attributes:
        classes: the place of the class whose score is 0 there (its normal points to where it is positive), or of the
            two that tie (the normal points to the first).
    """

    classes: tuple[int, ...]
    normal: Floats
    start: Floats
    end: Floats

    def foot(self, of: Floats) -> Floats:
        """Where its normal stands: the segment's middle where classes tie, else next to `of`, but not at an end."""
        along = self.end - self.start
        if len(self.classes) == 2:
            middle: Floats = self.start + along / 2
            return middle
        share = float((of - self.start) @ along) / float(along @ along)
        return self.start + min(0.85, max(0.15, share)) * along


def affine(scores: Floats, points: Floats) -> tuple[Floats, Floats] | None:
    """W (classes, 2) and b (classes,) with ``scores = points @ W.T + b``; None where the scores are not linear."""
    centre, half = points.mean(axis=0), np.ptp(points, axis=0) / 2
    design = np.column_stack([(points - centre) / half, np.ones(len(points))])
    found = np.linalg.lstsq(design, scores, rcond=None)[0]
    spread = np.ptp(scores, axis=0).max()
    if spread == 0 or np.abs(design @ found - scores).max() > TOLERANCE * spread:
        return None
    weights = found[:2].T / half
    return weights, found[2] - weights @ centre


def zeros(weights: Floats, offsets: Floats, bounds: Bounds) -> list[Hyperplane]:
    """For each class the line where its score is 0, within the bounds."""
    none = np.empty((0, 2)), np.empty(0)
    found = (_segment((k,), weights[k], offsets[k], bounds, none) for k in range(len(weights)))
    return [plane for plane in found if plane is not None]


def ties(weights: Floats, offsets: Floats, bounds: Bounds) -> list[Hyperplane]:
    """For each two classes the part of the line of equal scores where no third score is larger, within the bounds."""
    found = []
    for i in range(len(weights)):
        for j in range(i + 1, len(weights)):
            others = [k for k in range(len(weights)) if k not in (i, j)]
            above = weights[i] - weights[others], offsets[i] - offsets[others]
            plane = _segment((i, j), weights[i] - weights[j], offsets[i] - offsets[j], bounds, above)
            if plane is not None:
                found.append(plane)
    return found


def _segment(
    classes: tuple[int, ...], normal: Floats, offset: float, bounds: Bounds, above: tuple[Floats, Floats]
) -> Hyperplane | None:
    """The part of a line within the bounds where ``above[0] @ x + above[1] >= 0``; None if there is none."""
    length2 = float(normal @ normal)
    if length2 == 0:
        return None
    left, right, bottom, top = bounds
    centre = np.array([(left + right) / 2, (bottom + top) / 2])
    foot = centre - normal * (float(normal @ centre) + offset) / length2
    along = np.array([-normal[1], normal[0]]) / np.sqrt(length2)
    # Every condition is slope * t + height >= 0 for the place t along the line.
    sides = np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -1.0]])
    rows = np.vstack([sides, above[0]])
    heights = rows @ foot + np.concatenate([[-left, right, -bottom, top], above[1]])
    slopes = rows @ along
    first, last = -np.inf, np.inf
    for slope, height in zip(slopes, heights, strict=True):
        if slope > 0:
            first = max(first, -height / slope)
        elif slope < 0:
            last = min(last, -height / slope)
        elif height < 0:
            return None
    if not last > first:
        return None
    return Hyperplane(classes, normal, foot + first * along, foot + last * along)
