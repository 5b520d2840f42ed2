"""The geometry and colours of tensor images, shape (..., channels, height, width)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np

from ..autograd.graph import wrap
from .images import InterpolationMode

Array: TypeAlias = np.ndarray[Any, np.dtype[Any]]

_PAD = {"edge": "edge", "reflect": "reflect", "symmetric": "symmetric"}


def crop(image: Any, top: int, left: int, height: int, width: int) -> Any:
    """The part, with zeros where it reaches beyond the image."""
    h, w = image._a.shape[-2:]
    before = (max(-top, 0), max(-left, 0))
    after = (max(top + height - h, 0), max(left + width - w, 0))
    if any((*before, *after)):
        image = pad(image, [before[1], before[0], after[1], after[0]], 0, "constant")
        top, left = top + before[0], left + before[1]
    return image[..., top : top + height, left : left + width]


def pad(image: Any, padding: Sequence[int], fill: Any, mode: str) -> Any:
    """Padded by (left, top, right, bottom)."""
    left, top, right, bottom = padding
    a: Array = image._a
    if min(padding) < 0:
        a = a[..., max(-top, 0) : a.shape[-2] - max(-bottom, 0), max(-left, 0) : a.shape[-1] - max(-right, 0)]
        left, top, right, bottom = (max(p, 0) for p in (left, top, right, bottom))
    widths = [(0, 0)] * (a.ndim - 2) + [(top, bottom), (left, right)]
    if mode == "constant":
        number = fill[0] if isinstance(fill, (tuple, list)) else fill
        return wrap(np.pad(a, widths, constant_values=np.asarray(number).astype(a.dtype)))
    return wrap(np.pad(a, widths, mode=_PAD[mode]))  # type: ignore[call-overload]  # one of NumPy's modes


def flip(image: Any, axis: int) -> Any:
    return wrap(np.flip(image._a, axis).copy())


def resize(image: Any, height: int, width: int, interpolation: InterpolationMode, antialias: bool) -> Any:
    a: Array = image._a
    work = a.astype(np.float32) if a.dtype.kind != "f" else a
    if interpolation in (InterpolationMode.NEAREST, InterpolationMode.NEAREST_EXACT):
        half = 0.5 if interpolation is InterpolationMode.NEAREST_EXACT else 0.0
        rows, columns = (_nearest(a.shape[k], n, half) for k, n in ((-2, height), (-1, width)))
        return wrap(a[..., rows[:, None], columns])
    if interpolation not in _KERNELS:
        raise ValueError(f"tensor images can be resized by nearest, bilinear or bicubic, not {interpolation.value}")
    rows, columns = (
        _weights(a.shape[k], n, interpolation, antialias).astype(work.dtype) for k, n in ((-2, height), (-1, width))
    )
    out = rows @ (work @ columns.T)
    if a.dtype.kind != "f":
        low, high = np.iinfo(a.dtype).min, np.iinfo(a.dtype).max
        return wrap(np.clip(np.round(out), low, high).astype(a.dtype))
    return wrap(out)


def _nearest(size: int, wanted: int, half: float) -> Array:
    found: Array = np.minimum(((np.arange(wanted) + half) * np.float32(size / wanted)).astype(np.int64), size - 1)
    return found


def _triangle(x: Array, antialias: bool) -> Array:
    out: Array = np.maximum(1 - np.abs(x), 0)
    return out


def _cubic(x: Array, antialias: bool) -> Array:
    a, x = (-0.5 if antialias else -0.75), np.abs(x)
    near = ((a + 2) * x - (a + 3)) * x * x + 1
    far = ((x - 5) * x + 8) * x * a - 4 * a
    return np.where(x < 1, near, np.where(x < 2, far, 0))


_KERNELS = {InterpolationMode.BILINEAR: (_triangle, 1.0), InterpolationMode.BICUBIC: (_cubic, 2.0)}


def _weights(size: int, wanted: int, interpolation: InterpolationMode, antialias: bool) -> Array:
    """The matrix that makes `wanted` values of `size`: the kernel, widened where it shrinks and antialias is asked."""
    kernel, reach = _KERNELS[interpolation]
    scale = size / wanted
    width = max(scale, 1.0) if antialias else 1.0
    centres = (np.arange(wanted) + 0.5) * scale - 0.5
    if antialias:
        weights = kernel((np.arange(size) - centres[:, None]) / width, True)
        normalised: Array = weights / weights.sum(1, keepdims=True)
        return normalised
    out = np.zeros((wanted, size))
    first = np.floor(centres).astype(np.int64) + 1 - int(reach)
    for step in range(2 * int(reach)):  # beyond the edge, the edge
        place = first + step
        np.add.at(out, (np.arange(wanted), np.clip(place, 0, size - 1)), kernel(place - centres, False))
    return out


def grayscale(image: Any, channels: int) -> Any:
    """Of an image with one channel, a copy, whatever `channels` is: so torchvision."""
    a = _one_or_three(image)
    return wrap(np.repeat(_grey(a)[..., None, :, :], channels, -3) if a.shape[-3] == 3 else a.copy())


def _one_or_three(image: Any) -> Array:
    a: Array = image._a
    if a.ndim < 3 or a.shape[-3] not in (1, 3):
        raise TypeError(f"Input image tensor permitted channel values are [1, 3], but found shape {tuple(a.shape)}")
    return a


def _grey(a: Array) -> Array:
    """Luma of the ITU-R 601-2 formula, in the image's dtype (integers truncated)."""
    kind: Any = a.dtype.type if a.dtype.kind == "f" else np.float32
    red, green, blue = (a[..., i, :, :] for i in range(3))
    grey: Array = kind(0.2989) * red + kind(0.587) * green + kind(0.114) * blue
    return grey.astype(a.dtype)


def blend(image: Any, other: Array, ratio: float) -> Any:
    """ratio * image + (1 - ratio) * other, within the dtype's bounds."""
    a: Array = image._a
    bound = 1.0 if a.dtype.kind == "f" else float(np.iinfo(a.dtype).max)
    kind: Any = a.dtype.type if a.dtype.kind == "f" else np.float32
    mixed = kind(ratio) * a + kind(1.0 - ratio) * other.astype(kind)
    return wrap(np.clip(mixed, 0, bound).astype(a.dtype))


def brightness(image: Any, factor: float) -> Any:
    return blend(image, np.zeros(1, _one_or_three(image).dtype), factor)


def contrast(image: Any, factor: float) -> Any:
    a = _one_or_three(image)
    kind: Any = a.dtype if a.dtype.kind == "f" else np.float32
    grey = _grey(a)[..., None, :, :] if a.shape[-3] == 3 else a
    return blend(image, grey.astype(kind).mean((-3, -2, -1), keepdims=True), factor)


def saturation(image: Any, factor: float) -> Any:
    a = _one_or_three(image)
    return image if a.shape[-3] == 1 else blend(image, _grey(a)[..., None, :, :], factor)
