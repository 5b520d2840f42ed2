"""Transforms of images: `torchvision.transforms`, with its values, its random draws and its way to print.

Images are PIL images (Pillow is the extra ``microdl[vision]``) or tensors of shape (..., channels, height, width).
Without Pillow, the data sets hand their transforms NumPy arrays, which ToTensor takes as well.

Source of the names and their meaning: https://docs.pytorch.org/vision/stable/transforms.html
"""

from . import functional, v2
from .basic import (
    Compose,
    ConvertImageDtype,
    Lambda,
    Normalize,
    PILToTensor,
    RandomApply,
    RandomChoice,
    RandomOrder,
    ToPILImage,
    ToTensor,
)  # fmt: skip
from .colour import ColorJitter, Grayscale, RandomGrayscale
from .geometry import (
    CenterCrop,
    Pad,
    RandomAffine,
    RandomCrop,
    RandomErasing,
    RandomHorizontalFlip,
    RandomResizedCrop,
    RandomRotation,
    RandomVerticalFlip,
    Resize,
)  # fmt: skip
from .images import InterpolationMode

__all__ = [
    "CenterCrop", "ColorJitter", "Compose", "ConvertImageDtype", "Grayscale", "InterpolationMode", "Lambda",
    "Normalize", "PILToTensor", "Pad", "RandomAffine", "RandomApply", "RandomChoice", "RandomCrop", "RandomErasing",
    "RandomGrayscale", "RandomHorizontalFlip", "RandomOrder", "RandomResizedCrop", "RandomRotation",
    "RandomVerticalFlip", "Resize", "ToPILImage", "ToTensor", "functional", "v2",
]  # fmt: skip
