"""`torchvision`'s own names and those of `torchvision.utils`: images side by side, and into a file.

Source: https://docs.pytorch.org/vision/stable/utils.html
"""

from __future__ import annotations

import math
from typing import Any

from . import datasets, transforms
from .autograd.graph import TensorBase
from .autograd.mode import no_grad
from .creation import full
from .ops.join import cat, stack
from .transforms.images import pil

__all__ = ["datasets", "make_grid", "save_image", "transforms"]


@no_grad()
def make_grid(
    tensor: Any,
    nrow: int = 8,
    padding: int = 2,
    normalize: bool = False,
    value_range: tuple[float, float] | None = None,
    scale_each: bool = False,
    pad_value: float = 0.0,
) -> Any:
    """Images (N, channels, H, W) as one (3, height, width), `nrow` in a row with a border between them.

    One image, (channels, H, W) or (H, W), comes back without a border; a list of images is stacked. One channel
    becomes three. normalize=True takes the values from `value_range` (or from the smallest to the largest) to 0 to 1;
    with scale_each, each image by itself. Raises TypeError for what is no tensor or list of them.

    >>> import microdl as torch
    >>> make_grid(torch.zeros(5, 1, 4, 4), nrow=2).shape
    torch.Size([3, 20, 14])
    """
    if isinstance(tensor, (list, tuple)) and tensor and all(isinstance(each, TensorBase) for each in tensor):
        tensor = stack(tensor)
    if not isinstance(tensor, TensorBase):
        raise TypeError(f"tensor or list of tensors expected, got {type(tensor)}")
    images: Any = tensor
    if images.ndim == 2:
        images = images.unsqueeze(0)
    if images.ndim == 3:
        images = (cat((images, images, images), 0) if images.size(0) == 1 else images).unsqueeze(0)
    if images.ndim == 4 and images.size(1) == 1:
        images = cat((images, images, images), 1)
    if normalize:
        images = images.clone()
        if value_range is not None and not isinstance(value_range, tuple):
            raise TypeError("value_range has to be a tuple (min, max) if specified. min and max are numbers")
        for part in images if scale_each else [images]:
            low, high = value_range or (float(part.min()), float(part.max()))
            part.clamp_(min=low, max=high).sub_(low).div_(max(high - low, 1e-5))
    if images.size(0) == 1:
        return images.squeeze(0)
    count, channels, height, width = images.shape
    columns = min(nrow, count)
    down, across = height + padding, width + padding
    rows = math.ceil(count / columns)
    grid = full((channels, down * rows + padding, across * columns + padding), pad_value, dtype=images.dtype)
    for k in range(count):
        top, left = (k // columns) * down + padding, (k % columns) * across + padding
        grid[:, top : top + height, left : left + width] = images[k]
    return grid


def save_image(tensor: Any, fp: Any, format: str | None = None, **options: Any) -> None:
    """`make_grid` of the images into a file: values 0 to 1 become bytes. Needs Pillow."""
    grid = make_grid(tensor, **options)
    bytes_ = grid.mul(255).add_(0.5).clamp_(0, 255).permute(1, 2, 0)._a.astype("uint8")
    pil().fromarray(bytes_).save(fp, format=format)
