"""Transforms that convert, and those that hold others.

Each is called with an image and returns a new one. Numbers are drawn from the default stream just as torchvision draws
them, so that the same seed gives the same images.
"""

from __future__ import annotations

import random as python_random
from collections.abc import Callable, Sequence
from typing import Any

from .. import random
from ..nn.module import Module
from . import functional as F

__all__ = [
    "Compose", "ConvertImageDtype", "Lambda", "Normalize", "PILToTensor", "RandomApply", "RandomChoice", "RandomOrder",
    "ToPILImage", "ToTensor",
]  # fmt: skip


def _lines(transforms: Any) -> str:
    return "".join(f"\n    {transform}" for transform in transforms)


def chance() -> Any:
    """One number from 0 to 1, of shape (1,)."""
    return random.rand(1)


class Compose:
    """One transform after the other.

    >>> import numpy as np
    >>> from microdl import transforms
    >>> to_input = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.5,), (0.5,))])
    >>> to_input
    Compose(
        ToTensor()
        Normalize(mean=(0.5,), std=(0.5,))
    )
    >>> to_input(np.array([[0, 255]], np.uint8))
    tensor([[[-1.,  1.]]])
    """

    def __init__(self, transforms: Sequence[Callable[[Any], Any]]) -> None:
        self.transforms = transforms

    def __call__(self, img: Any) -> Any:
        for transform in self.transforms:
            img = transform(img)
        return img

    def __repr__(self) -> str:
        return f"{type(self).__name__}({_lines(self.transforms)}\n)"


class ToTensor:
    """`to_tensor`: an image (PIL, or an array of shape (H, W[, C])) as a float tensor (C, H, W), bytes as 0 to 1."""

    def __call__(self, pic: Any) -> Any:
        return F.to_tensor(pic)

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class PILToTensor:
    """`pil_to_tensor`: a PIL image's values as they are, (C, H, W)."""

    def __call__(self, pic: Any) -> Any:
        return F.pil_to_tensor(pic)

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class ToPILImage:
    """`to_pil_image`: a tensor (C, H, W) or an array (H, W[, C]) as a PIL image."""

    def __init__(self, mode: str | None = None) -> None:
        self.mode = mode

    def __call__(self, pic: Any) -> Any:
        return F.to_pil_image(pic, self.mode)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(" + (")" if self.mode is None else f"mode={self.mode})")


class ConvertImageDtype(Module):
    """`convert_image_dtype`: a tensor image in another dtype, scaled to that dtype's range."""

    def __init__(self, dtype: Any) -> None:
        super().__init__()
        self.dtype = dtype

    def forward(self, image: Any) -> Any:
        return F.convert_image_dtype(image, self.dtype)


class Normalize(Module):
    """`normalize`: (x - mean) / std, channel by channel.

    The mean and the standard deviation are of the training set, as fractions of 255 after ToTensor.
    """

    def __init__(self, mean: Any, std: Any, inplace: bool = False) -> None:
        super().__init__()
        self.mean, self.std, self.inplace = mean, std, inplace

    def forward(self, tensor: Any) -> Any:
        return F.normalize(tensor, self.mean, self.std, self.inplace)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(mean={self.mean}, std={self.std})"


class Lambda:
    """A function as a transform. TypeError where it cannot be called."""

    def __init__(self, lambd: Callable[[Any], Any]) -> None:
        if not callable(lambd):
            raise TypeError(f"Argument lambd should be callable, got {type(lambd).__name__!r}")
        self.lambd = lambd

    def __call__(self, img: Any) -> Any:
        return self.lambd(img)

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class RandomApply(Module):
    """All of the transforms, with probability p; else none."""

    def __init__(self, transforms: Any, p: float = 0.5) -> None:
        super().__init__()
        self.transforms, self.p = transforms, p

    def forward(self, img: Any) -> Any:
        if self.p < chance():
            return img
        for transform in self.transforms:
            img = transform(img)
        return img

    def __repr__(self) -> str:
        return f"{type(self).__name__}(\n    p={self.p}{_lines(self.transforms)}\n)"


class _Several:
    def __init__(self, transforms: Sequence[Callable[..., Any]]) -> None:
        if not isinstance(transforms, Sequence):
            raise TypeError(f"Argument transforms should be a sequence, got {type(transforms).__name__}")
        self.transforms = transforms

    def __repr__(self) -> str:
        return f"{type(self).__name__}({_lines(self.transforms)}\n)"


class RandomOrder(_Several):
    """All of the transforms, in an order drawn from Python's own `random`, as torchvision does."""

    def __call__(self, img: Any) -> Any:
        order = list(range(len(self.transforms)))
        python_random.shuffle(order)
        for i in order:
            img = self.transforms[i](img)
        return img


class RandomChoice(_Several):
    """One of the transforms, drawn (with weights p) from Python's own `random`, as torchvision does."""

    def __init__(self, transforms: Sequence[Callable[..., Any]], p: Sequence[float] | None = None) -> None:
        super().__init__(transforms)
        if p is not None and not isinstance(p, Sequence):
            raise TypeError(f"Argument p should be a sequence, got {type(p).__name__}")
        self.p = p

    def __call__(self, *args: Any) -> Any:
        return python_random.choices(self.transforms, weights=self.p)[0](*args)

    def __repr__(self) -> str:
        return f"{super().__repr__()}(p={self.p})"
