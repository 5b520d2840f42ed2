"""What the data sets of images have in common, as torchvision's `VisionDataset` has it."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import numpy as np

from ..autograd.graph import wrap
from ..transforms import basic, v2
from ..transforms.images import pil
from ..utils.data import Dataset, default_collate
from ..utils.data.gather import Gather, rows

__all__ = ["ArrayDataset", "StandardTransform", "VisionDataset"]

Array = np.ndarray[Any, np.dtype[Any]]

_OPENERS = (basic.ToTensor, v2.ToTensor, v2.ToImage, basic.PILToTensor)
_POINTWISE = (basic.Normalize, v2.Normalize, basic.ConvertImageDtype, v2.ConvertImageDtype, v2.ToDtype, v2.ToPureTensor)


class StandardTransform:
    """A transform of the image and one of the target, as one."""

    def __init__(self, transform: Any = None, target_transform: Any = None) -> None:
        self.transform, self.target_transform = transform, target_transform

    def __call__(self, input: Any, target: Any) -> tuple[Any, Any]:
        if self.transform is not None:
            input = self.transform(input)
        if self.target_transform is not None:
            target = self.target_transform(target)
        return input, target

    def __repr__(self) -> str:
        body = [type(self).__name__]
        for head, function in (("Transform: ", self.transform), ("Target transform: ", self.target_transform)):
            if function is not None:
                body += _hanging(head, repr(function))
        return "\n".join(body)


def _hanging(head: str, text: str) -> list[str]:
    first, *others = text.splitlines()
    return [head + first, *(" " * len(head) + line for line in others)]


class VisionDataset(Dataset[Any]):
    """The base of torchvision's data sets: a root folder, transforms, and how it prints.

    Raises ValueError where both `transforms` (of image and target) and one of the separate ones are given.
    """

    _repr_indent = 4

    def __init__(
        self,
        root: str | os.PathLike[str] | None = None,
        transforms: Callable[..., Any] | None = None,
        transform: Callable[[Any], Any] | None = None,
        target_transform: Callable[[Any], Any] | None = None,
    ) -> None:
        self.root: Any = os.path.expanduser(root) if isinstance(root, str) else root
        separate = transform is not None or target_transform is not None
        if transforms is not None and separate:
            raise ValueError("Only transforms or transform/target_transform can be passed as argument")
        for name, function in (("transform", transform), ("target_transform", target_transform)):
            if function is not None and not callable(function):
                raise TypeError(f"{name} must be callable or None, got {function!r}")
        self.transform, self.target_transform = transform, target_transform
        self.transforms = StandardTransform(transform, target_transform) if separate else transforms

    def __len__(self) -> int:
        raise NotImplementedError(f"{type(self).__name__} defines no __len__()")

    def _transformed(self, image: Any, target: Any) -> tuple[Any, Any]:
        if self.transform is not None:
            image = self.transform(image)
        return image, target if self.target_transform is None else self.target_transform(target)

    def extra_repr(self) -> str:
        """What a data set adds to its description."""
        return ""

    def __repr__(self) -> str:
        body = [f"Number of datapoints: {len(self)}"]
        if self.root is not None:
            body.append(f"Root location: {self.root}")
        body += self.extra_repr().splitlines()
        if getattr(self, "transforms", None) is not None:
            body.append(repr(self.transforms))
        indent = " " * self._repr_indent
        return "\n".join([f"Dataset {type(self).__name__}", *(indent + line for line in body)])


class ArrayDataset(VisionDataset):
    """Images that are in memory: `data`, uint8, shape (N, H, W) or (N, H, W, channels), and `targets`.

    A sample is (image, int). The image is a PIL image, or without Pillow an array; then the transforms are applied.

    A DataLoader makes whole batches where the transform begins with ToTensor (or PILToTensor, v2.ToImage): what
    follows of Normalize and conversions of the dtype takes each byte to one number, so a table of 256 numbers per
    channel, made by these transforms themselves, gives the same batch to the bit. Other transforms after them are
    applied image by image.
    """

    data: Any
    targets: Any

    def __len__(self) -> int:
        return len(self.data)

    def __getitem__(self, index: Any) -> tuple[Any, Any]:
        pixels = self.data[index]
        return self._transformed(_picture(getattr(pixels, "_a", pixels)), int(self.targets[index]))

    @property
    def class_to_idx(self) -> dict[str, int]:
        """The number of each class."""
        return {name: i for i, name in enumerate(self.classes)}  # type: ignore[attr-defined]  # a subclass has it

    def _gather(self) -> Gather | None:
        """The samples at indices as one batch, for the DataLoader; None where that needs them one by one."""
        kind = type(self)
        if kind.__getitem__ is not ArrayDataset.__getitem__ or hasattr(self, "__getitems__"):
            return None
        steps = _steps(self.transform)
        if self.target_transform is not None or not steps or type(steps[0]) not in _OPENERS:
            return None
        count = next((i for i, step in enumerate(steps) if i and type(step) not in _POINTWISE), len(steps))
        data, targets = getattr(self.data, "_a", self.data), np.asarray(self.targets)
        if not _is_plain(data, targets):
            return None
        table = _table(steps[:count], data.shape[3] if data.ndim == 4 else 0)
        if table is None:
            return None
        planes, after = data.transpose(0, 3, 1, 2) if data.ndim == 4 else data[:, None], steps[count:]

        def gather(indices: Array) -> list[Any]:
            images: Any = wrap(_look_up(table, rows(planes, indices)))
            if after:
                images = default_collate([basic.Compose(after)(image) for image in images])
            return [images, wrap(rows(targets, indices))]

        return gather


def _is_plain(data: Any, targets: Array) -> bool:
    return (
        isinstance(data, np.ndarray)
        and data.dtype == np.uint8
        and data.ndim in (3, 4)
        and targets.dtype == np.int64
        and targets.shape == data.shape[:1]
    )


def _picture(pixels: Array) -> Any:
    """The image of an array: PIL's, or the array itself where Pillow is not installed."""
    try:
        image = pil()
    except ImportError:
        return pixels
    return image.fromarray(pixels)


def _steps(transform: Any) -> list[Any]:
    """The transforms one after the other, those within a Compose too."""
    if type(transform) in (basic.Compose, v2.Compose):
        return [step for each in transform.transforms for step in _steps(each)]
    return [] if transform is None else [transform]


def _table(steps: list[Any], channels: int) -> Array | None:
    """What the steps make of each byte, shape (channels, 256); None where they fail, and the samples will say why."""
    shape = (16, 16, channels) if channels else (16, 16)
    probe = np.broadcast_to(np.arange(256, dtype=np.uint8).reshape(16, 16, *[1] * bool(channels)), shape)
    try:
        out = basic.Compose(steps)(_picture(np.ascontiguousarray(probe)))
        found: Array = out._a.reshape(max(channels, 1), 256)
    except Exception:
        return None
    return found


def _look_up(table: Array, pixels: Array) -> Array:
    """table[channel, pixel] for pixels of shape (N, channels, H, W)."""
    out = np.empty(pixels.shape, table.dtype)
    for channel, values in enumerate(table):
        out[:, channel] = values.take(pixels[:, channel])
    return out
