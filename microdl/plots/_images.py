"""Rows of numbers as images, and images of any layout as what matplotlib draws."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._style import Floats, as_array, check_finite, detached

SHAPES = "(height, width), (1, height, width), (3, height, width) or (height, width, 3)"


def rows_as_images(rows: NDArray[Any], shape: tuple[int, ...] | None, what: str = "weights") -> NDArray[Any]:
    """(n, features) as (n, height, width) for grey images or (n, height, width, 3) for colour."""
    features = rows.shape[1]
    if shape is None:
        shape = square_shape(features)
    shape = tuple(int(size) for size in shape)
    grey = len(shape) == 2 or (len(shape) == 3 and shape[0] == 1)
    colour = len(shape) == 3 and (shape[0] == 3 or shape[2] == 3)
    if not (grey or colour) or min(shape) < 1:
        raise ValueError(f"shape must be {SHAPES}, got {shape}")
    if math.prod(shape) != features:
        raise ValueError(f"shape {shape} has {math.prod(shape)} values, but a row of {what} has {features}")
    if grey:
        return rows.reshape(-1, *shape[-2:])
    images = rows.reshape(-1, *shape)
    return images.transpose(0, 2, 3, 1) if shape[0] == 3 else images


def square_shape(features: int) -> tuple[int, ...]:
    """The shape of a square image, grey or with three channels first, of so many numbers."""
    for channels in (1, 3):
        side = math.isqrt(features // channels)
        if channels * side * side == features:
            return (channels, side, side)
    raise ValueError(
        f"{features} features are neither a square grey image nor a square colour image:"
        " pass shape=(height, width), and leave out a column that holds the bias"
    )


def batch(images: Any, shape: tuple[int, ...] | None, name: str = "images") -> NDArray[Any]:
    """Images of any usual layout as (n, height, width) or (n, height, width, 3), their dtype kept if it is uint8.

    Args:
        images: (n, height, width), (n, height, width, 1 or 3), (n, 1 or 3, height, width), or flat (n, features).
        shape: of one flat image; by default square.
        name: in errors.
    """
    array = np.asarray(detached(images))
    if array.dtype != np.uint8:
        array = as_array(images, name)
    if array.ndim not in (2, 3, 4) or array.size == 0:
        raise ValueError(
            f"{name} must be (n, height, width), (n, height, width, 3), (n, 3, height, width) or flat (n, features),"
            f" and not empty, got shape {array.shape}" + ("" if array.ndim else ". Put a single one into a list")
        )
    if array.dtype != np.uint8:
        check_finite(array, name)
    if array.ndim == 2 or shape is not None:
        return rows_as_images(array.reshape(len(array), -1), shape, name)
    if array.ndim == 3:
        return array
    if array.shape[3] in (1, 3):
        return array[..., 0] if array.shape[3] == 1 else array
    if array.shape[1] in (1, 3):
        return array[:, 0] if array.shape[1] == 1 else array.transpose(0, 2, 3, 1)
    raise ValueError(f"{name} must have 1 or 3 channels, first or last, got shape {array.shape}")


def as_bytes(images: NDArray[Any], each: bool = False) -> NDArray[np.uint8]:
    """Images as 0 to 255: bytes as they are, 0 to 1 times 255, and other numbers stretched from least to largest.

    All are stretched together, or `each` by itself, which ignores where 0 to 1 lies.
    """
    if images.dtype == np.uint8:
        return images
    low, high = images.min(), images.max()
    if each:
        flat = images.reshape(len(images), -1)
        shape = (-1,) + (1,) * (images.ndim - 1)
        low, high = flat.min(axis=1).reshape(shape), flat.max(axis=1).reshape(shape)
    elif low >= 0 and high <= 1:
        low, high = 0.0, 1.0
    return stretched(images, low, high)


def stretched(images: NDArray[Any], low: Any, high: Any) -> NDArray[np.uint8]:
    """``255 * (images - low) / (high - low)``, rounded; mid grey where low is high."""
    span: Floats = np.asarray(high - low, dtype=np.float64)
    scaled: Floats = np.where(span > 0, (images - low) / np.where(span > 0, span, 1.0), 0.5)
    bytes_: NDArray[np.uint8] = np.rint(255 * scaled).astype(np.uint8)
    return bytes_


def one_image(image: Any, name: str = "image") -> NDArray[np.uint8]:
    """One image, (height, width) or with 1 or 3 channels first or last, as bytes."""
    array = np.asarray(detached(image))
    if array.ndim not in (2, 3):
        raise ValueError(f"{name} must be (height, width) or (height, width, 3), got shape {array.shape}")
    picture: NDArray[np.uint8] = as_bytes(batch(array[None], None, name))[0]
    return picture


def largest_of(values: Floats) -> float:
    """The largest magnitude, or 1 where all are 0: half of a symmetric scale."""
    return float(np.abs(values).max()) or 1.0
