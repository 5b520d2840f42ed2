"""Checks of arguments that several data sets take: the value and the remedy in the error."""

from __future__ import annotations

import math

import numpy as np

__all__ = ["check_integer", "check_number", "check_seed"]


def check_integer(name: str, value: int, least: int, remedy: str = "") -> int:
    """`value` as an int. TypeError for what is no integer (a bool is none), ValueError for one below `least`."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, np.integer)):
        raise TypeError(f"{name} must be an integer, at least {least}, got {value!r}")
    if value < least:
        raise ValueError(f"{name} must be at least {least}, got {value}{remedy}")
    return int(value)


def check_number(name: str, value: float, least: float = 0.0, remedy: str = "") -> float:
    """`value` as a float. TypeError for what is no number, ValueError for one below `least`, NaN and infinity."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, float, np.integer, np.floating)):
        raise TypeError(f"{name} must be a number, at least {least:g}, got {value!r}")
    if not (math.isfinite(value) and value >= least):
        raise ValueError(f"{name} must be finite and at least {least:g}, got {value}{remedy}")
    return float(value)


def check_seed(seed: int) -> None:
    """TypeError for what is no integer, ValueError for one that NumPy's RandomState does not take."""
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)):
        raise TypeError(f"seed must be an integer, got {seed!r}")
    if not 0 <= seed < 2**32:
        raise ValueError(f"seed must be within 0 to 2**32 - 1, got {seed}")
