"""A second blind stratum, wrong ops and right ones, by someone who had not read the checker or the first."""

from __future__ import annotations

from . import (
    curvature,
    distances,
    elementwise,
    linear,
    losses,
    memory,
    norms,
    ordering,
    reductions,
    regression,
    right_clamps,
    right_kinks,
    right_labels,
    right_rows,
    right_special,
    right_steep,
    scans,
    sequences,
    shaping,
    slicing,
    spatial,
    special,
    upstreams,
)
from .tools import RightOp

_WRONG = (
    elementwise,
    special,
    reductions,
    scans,
    shaping,
    slicing,
    linear,
    distances,
    losses,
    regression,
    norms,
    sequences,
    spatial,
    ordering,
    memory,
    upstreams,
    curvature,
)
_RIGHT = (right_steep, right_special, right_kinks, right_clamps, right_rows, right_labels)
ENTRIES = [entry for module in _WRONG for entry in module.ENTRIES]
RIGHT = [entry for module in _RIGHT for entry in module.RIGHT]

# Right ops of which check_op says otherwise, or nothing: what differences cannot tell.
BEYOND = {
    "tanh_in_float32": "the forward rounds to float32, so that its differences say too little",
    "staircase": "more than half of the numbers drawn are on a step",
    "fine_sawtooth": "more than half of the numbers drawn are on a tooth",
    "remainder": "of a number 1e12 times the divisor: the teeth are no wider than the rounding",
    "floor_divide": "by 1e-12: the steps are no wider than the rounding",
}

__all__ = ["BEYOND", "ENTRIES", "RIGHT", "RightOp"]
