"""Functions on images: `torchvision.transforms.functional` for PIL images and tensors.

Source of the names and their meaning: https://docs.pytorch.org/vision/stable/transforms.html
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import dtypes
from ..autograd.graph import TensorBase, wrap
from ..creation import as_tensor
from . import on_pil, on_tensors
from .images import InterpolationMode, dimensions, is_pil, mode_of, pil

__all__ = [
    "InterpolationMode", "adjust_brightness", "adjust_contrast", "adjust_hue", "adjust_saturation", "affine",
    "center_crop", "convert_image_dtype", "crop", "erase", "get_dimensions", "get_image_num_channels",
    "get_image_size", "hflip", "normalize", "pad", "pil_to_tensor", "resize", "resized_crop", "rgb_to_grayscale",
    "rotate", "to_dtype", "to_grayscale", "to_image", "to_pil_image", "to_tensor", "vflip",
]  # fmt: skip

_MODES = {np.dtype(np.uint8): "L", np.dtype(np.int16): "I;16", np.dtype(np.int32): "I", np.dtype(np.float32): "F"}


def _engine(image: Any) -> Any:
    dimensions(image)  # TypeError for what is no image
    return on_pil if is_pil(image) else on_tensors


def get_dimensions(img: Any) -> list[int]:
    """[channels, height, width] of an image."""
    return list(dimensions(img))


def get_image_size(img: Any) -> list[int]:
    """[width, height] of an image."""
    return [dimensions(img)[2], dimensions(img)[1]]


def get_image_num_channels(img: Any) -> int:
    """The channels of an image."""
    return dimensions(img)[0]


def _pixels(pic: Any) -> Any:
    """The values of an image as an array of shape (channels, height, width)."""
    a = np.array(pic)
    if is_pil(pic) and pic.mode.startswith("I;16"):
        a = a.astype(np.int16)
    return np.ascontiguousarray((a[:, :, None] if a.ndim == 2 else a).transpose(2, 0, 1))


def to_tensor(pic: Any) -> Any:
    """An image as a tensor of shape (channels, height, width): bytes become floats 0 to 1, other values stay.

    Takes a PIL image, or an array of shape (H, W) or (H, W, channels).
    Raises TypeError for anything else, ValueError for an array of other dimensions.

    >>> import numpy as np
    >>> to_tensor(np.array([[0, 255]], np.uint8))
    tensor([[[0., 1.]]])
    """
    if not (is_pil(pic) or isinstance(pic, np.ndarray)):
        raise TypeError(f"pic should be PIL Image or ndarray. Got {type(pic)}")
    if isinstance(pic, np.ndarray) and pic.ndim not in (2, 3):
        raise ValueError(f"pic should be 2/3 dimensional. Got {pic.ndim} dimensions.")
    if is_pil(pic) and pic.mode == "1":
        return wrap(_pixels(pic).astype(dtypes.get_default_dtype().numpy))
    a = _pixels(pic)
    if a.dtype != np.uint8:
        return as_tensor(a)
    floats: Any = a.astype(dtypes.get_default_dtype().numpy)
    floats /= floats.dtype.type(255)
    return wrap(floats)


def pil_to_tensor(pic: Any) -> Any:
    """A PIL image's values as they are, shape (channels, height, width). TypeError for anything else."""
    if not is_pil(pic):
        raise TypeError(f"pic should be PIL Image. Got {type(pic)}")
    return wrap(_pixels(pic))


def to_image(inpt: Any) -> Any:
    """v2's: a PIL image or an array (H, W, channels) as a tensor of its values; a tensor stays."""
    if isinstance(inpt, TensorBase):
        return inpt
    if not (is_pil(inpt) or isinstance(inpt, np.ndarray)):
        raise TypeError(f"Input can either be a pure Tensor, a numpy array, or a PIL image, but got {type(inpt)}")
    return wrap(_pixels(inpt))


