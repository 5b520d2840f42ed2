"""`torchvision.transforms.v2`, for images: the same transforms, `ToImage`, `ToDtype`, and v2's way to print.

v2's handling of boxes, masks and samples of several inputs is not here: a transform takes one image.
Source: https://docs.pytorch.org/vision/stable/transforms.html
"""

from __future__ import annotations

import enum
from typing import Any

from .. import dtypes, random
from .._warning import warn
from ..autograd.graph import TensorBase
from ..nn.module import Module
from . import basic, colour, functional, geometry
from .images import InterpolationMode

__all__ = [
    "CenterCrop", "ColorJitter", "Compose", "ConvertImageDtype", "Grayscale", "InterpolationMode", "Lambda",
    "Normalize", "PILToTensor", "Pad", "RandomAffine", "RandomApply", "RandomCrop", "RandomErasing",
    "RandomGrayscale", "RandomHorizontalFlip", "RandomResizedCrop", "RandomRotation", "RandomVerticalFlip", "Resize",
    "ToDtype", "ToImage", "ToPILImage", "ToPureTensor", "ToTensor", "functional",
]  # fmt: skip

_SHOWN = (bool, int, float, str, tuple, list, enum.Enum)


class _Shown:
    """Prints its public settings."""

    def __repr__(self) -> str:
        public = {k: v for k, v in vars(self).items() if not k.startswith("_") and k != "training"}
        said = [f"{k}={getattr(v, 'value', v)}" for k, v in public.items() if isinstance(v, _SHOWN)]
        return f"{type(self).__name__}({', '.join(said)})"


class ToImage(_Shown, Module):
    """A PIL image or an array (H, W[, C]) as a tensor of its values, (C, H, W)."""

    def forward(self, inpt: Any) -> Any:
        return functional.to_image(inpt)


class ToPureTensor(_Shown, Module):
    """The tensor itself."""

    def forward(self, inpt: Any) -> Any:
        return inpt


class ToDtype(_Shown, Module):
    """A tensor in another dtype, scaled to that dtype's range with scale=True. ValueError for what is no dtype."""

    def __init__(self, dtype: Any, scale: bool = False) -> None:
        super().__init__()
        if not isinstance(dtype, dtypes.dtype):
            raise ValueError(f"dtype must be a torch.dtype, got {type(dtype)} instead")
        self.dtype, self.scale = dtype, scale

    def forward(self, inpt: Any) -> Any:
        return functional.to_dtype(inpt, self.dtype, self.scale) if isinstance(inpt, TensorBase) else inpt


class ToTensor(basic.ToTensor):
    """v1's, with v2's warning."""

    def __init__(self) -> None:
        warn(
            "The transform `ToTensor()` is deprecated and will be removed in a future release. Instead, please use "
            "`v2.Compose([v2.ToImage(), v2.ToDtype(torch.float32, scale=True)])`."
            "Output is equivalent up to float precision.",
        )


class Compose(basic.Compose):
    """One transform after the other. TypeError or ValueError where there is none."""

    def __init__(self, transforms: Any) -> None:
        if not hasattr(transforms, "__iter__"):
            raise TypeError("Argument transforms should be a sequence of callables")
        if not transforms:
            raise ValueError("Pass at least one transform")
        super().__init__(transforms)

    def __repr__(self) -> str:
        return "Compose(\n" + "".join(f"      {each}\n" for each in self.transforms) + ")"


class Normalize(_Shown, basic.Normalize):
    """`normalize`."""

    def __init__(self, mean: Any, std: Any, inplace: bool = False) -> None:
        super().__init__(list(mean), list(std), inplace)


class ConvertImageDtype(_Shown, basic.ConvertImageDtype):
    """`convert_image_dtype`, to float32 by default."""

    def __init__(self, dtype: Any = dtypes.float32) -> None:
        super().__init__(dtype)

    def forward(self, image: Any) -> Any:
        return functional.to_dtype(image, self.dtype, scale=True)


class RandomCrop(_Shown, geometry.RandomCrop):
    """A part from a random place; draws a number only for an axis along which the image is larger."""

    def __init__(self, size: Any, padding: Any = None, *args: Any, **kwargs: Any) -> None:
        if padding is not None:
            sides = [padding] if isinstance(padding, int) else list(padding)
            padding = (sides * 4)[:4] if len(sides) < 4 else sides
        super().__init__(size, padding, *args, **kwargs)

    @staticmethod
    def get_params(img: Any, output_size: tuple[int, int]) -> tuple[int, int, int, int]:
        """(top, left, height, width)."""
        (_, h, w), (height, width) = functional.get_dimensions(img), output_size
        if h < height or w < width:
            raise ValueError(f"Required crop size {(height, width)} is larger than padded input image size {(h, w)}.")
        top = int(random.randint(0, h - height + 1, size=())) if h > height else 0
        left = int(random.randint(0, w - width + 1, size=())) if w > width else 0
        return top, left, height, width


class Resize(_Shown, geometry.Resize):
    """`resize`."""

    def __init__(self, size: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__([size] if isinstance(size, int) else list(size), *args, **kwargs)


class CenterCrop(_Shown, geometry.CenterCrop):
    """`center_crop`."""


class Pad(_Shown, geometry.Pad):
    """`pad`."""


class RandomAffine(_Shown, geometry.RandomAffine):
    """`affine` at random."""


class RandomErasing(_Shown, geometry.RandomErasing):
    """`erase` at random."""

    def __init__(
        self,
        p: float = 0.5,
        scale: Any = (0.02, 0.33),
        ratio: Any = (0.3, 3.3),
        value: Any = 0.0,
        inplace: bool = False,
    ) -> None:
        super().__init__(p, scale, ratio, value, inplace)
        self.value = [float(value)] if isinstance(value, (int, float)) else value


class RandomResizedCrop(_Shown, geometry.RandomResizedCrop):
    """`resized_crop` at random."""


class RandomRotation(_Shown, geometry.RandomRotation):
    """`rotate` at random."""


class RandomApply(basic.RandomApply):
    """All of the transforms, with probability p; else none."""

    def __repr__(self) -> str:
        return "RandomApply(" + "\n".join(f"    {each}" for each in self.transforms) + ")"


class ColorJitter(_Shown, colour.ColorJitter):
    """Colours changed at random."""


Grayscale, RandomGrayscale = colour.Grayscale, colour.RandomGrayscale
Lambda, PILToTensor, ToPILImage = basic.Lambda, basic.PILToTensor, basic.ToPILImage
RandomHorizontalFlip, RandomVerticalFlip = geometry.RandomHorizontalFlip, geometry.RandomVerticalFlip
