"""Padding: more elements at the ends of dimensions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..autograd.graph import named, wrap
from ..ops.join import cat
from ..ops.shape import require
from ..ops.slices import index_select
from ..ops.strides import narrow

__all__ = ["pad"]


_STEPS = {
    "constant": "ConstantPadNdBackward0",
    "reflect": "ReflectionPad{n}DBackward0",
    "replicate": "ReplicationPad{n}DBackward0",
    "circular": "torch::autograd::CopySlices",
}


def pad(input: Any, pad: Sequence[int], mode: str = "constant", value: float | None = None) -> Any:
    """`input` with elements added at the ends: `pad` lists (before, after) of the last dimension, then the one before.

    `mode` is "constant" (all `value`, 0 by default), "reflect" (mirrored at the first and last element), "replicate"
    (these repeated) or "circular" (the other end's); negative numbers take elements away. The modes but "constant" pad
    the last 1 to 3 dimensions of an input with one or two more.

    Raises RuntimeError, ValueError or NotImplementedError for what does not fit.

    >>> import microdl as torch
    >>> torch.nn.functional.pad(torch.tensor([1, 2, 3]), (1, 2), value=9)
    tensor([9, 1, 2, 3, 9, 9])

    Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.pad.html
    """
    shape = require("pad", input)._a.shape
    if mode not in ("constant", "reflect", "replicate", "circular"):
        raise NotImplementedError(f"Unrecognised padding mode {mode}: use constant, reflect, replicate or circular")
    if not isinstance(pad, (tuple, list)) or not all(isinstance(n, (int, np.integer)) for n in pad):
        raise TypeError(f"pad(): argument 'pad' (position 2) must be tuple of ints, not {pad!r}")
    if len(pad) % 2:
        raise RuntimeError(f"Padding length must be divisible by 2, but {list(pad)} has {len(pad)} numbers")
    if len(pad) // 2 > len(shape):
        raise RuntimeError(
            f"Padding length should be less than or equal to two times the input dimension but got padding length "
            f"{len(pad)} and input of dimension {len(shape)}"
        )
    if mode != "constant":
        if value is not None:
            raise ValueError(f'Padding mode "{mode}" doesn\'t take in value argument')
        if len(shape) not in (len(pad) // 2 + 1, len(pad) // 2 + 2):
            raise NotImplementedError(
                f"Only 2D, 3D, 4D, 5D padding with non-constant padding are supported for now: {len(pad)} numbers for "
                f"an input of {len(shape)} dimensions"
            )
    return _padded(input, pad, mode, value)


def _padded(input: Any, pad: Sequence[int], mode: str, value: float | None) -> Any:
    shape = input._a.shape
    for i in range(0, len(pad), 2):
        dim, before, after = len(shape) - 1 - i // 2, pad[i], pad[i + 1]
        if mode == "constant":
            input = _with_constant(input, dim, before, after, 0 if value is None else value)
        else:
            if mode == "circular":  # what is taken away does not come back at the other end
                input = _with_constant(input, dim, min(before, 0), min(after, 0), 0)
                before, after = max(before, 0), max(after, 0)
            input = index_select(input, dim, wrap(_sources(mode, input._a.shape[dim], before, after)))
    return named(input, _STEPS[mode].format(n=len(pad) // 2))


def _with_constant(x: Any, dim: int, before: int, after: int, value: float) -> Any:
    size = x._a.shape[dim]
    if size + before + after < 0:
        raise RuntimeError(
            f"The input size {size}, plus negative padding {before} and {after}, resulted in a negative output size, "
            f"which is invalid. Check dimension {dim} of your input."
        )
    start, stop = max(-before, 0), size - max(-after, 0)
    if (start, stop) != (0, size):
        x = narrow(x, dim, start, stop - start)

    def block(n: int) -> Any:
        return x.new_full((*x._a.shape[:dim], n, *x._a.shape[dim + 1 :]), value)

    parts = [*([block(before)] if before > 0 else []), x, *([block(after)] if after > 0 else [])]
    return cat(parts, dim) if len(parts) > 1 else x.clone()


def _sources(mode: str, n: int, before: int, after: int) -> Any:
    """Which element stands at each place of the padded dimension."""
    if n + before + after <= 0:
        raise RuntimeError(f"Padding ({before}, {after}) leaves nothing of a dimension of {n} elements")
    places = np.arange(-before, n + after)
    if mode == "replicate":
        return np.clip(places, 0, n - 1)
    limit = n - 1 if mode == "reflect" else n
    if max(before, after) > limit:
        raise RuntimeError(
            f"Padding size ({before}, {after}) must not exceed {limit} in mode {mode!r}: the dimension has {n} elements"
        )
    if mode == "circular":
        return places % n
    return (n - 1) - np.abs((n - 1) - np.abs(places))
