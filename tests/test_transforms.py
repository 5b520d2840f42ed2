"""Transforms: torchvision's images, descriptions and random draws, from the same seed."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import microdl
from microdl import transforms
from microdl.transforms import functional as F
from microdl.transforms import v2
from microdl.vision import make_grid, save_image

# transform, image, repr, shape of the fourth result, and of the first three the sum and the sum weighted by
# sin(0), sin(1), ...; recorded from torchvision 0.28 with torch 2.13 and Pillow 13, seed 3
RECORDED = json.loads(Path(__file__).with_name("transforms_recorded.json").read_text("utf-8"))


def picture(which: str) -> Any:
    ramp = np.arange(20 * 24 * 3)
    pixels = ((ramp * ramp // 7 + ramp * 5) % 256).astype(np.uint8).reshape(20, 24, 3)
    if which == "grey":
        return Image.fromarray(np.ascontiguousarray(pixels[:, :, 1]))
    image = Image.fromarray(pixels)
    return F.to_tensor(image) if which == "tensor" else image


@pytest.mark.parametrize(("code", "which", "said", "shape", "sums"), RECORDED, ids=[row[0] for row in RECORDED])
def test_images_and_draws_are_torchvisions(
    code: str, which: str, said: str, shape: list[int], sums: list[list[float]]
) -> None:
    names = {name: getattr(transforms, name) for name in transforms.__all__}
    transform = eval(code, {"B": transforms, "X": microdl, **names})  # noqa: S307  # a row of the table above
    assert repr(transform) == said
    microdl.manual_seed(3)
    random.seed(3)
    image = picture(which)
    for recorded in sums:
        a = np.asarray(transform(image)).astype(np.float64).ravel()
        found = [a.sum(), (a * np.sin(np.arange(a.size))).sum()]
        np.testing.assert_allclose(found, recorded, rtol=1e-5, atol=1e-3)
    assert np.asarray(transform(image)).shape == tuple(shape)


def test_to_tensor_takes_every_kind_of_image() -> None:
    ramp = np.arange(12).reshape(3, 4)
    assert F.to_tensor(Image.fromarray(ramp.astype(np.int32))).dtype is microdl.int32
    assert F.to_tensor(Image.fromarray(ramp.astype(np.float32))).max() == 11
    assert F.to_tensor(Image.fromarray(ramp > 5)).unique().tolist() == [0, 1]
    assert F.to_tensor(np.zeros((3, 4, 2), np.uint8)).shape == (2, 3, 4)
    assert F.to_tensor(ramp.astype(np.float64)).dtype is microdl.float64
    with pytest.raises(TypeError, match="pic should be PIL Image or ndarray. Got <class 'list'>"):
        F.to_tensor([1])
    with pytest.raises(ValueError, match="2/3 dimensional. Got 1 dimensions"):
        F.to_tensor(np.zeros(3))


def test_a_tensor_becomes_an_image_and_back() -> None:
    image = picture("rgb")
    assert F.to_pil_image(F.to_tensor(image)).tobytes() == image.tobytes()
    assert F.to_pil_image(np.asarray(image)).mode == "RGB"
    assert F.to_pil_image(microdl.zeros(4, 2, 3), "CMYK").mode == "CMYK"
    with pytest.raises(ValueError, match="should not have > 4 channels. Got 5"):
        F.to_pil_image(microdl.zeros(5, 2, 3))
    with pytest.raises(ValueError, match="Incorrect mode"):
        F.to_pil_image(microdl.zeros(3, 2, 3), "L")
    with pytest.raises(TypeError, match="pic should be Tensor or ndarray"):
        F.to_pil_image([1])


def test_normalize_refuses_what_torchvision_refuses() -> None:
    x = microdl.ones(1, 2, 2)
    with pytest.raises(TypeError, match="img should be Tensor Image. Got <class 'int'>"):
        F.normalize(3, (0.5,), (0.5,))
    with pytest.raises(TypeError, match="should be a float tensor. Got torch.uint8"):
        F.normalize(x.to(microdl.uint8), (0.5,), (0.5,))
    with pytest.raises(ValueError, match="std evaluated to zero"):
        F.normalize(x, (0.5,), (0.0,))
    with pytest.raises(ValueError, match=r"size \(..., C, H, W\)"):
        F.normalize(microdl.ones(2, 2), (0.5,), (0.5,))
    with pytest.raises(RuntimeError, match="shape"):
        F.normalize(x, (0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
    assert F.normalize(x, (0.5,), (0.5,), inplace=True) is x


@pytest.mark.parametrize(
    ("make", "error", "said"),
    [
        (lambda: transforms.RandomRotation(-3), ValueError, "must be positive. Got -3"),
        (lambda: transforms.RandomAffine(3, translate=(2, 0)), ValueError, "between 0 and 1"),
        (lambda: transforms.RandomAffine(3, scale=(0, 1)), ValueError, "should be positive"),
        (lambda: transforms.Pad(1, padding_mode="wrap"), ValueError, "'wrap'"),
        (lambda: transforms.Pad((1, 2, 3)), ValueError, "not a 3 element tuple"),
        (lambda: transforms.Resize(3.5), TypeError, "int or sequence"),
        (lambda: transforms.CenterCrop((1, 2, 3)), ValueError, "only two dimensions"),
        (lambda: transforms.ColorJitter(-1), ValueError, "non negative. Got -1"),
        (lambda: transforms.ColorJitter(hue=0.7), ValueError, "between"),
        (lambda: transforms.Lambda(3), TypeError, "should be callable"),
        (lambda: transforms.RandomErasing(p=2), ValueError, "between 0 and 1. Got 2"),
        (lambda: transforms.Resize(3, interpolation="linear"), TypeError, "InterpolationMode"),
        (lambda: v2.Compose([]), ValueError, "at least one"),
        (lambda: v2.ToDtype("float"), ValueError, "must be a torch.dtype"),
        (lambda: transforms.RandomCrop(99)(picture("rgb")), ValueError, r"\(99, 99\) is larger .* \(20, 24\)"),
        (lambda: transforms.RandomRotation(3)(picture("tensor")), TypeError, "put it before ToTensor"),
        (lambda: transforms.RandomCrop(3)(np.zeros((9, 9))), TypeError, "PIL image or a tensor"),
    ],
)
def test_what_cannot_be_is_refused(make: Any, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        make()


def test_a_grid_of_images_goes_into_a_file(tmp_path: Any) -> None:
    images = microdl.arange(5 * 16).float().view(5, 1, 4, 4) / 80
    grid = make_grid(images, nrow=2, padding=1, pad_value=0.5)
    assert grid.shape == (3, 16, 11)
    assert microdl.equal(grid[0, 1:5, 6:10], images[1, 0])
    assert float(grid[0, 0, 0]) == 0.5
    assert make_grid(images[0]).shape == (3, 4, 4)
    assert float(make_grid(images, normalize=True, scale_each=True)[0, 2, 2]) == 0
    save_image(images, tmp_path / "grid.png", nrow=2, padding=1)
    with Image.open(tmp_path / "grid.png") as file:
        assert file.size == (11, 16)
    with pytest.raises(TypeError, match="tensor or list of tensors expected, got <class 'int'>"):
        make_grid(3)
