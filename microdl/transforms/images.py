"""What an image is: a PIL image, or a tensor of shape (..., channels, height, width)."""

from __future__ import annotations

import enum
import importlib
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import Any

from ..autograd.graph import TensorBase

__all__ = ["InterpolationMode", "dimensions", "is_pil", "mode_of", "pil"]


class InterpolationMode(enum.Enum):
    """How values between pixels are found."""

    NEAREST = "nearest"
    NEAREST_EXACT = "nearest-exact"
    BILINEAR = "bilinear"
    BICUBIC = "bicubic"
    BOX = "box"
    HAMMING = "hamming"
    LANCZOS = "lanczos"


_NUMBERS = {
    0: InterpolationMode.NEAREST,
    1: InterpolationMode.LANCZOS,
    2: InterpolationMode.BILINEAR,
    3: InterpolationMode.BICUBIC,
    4: InterpolationMode.BOX,
    5: InterpolationMode.HAMMING,
}  # Pillow's


def mode_of(interpolation: Any) -> InterpolationMode:
    """The mode, also given as Pillow's number. TypeError for anything else."""
    if isinstance(interpolation, int) and int(interpolation) in _NUMBERS:
        return _NUMBERS[int(interpolation)]
    if not isinstance(interpolation, InterpolationMode):
        raise TypeError(
            f"interpolation should be an InterpolationMode or Pillow's number for it, got {interpolation!r}"
        )
    return interpolation


def pil(*parts: str) -> Any:
    """Pillow's module `PIL.<part>`; ImportError that names the extra where Pillow is missing."""
    try:
        modules: list[ModuleType] = [importlib.import_module(f"PIL.{part}") for part in parts or ("Image",)]
    except ImportError as error:
        raise ImportError(
            "this needs Pillow, which is not installed: pip install 'microdl[vision]'. Without it, data sets hand "
            "NumPy arrays to their transforms, and ToTensor, Normalize and Lambda work"
        ) from error
    return modules[0] if len(modules) == 1 else modules


def is_pil(image: Any) -> bool:
    """Whether it is a PIL image; never loads Pillow."""
    module = sys.modules.get("PIL.Image")
    return module is not None and isinstance(image, module.Image)


def dimensions(image: Any) -> tuple[int, int, int]:
    """(channels, height, width). TypeError for what is no image."""
    if isinstance(image, TensorBase):
        shape: Sequence[int] = image._a.shape
        if len(shape) < 2:
            raise TypeError(f"Tensor is not a torch image: its shape is {tuple(shape)}, not (..., channels, H, W)")
        return (1 if len(shape) == 2 else shape[-3]), shape[-2], shape[-1]
    if is_pil(image):
        return len(image.getbands()), image.height, image.width
    raise TypeError(
        f"Unexpected type {type(image)}: this takes a PIL image or a tensor"
        + ("" if sys.modules.get("PIL") else "; PIL images need Pillow: pip install 'microdl[vision]'")
    )