def to_pil_image(pic: Any, mode: str | None = None) -> Any:
    """A tensor (channels, H, W) or (H, W), or an array (H, W) or (H, W, channels), as a PIL image.

    Floats of a tensor are taken from 0 to 1, times 255 and truncated, unless mode is "F".
    Raises TypeError for another type, ValueError for other shapes, channels or modes.
    """
    if isinstance(pic, TensorBase):
        a: Any = pic._a
        if a.ndim not in (2, 3):
            raise ValueError(f"pic should be 2/3 dimensional. Got {a.ndim} dimensions.")
        a = a[None] if a.ndim == 2 else a
        if a.dtype.kind == "f" and mode != "F":
            a = (a * a.dtype.type(255)).astype(np.int64).astype(np.uint8)
        a = a.transpose(1, 2, 0)
    elif isinstance(pic, np.ndarray):
        if pic.ndim not in (2, 3):
            raise ValueError(f"pic should be 2/3 dimensional. Got {pic.ndim} dimensions.")
        a = pic[:, :, None] if pic.ndim == 2 else pic
    else:
        raise TypeError(f"pic should be Tensor or ndarray. Got {type(pic)}.")
    channels = a.shape[-1]
    if channels > 4:
        raise ValueError(f"pic should not have > 4 channels. Got {channels} channels.")
    found = _MODES.get(a.dtype) if channels == 1 else {2: "LA", 3: "RGB", 4: "RGBA"}[channels]
    if found is None or (channels > 1 and a.dtype != np.uint8):
        raise TypeError(f"Input type {a.dtype} is not supported")
    allowed = {1: (found,), 2: ("LA",), 3: ("RGB", "YCbCr", "HSV"), 4: ("RGBA", "CMYK", "RGBX")}[channels]
    if mode is not None and mode not in allowed:
        raise ValueError(f"Incorrect mode ({mode}) supplied for a {channels}-channel image of {a.dtype}: {allowed}")
    content = np.ascontiguousarray(a[:, :, 0] if channels == 1 else a)
    image_module = pil()
    if mode in (None, found):
        return image_module.fromarray(content)
    return image_module.frombytes(mode, (a.shape[1], a.shape[0]), content.tobytes())


def normalize(tensor: Any, mean: Any, std: Any, inplace: bool = False) -> Any:
    """(tensor - mean) / std, channel by channel, of a float tensor of shape (..., channels, H, W).

    Raises TypeError for what is no float tensor, ValueError for fewer than 3 dimensions or a std of 0.
    """
    if not isinstance(tensor, TensorBase):
        raise TypeError(f"img should be Tensor Image. Got {type(tensor)}")
    x: Any = tensor
    if x._a.dtype.kind != "f":
        raise TypeError(f"Input tensor should be a float tensor. Got {x.dtype}.")
    if x.ndim < 3:
        raise ValueError(f"Expected tensor to be a tensor image of size (..., C, H, W). Got tensor.size() = {x.shape}")
    middle, spread = (as_tensor(v, dtype=x.dtype) for v in (mean, std))
    if not spread._a.all():
        raise ValueError(f"std evaluated to zero after conversion to {x.dtype}, leading to division by zero.")
    middle, spread = (v.view(-1, 1, 1) if v.ndim == 1 else v for v in (middle, spread))
    out = x if inplace else x.clone()
    return out.sub_(middle).div_(spread)


