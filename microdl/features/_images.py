"""Batches of images, checked: what every feature of images takes."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd.graph import TensorBase

Array = np.ndarray[Any, Any]

_FLOATS = (np.dtype(np.float32), np.dtype(np.float64))


def as_images(images: Any, channels: int | None = None) -> Array:
    """`images` as an array in C order, (n, height, width) if grey and (n, height, width, 3) in colour.

    They are an array, a tensor or a list of images of one shape, channels last: uint8 (0 to 255), or floats (0 to 1),
    which become float32 unless they are float64. One channel is grey. `channels`, 1 or 3, asks for just these.

    Raises ValueError for another shape, no images, no pixels, NaN and infinity; TypeError for another dtype.
    """
    array = to_array(images)
    if array.ndim == 4 and array.shape[3] == 1:
        array = array[..., 0]
    _check_shape(array, channels)
    return np.ascontiguousarray(pixels(array))


def check_dtype(array: Array) -> None:
    """TypeError unless pixels may have this dtype."""
    if array.dtype != np.uint8 and array.dtype.kind != "f":
        raise TypeError(
            f"images are uint8 (0 to 255) or floats (0 to 1), got {array.dtype}: images.astype(np.uint8), or "
            "images.astype(np.float32) / their largest value"
        )


def pixels(array: Array) -> Array:
    """The same numbers in a dtype that pixels have. TypeError, ValueError as `as_images` says."""
    check_dtype(array)
    if array.dtype == np.uint8:
        return array
    if array.dtype not in _FLOATS:
        array = array.astype(np.float32 if array.dtype.itemsize <= 4 else np.float64)
    finite = np.isfinite(array)
    if not finite.all():
        where = tuple(int(i) for i in np.argwhere(~finite)[0])
        raise ValueError(f"images hold {array[where]} at {where}: remove or replace what is not finite")
    return array


def check_unit_range(array: Array) -> None:
    """ValueError where floats, checked by `as_images`, are not from 0 to 1."""
    if array.dtype.kind != "f" or not array.size:
        return
    low, high = array.min(), array.max()
    if low < 0 or high > 1:
        worst = low if low < 0 else high
        raise ValueError(
            f"colours as floats are from 0 to 1, got {worst}: images / 255 for numbers from 0 to 255, or uint8"
        )


def result_dtype(array: Array, dtype: Any = None) -> np.dtype[Any]:
    """`dtype` if given, which is float32 or float64 (TypeError otherwise), else float32 unless the array is float64."""
    if dtype is None:
        return np.dtype(np.float64 if array.dtype == np.float64 else np.float32)
    found: np.dtype[Any] = np.dtype(getattr(dtype, "numpy", dtype))
    if found not in _FLOATS:
        raise TypeError(f"features are float32 or float64, got dtype={dtype!r}")
    return found


def to_array(images: Any) -> Array:
    """An array of what may be a tensor, an array or a list of images."""
    if isinstance(images, TensorBase):
        return np.asarray(images.detach().numpy())
    try:
        return np.asarray(images)
    except ValueError as error:
        raise ValueError(f"images of one batch have one shape: resize or crop them first ({error})") from error


def _check_shape(array: Array, channels: int | None) -> None:
    shape = array.shape
    if array.ndim not in (3, 4):
        raise ValueError(
            f"images have shape (n, height, width) or (n, height, width, 3), got {shape}: image[None] for one image, "
            "rows.reshape(n, height, width) for rows of pixels"
        )
    if array.ndim == 4 and shape[3] != 3:
        remedy = "images.transpose(0, 2, 3, 1)" if shape[1] in (1, 3) else "images[..., :3] for those with opacity"
        raise ValueError(f"colour images have shape (n, height, width, 3), got {shape}: {remedy}")
    if 0 in shape:
        raise ValueError(f"at least one image with at least one pixel is needed, got shape {shape}")
    found = 3 if array.ndim == 4 else 1
    if channels == 3 and found == 1:
        remedy = "image[None] for one image" if shape[-1] == 3 else "np.stack([images] * 3, -1) for grey ones"
        raise ValueError(f"colour images are needed, of shape (n, height, width, 3), got {shape}: {remedy}")
    if channels == 1 and found == 3:
        raise ValueError(f"grey images are needed, of shape (n, height, width), got {shape}: images.mean(-1)")
