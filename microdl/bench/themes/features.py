"""Features of small images, against scikit-image, which takes them one by one."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from ..workload import Row, Task

__all__ = ["ROWS"]

IMAGES, SIDE = 10_000, 32
GABOR_IMAGES, FREQUENCIES, DIRECTIONS = 200, (0.2, 0.4), 4


def _pixels(images: int, channels: tuple[int, ...] = ()) -> Any:
    """Blurred noise: neighbouring pixels are alike, as in photographs."""
    noise = np.random.default_rng(0).integers(0, 256, (images, SIDE + 3, SIDE + 3, *channels))
    shifted = [noise[:, r : r + SIDE, c : c + SIDE] for r in range(4) for c in range(4)]
    return (np.add.reduce(shifted) // 16).astype(np.uint8)


def _task(compute: Callable[[], Any]) -> Task:
    return Task(compute, lambda: {"features": compute()})


def hog(channels: tuple[int, ...], microdl: Any) -> Task:
    features = importlib.import_module(f"{microdl.__name__}.features")
    images = _pixels(IMAGES, channels)
    return _task(lambda: features.hog(images))


def hog_by_image(channels: tuple[int, ...], skimage: Any) -> Task:
    images, axis = _pixels(IMAGES, channels), -1 if channels else None
    return _task(lambda: np.array([skimage.feature.hog(image, channel_axis=axis) for image in images]))


def lbp(method: str, microdl: Any) -> Task:
    features = importlib.import_module(f"{microdl.__name__}.features")
    images = _pixels(IMAGES)
    return _task(lambda: features.lbp(images, 8, 1, method))


def lbp_by_image(method: str, skimage: Any) -> Task:
    images = _pixels(IMAGES)
    return _task(lambda: np.array([skimage.feature.local_binary_pattern(image, 8, 1, method) for image in images]))


def gabor(microdl: Any) -> Task:
    features = importlib.import_module(f"{microdl.__name__}.features")
    images = _pixels(GABOR_IMAGES).astype(np.float32)
    bank = features.gabor_bank(FREQUENCIES, DIRECTIONS)
    return _task(lambda: features.gabor_features(images, bank))


def gabor_by_image(skimage: Any) -> Task:
    images = _pixels(GABOR_IMAGES).astype(np.float32)
    waves = [(f, k * np.pi / DIRECTIONS) for f in FREQUENCIES for k in range(DIRECTIONS)]

    def compute() -> Any:
        out = []
        for image in images:
            lengths = [np.hypot(*skimage.filters.gabor(image, *wave)) for wave in waves]
            out.append([value for length in lengths for value in (length.mean(), length.std())])
        return np.array(out)

    return _task(compute)


def _row(name: str, ours: Any, theirs: Any, aim: float, tolerance: float = 1e-4) -> Row:
    return Row(name, {"microdl": ours, "skimage": theirs}, aims={"skimage": aim}, tolerance=tolerance)


_GREY, _COLOUR = f"{IMAGES:,} images {SIDE}x{SIDE}", f"{IMAGES:,} images {SIDE}x{SIDE}x3"
ROWS = [
    _row(f"HOG, {_GREY}", partial(hog, ()), partial(hog_by_image, ()), 20),
    _row(f"HOG, {_COLOUR}", partial(hog, (3,)), partial(hog_by_image, (3,)), 20),
    _row(f"LBP, {_GREY}", partial(lbp, "default"), partial(lbp_by_image, "default"), 10, 0),
    _row(f"LBP, uniform, {_GREY}", partial(lbp, "uniform"), partial(lbp_by_image, "uniform"), 10, 0),
    _row(
        f"Gabor, {len(FREQUENCIES) * DIRECTIONS} filters, {GABOR_IMAGES:,} images {SIDE}x{SIDE}",
        gabor, gabor_by_image, 50,
    ),
]  # fmt: skip