def convert_image_dtype(image: Any, dtype: Any = dtypes.float32) -> Any:
    """The image in another dtype, its values scaled to that dtype's range: 0 to 1 for floats."""
    if not isinstance(image, TensorBase):
        raise TypeError(f"Input img should be Tensor Image, got {type(image)}")
    x: Any = image
    source, target = x._a.dtype, dtype.numpy
    if source == target:
        return x
    if source.kind == "f":
        if target.kind == "f":
            return x.to(dtype)
        if (source, target.itemsize) == (np.dtype(np.float32), 4) or (target.itemsize == 8 and target.kind == "i"):
            raise RuntimeError(f"The cast from {x.dtype} to {dtype} cannot be performed safely.")
        return x.mul(np.iinfo(target).max + 1.0 - 1e-3).to(dtype)
    if target.kind == "f":
        return x.to(dtype) / int(np.iinfo(source).max)
    low, high = int(np.iinfo(source).max), int(np.iinfo(target).max)
    if low > high:
        return x.div((low + 1) // (high + 1), rounding_mode="floor").to(dtype)
    return x.to(dtype) * ((high + 1) // (low + 1))


def to_dtype(inpt: Any, dtype: Any = dtypes.float32, scale: bool = False) -> Any:
    """v2's: a plain cast, or with scale=True `convert_image_dtype`, which multiplies by 1/255 where v1's divides."""
    if not scale:
        return inpt.to(dtype)
    if inpt._a.dtype.kind in "iu" and dtype.is_floating_point:
        return inpt.to(dtype).mul_(1.0 / int(np.iinfo(inpt._a.dtype).max))
    return convert_image_dtype(inpt, dtype)


def crop(img: Any, top: int, left: int, height: int, width: int) -> Any:
    """The part of the image; what lies outside is 0."""
    return _engine(img).crop(img, top, left, height, width)


def center_crop(img: Any, output_size: Any) -> Any:
    """The middle of the image, after padding with 0 where it is smaller."""
    height, width = _pair(output_size)
    _, h, w = dimensions(img)
    if width > w or height > h:
        across, down = max(width - w, 0), max(height - h, 0)
        img = pad(img, [across // 2, down // 2, (across + 1) // 2, (down + 1) // 2], fill=0)
        _, h, w = dimensions(img)
        if (h, w) == (height, width):
            return img
    return crop(img, round((h - height) / 2.0), round((w - width) / 2.0), height, width)


def _pair(size: Any) -> tuple[int, int]:
    if isinstance(size, int):
        return size, size
    height, width = (size[0], size[0]) if len(size) == 1 else size
    return int(height), int(width)


def pad(img: Any, padding: Any, fill: Any = 0, padding_mode: str = "constant") -> Any:
    """The image with a border: one number, (left and right, top and bottom), or (left, top, right, bottom).

    Raises ValueError for another count or mode.
    """
    sides = [padding] if isinstance(padding, int) else list(padding)
    if len(sides) not in (1, 2, 4):
        raise ValueError(f"Padding must be an int or a 1, 2, or 4 element tuple, not a {len(sides)} element tuple")
    if padding_mode not in ("constant", "edge", "reflect", "symmetric"):
        raise ValueError(f"Padding mode should be either constant, edge, reflect or symmetric, not {padding_mode!r}")
    return _engine(img).pad(img, (sides * 4)[:4] if len(sides) < 4 else sides, fill, padding_mode)


def hflip(img: Any) -> Any:
    """Left and right exchanged."""
    return _engine(img).flip(img, -1)


def vflip(img: Any) -> Any:
    """Top and bottom exchanged."""
    return _engine(img).flip(img, -2)


def resize(
    img: Any,
    size: Any,
    interpolation: Any = InterpolationMode.BILINEAR,
    max_size: int | None = None,
    antialias: bool | None = True,
) -> Any:
    """The image at `size`: (height, width), or one number for its shorter side, which keeps the proportions.

    Of a tensor, integers are computed in float32 and rounded: torchvision's own kernel for bytes may differ by 1.
    """
    _, h, w = dimensions(img)
    wanted = [size] if isinstance(size, int) else list(size)
    if max_size is not None and len(wanted) != 1:
        raise ValueError("max_size should only be passed if size specifies the length of the smaller edge")
    height, width = _sides(h, w, wanted[0], max_size) if len(wanted) == 1 else wanted
    if (height, width) == (h, w):
        return img
    return _engine(img).resize(img, height, width, mode_of(interpolation), bool(antialias))


def _sides(h: int, w: int, size: int, max_size: int | None) -> tuple[int, int]:
    short, long = min(h, w), max(h, w)
    shorter, longer = size, int(size * long / short)
    if max_size is not None:
        if max_size <= size:
            raise ValueError(f"max_size = {max_size} must be strictly greater than the requested size = {size}")
        if longer > max_size:
            shorter, longer = int(max_size * shorter / longer), max_size
    return (longer, shorter) if w <= h else (shorter, longer)


def resized_crop(
    img: Any, top: int, left: int, height: int, width: int, size: Any,
    interpolation: Any = InterpolationMode.BILINEAR, antialias: bool | None = True,
) -> Any:  # fmt: skip
    """`crop`, then `resize`."""
    return resize(crop(img, top, left, height, width), size, interpolation, antialias=antialias)


def rotate(
    img: Any, angle: float, interpolation: Any = InterpolationMode.NEAREST, expand: bool = False,
    center: Sequence[float] | None = None, fill: Any = None,
) -> Any:  # fmt: skip
    """A PIL image turned counter-clockwise by `angle` degrees. TypeError for a tensor."""
    _only_pil("rotate", img)
    return on_pil.rotate(img, angle, mode_of(interpolation), expand, center, fill)


def affine(
    img: Any, angle: float, translate: Sequence[int], scale: float, shear: Any,
    interpolation: Any = InterpolationMode.NEAREST, fill: Any = None, center: Sequence[float] | None = None,
) -> Any:  # fmt: skip
    """A PIL image turned (clockwise), moved, scaled and sheared about its centre. TypeError for a tensor."""
    _only_pil("affine", img)
    shears = [shear, 0.0] if isinstance(shear, (int, float)) else list(shear)
    return on_pil.affine(img, angle, translate, scale, (shears * 2)[:2], mode_of(interpolation), fill, center)


def _only_pil(name: str, img: Any) -> None:
    if not is_pil(img):
        raise TypeError(
            f"{name} takes a PIL image here, not {type(img).__name__}: put it before ToTensor, or use ToPILImage first"
        )


def rgb_to_grayscale(img: Any, num_output_channels: int = 1) -> Any:
    """The image's luma, in 1 channel or 3. ValueError for another number of channels."""
    if num_output_channels not in (1, 3):
        raise ValueError(f"num_output_channels should be either 1 or 3, not {num_output_channels}")
    return _engine(img).grayscale(img, num_output_channels)


to_grayscale = rgb_to_grayscale


def adjust_brightness(img: Any, brightness_factor: float) -> Any:
    """Brighter (above 1) or darker; 0 is black. ValueError for a negative factor."""
    return _adjusted(img, "brightness", brightness_factor)


def adjust_contrast(img: Any, contrast_factor: float) -> Any:
    """More (above 1) or less contrast; 0 is grey. ValueError for a negative factor."""
    return _adjusted(img, "contrast", contrast_factor)


def adjust_saturation(img: Any, saturation_factor: float) -> Any:
    """More (above 1) or less colour; 0 is black and white. ValueError for a negative factor."""
    return _adjusted(img, "saturation", saturation_factor)


def _adjusted(img: Any, what: str, factor: float) -> Any:
    if factor < 0:
        raise ValueError(f"{what}_factor ({factor}) is not non-negative.")
    return getattr(_engine(img), what)(img, factor)


def adjust_hue(img: Any, hue_factor: float) -> Any:
    """A PIL image's hues turned by hue_factor, -0.5 to 0.5 of a full turn (else ValueError). TypeError for a tensor."""
    if not -0.5 <= hue_factor <= 0.5:
        raise ValueError(f"hue_factor ({hue_factor}) is not in [-0.5, 0.5].")
    _only_pil("adjust_hue", img)
    return on_pil.hue(img, hue_factor)


def erase(img: Any, i: int, j: int, h: int, w: int, v: Any, inplace: bool = False) -> Any:
    """A tensor with the values v in the rectangle of h rows from i, w columns from j. TypeError for no tensor."""
    if not isinstance(img, TensorBase):
        raise TypeError(f"img should be Tensor Image. Got {type(img)}")
    out: Any = img if inplace else img.clone()
    out[..., i : i + h, j : j + w] = v
    return out
