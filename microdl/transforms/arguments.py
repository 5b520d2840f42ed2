"""How torchvision's transforms take sizes, angles and ranges."""

from __future__ import annotations

import numbers
from collections.abc import Sequence
from typing import Any

from ..creation import empty


def uniform(low: float, high: float) -> float:
    """A number drawn from [low, high) in float32, as torchvision draws."""
    return float(empty(1).uniform_(float(low), float(high)).item())


def size_of(size: Any) -> tuple[int, int]:
    """(height, width), also given as one number. ValueError for another count."""
    if isinstance(size, numbers.Number):
        return (int(size), int(size))  # type: ignore[call-overload]
    if len(size) == 1:
        return (size[0], size[0])
    if len(size) != 2:
        raise ValueError(f"Please provide only two dimensions (h, w) for size. Got {size!r}")
    return (size[0], size[1])


def several(value: Any, name: str, counts: Sequence[int] = (2,)) -> None:
    """TypeError unless it is a sequence, ValueError unless it is of one of these lengths."""
    wanted = " or ".join(str(count) for count in counts)
    if not isinstance(value, Sequence):
        raise TypeError(f"{name} should be a sequence of length {wanted}. Got {value!r}")
    if len(value) not in counts:
        raise ValueError(f"{name} should be a sequence of length {wanted}. Got {value!r}")


def angles(value: Any, name: str, counts: Sequence[int] = (2,)) -> list[float]:
    """A range of degrees: of one number a, from -a to a."""
    if isinstance(value, numbers.Real):
        if value < 0:
            raise ValueError(f"If {name} is a single number, it must be positive. Got {value!r}")
        return [-float(value), float(value)]
    several(value, name, counts)
    return [float(each) for each in value]


def fill_value(fill: Any) -> Any:
    """0 for None; TypeError for what is neither a number nor a sequence."""
    if fill is not None and not isinstance(fill, (Sequence, numbers.Number)):
        raise TypeError(f"Fill should be either a sequence or a number. Got {fill!r}")
    return 0 if fill is None else fill
