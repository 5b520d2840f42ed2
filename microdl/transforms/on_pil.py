"""The geometry and colours of PIL images, by Pillow's own operations, as torchvision calls them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from .images import InterpolationMode, pil


def _resample(interpolation: InterpolationMode) -> Any:
    name = "NEAREST" if interpolation is InterpolationMode.NEAREST_EXACT else interpolation.name
    return getattr(pil().Resampling, name)


def crop(image: Any, top: int, left: int, height: int, width: int) -> Any:
    return image.crop((left, top, left + width, top + height))


def flip(image: Any, axis: int) -> Any:
    transpose = pil().Transpose
    return image.transpose(transpose.FLIP_LEFT_RIGHT if axis == -1 else transpose.FLIP_TOP_BOTTOM)


def pad(image: Any, padding: Sequence[int], fill: Any, mode: str) -> Any:
    image_module, ops = pil("Image", "ImageOps")
    if mode == "constant":
        return ops.expand(image, border=tuple(padding), fill=fill_of(image, fill))
    left, top, right, bottom = padding
    a = np.asarray(image)
    widths = [(top, bottom), (left, right), *[(0, 0)] * (a.ndim - 2)]
    return image_module.fromarray(np.pad(a, widths, mode=mode))  # type: ignore[call-overload]  # NumPy's modes


def resize(image: Any, height: int, width: int, interpolation: InterpolationMode, antialias: bool) -> Any:
    return image.resize((width, height), _resample(interpolation))


def rotate(image: Any, angle: float, interpolation: InterpolationMode, expand: bool, center: Any, fill: Any) -> Any:
    return image.rotate(angle, _resample(interpolation), expand, center, fillcolor=fill_of(image, fill))


def affine(
    image: Any,
    angle: float,
    translate: Sequence[int],
    scale: float,
    shear: Sequence[float],
    interpolation: InterpolationMode,
    fill: Any,
    center: Sequence[float] | None,
) -> Any:
    about = center or (image.width * 0.5, image.height * 0.5)
    matrix = inverse_affine(about, angle, translate, scale, shear)
    kind = pil().Transform.AFFINE
    return image.transform(image.size, kind, matrix, _resample(interpolation), fillcolor=fill_of(image, fill))


def inverse_affine(
    center: Sequence[float], angle: float, translate: Sequence[float], scale: float, shear: Sequence[float]
) -> list[float]:
    """The six numbers that take a place in the result to its place in the image.

    The image's own map is T(translate) T(center) R(angle) Shear Scale T(-center); the shears are along x, then y.
    """
    turn, along_x, along_y = math.radians(angle), math.radians(shear[0]), math.radians(shear[1])
    (cx, cy), (tx, ty) = center, translate
    a = math.cos(turn - along_y) / math.cos(along_y)
    b = -math.cos(turn - along_y) * math.tan(along_x) / math.cos(along_y) - math.sin(turn)
    c = math.sin(turn - along_y) / math.cos(along_y)
    d = -math.sin(turn - along_y) * math.tan(along_x) / math.cos(along_y) + math.cos(turn)
    rows = [d / scale, -b / scale, -c / scale, a / scale]
    x = rows[0] * (-cx - tx) + rows[1] * (-cy - ty) + cx
    y = rows[2] * (-cx - tx) + rows[3] * (-cy - ty) + cy
    return [rows[0], rows[1], x, rows[2], rows[3], y]


def fill_of(image: Any, fill: Any) -> Any:
    """The colour as Pillow takes it: one number a band. ValueError for another count."""
    bands = len(image.getbands())
    if fill is None:
        fill = 0
    if isinstance(fill, (int, float)) and bands > 1:
        fill = (fill,) * bands
    if isinstance(fill, (list, tuple)):
        if len(fill) == 1:
            fill = tuple(fill) * bands
        if len(fill) != bands:
            raise ValueError(f"fill needs one number for each of the image's {bands} bands, got {fill!r}")
        fill = tuple(fill) if image.mode == "F" else tuple(int(f) for f in fill)
        return fill if bands > 1 else fill[0]
    return fill


def grayscale(image: Any, channels: int) -> Any:
    grey = image.convert("L")
    return grey if channels == 1 else pil().merge("RGB", (grey, grey, grey))


def brightness(image: Any, factor: float) -> Any:
    return pil("ImageEnhance").Brightness(image).enhance(factor)


def contrast(image: Any, factor: float) -> Any:
    return pil("ImageEnhance").Contrast(image).enhance(factor)


def saturation(image: Any, factor: float) -> Any:
    return pil("ImageEnhance").Color(image).enhance(factor)


def hue(image: Any, factor: float) -> Any:
    mode = image.mode
    if mode in ("L", "1", "I", "F"):
        return image
    h, s, v = image.convert("HSV").split()
    turned = np.asarray(h) + np.array(int(factor * 255)).astype(np.uint8)  # wraps, as hue does
    return pil().merge("HSV", (pil().fromarray(turned), s, v)).convert(mode)
