"""Picking one element per place along a dimension, and putting values back where they were picked.

Every function that selects (max over a dimension, sort, topk, gather, ...) is differentiated by these two.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..autograd.record import op

Index = np.ndarray[Any, np.dtype[Any]]


def along(index: Index, dim: int) -> tuple[Any, ...]:
    """The index arrays with which `x[...]` picks `x[i][j][index[i][j][k]]` (here for the last of three)."""
    ndim = index.ndim
    if ndim == 1:
        return (index,)
    places: list[Any] = [np.arange(n).reshape((n,) + (1,) * (ndim - 1 - i)) for i, n in enumerate(index.shape)]
    places[dim] = index
    return tuple(places)


def flat(index: Index, dim: int, shape: tuple[int, ...]) -> Any:
    """The same places as positions in a flattened tensor of `shape`."""
    if index.ndim == 1:
        return index
    inner = math.prod(shape[dim + 1 :])
    out = index * inner if inner != 1 else index
    for i, n in enumerate(index.shape):
        if i != dim and n > 1:
            steps = np.arange(n) * math.prod(shape[i + 1 :])
            out = out + steps.reshape((n,) + (1,) * (index.ndim - 1 - i))
    return out


def _scatter(input: Any, shape: tuple[int, ...], dim: int, index: Index, unique: bool) -> Any:
    """Zeros of `shape` with `input` put at `index`, or added there where places repeat."""
    out = np.zeros(shape, input.dtype)
    if unique:
        out[along(index, dim)] = input
    else:
        np.add.at(out.reshape(-1), flat(index, dim, shape).ravel(), np.broadcast_to(input, index.shape).ravel())
    return out


pick = op(
    "gather",
    lambda input, dim, index, unique: np.asarray(input[along(index, dim)], order="C"),
    polymorphic=True,
    input=lambda g, input_shape, dim, index, unique: put(g, input_shape, dim, index, unique),
)
put: Callable[..., Any] = op(
    "gather_backward",
    _scatter,
    polymorphic=True,
    input=lambda g, dim, index, unique: pick(g, dim, index, unique),
)


def picked(name: str, grad_name: str | None = None, unique: bool = True) -> Any:
    """`pick` under another name: the values of `sort`, `topk`, ..., whose indices are known before.

    `index` keeps the dimension; the result loses it where `keepdim` is False.
    """
    return op(
        name,
        lambda input, dim, index, keepdim: _picked(input, dim, index, keepdim),
        grad_name=grad_name,
        input=lambda g, input_shape, dim, index, keepdim: put(
            g if keepdim else g.reshape(index.shape), input_shape, dim, index, unique
        ),
    )


def _picked(input: Any, dim: int, index: Index, keepdim: bool) -> Any:
    out = input[along(index, dim)]
    return out if keepdim else out.reshape(out.shape[:dim] + out.shape[dim + 1 :])
