"""A correct op in the same form as a wrong one, and what several of them use."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from .entry import Witness, WrongOp


def pair(
    name: str,
    forward: Callable[..., Any],
    backward: Callable[..., Any],
    exact: Callable[..., Any],
    shapes: str,
    domains: Sequence[str] = (),
    options: Mapping[str, Sequence[Any]] | None = None,
) -> WrongOp:
    """An op whose gradient is right: nothing to witness."""
    return WrongOp(name, "", forward, backward, exact, shapes, Witness(()), domains, options or {})


def reduce_to(g: Any, shape: tuple[int, ...]) -> Any:
    """Sums over the dimensions along which an input of `shape` was broadcast."""
    g = np.asarray(g)
    g = g.sum(axis=tuple(range(g.ndim - len(shape))))
    return g.sum(axis=tuple(i for i, n in enumerate(shape) if n == 1), keepdims=True)


def restore(g: Any, x: Any, axis: int | None, keepdims: bool = False) -> Any:
    """The gradient of a reduction's value, with the reduced dimensions put back as ones."""
    if keepdims:
        return g
    return np.reshape(g, (1,) * np.ndim(x)) if axis is None else np.expand_dims(g, axis)
