"""Options of the features, checked: each error has the value and what it may be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

__all__ = ["choice", "pair", "positive", "positive_int"]


def positive_int(value: Any, name: str, most: int | None = None) -> int:
    """`value` as an int, from 1 to `most`."""
    ok = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
    if not ok or value < 1 or (most is not None and value > most):
        wanted = "an integer of at least 1" if most is None else f"an integer from 1 to {most}"
        raise ValueError(f"{name} must be {wanted}, got {value!r}")
    return int(value)


def pair(value: Any, name: str) -> tuple[int, int]:
    """Two positive integers: of rows and of columns."""
    if not isinstance(value, (tuple, list)) or len(value) != 2:
        raise ValueError(f"{name} must be a pair of integers (rows, columns), such as (8, 8), got {value!r}")
    return positive_int(value[0], f"{name}[0]"), positive_int(value[1], f"{name}[1]")


def positive(value: Any, name: str) -> float:
    """`value` as a finite float above 0."""
    number = isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)
    if not number or not 0 < value < float("inf"):
        raise ValueError(f"{name} must be a number above 0, got {value!r}")
    return float(value)


def choice(value: Any, name: str, choices: Sequence[str | None]) -> None:
    if not (value is None or isinstance(value, str)) or value not in choices:
        raise ValueError(f"{name} must be one of {', '.join(map(repr, choices))}, got {value!r}")
